//! NumPy's array I/O for [`ndarray`]: `.npy` and `.npz`, text and memory maps, compatible byte for byte in both
//! directions, safe on untrusted files.
//!
//! # Save and load
//!
//! ```
//! # let dir = tempfile::tempdir().unwrap();
//! # let path = dir.path().join("a.npy");
//! use ndarray::{Array2, array};
//! use ndarray_io::{read_npy, write_npy};
//!
//! let a = array![[1.0, 2.0], [3.0, 4.0]];
//! write_npy(&path, &a)?; // np.save; a reader sees the old file or the new one
//! let b: Array2<f64> = read_npy(&path)?; // np.load
//! assert_eq!(a, b);
//! # Ok::<(), ndarray_io::Error>(())
//! ```
//!
//! The extension traits do the same on any reader, writer or buffer: [`WriteNpyExt`], [`ReadNpyExt`], [`ViewNpyExt`].
//! [`WriteOptions`] choose the dtype and order, [`ReadOptions`] allow casts and set limits, and [`NpyReader`] looks at
//! the header first.
//!
//! # Records
//!
//! Whatever serde can serialize is an element; there is nothing else to implement. NumPy sees a structured array.
//!
//! ```
//! use ndarray::{Array1, array};
//! use ndarray_io::{Dtype, ReadNpyExt, WriteNpyExt};
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Serialize, Deserialize, Debug, PartialEq)]
//! struct Particle {
//!     id: u64,
//!     pos: [f32; 3],
//!     name: String,
//! }
//! let particles = array![Particle { id: 1, pos: [0.0, 0.5, 1.0], name: "e".into() }];
//! let mut file = Vec::new();
//! particles.write_npy(&mut file)?;
//! assert_eq!(
//!     Dtype::of_value(&particles[0])?.to_string(),
//!     "[('id', '<u8'), ('pos', '<f4', (3,)), ('name', '<U1')]"
//! );
//! assert_eq!(Array1::<Particle>::read_npy(&file[..])?, particles);
//! # Ok::<(), ndarray_io::Error>(())
//! ```
//!
//! | Rust, through serde | dtype | |
//! |---|---|---|
//! | `bool`, integers, `f32`, `f64`, [`half::f16`], [`Complex`](num_complex::Complex) | `b1 i1..i8 u1..u8 f2 f4 f8 c8 c16` | copied in bulk |
//! | `char`, `&str`, `String`, a unit variant of an enum | `U` | as wide as the longest |
//! | bytes (`serde_bytes`) | `S` | trailing NULs dropped on reading |
//! | [`Datetime64`], [`Timedelta64`] | `M8`, `m8` | NaT is `None` of an `Option` |
//! | a struct | structured | fields by name, in any order; others of the file are skipped |
//! | `[T; N]`, a tuple of one type | a subarray | nested arrays give more axes; whole elements have theirs behind the array's own: an `Array1<[f64; 3]>` is of shape `(n, 3)` to NumPy, and read as such from there |
//! | a tuple of several types | structured, `f0, f1, ..` | by position |
//! | `Option` of a float, complex, datetime | the inner dtype | `None` is NaN or NaT |
//! | a newtype | its inner type | around a complex number it is a pair, `(2,)`, to [`Dtype::of`]; with `#[serde(transparent)]` always |
//! | `serde_json::Value` | whatever the value is | |
//!
//! # A dtype known only at run time
//!
//! [`load`] opens whatever a file holds; a [`DynArray`] is matched on, converted, or written again with the same bytes.
//!
#![cfg_attr(
    feature = "npz",
    doc = r##"
# Archives

A struct is an archive, each field a member: checkpoints, results, weights. [`NpzWriter`] and [`NpzReader`] go member
by member, stored or deflated, on all cores.

```
# let dir = tempfile::tempdir().unwrap();
# let path = dir.path().join("checkpoint.npz");
use ndarray::{Array2, array};
use ndarray_io::{read_npz, write_npz_compressed};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Debug, PartialEq)]
struct Checkpoint {
    epoch: u64,
    weights: Vec<f64>,
    loss_history: Vec<f64>,
}
let checkpoint = Checkpoint { epoch: 3, weights: vec![0.5, 1.5], loss_history: vec![0.9, 0.5, 0.4] };
write_npz_compressed(&path, &checkpoint)?; // np.savez_compressed(path, epoch=.., weights=.., loss_history=..)
assert_eq!(read_npz::<_, Checkpoint>(&path)?, checkpoint);
# Ok::<(), ndarray_io::Error>(())
```
"##
)]
#![cfg_attr(
    feature = "text",
    doc = r##"
