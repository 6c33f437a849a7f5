//! Decimal text to `f64` and integers at memory speed, always correctly rounded.
//!
//! Digits are read eight at a time. Up to 19 of them fit a u64 and are exact. That times the upper 64 bits of a power of ten
//! decides the rounding unless it comes near a tie of two floats; there 128 bits decide in all but rare cases (Eisel and
//! Lemire's method; Mushtak and Lemire proved its bounds). Those go to the standard library, as numbers of more digits and
//! subnormal ones do.

use super::pow10::{MIN, POWERS};

/// The first power of ten that gives anything but zero with a 64-bit mantissa, and the last that is no infinity.
const FIRST: i32 = -342;
const LAST: i32 = 308;

/// Within these, any mantissa that is not 0 gives a normal float.
const NORMAL_FIRST: i32 = -307;
const NORMAL_LAST: i32 = 288;

const TENS: [u64; 8] = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000];

/// Eight times `0`.
const ZEROS: u64 = u64::from_le_bytes([b'0'; 8]);

/// The high bit of each byte that is greater than its bound, which is below 128. A carry out of such a byte spoils those after
/// it only, and so not whether there is one, nor the first.
#[inline(always)]
fn above(word: u64, bounds: [u8; 8]) -> u64 {
    const HIGH: u64 = u64::from_le_bytes([0x80; 8]);
    let up = u64::from_le_bytes(bounds.map(|bound| 0x7f - bound));
    (word.wrapping_add(up) | word) & HIGH
}

/// Eight digits, one a byte, the first in the lowest byte.
#[inline(always)]
fn eight(digits: u64) -> u64 {
    const EVEN: u64 = 0x0000_00ff_0000_00ff;
    let pairs = digits.wrapping_mul(10).wrapping_add(digits >> 8);
    let high = (pairs & EVEN).wrapping_mul(0x000f_4240_0000_0064);
    let low = (pairs >> 16 & EVEN).wrapping_mul(0x0000_2710_0000_0001);
    high.wrapping_add(low) >> 32
}

/// Appends the digits at `text[at..]` to `value`, which wraps beyond 19 of them; gives where they end.
#[inline(always)]
fn digits(text: &[u8], mut at: usize, value: &mut u64) -> usize {
    while let Some(chunk) = text.get(at..).and_then(<[u8]>::first_chunk) {
        let chunk = u64::from_le_bytes(*chunk) ^ ZEROS;
        let other = above(chunk, [9; 8]);
        if other == 0 {
            *value = value.wrapping_mul(100_000_000).wrapping_add(eight(chunk));
            at += 8;
            continue;
        }
        // By two shifts, as there may be no digit; no branch on that, which is as random as the last digits of a float.
        let count = other.trailing_zeros() / 8;
        let last = eight((chunk << 1) << (63 - 8 * count));
        *value = value.wrapping_mul(TENS[count as usize & 7]).wrapping_add(last);
        return at + count as usize;
    }
    while let Some(&byte) = text.get(at).filter(|byte| byte.is_ascii_digit()) {
        *value = value.wrapping_mul(10).wrapping_add(u64::from(byte - b'0'));
        at += 1;
    }
    at
}

