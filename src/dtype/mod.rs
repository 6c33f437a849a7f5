//! What an element is: its kind, size, byte order and fields. No I/O, no values.

mod cast;
mod descr;
pub(crate) mod literal;
mod typestr;
mod unit;

use std::sync::Arc;

use crate::error::{Error, ErrorKind, Result};

pub use cast::Casting;
#[cfg_attr(not(feature = "text"), allow(unused_imports))]
pub(crate) use descr::{PyStr, PyTuple};
pub use unit::{Unit, UnitBase};

/// NumPy's dtype: what the bytes of one element mean.
///
/// A `Dtype` is parsed from a descr (`"<f8".parse()`), traced from a Rust type ([`Dtype::of`]) or value
/// ([`Dtype::of_value`]), or built ([`Dtype::record`]). Its [`Display`](std::fmt::Display) is the descr that NumPy
/// writes into a header.
///
/// # Examples
///
/// ```
/// use ndarray_io::{ByteOrder, Dtype, Kind};
///
/// let dtype: Dtype = "[('x', '<f4'), ('y', '|u1', (2, 3))]".parse()?;
/// assert_eq!(dtype.kind(), Kind::Record);
/// assert_eq!(dtype.itemsize(), 10);
/// assert_eq!(dtype.fields()[0].dtype().byte_order(), ByteOrder::Little);
/// assert_eq!(dtype.to_string(), "[('x', '<f4'), ('y', '|u1', (2, 3))]");
/// # Ok::<(), ndarray_io::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Dtype(pub(crate) Repr);

/// How a [`Dtype`] is kept. Sizes of `Bytes` and `Void` are bytes, of `Str` code points; 0 for `Bytes` and `Str`
/// means, as in NumPy, "as long as the longest value".
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) enum Repr {
    Scalar(Scalar, ByteOrder),
    Datetime(Unit, ByteOrder),
    Timedelta(Unit, ByteOrder),
    Bytes(usize),
    Str(usize, ByteOrder),
    Void(usize),
    Object,
    Subarray(Arc<Subarray>),
    Record(Arc<Record>),
}

#[derive(PartialEq, Eq, Hash)]
pub(crate) struct Subarray {
    pub(crate) base: Dtype,
    pub(crate) shape: Vec<usize>,
}

#[derive(PartialEq, Eq, Hash)]
pub(crate) struct Record {
    /// In the order of the descr, which is the order of the offsets.
    pub(crate) fields: Vec<Field>,
    pub(crate) itemsize: usize,
    /// Laid out as C does; it changes [`Dtype::alignment`] only.
    pub(crate) aligned: bool,
}

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

/// The kind of a [`Dtype`], as NumPy's `dtype.kind` sorts them.
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

/// The byte order of a [`Dtype`].
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
    pub fn is_native(self) -> bool {
        self == ByteOrder::NATIVE || self == ByteOrder::NotApplicable
    }
}

/// A field of a record [`Dtype`].
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Field {
    pub(crate) name: String,
    pub(crate) title: Option<String>,
    pub(crate) offset: usize,
    pub(crate) dtype: Dtype,
}

impl Field {
    /// The field's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The field's title, a second name that NumPy allows.
    pub fn title(&self) -> Option<&str> {
        self.title.as_deref()
    }

    /// Where the field starts, in bytes from the start of the record.
    pub fn offset(&self) -> usize {
        self.offset
    }

    /// The field's dtype.
    pub fn dtype(&self) -> &Dtype {
        &self.dtype
    }
}

impl Scalar {
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

impl Dtype {
    /// A number, in that byte order where it has more than one byte.
    pub(crate) fn scalar(scalar: Scalar, order: ByteOrder) -> Dtype {
        let order = match scalar.itemsize() {
            1 => ByteOrder::NotApplicable,
            _ => order,
        };
        Dtype(Repr::Scalar(scalar, order))
    }

    /// A record of these fields, one after the other without padding.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Argument`] if two fields share a name, or the size exceeds what NumPy can describe (`i32::MAX` bytes).
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::Dtype;
    ///
    /// let dtype = Dtype::record([("x", Dtype::of::<f32>()?), ("n", Dtype::of::<u8>()?)])?;
    /// assert_eq!(dtype.to_string(), "[('x', '<f4'), ('n', '|u1')]");
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn record<N: Into<String>>(fields: impl IntoIterator<Item = (N, Dtype)>) -> Result<Dtype> {
        Dtype::lay_out(
            fields.into_iter().map(|(name, dtype)| (name.into(), None, dtype)),
            false,
        )
    }

