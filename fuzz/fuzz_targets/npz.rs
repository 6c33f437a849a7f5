//! Any bytes are an archive or an error, and each of its members.
#![no_main]

use std::io::Cursor;

use libfuzzer_sys::fuzz_target;
use ndarray_io::{NpzReader, ReadOptions};

fuzz_target!(|bytes: &[u8]| {
    let Ok(npz) = NpzReader::new(Cursor::new(bytes)) else {
        return;
    };
    let mut npz = npz.with_options(ReadOptions::new().max_bytes(16 << 20));
    for name in npz.names().unwrap_or_default() {
        let _ = npz.header(&name);
        let _ = npz.get(&name);
    }
    let _ = npz.read_all();
});
