//! The arrays of members, and other members, as serde asks for them.

use std::borrow::Cow;

use ndarray::{ArrayView, Order};
use serde::de::value::{SeqDeserializer, U8Deserializer};
use serde::de::{DeserializeSeed, Deserializer, Error as _, SeqAccess, Visitor};

#[cfg(feature = "object")]
use crate::dtype::Dtype;
use crate::element::Rows;
use crate::error::{Error, ErrorKind, Result};
use crate::limits;
use crate::npy::RawArray;
#[cfg(feature = "object")]
use crate::object::{Object, element};

/// The content of a member, read.
pub(super) enum Member<'a> {
    Array(Array<'a, Rows>),
    #[cfg(feature = "object")]
    Objects(Array<'a, Objects>),
    /// It is no array.
    Bytes(Vec<u8>),
}

macro_rules! contents {
    ($($method:ident($($arg:ident: $T:ty),*))*) => {$(
        fn $method<V: Visitor<'de>>(self, $($arg: $T,)* visitor: V) -> Result<V::Value> {
            match self {
                Member::Array(array) => array.$method($($arg,)* visitor),
                #[cfg(feature = "object")]
                Member::Objects(array) => array.$method($($arg,)* visitor),
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
            #[cfg(feature = "object")]
            Member::Objects(array) => array.deserialize_byte_buf(visitor),
            Member::Bytes(bytes) => visitor.visit_byte_buf(bytes),
        }
    }

    fn is_human_readable(&self) -> bool {
        false
    }
}

/// How serde gets the elements of an array.
pub(super) trait Source {
    /// What an element is made of, as many of them as any other.
    type Item;

    /// What gives the element that is made of these items to serde.
    fn element<'de, 'a>(&'a mut self, items: &'a [Self::Item]) -> impl Deserializer<'de, Error = Error>;

    /// Whether the element is a `None` that serde has to be told of before it asks for more.
    fn is_none(_items: &[Self::Item]) -> bool {
        false
    }

    /// The elements as bytes, if each is one.
    fn bytes(_items: &[Self::Item]) -> Option<&[u8]> {
        None
    }
}

impl Source for Rows {
    type Item = u8;

    #[inline]
    fn element<'de, 'a>(&'a mut self, items: &'a [u8]) -> impl Deserializer<'de, Error = Error> {
        self.row(items)
    }

    fn bytes(items: &[u8]) -> Option<&[u8]> {
        Some(items)
    }
}

/// Elements that are Python's objects, of this dtype.
#[cfg(feature = "object")]
pub(super) struct Objects(pub(super) Dtype);

#[cfg(feature = "object")]
impl Source for Objects {
    type Item = Object;

    fn element<'de, 'a>(&'a mut self, items: &'a [Object]) -> impl Deserializer<'de, Error = Error> {
        static NONE: Object = Object::None;
        element(items.first().unwrap_or(&NONE), &self.0)
    }

    fn is_none(items: &[Object]) -> bool {
        matches!(items, [Object::None])
    }
}

/// An array or a part of one, in C order.
pub(super) struct Array<'a, S: Source> {
    is_number: bool,
    shape: &'a [usize],
    items: &'a [S::Item],
    source: &'a mut S,
}

impl<'a> Array<'a, Rows> {
    /// `bytes` are the elements of `array` as [`in_c_order`] gives them.
    pub(super) fn new(array: &'a RawArray, bytes: &'a [u8], rows: &'a mut Rows) -> Self {
        Array {
            is_number: array.dtype().as_scalar().is_some(),
            shape: array.shape(),
            items: bytes,
            source: rows,
        }
    }
}

#[cfg(feature = "object")]
impl<'a> Array<'a, Objects> {
    pub(super) fn of_objects(shape: &'a [usize], items: &'a [Object], source: &'a mut Objects) -> Self {
        Array {
            is_number: false,
            shape,
            items,
            source,
        }
    }
}

