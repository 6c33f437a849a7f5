//! npy_read, npy_write, zoo: files of one array.

use std::io::Cursor;

use ndarray::Order;
use ndarray_io::{
    DynArray, Error, Header, NpyReader, ReadNpyExt as _, ReadOptions, Version, WriteNpyExt as _, WriteOptions,
};
use serde_json::Value;
use tempfile::TempDir;

#[cfg(feature = "npz")]
use super::archive::{same_archive, same_members};
use super::support::{
    Differs, LeftOut, Same, Verdict, blank_padding, blob, corpus, dtype, has_object, replay, same_array, same_bytes,
    same_dtype, unhex,
};

#[cfg(not(feature = "npz"))]
const ARCHIVES: &str = "archives, without the feature npz";
const BARE_PICKLES: &str = "pickles that are not in a .npy file";
const FORBIDDEN_PICKLES: &str = "allow_pickle=False: nothing is run here, so nothing is forbidden";
const NO_DESCR: &str = "headers whose descr is a Python expression and no descr";
const NO_OUTPUT: &str = "outputs that were not recorded";
const NO_SUCH_VERSION: &str = "versions that cannot be asked for here";
#[cfg(feature = "object")]
const CLASSES: &str = "classes as objects";
const OBJECTS_READ: &str = "object arrays";
const OBJECTS_WRITTEN: &str = "writing object arrays: a pickle can say the same in many ways";

#[cfg(not(feature = "npz"))]
fn same_archive(_: &Value, _: &[u8], _: ReadOptions) -> Verdict {
    LeftOut(ARCHIVES)
}

#[cfg(not(feature = "npz"))]
fn same_members(_: &Value, _: &Value, _: bool) -> Verdict {
    LeftOut(ARCHIVES)
}

#[test]
fn npy_read() {
    replay("npy_read", |case| {
        let (input, outcome) = (&case["input"], &case["outcome"]);
        let bytes = blob(&input["data"]);
        let consumed = input["consumed"].as_u64();
        if outcome["kind"] == "npz" {
            return same_archive(outcome, &bytes, options(&case["kwargs"]));
        }
        if let Some(reason) = about_pickles(outcome, &bytes) {
            return LeftOut(reason);
        }
        match case["fn"].as_str() {
            Some("open_memmap") => same_from_map(outcome, None, &bytes).into(),
            Some("load") if input["kind"] == "path" => {
                same_from_path(outcome, None, &bytes, &options(&case["kwargs"])).into()
            }
            Some("load" | "read_array") => {
                same_from_stream(outcome, None, &bytes, &options(&case["kwargs"]), consumed).into()
            }
            Some("read_array_header_1_0") => same_header(outcome, b"\x93NUMPY\x01\0", &bytes).into(),
            Some("read_array_header_2_0") => same_header(outcome, b"\x93NUMPY\x02\0", &bytes).into(),
            Some("read_magic") => LeftOut("read_magic, a step of reading a header here"),
            other => Differs(format!("no such function: {other:?}")),
        }
    });
}

#[test]
fn npy_write() {
    replay("npy_write", |case| {
        let (input, outcome) = (&case["input"], &case["outcome"]);
        match case["fn"].as_str() {
            _ if outcome["kind"] == "error" && outcome["message"].as_str().is_some_and(|m| m.starts_with("Object")) => {
                LeftOut(OBJECTS_WRITTEN)
            }
            Some(function @ ("savez" | "savez_compressed")) => same_members(input, outcome, function != "savez"),
            _ if outcome["kind"] == "ok" && outcome.get("output").is_none() => LeftOut(NO_OUTPUT),
            Some("write_array" | "save") => {
                let array = &input["arrays"][0][1];
                if has_object(&array["dtype"]) {
                    return LeftOut(OBJECTS_WRITTEN);
                }
                same_file(outcome, array, &case["kwargs"]).into()
            }
            Some("write_array_header_1_0" | "write_array_header_2_0") => LeftOut(NO_DESCR),
            other => Differs(format!("no such function: {other:?}")),
        }
    });
}

