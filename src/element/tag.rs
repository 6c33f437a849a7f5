//! What the name of a newtype says of the number in it.
//!
//! A time's unit must reach the serializer through serde's own calls, for any unit and at compile time. It travels in the
//! name of the newtype: a prefix, `M` or `m`, the base unit as a letter, the step in ten digits.

#[cfg(feature = "object")]
use super::calendar::{convert_datetime, convert_timedelta};
use crate::dtype::{Unit, UnitBase};

/// What a newtype's name says of the number in it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tag {
    None,
    /// The bits of an f16.
    Half,
    Datetime(Unit),
    Timedelta(Unit),
}

const PREFIX: &[u8] = b"ndarray_io::time ";
pub(super) const NAME_LEN: usize = PREFIX.len() + 12;

pub(super) const fn name_of(kind: u8, unit: Unit) -> [u8; NAME_LEN] {
    let mut name = [b'0'; NAME_LEN];
    let mut i = 0;
    while i < PREFIX.len() {
        name[i] = PREFIX[i];
        i += 1;
    }
    name[i] = kind;
    name[i + 1] = b'A' + unit.base as u8;
    let mut step = unit.step;
    let mut digit = NAME_LEN;
    while step > 0 {
        digit -= 1;
        name[digit] = b'0' + (step % 10) as u8;
        step /= 10;
    }
    name
}

pub(super) const fn as_text(name: &[u8]) -> &str {
    match std::str::from_utf8(name) {
        Ok(text) => text,
        Err(_) => "",
    }
}

/// What the name of a newtype says of the number in it.
#[inline]
pub(crate) fn tag_of(name: &'static str) -> Tag {
    match name.len() {
        3 if name == "f16" => Tag::Half,
        NAME_LEN => time_tag(name).unwrap_or(Tag::None),
        _ => Tag::None,
    }
}

/// Whether that can be the name of a time; quick to tell, and known when the caller is compiled.
#[inline]
pub(super) const fn is_time_name(name: &str) -> bool {
    name.len() == NAME_LEN
}

#[inline(never)]
fn time_tag(name: &str) -> Option<Tag> {
    let (&[kind, base], digits) = name.as_bytes().strip_prefix(PREFIX)?.split_first_chunk()?;
    let base = *UnitBase::ALL.get(usize::from(base.checked_sub(b'A')?))?;
    let unit = Unit::new(base, std::str::from_utf8(digits).ok()?.parse().ok()?)?;
    match kind {
        b'M' => Some(Tag::Datetime(unit)),
        b'm' => Some(Tag::Timedelta(unit)),
        _ => None,
    }
}

/// The count of a time in the unit of another time of the same kind, and whether that is exact; `None` if it overflows.
#[cfg(feature = "object")]
pub(crate) fn to_unit(count: i64, from: Unit, to: Tag) -> Option<(i64, bool)> {
    match to {
        Tag::Datetime(to) => convert_datetime(count, from, to),
        Tag::Timedelta(to) => convert_timedelta(count, from, to),
        _ => None,
    }
}
