//! What a table's first row, its names and the options say of its columns.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::dtype::{Dtype, Kind};
use crate::error::{Error, ErrorKind, Result};
use crate::text::input::Source;
use crate::text::job::{BadRows, Converter, Cut, count, resolve};
use crate::text::lex::line_end;
use crate::text::missing::{ColumnKey, ColumnValues, Fills, Missing};
use crate::text::split::Splitter;

/// The columns of a result.
#[derive(Default)]
pub(super) struct Layout {
    /// There is no row, not even one of names.
    pub(super) is_empty: bool,
    pub(super) columns: usize,
    /// How many fields a row must have, if columns are not picked.
    pub(super) fields: Option<usize>,
    /// Which columns of the file they are, if not all.
    pub(super) usecols: Option<Vec<isize>>,
    /// How many fields a row must have for the columns that were picked and are ignored.
    pub(super) least: usize,
    /// Those of the result's columns; they can be more or fewer.
    pub(super) names: Option<Vec<String>>,
    /// Those of the file's columns.
    pub(super) all_names: Option<Vec<String>>,
    pub(super) missing: Missing,
    pub(super) fills: Fills,
    pub(super) converters: Vec<(Option<isize>, Arc<Converter>)>,
}

impl Layout {
    /// `fields` of the first row, if there is one; `complete` gives names to the columns that have none, where some are
    /// picked.
    pub(super) fn new(
        fields: Option<usize>,
        names: Option<Vec<String>>,
        usecols: Option<&[ColumnKey]>,
        complete: impl FnOnce(Vec<String>) -> Result<Vec<String>>,
    ) -> Result<Layout> {
        let mut layout = Layout {
            is_empty: fields.is_none(),
            columns: fields.unwrap_or(0),
            fields,
            all_names: names.clone(),
            names,
            ..Layout::default()
        };
        // NumPy takes no columns for all.
        if let Some(usecols) = usecols.filter(|usecols| !usecols.is_empty()) {
            layout.pick(usecols, fields, complete)?;
        }
        Ok(layout)
    }

    fn pick(
        &mut self,
        usecols: &[ColumnKey],
        fields: Option<usize>,
        complete: impl FnOnce(Vec<String>) -> Result<Vec<String>>,
    ) -> Result<()> {
        let columns = usecols
            .iter()
            .map(|key| self.file_column(key, fields))
            .collect::<Result<Vec<_>>>()?;
        self.names = self.names.take().map(complete).transpose()?;
        if let Some(names) = self.names.as_mut().filter(|names| names.len() > columns.len()) {
            let picked = columns.iter().map(|column| {
                let name = resolve(*column, names.len()).and_then(|column| names.get(column));
                name.cloned().ok_or_else(|| {
                    let message = format!(
                        "usecols asks for column {column} (counted from 0) of {}",
                        count(names.len(), "name")
                    );
                    Error::new(ErrorKind::Argument, message)
                })
            });
            *names = picked.collect::<Result<_>>()?;
        }
        self.columns = columns.len();
        self.usecols = Some(columns);
        self.fields = None;
        Ok(())
    }

    fn file_column(&self, key: &ColumnKey, fields: Option<usize>) -> Result<isize> {
        match key {
            ColumnKey::Name(name) => {
                let names = self.names.as_deref().unwrap_or_default();
                let index = names.iter().position(|own| own == name);
                index
                    .and_then(|index| isize::try_from(index).ok())
                    .ok_or_else(|| no_column(name, names))
            }
            ColumnKey::Index(index) if *index >= 0 => Ok(*index),
            ColumnKey::Index(index) => {
                let fields = fields.and_then(|fields| isize::try_from(fields).ok());
                let from_start = fields.map_or(Some(*index), |fields| index.checked_add(fields));
                from_start
                    .filter(|index| *index >= 0 || fields.is_none())
                    .ok_or_else(|| {
                        let message = format!(
                            "usecols asks for column {index}, but the first row has {}",
                            count(fields.unwrap_or(0).unsigned_abs(), "field")
                        );
                        Error::new(ErrorKind::Argument, message)
                    })
            }
        }
    }

    /// Leaves out the columns for which a dtype has no fields, as NumPy does.
    pub(super) fn ignore_after(&mut self, columns: usize) {
        if self.columns > columns {
            match &mut self.usecols {
                Some(usecols) => {
                    let ignored = usecols.drain(columns.min(usecols.len())..);
                    let places = ignored.filter_map(|column| usize::try_from(column).ok()?.checked_add(1));
                    self.least = places.max().unwrap_or(0);
                }
                None => self.usecols = Some((0..).take(columns).collect()),
            }
            self.columns = columns;
        }
    }

    /// Picks the columns that a record's fields name; each is one column.
    pub(super) fn pick_fields(&mut self, dtype: &Dtype) -> Result<()> {
        let keys: Vec<ColumnKey> = dtype
            .fields()
            .iter()
            .map(|field| ColumnKey::from(field.name()))
            .collect();
        let fields = Some(self.columns);
        self.pick(&keys, fields, Ok)
    }

    /// Whether a record's fields can be found by names.
    pub(super) fn finds(&self, dtype: &Dtype) -> bool {
        let single = |dtype: &Dtype| {
            !matches!(dtype.kind(), Kind::Record | Kind::Subarray) || crate::element::option_value(dtype).is_some()
        };
        self.names.is_some()
            && self.usecols.is_none()
            && dtype.kind() == Kind::Record
            && crate::element::option_value(dtype).is_none()
            && dtype.fields().iter().all(|field| single(field.dtype()))
    }

