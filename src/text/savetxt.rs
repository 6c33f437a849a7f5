//! savetxt: arrays to text tables.

use std::io::{self, Write};
use std::path::Path;

use ndarray::{ArrayBase, ArrayRef, ArrayView, ArrayView2, Axis, Data, Dimension, Ix2, IxDyn, Order};
use serde::Serialize;

use super::codec::{Compressor, Encoding, Packing, Transcoder};
use super::fmt::{Fmt, Fmts, Piece, RowFormat};
use super::print::{Out, Spec};
use super::value::Column;
use crate::dtype::{Dtype, Kind, Repr, Scalar};
use crate::element::scalar::{Native, view_as, with_native};
use crate::element::{Encoder, dtype_of_values};
use crate::error::{Context, Error, ErrorKind, Result};
use crate::npy::{DynArray, RawArray, RecordArray, match_dyn};
use crate::storage::file::{FileWriter, Replace};
use crate::storage::parallel;

/// Writes an array to a text file as `np.savetxt` does: `%.18e`, columns separated by spaces, a line a row.
///
/// It is [`SaveTxt::new`]`().`[`write_path`](SaveTxt::write_path)`(path, array)`; see there.
///
/// # Errors
///
/// As [`SaveTxt::write_path`].
///
/// # Examples
///
/// ```
/// # let dir = tempfile::tempdir()?;
/// # let path = dir.path().join("data.txt");
/// ndarray_io::savetxt(&path, &ndarray::array![[1.0, 2.5], [3.0, 4.0]])?;
/// assert_eq!(
///     std::fs::read_to_string(&path)?,
///     "1.000000000000000000e+00 2.500000000000000000e+00\n3.000000000000000000e+00 4.000000000000000000e+00\n"
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn savetxt<P, S, D>(path: P, array: &ArrayBase<S, D>) -> Result<()>
where
    P: AsRef<Path>,
    S: Data,
    S::Elem: Serialize,
    D: Dimension,
{
    SaveTxt::new().write_path(path, array)
}

/// How an array becomes text: `np.savetxt` with all its options.
///
/// An array has one or two dimensions; of a 1-D array each element is a line, and the fields of a record are its columns.
/// The text is NumPy's, byte for byte. It is printed on all cores and written in order, a few blocks of rows at a time.
///
/// # Examples
///
/// ```
/// use ndarray_io::SaveTxt;
/// use serde::Serialize;
///
/// #[derive(Serialize)]
/// struct Sample {
///     id: u32,
///     value: f64,
/// }
///
/// let samples = ndarray::array![Sample { id: 1, value: 0.5 }, Sample { id: 20, value: -3.0 }];
/// let mut text = Vec::new();
/// SaveTxt::new().fmts(["%3d", "%.2f"]).delimiter(",").header("id,value").write(&mut text, &samples)?;
/// assert_eq!(text, b"# id,value\n  1,0.50\n 20,-3.00\n");
/// # Ok::<(), ndarray_io::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SaveTxt {
    fmts: Fmts,
    delimiter: String,
    newline: String,
    header: String,
    footer: String,
    comments: String,
    encoding: Option<Encoding>,
}

impl Default for SaveTxt {
    fn default() -> Self {
        SaveTxt {
            fmts: Fmts::One("%.18e".into()),
            delimiter: " ".to_owned(),
            newline: "\n".to_owned(),
            header: String::new(),
            footer: String::new(),
            comments: "# ".to_owned(),
            encoding: None,
        }
    }
}

impl SaveTxt {
    /// NumPy's defaults.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::SaveTxt;
    ///
    /// let defaults = SaveTxt::new().fmt("%.18e").delimiter(" ").newline("\n").header("").footer("").comments("# ");
    /// assert_eq!(SaveTxt::new(), defaults);
    /// ```
    pub fn new() -> Self {
        SaveTxt::default()
    }

    /// The format of every value; or of a whole row, if it has as many `%` as a row has values. Default `%.18e`.
    ///
    /// It is a format of Python's `%` operator: `d i u x X o e E f F g G c s r a` with the flags `-+ #0`, width and
    /// precision, and any text around. In a whole row's format `%%` prints a `%`, but counts, as in NumPy, as two.
    /// [`Fmt::Shortest`] prints what reads back to the same value.
    ///
    /// A complex number is its two parts: one format becomes ` (%.18e+%.18ej)`, and `+-` becomes `-`.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::{Fmt, SaveTxt};
    ///
    /// let a = ndarray::array![[0.1, 1e300], [-2.0, f64::NAN]];
    /// for (fmt, expected) in [
    ///     (Fmt::from("%6.2g|"), "   0.1| 1e+300|\n    -2|    nan|\n"),
    ///     (Fmt::from("x=%g y=%g"), "x=0.1 y=1e+300\nx=-2 y=nan\n"),
    ///     (Fmt::Shortest, "0.1 1e+300\n-2.0 nan\n"),
    /// ] {
    ///     let mut text = Vec::new();
    ///     SaveTxt::new().fmt(fmt).write(&mut text, &a)?;
    ///     assert_eq!(String::from_utf8_lossy(&text), expected);
    /// }
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    #[must_use]
    pub fn fmt(mut self, fmt: impl Into<Fmt>) -> Self {
        self.fmts = Fmts::One(fmt.into());
        self
    }

