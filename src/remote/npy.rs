//! `.npy` files in object stores.

use std::fmt;
use std::marker::PhantomData;
use std::ops::Range;
use std::sync::Arc;

use ndarray::{Array, Dimension, SliceInfoElem};
use object_store::ObjectStore;
use object_store::path::Path;
use serde::de::DeserializeOwned;

use super::object::{FIRST, Object, Piece};
use super::options::RemoteOptions;
use crate::dtype::Dtype;
use crate::error::{Error, ErrorKind, Result};
#[cfg(feature = "object")]
use crate::limits;
use crate::npy::{
    DynArray, Header, Plan, ReadNpyExt, ReadOptions, SliceTo, Target, array_target, check_nbytes, check_rows,
    dyn_target, elements_before, rows_slice,
};

/// A `.npy` file in an object store, of which the header is here and the data is not yet.
///
/// Opening it takes one request of 64 KiB, with which a small file is here whole. Every later request is for this same
/// object: if it was replaced in between, that is an error.
///
/// Scalars are fetched straight into the array's memory. Other elements are decoded when all of their bytes are there, by
/// the task that awaits them.
///
/// # Examples
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// use std::sync::Arc;
/// use ndarray::{Array1, array, s};
/// use ndarray_io::remote::{self, RemoteNpy, object_store::memory::InMemory};
///
/// let store = Arc::new(InMemory::new());
/// remote::write_npy(&store, "runs/a.npy", &array![[1.0, 2.0], [3.0, 4.0]]).await?;
///
/// let npy = RemoteNpy::open(store, "runs/a.npy").await?;
/// println!("{} of shape {:?}", npy.dtype(), npy.shape());
/// let column: Array1<f64> = npy.read_slice(s![.., 1]).await?;
/// assert_eq!(column, array![2.0, 4.0]);
/// # Ok::<(), ndarray_io::Error>(())
/// # })?;
/// # Ok::<(), ndarray_io::Error>(())
/// ```
pub struct RemoteNpy {
    object: Arc<Object>,
    /// The start of the file, at least to the end of the header.
    known: Piece,
    /// Where in the object the file is.
    place: Range<u64>,
    header: Header,
}

impl RemoteNpy {
    /// Reads the header of the `.npy` file at `path`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Io`] if the store refuses: no such file, wrong credentials, a server that cannot send ranges; else as
    /// [`NpyReader::new`](crate::NpyReader::new). This and every later error names the path.
    ///
    /// # Examples
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
    /// # use std::sync::Arc;
    /// # use ndarray_io::remote::{self, object_store::memory::InMemory};
    /// # let store = Arc::new(InMemory::new());
    /// # remote::write_npy(&store, "a.npy", &ndarray::array![[1.0, 2.0], [3.0, 4.0]]).await?;
    /// use ndarray_io::remote::RemoteNpy;
    ///
    /// let npy = RemoteNpy::open(store, "a.npy").await?;
    /// assert_eq!(npy.shape(), [2, 2]); // and its data is read when it is asked for
    /// # Ok::<(), ndarray_io::Error>(())
    /// # })?;
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub async fn open(store: Arc<dyn ObjectStore>, path: impl Into<Path>) -> Result<RemoteNpy> {
        RemoteNpy::open_with(store, path, &RemoteOptions::default()).await
    }

    /// As [`open`](RemoteNpy::open), with these options.
    ///
    /// # Errors
    ///
    /// As [`open`](RemoteNpy::open).
    ///
    /// # Examples
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
    /// # use std::sync::Arc;
    /// # use ndarray_io::remote::{self, object_store::memory::InMemory};
    /// # let store = Arc::new(InMemory::new());
    /// # remote::write_npy(&store, "a.npy", &ndarray::array![[1.0, 2.0], [3.0, 4.0]]).await?;
    /// use ndarray::Ix2;
    /// use ndarray_io::remote::{RemoteNpy, RemoteOptions};
    /// use ndarray_io::{Casting, ReadOptions};
    ///
    /// let options = RemoteOptions::new().read_options(ReadOptions::new().casting(Casting::SameKind));
    /// let npy = RemoteNpy::open_with(store, "a.npy", &options).await?;
    /// assert_eq!(npy.read::<f32, Ix2>().await?.sum(), 10.0);
    /// # Ok::<(), ndarray_io::Error>(())
    /// # })?;
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub async fn open_with(
        store: Arc<dyn ObjectStore>,
        path: impl Into<Path>,
        options: &RemoteOptions,
    ) -> Result<RemoteNpy> {
        let (object, known) = Object::open(store, path.into(), options, (0..FIRST).into()).await?;
        RemoteNpy::of_object(object, known).await
    }

