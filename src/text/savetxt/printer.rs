//! The rows of a table: printed block by block on all cores, written in order.

use std::ops::Range;

use ndarray::{ArrayView, ArrayView2, Axis, Ix2, IxDyn, Order};
use serde::Serialize;

use super::options::SaveTxt;
use super::sink::Sink;
use crate::dtype::{Dtype, Kind, Repr, Scalar};
use crate::element::scalar::Native;
use crate::element::{Encoder, dtype_of_values};
use crate::error::{Error, ErrorKind, Result};
use crate::npy::RawArray;
use crate::storage::parallel::{self, Line};
use crate::text::encoding::{Encoding, Transcoder};
use crate::text::fmt::{Fmt, Fmts, Piece, RowFormat};
use crate::text::out::Out;
use crate::text::repr::Column;
use crate::text::spec::Spec;

type Text<'a> = Transcoder<&'a mut dyn Sink>;

impl Text<'_> {
    fn expect(&mut self, bytes: u64) {
        let width = match self.encoding() {
            Encoding::Utf16 | Encoding::Utf16Le | Encoding::Utf16Be => 2,
            _ => 1,
        };
        self.inner().expect(bytes.saturating_mul(width));
    }
}

/// Header, rows, footer; `rows` prints what is between.
fn frame(options: &SaveTxt, sink: &mut dyn Sink, rows: &mut dyn FnMut(&mut Text<'_>) -> Result<()>) -> Result<()> {
    let mut out = Transcoder::new(sink, options.encoding.unwrap_or(Encoding::Latin1));
    let comment = |text: &str, out: &mut Text<'_>| {
        if text.is_empty() {
            return Ok(());
        }
        let lines = text.replace('\n', &format!("\n{}", options.comments));
        out.write(format!("{}{lines}{}", options.comments, options.newline).as_bytes())
    };
    comment(&options.header, &mut out)?;
    rows(&mut out)?;
    comment(&options.footer, &mut out)?;
    Ok(out.finish()?.flush()?)
}

