//! Arrays and records inside a value, laid out as NumPy prints them: items padded to one width, floats to one precision,
//! long lines wrapped.

use std::fmt::{self, Write as _};

use super::exact::Decimal;
use super::print::exponent_layout;
use super::real::Real;
use super::single::{count_of, parts, str_of};
use super::spec::Case;
use crate::dtype::{Dtype, Kind, PyStr, PyTuple, Repr, Scalar, UnitBase};
use crate::element::{NAT, point_layout};
use crate::error::Result;

/// NumPy's print options, which nothing here changes.
const PRECISION: usize = 8;
const LINE_WIDTH: usize = 75;
/// Of larger arrays only the first and last items of each axis are shown.
const THRESHOLD: usize = 1000;
const EDGE_ITEMS: usize = 3;

/// How floats are written: to one precision in an array, each by itself in a record.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Floats {
    Aligned,
    Alone,
}

/// NumPy's `str` of a record.
pub(super) fn record(dtype: &Dtype, bytes: &[u8]) -> Result<String> {
    let formatted = items(dtype, &[bytes], true, Floats::Alone)?;
    Ok(formatted.concat())
}

/// NumPy's `repr` of a record.
pub(super) fn record_repr(dtype: &Dtype, bytes: &[u8]) -> Result<String> {
    Ok(format!("np.void({}, dtype={})", record(dtype, bytes)?, PyDtype(dtype)))
}

/// NumPy's `str` of an array.
pub(super) fn array(dtype: &Dtype, bytes: &[u8]) -> Result<String> {
    let separator = "";
    array_lines(dtype, bytes, separator, " ", LINE_WIDTH)
}

/// NumPy's `repr` of an array.
pub(super) fn array_repr(dtype: &Dtype, bytes: &[u8]) -> Result<String> {
    let (base, shape) = dtype.flattened();
    let indent = "array(";
    let mut text = indent.to_owned();
    text += &array_lines(dtype, bytes, ",", &" ".repeat(indent.len() + 1), LINE_WIDTH - 1)?;
    let size: usize = shape.iter().product();
    let mut extras = Vec::new();
    if (size == 0 && shape.len() > 1) || size > THRESHOLD {
        extras.push(format!("shape={}", PyTuple(&shape)));
    }
    let implied = match &base.0 {
        Repr::Scalar(Scalar::Bool | Scalar::Int64 | Scalar::Float64 | Scalar::Complex128, order) => order.is_native(),
        _ => false,
    };
    if !implied || size == 0 {
        let native = base.byte_order().is_native();
        extras.push(match &base.0 {
            Repr::Scalar(scalar, _) if native => format!("dtype={}", scalar.name()),
            Repr::Datetime(unit, _) | Repr::Timedelta(unit, _) if native && unit.base() == UnitBase::Generic => {
                format!(
                    "dtype={}64",
                    if base.kind() == Kind::Datetime {
                        "datetime"
                    } else {
                        "timedelta"
                    }
                )
            }
            Repr::Datetime(unit, _) if native => format!("dtype='datetime64[{unit}]'"),
            Repr::Timedelta(unit, _) if native => format!("dtype='timedelta64[{unit}]'"),
            Repr::Record(_) => format!("dtype={}", PyDtype(base)),
            _ => format!("dtype='{base}'"),
        });
    }
    if extras.is_empty() {
        return Ok(text + ")");
    }
    text.push(',');
    let extras = extras.join(", ") + ")";
    let last_line = text.chars().rev().take_while(|&c| c != '\n').count();
    if last_line + extras.len() + 1 > LINE_WIDTH {
        text.push('\n');
        text += &" ".repeat(indent.len());
    } else {
        text.push(' ');
    }
    Ok(text + &extras)
}

