//! Files on a disk that gets full: `ulimit` lets a process write files of so many blocks only.

use std::fs;
use std::path::Path;
use std::process::Command;

use ndarray_io::{NpyAppender, create_new_npy, read_npy, write_npy, write_raw};

use super::*;

const CHILD: &str = "NDARRAY_IO_FULL_DISK";

/// The way that a process is to write a file by, which it has just room for.
const WAY: &str = "NDARRAY_IO_WAY";

pub type Way = (&'static str, fn(&Path) -> Result<(), Error>);

/// Each way to replace the file at a path.
pub fn ways() -> Vec<Way> {
    #[allow(unused_mut)] // without the features
    let mut ways: Vec<Way> = vec![
        ("npy", |path| write_npy(path, &numbers())),
        ("npy.T", |path| write_npy(path, &numbers().t())),
        ("raw", |path| write_raw(path, &numbers())),
        ("texts", |path| write_npy(path, &numbers().map(f64::to_string))),
    ];
    #[cfg(feature = "npz")]
    ways.extend::<[Way; 3]>([
        ("npz", |path| {
            let mut npz = ndarray_io::NpzWriter::create(path)?;
            npz.add_array("a", &numbers())?;
            npz.add_array("b", &numbers())?;
            npz.finish().map(drop)
        }),
        ("npz of a value", |path| {
            ndarray_io::write_npz(
                path,
                &std::collections::BTreeMap::from([("a", numbers().into_raw_vec_and_offset().0)]),
            )
        }),
        ("npz, compressed", |path| {
            let noise = numbers().map(|value| (value * 1e9).sin());
            ndarray_io::write_npz_compressed(
                path,
                &std::collections::BTreeMap::from([("a", noise.into_raw_vec_and_offset().0)]),
            )
        }),
    ]);
    #[cfg(feature = "text")]
    ways.extend::<[Way; 2]>([
        ("txt", |path| ndarray_io::savetxt(path, &numbers())),
        ("txt.gz", |path| {
            ndarray_io::savetxt(path.with_extension("gz"), &numbers().map(|value| (value * 1e9).sin()))
        }),
    ]);
    #[cfg(feature = "object")]
    ways.push(("objects", |path| {
        write_npy(
            path,
            &numbers().map(|value| ndarray_io::Object::from(value.to_string())),
        )
    }));
    ways
}

/// The names and contents of a folder.
pub fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| {
            (
                entry.file_name().into_string().unwrap(),
                fs::read(entry.path()).unwrap(),
            )
        })
        .collect();
    files.sort_unstable();
    files
}

/// What runs in a process that can write no more than so many blocks.
#[test]
fn with_little_room() {
    if std::env::var_os(CHILD).is_none() {
        return; // only for the test below
    }
    for (name, write) in ways() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        for old in [path.clone(), path.with_extension("gz")] {
            fs::write(old, b"old").unwrap();
        }
        let before = files(folder.path());
        match write(&path) {
            Ok(()) => assert_ne!(files(folder.path()), before, "{name}"),
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::Io, "{name}: {error}");
                assert_eq!(files(folder.path()), before, "{name}: {error}");
            }
        }
        assert_eq!(files(folder.path()).len(), before.len(), "{name} leaves files behind");
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("new.npy");
    match create_new_npy(&path, &numbers()) {
        Ok(()) => assert_eq!(read_npy::<_, Array2<f64>>(&path).unwrap(), numbers()),
        Err(_) => assert_eq!(files(folder.path()), [], "an attempt leaves files behind"),
    }
    appender(&folder.path().join("log.npy"));
}

/// Rows that were flushed stay, whatever happens to those after.
fn appender(path: &Path) {
    let Ok(mut log) = NpyAppender::<f64, Ix2>::create(path, 10) else {
        return;
    };
    let mut kept = 0;
    for block in 0..30 {
        if log.append(numbers().view()).and_then(|()| log.flush()).is_err() {
            break;
        }
        kept = (block + 1) * 12;
    }
    drop(log);
    if kept == 0 {
        return;
    }
    let rows: Array2<f64> = read_npy(path).unwrap();
    assert!(rows.nrows() >= kept, "{} of {kept} rows", rows.nrows());
    for block in rows.exact_chunks((12, 10)) {
        assert_eq!(block, numbers());
    }
}

#[test]
fn leaves_the_old_file() {
    let program = std::env::current_exe().unwrap();
    let child = |blocks: usize| {
        // Ignored, the signal becomes an error of the call.
        let script =
            format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" --exact faults::full_disk::with_little_room");
        let output = Command::new("sh")
            .arg("-c")
            .arg(script)
            .arg(&program)
            .env(CHILD, "1")
            .output()
            .unwrap();
        let shown = String::from_utf8_lossy(&output.stdout);
        assert!(
            output.status.success(),
            "{blocks} blocks: {shown}{}",
            String::from_utf8_lossy(&output.stderr)
        );
        assert!(shown.contains("1 passed"), "{shown}");
    };
    for blocks in (1..12).chain([16, 20, 24, 32, 48]) {
        child(blocks);
    }
}

#[test]
fn with_just_enough_room() {
    let Some(chosen) = std::env::var_os(WAY) else {
        return; // only for the test below
    };
    let (_, write) = ways().into_iter().find(|(name, _)| chosen == *name).unwrap();
    let folder = tempfile::tempdir().unwrap();
    write(&folder.path().join("file")).unwrap();
}

/// No more room is insisted on than a file takes; a process that asks the system for more than it may is killed.
#[test]
fn what_fits_is_written() {
    let program = std::env::current_exe().unwrap();
    for (name, write) in ways() {
        let folder = tempfile::tempdir().unwrap();
        write(&folder.path().join("file")).unwrap();
        let size = files(folder.path()).iter().map(|(_, content)| content.len()).max();
        let blocks = size.unwrap().div_ceil(512);
        let output = Command::new("sh")
            .arg("-c")
            .arg(format!(
                "ulimit -f {blocks}; exec \"$0\" --exact faults::full_disk::with_just_enough_room"
            ))
            .arg(&program)
            .env(WAY, name)
            .output()
            .unwrap();
        let shown = String::from_utf8_lossy(&output.stdout);
        assert!(
            output.status.success() && shown.contains("1 passed"),
            "{name}, {blocks} blocks: {shown}{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
}
