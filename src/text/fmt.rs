//! Formats as savetxt takes them: parsed as Python's `%` operator reads them.

use std::iter::Peekable;
use std::str::Chars;

use super::spec::{Case, Conversion, Radix, Spec, Style};
use crate::error::{Error, ErrorKind, Result};

/// How savetxt prints a value.
///
/// A string is a format of Python's `%` operator; strings convert by themselves where a `Fmt` is asked for.
///
/// # Examples
///
/// ```
/// use ndarray_io::{Fmt, SaveTxt};
///
/// let mut text = Vec::new();
/// SaveTxt::new().fmts([Fmt::from("%05.1f"), Fmt::Shortest]).write(&mut text, &ndarray::array![[2.5, 0.1]])?;
/// assert_eq!(text, b"002.5 0.1\n");
/// # Ok::<(), ndarray_io::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fmt {
    /// One of printf's conversions with its flags, width and precision, and any text around it: `%.18e`, `%-8d`, `(%g)`.
    Printf(String),
    /// The shortest text that reads back to the same value: floats as Python's `repr` (`0.1`, `1e+16`), integers,
    /// 1 and 0 for booleans, strings and bytes as they are, dates in ISO 8601, spans of time as their count. For a whole
    /// array of records, each number in a nested record or array is a column of its own, as loadtxt reads them.
    Shortest,
}

impl From<&str> for Fmt {
    fn from(text: &str) -> Fmt {
        Fmt::Printf(text.to_owned())
    }
}

impl From<String> for Fmt {
    fn from(text: String) -> Fmt {
        Fmt::Printf(text)
    }
}

impl From<&String> for Fmt {
    fn from(text: &String) -> Fmt {
        Fmt::Printf(text.clone())
    }
}

/// The formats as they were given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fmts {
    One(Fmt),
    Columns(Vec<Fmt>),
}

/// The format of a row, not parsed yet: NumPy does that with the first row, so that without one nothing is wrong.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct RowFormat(Vec<Part>);

#[derive(Debug, PartialEq, Eq)]
enum Part {
    Printf(String),
    Shortest,
}

/// A part of a parsed row.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    Literal(String),
    /// The next value.
    Value(Spec),
}

impl Fmts {
    /// The format of a row of `columns` values, or complex numbers.
    ///
    /// # Errors
    ///
    /// A list of another length; a string whose number of `%` is neither 1 nor that of the values.
    pub(crate) fn row(&self, delimiter: &str, columns: usize, complex: bool) -> Result<RowFormat> {
        let values = columns.saturating_mul(if complex { 2 } else { 1 });
        let mut row = RowFormat(Vec::new());
        match self {
            Fmts::Columns(fmts) if fmts.len() != columns => Err(Error::new(
                ErrorKind::Argument,
                format!(
                    "{} formats for {columns} columns; one for each would work, or one for all",
                    fmts.len()
                ),
            )),
            Fmts::Columns(fmts) => {
                for (index, fmt) in fmts.iter().enumerate() {
                    row.push_str(if index > 0 { delimiter } else { "" });
                    row.push(fmt, complex && *fmt == Fmt::Shortest);
                }
                Ok(row)
            }
            Fmts::One(Fmt::Printf(text)) if text.matches('%').count() != 1 => {
                let found = text.matches('%').count();
                if found != values {
                    return Err(Error::new(
                        ErrorKind::Argument,
                        format!("format {text:?} has {found} `%`; 1 would work, or {values} for the values of a row"),
                    ));
                }
                row.push_str(text);
                Ok(row)
            }
            Fmts::One(fmt) => {
                for index in 0..columns {
                    row.push_str(if index > 0 { delimiter } else { "" });
                    row.push(fmt, complex);
                }
                Ok(row)
            }
        }
    }
}

impl RowFormat {
    fn push_str(&mut self, text: &str) {
        match self.0.last_mut() {
            Some(Part::Printf(last)) => last.push_str(text),
            _ => self.0.push(Part::Printf(text.to_owned())),
        }
    }