impl<S: Source> Array<'_, S> {
    /// How many lists there are along the first axis of an array without elements, which a file can claim any number of.
    fn empty_lists(&self) -> Result<usize> {
        let before = self.shape.iter().take_while(|&&len| len > 0);
        match before.fold(1, |lists: usize, &len| lists.saturating_mul(len)) {
            lists if lists <= limits::SIZELESS => Ok(self.shape.first().copied().unwrap_or(0)),
            lists => Err(limits::exceeded(format!(
                "an array of shape {:?} is {lists} empty lists; at most {} are read, and an array of ndarray's can be it",
                self.shape,
                limits::SIZELESS
            ))),
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
                ([], true) => self.source.element(self.items).deserialize_any(visitor),
                ([], false) => self.source.element(self.items).$method(visitor),
                _ => Err(self.not_one($what)),
            }
        }
    )*};
}
macro_rules! values_of {
    ($($method:ident($($arg:ident: $T:ty),*) $what:expr;)*) => {$(
        fn $method<V: Visitor<'de>>(self, $($arg: $T,)* visitor: V) -> Result<V::Value> {
            match self.shape {
                [] => self.source.element(self.items).$method($($arg,)* visitor),
                _ => Err(self.not_one($what)),
            }
        }
    )*};
}

impl<'de, E: Source> Deserializer<'de> for Array<'_, E> {
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
            [] => self.source.element(self.items).deserialize_any(visitor),
            _ => self.deserialize_seq(visitor),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        visitor.visit_unit()
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match E::is_none(self.items) && self.shape.is_empty() {
            true => visitor.visit_none(),
            false => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value> {
        match self.shape {
            [] => self
                .source
                .element(self.items)
                .deserialize_newtype_struct(name, visitor),
            _ => visitor.visit_newtype_struct(self),
        }
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.deserialize_byte_buf(visitor)
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.shape {
            [] => self.source.element(self.items).deserialize_byte_buf(visitor),
            [len] if *len == self.items.len() => match E::bytes(self.items) {
                Some(bytes) => visitor.visit_bytes(bytes),
                None => Err(self.not_one("bytes")),
            },
            _ => Err(self.not_one("bytes")),
        }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.shape {
            [] => self.source.element(self.items).deserialize_seq(visitor),
            [len] => visitor.visit_seq(Line {
                size: self.items.len().checked_div(*len).unwrap_or(0),
                left: *len,
                items: self.items,
                source: self.source,
            }),
            _ if self.items.is_empty() => visitor.visit_seq(Parts {
                size: 0,
                left: self.empty_lists()?,
                array: Array {
                    shape: self.shape.get(1..).unwrap_or_default(),
                    ..self
                },
            }),
            [len, inner @ ..] => visitor.visit_seq(Parts {
                size: self.items.len().checked_div(*len).unwrap_or(0),
                left: *len,
                array: Array { shape: inner, ..self },
            }),
        }
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value> {
        match self.shape {
            [] => self.source.element(self.items).deserialize_tuple(len, visitor),
            [found, ..] if *found == len => self.deserialize_seq(visitor),
            _ => Err(self.not_one(&format!("a first axis of {len}"))),
        }
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(self, name: &'static str, len: usize, visitor: V) -> Result<V::Value> {
        match self.shape {
            [] => self
                .source
                .element(self.items)
                .deserialize_tuple_struct(name, len, visitor),
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
            [] => self
                .source
                .element(self.items)
                .deserialize_struct(name, fields, visitor),
            _ => Err(self.not_one(name)),
        }
    }

    fn is_human_readable(&self) -> bool {
        false
    }
}

/// The elements along the only axis.
struct Line<'a, E: Source> {
    items: &'a [E::Item],
    size: usize,
    left: usize,
    source: &'a mut E,
}

impl<'de, E: Source> SeqAccess<'de> for Line<'_, E> {
    type Error = Error;

    #[inline]
    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>> {
        if self.left == 0 {
            return Ok(None);
        }
        let (element, rest) = self.items.split_at_checked(self.size).unwrap_or_default();
        (self.items, self.left) = (rest, self.left - 1);
        seed.deserialize(self.source.element(element)).map(Some)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.left)
    }
}

/// The parts along the first of several axes.
struct Parts<'a, E: Source> {
    array: Array<'a, E>,
    size: usize,
    left: usize,
}

impl<'de, E: Source> SeqAccess<'de> for Parts<'_, E> {
    type Error = Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>> {
        if self.left == 0 {
            return Ok(None);
        }
        let (part, rest) = self.array.items.split_at_checked(self.size).unwrap_or_default();
        (self.array.items, self.left) = (rest, self.left - 1);
        let part = Array {
            items: part,
            source: &mut *self.array.source,
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

impl<E: Source> Elements for Array<'_, E> {
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
