//! Headers to bytes.

use std::borrow::Cow;
use std::io::Write;

use ndarray::Order;

use super::{Header, MAGIC, Version};
use crate::dtype::{Dtype, Kind, PyTuple};
use crate::error::{Error, ErrorKind, Result};

/// Headers end at a multiple of it, so that the data of a mapped file is aligned for every element.
const ALIGN: usize = 64;

/// The digits that a header leaves free for the axis an array grows along: those of 8 * 2^64 - 1, and the sign.
const GROWTH_DIGITS: usize = 21;

impl Header {
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
    /// [`ErrorKind::Argument`] if the version cannot hold it: 1.0 ends at 65535 bytes, 1.0 and 2.0 know Latin-1 only; or
    /// if elements that are arrays are to be in Fortran's order.
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
        if self.order == Order::ColumnMajor && self.dtype.kind() == Kind::Subarray && self.shape.len() > 1 {
            return Err(Error::new(
                ErrorKind::Argument,
                format!(
                    "an array of {} is in C order, as the axes of its elements are; leave the order out, or ask for \
                     Order::RowMajor",
                    self.dtype
                ),
            ));
        }
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
    pub(in crate::npy) fn to_bytes_in(&self, version: Version, end: usize) -> Option<Vec<u8>> {
        let text = self.text();
        let length = match version {
            Version::V1_0 | Version::V2_0 if text.chars().any(|c| u32::from(c) > 0xff) => return None,
            Version::V1_0 | Version::V2_0 => text.chars().count(),
            Version::V3_0 => text.len(),
        };
        (version.prefix_len() + length < end).then(|| assemble(&text, version, end))
    }

    /// The dtype and the shape that the file has. None has elements that are arrays: to NumPy their axes are the array's
    /// last ones.
    pub(crate) fn in_file(&self) -> (&Dtype, Cow<'_, [usize]>) {
        match self.dtype.kind() {
            Kind::Subarray => {
                let (base, inner) = self.dtype.flattened();
                (base, Cow::Owned([&self.shape[..], &inner].concat()))
            }
            _ => (&self.dtype, Cow::Borrowed(&self.shape)),
        }
    }

    fn text(&self) -> String {
        let fortran = match self.order {
            Order::ColumnMajor if self.dtype.kind() != Kind::Subarray => "True",
            _ => "False",
        };
        let (dtype, shape) = self.in_file();
        let (descr, shape) = (dtype.literal(), PyTuple(&shape));
        format!("{{'descr': {descr}, 'fortran_order': {fortran}, 'shape': {shape}, }}")
    }
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