    /// The file that the whole object is.
    pub(super) async fn of_object(object: Object, known: Piece) -> Result<RemoteNpy> {
        let place = 0..object.size();
        let object = Arc::new(object);
        let npy = RemoteNpy::at(Arc::clone(&object), known, place).await;
        npy.map_err(|error| object.locate(error))
    }

    /// The file at that place in an object, of which a piece is known; errors do not name the path yet.
    pub(super) async fn at(object: Arc<Object>, mut known: Piece, place: Range<u64>) -> Result<RemoteNpy> {
        loop {
            let max = object.options.read.max_header_size;
            let start = known.from(place.start);
            let error = match Header::read_with(&mut &start[..], max) {
                Ok(header) => {
                    return Ok(RemoteNpy {
                        object,
                        known,
                        place,
                        header,
                    });
                }
                Err(error) => error,
            };
            let end = place.start + start.len() as u64;
            if error.kind() != ErrorKind::Truncated || end >= place.end {
                return Err(error);
            }
            // Only where the options allow a longer header than the first piece holds, or where it holds none of it.
            let more = place.end.min(place.start + (4 * start.len() as u64).max(FIRST));
            let mut longer = start.to_vec();
            longer.extend(object.piece(end..more).await?.bytes);
            known = Piece {
                start: place.start,
                bytes: longer,
            };
        }
    }

    /// The header.
    ///
    /// # Examples
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
    /// # use std::sync::Arc;
    /// # use ndarray_io::remote::{self, object_store::memory::InMemory};
    /// # let store = Arc::new(InMemory::new());
    /// # remote::write_npy(&store, "a.npy", &ndarray::array![[1.0, 2.0], [3.0, 4.0]]).await?;
    /// use ndarray_io::remote::RemoteNpy;
    ///
    /// let npy = RemoteNpy::open(store, "a.npy").await?;
    /// assert_eq!(npy.header().nbytes()?, 32);
    /// # Ok::<(), ndarray_io::Error>(())
    /// # })?;
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The dtype of the elements.
    ///
    /// # Examples
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
    /// # use std::sync::Arc;
    /// # use ndarray_io::remote::{self, object_store::memory::InMemory};
    /// # let store = Arc::new(InMemory::new());
    /// # remote::write_npy(&store, "a.npy", &ndarray::array![[1.0, 2.0], [3.0, 4.0]]).await?;
    /// use ndarray_io::remote::RemoteNpy;
    ///
    /// assert_eq!(RemoteNpy::open(store, "a.npy").await?.dtype().to_string(), "<f8");
    /// # Ok::<(), ndarray_io::Error>(())
    /// # })?;
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn dtype(&self) -> &Dtype {
        &self.header.dtype
    }

    /// The shape of the array.
    ///
    /// # Examples
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
    /// # use std::sync::Arc;
    /// # use ndarray_io::remote::{self, object_store::memory::InMemory};
    /// # let store = Arc::new(InMemory::new());
    /// # remote::write_npy(&store, "a.npy", &ndarray::array![[1.0, 2.0], [3.0, 4.0]]).await?;
    /// use ndarray_io::remote::RemoteNpy;
    ///
    /// assert_eq!(RemoteNpy::open(store, "a.npy").await?.shape(), [2, 2]);
    /// # Ok::<(), ndarray_io::Error>(())
    /// # })?;
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn shape(&self) -> &[usize] {
        &self.header.shape
    }

