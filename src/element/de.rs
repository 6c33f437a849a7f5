//! A serde `Deserializer` over one element's bytes, as the plan of the file's dtype says.

use half::f16;
use num_complex::Complex;
use serde::de::value::{I64Deserializer, SeqDeserializer, StrDeserializer, StringDeserializer, U16Deserializer};
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use super::calendar::NAT;
use super::convert::cast_one;
use super::plan::{
    Arrangement, FieldNode, Fields, Node, Parts, find, must_swap, names as list_names, rust_name, slice_key,
};
use super::schema::{OPTION, known};
use super::tag::{Tag, tag_of};
use super::value::{De, decode_text, number, without_padding};
use crate::dtype::{Casting, Dtype, Repr, Scalar};
use crate::error::{Error, ErrorKind, Result};

impl De<'_, '_> {
    #[inline]
    fn sequence<'de, V: Visitor<'de>>(self, len: Option<usize>, visitor: V) -> Result<V::Value> {
        let rest = self.rest();
        match &mut self.node.parts {
            Parts::Items { item, count } if len.is_none_or(|len| len == *count) => visitor.visit_seq(Items {
                left: rest,
                count: *count,
                item,
            }),
            Parts::Fields(fields) if len.is_none_or(|len| len == fields.list.len()) => {
                fields.arrange_by_position();
                visitor.visit_seq(InOrder {
                    row: self.row,
                    at: self.at,
                    fields: fields.list.iter_mut(),
                })
            }
            _ => self.not_a_sequence(len, visitor),
        }
    }

    #[cold]
    fn not_a_sequence<'de, V: Visitor<'de>>(self, len: Option<usize>, visitor: V) -> Result<V::Value> {
        match (len, self.node.dtype.0.clone()) {
            // A real number where a complex one was asked for.
            (Some(2), Repr::Scalar(..)) => {
                self.node
                    .allow(Dtype::native(Scalar::Complex128), "a complex number or a tuple of 2")?;
                let zero = [0; 16].get(..self.bytes().len()).unwrap_or_default();
                visitor.visit_seq(RealParts {
                    parts: [self.bytes(), zero].into_iter(),
                    node: self.node,
                })
            }
            // The text of a complex number.
            (Some(2), Repr::Str(..) | Repr::Bytes(_)) if self.node.casting == Casting::Unsafe => {
                let value: Complex<f64> = number(self.row, self.at, self.node)?;
                visitor.visit_seq(SeqDeserializer::new([value.re, value.im].into_iter()))
            }
            (Some(len), _) => Err(self.node.mismatch(None, &format!("a tuple or array of {len}"))),
            (None, _) => Err(self.node.mismatch(None, "a sequence")),
        }
    }

    #[cold]
    fn no_record<T>(&self, name: &str) -> Result<T> {
        Err(self.node.mismatch(None, name))
    }
}

macro_rules! numbers {
    ($($method:ident $visit:ident $T:ty;)*) => {$(
        #[inline]
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
            match self.native(<$T as super::scalar::Native>::SCALAR) {
                Some(bytes) => visitor.$visit(<$T>::from_ne_bytes(bytes)),
                None => visitor.$visit(number::<$T>(self.row, self.at, self.node)?),
            }
        }
    )*};
}

impl<'de> Deserializer<'de> for De<'_, '_> {
    type Error = Error;

    numbers! {
        deserialize_i8 visit_i8 i8;
        deserialize_i16 visit_i16 i16;
        deserialize_i32 visit_i32 i32;
        deserialize_i64 visit_i64 i64;
        deserialize_u8 visit_u8 u8;
        deserialize_u16 visit_u16 u16;
        deserialize_u32 visit_u32 u32;
        deserialize_u64 visit_u64 u64;
        deserialize_f32 visit_f32 f32;
        deserialize_f64 visit_f64 f64;
    }

