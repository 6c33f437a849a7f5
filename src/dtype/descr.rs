//! The descr of a dtype: Python's notation in headers, to and from [`Dtype`].

use std::borrow::Cow;
use std::fmt::{self, Write};

use super::literal::{self, Dialect, Literal, Malformed, Node};
use super::{ByteOrder, Dtype, Field, Kind, Repr, Scalar, typestr};
use crate::error::{Error, Result};

/// NumPy's own limit for an array's dimensions, and for a subarray's.
const MAX_DIMS: usize = 64;

impl Dtype {
    /// The descr, as NumPy's `dtype.descr` and headers have it; [`Display`](fmt::Display) is the same text.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::Dtype;
    ///
    /// let dtype: Dtype = "f4, >i2".parse()?;
    /// assert_eq!(dtype.descr(), "[('f0', '<f4'), ('f1', '>i2')]");
    /// assert_eq!("float64".parse::<Dtype>()?.descr(), "<f8");
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn descr(&self) -> String {
        self.to_string()
    }

    /// The dtype of a header's literal.
    pub(crate) fn from_literal(node: &Node<'_>) -> Result<Dtype, Malformed> {
        match &node.value {
            Literal::Str(text) => typestr::parse(text, node.at),
            Literal::Tuple(items) => match items.as_slice() {
                [base, shape, ..] => with_shape(Dtype::from_literal(base)?, shape),
                _ => Err(Malformed::new(node.at, "a tuple that is no (descr, shape)")),
            },
            _ => {
                let fields = items(node).filter(|_| !matches!(node.value, Literal::Str(_)));
                record(&fields.ok_or_else(|| {
                    let got = node.value.name();
                    Malformed::new(node.at, format!("descr must be a string, a tuple or a list, got {got}"))
                })?)
                .map_err(|error| Malformed {
                    at: error.at.max(node.at),
                    ..error
                })
            }
        }
    }
}

/// What Python's `for item in node` goes through. Sets have no order that could be relied on.
fn items<'n, 'a>(node: &'n Node<'a>) -> Option<Cow<'n, [Node<'a>]>> {
    match &node.value {
        Literal::List(items) | Literal::Tuple(items) => Some(Cow::Borrowed(items)),
        Literal::Set(items) if items.len() == 1 => Some(Cow::Borrowed(items)),
        Literal::Dict(pairs) => Some(pairs.iter().map(|(key, _)| key.clone()).collect()),
        Literal::Str(text) => {
            let characters = text.chars().map(|c| Node {
                at: node.at,
                value: Literal::Str(c.to_string().into()),
            });
            Some(characters.collect())
        }
        _ => None,
    }
}