    /// Reads the whole array, by several requests at a time.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Io`] if a request fails, or the file was replaced since it was opened; else as
    /// [`ReadNpyExt::read_npy`](crate::ReadNpyExt::read_npy).
    ///
    /// # Examples
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
    /// # use std::sync::Arc;
    /// # use ndarray_io::remote::{self, object_store::memory::InMemory};
    /// # let store = Arc::new(InMemory::new());
    /// # remote::write_npy(&store, "a.npy", &ndarray::array![[1.0, 2.0], [3.0, 4.0]]).await?;
    /// use ndarray::{Array2, array};
    /// use ndarray_io::remote::RemoteNpy;
    ///
    /// let a: Array2<f64> = RemoteNpy::open(store, "a.npy").await?.read().await?;
    /// assert_eq!(a, array![[1.0, 2.0], [3.0, 4.0]]);
    /// # Ok::<(), ndarray_io::Error>(())
    /// # })?;
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub async fn read<A: DeserializeOwned, D: Dimension>(&self) -> Result<Array<A, D>> {
        self.read_whole(array_target).await
    }

    /// Reads the whole array as whatever dtype the file has.
    ///
    /// # Errors
    ///
    /// As [`read`](RemoteNpy::read).
    ///
    /// # Examples
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
    /// # use std::sync::Arc;
    /// # use ndarray_io::remote::{self, object_store::memory::InMemory};
    /// # let store = Arc::new(InMemory::new());
    /// # remote::write_npy(&store, "a.npy", &ndarray::array![[1.0, 2.0], [3.0, 4.0]]).await?;
    /// use ndarray_io::remote::RemoteNpy;
    ///
    /// let a = RemoteNpy::open(store, "a.npy").await?.read_dyn().await?;
    /// println!("{} of shape {:?}", a.dtype(), a.shape());
    /// # Ok::<(), ndarray_io::Error>(())
    /// # })?;
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub async fn read_dyn(&self) -> Result<DynArray> {
        self.read_whole(dyn_target).await
    }

