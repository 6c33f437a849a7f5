//! A dtype as the columns of a text table: fields depth-first, subarrays item by item; and a field's text as bytes.

use num_complex::Complex;

use super::lenient::{Lenient, Parsed, cut_off};
use super::number::{Number, python};
use super::plain::Plain;
use crate::dtype::{ByteOrder, Dtype, Repr, Scalar, Unit};
use crate::element::scalar::{swap_bytes, with_native};
use crate::element::{NAT, long_double_from_f64, option_value, parse_datetime, parse_timedelta};
use crate::error::{Error, ErrorKind, Result};

/// What the text of one column becomes.
#[derive(Clone, Debug)]
pub(crate) struct Column {
    kind: Grammar,
    pub(super) dtype: Dtype,
    /// From the row's first byte.
    pub(crate) offset: usize,
    pub(crate) size: usize,
    /// What is swapped at a time, if the byte order is foreign; else 0.
    swap: usize,
    /// Text may be missing: the byte before the value says whether it is there.
    pub(crate) optional: bool,
    /// Read as genfromtxt does, not as loadtxt.
    pub(crate) lenient: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Grammar {
    Number(Scalar),
    Datetime(Unit),
    Timedelta(Unit),
    Bytes,
    Str,
    /// No text can be read as it.
    Never,
}

/// The columns of a dtype, in its fields' order.
///
/// # Errors
///
/// [`ErrorKind::Object`] for objects, [`ErrorKind::Argument`] for a subarray that is not a field.
pub(crate) fn columns(dtype: &Dtype) -> Result<Vec<Column>> {
    if dtype.has_object() {
        let message = format!(
            "text cannot be read as objects ({}); a type of their content works",
            dtype.describe()
        );
        return Err(Error::new(ErrorKind::Object, message));
    }
    if let Repr::Subarray(_) = dtype.0 {
        let message = format!(
            "text cannot be read as {}; as the field of a record it can",
            dtype.describe()
        );
        return Err(Error::new(ErrorKind::Argument, message));
    }
    let mut columns = Vec::new();
    flatten(dtype, 0, &mut columns)?;
    Ok(columns)
}

fn flatten(dtype: &Dtype, offset: usize, columns: &mut Vec<Column>) -> Result<()> {
    /// More columns than any line has.
    const MOST: usize = 1 << 24;
    let order = dtype.byte_order();
    let foreign = !matches!(order, ByteOrder::NotApplicable) && order != ByteOrder::NATIVE;
    if let Some(value) = option_value(dtype) {
        let first = columns.len();
        flatten(value, offset + 1, columns)?;
        return match columns.get_mut(first..) {
            Some([column]) => {
                column.optional = true;
                Ok(())
            }
            _ => Err(Error::new(
                ErrorKind::Element,
                "an `Option` of several columns of text; make each of them an `Option`",
            )),
        };
    }
    let (kind, unit) = match &dtype.0 {
        Repr::Record(record) => {
            return record
                .fields
                .iter()
                .try_for_each(|field| flatten(&field.dtype, offset + field.offset, columns));
        }
        Repr::Subarray(sub) => {
            let items = sub.shape.iter().product::<usize>();
            if items > MOST {
                return Err(Error::new(
                    ErrorKind::Argument,
                    format!("a subarray of {items} items as columns of text"),
                ));
            }
            let size = sub.base.itemsize();
            return (0..items).try_for_each(|item| flatten(&sub.base, offset + item * size, columns));
        }
        Repr::Scalar(scalar, _) => (Grammar::Number(*scalar), scalar.swapsize()),
        Repr::Datetime(unit, _) => (Grammar::Datetime(*unit), 8),
        Repr::Timedelta(unit, _) => (Grammar::Timedelta(*unit), 8),
        Repr::Bytes(_) => (Grammar::Bytes, 0),
        Repr::Str(..) => (Grammar::Str, 4),
        Repr::Void(_) | Repr::Object => (Grammar::Never, 0),
    };
    columns.push(Column {
        kind,
        dtype: dtype.clone(),
        offset,
        size: dtype.itemsize(),
        swap: if foreign { unit } else { 0 },
        optional: false,
        lenient: false,
    });
    Ok(())
}

impl Column {
    /// A string as long as its text.
    pub(crate) fn is_flexible(&self) -> bool {
        matches!(self.kind, Grammar::Bytes | Grammar::Str) && self.size == 0
    }

    /// Whether every text is fit for it.
    pub(crate) fn is_any_text(&self) -> bool {
        self.kind == Grammar::Str && !self.optional
    }

    /// The scalar that it holds in this machine's order.
    pub(crate) fn native(&self) -> Option<Scalar> {
        match self.kind {
            Grammar::Number(scalar) if self.swap == 0 => Some(scalar),
            _ => None,
        }
    }

