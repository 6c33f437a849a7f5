//! Files that one writer at a time may have open.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::Path;

/// The regular file at `path`, to read and write, locked; `None` if somebody else has locked it.
///
/// The lock lasts until the file and its clones are closed, also by the process' death. It keeps out those that ask
/// for it too, not readers or other writers.
pub(crate) fn open_locked(path: &Path) -> io::Result<Option<File>> {
    if fs::metadata(path).is_ok_and(|metadata| !metadata.is_file()) {
        let message = "is no regular file: nothing can be appended to it";
        return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
    }
    loop {
        let file = match options().open(path) {
            Ok(file) => file,
            Err(error) if is_sharing_violation(&error) => return Ok(None),
            Err(error) => return Err(error),
        };
        if !try_lock(&file)? {
            return Ok(None);
        }
        // Else another file took its name before it was locked: try that one.
        if is_at(&file, path)? {
            return Ok(Some(file));
        }
    }
}

fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    #[cfg(windows)]
    {
        use std::os::windows::fs::OpenOptionsExt;
        const FILE_SHARE_READ: u32 = 1;
        const FILE_SHARE_DELETE: u32 = 4;
        options.share_mode(FILE_SHARE_READ | FILE_SHARE_DELETE);
    }
    options
}

/// On Windows, opening the file is what locks it.
fn is_sharing_violation(error: &io::Error) -> bool {
    cfg!(windows) && error.raw_os_error() == Some(32)
}

/// Locks the file, unless somebody else has locked it. A file system without locks lets everybody in.
pub(crate) fn try_lock(file: &File) -> io::Result<bool> {
    #[cfg(unix)]
    {
        use rustix::fs::{FlockOperation, flock};
        use rustix::io::Errno;
        // The standard library's `File::try_lock` does the same, from Rust 1.89 on.
        match flock(file, FlockOperation::NonBlockingLockExclusive) {
            Err(Errno::WOULDBLOCK) => Ok(false),
            Ok(()) | Err(Errno::NOTSUP | Errno::NOSYS | Errno::NOLCK | Errno::INVAL) => Ok(true),
            Err(error) => Err(error.into()),
        }
    }
    #[cfg(not(unix))]
    {
        let _ = file;
        Ok(true)
    }
}

/// Gives the lock back. Else it lasts until no process has the open file, and one that another thread has just forked
/// has it until its own program starts.
pub(crate) fn unlock(file: &File) {
    #[cfg(unix)]
    let _ = rustix::fs::flock(file, rustix::fs::FlockOperation::Unlock); // closing it does the same a little later
    #[cfg(not(unix))]
    let _ = file;
}

/// Whether `path` is the name of this file.
fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let file = file.metadata()?;
        Ok(fs::metadata(path).is_ok_and(|named| (named.dev(), named.ino()) == (file.dev(), file.ino())))
    }
    #[cfg(not(unix))]
    {
        let _ = (file, path);
        Ok(true)
    }
}
