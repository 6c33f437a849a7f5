//! The errors that users meet most: each says where, what was found, what was expected, and what would work.
//!
//! `cargo test --test it messages -- --nocapture` prints them; their texts are in `tests/it/messages`.

use std::fmt::Debug;
use std::fs;
use std::io;
use std::path::Path;

use ndarray::{Array1, Array2, ArrayD, ArrayView1, array, s};
use ndarray_io::{
    Dtype, Error, NpyAppender, NpyReader, ReadOptions, ViewNpyExt, WriteNpyExt, WriteOptions, create_new_npy, read_npy,
    write_npy,
};
use serde::{Deserialize, Serialize};

/// What was done, and the error.
type Row = (&'static str, Error);

/// Compares the texts with those in `tests/it/messages`, or with `NDARRAY_IO_OVERWRITE=1` writes them there, to be read and
/// committed. `folder` is left out of them.
fn compare(name: &str, folder: &Path, rows: Vec<Row>) {
    let folder = format!("{}{}", folder.display(), std::path::MAIN_SEPARATOR);
    let mut found = String::new();
    for (what, error) in rows {
        let text = error.to_string().replace(&folder, "");
        assert!(!text.ends_with('.'), "a full stop: {text}");
        found += &format!("{what}:\n    {text}\n\n");
    }
    println!("{found}");
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/it/messages")
        .join(name);
    if std::env::var_os("NDARRAY_IO_OVERWRITE").is_some_and(|value| value == "1") {
        fs::write(&path, &found).unwrap();
    }
    let expected = fs::read_to_string(&path).unwrap();
    for (found, expected) in found.lines().zip(expected.lines()) {
        assert_eq!(found, expected, "in {name}");
    }
    assert_eq!(found, expected, "in {name}");
}

fn error<T: Debug>(result: Result<T, Error>) -> Error {
    result.map_or_else(
        |error| error,
        |value| io::Error::other(format!("no error, but {value:?}")).into(),
    )
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Particle {
    id: u64,
    mass: f64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Charged {
    id: u64,
    charge: f64,
}

#[derive(Serialize)]
enum Shape {
    Circle(f64),
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Named {
    id: String,
}

/// A file of version 1.0 with that header.
fn npy(header: &str, data: usize) -> Vec<u8> {
    let mut file = b"\x93NUMPY\x01\0".to_vec();
    file.extend(u16::try_from(header.len()).unwrap().to_le_bytes());
    file.extend(header.as_bytes());
    file.resize(file.len() + data, 0);
    file
}

#[test]
fn npy_files() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let put = |name: &str, bytes: &[u8]| {
        fs::write(at(name), bytes).unwrap();
        at(name)
    };
    let a = at("a.npy");
    write_npy(&a, &array![[1.0, 2.0], [3.0, 4.0]]).unwrap();
    let whole = fs::read(&a).unwrap();
    let f4 = at("f4.npy");
    write_npy(&f4, &array![1_f32, 2.0]).unwrap();
    let text = at("text.npy");
    write_npy(&text, &array!["one", "two"]).unwrap();
    let complex = at("complex.npy");
    write_npy(&complex, &array![num_complex::Complex::new(1_f32, 2.0)]).unwrap();
    let particles = at("particles.npy");
    write_npy(&particles, &array![Particle { id: 1, mass: 0.5 }]).unwrap();
    let header = |descr: &str, rest: &str| format!("{{'descr': {descr}, 'fortran_order': False, {rest}}}");

    compare(
        "npy.txt",
        folder.path(),
        vec![
            (
                "a file that is not there",
                error(read_npy::<_, ArrayD<f64>>(at("none.npy"))),
            ),
            (
                "a folder that is not there",
                error(write_npy(at("none").join("a.npy"), &array![1.0])),
            ),
            (
                "a text",
                error(read_npy::<_, ArrayD<f64>>(put("people.csv", b"name,age\nAda,36\n"))),
            ),
            ("nothing", error(read_npy::<_, ArrayD<f64>>(put("empty.npy", b"")))),
            ("narrower than asked for", error(read_npy::<_, Array1<f64>>(&f4))),
            ("wider than asked for", error(read_npy::<_, Array2<f32>>(&a))),
            ("floats as integers", error(read_npy::<_, Array2<i32>>(&a))),
            ("complex as real", error(read_npy::<_, Array1<f64>>(&complex))),
            ("text as numbers", error(read_npy::<_, Array1<f64>>(&text))),
            ("records as numbers", error(read_npy::<_, Array1<f64>>(&particles))),
            ("fewer dimensions", error(read_npy::<_, Array1<f64>>(&a))),
            (
                "a field that is not there",
                error(read_npy::<_, Array1<Charged>>(&particles)),
            ),
            (
                "a field of another type",
                error(read_npy::<_, Array1<Named>>(&particles)),
            ),
            (
                "cut data",
                error(read_npy::<_, Array2<f64>>(put("cut.npy", &whole[..150]))),
            ),
            (
                "cut header",
                error(read_npy::<_, Array2<f64>>(put("cut.npy", &whole[..50]))),
            ),
            (
                "more than it may be",
                error(ReadOptions::new().max_bytes(16).read_npy::<_, Array2<f64>>(&a)),
            ),
            (
                "a header of 4 GiB",
                error(read_npy::<_, Array2<f64>>(put(
                    "long.npy",
                    b"\x93NUMPY\x02\0\xFF\xFF\xFF\xFF{'descr'",
                ))),
            ),
            (
                "a header without a key",
                error(read_npy::<_, Array1<f64>>(put(
                    "key.npy",
                    &npy("{'descr': '<f8', 'shape': (3,)}", 24),
                ))),
            ),
            (
                "a dtype that is none",
                error(read_npy::<_, Array1<f64>>(put(
                    "f9.npy",
                    &npy(&header("'<f9'", "'shape': (3,)"), 27),
                ))),
            ),
            (
                "a newer format",
                error(read_npy::<_, Array1<f64>>(put("new.npy", b"\x93NUMPY\x04\0\x02\0{}"))),
            ),
            ("a file that is there", error(create_new_npy(&a, &array![1.0]))),
            (
                "text that does not fit",
                error(
                    WriteOptions::new()
                        .dtype("<U3".parse().unwrap())
                        .write_npy(at("b.npy"), &array!["one", "three"]),
                ),
            ),
            (
                "a type that is no element",
                error(array![Shape::Circle(1.0)].write_npy(&mut Vec::new())),
            ),
            (
                "nothing in an integer",
                error(array![Some(1), None].write_npy(&mut Vec::new())),
            ),
            (
                "no records, so no fields",
                error(Array1::<Particle>::from(vec![]).write_npy(&mut Vec::new())),
            ),
            (
                "a view of other bytes",
                error(ArrayView1::<f64>::view_npy(&fs::read(&f4).unwrap())),
            ),
            (
                "rows of another type",
                error(NpyAppender::<f32, ndarray::Ix2>::open(&a).map(drop)),
            ),
            (
                "a slice that does not fit",
                error(NpyReader::open(&a).unwrap().read_slice::<f64, _>(s![0..5, ..])),
            ),
            ("a dtype with a typo", error("<g8".parse::<Dtype>())),
            ("a dtype left open", error("[('x', '<f4'".parse::<Dtype>())),
        ],
    );
}

#[cfg(not(feature = "object"))]
#[test]
fn objects_without_the_feature() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("o.npy");
    fs::write(&path, npy("{'descr': '|O', 'fortran_order': False, 'shape': (1,)}", 10)).unwrap();
    compare(
        "object.txt",
        folder.path(),
        vec![("objects", error(read_npy::<_, Array1<String>>(&path)))],
    );
}

#[cfg(feature = "npz")]
#[test]
fn archives() {
    use ndarray_io::{NpzReader, NpzWriter, read_npz, write_npz};

    #[derive(Debug, Serialize, Deserialize)]
    struct Checkpoint {
        epoch: u64,
        weights: Vec<f64>,
    }
    #[derive(Debug, Deserialize)]
    struct Resumed {
        #[allow(dead_code)] // it is not there
        optimizer: f64,
    }

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("checkpoint.npz");
    let checkpoint = Checkpoint {
        epoch: 3,
        weights: vec![0.5, 1.5],
    };
    write_npz(&path, &checkpoint).unwrap();
    let mut npz = NpzReader::open(&path).unwrap();

    // A flipped bit in the data of the last member.
    let mut broken = fs::read(&path).unwrap();
    let at = broken
        .windows(8)
        .rposition(|bytes| bytes == 1.5_f64.to_le_bytes())
        .unwrap();
    broken[at] ^= 1;
    fs::write(folder.path().join("broken.npz"), &broken).unwrap();
    let mut broken = NpzReader::open(folder.path().join("broken.npz")).unwrap();
    fs::write(folder.path().join("text.npz"), "no archive").unwrap();

    let mut twice = NpzWriter::new(std::io::Cursor::new(Vec::new()));
    twice.add_array("a", &array![1]).unwrap();

    compare(
        "npz.txt",
        folder.path(),
        vec![
            (
                "no such member",
                error(npz.by_name::<ndarray::OwnedRepr<f64>, ndarray::Ix1>("bias")),
            ),
            (
                "a member of another type",
                error(npz.by_name::<ndarray::OwnedRepr<f32>, ndarray::Ix1>("weights")),
            ),
            ("no such field", error(read_npz::<_, Resumed>(&path))),
            (
                "a flipped bit",
                error(broken.by_name::<ndarray::OwnedRepr<f64>, ndarray::Ix1>("weights")),
            ),
            (
                "no archive",
                error(NpzReader::open(folder.path().join("text.npz")).map(drop)),
            ),
            ("a name twice", error(twice.add_array("a", &array![1]))),
        ],
    );
}

#[cfg(feature = "text")]
#[test]
fn text() {
    use ndarray_io::{GenFromTxt, LoadTxt, Names, SaveTxt, loadtxt, savetxt};

    #[derive(Debug, Deserialize)]
    struct Row {
        #[allow(dead_code)]
        x: f64,
        #[allow(dead_code)]
        y: f64,
    }

    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let put = |name: &str, text: &str| {
        fs::write(at(name), text).unwrap();
        at(name)
    };
    let csv = LoadTxt::new().delimiter(",");
    let table = put("table.csv", "x,y\n1,2\n3,4\n");
    let named = GenFromTxt::new().delimiter(",").names(Names::FromHeader);

    compare(
        "text.txt",
        folder.path(),
        vec![
            ("a heading", error(csv.read_path::<_, f64, ndarray::Ix2>(&table))),
            (
                "no number",
                error(loadtxt::<_, f64, ndarray::Ix2>(put("a.txt", "1 2\n3 oops\n"))),
            ),
            (
                "another delimiter",
                error(loadtxt::<_, f64, ndarray::Ix2>(put("b.txt", "1,2\n3,4\n"))),
            ),
            (
                "a short row",
                error(loadtxt::<_, f64, ndarray::Ix2>(put("c.txt", "1 2 3\n4 5\n"))),
            ),
            (
                "out of range",
                error(loadtxt::<_, u8, ndarray::Ix1>(put("d.txt", "255\n256\n"))),
            ),
            (
                "no such column",
                error(
                    LoadTxt::new()
                        .usecols([0, 2])
                        .read::<_, f64, ndarray::Ix2>(&b"1 2\n"[..]),
                ),
            ),
            (
                "columns for fields",
                error(LoadTxt::new().read::<_, Row, ndarray::Ix1>(&b"1 2 3\n"[..])),
            ),
            (
                "a table as one dimension",
                error(LoadTxt::new().read::<_, f64, ndarray::Ix1>(&b"1 2\n3 4\n"[..])),
            ),
            (
                "a ragged table",
                error(named.read_path::<_, f64, ndarray::Ix2>(put("e.csv", "x,y\n1,2\n3\n4,5,6\n"))),
            ),
            (
                "a column that is not there",
                error(named.read_table_path(&table).unwrap().column("z").map(drop)),
            ),
            (
                "formats for columns",
                error(SaveTxt::new().fmts(["%d"]).write(&mut Vec::new(), &array![[1.0, 2.0]])),
            ),
            (
                "text by a number's format",
                error(SaveTxt::new().fmt("%.2f").write(&mut Vec::new(), &array!["one"])),
            ),
            (
                "three dimensions",
                error(savetxt(at("f.txt"), &ndarray::Array3::<f64>::zeros((1, 1, 1)))),
            ),
        ],
    );
}
