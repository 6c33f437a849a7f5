//! The end of an appender's file, where rows are written; and the file as such, locked.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use crate::error::{Error, ErrorKind, Result};
use crate::npy::Header;
use crate::npy::data::check_nbytes;
use crate::npy::header::MAGIC;
use crate::storage::file::{FileWriter, Replace, allocate_ahead, read_exact_at, write_all_at};
use crate::storage::lock::{open_locked, try_lock, unlock};
use crate::storage::parallel;

/// Bytes of rows that are gathered before they are written. 64 MiB on ext4 take 21 ms so, 26 ms by 256 KiB.
const BUFFER: usize = 1 << 20;

/// Room on the disk that is asked for at a time, once there are more rows than a buffer holds. Without it the 64 MiB take
/// 31 ms, and may lie all over the disk.
const AHEAD: u64 = 8 << 20;

/// The end of the file: what is written there, and what will be.
pub(super) struct Tail {
    pub(super) file: File,
    /// Where in the file the buffer goes.
    start: u64,
    buffer: Vec<u8>,
    /// Where the room ends that was asked for; 0 if none was.
    reserved: u64,
}

impl Tail {
    /// Of a file whose rows end at `start`.
    pub(super) fn new(file: File, start: u64) -> Tail {
        Tail {
            file,
            start,
            buffer: Vec::with_capacity(BUFFER),
            reserved: 0,
        }
    }

    /// Forgets what was written after that place; what of it is in the file already will be overwritten.
    #[inline]
    pub(super) fn roll_back(&mut self, end: u64) {
        match end.checked_sub(self.start).and_then(|len| usize::try_from(len).ok()) {
            Some(len) => self.buffer.truncate(len),
            None => {
                self.start = end;
                self.buffer.clear();
            }
        }
    }

    /// Takes bytes that the buffer has room for; else says no.
    #[inline]
    pub(super) fn take(&mut self, bytes: &[u8]) -> bool {
        let fits = self.buffer.len() + bytes.len() <= BUFFER;
        if fits {
            self.buffer.extend_from_slice(bytes);
        }
        fits
    }

    /// Writes out a full buffer, before `more` bytes that will follow it.
    #[cold]
    fn make_room(&mut self, more: usize) -> io::Result<()> {
        let end = self.start + (self.buffer.len() + more) as u64;
        if end > self.reserved {
            let len = AHEAD.max(end - self.start);
            if allocate_ahead(&self.file, self.start, len) {
                self.reserved = self.start + len;
            }
        }
        self.write_out()
    }

    /// Cuts off what the file has after `end`, and gives back the room that is not needed.
    pub(super) fn trim(&mut self, end: u64) -> io::Result<()> {
        if self.reserved > end || self.file.metadata()?.len() > end {
            self.file.set_len(end)?;
            self.reserved = 0;
        }
        Ok(())
    }

    pub(super) fn write_out(&mut self) -> io::Result<()> {
        write_all_at(&self.file, &self.buffer, self.start)?;
        self.start += self.buffer.len() as u64;
        self.buffer.clear();
        Ok(())
    }

    /// The place of one more element.
    #[inline]
    pub(super) fn slot(&mut self, itemsize: usize) -> io::Result<&mut [u8]> {
        if self.buffer.len() + itemsize > BUFFER {
            self.make_room(itemsize)?;
        }
        let start = self.buffer.len();
        self.buffer.resize(start + itemsize, 0);
        Ok(&mut self.buffer[start..])
    }
}

impl Drop for Tail {
    fn drop(&mut self) {
        unlock(&self.file);
    }
}

impl Write for Tail {
    #[inline]
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if !self.take(bytes) {
            self.make_room(bytes.len())?;
            if !self.take(bytes) {
                write_all_at(&self.file, bytes, self.start)?;
                self.start += bytes.len() as u64;
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.write_out()
    }
}

/// Makes a locked file that starts with `head`.
pub(super) fn create_locked(path: &Path, head: &[u8]) -> Result<File> {
    loop {
        // A file that another appender has open must not be replaced: its rows would go nowhere.
        let old = match open_locked(path) {
            Ok(Some(file)) => Some(file),
            Ok(None) => return Err(busy().into()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error.into()),
        };
        let mut writer = FileWriter::create(path, Replace::Atomic)?;
        try_lock(writer.file())?;
        writer.write_all(head)?;
        let file = writer.file().try_clone()?;
        let committed = match old {
            Some(_) => writer.commit(),
            None => writer.commit_new(),
        };
        match committed.map_err(io::Error::from) {
            Ok(()) => {
                // The system takes milliseconds to forget what was in it.
                parallel::later(move || drop(old));
                return Ok(file);
            }
            // Somebody made one meanwhile.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error.into()),
        }
    }
}

#[cold]
pub(super) fn busy() -> io::Error {
    io::Error::new(io::ErrorKind::ResourceBusy, "another appender has the file open")
}

/// Whether the file holds all rows, and no other array after them.
pub(super) fn check_end(file: &File, header: &Header) -> Result<()> {
    let len = file.metadata()?.len();
    let start = header.data_offset().unwrap_or(0);
    let end = start + check_nbytes(header, len.saturating_sub(start))? as u64;
    let mut rest = [0; MAGIC.len()];
    let after = len - end;
    if after >= rest.len() as u64 {
        read_exact_at(file, &mut rest, end)?;
        if rest == *MAGIC {
            return Err(Error::new(
                ErrorKind::Layout,
                format!("another array follows this one in the file, at byte {end}: rows would overwrite it"),
            ));
        }
    }
    Ok(())
}
