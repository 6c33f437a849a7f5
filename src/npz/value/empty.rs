//! What the elements of an empty array would be.
//!
//! `Serialize` says nothing of the elements that are not there, and `ndarray` hands them on as a type that has no
//! name. So the field's own type is compared with those of vectors and arrays, once an array is empty.

use std::any::TypeId;
use std::borrow::Cow;

use half::f16;
use ndarray::{ArcArray, Array, ArrayView, Ix1, Ix2, Ix3, Ix4, Ix5, Ix6, IxDyn};
use num_complex::Complex;

use crate::dtype::{Dtype, Scalar};
use crate::element::{Datetime64, Timedelta64, known, of_none, units};

/// The dtype of the elements that a vector or array of that type has; `None` for types that are not known here.
pub(super) fn dtype_of_none(id: TypeId) -> Option<Dtype> {
    macro_rules! elements {
        ($($T:ty)*) => {$(
            if holds::<$T>(id) {
                return known::<$T>().map(Dtype::native).or_else(of_none::<$T>);
            }
        )*};
    }
    elements! {
        f64 f32 i64 i32 u8 bool String u64 u32 i8 i16 u16 f16 Complex<f64> Complex<f32>
        &'static str Cow<'static, str> char Option<f64> Option<f32>
    }
    macro_rules! times {
        ($($unit:ident)*) => {
            elements! { $(Datetime64<units::$unit> Timedelta64<units::$unit>)* }
        };
    }
    times!(Day Second Millisecond Microsecond Nanosecond);
    // What serde hands on of them, on every machine.
    match (holds::<usize>(id), holds::<isize>(id)) {
        (true, _) => Some(Dtype::native(Scalar::Uint64)),
        (_, true) => Some(Dtype::native(Scalar::Int64)),
        _ => None,
    }
}

/// Whether the type is a vector or an array of `A`s, or a reference to one.
fn holds<A: Clone + 'static>(id: TypeId) -> bool {
    let is_vector = [
        TypeId::of::<Vec<A>>(),
        TypeId::of::<&'static Vec<A>>(),
        TypeId::of::<[A]>(),
        TypeId::of::<&'static [A]>(),
        TypeId::of::<Box<[A]>>(),
        TypeId::of::<Cow<'static, [A]>>(),
    ]
    .contains(&id);
    macro_rules! is_array {
        ($($D:ident)*) => {
            [$(
                TypeId::of::<Array<A, $D>>(),
                TypeId::of::<&'static Array<A, $D>>(),
                TypeId::of::<ArcArray<A, $D>>(),
                TypeId::of::<ArrayView<'static, A, $D>>(),
            )*]
            .contains(&id)
        };
    }
    is_vector || is_array!(Ix1 Ix2 Ix3 Ix4 Ix5 Ix6 IxDyn)
}
