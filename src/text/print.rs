//! Numbers as Python's `%` prints them.

use super::digits;
use super::out::{Cursor, Out, ROOM};
use super::spec::{Case, Conversion, Radix, Spec, Style};
use crate::element::point_layout;
use crate::error::{Error, ErrorKind, Result};

/// A number of any length: sign, prefix and body, padded.
#[inline]
fn number(out: &mut Out, spec: &Spec, sign: (u8, bool), prefix: &[u8], body: &[u8]) {
    let start = out.len;
    out.push(sign.0);
    out.len = start + usize::from(sign.1);
    out.extend(prefix);
    let head = out.len - start;
    out.extend(body);
    out.pad_number(spec, start, head);
}

/// The sign's byte, and whether there is one.
#[inline]
fn sign(spec: &Spec, negative: bool) -> (u8, bool) {
    (
        if negative { b'-' } else { spec.plus.unwrap_or_default() },
        negative | spec.plus.is_some(),
    )
}

/// Pads and cuts a text (`%s` and its like) to the spec's width and precision, both in characters.
pub(crate) fn text(out: &mut Out, spec: &Spec, text: &str) {
    let text = match spec.precision {
        Some(limit) => text.char_indices().nth(limit).map_or(text, |(end, _)| &text[..end]),
        None => text,
    };
    let pad = match spec.width {
        0 => 0,
        width => width.saturating_sub(text.chars().count()),
    };
    if !spec.left {
        out.fill(b' ', pad);
    }
    out.extend(text.as_bytes());
    if spec.left {
        out.fill(b' ', pad);
    }
}

/// An integer by `d`, `x`, `o` and their like: its sign and magnitude.
#[inline(always)]
pub(crate) fn int(out: &mut Out, spec: &Spec, negative: bool, magnitude: u64) {
    if spec.precision.is_some() || matches!(spec.conversion, Conversion::Radix(_)) {
        return int_formatted(out, spec, negative, magnitude);
    }
    let start = out.len;
    let sign = sign(spec, negative);
    let mut text = out.cursor();
    text.push_sign(sign);
    text.push_int(magnitude);
    out.len += text.len;
    out.pad_number(spec, start, usize::from(sign.1));
}

/// An integer in another base, or of digits at least.
fn int_formatted(out: &mut Out, spec: &Spec, negative: bool, magnitude: u64) {
    let radix = match spec.conversion {
        Conversion::Radix(radix) => radix,
        _ => {
            let ascii = digits::ascii(magnitude);
            return int_digits(out, spec, negative, &ascii[digits::start(magnitude)..24]);
        }
    };
    let (text, prefix) = match radix {
        Radix::Octal => (format!("{magnitude:o}"), "0o"),
        Radix::Hex => (format!("{magnitude:x}"), "0x"),
        Radix::HexCapital => (format!("{magnitude:X}"), "0X"),
    };
    let prefix = if spec.alternate { prefix } else { "" };
    let zeros = spec.precision.unwrap_or(0).saturating_sub(text.len());
    if zeros == 0 {
        number(out, spec, sign(spec, negative), prefix.as_bytes(), text.as_bytes());
    } else {
        let text = "0".repeat(zeros) + &text;
        number(out, spec, sign(spec, negative), prefix.as_bytes(), text.as_bytes());
    }
}

/// An integer of any length by `d`: its sign and decimal digits.
#[inline]
pub(crate) fn int_digits(out: &mut Out, spec: &Spec, negative: bool, digits: &[u8]) {
    match spec.precision {
        Some(precision) if precision > digits.len() => {
            let mut text = vec![b'0'; precision - digits.len()];
            text.extend_from_slice(digits);
            number(out, spec, sign(spec, negative), b"", &text);
        }
        _ => number(out, spec, sign(spec, negative), b"", digits),
    }
}

/// A float by `d`: its whole part, whatever its size.
///
/// # Errors
///
/// NaN and infinities are no integers.
#[inline]
pub(crate) fn float_as_int(out: &mut Out, spec: &Spec, value: f64) -> Result<()> {
    if !value.is_finite() {
        return Err(Error::new(
            ErrorKind::Value,
            format!(
                "{} cannot be written as an integer; `%g` would work",
                python_name(value)
            ),
        ));
    }
    #[allow(clippy::cast_possible_truncation)] // that is its whole part
    if value.abs() < 9_223_372_036_854_775_808.0 {
        let whole = value as i64;
        int(out, spec, whole < 0, whole.unsigned_abs());
    } else {
        int_digits(out, spec, value < 0.0, digits::exact_fixed(value.abs(), 0).as_bytes());
    }
    Ok(())
}

/// `nan` (never signed), `inf` or `-inf`.
fn python_name(value: f64) -> &'static str {
    if value.is_nan() {
        "nan"
    } else if value > 0.0 {
        "inf"
    } else {
        "-inf"
    }
}

/// A float by `e`, `f` or `g`.
#[inline]
pub(crate) fn float(out: &mut Out, spec: &Spec, style: Style, case: Case, value: f64) {
    if !value.is_finite() {
        return non_finite(out, spec, case, value);
    }
    let precision = spec.precision.unwrap_or(6);
    let x = value.abs();
    let sign = sign(spec, value.is_sign_negative());
    let mut text = out.cursor();
    text.push_sign(sign);
    let decided = match style {
        Style::Exponent => exponent(&mut text, x, precision, spec.alternate, case),
        Style::Fixed => fixed(&mut text, x, precision, spec.alternate),
        Style::General => general(&mut text, x, precision.max(1), spec.alternate, case),
    };
    let len = text.len;
    match decided {
        Some(()) => {
            let start = out.len;
            out.len += len;
            out.pad_number(spec, start, usize::from(sign.1));
        }
        None => number(out, spec, sign, b"", &exact(x, spec, style, case)),
    }
}

