//! np.loadtxt: tables of text to arrays.

use std::any::TypeId;
use std::fmt;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use ndarray::{Array, Dimension, Order};
use serde::de::value::StringDeserializer;
use serde::de::{DeserializeOwned, IntoDeserializer};

use super::codec::Encoding;
use super::input::Source;
use super::job::{Converter, Job, count};
use super::lex::Syntax;
use super::records::{Decode, Elements, RawBytes};
use super::rows;
use super::shape::Size;
use super::shared::Shared;
use super::values::{Scalars, Strings};
use crate::dtype::{Casting, Dtype, Kind, Repr, Scalar, UnitBase};
use crate::element::option_value;
use crate::element::scalar::{vec_into, with_native};
use crate::error::{Context, Error, ErrorKind, Result};
use crate::npy::{DynArray, Header};

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
/// [`ErrorKind::Parse`], with line and column, for text that is no `A` or a row that is shorter or longer than the first;
/// [`ErrorKind::Shape`] if the table does not fit `D`.
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

    /// The dtype of the text, for [`read_dyn`](Self::read_dyn) and [`read_dyn_path`](Self::read_dyn_path), or for reading
    /// text of one dtype as another that it casts to (of the same kind). By default the dtype of the elements, and
    /// `<f8` for arrays whose elements are known at run time only.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::LoadTxt;
    ///
    /// let dtype = "[('name', 'S4'), ('pos', '<f4', (2,))]".parse()?;
    /// let a = LoadTxt::new().dtype(dtype).read_dyn(&b"ab 1 2\ncd 3 4\n"[..])?;
    /// assert_eq!(a.shape(), [2]);
    /// assert_eq!(a.dtype().itemsize(), 12);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn dtype(mut self, dtype: Dtype) -> Self {
        self.shared.dtype = Some(dtype);
        self
    }

    /// What begins a comment, which goes to the end of its line; `#` by default, `None::<&str>` for none.
    ///
    /// One single character begins none inside quotes; several, or longer ones, cannot be used with quotes.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray::{Array1, array};
    /// use ndarray_io::LoadTxt;
    ///
    /// let text = "% numbers\n1 // one\n2\n";
    /// let a: Array1<i32> = LoadTxt::new().comments(["%", "//"]).read(text.as_bytes())?;
    /// assert_eq!(a, array![1, 2]);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn comments<S: Into<String>>(mut self, comments: impl IntoIterator<Item = S>) -> Self {
        self.comments = comments.into_iter().map(Into::into).collect();
        self
    }

    /// What stands between fields, of any length; by default any whitespace.
    ///
    /// With a delimiter, blanks belong to the fields: numbers may have them around, strings keep them.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray::{Array2, array};
    /// use ndarray_io::LoadTxt;
    ///
    /// let a: Array2<f32> = LoadTxt::new().delimiter(",").read(&b"1, 2\n3, 4\n"[..])?;
    /// assert_eq!(a, array![[1.0, 2.0], [3.0, 4.0]]);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn delimiter(mut self, delimiter: impl Into<String>) -> Self {
        self.delimiter = Some(delimiter.into());
        self
    }

    /// Changes the text of a column (of the file, from 0; negative ones count from the end) before it is parsed.
    ///
    /// It takes the field's text and gives the text to parse. Columns that are not used are not converted.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray::{Array1, array};
    /// use ndarray_io::LoadTxt;
    ///
    /// let percent = |text: &str| text.trim_end_matches('%').to_owned();
    /// let a: Array1<f64> = LoadTxt::new().converter(-1, percent).read(&b"10%\n20%\n"[..])?;
    /// assert_eq!(a, array![10.0, 20.0]);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn converter<F>(mut self, column: isize, converter: F) -> Self
    where
        F: Fn(&str) -> String + Send + Sync + 'static,
    {
        self.converters.push((Some(column), Arc::new(converter)));
        self
    }

    /// Changes the text of all columns that have no [`converter`](Self::converter) of their own.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray::{Array1, array};
    /// use ndarray_io::LoadTxt;
    ///
    /// let missing = |text: &str| if text == "-" { "nan".to_owned() } else { text.to_owned() };
    /// let a: Array1<f64> = LoadTxt::new().converters(missing).read(&b"1 - 3"[..])?;
    /// assert!(a[1].is_nan());
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn converters<F>(mut self, converter: F) -> Self
    where
        F: Fn(&str) -> String + Send + Sync + 'static,
    {
        self.converters.push((None, Arc::new(converter)));
        self
    }

    /// How many lines to skip at the start, comments and blank lines included; none by default.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray::{Array1, array};
    /// use ndarray_io::LoadTxt;
    ///
    /// let a: Array1<u8> = LoadTxt::new().skiprows(1).read(&b"heading\n1\n2\n"[..])?;
    /// assert_eq!(a, array![1, 2]);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn skiprows(mut self, lines: u64) -> Self {
        self.skiprows = lines;
        self
    }

    /// Which columns to read, from 0, in this order; negative ones count from each row's end. By default all.
    ///
    /// Rows may then differ in length, as long as they have these columns. A column may be read more than once.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray::{Array2, array};
    /// use ndarray_io::LoadTxt;
    ///
    /// let a: Array2<i32> = LoadTxt::new().usecols([-1, 0]).read(&b"1 x 2\n3 4\n"[..])?;
    /// assert_eq!(a, array![[2, 1], [4, 3]]);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn usecols(mut self, columns: impl IntoIterator<Item = isize>) -> Self {
        self.usecols = Some(columns.into_iter().collect());
        self
    }

    /// Whether to transpose the result, so that it can be taken apart by columns; records stay as they are.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray::{Array2, array};
    /// use ndarray_io::LoadTxt;
    ///
    /// let a: Array2<i32> = LoadTxt::new().unpack(true).read(&b"1 2\n3 4\n5 6\n"[..])?;
    /// assert_eq!(a.row(0), array![1, 3, 5]);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn unpack(mut self, unpack: bool) -> Self {
        self.shared.unpack = unpack;
        self
    }

    /// How many dimensions the result has at least: 0 (the default), 1 or 2. Axes of length 1 go as far as that allows.
    ///
    /// For `Array1` and `Array2` it is 1 and 2; it matters for `ArrayD` and for arrays known at run time only.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray::ArrayD;
    /// use ndarray_io::LoadTxt;
    ///
    /// let a: ArrayD<i32> = LoadTxt::new().read(&b"1\n2\n"[..])?;
    /// assert_eq!(a.shape(), [2]);
    /// let a: ArrayD<i32> = LoadTxt::new().ndmin(2).read(&b"1\n2\n"[..])?;
    /// assert_eq!(a.shape(), [2, 1]);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn ndmin(mut self, ndmin: usize) -> Self {
        self.shared.ndmin = ndmin;
        self
    }

    /// How many rows to read at most, not counting comments and blank lines; all by default.
    ///
    /// A reader is left right after the last row that was read, if the text is UTF-8, ASCII or latin1 and lines end with
    /// `\n`; to that end it is read a byte at a time, so give it as `&mut` of a [`BufReader`](std::io::BufReader).
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray::{Array1, array};
    /// use ndarray_io::LoadTxt;
    ///
    /// let mut reader = &b"1 2\n3\n4\n"[..];
    /// let first: Array1<i32> = LoadTxt::new().max_rows(1).read(&mut reader)?;
    /// let rest: Array1<i32> = LoadTxt::new().read(&mut reader)?;
    /// assert_eq!((first, rest), (array![1, 2], array![3, 4]));
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn max_rows(mut self, rows: usize) -> Self {
        self.shared.max_rows = Some(rows);
        self
    }

    /// How many bytes a row may have at most, as UTF-8; 1 GiB by default.
    ///
    /// A row is in memory as a whole, so a text without line ends would be too. A row is held against the limit when it
    /// is longer than what is read at a time, which is some MiB.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::{ErrorKind, LoadTxt};
    ///
    /// let endless = std::io::Read::take(std::io::repeat(b'1'), 1 << 32);
    /// let options = LoadTxt::new().max_row_size(1 << 20);
    /// let error = options.read::<_, f64, ndarray::Ix1>(endless).unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::Limit);
    /// ```
    pub fn max_row_size(mut self, bytes: usize) -> Self {
        self.shared.max_row_size = bytes;
        self
    }

    /// What stands around fields that have delimiters, newlines or comments in them; nothing by default.
    ///
    /// Inside, two of it are one.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray::{Array2, array};
    /// use ndarray_io::LoadTxt;
    ///
    /// let text = "a,\"b, \"\"c\"\"\"\n";
    /// let a: Array2<String> = LoadTxt::new().delimiter(",").quotechar('"').read(text.as_bytes())?;
    /// assert_eq!(a, array![["a".to_owned(), "b, \"c\"".to_owned()]]);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn quotechar(mut self, quote: char) -> Self {
        self.shared.quotechar = Some(quote);
        self
    }

    /// The encoding of the text; UTF-8 by default, whose byte order mark is skipped.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray::{Array1, array};
    /// use ndarray_io::{Encoding, LoadTxt};
    ///
    /// let a: Array1<String> = LoadTxt::new().encoding(Encoding::Latin1).read(&b"caf\xe9"[..])?;
    /// assert_eq!(a, array!["café".to_owned()]);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn encoding(mut self, encoding: Encoding) -> Self {
        self.shared.encoding = encoding;
        self
    }

    /// Calls back after each block of text with the bytes read so far, and how many the file has, if that is known.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray::Array1;
    /// use ndarray_io::LoadTxt;
    /// use std::sync::{Arc, atomic::{AtomicU64, Ordering}};
    ///
    /// let read = Arc::new(AtomicU64::new(0));
    /// let counter = Arc::clone(&read);
    /// let progress = move |bytes, _total| counter.store(bytes, Ordering::Relaxed);
    /// let _: Array1<i32> = LoadTxt::new().progress(progress).read(&b"1\n2\n"[..])?;
    /// assert_eq!(read.load(Ordering::Relaxed), 4);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn progress<F>(mut self, progress: F) -> Self
    where
        F: Fn(u64, Option<u64>) + Send + Sync + 'static,
    {
        self.shared.progress = Some(Arc::new(progress));
        self
    }

    /// Reads the file at `path`; see [`loadtxt`] for what `A` and `D` may be.
    ///
    /// # Errors
    ///
    /// As [`loadtxt`]; [`ErrorKind::Argument`] for parameters that contradict each other.
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
    /// As [`loadtxt`]; [`ErrorKind::Argument`] for parameters that contradict each other.
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
    /// As [`loadtxt`]; [`ErrorKind::Argument`] for parameters that contradict each other.
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
    /// As [`loadtxt`]; [`ErrorKind::Argument`] for parameters that contradict each other.
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

    fn syntax(&self) -> Result<Syntax> {
        self.shared.check()?;
        Syntax::new(self.delimiter.as_deref(), &self.comments, self.shared.quotechar)
    }

    /// What to read; `fields` of a dtype that is a record.
    fn job<'a>(&'a self, syntax: &'a Syntax, fields: Option<usize>) -> Result<Job<'a>> {
        if let (Some(usecols), Some(fields)) = (&self.usecols, fields)
            && usecols.len() != fields
        {
            return Err(Error::new(
                ErrorKind::Argument,
                format!(
                    "usecols has {}, but the dtype has {}",
                    count(usecols.len(), "column"),
                    count(fields, "field")
                ),
            ));
        }
        Ok(Job {
            cut: syntax,
            skiprows: self.skiprows,
            max_rows: self.shared.max_rows,
            usecols: self.usecols.as_deref(),
            converters: &self.converters,
            fields,
            lenient: false,
            chunk: self.shared.chunk,
        })
    }

    fn read_source<A: DeserializeOwned, D: Dimension>(&self, source: &mut Source<'_>) -> Result<Array<A, D>> {
        let syntax = self.syntax()?;
        if let (None, Some(scalar)) = (&self.shared.dtype, Scalar::of::<A>()) {
            with_native!(scalar, T => {
                let mut values = Vec::<T>::new();
                let size = rows::read(&self.job(&syntax, None)?, source, &Scalars::<T>::new(&syntax), &mut values)?;
                if let Ok(values) = vec_into::<T, A>(values) {
                    return self.size(size, false).array(values);
                }
            }, else => ());
        }
        if self.shared.dtype.is_none() && typeid::of::<A>() == TypeId::of::<String>() {
            let mut texts = Vec::new();
            let size = rows::read(&self.job(&syntax, None)?, source, &Strings::any(), &mut texts)?;
            let values = texts.into_iter().map(|text| {
                // A is String, which takes this one as it is.
                let text: StringDeserializer<Error> = text.into_deserializer();
                A::deserialize(text)
            });
            return self.size(size, false).array(values.collect::<Result<_>>()?);
        }
        let (dtype, casting) = match &self.shared.dtype {
            Some(dtype) => (dtype.clone(), Casting::SameKind),
            None => (Dtype::of_text::<A>()?, Casting::Equiv),
        };
        let elements = Elements::new(&dtype, &syntax, self.shared.dtype.is_none())?;
        let is_record = dtype.kind() == Kind::Record && option_value(&dtype).is_none();
        let job = self.job(&syntax, is_record.then(|| elements.fields()))?;
        let mut values = Decode::new(&elements, casting);
        let size = rows::read(&job, source, &elements, &mut values)?;
        self.size(size, is_record).array(values.values)
    }

    fn read_dyn_source(&self, source: &mut Source<'_>) -> Result<DynArray> {
        let syntax = self.syntax()?;
        let dtype = self
            .shared
            .dtype
            .clone()
            .unwrap_or_else(|| Dtype::native(Scalar::Float64));
        let order = if self.shared.unpack && dtype.kind() != Kind::Record {
            Order::ColumnMajor
        } else {
            Order::RowMajor
        };
        let header = |dtype: Dtype, shape| Header::new(dtype, order, shape);
        match dtype.0 {
            Repr::Scalar(scalar, _) => with_native!(scalar, T => {
                let mut values = Vec::<T>::new();
                let size = rows::read(&self.job(&syntax, None)?, source, &Scalars::<T>::new(&syntax), &mut values)?;
                values.shrink_to_fit();
                return DynArray::from_values(header(dtype, self.size(size, false).shape()), values);
            }, else => ()),
            Repr::Str(0, _) | Repr::Bytes(0) => return self.read_strings(source, &syntax, &dtype),
            Repr::Datetime(unit, _) if unit.base() == UnitBase::Generic => {
                return self.read_strings(source, &syntax, &dtype);
            }
            _ => {}
        }
        let elements = Elements::new(&dtype, &syntax, false)?;
        let is_record = dtype.kind() == Kind::Record;
        let job = self.job(&syntax, is_record.then(|| elements.fields()))?;
        let mut raw = RawBytes {
            bytes: Vec::new(),
            fields: elements.fields(),
            size: dtype.itemsize(),
        };
        let size = rows::read(&job, source, &elements, &mut raw)?;
        raw.bytes.shrink_to_fit();
        DynArray::from_raw(dtype, self.size(size, is_record).shape(), order, raw.bytes)
    }

    /// A dtype that is complete only when all text is known: the width of strings, the unit of times.
    fn read_strings(&self, source: &mut Source<'_>, syntax: &Syntax, dtype: &Dtype) -> Result<DynArray> {
        let mut texts = Vec::new();
        let size = rows::read(&self.job(syntax, None)?, source, &Strings::of(dtype)?, &mut texts)?;
        self.size(size, false).strings(dtype, &texts)
    }

    fn size(&self, (rows, columns): (usize, Option<usize>), is_record: bool) -> Size {
        self.shared.size(rows, columns, is_record)
    }
}

