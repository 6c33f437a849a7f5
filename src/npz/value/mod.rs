//! A serde value as an archive: each field a member.
//!
//! `ser` writes it, with `sequence` for the elements of an array and `empty` for what has none; `de` reads it, with
//! `array` for the content of a member and `names` for what is a field of what.

mod array;
mod de;
mod empty;
mod names;
mod sequence;
mod ser;

use std::io::{Read, Seek, Write};
use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::read::NpzReader;
use super::write::NpzWriter;
use crate::error::Result;

/// Writes a struct or map as the archive at `path`, each field a member: `np.savez(path, a=a, b=b)`.
///
/// Arrays of any dimension are arrays (with `ndarray`'s feature `serde`), numbers and strings are 0-d arrays, vectors
/// are 1-d ones, or n-d if they are nested, or records. A struct or map inside is a folder: its fields are
/// `outer/inner.npy`.
///
/// `None` is no member at all, so that of a map, of a variant or of another `Option` is an error: it would be lost. A
/// struct or map inside without any member is an entry `outer/` of the archive, as zip archives have of folders, and
/// `np.load` gives it as `b""`. A map's key may have slashes if its value is an array, a number or text, and is read back
/// as one key where serde asks for a map of such values: not inside a flattened field or an untagged or internally tagged
/// enum, nor as a `serde_json::Value`, where slashes make maps inside maps.
///
/// An array or vector without elements keeps its shape, and its dtype if the elements would be scalars, text (`<U1`,
/// as in NumPy) or dates of a usual unit (days, or seconds down to nanoseconds), in a `Vec`, slice, `Array`, `ArcArray`
/// or `ArrayView`. Nothing says what records, tuples and nested vectors would be, or the elements of another container:
/// without any they are float64, as `np.array([])` is.
///
/// The archive replaces whatever was at `path` once it is complete: a checkpoint is the old one or the new one, never
/// half of it.
///
/// # Errors
///
/// [`ErrorKind::Element`](crate::ErrorKind::Element) if a field cannot be an array; the error names it.
/// [`ErrorKind::Io`](crate::ErrorKind::Io) if writing fails.
///
/// # Examples
///
/// ```
/// # let dir = tempfile::tempdir().unwrap();
/// # let path = dir.path().join("checkpoint.npz");
/// use ndarray::{Array2, array};
/// use ndarray_io::{read_npz, write_npz};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Serialize, Deserialize, PartialEq, Debug)]
/// struct Checkpoint {
///     epoch: u64,
///     weights: Array2<f64>,
///     loss_history: Vec<f64>,
///     config: Config,
/// }
///
/// #[derive(Serialize, Deserialize, PartialEq, Debug)]
/// struct Config {
///     lr: f64,
///     optimizer: String,
///     warmup: Option<u32>,
/// }
///
/// let checkpoint = Checkpoint {
///     epoch: 7,
///     weights: array![[0.5, -0.5]],
///     loss_history: vec![1.0, 0.25],
///     config: Config { lr: 1e-3, optimizer: "adam".to_owned(), warmup: None },
/// };
/// write_npz(&path, &checkpoint)?;
/// assert_eq!(read_npz::<_, Checkpoint>(&path)?, checkpoint);
/// # let npz = ndarray_io::NpzReader::open(&path)?;
/// # assert_eq!(npz.names()?, ["epoch", "weights", "loss_history", "config/lr", "config/optimizer"]);
/// # Ok::<(), ndarray_io::Error>(())
/// ```
pub fn write_npz<P: AsRef<Path>, T: Serialize + ?Sized>(path: P, value: &T) -> Result<()> {
    let mut npz = NpzWriter::create(path)?;
    npz.add_value(value)?;
    npz.finish()?;
    Ok(())
}

/// As [`write_npz`], with members compressed as `np.savez_compressed` does.
///
/// # Errors
///
/// As [`write_npz`].
///
/// # Examples
///
/// ```
/// # let dir = tempfile::tempdir().unwrap();
/// # let path = dir.path().join("a.npz");
/// use std::collections::BTreeMap;
/// use ndarray_io::{read_npz, write_npz_compressed};
///
/// let sums = BTreeMap::from([("train".to_owned(), vec![0.0; 1000]), ("test".to_owned(), vec![0.5; 10])]);
/// write_npz_compressed(&path, &sums)?;
/// assert_eq!(read_npz::<_, BTreeMap<String, Vec<f64>>>(&path)?, sums);
/// assert!(path.metadata()?.len() < 1000);
/// # Ok::<(), ndarray_io::Error>(())
/// ```
pub fn write_npz_compressed<P: AsRef<Path>, T: Serialize + ?Sized>(path: P, value: &T) -> Result<()> {
    let mut npz = NpzWriter::create_compressed(path)?;
    npz.add_value(value)?;
    npz.finish()?;
    Ok(())
}

