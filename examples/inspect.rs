//! Looks into any `.npy` file, `.npz` archive or table of text: dtype, shape, order, size, compression, statistics and a
//! corner of the values; of several files, a table.
//!
//! ```text
//! cargo run --release --example inspect -- FILE..           # for people
//! cargo run --release --example inspect -- --json FILE..    # for programs
//! cargo run --release --example inspect                     # the files in examples/data
//! ```
//!
//! A file that cannot be read does not keep the others from being shown; the exit status is 1 then.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use ndarray::{ArrayD, Ix1, IxDyn, Order, SliceInfoElem};
use ndarray_io::{
    Casting, Dtype, DynArray, Error, ErrorKind, GenFromTxt, Header, Kind, Loaded, Names, NpyReader, NpzReader,
    ReadOptions, Result, load,
};
use serde::Serialize;
use serde_json::{Value, json};

/// Bars of a histogram.
const BINS: usize = 10;
/// Bytes that are read at a time for the statistics of a `.npy` file.
const BLOCK: usize = 8 << 20;
/// Values along each axis of a corner.
const CORNER: usize = 6;

fn main() -> ExitCode {
    let (flags, mut files): (Vec<PathBuf>, Vec<PathBuf>) = std::env::args_os()
        .skip(1)
        .map(PathBuf::from)
        .partition(|argument| argument.as_os_str() == "--json");
    if files.is_empty() {
        let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/data");
        files.extend(["temperature.npy", "signal.npy", "image.npy", "stations.npy"].map(|name| data.join(name)));
    }

    let (mut reports, mut errors) = (Vec::new(), Vec::new());
    for path in &files {
        inspect(path, &mut reports).unwrap_or_else(|error| errors.push(error));
    }
    if !flags.is_empty() {
        let errors: Vec<Value> = errors.iter().map(describe).collect();
        println!("{:#}", json!({"arrays": reports, "errors": errors}));
    } else {
        match files.len() {
            1 => reports.iter().for_each(show),
            _ => show_table(&reports),
        }
        errors.iter().for_each(|error| eprintln!("{error}"));
    }
    ExitCode::from(u8::from(!errors.is_empty()))
}

/// What is told of one array: a file's, a member's, a column's.
#[derive(Serialize)]
struct Report {
    /// The path of the file, and the member or column.
    name: String,
    dtype: String,
    shape: Vec<usize>,
    /// `C`, or `Fortran`: the first index changes fastest.
    order: &'static str,
    /// Bytes of the values.
    nbytes: usize,
    /// Bytes that they take in the file, header included; not known of one column.
    stored: Option<u64>,
    compression: &'static str,
    /// Values that are missing in a table.
    missing: usize,
    /// Of numbers.
    statistics: Option<Statistics>,
    /// The first values along each axis, as text.
    corner: String,
}

#[derive(Serialize)]
struct Statistics {
    /// Values that are numbers; NaN is none.
    count: usize,
    nan: usize,
    min: f64,
    max: f64,
    mean: f64,
    std: f64,
    /// How many values lie in each of [`BINS`] equal parts of `min..=max`.
    histogram: [usize; BINS],
}

fn inspect(path: &Path, reports: &mut Vec<Report>) -> Result<()> {
    let name = path.display().to_string();
    match kind(path)? {
        b"\x93NUMPY" => reports.push(inspect_npy(name, path)?),
        [b'P', b'K', ..] => match load(path)? {
            Loaded::Npz(npz) => inspect_npz(&name, npz, reports)?,
            Loaded::Npy(_) => return Ok(()),
        },
        // What is neither has bytes that no text has; `load` says what it is instead.
        _ if binary(path)? => load(path).map(drop)?,
        _ => inspect_text(&name, path, reports)?,
    }
    Ok(())
}

/// The first bytes of a file.
fn start(path: &Path, count: u64) -> Result<Vec<u8>> {
    // `FileReader`'s error names the path; std's does not.
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(count).read_to_end(&mut bytes));
    match read {
        Ok(_) => Ok(bytes),
        Err(_) => load(path).map(|_| bytes),
    }
}

fn kind(path: &Path) -> Result<&'static [u8]> {
    let bytes = start(path, 6)?;
    Ok(match bytes.as_slice() {
        b"\x93NUMPY" => b"\x93NUMPY",
        [b'P', b'K', 3 | 5, 4 | 6, ..] => b"PK",
        _ => b"",
    })
}

fn binary(path: &Path) -> Result<bool> {
    Ok(packing(path) == "none" && start(path, 4096)?.iter().any(|byte| *byte < b'\t'))
}

/// Header, statistics and corner, in the memory of a block: the file may be larger than memory.
fn inspect_npy(name: String, path: &Path) -> Result<Report> {
    let reader = NpyReader::open(path)?;
    let header = reader.header().clone();
    let corner: Vec<SliceInfoElem> = header
        .shape
        .iter()
        .map(|&length| (0..length.min(CORNER) as isize).into())
        .collect();
    let corner = match header.dtype.has_object() {
        true => String::new(),
        false => reader.read_slice_dyn(&corner)?.to_string(),
    };
    let statistics = match numbers(&header.dtype) {
        false => None,
        true => statistics(|visit| blocks(path, &header, visit))?,
    };
    Ok(Report {
        name,
        stored: size(path),
        compression: "none",
        missing: 0,
        statistics,
        corner,
        dtype: header.dtype.to_string(),
        order: order(header.order),
        nbytes: header.nbytes()?,
        shape: header.shape,
    })
}

