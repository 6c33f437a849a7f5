//! Text to x86's 80-bit floats, as C's strtold reads it. Rare, so it is exact and simple: integers of any length.

/// The long double that `field` is, in the low 80 bits.
pub(crate) fn parse(field: &str) -> Option<u128> {
    const INFINITY: u128 = 0x7fff << 64 | 1 << 63;
    const NAN: u128 = INFINITY | 1 << 62;
    // NumPy hands ASCII to C, for which a NUL ends the text.
    let text = field.split('\0').next().filter(|_| field.is_ascii())?;
    let text = text.trim_start_matches(|c: char| matches!(c, ' ' | '\t'..='\r'));
    let (negative, text) = match text.strip_prefix('-') {
        Some(text) => (true, text),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let lower = text.to_ascii_lowercase();
    let magnitude = match lower.as_str() {
        "inf" | "infinity" => INFINITY,
        "nan" => return Some(NAN),
        _ => match (lower.strip_prefix("nan("), lower.strip_prefix("0x")) {
            (Some(rest), _) => {
                let inside = rest.strip_suffix(')')?;
                let word = inside.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
                return word.then_some(NAN);
            }
            (None, Some(hex)) => hexadecimal(hex)?,
            (None, None) => decimal(&lower)?,
        },
    };
    Some(magnitude | u128::from(negative) << 79)
}

/// The digits of a number in some base without its point, how many stood behind it, and what the exponent after
/// `letter` says; bounded to what no result depends on.
fn parts(text: &str, letter: char, radix: u32) -> Option<(Vec<u8>, i64, i64)> {
    let (mantissa, exponent) = match text.split_once(letter) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (text, None),
    };
    let exponent = match exponent {
        None => 0,
        Some(text) => {
            let (negative, digits) = match text.strip_prefix('-') {
                Some(digits) => (true, digits),
                None => (false, text.strip_prefix('+').unwrap_or(text)),
            };
            if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
                return None;
            }
            let value = digits
                .bytes()
                .fold(0_i64, |n, byte| (n * 10 + i64::from(byte - b'0')).min(1 << 50));
            if negative { -value } else { value }
        }
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits: Option<Vec<u8>> = whole
        .chars()
        .chain(fraction.chars())
        .map(|c| u8::try_from(c.to_digit(radix)?).ok())
        .collect();
    let digits = digits.filter(|digits| !digits.is_empty())?;
    Some((digits, i64::try_from(fraction.len()).ok()?, exponent))
}

fn hexadecimal(text: &str) -> Option<u128> {
    let (digits, fraction, exponent) = parts(text, 'p', 16)?;
    let mut exponent = exponent - 4 * fraction;
    let (mut value, mut lost) = (0_u128, false);
    for digit in digits {
        match value >> 124 {
            0 => value = value << 4 | u128::from(digit),
            _ => {
                lost |= digit != 0;
                exponent += 4;
            }
        }
    }
    Some(round(value, exponent, lost))
}

fn decimal(text: &str) -> Option<u128> {
    /// The digits of the longest tie between two long doubles, and some.
    const MOST: usize = 12_000;
    let (digits, fraction, exponent) = parts(text, 'e', 10)?;
    let leading = digits.iter().take_while(|digit| **digit == 0).count();
    let digits = digits.get(leading..).unwrap_or_default();
    let used = digits.get(..MOST).unwrap_or(digits);
    let mut exponent = exponent - fraction + i64::try_from(digits.len() - used.len()).ok()?;
    let size = exponent + i64::try_from(used.len()).ok()?;
    if used.is_empty() || size < -5_000 {
        return Some(0);
    }
    if size > 5_000 {
        return Some(round(1, 20_000, false));
    }
    let mut top = Big::default();
    used.iter().for_each(|digit| top.multiply_add(10, u64::from(*digit)));
    if digits.len() > used.len() {
        // Whatever follows is more than nothing and less than one of the last digit.
        top.multiply_add(10, 1);
        exponent -= 1;
    }
    let mut bottom = Big(vec![1]);
    let scaled = if exponent < 0 { &mut bottom } else { &mut top };
    (0..exponent.unsigned_abs()).for_each(|_| scaled.multiply_add(10, 0));
    // A quotient of 66 or 67 bits: more than a mantissa has.
    let shift = 66 - (top.bits() - bottom.bits());
    let scaled = if shift < 0 { &mut bottom } else { &mut top };
    scaled.shift_left(shift.unsigned_abs());
    let mut quotient = 0_u128;
    bottom.shift_left(67);
    for _ in 0..68 {
        quotient = quotient << 1 | u128::from(top.subtract_if_less_or_equal(&bottom));
        bottom.halve();
    }
    Some(round(quotient, -shift, top.bits() > 0))
}

