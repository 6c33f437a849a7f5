//! Object stores: in memory and in a folder, with requests counted and made to fail. tests/remote has an S3 server.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use futures_util::stream::BoxStream;
use ndarray::{Array, Array1, Array2, ArrayD, Axis, Ix1, Ix2, IxDyn, Order, array, s};
use ndarray_io::remote::object_store::local::LocalFileSystem;
use ndarray_io::remote::object_store::memory::InMemory;
use ndarray_io::remote::object_store::path::Path;
use ndarray_io::remote::object_store::{self, *};
use ndarray_io::remote::{self, RemoteNpy, RemoteOptions};
use ndarray_io::{Casting, Dtype, DynArray, ErrorKind, Header, ReadNpyExt, ReadOptions, WriteNpyExt, WriteOptions};
use proptest::prelude::*;

use crate::slice::{any_slice, in_memory};
use crate::support::python;

fn run<F: Future>(work: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    runtime.unwrap().block_on(work)
}

/// What a store does wrong.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum Fault {
    #[default]
    None,
    /// It has no ranges.
    NoRanges,
    /// It has no ranges from the end.
    NoSuffixes,
    /// It has no ranges, and claims that the whole is longer than it is.
    Claims,
    /// Answers after the first have fewer bytes than they claim, or more.
    Short,
    Long,
    /// Answers after the first claim other bytes than were asked for.
    Other,
    /// It fails to take that part of an upload, or to make a file of its parts.
    Part(usize),
    Complete,
}

/// A store in memory that notes what it is asked.
#[derive(Debug, Default)]
struct Watched {
    inner: InMemory,
    fault: Fault,
    /// The ranges that were answered.
    log: Mutex<Vec<Range<u64>>>,
    heads: AtomicUsize,
    running: AtomicUsize,
    most_running: AtomicUsize,
    parts: Arc<Mutex<Vec<usize>>>,
    aborted: Arc<AtomicBool>,
}

impl Watched {
    fn new(fault: Fault) -> Arc<Watched> {
        Arc::new(Watched {
            fault,
            ..Watched::default()
        })
    }

    /// One that holds these bytes as `a`.
    fn holding(fault: Fault, bytes: &[u8]) -> Arc<Watched> {
        let store = Watched::new(fault);
        run(store.inner.put(&"a".into(), bytes.to_vec().into())).unwrap();
        store
    }

    /// The ranges since the last call, in order.
    fn ranges(&self) -> Vec<Range<u64>> {
        let mut ranges = std::mem::take(&mut *self.log.lock().unwrap());
        ranges.sort_by_key(|range| range.start);
        ranges
    }

    /// How many requests there were since the last call, and for how many bytes.
    fn requests(&self) -> (usize, u64) {
        let ranges = self.ranges();
        (ranges.len(), ranges.iter().map(|range| range.end - range.start).sum())
    }
}

impl std::fmt::Display for Watched {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the watched store")
    }
}

fn fails(what: &'static str) -> object_store::Error {
    object_store::Error::Generic {
        store: "Watched",
        source: what.into(),
    }
}

#[async_trait]
impl ObjectStore for Watched {
    async fn put_opts(&self, path: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        self.parts.lock().unwrap().push(payload.content_length());
        match self.fault {
            Fault::Part(0) => Err(fails("no room")),
            _ => self.inner.put_opts(path, payload, options).await,
        }
    }

    async fn put_multipart_opts(&self, path: &Path, options: PutMultipartOptions) -> Result<Box<dyn MultipartUpload>> {
        Ok(Box::new(Upload {
            inner: self.inner.put_multipart_opts(path, options).await?,
            fault: self.fault,
            parts: Arc::clone(&self.parts),
            aborted: Arc::clone(&self.aborted),
        }))
    }

    async fn get_opts(&self, path: &Path, mut options: GetOptions) -> Result<GetResult> {
        if options.head {
            self.heads.fetch_add(1, Ordering::Relaxed);
            return self.inner.get_opts(path, options).await;
        }
        let unsupported = match options.range {
            Some(_) => matches!(self.fault, Fault::NoRanges | Fault::Claims),
            None => false,
        } || matches!(options.range, Some(GetRange::Suffix(_))) && self.fault == Fault::NoSuffixes;
        if unsupported {
            return Err(object_store::Error::NotSupported {
                source: "no ranges".into(),
            });
        }
        self.running.fetch_add(1, Ordering::Relaxed);
        self.most_running
            .fetch_max(self.running.load(Ordering::Relaxed), Ordering::Relaxed);
        for _ in 0..3 {
            tokio::task::yield_now().await;
        }
        self.running.fetch_sub(1, Ordering::Relaxed);
        let is_first = self.log.lock().unwrap().is_empty();
        let asked = options.range.clone();
        if let Some(GetRange::Bounded(range)) = &mut options.range
            && !is_first
        {
            match self.fault {
                Fault::Short => range.end -= 1,
                Fault::Long => range.end += 1,
                Fault::Other => range.start -= 1,
                _ => {}
            }
        }
        let mut result = self.inner.get_opts(path, options).await?;
        if self.fault == Fault::Claims {
            result.meta.size = 1 << 50;
            result.range.end = 1 << 50;
        }
        self.log.lock().unwrap().push(result.range.clone());
        if let Some(GetRange::Bounded(range)) = asked
            && !is_first
            && matches!(self.fault, Fault::Short | Fault::Long)
        {
            result.range = range;
        }
        Ok(result)
    }

