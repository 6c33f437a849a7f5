//! Elements as a file holds them.

use std::fmt;
use std::io::Write;
use std::ops::Range;

use ndarray::{Array, Dimension, Order};
use serde::de::DeserializeOwned;

use super::Header;
use super::part::check_range;
use super::shape::{array_from_values, dimension, folded};
use crate::dtype::{Casting, Dtype};
use crate::element::Decoder;
use crate::error::{Error, ErrorKind, Result};
use crate::storage::memory;

/// An array of elements as a file holds them: in their own byte order, with their padding.
///
/// # Examples
///
/// ```
/// use ndarray::{Ix1, Order, array};
/// use ndarray_io::{Casting, RawArray};
///
/// let raw = RawArray::new(">u2".parse()?, vec![2], Order::RowMajor, vec![0, 1, 1, 0])?;
/// assert_eq!(raw.into_array::<u16, Ix1>(Casting::Equiv)?, array![1, 256]);
/// # Ok::<(), ndarray_io::Error>(())
/// ```
#[derive(Clone, PartialEq)]
pub struct RawArray {
    dtype: Dtype,
    shape: Vec<usize>,
    order: Order,
    bytes: Vec<u8>,
}

impl RawArray {
    /// The elements of that dtype that `bytes` are, in `order`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Argument`] if there are more or fewer bytes than the shape asks for; [`ErrorKind::Shape`] if no
    /// array can have that shape.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray::Order;
    /// use ndarray_io::RawArray;
    ///
    /// let rgb = RawArray::new("|V3".parse()?, vec![2], Order::RowMajor, vec![255, 0, 0, 0, 0, 255])?;
    /// assert_eq!(rgb.len(), 2);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn new(dtype: Dtype, shape: Vec<usize>, order: Order, bytes: Vec<u8>) -> Result<RawArray> {
        let header = Header::new(dtype, order, shape);
        let expected = header.nbytes()?;
        if bytes.len() != expected {
            return Err(Error::new(
                ErrorKind::Argument,
                format!("{} bytes for an array that takes {expected}", bytes.len()),
            ));
        }
        let Header {
            dtype, order, shape, ..
        } = header;
        Ok(RawArray {
            dtype,
            shape,
            order,
            bytes,
        })
    }

    /// The dtype of the elements.
    ///
    /// # Examples
    ///
    /// ```
    /// # use ndarray::Order;
    /// # use ndarray_io::RawArray;
    /// let raw = RawArray::new("|V3".parse()?, vec![2], Order::RowMajor, vec![0; 6])?;
    /// assert_eq!(raw.dtype().itemsize(), 3);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn dtype(&self) -> &Dtype {
        &self.dtype
    }

    /// The shape.
    ///
    /// # Examples
    ///
    /// ```
    /// # use ndarray::Order;
    /// # use ndarray_io::RawArray;
    /// let raw = RawArray::new("|V3".parse()?, vec![1, 2], Order::RowMajor, vec![0; 6])?;
    /// assert_eq!(raw.shape(), [1, 2]);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// The order of the elements.
    ///
    /// # Examples
    ///
    /// ```
    /// # use ndarray::Order;
    /// # use ndarray_io::RawArray;
    /// let raw = RawArray::new("|V3".parse()?, vec![1, 2], Order::ColumnMajor, vec![0; 6])?;
    /// assert_eq!(raw.order(), Order::ColumnMajor);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn order(&self) -> Order {
        self.order
    }

    /// Fortran's order for an array that is contiguous in that order only, else C's, as arrays of numbers have it.
    pub(super) fn order_alone(&self) -> Order {
        let long = self.shape.iter().filter(|&&len| len > 1).count();
        match long < 2 || self.shape.contains(&0) {
            true => Order::RowMajor,
            false => self.order,
        }
    }

    /// The bytes of all elements, in their order.
    ///
    /// # Examples
    ///
    /// ```
    /// # use ndarray::Order;
    /// # use ndarray_io::RawArray;
    /// let raw = RawArray::new("|V3".parse()?, vec![1], Order::RowMajor, vec![1, 2, 3])?;
    /// assert_eq!(raw.bytes(), [1, 2, 3]);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The number of elements.
    ///
    /// # Examples
    ///
    /// ```
    /// # use ndarray::Order;
    /// # use ndarray_io::RawArray;
    /// let raw = RawArray::new("|V3".parse()?, vec![1, 2], Order::RowMajor, vec![0; 6])?;
    /// assert_eq!(raw.len(), 2);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn len(&self) -> usize {
        self.shape.iter().product()
    }

    /// Whether there are no elements.
    ///
    /// # Examples
    ///
    /// ```
    /// # use ndarray::Order;
    /// # use ndarray_io::RawArray;
    /// assert!(RawArray::new("|V3".parse()?, vec![0, 2], Order::RowMajor, vec![])?.is_empty());
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The elements as an array of `A`, converted as far as `casting` allows.
    ///
    /// # Errors
    ///
    /// As [`DynArray::into_array`](crate::DynArray::into_array).
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray::{Ix1, Order, array};
    /// use ndarray_io::{Casting, RawArray};
    ///
    /// let raw = RawArray::new(">u2".parse()?, vec![2], Order::RowMajor, vec![0, 1, 0, 2])?;
    /// assert_eq!(raw.into_array::<u16, Ix1>(Casting::Equiv)?, array![1, 2]);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn into_array<A: DeserializeOwned, D: Dimension>(self, casting: Casting) -> Result<Array<A, D>> {
        let RawArray {
            dtype,
            shape,
            order,
            bytes,
        } = self;
        let header = Header::new(dtype, order, shape);
        let header = folded::<A>(&header, D::NDIM).unwrap_or(header);
        let dim = dimension(&header.shape)?;
        let raw = RawArray::new(header.dtype, header.shape, order, bytes)?;
        array_from_values(dim, order, raw.decode(casting)?)
    }

    /// The axes of a subarray behind the array's own. They are in C order, so the whole is.
    pub(super) fn expanded(self) -> Result<RawArray> {
        let order = Order::RowMajor;
        let mut bytes = Vec::with_capacity(self.bytes.len());
        self.write_elements(&self.dtype, order, 0..self.len(), &mut bytes)?;
        let shape = [&self.shape, self.dtype.shape()].concat();
        RawArray::new(self.dtype.base().clone(), shape, order, bytes)
    }

    /// The elements as values, in their order.
    pub(super) fn decode<A: DeserializeOwned>(&self, casting: Casting) -> Result<Vec<A>> {
        let mut values = memory::with_room(self.len())?;
        let mut decoder = Decoder::<A>::new(&self.dtype, casting)?;
        match self.dtype.itemsize() {
            0 => (0..self.len()).try_for_each(|_| decoder.decode(&[]).map(|value| values.push(value)))?,
            _ => decoder.extend(&self.bytes, &mut values)?,
        }
        Ok(values)
    }

    /// Writes the elements `range` as `dtype`, in `order`.
    pub(crate) fn write_elements(
        &self,
        dtype: &Dtype,
        order: Order,
        range: Range<usize>,
        writer: &mut dyn Write,
    ) -> Result<()> {
        if *dtype != self.dtype {
            return Err(cannot_write(&self.dtype, dtype));
        }
        check_range(dtype, &range, self.len())?;
        if order == self.order || self.shape.len() < 2 {
            let size = dtype.itemsize();
            return Ok(writer.write_all(&self.bytes[range.start * size..range.end * size])?);
        }
        for &index in &self.reordered(order)?[range] {
            writer.write_all(self.item(index))?;
        }
        Ok(())
    }

    /// The indices into the elements that bring them into `order`.
    fn reordered(&self, order: Order) -> Result<Vec<usize>> {
        let own = array_from_values(dimension(&self.shape)?, self.order, (0..self.len()).collect())?;
        let own: ndarray::ArrayD<usize> = match order {
            Order::ColumnMajor => own.reversed_axes(),
            _ => own,
        };
        Ok(own.iter().copied().collect())
    }

    /// The bytes of one element.
    pub(super) fn item(&self, index: usize) -> &[u8] {
        let size = self.dtype.itemsize();
        &self.bytes[index * size..(index + 1) * size]
    }
}

