//! map/, append/, slice/: files larger than what is wanted of them.

use std::fs::{self, File};
use std::io::BufWriter;

use ndarray::{Array1, Array2, Ix1, Ix2, s};
use ndarray_io::{NpyAppender, NpyMmap, NpyReader, read_npy, write_npy, write_zeroed_npy};
use npyz::WriterBuilder as _;
use serde_json::json;

use crate::harness::{Amount, Bench, Case, Peer};
use crate::timing::{Result, timed, timed_after};

const COLUMNS: usize = 8;

pub fn cases(bench: &mut Bench) -> Result<()> {
    map(bench)?;
    append(bench)?;
    slice(bench)
}

fn map(bench: &mut Bench) -> Result<()> {
    bench.case("map/open", |bench| {
        let path = bench.file("sparse.npy");
        write_zeroed_npy::<f64, _>(&File::create(&path)?, bench.size(1 << 30))?;
        let ours = path.clone();
        Ok(Case {
            amount: Amount::Things(1),
            ours: timed(move || {
                // SAFETY: nobody else writes the file.
                let map = unsafe { NpyMmap::open(&ours)? };
                let view = map.view::<f64, Ix1>()?;
                Ok(view[view.len() - 1])
            }),
            peers: vec![bench.python("numpy", 5.0, "map_open", json!({"path": path}))?],
            limit: None,
        })
    })
}

fn append(bench: &mut Bench) -> Result<()> {
    bench.case("append/rows", |bench| {
        let count = bench.size(1_000_000);
        let [ours, theirs] = ["ours.npy", "npyz.npy"].map(|name| bench.file(name));
        let row = [0.5; COLUMNS];
        Ok(Case {
            amount: Amount::Things(count as u64),
            ours: timed(move || {
                let mut file = NpyAppender::<f64, Ix2>::create(&ours, COLUMNS)?;
                for _ in 0..count {
                    file.push(&row)?;
                }
                Ok(file.finish()?)
            }),
            peers: vec![Peer::rust("npyz", 3.0, move || {
                let mut file = npyz::WriteOptions::new()
                    .default_dtype()
                    .writer(BufWriter::new(File::create(&theirs)?))
                    .begin_2d(COLUMNS as u64)?;
                for _ in 0..count {
                    file.extend(row)?;
                }
                Ok(file.finish()?)
            })],
            limit: None,
        })
    })?;
    bench.case("append/blocks", |bench| {
        let (count, rows) = (bench.size(10_000), 16);
        let source = bench.file("source.npy");
        write_npy(&source, &Array2::<f64>::ones((1000, COLUMNS)))?;
        let [ours, theirs] = ["ours.npy", "theirs.npy"].map(|name| bench.file(name));
        let args = json!({"path": theirs, "source": source, "count": count, "rows": rows});
        let block = Array2::<f64>::zeros((rows, COLUMNS));
        let path = ours.clone();
        Ok(Case {
            amount: Amount::Things(count as u64),
            ours: timed_after(
                move || Ok(fs::copy(&source, &path).map(drop)?),
                move || {
                    let mut file = NpyAppender::<f64, Ix2>::open(&ours)?;
                    for _ in 0..count {
                        file.append(&block)?;
                    }
                    Ok(file.finish()?)
                },
            ),
            peers: vec![bench.python("npy-append-array", 20.0, "blocks", args)?],
            limit: None,
        })
    })
}

fn slice(bench: &mut Bench) -> Result<()> {
    // 1 GiB in C order; a row is 8 KiB.
    let shape = |bench: &Bench| (bench.size(1 << 17), 1024);
    bench.case("slice/rows", |bench| {
        let (path, all) = (bench.file("large.npy"), bench.file("large.npy"));
        let (rows, columns) = shape(bench);
        write_npy(&path, &Array2::<f64>::ones((rows, columns)))?;
        Ok(Case {
            amount: Amount::Bytes((8 * rows * columns) as u64),
            ours: timed(move || {
                let some = rows / 2..rows / 2 + rows / 100;
                let slice: Array2<f64> = NpyReader::open(&path)?.read_slice(s![some, ..])?;
                Ok(slice)
            }),
            peers: vec![Peer::rust("ours-all", 30.0, move || {
                Ok(read_npy::<_, Array2<f64>>(&all)?)
            })],
            limit: None,
        })
    })?;
    bench.case("slice/column", |bench| {
        let (path, all) = (bench.file("large.npy"), bench.file("large.npy"));
        let (rows, columns) = shape(bench);
        write_npy(&path, &Array2::<f64>::ones((rows, columns)))?;
        Ok(Case {
            amount: Amount::Bytes((8 * rows * columns) as u64),
            ours: timed(move || {
                let column: Array1<f64> = NpyReader::open(&path)?.read_slice(s![.., 500])?;
                Ok(column)
            }),
            peers: vec![Peer::rust("ours-all", 2.0, move || {
                Ok(read_npy::<_, Array2<f64>>(&all)?)
            })],
            limit: None,
        })
    })
}
