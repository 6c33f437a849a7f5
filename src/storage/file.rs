//! Files: read at positions by all cores, replaced whole or not at all.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::{Mutex, TryLockError};

use tempfile::NamedTempFile;

use super::parallel;
pub(crate) use super::target::Replace;
use super::target::{Target, is_device};
#[cfg(all(feature = "mmap", target_os = "linux"))]
use super::window;
use crate::error::{Context, Result};

/// One thread's share of a parallel read or write. Smaller shares cost more calls, larger ones balance worse; it is a
/// huge page.
const SHARE: usize = 2 << 20;

/// Fewer bytes are one thread's, who has them read or written before a second one wakes.
const LARGE: usize = 2 * SHARE;

/// A file open for reading; large reads from a regular file are shared by all cores.
///
/// # Examples
///
/// ```
/// # let dir = tempfile::tempdir().unwrap();
/// # let path = dir.path().join("a.npy");
/// # ndarray_io::write_npy(&path, &ndarray::array![1.0, 2.0])?;
/// use ndarray_io::{FileReader, NpyReader};
///
/// // What opening by a path gives, as a type to name.
/// struct Dataset {
///     samples: NpyReader<FileReader>,
/// }
/// let dataset = Dataset { samples: NpyReader::open(&path)? };
/// assert_eq!(dataset.samples.shape(), [2]);
/// # Ok::<(), ndarray_io::Error>(())
/// ```
#[derive(Debug)]
pub struct FileReader {
    file: File,
    /// Where the next read starts, and how long the file is; `None` for a pipe or device, which is read in order.
    place: Option<(u64, u64)>,
}

impl FileReader {
    /// Opens the file at `path`.
    pub(crate) fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        File::open(path).and_then(FileReader::new).in_path(path)
    }

    /// Reads `file` from its current position.
    pub(crate) fn new(mut file: File) -> io::Result<Self> {
        let metadata = file.metadata()?;
        if metadata.is_dir() {
            return Err(io::Error::new(
                io::ErrorKind::IsADirectory,
                "is a directory, not a file",
            ));
        }
        let place = match metadata.is_file() {
            true => Some((file.stream_position()?, metadata.len())),
            false => None,
        };
        Ok(FileReader { file, place })
    }

    /// How many bytes are left, if the file is a regular one.
    pub(crate) fn remaining(&self) -> Option<u64> {
        self.place.map(|(position, len)| len.saturating_sub(position))
    }

    /// Where the next read starts; `None` for a pipe or device.
    #[allow(dead_code)] // without the features mmap and text
    pub(crate) fn position(&self) -> Option<u64> {
        self.place.map(|(position, _)| position)
    }

    /// Fills `buffer` from `offset` on, leaving the reader's position; all cores share a large buffer.
    pub(crate) fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        if buffer.len() < LARGE {
            return read_exact_at(&self.file, buffer, offset);
        }
        self.read_shares(buffer, offset, SHARE, |(), _| {}).map(drop)
    }

    /// Fills `buffer` from the reader's position on and moves that; calls `each` for every `piece` bytes right after a
    /// core has read them, while they are in its cache. The file must be a regular one.
    pub(crate) fn read_pieces(
        &mut self,
        buffer: &mut [u8],
        piece: usize,
        each: impl Fn(&mut [u8]) + Sync,
    ) -> io::Result<()> {
        let (position, _) = self.place.ok_or(io::ErrorKind::NotSeekable)?;
        self.read_shares(buffer, position, piece, |(), piece| each(piece))?;
        self.seek(SeekFrom::Start(position + buffer.len() as u64)).map(drop)
    }

    /// Fills `buffer` from `offset` on; all cores share a large one. Calls `each` for every `piece` bytes of a share, in
    /// order, right after a core has read them. What that makes of each share is given.
    ///
    /// The shares of a large buffer end where its huge pages do, which are made when they are first written to: then no
    /// two threads wait for the same page (15.8 ms for 128 MiB, and 17.2 if they start with the buffer).
    pub(crate) fn read_shares<S: Default + Send>(
        &self,
        buffer: &mut [u8],
        offset: u64,
        piece: usize,
        each: impl Fn(&mut S, &mut [u8]) + Sync,
    ) -> io::Result<Vec<S>> {
        let (first, rest) = buffer.split_at_mut(first_share(buffer.len(), buffer.as_ptr().addr() as u64));
        let mut next = offset;
        let mut shares = Vec::new();
        for share in std::iter::once(first).chain(rest.chunks_mut(SHARE)) {
            let start = next;
            next += share.len() as u64;
            shares.push((start, share, S::default()));
        }
        parallel::for_each_chunk(&mut shares, 1, |_, shares| {
            for (start, share, made) in shares {
                let mut offset = *start;
                for bytes in share.chunks_mut(piece) {
                    read_exact_at(&self.file, bytes, offset)?;
                    offset += bytes.len() as u64;
                    each(made, bytes);
                }
            }
            Ok::<_, io::Error>(())
        })?;
        Ok(shares.into_iter().map(|(_, _, made)| made).collect())
    }

    /// Asks the disk for bytes that will be read soon, and does not wait for them.
    pub(crate) fn will_need(&self, offset: u64, len: u64) {
        #[cfg(any(target_os = "linux", target_os = "android", target_os = "freebsd"))]
        if let Some(len) = std::num::NonZeroU64::new(len) {
            let _ = rustix::fs::fadvise(&self.file, offset, Some(len), rustix::fs::Advice::WillNeed); // only a wish
        }
        #[cfg(not(any(target_os = "linux", target_os = "android", target_os = "freebsd")))]
        let _ = (offset, len);
    }

    /// The file itself.
    #[allow(dead_code)] // without the feature mmap
    pub(crate) fn file(&self) -> &File {
        &self.file
    }
}