    fn delete_stream(&self, paths: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        self.inner.delete_stream(paths)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.inner.list(prefix)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.inner.copy_opts(from, to, options).await
    }
}

#[derive(Debug)]
struct Upload {
    inner: Box<dyn MultipartUpload>,
    fault: Fault,
    parts: Arc<Mutex<Vec<usize>>>,
    aborted: Arc<AtomicBool>,
}

#[async_trait]
impl MultipartUpload for Upload {
    fn put_part(&mut self, part: PutPayload) -> UploadPart {
        let mut parts = self.parts.lock().unwrap();
        parts.push(part.content_length());
        match self.fault == Fault::Part(parts.len() - 1) {
            true => Box::pin(async { Err(fails("no room")) }),
            false => self.inner.put_part(part),
        }
    }

    async fn complete(&mut self) -> Result<PutResult> {
        match self.fault {
            Fault::Complete => Err(fails("no more room")),
            _ => self.inner.complete().await,
        }
    }

    async fn abort(&mut self) -> Result<()> {
        self.aborted.store(true, Ordering::Relaxed);
        self.inner.abort().await
    }
}

/// 1000 rows of 1000 f64, the bytes of whose file start with a header of 128.
fn large() -> (Array2<f64>, Vec<u8>) {
    let array = Array2::from_shape_fn((1000, 1000), |(i, j)| (i * 1000 + j) as f64);
    let mut file = Vec::new();
    array.write_npy(&mut file).unwrap();
    (array, file)
}

#[test]
fn a_header_is_one_request_of_64_kib() {
    let (_, file) = large();
    let store = Watched::holding(Fault::None, &file);
    let npy = run(RemoteNpy::open(store.clone(), "a")).unwrap();
    assert_eq!(npy.shape(), [1000, 1000]);
    assert_eq!(npy.dtype().to_string(), "<f8");
    assert_eq!(store.requests(), (1, 64 << 10));
    assert_eq!(store.heads.load(Ordering::Relaxed), 0);
}

#[test]
fn a_small_file_is_one_request() {
    let mut file = Vec::new();
    array![1.0, 2.0].write_npy(&mut file).unwrap();
    let store = Watched::holding(Fault::None, &file);
    run(async {
        let npy = RemoteNpy::open(store.clone(), "a").await.unwrap();
        assert_eq!(npy.read::<f64, Ix1>().await.unwrap(), array![1.0, 2.0]);
        assert_eq!(npy.read_slice::<f64, _>(s![1..]).await.unwrap(), array![2.0]);
    });
    assert_eq!(store.requests(), (1, file.len() as u64));
}

#[test]
fn all_of_it_is_ranges_side_by_side() {
    let (array, file) = large();
    let store = Watched::holding(Fault::None, &file);
    let options = RemoteOptions::new().range_size(1 << 20).in_flight(3);
    run(async {
        let npy = RemoteNpy::open_with(store.clone(), "a", &options).await.unwrap();
        assert!(npy.read::<f64, Ix2>().await.unwrap() == array);
    });
    // No byte twice, none left out.
    let ranges = store.ranges();
    assert_eq!(ranges.len(), 1 + 8);
    assert!(ranges.windows(2).all(|pair| pair[0].end == pair[1].start));
    assert_eq!(ranges.last().unwrap().end, file.len() as u64);
    assert_eq!(store.most_running.load(Ordering::Relaxed), 3);
}

/// No second array beside the one that is asked for.
#[cfg(all(feature = "npz", feature = "text", feature = "object"))]
#[test]
fn what_is_fetched_goes_into_the_array() {
    let (array, file) = large();
    let store = Watched::holding(Fault::None, &file); // which gives parts of its own bytes
    let options = RemoteOptions::new().range_size(1 << 20);
    let (read, peak) = crate::support::memory::peak(|| {
        run(async {
            let npy = RemoteNpy::open_with(store, "a", &options).await.unwrap();
            npy.read::<f64, Ix2>().await.unwrap()
        })
    });
    assert!(read == array);
    assert!(peak < 8_000_000 + (1 << 20), "{peak} bytes");
}

