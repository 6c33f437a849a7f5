//! A column of a table.

use std::any::TypeId;

use ndarray::{Array1, Order};
use serde::de::DeserializeOwned;

use super::masked::MaskedArray;
use crate::dtype::{ByteOrder, Casting, Dtype, Kind, Repr, Scalar};
use crate::element::scalar::with_native;
use crate::element::{Time, Wide, store_one};
use crate::error::{Error, ErrorKind, Result};
use crate::npy::{DynArray, match_dyn};
use crate::text::infer::{Class, ColumnPart, Mark, Marks, Values};
use crate::text::lenient::{Lenient, Parsed};
use crate::text::missing::FillValue;

/// A column of a [`Table`](crate::Table): values of one type, and which of them are missing.
///
/// # Examples
///
/// ```
/// use ndarray_io::{GenFromTxt, TableColumn};
///
/// let table = GenFromTxt::new().delimiter(",").read_table(&b"1,a\n,b\n"[..])?;
/// let missing: Vec<usize> = table.columns().iter().map(|column| column.mask().iter().filter(|&&m| m).count()).collect();
/// assert_eq!(missing, [1, 0]);
/// let first: &TableColumn = table.column("f0")?;
/// assert!(first.is_missing(1));
/// # Ok::<(), ndarray_io::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct TableColumn {
    pub(super) content: Content,
    marks: Marks,
    /// What stands in for missing values of bools that become another type, if it is not false.
    fill: Option<Box<FillValue>>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Content {
    Inferred(Values),
    Given(Box<DynArray>),
}

impl TableColumn {
    pub(crate) fn inferred(part: ColumnPart, fill: Option<&FillValue>) -> Self {
        let mut column = TableColumn {
            content: Content::Inferred(part.values),
            marks: part.marks,
            fill: None,
        };
        if column.stands_in() {
            column.fill = fill.filter(|fill| fill.is_true()).cloned().map(Box::new);
        }
        column
    }

    pub(crate) fn given(values: DynArray, marks: Marks) -> Self {
        TableColumn {
            content: Content::Given(Box::new(values)),
            marks,
            fill: None,
        }
    }

    /// Whether it is of bools some of which only stand in for missing values, so that it may be of any type.
    pub(super) fn stands_in(&self) -> bool {
        self.class() == Some(Class::Bool) && self.marks.any_filled()
    }

