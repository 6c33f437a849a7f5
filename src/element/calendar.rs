//! Counts of time units: their text as NumPy writes and reads it, and their conversion from unit to unit.
//!
//! All arithmetic is in `i128`. What overflows there overflows the 64 bits of the result by far.

use std::fmt;

use crate::dtype::{Unit, UnitBase};
use crate::error::{Error, ErrorKind, Result};

/// NumPy's NaT.
pub(crate) const NAT: i64 = i64::MIN;

const SECOND: i128 = 1_000_000_000_000_000_000;
const DAY: i128 = 86_400 * SECOND;
/// Days of 400 years of the Gregorian calendar.
const CYCLE: i128 = 146_097;

/// Attoseconds of a unit; none for years and months, whose length varies, and the generic unit.
fn attoseconds(base: UnitBase) -> Option<i128> {
    Some(match base {
        UnitBase::Year | UnitBase::Month | UnitBase::Generic => return None,
        UnitBase::Week => 7 * DAY,
        UnitBase::Day => DAY,
        UnitBase::Hour => 3_600 * SECOND,
        UnitBase::Minute => 60 * SECOND,
        UnitBase::Second => SECOND,
        UnitBase::Millisecond => 1_000_000_000_000_000,
        UnitBase::Microsecond => 1_000_000_000_000,
        UnitBase::Nanosecond => 1_000_000_000,
        UnitBase::Picosecond => 1_000_000,
        UnitBase::Femtosecond => 1_000,
        UnitBase::Attosecond => 1,
    })
}

fn months(base: UnitBase) -> Option<i128> {
    match base {
        UnitBase::Year => Some(12),
        UnitBase::Month => Some(1),
        _ => None,
    }
}

/// A count after a conversion, and whether the way back gives the same count.
type Converted = Option<(i64, bool)>;

/// `value * numerator / denominator`, rounded down as NumPy does; `None` if the result overflows.
fn scale(value: i128, numerator: i128, denominator: i128) -> Converted {
    let product = value.checked_mul(numerator)?;
    let count = i64::try_from(product.div_euclid(denominator))
        .ok()
        .filter(|&count| count != NAT)?;
    Some((count, product.rem_euclid(denominator) == 0))
}

/// A span of `from` in units of `to`: years and months are those of the calendar's average.
pub(super) fn convert_timedelta(count: i64, from: Unit, to: Unit) -> Converted {
    if count == NAT || from == to || from.base() == UnitBase::Generic {
        return Some((count, true));
    }
    let value = i128::from(count) * i128::from(from.step());
    let step = i128::from(to.step());
    match (
        attoseconds(from.base()),
        attoseconds(to.base()),
        months(from.base()),
        months(to.base()),
    ) {
        (Some(from), Some(to), ..) if from >= to => scale(value, from / to, step),
        (Some(from), Some(to), ..) => scale(value, 1, to / from * step),
        (.., Some(from), Some(to)) => scale(value, from, to * step),
        // A month is CYCLE / 4800 days.
        (None, Some(to), Some(from), _) if to <= DAY => scale(value, from * CYCLE * (DAY / to), 4_800 * step),
        (None, Some(to), Some(from), _) => scale(value, from * CYCLE, 4_800 * (to / DAY) * step),
        (Some(from), None, _, Some(to)) if from <= DAY => scale(value, 4_800, CYCLE * (DAY / from) * to * step),
        (Some(from), None, _, Some(to)) => scale(value, 4_800 * (from / DAY), CYCLE * to * step),
        _ => None,
    }
}

/// The point in time `count` of `from` in units of `to`.
pub(super) fn convert_datetime(count: i64, from: Unit, to: Unit) -> Converted {
    let is_calendar = |unit: Unit| months(unit.base()).is_some();
    if count == NAT || is_calendar(from) == is_calendar(to) || UnitBase::Generic == from.base() {
        return convert_timedelta(count, from, to);
    }
    let moment = Moment::of(count, from)?;
    moment.count(to)
}

/// A point in time, exactly.
pub(super) struct Moment {
    /// From 1970-01-01.
    days: i128,
    /// Of that day.
    attoseconds: i128,
}

/// The years, months (1 to 12) and days (1 to 31) of a date.
pub(crate) struct Date {
    pub(crate) year: i128,
    pub(crate) month: i128,
    pub(crate) day: i128,
}