#[cfg(test)]
mod tests {
    use ndarray::{Array1, Array2, Ix1, Ix2, array};
    use num_complex::Complex;
    use serde::Deserialize;

    use super::*;
    use crate::element::{Datetime64, units::Day};

    #[derive(Deserialize, Debug, PartialEq, Clone)]
    struct Row {
        id: Option<i64>,
        name: Option<String>,
        point: (f64, Option<f64>),
        day: Option<Datetime64<Day>>,
        z: Option<Complex<f64>>,
        tag: String,
        codes: [u8; 2],
    }

    #[test]
    fn a_row_is_any_record() {
        let text = "1,one,1.5,2.5,2020-02-29,1+2j,a,1,2\n, ,nan,,,,\u{e9}\u{65e5},3,4\n-7,\u{fc}ber,1,nan,NaT,nan,long text,5,6\n";
        let rows: Array1<Row> = LoadTxt::new().delimiter(",").read(text.as_bytes()).unwrap();
        let first = Row {
            id: Some(1),
            name: Some("one".into()),
            point: (1.5, Some(2.5)),
            day: Some("2020-02-29".parse().unwrap()),
            z: Some(Complex::new(1.0, 2.0)),
            tag: "a".into(),
            codes: [1, 2],
        };
        assert_eq!(rows[0], first);
        let second = &rows[1];
        assert!(second.point.0.is_nan());
        assert_eq!(
            (second.id, &second.name, second.point.1, second.day, second.z),
            (None, &None, None, None, None)
        );
        assert_eq!((second.tag.as_str(), second.codes), ("\u{e9}\u{65e5}", [3, 4]));
        let third = &rows[2];
        assert_eq!(
            (third.id, third.name.as_deref(), third.tag.as_str()),
            (Some(-7), Some("\u{fc}ber"), "long text")
        );
        assert!(third.point.1.unwrap().is_nan() && third.day.unwrap().is_nat() && third.z.unwrap().re.is_nan());
    }

