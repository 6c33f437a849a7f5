//! What the calls of np.loadtxt and np.genfromtxt have in common: where the text came from, what came of it, and where
//! the reader was left.

use std::cell::Cell;
use std::io::Write as _;
use std::path::Path;

use ndarray_io::{DynArray, Encoding, RecordArray};
use serde_json::{Map, Value};
use tempfile::NamedTempFile;

use super::support::{Differs, LeftOut, Same, Verdict, blob, has_object, same_array, unhex};

pub const NOT_UNICODE: &str = "text that is not Unicode (lone surrogates)";
pub const NO_TYPE: &str =
    "parameters of types that do not compile here: strings for numbers, None for a number, fractions, tuples";
const CALLABLE: &str = "Python callables";
const NO_TEXT: &str = "sources that only Python has: None, numbers, iterables that raise or give no text";
const OBJECTS: &str = "dtype=object, for which text would be any Python object";
const UTF_32: &str = "UTF-32, which the encoding standard has not";
const LINES: &str = "lists of lines with newlines inside a line: here a newline ends the line";
const NEGATIVE: &str = "negative numbers and widths, which do not compile here";
const MARK: &str = "ours: a UTF-8 byte order mark is skipped";
const BEYOND: &str = "invalid UTF-8 beyond max_rows, which is not read here";
const CUT_BYTES: &str = "UTF-16 in bytes, which NumPy cuts at \\n before it decodes them; here it is decoded first";

/// A function's parameters, as they were recorded.
pub trait Call: Sized {
    /// An error is why the case is left out, or `None` for what cannot even be said here.
    fn new(kwargs: &Map<String, Value>) -> Result<Self, Option<Verdict>>;

    /// Reads with these parameters and encoding.
    fn run(&self, encoding: Option<Encoding>, text: &Text) -> Outcome;

    /// Why an outcome that is not NumPy's is right.
    fn known(&self, case: &Recorded<'_>, got: &Outcome) -> Option<&'static str>;
}

/// What a call gave: an array, and its mask if that was asked for.
pub type Outcome = ndarray_io::Result<(DynArray, Option<DynArray>)>;

/// A case and its text.
pub struct Recorded<'a> {
    pub kwargs: &'a Map<String, Value>,
    pub input: &'a Value,
    pub outcome: &'a Value,
    pub bytes: &'a [u8],
}

impl Recorded<'_> {
    /// NumPy's error.
    pub fn message(&self) -> &str {
        self.outcome["message"].as_str().unwrap_or_default()
    }

    /// Why an outcome is right for whatever function.
    fn known(&self, is_bytes: bool) -> Option<&'static str> {
        let message = self.message();
        if self.kwargs.contains_key("max_rows") && message.starts_with("'utf-8' codec can't decode") {
            return Some(BEYOND);
        }
        if is_bytes && message.starts_with("'utf-16-le' codec can't decode") {
            return Some(CUT_BYTES);
        }
        self.bytes.starts_with(b"\xef\xbb\xbf").then_some(MARK)
    }
}

enum Place {
    Memory,
    File(NamedTempFile),
    NoFile,
}

/// A text to read, in a file or in memory.
pub struct Text {
    bytes: Vec<u8>,
    place: Place,
    /// Positions count bytes, not characters.
    is_bytes: bool,
    start: usize,
    /// Where the last read left off.
    left: Cell<usize>,
}

impl Text {
    fn new(input: &Value) -> Result<Text, Verdict> {
        let (bytes, place) = match (input["missing"] == true, input["kind"] == "path") {
            (true, _) => (Vec::new(), Place::NoFile),
            (false, false) => (content(input)?, Place::Memory),
            (false, true) => {
                let bytes = content(input)?;
                let suffix = input["suffix"].as_str().unwrap_or_default();
                let file = tempfile::Builder::new().suffix(suffix).tempfile();
                let mut file = file.expect("a temporary file");
                file.write_all(&bytes).expect("the file takes the text");
                (bytes, Place::File(file))
            }
        };
        let mut text = Text {
            bytes,
            place,
            is_bytes: matches!(input["kind"].as_str(), Some("bytesio" | "binfile")),
            start: 0,
            left: Cell::new(0),
        };
        text.start = text.offset(input["pos"].as_u64().unwrap_or(0) as usize);
        Ok(text)
    }

