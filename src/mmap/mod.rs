//! Arrays mapped into memory, out of `.npy` files and out of files without a header.
#![allow(unsafe_code)]

mod npy;
mod raw;
#[cfg(feature = "stack")]
mod stack;

use std::fmt;
use std::fs::{File, OpenOptions};
use std::ops::{Deref, Range};
use std::path::{Path, PathBuf};

use memmap2::{Mmap, MmapMut, MmapOptions};
use ndarray::{ArrayView, ArrayViewMut, CowArray, Dimension};

pub use npy::{NpyMmap, NpyMmapMut};
pub use raw::{RawMmap, RawMmapMut};

use crate::element::{ViewElement, ViewMutElement};
use crate::error::{Context, Error, ErrorKind, Result};
use crate::npy::{Header, NpyReader, ReadOptions, view_data, view_data_mut};
use crate::storage::file::{FileWriter, Replace, allocate};

/// How a map will be used: a hint to the system, which changes nothing but the speed.
///
/// # Examples
///
/// ```
/// # let dir = tempfile::tempdir().unwrap();
/// # let path = dir.path().join("a.npy");
/// # ndarray_io::write_npy(&path, &ndarray::array![1.0, 2.0])?;
/// use ndarray::Ix1;
/// use ndarray_io::{Advice, NpyMmap};
///
/// // SAFETY: nobody changes or shortens the file while it is mapped.
/// let map = unsafe { NpyMmap::open(&path)? };
/// map.advise(Advice::Sequential)?;
/// assert_eq!(map.view::<f64, Ix1>()?.sum(), 3.0);
/// # Ok::<(), ndarray_io::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Advice {
    /// No particular way.
    #[default]
    Normal,
    /// From start to end: the system reads further ahead, and forgets sooner what was read.
    Sequential,
    /// Here and there: the system reads nothing ahead.
    Random,
    /// Soon, all of it: the system starts to read it.
    WillNeed,
}

/// How the file of a map is opened.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Access {
    Read,
    Write,
}

fn open(path: &Path, access: Access) -> Result<File> {
    let write = access == Access::Write;
    OpenOptions::new().read(true).write(write).open(path).in_path(path)
}

/// The bytes of an array in a mapped file.
struct Map<M> {
    /// Derefs to the array's data alone.
    map: M,
    header: Header,
    file: File,
    path: PathBuf,
    /// Where the data ends in the file, which must stay that long.
    end: u64,
}

impl Map<Mmap> {
    /// # Safety
    ///
    /// Nobody may change the array's data or shorten the file while the map lives.
    unsafe fn read_only(path: &Path, file: File, start: u64, header: Header) -> Result<Self> {
        // SAFETY: what the caller promised.
        Map::new(path, file, start, header, |options, file| unsafe { options.map(file) })
    }
}

impl Map<MmapMut> {
    /// # Safety
    ///
    /// Nobody else may use the array's data or shorten the file while the map lives.
    unsafe fn shared(path: &Path, file: File, start: u64, header: Header) -> Result<Self> {
        // SAFETY: what the caller promised.
        Map::new(path, file, start, header, |options, file| unsafe {
            options.map_mut(file)
        })
    }

    /// # Safety
    ///
    /// Nobody may change the array's data or shorten the file while the map lives.
    unsafe fn private(path: &Path, file: File, start: u64, header: Header) -> Result<Self> {
        // SAFETY: what the caller promised.
        Map::new(path, file, start, header, |options, file| unsafe {
            options.map_copy(file)
        })
    }

    /// Replaces the file by one of zeros, sparse where the file system can, whose first bytes are `head`.
    ///
    /// # Safety
    ///
    /// Nobody else may use the array's data or shorten the file while the map lives.
    unsafe fn create(path: &Path, head: &[u8], start: u64, header: Header) -> Result<Self> {
        use std::io::Write;
        let end = end(start, &header).in_path(path)?;
        // Renamed over the old file, not truncated: whoever maps that one goes on in peace.
        let mut writer = FileWriter::create(path, Replace::Atomic)?;
        writer.write_all(head).in_path(path)?;
        writer.file().set_len(end).in_path(path)?;
        let file = writer.file().try_clone().in_path(path)?;
        // SAFETY: what the caller promised.
        let map = unsafe { Map::shared(path, file, start, header)? };
        writer.commit()?;
        Ok(map)
    }

