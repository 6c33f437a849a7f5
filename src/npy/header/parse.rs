//! The text of a header: a literal of Python's, of which most are of one simple form.

use std::borrow::Cow;

use ndarray::Order;

use super::{Header, Version};
use crate::dtype::literal::{self, Dialect, Literal, Malformed, Node};
use crate::dtype::{Dtype, Kind, MAX_DIMS};
use crate::error::{Error, ErrorKind, Result};
use crate::limits;

/// The header that a file of that version has in these bytes, which follow its length.
pub(super) fn parse(bytes: &[u8], version: Version, max_header_size: usize) -> Result<Header> {
    if bytes.len() <= max_header_size
        && let Some(header) = plain(bytes)
    {
        header.nbytes()?;
        return Ok(header);
    }
    let start = version.prefix_len() as u64;
    let latin1 = version != Version::V3_0 && !bytes.is_ascii();
    let text: Cow<'_, str> = if latin1 {
        bytes.iter().copied().map(char::from).collect()
    } else {
        let text = std::str::from_utf8(bytes).map_err(|error| {
            let at = start + error.valid_up_to() as u64;
            Error::new(ErrorKind::Header, "a header of version 3.0 that is not UTF-8").at_byte(at)
        })?;
        text.into()
    };
    if text.len() > max_header_size {
        let length = text.chars().count();
        if length > max_header_size {
            return Err(too_long(length as u64, "characters", max_header_size));
        }
    }
    let dialect = match version {
        Version::V1_0 | Version::V2_0 => Dialect::Python2,
        Version::V3_0 => Dialect::Python3,
    };
    let header = literal::parse(&text, dialect)
        .and_then(|node| from_literal(&node))
        .map_err(|Malformed { at, message }| {
            // The text's bytes are the file's, but for Latin-1, where a character is one byte there.
            let before = text.get(..at).filter(|_| latin1);
            let at = before.map_or(at, |before| before.chars().count());
            Error::new(ErrorKind::Header, message).at_byte(start + at as u64)
        })?;
    header.nbytes()?;
    Ok(header)
}

fn from_literal(node: &Node<'_>) -> Result<Header, Malformed> {
    let Literal::Dict(pairs) = &node.value else {
        let got = node.value.name();
        return Err(Malformed::new(node.at, format!("a header must be a dict, got {got}")));
    };
    let (mut descr, mut order, mut shape) = (None, None, None);
    for (key, value) in pairs {
        let slot = match &key.value {
            Literal::Str(key) if key == "descr" => &mut descr,
            Literal::Str(key) if key == "fortran_order" => &mut order,
            Literal::Str(key) if key == "shape" => &mut shape,
            Literal::Str(name) => return Err(wrong_key(key.at, &format!("{name:?}"))),
            other => return Err(wrong_key(key.at, other.name())),
        };
        *slot = Some(value); // of equal keys Python keeps the last
    }
    let (Some(descr), Some(order), Some(shape)) = (descr, order, shape) else {
        return Err(wrong_key(node.at, "fewer"));
    };
    let shape = read_shape(shape)?;
    let order = match order.value {
        Literal::Bool(false) => Order::RowMajor,
        Literal::Bool(true) => Order::ColumnMajor,
        ref got => {
            let got = got.name();
            return Err(Malformed::new(
                order.at,
                format!("fortran_order must be True or False, got {got}"),
            ));
        }
    };
    let dtype = whole_elements(Dtype::from_literal(descr)?, &shape, descr.at)?;
    Ok(Header::new(dtype, order, shape))
}

/// The header, if it is one as NumPy writes it of a dtype without fields, byte for byte: most are, and a small array is
/// read in half the time. `None` for all else, which the grammar of Python's literals reads or refuses.
fn plain(text: &[u8]) -> Option<Header> {
    let text = text.strip_prefix(b"{'descr': '")?;
    let quote = text.iter().take(8).position(|&byte| byte == b'\'')?;
    let (name, text) = text.split_at_checked(quote)?;
    let dtype = Dtype::of_plain_name(name)?;
    let text = text.strip_prefix(b"', 'fortran_order': ")?;
    let (order, text) = match text.strip_prefix(b"False") {
        Some(text) => (Order::RowMajor, text),
        None => (Order::ColumnMajor, text.strip_prefix(b"True")?),
    };
    let mut text = text.strip_prefix(b", 'shape': (")?;
    let mut shape = Vec::new();
    while text.first()?.is_ascii_digit() {
        let (length, after) = plain_length(text)?;
        shape.push(length);
        text = match (after, shape.len()) {
            ([b',', b' ', rest @ ..], _) => rest,
            ([b',', rest @ ..], 1) => rest,
            (_, 1) => return None, // an int in parentheses
            _ => after,
        };
    }
    let padding = text.strip_prefix(b"), }")?.strip_suffix(b"\n")?;
    (shape.len() <= MAX_DIMS && padding.iter().all(|&byte| byte == b' ')).then(|| Header::new(dtype, order, shape))
}

