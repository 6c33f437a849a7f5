//! Object arrays: the pickle that holds them, read as data and written.
//!
//! From the bottom up: `class` and `value` say what an [`Object`] is, `instance` which text a `datetime` and the like
//! have, `plain` what NumPy's scalars and arrays are among objects. `vm` runs a pickle's opcodes, out of the bytes of
//! `input` and the numbers and strings of `text`; it builds objects in a `heap`, where `call` and `dtypes` do what the
//! few names of `globals` stand for. `freeze` makes values of them, within limits. `de` makes whatever type is asked
//! for of objects, with `scalar` and `access`; `ser` makes them of any type, `pickle` writes them; `serial` is their
//! place in other formats. `dict` is the pickle of a stack's `info`.
//!
//! [`DynArray`](crate::DynArray) holds objects and an object may be one: so `npy` and this module know each other, as no
//! others do.

mod access;
mod call;
mod class;
mod de;
#[cfg(feature = "stack")]
mod dict;
mod dtypes;
mod freeze;
mod globals;
mod heap;
mod input;
mod instance;
mod pickle;
mod plain;
mod scalar;
mod ser;
mod serial;
mod text;
mod value;
mod vm;

use std::io::{Read, Write};

use ndarray::{Array, ArrayView, Dimension};
use serde::Serialize;
use serde::de::DeserializeOwned;

#[cfg(feature = "stack")]
pub(crate) use dict::{read_dict, write_dict};
#[cfg(feature = "stack")]
pub(crate) use pickle::Item;
pub use value::{Instance, Object};

use crate::dtype::Dtype;
use crate::element::scalar::vec_into;
use crate::error::{Error, ErrorKind, Result};
use crate::limits::{OBJECT_FREE, OBJECT_RATIO};
use crate::npy::{Header, TypedArray};
use freeze::Freezer;
use input::Input;
use pickle::Pickler;
use scalar::De;
use vm::Machine;

/// Reads the objects that follow `header`.
///
/// `available` is how many bytes there are from the header's start, if that is known; then nothing that follows is of
/// interest to anybody.
pub(crate) fn read(
    reader: &mut dyn Read,
    header: &Header,
    available: Option<u64>,
    max_bytes: u64,
) -> Result<TypedArray<Object>> {
    let start = header.data_offset().unwrap_or(0);
    let mut machine = Machine::new(Input::new(reader, available.is_some(), max_bytes));
    let (value, len) = machine.run(start)?;
    let max_cost = match max_bytes {
        u64::MAX => OBJECT_FREE.saturating_add(len.saturating_mul(OBJECT_RATIO)),
        max_bytes => max_bytes,
    };
    let objects = Freezer::new(&mut machine.heap.cells, len, max_cost).array(value)?;
    if objects.shape() != header.shape {
        return Err(Error::new(
            ErrorKind::Object,
            format!(
                "header of shape {:?}, but the pickle holds an array of shape {:?}",
                header.shape,
                objects.shape()
            ),
        ));
    }
    Ok(TypedArray::new(objects.into_inner(), header.dtype.clone()))
}

/// The objects as values of any type, in C order.
pub(crate) fn values<A: DeserializeOwned>(objects: TypedArray<Object>) -> Result<Vec<A>> {
    let dtype = objects.dtype().clone();
    let objects = match vec_into::<Object, A>(in_c_order(objects)) {
        Ok(values) => return Ok(values),
        Err(objects) => objects,
    };
    let value = |(row, object)| A::deserialize(De::row(object, &dtype)).map_err(|error: Error| error.at_row(row));
    (0..).zip(&objects).map(value).collect()
}

/// The objects, the last axis fastest.
pub(crate) fn in_c_order(objects: TypedArray<Object>) -> Vec<Object> {
    match objects.into_inner() {
        // As they were made.
        array if array.is_standard_layout() => array.into_raw_vec_and_offset().0,
        array => array.iter().cloned().collect(),
    }
}

/// What gives an element of an array of that dtype to serde.
#[cfg(feature = "npz")]
pub(crate) fn element<'de, 'a>(
    object: &'a Object,
    dtype: &'a Dtype,
) -> impl serde::Deserializer<'de, Error = Error> + use<'de, 'a> {
    De::row(object, dtype)
}

/// Writes values as objects: the data of an array of a dtype with `|O` in it.
pub(crate) fn write<A: Serialize, D: Dimension>(
    array: ArrayView<'_, A, D>,
    dtype: &Dtype,
    writer: &mut dyn Write,
) -> Result<()> {
    let objects = array.iter().map(ser::object);
    Pickler::new(writer, is_object::<A>()).array(dtype, array.shape(), objects)
}

/// Whether `A` is [`Object`], whose dtype is `|O`.
pub(crate) fn is_object<A>() -> bool {
    typeid::of::<A>() == std::any::TypeId::of::<Object>()
}

impl<D: Dimension> From<Array<Object, D>> for TypedArray<Object> {
    fn from(array: Array<Object, D>) -> Self {
        TypedArray::new(array.into_dyn(), Dtype(crate::dtype::Repr::Object))
    }
}

impl<D: Dimension> From<Array<Object, D>> for crate::npy::DynArray {
    fn from(array: Array<Object, D>) -> Self {
        crate::npy::DynArray::Object(array.into())
    }
}
