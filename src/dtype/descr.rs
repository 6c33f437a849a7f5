//! The descr of a dtype: Python's notation in headers, to and from [`Dtype`].

use super::Dtype;
use crate::error::{Error, ErrorKind, Result};

impl std::fmt::Display for Dtype {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?} of {} bytes", self.kind(), self.itemsize())
    }
}

impl std::str::FromStr for Dtype {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self> {
        Err(Error::new(ErrorKind::Header, format!("not a descr: {text}")))
    }
}
