//! Tables: named columns of different types, with what is missing.

use std::collections::HashSet;
use std::fmt;

use ndarray::{Array, Array1, Dimension, Order};
use serde::de::value::StrDeserializer;
use serde::de::{DeserializeOwned, DeserializeSeed, IntoDeserializer, MapAccess, SeqAccess, Visitor};
use serde::{Deserializer, forward_to_deserialize_any};

use super::infer::{Class, ColumnPart, Values};
use super::rows::count;
use crate::dtype::{ByteOrder, Casting, Dtype, Repr, Scalar};
use crate::element::scalar::with_native;
use crate::error::{Error, ErrorKind, Result};
use crate::npy::{DynArray, RecordArray, match_dyn};

/// The rows that [`Display`](fmt::Display) shows of a longer table: as many from its start as from its end.
const SHOWN: usize = 20;

/// An array, and which of its values are missing.
///
/// `mask` has the shape of `data` and is true where a value is missing; `data` has a filling value there.
///
/// # Examples
///
/// ```
/// use ndarray::{Ix1, array};
/// use ndarray_io::{GenFromTxt, MaskedArray};
///
/// let a: MaskedArray<f64, Ix1> = GenFromTxt::new().missing_values("N/A").read_masked(&b"1\nN/A\n3\n"[..])?;
/// assert_eq!(a.mask, array![false, true, false]);
/// assert_eq!(a.filled(0.0), array![1.0, 0.0, 3.0]);
/// assert_eq!(a.valid().sum::<f64>(), 4.0);
/// # Ok::<(), ndarray_io::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct MaskedArray<A, D: Dimension> {
    /// The values.
    pub data: Array<A, D>,
    /// Where they are missing.
    pub mask: Array<bool, D>,
}

impl<A, D: Dimension> MaskedArray<A, D> {
    /// The values, with `value` where one is missing.
    pub fn filled(&self, value: A) -> Array<A, D>
    where
        A: Clone,
    {
        let mut filled = self.data.clone();
        filled.zip_mut_with(&self.mask, |item, &missing| {
            if missing {
                *item = value.clone();
            }
        });
        filled
    }

    /// The values that are not missing, in the order of rows.
    pub fn valid(&self) -> impl Iterator<Item = &A> {
        let both = self.data.iter().zip(&self.mask);
        both.filter_map(|(value, &missing)| (!missing).then_some(value))
    }

    /// How many values are missing.
    pub fn missing(&self) -> usize {
        self.mask.iter().filter(|&&missing| missing).count()
    }
}

/// A column of a [`Table`]: values of one type, and which of them are missing.
#[derive(Clone, Debug, PartialEq)]
pub struct TableColumn {
    content: Content,
    /// As long as it must be to tell the last missing value.
    mask: Vec<bool>,
    rows: usize,
}

#[derive(Clone, Debug, PartialEq)]
enum Content {
    Inferred(Values),
    Given(DynArray),
}

/// A table of named columns, each of its own type: what `np.genfromtxt(dtype=None)` makes of text.
///
/// Its columns are of bools, `i64`, `f64`, `Complex<f64>` or text, the first of these that the whole column can be read
/// as; or of the [`dtype`](crate::GenFromTxt::dtype) that was set. It prints as a table.
///
/// # Examples
///
/// ```
/// use ndarray::array;
/// use ndarray_io::{GenFromTxt, Names, write_npy};
///
/// let text = "city,people,area\nBern,134794,51.6\nVaduz,,17.3\n";
/// let table = GenFromTxt::new().delimiter(",").names(Names::FromHeader).read_table(text.as_bytes())?;
/// assert_eq!(table.dtype()?.to_string(), "[('city', '<U5'), ('people', '<i8'), ('area', '<f8')]");
/// assert_eq!(table.column("area")?.values::<f64>()?, array![51.6, 17.3]);
/// assert_eq!(table.column("people")?.mask(), array![false, true]);
///
/// #[derive(serde::Deserialize)]
/// struct City {
///     city: String,
///     people: Option<u32>,
/// }
/// let cities = table.to_records::<City>()?;
/// assert_eq!((cities[1].city.as_str(), cities[1].people), ("Vaduz", None));
/// # let dir = tempfile::tempdir().unwrap();
/// # let path = dir.path().join("cities.npy");
/// write_npy(path, &table.to_record_array()?)?;
/// # Ok::<(), ndarray_io::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    names: Vec<String>,
    /// Whether the names were asked for.
    named: bool,
    columns: Vec<TableColumn>,
    rows: usize,
}

