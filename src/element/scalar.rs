//! The closed list of scalars that Rust has: recognised inside generic code, copied and swapped in bulk.
//!
//! `A: Serialize` says nothing about what `A` is. Here its type is compared with each scalar's; the comparison is
//! known at compile time, so a generic function has the bulk path of `f64` and only that one left in it.
#![allow(unsafe_code)]

use std::any::TypeId;
#[cfg(feature = "npz")]
use std::marker::PhantomData;
use std::mem::ManuallyDrop;

use bytemuck::{CheckedBitPattern, NoUninit, Pod, Zeroable};
use ndarray::{Array, ArrayView, Dimension};

use crate::dtype::Scalar;
use crate::error::{Error, ErrorKind, Result};

/// A scalar that Rust and NumPy share.
pub(crate) trait Native:
    CheckedBitPattern<Bits: Pod + Send>
    + serde::Serialize
    + NoUninit
    + Zeroable
    + PartialEq
    + std::fmt::Debug
    + Send
    + Sync
    + 'static
{
    const SCALAR: Scalar;

    /// An unsigned integer of the same size and alignment, or a pair of them: all that a copy needs to know.
    type Word: Pod + Send + Sync;
}

// `with_native!` is written by `natives!`, so the names of its own variables must pass through unread.
macro_rules! define {
    ($d:tt $($T:ty => $scalar:ident in $word:ty),* $(,)?) => {
        $(impl Native for $T {
            const SCALAR: Scalar = Scalar::$scalar;
            type Word = $word;
        })*

        impl Scalar {
            /// The scalar that `A` is, if it is one.
            #[inline]
            pub(crate) fn of<A: ?Sized>() -> Option<Scalar> {
                let id = typeid::of::<A>();
                $(if id == TypeId::of::<$T>() {
                    return Some(Scalar::$scalar);
                })*
                None
            }

            /// The scalar of whose vectors `S` is serde's own seed: what deserializes a field of that type.
            #[cfg(feature = "npz")]
            pub(crate) fn of_seed<S: ?Sized>() -> Option<Scalar> {
                let id = typeid::of::<S>();
                $(if id == TypeId::of::<PhantomData<Vec<$T>>>() {
                    return Some(Scalar::$scalar);
                })*
                None
            }
        }

        /// `with_native!(scalar, T => expression, else => expression)`: the expression with `T` as the Rust type of
        /// `scalar`; the other one for long doubles, which Rust has not.
        macro_rules! with_native {
            ($d value:expr, $d N:ident => $d body:expr, else => $d other:expr) => {
                match $d value {
                    $($crate::dtype::Scalar::$scalar => {
                        #[allow(dead_code)]
                        type $d N = $T;
                        $d body
                    })*
                    $crate::dtype::Scalar::LongDouble | $crate::dtype::Scalar::ComplexLongDouble => $d other,
                }
            };
        }
        pub(crate) use with_native;

        /// `with_own!(A, T => expression, else => expression)`: the expression with `T` as the scalar that `A` is; the
        /// other one if it is none.
        ///
        /// Scalars of another size are left out before anything is made of them: the one that `A` is comes to light only
        /// when the others have been compiled.
        macro_rules! with_own {
            ($d A:ty, $d N:ident => $d body:expr, else => $d other:expr) => {
                match $crate::dtype::Scalar::of::<$d A>() {
                    $(Some($crate::dtype::Scalar::$scalar) if const { size_of::<$d A>() == size_of::<$T>() } => {
                        #[allow(dead_code)]
                        type $d N = $T;
                        $d body
                    })*
                    _ => $d other,
                }
            };
        }
        pub(crate) use with_own;
    };
}

