//! NumPy's datetime64 and timedelta64: counts of a unit that is part of the type.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::ops::{Add, AddAssign, Neg, Sub, SubAssign};
use std::str::FromStr;

use serde::de::{self, Deserialize, Deserializer, Visitor};
use serde::ser::{Serialize, Serializer};

use super::calendar::{self, NAT};
use super::tag::{NAME_LEN, as_text, name_of};
use crate::dtype::Unit;
use crate::error::{Error, Result};

/// A unit of time as a type; see [`units`] for those that there are.
///
/// # Examples
///
/// ```
/// use ndarray_io::{Datetime64, TimeUnit, units::Day};
///
/// /// How long one step is, as NumPy writes it.
/// fn unit<U: TimeUnit>(_: Datetime64<U>) -> String {
///     U::UNIT.to_string()
/// }
/// assert_eq!(unit(Datetime64::<Day>::new(0)), "D");
/// ```
pub trait TimeUnit: sealed::Sealed + Copy + fmt::Debug + Send + Sync + 'static {
    /// The unit as a value.
    const UNIT: Unit;
}

mod sealed {
    pub trait Sealed {
        /// The names by which serde knows a newtype of this unit; see `tag_of`.
        const DATETIME: [u8; super::NAME_LEN];
        const TIMEDELTA: [u8; super::NAME_LEN];
    }
}

/// The units of [`Datetime64`] and [`Timedelta64`].
pub mod units {
    use super::{TimeUnit, name_of, sealed::Sealed};
    use crate::dtype::{Unit, UnitBase, with_units};

    macro_rules! units {
        ($($unit:ident)*) => {$(
            #[doc = concat!("The unit [`UnitBase::", stringify!($unit), "`].")]
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("use ndarray_io::{Timedelta64, TimeUnit, UnitBase, units::", stringify!($unit), "};")]
            ///
            #[doc = concat!("assert_eq!(", stringify!($unit), "::UNIT.base(), UnitBase::", stringify!($unit), ");")]
            #[doc = concat!("let span = Timedelta64::<", stringify!($unit), ">::new(3);")]
            /// assert_eq!(span.count(), 3);
            /// ```
            #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
            pub enum $unit {}

            impl TimeUnit for $unit {
                const UNIT: Unit = Unit { base: UnitBase::$unit, step: 1 };
            }

            impl Sealed for $unit {
                const DATETIME: [u8; super::NAME_LEN] = name_of(b'M', Self::UNIT);
                const TIMEDELTA: [u8; super::NAME_LEN] = name_of(b'm', Self::UNIT);
            }
        )*};
    }
    with_units!(units);

    /// Steps of `N` times the unit `U`: `Multiple<Second, 25>` is `M8[25s]`.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::{Dtype, Timedelta64, units::{Multiple, Second}};
    ///
    /// type Steps = Timedelta64<Multiple<Second, 25>>;
    /// assert_eq!(Dtype::of::<Steps>()?.to_string(), "<m8[25s]");
    /// assert_eq!(Steps::new(2).to_unit::<Second>(), Some(Timedelta64::new(50)));
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub struct Multiple<U, const N: u32>(std::convert::Infallible, std::marker::PhantomData<U>);

    impl<U: TimeUnit, const N: u32> TimeUnit for Multiple<U, N> {
        const UNIT: Unit = {
            assert!(
                U::UNIT.step == 1 && N > 0 && N <= i32::MAX as u32,
                "a multiple of a base unit, by 1 to i32::MAX"
            );
            Unit {
                base: U::UNIT.base,
                step: N,
            }
        };
    }

    impl<U: TimeUnit, const N: u32> Sealed for Multiple<U, N> {
        const DATETIME: [u8; super::NAME_LEN] = name_of(b'M', Self::UNIT);
        const TIMEDELTA: [u8; super::NAME_LEN] = name_of(b'm', Self::UNIT);
    }
}