#[test]
fn zoo() {
    replay("zoo", |case| {
        if case["group"] == "write-refusal" {
            return refusal(case);
        }
        let bytes = zoo_file(case);
        for way in ["stream", "path", "mmap_r"] {
            if case["outcomes"].get(way).is_none() {
                continue;
            }
            // With the feature, object arrays are read: what NumPy does if it may unpickle.
            let pickled = resolve(&case["outcomes"], &format!("{way}_pickle"));
            let outcome = match cfg!(feature = "object") && is_npy(&bytes) && pickled.is_object() {
                true => pickled,
                false => resolve(&case["outcomes"], way),
            };
            if let Some(reason) = about_pickles(outcome, &bytes) {
                return LeftOut(reason);
            }
            let data = case["c_order_hex"].as_str().map(unhex);
            let same = match way {
                "stream" => same_from_stream(outcome, data, &bytes, &ReadOptions::new(), None),
                "mmap_r" => same_from_map(outcome, data, &bytes),
                _ if contradicts(&case["outcomes"]) => Ok(()),
                _ => same_from_path(outcome, data, &bytes, &ReadOptions::new()),
            };
            if let Err(difference) = same {
                return Differs(format!("{} by {way}: {difference}", case["file"]));
            }
        }
        match case.get("header_text") {
            Some(_) => well_formed(case, &bytes).into(),
            None => Same,
        }
    });
}

/// Why an outcome is not compared, if it comes from a pickle.
pub fn about_pickles(outcome: &Value, bytes: &[u8]) -> Option<&'static str> {
    let message = outcome["message"].as_str().unwrap_or_default();
    if cfg!(feature = "object") && message.starts_with("Object arrays cannot be loaded") {
        return Some(FORBIDDEN_PICKLES);
    }
    if outcome["kind"] != "ok" {
        return None;
    }
    match outcome["results"].get(0) {
        _ if !is_npy(bytes) => Some(BARE_PICKLES),
        #[cfg(feature = "object")]
        Some(array) if super::object::holds_class(&array["values"]) => Some(CLASSES),
        Some(array) if cfg!(not(feature = "object")) && has_object(&array["dtype"]) => Some(OBJECTS_READ),
        _ => None,
    }
}

fn is_npy(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\x93NUMPY")
}

/// NumPy's limit on headers; whoever allows pickles trusts the file, and has none.
fn options(kwargs: &Value) -> ReadOptions {
    match kwargs["max_header_size"].as_u64() {
        _ if kwargs["allow_pickle"] == true => ReadOptions::new().max_header_size(usize::MAX),
        Some(characters) => ReadOptions::new().max_header_size(characters as usize),
        None => ReadOptions::new(),
    }
}

fn same_from_stream(
    outcome: &Value,
    data: Option<Vec<u8>>,
    bytes: &[u8],
    options: &ReadOptions,
    consumed: Option<u64>,
) -> Result<(), String> {
    let mut stream = Cursor::new(bytes);
    let array = DynArray::read_npy_with(&mut stream, options);
    same_outcome(outcome, data, array)?;
    match consumed {
        Some(consumed) if outcome["kind"] == "ok" && consumed != stream.position() => {
            Err(format!("{} bytes are consumed, in NumPy {consumed}", stream.position()))
        }
        _ => Ok(()),
    }
}

fn same_from_path(outcome: &Value, data: Option<Vec<u8>>, bytes: &[u8], options: &ReadOptions) -> Result<(), String> {
    let folder = TempDir::new().expect("a temporary folder");
    let path = folder.path().join("case.npy");
    std::fs::write(&path, bytes).expect("a temporary file");
    same_outcome(outcome, data, options.read_npy::<_, DynArray>(&path))
}

