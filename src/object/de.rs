//! A serde `Deserializer` over an object.

use std::borrow::Cow;

use half::f16;
use ndarray::{ArrayViewD, Axis};
use serde::de::value::{I64Deserializer, StrDeserializer, U16Deserializer};
use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, IntoDeserializer, MapAccess, SeqAccess, Unexpected, VariantAccess,
    Visitor,
};

use super::value::{Object, Objects};
use crate::dtype::{Casting, Dtype, Unit, UnitBase};
use crate::element::{Tag, tag_of, to_unit};
use crate::error::{Error, ErrorKind, Result};
use crate::npy::DynArray;

/// An object, and what is known of it.
#[derive(Clone, Copy)]
pub(super) struct De<'a> {
    object: &'a Object,
    /// Of a row of a record array: the names of what is a tuple there.
    dtype: Option<&'a Dtype>,
    /// Whether a dict is a record, which has an order.
    is_record: bool,
}

impl<'a> De<'a> {
    pub(super) fn new(object: &'a Object) -> Self {
        De {
            object,
            dtype: None,
            is_record: false,
        }
    }

    pub(super) fn row(object: &'a Object, dtype: &'a Dtype) -> Self {
        De {
            object,
            dtype: (!dtype.fields().is_empty()).then_some(dtype),
            is_record: false,
        }
    }

    #[cold]
    fn mismatch(&self, asked: &str) -> Error {
        Error::new(
            ErrorKind::Dtype,
            format!("a Python `{}` where {asked} was asked for", self.object.type_name()),
        )
    }

    /// An integer that `T` holds.
    fn int<T: TryFrom<i128> + std::str::FromStr>(&self, asked: &str) -> Result<T> {
        let object = plain(self.object)?;
        let value = match &*object {
            Object::Int(value) => T::try_from(i128::from(*value)).ok(),
            Object::BigInt(digits) => digits.parse().ok(),
            _ => return Err(self.mismatch(asked)),
        };
        value.ok_or_else(|| {
            let hint = match &*object {
                Object::BigInt(_) => "; read it as i128, u128 or, whatever its size, as a String of its digits",
                _ => "",
            };
            Error::new(ErrorKind::Value, format!("the int {object} does not fit {asked}{hint}"))
        })
    }

    /// A float, or an integer as the nearest one.
    fn float(&self, asked: &str) -> Result<f64> {
        match &*plain(self.object)? {
            Object::Float(value) => Ok(*value),
            Object::Int(value) => Ok(*value as f64), // rounds, as Python's float() does
            Object::BigInt(digits) => digits.parse().map_err(|_| self.mismatch(asked)),
            _ => Err(self.mismatch(asked)),
        }
    }

