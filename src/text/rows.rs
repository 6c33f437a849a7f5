//! Text in blocks to rows, on all cores, kept in order.
//!
//! A block is cut at newlines into chunks that are parsed at once, while this thread takes over the rows of the block
//! before and reads the one after. Memory is two blocks and their rows, whatever the size of the text.

use std::borrow::Cow;
use std::sync::Arc;

use super::input::Source;
use super::lex::{Row, Syntax, line_end, whole_lines};
use crate::error::{Error, ErrorKind, Result};
use crate::storage::parallel;

/// What one thread parses at a time: it fits the core's own cache.
pub(crate) const CHUNK: usize = 256 << 10;

/// How much is read at a time.
fn block_size(chunk: usize) -> usize {
    (8 * chunk * parallel::threads()).min(32 << 20)
}

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
    fn append(&mut self, other: BadRows, lines: u64) {
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
    type Part: Default + Send;

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

/// Takes the parts in the order of the file.
pub(crate) trait Store<P> {
    /// So many rows come now, and about `more` times as many as all up to these are still to come, if that is known.
    fn reserve(&mut self, rows: usize, columns: usize, more: Option<f64>) -> Result<()>;

    /// Appends the first `rows` rows of a part.
    fn append(&mut self, part: &mut P, rows: usize, columns: usize) -> Result<()>;
}

/// What became of a chunk.
#[derive(Default)]
struct Done {
    rows: usize,
    lines: u64,
    /// Bytes of whole rows.
    end: usize,
    bad: BadRows,
    /// The first error; its line counts from the chunk's first, as those of bad rows do.
    error: Option<Error>,
}

/// Text that was read and not yet used.
#[derive(Default)]
struct Block {
    bytes: Vec<u8>,
    start: usize,
    end: usize,
    /// Nothing comes after.
    last: bool,
    /// How many times as much as all text up to here comes after, if known.
    more: Option<f64>,
}

impl Block {
    fn text(&self) -> &[u8] {
        &self.bytes[self.start..self.end]
    }

    /// Reads on: `rest`, then what the source gives next, at most so many lines of it if it must be exact.
    fn fill(&mut self, source: &mut Source<'_>, rest: &[u8], lines: usize, size: usize) -> Result<()> {
        // A row longer than a block makes the next one twice as long, so that it is not begun too often.
        let size = rest.len() + size.max(rest.len());
        if self.bytes.len() < size {
            self.bytes = vec![0; size]; // never cleared again: `end` says what was read
        }
        self.bytes[..rest.len()].copy_from_slice(rest);
        let (count, last) = source.read(&mut self.bytes[rest.len()..], lines)?;
        (self.start, self.end, self.last) = (0, rest.len() + count, last);
        let (read, total) = source.position();
        self.more = total.map(|total| total.saturating_sub(read) as f64 / read.max(1) as f64);
        Ok(())
    }

    /// Reads on after the text that is left.
    fn refill(&mut self, source: &mut Source<'_>, lines: usize, size: usize) -> Result<()> {
        let rest = self.text().to_vec();
        self.fill(source, &rest, lines, size)
    }
}

struct Slot<'t, P> {
    text: &'t [u8],
    part: P,
    done: Done,
}

/// Reads all rows into `store`; gives their number and that of the values in each, if there was a row to tell from.
pub(crate) fn read<P: Parser>(
    job: &Job<'_>,
    source: &mut Source<'_>,
    parser: &P,
    store: &mut impl Store<P::Part>,
) -> Result<(usize, Option<usize>)> {
    let known = match (job.usecols, job.fields) {
        (Some(usecols), _) => Some(Shape {
            fields: None,
            columns: usecols.len(),
        }),
        (None, Some(fields)) => Some(Shape {
            fields: Some(fields),
            columns: fields,
        }),
        (None, None) => None,
    };
    let mut reading = Reading::open(source, job.skiprows, job.max_rows, job.chunk)?;
    let Some(first) = reading.first_row(job.cut)?.map(|fields| fields.len()) else {
        return Ok((0, known.map(|shape| shape.columns)));
    };
    job.check_converters(first)
        .map_err(|error| error.at_line(reading.lines + 1, None))?;
    let shape = known.unwrap_or(Shape {
        fields: Some(first),
        columns: first,
    });
    reading.read(job, parser, shape, store)?;
    Ok((reading.rows, Some(shape.columns)))
}

