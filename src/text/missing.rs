//! Which fields are missing, and what stands in for them: one rule for all columns, or one each.

use std::fmt;

use num_complex::Complex;

use super::lenient::cut_off;
use super::lex::trim;
use super::out::Out;
use super::real::{self, Real, Width};
use crate::dtype::Kind;

/// A column of a table, by its index (from 0; negative ones count from the end) or by its name.
///
/// # Examples
///
/// ```
/// use ndarray_io::ColumnKey;
///
/// assert_eq!(ColumnKey::from(-1), ColumnKey::Index(-1));
/// assert_eq!(ColumnKey::from("x"), ColumnKey::Name("x".to_owned()));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ColumnKey {
    /// The place in the file, or in the result where that has no such column.
    Index(isize),
    /// The name, as the rules for names made it.
    Name(String),
}

macro_rules! index_keys {
    ($($T:ty)*) => {$(
        impl From<$T> for ColumnKey {
            fn from(index: $T) -> Self {
                // What is too large is out of every table's range either way.
                ColumnKey::Index(isize::try_from(index).unwrap_or(isize::MAX))
            }
        }
    )*};
}

index_keys! { i32 i64 isize u32 usize }

impl From<&str> for ColumnKey {
    fn from(name: &str) -> Self {
        ColumnKey::Name(trim(name).to_owned())
    }
}

impl From<String> for ColumnKey {
    fn from(name: String) -> Self {
        ColumnKey::from(name.as_str())
    }
}

impl fmt::Display for ColumnKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ColumnKey::Index(index) => write!(f, "{index}"),
            ColumnKey::Name(name) => write!(f, "{name:?}"),
        }
    }
}

/// A value that is missing, or that stands in for a missing one.
///
/// It is made from numbers and text by `into()`.
///
/// # Examples
///
/// ```
/// use ndarray::{Array1, array};
/// use ndarray_io::{FillValue, GenFromTxt};
///
/// let fill = FillValue::from(-999.0);
/// let a: Array1<f64> = GenFromTxt::new().delimiter(",").filling_values(fill).read(&b"1,,3\n"[..])?;
/// assert_eq!(a, array![1.0, -999.0, 3.0]);
/// # Ok::<(), ndarray_io::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct FillValue(Value);

#[derive(Clone, Debug, PartialEq)]
enum Value {
    Bool(bool),
    Int(i64),
    Float(f64),
    Complex(Complex<f64>),
    Text(String),
}

macro_rules! values {
    ($($T:ty => $variant:ident,)*) => {$(
        impl From<$T> for FillValue {
            fn from(value: $T) -> Self {
                FillValue(Value::$variant(value.into()))
            }
        }
    )*};
}

values! {
    bool => Bool,
    i8 => Int,
    i16 => Int,
    i32 => Int,
    i64 => Int,
    u8 => Int,
    u16 => Int,
    u32 => Int,
    f32 => Float,
    f64 => Float,
    Complex<f64> => Complex,
    &str => Text,
    String => Text,
}

impl fmt::Display for FillValue {
    /// As Python shows it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Value::Bool(true) => f.write_str("True"),
            Value::Bool(false) => f.write_str("False"),
            Value::Int(value) => value.fmt(f),
            Value::Float(value) => f.write_str(&repr(*value)),
            Value::Complex(value) => write!(f, "({}{:+}j)", value.re, value.im),
            Value::Text(text) => text.fmt(f),
        }
    }
}

fn repr(value: f64) -> String {
    let mut out = Out::new();
    real::plain(&mut out, Real::Float(value, Width::Double), false);
    String::from_utf8_lossy(out.as_bytes()).into_owned()
}

impl FillValue {
    /// Whether Python takes it for true.
    pub(crate) fn is_true(&self) -> bool {
        self.text_for(Kind::Bool) == "True"
    }

    /// The text that a column of this kind reads as the value, converted as NumPy converts it on assignment.
    pub(crate) fn text_for(&self, kind: Kind) -> String {
        let number = match self.0 {
            Value::Bool(value) => f64::from(u8::from(value)),
            Value::Int(value) if kind == Kind::Bool => f64::from(u8::from(value != 0)),
            Value::Text(ref text) if kind == Kind::Bool => f64::from(u8::from(!text.is_empty())),
            Value::Float(value) => value,
            _ => return self.to_string(),
        };
        match kind {
            Kind::Bool if number != 0.0 => "True".to_owned(),
            Kind::Bool => "False".to_owned(),
            Kind::Int | Kind::Uint | Kind::Timedelta => {
                cut_off(number).map_or_else(|| self.to_string(), |value| value.to_string())
            }
            Kind::Float | Kind::Complex => format!("{number:?}"),
            _ => self.to_string(),
        }
    }
}

/// Values for the columns of a table: one for all, one for each in order, or some by index or name.
///
/// # Examples
///
/// ```
/// use ndarray::{Array2, array};
/// use ndarray_io::GenFromTxt;
///
/// let table = |options: GenFromTxt| options.delimiter(",").read::<_, i64, ndarray::Ix2>(&b"1,\n,4\n"[..]);
/// assert_eq!(table(GenFromTxt::new().filling_values(0))?, array![[1, 0], [0, 4]]);
/// assert_eq!(table(GenFromTxt::new().filling_values([7, 8]))?, array![[1, 8], [7, 4]]);
/// assert_eq!(table(GenFromTxt::new().filling_values([(0, 7)]))?, array![[1, -1], [7, 4]]);
/// # Ok::<(), ndarray_io::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct ColumnValues(pub(crate) Which);

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Which {
    All(FillValue),
    InOrder(Vec<FillValue>),
    Keyed(Vec<(ColumnKey, FillValue)>),
}

