//! Tables: named columns of different types, with what is missing.

mod column;
mod masked;
mod record;

use std::collections::HashSet;
use std::fmt;
use std::io::Write;
use std::ops::Range;

use ndarray::{Array, Array1, Dimension, Order};
use serde::de::DeserializeOwned;

pub use self::column::TableColumn;
use self::column::zeroed;
pub use self::masked::MaskedArray;
use self::record::Row;
use super::infer::{Class, Texts};
use super::job::count;
use super::missing::Missing;
use crate::dtype::{ByteOrder, Dtype, Repr};
use crate::error::{Error, ErrorKind, Result};
use crate::npy::{
    DynArray, Header, RecordArray, WriteNpyExt, WriteOptions, array_from_values, shown_rows, write_columns,
};

/// A table of named columns, each of its own type: what `np.genfromtxt(dtype=None)` makes of text.
///
/// Its columns are of bools, `i64`, `f64`, `Complex<f64>` or text, the first of these that the whole column can be read
/// as; or of the [`dtype`](crate::GenFromTxt::dtype) or [`column_dtype`](crate::GenFromTxt::column_dtype) that was set,
/// such as dates. It prints as a table.
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
    names: Texts,
    /// Whether the names were asked for.
    named: bool,
    columns: Vec<TableColumn>,
    rows: usize,
}

impl Table {
    pub(crate) fn new(names: Texts, named: bool, columns: Vec<TableColumn>, rows: usize) -> Result<Self> {
        // Those that are only numbered are in order, and there can be millions of them.
        if !names.iter().is_sorted_by(|a, b| (a.len(), *a) < (b.len(), *b)) {
            let mut seen = HashSet::new();
            if let Some(twice) = names.iter().find(|name| !seen.insert(*name)) {
                let message = format!("two columns are named {twice:?}; a list of names would tell them apart");
                return Err(Error::new(ErrorKind::Argument, message));
            }
        }
        Ok(Table {
            names,
            named,
            columns,
            rows,
        })
    }

