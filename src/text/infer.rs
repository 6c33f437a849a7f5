//! Columns whose types their text tells: bool, int64, float64, complex128, text, the first that all of it is.
//!
//! Every chunk is parsed optimistically, each column as what it was so far. Where a field is something else, the rest of
//! the chunk only tells what the column must be, and the chunk's text is gone through once more for that column alone.
//! Columns of chunks are joined in order; int64 turns into float64 and float64 into complex128 without their text. A
//! column that turns otherwise starts anew, and its start is read again in the end, nothing else with it.

use std::borrow::Cow;
use std::sync::atomic::{AtomicU8, Ordering};

use num_complex::Complex;

use super::filled::Rules;
use super::lenient::{Lenient, Parsed, boolean};
use super::number::{Number, python};
use super::plain::Plain;
use super::rows::{Parser, Reject, Shape, Store};
use super::values::reserve;
use crate::dtype::{Kind, Scalar};
use crate::error::{Error, ErrorKind, Result};

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
    const ALL: [Class; 6] = [
        Class::Missing,
        Class::Bool,
        Class::Int,
        Class::Float,
        Class::Complex,
        Class::Text,
    ];

    /// What can hold both.
    fn join(self, other: Class) -> Class {
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
    fn of(field: &str) -> Class {
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

/// Texts one after the other.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Texts {
    text: String,
    ends: Vec<usize>,
}

impl Texts {
    #[inline]
    fn push(&mut self, text: &str) {
        self.text.push_str(text);
        self.ends.push(self.text.len());
    }

    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    fn truncate(&mut self, len: usize) {
        self.ends.truncate(len);
        self.text.truncate(self.ends.last().copied().unwrap_or(0));
    }

    pub(crate) fn get(&self, index: usize) -> Option<&str> {
        let start = match index {
            0 => 0,
            _ => *self.ends.get(index - 1)?,
        };
        self.text.get(start..*self.ends.get(index)?)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).filter_map(|index| self.get(index))
    }

    fn append(&mut self, other: &Texts) {
        let start = self.text.len();
        self.text.push_str(&other.text);
        self.ends.extend(other.ends.iter().map(|end| start + end));
    }
}

/// The values of a column.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Values {
    /// So many missing values.
    Missing(usize),
    Bool(Vec<bool>),
    Int(Vec<i64>),
    Float(Vec<f64>),
    Complex(Vec<Complex<f64>>),
    Text(Texts),
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
    fn new(class: Class) -> Values {
        match class {
            Class::Missing => Values::Missing(0),
            Class::Bool => Values::Bool(Vec::new()),
            Class::Int => Values::Int(Vec::new()),
            Class::Float => Values::Float(Vec::new()),
            Class::Complex => Values::Complex(Vec::new()),
            Class::Text => Values::Text(Texts::default()),
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

    fn truncate(&mut self, len: usize) {
        each!(self, values => values.truncate(len), count => *count = len.min(*count));
    }

    fn append(&mut self, other: &Values, more: Option<f64>) -> Result<()> {
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
                reserve(&mut values.ends, new.ends.len(), more)?;
                values.append(new);
            }
            _ => debug_assert!(false, "columns are joined before they are appended"),
        }
        Ok(())
    }
}

/// What stands in for missing values, as each class; `None` if it is nothing of the class.
#[derive(Clone, Debug)]
pub(crate) struct Fill {
    bool: Option<bool>,
    int: Option<i64>,
    float: Option<f64>,
    complex: Option<Complex<f64>>,
    /// A missing text can be a value as well, which types read differently.
    ambiguous: bool,
}

fn value<T: Lenient>(text: &str) -> Option<T> {
    match T::lenient(text) {
        Parsed::Value(value) => Some(value),
        _ => None,
    }
}

