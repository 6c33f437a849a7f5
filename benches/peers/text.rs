//! text/: tables of numbers.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use ndarray::{Array1, Array2};
use ndarray_io::{GenFromTxt, Names, SaveTxt, loadtxt, write_npy};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::harness::{Amount, Bench, Case, Peer};
use crate::npz::random;
use crate::timing::{Result, timed};

const COLUMNS: usize = 10;

pub fn cases(bench: &mut Bench) -> Result<()> {
    load(bench)?;
    save(bench)?;
    missing(bench)?;
    infer(bench)
}

fn load(bench: &mut Bench) -> Result<()> {
    for (id, style, floors) in [
        ("text/load/f64/18e", "%.18e", [15.0, 1.5]),
        ("text/load/f64/shortest", "shortest", [15.0, 1.3]),
        ("text/load/i64", "%d", [4.0, 1.3]),
    ] {
        bench.case(id, |bench| {
            let path = bench.file("table.txt");
            let kind = write_table(&path, rows(bench), style)?;
            let args = json!({"path": path, "kind": kind});
            let [numpy, best] = floors;
            let peers = vec![
                bench.python("numpy", numpy, "text_load", args.clone())?,
                bench.best_of("best", best, &["pandas", "polars", "pyarrow"], "text_load", args)?,
            ];
            let amount = Amount::Bytes(path.metadata()?.len());
            let ours = match kind {
                "<i8" => timed(move || Ok(loadtxt::<_, i64, ndarray::Ix2>(&path)?)),
                _ => timed(move || Ok(loadtxt::<_, f64, ndarray::Ix2>(&path)?)),
            };
            Ok(Case {
                amount,
                ours,
                peers,
                limit: None,
            })
        })?;
    }
    for (id, style) in [
        ("text/load/f64/18e/1t", "%.18e"),
        ("text/load/f64/shortest/1t", "shortest"),
    ] {
        bench.case(id, |bench| {
            let path = bench.file("table.txt");
            let kind = write_table(&path, rows(bench), style)?;
            let args = json!({"path": path, "kind": kind, "threads": 1});
            let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build()?;
            Ok(Case {
                amount: Amount::Bytes(path.metadata()?.len()),
                peers: vec![bench.best_of("best", 1.0, &["pandas", "polars", "pyarrow"], "text_load", args)?],
                ours: timed(move || Ok(pool.install(|| loadtxt::<_, f64, ndarray::Ix2>(&path))?)),
                limit: None,
            })
        })?;
    }
    bench.case("text/load/record", |bench| {
        let path = bench.file("records.txt");
        let mut file = BufWriter::new(File::create(&path)?);
        for (i, bits) in random(bench.size(500_000)).enumerate() {
            let x = bits as f64 / (1_u64 << 53) as f64;
            writeln!(file, "{i},{x},{},name{:04}", x * 1e6, bits % 10_000)?;
        }
        drop(file);
        let amount = Amount::Bytes(path.metadata()?.len());
        let theirs = path.clone();
        Ok(Case {
            amount,
            ours: timed(move || {
                let rows: Array1<Row> = ndarray_io::LoadTxt::new().delimiter(",").read_path(&path)?;
                Ok(rows)
            }),
            peers: vec![Peer::rust("csv+serde", 2.0, move || {
                let mut reader = csv::ReaderBuilder::new().has_headers(false).from_path(&theirs)?;
                Ok(reader.deserialize::<Row>().collect::<Result<Vec<_>, _>>()?)
            })],
            limit: None,
        })
    })
}

#[derive(Serialize, Deserialize)]
struct Row {
    id: i64,
    x: f64,
    y: f64,
    name: String,
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
        let save = SaveTxt::new().fmt("%s");
        Ok(Case {
            amount: Amount::Things(array.len() as u64),
            ours: timed(move || Ok(save.write_path(&ours, &array)?)),
            peers: vec![bench.python("polars", 1.3, "text_save", json!({"source": source, "path": polars}))?],
            limit: None,
        })
    })
}

