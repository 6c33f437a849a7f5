//! `.npz` archives in object stores.

use std::fmt;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;
use std::sync::Arc;

use ndarray::{Array, Dimension, SliceInfoElem};
use object_store::path::Path;
use object_store::{GetRange, ObjectStore};
use serde::de::DeserializeOwned;

use super::npy::{RemoteNpy, TargetOf};
use super::object::{FIRST, Object, Piece};
use super::options::RemoteOptions;
use crate::error::{Error, Result};
use crate::npy::{DynArray, Header, ReadNpyExt, SliceTo, array_target, dyn_target};
use crate::npz::Archive;
use crate::storage::file::seek_target;
use crate::storage::memory;

/// The longest end of an archive: its end record with a comment, and what zip64 has before it. Most directories are in
/// it too.
const TAIL: u64 = 22 + 65535 + 20 + 56;

/// What is asked for of a directory that is longer; of one that is longer than that, then twice as much each time.
const DIRECTORY: u64 = 1 << 20;

/// A `.npz` archive in an object store, of which the directory is here and the members are not.
///
/// Opening it takes one request for its last 64 KiB, and a second one if its directory does not lie there: that of some
/// thousand members. Each member is then read without the others, and its CRC is checked.
///
/// Names are those of NumPy, as for [`NpzReader`](crate::NpzReader): a member's name less `.npy`.
///
/// # Examples
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// # use ndarray_io::remote::object_store::{ObjectStoreExt, memory::InMemory};
/// # let mut file = ndarray_io::NpzWriter::new(std::io::Cursor::new(Vec::new()));
/// # file.add_array("weights", &ndarray::array![[1.0, 2.0]])?;
/// # let store = std::sync::Arc::new(InMemory::new());
/// # store.put(&"model.npz".into(), file.finish()?.into_inner().into()).await.unwrap();
/// use ndarray::{Ix2, array};
/// use ndarray_io::remote::RemoteNpz;
///
/// let npz = RemoteNpz::open(store, "model.npz").await?;
/// assert_eq!(npz.names().collect::<Vec<_>>(), ["weights"]);
/// let weights = npz.by_name::<f64, Ix2>("weights").await?;
/// assert_eq!(weights, array![[1.0, 2.0]]);
/// # Ok::<(), ndarray_io::Error>(())
/// # })?;
/// # Ok::<(), ndarray_io::Error>(())
/// ```
pub struct RemoteNpz {
    object: Arc<Object>,
    archive: Archive,
    tail: Piece,
}

impl RemoteNpz {
    /// Reads the directory of the archive at `path`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Io`](crate::ErrorKind::Io) if the store refuses; else as [`NpzReader::new`](crate::NpzReader::new).
    /// This and every later error names the path.
    ///
    /// # Examples
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
    /// # use ndarray_io::remote::object_store::{ObjectStoreExt, memory::InMemory};
    /// # let mut file = ndarray_io::NpzWriter::new(std::io::Cursor::new(Vec::new()));
    /// # file.add_array("x", &ndarray::array![[1.0, 2.0]])?;
    /// # file.add_bytes("LICENSE", b"CC0")?;
    /// # let store = std::sync::Arc::new(InMemory::new());
    /// # store.put(&"a.npz".into(), file.finish()?.into_inner().into()).await.unwrap();
    /// use ndarray_io::remote::RemoteNpz;
    ///
    /// let npz = RemoteNpz::open(store, "a.npz").await?;
    /// assert_eq!(npz.len(), 2); // and no member is read yet
    /// # Ok::<(), ndarray_io::Error>(())
    /// # })?;
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub async fn open(store: Arc<dyn ObjectStore>, path: impl Into<Path>) -> Result<RemoteNpz> {
        RemoteNpz::open_with(store, path, &RemoteOptions::default()).await
    }

