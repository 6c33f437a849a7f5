//! Text in blocks to rows, on all cores, kept in order.
//!
//! Blocks of whole lines are parsed at once, while this thread reads those that come and takes over the rows of those
//! that are done. Memory is a few blocks and their rows, whatever the size of the text.

use std::any::Any;
use std::borrow::Cow;
use std::marker::PhantomData;

use super::input::Source;
use super::job::{BadRows, Cut, Done, Job, Parser, Shape, invalid_utf8, valid};
use super::lex::{line_end, whole_lines};
use crate::error::{Error, ErrorKind, Result};
use crate::storage::parallel::{self, Line};

/// What one thread parses at a time: it fits the core's own cache.
pub(crate) const CHUNK: usize = 256 << 10;

/// The least that is read at a time: a character must fit in any encoding.
const SMALLEST: usize = 16;

/// Takes the parts in the order of the file.
pub(crate) trait Store<P> {
    /// So many rows come now, and about `more` times as many as all up to these are still to come, if that is known.
    fn reserve(&mut self, rows: usize, columns: usize, more: Option<f64>) -> Result<()>;

    /// Appends the first `rows` rows of a part.
    fn append(&mut self, part: &mut P, rows: usize, columns: usize) -> Result<()>;
}

/// The rows of one block, as some parser makes them.
type AnyPart = Box<dyn Any + Send>;

/// A parser and the store for its parts: all that reading blocks needs to know of them, so that it is compiled once and
/// not for each type of values.
trait AnyParser: Sync {
    fn part(&self) -> AnyPart;
    fn parse(&self, shape: Shape, text: &[u8], last: bool, limit: usize, part: &mut AnyPart) -> Done;
}

struct TypedParser<'a, P> {
    job: &'a Job<'a>,
    parser: &'a P,
}

impl<P: Parser> AnyParser for TypedParser<'_, P> {
    fn part(&self) -> AnyPart {
        Box::new(P::Part::default())
    }

    fn parse(&self, shape: Shape, text: &[u8], last: bool, limit: usize, part: &mut AnyPart) -> Done {
        match part.downcast_mut() {
            Some(part) => self.job.parse(self.parser, shape, text, last, limit, part),
            None => {
                debug_assert!(false, "a part of another parser");
                Done::default()
            }
        }
    }
}

/// A store, whatever the parts that it takes; to [`Store`] what [`AnyParser`] is to [`Parser`].
trait AnyStore {
    fn reserve(&mut self, rows: usize, columns: usize, more: Option<f64>) -> Result<()>;
    fn append(&mut self, part: &mut AnyPart, rows: usize, columns: usize) -> Result<()>;
}

struct TypedStore<'a, P, S> {
    store: &'a mut S,
    /// Which parts: a store could take several kinds.
    part: PhantomData<fn(P)>,
}

impl<P: 'static, S: Store<P>> AnyStore for TypedStore<'_, P, S> {
    fn reserve(&mut self, rows: usize, columns: usize, more: Option<f64>) -> Result<()> {
        self.store.reserve(rows, columns, more)
    }

    fn append(&mut self, part: &mut AnyPart, rows: usize, columns: usize) -> Result<()> {
        match part.downcast_mut() {
            Some(part) => self.store.append(part, rows, columns),
            None => {
                debug_assert!(false, "a part of another parser");
                Ok(())
            }
        }
    }
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

    /// How much of the text is whole lines.
    fn whole(&self) -> usize {
        if self.last {
            self.text().len()
        } else {
            whole_lines(self.text())
        }
    }

