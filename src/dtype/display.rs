//! A dtype, a shape and a string as Python's notation writes them in a header.

use std::fmt::{self, Write};

use super::{ByteOrder, Dtype, Kind, Repr};

impl fmt::Display for Dtype {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Repr::Record(record) => {
                f.write_char('[')?;
                let mut end = 0;
                let mut separator = "";
                let padding =
                    |f: &mut fmt::Formatter<'_>, separator: &str, size: usize| write!(f, "{separator}('', '|V{size}')");
                for field in &record.fields {
                    if field.offset > end {
                        padding(f, separator, field.offset - end)?;
                        separator = ", ";
                    }
                    f.write_str(separator)?;
                    f.write_char('(')?;
                    match &field.title {
                        Some(title) => write!(f, "({}, {})", PyStr(title), PyStr(&field.name))?,
                        None => write!(f, "{}", PyStr(&field.name))?,
                    }
                    match &field.dtype.0 {
                        Repr::Subarray(sub) => write!(f, ", {}, {}", sub.base.literal(), PyTuple(&sub.shape))?,
                        _ => write!(f, ", {}", field.dtype.literal())?,
                    }
                    f.write_char(')')?;
                    end = field.offset + field.dtype.itemsize();
                    separator = ", ";
                }
                if record.itemsize > end {
                    padding(f, separator, record.itemsize - end)?;
                }
                f.write_char(']')
            }
            Repr::Subarray(sub) => write!(f, "({}, {})", sub.base.literal(), PyTuple(&sub.shape)),
            Repr::Scalar(scalar, order) => {
                let kind = match scalar.kind() {
                    Kind::Bool => 'b',
                    Kind::Int => 'i',
                    Kind::Uint => 'u',
                    Kind::Complex => 'c',
                    _ => 'f',
                };
                write!(f, "{}{kind}{}", order.symbol(), scalar.itemsize())
            }
            Repr::Datetime(unit, order) => write!(f, "{}M8{}", order.symbol(), unit.in_brackets()),
            Repr::Timedelta(unit, order) => write!(f, "{}m8{}", order.symbol(), unit.in_brackets()),
            Repr::Bytes(size) => write!(f, "|S{size}"),
            Repr::Str(chars, order) => write!(f, "{}U{chars}", order.symbol()),
            Repr::Void(size) => write!(f, "|V{size}"),
            Repr::Object => f.write_str("|O"),
        }
    }
}

impl Dtype {
    /// The descr as a header has it: a string in quotes, a list or tuple as it is.
    pub(crate) fn literal(&self) -> impl fmt::Display + '_ {
        struct Quoted<'a>(&'a Dtype);
        impl fmt::Display for Quoted<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self.0.0 {
                    Repr::Record(_) | Repr::Subarray(_) => self.0.fmt(f),
                    _ => write!(f, "'{}'", self.0),
                }
            }
        }
        Quoted(self)
    }
}

impl ByteOrder {
    fn symbol(self) -> char {
        match self {
            ByteOrder::Little => '<',
            ByteOrder::Big => '>',
            ByteOrder::NotApplicable => '|',
        }
    }
}

/// Python's repr of a tuple of ints.
pub(crate) struct PyTuple<'a>(pub(crate) &'a [usize]);

impl fmt::Display for PyTuple<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('(')?;
        for (index, dim) in self.0.iter().enumerate() {
            let separator = if index > 0 { ", " } else { "" };
            write!(f, "{separator}{dim}")?;
        }
        f.write_str(if self.0.len() == 1 { ",)" } else { ")" })
    }
}

/// Python's repr of a string.
pub(crate) struct PyStr<'a>(pub(crate) &'a str);

impl fmt::Display for PyStr<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let quote = if self.0.contains('\'') && !self.0.contains('"') {
            '"'
        } else {
            '\''
        };
        f.write_char(quote)?;
        for c in self.0.chars() {
            match c {
                '\\' => f.write_str("\\\\")?,
                '\n' => f.write_str("\\n")?,
                '\r' => f.write_str("\\r")?,
                '\t' => f.write_str("\\t")?,
                _ if c == quote => write!(f, "\\{c}")?,
                ' '..='~' => f.write_char(c)?,
                _ if is_printable(c) => f.write_char(c)?,
                '\0'..='\u{ff}' => write!(f, "\\x{:02x}", u32::from(c))?,
                '\0'..='\u{ffff}' => write!(f, "\\u{:04x}", u32::from(c))?,
                _ => write!(f, "\\U{:08x}", u32::from(c))?,
            }
        }
        f.write_char(quote)
    }
}

/// Python's `str.isprintable` beyond ASCII: std's Debug escapes by the same Unicode categories, but escapes combining
/// marks too unless they follow something.
fn is_printable(c: char) -> bool {
    let mut text = [0; 5];
    text[0] = b'a';
    let length = c.encode_utf8(&mut text[1..]).len();
    std::str::from_utf8(&text[..=length]).is_ok_and(|text| text.escape_debug().eq(text.chars()))
}
