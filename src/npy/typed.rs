//! An array of one Rust type.

use std::fmt;
use std::ops::{Deref, DerefMut};

use ndarray::ArrayD;

use crate::dtype::Dtype;

/// An array of one Rust type, and the dtype that the file gave it.
///
/// It is an [`ArrayD`] to read and write; the dtype (`>f8`, `<U10`) is kept so that writing it again gives the same
/// bytes.
///
/// # Examples
///
/// ```
/// use ndarray::array;
/// use ndarray_io::{DynArray, TypedArray};
///
/// let mut a = TypedArray::from(array![1.0, 2.0]);
/// a[0] = 5.0;
/// assert_eq!(a.sum(), 7.0);
/// assert_eq!(a.into_inner(), array![5.0, 2.0].into_dyn());
/// ```
#[derive(Clone, PartialEq)]
pub struct TypedArray<A> {
    pub(super) array: ArrayD<A>,
    pub(super) dtype: Dtype,
}

impl<A> TypedArray<A> {
    pub(crate) fn new(array: ArrayD<A>, dtype: Dtype) -> Self {
        TypedArray { array, dtype }
    }

    /// The dtype that it is written with; a string longer than it is an error then.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray::array;
    /// use ndarray_io::{DynArray, ReadNpyExt, WriteNpyExt, WriteOptions};
    ///
    /// let mut file = Vec::new();
    /// array![1.5].write_npy_with(&mut file, &WriteOptions::new().dtype(">f8".parse()?))?;
    /// let DynArray::Float64(a) = DynArray::read_npy(&file[..])? else { panic!("no f64") };
    /// assert_eq!(a.dtype().to_string(), ">f8");
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn dtype(&self) -> &Dtype {
        &self.dtype
    }

    /// The array alone.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray::{ArrayD, array};
    /// use ndarray_io::TypedArray;
    ///
    /// let a: ArrayD<f64> = TypedArray::from(array![1.0, 2.0]).into_inner();
    /// assert_eq!(a.sum(), 3.0);
    /// ```
    pub fn into_inner(self) -> ArrayD<A> {
        self.array
    }
}

impl<A> Deref for TypedArray<A> {
    type Target = ArrayD<A>;

    fn deref(&self) -> &ArrayD<A> {
        &self.array
    }
}

impl<A> DerefMut for TypedArray<A> {
    fn deref_mut(&mut self) -> &mut ArrayD<A> {
        &mut self.array
    }
}

impl<A> From<TypedArray<A>> for ArrayD<A> {
    fn from(typed: TypedArray<A>) -> Self {
        typed.array
    }
}

impl<A: PartialEq> PartialEq<ArrayD<A>> for TypedArray<A> {
    fn eq(&self, other: &ArrayD<A>) -> bool {
        self.array == *other
    }
}

impl<A: fmt::Debug> fmt::Debug for TypedArray<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}, dtype={}", self.array, self.dtype)
    }
}
