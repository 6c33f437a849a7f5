//! `.npz`: zip archives of arrays.

mod deflate;
mod read;
mod write;
mod zip;

pub use read::{NpzArrays, NpzReader};
pub use write::{ArchiveFile, Compression, MemberOptions, NpzWriter};