impl TableColumn {
    pub(crate) fn inferred(part: ColumnPart, rows: usize) -> Self {
        TableColumn {
            content: Content::Inferred(part.values),
            mask: part.mask,
            rows,
        }
    }

    pub(crate) fn given(values: DynArray, mask: Vec<bool>, rows: usize) -> Self {
        TableColumn {
            content: Content::Given(values),
            mask,
            rows,
        }
    }

    /// The number of values.
    pub fn len(&self) -> usize {
        self.rows
    }

    /// Whether there are no values.
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// The dtype; text is as long as the longest.
    pub fn dtype(&self) -> Dtype {
        match &self.content {
            Content::Given(values) => values.dtype(),
            Content::Inferred(values) => match values {
                Values::Missing(_) | Values::Bool(_) => Dtype::native(Scalar::Bool),
                Values::Int(_) => Dtype::native(Scalar::Int64),
                Values::Float(_) => Dtype::native(Scalar::Float64),
                Values::Complex(_) => Dtype::native(Scalar::Complex128),
                Values::Text(texts) => {
                    let longest = texts.iter().map(|text| text.chars().count()).max();
                    Dtype(Repr::Str(longest.unwrap_or(0).max(1), ByteOrder::NATIVE))
                }
            },
        }
    }

    /// Whether the value of a row is missing.
    pub fn is_missing(&self, row: usize) -> bool {
        self.mask.get(row).copied().unwrap_or(false)
    }

    /// True where a value is missing.
    pub fn mask(&self) -> Array1<bool> {
        (0..self.rows).map(|row| self.is_missing(row)).collect()
    }