/// The decimal number that `text` starts with, and its length in bytes.
///
/// `[+-]? (digits [. [digits]] | . digits) [e [+-]? digits]`; `None` for anything else, such as `nan` and `inf`.
#[inline]
pub(crate) fn float_prefix(text: &[u8]) -> Option<(f64, usize)> {
    let (negative, start) = sign(*text.first()?);
    let signed = |magnitude: u64| f64::from_bits(magnitude | u64::from(negative) << 63);
    if let Some(magnitude) = text.get(start..).and_then(<[u8]>::first_chunk).and_then(printed) {
        return Some((signed(magnitude), start + PRINTED));
    }
    let mut mantissa = 0;
    let mut at = match text.get(start..).and_then(<[u8]>::first_chunk) {
        // As `%e` begins, and not worth a word of eight.
        Some([digit @ b'0'..=b'9', b'.']) => {
            mantissa = u64::from(digit - b'0');
            start + 1
        }
        _ => digits(text, start, &mut mantissa),
    };
    let mut count = at - start;
    let mut exponent = 0;
    if text.get(at) == Some(&b'.') {
        let end = digits(text, at + 1, &mut mantissa);
        let fraction = end - at - 1;
        count += fraction;
        exponent = i64::try_from(fraction).ok()?.wrapping_neg();
        at = end;
    }
    if count == 0 {
        return None;
    }
    if let Some(b'e' | b'E') = text.get(at) {
        let (down, first) = match text.get(at + 1)? {
            b'-' => (true, at + 2),
            b'+' => (false, at + 2),
            _ => (false, at + 1),
        };
        let mut value = 0_i64;
        at = first;
        // Two digits, as printf writes them.
        if let Some([tens @ b'0'..=b'9', ones @ b'0'..=b'9']) = text.get(at..).and_then(<[u8]>::first_chunk) {
            value = i64::from(tens - b'0') * 10 + i64::from(ones - b'0');
            at += 2;
        }
        while let Some(&byte) = text.get(at).filter(|byte| byte.is_ascii_digit()) {
            // No text is long enough for its digits to make up for an exponent as large as this.
            value = (value * 10 + i64::from(byte - b'0')).min(1 << 55);
            at += 1;
        }
        if at == first {
            return None;
        }
        exponent += if down { -value } else { value };
    }
    let magnitude = match count <= 19 || significant(&text[start..at]) <= 19 {
        true => scale(mantissa, exponent),
        false => None,
    };
    let value = match magnitude {
        Some(magnitude) => signed(magnitude),
        None => exact(&text[..at])?,
    };
    Some((value, at))
}

/// The length of a positive number that `%.18e` prints.
const PRINTED: usize = 24;

/// The number that `text` is but for its last byte, as the bits of an `f64`, if it looks as `%.18e` prints it.
///
/// That is how NumPy writes by default, with a place for each digit: no digit waits for the length of those before.
#[inline(always)]
fn printed(text: &[u8; PRINTED + 1]) -> Option<u64> {
    const LAST: u64 = u64::from_le_bytes(*b"0000e+00");
    const MINUS: u64 = u64::from_le_bytes([0, 0, 0, 0, 0, b'+' ^ b'-', 0, 0]);
    let word = |at: usize| text.get(at..)?.first_chunk().copied().map(u64::from_le_bytes);
    let [first, b'.', .., sign, _, _, after] = *text else {
        return None;
    };
    let first = u64::from(first.wrapping_sub(b'0'));
    let minus = sign == b'-';
    let (high, low) = (word(2)? ^ ZEROS, word(10)? ^ ZEROS);
    // The last two of `low` once more, and what comes after them.
    let last = word(16)? ^ LAST ^ if minus { MINUS } else { 0 };
    let other = above(high, [9; 8]) | above(low, [9; 8]) | above(last, [9, 9, 9, 9, 0, 0, 9, 9]);
    if other != 0 || !(1..=9).contains(&first) || after.is_ascii_digit() {
        return None;
    }
    let two = |at: u32| (last >> (8 * at) & 0xff) * 10 + (last >> (8 * at + 8) & 0xff);
    let mantissa = first * 10_u64.pow(18) + eight(high) * 10_u64.pow(10) + eight(low) * 100 + two(2);
    let exponent = i32::try_from(two(6)).unwrap_or(0);
    scale_normal(mantissa, (if minus { -exponent } else { exponent }) - 18)
}

/// Whether a number with this first byte is negative, and where its digits start.
///
/// Looked up, because a comparison becomes a branch, and random numbers take every other one the wrong way.
#[inline(always)]
fn sign(first: u8) -> (bool, usize) {
    const SIGNS: [u8; 256] = {
        let mut signs = [0; 256];
        signs[b'-' as usize] = 1;
        signs[b'+' as usize] = 1;
        signs
    };
    (first == b'-', usize::from(SIGNS[usize::from(first)]))
}

