//! Files: replaced whole or not at all, created, written straight where they are none.

use std::fs::{self, File};
use std::io::{Cursor, Seek};
use std::path::{Path, PathBuf};
use std::thread;

use ndarray::{Array1, Array2, Ix1, Ix2, ShapeBuilder, array, s};
use ndarray_io::{
    DynArray, ErrorKind, NpyAppender, NpyReader, ReadNpyExt, WriteNpyExt, WriteOptions, create_new_npy, read_npy,
    write_npy, write_zeroed_npy,
};
use serde::{Serialize, Serializer};
use tempfile::TempDir;

use crate::support::python;

fn folder() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.npy");
    (folder, path)
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect()
}

/// Cannot be written.
struct Refuses;

impl Serialize for Refuses {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(serde::ser::Error::custom("refused"))
    }
}

#[test]
fn a_failure_leaves_the_old_file_and_nothing_else() {
    let (folder, path) = folder();
    let old = array![1.0, 2.0];
    write_npy(&path, &old).unwrap();
    let error = write_npy(&path, &Array1::from_iter([Refuses])).unwrap_err();
    assert!(error.to_string().contains("refused"), "{error}");
    assert_eq!(error.path(), Some(&*path));
    assert_eq!(read_npy::<_, Array1<f64>>(&path).unwrap(), old);
    assert_eq!(names(folder.path()), ["a.npy"]);

    let options = WriteOptions::new().dtype("|S1".parse().unwrap());
    options
        .write_npy(&path, &Array1::from_iter(["a".to_owned(), "too long".to_owned()]))
        .unwrap_err();
    assert_eq!(read_npy::<_, Array1<f64>>(&path).unwrap(), old);
    assert_eq!(names(folder.path()), ["a.npy"]);
}

#[test]
fn a_reader_sees_the_old_file_or_the_new_one() {
    let (_folder, path) = folder();
    let arrays = [Array1::from_elem(50_000, 1.0), Array1::from_elem(70_000, 2.0)];
    write_npy(&path, &arrays[0]).unwrap();
    thread::scope(|scope| {
        let writer = scope.spawn(|| {
            for i in 0..100 {
                write_npy(&path, &arrays[i % 2]).unwrap();
            }
        });
        while !writer.is_finished() {
            let read: Array1<f64> = read_npy(&path).unwrap();
            assert!(arrays.contains(&read), "half of one: {} elements", read.len());
        }
    });
}

#[test]
fn an_existing_file_is_not_created() {
    let (folder, path) = folder();
    create_new_npy(&path, &array![1, 2]).unwrap();
    let error = create_new_npy(&path, &array![3]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Io);
    assert!(error.to_string().starts_with(&*path.to_string_lossy()), "{error}");
    assert_eq!(read_npy::<_, Array1<i32>>(&path).unwrap(), array![1, 2]);
    assert_eq!(names(folder.path()), ["a.npy"]);
}

#[test]
fn in_place_is_the_same_file() {
    let (folder, path) = folder();
    write_npy(&path, &Array1::<f64>::zeros(1000)).unwrap();
    let link = folder.path().join("hard.npy");
    fs::hard_link(&path, &link).unwrap();
    WriteOptions::new()
        .atomic(false)
        .write_npy(&path, &array![1, 2])
        .unwrap();
    assert_eq!(read_npy::<_, Array1<i32>>(&link).unwrap(), array![1, 2]);
}

#[cfg(unix)]
#[test]
fn links_and_permissions_stay() {
    use std::os::unix::fs::{PermissionsExt, symlink};

    let (folder, path) = folder();
    write_npy(&path, &array![1]).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    let link = folder.path().join("link.npy");
    symlink("a.npy", &link).unwrap();
    write_npy(&link, &array![1, 2]).unwrap();
    assert!(link.symlink_metadata().unwrap().is_symlink());
    assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o640);
    assert_eq!(read_npy::<_, Array1<i32>>(&path).unwrap(), array![1, 2]);
}

#[cfg(unix)]
const CHILD: &str = "NDARRAY_IO_NOT_ALLOWED";

