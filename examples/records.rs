//! Structs through serde's own derive: written here, read by NumPy as a structured array, and read back.
//!
//! ```text
//! cargo run --release --example records
//! ```

use std::error::Error;
use std::process::Command;

use ndarray::{Array1, array};
use ndarray_io::{Dtype, DynArray, WriteOptions, load, read_npy, write_npy};
use num_complex::Complex;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Particle {
    id: u64,
    pos: [f64; 3],
    charge: Complex<f32>,
    name: String,
    spin: Option<f64>, // None is NaN
    state: State,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum State {
    Free,
    Bound,
}

/// Reading goes by name: other fields of the file are skipped.
#[derive(Debug, PartialEq, Deserialize)]
struct Place {
    name: String,
    pos: [f64; 3],
}

fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("particles.npy");

    let particles = array![
        Particle {
            id: 1,
            pos: [0.0, 0.5, 1.0],
            charge: Complex::new(-1.0, 0.0),
            name: "electron".into(),
            spin: Some(0.5),
            state: State::Bound,
        },
        Particle {
            id: 2,
            pos: [1.0, 2.0, 3.0],
            charge: Complex::new(0.0, 0.0),
            name: "π⁰".into(),
            spin: None,
            state: State::Free,
        },
    ];
    write_npy(&path, &particles)?;
    println!("dtype of the type:  {}", Dtype::of::<Particle>()?);

    let python = std::env::var("NDARRAY_IO_PYTHON").unwrap_or_else(|_| "python3".into());
    let script =
        "import sys, numpy; a = numpy.load(sys.argv[1]); print('dtype in NumPy:    ', a.dtype.descr); print(a)";
    match Command::new(&python).arg("-c").arg(script).arg(&path).status() {
        Ok(status) if status.success() => {}
        _ => println!("({python} has no NumPy to show it)"),
    }

    let again: Array1<Particle> = read_npy(&path)?;
    assert_eq!(again, particles);
    let places: Array1<Place> = read_npy(&path)?;
    println!("two of the fields:  {places:?}");

    // Without a type: named columns.
    if let ndarray_io::Loaded::Npy(DynArray::Record(records)) = load(&path)? {
        println!("{records}");
        println!("one field alone: {}", records.field("pos")?);
    }

    // Text as bytes of a fixed width; a name that is too long would be an error, never a cut.
    let dtype: Dtype = "[('id', '<u8'), ('pos', '<f8', (3,)), ('charge', '<c8'), ('name', '<U12'), \
                        ('spin', '<f8'), ('state', '|S5')]"
        .parse()?;
    WriteOptions::new().dtype(dtype).write_npy(&path, &particles)?;
    assert_eq!(
        read_npy::<_, DynArray>(&path)?.dtype().fields()[5].dtype().itemsize(),
        5
    );
    Ok(())
}