fn record(items_of_list: &[Node<'_>]) -> Result<Dtype, Malformed> {
    let mut fields = Vec::with_capacity(items_of_list.len());
    let mut end = 0_usize;
    for item in items_of_list {
        let parts = items(item).unwrap_or_default();
        let (name, dtype) = match &*parts {
            [name, descr] => (name, Dtype::from_literal(descr)?),
            [name, descr, shape] => (name, with_shape(Dtype::from_literal(descr)?, shape)?),
            _ => {
                return Err(Malformed::new(
                    item.at,
                    "a field must be (name, descr) or (name, descr, shape)",
                ));
            }
        };
        let offset = end;
        end = offset
            .checked_add(dtype.itemsize())
            .filter(|&end| i32::try_from(end).is_ok())
            .ok_or_else(|| Malformed::new(item.at, "a record larger than 2147483647 bytes"))?;
        let (title, name) = names(name)?;
        // Padding, as NumPy sees it: every nameless void, subarrays included.
        if !(name.is_empty() && title.is_none() && matches!(dtype.kind(), Kind::Void | Kind::Subarray)) {
            fields.push(Field {
                name,
                title,
                offset,
                dtype,
            });
        }
    }
    let at = items_of_list.first().map_or(0, |item| item.at);
    Dtype::record_at(fields, end, false).map_err(|error| Malformed::new(at, error.to_string()))
}

/// The title, if any, and the name.
fn names(node: &Node<'_>) -> Result<(Option<String>, String), Malformed> {
    let (title, name) = match &node.value {
        Literal::Tuple(pair) => match pair.as_slice() {
            [title, name] => (Some(title), name),
            _ => {
                return Err(Malformed::new(
                    node.at,
                    "a field's name must be a string or (title, name)",
                ));
            }
        },
        _ => (None, node),
    };
    let Literal::Str(name) = &name.value else {
        let got = name.value.name();
        return Err(Malformed::new(
            node.at,
            format!("a field's name must be a string, got {got}"),
        ));
    };
    let title = match title.map(|title| &title.value) {
        None | Some(Literal::None) => None,
        Some(Literal::Str(title)) => Some(title.to_string()),
        // Python allows any title that can be hashed.
        Some(Literal::Int(title)) => Some(title.to_string()),
        Some(Literal::Bool(title)) => Some(if *title { "True" } else { "False" }.to_owned()),
        Some(title) => {
            let got = title.name();
            return Err(Malformed::new(
                node.at,
                format!("a field's title must be a string, got {got}"),
            ));
        }
    };
    Ok((title, name.to_string()))
}

/// `numpy.dtype((base, shape))`.
pub(super) fn with_shape(base: Dtype, shape: &Node<'_>) -> Result<Dtype, Malformed> {
    let at = shape.at;
    let is_shape = |items: &[Node<'_>]| items.iter().all(|item| matches!(item.value, Literal::Int(_)));
    let dims: Cow<'_, [Node<'_>]> = match &shape.value {
        Literal::Int(_) => Cow::Owned(vec![shape.clone()]),
        Literal::Tuple(dims) => Cow::Borrowed(dims),
        Literal::List(dims) if !dims.is_empty() && is_shape(dims) => Cow::Borrowed(dims),
        Literal::Str(name) => return with_size_of(base, &typestr::parse(name, at)?, at),
        Literal::None => return with_size_of(base, &Dtype::scalar(Scalar::Float64, ByteOrder::NATIVE), at),
        got => {
            let got = got.name();
            return Err(Malformed::new(
                at,
                format!("a subarray's shape must be a tuple of ints, got {got}"),
            ));
        }
    };
    if base.itemsize() == 0 && base.kind() != Kind::Record {
        let size = match shape.value {
            Literal::Int(size) => i32::try_from(size).ok().and_then(|size| usize::try_from(size).ok()),
            _ => None,
        };
        return size.and_then(|size| sized(&base, size)).ok_or_else(|| {
            Malformed::new(
                at,
                format!("{base} has no size, so it cannot be the base of a subarray"),
            )
        });
    }
    if dims.is_empty() {
        return Ok(base);
    }
    if dims.len() > MAX_DIMS {
        return Err(Malformed::new(
            at,
            format!("a subarray of {} dimensions; NumPy has at most {MAX_DIMS}", dims.len()),
        ));
    }
    let shape = dims
        .iter()
        .map(|dim| match dim.value {
            Literal::Int(dim) => i32::try_from(dim).ok().and_then(|dim| usize::try_from(dim).ok()),
            _ => None,
        })
        .collect::<Option<Vec<_>>>()
        .ok_or_else(|| Malformed::new(at, "a subarray's shape must be ints from 0 to 2147483647"))?;
    Dtype::subarray(base, shape).map_err(|error| Malformed::new(at, error.to_string()))
}

/// `numpy.dtype((base, other))`: the base, if both are of one size or the base takes any size.
fn with_size_of(base: Dtype, other: &Dtype, at: usize) -> Result<Dtype, Malformed> {
    let size = other.itemsize();
    let unsized_base = base.itemsize() == 0 && base.kind() != Kind::Record;
    if base.has_object() || other.has_object() {
        return Err(Malformed::new(
            at,
            format!("{base} cannot be read as {other}, objects have no bytes"),
        ));
    }
    let dtype = match (&base.0, unsized_base) {
        (Repr::Str(..), true) if size.is_multiple_of(4) => sized(&base, size / 4),
        (Repr::Str(..), true) => None,
        (_, true) => sized(&base, size),
        (_, false) => (base.itemsize() == size && other.kind() != Kind::Record).then(|| base.clone()),
    };
    dtype.ok_or_else(|| Malformed::new(at, format!("{base} and {other} differ in size")))
}

/// A flexible dtype in that size: bytes, or code points of a string.
fn sized(base: &Dtype, size: usize) -> Option<Dtype> {
    let dtype = match base.0 {
        Repr::Bytes(_) => Dtype(Repr::Bytes(size)),
        Repr::Void(_) => Dtype(Repr::Void(size)),
        Repr::Str(_, order) => Dtype(Repr::Str(size, order)),
        _ => return None,
    };
    i32::try_from(dtype.itemsize()).is_ok().then_some(dtype)
}

impl std::str::FromStr for Dtype {
    type Err = Error;

    /// Parses a descr, or any string that `numpy.dtype` accepts.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Header`](crate::ErrorKind::Header) for a text that is neither.
    fn from_str(text: &str) -> Result<Self> {
        let trimmed = text.trim_start();
        let dtype = if trimmed.starts_with(['[', '\'', '"', '{']) || is_tuple(trimmed) {
            literal::parse(text, Dialect::Python3).and_then(|node| Dtype::from_literal(&node))
        } else {
            typestr::parse(text, 0)
        };
        Ok(dtype?)
    }
}

/// Whether it is `('<f8', (2,))` rather than `(2,)f8`.
fn is_tuple(text: &str) -> bool {
    text.strip_prefix('(')
        .is_some_and(|rest| rest.trim_start().starts_with(['(', '[', '\'', '"']))
}

impl fmt::Display for Dtype {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Repr::Record(record) => {
                f.write_char('[')?;
                let mut end = 0;
                let mut separator = "";
                let padding =
                    |f: &mut fmt::Formatter<'_>, separator: &str, size: usize| write!(f, "{separator}('', '|V{size}')");
                for field in &record.fields {
                    if field.offset > end {
                        padding(f, separator, field.offset - end)?;
                        separator = ", ";
                    }
                    f.write_str(separator)?;
                    f.write_char('(')?;
                    match &field.title {
                        Some(title) => write!(f, "({}, {})", PyStr(title), PyStr(&field.name))?,
                        None => write!(f, "{}", PyStr(&field.name))?,
                    }
                    match &field.dtype.0 {
                        Repr::Subarray(sub) => write!(f, ", {}, {}", sub.base.literal(), PyTuple(&sub.shape))?,
                        _ => write!(f, ", {}", field.dtype.literal())?,
                    }
                    f.write_char(')')?;
                    end = field.offset + field.dtype.itemsize();
                    separator = ", ";
                }
                if record.itemsize > end {
                    padding(f, separator, record.itemsize - end)?;
                }
                f.write_char(']')
            }
            Repr::Subarray(sub) => write!(f, "({}, {})", sub.base.literal(), PyTuple(&sub.shape)),
            Repr::Scalar(scalar, order) => {
                let kind = match scalar.kind() {
                    Kind::Bool => 'b',
                    Kind::Int => 'i',
                    Kind::Uint => 'u',
                    Kind::Complex => 'c',
                    _ => 'f',
                };
                write!(f, "{}{kind}{}", order.symbol(), scalar.itemsize())
            }
            Repr::Datetime(unit, order) => write!(f, "{}M8{}", order.symbol(), unit.in_brackets()),
            Repr::Timedelta(unit, order) => write!(f, "{}m8{}", order.symbol(), unit.in_brackets()),
            Repr::Bytes(size) => write!(f, "|S{size}"),
            Repr::Str(chars, order) => write!(f, "{}U{chars}", order.symbol()),
            Repr::Void(size) => write!(f, "|V{size}"),
            Repr::Object => f.write_str("|O"),
        }
    }
}

