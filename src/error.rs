//! The one error type of the crate.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// `std::result::Result` with this crate's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong, where, and what would have worked.
///
/// The message names the place as closely as it is known: the path, the archive's member, the record's
/// field, the byte offset, or the line and column. [`kind`](Error::kind) sorts errors by whose fault they are.
///
/// # Examples
///
/// ```
/// use ndarray::Array1;
/// use ndarray_io::{ErrorKind, ReadNpyExt};
///
/// let error = Array1::<f64>::read_npy(&b"name,age\n"[..]).unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::NotNumpy);
/// ```
// Boxed, so that `Result<T>` stays as small as T in the hot loops.
pub struct Error(Box<Inner>);

/// ndarray-npy's name for [`Error`]: its users change one `use` line.
pub type ReadNpyError = Error;
/// ndarray-npy's name for [`Error`]: its users change one `use` line.
pub type WriteNpyError = Error;
/// ndarray-npy's name for [`Error`]: its users change one `use` line.
pub type ViewNpyError = Error;
/// ndarray-npy's name for [`Error`]: its users change one `use` line.
pub type ReadNpzError = Error;
/// ndarray-npy's name for [`Error`]: its users change one `use` line.
pub type WriteNpzError = Error;

struct Inner {
    kind: ErrorKind,
    message: Cow<'static, str>,
    path: Option<PathBuf>,
    member: Option<String>,
    row: Option<u64>,
    field: Option<String>,
    offset: Option<u64>,
    line: Option<u64>,
    column: Option<u64>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// The kinds of [`Error`], by whose fault it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The system refused: a missing file, a full disk, a broken pipe. [`source`](StdError::source) is the [`io::Error`].
    Io,
    /// The bytes are no NumPy file, archive or text of the kind that was asked for.
    NotNumpy,
    /// A `.npy` format version other than 1.0, 2.0 and 3.0.
    Version,
    /// A malformed header: its literal, keys, descr, shape or order.
    Header,
    /// The file ends before the data that its header promises.
    Truncated,
    /// The file's dtype is not the one that was asked for, and the casting rule forbids the conversion.
    Dtype,
    /// The number of dimensions or the shape is not the one that was asked for, or too large for memory.
    Shape,
    /// A value that is invalid for its dtype, or does not fit the dtype that it is written as.
    Value,
    /// A Rust type that cannot be an array element.
    Element,
    /// The bytes cannot be viewed in place: misaligned, in foreign byte order, or laid out otherwise.
    Layout,
    /// A limit of the options was exceeded.
    Limit,
    /// A malformed or unsupported archive, or a checksum that does not match.
    Archive,
    /// No member, field or column of that name.
    Missing,
    /// Text that does not parse as what was asked for.
    Parse,
    /// A pickled object that is not plain data, or object arrays without the feature `object`.
    Object,
    /// Options or arguments that contradict each other or the array.
    Argument,
}

impl Error {
    /// An error of that kind; the message starts in lower case and ends without a full stop.
    pub(crate) fn new(kind: ErrorKind, message: impl Into<Cow<'static, str>>) -> Self {
        Error(Box::new(Inner {
            kind,
            message: message.into(),
            path: None,
            member: None,
            row: None,
            field: None,
            offset: None,
            line: None,
            column: None,
            source: None,
        }))
    }

    /// Names the file, unless one is named already.
    pub(crate) fn in_path(mut self, path: impl AsRef<Path>) -> Self {
        self.0.path.get_or_insert_with(|| path.as_ref().to_owned());
        self
    }

    /// Names the member of an archive, unless one is named already.
    #[allow(dead_code)] // without the feature npz
    pub(crate) fn in_member(mut self, member: &str) -> Self {
        self.0.member.get_or_insert_with(|| member.to_owned());
        self
    }

    /// Puts a field before the path of fields so far: `in_field("x").in_field("pos")` is `pos.x`.
    pub(crate) fn in_field(mut self, name: &str) -> Self {
        self.0.field = Some(match self.0.field.take() {
            Some(inner) => format!("{name}.{inner}"),
            None => name.to_owned(),
        });
        self
    }

    /// Says at which element of the array, counted from 0 in the order of the data, unless said already.
    pub(crate) fn at_row(mut self, row: u64) -> Self {
        self.0.row.get_or_insert(row);
        self
    }

    /// Counts the element from the start of the array, if it was counted after that many elements.
    pub(crate) fn after_rows(mut self, rows: u64) -> Self {
        self.0.row = self.0.row.map(|row| row.saturating_add(rows));
        self
    }

    /// Says at which byte, counted from the start of the header, unless said already.
    pub(crate) fn at_byte(mut self, offset: u64) -> Self {
        self.0.offset.get_or_insert(offset);
        self
    }

    /// Says at which line and, if known, column of a text: both count from 1.
    #[allow(dead_code)] // without the feature text
    pub(crate) fn at_line(mut self, line: u64, column: Option<u64>) -> Self {
        self.0.line = Some(line);
        self.0.column = column;
        self
    }