    fn view_mut<A: ViewMutElement, D: Dimension>(&mut self) -> Result<ArrayViewMut<'_, A, D>> {
        self.check_len()?;
        view_data_mut(&self.header, &mut self.map).in_path(&self.path)
    }

    fn flush(&self) -> Result<()> {
        self.map.flush().in_path(&self.path)
    }

    fn flush_range(&self, elements: Range<usize>) -> Result<()> {
        let itemsize = self.header.dtype.itemsize();
        let count = self.header.count()?;
        if elements.start > elements.end || elements.end > count {
            let (start, end) = (elements.start, elements.end);
            return Err(Error::new(
                ErrorKind::Argument,
                format!("elements {start}..{end} of an array of {count}"),
            ))
            .in_path(&self.path);
        }
        let len = (elements.end - elements.start) * itemsize;
        self.map.flush_range(elements.start * itemsize, len).in_path(&self.path)
    }

    fn reserve(&self) -> Result<()> {
        allocate(&self.file, self.end).map(drop).in_path(&self.path)
    }
}

impl<M: Deref<Target = [u8]>> Map<M> {
    fn new(
        path: &Path,
        file: File,
        start: u64,
        header: Header,
        map: impl FnOnce(&MmapOptions, &File) -> std::io::Result<M>,
    ) -> Result<Self> {
        let end = end(start, &header).in_path(path)?;
        check_len(path, &file, start, end, &header)?;
        let mut options = MmapOptions::new();
        options.offset(start).len(header.nbytes()?);
        let map = map(&options, &file).in_path(path)?;
        Ok(Map {
            map,
            header,
            file,
            path: path.to_owned(),
            end,
        })
    }

    /// Whether the file is still as long as the map needs: to touch what is gone kills the process (SIGBUS).
    fn check_len(&self) -> Result<()> {
        check_len(
            &self.path,
            &self.file,
            self.end - self.map.len() as u64,
            self.end,
            &self.header,
        )
    }

    fn view<A: ViewElement, D: Dimension>(&self) -> Result<ArrayView<'_, A, D>> {
        self.check_len()?;
        view_data(&self.header, &self.map).in_path(&self.path)
    }

    fn view_or_read<A: ViewElement, D: Dimension>(&self) -> Result<CowArray<'_, A, D>> {
        match self.view() {
            Err(error) if error.kind() == ErrorKind::Layout => {
                let reader = NpyReader::of_data(
                    &self.map[..],
                    self.header.clone(),
                    Some(self.map.len() as u64),
                    &ReadOptions::default(),
                );
                Ok(CowArray::from(reader.read::<A, D>().in_path(&self.path)?))
            }
            view => Ok(CowArray::from(view?)),
        }
    }
}

impl<M> fmt::Debug for Map<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} of {}", self.header, self.path.display())
    }
}

/// Where in its file an array that starts at `start` ends.
fn end(start: u64, header: &Header) -> Result<u64> {
    if header.dtype.has_object() {
        return Err(Error::new(
            ErrorKind::Object,
            "an array of Python objects is a pickle in its file: it cannot be mapped",
        ));
    }
    start
        .checked_add(header.nbytes()? as u64)
        .filter(|&end| i64::try_from(end).is_ok())
        .ok_or_else(|| {
            Error::new(
                ErrorKind::Shape,
                format!("an array at byte {start} that ends past the largest file"),
            )
        })
}

