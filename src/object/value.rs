//! What a Python object is here.

use std::fmt;
use std::sync::Arc;

use ndarray::ArrayD;
use num_complex::Complex;
use serde::de::{self, Deserialize, DeserializeOwned, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, Serializer};

use super::de::{self as own, De};
use super::instance::Instance;
use crate::element::scalar::Whole;
use crate::error::Result;
use crate::npy::DynArray;

/// A Python object that is plain data: the element of an object array whose type is known at run time only.
///
/// Object arrays (dtype `|O`, and records with `|O` fields) are pickles. They are read as data: no module is imported
/// and nothing is called, whatever the pickle asks for; what is not in this table is an error that names it.
///
/// | Python | [`Object`] | read as, through serde | written from, through serde |
/// |---|---|---|---|
/// | `None` | `None` | `Option`, `()`, JSON's `null` | `None`, `()` |
/// | `bool` | `Bool` | `bool` | `bool` |
/// | `int` | `Int`, `BigInt` | any integer that holds it, `f32`, `f64`; beyond 64 bits also a `String` of its digits, which it is where any type is taken (JSON) | integers |
/// | `float` | `Float` | `f32`, `f64`, `f16` | floats |
/// | `complex` | `Complex` | `Complex<f64>`, `(f64, f64)` | `Complex` |
/// | `str` | `Str` | `String`, `char`, the unit variant of an enum | text, unit variants |
/// | `str` with lone surrogates | `Surrogates` | error: no text of Rust's holds it | |
/// | `bytes`, `bytearray` | `Bytes`, `ByteArray` | `serde_bytes::ByteBuf`, `Vec<u8>` | `serde_bytes::Bytes` |
/// | `list`, `collections.deque` | `List` | a sequence, an array, a tuple | sequences |
/// | `tuple` | `Tuple` | the same; of a record array, a struct by the names of the fields | tuples, arrays |
/// | `set`, `frozenset` | `Set`, `FrozenSet` | a sequence or a set | |
/// | `dict`, `OrderedDict`, `defaultdict`, `Counter` | `Dict` | a struct, a map, an enum variant with content | structs, maps |
/// | NumPy scalars | `Scalar` | as an element of their dtype is | `Datetime64`, `Timedelta64` |
/// | NumPy arrays, nested | `Array` | sequences, one in the other, of elements; of no dimension: the element | |
/// | `datetime`, `date`, `time`, `timedelta`, `timezone` | `Instance` | text as ISO 8601 writes it; `Datetime64`, `Timedelta64` | |
/// | `Decimal`, `Fraction`, `range`, `slice`, `Ellipsis`, `NotImplemented` | `Instance` | text as Python's `str` gives it | |
///
/// An `Array<Object, D>` is written as dtype `|O`, and so is any array with
/// [`WriteOptions::dtype`](crate::WriteOptions::dtype).
///
/// Objects that share a part still share it here. What they would take if each were read on its own is limited to a
/// multiple (256) of the pickle's size, or to [`ReadOptions::max_bytes`](crate::ReadOptions::max_bytes) where that
/// is set; nesting is limited to 128.
///
/// # Examples
///
/// ```
/// use ndarray::{Array1, array};
/// use ndarray_io::{DynArray, Object, ReadNpyExt, WriteNpyExt, WriteOptions};
///
/// // As np.load(.., allow_pickle=True) reads it: array([list([1, 2]), list([3])], dtype=object)
/// let ragged = array![vec![1, 2], vec![3]];
/// let mut file = Vec::new();
/// ragged.write_npy_with(&mut file, &WriteOptions::new().dtype("|O".parse()?))?;
///
/// assert_eq!(Array1::<Vec<i32>>::read_npy(&file[..])?, ragged);
/// let json = Array1::<serde_json::Value>::read_npy(&file[..])?;
/// assert_eq!(json[1], serde_json::json!([3]));
///
/// let DynArray::Object(objects) = DynArray::read_npy(&file[..])? else { panic!("no objects") };
/// assert_eq!(objects[1], Object::from(vec![Object::Int(3)]));
/// assert_eq!(objects[0].to_string(), "[1, 2]");
/// assert_eq!(objects[0].to::<(u8, f64)>()?, (1, 2.0));
/// # Ok::<(), ndarray_io::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Object {
    /// `None`.
    None,
    /// A `bool`.
    Bool(bool),
    /// An `int` of at most 64 bits.
    Int(i64),
    /// The digits of a larger `int`, of 4300 at most, which is Python's limit on such text.
    BigInt(Arc<str>),
    /// A `float`.
    Float(f64),
    /// A `complex`.
    Complex(Complex<f64>),
    /// A `str`.
    Str(Arc<str>),
    /// A `str` with lone surrogates: its UTF-8 as Python's error handler `surrogatepass` writes it.
    Surrogates(Arc<[u8]>),
    /// A `bytes`.
    Bytes(Arc<[u8]>),
    /// A `bytearray`.
    ByteArray(Arc<[u8]>),
    /// A `list`.
    List(Arc<[Object]>),
    /// A `tuple`; also a record with object fields.
    Tuple(Arc<[Object]>),
    /// A `set`, in the order of the pickle.
    Set(Arc<[Object]>),
    /// A `frozenset`, in the order of the pickle.
    FrozenSet(Arc<[Object]>),
    /// A `dict`, in its order.
    Dict(Arc<[(Object, Object)]>),
    /// A NumPy scalar: an array of no dimension.
    Scalar(Arc<DynArray>),
    /// A NumPy array.
    Array(Arc<DynArray>),
    /// An object of one of the other types in the table.
    Instance(Arc<Instance>),
}

