//! The dtype that values need: a serde `Serializer` that writes nothing and notes what it is given.

use std::borrow::Cow;

use serde::ser::{
    Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeTuple, SerializeTupleStruct, Serializer,
};

use super::key::KeySerializer;
use super::refuse::refused_types;
use super::schema::{Schema, known, of_none};
use super::tag::{Tag, tag_of};
use crate::dtype::{ByteOrder, Dtype, Repr, Scalar};
use crate::error::{Error, ErrorKind, Result};

impl Dtype {
    /// The dtype that a value is written as: strings are as long as the value's.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Element`] for what cannot be an array element; it names the type and the field.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::Dtype;
    ///
    /// let dtype = Dtype::of_value(&(1_i32, "two", [3.0, 4.0]))?;
    /// assert_eq!(dtype.to_string(), "[('f0', '<i4'), ('f1', '<U3'), ('f2', '<f8', (2,))]");
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn of_value<T: Serialize + ?Sized>(value: &T) -> Result<Dtype> {
        if let Some(scalar) = known::<T>() {
            return Ok(Dtype::native(scalar));
        }
        let mut schema = Schema::Unknown;
        measure(value, &mut schema)?;
        schema.dtype(1)
    }
}

/// The dtype that holds all of these values. One is enough to know it if all that is in it has a fixed size and a
/// type that says what it is.
///
/// # Errors
///
/// [`ErrorKind::Element`] for a type that cannot be an element, or values that no dtype has both of: they name row and
/// field. [`ErrorKind::Argument`] if there are no values to tell it.
pub(crate) fn dtype_of_values<'a, A>(values: impl IntoIterator<Item = &'a A>) -> Result<Dtype>
where
    A: Serialize + ?Sized + 'a,
{
    if let Some(scalar) = known::<A>() {
        return Ok(Dtype::native(scalar));
    }
    let mut schema = Schema::Unknown;
    let mut is_empty = true;
    for (row, value) in values.into_iter().enumerate() {
        is_empty = false;
        if measure(value, &mut schema).map_err(|error| error.at_row(row as u64))? == Extent::Fixed {
            break;
        }
    }
    match of_none::<A>() {
        Some(dtype) if schema == Schema::Unknown => Ok(dtype),
        _ if is_empty => Err(Error::new(
            ErrorKind::Argument,
            format!(
                "an empty array of {} has no element to tell its dtype; \
                 give one: WriteOptions::new().dtype(Dtype::of::<T>()?)",
                std::any::type_name::<A>()
            ),
        )),
        _ => schema.dtype(1),
    }
}

/// `dtype` with the widths that these values need where it leaves those of strings open.
///
/// # Errors
///
/// As [`dtype_of_values`].
pub(crate) fn fit_dtype<'a, A>(dtype: &Dtype, values: impl IntoIterator<Item = &'a A>) -> Result<Dtype>
where
    A: Serialize + ?Sized + 'a,
{
    if !dtype.is_flexible() {
        return Ok(dtype.clone());
    }
    let mut schema = Schema::Unknown;
    for (row, value) in values.into_iter().enumerate() {
        measure(value, &mut schema).map_err(|error| error.at_row(row as u64))?;
    }
    schema.fit(dtype)
}

/// Whether other values of the type can need another dtype.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Extent {
    Fixed,
    Open,
}

fn measure<T: Serialize + ?Sized>(value: &T, schema: &mut Schema) -> Result<Extent> {
    let mut extent = Extent::Fixed;
    let extent_ref = &mut extent;
    value.serialize(Measure {
        schema,
        extent: extent_ref,
        tag: Tag::None,
    })?;
    Ok(extent)
}

struct Measure<'a> {
    schema: &'a mut Schema,
    extent: &'a mut Extent,
    tag: Tag,
}

