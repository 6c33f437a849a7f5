//! NumPy's dtypes and shapes, out of the states that it pickles.

use std::collections::HashMap;

use super::globals::Global;
use super::heap::{Cell, DtypeCell, Heap, Value, raw};
use super::input::bad;
use crate::dtype::{ByteOrder, Dtype, Field, MAX_DIMS};
use crate::error::Result;
use crate::limits::{self, DTYPE_DEPTH, DTYPE_PARTS};

impl Heap {
    pub(super) fn dtype(&self, value: Value) -> Result<DtypeCell> {
        match self.cell(value) {
            Some(Cell::Dtype(dtype)) => Ok(DtypeCell::clone(dtype)),
            _ => Err(bad("a dtype was expected")),
        }
    }

    /// A shape, or a length that is one.
    pub(super) fn sizes(&self, shape: Value) -> Result<Vec<usize>> {
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
    pub(super) fn named_dtype(&self, name: Value) -> Result<Cell> {
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
    pub(super) fn dtype_of_state(&mut self, made: DtypeCell, state: Value) -> Result<DtypeCell> {
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
            match parts > DTYPE_PARTS || depth > DTYPE_DEPTH {
                true => Err(limits::exceeded(format!(
                    "a dtype of more than {DTYPE_PARTS} parts or {DTYPE_DEPTH} levels"
                ))),
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