fn check_len(path: &Path, file: &File, start: u64, end: u64, header: &Header) -> Result<()> {
    let len = file.metadata().in_path(path)?.len();
    if len >= end {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Truncated,
        format!(
            "file of {len} bytes is too short to be mapped: an array of shape {:?}, dtype {} at byte {start} ends at {end}",
            header.shape, header.dtype
        ),
    ))
    .in_path(path)
}

/// The methods that all maps share.
macro_rules! map_methods {
    () => {
        /// What the array is: its dtype, order and shape.
        ///
        /// # Examples
        ///
        /// ```
        /// # let dir = tempfile::tempdir().unwrap();
        /// # let path = dir.path().join("a.npy");
        /// # ndarray_io::write_npy(&path, &ndarray::array![1.0, 2.0])?;
        /// // SAFETY: nobody changes or shortens the file while it is mapped.
        /// let map = unsafe { ndarray_io::NpyMmap::open(&path)? };
        /// assert_eq!(map.header().nbytes()?, 16);
        /// # Ok::<(), ndarray_io::Error>(())
        /// ```
        pub fn header(&self) -> &Header {
            &self.0.header
        }

        /// The dtype of the elements.
        ///
        /// # Examples
        ///
        /// ```
        /// # let dir = tempfile::tempdir().unwrap();
        /// # let path = dir.path().join("a.npy");
        /// # ndarray_io::write_npy(&path, &ndarray::array![1.0, 2.0])?;
        /// // SAFETY: nobody changes or shortens the file while it is mapped.
        /// let map = unsafe { ndarray_io::NpyMmap::open(&path)? };
        /// assert_eq!(map.dtype(), &ndarray_io::Dtype::of::<f64>()?);
        /// # Ok::<(), ndarray_io::Error>(())
        /// ```
        pub fn dtype(&self) -> &Dtype {
            &self.0.header.dtype
        }

        /// The shape of the array.
        ///
        /// # Examples
        ///
        /// ```
        /// # let dir = tempfile::tempdir().unwrap();
        /// # let path = dir.path().join("a.npy");
        /// # ndarray_io::write_npy(&path, &ndarray::array![[1.0, 2.0]])?;
        /// // SAFETY: nobody changes or shortens the file while it is mapped.
        /// let map = unsafe { ndarray_io::NpyMmap::open(&path)? };
        /// assert_eq!(map.shape(), [1, 2]);
        /// # Ok::<(), ndarray_io::Error>(())
        /// ```
        pub fn shape(&self) -> &[usize] {
            &self.0.header.shape
        }

        /// The array's bytes in the map.
        ///
        /// # Examples
        ///
        /// ```
        /// # let dir = tempfile::tempdir().unwrap();
        /// # let path = dir.path().join("a.npy");
        /// # ndarray_io::write_npy(&path, &ndarray::array![1_u8, 2])?;
        /// // SAFETY: nobody changes or shortens the file while it is mapped.
        /// let map = unsafe { ndarray_io::NpyMmap::open(&path)? };
        /// assert_eq!(map.as_bytes(), [1, 2]);
        /// # Ok::<(), ndarray_io::Error>(())
        /// ```
        pub fn as_bytes(&self) -> &[u8] {
            &self.0.map
        }

        /// Views the array in the map; nothing is read before it is touched.
        ///
        /// `A` is a scalar, or a struct that is `repr(C)`, whose bytes `bytemuck` can check, and whose fields lie as
        /// the file's do. A view of `bool` looks at every byte, for Rust allows 0 and 1 only.
        ///
        /// # Errors
        ///
        /// [`ErrorKind::Dtype`], [`ErrorKind::Shape`] if the array is another one; [`ErrorKind::Layout`] if its data
        /// is misaligned, in foreign byte order, or of records that Rust lays out otherwise;
        /// [`ErrorKind::Truncated`] if the file was shortened since it was mapped.
        ///
        /// [`ErrorKind::Dtype`]: crate::ErrorKind::Dtype
        /// [`ErrorKind::Shape`]: crate::ErrorKind::Shape
        /// [`ErrorKind::Layout`]: crate::ErrorKind::Layout
        /// [`ErrorKind::Truncated`]: crate::ErrorKind::Truncated
        ///
        /// # Examples
        ///
        /// ```
        /// # let dir = tempfile::tempdir().unwrap();
        /// # let path = dir.path().join("a.npy");
        /// # ndarray_io::write_npy(&path, &ndarray::array![[1.0, 2.0]])?;
        /// use ndarray::{Ix2, array};
        ///
        /// // SAFETY: nobody changes or shortens the file while it is mapped.
        /// let map = unsafe { ndarray_io::NpyMmap::open(&path)? };
        /// assert_eq!(map.view::<f64, Ix2>()?, array![[1.0, 2.0]]);
        /// # Ok::<(), ndarray_io::Error>(())
        /// ```
        pub fn view<A: ViewElement, D: Dimension>(&self) -> Result<ArrayView<'_, A, D>> {
            self.0.view()
        }

        /// Views the array where it lies if it can be viewed, else reads it into memory: one that is misaligned, in
        /// foreign byte order, or of records laid out otherwise.
        ///
        /// # Errors
        ///
        /// As `view`, but for [`ErrorKind::Layout`](crate::ErrorKind::Layout).
        ///
        /// # Examples
        ///
        /// ```
        /// # let dir = tempfile::tempdir().unwrap();
        /// # let path = dir.path().join("a.npy");
        /// # ndarray_io::WriteOptions::new().dtype(">f8".parse()?).write_npy(&path, &ndarray::array![1.0, 2.0])?;
        /// use ndarray::{Ix1, array};
        ///
        /// // SAFETY: nobody changes or shortens the file while it is mapped.
        /// let map = unsafe { ndarray_io::NpyMmap::open(&path)? }; // of big-endian numbers
        /// assert_eq!(map.view_or_read::<f64, Ix1>()?, array![1.0, 2.0]);
        /// # Ok::<(), ndarray_io::Error>(())
        /// ```
        pub fn view_or_read<A: ViewElement, D: Dimension>(&self) -> Result<CowArray<'_, A, D>> {
            self.0.view_or_read()
        }

        /// Tells the system how the map will be used; systems other than Unix do not listen.
        ///
        /// # Errors
        ///
        /// [`ErrorKind::Io`](crate::ErrorKind::Io) if the system refuses.
        ///
        /// # Examples
        ///
        /// ```
        /// # let dir = tempfile::tempdir().unwrap();
        /// # let path = dir.path().join("a.npy");
        /// # ndarray_io::write_npy(&path, &ndarray::array![1.0, 2.0])?;
        /// // SAFETY: nobody changes or shortens the file while it is mapped.
        /// let map = unsafe { ndarray_io::NpyMmap::open(&path)? };
        /// map.advise(ndarray_io::Advice::WillNeed)?;
        /// # Ok::<(), ndarray_io::Error>(())
        /// ```
        pub fn advise(&self, advice: Advice) -> Result<()> {
            #[cfg(unix)]
            self.0.map.advise(advice.into()).in_path(&self.0.path)?;
            let _ = advice;
            Ok(())
        }
    };
}

