//! The parameters that loadtxt and genfromtxt have in common.

use super::codec::Encoding;
use super::shape::Size;
use crate::dtype::Dtype;
use crate::error::{Error, ErrorKind, Result};

/// What both take, by the same names.
#[derive(Clone)]
pub(super) struct Shared {
    pub(super) dtype: Option<Dtype>,
    pub(super) unpack: bool,
    pub(super) ndmin: usize,
    pub(super) max_rows: Option<usize>,
    pub(super) quotechar: Option<char>,
    pub(super) encoding: Encoding,
}

impl Default for Shared {
    fn default() -> Self {
        Shared {
            dtype: None,
            unpack: false,
            ndmin: 0,
            max_rows: None,
            quotechar: None,
            encoding: Encoding::Utf8,
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
