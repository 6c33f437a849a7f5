//! Prints any `.npy` file or `.npz` archive: dtype, shape, order, and the values, records as a table.
//!
//! ```text
//! cargo run --release --example dynamic -- FILE..
//! cargo run --release --example dynamic             # the files in examples/data
//! ```

use std::error::Error;
use std::path::{Path, PathBuf};

use ndarray_io::{DynArray, Loaded, load};

fn main() -> Result<(), Box<dyn Error>> {
    let mut paths: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    if paths.is_empty() {
        let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/data");
        paths.extend(["temperature.npy", "image.npy", "stations.npy"].map(|name| data.join(name)));
    }
    for path in paths {
        match load(&path)? {
            Loaded::Npy(array) => show(&path.display().to_string(), &array),
            Loaded::Npz(mut archive) => {
                for name in archive.names()? {
                    // A member that is no array does not keep the others from being shown.
                    match archive.get(&name) {
                        Ok(array) => show(&format!("{}: {name}", path.display()), &array),
                        Err(error) => println!("{error}\n"),
                    }
                }
            }
        }
    }
    Ok(())
}

fn show(name: &str, array: &DynArray) {
    println!(
        "{name}\n  dtype {}, shape {:?}, order {:?}",
        array.dtype(),
        array.shape(),
        array.order()
    );
    println!("{array}\n");
}
