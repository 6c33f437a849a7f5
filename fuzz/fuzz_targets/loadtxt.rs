//! Any bytes are a table or an error, with any delimiter, quotes and element.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ndarray::{Array1, ArrayD};
use ndarray_io::LoadTxt;

fuzz_target!(|bytes: &[u8]| {
    let Some((&choice, text)) = bytes.split_first() else {
        return;
    };
    let mut options = LoadTxt::new();
    if choice & 1 > 0 {
        options = options.delimiter(",");
    }
    if choice & 2 > 0 {
        options = options.quotechar('"');
    }
    match choice >> 2 & 3 {
        0 => drop(options.read::<_, f64, ndarray::IxDyn>(text)),
        1 => drop(options.read::<_, i64, ndarray::IxDyn>(text)),
        2 => drop::<Result<ArrayD<String>, _>>(options.read(text)),
        _ => drop::<Result<Array1<(i32, f32, String)>, _>>(options.read(text)),
    }
});
