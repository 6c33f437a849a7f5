//! Rows as bytes.

use ndarray::{ArrayView, Dimension, Order};
use serde::Serialize;

use crate::dtype::{Dtype, Scalar};
use crate::element::Encoder;
use crate::element::scalar::{slice_as, with_own};
use crate::error::{Error, ErrorKind, Result};
use crate::npy::Header;

/// How elements become bytes.
pub(super) enum How {
    /// They are scalars of the file's own: as they lie, where they lie in order and their bytes need no swapping.
    Scalars { swap: bool },
    /// Through serde.
    Encoded(Box<Encoder>),
}

impl How {
    /// How elements of `A` become those of the file.
    pub(super) fn new<A: Serialize>(header: &Header) -> Result<How> {
        let dtype = &header.dtype;
        if dtype.is_flexible() {
            return Err(Error::new(
                ErrorKind::Argument,
                format!(
                    "appended rows need a dtype of a fixed width, not {}; `create_with` takes one, such as `<U16`",
                    dtype.describe()
                ),
            ));
        }
        let Some(scalar) = Scalar::of::<A>() else {
            return Ok(How::Encoded(Box::new(Encoder::new(dtype)?)));
        };
        match dtype.as_scalar() {
            Some((file, order)) if file == scalar => Ok(How::Scalars {
                swap: !order.is_native(),
            }),
            _ => Err(Error::new(
                ErrorKind::Dtype,
                format!(
                    "file has {}, to which {} cannot be appended; convert the values first",
                    dtype.describe(),
                    Dtype::native(scalar).describe()
                ),
            )),
        }
    }
}

/// The elements, if they lie in that order without gaps.
#[inline]
pub(super) fn in_order<'a, A, E: Dimension>(elements: &'a ArrayView<'_, A, E>, order: Order) -> Option<&'a [A]> {
    match order {
        Order::ColumnMajor if elements.ndim() > 1 => elements
            .t()
            .is_standard_layout()
            .then(|| elements.as_slice_memory_order())
            .flatten(),
        _ => elements.as_slice(),
    }
}

/// The bytes of scalars.
#[inline]
pub(super) fn bytes_of<A>(elements: &[A]) -> Option<&[u8]> {
    with_own!(A, T => slice_as::<A, T>(elements).map(bytemuck::cast_slice), else => None)
}