    #[inline]
    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.native(Scalar::Bool) {
            Some([byte @ (0 | 1)]) => visitor.visit_bool(byte == 1),
            _ => visitor.visit_bool(number(self.row, self.at, self.node)?),
        }
    }

    /// The value as what it is in the file.
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.node.dtype.0 {
            Repr::Scalar(scalar, _) => match scalar {
                Scalar::Bool => self.deserialize_bool(visitor),
                Scalar::Int8 => visitor.visit_i8(number(self.row, self.at, self.node)?),
                Scalar::Int16 => visitor.visit_i16(number(self.row, self.at, self.node)?),
                Scalar::Int32 => visitor.visit_i32(number(self.row, self.at, self.node)?),
                Scalar::Int64 => visitor.visit_i64(number(self.row, self.at, self.node)?),
                Scalar::Uint8 => visitor.visit_u8(number(self.row, self.at, self.node)?),
                Scalar::Uint16 => visitor.visit_u16(number(self.row, self.at, self.node)?),
                Scalar::Uint32 => visitor.visit_u32(number(self.row, self.at, self.node)?),
                Scalar::Uint64 => visitor.visit_u64(number(self.row, self.at, self.node)?),
                Scalar::Float16 => visitor.visit_f32(number::<f16>(self.row, self.at, self.node)?.to_f32()),
                Scalar::Float32 => visitor.visit_f32(number(self.row, self.at, self.node)?),
                Scalar::Float64 => visitor.visit_f64(number(self.row, self.at, self.node)?),
                // No other type of Rust's comes closer: no rule has to allow it.
                Scalar::LongDouble => visitor.visit_f64(cast_one(
                    scalar,
                    must_swap(scalar, self.node.dtype.byte_order()),
                    self.bytes(),
                )),
                Scalar::Complex64 | Scalar::Complex128 | Scalar::ComplexLongDouble => self.sequence(None, visitor),
            },
            Repr::Datetime(..) | Repr::Timedelta(..) => match self.count() {
                NAT => visitor.visit_none(),
                _ => visitor.visit_string(self.display_time()),
            },
            Repr::Str(_, order) => visitor.visit_string(decode_text(self.bytes(), order)?),
            // Text where it can be, as few visitors of such values take bytes.
            Repr::Bytes(_) => match std::str::from_utf8(without_padding(self.bytes())) {
                Ok(text) => visitor.visit_str(text),
                Err(_) => visitor.visit_bytes(without_padding(self.bytes())),
            },
            Repr::Void(_) => visitor.visit_bytes(self.bytes()),
            Repr::Object => Err(self.node.mismatch(None, "a value")),
            Repr::Subarray(_) => self.sequence(None, visitor),
            Repr::Record(_) => self.deserialize_map(visitor),
        }
    }

    fn deserialize_char<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value> {
        let text = self.text()?;
        let mut chars = text.chars();
        match (chars.next(), chars.next()) {
            // A NUL was trimmed with the padding.
            (None, _) if self.node.size > 0 => visitor.visit_char('\0'),
            (Some(char), None) => visitor.visit_char(char),
            _ => Err(Error::new(
                ErrorKind::Value,
                format!("{text:?} is not the one character that was asked for"),
            )),
        }
    }

    #[inline]
    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.deserialize_string(visitor)
    }

    #[inline]
    fn deserialize_string<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value> {
        visitor.visit_string(self.text()?)
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        visitor.visit_bytes(self.raw()?)
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.deserialize_bytes(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value> {
        if let Parts::Fields(fields) = &mut self.node.parts
            && let [some, value] = &mut fields.list[..]
            && some.name == OPTION[0]
        {
            return match self.row.get(self.at as usize) {
                Some(0) => visitor.visit_none(),
                _ => visitor.visit_some(De {
                    row: self.row,
                    at: self.at + value.offset,
                    node: &mut value.node,
                }),
            };
        }
        if !self.is_none() {
            return visitor.visit_some(self);
        }
        if let Some(scalar) = known::<V::Value>() {
            self.node.allow(Dtype::native(scalar), rust_name(scalar))?;
        }
        visitor.visit_none()
    }

    fn deserialize_unit<V: Visitor<'de>>(self, _: V) -> Result<V::Value> {
        Err(self.node.mismatch(None, "()"))
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, name: &'static str, _: V) -> Result<V::Value> {
        Err(self.node.mismatch(None, name))
    }

    #[inline]
    fn deserialize_newtype_struct<V: Visitor<'de>>(mut self, name: &'static str, visitor: V) -> Result<V::Value> {
        match tag_of(name) {
            Tag::None => visitor.visit_newtype_struct(self),
            Tag::Half => {
                let bits = number::<f16>(self.row, self.at, self.node)?.to_bits();
                visitor.visit_newtype_struct(U16Deserializer::new(bits))
            }
            tag => {
                let count = self.time(tag)?;
                self.node.note_time(name, tag);
                visitor.visit_newtype_struct(I64Deserializer::new(count))
            }
        }
    }

    #[inline]
    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.sequence(None, visitor)
    }

    #[inline]
    fn deserialize_tuple<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value> {
        self.sequence(Some(len), visitor)
    }

    #[inline]
    fn deserialize_tuple_struct<V: Visitor<'de>>(self, _: &'static str, len: usize, visitor: V) -> Result<V::Value> {
        self.sequence(Some(len), visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match &mut self.node.parts {
            Parts::Fields(fields) => {
                fields.arrange_by_position();
                visitor.visit_map(ByName {
                    row: self.row,
                    at: self.at,
                    fields: fields.list.iter_mut(),
                    value: None,
                })
            }
            _ => self.no_record("a map"),
        }
    }

    #[inline]
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        names: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        let Parts::Fields(fields) = &mut self.node.parts else {
            return self.no_record(name);
        };
        let key = slice_key(names);
        if fields.arrangement != Arrangement::InOrder(key) {
            if fields.arrangement != Arrangement::ByName(key) {
                fields.arrange_by_name(names);
            }
            if fields.arrangement == Arrangement::ByName(key) {
                return by_name(self.row, self.at, fields, names, visitor);
            }
        }
        let proven = fields.proven;
        let mut sequence = InOrder {
            row: self.row,
            at: self.at,
            fields: fields.list.get_mut(..fields.wanted).unwrap_or_default().iter_mut(),
        };
        let value = visitor.visit_seq(&mut sequence);
        if !proven {
            let complete = sequence.fields.len() == 0;
            return prove(fields, names, complete, value);
        }
        value
    }

    fn deserialize_enum<V: Visitor<'de>>(
        mut self,
        name: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        match self.node.dtype.0 {
            Repr::Str(..) | Repr::Bytes(_) => visitor.visit_enum(StringDeserializer::new(self.text()?)),
            // No variant is called as a number's text is.
            _ => Err(self.node.mismatch(None, name)),
        }
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.deserialize_string(visitor)
    }

    #[inline]
    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        visitor.visit_unit()
    }

    fn is_human_readable(&self) -> bool {
        false
    }
}

