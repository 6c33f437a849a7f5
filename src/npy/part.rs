//! Some of an array's elements, for files that are made in parts.

use std::ops::Range;

use ndarray::{ArrayView, ArrayViewD, Axis, Dimension, Order, Slice};

use crate::dtype::Dtype;
use crate::error::{Error, ErrorKind, Result};

/// Whether elements can be written by that range.
pub(super) fn check_range(dtype: &Dtype, range: &Range<usize>, len: usize) -> Result<()> {
    let message = match range {
        range if range.start > range.end || range.end > len => {
            format!("elements {} to {} of an array that has {len}", range.start, range.end)
        }
        range if dtype.has_object() && *range != (0..len) => {
            "a part of an array of Python objects, which is one pickle; write it whole".to_owned()
        }
        _ => return Ok(()),
    };
    Err(Error::new(ErrorKind::Argument, message))
}

/// Calls `work` for the blocks that make up the elements `range` of `array`, counted in `order`: each is to be taken
/// in C order.
pub(super) fn for_each_block<A, D, F>(
    array: ArrayView<'_, A, D>,
    order: Order,
    range: Range<usize>,
    work: &mut F,
) -> Result<()>
where
    D: Dimension,
    F: FnMut(ArrayViewD<'_, A>) -> Result<()>,
{
    let array = match order {
        Order::ColumnMajor => array.reversed_axes(),
        _ => array,
    };
    cut(array.into_dyn(), range, work)
}

/// A part of a row, whole rows, a part of a row.
fn cut<A, F>(array: ArrayViewD<'_, A>, range: Range<usize>, work: &mut F) -> Result<()>
where
    F: FnMut(ArrayViewD<'_, A>) -> Result<()>,
{
    if range.is_empty() || range == (0..array.len()) {
        return if range.is_empty() { Ok(()) } else { work(array) };
    }
    // Some of its elements, so it has axes, none of them of length 0.
    let row = array.len() / array.len_of(Axis(0));
    let (first, last) = (range.start / row, range.end / row);
    let mut part = |index: usize, range: Range<usize>| match range.is_empty() {
        true => Ok(()),
        false => cut(array.index_axis(Axis(0), index), range, work),
    };
    let (from, to) = (range.start - first * row, range.end - last * row);
    if first == last {
        return part(first, from..to);
    }
    let whole = if from > 0 { first + 1 } else { first };
    if from > 0 {
        part(first, from..row)?;
    }
    if whole < last {
        work(array.slice_axis(Axis(0), Slice::from(whole..last)))?;
    }
    match to {
        0 => Ok(()),
        _ => cut(array.index_axis(Axis(0), last), 0..to, work),
    }
}
