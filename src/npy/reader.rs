//! A `.npy` file whose header is read and whose data is not.

use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use ndarray::{Array, ArrayBase, ArrayViewMut, DataOwned, Dimension, Order};
use serde::de::DeserializeOwned;

use super::data::{Data, Input, check_nbytes, scalar_of_any};
use super::dynamic::DynArray;
use super::raw::RawArray;
use super::shape::{array_from_values, dimension, folded};
#[cfg(feature = "object")]
use super::typed::TypedArray;
use super::{Header, ReadOptions};
use crate::dtype::Dtype;
use crate::element::scalar::{Whole, value_as, with_native};
use crate::error::{Context, Error, ErrorKind, Result};
use crate::limits;
#[cfg(feature = "object")]
use crate::object;
use crate::storage::file::FileReader;

/// A `.npy` file or stream whose header is read, and whose data is not yet.
///
/// # Examples
///
/// ```
/// # let dir = tempfile::tempdir().unwrap();
/// # let path = dir.path().join("a.npy");
/// # ndarray_io::write_npy(&path, &ndarray::array![[1.0, 2.0]])?;
/// use ndarray::Ix2;
/// use ndarray_io::NpyReader;
///
/// let reader = NpyReader::open(&path)?;
/// println!("{} of shape {:?}", reader.dtype(), reader.shape());
/// let a = reader.read::<f64, Ix2>()?;
/// # assert_eq!(a, ndarray::array![[1.0, 2.0]]);
/// # Ok::<(), ndarray_io::Error>(())
/// ```
#[derive(Debug)]
pub struct NpyReader<R> {
    pub(super) reader: R,
    header: Header,
    pub(super) options: ReadOptions,
    /// Whether the data follows its header, so that objects are a pickle there.
    #[cfg_attr(not(feature = "object"), allow(dead_code))]
    is_whole: bool,
}

impl Whole for NpyReader<FileReader> {}

impl NpyReader<FileReader> {
    /// Opens the file at `path` and reads its header.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Io`] if the file cannot be opened; else as [`NpyReader::new`]. The error names the path.
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let path = dir.path().join("a.npy");
    /// # ndarray_io::write_npy(&path, &ndarray::array![1.0, 2.0])?;
    /// use ndarray_io::NpyReader;
    ///
    /// let reader = NpyReader::open(&path)?;
    /// assert_eq!(reader.shape(), [2]); // and no data is read yet
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn open<P: AsRef<Path>>(path: P) -> Result<Self> {
        NpyReader::open_with(path, &ReadOptions::default())
    }

    /// As [`open`](NpyReader::open), with these options.
    ///
    /// # Errors
    ///
    /// As [`open`](NpyReader::open).
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let path = dir.path().join("a.npy");
    /// # ndarray_io::write_npy(&path, &ndarray::array![1_i32, 2])?;
    /// use ndarray::{Ix1, array};
    /// use ndarray_io::{Casting, NpyReader, ReadOptions};
    ///
    /// let options = ReadOptions::new().casting(Casting::Safe);
    /// let a = NpyReader::open_with(&path, &options)?.read::<f64, Ix1>()?;
    /// assert_eq!(a, array![1.0, 2.0]);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn open_with<P: AsRef<Path>>(path: P, options: &ReadOptions) -> Result<Self> {
        let path = path.as_ref();
        let reader = FileReader::open(path)?;
        let options = ReadOptions {
            available: reader.remaining(),
            path: Some(path.into()),
            ..options.clone()
        };
        NpyReader::with_options(reader, &options).in_path(path)
    }
}

