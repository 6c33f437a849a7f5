//! A serde value to members.
//!
//! Elements of a known scalar type go to the archive as they come. What else there is, such as strings, records and
//! nested vectors, must be looked at whole before its dtype is known: [`Stop::Measure`] asks for that.

use std::any::TypeId;
use std::fmt;
use std::io::Write;

use num_complex::Complex;
use serde::ser::{Impossible, Serialize, SerializeMap, SerializeStruct, SerializeStructVariant, Serializer};

use super::names::inside;
use super::sequence::{Sequence, begin};
use crate::dtype::{Dtype, Scalar};
use crate::element::key::KeySerializer;
use crate::element::{Encoder, Tag, tag_of, unsupported};
use crate::error::{Error, ErrorKind, Result};
use crate::npz::options::Compression;
use crate::npz::pack::Sink;
use crate::npz::write::{NpzWriter, locate};

/// Why serializing ended early.
#[derive(Debug)]
pub(super) enum Stop {
    /// The value must be measured: nothing of it is written yet.
    Measure,
    Error(Error),
}

impl<E: Into<Error>> From<E> for Stop {
    fn from(error: E) -> Self {
        Stop::Error(error.into())
    }
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Stop::Measure => f.write_str("a value that must be measured"),
            Stop::Error(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for Stop {}

impl serde::ser::Error for Stop {
    #[cold]
    fn custom<T: fmt::Display>(message: T) -> Self {
        Stop::Error(Error::custom(message))
    }
}

pub(super) fn add_root<W: Write, T: Serialize + ?Sized>(npz: &mut NpzWriter<W>, value: &T) -> Result<()> {
    match value.serialize(Field::of::<T>(npz, None)) {
        Ok(()) => Ok(()),
        Err(Stop::Error(error)) => Err(error),
        Err(Stop::Measure) => Err(no_archive()),
    }
}

#[cold]
fn no_archive() -> Error {
    Error::new(
        ErrorKind::Element,
        "only a struct or map is an archive, each field a member; one array is what `write_npy` writes",
    )
}

/// Adds a field: a member, a folder of members, or nothing.
///
/// If its own key has a slash, `is_slashed`, it must be nothing that is read from a folder.
fn add<W: Write, T: Serialize + ?Sized>(
    npz: &mut NpzWriter<W>,
    name: String,
    is_slashed: bool,
    value: &T,
) -> Result<()> {
    let result = match scalar_of::<T>() {
        // To serde a complex number is a tuple.
        Some(_) => Err(Stop::Measure),
        None => value.serialize(Field {
            is_slashed,
            ..Field::of::<T>(npz, Some(name.clone()))
        }),
    };
    let result = match result {
        Ok(()) => return Ok(()),
        Err(Stop::Error(error)) => Err(error),
        Err(Stop::Measure) => measured(value).and_then(|array| array.write(npz, name.clone())),
    };
    result.map_err(|error| at(npz, &(name + ".npy"), error))
}

/// The error with the member's name and the archive's path.
#[cold]
fn at<W: Write>(npz: &NpzWriter<W>, name: &str, error: Error) -> Error {
    locate(error.in_member(name), npz.path())
}

/// The scalar that a 0-d array of `T` has; an `Option` is none, as it may be no member at all.
fn scalar_of<T: ?Sized>() -> Option<Scalar> {
    let id = typeid::of::<T>();
    match Scalar::of::<T>() {
        None if id == typeid::of::<&Complex<f64>>() => Some(Scalar::Complex128),
        None if id == typeid::of::<&Complex<f32>>() => Some(Scalar::Complex64),
        scalar => scalar,
    }
}

/// A whole array in memory.
struct Array {
    dtype: Dtype,
    shape: Vec<usize>,
    bytes: Vec<u8>,
}

/// The array that any value is: a sequence as serde's elements have them is a subarray, whose axes become the array's.
fn measured<T: Serialize + ?Sized>(value: &T) -> Result<Array> {
    let dtype = Dtype::of_value(value)?;
    let mut bytes = vec![0; dtype.itemsize()];
    Encoder::new(&dtype)?.encode(value, &mut bytes)?;
    Ok(Array {
        shape: dtype.shape().to_vec(),
        dtype: dtype.base().clone(),
        bytes,
    })
}

impl Array {
    fn write<W: Write>(self, npz: &mut NpzWriter<W>, name: String) -> Result<()> {
        let mut sink = begin(npz, name, self.dtype, self.shape)?;
        sink.write_all(&self.bytes)?;
        sink.finish()
    }
}

/// One field of the value; without a name the value itself.
struct Field<'a, W> {
    npz: &'a mut NpzWriter<W>,
    name: Option<String>,
    /// The type of the field, which says what the elements of an empty array would be.
    id: TypeId,
    /// The shape of the array whose elements the sequence is; else it is the array.
    shape: Option<Vec<usize>>,
    /// Its own key has a slash.
    is_slashed: bool,
}

impl<'a, W: Write> Field<'a, W> {
    fn of<T: ?Sized>(npz: &'a mut NpzWriter<W>, name: Option<String>) -> Self {
        Field {
            npz,
            name,
            id: typeid::of::<T>(),
            shape: None,
            is_slashed: false,
        }
    }

