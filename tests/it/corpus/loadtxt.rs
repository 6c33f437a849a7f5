//! loadtxt, textzoo_loadtxt, and the half of scalars that np.loadtxt answered.

use ndarray_io::{Encoding, ErrorKind, LoadTxt, ReadNpyExt as _};
use serde_json::{Map, Value, json};

use super::reading::{Call, NO_TYPE, NOT_UNICODE, Outcome, Recorded, Text, converter, integer, judge, list, text};
use super::support::{Differs, LeftOut, Same, Verdict, blob, dtype, replay, same_bytes, same_dtype, unhex};

const LINES: &str = "lists of lines with newlines inside a line: here a newline ends the line";
const NEWLINES: &str = "quoted newlines of files, which Python's text mode changes to \\n; here they stay";
const DELIMITERS: &str = "ours: delimiters of any length";
const WRAPS: &str = "a bug of NumPy's: times that overflow wrap around; here they are errors";

#[test]
fn loadtxt() {
    replay("loadtxt", judge::<Parameters>);
}

#[test]
fn textzoo_loadtxt() {
    replay("textzoo_loadtxt", judge::<Parameters>);
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

/// The parameters of a call.
pub struct Parameters(LoadTxt);

impl Call for Parameters {
    fn new(kwargs: &Map<String, Value>) -> Result<Self, Option<Verdict>> {
        options(kwargs).map(Parameters)
    }

    fn run(&self, encoding: Option<Encoding>, text: &Text) -> Outcome {
        let options = match encoding {
            Some(encoding) => self.0.clone().encoding(encoding),
            None => self.0.clone(),
        };
        let array = text.read(|path| options.read_dyn_path(path), |reader| options.read_dyn(reader))?;
        Ok((array, None))
    }

    fn known(&self, case: &Recorded<'_>, got: &Outcome) -> Option<&'static str> {
        let parameter = |name: &str| case.kwargs.get(name).and_then(Value::as_str);
        if parameter("delimiter").is_some_and(|text| text.chars().count() > 1) {
            return Some(DELIMITERS);
        }
        if case.input["kind"] == "path" && parameter("quotechar").is_some() && case.bytes.contains(&b'\r') {
            return Some(NEWLINES);
        }
        let message = case.message();
        if message.starts_with("Found an unquoted embedded newline") {
            return Some(LINES);
        }
        if message.starts_with("need at least one array to concatenate") {
            return Some("a bug of NumPy's: no rows of a dtype without size are an error");
        }
        if message.starts_with("could not convert string")
            && ["usecols", "converters"]
                .iter()
                .all(|name| case.kwargs.contains_key(*name))
        {
            return Some(
                "a bug of NumPy's: a converter misses a column that usecols counts from the other end, or has twice",
            );
        }
        let blank = got.as_ref().err().map(|error| error.to_string());
        let blank = blank.as_deref().and_then(|error| error.split('"').nth(1));
        // A quoted blank may go on for lines; the error shows their ends escaped.
        let blank = blank.map(|field| field.replace("\\n", "\n").replace("\\r", "\r"));
        if case.kwargs.get("dtype").is_some_and(|dtype| dtype["$dtype"] == "<f16")
            && message.is_empty()
            && blank.is_some_and(|field| !field.is_empty() && field.trim().is_empty())
        {
            return Some("a bug of NumPy's: blanks are the long double 0, though an error as all other numbers");
        }
        let is_time = case
            .kwargs
            .get("dtype")
            .is_some_and(|dtype| dtype["$dtype"].as_str().is_some_and(|dtype| dtype.contains(['M', 'm'])));
        (is_time && message.is_empty() && got.is_err()).then_some(WRAPS)
    }
}

/// The parameters; an error is why the case is left out, or `None` for what cannot even be said here.
fn options(kwargs: &Map<String, Value>) -> Result<LoadTxt, Option<Verdict>> {
    let no_type = || Some(LeftOut(NO_TYPE));
    let mut options = LoadTxt::new();
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
            ("comments", value) => match list(value) {
                Some(list) => options.comments(list.iter().map(|item| self::text(item).expect("text"))),
                None => options.comments([text()?]),
            },
            ("delimiter" | "quotechar" | "usecols" | "max_rows", Value::Null) | ("encoding", _) => options,
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
            ("usecols", value) => {
                let columns: Option<Vec<i128>> = match (list(value), value.get("$ndarray")) {
                    (Some(list), _) => list.iter().map(integer).collect(),
                    (None, Some(array)) => {
                        let columns = ndarray::Array1::<i64>::read_npy(&blob(array)[..]).ok();
                        columns.map(|columns| columns.iter().copied().map(i128::from).collect())
                    }
                    (None, None) => integer(value).map(|column| vec![column]),
                };
                let columns = columns.ok_or_else(no_type)?.into_iter().map(isize::try_from);
                options.usecols(columns.collect::<Result<Vec<_>, _>>().map_err(|_| None)?)
            }
            ("converters", value) => match value["$dict"].as_array() {
                Some(pairs) => pairs.iter().fold(options, |options, pair| {
                    let column = pair[0].as_i64().expect("a column") as isize;
                    options.converter(column, converter(&pair[1]))
                }),
                None => options.converters(converter(value)),
            },
            (name, value) => panic!("parameter {name} = {value}"),
        };
    }
    Ok(options)
}