    /// The number of values.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::GenFromTxt;
    ///
    /// let table = GenFromTxt::new().read_table(&b"1 a\n2 b\n"[..])?;
    /// assert_eq!(table.columns()[0].len(), 2);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn len(&self) -> usize {
        match &self.content {
            Content::Inferred(values) => values.len(),
            Content::Given(values) => values.shape().first().copied().unwrap_or(0),
        }
    }

    /// Whether there are no values.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::GenFromTxt;
    ///
    /// let table = GenFromTxt::new().read_table(&b"1 a\n"[..])?;
    /// assert!(!table.columns()[0].is_empty());
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The dtype; text is as long as the longest.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::GenFromTxt;
    ///
    /// let table = GenFromTxt::new().read_table(&b"1 one\n2 three\n"[..])?;
    /// assert_eq!(table.columns()[1].dtype(), "<U5".parse()?);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
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
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::GenFromTxt;
    ///
    /// let table = GenFromTxt::new().delimiter(",").read_table(&b"1,a\n,b\n"[..])?;
    /// assert!(table.columns()[0].is_missing(1));
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn is_missing(&self, row: usize) -> bool {
        self.marks.is_missing(row)
    }

    /// True where a value is missing: where its text is one of the
    /// [`missing_values`](crate::GenFromTxt::missing_values), and in a table of several types also where it equals one
    /// that is written otherwise, as `-999.00` and `-999`.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray::array;
    /// use ndarray_io::GenFromTxt;
    ///
    /// let table = GenFromTxt::new().delimiter(",").read_table(&b"1,a\n,b\n"[..])?;
    /// assert_eq!(table.columns()[0].mask(), array![false, true]);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn mask(&self) -> Array1<bool> {
        (0..self.len()).map(|row| self.is_missing(row)).collect()
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
            Content::Given(values) => match &**values {
                DynArray::Str(values) => values.iter().nth(row).map(String::as_str),
                _ => None,
            },
            Content::Inferred(_) => None,
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
        let values = self.to_dyn()?;
        if typeid::of::<A>() == TypeId::of::<String>() && !matches!(values, DynArray::Str(_) | DynArray::Bytes(_)) {
            return Err(Error::new(
                ErrorKind::Dtype,
                format!(
                    "the column is {} by now, of whose text nothing is kept (`007` would be \"7\"); \
                     GenFromTxt::column_dtype reads it as text",
                    values.dtype().describe()
                ),
            ));
        }
        values.into_array(Casting::Safe)
    }

    /// The values and which of them are missing; converted as [`values`](Self::values) does.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Dtype`] if the column is of another type.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::GenFromTxt;
    ///
    /// let table = GenFromTxt::new().delimiter(",").read_table(&b"1,a\n,b\n"[..])?;
    /// assert_eq!(table.columns()[0].masked::<i64>()?.missing(), 1);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
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
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::GenFromTxt;
    ///
    /// let table = GenFromTxt::new().read_table(&b"1 a\n2 b\n"[..])?;
    /// assert_eq!(table.columns()[0].to_dyn()?, ndarray::array![1_i64, 2].into());
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn to_dyn(&self) -> Result<DynArray> {
        let values = match &self.content {
            Content::Given(values) => return Ok(DynArray::clone(values)),
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
                let mut bytes = zeroed(dtype.itemsize(), self.len())?;
                self.put(&dtype, &mut bytes, dtype.itemsize(), 0)?;
                DynArray::from_raw(dtype, vec![self.len()], Order::RowMajor, bytes)
            }
        }
    }

    pub(super) fn class(&self) -> Option<Class> {
        match &self.content {
            Content::Given(_) => None,
            Content::Inferred(values) => Some(values.class()),
        }
    }

    /// The most characters that a value takes as text.
    pub(super) fn text_width(&self) -> usize {
        match &self.content {
            Content::Inferred(Values::Bool(values)) => {
                let fill = self.fill.as_ref().map(|fill| fill.to_string());
                let widths = self.texts_of(values, fill.as_deref()).map(|text| text.chars().count());
                widths.max().unwrap_or(0)
            }
            _ => self.dtype().itemsize() / 4,
        }
    }

    /// Bools as Python prints them, and what stands in for those that are missing.
    fn texts_of<'t>(&self, values: &[bool], fill: Option<&'t str>) -> impl Iterator<Item = &'t str> {
        values.iter().enumerate().map(move |(row, value)| match fill {
            Some(fill) if self.marks.get(row) == Mark::Filled => fill,
            _ if *value => "True",
            _ => "False",
        })
    }

    /// Writes the values as `dtype` into rows of `stride` bytes, at `offset` in each.
    pub(super) fn put(&self, dtype: &Dtype, bytes: &mut [u8], stride: usize, offset: usize) -> Result<()> {
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
                let fill = self.fill.as_ref().map(|fill| fill.to_string());
                let texts = self.texts_of(values, fill.as_deref());
                cells.zip(texts).for_each(|(cell, text)| write_text(cell, text));
            }
            // A column that has nothing, among numbers. One by one: casts in bulk are compiled for each pair of scalars.
            (Content::Inferred(Values::Bool(values)), Repr::Scalar(scalar, _)) => {
                let fill = self
                    .fill
                    .as_ref()
                    .map(|fill| bytes_of_fill(fill, *scalar))
                    .transpose()?;
                for (row, (cell, value)) in cells.zip(values).enumerate() {
                    match &fill {
                        Some(fill) if self.marks.get(row) == Mark::Filled => cell.copy_from_slice(fill),
                        _ => {
                            store_one(Wide::Bool(*value), *scalar, false, cell);
                        }
                    }
                }
            }
            _ => {
                let raw = self.to_dyn()?.into_raw()?;
                let values = raw.bytes().chunks_exact(size.max(1));
                cells.zip(values).for_each(|(cell, value)| cell.copy_from_slice(value));
            }
        }
        Ok(())
    }

    /// Whether its values are no scalars that serde knows.
    pub(super) fn is_nested(&self) -> bool {
        match &self.content {
            Content::Inferred(_) => false,
            Content::Given(values) if values.shape().len() > 1 => true,
            Content::Given(values) => {
                matches!(
                    values.dtype().kind(),
                    Kind::Record | Kind::Void | Kind::Object | Kind::Subarray
                ) || matches!(**values, DynArray::Raw(_) | DynArray::Float16(_))
            }
        }
    }

    /// Marks the values that equal one of these texts, which is not always how they are written.
    pub(super) fn mask_equals(&mut self, texts: &[&str]) {
        if texts.is_empty() {
            return;
        }
        let rows = match &self.content {
            Content::Inferred(values) => match values {
                Values::Bool(values) => equal(values, texts),
                Values::Int(values) => equal(values, texts),
                Values::Float(values) => equal(values, texts),
                Values::Complex(values) => equal(values, texts),
                Values::Missing(_) | Values::Text(_) => return,
            },
            Content::Given(values) if values.shape().len() > 1 => return,
            Content::Given(values) => match_dyn!(&**values, a => equal(a.iter(), texts),
                DynArray::Str(a) => rows_of(a.iter(), |value| texts.contains(&value.as_str())),
                DynArray::Bytes(a) => rows_of(a.iter(), |value| texts.iter().any(|text| text.as_bytes() == value)),
                _ => return,
            ),
        };
        for row in rows {
            if !self.is_missing(row) {
                self.marks.set(row, Mark::Read);
            }
        }
    }

    /// A value as it is shown.
    pub(super) fn show(&self, row: usize) -> String {
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

/// Where values are those that some of the texts are read as. It is compiled for each scalar, hence the plain loops.
fn equal<'v, T: Lenient + PartialEq + 'v>(values: impl IntoIterator<Item = &'v T>, texts: &[&str]) -> Vec<usize> {
    let mut missing: Vec<T> = Vec::new();
    for text in texts {
        if let Parsed::Value(value) = T::lenient(text) {
            missing.push(value);
        }
    }
    rows_of(values, |value| missing.contains(value))
}

fn rows_of<T>(values: impl IntoIterator<Item = T>, is_missing: impl Fn(T) -> bool) -> Vec<usize> {
    let mut rows = Vec::new();
    for (row, value) in values.into_iter().enumerate() {
        if is_missing(value) {
            rows.push(row);
        }
    }
    rows
}

/// A time as NumPy prints it, of an array of times.
pub(super) fn time(values: &DynArray, row: usize) -> Option<String> {
    let unit = values.dtype().unit()?;
    let time = match values {
        DynArray::Datetime(counts) => Time::datetime(*counts.get([row])?, unit),
        DynArray::Timedelta(counts) => Time::timedelta(*counts.get([row])?, unit),
        _ => return None,
    };
    Some(time.to_string())
}

/// One value of an array, shown.
fn cell(values: &DynArray, row: usize) -> Option<String> {
    match_dyn!(values, a => a.iter().nth(row).map(|value| format!("{value:?}")),
        DynArray::Str(a) => a.iter().nth(row).map(|text| text.escape_debug().to_string()),
        DynArray::Bytes(a) => a.iter().nth(row).map(|bytes| bytes.escape_ascii().to_string()),
        DynArray::Datetime(_) | DynArray::Timedelta(_) => time(values, row),
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
pub(super) fn zeroed(size: usize, count: usize) -> Result<Vec<u8>> {
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

/// What stands in for missing values, as a `scalar`.
fn bytes_of_fill(given: &FillValue, scalar: Scalar) -> Result<Vec<u8>> {
    let fill = with_native!(scalar, T => match T::lenient(&given.text_for(scalar.kind())) {
        Parsed::Value(value) => Some(bytemuck::bytes_of::<T>(&value).to_vec()),
        _ => None,
    }, else => None);
    fill.ok_or_else(|| {
        let dtype = Dtype::native(scalar).describe();
        let message = format!("{given} stands in for missing values, and is no {dtype}");
        Error::new(ErrorKind::Argument, message)
    })
}
