//! The header of a .npy file, in the format's three versions.

use std::borrow::Cow;
use std::io::{Read, Write};

use ndarray::Order;

use crate::dtype::literal::{self, Dialect, Literal, Malformed, Node};
use crate::dtype::{Dtype, Kind, PyTuple};
use crate::error::{Error, ErrorKind, Result};
use crate::limits;

pub(crate) const MAGIC: &[u8; 6] = b"\x93NUMPY";

/// Headers end at a multiple of it, so that the data of a mapped file is aligned for every element.
const ALIGN: usize = 64;

/// Headers up to this length are read onto the stack; those of simple dtypes have 118 bytes.
const SMALL: usize = 512;

/// The digits that a header leaves free for the axis an array grows along: those of 8 * 2^64 - 1, and the sign.
const GROWTH_DIGITS: usize = 21;

/// NumPy's own limit for an array's dimensions.
const MAX_DIMS: usize = 64;

/// A version of the .npy format.
///
/// # Examples
///
/// ```
/// use ndarray_io::{Header, Version, WriteNpyExt, WriteOptions};
///
/// let mut file = Vec::new();
/// ndarray::array![1.0].write_npy_with(&mut file, &WriteOptions::new().version(Version::V3_0))?;
/// assert_eq!(Header::read(&mut &file[..])?.version(), Some(Version::V3_0));
/// # Ok::<(), ndarray_io::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Version {
    /// 1.0: headers up to 65535 bytes, in Latin-1. What NumPy writes when it can.
    V1_0,
    /// 2.0: headers up to 4 GiB, in Latin-1.
    V2_0,
    /// 3.0: headers up to 4 GiB, in UTF-8.
    V3_0,
}

impl Version {
    fn major(self) -> u8 {
        match self {
            Version::V1_0 => 1,
            Version::V2_0 => 2,
            Version::V3_0 => 3,
        }
    }

    /// The bytes before the text: magic, version, length.
    fn prefix_len(self) -> usize {
        match self {
            Version::V1_0 => 10,
            Version::V2_0 | Version::V3_0 => 12,
        }
    }
}

/// What a .npy file says of its array before the data: dtype, order, shape.
///
/// # Examples
///
/// ```
/// use ndarray::Order;
/// use ndarray_io::Header;
///
/// let header = Header::new("<f8".parse()?, Order::RowMajor, vec![2, 3]);
/// let mut file = Vec::new();
/// header.write(&mut file)?;
/// assert_eq!(&file[10..70], b"{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), } ");
/// assert_eq!(file.len(), 128);
/// assert_eq!(Header::read(&mut &file[..])?, header);
/// # Ok::<(), ndarray_io::Error>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Header {
    /// What one element is.
    pub dtype: Dtype,
    /// Which axis is contiguous in the file.
    pub order: Order,
    /// The length of each axis.
    pub shape: Vec<usize>,
    version: Option<Version>,
    pub(super) data_offset: Option<u64>,
}

impl PartialEq for Header {
    /// Whether they describe the same array; where they were read from does not count.
    fn eq(&self, other: &Self) -> bool {
        (&self.dtype, self.order, &self.shape) == (&other.dtype, other.order, &other.shape)
    }
}

impl Eq for Header {}

