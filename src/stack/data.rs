//! The data of a stack as one run of bytes, as if its chunks were one file: what slices are read from.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use ndarray::Order;

use super::chunks::Chunks;
use crate::error::{Context, Error, ErrorKind, Result};
use crate::npy::{Header, NpyReader};
use crate::storage::file::{FileReader, ReadAt};
use crate::storage::parallel;

/// Chunks that are open at a time: a process may have 1024 files open, and this is not its only work.
const OPEN: usize = 64;

/// Runs of bytes that are looked up at a time; it bounds the memory for their list.
const BATCH: usize = 1 << 12;

/// Bytes below which one thread reads faster than another one wakes, and what is read at a time of chunks that lie side by
/// side in each row.
const SMALL: usize = 1 << 20;

pub(super) struct StackData<'s> {
    chunks: &'s Chunks,
    /// The order of the run of bytes: that of the chunks, as far as they agree.
    order: Order,
    /// What one step along the axis takes, and all of the axis.
    step: u64,
    row: u64,
    /// Which chunks something is read of: what is read over between two of them may lie in another one, and is not wanted.
    used: Vec<bool>,
    /// Those that were asked for last, the last one at the end.
    open: Mutex<VecDeque<(usize, Arc<Chunk>)>>,
}

enum Chunk {
    /// In the order of the stack, from that byte of the file on.
    File(FileReader, u64),
    /// Of a file in another order.
    Turned(Vec<u8>),
}

impl<'s> StackData<'s> {
    /// Checks these chunks, of which something will be read: their headers, and that all of their data is there.
    pub(super) fn new(chunks: &'s Chunks, used: &[usize]) -> Result<Self> {
        let mut order = None;
        let mut is_used = vec![false; chunks.info.lengths.len()];
        for &chunk in used {
            is_used[chunk] = true;
            let reader = chunks.open(chunk)?;
            if !reader.is_regular() {
                let message = "is no regular file: parts of it cannot be read";
                return Err(Error::new(ErrorKind::Argument, message)).in_path(chunks.path(chunk));
            }
            // A chunk of one row is in both orders at once, and NumPy then writes C's.
            if !is_in_both_orders(reader.header()) {
                order.get_or_insert(reader.header().order);
            }
        }
        let order = order.unwrap_or(Order::RowMajor);
        let Header { shape, dtype, .. } = &chunks.info.whole;
        let inner = match order {
            Order::ColumnMajor => &shape[..chunks.info.axis],
            _ => &shape[chunks.info.axis + 1..],
        };
        // No product overflows: that of the whole shape does not, lengths of 0 aside.
        let lengths = inner.iter().map(|&length| length as u64);
        let step = dtype.itemsize() as u64 * lengths.product::<u64>();
        Ok(StackData {
            chunks,
            order,
            step,
            row: step * shape[chunks.info.axis] as u64,
            used: is_used,
            open: Mutex::new(VecDeque::new()),
        })
    }

    pub(super) fn order(&self) -> Order {
        self.order
    }

    /// The chunk that has the byte at `offset` of the whole, where in its data that is, and how many follow it there.
    fn find(&self, offset: u64) -> (usize, u64, u64) {
        let info = &self.chunks.info;
        let (outer, within) = (offset / self.row, offset % self.row);
        let after = info.starts.partition_point(|&start| start as u64 * self.step <= within);
        let chunk = after.saturating_sub(1);
        let start = info.starts[chunk] as u64 * self.step;
        let len = info.lengths[chunk] as u64 * self.step;
        (chunk, outer * len + (within - start), start + len - within)
    }