impl fmt::Debug for RawArray {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RawArray of shape {:?}, dtype={}", self.shape, self.dtype)
    }
}

#[cold]
pub(super) fn cannot_write(own: &Dtype, asked: &Dtype) -> Error {
    Error::new(
        ErrorKind::Dtype,
        format!(
            "array of {} cannot be written as {}; convert it first with `into_array`",
            own.describe(),
            asked.describe()
        ),
    )
}

/// An array of records, as a file holds them.
///
/// # Examples
///
/// ```
/// use ndarray::{Array1, array};
/// use ndarray_io::{DynArray, ReadNpyExt, WriteNpyExt};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Serialize, Deserialize, PartialEq, Debug)]
/// struct Body {
///     name: String,
///     mass: f64,
/// }
/// let bodies: Array1<Body> = array![Body { name: "Io".into(), mass: 8.93e22 }];
/// let mut file = Vec::new();
/// bodies.write_npy(&mut file)?;
///
/// let DynArray::Record(records) = DynArray::read_npy(&file[..])? else { panic!("no records") };
/// assert_eq!(records.field("mass")?, array![8.93e22].into());
/// assert_eq!(records.into_records::<Body>()?, bodies.into_dyn());
/// # Ok::<(), ndarray_io::Error>(())
/// ```
#[derive(Clone, PartialEq)]
pub struct RecordArray(RawArray);

