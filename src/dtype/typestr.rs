//! The strings that `numpy.dtype` accepts: `<f8`, `float64`, `M8[25s]`, `(2,3)f4`, `i4, f8`.

use super::literal::{self, Dialect, Malformed};
use super::subarray::with_dims;
use super::unit::{Unit, integer};
use super::{ByteOrder, Dtype, Repr, Scalar};

/// The dtype that a string stands for; `at` is where an error says the string is.
pub(super) fn parse(text: &str, at: usize) -> Result<Dtype, Malformed> {
    if is_comma_string(text) {
        return comma_string(text, at);
    }
    let (order, code) = match text.as_bytes().first() {
        Some(b'>') => (ByteOrder::Big, &text[1..]),
        Some(b'<') => (ByteOrder::Little, &text[1..]),
        Some(b'=' | b'|') => (ByteOrder::NATIVE, &text[1..]),
        _ => (ByteOrder::NATIVE, text),
    };
    for (prefixes, make) in [
        (["M8", "datetime64"], Repr::Datetime as fn(Unit, ByteOrder) -> Repr),
        (["m8", "timedelta64"], Repr::Timedelta),
    ] {
        if let Some(meta) = prefixes.iter().find_map(|prefix| code.strip_prefix(prefix)) {
            let unit = match meta.strip_prefix('[').and_then(|meta| meta.strip_suffix(']')) {
                None if meta.is_empty() => Some(Unit::GENERIC),
                inner => inner.and_then(Unit::parse),
            };
            return match unit {
                Some(unit) => Ok(Dtype(make(unit, order))),
                None => Err(Malformed::new(
                    at,
                    format!("{text:?} has no unit of time that is known, such as [ns], [25s] or [h/4]"),
                )),
            };
        }
    }
    by_code(code, order)
        // NumPy knows the names in the machine's byte order only.
        .or_else(|| by_name(text))
        .ok_or_else(|| {
            Malformed::new(
                at,
                format!("no dtype is called {text:?}; some are '<f8', '|u1', '<U10', '<M8[ns]'"),
            )
        })
}

impl Dtype {
    /// The number that a descr of NumPy's own writing names, such as `<f8`; `None` for all else.
    pub(crate) fn of_plain_name(name: &[u8]) -> Option<Dtype> {
        let (order, code) = match name.split_first()? {
            (b'<', code) => (ByteOrder::Little, code),
            (b'>', code) => (ByteOrder::Big, code),
            (b'|', code @ (b"b1" | b"i1" | b"u1")) => (ByteOrder::NotApplicable, code),
            _ => return None,
        };
        let (&kind, size) = code.split_first()?;
        let size = match *size {
            [digit @ b'1'..=b'9'] => usize::from(digit - b'0'),
            [tens @ b'1'..=b'9', digit @ b'0'..=b'9'] => usize::from(tens - b'0') * 10 + usize::from(digit - b'0'),
            _ => return None,
        };
        number(kind, size).map(|scalar| Dtype::scalar(scalar, order))
    }
}

/// The number of that kind and size.
fn number(kind: u8, size: usize) -> Option<Scalar> {
    let scalar = match (kind, size) {
        (b'b', 1) => Scalar::Bool,
        (b'i', 1) => Scalar::Int8,
        (b'i', 2) => Scalar::Int16,
        (b'i', 4) => Scalar::Int32,
        (b'i', 8) => Scalar::Int64,
        (b'u', 1) => Scalar::Uint8,
        (b'u', 2) => Scalar::Uint16,
        (b'u', 4) => Scalar::Uint32,
        (b'u', 8) => Scalar::Uint64,
        (b'f', 2) => Scalar::Float16,
        (b'f', 4) => Scalar::Float32,
        (b'f', 8) => Scalar::Float64,
        (b'f', 16) => Scalar::LongDouble,
        (b'c', 8) => Scalar::Complex64,
        (b'c', 16) => Scalar::Complex128,
        (b'c', 32) => Scalar::ComplexLongDouble,
        _ => return None,
    };
    Some(scalar)
}