/// A length that needs no more than 18 digits, and what follows it.
fn plain_length(text: &[u8]) -> Option<(usize, &[u8])> {
    let digits = text.iter().take(19).position(|byte| !byte.is_ascii_digit())?;
    let (digits, after) = text.split_at_checked(digits)?;
    if matches!(digits, [b'0', _, ..]) {
        return None;
    }
    let length = (digits.iter()).fold(0_u64, |length, digit| length * 10 + u64::from(digit - b'0'));
    Some((usize::try_from(length).ok()?, after))
}

#[cold]
pub(super) fn too_long(length: u64, unit: &str, limit: usize) -> Error {
    limits::exceeded(format!(
        "header of {length} {unit}; `ReadOptions::max_header_size` allows {limit} characters"
    ))
    .at_byte(8)
}

#[cold]
fn wrong_key(at: usize, got: &str) -> Malformed {
    Malformed::new(
        at,
        format!("a header's keys must be 'descr', 'fortran_order' and 'shape', got {got}"),
    )
}

fn read_shape(node: &Node<'_>) -> Result<Vec<usize>, Malformed> {
    let Literal::Tuple(dims) = &node.value else {
        let got = node.value.name();
        return Err(Malformed::new(
            node.at,
            format!("shape must be a tuple of ints, got {got}"),
        ));
    };
    if dims.len() > MAX_DIMS {
        return Err(Malformed::new(
            node.at,
            format!("a shape of {} dimensions; NumPy has at most {MAX_DIMS}", dims.len()),
        ));
    }
    dims.iter()
        .map(|dim| match dim.value {
            Literal::Int(length) => isize::try_from(length)
                .ok()
                .and_then(|length| usize::try_from(length).ok())
                .ok_or_else(|| Malformed::new(dim.at, format!("an axis of length {length}"))),
            ref got => {
                let got = got.name();
                Err(Malformed::new(
                    dim.at,
                    format!("shape must be a tuple of ints, got {got}"),
                ))
            }
        })
        .collect()
}

/// A subarray is no dtype for whole elements: NumPy reads its items, and then misses those that the shape does not
/// count.
fn whole_elements(dtype: Dtype, shape: &[usize], at: usize) -> Result<Dtype, Malformed> {
    if dtype.kind() != Kind::Subarray {
        return Ok(dtype);
    }
    if dtype.shape().iter().all(|&dim| dim == 1) || shape.contains(&0) {
        return whole_elements(dtype.base().clone(), shape, at);
    }
    Err(Malformed::new(
        at,
        format!("descr is a subarray {dtype}: only fields of a record can be; its axes belong into shape"),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Both ways read the same of what is plain, and the plain one leaves alone whatever is not.
    #[test]
    fn plain_headers_are_what_the_grammar_makes_of_them() {
        let header = |text: &str| format!("{{'descr': {text}, }}     \n");
        let plain_ones = [
            "'<f8', 'fortran_order': False, 'shape': (10,)",
            "'>c16', 'fortran_order': True, 'shape': (3, 0, 123456789012345678)",
            "'|b1', 'fortran_order': False, 'shape': ()",
            "'<f16', 'fortran_order': False, 'shape': (1, 2)",
        ];
        for text in plain_ones.map(header) {
            let found = plain(text.as_bytes()).unwrap();
            let node = literal::parse(&text, Dialect::Python3).unwrap();
            assert_eq!(found, from_literal(&node).unwrap(), "{text}");
            for end in 0..text.len() {
                assert!(plain(&text.as_bytes()[..end]).is_none(), "{:?}", &text[..end]);
            }
        }
        let others = [
            "'f8', 'fortran_order': False, 'shape': (10,)",
            "'<f9', 'fortran_order': False, 'shape': (10,)",
            "'<U3', 'fortran_order': False, 'shape': (10,)",
            "'<f8', 'fortran_order': False, 'shape': (010,)",
            "'<f8', 'fortran_order': False, 'shape': (10L,)",
            "'<f8', 'fortran_order': False, 'shape': (-1,)",
            "'<f8', 'fortran_order': False, 'shape': (,)",
            "'<f8', 'fortran_order': False, 'shape': (10)",
            "'<f8', 'fortran_order': False, 'shape': (1, 2,)",
            "'<f8', 'fortran_order': False, 'shape': (1234567890123456789,)",
            "'<f8', 'fortran_order': 0, 'shape': (1,)",
            "'<f8', 'shape': (1,), 'fortran_order': False",
            "[('a', '<f8')], 'fortran_order': False, 'shape': (1,)",
            "'<f8', 'fortran_order': False, 'shape': (1,), }, {",
        ];
        for text in others.map(header) {
            assert_eq!(plain(text.as_bytes()), None, "{text}");
        }
        let dims = "1, ".repeat(MAX_DIMS);
        let deepest = |last: &str| header(&format!("'<f8', 'fortran_order': False, 'shape': ({dims}{last})"));
        assert_eq!(plain(deepest("1").as_bytes()), None);
    }
}
