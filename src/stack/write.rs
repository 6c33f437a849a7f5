//! Stacks that are written.

use std::fs;
use std::path::{Path, PathBuf};

use super::chunks::{Chunks, INFO, chunk_path, open_chunk, wrong_chunk};
use super::info::Info;
use super::read::NpyStack;
use crate::error::{Context, Error, ErrorKind, Result};
use crate::npy::{ReadOptions, WriteNpyExt, WriteOptions};

/// Writes a stack of `.npy` files, as `dask.array.to_npy_stack` does: chunks by any number of processes, in any order.
///
/// Each process makes a writer of its own for the same folder; one of them [`finish`](NpyStackWriter::finish)es when all
/// chunks are there. Until then the folder is no stack, and nobody takes it for one.
///
/// # Examples
///
/// ```
/// # let dir = tempfile::tempdir().unwrap();
/// # let folder = dir.path().join("stack");
/// use ndarray::{Array2, array};
/// use ndarray_io::{NpyStack, NpyStackWriter};
///
/// let writer = NpyStackWriter::new(&folder, 0)?;
/// writer.write(1, &array![[5, 6]])?;
/// writer.write(0, &array![[1, 2], [3, 4]])?;
/// let stack = writer.finish(2)?; // in Python: dask.array.from_npy_stack(folder)
/// assert_eq!(stack.read::<i32, _>()?, array![[1, 2], [3, 4], [5, 6]]);
/// # Ok::<(), ndarray_io::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct NpyStackWriter {
    folder: PathBuf,
    axis: usize,
    options: WriteOptions,
}

impl NpyStackWriter {
    /// A writer of chunks that lie one after the other along `axis`, into a folder that is made if there is none.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Argument`] if there is a finished stack: its chunks would be mixed with the new ones;
    /// [`ErrorKind::Io`] if the folder cannot be made.
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let folder = dir.path().join("stack");
    /// use ndarray_io::NpyStackWriter;
    ///
    /// let writer = NpyStackWriter::new(&folder, 0)?; // in each process that has chunks to write
    /// writer.write(0, &ndarray::array![[1.0, 2.0]])?;
    /// writer.finish(1)?;
    /// assert!(NpyStackWriter::new(&folder, 0).is_err()); // it is a stack by now
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn new(folder: impl AsRef<Path>, axis: usize) -> Result<NpyStackWriter> {
        NpyStackWriter::with_options(folder, axis, &WriteOptions::default())
    }

