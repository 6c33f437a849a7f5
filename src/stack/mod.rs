//! Stacks of `.npy` files, on which Dask computes.

mod data;
mod info;
mod write;

use std::io;
use std::path::{Path, PathBuf};

use ndarray::{Array, Dimension, SliceInfoElem};
use serde::de::DeserializeOwned;

pub use write::NpyStackWriter;

use crate::dtype::{Dtype, PyTuple};
use crate::error::{Context, Error, ErrorKind, Result};
use crate::npy::{DynArray, Header, NpyReader, Plan, ReadOptions, Selection, SliceReader, SliceTo, read_slice};
use crate::storage::file::FileReader;
use data::StackData;
use info::Info;

/// The name of the file that says what the chunks are.
const INFO: &str = "info";

/// A folder of `.npy` files that are one array cut along an axis, as `dask.array.to_npy_stack` writes it and
/// `dask.array.from_npy_stack` opens it.
///
/// `0.npy`, `1.npy` and so on are the chunks, `info` is a pickle of their lengths, dtype and axis. It is read as data:
/// nothing in it is ever run. A chunk is opened when something of it is read, and then held against `info`.
///
/// # Examples
///
/// ```
/// # let dir = tempfile::tempdir().unwrap();
/// # let folder = dir.path().join("stack");
/// use ndarray::{Array2, array, s};
/// use ndarray_io::{NpyStack, NpyStackWriter};
///
/// let writer = NpyStackWriter::new(&folder, 0)?;
/// for (n, chunk) in [array![[1.0, 2.0]], array![[3.0, 4.0], [5.0, 6.0]]].iter().enumerate() {
///     writer.write(n, chunk)?;
/// }
/// writer.finish(2)?;
///
/// let stack = NpyStack::open(&folder)?;
/// assert_eq!((stack.shape(), stack.chunks()), (&[3, 2][..], &[1, 2][..]));
/// // Only the bytes that are asked for are read, out of whatever chunks have them.
/// assert_eq!(stack.read_slice::<f64, _>(s![..;-2, 0])?, array![5.0, 1.0]);
/// let sums = stack.blocks::<f64, ndarray::Ix2>().map(|block| Ok(block?.sum()));
/// assert_eq!(sums.collect::<ndarray_io::Result<Vec<_>>>()?, [3.0, 18.0]);
/// # Ok::<(), ndarray_io::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct NpyStack {
    folder: PathBuf,
    info: Info,
    options: ReadOptions,
}

impl NpyStack {
    /// Opens the stack in that folder, of which `info` is read.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Io`] if there is no `info`; [`ErrorKind::Object`] or [`ErrorKind::Missing`] if it is not what Dask
    /// writes; [`ErrorKind::Shape`] if the array is too large for memory. The error names the path.
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let folder = dir.path().join("stack");
    /// # let writer = ndarray_io::NpyStackWriter::new(&folder, 0)?;
    /// # writer.write(0, &ndarray::array![[1.0, 2.0]])?;
    /// # writer.write(1, &ndarray::array![[3.0, 4.0], [5.0, 6.0]])?;
    /// # writer.finish(2)?;
    /// use ndarray_io::NpyStack;
    ///
    /// let stack = NpyStack::open(&folder)?;
    /// assert_eq!(stack.shape(), [3, 2]); // and no chunk is read yet
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn open(folder: impl AsRef<Path>) -> Result<NpyStack> {
        NpyStack::open_with(folder, &ReadOptions::default())
    }