    /// Reads it from where it starts.
    pub fn read<T>(
        &self,
        path: impl FnOnce(&Path) -> ndarray_io::Result<T>,
        reader: impl FnOnce(&mut &[u8]) -> ndarray_io::Result<T>,
    ) -> ndarray_io::Result<T> {
        match &self.place {
            Place::File(file) => path(file.path()),
            Place::NoFile => path(Path::new("no/such/file")),
            Place::Memory => {
                let mut rest = &self.bytes[self.start..];
                let result = reader(&mut rest);
                self.left.set(self.bytes.len() - rest.len());
                result
            }
        }
    }

    /// Where so many characters, or bytes, end.
    fn offset(&self, count: usize) -> usize {
        match std::str::from_utf8(&self.bytes) {
            Ok(text) if !self.is_bytes => text.char_indices().nth(count).map_or(text.len(), |(at, _)| at),
            _ => count.min(self.bytes.len()),
        }
    }

    /// The encoding to read it in: that of the call, where it is not text already.
    fn encoding(&self, given: Option<Encoding>) -> Option<Encoding> {
        match self.is_bytes {
            true => given.or(Some(Encoding::Latin1)),
            false => given.filter(|_| !matches!(self.place, Place::Memory)),
        }
    }
}

/// Makes the call and compares what comes of it.
pub fn judge<C: Call>(case: &Value) -> Verdict {
    if case["callable"] == true {
        return LeftOut(CALLABLE);
    }
    let kwargs = case["kwargs"].as_object().expect("parameters");
    if kwargs.get("dtype").is_some_and(|dtype| has_object(&dtype["$dtype"])) {
        return LeftOut(OBJECTS);
    }
    let (input, outcome) = (&case["input"], &case["outcome"]);
    let (call, encoding) = match (C::new(kwargs), encoding(kwargs)) {
        (Ok(call), Ok(encoding)) => (call, encoding),
        (Err(Some(verdict)), _) | (_, Err(verdict)) => return verdict,
        // Parameters that our setters refuse by themselves must be errors in NumPy too.
        (Err(None), _) if outcome["kind"] == "error" => return Same,
        (Err(None), _) => return LeftOut(NEGATIVE),
    };
    let text = match Text::new(input) {
        Ok(text) => text,
        Err(verdict) => return verdict,
    };
    let got = call.run(text.encoding(encoding), &text);
    let verdict = match compare(outcome, &got) {
        Same if kwargs.contains_key("max_rows") && got.is_ok() => left(input, &text).into(),
        verdict => verdict,
    };
    let Differs(difference) = verdict else {
        return verdict;
    };
    let recorded = Recorded {
        kwargs,
        input,
        outcome,
        bytes: &text.bytes,
    };
    match recorded.known(text.is_bytes).or_else(|| call.known(&recorded, &got)) {
        Some(reason) => LeftOut(reason),
        None => {
            let start = String::from_utf8_lossy(&text.bytes[..text.bytes.len().min(300)]);
            Differs(format!("{start:?} with {}: {difference}", Value::from(kwargs.clone())))
        }
    }
}

/// That a reader is where NumPy left it.
fn left(input: &Value, text: &Text) -> Result<(), String> {
    let Some(after) = input["pos_after"].as_u64() else {
        return Ok(());
    };
    let (got, expected) = (text.left.get(), text.offset(after as usize));
    match got == expected {
        true => Ok(()),
        false => Err(format!("the reader is left at byte {got}, in NumPy at {expected}")),
    }
}

/// The bytes or the text that was read.
pub fn content(input: &Value) -> Result<Vec<u8>, Verdict> {
    match input["compression"].as_str() {
        Some("bz2") if !cfg!(feature = "bzip2") => return Err(LeftOut("bzip2, without its feature")),
        Some("xz") if !cfg!(feature = "xz") => return Err(LeftOut("xz, without its feature")),
        _ => {}
    }
    match input["kind"].as_str() {
        Some("path" | "bytesio" | "binfile") => Ok(blob(&input["data"])),
        Some("stringio" | "textfile") => Ok(blob(&input["text"])),
        Some("lines" | "iter") if input.get("raises").is_none() => {
            let lines = match input.get("lines_json") {
                Some(lines) => serde_json::from_slice(&blob(lines)).expect("lines in JSON"),
                None => input["lines"].clone(),
            };
            let mut text = Vec::new();
            for line in lines.as_array().expect("lines") {
                match line {
                    Value::String(line) => {
                        let line = line.strip_suffix('\n').unwrap_or(line);
                        let line = line.strip_suffix('\r').unwrap_or(line);
                        if line.contains(['\n', '\r']) {
                            return Err(LeftOut(LINES));
                        }
                        text.extend_from_slice(line.as_bytes());
                    }
                    _ => return Err(LeftOut(NO_TEXT)),
                }
                text.push(b'\n');
            }
            Ok(text)
        }
        _ => Err(LeftOut(NO_TEXT)),
    }
}

