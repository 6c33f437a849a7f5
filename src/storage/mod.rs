//! Bytes at rest and in memory: files that are replaced whole, large buffers, work on all cores.

pub(crate) mod file;
pub(crate) mod lock;
#[cfg(feature = "xz")]
pub(crate) mod lzma;
pub(crate) mod memory;
pub(crate) mod parallel;
mod target;
#[cfg(all(feature = "mmap", target_os = "linux"))]
mod window;