    /// A number or string, which is measured like an element.
    fn element(self) -> Result<(), Stop> {
        Err(Stop::Measure)
    }

    fn folder(self) -> Result<Folder<'a, W>, Stop> {
        Ok(Folder {
            before: self.npz.count(),
            npz: self.npz,
            prefix: self.name.as_deref().map(inside).transpose()?.unwrap_or_default(),
            key: String::new(),
            is_map: false,
        })
    }
}

macro_rules! elements {
    ($($method:ident($T:ty)),*) => {$(
        fn $method(self, _: $T) -> Result<(), Stop> {
            self.element()
        }
    )*};
}

impl<'a, W: Write> Serializer for Field<'a, W> {
    type Ok = ();
    type Error = Stop;
    type SerializeSeq = Sequence<'a, W>;
    type SerializeTuple = Impossible<(), Stop>;
    type SerializeTupleStruct = Impossible<(), Stop>;
    type SerializeTupleVariant = Impossible<(), Stop>;
    type SerializeMap = Folder<'a, W>;
    type SerializeStruct = Struct<'a, W>;
    type SerializeStructVariant = Folder<'a, W>;

    elements! {
        serialize_bool(bool), serialize_i8(i8), serialize_i16(i16), serialize_i32(i32), serialize_i64(i64),
        serialize_i128(i128), serialize_u8(u8), serialize_u16(u16), serialize_u32(u32), serialize_u64(u64),
        serialize_u128(u128), serialize_f32(f32), serialize_f64(f64), serialize_char(char), serialize_str(&str),
        serialize_bytes(&[u8])
    }

    fn serialize_none(self) -> Result<(), Stop> {
        match self.name {
            Some(_) => Ok(()),
            None => Err(no_archive().into()),
        }
    }

    fn serialize_some<T: ?Sized + Serialize>(self, value: &T) -> Result<(), Stop> {
        match self.name {
            Some(name) => Ok(add_something(
                self.npz,
                name,
                self.is_slashed,
                value,
                "None in an Option would be read as no option at all; write the inner one alone",
            )?),
            None => value.serialize(self),
        }
    }

    fn serialize_unit(self) -> Result<(), Stop> {
        self.serialize_unit_struct("()")
    }

    fn serialize_unit_struct(self, name: &'static str) -> Result<(), Stop> {
        Err(unsupported(name).into())
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, _: &'static str) -> Result<(), Stop> {
        match self.is_slashed {
            true => Err(slashed().into()), // an enum is looked for in a folder too
            false => self.element(),
        }
    }

    fn serialize_newtype_struct<T: ?Sized + Serialize>(self, name: &'static str, value: &T) -> Result<(), Stop> {
        match (tag_of(name), self.name) {
            (Tag::None, Some(name)) => Ok(add(self.npz, name, self.is_slashed, value)?),
            (Tag::None, None) => value.serialize(Field::of::<T>(self.npz, None)),
            _ => Err(Stop::Measure),
        }
    }

