//! The one error type of the crate.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// `std::result::Result` with this crate's [`Error`].
///
/// # Examples
///
/// ```
/// fn sizes(path: &str) -> ndarray_io::Result<Vec<usize>> {
///     Ok(ndarray_io::NpyReader::open(path)?.shape().to_vec())
/// }
/// assert!(sizes("there is no such file.npy").is_err());
/// # Ok::<(), ndarray_io::Error>(())
/// ```
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
///
/// # Examples
///
/// ```
/// fn load(path: &str) -> Result<ndarray::Array2<f64>, ndarray_io::ReadNpyError> {
///     ndarray_io::read_npy(path)
/// }
/// assert!(load("there is no such file.npy").is_err());
/// ```
pub type ReadNpyError = Error;
/// ndarray-npy's name for [`Error`]: its users change one `use` line.
///
/// # Examples
///
/// ```
/// fn save(path: &str, array: &ndarray::Array2<f64>) -> Result<(), ndarray_io::WriteNpyError> {
///     ndarray_io::write_npy(path, array)
/// }
/// assert!(save("no/such/folder/a.npy", &ndarray::array![[1.0]]).is_err());
/// ```
pub type WriteNpyError = Error;
/// ndarray-npy's name for [`Error`]: its users change one `use` line.
///
/// # Examples
///
/// ```
/// use ndarray::ArrayView1;
/// use ndarray_io::{ViewNpyError, ViewNpyExt};
///
/// fn first(file: &[u8]) -> Result<Option<&u8>, ViewNpyError> {
///     Ok(ArrayView1::<u8>::view_npy(file)?.slice_move(ndarray::s![..1]).into_iter().next())
/// }
/// assert!(first(b"no file").is_err());
/// # Ok::<(), ndarray_io::Error>(())
/// ```
pub type ViewNpyError = Error;
/// ndarray-npy's name for [`Error`]: its users change one `use` line.
///
/// # Examples
///
/// ```
/// use std::io::Cursor;
/// use ndarray_io::{ErrorKind, ReadNpzError};
///
/// let error: ReadNpzError = ndarray_io::Error::from(std::io::Error::other("the disk is gone"));
/// assert_eq!(error.kind(), ErrorKind::Io);
/// ```
pub type ReadNpzError = Error;
/// ndarray-npy's name for [`Error`]: its users change one `use` line.
///
/// # Examples
///
/// ```
/// use ndarray_io::{ErrorKind, WriteNpzError};
///
/// let error: WriteNpzError = ndarray_io::Error::from(std::io::Error::other("the disk is full"));
/// assert_eq!(error.kind(), ErrorKind::Io);
/// ```
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
///
/// # Examples
///
/// ```
/// use ndarray_io::{ErrorKind, read_npy};
///
/// let answer = match read_npy::<_, ndarray::Array2<f64>>("there is no such file.npy") {
///     Ok(array) => format!("{:?}", array.shape()),
///     Err(error) => match error.kind() {
///         ErrorKind::Io => "the system's fault".to_owned(),
///         ErrorKind::Dtype | ErrorKind::Shape => format!("another array than expected: {error}"),
///         ErrorKind::Limit => format!("too large: {error}"),
///         _ => format!("the file's fault: {error}"),
///     },
/// };
/// assert_eq!(answer, "the system's fault");
/// ```
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
    /// More than the options, the crate's own limits (SECURITY.md) or memory allow.
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

    /// Names the file, if there is one.
    pub(crate) fn in_path_of(self, path: Option<impl AsRef<Path>>) -> Self {
        match path {
            Some(path) => self.in_path(path),
            None => self,
        }
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
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::{Dtype, ErrorKind};
    ///
    /// assert_eq!("<g8".parse::<Dtype>().unwrap_err().kind(), ErrorKind::Header);
    /// ```
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The file that was read or written, if the call was given its path.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::path::Path;
    /// use ndarray_io::read_npy;
    ///
    /// let error = read_npy::<_, ndarray::Array1<f64>>("there is no such file.npy").unwrap_err();
    /// assert_eq!(error.path(), Some(Path::new("there is no such file.npy")));
    /// ```
    pub fn path(&self) -> Option<&Path> {
        self.0.path.as_deref()
    }

    /// The member of the archive.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[cfg(feature = "npz")] {
    /// use std::io::Cursor;
    /// use ndarray::{Array1, array};
    /// use ndarray_io::{NpzReader, NpzWriter, Result};
    ///
    /// let mut npz = NpzWriter::new(Cursor::new(Vec::new()));
    /// npz.add_array("labels", &array!["cat", "dog"])?;
    /// let mut npz = NpzReader::new(npz.finish()?)?;
    /// let labels: Result<Array1<f64>> = npz.by_name("labels");
    /// assert_eq!(labels.unwrap_err().member(), Some("labels.npy"));
    /// # }
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn member(&self) -> Option<&str> {
        self.0.member.as_deref()
    }

    /// The path of the field inside a record, such as `pos.x`.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::WriteNpyExt;
    ///
    /// #[derive(serde::Serialize)]
    /// struct Sensor {
    ///     position: (f64, Option<u8>),
    /// }
    /// let broken = ndarray::array![Sensor { position: (0.0, Some(1)) }, Sensor { position: (0.0, None) }];
    /// let error = broken.write_npy(&mut Vec::new()).unwrap_err();
    /// assert_eq!(error.field(), Some("position.f1"));
    /// ```
    pub fn field(&self) -> Option<&str> {
        self.0.field.as_deref()
    }

    /// The element of the array that was read or written, counted from 0 in the order of the data.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::{WriteNpyExt, WriteOptions};
    ///
    /// let names = ndarray::array!["Ada", "Grace"];
    /// let options = WriteOptions::new().dtype("<U3".parse()?);
    /// let error = names.write_npy_with(&mut Vec::new(), &options).unwrap_err();
    /// assert_eq!(error.row(), Some(1));
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn row(&self) -> Option<u64> {
        self.0.row
    }

    /// The byte at which it was noticed, from the start of the array's header.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::Header;
    ///
    /// let error = Header::read(&mut &b"\x93NUMPY\x07\x00"[..]).unwrap_err();
    /// assert_eq!(error.offset(), Some(6));
    /// ```
    pub fn offset(&self) -> Option<u64> {
        self.0.offset
    }

    /// The line of a text, counted from 1.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[cfg(feature = "text")] {
    /// use ndarray::Ix2;
    /// use ndarray_io::LoadTxt;
    ///
    /// let error = LoadTxt::new().read::<_, f64, Ix2>(&b"1 2\n3 x\n"[..]).unwrap_err();
    /// assert_eq!(error.line(), Some(2));
    /// # }
    /// ```
    pub fn line(&self) -> Option<u64> {
        self.0.line
    }

    /// The column (the field's number in its row) of a text, counted from 1.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[cfg(feature = "text")] {
    /// use ndarray::Ix2;
    /// use ndarray_io::LoadTxt;
    ///
    /// let error = LoadTxt::new().read::<_, f64, Ix2>(&b"1 2\n3 x\n"[..]).unwrap_err();
    /// assert_eq!(error.column(), Some(2));
    /// # }
    /// ```
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
        Error::new(
            ErrorKind::Missing,
            "no field of that name; an `Option`, or `#[serde(default)]`, does without it",
        )
        .in_field(field)
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
