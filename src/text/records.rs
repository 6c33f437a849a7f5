//! Rows of text to the raw bytes of elements, and from there to any element.

use std::borrow::Cow;
use std::mem;
use std::ops::Range;
use std::sync::Arc;

use serde::de::DeserializeOwned;

use super::columns::{Column, columns};
use super::job::{Parser, Reject, Shape};
use super::lex::{Syntax, trim};
use super::plain::Plain;
use super::rows::Store;
use super::values::reserve;
use crate::dtype::{ByteOrder, Casting, Dtype, Repr, Scalar};
use crate::element::Decoder;
use crate::error::{Error, ErrorKind, Result};

/// Parses rows into elements of a dtype: a record a row, or else an element a field.
///
/// Strings that are as long as their text stand aside while a chunk is parsed; then its elements are laid out in
/// batches, each as wide as it needs.
pub(crate) struct Elements {
    dtype: Arc<Dtype>,
    columns: Vec<Column>,
    size: usize,
    /// For each column, which of the dtype's flexible strings it is; empty if there are none.
    strings: Vec<Option<usize>>,
    /// For each column, how a plain field of it is read.
    ways: Vec<Way>,
    plain: Option<Plain>,
}

/// The elements of a chunk.
#[derive(Default)]
pub(crate) struct Part {
    rows: Vec<u8>,
    elements: usize,
    /// What flexible strings refer to.
    texts: String,
    batches: Vec<Batch>,
    /// The elements of all batches.
    bytes: Vec<u8>,
    layout: Option<Layout>,
}

/// Elements of one layout.
struct Batch {
    dtype: Arc<Dtype>,
    elements: usize,
}

/// The dtype for some widths of the flexible strings.
struct Layout {
    widths: Vec<usize>,
    dtype: Arc<Dtype>,
    columns: Vec<Column>,
}

/// How a plain field is read: what most of them are is told apart once, not in each row.
#[derive(Clone, Copy)]
enum Way {
    Float,
    Integer,
    /// A flexible string that any text is fit for.
    Text,
    Column,
    /// One that may be missing, or is not fit.
    Field,
}

/// What stands in a row for a flexible string: its start and length, u32 each.
const REFERENCE: usize = 8;

impl Elements {
    /// `flexible`: strings without a length are as long as their text; else they hold nothing, as in NumPy's records.
    pub(crate) fn new(dtype: &Dtype, syntax: &Syntax, flexible: bool) -> Result<Elements> {
        let mut columns = columns(dtype)?;
        let mut size = dtype.itemsize();
        let mut strings = Vec::new();
        if flexible && columns.iter().any(Column::is_flexible) {
            let mut count = 0;
            let numbered = map_strings(dtype, &mut |_| {
                count += 1;
                Repr::Bytes(count)
            })?;
            let compact = map_strings(dtype, &mut |_| Repr::Bytes(REFERENCE))?;
            size = compact.itemsize();
            let places = self::columns(&compact)?.into_iter().zip(self::columns(&numbered)?);
            for (column, (place, number)) in columns.iter_mut().zip(places) {
                strings.push(column.is_flexible().then(|| number.size - 1));
                column.offset = place.offset;
            }
        }
        let way = |(index, column): (usize, &Column)| match strings.get(index) {
            Some(Some(_)) if column.is_any_text() => Way::Text,
            Some(Some(_)) => Way::Field,
            _ if column.optional => Way::Field,
            _ => match column.native() {
                Some(Scalar::Float64) => Way::Float,
                Some(Scalar::Int64) => Way::Integer,
                _ => Way::Column,
            },
        };
        Ok(Elements {
            dtype: Arc::new(dtype.clone()),
            ways: columns.iter().enumerate().map(way).collect(),
            columns,
            size,
            strings,
            plain: Plain::new(syntax),
        })
    }

    /// The same, with fields read as genfromtxt does.
    pub(crate) fn lenient(mut self) -> Self {
        self.columns.iter_mut().for_each(|column| column.lenient = true);
        self
    }

    /// What the fields of an element become.
    pub(crate) fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// How many fields an element takes.
    pub(crate) fn fields(&self) -> usize {
        self.columns.len()
    }

    fn is_flexible(&self, index: usize) -> bool {
        matches!(self.strings.get(index), Some(Some(_)))
    }

    /// Writes a field into its element; `None` if it cannot be what it should.
    #[inline]
    fn field(&self, index: usize, field: &str, row: &mut [u8], texts: &mut String) -> Option<()> {
        let column = self.columns.get(index)?;
        if column.optional {
            if trim(field).is_empty() {
                return Some(());
            }
            *row.get_mut(column.offset.checked_sub(1)?)? = 1;
        }
        if self.is_flexible(index) {
            return refer(column, field, row, texts);
        }
        column.parse(field, row.get_mut(column.offset..column.offset + column.size)?)
    }