/// As a table: of one dimension a column.
fn table<A>(view: ArrayView<'_, A, IxDyn>) -> Result<ArrayView2<'_, A>> {
    let ndim = view.ndim();
    let view = if ndim == 1 { view.insert_axis(Axis(1)) } else { view };
    view.into_dimensionality::<Ix2>().map_err(|_| dimensions(ndim))
}

#[cold]
fn dimensions(ndim: usize) -> Error {
    Error::new(
        ErrorKind::Shape,
        format!("array of {ndim} dimensions; savetxt writes 1 or 2"),
    )
}

/// An array of scalars, printed from where they are.
pub(super) fn print_native<T: Native>(
    view: ArrayView<'_, T, IxDyn>,
    sink: &mut dyn Sink,
    options: &SaveTxt,
) -> Result<()> {
    let rows = table(view)?;
    let table = Table::new(options, &Dtype::native(T::SCALAR), rows.ncols(), false)?;
    print_rows(&table, &NativeRows(rows), sink, options)
}

fn print_rows(table: &Table, rows: &dyn Rows, sink: &mut dyn Sink, options: &SaveTxt) -> Result<()> {
    frame(options, sink, &mut |out| match rows.count() {
        0 => Ok(()),
        count => Printer::new(table, options, count)?.print(rows, out),
    })
}

/// Elements as a file holds them.
pub(super) fn print_raw(raw: &RawArray, sink: &mut dyn Sink, options: &SaveTxt) -> Result<()> {
    let (shape, is_records) = match *raw.shape() {
        [rows] => ((rows, 1), true),
        [rows, columns] => ((rows, columns), false),
        _ => return Err(dimensions(raw.shape().len())),
    };
    let rows = RawRows {
        bytes: raw.bytes(),
        itemsize: raw.dtype().itemsize(),
        shape,
        strides: match raw.order() {
            Order::ColumnMajor => (1, shape.0),
            _ => (shape.1, 1),
        },
    };
    let table = Table::new(options, raw.dtype(), shape.1, is_records)?;
    print_rows(&table, &rows, sink, options)
}

/// Elements through serde: encoded block by block, then printed from their bytes.
pub(super) fn print_values<A: Serialize>(
    view: ArrayView<'_, A, IxDyn>,
    sink: &mut dyn Sink,
    options: &SaveTxt,
) -> Result<()> {
    let is_records = view.ndim() == 1;
    let rows = table(view)?;
    if rows.is_empty() && rows.nrows() == 0 {
        return frame(options, sink, &mut |_| Ok(()));
    }
    let dtype = dtype_of_values(rows.iter())?;
    let table = Table::new(options, &dtype, rows.ncols(), is_records)?;
    frame(options, sink, &mut |out| {
        let mut printer = Printer::new(&table, options, rows.nrows())?;
        let mut encoder = Encoder::new(&dtype)?;
        let itemsize = dtype.itemsize();
        let row_size = itemsize.checked_mul(rows.ncols()).ok_or_else(|| too_large(&dtype))?;
        // A few MiB at a time.
        let count = (BLOCK_BYTES / row_size.max(1)).clamp(1, rows.nrows());
        let size = row_size.checked_mul(count).ok_or_else(|| too_large(&dtype))?;
        let mut bytes = vec![0; size];
        for block in rows.axis_chunks_iter(Axis(0), count) {
            for (index, value) in block.iter().enumerate() {
                let place = bytes.get_mut(index * itemsize..(index + 1) * itemsize);
                encoder.encode(value, place.unwrap_or_default())?;
            }
            let block = RawRows {
                bytes: &bytes,
                itemsize,
                shape: (block.nrows(), rows.ncols()),
                strides: (rows.ncols(), 1),
            };
            printer.print(&block, out)?;
        }
        Ok(())
    })
}

#[cold]
fn too_large(dtype: &Dtype) -> Error {
    Error::new(
        ErrorKind::Limit,
        format!("a row of {} is too large for memory", dtype.describe()),
    )
}

const BLOCK_BYTES: usize = 4 << 20;

/// Rows as bytes, wherever they come from: what prints them is compiled once.
trait Rows: Sync {
    fn count(&self) -> usize;

    /// The bytes of a row, gathered into `scratch` where they lie apart.
    fn row<'a>(&'a self, index: usize, scratch: &'a mut Vec<u8>) -> &'a [u8];
}

struct NativeRows<'a, T>(ArrayView2<'a, T>);

impl<T: Native> Rows for NativeRows<'_, T> {
    fn count(&self) -> usize {
        self.0.nrows()
    }

    #[inline]
    fn row<'a>(&'a self, index: usize, scratch: &'a mut Vec<u8>) -> &'a [u8] {
        let row = self.0.row(index);
        match row.to_slice() {
            Some(row) => bytemuck::cast_slice(row),
            None => {
                scratch.clear();
                for value in row {
                    scratch.extend_from_slice(bytemuck::bytes_of(value));
                }
                scratch
            }
        }
    }
}

/// Elements of `itemsize` bytes, a row and a column that many elements apart.
struct RawRows<'a> {
    bytes: &'a [u8],
    itemsize: usize,
    shape: (usize, usize),
    strides: (usize, usize),
}

impl Rows for RawRows<'_> {
    fn count(&self) -> usize {
        self.shape.0
    }

    #[inline]
    fn row<'a>(&'a self, index: usize, scratch: &'a mut Vec<u8>) -> &'a [u8] {
        // All within `bytes`: its length is the product of shape and itemsize.
        let start = index * self.strides.0;
        let element = |at: usize, count: usize| {
            let range = at * self.itemsize..(at + count) * self.itemsize;
            self.bytes.get(range).unwrap_or_default()
        };
        if self.strides.1 == 1 || self.shape.1 == 1 {
            return element(start, self.shape.1);
        }
        scratch.clear();
        for column in 0..self.shape.1 {
            scratch.extend_from_slice(element(start + column * self.strides.1, 1));
        }
        scratch
    }
}