fn array_lines(dtype: &Dtype, bytes: &[u8], separator: &str, indent: &str, width: usize) -> Result<String> {
    let (base, shape) = dtype.flattened();
    if shape.contains(&0) {
        return Ok("[]".to_owned());
    }
    let axes = shown(&shape);
    let mut pieces = Vec::new();
    gather(base, &shape, &axes, bytes, &mut pieces);
    let mut formatted = items(base, &pieces, false, Floats::Aligned)?.into_iter();
    Ok(lines(&axes, &mut formatted, separator, indent.to_owned(), width))
}

/// A dtype as `str` prints it: in a record `i1`, `S4`, `?` for the descr's `|i1`, `|S4`, `|b1`, and a dict if it has gaps.
struct PyDtype<'a>(&'a Dtype);

impl fmt::Display for PyDtype<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        /// What stands for a field's dtype in a list.
        fn format(f: &mut fmt::Formatter<'_>, dtype: &Dtype) -> fmt::Result {
            match &dtype.0 {
                Repr::Record(_) => write!(f, "{}", PyDtype(dtype)),
                Repr::Scalar(Scalar::Bool, _) => f.write_str("'?'"),
                _ => write!(f, "'{}'", dtype.to_string().trim_start_matches('|')),
            }
        }
        fn list<T>(
            f: &mut fmt::Formatter<'_>,
            items: impl Iterator<Item = T>,
            write: impl Fn(&mut fmt::Formatter<'_>, T) -> fmt::Result,
        ) -> fmt::Result {
            f.write_char('[')?;
            for (index, item) in items.enumerate() {
                f.write_str(if index > 0 { ", " } else { "" })?;
                write(f, item)?;
            }
            f.write_char(']')
        }

        let Repr::Record(record) = &self.0.0 else {
            return format(f, self.0);
        };
        let fields = || record.fields.iter();
        let mut end = 0;
        let packed = fields()
            .all(|field| field.offset == std::mem::replace(&mut end, field.offset + field.dtype.itemsize()))
            && end == record.itemsize;
        if packed {
            return list(f, fields(), |f, field| {
                match field.title() {
                    Some(title) => write!(f, "(({}, {}), ", PyStr(title), PyStr(field.name()))?,
                    None => write!(f, "({}, ", PyStr(field.name()))?,
                }
                let (base, shape) = field.dtype().flattened();
                format(f, base)?;
                match shape.is_empty() {
                    true => f.write_char(')'),
                    false => write!(f, ", {})", PyTuple(&shape)),
                }
            });
        }
        f.write_str("{'names': ")?;
        list(f, fields(), |f, field| write!(f, "{}", PyStr(field.name())))?;
        f.write_str(", 'formats': ")?;
        list(f, fields(), |f, field| {
            let (base, shape) = field.dtype().flattened();
            if shape.is_empty() {
                return format(f, base);
            }
            f.write_char('(')?;
            format(f, base)?;
            write!(f, ", {})", PyTuple(&shape))
        })?;
        f.write_str(", 'offsets': ")?;
        list(f, fields(), |f, field| write!(f, "{}", field.offset()))?;
        if fields().any(|field| field.title().is_some()) {
            f.write_str(", 'titles': ")?;
            list(f, fields(), |f, field| match field.title() {
                Some(title) => write!(f, "{}", PyStr(title)),
                None => f.write_str("None"),
            })?;
        }
        write!(f, ", 'itemsize': {}", record.itemsize)?;
        f.write_str(if record.aligned { ", 'aligned': True}" } else { "}" })
    }
}

/// The indices of each axis that are shown; `None` stands for those between.
fn shown(shape: &[usize]) -> Vec<Vec<Option<usize>>> {
    let size: usize = shape.iter().product();
    let axis = |&len: &usize| {
        if size > THRESHOLD && len > 2 * EDGE_ITEMS {
            let (first, last) = (0..EDGE_ITEMS, len - EDGE_ITEMS..len);
            first.map(Some).chain([None]).chain(last.map(Some)).collect()
        } else {
            (0..len).map(Some).collect()
        }
    };
    shape.iter().map(axis).collect()
}