    /// As [`open`](NpyStack::open), to be read with these options.
    ///
    /// # Errors
    ///
    /// As [`open`](NpyStack::open).
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let folder = dir.path().join("stack");
    /// # let writer = ndarray_io::NpyStackWriter::new(&folder, 0)?;
    /// # writer.write(0, &ndarray::array![[1.0, 2.0]])?;
    /// # writer.write(1, &ndarray::array![[3.0, 4.0], [5.0, 6.0]])?;
    /// # writer.finish(2)?;
    /// use ndarray::Ix2;
    /// use ndarray_io::{Casting, NpyStack, ReadOptions};
    ///
    /// let options = ReadOptions::new().casting(Casting::SameKind).max_bytes(1 << 30);
    /// let stack = NpyStack::open_with(&folder, &options)?;
    /// assert_eq!(stack.read::<f32, Ix2>()?.sum(), 21.0);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn open_with(folder: impl AsRef<Path>, options: &ReadOptions) -> Result<NpyStack> {
        let folder = folder.as_ref();
        let path = folder.join(INFO);
        Ok(NpyStack {
            info: Info::read(&path).in_path(path)?,
            folder: folder.to_owned(),
            options: options.clone(),
        })
    }

    /// The dtype of the elements.
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let folder = dir.path().join("stack");
    /// # let writer = ndarray_io::NpyStackWriter::new(&folder, 0)?;
    /// # writer.write(0, &ndarray::array![[1.0, 2.0]])?;
    /// # writer.write(1, &ndarray::array![[3.0, 4.0], [5.0, 6.0]])?;
    /// # writer.finish(2)?;
    /// use ndarray_io::NpyStack;
    ///
    /// assert_eq!(NpyStack::open(&folder)?.dtype().to_string(), "<f8");
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn dtype(&self) -> &Dtype {
        &self.info.whole.dtype
    }

    /// The shape of all chunks together.
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let folder = dir.path().join("stack");
    /// # let writer = ndarray_io::NpyStackWriter::new(&folder, 0)?;
    /// # writer.write(0, &ndarray::array![[1.0, 2.0]])?;
    /// # writer.write(1, &ndarray::array![[3.0, 4.0], [5.0, 6.0]])?;
    /// # writer.finish(2)?;
    /// use ndarray_io::NpyStack;
    ///
    /// assert_eq!(NpyStack::open(&folder)?.shape(), [3, 2]);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn shape(&self) -> &[usize] {
        &self.info.whole.shape
    }

    /// The axis along which the chunks lie.
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let folder = dir.path().join("stack");
    /// # let writer = ndarray_io::NpyStackWriter::new(&folder, 0)?;
    /// # writer.write(0, &ndarray::array![[1.0, 2.0]])?;
    /// # writer.write(1, &ndarray::array![[3.0, 4.0], [5.0, 6.0]])?;
    /// # writer.finish(2)?;
    /// use ndarray_io::NpyStack;
    ///
    /// assert_eq!(NpyStack::open(&folder)?.axis(), 0);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn axis(&self) -> usize {
        self.info.axis
    }

    /// The length of each chunk along the axis.
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let folder = dir.path().join("stack");
    /// # let writer = ndarray_io::NpyStackWriter::new(&folder, 0)?;
    /// # writer.write(0, &ndarray::array![[1.0, 2.0]])?;
    /// # writer.write(1, &ndarray::array![[3.0, 4.0], [5.0, 6.0]])?;
    /// # writer.finish(2)?;
    /// use ndarray_io::NpyStack;
    ///
    /// assert_eq!(NpyStack::open(&folder)?.chunks(), [1, 2]);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn chunks(&self) -> &[usize] {
        &self.info.lengths
    }

    /// The file of the chunk of that number.
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let folder = dir.path().join("stack");
    /// # let writer = ndarray_io::NpyStackWriter::new(&folder, 0)?;
    /// # writer.write(0, &ndarray::array![[1.0, 2.0]])?;
    /// # writer.write(1, &ndarray::array![[3.0, 4.0], [5.0, 6.0]])?;
    /// # writer.finish(2)?;
    /// use ndarray_io::{NpyReader, NpyStack};
    ///
    /// let stack = NpyStack::open(&folder)?;
    /// assert_eq!(stack.chunk_path(1), folder.join("1.npy"));
    /// assert_eq!(NpyReader::open(stack.chunk_path(1))?.shape(), [2, 2]);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn chunk_path(&self, chunk: usize) -> PathBuf {
        chunk_path(&self.folder, chunk)
    }

    /// Reads all of it into one array.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Missing`] if a chunk is not there; [`ErrorKind::Dtype`] or [`ErrorKind::Shape`] if it is another
    /// one than `info` says, or the array than was asked for; else as [`read_npy`](crate::read_npy). The error names the
    /// path of the chunk.
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let folder = dir.path().join("stack");
    /// # let writer = ndarray_io::NpyStackWriter::new(&folder, 0)?;
    /// # writer.write(0, &ndarray::array![[1.0, 2.0]])?;
    /// # writer.write(1, &ndarray::array![[3.0, 4.0], [5.0, 6.0]])?;
    /// # writer.finish(2)?;
    /// use ndarray::{Array2, array};
    /// use ndarray_io::NpyStack;
    ///
    /// let a: Array2<f64> = NpyStack::open(&folder)?.read()?;
    /// assert_eq!(a, array![[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn read<A: DeserializeOwned, D: Dimension>(&self) -> Result<Array<A, D>> {
        self.sliced(&self.all(), |reader| reader.read())
    }

    /// Reads all of it as whatever dtype it has.
    ///
    /// # Errors
    ///
    /// As [`read`](NpyStack::read).
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let folder = dir.path().join("stack");
    /// # let writer = ndarray_io::NpyStackWriter::new(&folder, 0)?;
    /// # writer.write(0, &ndarray::array![[1.0, 2.0]])?;
    /// # writer.write(1, &ndarray::array![[3.0, 4.0], [5.0, 6.0]])?;
    /// # writer.finish(2)?;
    /// use ndarray_io::NpyStack;
    ///
    /// let a = NpyStack::open(&folder)?.read_dyn()?;
    /// assert_eq!((a.dtype().to_string().as_str(), a.shape()), ("<f8", &[3, 2][..]));
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn read_dyn(&self) -> Result<DynArray> {
        self.sliced(&self.all(), |reader| reader.read_dyn())
    }

    /// Reads a slice, from whichever chunks have a part of it; see [`NpyReader::read_slice`].
    ///
    /// # Errors
    ///
    /// As [`read`](NpyStack::read); [`ErrorKind::Argument`] if the slice does not fit the array.
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let folder = dir.path().join("stack");
    /// # let writer = ndarray_io::NpyStackWriter::new(&folder, 0)?;
    /// # writer.write(0, &ndarray::array![[1.0, 2.0]])?;
    /// # writer.write(1, &ndarray::array![[3.0, 4.0], [5.0, 6.0]])?;
    /// # writer.finish(2)?;
    /// use ndarray::{array, s};
    /// use ndarray_io::NpyStack;
    ///
    /// let column = NpyStack::open(&folder)?.read_slice::<f64, _>(s![1.., 0])?; // of the second chunk alone
    /// assert_eq!(column, array![3.0, 5.0]);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn read_slice<A: DeserializeOwned, D: Dimension>(&self, info: impl SliceTo<D>) -> Result<Array<A, D>> {
        self.sliced(info.as_ref(), |reader| reader.read())
    }

    /// Reads a slice as whatever dtype the stack has.
    ///
    /// # Errors
    ///
    /// As [`read_slice`](NpyStack::read_slice).
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let folder = dir.path().join("stack");
    /// # let writer = ndarray_io::NpyStackWriter::new(&folder, 0)?;
    /// # writer.write(0, &ndarray::array![[1.0, 2.0]])?;
    /// # writer.write(1, &ndarray::array![[3.0, 4.0], [5.0, 6.0]])?;
    /// # writer.finish(2)?;
    /// use ndarray::s;
    /// use ndarray_io::NpyStack;
    ///
    /// let rows = NpyStack::open(&folder)?.read_slice_dyn(s![..2, ..])?;
    /// assert_eq!(rows.shape(), [2, 2]);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn read_slice_dyn(&self, info: impl AsRef<[SliceInfoElem]>) -> Result<DynArray> {
        self.sliced(info.as_ref(), |reader| reader.read_dyn())
    }

    /// Reads the chunk of that number, counted from 0.
    ///
    /// # Errors
    ///
    /// As [`read`](NpyStack::read); [`ErrorKind::Argument`] if there are fewer.
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let folder = dir.path().join("stack");
    /// # let writer = ndarray_io::NpyStackWriter::new(&folder, 0)?;
    /// # writer.write(0, &ndarray::array![[1.0, 2.0]])?;
    /// # writer.write(1, &ndarray::array![[3.0, 4.0], [5.0, 6.0]])?;
    /// # writer.finish(2)?;
    /// use ndarray::{Array2, array};
    /// use ndarray_io::NpyStack;
    ///
    /// let chunk: Array2<f64> = NpyStack::open(&folder)?.block(1)?;
    /// assert_eq!(chunk, array![[3.0, 4.0], [5.0, 6.0]]);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn block<A: DeserializeOwned, D: Dimension>(&self, chunk: usize) -> Result<Array<A, D>> {
        self.with_chunk(chunk, |reader| reader.read())
    }

    /// Reads the chunk of that number as whatever dtype it has.
    ///
    /// # Errors
    ///
    /// As [`block`](NpyStack::block).
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let folder = dir.path().join("stack");
    /// # let writer = ndarray_io::NpyStackWriter::new(&folder, 0)?;
    /// # writer.write(0, &ndarray::array![[1.0, 2.0]])?;
    /// # writer.write(1, &ndarray::array![[3.0, 4.0], [5.0, 6.0]])?;
    /// # writer.finish(2)?;
    /// use ndarray_io::NpyStack;
    ///
    /// assert_eq!(NpyStack::open(&folder)?.block_dyn(1)?.shape(), [2, 2]);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn block_dyn(&self, chunk: usize) -> Result<DynArray> {
        self.with_chunk(chunk, |reader| reader.read_dyn())
    }

    /// Reads chunk after chunk: in the memory of one, however large the stack.
    ///
    /// # Errors
    ///
    /// Each block is one as [`block`](NpyStack::block) reads it, or the error that it has.
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let folder = dir.path().join("stack");
    /// # let writer = ndarray_io::NpyStackWriter::new(&folder, 0)?;
    /// # writer.write(0, &ndarray::array![[1.0, 2.0]])?;
    /// # writer.write(1, &ndarray::array![[3.0, 4.0], [5.0, 6.0]])?;
    /// # writer.finish(2)?;
    /// use ndarray::Ix2;
    /// use ndarray_io::NpyStack;
    ///
    /// let stack = NpyStack::open(&folder)?;
    /// let mut sum = 0.0;
    /// for chunk in stack.blocks::<f64, Ix2>() {
    ///     sum += chunk?.sum();
    /// }
    /// assert_eq!(sum, 21.0);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn blocks<A: DeserializeOwned, D: Dimension>(&self) -> impl Iterator<Item = Result<Array<A, D>>> + '_ {
        (0..self.chunks().len()).map(|chunk| self.block(chunk))
    }

    fn all(&self) -> Vec<SliceInfoElem> {
        vec![SliceInfoElem::from(..); self.shape().len()]
    }

    fn with_chunk<T>(&self, chunk: usize, read: impl FnOnce(NpyReader<FileReader>) -> Result<T>) -> Result<T> {
        read(self.open_chunk(chunk)?).in_path(self.chunk_path(chunk))
    }

    fn sliced<T>(
        &self,
        info: &[SliceInfoElem],
        read: impl FnOnce(NpyReader<SliceReader<'_, StackData<'_>>>) -> Result<T>,
    ) -> Result<T> {
        let whole = &self.info.whole;
        let read = || {
            let (_, sliced) = Plan::new(whole, info)?; // which says what is wrong with it
            let chunks = match sliced.count()? {
                0 => Vec::new(),
                _ => self.selected(info)?,
            };
            let data = StackData::new(self, &chunks)?;
            let header = Header::new(whole.dtype.clone(), data.order(), whole.shape.clone());
            let nbytes = header.nbytes()? as u64;
            read(read_slice(&data, 0..nbytes, &header, info, &self.options)?)
        };
        read().in_path(&self.folder)
    }

    /// The chunks that have a part of the slice, which fits the array and takes something.
    fn selected(&self, info: &[SliceInfoElem]) -> Result<Vec<usize>> {
        let mut taken = info.iter().filter(|elem| !matches!(elem, SliceInfoElem::NewAxis));
        let Some(elem) = taken.nth(self.axis()) else {
            return Ok(Vec::new());
        };
        let selection = Selection::new(elem, self.shape()[self.axis()]);
        let Selection { first, count, step } = selection.map_err(|message| Error::new(ErrorKind::Argument, message))?;
        let stride = step.unsigned_abs();
        let span = (count - 1) * stride;
        let low = if step < 0 { first - span } else { first };
        let has_part = |&chunk: &usize| {
            let start = self.info.starts[chunk];
            let end = start + self.info.lengths[chunk];
            // The first index from the chunk's start on.
            let skipped = start.saturating_sub(low).div_ceil(stride);
            skipped < count && low + skipped * stride < end
        };
        Ok((0..self.chunks().len()).filter(has_part).collect())
    }

    /// The chunk of that number, which is what `info` says and whole.
    fn open_chunk(&self, chunk: usize) -> Result<NpyReader<FileReader>> {
        let count = self.chunks().len();
        if chunk >= count {
            let message = format!("there is no chunk {chunk}; the stack has {count}");
            return Err(Error::new(ErrorKind::Argument, message).in_path(&self.folder));
        }
        let reader = open_chunk(&self.folder, chunk, count, &self.options)?;
        let expected = self.info.shape_of(chunk);
        if !is_same(reader.dtype(), self.dtype()) || reader.shape() != expected {
            let error = wrong_chunk(reader.header(), self.dtype(), &expected, "`info` says");
            return Err(error.in_path(self.chunk_path(chunk)));
        }
        Ok(reader)
    }

    /// Whether the chunk of that number is what `info` says.
    #[cfg(feature = "mmap")]
    pub(crate) fn check_chunk(&self, chunk: usize) -> Result<()> {
        self.open_chunk(chunk).map(drop)
    }
}

