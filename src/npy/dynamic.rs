//! Arrays whose dtype is known only at run time.

use std::fmt;
use std::io::Write;
use std::ops::Range;

use half::f16;
use ndarray::{Array, ArrayD, ArrayRef, Dimension, Order};
use num_complex::Complex;
use serde::de::DeserializeOwned;
use serde::{Serialize, Serializer};

use super::part::{check_range, for_each_block};
use super::raw::{RawArray, RecordArray, cannot_write};
use super::shape::{array_from_values, dimension};
use super::typed::TypedArray;
use super::write::{Output, WriteNpyExt, order_of, write_data, write_range};
use super::{Header, WriteOptions};
use crate::dtype::{ByteOrder, Casting, Dtype, Repr, Scalar, Unit};
use crate::element::scalar::{Native, array_as, bits_into, swap_bytes, with_native, with_own};
use crate::element::{Time, fit_dtype, without_padding};
use crate::error::{Error, ErrorKind, Result};

/// An array of whatever dtype a file has.
///
/// Each variant is a kind of NumPy's; the arrays inside are `ndarray`'s. Strings are sized by their dtype, records are
/// kept as raw rows, and so is what no Rust type can hold.
///
/// # Examples
///
/// ```
/// use ndarray::{Ix1, array};
/// use ndarray_io::{Casting, DynArray, ReadNpyExt, WriteNpyExt};
///
/// let mut file = Vec::new();
/// array![1_i16, 2].write_npy(&mut file)?;
///
/// let dynamic = DynArray::read_npy(&file[..])?;
/// match &dynamic {
///     DynArray::Int16(a) => assert_eq!(a.sum(), 3),
///     other => println!("an array of {}", other.dtype()),
/// }
/// let floats = dynamic.into_array::<f64, Ix1>(Casting::Safe)?;
/// assert_eq!(floats, array![1.0, 2.0]);
/// # Ok::<(), ndarray_io::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
#[allow(missing_docs)] // NumPy's names of what they hold
pub enum DynArray {
    Bool(TypedArray<bool>),
    Int8(TypedArray<i8>),
    Int16(TypedArray<i16>),
    Int32(TypedArray<i32>),
    Int64(TypedArray<i64>),
    UInt8(TypedArray<u8>),
    UInt16(TypedArray<u16>),
    UInt32(TypedArray<u32>),
    UInt64(TypedArray<u64>),
    Float16(TypedArray<f16>),
    Float32(TypedArray<f32>),
    Float64(TypedArray<f64>),
    Complex64(TypedArray<Complex<f32>>),
    Complex128(TypedArray<Complex<f64>>),
    /// `S`, without the trailing NULs.
    Bytes(TypedArray<Vec<u8>>),
    /// `U`, without the trailing NULs.
    Str(TypedArray<String>),
    /// Counts of the dtype's [`unit`](Dtype::unit) since 1970; `i64::MIN` is NaT.
    Datetime(TypedArray<i64>),
    /// Counts of the dtype's [`unit`](Dtype::unit); `i64::MIN` is NaT.
    Timedelta(TypedArray<i64>),
    Record(RecordArray),
    /// `O`, and records with `O` in them, which are [`Object::Tuple`](crate::Object::Tuple)s; with the feature
    /// `object`.
    #[cfg(feature = "object")]
    Object(TypedArray<crate::object::Object>),
    /// `V` without fields, long doubles, and values that Rust's types cannot hold: bools that are neither 0 nor 1,
    /// text that is not Unicode.
    Raw(RawArray),
}

/// The variant of a native scalar.
pub(crate) trait Variant: Native {
    fn variant(array: TypedArray<Self>) -> DynArray;

    /// The array inside, if it is of this variant.
    fn own(array: &mut DynArray) -> Option<&mut ArrayD<Self>>;
}

// `$d` is the dollar sign of the macro that this one writes.
macro_rules! variants {
    ($d:tt $($T:ty => $variant:ident,)*) => {
        $(impl Variant for $T {
            fn variant(array: TypedArray<Self>) -> DynArray {
                DynArray::$variant(array)
            }

            fn own(array: &mut DynArray) -> Option<&mut ArrayD<Self>> {
                match array {
                    DynArray::$variant(a) => Some(&mut a.array),
                    _ => None,
                }
            }
        }

        impl<D: Dimension> From<Array<$T, D>> for TypedArray<$T> {
            fn from(array: Array<$T, D>) -> Self {
                TypedArray::new(array.into_dyn(), Dtype::native(<$T>::SCALAR))
            }
        }

        impl<D: Dimension> From<Array<$T, D>> for DynArray {
            fn from(array: Array<$T, D>) -> Self {
                DynArray::$variant(array.into())
            }
        })*

        /// `match_dyn!(value, a => expression, other arms)`: a `match` with one arm for all native scalars.
        macro_rules! match_dyn {
            ($d value:expr, $d a:ident => $d native:expr, $d($d rest:tt)*) => {
                match $d value {
                    $(DynArray::$variant($d a) => $d native,)*
                    $d($d rest)*
                }
            };
        }
        #[cfg(feature = "text")]
        pub(crate) use match_dyn;
    };
}

