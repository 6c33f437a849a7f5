//! The parameters of `np.savetxt`, one setter each.

use crate::text::encoding::Encoding;
use crate::text::fmt::{Fmt, Fmts};

/// How an array becomes text: `np.savetxt` with all its options.
///
/// An array has one or two dimensions; of a 1-D array each element is a line, and the fields of a record are its columns.
/// The text is NumPy's, byte for byte. It is printed on all cores and written in order, a few blocks of rows at a time.
///
/// # Examples
///
/// ```
/// use ndarray_io::SaveTxt;
/// use serde::Serialize;
///
/// #[derive(Serialize)]
/// struct Sample {
///     id: u32,
///     value: f64,
/// }
///
/// let samples = ndarray::array![Sample { id: 1, value: 0.5 }, Sample { id: 20, value: -3.0 }];
/// let mut text = Vec::new();
/// SaveTxt::new().fmts(["%3d", "%.2f"]).delimiter(",").header("id,value").write(&mut text, &samples)?;
/// assert_eq!(text, b"# id,value\n  1,0.50\n 20,-3.00\n");
/// # Ok::<(), ndarray_io::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SaveTxt {
    pub(super) fmts: Fmts,
    pub(super) delimiter: String,
    pub(super) newline: String,
    pub(super) header: String,
    pub(super) footer: String,
    pub(super) comments: String,
    pub(super) encoding: Option<Encoding>,
}

impl Default for SaveTxt {
    fn default() -> Self {
        SaveTxt {
            fmts: Fmts::One("%.18e".into()),
            delimiter: " ".to_owned(),
            newline: "\n".to_owned(),
            header: String::new(),
            footer: String::new(),
            comments: "# ".to_owned(),
            encoding: None,
        }
    }
}

impl SaveTxt {
    /// NumPy's defaults.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::SaveTxt;
    ///
    /// let defaults = SaveTxt::new().fmt("%.18e").delimiter(" ").newline("\n").header("").footer("").comments("# ");
    /// assert_eq!(SaveTxt::new(), defaults);
    /// ```
    pub fn new() -> Self {
        SaveTxt::default()
    }

    /// The format of every value; or of a whole row, if it has as many `%` as a row has values. Default `%.18e`.
    ///
    /// It is a format of Python's `%` operator: `d i u x X o e E f F g G c s r a` with the flags `-+ #0`, width and
    /// precision, and any text around. In a whole row's format `%%` prints a `%`, but counts, as in NumPy, as two.
    /// [`Fmt::Shortest`] prints what reads back to the same value.
    ///
    /// A complex number is its two parts: one format becomes ` (%.18e+%.18ej)`, and `+-` becomes `-`.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::{Fmt, SaveTxt};
    ///
    /// let a = ndarray::array![[0.1, 1e300], [-2.0, f64::NAN]];
    /// for (fmt, expected) in [
    ///     (Fmt::from("%6.2g|"), "   0.1| 1e+300|\n    -2|    nan|\n"),
    ///     (Fmt::from("x=%g y=%g"), "x=0.1 y=1e+300\nx=-2 y=nan\n"),
    ///     (Fmt::Shortest, "0.1 1e+300\n-2.0 nan\n"),
    /// ] {
    ///     let mut text = Vec::new();
    ///     SaveTxt::new().fmt(fmt).write(&mut text, &a)?;
    ///     assert_eq!(String::from_utf8_lossy(&text), expected);
    /// }
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    #[must_use]
    pub fn fmt(mut self, fmt: impl Into<Fmt>) -> Self {
        self.fmts = Fmts::One(fmt.into());
        self
    }

    /// A format for each column.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::SaveTxt;
    ///
    /// let mut text = Vec::new();
    /// SaveTxt::new().fmts(["%d", "%.3f"]).write(&mut text, &ndarray::array![[1.0, 2.0], [3.0, 0.5]])?;
    /// assert_eq!(text, b"1 2.000\n3 0.500\n");
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    #[must_use]
    pub fn fmts<F: Into<Fmt>>(mut self, fmts: impl IntoIterator<Item = F>) -> Self {
        self.fmts = Fmts::Columns(fmts.into_iter().map(Into::into).collect());
        self
    }

    /// What separates columns. Default a space.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::SaveTxt;
    ///
    /// let mut text = Vec::new();
    /// SaveTxt::new().fmt("%d").delimiter(", ").write(&mut text, &ndarray::array![[1, 2], [3, 4]])?;
    /// assert_eq!(text, b"1, 2\n3, 4\n");
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    #[must_use]
    pub fn delimiter(mut self, delimiter: impl Into<String>) -> Self {
        self.delimiter = delimiter.into();
        self
    }

    /// What ends a row. Default `\n`.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::SaveTxt;
    ///
    /// let mut text = Vec::new();
    /// SaveTxt::new().fmt("%d").newline("\r\n").write(&mut text, &ndarray::array![1, 2])?;
    /// assert_eq!(text, b"1\r\n2\r\n");
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    #[must_use]
    pub fn newline(mut self, newline: impl Into<String>) -> Self {
        self.newline = newline.into();
        self
    }

    /// Lines before the first row, each after the [`comments`](SaveTxt::comments). Default none.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::SaveTxt;
    ///
    /// let mut text = Vec::new();
    /// SaveTxt::new().fmt("%d").header("two\nlines").write(&mut text, &ndarray::array![1])?;
    /// assert_eq!(text, b"# two\n# lines\n1\n");
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    #[must_use]
    pub fn header(mut self, header: impl Into<String>) -> Self {
        self.header = header.into();
        self
    }

    /// Lines after the last row, each after the [`comments`](SaveTxt::comments). Default none.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::SaveTxt;
    ///
    /// let mut text = Vec::new();
    /// SaveTxt::new().fmt("%d").footer("end").write(&mut text, &ndarray::array![1])?;
    /// assert_eq!(text, b"1\n# end\n");
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    #[must_use]
    pub fn footer(mut self, footer: impl Into<String>) -> Self {
        self.footer = footer.into();
        self
    }

    /// What starts the lines of header and footer. Default `# `.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::SaveTxt;
    ///
    /// let mut text = Vec::new();
    /// SaveTxt::new().fmt("%d").comments("").header("count").write(&mut text, &ndarray::array![1])?;
    /// assert_eq!(text, b"count\n1\n");
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    #[must_use]
    pub fn comments(mut self, comments: impl Into<String>) -> Self {
        self.comments = comments.into();
        self
    }

    /// The encoding of the text. Default UTF-8 to a path, and latin1 to a writer, as NumPy has them.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::{Encoding, SaveTxt};
    ///
    /// let mut text = Vec::new();
    /// SaveTxt::new().fmt("%s").encoding(Encoding::Utf8).write(&mut text, &ndarray::array!["π"])?;
    /// assert_eq!(text, "π\n".as_bytes());
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    #[must_use]
    pub fn encoding(mut self, encoding: Encoding) -> Self {
        self.encoding = Some(encoding);
        self
    }
}
