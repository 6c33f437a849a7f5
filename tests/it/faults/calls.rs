//! Files whose system calls fail: opening, reading, writing, making room, renaming, each in turn.

use std::fmt::Debug;
use std::fs;

use ndarray::{Array1, Ix1, s};
use ndarray_io::{
    FileReader, Loaded, NpyAppender, RawLayout, WriteOptions, create_new_npy, load, read_npy, read_raw, write_npy,
    write_zeroed_npy,
};

use super::full_disk::{files, ways};
use super::seccomp::{Calls, Fault, filtered};
use super::*;
use crate::support::say;

/// Errors, and whether they stay.
const KINDS: [(i32, bool); 4] = [
    (libc::EIO, false),
    (libc::EIO, true),
    (libc::ENOSPC, false),
    (libc::EINTR, true),
];

/// How the names of those begin who were told a path when they opened it, and have forgotten it since.
const OPEN: &str = "open: ";

/// Does `test` where calls can be made to fail, in a pool of one thread of which that is true as well.
fn where_calls_fail(topic: &str, test: impl Fn(&Calls) + Send + Sync + 'static) {
    let done = filtered(move |calls| {
        #[cfg(feature = "rayon")]
        {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
            pool.install(|| test(calls));
        }
        #[cfg(not(feature = "rayon"))]
        test(calls);
    });
    if let Err(error) = done {
        say(&format!("{topic}: skipped, as this system filters no calls: {error}"));
    }
}

/// Calls `work` with each of its calls failing in turn, until it gets by without one; tells `check` what came of it.
fn each_call<T>(
    name: &str,
    calls: &Calls,
    mut work: impl FnMut() -> Result<T, Error>,
    mut check: impl FnMut(&str, Result<T, Error>),
) {
    for (errno, once) in KINDS {
        let mut errors = 0;
        for after in 0.. {
            let (result, met) = calls.with(Fault { errno, after, once }, &mut work);
            let Some(call) = met else {
                let result = result.unwrap_or_else(|error| panic!("{name}, without a fault: {error}"));
                check(name, Ok(result));
                assert!(after > 2, "{name} makes {after} calls");
                break;
            };
            let shown = format!("{name}, error {errno} at {after}, of call {call}");
            if let Err(error) = &result {
                assert_eq!(error.kind(), ErrorKind::Io, "{shown}: {error}");
                assert!(
                    error.path().is_some() || name.starts_with(OPEN),
                    "{shown}: {error}, of which file?"
                );
                errors += 1;
            }
            check(&shown, result);
        }
        // What is interrupted is tried again, or the error.
        assert!(errors > 0 || errno == libc::EINTR, "{name}: no error {errno} was told");
    }
}

#[test]
fn a_file_is_the_old_one_or_the_new() {
    where_calls_fail("calls that fail while files are replaced", |calls| {
        for (name, write) in ways() {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("file");
            let olds = [path.clone(), path.with_extension("gz")];
            let start = || olds.iter().for_each(|old| fs::write(old, b"old").unwrap());
            start();
            let before = files(folder.path());
            write(&path).unwrap();
            let after = files(folder.path());
            start();
            let check = |shown: &str, result: Result<(), Error>| {
                let there = files(folder.path());
                match result {
                    Ok(()) => assert!(there == after, "{shown}: the new file is not whole"),
                    Err(error) => assert!(there == before, "{shown}: {error}: the old file is not as it was"),
                }
                start();
            };
            each_call(name, calls, || write(&path), check);
        }
    });
}

#[test]
fn a_large_file_is_the_old_one_or_the_new() {
    where_calls_fail("calls that fail while large files are replaced", |calls| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.npy");
        let [old, new] = [1.0, 2.0].map(|value| Array1::from_elem(1 << 20, value));
        write_npy(&path, &old).unwrap();
        each_call(
            "large",
            calls,
            || write_npy(&path, &new),
            |shown, result| {
                let expected = if result.is_ok() { &new } else { &old };
                assert!(read_npy::<_, Array1<f64>>(&path).unwrap() == *expected, "{shown}");
                assert_eq!(files(folder.path()).len(), 1, "{shown} leaves files behind");
                write_npy(&path, &old).unwrap();
            },
        );
    });
}

#[test]
fn a_new_file_is_whole_or_not_there() {
    where_calls_fail("calls that fail while files are made", |calls| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.npy");
        let check = |shown: &str, result: Result<(), Error>| match result {
            Ok(()) => {
                assert_eq!(read_npy::<_, Array2<f64>>(&path).unwrap(), numbers(), "{shown}");
                fs::remove_file(&path).unwrap();
            }
            Err(error) => assert_eq!(files(folder.path()), [], "{shown}: {error} leaves files behind"),
        };
        each_call("create_new", calls, || create_new_npy(&path, &numbers()), check);
        each_call("first", calls, || write_npy(&path, &numbers()), check);
    });
}

#[test]
fn a_file_in_place_says_what_failed() {
    where_calls_fail("calls that fail while files are changed", |calls| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.npy");
        let in_place = WriteOptions::new().atomic(false);
        each_call(
            "in place",
            calls,
            || in_place.write_npy(&path, &numbers()),
            |shown, result| {
                if result.is_ok() {
                    assert_eq!(read_npy::<_, Array2<f64>>(&path).unwrap(), numbers(), "{shown}");
                }
            },
        );
        // It takes an open file, whose path it does not know.
        let file = fs::File::create(&path).unwrap();
        for after in 0.. {
            let fault = Fault {
                errno: libc::EIO,
                after,
                once: false,
            };
            let (result, met) = calls.with(fault, || write_zeroed_npy::<f64, _>(&file, (1000, 10)));
            if met.is_none() {
                result.unwrap();
                break;
            }
        }
    });
}