    fn push(&mut self, fmt: &Fmt, complex: bool) {
        let once = |row: &mut Self| match fmt {
            Fmt::Printf(text) => row.push_str(text),
            Fmt::Shortest => row.0.push(Part::Shortest),
        };
        if complex {
            self.push_str(" (");
            once(self);
            self.push_str("+");
            once(self);
            self.push_str("j)");
        } else {
            once(self);
        }
    }

    /// The row's format as one string, as an error shows it.
    pub(crate) fn text(&self) -> String {
        let parts = self.0.iter().map(|part| match part {
            Part::Printf(text) => text.as_str(),
            Part::Shortest => "Fmt::Shortest",
        });
        parts.collect()
    }

    /// # Errors
    ///
    /// What Python's `%` does not understand.
    pub(crate) fn parse(&self) -> Result<Vec<Piece>> {
        let mut pieces = Vec::new();
        for part in &self.0 {
            match part {
                Part::Printf(text) => parse(text, &mut pieces)?,
                Part::Shortest => pieces.push(Piece::Value(Spec::new(Conversion::Shortest))),
            }
        }
        Ok(pieces)
    }
}

fn parse(text: &str, pieces: &mut Vec<Piece>) -> Result<()> {
    let mut chars = text.chars().peekable();
    let mut literal = String::new();
    while let Some(c) = chars.next() {
        if c != '%' {
            literal.push(c);
        } else if chars.next_if_eq(&'%').is_some() {
            literal.push('%');
        } else {
            if !literal.is_empty() {
                pieces.push(Piece::Literal(std::mem::take(&mut literal)));
            }
            pieces.push(Piece::Value(spec(&mut chars, text)?));
        }
    }
    if !literal.is_empty() {
        pieces.push(Piece::Literal(literal));
    }
    Ok(())
}

/// What follows a `%`.
fn spec(chars: &mut Peekable<Chars<'_>>, text: &str) -> Result<Spec> {
    let refuse = |why: &str| Error::new(ErrorKind::Argument, format!("format {text:?}: {why}"));
    let mut spec = Spec::new(Conversion::Str);
    if chars.peek() == Some(&'(') {
        return Err(refuse(
            "`%(name)` takes its value from a mapping; `%` alone takes the next column",
        ));
    }
    while let Some(flag) = chars.next_if(|c| "-+ #0".contains(*c)) {
        match flag {
            '-' => spec.left = true,
            '+' => spec.plus = Some(b'+'),
            ' ' => spec.plus = spec.plus.or(Some(b' ')),
            '#' => spec.alternate = true,
            _ => spec.zero = true,
        }
    }
    let star = "`*` takes a width from the values; a number would work";
    if chars.peek() == Some(&'*') {
        return Err(refuse(star));
    }
    spec.width = number(chars).ok_or_else(|| refuse("width too large"))?.unwrap_or(0);
    if chars.next_if_eq(&'.').is_some() {
        if chars.peek() == Some(&'*') {
            return Err(refuse(star));
        }
        let precision = number(chars).ok_or_else(|| refuse("precision too large"))?;
        spec.precision = Some(precision.unwrap_or(0));
    }
    // One of C's length modifiers is skipped.
    let _ = chars.next_if(|c| "hlL".contains(*c));
    spec.conversion = match chars.next() {
        Some('d' | 'i' | 'u') => Conversion::Int,
        Some('o') => Conversion::Radix(Radix::Octal),
        Some('x') => Conversion::Radix(Radix::Hex),
        Some('X') => Conversion::Radix(Radix::HexCapital),
        Some('e') => Conversion::Float(Style::Exponent, Case::Lower),
        Some('E') => Conversion::Float(Style::Exponent, Case::Capital),
        Some('f') => Conversion::Float(Style::Fixed, Case::Lower),
        Some('F') => Conversion::Float(Style::Fixed, Case::Capital),
        Some('g') => Conversion::Float(Style::General, Case::Lower),
        Some('G') => Conversion::Float(Style::General, Case::Capital),
        Some('c') => Conversion::Char,
        Some('s') => Conversion::Str,
        Some('r') => Conversion::Repr,
        Some('a') => Conversion::Ascii,
        Some(other) => {
            return Err(refuse(&format!(
                "unsupported conversion {other:?}; one of diouxXeEfFgGcrsa would work"
            )));
        }
        None => return Err(refuse("ends within a conversion; `%%` prints a `%`")),
    };
    Ok(spec)
}

