//! What is done in the stead of what a pickle would call. Nothing is called: each name is known here, or an error.

use std::sync::Arc;

use super::globals::Global;
use super::heap::{ArrayCell, Cell, DtypeCell, Heap, Value, leaf, raw};
use super::input::bad;
use super::value::Instance;
use crate::dtype::Kind;
use crate::error::Result;

impl Heap {
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
}

fn number(value: Value) -> Option<f64> {
    match value {
        Value::Float(value) => Some(value),
        Value::Int(value) => Some(value as f64), // as Python's complex(1, 2)
        _ => None,
    }
}