/// Bytes that can be read at positions, by several threads at once.
pub(crate) trait ReadAt: Sync {
    /// Fills `buffer` from `offset` on.
    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()>;
}

impl ReadAt for FileReader {
    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        FileReader::read_exact_at(self, buffer, offset)
    }
}

/// The length of the first of the shares of `len` bytes: the others start at multiples of [`SHARE`], where this one starts at
/// `at`. It is a multiple of what the longest number takes, so that no share ends within one.
fn first_share(len: usize, at: u64) -> usize {
    const NUMBER: usize = 16;
    match usize::try_from(at % SHARE as u64) {
        Ok(past) if len >= LARGE => (SHARE - past) / NUMBER * NUMBER,
        _ => len,
    }
}

impl Read for FileReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Some((position, len)) = self.place else {
            return self.file.read(buffer);
        };
        let left = usize::try_from(len.saturating_sub(position)).unwrap_or(usize::MAX);
        let count = buffer.len().min(left);
        if count < LARGE {
            // Also asks the system at the end: the file may have grown.
            let count = read_at(&self.file, buffer, position)?;
            self.place = Some((position + count as u64, len));
            return Ok(count);
        }
        self.read_exact_at(&mut buffer[..count], position)?;
        self.place = Some((position + count as u64, len));
        Ok(count)
    }
}

impl Seek for FileReader {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let Some((position, len)) = self.place else {
            return self.file.seek(to);
        };
        let target = seek_target(to, position, len)?;
        self.place = Some((target, len));
        Ok(target)
    }
}

/// Where a seek leads to, from a position in so many bytes.
pub(crate) fn seek_target(to: SeekFrom, position: u64, len: u64) -> io::Result<u64> {
    let target = match to {
        SeekFrom::Start(target) => Some(target),
        SeekFrom::End(delta) => len.checked_add_signed(delta),
        SeekFrom::Current(delta) => position.checked_add_signed(delta),
    };
    target.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "seek before the start"))
}

/// Fills `buffer` from `offset` on, without moving the file's own position.
pub(crate) fn read_exact_at(file: &File, mut buffer: &mut [u8], mut offset: u64) -> io::Result<()> {
    while !buffer.is_empty() {
        match read_at(file, buffer, offset) {
            Ok(0) => {
                return Err(io::Error::new(
                    io::ErrorKind::UnexpectedEof,
                    "the file ends before the data",
                ));
            }
            Ok(count) => {
                buffer = &mut buffer[count..];
                offset += count as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

#[cfg(unix)]
fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, buffer, offset)
}

#[cfg(windows)]
fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, buffer, offset)
}

#[cfg(unix)]
fn write_at(file: &File, buffer: &[u8], offset: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::write_at(file, buffer, offset)
}

#[cfg(windows)]
fn write_at(file: &File, buffer: &[u8], offset: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_write(file, buffer, offset)
}

