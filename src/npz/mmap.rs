//! Archives mapped into memory.
#![allow(unsafe_code)]

use std::fs::File;
use std::io::Cursor;
use std::path::{Path, PathBuf};

use memmap2::{Mmap, MmapOptions};
use ndarray::{ArrayView, CowArray, Dimension};

use super::member::{Member, Source, Tools, read_array, read_header, read_member};
use super::read::{key, locate, missing};
use super::zip::{Directory, STORED};
use crate::element::ViewElement;
use crate::error::{Context, Error, ErrorKind, Result};
use crate::npy::{Header, ReadOptions, view_data};

/// A `.npz` archive mapped into memory: stored arrays are viewed in place, however large they are.
///
/// Opening reads the archive's directory only, and a view touches the array's header only; so the CRC of the data is
/// not checked: [`NpzReader`](crate::NpzReader) does that. [`NpzWriter`](crate::NpzWriter) aligns its stored members
/// for views. NumPy's are rarely aligned: [`view_or_read`](NpzMmap::view_or_read) takes those too.
///
/// # Examples
///
/// ```
/// # let dir = tempfile::tempdir().unwrap();
/// # let path = dir.path().join("a.npz");
/// # let mut npz = ndarray_io::NpzWriter::create(&path)?;
/// # npz.add_array("weights", &ndarray::array![[1.0, 2.0]])?;
/// # npz.finish()?;
/// use ndarray::{Ix2, array};
/// use ndarray_io::NpzMmap;
///
/// // SAFETY: nobody changes or shortens the file while it is mapped.
/// let npz = unsafe { NpzMmap::open(&path)? };
/// let weights = npz.view::<f64, Ix2>("weights")?;
/// assert_eq!(weights, array![[1.0, 2.0]]);
/// # Ok::<(), ndarray_io::Error>(())
/// ```
pub struct NpzMmap {
    map: Mmap,
    directory: Directory,
    path: PathBuf,
}

