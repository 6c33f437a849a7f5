//! What a Python object is here.

use std::fmt;
use std::sync::Arc;

use num_complex::Complex;

use super::class::Class;
use crate::element::scalar::Whole;
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

/// A `datetime`, `Decimal` or another Python object that a text tells all of.
///
/// # Examples
///
/// ```
/// use ndarray_io::{DynArray, Object, ReadNpyExt};
///
/// // np.array([decimal.Decimal("1.50")], dtype=object), pickled with protocol 0
/// let file = b"\x93NUMPY\x01\0\x45\0{'descr': '|O', 'fortran_order': False, 'shape': (1,), }            \n\
///     cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(I0\ntS'b'\ntR(I1\n(I1\ntcnumpy\ndtype\n(S'O8'\n\
///     I0\nI1\ntR(I3\nS'|'\nNNNI-1\nI-1\nI63\ntbI00\n(lcdecimal\nDecimal\n(V1.50\ntRatb.";
/// let DynArray::Object(objects) = DynArray::read_npy(&file[..])? else { panic!("no objects") };
/// let Object::Instance(price) = &objects[0] else { panic!("no instance") };
/// assert_eq!((price.class(), price.text()), ("decimal.Decimal", "1.50"));
/// assert_eq!(objects[0].to::<String>()?, "1.50");
/// # Ok::<(), ndarray_io::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Instance {
    pub(super) class: Class,
    /// What Python calls the class with to make it again.
    pub(super) args: Arc<[Object]>,
    pub(super) text: String,
    /// Microseconds: since 1970 for a `datetime` without time zone or a `date`, in all for a `timedelta`.
    pub(super) micros: Option<i64>,
}

impl Whole for Object {}

impl Object {
    /// What Python calls its type.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::Object;
    ///
    /// assert_eq!(Object::from("text").type_name(), "str");
    /// ```
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

impl Instance {
    /// The class, with its module: `datetime.date`.
    ///
    /// # Examples
    ///
    /// ```
    /// # use ndarray_io::{DynArray, Object, ReadNpyExt};
    /// # let file = b"\x93NUMPY\x01\0\x45\0{'descr': '|O', 'fortran_order': False, 'shape': (1,), }            \n\
    /// #     cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(I0\ntS'b'\ntR(I1\n(I1\ntcnumpy\ndtype\n(S'O8'\n\
    /// #     I0\nI1\ntR(I3\nS'|'\nNNNI-1\nI-1\nI63\ntbI00\n(lcdecimal\nDecimal\n(V1.50\ntRatb.";
    /// // np.array([decimal.Decimal("1.50")], dtype=object)
    /// let DynArray::Object(objects) = DynArray::read_npy(&file[..])? else { panic!("no objects") };
    /// let Object::Instance(price) = &objects[0] else { panic!("no instance") };
    /// assert_eq!(price.class(), "decimal.Decimal");
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn class(&self) -> &'static str {
        self.class.full_name()
    }

    /// The text: ISO 8601 for what `datetime` has, else what Python's `str` gives.
    ///
    /// # Examples
    ///
    /// ```
    /// # use ndarray_io::{DynArray, Object, ReadNpyExt};
    /// # let file = b"\x93NUMPY\x01\0\x45\0{'descr': '|O', 'fortran_order': False, 'shape': (1,), }            \n\
    /// #     cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(I0\ntS'b'\ntR(I1\n(I1\ntcnumpy\ndtype\n(S'O8'\n\
    /// #     I0\nI1\ntR(I3\nS'|'\nNNNI-1\nI-1\nI63\ntbI00\n(lcdecimal\nDecimal\n(V1.50\ntRatb.";
    /// // np.array([decimal.Decimal("1.50")], dtype=object)
    /// let DynArray::Object(objects) = DynArray::read_npy(&file[..])? else { panic!("no objects") };
    /// let Object::Instance(price) = &objects[0] else { panic!("no instance") };
    /// assert_eq!(price.text(), "1.50");
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn text(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for Instance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
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
