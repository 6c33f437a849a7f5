//! What the machine has built, as values.

use std::sync::Arc;

use ndarray::{ArrayD, IxDyn, Order};

use super::heap::{ArrayCell, Cell, Frozen, Value, Weight, constant, leaf_of, raw};
use super::input::bad;
use super::value::Object;
use crate::dtype::{Dtype, Repr};
use crate::error::{Error, ErrorKind, Result};
use crate::limits::OBJECT_DEPTH;
use crate::npy::{DynArray, Header, TypedArray};

/// What a value takes, however small.
const VALUE_COST: u64 = 32;

/// Makes values of cells, each once.
pub(super) struct Freezer<'m> {
    cells: &'m mut Vec<Cell>,
    /// What all values together may cost.
    max_cost: u64,
    /// What those have cost that were made.
    made: u64,
    /// The bytes that arrays may still take for their elements.
    data_left: u64,
}

impl<'m> Freezer<'m> {
    /// Of a pickle of `len` bytes.
    pub(super) fn new(cells: &'m mut Vec<Cell>, len: u64, max_cost: u64) -> Self {
        Freezer {
            cells,
            max_cost,
            made: 0,
            // Python shares bytes between arrays only if they are very few.
            data_left: len.saturating_mul(2),
        }
    }

    /// The array that the pickle is: its objects in C order, their shape and dtype.
    pub(super) fn array(&mut self, value: Value) -> Result<TypedArray<Object>> {
        let cell = match value {
            Value::At(index) => self.cells.get_mut(index as usize),
            _ => None,
        };
        match cell.map(|cell| std::mem::replace(cell, Cell::Busy)) {
            Some(Cell::Array(Some(array))) => Ok(self.objects(&array, 0)?.0),
            _ => Err(bad("the pickle holds no array")),
        }
    }

    fn objects(&mut self, array: &ArrayCell, depth: usize) -> Result<(TypedArray<Object>, Weight)> {
        let dtype = match &array.dtype {
            None => Dtype(Repr::Object),
            Some(dtype) if dtype.has_object() => dtype.clone(),
            Some(dtype) => {
                return Err(bad(format!(
                    "the header promises objects, the pickle holds an array of {}",
                    dtype.describe()
                )));
            }
        };
        let list = match array.data {
            Value::At(index) if array.axes.is_none() => Some(index as usize),
            _ => None,
        };
        // Lent while it is gone through: if it is met then, it is in itself.
        let lent = list.and_then(|index| self.cells.get_mut(index));
        let (Some(list), Some(lent)) = (list, lent.map(|cell| std::mem::replace(cell, Cell::Busy))) else {
            return Err(bad("an array whose objects are in no list"));
        };
        let Cell::List(items) = lent else {
            return Err(bad("an array whose objects are in no list"));
        };
        let count = array
            .shape
            .iter()
            .try_fold(1_usize, |count, &size| count.checked_mul(size));
        if count != Some(items.len()) {
            return Err(bad(format!(
                "an array of shape {:?} with {} objects",
                array.shape,
                items.len()
            )));
        }
        let (objects, mut weight) = self.all(&items, depth + array.shape.len())?;
        if let Some(cell) = self.cells.get_mut(list) {
            *cell = Cell::List(items);
        }
        weight.height += array.shape.len();
        weight.cost = weight.cost.saturating_add(lists_cost(&array.shape));
        self.check(weight.cost)?;
        let objects = ArrayD::from_shape_vec(IxDyn(&array.shape), objects)
            .map_err(|error| bad(format!("an array of no possible shape: {error}")))?;
        Ok((TypedArray::new(objects, dtype), weight))
    }

    fn all(&mut self, items: &[Value], depth: usize) -> Result<(Vec<Object>, Weight)> {
        // Counted as it is done too: parts of what will prove too much were not yet added up.
        self.make(VALUE_COST.saturating_mul(items.len() as u64))?;
        let mut objects = Vec::with_capacity(items.len());
        let mut total = Weight::default();
        for &item in items {
            let (object, weight) = self.object(item, depth)?;
            total.cost = total.cost.saturating_add(weight.cost);
            total.height = total.height.max(weight.height);
            self.check(total.cost)?;
            objects.push(object);
        }
        Ok((objects, total))
    }