impl Date {
    fn of_days(days: i128) -> Date {
        // Years from March on have their leap day at the end; 1970-01-01 is day 719468 from 0000-03-01.
        let shifted = days + 719_468;
        let cycle = shifted.div_euclid(CYCLE);
        let day = shifted.rem_euclid(CYCLE);
        let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
        let day_of_year = day - (365 * year + year / 4 - year / 100);
        let month = (5 * day_of_year + 2) / 153;
        Date {
            year: cycle * 400 + year + i128::from(month >= 10),
            month: (month + 2) % 12 + 1,
            day: day_of_year - (153 * month + 2) / 5 + 1,
        }
    }

    fn of_months(months: i128) -> Date {
        Date {
            year: 1970 + months.div_euclid(12),
            month: months.rem_euclid(12) + 1,
            day: 1,
        }
    }

    /// From 1970-01-01.
    pub(crate) fn days(&self) -> i128 {
        let year = self.year - i128::from(self.month <= 2);
        let month = (self.month + 9) % 12;
        let day_of_year = (153 * month + 2) / 5 + self.day - 1;
        let of_cycle = year.rem_euclid(400);
        year.div_euclid(400) * CYCLE + of_cycle * 365 + of_cycle / 4 - of_cycle / 100 + day_of_year - 719_468
    }

    fn is_leap(&self) -> bool {
        self.year.rem_euclid(4) == 0 && (self.year.rem_euclid(100) != 0 || self.year.rem_euclid(400) == 0)
    }

    pub(crate) fn days_in_month(&self) -> i128 {
        match self.month {
            2 => 28 + i128::from(self.is_leap()),
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        }
    }
}

impl Moment {
    pub(super) fn of(count: i64, unit: Unit) -> Option<Moment> {
        let value = i128::from(count) * i128::from(unit.step());
        if let Some(months) = months(unit.base()) {
            return Some(Moment {
                days: Date::of_months(value * months).days(),
                attoseconds: 0,
            });
        }
        let size = attoseconds(unit.base())?;
        if size >= DAY {
            return Some(Moment {
                days: value * (size / DAY),
                attoseconds: 0,
            });
        }
        let per_day = DAY / size;
        Some(Moment {
            days: value.div_euclid(per_day),
            attoseconds: value.rem_euclid(per_day) * size,
        })
    }

    #[cfg(feature = "jiff")]
    pub(super) fn of_nanoseconds(nanoseconds: i128) -> Moment {
        let per_day = DAY / 1_000_000_000;
        Moment {
            days: nanoseconds.div_euclid(per_day),
            attoseconds: nanoseconds.rem_euclid(per_day) * 1_000_000_000,
        }
    }

    /// From 1970 on, rounded down.
    #[cfg(feature = "jiff")]
    pub(super) fn nanoseconds(&self) -> Option<i128> {
        let of_days = self.days.checked_mul(DAY / 1_000_000_000)?;
        of_days.checked_add(self.attoseconds / 1_000_000_000)
    }

    /// In units of `unit`, rounded down.
    pub(super) fn count(&self, unit: Unit) -> Converted {
        let step = i128::from(unit.step());
        if let Some(size) = months(unit.base()) {
            let date = Date::of_days(self.days);
            let months = (date.year - 1970) * 12 + date.month - 1;
            let (count, exact) = scale(months, 1, size * step)?;
            return Some((count, exact && date.day == 1 && self.attoseconds == 0));
        }
        let size = attoseconds(unit.base())?;
        if size >= DAY {
            let (count, exact) = scale(self.days, 1, size / DAY * step)?;
            return Some((count, exact && self.attoseconds == 0));
        }
        let value = self
            .days
            .checked_mul(DAY / size)?
            .checked_add(self.attoseconds / size)?;
        let (count, exact) = scale(value, 1, step)?;
        Some((count, exact && self.attoseconds % size == 0))
    }
}