impl Whole for Object {}

impl Object {
    /// The object as a value of any type that serde can deserialize.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Dtype`](crate::ErrorKind::Dtype) if it is of another type, [`ErrorKind::Value`](crate::ErrorKind::Value)
    /// if it does not fit.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::Object;
    ///
    /// let dict = Object::from(vec![(Object::from("lr"), Object::from(0.5))]);
    /// let map: std::collections::HashMap<String, f64> = dict.to()?;
    /// assert_eq!(map["lr"], 0.5);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn to<T: DeserializeOwned>(&self) -> Result<T> {
        T::deserialize(De::new(self))
    }

    /// What Python calls its type.
    pub fn type_name(&self) -> &str {
        match self {
            Object::None => "NoneType",
            Object::Bool(_) => "bool",
            Object::Int(_) | Object::BigInt(_) => "int",
            Object::Float(_) => "float",
            Object::Complex(_) => "complex",
            Object::Str(_) | Object::Surrogates(_) => "str",
            Object::Bytes(_) => "bytes",
            Object::ByteArray(_) => "bytearray",
            Object::List(_) => "list",
            Object::Tuple(_) => "tuple",
            Object::Set(_) => "set",
            Object::FrozenSet(_) => "frozenset",
            Object::Dict(_) => "dict",
            Object::Scalar(_) => "numpy.generic",
            Object::Array(_) => "numpy.ndarray",
            Object::Instance(instance) => instance.class(),
        }
    }
}

/// As Python's `repr` shows it, but for NumPy's own values and those of the types that have a text.
impl fmt::Display for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Object::None => f.write_str("None"),
            Object::Bool(value) => f.write_str(if *value { "True" } else { "False" }),
            Object::Int(value) => value.fmt(f),
            Object::BigInt(digits) => f.write_str(digits),
            Object::Float(value) => write_float(f, *value),
            Object::Complex(value) => value.fmt(f),
            Object::Str(text) => write!(f, "'{}'", text.replace('\\', "\\\\").replace('\'', "\\'")),
            Object::Surrogates(bytes) => write!(f, "'{}'", bytes.escape_ascii()),
            Object::Bytes(bytes) => write!(f, "b'{}'", bytes.escape_ascii()),
            Object::ByteArray(bytes) => write!(f, "bytearray(b'{}')", bytes.escape_ascii()),
            Object::List(items) => write_items(f, "[", items, "]"),
            Object::Tuple(items) if items.len() == 1 => write_items(f, "(", items, ",)"),
            Object::Tuple(items) => write_items(f, "(", items, ")"),
            Object::Set(items) if items.is_empty() => f.write_str("set()"),
            Object::Set(items) => write_items(f, "{", items, "}"),
            Object::FrozenSet(items) if items.is_empty() => f.write_str("frozenset()"),
            Object::FrozenSet(items) => write_items(f, "frozenset({", items, "})"),
            Object::Dict(items) => {
                f.write_str("{")?;
                for (index, (key, value)) in items.iter().enumerate() {
                    let comma = if index > 0 { ", " } else { "" };
                    write!(f, "{comma}{key}: {value}")?;
                }
                f.write_str("}")
            }
            Object::Scalar(value) => value.fmt(f),
            Object::Array(array) => write!(f, "array({array})"),
            Object::Instance(instance) => instance.fmt(f),
        }
    }
}

fn write_items(f: &mut fmt::Formatter<'_>, open: &str, items: &[Object], close: &str) -> fmt::Result {
    f.write_str(open)?;
    for (index, item) in items.iter().enumerate() {
        let comma = if index > 0 { ", " } else { "" };
        write!(f, "{comma}{item}")?;
    }
    f.write_str(close)
}

