//! x86's 80-bit floats, which Rust has not: 64 bits of mantissa with its leading one, 15 of exponent, a sign; 6 unused.

use super::wide::Wide;
use crate::dtype::{Kind, Scalar};

/// The long double, or complex of two, of these little-endian bytes, on its way to a value of `target`.
pub(crate) fn widen(bytes: &[u8], target: Scalar) -> Wide {
    // A float that is rounded to f64 and then again can come out off by one: let the first rounding be to odd.
    let odd = matches!(
        (target, target.kind()),
        (Scalar::Float16 | Scalar::Float32 | Scalar::Complex64, _) | (_, Kind::Int | Kind::Uint | Kind::Bool)
    );
    let bits = |bytes: &[u8]| u128::from_le_bytes(bytes.try_into().unwrap_or_default());
    if let Scalar::Int64 | Scalar::Uint64 | Scalar::Uint32 = target {
        match (target, integer(bits(bytes.get(..16).unwrap_or_default()))) {
            (Scalar::Int64, Some(integer @ Wide::Int(_))) => return integer,
            (Scalar::Uint64 | Scalar::Uint32, Some(integer)) => return integer,
            _ => {} // beyond the type: what C's conversion gives
        }
    }
    #[allow(clippy::cast_possible_truncation)]
    let part = |bytes: &[u8]| match (target, to_f64(bits(bytes), odd)) {
        (Scalar::Float16, value) => f64::from(value as f32), // NumPy's way, which rounds twice
        (_, value) => value,
    };
    match bytes.split_at_checked(16) {
        Some((re, im)) if !im.is_empty() => Wide::Complex(part(re), part(im)),
        _ => Wide::Float(part(bytes)),
    }
}

/// Stores `value` as a long double, or as a complex of two, in little-endian bytes; what it has become on the way.
pub(crate) fn store(value: Wide, bytes: &mut [u8]) -> Wide {
    let is_complex = bytes.len() > 16;
    let (parts, stored) = match value {
        // Every integer fits, and not each of them an f64.
        Wide::Int(integer) => ([from_integer(integer < 0, integer.unsigned_abs()), 0], value),
        Wide::Uint(integer) => ([from_integer(false, integer), 0], value),
        Wide::Complex(re, im) if is_complex => ([from_f64(re), from_f64(im)], value),
        other => ([from_f64(other.real()), 0], Wide::Float(other.real())),
    };
    for (part, bytes) in parts.into_iter().zip(bytes.chunks_exact_mut(16)) {
        bytes.copy_from_slice(&part.to_le_bytes());
    }
    stored
}

/// The integer that is left when the fraction is cut off, if 64 bits hold it.
#[allow(clippy::cast_possible_truncation)] // masked to what the type holds
fn integer(bits: u128) -> Option<Wide> {
    let mantissa = (bits & u128::from(u64::MAX)) as u64;
    let upper = (bits >> 64 & 0xffff) as u16;
    let exponent = i32::from(upper & 0x7fff) - 16383;
    let magnitude = match exponent {
        ..0 => 0,
        0..64 => mantissa >> (63 - exponent),
        _ => return None,
    };
    match (upper >> 15 == 1, i64::try_from(magnitude)) {
        (false, Ok(integer)) => Some(Wide::Int(integer)),
        (false, Err(_)) => Some(Wide::Uint(magnitude)),
        (true, _) => 0_i64.checked_sub_unsigned(magnitude).map(Wide::Int),
    }
}

fn from_integer(negative: bool, magnitude: u64) -> u128 {
    let zeros = magnitude.leading_zeros();
    match magnitude.checked_shl(zeros) {
        Some(mantissa) => u128::from(negative) << 79 | u128::from(16383 + 63 - zeros) << 64 | u128::from(mantissa),
        None => 0,
    }
}

