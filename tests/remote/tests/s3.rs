//! Arrays on an S3 server, and on one that has no ranges.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use ndarray::{Array1, Array2, Ix1, Ix2, array, s};
use ndarray_io::remote::object_store::aws::AmazonS3Builder;
use ndarray_io::remote::object_store::{ClientOptions, ObjectStore, ObjectStoreExt, RetryConfig};
use ndarray_io::remote::{self, RemoteNpy, RemoteNpz, RemoteOptions};
use ndarray_io::{Compression, DynArray, ErrorKind, MemberOptions, NpzWriter};
use remote_tests::{ACCESS_KEY, BUCKET, Fault, SECRET_KEY, Server};
use tempfile::TempDir;

/// A server, its folder and its store.
struct Place {
    dir: TempDir,
    server: Server,
    store: Arc<dyn ObjectStore>,
}

impl Place {
    fn new() -> Place {
        let dir = tempfile::tempdir().unwrap();
        let server = Server::s3(dir.path()).unwrap();
        let (store, path) = remote::parse_url("s3://bucket/some/a.npy", server.options()).unwrap();
        assert_eq!(path.as_ref(), "some/a.npy");
        Place { dir, server, store }
    }

    /// As the server's own store, but that it gives up soon.
    fn impatient(&self, timeout: Duration, retries: usize) -> Arc<dyn ObjectStore> {
        let retry = RetryConfig {
            max_retries: retries,
            ..RetryConfig::default()
        };
        let store = AmazonS3Builder::new()
            .with_endpoint(self.server.endpoint())
            .with_bucket_name(BUCKET)
            .with_region("us-east-1")
            .with_access_key_id(ACCESS_KEY)
            .with_secret_access_key(SECRET_KEY)
            .with_client_options(ClientOptions::new().with_allow_http(true).with_timeout(timeout))
            .with_retry(retry);
        Arc::new(store.build().unwrap())
    }

    fn file(&self, name: &str) -> PathBuf {
        self.dir.path().join(BUCKET).join(name)
    }

    /// How many files were asked for since the last call, and how many bytes of them.
    fn gets(&self) -> (usize, u64) {
        let asked = self.server.asked();
        let gets: Vec<_> = asked.iter().filter(|asked| asked.method == "GET").collect();
        (gets.len(), gets.iter().map(|asked| asked.bytes).sum())
    }
}

/// 2000 rows of 1000 f64.
fn large() -> Array2<f64> {
    Array2::from_shape_fn((2000, 1000), |(i, j)| (i * 1000 + j) as f64)
}

/// What NumPy prints; `None` if there is no NumPy here, which is a failure in the project's own runs.
fn numpy(code: &str, path: &Path) -> Option<String> {
    let program = std::env::var_os("NDARRAY_IO_PYTHON").unwrap_or_else(|| "python3".into());
    let output = Command::new(program)
        .args(["-c", &format!("import sys, numpy as np\n{code}")])
        .arg(path)
        .output();
    match output {
        Ok(output) if output.status.success() => Some(String::from_utf8(output.stdout).unwrap().trim().to_owned()),
        other if std::env::var_os("CI").is_some_and(|ci| ci == "true") => panic!("NumPy: {other:?}"),
        other => {
            eprintln!("skipped, for want of NumPy: {other:?}");
            None
        }
    }
}