    /// A format for each column.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::SaveTxt;
    ///
    /// let mut text = Vec::new();
    /// SaveTxt::new().fmts(["%d", "%.3f"]).write(&mut text, &ndarray::array![[1.0, 2.0], [3.0, 0.5]])?;
    /// assert_eq!(text, b"1 2.000\n3 0.500\n");
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    #[must_use]
    pub fn fmts<F: Into<Fmt>>(mut self, fmts: impl IntoIterator<Item = F>) -> Self {
        self.fmts = Fmts::Columns(fmts.into_iter().map(Into::into).collect());
        self
    }

    /// What separates columns. Default a space.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::SaveTxt;
    ///
    /// let mut text = Vec::new();
    /// SaveTxt::new().fmt("%d").delimiter(", ").write(&mut text, &ndarray::array![[1, 2], [3, 4]])?;
    /// assert_eq!(text, b"1, 2\n3, 4\n");
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    #[must_use]
    pub fn delimiter(mut self, delimiter: impl Into<String>) -> Self {
        self.delimiter = delimiter.into();
        self
    }

    /// What ends a row. Default `\n`.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::SaveTxt;
    ///
    /// let mut text = Vec::new();
    /// SaveTxt::new().fmt("%d").newline("\r\n").write(&mut text, &ndarray::array![1, 2])?;
    /// assert_eq!(text, b"1\r\n2\r\n");
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    #[must_use]
    pub fn newline(mut self, newline: impl Into<String>) -> Self {
        self.newline = newline.into();
        self
    }

    /// Lines before the first row, each after the [`comments`](SaveTxt::comments). Default none.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::SaveTxt;
    ///
    /// let mut text = Vec::new();
    /// SaveTxt::new().fmt("%d").header("two\nlines").write(&mut text, &ndarray::array![1])?;
    /// assert_eq!(text, b"# two\n# lines\n1\n");
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    #[must_use]
    pub fn header(mut self, header: impl Into<String>) -> Self {
        self.header = header.into();
        self
    }

    /// Lines after the last row, each after the [`comments`](SaveTxt::comments). Default none.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::SaveTxt;
    ///
    /// let mut text = Vec::new();
    /// SaveTxt::new().fmt("%d").footer("end").write(&mut text, &ndarray::array![1])?;
    /// assert_eq!(text, b"1\n# end\n");
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    #[must_use]
    pub fn footer(mut self, footer: impl Into<String>) -> Self {
        self.footer = footer.into();
        self
    }

    /// What starts the lines of header and footer. Default `# `.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::SaveTxt;
    ///
    /// let mut text = Vec::new();
    /// SaveTxt::new().fmt("%d").comments("").header("count").write(&mut text, &ndarray::array![1])?;
    /// assert_eq!(text, b"count\n1\n");
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    #[must_use]
    pub fn comments(mut self, comments: impl Into<String>) -> Self {
        self.comments = comments.into();
        self
    }

    /// The encoding of the text. Default UTF-8 to a path, and latin1 to a writer, as NumPy has them.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::{Encoding, SaveTxt};
    ///
    /// let mut text = Vec::new();
    /// SaveTxt::new().fmt("%s").encoding(Encoding::Utf8).write(&mut text, &ndarray::array!["π"])?;
    /// assert_eq!(text, "π\n".as_bytes());
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    #[must_use]
    pub fn encoding(mut self, encoding: Encoding) -> Self {
        self.encoding = Some(encoding);
        self
    }

