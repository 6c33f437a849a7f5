//! A weather table with holes: empty fields, `NA`, and -999 for what the instrument did not see.
//!
//! ```text
//! cargo run --release --example missing_values
//! ```

use ndarray::Ix2;
use ndarray_io::{GenFromTxt, Names};
use serde::Deserialize;

const WEATHER: &str = "# station, temperature, rain, wind
Helsinki, -3.5, 0.4, 5.1
Oulu, NA, -999, 7.0
Sodankyla, -12.25, , -999
";

#[derive(Debug, Deserialize)]
struct Weather {
    station: String,
    temperature: Option<f64>,
    rain: Option<f64>,
}

fn main() -> ndarray_io::Result<()> {
    let options = GenFromTxt::new()
        .delimiter(",")
        .autostrip(true)
        .names(Names::FromHeader)
        .missing_values("NA,-999");

    // What is in it, without knowing: names, types, and what is missing.
    println!("{}\n", options.read_table(WEATHER.as_bytes())?);

    // Numbers, and a mask.
    let numbers = options.clone().usecols(["temperature", "rain", "wind"]);
    let masked = numbers.read_masked::<_, f64, Ix2>(WEATHER.as_bytes())?;
    let (seen, missing) = (masked.valid().count(), masked.missing());
    println!("{seen} values, {missing} missing, filled:\n{}\n", masked.filled(0.0));

    // Structs, found by name.
    let rows: ndarray::Array1<Weather> = options.read(WEATHER.as_bytes())?;
    for Weather {
        station,
        temperature,
        rain,
    } in &rows
    {
        println!("{station}: {temperature:?} degrees, {rain:?} mm");
    }
    Ok(())
}
