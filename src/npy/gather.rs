//! The elements of any array, in order: whole where they lie so, else gathered block by block.

use std::io::{self, Write};

use bytemuck::Pod;
use ndarray::{ArrayView, ArrayViewD, ArrayViewMut, ArrayViewMut2, ArrayViewMutD, Axis, Dimension, Ix2, Slice, Zip};

use crate::element::scalar::{Native, swap_bytes, view_words};
use crate::error::Result;
use crate::storage::{memory, parallel};

/// Bytes that one thread gathers at a time: they stay in its cache until they are written.
const BLOCK: usize = 2 << 20;

/// Side of the square in which a transposed copy walks, so that both its sides stay in the first-level cache.
const TILE: usize = 16;

/// What is copied, whatever it means.
trait Word: Pod + Send + Sync {}
impl<T: Pod + Send + Sync> Word for T {}

/// Writes the elements in C order, in this machine's byte order or the other one.
pub(crate) fn write_elements<T: Native, D: Dimension>(
    view: &ArrayView<'_, T, D>,
    swap: bool,
    writer: &mut dyn Write,
) -> Result<()> {
    let swapsize = match swap {
        true => T::SCALAR.swapsize(),
        false => 1,
    };
    write_words(view_words(view).into_dyn(), swapsize, writer)
}

/// Once for each kind of word, of which there are fewer than scalars.
fn write_words<T: Word>(view: ArrayViewD<'_, T>, swapsize: usize, writer: &mut dyn Write) -> Result<()> {
    if swapsize == 1
        && let Some(elements) = view.as_slice()
    {
        writer.write_all(bytemuck::cast_slice(elements))?;
        return Ok(());
    }
    if view.is_empty() {
        return Ok(());
    }
    let mut blocks = Blocks::new(view);
    let mut jobs: Vec<Job<'_, T>> = Vec::new();
    loop {
        let mut buffers: Vec<_> = jobs.drain(..).map(|job| job.buffer).collect();
        for _ in 0..parallel::threads() {
            let Some(block) = blocks.next() else { break };
            let mut buffer = buffers.pop().unwrap_or_default();
            if buffer.len() < block.len() {
                buffer = memory::zeroed(block.len())?;
            }
            buffer.truncate(block.len());
            jobs.push(Job { block, buffer });
        }
        if jobs.is_empty() {
            return Ok(());
        }
        parallel::for_each_chunk(&mut jobs, 1, |_, jobs| {
            jobs.iter_mut().try_for_each(|job| job.run(swapsize))
        })?;
        for job in &jobs {
            writer.write_all(bytemuck::cast_slice(&job.buffer))?;
        }
    }
}

/// A block of the array, and where its elements go.
struct Job<'a, T> {
    block: ArrayViewD<'a, T>,
    buffer: Vec<T>,
}

impl<T: Word> Job<'_, T> {
    fn run(&mut self, swapsize: usize) -> io::Result<()> {
        let target = ArrayViewMutD::from_shape(self.block.raw_dim(), &mut self.buffer).map_err(io::Error::other)?;
        copy(self.block.view(), target);
        swap_bytes(bytemuck::cast_slice_mut(&mut self.buffer), swapsize);
        Ok(())
    }
}

/// The array cut along one axis into blocks of about [`BLOCK`] bytes, in C order.
struct Blocks<'a, T> {
    /// What is still to be cut, the next part last: each is cut along its first axis.
    parts: Vec<ArrayViewD<'a, T>>,
}

impl<'a, T> Blocks<'a, T> {
    fn new(view: ArrayViewD<'a, T>) -> Self {
        let view = match view.ndim() {
            0 => view.insert_axis(Axis(0)),
            _ => view,
        };
        Blocks { parts: vec![view] }
    }
}

impl<'a, T> Iterator for Blocks<'a, T> {
    type Item = ArrayViewD<'a, T>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let part = self.parts.pop()?;
            let rows = part.shape().first().copied().unwrap_or(0);
            let row = part.len() / rows.max(1) * size_of::<T>();
            if row <= BLOCK || part.ndim() == 1 {
                let count = (BLOCK / row.max(1)).clamp(1, rows.max(1));
                let (block, rest) = part.split_at(Axis(0), count);
                if !rest.is_empty() {
                    self.parts.push(rest);
                }
                return Some(block);
            }
            // A row alone is too much: its own rows are cut. The rest waits below it.
            let (first, rest) = part.split_at(Axis(0), 1);
            if !rest.is_empty() {
                self.parts.push(rest);
            }
            self.parts.push(first.index_axis_move(Axis(0), 0));
        }
    }
}

/// Copies by the loop order that suits both sides.
fn copy<T: Word>(mut source: ArrayViewD<'_, T>, mut target: ArrayViewMutD<'_, T>) {
    let last = source.ndim() - 1;
    let step = |axis: usize| source.strides()[axis].unsigned_abs();
    let nearest = (0..=last)
        .filter(|&axis| source.shape()[axis] > 1)
        .min_by_key(|&axis| (step(axis), last - axis));
    match nearest {
        // Transposed: the source runs along another axis than the target. Each cache line of the source would be
        // fetched once an element; in tiles it is fetched once.
        Some(axis) if axis != last && source.shape()[last] > 1 && source.shape()[axis] >= 4 => {
            source.swap_axes(axis, last - 1);
            target.swap_axes(axis, last - 1);
            copy_tiled(source, target);
        }
        _ => assign(target, source),
    }
}

fn assign<T: Word, D: Dimension>(target: ArrayViewMut<'_, T, D>, source: ArrayView<'_, T, D>) {
    Zip::from(target)
        .and(source)
        .for_each(|target, source| *target = *source);
}

/// Copies plane by plane of the last two axes, each in tiles.
fn copy_tiled<T: Word>(source: ArrayViewD<'_, T>, mut target: ArrayViewMutD<'_, T>) {
    if source.ndim() > 2 {
        for (source, target) in source.axis_iter(Axis(0)).zip(target.axis_iter_mut(Axis(0))) {
            copy_tiled(source, target);
        }
        return;
    }
    let (Ok(source), Ok(mut target)) = (
        source.into_dimensionality::<Ix2>(),
        target.view_mut().into_dimensionality(),
    ) else {
        return; // never: both have two axes by now
    };
    let (rows, columns) = source.dim();
    for row in (0..rows).step_by(TILE) {
        let row = Slice::from(row..(row + TILE).min(rows));
        let source = source.slice_axis(Axis(0), row);
        let mut target: ArrayViewMut2<'_, T> = target.slice_axis_mut(Axis(0), row);
        for column in (0..columns).step_by(TILE) {
            let column = Slice::from(column..(column + TILE).min(columns));
            assign(
                target.slice_axis_mut(Axis(1), column),
                source.slice_axis(Axis(1), column),
            );
        }
    }
}