/// Writes all of `buffer` at `offset`, without moving the file's own position.
pub(crate) fn write_all_at(file: &File, mut buffer: &[u8], mut offset: u64) -> io::Result<()> {
    while !buffer.is_empty() {
        match write_at(file, buffer, offset) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(count) => {
                buffer = &buffer[count..];
                offset += count as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Gives the first `len` bytes of a file their room on the disk, as zeros where there are none yet; whether that was
/// done, for not every system or file system has such a call.
///
/// # Errors
///
/// If there is no room.
pub(crate) fn allocate(file: &File, len: u64) -> io::Result<bool> {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    {
        use rustix::fs::{FallocateFlags, fallocate};
        use rustix::io::Errno;
        match fallocate(file, FallocateFlags::empty(), 0, len) {
            Ok(()) => Ok(true),
            // The system has no room for it; all else says that the file system has no such call.
            Err(error @ (Errno::NOSPC | Errno::FBIG | Errno::DQUOT)) => Err(error.into()),
            Err(_) => Ok(false),
        }
    }
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    {
        let _ = (file, len);
        Ok(false)
    }
}

/// The length that the process may give a file.
#[cfg(any(feature = "npz", feature = "text"))]
fn most_bytes() -> u64 {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    {
        use rustix::process::{Resource, getrlimit};
        getrlimit(Resource::Fsize).current.unwrap_or(u64::MAX)
    }
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    {
        u64::MAX
    }
}

/// Asks for room on the disk from `offset` on, past the file's end, which stays where it is; whether it was given. What
/// proves too much is given back by setting the file's length.
pub(crate) fn allocate_ahead(file: &File, offset: u64, len: u64) -> bool {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    {
        use rustix::fs::{FallocateFlags, fallocate};
        fallocate(file, FallocateFlags::KEEP_SIZE, offset, len).is_ok()
    }
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    {
        let _ = (file, offset, len);
        false
    }
}

/// A file being written; what it replaces stays until [`commit`](FileWriter::commit), and without it nothing is left.
#[derive(Debug)]
pub(crate) struct FileWriter {
    target: Target,
    /// Where the next write goes; `None` for a pipe or device, which is written in order.
    position: Option<u64>,
    /// One past the last byte written.
    end: u64,
    reserved: u64,
    /// Held by the thread that writes by the system's call.
    busy: Mutex<()>,
    /// Whether another one may copy into room that is reserved meanwhile.
    #[cfg(all(feature = "mmap", target_os = "linux"))]
    windows: bool,
}

impl FileWriter {
    /// Starts a file that is to be at `path`. What is no regular file (a FIFO, `/dev/stdout`) is written straight.
    pub(crate) fn create(path: impl AsRef<Path>, replace: Replace) -> Result<Self> {
        let path = path.as_ref();
        let target = Target::open(path, replace).in_path(path)?;
        let regular = target.file().metadata().in_path(path)?.is_file();
        Ok(FileWriter {
            position: (regular && !is_device(path)).then_some(0),
            target,
            end: 0,
            reserved: 0,
            busy: Mutex::new(()),
            #[cfg(all(feature = "mmap", target_os = "linux"))]
            windows: false,
        })
    }

    /// Reserves room for `len` bytes, so that a full disk shows before the first byte is written.
    ///
    /// It also spares ext4 the flush that it does when a freshly written file takes an old one's name: 5.4 GB/s
    /// instead of 1.6.
    pub(crate) fn reserve(&mut self, len: u64) -> io::Result<()> {
        if self.position.is_none() || len == 0 {
            return Ok(());
        }
        let file = self.target.file();
        match allocate(file, len) {
            Ok(false) => {}
            Ok(true) => {
                self.reserved = self.reserved.max(len);
                #[cfg(all(feature = "mmap", target_os = "linux"))]
                {
                    self.windows = window::is_safe(file);
                }
            }
            Err(error) => {
                // ext4 has made the file as long as it had room for.
                file.set_len(self.end.max(self.reserved))?;
                return Err(error);
            }
        }
        Ok(())
    }

    /// Reserves room for `len` bytes, or if it can be had for the `ahead` that may follow; how many those are.
    #[cfg(any(feature = "npz", feature = "text"))]
    pub(crate) fn reserve_ahead(&mut self, len: u64, ahead: u64) -> io::Result<u64> {
        // Whoever asks for more than the process may write is killed.
        if ahead <= most_bytes() && self.reserve(ahead).is_ok() {
            return Ok(ahead);
        }
        self.reserve(len)?;
        Ok(len)
    }

    /// Writes all of `bytes` at `offset`, whatever the file's position; several threads can do so at once.
    pub(crate) fn write_all_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        let turn = match self.busy.try_lock() {
            Err(TryLockError::WouldBlock) if self.through_window(bytes, offset) => return Ok(()),
            turn => turn,
        };
        write_all_at(self.target.file(), bytes, offset)?;
        drop(turn);
        Ok(())
    }

    /// Writes all of `bytes` at `offset` while another thread writes, if there is a way.
    #[cfg(all(feature = "mmap", target_os = "linux"))]
    fn through_window(&self, bytes: &[u8], offset: u64) -> bool {
        let in_room = |end| end <= self.reserved;
        self.windows
            && offset.checked_add(bytes.len() as u64).is_some_and(in_room)
            && self
                .target
                .temporary()
                .is_some_and(|file| window::copy(file, bytes, offset))
    }

    #[cfg(not(all(feature = "mmap", target_os = "linux")))]
    fn through_window(&self, _: &[u8], _: u64) -> bool {
        false
    }

    /// Writes all of `bytes` at the file's position; all cores share many. Calls `each` for every share right before a core
    /// writes it: then it is in its cache. What that makes of each share is given, in order.
    pub(crate) fn write_shares<S: Default + Send>(
        &mut self,
        bytes: &[u8],
        each: impl Fn(&mut S, &[u8]) + Sync,
    ) -> io::Result<Vec<S>> {
        let Some(position) = self.position else {
            let mut made = S::default();
            each(&mut made, bytes);
            self.target.file().write_all(bytes)?;
            return Ok(vec![made]);
        };
        // As huge pages of the file lie, see `window`.
        let (first, rest) = bytes.split_at(first_share(bytes.len(), position));
        let mut next = position;
        let mut shares = Vec::new();
        for share in std::iter::once(first).chain(rest.chunks(SHARE)) {
            shares.push((next, share, S::default()));
            next += share.len() as u64;
        }
        parallel::for_each_chunk(&mut shares, 1, |_, shares| {
            for (start, share, made) in shares {
                each(made, share);
                self.write_all_at(share, *start)?;
            }
            Ok::<_, io::Error>(())
        })?;
        self.advance(bytes.len() as u64);
        Ok(shares.into_iter().map(|(_, _, made)| made).collect())
    }

    /// The file that is written to.
    #[allow(dead_code)] // without the feature mmap
    pub(crate) fn file(&self) -> &File {
        self.target.file()
    }

    /// Where the next write goes, if the file can be written at positions.
    pub(crate) fn position(&self) -> Option<u64> {
        self.position
    }

    /// Goes on behind `len` bytes that were written at its position.
    pub(crate) fn advance(&mut self, len: u64) {
        if let Some(position) = &mut self.position {
            *position += len;
            self.end = self.end.max(*position);
        }
    }

    /// Gives the file its name.
    pub(crate) fn commit(self) -> Result<()> {
        self.commit_as(|file, path| file.persist(path).map_err(|error| error.error))
    }

    /// As [`commit`](FileWriter::commit), but an error if by now there is a file of that name.
    pub(crate) fn commit_new(self) -> Result<()> {
        self.commit_as(|file, path| file.persist_noclobber(path).map_err(|error| error.error))
    }

    fn commit_as(self, persist: impl FnOnce(NamedTempFile, &Path) -> io::Result<File>) -> Result<()> {
        if self.reserved > self.end {
            self.target.file().set_len(self.end)?;
        }
        self.target.commit(persist)
    }
}

impl Write for FileWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.position.is_none() {
            return self.target.file().write(bytes);
        }
        self.write_shares(bytes, |(), _| {})?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.target.file().flush()
    }
}

