//! Maps of `.npy` files.

use std::fs::File;
use std::io::BufReader;
use std::ops::Range;
use std::path::Path;

use memmap2::{Mmap, MmapMut};
use ndarray::{ArrayView, ArrayViewMut, CowArray, Dimension, IntoDimension, Order};

use super::{Access, Advice, Map, map_methods, map_mut_methods, open};
use crate::dtype::Dtype;
use crate::element::{ViewElement, ViewMutElement};
use crate::error::{Context, Result};
use crate::npy::{Header, dtype_in_memory};

/// A `.npy` file mapped into memory, to read: arrays larger than memory, of which only what is touched is read.
///
/// It is `np.load(path, mmap_mode="r")`.
///
/// # Examples
///
/// ```
/// # let dir = tempfile::tempdir().unwrap();
/// # let path = dir.path().join("a.npy");
/// # ndarray_io::write_npy(&path, &ndarray::array![[1.0, 2.0], [3.0, 4.0]])?;
/// use ndarray::{Ix2, array};
/// use ndarray_io::NpyMmap;
///
/// // SAFETY: nobody changes or shortens the file while it is mapped.
/// let map = unsafe { NpyMmap::open(&path)? };
/// let a = map.view::<f64, Ix2>()?;
/// assert_eq!(a.column(1), array![2.0, 4.0]);
/// # Ok::<(), ndarray_io::Error>(())
/// ```
#[derive(Debug)]
pub struct NpyMmap(Map<Mmap>);

impl NpyMmap {
    /// Maps the file at `path`.
    ///
    /// # Safety
    ///
    /// As long as the map lives, nobody, in this process or another, may
    ///
    /// - change the array's data in the file: a view promises that it does not change;
    /// - shorten the file: to touch what is no more there kills the process (SIGBUS).
    ///
    /// To replace the file by renaming another one over it, as [`write_npy`](crate::write_npy) does, is no harm.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Io`](crate::ErrorKind::Io) if the file cannot be opened or mapped; as
    /// [`Header::read`] if it has no header; [`ErrorKind::Truncated`](crate::ErrorKind::Truncated) if it is shorter
    /// than its header claims; [`ErrorKind::Object`](crate::ErrorKind::Object) for an array of Python objects.
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let path = dir.path().join("a.npy");
    /// # ndarray_io::write_npy(&path, &ndarray::array![1.0, 2.0])?;
    /// use ndarray_io::NpyMmap;
    ///
    /// // SAFETY: nobody changes or shortens the file while it is mapped.
    /// let map = unsafe { NpyMmap::open(&path)? };
    /// assert_eq!(map.shape(), [2]);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub unsafe fn open<P: AsRef<Path>>(path: P) -> Result<NpyMmap> {
        let path = path.as_ref();
        let (file, start, header) = read_header(path, Access::Read)?;
        // SAFETY: what the caller promised.
        Ok(NpyMmap(unsafe { Map::read_only(path, file, start, header)? }))
    }

    map_methods!();
}

/// A `.npy` file mapped into memory, to read and write.
///
/// | NumPy | here |
/// |---|---|
/// | `open_memmap(path, "r+")` | [`NpyMmapMut::open`] |
/// | `open_memmap(path, "w+", dtype, shape)` | [`NpyMmapMut::create`] |
/// | `open_memmap(path, "c")` | [`NpyMmapMut::open_private`] |
///
/// # Examples
///
/// ```
/// # let dir = tempfile::tempdir().unwrap();
/// # let path = dir.path().join("a.npy");
/// use ndarray::{Ix2, s};
/// use ndarray_io::{NpyMmapMut, NpyReader};
///
/// // 80 GB of zeros that take no room on the disk.
/// // SAFETY: nobody else uses the file while it is mapped.
/// let mut map = unsafe { NpyMmapMut::create::<f64, Ix2>(&path, (10_000_000, 1000))? };
/// map.view_mut::<f64, Ix2>()?.slice_mut(s![5_000_000, 10..20]).fill(1.0);
/// map.flush()?;
///
/// let row = NpyReader::open(&path)?.read_slice::<f64, _>(s![5_000_000, ..])?;
/// assert_eq!(row.sum(), 10.0);
/// # Ok::<(), ndarray_io::Error>(())
/// ```
#[derive(Debug)]
pub struct NpyMmapMut(Map<MmapMut>);

