//! `.npz`: zip archives of arrays.

mod deflate;
#[cfg(feature = "object_store")]
mod fetched;
mod info;
mod literals;
mod member;
#[cfg(feature = "mmap")]
mod mmap;
mod read;
mod slice;
mod value;
mod write;
mod zip;

#[cfg(feature = "object_store")]
pub(crate) use fetched::Archive;
pub use info::MemberInfo;
#[cfg(feature = "mmap")]
pub use mmap::NpzMmap;
pub use read::{NpzArrays, NpzReader};
pub use value::{read_npz, write_npz, write_npz_compressed};
pub use write::{ArchiveFile, Compression, MemberOptions, NpzWriter};
