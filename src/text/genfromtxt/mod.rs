//! np.genfromtxt: tables of text with missing values, names, and types that the text tells.

mod layout;
mod options;
mod read;
mod table;

use std::fmt;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use ndarray::{Array, Dimension};
use serde::de::DeserializeOwned;

use self::read::Input;
use super::job::Converter;
use super::lex::Delimiter;
use super::missing::{ColumnKey, ColumnValues};
use super::names::{NameRules, Names};
use super::shared::Shared;
use super::split::Fields;
use super::table::{MaskedArray, Table};
use crate::dtype::Dtype;
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

/// How a table of text with missing values, names or unknown types is read: the parameters of `np.genfromtxt`.
///
/// [`read`](Self::read) gives an array of a known type, [`read_masked`](Self::read_masked) also tells what was missing,
/// [`read_table`](Self::read_table) finds out the columns' types, and [`read_dyn`](Self::read_dyn) takes a
/// [`dtype`](Self::dtype) at run time. Files are read on all cores, unpacked if they are packed.
///
/// # Examples
///
/// ```
/// use ndarray::array;
/// use ndarray_io::{GenFromTxt, Names};
///
/// let text = "# station, temperature, wind\nIo, -130, \nTitan, N/A, 0.5\n";
/// let table = GenFromTxt::new()
///     .delimiter(",")
///     .autostrip(true)
///     .names(Names::FromHeader)
///     .missing_values("N/A")
///     .filling_values([("wind", 0.0)])
///     .read_table(text.as_bytes())?;
/// assert_eq!(table.names().collect::<Vec<_>>(), ["station", "temperature", "wind"]);
/// assert_eq!(table.column("temperature")?.values::<i64>()?, array![-130, -1]);
/// assert_eq!(table.column("wind")?.values::<f64>()?, array![0.0, 0.5]);
/// assert_eq!(table.column("wind")?.mask(), array![true, false]);
/// # Ok::<(), ndarray_io::Error>(())
/// ```
#[derive(Clone)]
pub struct GenFromTxt {
    shared: Shared,
    comments: Option<String>,
    fields: Fields,
    skip_header: u64,
    skip_footer: usize,
    converters: Vec<(ColumnKey, Arc<Converter>)>,
    column_dtypes: Vec<(ColumnKey, Dtype)>,
    missing_values: Vec<ColumnValues>,
    filling_values: Vec<ColumnValues>,
    usecols: Option<Vec<ColumnKey>>,
    names: Names,
    rules: NameRules,
    autostrip: bool,
    loose: bool,
    invalid_raise: bool,
}

impl Default for GenFromTxt {
    fn default() -> Self {
        GenFromTxt {
            shared: Shared::default(),
            comments: Some("#".to_owned()),
            fields: Fields::Delimited(Delimiter::Whitespace),
            skip_header: 0,
            skip_footer: 0,
            converters: Vec::new(),
            column_dtypes: Vec::new(),
            missing_values: Vec::new(),
            filling_values: Vec::new(),
            usecols: None,
            names: Names::Default,
            rules: NameRules::default(),
            autostrip: false,
            loose: true,
            invalid_raise: true,
        }
    }
}

impl fmt::Debug for GenFromTxt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GenFromTxt")
            .field("dtype", &self.shared.dtype)
            .field("comments", &self.comments)
            .field("fields", &self.fields)
            .field("skip_header", &self.skip_header)
            .field("skip_footer", &self.skip_footer)
            .field(
                "converters",
                &self.converters.iter().map(|(key, _)| key).collect::<Vec<_>>(),
            )
            .field("column_dtypes", &self.column_dtypes)
            .field("missing_values", &self.missing_values)
            .field("filling_values", &self.filling_values)
            .field("usecols", &self.usecols)
            .field("names", &self.names)
            .field("name_rules", &self.rules)
            .field("autostrip", &self.autostrip)
            .field("unpack", &self.shared.unpack)
            .field("ndmin", &self.shared.ndmin)
            .field("loose", &self.loose)
            .field("invalid_raise", &self.invalid_raise)
            .field("max_rows", &self.shared.max_rows)
            .field("quotechar", &self.shared.quotechar)
            .field("encoding", &self.shared.encoding)
            .field("progress", &self.shared.progress.is_some())
            .finish()
    }
}

impl GenFromTxt {
    /// NumPy's defaults: whitespace between fields, comments after `#`, all rows and columns, UTF-8; what cannot be read
    /// is filled, and rows of another length are an error.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray::{Ix1, array};
    /// use ndarray_io::GenFromTxt;
    ///
    /// let a = GenFromTxt::new().read::<_, f64, Ix1>(&b"1 # one\n2\n"[..])?;
    /// assert_eq!(a, array![1.0, 2.0]);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

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
