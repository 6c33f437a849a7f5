//! Many threads: readers beside a writer, one reader shared, and the caller's own pool.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use ndarray::{Array2, s};
use ndarray_io::{
    Casting, Dtype, DynArray, Error, FileReader, Header, Loaded, NpyReader, RawArray, ReadOptions, RecordArray,
    WriteOptions, read_npy, write_npy,
};

fn shared<T: Send + Sync>() {}

#[test]
fn what_threads_can_share() {
    shared::<NpyReader<FileReader>>();
    shared::<(DynArray, RawArray, RecordArray, Header, Dtype, Error)>();
    shared::<(ReadOptions, WriteOptions, Casting, FileReader)>();
    #[cfg(feature = "npz")]
    shared::<(Loaded, ndarray_io::NpzReader<FileReader>, ndarray_io::NpzArrays)>();
    #[cfg(not(feature = "npz"))]
    shared::<Loaded>();
    #[cfg(feature = "mmap")]
    shared::<(
        ndarray_io::NpyMmap,
        ndarray_io::NpyMmapMut,
        ndarray_io::RawMmap,
        ndarray_io::RawMmapMut,
    )>();
    #[cfg(all(feature = "npz", feature = "mmap"))]
    shared::<ndarray_io::NpzMmap>();
    #[cfg(feature = "text")]
    shared::<(
        ndarray_io::LoadTxt,
        ndarray_io::GenFromTxt,
        ndarray_io::SaveTxt,
        ndarray_io::Table,
    )>();
    #[cfg(feature = "object")]
    shared::<ndarray_io::Object>();
}

/// Large enough for all the ways that large arrays are read: in parts, on several threads.
const SHAPES: [(usize, usize); 2] = [(3, 5), (700, 1000)];

fn filled(value: usize) -> Array2<f64> {
    let (rows, columns) = SHAPES[value % 2];
    Array2::from_elem((rows + value, columns), value as f64)
}

/// What is read must be one of the arrays that were written, whole.
fn check(array: &Array2<f64>) {
    let value = array[[0, 0]];
    assert_eq!(array, &filled(value as usize), "a mix of old and new");
}

/// Replaces the file again and again while others read it.
fn while_replaced(path: &Path, write: impl Fn(&Path, &Array2<f64>) + Sync, read: impl Fn(&Path) -> Array2<f64> + Sync) {
    write(path, &filled(0));
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let mut reads = 0;
                while !done.load(Ordering::Relaxed) {
                    check(&read(path));
                    reads += 1;
                }
                assert!(reads > 0);
            });
        }
        let start = Instant::now();
        for round in 0.. {
            write(path, &filled(round % 8));
            if round > 8 && start.elapsed() > Duration::from_millis(400) {
                break;
            }
        }
        done.store(true, Ordering::Relaxed);
    });
    assert_eq!(
        fs::read_dir(path.parent().unwrap()).unwrap().count(),
        1,
        "temporary files are left behind"
    );
}

#[test]
fn readers_see_the_old_file_or_the_new() {
    let folder = tempfile::tempdir().unwrap();
    let write = |path: &Path, array: &Array2<f64>| write_npy(path, array).unwrap();
    let path = folder.path().join("a.npy");
    while_replaced(&path, write, |path| read_npy(path).unwrap());
    while_replaced(&path, write, |path| {
        let reader = NpyReader::open(path).unwrap();
        thread::yield_now(); // the file may be replaced before its data are read
        let first: Array2<f64> = reader.read_slice(s![..1, ..]).unwrap();
        let whole: Array2<f64> = reader.read().unwrap();
        assert_eq!(whole.slice(s![..1, ..]), first);
        whole
    });
    #[cfg(feature = "mmap")]
    while_replaced(&path, write, |path| {
        // SAFETY: the file is replaced, never changed.
        #[allow(unsafe_code)]
        let map = unsafe { ndarray_io::NpyMmap::open(path) }.unwrap();
        thread::yield_now();
        map.view().unwrap().to_owned()
    });
}

#[cfg(feature = "npz")]
#[test]
fn readers_see_the_old_archive_or_the_new() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.npz");
    let read = |path: &Path| {
        let mut npz = ndarray_io::NpzReader::open(path).unwrap();
        let [first, second] = ["first", "second"].map(|name| npz.by_name::<ndarray::OwnedRepr<f64>, _>(name).unwrap());
        assert_eq!(first, second);
        first
    };
    for compressed in [false, true] {
        let write = |path: &Path, array: &Array2<f64>| {
            let mut npz = match compressed {
                true => ndarray_io::NpzWriter::create_compressed(path).unwrap(),
                false => ndarray_io::NpzWriter::create(path).unwrap(),
            };
            npz.add_array("first", array).unwrap();
            npz.add_array("second", array).unwrap();
            npz.finish().unwrap();
        };
        while_replaced(&path, write, read);
    }
}

