//! Files that grow: against NumPy, against processes that are killed, against disks that are full.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use ndarray::{Array, Array1, Array2, Array3, ArrayD, Axis, Ix0, Ix1, Ix2, Ix3, IxDyn, Order, array, aview0, s};
use ndarray_io::{ErrorKind, Header, NpyAppender, ReadNpyExt, WriteNpyExt, WriteOptions, read_npy, write_npy};
use serde::{Deserialize, Serialize};
use tempfile::{TempDir, tempdir};

use crate::support::python;
use crate::support::time::until;

fn place() -> (TempDir, PathBuf) {
    let dir = tempdir().unwrap();
    let path = dir.path().join("a.npy");
    (dir, path)
}

/// A `.npy` file with not one byte to spare in its header, as other writers make them.
fn tight(descr: &str, fortran: bool, shape: &str, data: &[u8]) -> Vec<u8> {
    let fortran = if fortran { "True" } else { "False" };
    let text = format!("{{'descr': {descr}, 'fortran_order': {fortran}, 'shape': {shape}}}\n");
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((text.len() as u16).to_le_bytes());
    bytes.extend(text.bytes());
    bytes.extend(data);
    bytes
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Event {
    name: String,
    at: u64,
    place: [f32; 2],
}

#[test]
fn rows_and_blocks_are_what_would_have_been_written_at_once() {
    let (_dir, path) = place();
    let whole = Array::from_shape_fn((50, 3, 4), |(i, j, k)| (i * 100 + j * 10 + k) as f32);
    let mut expected = Vec::new();
    whole.write_npy(&mut expected).unwrap();

    let mut log = NpyAppender::<f32, Ix3>::create(&path, (3, 4)).unwrap();
    assert!(log.is_empty());
    for row in whole.slice(s![..10, .., ..]).outer_iter() {
        log.push(row).unwrap();
    }
    log.append(whole.slice(s![10..20, .., ..])).unwrap();
    log.append(whole.slice(s![20..20, .., ..])).unwrap();
    log.flush().unwrap();
    assert_eq!(
        read_npy::<_, Array3<f32>>(&path).unwrap(),
        whole.slice(s![..20, .., ..])
    );
    log.sync().unwrap();
    drop(log);
    let mut log = NpyAppender::<f32, IxDyn>::open(&path).unwrap();
    log.append(whole.slice(s![20..30, .., ..]).into_dyn()).unwrap();
    log.push(whole.index_axis(Axis(0), 30).into_dyn()).unwrap();
    log.finish().unwrap();
    let mut log = NpyAppender::<f32, Ix3>::open(&path).unwrap();
    // Not contiguous, and in another order.
    let turned = whole
        .slice(s![31.., .., ..])
        .to_owned()
        .reversed_axes()
        .as_standard_layout()
        .to_owned();
    log.append(turned.t()).unwrap();
    assert_eq!(
        format!("{log:?}"),
        format!("NpyAppender of {}: 50 rows, 31 flushed", path.display())
    );
    drop(log); // flushes too
    assert_eq!(fs::read(&path).unwrap(), expected);
}

#[test]
fn large_blocks_go_straight_and_small_ones_together() {
    let (_dir, path) = place();
    let whole = Array::from_shape_fn((3000, 500), |(i, j)| (i * 1000 + j) as u64);
    let mut log = NpyAppender::<u64, Ix2>::create(&path, 500).unwrap();
    let mut at = 0;
    for rows in [1, 2000, 3, 100, 60, 70, 1, 700, 65] {
        log.append(whole.slice(s![at..at + rows, ..])).unwrap();
        at += rows;
    }
    assert_eq!(at, 3000);
    log.finish().unwrap();
    assert!(read_npy::<_, Array2<u64>>(&path).unwrap() == whole);
}

#[test]
fn every_dtype_is_appended() {
    fn check<A>(descr: &str, values: Vec<A>)
    where
        A: Serialize + serde::de::DeserializeOwned + PartialEq + std::fmt::Debug,
    {
        let (_dir, path) = place();
        let options = WriteOptions::new().dtype(descr.parse().unwrap());
        let values = Array1::from_vec(values);
        options.write_npy(&path, &values).unwrap();
        let at_once = fs::read(&path).unwrap();
        let mut log = NpyAppender::<A, Ix1>::create_with(&path, (), &options).unwrap();
        log.push(aview0(&values[0])).unwrap();
        log.append(&values.as_slice().unwrap()[1..]).unwrap();
        log.finish().unwrap();
        assert_eq!(fs::read(&path).unwrap(), at_once, "{descr}");
    }
    check(">f8", vec![1.0, -2.0]);
    check("|b1", vec![true, false, true]);
    check("<U5", vec!["a".to_owned(), "日本".to_owned()]);
    check(
        "|S3",
        vec![serde_bytes::ByteBuf::from(*b"ab"), serde_bytes::ByteBuf::from(*b"abc")],
    );
    let event = |name: &str, at| Event {
        name: name.to_owned(),
        at,
        place: [0.5, at as f32],
    };
    check(
        "[('name', '<U8'), ('at', '>u8'), ('place', '<f4', (2,))]",
        vec![event("start", 1), event("stop", u64::MAX)],
    );
}

#[test]
fn what_does_not_fit_is_left_out() {
    let (_dir, path) = place();
    let options = WriteOptions::new().dtype("<U3".parse().unwrap());
    let mut names = NpyAppender::<String, Ix2>::create_with(&path, 2, &options).unwrap();
    let row = |a: &str, b: &str| array![a.to_owned(), b.to_owned()];
    names.push(&row("ab", "cde")).unwrap();
    let error = names.push(&row("f", "long")).unwrap_err();
    assert_eq!((error.kind(), error.path()), (ErrorKind::Value, Some(path.as_path())));
    let error = names.push(&array!["x".to_owned()]).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("{}: a row of shape [1] for an array that takes [2]", path.display())
    );
    let error = names.append(&Array2::<String>::default((2, 3))).unwrap_err();
    assert!(
        error
            .to_string()
            .ends_with("a block of shape [2, 3] for an array that takes [n, 2]"),
        "{error}"
    );
    names.push(&row("g", "h")).unwrap();
    names.finish().unwrap();
    let read: Array2<String> = read_npy(&path).unwrap();
    assert_eq!(read, array![["ab", "cde"], ["g", "h"]]);

    // Also after more than the buffer was written out for nothing.
    let mut block = Array2::from_elem((30_000, 2), "ok".to_owned());
    block[[29_999, 1]] = "not ok".to_owned();
    let mut names = NpyAppender::<String, Ix2>::open(&path).unwrap();
    assert_eq!(names.append(&block).unwrap_err().kind(), ErrorKind::Value);
    names.push(&row("i", "j")).unwrap();
    names.finish().unwrap();
    assert_eq!(
        read_npy::<_, Array2<String>>(&path).unwrap(),
        array![["ab", "cde"], ["g", "h"], ["i", "j"]]
    );
    assert_eq!(
        fs::metadata(&path).unwrap().len(),
        128 + 3 * 24,
        "what was left out is cut off"
    );
}

