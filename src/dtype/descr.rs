//! The descr of a dtype: Python's notation in headers, to and from [`Dtype`].

use std::borrow::Cow;

use super::literal::{self, Dialect, Literal, Malformed, Node};
use super::subarray::{sized, with_dims};
use super::{Dtype, Field, Kind, Repr, Scalar, typestr};
use crate::error::{Error, Result};

impl Dtype {
    /// The descr, as NumPy's `dtype.descr` and headers have it; [`Display`](std::fmt::Display) is the same text.
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
fn with_shape(base: Dtype, shape: &Node<'_>) -> Result<Dtype, Malformed> {
    match &shape.value {
        Literal::Str(name) => with_size_of(base, &typestr::parse(name, shape.at)?, shape.at),
        Literal::None => with_size_of(base, &Dtype::native(Scalar::Float64), shape.at),
        _ => with_dims(base, shape),
    }
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
            (
                "[('a', 'f9')]",
                "no dtype is called \"f9\"; some are '<f8', '|u1', '<U10', '<M8[ns]' (at byte 7)",
            ),
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
            (
                "f8]",
                "no dtype is called \"f8]\"; some are '<f8', '|u1', '<U10', '<M8[ns]' (at byte 0)",
            ),
            ("[('a', 'f8')", "expected ',' or ']', got the end (at byte 12)"),
        ];
        for (text, message) in table {
            assert_eq!(text.parse::<Dtype>().unwrap_err().to_string(), message, "{text}");
        }
    }
}