macro_rules! time_type {
    ($Type:ident, $NAME:ident, $what:literal, $write:ident, $parse:ident, $convert:ident) => {
        impl<U> $Type<U> {
            /// Not a time: what `None` of an `Option` is in a file.
            pub const NAT: Self = Self(NAT, PhantomData);

            /// From the count of units; `i64::MIN` is NaT.
            ///
            /// # Examples
            ///
            /// ```
            /// use ndarray_io::{Datetime64, Timedelta64, units::Day};
            ///
            /// assert_eq!(Datetime64::<Day>::new(1).to_string(), "1970-01-02");
            /// assert_eq!(Timedelta64::<Day>::new(1).to_string(), "1 days");
            /// ```
            pub const fn new(count: i64) -> Self {
                Self(count, PhantomData)
            }

            /// The count of units; `i64::MIN` for NaT.
            ///
            /// # Examples
            ///
            /// ```
            /// use ndarray_io::{Datetime64, Timedelta64, units::Day};
            ///
            /// assert_eq!("1970-01-02".parse::<Datetime64<Day>>()?.count(), 1);
            /// assert_eq!(Timedelta64::<Day>::NAT.count(), i64::MIN);
            /// # Ok::<(), ndarray_io::Error>(())
            /// ```
            pub const fn count(self) -> i64 {
                self.0
            }

            /// Whether it is NaT.
            ///
            /// # Examples
            ///
            /// ```
            /// use ndarray_io::{Datetime64, Timedelta64, units::Day};
            ///
            /// assert!("NaT".parse::<Datetime64<Day>>()?.is_nat());
            /// assert!(!Timedelta64::<Day>::new(0).is_nat());
            /// # Ok::<(), ndarray_io::Error>(())
            /// ```
            pub const fn is_nat(self) -> bool {
                self.0 == NAT
            }
        }

        impl<U: TimeUnit> $Type<U> {
            /// In another unit, rounded down as NumPy does; `None` if that overflows.
            ///
            /// # Examples
            ///
            /// ```
            /// use ndarray_io::{Datetime64, Timedelta64, units::{Day, Hour}};
            ///
            /// assert_eq!(Datetime64::<Hour>::new(-1).to_unit::<Day>(), Some(Datetime64::new(-1)));
            /// assert_eq!(Timedelta64::<Day>::new(2).to_unit::<Hour>(), Some(Timedelta64::new(48)));
            /// ```
            pub fn to_unit<V: TimeUnit>(self) -> Option<$Type<V>> {
                let (count, _) = calendar::$convert(self.0, U::UNIT, V::UNIT)?;
                Some($Type::new(count))
            }
        }

        // By hand, as a derive would ask the same of the unit.
        impl<U> Clone for $Type<U> {
            fn clone(&self) -> Self {
                *self
            }
        }

        impl<U> Copy for $Type<U> {}

        /// NaT equals itself here, so that arrays with it can be compared.
        impl<U> PartialEq for $Type<U> {
            fn eq(&self, other: &Self) -> bool {
                self.0 == other.0
            }
        }

        impl<U> Eq for $Type<U> {}

        impl<U> PartialOrd for $Type<U> {
            fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
                Some(self.cmp(other))
            }
        }

        /// NaT is greater than any time, as it is in NumPy's sort.
        impl<U> Ord for $Type<U> {
            fn cmp(&self, other: &Self) -> std::cmp::Ordering {
                (self.is_nat(), self.0).cmp(&(other.is_nat(), other.0))
            }
        }

        impl<U> Hash for $Type<U> {
            fn hash<H: Hasher>(&self, state: &mut H) {
                self.0.hash(state);
            }
        }

        impl<U> Default for $Type<U> {
            fn default() -> Self {
                Self::new(0)
            }
        }

        impl<U: TimeUnit> fmt::Display for $Type<U> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                calendar::$write(f, self.0, U::UNIT)
            }
        }

        impl<U: TimeUnit> fmt::Debug for $Type<U> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({self})", stringify!($Type))
            }
        }

        impl<U: TimeUnit> FromStr for $Type<U> {
            type Err = Error;

            /// Parses what NumPy parses, rounded down to the unit.
            fn from_str(text: &str) -> Result<Self> {
                calendar::$parse(text, U::UNIT).map(|(count, _)| Self::new(count))
            }
        }

        /// For arrays the count with its unit; for formats that people read the text, for others the count.
        impl<U: TimeUnit> Serialize for $Type<U> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                struct Content<'a, U>(&'a $Type<U>);

                impl<U: TimeUnit> Serialize for Content<'_, U> {
                    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                        match serializer.is_human_readable() {
                            true => serializer.collect_str(self.0),
                            false => serializer.serialize_i64(self.0.0),
                        }
                    }
                }

                serializer.serialize_newtype_struct(const { as_text(&U::$NAME) }, &Content(self))
            }
        }

        impl<'de, U: TimeUnit> Deserialize<'de> for $Type<U> {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Time<U>(PhantomData<U>);

                impl<'de, U: TimeUnit> Visitor<'de> for Time<U> {
                    type Value = $Type<U>;

                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str(concat!("a ", $what))
                    }

                    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<$Type<U>, D::Error> {
                        match deserializer.is_human_readable() {
                            true => deserializer.deserialize_any(self),
                            false => i64::deserialize(deserializer).map($Type::new),
                        }
                    }

                    fn visit_i64<E: de::Error>(self, count: i64) -> Result<$Type<U>, E> {
                        Ok($Type::new(count))
                    }

                    fn visit_u64<E: de::Error>(self, count: u64) -> Result<$Type<U>, E> {
                        let count = i64::try_from(count).map_err(E::custom)?;
                        Ok($Type::new(count))
                    }

                    fn visit_str<E: de::Error>(self, text: &str) -> Result<$Type<U>, E> {
                        match calendar::$parse(text, U::UNIT).map_err(E::custom)? {
                            (count, true) => Ok($Type::new(count)),
                            (_, false) => Err(E::custom(format!(
                                "{text:?} is not a whole number of `{}`",
                                $Type::<U>::new(1)
                            ))),
                        }
                    }

                    fn visit_unit<E>(self) -> Result<$Type<U>, E> {
                        Ok($Type::NAT)
                    }

                    fn visit_none<E>(self) -> Result<$Type<U>, E> {
                        Ok($Type::NAT)
                    }
                }

                deserializer.deserialize_newtype_struct(const { as_text(&U::$NAME) }, Time(PhantomData))
            }
        }
    };
}

