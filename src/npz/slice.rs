//! Slices of members.

use std::io::{Read, Seek};
use std::sync::Arc;

use ndarray::{Array, Dimension, SliceInfoElem};
use serde::de::DeserializeOwned;

use super::read::{NpzReader, locate};
use super::zip::STORED;
use crate::error::Result;
use crate::npy::{NpyReader, SliceTo, read_slice};
use crate::storage::file::FileReader;

impl<R: Read + Seek> NpzReader<R> {
    /// Reads a slice of an array; see [`NpyReader::read_slice`](crate::NpyReader::read_slice).
    ///
    /// Of a stored member of an opened file only the bytes that it needs are read, and the CRC, which would need all
    /// of them, is not checked. A compressed one is decompressed from its start to its end, but only the slice is kept in memory.
    ///
    /// # Errors
    ///
    /// As [`by_name`](NpzReader::by_name) and [`NpyReader::read_slice`](crate::NpyReader::read_slice).
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
        let index = self.find(name)?;
        let stored = self.directory.entry(index)?.method == STORED;
        match self.file.clone().filter(|_| stored) {
            Some(file) => self
                .read_stored_slice(&file, name, index, info.as_ref())
                .map_err(|error| locate(error, self.path(), self.directory.entries.get(index))),
            None => self.with_member(index, |member, options| {
                NpyReader::with_options(member, options)?.slice_in_order(info.as_ref())
            }),
        }
    }

    fn read_stored_slice<A: DeserializeOwned, D: Dimension>(
        &mut self,
        file: &Arc<FileReader>,
        name: &str,
        index: usize,
        info: &[SliceInfoElem],
    ) -> Result<Array<A, D>> {
        let header = self.header(name)?;
        let entry = self.directory.entry(index)?;
        let mut local = vec![0; self.directory.header_len(entry)];
        file.read_exact_at(&mut local, entry.offset)?;
        let start = self.directory.data_start(entry, &local)?;
        let data = start.saturating_add(header.data_offset().unwrap_or(0));
        let place = data..start.saturating_add(entry.packed);
        read_slice(&**file, place, &header, info, &self.options)?.read()
    }
}