#[test]
fn a_slice_is_the_bytes_that_it_needs() {
    let (array, file) = large();
    let store = Watched::holding(Fault::None, &file);
    let far = RemoteOptions::new();
    let near = RemoteOptions::new().gap(0);
    // Options; slice; requests, bytes. A row is 8000 bytes, and the first 64 KiB are here.
    let cases = [
        (&far, s![500..600, ..], (1, 800_000)),
        (&near, s![500..600, ..], (1, 800_000)),
        (&near, s![500..600;10, ..], (10, 80_000)),
        // Rows 80 000 bytes apart: less than a request costs.
        (&far, s![500..600;10, ..], (1, 9 * 80_000 + 8000)),
        (&near, s![500..600, 10..20], (100, 100 * 80)),
        (&far, s![500..600, 10..20], (1, 99 * 8000 + 80)),
        (&near, s![500..503, ..;-500], (6, 6 * 8)),
        (&far, s![0..8, ..], (0, 0)),
        (&far, s![..0, ..], (0, 0)),
    ];
    for (options, info, expected) in cases {
        let npy = run(RemoteNpy::open_with(store.clone(), "a", options)).unwrap();
        store.requests();
        let slice: Array2<f64> = run(npy.read_slice(info)).unwrap();
        assert!(slice == array.slice(info), "{info:?}");
        assert_eq!(store.requests(), expected, "{info:?}");
    }
    // A column reads over all the rest, block by block.
    let npy = run(RemoteNpy::open(store.clone(), "a")).unwrap();
    let column: Array1<f64> = run(npy.read_slice(s![.., 999])).unwrap();
    assert!(column == array.column(999));
    let (requests, bytes) = store.requests();
    assert_eq!(requests, 2);
    assert!(bytes <= file.len() as u64);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn a_slice_is_what_it_is_in_memory(
        (shape, info) in any_slice(),
        order in 0..2_usize,
        dtype in 0..4,
        range_size in prop_oneof![1_usize..200, 1000_usize..200_000],
        gap in prop_oneof![0_u64..100, 0_u64..100_000],
        in_flight in 0_usize..9,
    ) {
        let order = [Order::RowMajor, Order::ColumnMajor][order];
        let options = RemoteOptions::new().range_size(range_size).gap(gap).in_flight(in_flight);
        match dtype {
            0 => check_slice(|i| i as u8, "|u1", order, &shape, &info, &options),
            1 => check_slice(|i| i as i32, ">i4", order, &shape, &info, &options),
            2 => check_slice(|i| i % 3 == 0, "|b1", order, &shape, &info, &options),
            _ => check_slice(|i| format!("{}", i % 100), "<U3", order, &shape, &info, &options),
        }
    }

    #[test]
    fn rows_are_the_array_wherever_ranges_end(
        shape in proptest::collection::vec(1_usize..7, 1..4), n in 1_usize..9, fortran: bool,
        range_size in 1_usize..50, gap in 0_u64..40, in_flight in 1_usize..4, padding in 0_usize..3,
    ) {
        let count = shape.iter().product();
        let array = Array::from_iter((0..count).map(|i| i as u16)).into_shape_with_order(shape).unwrap();
        let order = if fortran { Order::ColumnMajor } else { Order::RowMajor };
        let mut file = Vec::new();
        array.write_npy_with(&mut file, &WriteOptions::new().order(order)).unwrap();
        // A header so long that the first request ends within the data, before it or after it.
        let head = Header::read(&mut &file[..]).unwrap().data_offset().unwrap() as usize;
        let length = (64 << 10) - [0, 7, 1000][padding];
        let mut long = b"\x93NUMPY\x02\0".to_vec();
        long.extend(u32::try_from(length - 12).unwrap().to_le_bytes());
        long.extend(&file[10..head]);
        long.resize(length - 1, b' ');
        long.push(b'\n');
        long.extend(&file[head..]);
        let store = Watched::holding(Fault::None, &long);
        let read = ReadOptions::new().max_header_size(1 << 20);
        let options = RemoteOptions::new().range_size(range_size).gap(gap).in_flight(in_flight).read_options(read);
        run(async {
            let npy = RemoteNpy::open_with(store, "a", &options).await.unwrap();
            let (mut rows, mut start) = (npy.rows::<u16, IxDyn>(n), 0);
            while let Some(block) = rows.next().await {
                let block = block.unwrap();
                let end = start + block.shape()[0];
                assert_eq!(end, (start + n).min(array.shape()[0]));
                assert_eq!(block, array.slice_axis(Axis(0), (start..end).into()));
                start = end;
            }
            assert_eq!(start, array.shape()[0]);
        });
    }

    #[test]
    fn parts_are_the_file(
        shape in proptest::collection::vec(0_usize..6, 0..5), fortran: bool, transposed: bool, part_size in 1_usize..300,
        dtype in 0..4,
    ) {
        let count: usize = shape.iter().product();
        let array = ArrayD::from_shape_vec(shape, (0..count as i64).collect()).unwrap();
        let array = if transposed { array.reversed_axes() } else { array };
        let order = if fortran { Order::ColumnMajor } else { Order::RowMajor };
        let write = WriteOptions::new().order(order);
        match dtype {
            0 => check_parts(&array, write, part_size),
            1 => check_parts(&array, write.dtype(">i2".parse().unwrap()), part_size),
            2 => check_parts(&array.map(|i| i.to_string()), write, part_size),
            _ => {
                let records = array.map(|&i| (i, i as f32 / 2.0));
                check_parts(&records, write.clone().dtype(Dtype::of::<(i64, f32)>().unwrap()), part_size);
                if let Ok(records) = DynArray::from_array(&records) {
                    check_parts(&records, write, part_size);
                }
            }
        }
    }
}