# Text

[`savetxt`] writes NumPy's bytes, [`loadtxt`] reads on all cores; [`SaveTxt`] and [`LoadTxt`] have their parameters.
[`GenFromTxt`] reads tables with missing values, and names and types its columns itself. Paths that end in `.gz` (`.bz2`, `.xz` with their features) are compressed.

```
# let dir = tempfile::tempdir().unwrap();
# let path = dir.path().join("data.csv");
use ndarray::{Array2, array};
use ndarray_io::{LoadTxt, SaveTxt};

let a = array![[1.0, 2.5], [3.0, 4.5]];
SaveTxt::new().fmt("%.3f").delimiter(",").header("x,y").write_path(&path, &a)?;
let b: Array2<f64> = LoadTxt::new().delimiter(",").read_path(&path)?;
assert_eq!(a, b);
# Ok::<(), ndarray_io::Error>(())
```
"##
)]
#![cfg_attr(
    feature = "mmap",
    doc = r##"
# Maps

A file of any size is an array, of which the system reads what is touched. `np.load(path, mmap_mode="r")`:

```
# let dir = tempfile::tempdir().unwrap();
# let path = dir.path().join("large.npy");
# ndarray_io::write_npy(&path, &ndarray::Array2::<f32>::ones((100, 3)))?;
use ndarray::Ix2;
use ndarray_io::NpyMmap;

// SAFETY: nobody changes or shortens the file while it is mapped.
let map = unsafe { NpyMmap::open(&path)? };
let a = map.view::<f32, Ix2>()?;
assert_eq!(a.row(50).sum(), 3.0);
# Ok::<(), ndarray_io::Error>(())
```

[`NpyMmapMut`] maps to write, `NpzMmap` the stored members of an archive, [`RawMmap`] files without a header.
"##
)]
#![cfg_attr(
    feature = "stack",
    doc = r##"
# Stacks

A folder of `.npy` files that are one array cut along an axis, as Dask writes and opens it. Any number of processes write
the chunks, in any order; a slice is read out of those that have a part of it.

```
# let dir = tempfile::tempdir().unwrap();
# let folder = dir.path().join("stack");
use ndarray::{Array1, array, s};
use ndarray_io::{NpyStack, NpyStackWriter};

let writer = NpyStackWriter::new(&folder, 0)?;
writer.write(1, &array![[5.0, 6.0]])?;
writer.write(0, &array![[1.0, 2.0], [3.0, 4.0]])?;
writer.finish(2)?; // dask.array.from_npy_stack(folder)
let column: Array1<f64> = NpyStack::open(&folder)?.read_slice(s![1.., 0])?;
assert_eq!(column, array![3.0, 5.0]);
# Ok::<(), ndarray_io::Error>(())
```
"##
)]
#![cfg_attr(
    feature = "object_store",
    doc = r##"
# Object stores

[`remote`] fetches the header, a slice or one member of an archive out of S3 and its like, by ranges, several at a time;
what it writes there appears whole or not at all.

