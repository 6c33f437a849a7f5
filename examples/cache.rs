//! Computes once, and loads the result ever after, until what it was computed from changes.
//!
//! ```text
//! cargo run --release --example cache
//! ```

use std::error::Error;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;
use std::time::Instant;

use ndarray::{Array2, s};
use ndarray_io::{NpzReader, NpzWriter};

/// All that the result depends on. `version` goes up when the code that computes it changes.
#[derive(Hash)]
struct Parameters {
    version: u32,
    size: usize,
    steps: usize,
}

fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let mut parameters = Parameters {
        version: 1,
        size: 200,
        steps: 50,
    };
    let (first, computed) = heat(folder.path(), &parameters)?;
    let (second, again) = heat(folder.path(), &parameters)?;
    assert!(computed && !again);
    assert_eq!(first, second);

    parameters.steps += 1;
    let (_, computed) = heat(folder.path(), &parameters)?;
    assert!(computed, "other parameters are another result");

    // A cache that is broken is no cache; nothing is lost but time.
    for entry in std::fs::read_dir(folder.path())? {
        std::fs::write(entry?.path(), b"PK\x03\x04 and nothing more")?;
    }
    let (_, computed) = heat(folder.path(), &parameters)?;
    assert!(computed);
    Ok(())
}

/// The result, from the cache in `folder` if it is there, and whether it had to be computed.
fn heat(folder: &Path, parameters: &Parameters) -> Result<(Array2<f64>, bool), Box<dyn Error>> {
    let mut key = DefaultHasher::new();
    parameters.hash(&mut key);
    let path = folder.join(format!("heat-{:016x}.npz", key.finish()));

    let start = Instant::now();
    if let Ok(cached) = NpzReader::open(&path).and_then(|mut npz| npz.by_name("heat")) {
        println!("loaded in {:.1?}", start.elapsed());
        return Ok((cached, false));
    }
    let heat = simulate(parameters);
    println!("computed in {:.1?}", start.elapsed());
    // The archive is whole or not there, even if two processes fill the cache at once. Its CRC is checked on reading.
    let mut npz = NpzWriter::create(&path)?;
    npz.add_array("heat", &heat)?;
    npz.finish()?;
    Ok((heat, true))
}

/// Heat that spreads from one hot side of a plate.
fn simulate(parameters: &Parameters) -> Array2<f64> {
    let mut heat = Array2::zeros((parameters.size, parameters.size));
    heat.row_mut(0).fill(100.0);
    let end = parameters.size - 1;
    for _ in 0..parameters.steps {
        let around = &heat.slice(s![..end - 1, 1..end])
            + &heat.slice(s![2.., 1..end])
            + heat.slice(s![1..end, ..end - 1])
            + heat.slice(s![1..end, 2..]);
        heat.slice_mut(s![1..end, 1..end]).assign(&(around / 4.0));
    }
    heat
}
