//! Every call of the system can fail: at the n-th call, for every n, each way to read or write gives an error or the
//! right result, and leaves what was there before.

use std::io::{self, Cursor, Read, Seek, SeekFrom, Write};

use ndarray::{Array2, ArrayD, Ix2, IxDyn};
use ndarray_io::{DynArray, Error, ErrorKind, Header, NpyReader, ReadNpyExt, WriteNpyExt};

/// What happens at the n-th call.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    /// One byte goes through.
    Short,
    /// A signal came in between; the next call works.
    Interrupted,
    /// From here on, every call fails.
    Error,
    /// From here on, nothing goes through: the input ends, the disk is full.
    End,
}

const FAULTS: [Fault; 4] = [Fault::Short, Fault::Interrupted, Fault::Error, Fault::End];

/// A stream whose n-th call meets a fault, and whose calls give or take few bytes, so that there are many.
struct Faulty<T> {
    inner: T,
    fault: Fault,
    /// Calls until then.
    left: usize,
    met: bool,
}

const PIECE: usize = 61;

impl<T> Faulty<T> {
    fn new(inner: T, fault: Fault, left: usize) -> Self {
        let met = false;
        Faulty {
            inner,
            fault,
            left,
            met,
        }
    }

    /// How many of `len` bytes go through this call.
    fn call(&mut self, len: usize) -> io::Result<usize> {
        let now = self.left == 0;
        self.left = self.left.saturating_sub(1);
        let first = now && !self.met;
        self.met |= now;
        match self.fault {
            Fault::Short if first => Ok(len.min(1)),
            Fault::Interrupted if first => Err(io::ErrorKind::Interrupted.into()),
            Fault::Error if now => Err(io::Error::new(io::ErrorKind::ConnectionReset, "unplugged")),
            Fault::End if now => Ok(0),
            _ => Ok(len.min(PIECE)),
        }
    }
}

impl<R: Read> Read for Faulty<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let len = self.call(buffer.len())?;
        self.inner.read(&mut buffer[..len])
    }
}

impl<S: Seek> Seek for Faulty<S> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        match self.fault {
            // A seek is done whole or not at all.
            Fault::Error => self.call(0).and_then(|_| self.inner.seek(to)),
            _ => self.inner.seek(to),
        }
    }
}

impl<W: Write> Write for Faulty<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let len = self.call(bytes.len())?;
        self.inner.write(&bytes[..len])
    }

    fn flush(&mut self) -> io::Result<()> {
        match self.fault {
            Fault::Error => self.call(0).and_then(|_| self.inner.flush()),
            _ => self.inner.flush(),
        }
    }
}

/// Calls `work` with a fault at each call in turn until it gets by without one, and compares what it gives.
fn at_every_call<T, R>(name: &str, stream: impl Fn() -> T, work: impl Fn(&mut Faulty<T>) -> Result<R, Error>)
where
    R: PartialEq + std::fmt::Debug,
{
    let expected = work(&mut Faulty::new(stream(), Fault::Short, usize::MAX)).unwrap();
    for fault in FAULTS {
        let mut errors = 0;
        for n in 0.. {
            let mut faulty = Faulty::new(stream(), fault, n);
            let result = work(&mut faulty);
            match (fault, result) {
                (Fault::Short | Fault::Interrupted, result) => {
                    let result = result.unwrap_or_else(|error| panic!("{name}, {fault:?} at {n}: {error}"));
                    assert_eq!(result, expected, "{name}, {fault:?} at {n}");
                }
                (Fault::Error, Err(error)) => {
                    assert_eq!(error.kind(), ErrorKind::Io, "{name} at {n}: {error}");
                    assert_eq!(
                        io::Error::from(error).kind(),
                        io::ErrorKind::ConnectionReset,
                        "{name} at {n}"
                    );
                    errors += 1;
                }
                (Fault::End, Err(_)) => errors += 1,
                // What came before the fault was all that is needed.
                (Fault::Error, Ok(result)) => assert_eq!(result, expected, "{name}, {fault:?} at {n}"),
                // A table may end after any field; where that is, `work` says.
                (Fault::End, Ok(_)) => {}
            }
            if !faulty.met {
                assert!(n > 2, "{name} makes {n} calls");
                let must_fail = matches!(fault, Fault::Error | Fault::End);
                assert!(!must_fail || errors > 0, "{name}: no {fault:?} was told");
                break;
            }
        }
    }
}

