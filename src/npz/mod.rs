//! `.npz`: zip archives of arrays.

mod archive;
mod arrays;
mod deflate;
#[cfg(feature = "object_store")]
mod fetched;
mod huffman;
mod info;
mod member;
#[cfg(feature = "mmap")]
mod mmap;
mod options;
mod pack;
mod read;
mod slice;
mod value;
mod write;
mod zip;

pub use archive::ArchiveFile;
pub use arrays::NpzArrays;
#[cfg(feature = "object_store")]
pub(crate) use fetched::Archive;
pub use info::MemberInfo;
#[cfg(feature = "mmap")]
pub use mmap::NpzMmap;
pub use options::{Compression, MemberOptions};
pub use read::NpzReader;
pub use value::{read_npz, write_npz, write_npz_compressed};
pub use write::NpzWriter;
