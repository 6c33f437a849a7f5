//! Members to a serde value.

use std::any::TypeId;
use std::io::{Read, Seek};

use ndarray::{IxDyn, OwnedRepr};
use serde::de::value::StringDeserializer;
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, IntoDeserializer, MapAccess, VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;

#[cfg(feature = "object")]
use super::array::Objects;
use super::array::{Array, Elements, Member, NdArray, in_c_order, is_ndarray};
use super::names::{Found, Keys, Names, inside};
use crate::dtype::{Casting, Scalar};
use crate::element::scalar::{vec_as_value, with_native};
use crate::element::{Rows, Tag, tag_of};
use crate::error::{Error, ErrorKind, Result};
use crate::npy::Header;
use crate::npz::member::Content;
use crate::npz::read::NpzReader;
#[cfg(feature = "object")]
use crate::object;

pub(super) fn read_root<R: Read + Seek, T: DeserializeOwned>(npz: &mut NpzReader<R>) -> Result<T> {
    let path = npz.path().map(ToOwned::to_owned);
    let (names, mut no_key) = (Names::new(&npz.directory), None);
    let value = loop {
        let value = T::deserialize(Root { npz, names: &names });
        match (names.take_found(), value) {
            (None, value) => break value,
            (Some(Found::Key), Err(error)) => no_key = no_key.or(Some(error)),
            _ => {}
        }
    };
    value.map_err(|error| {
        // Of two errors of keys in one place, the first is that of the part.
        let no_key = no_key.filter(|no_key: &Error| no_key.member() == error.member());
        no_key.unwrap_or(error).in_path_of(path)
    })
}

/// The archive.
struct Root<'a, R> {
    npz: &'a mut NpzReader<R>,
    names: &'a Names,
}

impl<'a, R: Read + Seek> Root<'a, R> {
    fn folder(self, keys: Keys, map: Option<TypeId>) -> Folder<'a, R> {
        Folder::new(self.npz, self.names, String::new(), keys, map)
    }
}

impl<'de, R: Read + Seek> Deserializer<'de> for Root<'_, R> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        visitor.visit_map(self.folder(Keys::Paths, None))
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        visitor.visit_map(self.folder(Keys::Paths, Some(typeid::of::<V::Value>())))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        visitor.visit_map(self.folder(Keys::Fields(fields), None))
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
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        visitor.visit_enum(self.folder(Keys::Fields(variants), None))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct identifier ignored_any
    }

    fn is_human_readable(&self) -> bool {
        false
    }
}

/// The members whose names start with a prefix.
struct Folder<'a, R> {
    npz: &'a mut NpzReader<R>,
    names: &'a Names,
    prefix: String,
    children: std::vec::IntoIter<String>,
    child: String,
    /// The type of the map that it is, if its names were taken for paths.
    map: Option<TypeId>,
}

impl<'a, R: Read + Seek> Folder<'a, R> {
    fn new(
        npz: &'a mut NpzReader<R>,
        names: &'a Names,
        prefix: String,
        mut keys: Keys,
        mut map: Option<TypeId>,
    ) -> Folder<'a, R> {
        if map.is_some_and(|map| names.is_flat(map)) {
            (keys, map) = (Keys::Whole, None);
        }
        Folder {
            children: names.children(&npz.directory, &prefix, keys).into_iter(),
            npz,
            names,
            prefix,
            child: String::new(),
            map,
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
        let mut is_field = false;
        let key = seed.deserialize(Key(child, &mut is_field));
        let key = key.inspect_err(|_| {
            let is_part = !is_field && !self.npz.contains(&format!("{}{}", self.prefix, self.child));
            if let Some(map) = self.map.filter(|_| is_part) {
                self.names.add_flat(map, Found::Key);
            }
        })?;
        if is_field {
            self.map = None;
        }
        Ok(Some(key))
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value> {
        let name = format!("{}{}", self.prefix, self.child);
        let mut field = Field {
            npz: self.npz,
            names: self.names,
            name: &name,
            map: self.map,
        };
        let value = match field.line::<S>() {
            Ok(Some(value)) => Ok(value),
            Ok(None) => seed.deserialize(field),
            Err(error) => Err(error),
        };
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
        let (npz, names) = (self.npz, self.names);
        Ok((
            seed.deserialize(Key(variant, &mut false))?,
            Variant { npz, names, name },
        ))
    }
}

struct Variant<'a, R> {
    npz: &'a mut NpzReader<R>,
    names: &'a Names,
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
            names: self.names,
            name: &self.name,
            map: None,
        })
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, _: V) -> Result<V::Value> {
        Err(Error::new(
            ErrorKind::Element,
            "a variant with several values without names",
        ))
    }

    fn struct_variant<V: Visitor<'de>>(self, fields: &'static [&'static str], visitor: V) -> Result<V::Value> {
        let (prefix, keys) = (inside(&self.name)?, Keys::Fields(fields));
        visitor.visit_map(Folder::new(self.npz, self.names, prefix, keys, None))
    }
}

/// A name, as a struct's field or as the key of a map, which may be a number; and whether it was asked for as a field: a
/// struct with a flattened field is a map to serde, and has no whole names all the same.
struct Key<'a>(String, &'a mut bool);

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

impl<'de> Deserializer<'de> for Key<'_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        visitor.visit_string(self.0)
    }

    numbers! {
        deserialize_bool visit_bool deserialize_i8 visit_i8 deserialize_i16 visit_i16 deserialize_i32 visit_i32
        deserialize_i64 visit_i64 deserialize_u8 visit_u8 deserialize_u16 visit_u16 deserialize_u32 visit_u32
        deserialize_u64 visit_u64
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        *self.1 = true;
        visitor.visit_string(self.0)
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
        ignored_any
    }
}

