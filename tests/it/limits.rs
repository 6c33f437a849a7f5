//! How much input may ask for: what exceeds a limit of the table in SECURITY.md is an error of one kind, which says what
//! the limit is and how to have another.

#[cfg(feature = "text")]
use ndarray::IxDyn;
use ndarray::{Array1, ArrayD};
use ndarray_io::{DynArray, Error, ErrorKind, ReadNpyExt, ReadOptions, WriteNpyExt};

fn file(descr: &str, shape: &str, padding: usize) -> Vec<u8> {
    let header = format!(
        "{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}{}\n",
        " ".repeat(padding)
    );
    let len = u16::try_from(header.len()).unwrap().to_le_bytes();
    [b"\x93NUMPY\x01\0", &len[..], header.as_bytes(), &[0; 24]].concat()
}

fn exceeded<T>(result: Result<T, Error>, message: &str) {
    let Err(error) = result else {
        panic!("no error, for {message}")
    };
    assert_eq!(error.kind(), ErrorKind::Limit, "{error}");
    assert!(error.to_string().contains(message), "{error}; expected: {message}");
}

#[test]
fn headers() {
    let long = file("'<f8'", "(3,)", 10_000);
    exceeded(DynArray::read_npy(&long[..]), "allows 10000 characters");
    let more = ReadOptions::new().max_header_size(11_000);
    assert_eq!(ArrayD::<f64>::read_npy_with(&long[..], &more).unwrap().len(), 3);
    let less = ReadOptions::new().max_header_size(20);
    exceeded(
        DynArray::read_npy_with(&file("'<f8'", "(3,)", 0)[..], &less),
        "allows 20 characters",
    );
}

#[test]
fn arrays() {
    let file = file("'<f8'", "(3,)", 0);
    let options = |most| ReadOptions::new().max_bytes(most);
    let message = "array of 24 bytes; `ReadOptions::max_bytes` allows 23";
    exceeded(DynArray::read_npy_with(&file[..], &options(23)), message);
    exceeded(Array1::<f64>::read_npy_with(&file[..], &options(23)), message);
    exceeded(Array1::<String>::read_npy_with(&file[..], &options(23)), message);
    assert_eq!(Array1::<f64>::read_npy_with(&file[..], &options(24)).unwrap().len(), 3);
    exceeded(DynArray::read_npy(&self::file("'|S0'", "(1048577,)", 0)[..]), "1048576");
    assert_eq!(
        DynArray::read_npy(&self::file("'|V0'", "(1048576,)", 0)[..])
            .unwrap()
            .shape(),
        [1 << 20]
    );
    // What is written has none of them.
    let mut written = Vec::new();
    ndarray::Array2::<f64>::zeros((0, 1 << 30))
        .write_npy(&mut written)
        .unwrap();
    assert_eq!(ArrayD::<f64>::read_npy(&written[..]).unwrap().shape(), [0, 1 << 30]);
}

#[cfg(feature = "text")]
#[test]
fn rows_of_text() {
    use ndarray_io::{GenFromTxt, LoadTxt};

    // A row is held against it when it is longer than what is read at a time, which is some MiB.
    let text = format!("1 2\n{}\n", "3 ".repeat(4 << 20));
    let message = "a row that does not end within 1048576 bytes; `max_row_size` can allow more";
    exceeded(
        LoadTxt::new()
            .max_row_size(1 << 20)
            .read::<_, f64, IxDyn>(text.as_bytes()),
        message,
    );
    exceeded(
        GenFromTxt::new()
            .max_row_size(1 << 20)
            .read::<_, f64, IxDyn>(text.as_bytes()),
        message,
    );
    exceeded(
        GenFromTxt::new().max_row_size(1 << 20).read_table(text.as_bytes()),
        message,
    );
    let enough = LoadTxt::new().max_row_size(9 << 20).usecols([0, 1]);
    assert_eq!(enough.read::<_, f64, IxDyn>(text.as_bytes()).unwrap().shape(), [2, 2]);
}

