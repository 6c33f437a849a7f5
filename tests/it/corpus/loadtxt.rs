//! loadtxt, textzoo_loadtxt, and the half of scalars that np.loadtxt answered.

use std::io::Write as _;

use ndarray_io::{DynArray, Encoding, ErrorKind, LoadTxt};
use serde_json::{Map, Value, json};

use super::support::{
    Differs, LeftOut, Same, Verdict, blob, dtype, has_object, replay, same_array, same_bytes, same_dtype, unhex,
};

pub const CALLABLE: &str = "Python callables";
pub const NO_TEXT: &str = "sources that only Python has: None, numbers, iterables that raise or give no text";
pub const NO_TYPE: &str =
    "parameters of types that do not compile here: strings for numbers, None for a number, fractions, tuples";
pub const OBJECTS: &str = "dtype=object, for which text would be any Python object";
pub const UTF_32: &str = "UTF-32, which the encoding standard has not";
pub const NOT_UNICODE: &str = "text that is not Unicode (lone surrogates)";
pub const LINES: &str = "lists of lines with newlines inside a line: here a newline ends the line";
const NEWLINES: &str = "quoted newlines of files, which Python's text mode changes to \\n; here they stay";
pub const MARK: &str = "ours: a UTF-8 byte order mark is skipped";
const DELIMITERS: &str = "ours: delimiters of any length";
const BEYOND: &str = "invalid UTF-8 beyond max_rows, which is not read here";
const CUT_BYTES: &str = "UTF-16 in bytes, which NumPy cuts at \\n before it decodes them; here it is decoded first";
const WRAPS: &str = "a bug of NumPy's: times that overflow wrap around; here they are errors";

#[test]
fn loadtxt() {
    replay("loadtxt", judge);
}

#[test]
fn textzoo_loadtxt() {
    replay("textzoo_loadtxt", judge);
}

#[test]
fn scalars_loadtxt() {
    // A verdict for a string, which stands for all the dtypes that it was read as.
    replay("scalars", |case| {
        let Some(text) = case["s"].as_str() else {
            return LeftOut(NOT_UNICODE);
        };
        let mut left_out = None;
        for (name, expected) in case["loadtxt"].as_object().expect("results by dtype") {
            if name == "O" {
                continue; // text would be any Python object
            }
            match scalar(text, name, expected) {
                Same => {}
                Differs(difference) => return Differs(format!("{name}: {difference}")),
                LeftOut(reason) => left_out = Some(reason),
            }
        }
        left_out.map_or(Same, LeftOut)
    });
}

fn scalar(text: &str, name: &str, expected: &Value) -> Verdict {
    let options = LoadTxt::new().delimiter("\x02").comments(None::<&str>);
    let result = options.dtype(name.parse().expect("a dtype")).read_dyn(text.as_bytes());
    match (result, expected.get("error")) {
        (Err(_), Some(_)) => Same,
        (Ok(array), Some(error)) => Differs(format!("{text:?} is read as {array:?}, in NumPy an error: {error}")),
        (Err(error), None) if error.kind() == ErrorKind::Parse && wraps(text, name) => LeftOut(WRAPS),
        (Err(error), None) => Differs(format!("{text:?}: {error}")),
        (Ok(array), None) => {
            let bytes = || -> Result<(), String> {
                same_dtype(&expected["dtype"], &array.dtype())?;
                let raw = array.clone().into_raw().map_err(|error| error.to_string())?;
                match expected["hex"].as_str() {
                    Some(hex) => same_bytes(&array.dtype(), &unhex(hex), raw.bytes()),
                    None => Ok(()),
                }
            };
            bytes().into()
        }
    }
}

/// Times that NumPy stores modulo 2^64.
fn wraps(text: &str, dtype: &str) -> bool {
    let nanoseconds =
        dtype == "<M8[ns]" && ["0", "5", "20200101", "10000-01-01", "1677-09-21", "2262-04-12"].contains(&text);
    nanoseconds || dtype == "<M8" && text == "2020-01-01T12:34:56.123456789123456789"
}