/// A struct some of whose names the file has not.
#[inline(never)]
fn by_name<'de, V: Visitor<'de>>(
    row: &[u8],
    at: u32,
    fields: &mut Fields,
    names: &'static [&'static str],
    visitor: V,
) -> Result<V::Value> {
    let wanted = fields.list.get_mut(..fields.wanted).unwrap_or_default();
    let result = visitor.visit_map(ByName {
        row,
        at,
        fields: wanted.iter_mut(),
        value: None,
    });
    result.map_err(|error| match error.field() {
        // serde knows that it is missing, not what there is.
        Some(name)
            if error.kind() == ErrorKind::Missing && find(&fields.list, name).is_none() && names.contains(&name) =>
        {
            Error::new(
                ErrorKind::Missing,
                format!("not in the file, which has {}", list_names(&fields.list)),
            )
            .in_field(name)
        }
        _ => error,
    })
}

/// Settles whether a struct may get its fields as a sequence, which it does in the order of its names as far as that
/// holds its fields and nothing else. It holds the aliases of fields too, and a type that deserializes itself by hand
/// may know nothing of sequences: those get their fields by name, this row again.
#[cold]
#[inline(never)]
fn prove<T>(fields: &mut Fields, names: &'static [&'static str], complete: bool, value: Result<T>) -> Result<T> {
    match value {
        Ok(value) if complete => {
            fields.proven = true;
            Ok(value)
        }
        value => {
            fields.arrangement = Arrangement::ByName(slice_key(names));
            fields.by_name_only.push(slice_key(names));
            fields.retry = true;
            value.and_then(|_| {
                Err(Error::new(
                    ErrorKind::Value,
                    "a struct that did not take all of its fields",
                ))
            })
        }
    }
}

