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

/// The rows of a block, and at what index of each axis before theirs.
type Block = (Vec<usize>, Range<usize>);

/// Calls `work` for the blocks that make up the elements `range` of `array`, counted in `order`: each is to be taken
/// in C order.
pub(super) fn for_each_block<A, D: Dimension>(
    array: ArrayView<'_, A, D>,
    order: Order,
    range: Range<usize>,
    work: &mut dyn FnMut(ArrayViewD<'_, A>) -> Result<()>,
) -> Result<()> {
    let array = match order {
        Order::ColumnMajor => array.reversed_axes(),
        _ => array,
    };
    let array = array.into_dyn();
    let mut blocks = Vec::new();
    cut(array.shape(), range, &mut Vec::new(), &mut blocks);
    for (at, rows) in blocks {
        let mut block = array.view();
        for index in at {
            block = block.index_axis_move(Axis(0), index);
        }
        if block.ndim() > 0 {
            block.slice_axis_inplace(Axis(0), Slice::from(rows));
        }
        work(block)?;
    }
    Ok(())
}

/// A part of a row, whole rows, a part of a row.
fn cut(shape: &[usize], range: Range<usize>, at: &mut Vec<usize>, blocks: &mut Vec<Block>) {
    if range.is_empty() {
        return;
    }
    let Some((_, inner)) = shape.split_first() else {
        return blocks.push((at.clone(), 0..1)); // the one element of no axes
    };
    // Some of its elements, so none of the axes is of length 0.
    let row: usize = inner.iter().product();
    let (first, last) = (range.start / row, range.end / row);
    let (from, to) = (range.start - first * row, range.end - last * row);
    if first == last {
        return cut_row(inner, first, from..to, at, blocks);
    }
    if from > 0 {
        cut_row(inner, first, from..row, at, blocks);
    }
    let whole = if from > 0 { first + 1 } else { first };
    if whole < last {
        blocks.push((at.clone(), whole..last));
    }
    if to > 0 {
        cut_row(inner, last, 0..to, at, blocks);
    }
}

fn cut_row(shape: &[usize], index: usize, range: Range<usize>, at: &mut Vec<usize>, blocks: &mut Vec<Block>) {
    at.push(index);
    cut(shape, range, at, blocks);
    at.pop();
}
