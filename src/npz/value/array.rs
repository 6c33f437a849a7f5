//! The arrays of members, and other members, as serde asks for them.

use std::borrow::Cow;

use ndarray::{ArrayView, Order};
use serde::de::value::{SeqDeserializer, U8Deserializer};
use serde::de::{DeserializeSeed, Deserializer, Error as _, SeqAccess, Visitor};

use crate::element::Rows;
use crate::error::{Error, ErrorKind, Result};
use crate::npy::RawArray;

/// The content of a member, read.
pub(super) enum Member<'a> {
    Array(Array<'a>),
    /// It is no array.
    Bytes(Vec<u8>),
}

macro_rules! contents {
    ($($method:ident($($arg:ident: $T:ty),*))*) => {$(
        fn $method<V: Visitor<'de>>(self, $($arg: $T,)* visitor: V) -> Result<V::Value> {
            match self {
                Member::Array(array) => array.$method($($arg,)* visitor),
                Member::Bytes(bytes) => visit_bytes(bytes, visitor),
            }
        }
    )*};
}

/// Text where it can be.
fn visit_bytes<'de, V: Visitor<'de>>(bytes: Vec<u8>, visitor: V) -> Result<V::Value> {
    match String::from_utf8(bytes) {
        Ok(text) => visitor.visit_string(text),
        Err(error) => visitor.visit_byte_buf(error.into_bytes()),
    }
}

