//! The values of an array as Python's `%` prints NumPy's scalars.

use std::fmt::Write as _;

use half::f16;

use super::exact::{self, Decimal};
use super::nested;
use super::print::{self, Case, Conversion, Out, Spec, exponent_layout, point_layout};
use crate::dtype::{ByteOrder, Dtype, Kind, PyStr, Repr, Scalar, Unit, UnitBase};
use crate::element::{Time, long_double_to_f64};
use crate::error::{Error, ErrorKind, Result};

/// Where in a row's bytes a value lies, and what it is.
#[derive(Clone, Debug)]
pub(super) struct Column {
    offset: usize,
    size: usize,
    content: Content,
}

#[derive(Clone, Debug)]
enum Content {
    /// A real number, its bytes in this machine's order or to be swapped.
    Real {
        scalar: Scalar,
        swap: bool,
    },
    Other(Dtype),
}

impl Column {
    pub(super) fn new(offset: usize, dtype: &Dtype) -> Column {
        let content = match dtype.0 {
            Repr::Scalar(scalar, order) if scalar.kind() != Kind::Complex => Content::Real {
                scalar,
                swap: !order.is_native(),
            },
            _ => Content::Other(dtype.clone()),
        };
        Column {
            offset,
            size: dtype.itemsize(),
            content,
        }
    }

    /// Prints the value that `row` holds here.
    ///
    /// # Errors
    ///
    /// A value that the conversion cannot print: `None` where its kind alone says so, as in text by `%d`.
    #[inline]
    pub(super) fn print(&self, out: &mut Out, spec: &Spec, row: &[u8]) -> Result<(), Option<Error>> {
        let bytes = row.get(self.offset..self.offset + self.size).ok_or(None)?;
        match &self.content {
            Content::Real { scalar, swap } => real(out, spec, Real::load(*scalar, *swap, bytes)),
            Content::Other(dtype) => other(out, spec, dtype, bytes),
        }
    }
}

/// A real number on its way to text.
#[derive(Clone, Copy)]
pub(super) enum Real {
    Bool(bool),
    /// Negative, magnitude, and which of NumPy's types.
    Int(bool, u64, Scalar),
    Float(f64, Width),
    /// The bits of x86's extended precision.
    Long(u128),
}

/// The precision of a float: what is shortest depends on it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Width {
    Half,
    Single,
    Double,
}

impl Real {
    #[inline]
    fn load(scalar: Scalar, swap: bool, bytes: &[u8]) -> Real {
        #[inline]
        fn load<const N: usize>(bytes: &[u8], swap: bool) -> [u8; N] {
            let mut own = [0; N];
            own.copy_from_slice(&bytes[..N]);
            if swap {
                own.reverse();
            }
            own
        }
        macro_rules! int {
            ($T:ty) => {{
                let value = <$T>::from_ne_bytes(load(bytes, swap));
                #[allow(unused_comparisons)]
                Real::Int(value < 0, u64::from(value.abs_diff(0)), scalar)
            }};
        }
        match scalar {
            Scalar::Bool => Real::Bool(bytes[0] != 0),
            Scalar::Int8 => int!(i8),
            Scalar::Int16 => int!(i16),
            Scalar::Int32 => int!(i32),
            Scalar::Int64 => int!(i64),
            Scalar::Uint8 => int!(u8),
            Scalar::Uint16 => int!(u16),
            Scalar::Uint32 => int!(u32),
            Scalar::Uint64 => int!(u64),
            Scalar::Float16 => Real::Float(f16::from_ne_bytes(load(bytes, swap)).to_f64(), Width::Half),
            Scalar::Float32 => Real::Float(f32::from_ne_bytes(load(bytes, swap)).into(), Width::Single),
            Scalar::Float64 | Scalar::Complex64 | Scalar::Complex128 => {
                Real::Float(f64::from_ne_bytes(load(bytes, swap)), Width::Double)
            }
            // x86's format is little-endian; where it was written in reverse, `swap` says so on those machines.
            Scalar::LongDouble | Scalar::ComplexLongDouble => Real::Long(u128::from_ne_bytes(load(bytes, swap))),
        }
    }

