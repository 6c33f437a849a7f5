//! Arrays viewed in place, in a buffer that holds a `.npy` file.

use bytemuck::CheckedBitPattern;
use bytemuck::checked::CheckedCastError;
use ndarray::{ArrayView, ArrayViewMut, Dimension, Order, ShapeBuilder, StrideShape};

use super::Header;
use super::data::check_nbytes;
use super::shape::{dimension, folded};
use crate::dtype::{Dtype, Kind, Scalar};
use crate::element::scalar::{bits_as, bits_as_mut, with_own};
use crate::element::{ViewElement, ViewMutElement};
use crate::error::{Error, ErrorKind, Result};

/// Views an array in a buffer that holds a `.npy` file, such as a memory map.
///
/// # Examples
///
/// ```
/// use ndarray::{ArrayView2, array};
/// use ndarray_io::{ViewNpyExt, WriteNpyExt};
///
/// let mut file = Vec::new();
/// array![[1_u8, 2], [3, 4]].write_npy(&mut file)?;
/// let view = ArrayView2::<u8>::view_npy(&file)?;
/// assert_eq!(view.column(1), array![2, 4]);
/// # Ok::<(), ndarray_io::Error>(())
/// ```
pub trait ViewNpyExt<'a>: Sized {
    /// Views the array without copying it. Bytes after its last one are ignored.
    ///
    /// A struct is taken to lie as `repr(C)` lays out the fields that serde sees. That is held against its size, so a field
    /// that serde skips must not leave room of just as many bytes as padding would.
    ///
    /// # Errors
    ///
    /// As [`ReadNpyExt::read_npy`](crate::ReadNpyExt::read_npy); and [`ErrorKind::Layout`] if the data is misaligned,
    /// in foreign byte order, or of records that Rust lays out otherwise: such data can be read, not viewed.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray::ArrayView1;
    /// use ndarray_io::{ViewNpyExt, WriteNpyExt};
    ///
    /// let mut file = Vec::new();
    /// ndarray::array![1_u8, 2, 3].write_npy(&mut file)?;
    /// let view = ArrayView1::<u8>::view_npy(&file)?;
    /// assert_eq!(view.sum(), 6);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    fn view_npy(buf: &'a [u8]) -> Result<Self>;
}

/// Views an array mutably in a buffer that holds a `.npy` file, such as a memory map.
///
/// # Examples
///
/// ```
/// use ndarray::{ArrayViewMut2, array};
/// use ndarray_io::{ViewMutNpyExt, WriteNpyExt};
///
/// let mut file = Vec::new();
/// array![[1_u8, 2], [3, 4]].write_npy(&mut file)?;
/// ArrayViewMut2::<u8>::view_mut_npy(&mut file)?.fill(0);
/// assert!(file.ends_with(&[0, 0, 0, 0]));
/// # Ok::<(), ndarray_io::Error>(())
/// ```
pub trait ViewMutNpyExt<'a>: Sized {
    /// Views the array without copying it; what is assigned to the view changes the buffer.
    ///
    /// # Errors
    ///
    /// As [`ViewNpyExt::view_npy`].
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray::{Array1, ArrayViewMut1, array};
    /// use ndarray_io::{ReadNpyExt, ViewMutNpyExt, WriteNpyExt};
    ///
    /// let mut file = Vec::new();
    /// array![1_u8, 2, 3].write_npy(&mut file)?;
    /// ArrayViewMut1::<u8>::view_mut_npy(&mut file)?[0] = 7;
    /// assert_eq!(Array1::<u8>::read_npy(&file[..])?, array![7, 2, 3]);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    fn view_mut_npy(buf: &'a mut [u8]) -> Result<Self>;
}

impl<'a, A: ViewElement, D: Dimension> ViewNpyExt<'a> for ArrayView<'a, A, D> {
    fn view_npy(buf: &'a [u8]) -> Result<Self> {
        let mut data = buf;
        let header = Header::read(&mut data)?;
        view_data(&header, data)
    }
}

impl<'a, A: ViewMutElement, D: Dimension> ViewMutNpyExt<'a> for ArrayViewMut<'a, A, D> {
    fn view_mut_npy(buf: &'a mut [u8]) -> Result<Self> {
        let mut data = &buf[..];
        let header = Header::read(&mut data)?;
        let start = buf.len() - data.len();
        view_data_mut(&header, &mut buf[start..])
    }
}

/// The array that `data` starts with, as the header describes it.
pub(crate) fn view_data<'a, A: ViewElement, D: Dimension>(
    header: &Header,
    data: &'a [u8],
) -> Result<ArrayView<'a, A, D>> {
    let place = Place::<D>::find::<A>(header, data.len())?;
    let elements = elements(&data[..place.nbytes])?;
    ArrayView::from_shape(place.shape, elements).map_err(no_such_shape)
}

/// The array that `data` starts with, as the header describes it.
pub(crate) fn view_data_mut<'a, A: ViewMutElement, D: Dimension>(
    header: &Header,
    data: &'a mut [u8],
) -> Result<ArrayViewMut<'a, A, D>> {
    let place = Place::<D>::find::<A>(header, data.len())?;
    let elements = elements_mut(&mut data[..place.nbytes])?;
    ArrayViewMut::from_shape(place.shape, elements).map_err(no_such_shape)
}

/// How much of the data is the array's, and in what shape it lies there.
struct Place<D> {
    nbytes: usize,
    shape: StrideShape<D>,
}

