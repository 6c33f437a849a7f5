//! The recorded cases: where they are, what their pieces mean, how an outcome is judged.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::io::Read;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use flate2::read::GzDecoder;
use ndarray::{ArrayD, Order};
use ndarray_io::{ByteOrder, Dtype, DynArray, Kind, WriteNpyExt as _, WriteOptions};
use serde_json::{Value, json};

use crate::support::say;

/// How a case came out.
pub enum Verdict {
    /// As in NumPy.
    Same,
    /// Not as in NumPy: in which way.
    Differs(String),
    /// Not compared, for this reason.
    LeftOut(&'static str),
}

pub use Verdict::{Differs, LeftOut, Same};

impl From<Result<(), String>> for Verdict {
    fn from(compared: Result<(), String>) -> Verdict {
        match compared {
            Ok(()) => Same,
            Err(difference) => Differs(difference),
        }
    }
}

/// Judges every case of a kind (a `.jsonl` file), prints how many came out as NumPy's and how many were left out, lists
/// each difference, and panics if there is any. A panic in `judge` is a difference.
pub fn replay(kind: &str, judge: impl Fn(&Value) -> Verdict) {
    let mut verdicts = Verdicts::default();
    let records = corpus().read(&format!("{kind}.jsonl"));
    for line in records.split(|&byte| byte == b'\n').filter(|line| !line.is_empty()) {
        let case: Value = serde_json::from_slice(line).expect("a record is JSON");
        verdicts.judge(&case, &judge);
    }
    verdicts.report(kind);
}

/// How the cases of a kind came out.
#[derive(Default)]
pub struct Verdicts {
    pub same: usize,
    left_out: BTreeMap<&'static str, usize>,
    differences: Vec<(String, String)>,
}

impl Verdicts {
    /// Judges a case; a panic is a difference.
    pub fn judge(&mut self, case: &Value, judge: &impl Fn(&Value) -> Verdict) {
        match catch_unwind(AssertUnwindSafe(|| judge(case))) {
            Ok(Same) => self.same += 1,
            Ok(Differs(difference)) => self.differences.push((id(case), difference)),
            Ok(LeftOut(reason)) => *self.left_out.entry(reason).or_default() += 1,
            Err(_) => self.differences.push((id(case), "panicked".to_owned())),
        }
    }

    /// Prints them, and panics if there are differences.
    pub fn report(self, kind: &str) {
        let differences = self.differences.len();
        let mut report = format!("{kind}: {} of {} as NumPy", self.same, self.same + differences);
        for (reason, count) in self.left_out {
            report += &format!("\n{kind}: {count} left out: {reason}");
        }
        for (id, difference) in &self.differences {
            report += &format!("\n{kind}: {id}: {difference}");
        }
        say(&report);
        assert!(differences == 0, "{kind}: {differences} cases differ");
    }
}

fn id(case: &Value) -> String {
    case["id"].as_str().unwrap_or("a record without id").to_owned()
}

/// The files of the corpus by name.
pub enum Corpus {
    Folder(PathBuf),
    Unpacked(HashMap<String, Vec<u8>>),
}

/// The corpus. It is in every copy of the crate that has these tests.
pub fn corpus() -> &'static Corpus {
    static CORPUS: OnceLock<Corpus> = OnceLock::new();
    let find = || {
        if let Some(folder) = std::env::var_os("NDARRAY_IO_CORPUS").filter(|folder| !folder.is_empty()) {
            return Corpus::Folder(folder.into());
        }
        let packed = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/corpus.tar.gz");
        let packed = fs::File::open(packed).expect("tests/data/corpus.tar.gz");
        let mut files = HashMap::new();
        for entry in tar::Archive::new(GzDecoder::new(packed)).entries().expect("a tar file") {
            let mut entry = entry.expect("an entry of the tar file");
            let path = entry.path().expect("a path").to_string_lossy().into_owned();
            let mut content = Vec::new();
            entry.read_to_end(&mut content).expect("an entry's content");
            files.insert(path.trim_start_matches("./").to_owned(), content);
        }
        Corpus::Unpacked(files)
    };
    CORPUS.get_or_init(find)
}

impl Corpus {
    /// A file's content.
    pub fn read(&self, name: &str) -> Vec<u8> {
        match self {
            Corpus::Folder(folder) => fs::read(folder.join(name)).unwrap_or_else(|error| panic!("{name}: {error}")),
            Corpus::Unpacked(files) => files
                .get(name)
                .unwrap_or_else(|| panic!("no {name} in the corpus"))
                .clone(),
        }
    }
}

