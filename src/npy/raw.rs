//! Elements as a file holds them.

use std::fmt;
use std::io::Write;

use ndarray::{Array, Dimension, Order};
use serde::de::DeserializeOwned;

use super::dynamic::{DynArray, TypedArray, Variant};
use super::read::{array_from_values, dimension};
use super::{Header, RecordArray};
use crate::dtype::{ByteOrder, Casting, Dtype, Repr};
use crate::element::Decoder;
use crate::element::scalar::{bits_into, swap_bytes, with_native};
use crate::error::{Error, ErrorKind, Result};

/// An array of elements as a file holds them: in their own byte order, with their padding.
///
/// # Examples
///
/// ```
/// use ndarray::{Ix1, Order, array};
/// use ndarray_io::{Casting, RawArray};
///
/// let raw = RawArray::new(">u2".parse()?, vec![2], Order::RowMajor, vec![0, 1, 1, 0])?;
/// assert_eq!(raw.into_array::<u16, Ix1>(Casting::Equiv)?, array![1, 256]);
/// # Ok::<(), ndarray_io::Error>(())
/// ```
#[derive(Clone, PartialEq)]
pub struct RawArray {
    dtype: Dtype,
    shape: Vec<usize>,
    order: Order,
    bytes: Vec<u8>,
}

impl RawArray {
    /// The elements of that dtype that `bytes` are, in `order`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Argument`] if there are more or fewer bytes than the shape asks for; [`ErrorKind::Shape`] if no
    /// array can have that shape.
    pub fn new(dtype: Dtype, shape: Vec<usize>, order: Order, bytes: Vec<u8>) -> Result<RawArray> {
        let header = Header::new(dtype, order, shape);
        let expected = header.nbytes()?;
        if bytes.len() != expected {
            return Err(Error::new(
                ErrorKind::Argument,
                format!("{} bytes for an array that takes {expected}", bytes.len()),
            ));
        }
        let Header {
            dtype, order, shape, ..
        } = header;
        Ok(RawArray {
            dtype,
            shape,
            order,
            bytes,
        })
    }

    /// The dtype of the elements.
    pub fn dtype(&self) -> &Dtype {
        &self.dtype
    }

    /// The shape.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// The order of the elements.
    pub fn order(&self) -> Order {
        self.order
    }

    /// The bytes of all elements, in their order.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The number of elements.
    pub fn len(&self) -> usize {
        self.shape.iter().product()
    }

    /// Whether there are no elements.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The elements as an array of `A`, converted as far as `casting` allows.
    ///
    /// # Errors
    ///
    /// As [`DynArray::into_array`].
    pub fn into_array<A: DeserializeOwned, D: Dimension>(self, casting: Casting) -> Result<Array<A, D>> {
        array_from_values(dimension(&self.shape)?, self.order, self.decode(casting)?)
    }

    /// The elements as Rust's types.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Shape`] if no array can have the shape.
    pub fn into_dyn(self) -> Result<DynArray> {
        match self.dtype.0 {
            Repr::Scalar(scalar, order) => {
                with_native!(scalar, T => self.into_native::<T>(order), else => Ok(DynArray::Raw(self)))
            }
            Repr::Datetime(_, order) => Ok(DynArray::Datetime(self.counts(order)?)),
            Repr::Timedelta(_, order) => Ok(DynArray::Timedelta(self.counts(order)?)),
            Repr::Bytes(_) => {
                let items = (0..self.len())
                    .map(|index| trimmed(self.item(index)).to_vec())
                    .collect();
                Ok(DynArray::Bytes(self.typed(items)?))
            }
            Repr::Str(..) => match self.decode::<String>(Casting::No) {
                Ok(items) => Ok(DynArray::Str(self.typed(items)?)),
                Err(_) => Ok(DynArray::Raw(self)), // not Unicode: kept as it is
            },
            Repr::Record(_) => Ok(DynArray::Record(RecordArray::new(self))),
            Repr::Subarray(_) => self.expanded()?.into_dyn(),
            Repr::Void(_) | Repr::Object => Ok(DynArray::Raw(self)),
        }
    }

