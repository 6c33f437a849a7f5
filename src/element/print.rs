//! Numbers to text, as NumPy's `astype` writes them: `str` of its scalars.

use num_complex::Complex;

use super::convert::{cast_one, half_of};
use crate::dtype::{Kind, Scalar};

/// The number in `bytes`, which is no long double: the digits of those no type of Rust's has.
pub(super) fn number(scalar: Scalar, swap: bool, bytes: &[u8]) -> String {
    match scalar.kind() {
        Kind::Bool => match cast_one(scalar, swap, bytes) {
            true => "True".to_owned(),
            false => "False".to_owned(),
        },
        Kind::Int => cast_one::<i64>(scalar, swap, bytes).to_string(),
        Kind::Uint => cast_one::<u64>(scalar, swap, bytes).to_string(),
        Kind::Complex => complex(cast_one(scalar, swap, bytes), scalar),
        _ => float(cast_one(scalar, swap, bytes), scalar, ".0"),
    }
}

/// `(1+2j)`, or `2j` if the real part is 0.
fn complex(value: Complex<f64>, scalar: Scalar) -> String {
    let part = match scalar {
        Scalar::Complex64 => Scalar::Float32,
        _ => Scalar::Float64,
    };
    let im = float(value.im, part, "");
    if value.re == 0.0 && value.re.is_sign_positive() {
        return format!("{im}j");
    }
    let plus = if im.starts_with('-') { "" } else { "+" };
    format!("({}{plus}{im}j)", float(value.re, part, ""))
}

/// The shortest digits that read back to the same float of that type; `whole` follows those without a fraction.
fn float(value: f64, scalar: Scalar, whole: &str) -> String {
    if value.is_nan() {
        return "nan".to_owned();
    }
    let magnitude = value.abs();
    let sign = if value.is_sign_negative() { "-" } else { "" };
    if magnitude.is_infinite() {
        return format!("{sign}inf");
    }
    let shortest = shortest(magnitude, scalar);
    let (mantissa, exponent) = shortest.split_once('e').unwrap_or((&shortest, "0"));
    let k: i32 = exponent.parse().unwrap_or(0);
    if magnitude == 0.0 || (1e-4..scalar.largest_positional()).contains(&magnitude) {
        let digits: Vec<u8> = mantissa.bytes().filter(|&byte| byte != b'.').collect();
        let text = point_layout(&digits, k, false);
        let whole = if text.contains(&b'.') { "" } else { whole };
        return format!("{sign}{}{whole}", String::from_utf8_lossy(&text));
    }
    let end = if k < 0 { '-' } else { '+' };
    format!("{sign}{mantissa}e{end}{:02}", k.unsigned_abs())
}

/// The digits with their point after that of 10^0, zeros where they do not reach it; `point` even where nothing follows.
pub(crate) fn point_layout(digits: &[u8], k: i32, point: bool) -> Vec<u8> {
    let mut text = Vec::with_capacity(digits.len() + 8);
    match usize::try_from(k) {
        Ok(up) => {
            let split = digits.len().min(up + 1);
            text.extend_from_slice(&digits[..split]);
            text.resize(up + 1, b'0');
            if split < digits.len() || point {
                text.push(b'.');
            }
            text.extend_from_slice(&digits[split..]);
        }
        Err(_) => {
            text.extend_from_slice(b"0.");
            text.resize(1 + k.unsigned_abs() as usize, b'0');
            text.extend_from_slice(digits);
        }
    }
    text
}

/// In the form `1.5e-3`.
#[allow(clippy::cast_possible_truncation)] // an f32 was one
fn shortest(magnitude: f64, scalar: Scalar) -> String {
    let even = |places: usize| format!("{magnitude:.places$e}");
    let shortest = match scalar {
        // Five digits tell any two of them apart. Above a power of two there is more room than below it, so that of
        // two texts as near the upper one may be the only one that reads back.
        Scalar::Float16 => {
            let upper = |places: usize| format!("{:.places$e}", magnitude * (1.0 + f64::EPSILON));
            let same = |text: &String| text.parse().is_ok_and(|read| half_of(read).to_f64() == magnitude);
            let mut texts = (0..4).flat_map(|places| [even(places), upper(places)]);
            return texts.find(same).unwrap_or_else(|| even(4));
        }
        Scalar::Float32 => format!("{:e}", magnitude as f32),
        _ => format!("{magnitude:e}"),
    };
    // Of two texts as near std takes the upper one, NumPy the even one.
    let fraction = shortest.split(['.', 'e']).nth(1).filter(|_| shortest.contains('.'));
    let even = even(fraction.map_or(0, str::len));
    let same = match scalar {
        Scalar::Float32 => even.parse() == Ok(magnitude as f32),
        _ => even.parse() == Ok(magnitude),
    };
    if same { even } else { shortest }
}
