//! The rows of a chunk of text: found, checked, their fields picked and handed to a parser.

use std::borrow::Cow;
use std::sync::Arc;

use super::lex::{Row, Syntax, whole_lines};
use crate::error::{Error, ErrorKind, Result};

/// Gives a field's text another form before it is parsed.
pub(crate) type Converter = dyn Fn(&str) -> String + Send + Sync;

/// Tells rows and fields apart.
pub(crate) trait Cut: Sync {
    /// Reads the row at the start of `text` into `fields`; a blank one has none.
    ///
    /// `None` if the row may go on after `text`, which never happens when `text` is the `last` there is.
    fn row<'t>(&self, text: &'t str, last: bool, fields: &mut Vec<Cow<'t, str>>) -> Option<Row>;

    /// Whether a row can take several lines.
    fn multiline(&self) -> bool;
}

impl Cut for Syntax {
    fn row<'t>(&self, text: &'t str, last: bool, fields: &mut Vec<Cow<'t, str>>) -> Option<Row> {
        self.row(text, last, fields)
    }

    fn multiline(&self) -> bool {
        self.quote.is_some()
    }
}

/// What to read and how, the same for all rows.
pub(crate) struct Job<'a> {
    pub(crate) cut: &'a dyn Cut,
    pub(crate) skiprows: u64,
    pub(crate) max_rows: Option<usize>,
    pub(crate) usecols: Option<&'a [isize]>,
    /// By column of the file, counted from the end if negative; `None` for all columns.
    pub(crate) converters: &'a [(Option<isize>, Arc<Converter>)],
    /// How many fields the dtype has, if it is not one for all columns.
    pub(crate) fields: Option<usize>,
    /// Whether rows of another length are left out and listed, and not an error at once.
    pub(crate) lenient: bool,
    pub(crate) chunk: usize,
}

/// Rows that were left out for their length.
#[derive(Default)]
pub(crate) struct BadRows {
    pub(crate) count: u64,
    /// Line and number of fields of the first ones.
    pub(crate) first: Vec<(u64, usize)>,
}

impl BadRows {
    /// How many are listed.
    const LISTED: usize = 100;

    #[cold]
    fn push(&mut self, line: u64, fields: usize) {
        self.count += 1;
        if self.first.len() < Self::LISTED {
            self.first.push((line, fields));
        }
    }

    /// Takes over those of a chunk after so many lines.
    pub(super) fn append(&mut self, other: BadRows, lines: u64) {
        let room = Self::LISTED - self.first.len();
        let listed = other.first.into_iter().take(room);
        self.first.extend(listed.map(|(line, fields)| (line + lines, fields)));
        self.count += other.count;
    }
}

/// What a row must look like, known from the dtype, from `usecols` or from the first row.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    /// How many fields each row has, unless `usecols` picks some.
    pub(crate) fields: Option<usize>,
    /// How many values a row gives.
    pub(crate) columns: usize,
    /// How many fields each row has at least, for those that `usecols` picks and no value is made of.
    pub(crate) least: usize,
}

/// A field that cannot be what it should.
#[derive(Debug)]
pub(crate) struct Reject {
    /// Which of the row's values.
    pub(crate) column: usize,
    /// What it should be.
    pub(crate) expected: String,
}

/// Turns rows of fields into parts of a result; shared by all threads.
pub(crate) trait Parser: Sync {
    /// The rows of one chunk.
    type Part: Default + Send + 'static;

    /// Empties a part for reuse.
    fn clear(&self, part: &mut Self::Part);

    /// Appends rows from the start of `text` as long as they are plain; gives their bytes and number. One line each.
    fn plain_rows(&self, _text: &str, _shape: Shape, _part: &mut Self::Part) -> (usize, usize) {
        (0, 0)
    }