    /// The names of the columns, in order.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::{GenFromTxt, Names};
    ///
    /// let table = GenFromTxt::new().names(Names::FromHeader).read_table(&b"x y\n1 a\n"[..])?;
    /// assert_eq!(table.names().collect::<Vec<_>>(), ["x", "y"]);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter()
    }

    /// The columns, in order.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::GenFromTxt;
    ///
    /// let table = GenFromTxt::new().read_table(&b"1 a\n2 b\n"[..])?;
    /// assert_eq!(table.columns().len(), 2);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn columns(&self) -> &[TableColumn] {
        &self.columns
    }

    /// The number of rows.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::GenFromTxt;
    ///
    /// assert_eq!(GenFromTxt::new().read_table(&b"1 a\n2 b\n3 c\n"[..])?.len(), 3);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn len(&self) -> usize {
        self.rows
    }

    /// Whether there are no rows.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::GenFromTxt;
    ///
    /// assert!(!GenFromTxt::new().read_table(&b"1 a\n"[..])?.is_empty());
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// The column of that name.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Missing`] if there is none.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray::array;
    /// use ndarray_io::{GenFromTxt, Names};
    ///
    /// let table = GenFromTxt::new().names(Names::FromHeader).read_table(&b"x y\n1 a\n"[..])?;
    /// assert_eq!(table.column("x")?.values::<i64>()?, array![1]);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn column(&self, name: &str) -> Result<&TableColumn> {
        let index = self.names.iter().position(|own| own == name);
        index.and_then(|index| self.columns.get(index)).ok_or_else(|| {
            let message = format!(
                "no column {name:?}; there are {}",
                self.names.iter().collect::<Vec<_>>().join(", ")
            );
            Error::new(ErrorKind::Missing, message)
        })
    }

    /// The dtype of a record of all columns.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Header`] if the names cannot be those of a record.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::GenFromTxt;
    ///
    /// let table = GenFromTxt::new().read_table(&b"1 a\n2 b\n"[..])?;
    /// assert_eq!(table.dtype()?.to_string(), "[('f0', '<i8'), ('f1', '<U1')]");
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn dtype(&self) -> Result<Dtype> {
        let dtypes = self.columns.iter().map(TableColumn::dtype);
        Dtype::record(self.names.iter().zip(dtypes))
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
        if self.columns.iter().any(TableColumn::is_nested) {
            let records = self.to_record_array()?.into_records()?;
            return records
                .into_dimensionality()
                .map_err(|error| Error::new(ErrorKind::Shape, error.to_string()));
        }
        let rows = (0..self.rows)
            .map(|row| Row {
                columns: &self.columns,
                names: &self.names,
                row,
            })
            .map(|row| T::deserialize(row).map_err(|error: Error| error.at_row(row.row as u64)));
        Ok(Array1::from(rows.collect::<Result<Vec<T>>>()?))
    }

    /// The rows as a record array, which can be written as .npy; what is missing is filled in.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Limit`] if there is no memory for it: one long text makes all of its column as long.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::GenFromTxt;
    ///
    /// let table = GenFromTxt::new().read_table(&b"1 a\n2 b\n"[..])?;
    /// let records = table.to_record_array()?;
    /// assert_eq!(records.field("f0")?, ndarray::array![1_i64, 2].into());
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
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
        for (column, name) in self.columns.iter().zip(self.names.iter()) {
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
        let array = array_from_values(ndarray::IxDyn(&shape), Order::RowMajor, values)?;
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
    /// As [`to_record_array`](Self::to_record_array); [`ErrorKind::Argument`] if a column has nothing but missing values
    /// and bools, and what stands in for them is nothing of the other columns' type.
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
        let dtype = match class {
            Class::Text => {
                let widest = self.columns.iter().map(TableColumn::text_width).max();
                Dtype(Repr::Str(widest.unwrap_or(0).max(1), ByteOrder::NATIVE))
            }
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

    /// Whether NumPy has it as an array of records.
    pub(crate) fn is_record(&self) -> bool {
        self.common().is_none()
    }

    /// Marks the values that equal a missing one, however they are written: NumPy's last step for records.
    pub(crate) fn mask_equals(&mut self, missing: &Missing) {
        for (index, column) in self.columns.iter_mut().enumerate() {
            column.mask_equals(&missing.texts(index).collect::<Vec<_>>());
        }
    }

    /// The type of all columns, bools that only stand in aside, if there is one and no names were asked for.
    fn common(&self) -> Option<Class> {
        let columns = self.columns.iter().filter(|column| !column.stands_in());
        let mut classes = columns.map(TableColumn::class);
        let first = classes.next().flatten().filter(|_| !self.named)?;
        classes.all(|class| class == Some(first)).then_some(first)
    }
}

impl fmt::Display for Table {
    /// A row of names, a row of dtypes, and the rows, `--` where a value is missing. Of many rows, the first and the last.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut columns = Vec::new();
        for (column, name) in self.columns.iter().zip(self.names.iter()) {
            let mut cells = vec![name.to_owned(), column.dtype().to_string()];
            cells.extend(shown_rows(self.rows).map(|row| column.show(row)));
            columns.push(cells);
        }
        write_columns(f, &columns, 2, self.rows)?;
        write!(
            f,
            "{} of {}",
            count(self.rows, "row"),
            count(self.columns.len(), "column")
        )
    }
}

impl WriteNpyExt for Table {
    fn write_npy_with<W: Write>(&self, writer: W, options: &WriteOptions) -> Result<()> {
        self.to_record_array()?.write_npy_with(writer, options)
    }

    fn npy_header(&self, options: &WriteOptions) -> Result<Header> {
        self.to_record_array()?.npy_header(options)
    }

    fn write_npy_range<W: Write>(&self, writer: W, header: &Header, range: Range<usize>) -> Result<()> {
        self.to_record_array()?.write_npy_range(writer, header, range)
    }
}
