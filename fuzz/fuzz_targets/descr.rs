//! Any text is a dtype or an error, and a dtype's descr is that dtype.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ndarray_io::Dtype;

fuzz_target!(|text: &str| {
    let Ok(dtype) = text.parse::<Dtype>() else { return };
    let _ = (dtype.itemsize(), dtype.alignment(), dtype.aligned());
    if let Ok(same) = dtype.descr().parse::<Dtype>() {
        assert_eq!(same.itemsize(), dtype.itemsize());
    }
});
