//! Archives.
#![allow(unsafe_code)] // to open a map is to promise that nobody changes the file

use std::collections::BTreeMap;
use std::io::Cursor;

use ndarray::{ArrayD, IxDyn, Slice, SliceInfoElem};
use ndarray_io::{NpzMmap, NpzReader, ReadOptions};
use serde_json::Value;

/// Archives are small here, and what they hold may be as large as this: else a good bomb would be all that is found.
const MAX: u64 = 16 << 20;

/// Any bytes are an archive or an error, and each of its members, alone, all at once and as a value.
pub fn read(bytes: &[u8]) {
    let Ok(npz) = NpzReader::new(Cursor::new(bytes)) else {
        return;
    };
    let mut npz = npz.with_options(ReadOptions::new().max_bytes(MAX));
    for name in npz.names().unwrap_or_default() {
        let _ = npz.info(&name);
        let is_object = npz.header(&name).is_ok_and(|header| header.dtype.has_object());
        let _ = npz.get(&name);
        if !is_object && let Ok(array) = npz.by_name::<_, IxDyn>(&name).map(|array: ArrayD<f64>| array) {
            slice(&mut npz, &name, &array);
        }
        let _ = npz.bytes(&name);
        let _ = npz.json::<Value>(&name);
    }
    let _ = npz.read_all();
    let _ = npz.value::<Value>();
    let _ = npz.value::<BTreeMap<String, ArrayD<f64>>>();
}

/// A slice of a member is the slice of what was read: every other one, from the last one on.
fn slice(npz: &mut NpzReader<Cursor<&[u8]>>, name: &str, whole: &ArrayD<f64>) {
    let info = vec![SliceInfoElem::from(Slice::new(0, None, -2)); whole.ndim()];
    let part: ArrayD<f64> = npz.read_slice(name, &info[..]).expect("a slice of what was read whole");
    let bits = |array: ndarray::ArrayViewD<'_, f64>| array.map(|value| value.to_bits());
    assert_eq!(bits(part.view()), bits(whole.slice(&info[..])));
}

/// Any file is mapped as an archive or an error; what is mapped is what is read.
pub fn mmap(bytes: &[u8]) {
    let file = super::on_disk(bytes);
    // SAFETY: the file has just been made, under a name that nobody else knows.
    let Ok(map) = (unsafe { NpzMmap::open(file.path()) }) else {
        return;
    };
    let mut npz = NpzReader::open(file.path()).expect("an archive that could be mapped");
    for name in map.names() {
        let _ = map.header(name);
        let _ = map.view::<u8, IxDyn>(name);
        let Ok(view) = map.view::<f64, IxDyn>(name) else {
            continue;
        };
        // The map trusts the stored bytes; the reader checks their sum.
        if let Ok(read) = npz.by_name::<_, IxDyn>(name).map(|array: ArrayD<f64>| array) {
            assert_eq!(view.map(|value| value.to_bits()), read.map(|value| value.to_bits()));
        }
    }
}