    #[test]
    fn a_field_is_any_element() {
        let a: Array2<Option<i32>> = LoadTxt::new().delimiter(",").read(&b"1,\n,2\n"[..]).unwrap();
        assert_eq!(a, array![[Some(1), None], [None, Some(2)]]);
        let a: Array1<Option<String>> = LoadTxt::new().delimiter(",").read(&b"a,,bc\n"[..]).unwrap();
        assert_eq!(a, array![Some("a".to_owned()), None, Some("bc".to_owned())]);
        let a: Array1<Option<f64>> = LoadTxt::new().delimiter(",").read(&b",2,\n"[..]).unwrap();
        assert_eq!(a, array![None, Some(2.0), None]);
        let a: Array2<char> = LoadTxt::new().read("a b\nc \u{e9}".as_bytes()).unwrap();
        assert_eq!(a, array![['a', 'b'], ['c', 'é']]);
        #[derive(Deserialize, Debug, PartialEq)]
        enum Colour {
            Red,
            Green,
        }
        let a: Array1<Colour> = LoadTxt::new().read(&b"Red Green"[..]).unwrap();
        assert_eq!(a, array![Colour::Red, Colour::Green]);
        let a: Array1<f32> = LoadTxt::new().dtype("<i2".parse().unwrap()).read(&b"1 2"[..]).unwrap();
        assert_eq!(a, array![1.0, 2.0]);
        let a: Array1<Datetime64<Day>> = LoadTxt::new().read(&b"1970-01-02"[..]).unwrap();
        assert_eq!(a[0].count(), 1);
    }

