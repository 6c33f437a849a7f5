//! The file `info` of a stack: a pickled dict of `chunks`, `dtype` and `axis`.

use std::path::Path;
use std::{fs, io};

use ndarray::Order;

use crate::dtype::{Dtype, MAX_DIMS};
use crate::error::{Error, ErrorKind, Result};
use crate::npy::Header;
use crate::object::{Item, Object, read_dict, write_dict};
use crate::storage::file::{FileWriter, Replace};

/// What a stack is.
#[derive(Clone, Debug)]
pub(super) struct Info {
    /// Of all chunks together, as if they were one file in C order.
    pub(super) whole: Header,
    pub(super) axis: usize,
    /// The length of each chunk along the axis.
    pub(super) lengths: Vec<usize>,
    /// Where each chunk starts along the axis.
    pub(super) starts: Vec<usize>,
}

impl Info {
    /// Of chunks of these lengths; `shape` is that of any of them.
    pub(super) fn new(dtype: Dtype, mut shape: Vec<usize>, axis: usize, lengths: Vec<usize>) -> Result<Info> {
        let ndim = shape.len();
        let Some(length) = shape.get_mut(axis) else {
            return Err(Error::new(
                ErrorKind::Shape,
                format!("chunks of {ndim} dimensions, which have no axis {axis} to be stacked along"),
            ));
        };
        let mut starts = Vec::with_capacity(lengths.len());
        *length = 0;
        for &chunk in &lengths {
            starts.push(*length);
            *length = length.checked_add(chunk).ok_or_else(|| {
                Error::new(
                    ErrorKind::Shape,
                    format!("chunks that are longer together than {}", usize::MAX),
                )
            })?;
        }
        let whole = Header::new(dtype, Order::RowMajor, shape);
        whole.nbytes()?;
        Ok(Info {
            whole,
            axis,
            lengths,
            starts,
        })
    }

    pub(super) fn read(path: &Path) -> Result<Info> {
        Info::from_pickle(&fs::read(path)?)
    }

    fn from_pickle(pickle: &[u8]) -> Result<Info> {
        let (mut chunks, mut dtype, mut axis) = (None, None, None);
        for (key, item) in read_dict(pickle)? {
            match (key.as_str(), item) {
                ("chunks", Item::Object(value)) => chunks = Some(value),
                ("axis", Item::Object(value)) => axis = Some(value),
                ("dtype", Item::Dtype(value)) => dtype = Some(value),
                ("dtype", _) => return Err(wrong("`dtype` is no dtype")),
                ("chunks" | "axis", _) => return Err(wrong(format!("`{key}` is a dtype"))),
                _ => {} // whatever a newer Dask may add
            }
        }
        let missing = |key| move || Error::new(ErrorKind::Missing, format!("it has no key `{key}`"));
        let chunks = chunks.ok_or_else(missing("chunks"))?;
        let dtype = dtype.ok_or_else(missing("dtype"))?;
        let axis = axis.ok_or_else(missing("axis"))?;

        let mut chunks: Vec<Vec<usize>> = chunks
            .to()
            .map_err(|error| wrong(format!("`chunks` is no tuple of tuples of lengths: {error}")))?;
        let axis: i64 = axis
            .to()
            .map_err(|error| wrong(format!("`axis` is no integer: {error}")))?;
        let ndim = chunks.len();
        if ndim > MAX_DIMS {
            return Err(wrong(format!(
                "chunks of {ndim} dimensions; NumPy's arrays have {MAX_DIMS} at most"
            )));
        }
        // As Python: negative ones count from the end.
        let index = match axis < 0 {
            true => axis + ndim as i64,
            false => axis,
        };
        let index = usize::try_from(index)
            .ok()
            .filter(|&index| index < ndim)
            .ok_or_else(|| wrong(format!("`axis` is {axis}, of an array of {ndim} dimensions")))?;
        let lengths = std::mem::take(&mut chunks[index]);
        let mut shape = Vec::with_capacity(ndim);
        for (other, chunks) in chunks.iter().enumerate() {
            match chunks[..] {
                _ if other == index => shape.push(0),
                [length] => shape.push(length),
                _ => {
                    let count = chunks.len();
                    return Err(wrong(format!(
                        "axis {other} is of {count} chunks; a stack is cut along its axis alone, which is {index}"
                    )));
                }
            }
        }
        Info::new(dtype, shape, index, lengths)
    }

    /// Writes it as Dask reads it, whole or not at all.
    pub(super) fn write(&self, path: &Path) -> Result<()> {
        let pickle = self.to_pickle()?;
        let mut file = FileWriter::create(path, Replace::Atomic)?;
        io::Write::write_all(&mut file, &pickle)?;
        file.commit()
    }

    fn to_pickle(&self) -> Result<Vec<u8>> {
        let int = |length: usize| {
            i64::try_from(length)
                .map(Object::Int)
                .map_err(|_| Error::new(ErrorKind::Shape, format!("an axis of length {length}")))
        };
        let tuple = |lengths: &[usize]| {
            let lengths: Vec<Object> = lengths.iter().copied().map(int).collect::<Result<_>>()?;
            Ok::<_, Error>(Object::Tuple(lengths.into()))
        };
        let chunks: Vec<Object> = (0..)
            .zip(&self.whole.shape)
            .map(|(axis, &length)| match axis == self.axis {
                true => tuple(&self.lengths),
                false => tuple(&[length]),
            })
            .collect::<Result<_>>()?;
        write_dict(&[
            ("chunks", Item::Object(Object::Tuple(chunks.into()))),
            ("dtype", Item::Dtype(self.whole.dtype.clone())),
            ("axis", Item::Object(int(self.axis)?)),
        ])
    }

    /// The shape of the chunk of that number.
    pub(super) fn shape_of(&self, chunk: usize) -> Vec<usize> {
        let mut shape = self.whole.shape.clone();
        shape[self.axis] = self.lengths[chunk];
        shape
    }
}

#[cold]
fn wrong(message: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::new(ErrorKind::Object, message)
}
