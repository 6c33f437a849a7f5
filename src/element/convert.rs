//! Values of one scalar dtype as another: C's casts as NumPy's compiled loops do them, in blocks, byte swap included.

use half::f16;
use num_complex::Complex;

use super::longdouble;
use super::scalar::{Native, invalid_bool, swap_bytes, with_native};
use super::wide::Wide;
use crate::dtype::Scalar;
use crate::error::Result;

/// What the casts need of a scalar.
pub(crate) trait Cast: Native + Copy {
    /// The value of these bytes in this machine's order; there must be as many as the scalar has.
    fn load(bytes: &[u8]) -> Self;
    /// The inverse of `load`.
    fn store(self, bytes: &mut [u8]);
    fn widen(self) -> Wide;
    fn narrow(wide: Wide) -> Self;
}

macro_rules! int {
    ($($T:ty: $wide:ident($W:ty), $from_float:path;)*) => {$(
        impl Cast for $T {
            #[inline(always)]
            fn load(bytes: &[u8]) -> Self {
                bytes.try_into().map_or(0, <$T>::from_ne_bytes)
            }
            #[inline(always)]
            fn store(self, bytes: &mut [u8]) {
                bytes.copy_from_slice(&self.to_ne_bytes());
            }
            #[inline(always)]
            fn widen(self) -> Wide {
                Wide::$wide(<$W>::from(self))
            }
            #[inline(always)]
            #[allow(clippy::cast_possible_truncation)] // as C does; whoever minds asks `Wide::equals` after it
            fn narrow(wide: Wide) -> Self {
                match wide {
                    Wide::Bool(value) => <$T>::from(value),
                    Wide::Int(value) => value as $T,
                    Wide::Uint(value) => value as $T,
                    Wide::Float(value) | Wide::Complex(value, _) => $from_float(value) as $T,
                }
            }
        }
    )*};
}
int! {
    i8: Int(i64), float_to_i32;
    i16: Int(i64), float_to_i32;
    i32: Int(i64), float_to_i32;
    i64: Int(i64), float_to_i64;
    u8: Uint(u64), float_to_i32;
    u16: Uint(u64), float_to_i32;
    u32: Uint(u64), float_to_i64;
    u64: Uint(u64), float_to_u64;
}

// C leaves a float that is out of the integer's range undefined; these are what x86-64 and so NumPy on it give,
// where Rust's own casts saturate.

#[inline(always)]
#[allow(clippy::cast_possible_truncation)]
fn float_to_i32(value: f64) -> i32 {
    match value > -2_147_483_649.0 && value < 2_147_483_648.0 {
        true => value as i32,
        false => i32::MIN,
    }
}

#[inline(always)]
#[allow(clippy::cast_possible_truncation)]
fn float_to_i64(value: f64) -> i64 {
    match (-TWO_POW_63..TWO_POW_63).contains(&value) {
        true => value as i64,
        false => i64::MIN,
    }
}

#[inline(always)]
fn float_to_u64(value: f64) -> u64 {
    match value >= TWO_POW_63 {
        true => float_to_i64(value - TWO_POW_63) as u64 ^ 1 << 63,
        false => float_to_i64(value) as u64,
    }
}

const TWO_POW_63: f64 = 9_223_372_036_854_775_808.0;

/// The nearest half of a float, ties to even. By way of an f32 that is rounded to odd, for `half` rounds twice: with F16C
/// through the nearest f32, and without by the high bits of the f64 alone.
#[inline]
#[allow(clippy::cast_possible_truncation)]
pub(crate) fn half_of(value: f64) -> f16 {
    let nearest = value as f32;
    let back = f64::from(nearest);
    // NaNs are not equal to themselves, and have no neighbours.
    let is_exact = back == value || value.is_nan();
    let towards_zero = nearest.to_bits() - u32::from(!is_exact && back.abs() > value.abs());
    f16::from_f32(f32::from_bits(towards_zero | u32::from(!is_exact)))
}

