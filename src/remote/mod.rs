//! Arrays in object stores: S3, Google Cloud Storage, Azure, HTTP, local folders, memory (feature `object_store`).
//!
//! An array that is larger than a machine lies in a bucket, and what is wanted of it is fetched by ranges: the header by
//! one request, then the bytes of a slice, near ones together, several requests at a time, straight into the array's
//! memory. What is written appears whole or not at all.
//!
//! ```no_run
//! # async fn example() -> ndarray_io::Result<()> {
//! use ndarray::{Array1, s};
//! use ndarray_io::remote::{self, RemoteNpy};
//!
//! // Keys and regions from the environment, as AWS_ACCESS_KEY_ID; any other pairs of strings do as well.
//! let (store, path) = remote::parse_url("s3://bucket/runs/large.npy", std::env::vars())?;
//! let npy = RemoteNpy::open(store, path).await?;
//! let column: Array1<f64> = npy.read_slice(s![.., 3]).await?;
//! # Ok(())
//! # }
//! ```
//!
//! The stores are those of the crate [`object_store`], which brings their options, retries and timeouts. They that go
//! over the network need a tokio runtime, which is the caller's: this crate starts none.

mod npy;
#[cfg(feature = "npz")]
mod npz;
mod object;
mod options;
mod write;

use std::sync::Arc;

use object_store::ObjectStore;
use object_store::path::Path;

/// The crate whose stores and paths these are, in the version that this one takes.
pub use object_store;

use crate::error::{Error, ErrorKind, Result};
use crate::load::{Format, format_of};
pub use npy::{RemoteNpy, RemoteRows};
#[cfg(feature = "npz")]
pub use npz::RemoteNpz;
pub use options::RemoteOptions;
pub use write::{write_npy, write_npy_with};

/// The store that a URL names, and the path in it.
///
/// There are `s3://bucket/path`, `gs://bucket/path`, `az://container/path`, `https://host/path`, `file:///path` and those
/// that [`object_store::parse_url_opts`] lists besides. `options` are the store's own, such as `aws_access_key_id`,
/// `aws_region`, `allow_http`, `timeout`; what it does not know is passed over, so that [`std::env::vars`] can be given.
///
/// # Errors
///
/// [`ErrorKind::Argument`] if it is no URL, none of a store that there is, or the options do not make up one.
///
/// # Examples
///
/// ```
/// use ndarray_io::remote;
///
/// let options = [("aws_access_key_id", "me"), ("aws_secret_access_key", "secret"), ("aws_region", "eu-central-1")];
/// let (store, path) = remote::parse_url("s3://bucket/runs/a.npy", options)?;
/// assert_eq!(store.to_string(), "AmazonS3(bucket)");
/// assert_eq!(path.as_ref(), "runs/a.npy");
/// # Ok::<(), ndarray_io::Error>(())
/// ```
pub fn parse_url<I, K, V>(url: &str, options: I) -> Result<(Arc<dyn ObjectStore>, Path)>
where
    I: IntoIterator<Item = (K, V)>,
    K: AsRef<str>,
    V: Into<String>,
{
    let parsed = url::Url::parse(url).map_err(|error| {
        let url = without_secrets(url);
        let message = format!("`{url}` is no URL ({error}); one of a local file is `file:///path/to/a.npy`");
        Error::new(ErrorKind::Argument, message).with_source(error)
    })?;
    let (store, path) = object_store::parse_url_opts(&parsed, options).map_err(|error| {
        // The error itself, which may repeat the URL, is no source of ours.
        let (parsed, url) = (parsed.as_str(), without_secrets(url));
        let message = error.to_string().replace(parsed, &url);
        Error::new(ErrorKind::Argument, format!("`{url}`: {message}"))
    })?;
    Ok((Arc::from(store), path))
}

/// A URL to be shown: without user and password, and without its query, where signatures are.
fn without_secrets(url: &str) -> String {
    let (url, query) = match url.split_once('?') {
        Some((url, _)) => (url, "?.."),
        None => (url, ""),
    };
    // A password may have a `/` that it should not have, so that it is not told where the host begins.
    let url = match (url.split_once("://"), url.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, place))) => format!("{scheme}://..@{place}"),
        (None, Some((_, place))) => format!("..@{place}"),
        (_, None) => url.to_owned(),
    };
    url + query
}