    /// The number of that dtype.
    pub(super) fn of(dtype: &Dtype, bytes: &[u8]) -> Real {
        match dtype.0 {
            Repr::Scalar(scalar, order) => Real::load(scalar, !order.is_native(), bytes),
            _ => Real::Bool(false),
        }
    }

    pub(super) fn is_negative(&self) -> bool {
        match *self {
            Real::Bool(_) => false,
            Real::Int(negative, ..) => negative,
            Real::Float(value, _) => value.is_sign_negative(),
            Real::Long(bits) => bits >> 79 & 1 == 1,
        }
    }

    /// Unlike its `f64`, to which a finite long double may be too large.
    fn is_infinite(&self) -> bool {
        match *self {
            Real::Long(bits) => bits >> 64 & 0x7fff == 0x7fff,
            _ => self.as_f64().is_infinite(),
        }
    }

    pub(super) fn is_finite(&self) -> bool {
        !self.is_infinite() && !self.as_f64().is_nan()
    }

    pub(super) fn is_zero(&self) -> bool {
        match *self {
            Real::Long(bits) => bits & u128::from(u64::MAX) == 0,
            _ => self.as_f64() == 0.0,
        }
    }

    /// From here on NumPy writes an exponent: where the type's precision ends.
    #[inline]
    pub(super) fn largest_positional(&self) -> f64 {
        match self {
            Real::Float(_, Width::Half) => 1e3,
            Real::Float(_, Width::Single) => 1e6,
            _ => 1e16,
        }
    }

    /// All digits of a finite number's magnitude, and the fewest that tell it from its neighbours.
    pub(super) fn digits(&self) -> (Decimal, Decimal) {
        let (m, e, lowest) = match *self {
            Real::Bool(value) => (u128::from(value), 0, 0),
            Real::Int(_, magnitude, _) => (magnitude.into(), 0, 0),
            Real::Float(value, Width::Half) => binary(f16::from_f64(value).to_bits().into(), 10, 5),
            #[allow(clippy::cast_possible_truncation)] // it was one
            Real::Float(value, Width::Single) => binary((value as f32).to_bits().into(), 23, 8),
            Real::Float(value, Width::Double) => binary(value.to_bits(), 52, 11),
            Real::Long(bits) => {
                let biased = i32::try_from(bits >> 64 & 0x7fff).unwrap_or(0);
                (bits & u128::from(u64::MAX), biased.max(1) - 16_383 - 63, 1 << 63)
            }
        };
        let exact = Decimal::new(m, e);
        let shortest = match self {
            _ if m == 0 => exact.clone(),
            Real::Bool(_) | Real::Int(..) => exact.clone(),
            _ => exact::shortest(m, e, m == lowest),
        };
        (exact, shortest)
    }

    #[inline]
    pub(super) fn as_f64(&self) -> f64 {
        match *self {
            Real::Bool(value) => f64::from(u8::from(value)),
            Real::Int(negative, magnitude, _) => {
                let value = magnitude as f64; // rounded once, whatever the sign
                if negative { -value } else { value }
            }
            Real::Float(value, _) => value,
            Real::Long(bits) => long_double_to_f64(bits, false),
        }
    }
}

/// m and e of a positive IEEE float m × 2^e, and the m below which the floats lie closer.
fn binary(bits: u64, mantissa_bits: u32, exponent_bits: u32) -> (u128, i32, u128) {
    let implicit = 1_u64 << mantissa_bits;
    let bias = (1 << (exponent_bits - 1)) - 1;
    let biased = bits >> mantissa_bits & ((1 << exponent_bits) - 1);
    let fraction = bits & (implicit - 1);
    let m = if biased == 0 { fraction } else { fraction | implicit };
    let e = i32::try_from(biased.max(1)).unwrap_or(0) - bias - i32::try_from(mantissa_bits).unwrap_or(0);
    // The least normal number's neighbours are equally far.
    let lowest = if biased > 1 { implicit } else { 0 };
    (m.into(), e, lowest.into())
}

