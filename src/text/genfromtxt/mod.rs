//! np.genfromtxt: tables of text with missing values, names, and types that the text tells.

mod layout;
mod options;
mod read;
mod table;

use std::io::Read;
use std::path::Path;

use ndarray::{Array, Dimension};
use serde::de::DeserializeOwned;

pub use self::options::GenFromTxt;
use self::read::Input;
use super::table::{MaskedArray, Table};
use crate::error::{Context, Result};
use crate::npy::DynArray;

/// Reads a table of text from the file at `path`, as `np.genfromtxt(path)` does: fields between whitespace, comments
/// after `#`, and a filling value for whatever cannot be read. For anything else there is [`GenFromTxt`].
///
/// `A` and `D` are as of [`loadtxt`](crate::loadtxt). What is missing or cannot be read becomes NaN, -1, `false` or
/// `None`, as `A` has it.
///
/// # Errors
///
/// [`ErrorKind::Parse`](crate::ErrorKind::Parse), with all lines (up to a hundred), if rows are shorter or longer than the first; for numbers out
/// of the range of `A`. [`ErrorKind::Shape`](crate::ErrorKind::Shape) if the table does not fit `D`.
///
/// # Examples
///
/// ```
/// use ndarray::Array2;
/// use ndarray_io::genfromtxt;
///
/// # let dir = tempfile::tempdir()?;
/// # let path = dir.path().join("data.txt");
/// std::fs::write(&path, "1 2.5\nN/A 4\n")?;
/// let a: Array2<f64> = genfromtxt(&path)?;
/// assert_eq!(a[[0, 1]], 2.5);
/// assert!(a[[1, 0]].is_nan());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn genfromtxt<P: AsRef<Path>, A: DeserializeOwned, D: Dimension>(path: P) -> Result<Array<A, D>> {
    GenFromTxt::new().read_path(path)
}

