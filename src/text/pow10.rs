//! Powers of ten to 128 bits, made at compile time from exact integers.

/// The least and the greatest exponent in the table: what 1 to 19 digits of any `f64` need, read or printed.
pub(super) const MIN: i32 = -342;
pub(super) const MAX: i32 = 345;

#[allow(clippy::cast_sign_loss)] // a positive constant
const LEN: usize = (MAX - MIN + 1) as usize;
/// 64-bit limbs: 10^345 has 1147 bits, and 10^-342 needs 1137 + 128 below the point.
const LIMBS: usize = 20;

/// For q from `MIN`: g with 10^q = (g + d) × 2^[`exponent`]`(q)`, 2^127 <= g < 2^128, 0 <= d < 1.
pub(super) static POWERS: [u128; LEN] = table();

/// Whether 10^q is exactly its entry: 5^55 is the last power of five below 2^128.
#[inline]
pub(super) fn is_exact(q: i32) -> bool {
    (0..=55).contains(&q)
}

/// floor(q × log2(10)) - 127.
#[inline]
pub(super) fn exponent(q: i32) -> i32 {
    ((q * 1_741_647) >> 19) - 127
}

/// floor(e × log10(2)).
#[inline]
pub(super) fn log10_pow2(e: i32) -> i32 {
    (e * 315_653) >> 20
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // limbs of 64 bits; exponents within the table
const fn table() -> [u128; LEN] {
    let mut powers = [0; LEN];
    let mut number = [0_u64; LIMBS];
    number[0] = 1;
    let mut q = 0;
    while q <= MAX {
        powers[(q - MIN) as usize] = top(&number);
        let mut carry = 0_u128;
        let mut i = 0;
        while i < LIMBS {
            carry += number[i] as u128 * 10;
            number[i] = carry as u64;
            carry >>= 64;
            i += 1;
        }
        q += 1;
    }
    // Dividing one by one loses nothing: floor(floor(x / 10) / 10) = floor(x / 100).
    number = [0; LIMBS];
    number[LIMBS - 1] = 1 << 63;
    q = -1;
    while q >= MIN {
        let mut rest = 0_u128;
        let mut i = LIMBS;
        while i > 0 {
            i -= 1;
            rest = rest << 64 | number[i] as u128;
            number[i] = (rest / 10) as u64;
            rest %= 10;
        }
        powers[(q - MIN) as usize] = top(&number);
        q -= 1;
    }
    powers
}

/// The top 128 bits of the number, the first of them 1.
const fn top(number: &[u64; LIMBS]) -> u128 {
    let mut i = LIMBS - 1;
    while number[i] == 0 {
        i -= 1;
    }
    let a = number[i];
    let b = if i >= 1 { number[i - 1] } else { 0 };
    let c = if i >= 2 { number[i - 2] } else { 0 };
    let shift = a.leading_zeros();
    let high = (a as u128) << 64 | b as u128;
    if shift == 0 {
        high
    } else {
        high << shift | (c >> (64 - shift)) as u128
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_holds_what_it_says() {
        let power = |q: i32| POWERS[usize::try_from(q - MIN).unwrap()];
        for q in 0..=55 {
            // 5^q, moved to the top.
            let five = 5_u128.pow(u32::try_from(q).unwrap());
            assert_eq!(power(q), five << five.leading_zeros(), "10^{q}");
            assert!(is_exact(q));
        }
        assert!(5_u128.checked_pow(56).is_none());
        for q in MIN..=MAX {
            if q < MAX {
                // Ten times the entry, cut; the part that was cut off the entry before adds less than two.
                let up = exponent(q + 1) - exponent(q);
                let ten_times = (power(q) >> up) * 10 + (((power(q) & ((1 << up) - 1)) * 10) >> up);
                assert!((3..=4).contains(&up) && power(q + 1) - ten_times <= 2, "10^{q}");
            }
            assert!(power(q) >> 127 == 1);
            // What `digits::reaches` takes for granted.
            assert!(
                (power(q) & u128::from(u64::MAX) != 0) != (0..=27).contains(&q),
                "10^{q}"
            );
        }
        for e in -1100..1100 {
            assert_eq!(
                f64::from(log10_pow2(e)),
                (f64::from(e) * std::f64::consts::LOG10_2).floor(),
                "2^{e}"
            );
        }
        for q in MIN..=MAX {
            assert_eq!(
                f64::from(exponent(q) + 127),
                (f64::from(q) * std::f64::consts::LOG2_10).floor(),
                "10^{q}"
            );
        }
    }
}
