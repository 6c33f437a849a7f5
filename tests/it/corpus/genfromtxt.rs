//! genfromtxt, textzoo_genfromtxt, and the half of scalars that np.genfromtxt answered.

use std::io::Read as _;

use ndarray::{IxDyn, Order};
use ndarray_io::{
    ColumnKey, ColumnValues, Dtype, DynArray, Encoding, FillValue, GenFromTxt, Kind, LetterCase, MaskedArray, Names,
    ReadNpyExt, Result, Table,
};
use num_complex::Complex;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::reading::{Call, NO_TYPE, NOT_UNICODE, Outcome, Recorded, Text, converter, integer, judge, list, text};
use super::support::{Differs, LeftOut, Same, Verdict, blob, dtype, replay, same_bytes, same_dtype, unhex};

const INTEGERS_AND_TEXT: &str =
    "a bug of NumPy's: dtype=None of integers and text in one column is an error; here it is text";
const ONLY_C: &str = "dtype=None of what only C reads as a number (0x10, nan(1)): a long double in NumPy, here text";

#[test]
fn genfromtxt() {
    replay("genfromtxt", judge::<Parameters>);
}

#[test]
fn textzoo_genfromtxt() {
    replay("textzoo_genfromtxt", judge::<Parameters>);
}

/// The types that a column goes through until all of it can be read.
#[test]
fn iotools_iterupgrade() {
    replay("iotools", |case| match case["fn"].as_str() {
        Some("StringConverter.iterupgrade") => upgraded(case),
        _ => LeftOut("helpers that are tested beside our own"),
    });
}

