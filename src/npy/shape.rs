//! Shapes of a file as dimensions of an array.

use ndarray::{ArrayBase, DataOwned, Dimension, Order, ShapeBuilder};
use serde::de::DeserializeOwned;

use super::Header;
use crate::dtype::{Dtype, Kind, Scalar};
use crate::element::axes;
use crate::error::{Error, ErrorKind, Result};

/// The header with its last axes as a part of its elements, where those are arrays of such axes and the whole is to have
/// `ndim` axes, which are fewer: to NumPy the axes of such elements are the array's last ones. In Fortran's order they lie
/// apart.
pub(crate) fn folded<A: DeserializeOwned>(header: &Header, ndim: Option<usize>) -> Option<Header> {
    let (outer, inner) = header.shape.split_at_checked(ndim?)?;
    let is_foldable = header.order != Order::ColumnMajor && !header.dtype.has_object() && Scalar::of::<A>().is_none();
    if inner.is_empty() || !is_foldable {
        return None;
    }
    let axes = axes::<A>();
    // A record or a complex number may be a tuple to the type.
    let is_whole = axes.len() == inner.len() || matches!(header.dtype.kind(), Kind::Record | Kind::Complex);
    let is_alike = |(&len, own): (&usize, &Option<usize>)| own.is_none_or(|own| own == len);
    if axes.len() < inner.len() || !is_whole || !inner.iter().zip(&axes).all(is_alike) {
        return None;
    }
    let mut folded = header.clone();
    folded.dtype = Dtype::subarray(header.dtype.clone(), inner).ok()?;
    folded.shape = outer.to_vec();
    Some(folded)
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