/// What a file of a store holds: an array, or an archive whose arrays are fetched when they are asked for.
///
/// # Examples
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// # use std::sync::Arc;
/// # use ndarray_io::remote::object_store::memory::InMemory;
/// # let store = Arc::new(InMemory::new());
/// # remote::write_npy(&store, "a.npy", &ndarray::array![1.5, 2.5]).await?;
/// use ndarray_io::DynArray;
/// use ndarray_io::remote::{self, Loaded};
///
/// let Loaded::Npy(DynArray::Float64(array)) = remote::load(store, "a.npy").await? else { panic!("no array of f64") };
/// assert_eq!(array.sum(), 4.0);
/// # Ok::<(), ndarray_io::Error>(())
/// # })?;
/// # Ok::<(), ndarray_io::Error>(())
/// ```
#[cfg(feature = "npz")]
pub type Loaded = crate::Loaded<RemoteNpz>;
/// What a file of a store holds: an array.
#[cfg(not(feature = "npz"))]
pub type Loaded = crate::Loaded;

/// Loads a `.npy` file or opens a `.npz` archive, by its content, whatever its name.
///
/// # Errors
///
/// As [`load`](crate::load), and [`RemoteNpy::read`].
///
/// # Examples
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// # use std::sync::Arc;
/// # use ndarray_io::remote::{self, object_store::memory::InMemory};
/// # let store = Arc::new(InMemory::new());
/// # remote::write_npy(&store, "a.npy", &ndarray::array![1.0, 2.0]).await?;
/// match remote::load(store, "a.npy").await? {
///     remote::Loaded::Npy(array) => println!("{} of shape {:?}\n{array}", array.dtype(), array.shape()),
///     remote::Loaded::Npz(archive) => println!("{:?}", archive.names().collect::<Vec<_>>()),
/// }
/// # Ok::<(), ndarray_io::Error>(())
/// # })?;
/// # Ok::<(), ndarray_io::Error>(())
/// ```
pub async fn load(store: Arc<dyn ObjectStore>, path: impl Into<Path>) -> Result<Loaded> {
    load_with(store, path, &RemoteOptions::default()).await
}

/// Loads a file as [`load`] does, with these options.
///
/// # Errors
///
/// As [`load`].
///
/// # Examples
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// # use std::sync::Arc;
/// # use ndarray_io::remote::object_store::memory::InMemory;
/// # let store = Arc::new(InMemory::new());
/// # remote::write_npy(&store, "a.npy", &ndarray::array![1.0, 2.0]).await?;
/// use ndarray_io::ReadOptions;
/// use ndarray_io::remote::{self, RemoteOptions};
///
/// let options = RemoteOptions::new().read_options(ReadOptions::new().max_bytes(8));
/// assert!(remote::load_with(store, "a.npy", &options).await.is_err()); // 16 bytes
/// # Ok::<(), ndarray_io::Error>(())
/// # })?;
/// # Ok::<(), ndarray_io::Error>(())
/// ```
pub async fn load_with(store: Arc<dyn ObjectStore>, path: impl Into<Path>, options: &RemoteOptions) -> Result<Loaded> {
    let (object, start) = object::Object::open(store, path.into(), options, (0..object::FIRST).into()).await?;
    match format_of(&start.bytes).map_err(|error| object.locate(error))? {
        #[cfg(feature = "npz")]
        Format::Npz => RemoteNpz::of_object(object, start).await.map(Loaded::Npz),
        Format::Npy => RemoteNpy::of_object(object, start)
            .await?
            .read_dyn()
            .await
            .map(Loaded::Npy),
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error as _;

    use super::*;

    #[test]
    fn errors_of_urls_keep_their_secrets() {
        for url in [
            "nowhere://me:secret@host/a.npy",
            "https://me:sec/secret@host/a.npy",
            "me:secret@host/a.npy",
            "nowhere://host/a.npy?sig=secret&se=2026",
            "az://secret@:/a",
        ] {
            let error = parse_url(url, [("aws_region", "x")]).unwrap_err();
            let source = error.source().map(|source| format!("{source} {source:?}"));
            let shown = format!("{error} {error:?} {source:?}");
            assert!(!shown.contains("secret"), "{shown}");
        }
        let error = parse_url("nowhere://host/a.npy", [("aws_region", "x")]).unwrap_err();
        assert!(error.to_string().contains("nowhere://host/a.npy"), "{error}");
    }
}