#[cfg(feature = "object_store")]
impl Corpus {
    /// The files whose names end so, as they are.
    pub fn files(&self, ending: &str) -> Vec<(String, Vec<u8>)> {
        match self {
            Corpus::Folder(_) => Vec::new(), // some other corpus, of which the records are all that is wanted
            Corpus::Unpacked(files) => {
                let files = files.iter().filter(|(name, _)| name.ends_with(ending));
                files.map(|(name, bytes)| (name.clone(), bytes.clone())).collect()
            }
        }
    }
}

impl Corpus {
    /// The files in a folder of the corpus, by their whole names and in their order.
    #[allow(dead_code)] // by some features alone
    pub fn in_folder(&self, folder: &str) -> Vec<(String, Vec<u8>)> {
        let mut names: Vec<String> = match self {
            Corpus::Folder(root) => (fs::read_dir(root.join(folder)).expect("a folder of the corpus"))
                .map(|entry| format!("{folder}/{}", entry.expect("an entry").file_name().to_string_lossy()))
                .collect(),
            Corpus::Unpacked(files) => (files.keys())
                .filter(|name| name.split('/').next() == Some(folder) && !name.ends_with('/'))
                .cloned()
                .collect(),
        };
        names.sort_unstable();
        names.into_iter().map(|name| (name.clone(), self.read(&name))).collect()
    }
}

fn gunzip(packed: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    GzDecoder::new(packed).read_to_end(&mut bytes).expect("gzip");
    bytes
}

/// The content of a blob.
pub fn blob(blob: &Value) -> Vec<u8> {
    let bytes = if let Some(text) = blob["utf8"].as_str() {
        text.as_bytes().to_vec()
    } else if let Some(text) = blob["b64"].as_str() {
        BASE64.decode(text).expect("base64")
    } else {
        let name = blob["file"].as_str().unwrap_or_else(|| panic!("not a blob: {blob}"));
        let file = corpus().read(name);
        if blob["gz"] == true { gunzip(&file) } else { file }
    };
    assert_eq!(Some(bytes.len() as u64), blob["size"].as_u64(), "a blob's size");
    bytes
}

/// Bytes written in hexadecimal, as `hex` and `$bytes` are.
pub fn unhex(text: &str) -> Vec<u8> {
    let digits = |pair| u8::from_str_radix(pair, 16).expect("hexadecimal digits");
    (0..text.len()).step_by(2).map(|at| digits(&text[at..at + 2])).collect()
}

/// A recorded dtype with `$blob`s resolved.
fn dtype_json(dtype: &Value) -> Value {
    match dtype.get("$blob") {
        Some(large) => serde_json::from_slice(&blob(large)).expect("a dtype in JSON"),
        None => dtype.clone(),
    }
}

/// The descr of a recorded dtype, with its padding spelled out, as [`Dtype`] parses it.
pub fn descr(dtype: &Value) -> String {
    let dtype = dtype_json(dtype);
    if let Some(scalar) = dtype.as_str() {
        return quoted(scalar);
    }
    if dtype.get("base").is_some() {
        return format!("({}, {})", descr(&dtype["base"]), tuple(&dtype["shape"]));
    }
    let mut fields = Vec::new();
    let mut end = 0;
    let pad = |fields: &mut Vec<String>, from: u64, to: u64| {
        if to > from {
            fields.push(format!("('', '|V{}')", to - from));
        }
    };
    for (at, name) in dtype["names"].as_array().expect("names").iter().enumerate() {
        let (format, offset) = (&dtype["formats"][at], dtype["offsets"][at].as_u64().expect("offset"));
        pad(&mut fields, end, offset);
        let name = quoted(name.as_str().expect("name"));
        let name = match dtype["titles"][at].as_str() {
            Some(title) => format!("({}, {name})", quoted(title)),
            None => name,
        };
        fields.push(match format.get("base") {
            Some(base) => format!("({name}, {}, {})", descr(base), tuple(&format["shape"])),
            None => format!("({name}, {})", descr(format)),
        });
        end = offset + descr_size(format);
    }
    pad(&mut fields, end, dtype["itemsize"].as_u64().expect("itemsize"));
    format!("[{}]", fields.join(", "))
}

/// The recorded dtype, parsed.
pub fn dtype(dtype: &Value) -> Dtype {
    let descr = descr(dtype);
    let text = descr
        .strip_prefix('\'')
        .and_then(|text| text.strip_suffix('\''))
        .unwrap_or(&descr);
    text.parse().unwrap_or_else(|error| panic!("{descr}: {error}"))
}