    /// As [`open`](RemoteNpz::open), with these options.
    ///
    /// # Errors
    ///
    /// As [`open`](RemoteNpz::open).
    ///
    /// # Examples
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
    /// # use ndarray_io::remote::object_store::{ObjectStoreExt, memory::InMemory};
    /// # let mut file = ndarray_io::NpzWriter::new(std::io::Cursor::new(Vec::new()));
    /// # file.add_array("x", &ndarray::array![[1.0, 2.0]])?;
    /// # file.add_bytes("LICENSE", b"CC0")?;
    /// # let store = std::sync::Arc::new(InMemory::new());
    /// # store.put(&"a.npz".into(), file.finish()?.into_inner().into()).await.unwrap();
    /// use ndarray::Ix2;
    /// use ndarray_io::remote::{RemoteNpz, RemoteOptions};
    /// use ndarray_io::{Casting, ReadOptions};
    ///
    /// let options = RemoteOptions::new().read_options(ReadOptions::new().casting(Casting::SameKind));
    /// let npz = RemoteNpz::open_with(store, "a.npz", &options).await?;
    /// assert_eq!(npz.by_name::<f32, Ix2>("x").await?.sum(), 3.0);
    /// # Ok::<(), ndarray_io::Error>(())
    /// # })?;
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub async fn open_with(
        store: Arc<dyn ObjectStore>,
        path: impl Into<Path>,
        options: &RemoteOptions,
    ) -> Result<RemoteNpz> {
        let (object, tail) = Object::open(store, path.into(), options, GetRange::Suffix(TAIL)).await?;
        RemoteNpz::of_object(object, tail).await
    }

    /// The archive that the object is, of which a piece is known.
    pub(super) async fn of_object(object: Object, known: Piece) -> Result<RemoteNpz> {
        let mut pieces = vec![known];
        let archive = read_directory(&object, &mut pieces).await;
        let archive = archive.map_err(|error| object.locate(error))?;
        let tail = pieces.swap_remove(0);
        Ok(RemoteNpz {
            object: Arc::new(object),
            archive,
            tail,
        })
    }

    /// How many members there are.
    ///
    /// # Examples
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
    /// # use ndarray_io::remote::object_store::{ObjectStoreExt, memory::InMemory};
    /// # let mut file = ndarray_io::NpzWriter::new(std::io::Cursor::new(Vec::new()));
    /// # file.add_array("x", &ndarray::array![[1.0, 2.0]])?;
    /// # file.add_bytes("LICENSE", b"CC0")?;
    /// # let store = std::sync::Arc::new(InMemory::new());
    /// # store.put(&"a.npz".into(), file.finish()?.into_inner().into()).await.unwrap();
    /// use ndarray_io::remote::RemoteNpz;
    ///
    /// assert_eq!(RemoteNpz::open(store, "a.npz").await?.len(), 2);
    /// # Ok::<(), ndarray_io::Error>(())
    /// # })?;
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn len(&self) -> usize {
        self.archive.len()
    }