define! { $
    bool => Bool in u8,
    i8 => Int8 in u8,
    i16 => Int16 in u16,
    i32 => Int32 in u32,
    i64 => Int64 in u64,
    u8 => Uint8 in u8,
    u16 => Uint16 in u16,
    u32 => Uint32 in u32,
    u64 => Uint64 in u64,
    half::f16 => Float16 in u16,
    f32 => Float32 in u32,
    f64 => Float64 in u64,
    num_complex::Complex<f32> => Complex64 in [u32; 2],
    num_complex::Complex<f64> => Complex128 in [u64; 2],
}

/// A type without lifetimes, so that a type of the same id is the same type.
pub(crate) trait Whole: 'static {}
impl<T: Native> Whole for T {}
impl Whole for String {}
impl<T: Whole> Whole for Vec<T> {}

#[inline]
fn same<A, B: Whole>() -> bool {
    typeid::of::<A>() == typeid::of::<B>()
}

/// The vector as one of `A`s, if `A` is `T`; else the vector back.
#[cfg(any(feature = "text", feature = "object", feature = "object_store", test))]
pub(crate) fn vec_into<T: Whole, A>(items: Vec<T>) -> Result<Vec<A>, Vec<T>> {
    let mut own = Vec::new();
    match value_as_mut::<Vec<A>, Vec<T>>(&mut own) {
        Ok(own) => *own = items,
        Err(_) => return Err(items),
    }
    Ok(own)
}

/// The vector as a `V`, if that is a vector of `T`s; else the vector back.
#[cfg(feature = "npz")]
pub(crate) fn vec_as_value<T: Whole, V>(items: Vec<T>) -> Result<V, Vec<T>> {
    if typeid::of::<V>() != TypeId::of::<Vec<T>>() {
        return Err(items);
    }
    let items = ManuallyDrop::new(items);
    // SAFETY: V is a vector of T, as just compared; the original is never dropped.
    Ok(unsafe { std::mem::transmute_copy::<Vec<T>, V>(&items) })
}

/// The value as a `T`, if `A` is `T`.
#[inline]
pub(crate) fn value_as<A, T: Whole>(value: &A) -> Option<&T> {
    // SAFETY: A is T, as compared; the value is borrowed as long as the result.
    same::<A, T>().then(|| unsafe { &*std::ptr::from_ref(value).cast::<T>() })
}

/// The value as a `T` to be changed, if `A` is `T`; else the value back.
#[inline]
pub(crate) fn value_as_mut<A, T: Whole>(value: &mut A) -> Result<&mut T, &mut A> {
    if !same::<A, T>() {
        return Err(value);
    }
    // SAFETY: A is T, as compared; the value is borrowed as long as the result, and by nobody else.
    Ok(unsafe { &mut *std::ptr::from_mut(value).cast::<T>() })
}

/// What a reference refers to, if `A` is a `&mut T`; else the reference back.
#[inline]
pub(crate) fn referent_as_mut<A, T: Whole>(reference: &mut A) -> Result<&mut T, &mut A> {
    if typeid::of::<A>() != TypeId::of::<&'static mut T>() {
        return Err(reference);
    }
    // SAFETY: A is a `&mut T`, as compared, if of a lifetime that is not known: it is at least that of the borrow, and
    // it is never replaced, only borrowed from.
    let reference = unsafe { &mut *std::ptr::from_mut(reference).cast::<&mut T>() };
    Ok(reference)
}

/// The slice as one of `T`s, if `A` is `T`.
#[inline]
pub(crate) fn slice_as<A, T: Whole>(items: &[A]) -> Option<&[T]> {
    // SAFETY: A is T, as compared; pointer and length are those of a slice that lives as long as the result.
    same::<A, T>().then(|| unsafe { std::slice::from_raw_parts(items.as_ptr().cast(), items.len()) })
}

/// The slice as bits to be filled, if `A` is `T` and all bits are a valid `T`: not so for `bool`.
#[inline]
pub(crate) fn bits_mut<A, T: Native>(items: &mut [A]) -> Option<&mut [T::Bits]> {
    if !same::<A, T>() || T::SCALAR == Scalar::Bool {
        return None;
    }
    // SAFETY: A is T, as compared, bytemuck's CheckedBitPattern promises that T and its Bits have one layout, and any
    // bits are a valid T, for it is not bool; the slice is borrowed as long as the result.
    Some(unsafe { std::slice::from_raw_parts_mut(items.as_mut_ptr().cast(), items.len()) })
}