#[test]
fn wrong_files_are_refused() {
    let (_dir, path) = place();
    let refused = |result: ndarray_io::Result<()>, kind, text: &str| {
        let error = result.unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert_eq!(error.to_string(), format!("{}: {text}", path.display()));
    };
    let open = |_: ()| NpyAppender::<f64, Ix2>::open(&path).map(drop);

    assert_eq!(open(()).unwrap_err().kind(), ErrorKind::Io);
    write_npy(&path, &Array2::<f32>::zeros((2, 2))).unwrap();
    refused(
        open(()),
        ErrorKind::Dtype,
        "file has `<f4` (float32), to which `<f8` (float64) cannot be appended; convert the values first",
    );
    write_npy(&path, &Array1::<f64>::zeros(2)).unwrap();
    assert_eq!(open(()).unwrap_err().kind(), ErrorKind::Shape);
    write_npy(&path, &ndarray::arr0(1.0)).unwrap();
    refused(
        NpyAppender::<f64, Ix0>::open(&path).map(drop),
        ErrorKind::Shape,
        "an array of no dimensions has no axis to grow along",
    );
    write_npy(&path, &Array2::<f64>::zeros((2, 3)).t()).unwrap();
    refused(
        open(()),
        ErrorKind::Layout,
        "array of shape [3, 2] is in Fortran order, and can grow along its last axis only; if that is what you want, \
         open it with `open_with` and `WriteOptions::order(Order::ColumnMajor)`",
    );
    let mut two = Vec::new();
    Array2::<f64>::zeros((1, 2)).write_npy(&mut two).unwrap();
    Array2::<f64>::zeros((1, 2)).write_npy(&mut two).unwrap();
    fs::write(&path, &two).unwrap();
    refused(
        open(()),
        ErrorKind::Layout,
        "another array follows this one in the file, at byte 144: rows would overwrite it",
    );
    fs::write(&path, &two[..143]).unwrap();
    refused(
        open(()),
        ErrorKind::Truncated,
        "data ends after 1 of the 2 elements that the header promises (15 of 16 bytes) (at byte 143)",
    );
    write_npy(&path, &Array2::<f64>::zeros((1, 2))).unwrap();
    let options = WriteOptions::new().dtype(">f8".parse().unwrap());
    let other = NpyAppender::<f64, Ix2>::open_with(&path, &options).unwrap_err();
    assert_eq!(other.kind(), ErrorKind::Argument);
    refused(
        NpyAppender::<String, Ix1>::create(path.clone(), ()).map(drop),
        ErrorKind::Argument,
        "appended rows need a dtype of a fixed width, not `<U0`; `create_with` takes one, such as `<U16`",
    );
    assert_eq!(
        read_npy::<_, Array2<f64>>(&path).unwrap().dim(),
        (1, 2),
        "the old file stays"
    );
    assert_eq!(
        NpyAppender::<f64, Ix1>::create(path.parent().unwrap(), ())
            .unwrap_err()
            .kind(),
        ErrorKind::Io
    );
}

