//! Pickles of a dict, whose values may be dtypes: what programs beside NumPy keep next to arrays.

use super::freeze::Freezer;
use super::heap::Cell;
use super::input::{Input, bad};
use super::pickle::{Item, Pickler};
use super::vm::Machine;
use crate::dtype::Dtype;
use crate::error::Result;
use crate::limits::{OBJECT_FREE, OBJECT_RATIO};

/// Reads a dict whose keys are `str`, in its order. Of equal keys the last counts, as in Python.
pub(crate) fn read_dict(mut pickle: &[u8]) -> Result<Vec<(String, Item)>> {
    let mut machine = Machine::new(Input::new(&mut pickle, true, u64::MAX));
    let (value, len) = machine.run(0)?;
    let Some(Cell::Dict(pairs)) = machine.heap.cell(value) else {
        return Err(bad("the pickle holds no dict"));
    };
    let mut dtypes = Vec::with_capacity(pairs.len());
    for &(key, value) in pairs {
        let key = machine.heap.text(key).ok_or_else(|| bad("a key that is no `str`"))?;
        let dtype = match machine.heap.cell(value) {
            Some(Cell::Dtype(cell)) => Some(cell.dtype.clone().ok_or_else(|| bad("the dtype StringDType"))?),
            _ => None,
        };
        dtypes.push((key.to_owned(), value, dtype));
    }
    let max_cost = OBJECT_FREE.saturating_add(len.saturating_mul(OBJECT_RATIO));
    let mut freezer = Freezer::new(&mut machine.heap.cells, len, max_cost);
    let item = |(key, value, dtype): (String, _, Option<Dtype>)| {
        let item = match dtype {
            Some(dtype) => Item::Dtype(dtype),
            None => Item::Object(freezer.object(value, 0)?.0),
        };
        Ok((key, item))
    };
    dtypes.into_iter().map(item).collect()
}

/// The pickle of a dict, in protocol 4.
pub(crate) fn write_dict(items: &[(&'static str, Item)]) -> Result<Vec<u8>> {
    let mut pickle = Vec::new();
    Pickler::new(&mut pickle, false).dict(items)?;
    Ok(pickle)
}
