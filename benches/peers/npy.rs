//! npy/: files of scalars.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use ndarray::{Array, Array1, Array2, Array3, s};
use ndarray_io::{Dtype, ReadNpyExt, WriteOptions, read_npy, write_npy};
use serde_json::json;

use crate::harness::{Amount, Bench, Case, Peer};
use crate::timing::{Result, Run, timed};

pub fn cases(bench: &mut Bench) -> Result<()> {
    bench.case("npy/read/f64", |bench| {
        let (path, bytes) = square_file(bench, "read.npy")?;
        let (ours, theirs, limit) = (path.clone(), path.clone(), path.clone());
        Ok(Case {
            amount: Amount::Bytes(bytes),
            ours: timed(move || Ok(read_npy::<_, Array2<f64>>(&ours)?)),
            peers: vec![
                bench.python("numpy", 2.0, "npy_read", json!({"path": path}))?,
                Peer::rust("ndarray-npy", 5.0, move || {
                    Ok(ndarray_npy::read_npy::<_, Array2<f64>>(&theirs)?)
                }),
            ],
            limit: Some(("read into touched memory", read_into_touched(limit))),
        })
    })?;
    bench.case("npy/read/big-endian", |bench| {
        let path = bench.file("big.npy");
        let array = square(bench);
        WriteOptions::new()
            .dtype(">f8".parse::<Dtype>()?)
            .write_npy(&path, &array)?;
        let ours = path.clone();
        Ok(Case {
            amount: Amount::Bytes(8 * array.len() as u64),
            ours: timed(move || Ok(read_npy::<_, Array2<f64>>(&ours)?)),
            peers: vec![bench.python("numpy", 3.0, "npy_read_native", json!({"path": path}))?],
            limit: None,
        })
    })?;
    bench.case("npy/write/f64", |bench| {
        let (source, bytes) = square_file(bench, "source.npy")?;
        let array = square(bench);
        let theirs = array.clone();
        let path = bench.file("ndarray-npy.npy");
        let npy = Peer::rust("ndarray-npy", 2.5, move || Ok(ndarray_npy::write_npy(&path, &theirs)?));
        let mut case = write_case(bench, 0.95, &source, "", bytes, move |path| write_npy(path, &array))?;
        case.peers.push(npy);
        Ok(case)
    })?;
    bench.case("npy/write/strided", |bench| {
        let (source, bytes) = square_file(bench, "source.npy")?;
        let array = square(bench);
        write_case(bench, 4.0, &source, "strided", bytes / 2, move |path| {
            write_npy(path, &array.slice(s![.., ..;2]))
        })
    })?;
    bench.case("npy/write/permuted", |bench| {
        let source = bench.file("source.npy");
        let side = bench.side(256, 3);
        let array = Array3::from_shape_fn((side, side, side), |(i, j, k)| (i * j + k) as f64);
        write_npy(&source, &array)?;
        let bytes = 8 * array.len() as u64;
        write_case(bench, 4.0, &source, "permuted", bytes, move |path| {
            write_npy(path, &array.view().permuted_axes([2, 0, 1]))
        })
    })?;
    bench.case("npy/small", |bench| {
        let count = bench.size(10_000);
        let files = (0..count).map(small_file).collect::<Result<Vec<_>>>()?;
        let theirs = files.clone();
        Ok(Case {
            amount: Amount::Things(count as u64),
            ours: timed(move || {
                let arrays = files.iter().map(|file| Array1::<f64>::read_npy(&file[..]));
                Ok(arrays.collect::<Result<Vec<_>, _>>()?)
            }),
            peers: vec![
                bench.python("numpy", 50.0, "npy_small", json!({"count": count, "length": 10}))?,
                Peer::rust("ndarray-npy", 3.0, move || {
                    let arrays = theirs.iter().map(|file| ndarray_npy::ReadNpyExt::read_npy(&file[..]));
                    Ok(arrays.collect::<Result<Vec<Array1<f64>>, _>>()?)
                }),
            ],
            limit: None,
        })
    })
}

/// 128 MiB of f64.
fn square(bench: &Bench) -> Array2<f64> {
    let side = bench.side(4096, 2);
    Array::from_shape_fn((side, side), |(i, j)| (i * side + j) as f64 * 0.1)
}

fn square_file(bench: &Bench, name: &str) -> Result<(PathBuf, u64)> {
    let path = bench.file(name);
    let array = square(bench);
    write_npy(&path, &array)?;
    Ok((path, 8 * array.len() as u64))
}

fn small_file(i: usize) -> Result<Vec<u8>> {
    use ndarray_io::WriteNpyExt as _;
    let mut file = Vec::new();
    Array1::from_iter((0..10).map(|j| (i + j) as f64)).write_npy(&mut file)?;
    Ok(file)
}

/// Writing over an existing file; NumPy writes a view, known by its name, of the array in `source`.
fn write_case(
    bench: &Bench,
    floor: f64,
    source: &Path,
    view: &str,
    bytes: u64,
    mut write: impl FnMut(&Path) -> ndarray_io::Result<()> + 'static,
) -> Result<Case> {
    let numpy = bench.file("numpy.npy");
    let args = json!({"source": source, "path": numpy, "view": view});
    let path = bench.file("ours.npy");
    Ok(Case {
        amount: Amount::Bytes(bytes),
        ours: timed(move || Ok(write(&path)?)),
        peers: vec![bench.python("numpy", floor, "npy_write", args)?],
        limit: None,
    })
}

/// One thread reading the file into memory that has its pages.
fn read_into_touched(path: PathBuf) -> Run {
    let mut buffer = Vec::new();
    timed(move || {
        buffer.clear();
        Ok(File::open(&path)?.read_to_end(&mut buffer)?)
    })
}