/// Compares what a map of the file shows.
#[cfg(feature = "mmap")]
#[allow(unsafe_code)]
fn same_from_map(outcome: &Value, data: Option<Vec<u8>>, bytes: &[u8]) -> Result<(), String> {
    let folder = TempDir::new().expect("a temporary folder");
    let path = folder.path().join("case.npy");
    std::fs::write(&path, bytes).expect("a temporary file");
    // SAFETY: nobody else knows the file.
    let map = unsafe { ndarray_io::NpyMmap::open(&path) };
    let array = map.and_then(|map| {
        let Header {
            dtype, shape, order, ..
        } = map.header().clone();
        DynArray::from_raw(dtype, shape, order, map.as_bytes().to_vec())
    });
    same_outcome(outcome, data, array)
}

#[cfg(not(feature = "mmap"))]
fn same_from_map(_: &Value, _: Option<Vec<u8>>, _: &[u8]) -> Result<(), String> {
    Ok(())
}

/// Compares with a recorded array, or with an error.
pub fn same_outcome(outcome: &Value, data: Option<Vec<u8>>, got: Result<DynArray, Error>) -> Result<(), String> {
    match (outcome["kind"].as_str(), got) {
        (Some("error"), Err(_)) => Ok(()),
        (Some("error"), Ok(array)) => Err(format!(
            "{:?} is no error, in NumPy: {}",
            array.dtype(),
            outcome["message"]
        )),
        (Some("ok"), Err(error)) => Err(format!("is no error in NumPy: {error}")),
        (Some("ok"), Ok(array)) => same_array(&outcome["results"][0], data, &array),
        (kind, _) => Err(format!("unknown outcome {kind:?}")),
    }
}

/// Compares what a header says; `start` is the magic and version that the record lacks.
fn same_header(outcome: &Value, start: &[u8], rest: &[u8]) -> Result<(), String> {
    let header = Header::read(&mut &[start, rest].concat()[..]);
    match (outcome["kind"].as_str(), header) {
        (Some("error"), Err(_)) => Ok(()),
        (Some("header"), Ok(header)) => says(outcome, &header),
        (_, header) => Err(format!("{header:?}, in NumPy {outcome}")),
    }
}

fn says(expected: &Value, header: &Header) -> Result<(), String> {
    same_dtype(&expected["dtype"], &header.dtype)?;
    let order = matches!(header.order, Order::ColumnMajor);
    if expected["shape"] == serde_json::json!(header.shape) && expected["fortran_order"] == order {
        return Ok(());
    }
    Err(format!("the header says {header:?}, in NumPy {expected}"))
}

/// The array of an input, and the options to write it in its order: the record has it in C order.
pub fn input_array(input: &Value) -> (DynArray, WriteOptions) {
    let generous = ReadOptions::new().max_header_size(usize::MAX);
    let array = DynArray::read_npy_with(&blob(&input["npy"])[..], &generous).expect("the array of an input");
    match input["layout"] == "F" {
        true => (array, WriteOptions::new().order(Order::ColumnMajor)),
        false => (array, WriteOptions::new()),
    }
}

/// Compares the file that an array becomes with NumPy's, byte for byte but for the padding, which is arbitrary there.
fn same_file(outcome: &Value, input: &Value, kwargs: &Value) -> Result<(), String> {
    let (array, mut options) = input_array(input);
    options = match kwargs["version"]["$tuple"][0].as_u64() {
        Some(1) => options.version(Version::V1_0),
        Some(2) => options.version(Version::V2_0),
        Some(3) => options.version(Version::V3_0),
        _ => options,
    };
    let mut file = Vec::new();
    match (outcome["kind"].as_str(), array.write_npy_with(&mut file, &options)) {
        (Some("error"), Err(_)) => Ok(()),
        (Some("ok"), Ok(())) => same_npy(&array.dtype(), blob(&outcome["output"]), file),
        (_, written) => Err(format!(
            "{written:?}, in NumPy {}: {}",
            outcome["kind"], outcome["message"]
        )),
    }
}

