//! The header of a .npy file, in the format's three versions.

mod parse;
mod read;
mod write;

pub(crate) use read::read_full;

use ndarray::Order;

use crate::dtype::{Dtype, PyTuple};
use crate::error::{Error, ErrorKind, Result};

pub(crate) const MAGIC: &[u8; 6] = b"\x93NUMPY";

/// A version of the .npy format.
///
/// # Examples
///
/// ```
/// use ndarray_io::{Header, Version, WriteNpyExt, WriteOptions};
///
/// let mut file = Vec::new();
/// ndarray::array![1.0].write_npy_with(&mut file, &WriteOptions::new().version(Version::V3_0))?;
/// assert_eq!(Header::read(&mut &file[..])?.version(), Some(Version::V3_0));
/// # Ok::<(), ndarray_io::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Version {
    /// 1.0: headers up to 65535 bytes, in Latin-1. What NumPy writes when it can.
    V1_0,
    /// 2.0: headers up to 4 GiB, in Latin-1.
    V2_0,
    /// 3.0: headers up to 4 GiB, in UTF-8.
    V3_0,
}

impl Version {
    fn major(self) -> u8 {
        match self {
            Version::V1_0 => 1,
            Version::V2_0 => 2,
            Version::V3_0 => 3,
        }
    }

    /// The bytes before the text: magic, version, length.
    fn prefix_len(self) -> usize {
        match self {
            Version::V1_0 => 10,
            Version::V2_0 | Version::V3_0 => 12,
        }
    }
}

/// What a .npy file says of its array before the data: dtype, order, shape.
///
/// # Examples
///
/// ```
/// use ndarray::Order;
/// use ndarray_io::Header;
///
/// let header = Header::new("<f8".parse()?, Order::RowMajor, vec![2, 3]);
/// let mut file = Vec::new();
/// header.write(&mut file)?;
/// assert_eq!(&file[10..70], b"{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), } ");
/// assert_eq!(file.len(), 128);
/// assert_eq!(Header::read(&mut &file[..])?, header);
/// # Ok::<(), ndarray_io::Error>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Header {
    /// What one element is.
    pub dtype: Dtype,
    /// Which axis is contiguous in the file.
    pub order: Order,
    /// The length of each axis.
    pub shape: Vec<usize>,
    version: Option<Version>,
    pub(in crate::npy) data_offset: Option<u64>,
}

impl PartialEq for Header {
    /// Whether they describe the same array; where they were read from does not count.
    fn eq(&self, other: &Self) -> bool {
        (&self.dtype, self.order, &self.shape) == (&other.dtype, other.order, &other.shape)
    }
}

impl Eq for Header {}

impl Header {
    /// The header of an array in that order.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray::Order;
    /// use ndarray_io::Header;
    ///
    /// let header = Header::new("<f4".parse()?, Order::RowMajor, [2, 3]);
    /// assert_eq!(header.nbytes()?, 24);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn new(dtype: Dtype, order: Order, shape: impl Into<Vec<usize>>) -> Header {
        Header {
            dtype,
            order,
            shape: shape.into(),
            version: None,
            data_offset: None,
        }
    }

    /// The version of the file it was read from; `None` for a new one.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::{Header, Version, WriteNpyExt};
    ///
    /// let mut file = Vec::new();
    /// ndarray::array![1.0].write_npy(&mut file)?;
    /// assert_eq!(Header::read(&mut &file[..])?.version(), Some(Version::V1_0));
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn version(&self) -> Option<Version> {
        self.version
    }

    /// Where the data starts, in bytes from the magic of the file it was read from; `None` for a new one.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::{Header, WriteNpyExt};
    ///
    /// let mut file = Vec::new();
    /// ndarray::array![7_u8].write_npy(&mut file)?;
    /// assert_eq!(Header::read(&mut &file[..])?.data_offset(), Some(128));
    /// assert_eq!(file[128..], [7]);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn data_offset(&self) -> Option<u64> {
        self.data_offset
    }

    /// How many elements the array has.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Shape`] if there are more than memory could hold.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray::Order;
    /// use ndarray_io::Header;
    ///
    /// assert_eq!(Header::new("<f8".parse()?, Order::RowMajor, [2, 3]).count()?, 6);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn count(&self) -> Result<usize> {
        self.size(1)
    }

    /// How many bytes the array's data takes.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Shape`] if there are more than memory could hold.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray::Order;
    /// use ndarray_io::Header;
    ///
    /// assert_eq!(Header::new("<f8".parse()?, Order::RowMajor, [2, 3]).nbytes()?, 48);
    /// let absurd = Header::new("<f8".parse()?, Order::RowMajor, [usize::MAX, 3]);
    /// assert!(absurd.nbytes().is_err());
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn nbytes(&self) -> Result<usize> {
        self.size(self.dtype.itemsize())
    }

    /// The product of the shape and `itemsize`. As in NumPy and ndarray, an axis of length 0 does not excuse
    /// the others: they must be in range without it.
    fn size(&self, itemsize: usize) -> Result<usize> {
        let mut nonzero = self.shape.iter().filter(|&&dim| dim > 0);
        nonzero
            .try_fold(itemsize.max(1), |size, &dim| size.checked_mul(dim))
            .filter(|&size| isize::try_from(size).is_ok())
            .map(|size| {
                if itemsize == 0 || self.shape.contains(&0) {
                    0
                } else {
                    size
                }
            })
            .ok_or_else(|| {
                let shape = PyTuple(&self.shape);
                Error::new(
                    ErrorKind::Shape,
                    format!(
                        "an array of shape {shape} and dtype {} is too large for memory",
                        self.dtype
                    ),
                )
            })
    }
}
