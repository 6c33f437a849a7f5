//! Appends measurements to a `.npy` file that loads, in NumPy too, while it grows; killed at any moment, it still loads.
//!
//! ```text
//! cargo run --release --example append_log                     # in a temporary folder
//! cargo run --release --example append_log -- measurements.npy # go on with that file, or start it
//! ```

use std::error::Error;
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use ndarray::{Array1, Ix1};
use ndarray_io::{NpyAppender, NpyReader};
use serde::{Deserialize, Serialize};

/// One row of the log; in NumPy `log["value"]` is a column of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Measurement {
    /// Seconds since 1970.
    time: f64,
    sensor: u16,
    value: [f32; 3],
}

fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let path = match std::env::args_os().nth(1) {
        Some(path) => PathBuf::from(path),
        None => folder.path().join("measurements.npy"),
    };
    let mut log = match path.exists() {
        true => NpyAppender::<Measurement, Ix1>::open(&path)?,
        false => NpyAppender::<Measurement, Ix1>::create(&path, ())?,
    };
    println!(
        "{} holds {} measurements of {}",
        path.display(),
        log.len(),
        log.header().dtype
    );

    for batch in 0..5_u16 {
        for n in 0..20_000_u16 {
            log.append(&[measure(n % 8, f32::from(batch) + f32::from(n) / 20_000.0)?])?;
        }
        // From here on, whoever opens the file finds this batch.
        log.flush()?;
        let rows = NpyReader::open(&path)?.shape().to_vec();
        println!("flushed: the file has shape {rows:?}");
    }
    log.finish()?;

    let last: Array1<Measurement> = NpyReader::open(&path)?.read_slice(ndarray::s![-2..])?;
    println!("the last two: {last:#?}");
    Ok(())
}

fn measure(sensor: u16, at: f32) -> Result<Measurement, Box<dyn Error>> {
    Ok(Measurement {
        time: SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs_f64(),
        sensor,
        value: [at.sin(), at.cos(), f32::from(sensor)],
    })
}
