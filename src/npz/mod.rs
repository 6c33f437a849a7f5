//! `.npz`: zip archives of arrays.

mod deflate;
mod read;
mod value;
mod write;
mod zip;

pub use read::{NpzArrays, NpzReader};
pub use value::{read_npz, write_npz, write_npz_compressed};
pub use write::{ArchiveFile, Compression, MemberOptions, NpzWriter};
