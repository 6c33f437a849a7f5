//! npz/: archives.

use std::fs::File;
use std::io::{BufReader, BufWriter};
use std::path::{Path, PathBuf};

use ndarray::{Array1, Ix1, OwnedRepr};
use ndarray_io::{NpzMmap, NpzReader, NpzWriter, write_npy};
use serde::Serialize;
use serde_json::json;

use crate::harness::{Amount, Bench, Case, Peer};
use crate::timing::{Result, timed};

pub fn cases(bench: &mut Bench) -> Result<()> {
    bench.case("npz/stored/write", |bench| {
        let array = numbers(bench.size(16 << 20));
        let theirs = array.clone();
        let [ours, other] = ["ours.npz", "ndarray-npy.npz"].map(|name| bench.file(name));
        let numpy = numpy_write(bench, 4.0, &array, false)?;
        Ok(Case {
            amount: Amount::Bytes(8 * array.len() as u64),
            ours: timed(move || {
                let mut npz = NpzWriter::create(&ours)?;
                npz.add_array("a0", &array)?;
                Ok(npz.finish()?)
            }),
            peers: vec![
                numpy,
                Peer::rust("ndarray-npy", 1.5, move || {
                    let mut npz = ndarray_npy::NpzWriter::new(BufWriter::new(File::create(&other)?));
                    npz.add_array("a0", &theirs)?;
                    Ok(npz.finish()?)
                }),
            ],
            limit: None,
        })
    })?;
    bench.case("npz/stored/read", |bench| {
        let array = numbers(bench.size(16 << 20));
        let path = bench.file("stored.npz");
        let mut npz = NpzWriter::create(&path)?;
        npz.add_array("a0", &array)?;
        npz.finish()?;
        let theirs = path.clone();
        let mut case = read_case(bench, path, 4.0, 8 * array.len() as u64)?;
        case.peers.push(Peer::rust("ndarray-npy", 3.0, move || {
            let mut npz = ndarray_npy::NpzReader::new(BufReader::new(File::open(&theirs)?))?;
            Ok(npz.by_index::<OwnedRepr<f64>, Ix1>(0)?)
        }));
        Ok(case)
    })?;
    bench.case("npz/map", |bench| {
        let path = bench.file("large.npz");
        let mut npz = NpzWriter::create(&path)?;
        npz.add_array("a0", &Array1::<f64>::ones(bench.size(128 << 20)))?;
        npz.finish()?;
        Ok(Case {
            amount: Amount::Things(1),
            ours: timed(move || {
                // SAFETY: nobody else writes the file.
                let npz = unsafe { NpzMmap::open(&path)? };
                Ok(npz.view::<f64, Ix1>("a0")?[12_345_678])
            }),
            peers: vec![Peer::fixed(100e-6)],
            limit: None,
        })
    })?;
    bench.case("npz/deflate/write/random", |bench| {
        deflate_write(bench, 2.5, numbers(bench.size(4 << 20)))
    })?;
    bench.case("npz/deflate/write/ints", |bench| {
        let count = bench.size(4 << 20);
        deflate_write(
            bench,
            6.0,
            Array1::from_iter(random(count).map(|bits| (bits % 1000) as i64)),
        )
    })?;
    for (id, members, floor) in [("npz/deflate/read/one", 1, 1.25), ("npz/deflate/read/eight", 8, 2.3)] {
        bench.case(id, |bench| {
            let array = numbers(bench.size(4 << 20) / members);
            let path = bench.file("deflated.npz");
            let mut npz = NpzWriter::create_compressed(&path)?;
            for i in 0..members {
                npz.add_array(format!("a{i}"), &array)?;
            }
            npz.finish()?;
            read_case(bench, path, floor, 8 * (members * array.len()) as u64)
        })?;
    }
    bench.case("npz/many", |bench| {
        let count = bench.size(10_000);
        let arrays: Vec<_> = (0..count)
            .map(|i| Array1::from_iter((0..10).map(|j| (i + j) as f64)))
            .collect();
        let theirs = arrays.clone();
        let [ours, numpy, other] = ["ours.npz", "numpy.npz", "ndarray-npy.npz"].map(|name| bench.file(name));
        Ok(Case {
            amount: Amount::Things(count as u64),
            ours: timed(move || {
                let mut npz = NpzWriter::create(&ours)?;
                for (i, array) in arrays.iter().enumerate() {
                    npz.add_array(format!("member_{i}"), array)?;
                }
                npz.finish()?;
                Ok(NpzReader::open(&ours)?.read_all()?)
            }),
            peers: vec![
                bench.python(
                    "numpy",
                    10.0,
                    "npz_many",
                    json!({"path": numpy, "count": count, "length": 10}),
                )?,
                Peer::rust("ndarray-npy", 2.0, move || {
                    let mut npz = ndarray_npy::NpzWriter::new(BufWriter::new(File::create(&other)?));
                    for (i, array) in theirs.iter().enumerate() {
                        npz.add_array(format!("member_{i}"), array)?;
                    }
                    npz.finish()?;
                    let mut npz = ndarray_npy::NpzReader::new(BufReader::new(File::open(&other)?))?;
                    let read = (0..npz.len()).map(|i| npz.by_index::<OwnedRepr<f64>, Ix1>(i));
                    Ok(read.collect::<Result<Vec<_>, _>>()?)
                }),
            ],
            limit: None,
        })
    })
}