#[cfg(feature = "text")]
#[test]
fn readers_see_the_old_table_or_the_new() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.txt");
    let write = |path: &Path, array: &Array2<f64>| ndarray_io::savetxt(path, &array.slice(s![..3, ..])).unwrap();
    while_replaced(&path, write, |path| {
        let table: Array2<f64> = ndarray_io::loadtxt(path).unwrap();
        let whole = filled(table[[0, 0]] as usize);
        assert_eq!(table, whole.slice(s![..3, ..]));
        whole
    });
}

#[test]
fn one_reader_for_many_threads() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.npy");
    let array = Array2::from_shape_fn((500, 300), |(row, column)| (row * 1000 + column) as u32);
    write_npy(&path, &array).unwrap();
    let reader = NpyReader::open(&path).unwrap();
    thread::scope(|scope| {
        for start in 0..4 {
            let (reader, array) = (&reader, &array);
            scope.spawn(move || {
                for row in (start..500).step_by(7) {
                    let slice = s![row..;3, ..;-1];
                    assert_eq!(reader.read_slice::<u32, _>(slice).unwrap(), array.slice(slice));
                }
            });
        }
    });
}

#[cfg(feature = "rayon")]
mod pools {
    use super::*;

    fn pool(threads: usize) -> rayon::ThreadPool {
        rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .thread_name(|index| format!("mine {index}"))
            .build()
            .unwrap()
    }

    /// All that is shared among threads gives the same in any pool.
    #[test]
    fn of_any_size_give_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let (c, f) = (folder.path().join("c.npy"), folder.path().join("f.npy"));
        let array = Array2::from_shape_fn((1100, 1000), |(row, column)| (row * 7919 + column) as f64 / 128.0);
        #[cfg(any(feature = "npz", feature = "text"))]
        let part = array.slice(s![..250, ..]).to_owned();
        let big_endian = WriteOptions::new().dtype(">f8".parse().unwrap());
        let work = || {
            let mut results = Vec::new();
            write_npy(&c, &array).unwrap();
            big_endian.write_npy(&f, &array.t()).unwrap();
            results.push(fs::read(&c).unwrap());
            results.push(fs::read(&f).unwrap());
            assert_eq!(read_npy::<_, Array2<f64>>(&c).unwrap(), array);
            assert_eq!(read_npy::<_, Array2<f64>>(&f).unwrap(), array.t());
            #[cfg(feature = "npz")]
            {
                let path = folder.path().join("a.npz");
                let arrays = std::collections::BTreeMap::from([("a", &part), ("b", &part)]);
                let mut npz = ndarray_io::NpzWriter::create_compressed(&path).unwrap();
                for (name, array) in &arrays {
                    npz.add_array(*name, *array).unwrap();
                }
                npz.finish().unwrap();
                let read = ndarray_io::NpzReader::open(&path).unwrap().read_all().unwrap();
                assert!(
                    read.iter()
                        .all(|(_, read)| *read == DynArray::from_array(&part).unwrap())
                );
            }
            #[cfg(feature = "text")]
            {
                let path = folder.path().join("a.txt");
                ndarray_io::savetxt(&path, &part).unwrap();
                results.push(fs::read(&path).unwrap());
                assert_eq!(ndarray_io::loadtxt::<_, f64, ndarray::Ix2>(&path).unwrap(), part);
                assert_eq!(ndarray_io::genfromtxt::<_, f64, ndarray::Ix2>(&path).unwrap(), part);
            }
            results
        };
        let expected = work();
        for threads in [1, 3] {
            assert!(pool(threads).install(work) == expected, "{threads} threads");
        }
    }

    /// The caller's pool does the work, and no other.
    #[cfg(feature = "text")]
    #[test]
    fn are_the_callers() {
        use std::collections::BTreeSet;
        use std::sync::{Arc, Mutex};

        let text = "1 2 3\n".repeat(400_000);
        for threads in [1, 3] {
            let seen = Arc::new(Mutex::new(BTreeSet::new()));
            let names = Arc::clone(&seen);
            let options = ndarray_io::LoadTxt::new().converter(0, move |field| {
                let name = thread::current().name().unwrap_or("no name").to_owned();
                names.lock().unwrap().insert(name);
                field.to_owned()
            });
            let table = pool(threads).install(|| options.read::<_, f64, ndarray::Ix2>(text.as_bytes()).unwrap());
            assert_eq!(table.dim(), (400_000, 3));
            let seen = seen.lock().unwrap();
            assert!(seen.iter().all(|name| name.starts_with("mine ")), "{seen:?}");
            assert!((1..=threads).contains(&seen.len()), "{seen:?}");
        }
    }
}
