//! `.npy` files that grow.

mod file;
mod rows;
mod tail;

use std::fmt;
use std::fs::File;
use std::io::{self, Write};
use std::marker::PhantomData;
use std::path::Path;

use ndarray::{ArrayView, Dimension, IntoDimension, Order};
use serde::Serialize;
use serde::de::DeserializeOwned;

use self::file::{GrowingFile, growth_axis};
use self::rows::{How, bytes_of, in_order};
use self::tail::{busy, check_end, create_locked};
use super::shape::{dimension, folded};
use super::write::{Output, write_data};
use super::{Header, WriteOptions};
use crate::dtype::Dtype;
use crate::error::{Context, Error, ErrorKind, Result};
use crate::storage::file::read_exact_at;
use crate::storage::lock::open_locked;

/// Appends rows to a `.npy` file.
///
/// `D` is the dimension of the whole array; it grows along its first axis, by rows of a dimension less. What is
/// pushed is on its way; after [`flush`](NpyAppender::flush) the file holds it and loads, in NumPy too, while it goes
/// on growing. Whatever then befalls this process, `kill -9` included, the file loads with at least the rows of the
/// last flush. One appender at a time can have a file open. Dropping it flushes; errors are heard by
/// [`finish`](NpyAppender::finish) only.
///
/// An array in Fortran order grows along its last axis: its "rows" are what has all axes but that one.
///
/// # Examples
///
/// ```
/// # let dir = tempfile::tempdir().unwrap();
/// # let path = dir.path().join("log.npy");
/// use ndarray::{Array2, Ix2, array};
/// use ndarray_io::{NpyAppender, read_npy};
///
/// let mut log = NpyAppender::<f64, Ix2>::create(&path, 3)?;
/// log.push(&[1.0, 2.0, 3.0])?;
/// log.append(&array![[4.0, 5.0, 6.0], [7.0, 8.0, 9.0]])?;
/// log.flush()?;
/// assert_eq!(read_npy::<_, Array2<f64>>(&path)?.dim(), (3, 3));
/// log.finish()?;
///
/// let mut log = NpyAppender::<f64, Ix2>::open(&path)?;
/// log.push(&[10.0, 11.0, 12.0])?;
/// log.finish()?;
/// assert_eq!(read_npy::<_, Array2<f64>>(&path)?.row(3), array![10.0, 11.0, 12.0]);
/// # Ok::<(), ndarray_io::Error>(())
/// ```
pub struct NpyAppender<A, D> {
    file: GrowingFile,
    row_shape: Vec<usize>,
    how: How,
    elements: PhantomData<fn(A, D)>,
}

