//! Real and complex numbers of NumPy's types as Python prints them.

use std::fmt::Write as _;

use half::f16;

use super::exact::{self, Decimal};
use super::out::Out;
use super::print::{self, exponent_layout};
use super::spec::{Case, Conversion, Spec};
use crate::dtype::{Dtype, Repr, Scalar};
use crate::element::{half_of, long_double_to_f64, point_layout};
use crate::error::{Error, ErrorKind, Result};

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
    pub(super) fn load(scalar: Scalar, swap: bool, bytes: &[u8]) -> Real {
        // Too few bytes give zero; a column never has too few.
        macro_rules! load {
            ($T:ty) => {{
                let value = <$T>::from_ne_bytes(bytes.first_chunk().copied().unwrap_or_default());
                if swap { value.swap_bytes() } else { value }
            }};
        }
        macro_rules! int {
            ($T:ty) => {{
                let value = load!($T);
                #[allow(unused_comparisons)]
                Real::Int(value < 0, u64::from(value.abs_diff(0)), scalar)
            }};
        }
        match scalar {
            Scalar::Bool => Real::Bool(load!(u8) != 0),
            Scalar::Int8 => int!(i8),
            Scalar::Int16 => int!(i16),
            Scalar::Int32 => int!(i32),
            Scalar::Int64 => int!(i64),
            Scalar::Uint8 => int!(u8),
            Scalar::Uint16 => int!(u16),
            Scalar::Uint32 => int!(u32),
            Scalar::Uint64 => int!(u64),
            Scalar::Float16 => Real::Float(f16::from_bits(load!(u16)).to_f64(), Width::Half),
            Scalar::Float32 => Real::Float(f32::from_bits(load!(u32)).into(), Width::Single),
            Scalar::Float64 | Scalar::Complex64 | Scalar::Complex128 => {
                Real::Float(f64::from_bits(load!(u64)), Width::Double)
            }
            // x86's format is little-endian; where it was written in reverse, `swap` says so on those machines.
            Scalar::LongDouble | Scalar::ComplexLongDouble => Real::Long(load!(u128)),
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

    #[inline]
    pub(super) fn largest_positional(&self) -> f64 {
        match self {
            Real::Float(_, Width::Half) => Scalar::Float16.largest_positional(),
            Real::Float(_, Width::Single) => Scalar::Float32.largest_positional(),
            _ => Scalar::Float64.largest_positional(),
        }
    }

    /// A value as the number's own type has it.
    #[allow(clippy::cast_possible_truncation)] // what is asked for
    pub(super) fn rounded(&self, value: f64) -> f64 {
        match self {
            Real::Float(_, Width::Half) => half_of(value).to_f64(),
            Real::Float(_, Width::Single) => (value as f32).into(),
            _ => value,
        }
    }

    /// All digits of a finite number's magnitude, and the fewest that tell it from its neighbours.
    pub(super) fn digits(&self) -> (Decimal, Decimal) {
        let (m, e, lowest) = match *self {
            Real::Bool(value) => (u128::from(value), 0, 0),
            Real::Int(_, magnitude, _) => (magnitude.into(), 0, 0),
            Real::Float(value, Width::Half) => binary(half_of(value).to_bits().into(), 10, 5),
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
pub(super) fn real(out: &mut Out, spec: &Spec, value: Real) -> Result<(), Option<Error>> {
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
pub(super) fn without_precision(spec: &Spec) -> Spec {
    Spec {
        precision: None,
        ..*spec
    }
}

/// Writes a text, then brings it to the spec's width and precision if it has any.
#[inline]
pub(super) fn spelled(out: &mut Out, spec: &Spec, write: impl FnOnce(&mut Out)) {
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
pub(super) fn plain(out: &mut Out, value: Real, readable: bool) {
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

/// `(1+2j)`, or `2j` if the real part is 0.
pub(super) fn complex(out: &mut Out, [re, im]: [Real; 2], parentheses: bool) {
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
