//! What text is written to.

use std::io::{self, Write};

use crate::storage::file::FileWriter;
use crate::text::packing::Compressor;

/// Where text goes.
pub trait Sink: Write {
    /// Says about how many bytes are to come.
    fn expect(&mut self, bytes: u64);
}

/// A writer that does not care how much is to come.
pub(super) struct Unsized<W>(pub(super) W);

impl<W: Write> Write for Unsized<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl<W: Write> Sink for Unsized<W> {
    fn expect(&mut self, _bytes: u64) {}
}

impl Sink for Compressor<FileWriter> {
    /// A file that has its room before it replaces another is not flushed then, which would take longer than the rest.
    fn expect(&mut self, bytes: u64) {
        if let Compressor::None(file) = self {
            let _ = file.reserve_ahead(0, bytes); // a guess: whether the disk is too small, the writes will tell
        }
    }
}