    /// Writes the array to a file, which replaces the one at `path` once it is complete; compressed if its name ends
    /// in `.gz`, `.bz2` (feature `bzip2`), `.xz` or `.lzma` (feature `xz`).
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Io`] if the file cannot be written; else as [`write`](SaveTxt::write).
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::SaveTxt;
    ///
    /// # let dir = tempfile::tempdir()?;
    /// # let path = dir.path().join("table.csv.gz");
    /// SaveTxt::new().fmt("%d").delimiter(",").write_path(&path, &ndarray::array![[1, 2], [3, 4]])?;
    /// assert!(std::fs::read(&path)?.starts_with(b"\x1f\x8b"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn write_path<P: AsRef<Path>, T: WriteTxtExt + ?Sized>(&self, path: P, array: &T) -> Result<()> {
        let path = path.as_ref();
        let mut options = self.clone();
        options.encoding.get_or_insert(Encoding::Utf8);
        let write = || {
            // The compressor first: without its feature no file is begun.
            let packing = Packing::of_path(path);
            Compressor::new(io::sink(), packing)?;
            let file = FileWriter::create(path, Replace::Atomic)?;
            let mut packed = Compressor::new(file, packing)?;
            array.write_txt_with(&mut packed, &options)?;
            packed.finish()?.commit()
        };
        write().in_path(path)
    }

    /// Writes the array to a writer. Rows before one that fails are written.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Shape`] if the array has no or more than two dimensions; [`ErrorKind::Argument`] for formats that are
    /// none, or whose number is not that of the columns, or that cannot print the array's dtype; [`ErrorKind::Value`] for
    /// a value that its format cannot print (NaN by `%d`) or its text the encoding cannot hold.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::SaveTxt;
    ///
    /// let mut text = Vec::new();
    /// let error = SaveTxt::new().fmt("%d").write(&mut text, &ndarray::array![1.9, f64::NAN]).unwrap_err();
    /// assert_eq!(text, b"1\n");
    /// assert_eq!(error.kind(), ndarray_io::ErrorKind::Value);
    /// ```
    pub fn write<W: Write, T: WriteTxtExt + ?Sized>(&self, writer: W, array: &T) -> Result<()> {
        array.write_txt_with(writer, self)
    }

    fn comment<W: Write>(&self, text: &str, out: &mut Transcoder<W>) -> Result<()> {
        if text.is_empty() {
            return Ok(());
        }
        let lines = text.replace('\n', &format!("\n{}", self.comments));
        out.write(format!("{}{lines}{}", self.comments, self.newline).as_bytes())
    }

    /// Header, rows, footer; `rows` prints what is between, unless there is none.
    fn frame<W: Write>(&self, writer: W, rows: impl FnOnce(&mut Transcoder<W>) -> Result<()>) -> Result<()> {
        let mut out = Transcoder::new(writer, self.encoding.unwrap_or(Encoding::Latin1));
        self.comment(&self.header, &mut out)?;
        rows(&mut out)?;
        self.comment(&self.footer, &mut out)?;
        Ok(out.finish()?.flush()?)
    }
}

/// What can be written as text: arrays of one or two dimensions, whatever their elements, and
/// [`DynArray`](crate::DynArray).
///
/// # Examples
///
/// ```
/// use ndarray_io::{SaveTxt, WriteTxtExt};
///
/// let mut text = Vec::new();
/// ndarray::array![[1, 2], [3, 4]].write_txt_with(&mut text, &SaveTxt::new().fmt("%d"))?;
/// assert_eq!(text, b"1 2\n3 4\n");
/// # Ok::<(), ndarray_io::Error>(())
/// ```
pub trait WriteTxtExt {
    /// Writes the array as text.
    ///
    /// # Errors
    ///
    /// As [`SaveTxt::write`].
    fn write_txt_with<W: Write>(&self, writer: W, options: &SaveTxt) -> Result<()>;
}

impl<A: Serialize, D: Dimension> WriteTxtExt for ArrayRef<A, D> {
    fn write_txt_with<W: Write>(&self, writer: W, options: &SaveTxt) -> Result<()> {
        let view = self.view().into_dyn();
        if let Some(scalar) = Scalar::of::<A>() {
            return with_native!(scalar, T => match view_as::<A, T, IxDyn>(&view) {
                Some(view) => write_native(view, writer, options),
                None => write_values(view, writer, options),
            }, else => write_values(view, writer, options));
        }
        write_values(view, writer, options)
    }
}

impl<A: Serialize, S: Data<Elem = A>, D: Dimension> WriteTxtExt for ArrayBase<S, D> {
    fn write_txt_with<W: Write>(&self, writer: W, options: &SaveTxt) -> Result<()> {
        let array: &ArrayRef<A, D> = self;
        array.write_txt_with(writer, options)
    }
}

impl WriteTxtExt for DynArray {
    fn write_txt_with<W: Write>(&self, writer: W, options: &SaveTxt) -> Result<()> {
        match_dyn!(self, a => write_native(a.view(), writer, options),
            DynArray::Record(records) => write_raw(records.raw(), writer, options),
            DynArray::Raw(raw) => write_raw(raw, writer, options),
            other => write_raw(&other.clone().into_raw()?, writer, options),
        )
    }
}

