//! text/: tables of numbers.

use std::path::PathBuf;

use ndarray::Array2;
use ndarray_io::{SaveTxt, write_npy};
use serde_json::json;

use crate::harness::{Amount, Bench, Case, Result, timed};
use crate::npz::random;

const COLUMNS: usize = 10;

pub fn cases(bench: &mut Bench) -> Result<()> {
    save(bench)
}

fn save(bench: &mut Bench) -> Result<()> {
    for (id, fmt, floor) in [
        ("text/save/18e", "%.18e", 30.0),
        ("text/save/6f", "%.6f", 15.0),
        ("text/save/d", "%d", 20.0),
    ] {
        bench.case(id, |bench| {
            let (array, source) = source(bench)?;
            let [ours, numpy] = ["ours.txt", "numpy.txt"].map(|name| bench.file(name));
            let save = SaveTxt::new().fmt(fmt);
            Ok(Case {
                amount: Amount::Things(array.len() as u64),
                ours: timed(move || Ok(save.write_path(&ours, &array)?)),
                peers: vec![bench.python(
                    "numpy",
                    floor,
                    "text_save",
                    json!({"source": source, "path": numpy, "fmt": fmt}),
                )?],
                limit: None,
            })
        })?;
    }
    bench.case("text/save/shortest", |bench| {
        let (array, source) = source(bench)?;
        let [ours, polars] = ["ours.txt", "polars.txt"].map(|name| bench.file(name));
        let save = SaveTxt::new().fmt("%r");
        Ok(Case {
            amount: Amount::Things(array.len() as u64),
            ours: timed(move || Ok(save.write_path(&ours, &array)?)),
            peers: vec![bench.python("polars", 1.3, "text_save", json!({"source": source, "path": polars}))?],
            limit: None,
        })
    })
}

fn rows(bench: &Bench) -> usize {
    bench.size(200_000)
}

fn numbers(rows: usize) -> Array2<f64> {
    let mut bits = random(rows * COLUMNS);
    Array2::from_shape_simple_fn((rows, COLUMNS), || {
        bits.next()
            .map_or(0.0, |bits| (bits as f64 / (1_u64 << 53) as f64 - 0.5) * 2000.0)
    })
}

fn source(bench: &Bench) -> Result<(Array2<f64>, PathBuf)> {
    let (array, path) = (numbers(rows(bench)), bench.file("source.npy"));
    write_npy(&path, &array)?;
    Ok((array, path))
}
