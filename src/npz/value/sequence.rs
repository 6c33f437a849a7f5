//! Sequences of elements of one scalar type to a member, without a look at all of them first.

use std::any::TypeId;
use std::io::Write;

use ndarray::Order;
use serde::ser::{Serialize, SerializeSeq};

use super::empty::dtype_of_none;
use super::ser::Stop;
use crate::dtype::{Dtype, Scalar};
use crate::element::{Encoder, known};
use crate::error::{Error, ErrorKind, Result};
use crate::npy::Header;
use crate::npz::pack::Sink;
use crate::npz::write::NpzWriter;

/// Bytes of elements that are gathered before they go to the archive.
const BLOCK: usize = 256 << 10;

/// Begins a member with the header of an array.
pub(super) fn begin<W: Write>(
    npz: &mut NpzWriter<W>,
    name: String,
    dtype: Dtype,
    shape: Vec<usize>,
) -> Result<Sink<'_, W>> {
    // Of members `x.npy` and `x.npy.npy` the first is read as both, here and in NumPy.
    if npz.has(&name) || npz.has(&format!("{name}.npy.npy")) {
        let message = "a name and the same with .npy behind it are one when they are read; rename one of them";
        return Err(Error::new(ErrorKind::Argument, message));
    }
    let header = Header::new(dtype, Order::RowMajor, shape);
    header.nbytes()?;
    let compression = npz.compression();
    let mut sink = npz.begin(name + ".npy", compression)?;
    header.write(&mut sink)?;
    Ok(sink)
}

/// A sequence whose elements go to the archive as they come.
pub(super) enum Sequence<'a, W> {
    /// For its first element, which tells the dtype.
    Waiting {
        npz: &'a mut NpzWriter<W>,
        name: String,
        id: TypeId,
        shape: Vec<usize>,
    },
    Writing(Box<Elements<'a, W>>),
    Failed,
}

/// Elements of one scalar type.
pub(super) struct Elements<'a, W> {
    sink: Sink<'a, W>,
    scalar: Scalar,
    encoder: Encoder,
    /// How many are still to come.
    left: usize,
    block: Vec<u8>,
    filled: usize,
}

impl<'a, W: Write> Elements<'a, W> {
    fn begin(npz: &'a mut NpzWriter<W>, name: String, shape: Vec<usize>, scalar: Scalar) -> Result<Self> {
        let dtype = Dtype::native(scalar);
        let left = Header::new(dtype.clone(), Order::RowMajor, shape.clone()).count()?;
        Ok(Elements {
            encoder: Encoder::new(&dtype)?,
            sink: begin(npz, name, dtype, shape)?,
            scalar,
            left,
            block: vec![0; BLOCK.min(left.saturating_mul(scalar.itemsize()))],
            filled: 0,
        })
    }

    #[inline]
    fn push<T: ?Sized + Serialize>(&mut self, value: &T) -> Result<()> {
        let size = self.scalar.itemsize();
        if known::<T>() != Some(self.scalar) || self.left == 0 {
            return Err(self.unexpected());
        }
        if self.filled == self.block.len() {
            self.flush()?;
        }
        let slot = self.block.get_mut(self.filled..).and_then(|rest| rest.get_mut(..size));
        self.encoder.encode(value, slot.unwrap_or_default())?;
        self.filled += size;
        self.left -= 1;
        Ok(())
    }

    #[cold]
    fn unexpected(&self) -> Error {
        Error::new(
            ErrorKind::Element,
            match self.left {
                0 => "a sequence of more elements than it announced".to_owned(),
                _ => format!("a sequence of {} and something else", self.scalar.name()),
            },
        )
    }

    #[cold]
    fn flush(&mut self) -> Result<()> {
        self.sink.write_all(self.block.get(..self.filled).unwrap_or_default())?;
        self.filled = 0;
        Ok(())
    }

    fn finish(mut self) -> Result<()> {
        check_left(self.left)?;
        self.flush()?;
        self.sink.finish()
    }
}

fn check_left(left: usize) -> Result<()> {
    match left {
        0 => Ok(()),
        _ => Err(Error::new(
            ErrorKind::Element,
            format!("a sequence of {left} elements fewer than it announced"),
        )),
    }
}

/// Adds an array without elements: where its type does not tell what they would be, they are f8, as in NumPy.
fn add_empty<W: Write>(npz: &mut NpzWriter<W>, name: String, id: TypeId, shape: Vec<usize>) -> Result<()> {
    let dtype = dtype_of_none(id).unwrap_or_else(|| Dtype::native(Scalar::Float64));
    check_left(Header::new(dtype.clone(), Order::RowMajor, shape.clone()).count()?)?;
    begin(npz, name, dtype, shape)?.finish()
}

impl<W: Write> SerializeSeq for Sequence<'_, W> {
    type Ok = ();
    type Error = Stop;

    #[inline]
    fn serialize_element<T: ?Sized + Serialize>(&mut self, value: &T) -> Result<(), Stop> {
        if let Sequence::Writing(elements) = self {
            return Ok(elements.push(value)?);
        }
        match (std::mem::replace(self, Sequence::Failed), known::<T>()) {
            (Sequence::Waiting { npz, name, shape, .. }, Some(scalar)) => {
                let mut elements = Elements::begin(npz, name, shape, scalar)?;
                elements.push(value)?;
                *self = Sequence::Writing(Box::new(elements));
                Ok(())
            }
            _ => Err(Stop::Measure),
        }
    }

    fn end(self) -> Result<(), Stop> {
        match self {
            Sequence::Writing(elements) => elements.finish()?,
            Sequence::Waiting { npz, name, id, shape } => add_empty(npz, name, id, shape)?,
            Sequence::Failed => {}
        }
        Ok(())
    }
}
