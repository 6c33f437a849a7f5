//! Rows whose fields may be missing, to values of a known type: what cannot be read is filled in, and masked on demand.

use std::borrow::Cow;

use ndarray::Order;

use super::columns::{Column, columns};
use super::job::{Parser, Reject, Shape};
use super::lenient::{Lenient, Parsed, default_fill};
use super::missing::{Fills, Missing};
use super::plain::Plain;
use super::records::{self, Elements};
use super::rows::Store;
use super::split::Splitter;
use super::values::reserve;
use crate::dtype::{Dtype, Kind, Scalar};
use crate::error::{Error, ErrorKind, Result};
use crate::npy::DynArray;

/// How missing fields are told and filled, the same for all types.
#[derive(Clone, Copy)]
pub(crate) struct Rules<'a> {
    pub(crate) splitter: &'a Splitter,
    pub(crate) missing: &'a Missing,
    pub(crate) fills: &'a Fills,
    /// Whether any field that cannot be read is filled, and not only those that are missing.
    pub(crate) loose: bool,
    /// Whether missing fields are to be told afterwards.
    pub(crate) masked: bool,
}

impl Rules<'_> {
    /// The text that stands in for a missing field.
    fn fill(&self, column: usize, dtype: &Dtype) -> String {
        match self.fills.get(column) {
            Some(value) => value.text_for(dtype.kind()),
            None => match dtype.as_scalar() {
                Some((scalar, _)) => default_fill(scalar).to_owned(),
                None => match dtype.kind() {
                    Kind::Timedelta => "-1".to_owned(),
                    Kind::Datetime => "NaT".to_owned(),
                    _ => "???".to_owned(),
                },
            },
        }
    }

    fn reject(&self, column: usize, dtype: &Dtype, parsed_too_large: bool) -> Reject {
        let expected = dtype.describe();
        let expected = match parsed_too_large {
            true => format!("{expected}, whose range it exceeds"),
            false if self.fills.get(column).is_none() && dtype.kind() == Kind::Uint => {
                format!("{expected}, which has no -1 to fill in (filling_values gives another value)")
            }
            false => expected,
        };
        Reject { column, expected }
    }
}

impl Rules<'_> {
    /// The text to read as a column in place of a field: itself, what stands in for it, or nothing for an `Option`.
    ///
    /// `value` is for what the field itself is read as.
    fn text_for<'t>(
        &self,
        (index, column): (usize, &Column),
        (field, missing): (&'t str, bool),
        fill: &'t str,
        value: &mut Vec<u8>,
    ) -> Result<&'t str, Reject> {
        // A date that is none is an error, unless it is known to be missing.
        let loose = self.loose && column.dtype.kind() != Kind::Datetime;
        match column.lenient(field, value) {
            _ if column.optional && missing => Ok(""),
            Parsed::Unfit if column.optional && loose => Ok(""),
            Parsed::Value(()) => Ok(field),
            Parsed::Unfit if loose || missing => Ok(fill),
            parsed => Err(self.reject(index, &column.dtype, parsed == Parsed::TooLarge)),
        }
    }
}

/// A part of a result, and which of its fields are missing.
#[derive(Default)]
pub(crate) struct Masked<P> {
    pub(crate) part: P,
    /// One for each field, or none at all.
    pub(crate) mask: Vec<bool>,
}

impl<P, S: Store<P>> Store<Masked<P>> for Masked<S> {
    fn reserve(&mut self, rows: usize, columns: usize, more: Option<f64>) -> Result<()> {
        self.part.reserve(rows, columns, more)
    }

    fn append(&mut self, part: &mut Masked<P>, rows: usize, columns: usize) -> Result<()> {
        if !part.mask.is_empty() {
            let fields = part.mask.get(..rows * columns).unwrap_or_default();
            reserve(&mut self.mask, fields.len(), None)?;
            self.mask.extend_from_slice(fields);
        }
        self.part.append(&mut part.part, rows, columns)
    }
}

