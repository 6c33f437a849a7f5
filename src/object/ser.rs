//! A serde `Serializer` that makes objects.

use std::any::TypeId;
use std::borrow::Cow;
use std::sync::Arc;

use half::f16;
use ndarray::Order;
use num_complex::Complex;
use serde::ser::{
    Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant, Serializer,
};

use super::value::Object;
use crate::dtype::{ByteOrder, Dtype, Repr};
use crate::element::scalar::slice_as;
use crate::element::{Tag, tag_of};
use crate::error::{Error, ErrorKind, Result};
use crate::npy::DynArray;

/// The object that a value is written as.
pub(super) fn object<T: Serialize>(value: &T) -> Result<Cow<'_, Object>> {
    match slice_as::<T, Object>(std::slice::from_ref(value)) {
        Some([object]) => Ok(Cow::Borrowed(object)),
        _ => inner(value).map(Cow::Owned),
    }
}

fn inner<T: ?Sized + Serialize>(value: &T) -> Result<Object> {
    let id = typeid::of::<T>();
    let is_complex = id == TypeId::of::<Complex<f64>>() || id == TypeId::of::<Complex<f32>>();
    value.serialize(Ser {
        is_complex,
        tag: Tag::None,
    })
}

/// What is known of a value before it says what it is.
struct Ser {
    /// Its tuple of two is one number.
    is_complex: bool,
    tag: Tag,
}

macro_rules! integers {
    ($($method:ident $T:ty),*) => {$(
        fn $method(self, value: $T) -> Result<Object> {
            Ok(i64::try_from(value).map_or_else(|_| Object::BigInt(value.to_string().into()), Object::Int))
        }
    )*};
}

impl Serializer for Ser {
    type Ok = Object;
    type Error = Error;
    type SerializeSeq = Items;
    type SerializeTuple = Items;
    type SerializeTupleStruct = Items;
    type SerializeTupleVariant = Items;
    type SerializeMap = Pairs;
    type SerializeStruct = Pairs;
    type SerializeStructVariant = Pairs;

    integers!(
        serialize_i8 i8,
        serialize_i16 i16,
        serialize_i32 i32,
        serialize_i128 i128,
        serialize_u8 u8,
        serialize_u32 u32,
        serialize_u64 u64,
        serialize_u128 u128
    );

    fn serialize_u16(self, value: u16) -> Result<Object> {
        match self.tag {
            Tag::Half => Ok(Object::Float(f16::from_bits(value).to_f64())),
            _ => Ok(Object::Int(value.into())),
        }
    }

    fn serialize_i64(self, value: i64) -> Result<Object> {
        let dtype = match self.tag {
            Tag::Datetime(unit) => Dtype(Repr::Datetime(unit, ByteOrder::Little)),
            Tag::Timedelta(unit) => Dtype(Repr::Timedelta(unit, ByteOrder::Little)),
            _ => return Ok(Object::Int(value)),
        };
        let scalar = DynArray::from_raw(dtype, Vec::new(), Order::RowMajor, value.to_le_bytes().to_vec())?;
        Ok(Object::Scalar(Arc::new(scalar)))
    }

    fn serialize_bool(self, value: bool) -> Result<Object> {
        Ok(Object::Bool(value))
    }

    fn serialize_f32(self, value: f32) -> Result<Object> {
        Ok(Object::Float(value.into()))
    }

    fn serialize_f64(self, value: f64) -> Result<Object> {
        Ok(Object::Float(value))
    }

    fn serialize_char(self, value: char) -> Result<Object> {
        Ok(Object::Str(value.encode_utf8(&mut [0; 4]).to_owned().into()))
    }

    fn serialize_str(self, text: &str) -> Result<Object> {
        Ok(Object::Str(text.into()))
    }

    fn serialize_bytes(self, bytes: &[u8]) -> Result<Object> {
        Ok(Object::Bytes(bytes.into()))
    }

    fn serialize_none(self) -> Result<Object> {
        Ok(Object::None)
    }

    fn serialize_some<T: ?Sized + Serialize>(self, value: &T) -> Result<Object> {
        inner(value)
    }