    /// Which column of the result a key means: of the file's columns, or else of the result's own.
    fn column(&self, key: &ColumnKey) -> Option<usize> {
        let index = match key {
            ColumnKey::Name(name) => {
                return self
                    .names
                    .as_ref()?
                    .iter()
                    .position(|own| own == name)
                    .filter(|index| *index < self.columns);
            }
            ColumnKey::Index(index) => *index,
        };
        if let Some(usecols) = &self.usecols
            && let Some(column) = usecols.iter().position(|column| *column == index)
        {
            return Some(column);
        }
        let columns = isize::try_from(self.columns).ok()?;
        let index = if index < 0 { index.checked_add(columns)? } else { index };
        usize::try_from(index).ok().filter(|index| *index < self.columns)
    }

    /// The column of the result that a key means.
    pub(super) fn find(&self, key: &ColumnKey) -> Result<usize> {
        self.column(key).ok_or_else(|| match key {
            ColumnKey::Name(name) => no_column(name, self.names.as_deref().unwrap_or_default()),
            ColumnKey::Index(index) => {
                let columns = count(self.columns, "column");
                let message = format!("column_dtype is for column {index} (counted from 0) of {columns}");
                Error::new(ErrorKind::Argument, message)
            }
        })
    }

    /// Finds the columns that values and converters are for.
    pub(super) fn resolve(
        &mut self,
        missing: &[ColumnValues],
        fills: &[ColumnValues],
        converters: &[(ColumnKey, Arc<Converter>)],
    ) {
        let resolve = |key: &ColumnKey| self.column(key);
        let missing = Missing::new(missing, self.columns, &resolve);
        let fills = Fills::new(fills, self.columns, &resolve);
        let file_column = |key: &ColumnKey| {
            let used = match (&self.usecols, key) {
                (Some(usecols), ColumnKey::Index(index)) => return usecols.contains(index).then_some(*index),
                (Some(usecols), ColumnKey::Name(_)) => return usecols.get(self.column(key)?).copied(),
                (None, key) => self.column(key)?,
            };
            isize::try_from(used).ok()
        };
        let converters = converters
            .iter()
            .filter_map(|(key, convert)| Some((Some(file_column(key)?), Arc::clone(convert))));
        self.converters = converters.collect();
        (self.missing, self.fills) = (missing, fills);
    }

    /// What is wrong with the rows that were left out.
    pub(super) fn bad_rows(&self, bad: &BadRows) -> Error {
        let listed: Vec<String> = bad
            .first
            .iter()
            .map(|(line, fields)| format!("{fields} in line {line}"))
            .collect();
        let mut list = listed.join(", ");
        let more = bad.count - bad.first.len() as u64;
        if more > 0 {
            list += &format!(" and {more} more");
        }
        let (rows, have) = match bad.count {
            1 => ("row", "has"),
            _ => ("rows", "have"),
        };
        let needed = match self.fields {
            Some(fields) => format!("another number of fields than {fields}"),
            None => "too few fields for usecols".to_owned(),
        };
        let message = format!(
            "{} {rows} {have} {needed}: {list}; invalid_raise(false) leaves such rows out, usecols picks fields",
            bad.count
        );
        let line = bad.first.first().map_or(1, |(line, _)| *line);
        Error::new(ErrorKind::Parse, message).at_line(line, None)
    }
}

pub(super) fn no_column(name: &str, names: &[String]) -> Error {
    const SHOWN: usize = 20;
    let mut there = names
        .iter()
        .take(SHOWN)
        .map(String::as_str)
        .collect::<Vec<_>>()
        .join(", ");
    if names.len() > SHOWN {
        there += ", ..";
    }
    let message = match names {
        [] => format!("no column {name:?}, for want of names: names(Names::FromHeader) takes them from the first line"),
        _ => format!("no column {name:?}; there are {there}"),
    };
    Error::new(ErrorKind::Missing, message)
}

/// The text before the last `footer` rows, all in UTF-8.
pub(super) fn without_footer(
    source: &mut Source<'_>,
    splitter: &Splitter,
    skip: u64,
    header: bool,
    footer: usize,
) -> Result<Vec<u8>> {
    let mut text = source.read_all()?;
    // What is no text is an error wherever it stands.
    let Ok(content) = std::str::from_utf8(&text) else {
        return Ok(text);
    };
    let mut at = 0;
    for _ in 0..skip {
        match line_end(&content.as_bytes()[at..]) {
            Some((_, end)) => at += end,
            None => break,
        }
    }
    let mut starts = VecDeque::new();
    let mut fields = Vec::new();
    let mut names = header;
    while at < content.len() {
        let rest = &content[at..];
        let row = match names {
            true => splitter.header().row(rest, true, &mut fields),
            false => splitter.row(rest, true, &mut fields),
        };
        let Some(row) = row else { break };
        if !fields.is_empty() {
            if !std::mem::take(&mut names) {
                starts.push_back(at);
            }
            if starts.len() > footer {
                starts.pop_front();
            }
        }
        at += row.end;
    }
    if let Some(start) = starts.front() {
        text.truncate(*start);
    }
    Ok(text)
}