fn write_float(f: &mut fmt::Formatter<'_>, value: f64) -> fmt::Result {
    match value.is_finite() {
        true => write!(f, "{value:?}"),
        false => write!(f, "{}", value.to_string().to_lowercase()), // nan, inf
    }
}

macro_rules! from {
    ($($T:ty => |$value:ident| $object:expr;)*) => {$(
        impl From<$T> for Object {
            fn from($value: $T) -> Object {
                $object
            }
        }
    )*};
}
from! {
    () => |_unit| Object::None;
    bool => |value| Object::Bool(value);
    i32 => |value| Object::Int(value.into());
    i64 => |value| Object::Int(value);
    f64 => |value| Object::Float(value);
    Complex<f64> => |value| Object::Complex(value);
    &str => |text| Object::Str(text.into());
    String => |text| Object::Str(text.into());
    Vec<Object> => |items| Object::List(items.into());
    Vec<(Object, Object)> => |items| Object::Dict(items.into());
    DynArray => |array| Object::Array(array.into());
}

impl Serialize for Object {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let sequence = |serializer: S, items: &[Object]| serializer.collect_seq(items);
        match self {
            Object::None => serializer.serialize_none(),
            Object::Bool(value) => serializer.serialize_bool(*value),
            Object::Int(value) => serializer.serialize_i64(*value),
            Object::BigInt(digits) => match digits.parse::<u64>() {
                Ok(value) => serializer.serialize_u64(value),
                Err(_) => serializer.serialize_str(digits),
            },
            Object::Float(value) => serializer.serialize_f64(*value),
            Object::Complex(value) => value.serialize(serializer),
            Object::Str(text) => serializer.serialize_str(text),
            Object::Surrogates(bytes) | Object::Bytes(bytes) | Object::ByteArray(bytes) => {
                serializer.serialize_bytes(bytes)
            }
            Object::List(items) | Object::Tuple(items) | Object::Set(items) | Object::FrozenSet(items) => {
                sequence(serializer, items)
            }
            Object::Dict(items) => {
                let mut map = serializer.serialize_map(Some(items.len()))?;
                for (key, value) in items.iter() {
                    map.serialize_entry(key, value)?;
                }
                map.end()
            }
            Object::Scalar(_) | Object::Array(_) => own::plain(self)
                .map_err(serde::ser::Error::custom)?
                .serialize(serializer),
            Object::Instance(instance) => serializer.serialize_str(instance.text()),
        }
    }
}

/// From any format that describes itself: maps become dicts, sequences lists.
impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Object, D::Error> {
        deserializer.deserialize_any(ObjectVisitor)
    }
}

struct ObjectVisitor;

impl<'de> Visitor<'de> for ObjectVisitor {
    type Value = Object;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("plain data")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Object, E> {
        Ok(Object::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Object, E> {
        Ok(Object::Int(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Object, E> {
        Ok(i64::try_from(value).map_or_else(|_| Object::BigInt(value.to_string().into()), Object::Int))
    }

    fn visit_i128<E>(self, value: i128) -> Result<Object, E> {
        Ok(i64::try_from(value).map_or_else(|_| Object::BigInt(value.to_string().into()), Object::Int))
    }

    fn visit_u128<E>(self, value: u128) -> Result<Object, E> {
        Ok(i64::try_from(value).map_or_else(|_| Object::BigInt(value.to_string().into()), Object::Int))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Object, E> {
        Ok(Object::Float(value))
    }

    fn visit_str<E>(self, text: &str) -> Result<Object, E> {
        Ok(Object::from(text))
    }

    fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Object, E> {
        Ok(Object::Bytes(bytes.into()))
    }

    fn visit_none<E>(self) -> Result<Object, E> {
        Ok(Object::None)
    }

    fn visit_unit<E>(self) -> Result<Object, E> {
        Ok(Object::None)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Object, D::Error> {
        Object::deserialize(deserializer)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Object, D::Error> {
        Object::deserialize(deserializer)
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut sequence: S) -> Result<Object, S::Error> {
        let mut items = Vec::new();
        while let Some(item) = sequence.next_element::<Object>()? {
            items.push(item);
        }
        Ok(Object::List(items.into()))
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Object, M::Error> {
        let mut items = Vec::new();
        while let Some(item) = map.next_entry::<Object, Object>()? {
            items.push(item);
        }
        Ok(Object::Dict(items.into()))
    }

    fn visit_enum<A: de::EnumAccess<'de>>(self, _: A) -> Result<Object, A::Error> {
        Err(de::Error::custom("an enum of a format that is not self-describing"))
    }
}

/// The elements as objects.
pub(crate) type Objects = ArrayD<Object>;
