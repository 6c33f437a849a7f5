//! Rust values to and from the bytes of elements.

mod calendar;
mod convert;
mod datetime;
mod de;
pub(crate) mod key;
mod longdouble;
mod measure;
mod plan;
pub(crate) mod scalar;
mod schema;
mod ser;
mod trace;

use std::marker::PhantomData;

use serde::Serialize;
use serde::de::DeserializeOwned;

#[cfg(feature = "text")]
pub(crate) use calendar::Time;
pub use datetime::{Datetime64, TimeUnit, Timedelta64, units};
#[cfg(feature = "text")]
pub(crate) use longdouble::to_f64 as long_double_to_f64;
pub(crate) use measure::{dtype_of_values, fit_dtype};

use crate::dtype::{Casting, Dtype, Repr, Scalar};
use crate::error::{Error, ErrorKind, Result};
use convert::Cast;
use plan::{Node, Tag, must_swap};
use scalar::{vec_into, with_native};

/// What can be written as an element: any `A: Serialize`. There is nothing to implement; it is a name for bounds.
pub trait WritableElement: Serialize {}
impl<A: Serialize> WritableElement for A {}

/// What can be read as an element: any `A: DeserializeOwned`. There is nothing to implement; it is a name for bounds.
pub trait ReadableElement: DeserializeOwned {}
impl<A: DeserializeOwned> ReadableElement for A {}

/// What can be viewed in place: elements whose layout `bytemuck` knows and whose bits it can check.
pub trait ViewElement: ReadableElement + bytemuck::CheckedBitPattern {}
impl<A: ReadableElement + bytemuck::CheckedBitPattern> ViewElement for A {}

/// What can be viewed in place and changed there: elements without padding.
pub trait ViewMutElement: ViewElement + bytemuck::NoUninit {}
impl<A: ViewElement + bytemuck::NoUninit> ViewMutElement for A {}

