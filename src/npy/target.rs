//! Arrays whose data comes in pieces and in any order: memory for it, and the array that it becomes.

use std::io;

use ndarray::{Array, Dimension};
use serde::de::DeserializeOwned;

use super::data::{check_sizeless, scalar_of_any, swapsize};
use super::dynamic::DynArray;
use super::reader::NpyReader;
use super::shape::{array_from_values, dimension, folded};
use super::{Header, ReadOptions};
use crate::dtype::{ByteOrder, Scalar};
use crate::element::Decoder;
use crate::element::scalar::{Native, bits_into, swap_bytes, vec_into, with_native, with_own};
use crate::error::{Error, Result};
use crate::storage::{memory, parallel};

/// Bytes that a thread swaps at a time: a whole number of items, whose sizes are powers of two.
const SHARE: usize = 1 << 20;

/// Memory for the data of an array, which becomes an `R`.
pub(crate) trait Target<R>: Send {
    /// Where the data goes, in the order of the file.
    fn bytes(&mut self) -> &mut [u8];

    /// The array, once all of its data is there.
    fn finish(self: Box<Self>) -> Result<R>;
}

/// Memory for an array of `A`s: the array's own, if they are the scalars of the file.
///
/// The caller has seen that the file has the data.
pub(crate) fn array_target<'a, A, D>(header: Header, options: &ReadOptions) -> Result<Box<dyn Target<Array<A, D>> + 'a>>
where
    A: DeserializeOwned + 'a,
    D: Dimension + 'a,
{
    let header = folded::<A>(&header, D::NDIM).unwrap_or(header);
    let mut reader = NpyReader::of_data(io::empty(), header, None, options);
    reader.check_size()?;
    let own = reader.data().own_scalar();
    let header = reader.header();
    let dim = dimension::<D>(&header.shape)?;
    let order = header.order;
    if let Some(scalar) = Scalar::of::<A>()
        && let Some((file, byte_order)) = own
        && file == scalar
    {
        with_own!(A, T => {
            let finish = move |values| {
                let values = vec_into::<T, A>(values).unwrap_or_default(); // never: `A` is the scalar, which is `T`
                array_from_values(dim, order, values)
            };
            return Ok(Box::new(Scalars::<T, _>::new(header, byte_order, finish)?));
        }, else => {});
    }
    // A cast that is not allowed is told before anything is fetched.
    Decoder::<A>::new(&header.dtype, options.casting)?;
    let (header, options) = (header.clone(), options.clone());
    Ok(Box::new(Raw {
        bytes: memory::zeroed(header.nbytes()?)?,
        finish: move |bytes: Vec<u8>| {
            NpyReader::of_data(&bytes[..], header, Some(bytes.len() as u64), &options).read::<A, D>()
        },
    }))
}

/// Memory for an array of whatever dtype the file has.
///
/// The caller has seen that the file has the data.
pub(crate) fn dyn_target(header: Header, options: &ReadOptions) -> Result<Box<dyn Target<DynArray>>> {
    let reader = NpyReader::of_data(io::empty(), header, None, options);
    reader.check_size()?;
    let header = reader.header().clone();
    if let Some((scalar, order)) = scalar_of_any(&header.dtype) {
        with_native!(scalar, T => {
            let own = header.clone();
            let finish = move |values| DynArray::from_values::<T>(own, values);
            return Ok(Box::new(Scalars::<T, _>::new(&header, order, finish)?));
        }, else => {});
    }
    check_sizeless(&header.dtype, header.count()?)?;
    Ok(Box::new(Raw {
        bytes: memory::zeroed(header.nbytes()?)?,
        finish: move |bytes| DynArray::from_raw(header.dtype, header.shape, header.order, bytes),
    }))
}

/// The memory of an array of scalars.
struct Scalars<T: Native, F> {
    bits: Vec<T::Bits>,
    order: ByteOrder,
    finish: F,
}

impl<T: Native, F> Scalars<T, F> {
    fn new(header: &Header, order: ByteOrder, finish: F) -> Result<Self> {
        Ok(Scalars {
            bits: memory::zeroed(header.count()?)?,
            order,
            finish,
        })
    }
}

impl<T, R, F> Target<R> for Scalars<T, F>
where
    T: Native,
    F: FnOnce(Vec<T>) -> Result<R> + Send,
{
    fn bytes(&mut self) -> &mut [u8] {
        bytemuck::cast_slice_mut(&mut self.bits)
    }

    fn finish(mut self: Box<Self>) -> Result<R> {
        let swapsize = swapsize(T::SCALAR, self.order);
        parallel::for_each_chunk(self.bytes(), SHARE, |_, share| {
            swap_bytes(share, swapsize);
            Ok::<(), Error>(())
        })?;
        (self.finish)(bits_into(self.bits)?)
    }
}

/// Bytes that are decoded once they are there.
struct Raw<F> {
    bytes: Vec<u8>,
    finish: F,
}

impl<R, F: FnOnce(Vec<u8>) -> Result<R> + Send> Target<R> for Raw<F> {
    fn bytes(&mut self) -> &mut [u8] {
        &mut self.bytes
    }

    fn finish(self: Box<Self>) -> Result<R> {
        (self.finish)(self.bytes)
    }
}