    /// A record of these fields (name, title, dtype), each after the one before it; aligned as C would, or packed.
    pub(crate) fn lay_out(
        fields: impl IntoIterator<Item = (String, Option<String>, Dtype)>,
        aligned: bool,
    ) -> Result<Dtype> {
        let mut end = 0_usize;
        let mut alignment = 1;
        let mut laid = Vec::new();
        for (name, title, dtype) in fields {
            if aligned {
                alignment = alignment.max(dtype.alignment());
                end = end.next_multiple_of(dtype.alignment());
            }
            let offset = end;
            end = offset.checked_add(dtype.itemsize()).ok_or_else(record_too_large)?;
            laid.push(Field {
                name,
                title,
                offset,
                dtype,
            });
        }
        Dtype::record_at(laid, end.next_multiple_of(alignment), aligned)
    }

    /// A record of fields that know their offsets.
    ///
    /// The fields must be in the order of their offsets and not overlap; names and titles must differ.
    pub(crate) fn record_at(fields: Vec<Field>, itemsize: usize, aligned: bool) -> Result<Dtype> {
        if i32::try_from(itemsize).is_err() {
            return Err(record_too_large());
        }
        if let Some(name) = repeated_name(&fields) {
            return Err(Error::new(
                ErrorKind::Argument,
                format!("{name:?} names two fields of a record; names and titles must differ"),
            ));
        }
        let mut end = 0;
        for field in &fields {
            if field.offset < end {
                return Err(Error::new(
                    ErrorKind::Argument,
                    format!("field {:?} overlaps the one before it", field.name),
                ));
            }
            end = field.offset + field.dtype.itemsize();
        }
        if end > itemsize {
            return Err(Error::new(
                ErrorKind::Argument,
                format!("fields of a record end at byte {end}, after its itemsize {itemsize}"),
            ));
        }
        Ok(Dtype(Repr::Record(Arc::new(Record {
            fields,
            itemsize,
            aligned,
        }))))
    }

    /// An array of that shape of `base`, as a record's field holds it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Argument`] if its size exceeds what NumPy can describe (`i32::MAX` bytes).
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::Dtype;
    ///
    /// let rotation = Dtype::subarray("<f8".parse()?, [3, 3])?;
    /// let pose = Dtype::record([("rotation", rotation), ("time", "<M8[ms]".parse()?)])?;
    /// assert_eq!(pose.to_string(), "[('rotation', '<f8', (3, 3)), ('time', '<M8[ms]')]");
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn subarray(base: Dtype, shape: impl Into<Vec<usize>>) -> Result<Dtype> {
        let shape = shape.into();
        // As NumPy: an axis of length 0 ends the product, so that what follows it may be of any length.
        let count = shape
            .iter()
            .take_while(|&&dim| dim > 0)
            .try_fold(1_usize, |count, &dim| count.checked_mul(dim));
        let count = if shape.contains(&0) { count.map(|_| 0) } else { count };
        // An empty record has no bytes, but NumPy counts its repetitions all the same.
        let size = count.and_then(|count| count.checked_mul(base.itemsize().max(1)));
        if size.is_none_or(|size| i32::try_from(size).is_err()) || shape.iter().any(|&dim| i32::try_from(dim).is_err())
        {
            return Err(record_too_large());
        }
        Ok(Dtype(Repr::Subarray(Arc::new(Subarray { base, shape }))))
    }

    /// NumPy's name, such as `float64`, `bytes40` (its size in bits) or `datetime64[ns]`.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::Dtype;
    ///
    /// let name = |descr: &str| descr.parse().map(|dtype: Dtype| dtype.name());
    /// assert_eq!(name(">f8")?, "float64");
    /// assert_eq!(name("U5")?, "str160");
    /// assert_eq!(name("[('x', 'i4')]")?, "void32");
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn name(&self) -> String {
        let name = match &self.0 {
            Repr::Scalar(scalar, _) => return scalar.name().to_owned(),
            Repr::Datetime(unit, _) => return format!("datetime64{}", unit.in_brackets()),
            Repr::Timedelta(unit, _) => return format!("timedelta64{}", unit.in_brackets()),
            Repr::Object => return "object".to_owned(),
            Repr::Bytes(_) => "bytes",
            Repr::Str(..) => "str",
            Repr::Void(_) | Repr::Subarray(_) | Repr::Record(_) => "void",
        };
        match self.itemsize() {
            0 => name.to_owned(),
            size => format!("{name}{}", 8 * size as u64),
        }
    }

    /// The kind, as NumPy's `dtype.kind`.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::{Dtype, Kind};
    ///
    /// assert_eq!("M8[s]".parse::<Dtype>()?.kind(), Kind::Datetime);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn kind(&self) -> Kind {
        match &self.0 {
            Repr::Scalar(scalar, _) => scalar.kind(),
            Repr::Datetime(..) => Kind::Datetime,
            Repr::Timedelta(..) => Kind::Timedelta,
            Repr::Bytes(_) => Kind::Bytes,
            Repr::Str(..) => Kind::Str,
            Repr::Void(_) => Kind::Void,
            Repr::Object => Kind::Object,
            Repr::Subarray(_) => Kind::Subarray,
            Repr::Record(_) => Kind::Record,
        }
    }

