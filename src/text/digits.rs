//! Floats to decimal digits, correctly rounded (half to even, as C's printf and Python do).
//!
//! With x = m × 2^e (m normalised to 64 bits) and 10^q = (g + d) × 2^t (g of 128 bits, 0 <= d < 1, see [`pow10`]),
//! x × 10^q = (m×g + m×d) × 2^(e+t). The product m×g has 192 bits and m×d < 2^64, so of the sum's upper 128 bits all are
//! known but for a carry of one, which matters in one case of 2^64 or when the fraction is exactly one half; then,
//! and for more digits than 19, the exact path decides.
#![allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // digits and exponents of a float, bounded by it

use super::pow10::{self, POWERS};

/// The most digits that the fast path gives: 10^19 < 2^64.
pub(super) const FAST: usize = 19;

/// 10^n for n up to 19.
pub(super) const TENS: [u64; 20] = {
    let mut tens = [1; 20];
    let mut i = 1;
    while i < 20 {
        tens[i] = tens[i - 1] * 10;
        i += 1;
    }
    tens
};

/// x = m × 2^e with the top bit of m set, for finite x > 0.
#[inline]
fn parts(x: f64) -> (u64, i32) {
    let bits = x.to_bits();
    let fraction = bits & ((1 << 52) - 1);
    let biased = ((bits >> 52) & 0x7ff) as i32;
    let (m, e) = if biased == 0 {
        (fraction, -1074)
    } else {
        (fraction | 1 << 52, biased - 1075)
    };
    let up = m.leading_zeros();
    (m << up, e - up as i32)
}

#[inline]
fn power(q: i32) -> u128 {
    POWERS[(q - pow10::MIN) as usize]
}

/// Whether m × 2^e >= 10^q, for 2^e × 2^63 < 10^q × 10.
#[inline]
fn reaches(m: u64, e: i32, q: i32) -> bool {
    let g = power(q);
    let (high, low) = ((g >> 64) as u64, g as u64);
    let t = pow10::exponent(q) + 64;
    // Where the high halves are equal, 10^q is greater by its low half; none but exact powers have a low half of 0.
    // No short cuts: which digit comes first is as random as the values.
    (e > t) | ((e == t) & ((m > high) | ((m == high) & (low == 0))))
}

/// m × 2^e × 10^q rounded to an integer, which must be below 2^64; `None` if the product does not decide.
#[inline]
fn scale(m: u64, e: i32, q: i32) -> Option<u64> {
    const HALF: u64 = 1 << 63;
    let g = power(q);
    let low = u128::from(m) * (g & u128::from(u64::MAX));
    let product = u128::from(m) * (g >> 64) + (low >> 64); // of the 192 bits the upper 128
    let shift = -(e + pow10::exponent(q) + 64);
    if (64..128).contains(&shift) {
        let n = (product >> 64) as u64 >> (shift - 64);
        let fraction = (product >> (shift - 64)) as u64;
        // All but those next to one half are told by their first bit, a carry more or less.
        if fraction.wrapping_sub(HALF - 1) > 1 {
            return Some(n + (fraction >> 63));
        }
    }
    scale_exactly(product, low as u64, shift, q)
}

/// [`scale`] by all bits of the product.
#[inline(never)]
fn scale_exactly(product: u128, low: u64, shift: i32, q: i32) -> Option<u64> {
    if shift > 128 {
        return Some(0); // below one half
    }
    debug_assert!(shift > 62);
    let (n, fraction) = if shift == 128 {
        (0, product)
    } else {
        ((product >> shift) as u64, product << (128 - shift))
    };
    let half = 1_u128 << 127;
    let up = if pow10::is_exact(q) {
        (fraction > half) | ((fraction == half) & ((low != 0) | (n & 1 == 1)))
    } else if fraction == half - (1_u128 << (128 - shift)) {
        return None;
    } else {
        fraction >= half // the part that is missing is above 0
    };
    Some(n + u64::from(up))
}

/// Finite x > 0 rounded to `count` digits, 1 to 19: n of just so many digits and k, with x = n × 10^(k + 1 - count).
#[inline]
pub(super) fn significant(x: f64, count: usize) -> Option<(u64, i32)> {
    let (m, e) = parts(x);
    let low = pow10::log10_pow2(e + 63);
    let k = low + i32::from(reaches(m, e, low + 1));
    let n = scale(m, e, count as i32 - 1 - k)?;
    if n == TENS[count] {
        return Some((TENS[count - 1], k + 1));
    }
    Some((n, k))
}

/// Finite 0 <= x < 2^63 rounded to `decimals` digits after the point, at most 19: the parts before and after it.
#[inline]
pub(super) fn fixed(x: f64, decimals: usize) -> Option<(u64, u64)> {
    let whole = x as u64;
    let rest = x - whole as f64; // exact: below 2^53, or else x has no fraction
    if rest == 0.0 {
        return Some((whole, 0));
    }
    if decimals == 0 {
        let up = (rest > 0.5) | ((rest == 0.5) & (whole & 1 == 1));
        return Some((whole + u64::from(up), 0));
    }
    let (m, e) = parts(rest);
    let n = scale(m, e, decimals as i32)?;
    if n == TENS[decimals] {
        return Some((whole + 1, 0));
    }
    Some((whole, n))
}

/// Past these no `f64` has a digit but 0: the digits of 2^-1074, and those before the point.
const LAST_DECIMAL: usize = 1074;