impl Seek for FileWriter {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let Some(position) = self.position else {
            return self.target.file().seek(to);
        };
        let target = seek_target(to, position, self.end)?;
        self.position = Some(target);
        Ok(target)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn write(path: &Path, replace: Replace, bytes: &[u8]) -> Result<()> {
        let mut writer = FileWriter::create(path, replace)?;
        writer.write_all(bytes)?;
        writer.commit()
    }

    #[test]
    fn without_a_commit_nothing_changes() -> std::result::Result<(), Box<dyn std::error::Error>> {
        let dir = tempfile::tempdir()?;
        let path = dir.path().join("a");
        fs::write(&path, "old")?;
        FileWriter::create(&path, Replace::Atomic)?.write_all(b"new")?;
        assert_eq!(fs::read(&path)?, b"old");
        FileWriter::create(dir.path().join("b"), Replace::CreateNew)?.write_all(b"new")?;
        assert_eq!(fs::read_dir(dir.path())?.count(), 1);
        Ok(())
    }

    #[test]
    fn a_file_is_replaced_with_its_permissions_and_links() -> std::result::Result<(), Box<dyn std::error::Error>> {
        let dir = tempfile::tempdir()?;
        let path = dir.path().join("a");
        write(&path, Replace::Atomic, b"first")?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            fs::set_permissions(&path, fs::Permissions::from_mode(0o640))?;
            let link = dir.path().join("link");
            std::os::unix::fs::symlink("a", &link)?;
            write(&link, Replace::Atomic, b"second")?;
            assert!(fs::symlink_metadata(&link)?.is_symlink());
            assert_eq!(fs::metadata(&path)?.permissions().mode() & 0o777, 0o640);
        }
        #[cfg(not(unix))]
        write(&path, Replace::Atomic, b"second")?;
        assert_eq!(fs::read(&path)?, b"second");
        assert!(write(&path, Replace::CreateNew, b"third").is_err());
        assert_eq!(fs::read(&path)?, b"second");
        let large = vec![7; 2 * SHARE];
        for bytes in [&large[..], &large[1..], b"small"] {
            write(&path, Replace::Atomic, bytes)?;
            assert!(fs::read(&path)? == bytes);
        }
        Ok(())
    }

    #[test]
    fn room_that_was_not_needed_is_given_back() -> std::result::Result<(), Box<dyn std::error::Error>> {
        let dir = tempfile::tempdir()?;
        let path = dir.path().join("a");
        let mut writer = FileWriter::create(&path, Replace::Atomic)?;
        writer.reserve(1 << 20)?;
        writer.write_all(b"abc")?;
        writer.commit()?;
        assert_eq!(fs::read(&path)?, b"abc");
        Ok(())
    }

    /// More threads than can write at once, so that some take another way where there is one.
    #[test]
    fn threads_write_at_once() -> std::result::Result<(), Box<dyn std::error::Error>> {
        let dir = tempfile::tempdir()?;
        let path = dir.path().join("a");
        let bytes: Vec<u8> = (0..8 * SHARE + 5).map(|index| (index / 7 % 253) as u8).collect();
        let mut writer = FileWriter::create(&path, Replace::Atomic)?;
        writer.reserve(bytes.len() as u64)?;
        std::thread::scope(|scope| {
            let threads = bytes.chunks(300_000).enumerate().map(|(index, piece)| {
                let writer = &writer;
                scope.spawn(move || writer.write_all_at(piece, index as u64 * 300_000))
            });
            let threads: Vec<_> = threads.collect();
            threads.into_iter().try_for_each(|thread| thread.join().unwrap())
        })?;
        writer.advance(bytes.len() as u64);
        writer.commit()?;
        assert!(fs::read(&path)? == bytes);
        Ok(())
    }

    #[test]
    fn shares_end_where_pages_do_and_numbers_too() {
        assert_eq!(first_share(LARGE - 1, 5), LARGE - 1);
        assert_eq!(first_share(LARGE, 0), SHARE);
        assert_eq!(first_share(LARGE, 3 * SHARE as u64 + 16), SHARE - 16);
        assert_eq!(first_share(LARGE, SHARE as u64 - 1), 0);
        assert_eq!(first_share(LARGE, 1) % 16, 0);
    }

    #[test]
    fn large_files_come_back_in_order() -> std::result::Result<(), Box<dyn std::error::Error>> {
        let dir = tempfile::tempdir()?;
        let path = dir.path().join("a");
        let bytes: Vec<u8> = (0..5 * SHARE + 17).map(|index| (index % 251) as u8).collect();
        write(&path, Replace::Atomic, &bytes)?;
        assert_eq!(fs::read(&path)?, bytes);
        let mut reader = FileReader::open(&path)?;
        let mut start = [0; 3];
        reader.read_exact(&mut start)?;
        let mut rest = vec![0; bytes.len() - 3];
        reader.read_exact(&mut rest)?;
        assert_eq!((&start[..], &rest[..]), bytes.split_at(3));
        assert_eq!(reader.read(&mut start)?, 0);
        Ok(())
    }
}
