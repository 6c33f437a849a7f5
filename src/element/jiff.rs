//! To and from jiff's types, which know time zones and calendars.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::calendar::{self, Moment};
use super::{Datetime64, TimeUnit, Timedelta64};
use crate::dtype::{Unit, UnitBase};
use crate::error::{Error, ErrorKind, Result};

const NANOSECOND: Unit = Unit {
    base: UnitBase::Nanosecond,
    step: 1,
};
const SECOND: Unit = Unit {
    base: UnitBase::Second,
    step: 1,
};

fn out_of_range(time: &dyn std::fmt::Display, target: &str) -> Error {
    Error::new(ErrorKind::Value, format!("{time} has no equal in {target}"))
}

/// The same point in time.
///
/// # Errors
///
/// [`ErrorKind::Value`] for NaT, and for times outside of jiff's years -9999 to 9999.
impl<U: TimeUnit> TryFrom<Datetime64<U>> for Timestamp {
    type Error = Error;

    fn try_from(time: Datetime64<U>) -> Result<Timestamp> {
        let error = || out_of_range(&time, "jiff::Timestamp");
        if time.is_nat() {
            return Err(error());
        }
        let nanoseconds = Moment::of(time.count(), U::UNIT).and_then(|moment| moment.nanoseconds());
        Timestamp::from_nanosecond(nanoseconds.ok_or_else(error)?).map_err(|source| error().with_source(source))
    }
}

/// The same point in time, rounded down to the unit.
///
/// # Errors
///
/// [`ErrorKind::Value`] if it is outside of the unit's range.
impl<U: TimeUnit> TryFrom<Timestamp> for Datetime64<U> {
    type Error = Error;

    fn try_from(time: Timestamp) -> Result<Datetime64<U>> {
        let converted = Moment::of_nanoseconds(time.as_nanosecond()).count(U::UNIT);
        let (count, _) = converted.ok_or_else(|| out_of_range(&time, "64 bits of the unit"))?;
        Ok(Datetime64::new(count))
    }
}

/// The same date and time of day; neither type has a time zone.
///
/// # Errors
///
/// [`ErrorKind::Value`] for NaT, and for times outside of jiff's years -9999 to 9999.
impl<U: TimeUnit> TryFrom<Datetime64<U>> for DateTime {
    type Error = Error;

    fn try_from(time: Datetime64<U>) -> Result<DateTime> {
        Timestamp::try_from(time).map(|time| TimeZone::UTC.to_datetime(time))
    }
}

/// The same date and time of day, rounded down to the unit; neither type has a time zone.
///
/// # Errors
///
/// [`ErrorKind::Value`] if it is outside of the unit's range.
impl<U: TimeUnit> TryFrom<DateTime> for Datetime64<U> {
    type Error = Error;

    fn try_from(time: DateTime) -> Result<Datetime64<U>> {
        let zoned = TimeZone::UTC.to_timestamp(time);
        zoned
            .map_err(|source| out_of_range(&time, "UTC").with_source(source))?
            .try_into()
    }
}

/// The same span; years and months are those of the calendar's average, as NumPy converts them.
///
/// # Errors
///
/// [`ErrorKind::Value`] for NaT, and for spans beyond 64 bits of seconds.
impl<U: TimeUnit> TryFrom<Timedelta64<U>> for SignedDuration {
    type Error = Error;

    fn try_from(span: Timedelta64<U>) -> Result<SignedDuration> {
        let convert = |unit| calendar::convert_timedelta(span.count(), U::UNIT, unit);
        if span.is_nat() {
            return Err(out_of_range(&span, "jiff::SignedDuration"));
        }
        // Long spans have no nanoseconds.
        match (convert(NANOSECOND), convert(SECOND)) {
            (Some((nanoseconds, _)), _) => Ok(SignedDuration::from_nanos(nanoseconds)),
            (None, Some((seconds, true))) => Ok(SignedDuration::from_secs(seconds)),
            _ => Err(out_of_range(&span, "jiff::SignedDuration")),
        }
    }
}

/// The same span, rounded down to the unit.
///
/// # Errors
///
/// [`ErrorKind::Value`] if it is outside of the unit's range.
impl<U: TimeUnit> TryFrom<SignedDuration> for Timedelta64<U> {
    type Error = Error;

    fn try_from(span: SignedDuration) -> Result<Timedelta64<U>> {
        let in_unit = |count, unit| calendar::convert_timedelta(count, unit, U::UNIT);
        let converted = match i64::try_from(span.as_nanos()) {
            Ok(nanoseconds) => in_unit(nanoseconds, NANOSECOND),
            // So long that its nanoseconds are below the unit's precision, or it is an overflow.
            Err(_) => in_unit(span.as_secs(), SECOND),
        };
        let (count, _) = converted.ok_or_else(|| out_of_range(&span, "64 bits of the unit"))?;
        Ok(Timedelta64::new(count))
    }
}

#[cfg(test)]
mod tests {
    use super::super::units::{Day, Hour, Millisecond, Month, Nanosecond, Picosecond, Year};
    use super::*;

    #[test]
    fn times_go_there_and_back() {
        let time: Datetime64<Millisecond> = "2020-02-29T12:30:45.678".parse().unwrap();
        let timestamp = Timestamp::try_from(time).unwrap();
        assert_eq!(timestamp.to_string(), "2020-02-29T12:30:45.678Z");
        assert_eq!(Datetime64::try_from(timestamp).unwrap(), time);
        let civil = DateTime::try_from(time).unwrap();
        assert_eq!(civil.to_string(), "2020-02-29T12:30:45.678");
        assert_eq!(Datetime64::try_from(civil).unwrap(), time);
        let hour: Datetime64<Hour> = timestamp.try_into().unwrap();
        assert_eq!(hour.to_string(), "2020-02-29T12");
        let before: Timestamp = "1969-12-31T23:59:59.999Z".parse().unwrap();
        assert_eq!(Datetime64::<Day>::try_from(before).unwrap().count(), -1);
        assert_eq!(
            Datetime64::<Picosecond>::try_from(before).unwrap().count(),
            -1_000_000_000
        );

        let month: Datetime64<Month> = "2020-02".parse().unwrap();
        assert_eq!(Timestamp::try_from(month).unwrap().to_string(), "2020-02-01T00:00:00Z");
        assert!(Timestamp::try_from(Datetime64::<Day>::NAT).is_err());
        assert!(Timestamp::try_from(Datetime64::<Year>::new(i64::MAX)).is_err());
        assert!(Datetime64::<Nanosecond>::try_from(Timestamp::MAX).is_err());
    }

    #[test]
    fn spans_go_there_and_back() {
        let span = Timedelta64::<Hour>::new(-5);
        let duration = SignedDuration::try_from(span).unwrap();
        assert_eq!(duration, SignedDuration::from_hours(-5));
        assert_eq!(Timedelta64::try_from(duration).unwrap(), span);
        assert_eq!(Timedelta64::<Day>::try_from(duration).unwrap().count(), -1);
        let long = Timedelta64::<Day>::new(1_000_000);
        assert_eq!(
            Timedelta64::try_from(SignedDuration::try_from(long).unwrap()).unwrap(),
            long
        );
        assert!(SignedDuration::try_from(Timedelta64::<Day>::NAT).is_err());
        assert!(SignedDuration::try_from(Timedelta64::<Year>::new(i64::MAX)).is_err());
    }
}