#[tokio::test]
async fn an_array_goes_there_and_back_in_parts() {
    let place = Place::new();
    let array = large();
    remote::write_npy(&place.store, "runs/a.npy", &array).await.unwrap();
    let asked = place.server.asked();
    let parts = asked
        .iter()
        .filter(|asked| asked.target.contains("partNumber="))
        .count();
    assert_eq!(parts, 2, "{asked:?}");
    let code = "a = np.load(sys.argv[1]); print(a.shape, a.dtype, a.sum(), a[1234, 567])";
    if let Some(printed) = numpy(code, &place.file("runs/a.npy")) {
        assert_eq!(printed, "(2000, 1000) float64 1999999000000.0 1234567.0");
    }

    let npy = RemoteNpy::open(place.store.clone(), "runs/a.npy").await.unwrap();
    assert_eq!(place.gets(), (1, 64 << 10));
    assert_eq!(
        (npy.shape(), npy.dtype().to_string()),
        (&[2000, 1000][..], "<f8".to_owned())
    );
    assert!(npy.read::<f64, Ix2>().await.unwrap() == array);
    assert_eq!(place.gets(), (2, 128 + 16_000_000 - (64 << 10)));

    // A hundred rows; every hundredth; then both through one request, for all lies near.
    assert!(npy.read_slice::<f64, _>(s![500..600, ..]).await.unwrap() == array.slice(s![500..600, ..]));
    assert_eq!(place.gets(), (1, 800_000));
    let near = RemoteOptions::new().gap(0);
    let npy = RemoteNpy::open_with(place.store.clone(), "runs/a.npy", &near)
        .await
        .unwrap();
    place.gets();
    assert!(npy.read_slice::<f64, _>(s![100..;100, ..]).await.unwrap() == array.slice(s![100..;100, ..]));
    assert_eq!(place.gets(), (19, 19 * 8000));

    let mut rows = npy.rows::<f64, Ix2>(900);
    let mut sum = 0.0;
    while let Some(block) = rows.next().await {
        sum += block.unwrap().sum();
    }
    assert_eq!(sum, array.sum());
}

#[tokio::test]
async fn what_numpy_wrote_is_read_by_load() {
    let place = Place::new();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/data");
    for name in ["image.npy", "signal.npy", "stations.npy", "temperature.npy"] {
        let bytes = std::fs::read(folder.join(name)).unwrap();
        place.store.put(&name.into(), bytes.into()).await.unwrap();
        let expected: DynArray = ndarray_io::read_npy(folder.join(name)).unwrap();
        match remote::load(place.store.clone(), name).await.unwrap() {
            // A NaN is not equal to itself.
            remote::Loaded::Npy(array) => assert_eq!(format!("{array:?}"), format!("{expected:?}")),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn one_member_of_an_archive() {
    let place = Place::new();
    let array = large();
    let path = place.file("a.npz");
    let mut npz = NpzWriter::create(&path).unwrap();
    npz.add_array("stored", &array).unwrap();
    let deflate = MemberOptions::new().compression(Compression::Deflate(1));
    npz.add_array_with("deflated", &array, &deflate).unwrap();
    npz.add_array("small", &array![1_u8, 2]).unwrap();
    npz.finish().unwrap();

    let npz = RemoteNpz::open(place.store.clone(), "a.npz").await.unwrap();
    let (requests, bytes) = place.gets();
    assert!(requests <= 2 && bytes < 128 << 10, "{requests} of {bytes}");
    assert_eq!(npz.names().collect::<Vec<_>>(), ["stored", "deflated", "small"]);
    assert!(npz.by_name::<f64, Ix2>("stored").await.unwrap() == array);
    let (_, bytes) = place.gets();
    assert!(bytes < 16_001_000, "{bytes}");
    assert!(npz.by_name::<f64, Ix2>("deflated").await.unwrap() == array);
    assert_eq!(npz.by_name::<u8, Ix1>("small").await.unwrap(), array![1, 2]);
    let (_, bytes) = place.gets();
    assert!(bytes < 16_000_000, "{bytes}");
}

#[tokio::test]
async fn a_missing_key_and_an_empty_file() {
    let place = Place::new();
    let error = RemoteNpy::open(place.store.clone(), "none.npy").await.unwrap_err();
    assert_eq!(error.to_string(), "none.npy: AmazonS3(bucket) has no such file");
    assert_eq!(error.kind(), ErrorKind::Io);
    std::fs::write(place.file("empty.npy"), "").unwrap();
    let error = RemoteNpy::open(place.store.clone(), "empty.npy").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Truncated, "{error}");
    // No archive: asked for the last bytes of an empty file, this server panics.
}

#[tokio::test]
async fn wrong_credentials() {
    let place = Place::new();
    remote::write_npy(&place.store, "a.npy", &array![1.0]).await.unwrap();
    let mut options = place.server.options();
    options.push(("aws_secret_access_key", "another secret".to_owned()));
    let (store, path) = remote::parse_url("s3://bucket/a.npy", options).unwrap();
    let error = RemoteNpy::open(store.clone(), path).await.unwrap_err();
    let message = error.to_string();
    assert!(
        message.starts_with("a.npy: AmazonS3(bucket) refuses access: are the credentials"),
        "{message}"
    );
    assert!(message.contains("SignatureDoesNotMatch"), "{message}");
    let error = remote::write_npy(&store, "b.npy", &array![1.0]).await.unwrap_err();
    assert!(
        error.to_string().starts_with("b.npy: AmazonS3(bucket) refuses access"),
        "{error}"
    );
    assert!(!place.file("b.npy").exists());
}

#[tokio::test]
async fn a_connection_that_is_cut() {
    let place = Place::new();
    let array = large();
    remote::write_npy(&place.store, "a.npy", &array).await.unwrap();
    let npy = RemoteNpy::open(place.store.clone(), "a.npy").await.unwrap();
    place.gets();
    // Once: the store asks for the rest.
    place.server.set_fault(Fault::Cut {
        after: 1_000_000,
        times: 1,
    });
    assert!(npy.read::<f64, Ix2>().await.unwrap() == array);
    assert_eq!(place.gets().0, 3);
    // Again and again: it gives up.
    let store = place.impatient(Duration::from_secs(10), 2);
    place.server.set_fault(Fault::None);
    let npy = RemoteNpy::open(store, "a.npy").await.unwrap();
    place.server.set_fault(Fault::Cut { after: 100, times: 100 });
    let error = npy.read::<f64, Ix2>().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Io);
    assert!(error.to_string().starts_with("a.npy: "), "{error}");
    assert!(std::error::Error::source(&error).is_some());
}

#[tokio::test]
async fn a_slow_server() {
    let place = Place::new();
    let array = Array1::from_iter((0..1_000_000).map(f64::from));
    remote::write_npy(&place.store, "a.npy", &array).await.unwrap();
    place.server.set_fault(Fault::Slow(Duration::from_millis(100)));
    let options = RemoteOptions::new().range_size(1 << 20).in_flight(4);
    let npy = RemoteNpy::open_with(place.store.clone(), "a.npy", &options)
        .await
        .unwrap();
    assert!(npy.read::<f64, Ix1>().await.unwrap() == array);
    assert_eq!(place.server.most_running(), 4);
    // Slower than the store's patience.
    place.server.set_fault(Fault::Slow(Duration::from_secs(60)));
    let store = place.impatient(Duration::from_millis(200), 0);
    let error = RemoteNpy::open(store, "a.npy").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Io);
    assert!(error.to_string().starts_with("a.npy: "), "{error}");
}