/// Not a test: what a user does who may only read, in a process of its own.
#[cfg(unix)]
#[test]
fn tries_what_it_may_not() {
    let Some(folder) = std::env::var_os(CHILD).map(PathBuf::from) else {
        return;
    };
    let (path, secret, new) = (folder.join("a.npy"), folder.join("secret.npy"), folder.join("new.npy"));
    let ones = Array1::<f64>::ones(3);
    #[cfg(feature = "mmap")]
    #[allow(
        unsafe_code,
        clippy::undocumented_unsafe_blocks,
        clippy::multiple_unsafe_ops_per_block
    )] // the files are ours
    let maps = unsafe {
        let map = ndarray_io::NpyMmap::open(&path).unwrap();
        assert_eq!(map.view::<f64, ndarray::Ix1>().unwrap(), ones);
        let mut private = ndarray_io::NpyMmapMut::open_private(&path).unwrap();
        private.view_mut::<f64, ndarray::Ix1>().unwrap().fill(2.0);
        [
            (ndarray_io::NpyMmap::open(&secret).map(drop), &secret),
            (ndarray_io::NpyMmapMut::open(&path).map(drop), &path),
            (ndarray_io::NpyMmapMut::create::<f64, _>(&path, 3).map(drop), &path),
            (ndarray_io::NpyMmapMut::create::<f64, _>(&new, 3).map(drop), &new),
        ]
    };
    #[cfg(not(feature = "mmap"))]
    let maps = [];
    let appender = |open: fn(&Path) -> ndarray_io::Result<NpyAppender<f64, ndarray::Ix1>>, path| open(path).map(drop);
    let others = [
        (read_npy::<_, Array1<f64>>(&secret).map(drop), &secret),
        (ndarray_io::load(&secret).map(drop), &secret),
        (NpyReader::open(&secret).map(drop), &secret),
        (write_npy(&path, &ones), &path),
        (WriteOptions::new().atomic(false).write_npy(&path, &ones), &path),
        (create_new_npy(&new, &ones), &new),
        (ndarray_io::write_raw(&path, &ones), &path),
        (appender(|path| NpyAppender::open(path), &path), &path),
        (appender(|path| NpyAppender::create(path, ()), &path), &path),
        (appender(|path| NpyAppender::create(path, ()), &new), &new),
    ];
    for (n, (result, path)) in maps.into_iter().chain(others).enumerate() {
        let Err(error) = result else { panic!("{n} is allowed") };
        let system = std::error::Error::source(&error).and_then(|error| error.downcast_ref::<std::io::Error>());
        let kind = system.map(std::io::Error::kind);
        assert_eq!(kind, Some(std::io::ErrorKind::PermissionDenied), "{n}: {error}");
        assert_eq!((error.kind(), error.path()), (ErrorKind::Io, Some(path.as_path())));
    }
    assert_eq!(read_npy::<_, Array1<f64>>(&path).unwrap(), ones);
    assert_eq!(names(&folder).len(), 2);
}

#[cfg(unix)]
#[test]
fn what_is_not_allowed_is_an_error() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    use std::os::unix::process::CommandExt;
    if std::env::var_os(CHILD).is_some() {
        return;
    }
    let (folder, path) = folder();
    let program = std::env::current_exe().unwrap();
    let mode = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    write_npy(&path, &Array1::<f64>::ones(3)).unwrap();
    write_npy(folder.path().join("secret.npy"), &array![1]).unwrap();
    mode(&path, 0o444);
    mode(&folder.path().join("secret.npy"), 0);
    // Root may do everything: then it is somebody else who tries, with a copy of this program where it can be read.
    let is_root = fs::metadata(folder.path()).unwrap().uid() == 0;
    let copy = tempfile::tempdir().unwrap();
    let mut command = std::process::Command::new(match is_root {
        true => copy.path().join("it"),
        false => program.clone(),
    });
    if is_root {
        fs::copy(&program, copy.path().join("it")).unwrap();
        mode(copy.path(), 0o755);
        command.uid(65_534).gid(65_534);
    }
    mode(folder.path(), 0o555);
    let command = command
        .args(["files::tries_what_it_may_not", "--exact", "--nocapture"])
        .current_dir("/")
        .env(CHILD, folder.path());
    let output = loop {
        match command.output() {
            // A process that another test has just forked still has the copy open to be written.
            Err(error) if error.kind() == std::io::ErrorKind::ExecutableFileBusy => {}
            output => break output,
        }
    };
    mode(folder.path(), 0o755); // so that it can be removed
    let output = output.unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("1 passed"), "{said}");
}