    /// Keeps the error that caused this one.
    pub(crate) fn with_source(mut self, source: impl StdError + Send + Sync + 'static) -> Self {
        self.0.source = Some(Box::new(source));
        self
    }

    /// Whose fault it is.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The file that was read or written, if the call was given its path.
    pub fn path(&self) -> Option<&Path> {
        self.0.path.as_deref()
    }

    /// The member of the archive.
    pub fn member(&self) -> Option<&str> {
        self.0.member.as_deref()
    }

    /// The path of the field inside a record, such as `pos.x`.
    pub fn field(&self) -> Option<&str> {
        self.0.field.as_deref()
    }

    /// The element of the array that was read or written, counted from 0 in the order of the data.
    pub fn row(&self) -> Option<u64> {
        self.0.row
    }

    /// The byte at which it was noticed, from the start of the array's header.
    pub fn offset(&self) -> Option<u64> {
        self.0.offset
    }

    /// The line of a text, counted from 1.
    pub fn line(&self) -> Option<u64> {
        self.0.line
    }

    /// The column (the field's number in its row) of a text, counted from 1.
    pub fn column(&self) -> Option<u64> {
        self.0.column
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &*self.0;
        if let Some(path) = &inner.path {
            write!(f, "{}: ", path.display())?;
        }
        if let Some(member) = &inner.member {
            write!(f, "member {member:?}: ")?;
        }
        match (inner.line, inner.column) {
            (Some(line), Some(column)) => write!(f, "line {line}, column {column}: ")?,
            (Some(line), None) => write!(f, "line {line}: ")?,
            (None, _) => {}
        }
        if let Some(row) = inner.row {
            write!(f, "row {row}: ")?;
        }
        if let Some(field) = &inner.field {
            write!(f, "field {field}: ")?;
        }
        f.write_str(&inner.message)?;
        if let Some(offset) = inner.offset {
            write!(f, " (at byte {offset})")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Error({:?}: {self})", self.0.kind)
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

impl From<io::Error> for Error {
    /// An [`Error`] that travelled inside an [`io::Error`] comes out again as it was.
    fn from(error: io::Error) -> Self {
        match error.downcast::<Error>() {
            Ok(error) => error,
            Err(error) => Error::new(ErrorKind::Io, error.to_string()).with_source(error),
        }
    }
}

impl From<Error> for io::Error {
    fn from(error: Error) -> Self {
        let kind = match error.kind() {
            ErrorKind::Io => StdError::source(&error)
                .and_then(|source| source.downcast_ref::<io::Error>())
                .map_or(io::ErrorKind::Other, io::Error::kind),
            ErrorKind::Truncated => io::ErrorKind::UnexpectedEof,
            ErrorKind::Argument | ErrorKind::Element => io::ErrorKind::InvalidInput,
            _ => io::ErrorKind::InvalidData,
        };
        io::Error::new(kind, error)
    }
}

impl serde::ser::Error for Error {
    #[cold]
    fn custom<T: fmt::Display>(message: T) -> Self {
        Error::new(ErrorKind::Value, message.to_string())
    }
}

impl serde::de::Error for Error {
    #[cold]
    fn custom<T: fmt::Display>(message: T) -> Self {
        Error::new(ErrorKind::Value, message.to_string())
    }

    #[cold]
    fn missing_field(field: &'static str) -> Self {
        Error::new(ErrorKind::Missing, "no field of that name").in_field(field)
    }

    #[cold]
    fn duplicate_field(field: &'static str) -> Self {
        Error::new(ErrorKind::Value, "there twice, by its name or an alias").in_field(field)
    }
}

/// `Result`s that learn where they happened on the way out.
pub(crate) trait Context<T> {
    /// Names the file of an error, unless it names one already.
    fn in_path(self, path: impl AsRef<Path>) -> Result<T>;
}

impl<T, E: Into<Error>> Context<T> for std::result::Result<T, E> {
    fn in_path(self, path: impl AsRef<Path>) -> Result<T> {
        self.map_err(|error| error.into().in_path(path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn display_goes_from_the_whole_to_the_part() {
        let error = Error::new(ErrorKind::Dtype, "file has `<f4` (float32)")
            .in_field("x")
            .in_field("pos")
            .in_member("a")
            .in_path("p.npz")
            .at_byte(10);
        assert_eq!(
            error.to_string(),
            "p.npz: member \"a\": field pos.x: file has `<f4` (float32) (at byte 10)"
        );
    }

    #[test]
    fn an_error_survives_the_way_through_io() {
        let io: io::Error = Error::new(ErrorKind::Truncated, "short").into();
        assert_eq!(io.kind(), io::ErrorKind::UnexpectedEof);
        assert_eq!(Error::from(io).kind(), ErrorKind::Truncated);
    }
}