variants! { $
    bool => Bool,
    i8 => Int8,
    i16 => Int16,
    i32 => Int32,
    i64 => Int64,
    u8 => UInt8,
    u16 => UInt16,
    u32 => UInt32,
    u64 => UInt64,
    f16 => Float16,
    f32 => Float32,
    f64 => Float64,
    Complex<f32> => Complex64,
    Complex<f64> => Complex128,
}

impl DynArray {
    /// Any array, with the dtype that its elements have in a file.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Element`] if the elements are of a type that cannot be in an array.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::DynArray;
    ///
    /// let a = DynArray::from_array(&ndarray::array!["one", "three"])?;
    /// assert_eq!(a.dtype().to_string(), "<U5");
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn from_array<A: Serialize, D: Dimension>(array: &ArrayRef<A, D>) -> Result<DynArray> {
        let Header {
            dtype, order, shape, ..
        } = array.npy_header(&WriteOptions::default())?;
        let mut bytes = Vec::new();
        write_data(array.view(), &dtype, order, &mut Output::of(&mut bytes))?;
        DynArray::from_raw(dtype, shape, order, bytes)
    }

    /// The array whose elements are `bytes`, in `order`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Argument`] if there are more or fewer bytes than the shape asks for; [`ErrorKind::Shape`] if no
    /// array can have that shape.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray::{Order, array};
    /// use ndarray_io::DynArray;
    ///
    /// let a = DynArray::from_raw("<i2".parse()?, vec![2], Order::RowMajor, vec![1, 0, 2, 0])?;
    /// assert_eq!(a, array![1_i16, 2].into());
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn from_raw(dtype: Dtype, shape: Vec<usize>, order: Order, bytes: Vec<u8>) -> Result<DynArray> {
        RawArray::new(dtype, shape, order, bytes)?.into_dyn()
    }

    /// The array of a file's own values, which lie as its header says.
    pub(crate) fn from_values<T: Variant>(header: Header, values: Vec<T>) -> Result<DynArray> {
        let array = array_from_values(dimension(&header.shape)?, header.order, values)?;
        Ok(T::variant(TypedArray::new(array, header.dtype)))
    }

    /// The dtype that it is written with.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::DynArray;
    ///
    /// assert_eq!(DynArray::from(ndarray::array![1_u8]).dtype().to_string(), "|u1");
    /// ```
    pub fn dtype(&self) -> Dtype {
        match_dyn!(self, a => a.dtype.clone(),
            DynArray::Bytes(a) => a.dtype.clone(),
            DynArray::Str(a) => a.dtype.clone(),
            DynArray::Datetime(a) | DynArray::Timedelta(a) => a.dtype.clone(),
            #[cfg(feature = "object")]
            DynArray::Object(a) => a.dtype.clone(),
            DynArray::Record(records) => records.dtype().clone(),
            DynArray::Raw(raw) => raw.dtype().clone(),
        )
    }

    /// The shape.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::DynArray;
    ///
    /// assert_eq!(DynArray::from(ndarray::array![[1_u8, 2]]).shape(), [1, 2]);
    /// ```
    pub fn shape(&self) -> &[usize] {
        match_dyn!(self, a => a.shape(),
            DynArray::Bytes(a) => a.shape(),
            DynArray::Str(a) => a.shape(),
            DynArray::Datetime(a) | DynArray::Timedelta(a) => a.shape(),
            #[cfg(feature = "object")]
            DynArray::Object(a) => a.shape(),
            DynArray::Record(records) => records.shape(),
            DynArray::Raw(raw) => raw.shape(),
        )
    }

    /// The number of dimensions.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::DynArray;
    ///
    /// assert_eq!(DynArray::from(ndarray::array![[1_u8, 2]]).ndim(), 2);
    /// ```
    pub fn ndim(&self) -> usize {
        self.shape().len()
    }

    /// The number of elements.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::DynArray;
    ///
    /// assert_eq!(DynArray::from(ndarray::array![[1_u8, 2]]).len(), 2);
    /// ```
    pub fn len(&self) -> usize {
        self.shape().iter().product()
    }