    /// The object, which is `depth` levels down.
    pub(super) fn object(&mut self, value: Value, depth: usize) -> Result<(Object, Weight)> {
        let simple = |object| {
            let weight = Weight {
                cost: VALUE_COST,
                height: 0,
            };
            Ok((object, weight))
        };
        let index = match value {
            Value::None => return simple(Object::None),
            Value::Bool(value) => return simple(Object::Bool(value)),
            Value::Int(value) => return simple(Object::Int(value)),
            Value::Float(value) => return simple(Object::Float(value)),
            Value::Global(global) => {
                return simple(
                    constant(global).ok_or_else(|| bad(format!("a class or function as an object: {global}")))?,
                );
            }
            Value::At(index) => index as usize,
        };
        let Some(cell) = self.cells.get_mut(index) else {
            return Err(bad("an object that is not there"));
        };
        if let Some(object) = leaf_of(cell) {
            let text = match &object {
                Object::Str(text) | Object::BigInt(text) => text.len(),
                Object::Bytes(bytes) | Object::ByteArray(bytes) | Object::Surrogates(bytes) => bytes.len(),
                Object::Instance(instance) => instance.text().len(),
                _ => 0,
            };
            let weight = Weight {
                cost: VALUE_COST + text as u64,
                height: 0,
            };
            return Ok((object, weight));
        }
        let (object, weight) = match std::mem::replace(cell, Cell::Busy) {
            Cell::Busy => return Err(bad("an object that contains itself")),
            Cell::Frozen(frozen) => (frozen.object.clone(), frozen.weight),
            _ if depth >= OBJECT_DEPTH => return Err(too_deep()),
            cell => self.compound(cell, depth)?,
        };
        if depth + weight.height > OBJECT_DEPTH {
            return Err(too_deep());
        }
        if let Some(cell) = self.cells.get_mut(index) {
            *cell = Cell::Frozen(Box::new(Frozen {
                object: object.clone(),
                weight,
            }));
        }
        Ok((object, weight))
    }

    /// An object that is made of others.
    fn compound(&mut self, cell: Cell, depth: usize) -> Result<(Object, Weight)> {
        let (object, mut weight) = match cell {
            Cell::List(items) => self.sequence(&items, Object::List, depth)?,
            Cell::Tuple(items) => self.sequence(&items, Object::Tuple, depth)?,
            Cell::Set(items) => self.sequence(&items, Object::Set, depth)?,
            Cell::FrozenSet(items) => self.sequence(&items, Object::FrozenSet, depth)?,
            Cell::Dict(pairs) => {
                let flat: Vec<Value> = pairs.into_iter().flat_map(|(key, value)| [key, value]).collect();
                let (objects, weight) = self.all(&flat, depth + 1)?;
                let mut objects = objects.into_iter();
                let pairs = std::iter::from_fn(|| Some((objects.next()?, objects.next()?)));
                (Object::Dict(pairs.collect()), weight)
            }
            Cell::Array(Some(array)) if array.dtype.as_ref().is_none_or(Dtype::has_object) => {
                let (objects, weight) = self.objects(&array, depth + 1)?;
                (Object::Array(Arc::new(DynArray::Object(objects))), weight)
            }
            Cell::Array(Some(array)) => self.plain_array(&array)?,
            Cell::Array(None) => return Err(bad("an array without its data")),
            Cell::Scalar(scalar) => {
                let (dtype, data) = *scalar;
                let array = ArrayCell {
                    dtype: Some(dtype),
                    shape: Vec::new(),
                    axes: None,
                    fortran: false,
                    data,
                };
                match self.plain_array(&array)? {
                    (Object::Array(scalar), weight) => (Object::Scalar(scalar), weight),
                    other => other,
                }
            }
            Cell::Dtype(_) => return Err(bad("a dtype as an object")),
            _ => return Err(bad("an object of an unknown type")),
        };
        weight.cost = weight.cost.saturating_add(VALUE_COST);
        weight.height += 1;
        Ok((object, weight))
    }