impl GenFromTxt {
    /// Reads the file at `path`; see [`genfromtxt`] for what `A` and `D` may be.
    ///
    /// Where names are known and `A` is a struct, its fields are the columns of these names; else they are the columns in
    /// order.
    ///
    /// # Errors
    ///
    /// As [`genfromtxt`]; [`ErrorKind::Argument`](crate::ErrorKind::Argument) for parameters that contradict each other.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray::Array1;
    /// use ndarray_io::{GenFromTxt, Names};
    ///
    /// #[derive(serde::Deserialize)]
    /// struct Sample {
    ///     depth: f64,
    ///     count: Option<u16>,
    /// }
    /// # let dir = tempfile::tempdir()?;
    /// # let path = dir.path().join("data.csv");
    /// std::fs::write(&path, "count,site,depth\n7,a,0.5\n,b,1.5\n")?;
    /// let samples: Array1<Sample> = GenFromTxt::new().delimiter(",").names(Names::FromHeader).read_path(&path)?;
    /// assert_eq!((samples[0].depth, samples[1].count), (0.5, None));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn read_path<P: AsRef<Path>, A: DeserializeOwned, D: Dimension>(&self, path: P) -> Result<Array<A, D>> {
        let path = path.as_ref();
        self.array(Input::Path(path)).in_path(path)
    }

    /// Reads text from a reader, to its end or to the last of [`max_rows`](Self::max_rows); see [`genfromtxt`] for what
    /// `A` and `D` may be.
    ///
    /// # Errors
    ///
    /// As [`read_path`](Self::read_path).
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray::{Array1, array};
    /// use ndarray_io::GenFromTxt;
    ///
    /// let a: Array1<Option<f64>> = GenFromTxt::new().missing_values("N/A").read(&b"1\nN/A\n"[..])?;
    /// assert_eq!(a, array![Some(1.0), None]);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn read<R: Read, A: DeserializeOwned, D: Dimension>(&self, reader: R) -> Result<Array<A, D>> {
        self.array(Input::Reader(Box::new(reader)))
    }

    /// Reads the file at `path`, and tells which values are missing.
    ///
    /// A value is missing if its text is one of [`missing_values`](Self::missing_values), or empty; a record is if one of
    /// its fields is, which `Option` fields tell apart.
    ///
    /// # Errors
    ///
    /// As [`read_path`](Self::read_path).
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let path = dir.path().join("a.txt");
    /// # std::fs::write(&path, "1,2\n,4\n")?;
    /// use ndarray::{Ix2, array};
    /// use ndarray_io::GenFromTxt;
    ///
    /// let a = GenFromTxt::new().delimiter(",").read_masked_path::<_, f64, Ix2>(&path)?;
    /// assert_eq!(a.mask, array![[false, false], [true, false]]);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn read_masked_path<P: AsRef<Path>, A: DeserializeOwned, D: Dimension>(
        &self,
        path: P,
    ) -> Result<MaskedArray<A, D>> {
        let path = path.as_ref();
        self.masked(Input::Path(path)).in_path(path)
    }

    /// Reads text from a reader, and tells which values are missing: `usemask=True`.
    ///
    /// # Errors
    ///
    /// As [`read_path`](Self::read_path).
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray::{Ix2, array};
    /// use ndarray_io::GenFromTxt;
    ///
    /// let a = GenFromTxt::new().delimiter(",").read_masked::<_, i64, Ix2>(&b"1,2\n,4\n"[..])?;
    /// assert_eq!(a.mask, array![[false, false], [true, false]]);
    /// assert_eq!(a.filled(0), array![[1, 2], [0, 4]]);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn read_masked<R: Read, A: DeserializeOwned, D: Dimension>(&self, reader: R) -> Result<MaskedArray<A, D>> {
        self.masked(Input::Reader(Box::new(reader)))
    }

    /// Reads the file at `path` as the [`dtype`](Self::dtype) that was set, `<f8` by default; if names were asked for, as
    /// records.
    ///
    /// # Errors
    ///
    /// As [`read_path`](Self::read_path).
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let path = dir.path().join("a.txt");
    /// # std::fs::write(&path, "1 2\n")?;
    /// use ndarray_io::GenFromTxt;
    ///
    /// let a = GenFromTxt::new().dtype("<i4".parse()?).read_dyn_path(&path)?;
    /// assert_eq!(a, ndarray::array![1_i32, 2].into());
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn read_dyn_path<P: AsRef<Path>>(&self, path: P) -> Result<DynArray> {
        let path = path.as_ref();
        self.dynamic(Input::Path(path)).in_path(path)
    }

    /// Reads text from a reader as the [`dtype`](Self::dtype) that was set, `<f8` by default; if names were asked for, as
    /// records.
    ///
    /// # Errors
    ///
    /// As [`read_path`](Self::read_path).
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::GenFromTxt;
    ///
    /// let a = GenFromTxt::new().names("x,y").read_dyn(&b"1 2\n3 4\n"[..])?;
    /// assert_eq!(a.dtype().to_string(), "[('x', '<f8'), ('y', '<f8')]");
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn read_dyn<R: Read>(&self, reader: R) -> Result<DynArray> {
        self.dynamic(Input::Reader(Box::new(reader)))
    }

    /// Reads the file at `path` as a table, whose columns are what their text tells: `dtype=None`.
    ///
    /// The file is read a second time for a column that turns from numbers into text late, and only for that column; a
    /// reader's text is kept in memory for it.
    ///
    /// # Errors
    ///
    /// As [`read_path`](Self::read_path).
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let path = dir.path().join("a.txt");
    /// # std::fs::write(&path, "name age\nAda 36\n")?;
    /// use ndarray_io::{GenFromTxt, Names};
    ///
    /// let table = GenFromTxt::new().names(Names::FromHeader).read_table_path(&path)?;
    /// assert_eq!(table.dtype()?.to_string(), "[('name', '<U3'), ('age', '<i8')]");
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn read_table_path<P: AsRef<Path>>(&self, path: P) -> Result<Table> {
        let path = path.as_ref();
        self.table(Input::Path(path)).in_path(path)
    }

    /// Reads text from a reader as a table, whose columns are what their text tells: `dtype=None`.
    ///
    /// # Errors
    ///
    /// As [`read_path`](Self::read_path).
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::GenFromTxt;
    ///
    /// let table = GenFromTxt::new().delimiter(",").read_table(&b"1,2.5,x\n,3,y\n"[..])?;
    /// let lines = [
    ///     " f0   f1   f2",
    ///     "<i8  <f8  <U1",
    ///     "  1  2.5    x",
    ///     " --  3.0    y",
    ///     "2 rows of 3 columns",
    /// ];
    /// assert_eq!(table.to_string(), lines.join("\n"));
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn read_table<R: Read>(&self, reader: R) -> Result<Table> {
        self.table(Input::Reader(Box::new(reader)))
    }
}
