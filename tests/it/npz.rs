//! Archives: what NumPy, CPython's zipfile and unzip make of ours, and we of theirs and of broken ones.

#![allow(unsafe_code)] // to open a map is to promise that nobody changes the file

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufReader, Cursor, Read, Seek, Write};
use std::process::{Command, Stdio};
use std::time::Duration;

use ndarray::{Array, Array0, Array1, Array2, Array3, Dimension, Ix0, Ix1, Ix2, Ix3, OwnedRepr, array};
use ndarray_io::{
    Casting, Compression, DynArray, ErrorKind, MemberOptions, NpzMmap, NpzReader, NpzWriter, ReadOptions, WriteOptions,
    write_npz,
};
use num_complex::Complex;
use serde::de::DeserializeOwned;
use tempfile::TempDir;

use crate::support::python::numpy;
use crate::support::time::until;
use crate::support::{passes, say};

/// Names that a file system would mind, and an archive does not.
const NAMES: [&str; 12] = [
    "a",
    "a.npy",
    "",
    "x/y",
    "/lead",
    "../up",
    "trail/",
    "日本/é",
    "a\\b",
    "C:c",
    "new\nline",
    "arr_0",
];

/// An archive of every way that a member can be written.
fn sample<W: Write>(mut npz: NpzWriter<W>) -> W {
    for (i, name) in NAMES.iter().enumerate() {
        npz.add_array(*name, &Array1::from_elem(i, i as f64)).unwrap();
    }
    let large = Array2::from_shape_fn((300, 1000), |(i, j)| (i * j % 777) as f32);
    npz.add_array("large", &large).unwrap();
    npz.add_array("fortran", &large.t()).unwrap();
    let smallest = MemberOptions::new().compression(Compression::Deflate(9));
    npz.add_array_with("packed", &large, &smallest).unwrap();
    npz.add_array_with("stored", &large, &MemberOptions::new()).unwrap();
    let foreign = MemberOptions::new().array(WriteOptions::new().dtype(">i2".parse().unwrap()));
    npz.add_array_with("foreign", &array![1_i16, -2], &foreign).unwrap();
    npz.add_bytes("readme.txt", "café".as_bytes()).unwrap();
    npz.add_json("meta.json", &BTreeMap::from([("a", 1)])).unwrap();
    npz.finish().unwrap()
}