fn numbers() -> Array2<f64> {
    Array2::from_shape_fn((12, 10), |(row, column)| row as f64 + column as f64 / 16.0)
}

fn npy<T: WriteNpyExt + ?Sized>(array: &T) -> Vec<u8> {
    let mut file = Vec::new();
    array.write_npy(&mut file).unwrap();
    file
}

#[test]
fn reading_npy() {
    let texts = ndarray::array!["a", "bc", "def"].into_dyn();
    for (name, file) in [
        ("C order", npy(&numbers())),
        ("Fortran order", npy(&numbers().t())),
        ("texts", npy(&texts)),
    ] {
        let read = || Cursor::new(&file);
        at_every_call(name, read, Header::read);
        at_every_call(name, read, |file| {
            DynArray::read_npy(file).map(|array| array.to_string())
        });
        at_every_call(name, read, |file| {
            NpyReader::new(file)?.read::<serde_json::Value, IxDyn>()
        });
    }
    let file = npy(&numbers());
    let read = || Cursor::new(&file);
    at_every_call("array", read, |file| ArrayD::<f64>::read_npy(file));
    at_every_call("into", read, |file| {
        let mut target = Array2::<f64>::zeros((12, 10));
        NpyReader::new(file)?.read_into(target.view_mut())?;
        Ok(target)
    });
    at_every_call("rows", read, |file| {
        let blocks = NpyReader::new(file)?.rows::<f64, Ix2>(5);
        blocks.collect::<Result<Vec<_>, _>>()
    });
}

#[test]
fn writing_npy() {
    for (name, array) in [("C order", numbers()), ("Fortran order", numbers().t().to_owned())] {
        at_every_call(name, Vec::new, |file| {
            array.write_npy(&mut *file)?;
            Ok(file.inner.clone())
        });
    }
    let strided = numbers();
    let strided = strided.slice(ndarray::s![..;2, ..;-3]);
    let texts = ndarray::array!["a", "bc", "def"];
    at_every_call("strided", Vec::new, |file| {
        strided.write_npy(&mut *file)?;
        Ok(file.inner.clone())
    });
    at_every_call("texts", Vec::new, |file| {
        texts.write_npy(&mut *file)?;
        Ok(file.inner.clone())
    });
}

#[cfg(feature = "npz")]
#[test]
fn archives() {
    use ndarray_io::{NpzReader, NpzWriter};

    fn write<W: Write>(mut npz: NpzWriter<W>) -> Result<W, Error> {
        npz.add_array("numbers", &numbers())?;
        npz.add_array("texts", &ndarray::array!["a", "bc"])?;
        npz.add_json("config", &[1, 2])?;
        npz.finish()
    }
    let whole = |npz: NpzWriter<Cursor<Vec<u8>>>| write(npz).unwrap().into_inner();
    for (name, file) in [
        ("stored", whole(NpzWriter::new(Cursor::new(Vec::new())))),
        ("deflated", whole(NpzWriter::new_compressed(Cursor::new(Vec::new())))),
        ("streamed", whole(NpzWriter::streaming(Cursor::new(Vec::new())))),
    ] {
        let read = || Cursor::new(&file);
        at_every_call(name, read, |file| {
            let mut npz = NpzReader::new(file)?;
            let numbers = npz.by_name::<_, Ix2>("numbers").map(|array: Array2<f64>| array)?;
            let rest = (
                npz.get("texts")?.to_string(),
                npz.bytes("config")?,
                npz.header("texts")?,
            );
            Ok((numbers, rest))
        });
        at_every_call(name, read, |file| Ok(NpzReader::new(file)?.read_all()?.len()));
        at_every_call(name, read, |file| NpzReader::new(file)?.value::<serde_json::Value>());
    }
    at_every_call("write", Cursor::default, |file: &mut Faulty<Cursor<Vec<u8>>>| {
        write(NpzWriter::streaming(&mut *file))?;
        Ok(file.inner.get_ref().clone())
    });
    at_every_call(
        "write deflated",
        Cursor::default,
        |file: &mut Faulty<Cursor<Vec<u8>>>| {
            write(NpzWriter::streaming_compressed(&mut *file))?;
            Ok(file.inner.get_ref().clone())
        },
    );
    at_every_call(
        "write and seek",
        Cursor::default,
        |file: &mut Faulty<Cursor<Vec<u8>>>| {
            write(NpzWriter::new(&mut *file))?;
            Ok(file.inner.get_ref().clone())
        },
    );
}

