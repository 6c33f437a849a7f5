//! Slices of stored members.

use ndarray::{Array, Dimension};
use serde::de::DeserializeOwned;

use super::read::{NpzReader, locate};
use super::zip::STORED;
use crate::error::{Error, ErrorKind, Result};
use crate::npy::{SliceTo, read_slice};
use crate::storage::file::FileReader;

impl NpzReader<FileReader> {
    /// Reads a slice of a stored array: only the bytes that it needs; see
    /// [`NpyReader::read_slice`](crate::NpyReader::read_slice).
    ///
    /// Its CRC is not checked, which would need the whole of it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Layout`] if the member is compressed: that can be read whole only; [`ErrorKind::Missing`] if there is
    /// none; else as [`NpyReader::read_slice`](crate::NpyReader::read_slice).
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let path = dir.path().join("a.npz");
    /// # let mut npz = ndarray_io::NpzWriter::create(&path)?;
    /// # npz.add_array("x", &ndarray::array![[1.0, 2.0], [3.0, 4.0]])?;
    /// # npz.finish()?;
    /// use ndarray::{array, s};
    /// use ndarray_io::NpzReader;
    ///
    /// let mut npz = NpzReader::open(&path)?;
    /// assert_eq!(npz.read_slice::<f64, _>("x", s![.., 1])?, array![2.0, 4.0]);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn read_slice<A: DeserializeOwned, D: Dimension>(
        &mut self,
        name: &str,
        info: impl SliceTo<D>,
    ) -> Result<Array<A, D>> {
        let header = self.header(name)?;
        let index = self.find(name)?;
        let read = || {
            let entry = self.directory.entry(index)?;
            let file = match &self.file {
                Some(file) if entry.method == STORED => file,
                _ => {
                    let message = "the member is compressed: slices are read of stored ones; read it whole";
                    return Err(Error::new(ErrorKind::Layout, message));
                }
            };
            let mut local = vec![0; self.directory.header_len(entry)];
            file.read_exact_at(&mut local, entry.offset)?;
            let start = self.directory.data_start(entry, &local)?;
            let data = start.saturating_add(header.data_offset().unwrap_or(0));
            let place = data..start.saturating_add(entry.packed);
            read_slice(&**file, place, &header, info.as_ref(), &self.options)?.read()
        };
        read().map_err(|error| locate(error, self.path(), self.directory.entries.get(index)))
    }
}
