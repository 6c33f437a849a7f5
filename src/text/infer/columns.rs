//! The columns of all chunks, joined.

use super::class::Class;
use super::column::{ColumnPart, Fill, Part};
use crate::error::{Error, ErrorKind, Result};
use crate::text::rows::Store;

/// The columns of all chunks.
pub(crate) struct Columns<'a> {
    count: usize,
    fills: Vec<Fill>,
    /// None before there are rows.
    columns: Vec<ColumnPart>,
    /// For each column, how many rows from the start are to be read again; none as long as no column lost any.
    lost: Vec<usize>,
    rows: usize,
    /// How many times as many rows as so far are still to come, if that is known.
    more: Option<f64>,
    only: Option<&'a [Option<Class>]>,
}

impl<'a> Columns<'a> {
    /// So many columns; `only` some of them, if it says so, whose classes are known.
    pub(super) fn new(count: usize, fills: Vec<Fill>, only: Option<&'a [Option<Class>]>) -> Self {
        Columns {
            count,
            fills,
            columns: Vec::new(),
            lost: Vec::new(),
            rows: 0,
            more: None,
            only,
        }
    }

    /// Makes the columns, if there are none yet.
    fn start(&mut self) {
        let class = |index: usize| self.only.and_then(|only| only.get(index).copied().flatten());
        let from = self.columns.len();
        let new = (from..self.count).map(|index| ColumnPart::new(class(index).unwrap_or_default()));
        self.columns.extend(new);
    }

    fn lost_of(&self, index: usize) -> usize {
        self.lost.get(index).copied().unwrap_or(0)
    }

    /// Forgets the values of a column up to now, to be read again as another class.
    fn lose(&mut self, index: usize, rows: usize) {
        self.lost.resize(self.count, 0);
        if let (Some(lost), Some(column)) = (self.lost.get_mut(index), self.columns.get_mut(index)) {
            *lost = rows;
            column.forget();
        }
    }

    /// The columns that must be read again, and as what; and up to which row.
    pub(crate) fn lost(&mut self) -> Option<(Vec<Option<Class>>, usize)> {
        self.start();
        for index in 0..self.count {
            // What has no values is of bools, which some of its missing texts can be.
            if let Some(column) = self.columns.get_mut(index)
                && column.class == Class::Missing
                && column.ambiguous
            {
                column.class = Class::Bool;
                self.lose(index, self.rows);
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
    pub(crate) fn restore(&mut self, mut starts: Columns<'_>) -> Result<()> {
        starts.start();
        for ((column, start), lost) in self.columns.iter_mut().zip(starts.columns).zip(&self.lost) {
            if *lost > 0 {
                let mut values = start.values;
                values.truncate(*lost);
                values.append(&column.values, None)?;
                column.values = values;
                column.marks.restore(&start.marks, *lost);
            }
        }
        self.lost.clear();
        Ok(())
    }

    /// The columns, those without any value as bools; an error for a missing value that nothing can stand in for.
    pub(crate) fn finish(mut self) -> Result<Vec<ColumnPart>> {
        self.start();
        for (index, column) in self.columns.iter_mut().enumerate() {
            let Some(fill) = self.fills.get(index).or(self.fills.last()) else {
                continue;
            };
            if column.class == Class::Missing {
                column.ambiguous = false;
                column.convert(Class::Bool, fill, 0);
            }
            let fits = match column.values.class() {
                Class::Bool => fill.bool.is_some(),
                Class::Int => fill.int.is_some(),
                Class::Float => fill.float.is_some(),
                Class::Complex => fill.complex.is_some(),
                Class::Missing | Class::Text => true,
            };
            if !fits && column.marks.any_filled() {
                let message = format!(
                    "column {} has missing values, and its filling value is of another type",
                    index + 1
                );
                return Err(Error::new(ErrorKind::Argument, message));
            }
        }
        Ok(self.columns)
    }

    /// Appends the rows of a chunk to a column.
    fn join(&mut self, index: usize, more: &mut ColumnPart, before: usize) -> Result<()> {
        let lost = self.lost_of(index);
        let (Some(column), Some(fill)) = (self.columns.get_mut(index), self.fills.get(index).or(self.fills.last()))
        else {
            return Ok(());
        };
        column.class = column.class.join(more.class);
        let kept = column.convert(column.class, fill, lost);
        let joined = more.convert(column.class, fill, 0);
        column.marks.append(&more.marks, before);
        if !(kept && joined) {
            self.lose(index, if joined { before } else { self.rows });
        }
        if let Some(column) = self.columns.get_mut(index).filter(|_| joined) {
            column.values.append(&more.values, self.more)?;
            column.ambiguous |= more.ambiguous;
        }
        Ok(())
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
        for column in &mut part.columns {
            column.values.truncate(rows);
            column.marks.truncate(rows);
        }
        let agree = |column: &ColumnPart| column.values.class() == column.class;
        if self.columns.is_empty() && !self.more.is_some_and(|more| more > 0.0) && part.columns.iter().all(agree) {
            // Not copied: a text of one row can have millions of columns.
            std::mem::swap(&mut self.columns, &mut part.columns);
            return Ok(());
        }
        self.start();
        for (index, more) in part.columns.iter_mut().enumerate() {
            if self
                .only
                .is_none_or(|only| only.get(index).copied().flatten().is_some())
            {
                self.join(index, more, before)?;
            }
        }
        Ok(())
    }
}