    /// Whether there is no member at all.
    ///
    /// # Examples
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
    /// # use ndarray_io::remote::object_store::{ObjectStoreExt, memory::InMemory};
    /// # let mut file = ndarray_io::NpzWriter::new(std::io::Cursor::new(Vec::new()));
    /// # file.add_array("x", &ndarray::array![[1.0, 2.0]])?;
    /// # file.add_bytes("LICENSE", b"CC0")?;
    /// # let store = std::sync::Arc::new(InMemory::new());
    /// # store.put(&"a.npz".into(), file.finish()?.into_inner().into()).await.unwrap();
    /// use ndarray_io::remote::RemoteNpz;
    ///
    /// assert!(!RemoteNpz::open(store, "a.npz").await?.is_empty());
    /// # Ok::<(), ndarray_io::Error>(())
    /// # })?;
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The members' names less `.npy`, in the order of the archive.
    ///
    /// They are whatever the archive says: check them before they become paths of files.
    ///
    /// # Examples
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
    /// # use ndarray_io::remote::object_store::{ObjectStoreExt, memory::InMemory};
    /// # let mut file = ndarray_io::NpzWriter::new(std::io::Cursor::new(Vec::new()));
    /// # file.add_array("x", &ndarray::array![[1.0, 2.0]])?;
    /// # file.add_bytes("LICENSE", b"CC0")?;
    /// # let store = std::sync::Arc::new(InMemory::new());
    /// # store.put(&"a.npz".into(), file.finish()?.into_inner().into()).await.unwrap();
    /// use ndarray_io::remote::RemoteNpz;
    ///
    /// let npz = RemoteNpz::open(store, "a.npz").await?;
    /// assert_eq!(npz.names().collect::<Vec<_>>(), ["x", "LICENSE"]);
    /// # Ok::<(), ndarray_io::Error>(())
    /// # })?;
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.archive.names()
    }

    /// Whether there is a member of that name.
    ///
    /// # Examples
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
    /// # use ndarray_io::remote::object_store::{ObjectStoreExt, memory::InMemory};
    /// # let mut file = ndarray_io::NpzWriter::new(std::io::Cursor::new(Vec::new()));
    /// # file.add_array("x", &ndarray::array![[1.0, 2.0]])?;
    /// # file.add_bytes("LICENSE", b"CC0")?;
    /// # let store = std::sync::Arc::new(InMemory::new());
    /// # store.put(&"a.npz".into(), file.finish()?.into_inner().into()).await.unwrap();
    /// use ndarray_io::remote::RemoteNpz;
    ///
    /// let npz = RemoteNpz::open(store, "a.npz").await?;
    /// assert!(npz.contains("x") && npz.contains("x.npy") && !npz.contains("y"));
    /// # Ok::<(), ndarray_io::Error>(())
    /// # })?;
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn contains(&self, name: &str) -> bool {
        self.archive.contains(name)
    }

    /// Reads the array of that name.
    ///
    /// Scalars of a stored member are fetched straight into the array's memory; a compressed member is fetched, then
    /// decompressed.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Missing`](crate::ErrorKind::Missing) if there is none; else as
    /// [`NpzReader::by_name`](crate::NpzReader::by_name), and [`RemoteNpy::read`].
    ///
    /// # Examples
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
    /// # use ndarray_io::remote::object_store::{ObjectStoreExt, memory::InMemory};
    /// # let mut file = ndarray_io::NpzWriter::new(std::io::Cursor::new(Vec::new()));
    /// # file.add_array("x", &ndarray::array![[1.0, 2.0]])?;
    /// # file.add_bytes("LICENSE", b"CC0")?;
    /// # let store = std::sync::Arc::new(InMemory::new());
    /// # store.put(&"a.npz".into(), file.finish()?.into_inner().into()).await.unwrap();
    /// use ndarray::{Array2, array};
    /// use ndarray_io::remote::RemoteNpz;
    ///
    /// let x: Array2<f64> = RemoteNpz::open(store, "a.npz").await?.by_name("x").await?;
    /// assert_eq!(x, array![[1.0, 2.0]]);
    /// # Ok::<(), ndarray_io::Error>(())
    /// # })?;
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub async fn by_name<A: DeserializeOwned, D: Dimension>(&self, name: &str) -> Result<Array<A, D>> {
        self.array(name, array_target).await
    }

    /// Reads the array of that name, whatever its dtype.
    ///
    /// # Errors
    ///
    /// As [`by_name`](RemoteNpz::by_name).
    ///
    /// # Examples
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
    /// # use ndarray_io::remote::object_store::{ObjectStoreExt, memory::InMemory};
    /// # let mut file = ndarray_io::NpzWriter::new(std::io::Cursor::new(Vec::new()));
    /// # file.add_array("x", &ndarray::array![[1.0, 2.0]])?;
    /// # file.add_bytes("LICENSE", b"CC0")?;
    /// # let store = std::sync::Arc::new(InMemory::new());
    /// # store.put(&"a.npz".into(), file.finish()?.into_inner().into()).await.unwrap();
    /// use ndarray_io::remote::RemoteNpz;
    ///
    /// let x = RemoteNpz::open(store, "a.npz").await?.get("x").await?;
    /// println!("{} of shape {:?}", x.dtype(), x.shape());
    /// # Ok::<(), ndarray_io::Error>(())
    /// # })?;
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub async fn get(&self, name: &str) -> Result<DynArray> {
        self.array(name, dyn_target).await
    }

    /// Reads the header of the array of that name, by one request of about 64 KiB; the CRC is not checked.
    ///
    /// # Errors
    ///
    /// As [`by_name`](RemoteNpz::by_name).
    ///
    /// # Examples
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
    /// # use ndarray_io::remote::object_store::{ObjectStoreExt, memory::InMemory};
    /// # let mut file = ndarray_io::NpzWriter::new(std::io::Cursor::new(Vec::new()));
    /// # file.add_array("x", &ndarray::array![[1.0, 2.0]])?;
    /// # file.add_bytes("LICENSE", b"CC0")?;
    /// # let store = std::sync::Arc::new(InMemory::new());
    /// # store.put(&"a.npz".into(), file.finish()?.into_inner().into()).await.unwrap();
    /// use ndarray_io::remote::RemoteNpz;
    ///
    /// let header = RemoteNpz::open(store, "a.npz").await?.header("x").await?;
    /// assert_eq!(header.shape, [1, 2]);
    /// # Ok::<(), ndarray_io::Error>(())
    /// # })?;
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub async fn header(&self, name: &str) -> Result<Header> {
        let index = self.find(name)?;
        let read = async {
            let start = self.start(index).await?;
            if self.archive.is_stored(index) {
                return Ok(self.stored(index, start).await?.header().clone());
            }
            let options = &self.object.options.read;
            let data = self.archive.data(index, &start.bytes)?;
            match self.archive.header(index, start.from(data.start), options) {
                // Its compression may have a first block that is longer.
                Err(_) if start.end() < data.end => {
                    self.unpacked(index, |data| self.archive.header(index, data, options))
                        .await
                }
                header => header,
            }
        };
        read.await.map_err(|error| self.locate(error, index))
    }

    /// Reads the bytes of a member: those of its `.npy` file, if it is an array.
    ///
    /// # Errors
    ///
    /// As [`by_name`](RemoteNpz::by_name), but that the bytes may be any.
    ///
    /// # Examples
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
    /// # use ndarray_io::remote::object_store::{ObjectStoreExt, memory::InMemory};
    /// # let mut file = ndarray_io::NpzWriter::new(std::io::Cursor::new(Vec::new()));
    /// # file.add_array("x", &ndarray::array![[1.0, 2.0]])?;
    /// # file.add_bytes("LICENSE", b"CC0")?;
    /// # let store = std::sync::Arc::new(InMemory::new());
    /// # store.put(&"a.npz".into(), file.finish()?.into_inner().into()).await.unwrap();
    /// use ndarray_io::remote::RemoteNpz;
    ///
    /// let npz = RemoteNpz::open(store, "a.npz").await?;
    /// assert_eq!(npz.bytes("LICENSE").await?, b"CC0");
    /// # Ok::<(), ndarray_io::Error>(())
    /// # })?;
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub async fn bytes(&self, name: &str) -> Result<Vec<u8>> {
        let index = self.find(name)?;
        let bytes = self.unpacked(index, |data| self.archive.bytes(index, data, &self.object.options.read));
        bytes.await.map_err(|error| self.locate(error, index))
    }

    /// Reads a slice of an array: of a stored member only the bytes that it needs, as [`RemoteNpy::read_slice`] does; a
    /// compressed one is fetched whole, and what is asked for is kept of it.
    ///
    /// The CRC is checked of a compressed member only: of a stored one that would need the whole of it.
    ///
    /// # Errors
    ///
    /// As [`by_name`](RemoteNpz::by_name) and [`RemoteNpy::read_slice`].
    ///
    /// # Examples
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
    /// # use ndarray_io::remote::object_store::{ObjectStoreExt, memory::InMemory};
    /// # let mut file = ndarray_io::NpzWriter::new(std::io::Cursor::new(Vec::new()));
    /// # file.add_array("x", &ndarray::array![[1.0, 2.0]])?;
    /// # file.add_bytes("LICENSE", b"CC0")?;
    /// # let store = std::sync::Arc::new(InMemory::new());
    /// # store.put(&"a.npz".into(), file.finish()?.into_inner().into()).await.unwrap();
    /// use ndarray::{Array1, array, s};
    /// use ndarray_io::remote::RemoteNpz;
    ///
    /// let npz = RemoteNpz::open(store, "a.npz").await?;
    /// let column: Array1<f64> = npz.read_slice("x", s![.., 1]).await?;
    /// assert_eq!(column, array![2.0]);
    /// # Ok::<(), ndarray_io::Error>(())
    /// # })?;
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub async fn read_slice<A: DeserializeOwned, D: Dimension>(
        &self,
        name: &str,
        info: impl SliceTo<D>,
    ) -> Result<Array<A, D>> {
        let index = self.find(name)?;
        let info: &[SliceInfoElem] = info.as_ref();
        let read = async {
            if self.archive.is_stored(index) {
                let npy = self.stored(index, self.start(index).await?).await?;
                return npy.fetch_checked(info, array_target, |_| Ok(())).await;
            }
            let options = &self.object.options.read;
            self.unpacked(index, |data| self.archive.slice(index, data, info, options))
                .await
        };
        read.await.map_err(|error| self.locate(error, index))
    }

    fn find(&self, name: &str) -> Result<usize> {
        self.archive.find(name).map_err(|error| self.object.locate(error))
    }

    fn locate(&self, error: Error, index: usize) -> Error {
        self.object.locate(self.archive.locate(error, index))
    }

    async fn array<R: ReadNpyExt>(&self, name: &str, target: TargetOf<'_, R>) -> Result<R> {
        let index = self.find(name)?;
        let read = async {
            // What is wrong with a member that is no such array is told when all of it is there.
            if self.archive.is_stored(index)
                && let Ok(npy) = self.stored(index, self.start(index).await?).await
                && npy.is_all()
            {
                let check = |data: &[u8]| {
                    let mut crc = crc32fast::Hasher::new();
                    crc.update(npy.head());
                    crc.update(data);
                    self.archive.check_crc(index, crc.finalize())
                };
                return npy.fetch_checked(&npy.whole(), target, check).await;
            }
            let options = &self.object.options.read;
            self.unpacked(index, |data| self.archive.array(index, data, options))
                .await
        };
        read.await.map_err(|error| self.locate(error, index))
    }

    /// The start of a member, local header and all: nothing is fetched if it is here already.
    async fn start(&self, index: usize) -> Result<Piece> {
        let Range { start, end } = self.archive.place(index)?;
        let least = FIRST.max(self.archive.head_len(index)?);
        self.piece(start..end.min(start + least)).await
    }

    async fn piece(&self, range: Range<u64>) -> Result<Piece> {
        let mut bytes = memory::zeroed(usize::try_from(range.end - range.start).unwrap_or(usize::MAX))?;
        self.object.read(&self.tail, range.start, &mut bytes).await?;
        let start = range.start;
        Ok(Piece { start, bytes })
    }

    /// The file that a stored member is, whose start is known.
    async fn stored(&self, index: usize, start: Piece) -> Result<RemoteNpy> {
        let data = self.archive.data(index, &start.bytes)?;
        RemoteNpy::at(Arc::clone(&self.object), start, data).await
    }

    /// What is made of a member's data, all of which is fetched.
    async fn unpacked<R>(&self, index: usize, read: impl FnOnce(&[u8]) -> Result<R>) -> Result<R> {
        let member = self.piece(self.archive.place(index)?).await?;
        let Range { start, end } = self.archive.data(index, &member.bytes)?;
        let len = usize::try_from(end - start).unwrap_or(usize::MAX);
        read(member.from(start).get(..len).unwrap_or_default())
    }
}

