//! Where a file is written: beside the one that it is to replace, or in its place.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::parallel;
use crate::error::{Context, Result};

/// A file that takes the system so long to forget that another thread has it forgotten.
const LARGE: u64 = 4 << 20;

/// How the file at a path comes to hold what is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Replace {
    /// A temporary file beside it takes the path's name on commit; a reader sees the old file or the new one.
    Atomic,
    /// The file is truncated and written in place.
    InPlace,
    /// There must be none yet; it is removed again unless committed.
    CreateNew,
}

/// The file that is written.
#[derive(Debug)]
pub(super) enum Target {
    Temporary { file: NamedTempFile, path: PathBuf },
    Created { file: File, uncommitted: Uncommitted },
    Direct(File),
}

/// A new file's path, removed when dropped.
#[derive(Debug)]
pub(super) struct Uncommitted(Option<PathBuf>);

impl Drop for Uncommitted {
    fn drop(&mut self) {
        if let Some(path) = &self.0 {
            let _ = fs::remove_file(path); // an error has no one left to tell
        }
    }
}

/// The file at `path`, if it is a large one, kept open while another takes its name.
///
/// The last one to let go of a file waits until the system has freed its cached pages: a quarter of what it takes to
/// write as many. Whoever holds it can do that on another thread.
fn hold(path: &Path) -> Option<File> {
    #[cfg(unix)]
    {
        // Asked first, as to open a FIFO is to wait for a writer.
        let large = |old: &fs::Metadata| old.is_file() && old.len() >= LARGE;
        fs::metadata(path).ok().filter(large)?;
        File::open(path).ok()
    }
    #[cfg(not(unix))]
    {
        let _ = path; // an open file keeps its name
        None
    }
}

/// The error with what would work.
fn hinted(error: &io::Error, hint: &str) -> io::Error {
    io::Error::new(error.kind(), format!("{error}: {hint}"))
}

impl Target {
    pub(super) fn open(path: &Path, replace: Replace) -> io::Result<Target> {
        let mut options = OpenOptions::new();
        options.read(true).write(true);
        if replace == Replace::CreateNew {
            let file = options
                .create_new(true)
                .open(path)
                .map_err(|error| match error.kind() {
                    io::ErrorKind::AlreadyExists => hinted(&error, "`write_npy` replaces a file that is there"),
                    _ => error,
                })?;
            let uncommitted = Uncommitted(Some(path.to_owned()));
            return Ok(Target::Created { file, uncommitted });
        }
        let old = match fs::metadata(path) {
            Ok(metadata) => Some(metadata),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        if is_device(path) || old.as_ref().is_some_and(|old| !old.is_file()) {
            return Ok(Target::Direct(OpenOptions::new().write(true).open(path)?));
        }
        if replace == Replace::InPlace {
            return Ok(Target::Direct(options.create(true).truncate(true).open(path)?));
        }
        Target::beside(follow_links(path)?, old)
    }

    /// A temporary file in the directory of `path`, with the permissions of the file that it will replace.
    fn beside(path: PathBuf, old: Option<fs::Metadata>) -> io::Result<Target> {
        if old.as_ref().is_some_and(|old| old.permissions().readonly()) {
            // Renaming would replace it all the same: only the directory's permissions count there.
            OpenOptions::new().write(true).open(&path)?;
        }
        let directory = match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        let mut builder = tempfile::Builder::new();
        builder.prefix(".ndarray-io-").suffix(".tmp");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            // Less the umask, as for any new file; tempfile's own default is for secrets.
            builder.permissions(fs::Permissions::from_mode(0o666));
        }
        if old.is_none() && !directory.exists() {
            let error = io::Error::from(io::ErrorKind::NotFound);
            return Err(hinted(
                &error,
                "its folder is not there; `std::fs::create_dir_all` makes one",
            ));
        }
        let file = builder.tempfile_in(directory).map_err(|error| {
            let hint = "cannot make a temporary file beside it to replace it with; \
                        `WriteOptions::atomic(false)` writes in place";
            hinted(&error, hint)
        })?;
        if let Some(old) = old {
            file.as_file().set_permissions(old.permissions())?;
            #[cfg(unix)]
            {
                use std::os::unix::fs::{MetadataExt, fchown};
                // Only root can give a file away; for anybody else the new file is theirs, as NumPy's is.
                let _ = fchown(file.as_file(), Some(old.uid()), Some(old.gid()));
            }
        }
        Ok(Target::Temporary { file, path })
    }

    /// Gives the file its name, a temporary one by `persist`.
    pub(super) fn commit(self, persist: impl FnOnce(NamedTempFile, &Path) -> io::Result<File>) -> Result<()> {
        match self {
            Target::Temporary { file, path } => {
                let old = hold(&path);
                persist(file, &path).in_path(&path)?;
                if let Some(old) = old {
                    parallel::later(move || drop(old));
                }
            }
            Target::Created { mut uncommitted, .. } => uncommitted.0 = None,
            Target::Direct(_) => {}
        }
        Ok(())
    }

    /// The file, if it is one that nobody else knows: one under the name that was asked for may be shortened by others.
    #[cfg(all(feature = "mmap", target_os = "linux"))]
    pub(super) fn temporary(&self) -> Option<&NamedTempFile> {
        match self {
            Target::Temporary { file, .. } => Some(file),
            Target::Created { .. } | Target::Direct(_) => None,
        }
    }

    pub(super) fn file(&self) -> &File {
        match self {
            Target::Temporary { file, .. } => file.as_file(),
            Target::Created { file, .. } | Target::Direct(file) => file,
        }
    }
}

/// `/dev/stdout` leads to whatever the shell opened, a regular file too: that one must be written, not replaced.
pub(super) fn is_device(path: &Path) -> bool {
    cfg!(unix) && (path.starts_with("/dev") || path.starts_with("/proc")) && !path.starts_with("/dev/shm")
}

/// The path that a chain of symbolic links leads to, whether or not it exists; it is what is replaced, not the link.
fn follow_links(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_owned();
    for _ in 0..40 {
        match fs::read_link(&path) {
            Ok(link) => path = path.parent().unwrap_or(Path::new("")).join(link),
            Err(_) => return Ok(path), // no link, or none that can be read: opening it will tell
        }
    }
    Err(io::Error::other("too many levels of symbolic links"))
}
