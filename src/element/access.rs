//! The items and fields of one element, as serde goes through them.

use serde::de::value::StrDeserializer;
use serde::de::{DeserializeSeed, MapAccess, SeqAccess};

use super::de::De;
use super::plan::{FieldNode, Node};
use crate::error::{Error, ErrorKind, Result};

/// The items of a subarray, or the parts of a complex number.
pub(super) struct Items<'b, 'a> {
    pub(super) left: &'b [u8],
    pub(super) count: usize,
    pub(super) item: &'a mut Node,
}

impl<'de> SeqAccess<'de> for Items<'_, '_> {
    type Error = Error;

    #[inline]
    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>> {
        if self.count == 0 {
            return Ok(None);
        }
        let Some((rest, after)) = self.left.split_at_checked(self.item.size) else {
            return Err(too_short());
        };
        self.left = after;
        self.count -= 1;
        let node = &mut *self.item;
        seed.deserialize(De { rest, node }).map(Some)
    }

    #[inline]
    fn size_hint(&self) -> Option<usize> {
        Some(self.count)
    }
}

/// A real number as the two parts of a complex one.
pub(super) struct RealParts<'b, 'a> {
    pub(super) parts: std::array::IntoIter<&'b [u8], 2>,
    pub(super) node: &'a mut Node,
}

impl<'de> SeqAccess<'de> for RealParts<'_, '_> {
    type Error = Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>> {
        let Some(rest) = self.parts.next() else {
            return Ok(None);
        };
        let node = &mut *self.node;
        seed.deserialize(De { rest, node }).map(Some)
    }
}

/// The fields of a record, without their names.
pub(super) struct InOrder<'b, 'a> {
    pub(super) row: &'b [u8],
    pub(super) fields: std::slice::IterMut<'a, FieldNode>,
}

impl<'de> SeqAccess<'de> for InOrder<'_, '_> {
    type Error = Error;

    #[inline]
    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>> {
        match self.fields.next() {
            Some(field) => read_field(self.row, field, seed).map(Some),
            None => Ok(None),
        }
    }

    #[inline]
    fn size_hint(&self) -> Option<usize> {
        Some(self.fields.len())
    }
}

/// The fields of a record with their names.
pub(super) struct ByName<'b, 'a> {
    pub(super) row: &'b [u8],
    pub(super) fields: std::slice::IterMut<'a, FieldNode>,
    pub(super) value: Option<&'a mut FieldNode>,
}

impl<'de> MapAccess<'de> for ByName<'_, '_> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>> {
        let Some(field) = self.fields.next() else {
            return Ok(None);
        };
        let key = seed.deserialize(StrDeserializer::new(&field.name)).map(Some);
        self.value = Some(field);
        key
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value> {
        match self.value.take() {
            Some(field) => read_field(self.row, field, seed),
            None => Err(Error::new(
                ErrorKind::Element,
                "a type that asks for a value before its key",
            )),
        }
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.fields.len())
    }
}

#[inline]
fn read_field<'de, S: DeserializeSeed<'de>>(row: &[u8], field: &mut FieldNode, seed: S) -> Result<S::Value> {
    let Some(rest) = row.get(field.offset..) else {
        return Err(too_short());
    };
    let node = &mut field.node;
    match seed.deserialize(De { rest, node }) {
        Ok(value) => Ok(value),
        Err(error) => Err(in_field(error, &field.name)),
    }
}

#[cold]
#[inline(never)]
fn in_field(error: Error, name: &str) -> Error {
    error.in_field(name)
}

/// The caller's row is shorter than the dtype's itemsize.
#[cold]
fn too_short() -> Error {
    Error::new(ErrorKind::Argument, "a row shorter than its dtype's itemsize")
}