    /// What a `str` or one of the classes with a text is; the digits of any int.
    fn text(&self) -> Result<Cow<'a, str>> {
        match self.object {
            Object::Str(text) | Object::BigInt(text) => Ok(Cow::Borrowed(text)),
            Object::Int(value) => Ok(Cow::Owned(value.to_string())),
            Object::Instance(instance) => Ok(Cow::Borrowed(instance.text())),
            Object::Surrogates(bytes) => Err(Error::new(
                ErrorKind::Value,
                format!(
                    "a `str` with lone surrogates, '{}', which is no Unicode text",
                    bytes.escape_ascii()
                ),
            )),
            Object::Scalar(_) | Object::Array(_) => match plain(self.object)?.into_owned() {
                Object::Str(text) => Ok(Cow::Owned(text.as_ref().to_owned())),
                _ => Err(self.mismatch("text")),
            },
            _ => Err(self.mismatch("text")),
        }
    }

    fn with_bytes<R>(&self, then: impl FnOnce(&[u8]) -> Result<R>) -> Result<R> {
        match &*plain(self.object)? {
            Object::Bytes(bytes) | Object::ByteArray(bytes) => then(bytes),
            // NumPy's `S`, which is text where it can be.
            Object::Str(text) if matches!(self.object, Object::Scalar(_)) => then(text.as_bytes()),
            _ => Err(self.mismatch("bytes")),
        }
    }

    /// The count of a time in the unit that was asked for, and whether that is exact.
    pub(super) fn time(&self, tag: Tag) -> Result<(i64, bool)> {
        let micros = Unit {
            base: UnitBase::Microsecond,
            step: 1,
        };
        let time = match self.object {
            Object::Scalar(scalar) => match (&**scalar, tag) {
                (DynArray::Datetime(count), Tag::Datetime(_)) | (DynArray::Timedelta(count), Tag::Timedelta(_)) => {
                    count.first().copied().zip(count.dtype().unit())
                }
                _ => None,
            },
            Object::Instance(instance) => match (instance.class(), tag) {
                ("datetime.datetime" | "datetime.date", Tag::Datetime(_))
                | ("datetime.timedelta", Tag::Timedelta(_)) => instance.micros().map(|count| (count, micros)),
                _ => None,
            },
            _ => None,
        };
        let (count, unit) = time.ok_or_else(|| match tag {
            Tag::Datetime(_) => self.mismatch("Datetime64"),
            _ => self.mismatch("Timedelta64"),
        })?;
        to_unit(count, unit, tag).ok_or_else(|| {
            Error::new(
                ErrorKind::Value,
                format!("{} overflows the unit that was asked for", self.object),
            )
        })
    }

    /// The items of a sequence of that many, if it matters.
    fn sequence<'de, V: Visitor<'de>>(&self, len: Option<usize>, visitor: V) -> Result<V::Value> {
        let asked = || match len {
            Some(len) => format!("a tuple or array of {len}"),
            None => "a sequence".to_owned(),
        };
        if let Object::Array(array) = self.object
            && array.ndim() > 0
        {
            let objects = objects_of(array)?;
            let parts = Parts {
                parts: objects.axis_iter(Axis(0)),
                dtype: match &**array {
                    DynArray::Object(objects) => Some(objects.dtype()),
                    _ => None,
                },
                is_record: matches!(**array, DynArray::Record(_)),
            };
            if len.is_some_and(|len| len != parts.parts.len()) {
                return Err(self.wrong_len(parts.parts.len(), &asked()));
            }
            return visitor.visit_seq(parts);
        }
        let object = plain(self.object)?;
        let is_record = match self.object {
            Object::Scalar(array) | Object::Array(array) => matches!(**array, DynArray::Record(_)),
            _ => self.is_record,
        };
        let parts;
        let values: Vec<Object>;
        let items = match &*object {
            Object::List(items) | Object::Tuple(items) | Object::Set(items) | Object::FrozenSet(items) => &**items,
            Object::Complex(value) => {
                parts = [Object::Float(value.re), Object::Float(value.im)];
                &parts
            }
            Object::Dict(pairs) if is_record => {
                values = pairs.iter().map(|(_, value)| value.clone()).collect();
                &values
            }
            Object::Bytes(bytes) | Object::ByteArray(bytes) => {
                if len.is_some_and(|len| len != bytes.len()) {
                    return Err(self.wrong_len(bytes.len(), &asked()));
                }
                return visitor.visit_seq(IntoDeserializer::<Error>::into_deserializer(bytes.to_vec()));
            }
            _ => return Err(self.mismatch(&asked())),
        };
        if len.is_some_and(|len| len != items.len()) {
            return Err(self.wrong_len(items.len(), &asked()));
        }
        let fields = self.dtype.filter(|dtype| dtype.fields().len() == items.len());
        visitor.visit_seq(Items {
            items: items.iter(),
            fields: fields.map_or(&[][..], |dtype| dtype.fields()).iter(),
        })
    }

    #[cold]
    fn wrong_len(&self, len: usize, asked: &str) -> Error {
        Error::new(
            ErrorKind::Value,
            format!(
                "a Python `{}` of {len} where {asked} was asked for",
                self.object.type_name()
            ),
        )
    }

    fn map<'de, V: Visitor<'de>>(&self, asked: &str, visitor: V) -> Result<V::Value> {
        match (&*plain(self.object)?, self.dtype) {
            (Object::Dict(pairs), _) => visitor.visit_map(Pairs {
                pairs: pairs.iter(),
                value: None,
            }),
            (Object::Tuple(items), Some(dtype)) if items.len() == dtype.fields().len() => visitor.visit_map(Record {
                items: items.iter(),
                fields: dtype.fields().iter(),
                value: None,
            }),
            _ => Err(self.mismatch(asked)),
        }
    }
}

