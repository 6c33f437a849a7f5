//! From ndarray-npy, npyz and csv: what to change, line by line.
//!
//! # From ndarray-npy
//!
//! Names and signatures are the same; most code needs the first line only. What does otherwise with the same text comes
//! first in the table.
//!
//! ```text
//! -use ndarray_npy::{read_npy, write_npy, ReadNpyExt, WriteNpyExt, NpzReader, NpzWriter};
//! +use ndarray_io::{read_npy, write_npy, ReadNpyExt, WriteNpyExt, NpzReader, NpzWriter};
//! ```
//!
//! | there | here |
//! |---|---|
//! | an `NpzWriter` that is dropped without `finish()` completes its archive | it does not: an early `?` would leave an archive that looks whole and is not. Call [`finish`](NpzWriter::finish) |
//! | bytes after the data of a `.npy` file are an error (`ExtraBytes`) | they are left unread, as in NumPy: a stream may go on with the next array |
//! | `ReadNpyError`, `WriteNpyError`, `ViewNpyError`, `ReadNpzError`, `WriteNpzError` | names of the one [`Error`]; instead of variants, `match error.kind()` with [`ErrorKind`] |
//! | `ReadableElement`, `WritableElement`, `ViewElement`, `ViewMutElement` | bounds that compile as before; implementations of them go: `#[derive(Serialize, Deserialize)]` is enough |
//! | `NpzReader::new(File::open(path)?)` | works; [`NpzReader::open`]`(path)?` reads on all cores, and its errors name the path |
//! | `NpzWriter::new(File::create(path)?)` | works; [`NpzWriter::create`]`(path)?` replaces the file once it is complete |
//! | `NpzWriter::new_compressed` | the same |
//! | `new_with_options(writer, SimpleFileOptions)`, `add_array_with_options(name, &array, options)` | [`NpzWriter::add_array_with`]`(name, &array, &options)` with [`MemberOptions`]: no type of `zip` in the signature, and archives over 4 GiB without an option |
//! | `npz.by_name::<OwnedRepr<f64>, Ix2>("a.npy")?` | the same; `"a"` finds it too |
//! | `npz.names()?` gives `"a"` | the same |
//! | the feature `num-complex-0_4` | always there: complex numbers are elements |
//! | `ndarray_npy::npy::header` | [`Header`] |
//! | `write_zeroed_npy::<f64, _>(&file, shape)` | the same |
//! | `ArrayView::view_npy(&mmap)` | the same; or [`NpyMmap`], which makes the map as well |
//! | headers that end in `}` | end in `, }`, as NumPy's do: files are other bytes with the same content |
//! | `Ok(array)` for a file of another dtype: never | with [`ReadOptions::casting`], if you like |
//!
//! # From npyz
//!
//! ```text
//! -let npy = npyz::NpyFile::new(BufReader::new(File::open(path)?))?;
//! -let shape: Vec<usize> = npy.shape().iter().map(|&n| n as usize).collect();
//! -let order = npy.header().order();
//! -let array = Array2::from_shape_vec((shape[0], shape[1]).set_f(order == npyz::Order::Fortran), npy.into_vec::<f64>()?)?;
//! +let array: Array2<f64> = ndarray_io::read_npy(path)?;
//! ```
//!
//! | there | here |
//! |---|---|
//! | `#[derive(npyz::Serialize, npyz::Deserialize, npyz::AutoSerialize)]` | `#[derive(serde::Serialize, serde::Deserialize)]` |
//! | `npyz::DType`, `TypeStr` | [`Dtype`]: `"<f8".parse()?`, `Dtype::of::<T>()?` |
//! | `npy.dtype()`, `npy.shape()` | [`NpyReader::dtype`], [`NpyReader::shape`], before anything is read |
//! | `npy.data::<T>()?` by element | [`NpyReader::rows`]`::<T, Ix1>(n)` by blocks, in bounded memory |
//! | `npyz::WriteOptions::new().dtype(d).shape(&s).writer(w).begin_nd()?`, `push`, `finish` | `array.write_npy(w)?`; for a file that grows: [`NpyAppender`], with `push`, `append` and `finish` |
//! | `npyz::npz::NpzArchive::open(path)?`, `by_name(name)?` | [`NpzReader::open`]`(path)?`, `by_name(name)?` |
//! | `npyz::npz::NpzWriter::array(name, options)?` | [`NpzWriter::add_array_with`]`(name, &array, &options)?` |
//! | `FixedSizeBytes`, `&[u8]` with its own width | `serde_bytes::ByteBuf` for `S`, `String` for `U`; a fixed width by [`WriteOptions::dtype`] |
//! | `complex` and `half` features | always there |
//! | `ArrayString`, `ArrayVec<u8, N>` of `arrayvec` | `String`, `serde_bytes::ByteBuf` |
//!
//! # From csv
//!
//! For tables of numbers and records. `csv` stays the better choice for text that is nothing else: ragged rows, fields that
//! are to be kept as they are written, text that has delimiters or line ends in it, which is not quoted here when written.
//!
//! ```text
//! -let mut reader = csv::Reader::from_path(path)?;
//! -let mut values = Vec::new();
//! -let mut columns = 0;
//! -for record in reader.deserialize() {
//! -    let row: Vec<f64> = record?;
//! -    columns = row.len();
//! -    values.extend(row);
//! -}
//! -let array = Array2::from_shape_vec((values.len() / columns, columns), values)?;
//! +let array: Array2<f64> = LoadTxt::new().delimiter(",").skiprows(1).read_path(path)?;
//! ```
//!
//! | there | here |
//! |---|---|
//! | `ReaderBuilder::new().delimiter(b'\t')` | [`LoadTxt::delimiter`](crate::LoadTxt::delimiter)`("\t")` |
//! | `.has_headers(true)`, then structs by the names of columns | [`GenFromTxt::names`](crate::GenFromTxt::names)`(Names::FromHeader)`, then `.read::<_, T, Ix1>(reader)?`. NumPy's rules hold: add `.loose(false)` for an error where a field is no number (else it is filled: -1, NaN), `.no_comments()`, and `.replace_space("").deletechars("")` if names have blanks or punctuation |
//! | `.has_headers(true)`, then tuples | [`LoadTxt::skiprows`](crate::LoadTxt::skiprows)`(1)`: columns by position |
//! | `.quote(b'"')`, on by default | [`quotechar`](crate::LoadTxt::quotechar)`('"')`, off by default, as in NumPy |
//! | `.comment(Some(b'#'))`, off by default | [`comments`](crate::LoadTxt::comments)`(["#"])`, on by default; off: `comments(None::<&str>)` |
//! | `.trim(csv::Trim::All)` | [`GenFromTxt::autostrip`](crate::GenFromTxt::autostrip)`(true)`; numbers need none |
//! | `.flexible(true)` | [`GenFromTxt::invalid_raise`](crate::GenFromTxt::invalid_raise)`(false)` leaves such rows out |
//! | `Option<f64>` for an empty field | the same |
//! | `reader.deserialize::<T>()`, row by row | `Array1<T>` at once, on all cores |
//! | `Writer::from_path(path)?`, `serialize(record)?` | [`SaveTxt`]`::new().delimiter(",").comments("").header("a,b").fmt(Fmt::Shortest).write_path(path, &records)?` |
//! | `error.position()` | [`Error::line`], [`Error::column`] |
#![cfg_attr(
    not(all(feature = "npz", feature = "mmap", feature = "text")),
    allow(rustdoc::broken_intra_doc_links)
)]

#[allow(unused_imports)] // names of the links
use crate::*;