fn judge(case: &Value) -> Verdict {
    if case["callable"] == true {
        return LeftOut(CALLABLE);
    }
    let kwargs = case["kwargs"].as_object().expect("parameters");
    if kwargs.get("dtype").is_some_and(|dtype| has_object(&dtype["$dtype"])) {
        return LeftOut(OBJECTS);
    }
    let (input, outcome) = (&case["input"], &case["outcome"]);
    let (mut options, mut encoding) = match options(kwargs) {
        Ok(options) => options,
        Err(Some(verdict)) => return verdict,
        // Parameters that our setters refuse by themselves must be errors in NumPy too.
        Err(None) if outcome["kind"] == "error" => return Same,
        Err(None) => return Differs("a parameter that was refused".to_owned()),
    };
    let bytes = match input["kind"].as_str() {
        Some("path") if input["missing"] == true => {
            return match options.read_dyn_path("no/such/file") {
                Err(error) if error.kind() == ErrorKind::Io => Same,
                other => Differs(format!("{other:?} of a missing file")),
            };
        }
        _ => match content(input) {
            Ok(bytes) => bytes,
            Err(verdict) => return verdict,
        },
    };
    let start = input["pos"].as_u64().unwrap_or(0) as usize;
    let is_bytes = matches!(input["kind"].as_str(), Some("bytesio" | "binfile"));
    if is_bytes {
        encoding = encoding.or(Some(Encoding::Latin1));
    } else if input["kind"] != "path" {
        encoding = None; // text already
    }
    if let Some(encoding) = encoding {
        options = options.encoding(encoding);
    }
    let result = match input["kind"].as_str() {
        Some("path") => {
            let suffix = input["suffix"].as_str().unwrap_or("");
            let mut file = tempfile::Builder::new()
                .suffix(suffix)
                .tempfile()
                .expect("a temporary file");
            file.write_all(&bytes).expect("the file takes the text");
            options.read_dyn_path(file.path())
        }
        _ => {
            // Positions in text count characters.
            let skip = |count: usize| match std::str::from_utf8(&bytes) {
                Ok(text) if !is_bytes => text.char_indices().nth(count).map_or(text.len(), |(at, _)| at),
                _ => count.min(bytes.len()),
            };
            let mut reader = &bytes[skip(start)..];
            let result = options.read_dyn(&mut reader);
            if let (Ok(_), Some(after), true) = (&result, input["pos_after"].as_u64(), kwargs.contains_key("max_rows"))
                && outcome["kind"] == "ok"
                && bytes.len() - reader.len() != skip(after as usize)
            {
                let (got, expected) = (bytes.len() - reader.len(), skip(after as usize));
                return Differs(format!("the reader is left at byte {got}, in NumPy at {expected}"));
            }
            result
        }
    };
    let verdict = compare(outcome, &result);
    if let Differs(_) = &verdict {
        let text = String::from_utf8_lossy(&bytes);
        let message = outcome["message"].as_str().unwrap_or_default();
        if kwargs.contains_key("max_rows") && message.starts_with("'utf-8' codec can't decode") {
            return LeftOut(BEYOND);
        }
        if is_bytes && message.starts_with("'utf-16-le' codec can't decode") {
            return LeftOut(CUT_BYTES);
        }
        if bytes.starts_with(b"\xef\xbb\xbf") {
            return LeftOut(MARK);
        }
        if kwargs
            .get("delimiter")
            .and_then(Value::as_str)
            .is_some_and(|text| text.chars().count() > 1)
        {
            return LeftOut(DELIMITERS);
        }
        if input["kind"] == "path" && kwargs.contains_key("quotechar") && text.contains('\r') {
            return LeftOut(NEWLINES);
        }
        if message.starts_with("Found an unquoted embedded newline") {
            return LeftOut(LINES);
        }
    }
    verdict
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

pub fn compare(outcome: &Value, result: &Result<DynArray, ndarray_io::Error>) -> Verdict {
    match (result, outcome["kind"] == "error") {
        (Err(_), true) => Same,
        (Ok(array), true) => Differs(format!(
            "{:?} of {}, in NumPy an error: {}",
            array.shape(),
            array.dtype(),
            outcome["message"]
        )),
        (Err(error), false) => Differs(error.to_string()),
        (Ok(array), false) => {
            let results = outcome["results"].as_array().expect("results");
            match (array, outcome["results_list"] == true) {
                (DynArray::Record(records), true) => {
                    // unpack=True of records: NumPy gives the fields one by one.
                    let names: Vec<String> = records.names().map(str::to_owned).collect();
                    assert_eq!(names.len(), results.len());
                    let fields = names.iter().zip(results).map(|(name, expected)| {
                        let field = records.field(name).map_err(|error| error.to_string())?;
                        same_array(expected, None, &field)
                    });
                    fields.collect::<Result<(), _>>().into()
                }
                (array, _) => same_array(&results[0], None, array).into(),
            }
        }
    }
}

/// The parameters; an error is why the case is left out, or `None` for what cannot even be said here.
fn options(kwargs: &Map<String, Value>) -> Result<(LoadTxt, Option<Encoding>), Option<Verdict>> {
    let no_type = || Some(LeftOut(NO_TYPE));
    let mut options = LoadTxt::new();
    let mut encoding = None;
    for (name, value) in kwargs {
        let text = || text(value).ok_or_else(no_type);
        let number = || integer(value).ok_or_else(no_type);
        let size = || usize::try_from(number()?).map_err(|_| None);
        options = match (name.as_str(), value) {
            ("dtype", value) => match &value["$dtype"] {
                Value::Null => options,
                recorded => options.dtype(dtype(recorded)),
            },
            ("comments", Value::Null) => options.comments(None::<&str>),
            ("comments", value) => match value.get("$list").or(value.get("$tuple")) {
                Some(list) => options.comments(
                    list.as_array()
                        .expect("a list")
                        .iter()
                        .map(|item| self::text(item).expect("text")),
                ),
                None => options.comments([text()?]),
            },
            ("delimiter" | "quotechar" | "usecols" | "max_rows" | "encoding", Value::Null) => options,
            ("delimiter", _) => options.delimiter(text()?),
            ("quotechar", _) => {
                let text = text()?;
                let mut chars = text.chars();
                match (chars.next(), chars.next()) {
                    (Some(quote), None) => options.quotechar(quote),
                    _ => return Err(None),
                }
            }
            ("skiprows", _) => options.skiprows(number()?.try_into().map_err(|_| None)?),
            ("max_rows", _) => options.max_rows(size()?),
            ("ndmin", _) => options.ndmin(size()?),
            ("unpack", Value::Null) => options,
            ("unpack", value) => options.unpack(value == true || *value == json!(1)),
            ("encoding", Value::String(name)) => {
                if name.to_ascii_lowercase().starts_with("utf-32") {
                    return Err(Some(LeftOut(UTF_32)));
                }
                encoding = Some(name.parse().unwrap_or_else(|error| panic!("{error}")));
                options
            }
            ("usecols", value) => {
                let list = value.get("$list").or(value.get("$tuple"));
                let columns = match list {
                    Some(list) => list
                        .as_array()
                        .expect("a list")
                        .iter()
                        .map(integer)
                        .collect::<Option<Vec<_>>>(),
                    None => match value.get("$ndarray") {
                        Some(_) => return Err(no_type()),
                        None => integer(value).map(|column| vec![column]),
                    },
                };
                let columns = columns.ok_or_else(no_type)?.into_iter().map(isize::try_from);
                options.usecols(columns.collect::<Result<Vec<_>, _>>().map_err(|_| None)?)
            }
            (name, value) => panic!("parameter {name} = {value}"),
        };
    }
    Ok((options, encoding))
}

pub fn text(value: &Value) -> Option<String> {
    match value.get("$bytes") {
        Some(hex) => String::from_utf8(unhex(hex.as_str()?)).ok(),
        None => value.as_str().map(str::to_owned),
    }
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