/// The items of a subarray, or the parts of a complex number.
struct Items<'b, 'a> {
    left: &'b [u8],
    count: usize,
    item: &'a mut Node,
}

impl<'de> SeqAccess<'de> for Items<'_, '_> {
    type Error = Error;

    #[inline]
    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>> {
        if self.count == 0 {
            return Ok(None);
        }
        let Some((row, after)) = self.left.split_at_checked(self.item.size) else {
            return Err(too_short());
        };
        self.left = after;
        self.count -= 1;
        let (at, node) = (0, &mut *self.item);
        seed.deserialize(De { row, at, node }).map(Some)
    }

    #[inline]
    fn size_hint(&self) -> Option<usize> {
        Some(self.count)
    }
}

/// A real number as the two parts of a complex one.
struct RealParts<'b, 'a> {
    parts: std::array::IntoIter<&'b [u8], 2>,
    node: &'a mut Node,
}

impl<'de> SeqAccess<'de> for RealParts<'_, '_> {
    type Error = Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>> {
        let Some(row) = self.parts.next() else {
            return Ok(None);
        };
        let (at, node) = (0, &mut *self.node);
        seed.deserialize(De { row, at, node }).map(Some)
    }
}

/// The fields of a record, without their names.
struct InOrder<'b, 'a> {
    row: &'b [u8],
    /// Where the record starts in it.
    at: u32,
    fields: std::slice::IterMut<'a, FieldNode>,
}

impl<'de> SeqAccess<'de> for InOrder<'_, '_> {
    type Error = Error;

    #[inline]
    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>> {
        match self.fields.next() {
            Some(field) => read_field(self.row, self.at, field, seed).map(Some),
            None => Ok(None),
        }
    }

    #[inline]
    fn size_hint(&self) -> Option<usize> {
        Some(self.fields.len())
    }
}

/// The fields of a record with their names.
struct ByName<'b, 'a> {
    row: &'b [u8],
    /// Where the record starts in it.
    at: u32,
    fields: std::slice::IterMut<'a, FieldNode>,
    value: Option<&'a mut FieldNode>,
}

impl<'de> MapAccess<'de> for ByName<'_, '_> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>> {
        let Some(field) = self.fields.next() else {
            return Ok(None);
        };
        let key = seed
            .deserialize(StrDeserializer::new(field.asked.unwrap_or(&field.name)))
            .map(Some);
        self.value = Some(field);
        key
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value> {
        match self.value.take() {
            Some(field) => read_field(self.row, self.at, field, seed),
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
fn read_field<'de, S: DeserializeSeed<'de>>(
    row: &[u8],
    start: u32,
    field: &mut FieldNode,
    seed: S,
) -> Result<S::Value> {
    let (at, node) = (start + field.offset, &mut field.node);
    match seed.deserialize(De { row, at, node }) {
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
