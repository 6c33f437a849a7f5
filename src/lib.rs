//! NumPy's array I/O for [`ndarray`]: `.npy` and `.npz`, text and memory maps, compatible byte for byte in both
//! directions, safe on untrusted files.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod dtype;
mod element;
mod error;
mod load;
#[cfg(feature = "mmap")]
mod mmap;
mod npy;
#[cfg(feature = "npz")]
mod npz;
mod raw;
mod storage;
#[cfg(feature = "text")]
mod text;

pub use dtype::{ByteOrder, Casting, Dtype, Field, Kind, Unit, UnitBase};
pub use element::{
    Datetime64, ReadableElement, TimeUnit, Timedelta64, ViewElement, ViewMutElement, WritableElement, units,
};
pub use error::{Error, ErrorKind, ReadNpyError, ReadNpzError, Result, ViewNpyError, WriteNpyError, WriteNpzError};
pub use load::{Loaded, load};
#[cfg(feature = "mmap")]
pub use mmap::{Advice, NpyMmap, NpyMmapMut, RawMmap, RawMmapMut};
pub use npy::{
    DynArray, Header, NpyAppender, NpyReader, RawArray, ReadNpyExt, ReadOptions, RecordArray, Rows, TypedArray,
    Version, ViewMutNpyExt, ViewNpyExt, WriteNpyExt, WriteOptions, create_new_npy, read_npy, write_npy,
    write_zeroed_npy,
};
#[cfg(all(feature = "npz", feature = "mmap"))]
pub use npz::NpzMmap;
#[cfg(feature = "npz")]
pub use npz::{
    ArchiveFile, Compression, MemberOptions, NpzArrays, NpzReader, NpzWriter, read_npz, write_npz, write_npz_compressed,
};
pub use raw::{RawLayout, read_raw, write_raw};
pub use storage::file::FileReader;
#[cfg(feature = "text")]
pub use text::{Charset, Encoding, Fmt, LoadTxt, SaveTxt, WriteTxtExt, loadtxt, savetxt};
