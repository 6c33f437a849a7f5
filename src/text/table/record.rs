//! The rows of a table, for serde.

use num_complex::Complex;
use serde::de::value::{SeqDeserializer, StrDeserializer};
use serde::de::{DeserializeSeed, IntoDeserializer, MapAccess, SeqAccess, Visitor};
use serde::{Deserializer, forward_to_deserialize_any};

use super::column::{Content, TableColumn, time};
use crate::element::NAT;
use crate::error::{Error, ErrorKind, Result};
use crate::npy::DynArray;
use crate::text::infer::{Texts, Values};
use crate::text::job::count;

/// A row, for serde.
#[derive(Clone, Copy)]
pub(super) struct Row<'t> {
    pub(super) columns: &'t [TableColumn],
    pub(super) names: &'t Texts,
    pub(super) row: usize,
}

impl<'t> Row<'t> {
    fn cells(&self) -> Cells<'t> {
        Cells { row: *self, next: 0 }
    }

    /// The value of a row that has one only.
    fn only(&self) -> Result<Cell<'t>> {
        match self.columns {
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
        let columns = self.columns.len();
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
    row: Row<'t>,
    next: usize,
}

impl<'de> Cells<'de> {
    fn next_cell(&mut self) -> Option<Cell<'de>> {
        let column = self.row.columns.get(self.next)?;
        self.next += 1;
        Some(Cell {
            column,
            row: self.row.row,
        })
    }

    fn in_column(&self, error: Error) -> Error {
        let name = self.next.checked_sub(1).and_then(|index| self.row.names.get(index));
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
        Some(self.row.columns.len() - self.next)
    }
}

impl<'de> MapAccess<'de> for Cells<'de> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>> {
        match self.row.names.get(self.next) {
            Some(name) => {
                let name: StrDeserializer<'_, Error> = name.into_deserializer();
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

impl Cell<'_> {
    /// Whether it is a time that is none.
    fn is_nat(&self) -> bool {
        match &self.column.content {
            Content::Given(values) => match &**values {
                DynArray::Datetime(counts) | DynArray::Timedelta(counts) => counts.get([self.row]) == Some(&NAT),
                _ => false,
            },
            Content::Inferred(_) => false,
        }
    }
}

/// A value of an array that is not nested.
fn given<'de, V: Visitor<'de>>(values: &'de DynArray, row: usize, visitor: V) -> Result<V::Value> {
    let gone = || Error::new(ErrorKind::Missing, "no such row");
    macro_rules! value {
        ($array:expr) => {
            $array.get([row]).ok_or_else(gone)?
        };
    }
    match values {
        DynArray::Bool(a) => visitor.visit_bool(*value!(a)),
        DynArray::Int8(a) => visitor.visit_i8(*value!(a)),
        DynArray::Int16(a) => visitor.visit_i16(*value!(a)),
        DynArray::Int32(a) => visitor.visit_i32(*value!(a)),
        DynArray::Int64(a) => visitor.visit_i64(*value!(a)),
        DynArray::UInt8(a) => visitor.visit_u8(*value!(a)),
        DynArray::UInt16(a) => visitor.visit_u16(*value!(a)),
        DynArray::UInt32(a) => visitor.visit_u32(*value!(a)),
        DynArray::UInt64(a) => visitor.visit_u64(*value!(a)),
        DynArray::Float32(a) => visitor.visit_f32(*value!(a)),
        DynArray::Float64(a) => visitor.visit_f64(*value!(a)),
        DynArray::Complex64(a) => visitor.visit_seq(parts(value!(a))),
        DynArray::Complex128(a) => visitor.visit_seq(parts(value!(a))),
        DynArray::Bytes(a) => visitor.visit_borrowed_bytes(value!(a)),
        DynArray::Str(a) => visitor.visit_borrowed_str(value!(a)),
        DynArray::Datetime(_) | DynArray::Timedelta(_) => visitor.visit_string(time(values, row).ok_or_else(gone)?),
        other => {
            let message = format!("a column of {} is read as a record array", other.dtype().describe());
            Err(Error::new(ErrorKind::Dtype, message))
        }
    }
}

/// The parts of a complex number.
fn parts<'de, T: Copy + IntoDeserializer<'de, Error>>(
    value: &Complex<T>,
) -> SeqDeserializer<std::array::IntoIter<T, 2>, Error> {
    SeqDeserializer::new([value.re, value.im].into_iter())
}

impl<'de> Deserializer<'de> for Cell<'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        let gone = || Error::new(ErrorKind::Missing, "no such row");
        let values = match &self.column.content {
            Content::Inferred(values) => values,
            Content::Given(values) => return given(values, self.row, visitor),
        };
        match values {
            Values::Missing(_) => visitor.visit_bool(false),
            Values::Bool(values) => visitor.visit_bool(*values.get(self.row).ok_or_else(gone)?),
            Values::Int(values) => visitor.visit_i64(*values.get(self.row).ok_or_else(gone)?),
            Values::Float(values) => visitor.visit_f64(*values.get(self.row).ok_or_else(gone)?),
            Values::Complex(values) => visitor.visit_seq(parts(values.get(self.row).ok_or_else(gone)?)),
            Values::Text(texts) => visitor.visit_borrowed_str(texts.get(self.row).ok_or_else(gone)?),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.column.is_missing(self.row) || self.is_nat() {
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