/// NumPy's scalars, and arrays of no dimension, as the Python objects that `item()` would give; the rest as it is.
pub(super) fn plain(object: &Object) -> Result<Cow<'_, Object>> {
    let array = match object {
        Object::Scalar(array) => array,
        Object::Array(array) if array.ndim() == 0 => array,
        Object::Array(array) => return Ok(Cow::Owned(lists(objects_of(array)?.view()))),
        _ => return Ok(Cow::Borrowed(object)),
    };
    let objects = objects_of(array)?;
    let first = objects.first().cloned().unwrap_or(Object::None);
    match &first {
        // An array in an array of no dimension: these nest as deep as the reader let them.
        Object::Scalar(_) | Object::Array(_) => Ok(Cow::Owned(plain(&first)?.into_owned())),
        _ => Ok(Cow::Owned(first)),
    }
}

fn lists(array: ArrayViewD<'_, Object>) -> Object {
    match array.ndim() {
        0 => array.first().cloned().unwrap_or(Object::None),
        _ => Object::List(array.axis_iter(Axis(0)).map(lists).collect()),
    }
}

/// The elements of an array, whatever its dtype.
fn objects_of(array: &DynArray) -> Result<Objects> {
    Ok(match array {
        DynArray::Object(objects) => (**objects).clone(),
        DynArray::Bool(a) => a.mapv(Object::Bool),
        DynArray::Int8(a) => a.mapv(|value| Object::Int(value.into())),
        DynArray::Int16(a) => a.mapv(|value| Object::Int(value.into())),
        DynArray::Int32(a) => a.mapv(|value| Object::Int(value.into())),
        DynArray::Int64(a) => a.mapv(Object::Int),
        DynArray::UInt8(a) => a.mapv(|value| Object::Int(value.into())),
        DynArray::UInt16(a) => a.mapv(|value| Object::Int(value.into())),
        DynArray::UInt32(a) => a.mapv(|value| Object::Int(value.into())),
        DynArray::Float16(a) => a.mapv(|value| Object::Float(value.into())),
        DynArray::Float32(a) => a.mapv(|value| Object::Float(value.into())),
        DynArray::Float64(a) => a.mapv(Object::Float),
        DynArray::Complex128(a) => a.mapv(Object::Complex),
        // Through serde they would be text where they can be.
        DynArray::Bytes(bytes) => bytes.map(|bytes| Object::Bytes(bytes.as_slice().into())),
        other => other.clone().into_array(Casting::Unsafe)?,
    })
}

/// An array as the sequence of its parts along the first axis.
struct Parts<'a> {
    parts: ndarray::iter::AxisIter<'a, Object, ndarray::IxDyn>,
    dtype: Option<&'a Dtype>,
    is_record: bool,
}

impl<'de> SeqAccess<'de> for Parts<'_> {
    type Error = Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>> {
        let Some(part) = self.parts.next() else {
            return Ok(None);
        };
        let object = match part.ndim() {
            0 => part.first().cloned().unwrap_or(Object::None),
            _ => lists(part),
        };
        let de = match self.dtype {
            Some(dtype) => De::row(&object, dtype),
            None => De::new(&object),
        };
        let is_record = self.is_record;
        seed.deserialize(De { is_record, ..de }).map(Some)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.parts.len())
    }
}