impl Dtype {
    /// The descr as a header has it: a string in quotes, a list or tuple as it is.
    pub(crate) fn literal(&self) -> impl fmt::Display + '_ {
        struct Quoted<'a>(&'a Dtype);
        impl fmt::Display for Quoted<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self.0.0 {
                    Repr::Record(_) | Repr::Subarray(_) => self.0.fmt(f),
                    _ => write!(f, "'{}'", self.0),
                }
            }
        }
        Quoted(self)
    }
}

impl ByteOrder {
    fn symbol(self) -> char {
        match self {
            ByteOrder::Little => '<',
            ByteOrder::Big => '>',
            ByteOrder::NotApplicable => '|',
        }
    }
}

/// Python's repr of a tuple of ints.
pub(crate) struct PyTuple<'a>(pub(crate) &'a [usize]);

impl fmt::Display for PyTuple<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('(')?;
        for (index, dim) in self.0.iter().enumerate() {
            let separator = if index > 0 { ", " } else { "" };
            write!(f, "{separator}{dim}")?;
        }
        f.write_str(if self.0.len() == 1 { ",)" } else { ")" })
    }
}

/// Python's repr of a string.
pub(crate) struct PyStr<'a>(pub(crate) &'a str);

impl fmt::Display for PyStr<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let quote = if self.0.contains('\'') && !self.0.contains('"') {
            '"'
        } else {
            '\''
        };
        f.write_char(quote)?;
        for c in self.0.chars() {
            match c {
                '\\' => f.write_str("\\\\")?,
                '\n' => f.write_str("\\n")?,
                '\r' => f.write_str("\\r")?,
                '\t' => f.write_str("\\t")?,
                _ if c == quote => write!(f, "\\{c}")?,
                ' '..='~' => f.write_char(c)?,
                _ if is_printable(c) => f.write_char(c)?,
                '\0'..='\u{ff}' => write!(f, "\\x{:02x}", u32::from(c))?,
                '\0'..='\u{ffff}' => write!(f, "\\u{:04x}", u32::from(c))?,
                _ => write!(f, "\\U{:08x}", u32::from(c))?,
            }
        }
        f.write_char(quote)
    }
}

