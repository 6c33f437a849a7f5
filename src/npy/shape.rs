//! Shapes of a file as dimensions of an array.

use ndarray::{ArrayBase, DataOwned, Dimension, Order, ShapeBuilder};

use crate::error::{Error, ErrorKind, Result};

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