/// All numbers of the file, by blocks of rows.
fn blocks(path: &Path, header: &Header, visit: &mut dyn FnMut(f64)) -> Result<()> {
    let options = ReadOptions::new().casting(Casting::SameKind);
    let reader = NpyReader::open_with(path, &options)?;
    let Some((&rows, row)) = header.shape.split_first() else {
        visit(reader.read::<f64, IxDyn>()?.sum()); // of no dimensions: one number
        return Ok(());
    };
    if rows > 0 {
        let row = 8 * row.iter().product::<usize>();
        for block in reader.rows::<f64, IxDyn>((BLOCK / row.max(1)).max(1)) {
            block?.iter().copied().for_each(&mut *visit);
        }
    }
    Ok(())
}

fn inspect_npz<R: Read + std::io::Seek>(name: &str, mut npz: NpzReader<R>, reports: &mut Vec<Report>) -> Result<()> {
    for member in npz.names()? {
        let info = npz.info(&member)?;
        let mut report = match npz.get(&member) {
            Ok(array) => of_array(array)?,
            // A member that is no array: bytes of whatever kind.
            Err(error) if error.kind() == ErrorKind::NotNumpy => Report {
                dtype: "no array".to_owned(),
                shape: Vec::new(),
                order: "",
                nbytes: usize::try_from(info.size).unwrap_or(usize::MAX),
                ..of_array(DynArray::from(ArrayD::<u8>::zeros(IxDyn(&[0]))))?
            },
            Err(error) => return Err(error),
        };
        report.name = format!("{name}: {member}");
        report.stored = Some(info.compressed_size);
        report.compression = info.compression;
        reports.push(report);
    }
    Ok(())
}

/// A report of an array in memory, but for where it is from.
fn of_array(array: DynArray) -> Result<Report> {
    let dtype = array.dtype();
    let (shape, corner) = (array.shape().to_vec(), array.to_string());
    let order = order(array.order());
    let nbytes = dtype.itemsize() * array.len();
    let statistics = match numbers(&dtype) {
        false => None,
        true => {
            let values: ArrayD<f64> = array.into_array(Casting::SameKind)?;
            statistics(|visit| {
                values.iter().copied().for_each(visit);
                Ok(())
            })?
        }
    };
    Ok(Report {
        name: String::new(),
        dtype: dtype.to_string(),
        shape,
        order,
        nbytes,
        stored: None,
        compression: "none",
        missing: 0,
        statistics,
        corner,
    })
}

/// A table of text: its columns, each of the type that its text tells.
fn inspect_text(name: &str, path: &Path, reports: &mut Vec<Report>) -> Result<()> {
    let first = String::from_utf8_lossy(&start(path, 4096)?).into_owned();
    let first = first.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let mut options = GenFromTxt::new().autostrip(true);
    let delimiter = match packing(path) {
        "none" => ["\t", ";", ","].into_iter().find(|delimiter| first.contains(delimiter)),
        _ => Some(",").filter(|_| name.contains(".csv")),
    };
    if let Some(delimiter) = delimiter {
        options = options.delimiter(delimiter);
    }
    // A heading has no field that is a number.
    let mut fields = first.split(|c: char| delimiter.map_or(c.is_whitespace(), |text| text.contains(c)));
    if packing(path) == "none" && fields.all(|field| field.trim().parse::<f64>().is_err()) {
        options = options.names(Names::FromHeader);
    }
    let table = options.read_table_path(path)?;
    let text = table.to_string();
    for (index, (column, values)) in table.names().zip(table.columns()).enumerate() {
        let masked = values.mask();
        let mut report = of_array(values.to_dyn()?)?;
        if numbers(&values.dtype()) && masked.iter().any(|&missing| missing) {
            let numbers = values.to_dyn()?.into_array::<f64, Ix1>(Casting::SameKind)?;
            report.statistics = statistics(|visit| {
                let seen = numbers.iter().zip(&masked).filter(|(_, missing)| !**missing);
                seen.for_each(|(&number, _)| visit(number));
                Ok(())
            })?;
        }
        report.missing = masked.iter().filter(|&&missing| missing).count();
        report.name = format!("{name}: {column}");
        report.compression = packing(path);
        // The table as a whole, once.
        report.corner = if index == 0 { text.clone() } else { String::new() };
        reports.push(report);
    }
    Ok(())
}

/// How a text is compressed, by the ending of its name.
fn packing(path: &Path) -> &'static str {
    match path.extension().and_then(|ending| ending.to_str()) {
        Some("gz") => "gzip",
        Some("bz2") => "bzip2",
        Some("xz") => "xz",
        _ => "none",
    }
}