    /// The text of a row, of a column of text.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::GenFromTxt;
    ///
    /// let table = GenFromTxt::new().read_table(&b"1 one\n2 two\n"[..])?;
    /// assert_eq!(table.columns()[1].text(1), Some("two"));
    /// assert_eq!(table.columns()[0].text(1), None);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn text(&self, row: usize) -> Option<&str> {
        match &self.content {
            Content::Inferred(Values::Text(texts)) => texts.get(row),
            Content::Given(DynArray::Str(values)) => values.iter().nth(row).map(String::as_str),
            _ => None,
        }
    }

    /// The values, converted where no value can be lost by it; where one is missing, what stands in for it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Dtype`] if the column is of another type.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray::array;
    /// use ndarray_io::GenFromTxt;
    ///
    /// let table = GenFromTxt::new().read_table(&b"1\n2\n"[..])?;
    /// assert_eq!(table.columns()[0].values::<i64>()?, array![1, 2]);
    /// assert_eq!(table.columns()[0].values::<f64>()?, array![1.0, 2.0]);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn values<A: DeserializeOwned>(&self) -> Result<Array1<A>> {
        self.to_dyn()?.into_array(Casting::Safe)
    }

    /// The values and which of them are missing; converted as [`values`](Self::values) does.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Dtype`] if the column is of another type.
    pub fn masked<A: DeserializeOwned>(&self) -> Result<MaskedArray<A, ndarray::Ix1>> {
        Ok(MaskedArray {
            data: self.values()?,
            mask: self.mask(),
        })
    }

    /// The values as an array of whatever type they are.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Limit`] if there is no memory for them.
    pub fn to_dyn(&self) -> Result<DynArray> {
        let values = match &self.content {
            Content::Given(values) => return Ok(values.clone()),
            Content::Inferred(values) => values,
        };
        match values {
            Values::Missing(count) => Ok(Array1::from_elem(*count, false).into()),
            Values::Bool(values) => Ok(Array1::from(values.clone()).into()),
            Values::Int(values) => Ok(Array1::from(values.clone()).into()),
            Values::Float(values) => Ok(Array1::from(values.clone()).into()),
            Values::Complex(values) => Ok(Array1::from(values.clone()).into()),
            Values::Text(_) => {
                let dtype = self.dtype();
                let mut bytes = zeroed(dtype.itemsize(), self.rows)?;
                self.put(&dtype, &mut bytes, dtype.itemsize(), 0)?;
                DynArray::from_raw(dtype, vec![self.rows], Order::RowMajor, bytes)
            }
        }
    }

    fn class(&self) -> Option<Class> {
        match &self.content {
            Content::Given(_) => None,
            Content::Inferred(values) => Some(values.class()),
        }
    }

    /// Writes the values as `dtype` into rows of `stride` bytes, at `offset` in each.
    fn put(&self, dtype: &Dtype, bytes: &mut [u8], stride: usize, offset: usize) -> Result<()> {
        let size = dtype.itemsize();
        let cells = bytes
            .chunks_exact_mut(stride.max(1))
            .filter_map(|row| row.get_mut(offset..offset + size));
        fn copy<'a, T: bytemuck::NoUninit>(cells: impl Iterator<Item = &'a mut [u8]>, values: impl Iterator<Item = T>) {
            cells
                .zip(values)
                .for_each(|(cell, value)| cell.copy_from_slice(bytemuck::bytes_of(&value)));
        }
        let write_text = |cell: &mut [u8], text: &str| {
            let (code_points, _) = cell.as_chunks_mut::<4>();
            code_points
                .iter_mut()
                .zip(text.chars())
                .for_each(|(cell, c)| *cell = u32::from(c).to_ne_bytes());
        };
        match (&self.content, &dtype.0) {
            (Content::Inferred(Values::Bool(values)), Repr::Scalar(Scalar::Bool, _)) => {
                copy(cells, values.iter().copied())
            }
            (Content::Inferred(Values::Int(values)), Repr::Scalar(Scalar::Int64, _)) => {
                copy(cells, values.iter().copied())
            }
            (Content::Inferred(Values::Float(values)), Repr::Scalar(Scalar::Float64, _)) => {
                copy(cells, values.iter().copied())
            }
            (Content::Inferred(Values::Complex(values)), Repr::Scalar(Scalar::Complex128, _)) => {
                copy(cells, values.iter().copied());
            }
            (Content::Inferred(Values::Text(texts)), Repr::Str(..)) => {
                cells.zip(texts.iter()).for_each(|(cell, text)| write_text(cell, text));
            }
            // A column that has nothing, among others that agree.
            (Content::Inferred(Values::Bool(values)), Repr::Str(..)) => {
                let texts = values.iter().map(|value| if *value { "True" } else { "False" });
                cells.zip(texts).for_each(|(cell, text)| write_text(cell, text));
            }
            (Content::Inferred(_), Repr::Scalar(scalar, _)) => with_native!(*scalar, T => {
                let values: Array1<T> = self.to_dyn()?.into_array(Casting::Safe)?;
                copy(cells, values.iter().copied());
            }, else => ()),
            _ => {
                let raw = self.to_dyn()?.into_raw()?;
                let values = raw.bytes().chunks_exact(size.max(1));
                cells.zip(values).for_each(|(cell, value)| cell.copy_from_slice(value));
            }
        }
        Ok(())
    }

    /// A value as it is shown.
    fn show(&self, row: usize) -> String {
        if self.is_missing(row) {
            return "--".to_owned();
        }
        let shown = match &self.content {
            Content::Given(values) => cell(values, row),
            Content::Inferred(values) => match values {
                Values::Missing(_) => None,
                Values::Bool(values) => values.get(row).map(bool::to_string),
                Values::Int(values) => values.get(row).map(i64::to_string),
                Values::Float(values) => values.get(row).map(|value| format!("{value:?}")),
                Values::Complex(values) => values.get(row).map(|value| format!("{}{:+}j", value.re, value.im)),
                Values::Text(texts) => texts.get(row).map(|text| text.escape_debug().to_string()),
            },
        };
        shown.unwrap_or_default()
    }
}

/// One value of an array, shown.
fn cell(values: &DynArray, row: usize) -> Option<String> {
    match_dyn!(values, a => a.iter().nth(row).map(|value| format!("{value:?}")),
        DynArray::Str(a) => a.iter().nth(row).map(|text| text.escape_debug().to_string()),
        DynArray::Bytes(a) => a.iter().nth(row).map(|bytes| bytes.escape_ascii().to_string()),
        other => {
            let raw = other.clone().into_raw().ok()?;
            let size = raw.dtype().itemsize();
            let bytes = raw.bytes().get(row * size..(row + 1) * size)?.to_vec();
            let value = DynArray::from_raw(raw.dtype().clone(), vec![], Order::RowMajor, bytes).ok()?;
            Some(value.to_string().replace('\n', " "))
        },
    )
}

/// Zeroed bytes for so many elements.
fn zeroed(size: usize, count: usize) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let total = size
        .checked_mul(count)
        .filter(|total| bytes.try_reserve_exact(*total).is_ok());
    let total = total.ok_or_else(|| {
        let message = format!("cannot allocate {count} elements of {size} bytes");
        Error::new(ErrorKind::Limit, message)
    })?;
    bytes.resize(total, 0);
    Ok(bytes)
}