/// A table that is being read.
pub(crate) struct Reading<'r, 's> {
    source: &'r mut Source<'s>,
    block: Block,
    /// Lines and rows so far.
    lines: u64,
    pub(crate) rows: usize,
    pub(crate) bad: BadRows,
    skip: u64,
    max_rows: Option<usize>,
    /// How much is read at a time.
    size: usize,
}

impl<'r, 's> Reading<'r, 's> {
    /// Goes to the first line after those to skip.
    pub(crate) fn open(
        source: &'r mut Source<'s>,
        skiprows: u64,
        max_rows: Option<usize>,
        chunk: usize,
    ) -> Result<Self> {
        let mut reading = Reading {
            source,
            block: Block::default(),
            lines: 0,
            rows: 0,
            bad: BadRows::default(),
            skip: skiprows,
            max_rows,
            size: block_size(chunk),
        };
        if reading.left() > 0 {
            let (lines, size) = (reading.lines_to_read(), reading.size);
            reading.block.fill(reading.source, &[], lines, size)?;
            reading.skip_lines()?;
        }
        Ok(reading)
    }

    /// Reads all rows that are left into `store`.
    pub(crate) fn read<P: Parser>(
        &mut self,
        job: &Job<'_>,
        parser: &P,
        shape: Shape,
        store: &mut impl Store<P::Part>,
    ) -> Result<()> {
        // Where a row ends is not known before it is parsed, or more must not be read before it is known to be needed.
        let limited = job.lenient && self.max_rows.is_some();
        match job.cut.multiline() || limited || self.source.exact() || parallel::threads() == 1 {
            true => self.in_turn(job, parser, shape, store),
            false => self.ahead(job, parser, shape, store),
        }
    }

    /// How many rows may still come.
    fn left(&self) -> usize {
        self.max_rows.map_or(usize::MAX, |max| max.saturating_sub(self.rows))
    }

    /// How many lines the rows that may still come take at least.
    fn lines_to_read(&self) -> usize {
        self.left()
            .saturating_add(usize::try_from(self.skip).unwrap_or(usize::MAX))
    }

    fn skip_lines(&mut self) -> Result<()> {
        while self.skip > 0 {
            match line_end(self.block.text()) {
                Some((_, end)) => self.block.start += end,
                None if self.block.last => {
                    self.block.start = self.block.end;
                    return Ok(());
                }
                None => {
                    self.refill()?;
                    continue;
                }
            }
            self.lines += 1;
            self.skip -= 1;
        }
        Ok(())
    }

    fn refill(&mut self) -> Result<()> {
        let lines = self.lines_to_read();
        self.block.refill(self.source, lines, self.size)
    }

    /// Goes to the first row that is not blank; gives its fields, if there is one.
    pub(crate) fn first_row(&mut self, cut: &dyn Cut) -> Result<Option<Vec<String>>> {
        if self.left() == 0 {
            self.source.report();
            return Ok(None);
        }
        loop {
            let (text, invalid) = valid(self.block.text());
            let last = self.block.last && !invalid;
            let mut fields = Vec::new();
            let mut at = 0;
            let mut found = None;
            while at < text.len() {
                let Some(row) = cut.row(&text[at..], last, &mut fields) else {
                    break;
                };
                if !fields.is_empty() {
                    found = Some(fields.iter().map(|field| field.to_string()).collect());
                    break;
                }
                at += row.end;
                self.lines += row.lines;
            }
            self.block.start += at;
            if found.is_some() || last {
                if found.is_none() {
                    self.source.report();
                }
                return Ok(found);
            }
            if invalid {
                return Err(invalid_utf8().at_line(self.lines + 1, None));
            }
            self.refill()?;
        }
    }

