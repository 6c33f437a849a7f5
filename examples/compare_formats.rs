//! The same million numbers as `.npy`, `.npz` and text: how long each takes to save and to load, and its size.
//!
//! ```text
//! cargo run --release --example compare_formats             # a million numbers
//! cargo run --release --example compare_formats -- 5000000  # as many as you like
//! ```

use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::Instant;

use ndarray::Array2;
use ndarray_io::{Fmt, LoadTxt, NpzReader, NpzWriter, SaveTxt, read_npy, write_npy};

const COLUMNS: usize = 10;

type Save = fn(&Path, &Array2<f64>) -> ndarray_io::Result<()>;
type Load = fn(&Path) -> ndarray_io::Result<Array2<f64>>;

/// A format: its name, the file's, and how it is saved and loaded.
const FORMATS: [(&str, &str, Save, Load); 6] = [
    (".npy", "a.npy", |path, a| write_npy(path, a), |path| read_npy(path)),
    (
        ".npz, stored",
        "a.npz",
        |path, a| {
            let mut npz = NpzWriter::create(path)?;
            npz.add_array("a", a)?;
            npz.finish().map(drop)
        },
        |path| NpzReader::open(path)?.by_name("a"),
    ),
    (
        ".npz, deflated",
        "c.npz",
        |path, a| {
            let mut npz = NpzWriter::create_compressed(path)?;
            npz.add_array("a", a)?;
            npz.finish().map(drop)
        },
        |path| NpzReader::open(path)?.by_name("a"),
    ),
    (
        "text, as savetxt's",
        "a.txt",
        |path, a| SaveTxt::new().write_path(path, a),
        |path| LoadTxt::new().read_path(path),
    ),
    (
        "text, shortest",
        "s.txt",
        |path, a| SaveTxt::new().fmt(Fmt::Shortest).write_path(path, a),
        |path| LoadTxt::new().read_path(path),
    ),
    (
        "text, gzip",
        "a.txt.gz",
        |path, a| SaveTxt::new().fmt(Fmt::Shortest).write_path(path, a),
        |path| LoadTxt::new().read_path(path),
    ),
];

fn main() -> Result<(), Box<dyn Error>> {
    let numbers: usize = match std::env::args().nth(1) {
        Some(count) => count.parse()?,
        None => 1_000_000,
    };
    // A measurement: a slow wave, with noise in the digits behind.
    let a = Array2::from_shape_fn((numbers / COLUMNS, COLUMNS), |(i, j)| {
        (i as f64 * 1e-3 + j as f64).sin() + ((i * 31 + j * 17) % 1009) as f64 * 1e-6
    });
    let folder = tempfile::tempdir()?;
    println!("{} numbers, {} bytes in memory", a.len(), a.len() * 8);
    println!("{:20} {:>12} {:>10} {:>10}", "", "bytes", "save", "load");
    for (format, name, save, load) in FORMATS {
        let path: PathBuf = folder.path().join(name);
        let start = Instant::now();
        save(&path, &a)?;
        let (saved, start) = (start.elapsed(), Instant::now());
        let loaded = load(&path)?;
        let loading = start.elapsed();
        assert_eq!(loaded, a, "{format}");
        let bytes = path.metadata()?.len();
        println!(
            "{format:20} {bytes:>12} {:>10} {:>10}",
            format!("{saved:.1?}"),
            format!("{loading:.1?}")
        );
    }
    Ok(())
}
