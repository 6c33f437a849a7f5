//! `.npy` to arrays.

use std::io::Read;
use std::path::Path;

use ndarray::{ArrayBase, DataOwned, Dimension};
use serde::de::DeserializeOwned;

use super::ReadOptions;
use super::dynamic::DynArray;
use super::reader::NpyReader;
#[cfg(doc)]
use crate::error::ErrorKind;
use crate::error::{Context, Result};
use crate::storage::file::FileReader;

/// Reads arrays of the `.npy` format.
///
/// It is there for every owned `ndarray` array whose elements serde can deserialize, and for [`DynArray`].
///
/// # Examples
///
/// ```
/// use ndarray::{Array1, ArrayD, array};
/// use ndarray_io::{ReadNpyExt, WriteNpyExt};
///
/// let mut file = Vec::new();
/// array![1.0, 2.0].write_npy(&mut file)?;
/// assert_eq!(Array1::<f64>::read_npy(&file[..])?, array![1.0, 2.0]);
/// assert_eq!(ArrayD::<f64>::read_npy(&file[..])?.ndim(), 1);
/// # Ok::<(), ndarray_io::Error>(())
/// ```
pub trait ReadNpyExt: Sized {
    /// Reads one array with the default [`ReadOptions`]; the reader stops right after its last byte.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotNumpy`], [`ErrorKind::Version`], [`ErrorKind::Header`] or [`ErrorKind::Truncated`] if the bytes
    /// are no whole `.npy` file; [`ErrorKind::Dtype`] or [`ErrorKind::Shape`] if it holds another array than was asked
    /// for; [`ErrorKind::Io`] if the reader fails.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray::{Array1, array};
    /// use ndarray_io::{ReadNpyExt, WriteNpyExt};
    ///
    /// let mut stream = Vec::new();
    /// array![1_u8, 2].write_npy(&mut stream)?;
    /// array![0.5_f32].write_npy(&mut stream)?;
    ///
    /// let mut reader = &stream[..];
    /// assert_eq!(Array1::<u8>::read_npy(&mut reader)?, array![1, 2]);
    /// assert_eq!(Array1::<f32>::read_npy(&mut reader)?, array![0.5]);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    fn read_npy<R: Read>(reader: R) -> Result<Self> {
        Self::read_npy_with(reader, &ReadOptions::default())
    }

    /// Reads one array with these options.
    ///
    /// # Errors
    ///
    /// As [`read_npy`](ReadNpyExt::read_npy); [`ErrorKind::Limit`] if it is larger than the options allow.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray::{Array1, array};
    /// use ndarray_io::{Casting, ReadNpyExt, ReadOptions, WriteNpyExt};
    ///
    /// let mut file = Vec::new();
    /// array![1_i32, 2].write_npy(&mut file)?;
    /// let options = ReadOptions::new().casting(Casting::Safe);
    /// assert_eq!(Array1::<f64>::read_npy_with(&file[..], &options)?, array![1.0, 2.0]);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    fn read_npy_with<R: Read>(reader: R, options: &ReadOptions) -> Result<Self>;
}

impl<A, S, D> ReadNpyExt for ArrayBase<S, D>
where
    A: DeserializeOwned,
    S: DataOwned<Elem = A>,
    D: Dimension,
{
    fn read_npy_with<R: Read>(reader: R, options: &ReadOptions) -> Result<Self> {
        NpyReader::with_options(reader, options)?.read_owned()
    }
}

impl ReadNpyExt for DynArray {
    fn read_npy_with<R: Read>(reader: R, options: &ReadOptions) -> Result<Self> {
        NpyReader::with_options(reader, options)?.read_dyn()
    }
}

/// Reads the `.npy` file at `path`.
///
/// To allow casts or to set limits, use [`ReadOptions::read_npy`].
///
/// # Errors
///
/// As [`ReadNpyExt::read_npy`]; the error names the path.
///
/// # Examples
///
/// ```
/// # let dir = tempfile::tempdir().unwrap();
/// # let path = dir.path().join("a.npy");
/// # ndarray_io::write_npy(&path, &ndarray::array![[1.0, 2.0]])?;
/// use ndarray::Array2;
///
/// let a: Array2<f64> = ndarray_io::read_npy(&path)?;
/// assert_eq!(a.shape(), [1, 2]);
/// # Ok::<(), ndarray_io::Error>(())
/// ```
pub fn read_npy<P: AsRef<Path>, T: ReadNpyExt>(path: P) -> Result<T> {
    read_npy_with(path.as_ref(), &ReadOptions::default())
}

impl ReadOptions {
    /// Reads the `.npy` file at `path`, as [`read_npy`](crate::read_npy) does.
    ///
    /// # Errors
    ///
    /// As [`read_npy`](crate::read_npy).
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let path = dir.path().join("a.npy");
    /// # ndarray_io::write_npy(&path, &ndarray::array![1_i32, 2])?;
    /// use ndarray::{Array1, array};
    /// use ndarray_io::{Casting, ReadOptions};
    ///
    /// let a: Array1<f64> = ReadOptions::new().casting(Casting::Safe).read_npy(&path)?;
    /// assert_eq!(a, array![1.0, 2.0]);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn read_npy<P: AsRef<Path>, T: ReadNpyExt>(&self, path: P) -> Result<T> {
        read_npy_with(path.as_ref(), self)
    }
}

fn read_npy_with<T: ReadNpyExt>(path: &Path, options: &ReadOptions) -> Result<T> {
    let reader = FileReader::open(path)?;
    let options = ReadOptions {
        available: reader.remaining(),
        ..options.clone()
    };
    T::read_npy_with(reader, &options).in_path(path)
}