#[cfg(all(feature = "text", feature = "xz"))]
#[test]
fn dictionaries_of_lzma() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.txt.lzma");
    // Properties, a dictionary of 1 GiB, an unknown length, and a start of data.
    let mut file = b"\x5D\0\0\0\x40".to_vec();
    file.extend([0xFF; 8]);
    file.extend([0; 32]);
    std::fs::write(&path, file).unwrap();
    exceeded(ndarray_io::loadtxt::<_, f64, IxDyn>(&path), "256 MiB");
}

#[cfg(feature = "npz")]
#[test]
fn values_of_archives() {
    use std::collections::HashMap;
    use std::io::Cursor;

    use ndarray::Array2;
    use ndarray_io::{NpzReader, NpzWriter};
    use serde::Deserialize;

    #[derive(Deserialize, Debug)]
    struct Node {
        #[serde(default)]
        #[allow(dead_code)]
        a: Option<Box<Node>>,
    }

    fn archive(members: impl IntoIterator<Item = (String, Vec<u8>)>) -> Cursor<Vec<u8>> {
        let mut npz = NpzWriter::new(Cursor::default());
        for (name, bytes) in members {
            npz.add_bytes(name, &bytes).unwrap();
        }
        Cursor::new(npz.finish().unwrap().into_inner())
    }
    fn read<T: serde::de::DeserializeOwned>(archive: &Cursor<Vec<u8>>) -> Result<T, Error> {
        NpzReader::new(archive.clone())?.value()
    }

    // As deep as a name is long: each level is a frame of the stack.
    let one = || file("'<f8'", "(3,)", 0);
    let deep = archive([("a/".repeat(32_000) + "a.npy", one())]);
    exceeded(read::<serde_json::Value>(&deep), "at most 128 are read");
    exceeded(read::<Node>(&deep), "at most 128 are read");
    assert_eq!(NpzReader::new(deep).unwrap().read_all().unwrap().len(), 1);
    let fits = archive([("a/".repeat(128) + "a.npy", one())]);
    assert!(read::<serde_json::Value>(&fits).is_ok());

    // Nor is more written than is read.
    let mut nested = serde_json::json!({"x": 1.5});
    for _ in 0..128 {
        nested = serde_json::json!({ "a": nested });
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.npz");
    ndarray_io::write_npz(&path, &nested).unwrap();
    assert_eq!(ndarray_io::read_npz::<_, serde_json::Value>(&path).unwrap(), nested);
    exceeded(
        ndarray_io::write_npz(&path, &serde_json::json!({ "a": nested })),
        "at most 128 are read",
    );

    // Lists without elements take no bytes of a file.
    for shape in ["(1099511627776, 0)", "(1048577, 0, 5)", "(2048, 2048, 0)"] {
        let lists = archive([("x.npy".to_owned(), file("'<f8'", shape, 0))]);
        exceeded(
            read::<HashMap<String, Vec<Vec<Vec<f64>>>>>(&lists),
            "at most 1048576 are read",
        );
        exceeded(read::<serde_json::Value>(&lists), "at most 1048576 are read");
    }
    let arrays = archive([("x.npy".to_owned(), file("'<f8'", "(1099511627776, 0)", 0))]);
    let array = &read::<HashMap<String, Array2<f64>>>(&arrays).unwrap()["x"];
    assert_eq!(array.dim(), (1 << 40, 0));
    let lists = archive([("x.npy".to_owned(), file("'<f8'", "(3, 0, 9)", 0))]);
    let lists: HashMap<String, Vec<Vec<Vec<f64>>>> = read(&lists).unwrap();
    assert_eq!(lists["x"], vec![Vec::<Vec<f64>>::new(); 3]);

    // Folders by the thousand are looked for in no time that grows with their square.
    let names = (0..60_000).map(|n| (format!("{n}/x"), Vec::new()));
    let many: HashMap<String, HashMap<String, String>> = read(&archive(names)).unwrap();
    assert_eq!(many.len(), 60_000);
}
