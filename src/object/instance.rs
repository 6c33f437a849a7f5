//! The objects of the classes that have one clear text: which text that is.

use std::sync::Arc;

use super::class::Class;
use super::value::{Instance, Object};
use crate::element::Date;

impl Instance {
    /// What `class(*args)` is; `None` if Python would refuse it or it has no clear text.
    pub(super) fn new(class: Class, args: Arc<[Object]>) -> Option<Instance> {
        let (text, micros) = describe(class, &args)?;
        Some(Instance {
            class,
            args,
            text,
            micros,
        })
    }
}

const MICROS: i64 = 1_000_000;
const DAY: i64 = 86_400 * MICROS;

/// The text, and the microseconds of a time.
fn describe(class: Class, args: &[Object]) -> Option<(String, Option<i64>)> {
    let text = match (class, args) {
        (Class::Datetime, [Object::Bytes(packed), zone @ ..]) => {
            let (date, time) = packed.split_first_chunk::<4>()?;
            let (date, days) = date_of(*date)?;
            let (time, micros) = time_of(time)?;
            let zone = zone_of(zone)?;
            let since = zone
                .is_empty()
                .then(|| days.checked_mul(DAY)?.checked_add(micros))
                .flatten();
            return Some((format!("{date}T{time}{zone}"), since));
        }
        (Class::Date, [Object::Bytes(packed)]) => {
            let (date, days) = date_of(packed.as_ref().try_into().ok()?)?;
            return Some((date, days.checked_mul(DAY)));
        }
        (Class::Time, [Object::Bytes(packed), zone @ ..]) => format!("{}{}", time_of(packed)?.0, zone_of(zone)?),
        (Class::Timedelta, &[Object::Int(days), Object::Int(seconds), Object::Int(micros)]) => {
            let total =
                i128::from(days) * i128::from(DAY) + i128::from(seconds) * i128::from(MICROS) + i128::from(micros);
            // Python's own limit on the days.
            if total.unsigned_abs() > 1_000_000_000 * u128::from(DAY.unsigned_abs()) {
                return None;
            }
            return Some((duration(total), i64::try_from(total).ok()));
        }
        (Class::Timezone, [Object::Instance(offset)]) => {
            let micros = offset.micros.filter(|_| offset.class == Class::Timedelta)?;
            match micros {
                0 => "UTC".to_owned(),
                _ => format!("UTC{}", utc_offset(micros)?),
            }
        }
        (Class::Timezone, [Object::Instance(_), Object::Str(name)]) => name.as_ref().to_owned(),
        (Class::Decimal, [Object::Str(text)]) => {
            let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte);
            text.bytes().all(fits).then(|| text.as_ref().to_owned())?
        }
        (Class::Fraction, [Object::Str(text)]) => {
            let fits = |byte: u8| byte.is_ascii_digit() || b"-/".contains(&byte);
            text.bytes().all(fits).then(|| text.as_ref().to_owned())?
        }
        (Class::Fraction, [numerator, denominator]) if is_int(numerator) && is_int(denominator) => match denominator {
            Object::Int(1) => numerator.to_string(),
            _ => format!("{numerator}/{denominator}"),
        },
        (Class::Range, [start, stop, step]) if [start, stop, step].into_iter().all(is_int) => match step {
            Object::Int(1) => format!("range({start}, {stop})"),
            _ => format!("range({start}, {stop}, {step})"),
        },
        (Class::Slice, [start, stop, step]) => {
            let fits = |part: &&Object| is_int(part) || **part == Object::None;
            [start, stop, step]
                .iter()
                .all(fits)
                .then(|| format!("slice({start}, {stop}, {step})"))?
        }
        (Class::Ellipsis | Class::NotImplemented, []) => class.full_name().to_owned(),
        _ => return None,
    };
    Some((text, None))
}

fn is_int(object: &Object) -> bool {
    matches!(object, Object::Int(_) | Object::BigInt(_))
}

/// The text and the days since 1970 of year (high byte first), month and day. The month's top bit says which of two
/// equal wall clock times is meant, which no text has.
fn date_of([high, low, month, day]: [u8; 4]) -> Option<(String, i64)> {
    let date = Date {
        year: i128::from(u16::from_be_bytes([high, low])),
        month: i128::from(month & 0x7f),
        day: day.into(),
    };
    let in_range = (1..=9999).contains(&date.year) && (1..=12).contains(&date.month);
    if !in_range || !(1..=date.days_in_month()).contains(&date.day) {
        return None;
    }
    let days = i64::try_from(date.days()).ok()?;
    let Date { year, month, day } = date;
    Some((format!("{year:04}-{month:02}-{day:02}"), days))
}

/// The text and the microseconds of hour, minute, second and three bytes of microseconds.
fn time_of(packed: &[u8]) -> Option<(String, i64)> {
    let &[hour, minute, second, a, b, c] = packed else {
        return None;
    };
    let hour = hour & 0x7f; // the top bit as in a date's month
    let micros = u32::from_be_bytes([0, a, b, c]);
    if hour > 23 || minute > 59 || second > 59 || micros > 999_999 {
        return None;
    }
    let mut text = format!("{hour:02}:{minute:02}:{second:02}");
    if micros > 0 {
        text += &format!(".{micros:06}");
    }
    let seconds = (i64::from(hour) * 60 + i64::from(minute)) * 60 + i64::from(second);
    Some((text, seconds * MICROS + i64::from(micros)))
}

/// The offset of the time zone that may follow a time's bytes.
fn zone_of(zone: &[Object]) -> Option<String> {
    match zone {
        [] | [Object::None] => Some(String::new()),
        [Object::Instance(zone)] if zone.class == Class::Timezone => match zone.args.first() {
            Some(Object::Instance(offset)) => utc_offset(offset.micros?),
            _ => None,
        },
        _ => None,
    }
}

/// `+01:00`, with seconds and microseconds where there are some.
fn utc_offset(micros: i64) -> Option<String> {
    if micros.unsigned_abs() >= DAY.unsigned_abs() {
        return None;
    }
    let sign = if micros < 0 { '-' } else { '+' };
    let (seconds, rest) = (micros.abs() / MICROS, micros.abs() % MICROS);
    let mut text = format!("{sign}{:02}:{:02}", seconds / 3600, seconds / 60 % 60);
    if seconds % 60 > 0 || rest > 0 {
        text += &format!(":{:02}", seconds % 60);
    }
    if rest > 0 {
        text += &format!(".{rest:06}");
    }
    Some(text)
}

/// ISO 8601: `P1DT2S`, `-PT0.5S`, `PT0S`.
fn duration(micros: i128) -> String {
    let sign = if micros < 0 { "-" } else { "" };
    let total = micros.unsigned_abs();
    let (seconds, rest) = (total / 1_000_000, total % 1_000_000);
    let (days, hours, minutes, seconds) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    let part = |count: u128, unit: char| match count {
        0 => String::new(),
        _ => format!("{count}{unit}"),
    };
    let seconds = match rest {
        0 => part(seconds, 'S'),
        _ => format!("{}S", format!("{seconds}.{rest:06}").trim_end_matches('0')),
    };
    let time = format!("{}{}{seconds}", part(hours, 'H'), part(minutes, 'M'));
    match (days, time.is_empty()) {
        (0, true) => "PT0S".to_owned(),
        (_, true) => format!("{sign}P{}", part(days, 'D')),
        _ => format!("{sign}P{}T{time}", part(days, 'D')),
    }
}