/// The bytes of the items that are shown.
fn gather<'a>(base: &Dtype, shape: &[usize], axes: &[Vec<Option<usize>>], bytes: &'a [u8], to: &mut Vec<&'a [u8]>) {
    let ([_, inner @ ..], [axis, axes @ ..]) = (shape, axes) else {
        return to.push(bytes);
    };
    let size = inner.iter().product::<usize>() * base.itemsize();
    for index in axis.iter().flatten() {
        let part = bytes.get(index * size..(index + 1) * size).unwrap_or_default();
        gather(base, inner, axes, part, to);
    }
}

/// The items with their brackets, lines wrapped at `width`.
fn lines(
    axes: &[Vec<Option<usize>>],
    items: &mut impl Iterator<Item = String>,
    separator: &str,
    indent: String,
    width: usize,
) -> String {
    let Some((axis, inner)) = axes.split_first() else {
        return items.next().unwrap_or_default();
    };
    let mut text = String::new();
    if inner.is_empty() {
        // The line, its bracket or separator included, must fit.
        let width = width - 1;
        let mut line = indent.clone();
        for (at, index) in axis.iter().enumerate() {
            let word = match index {
                Some(_) => items.next().unwrap_or_default(),
                None => "...".to_owned(),
            };
            if line.chars().count() + word.chars().count() > width && line.len() > indent.len() {
                text.push_str(line.trim_end());
                text.push('\n');
                line.clone_from(&indent);
            }
            line.push_str(&word);
            if at + 1 < axis.len() {
                line.push_str(separator);
                line.push(' ');
            }
        }
        text.push_str(&line);
    } else {
        for (at, index) in axis.iter().enumerate() {
            text.push_str(&indent);
            match index {
                Some(_) => text.push_str(&lines(inner, items, separator, format!("{indent} "), width - 1)),
                None => text.push_str("..."),
            }
            if at + 1 < axis.len() {
                text.push_str(separator);
                text.push_str(&"\n".repeat(inner.len()));
            }
        }
    }
    format!("[{}]", text.get(indent.len()..).unwrap_or_default())
}

/// Each of the values of one dtype as text, as wide as the others where NumPy aligns them; `single` ones stand alone.
fn items(dtype: &Dtype, values: &[&[u8]], single: bool, floats: Floats) -> Result<Vec<String>> {
    Ok(match (&dtype.0, dtype.kind()) {
        (Repr::Record(record), _) => {
            let mut columns = Vec::new();
            for field in &record.fields {
                let parts: Vec<&[u8]> = values
                    .iter()
                    .map(|bytes| {
                        let end = field.offset + field.dtype.itemsize();
                        bytes.get(field.offset..end).unwrap_or_default()
                    })
                    .collect();
                columns.push(match &field.dtype.0 {
                    Repr::Subarray(_) => subarrays(&field.dtype, &parts, floats)?,
                    _ => items(&field.dtype, &parts, single, floats)?,
                });
            }
            let row = |index: usize| {
                let fields: Vec<&str> = columns.iter().map(|column| column[index].as_str()).collect();
                let comma = if fields.len() == 1 { "," } else { "" };
                format!("({}{comma})", fields.join(", "))
            };
            (0..values.len()).map(row).collect()
        }
        (Repr::Scalar(..), Kind::Complex) => {
            let (re, im): (Vec<Real>, Vec<Real>) = values
                .iter()
                .map(|bytes| {
                    let [re, im] = parts(dtype, bytes);
                    (re, im)
                })
                .unzip();
            let whole = aligned(&re, false).into_iter().zip(aligned(&im, true));
            whole
                .map(|(re, im)| {
                    let end = im.trim_end().len();
                    let (number, spaces) = im.split_at(end);
                    format!("{re}{number}j{spaces}")
                })
                .collect()
        }
        (Repr::Scalar(..), Kind::Float) if floats == Floats::Aligned => {
            let values: Vec<Real> = values.iter().map(|bytes| Real::of(dtype, bytes)).collect();
            aligned(&values, false)
        }
        (Repr::Scalar(..), Kind::Bool) => {
            let texts = texts(dtype, values)?;
            let pad = |text: String| match (single, text.as_str()) {
                (false, "True") => " True".to_owned(),
                _ => text,
            };
            texts.into_iter().map(pad).collect()
        }
        (Repr::Scalar(..), Kind::Int | Kind::Uint) => to_right(texts(dtype, values)?),
        (Repr::Timedelta(..), _) => {
            let count = |bytes: &&[u8]| match count_of(dtype, bytes) {
                NAT => "'NaT'".to_owned(),
                count => count.to_string(),
            };
            to_right(values.iter().map(count).collect())
        }
        (Repr::Datetime(..), _) => to_right(texts(dtype, values)?.iter().map(|text| format!("'{text}'")).collect()),
        (Repr::Str(..), _) => texts(dtype, values)?
            .iter()
            .map(|text| PyStr(text).to_string())
            .collect(),
        _ => texts(dtype, values)?,
    })
}

