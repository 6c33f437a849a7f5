//! Numbers as Python's `%` prints them.

use super::digits;
use crate::error::{Error, ErrorKind, Result};

/// One conversion of a format, such as `%-10.3e`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Spec {
    pub(crate) conversion: Conversion,
    /// `-`: padded on the right.
    pub(crate) left: bool,
    /// `+`, or a space: what stands for the sign of what is not negative.
    pub(crate) plus: Option<u8>,
    /// `#`: a prefix for `%x` and `%o`, the point and zeros always for floats.
    pub(crate) alternate: bool,
    /// `0`: numbers are padded with zeros.
    pub(crate) zero: bool,
    /// In characters, at least.
    pub(crate) width: usize,
    pub(crate) precision: Option<usize>,
}

/// What a conversion makes of its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Conversion {
    /// `d i u`
    Int,
    /// `o x X`: base and letters.
    Radix(Radix),
    /// `e f g`, in capitals or not.
    Float(Style, Case),
    /// `c`
    Char,
    /// `s`
    Str,
    /// `r`
    Repr,
    /// `a`
    Ascii,
    /// `Fmt::Shortest`
    Shortest,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Radix {
    Octal,
    Hex,
    HexCapital,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    Exponent,
    Fixed,
    General,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Case {
    Lower,
    Capital,
}

impl Spec {
    pub(crate) fn new(conversion: Conversion) -> Spec {
        Spec {
            conversion,
            left: false,
            plus: None,
            alternate: false,
            zero: false,
            width: 0,
            precision: None,
        }
    }
}

/// Text under way: bytes that are there from the start and a count of those in use, so that a number is written where it
/// stays, with no capacity to check for each of its parts.
pub(crate) struct Out {
    bytes: Vec<u8>,
    len: usize,
}

/// At least the longest text of a fast path, and what its copies of a fixed length touch behind it.
const ROOM: usize = 96;

impl Out {
    pub(crate) fn new() -> Out {
        Out {
            bytes: vec![0; 1024],
            len: 0,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }

    pub(crate) fn truncate(&mut self, len: usize) {
        self.len = self.len.min(len);
    }

    #[inline]
    fn reserve(&mut self, size: usize) {
        if self.bytes.len() - self.len < size {
            self.grow(size);
        }
    }

    #[cold]
    fn grow(&mut self, size: usize) {
        let size = (self.len + size).max(2 * self.bytes.len());
        self.bytes.resize(size, 0);
    }

    #[inline]
    pub(crate) fn push(&mut self, byte: u8) {
        self.reserve(1);
        self.bytes[self.len] = byte;
        self.len += 1;
    }

    #[inline(always)]
    pub(crate) fn extend(&mut self, bytes: &[u8]) {
        match bytes {
            [byte] => self.push(*byte), // most delimiters
            _ => self.extend_long(bytes),
        }
    }

    #[inline]
    fn extend_long(&mut self, bytes: &[u8]) {
        self.reserve(bytes.len());
        let room = &mut self.bytes[self.len..self.len + bytes.len()];
        self.len += bytes.len();
        match bytes.len() {
            8..=16 => copy_ends::<8>(room, bytes),
            17..=32 => copy_ends::<16>(room, bytes),
            _ => room.copy_from_slice(bytes),
        }
    }

    /// `+-` becomes `-` from `start` on, as NumPy has it for complex numbers.
    pub(crate) fn replace_plus_minus(&mut self, start: usize) {
        let mut end = start;
        for at in start..self.len {
            if self.bytes[at..self.len].starts_with(b"+-") {
                continue;
            }
            self.bytes[end] = self.bytes[at];
            end += 1;
        }
        self.len = end;
    }

    fn fill(&mut self, byte: u8, count: usize) {
        self.reserve(count);
        self.bytes[self.len..self.len + count].fill(byte);
        self.len += count;
    }

    /// Where a short text goes next: [`Cursor::finish`] tells its length, to be added to `len`.
    #[inline]
    fn cursor(&mut self) -> Cursor<'_> {
        self.reserve(ROOM);
        let room = self.bytes.get_mut(self.len..).and_then(<[u8]>::first_chunk_mut);
        match room {
            Some(bytes) => Cursor { bytes, len: 0 },
            None => unreachable!("just reserved"),
        }
    }

    /// Pads the number that starts at `start`, whose sign and prefix take `head` bytes, to the spec's width.
    #[inline]
    fn pad_number(&mut self, spec: &Spec, start: usize, head: usize) {
        let len = self.len - start;
        if spec.width > len {
            self.pad(spec, start, head, spec.width - len);
        }
    }

    fn pad(&mut self, spec: &Spec, start: usize, head: usize, pad: usize) {
        let end = self.len;
        self.fill(b' ', pad);
        if !spec.left {
            let (at, byte) = if spec.zero { (start + head, b'0') } else { (start, b' ') };
            self.bytes.copy_within(at..end, at + pad);
            self.bytes[at..at + pad].fill(byte);
        }
    }
}

/// Copies a text of `N` to `2 * N` bytes by its first and last `N`, for which no call is needed.
#[inline(always)]
fn copy_ends<const N: usize>(to: &mut [u8], from: &[u8]) {
    if let (Some(first), Some(last)) = (from.first_chunk::<N>(), from.last_chunk::<N>()) {
        to[..N].copy_from_slice(first);
        let end = to.len() - N;
        to[end..].copy_from_slice(last);
    }
}

/// A short text under way, in the room that [`Out::cursor`] gave it.
struct Cursor<'a> {
    bytes: &'a mut [u8; ROOM],
    len: usize,
}

