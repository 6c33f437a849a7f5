//! Floats that no library prints, halves and x86's long doubles: their exact decimal digits, and the fewest of them that
//! tell a float from its neighbours.
//!
//! The numbers are whole in base 10^9, so that digits come without division; nothing here is fast.

use std::cmp::Ordering;

const BASE: u64 = 1_000_000_000;

/// Decimal digits, the first for 10^`exponent`; no zeros around them. Zero has none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Decimal {
    pub(super) digits: Vec<u8>,
    pub(super) exponent: i32,
}

impl Decimal {
    /// m × 2^e, exactly.
    pub(super) fn new(m: u128, e: i32) -> Decimal {
        let mut limbs = Vec::new(); // the lowest first
        let mut rest = m;
        while rest > 0 {
            limbs.push(u64::try_from(rest % u128::from(BASE)).unwrap_or(0));
            rest /= u128::from(BASE);
        }
        // 2^-n is 5^n / 10^n.
        let (factor, exponent) = if e < 0 { (5_u64, e) } else { (2, 0) };
        let mut count = e.unsigned_abs();
        while count > 0 {
            let step = count.min(12); // 5^12 × 10^9 < 2^64
            multiply(&mut limbs, factor.pow(step));
            count -= step;
        }
        let mut digits = Vec::new();
        for limb in limbs.iter().rev() {
            digits.extend(format!("{limb:09}").bytes());
        }
        let last = i32::try_from(digits.len()).unwrap_or(i32::MAX) - 1;
        Decimal::trimmed(digits, exponent.saturating_add(last))
    }

    pub(super) fn trimmed(mut digits: Vec<u8>, exponent: i32) -> Decimal {
        let zeros = digits.iter().take_while(|&&digit| digit == b'0').count();
        digits.drain(..zeros);
        while digits.last() == Some(&b'0') {
            digits.pop();
        }
        let exponent = match digits.is_empty() {
            true => 0,
            false => exponent - i32::try_from(zeros).unwrap_or(0),
        };
        Decimal { digits, exponent }
    }

    /// Rounded to at most `count` digits, up or, as the case may be, down; half to even without a direction.
    pub(super) fn rounded(&self, count: usize, direction: Option<Ordering>) -> Decimal {
        let Some((kept, cut)) = self.digits.split_at_checked(count).filter(|(_, cut)| !cut.is_empty()) else {
            return self.clone();
        };
        let is_odd = kept.last().is_some_and(|digit| digit % 2 == 1);
        let up = match (direction, cut) {
            (Some(direction), _) => direction == Ordering::Greater,
            (None, [b'5']) => is_odd,
            (None, [first, ..]) => *first >= b'5',
            (None, []) => false,
        };
        let mut digits = vec![b'0'];
        digits.extend_from_slice(kept);
        if up {
            for digit in digits.iter_mut().rev() {
                if *digit == b'9' {
                    *digit = b'0';
                } else {
                    *digit += 1;
                    break;
                }
            }
        }
        Decimal::trimmed(digits, self.exponent + 1)
    }

    /// Rounded to `decimals` digits after the point, half to even.
    pub(super) fn to_decimals(&self, decimals: usize) -> Decimal {
        let kept = i64::from(self.exponent) + 1 + i64::try_from(decimals).unwrap_or(i64::MAX);
        match usize::try_from(kept) {
            Ok(count) => self.rounded(count, None),
            Err(_) => Decimal::trimmed(Vec::new(), 0),
        }
    }

    fn compare(&self, other: &Decimal) -> Ordering {
        match (self.digits.is_empty(), other.digits.is_empty()) {
            (false, false) => (self.exponent.cmp(&other.exponent)).then_with(|| self.digits.cmp(&other.digits)),
            (own, others) => others.cmp(&own),
        }
    }
}

fn multiply(limbs: &mut Vec<u64>, factor: u64) {
    let mut carry = 0;
    for limb in limbs.iter_mut() {
        carry += *limb * factor;
        *limb = carry % BASE;
        carry /= BASE;
    }
    if carry > 0 {
        limbs.push(carry);
    }
}

/// The fewest digits nearer to the float m × 2^e than to any other, and of those the nearest, as NumPy finds them;
/// `closer_below` if the next smaller float is only half as far as the next larger.
pub(super) fn shortest(m: u128, e: i32, closer_below: bool) -> Decimal {
    let value = Decimal::new(m, e);
    let low = Decimal::new(4 * m - if closer_below { 1 } else { 2 }, e - 2);
    let high = Decimal::new(4 * m + 2, e - 2);
    for count in 1..value.digits.len() {
        // Where the neighbours are not equally far the nearest number may not do, and the one on the other side does.
        for direction in [None, Some(Ordering::Greater), Some(Ordering::Less)] {
            let candidate = value.rounded(count, direction);
            // Half way to a neighbour is read as the even one of the two.
            let within = |order| order == Ordering::Less || (order == Ordering::Equal && m & 1 == 0);
            if within(low.compare(&candidate)) && within(candidate.compare(&high)) {
                return candidate;
            }
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exact_digits_are_those_of_std() {
        let mut bits = 1_u64;
        for _ in 0..2_000 {
            bits = bits
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let x = f64::from_bits(bits >> 1);
            if !x.is_normal() {
                continue;
            }
            let m = u128::from(x.to_bits() & ((1 << 52) - 1) | 1 << 52);
            let e = i32::try_from(x.to_bits() >> 52).unwrap() - 1075;
            let exact = format!("{x:.800e}");
            let (digits, exponent) = exact.split_once('e').unwrap();
            let digits: Vec<u8> = digits.bytes().filter(u8::is_ascii_digit).collect();
            let expected = Decimal::trimmed(digits, exponent.parse().unwrap());
            assert_eq!(Decimal::new(m, e), expected);
            let shortest = shortest(m, e, m == 1 << 52);
            let text = String::from_utf8(shortest.digits).unwrap();
            let text = format!("{text}e{}", shortest.exponent - i32::try_from(text.len() - 1).unwrap());
            assert_eq!(text.parse::<f64>().unwrap(), x);
            assert_eq!(
                text.split('e').next().unwrap().len(),
                format!("{x:e}").split('e').next().unwrap().replace('.', "").len(),
                "{x:e} {text}"
            );
        }
    }

    #[test]
    fn rounding() {
        let decimal = |text: &str, exponent| Decimal {
            digits: text.as_bytes().to_vec(),
            exponent,
        };
        assert_eq!(decimal("125", 0).rounded(2, None), decimal("12", 0));
        assert_eq!(decimal("135", 0).rounded(2, None), decimal("14", 0));
        assert_eq!(decimal("1251", 0).rounded(2, None), decimal("13", 0));
        assert_eq!(decimal("9996", 0).rounded(3, None), decimal("1", 1));
        assert_eq!(decimal("125", -3).to_decimals(4), decimal("12", -3));
        assert_eq!(decimal("7", -3).to_decimals(2), decimal("1", -2));
        assert_eq!(decimal("5", -3).to_decimals(2), decimal("", 0));
        assert_eq!(decimal("7", -3).to_decimals(1), decimal("", 0));
        assert_eq!(Decimal::new(0, 5), decimal("", 0));
    }
}
