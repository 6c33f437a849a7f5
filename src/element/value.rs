//! One element's bytes as the values that a type may ask for.

use num_complex::Complex;

use super::calendar::{NAT, Time, convert_datetime, convert_timedelta};
use super::convert::{Cast, cast_one};
use super::parse;
use super::plan::{NativeScalar, Node, must_swap, rust_name, wrong_row};
use super::print;
use super::scalar::no_bool;
use super::tag::Tag;
use super::wide::Wide;
use crate::dtype::{ByteOrder, Dtype, Kind, Repr, Scalar, UnitBase};
use crate::error::{Error, ErrorKind, Result};

pub(super) struct De<'b, 'a> {
    /// The row, and where the value starts in it: the hot paths compare lengths but once.
    pub(super) row: &'b [u8],
    pub(super) at: u32,
    pub(super) node: &'a mut Node,
}

impl<'b, 'a> De<'b, 'a> {
    /// The value's own bytes, and those that follow.
    pub(super) fn rest(&self) -> &'b [u8] {
        self.row.get(self.at as usize..).unwrap_or_default()
    }

    /// The value's own bytes. There are as many as the dtype has: the whole row has been measured.
    pub(super) fn bytes(&self) -> &'b [u8] {
        self.rest().get(..self.node.size).unwrap_or_default()
    }

    /// The value's own bytes, if they are this scalar.
    #[inline]
    pub(super) fn native<const N: usize>(&self, scalar: Scalar) -> Option<[u8; N]> {
        let at = self.at as usize;
        let bytes = self.row.get(at..at + N)?;
        (self.node.native == NativeScalar::of(scalar)).then(|| bytes.try_into().ok())?
    }

    pub(super) fn text(&mut self) -> Result<String> {
        self.node.allow_text()?;
        self.content()
    }

    /// The text of strings, bytes, numbers and times.
    fn content(&self) -> Result<String> {
        match self.node.dtype.0 {
            Repr::Str(_, order) => decode_text(self.bytes(), order),
            Repr::Bytes(_) => {
                let bytes = without_padding(self.bytes());
                match std::str::from_utf8(bytes) {
                    Ok(text) => Ok(text.to_owned()),
                    Err(error) => Err(Error::new(
                        ErrorKind::Value,
                        format!("bytes that are no UTF-8 text: {}", bytes.escape_ascii()),
                    )
                    .with_source(error)),
                }
            }
            Repr::Scalar(scalar, order) => match (scalar, self.bytes()) {
                (Scalar::Bool, &[byte]) if byte > 1 => Err(no_bool(byte)),
                (_, bytes) => Ok(print::number(scalar, must_swap(scalar, order), bytes)),
            },
            Repr::Datetime(unit, _) if unit.base() == UnitBase::Generic && self.count() != NAT => Err(Error::new(
                ErrorKind::Value,
                "a datetime without a unit that is not NaT has no text",
            )),
            Repr::Datetime(..) | Repr::Timedelta(..) => Ok(self.display_time()),
            _ => Err(self.node.mismatch(None, "text")),
        }
    }

    pub(super) fn raw(&self) -> Result<&'b [u8]> {
        match self.node.dtype.0 {
            Repr::Bytes(_) => Ok(without_padding(self.bytes())),
            Repr::Void(_) => Ok(self.bytes()),
            _ => Err(self.node.mismatch(None, "bytes")),
        }
    }

    /// The count of a datetime or timedelta.
    pub(super) fn count(&self) -> i64 {
        let bytes = self.bytes().try_into().unwrap_or(NAT.to_ne_bytes());
        match self.node.dtype.byte_order().is_native() {
            true => i64::from_ne_bytes(bytes),
            false => i64::from_ne_bytes(bytes).swap_bytes(),
        }
    }

    /// The count of a datetime or timedelta in the unit that was asked for.
    pub(super) fn time(&mut self, tag: Tag) -> Result<i64> {
        let (asked, name) = match tag {
            Tag::Datetime(unit) => (Dtype(Repr::Datetime(unit, ByteOrder::NATIVE)), "Datetime64"),
            Tag::Timedelta(unit) => (Dtype(Repr::Timedelta(unit, ByteOrder::NATIVE)), "Timedelta64"),
            _ => return Err(self.node.mismatch(None, "a time")),
        };
        let converted = match (tag, &self.node.dtype.0) {
            (Tag::Datetime(to), Repr::Datetime(from, _)) => convert_datetime(self.count(), *from, to),
            (Tag::Timedelta(to), Repr::Timedelta(from, _)) => convert_timedelta(self.count(), *from, to),
            _ => return Err(self.node.mismatch(None, &format!("{name} (`{asked}`)"))),
        };
        self.node.allow(asked, name)?;
        converted
            .map(|(count, _)| count)
            .ok_or_else(|| self.time_overflow(name))
    }

    #[cold]
    pub(super) fn time_overflow(&self, name: &str) -> Error {
        Error::new(
            ErrorKind::Value,
            format!(
                "{} overflows the unit of the {name} that was asked for",
                self.display_time()
            ),
        )
    }

    pub(super) fn display_time(&self) -> String {
        match self.node.dtype.0 {
            Repr::Datetime(unit, _) => Time::datetime(self.count(), unit).to_string(),
            Repr::Timedelta(unit, _) => Time::timedelta(self.count(), unit).to_string(),
            _ => String::new(),
        }
    }

    /// Whether it is what `None` is written as.
    pub(super) fn is_none(&mut self) -> bool {
        match self.node.dtype.0 {
            Repr::Datetime(..) | Repr::Timedelta(..) => self.count() == NAT,
            Repr::Scalar(scalar, order) if scalar.has_nan() => {
                let value: Complex<f64> = cast_one(scalar, must_swap(scalar, order), self.bytes());
                value.re.is_nan() || value.im.is_nan()
            }
            _ => false,
        }
    }
}