impl Table {
    pub(crate) fn new(names: Vec<String>, named: bool, columns: Vec<TableColumn>, rows: usize) -> Result<Self> {
        let mut seen = HashSet::new();
        if let Some(twice) = names.iter().find(|name| !seen.insert(name.as_str())) {
            let message = format!("two columns are named {twice:?}; a list of names would tell them apart");
            return Err(Error::new(ErrorKind::Argument, message));
        }
        Ok(Table {
            names,
            named,
            columns,
            rows,
        })
    }

    /// The names of the columns, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }

    /// The columns, in order.
    pub fn columns(&self) -> &[TableColumn] {
        &self.columns
    }

    /// The number of rows.
    pub fn len(&self) -> usize {
        self.rows
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// The column of that name.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Missing`] if there is none.
    pub fn column(&self, name: &str) -> Result<&TableColumn> {
        let index = self.names.iter().position(|own| own == name);
        index.and_then(|index| self.columns.get(index)).ok_or_else(|| {
            let message = format!("no column {name:?}; there are {}", self.names.join(", "));
            Error::new(ErrorKind::Missing, message)
        })
    }

    /// The dtype of a record of all columns.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Header`] if the names cannot be those of a record.
    pub fn dtype(&self) -> Result<Dtype> {
        let dtypes = self.columns.iter().map(TableColumn::dtype);
        Dtype::record(self.names.iter().map(String::as_str).zip(dtypes))
    }

    /// The rows as values of any type that serde can deserialize: structs by the names of columns, tuples by their order.
    ///
    /// An `Option` is `None` where a value is missing; anything else gets what stands in for it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Parse`], with the row, if a column is missing or of a type that does not convert without loss.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::GenFromTxt;
    ///
    /// let table = GenFromTxt::new().delimiter(",").read_table(&b"1,one\n,two\n"[..])?;
    /// let rows = table.to_records::<(Option<i32>, String)>()?;
    /// assert_eq!(rows[1], (None, "two".to_owned()));
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn to_records<T: DeserializeOwned>(&self) -> Result<Array1<T>> {
        let given = |column: &TableColumn| matches!(column.content, Content::Given(_));
        if self.columns.iter().any(given) {
            let records = self.to_record_array()?.into_records()?;
            return records
                .into_dimensionality()
                .map_err(|error| Error::new(ErrorKind::Shape, error.to_string()));
        }
        let rows = (0..self.rows)
            .map(|row| T::deserialize(Row { table: self, row }).map_err(|error: Error| error.at_row(row as u64)));
        Ok(Array1::from(rows.collect::<Result<Vec<T>>>()?))
    }

    /// The rows as a record array, which can be written as .npy; what is missing is filled in.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Limit`] if there is no memory for it: one long text makes all of its column as long.
    pub fn to_record_array(&self) -> Result<RecordArray> {
        let dtype = self.dtype()?;
        let size = dtype.itemsize();
        let mut bytes = zeroed(size, self.rows)?;
        for (column, field) in self.columns.iter().zip(dtype.fields()) {
            column.put(field.dtype(), &mut bytes, size, field.offset())?;
        }
        match DynArray::from_raw(dtype, vec![self.rows], Order::RowMajor, bytes)? {
            DynArray::Record(records) => Ok(records),
            other => Err(Error::new(ErrorKind::Dtype, format!("{} is no record", other.dtype()))),
        }
    }

    /// All columns as one array of rows and columns, converted where no value can be lost by it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Dtype`], with the name of the column, if one is of another type; [`ErrorKind::Shape`] if `D` has
    /// another number of dimensions than rows and columns need.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray::{Array2, array};
    /// use ndarray_io::GenFromTxt;
    ///
    /// let table = GenFromTxt::new().read_table(&b"1 2.5\n3 4\n"[..])?;
    /// let a: Array2<f64> = table.to_array()?;
    /// assert_eq!(a, array![[1.0, 2.5], [3.0, 4.0]]);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn to_array<A: DeserializeOwned, D: Dimension>(&self) -> Result<Array<A, D>> {
        let mut columns = Vec::with_capacity(self.columns.len());
        for (column, name) in self.columns.iter().zip(&self.names) {
            let values = column.values::<A>().map_err(|error| error.in_field(name))?;
            columns.push(values.into_iter());
        }
        let shape = match (D::NDIM, self.columns.len()) {
            (Some(1), 1) => vec![self.rows],
            _ => vec![self.rows, self.columns.len()],
        };
        let rows = (0..self.rows).flat_map(|_| 0..columns.len()).collect::<Vec<_>>();
        let values: Vec<A> = rows
            .into_iter()
            .filter_map(|column| columns.get_mut(column)?.next())
            .collect();
        let array = crate::npy::array_from_values(ndarray::IxDyn(&shape), Order::RowMajor, values)?;
        array.into_dimensionality().map_err(|_| {
            let table = format!("{} of {}", count(self.rows, "row"), count(self.columns.len(), "column"));
            Error::new(
                ErrorKind::Shape,
                format!("the table has {table}; `Array2` or `ArrayD` would work"),
            )
        })
    }