macro_rules! integers {
    ($($method:ident $visit:ident $T:ty;)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
            visitor.$visit(self.int::<$T>(stringify!($T))?)
        }
    )*};
}

impl<'de> Deserializer<'de> for De<'_> {
    type Error = Error;

    integers! {
        deserialize_i8 visit_i8 i8;
        deserialize_i16 visit_i16 i16;
        deserialize_i32 visit_i32 i32;
        deserialize_i64 visit_i64 i64;
        deserialize_i128 visit_i128 i128;
        deserialize_u8 visit_u8 u8;
        deserialize_u16 visit_u16 u16;
        deserialize_u32 visit_u32 u32;
        deserialize_u64 visit_u64 u64;
    }

    fn deserialize_u128<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match &*plain(self.object)? {
            // Beyond i128, by which `int` goes.
            Object::BigInt(digits) if let Ok(value) = digits.parse() => visitor.visit_u128(value),
            _ => visitor.visit_u128(self.int("u128")?),
        }
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match &*plain(self.object)? {
            Object::None => visitor.visit_unit(),
            Object::Bool(value) => visitor.visit_bool(*value),
            Object::Int(value) => visitor.visit_i64(*value),
            Object::BigInt(digits) => match digits.parse() {
                Ok(value) => visitor.visit_u64(value),
                Err(_) => visitor.visit_str(digits),
            },
            Object::Float(value) => visitor.visit_f64(*value),
            Object::Bytes(bytes) | Object::ByteArray(bytes) => visitor.visit_bytes(bytes),
            Object::Str(text) => visitor.visit_str(text),
            Object::Surrogates(_) | Object::Instance(_) => visitor.visit_str(&self.text()?),
            Object::Dict(_) => self.map("a map", visitor),
            Object::Tuple(_) if self.dtype.is_some() => self.map("a map", visitor),
            Object::Complex(_) | Object::List(_) | Object::Tuple(_) | Object::Set(_) | Object::FrozenSet(_) => {
                self.sequence(None, visitor)
            }
            // `plain` leaves none of them.
            Object::Scalar(_) | Object::Array(_) => Err(self.mismatch("a value")),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match &*plain(self.object)? {
            Object::Bool(value) => visitor.visit_bool(*value),
            _ => Err(self.mismatch("bool")),
        }
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        visitor.visit_f64(self.float("f32")?)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        visitor.visit_f64(self.float("f64")?)
    }

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        let text = self.text()?;
        let mut chars = text.chars();
        match (chars.next(), chars.next()) {
            (Some(char), None) => visitor.visit_char(char),
            _ => Err(Error::new(
                ErrorKind::Value,
                format!("{text:?} is not the one character that was asked for"),
            )),
        }
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        visitor.visit_str(&self.text()?)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.deserialize_str(visitor)
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.with_bytes(|bytes| visitor.visit_bytes(bytes))
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.deserialize_bytes(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        let none = match self.object {
            Object::None => true,
            // NaT
            Object::Scalar(_) => matches!(*plain(self.object)?, Object::None),
            _ => false,
        };
        match none {
            true => visitor.visit_none(),
            false => visitor.visit_some(self),
        }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.object {
            Object::None => visitor.visit_unit(),
            _ => Err(self.mismatch("()")),
        }
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value> {
        match tag_of(name) {
            Tag::None => visitor.visit_newtype_struct(self),
            Tag::Half => {
                let bits = f16::from_f64(self.float("f16")?).to_bits();
                visitor.visit_newtype_struct(U16Deserializer::new(bits))
            }
            tag => visitor.visit_newtype_struct(I64Deserializer::new(self.time(tag)?.0)),
        }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.sequence(None, visitor)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value> {
        self.sequence(Some(len), visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(self, _: &'static str, len: usize, visitor: V) -> Result<V::Value> {
        self.sequence(Some(len), visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.map("a map", visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        names: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        match self.object {
            Object::Tuple(_) | Object::List(_) if self.dtype.is_none() => self.sequence(Some(names.len()), visitor),
            _ => self.map(name, visitor),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        match self.object {
            Object::Dict(pairs) => match &**pairs {
                [(variant, content)] => visitor.visit_enum(Variant { variant, content }),
                _ => Err(self.wrong_len(pairs.len(), &format!("the one variant of a {name}"))),
            },
            _ => visitor.visit_enum(StrDeserializer::<Error>::new(&self.text()?)),
        }
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        // A key need not be text: what no field is called is for the visitor to say.
        self.deserialize_any(visitor)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        visitor.visit_unit()
    }

    fn is_human_readable(&self) -> bool {
        true
    }
}

/// The items of a sequence; of a record, each with its dtype.
struct Items<'a> {
    items: std::slice::Iter<'a, Object>,
    fields: std::slice::Iter<'a, crate::dtype::Field>,
}

impl<'de> SeqAccess<'de> for Items<'_> {
    type Error = Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>> {
        let Some(object) = self.items.next() else {
            return Ok(None);
        };
        match self.fields.next() {
            None => seed.deserialize(De::new(object)).map(Some),
            Some(field) => (seed.deserialize(De::row(object, field.dtype())))
                .map(Some)
                .map_err(|error| error.in_field(field.name())),
        }
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.items.len())
    }
}

/// The items of a dict.
struct Pairs<'a> {
    pairs: std::slice::Iter<'a, (Object, Object)>,
    value: Option<&'a (Object, Object)>,
}

impl<'de> MapAccess<'de> for Pairs<'_> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>> {
        self.value = self.pairs.next();
        match self.value {
            Some((key, _)) => seed.deserialize(De::new(key)).map(Some),
            None => Ok(None),
        }
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value> {
        let Some((key, value)) = self.value.take() else {
            return Err(no_key());
        };
        seed.deserialize(De::new(value)).map_err(|error| match key {
            Object::Str(key) => error.in_field(key),
            _ => error,
        })
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.pairs.len())
    }
}