fn check_slice<A>(
    make: impl Fn(usize) -> A,
    dtype: &str,
    order: Order,
    shape: &[usize],
    info: &[ndarray::SliceInfoElem],
    options: &RemoteOptions,
) where
    A: Clone + PartialEq + std::fmt::Debug + serde::Serialize + serde::de::DeserializeOwned,
{
    let count = shape.iter().product();
    let array = Array::from_iter((0..count).map(make))
        .into_shape_with_order(shape)
        .unwrap();
    let mut file = Vec::new();
    let write = WriteOptions::new().dtype(dtype.parse().unwrap()).order(order);
    array.write_npy_with(&mut file, &write).unwrap();
    let store = Watched::holding(Fault::None, &file);
    // Very small ranges are one byte of a large slice each: too many for a test.
    let options = match array.len() > 1000 {
        true => options.clone().range_size(50_000).gap(50_000),
        false => options.clone(),
    };
    run(async {
        let npy = RemoteNpy::open_with(store, "a", &options).await.unwrap();
        let sliced = npy.read_slice::<A, IxDyn>(info).await.unwrap();
        assert!(
            sliced == in_memory(&array, info),
            "{dtype} {order:?} {shape:?} {info:?}"
        );
        let dynamic = npy.read_slice_dyn(info).await.unwrap();
        assert_eq!(dynamic.dtype().to_string(), dtype);
        assert!(dynamic.into_array::<A, IxDyn>(Casting::Equiv).unwrap() == sliced);
        assert!(npy.read::<A, IxDyn>().await.unwrap() == array);
    });
}

fn check_parts<T: WriteNpyExt>(array: &T, write: WriteOptions, part_size: usize) {
    let mut file = Vec::new();
    array.write_npy_with(&mut file, &write).unwrap();
    let store = Watched::new(Fault::None);
    let options = RemoteOptions::new().part_size(part_size).write_options(write);
    run(remote::write_npy_with(&*store, "a", array, &options)).unwrap();
    let sent = run(async { store.inner.get(&"a".into()).await.unwrap().bytes().await.unwrap() });
    assert!(sent == file);
    let parts = store.parts.lock().unwrap();
    assert_eq!(parts.len(), file.len().div_ceil(part_size));
    assert!(
        parts[..parts.len() - 1].iter().all(|&len| len == part_size),
        "{parts:?}"
    );
}

