//! Members to a serde value.

use std::borrow::Cow;
use std::io::{Read, Seek};

use ndarray::{ArrayView, Order};
use serde::de::value::{SeqDeserializer, StringDeserializer, U8Deserializer};
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, Error as _, IntoDeserializer, MapAccess, SeqAccess,
    VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;

use crate::dtype::Casting;
use crate::element::{Rows, Tag, tag_of};
use crate::error::{Error, ErrorKind, Result};
use crate::npy::RawArray;
use crate::npz::member::Content;
use crate::npz::read::NpzReader;

pub(super) fn read_root<R: Read + Seek, T: DeserializeOwned>(npz: &mut NpzReader<R>) -> Result<T> {
    let path = npz.path().map(ToOwned::to_owned);
    T::deserialize(Root(npz)).map_err(|error| match path {
        Some(path) => error.in_path(path),
        None => error,
    })
}

/// The archive.
struct Root<'a, R>(&'a mut NpzReader<R>);

impl<'de, R: Read + Seek> Deserializer<'de> for Root<'_, R> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        visitor.visit_map(Folder::new(self.0, String::new()))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        visitor.visit_enum(Folder::new(self.0, String::new()))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct identifier ignored_any
    }

    fn is_human_readable(&self) -> bool {
        false
    }
}

/// The members whose names start with a prefix.
struct Folder<'a, R> {
    npz: &'a mut NpzReader<R>,
    prefix: String,
    children: std::vec::IntoIter<String>,
    child: String,
}

impl<'a, R: Read + Seek> Folder<'a, R> {
    fn new(npz: &'a mut NpzReader<R>, prefix: String) -> Self {
        Folder {
            children: npz.children(&prefix).into_iter(),
            npz,
            prefix,
            child: String::new(),
        }
    }
}

impl<'de, R: Read + Seek> MapAccess<'de> for Folder<'_, R> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>> {
        let Some(child) = self.children.next() else {
            return Ok(None);
        };
        self.child.clone_from(&child);
        seed.deserialize(Key(child)).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value> {
        let name = format!("{}{}", self.prefix, self.child);
        let value = seed.deserialize(Field {
            npz: self.npz,
            name: &name,
        });
        value.map_err(|error| error.in_member(&name))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.children.len())
    }
}

/// An enum's variant is the folder that it made.
impl<'de, 'a, R: Read + Seek> EnumAccess<'de> for Folder<'a, R> {
    type Error = Error;
    type Variant = Variant<'a, R>;

    fn variant_seed<S: DeserializeSeed<'de>>(mut self, seed: S) -> Result<(S::Value, Variant<'a, R>)> {
        let (Some(variant), None) = (self.children.next(), self.children.next()) else {
            return Err(Error::new(
                ErrorKind::Missing,
                "an enum's variant must be the only name in its folder",
            ));
        };
        let name = self.prefix + &variant;
        Ok((seed.deserialize(Key(variant))?, Variant { npz: self.npz, name }))
    }
}

struct Variant<'a, R> {
    npz: &'a mut NpzReader<R>,
    name: String,
}

impl<'de, R: Read + Seek> VariantAccess<'de> for Variant<'_, R> {
    type Error = Error;

    fn unit_variant(self) -> Result<()> {
        Err(Error::new(
            ErrorKind::Value,
            "a variant with a value where one without was expected",
        ))
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value> {
        seed.deserialize(Field {
            npz: self.npz,
            name: &self.name,
        })
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, _: V) -> Result<V::Value> {
        Err(Error::new(
            ErrorKind::Element,
            "a variant with several values without names",
        ))
    }

    fn struct_variant<V: Visitor<'de>>(self, _: &'static [&'static str], visitor: V) -> Result<V::Value> {
        visitor.visit_map(Folder::new(self.npz, self.name + "/"))
    }
}

/// A name, as a struct's field or as the key of a map, which may be a number.
struct Key(String);

macro_rules! numbers {
    ($($method:ident $visit:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
            match self.0.parse() {
                Ok(number) => visitor.$visit(number),
                Err(_) => visitor.visit_string(self.0),
            }
        }
    )*};
}

impl<'de> Deserializer<'de> for Key {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        visitor.visit_string(self.0)
    }

    numbers! {
        deserialize_bool visit_bool deserialize_i8 visit_i8 deserialize_i16 visit_i16 deserialize_i32 visit_i32
        deserialize_i64 visit_i64 deserialize_u8 visit_u8 deserialize_u16 visit_u16 deserialize_u32 visit_u32
        deserialize_u64 visit_u64
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        let name: StringDeserializer<Error> = self.0.into_deserializer();
        visitor.visit_enum(name)
    }

    forward_to_deserialize_any! {
        i128 u128 f32 f64 char str string bytes byte_buf option unit unit_struct seq tuple tuple_struct map struct
        identifier ignored_any
    }
}

