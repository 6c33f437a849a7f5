//! Opens `.npy` files that NumPy wrote, prints what is in them, normalises the numbers, writes them and reads them back.
//!
//! ```text
//! cargo run --release --example quickstart             # the files in examples/data
//! cargo run --release --example quickstart -- my.npy   # yours
//! ```

use std::error::Error;
use std::path::{Path, PathBuf};

use ndarray::{Array1, ArrayD};
use ndarray_io::{Casting, Kind, NpyReader, read_npy, write_npy};
use serde::{Deserialize, Serialize};

fn main() -> Result<(), Box<dyn Error>> {
    let given: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    if !given.is_empty() {
        return given.iter().try_for_each(|path| show(path));
    }
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/data");
    for name in ["temperature.npy", "signal.npy", "image.npy", "stations.npy"] {
        show(&data.join(name))?;
    }
    stations(&data.join("stations.npy"))
}

/// Any file: its dtype is known when it is open.
fn show(path: &Path) -> Result<(), Box<dyn Error>> {
    let reader = NpyReader::open(path)?;
    println!("{}", path.display());
    println!("  dtype {}, shape {:?}", reader.dtype(), reader.shape());

    // Integers and floats of any size become f64; other kinds are looked at by their type, as in `stations`.
    if !matches!(reader.dtype().kind(), Kind::Int | Kind::Uint | Kind::Float) {
        return Ok(());
    }
    let array: ArrayD<f64> = reader.read_dyn()?.into_array(Casting::SameKind)?;
    let (Some(mean), deviation) = (array.mean(), array.std(0.0)) else {
        println!("  empty");
        return Ok(());
    };
    let (min, max) = array.fold((f64::INFINITY, f64::NEG_INFINITY), |(min, max), &x| {
        (min.min(x), max.max(x))
    });
    println!("  mean {mean:.3}, standard deviation {deviation:.3}, from {min:.3} to {max:.3}");

    let normalised = (array - mean) / deviation;
    let folder = tempfile::tempdir()?;
    let written = folder.path().join("normalised.npy");
    write_npy(&written, &normalised)?;
    let read_back: ArrayD<f64> = read_npy(&written)?;
    assert_eq!(read_back, normalised);
    println!(
        "  normalised, written and read back: {} bytes",
        written.metadata()?.len()
    );
    Ok(())
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Station {
    id: u32,
    name: String,
    position: [f64; 2],
    height: Option<f32>, // NaN in the file is None
}

/// A structured array is an array of structs, through serde.
fn stations(path: &Path) -> Result<(), Box<dyn Error>> {
    let stations: Array1<Station> = read_npy(path)?;
    for station in &stations {
        println!("  {station:?}");
    }
    let folder = tempfile::tempdir()?;
    let written = folder.path().join("stations.npy");
    write_npy(&written, &stations)?;
    let read_back: Array1<Station> = read_npy(&written)?;
    assert_eq!(read_back, stations);
    Ok(())
}