    /// Writes the row at `at` into its elements' zeroed bytes; gives where the next row starts.
    fn plain_row(
        &self,
        plain: &Plain,
        text: &str,
        at: usize,
        elements: &mut [u8],
        texts: &mut String,
    ) -> Option<usize> {
        if let Some(b'\n' | b'\r') = text.as_bytes().get(at) {
            return None; // a blank row, not one of an empty field
        }
        let mut at = match plain.has_delimiter() {
            true => at,
            false => plain.skip_blanks(text.as_bytes(), at),
        };
        let mut end = None;
        for element in elements.chunks_exact_mut(self.size.max(1)) {
            for (index, (column, way)) in self.columns.iter().zip(&self.ways).enumerate() {
                if let Some(end) = end {
                    at = plain.next_field(text.as_bytes(), end)?;
                }
                end = Some(match way {
                    Way::Float => {
                        let (value, end) = plain.number(text.as_bytes(), at)?;
                        *element.get_mut(column.offset..)?.first_chunk_mut()? = f64::to_ne_bytes(value);
                        end
                    }
                    Way::Integer => {
                        let (value, end) = plain.number(text.as_bytes(), at)?;
                        *element.get_mut(column.offset..)?.first_chunk_mut()? = i64::to_ne_bytes(value);
                        end
                    }
                    Way::Text => {
                        let end = plain.field_end(text.as_bytes(), at)?;
                        put_aside(&text[at..end], element.get_mut(column.offset..)?, texts)?;
                        end
                    }
                    Way::Column => {
                        let bytes = element.get_mut(column.offset..column.offset + column.size)?;
                        column.plain(plain, text, at, bytes)?
                    }
                    Way::Field => {
                        let end = plain.field_end(text.as_bytes(), at)?;
                        self.field(index, &text[at..end], element, texts)?;
                        end
                    }
                });
            }
        }
        plain.next_row(text.as_bytes(), end?)
    }
}

/// Puts the text of a flexible string aside.
#[inline]
fn refer(column: &Column, field: &str, row: &mut [u8], texts: &mut String) -> Option<()> {
    if !column.accepts(field) {
        return None;
    }
    put_aside(field, row.get_mut(column.offset..)?, texts)
}

/// Puts a text aside, and a reference to it in its place.
#[inline(always)]
fn put_aside(field: &str, place: &mut [u8], texts: &mut String) -> Option<()> {
    let start = u32::try_from(texts.len()).ok()?.to_ne_bytes();
    let len = u32::try_from(field.len()).ok()?.to_ne_bytes();
    let place: &mut [u8; REFERENCE] = place.first_chunk_mut()?;
    place[..4].copy_from_slice(&start);
    place[4..].copy_from_slice(&len);
    texts.push_str(field);
    Some(())
}

/// The text that was put aside.
fn referred<'t>(column: &Column, row: &[u8], texts: &'t str) -> &'t str {
    let number = |at: usize| {
        let bytes = row.get(column.offset + at..).and_then(<[u8]>::first_chunk::<4>);
        bytes.map_or(0, |bytes| u32::from_ne_bytes(*bytes) as usize)
    };
    texts.get(number(0)..number(0) + number(4)).unwrap_or_default()
}

/// The dtype with each string of no length replaced, in their order.
fn map_strings(dtype: &Dtype, replace: &mut dyn FnMut(&Dtype) -> Repr) -> Result<Dtype> {
    match &dtype.0 {
        Repr::Bytes(0) | Repr::Str(0, _) => Ok(Dtype(replace(dtype))),
        Repr::Subarray(sub) => Dtype::subarray(map_strings(&sub.base, replace)?, sub.shape.clone()),
        Repr::Record(record) => {
            let mut fields = Vec::new();
            for field in &record.fields {
                fields.push((field.name.clone(), map_strings(&field.dtype, replace)?));
            }
            Dtype::record(fields)
        }
        _ => Ok(dtype.clone()),
    }
}

impl Parser for Elements {
    type Part = Part;

    fn clear(&self, part: &mut Part) {
        part.rows.clear();
        part.elements = 0;
        part.texts.clear();
        part.batches.clear();
        part.bytes.clear();
    }

