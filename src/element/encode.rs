//! Values to the bytes of elements of one dtype.

use serde::Serialize;

use super::flat::Short;
use super::plan::{Node, wrong_row};
use super::ser::Ser;
use super::tag::Tag;
use crate::dtype::{Casting, Dtype, Repr};
use crate::error::{Error, Result};

/// Writes values as the bytes of elements of one dtype.
#[derive(Clone)]
pub(crate) struct Encoder {
    node: Node,
    has_padding: bool,
    row: u64,
    /// The short way, as long as the rows are such that there is one.
    short: Option<Box<Short>>,
}

impl Encoder {
    /// # Errors
    ///
    /// [`ErrorKind::Object`] if the dtype has objects in it.
    pub(crate) fn new(dtype: &Dtype) -> Result<Encoder> {
        Ok(Encoder {
            node: Node::new(dtype, Casting::Equiv)?,
            has_padding: has_padding(dtype),
            row: 0,
            short: None,
        })
    }

    /// From here on rows are counted from 0.
    pub(crate) fn restart(&mut self) {
        self.row = 0;
    }

    /// Writes `value` into `row`, which must be as long as the dtype's itemsize; padding becomes zero.
    ///
    /// # Errors
    ///
    /// They name the row, counted from the first that was encoded, and the field. [`ErrorKind::Value`] for a value
    /// that does not fit the dtype without loss; [`ErrorKind::Element`] for a type that is no element.
    #[inline]
    pub(crate) fn encode<A: Serialize + ?Sized>(&mut self, value: &A, row: &mut [u8]) -> Result<()> {
        if row.len() != self.node.size {
            return Err(wrong_row(row.len(), self.node.size));
        }
        if self.has_padding {
            row.fill(0);
        }
        let serializer = Ser {
            row,
            at: 0,
            node: &mut self.node,
            tag: Tag::None,
        };
        match value.serialize(serializer) {
            Ok(()) => {
                self.row += 1;
                Ok(())
            }
            Err(error) => Err(at_row(error, self.row)),
        }
    }

    /// Writes values into as many rows of the dtype's itemsize, which must not be 0.
    ///
    /// # Errors
    ///
    /// As [`Encoder::encode`].
    pub(crate) fn encode_rows<A: Serialize>(&mut self, mut values: &[&A], mut rows: &mut [u8]) -> Result<()> {
        let size = self.node.size;
        if self.has_padding {
            rows.fill(0);
        }
        while let Some((value, left)) = values.split_first() {
            if let Some(short) = self.short() {
                if short.write(size, values, rows) {
                    self.row += values.len() as u64;
                    return Ok(());
                }
                self.short = None;
            }
            let (row, after) = std::mem::take(&mut rows).split_at_mut_checked(size).unwrap_or_default();
            self.encode(value, row)?;
            (values, rows) = (left, after);
        }
        Ok(())
    }

    /// The short way through the next rows: it is looked for when the first has gone the long one.
    #[inline]
    fn short(&mut self) -> Option<&Short> {
        if self.row == 1 {
            self.short = Short::of(&self.node);
        }
        self.short.as_deref()
    }
}

#[cold]
#[inline(never)]
fn at_row(error: Error, row: u64) -> Error {
    error.at_row(row)
}

fn has_padding(dtype: &Dtype) -> bool {
    match &dtype.0 {
        Repr::Record(record) => {
            let used: usize = record.fields.iter().map(|field| field.dtype.itemsize()).sum();
            used < record.itemsize || record.fields.iter().any(|field| has_padding(&field.dtype))
        }
        Repr::Subarray(sub) => has_padding(&sub.base),
        _ => false,
    }
}
