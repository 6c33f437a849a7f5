//! record/: arrays of structs and of strings.

use std::fs::File;
use std::io::{BufReader, BufWriter};

use ndarray::Array1;
use ndarray_io::{read_npy, write_npy};
use npyz::WriterBuilder as _;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::harness::{Amount, Bench, Case, Peer};
use crate::timing::{Result, timed};

#[derive(Clone, Serialize, Deserialize, npyz::AutoSerialize, npyz::Serialize, npyz::Deserialize)]
struct Row {
    id: i64,
    x: f64,
    y: f32,
    flag: bool,
}

const ROW_BYTES: usize = 21;

pub fn cases(bench: &mut Bench) -> Result<()> {
    bench.case("record/write", |bench| {
        let rows = rows(bench);
        let source = bench.file("source.npy");
        write_npy(&source, &rows)?;
        let [ours, numpy, npyz] = ["ours.npy", "numpy.npy", "npyz.npy"].map(|name| bench.file(name));
        let (amount, theirs) = (bytes(&rows), rows.clone());
        Ok(Case {
            amount,
            ours: timed(move || Ok(write_npy(&ours, &rows)?)),
            peers: vec![
                Peer::rust("npyz", 5.0, move || {
                    let mut writer = npyz::WriteOptions::new()
                        .default_dtype()
                        .shape(&[theirs.len() as u64])
                        .writer(BufWriter::new(File::create(&npyz)?))
                        .begin_nd()?;
                    writer.extend(&theirs)?;
                    Ok(writer.finish()?)
                }),
                bench.python("numpy", 1.0, "record_write", json!({"source": source, "path": numpy}))?,
            ],
            limit: None,
        })
    })?;
    bench.case("record/read", |bench| {
        let rows = rows(bench);
        let path = bench.file("rows.npy");
        write_npy(&path, &rows)?;
        let (ours, theirs) = (path.clone(), path.clone());
        Ok(Case {
            amount: bytes(&rows),
            ours: timed(move || Ok(read_npy::<_, Array1<Row>>(&ours)?)),
            peers: vec![
                Peer::rust("npyz", 4.0, move || {
                    let file = npyz::NpyFile::new(BufReader::new(File::open(&theirs)?))?;
                    Ok(file.into_vec::<Row>()?)
                }),
                bench.python("numpy", 0.6, "npy_read", json!({"path": path}))?,
            ],
            limit: None,
        })
    })?;
    bench.case("record/project", |bench| {
        let count = bench.size(1_000_000);
        let path = bench.file("ten.npy");
        write_npy(&path, &Array1::from_iter((0..count).map(|i| Ten::new(i as f64))))?;
        let all = path.clone();
        Ok(Case {
            amount: Amount::Bytes(80 * count as u64),
            ours: timed(move || Ok(read_npy::<_, Array1<One>>(&path)?)),
            peers: vec![Peer::rust("ours-all", 3.0, move || {
                Ok(read_npy::<_, Array1<Ten>>(&all)?)
            })],
            limit: None,
        })
    })?;
    bench.case("record/strings/write", |bench| {
        let strings = strings(bench);
        let source = bench.file("source.npy");
        write_npy(&source, &strings)?;
        let [ours, numpy] = ["ours.npy", "numpy.npy"].map(|name| bench.file(name));
        Ok(Case {
            amount: Amount::Things(strings.len() as u64),
            ours: timed(move || Ok(write_npy(&ours, &strings)?)),
            peers: vec![bench.python("numpy", 5.0, "strings_write", json!({"source": source, "path": numpy}))?],
            limit: None,
        })
    })?;
    bench.case("record/strings/read", |bench| {
        let path = bench.file("strings.npy");
        let strings = strings(bench);
        write_npy(&path, &strings)?;
        let ours = path.clone();
        Ok(Case {
            amount: Amount::Things(strings.len() as u64),
            ours: timed(move || Ok(read_npy::<_, Array1<String>>(&ours)?)),
            peers: vec![bench.python("numpy", 5.0, "strings_read", json!({"path": path}))?],
            limit: None,
        })
    })
}

fn rows(bench: &Bench) -> Array1<Row> {
    let row = |i: usize| Row {
        id: i as i64,
        x: i as f64 * 0.25,
        y: i as f32,
        flag: i.is_multiple_of(3),
    };
    Array1::from_iter((0..bench.size(2_000_000)).map(row))
}

fn bytes(rows: &Array1<Row>) -> Amount {
    Amount::Bytes((ROW_BYTES * rows.len()) as u64)
}

/// 8 to 16 characters each.
fn strings(bench: &Bench) -> Array1<String> {
    Array1::from_iter((0..bench.size(1_000_000)).map(|i| format!("{:0width$}", i, width = 8 + i % 9)))
}

#[derive(Serialize, Deserialize)]
struct Ten {
    a: f64,
    b: f64,
    c: f64,
    d: f64,
    e: f64,
    f: f64,
    g: f64,
    h: f64,
    i: f64,
    j: f64,
}

impl Ten {
    fn new(a: f64) -> Ten {
        let b = a + 1.0;
        Ten {
            a,
            b,
            c: a,
            d: b,
            e: a,
            f: b,
            g: a,
            h: b,
            i: a,
            j: b,
        }
    }
}

#[derive(Deserialize)]
#[allow(dead_code)] // only read
struct One {
    e: f64,
}