    fn chunk(&self, index: usize) -> Result<Arc<Chunk>> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(at) = open.iter().rposition(|(open, _)| *open == index)
            && let Some(entry) = open.remove(at)
        {
            open.push_back(entry.clone());
            return Ok(entry.1);
        }
        drop(open); // nothing is read while others wait
        let reader = self.chunks.open(index)?;
        let header = reader.header();
        let chunk = match header.order == self.order || is_in_both_orders(header) {
            true => {
                let start = header.data_offset().unwrap_or(0);
                Chunk::File(reader.into_inner(), start)
            }
            false => Chunk::Turned(self.turned(reader).in_path(self.chunks.path(index))?),
        };
        let chunk = Arc::new(chunk);
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if open.len() >= OPEN {
            open.pop_front();
        }
        open.push_back((index, chunk.clone()));
        Ok(chunk)
    }

    fn turned(&self, reader: NpyReader<FileReader>) -> Result<Vec<u8>> {
        let raw = reader.read_raw_array()?;
        let mut bytes = Vec::with_capacity(raw.bytes().len());
        raw.write_elements(raw.dtype(), self.order, 0..raw.len(), &mut bytes)?;
        Ok(bytes)
    }

    fn read_runs(&self, runs: &mut [(usize, u64, &mut [u8])]) -> io::Result<()> {
        let total: usize = runs.iter().map(|(.., bytes)| bytes.len()).sum();
        let share = match total < SMALL {
            true => runs.len(),
            false => runs.len().div_ceil(4 * parallel::threads()),
        };
        parallel::for_each_chunk(runs, share.max(1), |_, runs| {
            runs.iter_mut().try_for_each(|(chunk, offset, bytes)| {
                self.chunk(*chunk)?
                    .read(bytes, *offset)
                    .map_err(|error| error.in_path(self.chunks.path(*chunk)))
            })
        })
        .map_err(io::Error::from)
    }

    /// Fills `buffer` with parts of chunks, each by a read of its own.
    fn read_parts(&self, mut buffer: &mut [u8], mut offset: u64) -> io::Result<()> {
        let mut runs = Vec::new();
        while !buffer.is_empty() {
            let (chunk, at, left) = self.find(offset);
            let len = usize::try_from(left).map_or(buffer.len(), |left| left.min(buffer.len()));
            let (run, rest) = buffer.split_at_mut(len);
            if self.used[chunk] {
                runs.push((chunk, at, run));
            }
            buffer = rest;
            offset += len as u64;
            if runs.len() == BATCH {
                self.read_runs(&mut runs)?;
                runs.clear();
            }
        }
        self.read_runs(&mut runs)
    }

    /// Fills `buffer` with whole rows, from the one of that number on: of each chunk, its part of many rows at once.
    fn read_rows(&self, buffer: &mut [u8], row: usize, first: u64) -> io::Result<()> {
        let count = (SMALL / row).max(1);
        let mut pieces: Vec<&mut [u8]> = buffer.chunks_mut(count * row).collect();
        parallel::for_each_chunk(&mut pieces, 1, |index, pieces| {
            let mut part = Vec::new();
            (index..).zip(pieces).try_for_each(|(index, piece)| {
                let first = first + (index * count) as u64;
                self.read_piece(piece, row, first, &mut part)
            })
        })
        .map_err(io::Error::from)
    }

    fn read_piece(&self, piece: &mut [u8], row: usize, first: u64, part: &mut Vec<u8>) -> Result<()> {
        let mut start = 0;
        let info = &self.chunks.info;
        let lengths = info.lengths.iter().enumerate();
        for (chunk, &length) in lengths.filter(|(_, length)| **length > 0) {
            let len = row / info.whole.shape[info.axis] * length;
            if self.used[chunk] {
                part.resize(piece.len() / row * len, 0);
                self.chunk(chunk)?
                    .read(part, first * len as u64)
                    .map_err(|error| error.in_path(self.chunks.path(chunk)))?;
                for (row, part) in piece.chunks_exact_mut(row).zip(part.chunks_exact(len)) {
                    row[start..start + len].copy_from_slice(part);
                }
            }
            start += len;
        }
        Ok(())
    }
}

impl Chunk {
    fn read(&self, bytes: &mut [u8], offset: u64) -> Result<()> {
        match self {
            Chunk::File(file, start) => Ok(file.read_exact_at(bytes, start + offset)?),
            Chunk::Turned(data) => {
                // Both are within one chunk, which is in memory.
                let part = usize::try_from(offset)
                    .ok()
                    .and_then(|offset| data.get(offset..)?.get(..bytes.len()))
                    .ok_or(io::ErrorKind::UnexpectedEof)
                    .map_err(io::Error::from)?;
                bytes.copy_from_slice(part);
                Ok(())
            }
        }
    }
}

impl ReadAt for StackData<'_> {
    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        let row = match usize::try_from(self.row) {
            Ok(row) if row <= buffer.len() / 2 && row < SMALL => row,
            _ => return self.read_parts(buffer, offset), // few of them, or large ones
        };
        let first = offset.div_ceil(self.row);
        let head = usize::try_from(first * self.row - offset).map_err(io::Error::other)?;
        let (head, rest) = buffer.split_at_mut(head);
        let (rows, tail) = rest.split_at_mut(rest.len() / row * row);
        let after = first + (rows.len() / row) as u64;
        self.read_parts(head, offset)?;
        self.read_rows(rows, row, first)?;
        self.read_parts(tail, after * self.row)
    }
}

fn is_in_both_orders(header: &Header) -> bool {
    header.shape.iter().filter(|&&length| length > 1).count() < 2
}
