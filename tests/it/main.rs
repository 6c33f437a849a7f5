//! The integration tests: one binary, a module a topic.

// Lints against panics guard the crate's input; a test that panics is a test that fails.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::cast_possible_truncation)]
#![allow(unreachable_pub)] // every module of a test binary is private

mod corpus;
mod header;
<<<<<<< HEAD
mod hostile;
mod numpy;
mod roundtrip;
=======
#[cfg(feature = "mmap")]
mod mmap;
mod numpy;
mod slice;
>>>>>>> 3c2bbf3 (Maps of .npy and raw files, slices and blocks of rows out of files, fromfile and tofile)
mod support;