impl Header {
    /// The header of an array in that order.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray::Order;
    /// use ndarray_io::Header;
    ///
    /// let header = Header::new("<f4".parse()?, Order::RowMajor, [2, 3]);
    /// assert_eq!(header.nbytes()?, 24);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn new(dtype: Dtype, order: Order, shape: impl Into<Vec<usize>>) -> Header {
        Header {
            dtype,
            order,
            shape: shape.into(),
            version: None,
            data_offset: None,
        }
    }

    /// The version of the file it was read from; `None` for a new one.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::{Header, Version, WriteNpyExt};
    ///
    /// let mut file = Vec::new();
    /// ndarray::array![1.0].write_npy(&mut file)?;
    /// assert_eq!(Header::read(&mut &file[..])?.version(), Some(Version::V1_0));
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn version(&self) -> Option<Version> {
        self.version
    }

    /// Where the data starts, in bytes from the magic of the file it was read from; `None` for a new one.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::{Header, WriteNpyExt};
    ///
    /// let mut file = Vec::new();
    /// ndarray::array![7_u8].write_npy(&mut file)?;
    /// assert_eq!(Header::read(&mut &file[..])?.data_offset(), Some(128));
    /// assert_eq!(file[128..], [7]);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn data_offset(&self) -> Option<u64> {
        self.data_offset
    }

    /// How many elements the array has.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Shape`] if there are more than memory could hold.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray::Order;
    /// use ndarray_io::Header;
    ///
    /// assert_eq!(Header::new("<f8".parse()?, Order::RowMajor, [2, 3]).count()?, 6);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn count(&self) -> Result<usize> {
        self.size(1)
    }

    /// How many bytes the array's data takes.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Shape`] if there are more than memory could hold.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray::Order;
    /// use ndarray_io::Header;
    ///
    /// assert_eq!(Header::new("<f8".parse()?, Order::RowMajor, [2, 3]).nbytes()?, 48);
    /// let absurd = Header::new("<f8".parse()?, Order::RowMajor, [usize::MAX, 3]);
    /// assert!(absurd.nbytes().is_err());
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn nbytes(&self) -> Result<usize> {
        self.size(self.dtype.itemsize())
    }

    /// The product of the shape and `itemsize`. As in NumPy and ndarray, an axis of length 0 does not excuse
    /// the others: they must be in range without it.
    fn size(&self, itemsize: usize) -> Result<usize> {
        let mut nonzero = self.shape.iter().filter(|&&dim| dim > 0);
        nonzero
            .try_fold(itemsize.max(1), |size, &dim| size.checked_mul(dim))
            .filter(|&size| isize::try_from(size).is_ok())
            .map(|size| {
                if itemsize == 0 || self.shape.contains(&0) {
                    0
                } else {
                    size
                }
            })
            .ok_or_else(|| {
                let shape = PyTuple(&self.shape);
                Error::new(
                    ErrorKind::Shape,
                    format!(
                        "an array of shape {shape} and dtype {} is too large for memory",
                        self.dtype
                    ),
                )
            })
    }

    /// Reads a header from the start of a .npy file; the reader then stands at the first byte of the data.
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::NotNumpy`], [`ErrorKind::Version`]: not a .npy file, or not one of a known version;
    /// - [`ErrorKind::Truncated`]: it ends within the header, or is empty;
    /// - [`ErrorKind::Limit`]: a header longer than 10000 characters, which is NumPy's limit;
    /// - [`ErrorKind::Header`], [`ErrorKind::Shape`]: what it says is malformed, or too large for memory;
    /// - [`ErrorKind::Io`].
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::{Header, WriteNpyExt};
    ///
    /// let mut file = Vec::new();
    /// ndarray::array![[1_u8, 2]].write_npy(&mut file)?;
    /// let mut reader = &file[..];
    /// let header = Header::read(&mut reader)?;
    /// assert_eq!((header.dtype.to_string().as_str(), header.shape), ("|u1", vec![1, 2]));
    /// assert_eq!(reader, [1, 2]); // the data is still to be read
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn read<R: Read + ?Sized>(reader: &mut R) -> Result<Header> {
        Header::read_with(reader, limits::HEADER_SIZE)
    }

    /// Like [`read`](Header::read), for headers of up to `max_header_size` characters.
    ///
    /// # Errors
    ///
    /// See [`read`](Header::read).
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::{ErrorKind, Header, WriteNpyExt};
    ///
    /// let mut file = Vec::new();
    /// ndarray::array![1.0].write_npy(&mut file)?;
    /// let error = Header::read_with(&mut &file[..], 64).unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::Limit);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn read_with<R: Read + ?Sized>(reader: &mut R, max_header_size: usize) -> Result<Header> {
        let version = read_magic(reader)?;
        let mut length = [0; 4];
        let length_len = version.prefix_len() - 8;
        read_exact(reader, &mut length[..length_len], 8, "the header's length")?;
        let length = u32::from_le_bytes(length);
        // In UTF-8 a character is at most four bytes: what is longer need not be read to be refused.
        let width = if version == Version::V3_0 { 4 } else { 1 };
        if u64::from(length) > (max_header_size as u64).saturating_mul(width) {
            return Err(too_long(length.into(), max_header_size));
        }
        let mut small = [0; SMALL];
        let mut large = Vec::new();
        let bytes = match small.get_mut(..length as usize) {
            Some(small) => {
                let got = fill(reader, small)?;
                &small[..got]
            }
            None => {
                // Grows with the bytes that exist, whatever the length claims.
                reader.take(length.into()).read_to_end(&mut large)?;
                &large[..]
            }
        };
        if bytes.len() as u64 != u64::from(length) {
            return Err(truncated(
                version.prefix_len() as u64,
                "the header",
                length as usize,
                bytes.len(),
            ));
        }
        let mut header = Header::parse(bytes, version, max_header_size)?;
        header.version = Some(version);
        header.data_offset = Some(version.prefix_len() as u64 + u64::from(length));
        Ok(header)
    }

    fn parse(bytes: &[u8], version: Version, max_header_size: usize) -> Result<Header> {
        if bytes.len() <= max_header_size
            && let Some(header) = plain(bytes)
        {
            header.nbytes()?;
            return Ok(header);
        }
        let start = version.prefix_len() as u64;
        let latin1 = version != Version::V3_0 && !bytes.is_ascii();
        let text: Cow<'_, str> = if latin1 {
            bytes.iter().copied().map(char::from).collect()
        } else {
            let text = std::str::from_utf8(bytes).map_err(|error| {
                let at = start + error.valid_up_to() as u64;
                Error::new(ErrorKind::Header, "a header of version 3.0 that is not UTF-8").at_byte(at)
            })?;
            text.into()
        };
        if text.len() > max_header_size {
            let length = text.chars().count();
            if length > max_header_size {
                return Err(too_long(length as u64, max_header_size));
            }
        }
        let dialect = match version {
            Version::V1_0 | Version::V2_0 => Dialect::Python2,
            Version::V3_0 => Dialect::Python3,
        };
        let header = literal::parse(&text, dialect)
            .and_then(|node| Header::from_literal(&node))
            .map_err(|Malformed { at, message }| {
                // The text's bytes are the file's, but for Latin-1, where a character is one byte there.
                let before = text.get(..at).filter(|_| latin1);
                let at = before.map_or(at, |before| before.chars().count());
                Error::new(ErrorKind::Header, message).at_byte(start + at as u64)
            })?;
        header.nbytes()?;
        Ok(header)
    }

    fn from_literal(node: &Node<'_>) -> Result<Header, Malformed> {
        let Literal::Dict(pairs) = &node.value else {
            let got = node.value.name();
            return Err(Malformed::new(node.at, format!("a header must be a dict, got {got}")));
        };
        let (mut descr, mut order, mut shape) = (None, None, None);
        for (key, value) in pairs {
            let slot = match &key.value {
                Literal::Str(key) if key == "descr" => &mut descr,
                Literal::Str(key) if key == "fortran_order" => &mut order,
                Literal::Str(key) if key == "shape" => &mut shape,
                Literal::Str(name) => return Err(wrong_key(key.at, &format!("{name:?}"))),
                other => return Err(wrong_key(key.at, other.name())),
            };
            *slot = Some(value); // of equal keys Python keeps the last
        }
        let (Some(descr), Some(order), Some(shape)) = (descr, order, shape) else {
            return Err(wrong_key(node.at, "fewer"));
        };
        let shape = read_shape(shape)?;
        let order = match order.value {
            Literal::Bool(false) => Order::RowMajor,
            Literal::Bool(true) => Order::ColumnMajor,
            ref got => {
                let got = got.name();
                return Err(Malformed::new(
                    order.at,
                    format!("fortran_order must be True or False, got {got}"),
                ));
            }
        };
        let dtype = whole_elements(Dtype::from_literal(descr)?, &shape, descr.at)?;
        Ok(Header::new(dtype, order, shape))
    }

    /// Writes the header as NumPy does, in the oldest version that can hold it.
    ///
    /// # Errors
    ///
    /// See [`to_bytes`](Header::to_bytes); [`ErrorKind::Io`].
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray::{Array1, Order, array};
    /// use ndarray_io::{Header, ReadNpyExt};
    ///
    /// // A file whose data comes from elsewhere.
    /// let mut file = Vec::new();
    /// Header::new("<u2".parse()?, Order::RowMajor, [2]).write(&mut file)?;
    /// file.extend([1, 0, 2, 0]);
    /// assert_eq!(Array1::<u16>::read_npy(&file[..])?, array![1, 2]);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn write<W: Write + ?Sized>(&self, writer: &mut W) -> Result<()> {
        Ok(writer.write_all(&self.to_bytes(None)?)?)
    }

    /// The header as NumPy writes it, up to the first byte of the data: in that version, or in the oldest that can
    /// hold it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Argument`] if the version cannot hold it: 1.0 ends at 65535 bytes, 1.0 and 2.0 know Latin-1 only.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray::Order;
    /// use ndarray_io::{Header, Version};
    ///
    /// let header = Header::new("[('日', '<f8')]".parse()?, Order::RowMajor, []);
    /// assert_eq!(header.to_bytes(None)?[6], 3);
    /// assert!(header.to_bytes(Some(Version::V1_0)).is_err());
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn to_bytes(&self, version: Option<Version>) -> Result<Vec<u8>> {
        let mut text = self.text();
        let fortran = self.order == Order::ColumnMajor;
        let growth_axis = if fortran { self.shape.last() } else { self.shape.first() };
        if let Some(length) = growth_axis {
            let digits = length.checked_ilog10().unwrap_or(0) as usize + 1;
            text.extend(std::iter::repeat_n(' ', GROWTH_DIGITS - digits));
        }
        let latin1 = text.chars().all(|c| u32::from(c) <= 0xff);
        let characters = text.chars().count();
        // Where the header ends in that version, if it can hold it.
        let end = |version: Version| {
            let length = if version == Version::V3_0 {
                text.len()
            } else {
                characters
            };
            let end = version.prefix_len() + length + 1;
            // NumPy adds 64 spaces to a header that is aligned without any.
            let end = end + ALIGN - end % ALIGN;
            let length = end - version.prefix_len();
            let fits = match version {
                Version::V1_0 => latin1 && u16::try_from(length).is_ok(),
                Version::V2_0 => latin1 && u32::try_from(length).is_ok(),
                Version::V3_0 => u32::try_from(length).is_ok(),
            };
            fits.then_some((version, end))
        };
        let place = match version {
            Some(version) => end(version),
            None => [Version::V1_0, Version::V2_0, Version::V3_0].into_iter().find_map(end),
        };
        let Some((version, end)) = place else {
            let encoding = if latin1 { "Latin-1" } else { "UTF-8" };
            return Err(Error::new(
                ErrorKind::Argument,
                format!(
                    "a header of {characters} characters of {encoding} does not fit {version:?} of the .npy format"
                ),
            ));
        };
        Ok(assemble(&text, version, end))
    }

    /// The header in exactly `end` bytes of that version, if it fits; the room for an array that grows is what is left.
    pub(super) fn to_bytes_in(&self, version: Version, end: usize) -> Option<Vec<u8>> {
        let text = self.text();
        let length = match version {
            Version::V1_0 | Version::V2_0 if text.chars().any(|c| u32::from(c) > 0xff) => return None,
            Version::V1_0 | Version::V2_0 => text.chars().count(),
            Version::V3_0 => text.len(),
        };
        (version.prefix_len() + length < end).then(|| assemble(&text, version, end))
    }

    fn text(&self) -> String {
        let fortran = match self.order == Order::ColumnMajor {
            true => "True",
            false => "False",
        };
        let (descr, shape) = (self.dtype.literal(), PyTuple(&self.shape));
        format!("{{'descr': {descr}, 'fortran_order': {fortran}, 'shape': {shape}, }}")
    }
}