#[cfg(target_os = "linux")]
#[test]
fn what_is_no_file_is_written_straight() {
    let (_folder, path) = folder();
    assert!(
        std::process::Command::new("mkfifo")
            .arg(&path)
            .status()
            .unwrap()
            .success()
    );
    let numbers = Array2::from_shape_fn((300, 200), |(i, j)| i * j);
    thread::scope(|scope| {
        let reader = scope.spawn(|| Array2::<usize>::read_npy(File::open(&path).unwrap()));
        write_npy(&path, &numbers).unwrap();
        assert_eq!(reader.join().unwrap().unwrap(), numbers);
    });
    write_npy("/dev/null", &numbers).unwrap();
    let error = write_npy("/dev/full", &numbers).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Io, "{error}");
    assert_eq!(error.path(), Some(Path::new("/dev/full")));

    // As `/dev/stdout` where a shell has led it to a file: that one is written, not replaced.
    use std::os::fd::AsRawFd;
    use std::os::unix::fs::MetadataExt;
    let (_folder, path) = folder();
    let file = File::create(&path).unwrap();
    write_npy(format!("/proc/self/fd/{}", file.as_raw_fd()), &numbers).unwrap();
    assert_eq!(path.metadata().unwrap().ino(), file.metadata().unwrap().ino());
    assert_eq!(read_npy::<_, Array2<usize>>(&path).unwrap(), numbers);
}

#[test]
fn zeros_take_no_room() {
    let (_folder, path) = folder();
    let file = File::create_new(&path).unwrap();
    write_zeroed_npy::<f64, _>(&file, (1 << 20, 16)).unwrap();
    let reader = NpyReader::open(&path).unwrap();
    assert_eq!(reader.shape(), [1 << 20, 16]);
    #[cfg(target_os = "linux")]
    {
        use std::os::unix::fs::MetadataExt;
        assert!(path.metadata().unwrap().blocks() * 512 < 1 << 20, "not sparse");
    }
    let Some(mut numpy) = python::numpy("zeros_take_no_room") else {
        return;
    };
    let path = path.to_string_lossy();
    let answer = numpy.run(
        "a = np.load(inputs[0].decode(), mmap_mode='r')\noutputs.append(f'{a.shape} {a.dtype} {a[::4096].any()}')",
        &[path.as_bytes()],
    );
    assert_eq!(String::from_utf8_lossy(&answer[0]), "(1048576, 16) float64 False");
}

#[test]
fn a_missing_file_is_named() {
    let (folder, path) = folder();
    for error in [
        read_npy::<_, Array1<f64>>(&path).unwrap_err(),
        NpyReader::open(&path).map(drop).unwrap_err(),
        ndarray_io::load(&path).map(drop).unwrap_err(),
        write_npy(folder.path().join("no/a.npy"), &array![1]).unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::Io);
        assert!(error.to_string().contains("a.npy: "), "{error}");
    }
}

/// Arrays follow each other in one stream, and each is read into whatever it is wanted in.
#[test]
fn several_in_one_stream() {
    let (numbers, words) = (
        array![[1.5, 2.5, 3.5], [4.5, 5.5, 6.5]],
        array!["one".to_owned(), "three".to_owned()],
    );
    let mut stream = Cursor::new(Vec::new());
    numbers.write_npy(&mut stream).unwrap();
    words.write_npy(&mut stream).unwrap();
    numbers.t().write_npy(&mut stream).unwrap();
    stream.rewind().unwrap();

    let mut wide = Array2::<f64>::zeros((4, 6).f());
    NpyReader::new(&mut stream)
        .unwrap()
        .read_into(wide.slice_mut(s![..;2, ..;2]))
        .unwrap();
    assert_eq!(wide.slice(s![..;2, ..;2]), numbers);
    assert_eq!(wide.sum(), numbers.sum());
    assert_eq!(Array1::<String>::read_npy(&mut stream).unwrap(), words);
    assert_eq!(DynArray::read_npy(&mut stream).unwrap().shape(), [3, 2]);
    let error = DynArray::read_npy(&mut stream).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Truncated, "{error}");
}

