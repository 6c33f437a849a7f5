//! How much memory is needed at the most, beside what the result takes: `cargo bench --bench memory`.
//!
//! Each case runs in a process of its own, whose peak of resident memory (Linux's `VmHWM`) is compared with the most
//! that is allowed. `-- --quick` takes a tenth of the sizes, `-- --filter rows` the cases with that in their name.

#[cfg(feature = "npz")]
use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode};

use ndarray::{Array1, Array2};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const MIB: u64 = 1 << 20;

struct Case {
    name: &'static str,
    /// Writes the input and gives the most bytes that are allowed.
    prepare: fn(&Path, quick: bool) -> Result<u64>,
    /// Does the work and gives its result, so that it is still there when the peak is read.
    work: fn(&Path) -> Result<Box<dyn std::any::Any>>,
}

const CASES: &[Case] = &[
    Case {
        name: "read_npy",
        prepare: |path, quick| {
            let bytes = if quick { 100 * MIB } else { 1024 * MIB };
            ndarray_io::write_npy(path, &Array1::<f64>::ones(usize::try_from(bytes / 8)?))?;
            Ok(bytes * 102 / 100 + 8 * MIB)
        },
        work: |path| Ok(Box::new(ndarray_io::read_npy::<_, Array1<f64>>(path)?)),
    },
    Case {
        name: "write_npy, every second column",
        prepare: |path, quick| {
            let side: u32 = if quick { 3600 } else { 11000 };
            ndarray_io::write_npy(path, &Array2::<f64>::ones((side as usize, side as usize)))?;
            Ok(u64::from(side).pow(2) * 8 * 102 / 100 + 24 * MIB)
        },
        work: |path| {
            let array: Array2<f64> = ndarray_io::read_npy(path)?;
            ndarray_io::write_npy(path, &array.slice(ndarray::s![.., ..;2]))?;
            Ok(Box::new(array))
        },
    },
    Case {
        name: "rows, by blocks of 16 MiB",
        prepare: |path, quick| {
            let rows = (if quick { 400 * MIB } else { 4096 * MIB }) / 1024;
            ndarray_io::write_zeroed_npy::<f64, _>(&fs::File::create(path)?, (usize::try_from(rows)?, 128))?;
            Ok(64 * MIB)
        },
        work: |path| {
            let blocks = ndarray_io::NpyReader::open(path)?.rows::<f64, ndarray::Ix2>(16 << 10);
            let sums: ndarray_io::Result<f64> = blocks.map(|block| Ok(block?.sum())).sum();
            Ok(Box::new(sums?))
        },
    },
    #[cfg(feature = "npz")]
    Case {
        name: "read_npz",
        prepare: |path, quick| {
            let bytes = if quick { 100 * MIB } else { 1024 * MIB };
            let mut npz = ndarray_io::NpzWriter::create(path)?;
            npz.add_array("a", &Array1::<f64>::ones(usize::try_from(bytes / 8)?))?;
            npz.finish()?;
            Ok(bytes * 102 / 100 + 8 * MIB)
        },
        work: |path| {
            let arrays: BTreeMap<String, Array1<f64>> = ndarray_io::read_npz(path)?;
            Ok(Box::new(arrays))
        },
    },
    #[cfg(feature = "text")]
    Case {
        name: "loadtxt",
        prepare: write_text,
        work: |path| Ok(Box::new(ndarray_io::loadtxt::<_, f64, ndarray::Ix2>(path)?)),
    },
    #[cfg(feature = "text")]
    Case {
        name: "loadtxt, of a length not known",
        prepare: write_text,
        work: |path| {
            let stream = fs::File::open(path)?;
            Ok(Box::new(
                ndarray_io::LoadTxt::new().read::<_, f64, ndarray::Ix2>(stream)?,
            ))
        },
    },
];

/// A gigabyte of text: 25 bytes a value.
#[cfg(feature = "text")]
fn write_text(path: &Path, quick: bool) -> Result<u64> {
    let rows: u32 = if quick { 400_000 } else { 4_000_000 };
    let value = |(row, column)| (row * 10 + column) as f64 * 0.7 - 1e6;
    ndarray_io::savetxt(path, &Array2::from_shape_fn((rows as usize, 10), value))?;
    Ok(u64::from(rows) * 80 * 110 / 100 + 64 * MIB)
}

fn main() -> Result<ExitCode> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if let [word, name, path] = &args[..]
        && word == "child"
    {
        let case = CASES.iter().find(|case| case.name == name).ok_or("no such case")?;
        let before = resident_peak()?;
        let result = (case.work)(Path::new(path))?;
        println!("{}", resident_peak()? - before);
        drop(result);
        return Ok(ExitCode::SUCCESS);
    }

    let quick = args.iter().any(|arg| arg == "--quick");
    let filter = args.iter().skip_while(|arg| *arg != "--filter").nth(1);
    let wanted = |case: &&Case| filter.is_none_or(|part| case.name.contains(part));
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("memory");
    fs::create_dir_all(&folder)?;
    let path = folder.join("input");
    let mut above = false;
    println!("{:<34} {:>12} {:>12}", "case", "peak", "allowed");
    for case in CASES.iter().filter(wanted) {
        let allowed = (case.prepare)(&path, quick)?;
        let child = Command::new(std::env::current_exe()?)
            .args(["child", case.name])
            .arg(&path)
            .output()?;
        if !child.status.success() {
            return Err(String::from_utf8_lossy(&child.stderr).into());
        }
        let peak: u64 = String::from_utf8(child.stdout)?.trim().parse()?;
        let verdict = if peak > allowed { "  ABOVE" } else { "" };
        above |= peak > allowed;
        println!(
            "{:<34} {:>8} MiB {:>8} MiB{verdict}",
            case.name,
            peak / MIB,
            allowed / MIB
        );
    }
    fs::remove_dir_all(&folder)?;
    Ok(if above { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// The most bytes that this process has had in memory.
fn resident_peak() -> Result<u64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let peak = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .ok_or("no VmHWM in /proc/self/status")?;
    Ok(peak.trim().trim_end_matches(" kB").trim().parse::<u64>()? * 1024)
}