impl<'de> Deserializer<'de> for Member<'_> {
    type Error = Error;

    contents! {
        deserialize_any() deserialize_bool() deserialize_i8() deserialize_i16() deserialize_i32() deserialize_i64()
        deserialize_i128() deserialize_u8() deserialize_u16() deserialize_u32() deserialize_u64() deserialize_u128()
        deserialize_f32() deserialize_f64() deserialize_char() deserialize_str() deserialize_string()
        deserialize_option() deserialize_unit() deserialize_unit_struct(name: &'static str)
        deserialize_newtype_struct(name: &'static str) deserialize_seq() deserialize_tuple(len: usize)
        deserialize_tuple_struct(name: &'static str, len: usize) deserialize_map()
        deserialize_struct(name: &'static str, fields: &'static [&'static str])
        deserialize_enum(name: &'static str, variants: &'static [&'static str]) deserialize_identifier()
        deserialize_ignored_any()
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.deserialize_byte_buf(visitor)
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self {
            Member::Array(array) => array.deserialize_byte_buf(visitor),
            Member::Bytes(bytes) => visitor.visit_byte_buf(bytes),
        }
    }

    fn is_human_readable(&self) -> bool {
        false
    }
}

/// An array or a part of one, in C order.
pub(super) struct Array<'a> {
    is_number: bool,
    shape: &'a [usize],
    bytes: &'a [u8],
    rows: &'a mut Rows,
}

impl<'a> Array<'a> {
    /// `bytes` are the elements of `array` as [`in_c_order`] gives them.
    pub(super) fn new(array: &'a RawArray, bytes: &'a [u8], rows: &'a mut Rows) -> Self {
        Array {
            is_number: array.dtype().as_scalar().is_some(),
            shape: array.shape(),
            bytes,
            rows,
        }
    }

    #[cold]
    fn not_one(&self, wanted: &str) -> Error {
        Error::new(
            ErrorKind::Shape,
            format!("array of shape {:?} where {wanted} was asked for", self.shape),
        )
    }
}

macro_rules! numbers_of {
    ($($method:ident $what:literal)*) => {$(
        #[inline]
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
            match (self.shape, self.is_number) {
                // serde's own types take any number that they can hold.
                ([], true) => self.rows.row(self.bytes).deserialize_any(visitor),
                ([], false) => self.rows.row(self.bytes).$method(visitor),
                _ => Err(self.not_one($what)),
            }
        }
    )*};
}
macro_rules! values_of {
    ($($method:ident($($arg:ident: $T:ty),*) $what:expr;)*) => {$(
        fn $method<V: Visitor<'de>>(self, $($arg: $T,)* visitor: V) -> Result<V::Value> {
            match self.shape {
                [] => self.rows.row(self.bytes).$method($($arg,)* visitor),
                _ => Err(self.not_one($what)),
            }
        }
    )*};
}

impl<'de> Deserializer<'de> for Array<'_> {
    type Error = Error;

    numbers_of! {
        deserialize_i8 "a number" deserialize_i16 "a number" deserialize_i32 "a number" deserialize_i64 "a number"
        deserialize_u8 "a number" deserialize_u16 "a number" deserialize_u32 "a number" deserialize_u64 "a number"
        deserialize_i128 "a number" deserialize_u128 "a number" deserialize_f32 "a number" deserialize_f64 "a number"
    }
    values_of! {
        deserialize_bool() "a bool";
        deserialize_char() "a character";
        deserialize_str() "text";
        deserialize_string() "text";
        deserialize_unit() "()";
        deserialize_unit_struct(name: &'static str) name;
        deserialize_map() "a map";
        deserialize_enum(name: &'static str, variants: &'static [&'static str]) name;
        deserialize_identifier() "a name";
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.shape {
            [] => self.rows.row(self.bytes).deserialize_any(visitor),
            _ => self.deserialize_seq(visitor),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        visitor.visit_unit()
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.shape {
            [] => self.rows.row(self.bytes).deserialize_option(visitor),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value> {
        match self.shape {
            [] => self.rows.row(self.bytes).deserialize_newtype_struct(name, visitor),
            _ => visitor.visit_newtype_struct(self),
        }
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.deserialize_byte_buf(visitor)
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.shape {
            [] => self.rows.row(self.bytes).deserialize_byte_buf(visitor),
            [len] if *len == self.bytes.len() => visitor.visit_bytes(self.bytes),
            _ => Err(self.not_one("bytes")),
        }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.shape {
            [] => self.rows.row(self.bytes).deserialize_seq(visitor),
            [len] => visitor.visit_seq(Line {
                size: self.bytes.len().checked_div(*len).unwrap_or(0),
                left: *len,
                bytes: self.bytes,
                rows: self.rows,
            }),
            [len, inner @ ..] => visitor.visit_seq(Parts {
                size: self.bytes.len().checked_div(*len).unwrap_or(0),
                left: *len,
                array: Array { shape: inner, ..self },
            }),
        }
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value> {
        match self.shape {
            [] => self.rows.row(self.bytes).deserialize_tuple(len, visitor),
            [found, ..] if *found == len => self.deserialize_seq(visitor),
            _ => Err(self.not_one(&format!("a first axis of {len}"))),
        }
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(self, name: &'static str, len: usize, visitor: V) -> Result<V::Value> {
        match self.shape {
            [] => self.rows.row(self.bytes).deserialize_tuple_struct(name, len, visitor),
            _ => self.deserialize_tuple(len, visitor),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        if is_ndarray(name, fields) {
            return visitor.visit_seq(NdArray::new(self));
        }
        match self.shape {
            [] => self.rows.row(self.bytes).deserialize_struct(name, fields, visitor),
            _ => Err(self.not_one(name)),
        }
    }

    fn is_human_readable(&self) -> bool {
        false
    }
}

/// The elements along the only axis.
struct Line<'a> {
    bytes: &'a [u8],
    size: usize,
    left: usize,
    rows: &'a mut Rows,
}

impl<'de> SeqAccess<'de> for Line<'_> {
    type Error = Error;

    #[inline]
    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>> {
        if self.left == 0 {
            return Ok(None);
        }
        let (row, rest) = self.bytes.split_at_checked(self.size).unwrap_or_default();
        (self.bytes, self.left) = (rest, self.left - 1);
        seed.deserialize(self.rows.row(row)).map(Some)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.left)
    }
}

/// The parts along the first of several axes.
struct Parts<'a> {
    array: Array<'a>,
    size: usize,
    left: usize,
}

impl<'de> SeqAccess<'de> for Parts<'_> {
    type Error = Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>> {
        if self.left == 0 {
            return Ok(None);
        }
        let (part, rest) = self.array.bytes.split_at_checked(self.size).unwrap_or_default();
        (self.array.bytes, self.left) = (rest, self.left - 1);
        let part = Array {
            bytes: part,
            rows: &mut *self.array.rows,
            ..self.array
        };
        seed.deserialize(part).map(Some)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.left)
    }
}

/// What `ndarray` deserializes an array from.
pub(super) fn is_ndarray(name: &str, fields: &[&str]) -> bool {
    name == "Array" && fields == ["v", "dim", "data"]
}

/// Where the elements of an array come from.
pub(super) trait Elements {
    fn shape(&self) -> &[usize];

    /// Gives all elements, in C order, to a seed that takes a sequence.
    fn deserialize<'de, S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value>;
}

impl Elements for Array<'_> {
    fn shape(&self) -> &[usize] {
        self.shape
    }

    fn deserialize<'de, S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value> {
        let count = self.shape.iter().product();
        seed.deserialize(Array {
            shape: &[count],
            ..self
        })
    }
}

/// The version, shape and elements that `ndarray` asks for.
pub(super) struct NdArray<E> {
    elements: Option<E>,
    given: u8,
}

impl<E: Elements> NdArray<E> {
    pub(super) fn new(elements: E) -> Self {
        NdArray {
            elements: Some(elements),
            given: 0,
        }
    }
}

impl<'de, E: Elements> SeqAccess<'de> for NdArray<E> {
    type Error = Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>> {
        self.given += 1;
        match (self.given, &self.elements) {
            (1, _) => seed.deserialize(U8Deserializer::new(1)).map(Some),
            (2, Some(elements)) => {
                let shape = elements.shape();
                let dims = SeqDeserializer::<_, Error>::new(shape.iter().map(|&dim| dim as u64));
                seed.deserialize(dims).map(Some).map_err(|_| {
                    let error = format!(
                        "array of shape {shape:?} has {} dimensions, not what was asked for",
                        shape.len()
                    );
                    Error::new(ErrorKind::Shape, error)
                })
            }
            _ => match self.elements.take() {
                Some(elements) => elements.deserialize(seed).map(Some),
                None => Err(Error::custom("an array of three parts only")),
            },
        }
    }
}

/// The elements of an array, the last axis fastest.
pub(super) fn in_c_order(array: &RawArray) -> Cow<'_, [u8]> {
    let (bytes, shape) = (array.bytes(), array.shape());
    if !matches!(array.order(), Order::ColumnMajor) || shape.len() < 2 || bytes.is_empty() {
        return Cow::Borrowed(bytes);
    }
    Cow::Owned(match array.dtype().itemsize() {
        2 => reordered::<2>(bytes, shape, 1),
        4 => reordered::<4>(bytes, shape, 1),
        8 => reordered::<8>(bytes, shape, 1),
        16 => reordered::<16>(bytes, shape, 1),
        size => reordered::<1>(bytes, shape, size),
    })
}

/// Elements that are `count` items of `N` bytes, from Fortran's order to C's.
fn reordered<const N: usize>(bytes: &[u8], shape: &[usize], count: usize) -> Vec<u8> {
    let (items, _) = bytes.as_chunks::<N>();
    // Seen from its end the array is in C order; an element's own items are one more axis, and stay where they are.
    let mut axes: Vec<usize> = (0..shape.len()).rev().collect();
    axes.push(shape.len());
    let reversed: Vec<usize> = shape.iter().rev().copied().chain([count]).collect();
    match ArrayView::from_shape(reversed, items) {
        Ok(view) => view.permuted_axes(axes).iter().flatten().copied().collect(),
        Err(_) => bytes.to_vec(),
    }
}