#[test]
fn one_appender_at_a_time() {
    let (_dir, path) = place();
    let mut log = NpyAppender::<u8, Ix1>::create(&path, ()).unwrap();
    log.append(&[1, 2]).unwrap();
    for second in [
        NpyAppender::<u8, Ix1>::open(&path),
        NpyAppender::<u8, Ix1>::create(&path, ()),
    ] {
        let error = second.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Io);
        assert_eq!(
            error.to_string(),
            format!("{}: another appender has the file open", path.display())
        );
    }
    log.finish().unwrap();
    let mut log = NpyAppender::<u8, Ix1>::open(&path).unwrap();
    log.append(&[3]).unwrap();
    drop(log);
    assert_eq!(read_npy::<_, Array1<u8>>(&path).unwrap(), array![1, 2, 3]);
    drop(NpyAppender::<u8, Ix1>::create(&path, ()).unwrap());
    assert_eq!(read_npy::<_, Array1<u8>>(&path).unwrap().len(), 0);
}

#[test]
fn a_header_without_room_is_moved_once() {
    let (_dir, path) = place();
    let data: Vec<u8> = (0..9_u8).collect();
    fs::write(&path, tight("'|u1'", false, "(9,)", &data)).unwrap();
    let start = |path: &Path| {
        Header::read(&mut File::open(path).unwrap())
            .unwrap()
            .data_offset()
            .unwrap()
    };
    let before = start(&path);
    let mut log = NpyAppender::<u8, Ix1>::open(&path).unwrap();
    log.append(&[9]).unwrap(); // one digit more
    log.flush().unwrap();
    assert_eq!(start(&path), 128);
    assert_ne!(before, 128);
    // Still locked, also for those who open the new file.
    assert_eq!(NpyAppender::<u8, Ix1>::open(&path).unwrap_err().kind(), ErrorKind::Io);
    log.append(&(10..=255).collect::<Vec<u8>>()).unwrap();
    log.append(&vec![7; 1_000_000]).unwrap();
    log.finish().unwrap();
    assert_eq!(start(&path), 128);
    let read: Array1<u8> = read_npy(&path).unwrap();
    assert_eq!(read.len(), 1_000_256);
    assert!(read.iter().take(256).enumerate().all(|(i, &v)| i == usize::from(v)));

    // A header in another version and dialect stays in its version.
    let mut bytes = b"\x93NUMPY\x02\x00\x64\x00\x00\x00".to_vec();
    bytes.extend(format!("{:99}\n", "{\"shape\": (1L,), 'fortran_order': False, 'descr': '<u2'}").bytes());
    bytes.extend([5, 0]);
    fs::write(&path, &bytes).unwrap();
    let mut log = NpyAppender::<u16, Ix1>::open(&path).unwrap();
    log.append(&[6]).unwrap();
    log.finish().unwrap();
    assert_eq!((start(&path), fs::read(&path).unwrap()[6]), (112, 2));
    assert_eq!(read_npy::<_, Array1<u16>>(&path).unwrap(), array![5, 6]);
}