/// The subarrays of several records: their items aligned with each other, but never wrapped.
fn subarrays(dtype: &Dtype, values: &[&[u8]], floats: Floats) -> Result<Vec<String>> {
    fn brackets(axes: &[Vec<Option<usize>>], items: &mut impl Iterator<Item = String>) -> String {
        let Some((axis, inner)) = axes.split_first() else {
            return items.next().unwrap_or_default();
        };
        let parts: Vec<String> = axis
            .iter()
            .map(|index| match index {
                Some(_) => brackets(inner, items),
                None => "...".to_owned(),
            })
            .collect();
        format!("[{}]", parts.join(", "))
    }

    let (base, shape) = dtype.flattened();
    // Its items are measured even where they are not shown.
    let all: Vec<Vec<Option<usize>>> = shape.iter().map(|&len| (0..len).map(Some).collect()).collect();
    let mut pieces = Vec::new();
    for value in values {
        gather(base, &shape, &all, value, &mut pieces);
    }
    let formatted = items(base, &pieces, false, floats)?;
    let size: usize = shape.iter().product();
    let axes = shown(&shape);
    Ok((0..values.len())
        .map(|index| {
            let own = formatted.get(index * size..(index + 1) * size).unwrap_or_default();
            let mut visible = Vec::new();
            places(&shape, &axes, 0, &mut visible);
            let mut own = visible.into_iter().filter_map(|place| own.get(place).cloned());
            brackets(&axes, &mut own)
        })
        .collect())
}

/// Where in a flat array the items lie that are shown.
fn places(shape: &[usize], axes: &[Vec<Option<usize>>], start: usize, to: &mut Vec<usize>) {
    let ([_, inner @ ..], [axis, axes @ ..]) = (shape, axes) else {
        return to.push(start);
    };
    let size: usize = inner.iter().product();
    for index in axis.iter().flatten() {
        places(inner, axes, start + index * size, to);
    }
}

fn texts(dtype: &Dtype, values: &[&[u8]]) -> Result<Vec<String>> {
    let text = |bytes: &&[u8]| {
        let mut text = String::new();
        str_of(&mut text, dtype, bytes)?;
        Ok(text)
    };
    values.iter().map(text).collect()
}

fn to_right(texts: Vec<String>) -> Vec<String> {
    let width = texts.iter().map(String::len).max().unwrap_or(0);
    texts.into_iter().map(|text| format!("{text:>width$}")).collect()
}