/// What was flushed, or synced, is there, whichever call fails after it.
#[test]
fn an_appender_keeps_what_was_flushed() {
    where_calls_fail("calls that fail while files grow", |calls| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log.npy");
        for (errno, once) in KINDS {
            for after in 0.. {
                let _ = fs::remove_file(&path);
                let mut log = NpyAppender::<f64, Ix2>::create(&path, 10).unwrap();
                log.append(numbers().view()).unwrap();
                log.sync().unwrap();
                drop(log);
                let mut kept = 12;
                let (_, met) = calls.with(Fault { errno, after, once }, || {
                    let mut log = NpyAppender::<f64, Ix2>::open(&path)?;
                    for block in 0..3 {
                        log.append(numbers().view())?;
                        match block {
                            1 => log.sync()?,
                            _ => log.flush()?,
                        }
                        kept += 12;
                    }
                    log.finish()
                });
                let rows: Array2<f64> = read_npy(&path).unwrap();
                assert!(
                    rows.nrows() >= kept,
                    "error {errno} at {after}: {} of {kept}",
                    rows.nrows()
                );
                for block in rows.exact_chunks((12, 10)) {
                    assert_eq!(block, numbers(), "error {errno} at {after}");
                }
                if met.is_none() {
                    assert!(after > 5, "{after} calls");
                    break;
                }
            }
        }
    });
}

/// What is read is what is there, or the error.
fn reads<T: PartialEq + Debug>(name: &str, calls: &Calls, read: impl Fn() -> Result<T, Error>) {
    let expected = read().unwrap();
    each_call(name, calls, read, |shown, result| {
        if let Ok(result) = result {
            assert_eq!(result, expected, "{shown}");
        }
    });
}

#[test]
fn what_is_read_is_right_or_an_error() {
    where_calls_fail("calls that fail while files are read", |calls| {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let (npy, large, texts, raw) = (path("a.npy"), path("large.npy"), path("texts.npy"), path("a.raw"));
        write_npy(&npy, &numbers()).unwrap();
        write_npy(&large, &Array1::from_iter((0..1_u64 << 20).rev())).unwrap();
        write_npy(&texts, &numbers().map(f64::to_string)).unwrap();
        ndarray_io::write_raw(&raw, &numbers()).unwrap();
        reads("npy", calls, || read_npy::<_, Array2<f64>>(&npy));
        reads("npy of any dtype", calls, || read_npy::<_, DynArray>(&npy));
        reads("texts", calls, || read_npy::<_, Array2<String>>(&texts));
        reads("large", calls, || {
            read_npy::<_, Array1<u64>>(&large)
                .map(|array| array.iter().enumerate().all(|(i, &x)| i as u64 + x == 0xF_FFFF))
        });
        reads("open: header", calls, || {
            NpyReader::open(&npy).map(|reader: NpyReader<FileReader>| reader.header().clone())
        });
        reads("open: slice", calls, || {
            NpyReader::open(&large)?.read_slice::<u64, Ix1>(s![..;1000])
        });
        reads("open: rows", calls, || {
            NpyReader::open(&npy)?
                .rows::<f64, Ix2>(5)
                .collect::<Result<Vec<_>, _>>()
        });
        reads("raw", calls, || read_raw::<f64>(&raw, 100, 0));
        reads("raw by layout", calls, || {
            RawLayout::of::<f64>()?.shape((12, 10)).read::<f64, Ix2>(&raw)
        });
        reads("load", calls, || {
            load(&npy).map(|loaded| match loaded {
                Loaded::Npy(array) => array,
                other => panic!("{other:?}"),
            })
        });
        #[cfg(feature = "npz")]
        {
            use ndarray_io::NpzReader;
            let npz = path("a.npz");
            let value = std::collections::BTreeMap::from([("a", vec![1.0, 2.0]), ("b", vec![3.0])]);
            ndarray_io::write_npz_compressed(&npz, &value).unwrap();
            reads("open: npz", calls, || {
                NpzReader::open(&npz)?.by_name::<ndarray::OwnedRepr<f64>, Ix1>("a")
            });
            reads("open: all of an npz", calls, || {
                Ok(NpzReader::open(&npz)?.read_all()?.len())
            });
            reads("npz as a value", calls, || {
                ndarray_io::read_npz::<_, serde_json::Value>(&npz)
            });
        }
        #[cfg(feature = "mmap")]
        reads("map", calls, || {
            // SAFETY: nobody changes the file.
            #[allow(unsafe_code)]
            let map = unsafe { ndarray_io::NpyMmap::open(&npy) }?;
            map.view::<f64, Ix2>().map(|view| view.to_owned())
        });
        #[cfg(feature = "text")]
        {
            use ndarray_io::{GenFromTxt, fromregex, genfromtxt, loadtxt};
            for name in ["a.txt", "a.txt.gz"] {
                let txt = path(name);
                ndarray_io::savetxt(&txt, &numbers()).unwrap();
                reads(name, calls, || loadtxt::<_, f64, Ix2>(&txt));
                reads(name, calls, || genfromtxt::<_, f64, Ix2>(&txt));
                reads(name, calls, || {
                    GenFromTxt::new().read_table_path(&txt)?.to_array::<f64, Ix2>()
                });
                reads(name, calls, || fromregex::<_, f64>(&txt, r"(\S+)\n"));
            }
        }
        #[cfg(feature = "stack")]
        {
            let stack = path("stack");
            let writer = ndarray_io::NpyStackWriter::new(&stack, 0).unwrap();
            writer.write(0, &numbers()).unwrap();
            writer.write(1, &numbers()).unwrap();
            writer.finish(2).unwrap();
            reads("stack", calls, || {
                ndarray_io::NpyStack::open(&stack)?.read::<f64, Ix2>()
            });
        }
    });
}
