//! Saves the weights of a model with what one must know about them, and runs the model on weights that are mapped, not
//! copied, into memory.
//!
//! ```text
//! cargo run --release --example model_weights               # writes model.npz into a temporary folder
//! cargo run --release --example model_weights -- model.npz  # or there
//! ```
//!
//! NumPy reads the same file: `np.load("model.npz")["layers/0/weight"]`.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::Instant;

use ndarray::{Array1, Array2, Ix1, Ix2};
use ndarray_io::{Compression, MemberOptions, NpzMmap, NpzReader, NpzWriter};
use serde::{Deserialize, Serialize};

const WIDTHS: [usize; 4] = [784, 1024, 1024, 10];

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Model {
    name: String,
    widths: Vec<usize>,
    activation: String,
}

fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let given = std::env::args_os().nth(1).map(PathBuf::from);
    let path = given.unwrap_or_else(|| folder.path().join("model.npz"));
    save(&path)?;
    inspect(&path)?;

    let input = Array1::from_shape_fn(WIDTHS[0], |i| (i % 7) as f32 / 7.0);
    let start = Instant::now();
    let mapped = run_mapped(&path, &input)?;
    println!("on mapped weights, from opening the file on: {:?}", start.elapsed());
    let start = Instant::now();
    let read = run_read(&path, &input)?;
    println!("on weights that are read, and checked:       {:?}", start.elapsed());
    assert_eq!(mapped, read);
    println!("output {mapped:.4}");
    Ok(())
}

fn save(path: &Path) -> Result<(), Box<dyn Error>> {
    let mut npz = NpzWriter::create(path)?;
    let model = Model {
        name: "a perceptron".to_owned(),
        widths: WIDTHS.to_vec(),
        activation: "relu".to_owned(),
    };
    npz.add_json("model.json", &model)?;
    for (layer, width) in WIDTHS.windows(2).enumerate() {
        let weight = Array2::from_shape_fn((width[1], width[0]), |(i, j)| {
            ((i * 31 + j * 17) % 101) as f32 / 5000.0 - 0.01
        });
        npz.add_array(format!("layers/{layer}/weight"), &weight)?;
        npz.add_array(
            format!("layers/{layer}/bias"),
            &Array1::<f32>::from_elem(width[1], 0.01),
        )?;
    }
    // Seldom read, and nearly all zeros: compressed. What is viewed must be stored, as it is unless asked otherwise.
    let compressed = MemberOptions::new().compression(Compression::Deflate(6));
    npz.add_array_with("history/loss", &Array1::<f64>::zeros(100_000), &compressed)?;
    npz.finish()?;
    Ok(())
}

/// What is in the archive, without its data.
fn inspect(path: &Path) -> Result<(), Box<dyn Error>> {
    let mut npz = NpzReader::open(path)?;
    println!("{}: {:?}", path.display(), npz.json::<Model>("model.json")?);
    for name in npz.names()? {
        if let Ok(header) = npz.header(&name) {
            println!("  {name:20} {} {:?}", header.dtype, header.shape);
        }
    }
    Ok(())
}

fn run_mapped(path: &Path, input: &Array1<f32>) -> Result<Array1<f32>, Box<dyn Error>> {
    // SAFETY: nobody changes or shortens the file while it is mapped; a new version is renamed over it.
    #[allow(unsafe_code)]
    let npz = unsafe { NpzMmap::open(path)? };
    let mut values = input.clone();
    for layer in 0..WIDTHS.len() - 1 {
        let weight = npz.view::<f32, Ix2>(&format!("layers/{layer}/weight"))?;
        let bias = npz.view::<f32, Ix1>(&format!("layers/{layer}/bias"))?;
        values = (weight.dot(&values) + bias).mapv(|x| x.max(0.0));
    }
    Ok(values)
}

fn run_read(path: &Path, input: &Array1<f32>) -> Result<Array1<f32>, Box<dyn Error>> {
    let mut npz = NpzReader::open(path)?;
    let mut values = input.clone();
    for layer in 0..WIDTHS.len() - 1 {
        let weight: Array2<f32> = npz.by_name(&format!("layers/{layer}/weight"))?;
        let bias: Array1<f32> = npz.by_name(&format!("layers/{layer}/bias"))?;
        values = (weight.dot(&values) + bias).mapv(|x| x.max(0.0));
    }
    Ok(values)
}