#[inline]
fn real(out: &mut Out, spec: &Spec, value: Real) -> Result<(), Option<Error>> {
    match (spec.conversion, value) {
        (Conversion::Float(style, case), _) => print::float(out, spec, style, case, value.as_f64()),
        (Conversion::Int, Real::Bool(value)) => print::int(out, spec, false, value.into()),
        (Conversion::Int | Conversion::Radix(_), Real::Int(negative, magnitude, _)) => {
            print::int(out, spec, negative, magnitude);
        }
        (Conversion::Int, Real::Float(value, _)) => print::float_as_int(out, spec, value)?,
        (Conversion::Int, Real::Long(_)) => long_as_int(out, spec, value)?,
        (Conversion::Char, Real::Int(negative, magnitude, _)) => {
            let code = u32::try_from(magnitude).ok().filter(|_| !negative);
            let character = code.and_then(char::from_u32).ok_or_else(|| {
                let sign = if negative { "-" } else { "" };
                Error::new(
                    ErrorKind::Value,
                    format!("{sign}{magnitude} is no character; `%d` would work"),
                )
            })?;
            print::text(out, &without_precision(spec), character.encode_utf8(&mut [0; 4]));
        }
        (Conversion::Radix(_) | Conversion::Char, _) => return Err(None),
        (Conversion::Str | Conversion::Shortest, _) => spelled(out, spec, |out| {
            plain(out, value, spec.conversion == Conversion::Shortest);
        }),
        (Conversion::Repr | Conversion::Ascii, _) => spelled(out, spec, |out| represent(out, value)),
    }
    Ok(())
}

/// A long double by `d`: its whole part, which may be too long for any integer.
fn long_as_int(out: &mut Out, spec: &Spec, value: Real) -> Result<()> {
    if value.as_f64().is_nan() || value.is_infinite() {
        return print::float_as_int(out, spec, value.as_f64());
    }
    let (exact, _) = value.digits();
    let count = usize::try_from(exact.exponent + 1).unwrap_or(0);
    let mut digits = exact.digits;
    digits.resize(count, b'0');
    if digits.is_empty() {
        digits.push(b'0');
    }
    print::int_digits(out, spec, value.is_negative() && digits != b"0", &digits);
    Ok(())
}

/// `%c` takes no notice of a precision.
fn without_precision(spec: &Spec) -> Spec {
    Spec {
        precision: None,
        ..*spec
    }
}

/// Writes a text, then brings it to the spec's width and precision if it has any.
#[inline]
fn spelled(out: &mut Out, spec: &Spec, write: impl FnOnce(&mut Out)) {
    let start = out.len();
    write(out);
    if spec.width > 0 || spec.precision.is_some() || spec.conversion == Conversion::Ascii {
        let written = String::from_utf8_lossy(&out.as_bytes()[start..]).into_owned();
        out.truncate(start);
        if spec.conversion == Conversion::Ascii {
            print::text(out, spec, &escape_beyond_ascii(&written));
        } else {
            print::text(out, spec, &written);
        }
    }
}

/// As Python's `ascii` escapes what `repr` leaves.
fn escape_beyond_ascii(text: &str) -> String {
    let mut ascii = String::with_capacity(text.len());
    for c in text.chars() {
        let _ = match u32::from(c) {
            0..=0x7f => ascii.write_char(c),
            code @ ..=0xff => write!(ascii, "\\x{code:02x}"),
            code @ ..=0xffff => write!(ascii, "\\u{code:04x}"),
            code => write!(ascii, "\\U{code:08x}"),
        };
    }
    ascii
}

/// NumPy's `str` of a real number, or 1 and 0 for a bool where it has to be `readable`.
#[inline]
fn plain(out: &mut Out, value: Real, readable: bool) {
    match value {
        Real::Bool(value) if readable => out.push(if value { b'1' } else { b'0' }),
        Real::Bool(true) => out.extend(b"True"),
        Real::Bool(false) => out.extend(b"False"),
        Real::Int(negative, magnitude, _) => {
            print::int(out, &Spec::new(Conversion::Int), negative, magnitude);
        }
        Real::Float(..) | Real::Long(_) => shortest(out, value, b".0"),
    }
}

