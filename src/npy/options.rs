//! How arrays are read and written.

use std::path::Path;
use std::sync::Arc;

use ndarray::Order;

use super::Version;
use crate::dtype::{Casting, Dtype};
use crate::storage::file::Replace;

/// How arrays are read: which conversions are allowed, and how much a file may ask for.
///
/// # Examples
///
/// ```
/// use ndarray::Array1;
/// use ndarray_io::{Casting, ReadNpyExt, ReadOptions, WriteNpyExt};
///
/// let mut file = Vec::new();
/// ndarray::array![1_i32, 2, 3].write_npy(&mut file)?;
/// let options = ReadOptions::new().casting(Casting::Safe);
/// let floats = Array1::<f64>::read_npy_with(&file[..], &options)?;
/// assert_eq!(floats, ndarray::array![1.0, 2.0, 3.0]);
/// # Ok::<(), ndarray_io::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct ReadOptions {
    pub(crate) casting: Casting,
    pub(crate) max_header_size: usize,
    pub(crate) max_bytes: u64,
    /// How many bytes there are, header included, where that is known: claims up to it are believed.
    pub(crate) available: Option<u64>,
    /// The file that was opened, for errors to name it.
    pub(crate) path: Option<Arc<Path>>,
}

impl Default for ReadOptions {
    fn default() -> Self {
        ReadOptions {
            casting: Casting::default(),
            max_header_size: crate::limits::HEADER_SIZE,
            max_bytes: u64::MAX,
            available: None,
            path: None,
        }
    }
}

impl ReadOptions {
    /// The defaults: [`Casting::Equiv`], headers of up to 10 000 characters, data of any size.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::{Casting, ReadOptions};
    ///
    /// let defaults = ReadOptions::new().casting(Casting::Equiv).max_header_size(10_000);
    /// assert_eq!(format!("{:?}", ReadOptions::new()), format!("{defaults:?}"));
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// Which conversions from the file's dtype are allowed, by NumPy's rules.
    ///
    /// The default, [`Casting::Equiv`], allows another byte order only.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray::{Array1, array};
    /// use ndarray_io::{Casting, ReadNpyExt, ReadOptions, WriteNpyExt};
    ///
    /// let mut file = Vec::new();
    /// array![1.5, 2.5].write_npy(&mut file)?;
    /// let options = ReadOptions::new().casting(Casting::SameKind);
    /// assert_eq!(Array1::<f32>::read_npy_with(&file[..], &options)?, array![1.5, 2.5]);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    #[must_use]
    pub fn casting(mut self, casting: Casting) -> Self {
        self.casting = casting;
        self
    }

    /// The longest header that is read, in characters; NumPy's default of 10 000 is ours.
    ///
    /// A dtype of very many fields needs more.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray::Array1;
    /// use ndarray_io::{ErrorKind, ReadNpyExt, ReadOptions, WriteNpyExt};
    ///
    /// let mut file = Vec::new();
    /// ndarray::array![1.5].write_npy(&mut file)?;
    /// let options = ReadOptions::new().max_header_size(64);
    /// let error = Array1::<f64>::read_npy_with(&file[..], &options).unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::Limit);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    #[must_use]
    pub fn max_header_size(mut self, characters: usize) -> Self {
        self.max_header_size = characters;
        self
    }

    /// The largest array that is read, in bytes of the file; no limit by default.
    ///
    /// Whatever the limit, no claim of a file is believed beyond a small multiple of the bytes that it has.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray::Array1;
    /// use ndarray_io::{ErrorKind, ReadNpyExt, ReadOptions, WriteNpyExt};
    ///
    /// let mut file = Vec::new();
    /// Array1::<f64>::zeros(100).write_npy(&mut file)?;
    /// let options = ReadOptions::new().max_bytes(500);
    /// let error = Array1::<f64>::read_npy_with(&file[..], &options).unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::Limit);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    #[must_use]
    pub fn max_bytes(mut self, bytes: u64) -> Self {
        self.max_bytes = bytes;
        self
    }
}

/// How arrays are written: dtype, order, format version, and whether a file is replaced atomically.
///
/// # Examples
///
/// ```
/// use ndarray_io::{Header, WriteNpyExt, WriteOptions};
///
/// let mut file = Vec::new();
/// let options = WriteOptions::new().dtype(">f4".parse()?);
/// ndarray::array![1.5_f32, 2.5].write_npy_with(&mut file, &options)?;
/// assert_eq!(Header::read(&mut &file[..])?.dtype.to_string(), ">f4");
/// # Ok::<(), ndarray_io::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WriteOptions {
    pub(crate) dtype: Option<Dtype>,
    pub(crate) order: Option<Order>,
    pub(crate) version: Option<Version>,
    pub(crate) in_place: bool,
}

impl WriteOptions {
    /// The defaults: the elements' own dtype, the array's own order, the lowest version, atomic.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::WriteOptions;
    ///
    /// assert_eq!(WriteOptions::new(), WriteOptions::default().atomic(true));
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// The dtype to write, instead of the elements' own: another byte order, `S` instead of `U`, a fixed width, an
    /// aligned record.
    ///
    /// A value that does not fit is an error, never a cut. `S0` and `U0` are as wide as the longest value.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::{Header, WriteNpyExt, WriteOptions};
    ///
    /// let mut file = Vec::new();
    /// ndarray::array!["one", "two"].write_npy_with(&mut file, &WriteOptions::new().dtype("<U8".parse()?))?;
    /// assert_eq!(Header::read(&mut &file[..])?.dtype.itemsize(), 32);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    #[must_use]
    pub fn dtype(mut self, dtype: Dtype) -> Self {
        self.dtype = Some(dtype);
        self
    }

    /// The order of the elements in the file.
    ///
    /// By default, as NumPy does it: Fortran order for an array that is contiguous in Fortran order only, else C order.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray::{Order, array};
    /// use ndarray_io::{WriteNpyExt, WriteOptions};
    ///
    /// let mut file = Vec::new();
    /// array![[1_u8, 2], [3, 4]].write_npy_with(&mut file, &WriteOptions::new().order(Order::ColumnMajor))?;
    /// assert!(file.ends_with(&[1, 3, 2, 4]));
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    #[must_use]
    pub fn order(mut self, order: Order) -> Self {
        self.order = Some(order);
        self
    }

    /// The version of the format; by default the lowest that can hold the header.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::{Header, Version, WriteNpyExt, WriteOptions};
    ///
    /// let mut file = Vec::new();
    /// ndarray::array![1.0].write_npy_with(&mut file, &WriteOptions::new().version(Version::V2_0))?;
    /// assert_eq!(Header::read(&mut &file[..])?.version(), Some(Version::V2_0));
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    #[must_use]
    pub fn version(mut self, version: Version) -> Self {
        self.version = Some(version);
        self
    }

    /// Whether a file that is there is replaced atomically (the default) or overwritten in place.
    ///
    /// In place needs no room for a second file and no right to make one, and keeps hard links; a crash leaves the
    /// file broken.
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let path = dir.path().join("a.npy");
    /// # ndarray_io::write_npy(&path, &ndarray::array![0.0])?;
    /// use ndarray::array;
    /// use ndarray_io::WriteOptions;
    ///
    /// WriteOptions::new().atomic(false).write_npy(&path, &array![1.0, 2.0])?;
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    #[must_use]
    pub fn atomic(mut self, atomic: bool) -> Self {
        self.in_place = !atomic;
        self
    }

    /// How a file comes to hold what is written.
    pub(crate) fn replace(&self) -> Replace {
        match self.in_place {
            true => Replace::InPlace,
            false => Replace::Atomic,
        }
    }
}