/// The header, if it is one as NumPy writes it of a dtype without fields, byte for byte: most are, and a small array is
/// read in half the time. `None` for all else, which the grammar of Python's literals reads or refuses.
fn plain(text: &[u8]) -> Option<Header> {
    let text = text.strip_prefix(b"{'descr': '")?;
    let quote = text.iter().take(8).position(|&byte| byte == b'\'')?;
    let (name, text) = text.split_at_checked(quote)?;
    let dtype = Dtype::of_plain_name(name)?;
    let text = text.strip_prefix(b"', 'fortran_order': ")?;
    let (order, text) = match text.strip_prefix(b"False") {
        Some(text) => (Order::RowMajor, text),
        None => (Order::ColumnMajor, text.strip_prefix(b"True")?),
    };
    let mut text = text.strip_prefix(b", 'shape': (")?;
    let mut shape = Vec::new();
    while text.first()?.is_ascii_digit() {
        let (length, after) = plain_length(text)?;
        shape.push(length);
        text = match (after, shape.len()) {
            ([b',', b' ', rest @ ..], _) => rest,
            ([b',', rest @ ..], 1) => rest,
            (_, 1) => return None, // an int in parentheses
            _ => after,
        };
    }
    let padding = text.strip_prefix(b"), }")?.strip_suffix(b"\n")?;
    (shape.len() <= MAX_DIMS && padding.iter().all(|&byte| byte == b' ')).then(|| Header::new(dtype, order, shape))
}

