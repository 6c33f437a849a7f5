//! Where the bytes of a slice lie, and what to read at once.
//!
//! A slice of an array is a box with a step along each axis. In the order of the file, the axes that it takes whole
//! melt together with their neighbours, until there is a *unit* of contiguous bytes, and axes along which units repeat
//! with a stride. [`Plan`] holds that. From inside out, axes whose units lie close together are read over, gaps and all,
//! and the units picked from what was read; along the axes further out, each such span is a read of its own. The
//! output of each read is contiguous in the result, so that reads are shared by threads without further ado.

use ndarray::{Order, SliceInfoElem};

use crate::dtype::PyTuple;
use crate::error::{Error, ErrorKind, Result};
use crate::npy::Header;

/// Where in an array's data the bytes of a slice lie, in the order of the file.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Plan {
    /// Where the first unit starts.
    first: u64,
    /// Along which units repeat, the slowest first.
    axes: Vec<Axis>,
    /// Contiguous bytes; 0 if there are none at all.
    unit: usize,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Axis {
    count: usize,
    /// Bytes from one to the next, backwards if negative.
    stride: i64,
}

impl Axis {
    fn distance(self) -> u64 {
        self.stride.unsigned_abs()
    }
}

impl Plan {
    /// The slice's place, and the header of what it is.
    pub(crate) fn new(header: &Header, info: &[SliceInfoElem]) -> Result<(Plan, Header)> {
        let taken = info
            .iter()
            .filter(|elem| !matches!(elem, SliceInfoElem::NewAxis))
            .count();
        if taken != header.shape.len() {
            return Err(Error::new(
                ErrorKind::Argument,
                format!(
                    "slice of {taken} axes, of an array of shape {}, which has {}",
                    PyTuple(&header.shape),
                    header.shape.len()
                ),
            ));
        }
        let mut shape = Vec::with_capacity(info.len());
        let mut selected = Vec::with_capacity(taken);
        let mut lengths = header.shape.iter();
        for elem in info {
            let length = match elem {
                SliceInfoElem::NewAxis => 1,
                _ => lengths.next().copied().unwrap_or(0),
            };
            let selection = Selection::new(elem, length)
                .map_err(|message| Error::new(ErrorKind::Argument, format!("{message} (axis {})", selected.len())))?;
            if !matches!(elem, SliceInfoElem::Index(_)) {
                shape.push(selection.count);
            }
            if !matches!(elem, SliceInfoElem::NewAxis) {
                selected.push((selection, length));
            }
        }
        if header.order == Order::ColumnMajor {
            selected.reverse();
        }
        let sliced = Header::new(header.dtype.clone(), header.order, shape);
        sliced.nbytes()?;
        Ok((Plan::of(&selected, header.dtype.itemsize()), sliced))
    }

    /// Of the selections and lengths of all axes, in the order of the file.
    fn of(selected: &[(Selection, usize)], itemsize: usize) -> Plan {
        if itemsize == 0 || selected.iter().any(|(selection, _)| selection.count == 0) {
            return Plan {
                first: 0,
                axes: Vec::new(),
                unit: 0,
            };
        }
        // No product overflows here: no axis is of length 0, the header's `nbytes` fits an isize, and steps are shorter than
        // their axis where they are taken.
        let mut first = 0;
        let mut axes = Vec::with_capacity(selected.len());
        let mut size = itemsize as i64;
        for (selection, length) in selected.iter().rev() {
            first += selection.first as u64 * size.unsigned_abs();
            let axis = Axis {
                count: selection.count,
                stride: match selection.count {
                    1 => 0,
                    _ => selection.step as i64 * size,
                },
            };
            size *= *length as i64;
            match axes.last_mut() {
                _ if axis.count == 1 => {}
                Some(Axis { count, stride }) if axis.stride == *stride * *count as i64 => *count *= axis.count,
                _ => axes.push(axis),
            }
        }
        axes.reverse();
        let mut unit = itemsize;
        if let Some(axis) = axes.pop_if(|axis| axis.stride == itemsize as i64) {
            unit *= axis.count;
        }
        Plan { first, axes, unit }
    }

