//! How members are written.

use crate::npy::WriteOptions;

/// How the bytes of a member are kept.
///
/// # Examples
///
/// ```
/// use std::io::Cursor;
/// use ndarray_io::{Compression, MemberOptions, NpzWriter};
///
/// let mut npz = NpzWriter::new(Cursor::new(Vec::new()));
/// let fast = MemberOptions::new().compression(Compression::Deflate(1));
/// npz.add_array_with("x", &ndarray::Array1::<f64>::zeros(1000), &fast)?;
/// assert!(npz.finish()?.into_inner().len() < 1000);
/// # Ok::<(), ndarray_io::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Compression {
    /// As they are: fastest, and [`NpzMmap`](crate::NpzMmap) can view them in place.
    #[default]
    Stored,
    /// Deflate at a level of zlib's from 0 (none) to 9 (smallest); NumPy's `savez_compressed` has 6.
    Deflate(u32),
}

/// How one member of an archive is written.
///
/// # Examples
///
/// ```
/// use ndarray_io::{Compression, MemberOptions};
///
/// assert_eq!(MemberOptions::default(), MemberOptions::new().compression(Compression::Stored));
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MemberOptions {
    pub(super) compression: Compression,
    pub(super) array: WriteOptions,
}

impl MemberOptions {
    /// The defaults: stored, and the array's own dtype and order.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::{Compression, MemberOptions, WriteOptions};
    ///
    /// let defaults = MemberOptions::new().compression(Compression::Stored).array(WriteOptions::new());
    /// assert_eq!(MemberOptions::new(), defaults);
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// How the member's bytes are kept; [`Compression::Stored`] unless set.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::io::Cursor;
    /// use ndarray_io::{Compression, MemberOptions, NpzReader, NpzWriter};
    ///
    /// let mut npz = NpzWriter::new(Cursor::new(Vec::new()));
    /// let smallest = MemberOptions::new().compression(Compression::Deflate(9));
    /// npz.add_array_with("x", &ndarray::array![1.0, 2.0], &smallest)?;
    /// assert_eq!(NpzReader::new(npz.finish()?)?.info("x")?.compression, "deflate");
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    #[must_use]
    pub fn compression(mut self, compression: Compression) -> Self {
        self.compression = compression;
        self
    }

    /// How the array is written: its dtype, order and format version.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::io::Cursor;
    /// use ndarray_io::{MemberOptions, NpzReader, NpzWriter, WriteOptions};
    ///
    /// let mut npz = NpzWriter::new(Cursor::new(Vec::new()));
    /// let big_endian = MemberOptions::new().array(WriteOptions::new().dtype(">f8".parse()?));
    /// npz.add_array_with("x", &ndarray::array![1.0, 2.0], &big_endian)?;
    /// assert_eq!(NpzReader::new(npz.finish()?)?.header("x")?.dtype, ">f8".parse()?);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    #[must_use]
    pub fn array(mut self, options: WriteOptions) -> Self {
        self.array = options;
        self
    }
}