/// Reads the directory, and fetches what of it is not there yet.
async fn read_directory(object: &Object, pieces: &mut Vec<Piece>) -> Result<Archive> {
    let mut most = DIRECTORY;
    loop {
        let mut reader = Pieces {
            pieces,
            size: object.size(),
            position: 0,
            missing: None,
        };
        let archive = Archive::read(&mut reader);
        let Some(at) = reader.missing else { return archive };
        let next = pieces.iter().map(|piece| piece.start).filter(|&start| start > at).min();
        let end = next.unwrap_or(object.size()).min(at + most);
        pieces.push(object.piece(at..end).await?);
        // A directory that claims to be long has to be so: it is read as far as it is there.
        most *= 2;
    }
}

/// An archive of which some pieces are here.
struct Pieces<'a> {
    pieces: &'a [Piece],
    size: u64,
    position: u64,
    /// The first byte that was asked for and is not here.
    missing: Option<u64>,
}

impl Read for Pieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() || self.position >= self.size {
            return Ok(0);
        }
        let known = self.pieces.iter().map(|piece| piece.from(self.position));
        let Some(known) = known.max_by_key(|known| known.len()).filter(|known| !known.is_empty()) else {
            self.missing = Some(self.position);
            return Err(io::Error::other("not fetched yet"));
        };
        let len = known.len().min(buffer.len());
        buffer[..len].copy_from_slice(&known[..len]);
        self.position += len as u64;
        Ok(len)
    }
}

impl Seek for Pieces<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.position = seek_target(to, self.position, self.size)?;
        Ok(self.position)
    }
}

impl fmt::Debug for RemoteNpz {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RemoteNpz")
            .field("object", &self.object)
            .field("names", &self.names().collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}
