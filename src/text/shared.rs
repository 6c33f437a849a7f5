//! The parameters that loadtxt and genfromtxt have in common.

use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use super::codec::Encoding;
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
