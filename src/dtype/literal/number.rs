//! Python's numbers.

use super::cursor::Cursor;
use super::node::{Dialect, Literal, Malformed};

/// CPython refuses to convert longer decimal integers.
const MAX_DIGITS: usize = 4300;

impl<'a> Cursor<'a> {
    /// `d(_?d)*`; how many digits.
    fn digits(&mut self, radix: u32, value: &mut i128) -> usize {
        let mut count = 0;
        loop {
            let skip = usize::from(count > 0 && self.peek() == Some(b'_'));
            let Some(digit) = self.peek_at(skip).and_then(|byte| char::from(byte).to_digit(radix)) else {
                return count;
            };
            *value = value.saturating_mul(radix.into()).saturating_add(digit.into());
            self.at += skip + 1;
            count += 1;
        }
    }

    pub(super) fn number(&mut self) -> Result<Literal<'a>, Malformed> {
        let start = self.at;
        let mut value = 0;
        let radix = match (self.peek(), self.peek_at(1).map(|byte| byte.to_ascii_lowercase())) {
            (Some(b'0'), Some(b'x')) => 16,
            (Some(b'0'), Some(b'o')) => 8,
            (Some(b'0'), Some(b'b')) => 2,
            _ => 10,
        };
        let literal = if radix == 10 {
            self.decimal()?
        } else {
            self.at += 2;
            self.eat(b'_');
            if self.digits(radix, &mut value) == 0 {
                return Err(self.expected("a digit"));
            }
            Literal::Int(value)
        };
        self.python2_long();
        match self.peek() {
            Some(b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'_' | 0x80..) => Err(Malformed::new(
                start,
                "a malformed number, such as one with leading zeros or letters after it",
            )),
            _ => Ok(literal),
        }
    }

    fn decimal(&mut self) -> Result<Literal<'a>, Malformed> {
        let start = self.at;
        let mut value = 0;
        let count = self.digits(10, &mut value);
        let end = self.at;
        let mut float = self.eat(b'.');
        if float {
            self.digits(10, &mut 0);
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            let mark = self.at;
            self.at += 1;
            if !self.eat(b'+') {
                self.eat(b'-');
            }
            if self.digits(10, &mut 0) == 0 {
                return Err(Malformed::new(mark, "an exponent without digits"));
            }
            float = true;
        }
        if self.eat(b'j') || self.eat(b'J') {
            return Ok(Literal::Complex);
        }
        if float {
            return Ok(Literal::Float);
        }
        if count > MAX_DIGITS {
            return Err(Malformed::new(
                start,
                format!("an int of more than {MAX_DIGITS} digits"),
            ));
        }
        // Python 2's octal 0777 is an error, 00 is not.
        if self.text[start..end].starts_with('0') && value != 0 {
            self.at = start;
            return Err(Malformed::new(start, "an int with leading zeros"));
        }
        Ok(Literal::Int(value))
    }

    /// NumPy drops every `L` that follows a number, spaces between them or not.
    fn python2_long(&mut self) {
        while self.dialect == Dialect::Python2 {
            let rest = &self.text[self.at..];
            let after = rest.trim_start_matches([' ', '\t', '\x0c']);
            let Some(tail) = after.strip_prefix('L') else { return };
            if tail.starts_with(|c: char| c.is_alphanumeric() || c == '_') {
                return;
            }
            self.at += rest.len() - tail.len();
        }
    }
}
