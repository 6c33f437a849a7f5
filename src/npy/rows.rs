//! Arrays by blocks of rows, in bounded memory.

use std::fmt;
use std::io::Read;
use std::iter::FusedIterator;
use std::marker::PhantomData;

use ndarray::{Array, Dimension, Order, SliceInfoElem};
use serde::de::DeserializeOwned;

use super::shape::folded;
use super::{Header, NpyReader};
use crate::error::{Error, ErrorKind, Result};
use crate::storage::file::FileReader;

impl<R: Read> NpyReader<R> {
    /// Reads the array by blocks of `n` rows, the last of which may have fewer: in the memory of one block, however
    /// large the file.
    ///
    /// Rows are what the first axis counts; each block is an array of as many dimensions as the whole. From an opened
    /// file, the next block is asked from the disk while the caller is at this one, and Fortran's order is no
    /// obstacle; from a stream, only C's order can be read by rows.
    ///
    /// # Errors
    ///
    /// What is wrong with the array or with `n` is the first item: [`ErrorKind::Argument`] if `n` is 0 or the array
    /// has no rows; [`ErrorKind::Layout`] for Fortran's order from a stream; else as
    /// [`ReadNpyExt::read_npy`](crate::ReadNpyExt::read_npy). After an error there are no more items.
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let path = dir.path().join("a.npy");
    /// # ndarray_io::write_npy(&path, &ndarray::Array2::<f64>::ones((10, 2)))?;
    /// use ndarray::Ix2;
    /// use ndarray_io::NpyReader;
    ///
    /// let mut sum = 0.0;
    /// for block in NpyReader::open(&path)?.rows::<f64, Ix2>(4) {
    ///     sum += block?.sum(); // of 4, 4 and 2 rows
    /// }
    /// assert_eq!(sum, 20.0);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn rows<A: DeserializeOwned, D: Dimension>(self, n: usize) -> Rows<R, A, D> {
        Rows {
            error: self.check_rows(n).err().map(|error| error.in_path_of(self.path())),
            len: self.shape().first().copied().unwrap_or(0),
            reader: self,
            n,
            next: 0,
            blocks: PhantomData,
        }
    }

    fn check_rows(&self, n: usize) -> Result<()> {
        let Header { shape, order, .. } = self.header();
        check_rows(shape, n)?;
        if *order == Order::ColumnMajor && shape.len() > 1 && self.as_file().is_none() {
            return Err(Error::new(
                ErrorKind::Layout,
                "rows of an array in Fortran order lie all over the stream; open it as a file, or read it whole",
            ));
        }
        self.check_available()
    }

    /// The next `count` rows of an array in C order, of which `done` were read.
    fn next_rows(&mut self, done: usize, count: usize) -> Result<NpyReader<&mut R>> {
        let mut header = self.header().clone();
        let rows = header.shape.first().copied().unwrap_or(0).max(1);
        let start = header.nbytes()? / rows * done;
        header.data_offset = Some(header.data_offset.unwrap_or(0) + start as u64);
        if let Some(first) = header.shape.first_mut() {
            *first = count;
        }
        let available = self.options.available.map(|_| header.nbytes()).transpose()?;
        let available = available.map(|available| available as u64);
        Ok(NpyReader::of_data(&mut self.reader, header, available, &self.options))
    }
}

impl NpyReader<FileReader> {
    /// Asks the disk for these rows of an array in C order, or for the first of very many.
    fn will_need(&self, row: usize, count: usize) {
        const AHEAD: u64 = 32 << 20;
        let header = self.header();
        let rows = header.shape.first().copied().unwrap_or(0);
        if let (Ok(nbytes), Some(start), Order::RowMajor) = (header.nbytes(), self.reader.position(), header.order)
            && row < rows
        {
            let row_size = nbytes as u64 / rows as u64;
            let len = row_size * count.min(rows - row) as u64;
            self.reader.will_need(start + row_size * row as u64, len.min(AHEAD));
        }
    }
}

