//! The bytes of elements of one dtype to values.

use std::marker::PhantomData;

use serde::de::DeserializeOwned;

use super::convert;
use super::flat::Short;
use super::plan::{self, Node, must_swap, wrong_row};
use super::scalar::{value_as_mut, with_own};
use super::value::{self, De};
use crate::dtype::{ByteOrder, Casting, Dtype, Repr, Scalar};
use crate::error::{Error, Result};
use crate::storage::parallel;

/// Reads values from the bytes of elements of one dtype.
pub(crate) struct Decoder<A> {
    node: Node,
    /// How many rows were decoded.
    row: u64,
    /// What the first of them is called.
    first: u64,
    /// The short way, as long as the rows are such that there is one.
    short: Option<Box<Short>>,
    values: PhantomData<fn() -> A>,
}

impl<A> Clone for Decoder<A> {
    fn clone(&self) -> Self {
        Decoder {
            node: self.node.clone(),
            short: self.short.clone(),
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
        Ok(Decoder {
            node: node_of(dtype, casting, Scalar::of::<A>())?,
            row: 0,
            first: 0,
            short: None,
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
        let (count, first) = (rows.len() / size, self.first + self.row);
        if let Repr::Scalar(from, order) = self.node.dtype.0 {
            let from = (from, must_swap(from, order));
            let casted = with_own!(A, T => match value_as_mut::<Vec<A>, Vec<T>>(values) {
                Ok(items) => Some(convert::cast_all(from, first, rows, items)),
                Err(_) => None,
            }, else => None);
            if let Some(result) = casted {
                result?;
                self.row += count as u64;
                return Ok(());
            }
        }
        if let Ok(strings) = value_as_mut::<Vec<A>, Vec<String>>(values)
            && let Some(texts) = self.texts()?
        {
            let start = strings.len();
            strings.resize_with(start + count, String::new);
            let slots = strings.get_mut(start..).unwrap_or_default();
            parallel::for_each_chunk(slots, 2048, |index, slots| {
                let rows = rows.get(index * size..).unwrap_or_default();
                texts.read(first + index as u64, rows, slots)
            })?;
            self.row += count as u64;
            return Ok(());
        }
        self.extend_rows(rows, count, values)
    }

    /// Who reads the rows as strings, if they are text.
    pub(crate) fn texts(&mut self) -> Result<Option<Texts>> {
        let Repr::Str(_, order) = self.node.dtype.0 else {
            return Ok(None);
        };
        self.node.allow_text()?;
        let size = self.node.size;
        Ok(Some(Texts { size, order }))
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

    fn extend_rows(&mut self, rows: &[u8], count: usize, values: &mut Vec<A>) -> Result<()> {
        let size = self.node.size;
        let mut rows = rows.get(..count * size).ok_or_else(|| wrong_row(rows.len(), size))?;
        values.reserve(count);
        let end = values.len() + count;
        while values.len() < end {
            if let Some(short) = self.short() {
                let read = short.read(size, rows, values);
                self.row += read as u64;
                rows = rows.get(read * size..).unwrap_or_default();
                if values.len() == end {
                    break;
                }
                self.short = None;
            }
            let (row, at, node) = (rows.get(..size).unwrap_or_default(), 0, &mut self.node);
            match A::deserialize(De { row, at, node }) {
                Ok(value) if self.row > 0 || !self.node.take_retry() => {
                    values.push(value);
                    self.row += 1;
                    rows = rows.get(size..).unwrap_or_default();
                }
                Ok(_) => {}
                Err(error) => self.settle(error)?,
            }
        }
        Ok(())
    }

    /// The short way through the next rows: it is looked for when the first has gone the long one.
    #[inline]
    fn short(&mut self) -> Option<&Short> {
        if self.row == 1 && self.node.size > 0 {
            self.short = Short::of(&self.node);
        }
        self.short.as_deref()
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
            row: bytes,
            at: 0,
            node: &mut self.node,
        }
    }
}

/// The plan for a dtype, to be read as this scalar if any.
fn node_of(dtype: &Dtype, casting: Casting, asked: Option<Scalar>) -> Result<Node> {
    let mut node = Node::to_read(dtype, casting)?;
    if let Some(scalar) = asked {
        node.allow(Dtype::native(scalar), plan::rust_name(scalar))?;
    }
    Ok(node)
}

/// Reads text as strings, on any thread.
#[derive(Clone, Copy)]
pub(crate) struct Texts {
    size: usize,
    order: ByteOrder,
}

impl Texts {
    /// The strings of as many rows as there are slots; `first` is what the first of them is called.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Value`] for what is no Unicode; it names the row.
    pub(crate) fn read(self, first: u64, rows: &[u8], slots: &mut [String]) -> Result<()> {
        for (index, (slot, row)) in slots.iter_mut().zip(rows.chunks_exact(self.size)).enumerate() {
            *slot = value::decode_text(row, self.order).map_err(|error| error.at_row(first + index as u64))?;
        }
        Ok(())
    }
}
