//! Every target in one program, which is built in the time of one: `NDARRAY_IO_TARGET` names the one to run.
#![no_main]

use std::sync::LazyLock;

static TARGET: LazyLock<fn(&[u8])> = LazyLock::new(|| {
    let name = std::env::var("NDARRAY_IO_TARGET").expect("NDARRAY_IO_TARGET names a target");
    let target = ndarray_io_fuzz::TARGETS.iter().find(|(target, _)| *target == name);
    target.expect("NDARRAY_IO_TARGET is the name of a target").1
});

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| TARGET(bytes));
