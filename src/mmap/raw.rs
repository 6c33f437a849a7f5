//! Maps of files without a header.

use std::ops::Range;
use std::path::Path;

use memmap2::{Mmap, MmapMut};
use ndarray::{ArrayView, ArrayViewMut, CowArray, Dimension};

use super::{Access, Advice, Map, end, map_methods, map_mut_methods, open};
use crate::dtype::Dtype;
use crate::element::{ViewElement, ViewMutElement};
use crate::error::{Context, Result};
use crate::npy::Header;
use crate::raw::RawLayout;

/// A file without a header mapped into memory, to read: `np.memmap(path, dtype, "r", offset, shape, order)`.
///
/// # Examples
///
/// ```
/// # let dir = tempfile::tempdir().unwrap();
/// # let path = dir.path().join("a.raw");
/// use ndarray::{Ix2, array};
/// use ndarray_io::{RawLayout, RawMmap, write_raw};
///
/// write_raw(&path, &array![9.0_f32, 1.0, 2.0, 3.0, 4.0])?;
/// let layout = RawLayout::of::<f32>()?.offset(4).shape((2, 2));
/// // SAFETY: nobody changes or shortens the file while it is mapped.
/// let map = unsafe { RawMmap::open(&path, &layout)? };
/// assert_eq!(map.view::<f32, Ix2>()?, array![[1.0, 2.0], [3.0, 4.0]]);
/// # Ok::<(), ndarray_io::Error>(())
/// ```
#[derive(Debug)]
pub struct RawMmap(Map<Mmap>);

impl RawMmap {
    /// Maps what the layout describes of the file at `path`: without a shape, all that follows the offset.
    ///
    /// # Safety
    ///
    /// As for [`NpyMmap::open`](crate::NpyMmap::open).
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Io`](crate::ErrorKind::Io) if the file cannot be opened or mapped;
    /// [`ErrorKind::Truncated`](crate::ErrorKind::Truncated) if it is too short;
    /// [`ErrorKind::Argument`](crate::ErrorKind::Argument) if, without a shape, it does not hold whole elements.
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let path = dir.path().join("a.npy");
    /// # std::fs::write(&path, [7; 10])?;
    /// use ndarray::{Ix2, array};
    /// use ndarray_io::{RawLayout, RawMmap};
    ///
    /// let layout = RawLayout::of::<u8>()?.shape((2, 2)).offset(6);
    /// // SAFETY: nobody changes or shortens the file while it is mapped.
    /// let map = unsafe { RawMmap::open(&path, &layout)? };
    /// assert_eq!(map.view::<u8, Ix2>()?, array![[7, 7], [7, 7]]);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub unsafe fn open<P: AsRef<Path>>(path: P, layout: &RawLayout) -> Result<RawMmap> {
        let path = path.as_ref();
        let file = open(path, Access::Read)?;
        let len = file.metadata().in_path(path)?.len();
        let header = layout.header(Some(len)).in_path(path)?;
        // SAFETY: what the caller promised.
        let map = unsafe { Map::read_only(path, file, layout.start(), header)? };
        Ok(RawMmap(map))
    }

    map_methods!();
}

/// A file without a header mapped into memory, to read and write.
///
/// | `np.memmap` | here | a file that is too short | what is written goes to |
/// |---|---|---|---|
/// | mode `r` | [`RawMmap::open`] | is an error | |
/// | mode `r+` | [`RawMmapMut::open`] | grows, with zeros | the file |
/// | mode `w+` | [`RawMmapMut::create`] | is replaced | the file |
/// | mode `c` | [`RawMmapMut::open_private`] | is an error | memory |
///
/// # Examples
///
/// ```
/// # let dir = tempfile::tempdir().unwrap();
/// # let path = dir.path().join("a.raw");
/// use ndarray::{Ix1, array};
/// use ndarray_io::{RawLayout, RawMmapMut, read_raw};
///
/// let layout = RawLayout::of::<i16>()?.shape(3);
/// // SAFETY: nobody else uses the file while it is mapped.
/// let mut map = unsafe { RawMmapMut::create(&path, &layout)? };
/// map.view_mut::<i16, Ix1>()?[1] = 7;
/// drop(map);
/// assert_eq!(read_raw::<i16>(&path, None, 0)?, array![0, 7, 0]);
/// # Ok::<(), ndarray_io::Error>(())
/// ```
#[derive(Debug)]
pub struct RawMmapMut(Map<MmapMut>);

impl RawMmapMut {
    /// Maps what the layout describes of the file at `path`, which grows to that size if it is shorter; what is
    /// written to the map is written to the file.
    ///
    /// # Safety
    ///
    /// As for [`NpyMmapMut::open`](crate::NpyMmapMut::open).
    ///
    /// # Errors
    ///
    /// As [`RawMmap::open`].
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let path = dir.path().join("a.npy");
    /// # std::fs::write(&path, [0; 4])?;
    /// use ndarray::Ix1;
    /// use ndarray_io::{RawLayout, RawMmapMut};
    ///
    /// // SAFETY: nobody else uses the file while it is mapped.
    /// let mut map = unsafe { RawMmapMut::open(&path, &RawLayout::of::<u8>()?.shape(6))? };
    /// map.view_mut::<u8, Ix1>()?.fill(1);
    /// drop(map);
    /// assert_eq!(std::fs::read(&path)?, [1; 6]); // it grew
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub unsafe fn open<P: AsRef<Path>>(path: P, layout: &RawLayout) -> Result<RawMmapMut> {
        let path = path.as_ref();
        let file = open(path, Access::Write)?;
        let len = file.metadata().in_path(path)?.len();
        let header = layout.header(Some(len)).in_path(path)?;
        let end = end(layout.start(), &header).in_path(path)?;
        if len < end {
            file.set_len(end).in_path(path)?;
        }
        // SAFETY: what the caller promised.
        let map = unsafe { Map::shared(path, file, layout.start(), header)? };
        Ok(RawMmapMut(map))
    }

