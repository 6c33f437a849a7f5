//! Stacks that are read.

use std::path::{Path, PathBuf};

use ndarray::{Array, Dimension, SliceInfoElem};
use serde::de::DeserializeOwned;

use super::chunks::{Chunks, INFO};
use super::data::StackData;
use super::info::Info;
use crate::dtype::Dtype;
use crate::error::{Context, Error, ErrorKind, Result};
use crate::npy::{DynArray, Header, NpyReader, Plan, ReadOptions, Selection, SliceReader, SliceTo, read_slice};
use crate::storage::file::FileReader;

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
    pub(super) chunks: Chunks,
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
            chunks: Chunks {
                info: Info::read(&path).in_path(path)?,
                folder: folder.to_owned(),
                options: options.clone(),
            },
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
        &self.chunks.info.whole.dtype
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
        &self.chunks.info.whole.shape
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
        self.chunks.info.axis
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
        &self.chunks.info.lengths
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
        self.chunks.path(chunk)
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
        read(self.chunks.open(chunk)?).in_path(self.chunk_path(chunk))
    }

    fn sliced<T>(
        &self,
        info: &[SliceInfoElem],
        read: impl FnOnce(NpyReader<SliceReader<'_, StackData<'_>>>) -> Result<T>,
    ) -> Result<T> {
        let whole = &self.chunks.info.whole;
        let read = || {
            let (_, sliced) = Plan::new(whole, info)?; // which says what is wrong with it
            let chunks = match sliced.count()? {
                0 => Vec::new(),
                _ => self.selected(info)?,
            };
            let data = StackData::new(&self.chunks, &chunks)?;
            let header = Header::new(whole.dtype.clone(), data.order(), whole.shape.clone());
            let nbytes = header.nbytes()? as u64;
            read(read_slice(&data, 0..nbytes, &header, info, &self.chunks.options)?)
        };
        read().in_path(&self.chunks.folder)
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
            let start = self.chunks.info.starts[chunk];
            let end = start + self.chunks.info.lengths[chunk];
            // The first index from the chunk's start on.
            let skipped = start.saturating_sub(low).div_ceil(stride);
            skipped < count && low + skipped * stride < end
        };
        Ok((0..self.chunks().len()).filter(has_part).collect())
    }

    /// Whether the chunk of that number is what `info` says.
    #[cfg(feature = "mmap")]
    pub(crate) fn check_chunk(&self, chunk: usize) -> Result<()> {
        self.chunks.open(chunk).map(drop)
    }
}