    /// Reads a slice of the array: only the bytes that it needs, and those between them that would cost more as requests
    /// of their own; see [`RemoteOptions::gap`].
    ///
    /// `info` is as for [`NpyReader::read_slice`](crate::NpyReader::read_slice).
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Argument`] if the slice does not fit the array; else as [`read`](RemoteNpy::read).
    ///
    /// # Examples
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
    /// # use std::sync::Arc;
    /// # use ndarray_io::remote::{self, object_store::memory::InMemory};
    /// # let store = Arc::new(InMemory::new());
    /// # remote::write_npy(&store, "a.npy", &ndarray::array![[1.0, 2.0], [3.0, 4.0]]).await?;
    /// use ndarray::{Array1, array, s};
    /// use ndarray_io::remote::RemoteNpy;
    ///
    /// let npy = RemoteNpy::open(store, "a.npy").await?;
    /// let last: Array1<f64> = npy.read_slice(s![-1, ..]).await?;
    /// assert_eq!(last, array![3.0, 4.0]);
    /// # Ok::<(), ndarray_io::Error>(())
    /// # })?;
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub async fn read_slice<A: DeserializeOwned, D: Dimension>(&self, info: impl SliceTo<D>) -> Result<Array<A, D>> {
        self.fetch(info.as_ref(), array_target).await
    }

    /// Reads a slice of the array as whatever dtype the file has; see [`read_slice`](RemoteNpy::read_slice).
    ///
    /// # Errors
    ///
    /// As [`read_slice`](RemoteNpy::read_slice).
    ///
    /// # Examples
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
    /// # use std::sync::Arc;
    /// # use ndarray_io::remote::{self, object_store::memory::InMemory};
    /// # let store = Arc::new(InMemory::new());
    /// # remote::write_npy(&store, "a.npy", &ndarray::array![[1.0, 2.0], [3.0, 4.0]]).await?;
    /// use ndarray::s;
    /// use ndarray_io::remote::RemoteNpy;
    ///
    /// let npy = RemoteNpy::open(store, "a.npy").await?;
    /// assert_eq!(npy.read_slice_dyn(s![.., 1]).await?.shape(), [2]);
    /// # Ok::<(), ndarray_io::Error>(())
    /// # })?;
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub async fn read_slice_dyn(&self, info: impl AsRef<[SliceInfoElem]>) -> Result<DynArray> {
        self.fetch(info.as_ref(), dyn_target).await
    }

    /// Reads the array by blocks of `n` rows, the last of which may have fewer: in the memory of one block, however
    /// large the file.
    ///
    /// Rows are what the first axis counts. Blocks of several [`range_size`](RemoteOptions::range_size)s are fetched by
    /// several requests at a time.
    ///
    /// # Examples
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
    /// # use std::sync::Arc;
    /// # use ndarray_io::remote::{self, RemoteNpy, object_store::memory::InMemory};
    /// # let store = Arc::new(InMemory::new());
    /// # remote::write_npy(&store, "a.npy", &ndarray::Array2::<f64>::ones((10, 2))).await?;
    /// use ndarray::Ix2;
    ///
    /// let npy = RemoteNpy::open(store, "a.npy").await?;
    /// let (mut rows, mut sum) = (npy.rows::<f64, Ix2>(4), 0.0);
    /// while let Some(block) = rows.next().await {
    ///     sum += block?.sum(); // of 4, 4 and 2 rows
    /// }
    /// assert_eq!(sum, 20.0);
    /// # Ok::<(), ndarray_io::Error>(())
    /// # })?;
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn rows<A: DeserializeOwned, D: Dimension>(&self, n: usize) -> RemoteRows<'_, A, D> {
        let checked = check_rows(self.shape(), n);
        RemoteRows {
            npy: self,
            error: checked.err().map(|error| self.object.locate(error)),
            n,
            next: 0,
            blocks: PhantomData,
        }
    }

    async fn read_whole<R: ReadNpyExt>(&self, target: TargetOf<'_, R>) -> Result<R> {
        #[cfg(feature = "object")]
        if self.header.dtype.has_object() {
            return self.read_objects().await;
        }
        self.fetch(&self.whole(), target).await
    }

    /// The slice that takes all.
    pub(super) fn whole(&self) -> Vec<SliceInfoElem> {
        vec![SliceInfoElem::from(..); self.shape().len()]
    }

    async fn fetch<R>(&self, info: &[SliceInfoElem], target: TargetOf<'_, R>) -> Result<R> {
        let fetched = self.fetch_checked(info, target, |_| Ok(())).await;
        fetched.map_err(|error| self.object.locate(error))
    }

    /// Fetches a slice, whose data goes through `check` first; errors do not name the path yet.
    pub(super) async fn fetch_checked<R>(
        &self,
        info: &[SliceInfoElem],
        target: TargetOf<'_, R>,
        check: impl FnOnce(&[u8]) -> Result<()>,
    ) -> Result<R> {
        let data = self.place.start + self.header.data_offset().unwrap_or(0);
        if !self.header.dtype.has_object() {
            check_nbytes(&self.header, self.place.end.saturating_sub(data))?;
        }
        let (plan, sliced) = Plan::new(&self.header, info)?;
        let mut target = target(sliced, &self.object.options.read)?;
        self.object.read_plan(&self.known, data, plan, target.bytes()).await?;
        check(target.bytes())?;
        target.finish()
    }

    /// Fetches the whole file, for what is after the header is a pickle.
    #[cfg(feature = "object")]
    async fn read_objects<R: ReadNpyExt>(&self) -> Result<R> {
        let fetch = async {
            let Range { start, end } = self.place;
            let options = &self.object.options.read;
            limits::check_bytes("file", end - start, options.max_bytes)?;
            let mut file = crate::storage::memory::zeroed(usize::try_from(end - start).unwrap_or(usize::MAX))?;
            self.object.read(&self.known, start, &mut file).await?;
            let options = ReadOptions {
                available: Some(end - start),
                ..options.clone()
            };
            R::read_npy_with(&file[..], &options)
        };
        fetch.await.map_err(|error| self.object.locate(error))
    }

    /// Whether the file is the header and the data, and no more.
    #[cfg(feature = "npz")]
    pub(super) fn is_all(&self) -> bool {
        let end = |nbytes: usize| Some(self.place.start + self.header.data_offset()? + nbytes as u64);
        let nbytes = self.header.nbytes().ok();
        !self.header.dtype.has_object() && nbytes.and_then(end) == Some(self.place.end)
    }

    /// The file up to its data.
    #[cfg(feature = "npz")]
    pub(super) fn head(&self) -> &[u8] {
        let len = self.header.data_offset().and_then(|len| usize::try_from(len).ok());
        let known = self.known.from(self.place.start);
        known.get(..len.unwrap_or(0)).unwrap_or_default()
    }
}

/// Makes the memory for an array that becomes an `R`.
pub(super) type TargetOf<'a, R> = fn(Header, &ReadOptions) -> Result<Box<dyn Target<R> + 'a>>;

impl fmt::Debug for RemoteNpy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RemoteNpy")
            .field("object", &self.object)
            .field("header", &self.header)
            .finish_non_exhaustive()
    }
}

/// Blocks of rows of an array in an object store; see [`RemoteNpy::rows`].
///
/// # Examples
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// # use std::sync::Arc;
/// # use ndarray_io::remote::{self, object_store::memory::InMemory};
/// # let store = Arc::new(InMemory::new());
/// # remote::write_npy(&store, "a.npy", &ndarray::array![[1.0, 2.0], [3.0, 4.0]]).await?;
/// use ndarray::Ix2;
/// use ndarray_io::remote::{RemoteNpy, RemoteRows};
///
/// let npy = RemoteNpy::open(store, "a.npy").await?;
/// let mut rows: RemoteRows<'_, f64, Ix2> = npy.rows(1);
/// while let Some(row) = rows.next().await {
///     println!("{}", row?);
/// }
/// # Ok::<(), ndarray_io::Error>(())
/// # })?;
/// # Ok::<(), ndarray_io::Error>(())
/// ```
pub struct RemoteRows<'a, A, D> {
    npy: &'a RemoteNpy,
    /// What is wrong from the start.
    error: Option<Error>,
    n: usize,
    next: usize,
    blocks: PhantomData<fn() -> Array<A, D>>,
}

