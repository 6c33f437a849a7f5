//! The names that a pickle may ask for: each is known here, or an error. Nothing is looked up.

use super::class::Class;
use super::input::bad;
use crate::error::{Error, Result};

const TYPES: [&str; 9] = [
    "bool", "int", "long", "float", "str", "unicode", "list", "tuple", "dict",
];

/// A name that a pickle may ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Global {
    Reconstruct,
    FromBuffer,
    Scalar,
    Dtype,
    StringDtype,
    Ndarray,
    /// `numpy.record`, as a recarray's dtype has it.
    Record,
    Encode,
    Bytes,
    ByteArray,
    Set,
    FrozenSet,
    Complex,
    /// One of Python's own types, which a defaultdict names: where it is in `TYPES`.
    Type(u8),
    OrderedDict,
    DefaultDict,
    Counter,
    Deque,
    Class(Class),
}

impl Global {
    /// The one of that name.
    pub(super) fn find(module: &str, name: &str) -> Result<Global> {
        let numpy = (module.strip_prefix("numpy.core")).or_else(|| module.strip_prefix("numpy._core"));
        Ok(match (numpy.unwrap_or(module), name) {
            (".multiarray", "_reconstruct") => Global::Reconstruct,
            (".multiarray", "scalar") => Global::Scalar,
            (".numeric", "_frombuffer") => Global::FromBuffer,
            ("._internal", "_convert_to_stringdtype_kwargs") | ("numpy.dtypes", "StringDType") => Global::StringDtype,
            ("numpy", "dtype") => Global::Dtype,
            ("numpy", "record") | (".records" | "numpy.rec", "record") => Global::Record,
            ("numpy", "ndarray" | "recarray" | "matrix" | "memmap")
            | (".records" | "numpy.rec", "recarray")
            | (".memmap", "memmap")
            | ("numpy.matrixlib.defmatrix", "matrix") => Global::Ndarray,
            ("_codecs", "encode") => Global::Encode,
            ("builtins" | "__builtin__", "bytes") => Global::Bytes,
            ("builtins" | "__builtin__", "bytearray") => Global::ByteArray,
            ("builtins" | "__builtin__", "set") => Global::Set,
            ("builtins" | "__builtin__", "frozenset") => Global::FrozenSet,
            ("builtins" | "__builtin__", "complex") => Global::Complex,
            ("collections", "OrderedDict") => Global::OrderedDict,
            ("collections", "defaultdict") => Global::DefaultDict,
            ("collections", "Counter") => Global::Counter,
            ("collections" | "_collections", "deque") => Global::Deque,
            _ => {
                let of_python = (module == "builtins" || module == "__builtin__").then_some(TYPES);
                let found = of_python.and_then(|types| (0_u8..).zip(types).find(|(_, known)| *known == name));
                match (found, Class::of(module, name)) {
                    (Some((index, _)), _) => Global::Type(index),
                    (_, Some(class)) => Global::Class(class),
                    _ => return Err(unknown(module, name)),
                }
            }
        })
    }
}

impl std::fmt::Display for Global {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Global::Reconstruct => "numpy.core.multiarray._reconstruct",
            Global::FromBuffer => "numpy.core.numeric._frombuffer",
            Global::Scalar => "numpy.core.multiarray.scalar",
            Global::Dtype => "numpy.dtype",
            Global::StringDtype => "numpy.dtypes.StringDType",
            Global::Ndarray => "numpy.ndarray",
            Global::Record => "numpy.record",
            Global::Encode => "_codecs.encode",
            Global::Bytes => "bytes",
            Global::ByteArray => "bytearray",
            Global::Set => "set",
            Global::FrozenSet => "frozenset",
            Global::Complex => "complex",
            Global::Type(index) => TYPES.get(usize::from(*index)).copied().unwrap_or("type"),
            Global::OrderedDict => "collections.OrderedDict",
            Global::DefaultDict => "collections.defaultdict",
            Global::Counter => "collections.Counter",
            Global::Deque => "collections.deque",
            Global::Class(class) => class.full_name(),
        })
    }
}

#[cold]
fn unknown(module: &str, name: &str) -> Error {
    // A hostile name can be of any length.
    let shown: String = format!("{module}.{name}").chars().take(200).collect();
    bad(format!(
        "the pickle asks for `{shown}`, which is no plain data; nothing is imported and nothing is run"
    ))
}
