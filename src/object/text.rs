//! The numbers and strings that a pickle writes as text.

use std::sync::Arc;

use super::heap::Cell;
use super::input::bad;
use crate::error::{Error, Result};
use crate::limits::{self, INT_DIGITS};

pub(super) enum Int {
    Small(i64),
    Big(Arc<str>),
}

#[cold]
pub(super) fn int_too_long() -> Error {
    limits::exceeded(format!("an `int` of more than {INT_DIGITS} digits"))
}

/// An `int` in decimal digits.
pub(super) fn int(text: &[u8]) -> Result<Int> {
    let text = text.trim_ascii();
    let (sign, digits) = match text.split_first() {
        Some((b'-', digits)) => ("-", digits),
        Some((b'+', digits)) => ("", digits),
        _ => ("", text),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return Err(bad("an `int` that does not parse"));
    }
    let zeros = digits.iter().take_while(|&&digit| digit == b'0').count();
    let digits = digits.get(zeros..).unwrap_or_default();
    if digits.len() > INT_DIGITS {
        return Err(int_too_long());
    }
    let text = format!("{sign}{}", String::from_utf8_lossy(digits));
    match text.parse() {
        Ok(value) => Ok(Int::Small(value)),
        Err(_) if digits.is_empty() => Ok(Int::Small(0)),
        Err(_) => Ok(Int::Big(text.into())),
    }
}

/// An `int` in two's complement, the lowest byte first.
pub(super) fn long(bytes: &[u8]) -> Result<Int> {
    let negative = bytes.last().is_some_and(|&byte| byte >= 0x80);
    let fill = if negative { 0xff } else { 0 };
    if let Some((low, high)) = bytes.split_first_chunk::<8>()
        && !high.is_empty()
    {
        let value = i64::from_le_bytes(*low);
        if (value < 0) != negative || high.iter().any(|&byte| byte != fill) {
            return big(bytes, negative);
        }
        return Ok(Int::Small(value));
    }
    let mut low = [fill; 8];
    for (to, &from) in low.iter_mut().zip(bytes) {
        *to = from;
    }
    Ok(Int::Small(i64::from_le_bytes(low)))
}

fn big(bytes: &[u8], negative: bool) -> Result<Int> {
    const CHUNK: u64 = 1_000_000_000_000_000_000;
    // The magnitude, in limbs of 32 bits, the highest first.
    let mut carry = negative;
    let mut magnitude: Vec<u8> = bytes.to_vec();
    if negative {
        for byte in &mut magnitude {
            let (value, over) = (!*byte).overflowing_add(u8::from(carry));
            (*byte, carry) = (value, over);
        }
    }
    let mut limbs: Vec<u32> = magnitude
        .chunks(4)
        .map(|chunk| chunk.iter().rev().fold(0, |limb, &byte| limb << 8 | u32::from(byte)))
        .rev()
        .collect();
    let mut chunks = Vec::new();
    while limbs.iter().any(|&limb| limb != 0) {
        let mut rest = 0_u64;
        for limb in &mut limbs {
            let value = u128::from(rest) << 32 | u128::from(*limb);
            // Both are below their divisor: the quotient fits its limb, the rest its chunk.
            *limb = u32::try_from(value / u128::from(CHUNK)).unwrap_or_default();
            rest = u64::try_from(value % u128::from(CHUNK)).unwrap_or_default();
        }
        chunks.push(rest);
    }
    let mut text = if negative { "-".to_owned() } else { String::new() };
    let mut chunks = chunks.into_iter().rev();
    text += &chunks.next().unwrap_or_default().to_string();
    for chunk in chunks {
        text += &format!("{chunk:018}");
    }
    match text.len() > INT_DIGITS + usize::from(negative) {
        true => Err(int_too_long()),
        false => Ok(Int::Big(text.into())),
    }
}

/// A number of the memo in decimal digits.
pub(super) fn index(line: &[u8]) -> Result<u64> {
    std::str::from_utf8(line)
        .ok()
        .and_then(|line| line.trim().parse().ok())
        .ok_or_else(|| bad("the number of an object that does not parse"))
}

/// A `str` in UTF-8, in which lone surrogates may be encoded as if they were characters.
pub(super) fn utf8(bytes: &[u8]) -> Option<Cell> {
    let mut rest = bytes;
    loop {
        match std::str::from_utf8(rest) {
            Ok(text) if rest.len() == bytes.len() => return Some(Cell::Str(text.into())),
            Ok(_) => return Some(Cell::Surrogates(bytes.into())),
            Err(error) => match rest.get(error.valid_up_to()..) {
                Some([0xed, 0xa0..=0xbf, 0x80..=0xbf, after @ ..]) => rest = after,
                _ => return None,
            },
        }
    }
}

/// A `str` of Python 2, which is text and bytes in one.
pub(super) fn python2(bytes: Arc<[u8]>) -> Cell {
    match std::str::from_utf8(&bytes) {
        Ok(text) if text.is_ascii() => Cell::Str(text.into()),
        _ => Cell::Bytes(bytes),
    }
}