    /// How an error names it.
    pub(crate) fn expected(&self) -> String {
        match self.kind {
            Grammar::Bytes => format!("{}, which holds latin1 only", self.dtype.describe()),
            _ => self.dtype.describe(),
        }
    }

    /// Whether the text is fit for the column, its width or unit aside.
    pub(crate) fn accepts(&self, field: &str) -> bool {
        match self.kind {
            Grammar::Bytes => field.is_ascii() || field.chars().all(|c| u32::from(c) < 256),
            Grammar::Datetime(_) => unit_of(field)
                .map_or(field.is_empty() || field.eq_ignore_ascii_case("nat"), |unit| {
                    parse_datetime(field, unit).is_ok()
                }),
            _ => true,
        }
    }

    /// How much room a text takes in a flexible column: bytes of latin1, or code points.
    pub(crate) fn width(&self, field: &str) -> usize {
        if field.is_ascii() {
            field.len()
        } else {
            field.chars().count()
        }
    }

    /// Writes what genfromtxt reads `field` as into `bytes`, which gets the column's size.
    pub(crate) fn lenient(&self, field: &str, bytes: &mut Vec<u8>) -> Parsed<()> {
        if self.is_flexible() {
            return match self.accepts(field) {
                true => Parsed::Value(()),
                false => Parsed::Unfit,
            };
        }
        bytes.clear();
        bytes.resize(self.size, 0);
        self.parse_lenient(field, bytes)
    }

    /// What genfromtxt reads those texts as, of a column of numbers; those that are none are left out.
    pub(crate) fn numbers<'t>(&self, texts: impl Iterator<Item = &'t str>) -> Vec<Vec<u8>> {
        let mut numbers = Vec::new();
        if let Grammar::Number(_) = self.kind {
            for text in texts {
                let mut number = Vec::new();
                if self.lenient(text, &mut number) == Parsed::Value(()) {
                    numbers.push(number);
                }
            }
        }
        numbers
    }

    /// Whether two of its numbers are equal, which `0` and `-0.0` are.
    pub(crate) fn same_number(&self, a: &[u8], b: &[u8]) -> bool {
        let Grammar::Number(scalar) = self.kind else {
            return false;
        };
        let native = |bytes: &[u8]| {
            let mut bytes = bytes.to_vec();
            swap_bytes(&mut bytes, self.swap);
            bytes
        };
        with_native!(scalar, T => match (bytemuck::checked::try_pod_read_unaligned::<T>(&native(a)),
            bytemuck::checked::try_pod_read_unaligned::<T>(&native(b))) {
            (Ok(a), Ok(b)) => a == b,
            _ => false,
        }, else => a == b)
    }

    /// Writes what `field` is read as; `None` if it cannot be.
    pub(crate) fn parse(&self, field: &str, bytes: &mut [u8]) -> Option<()> {
        match self.lenient {
            true => (self.parse_lenient(field, bytes) == Parsed::Value(())).then_some(()),
            false => self.parse_strict(field, bytes),
        }
    }

    /// By np.loadtxt's grammar.
    fn parse_strict(&self, field: &str, bytes: &mut [u8]) -> Option<()> {
        match self.kind {
            Grammar::Number(scalar) => with_native!(scalar, T => {
                let value = T::parse(field)?;
                bytes.copy_from_slice(bytemuck::bytes_of(&value));
            }, else => long_double(field, bytes)?),
            Grammar::Datetime(unit) => {
                let (count, _) = parse_datetime(field, unit).ok()?;
                bytes.copy_from_slice(&count.to_ne_bytes());
            }
            Grammar::Timedelta(unit) => {
                // A count alone, after blanks, or NaT or nothing, without any: NumPy knows no units in text.
                let text = field.trim_start();
                let fits = |count: i64| !text.contains(' ') && (count != NAT || text.len() == field.len());
                let (count, _) = parse_timedelta(text, unit).ok().filter(|(count, _)| fits(*count))?;
                bytes.copy_from_slice(&count.to_ne_bytes());
            }
            Grammar::Bytes => {
                if field.is_ascii() {
                    let len = field.len().min(bytes.len());
                    bytes[..len].copy_from_slice(&field.as_bytes()[..len]);
                } else {
                    for (byte, c) in bytes.iter_mut().zip(field.chars()) {
                        *byte = u8::try_from(c).ok()?;
                    }
                }
            }
            Grammar::Str => {
                let (code_points, _) = bytes.as_chunks_mut::<4>();
                if field.is_ascii() {
                    for (bytes, byte) in code_points.iter_mut().zip(field.bytes()) {
                        *bytes = u32::from(byte).to_ne_bytes();
                    }
                } else {
                    for (bytes, c) in code_points.iter_mut().zip(field.chars()) {
                        *bytes = u32::from(c).to_ne_bytes();
                    }
                }
            }
            Grammar::Never => return None,
        }
        swap_bytes(bytes, self.swap);
        Some(())
    }