macro_rules! float {
    ($($T:ty, $value:ident: $widen:expr, $bool:expr, $int:expr, $uint:expr, $float:expr;)*) => {$(
        impl Cast for $T {
            #[inline(always)]
            fn load(bytes: &[u8]) -> Self {
                <$T>::from_ne_bytes(bytes.try_into().unwrap_or_default())
            }
            #[inline(always)]
            fn store(self, bytes: &mut [u8]) {
                bytes.copy_from_slice(&self.to_ne_bytes());
            }
            #[inline(always)]
            fn widen(self) -> Wide {
                let $value = self;
                Wide::Float($widen)
            }
            #[inline(always)]
            #[allow(clippy::cast_possible_truncation)]
            fn narrow(wide: Wide) -> Self {
                match wide {
                    Wide::Bool($value) => $bool,
                    Wide::Int($value) => $int,
                    Wide::Uint($value) => $uint,
                    Wide::Float($value) | Wide::Complex($value, _) => $float,
                }
            }
        }
    )*};
}
float! {
    f16, x: x.to_f64(), f16::from_f32(f32::from(u8::from(x))), half_of(x as f64), half_of(x as f64), half_of(x);
    f32, x: f64::from(x), f32::from(u8::from(x)), x as f32, x as f32, x as f32;
    f64, x: x, f64::from(u8::from(x)), x as f64, x as f64, x;
}

macro_rules! complex {
    ($($T:ty),*) => {$(
        impl Cast for Complex<$T> {
            #[inline(always)]
            fn load(bytes: &[u8]) -> Self {
                let (re, im) = bytes.split_at(bytes.len() / 2);
                Complex::new(<$T>::load(re), <$T>::load(im))
            }
            #[inline(always)]
            fn store(self, bytes: &mut [u8]) {
                let (re, im) = bytes.split_at_mut(bytes.len() / 2);
                self.re.store(re);
                self.im.store(im);
            }
            #[inline(always)]
            fn widen(self) -> Wide {
                Wide::Complex(f64::from(self.re), f64::from(self.im))
            }
            #[inline(always)]
            #[allow(clippy::cast_possible_truncation)]
            fn narrow(wide: Wide) -> Self {
                match wide {
                    Wide::Complex(re, im) => Complex::new(re as $T, im as $T),
                    real => Complex::new(<$T>::narrow(real), 0.0),
                }
            }
        }
    )*};
}
complex!(f32, f64);

impl Cast for bool {
    #[inline(always)]
    fn load(bytes: &[u8]) -> Self {
        bytes.iter().any(|&byte| byte != 0)
    }
    #[inline(always)]
    fn store(self, bytes: &mut [u8]) {
        bytes.copy_from_slice(&[u8::from(self)]);
    }
    #[inline(always)]
    fn widen(self) -> Wide {
        Wide::Bool(self)
    }
    #[inline(always)]
    fn narrow(wide: Wide) -> Self {
        match wide {
            Wide::Bool(value) => value,
            Wide::Int(value) => value != 0,
            Wide::Uint(value) => value != 0,
            Wide::Float(value) => value != 0.0,
            Wide::Complex(re, im) => re != 0.0 || im != 0.0,
        }
    }
}

/// The value of these bytes, which are a `scalar`'s, as a `T`.
pub(crate) fn cast_one<T: Cast>(scalar: Scalar, swap: bool, bytes: &[u8]) -> T {
    let mut copy = [0; 32];
    let copy = copy.get_mut(..bytes.len()).unwrap_or_default();
    copy.copy_from_slice(bytes);
    if swap {
        swap_bytes(copy, scalar.swapsize());
    }
    with_native!(scalar, S => convert::<S, T>(copy), else => T::narrow(longdouble::widen(copy, T::SCALAR)))
}

/// The bytes of `value`, cast to `scalar`; what it has become on the way.
pub(crate) fn store_one(value: Wide, scalar: Scalar, swap: bool, bytes: &mut [u8]) -> Wide {
    let stored = with_native!(scalar, S => {
        let value = S::narrow(value);
        value.store(bytes);
        value.widen()
    }, else => longdouble::store(value, bytes));
    if swap {
        swap_bytes(bytes, scalar.swapsize());
    }
    stored
}

/// Bytes that stay in the first-level cache while they are swapped, cast and appended.
const BLOCK: usize = 8 * 1024;