    /// Reads on: `rest`, then what the source gives next, at most so many lines of it if it must be exact.
    fn fill(&mut self, source: &mut Source<'_>, rest: &[u8], lines: usize, size: usize) -> Result<()> {
        source.check_row(rest.len())?;
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

/// A block of whole lines, and what is made of it.
struct Piece {
    block: Block,
    /// How many rows are wanted at the most.
    limit: usize,
    part: AnyPart,
    done: Done,
}

/// Reads all rows into `store`; gives their number and that of the values in each, if there was a row to tell from.
pub(crate) fn read<P: Parser>(
    job: &Job<'_>,
    source: &mut Source<'_>,
    parser: &P,
    store: &mut impl Store<P::Part>,
) -> Result<(usize, Option<usize>)> {
    let (mut reading, shape, any) = begin(job, source)?;
    if let (Some(shape), true) = (shape, any) {
        reading.read(job, parser, shape, store)?;
    }
    Ok((reading.rows, shape.map(|shape| shape.columns)))
}

/// Goes to the first row; what the rows are like, if that is known, and whether there are any.
fn begin<'r, 's>(job: &Job<'_>, source: &'r mut Source<'s>) -> Result<(Reading<'r, 's>, Option<Shape>, bool)> {
    let known = match (job.usecols, job.fields) {
        (Some(usecols), _) => Some(Shape {
            fields: None,
            columns: usecols.len(),
            least: 0,
        }),
        (None, Some(fields)) => Some(Shape {
            fields: Some(fields),
            columns: fields,
            least: 0,
        }),
        (None, None) => None,
    };
    let mut reading = Reading::open(source, job.skiprows, job.max_rows, job.chunk)?;
    let Some(first) = reading.first_row(job.cut, |row| row.len())? else {
        return Ok((reading, known, false));
    };
    job.check_converters(first)
        .map_err(|error| error.at_line(reading.lines + 1, None))?;
    let shape = known.unwrap_or(Shape {
        fields: Some(first),
        columns: first,
        least: 0,
    });
    Ok((reading, Some(shape), true))
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
            size: chunk.max(SMALLEST),
        };
        if reading.lines_to_read() > 0 {
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
        let parser = TypedParser { job, parser };
        let mut store = TypedStore {
            store,
            part: PhantomData,
        };
        self.read_blocks(job, &parser, shape, &mut store)
    }

    fn read_blocks(
        &mut self,
        job: &Job<'_>,
        parser: &dyn AnyParser,
        shape: Shape,
        store: &mut dyn AnyStore,
    ) -> Result<()> {
        // Where a row ends is not known before it is parsed, or more must not be read before it is known to be needed.
        let limited = job.lenient && self.max_rows.is_some();
        match job.cut.multiline() || limited || self.source.exact() || parallel::threads() == 1 {
            true => self.in_turn(job.cut.multiline(), parser, shape, store),
            false => self.ahead(parser, shape, store),
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
        (self.block.refill(self.source, lines, self.size)).map_err(|error| match error.kind() {
            ErrorKind::Limit => error.at_line(self.lines + 1, None),
            _ => error,
        })
    }

    /// Goes to the first row that is not blank; gives what `tell` says of its fields, if there is one.
    pub(crate) fn first_row<T>(&mut self, cut: &dyn Cut, tell: impl Fn(&[Cow<'_, str>]) -> T) -> Result<Option<T>> {
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
                    found = Some(tell(&fields));
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
    fn in_turn(
        &mut self,
        multiline: bool,
        parser: &dyn AnyParser,
        shape: Shape,
        store: &mut dyn AnyStore,
    ) -> Result<()> {
        let mut part = parser.part();
        loop {
            let text = self.block.text();
            let (text, last) = match multiline {
                true => (text, self.block.last),
                false => (&text[..self.block.whole()], true),
            };
            let done = parser.parse(shape, text, last, self.left(), &mut part);
            self.block.start += done.end;
            self.take(done, &mut part, shape, store, self.block.more)?;
            self.source.report();
            if self.block.last || self.left() == 0 {
                return Ok(());
            }
            self.refill()?;
        }
    }

    /// Parses blocks on all cores, while this thread reads and takes over what is parsed.
    fn ahead(&mut self, parser: &dyn AnyParser, shape: Shape, store: &mut dyn AnyStore) -> Result<()> {
        let mut ahead = Ahead {
            blocks: Blocks {
                first: Some(std::mem::take(&mut self.block)),
                rest: Some(Vec::new()),
            },
            spare: Vec::new(),
            reading: self,
            parser,
            shape,
            store,
        };
        parallel::in_order(&mut ahead, |piece| {
            let text = piece.block.text();
            piece.done = parser.parse(shape, text, true, piece.limit, &mut piece.part);
        })
    }

    /// Takes over the rows of a chunk, as many as may still come, and then its error.
    fn take(
        &mut self,
        done: Done,
        part: &mut AnyPart,
        shape: Shape,
        store: &mut dyn AnyStore,
        more: Option<f64>,
    ) -> Result<()> {
        let rows = done.rows.min(self.left());
        store.reserve(rows, shape.columns, more)?;
        store.append(part, rows, shape.columns)?;
        self.taken(done, rows)
    }

    fn taken(&mut self, done: Done, rows: usize) -> Result<()> {
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

/// The blocks of a table on their way to be parsed, and back.
struct Ahead<'a, 'r, 's> {
    reading: &'a mut Reading<'r, 's>,
    blocks: Blocks,
    spare: Vec<Piece>,
    parser: &'a dyn AnyParser,
    shape: Shape,
    store: &'a mut dyn AnyStore,
}

/// The text that is read ahead.
struct Blocks {
    /// What was read before, to find the first row.
    first: Option<Block>,
    /// The start of a line whose end is not yet read; `None` at the end of the text.
    rest: Option<Vec<u8>>,
}

impl Blocks {
    /// Reads on until there is a whole line; `false` at the end of the text.
    fn next(&mut self, reading: &mut Reading<'_, '_>, block: &mut Block) -> Result<bool> {
        while let Some(rest) = &mut self.rest {
            match self.first.take() {
                Some(first) => *block = first,
                None => block.fill(reading.source, rest, usize::MAX, reading.size)?,
            }
            let whole = block.start + block.whole();
            rest.clear();
            rest.extend_from_slice(&block.bytes[whole..block.end]);
            block.end = whole;
            if block.last {
                self.rest = None;
            }
            if !block.text().is_empty() {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

impl Line for Ahead<'_, '_, '_> {
    type Piece = Piece;
    type Error = Error;

    fn next(&mut self) -> Result<Option<Piece>> {
        let limit = self.reading.left();
        if limit == 0 {
            return Ok(None);
        }
        let spare = self.spare.pop();
        let (block, part) = spare.map_or_else(
            || (Block::default(), self.parser.part()),
            |piece| (piece.block, piece.part),
        );
        let mut piece = Piece {
            block,
            limit,
            part,
            done: Done::default(),
        };
        Ok(self.blocks.next(self.reading, &mut piece.block)?.then_some(piece))
    }

    fn take(&mut self, mut piece: Piece) -> Result<()> {
        let (done, more) = (std::mem::take(&mut piece.done), piece.block.more);
        self.reading.take(done, &mut piece.part, self.shape, self.store, more)?;
        self.reading.source.report();
        self.spare.push(piece);
        Ok(())
    }
}