impl Cursor<'_> {
    #[inline]
    fn push(&mut self, byte: u8) {
        self.bytes[self.len] = byte;
        self.len += 1;
    }

    /// Without a branch, which every other of random numbers would take the wrong way.
    #[inline]
    fn push_sign(&mut self, sign: (u8, bool)) {
        self.bytes[self.len] = sign.0;
        self.len += usize::from(sign.1);
    }

    /// `count` (at most 24) digits of [`digits::ascii`]'s text from `start` on.
    #[inline]
    fn push_digits(&mut self, ascii: &[u8; 48], start: usize, count: usize) {
        self.bytes[self.len..self.len + 24].copy_from_slice(&ascii[start..start + 24]);
        self.len += count;
    }

    /// `count` (at most 8) of those digits.
    #[inline]
    fn push_few(&mut self, digits: [u8; 8], count: usize) {
        self.bytes[self.len..self.len + 8].copy_from_slice(&digits);
        self.len += count;
    }

    #[inline(always)]
    fn push_int(&mut self, n: u64) {
        if n < digits::CHUNK {
            let (digits, count) = digits::few(n);
            self.push_few(digits, count);
        } else {
            let start = digits::start(n);
            self.push_digits(&digits::ascii(n), start, 24 - start);
        }
    }

    /// The first digit of a number of [`digits::FAST`] ones, and `precision` (below as many) of those behind the point.
    ///
    /// All are written, each where it stays: what is read again before it has left the core costs more than a digit.
    #[inline]
    fn push_scientific(&mut self, n: u64, precision: usize, point: bool) {
        let Some(place) = self.bytes.get_mut(self.len..).and_then(<[u8]>::first_chunk_mut::<20>) else {
            unreachable!("a number has room for all its digits");
        };
        let (first, high, middle, low) = digits::nineteen(n);
        place[..2].copy_from_slice(&[first, b'.']);
        place[2..10].copy_from_slice(&high);
        place[10..18].copy_from_slice(&middle);
        place[18..].copy_from_slice(&low);
        self.len += match precision {
            0 => 1 + usize::from(point),
            _ => 2 + precision,
        };
    }

    /// `e+05`: the sign always, two digits at least.
    #[inline]
    fn push_exponent(&mut self, k: i32, case: Case) {
        let letter = if case == Case::Capital { b'E' } else { b'e' };
        let sign = if k < 0 { b'-' } else { b'+' };
        self.bytes[self.len..self.len + 2].copy_from_slice(&[letter, sign]);
        self.len += 2;
        let mut k = k.unsigned_abs();
        let thousands = k >= 1000;
        #[allow(clippy::cast_possible_truncation)] // digits
        let digit = |n: u32| b'0' + n as u8;
        // Three digits in an f64's, four in a long double's.
        for unit in [1000, 100] {
            if k >= unit || (unit == 100 && thousands) {
                self.push(digit(k / unit));
                k %= unit;
            }
        }
        let tens = (k * 103) >> 10;
        self.bytes[self.len..self.len + 2].copy_from_slice(&[digit(tens), digit(k - 10 * tens)]);
        self.len += 2;
    }

    /// Takes the zeros behind the point away, and the point if it is then last.
    #[inline]
    fn trim_fraction(&mut self) {
        while self.len > 0 && self.bytes[self.len - 1] == b'0' {
            self.len -= 1;
        }
        if self.len > 0 && self.bytes[self.len - 1] == b'.' {
            self.len -= 1;
        }
    }
}

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

/// The digits with their point after that of 10^0, zeros where they do not reach it; `point` even where nothing follows.
pub(super) fn point_layout(digits: &[u8], k: i32, point: bool) -> Vec<u8> {
    let mut text = Vec::with_capacity(digits.len() + 8);
    match usize::try_from(k) {
        Ok(up) => {
            let split = digits.len().min(up + 1);
            text.extend_from_slice(&digits[..split]);
            text.resize(up + 1, b'0');
            if split < digits.len() || point {
                text.push(b'.');
            }
            text.extend_from_slice(&digits[split..]);
        }
        Err(_) => {
            text.extend_from_slice(b"0.");
            text.resize(1 + k.unsigned_abs() as usize, b'0');
            text.extend_from_slice(digits);
        }
    }
    text
}
