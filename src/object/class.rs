//! The classes of Python's that have one clear text: their names.

/// The classes, and the two constants that are objects of a class of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    Datetime,
    Date,
    Time,
    Timedelta,
    Timezone,
    Decimal,
    Fraction,
    Range,
    Slice,
    Ellipsis,
    NotImplemented,
}

impl Class {
    /// The class of that name, or the constant.
    pub(super) fn of(module: &str, name: &str) -> Option<Class> {
        Some(match (module, name) {
            ("datetime", "datetime") => Class::Datetime,
            ("datetime", "date") => Class::Date,
            ("datetime", "time") => Class::Time,
            ("datetime", "timedelta") => Class::Timedelta,
            ("datetime", "timezone") => Class::Timezone,
            ("decimal" | "_decimal" | "_pydecimal", "Decimal") => Class::Decimal,
            ("fractions", "Fraction") => Class::Fraction,
            ("builtins" | "__builtin__", "range" | "xrange") => Class::Range,
            ("builtins" | "__builtin__", "slice") => Class::Slice,
            ("builtins" | "__builtin__", "Ellipsis") => Class::Ellipsis,
            ("builtins" | "__builtin__", "NotImplemented") => Class::NotImplemented,
            _ => return None,
        })
    }

    /// The module and the name in it.
    pub(super) fn place(self) -> (&'static str, &'static str) {
        let (module, name) = self
            .full_name()
            .split_once('.')
            .unwrap_or(("builtins", self.full_name()));
        (module, name)
    }

    pub(super) fn full_name(self) -> &'static str {
        match self {
            Class::Datetime => "datetime.datetime",
            Class::Date => "datetime.date",
            Class::Time => "datetime.time",
            Class::Timedelta => "datetime.timedelta",
            Class::Timezone => "datetime.timezone",
            Class::Decimal => "decimal.Decimal",
            Class::Fraction => "fractions.Fraction",
            Class::Range => "range",
            Class::Slice => "slice",
            Class::Ellipsis => "Ellipsis",
            Class::NotImplemented => "NotImplemented",
        }
    }

    /// Whether it is itself the object, rather than what makes it.
    pub(super) fn is_constant(self) -> bool {
        matches!(self, Class::Ellipsis | Class::NotImplemented)
    }
}