/// NumPy's `repr` of a real number.
fn represent(out: &mut Out, value: Real) {
    let (open, close) = match value {
        Real::Bool(true) => return out.extend(b"np.True_"),
        Real::Bool(false) => return out.extend(b"np.False_"),
        Real::Int(_, _, scalar) => {
            out.extend(b"np.");
            (scalar.name(), ")")
        }
        Real::Float(_, Width::Half) => ("np.float16", ")"),
        Real::Float(_, Width::Single) => ("np.float32", ")"),
        Real::Float(_, Width::Double) => ("np.float64", ")"),
        Real::Long(_) => ("np.longdouble('", "')"),
    };
    out.extend(open.as_bytes());
    if !matches!(value, Real::Long(_)) {
        out.push(b'(');
    }
    plain(out, value, false);
    out.extend(close.as_bytes());
}

/// The shortest digits that read back to the same float, laid out as NumPy does; `whole` follows a float without a
/// fraction.
#[inline]
fn shortest(out: &mut Out, value: Real, whole: &[u8]) {
    let (number, width) = match value {
        Real::Float(number, width @ (Width::Single | Width::Double)) if number.is_finite() => (number, width),
        _ => return shortest_exactly(out, value, whole),
    };
    let x = number.abs();
    let mut buffer = zmij::Buffer::new();
    #[allow(clippy::cast_possible_truncation)] // it was one
    let text = match width {
        Width::Single => buffer.format_finite(number as f32),
        _ => buffer.format_finite(number),
    };
    if (x >= 1e-4 && x < value.largest_positional()) || x == 0.0 {
        match text.strip_suffix(".0") {
            Some(text) => {
                out.extend(text.as_bytes());
                out.extend(whole);
            }
            None => out.extend(text.as_bytes()),
        }
    } else {
        scientific(out, text);
    }
}

/// As [`shortest`] for what zmij does not know.
#[cold]
fn shortest_exactly(out: &mut Out, value: Real, whole: &[u8]) {
    let number = value.as_f64();
    if number.is_nan() {
        return out.extend(b"nan");
    }
    if value.is_negative() {
        out.push(b'-');
    }
    if value.is_infinite() {
        return out.extend(b"inf");
    }
    let (exact, digits) = value.digits();
    if digits.digits.is_empty() {
        out.push(b'0');
        return out.extend(whole);
    }
    let limit = value.largest_positional().log10();
    if exact.exponent >= -4 && f64::from(exact.exponent) < limit {
        let text = point_layout(&digits.digits, digits.exponent, false);
        out.extend(&text);
        if !text.contains(&b'.') {
            out.extend(whole);
        }
    } else {
        out.extend(&exponent_layout(&digits.digits, digits.exponent, false, Case::Lower));
    }
}

/// Any decimal number with an exponent of two digits at least, and no zero or point more than it needs.
fn scientific(out: &mut Out, text: &str) {
    let text = match text.strip_prefix('-') {
        Some(text) => {
            out.push(b'-');
            text
        }
        None => text,
    };
    let decimal = decimal(text);
    out.extend(&exponent_layout(&decimal.digits, decimal.exponent, false, Case::Lower));
}

/// The digits of a positive number's text.
fn decimal(text: &str) -> Decimal {
    let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = whole.bytes().chain(fraction.bytes()).collect();
    Decimal::trimmed(digits, exponent + i32::try_from(whole.len()).unwrap_or(0) - 1)
}