/// The columns of an array and the format of its rows.
struct Table {
    columns: Vec<Column>,
    format: RowFormat,
    dtype: Dtype,
    /// Of complex numbers, which NumPy treats in a way of their own.
    complex: bool,
}

impl Table {
    fn new(options: &SaveTxt, dtype: &Dtype, ncols: usize, is_records: bool) -> Result<Table> {
        let complex = dtype.kind() == Kind::Complex;
        let itemsize = dtype.itemsize();
        let mut columns = Vec::new();
        let count = match &dtype.0 {
            // What is to be read back has a column for each number in it.
            Repr::Record(_) if is_records && options.fmts == Fmts::One(Fmt::Shortest) => {
                leaves(dtype, 0, &mut columns);
                columns.len()
            }
            Repr::Record(record) if is_records => {
                let fields = record.fields.iter();
                columns.extend(fields.map(|field| Column::new(field.offset, &field.dtype)));
                columns.len()
            }
            // Arrays as elements: more columns, as NumPy makes more dimensions of them.
            Repr::Subarray(sub) => {
                if !is_records || sub.shape.len() > 1 {
                    return Err(dimensions(if is_records { 1 } else { 2 } + sub.shape.len()));
                }
                let size = sub.base.itemsize();
                columns.extend((0..sub.shape.iter().product()).map(|index| Column::new(index * size, &sub.base)));
                columns.len()
            }
            Repr::Scalar(scalar, order) if complex => {
                let part = match scalar {
                    Scalar::Complex64 => Scalar::Float32,
                    Scalar::Complex128 => Scalar::Float64,
                    _ => Scalar::LongDouble,
                };
                let part = Dtype::scalar(part, *order);
                let parts = (0..2 * ncols).map(|index| Column::new(index * itemsize / 2, &part));
                columns.extend(parts);
                ncols
            }
            _ => {
                columns.extend((0..ncols).map(|index| Column::new(index * itemsize, dtype)));
                ncols
            }
        };
        Ok(Table {
            columns,
            format: options.fmts.row(&options.delimiter, count, complex)?,
            dtype: dtype.clone(),
            complex,
        })
    }

    #[cold]
    fn mismatch(&self) -> Error {
        Error::new(
            ErrorKind::Argument,
            format!(
                "mismatch between array dtype {} and format specifier {:?}; `%s` prints any value, a format for each column would work",
                self.dtype.describe(),
                self.format.text()
            ),
        )
    }
}

/// The columns of all that a record holds, depth first.
fn leaves(dtype: &Dtype, offset: usize, columns: &mut Vec<Column>) {
    match &dtype.0 {
        Repr::Record(record) => {
            for field in &record.fields {
                leaves(&field.dtype, offset + field.offset, columns);
            }
        }
        // Items without bytes could be any number of columns.
        Repr::Subarray(sub) if sub.base.itemsize() > 0 => {
            let size = sub.base.itemsize();
            for index in 0..sub.shape.iter().product() {
                leaves(&sub.base, offset + index * size, columns);
            }
        }
        _ => columns.push(Column::new(offset, dtype)),
    }
}

/// A value of a row, after the text between it and the one before.
struct Step {
    before: Vec<u8>,
    spec: Spec,
    column: Column,
}

/// Prints blocks of rows on all cores.
struct Printer<'a> {
    table: &'a Table,
    steps: Vec<Step>,
    /// What follows the last value, the newline included.
    end: Vec<u8>,
    /// The rows in all, those printed, and the bytes that they took.
    total: usize,
    done: usize,
    written: u64,
}

/// What one thread prints at a time.
struct Slot {
    rows: Range<usize>,
    out: Out,
    scratch: Vec<u8>,
    error: Option<Error>,
}

/// Some 200 KiB of text by the default format, which a core's own cache holds until it is written.
const VALUES_A_SLOT: usize = 8 << 10;

