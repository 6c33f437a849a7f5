//! A column whose type its text tells.

use num_complex::Complex;

use super::class::Class;
use super::marks::{Mark, Marks};
use super::texts::Texts;
use crate::dtype::Kind;
use crate::error::Result;
use crate::text::filled::Rules;
use crate::text::lenient::{Lenient, Parsed, boolean};
use crate::text::number::python;
use crate::text::values::reserve;

/// The values of a column.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Values {
    /// So many missing values.
    Missing(usize),
    Bool(Vec<bool>),
    Int(Vec<i64>),
    Float(Vec<f64>),
    Complex(Vec<Complex<f64>>),
    Text(Box<Texts>),
}

/// The same expression for whatever vector the values are.
macro_rules! each {
    ($values:expr, $v:ident => $some:expr, $n:ident => $missing:expr) => {
        match $values {
            Values::Missing($n) => $missing,
            Values::Bool($v) => $some,
            Values::Int($v) => $some,
            Values::Float($v) => $some,
            Values::Complex($v) => $some,
            Values::Text($v) => $some,
        }
    };
}

impl Values {
    pub(super) fn new(class: Class) -> Values {
        match class {
            Class::Missing => Values::Missing(0),
            Class::Bool => Values::Bool(Vec::new()),
            Class::Int => Values::Int(Vec::new()),
            Class::Float => Values::Float(Vec::new()),
            Class::Complex => Values::Complex(Vec::new()),
            Class::Text => Values::Text(Box::default()),
        }
    }

    pub(crate) fn class(&self) -> Class {
        match self {
            Values::Missing(_) => Class::Missing,
            Values::Bool(_) => Class::Bool,
            Values::Int(_) => Class::Int,
            Values::Float(_) => Class::Float,
            Values::Complex(_) => Class::Complex,
            Values::Text(_) => Class::Text,
        }
    }

    pub(crate) fn len(&self) -> usize {
        each!(self, values => values.len(), count => *count)
    }

    pub(super) fn truncate(&mut self, len: usize) {
        each!(self, values => values.truncate(len), count => *count = len.min(*count));
    }

    pub(super) fn append(&mut self, other: &Values, more: Option<f64>) -> Result<()> {
        macro_rules! extend {
            ($values:ident, $new:ident) => {{
                reserve($values, $new.len(), more)?;
                $values.extend_from_slice($new);
            }};
        }
        match (self, other) {
            (Values::Missing(count), Values::Missing(more)) => *count += more,
            (Values::Bool(values), Values::Bool(new)) => extend!(values, new),
            (Values::Int(values), Values::Int(new)) => extend!(values, new),
            (Values::Float(values), Values::Float(new)) => extend!(values, new),
            (Values::Complex(values), Values::Complex(new)) => extend!(values, new),
            (Values::Text(values), Values::Text(new)) => {
                reserve(&mut values.ends, new.len(), more)?;
                values.append(new);
            }
            _ => debug_assert!(false, "columns are joined before they are appended"),
        }
        Ok(())
    }
}

/// What stands in for missing values, as each class; `None` if it is nothing of the class.
#[derive(Clone, Debug)]
pub(super) struct Fill {
    pub(super) bool: Option<bool>,
    pub(super) int: Option<i64>,
    pub(super) float: Option<f64>,
    pub(super) complex: Option<Complex<f64>>,
    /// A missing text can be a value as well, which types read differently.
    pub(super) ambiguous: bool,
}

fn value<T: Lenient>(text: &str) -> Option<T> {
    match T::lenient(text) {
        Parsed::Value(value) => Some(value),
        _ => None,
    }
}

impl Fill {
    pub(super) fn new(rules: &Rules<'_>, column: usize) -> Fill {
        let given = |kind, default: &str| {
            let given = rules.fills.get(column);
            given.map_or_else(|| default.to_owned(), |value| value.text_for(kind))
        };
        Fill {
            bool: value(&given(Kind::Bool, "False")),
            int: value(&given(Kind::Int, "-1")),
            float: value(&given(Kind::Float, "nan")),
            complex: value(&given(Kind::Complex, "nan+0j")),
            ambiguous: rules.missing.texts(column).any(|text| Class::of(text) != Class::Text),
        }
    }
}

/// A column of a chunk, or of all chunks so far.
#[derive(Clone, Debug)]
pub(crate) struct ColumnPart {
    pub(crate) values: Values,
    /// What the column must be for all that was seen of it.
    pub(crate) class: Class,
    pub(crate) marks: Marks,
    /// Other types would read some of its text as other values: `-0`, or a number that means a missing value.
    pub(super) ambiguous: bool,
    /// Its values are not kept; of a chunk because it is known what it is, or not known yet.
    pub(super) skipped: Skipped,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) enum Skipped {
    #[default]
    No,
    /// It turned out to be something else.
    Turned,
    /// Another pass has its values.
    Done,
}

