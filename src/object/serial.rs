//! Objects as values of any format of serde's.

use std::fmt;

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, Serializer};

use super::plain::plain;
use super::value::Object;

impl Serialize for Object {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let sequence = |serializer: S, items: &[Object]| serializer.collect_seq(items);
        match self {
            Object::None => serializer.serialize_none(),
            Object::Bool(value) => serializer.serialize_bool(*value),
            Object::Int(value) => serializer.serialize_i64(*value),
            Object::BigInt(digits) => match digits.parse::<u64>() {
                Ok(value) => serializer.serialize_u64(value),
                Err(_) => serializer.serialize_str(digits),
            },
            Object::Float(value) => serializer.serialize_f64(*value),
            Object::Complex(value) => value.serialize(serializer),
            Object::Str(text) => serializer.serialize_str(text),
            Object::Surrogates(bytes) | Object::Bytes(bytes) | Object::ByteArray(bytes) => {
                serializer.serialize_bytes(bytes)
            }
            Object::List(items) | Object::Tuple(items) | Object::Set(items) | Object::FrozenSet(items) => {
                sequence(serializer, items)
            }
            Object::Dict(items) => {
                let mut map = serializer.serialize_map(Some(items.len()))?;
                for (key, value) in items.iter() {
                    map.serialize_entry(key, value)?;
                }
                map.end()
            }
            Object::Scalar(_) | Object::Array(_) => {
                plain(self).map_err(serde::ser::Error::custom)?.serialize(serializer)
            }
            Object::Instance(instance) => serializer.serialize_str(instance.text()),
        }
    }
}

/// From any format that describes itself: maps become dicts, sequences lists.
impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Object, D::Error> {
        deserializer.deserialize_any(ObjectVisitor)
    }
}

struct ObjectVisitor;

impl<'de> Visitor<'de> for ObjectVisitor {
    type Value = Object;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("plain data")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Object, E> {
        Ok(Object::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Object, E> {
        Ok(Object::Int(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Object, E> {
        Ok(i64::try_from(value).map_or_else(|_| Object::BigInt(value.to_string().into()), Object::Int))
    }

    fn visit_i128<E>(self, value: i128) -> Result<Object, E> {
        Ok(i64::try_from(value).map_or_else(|_| Object::BigInt(value.to_string().into()), Object::Int))
    }

    fn visit_u128<E>(self, value: u128) -> Result<Object, E> {
        Ok(i64::try_from(value).map_or_else(|_| Object::BigInt(value.to_string().into()), Object::Int))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Object, E> {
        Ok(Object::Float(value))
    }

    fn visit_str<E>(self, text: &str) -> Result<Object, E> {
        Ok(Object::from(text))
    }

    fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Object, E> {
        Ok(Object::Bytes(bytes.into()))
    }

    fn visit_none<E>(self) -> Result<Object, E> {
        Ok(Object::None)
    }

    fn visit_unit<E>(self) -> Result<Object, E> {
        Ok(Object::None)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Object, D::Error> {
        Object::deserialize(deserializer)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Object, D::Error> {
        Object::deserialize(deserializer)
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut sequence: S) -> Result<Object, S::Error> {
        let mut items = Vec::new();
        while let Some(item) = sequence.next_element::<Object>()? {
            items.push(item);
        }
        Ok(Object::List(items.into()))
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Object, M::Error> {
        let mut items = Vec::new();
        while let Some(item) = map.next_entry::<Object, Object>()? {
            items.push(item);
        }
        Ok(Object::Dict(items.into()))
    }

    fn visit_enum<A: de::EnumAccess<'de>>(self, _: A) -> Result<Object, A::Error> {
        Err(de::Error::custom("an enum of a format that is not self-describing"))
    }
}