/// The bits as values, if `A` is `T` and all bits are a valid `T`: not so for `bool`.
#[inline]
pub(crate) fn bits_as<T: Native, A>(bits: &[T::Bits]) -> Option<&[A]> {
    // SAFETY: as for `bits_mut`, which goes the other way.
    (same::<A, T>() && T::SCALAR != Scalar::Bool)
        .then(|| unsafe { std::slice::from_raw_parts(bits.as_ptr().cast(), bits.len()) })
}

/// The bits as values to be changed, if `A` is `T` and all bits are a valid `T`: not so for `bool`.
#[inline]
pub(crate) fn bits_as_mut<T: Native, A>(bits: &mut [T::Bits]) -> Option<&mut [A]> {
    // SAFETY: as for `bits_mut`, which goes the other way; any `T` is valid bits, as bytemuck's NoUninit promises.
    (same::<A, T>() && T::SCALAR != Scalar::Bool)
        .then(|| unsafe { std::slice::from_raw_parts_mut(bits.as_mut_ptr().cast(), bits.len()) })
}

/// The array as one of `A`s, if `A` is `T`; else the array back. Its layout stays.
pub(crate) fn array_as<T: Native, A, D: Dimension>(array: Array<T, D>) -> Result<Array<A, D>, Array<T, D>> {
    if !same::<A, T>() {
        return Err(array);
    }
    let array = ManuallyDrop::new(array);
    // SAFETY: A is T, as compared, so that both arrays are one type; the original is never dropped.
    Ok(unsafe { std::mem::transmute_copy::<Array<T, D>, Array<A, D>>(&array) })
}

/// The view as one of `T`s, if `A` is `T`.
pub(crate) fn view_as<'a, A, T: Native, D: Dimension>(view: &ArrayView<'a, A, D>) -> Option<ArrayView<'a, T, D>> {
    if !same::<A, T>() {
        return None;
    }
    let raw = view.raw_view().cast::<T>();
    // SAFETY: A is T, as compared; the raw view was made of one that lives for 'a, and both only read.
    Some(unsafe { raw.deref_into_view() })
}

/// The view as one of words, which say nothing of what the elements are.
pub(crate) fn view_words<'a, T: Native, D: Dimension>(view: &ArrayView<'a, T, D>) -> ArrayView<'a, T::Word, D> {
    const { assert!(size_of::<T>() == size_of::<T::Word>() && align_of::<T>() == align_of::<T::Word>()) };
    let raw = view.raw_view().cast::<T::Word>();
    // SAFETY: size and alignment are the same, as just compared; T has no bytes that are not set, as bytemuck's
    // NoUninit promises, and any are a word, which is Pod. The raw view was made of one that lives for 'a, and both only
    // read.
    unsafe { raw.deref_into_view() }
}

/// The bits as values.
///
/// # Errors
///
/// [`ErrorKind::Value`] for a bool other than 0 and 1: Rust has no such value.
pub(crate) fn bits_into<T: Native>(bits: Vec<T::Bits>) -> Result<Vec<T>> {
    if let Some(index) = bits.iter().position(|bits| !T::is_valid_bit_pattern(bits)) {
        return Err(invalid_bool(index as u64, bytemuck::bytes_of(&bits[index])[0]));
    }
    let mut bits = ManuallyDrop::new(bits);
    let (pointer, len, capacity) = (bits.as_mut_ptr().cast::<T>(), bits.len(), bits.capacity());
    // SAFETY: bytemuck's CheckedBitPattern promises that T and its Bits have one layout and that each item, checked
    // above, is a valid T; the parts are those of a vector that is never dropped.
    Ok(unsafe { Vec::from_raw_parts(pointer, len, capacity) })
}