/// A point in time as NumPy's `datetime64`: a count of the unit `U` from 1970-01-01T00:00, or NaT.
///
/// `+` and `-` give NaT if either side is NaT or the result overflows; the `checked_` methods tell an overflow.
/// With the feature `jiff`, it converts from and to `jiff::Timestamp` and `jiff::civil::DateTime`.
///
/// # Examples
///
/// ```
/// use ndarray_io::{Datetime64, Timedelta64, units::{Day, Second}};
///
/// let leap: Datetime64<Day> = "2020-02-29".parse()?;
/// assert_eq!(leap.count(), 18321);
/// assert_eq!((leap + Timedelta64::new(1)).to_string(), "2020-03-01");
/// assert_eq!(leap.to_unit::<Second>().map(|time| time.to_string()).as_deref(), Some("2020-02-29T00:00:00"));
/// assert!((leap + Timedelta64::NAT).is_nat());
/// # Ok::<(), ndarray_io::Error>(())
/// ```
#[repr(transparent)]
pub struct Datetime64<U>(i64, PhantomData<U>);

/// A span of time as NumPy's `timedelta64`: a count of the unit `U`, or NaT.
///
/// `+`, `-` and negation give NaT if a side is NaT or the result overflows; the `checked_` methods tell an overflow.
/// With the feature `jiff`, it converts from and to `jiff::SignedDuration`.
///
/// # Examples
///
/// ```
/// use ndarray_io::{Timedelta64, units::{Hour, Minute}};
///
/// let span = Timedelta64::<Hour>::new(5);
/// assert_eq!(span.to_string(), "5 hours");
/// assert_eq!(span.to_unit::<Minute>(), Some(Timedelta64::new(300)));
/// ```
#[repr(transparent)]
pub struct Timedelta64<U>(i64, PhantomData<U>);

time_type!(
    Datetime64,
    DATETIME,
    "datetime",
    write_datetime,
    parse_datetime,
    convert_datetime
);
time_type!(
    Timedelta64,
    TIMEDELTA,
    "timedelta",
    write_timedelta,
    parse_timedelta,
    convert_timedelta
);

/// The sum or difference; NaT if either is, `None` if it overflows.
fn checked(a: i64, b: i64, op: fn(i64, i64) -> Option<i64>) -> Option<i64> {
    match a == NAT || b == NAT {
        true => Some(NAT),
        false => op(a, b).filter(|&count| count != NAT),
    }
}

macro_rules! arithmetic {
    ($($A:ident $trait:ident $method:ident $checked:ident $B:ident = $C:ident, $doc:literal;)*) => {$(
        impl<U> $A<U> {
            #[doc = $doc]
            ///
            /// # Examples
            ///
            /// ```
            /// use ndarray_io::{Datetime64, Timedelta64, units::Day};
            ///
            /// let (time, span) = (Datetime64::<Day>::new(10), Timedelta64::<Day>::new(3));
            /// assert_eq!(time.checked_add(span), Some(Datetime64::new(13)));
            /// assert_eq!(span.checked_sub(Timedelta64::new(1)), Some(Timedelta64::new(2)));
            /// assert_eq!(span.checked_add(Timedelta64::new(i64::MAX)), None);
            /// ```
            pub fn $checked(self, other: $B<U>) -> Option<$C<U>> {
                checked(self.0, other.0, i64::$checked).map($C::new)
            }
        }

        impl<U> $trait<$B<U>> for $A<U> {
            type Output = $C<U>;

            fn $method(self, other: $B<U>) -> $C<U> {
                self.$checked(other).unwrap_or($C::NAT)
            }
        }
    )*};
}
arithmetic! {
    Datetime64 Add add checked_add Timedelta64 = Datetime64, "That much later; NaT if either is, `None` on overflow.";
    Timedelta64 Add add checked_add Timedelta64 = Timedelta64, "The sum; NaT if either is, `None` on overflow.";
    Timedelta64 Sub sub checked_sub Timedelta64 = Timedelta64, "The difference; NaT if either is, `None` on overflow.";
}