impl<A, D> NpyAppender<A, D>
where
    A: Serialize + DeserializeOwned,
    D: Dimension,
{
    /// Makes a file of no rows of that shape at `path`, for `A`'s own dtype; a file that is there is replaced
    /// atomically.
    ///
    /// The rows of an array of one dimension have no dimension: their shape is `()`, and single values are appended as
    /// `append(&[value])`. Strings need a width, which [`create_with`](NpyAppender::create_with) takes.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Element`] if `A` has no dtype of a fixed size; [`ErrorKind::Io`] if the file cannot be made, or if
    /// another appender has it open. The error names the path.
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let path = dir.path().join("log.npy");
    /// use ndarray::{Array1, Ix1, array};
    /// use ndarray_io::{NpyAppender, read_npy};
    ///
    /// let mut log = NpyAppender::<u32, Ix1>::create(&path, ())?;
    /// for n in 0..5 {
    ///     log.append(&[n * n])?;
    /// }
    /// log.finish()?;
    /// assert_eq!(read_npy::<_, Array1<u32>>(&path)?, array![0, 1, 4, 9, 16]);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn create(path: impl AsRef<Path>, row_shape: impl IntoDimension<Dim = D::Smaller>) -> Result<Self> {
        NpyAppender::create_with(path, row_shape, &WriteOptions::default())
    }

    /// As [`create`](NpyAppender::create), with the dtype, order and version of these options.
    ///
    /// # Errors
    ///
    /// As [`create`](NpyAppender::create); [`ErrorKind::Argument`] if the dtype of the options has no width;
    /// [`ErrorKind::Dtype`] if `A` is a scalar and the dtype another one.
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let path = dir.path().join("names.npy");
    /// use ndarray::Ix1;
    /// use ndarray_io::{NpyAppender, WriteOptions};
    ///
    /// let options = WriteOptions::new().dtype("<U8".parse()?);
    /// let mut names = NpyAppender::<String, Ix1>::create_with(&path, (), &options)?;
    /// names.append(&["Io".to_owned(), "Europa".to_owned()])?;
    /// assert!(names.append(&["Callirrhoe".to_owned()]).is_err()); // too long, and left out
    /// names.finish()?;
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn create_with(
        path: impl AsRef<Path>,
        row_shape: impl IntoDimension<Dim = D::Smaller>,
        options: &WriteOptions,
    ) -> Result<Self> {
        let path = path.as_ref();
        let mut shape = row_shape.into_dimension().slice().to_vec();
        let create = || {
            let dtype = match &options.dtype {
                Some(dtype) => dtype.clone(),
                None => Dtype::of::<A>()?,
            };
            let order = options.order.unwrap_or(Order::RowMajor);
            match order {
                Order::ColumnMajor => shape.push(0),
                _ => shape.insert(0, 0),
            }
            let header = Header::new(dtype, order, shape);
            header.nbytes()?;
            let how = How::new::<A>(&header)?;
            let head = header.to_bytes(options.version)?;
            let file = create_locked(path, &head)?;
            Self::new(path, file, header, head, how)
        };
        create().in_path(path)
    }

    /// Opens the file at `path` to append to it.
    ///
    /// Its rows stay; what a process that died had left after them is overwritten.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Dtype`], [`ErrorKind::Shape`] if the array is another one than `A` and `D` say;
    /// [`ErrorKind::Layout`] if it is in Fortran order, which only [`open_with`](NpyAppender::open_with) allows, or if
    /// another array follows it in the file; [`ErrorKind::Truncated`] if the file is shorter than its header claims;
    /// [`ErrorKind::Io`] if it cannot be opened, or if another appender has it open. The error names the path.
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let path = dir.path().join("a.npy");
    /// use ndarray::{Array2, Ix2, array};
    /// use ndarray_io::{NpyAppender, read_npy, write_npy};
    ///
    /// write_npy(&path, &array![[1.0, 2.0]])?;
    /// let mut file = NpyAppender::<f64, Ix2>::open(&path)?;
    /// file.push(&[3.0, 4.0])?;
    /// file.finish()?;
    /// assert_eq!(read_npy::<_, Array2<f64>>(&path)?, array![[1.0, 2.0], [3.0, 4.0]]);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        NpyAppender::open_with(path, &WriteOptions::default())
    }

    /// As [`open`](NpyAppender::open), if the file has the dtype, order and version that these options name.
    ///
    /// # Errors
    ///
    /// As [`open`](NpyAppender::open); [`ErrorKind::Argument`] if the file has others.
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let path = dir.path().join("columns.npy");
    /// use ndarray::{Array2, Ix2, Order, array};
    /// use ndarray_io::{NpyAppender, WriteOptions, read_npy};
    ///
    /// let options = WriteOptions::new().order(Order::ColumnMajor);
    /// options.write_npy(&path, &array![[1, 2], [3, 4]])?;
    /// let mut columns = NpyAppender::<i32, Ix2>::open_with(&path, &options)?;
    /// columns.push(&[8, 9])?;
    /// columns.finish()?;
    /// assert_eq!(read_npy::<_, Array2<i32>>(&path)?, array![[1, 2, 8], [3, 4, 9]]);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn open_with(path: impl AsRef<Path>, options: &WriteOptions) -> Result<Self> {
        let path = path.as_ref();
        let open = || {
            let file = open_locked(path)?.ok_or_else(busy)?;
            let header = Header::read(&mut &file)?;
            let header = folded::<A>(&header, D::NDIM).unwrap_or(header);
            dimension::<D>(&header.shape)?;
            check_options(&header, options)?;
            let how = How::new::<A>(&header)?;
            check_end(&file, &header)?;
            let start = usize::try_from(header.data_offset().unwrap_or(0)).map_err(io::Error::other)?;
            let mut head = vec![0; start];
            read_exact_at(&file, &mut head, 0)?;
            Self::new(path, file, header, head, how)
        };
        open().in_path(path)
    }

    fn new(path: &Path, file: File, header: Header, head: Vec<u8>, how: How) -> Result<Self> {
        if header.shape.is_empty() {
            let message = "an array of no dimensions has no axis to grow along";
            return Err(Error::new(ErrorKind::Shape, message));
        }
        let mut row_shape = header.shape.clone();
        row_shape.remove(growth_axis(&header));
        let row_nbytes = Header::new(header.dtype.clone(), header.order, row_shape.clone()).nbytes()?;
        Ok(NpyAppender {
            file: GrowingFile::new(path, file, header, head, row_nbytes)?,
            row_shape,
            how,
            elements: PhantomData,
        })
    }

    /// Appends one row: an array, a view, or for rows of one dimension a slice.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Shape`] if the row has another shape; [`ErrorKind::Value`] if a value does not fit the dtype;
    /// [`ErrorKind::Io`] if the disk is full or fails. Then the row is not appended; the ones before are, and will be
    /// written once there is room.
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let path = dir.path().join("a.npy");
    /// use ndarray::{Ix2, aview1};
    /// use ndarray_io::NpyAppender;
    ///
    /// let mut file = NpyAppender::<f64, Ix2>::create(&path, 2)?;
    /// file.push(&[1.0, 2.0])?;
    /// file.push(aview1(&[3.0, 4.0]))?;
    /// assert_eq!(file.len(), 2);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    #[inline]
    pub fn push<'a>(&mut self, row: impl Into<ArrayView<'a, A, D::Smaller>>) -> Result<()>
    where
        A: 'a,
    {
        let row = row.into();
        if row.shape() != self.row_shape {
            return Err(self.wrong_shape(row.shape(), "a row"));
        }
        // Most rows are this and no more: nothing of it can fail, so there is nothing to take back.
        if let How::Scalars { swap: false } = self.how
            && let Some(bytes) = in_order(&row, self.file.header.order).and_then(bytes_of)
            && self.file.tail.take(bytes)
        {
            self.file.count(1);
            return Ok(());
        }
        self.put(row, 1)
    }

    /// Appends a block of rows: an array or view of any number of them, or for an array of one dimension a slice.
    ///
    /// # Errors
    ///
    /// As [`push`](NpyAppender::push); then no row of the block is appended.
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let path = dir.path().join("a.npy");
    /// use ndarray::{Ix2, array};
    /// use ndarray_io::NpyAppender;
    ///
    /// let mut file = NpyAppender::<f64, Ix2>::create(&path, 2)?;
    /// file.append(&array![[1.0, 2.0], [3.0, 4.0]])?;
    /// assert_eq!(file.len(), 2);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn append<'a>(&mut self, block: impl Into<ArrayView<'a, A, D>>) -> Result<()>
    where
        A: 'a,
    {
        let block = block.into();
        let axis = self.file.axis();
        let fits = block.ndim() == self.file.header.shape.len() && {
            let mut row_shape = block.shape().to_vec();
            row_shape.remove(axis);
            row_shape == self.row_shape
        };
        if !fits {
            return Err(self.wrong_shape(block.shape(), "a block"));
        }
        let rows = block.shape()[axis];
        if self.file.len().checked_add(rows).is_none() {
            return Err(self.wrong_shape(block.shape(), "a block")); // of rows that have no elements
        }
        self.put(block, rows)
    }

    #[inline]
    fn put<E: Dimension>(&mut self, elements: ArrayView<'_, A, E>, rows: usize) -> Result<()> {
        let before = self.file.end();
        // Also after a panic in somebody's `Serialize`, half a row may be there.
        self.file.tail.roll_back(before);
        match self.write(elements) {
            Ok(()) => {
                self.file.count(rows);
                Ok(())
            }
            Err(error) => {
                self.file.tail.roll_back(before);
                let rows = self.file.header.count().unwrap_or(0) as u64;
                Err(error.after_rows(rows).in_path(&self.file.path))
            }
        }
    }

    #[inline]
    fn write<E: Dimension>(&mut self, elements: ArrayView<'_, A, E>) -> Result<()> {
        let GrowingFile { header, tail, .. } = &mut self.file;
        let Header { order, dtype, .. } = header;
        match &mut self.how {
            How::Scalars { swap } => {
                if !*swap
                    && let Some(slice) = in_order(&elements, *order)
                    && let Some(bytes) = bytes_of(slice)
                {
                    return Ok(tail.write_all(bytes)?);
                }
                write_data(elements, dtype, *order, &mut Output::of(tail))
            }
            How::Encoded(encoder) => {
                let elements = match order {
                    Order::ColumnMajor => elements.reversed_axes(),
                    _ => elements,
                };
                encoder.restart();
                for value in elements {
                    encoder.encode(value, tail.slot(dtype.itemsize())?)?;
                }
                Ok(())
            }
        }
    }

    /// Writes all rows to the file, and then the header that counts them.
    ///
    /// Who opens the file now finds them, and they stay when this process dies. When the power fails, what the system
    /// has not written to the disk yet is lost; [`sync`](NpyAppender::sync) is for that.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Io`] if the disk is full or fails: nothing is lost, and it can be tried again.
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let path = dir.path().join("a.npy");
    /// use ndarray::Ix1;
    /// use ndarray_io::{NpyAppender, NpyReader};
    ///
    /// let mut file = NpyAppender::<u8, Ix1>::create(&path, ())?;
    /// file.append(&[1, 2, 3])?;
    /// file.flush()?;
    /// assert_eq!(NpyReader::open(&path)?.shape(), [3]); // while it is still open
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn flush(&mut self) -> Result<()> {
        self.file.flush_with(|_| Ok(()))
    }

    /// As [`flush`](NpyAppender::flush), and waits until the disk has the rows, then the header.
    ///
    /// # Errors
    ///
    /// As [`flush`](NpyAppender::flush).
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let path = dir.path().join("a.npy");
    /// use ndarray::Ix1;
    /// use ndarray_io::NpyAppender;
    ///
    /// let mut file = NpyAppender::<u8, Ix1>::create(&path, ())?;
    /// file.append(&[1, 2, 3])?;
    /// file.sync()?; // these three survive a power failure
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn sync(&mut self) -> Result<()> {
        self.file.flush_with(File::sync_data)
    }

    /// Flushes, and closes the file.
    ///
    /// # Errors
    ///
    /// As [`flush`](NpyAppender::flush).
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let path = dir.path().join("a.npy");
    /// use ndarray::{Array1, Ix1, array};
    /// use ndarray_io::{NpyAppender, read_npy};
    ///
    /// let mut file = NpyAppender::<u8, Ix1>::create(&path, ())?;
    /// file.append(&[1, 2, 3])?;
    /// file.finish()?;
    /// assert_eq!(read_npy::<_, Array1<u8>>(&path)?, array![1, 2, 3]);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn finish(mut self) -> Result<()> {
        self.file.close()
    }
}

