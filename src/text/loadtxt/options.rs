//! The parameters of `np.loadtxt`, one setter each.

use std::fmt;
use std::sync::Arc;

use crate::dtype::Dtype;
use crate::text::job::Converter;
use crate::text::shared::{Shared, common_setters};

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
    pub(super) shared: Shared,
    pub(super) comments: Vec<String>,
    pub(super) delimiter: Option<String>,
    pub(super) converters: Vec<(Option<isize>, Arc<Converter>)>,
    pub(super) skiprows: u64,
    pub(super) usecols: Option<Vec<isize>>,
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
}

common_setters! { LoadTxt, whole: "records", quotes: "", progress: "" }