    fn serialize_newtype_variant<T: ?Sized + Serialize>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Stop> {
        let folder = self.folder()?;
        Ok(add_something(
            folder.npz,
            folder.prefix + variant,
            false,
            value,
            "None as the value of a variant is no member, and the variant would be lost; give the value a name: \
             `Variant { value: None }`",
        )?)
    }

    fn serialize_seq(self, len: Option<usize>) -> Result<Sequence<'a, W>, Stop> {
        let (Some(name), Some(len)) = (self.name, len) else {
            return Err(Stop::Measure);
        };
        Ok(Sequence::Waiting {
            npz: self.npz,
            name,
            id: self.id,
            shape: self.shape.unwrap_or_else(|| vec![len]),
        })
    }

    fn serialize_tuple(self, _: usize) -> Result<Self::SerializeTuple, Stop> {
        Err(Stop::Measure)
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Self::SerializeTupleStruct, Stop> {
        Err(Stop::Measure)
    }

    fn serialize_tuple_variant(
        self,
        name: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, Stop> {
        let error = format!("{name}::{variant} has several values without names; give them names");
        Err(Error::new(ErrorKind::Element, error).into())
    }

    fn serialize_map(self, len: Option<usize>) -> Result<Folder<'a, W>, Stop> {
        Ok(Folder {
            // A struct with a flattened field is a map too, of a length that it does not know.
            is_map: len.is_some(),
            ..self.folder()?
        })
    }

    fn serialize_struct(self, name: &'static str, len: usize) -> Result<Struct<'a, W>, Stop> {
        Ok(match self.name {
            // What `ndarray` serializes an array as: its version, its shape and its elements.
            Some(member) if name == "Array" && len == 3 => Struct::Array {
                npz: self.npz,
                name: member,
                id: self.id,
                shape: Vec::new(),
            },
            name => Struct::Folder(Field { name, ..self }.folder()?),
        })
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Folder<'a, W>, Stop> {
        let mut folder = self.folder()?;
        folder.prefix = inside(&(folder.prefix + variant))?;
        Ok(folder)
    }

    fn is_human_readable(&self) -> bool {
        false
    }
}

/// A struct or map: its fields are members.
struct Folder<'a, W> {
    npz: &'a mut NpzWriter<W>,
    /// What the fields' names start with: nothing, or the names of folders, each with a slash.
    prefix: String,
    key: String,
    /// Whether its keys are values themselves, which must not be lost.
    is_map: bool,
    /// How many members there were before it.
    before: usize,
}

impl<W: Write> Folder<'_, W> {
    fn field<T: ?Sized + Serialize>(&mut self, key: &str, value: &T) -> Result<(), Stop> {
        Ok(add(self.npz, format!("{}{key}", self.prefix), false, value)?)
    }

    /// A folder without members would not be there when it is read: so it becomes an entry of its own, as zip archives
    /// have them of folders. Only where nothing else tells of it, as it is one more name in Python's `npz.files`.
    fn finish(self) -> Result<(), Stop> {
        if self.prefix.is_empty() || self.npz.count() > self.before {
            return Ok(());
        }
        let entry = self.npz.begin(self.prefix.clone(), Compression::Stored);
        let written = entry.and_then(Sink::finish);
        Ok(written.map_err(|error| at(self.npz, &self.prefix, error))?)
    }
}

/// Adds a field that must not be nothing, or the error that says `why`.
fn add_something<W: Write, T: Serialize + ?Sized>(
    npz: &mut NpzWriter<W>,
    name: String,
    is_slashed: bool,
    value: &T,
    why: &str,
) -> Result<()> {
    let before = npz.count();
    add(npz, name.clone(), is_slashed, value)?;
    match npz.count() > before {
        true => Ok(()),
        false => Err(at(npz, &name, Error::new(ErrorKind::Element, why.to_owned()))),
    }
}

/// The error for a key that would be cut at its slash when it is read. That of an array is whole, as no array is a folder.
#[cold]
fn slashed() -> Error {
    Error::new(
        ErrorKind::Element,
        "a key with a slash would be read as several, each a map inside the one before; only those of arrays, numbers and \
         text in a map of a known length may have one",
    )
}