impl<A: DeserializeOwned, D: Dimension> RemoteRows<'_, A, D> {
    /// Reads the next block; `None` after the last one, and after an error.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Argument`] if there are no rows, or blocks of 0 were asked for; else as [`RemoteNpy::read`].
    ///
    /// # Examples
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
    /// # use std::sync::Arc;
    /// # use ndarray_io::remote::{self, object_store::memory::InMemory};
    /// # let store = Arc::new(InMemory::new());
    /// # remote::write_npy(&store, "a.npy", &ndarray::array![[1.0, 2.0], [3.0, 4.0]]).await?;
    /// use ndarray::Ix2;
    /// use ndarray_io::remote::RemoteNpy;
    ///
    /// let npy = RemoteNpy::open(store, "a.npy").await?;
    /// let mut rows = npy.rows::<f64, Ix2>(2);
    /// assert_eq!(rows.next().await.transpose()?.map(|block| block.nrows()), Some(2));
    /// assert!(rows.next().await.is_none());
    /// # Ok::<(), ndarray_io::Error>(())
    /// # })?;
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub async fn next(&mut self) -> Option<Result<Array<A, D>>> {
        let shape = self.npy.shape();
        let len = shape.first().copied().unwrap_or(0);
        if let Some(error) = self.error.take() {
            self.next = len;
            return Some(Err(error));
        }
        let count = self.n.min(len.saturating_sub(self.next));
        if count == 0 {
            return None;
        }
        let block = self
            .npy
            .fetch(&rows_slice(self.next, count, shape.len()), array_target)
            .await
            .map_err(|error| error.after_rows(elements_before::<A, D>(self.npy.header(), self.next)));
        self.next = match &block {
            Ok(_) => self.next + count,
            Err(_) => len,
        };
        Some(block)
    }
}

impl<A, D> fmt::Debug for RemoteRows<'_, A, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "rows from {} on by {}", self.next, self.n)
    }
}
