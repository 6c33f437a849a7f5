//! An array that was read is written as a file that is read as the same bytes.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ndarray_io::{DynArray, ReadNpyExt, WriteNpyExt};

fuzz_target!(|bytes: &[u8]| {
    let Ok(array) = DynArray::read_npy(bytes) else { return };
    if array.dtype().has_object() {
        return; // the target `object`
    }
    let mut once = Vec::new();
    if array.write_npy(&mut once).is_err() {
        return;
    }
    let Ok(same) = DynArray::read_npy(&once[..]) else {
        return;
    };
    let mut twice = Vec::new();
    same.write_npy(&mut twice).expect("what was written once");
    assert_eq!(once, twice);
});