impl<R: Read> NpyReader<R> {
    /// Reads the header from `reader`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotNumpy`], [`ErrorKind::Version`], [`ErrorKind::Header`] or [`ErrorKind::Truncated`] if there is
    /// no whole header; [`ErrorKind::Io`] if the reader fails.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray::{Ix1, array};
    /// use ndarray_io::{NpyReader, WriteNpyExt};
    ///
    /// let mut file = Vec::new();
    /// array![1.0, 2.0].write_npy(&mut file)?;
    /// assert_eq!(NpyReader::new(&file[..])?.read::<f64, Ix1>()?, array![1.0, 2.0]);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn new(reader: R) -> Result<Self> {
        NpyReader::with_options(reader, &ReadOptions::default())
    }

    /// As [`new`](NpyReader::new), with these options.
    ///
    /// # Errors
    ///
    /// As [`new`](NpyReader::new).
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::{ErrorKind, NpyReader, ReadOptions, WriteNpyExt};
    ///
    /// let mut file = Vec::new();
    /// ndarray::array![1.0, 2.0].write_npy(&mut file)?;
    /// let reader = NpyReader::with_options(&file[..], &ReadOptions::new().max_bytes(8));
    /// let error = reader.and_then(|reader| reader.read_dyn()).unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::Limit);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn with_options(mut reader: R, options: &ReadOptions) -> Result<Self> {
        let header = Header::read_with(&mut reader, options.max_header_size)?;
        let options = options.clone();
        Ok(NpyReader {
            reader,
            header,
            options,
            is_whole: true,
        })
    }

    /// Reads an array whose header is known, from where its data starts; `available` are the bytes from there on.
    pub(crate) fn of_data(reader: R, header: Header, available: Option<u64>, options: &ReadOptions) -> Self {
        let start = header.data_offset().unwrap_or(0);
        let options = ReadOptions {
            available: available.map(|available| available.saturating_add(start)),
            ..options.clone()
        };
        NpyReader {
            reader,
            header,
            options,
            is_whole: false,
        }
    }

    /// What it reads from, which stands at the data.
    #[cfg(feature = "stack")]
    pub(crate) fn into_inner(self) -> R {
        self.reader
    }

    /// Whether it is of a file that can be read at positions.
    #[cfg(feature = "stack")]
    pub(crate) fn is_regular(&self) -> bool {
        self.as_file().is_some()
    }

    /// The reader itself, if it is of a file that can be read at positions.
    pub(super) fn as_file(&self) -> Option<&NpyReader<FileReader>> {
        let reader = value_as::<Self, NpyReader<FileReader>>(self)?;
        reader.reader.position().map(|_| reader)
    }

    /// The header.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray::Order;
    /// use ndarray_io::{NpyReader, WriteNpyExt};
    ///
    /// let mut file = Vec::new();
    /// ndarray::array![[1.0, 2.0]].write_npy(&mut file)?;
    /// assert_eq!(NpyReader::new(&file[..])?.header().order, Order::RowMajor);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The dtype of the elements.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::{Kind, NpyReader, WriteNpyExt};
    ///
    /// let mut file = Vec::new();
    /// ndarray::array![[1.0, 2.0]].write_npy(&mut file)?;
    /// assert_eq!(NpyReader::new(&file[..])?.dtype().kind(), Kind::Float);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn dtype(&self) -> &Dtype {
        &self.header.dtype
    }

    /// The shape of the array.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::{NpyReader, WriteNpyExt};
    ///
    /// let mut file = Vec::new();
    /// ndarray::array![[1.0, 2.0]].write_npy(&mut file)?;
    /// assert_eq!(NpyReader::new(&file[..])?.shape(), [1, 2]);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn shape(&self) -> &[usize] {
        &self.header.shape
    }

    /// Reads the data.
    ///
    /// # Errors
    ///
    /// As [`ReadNpyExt::read_npy`](crate::ReadNpyExt::read_npy).
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray::{Ix2, array};
    /// use ndarray_io::{NpyReader, WriteNpyExt};
    ///
    /// let mut file = Vec::new();
    /// array![[1.0, 2.0]].write_npy(&mut file)?;
    /// let reader = NpyReader::new(&file[..])?;
    /// assert_eq!(reader.read::<f64, Ix2>()?, array![[1.0, 2.0]]);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn read<A: DeserializeOwned, D: Dimension>(self) -> Result<Array<A, D>> {
        let path = self.path();
        self.read_owned().map_err(|error| error.in_path_of(path))
    }

    /// Reads the data into an array of the caller's, of the same shape.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Shape`] if the shapes differ; else as [`ReadNpyExt::read_npy`](crate::ReadNpyExt::read_npy). After an error the array may hold
    /// a part of the data.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray::Array2;
    /// use ndarray_io::{NpyReader, WriteNpyExt};
    ///
    /// let mut file = Vec::new();
    /// ndarray::array![[1.0, 2.0]].write_npy(&mut file)?;
    /// let mut all = Array2::<f64>::zeros((2, 2));
    /// NpyReader::new(&file[..])?.read_into(all.slice_mut(ndarray::s![1.., ..]))?;
    /// assert_eq!(all, ndarray::array![[0.0, 0.0], [1.0, 2.0]]);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn read_into<A: DeserializeOwned, D: Dimension>(self, target: ArrayViewMut<'_, A, D>) -> Result<()> {
        let path = self.path();
        self.fill(target).map_err(|error| error.in_path_of(path))
    }

    fn fill<A: DeserializeOwned, D: Dimension>(mut self, target: ArrayViewMut<'_, A, D>) -> Result<()> {
        if let Some(folded) = folded::<A>(&self.header, Some(target.ndim())) {
            self.header = folded;
        }
        if target.shape() != self.header.shape {
            return Err(Error::new(
                ErrorKind::Shape,
                format!(
                    "array in the file has shape {:?}, the array to fill {:?}",
                    self.header.shape,
                    target.shape()
                ),
            ));
        }
        #[cfg(feature = "object")]
        if self.holds_objects() {
            let values = object::values(self.read_objects()?)?;
            let mut target = target;
            target.iter_mut().zip(values).for_each(|(slot, value)| *slot = value);
            return Ok(());
        }
        let mut target = match self.header.order {
            Order::ColumnMajor => target.reversed_axes(),
            _ => target,
        };
        self.check_size()?;
        if let Some(slots) = target.as_slice_mut()
            && self.data().fill_slots(slots)?
        {
            return Ok(());
        }
        let values = self.read_values()?;
        for (slot, value) in target.iter_mut().zip(values) {
            *slot = value;
        }
        Ok(())
    }

    /// Reads the data as whatever dtype the file has.
    ///
    /// # Errors
    ///
    /// As [`ReadNpyExt::read_npy`](crate::ReadNpyExt::read_npy).
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::{DynArray, NpyReader, WriteNpyExt};
    ///
    /// let mut file = Vec::new();
    /// ndarray::array![1_u8, 2].write_npy(&mut file)?;
    /// assert!(matches!(NpyReader::new(&file[..])?.read_dyn()?, DynArray::UInt8(_)));
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn read_dyn(self) -> Result<DynArray> {
        let path = self.path();
        self.read_any().map_err(|error| error.in_path_of(path))
    }

    fn read_any(mut self) -> Result<DynArray> {
        #[cfg(feature = "object")]
        if self.holds_objects() {
            return self.read_objects().map(DynArray::Object);
        }
        self.check_size()?;
        match scalar_of_any(self.dtype()) {
            None => self.read_raw(),
            Some((scalar, order)) => with_native!(scalar, T => {
                let values = self.data().native::<T>(order)?;
                DynArray::from_values(self.header, values)
            }, else => self.read_raw()),
        }
    }
}

