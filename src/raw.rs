//! Files without a header: `np.fromfile` and `ndarray.tofile`.

use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use ndarray::{Array, Array1, Dimension, IntoDimension, Ix1, Order};
use serde::de::DeserializeOwned;

use crate::dtype::Dtype;
use crate::error::{Context, Error, ErrorKind, Result};
use crate::npy::{DynArray, Header, NpyReader, ReadOptions, WriteNpyExt, WriteOptions};
use crate::storage::file::{FileReader, FileWriter};

/// What a file without a header holds, and where: dtype, shape, order, offset.
///
/// # Examples
///
/// ```
/// # let dir = tempfile::tempdir().unwrap();
/// # let path = dir.path().join("a.raw");
/// # std::fs::write(&path, [0xff, 0, 1, 0, 2]).unwrap();
/// use ndarray::{Array1, array};
/// use ndarray_io::RawLayout;
///
/// // Big-endian numbers after one byte of something else.
/// let a: Array1<u16> = RawLayout::new(">u2".parse()?).offset(1).read(&path)?;
/// assert_eq!(a, array![1, 2]);
/// # Ok::<(), ndarray_io::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct RawLayout {
    dtype: Dtype,
    shape: Option<Vec<usize>>,
    order: Order,
    offset: u64,
}

impl RawLayout {
    /// Elements of that dtype: in one dimension, as many as the file has, in C order, from its first byte on.
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let path = dir.path().join("a.npy");
    /// # std::fs::write(&path, [0, 1, 0, 2])?;
    /// use ndarray::array;
    /// use ndarray_io::RawLayout;
    ///
    /// let big_endian = RawLayout::new(">u2".parse()?);
    /// assert_eq!(big_endian.read::<u16, ndarray::Ix1>(&path)?, array![1, 2]);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn new(dtype: Dtype) -> Self {
        RawLayout {
            dtype,
            shape: None,
            order: Order::RowMajor,
            offset: 0,
        }
    }

    /// Elements of the dtype that `A` has; see [`Dtype::of`].
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Element`] if `A` cannot be an array element.
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let path = dir.path().join("a.npy");
    /// # std::fs::write(&path, [1, 2, 3])?;
    /// use ndarray::array;
    /// use ndarray_io::RawLayout;
    ///
    /// assert_eq!(RawLayout::of::<u8>()?.read::<u8, ndarray::Ix1>(&path)?, array![1, 2, 3]);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn of<A: DeserializeOwned>() -> Result<Self> {
        Ok(RawLayout::new(Dtype::of::<A>()?))
    }

    /// The shape: `(3, 4)`, `[3, 4]`, a number for one dimension. By default, one dimension as long as the file.
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let path = dir.path().join("a.npy");
    /// # std::fs::write(&path, [1, 2, 3, 4])?;
    /// use ndarray::array;
    /// use ndarray_io::RawLayout;
    ///
    /// let layout = RawLayout::of::<u8>()?.shape((2, 2));
    /// assert_eq!(layout.read::<u8, ndarray::Ix2>(&path)?, array![[1, 2], [3, 4]]);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    #[must_use]
    pub fn shape(mut self, shape: impl IntoDimension) -> Self {
        self.shape = Some(shape.into_dimension().slice().to_vec());
        self
    }

    /// The order of the elements: C's by default.
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let path = dir.path().join("a.npy");
    /// # std::fs::write(&path, [1, 2, 3, 4])?;
    /// use ndarray::{Order, array};
    /// use ndarray_io::RawLayout;
    ///
    /// let layout = RawLayout::of::<u8>()?.shape((2, 2)).order(Order::ColumnMajor);
    /// assert_eq!(layout.read::<u8, ndarray::Ix2>(&path)?, array![[1, 3], [2, 4]]);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    #[must_use]
    pub fn order(mut self, order: Order) -> Self {
        self.order = order;
        self
    }

    /// Where the array starts in the file, in bytes: at 0 by default.
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let path = dir.path().join("a.npy");
    /// # std::fs::write(&path, [1, 2, 3, 4])?;
    /// use ndarray::array;
    /// use ndarray_io::RawLayout;
    ///
    /// assert_eq!(RawLayout::of::<u8>()?.offset(2).read::<u8, ndarray::Ix1>(&path)?, array![3, 4]);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    #[must_use]
    pub fn offset(mut self, bytes: u64) -> Self {
        self.offset = bytes;
        self
    }

    /// Reads the array.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Truncated`] if the file is too short for the shape; [`ErrorKind::Dtype`] or [`ErrorKind::Shape`]
    /// if the array is another one than was asked for; [`ErrorKind::Io`] if the file cannot be read. The error names
    /// the path.
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let path = dir.path().join("a.npy");
    /// # std::fs::write(&path, 1.5_f32.to_le_bytes())?;
    /// use ndarray::array;
    /// use ndarray_io::RawLayout;
    ///
    /// let a = RawLayout::new("<f4".parse()?).read::<f32, ndarray::Ix1>(&path)?;
    /// assert_eq!(a, array![1.5]);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn read<A: DeserializeOwned, D: Dimension>(&self, path: impl AsRef<Path>) -> Result<Array<A, D>> {
        let path = path.as_ref();
        self.open(path)
            .and_then(|reader| self.explain(reader.read()))
            .in_path(path)
    }

    /// Reads the array as whatever the dtype is.
    ///
    /// # Errors
    ///
    /// As [`read`](RawLayout::read).
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let path = dir.path().join("a.raw");
    /// # std::fs::write(&path, [1, 2, 3, 4]).unwrap();
    /// use ndarray::Order;
    /// use ndarray_io::RawLayout;
    ///
    /// let layout = RawLayout::new("|u1".parse()?).shape((2, 2)).order(Order::ColumnMajor);
    /// assert_eq!(layout.read_dyn(&path)?, ndarray::array![[1_u8, 3], [2, 4]].into());
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn read_dyn(&self, path: impl AsRef<Path>) -> Result<DynArray> {
        let path = path.as_ref();
        self.open(path)
            .and_then(|reader| self.explain(reader.read_dyn()))
            .in_path(path)
    }

    fn open(&self, path: &Path) -> Result<NpyReader<Source>> {
        let mut file = FileReader::open(path)?;
        let Some(len) = file.remaining() else {
            return self.open_pipe(file);
        };
        let header = match &self.shape {
            Some(shape) => self.header_of(shape.clone())?,
            // As NumPy, and unlike a map: an element that is not whole at the end is left out.
            None => self.header_of(vec![self.whole_elements(len)])?,
        };
        file.seek(SeekFrom::Start(self.offset))?;
        let left = len.saturating_sub(self.offset);
        Ok(NpyReader::of_data(
            Source::File(file),
            header,
            Some(left),
            &ReadOptions::default(),
        ))
    }

    fn open_pipe(&self, mut file: FileReader) -> Result<NpyReader<Source>> {
        let skipped = io::copy(&mut file.by_ref().take(self.offset), &mut io::sink())?;
        if let Some(shape) = &self.shape {
            let header = self.header_of(shape.clone())?;
            return Ok(NpyReader::of_data(
                Source::File(file),
                header,
                None,
                &ReadOptions::default(),
            ));
        }
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        let left = bytes.len() as u64;
        let header = self.header_of(vec![self.whole_elements(skipped.saturating_add(left))])?;
        let source = Source::Bytes(io::Cursor::new(bytes));
        Ok(NpyReader::of_data(source, header, Some(left), &ReadOptions::default()))
    }

    /// How many whole elements there are after the offset in a file of that length.
    fn whole_elements(&self, len: u64) -> usize {
        let left = len.saturating_sub(self.offset);
        usize::try_from(left / self.dtype.itemsize().max(1) as u64).unwrap_or(usize::MAX)
    }

    /// The header that a `.npy` file of an array of that shape would have.
    fn header_of(&self, shape: Vec<usize>) -> Result<Header> {
        if self.dtype.itemsize() == 0 {
            return Err(Error::new(
                ErrorKind::Argument,
                format!("elements of {} have no bytes; give their width", self.dtype.describe()),
            ));
        }
        let header = Header::new(self.dtype.clone(), self.order, shape);
        header.nbytes()?;
        Ok(header)
    }

    /// The header of what is mapped: without a shape, of all that a file of `len` bytes has.
    #[cfg(feature = "mmap")]
    pub(crate) fn header(&self, len: Option<u64>) -> Result<Header> {
        let Some(shape) = &self.shape else {
            let Some(len) = len else {
                let message = "a layout without a shape; set it with `RawLayout::shape`";
                return Err(Error::new(ErrorKind::Argument, message));
            };
            let header = self.header_of(vec![self.whole_elements(len)])?;
            let left = len.checked_sub(self.offset);
            if left != Some(header.nbytes()? as u64) {
                return Err(Error::new(
                    ErrorKind::Argument,
                    format!(
                        "{} bytes after byte {} are no whole number of elements of {}; give a shape",
                        left.unwrap_or(0),
                        self.offset,
                        self.dtype.describe()
                    ),
                ));
            }
            return Ok(header);
        };
        self.header_of(shape.clone())
    }

    /// Where the array starts in the file.
    #[cfg(feature = "mmap")]
    pub(crate) fn start(&self) -> u64 {
        self.offset
    }

    /// A short file is told in elements, of which the caller asked for so many.
    fn explain<T>(&self, result: Result<T>) -> Result<T> {
        result.map_err(|error| match (error.kind(), error.offset()) {
            (ErrorKind::Truncated, Some(got)) => {
                let asked: usize = self.shape.iter().flatten().product();
                let itemsize = self.dtype.itemsize().max(1);
                Error::new(
                    ErrorKind::Truncated,
                    format!(
                        "file has {} elements of {} from byte {} on, {asked} were asked for ({got} of {} bytes)",
                        got / itemsize as u64,
                        self.dtype.describe(),
                        self.offset,
                        asked * itemsize,
                    ),
                )
            }
            _ => error,
        })
    }
}

