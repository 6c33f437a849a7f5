//! `cargo run --example infer -- table.csv`: the table with the types that its text tells, then as table.npy.

use std::path::PathBuf;

use ndarray_io::{GenFromTxt, Names, write_npy};

fn main() -> ndarray_io::Result<()> {
    let given = std::env::args_os().nth(1).map(PathBuf::from);
    let path = match &given {
        Some(path) => path.clone(),
        None => {
            let path = std::env::temp_dir().join("ndarray-io-infer.csv");
            std::fs::write(
                &path,
                "city,people,area,capital\nBern,134794,51.6,true\nBasel,,23.9,false\n",
            )?;
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