impl<'a> Printer<'a> {
    fn new(table: &'a Table, options: &SaveTxt, total: usize) -> Result<Self> {
        let mut columns = table.columns.iter();
        let mut steps = Vec::new();
        let mut between = Vec::new();
        for piece in table.format.parse()? {
            match piece {
                Piece::Literal(text) => between.extend_from_slice(text.as_bytes()),
                Piece::Value(spec) => steps.push(Step {
                    before: std::mem::take(&mut between),
                    spec,
                    column: columns.next().ok_or_else(|| table.mismatch())?.clone(),
                }),
            }
        }
        between.extend_from_slice(options.newline.as_bytes());
        if columns.next().is_some() {
            return Err(table.mismatch());
        }
        Ok(Printer {
            table,
            steps,
            end: between,
            total,
            done: 0,
            written: 0,
        })
    }

    /// Prints all rows on all cores; what is printed is written here, in order.
    fn print(&mut self, rows: &dyn Rows, to: &mut Text<'_>) -> Result<()> {
        let count = rows.count();
        let mut writing = Writing {
            rows: 0..count,
            share: (VALUES_A_SLOT / self.table.columns.len().max(1)).max(1),
            spare: Vec::new(),
            total: self.total,
            written: self.written,
            to,
        };
        parallel::in_order(&mut writing, |slot| self.print_slot(rows, slot))?;
        self.written = writing.written;
        self.done += count;
        Ok(())
    }

    fn print_slot(&self, rows: &dyn Rows, slot: &mut Slot) {
        slot.out.truncate(0);
        for index in slot.rows.clone() {
            let start = slot.out.len();
            let row = rows.row(index, &mut slot.scratch);
            if let Err(error) = self.print_row(row, &mut slot.out) {
                slot.out.truncate(start);
                slot.error = Some(error.at_row((self.done + index) as u64));
                return;
            }
        }
    }

    #[inline]
    fn print_row(&self, row: &[u8], out: &mut Out) -> Result<()> {
        let start = out.len();
        for step in &self.steps {
            out.extend(&step.before);
            if let Err(error) = step.column.print(out, &step.spec, row) {
                return Err(error.unwrap_or_else(|| self.table.mismatch()));
            }
        }
        out.extend(&self.end);
        if self.table.complex {
            out.replace_plus_minus(start);
        }
        Ok(())
    }
}

/// Rows on their way to be printed, and back.
struct Writing<'w, 't> {
    /// Those that are not yet given.
    rows: Range<usize>,
    /// How many are printed at a time.
    share: usize,
    spare: Vec<Slot>,
    /// The rows in all, of which those that are given may be a block.
    total: usize,
    /// Bytes.
    written: u64,
    to: &'w mut Text<'t>,
}

impl Line for Writing<'_, '_> {
    type Piece = Slot;
    type Error = Error;

    fn next(&mut self) -> Result<Option<Slot>> {
        if self.rows.is_empty() {
            return Ok(None);
        }
        let mut slot = self.spare.pop().unwrap_or_else(Slot::new);
        let end = self.rows.end.min(self.rows.start + self.share);
        slot.rows = self.rows.start..end;
        self.rows.start = end;
        Ok(Some(slot))
    }

    /// Writes what the slot holds, up to its error.
    fn take(&mut self, mut slot: Slot) -> Result<()> {
        let text = slot.out.as_bytes();
        if self.written == 0 && !text.is_empty() && slot.rows.len() < self.total {
            // As much for each row as for those printed, and a little more.
            let expected = text.len() as u128 * self.total as u128 / slot.rows.len().max(1) as u128;
            self.to
                .expect(u64::try_from(expected + expected / 32).unwrap_or(u64::MAX));
        }
        self.to.write(text)?;
        self.written += text.len() as u64;
        if let Some(error) = slot.error.take() {
            return Err(error);
        }
        self.spare.push(slot);
        Ok(())
    }
}

impl Slot {
    fn new() -> Slot {
        Slot {
            rows: 0..0,
            out: Out::new(),
            scratch: Vec::new(),
            error: None,
        }
    }
}