/// What is no real number.
fn other(out: &mut Out, spec: &Spec, dtype: &Dtype, bytes: &[u8]) -> Result<(), Option<Error>> {
    match (&dtype.0, spec.conversion) {
        // Python's float() and int() of a complex number take its real part.
        (Repr::Scalar(..), Conversion::Int | Conversion::Float(..)) => {
            let [re, _] = parts(dtype, bytes);
            return real(out, spec, re);
        }
        (Repr::Datetime(unit, order), Conversion::Int | Conversion::Float(..)) => {
            let count = count(bytes, *order);
            return match datetime_is_int(count, *unit) {
                true => real(out, spec, Real::Int(count < 0, count.unsigned_abs(), Scalar::Int64)),
                false => Err(None),
            };
        }
        (Repr::Timedelta(unit, order), Conversion::Int | Conversion::Float(..)) => {
            let count = count(bytes, *order);
            return match timedelta_is_int(count, *unit) {
                true => real(out, spec, Real::Int(count < 0, count.unsigned_abs(), Scalar::Int64)),
                false => Err(None),
            };
        }
        (Repr::Str(_, order), Conversion::Char) => {
            let text = characters(bytes, *order)?;
            if text.chars().count() != 1 {
                return Err(None);
            }
            print::text(out, &without_precision(spec), &text);
            return Ok(());
        }
        (_, Conversion::Int | Conversion::Float(..) | Conversion::Radix(_) | Conversion::Char) => return Err(None),
        (Repr::Str(_, order), Conversion::Str | Conversion::Shortest) => {
            let text = characters(bytes, *order)?;
            print::text(out, spec, &text);
            return Ok(());
        }
        (_, Conversion::Str | Conversion::Repr | Conversion::Ascii | Conversion::Shortest) => {}
    }
    let mut text = String::new();
    match spec.conversion {
        Conversion::Shortest => readable(&mut text, dtype, bytes)?,
        Conversion::Str => str_of(&mut text, dtype, bytes)?,
        _ => repr_of(&mut text, dtype, bytes)?,
    }
    spelled(out, spec, |out| out.extend(text.as_bytes()));
    Ok(())
}

/// The parts of a complex number.
pub(super) fn parts(dtype: &Dtype, bytes: &[u8]) -> [Real; 2] {
    let (scalar, swap) = match dtype.0 {
        Repr::Scalar(Scalar::Complex64, order) => (Scalar::Float32, !order.is_native()),
        Repr::Scalar(Scalar::ComplexLongDouble, order) => (Scalar::LongDouble, !order.is_native()),
        Repr::Scalar(_, order) => (Scalar::Float64, !order.is_native()),
        _ => (Scalar::Float64, false),
    };
    let (re, im) = bytes.split_at(bytes.len() / 2);
    [re, im].map(|part| Real::load(scalar, swap, part))
}

fn count(bytes: &[u8], order: ByteOrder) -> i64 {
    let bytes: [u8; 8] = bytes.try_into().unwrap_or_default();
    match order {
        ByteOrder::Big => i64::from_be_bytes(bytes),
        _ => i64::from_le_bytes(bytes),
    }
}

/// The count of a datetime or timedelta.
pub(super) fn count_of(dtype: &Dtype, bytes: &[u8]) -> i64 {
    count(bytes, dtype.byte_order())
}

/// The text of a `U`, without the NULs at its end.
///
/// # Errors
///
/// Surrogates and numbers beyond Unicode, which no encoding takes.
fn characters(bytes: &[u8], order: ByteOrder) -> Result<String> {
    let code = |bytes: &[u8]| {
        let bytes: [u8; 4] = bytes.try_into().unwrap_or_default();
        match order {
            ByteOrder::Big => u32::from_be_bytes(bytes),
            _ => u32::from_le_bytes(bytes),
        }
    };
    let mut codes = bytes.chunks_exact(4);
    while codes.clone().next_back().is_some_and(|last| code(last) == 0) {
        codes.next_back();
    }
    let mut text = String::with_capacity(codes.len());
    for bytes in codes {
        let code = code(bytes);
        text.push(char::from_u32(code).ok_or_else(|| {
            Error::new(
                ErrorKind::Value,
                format!("string with code point {code:#x}, which no encoding can hold"),
            )
        })?);
    }
    Ok(text)
}

/// The bytes of an `S`, without the NULs at its end.
fn trimmed(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
    &bytes[..end]
}