/// The file itself; or its bytes, if only its end told how many there are.
enum Source {
    File(FileReader),
    Bytes(io::Cursor<Vec<u8>>),
}

impl Read for Source {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Source::File(file) => file.read(buffer),
            Source::Bytes(bytes) => bytes.read(buffer),
        }
    }
}

/// Reads `count` elements from a file without a header, from byte `offset` on; all that there are for `None`.
///
/// It is `np.fromfile`, but for files that are too short: those are an error. Another byte order, a record's dtype or a
/// shape are [`RawLayout`]'s.
///
/// # Errors
///
/// [`ErrorKind::Truncated`] if there are fewer than `count`; [`ErrorKind::Element`] if `A` has no dtype of a fixed size;
/// [`ErrorKind::Io`] if the file cannot be read. The error names the path.
///
/// # Examples
///
/// ```
/// # let dir = tempfile::tempdir().unwrap();
/// # let path = dir.path().join("a.raw");
/// # std::fs::write(&path, [1, 0, 2, 0, 3, 0]).unwrap();
/// use ndarray::array;
/// use ndarray_io::read_raw;
///
/// assert_eq!(read_raw::<i16>(&path, None, 0)?, array![1, 2, 3]);
/// assert_eq!(read_raw::<i16>(&path, 1, 2)?, array![2]);
/// assert!(read_raw::<i16>(&path, 4, 0).is_err());
/// # Ok::<(), ndarray_io::Error>(())
/// ```
pub fn read_raw<A: DeserializeOwned>(
    path: impl AsRef<Path>,
    count: impl Into<Option<usize>>,
    offset: u64,
) -> Result<Array1<A>> {
    let mut layout = RawLayout::of::<A>().in_path(&path)?.offset(offset);
    if let Some(count) = count.into() {
        layout = layout.shape(count);
    }
    layout.read::<A, Ix1>(path)
}

