//! The bytes before a header's text, and the text.

use std::io::{self, Read};

use super::parse::{parse, too_long};
use super::{Header, MAGIC, Version};
use crate::error::{Error, ErrorKind, Result};
use crate::limits;

/// Headers up to this length are read onto the stack; those of simple dtypes have 118 bytes.
const SMALL: usize = 512;

impl Header {
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
    pub fn read_with<R: Read + ?Sized>(mut reader: &mut R, max_header_size: usize) -> Result<Header> {
        Header::read_any(&mut reader, max_header_size)
    }

    fn read_any(reader: &mut dyn Read, max_header_size: usize) -> Result<Header> {
        let version = read_magic(reader)?;
        let mut length = [0; 4];
        let length_len = version.prefix_len() - 8;
        read_exact(reader, &mut length[..length_len], 8, "the header's length")?;
        let length = u32::from_le_bytes(length);
        // In UTF-8 a character is at most four bytes: what is longer need not be read to be refused.
        let (width, unit) = match version {
            Version::V3_0 => (4, "bytes"),
            _ => (1, "characters"),
        };
        if u64::from(length) > (max_header_size as u64).saturating_mul(width) {
            return Err(too_long(length.into(), unit, max_header_size));
        }
        let mut small = [0; SMALL];
        let mut large = Vec::new();
        let bytes = match small.get_mut(..length as usize) {
            Some(small) => {
                let got = read_full(reader, small)?;
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
        let mut header = parse(bytes, version, max_header_size)?;
        header.version = Some(version);
        header.data_offset = Some(version.prefix_len() as u64 + u64::from(length));
        Ok(header)
    }
}

/// The first eight bytes.
fn read_magic(reader: &mut dyn Read) -> Result<Version> {
    let mut magic = [0; 8];
    let got = read_full(reader, &mut magic)?;
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

/// Fills `buffer` as far as the reader goes, and says how far that was.
pub(crate) fn read_full(reader: &mut dyn Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match reader.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

fn read_exact(reader: &mut dyn Read, buffer: &mut [u8], at: u64, what: &str) -> Result<()> {
    match read_full(reader, buffer)? {
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