/// How many digits there are from the first one that is not zero, up to the exponent.
#[cold]
fn significant(number: &[u8]) -> usize {
    let mantissa = number.iter().take_while(|byte| !matches!(byte, b'e' | b'E'));
    mantissa
        .filter(|byte| **byte != b'.')
        .skip_while(|byte| **byte == b'0')
        .count()
}

#[cold]
fn exact(number: &[u8]) -> Option<f64> {
    std::str::from_utf8(number).ok()?.parse().ok()
}

/// `mantissa` x 10^`exponent`, correctly rounded, as the bits of an `f64`; `None` where this method cannot decide.
#[inline(always)]
#[allow(clippy::cast_possible_truncation)] // an exponent of 22 at most
fn scale(mantissa: u64, exponent: i64) -> Option<u64> {
    const EXACT: [f64; 23] = [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
        1e20, 1e21, 1e22,
    ];
    // Up to 2^53 it would be right, but then numbers of 16 digits, of which some are above, take now this way, now that.
    if mantissa < 1 << 40 && (-22..=22).contains(&exponent) {
        // Both are exact, so the one operation is correctly rounded.
        let power = EXACT[exponent.unsigned_abs() as usize];
        let value = mantissa as f64;
        let value = if exponent < 0 { value / power } else { value * power };
        return Some(value.to_bits());
    }
    match i32::try_from(exponent) {
        Ok(q @ NORMAL_FIRST..=NORMAL_LAST) if mantissa > 0 => scale_normal(mantissa, q),
        Ok(q @ FIRST..=LAST) if mantissa > 0 => scale_far(mantissa, q),
        _ if mantissa == 0 || exponent < 0 => Some(0),
        _ => Some(f64::INFINITY.to_bits()),
    }
}

/// [`scale`] of a mantissa that is not 0, by a power with which any such is a normal float.
#[inline(always)]
fn scale_normal(mantissa: u64, q: i32) -> Option<u64> {
    let (rounded, power) = round(mantissa, q)?;
    // The implicit bit adds one to the exponent, and so does a mantissa that is rounded up to one more bit.
    Some(rounded + ((u64::from(power.cast_unsigned()) - 1) << 52))
}

/// [`scale`] by a power with which only some mantissas are normal floats.
#[cold]
fn scale_far(mantissa: u64, q: i32) -> Option<u64> {
    let (_, power) = round(mantissa, q)?;
    (1..0x7fe).contains(&power).then(|| scale_normal(mantissa, q)).flatten()
}

/// The product rounded to 53 bits, and the biased exponent of the first of them.
///
/// The product with the power's upper half is short of the whole one by less than one unit of `high`. In it a rounding bit
/// of 0 stays unless all bits below are ones, and one of 1 with any bit below rounds up, be it carried into or not: the
/// upper half decides all but those two cases.
#[inline(always)]
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // the product is cut on purpose; q is in the table
fn round(mantissa: u64, q: i32) -> Option<(u64, i32)> {
    let zeros = mantissa.leading_zeros();
    let normal = mantissa << zeros;
    let five = POWERS[(q - MIN) as usize];
    let high = ((u128::from(normal) * (five >> 64)) >> 64) as u64;
    let (mut bits, mut upper) = cut(high);
    // One branch for both, seldom taken: numbers printed from floats come near one all the time, never near a tie.
    if (high ^ (bits & 1).wrapping_neg()) & 0x1ff == 0x1ff {
        (bits, upper) = near_tie(normal, five, q)?;
    }
    // log2 of 10^q, biased: 217706 / 2^16 is log2(10) as far as it matters here.
    let power = ((217_706 * q) >> 16) + 63 + 1023 + upper as i32 - zeros as i32;
    Some(((bits + (bits & 1)) >> 1, power))
}