/// Writes a point in time as NumPy prints it: ISO 8601, as precise as the unit.
pub(super) fn write_datetime(f: &mut fmt::Formatter<'_>, count: i64, unit: Unit) -> fmt::Result {
    if count == NAT {
        return f.pad("NaT");
    }
    let Some(moment) = Moment::of(count, unit) else {
        return write!(f, "{count}");
    };
    let date = Date::of_days(moment.days);
    // C's "%04d" counts the sign.
    write!(f, "{:04}", date.year)?;
    if unit.base() >= UnitBase::Month {
        write!(f, "-{:02}", date.month)?;
    }
    if unit.base() >= UnitBase::Week {
        write!(f, "-{:02}", date.day)?;
    }
    let seconds = moment.attoseconds / SECOND;
    if unit.base() >= UnitBase::Hour {
        write!(f, "T{:02}", seconds / 3_600)?;
    }
    if unit.base() >= UnitBase::Minute {
        write!(f, ":{:02}", seconds / 60 % 60)?;
    }
    if unit.base() >= UnitBase::Second {
        write!(f, ":{:02}", seconds % 60)?;
    }
    let digits = digits(unit.base());
    if digits > 0 {
        let size = attoseconds(unit.base()).unwrap_or(1);
        write!(f, ".{:0digits$}", moment.attoseconds % SECOND / size)?;
    }
    Ok(())
}

/// Decimals of a second.
fn digits(base: UnitBase) -> usize {
    match base {
        UnitBase::Millisecond => 3,
        UnitBase::Microsecond => 6,
        UnitBase::Nanosecond => 9,
        UnitBase::Picosecond => 12,
        UnitBase::Femtosecond => 15,
        UnitBase::Attosecond => 18,
        _ => 0,
    }
}

fn name(base: UnitBase) -> &'static str {
    match base {
        UnitBase::Year => "years",
        UnitBase::Month => "months",
        UnitBase::Week => "weeks",
        UnitBase::Day => "days",
        UnitBase::Hour => "hours",
        UnitBase::Minute => "minutes",
        UnitBase::Second => "seconds",
        UnitBase::Millisecond => "milliseconds",
        UnitBase::Microsecond => "microseconds",
        UnitBase::Nanosecond => "nanoseconds",
        UnitBase::Picosecond => "picoseconds",
        UnitBase::Femtosecond => "femtoseconds",
        UnitBase::Attosecond => "attoseconds",
        UnitBase::Generic => "generic time units",
    }
}

/// Writes a span of time as NumPy prints it.
pub(super) fn write_timedelta(f: &mut fmt::Formatter<'_>, count: i64, unit: Unit) -> fmt::Result {
    match count {
        NAT => f.pad("NaT"),
        _ => write!(
            f,
            "{} {}",
            i128::from(count) * i128::from(unit.step()),
            name(unit.base())
        ),
    }
}

/// A count with its unit, displayed as NumPy prints it.
#[derive(Clone, Copy)]
pub(crate) struct Time {
    count: i64,
    unit: Unit,
    write: fn(&mut fmt::Formatter<'_>, i64, Unit) -> fmt::Result,
}

impl Time {
    pub(crate) fn datetime(count: i64, unit: Unit) -> Time {
        let write = write_datetime;
        Time { count, unit, write }
    }

    pub(crate) fn timedelta(count: i64, unit: Unit) -> Time {
        let write = write_timedelta;
        Time { count, unit, write }
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (self.write)(f, self.count, self.unit)
    }
}

fn is_nat(text: &str) -> bool {
    text.is_empty() || text.eq_ignore_ascii_case("nat")
}

/// The span of time in `text`, a count alone or with the name of its unit, and whether it is whole in `unit`.
pub(crate) fn parse_timedelta(text: &str, unit: Unit) -> Result<(i64, bool)> {
    if is_nat(text) {
        return Ok((NAT, true));
    }
    let error = || {
        let message = format!("{text:?} is no timedelta, such as `5` or `5 days`");
        Error::new(ErrorKind::Parse, message)
    };
    let (number, rest) = text.split_at(text.find(' ').unwrap_or(text.len()));
    let count: i64 = number.parse().map_err(|_| error())?;
    if rest.is_empty() {
        return Ok((count, true));
    }
    let base = (UnitBase::ALL.into_iter().find(|&base| name(base) == rest.trim_start())).ok_or_else(error)?;
    let from = Unit::new(base, 1).ok_or_else(error)?;
    convert_timedelta(count, from, unit).ok_or_else(|| overflow(text))
}

#[cold]
fn overflow(text: &str) -> Error {
    Error::new(
        ErrorKind::Value,
        format!("{text:?} is out of the range of 64 bits in its unit"),
    )
}

/// The point in time in `text`, as NumPy parses ISO 8601, rounded down to `unit`; and whether it is whole in it.
pub(crate) fn parse_datetime(text: &str, unit: Unit) -> Result<(i64, bool)> {
    if is_nat(text) {
        return Ok((NAT, true));
    }
    let moment = Parser {
        rest: text.trim_start(),
    }
    .moment()
    .ok_or_else(|| {
        let message = format!("{text:?} is no datetime, such as `2020-02-29T12:30:45.123`");
        Error::new(ErrorKind::Parse, message)
    })?;
    moment.count(unit).ok_or_else(|| overflow(text))
}

struct Parser<'a> {
    rest: &'a str,
}