/// The methods that the maps share that can be written to.
macro_rules! map_mut_methods {
    () => {
        /// Views the array in the map mutably; what is assigned to the view is the file's, unless the map is private.
        ///
        /// # Errors
        ///
        /// As `view`.
        ///
        /// # Examples
        ///
        /// ```
        /// # let dir = tempfile::tempdir().unwrap();
        /// # let path = dir.path().join("a.npy");
        /// # ndarray_io::write_npy(&path, &ndarray::array![1.0, 2.0])?;
        /// use ndarray::Ix1;
        ///
        /// // SAFETY: nobody else uses the file while it is mapped.
        /// let mut map = unsafe { ndarray_io::NpyMmapMut::open(&path)? };
        /// map.view_mut::<f64, Ix1>()?.fill(0.5);
        /// assert_eq!(map.view::<f64, Ix1>()?.sum(), 1.0);
        /// # Ok::<(), ndarray_io::Error>(())
        /// ```
        pub fn view_mut<A: ViewMutElement, D: Dimension>(&mut self) -> Result<ArrayViewMut<'_, A, D>> {
            self.0.view_mut()
        }

        /// Writes what was changed to the disk, and waits for it; nothing for a private map.
        ///
        /// Other processes see changes at once, and the system writes them in its own time, also when this process
        /// dies: this is for the power that may fail.
        ///
        /// # Errors
        ///
        /// [`ErrorKind::Io`](crate::ErrorKind::Io) if the disk fails.
        ///
        /// # Examples
        ///
        /// ```
        /// # let dir = tempfile::tempdir().unwrap();
        /// # let path = dir.path().join("a.npy");
        /// # ndarray_io::write_npy(&path, &ndarray::array![1.0, 2.0])?;
        /// use ndarray::Ix1;
        ///
        /// // SAFETY: nobody else uses the file while it is mapped.
        /// let mut map = unsafe { ndarray_io::NpyMmapMut::open(&path)? };
        /// map.view_mut::<f64, Ix1>()?[1] = 7.0;
        /// map.flush()?; // from here on, the disk has it
        /// # Ok::<(), ndarray_io::Error>(())
        /// ```
        pub fn flush(&self) -> Result<()> {
            self.0.flush()
        }

        /// As `flush`, for the elements of these indices, counted in the order of the file.
        ///
        /// # Errors
        ///
        /// [`ErrorKind::Argument`](crate::ErrorKind::Argument) if there are not so many;
        /// [`ErrorKind::Io`](crate::ErrorKind::Io) if the disk fails.
        ///
        /// # Examples
        ///
        /// ```
        /// # let dir = tempfile::tempdir().unwrap();
        /// # let path = dir.path().join("a.npy");
        /// # ndarray_io::write_npy(&path, &ndarray::Array1::<f64>::zeros(1000))?;
        /// use ndarray::{Ix1, s};
        ///
        /// // SAFETY: nobody else uses the file while it is mapped.
        /// let mut map = unsafe { ndarray_io::NpyMmapMut::open(&path)? };
        /// map.view_mut::<f64, Ix1>()?.slice_mut(s![10..20]).fill(1.0);
        /// map.flush_range(10..20)?;
        /// # Ok::<(), ndarray_io::Error>(())
        /// ```
        pub fn flush_range(&self, elements: Range<usize>) -> Result<()> {
            self.0.flush_range(elements)
        }

        /// Allots the disk's room to all of a sparse file, so that a full disk is an error now.
        ///
        /// Where there is no room for a page that is written to later, the system kills the process (SIGBUS). On
        /// systems other than Linux this does nothing.
        ///
        /// # Errors
        ///
        /// [`ErrorKind::Io`](crate::ErrorKind::Io) if there is no room.
        ///
        /// # Examples
        ///
        /// ```
        /// # let dir = tempfile::tempdir().unwrap();
        /// # let path = dir.path().join("a.npy");
        /// use ndarray::Ix1;
        /// use ndarray_io::NpyMmapMut;
        ///
        /// // SAFETY: nobody else uses the file while it is mapped.
        /// let map = unsafe { NpyMmapMut::create::<f64, Ix1>(&path, 1000)? };
        /// map.reserve()?;
        /// # Ok::<(), ndarray_io::Error>(())
        /// ```
        pub fn reserve(&self) -> Result<()> {
            self.0.reserve()
        }
    };
}
use {map_methods, map_mut_methods};

#[cfg(unix)]
impl From<Advice> for memmap2::Advice {
    fn from(advice: Advice) -> Self {
        match advice {
            Advice::Normal => memmap2::Advice::Normal,
            Advice::Sequential => memmap2::Advice::Sequential,
            Advice::Random => memmap2::Advice::Random,
            Advice::WillNeed => memmap2::Advice::WillNeed,
        }
    }
}
