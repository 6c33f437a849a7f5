//! The objects that a pickle builds, until `freeze` makes values of them.
//!
//! They live in one list and refer to each other by index: a pickle may share them, change them after they are shared,
//! and make them contain themselves. None of that needs recursion here.

use std::sync::Arc;

use super::globals::Global;
use super::input::bad;
use super::value::{Instance, Object};
use crate::dtype::Dtype;
use crate::error::Result;
use crate::limits::{self, OBJECT_COPIES};

/// An object, or where it is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Value {
    None,
    Bool(bool),
    Int(i64),
    Float(f64),
    Global(Global),
    At(u32),
}

#[derive(Debug)]
pub(super) enum Cell {
    BigInt(Arc<str>),
    Complex(f64, f64),
    Str(Arc<str>),
    Surrogates(Arc<[u8]>),
    Bytes(Arc<[u8]>),
    ByteArray(Arc<[u8]>),
    List(Vec<Value>),
    Tuple(Vec<Value>),
    Set(Vec<Value>),
    FrozenSet(Vec<Value>),
    Dict(Vec<(Value, Value)>),
    Dtype(Box<DtypeCell>),
    /// `None` until its state is set.
    Array(Option<Box<ArrayCell>>),
    Scalar(Box<(Dtype, Value)>),
    Instance(Arc<Instance>),
    /// What `freeze` is at, and what it has done.
    Busy,
    Frozen(Box<Frozen>),
}

#[derive(Clone, Debug)]
pub(super) struct DtypeCell {
    /// `None` is NumPy's `StringDType`, whose arrays are lists of `str`.
    pub(super) dtype: Option<Dtype>,
    /// How many dtypes it is made of, all told.
    pub(super) parts: usize,
    pub(super) depth: usize,
}

#[derive(Debug)]
pub(super) struct ArrayCell {
    pub(super) dtype: Option<Dtype>,
    pub(super) shape: Vec<usize>,
    /// Which axes of the data each axis is, if not one after the other.
    pub(super) axes: Option<Vec<usize>>,
    pub(super) fortran: bool,
    /// A list of objects in C order, else bytes.
    pub(super) data: Value,
}

/// An object that was made before, and what it costs those that share it.
#[derive(Debug)]
pub(super) struct Frozen {
    pub(super) object: Object,
    pub(super) weight: Weight,
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Weight {
    /// The bytes that it takes if nothing in it is shared.
    pub(super) cost: u64,
    /// The levels in it.
    pub(super) height: usize,
}

/// All objects of a pickle.
#[derive(Debug, Default)]
pub(super) struct Heap {
    pub(super) cells: Vec<Cell>,
    /// The bytes of the pickle so far.
    pub(super) seen: u64,
    /// The bytes that were copied at the pickle's word.
    copied: u64,
}

impl Heap {
    pub(super) fn new_cell(&mut self, cell: Cell) -> Result<Value> {
        let index = u32::try_from(self.cells.len()).map_err(|_| bad("more than 2^32 objects"))?;
        self.cells.push(cell);
        Ok(Value::At(index))
    }

    pub(super) fn cell(&self, value: Value) -> Option<&Cell> {
        match value {
            Value::At(index) => self.cells.get(index as usize),
            _ => None,
        }
    }

    pub(super) fn cell_mut(&mut self, value: Value) -> Option<&mut Cell> {
        match value {
            Value::At(index) => self.cells.get_mut(index as usize),
            _ => None,
        }
    }

    pub(super) fn text(&self, value: Value) -> Option<&str> {
        match self.cell(value) {
            Some(Cell::Str(text)) => Some(text),
            _ => None,
        }
    }

    /// Counts the bytes of a copy.
    pub(super) fn charge(&mut self, bytes: usize) -> Result<()> {
        self.copied = self.copied.saturating_add(bytes as u64);
        match self.copied > self.seen.saturating_add(1024).saturating_mul(OBJECT_COPIES) {
            true => Err(limits::exceeded(format!(
                "objects that are copied so often that they take more than {OBJECT_COPIES} times the pickle"
            ))),
            false => Ok(()),
        }
    }

    pub(super) fn tuple(&self, value: Value) -> Result<&[Value]> {
        match self.cell(value) {
            Some(Cell::Tuple(items)) => Ok(items),
            _ => Err(bad("a tuple was expected")),
        }
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

/// The bytes of a `bytes`, a `bytearray` or Python 2's `str`.
pub(super) fn raw(cell: &Cell) -> Option<Arc<[u8]>> {
    match cell {
        Cell::Bytes(bytes) | Cell::ByteArray(bytes) => Some(bytes.clone()),
        // What was ASCII: each character is its byte.
        Cell::Str(text) if text.is_ascii() => Some(text.clone().into()),
        _ => None,
    }
}

/// An object that is not made of others, if it is one.
pub(super) fn leaf(heap: &Heap, value: Value) -> Option<Object> {
    match value {
        Value::None => Some(Object::None),
        Value::Bool(value) => Some(Object::Bool(value)),
        Value::Int(value) => Some(Object::Int(value)),
        Value::Float(value) => Some(Object::Float(value)),
        Value::Global(global) => constant(global),
        Value::At(_) => leaf_of(heap.cell(value)?),
    }
}

pub(super) fn leaf_of(cell: &Cell) -> Option<Object> {
    Some(match cell {
        Cell::BigInt(digits) => Object::BigInt(digits.clone()),
        Cell::Complex(re, im) => Object::Complex(num_complex::Complex::new(*re, *im)),
        Cell::Str(text) => Object::Str(text.clone()),
        Cell::Surrogates(bytes) => Object::Surrogates(bytes.clone()),
        Cell::Bytes(bytes) => Object::Bytes(bytes.clone()),
        Cell::ByteArray(bytes) => Object::ByteArray(bytes.clone()),
        Cell::Instance(instance) => Object::Instance(instance.clone()),
        _ => return None,
    })
}
