//! Rust values to and from the bytes of elements.

mod calendar;
mod convert;
mod datetime;
mod de;
#[cfg(feature = "jiff")]
mod jiff;
pub(crate) mod key;
mod longdouble;
mod measure;
mod parse;
mod plan;
mod refuse;
pub(crate) mod scalar;
mod schema;
mod ser;
mod trace;
mod value;
mod wide;

use std::marker::PhantomData;

use serde::Serialize;
use serde::de::DeserializeOwned;

pub(crate) use calendar::Time;
#[cfg(feature = "text")]
pub(crate) use calendar::{parse_datetime, parse_timedelta};
#[cfg(any(feature = "npz", feature = "object"))]
pub(crate) use datetime::tag_of;
pub use datetime::{Datetime64, TimeUnit, Timedelta64, units};
#[cfg(feature = "object")]
pub(crate) use de::to_unit;
#[cfg(feature = "text")]
pub(crate) use longdouble::{from_f64 as long_double_from_f64, to_f64 as long_double_to_f64};
pub(crate) use measure::{dtype_of_values, fit_dtype};
#[cfg(feature = "npz")]
pub(crate) use schema::known;
#[cfg(feature = "text")]
pub(crate) use schema::option_value;

use crate::dtype::{ByteOrder, Casting, Dtype, Repr, Scalar};
use crate::error::{Error, ErrorKind, Result};
use crate::storage::parallel;
use convert::Cast;
pub(crate) use plan::Tag;
use plan::{Node, must_swap};
use scalar::{vec_from, vec_into, with_native};
use value::De;

/// What can be written as an element: any `A: Serialize`. There is nothing to implement; it is a name for bounds.
///
/// # Examples
///
/// ```
/// use ndarray::ArrayRef1;
/// use ndarray_io::{WritableElement, WriteNpyExt};
///
/// /// Any array of one dimension, as the bytes of a `.npy` file.
/// fn encode<A: WritableElement>(array: &ArrayRef1<A>) -> ndarray_io::Result<Vec<u8>> {
///     let mut file = Vec::new();
///     array.write_npy(&mut file)?;
///     Ok(file)
/// }
/// assert_eq!(encode(&ndarray::array![1_u8, 2])?.len(), 130);
/// # Ok::<(), ndarray_io::Error>(())
/// ```
pub trait WritableElement: Serialize {}
impl<A: Serialize> WritableElement for A {}

/// What can be read as an element: any `A: DeserializeOwned`. There is nothing to implement; it is a name for bounds.
///
/// # Examples
///
/// ```
/// use ndarray::Array1;
/// use ndarray_io::{ReadNpyExt, ReadableElement, WriteNpyExt};
///
/// fn first<A: ReadableElement>(file: &[u8]) -> ndarray_io::Result<Option<A>> {
///     Ok(Array1::<A>::read_npy(file)?.into_iter().next())
/// }
/// let mut file = Vec::new();
/// ndarray::array![1.5, 2.5].write_npy(&mut file)?;
/// assert_eq!(first::<f64>(&file)?, Some(1.5));
/// # Ok::<(), ndarray_io::Error>(())
/// ```
pub trait ReadableElement: DeserializeOwned {}
impl<A: DeserializeOwned> ReadableElement for A {}

/// What can be viewed in place: elements whose layout `bytemuck` knows and whose bits it can check.
///
/// # Examples
///
/// ```
/// use ndarray::ArrayView1;
/// use ndarray_io::{ViewElement, ViewNpyExt, WriteNpyExt};
///
/// fn len<A: ViewElement>(file: &[u8]) -> ndarray_io::Result<usize> {
///     Ok(ArrayView1::<A>::view_npy(file)?.len())
/// }
/// let mut file = Vec::new();
/// ndarray::array![1_u8, 2].write_npy(&mut file)?;
/// assert_eq!(len::<u8>(&file)?, 2);
/// # Ok::<(), ndarray_io::Error>(())
/// ```
pub trait ViewElement: ReadableElement + bytemuck::CheckedBitPattern {}
impl<A: ReadableElement + bytemuck::CheckedBitPattern> ViewElement for A {}