/// Writes the elements of an array to a file, in C order and without a header; a file that is there is replaced
/// atomically.
///
/// It is `ndarray.tofile`. To choose the dtype or the order, use [`WriteOptions::write_raw`].
///
/// # Errors
///
/// As [`write_npy`](crate::write_npy); [`ErrorKind::Object`] for arrays of objects.
///
/// # Examples
///
/// ```
/// # let dir = tempfile::tempdir().unwrap();
/// # let path = dir.path().join("a.raw");
/// use ndarray::array;
/// use ndarray_io::write_raw;
///
/// write_raw(&path, &array![[1_u8, 2], [3, 4]].t())?;
/// assert_eq!(std::fs::read(&path).unwrap(), [1, 3, 2, 4]);
/// # Ok::<(), ndarray_io::Error>(())
/// ```
pub fn write_raw<P: AsRef<Path>, T: WriteNpyExt + ?Sized>(path: P, array: &T) -> Result<()> {
    WriteOptions::new().write_raw(path, array)
}

impl WriteOptions {
    /// Writes the elements of an array to a file without a header, as [`write_raw`] does: in C order, unless these
    /// options say otherwise.
    ///
    /// # Errors
    ///
    /// As [`write_raw`].
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let path = dir.path().join("a.raw");
    /// use ndarray_io::WriteOptions;
    ///
    /// WriteOptions::new().dtype(">u2".parse()?).write_raw(&path, &ndarray::array![1_u16, 2])?;
    /// assert_eq!(std::fs::read(&path).unwrap(), [0, 1, 0, 2]);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn write_raw<P: AsRef<Path>, T: WriteNpyExt + ?Sized>(&self, path: P, array: &T) -> Result<()> {
        let path = path.as_ref();
        let write = || {
            let options = self.clone().order(self.order.unwrap_or(Order::RowMajor));
            let header = array.npy_header(&options)?;
            if header.dtype.has_object() {
                let message = "objects have no bytes of their own; write_npy writes them, as a pickle";
                return Err(Error::new(ErrorKind::Object, message));
            }
            header.to_bytes(options.version)?; // for its errors, such as of an order that elements cannot be in
            let mut file = FileWriter::create(path, options.replace())?;
            file.reserve(header.nbytes()? as u64)?;
            array.write_npy_range(&mut file, &header, 0..header.count()?)?;
            file.commit()
        };
        write().in_path(path)
    }
}
