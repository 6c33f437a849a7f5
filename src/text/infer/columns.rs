//! The columns of all chunks, joined.

use super::class::Class;
use super::column::{ColumnPart, Fill, Part};
use crate::error::{Error, ErrorKind, Result};
use crate::text::rows::Store;

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
    /// So many columns; `only` some of them, if it says so, whose classes are known.
    pub(super) fn new(count: usize, fills: Vec<Fill>, only: Option<&'a [Option<Class>]>) -> Self {
        let class = |index: usize| {
            only.and_then(|only| only.get(index).copied().flatten())
                .unwrap_or_default()
        };
        Columns {
            fills,
            columns: (0..count).map(|index| ColumnPart::new(class(index))).collect(),
            lost: vec![0; count],
            rows: 0,
            more: None,
            only,
        }
    }

    /// The columns that must be read again, and as what; and up to which row.
    pub(crate) fn lost(&mut self) -> Option<(Vec<Option<Class>>, usize)> {
        for (column, lost) in self.columns.iter_mut().zip(&mut self.lost) {
            // What has no values is of bools, which some of its missing texts can be.
            if column.class == Class::Missing && column.ambiguous {
                (*lost, column.class) = (self.rows, Class::Bool);
                column.forget(Class::Bool);
            }
        }
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
                column.filled |= start.filled;
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
            if !fits && column.filled && column.mask.contains(&true) {
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
                    column.forget(column.class);
                }
            }
            if more.convert(column.class, fill) {
                column.values.append(&more.values, self.more)?;
                column.ambiguous |= more.ambiguous;
                column.filled |= more.filled;
            } else {
                *lost = self.rows;
                column.forget(column.class);
            }
        }
        Ok(())
    }
}