/// Numbers of which one in twenty is missing, as nothing or as `N/A`.
fn missing(bench: &mut Bench) -> Result<()> {
    bench.case("text/gen/f64", |bench| {
        let path = bench.file("missing.csv");
        let mut file = BufWriter::new(File::create(&path)?);
        let mut bits = random(rows(bench) * COLUMNS);
        for row in numbers(rows(bench)).rows() {
            for (column, (value, bits)) in row.iter().zip(&mut bits).enumerate() {
                let comma = if column == 0 { "" } else { "," };
                match bits % 40 {
                    0 => write!(file, "{comma}")?,
                    1 => write!(file, "{comma}N/A")?,
                    _ => write!(file, "{comma}{value}")?,
                }
            }
            writeln!(file)?;
        }
        file.into_inner()?;
        let args = json!({"path": path, "kind": "<f8"});
        Ok(Case {
            amount: Amount::Bytes(path.metadata()?.len()),
            peers: vec![
                bench.python("numpy", 30.0, "text_gen", args.clone())?,
                bench.best_of("best", 1.2, &["pandas", "polars", "pyarrow"], "text_gen", args)?,
            ],
            ours: timed(move || {
                let options = GenFromTxt::new().delimiter(",").missing_values("N/A");
                Ok(options.read_path::<_, f64, ndarray::Ix2>(&path)?)
            }),
            limit: None,
        })
    })
}

/// Ten columns whose names are in the file and whose types are not; two have missing values.
fn infer(bench: &mut Bench) -> Result<()> {
    bench.case("text/gen/infer", |bench| {
        let path = bench.file("mixed.csv");
        let mut file = BufWriter::new(File::create(&path)?);
        writeln!(file, "id,x,count,city,open,ratio,code,day,y,rank")?;
        let cities = ["Bern", "Vaduz", "Oslo", "Reykjavik", "Luxembourg"];
        for (id, bits) in random(rows(bench)).enumerate() {
            let x = bits as f64 / (1_u64 << 53) as f64;
            let (city, open) = (cities[bits as usize % 5], ["False", "True"][bits as usize / 8 % 2]);
            write!(file, "{id},{x},{},{city},{open},", bits % 100_000)?;
            if bits / 16 % 20 != 0 {
                write!(file, "{:.3}", x * 1e3)?;
            }
            let day = bits / 512 % 28 + 1;
            write!(file, ",C{:05},2024-02-{day:02},{:e},", bits % 99_991, x * 1e-9)?;
            if bits / 64 % 20 != 0 {
                write!(file, "{}", bits / 4096 % 1000)?;
            }
            writeln!(file)?;
        }
        file.into_inner()?;
        let args = json!({"path": path});
        Ok(Case {
            amount: Amount::Bytes(path.metadata()?.len()),
            peers: vec![
                bench.python("numpy", 30.0, "text_infer", args.clone())?,
                bench.best_of("best", 1.0, &["pandas", "polars"], "text_infer", args)?,
            ],
            ours: timed(move || {
                let options = GenFromTxt::new().delimiter(",").names(Names::FromHeader);
                Ok(options.read_table_path(&path)?)
            }),
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

/// A table as `style` prints numbers, separated by spaces; gives the dtype to read it as.
fn write_table(path: &Path, rows: usize, style: &str) -> Result<&'static str> {
    let array = numbers(rows);
    match style {
        "%d" => {
            SaveTxt::new()
                .fmt("%d")
                .write_path(path, &array.mapv(|x| (x * 1e6) as i64))?;
            return Ok("<i8");
        }
        "shortest" => SaveTxt::new().fmt("%s").write_path(path, &array)?,
        fmt => SaveTxt::new().fmt(fmt).write_path(path, &array)?,
    }
    Ok("<f8")
}
