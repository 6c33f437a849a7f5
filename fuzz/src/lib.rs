//! What must hold for any bytes, a function a target: the targets of `fuzz_targets/` call them with libFuzzer's bytes,
//! the tests of the crate with the inputs of `tests/data/regressions`.

use std::io::Write;

use tempfile::NamedTempFile;

pub mod npy;
pub mod npz;
pub mod object;
pub mod text;

/// The bytes as a file, for what reads from paths only.
fn on_disk(bytes: &[u8]) -> NamedTempFile {
    let mut file = NamedTempFile::new().expect("a file in the folder of temporary files");
    file.write_all(bytes).expect("a few bytes in it");
    file
}
