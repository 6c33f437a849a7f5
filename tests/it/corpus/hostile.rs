//! What NumPy refuses of the recorded files: an error of the right kind here, within 50 ms and 16 MiB.

use std::io::Cursor;
use std::time::{Duration, Instant};

use ndarray_io::ErrorKind::{self, Archive, Header, Limit, NotNumpy, Object, Shape, Truncated, Version};
use ndarray_io::{DynArray, Error, NpzReader, ReadNpyExt as _, load};
use serde_json::Value;

use super::npy::zoo_file;
use super::support::{Corpus, corpus};
use crate::support::memory::peak_alone;
use crate::support::time::patient;

const TIME: Duration = Duration::from_millis(50);
const MEMORY: usize = 16 << 20;

/// A dtype of a whole array that has axes of its own, which NumPy puts behind the shape, and then misses their data.
const AXES: [&str; 4] = [
    "zoo/hd_descr_repeat.npy",
    "zoo/hd_descr_sub_tuple.npy",
    "zoo/hd_descr_sub_tuple2.npy",
    "zoo/hd_descr_tuple3.npy",
];

/// The kind of what NumPy says of such bytes.
fn kind(message: &str, bytes: &[u8]) -> ErrorKind {
    let starts = |starts: &[&str]| starts.iter().any(|start| message.starts_with(start));
    let claim = message.strip_prefix("EOF: reading array header, expected ");
    let claim = claim.and_then(|claim| claim.split_once(' ')?.0.parse::<u32>().ok());
    match message {
        // The limit comes before the bytes, and what starts as a magic string ends too soon rather than being a pickle.
        _ if claim.is_some_and(|claim| claim > 10_000) => Limit,
        _ if !bytes.is_empty() && b"\x93NUMPY".starts_with(bytes) => Truncated,
        _ if starts(&["EOF: reading", "No data left in file", "Unable to allocate"]) => Truncated,
        _ if starts(&["array is too big", "cannot reshape array"]) => Shape,
        _ if starts(&["Header info length"]) => Limit,
        _ if starts(&["we only support format version"]) => Version,
        _ if starts(&["This file contains pickled", "File is not a zip file"]) => NotNumpy,
        _ if starts(&["Object arrays cannot be loaded"]) => Object,
        _ => Header,
    }
}

/// Does `read`, which must fail within the time and the memory.
fn refused<T: Send>(name: &str, read: impl Fn() -> Result<T, Error> + Sync) -> Error {
    // The least of some, as other tests run beside this one.
    let mut times = Vec::new();
    loop {
        let start = Instant::now();
        let (result, peak) = peak_alone(&read);
        times.push(start.elapsed());
        let Err(error) = result else {
            panic!("{name} is no error")
        };
        assert!(peak <= MEMORY, "{name} allocates {peak} bytes");
        if times.iter().any(|time| *time <= patient(TIME)) {
            return error;
        }
        assert!(times.len() < 20, "{name} takes {times:?}");
    }
}

fn cases(corpus: &Corpus, kind: &str) -> Vec<Value> {
    let lines = String::from_utf8(corpus.read(&format!("{kind}.jsonl"))).expect("JSON");
    lines
        .lines()
        .map(|line| serde_json::from_str(line).expect("a case"))
        .collect()
}

#[test]
fn arrays() {
    let corpus = corpus();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("case.npy");
    let mut seen = 0;
    let mut others = Vec::new();
    for case in cases(corpus, "zoo") {
        let outcome = &case["outcomes"]["stream"];
        if outcome["kind"] != "error" {
            continue;
        }
        let message = outcome["message"].as_str().expect("a message");
        let name = format!("{} {}{}", case["file"], case["truncate_to"], case["patch"]);
        let bytes = zoo_file(&case);
        let expected = match case["file"].as_str() {
            Some(file) if AXES.contains(&file) => Header,
            _ => kind(message, &bytes),
        };
        if expected == Object {
            continue; // they are read here
        }
        std::fs::write(&path, &bytes).expect("a temporary file");
        let by_stream = refused(&name, || DynArray::read_npy(&bytes[..]));
        let by_path = refused(&name, || ndarray_io::read_npy::<_, DynArray>(&path));
        let loaded = refused(&name, || load(&path));
        for error in [by_stream, by_path, loaded] {
            if error.kind() != expected {
                others.push(format!("{name}: {error} ({:?}), in NumPy: {message}", error.kind()));
            }
        }
        seen += 1;
    }
    assert!(others.is_empty(), "{} of {seen}:\n{}", others.len(), others.join("\n"));
    assert!(seen > 250, "{seen}");
}

#[test]
fn archives() {
    let corpus = corpus();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("case.npz");
    let mut seen = 0;
    let mut others = Vec::new();
    for case in cases(corpus, "npz") {
        let Some(file) = case["file"].as_str() else { continue };
        let outcome = &case["outcomes"]["stream"];
        let bytes = corpus.read(file);
        let mut check = |name: &str, message: &str, error: Error, expected: ErrorKind| {
            if error.kind() != expected {
                others.push(format!("{name}: {error} ({:?}), in NumPy: {message}", error.kind()));
            }
        };
        if outcome["kind"] == "error" {
            let message = outcome["message"].as_str().expect("a message");
            std::fs::write(&path, &bytes).expect("a temporary file");
            let expected = match kind(message, &bytes) {
                NotNumpy => NotNumpy,
                _ => Archive,
            };
            check(file, message, refused(file, || load(&path)), expected);
            seen += 1;
        }
        for member in outcome["members"].as_array().into_iter().flatten() {
            let outcome = &member["outcome"];
            let message = outcome["message"].as_str().unwrap_or_default();
            if outcome["kind"] != "error" || kind(message, &[]) == Object {
                continue;
            }
            let key = member["key"].as_str().expect("key");
            let name = format!("{file}, {key}");
            let error = refused(&name, || NpzReader::new(Cursor::new(&bytes))?.get(key));
            check(&name, message, error, Archive);
            seen += 1;
        }
    }
    assert!(others.is_empty(), "{} of {seen}:\n{}", others.len(), others.join("\n"));
    assert!(seen > 20, "{seen}");
}