/// Python's `str.isprintable` beyond ASCII: std's Debug escapes by the same Unicode categories, but escapes combining
/// marks too unless they follow something.
fn is_printable(c: char) -> bool {
    let mut text = [0; 5];
    text[0] = b'a';
    let length = c.encode_utf8(&mut text[1..]).len();
    std::str::from_utf8(&text[..=length]).is_ok_and(|text| text.escape_debug().eq(text.chars()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What NumPy writes for the descr on the left.
    #[test]
    fn descrs_are_written_as_numpy_writes_them() {
        let table = [
            ("[('a', 'f4'), ('b', '>i2', 2)]", "[('a', '<f4'), ('b', '>i2', (2,))]"),
            ("[('c', ('f8', (5,)), (2,))]", "[('c', ('<f8', (5,)), (2,))]"),
            ("[(('Title', 'a'), 'i4')]", "[(('Title', 'a'), '<i4')]"),
            ("[((None, 'a'), 'i4')]", "[('a', '<i4')]"),
            (
                "[('a', '<i2'), ('', '|V2'), ('', '|V2'), ('b', 'i4')]",
                "[('a', '<i2'), ('', '|V4'), ('b', '<i4')]",
            ),
            ("[('', '|V2', (2,)), ('a', 'f4')]", "[('', '|V4'), ('a', '<f4')]"),
            ("[('', [('x', 'i1')])]", "[('', [('x', '|i1')])]"),
            ("[]", "[]"),
            ("[('', '|V8')]", "[('', '|V8')]"),
            ("[('a', [])]", "[('a', [])]"),
            ("[['a', 'f8'], 'bi']", "[('a', '<f8'), ('b', '<i4')]"),
            (
                "[('v', 'V', 3), ('s', 'S', 'f8'), ('u', 'U', 2)]",
                "[('v', '|V3'), ('s', '|S8'), ('u', '<U2')]",
            ),
            ("[('a', 'f4', 'i4'), ('b', 'f4', ())]", "[('a', '<f4'), ('b', '<f4')]"),
            (
                r#"[("it's", 'i1'), ('"', 'i1'), ('\'"', 'i1')]"#,
                r#"[("it's", '|i1'), ('"', '|i1'), ('\'"', '|i1')]"#,
            ),
            (
                "[('\\t\\x07\\\\', 'i1'), ('\u{e9}\u{a0}\u{301}\u{200b}\u{e000}\u{f0000}', 'i1')]",
                "[('\\t\\x07\\\\', '|i1'), ('\u{e9}\\xa0\u{301}\\u200b\\ue000\\U000f0000', '|i1')]",
            ),
            ("'>f8'", ">f8"),
            ("('f4', (2, 3))", "('<f4', (2, 3))"),
        ];
        for (text, descr) in table {
            let dtype: Dtype = text.parse().unwrap();
            assert_eq!(dtype.to_string(), descr, "{text}");
            assert_eq!(descr.parse::<Dtype>().unwrap(), dtype, "{text}");
        }
    }

    #[test]
    fn what_is_no_descr_says_why() {
        let table = [
            (
                "[('a', 'i4'), ('a', 'i4')]",
                "\"a\" names two fields of a record; names and titles must differ (at byte 1)",
            ),
            (
                "[(('a', 'a'), 'i4')]",
                "\"a\" names two fields of a record; names and titles must differ (at byte 1)",
            ),
            ("[('a', 'f9')]", "no dtype is called \"f9\" (at byte 7)"),
            ("[(1, 'f8')]", "a field's name must be a string, got an int (at byte 2)"),
            (
                "[('a',)]",
                "a field must be (name, descr) or (name, descr, shape) (at byte 1)",
            ),
            (
                "[('a', 'f8', -1)]",
                "a subarray's shape must be ints from 0 to 2147483647 (at byte 13)",
            ),
            (
                "[('a', 'f8', 1.5)]",
                "a subarray's shape must be a tuple of ints, got a float (at byte 13)",
            ),
            (
                "[('a', 'S', (2,))]",
                "|S0 has no size, so it cannot be the base of a subarray (at byte 12)",
            ),
            (
                "[('a', 1)]",
                "descr must be a string, a tuple or a list, got an int (at byte 7)",
            ),
            (
                "[('a', 'V2147483647'), ('b', 'i1')]",
                "a record larger than 2147483647 bytes (at byte 23)",
            ),
            ("f8]", "no dtype is called \"f8]\" (at byte 0)"),
            ("[('a', 'f8')", "expected ',' or ']', got the end (at byte 12)"),
        ];
        for (text, message) in table {
            assert_eq!(text.parse::<Dtype>().unwrap_err().to_string(), message, "{text}");
        }
    }
}