/// The fields of a record with their names.
struct Record<'a> {
    items: std::slice::Iter<'a, Object>,
    fields: std::slice::Iter<'a, crate::dtype::Field>,
    value: Option<(&'a Object, &'a crate::dtype::Field)>,
}

impl<'de> MapAccess<'de> for Record<'_> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>> {
        self.value = self.items.next().zip(self.fields.next());
        match self.value {
            Some((_, field)) => seed.deserialize(StrDeserializer::new(field.name())).map(Some),
            None => Ok(None),
        }
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value> {
        let Some((object, field)) = self.value.take() else {
            return Err(no_key());
        };
        (seed.deserialize(De::row(object, field.dtype()))).map_err(|error| error.in_field(field.name()))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.items.len())
    }
}

#[cold]
fn no_key() -> Error {
    Error::new(ErrorKind::Element, "a type that asks for a value before its key")
}

/// `{variant: content}`, as serde's text formats write a variant that holds something.
struct Variant<'a> {
    variant: &'a Object,
    content: &'a Object,
}

impl<'de, 'a> EnumAccess<'de> for Variant<'a> {
    type Error = Error;
    type Variant = De<'a>;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, De<'a>)> {
        Ok((seed.deserialize(De::new(self.variant))?, De::new(self.content)))
    }
}

impl<'de> VariantAccess<'de> for De<'_> {
    type Error = Error;

    fn unit_variant(self) -> Result<()> {
        match self.object {
            Object::None => Ok(()),
            _ => Err(serde::de::Error::invalid_type(
                Unexpected::Other("content"),
                &"a unit variant",
            )),
        }
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value> {
        seed.deserialize(self)
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value> {
        self.sequence(Some(len), visitor)
    }

    fn struct_variant<V: Visitor<'de>>(self, names: &'static [&'static str], visitor: V) -> Result<V::Value> {
        self.deserialize_struct("variant", names, visitor)
    }
}