/// One letter, or a kind and its size.
fn by_code(code: &str, order: ByteOrder) -> Option<Dtype> {
    let scalar = |scalar| Some(Dtype::scalar(scalar, order));
    let letter = *code.as_bytes().first()?;
    if code.len() == 1 {
        return match letter {
            b'?' => scalar(Scalar::Bool),
            b'b' => scalar(Scalar::Int8),
            b'h' => scalar(Scalar::Int16),
            b'i' => scalar(Scalar::Int32),
            b'l' | b'q' | b'p' | b'n' => scalar(Scalar::Int64),
            b'B' => scalar(Scalar::Uint8),
            b'H' => scalar(Scalar::Uint16),
            b'I' => scalar(Scalar::Uint32),
            b'L' | b'Q' | b'P' | b'N' => scalar(Scalar::Uint64),
            b'e' => scalar(Scalar::Float16),
            b'f' => scalar(Scalar::Float32),
            b'd' => scalar(Scalar::Float64),
            b'g' => scalar(Scalar::LongDouble),
            b'F' => scalar(Scalar::Complex64),
            b'D' => scalar(Scalar::Complex128),
            b'G' => scalar(Scalar::ComplexLongDouble),
            b'M' => Some(Dtype(Repr::Datetime(Unit::GENERIC, order))),
            b'm' => Some(Dtype(Repr::Timedelta(Unit::GENERIC, order))),
            b'O' => Some(Dtype(Repr::Object)),
            b'S' | b'a' => Some(Dtype(Repr::Bytes(0))),
            b'c' => Some(Dtype(Repr::Bytes(1))),
            b'U' => Some(Dtype(Repr::Str(0, order))),
            b'V' => Some(Dtype(Repr::Void(0))),
            _ => None,
        };
    }
    let (size, rest) = integer(code.get(1..)?)?;
    let size = usize::try_from(size).ok().filter(|_| rest.is_empty())?;
    match (letter, size) {
        (b'O', 4 | 8) => Some(Dtype(Repr::Object)),
        (b'S' | b'a', _) => Some(Dtype(Repr::Bytes(size))),
        (b'U', _) if i32::try_from(4 * size as u64).is_ok() => Some(Dtype(Repr::Str(size, order))),
        (b'V', _) => Some(Dtype(Repr::Void(size))),
        _ => number(letter, size).map(|scalar| Dtype::scalar(scalar, order)),
    }
}

fn by_name(name: &str) -> Option<Dtype> {
    let scalar = match name {
        "bool" | "bool_" => Scalar::Bool,
        "int8" | "byte" => Scalar::Int8,
        "int16" | "short" => Scalar::Int16,
        "int32" | "intc" => Scalar::Int32,
        "int64" | "int" | "int_" | "intp" | "long" | "longlong" => Scalar::Int64,
        "uint8" | "ubyte" => Scalar::Uint8,
        "uint16" | "ushort" => Scalar::Uint16,
        "uint32" | "uintc" => Scalar::Uint32,
        "uint64" | "uint" | "uintp" | "ulong" | "ulonglong" => Scalar::Uint64,
        "float16" | "half" => Scalar::Float16,
        "float32" | "single" => Scalar::Float32,
        "float64" | "float" | "double" => Scalar::Float64,
        "longdouble" | "float128" => Scalar::LongDouble,
        "complex64" | "csingle" => Scalar::Complex64,
        "complex128" | "complex" | "cdouble" => Scalar::Complex128,
        "clongdouble" | "complex256" => Scalar::ComplexLongDouble,
        "object" | "object_" => return Some(Dtype(Repr::Object)),
        "bytes" | "bytes_" => return Some(Dtype(Repr::Bytes(0))),
        "str" | "str_" | "unicode" => return Some(Dtype(Repr::Str(0, ByteOrder::NATIVE))),
        "void" => return Some(Dtype(Repr::Void(0))),
        _ => return None,
    };
    Some(Dtype::native(scalar))
}

