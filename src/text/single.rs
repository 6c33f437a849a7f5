//! Single values, which are no records and no arrays, as NumPy's `str` and `repr` write them.

use std::fmt::Write as _;

use super::out::Out;
use super::real::{Real, complex, plain};
use crate::dtype::{ByteOrder, Dtype, Kind, PyStr, Repr, Scalar, Unit, UnitBase};
use crate::element::{NAT, Time, decode_text, without_padding};
use crate::error::{Error, ErrorKind, Result};

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

pub(super) fn count(bytes: &[u8], order: ByteOrder) -> i64 {
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
            if unit.base() == UnitBase::Generic && count != NAT {
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
        Repr::Bytes(_) => python_bytes(text, without_padding(bytes)),
        Repr::Str(_, order) => text.push_str(&decode_text(bytes, *order)?),
        Repr::Void(_) => python_void(text, bytes),
        Repr::Record(_) | Repr::Subarray(_) | Repr::Object => return Err(unprintable(dtype)),
    }
    Ok(())
}

/// NumPy's `repr` of what is no real number.
pub(super) fn repr_of(text: &mut String, dtype: &Dtype, bytes: &[u8]) -> Result<()> {
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
            if plain && count != NAT {
                text.push_str("')");
            } else {
                let _ = write!(text, "',{})", unit_name(*unit, "'generic'"));
            }
        }
        Repr::Timedelta(unit, order) => {
            let count = count(bytes, *order);
            text.push_str("np.timedelta64(");
            let _ = match count {
                NAT => write!(text, "'NaT'"),
                _ => write!(text, "{count}"),
            };
            if unit.base() != UnitBase::Generic {
                let _ = write!(text, ",{}", unit_name(*unit, ""));
            }
            text.push(')');
        }
        Repr::Bytes(_) => {
            text.push_str("np.bytes_(");
            python_bytes(text, without_padding(bytes));
            text.push(')');
        }
        Repr::Str(_, order) => {
            let _ = write!(text, "np.str_({})", PyStr(&decode_text(bytes, *order)?));
        }
        Repr::Void(_) => {
            text.push_str("np.void(");
            python_void(text, bytes);
            text.push(')');
        }
        Repr::Record(_) | Repr::Subarray(_) | Repr::Object => return Err(unprintable(dtype)),
    }
    Ok(())
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