/// Whether Python's number for it is an int: it has dates for years 1 to 9999 with microseconds, and no NaT.
fn datetime_is_int(count: i64, unit: Unit) -> bool {
    if count == i64::MIN {
        return false;
    }
    unit.base() >= UnitBase::Nanosecond && unit.base() != UnitBase::Generic || {
        let text = Time::datetime(count, unit).to_string();
        let year = text.get(..4).unwrap_or_default();
        let ends = matches!(text.as_bytes().get(4), None | Some(b'-'));
        !(ends && year.bytes().all(|byte| byte.is_ascii_digit()) && year != "0000")
    }
}

/// As [`datetime_is_int`]: Python has spans of up to 999999999 days in microseconds, and none of months and years.
fn timedelta_is_int(count: i64, unit: Unit) -> bool {
    if count == i64::MIN {
        return false;
    }
    let per_day = match unit.base() {
        UnitBase::Week => return !in_days(i128::from(count) * i128::from(unit.step()) * 7, 1),
        UnitBase::Day => 1,
        UnitBase::Hour => 24,
        UnitBase::Minute => 1_440,
        UnitBase::Second => 86_400,
        UnitBase::Millisecond => 86_400_000,
        UnitBase::Microsecond => 86_400_000_000,
        _ => return true,
    };
    !in_days(i128::from(count) * i128::from(unit.step()), per_day)
}

fn in_days(value: i128, per_day: i128) -> bool {
    (-999_999_999..=999_999_999).contains(&value.div_euclid(per_day))
}

/// NumPy's `str` of what is no real number.
pub(super) fn str_of(text: &mut String, dtype: &Dtype, bytes: &[u8]) -> Result<()> {
    match &dtype.0 {
        Repr::Scalar(scalar, _) => {
            let mut out = Out::new();
            match scalar.kind() {
                Kind::Complex => complex(&mut out, parts(dtype, bytes), true),
                _ => plain(&mut out, Real::of(dtype, bytes), false),
            }
            text.push_str(&String::from_utf8_lossy(out.as_bytes()));
        }
        Repr::Datetime(unit, order) => {
            let count = count(bytes, *order);
            if unit.base() == UnitBase::Generic && count != i64::MIN {
                return Err(Error::new(
                    ErrorKind::Value,
                    "a datetime without a unit that is not NaT has no text",
                ));
            }
            let _ = write!(text, "{}", Time::datetime(count, *unit));
        }
        Repr::Timedelta(unit, order) => {
            let _ = write!(text, "{}", Time::timedelta(count(bytes, *order), *unit));
        }
        Repr::Bytes(_) => python_bytes(text, trimmed(bytes)),
        Repr::Str(_, order) => text.push_str(&characters(bytes, *order)?),
        Repr::Void(_) => python_void(text, bytes),
        Repr::Record(_) => text.push_str(&nested::record(dtype, bytes)?),
        Repr::Subarray(_) => text.push_str(&nested::array(dtype, bytes)?),
        Repr::Object => return Err(unprintable(dtype)),
    }
    Ok(())
}