/// Latin-1 with `\uXXXX` and `\UXXXXXXXX`.
pub(super) fn raw_unicode_escape(line: &[u8]) -> Option<Cell> {
    let mut utf8 = Vec::with_capacity(line.len());
    let mut rest = line;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        let len = match (byte, after.first()) {
            (b'\\', Some(b'u')) => 4,
            (b'\\', Some(b'U')) => 8,
            // Also a second backslash, which then begins no escape.
            (b'\\', Some(&second)) => {
                push_code(&mut utf8, byte.into())?;
                push_code(&mut utf8, second.into())?;
                rest = after.get(1..)?;
                continue;
            }
            _ => {
                push_code(&mut utf8, byte.into())?;
                continue;
            }
        };
        let digits = after.get(1..=len)?;
        if !digits.iter().all(u8::is_ascii_hexdigit) {
            return None;
        }
        push_code(
            &mut utf8,
            u32::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?,
        )?;
        rest = after.get(1 + digits.len()..)?;
    }
    self::utf8(&utf8)
}

/// The code point in UTF-8, as if surrogates were characters.
fn push_code(utf8: &mut Vec<u8>, code: u32) -> Option<()> {
    match char::from_u32(code) {
        Some(char) => utf8.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes()),
        None if (0xd800..0xe000).contains(&code) => {
            let [_, _, high, low] = code.to_be_bytes();
            let middle = 0x80 | (high & 0x0f) << 2 | low >> 6;
            utf8.extend_from_slice(&[0xed, middle, 0x80 | low & 0x3f]);
        }
        None => return None,
    }
    Some(())
}

/// The bytes of a Python 2 string literal.
pub(super) fn quoted(line: &[u8]) -> Option<Vec<u8>> {
    let line = line.trim_ascii();
    let (quote, rest) = line.split_first().filter(|(quote, _)| b"'\"".contains(quote))?;
    let mut rest = rest.strip_suffix(&[*quote])?;
    let mut bytes = Vec::with_capacity(rest.len());
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte != b'\\' {
            bytes.push(byte);
            continue;
        }
        let (&escape, after) = after.split_first()?;
        rest = after;
        let byte = match escape {
            b'\\' | b'\'' | b'"' => escape,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'a' => 7,
            b'b' => 8,
            b'f' => 12,
            b'v' => 11,
            b'x' => {
                let digits = after
                    .get(..2)
                    .filter(|digits| digits.iter().all(u8::is_ascii_hexdigit))?;
                rest = after.get(2..)?;
                u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?
            }
            b'0'..=b'7' => {
                let mut value = u32::from(escape - b'0');
                for _ in 0..2 {
                    if let Some((&digit @ b'0'..=b'7', after)) = rest.split_first() {
                        value = value * 8 + u32::from(digit - b'0');
                        rest = after;
                    }
                }
                u8::try_from(value).ok()?
            }
            other => {
                bytes.push(b'\\');
                other
            }
        };
        bytes.push(byte);
    }
    Some(bytes)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn shown(int: Result<Int>) -> String {
        match int {
            Ok(Int::Small(value)) => value.to_string(),
            Ok(Int::Big(digits)) => format!("big {digits}"),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn ints() {
        for (bytes, expected) in [
            (&b""[..], "0"),
            (b"\xff", "-1"),
            (b"\x80", "-128"),
            (b"\xff\0", "255"),
            (b"\0\0\0\0\0\0\0\x80", "-9223372036854775808"),
            (b"\xff\xff\xff\xff\xff\xff\xff\x7f\0\0", "9223372036854775807"),
            (b"\0\0\0\0\0\0\0\x80\0", "big 9223372036854775808"),
            (b"\xff\xff\xff\xff\xff\xff\xff\x7f\xff", "big -9223372036854775809"),
            (
                b"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x80",
                "big -43556142965880123323311949751266331066368",
            ),
            (b"\0\0\x64\xa7\xb3\xb6\xe0\x0d\0", "1000000000000000000"),
            (b"\0\0\xe8\x89\x04\x23\xc7\x8a\0", "big 10000000000000000000"),
        ] {
            assert_eq!(shown(long(bytes)), expected, "{bytes:?}");
        }
        for (text, expected) in [
            (&b"-0"[..], "0"),
            (b" +007 ", "7"),
            (b"9223372036854775808", "big 9223372036854775808"),
            (b"", "an `int` that does not parse"),
            (b"-", "an `int` that does not parse"),
            (b"1_0", "an `int` that does not parse"),
        ] {
            assert_eq!(shown(int(text)), expected, "{text:?}");
        }
    }

    #[test]
    fn escapes() {
        let text = |line: &[u8]| match raw_unicode_escape(line) {
            Some(Cell::Str(text)) => text.as_ref().to_owned(),
            other => format!("{other:?}"),
        };
        assert_eq!(text(b"\xe9\\u65e5\\U0001f600\\n\\"), "é日😀\\n\\");
        assert_eq!(text(b"\\ud800"), "Some(Surrogates([237, 160, 128]))");
        // As Python's `raw-unicode-escape` has them: of two backslashes, neither begins an escape.
        assert_eq!(text(b"\\\\u0041"), "\\\\u0041");
        assert_eq!(text(b"\\\\\\u0041"), "\\\\A");
        assert_eq!(text(b"\\\\\\x\\u0042\\"), "\\\\\\xB\\");
        assert_eq!(text(b"\\u12"), "None");
        assert_eq!(text(b"\\U00110000"), "None");
        for (line, expected) in [
            (&br#"'a\'\x00\n\\\101\7\q'"#[..], Some(&b"a'\0\n\\A\x07\\q"[..])),
            (b"\"'\"", Some(b"'")),
            (b"'a", None),
            (b"'", None),
            (b"'\\x0'", None),
            (b"'\\777'", None),
            (b"", None),
        ] {
            assert_eq!(quoted(line).as_deref(), expected, "{line:?}");
        }
    }
}