#[cfg(feature = "text")]
#[test]
fn text() {
    use ndarray_io::{Encoding, GenFromTxt, LoadTxt, Names, SaveTxt};

    let mut text = Vec::new();
    SaveTxt::new().fmt("%.3f").write(&mut text, &numbers()).unwrap();
    let read = || Cursor::new(&text);
    at_every_call("loadtxt", read, |text| LoadTxt::new().read::<_, f64, Ix2>(text));
    at_every_call("loadtxt by lines", read, |text| {
        LoadTxt::new().max_rows(7).read::<_, f64, Ix2>(text)
    });
    at_every_call("loadtxt of records", read, |text| {
        LoadTxt::new()
            .usecols([0, 1])
            .read::<_, (f64, String), ndarray::Ix1>(text)
    });
    at_every_call("genfromtxt", read, |text| GenFromTxt::new().read::<_, f64, Ix2>(text));
    at_every_call("table", read, |text| {
        let table = GenFromTxt::new().names(Names::FromHeader).read_table(text)?;
        Ok(table.to_dyn()?.to_string())
    });
    for encoding in [Encoding::Utf8, Encoding::Utf16] {
        at_every_call("savetxt", Vec::new, |file| {
            SaveTxt::new()
                .encoding(encoding)
                .header("h")
                .footer("f")
                .write(&mut *file, &numbers())?;
            Ok(file.inner.clone())
        });
    }
}

#[cfg(feature = "object")]
#[test]
fn objects() {
    use ndarray_io::Object;

    let objects = ndarray::array![
        Object::from("text"),
        Object::from(vec![Object::Int(1 << 40), Object::None])
    ];
    let file = npy(&objects);
    at_every_call(
        "read",
        || Cursor::new(&file),
        |file| DynArray::read_npy(file).map(|array| array.to_string()),
    );
    at_every_call("write", Vec::new, |file| {
        objects.write_npy(&mut *file)?;
        Ok(file.inner.clone())
    });
}

/// Files on a disk that gets full: `ulimit` lets a process write files of so many blocks only.
#[cfg(target_os = "linux")]
mod full_disk {
    use std::fs;
    use std::path::Path;
    use std::process::Command;

    use ndarray_io::{NpyAppender, create_new_npy, read_npy, write_npy, write_raw};

    use super::*;

    const CHILD: &str = "NDARRAY_IO_FULL_DISK";

