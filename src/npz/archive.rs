//! The file of an archive.

use std::io::{self, Seek, SeekFrom, Write};
use std::path::Path;

use crc32fast::Hasher;

use crate::error::Result;
use crate::storage::file::{FileWriter, Replace};

/// The file of an archive that [`NpzWriter::create`](crate::NpzWriter::create) began; it takes its name when the archive
/// is finished.
///
/// # Examples
///
/// ```
/// # let dir = tempfile::tempdir().unwrap();
/// # let path = dir.path().join("a.npz");
/// use ndarray_io::{ArchiveFile, NpzWriter};
///
/// // What creating by a path gives, as a type to name.
/// struct Recorder {
///     archive: NpzWriter<ArchiveFile>,
/// }
/// let mut recorder = Recorder { archive: NpzWriter::create(&path)? };
/// recorder.archive.add_array("x", &ndarray::array![1.0])?;
/// recorder.archive.finish()?;
/// # Ok::<(), ndarray_io::Error>(())
/// ```
#[derive(Debug)]
pub struct ArchiveFile(Option<FileWriter>);

impl ArchiveFile {
    /// A file that is to be at `path`.
    pub(super) fn create(path: &Path) -> Result<ArchiveFile> {
        Ok(ArchiveFile(Some(FileWriter::create(path, Replace::Atomic)?)))
    }

    /// As [`FileWriter::reserve_ahead`].
    pub(super) fn reserve(&mut self, len: u64, ahead: u64) -> io::Result<u64> {
        self.writer()?.reserve_ahead(len, ahead)
    }

    /// Writes all of `bytes` on all cores, and adds them to the CRC.
    pub(super) fn store(&mut self, bytes: &[u8], crc: &mut Hasher) -> io::Result<()> {
        let shares = self.writer()?.write_shares(bytes, Hasher::update)?;
        shares.iter().for_each(|share| crc.combine(share));
        Ok(())
    }

    /// Gives the file its name.
    pub(super) fn commit(mut self) -> Result<ArchiveFile> {
        self.0.take().map_or(Ok(()), FileWriter::commit)?;
        Ok(self)
    }

    fn writer(&mut self) -> io::Result<&mut FileWriter> {
        let finished = || io::Error::other("the archive is finished");
        self.0.as_mut().ok_or_else(finished)
    }
}

impl Write for ArchiveFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.writer()?.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.as_mut().map_or(Ok(()), FileWriter::flush)
    }
}

impl Seek for ArchiveFile {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.writer()?.seek(to)
    }
}