    /// What `np.genfromtxt(dtype=None)` gives: an array of rows and columns if no names were asked for and all columns
    /// are of one type, else an array of records.
    ///
    /// # Errors
    ///
    /// As [`to_record_array`](Self::to_record_array).
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::{DynArray, GenFromTxt};
    ///
    /// let table = GenFromTxt::new().read_table(&b"1 2\n3 4\n"[..])?;
    /// assert!(matches!(table.to_dyn()?, DynArray::Int64(a) if a.shape() == [2, 2]));
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn to_dyn(&self) -> Result<DynArray> {
        let Some(class) = self.common() else {
            return Ok(DynArray::Record(self.to_record_array()?));
        };
        let widest = self.columns.iter().map(|column| match column.class() {
            Some(Class::Text) => column.dtype().itemsize() / 4,
            _ => "False".len(),
        });
        let dtype = match class {
            Class::Text => Dtype(Repr::Str(widest.max().unwrap_or(1), ByteOrder::NATIVE)),
            class => Dtype::native(class.scalar()),
        };
        let stride = dtype.itemsize() * self.columns.len();
        let mut bytes = zeroed(stride, self.rows)?;
        for (index, column) in self.columns.iter().enumerate() {
            column.put(&dtype, &mut bytes, stride, index * dtype.itemsize())?;
        }
        let shape = match self.rows {
            0 => vec![0],
            rows => vec![rows, self.columns.len()],
        };
        DynArray::from_raw(dtype, shape, Order::RowMajor, bytes)
    }

    /// The type of all columns, bools with missing values aside, if there is one and no names were asked for.
    fn common(&self) -> Option<Class> {
        let mut classes = self.columns.iter().filter_map(|column| match column.class()? {
            Class::Bool if !column.mask.is_empty() => None,
            class => Some(class),
        });
        let first = classes.next().filter(|_| !self.named)?;
        classes.all(|class| class == first).then_some(first)
    }
}

impl fmt::Display for Table {
    /// A row of names, a row of dtypes, and the rows, `--` where a value is missing. Of many rows, the first and the last.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown: Vec<usize> = match self.rows <= SHOWN {
            true => (0..self.rows).collect(),
            false => (0..SHOWN / 2).chain(self.rows - SHOWN / 2..self.rows).collect(),
        };
        let mut columns = Vec::new();
        for (column, name) in self.columns.iter().zip(&self.names) {
            let mut cells = vec![name.clone(), column.dtype().to_string()];
            cells.extend(shown.iter().map(|&row| column.show(row)));
            let width = cells.iter().map(|cell| cell.chars().count()).max().unwrap_or(0);
            columns.push((cells, width));
        }
        for line in 0..shown.len() + 2 {
            if self.rows > SHOWN && line == SHOWN / 2 + 2 {
                writeln!(f, "... {} more ...", self.rows - shown.len())?;
            }
            for (index, (cells, width)) in columns.iter().enumerate() {
                let gap = if index > 0 { "  " } else { "" };
                write!(f, "{gap}{:>width$}", cells.get(line).map_or("", String::as_str))?;
            }
            writeln!(f)?;
        }
        write!(
            f,
            "{} of {}",
            count(self.rows, "row"),
            count(self.columns.len(), "column")
        )
    }
}

impl crate::WriteNpyExt for Table {
    fn write_npy_with<W: std::io::Write>(&self, writer: W, options: &crate::WriteOptions) -> Result<()> {
        self.to_record_array()?.write_npy_with(writer, options)
    }

    fn npy_header(&self, options: &crate::WriteOptions) -> Result<crate::Header> {
        self.to_record_array()?.npy_header(options)
    }
}

/// A row, for serde.
struct Row<'t> {
    table: &'t Table,
    row: usize,
}