/// NumPy's `repr` of what is no real number.
fn repr_of(text: &mut String, dtype: &Dtype, bytes: &[u8]) -> Result<()> {
    match &dtype.0 {
        Repr::Scalar(scalar, _) => {
            let (quote, name) = match scalar {
                Scalar::ComplexLongDouble => ("'", "clongdouble"), // not by its size, complex256
                _ => ("", scalar.name()),
            };
            let mut out = Out::new();
            complex(&mut out, parts(dtype, bytes), false);
            let number = String::from_utf8_lossy(out.as_bytes());
            let _ = write!(text, "np.{name}({quote}{number}{quote})");
        }
        Repr::Datetime(unit, order) => {
            let count = count(bytes, *order);
            text.push_str("np.datetime64('");
            str_of(text, dtype, bytes)?;
            // The text alone says the unit, unless it is hours or has a step.
            let plain = unit.step() == 1 && unit.base() != UnitBase::Hour;
            if plain && count != i64::MIN {
                text.push_str("')");
            } else {
                let _ = write!(text, "',{})", unit_name(*unit, "'generic'"));
            }
        }
        Repr::Timedelta(unit, order) => {
            let count = count(bytes, *order);
            text.push_str("np.timedelta64(");
            let _ = match count {
                i64::MIN => write!(text, "'NaT'"),
                _ => write!(text, "{count}"),
            };
            if unit.base() != UnitBase::Generic {
                let _ = write!(text, ",{}", unit_name(*unit, ""));
            }
            text.push(')');
        }
        Repr::Bytes(_) => {
            text.push_str("np.bytes_(");
            python_bytes(text, trimmed(bytes));
            text.push(')');
        }
        Repr::Str(_, order) => {
            let _ = write!(text, "np.str_({})", PyStr(&characters(bytes, *order)?));
        }
        Repr::Void(_) => {
            text.push_str("np.void(");
            python_void(text, bytes);
            text.push(')');
        }
        Repr::Record(_) => text.push_str(&nested::record_repr(dtype, bytes)?),
        Repr::Subarray(_) => text.push_str(&nested::array_repr(dtype, bytes)?),
        Repr::Object => return Err(unprintable(dtype)),
    }
    Ok(())
}

/// A text that loadtxt reads back to the same value.
fn readable(text: &mut String, dtype: &Dtype, bytes: &[u8]) -> Result<()> {
    match &dtype.0 {
        Repr::Timedelta(_, order) => {
            let _ = match count(bytes, *order) {
                i64::MIN => write!(text, "NaT"),
                count => write!(text, "{count}"),
            };
            Ok(())
        }
        Repr::Bytes(_) => {
            text.extend(trimmed(bytes).iter().map(|&byte| char::from(byte)));
            Ok(())
        }
        _ => str_of(text, dtype, bytes),
    }
}

fn unprintable(dtype: &Dtype) -> Error {
    Error::new(
        ErrorKind::Argument,
        format!("savetxt cannot write a value of dtype {}", dtype.describe()),
    )
}

/// `'25s'`
fn unit_name(unit: Unit, generic: &str) -> String {
    match (unit.base(), unit.step()) {
        (UnitBase::Generic, _) => generic.to_owned(),
        (base, 1) => format!("'{}'", base.abbreviation()),
        (base, step) => format!("'{step}{}'", base.abbreviation()),
    }
}

/// `(1+2j)`, or `2j` if the real part is 0.
fn complex(out: &mut Out, [re, im]: [Real; 2], parentheses: bool) {
    let part = |out: &mut Out, part: Real| shortest(out, part, b"");
    let only_imaginary = re.is_zero() && !re.is_negative();
    if only_imaginary {
        part(out, im);
        return out.push(b'j');
    }
    if parentheses {
        out.push(b'(');
    }
    part(out, re);
    let im_value = im.as_f64();
    if im_value.is_nan() || im_value.is_sign_positive() {
        out.push(b'+');
    }
    part(out, im);
    out.push(b'j');
    if parentheses {
        out.push(b')');
    }
}

/// Python's repr of bytes.
fn python_bytes(text: &mut String, bytes: &[u8]) {
    let quote = if bytes.contains(&b'\'') && !bytes.contains(&b'"') {
        '"'
    } else {
        '\''
    };
    text.push('b');
    text.push(quote);
    for &byte in bytes {
        let _ = match byte {
            b'\\' => write!(text, "\\\\"),
            b'\n' => write!(text, "\\n"),
            b'\r' => write!(text, "\\r"),
            b'\t' => write!(text, "\\t"),
            _ if char::from(byte) == quote => write!(text, "\\{quote}"),
            b' '..=b'~' => text.write_char(char::from(byte)),
            _ => write!(text, "\\x{byte:02x}"),
        };
    }
    text.push(quote);
}

/// NumPy's text of raw bytes.
fn python_void(text: &mut String, bytes: &[u8]) {
    text.push_str("b'");
    for byte in bytes {
        let _ = write!(text, "\\x{byte:02X}");
    }
    text.push('\'');
}
