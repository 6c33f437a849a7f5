//! Slices of arrays in files: only the bytes that they need, and those that are cheaper read than skipped.

mod plan;

use std::io::{self, Read};
use std::ops::Range;

use ndarray::{Array, Dimension, SliceInfo, SliceInfoElem};
use serde::de::DeserializeOwned;

pub(crate) use self::plan::{Plan, Reads, Selection, Span};
use super::data::check_nbytes;
use super::{DynArray, Header, NpyReader, ReadOptions};
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
    check_nbytes(header, place.end.saturating_sub(place.start))?;
    let (plan, sliced) = Plan::new(header, info)?;
    let available = sliced.nbytes()? as u64;
    let reader = SliceReader::new(source, place.start, plan);
    Ok(NpyReader::of_data(reader, sliced, Some(available), options))
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
