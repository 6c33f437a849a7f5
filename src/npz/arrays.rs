//! All arrays of an archive.

use std::ops::Index;

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
pub struct NpzArrays(pub(super) Vec<(String, DynArray)>);

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
        self.0.len()
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
        self.0.is_empty()
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
        self.0.iter().map(|(name, _)| name.as_str())
    }

    /// The array of that name; of equal names the last, as in NumPy.
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
    /// assert!(arrays.get("y").is_none());
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn get(&self, name: &str) -> Option<&DynArray> {
        self.iter()
            .rev()
            .find(|(other, _)| *other == name)
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
        self.0.iter().map(|(name, array)| (name.as_str(), array))
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
        self.0.into_iter()
    }
}
