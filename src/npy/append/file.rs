//! The file of an appender: its header, and the rows after it that the header does not count yet.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use ndarray::Order;

use super::tail::Tail;
use crate::error::{Context, Result};
use crate::npy::header::MAGIC;
use crate::npy::{Header, Version};
use crate::storage::file::{FileReader, FileWriter, Replace, write_all_at};
use crate::storage::lock::try_lock;

/// Bytes that are copied at a time when a file is moved.
const COPY: usize = 8 << 20;

/// A file of rows that grows.
pub(super) struct GrowingFile {
    pub(super) path: PathBuf,
    /// With all rows that were pushed.
    pub(super) header: Header,
    /// The header as it is in the file, and the rows that it counts.
    head: Vec<u8>,
    pub(super) flushed: usize,
    pub(super) tail: Tail,
    row_nbytes: usize,
}

impl GrowingFile {
    /// Of a file that starts with `head`, which says what `header` does; its rows take `row_nbytes` each.
    pub(super) fn new(
        path: &Path,
        file: File,
        header: Header,
        head: Vec<u8>,
        row_nbytes: usize,
    ) -> Result<GrowingFile> {
        Ok(GrowingFile {
            path: path.to_owned(),
            flushed: header.shape[growth_axis(&header)],
            tail: Tail::new(file, head.len() as u64 + header.nbytes()? as u64),
            header,
            head,
            row_nbytes,
        })
    }

    /// The number of rows by now.
    #[inline]
    pub(super) fn len(&self) -> usize {
        self.header.shape[self.axis()]
    }

    /// Counts rows that the tail has taken.
    #[inline]
    pub(super) fn count(&mut self, rows: usize) {
        let axis = self.axis();
        self.header.shape[axis] += rows;
    }

    /// The axis along which it grows.
    #[inline]
    pub(super) fn axis(&self) -> usize {
        growth_axis(&self.header)
    }

    /// Where in the file the rows end.
    #[inline]
    pub(super) fn end(&self) -> u64 {
        self.head.len() as u64 + self.len() as u64 * self.row_nbytes as u64
    }

    pub(super) fn close(&mut self) -> Result<()> {
        self.flush_with(|_| Ok(()))?;
        // Also of what a process that died had left.
        let end = self.end();
        self.tail.trim(end).in_path(&self.path)
    }

    pub(super) fn flush_with(&mut self, settle: impl Fn(&File) -> io::Result<()>) -> Result<()> {
        self.try_flush(settle).in_path(&self.path)
    }

    fn try_flush(&mut self, settle: impl Fn(&File) -> io::Result<()>) -> Result<()> {
        self.tail.roll_back(self.end());
        self.tail.write_out()?;
        // The rows before the header that counts them: else a crash between the two leaves a claim that is not true.
        settle(&self.tail.file)?;
        if self.len() == self.flushed {
            return Ok(());
        }
        match self.header.to_bytes_in(version_of(&self.head), self.head.len()) {
            Some(head) => {
                // Only what differs, so that no crash can tear it: the few digits lie within a page.
                let differs = |(old, new): &(&u8, &u8)| old != new;
                let pairs = || self.head.iter().zip(&head);
                let first = pairs().take_while(|pair| !differs(pair)).count();
                let last = head.len() - pairs().rev().take_while(|pair| !differs(pair)).count();
                write_all_at(&self.tail.file, &head[first..last.max(first)], first as u64)?;
                self.head = head;
            }
            None => self.move_data()?,
        }
        settle(&self.tail.file)?;
        self.flushed = self.len();
        Ok(())
    }

    /// Replaces the file by one whose header has room to grow.
    fn move_data(&mut self) -> Result<()> {
        let head = self.header.to_bytes(None)?;
        let mut writer = FileWriter::create(&self.path, Replace::Atomic)?;
        try_lock(writer.file())?;
        writer.reserve(head.len() as u64 + (self.end() - self.head.len() as u64))?;
        writer.write_all(&head)?;
        let old = FileReader::new(self.tail.file.try_clone()?)?;
        let mut buffer = vec![0; COPY];
        let mut offset = self.head.len() as u64;
        while offset < self.end() {
            let count = usize::try_from(self.end() - offset).map_or(COPY, |left| left.min(COPY));
            old.read_exact_at(&mut buffer[..count], offset)?;
            writer.write_all(&buffer[..count])?;
            offset += count as u64;
        }
        let file = writer.file().try_clone()?;
        writer.commit()?;
        self.head = head;
        let Header {
            dtype, order, shape, ..
        } = &self.header;
        self.header = Header::new(dtype.clone(), *order, shape.clone()); // no longer that of the old file
        self.tail = Tail::new(file, self.end());
        Ok(())
    }
}

/// The axis along which the file grows: the slowest.
#[inline]
pub(super) fn growth_axis(header: &Header) -> usize {
    match header.order {
        Order::ColumnMajor => header.shape.len() - 1,
        _ => 0,
    }
}

/// The version of a header, which was read or made before.
fn version_of(head: &[u8]) -> Version {
    match head.get(MAGIC.len()) {
        Some(1) => Version::V1_0,
        Some(2) => Version::V2_0,
        _ => Version::V3_0,
    }
}