/// Parses numbers of one type.
pub(crate) struct FilledScalars<'a, T> {
    rules: Rules<'a>,
    plain: Option<Plain>,
    /// By column, as far as columns have their own; the last is for all others.
    fills: Vec<Option<T>>,
    /// Whether a field can be missing and a number.
    numbers: bool,
}

impl<'a, T: Lenient> FilledScalars<'a, T> {
    pub(crate) fn new(rules: Rules<'a>, columns: usize) -> Self {
        let dtype = Dtype::native(T::SCALAR);
        let mut fills = Vec::new(); // a loop, for this is compiled for each scalar
        for column in 0..=rules.fills.own() {
            fills.push(match T::lenient(&rules.fill(column, &dtype)) {
                Parsed::Value(value) => Some(value),
                _ => None,
            });
        }
        FilledScalars {
            plain: rules.splitter.plain(),
            fills,
            numbers: rules.masked
                && rules
                    .missing
                    .any_text(columns, &|text| T::lenient(text) != Parsed::Unfit),
            rules,
        }
    }

    /// The value of a field, and whether it is missing.
    fn value(&self, field: &str, column: usize) -> Result<(T, bool), Reject> {
        let rules = &self.rules;
        let is_missing = || rules.missing.contains(column, field);
        let reject = |too_large| rules.reject(column, &Dtype::native(T::SCALAR), too_large);
        match T::lenient(field) {
            Parsed::Value(value) => Ok((value, self.numbers && is_missing())),
            Parsed::Unfit => {
                let missing = (rules.masked || !rules.loose) && is_missing();
                let fill = self.fills.get(column).or(self.fills.last()).copied().flatten();
                match fill {
                    Some(fill) if rules.loose || missing => Ok((fill, missing)),
                    _ => Err(reject(false)),
                }
            }
            Parsed::TooLarge => Err(reject(true)),
        }
    }

    /// Appends the row at `start`; gives where the next one starts.
    #[inline(always)]
    fn plain_row(
        &self,
        plain: &Plain,
        text: &str,
        start: usize,
        columns: usize,
        part: &mut Masked<Vec<T>>,
    ) -> Option<usize> {
        let bytes = text.as_bytes();
        let mut at = start;
        if !plain.has_delimiter() {
            at = plain.skip_blanks(bytes, at);
        }
        for column in 0..columns {
            let last = column + 1 == columns;
            let next = |end| match last {
                true => plain.next_row(bytes, end),
                false => plain.next_field(bytes, end),
            };
            if T::PREFIX && !self.numbers {
                let number = plain.skip_blanks(bytes, at);
                if let Some((value, len)) = T::prefix(bytes.get(number..)?)
                    && let Some(next) = next(number + len)
                {
                    part.part.push(value);
                    if self.rules.masked {
                        part.mask.push(false);
                    }
                    at = next;
                    continue;
                }
            }
            let end = plain.field_end(bytes, at)?;
            let mut field = text.get(at..end)?;
            if column == 0 {
                field = field.trim_start_matches(' ');
                if columns == 1 && field.is_empty() {
                    return None; // a blank line
                }
            }
            if last {
                field = field.trim_end_matches(' ');
            }
            let (value, missing) = self.value(self.rules.splitter.strip(field), column).ok()?;
            part.part.push(value);
            if self.rules.masked {
                part.mask.push(missing);
            }
            at = next(end)?;
        }
        Some(at)
    }
}

