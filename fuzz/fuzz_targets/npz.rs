#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| ndarray_io_fuzz::npz::read(bytes));