    /// Goes past the row that [`first_row`](Self::first_row) found.
    pub(crate) fn drop_row(&mut self, cut: &dyn Cut) {
        let (text, _) = valid(self.block.text());
        if let Some(row) = cut.row(text, self.block.last, &mut Vec::new()) {
            self.block.start += row.end;
            self.lines += row.lines;
        }
    }

    /// Parses each block before the next one is read.
    fn in_turn<P: Parser>(
        &mut self,
        job: &Job<'_>,
        parser: &P,
        shape: Shape,
        store: &mut impl Store<P::Part>,
    ) -> Result<()> {
        let mut part = P::Part::default();
        loop {
            // Smaller than the block: the rows of a chunk are taken over while they are in the cache.
            while self.block.start < self.block.end {
                let text = self.block.text();
                let (text, last) = match job.cut.multiline() {
                    true => (text, self.block.last),
                    false => (cut(text, self.block.last, job.chunk), true),
                };
                parser.clear(&mut part);
                let done = job.parse(parser, shape, text, last, self.left(), &mut part);
                let (end, error) = (done.end, done.error.is_some());
                store.reserve(done.rows.min(self.left()), shape.columns, self.block.more)?;
                self.take(done, &mut part, shape, store)?;
                self.block.start += end;
                if end == 0 || error || self.left() == 0 {
                    break;
                }
            }
            self.source.report();
            if self.block.last || self.left() == 0 {
                return Ok(());
            }
            self.refill()?;
        }
    }

    /// Parses each block on all cores, while this thread reads the next one and takes over the rows of the last.
    fn ahead<P: Parser>(
        &mut self,
        job: &Job<'_>,
        parser: &P,
        shape: Shape,
        store: &mut impl Store<P::Part>,
    ) -> Result<()> {
        let mut block = std::mem::take(&mut self.block);
        let mut next = Block::default();
        let mut parsed: Vec<(P::Part, Done)> = Vec::new();
        let mut spare: Vec<P::Part> = Vec::new();
        let mut more = None;
        loop {
            let text = block.text();
            let whole = if block.last { text.len() } else { whole_lines(text) };
            let (mut text, rest) = text.split_at(whole);
            let mut slots = Vec::new();
            while !text.is_empty() {
                let chunk = cut(text, true, job.chunk);
                text = &text[chunk.len()..];
                slots.push(Slot {
                    text: chunk,
                    part: spare.pop().unwrap_or_default(),
                    done: Done::default(),
                });
            }
            let (limit, size) = (self.left(), self.size);
            let work = |slot: &mut Slot<'_, P::Part>| {
                parser.clear(&mut slot.part);
                slot.done = job.parse(parser, shape, slot.text, true, limit, &mut slot.part);
            };
            let mut taken = Ok(());
            parallel::beside(&mut slots, work, || {
                taken = self.take_all(&mut parsed, &mut spare, shape, store, more);
                if taken.is_ok() && !block.last && self.left() > 0 {
                    taken = next.fill(self.source, rest, usize::MAX, size);
                }
            });
            taken?;
            self.source.report();
            parsed.extend(slots.into_iter().map(|slot| (slot.part, slot.done)));
            more = block.more;
            if block.last || self.left() == 0 {
                return self.take_all(&mut parsed, &mut spare, shape, store, more);
            }
            std::mem::swap(&mut block, &mut next);
        }
    }

    fn take_all<P>(
        &mut self,
        parsed: &mut Vec<(P, Done)>,
        spare: &mut Vec<P>,
        shape: Shape,
        store: &mut impl Store<P>,
        more: Option<f64>,
    ) -> Result<()> {
        let rows = parsed.iter().map(|(_, done)| done.rows).sum::<usize>();
        store.reserve(rows.min(self.left()), shape.columns, more)?;
        for (mut part, done) in parsed.drain(..) {
            self.take(done, &mut part, shape, store)?;
            spare.push(part);
        }
        Ok(())
    }

    /// Takes over the rows of a chunk, as many as may still come, and then its error.
    fn take<P>(&mut self, done: Done, part: &mut P, shape: Shape, store: &mut impl Store<P>) -> Result<()> {
        let rows = done.rows.min(self.left());
        store.append(part, rows, shape.columns)?;
        self.rows += rows;
        self.bad.append(done.bad, self.lines);
        if let Some(error) = done.error.filter(|_| self.left() > 0) {
            let (line, column) = (error.line().unwrap_or(1), error.column());
            return Err(error.at_line(self.lines + line, column));
        }
        self.lines += done.lines;
        Ok(())
    }
}

