//! np.fromregex: records out of any text, by a regular expression.

use std::borrow::Cow;
use std::path::Path;

use ndarray::{Array1, Order};
use regex::Regex;
use serde::de::DeserializeOwned;

use super::encoding::Encoding;
use super::input::Source;
use super::job::{Parser, count};
use super::lex::{Delimiter, Syntax};
use super::records::{Decode, Elements, Part, RawBytes};
use super::rows::Store;
use crate::dtype::{Casting, Dtype};
use crate::error::{Context, Error, ErrorKind, Result};
use crate::npy::DynArray;

/// Reads a record from each match of a regular expression in the text at `path`, as `np.fromregex(path, regex, dtype)`
/// does: its groups are the record's fields, in order. Without a group, the whole match is the only field.
///
/// The text is UTF-8, in memory as a whole, so a match can span lines. The syntax is that of the crate
/// [`regex`](https://docs.rs/regex/latest/regex/#syntax). A group that takes no part in a match is empty text.
///
/// # Errors
///
/// [`ErrorKind::Argument`] if the expression is malformed or its groups are not as many as the fields;
/// [`ErrorKind::Parse`], with the line, for a group that is no such field.
///
/// # Examples
///
/// ```
/// use ndarray::Array1;
/// use ndarray_io::fromregex;
///
/// # let dir = tempfile::tempdir()?;
/// # let path = dir.path().join("log.txt");
/// std::fs::write(&path, "[12] took 0.5 s\nnothing here\n[13] took 1.5 s\n")?;
/// let a: Array1<(u32, f64)> = fromregex(&path, r"\[(\d+)\] took ([\d.]+) s")?;
/// assert_eq!(a[1], (13, 1.5));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn fromregex<P: AsRef<Path>, A: DeserializeOwned>(path: P, regex: &str) -> Result<Array1<A>> {
    let elements = Elements::new(&Dtype::of_text::<A>()?, &syntax(), true)?;
    let mut values = Decode::new(&elements, Casting::Equiv);
    find(path.as_ref(), regex, &elements, &mut values)?;
    Ok(Array1::from(values.values))
}

/// The same for a dtype that is known at run time only.
///
/// # Errors
///
/// As [`fromregex`].
///
/// # Examples
///
/// ```
/// use ndarray_io::fromregex_dyn;
///
/// # let dir = tempfile::tempdir()?;
/// # let path = dir.path().join("data.txt");
/// std::fs::write(&path, "1312 foo\n1534  bar\n 444   qux")?;
/// let dtype = "[('num', '<i8'), ('key', 'S3')]".parse()?;
/// let a = fromregex_dyn(&path, r"(\d+)\s+(...)", &dtype)?;
/// assert_eq!(a.shape(), [3]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn fromregex_dyn<P: AsRef<Path>>(path: P, regex: &str, dtype: &Dtype) -> Result<DynArray> {
    let elements = Elements::new(dtype, &syntax(), false)?;
    let mut raw = RawBytes {
        bytes: Vec::new(),
        fields: elements.fields(),
        size: dtype.itemsize(),
    };
    let rows = find(path.as_ref(), regex, &elements, &mut raw)?;
    DynArray::from_raw(dtype.clone(), vec![rows], Order::RowMajor, raw.bytes)
}

/// There are no plain fields in a match.
fn syntax() -> Syntax {
    Syntax {
        delimiter: Delimiter::Text(String::new()),
        comments: Vec::new(),
        quote: None,
    }
}

/// Appends an element for each match; gives their number.
fn find(path: &Path, regex: &str, elements: &Elements, store: &mut impl Store<Part>) -> Result<usize> {
    /// Elements are laid out so many at a time.
    const BATCH: usize = 4096;
    let regex = Regex::new(regex).map_err(|error| {
        let message = format!("the regular expression {regex:?} is malformed: {error}");
        Error::new(ErrorKind::Argument, message)
    })?;
    let fields = elements.fields();
    if regex.captures_len().saturating_sub(1).max(1) != fields {
        let message = format!(
            "the regular expression has {}, but the dtype has {}",
            count(regex.captures_len().saturating_sub(1), "group"),
            count(fields, "field")
        );
        return Err(Error::new(ErrorKind::Argument, message));
    }
    let text = Source::open(path, Encoding::Utf8, None)
        .and_then(|mut source| source.read_all())
        .in_path(path)?;
    let text = std::str::from_utf8(&text).map_err(|error| {
        let message = "invalid UTF-8, which a regular expression cannot search";
        Error::new(ErrorKind::Parse, message)
            .at_byte(error.valid_up_to() as u64)
            .in_path(path)
    })?;
    let mut part = Part::default();
    let mut rows = 0;
    let mut matches = regex.captures_iter(text).peekable();
    while matches.peek().is_some() {
        elements.clear(&mut part);
        let mut batch = 0;
        for found in matches.by_ref().take(BATCH) {
            let group = |index| found.get(index).map_or("", |group| group.as_str());
            let row: Vec<Cow<'_, str>> = match found.len() {
                1 => vec![Cow::Borrowed(group(0))],
                groups => (1..groups).map(|index| Cow::Borrowed(group(index))).collect(),
            };
            elements.row(&row, &mut part).map_err(|reject| {
                let start = found.get(0).map_or(0, |found| found.start());
                let line = 1 + memchr::memchr_iter(b'\n', &text.as_bytes()[..start]).count() as u64;
                let field = row.get(reject.column).map_or("", Cow::as_ref);
                reject
                    .error(field, reject.column, true)
                    .at_line(line, None)
                    .in_path(path)
            })?;
            batch += 1;
        }
        elements.finish(&mut part)?;
        store.append(&mut part, batch, fields)?;
        rows += batch;
    }
    Ok(rows)
}
