//! np.loadtxt: tables of text to arrays.

mod options;
mod read;
#[cfg(test)]
mod tests;

use std::io::Read;
use std::path::Path;

use ndarray::{Array, Dimension};
use serde::de::DeserializeOwned;

pub use self::options::LoadTxt;
use crate::error::{Context, Result};
use crate::npy::DynArray;

/// Reads a table of text from the file at `path`, as `np.loadtxt(path)` does: fields between whitespace, comments after
/// `#`, blank lines skipped. For anything else there is [`LoadTxt`].
///
/// `A` is what a field becomes (a scalar, a `String`, an `Option`), or what a row becomes (a struct, tuple or
/// fixed array, whose fields are the columns). `D` is [`Ix2`](type@ndarray::Ix2) for rows and columns; [`Ix1`](type@ndarray::Ix1) for a
/// single column, a single row, or records; [`IxDyn`](type@ndarray::IxDyn) for whatever the file has, without axes of
/// length 1.
///
/// # Errors
///
/// [`ErrorKind::Parse`](crate::ErrorKind::Parse), with line and column, for text that is no `A` or a row that is shorter or
/// longer than the first; [`ErrorKind::Shape`](crate::ErrorKind::Shape) if the table does not fit `D`.
///
/// # Examples
///
/// ```
/// use ndarray::{Array1, Array2, array};
/// use ndarray_io::loadtxt;
///
/// # let dir = tempfile::tempdir()?;
/// # let path = dir.path().join("data.txt");
/// std::fs::write(&path, "# x y\n1 2.5\n3 4e-3\n")?;
/// let a: Array2<f64> = loadtxt(&path)?;
/// assert_eq!(a, array![[1.0, 2.5], [3.0, 0.004]]);
///
/// #[derive(serde::Deserialize, Debug, PartialEq)]
/// struct Point {
///     x: i32,
///     y: f64,
/// }
/// let points: Array1<Point> = loadtxt(&path)?;
/// assert_eq!(points[1], Point { x: 3, y: 0.004 });
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn loadtxt<P: AsRef<Path>, A: DeserializeOwned, D: Dimension>(path: P) -> Result<Array<A, D>> {
    LoadTxt::new().read_path(path)
}

impl LoadTxt {
    /// Reads the file at `path`; see [`loadtxt`] for what `A` and `D` may be.
    ///
    /// # Errors
    ///
    /// As [`loadtxt`]; [`ErrorKind::Argument`](crate::ErrorKind::Argument) for parameters that contradict each other.
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let path = dir.path().join("a.csv");
    /// # std::fs::write(&path, "1,2\n3,4\n")?;
    /// use ndarray::{Array2, array};
    /// use ndarray_io::LoadTxt;
    ///
    /// let a: Array2<f64> = LoadTxt::new().delimiter(",").read_path(&path)?;
    /// assert_eq!(a, array![[1.0, 2.0], [3.0, 4.0]]);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn read_path<P: AsRef<Path>, A: DeserializeOwned, D: Dimension>(&self, path: P) -> Result<Array<A, D>> {
        let path = path.as_ref();
        let mut source = self.shared.open(path)?;
        self.read_source(&mut source).in_path(path)
    }

    /// Reads text from a reader, to its end or to the last of [`max_rows`](Self::max_rows); see [`loadtxt`] for what `A`
    /// and `D` may be.
    ///
    /// # Errors
    ///
    /// As [`loadtxt`]; [`ErrorKind::Argument`](crate::ErrorKind::Argument) for parameters that contradict each other.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray::{Array1, array};
    /// use ndarray_io::LoadTxt;
    ///
    /// let a: Array1<(u8, String)> = LoadTxt::new().read(&b"1 one\n2 two\n"[..])?;
    /// assert_eq!(a[1], (2, "two".to_owned()));
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn read<R: Read, A: DeserializeOwned, D: Dimension>(&self, reader: R) -> Result<Array<A, D>> {
        self.read_source(&mut self.shared.source(reader))
    }

    /// Reads the file at `path` as the [`dtype`](Self::dtype) that was set.
    ///
    /// # Errors
    ///
    /// As [`loadtxt`]; [`ErrorKind::Argument`](crate::ErrorKind::Argument) for parameters that contradict each other.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::{DynArray, LoadTxt};
    ///
    /// # let dir = tempfile::tempdir()?;
    /// # let path = dir.path().join("data.txt");
    /// std::fs::write(&path, "1 2\n3 4\n")?;
    /// let a = LoadTxt::new().dtype("<i2".parse()?).read_dyn_path(&path)?;
    /// assert!(matches!(a, DynArray::Int16(a) if a[[1, 0]] == 3));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn read_dyn_path<P: AsRef<Path>>(&self, path: P) -> Result<DynArray> {
        let path = path.as_ref();
        let mut source = self.shared.open(path)?;
        self.read_dyn_source(&mut source).in_path(path)
    }

    /// Reads text from a reader as the [`dtype`](Self::dtype) that was set.
    ///
    /// # Errors
    ///
    /// As [`loadtxt`]; [`ErrorKind::Argument`](crate::ErrorKind::Argument) for parameters that contradict each other.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::LoadTxt;
    ///
    /// let a = LoadTxt::new().dtype("<i4".parse()?).read_dyn(&b"1 2\n"[..])?;
    /// assert_eq!(a, ndarray::array![1_i32, 2].into());
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn read_dyn<R: Read>(&self, reader: R) -> Result<DynArray> {
        self.read_dyn_source(&mut self.shared.source(reader))
    }
}