#[test]
fn fortran_order_grows_by_columns() {
    let (_dir, path) = place();
    let options = WriteOptions::new().order(Order::ColumnMajor);
    let whole = Array::from_shape_fn((3, 4, 20), |(i, j, k)| (i * 1000 + j * 100 + k) as i16);
    let mut log = NpyAppender::<i16, Ix3>::create_with(&path, (3, 4), &options).unwrap();
    log.push(whole.slice(s![.., .., 0])).unwrap();
    log.append(whole.slice(s![.., .., 1..7])).unwrap();
    log.append(
        &whole
            .slice(s![.., .., 7..20])
            .t()
            .as_standard_layout()
            .to_owned()
            .reversed_axes(),
    )
    .unwrap();
    let error = log.append(&Array3::zeros((4, 3, 2))).unwrap_err();
    assert!(
        error.to_string().ends_with(
            "a block of shape [4, 3, 2] for an array that takes [3, 4, n]; in Fortran order it grows along its last axis"
        ),
        "{error}"
    );
    log.finish().unwrap();
    assert_eq!(read_npy::<_, Array3<i16>>(&path).unwrap(), whole);
    let mut at_once = Vec::new();
    whole.write_npy_with(&mut at_once, &options).unwrap();
    assert_eq!(fs::read(&path).unwrap(), at_once);
}

#[test]
fn numpy_loads_what_grows_and_ours_grows_what_numpy_saved() {
    let Some(mut numpy) = python::numpy("appending") else {
        return;
    };
    let (_dir, path) = place();
    let name = path.to_str().unwrap().as_bytes();
    let mut log = NpyAppender::<f64, Ix2>::create(&path, 3).unwrap();
    let mut rows = 0;
    for count in [1, 8, 1, 90, 5000] {
        for _ in 0..count {
            log.push(&[f64::from(rows), 1.0, 2.0]).unwrap();
            rows += 1;
        }
        log.flush().unwrap();
        let seen = numpy.run(
            "a = np.load(inputs[0].decode(), mmap_mode='r'); assert (a[:, 0] == np.arange(len(a))).all()\n\
             outputs.append(str(a.shape))",
            &[name],
        );
        assert_eq!(seen[0], format!("({rows}, 3)").into_bytes());
    }
    drop(log);

    for descr in [
        "'<i8'",
        "[('name', '<U8'), ('at', '<u8'), ('place', '<f4', (2,))]",
        "'>f4'",
    ] {
        for order in ["C", "F"] {
            let code =
                format!("a = np.zeros((2, 3), {descr}, order='{order}'); np.save(open(inputs[0].decode(), 'wb'), a)");
            numpy.run(&code, &[name]);
            let options = match order {
                "F" => WriteOptions::new().order(Order::ColumnMajor),
                _ => WriteOptions::new(),
            };
            let block = |n| if order == "F" { (2, n) } else { (n, 3) };
            match descr {
                "'<i8'" => {
                    let mut log = NpyAppender::<i64, Ix2>::open_with(&path, &options).unwrap();
                    log.append(&Array2::ones(block(4))).unwrap();
                }
                "'>f4'" => {
                    let mut log = NpyAppender::<f32, Ix2>::open_with(&path, &options).unwrap();
                    log.append(&Array2::ones(block(4))).unwrap();
                }
                _ => {
                    let event = Event {
                        name: "Io".into(),
                        at: 1,
                        place: [1.0, 1.0],
                    };
                    let mut log = NpyAppender::<Event, Ix2>::open_with(&path, &options).unwrap();
                    log.append(&Array2::from_elem(block(4), event)).unwrap();
                }
            }
            let code = "a = np.load(inputs[0].decode())\n\
                        rest = a[:, 3:] if np.isfortran(a) else a[2:]\n\
                        ok = (rest['at'] == 1).all() and (rest['name'] == 'Io').all() if a.dtype.names else (rest == 1).all()\n\
                        outputs.append(f'{a.shape} {a.dtype.str} {ok}')";
            let seen = String::from_utf8(numpy.run(code, &[name]).remove(0)).unwrap();
            let shape = if order == "F" { "(2, 7)" } else { "(6, 3)" };
            assert!(
                seen.starts_with(shape) && seen.ends_with("True"),
                "{descr} {order}: {seen}"
            );
        }
    }
}

const CHILD: &str = "NDARRAY_IO_APPEND_TO";