    /// Fields and rows are the same wherever blocks and chunks end, and so is the first error.
    #[test]
    fn blocks_do_not_show() {
        let long = "x".repeat(300);
        let mut numbers = String::from("# heading\n\n");
        (0..200)
            .for_each(|row| numbers += &format!("{row}, {}.5 ,-{row}e-3{}\n", row * 7, ["", " # c", "\r"][row % 3]));
        let quoted = format!("1,\"a\nb\"\n\n2,\"{long}\"\r\n3,\"q\"\"\"\"\n4,\"\"\n5,é日\n6,\"open\n");
        let comma = || LoadTxt::new().delimiter(",");
        let texts: Vec<(LoadTxt, Vec<u8>)> = vec![
            (comma(), numbers.clone().into_bytes()),
            (
                comma().usecols([-1, 0]).skiprows(3).max_rows(150),
                numbers.clone().into_bytes(),
            ),
            (comma(), numbers.replace("120, ", "120; ").into_bytes()),
            (comma(), numbers.replace("77.5", "x").replace("63.5", "y").into_bytes()),
            (comma(), [numbers.as_bytes(), b"1,\xff,3\n"].concat()),
            (
                comma().encoding(Encoding::Utf16),
                numbers.encode_utf16().flat_map(u16::to_le_bytes).collect(),
            ),
            (
                comma()
                    .dtype("[('a', 'i8'), ('b', 'U2')]".parse().unwrap())
                    .quotechar('"'),
                quoted.clone().into_bytes(),
            ),
            (
                comma().dtype("U0".parse().unwrap()).quotechar('"'),
                quoted.clone().into_bytes(),
            ),
            (
                LoadTxt::new().dtype("U0".parse().unwrap()),
                "\u{2003}a b\r\rc\td\u{a0}\n # x\n".as_bytes().to_vec(),
            ),
        ];
        for (options, text) in &texts {
            let expected = options.read_dyn(&text[..]).map_err(|error| error.to_string());
            for chunk in 1..=64 {
                let mut options = options.clone();
                options.shared.chunk = chunk;
                let got = options.read_dyn(&text[..]).map_err(|error| error.to_string());
                assert_eq!(got, expected, "{options:?} in chunks of {chunk}");
            }
        }
        let names = |text: &str, chunk| {
            #[derive(Deserialize, Debug, PartialEq)]
            struct Name(i64, String);
            let mut options = comma().quotechar('"');
            options.shared.chunk = chunk;
            options.read::<_, Name, Ix1>(text.as_bytes()).unwrap()
        };
        let expected = names(&quoted, 1 << 20);
        assert_eq!(expected[1].1, long);
        (1..=64).for_each(|chunk| assert_eq!(names(&quoted, chunk), expected));
    }