    /// The axes of a subarray behind the array's own. They are in C order, so the whole is.
    fn expanded(self) -> Result<RawArray> {
        let order = Order::RowMajor;
        let mut bytes = Vec::with_capacity(self.bytes.len());
        self.write_elements(&self.dtype, order, &mut bytes)?;
        let shape = [&self.shape, self.dtype.shape()].concat();
        RawArray::new(self.dtype.base().clone(), shape, order, bytes)
    }

    /// The elements as values, in their order.
    pub(super) fn decode<A: DeserializeOwned>(&self, casting: Casting) -> Result<Vec<A>> {
        let mut values = Vec::with_capacity(self.len());
        let mut decoder = Decoder::<A>::new(&self.dtype, casting)?;
        match self.dtype.itemsize() {
            0 => (0..self.len()).try_for_each(|_| decoder.decode(&[]).map(|value| values.push(value)))?,
            _ => decoder.extend(&self.bytes, &mut values)?,
        }
        Ok(values)
    }

    /// These values in this array's place.
    pub(super) fn typed<A>(&self, values: Vec<A>) -> Result<TypedArray<A>> {
        let array = array_from_values(dimension(&self.shape)?, self.order, values)?;
        Ok(TypedArray::new(array, self.dtype.clone()))
    }

    /// The counts of a datetime or timedelta.
    pub(super) fn counts(&self, order: ByteOrder) -> Result<TypedArray<i64>> {
        self.typed(self.native::<i64>(order)?)
    }

    /// The elements as native scalars; raw as they are, where they are none.
    pub(super) fn into_native<T: Variant>(self, order: ByteOrder) -> Result<DynArray> {
        match self.native::<T>(order) {
            Ok(values) => Ok(T::variant(self.typed(values)?)),
            Err(_) => Ok(DynArray::Raw(self)), // bools that are neither 0 nor 1
        }
    }

    fn native<T: Variant>(&self, order: ByteOrder) -> Result<Vec<T>> {
        let mut bits: Vec<T::Bits> = bytemuck::pod_collect_to_vec(&self.bytes);
        if !order.is_native() {
            swap_bytes(bytemuck::cast_slice_mut(&mut bits), T::SCALAR.swapsize());
        }
        bits_into(bits)
    }

    /// Writes the elements as `dtype`, in `order`.
    pub(super) fn write_elements<W: Write>(&self, dtype: &Dtype, order: Order, writer: &mut W) -> Result<()> {
        if *dtype != self.dtype {
            return Err(cannot_write(&self.dtype, dtype));
        }
        if order == self.order || self.shape.len() < 2 {
            return Ok(writer.write_all(&self.bytes)?);
        }
        for index in self.reordered(order)? {
            writer.write_all(self.item(index))?;
        }
        Ok(())
    }

    /// The indices into the elements that bring them into `order`.
    fn reordered(&self, order: Order) -> Result<Vec<usize>> {
        let own = array_from_values(dimension(&self.shape)?, self.order, (0..self.len()).collect())?;
        let own: ndarray::ArrayD<usize> = match order {
            Order::ColumnMajor => own.reversed_axes(),
            _ => own,
        };
        Ok(own.iter().copied().collect())
    }

    /// The bytes of one element.
    pub(super) fn item(&self, index: usize) -> &[u8] {
        let size = self.dtype.itemsize();
        &self.bytes[index * size..(index + 1) * size]
    }
}

impl fmt::Debug for RawArray {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RawArray of shape {:?}, dtype={}", self.shape, self.dtype)
    }
}

#[cold]
pub(super) fn cannot_write(own: &Dtype, asked: &Dtype) -> Error {
    Error::new(
        ErrorKind::Dtype,
        format!(
            "array of {} cannot be written as {}; convert it first with `into_array`",
            own.describe(),
            asked.describe()
        ),
    )
}

/// The value of an `S` without the NULs that fill it up.
fn trimmed(item: &[u8]) -> &[u8] {
    let len = item.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
    &item[..len]
}
