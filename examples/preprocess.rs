//! Features for a model: the numbers of a table, each column normalised, saved with its mean and standard deviation in
//! one archive, so that new rows can be normalised in the same way.
//!
//! ```text
//! cargo run --release --example preprocess                          (examples/data/penguins.csv)
//! cargo run --release --example preprocess -- table.csv [out.npz]
//! ```
//!
//! In Python: `a = np.load("out.npz"); x = (new - a["mean"]) / a["std"]`.

use std::error::Error;
use std::path::{Path, PathBuf};

use ndarray::{Array1, Array2, Axis};
use ndarray_io::{GenFromTxt, Kind, Names, read_npz, write_npz_compressed};
use serde::{Deserialize, Serialize};

/// The archive: a member a field.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Features {
    names: Vec<String>,
    mean: Array1<f64>,
    std: Array1<f64>,
    normalised: Array2<f64>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let given = arguments.next();
    let table = given.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/data/penguins.csv"));
    let archive = match arguments.next() {
        Some(archive) => archive,
        None => std::env::temp_dir().join("ndarray-io-features.npz"),
    };

    let features = features(&table)?;
    println!("{}: {:?}", table.display(), features.normalised.shape());
    for ((name, mean), std) in features.names.iter().zip(&features.mean).zip(&features.std) {
        println!("{name:>16}: {mean:.3} ± {std:.3}");
    }
    write_npz_compressed(&archive, &features)?;

    // Whoever gets the archive has all that it takes to undo it.
    let read: Features = read_npz(&archive)?;
    assert_eq!(read, features);
    let original = &read.normalised * &read.std + &read.mean;
    println!(
        "written to {}; its first row was {:.1}",
        archive.display(),
        original.row(0)
    );
    Ok(())
}

/// The columns of numbers, normalised to a mean of 0 and a standard deviation of 1. What is missing gets the mean, and so
/// becomes 0.
fn features(path: &Path) -> ndarray_io::Result<Features> {
    let options = GenFromTxt::new().delimiter(",").names(Names::FromHeader);
    let table = options.read_table_path(path)?;
    let mut names = Vec::new();
    let mut columns = Vec::new();
    for (name, column) in table.names().zip(table.columns()) {
        if matches!(column.dtype().kind(), Kind::Int | Kind::Float) {
            names.push(name.to_owned());
            columns.push(column.masked::<f64>()?);
        }
    }
    let known = |at: usize| -> Array1<f64> { columns[at].valid().copied().collect() };
    let mean = Array1::from_shape_fn(columns.len(), |at| known(at).mean().unwrap_or(0.0));
    let std = Array1::from_shape_fn(columns.len(), |at| match known(at).std(0.0) {
        std if std > 0.0 => std,
        _ => 1.0, // a column that never changes
    });
    let mut normalised = Array2::zeros((table.len(), columns.len()));
    for (at, mut target) in normalised.axis_iter_mut(Axis(1)).enumerate() {
        target.assign(&((columns[at].filled(mean[at]) - mean[at]) / std[at]));
    }
    Ok(Features {
        names,
        mean,
        std,
        normalised,
    })
}