    fn sequence(
        &mut self,
        items: &[Value],
        make: fn(Arc<[Object]>) -> Object,
        depth: usize,
    ) -> Result<(Object, Weight)> {
        let (objects, weight) = self.all(items, depth + 1)?;
        Ok((make(objects.into()), weight))
    }

    /// An array of numbers or other elements of a fixed size.
    fn plain_array(&mut self, array: &ArrayCell) -> Result<(Object, Weight)> {
        let Some(dtype) = &array.dtype else {
            return Err(bad("strings that are in no list"));
        };
        let data = match array.data {
            Value::At(index) => self.cells.get(index as usize),
            _ => None,
        };
        let bytes = match data.and_then(raw) {
            Some(bytes) => bytes,
            None => return Err(bad("an array whose elements are no bytes")),
        };
        let order = if array.fortran {
            Order::ColumnMajor
        } else {
            Order::RowMajor
        };
        let header = Header::new(dtype.clone(), order, array.shape.clone());
        let expected = header.nbytes().map_err(|error| bad(error.to_string()))?;
        if bytes.len() != expected {
            return Err(bad(format!(
                "an array of {} bytes that should have {expected}",
                bytes.len()
            )));
        }
        let sizeless = if dtype.itemsize() == 0 {
            header.count()? as u64
        } else {
            0
        };
        let cost = (expected as u64)
            .saturating_add(lists_cost(&array.shape))
            .saturating_add(sizeless.saturating_mul(VALUE_COST));
        self.make(cost)?;
        self.data_left = (self.data_left.checked_sub(expected as u64)).ok_or_else(|| {
            Error::new(
                ErrorKind::Limit,
                "arrays that share their bytes: they would take more than twice the pickle",
            )
        })?;
        let made = match &array.axes {
            None => DynArray::from_raw(dtype.clone(), array.shape.clone(), order, bytes.to_vec())?,
            Some(axes) => transposed(dtype, &array.shape, axes, &bytes)?,
        };
        let weight = Weight {
            cost,
            height: array.shape.len(),
        };
        Ok((Object::Array(Arc::new(made)), weight))
    }

    fn make(&mut self, cost: u64) -> Result<()> {
        self.made = self.made.saturating_add(cost);
        self.check(self.made)
    }

    fn check(&self, cost: u64) -> Result<()> {
        match cost > self.max_cost {
            true => Err(Error::new(
                ErrorKind::Limit,
                format!(
                    "objects that share parts so often that they would take more than {} bytes; \
                     `ReadOptions::max_bytes` can allow more",
                    self.max_cost
                ),
            )),
            false => Ok(()),
        }
    }
}

/// `numpy.frombuffer(bytes).reshape(shape).transpose(axes)`.
fn transposed(dtype: &Dtype, shape: &[usize], axes: &[usize], bytes: &[u8]) -> Result<DynArray> {
    let mut sorted = axes.to_vec();
    sorted.sort_unstable();
    if !sorted.into_iter().eq(0..shape.len()) {
        return Err(bad("an array whose axes are no permutation"));
    }
    let size = dtype.itemsize();
    let count = shape.iter().product();
    let indices = ArrayD::from_shape_vec(IxDyn(shape), (0..count).collect::<Vec<usize>>())
        .map_err(|error| bad(format!("an array of no possible shape: {error}")))?
        .permuted_axes(axes);
    let bytes = (indices.iter())
        .flat_map(|index| bytes.get(index * size..(index + 1) * size).unwrap_or_default())
        .copied()
        .collect();
    DynArray::from_raw(dtype.clone(), indices.shape().to_vec(), Order::RowMajor, bytes)
}

/// What the lists take that an array is where any type is asked for. An axis of no length costs a file nothing,
/// however long those before it are.
fn lists_cost(shape: &[usize]) -> u64 {
    let mut lists = 1_u64;
    let mut cost = 0_u64;
    for &size in shape {
        cost = cost.saturating_add(lists.saturating_mul(VALUE_COST));
        lists = lists.saturating_mul(size as u64);
    }
    cost
}

#[cold]
fn too_deep() -> Error {
    Error::new(
        ErrorKind::Limit,
        format!("objects that nest deeper than {OBJECT_DEPTH} levels"),
    )
}
