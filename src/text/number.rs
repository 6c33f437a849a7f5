//! One field's text to a number, by the grammars of np.loadtxt ([`Number::parse`]) and of Python ([`python`]).

use half::f16;
use num_complex::Complex;

use super::decimal::{float_prefix, integer_prefix};
use super::lex::{is_space, trim};
use crate::element::half_of;
use crate::element::scalar::Native;
use crate::limits::INT_DIGITS;

/// A scalar that text can be read as.
pub(crate) trait Number: Native {
    /// The number that `text` starts with and its length, if it is written plainly and fits; what it refuses may
    /// still parse. No blanks, no `nan`.
    fn prefix(text: &[u8]) -> Option<(Self, usize)>;

    /// The number that a whole field is, as np.loadtxt reads it.
    fn parse(field: &str) -> Option<Self>;
}

macro_rules! integers {
    ($($T:ty)*) => {$(
        impl Number for $T {
            #[inline]
            fn prefix(text: &[u8]) -> Option<(Self, usize)> {
                let (negative, magnitude, len) = integer_prefix(text)?;
                Some((Self::signed(negative, magnitude)?, len))
            }

            fn parse(field: &str) -> Option<Self> {
                let field = trim(field).as_bytes();
                Self::prefix(field).filter(|(_, len)| *len == field.len()).map(|(value, _)| value)
            }
        }

        impl Signed for $T {
            #[inline]
            fn signed(negative: bool, magnitude: u64) -> Option<Self> {
                if Self::MIN == 0 {
                    // NumPy refuses a minus before an unsigned number, even before 0.
                    return if negative { None } else { Self::try_from(magnitude).ok() };
                }
                // No branch on the sign, which is random.
                let largest = i64::MAX.unsigned_abs() + u64::from(negative);
                let sign = u64::from(negative).wrapping_neg();
                let value = ((magnitude ^ sign).wrapping_sub(sign)).cast_signed();
                if magnitude > largest { None } else { Self::try_from(value).ok() }
            }
        }
    )*};
}

/// An integer from its sign and magnitude.
pub(crate) trait Signed: Sized {
    fn signed(negative: bool, magnitude: u64) -> Option<Self>;
}

integers! { i8 i16 i32 i64 u8 u16 u32 u64 }

impl Number for bool {
    fn prefix(text: &[u8]) -> Option<(Self, usize)> {
        i64::prefix(text).map(|(value, len)| (value != 0, len))
    }

    /// An integer, true unless 0.
    fn parse(field: &str) -> Option<Self> {
        i64::parse(field).map(|value| value != 0)
    }
}

impl Number for f64 {
    #[inline]
    fn prefix(text: &[u8]) -> Option<(Self, usize)> {
        float_prefix(text)
    }

    fn parse(field: &str) -> Option<Self> {
        whole_float(trim(field))
    }
}

impl Number for f32 {
    /// Through f64, as NumPy does: rounded twice, which differs from one rounding in ties of ties only.
    #[inline]
    #[allow(clippy::cast_possible_truncation)] // that is the rounding
    fn prefix(text: &[u8]) -> Option<(Self, usize)> {
        float_prefix(text).map(|(value, len)| (value as f32, len))
    }

    #[allow(clippy::cast_possible_truncation)] // that is the rounding
    fn parse(field: &str) -> Option<Self> {
        f64::parse(field).map(|value| value as f32)
    }
}

impl Number for f16 {
    #[inline]
    fn prefix(text: &[u8]) -> Option<(Self, usize)> {
        float_prefix(text).map(|(value, len)| (half_of(value), len))
    }

    /// NumPy hands half floats to Python, which knows more digits than ASCII's.
    fn parse(field: &str) -> Option<Self> {
        python::float(field).map(half_of)
    }
}

impl Number for Complex<f64> {
    fn prefix(_: &[u8]) -> Option<(Self, usize)> {
        None
    }

    /// `1`, `2j`, `1-2j`, `1+-2j`, `(1+2j)` with blanks inside the parentheses' edges.
    fn parse(field: &str) -> Option<Self> {
        let field = trim(field);
        let inner = match field.strip_prefix('(') {
            None => field,
            Some(inner) => inner.strip_suffix(')')?.trim_matches(is_space),
        };
        let (first, len) = signed_float_prefix(inner)?;
        let rest = &inner[len..];
        match rest.as_bytes() {
            [] => Some(Complex::new(first, 0.0)),
            b"j" => Some(Complex::new(0.0, first)),
            [b'+' | b'-', ..] => {
                // The plus stands between the parts, the minus belongs to the second.
                let imaginary = rest.strip_prefix('+').unwrap_or(rest);
                let (second, len) = signed_float_prefix(imaginary)?;
                (&imaginary[len..] == "j").then_some(Complex::new(first, second))
            }
            _ => None,
        }
    }
}

impl Number for Complex<f32> {
    fn prefix(_: &[u8]) -> Option<(Self, usize)> {
        None
    }

    #[allow(clippy::cast_possible_truncation)] // NumPy rounds from f64 too
    fn parse(field: &str) -> Option<Self> {
        Complex::<f64>::parse(field).map(|value| Complex::new(value.re as f32, value.im as f32))
    }
}

fn whole_float(text: &str) -> Option<f64> {
    signed_float_prefix(text)
        .filter(|(_, len)| *len == text.len())
        .map(|(value, _)| value)
}

