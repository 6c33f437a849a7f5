//! NumPy's own values among objects, as Python's.

use std::borrow::Cow;

use ndarray::{ArrayD, ArrayViewD, Axis};

use super::value::Object;
use crate::dtype::Casting;
use crate::error::Result;
use crate::npy::DynArray;

/// NumPy's scalars, and arrays of no dimension, as the Python objects that `item()` would give; the rest as it is.
pub(super) fn plain(object: &Object) -> Result<Cow<'_, Object>> {
    let array = match object {
        Object::Scalar(array) => array,
        Object::Array(array) if array.ndim() == 0 => array,
        Object::Array(array) => return Ok(Cow::Owned(lists(objects_of(array)?.view()))),
        _ => return Ok(Cow::Borrowed(object)),
    };
    let objects = objects_of(array)?;
    let first = objects.first().cloned().unwrap_or(Object::None);
    match &first {
        // An array in an array of no dimension: these nest as deep as the reader let them.
        Object::Scalar(_) | Object::Array(_) => Ok(Cow::Owned(plain(&first)?.into_owned())),
        _ => Ok(Cow::Owned(first)),
    }
}

pub(super) fn lists(array: ArrayViewD<'_, Object>) -> Object {
    match array.ndim() {
        0 => array.first().cloned().unwrap_or(Object::None),
        _ => Object::List(array.axis_iter(Axis(0)).map(lists).collect()),
    }
}

/// The elements of an array, whatever its dtype.
pub(super) fn objects_of(array: &DynArray) -> Result<ArrayD<Object>> {
    Ok(match array {
        DynArray::Object(objects) => (**objects).clone(),
        DynArray::Bool(a) => a.mapv(Object::Bool),
        DynArray::Int8(a) => a.mapv(|value| Object::Int(value.into())),
        DynArray::Int16(a) => a.mapv(|value| Object::Int(value.into())),
        DynArray::Int32(a) => a.mapv(|value| Object::Int(value.into())),
        DynArray::Int64(a) => a.mapv(Object::Int),
        DynArray::UInt8(a) => a.mapv(|value| Object::Int(value.into())),
        DynArray::UInt16(a) => a.mapv(|value| Object::Int(value.into())),
        DynArray::UInt32(a) => a.mapv(|value| Object::Int(value.into())),
        DynArray::Float16(a) => a.mapv(|value| Object::Float(value.into())),
        DynArray::Float32(a) => a.mapv(|value| Object::Float(value.into())),
        DynArray::Float64(a) => a.mapv(Object::Float),
        DynArray::Complex128(a) => a.mapv(Object::Complex),
        // Through serde they would be text where they can be.
        DynArray::Bytes(bytes) => bytes.map(|bytes| Object::Bytes(bytes.as_slice().into())),
        other => other.clone().into_array(Casting::Unsafe)?,
    })
}