pub fn random(count: usize) -> impl Iterator<Item = u64> {
    let mut state = 1_u64;
    std::iter::repeat_with(move || {
        // xorshift64*
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        state.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 11
    })
    .take(count)
}

/// Uniform in [0, 1).
fn numbers(count: usize) -> Array1<f64> {
    Array1::from_iter(random(count).map(|bits| bits as f64 / (1_u64 << 53) as f64))
}

/// NumPy writing the same array.
fn numpy_write<A: Serialize>(bench: &Bench, floor: f64, array: &Array1<A>, compressed: bool) -> Result<Peer> {
    let source = bench.file("source.npy");
    write_npy(&source, array)?;
    let path = bench.file("numpy.npz");
    let args = json!({"sources": {"a0": source}, "path": path, "compressed": compressed});
    bench.python("numpy", floor, "npz_write", args)
}

fn deflate_write<A: Serialize + 'static>(bench: &Bench, floor: f64, array: Array1<A>) -> Result<Case> {
    let mut numpy = numpy_write(bench, floor, &array, true)?;
    let path = bench.file("ours.npz");
    let bytes = (size_of::<A>() * array.len()) as u64;
    let theirs = bench.file("numpy.npz");
    let mut ours = {
        let path = path.clone();
        timed(move || {
            let mut npz = NpzWriter::create_compressed(&path)?;
            npz.add_array("a0", &array)?;
            Ok(npz.finish()?)
        })
    };
    // The work is the same only if the result is no larger.
    ours()?;
    for (name, run) in &mut numpy.candidates {
        run()?;
        let [ours, theirs] = [size(&path)?, size(&theirs)?];
        if ours > theirs {
            println!("  larger than {name}'s: {ours} bytes against {theirs}");
        }
    }
    Ok(Case {
        amount: Amount::Bytes(bytes),
        ours,
        peers: vec![numpy],
        limit: None,
    })
}

fn size(path: &Path) -> Result<u64> {
    Ok(path.metadata()?.len())
}

/// Opening an archive and reading all its members.
fn read_case(bench: &Bench, path: PathBuf, floor: f64, bytes: u64) -> Result<Case> {
    let numpy = bench.python("numpy", floor, "npz_read", json!({"path": path}))?;
    Ok(Case {
        amount: Amount::Bytes(bytes),
        ours: timed(move || Ok(NpzReader::open(&path)?.read_all()?)),
        peers: vec![numpy],
        limit: None,
    })
}
