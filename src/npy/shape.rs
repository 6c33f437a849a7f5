//! Shapes of a file as dimensions of an array.

use ndarray::{ArrayBase, DataOwned, Dimension, Order, ShapeBuilder};
use serde::de::DeserializeOwned;

use super::Header;
use crate::dtype::{Dtype, Scalar};
use crate::element::is_sequence;
use crate::error::{Error, ErrorKind, Result};

/// Takes the last axes into the elements, where they are sequences and the array is to have `ndim` axes, which are fewer:
/// to NumPy the axes of such elements are the array's last ones. In Fortran's order they lie apart.
pub(crate) fn fold<A: DeserializeOwned>(header: &mut Header, ndim: Option<usize>) -> Result<()> {
    if let Some(ndim) = ndim
        && header.shape.len() > ndim
        && header.order != Order::ColumnMajor
        && !header.dtype.has_object()
        && Scalar::of::<A>().is_none()
        && is_sequence::<A>()
    {
        header.dtype = Dtype::subarray(header.dtype.clone(), header.shape.split_off(ndim))?;
    }
    Ok(())
}

/// The shape as `D`, if it has that many axes.
pub(crate) fn dimension<D: Dimension>(shape: &[usize]) -> Result<D> {
    if let Some(ndim) = D::NDIM
        && ndim != shape.len()
    {
        return Err(Error::new(
            ErrorKind::Shape,
            format!(
                "array of shape {shape:?} has {} dimensions, {ndim} were asked for; read it as `Array{}` or `ArrayD`",
                shape.len(),
                if shape.len() <= 6 {
                    shape.len().to_string()
                } else {
                    "D".to_owned()
                },
            ),
        ));
    }
    let mut dim = D::zeros(shape.len());
    dim.slice_mut().copy_from_slice(shape);
    Ok(dim)
}

/// An array of these values, which lie in `order`.
pub(crate) fn array_from_values<A, S, D>(dim: D, order: Order, values: Vec<A>) -> Result<ArrayBase<S, D>>
where
    S: DataOwned<Elem = A>,
    D: Dimension,
{
    let shape = dim.set_f(order == Order::ColumnMajor);
    ArrayBase::from_shape_vec(shape, values)
        .map_err(|error| Error::new(ErrorKind::Shape, format!("no array can have this shape: {error}")))
}