    /// What to read at once, where a read of its own costs as much as `gap` bytes more of another one.
    pub(crate) fn reads(self, gap: u64, block: usize) -> Reads {
        let Plan { first, mut axes, unit } = self;
        // The bytes that the axes from each one on span, and those that they give.
        let mut spans = vec![unit as u64; axes.len() + 1];
        let mut outputs = vec![unit; axes.len() + 1];
        let mut dense = axes.len();
        for (index, axis) in axes.iter().enumerate().rev() {
            spans[index] = (axis.count as u64 - 1) * axis.distance() + spans[index + 1];
            outputs[index] = axis.count * outputs[index + 1];
            if dense == index + 1 && axis.distance() - spans[index + 1] <= gap {
                dense = index;
            }
        }
        // What spans too much for a block is cut.
        let mut chunk = 1;
        while dense < axes.len() {
            let room = (block as u64).checked_sub(spans[dense + 1]);
            match room.map(|room| room / axes[dense].distance().max(1)) {
                Some(more) => {
                    chunk = usize::try_from(more + 1).unwrap_or(usize::MAX).min(axes[dense].count);
                    break;
                }
                None => dense += 1,
            }
        }
        let output = outputs[dense];
        let inner = axes.split_off(dense);
        Reads {
            first,
            outer: axes,
            chunk: if inner.is_empty() { 1 } else { chunk },
            inner_output: outputs.get(dense + 1).copied().unwrap_or(unit),
            inner_span: spans.get(dense + 1).copied().unwrap_or(unit as u64),
            inner,
            output,
            unit,
        }
    }
}

/// A range along an axis, as a first index, a number of them, and the way from each to the next.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Selection {
    pub(crate) first: usize,
    pub(crate) count: usize,
    pub(crate) step: isize,
}

impl Selection {
    pub(crate) fn new(elem: &SliceInfoElem, length: usize) -> Result<Selection, String> {
        // As in Python, negative indices count from the end; as in ndarray, what is out of range is an error.
        let index = |index: isize| match index {
            0.. => Some(index.unsigned_abs()),
            _ => length.checked_sub(index.unsigned_abs()),
        };
        match *elem {
            SliceInfoElem::Slice { start, end, step } => {
                if step == 0 {
                    return Err("slice with a step of 0".to_owned());
                }
                let range = index(start).zip(end.map_or(Some(length), index));
                let Some((start, end)) = range.filter(|&(start, end)| start <= length && end <= length) else {
                    return Err(format!("slice {elem} is out of range for an axis of length {length}"));
                };
                let count = end.saturating_sub(start).div_ceil(step.unsigned_abs());
                let first = match step > 0 {
                    true => start,
                    false => end.saturating_sub(1),
                };
                Ok(Selection { first, count, step })
            }
            SliceInfoElem::Index(at) => match index(at).filter(|&at| at < length) {
                Some(first) => Ok(Selection {
                    first,
                    count: 1,
                    step: 1,
                }),
                None => Err(format!("index {at} is out of range for an axis of length {length}")),
            },
            SliceInfoElem::NewAxis => Ok(Selection {
                first: 0,
                count: 1,
                step: 1,
            }),
        }
    }
}

/// A slice as reads: each of a span of bytes, from which the units are picked, or of a unit alone.
#[derive(Clone, Debug)]
pub(crate) struct Reads {
    first: u64,
    /// The axes along which the spans are reads of their own.
    outer: Vec<Axis>,
    /// The axes inside a span, the first of which is cut into chunks; none if the span is one unit.
    inner: Vec<Axis>,
    chunk: usize,
    /// What one step along the first inner axis gives, and spans.
    inner_output: usize,
    inner_span: u64,
    /// What all inner axes give.
    output: usize,
    unit: usize,
}

/// One of the reads.
pub(crate) struct Span {
    /// The lowest byte.
    pub(crate) offset: u64,
    pub(crate) len: usize,
    /// Where in the span its first unit is: at the end if an axis goes backwards.
    origin: usize,
    /// How many steps along the first inner axis.
    count: usize,
    /// Which part of its output is asked for.
    pub(in crate::npy) skip: usize,
    pub(in crate::npy) output: usize,
}

impl Reads {
    /// All bytes of the slice.
    pub(in crate::npy) fn len(&self) -> u64 {
        let outer: u64 = self.outer.iter().map(|axis| axis.count as u64).product();
        outer * self.output as u64
    }