impl Fill {
    fn new(rules: &Rules<'_>, column: usize) -> Fill {
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
    /// As long as it must be to tell the last missing value.
    pub(crate) mask: Vec<bool>,
    /// Other types would read some of its text as other values: `-0`, or a number that means a missing value.
    ambiguous: bool,
    /// Its values are not kept; of a chunk because it is known what it is, or not known yet.
    skipped: Skipped,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum Skipped {
    #[default]
    No,
    /// It turned out to be something else.
    Turned,
    /// Another pass has its values.
    Done,
}

impl ColumnPart {
    fn new(class: Class) -> ColumnPart {
        ColumnPart {
            values: Values::new(class),
            class,
            mask: Vec::new(),
            ambiguous: false,
            skipped: Skipped::No,
        }
    }

    fn start(&mut self, class: Class) {
        match self.values.class() == class {
            true => self.values.truncate(0),
            false => self.values = Values::new(class),
        }
        self.class = class;
        self.mask.clear();
        self.ambiguous = false;
        self.skipped = Skipped::No;
    }

    fn set_missing(&mut self, row: usize) {
        self.mask.resize(row, false);
        self.mask.push(true);
    }

    /// Takes a field of the given row. `None`, and nothing is changed, if the column is something else.
    fn take(&mut self, field: &str, row: usize, missing: bool, fill: &Fill) -> Option<()> {
        if self.skipped == Skipped::Turned {
            return (missing || self.class.join(Class::of(field)) == self.class).then_some(());
        }
        macro_rules! push {
            ($values:ident, $parsed:expr, $fill:expr) => {{
                match ($parsed, missing) {
                    (Some(value), false) => $values.push(value),
                    (Some(value), true) if fill.ambiguous => $values.push(value),
                    (_, true) => $values.push($fill.unwrap_or_default()),
                    (None, false) => return None,
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
            self.set_missing(row);
        }
        if let Values::Int(values) = &self.values {
            // A zero with a minus is another float.
            self.ambiguous |= values.last() == Some(&0) && field.contains('-');
        }
        Some(())
    }

    /// Takes what is no value of the class so far: from here on the column only learns what it is.
    #[cold]
    fn turn(&mut self, field: &str) {
        self.class = self.class.join(Class::of(field));
        self.skipped = Skipped::Turned;
    }

    /// Turns the values into those of another class, if that takes no text.
    fn convert(&mut self, class: Class, fill: &Fill) -> bool {
        if self.values.class() == class {
            return true;
        }
        if self.ambiguous {
            return false;
        }
        let mask = &self.mask;
        let missing = |row: usize| mask.get(row).copied().unwrap_or(false);
        macro_rules! map {
            ($values:expr, $fill:expr, $value:ident => $converted:expr) => {
                $values
                    .iter()
                    .enumerate()
                    .map(|(row, $value)| {
                        if missing(row) {
                            $fill.unwrap_or_default()
                        } else {
                            $converted
                        }
                    })
                    .collect()
            };
        }
        self.values = match (&self.values, class) {
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
        true
    }
}

/// Parses chunks into columns.
pub(crate) struct Infer<'a> {
    rules: Rules<'a>,
    plain: Option<Plain>,
    /// By column, as far as columns have their own; the last is for all others.
    fills: Vec<Fill>,
    /// What each column was in the chunks that are parsed so far.
    hints: Vec<AtomicU8>,
    /// The columns to read, if not all, and as what.
    only: Option<Vec<Option<Class>>>,
}

/// The columns of a chunk.
#[derive(Default)]
pub(crate) struct Part {
    columns: Vec<ColumnPart>,
    rows: usize,
    second: bool,
}

impl<'a> Infer<'a> {
    pub(crate) fn new(rules: Rules<'a>, columns: usize) -> Self {
        let own = rules.fills.own().max(rules.missing.own()).min(columns);
        Infer {
            plain: rules.splitter.plain(),
            fills: (0..=own).map(|column| Fill::new(&rules, column)).collect(),
            hints: (0..columns).map(|_| AtomicU8::new(0)).collect(),
            only: None,
            rules,
        }
    }

    /// The same for some columns only, whose classes are known.
    pub(crate) fn again(self, only: Vec<Option<Class>>) -> Self {
        Infer {
            only: Some(only),
            ..self
        }
    }

    fn fill(&self, column: usize) -> &Fill {
        const NONE: &Fill = &Fill {
            bool: None,
            int: None,
            float: None,
            complex: None,
            ambiguous: true,
        };
        self.fills.get(column).or(self.fills.last()).unwrap_or(NONE)
    }

    fn hint(&self, column: usize) -> Class {
        let hint = self.hints.get(column).map_or(0, |hint| hint.load(Ordering::Relaxed));
        Class::ALL.get(usize::from(hint)).copied().unwrap_or_default()
    }

    /// Takes the row at `start`; gives where the next one starts. `None` if it needs a closer look.
    #[inline(always)]
    fn plain_row(
        &self,
        plain: &Plain,
        text: &str,
        start: usize,
        row: usize,
        columns: &mut [ColumnPart],
    ) -> Option<usize> {
        let bytes = text.as_bytes();
        let mut at = start;
        while bytes.get(at) == Some(&b' ') || !plain.has_delimiter() && bytes.get(at) == Some(&b'\t') {
            at += 1;
        }
        let count = columns.len();
        for (index, column) in columns.iter_mut().enumerate() {
            let last = index + 1 == count;
            let next = |end| match last {
                true => plain.next_row(bytes, end),
                false => plain.next_field(bytes, end),
            };
            let fill = self.fill(index);
            macro_rules! number {
                ($T:ty, $values:ident) => {
                    if !fill.ambiguous {
                        let number = plain.skip_blanks(bytes, at);
                        if let Some((value, len)) = <$T>::prefix(bytes.get(number..)?)
                            && let Some(next) = next(number + len)
                        {
                            $values.push(value);
                            at = next;
                            column.ambiguous |= column.class == Class::Int
                                && bytes.get(number) == Some(&b'-')
                                && bytes.get(number + 1) == Some(&b'0');
                            continue;
                        }
                    }
                };
            }
            if column.skipped == Skipped::No {
                match &mut column.values {
                    Values::Int(values) => number!(i64, values),
                    Values::Float(values) => number!(f64, values),
                    _ => {}
                }
            }
            let end = plain.field_end(bytes, at)?;
            if column.skipped != Skipped::Done {
                let mut field = text.get(at..end)?;
                if last {
                    field = field.trim_end_matches(' ');
                    if count == 1 && field.is_empty() {
                        return None; // a blank line
                    }
                }
                let field = self.rules.splitter.strip(field);
                let missing = self.rules.missing.contains(index, field);
                column.take(field, row, missing, fill)?;
            }
            at = next(end)?;
        }
        Some(at)
    }
}

impl Parser for Infer<'_> {
    type Part = Part;

    fn clear(&self, part: &mut Part) {
        part.rows = 0;
        part.second = false;
        part.columns
            .resize_with(self.hints.len(), || ColumnPart::new(Class::Missing));
        for (index, column) in part.columns.iter_mut().enumerate() {
            match self.only.as_ref().map(|only| only.get(index).copied().flatten()) {
                None => column.start(self.hint(index)),
                Some(Some(class)) => column.start(class),
                Some(None) => column.skipped = Skipped::Done,
            }
        }
    }

    fn plain_rows(&self, text: &str, _: Shape, part: &mut Part) -> (usize, usize) {
        let Some(plain) = &self.plain else { return (0, 0) };
        let (mut done, mut rows) = (0, 0);
        while done < text.len() {
            let Some(next) = self.plain_row(plain, text, done, part.rows, &mut part.columns) else {
                // Another class is settled when the row is known to be one; its fields so far are taken back.
                for column in part.columns.iter_mut().filter(|column| column.skipped != Skipped::Done) {
                    column.values.truncate(part.rows);
                    column.mask.truncate(part.rows);
                }
                break;
            };
            done = next;
            rows += 1;
            part.rows += 1;
        }
        (done, rows)
    }

    fn row(&self, fields: &[Cow<'_, str>], part: &mut Part) -> Result<(), Reject> {
        for (index, (column, field)) in part.columns.iter_mut().zip(fields).enumerate() {
            if column.skipped == Skipped::Done {
                continue;
            }
            let missing = self.rules.missing.contains(index, field);
            if column.take(field, part.rows, missing, self.fill(index)).is_none() {
                column.turn(field);
            }
        }
        part.rows += 1;
        Ok(())
    }

    fn again(&self, part: &mut Part) -> bool {
        let turned = |column: &ColumnPart| column.skipped == Skipped::Turned;
        if part.second || !part.columns.iter().any(turned) {
            return false;
        }
        (part.rows, part.second) = (0, true);
        for column in &mut part.columns {
            match column.skipped {
                Skipped::Turned => column.start(column.class),
                _ => column.skipped = Skipped::Done,
            }
        }
        true
    }

    fn finish(&self, part: &mut Part) -> Result<()> {
        for (column, hint) in part.columns.iter().zip(&self.hints) {
            // Chunks that finish at once may forget each other's; the next ones will tell again.
            let joined = self.hint_join(hint, column.class);
            hint.store(joined as u8, Ordering::Relaxed);
        }
        Ok(())
    }
}

impl Infer<'_> {
    fn hint_join(&self, hint: &AtomicU8, class: Class) -> Class {
        let known = Class::ALL.get(usize::from(hint.load(Ordering::Relaxed)));
        known.copied().unwrap_or_default().join(class)
    }
}

/// The columns of all chunks.
pub(crate) struct Columns<'a> {
    fills: Vec<Fill>,
    pub(crate) columns: Vec<ColumnPart>,
    /// For each column, how many rows from the start are to be read again.
    pub(crate) lost: Vec<usize>,
    rows: usize,
    /// How many times as many rows as so far are still to come, if that is known.
    more: Option<f64>,
    only: Option<&'a [Option<Class>]>,
}

impl<'a> Columns<'a> {
    pub(crate) fn new(infer: &'a Infer<'_>) -> Self {
        let count = infer.hints.len();
        let only = infer.only.as_deref();
        let class = |index: usize| {
            only.and_then(|only| only.get(index).copied().flatten())
                .unwrap_or_default()
        };
        Columns {
            fills: infer.fills.clone(),
            columns: (0..count).map(|index| ColumnPart::new(class(index))).collect(),
            lost: vec![0; count],
            rows: 0,
            more: None,
            only,
        }
    }

    /// The columns that must be read again, and as what; and up to which row.
    pub(crate) fn lost(&self) -> Option<(Vec<Option<Class>>, usize)> {
        let rows = *self.lost.iter().max().filter(|rows| **rows > 0)?;
        let columns = self.columns.iter().zip(&self.lost);
        Some((
            columns
                .map(|(column, lost)| (*lost > 0).then_some(column.class))
                .collect(),
            rows,
        ))
    }

    /// Puts the starts of columns before the rest.
    pub(crate) fn restore(&mut self, starts: Columns<'_>) -> Result<()> {
        for ((column, start), lost) in self.columns.iter_mut().zip(starts.columns).zip(&self.lost) {
            if *lost > 0 {
                let mut values = start.values;
                values.truncate(*lost);
                values.append(&column.values, None)?;
                column.values = values;
            }
        }
        self.lost.fill(0);
        Ok(())
    }

    /// The columns, those without any value as bools; an error for a missing value that nothing can stand in for.
    pub(crate) fn finish(mut self) -> Result<Vec<ColumnPart>> {
        for (index, column) in self.columns.iter_mut().enumerate() {
            let Some(fill) = self.fills.get(index).or(self.fills.last()) else {
                continue;
            };
            if column.class == Class::Missing {
                column.ambiguous = false;
                column.convert(Class::Bool, fill);
            }
            let fits = match column.values.class() {
                Class::Bool => fill.bool.is_some(),
                Class::Int => fill.int.is_some(),
                Class::Float => fill.float.is_some(),
                Class::Complex => fill.complex.is_some(),
                Class::Missing | Class::Text => true,
            };
            if !fits && column.mask.contains(&true) {
                let message = format!(
                    "column {} has missing values, and its filling value is of another type",
                    index + 1
                );
                return Err(Error::new(ErrorKind::Argument, message));
            }
        }
        Ok(self.columns)
    }
}

impl Store<Part> for Columns<'_> {
    fn reserve(&mut self, _: usize, _: usize, more: Option<f64>) -> Result<()> {
        self.more = more;
        Ok(())
    }

    fn append(&mut self, part: &mut Part, rows: usize, _: usize) -> Result<()> {
        let before = self.rows;
        self.rows += rows;
        for (index, (column, more)) in self.columns.iter_mut().zip(&mut part.columns).enumerate() {
            if let Some(only) = self.only
                && only.get(index).copied().flatten().is_none()
            {
                continue;
            }
            let Some(fill) = self.fills.get(index).or(self.fills.last()) else {
                continue;
            };
            more.values.truncate(rows);
            more.mask.truncate(rows);
            if !more.mask.is_empty() {
                column.mask.resize(before, false);
                column.mask.extend_from_slice(&more.mask);
            }
            column.class = column.class.join(more.class);
            let Some(lost) = self.lost.get_mut(index) else { continue };
            // The values' rows begin where what was lost ends.
            let shift = |mask: &[bool]| mask.get(*lost..).unwrap_or_default().to_vec();
            if column.values.class() != column.class {
                let whole = std::mem::take(&mut column.mask);
                column.mask = shift(&whole);
                column.mask.truncate(before - *lost);
                let converted = column.convert(column.class, fill);
                column.mask = whole;
                if !converted {
                    *lost = before;
                    column.values = Values::new(column.class);
                    column.ambiguous = false;
                }
            }
            if more.convert(column.class, fill) {
                column.values.append(&more.values, self.more)?;
                column.ambiguous |= more.ambiguous;
            } else {
                *lost = self.rows;
                column.values = Values::new(column.class);
                column.ambiguous = false;
            }
        }
        Ok(())
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

    /// Types that show late, in a file of several blocks; the others are not read again.
    #[test]
    fn columns_change_their_minds_late() {
        use std::fmt::Write as _;
        const ROWS: usize = 400_000;
        let mut text = String::new();
        for row in 0..ROWS {
            let late = row == ROWS - 2;
            let word = if late { "x".to_owned() } else { format!("-0{row}") };
            let float = if late { "0.5".to_owned() } else { row.to_string() };
            let zero = if late { "1.5" } else { "-0" };
            let hole = if late { "7" } else { "" };
            let _ = writeln!(text, "{row},{word},{float},{zero},{hole}");
        }
        let table = crate::GenFromTxt::new()
            .delimiter(",")
            .read_table(text.as_bytes())
            .unwrap();
        let column = |index: usize| &table.columns()[index];
        assert_eq!(
            column(0).values::<i64>().unwrap(),
            (0..ROWS as i64).collect::<ndarray::Array1<_>>()
        );
        for row in [0, 1, ROWS / 2, ROWS - 3, ROWS - 1] {
            assert_eq!(column(1).text(row), Some(format!("-0{row}").as_str()));
        }
        assert_eq!(column(1).text(ROWS - 2), Some("x"));
        let floats = column(2).values::<f64>().unwrap();
        assert_eq!(
            (floats[5], floats[ROWS - 2], floats[ROWS - 1]),
            (5.0, 0.5, (ROWS - 1) as f64)
        );
        let zeros = column(3).values::<f64>().unwrap();
        assert!(
            zeros.len() == ROWS
                && zeros
                    .iter()
                    .filter(|zero| zero.to_bits() == (-0.0_f64).to_bits())
                    .count()
                    == ROWS - 1
        );
        assert_eq!(column(4).values::<i64>().unwrap().sum(), 7 - (ROWS as i64 - 1));
        assert!(column(4).is_missing(ROWS - 1) && !column(4).is_missing(ROWS - 2));
    }
}