/// As [`significant`], exactly and for any number of digits; x = 0 has k = 0. Zeros at the end may be missing.
#[cold]
pub(super) fn exact_significant(x: f64, count: usize) -> (Vec<u8>, i32) {
    let text = format!("{:.*e}", count.saturating_sub(1).min(LAST_DECIMAL), x);
    let (digits, k) = text.split_once('e').unwrap_or((&text, "0"));
    let digits = digits.bytes().filter(u8::is_ascii_digit).collect();
    (digits, k.parse().unwrap_or(0))
}

/// As [`fixed`], exactly, for any finite x >= 0, as text with its point; zeros at the end may be missing.
#[cold]
pub(super) fn exact_fixed(x: f64, decimals: usize) -> String {
    format!("{:.*}", decimals.min(LAST_DECIMAL), x)
}

/// Eight digits.
pub(super) const CHUNK: u64 = 100_000_000;

/// The last 24 decimal digits of n in ASCII, with as many zeros behind, so that a part from any digit on can be copied
/// at a fixed length.
#[inline]
pub(super) fn ascii(n: u64) -> [u8; 48] {
    let mut text = [b'0'; 48];
    text[16..24].copy_from_slice(&eight(n % CHUNK));
    if n >= CHUNK {
        let rest = n / CHUNK;
        text[8..16].copy_from_slice(&eight(rest % CHUNK));
        if rest >= CHUNK {
            text[..8].copy_from_slice(&eight(rest / CHUNK));
        }
    }
    text
}

/// The digits of n < 10^19 in ASCII, with zeros before them: the first, two times eight, and two.
#[inline]
pub(super) fn nineteen(n: u64) -> (u8, [u8; 8], [u8; 8], [u8; 2]) {
    // Each division by itself: none waits for another.
    let (first, nine, seventeen) = (n / TENS[18], n / TENS[10], n / 100);
    let (high, middle, low) = (nine - first * CHUNK, seventeen - nine * CHUNK, n - seventeen * 100);
    (b'0' + first as u8, eight(high), eight(middle), pair(low as u32))
}

/// Where in [`ascii`]'s text n starts; 0 has one digit.
#[inline]
pub(super) fn start(n: u64) -> usize {
    let mut count = 1;
    if n >= 10 {
        count = n.ilog10() as usize + 1;
    }
    24 - count
}

/// The digits of n < 10^8 without zeros before them, and their number; zeros follow.
#[inline]
pub(super) fn few(n: u64) -> ([u8; 8], usize) {
    let digits = lanes(n);
    let zeros = (digits.trailing_zeros() / 8).min(7);
    let digits = (digits >> (8 * zeros)) | ASCII;
    (digits.to_le_bytes(), 8 - zeros as usize)
}

/// The last `count` digits of n < 10^8, at most 8; zeros follow.
#[inline]
pub(super) fn last(n: u64, count: usize) -> [u8; 8] {
    ((lanes(n) >> (8 * (8 - count))) | ASCII).to_le_bytes()
}

const ASCII: u64 = 0x3030_3030_3030_3030;

/// `00` to `99`. What follows is for an index of any byte, which needs no check.
static PAIRS: [[u8; 2]; 256] = {
    let mut pairs = [[b'0'; 2]; 256];
    let mut n = 0;
    while n < 100 {
        pairs[n] = [b'0' + n as u8 / 10, b'0' + n as u8 % 10];
        n += 1;
    }
    pairs
};

/// Two digits of n < 100.
#[inline(always)]
fn pair(n: u32) -> [u8; 2] {
    PAIRS[usize::from(n as u8)]
}

/// Eight digits of n < 10^8.
#[inline(always)]
fn eight(n: u64) -> [u8; 8] {
    let n = n as u32;
    let (high, low) = (n / 10_000, n % 10_000);
    let [a, b, c, d] = [high / 100, high % 100, low / 100, low % 100].map(pair);
    [a[0], a[1], b[0], b[1], c[0], c[1], d[0], d[1]]
}

/// Eight digits of n < 10^8, a byte each, all at once: halves, quarters and digits by multiplication in lanes.
#[inline]
fn lanes(n: u64) -> u64 {
    let lanes = (n / 10_000) | (n % 10_000) << 32;
    let tens = ((lanes * 10_486) >> 20) & 0x0000_007f_0000_007f;
    let lanes = tens | (lanes - 100 * tens) << 16;
    let tens = ((lanes * 103) >> 10) & 0x000f_000f_000f_000f;
    tens | (lanes - 10 * tens) << 8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_to_ascii() {
        let mut n = 1_u64;
        for i in 0..200_000_u64 {
            let n = match i % 3 {
                0 => i * 499,
                1 => u64::MAX - i,
                _ => {
                    n = n.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                    n >> (i % 64)
                }
            };
            let text = ascii(n);
            assert_eq!(&text[start(n)..24], n.to_string().as_bytes());
            let (first, high, middle, low) = nineteen(n % TENS[19]);
            let text = [&[first][..], &high, &middle, &low].concat();
            assert_eq!(text, format!("{:019}", n % TENS[19]).as_bytes());
            let n = n % 100_000_000;
            let (text, count) = few(n);
            assert_eq!(&text[..count], n.to_string().as_bytes());
            for count in 1..=8 {
                let expected = format!("{n:08}");
                assert_eq!(last(n, count)[..count], expected.as_bytes()[8 - count..]);
            }
        }
    }
}
