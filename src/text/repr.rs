//! The values of an array as Python's `%` prints NumPy's scalars.

use std::fmt::Write as _;

use super::nested;
use super::out::Out;
use super::print;
use super::real::{Real, Width, real, spelled, without_precision};
use super::single::{self, count, parts};
use super::spec::{Conversion, Spec};
use crate::dtype::{Dtype, Kind, Repr, Scalar, Unit, UnitBase};
use crate::element::{NAT, Time, decode_text, without_padding};
use crate::error::{Error, Result};

/// Where in a row's bytes a value lies, and what it is.
#[derive(Clone, Debug)]
pub(super) struct Column {
    offset: usize,
    size: usize,
    content: Content,
}

#[derive(Clone, Debug)]
enum Content {
    /// A real number as most are, in this machine's order; with its type known it is printed without a look at it.
    Double,
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
            Repr::Scalar(Scalar::Float64, order) if order.is_native() => Content::Double,
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
            Content::Double => {
                let value = f64::from_ne_bytes(bytes.first_chunk().copied().unwrap_or_default());
                real(out, spec, Real::Float(value, Width::Double))
            }
            Content::Real { scalar, swap } => real(out, spec, Real::load(*scalar, *swap, bytes)),
            Content::Other(dtype) => other(out, spec, dtype, bytes),
        }
    }
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
            let text = decode_text(bytes, *order)?;
            if text.chars().count() != 1 {
                return Err(None);
            }
            print::text(out, &without_precision(spec), &text);
            return Ok(());
        }
        (_, Conversion::Int | Conversion::Float(..) | Conversion::Radix(_) | Conversion::Char) => return Err(None),
        (Repr::Str(_, order), Conversion::Str | Conversion::Shortest) => {
            let text = decode_text(bytes, *order)?;
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

/// Whether Python's number for it is an int: it has dates for years 1 to 9999 with microseconds, and no NaT.
fn datetime_is_int(count: i64, unit: Unit) -> bool {
    if count == NAT {
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
    if count == NAT {
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
fn str_of(text: &mut String, dtype: &Dtype, bytes: &[u8]) -> Result<()> {
    match &dtype.0 {
        Repr::Record(_) => text.push_str(&nested::record(dtype, bytes)?),
        Repr::Subarray(_) => text.push_str(&nested::array(dtype, bytes)?),
        _ => single::str_of(text, dtype, bytes)?,
    }
    Ok(())
}

/// NumPy's `repr` of what is no real number.
fn repr_of(text: &mut String, dtype: &Dtype, bytes: &[u8]) -> Result<()> {
    match &dtype.0 {
        Repr::Record(_) => text.push_str(&nested::record_repr(dtype, bytes)?),
        Repr::Subarray(_) => text.push_str(&nested::array_repr(dtype, bytes)?),
        _ => single::repr_of(text, dtype, bytes)?,
    }
    Ok(())
}

/// A text that loadtxt reads back to the same value.
fn readable(text: &mut String, dtype: &Dtype, bytes: &[u8]) -> Result<()> {
    match &dtype.0 {
        Repr::Timedelta(_, order) => {
            let _ = match count(bytes, *order) {
                NAT => write!(text, "NaT"),
                count => write!(text, "{count}"),
            };
            Ok(())
        }
        Repr::Bytes(_) => {
            text.extend(without_padding(bytes).iter().map(|&byte| char::from(byte)));
            Ok(())
        }
        _ => str_of(text, dtype, bytes),
    }
}
