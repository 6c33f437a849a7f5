//! A table whose columns' types are told by their text, then as a `.npy` file of records.
//!
//! ```text
//! cargo run --release --example infer -- table.csv    # writes table.npy
//! cargo run --release --example infer                 # a table that it makes up
//! ```

use std::path::PathBuf;

use ndarray_io::{GenFromTxt, Names, write_npy};

const CITIES: &str = "city,people,area,capital
Bern,134794,51.6,true
Basel,,23.9,false
";

fn main() -> ndarray_io::Result<()> {
    let folder = tempfile::tempdir()?;
    let path = match std::env::args_os().nth(1) {
        Some(path) => PathBuf::from(path),
        None => {
            let path = folder.path().join("cities.csv");
            std::fs::write(&path, CITIES)?;
            path
        }
    };
    let options = GenFromTxt::new()
        .delimiter(",")
        .names(Names::FromHeader)
        .quotechar('"')
        .no_comments();
    let table = options.read_table_path(&path)?;
    println!("{table}");
    let target = path.with_extension("npy");
    write_npy(&target, &table.to_record_array()?)?;
    println!("written to {}", target.display());
    Ok(())
}
