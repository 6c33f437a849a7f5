//! A dtype repeated in a shape, as `(2, 3)` in a header or a string asks for it.

use std::borrow::Cow;

use super::literal::{Literal, Malformed, Node};
use super::{Dtype, Kind, MAX_DIMS, Repr};

/// `numpy.dtype((base, shape))`, for a shape that is an int or ints.
pub(super) fn with_dims(base: Dtype, shape: &Node<'_>) -> Result<Dtype, Malformed> {
    let at = shape.at;
    let is_shape = |items: &[Node<'_>]| items.iter().all(|item| matches!(item.value, Literal::Int(_)));
    let dims: Cow<'_, [Node<'_>]> = match &shape.value {
        Literal::Int(_) => Cow::Owned(vec![shape.clone()]),
        Literal::Tuple(dims) => Cow::Borrowed(dims),
        Literal::List(dims) if !dims.is_empty() && is_shape(dims) => Cow::Borrowed(dims),
        got => {
            let got = got.name();
            return Err(Malformed::new(
                at,
                format!("a subarray's shape must be a tuple of ints, got {got}"),
            ));
        }
    };
    if base.itemsize() == 0 && base.kind() != Kind::Record {
        let size = match shape.value {
            Literal::Int(size) => i32::try_from(size).ok().and_then(|size| usize::try_from(size).ok()),
            _ => None,
        };
        return size.and_then(|size| sized(&base, size)).ok_or_else(|| {
            Malformed::new(
                at,
                format!("{base} has no size, so it cannot be the base of a subarray"),
            )
        });
    }
    if dims.is_empty() {
        return Ok(base);
    }
    if dims.len() > MAX_DIMS {
        return Err(Malformed::new(
            at,
            format!("a subarray of {} dimensions; NumPy has at most {MAX_DIMS}", dims.len()),
        ));
    }
    let shape = dims
        .iter()
        .map(|dim| match dim.value {
            Literal::Int(dim) => i32::try_from(dim).ok().and_then(|dim| usize::try_from(dim).ok()),
            _ => None,
        })
        .collect::<Option<Vec<_>>>()
        .ok_or_else(|| Malformed::new(at, "a subarray's shape must be ints from 0 to 2147483647"))?;
    Dtype::subarray(base, shape).map_err(|error| Malformed::new(at, error.to_string()))
}

/// A flexible dtype in that size: bytes, or code points of a string.
pub(super) fn sized(base: &Dtype, size: usize) -> Option<Dtype> {
    let dtype = match base.0 {
        Repr::Bytes(_) => Dtype(Repr::Bytes(size)),
        Repr::Void(_) => Dtype(Repr::Void(size)),
        Repr::Str(_, order) => Dtype(Repr::Str(size, order)),
        _ => return None,
    };
    i32::try_from(dtype.itemsize()).is_ok().then_some(dtype)
}