```no_run
# async fn example() -> ndarray_io::Result<()> {
use ndarray::{Array1, s};
use ndarray_io::remote::{self, RemoteNpy};

let (store, path) = remote::parse_url("s3://bucket/large.npy", std::env::vars())?;
let column: Array1<f64> = RemoteNpy::open(store, path).await?.read_slice(s![.., 3]).await?;
# Ok(())
# }
```
"##
)]
//! # Larger than memory, without a map
//!
//! [`NpyReader::read_slice`] reads the bytes that a slice needs and no gaps between them but short ones,
//! [`NpyReader::rows`] goes block by block in bounded memory, [`NpyAppender`] grows a file that loads at any moment,
//! [`read_raw`] and [`write_raw`] are `fromfile` and `tofile`.
//!
//! # Which format
//!
//! | | when |
//! |---|---|
//! | `.npy` | one array: the fastest to write and read, sliced and mapped in place |
//! | `.npz` | several arrays, or a struct of them, in one file; compressed if the data has any pattern |
//! | text | for people, spreadsheets and other languages; two to three times larger, many times slower |
//! | a map | more data than memory, or a few values out of many |
//!
//! # Features
//!
//! | feature | default | |
//! |---|---|---|
//! | `npz` | yes | archives: `NpzReader`, `NpzWriter`, `read_npz`, `write_npz` |
//! | `mmap` | yes | memory maps: `NpyMmap`, `RawMmap`, `NpzMmap`; on ext4, large files are written by several cores at once |
//! | `text` | yes | `savetxt`, `loadtxt`, `genfromtxt`, `fromregex`; `.gz` files |
//! | `rayon` | yes | work on all cores, in the caller's pool |
//! | `object` | no | arrays of Python objects, read as data; nothing of a pickle is ever run |
//! | `jiff` | no | conversions of dates from and to `jiff`'s types |
//! | `bzip2`, `xz` | no | `.bz2` and `.xz` text, bzip2 and LZMA members of archives |
//! | `stack` | no | folders of `.npy` files that Dask computes on: `NpyStack` |
//! | `object_store` | no | arrays in S3, Google Cloud Storage, Azure and on HTTP servers: `remote` |
//! | `zstd` | no | Zstandard members of archives |
//!
//! Without any, there are `.npy` and raw files, with few dependencies. Each only adds, and compiles alone.
//!
//! # Untrusted files
//!
//! No input makes a call panic, overflow, or allocate by a claim that its bytes do not back. An [`Error`] says where,
//! what was found, what was expected, and what would work.
#![cfg_attr(
    doc,
    doc = r##"
# More

The [`cookbook`] has a recipe for each job; [each function and parameter of NumPy](cookbook::from_numpy) with its
counterpart; and what to change in code that uses [`ndarray-npy`, `npyz` or `csv`](cookbook::from_other_crates).
"##
)]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(test, allow(clippy::cast_possible_truncation))] // tests make their own numbers

#[cfg(doc)] // documentation only
pub mod cookbook;
mod dtype;
mod element;
mod error;
mod limits;
mod load;
#[cfg(feature = "mmap")]
mod mmap;
mod npy;
#[cfg(feature = "npz")]
mod npz;
#[cfg(feature = "object")]
mod object;
mod raw;
#[cfg(feature = "object_store")]
pub mod remote;
#[cfg(feature = "stack")]
mod stack;
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
    DynArray, Header, NpyAppender, NpyReader, RawArray, ReadNpyExt, ReadOptions, RecordArray, Rows, SliceTo,
    TypedArray, Version, ViewMutNpyExt, ViewNpyExt, WriteNpyExt, WriteOptions, create_new_npy, read_npy, write_npy,
    write_zeroed_npy,
};
#[cfg(all(feature = "npz", feature = "mmap"))]
pub use npz::NpzMmap;
#[cfg(feature = "npz")]
pub use npz::{
    ArchiveFile, Compression, MemberInfo, MemberOptions, NpzArrays, NpzReader, NpzWriter, read_npz, write_npz,
    write_npz_compressed,
};
#[cfg(feature = "object")]
pub use object::{Instance, Object};
pub use raw::{RawLayout, read_raw, write_raw};
#[cfg(feature = "object_store")]
#[doc(no_inline)]
pub use remote::RemoteNpy;
#[cfg(all(feature = "object_store", feature = "npz"))]
#[doc(no_inline)]
pub use remote::RemoteNpz;
#[cfg(feature = "stack")]
pub use stack::{NpyStack, NpyStackWriter};
pub use storage::file::FileReader;
#[cfg(feature = "text")]
pub use text::{
    Charset, ColumnKey, ColumnValues, Encoding, FillValue, Fmt, GenFromTxt, LetterCase, LoadTxt, MaskedArray, Names,
    SaveTxt, Table, TableColumn, WriteTxtExt, fromregex, fromregex_dyn, genfromtxt, loadtxt, savetxt,
};

/// The README's programs compile.
#[cfg(all(doctest, feature = "npz", feature = "text"))]
#[doc = include_str!("../README.md")]
struct Readme;