fn samples() -> [(&'static str, Vec<u8>); 4] {
    [
        ("stored", sample(NpzWriter::new(Cursor::new(Vec::new()))).into_inner()),
        (
            "compressed",
            sample(NpzWriter::new_compressed(Cursor::new(Vec::new()))).into_inner(),
        ),
        ("streamed", sample(NpzWriter::streaming(Vec::new()))),
        (
            "streamed and compressed",
            sample(NpzWriter::streaming_compressed(Vec::new())),
        ),
    ]
}

/// The array of that name, which is there.
fn by_name<A: DeserializeOwned, D: Dimension>(npz: &mut NpzReader<impl Read + Seek>, name: &str) -> Array<A, D> {
    npz.by_name(name).unwrap_or_else(|error| panic!("{error}"))
}

fn zeros() -> Array1<u8> {
    Array1::zeros(1 << 20)
}

#[test]
fn every_way_to_write_reads_back() {
    for (way, archive) in samples() {
        let dir = TempDir::new().unwrap();
        let path = dir.path().join("a.npz");
        fs::write(&path, &archive).unwrap();
        check(way, NpzReader::new(Cursor::new(&archive[..])).unwrap());
        check(way, NpzReader::new(BufReader::new(File::open(&path).unwrap())).unwrap());
        check(way, NpzReader::open(&path).unwrap());
        // Behind what a self-extracting archive starts with.
        fs::write(&path, [b"#!/bin/sh\n", &archive[..]].concat()).unwrap();
        check(way, NpzReader::open(&path).unwrap());
    }

    fn check(way: &str, mut npz: NpzReader<impl Read + Seek>) {
        let others = [
            "large",
            "fortran",
            "packed",
            "stored",
            "foreign",
            "readme.txt",
            "meta.json",
        ];
        assert_eq!(npz.names().unwrap(), [&NAMES[..], &others].concat(), "{way}");
        // A full name comes first: the member `a.npy` is `a`.
        assert_eq!(by_name::<f64, Ix1>(&mut npz, "a.npy"), Array1::<f64>::zeros(0), "{way}");
        for (i, name) in NAMES.iter().enumerate() {
            let by_index: Array1<f64> = npz.by_index(i).unwrap();
            assert_eq!(by_index, Array1::from_elem(i, i as f64), "{way} {name:?}");
            let full: Array1<f64> = npz.by_name(&format!("{name}.npy")).unwrap();
            assert_eq!(full, by_index, "{way} {name:?}");
        }
        let large = Array2::from_shape_fn((300, 1000), |(i, j)| (i * j % 777) as f32);
        for name in ["large", "packed", "stored"] {
            assert_eq!(by_name::<f32, Ix2>(&mut npz, name), large, "{way} {name}");
        }
        assert_eq!(by_name::<f32, Ix2>(&mut npz, "fortran"), large.t(), "{way}");
        assert_eq!(by_name::<i16, Ix1>(&mut npz, "foreign"), array![1, -2], "{way}");
        assert_eq!(npz.bytes("readme.txt").unwrap(), "café".as_bytes(), "{way}");
        assert_eq!(npz.json::<BTreeMap<String, i32>>("meta.json").unwrap()["a"], 1, "{way}");
        let all = npz.read_all().unwrap();
        assert_eq!(
            all.names().collect::<Vec<_>>(),
            [&NAMES[..], &others[..5]].concat(),
            "{way}"
        );
        let DynArray::Float32(read) = &all["packed"] else {
            panic!("{way}: {:?}", all["packed"].dtype());
        };
        assert_eq!(read.view(), large.view().into_dyn(), "{way}");
    }
}

#[test]
fn others_read_what_is_written() {
    let dir = TempDir::new().unwrap();
    for (way, archive) in samples() {
        let path = dir.path().join("a.npz");
        fs::write(&path, &archive).unwrap();
        passes("unzip", &["-tqq"], &path);
        let Some(mut python) = numpy("npz") else { return };
        let names = [&NAMES[..], &["large", "fortran", "packed", "stored", "foreign"]].concat();
        let names = serde_json::to_vec(&names).unwrap();
        python.run(
            r#"
import json, zipfile
archive = io.BytesIO(inputs[0])
assert zipfile.ZipFile(archive).testzip() is None
names, npz = json.loads(inputs[1]), load(inputs[0])
assert npz.files == names + ["readme.txt", "meta.json"], npz.files
for i, name in enumerate(names[:12]):
    assert (npz[name + ".npy"] == np.full(i, float(i))).all(), name
i, j = np.indices((300, 1000))
large = (i * j % 777).astype("f4")
for name in ["large", "packed", "stored"]:
    assert (npz[name] == large).all() and npz[name].dtype == large.dtype, name
assert (npz["fortran"] == large.T).all() and npz["fortran"].flags.f_contiguous
assert npz["foreign"].dtype.str == ">i2" and npz["foreign"].tolist() == [1, -2]
assert npz["readme.txt"].decode() == "café" and json.loads(npz["meta.json"]) == {"a": 1}
"#,
            &[&archive, &names],
        );
        drop(python);
        let interpreter = std::env::var("NDARRAY_IO_PYTHON").unwrap_or_else(|_| "python3".to_owned());
        passes(&interpreter, &["-m", "zipfile", "-t"], &path);
        say(&format!(
            "npz: NumPy, zipfile and unzip read the archive that was {way}"
        ));
    }
}

#[test]
fn what_numpy_writes_is_read() {
    let Some(mut python) = numpy("npz") else { return };
    let archives = python.run(
        r#"
class Pipe(io.RawIOBase):  # what np.savez writes to when it cannot seek
    def __init__(self): self.data = b""
    def writable(self): return True
    def write(self, data): self.data += bytes(data); return len(data)
for save in np.savez, np.savez_compressed:
    for sink in io.BytesIO(), Pipe():
        save(sink, np.arange(3), big=np.arange(300000.0).reshape(3, -1), s=np.array(["é", "yz"]), zero=np.float32(2))
        outputs.append(sink.data if isinstance(sink, Pipe) else sink.getvalue())
"#,
        &[],
    );
    for archive in archives {
        let mut npz = NpzReader::new(Cursor::new(archive)).unwrap();
        assert_eq!(npz.names().unwrap(), ["big", "s", "zero", "arr_0"]);
        let header = npz.header("big").unwrap();
        assert_eq!(
            (header.dtype.to_string(), header.shape),
            ("<f8".to_owned(), vec![3, 100_000])
        );
        let big: Array2<f64> = npz.by_name("big").unwrap();
        assert_eq!(big.sum(), 299_999.0 * 150_000.0);
        assert_eq!(
            by_name::<String, Ix1>(&mut npz, "s"),
            array!["é".to_owned(), "yz".to_owned()]
        );
        assert_eq!(by_name::<f32, Ix0>(&mut npz, "zero"), Array0::from_elem((), 2.0));
        assert_eq!(npz.read_all().unwrap().len(), 4);
    }
}

/// All arrays at once are looked up by the rule that one is: a full name first, in either order of the archive.
#[test]
fn all_arrays_are_looked_up_as_numpy_does() {
    let Some(mut python) = numpy("npz") else { return };
    let outputs = python.run(
        r#"
import zipfile
for names in (["a", "a.npy"], ["a.npy", "a"], ["a.npy", "a.npy.npy"], ["a.npy"], ["b", "a"]):
    f = io.BytesIO()
    with zipfile.ZipFile(f, "w") as archive:
        for i, name in enumerate(names):
            archive.writestr(name, npy(np.array(float(i))))
    npz = load(f.getvalue())
    found = [float(npz[name]) if name in npz else -1. for name in ("a", "a.npy")]
    outputs.extend((f.getvalue(), np.array(found).tobytes()))
"#,
        &[],
    );
    for pair in outputs.chunks_exact(2) {
        let expected = pair[1].as_chunks().0.iter().copied().map(f64::from_ne_bytes);
        let mut npz = NpzReader::new(Cursor::new(&pair[0][..])).unwrap();
        let all = npz.read_all().unwrap();
        for (name, expected) in ["a", "a.npy"].into_iter().zip(expected) {
            let found = all.get(name).map_or(-1.0, |array| match array {
                DynArray::Float64(array) => array.sum(),
                _ => panic!("{name}: {:?}", array.dtype()),
            });
            assert_eq!(found, expected, "{name} of {:?}", npz.names());
            if expected >= 0.0 {
                assert_eq!(by_name::<f64, Ix0>(&mut npz, name).into_scalar(), expected);
            }
        }
        let names: Vec<String> = all.names().map(str::to_owned).collect();
        assert_eq!(all.into_iter().map(|(name, _)| name).collect::<Vec<_>>(), names);
    }
}

/// Level 6 takes whichever of zlib-rs's levels does as well, and has to be as small as zlib's.
#[test]
fn compressed_members_are_as_small_as_numpys() {
    let Some(mut python) = numpy("npz") else { return };
    let archives = python.run(
        r#"
r, n = np.random.default_rng(1), 350_000
for values in (np.arange(n), np.cumsum(r.integers(-3, 4, n)), np.sort(r.integers(0, 10**6, n)), r.integers(0, 1000, n),
               r.integers(0, 50, 2 * n).astype("i4"), np.round(r.normal(size=n), 2), r.random(8 * n) < 0.1,
               r.normal(size=2 * n).astype("f4"), np.array([f"name{i % 977}" for i in range(n // 8)])):
    f = io.BytesIO()
    np.savez_compressed(f, x=values)
    outputs.append(f.getvalue())
"#,
        &[],
    );
    let mut ours = Vec::new();
    for theirs in &archives {
        let mut npz = NpzReader::new(Cursor::new(&theirs[..])).unwrap();
        let array = &npz.read_all().unwrap()["x"];
        let mut npz = NpzWriter::new_compressed(Cursor::new(Vec::new()));
        npz.add_array("x", array).unwrap();
        let archive = npz.finish().unwrap().into_inner();
        let (len, most) = (archive.len(), theirs.len() + theirs.len() / 100);
        assert!(
            len <= most,
            "{} as {:?}: {len}, NumPy {}",
            array.dtype(),
            array.shape(),
            theirs.len()
        );
        ours.push(archive);
    }
    let pairs: Vec<_> = ours.iter().chain(&archives).map(Vec::as_slice).collect();
    python.run(
        r#"
half = len(inputs) // 2
for ours, theirs in zip(inputs[:half], inputs[half:]):
    assert np.array_equal(load(ours)["x"], load(theirs)["x"])
"#,
        &pairs,
    );
}

/// Of equal names the last counts, as in NumPy; the others are there by their index.
#[test]
fn members_of_one_name_are_all_read() {
    let Some(mut python) = numpy("npz") else { return };
    let archives = python.run(
        r#"
import warnings, zipfile
warnings.simplefilter("ignore")
f = io.BytesIO()
with zipfile.ZipFile(f, "w") as archive:
    for value in 1, 2, 3:
        archive.writestr("a.npy", npy(np.array(value)))
    archive.writestr("../b.npy", npy(np.array(4)))
outputs.append(f.getvalue())
assert load(f.getvalue())["a"] == 3
"#,
        &[],
    );
    let mut npz = NpzReader::new(Cursor::new(&archives[0][..])).unwrap();
    assert_eq!(npz.names().unwrap(), ["a", "a", "a", "../b"]);
    assert_eq!(by_name::<i64, Ix0>(&mut npz, "a").into_scalar(), 3);
    for (index, value) in [1, 2, 3, 4].into_iter().enumerate() {
        let array: Array0<i64> = npz.by_index(index).unwrap();
        assert_eq!(array.into_scalar(), value);
    }
    let all = npz.read_all().unwrap();
    assert_eq!(
        (all.len(), &all["a"]),
        (4, &Array0::from_elem((), 3_i64).into_dyn().into())
    );
    // The second entry points at the first member, whose CRC is another.
    let mut archive = archives[0].clone();
    let entries: Vec<usize> = (0..archive.len() - 46)
        .filter(|&at| archive[at..].starts_with(b"PK\x01\x02"))
        .collect();
    archive.copy_within(entries[0] + 42..entries[0] + 46, entries[1] + 42);
    let mut npz = NpzReader::new(Cursor::new(&archive[..])).unwrap();
    let error = npz.by_index::<OwnedRepr<i64>, Ix0>(1).unwrap_err();
    assert_eq!(
        (error.kind(), error.member()),
        (ErrorKind::Archive, Some("a.npy")),
        "{error}"
    );
    assert_eq!(by_name::<i64, Ix0>(&mut npz, "a").into_scalar(), 3);
}

#[test]
fn other_methods_are_read() {
    let Some(mut python) = numpy("npz") else { return };
    let archives = python.run(
        r#"
import zipfile
for method in zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA:
    f = io.BytesIO()
    with zipfile.ZipFile(f, "w", method) as archive:
        archive.writestr("a.npy", npy(np.arange(300000.0)))
    outputs.append(f.getvalue())
"#,
        &[],
    );
    let expected = Array1::from_iter((0..300_000).map(f64::from));
    for (archive, (has, feature)) in archives
        .into_iter()
        .zip([(cfg!(feature = "bzip2"), "bzip2"), (cfg!(feature = "xz"), "xz")])
    {
        let mut npz = NpzReader::new(Cursor::new(archive)).unwrap();
        if has {
            assert_eq!(by_name::<f64, Ix1>(&mut npz, "a"), expected, "{feature}");
        } else {
            let error = npz.get("a").unwrap_err().to_string();
            assert!(
                error.ends_with(&format!("which the feature `{feature}` reads")),
                "{error}"
            );
        }
    }
}

/// `zstd -19` packed what np.save made of np.arange(1000.0); Python 3.14's zipfile writes such members.
#[cfg(feature = "zstd")]
#[test]
fn zstandard_is_read() {
    let mut npz = NpzReader::new(Cursor::new(include_bytes!("../data/zstd.npz"))).unwrap();
    let expected = Array1::from_iter((0..1000).map(f64::from));
    assert_eq!(by_name::<f64, Ix1>(&mut npz, "a"), expected);
}

#[test]
fn errors_name_the_archive_and_the_member() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("a.npz");
    let mut npz = NpzWriter::create(&path).unwrap();
    npz.add_array("x", &array![1_i64, 2]).unwrap();
    npz.add_bytes("note", b"text").unwrap();
    let again = npz.add_array("x", &array![0.0]).unwrap_err();
    assert_eq!(
        again.to_string(),
        format!(
            "{}: member \"x.npy\": the archive has a member of that name already",
            path.display()
        )
    );
    assert_eq!(
        npz.add_array("nul\0", &array![0.0]).unwrap_err().kind(),
        ErrorKind::Argument
    );
    npz.finish().unwrap();

    let mut npz = NpzReader::open(&path).unwrap();
    let start = format!("{}: ", path.display());
    let cases: [(ndarray_io::Result<Array1<f64>>, ErrorKind, &str); 4] = [
        (
            npz.by_name("y"),
            ErrorKind::Missing,
            "there is no member \"y\"; the archive has \"x\", \"note\"",
        ),
        (
            npz.by_index(2),
            ErrorKind::Missing,
            "there is no member 2; the archive has 2",
        ),
        (npz.by_name("x"), ErrorKind::Dtype, "member \"x.npy\": "),
        (npz.by_name("note"), ErrorKind::NotNumpy, "member \"note\": "),
    ];
    for (result, kind, message) in cases {
        let error = result.unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.to_string().starts_with(&format!("{start}{message}")), "{error}");
    }
    assert_eq!(npz.json::<i32>("note").unwrap_err().kind(), ErrorKind::Parse);
    let mut npz = npz.with_options(ReadOptions::new().casting(Casting::SameKind));
    assert_eq!(by_name::<f64, Ix1>(&mut npz, "x"), array![1.0, 2.0]);
    assert_eq!(
        NpzReader::open(dir.path().join("none")).unwrap_err().kind(),
        ErrorKind::Io
    );
    assert_eq!(
        NpzReader::new(Cursor::new(b"x,y\n1,2\n")).unwrap_err().kind(),
        ErrorKind::NotNumpy
    );
}

#[test]
fn damage_is_an_error_and_the_other_members_are_readable() {
    for (way, archive) in samples() {
        let packed = NpzReader::new(Cursor::new(&archive)).unwrap().bytes("packed").unwrap();
        let start = archive.windows(10).position(|bytes| bytes == b"packed.npy").unwrap();
        for at in [start + 3, start + 400, start + 4000] {
            let mut damaged = archive.clone();
            damaged[at] ^= 0x10;
            let mut npz = NpzReader::new(Cursor::new(&damaged)).unwrap();
            let error = npz.by_name::<OwnedRepr<f32>, Ix2>("packed").unwrap_err();
            assert_eq!(
                (error.kind(), error.member()),
                (ErrorKind::Archive, Some("packed.npy")),
                "{way} {at}: {error}"
            );
            assert_eq!(npz.bytes("packed").unwrap_err().kind(), ErrorKind::Archive);
            assert_eq!(npz.bytes("stored").unwrap(), packed);
            assert_eq!(npz.read_all().unwrap_err().kind(), ErrorKind::Archive);
        }
        for len in (0..archive.len()).step_by(997) {
            NpzReader::new(Cursor::new(&archive[..len])).unwrap_err();
        }
    }
}

#[test]
fn a_bomb_is_refused() {
    let mut npz = NpzWriter::new_compressed(Cursor::new(Vec::new()));
    npz.add_array("a", &zeros()).unwrap();
    npz.add_array("b", &array![1.0]).unwrap();
    let mut archive = npz.finish().unwrap().into_inner();
    let limit = |bytes| ReadOptions::new().max_bytes(bytes);
    let read = |archive: &[u8], options: Option<ReadOptions>| {
        let npz = NpzReader::new(Cursor::new(archive.to_vec())).unwrap();
        let mut npz = match options {
            Some(options) => npz.with_options(options),
            None => npz,
        };
        assert_eq!(by_name::<f64, Ix1>(&mut npz, "b"), array![1.0]);
        npz.by_name::<OwnedRepr<u8>, Ix1>("a")
    };
    assert_eq!(read(&archive, None).unwrap(), zeros());
    assert_eq!(read(&archive, Some(limit(1 << 20))).unwrap(), zeros());
    assert_eq!(read(&archive, Some(limit(1000))).unwrap_err().kind(), ErrorKind::Limit);

    // The directory claims that the same few bytes are 4 GiB, less one: past that zip64 would say so.
    let central = archive.windows(4).rposition(|bytes| bytes == b"PK\x01\x02").unwrap();
    let central = archive[..central]
        .windows(4)
        .rposition(|bytes| bytes == b"PK\x01\x02")
        .unwrap();
    archive[central + 24..central + 28].copy_from_slice(&[0xFE, 0xFF, 0xFF, 0xFF]);
    // CPython takes what is there, if the CRC is right.
    assert_eq!(read(&archive, None).unwrap(), zeros());
}

#[test]
fn stored_members_are_viewed_in_place() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("a.npz");
    let a = Array3::from_shape_fn((20, 30, 40), |(i, j, k)| (i + j * k) as f64);
    let mut npz = NpzWriter::create(&path).unwrap();
    npz.add_array("first name", &array![true]).unwrap();
    npz.add_array("a", &a).unwrap();
    npz.add_array("complex", &array![Complex::new(1.0, 2.0)]).unwrap();
    npz.finish().unwrap();
    // SAFETY: the file is this test's own.
    let npz = unsafe { NpzMmap::open(&path) }.unwrap();
    assert_eq!(npz.names().collect::<Vec<_>>(), ["first name", "a", "complex"]);
    assert_eq!(npz.header("a").unwrap().shape, [20, 30, 40]);
    let view = npz.view::<f64, Ix3>("a").unwrap();
    assert_eq!(view, a);
    assert_eq!(view.as_ptr().addr() % 64, 0);
    assert_eq!(npz.view::<Complex<f64>, Ix1>("complex").unwrap()[0].im, 2.0);
    let missing = npz.view::<f64, Ix1>("none").unwrap_err();
    assert_eq!(
        missing.to_string(),
        format!(
            "{}: there is no member \"none\"; the archive has \"first name\", \"a\", \"complex\"",
            path.display()
        )
    );
}

#[test]
fn numpys_members_are_viewed_if_aligned_and_read_if_not() {
    let Some(mut python) = numpy("npz") else { return };
    let archive = python.run(
        "f = io.BytesIO(); np.savez(f, ab=np.arange(4.0), c=np.arange(3.0)); outputs.append(f.getvalue())",
        &[],
    );
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("a.npz");
    fs::write(&path, &archive[0]).unwrap();
    // SAFETY: the file is this test's own.
    let npz = unsafe { NpzMmap::open(&path) }.unwrap();
    // 30 bytes of header, 6 of name and 20 of zip64: 56, a multiple of 8.
    assert_eq!(npz.view::<f64, Ix1>("ab").unwrap(), array![0.0, 1.0, 2.0, 3.0]);
    let error = npz.view::<f64, Ix1>("c").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Layout);
    assert!(error.to_string().contains("`view_or_read` copies it"), "{error}");
    assert_eq!(npz.view_or_read::<f64, Ix1>("c").unwrap(), array![0.0, 1.0, 2.0]);
}

/// A writer that has room for so many bytes.
struct Full(usize);

impl Write for Full {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0 = self.0.checked_sub(bytes.len()).ok_or(std::io::ErrorKind::StorageFull)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_full_disk_is_an_error_and_leaves_nothing() {
    let large = Array1::<f64>::zeros(1 << 20);
    for room in [0, 1000, 3 << 20, (8 << 20) + 200] {
        let mut npz = NpzWriter::streaming(Full(room));
        let added = npz.add_array("a", &large);
        assert!(added.is_err() == (room < 8 << 20), "{room}");
        let error = npz.finish().map(|_| ()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Io, "{room}: {error}");
    }
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("a.npz");
    fs::write(&path, "old").unwrap();
    let mut npz = NpzWriter::create(&path).unwrap();
    npz.add_array("a", &large).unwrap();
    drop(npz);
    assert_eq!(fs::read(&path).unwrap(), b"old");
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
}

#[test]
fn many_members_need_zip64() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("a.npz");
    let mut npz = NpzWriter::create_compressed(&path).unwrap();
    for i in 0..70_000_u32 {
        npz.add_array(format!("{i}"), &Array0::from_elem((), i)).unwrap();
    }
    npz.finish().unwrap();
    let mut npz = NpzReader::open(&path).unwrap();
    assert_eq!(npz.len(), 70_000);
    assert_eq!(by_name::<u32, Ix0>(&mut npz, "69999").into_scalar(), 69_999);
    assert_eq!(npz.read_all().unwrap().len(), 70_000);
    passes("unzip", &["-tqq"], &path);
    if let Some(mut python) = numpy("npz") {
        let archive = fs::read(&path).unwrap();
        python.run(
            "npz = load(inputs[0]); assert len(npz.files) == 70_000 and npz['65536'] == 65536",
            &[&archive],
        );
    }
}

/// Kills a process of its own a hundred times while it replaces an archive: what is there always loads.
#[test]
fn a_killed_writer_leaves_the_old_archive() {
    const PATH: &str = "NDARRAY_IO_TEST_KILLED";
    if let Some(path) = std::env::var_os(PATH) {
        for i in 1_u64.. {
            let mut npz = NpzWriter::create(&path).unwrap();
            npz.add_array("a", &Array1::from_elem(100_000, i)).unwrap();
            npz.add_array("b", &Array1::from_elem(10, i)).unwrap();
            npz.finish().unwrap();
        }
    }
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("a.npz");
    write_npz(&path, &BTreeMap::from([("a", vec![0_u64; 10]), ("b", vec![0; 10])])).unwrap();
    let test = "npz::a_killed_writer_leaves_the_old_archive";
    let spawn = || {
        Command::new(std::env::current_exe().unwrap())
            .args(["--exact", test, "--nocapture"])
            .env(PATH, &path)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap()
    };
    let mut writer = spawn();
    let begins = until(|| fs::metadata(&path).unwrap().len() > 800_000);
    writer.kill().unwrap();
    writer.wait().unwrap();
    let mut replaced = 0;
    let mut last = by_name::<u64, Ix1>(&mut NpzReader::open(&path).unwrap(), "a")[0];
    for i in 0..100 {
        let mut writer = spawn();
        // After it has begun the kill meets each step of the writing.
        std::thread::sleep(begins * 3 / 4 + Duration::from_micros(137 * i));
        writer.kill().unwrap();
        writer.wait().unwrap();
        let mut npz = NpzReader::open(&path).unwrap();
        let (a, b) = (by_name::<u64, Ix1>(&mut npz, "a"), by_name::<u64, Ix1>(&mut npz, "b"));
        assert!(a.iter().chain(&b).all(|&value| value == a[0]));
        replaced += u32::from(a[0] != last);
        last = a[0];
    }
    assert!(replaced > 0, "no writer came to replace the archive");
}