/// The upper 54 bits of a product from its first bit on, the last of them the rounding bit; and that first bit.
#[inline(always)]
#[allow(clippy::cast_possible_truncation)] // one bit
fn cut(high: u64) -> (u64, u32) {
    let upper = (high >> 63) as u32;
    (high >> (upper + 9), upper)
}

/// The [`cut`] of the whole product, odd only if it must be rounded up; `None` if it does not decide.
#[cold]
#[inline(never)]
#[allow(clippy::cast_possible_truncation)] // the product is cut on purpose
fn near_tie(normal: u64, five: u128, q: i32) -> Option<(u64, u32)> {
    // The method wants reciprocals rounded up where a product could be exact, down elsewhere, as the table has them.
    let five = five + u128::from((-27..0).contains(&q));
    let lower = (u128::from(normal) * (five & u128::from(u64::MAX))) >> 64;
    let product = u128::from(normal) * (five >> 64) + lower;
    let (high, low) = ((product >> 64) as u64, product as u64);
    if low == u64::MAX && !(-27..=55).contains(&q) {
        return None;
    }
    let (mut bits, upper) = cut(high);
    if low <= 1 && (-4..=23).contains(&q) && bits & 3 == 1 && bits << (upper + 9) == high {
        bits &= !1; // an exact tie: to even
    }
    Some((bits, upper))
}

/// The integer that `text` starts with, `[+-]? digits`: whether it is negative, its magnitude, its length in bytes.
///
/// `None` for anything else, and for a magnitude beyond u64.
#[inline]
pub(crate) fn integer_prefix(text: &[u8]) -> Option<(bool, u64, usize)> {
    let (negative, start) = sign(*text.first()?);
    let mut value = 0;
    let end = digits(text, start, &mut value);
    match end - start {
        0 => None,
        1..=19 => Some((negative, value, end)),
        _ => Some((negative, long_integer(&text[start..end])?, end)),
    }
}