impl RecordArray {
    /// `raw` is known to be of a record dtype.
    pub(super) fn new(raw: RawArray) -> Self {
        RecordArray(raw)
    }

    /// The dtype of the records.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray::array;
    /// use ndarray_io::DynArray;
    ///
    /// let a = DynArray::from_array(&array![(1_u8, 0.5), (2, 1.5)])?;
    /// let DynArray::Record(records) = a else { panic!("no records") };
    /// assert_eq!(records.dtype().descr(), "[('f0', '|u1'), ('f1', '<f8')]");
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn dtype(&self) -> &Dtype {
        self.0.dtype()
    }

    /// The shape.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray::array;
    /// use ndarray_io::DynArray;
    ///
    /// let a = DynArray::from_array(&array![(1_u8, 0.5), (2, 1.5)])?;
    /// let DynArray::Record(records) = a else { panic!("no records") };
    /// assert_eq!(records.shape(), [2]);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn shape(&self) -> &[usize] {
        self.0.shape()
    }

    /// The order of the records.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray::array;
    /// use ndarray_io::DynArray;
    ///
    /// let a = DynArray::from_array(&array![(1_u8, 0.5), (2, 1.5)])?;
    /// let DynArray::Record(records) = a else { panic!("no records") };
    /// assert_eq!(records.order(), ndarray::Order::RowMajor);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn order(&self) -> Order {
        self.0.order()
    }

    /// The number of records.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray::array;
    /// use ndarray_io::DynArray;
    ///
    /// let a = DynArray::from_array(&array![(1_u8, 0.5), (2, 1.5)])?;
    /// let DynArray::Record(records) = a else { panic!("no records") };
    /// assert_eq!(records.len(), 2);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are no records.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray::array;
    /// use ndarray_io::DynArray;
    ///
    /// let a = DynArray::from_array(&array![(1_u8, 0.5), (2, 1.5)])?;
    /// let DynArray::Record(records) = a else { panic!("no records") };
    /// assert!(!records.is_empty());
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The names of the fields, in order.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray::array;
    /// use ndarray_io::DynArray;
    ///
    /// let a = DynArray::from_array(&array![(1_u8, 0.5), (2, 1.5)])?;
    /// let DynArray::Record(records) = a else { panic!("no records") };
    /// assert_eq!(records.names().collect::<Vec<_>>(), ["f0", "f1"]);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.dtype().fields().iter().map(|field| field.name())
    }

    /// The records as raw bytes.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray::array;
    /// use ndarray_io::DynArray;
    ///
    /// let a = DynArray::from_array(&array![(1_u8, 0.5), (2, 1.5)])?;
    /// let DynArray::Record(records) = a else { panic!("no records") };
    /// assert_eq!(records.raw().bytes().len(), 18);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn raw(&self) -> &RawArray {
        &self.0
    }

    /// The records as raw bytes.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray::array;
    /// use ndarray_io::DynArray;
    ///
    /// let a = DynArray::from_array(&array![(1_u8, 0.5), (2, 1.5)])?;
    /// let DynArray::Record(records) = a else { panic!("no records") };
    /// assert_eq!(records.into_raw().bytes()[0], 1);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn into_raw(self) -> RawArray {
        self.0
    }
}
