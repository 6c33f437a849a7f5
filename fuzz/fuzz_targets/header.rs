//! Any bytes are a header or an error, and a header that was read is written as one that says the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ndarray_io::Header;

fuzz_target!(|bytes: &[u8]| {
    let Ok(header) = Header::read(&mut &bytes[..]) else {
        return;
    };
    let Ok(again) = header.to_bytes(None) else { return };
    let same = Header::read_with(&mut &again[..], usize::MAX).expect("a header that was written");
    assert_eq!(same, header);
});
