//! All arrays of an archive.

use std::ops::Index;

use super::read::key;
use crate::npy::DynArray;

/// The arrays of an archive by name, in the archive's order.
///
/// # Examples
///
/// ```
/// use std::io::Cursor;
/// use ndarray_io::{NpzArrays, NpzReader, NpzWriter};
///
/// let mut npz = NpzWriter::new(Cursor::new(Vec::new()));
/// npz.add_array("x", &ndarray::array![1.0, 2.0])?;
/// npz.add_array("y", &ndarray::array![3_u8])?;
/// let arrays: NpzArrays = NpzReader::new(npz.finish()?)?.read_all()?;
/// assert_eq!(arrays["y"].shape(), [1]);
/// # Ok::<(), ndarray_io::Error>(())
/// ```
#[derive(Debug)]
pub struct NpzArrays {
    /// By the members' full names: two can be alike without `.npy`.
    pub(super) members: Vec<(String, DynArray)>,
}

impl NpzArrays {
    /// How many arrays there are.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::io::Cursor;
    /// use ndarray_io::{NpzReader, NpzWriter};
    ///
    /// let mut npz = NpzWriter::new(Cursor::new(Vec::new()));
    /// npz.add_array("x", &ndarray::array![1.0, 2.0])?;
    /// npz.add_bytes("LICENSE", b"CC0")?; // no array
    /// assert_eq!(NpzReader::new(npz.finish()?)?.read_all()?.len(), 1);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// Whether there is none.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::io::Cursor;
    /// use ndarray_io::{NpzReader, NpzWriter};
    ///
    /// let npz = NpzWriter::new(Cursor::new(Vec::new()));
    /// assert!(NpzReader::new(npz.finish()?)?.read_all()?.is_empty());
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// The names, in order.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::io::Cursor;
    /// use ndarray_io::{NpzReader, NpzWriter};
    ///
    /// let mut npz = NpzWriter::new(Cursor::new(Vec::new()));
    /// npz.add_array("x", &ndarray::array![1.0, 2.0])?;
    /// let arrays = NpzReader::new(npz.finish()?)?.read_all()?;
    /// assert_eq!(arrays.names().collect::<Vec<_>>(), ["x"]);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.members.iter().map(|(name, _)| key(name))
    }

    /// The array of that name, in either form and a full name first, as [`NpzReader`](crate::NpzReader) looks it up; of
    /// equal names the last, as in NumPy.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::io::Cursor;
    /// use ndarray_io::{NpzReader, NpzWriter};
    ///
    /// let mut npz = NpzWriter::new(Cursor::new(Vec::new()));
    /// npz.add_array("x", &ndarray::array![1.0, 2.0])?;
    /// let arrays = NpzReader::new(npz.finish()?)?.read_all()?;
    /// assert_eq!(arrays.get("x").map(|x| x.len()), Some(2));
    /// assert!(arrays.get("x.npy").is_some() && arrays.get("y").is_none());
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn get(&self, name: &str) -> Option<&DynArray> {
        let find = |name: &str| self.members.iter().rev().find(|(other, _)| other == name);
        find(name)
            .or_else(|| find(&format!("{name}.npy")))
            .map(|(_, array)| array)
    }

    /// Names and arrays, in order.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::io::Cursor;
    /// use ndarray_io::{NpzReader, NpzWriter};
    ///
    /// let mut npz = NpzWriter::new(Cursor::new(Vec::new()));
    /// npz.add_array("x", &ndarray::array![1.0, 2.0])?;
    /// for (name, array) in NpzReader::new(npz.finish()?)?.read_all()?.iter() {
    ///     println!("{name}: {} of shape {:?}", array.dtype(), array.shape());
    /// }
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&str, &DynArray)> {
        self.members.iter().map(|(name, array)| (key(name), array))
    }
}

impl Index<&str> for NpzArrays {
    type Output = DynArray;

    /// # Panics
    ///
    /// If there is no array of that name; [`get`](NpzArrays::get) tells.
    fn index(&self, name: &str) -> &DynArray {
        match self.get(name) {
            Some(array) => array,
            None => panic!("there is no array {name:?}"),
        }
    }
}

impl IntoIterator for NpzArrays {
    type Item = (String, DynArray);
    type IntoIter = std::vec::IntoIter<(String, DynArray)>;

    fn into_iter(self) -> Self::IntoIter {
        let mut members = self.members;
        for (name, _) in &mut members {
            name.truncate(key(name).len());
        }
        members.into_iter()
    }
}