/// Whether NumPy reads it as `repeats dtype, repeats dtype, ..`.
fn is_comma_string(text: &str) -> bool {
    let bytes = text.as_bytes();
    let unordered = match bytes {
        [b'<' | b'>' | b'|' | b'=', rest @ ..] if !rest.is_empty() => rest,
        _ => bytes,
    };
    let empty_tuple = bytes.starts_with(b"()") || (bytes.len() > 3 && unordered.starts_with(b"()"));
    let mut brackets = 0_isize;
    unordered.first().is_some_and(u8::is_ascii_digit)
        || empty_tuple
        || bytes.iter().any(|byte| {
            brackets += match byte {
                b'[' => 1,
                b']' => -1,
                _ => 0,
            };
            *byte == b',' && brackets == 0
        })
}

fn comma_string(text: &str, at: usize) -> Result<Dtype, Malformed> {
    let mut items = Vec::new();
    let mut is_list = false;
    let mut rest = text;
    while !rest.is_empty() {
        let unrecognized = || {
            let number = items.len() + 1;
            Malformed::new(at, format!("format number {number} of {text:?} is not recognized"))
        };
        let (order1, after) = byte_order(rest);
        let (repeats, after) = repeats(after);
        let (order2, after) = byte_order(after);
        let (name, after) = item_name(after);
        // Then the end, a comma, or spaces to the end.
        let unspaced = after.trim_start();
        if let Some(next) = unspaced.strip_prefix(',') {
            is_list = true;
            rest = next.trim_start();
        } else if unspaced.is_empty() {
            rest = unspaced;
        } else {
            return Err(unrecognized());
        }
        let native = |order: &str| order == "|" || order == "=" || order == NATIVE;
        let inconsistent = !order1.is_empty() && !order2.is_empty() && order1 != order2;
        if inconsistent && !(order1 != "|" && order2 != "|" && native(order1) && native(order2)) {
            return Err(Malformed::new(
                at,
                format!("inconsistent byte orders {order1:?} and {order2:?}"),
            ));
        }
        let order = if order2.is_empty() { order1 } else { order2 };
        let dtype = if native(order) {
            parse(name, at)?
        } else {
            parse(&format!("{order}{name}"), at)?
        };
        items.push(if repeats.is_empty() {
            dtype
        } else {
            let shape = literal::parse(repeats, Dialect::Python3).map_err(|error| Malformed { at, ..error })?;
            with_dims(dtype, &literal::Node { at, ..shape })?
        });
    }
    match items.pop() {
        Some(item) if !is_list => Ok(item),
        Some(last) => {
            items.push(last);
            let fields = items
                .into_iter()
                .enumerate()
                .map(|(index, dtype)| (format!("f{index}"), None, dtype));
            Dtype::lay_out(fields, false).map_err(|error| Malformed::new(at, error.to_string()))
        }
        None => Err(Malformed::new(at, "an empty string is no dtype")),
    }
}

const NATIVE: &str = if cfg!(target_endian = "little") { "<" } else { ">" };

fn byte_order(text: &str) -> (&str, &str) {
    let length = usize::from(text.starts_with(['<', '>', '|', '=']));
    text.split_at(length)
}

/// ` *[(]?[ ,0-9]*[)]? *`
fn repeats(text: &str) -> (&str, &str) {
    let rest = text.trim_start_matches(' ');
    let rest = rest.strip_prefix('(').unwrap_or(rest);
    let rest = rest.trim_start_matches(|c: char| c == ' ' || c == ',' || c.is_ascii_digit());
    let rest = rest.strip_prefix(')').unwrap_or(rest);
    let rest = rest.trim_start_matches(' ');
    text.split_at(text.len() - rest.len())
}