/// What a name stands for: a member, a folder of members, or both.
struct Field<'a, R> {
    npz: &'a mut NpzReader<R>,
    name: &'a str,
}

impl<'a, R: Read + Seek> Field<'a, R> {
    fn is_member(&self) -> bool {
        self.npz.contains(self.name)
    }

    fn folder(self) -> Folder<'a, R> {
        Folder::new(self.npz, format!("{}/", self.name))
    }

    /// Reads the member and gives it to `read`.
    fn read<T>(self, read: impl FnOnce(Member<'_>) -> Result<T>) -> Result<T> {
        match self.npz.content(self.name)? {
            Content::Array(array) => {
                // A number alone becomes whatever can hold it; arrays are cast only when that was asked for.
                let casting = match array.shape() {
                    [] => Casting::SameKind,
                    _ => self.npz.casting(),
                };
                let elements = in_c_order(&array);
                read(Member::Array(Array {
                    is_number: array.dtype().as_scalar().is_some(),
                    shape: array.shape(),
                    bytes: &elements,
                    rows: &mut Rows::new(array.dtype(), casting)?,
                }))
            }
            Content::Bytes(bytes) => read(Member::Bytes(bytes)),
        }
    }
}

/// The elements of an array, the last axis fastest.
fn in_c_order(array: &RawArray) -> Cow<'_, [u8]> {
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

macro_rules! members {
    ($($method:ident($($arg:ident: $T:ty),*))*) => {$(
        fn $method<V: Visitor<'de>>(self, $($arg: $T,)* visitor: V) -> Result<V::Value> {
            self.read(|member| member.$method($($arg,)* visitor))
        }
    )*};
}

impl<'de, R: Read + Seek> Deserializer<'de> for Field<'_, R> {
    type Error = Error;

    members! {
        deserialize_bool() deserialize_i8() deserialize_i16() deserialize_i32() deserialize_i64() deserialize_i128()
        deserialize_u8() deserialize_u16() deserialize_u32() deserialize_u64() deserialize_u128() deserialize_f32()
        deserialize_f64() deserialize_char() deserialize_str() deserialize_string() deserialize_bytes()
        deserialize_byte_buf() deserialize_seq() deserialize_tuple(len: usize) deserialize_identifier()
        deserialize_tuple_struct(name: &'static str, len: usize) deserialize_unit()
        deserialize_unit_struct(name: &'static str)
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.is_member() {
            true => self.read(|member| member.deserialize_any(visitor)),
            false => visitor.visit_map(self.folder()),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value> {
        match tag_of(name) {
            Tag::None => visitor.visit_newtype_struct(self),
            _ => self.read(|member| member.deserialize_newtype_struct(name, visitor)),
        }
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.is_member() {
            true => self.read(|member| member.deserialize_map(visitor)),
            false => visitor.visit_map(self.folder()),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        match self.is_member() {
            true => self.read(|member| member.deserialize_struct(name, fields, visitor)),
            false => visitor.visit_map(self.folder()),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        match self.is_member() {
            true => self.read(|member| member.deserialize_enum(name, variants, visitor)),
            false => visitor.visit_enum(self.folder()),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        visitor.visit_unit()
    }

    fn is_human_readable(&self) -> bool {
        false
    }
}

/// The content of a member, read.
enum Member<'a> {
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
struct Array<'a> {
    is_number: bool,
    shape: &'a [usize],
    bytes: &'a [u8],
    rows: &'a mut Rows,
}

impl Array<'_> {
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
            [len] => visitor.visit_seq(Elements {
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
        // What `ndarray` deserializes an array from.
        if name == "Array" && fields == ["v", "dim", "data"] {
            return visitor.visit_seq(NdArray { array: self, given: 0 });
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
struct Elements<'a> {
    bytes: &'a [u8],
    size: usize,
    left: usize,
    rows: &'a mut Rows,
}

impl<'de> SeqAccess<'de> for Elements<'_> {
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

/// The version, shape and elements that `ndarray` asks for.
struct NdArray<'a> {
    array: Array<'a>,
    given: u8,
}

impl<'de> SeqAccess<'de> for NdArray<'_> {
    type Error = Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>> {
        let shape = self.array.shape;
        self.given += 1;
        match self.given {
            1 => seed.deserialize(U8Deserializer::new(1)).map(Some),
            2 => {
                let dims = SeqDeserializer::<_, Error>::new(shape.iter().map(|&dim| dim as u64));
                seed.deserialize(dims).map(Some).map_err(|_| {
                    let error = format!(
                        "array of shape {shape:?} has {} dimensions, not what was asked for",
                        shape.len()
                    );
                    Error::new(ErrorKind::Shape, error)
                })
            }
            3 => {
                let count = shape.iter().product();
                let elements = Array {
                    shape: &[count],
                    rows: &mut *self.array.rows,
                    ..self.array
                };
                seed.deserialize(elements).map(Some)
            }
            _ => Err(Error::custom("an array of three parts only")),
        }
    }
}