/// Blocks of rows of an array in a file; see [`NpyReader::rows`].
///
/// # Examples
///
/// ```
/// # let dir = tempfile::tempdir().unwrap();
/// # let path = dir.path().join("a.npy");
/// # ndarray_io::write_npy(&path, &ndarray::Array2::<f64>::ones((10, 2)))?;
/// use ndarray::Ix2;
/// use ndarray_io::NpyReader;
///
/// let blocks = NpyReader::open(&path)?.rows::<f64, Ix2>(4);
/// let lengths = blocks.map(|block| Ok(block?.nrows())).collect::<ndarray_io::Result<Vec<_>>>()?;
/// assert_eq!(lengths, [4, 4, 2]);
/// # Ok::<(), ndarray_io::Error>(())
/// ```
pub struct Rows<R, A, D> {
    reader: NpyReader<R>,
    /// What is wrong from the start.
    error: Option<Error>,
    n: usize,
    next: usize,
    len: usize,
    blocks: PhantomData<fn() -> Array<A, D>>,
}

impl<R: Read, A: DeserializeOwned, D: Dimension> Rows<R, A, D> {
    /// The array as its file describes it.
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let path = dir.path().join("a.npy");
    /// # ndarray_io::write_npy(&path, &ndarray::Array2::<f64>::ones((10, 2)))?;
    /// use ndarray::Ix2;
    /// use ndarray_io::NpyReader;
    ///
    /// let blocks = NpyReader::open(&path)?.rows::<f64, Ix2>(4);
    /// assert_eq!(blocks.header().shape, [10, 2]); // of the whole
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn header(&self) -> &Header {
        self.reader.header()
    }

    fn read(&mut self, count: usize) -> Result<Array<A, D>> {
        let before = elements_before::<A, D>(self.reader.header(), self.next);
        let block = self.read_block(count);
        block.map_err(|error| error.after_rows(before))
    }

    fn read_block(&mut self, count: usize) -> Result<Array<A, D>> {
        let Some(file) = self.reader.as_file() else {
            return self.reader.next_rows(self.next, count)?.read();
        };
        file.will_need(self.next + count, self.n);
        file.read_slice(rows_slice(self.next, count, file.shape().len()))
    }
}

/// How many elements come before that row, as errors count them.
pub(crate) fn elements_before<A: DeserializeOwned, D: Dimension>(header: &Header, row: usize) -> u64 {
    let folded = folded::<A>(header, D::NDIM);
    let Header { shape, order, .. } = folded.as_ref().unwrap_or(header);
    match order {
        // A block's elements lie apart there; they are counted as in the block.
        Order::ColumnMajor if shape.len() > 1 => 0,
        _ => (shape.iter().skip(1)).fold(row as u64, |elements, &len| elements.saturating_mul(len as u64)),
    }
}

/// Whether an array of that shape has rows, to be read in blocks of `n`.
pub(crate) fn check_rows(shape: &[usize], n: usize) -> Result<()> {
    let message = match n {
        _ if shape.is_empty() => "an array of no dimensions has no rows; read it whole",
        0 => "blocks of 0 rows; the least is 1",
        _ => return Ok(()),
    };
    Err(Error::new(ErrorKind::Argument, message))
}

/// The slice of these rows, of an array of `ndim` axes.
pub(crate) fn rows_slice(start: usize, count: usize, ndim: usize) -> Vec<SliceInfoElem> {
    let mut info = vec![SliceInfoElem::from(..); ndim];
    if let Some(first) = info.first_mut() {
        *first = SliceInfoElem::from(start..start + count);
    }
    info
}

impl<R: Read, A: DeserializeOwned, D: Dimension> Iterator for Rows<R, A, D> {
    type Item = Result<Array<A, D>>;

    fn next(&mut self) -> Option<Self::Item> {
        let block = match self.error.take() {
            Some(error) => Err(error),
            None if self.next < self.len => {
                let count = self.n.min(self.len - self.next);
                let block = self.read(count);
                self.next += count;
                block
            }
            None => return None,
        };
        if block.is_err() {
            self.next = self.len;
        }
        Some(block)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        match self.error {
            Some(_) => (1, Some(1)),
            None => {
                let blocks = (self.len - self.next).div_ceil(self.n.max(1)); // 0 is an error, which may have been given
                (blocks.min(1), Some(blocks))
            }
        }
    }
}

impl<R: Read, A: DeserializeOwned, D: Dimension> FusedIterator for Rows<R, A, D> {}

impl<R, A, D> fmt::Debug for Rows<R, A, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "rows {} to {} by {}", self.next, self.len, self.n)
    }
}
