//! The numbers of a fixed size, the kinds of dtypes, and byte order.

/// The numbers of a fixed size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Scalar {
    Bool,
    Int8,
    Int16,
    Int32,
    Int64,
    Uint8,
    Uint16,
    Uint32,
    Uint64,
    Float16,
    Float32,
    Float64,
    /// x86's 80-bit extended precision in 16 bytes.
    LongDouble,
    Complex64,
    Complex128,
    ComplexLongDouble,
}

/// The kind of a [`Dtype`](crate::Dtype), as NumPy's `dtype.kind` sorts them.
///
/// # Examples
///
/// ```
/// use ndarray_io::{Dtype, Kind};
///
/// for (descr, kind) in [("<f2", Kind::Float), ("|S5", Kind::Bytes), ("<M8[ns]", Kind::Datetime), ("|V3", Kind::Void)] {
///     assert_eq!(descr.parse::<Dtype>()?.kind(), kind);
/// }
/// # Ok::<(), ndarray_io::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// `b`: one byte, 0 or 1.
    Bool,
    /// `i`: signed integers of 1 to 8 bytes.
    Int,
    /// `u`: unsigned integers of 1 to 8 bytes.
    Uint,
    /// `f`: half, single, double and long double.
    Float,
    /// `c`: two floats.
    Complex,
    /// `M`: a point in time, counted in units from 1970.
    Datetime,
    /// `m`: a span of time, counted in units.
    Timedelta,
    /// `S`: bytes, padded with NULs.
    Bytes,
    /// `U`: text, four bytes a code point.
    Str,
    /// `V`: raw bytes.
    Void,
    /// `V` with fields: a structured dtype.
    Record,
    /// A fixed-shape array inside a record's field.
    Subarray,
    /// `O`: pickled Python objects.
    Object,
}

/// The byte order of a [`Dtype`](crate::Dtype).
///
/// # Examples
///
/// ```
/// use ndarray_io::{ByteOrder, Dtype};
///
/// assert_eq!(">f8".parse::<Dtype>()?.byte_order(), ByteOrder::Big);
/// assert_eq!("|u1".parse::<Dtype>()?.byte_order(), ByteOrder::NotApplicable);
/// # Ok::<(), ndarray_io::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ByteOrder {
    /// Least significant byte first: `<`.
    Little,
    /// Most significant byte first: `>`.
    Big,
    /// One byte or none to order, or fields with orders of their own: `|`.
    NotApplicable,
}

impl ByteOrder {
    /// The order of this machine.
    pub const NATIVE: ByteOrder = if cfg!(target_endian = "little") {
        ByteOrder::Little
    } else {
        ByteOrder::Big
    };

    /// Whether values in this order can be read without swapping bytes.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::ByteOrder;
    ///
    /// assert!(ByteOrder::NATIVE.is_native());
    /// assert!(ByteOrder::NotApplicable.is_native());
    /// assert!(!(ByteOrder::Little.is_native() && ByteOrder::Big.is_native()));
    /// ```
    pub fn is_native(self) -> bool {
        self == ByteOrder::NATIVE || self == ByteOrder::NotApplicable
    }
}

impl Scalar {
    pub(crate) fn has_nan(self) -> bool {
        matches!(self.kind(), Kind::Float | Kind::Complex)
    }

    /// In bytes.
    pub(crate) fn itemsize(self) -> usize {
        match self {
            Scalar::Bool | Scalar::Int8 | Scalar::Uint8 => 1,
            Scalar::Int16 | Scalar::Uint16 | Scalar::Float16 => 2,
            Scalar::Int32 | Scalar::Uint32 | Scalar::Float32 => 4,
            Scalar::Int64 | Scalar::Uint64 | Scalar::Float64 | Scalar::Complex64 => 8,
            Scalar::LongDouble | Scalar::Complex128 => 16,
            Scalar::ComplexLongDouble => 32,
        }
    }

    /// The size of what is swapped when the byte order changes: a complex number's parts are swapped alone.
    pub(crate) fn swapsize(self) -> usize {
        match self.kind() {
            Kind::Complex => self.itemsize() / 2,
            _ => self.itemsize(),
        }
    }

    /// NumPy's name, such as `float64`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Scalar::Bool => "bool",
            Scalar::Int8 => "int8",
            Scalar::Int16 => "int16",
            Scalar::Int32 => "int32",
            Scalar::Int64 => "int64",
            Scalar::Uint8 => "uint8",
            Scalar::Uint16 => "uint16",
            Scalar::Uint32 => "uint32",
            Scalar::Uint64 => "uint64",
            Scalar::Float16 => "float16",
            Scalar::Float32 => "float32",
            Scalar::Float64 => "float64",
            Scalar::LongDouble => "float128",
            Scalar::Complex64 => "complex64",
            Scalar::Complex128 => "complex128",
            Scalar::ComplexLongDouble => "complex256",
        }
    }

    /// From here on the text of a float has an exponent: where the type's precision ends.
    pub(crate) fn largest_positional(self) -> f64 {
        match self {
            Scalar::Float16 => 1e3,
            Scalar::Float32 => 1e6,
            _ => 1e16,
        }
    }

    pub(crate) fn kind(self) -> Kind {
        match self {
            Scalar::Bool => Kind::Bool,
            Scalar::Int8 | Scalar::Int16 | Scalar::Int32 | Scalar::Int64 => Kind::Int,
            Scalar::Uint8 | Scalar::Uint16 | Scalar::Uint32 | Scalar::Uint64 => Kind::Uint,
            Scalar::Float16 | Scalar::Float32 | Scalar::Float64 | Scalar::LongDouble => Kind::Float,
            Scalar::Complex64 | Scalar::Complex128 | Scalar::ComplexLongDouble => Kind::Complex,
        }
    }
}