fn chunk_path(folder: &Path, chunk: usize) -> PathBuf {
    folder.join(format!("{chunk}.npy"))
}

/// The chunk of that number, which is whole.
fn open_chunk(folder: &Path, chunk: usize, count: usize, options: &ReadOptions) -> Result<NpyReader<FileReader>> {
    let path = chunk_path(folder, chunk);
    let reader = NpyReader::open_with(&path, options).map_err(|error| match missing(&error) {
        true => {
            let message = format!("chunk {chunk} of the stack's {count} is not there");
            Error::new(ErrorKind::Missing, message)
                .with_source(error)
                .in_path(&path)
        }
        false => error,
    })?;
    // Of objects there is no telling: they are a pickle.
    if !reader.dtype().has_object() {
        reader.check_available().in_path(&path)?;
    }
    Ok(reader)
}

/// Whether elements lie the same in both: a header does not tell whether a record's padding is C's, a pickle does.
fn is_same(file: &Dtype, info: &Dtype) -> bool {
    file == info || file.descr() == info.descr()
}

fn missing(error: &Error) -> bool {
    let source = std::error::Error::source(error).and_then(|error| error.downcast_ref::<io::Error>());
    source.is_some_and(|error| error.kind() == io::ErrorKind::NotFound)
}

#[cold]
fn wrong_chunk(got: &Header, dtype: &Dtype, shape: &[usize], whose: &str) -> Error {
    let (kind, message) = match is_same(&got.dtype, dtype) {
        true => (
            ErrorKind::Shape,
            format!(
                "chunk of shape {} where {whose} {}",
                PyTuple(&got.shape),
                PyTuple(shape)
            ),
        ),
        false => (
            ErrorKind::Dtype,
            format!("chunk of {} where {whose} {}", got.dtype.describe(), dtype.describe()),
        ),
    };
    Error::new(kind, message)
}
