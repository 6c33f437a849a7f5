//! Units of time: `25s`, `h/4`, and how they relate.

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, ErrorKind, Result};

/// A unit of time with its multiple: `M8[25s]` counts in steps of 25 seconds.
///
/// # Examples
///
/// ```
/// use ndarray_io::{Unit, UnitBase};
///
/// let unit: Unit = "25s".parse()?;
/// assert_eq!((unit.step(), unit.base()), (25, UnitBase::Second));
/// assert_eq!("h/4".parse::<Unit>()?.to_string(), "15m");
/// # Ok::<(), ndarray_io::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Unit {
    pub(crate) base: UnitBase,
    pub(crate) step: u32,
}

/// The units of time of `datetime64` and `timedelta64`.
///
/// # Examples
///
/// ```
/// use ndarray_io::{Dtype, UnitBase};
///
/// let unit = "<M8[ms]".parse::<Dtype>()?.unit();
/// assert_eq!(unit.map(|unit| unit.base()), Some(UnitBase::Millisecond));
/// # Ok::<(), ndarray_io::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)] // the names say it
pub enum UnitBase {
    Year,
    Month,
    Week,
    Day,
    Hour,
    Minute,
    Second,
    Millisecond,
    Microsecond,
    Nanosecond,
    Picosecond,
    Femtosecond,
    Attosecond,
    /// No unit: `M8`.
    Generic,
}

/// Calls a macro with the names of the units, the longest first; no unit at the end.
macro_rules! with_units {
    ($then:ident) => {
        $then! {
            Year Month Week Day Hour Minute Second Millisecond Microsecond Nanosecond Picosecond Femtosecond Attosecond
            Generic
        }
    };
}
pub(crate) use with_units;

impl UnitBase {
    /// All of them, the longest first; no unit at the end.
    pub(crate) const ALL: [UnitBase; 14] = {
        macro_rules! all {
            ($($unit:ident)*) => {
                [$(UnitBase::$unit),*]
            };
        }
        with_units!(all)
    };

    /// NumPy's abbreviation, such as `ns`; empty for [`UnitBase::Generic`].
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::UnitBase;
    ///
    /// assert_eq!(UnitBase::Nanosecond.abbreviation(), "ns");
    /// assert_eq!(UnitBase::Month.abbreviation(), "M");
    /// ```
    pub fn abbreviation(self) -> &'static str {
        match self {
            UnitBase::Year => "Y",
            UnitBase::Month => "M",
            UnitBase::Week => "W",
            UnitBase::Day => "D",
            UnitBase::Hour => "h",
            UnitBase::Minute => "m",
            UnitBase::Second => "s",
            UnitBase::Millisecond => "ms",
            UnitBase::Microsecond => "us",
            UnitBase::Nanosecond => "ns",
            UnitBase::Picosecond => "ps",
            UnitBase::Femtosecond => "fs",
            UnitBase::Attosecond => "as",
            UnitBase::Generic => "",
        }
    }

    /// The smaller units that NumPy tries when a unit is divided, and how many of them make this one.
    fn smaller(self) -> &'static [(UnitBase, u32)] {
        use UnitBase::*;
        match self {
            Year => &[(Month, 12), (Week, 52), (Day, 365)],
            Month => &[(Week, 4), (Day, 30), (Hour, 720)],
            Week => &[(Day, 7), (Hour, 168), (Minute, 10_080), (Second, 604_800)],
            Day => &[(Hour, 24), (Minute, 1440), (Second, 86_400)],
            Hour => &[(Minute, 60), (Second, 3600)],
            Minute => &[(Second, 60), (Millisecond, 60_000)],
            Second => &[(Millisecond, 1000), (Microsecond, 1_000_000)],
            Millisecond => &[(Microsecond, 1000), (Nanosecond, 1_000_000)],
            Microsecond => &[(Nanosecond, 1000), (Picosecond, 1_000_000)],
            Nanosecond => &[(Picosecond, 1000), (Femtosecond, 1_000_000)],
            Picosecond => &[(Femtosecond, 1000), (Attosecond, 1_000_000)],
            Femtosecond => &[(Attosecond, 1000)],
            Attosecond | Generic => &[],
        }
    }
}

impl Unit {
    /// The unit of `M8`: none.
    pub(crate) const GENERIC: Unit = Unit {
        base: UnitBase::Generic,
        step: 1,
    };