/// The error for a byte of a bool array that is neither 0 nor 1.
#[cold]
pub(crate) fn invalid_bool(index: u64, byte: u8) -> Error {
    no_bool(byte).at_row(index)
}

#[cold]
pub(super) fn no_bool(byte: u8) -> Error {
    Error::new(
        ErrorKind::Value,
        format!("the byte {byte:#04x} is no bool (0x00 or 0x01); a DynArray takes it as it is"),
    )
}

/// Reverses the bytes of each `size` bytes, in place.
pub(crate) fn swap_bytes(bytes: &mut [u8], size: usize) {
    macro_rules! swap {
        ($T:ty) => {{
            let (chunks, _) = bytes.as_chunks_mut::<{ size_of::<$T>() }>();
            for chunk in chunks {
                *chunk = <$T>::from_le_bytes(*chunk).to_be_bytes();
            }
        }};
    }
    match size {
        0 | 1 => {}
        2 => swap!(u16),
        4 => swap!(u32),
        8 => swap!(u64),
        16 => swap!(u128),
        _ => bytes.chunks_exact_mut(size).for_each(<[u8]>::reverse),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use half::f16;
    use num_complex::Complex;

    use super::*;

    #[test]
    fn a_scalar_is_recognised_as_itself_only() {
        assert_eq!(Scalar::of::<Complex<f32>>(), Some(Scalar::Complex64));
        assert_eq!(Scalar::of::<f16>(), Some(Scalar::Float16));
        assert_eq!(Scalar::of::<char>(), None);
        assert_eq!(Scalar::of::<&'_ str>(), None);
        assert_eq!(vec_into::<f64, f64>(vec![1.0]), Ok(vec![1.0]));
        assert_eq!(vec_into::<f64, u64>(vec![1.0]), Err(vec![1.0]));
        #[cfg(feature = "npz")]
        {
            assert_eq!(Scalar::of_seed::<PhantomData<Vec<f16>>>(), Some(Scalar::Float16));
            assert_eq!(Scalar::of_seed::<PhantomData<f16>>(), None);
            assert_eq!(vec_as_value::<f64, Vec<f64>>(vec![1.0]), Ok(vec![1.0]));
            assert_eq!(vec_as_value::<f64, Vec<i64>>(vec![1.0]), Err(vec![1.0]));
        }
        assert_eq!(value_as::<f64, f64>(&1.0), Some(&1.0));
        assert_eq!(value_as_mut::<f64, u64>(&mut 1.0), Err(&mut 1.0));
        let (mut number, mut other) = (1.0, 2.0);
        *referent_as_mut::<&mut f64, f64>(&mut &mut number).unwrap() = 3.0;
        assert_eq!(referent_as_mut::<f64, f64>(&mut other), Err(&mut 2.0));
        assert_eq!(referent_as_mut::<&f64, f64>(&mut &other), Err(&mut &2.0));
        assert_eq!(number, 3.0);
        assert_eq!(bits_mut::<bool, bool>(&mut [true]), None);
        assert_eq!(bits_mut::<f64, f64>(&mut [1.0]), Some(&mut [1.0][..]));
    }

    #[test]
    fn bools_are_checked() {
        assert!(bits_into::<bool>(vec![0, 1]).is_ok_and(|bools| bools == [false, true]));
        let error = bits_into::<bool>(vec![0, 2]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "row 1: the byte 0x02 is no bool (0x00 or 0x01); a DynArray takes it as it is"
        );
    }

    #[test]
    fn swapping_reverses_each_item() {
        for size in [1, 2, 4, 8, 10, 16] {
            let bytes: Vec<u8> = (0..3 * size as u8).collect();
            let mut swapped = bytes.clone();
            swap_bytes(&mut swapped, size);
            let expected: Vec<u8> = bytes.chunks(size).flat_map(|item| item.iter().rev().copied()).collect();
            assert_eq!(swapped, expected, "size {size}");
        }
    }
}
