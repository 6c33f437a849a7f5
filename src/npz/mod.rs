//! `.npz`: zip archives of arrays.
//!
//! From the bottom up: `zip` is the container, `deflate` (over `huffman`) its usual compression. `pack` puts members
//! in, for `write`; `member` gets one out, for `read`. Above these are `slice`, `mmap`, `fetched`, and `value`, a
//! serde value as an archive.

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