impl ColumnPart {
    pub(super) fn new(class: Class) -> ColumnPart {
        ColumnPart {
            values: Values::new(class),
            class,
            marks: Marks::default(),
            ambiguous: false,
            skipped: Skipped::No,
        }
    }

    pub(super) fn start(&mut self, class: Class) {
        match self.values.class() == class {
            true => self.values.truncate(0),
            false => self.values = Values::new(class),
        }
        self.class = class;
        self.marks.truncate(0);
        self.ambiguous = false;
        self.skipped = Skipped::No;
    }

    /// Drops the values, which will be read again as another class.
    pub(super) fn forget(&mut self) {
        self.values = Values::new(self.class);
        self.ambiguous = false;
    }

    /// Takes a field of the given row. `None`, and nothing is changed, if the column is something else.
    pub(super) fn take(&mut self, field: &str, row: usize, missing: bool, fill: &Fill) -> Option<()> {
        if self.skipped == Skipped::Turned {
            let fits = missing || self.class == Class::Text || self.class.join(Class::of(field)) == self.class;
            return fits.then_some(());
        }
        let mut mark = Mark::Read;
        macro_rules! push {
            ($values:ident, $parsed:expr, $fill:expr) => {{
                let parsed = if missing && !fill.ambiguous { None } else { $parsed };
                match parsed {
                    Some(value) => $values.push(value),
                    None if missing => {
                        $values.push($fill.unwrap_or_default());
                        mark = Mark::Filled;
                    }
                    None => return None,
                }
            }};
        }
        match &mut self.values {
            Values::Missing(count) if missing => *count += 1,
            Values::Missing(_) => return None,
            Values::Bool(values) => push!(values, boolean(field), fill.bool),
            Values::Int(values) => push!(values, python::integer(field), fill.int),
            Values::Float(values) => push!(values, python::float(field), fill.float),
            Values::Complex(values) => push!(values, python::complex(field), fill.complex),
            Values::Text(values) => values.push(field),
        }
        if missing {
            self.ambiguous |= fill.ambiguous && !field.is_empty();
            self.marks.set(row, mark);
        }
        if let Values::Int(values) = &self.values {
            // A zero with a minus is another float.
            self.ambiguous |= values.last() == Some(&0) && field.contains('-');
        }
        Some(())
    }

    /// Takes what is no value of the class so far, if the values can be turned into those of a class that it is a value
    /// of.
    #[cold]
    pub(super) fn widen(&mut self, field: &str, row: usize, fill: &Fill) -> bool {
        let class = self.class.join(Class::of(field));
        if self.skipped != Skipped::No || !self.convert(class, fill, 0) {
            return false;
        }
        self.class = class;
        self.take(field, row, false, fill).is_some()
    }

    /// Takes what is no value of the class so far: from here on the column only learns what it is.
    #[cold]
    pub(super) fn turn(&mut self, field: &str) {
        self.class = self.class.join(Class::of(field));
        self.skipped = Skipped::Turned;
    }

    /// Turns the values, which are those of the rows from `start` on, into those of another class, if that takes no text.
    pub(super) fn convert(&mut self, class: Class, fill: &Fill, start: usize) -> bool {
        if self.values.class() == class {
            return true;
        }
        if self.ambiguous {
            return false;
        }
        let marks = &self.marks;
        macro_rules! map {
            ($values:expr, $fill:expr, $value:ident => $converted:expr) => {
                $values
                    .iter()
                    .enumerate()
                    .map(|(row, $value)| {
                        if marks.is_missing(start + row) {
                            $fill.unwrap_or_default()
                        } else {
                            $converted
                        }
                    })
                    .collect()
            };
        }
        let missing = match self.values {
            Values::Missing(count) => count,
            _ => 0,
        };
        self.values = match (&self.values, class) {
            (Values::Missing(0), class) => Values::new(class),
            (Values::Missing(count), Class::Bool) => Values::Bool(vec![fill.bool.unwrap_or_default(); *count]),
            (Values::Missing(count), Class::Int) => Values::Int(vec![fill.int.unwrap_or_default(); *count]),
            (Values::Missing(count), Class::Float) => Values::Float(vec![fill.float.unwrap_or_default(); *count]),
            (Values::Missing(count), Class::Complex) => Values::Complex(vec![fill.complex.unwrap_or_default(); *count]),
            (Values::Int(values), Class::Float) => Values::Float(map!(values, fill.float, value => *value as f64)),
            (Values::Int(values), Class::Complex) => {
                Values::Complex(map!(values, fill.complex, value => Complex::new(*value as f64, 0.0)))
            }
            (Values::Float(values), Class::Complex) => {
                Values::Complex(map!(values, fill.complex, value => Complex::new(*value, 0.0)))
            }
            _ => return false,
        };
        (start..start + missing).for_each(|row| self.marks.set(row, Mark::Filled));
        true
    }
}

/// The columns of a chunk.
#[derive(Default)]
pub(crate) struct Part {
    pub(super) columns: Vec<ColumnPart>,
    pub(super) rows: usize,
    /// Gone through once more, for the columns that turned.
    pub(super) second: bool,
}