/// The float that `text` starts with, `nan`, `inf` and `infinity` in any case included; `nan` keeps its sign.
fn signed_float_prefix(text: &str) -> Option<(f64, usize)> {
    let bytes = text.as_bytes();
    let sign = usize::from(matches!(bytes.first(), Some(b'+' | b'-')));
    let word = |word: &str| {
        bytes
            .get(sign..sign + word.len())
            .is_some_and(|t| t.eq_ignore_ascii_case(word.as_bytes()))
    };
    let (magnitude, len) = if word("infinity") {
        (f64::INFINITY, 8)
    } else if word("inf") {
        (f64::INFINITY, 3)
    } else if word("nan") {
        (f64::NAN, 3)
    } else {
        return float_prefix(bytes).or_else(|| unfinished_prefix(bytes));
    };
    let negative = bytes.first() == Some(&b'-');
    Some((magnitude.copysign(if negative { -1.0 } else { 1.0 }), sign + len))
}

/// `1e` and the like: the number ends before the `e`.
fn unfinished_prefix(text: &[u8]) -> Option<(f64, usize)> {
    let end = text.iter().position(|byte| matches!(byte, b'e' | b'E'))?;
    float_prefix(&text[..end])
}

/// What Python's `float`, `int` and `complex` read: any Unicode digits, underscores between digits.
pub(crate) mod python {
    use super::*;
    use crate::element::plain_number as plain;

    /// `float(text)`.
    pub(crate) fn float(text: &str) -> Option<f64> {
        whole_float(&plain(text)?)
    }

    /// `int(text)`, if it fits.
    pub(crate) fn integer<T: Signed>(text: &str) -> Option<T> {
        let text = plain(text)?;
        let (negative, magnitude, len) = integer_prefix(text.as_bytes())?;
        T::signed(negative, magnitude).filter(|_| len == text.len())
    }

    /// Whether `int(text)` is a number, of any size that Python allows.
    pub(crate) fn is_integer(text: &str) -> bool {
        plain(text).is_some_and(|text| {
            let digits = text.strip_prefix(['+', '-']).unwrap_or(&text);
            (1..=INT_DIGITS).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
        })
    }

    /// `complex(text)`.
    pub(crate) fn complex(text: &str) -> Option<Complex<f64>> {
        let text = plain(text)?;
        let inner = match text.strip_prefix('(') {
            None => &text,
            Some(inner) => inner
                .strip_suffix(')')?
                .trim_matches(|c: char| matches!(c, ' ' | '\t'..='\r')),
        };
        let is_unit = |rest: &str| matches!(rest, "j" | "J");
        let sign = |rest: &str| match rest.as_bytes().first() {
            Some(b'+') => Some((1.0, 1)),
            Some(b'-') => Some((-1.0, 1)),
            _ => None,
        };
        let Some((first, len)) = signed_float_prefix(inner) else {
            let (one, len) = sign(inner).unwrap_or((1.0, 0));
            return is_unit(&inner[len..]).then_some(Complex::new(0.0, one));
        };
        let rest = &inner[len..];
        if rest.is_empty() {
            return Some(Complex::new(first, 0.0));
        }
        if is_unit(rest) {
            return Some(Complex::new(0.0, first));
        }
        let one = sign(rest)?;
        let (second, len) = signed_float_prefix(rest).unwrap_or(one);
        is_unit(&rest[len..]).then_some(Complex::new(first, second))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_fit_or_are_refused() {
        assert_eq!(i8::parse(" -128\u{a0}"), Some(-128));
        assert_eq!(i8::parse("128"), None);
        assert_eq!(i64::parse("-9223372036854775808"), Some(i64::MIN));
        assert_eq!(i64::parse("9223372036854775808"), None);
        assert_eq!(u64::parse("+18446744073709551615"), Some(u64::MAX));
        assert_eq!(u8::parse("-0"), None);
        for text in ["", "1.0", "0x1", "1_0", "++1", "1 2", "\u{661}"] {
            assert_eq!(i32::parse(text), None, "{text}");
        }
        assert_eq!(bool::parse("-2"), Some(true));
        assert_eq!(bool::parse("True"), None);
    }

    #[test]
    fn floats_are_what_numpys_grammar_says() {
        for (text, expected) in [
            ("\u{2003}1.5\t", Some(1.5)),
            ("+InFiniTy", Some(f64::INFINITY)),
            ("-inf", Some(f64::NEG_INFINITY)),
            ("infinit", None),
            ("1e", None),
            ("1_0", None),
            ("0x1p3", None),
            ("1d5", None),
            ("\u{661}", None),
            ("1\0", None),
        ] {
            assert_eq!(f64::parse(text), expected, "{text}");
        }
        assert_eq!(f64::parse("-nan").unwrap().to_bits(), 0xfff8_0000_0000_0000);
        assert_eq!(f64::parse("NaN").unwrap().to_bits(), 0x7ff8_0000_0000_0000);
    }

    #[test]
    fn python_knows_more_digits() {
        assert_eq!(python::float("\u{661}.\u{665}"), Some(1.5));
        assert_eq!(python::float("1_000.5_0"), Some(1000.5));
        assert_eq!(python::float("1__0"), None);
        assert_eq!(python::float("1_.5"), None);
        assert_eq!(python::float("\x1e1"), None);
        assert_eq!(python::float("\x1e\u{a0}1"), None);
        assert_eq!(python::float("\u{a0}1\u{2003}"), Some(1.0));
        assert_eq!(python::integer::<i64>(" -\u{ff11}_2 "), Some(-12));
        assert_eq!(python::complex("1-j"), Some(Complex::new(1.0, -1.0)));
        assert_eq!(python::complex("( J )"), Some(Complex::new(0.0, 1.0)));
        assert_eq!(python::complex("1+-2j"), None);
    }
}