/// What can be viewed in place and changed there: elements without padding.
///
/// # Examples
///
/// ```
/// use ndarray::{ArrayViewMut1, array};
/// use ndarray_io::{ViewMutElement, ViewMutNpyExt, WriteNpyExt};
///
/// fn fill<A: ViewMutElement + Clone>(file: &mut [u8], value: A) -> ndarray_io::Result<()> {
///     ArrayViewMut1::<A>::view_mut_npy(file)?.fill(value);
///     Ok(())
/// }
/// let mut file = Vec::new();
/// array![1_u8, 2].write_npy(&mut file)?;
/// fill(&mut file, 7_u8)?;
/// assert!(file.ends_with(&[7, 7]));
/// # Ok::<(), ndarray_io::Error>(())
/// ```
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
        if row.len() != self.node.size {
            return Err(wrong_row(row.len(), self.node.size));
        }
        let serializer = ser::Ser {
            rest: row,
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
}

/// The caller's mistake.
#[cold]
#[inline(never)]
fn wrong_row(len: usize, itemsize: usize) -> Error {
    Error::new(
        ErrorKind::Argument,
        format!("a row of {len} bytes for a dtype whose itemsize is {itemsize}"),
    )
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

/// How many rows are read before the first of their values is moved, if those are of at most so many bytes.
const BATCH: usize = 4;
const BATCHED: usize = 256;

/// Reads values from the bytes of elements of one dtype.
pub(crate) struct Decoder<A> {
    node: Node,
    /// How many rows were decoded.
    row: u64,
    /// What the first of them is called.
    first: u64,
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
        let mut node = Node::to_read(dtype, casting)?;
        if let Some(scalar) = Scalar::of::<A>() {
            node.allow(Dtype::native(scalar), plan::rust_name(scalar))?;
        }
        Ok(Decoder {
            node,
            row: 0,
            first: 0,
            values: PhantomData,
        })
    }

    /// Counts rows from `row` on, for errors.
    #[cfg(feature = "text")]
    pub(crate) fn starting_at(mut self, row: u64) -> Self {
        self.first = row;
        self
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
        let count = rows.len() / size;
        if let (Repr::Scalar(from, order), Some(to)) = (&self.node.dtype.0, Scalar::of::<A>()) {
            let swap = must_swap(*from, *order);
            let casted = with_native!(to, T => extend_cast::<T, A>(*from, swap, rows, values)?, else => false);
            if casted {
                self.row += count as u64;
                return Ok(());
            }
        }
        if let Repr::Str(_, order) = self.node.dtype.0
            && let Ok(texts) = vec_from::<A, String>(std::mem::take(values)).map_err(|other| *values = other)
        {
            let mut texts = texts;
            let result = self.extend_texts(rows, order, &mut texts);
            *values = vec_into(texts).unwrap_or_default(); // A is String
            return result;
        }
        self.extend_rows(rows, count, values)
    }

    /// Strings are mostly allocations, which go to all cores.
    fn extend_texts(&mut self, rows: &[u8], order: ByteOrder, texts: &mut Vec<String>) -> Result<()> {
        self.node.allow_text()?;
        let (size, start, before) = (self.node.size, texts.len(), self.first + self.row);
        texts.resize_with(start + rows.len() / size, String::new);
        let slots = texts.get_mut(start..).unwrap_or_default();
        parallel::for_each_chunk(slots, 2048, |first, slots| {
            let rows = rows.get(first * size..).unwrap_or_default().chunks_exact(size);
            for (index, (slot, row)) in slots.iter_mut().zip(rows).enumerate() {
                *slot =
                    value::decode_text(row, order).map_err(|error| error.at_row(before + (first + index) as u64))?;
            }
            Ok::<(), Error>(())
        })?;
        self.row += (rows.len() / size) as u64;
        Ok(())
    }

    /// The value of one row.
    ///
    /// # Errors
    ///
    /// As [`Decoder::extend`].
    pub(crate) fn decode(&mut self, row: &[u8]) -> Result<A> {
        let mut values = Vec::with_capacity(1);
        self.extend_rows(row, 1, &mut values)?;
        values.pop().ok_or_else(|| wrong_row(row.len(), self.node.size))
    }

    fn extend_rows(&mut self, mut rows: &[u8], count: usize, values: &mut Vec<A>) -> Result<()> {
        let size = self.node.size;
        if size > 0 && rows.len() / size < count {
            return Err(wrong_row(rows.len(), size));
        }
        values.reserve(count);
        let end = values.len() + count;
        while values.len() < end {
            let before = values.len();
            // The first row of all is alone: a wrapper around serde may hide that it was read in vain.
            match self.row > 0 && size_of::<A>() <= BATCHED && end - before >= BATCH {
                true => self.read_batch(rows, values)?,
                false => {
                    let (rest, node) = (rows.get(..size).unwrap_or_default(), &mut self.node);
                    let row = A::deserialize(De { rest, node });
                    self.take(row, values)?;
                }
            };
            rows = rows.get((values.len() - before) * size..).unwrap_or_default();
        }
        Ok(())
    }

    /// Reads [`BATCH`] rows, or fewer if one is to be read again.
    ///
    /// A value that is moved as a whole right after its parts were written waits for them to leave the store buffer,
    /// which takes as long as to read it. So each has a place of its own until the last of them is read.
    #[inline(always)]
    fn read_batch(&mut self, mut rows: &[u8], values: &mut Vec<A>) -> Result<()> {
        let mut next = || {
            let (rest, after) = rows.split_at_checked(self.node.size).unwrap_or_default();
            rows = after;
            let node = &mut self.node;
            A::deserialize(De { rest, node })
        };
        let (first, second) = (next(), next());
        let (third, fourth) = (next(), next());
        let _ = self.take(first, values)?
            && self.take(second, values)?
            && self.take(third, values)?
            && self.take(fourth, values)?;
        Ok(())
    }

    /// Takes a row that was read; false if it is to be read again.
    #[inline(always)]
    fn take(&mut self, read: Result<A>, values: &mut Vec<A>) -> Result<bool> {
        match read {
            Ok(value) if self.row > 0 || !self.node.take_retry() => {
                values.push(value);
                self.row += 1;
                Ok(true)
            }
            Ok(_) => Ok(false),
            Err(error) => self.settle(error).map(|()| false),
        }
    }

    /// The error, or that the row is to be read again: each time, at least one record of the plan has changed for
    /// good the way that it gives its fields.
    #[cold]
    #[inline(never)]
    fn settle(&mut self, error: Error) -> Result<()> {
        match self.node.take_retry() {
            true => Ok(()),
            false => Err(error.at_row(self.first + self.row)),
        }
    }
}

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
        let mut node = Node::to_read(dtype, casting)?;
        node.always_by_name(); // a visitor can be used only once
        Ok(Rows { node })
    }

    /// The value in `bytes`, which must be as long as the dtype's itemsize.
    #[inline]
    pub(crate) fn row<'de, 'a>(
        &'a mut self,
        bytes: &'a [u8],
    ) -> impl serde::Deserializer<'de, Error = Error> + use<'de, 'a> {
        De {
            rest: bytes,
            node: &mut self.node,
        }
    }
}

/// Appends all of `rows` at once if `A` is `T`.
fn extend_cast<T: Cast, A>(from: Scalar, swap: bool, rows: &[u8], values: &mut Vec<A>) -> Result<bool> {
    let mut items = match vec_from::<A, T>(std::mem::take(values)) {
        Ok(items) => items,
        Err(other) => {
            *values = other;
            return Ok(false);
        }
    };
    let result = convert::cast_all(from, swap, rows, &mut items);
    *values = vec_into(items).unwrap_or_default(); // A is T
    result.map(|()| true)
}

/// The error for a type that is no element.
#[cold]
pub(crate) fn unsupported(name: &str) -> Error {
    Error::new(
        ErrorKind::Element,
        format!("{name} cannot be an array element; see the table of element types in the crate's documentation"),
    )
}

#[cfg(test)]
mod tests;