/// The nearest f64, ties to even; or, `odd`, the one towards zero with its last bit set if anything was lost.
#[allow(clippy::cast_possible_truncation)] // masked to what the type holds
pub(crate) fn to_f64(bits: u128, odd: bool) -> f64 {
    let mantissa = (bits & u128::from(u64::MAX)) as u64;
    let upper = (bits >> 64 & 0xffff) as u16;
    let sign = u64::from(upper >> 15) << 63;
    let exponent = i32::from(upper & 0x7fff);
    if exponent == 0x7fff {
        return match mantissa << 1 {
            0 => f64::from_bits(sign | f64::INFINITY.to_bits()),
            payload => f64::from_bits(sign | f64::NAN.to_bits() | payload >> 12),
        };
    }
    if mantissa == 0 {
        return f64::from_bits(sign);
    }
    // Normalised: value = mantissa * 2^(exponent - 63) with the top bit set. Unnormal bit patterns are taken by value.
    let shift = mantissa.leading_zeros();
    let mantissa = mantissa << shift;
    let exponent = exponent.max(1) - 16383 - shift.cast_signed() + 1023;
    // The bits that f64 has not: 11, and more where it is subnormal.
    let lost = match exponent {
        2047.. => {
            let over = match odd {
                true => f64::MAX,
                false => f64::INFINITY,
            };
            return f64::from_bits(sign | over.to_bits());
        }
        1.. => 11,
        _ => (12 - exponent).cast_unsigned(),
    };
    let kept = mantissa.checked_shr(lost).unwrap_or(0);
    // In units of 2^-64 of the last bit that is kept; less than half of it, and not nothing, if the value is smaller.
    let rest = match lost {
        0..=64 => mantissa.checked_shl(64 - lost).unwrap_or(0),
        _ => 1,
    };
    let round = match odd {
        true => rest != 0 && kept & 1 == 0,
        false => rest > 1 << 63 || (rest == 1 << 63 && kept & 1 == 1),
    };
    // A mantissa that rounds up past its last bit carries into the exponent, and from there into infinity, as it must.
    let biased = match exponent {
        1.. => (exponent as u64 - 1) << 52,
        _ => 0,
    };
    f64::from_bits(sign | (biased + kept + u64::from(round)))
}

/// The long double of that value, which holds any f64.
pub(crate) fn from_f64(value: f64) -> u128 {
    let bits = value.to_bits();
    let sign = u128::from(bits >> 63) << 79;
    let exponent = (bits >> 52 & 0x7ff) as u32;
    let fraction = bits << 12;
    let (exponent, mantissa) = match (exponent, fraction) {
        (0, 0) => (0, 0),
        (0, _) => {
            let shift = fraction.leading_zeros();
            (16383 - 1022 - 1 - shift, fraction << shift)
        }
        (0x7ff, _) => (0x7fff, 1 << 63 | fraction >> 1),
        _ => (exponent + 16383 - 1023, 1 << 63 | fraction >> 1),
    };
    sign | u128::from(exponent) << 64 | u128::from(mantissa)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_f64_survives() {
        let mut bits = 1_u64;
        for round in 0..100_000_u64 {
            bits = bits.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            let value = f64::from_bits(match round % 4 {
                0 => bits >> 12,
                1 => bits & 0x800f_ffff_ffff_ffff,
                _ => bits,
            });
            for odd in [false, true] {
                let back = to_f64(from_f64(value), odd);
                assert!(
                    back.to_bits() == value.to_bits() || value.is_nan() && back.is_nan(),
                    "{value:e} {back:e}"
                );
            }
        }
    }

    #[test]
    fn rounding_is_to_the_nearest_and_ties_to_even() {
        let one = from_f64(1.0);
        let ulp = f64::EPSILON;
        for (tail, nearest, odd) in [
            (1, 1.0, 1.0 + ulp),
            (1 << 10, 1.0, 1.0 + ulp),
            ((1 << 10) + 1, 1.0 + ulp, 1.0 + ulp),
            (3 << 10, 1.0 + 2.0 * ulp, 1.0 + ulp),
            ((1 << 63) - 1, 2.0, 2.0 - ulp),
        ] {
            assert_eq!(to_f64(one + tail, false), nearest, "{tail}");
            assert_eq!(to_f64(one + tail, true), odd, "{tail}");
        }
        // Half of the smallest subnormal is a tie that goes to zero; anything over it does not.
        let half = from_f64(f64::from_bits(1)) - (1_u128 << 64);
        assert_eq!(to_f64(half, false), 0.0);
        assert_eq!(to_f64(half + 1, false), f64::from_bits(1));
        assert_eq!(to_f64(half, true), f64::from_bits(1));
        assert_eq!(to_f64(0x7ffe_ffff_ffff_ffff_ffff, false), f64::INFINITY);
    }
}