    /// The read that gives the byte at `position` of the slice.
    #[allow(clippy::cast_possible_truncation)] // remainders by a usize, and spans, which are at most a block
    pub(in crate::npy) fn at(&self, position: u64) -> Span {
        let mut index = position / self.output as u64;
        let within = (position % self.output as u64) as usize;
        let mut start = self.first;
        for axis in self.outer.iter().rev() {
            let count = axis.count as u64;
            start = start.wrapping_add_signed((index % count) as i64 * axis.stride);
            index /= count;
        }
        let Some((axis, rest)) = self.inner.split_first() else {
            return Span {
                offset: start,
                len: self.unit,
                origin: 0,
                count: 1,
                skip: within,
                output: self.unit,
            };
        };
        let step = within / (self.chunk * self.inner_output) * self.chunk;
        let count = self.chunk.min(axis.count - step);
        start = start.wrapping_add_signed(step as i64 * axis.stride);
        // Backwards axes reach below the first unit.
        let below = |axis: &Axis, count: usize| match axis.stride < 0 {
            true => axis.distance() * (count as u64 - 1),
            false => 0,
        };
        let origin = below(axis, count) + rest.iter().map(|axis| below(axis, axis.count)).sum::<u64>();
        let len = (count as u64 - 1) * axis.distance() + self.inner_span;
        Span {
            offset: start - origin,
            len: len as usize,
            origin: origin as usize,
            count,
            skip: within - step * self.inner_output,
            output: count * self.inner_output,
        }
    }

    /// All reads in order, each with the part of `output` that it gives; `output` has the slice's length.
    #[cfg(feature = "object_store")]
    pub(crate) fn spans<'b>(&self, mut output: &'b mut [u8]) -> impl Iterator<Item = (Span, &'b mut [u8])> {
        let mut position = 0;
        std::iter::from_fn(move || {
            let span = (!output.is_empty()).then(|| self.at(position))?;
            let (part, rest) = std::mem::take(&mut output).split_at_mut_checked(span.output)?;
            position += part.len() as u64;
            output = rest;
            Some((span, part))
        })
    }

    /// Whether each read is one unit, which goes where it belongs without a detour.
    pub(crate) fn is_direct(&self) -> bool {
        self.inner.is_empty()
    }

    /// Picks the units of a span.
    pub(crate) fn pick(&self, span: &Span, bytes: &[u8], output: &mut [u8]) {
        if let Some((axis, rest)) = self.inner.split_first() {
            let axis = Axis {
                count: span.count,
                ..*axis
            };
            pick(bytes, span.origin, axis, rest, self.unit, output);
        }
    }
}

#[allow(clippy::cast_possible_truncation)] // no stride inside a span exceeds it, and a span is at most a block
fn pick(bytes: &[u8], origin: usize, axis: Axis, inner: &[Axis], unit: usize, output: &mut [u8]) {
    let stride = axis.stride as isize;
    let Some((next, rest)) = inner.split_first() else {
        return match unit {
            1 => pick_items::<1>(bytes, origin, stride, output),
            2 => pick_items::<2>(bytes, origin, stride, output),
            4 => pick_items::<4>(bytes, origin, stride, output),
            8 => pick_items::<8>(bytes, origin, stride, output),
            16 => pick_items::<16>(bytes, origin, stride, output),
            _ => {
                for (index, output) in output.chunks_exact_mut(unit).enumerate() {
                    let at = origin.wrapping_add_signed(index as isize * stride);
                    output.copy_from_slice(&bytes[at..at + unit]);
                }
            }
        };
    };
    let len = output.len() / axis.count;
    for (index, output) in output.chunks_exact_mut(len).enumerate() {
        let at = origin.wrapping_add_signed(index as isize * stride);
        pick(bytes, at, *next, rest, unit, output);
    }
}

fn pick_items<const N: usize>(bytes: &[u8], origin: usize, stride: isize, output: &mut [u8]) {
    let (items, _) = output.as_chunks_mut::<N>();
    for (index, item) in items.iter_mut().enumerate() {
        let at = origin.wrapping_add_signed(index as isize * stride);
        item.copy_from_slice(&bytes[at..at + N]);
    }
}
