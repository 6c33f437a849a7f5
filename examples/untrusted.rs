//! Files from strangers: limits, and errors that say whose fault it was. Archives take the same limits, through
//! `NpzReader::with_options`: there they also bound what compressed members grow to.
//!
//! ```text
//! cargo run --release --example untrusted              # files made to break their reader
//! cargo run --release --example untrusted -- FILE..    # yours
//! ```

use std::error::Error;
use std::path::{Path, PathBuf};

use ndarray::ArrayD;
use ndarray_io::{Casting, ErrorKind, ReadOptions};

/// What an upload may be at most, in bytes of data.
const LARGEST: u64 = 64 << 20;

fn main() -> Result<(), Box<dyn Error>> {
    let given: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    for path in &given {
        println!("{}", answer(path));
    }
    if !given.is_empty() {
        return Ok(());
    }

    let folder = tempfile::tempdir()?;
    let path = folder.path().join("upload.npy");
    for (bytes, expected) in uploads() {
        std::fs::write(&path, bytes)?;
        let answer = answer(&path);
        println!("{answer}");
        assert!(answer.starts_with(expected), "{expected} was expected");
    }
    Ok(())
}

/// What a server would say of an uploaded array of numbers.
fn answer(path: &Path) -> String {
    let options = ReadOptions::new().max_bytes(LARGEST).casting(Casting::SameKind);
    match options.read_npy::<_, ArrayD<f64>>(path) {
        Ok(array) => format!("200: an array of shape {:?}", array.shape()),
        Err(error) => match error.kind() {
            ErrorKind::Io => format!("500: {error}"),
            ErrorKind::Limit => format!("413: {error}"),
            // No need to name them all: whatever is left is the file's fault.
            _ => format!("400: {error}"),
        },
    }
}

/// Files, and how the answer to each begins.
fn uploads() -> Vec<(Vec<u8>, &'static str)> {
    let npy = |descr: &str, shape: &str, data: &[u8]| {
        let header = format!("{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}");
        let mut file = b"\x93NUMPY\x01\0".to_vec();
        file.extend(u16::try_from(header.len()).unwrap_or(u16::MAX).to_le_bytes());
        file.extend(header.as_bytes());
        file.extend(data);
        file
    };
    vec![
        (npy("'<f8'", "(2,)", &[0; 16]), "200"),
        (b"GIF89a".to_vec(), "400"),
        // Eighty terabytes in a hundred bytes: nothing is allocated for what is not there.
        (npy("'<f8'", "(10000000000000,)", &[0; 16]), "413"),
        (npy("'<f8'", "(1000000,)", &[0; 16]), "400"),
        // A product that wraps to nothing in 64 bits.
        (npy("'<f8'", "(4294967296, 4294967296)", &[0; 16]), "400"),
        // Brackets that take a parser without memory a thousand years.
        (npy(&format!("{}'<f8'", "[".repeat(60)), "(2,)", &[]), "400"),
        // A pickle: it could run anything in Python; here nothing of it is ever run.
        (npy("'|O'", "(1,)", b"\x80\x04cos\nsystem\n."), "400"),
    ]
}
