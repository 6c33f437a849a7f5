//! Columns whose types their text tells: bool, int64, float64, complex128, text, the first that all of it is.
//!
//! Every chunk is parsed optimistically, each column as what it was so far. Where a field is something else, the rest of
//! the chunk only tells what the column must be, and the chunk's text is gone through once more for that column alone.
//! Columns of chunks are joined in order; int64 turns into float64 and float64 into complex128 without their text. A
//! column that turns otherwise starts anew, and its start is read again in the end, nothing else with it.

mod class;
mod column;
mod columns;
mod marks;
mod texts;

use std::borrow::Cow;
use std::sync::atomic::{AtomicU8, Ordering};

pub(crate) use self::class::Class;
pub(crate) use self::column::{ColumnPart, Values};
use self::column::{Fill, Part, Skipped};
pub(crate) use self::columns::Columns;
pub(crate) use self::marks::{Mark, Marks};
pub(crate) use self::texts::Texts;
use super::filled::{FilledColumn, Rules};
use super::job::{Parser, Reject, Shape};
use super::number::Number;
use super::plain::Plain;
use crate::dtype::Dtype;
use crate::error::Result;

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
    /// The columns of a dtype that was asked for. Their text is kept until all of it is there.
    given: Vec<Option<FilledColumn>>,
}

impl<'a> Infer<'a> {
    pub(crate) fn new(rules: Rules<'a>, columns: usize) -> Self {
        let own = rules.fills.own().max(rules.missing.own()).min(columns);
        Infer {
            plain: rules.splitter.plain(),
            fills: (0..=own).map(|column| Fill::new(&rules, column)).collect(),
            hints: (0..columns).map(|_| AtomicU8::new(0)).collect(),
            only: None,
            given: Vec::new(),
            rules,
        }
    }

    /// Reads a column as a dtype, whatever its text looks like.
    pub(crate) fn give(&mut self, column: usize, dtype: &Dtype) -> Result<()> {
        let given = FilledColumn::new(&self.rules, column, dtype)?;
        self.given.resize_with(self.hints.len(), || None);
        if let (Some(place), Some(hint)) = (self.given.get_mut(column), self.hints.get(column)) {
            *place = Some(given);
            hint.store(Class::Text as u8, Ordering::Relaxed);
        }
        Ok(())
    }

    /// The column of a dtype that was asked for.
    pub(crate) fn given(&self, column: usize) -> Option<&FilledColumn> {
        self.given.get(column)?.as_ref()
    }

    /// The same for some columns only, whose classes are known.
    pub(crate) fn again(self, only: Vec<Option<Class>>) -> Self {
        Infer {
            only: Some(only),
            ..self
        }
    }

    /// Where what is parsed goes.
    pub(crate) fn columns(&self) -> Columns<'_> {
        Columns::new(self.hints.len(), self.fills.clone(), self.only.as_deref())
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
        scratch: &mut Vec<u8>,
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
                if let Some(given) = self.given(index) {
                    given.read(&self.rules, field, scratch).ok()?;
                }
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
        let mut scratch = Vec::new();
        while done < text.len() {
            let Some(next) = self.plain_row(plain, text, done, part.rows, &mut part.columns, &mut scratch) else {
                // Another class is settled when the row is known to be one; its fields so far are taken back.
                for column in part.columns.iter_mut().filter(|column| column.skipped != Skipped::Done) {
                    column.values.truncate(part.rows);
                    column.marks.truncate(part.rows);
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
        let unfit = fields.iter().enumerate().find_map(|(index, field)| {
            let given = self.given(index)?;
            given.read(&self.rules, field, &mut Vec::new()).err()
        });
        if let Some(reject) = unfit {
            return Err(reject);
        }
        for (index, (column, field)) in part.columns.iter_mut().zip(fields).enumerate() {
            if column.skipped == Skipped::Done {
                continue;
            }
            let missing = self.rules.missing.contains(index, field);
            let fill = self.fill(index);
            if column.take(field, part.rows, missing, fill).is_none() && !column.widen(field, part.rows, fill) {
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

#[cfg(test)]
mod tests {
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