impl<R: Read> NpyReader<R> {
    /// The path that it was opened by.
    pub(super) fn path(&self) -> Option<Arc<Path>> {
        self.options.path.clone()
    }

    pub(super) fn read_owned<A, S, D>(mut self) -> Result<ArrayBase<S, D>>
    where
        A: DeserializeOwned,
        S: DataOwned<Elem = A>,
        D: Dimension,
    {
        if let Some(folded) = folded::<A>(&self.header, D::NDIM) {
            self.header = folded;
        }
        // Before the data is read: a wrong number of dimensions shows at once.
        let dim = dimension::<D>(&self.header.shape)?;
        #[cfg(feature = "object")]
        if self.holds_objects() {
            let values = object::values(self.read_objects()?)?;
            return array_from_values(dim, Order::RowMajor, values);
        }
        let values = self.read_values()?;
        array_from_values(dim, self.header.order, values)
    }

    /// The elements in the order of the file.
    fn read_values<A: DeserializeOwned>(&mut self) -> Result<Vec<A>> {
        self.check_size()?;
        self.data().values()
    }

    pub(super) fn data(&mut self) -> Data<'_> {
        Data {
            input: Input::of(&mut self.reader),
            header: &self.header,
            options: &self.options,
        }
    }

    /// Whether what follows is a pickle.
    #[cfg(feature = "object")]
    fn holds_objects(&self) -> bool {
        self.is_whole && self.dtype().has_object()
    }

    #[cfg(feature = "object")]
    pub(crate) fn read_objects(mut self) -> Result<TypedArray<object::Object>> {
        object::read(
            &mut self.reader,
            &self.header,
            self.options.available,
            self.options.max_bytes,
        )
    }

    /// Holds the header's claim against the limits and against what the file has.
    pub(super) fn check_size(&self) -> Result<()> {
        let nbytes = self.header.nbytes()?;
        limits::check_bytes("array", nbytes as u64, self.options.max_bytes)?;
        self.check_available()
    }

    /// Holds the header's claim against what the file has.
    pub(crate) fn check_available(&self) -> Result<()> {
        if self.dtype().has_object() {
            let reason = match cfg!(feature = "object") {
                true => "is one pickle, which can be read only whole",
                false => "is a pickle, which the feature `object` reads as data",
            };
            return Err(Error::new(
                ErrorKind::Object,
                format!("an array of Python objects ({}) {reason}", self.dtype().describe()),
            ));
        }
        let start = self.header.data_offset().unwrap_or(0);
        let available = self
            .options
            .available
            .map_or(u64::MAX, |available| available.saturating_sub(start));
        check_nbytes(&self.header, available).map(drop)
    }

    fn read_raw(self) -> Result<DynArray> {
        self.read_raw_array()?.into_dyn()
    }

    /// The data as the file has it.
    pub(crate) fn read_raw_array(mut self) -> Result<RawArray> {
        self.check_size()?;
        self.data().raw()
    }
}
