//! Slices of arrays that come in order and no other way: what is not asked for is read over.

use std::io::{self, Read};

use ndarray::{Array, Axis, Dimension, SliceInfoElem};
use serde::de::DeserializeOwned;

use super::NpyReader;
use super::shape::{dimension, folded};
use super::slice::{BLOCK, Plan, Reads, Selection, SliceTo};
use crate::error::{Error, ErrorKind, Result};

impl<R: Read> NpyReader<R> {
    /// Reads a slice of an array that comes in order, as out of a pipe or a packed file: what is not asked for is read over
    /// in bounded memory, and nothing is read behind the last byte of the slice.
    ///
    /// Of a file, [`read_slice`](NpyReader::read_slice) reads only what it needs. `info` is as there. Axes that the slice
    /// goes backwards along are read forwards and turned: their strides in the result are negative.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Argument`] if the slice does not fit the array; else as
    /// [`ReadNpyExt::read_npy`](crate::ReadNpyExt::read_npy).
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray::{Array1, array, s};
    /// use ndarray_io::{NpyReader, WriteNpyExt};
    ///
    /// let mut file = Vec::new();
    /// array![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]].write_npy(&mut file)?;
    /// let stream = &file[..]; // or a pipe, a decompressor, the body of a response
    /// let column: Array1<f64> = NpyReader::new(stream)?.read_slice_in_order(s![..;-1, 1])?;
    /// assert_eq!(column, array![5.0, 2.0]);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn read_slice_in_order<A: DeserializeOwned, D: Dimension>(self, info: impl SliceTo<D>) -> Result<Array<A, D>> {
        let path = self.path();
        let slice = self.slice_in_order(info.as_ref());
        slice.map_err(|error| error.in_path_of(path))
    }

    pub(crate) fn slice_in_order<A: DeserializeOwned, D: Dimension>(
        self,
        info: &[SliceInfoElem],
    ) -> Result<Array<A, D>> {
        self.check_available()?;
        Plan::new(self.header(), info)?; // what is wrong with it is told as it was asked for
        let (info, backwards) = forwards(self.shape(), info);
        let (plan, sliced) = Plan::new(self.header(), &info)?;
        // Known before anything is read, for axes are turned by their numbers.
        let folded = folded::<A>(&sliced, D::NDIM);
        dimension::<D>(&folded.as_ref().unwrap_or(&sliced).shape)?;
        if let (Some(folded), Some(&axis)) = (&folded, backwards.last())
            && axis >= folded.shape.len()
        {
            let message = "a slice that goes backwards along an axis of the elements; turn the elements afterwards";
            return Err(Error::new(ErrorKind::Argument, message));
        }
        let available = self.options.available.map(|_| sliced.nbytes()).transpose()?;
        let picker = Picker {
            reader: self.reader,
            consumed: 0,
            reads: plan.reads(u64::MAX, BLOCK),
            position: 0,
            span: Vec::new(),
            picked: Vec::new(),
        };
        let available = available.map(|available| available as u64);
        let mut array: Array<A, D> = NpyReader::of_data(picker, sliced, available, &self.options).read()?;
        for axis in backwards {
            array.invert_axis(Axis(axis));
        }
        Ok(array)
    }
}

/// The same elements with positive steps, and the axes of the result that are then the wrong way round.
fn forwards(shape: &[usize], info: &[SliceInfoElem]) -> (Vec<SliceInfoElem>, Vec<usize>) {
    let mut lengths = shape.iter();
    let mut backwards = Vec::new();
    let mut axis = 0;
    let mut forward = |elem: &SliceInfoElem| {
        let length = match elem {
            SliceInfoElem::NewAxis => 1,
            _ => lengths.next().copied().unwrap_or(0),
        };
        let index = axis;
        axis += usize::from(!matches!(elem, SliceInfoElem::Index(_)));
        match (elem, Selection::new(elem, length)) {
            (SliceInfoElem::Slice { step: ..0, .. }, Ok(Selection { first, count, step })) if count > 1 => {
                backwards.push(index);
                let last = first - (count - 1) * step.unsigned_abs();
                SliceInfoElem::Slice {
                    start: last.cast_signed(),
                    end: Some(first.cast_signed() + 1),
                    step: step.saturating_neg(),
                }
            }
            _ => *elem,
        }
    };
    (info.iter().map(&mut forward).collect(), backwards)
}

/// The bytes of a slice, one after the other, out of those of the array.
struct Picker<R> {
    reader: R,
    /// How much of the array's data was read.
    consumed: u64,
    reads: Reads,
    /// How much of the slice was given.
    position: u64,
    span: Vec<u8>,
    /// What the span gives.
    picked: Vec<u8>,
}

impl<R: Read> Picker<R> {
    fn skip_to(&mut self, offset: u64) -> io::Result<()> {
        let gap = offset.saturating_sub(self.consumed);
        if gap > 0 && io::copy(&mut self.reader.by_ref().take(gap), &mut io::sink())? < gap {
            return Err(ends_early());
        }
        self.consumed += gap;
        Ok(())
    }
}

impl<R: Read> Read for Picker<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.position >= self.reads.len() || buffer.is_empty() {
            return Ok(0);
        }
        let span = self.reads.at(self.position);
        let left = span.output - span.skip;
        let count = left.min(buffer.len());
        let buffer = &mut buffer[..count];
        let count = if self.reads.is_direct() {
            self.skip_to(span.offset + span.skip as u64)?;
            let count = self.reader.read(buffer)?;
            self.consumed += count as u64;
            count
        } else {
            if span.skip == 0 {
                self.skip_to(span.offset)?;
                self.span.resize(span.len, 0);
                self.reader
                    .read_exact(&mut self.span)
                    .map_err(|error| match error.kind() {
                        io::ErrorKind::UnexpectedEof => ends_early(),
                        _ => error,
                    })?;
                self.consumed += span.len as u64;
                self.picked.resize(span.output, 0);
                self.reads.pick(&span, &self.span, &mut self.picked);
            }
            buffer.copy_from_slice(&self.picked[span.skip..][..count]);
            count
        };
        self.position += count as u64;
        Ok(count)
    }
}

#[cold]
fn ends_early() -> io::Error {
    Error::new(ErrorKind::Truncated, "the data ends before the last byte of the slice").into()
}