#[test]
fn what_numpy_wrote_is_read_as_from_a_file() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/data");
    let store: Arc<dyn ObjectStore> = Arc::new(LocalFileSystem::new_with_prefix(&folder).unwrap());
    for name in ["image.npy", "signal.npy", "stations.npy", "temperature.npy"] {
        let expected: DynArray = ndarray_io::read_npy(folder.join(name)).unwrap();
        let expected = format!("{expected:?}"); // a NaN is not equal to itself
        let options = RemoteOptions::new().range_size(1000);
        let npy = run(RemoteNpy::open_with(store.clone(), name, &options)).unwrap();
        assert_eq!(format!("{:?}", run(npy.read_dyn()).unwrap()), expected, "{name}");
        match run(remote::load(store.clone(), name)).unwrap() {
            remote::Loaded::Npy(array) => assert_eq!(format!("{array:?}"), expected, "{name}"),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn every_recorded_file_is_read_as_from_memory() {
    let corpus = crate::corpus::support::corpus();
    let mut seen = 0;
    for (name, bytes) in corpus.files(".npy") {
        let expected = DynArray::read_npy(&bytes[..]);
        let store = Watched::holding(Fault::None, &bytes);
        let got = run(async { RemoteNpy::open(store, "a").await?.read_dyn().await });
        match (got, expected) {
            // Objects and NaNs are not equal to themselves.
            (Ok(got), Ok(expected)) => assert_eq!(format!("{got:?}"), format!("{expected:?}"), "{name}"),
            // Of a pickle, what is too much depends on whether its length is known.
            (Err(got), Err(expected)) if matches!(expected.kind(), ErrorKind::Object | ErrorKind::Limit) => {
                assert_eq!(got.kind(), expected.kind(), "{name}");
            }
            (Err(got), Err(expected)) => assert_eq!(got.to_string(), format!("a: {expected}"), "{name}"),
            (got, expected) => panic!("{name}: {got:?}, from memory {expected:?}"),
        }
        seen += 1;
    }
    assert!(seen > 1000, "{seen}");
}

#[test]
fn numpy_reads_what_was_sent() {
    let Some(mut numpy) = python::numpy("uploads") else {
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    let store = LocalFileSystem::new_with_prefix(dir.path()).unwrap();
    let array = Array2::from_shape_fn((100, 70), |(i, j)| i as f32 - j as f32 / 3.0);
    for (options, code) in [
        (WriteOptions::new(), "a.flags.c_contiguous and a.dtype == '<f4'"),
        (
            WriteOptions::new()
                .dtype(">f4".parse().unwrap())
                .order(Order::ColumnMajor),
            "a.flags.f_contiguous and a.dtype == '>f4'",
        ),
    ] {
        let options = RemoteOptions::new().part_size(1000).write_options(options);
        run(remote::write_npy_with(&store, "runs/a.npy", &array.view(), &options)).unwrap();
        let file = std::fs::read(dir.path().join("runs/a.npy")).unwrap();
        let code = format!("a = load(inputs[0])\nassert {code}\noutputs.append(a.astype('<f4').tobytes('C'))");
        let bytes: Vec<u8> = array.iter().flat_map(|x: &f32| x.to_le_bytes()).collect();
        assert!(numpy.run(&code, &[&file])[0] == bytes);
    }
}

#[test]
fn an_upload_is_whole_or_not_there() {
    let array = Array1::from_iter((0..10_000).map(f64::from));
    let options = RemoteOptions::new().part_size(1000).in_flight(3);
    for fault in [Fault::Part(1), Fault::Part(40), Fault::Part(80), Fault::Complete] {
        let store = Watched::holding(fault, b"old");
        let error = run(remote::write_npy_with(&*store, "a", &array, &options)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Io);
        assert!(
            error.to_string().starts_with("a: Generic Watched error: no "),
            "{error}"
        );
        assert!(store.aborted.load(Ordering::Relaxed));
        let left = run(async { store.inner.get(&"a".into()).await.unwrap().bytes().await.unwrap() });
        assert_eq!(&left[..], b"old");
    }
    let store = Watched::holding(Fault::Part(0), b"old");
    assert!(run(remote::write_npy(&*store, "a", &array![1.0])).is_err());
}

#[test]
fn a_value_that_does_not_fit_ends_the_upload() {
    let array = Array1::from_iter(0..1000_i64);
    let write = WriteOptions::new().dtype(Dtype::of::<u8>().unwrap());
    let options = RemoteOptions::new().part_size(100).write_options(write.clone());
    let store = Watched::new(Fault::None);
    let error = run(remote::write_npy_with(&*store, "a", &array, &options)).unwrap_err();
    let expected = array.write_npy_with(std::io::sink(), &write).unwrap_err();
    assert_eq!(error.to_string(), format!("a: {expected}"));
    assert_eq!(error.row(), Some(256));
    assert!(store.aborted.load(Ordering::Relaxed));
    assert!(run(store.inner.get(&"a".into())).is_err());
}

#[test]
fn a_server_without_ranges() {
    let (array, file) = large();
    let store = Watched::holding(Fault::NoRanges, &file);
    let error = run(RemoteNpy::open(store.clone(), "a")).unwrap_err();
    assert_eq!(
        error.to_string(),
        "a: the watched store sends no ranges of its files; `RemoteOptions::allow_whole` fetches the file whole, \
         however little is wanted of it"
    );
    let options = RemoteOptions::new().allow_whole(true);
    run(async {
        let npy = RemoteNpy::open_with(store.clone(), "a", &options).await.unwrap();
        assert!(npy.read::<f64, Ix2>().await.unwrap() == array);
        let column: Array1<f64> = npy.read_slice(s![.., 2]).await.unwrap();
        assert!(column == array.column(2));
    });
    assert_eq!(store.requests(), (1, file.len() as u64));
    let options = options.read_options(ReadOptions::new().max_bytes(1 << 20));
    let error = run(RemoteNpy::open_with(store, "a", &options)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Limit);
}

#[test]
fn what_a_store_sends_is_held_against_what_was_asked() {
    let (_, file) = large();
    for (fault, got) in [
        (Fault::Short, "4000128 to 4800127"),
        (Fault::Long, "4000128 to 4800129"),
        (Fault::Other, "4000127 to 4800128"),
    ] {
        let store = Watched::holding(fault, &file);
        let error = run(async {
            let npy = RemoteNpy::open(store, "a").await.unwrap();
            npy.read_slice::<f64, Ix2>(s![500..600, ..]).await.unwrap_err()
        });
        assert_eq!(error.kind(), ErrorKind::Truncated);
        assert_eq!(
            error.to_string(),
            format!("a: the watched store sent bytes {got} of the file, where 4000128 to 4800128 were asked for")
        );
    }
}

/// Memory grows with what comes, whatever is said to come.
#[cfg(all(feature = "npz", feature = "text", feature = "object"))]
#[test]
fn a_claim_of_a_server_is_not_believed() {
    let (_, file) = large();
    let store = Watched::holding(Fault::Claims, &file);
    let options = RemoteOptions::new().allow_whole(true);
    let (error, peak) = crate::support::memory::peak(|| run(RemoteNpy::open_with(store, "a", &options)).unwrap_err());
    assert_eq!(error.kind(), ErrorKind::Truncated, "{error}");
    assert!(peak < 3 * file.len(), "{peak} bytes");
}

#[test]
fn a_file_that_was_replaced_is_an_error() {
    let (_, file) = large();
    let store = Watched::holding(Fault::None, &file);
    let npy = run(RemoteNpy::open(store.clone(), "a")).unwrap();
    run(store.inner.put(&"a".into(), file.into())).unwrap();
    let error = run(npy.read::<f64, Ix2>()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "a: the file was replaced after it was opened; open it again"
    );
}

#[test]
fn missing_empty_and_foreign_files() {
    let store = Watched::holding(Fault::None, b"");
    let error = run(RemoteNpy::open(store.clone(), "b")).unwrap_err();
    assert_eq!(error.to_string(), "b: the watched store has no such file");
    let source = std::error::Error::source(&error).and_then(|source| source.downcast_ref::<std::io::Error>());
    assert_eq!(source.unwrap().kind(), std::io::ErrorKind::NotFound);
    let error = run(RemoteNpy::open(store.clone(), "a")).unwrap_err();
    assert_eq!(
        error.to_string(),
        "a: no data left: expected a .npy header, got an empty input (at byte 0)"
    );
    let store = Watched::holding(Fault::None, b"\x80\x04pickle");
    assert_eq!(run(remote::load(store, "a")).unwrap_err().kind(), ErrorKind::NotNumpy);
    let (_, mut file) = large();
    file.pop();
    let npy = run(RemoteNpy::open(Watched::holding(Fault::None, &file), "a"));
    let error = npy.and_then(|npy| run(npy.read_slice::<f64, Ix2>(s![..1, ..])));
    assert_eq!(error.unwrap_err().kind(), ErrorKind::Truncated);
    let error = remote::parse_url("a.npy", [("", ""); 0]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "`a.npy` is no URL (relative URL without a base); one of a local file is `file:///path/to/a.npy`"
    );
    assert_eq!(error.kind(), ErrorKind::Argument);
}

#[test]
fn a_header_that_is_longer_than_the_first_request() {
    let names: Vec<String> = (0..6000).map(|i| format!("('a_field_of_name_{i}', '<f4')")).collect();
    let dtype: Dtype = format!("[{}]", names.join(", ")).parse().unwrap();
    let itemsize = dtype.itemsize();
    let raw = ndarray_io::RawArray::new(dtype, vec![2], Order::RowMajor, vec![7; 2 * itemsize]).unwrap();
    let array = raw.into_dyn().unwrap();
    let mut file = Vec::new();
    array.write_npy(&mut file).unwrap();
    let store = Watched::holding(Fault::None, &file);
    let error = run(RemoteNpy::open(store.clone(), "a")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Limit);
    let options = RemoteOptions::new().read_options(ReadOptions::new().max_header_size(1 << 20));
    let npy = run(RemoteNpy::open_with(store, "a", &options)).unwrap();
    assert_eq!(run(npy.read_dyn()).unwrap(), array);
}

#[test]
fn limits_and_casts_are_those_of_files() {
    let (array, file) = large();
    let store = Watched::holding(Fault::None, &file);
    let open = |read| {
        run(RemoteNpy::open_with(
            store.clone(),
            "a",
            &RemoteOptions::new().read_options(read),
        ))
        .unwrap()
    };
    let npy = open(ReadOptions::new().max_bytes(1 << 20));
    assert_eq!(run(npy.read::<f64, Ix2>()).unwrap_err().kind(), ErrorKind::Limit);
    assert_eq!(run(npy.read::<f64, Ix1>()).unwrap_err().kind(), ErrorKind::Limit);
    assert!(run(npy.read_slice::<f64, Ix1>(s![3, ..])).unwrap() == array.row(3));
    let error = run(npy.read_slice::<f32, Ix1>(s![3, ..])).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Dtype);
    assert_eq!(error.path(), Some(std::path::Path::new("a")));
    let npy = open(ReadOptions::new().casting(Casting::SameKind));
    let row = run(npy.read_slice::<f32, Ix1>(s![3, ..])).unwrap();
    assert_eq!(row, array.row(3).mapv(|x| x as f32));
}

/// All rows of the array, by 300.
async fn come_in_blocks(npy: &RemoteNpy, array: &Array2<f64>) {
    let (mut rows, mut start) = (npy.rows::<f64, Ix2>(300), 0);
    while let Some(block) = rows.next().await {
        let block = block.unwrap();
        assert!(block == array.slice(s![start..(start + 300).min(1000), ..]));
        start += block.nrows();
    }
    assert_eq!(start, 1000);
    assert!(rows.next().await.is_none());
}

#[test]
fn rows_are_the_array() {
    let (array, file) = large();
    let store = Watched::holding(Fault::None, &file);
    let npy = run(RemoteNpy::open(store, "a")).unwrap();
    run(async {
        come_in_blocks(&npy, &array).await;
        let mut rows = npy.rows::<f64, Ix2>(0);
        let error = rows.next().await.unwrap().unwrap_err();
        assert_eq!(error.to_string(), "a: blocks of 0 rows; the least is 1");
        assert!(rows.next().await.is_none());
        let mut rows = npy.rows::<u8, Ix2>(300);
        assert!(rows.next().await.unwrap().is_err());
        assert!(rows.next().await.is_none());
    });
}

#[test]
fn rows_are_ranges_side_by_side() {
    let (array, file) = large();
    let store = Watched::holding(Fault::None, &file);
    // Ranges of 125 rows and a bit: those of a block are cut anew, wherever the first 64 KiB end.
    let options = RemoteOptions::new().range_size(1_000_003).in_flight(2);
    let npy = run(RemoteNpy::open_with(store.clone(), "a", &options)).unwrap();
    let mut expected: Vec<_> = std::iter::once(0..64 << 10).collect();
    for start in (0..1000_u64).step_by(300) {
        let [start, end] = [start, (start + 300).min(1000)].map(|row| 128 + row * 8000);
        let starts = (start..end).step_by(1_000_003);
        expected.extend(starts.map(|at| at.max(64 << 10)..(at + 1_000_003).min(end)));
    }
    run(come_in_blocks(&npy, &array));
    assert_eq!(store.ranges(), expected);
    assert_eq!(store.most_running.load(Ordering::Relaxed), 2);
}

#[test]
fn futures_can_be_spawned() {
    fn spawnable<F: Future + Send>(future: F) {
        drop(future);
    }
    let (_, file) = large();
    let store = Watched::holding(Fault::None, &file);
    let npy = run(RemoteNpy::open(store.clone(), "a")).unwrap();
    let array = array![1.0];
    spawnable(RemoteNpy::open(store.clone(), "a"));
    spawnable(npy.read::<f64, Ix2>());
    spawnable(npy.read::<String, Ix2>());
    spawnable(npy.read_slice::<f64, _>(s![0, ..]));
    spawnable(npy.read_dyn());
    spawnable(async { npy.rows::<f64, Ix2>(1).next().await });
    spawnable(remote::write_npy(&*store, "a", &array));
    spawnable(remote::load(store.clone(), "a"));
}

#[cfg(feature = "object")]
#[test]
fn objects_are_one_pickle() {
    let array = ndarray_io::DynArray::from(array![ndarray_io::Object::Int(7), ndarray_io::Object::None]);
    let mut file = Vec::new();
    array.write_npy(&mut file).unwrap();
    let store = Watched::new(Fault::None);
    let options = RemoteOptions::new().part_size(50);
    run(async {
        remote::write_npy_with(&*store, "a", &array, &options).await.unwrap();
        let npy = RemoteNpy::open(store.clone(), "a").await.unwrap();
        assert_eq!(npy.read_dyn().await.unwrap(), array);
        let values = npy.read::<Option<i64>, Ix1>().await.unwrap();
        assert_eq!(values, array![Some(7), None]);
        let error = npy.read_slice_dyn(s![0..1]).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Object);
        assert!(array.write_npy_range(Vec::new(), npy.header(), 0..1).is_err());
    });
}

#[cfg(feature = "npz")]
mod archives {
    use std::io::Cursor;

    use ndarray_io::remote::RemoteNpz;
    use ndarray_io::{Compression, MemberOptions, NpzReader, NpzWriter};

    use super::*;

    /// A stored member of 8 MB, one that is deflated, a small one, JSON.
    fn archive() -> (Array2<f64>, Vec<u8>) {
        let (array, _) = large();
        let mut npz = NpzWriter::new(Cursor::new(Vec::new()));
        npz.add_array("small", &array![1_u8, 2]).unwrap();
        npz.add_array("stored", &array).unwrap();
        let deflate = MemberOptions::new().compression(Compression::Deflate(1));
        npz.add_array_with("deflated", &array, &deflate).unwrap();
        npz.add_json("about", &"text").unwrap();
        (array, npz.finish().unwrap().into_inner())
    }

    #[test]
    fn a_member_is_read_without_the_others() {
        let (array, file) = archive();
        for fault in [Fault::None, Fault::NoSuffixes] {
            let store = Watched::holding(fault, &file);
            let npz = run(RemoteNpz::open(store.clone(), "a")).unwrap();
            assert_eq!(
                npz.names().collect::<Vec<_>>(),
                ["small", "stored", "deflated", "about"]
            );
            assert_eq!((npz.len(), npz.is_empty()), (4, false));
            assert!(npz.contains("stored.npy") && !npz.contains("other"));
            let (requests, bytes) = store.requests();
            assert!(requests == 1 && bytes < 66 << 10, "{requests} of {bytes}");

            assert_eq!(run(npz.header("stored")).unwrap().shape, [1000, 1000]);
            assert_eq!(store.requests(), (1, 64 << 10));
            assert_eq!(run(npz.header("deflated")).unwrap().shape, [1000, 1000]);
            assert_eq!(store.requests(), (1, 64 << 10));

            assert!(run(npz.by_name::<f64, Ix2>("stored")).unwrap() == array);
            let (requests, bytes) = store.requests();
            assert!(requests == 2 && bytes < 8_000_400, "{requests} of {bytes}");

            assert!(run(npz.by_name::<f64, Ix2>("deflated")).unwrap() == array);
            assert!(store.requests().1 < 8_000_000);
            assert_eq!(run(npz.get("small")).unwrap(), array![1_u8, 2].into());
            store.requests();

            let row = run(npz.read_slice::<f64, Ix1>("stored", s![700, ..])).unwrap();
            assert!(row == array.row(700));
            assert_eq!(store.requests(), (2, (64 << 10) + 8000));
            let row = run(npz.read_slice::<f64, Ix1>("deflated", s![700, ..])).unwrap();
            assert!(row == array.row(700));
            assert_eq!(run(npz.bytes("about")).unwrap(), b"\"text\"");
            let error = run(npz.get("other")).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Missing);
            assert!(
                error.to_string().starts_with("a: there is no member \"other\""),
                "{error}"
            );
        }
    }

    #[test]
    fn a_long_directory_is_a_second_request() {
        let mut npz = NpzWriter::new(Cursor::new(Vec::new()));
        for index in 0..20_000 {
            npz.add_array(format!("member_{index}"), &array![index]).unwrap();
        }
        let file = npz.finish().unwrap().into_inner();
        let expected = NpzReader::new(Cursor::new(&file)).unwrap().names().unwrap();
        for (count, requests) in [(2000, 2), (20_000, 3)] {
            let mut npz = NpzWriter::new(Cursor::new(Vec::new()));
            for index in 0..count {
                npz.add_array(format!("member_{index}"), &array![index]).unwrap();
            }
            let store = Watched::holding(Fault::None, &npz.finish().unwrap().into_inner());
            let npz = run(RemoteNpz::open(store.clone(), "a")).unwrap();
            assert!(npz.names().eq(&expected[..count as usize]));
            assert_eq!(store.requests().0, requests);
            assert_eq!(run(npz.by_name::<i32, Ix1>("member_1234")).unwrap(), array![1234]);
            let (requests, bytes) = store.requests();
            assert!(requests <= 1 && bytes < 1 << 10, "{requests} of {bytes}");
        }
    }

    #[test]
    fn what_is_corrupt_is_told() {
        let (_, mut file) = archive();
        let at = 4_000_000; // in the stored member
        file[at] ^= 1;
        let store = Watched::holding(Fault::None, &file);
        let npz = run(RemoteNpz::open(store, "a")).unwrap();
        let error = run(npz.by_name::<f64, Ix2>("stored")).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Archive);
        assert!(
            error
                .to_string()
                .starts_with("a: member \"stored.npy\": its CRC-32 is "),
            "{error}"
        );
        assert!(run(npz.get("stored")).is_err());
        assert!(run(npz.get("deflated")).is_ok());
    }

    #[test]
    fn every_recorded_archive_is_read_as_from_memory() {
        let corpus = crate::corpus::support::corpus();
        let mut members = 0;
        for (file, bytes) in corpus.files(".npz") {
            let store = Watched::holding(Fault::None, &bytes);
            let got = run(RemoteNpz::open(store.clone(), "a"));
            let (npz, mut expected) = match (got, NpzReader::new(Cursor::new(&bytes))) {
                (Ok(npz), Ok(expected)) => (npz, expected),
                (Err(got), Err(expected)) => {
                    assert_eq!(got.to_string(), format!("a: {expected}"), "{file}");
                    continue;
                }
                (got, expected) => panic!("{file}: {got:?}, from memory {expected:?}"),
            };
            let names = expected.names().unwrap();
            assert!(npz.names().eq(&names), "{file}");
            for name in names {
                let (got, expected) = (run(npz.get(&name)), expected.get(&name));
                match (&got, &expected) {
                    (Ok(got), Ok(expected)) => assert_eq!(format!("{got:?}"), format!("{expected:?}"), "{file} {name}"),
                    (Err(got), Err(expected)) => {
                        assert_eq!(got.kind(), expected.kind(), "{file} {name}: {got} {expected}")
                    }
                    _ => panic!("{file} {name}: {got:?}, from memory {expected:?}"),
                }
                members += 1;
            }
        }
        assert!(members > 50, "{members}");
    }

    #[test]
    fn load_tells_archives_by_their_content() {
        let (_, file) = archive();
        let store = Watched::holding(Fault::None, &file);
        match run(remote::load(store, "a")).unwrap() {
            remote::Loaded::Npz(npz) => assert_eq!(run(npz.get("small")).unwrap(), array![1_u8, 2].into()),
            other => panic!("{other:?}"),
        }
    }
}
