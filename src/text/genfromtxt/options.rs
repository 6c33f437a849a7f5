//! The parameters of `np.genfromtxt`, one setter each.

use std::fmt;
use std::sync::Arc;

use crate::dtype::Dtype;
use crate::text::job::Converter;
use crate::text::lex::Delimiter;
use crate::text::missing::{ColumnKey, ColumnValues};
use crate::text::names::{LetterCase, NameRules, Names};
use crate::text::shared::{Shared, common_setters};
use crate::text::split::Fields;

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
    pub(super) shared: Shared,
    pub(super) comments: Option<String>,
    pub(super) fields: Fields,
    pub(super) skip_header: u64,
    pub(super) skip_footer: usize,
    pub(super) converters: Vec<(ColumnKey, Arc<Converter>)>,
    pub(super) column_dtypes: Vec<(ColumnKey, Dtype)>,
    pub(super) missing_values: Vec<ColumnValues>,
    pub(super) filling_values: Vec<ColumnValues>,
    pub(super) usecols: Option<Vec<ColumnKey>>,
    pub(super) names: Names,
    pub(super) rules: NameRules,
    pub(super) autostrip: bool,
    pub(super) loose: bool,
    pub(super) invalid_raise: bool,
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

    /// The dtype of the text, for [`read_dyn`](Self::read_dyn), [`read_table`](Self::read_table), or for reading text of
    /// one dtype as another that it casts to. By default the dtype of the elements, `<f8` for
    /// [`read_dyn`](Self::read_dyn), and what the text tells for [`read_table`](Self::read_table).
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::GenFromTxt;
    ///
    /// let dtype = "[('day', '<M8[D]'), ('rain', '<f4')]".parse()?;
    /// let a = GenFromTxt::new().dtype(dtype).read_dyn(&b"2026-01-01 0.5\n2026-01-02 -\n"[..])?;
    /// assert_eq!(a.shape(), [2]);
    /// assert_eq!(a.dtype().to_string(), "[('day', '<M8[D]'), ('rain', '<f4')]");
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn dtype(mut self, dtype: Dtype) -> Self {
        self.shared.dtype = Some(dtype);
        self
    }

    /// What begins a comment, which goes to the end of its line; `#` by default, [`no_comments`](Self::no_comments) for
    /// nothing.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray::{Array1, array};
    /// use ndarray_io::GenFromTxt;
    ///
    /// let a: Array1<i64> = GenFromTxt::new().comments("//").read(&b"1 // one\n2\n"[..])?;
    /// assert_eq!(a, array![1, 2]);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn comments(mut self, comments: impl Into<String>) -> Self {
        self.comments = Some(comments.into());
        self
    }

    /// No comments: `comments=None`.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::GenFromTxt;
    ///
    /// let table = GenFromTxt::new().no_comments().read_table(&b"#1 a\n#2 b\n"[..])?;
    /// assert_eq!(table.columns()[0].text(1), Some("#2"));
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn no_comments(mut self) -> Self {
        self.comments = None;
        self
    }

    /// What stands between fields, of any length; by default any whitespace.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray::{Array2, array};
    /// use ndarray_io::GenFromTxt;
    ///
    /// let a: Array2<f64> = GenFromTxt::new().delimiter(";").filling_values(0).read(&b"1;2\n;4\n"[..])?;
    /// assert_eq!(a, array![[1.0, 2.0], [0.0, 4.0]]);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn delimiter(mut self, delimiter: impl AsRef<str>) -> Self {
        self.fields = Fields::Delimited(match delimiter.as_ref().as_bytes() {
            [] => Delimiter::Whitespace, // as in NumPy
            [byte] => Delimiter::Byte(*byte),
            _ => Delimiter::Text(delimiter.as_ref().to_owned()),
        });
        self
    }

    /// How many characters each field has, in place of a delimiter. Text beyond the last one is ignored; a shorter line
    /// has missing values.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray::{Array2, array};
    /// use ndarray_io::GenFromTxt;
    ///
    /// let a: Array2<i64> = GenFromTxt::new().field_widths([2, 3]).read(&b"12345\n 6  7\n"[..])?;
    /// assert_eq!(a, array![[12, 345], [6, 7]]);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn field_widths(mut self, widths: impl IntoIterator<Item = usize>) -> Self {
        self.fields = Fields::Widths(widths.into_iter().collect());
        self
    }

    /// How many characters all fields have, in place of a delimiter: `delimiter=3`.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray::{Array2, array};
    /// use ndarray_io::GenFromTxt;
    ///
    /// let a: Array2<i64> = GenFromTxt::new().field_width(2).read(&b"123456\n"[..])?;
    /// assert_eq!(a, array![[12, 34, 56]]);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn field_width(mut self, width: usize) -> Self {
        self.fields = Fields::Width(width);
        self
    }

    /// How many lines to skip at the start, whatever is in them; none by default.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray::{Array1, array};
    /// use ndarray_io::GenFromTxt;
    ///
    /// let a: Array1<i64> = GenFromTxt::new().skip_header(2).read(&b"a heading\n\n1\n2\n"[..])?;
    /// assert_eq!(a, array![1, 2]);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn skip_header(mut self, lines: u64) -> Self {
        self.skip_header = lines;
        self
    }

    /// How many rows to leave out at the end, whatever is in them, not counting blank lines and comments; none by
    /// default. The whole text is kept in memory meanwhile.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray::{Array1, array};
    /// use ndarray_io::GenFromTxt;
    ///
    /// let a: Array1<i64> = GenFromTxt::new().skip_footer(1).read(&b"1\n2\nthe end of it\n\n"[..])?;
    /// assert_eq!(a, array![1, 2]);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn skip_footer(mut self, rows: usize) -> Self {
        self.skip_footer = rows;
        self
    }

    /// Changes the text of a column before it is parsed: it takes the field's text and gives the text to parse.
    ///
    /// A column that is not there, or not used, is not converted.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray::{Array1, array};
    /// use ndarray_io::GenFromTxt;
    ///
    /// let percent = |text: &str| text.trim_end_matches('%').to_owned();
    /// let a: Array1<f64> = GenFromTxt::new().converter(0, percent).read(&b"10%\n20%\n"[..])?;
    /// assert_eq!(a, array![10.0, 20.0]);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn converter<F>(mut self, column: impl Into<ColumnKey>, converter: F) -> Self
    where
        F: Fn(&str) -> String + Send + Sync + 'static,
    {
        self.converters.push((column.into(), Arc::new(converter)));
        self
    }

    /// The dtype of one column of a table whose other columns are what their text tells, such as a date, for
    /// [`read_table`](Self::read_table).
    ///
    /// A date that is none is then an error, unless it is one of the [`missing_values`](Self::missing_values).
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::{Datetime64, GenFromTxt, Names, units::Day};
    ///
    /// let options = GenFromTxt::new().delimiter(",").names(Names::FromHeader);
    /// let table = options.column_dtype("day", "<M8[D]".parse()?).read_table(&b"day,rain\n2026-01-31,0.5\n,3\n"[..])?;
    /// assert_eq!(table.dtype()?.to_string(), "[('day', '<M8[D]'), ('rain', '<f8')]");
    /// let rows = table.to_records::<(Option<Datetime64<Day>>, f64)>()?;
    /// assert_eq!(rows[0].0, Some("2026-01-31".parse()?));
    /// assert_eq!(rows[1].0, None);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn column_dtype(mut self, column: impl Into<ColumnKey>, dtype: Dtype) -> Self {
        self.column_dtypes.push((column.into(), dtype));
        self
    }

    /// Which texts mean a missing value, besides the empty one: for all columns (several between commas), for one after
    /// the other, or for some by index or name. Each call adds to those before.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray::Ix2;
    /// use ndarray_io::GenFromTxt;
    ///
    /// let options = GenFromTxt::new().missing_values("N/A,-").missing_values([(1, -999)]);
    /// let a = options.read_masked::<_, f64, Ix2>(&b"1 -999\nN/A 2\n-999 3\n"[..])?;
    /// assert_eq!(a.mask, ndarray::array![[false, true], [true, false], [false, false]]);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn missing_values(mut self, values: impl Into<ColumnValues>) -> Self {
        self.missing_values.push(values.into());
        self
    }

    /// What stands in for missing values, and for what cannot be read: for all columns, for one after the other, or for
    /// some by index or name. A later call wins over those before.
    ///
    /// By default NaN for floats, -1 for integers, `false` for bools, NaT for times; text stays as it is. A missing value
    /// that can be read is not replaced.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray::{Array2, array};
    /// use ndarray_io::GenFromTxt;
    ///
    /// let options = GenFromTxt::new().delimiter(",").filling_values(0).filling_values([(1, -9)]);
    /// let a: Array2<i64> = options.read(&b"1,\n,2\n"[..])?;
    /// assert_eq!(a, array![[1, -9], [0, 2]]);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn filling_values(mut self, values: impl Into<ColumnValues>) -> Self {
        self.filling_values.push(values.into());
        self
    }

    /// Which columns to read, by index or name, in this order; negative indices count from the end. By default all.
    ///
    /// Rows may then differ in length, as long as they have these columns.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray::{Array2, array};
    /// use ndarray_io::{GenFromTxt, Names};
    ///
    /// let options = GenFromTxt::new().names(Names::FromHeader);
    /// let a: Array2<f64> = options.clone().usecols(["c", "a"]).read(&b"a b c\n1 2 3\n"[..])?;
    /// assert_eq!(a, array![[3.0, 1.0]]);
    /// let a: Array2<f64> = options.usecols([-1]).read(&b"a b c\n1 2 3\n"[..])?;
    /// assert_eq!(a, array![[3.0]]);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn usecols<K: Into<ColumnKey>>(mut self, columns: impl IntoIterator<Item = K>) -> Self {
        self.usecols = Some(columns.into_iter().map(Into::into).collect());
        self
    }

    /// Where the names of columns come from; by default from the dtype, or they are `f0`, `f1` and so on.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::{GenFromTxt, Names};
    ///
    /// let table = GenFromTxt::new().names(Names::FromHeader).read_table(&b"# x y\n1 2\n"[..])?;
    /// assert_eq!(table.names().collect::<Vec<_>>(), ["x", "y"]);
    /// let table = GenFromTxt::new().names("a, b").read_table(&b"1 2\n"[..])?;
    /// assert_eq!(table.names().collect::<Vec<_>>(), ["a", "b"]);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn names(mut self, names: impl Into<Names>) -> Self {
        self.names = names.into();
        self
    }

    /// Names that get a `_` behind them, besides `return`, `file` and `print`.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::GenFromTxt;
    ///
    /// let table = GenFromTxt::new().names("x,y").excludelist(["x"]).read_table(&b"1 2\n"[..])?;
    /// assert_eq!(table.names().collect::<Vec<_>>(), ["x_", "y"]);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn excludelist<S: Into<String>>(mut self, names: impl IntoIterator<Item = S>) -> Self {
        self.rules.exclude = names.into_iter().map(Into::into).collect();
        self
    }

    /// The characters to delete from names, besides `"`; by default all punctuation but `_`.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::GenFromTxt;
    ///
    /// let table = GenFromTxt::new().names("x [m]").deletechars("").read_table(&b"1\n"[..])?;
    /// assert_eq!(table.names().collect::<Vec<_>>(), ["x_[m]"]);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn deletechars(mut self, characters: impl Into<String>) -> Self {
        self.rules.delete = characters.into();
        self
    }

    /// What replaces a space in names; `_` by default, nothing if it is empty.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::GenFromTxt;
    ///
    /// let table = GenFromTxt::new().names("wind speed").replace_space("").deletechars("").read_table(&b"1\n"[..])?;
    /// assert_eq!(table.names().collect::<Vec<_>>(), ["wind speed"]);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn replace_space(mut self, text: impl Into<String>) -> Self {
        self.rules.replace_space = text.into();
        self
    }

    /// Whether to strip the blanks around fields, which otherwise belong to texts; off by default.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::GenFromTxt;
    ///
    /// let table = GenFromTxt::new().delimiter(",").autostrip(true).read_table(&b"1, one \n2, two \n"[..])?;
    /// assert_eq!(table.columns()[1].text(1), Some("two"));
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn autostrip(mut self, autostrip: bool) -> Self {
        self.autostrip = autostrip;
        self
    }

    /// Whether the case of names matters: `true` keeps it, `false` makes them capitals; or a [`LetterCase`].
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::{GenFromTxt, LetterCase};
    ///
    /// let table = GenFromTxt::new().names("A,b").case_sensitive(LetterCase::Lower).read_table(&b"1 2\n"[..])?;
    /// assert_eq!(table.names().collect::<Vec<_>>(), ["a", "b"]);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn case_sensitive(mut self, case: impl Into<LetterCase>) -> Self {
        self.rules.case = case.into();
        self
    }

    /// The names of columns that have none, with a printf format for their number; `f%i` by default.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::GenFromTxt;
    ///
    /// let table = GenFromTxt::new().defaultfmt("column%02i").read_table(&b"1 2\n"[..])?;
    /// assert_eq!(table.names().collect::<Vec<_>>(), ["column00", "column01"]);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn defaultfmt(mut self, format: impl Into<String>) -> Self {
        self.rules.default = format.into();
        self
    }

    /// Whether a field that cannot be read is filled in, as a missing one is (`true`, the default), or is an error.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray::Ix1;
    /// use ndarray_io::GenFromTxt;
    ///
    /// let strict = GenFromTxt::new().loose(false).missing_values("N/A");
    /// assert!(strict.read::<_, f64, Ix1>(&b"1\nN/A\n"[..])?[1].is_nan());
    /// let error = strict.read::<_, f64, Ix1>(&b"1\nabc\n"[..]).unwrap_err();
    /// assert_eq!((error.line(), error.column()), (Some(2), Some(1)));
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn loose(mut self, loose: bool) -> Self {
        self.loose = loose;
        self
    }

    /// Whether rows of another length than the first are an error, which lists them (`true`, the default), or are left
    /// out.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray::{Array2, Ix2, array};
    /// use ndarray_io::GenFromTxt;
    ///
    /// let text = "1 2\n3\n4 5\n6 7 8\n";
    /// let error = GenFromTxt::new().read::<_, i64, Ix2>(text.as_bytes()).unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "line 2: 2 rows have another number of fields than 2: 1 in line 2, 3 in line 4; \
    ///      invalid_raise(false) leaves such rows out, usecols picks fields"
    /// );
    /// let a: Array2<i64> = GenFromTxt::new().invalid_raise(false).read(text.as_bytes())?;
    /// assert_eq!(a, array![[1, 2], [4, 5]]);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn invalid_raise(mut self, invalid_raise: bool) -> Self {
        self.invalid_raise = invalid_raise;
        self
    }

    /// How many rows to read at most, at least 1, not counting those that are left out; all by default.
    ///
    /// A reader is left right after the last row, as [`LoadTxt::max_rows`](crate::LoadTxt::max_rows) says.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray::{Array1, array};
    /// use ndarray_io::GenFromTxt;
    ///
    /// let a: Array1<i64> = GenFromTxt::new().max_rows(2).read(&b"1\n2\n3\n"[..])?;
    /// assert_eq!(a, array![1, 2]);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn max_rows(mut self, rows: usize) -> Self {
        self.shared.max_rows = Some(rows);
        self
    }
}

common_setters! {
    GenFromTxt,
    whole: "records and tables",
    quotes: "\n\nNumPy's genfromtxt knows no quotes; these are those of [`LoadTxt`](crate::LoadTxt::quotechar).",
    progress: "\n\nWhat a table reads a second time, for columns whose types show late, is not counted."
}
