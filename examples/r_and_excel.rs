//! Tables for R, Excel and other programs that know no `.npy`: text, with a heading, and back.
//!
//! ```text
//! cargo run --release --example r_and_excel
//! ```
//!
//! ```r
//! table <- read.csv("table.csv")            # R
//! write.csv(table, "from_r.csv", row.names = FALSE)
//! ```
//!
//! R reads `.npy` as well, with RcppCNPy or reticulate: then nothing is rounded, and a matrix in column-major order, R's
//! own, is `WriteOptions::order(Order::ColumnMajor)`.

use std::error::Error;

use ndarray::{Array1, Array2, array};
use ndarray_io::{Encoding, Fmt, GenFromTxt, LoadTxt, Names, SaveTxt};
use serde::{Deserialize, Serialize};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct City {
    name: String,
    people: u32,
    area: f64,
}

fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;

    // Numbers: `Fmt::Shortest` writes as many digits as it takes to read the same number again.
    let path = folder.path().join("table.csv");
    let csv = SaveTxt::new().delimiter(",").comments("").fmt(Fmt::Shortest);
    let a = array![[0.1, 0.2], [1.0 / 3.0, 1e300]];
    csv.clone().header("x,y").write_path(&path, &a)?;
    print!("{}", std::fs::read_to_string(&path)?);
    let b: Array2<f64> = LoadTxt::new().delimiter(",").skiprows(1).read_path(&path)?;
    assert_eq!(a, b);

    // Records, for Excel: it takes text for UTF-8 only with a byte order mark.
    let cities = array![
        City {
            name: "Zürich".into(),
            people: 434_335,
            area: 87.88,
        },
        City {
            name: "Tromsø".into(),
            people: 77_992,
            area: 2521.0,
        },
    ];
    let path = folder.path().join("cities.csv");
    let excel = csv.encoding(Encoding::Utf8Sig).header("name,people,area");
    excel.fmts(["%s", "%d", "%.2f"]).write_path(&path, &cities)?;
    print!("{}", std::fs::read_to_string(&path)?);
    let named = GenFromTxt::new().delimiter(",").names(Names::FromHeader);
    let again: Array1<City> = named.read_path(&path)?;
    assert_eq!(again, cities);

    // From R and Excel: quotes, NA for what is missing, and where the comma is the decimal point, semicolons.
    let from_r = "\"site\",\"depth\"\n\"a, north\",1.5\n\"b\",NA\n";
    let table = named
        .clone()
        .quotechar('"')
        .missing_values("NA")
        .read_table(from_r.as_bytes())?;
    println!("{table}");
    assert_eq!(table.column("depth")?.mask(), array![false, true]);
    let from_excel = "x;y\r\n1,5;2\r\n0,25;4\r\n";
    let comma = LoadTxt::new().delimiter(";").skiprows(1);
    let c: Array2<f64> = comma
        .converters(|text| text.replace(',', "."))
        .read(from_excel.as_bytes())?;
    assert_eq!(c, array![[1.5, 2.0], [0.25, 4.0]]);
    Ok(())
}