/// What a name stands for: a member, a folder of members, or both.
struct Field<'a, R> {
    npz: &'a mut NpzReader<R>,
    names: &'a Names,
    name: &'a str,
    /// The type of the map that it is a value of, if its name was taken for a path.
    map: Option<TypeId>,
}

impl<'a, R: Read + Seek> Field<'a, R> {
    fn is_member(&self) -> bool {
        self.npz.contains(self.name)
    }

    fn folder(self, keys: Keys, map: Option<TypeId>) -> Result<Folder<'a, R>> {
        Ok(Folder::new(self.npz, self.names, inside(self.name)?, keys, map))
    }

    /// The error for a folder that is no array. If a map asks for one, its keys are whole names.
    #[cold]
    fn no_member(&self) -> Error {
        if let Some(map) = self.map {
            self.names.add_flat(map, Found::Array);
        }
        Error::new(
            ErrorKind::Missing,
            format!(
                "there is no array of that name, only members whose names start with \"{}/\"; a struct or map reads \
                 them",
                self.name
            ),
        )
    }

    /// What the seed asks for, if that is a vector of scalars and the member is one of the same: read at the speed of
    /// memory, into the vector's own.
    fn line<'de, S: DeserializeSeed<'de>>(&mut self) -> Result<Option<S::Value>> {
        if Scalar::of_seed::<S>().is_none() || !self.is_member() {
            return Ok(None);
        }
        match self.npz.header(self.name) {
            Ok(header) if header.shape.len() == 1 => self.elements::<S>(&header),
            _ => Ok(None), // what else it is, or why it is nothing, the other way finds out
        }
    }

    /// All elements in C order, if the seed asks for a vector of what the header says.
    fn elements<'de, S: DeserializeSeed<'de>>(&mut self, header: &Header) -> Result<Option<S::Value>> {
        let scalar = Scalar::of_seed::<S>().filter(|&scalar| {
            let of_file = header.dtype.as_scalar();
            of_file.is_some_and(|(of_file, _)| of_file == scalar)
        });
        let Some(scalar) = scalar else { return Ok(None) };
        with_native!(scalar, T => {
            let array = self.npz.by_name::<OwnedRepr<T>, IxDyn>(self.name)?;
            let values = match array.is_standard_layout() {
                true => array.into_raw_vec_and_offset().0,
                false => array.iter().copied().collect(),
            };
            Ok(vec_as_value::<T, S::Value>(values).ok())
        }, else => Ok(None))
    }

    /// Whether it is one object that can be read.
    fn is_object(&mut self) -> bool {
        cfg!(feature = "object")
            && self.is_member()
            && self
                .npz
                .header(self.name)
                .is_ok_and(|header| header.dtype.has_object() && header.shape.is_empty())
    }

    /// Reads the member and gives it to `read`.
    fn read<T>(self, read: impl FnOnce(Member<'_>) -> Result<T>) -> Result<T> {
        if !self.is_member() {
            return Err(self.no_member());
        }
        match self.npz.content(self.name)? {
            Content::Array(array) => {
                // A number alone becomes whatever can hold it; arrays are cast only when that was asked for.
                let casting = match array.shape() {
                    [] => Casting::SameKind,
                    _ => self.npz.casting(),
                };
                let elements = in_c_order(&array);
                let mut rows = Rows::new(array.dtype(), casting)?;
                read(Member::Array(Array::new(&array, &elements, &mut rows)))
            }
            #[cfg(feature = "object")]
            Content::Objects(objects) => {
                let (shape, mut source) = (objects.shape().to_vec(), Objects(objects.dtype().clone()));
                let objects = object::in_c_order(objects);
                read(Member::Objects(Array::of_objects(&shape, &objects, &mut source)))
            }
            Content::Bytes(bytes) => read(Member::Bytes(bytes)),
        }
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
            false => visitor.visit_map(self.folder(Keys::Paths, None)?),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value> {
        // Of what is there, only an object can be None.
        match self.is_object() {
            true => self.read(|member| member.deserialize_option(visitor)),
            false => visitor.visit_some(self),
        }
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
            false => visitor.visit_map(self.folder(Keys::Paths, Some(typeid::of::<V::Value>()))?),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        match (self.is_member(), is_ndarray(name, fields)) {
            (true, true) => {
                let header = self.npz.header(self.name)?;
                visitor.visit_seq(NdArray::new(Unread { field: self, header }))
            }
            (true, false) => self.read(|member| member.deserialize_struct(name, fields, visitor)),
            (false, true) => Err(self.no_member()),
            (false, false) => visitor.visit_map(self.folder(Keys::Fields(fields), None)?),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        if self.is_member() {
            return self.read(|member| member.deserialize_enum(name, variants, visitor));
        }
        visitor.visit_enum(self.folder(Keys::Fields(variants), None)?)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        visitor.visit_unit()
    }

    fn is_human_readable(&self) -> bool {
        false
    }
}

/// An array of which the header is read.
struct Unread<'a, R> {
    field: Field<'a, R>,
    header: Header,
}

impl<R: Read + Seek> Elements for Unread<'_, R> {
    fn shape(&self) -> &[usize] {
        &self.header.shape
    }

    fn deserialize<'de, S: DeserializeSeed<'de>>(mut self, seed: S) -> Result<S::Value> {
        match self.field.elements::<S>(&self.header)? {
            Some(values) => Ok(values),
            None => self.field.read(|member| match member {
                Member::Array(array) => array.deserialize(seed),
                #[cfg(feature = "object")]
                Member::Objects(array) => array.deserialize(seed),
                Member::Bytes(_) => seed.deserialize(member),
            }),
        }
    }
}
