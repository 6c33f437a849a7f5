//! Numbers out of text, as Python's `int`, `float` and `complex` read them for NumPy's `astype`.

use super::python::plain_number;
use super::wide::Wide;

/// `[+-]digits`; the nearest that 64 bits and a sign can say, if it is beyond.
pub(super) fn int(text: &str) -> Option<Wide> {
    let text = plain_number(text)?;
    let digits = text.strip_prefix(['+', '-']).unwrap_or(&text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some(match (text.parse::<i64>(), text.parse::<u64>()) {
        (Ok(value), _) => Wide::Int(value),
        (_, Ok(value)) => Wide::Uint(value),
        // No integer is equal to it.
        _ => Wide::Float(f64::INFINITY),
    })
}

/// Decimal digits with a point and an exponent, `inf`, `infinity`, `nan`.
pub(super) fn float(text: &str) -> Option<Wide> {
    real(&plain_number(text)?).map(Wide::Float)
}

/// A float, or `1+2j`, `2j`, `j`, in parentheses or not.
pub(super) fn complex(text: &str) -> Option<Wide> {
    let text = plain_number(text)?;
    let text = match text.strip_prefix('(') {
        // Blanks that are in ASCII by now, of which Python strips C's.
        Some(inner) => inner
            .strip_suffix(')')?
            .trim_matches(|c: char| matches!(c, ' ' | '\t'..='\r')),
        None => &*text,
    };
    let Some(parts) = text.strip_suffix(['j', 'J']) else {
        return Some(Wide::Complex(real(text)?, 0.0));
    };
    // The sign between the parts is the last one that is not of an exponent.
    let bytes = parts.as_bytes();
    let is_sign = |at: usize| {
        let before = at.checked_sub(1).and_then(|before| bytes.get(before));
        matches!(bytes.get(at), Some(b'+' | b'-')) && !matches!(before, Some(b'e' | b'E'))
    };
    let sign = (0..bytes.len()).rev().find(|&at| is_sign(at)).unwrap_or(0);
    let (re, im) = parts.split_at_checked(sign)?;
    let re = if re.is_empty() { 0.0 } else { real(re)? };
    let im = match im {
        "" | "+" => 1.0,
        "-" => -1.0,
        im => real(im)?,
    };
    Some(Wide::Complex(re, im))
}

/// Rust's own grammar of floats is Python's.
fn real(text: &str) -> Option<f64> {
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `numpy.array([text]).astype` gave for i8, f8 and c16; `-` for an error.
    #[test]
    fn texts_are_the_numbers_that_numpy_reads() {
        let table = [
            ("1", "1", "1.0", "1.0+0.0j"),
            (" 2 ", "2", "2.0", "2.0+0.0j"),
            ("\t5\n", "5", "5.0", "5.0+0.0j"),
            ("+5", "5", "5.0", "5.0+0.0j"),
            ("-1", "-1", "-1.0", "-1.0+0.0j"),
            ("1_000", "1000", "1000.0", "1000.0+0.0j"),
            ("1e1_0", "-", "10000000000.0", "10000000000.0+0.0j"),
            ("1.5", "-", "1.5", "1.5+0.0j"),
            ("1.", "-", "1.0", "1.0+0.0j"),
            (".5", "-", "0.5", "0.5+0.0j"),
            ("1e400", "-", "inf", "inf+0.0j"),
            ("-Infinity", "-", "-inf", "-inf+0.0j"),
            ("nan", "-", "NaN", "NaN+0.0j"),
            ("1+2j", "-", "-", "1.0+2.0j"),
            (" (1e-2-2e+1J) ", "-", "-", "0.01-20.0j"),
            ("2j", "-", "-", "0.0+2.0j"),
            ("j", "-", "-", "0.0+1.0j"),
            ("1+j", "-", "-", "1.0+1.0j"),
            ("-j", "-", "-", "0.0-1.0j"),
            ("(1)", "-", "-", "1.0+0.0j"),
            ("1 + 2j", "-", "-", "-"),
            ("1j2", "-", "-", "-"),
            ("0x10", "-", "-", "-"),
            ("", "-", "-", "-"),
            ("True", "-", "-", "-"),
            ("1 2", "-", "-", "-"),
            ("nan(123)", "-", "-", "-"),
            ("infinit", "-", "-", "-"),
            ("1e", "-", "-", "-"),
            ("1__0", "-", "-", "-"),
            ("_1", "-", "-", "-"),
            ("1_", "-", "-", "-"),
            (".", "-", "-", "-"),
        ];
        let show = |value: Option<Wide>| value.map_or_else(|| "-".to_owned(), |value| value.to_string());
        for (text, expected_int, expected_float, expected_complex) in table {
            assert_eq!(show(int(text)), expected_int, "{text:?} as an int");
            assert_eq!(show(float(text)), expected_float, "{text:?} as a float");
            assert_eq!(show(complex(text)), expected_complex, "{text:?} as a complex");
        }
    }
}
