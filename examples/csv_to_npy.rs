//! A table of text to a .npy file that NumPy opens, with a progress bar.
//!
//! ```text
//! cargo run --release --example csv_to_npy -- table.csv                  (numbers; writes table.npy)
//! cargo run --release --example csv_to_npy -- table.csv.gz "[('name', 'U8'), ('x', 'f8')]"
//! cargo run --release --example csv_to_npy                               (a table that it makes up)
//! ```
//!
//! The delimiter is the first of tab, semicolon and comma that the first line has, else whitespace; a first line without
//! a digit is a heading.

use std::error::Error;
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

use indicatif::{ProgressBar, ProgressStyle};
use ndarray_io::{Dtype, ErrorKind, LoadTxt};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = tempfile::tempdir()?;
    let table = match arguments.next() {
        Some(path) => PathBuf::from(path),
        None => made_up(folder.path())?,
    };
    let dtype: Dtype = arguments.next().unwrap_or("<f8".to_owned()).parse()?;

    let bar = ProgressBar::no_length().with_style(ProgressStyle::with_template(
        "{bar:40} {bytes}/{total_bytes} {binary_bytes_per_sec}",
    )?);
    let progress = {
        let bar = bar.clone();
        move |bytes, total: Option<u64>| {
            bar.set_length(total.unwrap_or(bytes));
            bar.set_position(bytes);
        }
    };
    let start = Instant::now();
    let result = options(&table)?.dtype(dtype).progress(progress).read_dyn_path(&table);
    bar.finish();
    let array = match result {
        Err(error) if error.kind() == ErrorKind::Parse => {
            eprintln!("a dtype with a field for each column can be given after the file's name");
            return Err(error.into());
        }
        result => result?,
    };
    let npy = table.with_extension("").with_extension("npy");
    ndarray_io::write_npy(&npy, &array)?;
    println!(
        "{}: {} {:?} in {:.2?}",
        npy.display(),
        array.dtype(),
        array.shape(),
        start.elapsed()
    );
    Ok(())
}

/// How the table is written, by the look of its first line.
fn options(table: &Path) -> Result<LoadTxt, Box<dyn Error>> {
    let mut first = String::new();
    match table
        .extension()
        .is_some_and(|ending| ending == "gz" || ending == "bz2" || ending == "xz")
    {
        true => first = ",0".to_owned(), // of packed text, the usual
        false => _ = BufReader::new(File::open(table)?).read_line(&mut first)?,
    }
    let options = LoadTxt::new().skiprows(u64::from(!first.contains(|c: char| c.is_ascii_digit())));
    Ok(
        match ["\t", ";", ","].into_iter().find(|delimiter| first.contains(delimiter)) {
            Some(delimiter) => options.delimiter(delimiter),
            None => options,
        },
    )
}

fn made_up(folder: &Path) -> Result<PathBuf, Box<dyn Error>> {
    let path = folder.join("made_up.csv");
    let mut file = BufWriter::new(File::create(&path)?);
    writeln!(file, "time,sine,cosine")?;
    for step in 0..1_000_000 {
        let time = f64::from(step) * 1e-3;
        writeln!(file, "{time},{},{}", time.sin(), time.cos())?;
    }
    file.flush()?;
    Ok(path)
}
