//! Whether a type is a sequence, by the first thing that it asks for.

use std::fmt;

use serde::de::{DeserializeOwned, Deserializer, Visitor};
use serde::forward_to_deserialize_any;

/// Whether an `A` is an array or a tuple of `len` items, or a vector: what it holds lies along further axes of a file.
pub(crate) fn is_sequence<A: DeserializeOwned>(len: usize) -> bool {
    match A::deserialize(Probe) {
        Err(Asked::Sequence(own)) => own.is_none_or(|own| own == len),
        _ => false,
    }
}

struct Probe;

#[derive(Debug)]
enum Asked {
    /// Of that length, if it is a certain one.
    Sequence(Option<usize>),
    Other,
}

impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("only the question counts")
    }
}

impl std::error::Error for Asked {}

impl serde::de::Error for Asked {
    fn custom<T: fmt::Display>(_: T) -> Asked {
        Asked::Other
    }
}

impl<'de> Deserializer<'de> for Probe {
    type Error = Asked;

    fn deserialize_tuple<V: Visitor<'de>>(self, len: usize, _: V) -> Result<V::Value, Asked> {
        Err(Asked::Sequence(Some(len)))
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(self, _: &'static str, len: usize, _: V) -> Result<V::Value, Asked> {
        Err(Asked::Sequence(Some(len)))
    }

    fn deserialize_seq<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Asked> {
        Err(Asked::Sequence(None))
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Asked> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Asked> {
        Err(Asked::Other)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct map
        struct enum identifier ignored_any
    }
}