impl Measure<'_> {
    /// Measures a value inside this one.
    #[inline]
    fn inner<T: Serialize + ?Sized>(schema: &mut Schema, extent: &mut Extent, value: &T) -> Result<()> {
        match known::<T>() {
            Some(scalar) => schema.number(scalar, false),
            None => value.serialize(Measure {
                schema,
                extent,
                tag: Tag::None,
            }),
        }
    }

    /// A number whose type did not say so beforehand: an integer in `serde_json::Value` may be followed by a float.
    #[inline]
    fn number(self, scalar: Scalar, big: bool) -> Result<()> {
        *self.extent = Extent::Open;
        self.schema.number(scalar, big)
    }

    #[inline]
    fn text(self, text: &str) -> Result<()> {
        *self.extent = Extent::Open;
        match self.schema {
            // As many characters as bytes at most: most texts need not be counted.
            Schema::Text(longest) if text.len() <= *longest => Ok(()),
            schema => schema.text(text.chars().count()),
        }
    }

    fn none(self) -> Result<()> {
        *self.extent = Extent::Open;
        Ok(())
    }

    fn items(&mut self, len: usize, is_struct: bool) -> Result<()> {
        if matches!(&self.schema, Schema::Tuple { items, is_struct: same } if items.len() == len && is_struct == *same)
        {
            return Ok(());
        }
        let found = Schema::Tuple {
            items: vec![Schema::Unknown; len],
            is_struct,
        };
        match &self.schema {
            Schema::Unknown if len == 0 => Err(Error::new(
                ErrorKind::Element,
                "an array or tuple of no items has no dtype",
            )),
            Schema::Unknown => {
                *self.schema = found;
                Ok(())
            }
            _ => Err(self.schema.mixed(&found)),
        }
    }

    fn fields(&mut self) -> Result<bool> {
        match &self.schema {
            Schema::Record(_) => Ok(false),
            Schema::Unknown => {
                *self.schema = Schema::Record(Vec::new());
                Ok(true)
            }
            _ => Err(self.schema.mixed(&Schema::Record(Vec::new()))),
        }
    }
}

macro_rules! numbers {
    ($($method:ident($T:ty) $scalar:ident;)*) => {$(
        #[inline]
        fn $method(self, _: $T) -> Result<()> {
            self.number(Scalar::$scalar, false)
        }
    )*};
}

impl<'a> Serializer for Measure<'a> {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Items<'a>;
    type SerializeTuple = Items<'a>;
    type SerializeTupleStruct = Items<'a>;
    type SerializeMap = Fields<'a>;
    type SerializeStruct = Fields<'a>;

    numbers! {
        serialize_bool(bool) Bool;
        serialize_i8(i8) Int8;
        serialize_i16(i16) Int16;
        serialize_i32(i32) Int32;
        serialize_u8(u8) Uint8;
        serialize_u16(u16) Uint16;
        serialize_u32(u32) Uint32;
        serialize_f32(f32) Float32;
        serialize_f64(f64) Float64;
    }

    fn serialize_i64(self, _: i64) -> Result<()> {
        let order = ByteOrder::NATIVE;
        match self.tag {
            Tag::Datetime(unit) => self.schema.time(Dtype(Repr::Datetime(unit, order))),
            Tag::Timedelta(unit) => self.schema.time(Dtype(Repr::Timedelta(unit, order))),
            _ => self.number(Scalar::Int64, false),
        }
    }

    fn serialize_u64(self, value: u64) -> Result<()> {
        self.number(Scalar::Uint64, i64::try_from(value).is_err())
    }

    fn serialize_char(self, _: char) -> Result<()> {
        // Fixed in size, as no character is longer; but a string may come where this one was.
        *self.extent = Extent::Open;
        self.schema.text(1)
    }

    #[inline]
    fn serialize_str(self, value: &str) -> Result<()> {
        self.text(value)
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<()> {
        *self.extent = Extent::Open;
        self.schema.bytes(value.len())
    }

    fn serialize_none(self) -> Result<()> {
        self.none()
    }

    fn serialize_some<T: ?Sized + Serialize>(self, value: &T) -> Result<()> {
        // Others of the type may be None, which says nothing that changes the dtype.
        Measure::inner(self.schema, self.extent, value)
    }

    fn serialize_unit(self) -> Result<()> {
        self.none()
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<()> {
        self.text(variant)
    }

    fn serialize_newtype_struct<T: ?Sized + Serialize>(self, name: &'static str, value: &T) -> Result<()> {
        match tag_of(name) {
            Tag::None => Measure::inner(self.schema, self.extent, value),
            Tag::Half => self.schema.number(Scalar::Float16, false),
            tag => value.serialize(Measure { tag, ..self }),
        }
    }

    fn serialize_seq(self, len: Option<usize>) -> Result<Items<'a>> {
        *self.extent = Extent::Open;
        if *self.schema == Schema::Unknown {
            *self.schema = Schema::List {
                len: len.unwrap_or(usize::MAX),
                item: Box::new(Schema::Unknown),
            };
        }
        match self.schema {
            Schema::List { len, item } => Ok(Items::List {
                len,
                found: 0,
                item,
                extent: self.extent,
            }),
            other => Err(other.mixed(&Schema::List {
                len: len.unwrap_or(0),
                item: Box::new(Schema::Unknown),
            })),
        }
    }

    fn serialize_tuple(mut self, len: usize) -> Result<Items<'a>> {
        self.items(len, false)?;
        Ok(Items::tuple(self.schema, self.extent))
    }

