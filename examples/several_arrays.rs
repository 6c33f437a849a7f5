//! Several arrays in one file: `np.savez`, and `np.load` of its archives.
//!
//! ```text
//! cargo run --release --example several_arrays
//! ```

use std::error::Error;

use ndarray::{Array1, Array2, array, s};
use ndarray_io::{NpzReader, NpzWriter, read_npz, write_npz};
use serde::{Deserialize, Serialize};

/// An archive as a type: each field a member.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Split {
    train: Array2<f64>,
    test: Array2<f64>,
    seed: u64,
    /// `None` is no member.
    comment: Option<String>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("arrays.npz");

    // Member by member, of any types and names; the archive is at its path when it is finished.
    let mut npz = NpzWriter::create(&path)?;
    npz.add_array("x", &Array2::from_shape_fn((100, 3), |(i, j)| (i * 3 + j) as f64))?;
    npz.add_array("labels", &array!["cat", "dog"])?;
    npz.add_bytes("LICENSE", b"CC0")?;
    npz.finish()?;

    let mut npz = NpzReader::open(&path)?;
    for name in npz.names()? {
        match npz.header(&name) {
            Ok(header) => println!("{name}: {} of shape {:?}", header.dtype, header.shape),
            Err(error) => println!("{name}: no array ({error})"),
        }
    }
    let labels: Array1<String> = npz.by_name("labels")?;
    assert_eq!(labels, array!["cat", "dog"]);
    // Of a stored member, only the bytes that are wanted.
    let column = npz.read_slice::<f64, _>("x", s![..5, 0])?;
    assert_eq!(column, array![0.0, 3.0, 6.0, 9.0, 12.0]);
    // The dtype of `x` need not be known.
    println!("x:\n{}", npz.get("x")?);

    // Or all at once, as a struct.
    let split = Split {
        train: array![[1.0, 2.0], [3.0, 4.0]],
        test: array![[5.0, 6.0]],
        seed: 42,
        comment: None,
    };
    write_npz(&path, &split)?;
    assert_eq!(read_npz::<_, Split>(&path)?, split);
    println!("{:?}", NpzReader::open(&path)?.names()?);
    Ok(())
}