    fn serialize_unit(self) -> Result<Object> {
        Ok(Object::None)
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<Object> {
        Ok(Object::None)
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<Object> {
        Ok(Object::Str(variant.into()))
    }

    fn serialize_newtype_struct<T: ?Sized + Serialize>(self, name: &'static str, value: &T) -> Result<Object> {
        match tag_of(name) {
            Tag::None => inner(value),
            tag => value.serialize(Ser { tag, ..self }),
        }
    }

    fn serialize_newtype_variant<T: ?Sized + Serialize>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<Object> {
        Ok(of_variant(Some(variant), inner(value)?))
    }

    fn serialize_seq(self, len: Option<usize>) -> Result<Items> {
        Ok(Items::new(Object::List, len, None))
    }

    fn serialize_tuple(self, len: usize) -> Result<Items> {
        let make: fn(Arc<[Object]>) -> Object = match self.is_complex {
            true => complex,
            false => Object::Tuple,
        };
        Ok(Items::new(make, Some(len), None))
    }

    fn serialize_tuple_struct(self, _: &'static str, len: usize) -> Result<Items> {
        Ok(Items::new(Object::Tuple, Some(len), None))
    }

    fn serialize_tuple_variant(self, _: &'static str, _: u32, variant: &'static str, len: usize) -> Result<Items> {
        Ok(Items::new(Object::Tuple, Some(len), Some(variant)))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Pairs> {
        Ok(Pairs::new(None))
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Pairs> {
        Ok(Pairs::new(None))
    }

    fn serialize_struct_variant(self, _: &'static str, _: u32, variant: &'static str, _: usize) -> Result<Pairs> {
        Ok(Pairs::new(Some(variant)))
    }

    fn is_human_readable(&self) -> bool {
        // A time tells its count and unit to who asks for no text.
        self.tag == Tag::None
    }
}

fn complex(parts: Arc<[Object]>) -> Object {
    match *parts {
        [Object::Float(re), Object::Float(im)] => Object::Complex(Complex::new(re, im)),
        _ => Object::Tuple(parts),
    }
}

/// As serde's text formats write the content of a variant.
fn of_variant(variant: Option<&'static str>, content: Object) -> Object {
    match variant {
        Some(variant) => Object::from(vec![(Object::from(variant), content)]),
        None => content,
    }
}

struct Items {
    make: fn(Arc<[Object]>) -> Object,
    items: Vec<Object>,
    variant: Option<&'static str>,
}

impl Items {
    fn new(make: fn(Arc<[Object]>) -> Object, len: Option<usize>, variant: Option<&'static str>) -> Self {
        Items {
            make,
            items: Vec::with_capacity(len.unwrap_or_default()),
            variant,
        }
    }
}

macro_rules! sequences {
    ($($trait:ident $method:ident),*) => {$(
        impl $trait for Items {
            type Ok = Object;
            type Error = Error;

            fn $method<T: ?Sized + Serialize>(&mut self, value: &T) -> Result<()> {
                self.items.push(inner(value)?);
                Ok(())
            }

            fn end(self) -> Result<Object> {
                Ok(of_variant(self.variant, (self.make)(self.items.into())))
            }
        }
    )*};
}
sequences!(
    SerializeSeq serialize_element,
    SerializeTuple serialize_element,
    SerializeTupleStruct serialize_field,
    SerializeTupleVariant serialize_field
);

struct Pairs {
    pairs: Vec<(Object, Object)>,
    key: Object,
    variant: Option<&'static str>,
}

impl Pairs {
    fn new(variant: Option<&'static str>) -> Self {
        Pairs {
            pairs: Vec::new(),
            key: Object::None,
            variant,
        }
    }

    fn finish(self) -> Object {
        of_variant(self.variant, Object::from(self.pairs))
    }
}

impl SerializeMap for Pairs {
    type Ok = Object;
    type Error = Error;

    fn serialize_key<T: ?Sized + Serialize>(&mut self, key: &T) -> Result<()> {
        self.key = hashable(inner(key)?)?;
        Ok(())
    }

    fn serialize_value<T: ?Sized + Serialize>(&mut self, value: &T) -> Result<()> {
        let key = std::mem::replace(&mut self.key, Object::None);
        self.pairs.push((key, inner(value)?));
        Ok(())
    }

    fn end(self) -> Result<Object> {
        Ok(self.finish())
    }
}

/// The key of a dict; Python has no lists and no dicts there.
fn hashable(key: Object) -> Result<Object> {
    match key {
        Object::List(items) => Ok(Object::Tuple(
            items.iter().cloned().map(hashable).collect::<Result<_>>()?,
        )),
        Object::Dict(_) => Err(Error::new(
            ErrorKind::Element,
            "a map as the key of a map, which no Python `dict` has",
        )),
        key => Ok(key),
    }
}

macro_rules! structs {
    ($($trait:ident),*) => {$(
        impl $trait for Pairs {
            type Ok = Object;
            type Error = Error;

            fn serialize_field<T: ?Sized + Serialize>(&mut self, name: &'static str, value: &T) -> Result<()> {
                let value = inner(value).map_err(|error| error.in_field(name))?;
                self.pairs.push((Object::from(name), value));
                Ok(())
            }

            fn end(self) -> Result<Object> {
                Ok(self.finish())
            }
        }
    )*};
}
structs!(SerializeStruct, SerializeStructVariant);
