//! Record arrays: raw rows of named fields.

use std::fmt;
use std::io::Write;
use std::ops::Range;

use ndarray::{ArrayD, Order};
use serde::de::DeserializeOwned;

use super::dynamic::DynArray;
use super::raw::{RawArray, RecordArray};
use super::show::{shown_rows, write_columns};
use super::{Header, WriteNpyExt, WriteOptions};
use crate::dtype::Casting;
use crate::error::{Error, ErrorKind, Result};

impl RecordArray {
    /// One field of all records, by its name or title: an array of the same shape, with a subarray's axes behind it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Missing`] if there is no such field.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray::array;
    /// use ndarray_io::DynArray;
    ///
    /// let a = DynArray::from_array(&array![(1_u8, 0.5), (2, 1.5)])?;
    /// let DynArray::Record(records) = a else { panic!("no records") };
    /// assert_eq!(records.field("f1")?, array![0.5, 1.5].into());
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
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
            bytes.extend_from_slice(&self.raw().item(index)[field.offset()..field.offset() + dtype.itemsize()]);
        }
        DynArray::from_raw(dtype.clone(), self.shape().to_vec(), self.order(), bytes)
    }

    /// The records as values of any type that serde can deserialize, in an array of the same shape.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Missing`] if a field of `T` is not there, [`ErrorKind::Dtype`] if one is of another dtype.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray::array;
    /// use ndarray_io::DynArray;
    ///
    /// #[derive(serde::Deserialize)]
    /// struct Weight {
    ///     f1: f64, // the fields that are wanted, by name
    /// }
    /// let a = DynArray::from_array(&array![(1_u8, 0.5), (2, 1.5)])?;
    /// let DynArray::Record(records) = a else { panic!("no records") };
    /// assert_eq!(records.into_records::<Weight>()?[1].f1, 1.5);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn into_records<T: DeserializeOwned>(self) -> Result<ArrayD<T>> {
        self.into_raw().into_array(Casting::default())
    }
}

impl WriteNpyExt for RecordArray {
    fn npy_header(&self, options: &WriteOptions) -> Result<Header> {
        let dtype = options.dtype.clone().unwrap_or_else(|| self.dtype().clone());
        let order = options.order.unwrap_or_else(|| self.raw().order_alone());
        Ok(Header::new(dtype, order, self.shape()))
    }

    fn write_npy_range<W: Write>(&self, mut writer: W, header: &Header, range: Range<usize>) -> Result<()> {
        self.raw()
            .write_elements(&header.dtype, header.order, range, &mut writer)
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
        let mut columns = Vec::new();
        for field in self.dtype().fields() {
            let mut column = vec![field.name().to_owned()];
            for index in shown_rows(count) {
                let start = field.offset();
                let bytes = self.raw().item(index)[start..start + field.dtype().itemsize()].to_vec();
                let cell = RawArray::new(field.dtype().clone(), vec![], Order::RowMajor, bytes)
                    .and_then(RawArray::into_dyn)
                    .map_or_else(
                        |error| format!("<{error}>"),
                        |value| value.to_string().replace('\n', " "),
                    );
                column.push(cell);
            }
            columns.push(column);
        }
        write_columns(f, &columns, 1, count)?;
        write!(f, "{count} records, shape {:?}, dtype={}", self.shape(), self.dtype())
    }
}