/// Floats to at most 8 decimals, their points under each other; `plus` signs the positive ones.
fn aligned(values: &[Real], plus: bool) -> Vec<String> {
    let finite = || values.iter().filter(|value| value.is_finite());
    let nonzero = || {
        finite()
            .filter(|value| !value.is_zero())
            .map(|value| value.as_f64().abs())
    };
    let largest = nonzero().fold(0.0, f64::max);
    let smallest = nonzero().fold(f64::INFINITY, f64::min);
    let cutoff = values.first().map_or(1e8, |value| value.largest_positional().min(1e8));
    // NumPy compares in the floats' own type: the float32 next to 0.0001 is not below it.
    let own = |value: f64| values.first().map_or(value, |of| of.rounded(value));
    let exponents =
        nonzero().next().is_some() && (largest >= cutoff || smallest < own(0.0001) || own(largest / smallest) > 1000.0);

    // Sign and whole part, fraction, exponent; with an exponent the fraction may have to be of a certain length.
    let split = |value: &Real, length: Option<usize>| -> (String, String, String) {
        let negative = value.is_negative();
        let sign = match (negative, plus) {
            (true, _) => "-",
            (false, true) => "+",
            (false, false) => "",
        };
        let (exact, shortest) = value.digits();
        let text = if exponents {
            let digits = match (length, shortest.digits.len() - usize::from(!shortest.digits.is_empty())) {
                (None, own) if own <= PRECISION => shortest,
                (None, _) => exact.rounded(PRECISION + 1, None),
                (Some(length), own) if own == length => shortest,
                // Where a float has more digits than tell it apart, they are its own.
                (Some(length), _) => exact.rounded(length + 1, None),
            };
            exponent_layout(non_empty(&digits), digits.exponent, true, Case::Lower)
        } else {
            let decimals = i64::try_from(shortest.digits.len()).unwrap_or(i64::MAX) - 1 - i64::from(shortest.exponent);
            let digits = match decimals <= PRECISION as i64 {
                true => shortest,
                false => exact.to_decimals(PRECISION),
            };
            point_layout(non_empty(&digits), digits.exponent, true)
        };
        let text = String::from_utf8_lossy(&text);
        let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, ""));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        (format!("{sign}{whole}"), fraction.to_owned(), exponent.to_owned())
    };
    let parts: Vec<_> = finite().map(|value| split(value, None)).collect();
    let fraction_width = parts.iter().map(|(_, fraction, _)| fraction.len()).max().unwrap_or(0);
    let exponent_width = parts.iter().map(|(_, _, exponent)| exponent.len()).max().unwrap_or(0);
    let right = match exponents {
        true => fraction_width + exponent_width + 1,
        false => fraction_width,
    };
    let mut left = parts.iter().map(|(whole, _, _)| whole.len()).max().unwrap_or(0);
    let others = || values.iter().filter(|value| !value.is_finite());
    if others().next().is_some() {
        let signed = plus || others().any(|value| value.as_f64() == f64::NEG_INFINITY);
        left = left
            .max(3_usize.saturating_sub(right + 1))
            .max((3 + usize::from(signed)).saturating_sub(right + 1));
    }
    values
        .iter()
        .map(|value| {
            if !value.is_finite() {
                let number = value.as_f64();
                let sign = match (number.is_nan() || number > 0.0, plus) {
                    (true, true) => "+",
                    (true, false) => "",
                    (false, _) => "-",
                };
                let name = if number.is_nan() { "nan" } else { "inf" };
                return format!("{:>1$}", format!("{sign}{name}"), left + right + 1);
            }
            let (whole, fraction, exponent) = split(value, Some(fraction_width));
            if exponents {
                let (sign, exponent) = exponent.split_at(1.min(exponent.len()));
                let digits = exponent_width.saturating_sub(1);
                format!("{whole:>left$}.{fraction:0<fraction_width$}e{sign}{exponent:0>digits$}")
            } else {
                format!("{whole:>left$}.{fraction:<fraction_width$}")
            }
        })
        .collect()
}

fn non_empty(decimal: &Decimal) -> &[u8] {
    match decimal.digits.as_slice() {
        [] => b"0",
        digits => digits,
    }
}
