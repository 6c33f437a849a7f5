//! A number on its way from one scalar to another.

use std::fmt;

/// A value on its way from one scalar to another; exact for every scalar but long doubles.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Wide {
    Bool(bool),
    Int(i64),
    Uint(u64),
    Float(f64),
    Complex(f64, f64),
}

impl Wide {
    /// Whether both are the same number; any NaN is any other.
    pub(crate) fn equals(self, other: Wide) -> bool {
        let (re, im) = self.parts();
        let (other_re, other_im) = other.parts();
        re.equals(other_re) && (im == other_im || im.is_nan() && other_im.is_nan())
    }

    /// The number without its imaginary part, as the nearest f64.
    pub(crate) fn real(self) -> f64 {
        match self {
            Wide::Bool(value) => f64::from(u8::from(value)),
            Wide::Int(value) => value as f64,
            Wide::Uint(value) => value as f64,
            Wide::Float(value) | Wide::Complex(value, _) => value,
        }
    }

    fn parts(self) -> (Real, f64) {
        match self {
            Wide::Bool(value) => (Real::Int(i128::from(value)), 0.0),
            Wide::Int(value) => (Real::Int(i128::from(value)), 0.0),
            Wide::Uint(value) => (Real::Int(i128::from(value)), 0.0),
            Wide::Float(value) => (Real::Float(value), 0.0),
            Wide::Complex(re, im) => (Real::Float(re), im),
        }
    }
}

enum Real {
    Int(i128),
    Float(f64),
}

impl Real {
    fn equals(self, other: Real) -> bool {
        match (self, other) {
            (Real::Int(a), Real::Int(b)) => a == b,
            (Real::Float(a), Real::Float(b)) => a == b || a.is_nan() && b.is_nan(),
            // i128 holds every integer that came here, and saturates for floats beyond.
            #[allow(clippy::cast_possible_truncation)]
            (Real::Int(int), Real::Float(float)) | (Real::Float(float), Real::Int(int)) => {
                float.trunc() == float && float as i128 == int
            }
        }
    }
}

impl fmt::Display for Wide {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Wide::Bool(value) => write!(f, "{value}"),
            Wide::Int(value) => write!(f, "{value}"),
            Wide::Uint(value) => write!(f, "{value}"),
            Wide::Float(value) => write!(f, "{value:?}"),
            Wide::Complex(re, im) => write!(f, "{re:?}{im:+?}j"),
        }
    }
}
