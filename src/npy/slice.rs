//! Slices of arrays in files: only the bytes that they need, and those that are cheaper read than skipped.
//!
//! A slice of an array is a box with a step along each axis. In the order of the file, the axes that it takes whole
//! melt together with their neighbours, until there is a *unit* of contiguous bytes, and axes along which units repeat
//! with a stride. [`Plan`] holds that. From inside out, axes whose units lie close together are read over, gaps and all,
//! and the units picked from what was read; along the axes further out, each such span is a read of its own. The
//! output of each read is contiguous in the result, so that reads are shared by threads without further ado.

use std::io::{self, Read};
use std::ops::Range;

use ndarray::{Array, Dimension, Order, SliceInfo, SliceInfoElem};
use serde::de::DeserializeOwned;

use super::data::truncated;
use super::{DynArray, Header, NpyReader, ReadOptions};
use crate::dtype::PyTuple;
use crate::error::{Error, ErrorKind, Result};
use crate::storage::file::{FileReader, ReadAt};
use crate::storage::parallel;

/// Reads that are handed to the threads at a time; it bounds the memory for their list.
const BATCH: usize = 1 << 16;

/// Bytes below which one thread reads faster than another one wakes.
const SMALL: usize = 256 << 10;

/// A slice of an array that leaves `D` dimensions: what [`s!`](ndarray::s) gives; for any `D`, a list of
/// [`SliceInfoElem`]s.
///
/// There is nothing to implement; it is a name for bounds, and lets the compiler find `D`.
///
/// # Examples
///
/// ```
/// # let dir = tempfile::tempdir().unwrap();
/// # let path = dir.path().join("a.npy");
/// # ndarray_io::write_npy(&path, &ndarray::array![[1.0, 2.0], [3.0, 4.0]])?;
/// use ndarray::{Array1, Ix1, array, s};
/// use ndarray_io::{NpyReader, Result, SliceTo};
///
/// fn part(path: &std::path::Path, info: impl SliceTo<Ix1>) -> Result<Array1<f64>> {
///     NpyReader::open(path)?.read_slice(info)
/// }
/// assert_eq!(part(&path, s![1, ..])?, array![3.0, 4.0]);
/// # Ok::<(), ndarray_io::Error>(())
/// ```
pub trait SliceTo<D>: AsRef<[SliceInfoElem]> {}

impl<T, Din, Dout> SliceTo<Dout> for SliceInfo<T, Din, Dout>
where
    T: AsRef<[SliceInfoElem]>,
    Din: Dimension,
    Dout: Dimension,
{
}
impl<T: SliceTo<D> + ?Sized, D> SliceTo<D> for &T {}
impl<D> SliceTo<D> for [SliceInfoElem] {}
impl<D, const N: usize> SliceTo<D> for [SliceInfoElem; N] {}
impl<D> SliceTo<D> for Vec<SliceInfoElem> {}