impl<T: Lenient> Parser for FilledScalars<'_, T> {
    type Part = Masked<Vec<T>>;

    fn clear(&self, part: &mut Self::Part) {
        part.part.clear();
        part.mask.clear();
    }

    fn plain_rows(&self, text: &str, shape: Shape, part: &mut Self::Part) -> (usize, usize) {
        let Some(plain) = &self.plain else { return (0, 0) };
        let (values, masks) = (part.part.len(), part.mask.len());
        let (mut done, mut rows) = (0, 0);
        while done < text.len() {
            let Some(next) = self.plain_row(plain, text, done, shape.columns, part) else {
                part.part.truncate(values + rows * shape.columns);
                part.mask.truncate(masks + rows * shape.columns);
                break;
            };
            done = next;
            rows += 1;
        }
        (done, rows)
    }

    fn row(&self, fields: &[Cow<'_, str>], part: &mut Self::Part) -> Result<(), Reject> {
        let (values, masks) = (part.part.len(), part.mask.len());
        for (column, field) in fields.iter().enumerate() {
            match self.value(field, column) {
                Ok((value, missing)) => {
                    part.part.push(value);
                    if self.rules.masked {
                        part.mask.push(missing);
                    }
                }
                Err(reject) => {
                    part.part.truncate(values);
                    part.mask.truncate(masks);
                    return Err(reject);
                }
            }
        }
        Ok(())
    }
}

/// Parses elements of any dtype.
pub(crate) struct FilledElements<'a> {
    rules: Rules<'a>,
    elements: Elements,
    /// By column, as far as columns have their own, and then one for each of the dtype's.
    fills: Vec<String>,
    /// By column of a record: what the texts for missing values are as its values. NumPy's last step for masks of records.
    missing: Vec<Vec<Vec<u8>>>,
    /// Whether rows of plain fields need no closer look.
    plain: bool,
}

impl<'a> FilledElements<'a> {
    /// `elements` are of lenient columns; each is a record, or one of a row's.
    pub(crate) fn new(rules: Rules<'a>, elements: Elements, is_record: bool) -> Self {
        let columns = elements.columns();
        let missing = |(index, column): (usize, &Column)| match is_record && (rules.masked || column.optional) {
            true => column.numbers(rules.missing.texts(index)),
            false => Vec::new(),
        };
        let last = rules.fills.own() + columns.len();
        let fills = (0..last).filter_map(|column| {
            let kind = columns.get(column % columns.len().max(1))?;
            Some(rules.fill(column, &kind.dtype))
        });
        let numbers = |column: &Column| match column.dtype.as_scalar() {
            Some((scalar, _)) => scalar != Scalar::Bool,
            None => false,
        };
        let optional = columns.iter().any(|column| column.optional);
        FilledElements {
            missing: columns.iter().enumerate().map(missing).collect(),
            fills: fills.collect(),
            plain: !(rules.masked || optional && rules.missing.any()) && columns.iter().all(numbers),
            rules,
            elements,
        }
    }

    pub(crate) fn elements(&self) -> &Elements {
        &self.elements
    }

    /// Whether a text is one of the values that are missing, however it is written.
    fn equals_missing(&self, (index, column): (usize, &Column), text: &str, value: &mut Vec<u8>) -> bool {
        self.missing.get(index).is_some_and(|missing| {
            !missing.is_empty()
                && column.lenient(text, value) == Parsed::Value(())
                && missing.iter().any(|missing| column.same_number(missing, value))
        })
    }
}

impl Parser for FilledElements<'_> {
    type Part = Masked<records::Part>;

    fn clear(&self, part: &mut Self::Part) {
        self.elements.clear(&mut part.part);
        part.mask.clear();
    }

    fn plain_rows(&self, text: &str, shape: Shape, part: &mut Self::Part) -> (usize, usize) {
        match self.plain {
            true => self.elements.plain_rows(text, shape, &mut part.part),
            false => (0, 0),
        }
    }

    fn row(&self, fields: &[Cow<'_, str>], part: &mut Self::Part) -> Result<(), Reject> {
        let columns = self.elements.columns();
        let mut filled = Vec::with_capacity(fields.len());
        let mut scratch = Vec::new();
        let masks = part.mask.len();
        for (index, field) in fields.iter().enumerate() {
            let Some(column) = columns.get(index % columns.len().max(1)) else {
                continue;
            };
            let missing = self.rules.missing.contains(index, field);
            let own = self.rules.fills.own();
            let fill = match self.fills.get(index) {
                Some(fill) => fill,
                // That of a column without its own, of the same place in an element.
                None => self
                    .fills
                    .get(own + (index - own) % columns.len())
                    .map_or("", String::as_str),
            };
            let text = self
                .rules
                .text_for((index, column), (field.as_ref(), missing), fill, &mut scratch);
            let text = text.inspect_err(|_| part.mask.truncate(masks))?;
            // Whatever stands in for a field may be a missing value too.
            let equal = self.equals_missing((index, column), text, &mut scratch);
            if self.rules.masked {
                part.mask.push(missing || equal);
            }
            filled.push(Cow::Borrowed(if column.optional && equal { "" } else { text }));
        }
        self.elements.row(&filled, &mut part.part).map_err(|reject| {
            part.mask.truncate(masks);
            let dtype = columns
                .get(reject.column % columns.len().max(1))
                .map(|column| &column.dtype);
            match dtype {
                Some(dtype) => self.rules.reject(reject.column, dtype, false),
                None => reject,
            }
        })
    }

    fn finish(&self, part: &mut Self::Part) -> Result<()> {
        self.elements.finish(&mut part.part)
    }
}