fn upgraded(case: &Value) -> Verdict {
    let (outcome, column) = (&case["outcome"], case["column"].as_array().expect("a column"));
    let mut options = GenFromTxt::new().delimiter("\x02").no_comments().usecols([1]);
    if let Some(fill) = fill(&case["default"]) {
        options = options.filling_values(fill);
    }
    // Blanks at the ends of a line, and blank lines, would not reach the column.
    let lines = column
        .iter()
        .map(|field| format!("-\x02{}\x02-\n", field.as_str().expect("text")));
    let got = options.read_table(lines.collect::<String>().as_bytes());
    let Ok(table) = got else {
        return match outcome["values"]
            .as_array()
            .is_some_and(|values| values.contains(&json!("z")))
        {
            true => LeftOut("text that stands in for numbers: NumPy has no array for it either"),
            false => Differs(format!("{got:?}")),
        };
    };
    let column = &table.columns()[0];
    if outcome["kind"] == "error" {
        let expected = column.dtype().kind() == Kind::Str && outcome["class"] == "TypeError";
        return match expected {
            true => LeftOut(INTEGERS_AND_TEXT),
            false => Differs(format!("{table}, in NumPy {}", outcome["message"])),
        };
    }
    let values = outcome["values"].as_array().expect("values");
    let number = |value: &Value| match (value["$float"].as_str(), value.as_bool()) {
        (Some(text), _) => text.parse().ok(),
        (_, Some(value)) => Some(f64::from(u8::from(value))),
        _ => value.as_f64(),
    };
    let numbers = || values.iter().map(|value| number(value).expect("a number"));
    let same = match outcome["type"].as_str() {
        Some("|b1") => column
            .values::<bool>()
            .is_ok_and(|got| got.iter().copied().eq(numbers().map(|value| value != 0.0))),
        Some("<i8") => column
            .values::<i64>()
            .is_ok_and(|got| got.iter().copied().map(Some).eq(values.iter().map(Value::as_i64))),
        Some("<f8") => column.values::<f64>().is_ok_and(|got| {
            let bits = |value: f64| (!value.is_nan()).then(|| value.to_bits());
            column.dtype().kind() == Kind::Float && got.iter().copied().map(bits).eq(numbers().map(bits))
        }),
        Some("<c16") => column.values::<Complex<f64>>().is_ok_and(|got| {
            let part = |value: &Value, index: usize| number(&value["$complex"][index]).expect("a number");
            let expected = values.iter().map(|value| Complex::new(part(value, 0), part(value, 1)));
            column.dtype().kind() == Kind::Complex && got.iter().copied().eq(expected)
        }),
        Some("<U0") => (0..table.len())
            .map(|row| column.text(row))
            .eq(values.iter().map(Value::as_str)),
        Some("<f16") => return LeftOut(ONLY_C),
        other => return Differs(format!("type {other:?}")),
    };
    match same {
        true => Same,
        false => Differs(format!("{table}, in NumPy {outcome}")),
    }
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
            .and_then(|table| Parameters::default().result(table.to_dyn()?)),
        "O" => return Same, // text would be any Python object
        name => options
            .loose(!strict)
            .dtype(name.parse().expect("a dtype"))
            .read_dyn(text.as_bytes()),
    };
    match (result, expected.get("error")) {
        (Err(_), Some(_)) => Same,
        (Ok(array), Some(error)) => Differs(format!("{text:?} is read as {array:?}, in NumPy an error: {error}")),
        (Ok(_), None) if name == "None" && expected["dtype"] == "<f16" => LeftOut(ONLY_C),
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
pub struct Parameters {
    options: GenFromTxt,
    /// dtype=None.
    infer: bool,
    named: bool,
    dtype: Option<Dtype>,
    masked: bool,
    unpack: bool,
    ndmin: usize,
}

impl Parameters {
    /// As elements of a Rust type, where there is one for the dtype.
    fn masked(&self, options: &GenFromTxt, text: &Text) -> Option<Outcome> {
        macro_rules! masked {
            ($($T:ty => $name:literal,)*) => {
                match self.dtype.as_ref().map(Dtype::to_string).as_deref().unwrap_or("'<f8'").trim_matches('\'') {
                    $($name => Some(masked_of::<$T>(options, text)),)*
                    _ => None,
                }
            };
        }
        if !self.masked || self.infer || self.named {
            return None;
        }
        masked! {
            f64 => "<f8", f32 => "<f4", i64 => "<i8", u64 => "<u8", i8 => "|i1", u8 => "|u1", bool => "|b1",
            Complex<f64> => "<c16", Complex<f32> => "<c8", half::f16 => "<f2",
        }
    }

    fn table(&self, options: &GenFromTxt, text: &Text) -> Result<Table> {
        text.read(
            |path| options.read_table_path(path),
            |reader| options.read_table(reader),
        )
    }

    fn mask(&self, table: &Table, array: &DynArray) -> Result<Option<DynArray>> {
        match self.masked {
            true => Ok(Some(self.result(mask_of(table, array)?)?)),
            false => Ok(None),
        }
    }

    /// As NumPy shapes it.
    fn result(&self, mut array: DynArray) -> Result<DynArray> {
        // Taken apart, a record of one field is that field, of the shape that the records had.
        let mut transposed = self.unpack;
        if self.unpack
            && let Some(field) = only_field(&array)
        {
            array = field?;
            transposed = false;
        }
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
        if transposed && dtype.kind() != Kind::Record {
            shape.reverse();
            order = Order::ColumnMajor;
        }
        let bytes = array.into_raw()?.bytes().to_vec();
        DynArray::from_raw(dtype, shape, order, bytes)
    }
}

/// The field of records that have one only.
fn only_field(array: &DynArray) -> Option<Result<DynArray>> {
    let DynArray::Record(records) = array else {
        return None;
    };
    match records.names().collect::<Vec<_>>()[..] {
        [name] => Some(records.field(name)),
        _ => None,
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
            let flag = |name| (name, "|b1".parse().expect("a dtype"));
            let dtype = Dtype::record(table.names().map(flag))?;
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

fn masked_of<A: DeserializeOwned + Serialize>(options: &GenFromTxt, text: &Text) -> Outcome {
    let masked: MaskedArray<A, IxDyn> = text.read(
        |path| options.read_masked_path(path),
        |reader| options.read_masked(reader),
    )?;
    Ok((
        DynArray::from_array(&masked.data)?,
        Some(DynArray::from_array(&masked.mask)?),
    ))
}

impl Call for Parameters {
    fn new(kwargs: &Map<String, Value>) -> Result<Self, Option<Verdict>> {
        call(kwargs)
    }

    fn run(&self, encoding: Option<Encoding>, text: &Text) -> Outcome {
        let options = match encoding {
            Some(encoding) => self.options.clone().encoding(encoding),
            None => self.options.clone(),
        };
        if let Some(outcome) = self.masked(&options, text) {
            return outcome;
        }
        if self.infer {
            let table = self.table(&options, text)?;
            let array = table.to_dyn()?;
            let mask = self.mask(&table, &array)?;
            return Ok((self.result(array)?, mask));
        }
        let array = text.read(|path| options.read_dyn_path(path), |reader| options.read_dyn(reader))?;
        let mask = match (self.masked, &self.dtype) {
            (true, Some(_)) => self.mask(&self.table(&options, text)?, &array)?,
            // A table would tell the types by the text.
            (true, None) => {
                let floats = options.clone().dtype(Dtype::of::<f64>()?);
                self.mask(&self.table(&floats, text)?, &array)?
            }
            (false, _) => None,
        };
        match array {
            DynArray::Record(_) => Ok((self.result(array)?, mask)),
            array => Ok((array, mask)),
        }
    }

    fn known(&self, case: &Recorded<'_>, got: &Outcome) -> Option<&'static str> {
        known(case, got)
    }
}

/// Why an outcome that is not NumPy's is right.
fn known(case: &Recorded<'_>, got: &Outcome) -> Option<&'static str> {
    let (kwargs, message) = (case.kwargs, case.message());
    if message.contains("'np.integer' or 'np.signedinteger'") {
        return Some(INTEGERS_AND_TEXT);
    }
    let text = &plain_text(case);
    let is = |name: &str, wanted: Value| kwargs.get(name).is_some_and(|value| *value == wanted);
    if is("encoding", json!("bytes")) && is("dtype", Value::Null) {
        return Some("encoding='bytes', deprecated: texts as bytes");
    }
    if text.contains('\r') && !text.contains('\n') && case.input["kind"] != "path" {
        return Some("a lone \\r in what is no file, where NumPy ends no line at it");
    }
    if message.starts_with("list index out of range") || message.starts_with("list assignment index out of range") {
        return Some("a bug of NumPy's: names and values for the columns of an empty text are an IndexError");
    }
    if is("names", json!(true)) && first_name_is_empty(kwargs, text) {
        return Some("a bug of NumPy's: names=True loses a first name that is empty, and the table a column");
    }
    let expected = &case.outcome["results"][0];
    let dtype = kwargs.get("dtype").map_or(&Value::Null, |dtype| &dtype["$dtype"]);
    let single = |dtype: &Value| dtype["names"].as_array().is_some_and(|names| names.len() == 1);
    let as_bytes = [
        "could not convert string to float: b'",
        "invalid literal for int() with base 10: b'",
        "complex() arg is a malformed string",
    ];
    // Taken apart by unpack, it is no record any more.
    let named = kwargs.get("names").is_some_and(|names| !names.is_null());
    let was_single = (dtype.is_object() || named) && is("unpack", json!(true)) && case.outcome["results_list"] != true;
    let is_single = !is("dtype", Value::Null) && (single(&expected["dtype"]) || single(dtype) || was_single);
    // Of several fields, usecols left one; what is not Latin-1 is then no bytes.
    let has_one = |array: &DynArray| array.dtype().fields().len() == 1;
    let no_bytes =
        message.starts_with("Cannot convert string '") && got.as_ref().is_ok_and(|(array, _)| has_one(array));
    if is_single || no_bytes || as_bytes.iter().any(|start| message.starts_with(start)) {
        return Some("a bug of NumPy's: a record of one field is read as bytes: nothing is filled, all bools are true");
    }
    if is("dtype", Value::Null) && kwargs.contains_key("skip_footer") {
        return Some("a bug of NumPy's: with dtype=None the rows that skip_footer drops tell the types all the same");
    }
    if message.starts_with("max() arg is an empty sequence") {
        return Some("a bug of NumPy's: dtype=None of text that has no rows in the end is an error");
    }
    if kwargs.contains_key("skip_footer")
        && got.as_ref().map_or_else(
            |error| {
                ["number of fields", "too few fields", "but the dtype has"]
                    .iter()
                    .any(|part| error.to_string().contains(part))
            },
            |_| is("invalid_raise", json!(false)),
        )
    {
        return Some(
            "a bug of NumPy's: skip_footer takes the numbers of lines for those of rows where rows are invalid",
        );
    }
    // They may mean a field twice.
    let is_twice = message.ends_with("occurs more than once") && kwargs["usecols"].to_string().contains('-');
    let has_none = got.as_ref().is_ok_and(|(array, _)| array.shape() == [0]);
    if kwargs.contains_key("skip_footer")
        && kwargs.contains_key("usecols")
        && (expected["shape"][0] == 0 || is_twice && has_none)
    {
        return Some("a bug of NumPy's: a first row that skip_footer drops tells which columns negative numbers mean");
    }
    let converts = kwargs.contains_key("converters");
    if converts && has_the_first_twice(kwargs) {
        return Some("a bug of NumPy's: a converter misses a column that usecols has twice");
    }
    let plain = !is("dtype", Value::Null) && !dtype.is_object();
    let has_one_field = matches!(got, Ok((DynArray::Record(records), _)) if records.names().count() == 1);
    if converts && (plain && kwargs.contains_key("names") || has_one_field) && expected["dtype"].is_string() {
        return Some("a bug of NumPy's: with a converter the name of an only column is dropped");
    }
    if converts
        && (got.is_err()
            || !message.is_empty()
            || expected["dtype"] != "<f8"
            || dtype.as_str().is_some_and(|dtype| dtype != "<f8"))
    {
        return Some("converters in Python: the column's type is that of what they give for the first row");
    }
    if kwargs.get("names").is_some_and(|names| !names.is_null())
        && dtype
            .as_str()
            .is_some_and(|dtype| dtype.starts_with('>') || dtype.contains(['S', 'U', 'M']))
    {
        return Some("a bug of NumPy's: names and one dtype for all drop its width, unit and byte order");
    }
    let has_dates = dtype.to_string().contains("M8");
    if has_dates
        && text
            .as_bytes()
            .windows(3)
            .any(|w| w[0] == b' ' && w[1] == b'-' && w[2].is_ascii_digit())
    {
        return Some("a bug of NumPy's: behind a blank a year loses its sign");
    }
    let far = |error: &str| {
        let (_, rest) = error.split_once("cannot read \"").unwrap_or_default();
        let (year, rest) = rest.split_once('"').unwrap_or_default();
        year.trim_start_matches(['+', '-']).len() > 11
            && year.ends_with(|c: char| c.is_ascii_digit())
            && rest.contains("<M8[")
    };
    if got.as_ref().is_err_and(|error| far(&error.to_string())) {
        return Some("a bug of NumPy's: a year that the unit cannot count becomes another one");
    }
    if message.starts_with("Python integer") && is("usemask", json!(true)) && kwargs.contains_key("missing_values") {
        return Some("a bug of NumPy's: with usemask a missing text that its column has no room for is an error");
    }
    if message.starts_with("Error parsing datetime string") {
        return Some("a bug of NumPy's: a date that is missing is an error, unless it is the empty text");
    }
    if message.starts_with("must replace all names at once") {
        return Some("a limit of NumPy's: fewer names than a dtype has fields, and usecols");
    }
    let by_name = |name: &str| {
        let pairs = kwargs.get(name).and_then(|value| value["$dict"].as_array());
        pairs.is_some_and(|pairs| pairs.iter().any(|pair| pair[0].is_string()))
    };
    if kwargs.contains_key("usecols")
        && ["missing_values", "filling_values", "converters"]
            .into_iter()
            .any(by_name)
    {
        return Some(
            "a bug of NumPy's: with usecols a name finds a column of the result, and that one a column of the file",
        );
    }
    if message.starts_with("When changing to a larger dtype") {
        return Some("a limit of NumPy's: padded records");
    }
    if got
        .as_ref()
        .is_err_and(|error| error.to_string().contains("but the first row has"))
    {
        return Some("a column before the first, which NumPy takes for one before the last; here it is an error");
    }
    if message.starts_with("could not assign tuple of length") && is("usemask", json!(true)) {
        return Some("more columns than fields: the rest is ignored, in NumPy with usemask it is an error");
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
    if got
        .as_ref()
        .is_err_and(|error| error.to_string().contains("but the dtype has"))
        && is("invalid_raise", json!(false))
        && expected["shape"][0] == 0
    {
        return Some(
            "ours differs: names, columns and a dtype that disagree are an error; in NumPy all rows are left out",
        );
    }
    if masked && masks_what_is_filled(case.outcome, got, is("unpack", json!(true))) {
        return Some("a bug of NumPy's: in records every value is masked that equals what stands in for a missing one");
    }
    match kwargs.get("dtype").and_then(|dtype| dtype["$dtype"].as_str()) {
        Some("|V4") => Some("text as raw bytes (V)"),
        Some("<M8") if is("usemask", json!(true)) => Some("a mask with times whose unit the text tells"),
        _ => None,
    }
}

/// Whether usecols picks the first column, which the converter is for, more than once.
fn has_the_first_twice(kwargs: &Map<String, Value>) -> bool {
    let first = kwargs["converters"]["$dict"][0][0].clone();
    let picks = kwargs.get("usecols").and_then(list);
    let firsts = picks.into_iter().flatten().filter(|pick| {
        // One that is counted from the other end can be the first.
        **pick == first || **pick == json!(0) || pick.as_i64().is_some_and(|pick| pick < 0)
    });
    firsts.count() > 1
}

/// The text, as far as it is needed to tell what NumPy made of it.
fn plain_text(case: &Recorded<'_>) -> String {
    let mut unpacked = String::new();
    let in_file = case.input["kind"] == "path";
    let latin1 = || case.bytes.iter().map(|byte| char::from(*byte)).collect();
    match case.kwargs.get("encoding").and_then(Value::as_str) {
        _ if case.input["suffix"] == ".gz"
            && flate2::read::GzDecoder::new(case.bytes)
                .read_to_string(&mut unpacked)
                .is_ok() =>
        {
            unpacked
        }
        Some("utf-16-le") if in_file => {
            let (units, _) = case.bytes.as_chunks::<2>();
            char::decode_utf16(units.iter().map(|unit| u16::from_le_bytes(*unit)))
                .map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER))
                .collect()
        }
        Some("latin1") if in_file => latin1(),
        _ => std::str::from_utf8(case.bytes).map_or_else(|_| latin1(), str::to_owned),
    }
}

/// Whether the line of names begins with a blank one, or a piece of the comment sign.
fn first_name_is_empty(kwargs: &Map<String, Value>, text: &str) -> bool {
    let comments = match kwargs.get("comments") {
        Some(comments) => comments.as_str(),
        None => Some("#"),
    };
    let skip = kwargs.get("skip_header").and_then(Value::as_u64).unwrap_or(0) as usize;
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let names = text.split_inclusive('\n').skip(skip).find_map(|line| {
        let line = match comments.and_then(|comments| line.split_once(comments)) {
            Some((_, names)) => names.replace(comments.unwrap_or_default(), ""),
            None => line.to_owned(),
        };
        let first = |width: u64| line.chars().take(width as usize).collect::<String>();
        let delimiter = kwargs.get("delimiter").unwrap_or(&Value::Null);
        let name = match (delimiter, list(delimiter)) {
            (_, Some(widths)) => (!line.is_empty()).then(|| first(widths[0].as_u64().unwrap_or(0))),
            (Value::Number(width), _) => {
                (!line.trim_matches('\n').is_empty()).then(|| first(width.as_u64().unwrap_or(0)))
            }
            (Value::String(delimiter), _) => {
                let line = line.trim_matches([' ', '\n']);
                (!line.is_empty()).then(|| line.split(delimiter.as_str()).next().unwrap_or_default().to_owned())
            }
            _ => line.split_whitespace().next().map(str::to_owned),
        };
        name.map(|name| name.trim().to_owned())
    });
    names.is_some_and(|name| name.is_empty() || comments.is_some_and(|comments| comments.contains(&name)))
}

/// Whether the masks of records differ only where NumPy masks values that are all the same in their column; `unpack`
/// leaves the only field of records without them.
fn masks_what_is_filled(outcome: &Value, got: &Outcome, unpack: bool) -> bool {
    let columns = match got {
        Ok((DynArray::Record(values), Some(DynArray::Record(masks)))) => {
            let fields = masks.names().map(|name| (values.field(name), masks.field(name)));
            let fields = fields.map(|(values, mask)| Some((values.ok()?, mask.ok()?)));
            fields.collect()
        }
        Ok((values, Some(mask))) if unpack => Some(vec![(values.clone(), mask.clone())]),
        _ => None,
    };
    let Some(columns) = columns else { return false };
    // An array of records, or the fields one by one.
    let apart = outcome["results_list"] == true;
    let results = outcome["results"].as_array().map_or(&[][..], Vec::as_slice);
    let theirs: Vec<Vec<u8>> = results
        .iter()
        .map(|result| unhex(result["mask"]["hex"].as_str().unwrap_or_default()))
        .collect();
    let theirs = |row: usize, column: usize| match apart {
        true => theirs.get(column)?.get(row),
        false => theirs.first()?.get(row * columns.len() + column),
    };
    columns.iter().enumerate().all(|(column, (values, mask))| {
        let (DynArray::Bool(ours), Ok(raw)) = (mask, values.clone().into_raw()) else {
            return false;
        };
        let size = raw.dtype().itemsize().max(1);
        let mut only_theirs = Vec::new();
        for (row, (ours, value)) in ours.iter().zip(raw.bytes().chunks(size)).enumerate() {
            match (ours, theirs(row, column)) {
                (true, Some(1)) | (false, Some(0)) => {}
                (false, Some(1)) => only_theirs.push(value),
                _ => return false,
            }
        }
        only_theirs.windows(2).all(|pair| pair[0] == pair[1])
    })
}

/// The parameters; an error is why the case is left out, or `None` for what cannot even be said here.
fn call(kwargs: &Map<String, Value>) -> Result<Parameters, Option<Verdict>> {
    let no_type = || Some(LeftOut(NO_TYPE));
    let mut call = Parameters::default();
    let mut options = GenFromTxt::new();
    for (name, value) in kwargs {
        let list = list(value);
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
                // A list of types is a record of fields without names.
                let recorded = match value["$dtype_seq"].as_array() {
                    Some(types) => &record(types),
                    None => &value["$dtype"],
                };
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
            ("delimiter" | "usecols" | "max_rows" | "names", Value::Null) | ("encoding", _) => options,
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
            ("missing_values", value) => {
                let (of_all, rest) = for_all(value);
                // One for each column is not cut at commas.
                const COLUMNS: usize = 64;
                let options = of_all
                    .into_iter()
                    .fold(options, |options, text| options.missing_values(vec![text; COLUMNS]));
                match rest {
                    Some(rest) => options.missing_values(values(&rest, self::list(&rest)).ok_or_else(no_type)?),
                    None => options,
                }
            }
            ("filling_values", value) => options.filling_values(values(value, list).ok_or_else(no_type)?),
            ("converters", value) => {
                let pairs = value["$dict"].as_array().expect("converters by column");
                pairs.iter().fold(options, |options, pair| {
                    options.converter(key(&pair[0]).expect("a column"), converter(&pair[1]))
                })
            }
            (name, value) => panic!("parameter {name} = {value}"),
        };
    }
    call.named = kwargs.get("names").is_some_and(|names| !names.is_null());
    call.options = options;
    Ok(call)
}

fn record(types: &[Value]) -> Value {
    let mut offset = 0;
    let mut offsets = Vec::new();
    for scalar in types {
        offsets.push(offset);
        offset += dtype(scalar).itemsize();
    }
    let names: Vec<String> = (0..types.len()).map(|index| format!("f{index}")).collect();
    json!({"names": names, "formats": types, "offsets": offsets, "itemsize": offset})
}

/// What a dictionary of missing values says of all columns, and the rest of it.
fn for_all(value: &Value) -> (Vec<String>, Option<Value>) {
    let Some(pairs) = value["$dict"].as_array() else {
        return (Vec::new(), Some(value.clone()));
    };
    let (all, rest): (Vec<Value>, Vec<Value>) = pairs.iter().cloned().partition(|pair| pair[0].is_null());
    let texts = all.iter().flat_map(|pair| match list(&pair[1]) {
        Some(list) => list.clone(),
        None => vec![pair[1].clone()],
    });
    let texts = texts.map(|text| fill(&text).expect("a value").to_string()).collect();
    (texts, (!rest.is_empty()).then(|| json!({"$dict": rest})))
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
            match self::list(value) {
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
