//! The axes of a type that is an array, by what it asks for first.

use std::fmt;

use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;

use super::schema::known;
use super::trace::MAX_DEPTH;

/// The lengths of the axes that an `A` is an array of, as far as its first items say; `None` for those of vectors.
pub(crate) fn axes<A: DeserializeOwned>() -> Vec<Option<usize>> {
    let mut axes = Vec::new();
    let _ = A::deserialize(Probe { axes: &mut axes }); // only what it asked for counts
    axes
}

/// Gives no values: it ends at the first that is no sequence.
struct Probe<'a> {
    axes: &'a mut Vec<Option<usize>>,
}

impl Probe<'_> {
    fn sequence<'de, V: Visitor<'de>>(self, len: Option<usize>, visitor: V) -> Result<V::Value, Asked> {
        self.axes.push(len);
        match self.axes.len() < MAX_DEPTH {
            true => visitor.visit_seq(self),
            false => Err(Asked),
        }
    }
}

/// The first item.
impl<'de> SeqAccess<'de> for Probe<'_> {
    type Error = Asked;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Asked> {
        if known::<S::Value>().is_some() {
            return Err(Asked); // a complex number is a tuple to serde
        }
        seed.deserialize(Probe { axes: self.axes }).map(Some)
    }
}

#[derive(Debug)]
struct Asked;

impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("only the question counts")
    }
}

impl std::error::Error for Asked {}

impl serde::de::Error for Asked {
    fn custom<T: fmt::Display>(_: T) -> Asked {
        Asked
    }
}

impl<'de> Deserializer<'de> for Probe<'_> {
    type Error = Asked;

    fn deserialize_tuple<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Asked> {
        self.sequence(Some(len), visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, Asked> {
        self.sequence(Some(len), visitor)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Asked> {
        self.sequence(None, visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Asked> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Asked> {
        Err(Asked)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct map
        struct enum identifier ignored_any
    }
}