impl<T> From<T> for ColumnValues
where
    FillValue: From<T>,
{
    fn from(value: T) -> Self {
        ColumnValues(Which::All(value.into()))
    }
}

impl<T, const N: usize> From<[T; N]> for ColumnValues
where
    FillValue: From<T>,
{
    fn from(values: [T; N]) -> Self {
        ColumnValues::from(Vec::from(values))
    }
}

impl<T> From<Vec<T>> for ColumnValues
where
    FillValue: From<T>,
{
    fn from(values: Vec<T>) -> Self {
        ColumnValues(Which::InOrder(values.into_iter().map(FillValue::from).collect()))
    }
}

impl<K: Into<ColumnKey>, T, const N: usize> From<[(K, T); N]> for ColumnValues
where
    FillValue: From<T>,
{
    fn from(values: [(K, T); N]) -> Self {
        ColumnValues::from(Vec::from(values))
    }
}

impl<K: Into<ColumnKey>, T> From<Vec<(K, T)>> for ColumnValues
where
    FillValue: From<T>,
{
    fn from(values: Vec<(K, T)>) -> Self {
        let keyed = values.into_iter().map(|(key, value)| (key.into(), value.into()));
        ColumnValues(Which::Keyed(keyed.collect()))
    }
}

/// The texts that mean a missing value; the empty one always does.
#[derive(Clone, Debug, Default)]
pub(crate) struct Missing {
    all: Vec<String>,
    own: Vec<Vec<String>>,
}

/// How values are given to columns: the columns of the result that a key means.
pub(crate) type Resolve<'a> = dyn Fn(&ColumnKey) -> Option<usize> + 'a;

impl Missing {
    /// Keys of columns that there are not are ignored, as in NumPy.
    pub(crate) fn new(given: &[ColumnValues], columns: usize, resolve: &Resolve<'_>) -> Self {
        let mut missing = Missing::default();
        for values in given {
            match &values.0 {
                Which::All(FillValue(Value::Text(texts))) => missing.all.extend(texts.split(',').map(str::to_owned)),
                Which::All(value) => missing.all.push(value.to_string()),
                Which::InOrder(values) => {
                    for (column, value) in values.iter().enumerate().take(columns) {
                        missing.own_of(column).push(value.to_string());
                    }
                }
                Which::Keyed(values) => {
                    for (key, value) in values {
                        if let Some(column) = resolve(key) {
                            missing.own_of(column).push(value.to_string());
                        }
                    }
                }
            }
        }
        missing
    }

    fn own_of(&mut self, column: usize) -> &mut Vec<String> {
        if self.own.len() <= column {
            self.own.resize(column + 1, Vec::new());
        }
        &mut self.own[column]
    }

    /// Whether the field of a column is missing.
    #[inline]
    pub(crate) fn contains(&self, column: usize, field: &str) -> bool {
        let field = trim(field);
        field.is_empty() || self.texts(column).any(|text| text == field)
    }

    /// Whether any text but the empty one means a missing value.
    pub(crate) fn any(&self) -> bool {
        !self.all.is_empty() || !self.own.is_empty()
    }

    /// The number of columns that have texts of their own.
    pub(crate) fn own(&self) -> usize {
        self.own.len()
    }

    /// The texts of a column, without the empty one.
    pub(crate) fn texts(&self, column: usize) -> impl Iterator<Item = &str> {
        let own = self.own.get(column).map_or(&[][..], Vec::as_slice);
        self.all
            .iter()
            .chain(own)
            .map(String::as_str)
            .filter(|text| !text.is_empty())
    }

    /// Whether `is` holds for a text of one of the first `columns` columns. It is compiled once, and not for each `is`.
    pub(crate) fn any_text(&self, columns: usize, is: &dyn Fn(&str) -> bool) -> bool {
        (0..columns).any(|column| self.texts(column).any(is))
    }
}

/// What stands in for missing values, as it was given.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fills {
    all: Option<FillValue>,
    own: Vec<Option<FillValue>>,
}

impl Fills {
    pub(crate) fn new(given: &[ColumnValues], columns: usize, resolve: &Resolve<'_>) -> Self {
        let (mut all, mut own) = (None, Vec::new());
        let mut put = |column: usize, value: &FillValue| {
            if own.len() <= column {
                own.resize(column + 1, None);
            }
            own[column] = Some(value.clone());
        };
        for values in given {
            match &values.0 {
                Which::All(value) => all = Some(value.clone()),
                Which::InOrder(values) => {
                    values
                        .iter()
                        .enumerate()
                        .take(columns)
                        .for_each(|(column, value)| put(column, value));
                }
                Which::Keyed(values) => {
                    for (key, value) in values {
                        if let Some(column) = resolve(key) {
                            put(column, value);
                        }
                    }
                }
            }
        }
        Fills { all, own }
    }

    /// What was given for a column.
    pub(crate) fn get(&self, column: usize) -> Option<&FillValue> {
        self.own.get(column).and_then(Option::as_ref).or(self.all.as_ref())
    }

    /// The number of columns that have one of their own.
    pub(crate) fn own(&self) -> usize {
        self.own.len()
    }
}