/// A length that needs no more than 18 digits, and what follows it.
fn plain_length(text: &[u8]) -> Option<(usize, &[u8])> {
    let digits = text.iter().take(19).position(|byte| !byte.is_ascii_digit())?;
    let (digits, after) = text.split_at_checked(digits)?;
    if matches!(digits, [b'0', _, ..]) {
        return None;
    }
    let length = (digits.iter()).fold(0_u64, |length, digit| length * 10 + u64::from(digit - b'0'));
    Some((usize::try_from(length).ok()?, after))
}

/// A header of `end` bytes, which hold the text in that version's encoding.
fn assemble(text: &str, version: Version, end: usize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(end);
    bytes.extend_from_slice(MAGIC);
    bytes.extend_from_slice(&[version.major(), 0]);
    let length = (end - version.prefix_len()).to_le_bytes();
    bytes.extend_from_slice(&length[..version.prefix_len() - 8]);
    if version == Version::V3_0 || text.is_ascii() {
        bytes.extend_from_slice(text.as_bytes());
    } else {
        bytes.extend(text.chars().filter_map(|c| u8::try_from(c).ok()));
    }
    bytes.resize(end - 1, b' ');
    bytes.push(b'\n');
    bytes
}

/// The first eight bytes.
fn read_magic<R: Read + ?Sized>(reader: &mut R) -> Result<Version> {
    let mut magic = [0; 8];
    let got = fill(reader, &mut magic)?;
    let start = &magic[..got];
    if got == 0 {
        return Err(Error::new(
            ErrorKind::Truncated,
            "no data left: expected a .npy header, got an empty input",
        )
        .at_byte(0));
    }
    if !start.iter().zip(MAGIC).all(|(got, expected)| got == expected) {
        let message = match start {
            [b'P', b'K', 3 | 5, ..] => "a zip archive, not a .npy file; NpzReader reads .npz",
            _ => "not a .npy file: it does not start with \\x93NUMPY; loadtxt and genfromtxt read text",
        };
        return Err(Error::new(ErrorKind::NotNumpy, message).at_byte(0));
    }
    if got < magic.len() {
        return Err(truncated(0, "the magic and version", magic.len(), got));
    }
    match (magic[6], magic[7]) {
        (1, 0) => Ok(Version::V1_0),
        (2, 0) => Ok(Version::V2_0),
        (3, 0) => Ok(Version::V3_0),
        (major, minor) => Err(Error::new(
            ErrorKind::Version,
            format!("version {major}.{minor} of the .npy format; 1.0, 2.0 and 3.0 are known"),
        )
        .at_byte(6)),
    }
}

