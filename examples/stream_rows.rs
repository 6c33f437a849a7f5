//! Mean and variance of each column of a file, by blocks of rows: in a few MiB of memory, however large the file.
//!
//! ```text
//! cargo run --release --example stream_rows               # of a file made for it, of 200 MB
//! cargo run --release --example stream_rows -- large.npy  # of yours, two-dimensional, of numbers
//! ```

use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::Instant;

use ndarray::{Array1, Array2, ArrayView2, Axis, Ix2};
use ndarray_io::{Casting, NpyAppender, NpyReader, ReadOptions};

/// Bytes of a block.
const BLOCK: usize = 4 << 20;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let path = match std::env::args_os().nth(1) {
        Some(path) => PathBuf::from(path),
        None => made(&folder.path().join("large.npy"))?,
    };

    let start = Instant::now();
    // Whatever numbers the file has, as f64.
    let options = ReadOptions::new().casting(Casting::SameKind);
    let reader = NpyReader::open_with(&path, &options)?;
    println!("{}: {} of shape {:?}", path.display(), reader.dtype(), reader.shape());
    let row = 8 * reader.shape().iter().skip(1).product::<usize>();
    let mut moments = Moments::default();
    for block in reader.rows::<f64, Ix2>((BLOCK / row.max(1)).max(1)) {
        moments.add(block?.view());
    }
    println!("{} rows in {:.1?}", moments.count, start.elapsed());
    println!("mean     {:.4}", moments.mean);
    println!("variance {:.4}", moments.squares / moments.count);
    Ok(())
}

/// Count, mean and squared distances from it, of each column so far.
#[derive(Default)]
struct Moments {
    count: f64,
    mean: Array1<f64>,
    squares: Array1<f64>,
}

impl Moments {
    /// Joins those of a block to these (Chan, Golub and LeVeque 1979): sums of squares alone would lose digits.
    fn add(&mut self, block: ArrayView2<f64>) {
        let Some(mean) = block.mean_axis(Axis(0)) else { return };
        let count = block.nrows() as f64;
        let squares = (&block - &mean).mapv(|distance| distance * distance).sum_axis(Axis(0));
        if self.count == 0.0 {
            (self.count, self.mean, self.squares) = (count, mean, squares);
            return;
        }
        let total = self.count + count;
        let delta = &mean - &self.mean;
        self.squares += &(squares + &delta * &delta * (self.count * count / total));
        self.mean += &(delta * (count / total));
        self.count = total;
    }
}

/// A file of 5 million rows, itself written block by block.
fn made(path: &Path) -> Result<PathBuf, Box<dyn Error>> {
    let mut file = NpyAppender::<f64, Ix2>::create(path, 5)?;
    for block in 0..500 {
        let block = Array2::from_shape_fn((10_000, 5), |(i, j)| {
            (block * 10_000 + i) as f64 % 1000.0 * (j + 1) as f64
        });
        file.append(&block)?;
    }
    file.finish()?;
    Ok(path.to_owned())
}