    fn plain_rows(&self, text: &str, shape: Shape, part: &mut Part) -> (usize, usize) {
        /// How many bytes are zeroed at a time, once there are rows: each for itself costs as much as a field.
        const ZEROED: usize = 4 << 10;
        let Some(plain) = &self.plain else { return (0, 0) };
        let elements = shape.columns / self.columns.len().max(1);
        let size = match elements.checked_mul(self.size) {
            Some(size) if size > 0 && elements * self.columns.len() == shape.columns => size,
            _ => return (0, 0),
        };
        let start = part.rows.len();
        let (mut done, mut rows) = (0, 0);
        while done < text.len() {
            let used = start + rows * size;
            if part.rows.len() == used {
                part.rows.resize(used + (ZEROED / size).clamp(1, rows.max(1)) * size, 0);
            }
            let texts = part.texts.len();
            let row = &mut part.rows[used..used + size];
            let Some(next) = self.plain_row(plain, text, done, row, &mut part.texts) else {
                part.texts.truncate(texts);
                break;
            };
            done = next;
            rows += 1;
        }
        part.rows.truncate(start + rows * size);
        part.elements += rows * elements;
        (done, rows)
    }

    fn row(&self, fields: &[Cow<'_, str>], part: &mut Part) -> Result<(), Reject> {
        let (bytes, elements, texts) = (part.rows.len(), part.elements, part.texts.len());
        for (element, fields) in fields.chunks(self.columns.len().max(1)).enumerate() {
            let start = part.rows.len();
            let room = part.rows.try_reserve(self.size).is_ok();
            if room {
                part.rows.resize(start + self.size, 0);
            }
            for (index, field) in fields.iter().enumerate() {
                let row = part.rows.get_mut(start..).unwrap_or_default();
                let parsed = if room {
                    self.field(index, field, row, &mut part.texts)
                } else {
                    None
                };
                if parsed.is_none() {
                    part.rows.truncate(bytes);
                    part.elements = elements;
                    part.texts.truncate(texts);
                    return Err(Reject {
                        column: element * self.columns.len() + index,
                        expected: self.columns[index].expected(),
                    });
                }
            }
            part.elements += 1;
        }
        Ok(())
    }

    /// Lays the chunk's elements out.
    fn finish(&self, part: &mut Part) -> Result<()> {
        if self.strings.is_empty() {
            mem::swap(&mut part.rows, &mut part.bytes);
            part.batches.push(Batch {
                dtype: Arc::clone(&self.dtype),
                elements: part.elements,
            });
            return Ok(());
        }
        for (elements, widths) in self.batches(part) {
            self.lay_out(part, elements, widths)?;
        }
        Ok(())
    }
}

impl Elements {
    /// The columns of flexible strings, and which of the dtype's strings each is.
    fn flexible(&self) -> impl Iterator<Item = (&Column, usize)> {
        let strings = self.columns.iter().zip(&self.strings);
        strings.filter_map(|(column, string)| Some((column, (*string)?)))
    }

    /// Which elements share a layout, and how wide its strings are.
    ///
    /// A batch takes at most four times the room of what is in it, lest one long string make a million short ones long.
    fn batches(&self, part: &Part) -> Vec<(Range<usize>, Vec<usize>)> {
        let count = self.flexible().map(|(_, string)| string + 1).max().unwrap_or(0);
        let mut batches = Vec::new();
        let mut widths = vec![1; count];
        let mut own = vec![1; count];
        let (mut first, mut used) = (0, 0_usize);
        for (index, row) in part.rows.chunks_exact(self.size).enumerate() {
            own.fill(1);
            let mut taken = self.size;
            for (column, string) in self.flexible() {
                let width = column.width(referred(column, row, &part.texts));
                own[string] = own[string].max(width);
                taken += width;
            }
            let row_size = self.size
                + self
                    .flexible()
                    .map(|(_, string)| widths[string].max(own[string]))
                    .sum::<usize>();
            if index > first && row_size.saturating_mul(index - first + 1) > 4 * (used + taken) {
                batches.push((first..index, mem::replace(&mut widths, own.clone())));
                (first, used) = (index, 0);
            }
            widths
                .iter_mut()
                .zip(&own)
                .for_each(|(width, own)| *width = (*width).max(*own));
            used += taken;
        }
        if part.elements > first {
            batches.push((first..part.elements, widths));
        }
        batches
    }

