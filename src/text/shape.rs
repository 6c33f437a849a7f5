//! The values of a table to arrays: NumPy's shapes, texts as wide as they need.

use ndarray::{Array, ArrayD, Dimension, IxDyn, Order};

use super::columns::{columns, unit_of};
use super::job::count;
use crate::dtype::{Dtype, Repr, UnitBase};
use crate::error::{Error, ErrorKind, Result};
use crate::npy::{DynArray, array_from_values};

/// What a table has, and what shape is asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Size {
    pub(crate) rows: usize,
    /// Not known of an empty table.
    pub(crate) columns: Option<usize>,
    /// Each row is one element.
    pub(crate) is_record: bool,
    pub(crate) ndmin: usize,
    pub(crate) unpack: bool,
}

impl Size {
    pub(crate) fn order(&self) -> Order {
        if self.unpack && !self.is_record {
            Order::ColumnMajor
        } else {
            Order::RowMajor
        }
    }

    /// The shape as `ndmin` asks for it: axes of length 1 go, then come back.
    pub(crate) fn shape(&self) -> Vec<usize> {
        let mut shape = match self.columns {
            Some(columns) if !self.is_record => vec![self.rows, columns],
            _ => vec![self.rows],
        };
        if shape.len() > self.ndmin {
            shape.retain(|len| *len != 1);
        }
        match (self.ndmin, shape.len()) {
            (1, 0) => shape.push(1),
            (2, 0) => shape = vec![1, 1],
            (2, 1) => shape.push(1),
            _ => {}
        }
        if self.unpack && !self.is_record {
            shape.reverse();
        }
        shape
    }

    /// An array of these values, row by row.
    pub(crate) fn array<A, D: Dimension>(mut self, mut values: Vec<A>) -> Result<Array<A, D>> {
        values.shrink_to_fit();
        self.ndmin = self.ndmin.max(D::NDIM.unwrap_or(0).min(2));
        let shape = self.shape();
        let array: ArrayD<A> = array_from_values(IxDyn(&shape), self.order(), values)?;
        array.into_dimensionality().map_err(|_| {
            let table = match self.columns {
                Some(columns) if !self.is_record => {
                    format!("{} of {}", count(self.rows, "row"), count(columns, "column"))
                }
                _ => count(self.rows, if self.is_record { "record" } else { "row" }),
            };
            let wanted = D::NDIM.map_or("D".to_owned(), |ndim| ndim.to_string());
            let message = format!(
                "the text has {table}, which is no `Array{wanted}`; `Array{}` or `ArrayD` would work",
                shape.len()
            );
            Error::new(ErrorKind::Shape, message)
        })
    }

    /// An array of a dtype that is complete only when all text is known: the width of strings, the unit of times.
    pub(crate) fn strings(&self, dtype: &Dtype, texts: &[String]) -> Result<DynArray> {
        let dtype = complete(dtype, texts);
        let [column] = &columns(&dtype)?[..] else {
            return Err(Error::new(
                ErrorKind::Argument,
                format!("{} is no dtype of a column", dtype.describe()),
            ));
        };
        let mut bytes = Vec::new();
        let total = column.size.checked_mul(texts.len());
        let total = total
            .filter(|total| bytes.try_reserve_exact(*total).is_ok())
            .ok_or_else(|| {
                let message = format!(
                    "cannot allocate {} of {} bytes",
                    count(texts.len(), "element"),
                    column.size
                );
                Error::new(ErrorKind::Limit, message)
            })?;
        bytes.resize(total, 0);
        for (text, bytes) in texts.iter().zip(bytes.chunks_exact_mut(column.size.max(1))) {
            column.parse(text, bytes).ok_or_else(|| {
                let message = format!("{text:?} is out of the range of {}", dtype.describe());
                Error::new(ErrorKind::Value, message)
            })?;
        }
        DynArray::from_raw(dtype, self.shape(), self.order(), bytes)
    }
}

/// Whether a dtype is complete only when all text is known: the width of strings, the unit of datetimes.
pub(crate) fn is_incomplete(dtype: &Dtype) -> bool {
    match dtype.0 {
        Repr::Str(0, _) | Repr::Bytes(0) => true,
        Repr::Datetime(unit, _) => unit.base() == UnitBase::Generic,
        _ => false,
    }
}

/// The dtype with the width or unit that these texts need.
fn complete(dtype: &Dtype, texts: &[String]) -> Dtype {
    let longest = || texts.iter().map(|text| text.chars().count()).max().unwrap_or(0).max(1);
    Dtype(match dtype.0 {
        Repr::Bytes(_) => Repr::Bytes(longest()),
        Repr::Str(_, order) => Repr::Str(longest(), order),
        Repr::Datetime(generic, order) => {
            let units = texts.iter().filter_map(|text| unit_of(text));
            Repr::Datetime(units.max_by_key(|unit| unit.base() as u8).unwrap_or(generic), order)
        }
        _ => return dtype.clone(),
    })
}