impl NpzMmap {
    /// Maps the archive at `path`.
    ///
    /// # Safety
    ///
    /// As long as the map lives, nobody, in this process or another, may
    ///
    /// - change the archive's data: a view promises that it does not change;
    /// - shorten the file: to touch what is no more there kills the process (SIGBUS).
    ///
    /// To replace the file by renaming another one over it, as [`NpzWriter::create`](crate::NpzWriter::create) does,
    /// is no harm.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Io`] if the file cannot be opened or mapped; else as [`NpzReader::new`](crate::NpzReader::new).
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let path = dir.path().join("a.npz");
    /// # let mut npz = ndarray_io::NpzWriter::create(&path)?;
    /// # npz.add_array("x", &ndarray::array![1.0, 2.0])?;
    /// # npz.finish()?;
    /// use ndarray_io::NpzMmap;
    ///
    /// // SAFETY: nobody changes or shortens the file while it is mapped.
    /// let npz = unsafe { NpzMmap::open(&path)? };
    /// assert_eq!(npz.len(), 1);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub unsafe fn open<P: AsRef<Path>>(path: P) -> Result<NpzMmap> {
        let path = path.as_ref();
        let file = File::open(path).in_path(path)?;
        // SAFETY: what the caller promised.
        let map = unsafe { MmapOptions::new().map(&file) }.in_path(path)?;
        let directory = Directory::read(&mut Cursor::new(&map[..])).in_path(path)?;
        Ok(NpzMmap {
            map,
            directory,
            path: path.to_owned(),
        })
    }

    /// How many members there are.
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let path = dir.path().join("a.npz");
    /// # let mut npz = ndarray_io::NpzWriter::create(&path)?;
    /// # npz.add_array("x", &ndarray::array![1.0, 2.0])?;
    /// # npz.finish()?;
    /// // SAFETY: nobody changes or shortens the file while it is mapped.
    /// let npz = unsafe { ndarray_io::NpzMmap::open(&path)? };
    /// assert_eq!(npz.len(), 1);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn len(&self) -> usize {
        self.directory.entries.len()
    }

    /// Whether there is no member at all.
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let path = dir.path().join("a.npz");
    /// # ndarray_io::NpzWriter::create(&path)?.finish()?;
    /// // SAFETY: nobody changes or shortens the file while it is mapped.
    /// let npz = unsafe { ndarray_io::NpzMmap::open(&path)? };
    /// assert!(npz.is_empty());
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The members' names less `.npy`, in the order of the archive.
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let path = dir.path().join("a.npz");
    /// # let mut npz = ndarray_io::NpzWriter::create(&path)?;
    /// # npz.add_array("x", &ndarray::array![1.0, 2.0])?;
    /// # npz.finish()?;
    /// // SAFETY: nobody changes or shortens the file while it is mapped.
    /// let npz = unsafe { ndarray_io::NpzMmap::open(&path)? };
    /// assert_eq!(npz.names().collect::<Vec<_>>(), ["x"]);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.directory.entries.iter().map(|entry| key(&entry.name))
    }

    /// The header of the array of that name.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Missing`] if there is none; else as [`Header::read`]. The error names the member.
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let path = dir.path().join("a.npz");
    /// # let mut npz = ndarray_io::NpzWriter::create(&path)?;
    /// # npz.add_array("x", &ndarray::array![1.0, 2.0])?;
    /// # npz.finish()?;
    /// // SAFETY: nobody changes or shortens the file while it is mapped.
    /// let npz = unsafe { ndarray_io::NpzMmap::open(&path)? };
    /// assert_eq!(npz.header("x")?.shape, [2]);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn header(&self, name: &str) -> Result<Header> {
        self.read(name, read_header)
    }

    /// Views the array of that name without copying it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Missing`] if there is none; [`ErrorKind::Layout`] if the member is compressed or not aligned for
    /// `A`; else as [`ViewNpyExt::view_npy`](crate::ViewNpyExt::view_npy). The error names the member.
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let path = dir.path().join("a.npz");
    /// # let mut npz = ndarray_io::NpzWriter::create(&path)?;
    /// # npz.add_array("x", &ndarray::array![1.0, 2.0])?;
    /// # npz.finish()?;
    /// use ndarray::{Ix1, array};
    ///
    /// // SAFETY: nobody changes or shortens the file while it is mapped.
    /// let npz = unsafe { ndarray_io::NpzMmap::open(&path)? };
    /// assert_eq!(npz.view::<f64, Ix1>("x")?, array![1.0, 2.0]);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn view<A: ViewElement, D: Dimension>(&self, name: &str) -> Result<ArrayView<'_, A, D>> {
        let index = self.find(name)?;
        self.try_view(index).map_err(|error| self.locate(error, index))
    }

    /// Views the array of that name if it can be viewed in place, else copies it, with its CRC checked.
    ///
    /// # Errors
    ///
    /// As [`NpzReader::by_name`](crate::NpzReader::by_name).
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let path = dir.path().join("a.npz");
    /// # let mut npz = ndarray_io::NpzWriter::create_compressed(&path)?;
    /// # npz.add_array("a", &ndarray::array![1.0, 2.0])?;
    /// # npz.finish()?;
    /// use ndarray::{Ix1, array};
    /// use ndarray_io::NpzMmap;
    ///
    /// // SAFETY: nobody changes or shortens the file while it is mapped.
    /// let npz = unsafe { NpzMmap::open(&path)? };
    /// let error = npz.view::<f64, Ix1>("a").unwrap_err();
    /// assert!(error.to_string().contains("is compressed"));
    /// let a = npz.view_or_read::<f64, Ix1>("a")?;
    /// assert_eq!(a, array![1.0, 2.0]);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn view_or_read<A: ViewElement, D: Dimension>(&self, name: &str) -> Result<CowArray<'_, A, D>> {
        match self.view(name) {
            Err(error) if error.kind() == ErrorKind::Layout => {
                self.read(name, read_array::<ndarray::Array<A, D>>).map(CowArray::from)
            }
            view => view.map(CowArray::from),
        }
    }

    fn find(&self, name: &str) -> Result<usize> {
        let missing = || missing(&self.directory, name).in_path(&self.path);
        self.directory.find(name).ok_or_else(missing)
    }

    fn locate(&self, error: Error, index: usize) -> Error {
        locate(error, Some(&self.path), self.directory.entries.get(index))
    }

    fn read<T>(&self, name: &str, read: impl FnOnce(&mut Member<'_>, &ReadOptions) -> Result<T>) -> Result<T> {
        let index = self.find(name)?;
        let mut archive = Cursor::new(&self.map[..]);
        let source = Source::Reader(&mut archive);
        read_member(
            &self.directory,
            index,
            source,
            &mut Tools::new(),
            &ReadOptions::default(),
            read,
        )
        .map_err(|error| self.locate(error, index))
    }

    fn try_view<A: ViewElement, D: Dimension>(&self, index: usize) -> Result<ArrayView<'_, A, D>> {
        let entry = self.directory.entry(index)?;
        let from = |at: u64| {
            usize::try_from(at)
                .ok()
                .and_then(|at| self.map.get(at..))
                .unwrap_or_default()
        };
        let start = self.directory.data_start(entry, from(entry.offset))?;
        if entry.method != STORED {
            return Err(Error::new(
                ErrorKind::Layout,
                "the member is compressed: `view_or_read` reads it, and `NpzWriter::create` stores what can be viewed",
            ));
        }
        let packed = usize::try_from(entry.packed).unwrap_or(usize::MAX);
        let mut data = from(start).get(..packed).unwrap_or_default();
        let header = Header::read(&mut data)?;
        if !data.as_ptr().addr().is_multiple_of(align_of::<A>()) {
            return Err(Error::new(
                ErrorKind::Layout,
                format!(
                    "data at byte {} of the archive is not aligned to the {} bytes of `{}`, as in most archives of \
                     NumPy's: `view_or_read` copies it, and what `NpzWriter` writes is aligned",
                    data.as_ptr().addr() - self.map.as_ptr().addr(),
                    align_of::<A>(),
                    std::any::type_name::<A>()
                ),
            ));
        }
        view_data(&header, data)
    }
}

impl std::fmt::Debug for NpzMmap {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NpzMmap")
            .field("path", &self.path)
            .field("names", &self.names().collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}