impl NpyReader<FileReader> {
    /// Reads a slice of the array: only the bytes that it needs, or that are cheaper to read than to skip.
    ///
    /// `info` is what [`s!`](ndarray::s) gives: ranges with steps, of which negative ones go backwards, single indices
    /// and new axes; or a list of [`SliceInfoElem`]s. `D` is the dimension of the result, whose elements lie in the order
    /// of the file. The reader can be used again. For what is no file there is
    /// [`read_slice_in_order`](NpyReader::read_slice_in_order).
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Argument`] if the slice does not fit the array; else as
    /// [`ReadNpyExt::read_npy`](crate::ReadNpyExt::read_npy).
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let path = dir.path().join("a.npy");
    /// # ndarray_io::write_npy(&path, &ndarray::array![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])?;
    /// use ndarray::{Array1, array, s};
    /// use ndarray_io::NpyReader;
    ///
    /// let reader = NpyReader::open(&path)?;
    /// let column: Array1<f64> = reader.read_slice(s![.., 1])?;
    /// assert_eq!(column, array![2.0, 5.0]);
    /// let backwards = reader.read_slice::<f64, _>(s![1.., ..;-2])?;
    /// assert_eq!(backwards, array![[6.0, 4.0]]);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn read_slice<A: DeserializeOwned, D: Dimension>(&self, info: impl SliceTo<D>) -> Result<Array<A, D>> {
        self.slice(info.as_ref())?.read()
    }

    /// Reads a slice of the array as whatever dtype the file has; see [`read_slice`](NpyReader::read_slice).
    ///
    /// # Errors
    ///
    /// As [`read_slice`](NpyReader::read_slice).
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let path = dir.path().join("a.npy");
    /// # ndarray_io::write_npy(&path, &ndarray::array![1_u8, 2, 3])?;
    /// use ndarray::{array, s};
    /// use ndarray_io::NpyReader;
    ///
    /// let slice = NpyReader::open(&path)?.read_slice_dyn(s![..;-1])?;
    /// assert_eq!(slice, array![3_u8, 2, 1].into());
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn read_slice_dyn(&self, info: impl AsRef<[SliceInfoElem]>) -> Result<DynArray> {
        self.slice(info.as_ref())?.read_dyn()
    }

    fn slice(&self, info: &[SliceInfoElem]) -> Result<NpyReader<SliceReader<'_, FileReader>>> {
        let start = self.reader.position().ok_or_else(|| {
            let message = "parts of a pipe or device cannot be read; read it whole, or by `rows`";
            Error::new(ErrorKind::Argument, message).in_path_of(self.path())
        })?;
        let end = start.saturating_add(self.reader.remaining().unwrap_or(0));
        let slice = read_slice(&self.reader, start..end, self.header(), info, &self.options);
        slice.map_err(|error| error.in_path_of(self.path()))
    }
}

/// The slice of an array, whose data is at `place` in the source, as an array to be read.
pub(crate) fn read_slice<'a, S: ReadAt>(
    source: &'a S,
    place: Range<u64>,
    header: &Header,
    info: &[SliceInfoElem],
    options: &ReadOptions,
) -> Result<NpyReader<SliceReader<'a, S>>> {
    let available = usize::try_from(place.end.saturating_sub(place.start)).unwrap_or(usize::MAX);
    if available < header.nbytes()? {
        return Err(truncated(header, available));
    }
    let (plan, sliced) = Plan::new(header, info)?;
    let available = sliced.nbytes()? as u64;
    let reader = SliceReader::new(source, place.start, plan);
    Ok(NpyReader::of_data(reader, sliced, Some(available), options))
}

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
        // No product overflows here: no axis is of length 0, and the header's `nbytes` fits an isize.
        let mut first = 0;
        let mut axes = Vec::with_capacity(selected.len());
        let mut size = itemsize as i64;
        for (selection, length) in selected.iter().rev() {
            first += selection.first as u64 * size.unsigned_abs();
            let axis = Axis {
                count: selection.count,
                stride: selection.step as i64 * size,
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
    pub(super) skip: usize,
    pub(super) output: usize,
}

impl Reads {
    /// All bytes of the slice.
    pub(super) fn len(&self) -> u64 {
        let outer: u64 = self.outer.iter().map(|axis| axis.count as u64).product();
        outer * self.output as u64
    }

    /// The read that gives the byte at `position` of the slice.
    #[allow(clippy::cast_possible_truncation)] // remainders by a usize, and spans, which are at most a block
    pub(super) fn at(&self, position: u64) -> Span {
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

/// How many bytes more of one read of a file cost as much as another read.
///
/// Out of the page cache a call takes some 0.9 µs if the bytes are in no core's cache, on two cores at once, who share
/// 28 GB/s for what is read over. A disk reads whole pages and ahead anyway.
const GAP: u64 = 12 << 10;

/// Bytes that are read at a time, of which only some are needed.
pub(super) const BLOCK: usize = 256 << 10;

/// The bytes of a slice, one after the other.
pub(crate) struct SliceReader<'a, S> {
    source: &'a S,
    /// Where the array's data starts.
    start: u64,
    reads: Reads,
    position: u64,
    len: u64,
    /// The whole output of a read of which a part was asked for, and where in the slice it starts.
    rest: (u64, Vec<u8>),
}

impl<'a, S: ReadAt> SliceReader<'a, S> {
    fn new(source: &'a S, start: u64, plan: Plan) -> Self {
        let reads = plan.reads(GAP, BLOCK);
        SliceReader {
            source,
            start,
            len: reads.len(),
            reads,
            position: 0,
            rest: (0, Vec::new()),
        }
    }

    /// The parts that fill `buffer` from the position on, each with its read: a batch of them, whole but for those
    /// that are read directly. And how much of the buffer they fill.
    fn parts<'b>(&self, mut buffer: &'b mut [u8]) -> (Vec<(Span, &'b mut [u8])>, usize) {
        let mut parts = Vec::new();
        let mut filled = 0;
        while !buffer.is_empty() && parts.len() < BATCH {
            let span = self.reads.at(self.position + filled as u64);
            let len = (span.output - span.skip).min(buffer.len());
            if len < span.output && !self.reads.is_direct() {
                break;
            }
            let (part, left) = buffer.split_at_mut(len);
            buffer = left;
            filled += len;
            parts.push((span, part));
        }
        (parts, filled)
    }

    fn run(&self, span: &Span, output: &mut [u8], scratch: &mut Vec<u8>) -> io::Result<()> {
        let offset = self.start + span.offset;
        let read = match self.reads.is_direct() {
            true => self.source.read_exact_at(output, offset + span.skip as u64),
            false => {
                scratch.resize(scratch.len().max(span.len), 0);
                let bytes = &mut scratch[..span.len];
                let read = self.source.read_exact_at(bytes, offset);
                self.reads.pick(span, bytes, output);
                read
            }
        };
        read.map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof if error.get_ref().is_none_or(|error| !error.is::<Error>()) => Error::new(
                ErrorKind::Truncated,
                format!(
                    "the file ends before byte {}: it was shortened after it was opened",
                    offset + span.len as u64
                ),
            )
            .into(),
            _ => error,
        })
    }

    /// A part of one read, of which more will be asked for.
    fn read_part(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let span = self.reads.at(self.position);
        let start = self.position - span.skip as u64;
        if self.rest.0 != start || self.rest.1.is_empty() {
            let mut output = std::mem::take(&mut self.rest.1);
            output.resize(span.output, 0);
            self.run(&span, &mut output, &mut Vec::new())?;
            self.rest = (start, output);
        }
        let left = &self.rest.1[span.skip..];
        let count = left.len().min(buffer.len());
        buffer[..count].copy_from_slice(&left[..count]);
        Ok(count)
    }
}

impl<S: ReadAt> Read for SliceReader<'_, S> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.len - self.position).unwrap_or(usize::MAX);
        let count = buffer.len().min(left);
        let buffer = &mut buffer[..count];
        if buffer.is_empty() {
            return Ok(0);
        }
        let (mut parts, mut filled) = self.parts(buffer);
        if parts.is_empty() {
            filled = self.read_part(buffer)?;
        } else {
            let spans: usize = parts.iter().map(|(span, _)| span.len).sum();
            // Many small reads are shared in bundles, large ones one by one.
            let chunk = match spans < SMALL {
                true => parts.len(),
                false => parts.len().div_ceil(8 * parallel::threads()),
            };
            parallel::for_each_chunk(&mut parts, chunk, |_, parts| {
                let mut scratch = Vec::new();
                parts
                    .iter_mut()
                    .try_for_each(|(span, output)| self.run(span, output, &mut scratch))
            })?;
        }
        self.position += filled as u64;
        Ok(filled)
    }
}
