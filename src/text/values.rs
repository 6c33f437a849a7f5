//! Columns of one type: rows of text straight to scalars, or to strings.

use std::borrow::Cow;
use std::marker::PhantomData;

use super::columns::{Column, columns};
use super::job::{Parser, Reject, Shape};
use super::lex::Syntax;
use super::number::Number;
use super::plain::Plain;
use super::rows::Store;
use crate::dtype::Dtype;
use crate::error::{Error, ErrorKind, Result};
use crate::storage::memory;

/// Parses scalars.
pub(crate) struct Scalars<T> {
    plain: Option<Plain>,
    scalar: PhantomData<T>,
}

impl<T: Number> Scalars<T> {
    pub(crate) fn new(syntax: &Syntax) -> Self {
        Scalars {
            plain: Plain::new(syntax),
            scalar: PhantomData,
        }
    }
}

impl<T: Number> Parser for Scalars<T> {
    type Part = Vec<T>;

    fn clear(&self, part: &mut Vec<T>) {
        part.clear();
    }

    fn plain_rows(&self, text: &str, shape: Shape, part: &mut Vec<T>) -> (usize, usize) {
        let Some(plain) = &self.plain else { return (0, 0) };
        let text = text.as_bytes();
        let start = part.len();
        let (mut done, mut rows) = (0, 0);
        while done < text.len() {
            let Some(next) = plain_row(plain, text, done, shape.columns, part) else {
                part.truncate(start + rows * shape.columns);
                break;
            };
            done = next;
            rows += 1;
        }
        (done, rows)
    }

    fn row(&self, fields: &[Cow<'_, str>], part: &mut Vec<T>) -> Result<(), Reject> {
        let start = part.len();
        for (column, field) in fields.iter().enumerate() {
            match T::parse(field) {
                Some(value) => part.push(value),
                None => {
                    part.truncate(start);
                    return Err(Reject {
                        column,
                        expected: Dtype::native(T::SCALAR).describe(),
                    });
                }
            }
        }
        Ok(())
    }
}

/// Appends the numbers of the row at `at`; gives where the next row starts.
#[inline(always)]
fn plain_row<T: Number>(plain: &Plain, text: &[u8], at: usize, columns: usize, values: &mut Vec<T>) -> Option<usize> {
    let mut at = at;
    for column in (0..columns).rev() {
        let (value, end) = plain.number(text, at)?;
        values.push(value);
        at = end;
        if column > 0 {
            at = plain.next_field(text, at)?;
        }
    }
    plain.next_row(text, at)
}

impl<T: Number> Store<Vec<T>> for Vec<T> {
    fn reserve(&mut self, rows: usize, columns: usize, more: Option<f64>) -> Result<()> {
        reserve(self, rows.saturating_mul(columns), more)
    }

    fn append(&mut self, part: &mut Vec<T>, rows: usize, columns: usize) -> Result<()> {
        self.extend_from_slice(part.get(..rows * columns).unwrap_or_default());
        Ok(())
    }
}

/// Makes room for `new` items, and for those still to come if their number can be told.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // an estimate
pub(crate) fn reserve<T>(items: &mut Vec<T>, new: usize, more: Option<f64>) -> Result<()> {
    let now = items.len() + new;
    if now <= items.capacity() {
        return Ok(());
    }
    let wanted = match more {
        // Lines differ in length, and a little more than the estimate costs nothing until it is touched.
        Some(more) if more > 0.0 => now + (now as f64 * more * 1.05) as usize,
        Some(_) => now,
        None => now.max(items.capacity() * 3 / 2),
    };
    let reserved = items.try_reserve_exact(wanted - items.len());
    reserved.or_else(|_| items.try_reserve_exact(new)).map_err(|error| {
        let bytes = now.saturating_mul(size_of::<T>());
        Error::new(
            ErrorKind::Limit,
            format!("cannot allocate {bytes} bytes for the values so far"),
        )
        .with_source(error)
    })?;
    memory::advise_huge(items);
    Ok(())
}

/// Keeps the text of fields.
pub(crate) struct Strings {
    /// What the text must be fit for, if not for everything.
    column: Option<Column>,
}

impl Strings {
    /// Any text.
    pub(crate) fn any() -> Self {
        Strings { column: None }
    }

    /// Text that the dtype can be made of, once its width or unit is known.
    pub(crate) fn of(dtype: &Dtype) -> Result<Self> {
        Ok(Strings {
            column: columns(dtype)?.pop(),
        })
    }
}

impl Parser for Strings {
    type Part = Vec<String>;

    fn clear(&self, part: &mut Vec<String>) {
        part.clear();
    }

    fn row(&self, fields: &[Cow<'_, str>], part: &mut Vec<String>) -> Result<(), Reject> {
        if let Some(checked) = &self.column
            && let Some(column) = fields.iter().position(|field| !checked.accepts(field))
        {
            return Err(Reject {
                column,
                expected: checked.expected(),
            });
        }
        part.extend(fields.iter().map(|field| field.as_ref().to_owned()));
        Ok(())
    }
}

impl Store<Vec<String>> for Vec<String> {
    fn reserve(&mut self, rows: usize, columns: usize, more: Option<f64>) -> Result<()> {
        reserve(self, rows.saturating_mul(columns), more)
    }

    fn append(&mut self, part: &mut Vec<String>, rows: usize, columns: usize) -> Result<()> {
        part.truncate(rows * columns);
        Vec::append(self, part);
        Ok(())
    }
}