/// Appends the values of `bytes`, items of `scalar` in this machine's order or swapped, as `T`s. The first of them is
/// element `first`, for errors.
///
/// # Errors
///
/// [`ErrorKind::Value`](crate::ErrorKind::Value) for a bool that is neither 0 nor 1.
pub(crate) fn cast_all<T: Cast>(
    (scalar, swap): (Scalar, bool),
    first: u64,
    bytes: &[u8],
    out: &mut Vec<T>,
) -> Result<()> {
    if scalar == Scalar::Bool
        && let Some(index) = bytes.iter().position(|&byte| byte > 1)
    {
        return Err(invalid_bool(
            first + index as u64,
            bytes.get(index).copied().unwrap_or(0),
        ));
    }
    out.reserve(bytes.len() / scalar.itemsize());
    let mut copy = Vec::new();
    for block in bytes.chunks(BLOCK) {
        let block = match swap && scalar.itemsize() > 1 {
            true => {
                copy.clear();
                copy.extend_from_slice(block);
                swap_bytes(&mut copy, scalar.swapsize());
                &copy
            }
            false => block,
        };
        with_native!(scalar, S => {
            out.extend(block.chunks_exact(size_of::<S>()).map(convert::<S, T>));
        }, else => {
            let items = block.chunks_exact(scalar.itemsize());
            out.extend(items.map(|item| T::narrow(longdouble::widen(item, T::SCALAR))));
        });
    }
    Ok(())
}

#[inline(always)]
fn convert<S: Cast, T: Cast>(bytes: &[u8]) -> T {
    // By the bits, as NaNs would change on the way through a wider type.
    match S::SCALAR == T::SCALAR {
        true => T::load(bytes),
        false => T::narrow(S::load(bytes).widen()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The numbers are NumPy's on x86-64.
    #[test]
    fn floats_out_of_range_become_what_numpy_makes_of_them() {
        let values = [
            -1.0,
            300.0,
            3e9,
            -3e9,
            1e10,
            1e19,
            2e19,
            f64::NAN,
            f64::INFINITY,
            -129.5,
        ];
        let bytes: Vec<u8> = values.iter().flat_map(|value: &f64| value.to_be_bytes()).collect();
        macro_rules! check {
            ($T:ty, $expected:expr) => {
                let mut out = Vec::<$T>::new();
                cast_all(
                    (Scalar::Float64, cfg!(target_endian = "little")),
                    0,
                    &bytes,
                    &mut out,
                )
                .unwrap();
                assert_eq!(out, $expected);
            };
        }
        check!(i8, [-1, 44, 0, 0, 0, 0, 0, 0, 0, 127]);
        check!(u16, [65535, 300, 0, 0, 0, 0, 0, 0, 0, 65407]);
        let min = i32::MIN;
        check!(i32, [-1, 300, min, min, min, min, min, min, min, -129]);
        check!(
            u32,
            [
                4294967295, 300, 3000000000, 1294967296, 1410065408, 0, 0, 0, 0, 4294967167
            ]
        );
        let min = i64::MIN;
        check!(
            i64,
            [-1, 300, 3000000000, -3000000000, 10000000000, min, min, min, min, -129]
        );
        let big = 1_u64 << 63;
        let (minus_1, minus_3e9) = (u64::MAX, 18446744070709551616);
        check!(
            u64,
            [
                minus_1,
                300,
                3000000000,
                minus_3e9,
                10000000000,
                10000000000000000000,
                0,
                big,
                0,
                18446744073709551487
            ]
        );
    }

    #[test]
    fn long_doubles_round_once() {
        // 1 + 2^-24 + 2^-63, written by NumPy: over the half way to the next f32, which its f64 is not.
        let bytes = [1, 0, 0, 0, 0x80, 0, 0, 0x80, 0xff, 0x3f, 0, 0, 0, 0, 0, 0];
        assert_eq!(
            cast_one::<f32>(Scalar::LongDouble, false, &bytes),
            f32::from_bits(0x3f80_0001)
        );
        assert_eq!(
            cast_one::<f64>(Scalar::LongDouble, false, &bytes),
            1.0 + 2_f64.powi(-24)
        );
    }
}
