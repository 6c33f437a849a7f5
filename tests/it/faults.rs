//! Every call of the system can fail: at the n-th call, for every n, each way to read or write gives an error or the
//! right result, and leaves what was there before.

#[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
mod calls;
#[cfg(target_os = "linux")]
mod full_disk;
mod killed;
#[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
mod seccomp;

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

/// A program may go on after an error of one member: the archive is complete but for that one, or an error.
#[cfg(feature = "npz")]
#[test]
fn an_archive_that_is_finished_after_an_error_has_all_that_were_added() {
    use ndarray_io::{Compression, MemberOptions, NpzReader, NpzWriter};

    /// Its n-th write takes one byte and fails, the others work.
    struct Once(Cursor<Vec<u8>>, usize);
    impl Write for Once {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let left = self.1;
            self.1 = left.wrapping_sub(1);
            match left {
                1 => self.0.write(&bytes[..bytes.len().min(1)]),
                0 => Err(io::ErrorKind::StorageFull.into()),
                _ => self.0.write(&bytes[..bytes.len().min(16 << 10)]),
            }
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    impl Seek for Once {
        fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
            self.0.seek(to)
        }
    }

    let noise = Array2::from_shape_fn((300, 300), |(i, j)| ((i * 300 + j) as f64 * 1e9).sin());
    let (mut failed, mut refused) = (0, 0);
    for n in 1.. {
        let mut npz = NpzWriter::new(Once(Cursor::default(), n));
        let mut added = Vec::new();
        for member in 0..12 {
            let options = MemberOptions::new().compression(match member % 3 {
                0 => Compression::Stored,
                _ => Compression::Deflate(6),
            });
            let (name, rows) = (format!("m{member}"), if member % 4 == 3 { 300 } else { 20 });
            let array = noise.slice(ndarray::s![..rows, ..]);
            match npz.add_array_with(name.as_str(), &array, &options) {
                Ok(()) => added.push((name, rows)),
                Err(_) => failed += 1,
            }
        }
        let whole = added.len() == 12;
        match npz.finish() {
            Err(_) => refused += 1,
            Ok(file) => {
                let met = file.1 > n;
                let mut npz = NpzReader::new(file.0).unwrap();
                for (name, rows) in added {
                    let array = npz.by_name::<ndarray::OwnedRepr<f64>, Ix2>(&name);
                    assert_eq!(array.unwrap(), noise.slice(ndarray::s![..rows, ..]), "{name} of {n}");
                }
                if whole && !met {
                    break;
                }
            }
        }
    }
    assert!(failed > 0 && refused > 0);
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
