//! The files of a stack.

use std::io;
use std::path::{Path, PathBuf};

use super::info::Info;
use crate::dtype::{Dtype, PyTuple};
use crate::error::{Context, Error, ErrorKind, Result};
use crate::npy::{Header, NpyReader, ReadOptions};
use crate::storage::file::FileReader;

/// The name of the file that says what the chunks are.
pub(super) const INFO: &str = "info";

/// The chunks in a folder, and how they are read.
#[derive(Clone, Debug)]
pub(super) struct Chunks {
    pub(super) folder: PathBuf,
    pub(super) info: Info,
    pub(super) options: ReadOptions,
}

impl Chunks {
    pub(super) fn path(&self, chunk: usize) -> PathBuf {
        chunk_path(&self.folder, chunk)
    }

    /// The chunk of that number, which is what `info` says and whole.
    pub(super) fn open(&self, chunk: usize) -> Result<NpyReader<FileReader>> {
        let count = self.info.lengths.len();
        if chunk >= count {
            let message = format!("there is no chunk {chunk}; the stack has {count}");
            return Err(Error::new(ErrorKind::Argument, message).in_path(&self.folder));
        }
        let reader = open_chunk(&self.folder, chunk, count, &self.options)?;
        let dtype = &self.info.whole.dtype;
        let expected = self.info.shape_of(chunk);
        if !is_same(reader.dtype(), dtype) || reader.shape() != expected {
            let error = wrong_chunk(reader.header(), dtype, &expected, "`info` says");
            return Err(error.in_path(self.path(chunk)));
        }
        Ok(reader)
    }
}

pub(super) fn chunk_path(folder: &Path, chunk: usize) -> PathBuf {
    folder.join(format!("{chunk}.npy"))
}

/// The chunk of that number, which is whole.
pub(super) fn open_chunk(
    folder: &Path,
    chunk: usize,
    count: usize,
    options: &ReadOptions,
) -> Result<NpyReader<FileReader>> {
    let path = chunk_path(folder, chunk);
    let reader = NpyReader::open_with(&path, options).map_err(|error| match missing(&error) {
        true => {
            let message = format!("chunk {chunk} of the stack's {count} is not there");
            Error::new(ErrorKind::Missing, message)
                .with_source(error)
                .in_path(&path)
        }
        false => error,
    })?;
    // Of objects there is no telling: they are a pickle.
    if !reader.dtype().has_object() {
        reader.check_available().in_path(&path)?;
    }
    Ok(reader)
}

/// Whether elements lie the same in both: a header does not tell whether a record's padding is C's, a pickle does.
fn is_same(file: &Dtype, info: &Dtype) -> bool {
    file == info || file.descr() == info.descr()
}

fn missing(error: &Error) -> bool {
    let source = std::error::Error::source(error).and_then(|error| error.downcast_ref::<io::Error>());
    source.is_some_and(|error| error.kind() == io::ErrorKind::NotFound)
}

#[cold]
pub(super) fn wrong_chunk(got: &Header, dtype: &Dtype, shape: &[usize], whose: &str) -> Error {
    let (kind, message) = match is_same(&got.dtype, dtype) {
        true => (
            ErrorKind::Shape,
            format!(
                "chunk of shape {} where {whose} {}",
                PyTuple(&got.shape),
                PyTuple(shape)
            ),
        ),
        false => (
            ErrorKind::Dtype,
            format!("chunk of {} where {whose} {}", got.dtype.describe(), dtype.describe()),
        ),
    };
    Error::new(kind, message)
}