    /// Steps of `step` base units; `None` for a step of 0 or above `i32::MAX`.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::{Unit, UnitBase};
    ///
    /// assert_eq!(Unit::new(UnitBase::Second, 25).map(|unit| unit.to_string()).as_deref(), Some("25s"));
    /// assert_eq!(Unit::new(UnitBase::Second, 0), None);
    /// ```
    pub fn new(base: UnitBase, step: u32) -> Option<Unit> {
        (step > 0 && i32::try_from(step).is_ok()).then_some(Unit { base, step })
    }

    /// The unit that is counted in.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::{Unit, UnitBase};
    ///
    /// assert_eq!("25s".parse::<Unit>()?.base(), UnitBase::Second);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn base(self) -> UnitBase {
        self.base
    }

    /// How many base units make one step.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::Unit;
    ///
    /// assert_eq!("25s".parse::<Unit>()?.step(), 25);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn step(self) -> u32 {
        self.step
    }

    /// `25s`, `h/4`, `generic`: what stands between a descr's brackets.
    pub(super) fn parse(text: &str) -> Option<Unit> {
        let numbered = text.starts_with(|c: char| !c.is_alphabetic());
        let (step, rest) = if numbered { integer(text)? } else { (1, text) };
        let (name, divisor) = match rest.split_once('/') {
            Some((name, divisor)) => (name, integer(divisor).filter(|(_, rest)| rest.is_empty())?.0),
            None => (rest, 1),
        };
        let base = match name {
            "" => return None,
            "generic" => return (divisor == 1).then_some(Unit::GENERIC),
            "\u{3bc}s" => UnitBase::Microsecond, // the Greek letter; NumPy refuses the micro sign
            _ => UnitBase::ALL.into_iter().find(|unit| unit.abbreviation() == name)?,
        };
        let (step, divisor) = (u32::try_from(step).ok()?, u32::try_from(divisor).ok()?);
        let (base, factor) = match divisor {
            1 => (base, 1),
            _ => {
                let mut smaller = base.smaller().iter();
                let (base, count) = smaller.find(|(_, count)| count.checked_rem(divisor) == Some(0))?;
                (*base, count / divisor)
            }
        };
        Unit::new(base, step.checked_mul(factor)?)
    }

    /// Whether a step is a whole number of steps of the finer `to`, in NumPy's eyes: a year or month is one of days and
    /// all that is shorter, and what 56 bits cannot count is none.
    pub(super) fn divides_into(self, to: Unit) -> bool {
        let mut number = u64::from(self.step);
        let mut base = self.base;
        while base != to.base {
            if matches!(base, UnitBase::Year | UnitBase::Month) && to.base != UnitBase::Month {
                return true;
            }
            let Some((next, count)) = base.smaller().first() else {
                return false;
            };
            match number.checked_mul(u64::from(*count)) {
                Some(product) if product >> 56 == 0 => number = product,
                _ => return false,
            }
            base = *next;
        }
        number.is_multiple_of(u64::from(to.step))
    }
}

impl Unit {
    /// As a descr has it: `[25s]`, and nothing at all for no unit.
    pub(super) fn in_brackets(self) -> String {
        match self.base {
            UnitBase::Generic => String::new(),
            _ => format!("[{self}]"),
        }
    }
}

/// As between a descr's brackets: `25s`, or `generic`.
impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.base, self.step) {
            (UnitBase::Generic, _) => f.write_str("generic"),
            (base, 1) => f.write_str(base.abbreviation()),
            (base, step) => write!(f, "{step}{}", base.abbreviation()),
        }
    }
}

impl FromStr for Unit {
    type Err = Error;

    /// Parses what stands between a descr's brackets, fractions such as `h/4` included.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Argument`] for anything else.
    fn from_str(text: &str) -> Result<Unit> {
        Unit::parse(text).ok_or_else(|| {
            let message = format!("no unit of time is written {text:?}; known are such as ns, 25s, h/4, generic");
            Error::new(ErrorKind::Argument, message)
        })
    }
}

/// A C int as `strtol` reads it, spaces and sign included, and what follows it.
pub(super) fn integer(text: &str) -> Option<(i32, &str)> {
    let unspaced = text.trim_start_matches([' ', '\t', '\n', '\x0b', '\x0c', '\r']);
    let unsigned = unspaced.strip_prefix(['+', '-']).unwrap_or(unspaced);
    let end = unsigned.find(|c: char| !c.is_ascii_digit()).unwrap_or(unsigned.len());
    let (digits, rest) = unsigned.split_at(end);
    let value = digits.parse::<i32>().ok()?;
    Some((if unspaced.starts_with('-') { -value } else { value }, rest))
}