    /// Whether there are no elements.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::DynArray;
    ///
    /// assert!(DynArray::from(ndarray::Array2::<u8>::zeros((3, 0))).is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The order in which it is written: Fortran's if it is contiguous in that order only.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray::{Array2, Order, ShapeBuilder};
    /// use ndarray_io::DynArray;
    ///
    /// assert_eq!(DynArray::from(Array2::<u8>::zeros((2, 3).f())).order(), Order::ColumnMajor);
    /// ```
    pub fn order(&self) -> Order {
        match_dyn!(self, a => order_of(a),
            DynArray::Bytes(a) => order_of(a),
            DynArray::Str(a) => order_of(a),
            DynArray::Datetime(a) | DynArray::Timedelta(a) => order_of(a),
            #[cfg(feature = "object")]
            DynArray::Object(_) => Order::RowMajor,
            DynArray::Record(records) => records.raw().order_alone(),
            DynArray::Raw(raw) => raw.order_alone(),
        )
    }

    /// The elements as an array of `A`, converted as far as `casting` allows.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Dtype`] if the conversion is not allowed; [`ErrorKind::Shape`] if `D` has another number of
    /// dimensions; [`ErrorKind::Value`] if a value does not convert.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray::{Ix1, array};
    /// use ndarray_io::{Casting, DynArray};
    ///
    /// let counts = DynArray::from(array![1_i32, 2]);
    /// assert_eq!(counts.into_array::<f64, Ix1>(Casting::Safe)?, array![1.0, 2.0]);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn into_array<A: DeserializeOwned, D: Dimension>(mut self, casting: Casting) -> Result<Array<A, D>> {
        let own = with_own!(A, T => {
            T::own(&mut self).and_then(|array| array_as::<T, A, _>(std::mem::take(array)).ok())
        }, else => None);
        if let Some(array) = own {
            dimension::<D>(array.shape())?;
            return array
                .into_dimensionality()
                .map_err(|error| Error::new(ErrorKind::Shape, error.to_string()));
        }
        #[cfg(feature = "object")]
        if let DynArray::Object(a) = self {
            let dim = dimension::<D>(a.shape())?;
            return array_from_values(dim, Order::RowMajor, crate::object::values(a)?);
        }
        self.into_raw()?.into_array(casting)
    }

    /// The elements as a file holds them.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Value`] if a string was made longer than its dtype.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::DynArray;
    ///
    /// let raw = DynArray::from(ndarray::array![1_u16, 2]).into_raw()?;
    /// assert_eq!(raw.len(), 2);
    /// assert_eq!(raw.bytes(), [1_u16, 2].map(u16::to_ne_bytes).concat());
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn into_raw(self) -> Result<RawArray> {
        let dtype = self.dtype();
        match self {
            #[cfg(feature = "object")]
            DynArray::Object(_) => Err(Error::new(ErrorKind::Object, "objects have no bytes of a fixed size")),
            DynArray::Record(records) => Ok(records.into_raw()),
            DynArray::Raw(raw) => Ok(raw),
            other => {
                let mut bytes = Vec::new();
                other.write_elements(&dtype, other.order(), 0..other.len(), &mut Output::of(&mut bytes))?;
                RawArray::new(dtype, other.shape().to_vec(), other.order(), bytes)
            }
        }
    }

    /// Writes the elements `range` as `dtype`, in `order`, without a header.
    fn write_elements(&self, dtype: &Dtype, order: Order, range: Range<usize>, output: &mut Output<'_>) -> Result<()> {
        match_dyn!(self, a => write_range(a.view(), dtype, order, range, output),
            DynArray::Bytes(a) => {
                check_range(dtype, &range, a.len())?;
                let mut row = range.start as u64;
                for_each_block(a.view(), order, range, &mut |block| {
                    write_data(block.map(|bytes| AsBytes(bytes)).view(), dtype, Order::RowMajor, output)
                        .map_err(|error| error.after_rows(row))?;
                    row += block.len() as u64;
                    Ok(())
                })
            },
            DynArray::Str(a) => write_range(a.view(), dtype, order, range, output),
            DynArray::Datetime(a) | DynArray::Timedelta(a) => {
                // The counts are what a datetime is; in another unit they would be other counts.
                if a.dtype.with_byte_order(ByteOrder::NATIVE) != dtype.with_byte_order(ByteOrder::NATIVE) {
                    return Err(cannot_write(&a.dtype, dtype));
                }
                let counts = Dtype::scalar(Scalar::Int64, dtype.byte_order());
                write_range(a.view(), &counts, order, range, output)
            },
            #[cfg(feature = "object")]
            DynArray::Object(a) if dtype.has_object() => write_range(a.view(), dtype, order, range, output),
            #[cfg(feature = "object")]
            DynArray::Object(a) => Err(cannot_write(&a.dtype, dtype)),
            DynArray::Record(records) => records.raw().write_elements(dtype, order, range, output.writer()),
            DynArray::Raw(raw) => raw.write_elements(dtype, order, range, output.writer()),
        )
    }
}

