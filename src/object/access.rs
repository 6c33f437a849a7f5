//! The parts of objects that are made of others, one after the other.

use serde::de::value::StrDeserializer;
use serde::de::{DeserializeSeed, EnumAccess, MapAccess, SeqAccess};

use super::plain::lists;
use super::scalar::De;
use super::value::Object;
use crate::dtype::{Dtype, Field};
use crate::error::{Error, ErrorKind, Result};

/// An array as the sequence of its parts along the first axis.
pub(super) struct Parts<'a> {
    pub(super) parts: ndarray::iter::AxisIter<'a, Object, ndarray::IxDyn>,
    pub(super) dtype: Option<&'a Dtype>,
    pub(super) is_record: bool,
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

/// The items of a sequence; of a record, each with its dtype.
pub(super) struct Items<'a> {
    pub(super) items: std::slice::Iter<'a, Object>,
    pub(super) fields: std::slice::Iter<'a, Field>,
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
pub(super) struct Pairs<'a> {
    pub(super) pairs: std::slice::Iter<'a, (Object, Object)>,
    pub(super) value: Option<&'a (Object, Object)>,
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
pub(super) struct Record<'a> {
    pub(super) items: std::slice::Iter<'a, Object>,
    pub(super) fields: std::slice::Iter<'a, Field>,
    pub(super) value: Option<(&'a Object, &'a Field)>,
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
pub(super) struct Variant<'a> {
    pub(super) variant: &'a Object,
    pub(super) content: &'a Object,
}

impl<'de, 'a> EnumAccess<'de> for Variant<'a> {
    type Error = Error;
    type Variant = De<'a>;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, De<'a>)> {
        Ok((seed.deserialize(De::new(self.variant))?, De::new(self.content)))
    }
}
