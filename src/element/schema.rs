//! What is known of a dtype while values or a type are looked at.

use std::any::TypeId;
use std::borrow::Cow;

use half::f16;
use num_complex::Complex;

use super::datetime::{Datetime64, Timedelta64, units};
use crate::dtype::{ByteOrder, Dtype, Kind, Repr, Scalar};
use crate::error::{Error, ErrorKind, Result};

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Schema {
    /// Nothing seen, or only `None`s.
    Unknown,
    Number {
        scalar: Scalar,
        /// Whether it is a u64 that i64 has not.
        big: bool,
    },
    Time(Dtype),
    /// The longest, in characters.
    Text(usize),
    /// The longest.
    Bytes(usize),
    /// Items that know their places: of an array, if they are all of one kind, or of a record.
    Tuple {
        items: Vec<Schema>,
        is_struct: bool,
    },
    /// Items of one kind.
    List {
        len: usize,
        item: Box<Schema>,
    },
    Record(Vec<(Cow<'static, str>, Schema)>),
    /// What may be missing, where that is told apart from every value.
    Optional(Box<Schema>),
}

/// The length of text that a type leaves open, which is beyond any other.
pub(super) const OPEN: usize = usize::MAX;

/// The fields of a record that stands for an `Option` in text: whether there is a value, and the value. No file has
/// such names.
pub(super) const OPTION: [&str; 2] = ["\0is some", "\0value"];

/// What a dtype that stands for an `Option` is an option of.
#[cfg(feature = "text")]
pub(crate) fn option_value(dtype: &Dtype) -> Option<&Dtype> {
    match dtype.fields() {
        [some, value] if some.name() == OPTION[0] => Some(value.dtype()),
        _ => None,
    }
}

impl Schema {
    /// The dtype; strings and bytes get at least that many characters.
    pub(super) fn dtype(&self, min_width: usize) -> Result<Dtype> {
        Ok(match self {
            Schema::Unknown => {
                return Err(Error::new(
                    ErrorKind::Element,
                    "no value but None says what dtype this is; give one, as WriteOptions::dtype",
                ));
            }
            Schema::Number { scalar, .. } => Dtype::native(*scalar),
            Schema::Time(dtype) => dtype.clone(),
            Schema::Text(OPEN) => Dtype(Repr::Str(min_width, ByteOrder::NATIVE)),
            Schema::Text(longest) => text(min_width.max(*longest), ByteOrder::NATIVE)?,
            Schema::Bytes(longest) => bytes(min_width.max(*longest))?,
            Schema::Tuple { items, is_struct } => match self.item().filter(|_| !is_struct) {
                Some(item) => array_of(item.dtype(min_width)?, items.len())?,
                None => {
                    let names = (0..).map(|position| format!("f{position}"));
                    let fields = names.zip(items).map(|(name, item)| match item.dtype(min_width) {
                        Ok(dtype) => Ok((name, dtype)),
                        Err(error) => Err(error.in_field(&name)),
                    });
                    Dtype::record(fields.collect::<Result<Vec<_>>>()?)?
                }
            },
            Schema::List { len, item } => array_of(item.dtype(min_width)?, *len)?,
            Schema::Optional(value) => {
                let [some, name] = OPTION;
                Dtype::record([(some, Dtype::native(Scalar::Uint8)), (name, value.dtype(min_width)?)])?
            }
            Schema::Record(fields) => {
                let fields = fields.iter().map(|(name, field)| match field.dtype(min_width) {
                    Ok(dtype) => Ok((name.clone(), dtype)),
                    Err(error) => Err(error.in_field(name)),
                });
                Dtype::record(fields.collect::<Result<Vec<_>>>()?)?
            }
        })
    }

    /// What all items of an array are.
    pub(super) fn item(&self) -> Option<Schema> {
        match self {
            Schema::List { item, .. } => Some((**item).clone()),
            Schema::Tuple { items, .. } => {
                let (first, rest) = items.split_first()?;
                rest.iter().try_fold(first.clone(), Schema::alike)
            }
            _ => None,
        }
    }

    /// Both, if they are one type and differ in the length of strings at most.
    fn alike(self, other: &Schema) -> Option<Schema> {
        Some(match (self, other) {
            (Schema::Unknown, other) => other.clone(),
            (known, Schema::Unknown) => known,
            (
                Schema::Number { scalar, big },
                Schema::Number {
                    scalar: same,
                    big: also,
                },
            ) if scalar == *same => {
                let big = big || *also;
                Schema::Number { scalar, big }
            }
            (Schema::Text(a), Schema::Text(b)) => Schema::Text(a.max(*b)),
            (Schema::Bytes(a), Schema::Bytes(b)) => Schema::Bytes(a.max(*b)),
            (
                Schema::Tuple { items: a, is_struct },
                Schema::Tuple {
                    items: b,
                    is_struct: same,
                },
            ) if a.len() == b.len() && is_struct == *same => {
                let items = a.into_iter().zip(b).map(|(a, b)| a.alike(b)).collect::<Option<_>>()?;
                Schema::Tuple { items, is_struct }
            }
            (Schema::List { len, item }, Schema::List { len: same, item: b }) if len == *same => {
                let item = Box::new(item.alike(b)?);
                Schema::List { len, item }
            }
            (Schema::Record(a), Schema::Record(b)) if a.len() == b.len() => {
                let fields = a.into_iter().zip(b).map(|((name, a), (same, b))| {
                    let field = a.alike(b)?;
                    (name == *same).then_some((name, field))
                });
                Schema::Record(fields.collect::<Option<_>>()?)
            }
            (a, b) if a == *b => a,
            _ => return None,
        })
    }

    /// Takes a number in.
    pub(super) fn number(&mut self, scalar: Scalar, big: bool) -> Result<()> {
        let found = Schema::Number { scalar, big };
        match self {
            // What a loop over rows meets.
            Schema::Number { scalar: old, big: was } if *old == scalar => *was |= big,
            Schema::Unknown => *self = found,
            Schema::Number { scalar: old, big: was } => match promote(*old, scalar, *was || big) {
                Some(scalar) => {
                    *self = Schema::Number {
                        scalar,
                        big: *was || big,
                    }
                }
                None => return Err(self.mixed(&found)),
            },
            _ => return Err(self.mixed(&found)),
        }
        Ok(())
    }

    pub(super) fn time(&mut self, dtype: Dtype) -> Result<()> {
        let found = Schema::Time(dtype);
        match self {
            Schema::Unknown => *self = found,
            _ if *self == found => {}
            _ => return Err(self.mixed(&found)),
        }
        Ok(())
    }

    pub(super) fn text(&mut self, chars: usize) -> Result<()> {
        match self {
            Schema::Text(longest) => *longest = chars.max(*longest),
            Schema::Unknown => *self = Schema::Text(chars),
            _ => return Err(self.mixed(&Schema::Text(chars))),
        }
        Ok(())
    }

    pub(super) fn bytes(&mut self, len: usize) -> Result<()> {
        match self {
            Schema::Bytes(longest) => *longest = len.max(*longest),
            Schema::Unknown => *self = Schema::Bytes(len),
            _ => return Err(self.mixed(&Schema::Bytes(len))),
        }
        Ok(())
    }

    /// The error for values that no dtype has both of.
    #[cold]
    pub(super) fn mixed(&self, found: &Schema) -> Error {
        Error::new(
            ErrorKind::Element,
            format!(
                "{} after {}: elements of one array are of one dtype",
                found.describe(),
                self.describe()
            ),
        )
    }

    fn describe(&self) -> String {
        match self {
            Schema::Unknown => "None".to_owned(),
            Schema::Number { scalar, .. } => format!("a number ({})", scalar.name()),
            Schema::Time(dtype) => format!("a time (`{dtype}`)"),
            Schema::Text(_) => "text".to_owned(),
            Schema::Bytes(_) => "bytes".to_owned(),
            Schema::Tuple { items, .. } => format!("a tuple or array of {}", items.len()),
            Schema::List { len, .. } => format!("a sequence of {len}"),
            Schema::Record(fields) => format!("a record of {} fields", fields.len()),
            Schema::Optional(value) => format!("an option of {}", value.describe()),
        }
    }

    /// `dtype` with widths for the strings that it leaves open.
    pub(super) fn fit(&self, dtype: &Dtype) -> Result<Dtype> {
        let longest = match self {
            Schema::Text(longest) | Schema::Bytes(longest) => 1.max(*longest),
            _ => 1,
        };
        Ok(match &dtype.0 {
            Repr::Str(0, order) => text(longest, *order)?,
            Repr::Bytes(0) => bytes(longest)?,
            Repr::Subarray(sub) => {
                // Each axis is a sequence of the next.
                let item = (0..sub.shape.len()).try_fold(self.clone(), |items, _| items.item());
                Dtype::subarray(item.unwrap_or(Schema::Unknown).fit(&sub.base)?, sub.shape.clone())?
            }
            Repr::Record(record) => {
                let fields = record.fields.iter().enumerate().map(|(position, field)| {
                    let schema = match self {
                        Schema::Record(fields) => fields.iter().find(|(name, _)| *name == field.name).map(|(_, f)| f),
                        Schema::Tuple { items, .. } => items.get(position),
                        Schema::List { item, .. } => Some(&**item),
                        _ => None,
                    };
                    let dtype = schema.unwrap_or(&Schema::Unknown).fit(&field.dtype)?;
                    Ok((field.name.clone(), field.title.clone(), dtype))
                });
                Dtype::lay_out(fields.collect::<Result<Vec<_>>>()?, record.aligned)?
            }
            _ => dtype.clone(),
        })
    }
}

/// The dtype of text of so many characters, if NumPy has one so wide.
fn text(chars: usize, order: ByteOrder) -> Result<Dtype> {
    match chars.checked_mul(4).is_some_and(|size| i32::try_from(size).is_ok()) {
        true => Ok(Dtype(Repr::Str(chars, order))),
        false => Err(too_wide(chars, "characters", i32::MAX / 4)),
    }
}

fn bytes(len: usize) -> Result<Dtype> {
    match i32::try_from(len) {
        Ok(_) => Ok(Dtype(Repr::Bytes(len))),
        Err(_) => Err(too_wide(len, "bytes", i32::MAX)),
    }
}

#[cold]
fn too_wide(len: usize, unit: &str, most: i32) -> Error {
    Error::new(
        ErrorKind::Argument,
        format!("a value of {len} {unit}; NumPy's elements have at most {most}"),
    )
}

/// `len` of `item`; an array of arrays is one with an axis more.
fn array_of(item: Dtype, len: usize) -> Result<Dtype> {
    let shape = [&[len], item.shape()].concat();
    Dtype::subarray(item.base().clone(), shape)
}

/// The scalar that holds both, as far as there is one; `big` if a value past i64 is among them.
fn promote(a: Scalar, b: Scalar, big: bool) -> Option<Scalar> {
    use Kind::{Bool, Complex, Float, Int, Uint};
    let wider = if a.itemsize() >= b.itemsize() { a } else { b };
    match (a.kind(), b.kind()) {
        (Bool, _) | (_, Bool) => None,
        (a, b) if a == b => Some(wider),
        (Complex, _) | (_, Complex) => Some(Scalar::Complex128),
        // Whether an integer has a float of the same value, the encoder says for each.
        (Float, _) | (_, Float) => Some(Scalar::Float64),
        (Int, Uint) | (Uint, Int) => match wider.itemsize() {
            _ if big => None,
            1 => Some(Scalar::Int16),
            2 => Some(Scalar::Int32),
            _ => Some(Scalar::Int64),
        },
        _ => None,
    }
}

/// The scalar that any `T` is written as, where the type alone says it. A complex number must be recognised so: to
/// serde it is a tuple.
#[inline]
pub(crate) fn known<T: ?Sized>() -> Option<Scalar> {
    macro_rules! behind {
        ($($T:ty => $scalar:ident),*) => {{
            let id = typeid::of::<T>();
            $(if id == TypeId::of::<$T>() {
                return Some(Scalar::$scalar);
            })*
        }};
    }
    if let Some(scalar) = Scalar::of::<T>() {
        return Some(scalar);
    }
    behind!(
        &'static f16 => Float16,
        &'static f32 => Float32,
        &'static f64 => Float64,
        &'static Complex<f32> => Complex64,
        &'static Complex<f64> => Complex128,
        Option<f16> => Float16,
        Option<f32> => Float32,
        Option<f64> => Float64,
        Option<Complex<f32>> => Complex64,
        Option<Complex<f64>> => Complex128
    );
    None
}

/// The dtype of no values at all, for the types that are often seen empty.
pub(crate) fn of_none<T: ?Sized>() -> Option<Dtype> {
    let id = typeid::of::<T>();
    let text = [
        TypeId::of::<String>(),
        TypeId::of::<&'static str>(),
        TypeId::of::<Cow<'static, str>>(),
        TypeId::of::<Box<str>>(),
        TypeId::of::<char>(),
    ];
    if text.contains(&id) {
        return Some(Dtype(Repr::Str(1, ByteOrder::NATIVE)));
    }
    macro_rules! times {
        ($($unit:ident)*) => {$({
            let unit = <units::$unit as super::TimeUnit>::UNIT;
            if id == TypeId::of::<Datetime64<units::$unit>>() || id == TypeId::of::<Option<Datetime64<units::$unit>>>() {
                return Some(Dtype(Repr::Datetime(unit, ByteOrder::NATIVE)));
            }
            if id == TypeId::of::<Timedelta64<units::$unit>>() || id == TypeId::of::<Option<Timedelta64<units::$unit>>>() {
                return Some(Dtype(Repr::Timedelta(unit, ByteOrder::NATIVE)));
            }
        })*};
    }
    times!(Year Month Week Day Hour Minute Second Millisecond Microsecond Nanosecond Picosecond Femtosecond Attosecond Generic);
    None
}
