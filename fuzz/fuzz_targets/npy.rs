//! Any bytes are an array or an error, by each way to read or view them.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ndarray::{ArrayD, ArrayViewD};
use ndarray_io::{Casting, DynArray, ReadNpyExt, ReadOptions, ViewNpyExt};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(array) = DynArray::read_npy(bytes) {
        let _ = array.to_string();
        let _ = array.into_array::<serde_json::Value, ndarray::IxDyn>(Casting::Unsafe);
    }
    let unsafely = ReadOptions::new().casting(Casting::Unsafe);
    let _ = ArrayD::<f64>::read_npy_with(bytes, &unsafely);
    let _ = ArrayD::<i32>::read_npy_with(bytes, &unsafely);
    let _ = ArrayD::<String>::read_npy(bytes);
    let _ = ArrayViewD::<bool>::view_npy(bytes);
    let _ = ArrayViewD::<f64>::view_npy(bytes);
});