#[tokio::test]
async fn an_upload_that_is_refused_halfway() {
    let place = Place::new();
    remote::write_npy(&place.store, "a.npy", &array![1.0]).await.unwrap();
    place.server.set_fault(Fault::RefuseParts(2));
    let store = place.impatient(Duration::from_secs(10), 1);
    let error = remote::write_npy(&store, "a.npy", &large()).await.unwrap_err();
    assert!(error.to_string().contains("refuses access"), "{error}");
    let old = RemoteNpy::open(store, "a.npy").await.unwrap();
    assert_eq!(old.read::<f64, Ix1>().await.unwrap(), array![1.0]);
    // The parts are gone.
    let asked = place.server.asked();
    assert!(
        asked
            .iter()
            .any(|asked| asked.method == "DELETE" && asked.target.contains("uploadId="))
    );
    let left = std::fs::read_dir(place.dir.path()).unwrap();
    let left = left.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    assert_eq!(left.filter(|name| name.contains(".part")).count(), 0);
}

#[tokio::test]
async fn a_server_without_ranges() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::without_ranges(dir.path()).unwrap();
    let array = large();
    ndarray_io::write_npy(dir.path().join("a.npy"), &array).unwrap();
    let url = format!("{}/a.npy", server.endpoint());
    let (store, path) = remote::parse_url(&url, [("allow_http", "true")]).unwrap();
    let error = RemoteNpy::open(store.clone(), path.clone()).await.unwrap_err();
    let message = error.to_string();
    assert!(
        message.contains("sends no ranges of its files; `RemoteOptions::allow_whole`"),
        "{message}"
    );
    server.asked();
    let options = RemoteOptions::new().allow_whole(true);
    let npy = RemoteNpy::open_with(store, path, &options).await.unwrap();
    assert!(npy.read_slice::<f64, _>(s![.., 7]).await.unwrap() == array.column(7));
    assert!(npy.read::<f64, Ix2>().await.unwrap() == array);
    let whole = server
        .asked()
        .iter()
        .filter(|asked| asked.method == "GET" && asked.range.is_none())
        .count();
    assert_eq!(whole, 1);
}
