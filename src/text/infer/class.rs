//! What text can be read as.

use crate::dtype::Scalar;
use crate::text::lenient::boolean;
use crate::text::number::{Number, python};

/// What the text of a column can be read as, from what needs the least.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(crate) enum Class {
    /// Nothing but missing values so far.
    #[default]
    Missing,
    Bool,
    Int,
    Float,
    Complex,
    Text,
}

impl Class {
    pub(super) const ALL: [Class; 6] = [
        Class::Missing,
        Class::Bool,
        Class::Int,
        Class::Float,
        Class::Complex,
        Class::Text,
    ];

    /// What can hold both.
    pub(super) fn join(self, other: Class) -> Class {
        match (self.min(other), self.max(other)) {
            (Class::Missing, class) => class,
            (Class::Bool, Class::Bool) => Class::Bool,
            (Class::Bool, _) => Class::Text,
            (_, class) => class,
        }
    }

    /// The scalar, of what is no text.
    pub(crate) fn scalar(self) -> Scalar {
        match self {
            Class::Missing | Class::Bool | Class::Text => Scalar::Bool,
            Class::Int => Scalar::Int64,
            Class::Float => Scalar::Float64,
            Class::Complex => Scalar::Complex128,
        }
    }

    /// What a field that is not missing is.
    pub(super) fn of(field: &str) -> Class {
        if i64::prefix(field.as_bytes()).is_some_and(|(_, len)| len == field.len())
            || python::integer::<i64>(field).is_some()
        {
            Class::Int
        } else if python::float(field).is_some() {
            Class::Float
        } else if boolean(field).is_some() {
            Class::Bool
        } else if python::complex(field).is_some() {
            Class::Complex
        } else {
            Class::Text
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_join_to_what_holds_both() {
        use Class::{Bool, Complex, Float, Int, Missing, Text};
        for (a, b, joined) in [
            (Missing, Bool, Bool),
            (Bool, Int, Text),
            (Int, Float, Float),
            (Complex, Int, Complex),
            (Text, Missing, Text),
            (Bool, Bool, Bool),
        ] {
            assert_eq!(a.join(b), joined);
            assert_eq!(b.join(a), joined);
        }
    }

    #[test]
    fn fields_are_the_least_that_reads_them() {
        for (field, class) in [
            (" 12 ", Class::Int),
            ("1_000", Class::Int),
            ("73786976294838206464", Class::Float),
            ("1e3", Class::Float),
            ("nan", Class::Float),
            ("1j", Class::Complex),
            ("true", Class::Bool),
            (" true", Class::Text),
            ("0x10", Class::Text),
        ] {
            assert_eq!(Class::of(field), class, "{field}");
        }
    }
}