impl<U> Datetime64<U> {
    /// The span since `other`; NaT if either is, `None` on overflow.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::{Datetime64, Timedelta64, units::Day};
    ///
    /// let (from, to): (Datetime64<Day>, Datetime64<Day>) = ("2024-02-28".parse()?, "2024-03-01".parse()?);
    /// assert_eq!(to.checked_since(from), Some(Timedelta64::new(2)));
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn checked_since(self, other: Datetime64<U>) -> Option<Timedelta64<U>> {
        checked(self.0, other.0, i64::checked_sub).map(Timedelta64::new)
    }

    /// That much earlier; NaT if either is, `None` on overflow.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::{Datetime64, Timedelta64, units::Day};
    ///
    /// let time: Datetime64<Day> = "2024-03-01".parse()?;
    /// assert_eq!(time.checked_sub(Timedelta64::new(1)), Some("2024-02-29".parse()?));
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn checked_sub(self, other: Timedelta64<U>) -> Option<Datetime64<U>> {
        checked(self.0, other.0, i64::checked_sub).map(Datetime64::new)
    }
}

impl<U> Sub for Datetime64<U> {
    type Output = Timedelta64<U>;

    fn sub(self, other: Datetime64<U>) -> Timedelta64<U> {
        self.checked_since(other).unwrap_or(Timedelta64::NAT)
    }
}

impl<U> Sub<Timedelta64<U>> for Datetime64<U> {
    type Output = Datetime64<U>;

    fn sub(self, other: Timedelta64<U>) -> Datetime64<U> {
        self.checked_sub(other).unwrap_or(Datetime64::NAT)
    }
}

impl<U> AddAssign<Timedelta64<U>> for Datetime64<U> {
    fn add_assign(&mut self, other: Timedelta64<U>) {
        *self = *self + other;
    }
}

impl<U> SubAssign<Timedelta64<U>> for Datetime64<U> {
    fn sub_assign(&mut self, other: Timedelta64<U>) {
        *self = *self - other;
    }
}

impl<U> Neg for Timedelta64<U> {
    type Output = Timedelta64<U>;

    fn neg(self) -> Timedelta64<U> {
        // NaT is the one count that has no negative.
        Timedelta64::new(self.0.checked_neg().unwrap_or(NAT))
    }
}

#[cfg(test)]
mod tests {
    use super::units::{Day, Generic, Multiple, Nanosecond, Second};
    use super::*;
    use crate::element::tag::{Tag, tag_of};

    #[test]
    fn the_name_carries_the_unit() {
        fn names<U: TimeUnit>() -> (Tag, Tag) {
            (
                tag_of(const { as_text(&U::DATETIME) }),
                tag_of(const { as_text(&U::TIMEDELTA) }),
            )
        }
        fn check<U: TimeUnit>() {
            assert!(names::<U>() == (Tag::Datetime(U::UNIT), Tag::Timedelta(U::UNIT)));
        }
        check::<Day>();
        check::<Generic>();
        check::<Multiple<Second, 25>>();
        check::<Multiple<Nanosecond, 2147483647>>();
        assert!(tag_of("f16") == Tag::Half && tag_of("ndarray_io::time XX0000000001") == Tag::None);
    }

    #[test]
    fn nat_and_overflow_propagate() {
        let (max, one) = (Datetime64::<Day>::new(i64::MAX), Timedelta64::<Day>::new(1));
        assert_eq!(max.checked_add(one), None);
        assert!((max + one).is_nat());
        assert!((Datetime64::NAT - one).is_nat());
        assert!((max - Datetime64::new(-1)).is_nat());
        assert!((-Timedelta64::<Day>::NAT).is_nat());
        assert_eq!(
            Datetime64::<Day>::new(-i64::MAX).checked_sub(one),
            None,
            "i64::MIN is NaT"
        );
        assert!(Datetime64::<Day>::NAT > max);
    }

    #[test]
    fn json_has_the_text() {
        let time: Datetime64<Second> = "2020-02-29T12:30:45".parse().unwrap();
        let json = serde_json::to_string(&(time, Timedelta64::<Day>::new(5))).unwrap();
        assert_eq!(json, r#"["2020-02-29T12:30:45","5 days"]"#);
        let back: (Datetime64<Second>, Timedelta64<Day>) = serde_json::from_str(&json).unwrap();
        assert_eq!(back, (time, Timedelta64::new(5)));
        assert!(serde_json::from_str::<Datetime64<Day>>(r#""2020-02-29T12""#).is_err());
        assert!(serde_json::from_str::<Datetime64<Day>>("null").unwrap().is_nat());
    }
}