    /// The size of one element, in bytes; a code point of a string takes four.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::Dtype;
    ///
    /// assert_eq!("U5".parse::<Dtype>()?.itemsize(), 20);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn itemsize(&self) -> usize {
        match &self.0 {
            Repr::Scalar(scalar, _) => scalar.itemsize(),
            Repr::Datetime(..) | Repr::Timedelta(..) | Repr::Object => 8,
            Repr::Bytes(size) | Repr::Void(size) => *size,
            Repr::Str(chars, _) => 4 * chars,
            Repr::Subarray(sub) if sub.shape.contains(&0) => 0,
            Repr::Subarray(sub) => sub.base.itemsize() * sub.shape.iter().product::<usize>(),
            Repr::Record(record) => record.itemsize,
        }
    }

    /// The alignment that C would give it, in bytes; 1 for packed records, as in NumPy.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::Dtype;
    ///
    /// assert_eq!("c16".parse::<Dtype>()?.alignment(), 8);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn alignment(&self) -> usize {
        match &self.0 {
            Repr::Scalar(scalar, _) => scalar.swapsize(),
            Repr::Datetime(..) | Repr::Timedelta(..) | Repr::Object => 8,
            Repr::Bytes(_) | Repr::Void(_) => 1,
            Repr::Str(..) => 4,
            Repr::Subarray(sub) => sub.base.alignment(),
            Repr::Record(record) if record.aligned => {
                let alignments = record.fields.iter().map(|field| field.dtype.alignment());
                alignments.max().unwrap_or(1)
            }
            Repr::Record(_) => 1,
        }
    }

    /// The byte order; [`ByteOrder::NotApplicable`] for single bytes and for records, whose fields have their own.
    pub fn byte_order(&self) -> ByteOrder {
        match &self.0 {
            Repr::Scalar(_, order) | Repr::Datetime(_, order) | Repr::Timedelta(_, order) | Repr::Str(_, order) => {
                *order
            }
            Repr::Subarray(sub) => sub.base.byte_order(),
            Repr::Bytes(_) | Repr::Void(_) | Repr::Object | Repr::Record(_) => ByteOrder::NotApplicable,
        }
    }

    /// The same dtype with every value in it in that byte order.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::{ByteOrder, Dtype};
    ///
    /// let dtype: Dtype = "[('x', '<f4'), ('n', '|u1')]".parse()?;
    /// assert_eq!(dtype.with_byte_order(ByteOrder::Big).to_string(), "[('x', '>f4'), ('n', '|u1')]");
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    #[must_use]
    pub fn with_byte_order(&self, order: ByteOrder) -> Dtype {
        match &self.0 {
            Repr::Scalar(scalar, _) => Dtype::scalar(*scalar, order),
            Repr::Datetime(unit, _) => Dtype(Repr::Datetime(*unit, order)),
            Repr::Timedelta(unit, _) => Dtype(Repr::Timedelta(*unit, order)),
            Repr::Str(chars, _) => Dtype(Repr::Str(*chars, order)),
            Repr::Bytes(_) | Repr::Void(_) | Repr::Object => self.clone(),
            Repr::Subarray(sub) => Dtype(Repr::Subarray(Arc::new(Subarray {
                base: sub.base.with_byte_order(order),
                shape: sub.shape.clone(),
            }))),
            Repr::Record(record) => Dtype(Repr::Record(Arc::new(Record {
                fields: record
                    .fields
                    .iter()
                    .map(|field| Field {
                        dtype: field.dtype.with_byte_order(order),
                        ..field.clone()
                    })
                    .collect(),
                itemsize: record.itemsize,
                aligned: record.aligned,
            }))),
        }
    }

    /// The same record laid out as C would lay out a struct; other dtypes as they are.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Argument`] if the padding makes it larger than NumPy can describe.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::Dtype;
    ///
    /// let dtype: Dtype = "[('n', '|u1'), ('x', '<f8')]".parse()?;
    /// assert_eq!(dtype.aligned()?.to_string(), "[('n', '|u1'), ('', '|V7'), ('x', '<f8')]");
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn aligned(&self) -> Result<Dtype> {
        match &self.0 {
            Repr::Record(record) => {
                let fields = record
                    .fields
                    .iter()
                    .map(|field| Ok((field.name.clone(), field.title.clone(), field.dtype.aligned()?)))
                    .collect::<Result<Vec<_>>>()?;
                Dtype::lay_out(fields, true)
            }
            Repr::Subarray(sub) => Dtype::subarray(sub.base.aligned()?, sub.shape.clone()),
            _ => Ok(self.clone()),
        }
    }

    /// The fields of a record, in order, without its padding; empty for anything else.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::Dtype;
    ///
    /// let dtype: Dtype = "[('n', '|u1'), ('', '|V7'), ('x', '<f8')]".parse()?;
    /// let places: Vec<_> = dtype.fields().iter().map(|field| (field.name(), field.offset())).collect();
    /// assert_eq!(places, [("n", 0), ("x", 8)]);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn fields(&self) -> &[Field] {
        match &self.0 {
            Repr::Record(record) => &record.fields,
            _ => &[],
        }
    }

    /// The field of that name or title.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::Dtype;
    ///
    /// let dtype: Dtype = "[(('Temperature', 't'), '<f4')]".parse()?;
    /// assert_eq!(dtype.field("t"), dtype.field("Temperature"));
    /// assert!(dtype.field("x").is_none());
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn field(&self, name: &str) -> Option<&Field> {
        let fields = self.fields();
        fields
            .iter()
            .find(|field| field.name == name)
            .or_else(|| fields.iter().find(|field| field.title.as_deref() == Some(name)))
    }

    /// The dtype of a subarray's items; for anything else the dtype itself.
    pub fn base(&self) -> &Dtype {
        match &self.0 {
            Repr::Subarray(sub) => &sub.base,
            _ => self,
        }
    }

    /// The shape of a subarray; empty for anything else.
    pub fn shape(&self) -> &[usize] {
        match &self.0 {
            Repr::Subarray(sub) => &sub.shape,
            _ => &[],
        }
    }

    /// The unit of a datetime or timedelta.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::{Dtype, Unit, UnitBase};
    ///
    /// let dtype: Dtype = "<M8[25s]".parse()?;
    /// assert_eq!(dtype.unit(), Unit::new(UnitBase::Second, 25));
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn unit(&self) -> Option<Unit> {
        match self.0 {
            Repr::Datetime(unit, _) | Repr::Timedelta(unit, _) => Some(unit),
            _ => None,
        }
    }

    /// The scalar that it is, and its order.
    pub(crate) fn as_scalar(&self) -> Option<(Scalar, ByteOrder)> {
        match self.0 {
            Repr::Scalar(scalar, order) => Some((scalar, order)),
            _ => None,
        }
    }

    /// Whether it is, or has in it, an `S0` or `U0`: strings as long as the longest value.
    pub(crate) fn is_flexible(&self) -> bool {
        match &self.0 {
            Repr::Bytes(size) | Repr::Str(size, _) => *size == 0,
            Repr::Subarray(sub) => sub.base.is_flexible(),
            Repr::Record(record) => record.fields.iter().any(|field| field.dtype.is_flexible()),
            _ => false,
        }
    }

    /// Whether it is `O`, or a record or subarray with an `O` in it: its data is a pickle.
    pub fn has_object(&self) -> bool {
        match &self.0 {
            Repr::Object => true,
            Repr::Subarray(sub) => sub.base.has_object(),
            Repr::Record(record) => record.fields.iter().any(|field| field.dtype.has_object()),
            _ => false,
        }
    }

    /// How an error names it: the descr, or its start if it is long, and NumPy's name where that says more.
    pub(crate) fn describe(&self) -> String {
        match &self.0 {
            Repr::Scalar(scalar, _) => format!("`{self}` ({})", scalar.name()),
            _ => {
                let descr = self.to_string();
                match descr.char_indices().nth(200) {
                    Some((end, _)) => format!("`{}..` ({} fields)", &descr[..end], self.fields().len()),
                    None => format!("`{descr}`"),
                }
            }
        }
    }
}

/// A name or title that two of the fields, or one twice, have.
fn repeated_name(fields: &[Field]) -> Option<&str> {
    let names = fields
        .iter()
        .flat_map(|field| [Some(&field.name), field.title.as_ref()]);
    let names = names.flatten().map(String::as_str);
    if fields.len() <= 8 {
        // Comparing all pairs of so few is faster than hashing them.
        let mut all = names.clone().enumerate();
        return all.find_map(|(index, name)| names.clone().take(index).find(|&before| before == name));
    }
    let mut seen = std::collections::HashSet::with_capacity(fields.len());
    let mut names = names;
    names.find(|name| !seen.insert(*name))
}

#[cold]
fn record_too_large() -> Error {
    Error::new(
        ErrorKind::Argument,
        format!("an element of more than {} bytes; NumPy cannot describe it", i32::MAX),
    )
}

impl std::fmt::Debug for Dtype {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "dtype({self})")
    }
}

impl std::fmt::Debug for Field {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Field")
            .field("name", &self.name)
            .field("title", &self.title)
            .field("offset", &self.offset)
            .field("dtype", &self.dtype)
            .finish()
    }
}
