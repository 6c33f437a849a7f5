//! Arrays of many blocks, which threads share: in order, with the row of a fault, against NumPy.

use std::fs;

use ndarray::Array1;
use ndarray_io::{Dtype, ErrorKind, WriteOptions, read_npy, write_npy};
use serde::{Deserialize, Serialize, Serializer};

use crate::support::python;

const ROWS: u32 = 300_000;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Row {
    id: u32,
    x: f64,
    flag: bool,
}

fn rows() -> Array1<Row> {
    let row = |id| Row {
        id,
        x: f64::from(id) / 3.0,
        flag: id % 7 == 0,
    };
    (0..ROWS).map(row).collect()
}

#[test]
fn records_are_numpys() {
    let Some(mut numpy) = python::numpy("large arrays of records") else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.npy");
    let code = format!(
        "
for dtype in [[('id', '<u4'), ('x', '<f8'), ('flag', '?')], [('flag', '?'), ('more', 'S3'), ('x', '>f8'), ('id', '>u4')]]:
    a = np.zeros({ROWS}, dtype)
    a['id'] = np.arange({ROWS})
    a['x'] = a['id'] / 3.0
    a['flag'] = a['id'] % 7 == 0
    outputs.append(npy(a))
"
    );
    let [plain, other] = &numpy.run(&code, &[])[..] else {
        panic!("two files");
    };
    write_npy(&path, &rows()).unwrap();
    assert!(fs::read(&path).unwrap() == *plain);
    for file in [plain, other] {
        fs::write(&path, file).unwrap();
        assert!(read_npy::<_, Array1<Row>>(&path).unwrap() == rows());
    }

    let size = size_of::<u32>() + size_of::<f64>() + 1;
    let data = plain.len() - ROWS as usize * size;
    let mut damaged = plain.clone();
    damaged[data + 250_000 * size + size - 1] = 7;
    fs::write(&path, &damaged).unwrap();
    let error = read_npy::<_, Array1<Row>>(&path).unwrap_err();
    assert!(error.to_string().contains("row 250000"), "{error}");
    fs::write(&path, &plain[..plain.len() - 1]).unwrap();
    let error = read_npy::<_, Array1<Row>>(&path).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Truncated);
}

#[test]
fn foreign_byte_order_is_numpys() {
    let Some(mut numpy) = python::numpy("large arrays in foreign byte order") else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.npy");
    let array = Array1::from_iter((0..1_000_003).map(|i| f64::from(i) / 3.0));
    let file = &numpy.run("outputs.append(npy((np.arange(1_000_003) / 3.0).astype('>f8')))", &[])[0];
    fs::write(&path, file).unwrap();
    assert!(read_npy::<_, Array1<f64>>(&path).unwrap() == array);
    let options = WriteOptions::new().dtype(">f8".parse::<Dtype>().unwrap());
    options.write_npy(&path, &array).unwrap();
    assert!(fs::read(&path).unwrap() == *file);
}

/// Several times over the old file: which thread writes what, and by which way, is another each time.
#[test]
fn scalars_are_numpys() {
    let Some(mut numpy) = python::numpy("large arrays of scalars") else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.npy");
    let array = Array1::from_iter((0..2_000_003).map(|i| f64::from(i) / 3.0));
    let file = &numpy.run("outputs.append(npy(np.arange(2_000_003) / 3.0))", &[])[0];
    for _ in 0..5 {
        write_npy(&path, &array).unwrap();
        assert!(fs::read(&path).unwrap() == *file);
    }
    assert!(read_npy::<_, Array1<f64>>(&path).unwrap() == array);
}

#[cfg(feature = "npz")]
#[test]
fn stored_members_are_numpys() {
    use ndarray_io::{NpzReader, NpzWriter};
    let Some(mut numpy) = python::numpy("large stored members") else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.npz");
    let array = Array1::from_iter((0..2_000_003).map(|i| f64::from(i) / 3.0));
    let code = "
file = io.BytesIO()
np.savez(file, a=np.arange(2_000_003) / 3.0, b=np.arange(3))
outputs.append(file.getvalue())
";
    let theirs = &numpy.run(code, &[])[0];
    fs::write(&path, theirs).unwrap();
    let read = || -> Array1<f64> { NpzReader::open(&path).unwrap().by_name("a").unwrap() };
    assert!(read() == array);
    for _ in 0..5 {
        let mut npz = NpzWriter::create(&path).unwrap();
        npz.add_array("a", &array).unwrap();
        npz.add_array("b", &ndarray::array![0, 1, 2]).unwrap();
        npz.finish().unwrap();
        // Python checks the CRC, too.
        let code = "
ours = np.load(io.BytesIO(inputs[0]))
np.testing.assert_array_equal(ours['a'], np.arange(2_000_003) / 3.0)
np.testing.assert_array_equal(ours['b'], np.arange(3))
";
        numpy.run(code, &[&fs::read(&path).unwrap()]);
        assert!(read() == array);
    }
}

/// Cannot be written from the 200 000th on.
struct Refused(u32);

impl Serialize for Refused {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            200_000.. => Err(serde::ser::Error::custom("refused")),
            _ => (self.0, 0.5, true).serialize(serializer),
        }
    }
}

#[test]
fn a_fault_far_in_leaves_the_old_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.npy");
    write_npy(&path, &rows()).unwrap();
    let error = write_npy(&path, &Array1::from_iter((0..ROWS).map(Refused))).unwrap_err();
    assert!(error.to_string().contains("row 200000"), "{error}");
    assert!(read_npy::<_, Array1<Row>>(&path).unwrap() == rows());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}