impl NpyMmapMut {
    /// Maps the file at `path`; what is written to the map is written to the file.
    ///
    /// # Safety
    ///
    /// As long as the map lives, nobody else, in this process or another, may
    ///
    /// - use the array's data in the file, if only to read it: a mutable view promises that it is the only one;
    /// - shorten the file: to touch what is no more there kills the process (SIGBUS).
    ///
    /// # Errors
    ///
    /// As [`NpyMmap::open`]. A file that is shorter than its header claims is an error here too, where NumPy would
    /// fill it up with zeros.
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let path = dir.path().join("a.npy");
    /// # ndarray_io::write_npy(&path, &ndarray::array![1.0, 2.0])?;
    /// use ndarray::{Array1, Ix1, array};
    /// use ndarray_io::{NpyMmapMut, read_npy};
    ///
    /// // SAFETY: nobody else uses the file while it is mapped.
    /// let mut map = unsafe { NpyMmapMut::open(&path)? };
    /// map.view_mut::<f64, Ix1>()?[0] = 5.0;
    /// drop(map);
    /// assert_eq!(read_npy::<_, Array1<f64>>(&path)?, array![5.0, 2.0]);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub unsafe fn open<P: AsRef<Path>>(path: P) -> Result<NpyMmapMut> {
        let path = path.as_ref();
        let (file, start, header) = read_header(path, Access::Write)?;
        // SAFETY: what the caller promised.
        Ok(NpyMmapMut(unsafe { Map::shared(path, file, start, header)? }))
    }

    /// Maps the file at `path`, which may be read-only; what is written to the map stays in memory.
    ///
    /// # Safety
    ///
    /// As for [`NpyMmap::open`].
    ///
    /// # Errors
    ///
    /// As [`NpyMmap::open`].
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let path = dir.path().join("a.npy");
    /// # ndarray_io::write_npy(&path, &ndarray::array![1.0, 2.0])?;
    /// use ndarray::{Array1, Ix1, array};
    /// use ndarray_io::{NpyMmapMut, read_npy};
    ///
    /// // SAFETY: nobody changes or shortens the file while it is mapped.
    /// let mut map = unsafe { NpyMmapMut::open_private(&path)? };
    /// map.view_mut::<f64, Ix1>()?[0] = 5.0;
    /// assert_eq!(map.view::<f64, Ix1>()?, array![5.0, 2.0]);
    /// assert_eq!(read_npy::<_, Array1<f64>>(&path)?, array![1.0, 2.0]);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub unsafe fn open_private<P: AsRef<Path>>(path: P) -> Result<NpyMmapMut> {
        let path = path.as_ref();
        let (file, start, header) = read_header(path, Access::Read)?;
        // SAFETY: what the caller promised.
        Ok(NpyMmapMut(unsafe { Map::private(path, file, start, header)? }))
    }

    /// Makes a file of zeros at `path`, in C order and sparse where the file system can, and maps it. A file that is
    /// there is replaced atomically.
    ///
    /// What is written later needs room on the disk; see [`reserve`](NpyMmapMut::reserve).
    ///
    /// # Safety
    ///
    /// As for [`NpyMmapMut::open`].
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Io`](crate::ErrorKind::Io) if the file cannot be made or mapped;
    /// [`ErrorKind::Layout`](crate::ErrorKind::Layout) if `A` is a struct whose fields serde does not see as they are;
    /// [`ErrorKind::Shape`](crate::ErrorKind::Shape) if the array is too large for a file.
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let path = dir.path().join("a.npy");
    /// use ndarray::Ix2;
    /// use ndarray_io::{NpyMmapMut, read_npy};
    ///
    /// // SAFETY: nobody else uses the file while it is mapped.
    /// let mut map = unsafe { NpyMmapMut::create::<f32, Ix2>(&path, (3, 2))? };
    /// map.view_mut::<f32, Ix2>()?.row_mut(1).fill(1.0);
    /// drop(map);
    /// let a: ndarray::Array2<f32> = read_npy(&path)?;
    /// assert_eq!(a.sum(), 2.0);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub unsafe fn create<A: ViewMutElement, D: Dimension>(
        path: impl AsRef<Path>,
        shape: impl IntoDimension<Dim = D>,
    ) -> Result<NpyMmapMut> {
        let shape = shape.into_dimension().slice().to_vec();
        let header = Header::new(dtype_in_memory::<A>()?, Order::RowMajor, shape);
        // SAFETY: what the caller promised.
        unsafe { NpyMmapMut::create_with(path, header) }
    }

    /// As [`create`](NpyMmapMut::create), for an array of any dtype and order.
    ///
    /// # Safety
    ///
    /// As for [`NpyMmapMut::open`].
    ///
    /// # Errors
    ///
    /// As [`create`](NpyMmapMut::create).
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let path = dir.path().join("a.npy");
    /// use ndarray::{Ix2, Order};
    /// use ndarray_io::{Header, NpyMmapMut};
    ///
    /// let header = Header::new("<f4".parse()?, Order::ColumnMajor, [2, 3]);
    /// // SAFETY: nobody else uses the file while it is mapped.
    /// let map = unsafe { NpyMmapMut::create_with(&path, header)? };
    /// assert_eq!(map.view::<f32, Ix2>()?.strides(), [1, 2]);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub unsafe fn create_with(path: impl AsRef<Path>, header: Header) -> Result<NpyMmapMut> {
        let path = path.as_ref();
        let head = header.to_bytes(None).in_path(path)?;
        // SAFETY: what the caller promised.
        let map = unsafe { Map::create(path, &head, head.len() as u64, header)? };
        Ok(NpyMmapMut(map))
    }

    map_methods!();
    map_mut_methods!();
}

/// The file, where its data starts, and its header.
fn read_header(path: &Path, access: Access) -> Result<(File, u64, Header)> {
    let file = open(path, access)?;
    // One call for the whole of most headers.
    let header = Header::read(&mut BufReader::with_capacity(512, &file)).in_path(path)?;
    let start = header.data_offset().unwrap_or(0);
    Ok((file, start, header))
}