/// `[A-Za-z0-9.?]*(\[[a-zA-Z0-9,.]+\])?`
fn item_name(text: &str) -> (&str, &str) {
    let rest = text.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '.' || c == '?');
    let bracketed = rest
        .strip_prefix('[')
        .map(|inner| {
            (
                inner,
                inner.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == ',' || c == '.'),
            )
        })
        .filter(|(inner, after)| inner.len() > after.len())
        .and_then(|(_, after)| after.strip_prefix(']'));
    let rest = bracketed.unwrap_or(rest);
    text.split_at(text.len() - rest.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `numpy.dtype(text).str`, or an error where it is one.
    #[test]
    fn strings_are_the_dtypes_that_numpy_makes_of_them() {
        let table = [
            ("|f8", "<f8"),
            ("=f8", "<f8"),
            (">b1", "|b1"),
            ("<S5", "|S5"),
            ("|U5", "<U5"),
            (">U0", ">U0"),
            ("f+8", "<f8"),
            ("f 8", "<f8"),
            ("f08", "<f8"),
            ("S", "|S0"),
            (">V4", "|V4"),
            ("m", "<m8"),
            (">datetime64[s]", ">M8[s]"),
            ("timedelta64[2D]", "<m8[2D]"),
            ("M8[+2s]", "<M8[2s]"),
            ("M8[ 2s]", "<M8[2s]"),
            ("M8[s/1]", "<M8[s]"),
            ("M8[3generic]", "<M8"),
            ("M8[\u{3bc}s]", "<M8[us]"),
            ("M8[25s/100]", "<M8[250ms]"),
            ("M8[Y/52]", "<M8[W]"),
            ("M8[fs/10]", "<M8[100as]"),
            ("M8[D/24]", "<M8[h]"),
            ("2f4", "('<f4', (2,))"),
            ("<(2,)f4", "('<f4', (2,))"),
            ("()f4", "<f4"),
            ("(2,)f4,i4", "[('f0', '<f4', (2,)), ('f1', '<i4')]"),
            ("f4,", "[('f0', '<f4')]"),
            ("f4 , i4", "[('f0', '<f4'), ('f1', '<i4')]"),
            ("M8[s],m8[D]", "[('f0', '<M8[s]'), ('f1', '<m8[D]')]"),
            ("f4\n,i4", "[('f0', '<f4'), ('f1', '<i4')]"),
            ("<(2,3)<f4", "('<f4', (2, 3))"),
            ("a5", "|S5"),
            ("c", "|S1"),
            ("O4", "|O"),
            ("half", "<f2"),
            ("536870911f4", "('<f4', (536870911,))"),
        ];
        for (text, descr) in table {
            assert_eq!(parse(text, 0).map(|dtype| dtype.to_string()).unwrap(), descr, "{text}");
        }
        for text in [
            "",
            "<",
            "<float64",
            "f9",
            "e2",
            "F8",
            "c1",
            "?1",
            "B1",
            "T",
            "f8 ",
            " f8",
            "f8\0",
            "V-1",
            "M8[]",
            "M8[2 s]",
            "M8[-1s]",
            "M8[s/0]",
            "M8[s/-10]",
            "M8[as/10]",
            "M8[D/7]",
            "M8[2147483648s]",
            "M8[2147483647s/100]",
            "M8[\u{b5}s]",
            "M8[s/1000",
            "m4",
            " f4,i4",
            ",f4",
            "f4,,i4",
            "f4 i4",
            "2(3)f4",
            "(-1,)f4",
            "(2,3f4",
            "(2,)",
            "i8,i8:",
            "<(2,3)>f4",
            "U536870912",
            "S2147483648",
            "536870912f4",
            "S1099511627776",
            "(1)f4",
        ] {
            assert!(parse(text, 0).is_err(), "{text}");
        }
    }
}