impl<A, D> NpyAppender<A, D> {
    /// What the array is by now, rows included that were not flushed yet.
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let path = dir.path().join("a.npy");
    /// use ndarray::Ix2;
    /// use ndarray_io::NpyAppender;
    ///
    /// let mut file = NpyAppender::<f32, Ix2>::create(&path, 2)?;
    /// file.push(&[1.0, 2.0])?;
    /// assert_eq!(file.header().shape, [1, 2]);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn header(&self) -> &Header {
        &self.file.header
    }

    /// The number of rows by now.
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let path = dir.path().join("a.npy");
    /// use ndarray::Ix1;
    /// use ndarray_io::NpyAppender;
    ///
    /// let mut file = NpyAppender::<u8, Ix1>::create(&path, ())?;
    /// file.append(&[1, 2, 3])?;
    /// assert_eq!(file.len(), 3);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn len(&self) -> usize {
        self.file.len()
    }

    /// Whether there are no rows yet.
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let path = dir.path().join("a.npy");
    /// use ndarray::Ix1;
    /// use ndarray_io::NpyAppender;
    ///
    /// assert!(NpyAppender::<u8, Ix1>::create(&path, ())?.is_empty());
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    #[cold]
    fn wrong_shape(&self, got: &[usize], what: &str) -> Error {
        let mut expected: Vec<String> = self.row_shape.iter().map(usize::to_string).collect();
        if what == "a block" {
            expected.insert(self.file.axis(), "n".to_owned());
        }
        let fortran = match self.file.axis() {
            0 => "",
            _ => "; in Fortran order it grows along its last axis",
        };
        let message = format!(
            "{what} of shape {got:?} for an array that takes [{}]{fortran}",
            expected.join(", ")
        );
        Error::new(ErrorKind::Shape, message).in_path(&self.file.path)
    }
}

