//! The same bytes whole and in pieces give the same array, or errors of the same kind.
#![no_main]

use std::io::{self, Read};

use libfuzzer_sys::fuzz_target;
use ndarray_io::{DynArray, ReadNpyExt};

/// Gives at most so many bytes at once.
struct Pieces<'a>(&'a [u8], usize);

impl Read for Pieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let len = buffer.len().min(self.1);
        self.0.read(&mut buffer[..len])
    }
}

fuzz_target!(|bytes: &[u8]| {
    let Some((&size, file)) = bytes.split_first() else {
        return;
    };
    let shown = |result: Result<DynArray, ndarray_io::Error>| match result {
        Ok(array) => array.to_string(),
        Err(error) => format!("{:?}", error.kind()),
    };
    let pieces = Pieces(file, usize::from(size).max(1));
    assert_eq!(shown(DynArray::read_npy(file)), shown(DynArray::read_npy(pieces)));
});
