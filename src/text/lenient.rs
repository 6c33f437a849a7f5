//! One field's text to a scalar, by the grammar of np.genfromtxt: Python's `int`, `float` and `complex`.

use half::f16;
use num_complex::Complex;

use super::number::{Number, python};
use crate::dtype::{Kind, Scalar};
use crate::element::half_of;

/// What a field is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Parsed<T> {
    Value(T),
    /// No value of this type, so that it can be replaced.
    Unfit,
    /// A number that the type does not hold, which is an error always.
    TooLarge,
}

impl<T> From<Option<T>> for Parsed<T> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Parsed::Unfit, Parsed::Value)
    }
}

/// A scalar that genfromtxt reads.
pub(crate) trait Lenient: Number {
    fn lenient(field: &str) -> Parsed<Self>;

    /// What a number that [`Number::prefix`] found is, if that is a plain number to genfromtxt too.
    const PREFIX: bool = true;
}

impl Lenient for bool {
    /// `true` or `false` in any case, without blanks.
    fn lenient(field: &str) -> Parsed<bool> {
        boolean(field).into()
    }

    const PREFIX: bool = false;
}

pub(crate) fn boolean(field: &str) -> Option<bool> {
    let is = |word: &str| match field.is_ascii() {
        true => field.eq_ignore_ascii_case(word),
        false => field.to_uppercase() == word,
    };
    match field.as_bytes() {
        b"True" | b"true" => return Some(true),
        b"False" | b"false" => return Some(false),
        _ => {}
    }
    match field.len() {
        4.. if is("TRUE") => Some(true),
        5.. if is("FALSE") => Some(false),
        _ => None,
    }
}

macro_rules! large_integers {
    ($($T:ty)*) => {$(
        impl Lenient for $T {
            fn lenient(field: &str) -> Parsed<$T> {
                match python::integer(field) {
                    Some(value) => Parsed::Value(value),
                    // Which has no sign to Python.
                    None if python::integer::<i64>(field) == Some(0) => Parsed::Value(0),
                    None if python::is_integer(field) => Parsed::TooLarge,
                    None => Parsed::Unfit,
                }
            }
        }
    )*};
}

large_integers! { i64 u64 }

macro_rules! small_integers {
    ($($T:ty)*) => {$(
        impl Lenient for $T {
            /// Any float, its fraction cut off.
            fn lenient(field: &str) -> Parsed<$T> {
                match python::float(field) {
                    None => Parsed::Unfit,
                    Some(value) if value.is_nan() => Parsed::Unfit,
                    Some(value) => cut_off(value)
                        .and_then(|value| <$T>::try_from(value).ok())
                        .map_or(Parsed::TooLarge, Parsed::Value),
                }
            }
        }
    )*};
}

small_integers! { i8 i16 i32 u8 u16 u32 }

/// The integer that a float is, its fraction cut off.
#[allow(clippy::cast_possible_truncation)] // the range is checked
pub(crate) fn cut_off(value: f64) -> Option<i64> {
    let bound = -(i64::MIN as f64);
    (-bound..bound).contains(&value.trunc()).then_some(value as i64)
}

impl Lenient for f64 {
    fn lenient(field: &str) -> Parsed<f64> {
        python::float(field).into()
    }
}

impl Lenient for f32 {
    #[allow(clippy::cast_possible_truncation)] // that is the rounding
    fn lenient(field: &str) -> Parsed<f32> {
        python::float(field).map(|value| value as f32).into()
    }
}

impl Lenient for f16 {
    fn lenient(field: &str) -> Parsed<f16> {
        python::float(field).map(half_of).into()
    }
}

impl Lenient for Complex<f64> {
    fn lenient(field: &str) -> Parsed<Complex<f64>> {
        python::complex(field).into()
    }
}

impl Lenient for Complex<f32> {
    fn lenient(field: &str) -> Parsed<Complex<f32>> {
        #[allow(clippy::cast_possible_truncation)] // that is the rounding
        let narrow = |value: Complex<f64>| Complex::new(value.re as f32, value.im as f32);
        python::complex(field).map(narrow).into()
    }
}

/// What stands in for a missing number, in text.
pub(crate) fn default_fill(scalar: Scalar) -> &'static str {
    match scalar.kind() {
        Kind::Bool => "False",
        Kind::Float => "nan",
        Kind::Complex => "nan+0j",
        _ => "-1",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_are_floats_cut_off_or_python_ints() {
        assert_eq!(i32::lenient("-1.7"), Parsed::Value(-1));
        assert_eq!(i32::lenient("nan"), Parsed::Unfit);
        assert_eq!(i32::lenient("inf"), Parsed::TooLarge);
        assert_eq!(u8::lenient("-5"), Parsed::TooLarge);
        assert_eq!(i64::lenient("1.7"), Parsed::Unfit);
        assert_eq!(i64::lenient("1_000"), Parsed::Value(1000));
        assert_eq!(i64::lenient("99999999999999999999"), Parsed::TooLarge);
        assert_eq!(u64::lenient("-5"), Parsed::TooLarge);
        assert_eq!(u64::lenient(" -0"), Parsed::Value(0));
        assert_eq!(cut_off(-9_223_372_036_854_775_808.0), Some(i64::MIN));
        assert_eq!(cut_off(9_223_372_036_854_775_808.0), None);
    }

    #[test]
    fn booleans_are_words() {
        assert_eq!(boolean("tRuE"), Some(true));
        assert_eq!(boolean("FAL\u{17f}E"), Some(false)); // a long s is an S in capitals
        for text in ["", "1", "true ", "T"] {
            assert_eq!(boolean(text), None);
        }
    }
}