/// A column of one dtype among others whose types their text tells.
pub(crate) struct FilledColumn {
    index: usize,
    column: Column,
    fill: String,
}

impl FilledColumn {
    /// # Errors
    ///
    /// [`ErrorKind::Argument`] for a dtype that is not of one column, or has no size.
    pub(crate) fn new(rules: &Rules<'_>, index: usize, dtype: &Dtype) -> Result<Self> {
        let [column] = <[Column; 1]>::try_from(columns(dtype)?).map_err(|_| unfit(dtype))?;
        if column.is_flexible() || dtype.kind() == Kind::Record {
            return Err(unfit(dtype));
        }
        Ok(FilledColumn {
            index,
            fill: rules.fill(index, dtype),
            column,
        })
    }

    /// Writes what a field is read as into `value`.
    pub(crate) fn read(&self, rules: &Rules<'_>, field: &str, value: &mut Vec<u8>) -> Result<(), Reject> {
        let missing = rules.missing.contains(self.index, field);
        let text = rules.text_for((self.index, &self.column), (field, missing), &self.fill, value)?;
        match self.column.lenient(text, value) {
            Parsed::Value(()) => Ok(()),
            parsed => Err(rules.reject(self.index, &self.column.dtype, parsed == Parsed::TooLarge)),
        }
    }

    /// The values of texts that were read before.
    pub(crate) fn values<'t>(&self, rules: &Rules<'_>, texts: impl Iterator<Item = &'t str>) -> Result<DynArray> {
        let (mut bytes, mut value, mut rows) = (Vec::new(), Vec::new(), 0);
        for text in texts {
            self.read(rules, text, &mut value)
                .map_err(|reject| reject.error(text, self.index, true))?;
            bytes.extend_from_slice(&value);
            rows += 1;
        }
        DynArray::from_raw(self.column.dtype.clone(), vec![rows], Order::RowMajor, bytes)
    }
}

fn unfit(dtype: &Dtype) -> Error {
    let message = format!(
        "{} cannot be the dtype of one column; a scalar, a date, or text of so many characters would work",
        dtype.describe()
    );
    Error::new(ErrorKind::Argument, message)
}

/// Keeps text.
pub(crate) struct FilledTexts<'a> {
    pub(crate) rules: Rules<'a>,
    /// For bytes: what is not latin1 is filled.
    pub(crate) latin1: bool,
}

impl Parser for FilledTexts<'_> {
    type Part = Masked<Vec<String>>;

    fn clear(&self, part: &mut Self::Part) {
        part.part.clear();
        part.mask.clear();
    }

    fn row(&self, fields: &[Cow<'_, str>], part: &mut Self::Part) -> Result<(), Reject> {
        for (column, field) in fields.iter().enumerate() {
            let unfit = self.latin1 && field.chars().any(|c| u32::from(c) > 255);
            part.part.push(if unfit {
                "???".to_owned()
            } else {
                field.as_ref().to_owned()
            });
            if self.rules.masked {
                part.mask.push(self.rules.missing.contains(column, field));
            }
        }
        Ok(())
    }
}