/// Whatever a reader is asked for: which of many files it was is the first that one wants to know.
#[test]
fn a_reader_that_was_opened_by_its_path_names_it() {
    let (_folder, path) = folder();
    write_npy(&path, &array![[1.0, 2.0], [3.0, 4.0]]).unwrap();
    let open = || NpyReader::open(&path).unwrap();
    let mut other = Array2::<f64>::zeros((3, 2));
    let errors = [
        open().read::<f32, Ix2>().unwrap_err(),
        open().read::<f64, Ix1>().unwrap_err(),
        open().read_into(other.view_mut()).unwrap_err(),
        open().read_slice::<f32, Ix1>(s![0, ..]).unwrap_err(),
        open().read_slice_dyn(s![5, ..]).unwrap_err(),
        open().read_slice_in_order::<f64, Ix1>(s![5, ..]).unwrap_err(),
        open().rows::<f64, Ix2>(0).next().unwrap().unwrap_err(),
        open().rows::<f32, Ix2>(1).next().unwrap().unwrap_err(),
    ];
    fs::OpenOptions::new()
        .write(true)
        .open(&path)
        .unwrap()
        .set_len(140)
        .unwrap();
    let cut = [open().read_dyn().unwrap_err(), open().read::<f64, Ix2>().unwrap_err()];
    for error in errors.iter().chain(&cut) {
        assert_eq!(error.path(), Some(&*path), "{error}");
        assert!(error.to_string().starts_with(&*path.to_string_lossy()), "{error}");
    }
}

#[test]
fn raw_files_are_the_elements_alone() {
    let (folder, path) = folder();
    // Enough for several blocks, which several cores write.
    let records = Array1::from_shape_fn(200_000, |n| (n as u64, n as f32 / 3.0, n % 2 == 0));
    ndarray_io::write_raw(&path, &records).unwrap();
    let mut npy = Vec::new();
    records.write_npy(&mut npy).unwrap();
    assert!(npy.ends_with(&fs::read(&path).unwrap()));
    assert_eq!(fs::metadata(&path).unwrap().len(), 200_000 * 13);

    // Strings are as wide as the widest.
    ndarray_io::write_raw(&path, &array!["a", "bcd"]).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().len(), 2 * 3 * 4);
    assert_eq!(names(folder.path()), ["a.npy"]);
    #[cfg(feature = "object")]
    {
        let error = ndarray_io::write_raw(&path, &array![ndarray_io::Object::from("x")]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Object, "{error}");
        assert_eq!(fs::metadata(&path).unwrap().len(), 2 * 3 * 4);
    }
}

/// An error names the element of the array, whatever part of it is written.
#[test]
fn errors_of_a_part_count_from_the_start() {
    let texts: Vec<String> = (0..10).map(|n| "x".repeat(if n == 8 { 5 } else { 1 })).collect();
    let strings = DynArray::from_array(&Array1::from(texts)).unwrap();
    let mut file = Vec::new();
    strings
        .write_npy_with(&mut file, &WriteOptions::new().dtype("S5".parse().unwrap()))
        .unwrap();
    let bytes = DynArray::read_npy(&file[..]).unwrap();
    for (array, dtype) in [(strings, "<U2"), (bytes, "|S2")] {
        let header = array
            .npy_header(&WriteOptions::new().dtype(dtype.parse().unwrap()))
            .unwrap();
        let error = array.write_npy_range(&mut Vec::new(), &header, 6..10).unwrap_err();
        assert_eq!(error.row(), Some(8), "{dtype}: {error}");
    }
}
