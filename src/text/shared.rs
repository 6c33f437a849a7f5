//! The parameters that loadtxt and genfromtxt have in common.

use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use super::encoding::Encoding;
use super::input::{Progress, Source};
use super::rows::CHUNK;
use super::shape::Size;
use crate::dtype::Dtype;
use crate::error::{Error, ErrorKind, Result};
use crate::limits;

/// What both take, by the same names.
#[derive(Clone)]
pub(super) struct Shared {
    pub(super) dtype: Option<Dtype>,
    pub(super) unpack: bool,
    pub(super) ndmin: usize,
    pub(super) max_rows: Option<usize>,
    /// In bytes.
    pub(super) max_row_size: usize,
    pub(super) quotechar: Option<char>,
    pub(super) encoding: Encoding,
    pub(super) progress: Option<Arc<Progress>>,
    /// How much text a thread parses at a time.
    pub(super) chunk: usize,
}

impl Default for Shared {
    fn default() -> Self {
        Shared {
            dtype: None,
            unpack: false,
            ndmin: 0,
            max_rows: None,
            max_row_size: limits::ROW_SIZE,
            quotechar: None,
            encoding: Encoding::Utf8,
            progress: None,
            chunk: CHUNK,
        }
    }
}

impl Shared {
    /// That `ndmin` is one that NumPy knows.
    pub(super) fn check(&self) -> Result<()> {
        if self.ndmin <= 2 {
            return Ok(());
        }
        let message = format!("ndmin is {}; 0, 1 and 2 are possible", self.ndmin);
        Err(Error::new(ErrorKind::Argument, message))
    }

    /// The text of a file.
    pub(super) fn open(&self, path: &Path) -> Result<Source<'_>> {
        Ok(Source::open(path, self.encoding, self.progress.as_deref())?.with_max_row(self.max_row_size))
    }

    /// The text of a reader.
    pub(super) fn source<'a, R: Read + 'a>(&'a self, reader: R) -> Source<'a> {
        Source::new(reader, self.encoding, self.max_rows.is_some(), self.progress.as_deref())
            .with_max_row(self.max_row_size)
    }

    /// Text that was read before, whose progress has been told.
    pub(super) fn again<'a, R: Read + 'a>(&self, text: R, encoding: Encoding) -> Source<'a> {
        Source::new(text, encoding, false, None).with_max_row(self.max_row_size)
    }

    /// What shape a table of so many rows and columns has, if those are known.
    pub(super) fn size(&self, rows: usize, columns: Option<usize>, is_record: bool) -> Size {
        Size {
            rows,
            columns,
            is_record,
            ndmin: self.ndmin,
            unpack: self.unpack,
        }
    }
}

/// The setters that both have. `whole` is what `unpack` leaves whole; the others say more of a setter.
macro_rules! common_setters {
    ($Options:ident, whole: $whole:literal, quotes: $quotes:literal, progress: $progress:literal) => {
        impl $Options {
            #[doc = concat!(
                "Whether to transpose the result, so that it can be taken apart by columns; ", $whole, " stay as they are."
            )]
            ///
            /// # Examples
            ///
            /// ```
            /// use ndarray::{Array2, array};
            #[doc = concat!("use ndarray_io::", stringify!($Options), ";")]
            ///
            #[doc = concat!(
                "let a: Array2<i64> = ", stringify!($Options), "::new().unpack(true).read(&b\"1 2\\n3 4\\n5 6\\n\"[..])?;"
            )]
            /// assert_eq!(a.row(0), array![1, 3, 5]);
            /// # Ok::<(), ndarray_io::Error>(())
            /// ```
            pub fn unpack(mut self, unpack: bool) -> Self {
                self.shared.unpack = unpack;
                self
            }

            /// How many dimensions the result has at least: 0 (the default), 1 or 2. Axes of length 1 go as far as that
            /// allows.
            ///
            /// For `Array1` and `Array2` it is 1 and 2; it matters for `ArrayD` and for arrays known at run time only.
            ///
            /// # Examples
            ///
            /// ```
            /// use ndarray::ArrayD;
            #[doc = concat!("use ndarray_io::", stringify!($Options), ";")]
            ///
            #[doc = concat!("let a: ArrayD<i64> = ", stringify!($Options), "::new().read(&b\"1\\n2\\n\"[..])?;")]
            /// assert_eq!(a.shape(), [2]);
            #[doc = concat!(
                "let a: ArrayD<i64> = ", stringify!($Options), "::new().ndmin(2).read(&b\"1\\n2\\n\"[..])?;"
            )]
            /// assert_eq!(a.shape(), [2, 1]);
            /// # Ok::<(), ndarray_io::Error>(())
            /// ```
            pub fn ndmin(mut self, ndmin: usize) -> Self {
                self.shared.ndmin = ndmin;
                self
            }

            /// How many bytes a row may have at most, as UTF-8; 1 GiB by default.
            ///
            /// A row is in memory as a whole, so a text without line ends would be too. A row is held against the limit
            /// when it is longer than what is read at a time, which is some MiB.
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("use ndarray_io::{ErrorKind, ", stringify!($Options), "};")]
            ///
            /// let endless = std::io::Read::take(std::io::repeat(b'1'), 1 << 32);
            #[doc = concat!("let options = ", stringify!($Options), "::new().max_row_size(1 << 20);")]
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
            #[doc = $quotes]
            ///
            /// # Examples
            ///
            /// ```
            /// use ndarray::{Array2, array};
            #[doc = concat!("use ndarray_io::", stringify!($Options), ";")]
            ///
            /// let text = "a,\"b, \"\"c\"\"\"\n";
            #[doc = concat!("let options = ", stringify!($Options), "::new().delimiter(\",\").quotechar('\"');")]
            /// let a: Array2<String> = options.read(text.as_bytes())?;
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
            #[doc = concat!("use ndarray_io::{Encoding, ", stringify!($Options), "};")]
            ///
            #[doc = concat!("let options = ", stringify!($Options), "::new().encoding(Encoding::Latin1);")]
            /// let a: Array1<String> = options.read(&b"caf\xe9"[..])?;
            /// assert_eq!(a, array!["café".to_owned()]);
            /// # Ok::<(), ndarray_io::Error>(())
            /// ```
            pub fn encoding(mut self, encoding: crate::Encoding) -> Self {
                self.shared.encoding = encoding;
                self
            }

            /// Calls back after each block of some MiB with the bytes read so far, and how many the file has, if that is
            /// known.
            #[doc = $progress]
            ///
            /// # Examples
            ///
            /// ```
            /// use ndarray::Array1;
            #[doc = concat!("use ndarray_io::", stringify!($Options), ";")]
            /// use std::sync::{Arc, atomic::{AtomicU64, Ordering}};
            ///
            /// let read = Arc::new(AtomicU64::new(0));
            /// let counter = Arc::clone(&read);
            /// let progress = move |bytes, _total| counter.store(bytes, Ordering::Relaxed);
            #[doc = concat!(
                "let _: Array1<i64> = ", stringify!($Options), "::new().progress(progress).read(&b\"1\\n2\\n\"[..])?;"
            )]
            /// assert_eq!(read.load(Ordering::Relaxed), 4);
            /// # Ok::<(), ndarray_io::Error>(())
            /// ```
            pub fn progress<F>(mut self, progress: F) -> Self
            where
                F: Fn(u64, Option<u64>) + Send + Sync + 'static,
            {
                self.shared.progress = Some(std::sync::Arc::new(progress));
                self
            }
        }
    };
}

pub(super) use common_setters;