/// `value` x 2^`exponent` to the nearest, ties to even; `lost` says that it is a little more than that.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // bounded by the branches before
fn round(value: u128, exponent: i64, lost: bool) -> u128 {
    const BIAS: i64 = 16_383;
    if value == 0 {
        return 0;
    }
    // Bits below the point of the result are moved out of an integer that has room for them.
    let up = value.leading_zeros();
    let (value, exponent) = (value << up, exponent - i64::from(up));
    let top = exponent + 127;
    if top > BIAS {
        return 0x7fff << 64 | 1 << 63;
    }
    let lowest = (top - 63).max(1 - BIAS - 63);
    let drop = lowest - exponent;
    if drop > 128 {
        return 0;
    }
    let (kept, rest) = match drop {
        128 => (0, value),
        _ => (value >> drop, value << (128 - drop)),
    };
    let up = rest > 1 << 127 || rest == 1 << 127 && (lost || kept & 1 == 1);
    let mantissa = kept + u128::from(up);
    let biased = (lowest + 63 + BIAS) as u128;
    match mantissa >> 63 {
        0 => mantissa, // subnormal
        1 => biased << 64 | mantissa,
        _ => (biased + 1) << 64 | mantissa >> 1, // rounded up to the next power of two, perhaps to infinity
    }
}

/// An unsigned integer, lowest limb first.
#[derive(Default)]
struct Big(Vec<u64>);

#[allow(clippy::cast_possible_truncation)] // limbs are cut on purpose
impl Big {
    fn multiply_add(&mut self, factor: u64, add: u64) {
        let mut carry = u128::from(add);
        for limb in &mut self.0 {
            carry += u128::from(*limb) * u128::from(factor);
            *limb = carry as u64;
            carry >>= 64;
        }
        if carry > 0 {
            self.0.push(carry as u64);
        }
    }

    fn bits(&self) -> i64 {
        let top = self.0.iter().rposition(|limb| *limb != 0);
        top.map_or(0, |at| 64 * (at as i64 + 1) - i64::from(self.0[at].leading_zeros()))
    }

    fn shift_left(&mut self, bits: u64) {
        (0..bits % 64).for_each(|_| self.multiply_add(2, 0));
        self.0.splice(0..0, std::iter::repeat_n(0, (bits / 64) as usize));
    }

    fn halve(&mut self) {
        let mut carry = 0;
        for limb in self.0.iter_mut().rev() {
            (*limb, carry) = (*limb >> 1 | carry << 63, *limb & 1);
        }
    }

    fn subtract_if_less_or_equal(&mut self, other: &Big) -> bool {
        let len = self.0.len().max(other.0.len());
        self.0.resize(len, 0);
        let others = || other.0.iter().copied().chain(std::iter::repeat(0)).take(len);
        let mine = self.0.iter().rev().copied();
        let theirs: Vec<u64> = others().collect();
        if mine.lt(theirs.iter().rev().copied()) {
            return false;
        }
        let mut borrow = false;
        for (limb, other) in self.0.iter_mut().zip(theirs) {
            let (less, first) = limb.overflowing_sub(other);
            let (less, second) = less.overflowing_sub(u64::from(borrow));
            (*limb, borrow) = (less, first || second);
        }
        true
    }
}
