//! Where text comes from: files, packed or not, and readers; as UTF-8.

use std::cell::Cell;
use std::io::{self, Read};
use std::path::Path;
use std::rc::Rc;

use super::encoding::{Encoding, Utf8Reader};
use super::packing::decompress;
use crate::error::{Context, Error, ErrorKind, Result};
use crate::limits;
use crate::storage::file::FileReader;

/// Told how many bytes were read, and how many there are.
pub(crate) type Progress = dyn Fn(u64, Option<u64>) + Send + Sync;

/// One read from a file: small enough not to be shared by the cores, which have other work meanwhile.
const PIECE: usize = 1 << 20;

/// Text as UTF-8, not yet checked.
pub(crate) struct Source<'a> {
    reader: Box<dyn Read + 'a>,
    /// Bytes of the file itself, which may be packed.
    read: Rc<Cell<u64>>,
    total: Option<u64>,
    progress: Option<&'a Progress>,
    /// Set if nothing may be read beyond the lines that are asked for: how single lines are decoded.
    exact: Option<Encoding>,
    started: bool,
    /// The longest row, in bytes of UTF-8.
    max_row: usize,
}

/// Counts what goes through.
struct Counting<R> {
    inner: R,
    count: Rc<Cell<u64>>,
}

impl<R: Read> Read for Counting<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buf)?;
        self.count.set(self.count.get() + count as u64);
        Ok(count)
    }
}

impl<'a> Source<'a> {
    /// A file, unpacked if it is packed.
    pub(crate) fn open(path: &Path, encoding: Encoding, progress: Option<&'a Progress>) -> Result<Self> {
        let file = FileReader::open(path)?;
        let total = file.remaining();
        let read = Rc::new(Cell::new(0));
        let counting = Counting {
            inner: file,
            count: Rc::clone(&read),
        };
        let reader = Box::new(Utf8Reader::new(decompress(counting).in_path(path)?, encoding));
        Ok(Source {
            reader,
            read,
            total,
            progress,
            exact: None,
            started: false,
            max_row: limits::ROW_SIZE,
        })
    }

    /// A reader. If it is to be left right after the last line that is used, that works for encodings of single bytes
    /// and UTF-8; the others read ahead.
    pub(crate) fn new<R: Read + 'a>(
        reader: R,
        encoding: Encoding,
        exact: bool,
        progress: Option<&'a Progress>,
    ) -> Self {
        let read = Rc::new(Cell::new(0));
        let counting = Counting {
            inner: reader,
            count: Rc::clone(&read),
        };
        let exact = match encoding {
            Encoding::Utf8 | Encoding::Utf8Sig | Encoding::Ascii | Encoding::Latin1 if exact => Some(encoding),
            _ => None,
        };
        let reader: Box<dyn Read + 'a> = match exact {
            Some(_) => Box::new(counting),
            None => Box::new(Utf8Reader::new(counting, encoding)),
        };
        Source {
            reader,
            read,
            total: None,
            progress,
            exact,
            started: false,
            max_row: limits::ROW_SIZE,
        }
    }

    /// Another limit for the bytes of a row.
    pub(crate) fn with_max_row(self, max_row: usize) -> Self {
        Source { max_row, ..self }
    }

    /// Holds the start of a row whose end was not met yet against the limit.
    pub(crate) fn check_row(&self, len: usize) -> Result<()> {
        match len > self.max_row {
            true => Err(limits::exceeded(format!(
                "a row that does not end within {} bytes; `max_row_size` can allow more",
                self.max_row
            ))),
            false => Ok(()),
        }
    }

    /// Whether nothing is read beyond the lines that are asked for.
    pub(crate) fn exact(&self) -> bool {
        self.exact.is_some()
    }

    /// How many bytes of the file were read, and how many it has.
    pub(crate) fn position(&self) -> (u64, Option<u64>) {
        (self.read.get(), self.total)
    }

    /// Calls the user's callback.
    pub(crate) fn report(&self) {
        if let Some(progress) = self.progress {
            progress(self.read.get(), self.total);
        }
    }

    /// Fills `buffer`, with at most so many lines if it must be exact; gives how much, and whether that was the end.
    pub(crate) fn read(&mut self, buffer: &mut [u8], lines: usize) -> Result<(usize, bool)> {
        if let Some(encoding) = self.exact {
            return self.read_lines(buffer, lines, encoding);
        }
        let mut filled = 0;
        while filled < buffer.len() {
            let end = buffer.len().min(filled + PIECE);
            match self.reader.read(&mut buffer[filled..end]) {
                Ok(0) => return Ok((filled, true)),
                Ok(count) => filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok((filled, false))
    }

    /// All that is left.
    pub(crate) fn read_all(&mut self) -> Result<Vec<u8>> {
        let mut text = Vec::new();
        loop {
            let start = text.len();
            text.resize(start + PIECE.max(start / 2), 0);
            let (count, last) = self.read(&mut text[start..], usize::MAX)?;
            text.truncate(start + count);
            if last {
                return Ok(text);
            }
        }
    }

    /// A byte at a time, because what is read beyond a line is lost to the reader's owner.
    fn read_lines(&mut self, buffer: &mut [u8], mut lines: usize, encoding: Encoding) -> Result<(usize, bool)> {
        let mut filled = 0;
        let mut byte = [0];
        let mut last = false;
        // One byte of latin1 can become two.
        while lines > 0 && filled + 2 <= buffer.len() {
            match self.reader.read(&mut byte) {
                Ok(0) => {
                    last = true;
                    break;
                }
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error.into()),
            }
            let [byte] = byte;
            match encoding {
                Encoding::Latin1 => filled += char::from(byte).encode_utf8(&mut buffer[filled..]).len(),
                Encoding::Ascii if !byte.is_ascii() => {
                    let offset = self.read.get().saturating_sub(1);
                    return Err(
                        Error::new(ErrorKind::Parse, "invalid ASCII; another encoding would work").at_byte(offset),
                    );
                }
                _ => {
                    buffer[filled] = byte;
                    filled += 1;
                }
            }
            lines -= usize::from(byte == b'\n');
        }
        let mark =
            matches!(encoding, Encoding::Utf8 | Encoding::Utf8Sig) && buffer[..filled].starts_with(b"\xef\xbb\xbf");
        if !std::mem::replace(&mut self.started, true) && mark {
            buffer.copy_within(3..filled, 0);
            filled -= 3;
        }
        Ok((filled, last))
    }
}