impl<A, D> Drop for NpyAppender<A, D> {
    fn drop(&mut self) {
        let _ = self.file.close(); // who wants to know calls `finish`
    }
}

impl<A, D> fmt::Debug for NpyAppender<A, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (path, len) = (self.file.path.display(), self.len());
        write!(f, "NpyAppender of {path}: {len} rows, {} flushed", self.file.flushed)
    }
}

fn check_options(header: &Header, options: &WriteOptions) -> Result<()> {
    if header.shape.len() > 1 && header.order == Order::ColumnMajor && options.order.is_none() {
        return Err(Error::new(
            ErrorKind::Layout,
            format!(
                "array of shape {:?} is in Fortran order, and can grow along its last axis only; if that is what you \
                 want, open it with `open_with` and `WriteOptions::order(Order::ColumnMajor)`",
                header.shape
            ),
        ));
    }
    let differs = |what: &str, got: &dyn fmt::Debug, asked: &dyn fmt::Debug| {
        Err(Error::new(
            ErrorKind::Argument,
            format!("file has the {what} {got:?}, the options ask for {asked:?}"),
        ))
    };
    let (in_file, _) = header.in_file();
    match options {
        WriteOptions { dtype: Some(dtype), .. } if ![&header.dtype, in_file].contains(&dtype) => {
            differs("dtype", in_file, dtype)
        }
        WriteOptions { order: Some(order), .. } if header.shape.len() > 1 && *order != header.order => {
            differs("order", &header.order, order)
        }
        WriteOptions {
            version: Some(version), ..
        } if header.version() != Some(*version) => differs("version", &header.version(), version),
        _ => Ok(()),
    }
}