/// Reads the archive at `path` as a struct or map, each member a field: what [`write_npz`] wrote, or NumPy.
///
/// A name with slashes is a path of structs and maps, `outer/inner`. Of a map whose values are neither it is one key,
/// as of `np.savez(path, **{"layer/w": w})`: a `BTreeMap<String, ArrayD<f64>>` has `layer/w`. Values of any kind
/// (`serde_json::Value`) are taken for maps; [`NpzReader::read_all`] has each name whole.
///
/// Members that the struct does not have are skipped, unread. 0-d integers fit any integer type that can hold their
/// value, any number a float, and any but a long double becomes the text that `str` makes of it. Python's objects are
/// read as data with the feature `object`, where `None` is that of an `Option`.
///
/// # Errors
///
/// [`ErrorKind::Missing`](crate::ErrorKind::Missing) if a field has no member,
/// [`ErrorKind::Dtype`](crate::ErrorKind::Dtype) or [`ErrorKind::Shape`](crate::ErrorKind::Shape) if its member is
/// another array than the field's type; else as [`NpzReader::by_name`]. The error names the member.
///
/// # Examples
///
/// ```
/// # let dir = tempfile::tempdir().unwrap();
/// # let path = dir.path().join("a.npz");
/// # let mut npz = ndarray_io::NpzWriter::create(&path)?;
/// # npz.add_array("x", &ndarray::array![[1.0, 2.0]])?;
/// # npz.add_array("seed", &ndarray::arr0(42_i64))?;
/// # npz.finish()?;
/// use ndarray::{Array2, array};
/// use ndarray_io::read_npz;
///
/// #[derive(serde::Deserialize)]
/// struct Samples {
///     x: Array2<f64>,
///     seed: u64,
///     comment: Option<String>, // not there
/// }
/// let samples: Samples = read_npz(&path)?;
/// assert_eq!((samples.x, samples.seed, samples.comment), (array![[1.0, 2.0]], 42, None));
/// # Ok::<(), ndarray_io::Error>(())
/// ```
pub fn read_npz<P: AsRef<Path>, T: DeserializeOwned>(path: P) -> Result<T> {
    NpzReader::open(path)?.value()
}

impl<W: Write> NpzWriter<W> {
    /// Adds each field of a struct or map as a member, as [`write_npz`] does.
    ///
    /// # Errors
    ///
    /// As [`write_npz`], and [`ErrorKind::Argument`](crate::ErrorKind::Argument) if there is a member of that name
    /// already.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::io::Cursor;
    /// use ndarray_io::{NpzReader, NpzWriter};
    ///
    /// #[derive(serde::Serialize)]
    /// struct Losses {
    ///     train: Vec<f64>,
    ///     test: Vec<f64>,
    /// }
    /// let mut npz = NpzWriter::new(Cursor::new(Vec::new()));
    /// npz.add_value(&Losses { train: vec![1.0, 0.5], test: vec![0.75] })?;
    /// npz.add_bytes("LICENSE", b"CC0")?;
    /// assert_eq!(NpzReader::new(npz.finish()?)?.names()?, ["train", "test", "LICENSE"]);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn add_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<()> {
        ser::add_root(self, value)
    }
}

impl<R: Read + Seek> NpzReader<R> {
    /// Reads the archive as a struct or map, each member a field, as [`read_npz`] does.
    ///
    /// # Errors
    ///
    /// As [`read_npz`].
    ///
    /// # Examples
    ///
    /// ```
    /// use std::collections::HashMap;
    /// use std::io::Cursor;
    /// use ndarray_io::{NpzReader, NpzWriter};
    ///
    /// let mut npz = NpzWriter::new(Cursor::new(Vec::new()));
    /// npz.add_array("x", &ndarray::array![1.0, 2.0])?;
    /// let arrays: HashMap<String, Vec<f64>> = NpzReader::new(npz.finish()?)?.value()?;
    /// assert_eq!(arrays["x"], [1.0, 2.0]);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn value<T: DeserializeOwned>(&mut self) -> Result<T> {
        de::read_root(self)
    }
}