impl<W: Write> SerializeMap for Folder<'_, W> {
    type Ok = ();
    type Error = Stop;

    fn serialize_key<T: ?Sized + Serialize>(&mut self, key: &T) -> Result<(), Stop> {
        self.key = key.serialize(KeySerializer)?;
        Ok(())
    }

    fn serialize_value<T: ?Sized + Serialize>(&mut self, value: &T) -> Result<(), Stop> {
        let key = std::mem::take(&mut self.key);
        let (name, is_slashed) = (format!("{}{key}", self.prefix), key.contains('/'));
        if !self.is_map {
            // Of a struct with a flattened field every name is a path; a map of unknown length could be one.
            let before = self.npz.count();
            self.field(&key, value)?;
            return match is_slashed && self.npz.count() > before {
                true => Err(at(self.npz, &name, slashed()).into()),
                false => Ok(()),
            };
        }
        add_something(
            self.npz,
            name.clone(),
            is_slashed,
            value,
            "None in a map is no member, and its key would be lost; leave the key out",
        )?;
        match is_slashed && !self.npz.has(&(name.clone() + ".npy")) {
            true => Err(at(self.npz, &name, slashed()).into()),
            false => Ok(()),
        }
    }

    fn end(self) -> Result<(), Stop> {
        self.finish()
    }
}

impl<W: Write> SerializeStructVariant for Folder<'_, W> {
    type Ok = ();
    type Error = Stop;

    fn serialize_field<T: ?Sized + Serialize>(&mut self, key: &'static str, value: &T) -> Result<(), Stop> {
        self.field(key, value)
    }

    fn end(self) -> Result<(), Stop> {
        self.finish()
    }
}

enum Struct<'a, W> {
    Folder(Folder<'a, W>),
    Array {
        npz: &'a mut NpzWriter<W>,
        name: String,
        id: TypeId,
        shape: Vec<usize>,
    },
}

impl<W: Write> SerializeStruct for Struct<'_, W> {
    type Ok = ();
    type Error = Stop;

    fn serialize_field<T: ?Sized + Serialize>(&mut self, key: &'static str, value: &T) -> Result<(), Stop> {
        let (npz, name, id, shape) = match self {
            Struct::Folder(folder) => return folder.field(key, value),
            Struct::Array { npz, name, id, shape } => (npz, name, *id, shape),
        };
        match key {
            "v" => Ok(()),
            "dim" => {
                *shape = dim(value)?;
                Ok(())
            }
            "data" => add_data(npz, name, id, shape, value),
            // A struct of the caller's that has the same name, and as many fields.
            _ => Err(Error::new(
                ErrorKind::Element,
                format!("a struct named Array with a field {key:?} is not ndarray's; rename it"),
            )
            .into()),
        }
    }

    fn end(self) -> Result<(), Stop> {
        match self {
            Struct::Folder(folder) => folder.finish(),
            Struct::Array { .. } => Ok(()),
        }
    }
}

/// The shape of an array, out of its serialized form: one number or a sequence of them.
fn dim<T: ?Sized + Serialize>(value: &T) -> Result<Vec<usize>> {
    serde_json::to_value(value)
        .and_then(serde_json::from_value)
        .map_err(|error| Error::new(ErrorKind::Element, format!("an array whose shape is none: {error}")))
}

/// The elements of an array.
fn add_data<W: Write, T: ?Sized + Serialize>(
    npz: &mut NpzWriter<W>,
    name: &str,
    id: TypeId,
    shape: &[usize],
    value: &T,
) -> Result<(), Stop> {
    let elements = Field {
        npz,
        name: Some(name.to_owned()),
        id,
        shape: Some(shape.to_vec()),
        is_slashed: false,
    };
    match value.serialize(elements) {
        Err(Stop::Measure) => {
            let mut array = measured(value)?;
            // The elements may have axes of their own, which come after the array's.
            let inner = array.shape.get(1..).unwrap_or_default().to_vec();
            array.shape = [shape, &inner].concat();
            Ok(array.write(npz, name.to_owned())?)
        }
        result => result,
    }
}
