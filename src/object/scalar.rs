//! One object as a value of a Rust type that is not made of others.

use std::borrow::Cow;

use super::plain::plain;
use super::value::Object;
use crate::dtype::{Dtype, Unit, UnitBase};
use crate::element::{Tag, to_unit};
use crate::error::{Error, ErrorKind, Result};
use crate::npy::DynArray;

/// An object, and what is known of it.
#[derive(Clone, Copy)]
pub(super) struct De<'a> {
    pub(super) object: &'a Object,
    /// Of a row of a record array: the names of what is a tuple there.
    pub(super) dtype: Option<&'a Dtype>,
    /// Whether a dict is a record, which has an order.
    pub(super) is_record: bool,
}

impl<'a> De<'a> {
    pub(super) fn new(object: &'a Object) -> Self {
        De {
            object,
            dtype: None,
            is_record: false,
        }
    }

    pub(super) fn row(object: &'a Object, dtype: &'a Dtype) -> Self {
        De {
            object,
            dtype: (!dtype.fields().is_empty()).then_some(dtype),
            is_record: false,
        }
    }

    #[cold]
    pub(super) fn mismatch(&self, asked: &str) -> Error {
        Error::new(
            ErrorKind::Dtype,
            format!("a Python `{}` where {asked} was asked for", self.object.type_name()),
        )
    }

    /// An integer that `T` holds.
    pub(super) fn int<T: TryFrom<i128> + std::str::FromStr>(&self, asked: &str) -> Result<T> {
        let object = plain(self.object)?;
        let value = match &*object {
            Object::Int(value) => T::try_from(i128::from(*value)).ok(),
            Object::BigInt(digits) => digits.parse().ok(),
            _ => return Err(self.mismatch(asked)),
        };
        value.ok_or_else(|| {
            let hint = match &*object {
                Object::BigInt(_) => "; read it as i128, u128 or, whatever its size, as a String of its digits",
                _ => "",
            };
            Error::new(ErrorKind::Value, format!("the int {object} does not fit {asked}{hint}"))
        })
    }

    /// A float, or an integer as the nearest one.
    pub(super) fn float(&self, asked: &str) -> Result<f64> {
        match &*plain(self.object)? {
            Object::Float(value) => Ok(*value),
            Object::Int(value) => Ok(*value as f64), // rounds, as Python's float() does
            Object::BigInt(digits) => digits.parse().map_err(|_| self.mismatch(asked)),
            _ => Err(self.mismatch(asked)),
        }
    }

    /// What a `str` or one of the classes with a text is; the digits of any int.
    pub(super) fn text(&self) -> Result<Cow<'a, str>> {
        match self.object {
            Object::Str(text) | Object::BigInt(text) => Ok(Cow::Borrowed(text)),
            Object::Int(value) => Ok(Cow::Owned(value.to_string())),
            Object::Instance(instance) => Ok(Cow::Borrowed(instance.text())),
            Object::Surrogates(bytes) => Err(Error::new(
                ErrorKind::Value,
                format!(
                    "a `str` with lone surrogates, '{}', which is no Unicode text",
                    bytes.escape_ascii()
                ),
            )),
            Object::Scalar(_) | Object::Array(_) => match plain(self.object)?.into_owned() {
                Object::Str(text) => Ok(Cow::Owned(text.as_ref().to_owned())),
                _ => Err(self.mismatch("text")),
            },
            _ => Err(self.mismatch("text")),
        }
    }

    pub(super) fn with_bytes<R>(&self, then: impl FnOnce(&[u8]) -> Result<R>) -> Result<R> {
        match &*plain(self.object)? {
            Object::Bytes(bytes) | Object::ByteArray(bytes) => then(bytes),
            // NumPy's `S`, which is text where it can be.
            Object::Str(text) if matches!(self.object, Object::Scalar(_)) => then(text.as_bytes()),
            _ => Err(self.mismatch("bytes")),
        }
    }

    /// The count of a time in the unit that was asked for, and whether that is exact.
    pub(super) fn time(&self, tag: Tag) -> Result<(i64, bool)> {
        let micros = Unit {
            base: UnitBase::Microsecond,
            step: 1,
        };
        let time = match self.object {
            Object::Scalar(scalar) => match (&**scalar, tag) {
                (DynArray::Datetime(count), Tag::Datetime(_)) | (DynArray::Timedelta(count), Tag::Timedelta(_)) => {
                    count.first().copied().zip(count.dtype().unit())
                }
                _ => None,
            },
            Object::Instance(instance) => match (instance.class(), tag) {
                ("datetime.datetime" | "datetime.date", Tag::Datetime(_))
                | ("datetime.timedelta", Tag::Timedelta(_)) => instance.micros.map(|count| (count, micros)),
                _ => None,
            },
            _ => None,
        };
        let (count, unit) = time.ok_or_else(|| match tag {
            Tag::Datetime(_) => self.mismatch("Datetime64"),
            _ => self.mismatch("Timedelta64"),
        })?;
        to_unit(count, unit, tag).ok_or_else(|| {
            Error::new(
                ErrorKind::Value,
                format!("{} overflows the unit that was asked for", self.object),
            )
        })
    }
}