fn descr_size(dtype: &Value) -> u64 {
    match dtype.get("itemsize") {
        Some(size) => size.as_u64().expect("itemsize"),
        None => self::dtype(dtype).itemsize() as u64,
    }
}

fn quoted(text: &str) -> String {
    let mut literal = String::from("'");
    for character in text.chars() {
        match character {
            '\\' | '\'' => literal.extend(['\\', character]),
            '\0'..' ' => literal += &format!("\\x{:02x}", u32::from(character)),
            _ => literal.push(character),
        }
    }
    literal + "'"
}

fn tuple(shape: &Value) -> String {
    let dims = shape.as_array().expect("a shape");
    format!("({})", dims.iter().map(|dim| format!("{dim},")).collect::<String>())
}

/// A dtype as the corpus writes it, apart from the key `aligned`, which no file can say.
pub fn structure(dtype: &Dtype) -> Value {
    match dtype.kind() {
        Kind::Subarray => json!({"base": structure(dtype.base()), "shape": dtype.shape()}),
        Kind::Record => {
            let fields = dtype.fields();
            let mut record = json!({
                "names": fields.iter().map(|field| field.name()).collect::<Vec<_>>(),
                "formats": fields.iter().map(|field| structure(field.dtype())).collect::<Vec<_>>(),
                "offsets": fields.iter().map(|field| field.offset()).collect::<Vec<_>>(),
                "itemsize": dtype.itemsize(),
            });
            if fields.iter().any(|field| field.title().is_some()) {
                record["titles"] = fields.iter().map(|field| field.title()).collect();
            }
            record
        }
        _ => json!(dtype.to_string().trim_matches('\'')),
    }
}

/// Compares with a recorded dtype.
pub fn same_dtype(expected: &Value, got: &Dtype) -> Result<(), String> {
    let (mut expected, got) = (dtype_json(expected), structure(got));
    forget_aligned(&mut expected);
    if expected == got {
        return Ok(());
    }
    Err(format!("the dtype is {got}, in NumPy {expected}"))
}

fn forget_aligned(dtype: &mut Value) {
    if let Some(record) = dtype.as_object_mut() {
        record.remove("aligned");
        record.values_mut().for_each(forget_aligned);
    } else if let Some(formats) = dtype.as_array_mut() {
        formats.iter_mut().for_each(forget_aligned);
    }
}

/// Compares dtype, shape and every byte with a recorded array; `data` stands in where the record keeps the data apart.
pub fn same_array(expected: &Value, data: Option<Vec<u8>>, got: &DynArray) -> Result<(), String> {
    #[cfg(feature = "object")]
    if has_object(&expected["dtype"]) {
        same_dtype(&expected["dtype"], &got.dtype())?;
        return super::object::same_objects(expected, got);
    }
    same_dtype(&expected["dtype"], &got.dtype())?;
    if expected["shape"] != json!(got.shape()) {
        return Err(format!(
            "the shape is {:?}, in NumPy {}",
            got.shape(),
            expected["shape"]
        ));
    }
    if got.dtype().itemsize() == 0 {
        return Ok(()); // in memory NumPy gives a byte to elements that have none
    }
    let data = data.unwrap_or_else(|| recorded_data(expected, got));
    let mut written = written_data(got)?;
    blank_padding(&got.dtype(), &mut written);
    same_bytes(&got.dtype(), &data, &written)?;
    match typed_data(got) {
        Some(typed) => same_bytes(&got.dtype(), &data, &typed),
        None => Ok(()),
    }
}

/// The recorded bytes of an array: in C order and its dtype's byte order, padding zeroed.
fn recorded_data(array: &Value, got: &DynArray) -> Vec<u8> {
    if let Some(hex) = array["hex"].as_str() {
        return unhex(hex);
    }
    let mut npy = blob(&array["npy"]);
    let nbytes = got.dtype().itemsize() * got.shape().iter().product::<usize>();
    npy.split_off(npy.len() - nbytes)
}

fn written_data(array: &DynArray) -> Result<Vec<u8>, String> {
    let mut npy = Vec::new();
    let options = WriteOptions::new().order(Order::RowMajor);
    array
        .write_npy_with(&mut npy, &options)
        .map_err(|error| format!("cannot be written again: {error}"))?;
    let nbytes = array.dtype().itemsize() * array.shape().iter().product::<usize>();
    Ok(npy.split_off(npy.len() - nbytes))
}

