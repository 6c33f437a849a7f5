//! What an archive's directory says of its members.

use std::io::{Read, Seek};

use super::read::NpzReader;
use super::zip::method_name;
use crate::error::Result;

/// What the directory of an archive says of a member, without reading it: Python's `zipfile.ZipInfo`.
///
/// # Examples
///
/// ```
/// use std::io::Cursor;
/// use ndarray_io::{MemberInfo, NpzReader, NpzWriter};
///
/// let mut npz = NpzWriter::new(Cursor::new(Vec::new()));
/// npz.add_bytes("LICENSE", b"CC0")?;
/// let info: MemberInfo = NpzReader::new(npz.finish()?)?.info("LICENSE")?;
/// assert_eq!((info.size, info.compressed_size, info.compression), (3, 3, "stored"));
/// # Ok::<(), ndarray_io::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MemberInfo {
    /// The bytes of its content, for an array those of its `.npy` file; as the archive claims.
    pub size: u64,
    /// The bytes that they take in the archive.
    pub compressed_size: u64,
    /// How they are compressed: `stored`, `deflate`, `bzip2`, `lzma`, `zstd`, another name of a method that is not read
    /// here, or `unknown`.
    pub compression: &'static str,
}

impl<R: Read + Seek> NpzReader<R> {
    /// What the directory says of the member of that name; nothing of the member itself is read.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Missing`](crate::ErrorKind::Missing) if there is none.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::io::Cursor;
    /// use ndarray::Array1;
    /// use ndarray_io::{NpzReader, NpzWriter};
    ///
    /// let mut npz = NpzWriter::new_compressed(Cursor::new(Vec::new()));
    /// npz.add_array("x", &Array1::<f64>::zeros(1000))?;
    /// let info = NpzReader::new(npz.finish()?)?.info("x")?;
    /// assert_eq!((info.size, info.compression), (8128, "deflate"));
    /// assert!(info.compressed_size < 300);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn info(&self, name: &str) -> Result<MemberInfo> {
        let entry = self.directory.entry(self.find(name)?)?;
        Ok(MemberInfo {
            size: entry.size,
            compressed_size: entry.packed,
            compression: method_name(entry.method),
        })
    }
}