    fn serialize_tuple_struct(mut self, _: &'static str, len: usize) -> Result<Items<'a>> {
        self.items(len, true)?;
        Ok(Items::tuple(self.schema, self.extent))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Fields<'a>> {
        *self.extent = Extent::Open;
        self.serialize_struct("a map", 0)
    }

    fn serialize_struct(mut self, _: &'static str, _: usize) -> Result<Fields<'a>> {
        let is_first = self.fields()?;
        Ok(Fields {
            schema: self.schema,
            extent: self.extent,
            is_first,
            next: 0,
            key: String::new(),
        })
    }

    refused_types! {}
}

enum Items<'a> {
    Tuple {
        items: std::slice::IterMut<'a, Schema>,
        extent: &'a mut Extent,
    },
    List {
        len: &'a mut usize,
        found: usize,
        item: &'a mut Schema,
        extent: &'a mut Extent,
    },
}

impl<'a> Items<'a> {
    fn tuple(schema: &'a mut Schema, extent: &'a mut Extent) -> Self {
        let items = match schema {
            Schema::Tuple { items, .. } => items.iter_mut(),
            _ => Default::default(),
        };
        Items::Tuple { items, extent }
    }

    fn element<T: ?Sized + Serialize>(&mut self, value: &T) -> Result<()> {
        match self {
            Items::Tuple { items, extent } => match items.next() {
                Some(item) => Measure::inner(item, extent, value),
                None => Err(Error::new(
                    ErrorKind::Element,
                    "a tuple with more items than it announced",
                )),
            },
            Items::List {
                found, item, extent, ..
            } => {
                *found += 1;
                Measure::inner(item, extent, value)
            }
        }
    }

    fn finish(self) -> Result<()> {
        match self {
            Items::List { len, found, .. } => {
                if *len == usize::MAX {
                    *len = found;
                }
                match *len == found {
                    true => Ok(()),
                    false => Err(Error::new(
                        ErrorKind::Element,
                        format!(
                            "a sequence of {found} items after one of {len}: an element has one size, as `[T; {len}]` has"
                        ),
                    )),
                }
            }
            Items::Tuple { .. } => Ok(()),
        }
    }
}

macro_rules! sequences {
    ($($trait:ident $method:ident),*) => {$(
        impl $trait for Items<'_> {
            type Ok = ();
            type Error = Error;

            fn $method<T: ?Sized + Serialize>(&mut self, value: &T) -> Result<()> {
                self.element(value)
            }

            fn end(self) -> Result<()> {
                self.finish()
            }
        }
    )*};
}
sequences!(SerializeSeq serialize_element, SerializeTuple serialize_element, SerializeTupleStruct serialize_field);

struct Fields<'a> {
    schema: &'a mut Schema,
    extent: &'a mut Extent,
    is_first: bool,
    next: usize,
    key: String,
}

impl Fields<'_> {
    fn field<T: ?Sized + Serialize>(&mut self, name: Cow<'static, str>, value: &T) -> Result<()> {
        let Schema::Record(fields) = &mut *self.schema else {
            return Ok(());
        };
        let next = self.next;
        self.next += 1;
        if self.is_first {
            fields.push((name.clone(), Schema::Unknown));
        }
        let field = match fields.get(next).is_some_and(|(known, _)| *known == name) {
            true => fields.get_mut(next),
            // Maps need not keep to one order.
            false => fields.iter_mut().find(|(known, _)| *known == name),
        };
        match field {
            Some((_, schema)) => Measure::inner(schema, self.extent, value).map_err(|error| error.in_field(&name)),
            None => Err(Error::new(ErrorKind::Element, "the rows before have no such field").in_field(&name)),
        }
    }

    fn finish(self) -> Result<()> {
        match &*self.schema {
            Schema::Record(fields) if fields.len() != self.next => Err(Error::new(
                ErrorKind::Element,
                format!("a record of {} fields after one of {}", self.next, fields.len()),
            )),
            _ => Ok(()),
        }
    }
}

impl SerializeStruct for Fields<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_field<T: ?Sized + Serialize>(&mut self, name: &'static str, value: &T) -> Result<()> {
        self.field(Cow::Borrowed(name), value)
    }

    fn end(self) -> Result<()> {
        self.finish()
    }
}

impl SerializeMap for Fields<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_key<T: ?Sized + Serialize>(&mut self, key: &T) -> Result<()> {
        self.key = key.serialize(KeySerializer)?;
        Ok(())
    }

    fn serialize_value<T: ?Sized + Serialize>(&mut self, value: &T) -> Result<()> {
        let key = std::mem::take(&mut self.key);
        self.field(Cow::Owned(key), value)
    }

    fn end(self) -> Result<()> {
        self.finish()
    }
}