    fn lay_out(&self, part: &mut Part, elements: Range<usize>, widths: Vec<usize>) -> Result<()> {
        let layout = match part.layout.take() {
            Some(layout) if layout.widths == widths => layout,
            _ => {
                let mut next = widths.iter().copied();
                let dtype = map_strings(&self.dtype, &mut |string| match string.0 {
                    Repr::Bytes(_) => Repr::Bytes(next.next().unwrap_or(1)),
                    _ => Repr::Str(next.next().unwrap_or(1), ByteOrder::NATIVE),
                })?;
                Layout {
                    columns: columns(&dtype)?,
                    dtype: Arc::new(dtype),
                    widths,
                }
            }
        };
        let (size, count) = (layout.dtype.itemsize(), elements.len());
        let start = part.bytes.len();
        let room = size
            .checked_mul(count)
            .filter(|size| part.bytes.try_reserve(*size).is_ok());
        let end = start
            + room.ok_or_else(|| {
                Error::new(
                    ErrorKind::Limit,
                    format!("cannot allocate {count} elements of {size} bytes"),
                )
            })?;
        part.bytes.resize(end, 0);
        let places = || self.columns.iter().zip(&layout.columns);
        let strings: Vec<_> = places()
            .zip(&self.strings)
            .filter(|(_, string)| string.is_some())
            .collect();
        // Neighbours move together.
        let mut moves: Vec<(usize, usize, usize)> = Vec::new();
        for ((column, place), string) in places().zip(&self.strings) {
            // Before a value that may be missing stands whether it is there.
            let before = usize::from(column.optional);
            let size = before + if string.is_some() { 0 } else { place.size };
            let (first, second) = (column.offset - before, place.offset - before);
            match moves.last_mut() {
                Some((from, to, len)) if *from + *len == first && *to + *len == second => *len += size,
                _ => moves.push((first, second, size)),
            }
        }
        let rows = part.rows.chunks_exact(self.size).skip(elements.start);
        for (from, to) in rows.zip(part.bytes[start..].chunks_exact_mut(size)) {
            for &(first, place, len) in &moves {
                to[place..place + len].copy_from_slice(&from[first..first + len]);
            }
            for ((column, place), _) in &strings {
                let written = to.get_mut(place.offset..place.offset + place.size);
                let written = written.and_then(|to| place.parse(referred(column, from, &part.texts), to));
                debug_assert!(written.is_some(), "it was accepted before");
            }
        }
        part.batches.push(Batch {
            dtype: Arc::clone(&layout.dtype),
            elements: count,
        });
        part.layout = Some(layout);
        Ok(())
    }
}

impl Part {
    /// The first elements, batch by batch.
    fn batches(&self, mut elements: usize) -> impl Iterator<Item = (&Arc<Dtype>, usize, &[u8])> {
        let mut start = 0;
        self.batches.iter().map_while(move |batch| {
            let count = batch.elements.min(elements);
            let bytes = self.bytes.get(start..start + count * batch.dtype.itemsize())?;
            start += batch.elements * batch.dtype.itemsize();
            elements -= count;
            Some((&batch.dtype, count, bytes))
        })
    }
}

/// Collects the bytes of elements of one layout.
pub(crate) struct RawBytes {
    pub(crate) bytes: Vec<u8>,
    /// How many fields an element takes, and its size.
    pub(crate) fields: usize,
    pub(crate) size: usize,
}

impl Store<Part> for RawBytes {
    fn reserve(&mut self, rows: usize, columns: usize, more: Option<f64>) -> Result<()> {
        let elements = rows.saturating_mul(columns) / self.fields.max(1);
        reserve(&mut self.bytes, elements.saturating_mul(self.size), more)
    }

    fn append(&mut self, part: &mut Part, rows: usize, columns: usize) -> Result<()> {
        for (_, _, bytes) in part.batches(rows * columns / self.fields.max(1)) {
            self.bytes.extend_from_slice(bytes);
        }
        Ok(())
    }
}

/// Decodes elements, on the thread that reads: what they become need not be `Send`.
pub(crate) struct Decode<A> {
    pub(crate) values: Vec<A>,
    fields: usize,
    casting: Casting,
    decoder: Option<(Arc<Dtype>, Decoder<A>)>,
}

impl<A> Decode<A> {
    pub(crate) fn new(elements: &Elements, casting: Casting) -> Self {
        Decode {
            values: Vec::new(),
            fields: elements.fields(),
            casting,
            decoder: None,
        }
    }
}

impl<A: DeserializeOwned> Store<Part> for Decode<A> {
    fn reserve(&mut self, rows: usize, columns: usize, more: Option<f64>) -> Result<()> {
        reserve(
            &mut self.values,
            rows.saturating_mul(columns) / self.fields.max(1),
            more,
        )
    }

    fn append(&mut self, part: &mut Part, rows: usize, columns: usize) -> Result<()> {
        for (dtype, count, bytes) in part.batches(rows * columns / self.fields.max(1)) {
            let mut decoder = match self.decoder.take() {
                Some((known, decoder)) if known == *dtype => decoder,
                _ => Decoder::new(dtype, self.casting)?.starting_at(self.values.len() as u64),
            };
            match dtype.itemsize() {
                0 => (0..count).try_for_each(|_| decoder.decode(&[]).map(|value| self.values.push(value)))?,
                _ => decoder.extend(bytes, &mut self.values)?,
            }
            self.decoder = Some((Arc::clone(dtype), decoder));
        }
        Ok(())
    }
}
