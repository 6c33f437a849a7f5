//! Record arrays: raw rows of named fields.

use std::fmt;

use ndarray::{ArrayD, Order};
use serde::de::DeserializeOwned;

use super::{DynArray, RawArray};
use crate::dtype::{Casting, Dtype};
use crate::error::{Error, ErrorKind, Result};

/// The rows that [`Display`](fmt::Display) shows of a longer table: as many from its start as from its end.
const SHOWN: usize = 20;

/// An array of records, as a file holds them.
///
/// # Examples
///
/// ```
/// use ndarray::{Array1, array};
/// use ndarray_io::{DynArray, ReadNpyExt, WriteNpyExt};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Serialize, Deserialize, PartialEq, Debug)]
/// struct Body {
///     name: String,
///     mass: f64,
/// }
/// let bodies: Array1<Body> = array![Body { name: "Io".into(), mass: 8.93e22 }];
/// let mut file = Vec::new();
/// bodies.write_npy(&mut file)?;
///
/// let DynArray::Record(records) = DynArray::read_npy(&file[..])? else { panic!("no records") };
/// assert_eq!(records.field("mass")?, array![8.93e22].into());
/// assert_eq!(records.into_records::<Body>()?, bodies.into_dyn());
/// # Ok::<(), ndarray_io::Error>(())
/// ```
#[derive(Clone, PartialEq)]
pub struct RecordArray(RawArray);

impl RecordArray {
    /// `raw` is known to be of a record dtype.
    pub(super) fn new(raw: RawArray) -> Self {
        RecordArray(raw)
    }

    /// The dtype of the records.
    pub fn dtype(&self) -> &Dtype {
        self.0.dtype()
    }

    /// The shape.
    pub fn shape(&self) -> &[usize] {
        self.0.shape()
    }

    /// The order of the records.
    pub fn order(&self) -> Order {
        self.0.order()
    }

    /// The number of records.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are no records.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The names of the fields, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.dtype().fields().iter().map(|field| field.name())
    }

    /// The records as raw bytes.
    pub fn raw(&self) -> &RawArray {
        &self.0
    }

    /// The records as raw bytes.
    pub fn into_raw(self) -> RawArray {
        self.0
    }

    /// One field of all records, by its name or title: an array of the same shape, with a subarray's axes behind it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Missing`] if there is no such field.
    pub fn field(&self, name: &str) -> Result<DynArray> {
        let field = self.dtype().field(name).ok_or_else(|| {
            let names: Vec<_> = self.names().collect();
            Error::new(
                ErrorKind::Missing,
                format!("no field {name:?}; there are {}", names.join(", ")),
            )
        })?;
        let dtype = field.dtype();
        let mut bytes = Vec::with_capacity(self.len() * dtype.itemsize());
        for index in 0..self.len() {
            bytes.extend_from_slice(&self.0.item(index)[field.offset()..field.offset() + dtype.itemsize()]);
        }
        DynArray::from_raw(dtype.clone(), self.shape().to_vec(), self.order(), bytes)
    }

    /// The records as values of any type that serde can deserialize, in an array of the same shape.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Missing`] if a field of `T` is not there, [`ErrorKind::Dtype`] if one is of another dtype.
    pub fn into_records<T: DeserializeOwned>(self) -> Result<ArrayD<T>> {
        self.0.into_array(Casting::default())
    }
}

impl fmt::Debug for RecordArray {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RecordArray of shape {:?}, dtype={}", self.shape(), self.dtype())
    }
}

impl fmt::Display for RecordArray {
    /// A table: a row a record, a column a field. Of many records, the first and the last ones.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.len();
        let shown: Vec<usize> = match count <= SHOWN {
            true => (0..count).collect(),
            false => (0..SHOWN / 2).chain(count - SHOWN / 2..count).collect(),
        };
        let mut columns = Vec::new();
        for field in self.dtype().fields() {
            let mut column = vec![field.name().to_owned()];
            for &index in &shown {
                let start = field.offset();
                let bytes = self.0.item(index)[start..start + field.dtype().itemsize()].to_vec();
                let cell = RawArray::new(field.dtype().clone(), vec![], Order::RowMajor, bytes)
                    .and_then(RawArray::into_dyn)
                    .map_or_else(
                        |error| format!("<{error}>"),
                        |value| value.to_string().replace('\n', " "),
                    );
                column.push(cell);
            }
            let width = column.iter().map(|cell| cell.chars().count()).max().unwrap_or(0);
            columns.push((column, width));
        }
        for line in 0..=shown.len() {
            if count > SHOWN && line == SHOWN / 2 + 1 {
                writeln!(f, "... {} more ...", count - shown.len())?;
            }
            for (index, (column, width)) in columns.iter().enumerate() {
                let gap = if index > 0 { "  " } else { "" };
                write!(f, "{gap}{:>width$}", column[line])?;
            }
            writeln!(f)?;
        }
        write!(f, "{count} records, shape {:?}, dtype={}", self.shape(), self.dtype())
    }
}