/// The first whole lines of `text`, about a chunk of them; `whole` if the text ends with a whole line itself.
fn cut(text: &[u8], whole: bool, chunk: usize) -> &[u8] {
    let end = match text.get(chunk..) {
        Some(rest) => line_end(rest).map_or(text.len(), |(_, end)| chunk + end),
        None => text.len(),
    };
    let end = if end < text.len() || whole {
        end
    } else {
        whole_lines(text)
    };
    &text[..end]
}

/// The text up to the first invalid byte, and whether there is one. A character cut off at the end is none yet.
fn valid(bytes: &[u8]) -> (&str, bool) {
    match std::str::from_utf8(bytes) {
        Ok(text) => (text, false),
        Err(error) => {
            let text = std::str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or_default();
            (text, error.error_len().is_some())
        }
    }
}

#[cold]
fn invalid_utf8() -> Error {
    Error::new(
        ErrorKind::Parse,
        "invalid UTF-8; another encoding would work, such as Encoding::Latin1",
    )
}

impl Job<'_> {
    /// Parses the rows of `text`, which ends with a row if it is the `last` that could belong to it.
    fn parse<P: Parser>(
        &self,
        parser: &P,
        shape: Shape,
        bytes: &[u8],
        last: bool,
        limit: usize,
        part: &mut P::Part,
    ) -> Done {
        let mut done = self.parse_rows(parser, shape, bytes, last, limit, part);
        if parser.again(part) {
            done = self.parse_rows(parser, shape, bytes, last, limit, part);
        }
        if let Err(error) = parser.finish(part) {
            done.rows = 0;
            done.error.get_or_insert(error);
        }
        done
    }

    fn parse_rows<P: Parser>(
        &self,
        parser: &P,
        shape: Shape,
        bytes: &[u8],
        last: bool,
        limit: usize,
        part: &mut P::Part,
    ) -> Done {
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
                let (bytes, rows) = parser.plain_rows(&text[done.end..], shape, part);
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
                    Ok(()) => parser.row(picked, part).map_err(|reject| {
                        let column = self.file_column(reject.column, fields.len()).unwrap_or(reject.column);
                        reject.error(&picked[reject.column], column, self.lenient)
                    }),
                    Err(error) => Err(error),
                };
                match result {
                    Ok(()) => done.rows += 1,
                    Err(error) if self.lenient && error.column().is_none() => {
                        done.bad.push(done.lines + 1, fields.len());
                    }
                    Err(error) => {
                        let column = error.column();
                        done.error = Some(error.at_line(done.lines + 1, column));
                        return done;
                    }
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

    fn check_fields(&self, shape: Shape, fields: &[Cow<'_, str>]) -> Result<()> {
        match shape.fields {
            Some(expected) if expected != fields.len() && self.lenient => Err(Error::new(ErrorKind::Parse, "")),
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

    /// That each converter is for a column that there is.
    fn check_converters(&self, fields: usize) -> Result<()> {
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
fn resolve(index: isize, len: usize) -> Option<usize> {
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
            "" => "a missing value needs an `Option`, a converter or GenFromTxt",
            _ => "usecols can leave the column out, skiprows a heading, a converter can change the text",
        };
        let message = format!("cannot read {text:?} as {}; {help}", self.expected);
        Error::new(ErrorKind::Parse, message).at_line(1, Some(column as u64 + 1))
    }
}