/// Reads until the buffer is full or the input ends; how many bytes came.
fn fill<R: Read + ?Sized>(reader: &mut R, buffer: &mut [u8]) -> Result<usize> {
    let mut got = 0;
    while got < buffer.len() {
        match reader.read(&mut buffer[got..]) {
            Ok(0) => break,
            Ok(count) => got += count,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(got)
}

fn read_exact<R: Read + ?Sized>(reader: &mut R, buffer: &mut [u8], at: u64, what: &str) -> Result<()> {
    match fill(reader, buffer)? {
        got if got < buffer.len() => Err(truncated(at, what, buffer.len(), got)),
        _ => Ok(()),
    }
}

#[cold]
fn truncated(at: u64, what: &str, expected: usize, got: usize) -> Error {
    Error::new(
        ErrorKind::Truncated,
        format!("the input ends within {what}: expected {expected} bytes, got {got}"),
    )
    .at_byte(at)
}

#[cold]
fn too_long(length: u64, limit: usize) -> Error {
    limits::exceeded(format!("header length {length} exceeds the limit of {limit} bytes")).at_byte(8)
}

#[cold]
fn wrong_key(at: usize, got: &str) -> Malformed {
    Malformed::new(
        at,
        format!("a header's keys must be 'descr', 'fortran_order' and 'shape', got {got}"),
    )
}

fn read_shape(node: &Node<'_>) -> Result<Vec<usize>, Malformed> {
    let Literal::Tuple(dims) = &node.value else {
        let got = node.value.name();
        return Err(Malformed::new(
            node.at,
            format!("shape must be a tuple of ints, got {got}"),
        ));
    };
    if dims.len() > MAX_DIMS {
        return Err(Malformed::new(
            node.at,
            format!("a shape of {} dimensions; NumPy has at most {MAX_DIMS}", dims.len()),
        ));
    }
    dims.iter()
        .map(|dim| match dim.value {
            Literal::Int(length) => isize::try_from(length)
                .ok()
                .and_then(|length| usize::try_from(length).ok())
                .ok_or_else(|| Malformed::new(dim.at, format!("an axis of length {length}"))),
            ref got => {
                let got = got.name();
                Err(Malformed::new(
                    dim.at,
                    format!("shape must be a tuple of ints, got {got}"),
                ))
            }
        })
        .collect()
}

/// A subarray is no dtype for whole elements: NumPy reads its items, and then misses those that the shape does not
/// count.
fn whole_elements(dtype: Dtype, shape: &[usize], at: usize) -> Result<Dtype, Malformed> {
    if dtype.kind() != Kind::Subarray {
        return Ok(dtype);
    }
    if dtype.shape().iter().all(|&dim| dim == 1) || shape.contains(&0) {
        return whole_elements(dtype.base().clone(), shape, at);
    }
    Err(Malformed::new(
        at,
        format!("descr is a subarray {dtype}: only fields of a record can be; its axes belong into shape"),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Both ways read the same of what is plain, and the plain one leaves alone whatever is not.
    #[test]
    fn plain_headers_are_what_the_grammar_makes_of_them() {
        let header = |text: &str| format!("{{'descr': {text}, }}     \n");
        let plain_ones = [
            "'<f8', 'fortran_order': False, 'shape': (10,)",
            "'>c16', 'fortran_order': True, 'shape': (3, 0, 123456789012345678)",
            "'|b1', 'fortran_order': False, 'shape': ()",
            "'<f16', 'fortran_order': False, 'shape': (1, 2)",
        ];
        for text in plain_ones.map(header) {
            let found = plain(text.as_bytes()).unwrap();
            let node = literal::parse(&text, Dialect::Python3).unwrap();
            assert_eq!(found, Header::from_literal(&node).unwrap(), "{text}");
            for end in 0..text.len() {
                assert!(plain(&text.as_bytes()[..end]).is_none(), "{:?}", &text[..end]);
            }
        }
        let others = [
            "'f8', 'fortran_order': False, 'shape': (10,)",
            "'<f9', 'fortran_order': False, 'shape': (10,)",
            "'<U3', 'fortran_order': False, 'shape': (10,)",
            "'<f8', 'fortran_order': False, 'shape': (010,)",
            "'<f8', 'fortran_order': False, 'shape': (10L,)",
            "'<f8', 'fortran_order': False, 'shape': (-1,)",
            "'<f8', 'fortran_order': False, 'shape': (,)",
            "'<f8', 'fortran_order': False, 'shape': (10)",
            "'<f8', 'fortran_order': False, 'shape': (1, 2,)",
            "'<f8', 'fortran_order': False, 'shape': (1234567890123456789,)",
            "'<f8', 'fortran_order': 0, 'shape': (1,)",
            "'<f8', 'shape': (1,), 'fortran_order': False",
            "[('a', '<f8')], 'fortran_order': False, 'shape': (1,)",
            "'<f8', 'fortran_order': False, 'shape': (1,), }, {",
        ];
        for text in others.map(header) {
            assert_eq!(plain(text.as_bytes()), None, "{text}");
        }
        let dims = "1, ".repeat(MAX_DIMS);
        let deepest = |last: &str| header(&format!("'<f8', 'fortran_order': False, 'shape': ({dims}{last})"));
        assert_eq!(plain(deepest("1").as_bytes()), None);
    }
}
