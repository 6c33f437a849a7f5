//! The names that a pickle may ask for, and what is done in their stead. Nothing is looked up and nothing is called:
//! each is known here, or an error.

use std::collections::HashMap;
use std::sync::Arc;

use super::freeze::{leaf, raw};
use super::instance::{Class, Instance};
use super::value::Object;
use super::vm::{ArrayCell, Cell, DtypeCell, Machine, Value, bad};
use crate::dtype::{ByteOrder, Dtype, Field, Kind};
use crate::error::{Error, ErrorKind, Result};

/// NumPy's own limit for an array's dimensions.
const MAX_DIMS: usize = 64;

/// A dtype may be made of others that it shares: what it would be written out is limited.
const MAX_DTYPE_PARTS: usize = 10_000;
const MAX_DTYPE_DEPTH: usize = 32;

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

impl Machine<'_> {
    /// What `called(*args)` makes.
    pub(super) fn call(&mut self, called: Value, args: &[Value]) -> Result<Value> {
        let Value::Global(global) = called else {
            return Err(bad("an object that is called is no class or function"));
        };
        let cell = match (global, args) {
            (Global::Reconstruct, &[Value::Global(Global::Ndarray), ..]) => Cell::Array(None),
            (Global::Reconstruct, _) => return Err(bad("an array of a class that is not NumPy's own")),
            (Global::FromBuffer, &[data, dtype, shape, order, ref axes @ ..]) => {
                let dtype = self.dtype(dtype)?;
                let axes = match (self.text(order), axes) {
                    (Some("K"), &[axes]) if !matches!(axes, Value::None) => Some(self.sizes(axes)?),
                    (Some("C" | "F" | "A" | "K"), _) => None,
                    _ => return Err(bad("an array of an unknown order")),
                };
                Cell::Array(Some(Box::new(ArrayCell {
                    dtype: dtype.dtype,
                    shape: self.sizes(shape)?,
                    axes,
                    fortran: self.text(order) == Some("F"),
                    data,
                })))
            }
            (Global::Scalar, &[dtype, value]) => match self.dtype(dtype)?.dtype {
                // The object itself, which needs no dtype.
                Some(dtype) if dtype.kind() == Kind::Object => return Ok(value),
                Some(dtype) if !dtype.has_object() => Cell::Scalar(Box::new((dtype, value))),
                _ => return Err(bad("a NumPy scalar of a dtype that has none")),
            },
            (Global::Scalar, &[dtype]) => match self.dtype(dtype)?.dtype {
                Some(dtype) if dtype.itemsize() == 0 => {
                    let empty = self.new_cell(Cell::Bytes(Arc::new([])))?;
                    Cell::Scalar(Box::new((dtype, empty)))
                }
                _ => return Err(bad("a NumPy scalar without a value")),
            },
            (Global::Dtype, &[name, ..]) => self.named_dtype(name)?,
            (Global::StringDtype, _) => Cell::Dtype(Box::new(DtypeCell {
                dtype: None,
                parts: 1,
                depth: 1,
            })),
            (Global::Encode, &[text, encoding]) => match (self.text(text), self.text(encoding)) {
                (Some(text), Some("latin1" | "latin-1" | "iso-8859-1")) => {
                    let bytes: Option<Vec<u8>> = text.chars().map(|c| u8::try_from(c).ok()).collect();
                    let bytes = bytes.ok_or_else(|| bad("bytes that are no Latin-1"))?;
                    self.charge(bytes.len())?;
                    Cell::Bytes(bytes.into())
                }
                _ => return Err(bad("bytes in an encoding other than Latin-1")),
            },
            (Global::Bytes, []) => Cell::Bytes(Arc::new([])),
            (Global::ByteArray, []) => Cell::ByteArray(Arc::new([])),
            (Global::Bytes | Global::ByteArray, &[bytes, ref encoding @ ..]) if encoding.len() < 2 => {
                let bytes = self
                    .cell(bytes)
                    .and_then(raw)
                    .ok_or_else(|| bad("bytes that are made of no bytes"))?;
                self.charge(bytes.len())?;
                match global {
                    Global::Bytes => Cell::Bytes(bytes),
                    _ => Cell::ByteArray(bytes),
                }
            }
            (Global::Set, _) => Cell::Set(self.items(args)?),
            (Global::FrozenSet, _) => Cell::FrozenSet(self.items(args)?),
            (Global::Complex, &[re, im]) => match (number(re), number(im)) {
                (Some(re), Some(im)) => Cell::Complex(re, im),
                _ => return Err(bad("a `complex` that is not made of two numbers")),
            },
            (Global::Deque, [] | [_]) => Cell::List(self.items(args)?),
            (Global::Deque, &[items, _maxlen]) => Cell::List(self.items(&[items])?),
            (Global::DefaultDict, [] | [Value::None | Value::Global(_)]) => Cell::Dict(Vec::new()),
            (Global::OrderedDict, []) => Cell::Dict(Vec::new()),
            (Global::OrderedDict | Global::Counter, &[items]) => self.dict(items)?,
            (Global::Class(class), args) if !class.is_constant() => {
                let args = args.iter().map(|&arg| leaf(self, arg)).collect::<Option<Vec<_>>>();
                let instance = args.and_then(|args| Instance::new(class, args.into()));
                let instance =
                    instance.ok_or_else(|| bad(format!("a `{}` whose parts are invalid", class.full_name())))?;
                self.charge(instance.text().len())?;
                Cell::Instance(Arc::new(instance))
            }
            _ => return Err(bad("an object that is made of what it cannot be made of")),
        };
        self.new_cell(cell)
    }

    /// Sets the state of an object that was made before.
    pub(super) fn build(&mut self, object: Value, state: Value) -> Result<()> {
        let cell = match self.cell(object) {
            Some(Cell::Array(None)) => {
                let state = self.tuple(state)?;
                let &([_, shape, dtype, fortran, data] | [shape, dtype, fortran, data]) = state else {
                    return Err(bad("an array whose state is malformed"));
                };
                Cell::Array(Some(Box::new(ArrayCell {
                    dtype: self.dtype(dtype)?.dtype,
                    shape: self.sizes(shape)?,
                    axes: None,
                    fortran: matches!(fortran, Value::Bool(true) | Value::Int(1)),
                    data,
                })))
            }
            Some(Cell::Dtype(dtype)) => {
                let dtype = DtypeCell::clone(dtype);
                Cell::Dtype(Box::new(self.dtype_of_state(dtype, state)?))
            }
            _ => return Err(bad("a state is set of an object that is no plain data")),
        };
        if let Some(slot) = self.cell_mut(object) {
            *slot = cell;
        }
        Ok(())
    }

    pub(super) fn dtype(&self, value: Value) -> Result<DtypeCell> {
        match self.cell(value) {
            Some(Cell::Dtype(dtype)) => Ok(DtypeCell::clone(dtype)),
            _ => Err(bad("a dtype was expected")),
        }
    }

    /// A copy of the items of a sequence, which may be missing.
    fn items(&mut self, args: &[Value]) -> Result<Vec<Value>> {
        let items = match args {
            [] => return Ok(Vec::new()),
            &[items] => items,
            _ => return Err(bad("a collection that is made of more than one sequence")),
        };
        let items = match self.cell(items) {
            Some(Cell::List(items) | Cell::Tuple(items) | Cell::Set(items) | Cell::FrozenSet(items)) => items.clone(),
            _ => return Err(bad("a collection that is made of no sequence")),
        };
        self.charge(size_of_val(items.as_slice()))?;
        Ok(items)
    }

    fn dict(&mut self, items: Value) -> Result<Cell> {
        let pairs = match self.cell(items) {
            Some(Cell::Dict(pairs)) => pairs.clone(),
            Some(Cell::List(items)) => {
                let pair = |&item: &Value| match self.cell(item) {
                    Some(Cell::List(pair) | Cell::Tuple(pair)) => match pair.as_slice() {
                        &[key, value] => Some((key, value)),
                        _ => None,
                    },
                    _ => None,
                };
                let pairs: Option<Vec<_>> = items.iter().map(pair).collect();
                pairs.ok_or_else(|| bad("a dict that is not made of pairs"))?
            }
            _ => return Err(bad("a dict that is made of no dict")),
        };
        self.charge(size_of_val(pairs.as_slice()))?;
        Ok(Cell::Dict(pairs))
    }

    /// A shape, or a length that is one.
    fn sizes(&self, shape: Value) -> Result<Vec<usize>> {
        let one = [shape];
        let sizes = match self.cell(shape) {
            Some(Cell::Tuple(sizes)) if sizes.len() <= MAX_DIMS => sizes,
            _ => one.as_slice(),
        };
        let size = |&size: &Value| match size {
            Value::Int(size) => usize::try_from(size).ok(),
            _ => None,
        };
        let sizes: Option<Vec<usize>> = sizes.iter().map(size).collect();
        sizes.ok_or_else(|| bad(format!("a shape that is no tuple of at most {MAX_DIMS} sizes")))
    }

    /// `numpy.dtype(name, ..)`, whose state is still to come.
    fn named_dtype(&self, name: Value) -> Result<Cell> {
        let name = match name {
            Value::Global(Global::Record) => "V0",
            name => self.text(name).ok_or_else(|| bad("a dtype whose name is no text"))?,
        };
        let plain = name.len() < 32
            && name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"<>|=".contains(&byte));
        let dtype = match plain {
            true => name.parse::<Dtype>().ok(),
            false => None,
        };
        Ok(Cell::Dtype(Box::new(DtypeCell {
            dtype: Some(dtype.ok_or_else(|| bad("a dtype whose name is unknown"))?),
            parts: 1,
            depth: 1,
        })))
    }

    /// NumPy's `dtype.__setstate__`: version, byte order, subarray, names, fields, itemsize, alignment, flags, and of
    /// a datetime the unit.
    fn dtype_of_state(&mut self, made: DtypeCell, state: Value) -> Result<DtypeCell> {
        let malformed = || bad("a dtype whose state is malformed");
        let state = self.tuple(state)?.iter().take(16).copied().collect::<Vec<_>>();
        let &[
            _version,
            order,
            subarray,
            names,
            fields,
            itemsize,
            _alignment,
            flags,
            ref metadata @ ..,
        ] = &*state
        else {
            return Err(malformed());
        };
        let Some(dtype) = made.dtype else {
            return Err(malformed());
        };
        let order = match self.text(order) {
            Some("<") => ByteOrder::Little,
            Some(">") => ByteOrder::Big,
            Some("|" | "=") => ByteOrder::NATIVE,
            _ => return Err(malformed()),
        };
        let size = match itemsize {
            Value::Int(-1) => dtype.itemsize(),
            Value::Int(size) => usize::try_from(size).map_err(|_| malformed())?,
            _ => return Err(malformed()),
        };
        let mut parts = 1;
        let mut depth = 1;
        let mut holds = |inner: &DtypeCell| {
            parts = inner.parts.saturating_add(parts);
            depth = depth.max(inner.depth + 1);
            match parts > MAX_DTYPE_PARTS || depth > MAX_DTYPE_DEPTH {
                true => Err(Error::new(
                    ErrorKind::Limit,
                    format!("a dtype of more than {MAX_DTYPE_PARTS} parts or {MAX_DTYPE_DEPTH} levels"),
                )),
                false => inner.dtype.clone().ok_or_else(malformed),
            }
        };
        let dtype = match (subarray, names) {
            (Value::None, Value::None) => {
                let unit = match metadata {
                    [unit] => self.unit(*unit).ok_or_else(malformed)?,
                    _ => None,
                };
                match unit {
                    Some(unit) if dtype.unit().is_some() => {
                        let kind = dtype.to_string().trim_matches(['\'', '<', '>', '|']).to_owned();
                        format!("{kind}[{unit}]").parse::<Dtype>().map_err(|_| malformed())?
                    }
                    _ => dtype,
                }
                .with_byte_order(order)
            }
            (subarray, Value::None) => {
                let &[base, shape] = self.tuple(subarray)? else {
                    return Err(malformed());
                };
                let shape = self.sizes(shape)?;
                Dtype::subarray(holds(&self.dtype(base)?)?, shape).map_err(|error| bad(error.to_string()))?
            }
            (_, names) => {
                let names = self.tuple(names)?.to_vec();
                self.charge(size_of_val(names.as_slice()))?;
                let Some(Cell::Dict(pairs)) = self.cell(fields) else {
                    return Err(malformed());
                };
                let by_name: HashMap<&str, Value> = (pairs.iter())
                    .filter_map(|&(name, field)| Some((self.text(name)?, field)))
                    .collect();
                let mut fields = Vec::with_capacity(names.len());
                for name in names {
                    let name = self.text(name).ok_or_else(malformed)?;
                    let field = by_name.get(name).copied().ok_or_else(malformed)?;
                    let (inner, offset, title) = match *self.tuple(field)? {
                        [inner, Value::Int(offset)] => (inner, offset, None),
                        [inner, Value::Int(offset), title] => (inner, offset, self.text(title).map(str::to_owned)),
                        _ => return Err(malformed()),
                    };
                    fields.push(Field {
                        name: name.to_owned(),
                        title,
                        offset: usize::try_from(offset).map_err(|_| malformed())?,
                        dtype: holds(&self.dtype(inner)?)?,
                    });
                }
                // NumPy lets the names be in another order than the fields.
                fields.sort_by_key(|field| field.offset);
                let end = |field: &Field| field.offset.saturating_add(field.dtype.itemsize());
                let in_reach = fields.iter().all(|field| end(field) <= size);
                let aligned = matches!(flags, Value::Int(flags) if flags & 0x80 != 0);
                match in_reach {
                    true => Dtype::record_at(fields, size, aligned).map_err(|error| bad(error.to_string()))?,
                    false => return Err(malformed()),
                }
            }
        };
        let bytes = fields_charge(&dtype);
        self.charge(bytes)?;
        Ok(DtypeCell {
            dtype: Some(dtype),
            parts,
            depth,
        })
    }

    /// The unit of a datetime, `25s`, out of `(.., (unit, step, 1, 1))`; `None` if there is none to read.
    fn unit(&self, metadata: Value) -> Option<Option<String>> {
        let Ok(&[_, unit]) = self.tuple(metadata) else {
            return Some(None);
        };
        let &[unit, step, divisor, _events] = self.tuple(unit).ok()? else {
            return None;
        };
        let unit = String::from_utf8(raw(self.cell(unit)?)?.to_vec()).ok()?;
        match (unit.as_str(), step, divisor) {
            ("generic", ..) => Some(None),
            (_, Value::Int(step @ 1..), Value::Int(1)) if unit.len() <= 2 => Some(Some(format!("{step}{unit}"))),
            _ => None,
        }
    }
}

/// What the names of a record's fields take.
fn fields_charge(dtype: &Dtype) -> usize {
    (dtype.fields().iter())
        .map(|field| size_of::<Field>() + field.name().len() + field.title().map_or(0, str::len))
        .sum()
}

fn number(value: Value) -> Option<f64> {
    match value {
        Value::Float(value) => Some(value),
        Value::Int(value) => Some(value as f64), // as Python's complex(1, 2)
        _ => None,
    }
}

/// A constant as an object; `None` for what is a class or a function.
pub(super) fn constant(global: Global) -> Option<Object> {
    match global {
        Global::Class(class) if class.is_constant() => {
            Some(Object::Instance(Arc::new(Instance::new(class, Arc::new([]))?)))
        }
        _ => None,
    }
}