impl WriteTxtExt for RecordArray {
    fn write_txt_with<W: Write>(&self, writer: W, options: &SaveTxt) -> Result<()> {
        write_raw(self.raw(), writer, options)
    }
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

fn write_native<T: Native, W: Write>(view: ArrayView<'_, T, IxDyn>, writer: W, options: &SaveTxt) -> Result<()> {
    let rows = NativeRows(table(view)?);
    let table = Table::new(options, &Dtype::native(T::SCALAR), rows.0.ncols(), false)?;
    options.frame(writer, |out| match rows.0.nrows() {
        0 => Ok(()),
        _ => Printer::new(&table, options)?.print(&rows, out),
    })
}

fn write_raw<W: Write>(raw: &RawArray, writer: W, options: &SaveTxt) -> Result<()> {
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
    options.frame(writer, |out| match shape.0 {
        0 => Ok(()),
        _ => Printer::new(&table, options)?.print(&rows, out),
    })
}

/// Elements through serde: encoded block by block, then printed from their bytes.
fn write_values<A: Serialize, W: Write>(view: ArrayView<'_, A, IxDyn>, writer: W, options: &SaveTxt) -> Result<()> {
    let is_records = view.ndim() == 1;
    let rows = table(view)?;
    if rows.is_empty() && rows.nrows() == 0 {
        return options.frame(writer, |_| Ok(()));
    }
    let dtype = dtype_of_values(rows.iter())?;
    let table = Table::new(options, &dtype, rows.ncols(), is_records)?;
    options.frame(writer, |out| {
        let mut printer = Printer::new(&table, options)?;
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

/// Rows as bytes, wherever they come from.
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
        let (ncols, complex) = (ncols, dtype.kind() == Kind::Complex);
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

/// One step of a row.
enum Step {
    Literal(Vec<u8>),
    Value(Spec, Column),
}

/// Prints blocks of rows on all cores.
struct Printer<'a> {
    table: &'a Table,
    steps: Vec<Step>,
    newline: &'a [u8],
    slots: Vec<Slot>,
}

/// What one thread prints at a time.
struct Slot {
    rows: std::ops::Range<usize>,
    out: Out,
    scratch: Vec<u8>,
    error: Option<Error>,
}

/// About a MiB of text by the default format; smaller shares wake more threads than they keep busy.
const VALUES_A_SLOT: usize = 32 << 10;

impl<'a> Printer<'a> {
    fn new(table: &'a Table, options: &'a SaveTxt) -> Result<Self> {
        let mut columns = table.columns.iter();
        let mut steps = Vec::new();
        for piece in table.format.parse()? {
            steps.push(match piece {
                Piece::Literal(text) => Step::Literal(text.into_bytes()),
                Piece::Value(spec) => {
                    let column = columns.next().ok_or_else(|| table.mismatch())?;
                    Step::Value(spec, column.clone())
                }
            });
        }
        if columns.next().is_some() {
            return Err(table.mismatch());
        }
        Ok(Printer {
            table,
            steps,
            newline: options.newline.as_bytes(),
            slots: Vec::new(),
        })
    }

    fn print<R: Rows, W: Write>(&mut self, rows: &R, to: &mut Transcoder<W>) -> Result<()> {
        let count = rows.count();
        let share = (VALUES_A_SLOT / self.table.columns.len().max(1)).max(1);
        let slots = count.div_ceil(share).min(2 * parallel::threads());
        self.slots.resize_with(slots, || Slot {
            rows: 0..0,
            out: Out::new(),
            scratch: Vec::new(),
            error: None,
        });
        let mut slots = std::mem::take(&mut self.slots);
        let mut next = 0;
        while next < count {
            for slot in &mut slots {
                let start = next;
                next = count.min(next + share);
                slot.rows = start..next;
            }
            parallel::for_each_chunk(&mut slots, 1, |_, slots| {
                for slot in slots {
                    self.print_slot(rows, slot);
                }
                Ok::<_, Error>(())
            })?;
            for slot in &mut slots {
                to.write(slot.out.as_bytes())?;
                if let Some(error) = slot.error.take() {
                    return Err(error);
                }
            }
        }
        self.slots = slots;
        Ok(())
    }

    fn print_slot<R: Rows>(&self, rows: &R, slot: &mut Slot) {
        slot.out.truncate(0);
        for index in slot.rows.clone() {
            let start = slot.out.len();
            let row = rows.row(index, &mut slot.scratch);
            if let Err(error) = self.print_row(row, &mut slot.out) {
                slot.out.truncate(start);
                slot.error = Some(error.at_row(index as u64));
                return;
            }
        }
    }

    #[inline]
    fn print_row(&self, row: &[u8], out: &mut Out) -> Result<()> {
        let start = out.len();
        for step in &self.steps {
            match step {
                Step::Literal(text) => out.extend(text),
                Step::Value(spec, column) => {
                    if let Err(error) = column.print(out, spec, row) {
                        return Err(error.unwrap_or_else(|| self.table.mismatch()));
                    }
                }
            }
        }
        out.extend(self.newline);
        if self.table.complex {
            out.replace_plus_minus(start);
        }
        Ok(())
    }
}