fn numbers(dtype: &Dtype) -> bool {
    matches!(dtype.kind(), Kind::Bool | Kind::Int | Kind::Uint | Kind::Float) && dtype.itemsize() <= 8
}

fn order(order: Order) -> &'static str {
    match order {
        Order::ColumnMajor => "Fortran",
        _ => "C",
    }
}

fn size(path: &Path) -> Option<u64> {
    Some(path.metadata().ok()?.len())
}

/// Goes twice over the numbers: the histogram's bounds are known after the first time.
fn statistics(mut each: impl FnMut(&mut dyn FnMut(f64)) -> Result<()>) -> Result<Option<Statistics>> {
    let (mut count, mut nan) = (0_usize, 0);
    let (mut min, mut max, mut mean, mut squares) = (f64::INFINITY, f64::NEG_INFINITY, 0.0, 0.0);
    each(&mut |x| {
        if x.is_nan() {
            nan += 1;
            return;
        }
        count += 1;
        (min, max) = (min.min(x), max.max(x));
        // Welford's: sums of squares alone would lose digits.
        let before = x - mean;
        mean += before / count as f64;
        squares += before * (x - mean);
    })?;
    if count == 0 {
        return Ok(None);
    }
    let mut histogram = [0; BINS];
    let width = (max - min) / BINS as f64;
    if width.is_finite() {
        each(&mut |x| {
            if !x.is_nan() {
                let bounds = (1..BINS).map(|bin| min + width * bin as f64);
                histogram[bounds.take_while(|&bound| bound <= x && width > 0.0).count()] += 1;
            }
        })?;
    }
    Ok(Some(Statistics {
        count,
        nan,
        min,
        max,
        mean,
        std: (squares / count as f64).sqrt(),
        histogram,
    }))
}

/// An error for programs.
fn describe(error: &Error) -> Value {
    json!({
        "kind": format!("{:?}", error.kind()),
        "message": error.to_string(),
        "path": error.path(),
        "member": error.member(),
        "line": error.line(),
        "offset": error.offset(),
    })
}

fn show(report: &Report) {
    let Report { name, dtype, .. } = report;
    println!("{name}");
    println!("  dtype {dtype}, shape {:?}, order {}", report.shape, report.order);
    print!("  {} bytes", report.nbytes);
    if let Some(stored) = report.stored {
        print!(", {stored} in the file");
    }
    println!(", compression {}", report.compression);
    if report.missing > 0 {
        println!("  {} missing", report.missing);
    }
    if let Some(statistics) = &report.statistics {
        show_statistics(statistics);
    }
    report.corner.lines().for_each(|line| println!("  {line}"));
    println!();
}

fn show_statistics(statistics: &Statistics) {
    const WIDTH: usize = 40;
    let Statistics {
        min,
        max,
        mean,
        std,
        histogram,
        ..
    } = statistics;
    println!(
        "  {} numbers, {} NaN: from {min:.6} to {max:.6}, mean {mean:.6}, standard deviation {std:.6}",
        statistics.count, statistics.nan
    );
    let most = histogram.iter().copied().max().unwrap_or_default().max(1);
    if min == max || histogram.iter().all(|&count| count == 0) {
        return;
    }
    let width = (max - min) / BINS as f64;
    for (bin, &count) in histogram.iter().enumerate() {
        // Eighths of a character.
        let eighths = count * WIDTH * 8 / most;
        let last = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"][eighths % 8];
        let bar = "█".repeat(eighths / 8) + last;
        println!("  {:>14.6} {bar:WIDTH$} {count}", min + width * bin as f64);
    }
}

fn show_table(reports: &[Report]) {
    let heading = [
        "name",
        "dtype",
        "shape",
        "order",
        "bytes",
        "compression",
        "min",
        "mean",
        "max",
    ];
    let mut rows = vec![heading.map(str::to_owned)];
    rows.extend(reports.iter().map(|report| {
        let number = |get: fn(&Statistics) -> f64| match &report.statistics {
            Some(statistics) => format!("{:.4}", get(statistics)),
            None => String::new(),
        };
        [
            report.name.clone(),
            report.dtype.clone(),
            format!("{:?}", report.shape),
            report.order.to_owned(),
            report.nbytes.to_string(),
            report.compression.to_owned(),
            number(|statistics| statistics.min),
            number(|statistics| statistics.mean),
            number(|statistics| statistics.max),
        ]
    }));
    let widths: Vec<usize> = (0..heading.len())
        .map(|column| {
            let widest = rows.iter().map(|row| row[column].chars().count()).max();
            widest.unwrap_or(0).min(usize::from(u16::MAX)) // formatting pads no further, and panics
        })
        .collect();
    for row in rows {
        let cells: Vec<String> = row
            .iter()
            .zip(&widths)
            .enumerate()
            .map(|(column, (cell, &width))| match column {
                // Numbers to the right.
                4 | 6.. => format!("{cell:>width$}"),
                _ => format!("{cell:width$}"),
            })
            .collect();
        println!("{}", cells.join("  ").trim_end());
    }
}
