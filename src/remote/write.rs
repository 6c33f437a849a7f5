//! Arrays to object stores, in parts.

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use object_store::path::Path;
use object_store::{MultipartUpload, ObjectStore, ObjectStoreExt};

use super::object::refused;
use super::options::RemoteOptions;
use crate::error::Result;
use crate::npy::{Header, WriteNpyExt};

/// The most parts that S3 takes.
const MAX_PARTS: u64 = 10_000;

/// Writes an array to the `.npy` file at `path`, replacing the file if there is one.
///
/// A small array is sent at once, a larger one in parts, several at a time; so few of its bytes are in memory twice.
/// The file is there whole or not at all: when something fails the parts are dropped, and the old file stays.
/// A future that is dropped halfway leaves its parts with the store, which a lifecycle rule of the bucket clears away.
///
/// # Errors
///
/// [`ErrorKind::Io`](crate::ErrorKind::Io) if the store refuses; else as
/// [`WriteNpyExt::write_npy`]. The error names the path.
///
/// # Examples
///
/// ```no_run
/// # async fn example() -> ndarray_io::Result<()> {
/// use ndarray::array;
/// use ndarray_io::remote;
///
/// let (store, path) = remote::parse_url("s3://bucket/runs/a.npy", std::env::vars())?;
/// remote::write_npy(&store, path, &array![[1.0, 2.0], [3.0, 4.0]]).await?;
/// # Ok(())
/// # }
/// ```
pub async fn write_npy<T>(store: &dyn ObjectStore, path: impl Into<Path>, array: &T) -> Result<()>
where
    T: WriteNpyExt + ?Sized,
{
    write_npy_with(store, path, array, &RemoteOptions::default()).await
}

/// Writes an array as [`write_npy`] does, with these options.
///
/// # Errors
///
/// As [`write_npy`].
///
/// # Examples
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// use ndarray::array;
/// use ndarray_io::WriteOptions;
/// use ndarray_io::remote::{self, RemoteNpy, RemoteOptions, object_store::memory::InMemory};
///
/// let store = std::sync::Arc::new(InMemory::new());
/// let options = RemoteOptions::new().write_options(WriteOptions::new().dtype(">f8".parse()?));
/// remote::write_npy_with(&store, "a.npy", &array![1.0, 2.0], &options).await?;
/// assert_eq!(RemoteNpy::open(store, "a.npy").await?.dtype(), &">f8".parse()?);
/// # Ok::<(), ndarray_io::Error>(())
/// # })?;
/// # Ok::<(), ndarray_io::Error>(())
/// ```
pub async fn write_npy_with<T>(
    store: &dyn ObjectStore,
    path: impl Into<Path>,
    array: &T,
    options: &RemoteOptions,
) -> Result<()>
where
    T: WriteNpyExt + ?Sized,
{
    let path = path.into();
    let sent = send(store, &path, array, options).await;
    sent.map_err(|error| error.in_path(path.as_ref()))
}

async fn send<T>(store: &dyn ObjectStore, path: &Path, array: &T, options: &RemoteOptions) -> Result<()>
where
    T: WriteNpyExt + ?Sized,
{
    let mut parts = Parts::new(array, options)?;
    let first = parts.next()?;
    if parts.is_done() {
        let put = store.put(path, first.into()).await;
        return put.map(drop).map_err(|error| refused(store, error));
    }
    let upload = store.put_multipart(path).await;
    let mut upload = upload.map_err(|error| refused(store, error))?;
    let error = match send_parts(store, &mut *upload, first, parts, options.in_flight).await {
        Ok(()) => match upload.complete().await {
            Ok(_) => return Ok(()),
            Err(error) => refused(store, error),
        },
        Err(error) => error,
    };
    let _ = upload.abort().await; // what went wrong first is what the caller should know
    Err(error)
}

async fn send_parts<T>(
    store: &dyn ObjectStore,
    upload: &mut dyn MultipartUpload,
    first: Vec<u8>,
    mut parts: Parts<'_, T>,
    in_flight: usize,
) -> Result<()>
where
    T: WriteNpyExt + ?Sized,
{
    let mut running = FuturesUnordered::new();
    running.push(upload.put_part(first.into()));
    let mut failed = None;
    while failed.is_none() && !parts.is_done() {
        if running.len() >= in_flight
            && let Some(Err(error)) = running.next().await
        {
            failed = Some(refused(store, error));
            break;
        }
        match parts.next() {
            Ok(part) => running.push(upload.put_part(part.into())),
            Err(error) => failed = Some(error),
        }
    }
    // After a failure too: a part that arrives when the upload is given up would stay in the store.
    while let Some(sent) = running.next().await {
        if let Err(error) = sent {
            failed.get_or_insert_with(|| refused(store, error));
        }
    }
    failed.map_or(Ok(()), Err)
}

/// The bytes of a `.npy` file, in parts of one size but the last.
struct Parts<'a, T: ?Sized> {
    array: &'a T,
    header: Header,
    size: usize,
    /// The next element, and how many there are.
    next: usize,
    count: usize,
    /// Bytes that were too many for the parts so far, and how many of them are done with.
    rest: Vec<u8>,
    done: usize,
}

impl<'a, T: WriteNpyExt + ?Sized> Parts<'a, T> {
    fn new(array: &'a T, options: &RemoteOptions) -> Result<Self> {
        let header = array.npy_header(&options.write)?;
        let head = header.to_bytes(options.write.version)?;
        let count = header.count()?;
        let mut rest = head;
        // A pickle cannot be made in parts.
        let mut next = 0;
        if header.dtype.has_object() {
            array.write_npy_range(&mut rest, &header, 0..count)?;
            next = count;
        }
        let total = rest.len() as u64 + header.nbytes()? as u64;
        let least = usize::try_from(total.div_ceil(MAX_PARTS)).unwrap_or(usize::MAX);
        Ok(Parts {
            array,
            header,
            size: options.part_size.max(least),
            next,
            count,
            rest,
            done: 0,
        })
    }

    fn is_done(&self) -> bool {
        self.next == self.count && self.done == self.rest.len()
    }

    fn next(&mut self) -> Result<Vec<u8>> {
        let itemsize = self.header.dtype.itemsize();
        let left = &self.rest[self.done..];
        let from_rest = left.len().min(self.size);
        let missing = (self.size - from_rest).div_ceil(itemsize.max(1));
        let count = match itemsize {
            0 => self.count - self.next,
            _ => missing.min(self.count - self.next),
        };
        let mut part = Vec::with_capacity(from_rest + count * itemsize);
        part.extend_from_slice(&left[..from_rest]);
        self.done += from_rest;
        if count > 0 {
            let range = self.next..self.next + count;
            self.array.write_npy_range(&mut part, &self.header, range)?;
            self.next += count;
            self.rest.clear();
            self.rest.extend_from_slice(part.get(self.size..).unwrap_or_default());
            self.done = 0;
            part.truncate(self.size);
        }
        Ok(part)
    }
}