    #[test]
    fn errors_say_where_what_and_what_would_help() {
        let comma = || LoadTxt::new().delimiter(",");
        let long = format!("1\n{}\n", "x".repeat(200));
        for (options, text, message) in [
            (
                comma(),
                "1,2\n3,abc\n",
                "line 2, column 2: cannot read \"abc\" as `<f8` (float64); usecols can leave the column out, skiprows a \
                 heading, a converter can change the text",
            ),
            (
                comma(),
                "# c\n\n1,\n",
                "line 3, column 2: cannot read \"\" as `<f8` (float64); a missing value needs an `Option`, a converter or \
                 GenFromTxt",
            ),
            (
                comma().usecols([2, 1]),
                "1,2,3\n1,x,3\n",
                "line 2, column 2: cannot read \"x\" as `<f8` (float64); usecols can leave the column out, skiprows a \
                 heading, a converter can change the text",
            ),
            (
                comma(),
                "1,2\n3\n",
                "line 2: the row has 1 field, but the first row has 2; usecols picks some of them, and GenFromTxt can skip \
                 such rows",
            ),
            (
                comma().usecols([-3]),
                "1,2\n",
                "line 1: usecols asks for column -3 (counted from 0), but the row has 2 fields",
            ),
            (
                comma().converter(2, str::to_owned),
                "1,2\n",
                "line 1: a converter is for column 2 (counted from 0), but the row has 2 fields",
            ),
            (comma().ndmin(3), "", "ndmin is 3; 0, 1 and 2 are possible"),
        ] {
            assert_eq!(options.read_dyn(text.as_bytes()).unwrap_err().to_string(), message);
        }
        let error = LoadTxt::new().read_dyn(long.as_bytes()).unwrap_err().to_string();
        assert!(
            error.contains(&format!("\"{}…\"", "x".repeat(100))) && error.len() < 300,
            "{error}"
        );
        let error = LoadTxt::new()
            .read::<_, (i32, f32), Ix1>(&b"1 2 3"[..])
            .unwrap_err()
            .to_string();
        assert!(
            error.starts_with("line 1: the row has 3 fields, but the dtype has 2"),
            "{error}"
        );
        let error = LoadTxt::new()
            .usecols([0])
            .read::<_, (i32, f32), Ix1>(&b"1 2 3"[..])
            .unwrap_err()
            .to_string();
        assert_eq!(error, "usecols has 1 column, but the dtype has 2 fields");
        let error = LoadTxt::new().read::<_, f64, Ix1>(&b"1 2\n3 4"[..]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Shape);
        assert_eq!(
            error.to_string(),
            "the text has 2 rows of 2 columns, which is no `Array1`; `Array2` or `ArrayD` would work"
        );
        let a: Array2<f64> = LoadTxt::new().read::<_, f64, Ix2>(&b""[..]).unwrap();
        assert_eq!(a.shape(), [0, 1]);
    }
}