    /// By np.genfromtxt's grammar.
    fn parse_lenient(&self, field: &str, bytes: &mut [u8]) -> Parsed<()> {
        match self.kind {
            Grammar::Number(scalar) => with_native!(scalar, T => match T::lenient(field) {
                Parsed::Value(value) => bytes.copy_from_slice(bytemuck::bytes_of(&value)),
                Parsed::Unfit => return Parsed::Unfit,
                Parsed::TooLarge => return Parsed::TooLarge,
            }, else => match long_double(field, bytes) {
                Some(()) => {}
                None => return Parsed::Unfit,
            }),
            Grammar::Datetime(_) if field.is_empty() => bytes.copy_from_slice(&NAT.to_ne_bytes()),
            Grammar::Datetime(unit) => match parse_datetime(field, unit) {
                Ok((count, _)) => bytes.copy_from_slice(&count.to_ne_bytes()),
                Err(_) => return Parsed::Unfit,
            },
            // A count alone, as of an integer.
            Grammar::Timedelta(_) => match python::float(field).filter(|value| !value.is_nan()) {
                None if field == "NaT" => bytes.copy_from_slice(&NAT.to_ne_bytes()),
                None => return Parsed::Unfit,
                Some(value) => match cut_off(value) {
                    Some(count) => bytes.copy_from_slice(&count.to_ne_bytes()),
                    None => return Parsed::TooLarge,
                },
            },
            // Not even where it would be cut off.
            Grammar::Bytes if !self.accepts(field) => return Parsed::Unfit,
            Grammar::Bytes | Grammar::Str | Grammar::Never => {
                return self.parse_strict(field, bytes).into();
            }
        }
        swap_bytes(bytes, self.swap);
        Parsed::Value(())
    }

    /// Writes the field at `at` if it is plain; gives where it ends.
    #[inline(always)]
    pub(crate) fn plain(&self, plain: &Plain, text: &str, at: usize, bytes: &mut [u8]) -> Option<usize> {
        macro_rules! number {
            ($T:ty) => {{
                let (value, end) = plain.number::<$T>(text.as_bytes(), at)?;
                *bytes.first_chunk_mut()? = value.to_ne_bytes();
                if self.swap > 0 {
                    swap_bytes(bytes, self.swap);
                }
                Some(end)
            }};
        }
        match self.kind {
            Grammar::Number(Scalar::Float64) => number!(f64),
            Grammar::Number(Scalar::Int64) => number!(i64),
            Grammar::Number(Scalar::Float32) => number!(f32),
            Grammar::Number(Scalar::Int32) => number!(i32),
            _ => {
                let end = plain.field_end(text.as_bytes(), at)?;
                self.parse(&text[at..end], bytes)?;
                Some(end)
            }
        }
    }
}

/// Long doubles: NumPy reads the real ones with C's strtold, the complex ones with Python's complex.
fn long_double(field: &str, bytes: &mut [u8]) -> Option<()> {
    let (real, imaginary) = bytes.split_at_mut_checked(16)?;
    let bits = match imaginary {
        [] => super::longdouble::parse(field)?,
        imaginary => {
            let Complex { re, im } = python::complex(field)?;
            imaginary.copy_from_slice(&long_double_from_f64(im).to_ne_bytes());
            long_double_from_f64(re)
        }
    };
    real.copy_from_slice(&bits.to_ne_bytes()); // swapped after it, where the order is foreign
    Some(())
}

/// The unit of a datetime that says how fine it is by its text; `None` for NaT.
pub(crate) fn unit_of(text: &str) -> Option<Unit> {
    use crate::dtype::UnitBase::{
        Attosecond, Day, Femtosecond, Hour, Microsecond, Millisecond, Minute, Month, Nanosecond, Picosecond, Second,
        Year,
    };
    let text = text.trim().trim_start_matches(['+', '-']);
    if !text.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let (date, time) = text.split_once(['T', ' ']).unwrap_or((text, ""));
    let time = time.split(['Z', '+', '-']).next().unwrap_or(time);
    let (clock, fraction) = time.split_once('.').unwrap_or((time, ""));
    let base = match (fraction.len(), clock.split(':').count(), date.split('-').count()) {
        (0, _, 1) => Year,
        (0, _, 2) => Month,
        (0, 1, _) if clock.is_empty() => Day,
        (0, 1, _) => Hour,
        (0, 2, _) => Minute,
        (0, ..) => Second,
        (1..=3, ..) => Millisecond,
        (4..=6, ..) => Microsecond,
        (7..=9, ..) => Nanosecond,
        (10..=12, ..) => Picosecond,
        (13..=15, ..) => Femtosecond,
        _ => Attosecond,
    };
    Unit::new(base, 1)
}