impl Parser<'_> {
    fn moment(&mut self) -> Option<Moment> {
        let sign = self.sign().unwrap_or(1);
        let year = self.take_digits();
        // 18 digits: those of a year that a count of 64 bits can have, and no overflow in what follows.
        let mut date = Date {
            year: sign * year.parse::<i128>().ok().filter(|_| year.len() <= 18)?,
            month: 1,
            day: 1,
        };
        let mut attoseconds = 0;
        let mut shift = 0;
        if self.skip('-') {
            date.month = self.two(1, 12)?;
            if self.skip('-') {
                date.day = self.two(1, date.days_in_month())?;
                if self.skip('T') || self.skip(' ') {
                    (attoseconds, shift) = self.time()?;
                    // NumPy lets blanks follow a time, but not a date.
                    self.rest = self.rest.trim_start_matches(|c: char| matches!(c, ' ' | '\t'..='\r'));
                }
            }
        }
        if !self.rest.is_empty() {
            return None;
        }
        let total = attoseconds - shift * 60 * SECOND;
        Some(Moment {
            days: date.days() + total.div_euclid(DAY),
            attoseconds: total.rem_euclid(DAY),
        })
    }

    /// Attoseconds of the day, and minutes that the clock is ahead of UTC.
    fn time(&mut self) -> Option<(i128, i128)> {
        let mut seconds = self.two(0, 23)? * 3_600;
        let mut fraction = 0;
        if self.skip(':') {
            seconds += self.two(0, 59)? * 60;
            if self.skip(':') {
                seconds += self.two(0, 59)?;
                if self.skip('.') {
                    let digits = self.take_digits();
                    if digits.len() > 18 {
                        return None;
                    }
                    fraction = format!("{digits:0<18}").parse().ok()?;
                }
            }
        }
        let mut shift = 0;
        if !self.skip('Z')
            && let Some(sign) = self.sign()
        {
            shift = self.two(0, 23)? * 60;
            if self.skip(':') || !self.rest.is_empty() {
                shift += self.two(0, 59)?;
            }
            shift *= sign;
        }
        Some((seconds * SECOND + fraction, shift))
    }

    fn skip(&mut self, c: char) -> bool {
        let rest = self.rest.strip_prefix(c);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn sign(&mut self) -> Option<i128> {
        if self.skip('-') {
            return Some(-1);
        }
        self.skip('+').then_some(1)
    }

    fn take_digits(&mut self) -> &str {
        let end = self.rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(self.rest.len());
        let (digits, rest) = self.rest.split_at(end);
        self.rest = rest;
        digits
    }

    /// A number of two digits in that range.
    fn two(&mut self, min: i128, max: i128) -> Option<i128> {
        let (digits, rest) = self.rest.split_at_checked(2)?;
        self.rest = rest;
        let value = digits
            .parse()
            .ok()
            .filter(|_| digits.bytes().all(|byte| byte.is_ascii_digit()))?;
        (min..=max).contains(&value).then_some(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Text(i64, Unit);

    impl fmt::Display for Text {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write_datetime(f, self.0, self.1)
        }
    }

    fn unit(base: UnitBase, step: u32) -> Unit {
        Unit::new(base, step).unwrap()
    }

    /// What NumPy 2.4 prints.
    #[test]
    fn datetimes_print_as_numpy_prints_them() {
        use UnitBase::*;
        for (base, step, count, text) in [
            (Year, 1, -1, "1969"),
            (Year, 1, -1971, "-001"),
            (Month, 1, 1 << 62, "384307168202284295-05"),
            (Month, 3, -1, "1969-10"),
            (Week, 1, 12345678901, "236611215-05-21"),
            (Day, 1, -719529, "-001-12-31"),
            (Day, 1, 1 << 62, "12626367463885247-04-15"),
            (Hour, 1, i64::MAX, "1052197288658909-10-10T07"),
            (Minute, 1, -(1 << 62), "-8768310736838-03-03T14:56"),
            (Second, 25, 1, "1970-01-01T00:00:25"),
            (Second, 1, -719529, "1969-12-23T16:07:51"),
            (Millisecond, 1, -719529, "1969-12-31T23:48:00.471"),
            (Nanosecond, 1, i64::MAX, "2262-04-11T23:47:16.854775807"),
            (Attosecond, 1, -1, "1969-12-31T23:59:59.999999999999999999"),
            (Day, 1, i64::MIN, "NaT"),
        ] {
            assert_eq!(Text(count, unit(base, step)).to_string(), text);
        }
    }

    #[test]
    fn counts_convert_as_numpy_converts_them() {
        use UnitBase::*;
        type Convert = fn(i64, Unit, Unit) -> Converted;
        let (m, d): (Convert, Convert) = (convert_timedelta, convert_datetime);
        for (convert, from, to, count, converted) in [
            (m, (Second, 2), (Second, 3), -7, -5),
            (m, (Millisecond, 1), (Second, 1), -1500, -2),
            (m, (Year, 1), (Day, 1), -1, -366),
            (m, (Year, 1), (Day, 1), 999999, 365242134),
            (m, (Day, 1), (Month, 1), 365, 11),
            (m, (Week, 1), (Month, 1), -1500, -345),
            (d, (Week, 1), (Month, 1), 1500, 345),
            (d, (Month, 1), (Day, 1), 999999, 30436843),
            (d, (Day, 1), (Month, 2), -1500, -25),
            (d, (Month, 2), (Day, 5), -7, -86),
            (d, (Year, 3), (Month, 2), -7, -126),
            (d, (Day, 1), (Month, 1), 31, 1),
        ] {
            let (from, to) = (unit(from.0, from.1), unit(to.0, to.1));
            assert_eq!(
                convert(count, from, to).unwrap().0,
                converted,
                "{count} {from:?} {to:?}"
            );
        }
        let (day, ns) = (unit(Day, 1), unit(Nanosecond, 1));
        assert_eq!(convert_datetime(1 << 62, day, ns), None);
        assert_eq!(convert_datetime(NAT, day, ns), Some((NAT, true)));
        assert_eq!(convert_datetime(i64::MAX, unit(Year, u32::MAX >> 1), ns), None);
    }

    #[test]
    fn datetimes_parse_as_numpy_parses_them() {
        let ns = unit(UnitBase::Nanosecond, 1);
        for (text, day, nanosecond) in [
            ("2020", 18262, Some(1577836800000000000)),
            ("2020-02", 18293, Some(1580515200000000000)),
            ("2020-02-29T12", 18321, Some(1582977600000000000)),
            ("2020-02-29 12:30:45.123456789", 18321, Some(1582979445123456789)),
            ("2020-02-29T12:30Z", 18321, Some(1582979400000000000)),
            ("2020-02-29T12:30+01:00", 18321, Some(1582975800000000000)),
            (" 2020-01-01", 18262, Some(1577836800000000000)),
            ("2020-01-01T12:30:45.", 18262, Some(1577881845000000000)),
            ("-0001-01-01", -719893, None),
            ("+5", -717701, None),
            ("12020-01-01", 3670687, None),
            ("", NAT, Some(NAT)),
            ("nAt", NAT, Some(NAT)),
        ] {
            assert_eq!(parse_datetime(text, unit(UnitBase::Day, 1)).unwrap().0, day, "{text}");
            assert_eq!(
                parse_datetime(text, ns).ok().map(|(count, _)| count),
                nanosecond,
                "{text}"
            );
        }
        for text in [
            "2020-02-30",
            "2020-060",
            "2020-W05",
            "2020-01-01 ",
            "2020-1-1",
            "2020-01-01T24:00",
            "2020-01-01T00:00:60",
            "2020-01-01T1230",
            "2020-01-01T12:30:45.1234567890123456789",
            "2020-13",
            "99999999999999999999-01-01",
            "2020-0é",
            "x",
        ] {
            assert_eq!(parse_datetime(text, ns).unwrap_err().kind(), ErrorKind::Parse, "{text}");
        }
    }

    #[test]
    fn dates_go_there_and_back() {
        for days in (-1_000_000..1_000_000).step_by(13) {
            assert_eq!(Date::of_days(days).days(), days);
        }
    }
}