/// The bytes that typed values stand for, in C order; `None` where the array keeps raw bytes.
///
/// It shares nothing with the crate's writer: an error that reading and writing both make would cancel out there.
fn typed_data(array: &DynArray) -> Option<Vec<u8>> {
    fn bytes<A: bytemuck::NoUninit>(array: &ArrayD<A>) -> Vec<u8> {
        array
            .iter()
            .flat_map(|value| bytemuck::bytes_of(value).to_vec())
            .collect()
    }
    let dtype = array.dtype();
    let padded = |mut bytes: Vec<u8>| {
        bytes.resize(dtype.itemsize(), 0);
        bytes
    };
    let code_points = |text: &String| padded(text.chars().flat_map(|c| u32::from(c).to_ne_bytes()).collect());
    let mut data = match array {
        DynArray::Bool(a) => bytes(a),
        DynArray::Int8(a) => bytes(a),
        DynArray::Int16(a) => bytes(a),
        DynArray::Int32(a) => bytes(a),
        DynArray::Int64(a) | DynArray::Datetime(a) | DynArray::Timedelta(a) => bytes(a),
        DynArray::UInt8(a) => bytes(a),
        DynArray::UInt16(a) => bytes(a),
        DynArray::UInt32(a) => bytes(a),
        DynArray::UInt64(a) => bytes(a),
        DynArray::Float16(a) => bytes(a),
        DynArray::Float32(a) => bytes(a),
        DynArray::Float64(a) => bytes(a),
        DynArray::Complex64(a) => bytes(a),
        DynArray::Complex128(a) => bytes(a),
        DynArray::Bytes(a) => a.iter().cloned().flat_map(padded).collect(),
        DynArray::Str(a) => a.iter().flat_map(code_points).collect(),
        _ => return None,
    };
    if !dtype.byte_order().is_native() {
        let unit = match dtype.kind() {
            Kind::Complex => dtype.itemsize() / 2,
            Kind::Str => 4,
            _ => dtype.itemsize(),
        };
        data.chunks_exact_mut(unit).for_each(<[u8]>::reverse);
    }
    Some(data)
}

/// Zeroes the bytes of each element that no field covers, and those that a long double does not use.
pub fn blank_padding(dtype: &Dtype, data: &mut [u8]) {
    let used = used_bytes(dtype);
    for element in data.chunks_exact_mut(used.len().max(1)) {
        for (byte, used) in element.iter_mut().zip(&used) {
            *byte &= used;
        }
    }
}

/// A mask of an element: 0xFF where a byte means something.
fn used_bytes(dtype: &Dtype) -> Vec<u8> {
    match dtype.kind() {
        Kind::Record => {
            let mut used = vec![0; dtype.itemsize()];
            for field in dtype.fields() {
                let bytes = used_bytes(field.dtype());
                used[field.offset()..field.offset() + bytes.len()].copy_from_slice(&bytes);
            }
            used
        }
        Kind::Subarray => used_bytes(dtype.base()).repeat(dtype.shape().iter().product()),
        Kind::Float if dtype.itemsize() == 16 => long_double(dtype.byte_order()),
        Kind::Complex if dtype.itemsize() == 32 => long_double(dtype.byte_order()).repeat(2),
        _ => vec![0xFF; dtype.itemsize()],
    }
}

/// 80 of 128 bits.
fn long_double(order: ByteOrder) -> Vec<u8> {
    let mut used = [[0xFF; 10].as_slice(), &[0; 6]].concat();
    if order == ByteOrder::Big {
        used.reverse();
    }
    used
}

pub fn same_bytes(dtype: &Dtype, expected: &[u8], got: &[u8]) -> Result<(), String> {
    if expected.len() != got.len() {
        return Err(format!("{} bytes, in NumPy {}", got.len(), expected.len()));
    }
    let size = dtype.itemsize().max(1);
    match expected
        .chunks(size)
        .zip(got.chunks(size))
        .position(|(expected, got)| expected != got)
    {
        None => Ok(()),
        Some(at) => {
            let bytes = at * size..(at + 1) * size;
            let (got, expected) = (&got[bytes.clone()], &expected[bytes]);
            Err(format!("element {at} is {got:02x?}, in NumPy {expected:02x?}"))
        }
    }
}

/// Whether a recorded dtype is `O` or has one inside.
pub fn has_object(dtype: &Value) -> bool {
    match dtype_json(dtype) {
        Value::String(scalar) => scalar == "|O",
        Value::Array(formats) => formats.iter().any(has_object),
        Value::Object(parts) => {
            parts.get("base").is_some_and(has_object) || parts.get("formats").is_some_and(has_object)
        }
        _ => false,
    }
}