/// Compares with a recorded outcome, masks included.
pub fn compare(outcome: &Value, got: &Outcome) -> Verdict {
    match (got, outcome["kind"] == "error") {
        (Err(_), true) => Same,
        (Ok((array, _)), true) => Differs(format!(
            "{:?} of {}, in NumPy an error: {}",
            array.shape(),
            array.dtype(),
            outcome["message"]
        )),
        (Err(error), false) => Differs(error.to_string()),
        (Ok((array, mask)), false) => {
            let results = outcome["results"].as_array().expect("results");
            match (array, outcome["results_list"] == true) {
                (DynArray::Record(records), true) => {
                    // unpack=True of records: NumPy gives the fields one by one.
                    let names: Vec<String> = records.names().map(str::to_owned).collect();
                    if names.len() != results.len() {
                        return Differs(format!("{} fields, in NumPy {}", names.len(), results.len()));
                    }
                    let fields = names.iter().zip(results).map(|(name, expected)| {
                        let field = |records: &RecordArray| records.field(name).map_err(|error| error.to_string());
                        let mask = match mask {
                            Some(DynArray::Record(masks)) => Some(field(masks)?),
                            _ => None,
                        };
                        same_masked(expected, &field(records)?, mask.as_ref())
                    });
                    fields.collect::<Result<(), _>>().into()
                }
                (array, _) => match results.first() {
                    Some(expected) => same_masked(expected, array, mask.as_ref()).into(),
                    None => Differs(format!("{}, in NumPy no fields", array.dtype())),
                },
            }
        }
    }
}

fn same_masked(expected: &Value, array: &DynArray, mask: Option<&DynArray>) -> Result<(), String> {
    same_array(expected, None, array)?;
    match (expected.get("mask"), mask) {
        (None, _) => Ok(()),
        (Some(expected), Some(mask)) => {
            same_array(expected, None, mask).map_err(|difference| format!("the mask: {difference}"))
        }
        (Some(_), None) => Err("no mask".to_owned()),
    }
}

/// The encoding that a call asks for.
fn encoding(kwargs: &Map<String, Value>) -> Result<Option<Encoding>, Verdict> {
    match kwargs.get("encoding").and_then(Value::as_str) {
        None => Ok(None),
        // What NumPy did before it knew encodings.
        Some("bytes") => Ok(Some(Encoding::Latin1)),
        Some(name) if name.to_ascii_lowercase().starts_with("utf-32") => Err(LeftOut(UTF_32)),
        Some(name) => Ok(Some(name.parse().unwrap_or_else(|error| panic!("{error}")))),
    }
}

pub fn text(value: &Value) -> Option<String> {
    match value.get("$bytes") {
        Some(hex) => String::from_utf8(unhex(hex.as_str()?)).ok(),
        None => value.as_str().map(str::to_owned),
    }
}

/// A list or a tuple.
pub fn list(value: &Value) -> Option<&Vec<Value>> {
    value.get("$list").or(value.get("$tuple"))?.as_array()
}

/// An integer, NumPy's kinds and those with `__index__` included.
pub fn integer(value: &Value) -> Option<i128> {
    match value {
        Value::Number(number) => number.as_i128(),
        _ => match (value.get("$int"), value.get("$np"), value.get("$index")) {
            (Some(text), ..) => text.as_str()?.parse().ok(),
            (_, Some(_), _) => value["value"].as_i64().map(i128::from),
            (.., Some(index)) => index.as_i64().map(i128::from),
            _ => None,
        },
    }
}

/// The converters of a live call, by name; those of the corpus are Python's and were not recorded.
pub fn converter(value: &Value) -> fn(&str) -> String {
    match value["$converter"].as_str() {
        Some("percent") => |text| text.trim_end_matches('%').to_owned(),
        Some("comma") => |text| text.replace(';', "."),
        other => panic!("converter {other:?}"),
    }
}
