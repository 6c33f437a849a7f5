//! genfromtxt, textzoo_genfromtxt, and the half of scalars that np.genfromtxt answered.

use std::io::Write as _;
use std::path::Path;

use ndarray::{ArrayD, IxDyn, Order};
use ndarray_io::{
    ColumnKey, ColumnValues, DynArray, Encoding, Error, ErrorKind, FillValue, GenFromTxt, Kind, LetterCase,
    MaskedArray, Names, ReadNpyExt, Result, Table,
};
use num_complex::Complex;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::loadtxt::{CALLABLE, MARK, NO_TYPE, NOT_UNICODE, OBJECTS, UTF_32, compare, content, integer, text};
use super::support::{
    Differs, LeftOut, Same, Verdict, blob, dtype, has_object, replay, same_array, same_bytes, same_dtype, unhex,
};

#[test]
fn genfromtxt() {
    replay("genfromtxt", judge);
}

#[test]
fn textzoo_genfromtxt() {
    replay("textzoo_genfromtxt", judge);
}

#[test]
fn scalars_genfromtxt() {
    replay("scalars", |case| {
        let Some(text) = case["s"].as_str() else {
            return LeftOut(NOT_UNICODE);
        };
        let mut left_out = None;
        for (name, expected) in case["genfromtxt"].as_object().expect("results by dtype") {
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
    let options = GenFromTxt::new().delimiter("\x02").no_comments();
    let (name, strict) = match name.strip_suffix(" strict") {
        Some(name) => (name, true),
        None => (name, false),
    };
    let result = match name {
        "None" => options
            .read_table(text.as_bytes())
            .and_then(|table| Call::default().result(table.to_dyn()?)),
        "O" => return Same, // text would be any Python object
        name => options
            .loose(!strict)
            .dtype(name.parse().expect("a dtype"))
            .read_dyn(text.as_bytes()),
    };
    match (result, expected.get("error")) {
        (Err(_), Some(_)) => Same,
        (Ok(array), Some(error)) => Differs(format!("{text:?} is read as {array:?}, in NumPy an error: {error}")),
        (Ok(_), None) if name == "None" && expected["dtype"] == "<f16" => {
            LeftOut("dtype=None of what only C reads as a number (0x10, nan(1)): a long double in NumPy, here text")
        }
        (Err(_), None) if name == "<M8[D]" || name == "<M8[s]" => {
            LeftOut("a date with characters beyond latin1: NaT in NumPy")
        }
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
        (Err(error), None) => Differs(format!("{text:?}: {error}")),
    }
}

/// A call's parameters.
#[derive(Default)]
struct Call {
    options: GenFromTxt,
    encoding: Option<Encoding>,
    /// dtype=None.
    infer: bool,
    dtype: Option<ndarray_io::Dtype>,
    masked: bool,
    unpack: bool,
    ndmin: usize,
}

/// What a call gave: an array, and its mask if that was asked for.
type Outcome = Result<(DynArray, Option<DynArray>)>;

impl Call {
    fn run(&self, read: &mut dyn FnMut(&GenFromTxt, How<'_>) -> Result<()>) -> Outcome {
        let mut outcome = None;
        macro_rules! masked {
            ($($T:ty => $name:literal,)*) => {
                match self.dtype.as_ref().map(|dtype| dtype.to_string()).as_deref().unwrap_or("'<f8'").trim_matches('\'') {
                    $($name => {
                        let mut found = None;
                        read(&self.options, How::Masked(&mut |options, source| {
                            found = Some(masked_of::<$T>(options, source)?);
                            Ok(())
                        }))?;
                        outcome = found;
                    })*
                    _ => {}
                }
            };
        }
        if self.masked && !self.infer {
            masked! {
                f64 => "<f8", f32 => "<f4", i64 => "<i8", u64 => "<u8", i8 => "|i1", u8 => "|u1", bool => "|b1",
                Complex<f64> => "<c16", Complex<f32> => "<c8", half::f16 => "<f2",
            }
        }
        match outcome {
            Some(outcome) if self.options_have_no_names() => Ok(outcome),
            _ if self.infer || self.masked => {
                let mut table = None;
                read(&self.options, How::Table(&mut table))?;
                let table = table.expect("a table");
                if self.infer {
                    let array = table.to_dyn()?;
                    let mask = self.masked.then(|| mask_of(&table, &array)).transpose()?;
                    return Ok((self.result(array)?, mask.map(|mask| self.result(mask)).transpose()?));
                }
                let mut array = None;
                read(&self.options, How::Dyn(&mut array))?;
                let array = array.expect("an array");
                let mask = self.result(mask_of(&table, &array)?)?;
                Ok((array, Some(mask)))
            }
            _ => {
                let mut array = None;
                read(&self.options, How::Dyn(&mut array))?;
                Ok((array.expect("an array"), None))
            }
        }
    }

    fn options_have_no_names(&self) -> bool {
        format!("{:?}", self.options).contains("names: Default")
    }

    /// As NumPy shapes it.
    fn result(&self, array: DynArray) -> Result<DynArray> {
        let (dtype, mut shape) = (array.dtype(), array.shape().to_vec());
        if shape.len() > self.ndmin {
            shape.retain(|len| *len != 1);
        }
        match (self.ndmin, shape.len()) {
            (1, 0) => shape.push(1),
            (2, 0) => shape = vec![1, 1],
            (2, 1) => shape.push(1),
            _ => {}
        }
        let mut order = Order::RowMajor;
        if self.unpack && dtype.kind() != Kind::Record {
            shape.reverse();
            order = Order::ColumnMajor;
        }
        let bytes = array.into_raw()?.bytes().to_vec();
        DynArray::from_raw(dtype, shape, order, bytes)
    }
}

/// The masks of a table's columns, as an array of bools or of records of bools.
fn mask_of(table: &Table, array: &DynArray) -> Result<DynArray> {
    let rows = table.len();
    let masks: Vec<_> = table.columns().iter().map(|column| column.mask()).collect();
    let bytes = (0..rows)
        .flat_map(|row| masks.iter().map(move |mask| u8::from(mask[row])))
        .collect::<Vec<_>>();
    match array.dtype().kind() {
        Kind::Record => {
            let dtype = ndarray_io::Dtype::record(table.names().map(|name| (name, "|b1".parse().expect("a dtype"))))?;
            DynArray::from_raw(dtype, vec![rows], Order::RowMajor, bytes)
        }
        _ => DynArray::from_raw(
            "|b1".parse()?,
            if rows == 0 { vec![0] } else { vec![rows, masks.len()] },
            Order::RowMajor,
            bytes,
        ),
    }
}

fn masked_of<A: DeserializeOwned + Serialize>(options: &GenFromTxt, source: Source<'_>) -> Outcome {
    let masked: MaskedArray<A, IxDyn> = match source {
        Source::Path(path) => options.read_masked_path(path)?,
        Source::Bytes(bytes) => options.read_masked(bytes)?,
    };
    Ok((in_order(&masked.data)?, Some(in_order(&masked.mask)?)))
}

fn in_order<A: Serialize>(array: &ArrayD<A>) -> Result<DynArray> {
    DynArray::from_array(array)
}

#[derive(Clone, Copy)]
enum Source<'a> {
    Path(&'a Path),
    Bytes(&'a [u8]),
}

enum How<'a> {
    Masked(&'a mut dyn FnMut(&GenFromTxt, Source<'_>) -> Result<()>),
    Table(&'a mut Option<Table>),
    Dyn(&'a mut Option<DynArray>),
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
    let mut call = match call(kwargs) {
        Ok(call) => call,
        Err(Some(verdict)) => return verdict,
        Err(None) if outcome["kind"] == "error" => return Same,
        Err(None) => return LeftOut("negative numbers and widths, which do not compile here"),
    };
    if input["missing"] == true {
        return match call.options.read_dyn_path("no/such/file") {
            Err(error) if error.kind() == ErrorKind::Io => Same,
            other => Differs(format!("{other:?} of a missing file")),
        };
    }
    let bytes = match content(input) {
        Ok(bytes) => bytes,
        Err(verdict) => return verdict,
    };
    let is_bytes = matches!(input["kind"].as_str(), Some("bytesio" | "binfile"));
    let encoding = match call.encoding {
        None if is_bytes => Some(Encoding::Latin1),
        _ if !is_bytes && input["kind"] != "path" => None, // text already
        encoding => encoding,
    };
    if let Some(encoding) = encoding {
        call.options = call.options.encoding(encoding);
    }
    let start = input["pos"].as_u64().unwrap_or(0) as usize;
    let skip = match std::str::from_utf8(&bytes) {
        Ok(text) if !is_bytes => text.char_indices().nth(start).map_or(text.len(), |(at, _)| at),
        _ => start.min(bytes.len()),
    };
    let file = (input["kind"] == "path").then(|| {
        let suffix = input["suffix"].as_str().unwrap_or("");
        let mut file = tempfile::Builder::new()
            .suffix(suffix)
            .tempfile()
            .expect("a temporary file");
        file.write_all(&bytes).expect("the file takes the text");
        file
    });
    let source = match &file {
        Some(file) => Source::Path(file.path()),
        None => Source::Bytes(&bytes[skip..]),
    };
    let got = call.run(&mut |options, how| {
        match (how, source) {
            (How::Masked(read), source) => read(options, source)?,
            (How::Table(table), Source::Path(path)) => *table = Some(options.read_table_path(path)?),
            (How::Table(table), Source::Bytes(bytes)) => *table = Some(options.read_table(bytes)?),
            (How::Dyn(array), Source::Path(path)) => *array = Some(options.read_dyn_path(path)?),
            (How::Dyn(array), Source::Bytes(bytes)) => *array = Some(options.read_dyn(bytes)?),
        }
        Ok(())
    });
    let (array, mask) = match got {
        Ok((array, mask)) => (Ok(array), mask),
        Err(error) => (Err(error), None),
    };
    let verdict = match compare(outcome, &array) {
        Same if call.masked && outcome["kind"] == "ok" => same_mask(&outcome["results"][0], mask.as_ref()).into(),
        verdict => verdict,
    };
    match verdict {
        Differs(difference) => match known(kwargs, outcome, &array, &bytes) {
            Some(reason) => LeftOut(reason),
            None => Differs(format!(
                "{kwargs:?} {:?}: {difference}",
                String::from_utf8_lossy(&bytes[..bytes.len().min(200)])
            )),
        },
        verdict => verdict,
    }
}

fn same_mask(expected: &Value, got: Option<&DynArray>) -> Result<(), String> {
    if expected["type"] != "masked" {
        return Ok(());
    }
    same_array(&expected["mask"], None, got.ok_or("no mask")?)
}

/// Why an outcome that is not NumPy's is right.
fn known(
    kwargs: &Map<String, Value>,
    outcome: &Value,
    got: &Result<DynArray, Error>,
    bytes: &[u8],
) -> Option<&'static str> {
    let message = outcome["message"].as_str().unwrap_or_default();
    if bytes.starts_with(b"\xef\xbb\xbf") {
        return Some(MARK);
    }
    if message.contains("'np.integer' or 'np.signedinteger'") {
        return Some("a bug of NumPy's: dtype=None of integers and text in one column is an error; here it is text");
    }
    let text = String::from_utf8_lossy(bytes);
    let is = |name: &str, wanted: Value| kwargs.get(name).is_some_and(|value| *value == wanted);
    if is("encoding", json!("bytes")) && is("dtype", Value::Null) {
        return Some("encoding='bytes', deprecated: texts as bytes");
    }
    if kwargs.contains_key("max_rows") && message.starts_with("'utf-8' codec can't decode") {
        return Some("invalid UTF-8 beyond max_rows, which is not read here");
    }
    if text.contains('\r') && !text.contains('\n') {
        return Some("a lone \\r in what is no file, where NumPy ends no line at it");
    }
    if is("names", json!(true)) && message.starts_with("list index out of range") {
        return Some("a bug of NumPy's: names=True of blank lines alone is an IndexError; here it is an empty table");
    }
    if is("names", json!(true)) && text.starts_with(',') {
        return Some("a bug of NumPy's: names=True loses a first name that is empty, and the table a column");
    }
    if message.starts_with("could not convert string to float: b'") {
        return Some("a bug of NumPy's: a single name makes what cannot be read an error, where it is else filled");
    }
    if message.starts_with("When changing to a larger dtype") {
        return Some("a limit of NumPy's: padded records");
    }
    if is("usecols", json!(-4)) {
        return Some("a column before the first, which NumPy takes for one before the last; here it is an error");
    }
    if message.starts_with("could not assign tuple of length") && is("usemask", json!(true)) {
        return Some("more columns than fields: the rest is ignored, in NumPy with usemask it is an error");
    }
    if message.starts_with("'utf-16-le' codec can't decode") {
        return Some("UTF-16 in bytes, which NumPy cuts at \\n before it decodes them; here it is decoded first");
    }
    let nested = |dtype: &Value| {
        let has = |format: &Value| format.is_object();
        dtype["formats"]
            .as_array()
            .is_some_and(|formats| formats.iter().any(has))
            || dtype.get("titles").is_some()
    };
    let masked = is("usemask", json!(true)) && got.is_ok();
    if masked && kwargs.get("dtype").is_some_and(|dtype| nested(&dtype["$dtype"])) {
        return Some("masks of nested fields and titles; here a column has one mask");
    }
    match kwargs.get("dtype").and_then(|dtype| dtype["$dtype"].as_str()) {
        Some("|V4") => Some("text as raw bytes (V)"),
        Some("<M8") if is("usemask", json!(true)) => Some("a mask with times whose unit the text tells"),
        _ => None,
    }
}

/// The parameters; an error is why the case is left out, or `None` for what cannot even be said here.
fn call(kwargs: &Map<String, Value>) -> Result<Call, Option<Verdict>> {
    let no_type = || Some(LeftOut(NO_TYPE));
    let mut call = Call::default();
    let mut options = GenFromTxt::new();
    for (name, value) in kwargs {
        let list = value.get("$list").or(value.get("$tuple")).and_then(Value::as_array);
        let text = || text(value).ok_or_else(no_type);
        let number = || match value {
            Value::Bool(_) => Err(no_type()),
            value => integer(value).ok_or_else(no_type),
        };
        let size = || usize::try_from(number()?).map_err(|_| None);
        let flag = || match value {
            Value::Bool(flag) => *flag,
            value => *value == json!(1),
        };
        options = match (name.as_str(), value) {
            ("dtype", Value::Null) => {
                call.infer = true;
                options
            }
            ("dtype", value) => {
                if value.get("$dtype_seq").is_some() {
                    return Err(Some(LeftOut(
                        "a dtype as a list of types, for which a record's dtype stands",
                    )));
                }
                let recorded = &value["$dtype"];
                if recorded.get("base").is_some() {
                    return Err(Some(LeftOut(
                        "a subarray as the dtype of a row; as the field of a record it can be read",
                    )));
                }
                let dtype = dtype(recorded);
                call.dtype = Some(dtype.clone());
                options.dtype(dtype)
            }
            ("comments", Value::Null) => options.no_comments(),
            ("comments", _) => options.comments(text()?),
            ("delimiter" | "usecols" | "max_rows" | "names" | "encoding", Value::Null) => options,
            ("delimiter", Value::Number(width)) if width.as_u64() == Some(0) => options,
            ("delimiter", Value::Number(_)) => options.field_width(size()?),
            ("delimiter", _) => match list {
                None => options.delimiter(text()?),
                Some(list) => {
                    let widths = list.iter().map(|width| usize::try_from(integer(width)?).ok());
                    options.field_widths(widths.collect::<Option<Vec<_>>>().ok_or_else(no_type)?)
                }
            },
            ("skip_header", _) => options.skip_header(number()?.try_into().map_err(|_| None)?),
            ("skip_footer", _) => options.skip_footer(size()?),
            ("max_rows", _) => options.max_rows(size()?),
            ("ndmin", _) => {
                call.ndmin = size()?;
                options.ndmin(call.ndmin)
            }
            ("unpack", _) => {
                call.unpack = flag();
                options.unpack(call.unpack)
            }
            ("usemask", _) => {
                call.masked = flag();
                options
            }
            ("autostrip", _) => options.autostrip(flag()),
            ("loose", _) => options.loose(flag()),
            ("invalid_raise", _) => options.invalid_raise(flag()),
            ("case_sensitive", Value::Bool(sensitive)) => options.case_sensitive(*sensitive),
            ("case_sensitive", _) => options.case_sensitive(match text()? {
                case if case.starts_with('u') => LetterCase::Upper,
                case if case.starts_with('l') => LetterCase::Lower,
                _ => return Err(None),
            }),
            ("defaultfmt", _) => options.defaultfmt(text()?),
            ("deletechars", _) => options.deletechars(text()?),
            ("replace_space", _) => options.replace_space(text()?),
            ("excludelist", _) => options.excludelist(list.ok_or_else(no_type)?.iter().filter_map(Value::as_str)),
            ("encoding", Value::String(name)) => {
                if name.to_ascii_lowercase().starts_with("utf-32") {
                    return Err(Some(LeftOut(UTF_32)));
                }
                call.encoding = match name.as_str() {
                    "bytes" => Some(Encoding::Latin1),
                    name => Some(name.parse().unwrap_or_else(|error| panic!("{error}"))),
                };
                options
            }
            ("names", Value::Bool(true)) => options.names(Names::FromHeader),
            ("names", Value::String(names)) => options.names(names.as_str()),
            ("names", _) => {
                let names = list
                    .ok_or_else(no_type)?
                    .iter()
                    .map(|name| name.as_str().map(str::to_owned));
                options.names(names.collect::<Option<Vec<_>>>().ok_or_else(no_type)?)
            }
            ("usecols", _) => options.usecols(columns(value, list).ok_or_else(no_type)?),
            ("missing_values", value) => options.missing_values(values(value, list).ok_or_else(no_type)?),
            ("filling_values", value) => options.filling_values(values(value, list).ok_or_else(no_type)?),
            (name, value) => panic!("parameter {name} = {value}"),
        };
    }
    call.options = options;
    Ok(call)
}

fn key(value: &Value) -> Option<ColumnKey> {
    match value.as_str() {
        Some(name) => Some(ColumnKey::from(name)),
        None => Some(ColumnKey::Index(isize::try_from(integer(value)?).ok()?)),
    }
}

fn columns(value: &Value, list: Option<&Vec<Value>>) -> Option<Vec<ColumnKey>> {
    match (list, value.as_str()) {
        (Some(list), _) => list.iter().map(key).collect(),
        (None, Some(names)) => Some(names.split(',').map(ColumnKey::from).collect()),
        (None, None) => match value.get("$ndarray") {
            Some(array) => {
                let columns: ndarray::Array1<i64> = ndarray::Array1::read_npy(&blob(array)[..]).ok()?;
                Some(columns.iter().map(|column| ColumnKey::from(*column)).collect())
            }
            None => Some(vec![key(value)?]),
        },
    }
}

fn fill(value: &Value) -> Option<FillValue> {
    match value {
        Value::String(text) => Some(text.as_str().into()),
        Value::Bool(value) => Some((*value).into()),
        Value::Number(number) => number
            .as_i64()
            .map(FillValue::from)
            .or(number.as_f64().map(FillValue::from)),
        value => match value["$float"].as_str()? {
            "nan" => Some(f64::NAN.into()),
            "inf" => Some(f64::INFINITY.into()),
            _ => Some(f64::NEG_INFINITY.into()),
        },
    }
}

fn values(value: &Value, list: Option<&Vec<Value>>) -> Option<ColumnValues> {
    if let Some(list) = list {
        return Some(list.iter().map(fill).collect::<Option<Vec<FillValue>>>()?.into());
    }
    if let Some(pairs) = value["$dict"].as_array() {
        let mut keyed = Vec::new();
        for pair in pairs {
            let value = &pair[1];
            let each = value.get("$list").or(value.get("$tuple")).and_then(Value::as_array);
            match each {
                Some(each) => {
                    for value in each {
                        keyed.push((key(&pair[0])?, fill(value)?));
                    }
                }
                None => keyed.push((key(&pair[0])?, fill(value)?)),
            }
        }
        return Some(keyed.into());
    }
    Some(fill(value)?.into())
}