impl<D: Dimension> Place<D> {
    fn find<A: ViewElement>(header: &Header, available: usize) -> Result<Self> {
        let folded = folded::<A>(header, D::NDIM);
        let header = folded.as_ref().unwrap_or(header);
        let dim = dimension::<D>(&header.shape)?;
        check_layout::<A>(&header.dtype)?;
        let nbytes = check_nbytes(header, available as u64)?;
        Ok(Place {
            nbytes,
            shape: dim.set_f(header.order == Order::ColumnMajor).into(),
        })
    }
}

/// The bytes as elements, if they are aligned and valid.
fn elements<A: ViewElement>(data: &[u8]) -> Result<&[A]> {
    // Most scalars need no look at each: without optimisation that would take seconds for a large map.
    let elements = with_own!(A, T => {
        let bits = bytemuck::try_cast_slice::<u8, <T as CheckedBitPattern>::Bits>(data);
        bits_as::<T, A>(bits.map_err(|error| misplaced::<A>(error.into()))?)
    }, else => None);
    if let Some(elements) = elements {
        return Ok(elements);
    }
    bytemuck::checked::try_cast_slice(data).map_err(misplaced::<A>)
}

/// The bytes as elements, if they are aligned and valid.
fn elements_mut<A: ViewMutElement>(data: &mut [u8]) -> Result<&mut [A]> {
    match Scalar::of::<A>() {
        Some(scalar) if scalar != Scalar::Bool => {
            let elements = with_own!(A, T => {
                let bits = bytemuck::try_cast_slice_mut::<u8, <T as CheckedBitPattern>::Bits>(data);
                bits_as_mut::<T, A>(bits.map_err(|error| misplaced::<A>(error.into()))?)
            }, else => None);
            elements.ok_or_else(|| Error::new(ErrorKind::Element, "no scalar of Rust's")) // never: it is one
        }
        _ => bytemuck::checked::try_cast_slice_mut(data).map_err(misplaced::<A>),
    }
}

#[cold]
fn misplaced<A>(error: CheckedCastError) -> Error {
    match error {
        CheckedCastError::InvalidBitPattern => Error::new(
            ErrorKind::Value,
            format!(
                "data has bytes that are no valid `{}` (a bool other than 0x00 and 0x01?); a DynArray takes them as they are",
                std::any::type_name::<A>()
            ),
        ),
        CheckedCastError::PodCastError(error) => Error::new(
            ErrorKind::Layout,
            format!(
                "data is not aligned to the {} bytes of `{}` ({error}); read it instead of viewing it",
                align_of::<A>(),
                std::any::type_name::<A>()
            ),
        ),
    }
}

fn no_such_shape(error: ndarray::ShapeError) -> Error {
    Error::new(ErrorKind::Shape, format!("no array can have this shape: {error}"))
}

/// Whether elements of that dtype lie in a file as `A` lies in memory.
fn check_layout<A: ViewElement>(file: &Dtype) -> Result<()> {
    if let Some(scalar) = Scalar::of::<A>() {
        let own = Dtype::native(scalar);
        return match file.as_scalar() {
            Some((kind, order)) if kind == scalar && order.is_native() => Ok(()),
            Some((kind, _)) if kind == scalar => Err(Error::new(
                ErrorKind::Layout,
                format!(
                    "data is {}, in foreign byte order; read it instead of viewing it",
                    file.describe()
                ),
            )),
            _ => Err(Error::new(
                ErrorKind::Dtype,
                format!(
                    "file has {}, but a view of {} was asked for",
                    file.describe(),
                    own.describe()
                ),
            )),
        };
    }
    let own = dtype_in_memory::<A>()?;
    match first_difference(&own, file) {
        None => Ok(()),
        Some(error) => Err(error),
    }
}

/// The dtype of `A` as it lies in memory.
pub(crate) fn dtype_in_memory<A: ViewElement>() -> Result<Dtype> {
    let mut own = Dtype::of::<A>()?;
    if own.itemsize() != size_of::<A>() {
        own = own.aligned()?; // as `repr(C)` lays it out
    }
    if own.itemsize() != size_of::<A>() {
        return Err(Error::new(
            ErrorKind::Layout,
            format!(
                "`{}` takes {} bytes in memory and its fields {} in C's layout: has it fields that serde skips, or no \
                 `repr(C)`? read it instead of viewing it",
                std::any::type_name::<A>(),
                size_of::<A>(),
                own.itemsize()
            ),
        ));
    }
    Ok(own)
}

/// The first field that lies otherwise in the file than in memory.
fn first_difference(own: &Dtype, file: &Dtype) -> Option<Error> {
    let differ = |message: String| {
        Some(Error::new(
            ErrorKind::Layout,
            message + "; read it instead of viewing it",
        ))
    };
    if own.kind() == Kind::Subarray && own.shape() == file.shape() {
        return first_difference(own.base(), file.base());
    }
    if own.kind() != Kind::Record || file.kind() != Kind::Record {
        return match own == file {
            true => None,
            false => differ(format!("file has {}, memory {}", file.describe(), own.describe())),
        };
    }
    for field in own.fields() {
        let name = field.name();
        let Some(other) = file.field(name) else {
            return differ(format!("file has no field {name:?}"));
        };
        if other.offset() != field.offset() {
            return differ(format!(
                "field {name:?} is at byte {} in the file, {} in memory",
                other.offset(),
                field.offset()
            ));
        }
        if let Some(error) = first_difference(field.dtype(), other.dtype()) {
            return Some(error.in_field(name));
        }
    }
    match own.itemsize() == file.itemsize() {
        true => None,
        false => differ(format!(
            "records take {} bytes in the file, {} in memory",
            file.itemsize(),
            own.itemsize()
        )),
    }
}
