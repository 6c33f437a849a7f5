//! What an element is: its kind, size, byte order and fields. No I/O, no values.

mod cast;
mod descr;
mod display;
mod layout;
pub(crate) mod literal;
mod scalar;
mod subarray;
mod typestr;
mod unit;

use std::hash::{Hash, Hasher};
use std::sync::Arc;

pub use cast::Casting;
#[cfg_attr(not(feature = "text"), allow(unused_imports))]
pub(crate) use display::{PyStr, PyTuple};
pub(crate) use scalar::Scalar;
pub use scalar::{ByteOrder, Kind};
pub(crate) use unit::with_units;
pub use unit::{Unit, UnitBase};

/// NumPy's own limit for an array's dimensions, and for a subarray's.
pub(crate) const MAX_DIMS: usize = 64;

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

pub(crate) struct Record {
    /// In the order of the descr, which is the order of the offsets.
    pub(crate) fields: Vec<Field>,
    pub(crate) itemsize: usize,
    /// Laid out as C does; it changes [`Dtype::alignment`] only, and no file says it: to NumPy, too, it makes no other dtype.
    pub(crate) aligned: bool,
}

impl Record {
    fn layout(&self) -> (&[Field], usize) {
        (&self.fields, self.itemsize)
    }
}

impl PartialEq for Record {
    fn eq(&self, other: &Self) -> bool {
        self.layout() == other.layout()
    }
}

impl Eq for Record {}

impl Hash for Record {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.layout().hash(state);
    }
}

/// A field of a record [`Dtype`].
///
/// # Examples
///
/// ```
/// use ndarray_io::{Dtype, Field};
///
/// let dtype: Dtype = "[('x', '<f4'), ('y', '|u1')]".parse()?;
/// let fields: Vec<&str> = dtype.fields().iter().map(Field::name).collect();
/// assert_eq!(fields, ["x", "y"]);
/// # Ok::<(), ndarray_io::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Field {
    pub(crate) name: String,
    pub(crate) title: Option<String>,
    pub(crate) offset: usize,
    pub(crate) dtype: Dtype,
}

impl Field {
    /// The field's name.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::Dtype;
    ///
    /// let dtype: Dtype = "[('x', '<f4')]".parse()?;
    /// assert_eq!(dtype.fields()[0].name(), "x");
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The field's title, a second name that NumPy allows.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::Dtype;
    ///
    /// let dtype: Dtype = "[(('position', 'x'), '<f4'), ('y', '<f4')]".parse()?;
    /// assert_eq!(dtype.fields()[0].title(), Some("position"));
    /// assert_eq!(dtype.fields()[1].title(), None);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn title(&self) -> Option<&str> {
        self.title.as_deref()
    }

    /// Where the field starts, in bytes from the start of the record.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::Dtype;
    ///
    /// let dtype: Dtype = "[('x', '|u1'), ('', '|V3'), ('y', '<f4')]".parse()?;
    /// assert_eq!(dtype.fields()[1].offset(), 4); // after three bytes of padding
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn offset(&self) -> usize {
        self.offset
    }

    /// The field's dtype.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::Dtype;
    ///
    /// let dtype: Dtype = "[('x', '<f4')]".parse()?;
    /// assert_eq!(dtype.fields()[0].dtype(), &"<f4".parse()?);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn dtype(&self) -> &Dtype {
        &self.dtype
    }
}

impl Dtype {
    /// A Rust scalar's, in this machine's order.
    pub(crate) fn native(scalar: Scalar) -> Dtype {
        Dtype::scalar(scalar, ByteOrder::NATIVE)
    }

    /// A number, in that byte order where it has more than one byte.
    pub(crate) fn scalar(scalar: Scalar, order: ByteOrder) -> Dtype {
        let order = match scalar.itemsize() {
            1 => ByteOrder::NotApplicable,
            _ => order,
        };
        Dtype(Repr::Scalar(scalar, order))
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
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::{ByteOrder, Dtype};
    ///
    /// assert_eq!("<i4".parse::<Dtype>()?.byte_order(), ByteOrder::Little);
    /// assert_eq!("[('x', '>f4')]".parse::<Dtype>()?.byte_order(), ByteOrder::NotApplicable);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
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
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::Dtype;
    ///
    /// let dtype = Dtype::subarray("<f4".parse()?, [2, 3])?;
    /// assert_eq!(dtype.base(), &"<f4".parse()?);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn base(&self) -> &Dtype {
        match &self.0 {
            Repr::Subarray(sub) => &sub.base,
            _ => self,
        }
    }

    /// The items of a subarray of subarrays, and its whole shape.
    pub(crate) fn flattened(&self) -> (&Dtype, Vec<usize>) {
        let (mut base, mut shape) = (self, Vec::new());
        while let Repr::Subarray(sub) = &base.0 {
            shape.extend_from_slice(&sub.shape);
            base = &sub.base;
        }
        (base, shape)
    }

    /// The shape of a subarray; empty for anything else.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::Dtype;
    ///
    /// let dtype: Dtype = "[('matrix', '<f4', (2, 3))]".parse()?;
    /// assert_eq!(dtype.fields()[0].dtype().shape(), [2, 3]);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
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
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::Dtype;
    ///
    /// assert!("[('x', '<f4'), ('more', '|O')]".parse::<Dtype>()?.has_object());
    /// assert!(!"<f4".parse::<Dtype>()?.has_object());
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
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