impl RawArray {
    /// The elements as Rust's types.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Shape`] if no array can have the shape.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray::{Order, array};
    /// use ndarray_io::{DynArray, RawArray};
    ///
    /// let raw = RawArray::new("|u1".parse()?, vec![2], Order::RowMajor, vec![1, 2])?;
    /// assert_eq!(raw.into_dyn()?, DynArray::from(array![1_u8, 2]));
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn into_dyn(self) -> Result<DynArray> {
        match self.dtype().0 {
            Repr::Scalar(scalar, order) => {
                with_native!(scalar, T => self.into_native::<T>(order), else => Ok(DynArray::Raw(self)))
            }
            Repr::Datetime(_, order) => Ok(DynArray::Datetime(self.counts(order)?)),
            Repr::Timedelta(_, order) => Ok(DynArray::Timedelta(self.counts(order)?)),
            Repr::Bytes(_) => {
                let items = (0..self.len())
                    .map(|index| without_padding(self.item(index)).to_vec())
                    .collect();
                Ok(DynArray::Bytes(self.typed(items)?))
            }
            Repr::Str(..) => match self.decode::<String>(Casting::No) {
                Ok(items) => Ok(DynArray::Str(self.typed(items)?)),
                Err(_) => Ok(DynArray::Raw(self)), // not Unicode: kept as it is
            },
            Repr::Record(_) => Ok(DynArray::Record(RecordArray::new(self))),
            Repr::Subarray(_) => self.expanded()?.into_dyn(),
            Repr::Void(_) | Repr::Object => Ok(DynArray::Raw(self)),
        }
    }

    /// These values in this array's place.
    fn typed<A>(&self, values: Vec<A>) -> Result<TypedArray<A>> {
        let array = array_from_values(dimension(self.shape())?, self.order(), values)?;
        Ok(TypedArray::new(array, self.dtype().clone()))
    }

    /// The counts of a datetime or timedelta.
    fn counts(&self, order: ByteOrder) -> Result<TypedArray<i64>> {
        self.typed(self.native::<i64>(order)?)
    }

    /// The elements as native scalars; raw as they are, where they are none.
    fn into_native<T: Variant>(self, order: ByteOrder) -> Result<DynArray> {
        match self.native::<T>(order) {
            Ok(values) => Ok(T::variant(self.typed(values)?)),
            Err(_) => Ok(DynArray::Raw(self)), // bools that are neither 0 nor 1
        }
    }

    fn native<T: Variant>(&self, order: ByteOrder) -> Result<Vec<T>> {
        let mut bits: Vec<T::Bits> = bytemuck::pod_collect_to_vec(self.bytes());
        if !order.is_native() {
            swap_bytes(bytemuck::cast_slice_mut(&mut bits), T::SCALAR.swapsize());
        }
        bits_into(bits)
    }
}

impl WriteNpyExt for DynArray {
    fn npy_header(&self, options: &WriteOptions) -> Result<Header> {
        let dtype = match (&options.dtype, self) {
            (None, _) => self.dtype(),
            (Some(dtype), DynArray::Str(a)) => fit_dtype(dtype, a.iter())?,
            (Some(dtype), DynArray::Bytes(a)) => fit_dtype(dtype, &a.map(|bytes| AsBytes(bytes)))?,
            (Some(dtype), _) => dtype.clone(),
        };
        let order = options.order.unwrap_or_else(|| self.order());
        Ok(Header::new(dtype, order, self.shape()))
    }

    fn write_npy_range<W: Write>(&self, mut writer: W, header: &Header, range: Range<usize>) -> Result<()> {
        self.write_elements(&header.dtype, header.order, range, &mut Output::of(&mut writer))
    }
}

impl fmt::Display for DynArray {
    /// As ndarray shows it; records as a table.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match_dyn!(self, a => a.array.fmt(f),
            DynArray::Bytes(a) => a.map(|bytes| bytes.escape_ascii().to_string()).fmt(f),
            DynArray::Str(a) => a.array.fmt(f),
            DynArray::Datetime(a) => show_times(a, Time::datetime, f),
            DynArray::Timedelta(a) => show_times(a, Time::timedelta, f),
            #[cfg(feature = "object")]
            DynArray::Object(a) => a.array.fmt(f),
            DynArray::Record(records) => records.fmt(f),
            DynArray::Raw(raw) => write!(f, "{raw:?}"),
        )
    }
}

/// Shows counts as NumPy shows times: dates in ISO 8601, spans with their unit.
fn show_times(a: &TypedArray<i64>, time: fn(i64, Unit) -> Time, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match a.dtype.unit() {
        Some(unit) => write!(f, "{}", a.map(|&count| time(count, unit))),
        None => write!(f, "{}", a.array),
    }
}

/// Bytes that serialize as bytes; serde takes a `Vec<u8>` for a sequence of numbers.
struct AsBytes<'a>(&'a [u8]);

impl Serialize for AsBytes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(self.0)
    }
}
