//! A serde `Deserializer` over an object.

use ndarray::Axis;
use serde::de::value::{I64Deserializer, StrDeserializer, U16Deserializer};
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, IntoDeserializer, Unexpected, VariantAccess, Visitor,
};

use super::access::{Items, Pairs, Parts, Record, Variant};
use super::plain::{objects_of, plain};
use super::scalar::De;
use super::value::Object;
use crate::element::{Tag, half_of, tag_of};
use crate::error::{Error, ErrorKind, Result};
use crate::npy::DynArray;

impl Object {
    /// The object as a value of any type that serde can deserialize.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Dtype`](crate::ErrorKind::Dtype) if it is of another type, [`ErrorKind::Value`](crate::ErrorKind::Value)
    /// if it does not fit.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::Object;
    ///
    /// let dict = Object::from(vec![(Object::from("lr"), Object::from(0.5))]);
    /// let map: std::collections::HashMap<String, f64> = dict.to()?;
    /// assert_eq!(map["lr"], 0.5);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn to<T: DeserializeOwned>(&self) -> Result<T> {
        T::deserialize(De::new(self))
    }
}

impl De<'_> {
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
        let beyond_i128 = match &*plain(self.object)? {
            Object::BigInt(digits) => digits.parse().ok(),
            _ => None,
        };
        match beyond_i128 {
            Some(value) => visitor.visit_u128(value),
            None => visitor.visit_u128(self.int("u128")?),
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
                let bits = half_of(self.float("f16")?).to_bits();
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
