//! np.loadtxt: tables of text to arrays.

mod options;
mod read;
#[cfg(test)]
mod tests;

use std::fmt;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use ndarray::{Array, Dimension};
use serde::de::DeserializeOwned;

use super::job::Converter;
use super::shared::Shared;
use crate::error::{Context, Result};
use crate::npy::DynArray;

/// Reads a table of text from the file at `path`, as `np.loadtxt(path)` does: fields between whitespace, comments after
/// `#`, blank lines skipped. For anything else there is [`LoadTxt`].
///
/// `A` is what a field becomes (a scalar, a `String`, an `Option`), or what a row becomes (a struct or tuple, whose
/// fields are the columns). `D` is [`Ix2`](type@ndarray::Ix2) for rows and columns; [`Ix1`](type@ndarray::Ix1) for a
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

/// How a table of text is read: the parameters of `np.loadtxt`.
///
/// Files are read on all cores, in the memory of the result and some tens of MiB, whatever their size; `.gz`, `.bz2`
/// and `.xz` files are unpacked on the way, told by their content.
///
/// Floats are correctly rounded, always. Integers must fit. A bool is an integer, true unless 0. Complex numbers are
/// written `1+2j` or `(1+2j)`. Of an `Option` the empty field is `None`. A record's fields are the columns, in order:
/// nested records and fixed arrays take as many columns as they have values.
///
/// # Examples
///
/// ```
/// use ndarray::{Array2, array};
/// use ndarray_io::LoadTxt;
///
/// let text = "time;value;note\n0,5;1;a\n1,5;2;b\n";
/// let a: Array2<f64> = LoadTxt::new()
///     .delimiter(";")
///     .skiprows(1)
///     .usecols([0, 1])
///     .converter(0, |text| text.replace(',', "."))
///     .read(text.as_bytes())?;
/// assert_eq!(a, array![[0.5, 1.0], [1.5, 2.0]]);
/// # Ok::<(), ndarray_io::Error>(())
/// ```
#[derive(Clone)]
pub struct LoadTxt {
    shared: Shared,
    comments: Vec<String>,
    delimiter: Option<String>,
    converters: Vec<(Option<isize>, Arc<Converter>)>,
    skiprows: u64,
    usecols: Option<Vec<isize>>,
}

impl Default for LoadTxt {
    fn default() -> Self {
        LoadTxt {
            shared: Shared::default(),
            comments: vec!["#".to_owned()],
            delimiter: None,
            converters: Vec::new(),
            skiprows: 0,
            usecols: None,
        }
    }
}

impl fmt::Debug for LoadTxt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoadTxt")
            .field("dtype", &self.shared.dtype)
            .field("comments", &self.comments)
            .field("delimiter", &self.delimiter)
            .field(
                "converters",
                &self.converters.iter().map(|(column, _)| column).collect::<Vec<_>>(),
            )
            .field("skiprows", &self.skiprows)
            .field("usecols", &self.usecols)
            .field("unpack", &self.shared.unpack)
            .field("ndmin", &self.shared.ndmin)
            .field("max_rows", &self.shared.max_rows)
            .field("quotechar", &self.shared.quotechar)
            .field("encoding", &self.shared.encoding)
            .field("progress", &self.shared.progress.is_some())
            .finish()
    }
}

impl LoadTxt {
    /// NumPy's defaults: whitespace between fields, comments after `#`, no quotes, all rows and columns, UTF-8.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray::{Ix1, array};
    /// use ndarray_io::LoadTxt;
    ///
    /// let a = LoadTxt::new().read::<_, f64, Ix1>(&b"1 # one\n2\n"[..])?;
    /// assert_eq!(a, array![1.0, 2.0]);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

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
