//! Arrays and records inside a value, laid out as NumPy prints them: items padded to one width, floats to one precision,
//! long lines wrapped.

use super::exact::Decimal;
use super::print::{Case, exponent_layout, point_layout};
use super::value::{Real, parts, str_of};
use crate::dtype::{Dtype, Kind, PyStr, Repr};
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

/// NumPy's `str` of an array.
pub(super) fn array(dtype: &Dtype, bytes: &[u8]) -> Result<String> {
    let (base, shape) = flat(dtype);
    if shape.contains(&0) {
        return Ok("[]".to_owned());
    }
    let axes = shown(&shape);
    let mut pieces = Vec::new();
    gather(base, &shape, &axes, bytes, &mut pieces);
    let formatted = items(base, &pieces, false, Floats::Aligned)?;
    let mut formatted = formatted.into_iter();
    Ok(lines(&axes, &mut formatted, " ".to_owned(), LINE_WIDTH))
}

/// The items of a subarray of subarrays, and its whole shape.
fn flat(dtype: &Dtype) -> (&Dtype, Vec<usize>) {
    let (mut base, mut shape) = (dtype, Vec::new());
    while let Repr::Subarray(sub) = &base.0 {
        shape.extend_from_slice(&sub.shape);
        base = &sub.base;
    }
    (base, shape)
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
                line.push(' ');
            }
        }
        text.push_str(&line);
    } else {
        for (at, index) in axis.iter().enumerate() {
            text.push_str(&indent);
            match index {
                Some(_) => text.push_str(&lines(inner, items, format!("{indent} "), width - 1)),
                None => text.push_str("..."),
            }
            if at + 1 < axis.len() {
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
            let count = |bytes: &&[u8]| match super::value::count_of(dtype, bytes) {
                i64::MIN => "'NaT'".to_owned(),
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

    let (base, shape) = flat(dtype);
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
    let finite = || values.iter().filter(|value| value.as_f64().is_finite());
    let nonzero = || finite().map(|value| value.as_f64().abs()).filter(|&value| value != 0.0);
    let largest = nonzero().fold(0.0, f64::max);
    let smallest = nonzero().fold(f64::INFINITY, f64::min);
    let cutoff = values.first().map_or(1e8, |value| value.largest_positional().min(1e8));
    let exponents =
        nonzero().next().is_some() && (largest >= cutoff || smallest < 0.0001 || largest / smallest > 1000.0);

    // Sign and whole part, fraction, exponent.
    let split = |value: &Real| -> (String, String, String) {
        let negative = value.is_negative();
        let sign = match (negative, plus) {
            (true, _) => "-",
            (false, true) => "+",
            (false, false) => "",
        };
        let (exact, shortest) = value.digits();
        let text = if exponents {
            let digits = match shortest.digits.len() <= PRECISION + 1 {
                true => shortest,
                false => exact.rounded(PRECISION + 1, None),
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
    let parts: Vec<_> = finite().map(split).collect();
    let fraction_width = parts.iter().map(|(_, fraction, _)| fraction.len()).max().unwrap_or(0);
    let exponent_width = parts.iter().map(|(_, _, exponent)| exponent.len()).max().unwrap_or(0);
    let right = match exponents {
        true => fraction_width + exponent_width + 1,
        false => fraction_width,
    };
    let mut left = parts.iter().map(|(whole, _, _)| whole.len()).max().unwrap_or(0);
    let others = values.iter().map(Real::as_f64).filter(|value| !value.is_finite());
    if others.clone().next().is_some() {
        let signed = plus || others.clone().any(|value| value == f64::NEG_INFINITY);
        left = left
            .max(3_usize.saturating_sub(right + 1))
            .max((3 + usize::from(signed)).saturating_sub(right + 1));
    }
    let mut parts = parts.into_iter();
    values
        .iter()
        .map(|value| {
            let number = value.as_f64();
            if !number.is_finite() {
                let sign = match (number.is_nan() || number > 0.0, plus) {
                    (true, true) => "+",
                    (true, false) => "",
                    (false, _) => "-",
                };
                let name = if number.is_nan() { "nan" } else { "inf" };
                return format!("{:>1$}", format!("{sign}{name}"), left + right + 1);
            }
            let (whole, fraction, exponent) = parts.next().unwrap_or_default();
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