#[cold]
fn long_integer(digits: &[u8]) -> Option<u64> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str) {
        let expected: f64 = text.parse().unwrap();
        let (value, len) = float_prefix(text.as_bytes()).unwrap_or_else(|| panic!("{text} was refused"));
        assert_eq!(len, text.len(), "{text}");
        assert_eq!(value.to_bits(), expected.to_bits(), "{text}");
        // What follows a number must not change it, however the digits fall into words of eight.
        let followed = format!("{text},12345678");
        assert_eq!(
            float_prefix(followed.as_bytes()).map(|(value, len)| (value.to_bits(), len)),
            Some((expected.to_bits(), len))
        );
    }

    /// The next of a xorshift's numbers.
    fn next(state: &mut u64) -> u64 {
        *state ^= *state << 13;
        *state ^= *state >> 7;
        *state ^= *state << 17;
        *state
    }

    /// These 19 digits as `%.18e` prints them.
    fn printed(digits: u64, exponent: i32) -> String {
        let (first, rest) = (digits / 10_u64.pow(18), digits % 10_u64.pow(18));
        format!("{first}.{rest:018}e{exponent:+03}")
    }

    /// One random number as text, in one of the ways that numbers are hard.
    fn hard(state: &mut u64) -> String {
        let bits = next(state);
        let value = f64::from_bits(bits & !(1 << 63 | 0x7ff << 52) | ((bits >> 52) % 2047) << 52);
        let q = (next(state) % 680) as i64 - 360;
        match next(state) % 13 {
            0 => format!("{value:e}"),
            1 => format!("{value:.18e}"),
            2 => format!("{value:.16e}"),
            3 => format!(
                "{:?}",
                f64::from_bits(0x3ff0_0000_0000_0000 | bits >> 12) * 100.0 - 150.0
            ),
            4 => format!("{}e{q}", next(state) >> (next(state) % 64)),
            5 => format!("-{}.{}e{q}", bits % 1000, next(state) >> (next(state) % 64)),
            // All digits of a float, which is what an exact result must survive.
            6 => {
                let exponent = 1023 - 20 + bits % 40;
                format!(
                    "{:.60e}",
                    f64::from_bits(value.to_bits() & ((1 << 52) - 1) | exponent << 52)
                )
            }
            7 => {
                // m + 1/2 with m of 53 bits: a tie, written exactly.
                let m = bits >> 11 | 1 << 52;
                format!(
                    "{m}.5{}",
                    ["", "0", "000000000000000000001", "00000"][(next(state) % 4) as usize]
                )
            }
            8 => {
                let value = f64::from_bits(value.to_bits() & ((1 << 52) - 1) | (723 + bits % 600) << 52);
                let text = format!("{value:.18e}");
                let (digits, exponent) = text.split_once('e').unwrap();
                printed(digits.replace('.', "").parse().unwrap(), exponent.parse().unwrap())
            }
            9 => printed(bits % 10_u64.pow(19), (q % 110) as i32),
            10 => {
                // A tie, or as near to one as 19 digits come.
                let m = bits >> 10 | 1 << 53 | 1;
                let (scale, exponent) = if m < 10_u64.pow(16) { (1000, 15) } else { (100, 16) };
                printed(m * scale - 1 + next(state) % 3, exponent)
            }
            11 => format!("0.{:0>width$}{}", "", next(state), width = (next(state) % 400) as usize),
            _ => format!("{}{}", next(state), "0".repeat((next(state) % 300) as usize)),
        }
    }

    #[test]
    fn floats_are_rounded_as_the_standard_library_rounds_them() {
        for text in [
            "0",
            "-0",
            "+0.0",
            "5.",
            ".5",
            "-.5e-3",
            "1e5",
            "1E+05",
            "1e400",
            "-1e-400",
            "1e99999999999999999999",
            "0e99999999999999999999",
            "9007199254740993",
            "9007199254740993.0000000000000000001",
            "4.9e-324",
            "2.5e-324",
            "2.4703282292062327e-324",
            "2.2250738585072011e-308",
            "1.7976931348623158e308",
            "1.7976931348623159e308",
            "8.988465674311580e307",
            "123456789012345678901234567890",
            "0.00000000000000000000000000000001",
            "18446744073709551615e-27",
            "9223372036854775808e23",
            "12345678",
            "1234567",
            "123456789",
            "1e23",
            "5e-20",
        ] {
            check(text);
        }
        let mut state = 0x2545_f491_4f6c_dd1d;
        for _ in 0..100_000 {
            check(&hard(&mut state));
        }
        for q in FIRST - 30..=LAST + 30 {
            check(&format!("9007199254740993e{q}"));
            check(&format!("17976931348623157081e{q}"));
        }
    }

    #[test]
    #[ignore = "tens of millions of strings: run in release mode"]
    fn floats_by_the_million() {
        let now = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap();
        let given = std::env::var("NDARRAY_IO_SEED").ok();
        let seed = given.map_or(now.as_secs(), |seed| seed.parse().unwrap()) << 1 | 1;
        println!("seed {seed}");
        let mut state = seed;
        for _ in 0..50_000_000 {
            check(&hard(&mut state));
        }
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for text in ["", "-", ".", "+.", "e5", "1e", "1e+", "nan", "inf", "x", "-.e1"] {
            assert_eq!(float_prefix(text.as_bytes()), None, "{text}");
        }
        assert_eq!(float_prefix(b"1.5.5"), Some((1.5, 3)));
        assert_eq!(float_prefix(b"0x10"), Some((0.0, 1)));
    }

    #[test]
    fn integers_to_the_last_of_u64() {
        assert_eq!(integer_prefix(b"18446744073709551615,"), Some((false, u64::MAX, 20)));
        assert_eq!(integer_prefix(b"18446744073709551616"), None);
        assert_eq!(
            integer_prefix(b"-0000000000000000000000000000000007x"),
            Some((true, 7, 35))
        );
        assert_eq!(integer_prefix(b"+12345678 9"), Some((false, 12_345_678, 9)));
        assert_eq!(integer_prefix(b"-"), None);
    }
}