    /// Appends one row.
    fn row(&self, fields: &[Cow<'_, str>], part: &mut Self::Part) -> Result<(), Reject>;

    /// Whether the chunk must be parsed once more, for what only its last row told.
    fn again(&self, _part: &mut Self::Part) -> bool {
        false
    }

    /// Called once after the last row of a chunk.
    fn finish(&self, _part: &mut Self::Part) -> Result<()> {
        Ok(())
    }
}

/// A parser and the part that it fills: what goes through the text knows no more of them, so it is compiled once.
trait PartBuilder {
    fn plain_rows(&mut self, text: &str, shape: Shape) -> (usize, usize);
    fn row(&mut self, fields: &[Cow<'_, str>]) -> Result<(), Reject>;
    fn again(&mut self) -> bool;
    fn finish(&mut self) -> Result<()>;
}

struct Building<'a, P: Parser> {
    parser: &'a P,
    part: &'a mut P::Part,
}

impl<P: Parser> PartBuilder for Building<'_, P> {
    fn plain_rows(&mut self, text: &str, shape: Shape) -> (usize, usize) {
        self.parser.plain_rows(text, shape, self.part)
    }

    fn row(&mut self, fields: &[Cow<'_, str>]) -> Result<(), Reject> {
        self.parser.row(fields, self.part)
    }

    fn again(&mut self) -> bool {
        self.parser.again(self.part)
    }

    fn finish(&mut self) -> Result<()> {
        self.parser.finish(self.part)
    }
}

/// What became of a chunk.
#[derive(Default)]
pub(super) struct Done {
    pub(super) rows: usize,
    pub(super) lines: u64,
    /// Bytes of whole rows.
    pub(super) end: usize,
    pub(super) bad: BadRows,
    /// The first error; its line counts from the chunk's first, as those of bad rows do.
    pub(super) error: Option<Error>,
}

/// The text up to the first invalid byte, and whether there is one. A character cut off at the end is none yet.
pub(super) fn valid(bytes: &[u8]) -> (&str, bool) {
    match std::str::from_utf8(bytes) {
        Ok(text) => (text, false),
        Err(error) => {
            let text = std::str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or_default();
            (text, error.error_len().is_some())
        }
    }
}

#[cold]
pub(super) fn invalid_utf8() -> Error {
    Error::new(
        ErrorKind::Parse,
        "invalid UTF-8; another encoding would work, such as Encoding::Latin1",
    )
}

impl Job<'_> {
    /// Parses the rows of `text` anew into `part`; the text ends with a row if it is the `last` that could belong to it.
    pub(super) fn parse<P: Parser>(
        &self,
        parser: &P,
        shape: Shape,
        text: &[u8],
        last: bool,
        limit: usize,
        part: &mut P::Part,
    ) -> Done {
        parser.clear(part);
        self.fill(&mut Building { parser, part }, shape, text, last, limit)
    }

    fn fill(&self, to: &mut dyn PartBuilder, shape: Shape, text: &[u8], last: bool, limit: usize) -> Done {
        let mut done = self.fill_rows(to, shape, text, last, limit);
        if to.again() {
            done = self.fill_rows(to, shape, text, last, limit);
        }
        if let Err(error) = to.finish() {
            done.rows = 0;
            done.error.get_or_insert(error);
        }
        done
    }

    fn fill_rows(&self, to: &mut dyn PartBuilder, shape: Shape, bytes: &[u8], last: bool, limit: usize) -> Done {
        let mut done = Done::default();
        let (text, mut invalid) = valid(bytes);
        invalid |= last && text.len() < bytes.len();
        // The line of the invalid byte is not given to the parser at all.
        let text = match invalid && !self.cut.multiline() {
            true => &text[..whole_lines(text.as_bytes())],
            false => text,
        };
        let direct = self.usecols.is_none() && self.converters.is_empty();
        // What a row tells of its column's type counts only up to the last row.
        let plain = direct && shape.columns > 0 && !(self.lenient && self.max_rows.is_some());
        let mut fields = Vec::new();
        let mut picked = Vec::new();
        while done.end < text.len() && done.rows < limit {
            if plain {
                let (bytes, rows) = to.plain_rows(&text[done.end..], shape);
                done.end += bytes;
                done.rows += rows;
                done.lines += rows as u64;
                if done.end == text.len() || done.rows >= limit {
                    break;
                }
            }
            let Some(row) = self.cut.row(&text[done.end..], last && !invalid, &mut fields) else {
                break;
            };
            if !fields.is_empty() {
                let checked = match direct {
                    true => self.check_fields(shape, &fields),
                    false => self.pick(shape, &mut fields, &mut picked),
                };
                let picked = if direct { &fields } else { &picked };
                let result = match checked {
                    // Its length alone is wrong: such rows are counted, and told together.
                    Err(_) if self.lenient => {
                        done.bad.push(done.lines + 1, fields.len());
                        Ok(())
                    }
                    Err(error) => Err(error),
                    Ok(()) => to.row(picked).map(|()| done.rows += 1).map_err(|reject| {
                        let column = self.file_column(reject.column, fields.len()).unwrap_or(reject.column);
                        reject.error(&picked[reject.column], column, self.lenient)
                    }),
                };
                if let Err(error) = result {
                    let column = error.column();
                    done.error = Some(error.at_line(done.lines + 1, column));
                    return done;
                }
            }
            done.end += row.end;
            done.lines += row.lines;
        }
        if invalid && done.rows < limit {
            done.error = Some(invalid_utf8().at_line(done.lines + 1, None));
        }
        done
    }

    /// That the row has as many fields as it should.
    fn check_fields(&self, shape: Shape, fields: &[Cow<'_, str>]) -> Result<()> {
        match shape.fields {
            Some(expected) if expected != fields.len() => {
                let reason = match self.fields {
                    Some(_) => "the dtype has",
                    None => "the first row has",
                };
                Err(Error::new(
                    ErrorKind::Parse,
                    format!(
                        "the row has {}, but {reason} {expected}; usecols picks some of them, and GenFromTxt can skip such rows",
                        count(fields.len(), "field"),
                    ),
                ))
            }
            _ if fields.len() < shape.least => Err(Error::new(
                ErrorKind::Parse,
                format!(
                    "the row has {}, but usecols picks one behind them",
                    count(fields.len(), "field")
                ),
            )),
            _ => Ok(()),
        }
    }

    /// Which of the row's fields a value comes from.
    fn file_column(&self, column: usize, fields: usize) -> Option<usize> {
        match self.usecols {
            None => Some(column),
            Some(usecols) => resolve(*usecols.get(column)?, fields),
        }
    }

    /// The fields that are used, converted.
    fn pick<'t>(&self, shape: Shape, fields: &mut [Cow<'t, str>], picked: &mut Vec<Cow<'t, str>>) -> Result<()> {
        self.check_fields(shape, fields)?;
        picked.clear();
        for column in 0..shape.columns {
            let index = self.file_column(column, fields.len()).ok_or_else(|| {
                let asked = self
                    .usecols
                    .and_then(|usecols| usecols.get(column))
                    .copied()
                    .unwrap_or_default();
                Error::new(
                    ErrorKind::Parse,
                    format!(
                        "usecols asks for column {asked} (counted from 0), but the row has {}",
                        count(fields.len(), "field")
                    ),
                )
            })?;
            let field = &fields[index];
            // The one for the column itself comes before the one for all.
            let converter =
                |wanted: &dyn Fn(Option<isize>) -> bool| self.converters.iter().rfind(|(key, _)| wanted(*key));
            let own = converter(&|key| key.is_some_and(|key| resolve(key, fields.len()) == Some(index)));
            picked.push(match own.or_else(|| converter(&|key| key.is_none())) {
                Some((_, convert)) => Cow::Owned(convert(field)),
                None => field.clone(),
            });
        }
        Ok(())
    }

    /// That each converter is for a column that there is, or that columns are picked: those of others are not used.
    pub(super) fn check_converters(&self, fields: usize) -> Result<()> {
        if self.usecols.is_some() {
            return Ok(());
        }
        let mut keys = self.converters.iter().filter_map(|(key, _)| *key);
        match keys.find(|key| resolve(*key, fields).is_none()) {
            Some(key) => Err(Error::new(
                ErrorKind::Argument,
                format!(
                    "a converter is for column {key} (counted from 0), but the row has {}",
                    count(fields, "field")
                ),
            )),
            None => Ok(()),
        }
    }
}

/// An index that may count from the end.
pub(crate) fn resolve(index: isize, len: usize) -> Option<usize> {
    let index = match usize::try_from(index) {
        Ok(index) => index,
        Err(_) => len.checked_sub(index.unsigned_abs())?,
    };
    (index < len).then_some(index)
}

/// `1 field`, `2 fields`.
pub(crate) fn count(number: usize, what: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {what}{plural}")
}

impl Reject {
    #[cold]
    pub(crate) fn error(&self, field: &str, column: usize, lenient: bool) -> Error {
        const LONGEST: usize = 100;
        let mut text: String = field.chars().take(LONGEST).collect();
        if text.len() < field.len() {
            text.push('…');
        }
        let help = match super::lex::trim(field) {
            _ if lenient => "missing_values says which texts are missing, filling_values what stands in for them",
            text if text.contains([',', ';', '\t']) => "is the delimiter another one? `.delimiter(\",\")` sets it",
            "" => "a missing value needs an `Option`, a converter or GenFromTxt",
            _ => "usecols can leave the column out, skiprows a heading, a converter can change the text",
        };
        let message = format!("cannot read {text:?} as {}; {help}", self.expected);
        Error::new(ErrorKind::Parse, message).at_line(1, Some(column as u64 + 1))
    }
}
