//! What must hold for any bytes, a function a target: the targets of `fuzz_targets/` call them with libFuzzer's bytes,
//! the tests of the crate with the inputs of `tests/data/regressions`.

use std::io::Write;

use tempfile::NamedTempFile;

pub mod npy;
pub mod npz;
pub mod object;
pub mod text;

/// A target's name, and what it does with libFuzzer's bytes.
pub type Target = (&'static str, fn(&[u8]));

/// Every target.
pub const TARGETS: [Target; 13] = [
    ("descr", npy::descr),
    ("fromregex", text::regex),
    ("genfromtxt", text::genfromtxt),
    ("header", npy::header),
    ("loadtxt", text::loadtxt),
    ("npy", npy::read),
    ("npz", npz::read),
    ("npz_mmap", npz::mmap),
    ("object", object::read),
    ("pieces", npy::pieces),
    ("roundtrip", npy::roundtrip),
    ("slice", npy::slice),
    ("text_roundtrip", text::roundtrip),
];

/// The bytes as a file, for what reads from paths only.
fn on_disk(bytes: &[u8]) -> NamedTempFile {
    let mut file = NamedTempFile::new().expect("a file in the folder of temporary files");
    file.write_all(bytes).expect("a few bytes in it");
    file
}
