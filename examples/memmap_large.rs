//! Makes a sparse file of 10 GB, touches it in slices through a memory map, and reads back some of it.
//!
//! ```text
//! cargo run --release --example memmap_large                # in a temporary folder
//! cargo run --release --example memmap_large -- large.npy   # a file to keep
//! ```
#![allow(unsafe_code)] // a map is only as sound as those who use its file; see the two SAFETY lines

use std::error::Error;
use std::path::PathBuf;
use std::time::Instant;

use ndarray::{Ix1, Ix2, s};
use ndarray_io::{Advice, NpyMmap, NpyMmapMut, NpyReader};

const ROWS: usize = 1_250_000;
const COLUMNS: usize = 1000;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let path = match std::env::args_os().nth(1) {
        Some(path) => PathBuf::from(path),
        None => folder.path().join("large.npy"),
    };

    let start = Instant::now();
    // SAFETY: nobody else uses the file while it is mapped.
    let mut map = unsafe { NpyMmapMut::create::<f64, Ix2>(&path, (ROWS, COLUMNS))? };
    println!(
        "{} GB of zeros made and mapped in {:.1?}",
        ROWS * COLUMNS * 8 / 1_000_000_000,
        start.elapsed()
    );

    let start = Instant::now();
    let mut view = map.view_mut::<f64, Ix2>()?;
    for (n, mut row) in view.slice_mut(s![..;ROWS / 10, ..]).outer_iter_mut().enumerate() {
        row.fill(n as f64);
    }
    map.flush()?;
    drop(map);
    println!("10 rows filled and written to the disk in {:.1?}", start.elapsed());

    let start = Instant::now();
    // SAFETY: nobody changes or shortens the file while it is mapped.
    let map = unsafe { NpyMmap::open(&path)? };
    map.advise(Advice::Random)?;
    let view = map.view::<f64, Ix2>()?;
    let sum = view.slice(s![..;ROWS / 10, ..100]).sum();
    println!(
        "1000 numbers of it summed through a map in {:.1?}: {sum}",
        start.elapsed()
    );
    assert_eq!(sum, 4500.0);

    // Or without a map, and without `unsafe`: a read of just what is wanted.
    let start = Instant::now();
    let row = NpyReader::open(&path)?.read_slice::<f64, Ix1>(s![ROWS / 2, ..])?;
    println!(
        "one row read in {:.1?}: its mean is {}",
        start.elapsed(),
        row.mean().unwrap_or(f64::NAN)
    );
    Ok(())
}