    /// As [`new`](NpyStackWriter::new), with the dtype, order and version of these options for all chunks.
    ///
    /// Strings need a dtype, such as `<U16`: else each chunk is as wide as its own longest.
    ///
    /// # Errors
    ///
    /// As [`new`](NpyStackWriter::new).
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let folder = dir.path().join("stack");
    /// use ndarray::array;
    /// use ndarray_io::{NpyStackWriter, WriteOptions};
    ///
    /// let options = WriteOptions::new().dtype("<U8".parse()?);
    /// let writer = NpyStackWriter::with_options(&folder, 0, &options)?;
    /// writer.write(0, &array!["Io"])?;
    /// writer.write(1, &array!["Europa", "Callisto"])?;
    /// assert_eq!(writer.finish(2)?.dtype(), &"<U8".parse()?);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn with_options(folder: impl AsRef<Path>, axis: usize, options: &WriteOptions) -> Result<NpyStackWriter> {
        let folder = folder.as_ref();
        fs::create_dir_all(folder).in_path(folder)?;
        if folder.join(INFO).exists() {
            let message = "is a finished stack already; remove it, or its `info`, to write another one";
            return Err(Error::new(ErrorKind::Argument, message).in_path(folder));
        }
        Ok(NpyStackWriter {
            folder: folder.to_owned(),
            axis,
            options: options.clone(),
        })
    }

    /// Writes the chunk of that number, counted from 0: whole, or not at all. One that is there is replaced.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Shape`] if the array has no such axis; else as [`write_npy`](crate::write_npy).
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let folder = dir.path().join("stack");
    /// use ndarray::array;
    /// use ndarray_io::NpyStackWriter;
    ///
    /// let writer = NpyStackWriter::new(&folder, 1)?;
    /// writer.write(1, &array![[3], [6]])?; // in any order
    /// writer.write(0, &array![[1, 2], [4, 5]])?;
    /// assert_eq!(writer.finish(2)?.shape(), [2, 3]);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn write<T: WriteNpyExt + ?Sized>(&self, chunk: usize, array: &T) -> Result<()> {
        let path = self.chunk_path(chunk);
        let header = array.npy_header(&self.options).in_path(&path)?;
        let (dtype, shape) = header.in_file();
        Info::new(dtype.clone(), shape.into_owned(), self.axis, Vec::new()).in_path(&path)?;
        // Known now: strings need not be measured again.
        self.options.clone().dtype(header.dtype).write_npy(path, array)
    }

    /// Where the chunk of that number is or will be: whatever writes `.npy` files can make it.
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let folder = dir.path().join("stack");
    /// use ndarray::array;
    /// use ndarray_io::{NpyStackWriter, WriteOptions};
    ///
    /// let writer = NpyStackWriter::new(&folder, 0)?;
    /// WriteOptions::new().atomic(false).write_npy(writer.chunk_path(0), &array![1.0])?;
    /// assert_eq!(writer.finish(1)?.shape(), [1]);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn chunk_path(&self, chunk: usize) -> PathBuf {
        chunk_path(&self.folder, chunk)
    }

    /// Checks that there are that many chunks, which fit together, and makes a stack of them.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Missing`] if one is not there; [`ErrorKind::Dtype`] or [`ErrorKind::Shape`] if one is other than
    /// the first one, lengths along the axis aside; [`ErrorKind::Truncated`] if one is not whole. The error names its
    /// path. [`ErrorKind::Argument`] if there are to be none.
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let folder = dir.path().join("stack");
    /// use ndarray::array;
    /// use ndarray_io::{ErrorKind, NpyStackWriter};
    ///
    /// let writer = NpyStackWriter::new(&folder, 0)?;
    /// writer.write(0, &array![1.0, 2.0])?;
    /// let error = writer.clone().finish(2).unwrap_err(); // another process is not done yet
    /// assert_eq!(error.kind(), ErrorKind::Missing);
    /// writer.write(1, &array![3.0])?;
    /// assert_eq!(writer.finish(2)?.chunks(), [2, 1]);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn finish(self, chunks: usize) -> Result<NpyStack> {
        let options = ReadOptions::default();
        let mut lengths = Vec::new();
        let mut first = None;
        for chunk in 0..chunks {
            let reader = open_chunk(&self.folder, chunk, chunks, &options)?;
            let header = reader.header();
            let path = self.chunk_path(chunk);
            let info = Info::new(header.dtype.clone(), header.shape.clone(), self.axis, Vec::new()).in_path(&path)?;
            lengths.push(header.shape[self.axis]);
            let Some(first) = &first else {
                first = Some(info.whole);
                continue;
            };
            if info.whole != *first {
                let mut expected = first.shape.clone();
                if let (Some(length), Some(&own)) = (expected.get_mut(self.axis), header.shape.get(self.axis)) {
                    *length = own;
                }
                return Err(wrong_chunk(header, &first.dtype, &expected, "chunk 0 is").in_path(&path));
            }
        }
        let whole = first.ok_or_else(|| {
            let message = "a stack of no chunks has no dtype; write one of length 0";
            Error::new(ErrorKind::Argument, message).in_path(&self.folder)
        })?;
        let info = Info::new(whole.dtype, whole.shape, self.axis, lengths).in_path(&self.folder)?;
        let path = self.folder.join(INFO);
        info.write(&path).in_path(&path)?;
        Ok(NpyStack {
            chunks: Chunks {
                folder: self.folder,
                info,
                options,
            },
        })
    }
}