/// Digits, if there are any; `None` above `i32::MAX`, where Python stops too.
fn number(chars: &mut Peekable<Chars<'_>>) -> Option<Option<usize>> {
    let mut value: Option<usize> = None;
    while let Some(digit) = chars.peek().and_then(|c| c.to_digit(10)) {
        chars.next();
        let next = value.unwrap_or(0).checked_mul(10)?.checked_add(digit as usize)?;
        i32::try_from(next).ok()?;
        value = Some(next);
    }
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(fmt: &str, columns: usize, complex: bool) -> Result<String, String> {
        let row = Fmts::One(fmt.into()).row(",", columns, complex);
        row.map(|row| row.text()).map_err(|error| error.to_string())
    }

    #[test]
    fn one_format_becomes_a_row() {
        assert_eq!(row("%d", 3, false).unwrap(), "%d,%d,%d");
        assert_eq!(row("<%d>", 1, false).unwrap(), "<%d>");
        assert_eq!(row("%g", 2, true).unwrap(), " (%g+%gj), (%g+%gj)");
        assert_eq!(row("%d-%d-%d", 3, false).unwrap(), "%d-%d-%d");
        assert_eq!(row("%g %g", 1, true).unwrap(), "%g %g");
        assert_eq!(row("%d", 0, false).unwrap(), "");
        assert_eq!(row("", 0, false).unwrap(), "");
        assert_eq!(
            row("%d %d", 3, false).unwrap_err(),
            "format \"%d %d\" has 2 `%`; 1 would work, or 3 for the values of a row"
        );
        // As NumPy counts: `%%` is two.
        assert!(row("%d%%", 1, false).is_err());
        assert!(row("none", 1, false).is_err());
    }

    #[test]
    fn a_list_has_one_for_each_column() {
        let fmts = Fmts::Columns(vec!["%d %d".into(), Fmt::Shortest, "".into()]);
        assert_eq!(fmts.row(", ", 3, false).unwrap().text(), "%d %d, Fmt::Shortest, ");
        assert_eq!(
            fmts.row(" ", 2, false).unwrap_err().to_string(),
            "3 formats for 2 columns; one for each would work, or one for all"
        );
    }

    #[test]
    fn conversions_are_read_as_python_reads_them() {
        let parsed = RowFormat(vec![Part::Printf("a%-+ #012.5lf%%%s".to_owned())])
            .parse()
            .unwrap();
        let float = Spec {
            conversion: Conversion::Float(Style::Fixed, Case::Lower),
            left: true,
            plus: Some(b'+'),
            alternate: true,
            zero: true,
            width: 12,
            precision: Some(5),
        };
        assert_eq!(
            parsed,
            [
                Piece::Literal("a".to_owned()),
                Piece::Value(float),
                Piece::Literal("%".to_owned()),
                Piece::Value(Spec::new(Conversion::Str))
            ]
        );
        for (text, error) in [
            (
                "%y",
                "format \"%y\": unsupported conversion 'y'; one of diouxXeEfFgGcrsa would work",
            ),
            (
                "%lld",
                "format \"%lld\": unsupported conversion 'l'; one of diouxXeEfFgGcrsa would work",
            ),
            ("%5", "format \"%5\": ends within a conversion; `%%` prints a `%`"),
            (
                "%*d",
                "format \"%*d\": `*` takes a width from the values; a number would work",
            ),
            (
                "%.*d",
                "format \"%.*d\": `*` takes a width from the values; a number would work",
            ),
            ("%.2147483648f", "format \"%.2147483648f\": precision too large"),
            ("%99999999999d", "format \"%99999999999d\": width too large"),
            (
                "%(a)s",
                "format \"%(a)s\": `%(name)` takes its value from a mapping; `%` alone takes the next column",
            ),
        ] {
            let result = RowFormat(vec![Part::Printf(text.to_owned())]).parse();
            assert_eq!(result.unwrap_err().to_string(), error);
        }
    }
}