    /// Maps what the layout describes of the file at `path`, which may be read-only; what is written to the map stays
    /// in memory.
    ///
    /// # Safety
    ///
    /// As for [`NpyMmap::open`](crate::NpyMmap::open).
    ///
    /// # Errors
    ///
    /// As [`RawMmap::open`].
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let path = dir.path().join("a.npy");
    /// # std::fs::write(&path, [0; 4])?;
    /// use ndarray::Ix1;
    /// use ndarray_io::{RawLayout, RawMmapMut};
    ///
    /// // SAFETY: nobody changes or shortens the file while it is mapped.
    /// let mut map = unsafe { RawMmapMut::open_private(&path, &RawLayout::of::<u8>()?)? };
    /// map.view_mut::<u8, Ix1>()?.fill(1);
    /// drop(map);
    /// assert_eq!(std::fs::read(&path)?, [0; 4]); // the file is as it was
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub unsafe fn open_private<P: AsRef<Path>>(path: P, layout: &RawLayout) -> Result<RawMmapMut> {
        let path = path.as_ref();
        let file = open(path, Access::Read)?;
        let len = file.metadata().in_path(path)?.len();
        let header = layout.header(Some(len)).in_path(path)?;
        // SAFETY: what the caller promised.
        let map = unsafe { Map::private(path, file, layout.start(), header)? };
        Ok(RawMmapMut(map))
    }

    /// Makes a file of zeros at `path`, sparse where the file system can, and maps it. A file that is there is replaced
    /// atomically.
    ///
    /// # Safety
    ///
    /// As for [`NpyMmapMut::open`](crate::NpyMmapMut::open).
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Argument`](crate::ErrorKind::Argument) if the layout has no shape;
    /// [`ErrorKind::Io`](crate::ErrorKind::Io) if the file cannot be made or mapped.
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let path = dir.path().join("a.npy");
    /// use ndarray::Ix1;
    /// use ndarray_io::{RawLayout, RawMmapMut};
    ///
    /// // SAFETY: nobody else uses the file while it is mapped.
    /// let mut map = unsafe { RawMmapMut::create(&path, &RawLayout::of::<u16>()?.shape(3))? };
    /// map.view_mut::<u16, Ix1>()?[2] = 1;
    /// drop(map);
    /// assert_eq!(std::fs::read(&path)?.len(), 6);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub unsafe fn create<P: AsRef<Path>>(path: P, layout: &RawLayout) -> Result<RawMmapMut> {
        let path = path.as_ref();
        let header: Header = layout.header(None).in_path(path)?;
        // SAFETY: what the caller promised.
        let map = unsafe { Map::create(path, &[], layout.start(), header)? };
        Ok(RawMmapMut(map))
    }

    map_methods!();
    map_mut_methods!();
}