#[cold]
fn non_finite(out: &mut Out, spec: &Spec, case: Case, value: f64) {
    let name = match (value.is_nan(), case) {
        (true, Case::Lower) => "nan",
        (true, Case::Capital) => "NAN",
        (false, Case::Lower) => "inf",
        (false, Case::Capital) => "INF",
    };
    number(out, spec, sign(spec, value < 0.0), b"", name.as_bytes());
}

#[inline]
fn exponent(text: &mut Cursor<'_>, x: f64, precision: usize, alternate: bool, case: Case) -> Option<()> {
    if precision >= digits::FAST {
        return None;
    }
    let (n, k) = if x == 0.0 {
        (0, 0)
    } else {
        digits::significant(x, precision + 1)?
    };
    text.push_scientific(n * digits::TENS[digits::FAST - 1 - precision], precision, alternate);
    text.push_exponent(k, case);
    Some(())
}

#[inline]
fn fixed(text: &mut Cursor<'_>, x: f64, precision: usize, alternate: bool) -> Option<()> {
    if precision > digits::FAST || x >= 9_223_372_036_854_775_808.0 {
        return None;
    }
    let (whole, rest) = digits::fixed(x, precision)?;
    text.push_int(whole);
    if (1..=8).contains(&precision) {
        text.push(b'.');
        text.push_few(digits::last(rest, precision), precision);
    } else if precision > 0 {
        text.push(b'.');
        text.push_digits(&digits::ascii(rest), 24 - precision, precision);
    } else if alternate {
        text.push(b'.');
    }
    Some(())
}

#[inline]
fn general(text: &mut Cursor<'_>, x: f64, precision: usize, alternate: bool, case: Case) -> Option<()> {
    if precision > digits::FAST {
        return None;
    }
    let (n, k) = if x == 0.0 {
        (0, 0)
    } else {
        digits::significant(x, precision)?
    };
    let ascii = digits::ascii(n);
    let start = 24 - precision;
    match usize::try_from(k) {
        // As `%e`.
        Ok(up) if up >= precision => general_exponent(text, &ascii, precision, k, alternate, case),
        _ if k < -4 => general_exponent(text, &ascii, precision, k, alternate, case),
        // The point after the digit of 10^0.
        Ok(up) => {
            text.push_digits(&ascii, start, up + 1);
            text.push(b'.');
            text.push_digits(&ascii, start + up + 1, precision - up - 1);
            if !alternate {
                text.trim_fraction();
            }
        }
        // 10^-1 to 10^-4: zeros first.
        Err(_) => {
            text.push(b'0');
            text.push(b'.');
            for _ in 1..k.unsigned_abs() {
                text.push(b'0');
            }
            text.push_digits(&ascii, start, precision);
            if !alternate {
                text.trim_fraction();
            }
        }
    }
    Some(())
}

#[inline]
fn general_exponent(text: &mut Cursor<'_>, ascii: &[u8; 48], precision: usize, k: i32, alternate: bool, case: Case) {
    let start = 24 - precision;
    text.push(ascii[start]);
    text.push(b'.');
    text.push_digits(ascii, start + 1, precision - 1);
    if !alternate {
        text.trim_fraction();
    }
    text.push_exponent(k, case);
}

/// Any precision, exactly: what the fast paths leave.
#[cold]
fn exact(x: f64, spec: &Spec, style: Style, case: Case) -> Vec<u8> {
    let precision = spec.precision.unwrap_or(6);
    match style {
        Style::Exponent => {
            let (mut digits, k) = digits::exact_significant(x, precision + 1);
            digits.resize(precision + 1, b'0');
            exponent_layout(&digits, k, spec.alternate, case)
        }
        Style::Fixed => {
            let mut text = digits::exact_fixed(x, precision).into_bytes();
            match text.iter().position(|&byte| byte == b'.') {
                Some(point) => text.resize(point + 1 + precision, b'0'),
                None if spec.alternate => text.push(b'.'),
                None => {}
            }
            text
        }
        Style::General => {
            let precision = precision.max(1);
            let (mut digits, k) = digits::exact_significant(x, precision);
            if spec.alternate {
                digits.resize(precision, b'0');
            } else {
                let end = digits.iter().rposition(|&digit| digit != b'0').unwrap_or(0);
                digits.truncate(end + 1);
            }
            if k < -4 || usize::try_from(k).is_ok_and(|up| up >= precision) {
                exponent_layout(&digits, k, spec.alternate, case)
            } else {
                point_layout(&digits, k, spec.alternate)
            }
        }
    }
}

/// `d.ddde+kk` of the digits as they are.
pub(super) fn exponent_layout(digits: &[u8], k: i32, alternate: bool, case: Case) -> Vec<u8> {
    let mut text = Vec::with_capacity(digits.len() + 8);
    text.extend_from_slice(&digits[..1]);
    if digits.len() > 1 || alternate {
        text.push(b'.');
        text.extend_from_slice(&digits[1..]);
    }
    let mut end = Cursor {
        bytes: &mut [0; ROOM],
        len: 0,
    };
    end.push_exponent(k, case);
    text.extend_from_slice(&end.bytes[..end.len]);
    text
}
