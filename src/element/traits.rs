//! Names for bounds on elements.

use serde::Serialize;
use serde::de::DeserializeOwned;

/// What can be written as an element: any `A: Serialize`. There is nothing to implement; it is a name for bounds.
///
/// # Examples
///
/// ```
/// use ndarray::ArrayRef1;
/// use ndarray_io::{WritableElement, WriteNpyExt};
///
/// /// Any array of one dimension, as the bytes of a `.npy` file.
/// fn encode<A: WritableElement>(array: &ArrayRef1<A>) -> ndarray_io::Result<Vec<u8>> {
///     let mut file = Vec::new();
///     array.write_npy(&mut file)?;
///     Ok(file)
/// }
/// assert_eq!(encode(&ndarray::array![1_u8, 2])?.len(), 130);
/// # Ok::<(), ndarray_io::Error>(())
/// ```
pub trait WritableElement: Serialize {}
impl<A: Serialize> WritableElement for A {}

/// What can be read as an element: any `A: DeserializeOwned`. There is nothing to implement; it is a name for bounds.
///
/// # Examples
///
/// ```
/// use ndarray::Array1;
/// use ndarray_io::{ReadNpyExt, ReadableElement, WriteNpyExt};
///
/// fn first<A: ReadableElement>(file: &[u8]) -> ndarray_io::Result<Option<A>> {
///     Ok(Array1::<A>::read_npy(file)?.into_iter().next())
/// }
/// let mut file = Vec::new();
/// ndarray::array![1.5, 2.5].write_npy(&mut file)?;
/// assert_eq!(first::<f64>(&file)?, Some(1.5));
/// # Ok::<(), ndarray_io::Error>(())
/// ```
pub trait ReadableElement: DeserializeOwned {}
impl<A: DeserializeOwned> ReadableElement for A {}

/// What can be viewed in place: elements whose layout `bytemuck` knows and whose bits it can check.
///
/// # Examples
///
/// ```
/// use ndarray::ArrayView1;
/// use ndarray_io::{ViewElement, ViewNpyExt, WriteNpyExt};
///
/// fn len<A: ViewElement>(file: &[u8]) -> ndarray_io::Result<usize> {
///     Ok(ArrayView1::<A>::view_npy(file)?.len())
/// }
/// let mut file = Vec::new();
/// ndarray::array![1_u8, 2].write_npy(&mut file)?;
/// assert_eq!(len::<u8>(&file)?, 2);
/// # Ok::<(), ndarray_io::Error>(())
/// ```
pub trait ViewElement: ReadableElement + bytemuck::CheckedBitPattern {}
impl<A: ReadableElement + bytemuck::CheckedBitPattern> ViewElement for A {}

/// What can be viewed in place and changed there: elements without padding.
///
/// # Examples
///
/// ```
/// use ndarray::{ArrayViewMut1, array};
/// use ndarray_io::{ViewMutElement, ViewMutNpyExt, WriteNpyExt};
///
/// fn fill<A: ViewMutElement + Clone>(file: &mut [u8], value: A) -> ndarray_io::Result<()> {
///     ArrayViewMut1::<A>::view_mut_npy(file)?.fill(value);
///     Ok(())
/// }
/// let mut file = Vec::new();
/// array![1_u8, 2].write_npy(&mut file)?;
/// fill(&mut file, 7_u8)?;
/// assert!(file.ends_with(&[7, 7]));
/// # Ok::<(), ndarray_io::Error>(())
/// ```
pub trait ViewMutElement: ViewElement + bytemuck::NoUninit {}
impl<A: ViewElement + bytemuck::NoUninit> ViewMutElement for A {}