    type Way = (&'static str, fn(&Path) -> Result<(), Error>);

    fn ways() -> Vec<Way> {
        #[allow(unused_mut)] // without the features
        let mut ways: Vec<Way> = vec![
            ("npy", |path| write_npy(path, &numbers())),
            ("npy.T", |path| write_npy(path, &numbers().t())),
            ("raw", |path| write_raw(path, &numbers())),
            ("texts", |path| write_npy(path, &numbers().map(f64::to_string))),
        ];
        #[cfg(feature = "npz")]
        ways.extend::<[Way; 3]>([
            ("npz", |path| {
                let mut npz = ndarray_io::NpzWriter::create(path)?;
                npz.add_array("a", &numbers())?;
                npz.add_array("b", &numbers())?;
                npz.finish().map(drop)
            }),
            ("npz of a value", |path| {
                ndarray_io::write_npz(
                    path,
                    &std::collections::BTreeMap::from([("a", numbers().into_raw_vec_and_offset().0)]),
                )
            }),
            ("npz, compressed", |path| {
                let noise = numbers().map(|value| (value * 1e9).sin());
                ndarray_io::write_npz_compressed(
                    path,
                    &std::collections::BTreeMap::from([("a", noise.into_raw_vec_and_offset().0)]),
                )
            }),
        ]);
        #[cfg(feature = "text")]
        ways.extend::<[Way; 2]>([
            ("txt", |path| ndarray_io::savetxt(path, &numbers())),
            ("txt.gz", |path| {
                ndarray_io::savetxt(path.with_extension("gz"), &numbers().map(|value| (value * 1e9).sin()))
            }),
        ]);
        #[cfg(feature = "object")]
        ways.push(("objects", |path| {
            write_npy(
                path,
                &numbers().map(|value| ndarray_io::Object::from(value.to_string())),
            )
        }));
        ways
    }

    /// The names and contents of a folder.
    fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
        let mut files: Vec<_> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap())
            .map(|entry| {
                (
                    entry.file_name().into_string().unwrap(),
                    fs::read(entry.path()).unwrap(),
                )
            })
            .collect();
        files.sort_unstable();
        files
    }

    /// What runs in a process that can write no more than so many blocks.
    #[test]
    fn with_little_room() {
        if std::env::var_os(CHILD).is_none() {
            return; // only for the test below
        }
        for (name, write) in ways() {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("file");
            for old in [path.clone(), path.with_extension("gz")] {
                fs::write(old, b"old").unwrap();
            }
            let before = files(folder.path());
            match write(&path) {
                Ok(()) => assert_ne!(files(folder.path()), before, "{name}"),
                Err(error) => {
                    assert_eq!(error.kind(), ErrorKind::Io, "{name}: {error}");
                    assert_eq!(files(folder.path()), before, "{name}: {error}");
                }
            }
            assert_eq!(files(folder.path()).len(), before.len(), "{name} leaves files behind");
        }
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new.npy");
        match create_new_npy(&path, &numbers()) {
            Ok(()) => assert_eq!(read_npy::<_, Array2<f64>>(&path).unwrap(), numbers()),
            Err(_) => assert_eq!(files(folder.path()), [], "an attempt leaves files behind"),
        }
        appender(&folder.path().join("log.npy"));
    }

    /// Rows that were flushed stay, whatever happens to those after.
    fn appender(path: &Path) {
        let Ok(mut log) = NpyAppender::<f64, Ix2>::create(path, 10) else {
            return;
        };
        let mut kept = 0;
        for block in 0..30 {
            if log.append(numbers().view()).and_then(|()| log.flush()).is_err() {
                break;
            }
            kept = (block + 1) * 12;
        }
        drop(log);
        if kept == 0 {
            return;
        }
        let rows: Array2<f64> = read_npy(path).unwrap();
        assert!(rows.nrows() >= kept, "{} of {kept} rows", rows.nrows());
        for block in rows.exact_chunks((12, 10)) {
            assert_eq!(block, numbers());
        }
    }

    #[test]
    fn leaves_the_old_file() {
        let program = std::env::current_exe().unwrap();
        let child = |blocks: usize| {
            // Ignored, the signal becomes an error of the call.
            let script =
                format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" --exact faults::full_disk::with_little_room");
            let output = Command::new("sh")
                .arg("-c")
                .arg(script)
                .arg(&program)
                .env(CHILD, "1")
                .output()
                .unwrap();
            let shown = String::from_utf8_lossy(&output.stdout);
            assert!(
                output.status.success(),
                "{blocks} blocks: {shown}{}",
                String::from_utf8_lossy(&output.stderr)
            );
            assert!(shown.contains("1 passed"), "{shown}");
        };
        for blocks in (1..12).chain([16, 20, 24, 32, 48]) {
            child(blocks);
        }
    }
}

#[cfg(unix)]
#[test]
fn a_path_that_cannot_be_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let taken = folder.path().join("folder");
    std::fs::create_dir(&taken).unwrap();
    std::fs::write(taken.join("inside"), b"").unwrap();
    let missing = folder.path().join("missing").join("file");
    for path in [&taken, &missing] {
        let error = ndarray_io::write_npy(path, &numbers()).unwrap_err();
        assert_eq!((error.kind(), error.path()), (ErrorKind::Io, Some(path.as_path())));
        assert_eq!(
            ndarray_io::write_raw(path, &numbers()).unwrap_err().kind(),
            ErrorKind::Io
        );
        #[cfg(feature = "text")]
        assert_eq!(ndarray_io::savetxt(path, &numbers()).unwrap_err().kind(), ErrorKind::Io);
        #[cfg(feature = "npz")]
        assert_eq!(
            ndarray_io::write_npz(path, &std::collections::BTreeMap::from([("a", 1.0)]))
                .unwrap_err()
                .path(),
            Some(path.as_path())
        );
    }
    assert_eq!(
        std::fs::read_dir(folder.path()).unwrap().count(),
        1,
        "temporary files are left behind"
    );
}
