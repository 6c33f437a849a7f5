//! Processes of Rust write a stack of `.npy` files, Dask's workers compute the mean of each of its columns, Rust reads it.
//!
//! ```text
//! python -m pip install "dask[array]" distributed
//! cargo run --release --features stack --example dask   # with the Python that NDARRAY_IO_PYTHON names, else python3
//! ```

use std::error::Error;
use std::ffi::OsString;
use std::path::Path;
use std::process::Command;

use ndarray::{Array1, Array2, Axis, Ix2};
use ndarray_io::{NpyStack, NpyStackWriter, read_npy};

const PROCESSES: usize = 4;
const CHUNKS: usize = 20;
const ROWS: usize = 10_000;
const COLUMNS: usize = 8;

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match &args[..] {
        [word, first, folder] if word == "write" => write(first.parse()?, folder.as_ref()),
        _ => coordinate(),
    }
}

/// One of the processes: every [`PROCESSES`]th chunk is its own.
fn write(first: usize, folder: &Path) -> Result<(), Box<dyn Error>> {
    let writer = NpyStackWriter::new(folder, 0)?;
    for chunk in (first..CHUNKS).step_by(PROCESSES) {
        let rows = Array2::from_shape_fn((ROWS, COLUMNS), |(row, column)| {
            ((chunk * ROWS + row) as f64 * 0.001).sin() + column as f64
        });
        writer.write(chunk, &rows)?;
    }
    Ok(())
}

fn coordinate() -> Result<(), Box<dyn Error>> {
    let temporary = tempfile::tempdir()?;
    let folder = temporary.path().join("stack");

    let program = std::env::current_exe()?;
    let start = |process: usize| {
        Command::new(&program)
            .args(["write", &process.to_string()])
            .arg(&folder)
            .spawn()
    };
    let processes: Vec<_> = (0..PROCESSES).map(start).collect::<Result<_, _>>()?;
    for mut process in processes {
        if !process.wait()?.success() {
            return Err("a process could not write its chunks".into());
        }
    }
    let stack = NpyStackWriter::new(&folder, 0)?.finish(CHUNKS)?;
    println!(
        "Rust: {PROCESSES} processes wrote {:?} of {} in {} chunks",
        stack.shape(),
        stack.dtype(),
        stack.chunks().len()
    );

    let result = temporary.path().join("means.npy");
    let python = std::env::var_os("NDARRAY_IO_PYTHON").unwrap_or_else(|| OsString::from("python3"));
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/dask/column_means.py");
    let status = Command::new(python).arg(script).arg(&folder).arg(&result).status()?;
    if !status.success() {
        return Err("Python with dask and distributed could not compute the means".into());
    }
    let means: Array1<f64> = read_npy(&result)?;
    println!("Rust: read the means {means:.4}");

    // The same here, chunk by chunk.
    let own = own_means(&stack)?;
    let off = (&means - &own).fold(0.0_f64, |most, off| most.max(off.abs()));
    println!("Rust: its own differ from them by {off:e} at the most");
    match off < 1e-12 {
        true => Ok(()),
        false => Err("Dask and Rust disagree".into()),
    }
}

fn own_means(stack: &NpyStack) -> ndarray_io::Result<Array1<f64>> {
    let mut sum = Array1::zeros(COLUMNS);
    for block in stack.blocks::<f64, Ix2>() {
        sum += &block?.sum_axis(Axis(0));
    }
    Ok(sum / stack.shape()[0] as f64)
}
