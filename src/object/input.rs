//! The bytes of a pickle, and not one after it.

use std::io::{self, Read};

use crate::error::{Error, ErrorKind, Result};

/// What is read at once.
const BLOCK: u64 = 64 << 10;

/// A reader that stops right after the pickle.
///
/// A stream cannot be put back, so nothing is read ahead but what a FRAME says is the pickle's: NumPy's pickles are all
/// frames. Where nothing can follow that anybody would read, blocks are read.
pub(super) struct Input<'r> {
    reader: &'r mut dyn Read,
    buffer: Vec<u8>,
    used: usize,
    /// Of the next byte, from the pickle's start.
    offset: u64,
    frame_end: u64,
    read_ahead: bool,
    max_bytes: u64,
}

impl<'r> Input<'r> {
    pub(super) fn new(reader: &'r mut dyn Read, read_ahead: bool, max_bytes: u64) -> Self {
        Input {
            reader,
            buffer: Vec::new(),
            used: 0,
            offset: 0,
            frame_end: 0,
            read_ahead,
            max_bytes,
        }
    }

    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    /// A FRAME of `len` bytes starts here.
    pub(super) fn start_frame(&mut self, len: u64) -> Result<()> {
        self.frame_end = self.offset.checked_add(len).ok_or_else(|| self.truncated())?;
        Ok(())
    }

    /// The pickle ends here.
    pub(super) fn finish(&self) -> Result<()> {
        match self.offset < self.frame_end {
            // Bytes of whatever follows may have been read with it.
            true => Err(Error::new(
                ErrorKind::Object,
                "a frame of the pickle that goes on after its end",
            )),
            false => Ok(()),
        }
    }

    pub(super) fn byte(&mut self) -> Result<u8> {
        if self.used == self.buffer.len() {
            self.refill()?;
        }
        let byte = self.buffer.get(self.used).copied().ok_or_else(|| self.truncated())?;
        self.used += 1;
        self.offset += 1;
        Ok(byte)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        if let Some(bytes) = self.buffer.get(self.used..).and_then(<[u8]>::first_chunk) {
            let bytes = *bytes;
            self.used += N;
            self.offset += N as u64;
            return Ok(bytes);
        }
        let mut bytes = [0; N];
        for byte in &mut bytes {
            *byte = self.byte()?;
        }
        Ok(bytes)
    }

    /// What `make` makes of that many bytes: mostly of those in the buffer, else of a copy.
    pub(super) fn take<T>(&mut self, len: u64, make: impl FnOnce(&[u8]) -> T) -> Result<T> {
        let buffered = usize::try_from(len)
            .ok()
            .and_then(|len| self.buffer.get(self.used..)?.get(..len));
        match buffered {
            Some(bytes) => {
                let made = make(bytes);
                self.used += bytes.len();
                self.offset += len;
                Ok(made)
            }
            None => Ok(make(&self.bytes(len)?)),
        }
    }

    /// That many bytes; memory grows only with those that are there.
    fn bytes(&mut self, len: u64) -> Result<Vec<u8>> {
        if self.offset.checked_add(len).is_none_or(|end| end > self.max_bytes) {
            return Err(self.too_long());
        }
        let buffered = self.buffer.get(self.used..).unwrap_or_default();
        let taken = usize::try_from(len).unwrap_or(usize::MAX).min(buffered.len());
        let mut bytes = buffered.get(..taken).unwrap_or_default().to_vec();
        self.used += taken;
        self.offset += taken as u64;
        let left = len - taken as u64;
        if left > 0 {
            let read = (&mut *self.reader).take(left).read_to_end(&mut bytes)?;
            self.offset += read as u64;
            if (read as u64) < left {
                return Err(self.truncated());
            }
        }
        Ok(bytes)
    }

    /// What is before the next newline, which is taken too.
    pub(super) fn line(&mut self) -> Result<Vec<u8>> {
        let mut line = Vec::new();
        loop {
            match self.byte()? {
                b'\n' => return Ok(line),
                byte => line.push(byte),
            }
        }
    }

    fn refill(&mut self) -> Result<()> {
        if self.offset >= self.max_bytes {
            return Err(self.too_long());
        }
        let want = match self.read_ahead {
            true => BLOCK,
            false => self.frame_end.saturating_sub(self.offset).clamp(1, BLOCK),
        };
        self.buffer.clear();
        self.used = 0;
        // BLOCK at most
        self.buffer.resize(usize::try_from(want).unwrap_or(1), 0);
        let got = loop {
            match self.reader.read(&mut self.buffer) {
                Ok(got) => break got,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        };
        self.buffer.truncate(got);
        Ok(())
    }

    #[cold]
    fn truncated(&self) -> Error {
        Error::new(ErrorKind::Truncated, "the pickle of the array's objects ends too soon")
    }

    #[cold]
    fn too_long(&self) -> Error {
        Error::new(
            ErrorKind::Limit,
            format!(
                "a pickle of more than {} bytes, which `ReadOptions::max_bytes` allows",
                self.max_bytes
            ),
        )
    }
}

/// An error that names no place yet.
#[cold]
pub(super) fn bad(message: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::new(ErrorKind::Object, message)
}