impl<'t> Row<'t> {
    fn cells(&self) -> Cells<'t> {
        Cells {
            table: self.table,
            row: self.row,
            next: 0,
        }
    }

    /// The value of a row that has one only.
    fn only(&self) -> Result<Cell<'t>> {
        match &self.table.columns[..] {
            [column] => Ok(Cell { column, row: self.row }),
            columns => Err(Error::new(
                ErrorKind::Parse,
                format!(
                    "a row of {} is a struct or a tuple, not a single value",
                    count(columns.len(), "column")
                ),
            )),
        }
    }
}

impl<'de> Deserializer<'de> for Row<'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        visitor.visit_map(self.cells())
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        visitor.visit_seq(self.cells())
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value> {
        let columns = self.table.columns.len();
        if len != columns {
            let message = format!("a tuple of {len} from a row of {}", count(columns, "column"));
            return Err(Error::new(ErrorKind::Parse, message));
        }
        visitor.visit_seq(self.cells())
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(self, _: &'static str, len: usize, visitor: V) -> Result<V::Value> {
        self.deserialize_tuple(len, visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.only()?.deserialize_option(visitor)
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.only()?.deserialize_any(visitor)
    }

    fn deserialize_i64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.only()?.deserialize_any(visitor)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.only()?.deserialize_any(visitor)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.only()?.deserialize_any(visitor)
    }

    forward_to_deserialize_any! {
        i8 i16 i32 i128 u8 u16 u32 u64 u128 f32 char str bytes byte_buf unit unit_struct map struct enum identifier
        ignored_any
    }
}

/// The columns of a row, one by one.
struct Cells<'t> {
    table: &'t Table,
    row: usize,
    next: usize,
}

impl<'de> Cells<'de> {
    fn next_cell(&mut self) -> Option<Cell<'de>> {
        let column = self.table.columns.get(self.next)?;
        self.next += 1;
        Some(Cell { column, row: self.row })
    }

    fn in_column(&self, error: Error) -> Error {
        let name = self.next.checked_sub(1).and_then(|index| self.table.names.get(index));
        name.map_or_else(
            || Error::new(ErrorKind::Parse, "no column"),
            |name| error.in_field(name),
        )
    }
}

impl<'de> SeqAccess<'de> for Cells<'de> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>> {
        match self.next_cell() {
            Some(cell) => seed.deserialize(cell).map(Some).map_err(|error| self.in_column(error)),
            None => Ok(None),
        }
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.table.columns.len() - self.next)
    }
}

impl<'de> MapAccess<'de> for Cells<'de> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>> {
        match self.table.names.get(self.next) {
            Some(name) => {
                let name: StrDeserializer<'_, Error> = name.as_str().into_deserializer();
                seed.deserialize(name).map(Some)
            }
            None => Ok(None),
        }
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value> {
        let cell = self
            .next_cell()
            .ok_or_else(|| Error::new(ErrorKind::Missing, "no such column"))?;
        seed.deserialize(cell).map_err(|error| self.in_column(error))
    }
}

/// One value, for serde.
struct Cell<'t> {
    column: &'t TableColumn,
    row: usize,
}

impl<'de> Deserializer<'de> for Cell<'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        let gone = || Error::new(ErrorKind::Missing, "no such row");
        let Content::Inferred(values) = &self.column.content else {
            return Err(Error::new(ErrorKind::Dtype, "a column of a given dtype"));
        };
        match values {
            Values::Missing(_) => visitor.visit_bool(false),
            Values::Bool(values) => visitor.visit_bool(*values.get(self.row).ok_or_else(gone)?),
            Values::Int(values) => visitor.visit_i64(*values.get(self.row).ok_or_else(gone)?),
            Values::Float(values) => visitor.visit_f64(*values.get(self.row).ok_or_else(gone)?),
            Values::Complex(values) => {
                let value = values.get(self.row).ok_or_else(gone)?;
                visitor.visit_seq(serde::de::value::SeqDeserializer::new([value.re, value.im].into_iter()))
            }
            Values::Text(texts) => visitor.visit_borrowed_str(texts.get(self.row).ok_or_else(gone)?),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.column.is_missing(self.row) {
            true => visitor.visit_none(),
            false => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        match &self.column.content {
            Content::Inferred(Values::Text(texts)) => {
                let text: StrDeserializer<'_, Error> = texts.get(self.row).unwrap_or_default().into_deserializer();
                text.deserialize_enum(name, variants, visitor)
            }
            _ => self.deserialize_any(visitor),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct identifier ignored_any
    }
}
