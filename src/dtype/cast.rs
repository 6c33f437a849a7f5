//! Which dtypes may be read as which: NumPy's casting rules.

use super::{ByteOrder, Dtype, Kind, Record, Repr, Scalar, Unit, UnitBase};

/// Which conversions between dtypes are allowed, under NumPy's names; each rule allows what those before it allow.
///
/// # Examples
///
/// ```
/// use ndarray_io::{Casting, Dtype};
///
/// let big: Dtype = ">i4".parse()?;
/// let little: Dtype = "<i4".parse()?;
/// assert!(!big.can_cast(&little, Casting::No));
/// assert!(big.can_cast(&little, Casting::default()));
/// # Ok::<(), ndarray_io::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Casting {
    /// The very same dtype.
    No,
    /// Only the byte order or the layout of a record may differ.
    #[default]
    Equiv,
    /// No value can be lost: `i4` as `f8`, `i4` as `i8`, and any number but a long double as text.
    Safe,
    /// Safe, or within a kind: `f8` as `f4`, `i8` as `i4`.
    SameKind,
    /// Anything that NumPy can convert: `f8` as `i4`, the text `-1.5` as `f8`, dates as text.
    Unsafe,
}

impl Dtype {
    /// Whether the rule allows to read this dtype as `to`, as `numpy.can_cast` says.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::{Casting, Dtype};
    ///
    /// let ints: Dtype = "<i4".parse()?;
    /// assert!(ints.can_cast(&"<f8".parse()?, Casting::Safe));
    /// assert!(!ints.can_cast(&"<f4".parse()?, Casting::Safe));
    /// assert!(ints.can_cast(&"<f4".parse()?, Casting::SameKind));
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn can_cast(&self, to: &Dtype, casting: Casting) -> bool {
        let least = match (&self.0, &to.0) {
            // Without a size the target takes the one that it needs, at the top level only.
            (Repr::Bytes(_), Repr::Bytes(0)) => Some(Casting::No),
            (Repr::Str(_, from), Repr::Str(0, _)) => Some(order_rule(*from, ByteOrder::NATIVE)),
            (Repr::Void(_) | Repr::Record(_), Repr::Void(0)) => Some(Casting::No),
            (Repr::Object, Repr::Void(0)) => Some(Casting::Unsafe),
            (_, Repr::Void(0)) => Some(Casting::Safe),
            (Repr::Scalar(..) | Repr::Bytes(_), Repr::Str(0, _)) | (Repr::Scalar(..), Repr::Bytes(0)) => {
                Some(Casting::Safe)
            }
            _ => least_rule(self, to),
        };
        least.is_some_and(|least| least <= casting)
    }
}

/// The strictest rule that allows the cast; `None` if NumPy has no such cast.
fn least_rule(from: &Dtype, to: &Dtype) -> Option<Casting> {
    use Casting::{Safe, SameKind, Unsafe};
    let rule = match (&from.0, &to.0) {
        (Repr::Object, Repr::Object) => Casting::No,
        (_, Repr::Object) => Safe,

        (Repr::Record(from), Repr::Record(to)) => return fields_rule(from, to),
        (Repr::Record(record), _) => return only(&record.fields, to),
        (_, Repr::Record(record)) => {
            // One value goes into every field.
            for field in &record.fields {
                least_rule(from, &field.dtype)?;
            }
            Unsafe
        }

        (Repr::Subarray(a), Repr::Subarray(b)) if a.shape == b.shape => return least_rule(&a.base, &b.base),
        (Repr::Subarray(a), Repr::Subarray(b)) => least_rule(&a.base, &b.base)?.max(Unsafe),
        (_, Repr::Subarray(sub)) => least_rule(from, &sub.base)?.max(Safe),
        (Repr::Subarray(sub), _) => least_rule(&sub.base, to)?.max(Unsafe),

        (Repr::Void(from), Repr::Void(to)) => width_rule(*from, *to),
        (Repr::Object, _) | (Repr::Void(_), _) => Unsafe,
        (_, Repr::Void(size)) if from.itemsize() <= *size => Safe,
        (_, Repr::Void(_)) => Unsafe,

        (Repr::Scalar(a, from), Repr::Scalar(b, to)) if a == b => order_rule(*from, *to),
        (Repr::Scalar(from, _), Repr::Scalar(to, _)) => scalar_rule(*from, *to),
        (Repr::Scalar(from, _), Repr::Timedelta(..)) => match from.kind() {
            Kind::Bool | Kind::Int => Safe,
            Kind::Uint if *from != Scalar::Uint64 => Safe,
            Kind::Uint => SameKind,
            _ => Unsafe,
        },
        (Repr::Scalar(from, _), Repr::Bytes(width) | Repr::Str(width, _)) if *width >= printed_width(*from) => Safe,
        (Repr::Scalar(..), Repr::Bytes(_) | Repr::Str(..)) => SameKind,

        (Repr::Bytes(from), Repr::Bytes(to)) => width_rule(*from, *to),
        (Repr::Bytes(from), Repr::Str(to, _)) => width_rule(*from, *to).max(Safe),
        (Repr::Str(a, from), Repr::Str(b, to)) => width_rule(*a, *b).max(order_rule(*from, *to)),

        (Repr::Datetime(a, from), Repr::Datetime(b, to)) => unit_rule(*a, *b, false).max(order_rule(*from, *to)),
        (Repr::Timedelta(a, from), Repr::Timedelta(b, to)) => unit_rule(*a, *b, true).max(order_rule(*from, *to)),

        _ => Unsafe,
    };
    Some(rule)
}