/// A number of any dtype that may become a `T`. It takes the parts of a [`De`], which is kept in registers where nothing
/// takes its address.
#[inline(never)]
pub(super) fn number<T: Cast>(row: &[u8], at: u32, node: &mut Node) -> Result<T> {
    let (scalar, order) = match node.dtype.0 {
        Repr::Scalar(scalar, order) => (scalar, order),
        Repr::Str(..) | Repr::Bytes(_) => return parsed(De { row, at, node }),
        _ => return Err(node.mismatch(None, rust_name(T::SCALAR))),
    };
    node.allow(Dtype::native(T::SCALAR), rust_name(T::SCALAR))?;
    let bytes = De { row, at, node }.bytes();
    match (scalar, bytes) {
        (_, bytes) if bytes.len() != scalar.itemsize() => Err(wrong_row(row.len(), at as usize + scalar.itemsize())),
        (Scalar::Bool, &[byte]) if byte > 1 => Err(no_bool(byte)),
        _ => Ok(cast_one(scalar, must_swap(scalar, order), bytes)),
    }
}

/// The number that a text says, as NumPy's `astype` reads it.
#[cold]
fn parsed<T: Cast>(de: De<'_, '_>) -> Result<T> {
    de.node.allow(Dtype::native(T::SCALAR), rust_name(T::SCALAR))?;
    let is_bytes = matches!(de.node.dtype.0, Repr::Bytes(_));
    if is_bytes && T::SCALAR == Scalar::Bool {
        return Ok(T::narrow(Wide::Bool(!without_padding(de.bytes()).is_empty()))); // need be no text
    }
    let text = de.content()?;
    let value = match T::SCALAR.kind() {
        Kind::Bool => Some(Wide::Bool(!text.is_empty())),
        _ if is_bytes && !text.is_ascii() => None, // of bytes Python reads no other digits and blanks
        Kind::Int | Kind::Uint => parse::int(&text),
        Kind::Complex => parse::complex(&text),
        _ => parse::float(&text),
    };
    let no_number = |what: &str| {
        let rust = rust_name(T::SCALAR);
        Error::new(ErrorKind::Value, format!("the text {text:?} {what} {rust}"))
    };
    let value = value.ok_or_else(|| no_number("is no"))?;
    let narrow = T::narrow(value);
    match T::SCALAR.kind() {
        Kind::Int | Kind::Uint if !narrow.widen().equals(value) => Err(no_number("is out of the range of")),
        _ => Ok(narrow),
    }
}

/// Without the NULs at the end, which NumPy cannot tell from padding.
pub(crate) fn without_padding(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
    bytes.get(..end).unwrap_or_default()
}

/// The text of UTF-32, without its trailing NULs.
pub(crate) fn decode_text(bytes: &[u8], order: ByteOrder) -> Result<String> {
    let (codes, _) = bytes.as_chunks::<4>();
    let end = codes
        .iter()
        .rposition(|code| *code != [0; 4])
        .map_or(0, |last| last + 1);
    let codes = codes.get(..end).unwrap_or_default();
    let code_of = |code: &[u8; 4]| match order {
        ByteOrder::Big => u32::from_be_bytes(*code),
        _ => u32::from_le_bytes(*code),
    };
    // ASCII is the rule, and a byte a character without a branch for each.
    if codes.iter().fold(0, |all, code| all | code_of(code)) < 0x80 {
        let ascii = codes.iter().map(|code| code_of(code).to_le_bytes()[0]).collect();
        return String::from_utf8(ascii).map_err(|_| invalid_code(0));
    }
    let mut text = String::with_capacity(codes.len());
    for code in codes {
        let code = code_of(code);
        text.push(char::from_u32(code).ok_or_else(|| invalid_code(code))?);
    }
    Ok(text)
}

#[cold]
fn invalid_code(code: u32) -> Error {
    Error::new(
        ErrorKind::Value,
        format!("{code:#x} is no Unicode code point; the text is not valid UTF-32"),
    )
}