/// This test binary again, running one of the tests below that do their work in a process of their own.
fn child(test: &str, path: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args([&format!("append::{test}"), "--exact", "--nocapture", "--test-threads=1"]);
    command.env(CHILD, path).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// The row `n` of the files that are killed.
fn row(n: usize) -> [u64; 3] {
    let n = n as u64;
    [n, !n, n * n]
}

/// Not a test: what the killed process does. It appends for ever, and notes each flush.
#[test]
fn appends_until_killed() {
    let Some(path) = std::env::var_os(CHILD).map(PathBuf::from) else {
        return;
    };
    let mut flushes = OpenOptions::new()
        .append(true)
        .create(true)
        .open(path.with_extension("flushes"))
        .unwrap();
    let mut log = match path.exists() {
        true => NpyAppender::<u64, Ix2>::open(&path).unwrap(),
        false => NpyAppender::<u64, Ix2>::create(&path, 3).unwrap(),
    };
    let mut random = std::process::id() as usize;
    loop {
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let rows = (random >> 33) % [3, 100, 30_000][(random >> 20) % 3];
        match (random >> 40) % 2 {
            0 => (0..rows).for_each(|_| log.push(&row(log.len())).unwrap()),
            _ => {
                let block: Vec<_> = (log.len()..log.len() + rows).map(row).collect();
                log.append(&Array2::from(block)).unwrap();
            }
        }
        log.flush().unwrap();
        flushes.write_all(&(log.len() as u64).to_le_bytes()).unwrap();
        if log.len() > 300_000 {
            return;
        }
    }
}

#[test]
fn what_was_flushed_survives_kill_9() {
    if std::env::var_os(CHILD).is_some() {
        return;
    }
    let (dir, path) = place();
    let flushes = path.with_extension("flushes");
    let mut appended = 0;
    let mut process = child("appends_until_killed", &path).spawn().unwrap();
    let begins = until(|| fs::metadata(&flushes).is_ok_and(|flushes| flushes.len() > 0));
    process.kill().unwrap();
    process.wait().unwrap();
    for round in 0..200_u64 {
        match round % 20 {
            0 => {
                let _ = fs::remove_file(&path);
                let _ = fs::remove_file(&flushes);
            }
            // Its header must be moved.
            10 => {
                fs::write(&path, tight("'<u8'", false, "(0, 3)", &[])).unwrap();
                let _ = fs::remove_file(&flushes);
            }
            _ => {}
        }
        let mut process = child("appends_until_killed", &path).spawn().unwrap();
        std::thread::sleep(begins * 3 / 4 + Duration::from_micros(round * 7919 % 15_000));
        process.kill().unwrap();
        process.wait().unwrap();
        let flushed = fs::read(&flushes).unwrap_or_default();
        let flushed = flushed
            .chunks_exact(8)
            .next_back()
            .map_or(0, |last| u64::from_le_bytes(last.try_into().unwrap()));
        if flushed == 0 && !path.exists() {
            continue; // it never came to create one
        }
        let array: Array2<u64> = read_npy(&path).unwrap();
        assert!(array.nrows() as u64 >= flushed, "{} of {flushed}", array.nrows());
        assert!(
            array
                .outer_iter()
                .enumerate()
                .all(|(n, got)| got.as_slice().unwrap() == row(n)),
            "round {round}"
        );
        appended = appended.max(array.nrows());
    }
    assert!(appended > 0, "no process lived long enough to append");
    // What is left beside it are the files that were being made when their process died.
    for entry in fs::read_dir(dir.path()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(name.starts_with("a.") || name.starts_with(".ndarray-io-"), "{name}");
    }
}

/// Not a test: what the process with little room does.
#[test]
fn appends_until_the_disk_is_full() {
    let Some(path) = std::env::var_os(CHILD).map(PathBuf::from) else {
        return;
    };
    let mut log = NpyAppender::<u64, Ix2>::create(&path, 3).unwrap();
    let error = loop {
        let pushed = log.push(&row(log.len())).and_then(|()| match log.len() % 100 {
            0 => log.flush(),
            _ => Ok(()),
        });
        if let Err(error) = pushed {
            break error;
        }
        assert!(log.len() < 1_000_000);
    };
    assert_eq!(error.kind(), ErrorKind::Io);
    assert_eq!(error.path(), Some(path.as_path()));
    let rows = log.len();
    assert_eq!(log.flush().unwrap_err().kind(), ErrorKind::Io);
    assert_eq!(log.len(), rows);
    drop(log);
    let array: Array2<u64> = read_npy(&path).unwrap();
    assert!(
        array.nrows() >= 6000 && array.nrows().is_multiple_of(100),
        "{}",
        array.nrows()
    );
    let mut rows = array.outer_iter().enumerate();
    assert!(rows.all(|(n, got)| got.as_slice().unwrap() == row(n)));
    // The rest of the crate leaves what was there.
    let large = Array2::<u64>::zeros((100_000, 3));
    assert_eq!(write_npy(&path, &large).unwrap_err().kind(), ErrorKind::Io);
    let leftovers = fs::read_dir(path.parent().unwrap()).unwrap().count();
    assert_eq!(leftovers, 1);
    #[cfg(feature = "mmap")]
    {
        #[allow(unsafe_code)] // SAFETY: the file is this test's
        let map = unsafe { ndarray_io::NpyMmapMut::create::<u64, Ix1>(&path, 1_000_000) };
        // Sparse, it may find room for now.
        let error = map.and_then(|map| map.reserve()).unwrap_err();
        assert_eq!((error.kind(), error.path()), (ErrorKind::Io, Some(path.as_path())));
    }
}

#[test]
#[cfg(unix)]
fn a_full_disk_is_an_error_and_nothing_is_lost() {
    if std::env::var_os(CHILD).is_some() {
        return;
    }
    let run = |command: &mut Command, path: &Path| {
        let program = child("appends_until_the_disk_is_full", path);
        let program = command
            .arg(program.get_program())
            .args(program.get_args())
            .env(CHILD, path);
        let output = program.output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        (said.contains("1 passed"), said)
    };
    let (_dir, path) = place();
    // A limit for files is a disk that fills up sooner. 300 units of 512 or 1024 bytes; the signal for it is ignored.
    let limit = "trap '' XFSZ; ulimit -f 300 && exec \"$0\" \"$@\"";
    let (passed, said) = run(Command::new("sh").args(["-c", limit]), &path);
    assert!(passed, "{said}");

    // A file system of 200 KiB, where this user may mount one.
    let (dir, path) = place();
    let script = "mount -t tmpfs -o size=200k none \"$0\" && exec \"$@\"";
    let unshare = |script: &str| {
        let mut command = Command::new("unshare");
        command.args(["-rm", "sh", "-c", script]).arg(dir.path());
        command
    };
    let can_mount = unshare(script).arg("true").stderr(Stdio::null()).status();
    if !can_mount.is_ok_and(|status| status.success()) {
        crate::support::say("a full tmpfs: skipped, for none can be mounted here");
        return;
    }
    let (passed, said) = run(&mut unshare(script), &path);
    assert!(passed, "{said}");
}

#[test]
#[cfg(target_os = "linux")]
fn room_on_the_disk_is_given_back() {
    use std::os::unix::fs::MetadataExt;
    let (_dir, path) = place();
    let mut log = NpyAppender::<u64, Ix2>::create(&path, 8).unwrap();
    for n in 0..50_000 {
        log.push(&[n; 8]).unwrap();
    }
    let taken = || {
        let metadata = fs::metadata(&path).unwrap();
        (metadata.len(), metadata.blocks() * 512)
    };
    log.flush().unwrap();
    assert_eq!(taken().0, 128 + 50_000 * 64, "what is reserved is not in the file");
    log.push(&[1; 8]).unwrap();
    drop(log);
    let (len, room) = taken();
    assert_eq!(len, 128 + 50_001 * 64);
    assert!(room < len + (256 << 10), "{room} bytes on the disk for {len}");
}

#[test]
fn permissions_are_asked_for_and_kept() {
    let (_dir, path) = place();
    drop(NpyAppender::<f32, Ix1>::create(&path, ()).unwrap());
    let mut permissions = fs::metadata(&path).unwrap().permissions();
    permissions.set_readonly(true);
    fs::set_permissions(&path, permissions).unwrap();
    // Root may write all the same.
    if File::options().write(true).open(&path).is_err() {
        for refused in [
            NpyAppender::<f32, Ix1>::open(&path),
            NpyAppender::<f32, Ix1>::create(&path, ()),
        ] {
            let error = refused.unwrap_err();
            assert_eq!((error.kind(), error.path()), (ErrorKind::Io, Some(path.as_path())));
        }
    }
    let array: ArrayD<f32> = ArrayD::read_npy(File::open(&path).unwrap()).unwrap();
    assert_eq!(array.shape(), [0]);
}