/// A record as something else: only if it has one field.
fn only(fields: &[super::Field], to: &Dtype) -> Option<Casting> {
    match fields {
        [field] => Some(least_rule(&field.dtype, to)?.max(Casting::Unsafe)),
        _ => None,
    }
}

/// Fields go by position; other names, titles or places make a difference, but a small one.
fn fields_rule(from: &Record, to: &Record) -> Option<Casting> {
    if from.fields.len() != to.fields.len() {
        return None;
    }
    let mut rule = if from.itemsize == to.itemsize {
        Casting::No
    } else {
        Casting::Equiv
    };
    for (from, to) in from.fields.iter().zip(&to.fields) {
        if from.name != to.name || from.title != to.title {
            rule = rule.max(Casting::Safe);
        }
        if from.offset != to.offset {
            rule = rule.max(Casting::Equiv);
        }
        rule = rule.max(least_rule(&from.dtype, &to.dtype)?);
    }
    Some(rule)
}

fn order_rule(from: ByteOrder, to: ByteOrder) -> Casting {
    if from == to { Casting::No } else { Casting::Equiv }
}

fn width_rule(from: usize, to: usize) -> Casting {
    match from.cmp(&to) {
        std::cmp::Ordering::Equal => Casting::No,
        std::cmp::Ordering::Less => Casting::Safe,
        std::cmp::Ordering::Greater => Casting::SameKind,
    }
}

/// Of two different scalars.
fn scalar_rule(from: Scalar, to: Scalar) -> Casting {
    let (from_size, to_size) = (from.itemsize(), to.itemsize());
    // The bits of an integer that a float of `size` bytes is trusted with; of 64-bit integers NumPy trusts f8 with all.
    let float_takes = |size: usize| from_size < size || (from_size == 8 && size >= 8);
    let safe = match (from.kind(), to.kind()) {
        (Kind::Bool, _) => true,
        (Kind::Int, Kind::Int)
        | (Kind::Uint, Kind::Uint)
        | (Kind::Float, Kind::Float)
        | (Kind::Complex, Kind::Complex) => from_size <= to_size,
        (Kind::Uint, Kind::Int) => from_size < to_size,
        (Kind::Int | Kind::Uint, Kind::Float) => float_takes(to_size),
        (Kind::Int | Kind::Uint, Kind::Complex) => float_takes(to_size / 2),
        (Kind::Float, Kind::Complex) => from_size <= to_size / 2,
        _ => false,
    };
    let rank = |scalar: Scalar| match scalar.kind() {
        Kind::Bool => 0,
        Kind::Uint => 1,
        Kind::Int => 2,
        Kind::Float => 3,
        _ => 4,
    };
    if safe {
        Casting::Safe
    } else if rank(from) <= rank(to) {
        Casting::SameKind
    } else {
        Casting::Unsafe
    }
}

/// The characters that NumPy sets aside for any value of a kind.
fn printed_width(scalar: Scalar) -> usize {
    match scalar {
        Scalar::Bool => 5,
        Scalar::Uint8 => 3,
        Scalar::Int8 => 4,
        Scalar::Uint16 => 5,
        Scalar::Int16 => 6,
        Scalar::Uint32 => 10,
        Scalar::Int32 => 11,
        Scalar::Uint64 => 20,
        Scalar::Int64 => 21,
        Scalar::Float16 | Scalar::Float32 | Scalar::Float64 => 32,
        Scalar::LongDouble => 48,
        Scalar::Complex64 | Scalar::Complex128 => 64,
        Scalar::ComplexLongDouble => 96,
    }
}

fn unit_rule(from: Unit, to: Unit, timedelta: bool) -> Casting {
    let is_date = |unit: Unit| unit.base <= UnitBase::Month;
    if from == to {
        Casting::No
    } else if from.base == UnitBase::Generic {
        Casting::Safe
    } else if to.base == UnitBase::Generic || (timedelta && is_date(from) != is_date(to)) {
        Casting::Unsafe
    } else if from.base <= to.base && from.divides_into(to) {
        Casting::Safe
    } else {
        Casting::SameKind
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `numpy.can_cast` for all pairs, as tests/data/can_cast.py recorded it.
    #[test]
    fn rules_are_numpys() {
        const RULES: [Casting; 5] = [
            Casting::No,
            Casting::Equiv,
            Casting::Safe,
            Casting::SameKind,
            Casting::Unsafe,
        ];
        let mut lines = include_str!("../../tests/data/can_cast.txt").lines().skip(1);
        let count: usize = lines.next().unwrap().parse().unwrap();
        let dtypes: Vec<Dtype> = lines.by_ref().take(count).map(|line| line.parse().unwrap()).collect();
        assert!(dtypes.len() > 100);
        let mut differences = Vec::new();
        for from in &dtypes {
            let row = lines.next().unwrap();
            assert_eq!(row.len(), count);
            for (to, expected) in dtypes.iter().zip(row.chars()) {
                // NumPy would have to look at the objects for a width, fails, and says no.
                if from.to_string() == "[('a', '|O')]" && matches!(to.0, Repr::Bytes(0) | Repr::Str(0, _)) {
                    continue;
                }
                for (index, rule) in RULES.into_iter().enumerate() {
                    let allowed = expected.to_digit(10).is_some_and(|least| least as usize <= index);
                    if from.can_cast(to, rule) != allowed {
                        differences.push(format!("{from} -> {to}, {rule:?}: NumPy says {allowed}"));
                    }
                }
            }
        }
        assert!(
            differences.is_empty(),
            "{} differences:\n{}",
            differences.len(),
            differences.join("\n")
        );
    }
}
