//! The recorded cases: where they are, what their pieces mean, how an outcome is judged.
#![allow(dead_code)] // until every kind is replayed

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::io::Read;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use flate2::read::GzDecoder;
use ndarray_io::{Dtype, Kind};
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
    let Some(corpus) = corpus() else {
        say(&format!("{kind}: skipped, the corpus is not in this copy of the crate"));
        return;
    };
    let records = corpus.read(&format!("{kind}.jsonl"));
    let mut same = 0;
    let mut left_out = BTreeMap::<_, usize>::new();
    let mut differences = Vec::new();
    for line in records.split(|&byte| byte == b'\n').filter(|line| !line.is_empty()) {
        let case: Value = serde_json::from_slice(line).expect("a record is JSON");
        match catch_unwind(AssertUnwindSafe(|| judge(&case))) {
            Ok(Same) => same += 1,
            Ok(Differs(difference)) => differences.push((id(&case), difference)),
            Ok(LeftOut(reason)) => *left_out.entry(reason).or_default() += 1,
            Err(_) => differences.push((id(&case), "panicked".to_owned())),
        }
    }
    let mut report = format!("{kind}: {same} of {} as NumPy", same + differences.len());
    for (reason, count) in left_out {
        report += &format!("\n{kind}: {count} left out: {reason}");
    }
    for (id, difference) in &differences {
        report += &format!("\n{kind}: {id}: {difference}");
    }
    say(&report);
    assert!(differences.is_empty(), "{kind}: {} cases differ", differences.len());
}

fn id(case: &Value) -> String {
    case["id"].as_str().unwrap_or("a record without id").to_owned()
}

/// The files of the corpus by name.
pub enum Corpus {
    Folder(PathBuf),
    Unpacked(HashMap<String, Vec<u8>>),
}

/// The corpus; `None` in a packaged crate, which does not carry it.
pub fn corpus() -> Option<&'static Corpus> {
    static CORPUS: OnceLock<Option<Corpus>> = OnceLock::new();
    let find = || {
        if let Some(folder) = std::env::var_os("NDARRAY_IO_CORPUS") {
            return Some(Corpus::Folder(folder.into()));
        }
        let packed = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/corpus.tar.gz");
        let packed = fs::File::open(packed).ok()?;
        let mut files = HashMap::new();
        for entry in tar::Archive::new(GzDecoder::new(packed)).entries().expect("a tar file") {
            let mut entry = entry.expect("an entry of the tar file");
            let path = entry.path().expect("a path").to_string_lossy().into_owned();
            let mut content = Vec::new();
            entry.read_to_end(&mut content).expect("an entry's content");
            files.insert(path.trim_start_matches("./").to_owned(), content);
        }
        Some(Corpus::Unpacked(files))
    };
    CORPUS.get_or_init(find).as_ref()
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
        let file = corpus().expect("a case has its corpus").read(name);
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
    let escaped = text.replace('\\', "\\\\").replace('\'', "\\'").replace('\n', "\\n");
    format!("'{escaped}'")
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