/// Writes values as the bytes of elements of one dtype.
#[derive(Clone)]
pub(crate) struct Encoder {
    node: Node,
    has_padding: bool,
    row: u64,
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
        })
    }

    /// Writes `value` into `row`, which must be as long as the dtype's itemsize; padding becomes zero.
    ///
    /// # Errors
    ///
    /// They name the row, counted from the first that was encoded, and the field. [`ErrorKind::Value`] for a value
    /// that does not fit the dtype without loss; [`ErrorKind::Element`] for a type that is no element.
    #[inline]
    pub(crate) fn encode<A: Serialize + ?Sized>(&mut self, value: &A, row: &mut [u8]) -> Result<()> {
        if self.has_padding {
            row.fill(0);
        }
        let serializer = ser::Ser {
            bytes: row,
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

    /// Counts rows from `row` on, for errors.
    pub(crate) fn starting_at(mut self, row: u64) -> Encoder {
        self.row = row;
        self
    }
}

#[cold]
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

/// Reads values from the bytes of elements of one dtype.
pub(crate) struct Decoder<A> {
    node: Node,
    row: u64,
    values: PhantomData<fn() -> A>,
}

impl<A> Clone for Decoder<A> {
    fn clone(&self) -> Self {
        Decoder {
            node: self.node.clone(),
            ..*self
        }
    }
}

impl<A: DeserializeOwned> Decoder<A> {
    /// # Errors
    ///
    /// [`ErrorKind::Dtype`] if `A` is a scalar that the dtype must not be cast to; what else `A` may be is known with
    /// the first row only. [`ErrorKind::Object`] if the dtype has objects in it.
    pub(crate) fn new(dtype: &Dtype, casting: Casting) -> Result<Self> {
        let mut node = Node::new(dtype, casting)?;
        if let Some(scalar) = Scalar::of::<A>() {
            node.allow(Dtype::native(scalar), plan::rust_name(scalar))?;
        }
        Ok(Decoder {
            node,
            row: 0,
            values: PhantomData,
        })
    }

    /// Appends the values of `rows`, one after the other; an incomplete row at the end is left alone, as are rows of
    /// no bytes, whose number cannot be told: [`Decoder::decode`] those.
    ///
    /// # Errors
    ///
    /// They name the row, counted from the first that was decoded, and the field. [`ErrorKind::Dtype`] for what must
    /// not be cast, [`ErrorKind::Missing`] for a field that is not there, [`ErrorKind::Value`] for invalid values.
    pub(crate) fn extend(&mut self, rows: &[u8], values: &mut Vec<A>) -> Result<()> {
        let size = self.node.size;
        if size == 0 {
            return Ok(());
        }
        if let (Repr::Scalar(from, order), Some(to)) = (&self.node.dtype.0, Scalar::of::<A>()) {
            let swap = must_swap(*from, *order);
            let casted = with_native!(to, T => extend_cast::<T, A>(*from, swap, rows, values)?, else => false);
            if casted {
                self.row += (rows.len() / size) as u64;
                return Ok(());
            }
        }
        values.reserve(rows.len() / size);
        for row in rows.chunks_exact(size) {
            values.push(self.decode(row)?);
        }
        Ok(())
    }

    /// The value of one row.
    ///
    /// # Errors
    ///
    /// As [`Decoder::extend`].
    #[inline]
    pub(crate) fn decode(&mut self, row: &[u8]) -> Result<A> {
        let node = &mut self.node;
        match A::deserialize(de::De { bytes: row, node }) {
            // A wrapper around serde may hide that the first try was for nothing.
            Ok(value) if self.row > 0 => {
                self.row += 1;
                Ok(value)
            }
            result => self.settle(row, result),
        }
    }

    #[cold]
    #[inline(never)]
    fn settle(&mut self, row: &[u8], mut result: Result<A>) -> Result<A> {
        // Each time, at least one record of the plan has changed for good the way that it gives its fields.
        while self.node.take_retry() {
            let node = &mut self.node;
            result = A::deserialize(de::De { bytes: row, node });
        }
        let value = result.map_err(|error| error.at_row(self.row))?;
        self.row += 1;
        Ok(value)
    }

    /// Counts rows from `row` on, for errors.
    pub(crate) fn starting_at(mut self, row: u64) -> Self {
        self.row = row;
        self
    }
}

#[allow(dead_code)] // used with read_npz, which follows
/// Gives the values of one dtype's rows to serde, as whatever is asked for: for who has a visitor, and no type.
#[cfg(feature = "npz")]
pub(crate) struct Rows {
    node: Node,
}

#[cfg(feature = "npz")]
impl Rows {
    /// # Errors
    ///
    /// [`ErrorKind::Object`] if the dtype has objects in it.
    pub(crate) fn new(dtype: &Dtype, casting: Casting) -> Result<Rows> {
        let mut node = Node::new(dtype, casting)?;
        node.always_by_name(); // a visitor can be used only once
        Ok(Rows { node })
    }

    /// The value in `bytes`, which must be as long as the dtype's itemsize.
    #[inline]
    pub(crate) fn row<'de, 'a>(
        &'a mut self,
        bytes: &'a [u8],
    ) -> impl serde::Deserializer<'de, Error = Error> + use<'de, 'a> {
        de::De {
            bytes,
            node: &mut self.node,
        }
    }
}

/// Appends all of `rows` at once if `A` is `T`.
fn extend_cast<T: Cast, A>(from: Scalar, swap: bool, rows: &[u8], values: &mut Vec<A>) -> Result<bool> {
    let mut items = Vec::<T>::new();
    let Ok(empty) = vec_into::<T, A>(Vec::new()) else {
        return Ok(false);
    };
    drop::<Vec<A>>(empty);
    convert::cast_all(from, swap, rows, &mut items)?;
    if let Ok(mut items) = vec_into::<T, A>(items) {
        match values.is_empty() {
            true => *values = items,
            false => values.append(&mut items),
        }
    }
    Ok(true)
}

/// The error for a type that is no element.
#[cold]
fn unsupported(name: &str) -> Error {
    Error::new(
        ErrorKind::Element,
        format!("{name} cannot be an array element; see the table of element types in the crate's documentation"),
    )
}

#[cfg(test)]
mod tests;