pub fn same_npy(dtype: &ndarray_io::Dtype, mut expected: Vec<u8>, mut got: Vec<u8>) -> Result<(), String> {
    let offset = |file: &[u8]| match Header::read_with(&mut &file[..], usize::MAX) {
        Ok(header) => Ok(header.data_offset().unwrap_or_default() as usize),
        Err(error) => Err(error.to_string()),
    };
    let (start, got_start) = (offset(&expected)?, offset(&got)?);
    if expected[..start] != got[..got_start] {
        let [got, expected] = [&got[..got_start], &expected[..start]].map(String::from_utf8_lossy);
        return Err(format!("the header is {got:?}, in NumPy {expected:?}"));
    }
    blank_padding(dtype, &mut expected[start..]);
    blank_padding(dtype, &mut got[start..]);
    same_bytes(dtype, &expected[start..], &got[start..])
}

/// What NumPy does not write.
fn refusal(case: &Value) -> Verdict {
    let version = match (case["version"][0].as_u64(), case["version"][1].as_u64()) {
        (Some(1), Some(0)) => Version::V1_0,
        (Some(2), Some(0)) => Version::V2_0,
        (Some(3), Some(0)) => Version::V3_0,
        _ => return LeftOut(NO_SUCH_VERSION),
    };
    let header = Header::new(dtype(&case["dtype"]), Order::RowMajor, [0]);
    match header.to_bytes(Some(version)) {
        Err(_) => Same,
        Ok(_) => Differs(format!("is written, in NumPy: {}", case["write_outcome"]["message"])),
    }
}

/// The bytes of a zoo case: its file, cut or patched.
pub fn zoo_file(case: &Value) -> Vec<u8> {
    let mut bytes = corpus().read(case["file"].as_str().expect("file"));
    if let Some(length) = case["truncate_to"].as_u64() {
        bytes.truncate(length as usize);
    }
    for patch in case["patch"].as_array().into_iter().flatten() {
        let (offset, new) = (
            patch[0].as_u64().expect("offset") as usize,
            unhex(patch[1].as_str().expect("hex")),
        );
        bytes[offset..offset + new.len()].copy_from_slice(&new);
    }
    assert_eq!(Some(bytes.len() as u64), case["size"].as_u64(), "the case's size");
    bytes
}

fn resolve<'a>(outcomes: &'a Value, way: &str) -> &'a Value {
    match outcomes[way]["same_as"].as_str() {
        Some(other) => resolve(outcomes, other),
        None => &outcomes[way],
    }
}

/// Whether NumPy reads from a path what it refuses from a stream: a subarray as the whole dtype, of which a path gives
/// the first item of each element. The stream's answer counts.
fn contradicts(outcomes: &Value) -> bool {
    resolve(outcomes, "stream")["kind"] != resolve(outcomes, "path")["kind"]
}

/// A file that NumPy wrote: what its header says, and that the array is written as that file again.
fn well_formed(case: &Value, bytes: &[u8]) -> Result<(), String> {
    let generous = ReadOptions::new().max_header_size(usize::MAX);
    let reader = NpyReader::with_options(bytes, &generous).map_err(|error| error.to_string())?;
    says(case, reader.header())?;
    if reader.header().data_offset() != case["data_offset"].as_u64() {
        return Err(format!("the data starts at {:?}", reader.header().data_offset()));
    }
    if case["header_canonical"] != true || (has_object(&case["dtype"]) && cfg!(not(feature = "object"))) {
        return Ok(());
    }
    let array = reader.read_dyn().map_err(|error| error.to_string())?;
    let mut again = Vec::new();
    array.write_npy(&mut again).map_err(|error| error.to_string())?;
    #[cfg(feature = "object")]
    if let DynArray::Object(_) = array {
        // Other opcodes may say the same; that NumPy reads ours is another test.
        let same = DynArray::read_npy(&again[..]).map_err(|error| error.to_string())?;
        return super::support::same_array(case, None, &same);
    }
    same_npy(&array.dtype(), bytes.to_vec(), again)
}
