//! Python's strings: prefixes, quotes, escapes.

use super::cursor::Cursor;
use super::node::{Literal, Malformed};

impl<'a> Cursor<'a> {
    /// `'x'` as headers have it: no prefix, no escape, nothing beside it but what ends it.
    fn plain_string(&mut self) -> Option<&'a str> {
        let (&quote, rest) = self.text.as_bytes().get(self.at..)?.split_first()?;
        let end = rest
            .iter()
            .position(|&byte| byte == quote || matches!(byte, b'\\' | b'\n' | b'\r'))?;
        if rest[end] != quote || !matches!(rest.get(end + 1), Some(b',' | b':' | b')' | b']' | b'}')) {
            return None;
        }
        let start = self.at + 1;
        self.at = start + end + 1;
        self.text.get(start..start + end)
    }

    /// Strings that stand side by side are one.
    pub(super) fn strings(&mut self) -> Result<Literal<'a>, Malformed> {
        if matches!(self.peek(), Some(b'\'' | b'"'))
            && let Some(plain) = self.plain_string()
        {
            return Ok(Literal::Str(plain.into()));
        }
        let start = self.at;
        let mut text = String::new();
        let mut kind = None;
        loop {
            let rest = &self.text[self.at..];
            let Some(quote) = rest.bytes().take(3).position(|byte| matches!(byte, b'\'' | b'"')) else {
                break;
            };
            let Some(prefix) = rest.get(..quote).and_then(Prefix::of) else {
                break;
            };
            if kind.is_some_and(|bytes| bytes != prefix.bytes) {
                return Err(Malformed::new(start, "bytes and a string side by side"));
            }
            kind = Some(prefix.bytes);
            self.at += quote;
            self.string(prefix, &mut text)?;
            self.skip_space()?;
        }
        Ok(if kind == Some(true) {
            Literal::Bytes
        } else {
            Literal::Str(text.into())
        })
    }

    fn string(&mut self, prefix: Prefix, out: &mut String) -> Result<(), Malformed> {
        let start = self.at;
        let unterminated = || Malformed::new(start, "a string that does not end");
        let quote = self.peek().ok_or_else(unterminated)?;
        let triple = self.peek_at(1) == Some(quote) && self.peek_at(2) == Some(quote);
        self.at += if triple { 3 } else { 1 };
        loop {
            let rest = &self.text.as_bytes()[self.at..];
            let plain = rest
                .iter()
                .position(|&byte| byte == quote || matches!(byte, b'\\' | b'\n' | b'\r'))
                .ok_or_else(unterminated)?;
            let piece = &self.text[self.at..self.at + plain];
            if prefix.bytes && !piece.is_ascii() {
                return Err(Malformed::new(self.at, "bytes with characters that are not ASCII"));
            }
            out.push_str(piece);
            self.at += plain;
            if self.peek() == Some(quote) {
                if !triple {
                    self.at += 1;
                    return Ok(());
                }
                if self.peek_at(1) == Some(quote) && self.peek_at(2) == Some(quote) {
                    self.at += 3;
                    return Ok(());
                }
                out.push(char::from(quote));
                self.at += 1;
            } else if self.peek() == Some(b'\\') {
                self.escape(prefix, out)?;
            } else if triple {
                self.eat_newline();
                out.push('\n');
            } else {
                return Err(unterminated());
            }
        }
    }

    fn escape(&mut self, prefix: Prefix, out: &mut String) -> Result<(), Malformed> {
        let start = self.at;
        self.at += 1;
        let rest = &self.text[self.at..];
        let Some(escaped) = rest.chars().next() else {
            return Err(Malformed::new(start, "a string that does not end"));
        };
        if matches!(escaped, '\n' | '\r') {
            self.eat_newline();
            if prefix.raw {
                out.push_str("\\\n");
            }
            return Ok(());
        }
        self.at += escaped.len_utf8();
        if prefix.raw {
            out.push('\\');
            out.push(escaped);
            return Ok(());
        }
        let hex_digits = match escaped {
            'x' => 2,
            'u' if !prefix.bytes => 4,
            'U' if !prefix.bytes => 8,
            _ => 0,
        };
        if hex_digits > 0 {
            let code = self
                .text
                .get(self.at..self.at + hex_digits)
                .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
                .and_then(|digits| u32::from_str_radix(digits, 16).ok())
                .and_then(char::from_u32)
                .ok_or_else(|| Malformed::new(start, "an escape that is no character"))?;
            self.at += hex_digits;
            out.push(code);
            return Ok(());
        }
        match escaped {
            '\\' | '\'' | '"' => out.push(escaped),
            'a' => out.push('\x07'),
            'b' => out.push('\x08'),
            'f' => out.push('\x0c'),
            'n' => out.push('\n'),
            'r' => out.push('\r'),
            't' => out.push('\t'),
            'v' => out.push('\x0b'),
            '0'..='7' => {
                let digits = rest.bytes().take(3).take_while(|byte| matches!(byte, b'0'..=b'7'));
                let (length, code) = digits.fold((0, 0), |(length, code), byte| {
                    (length + 1, code * 8 + u32::from(byte - b'0'))
                });
                self.at += length - 1;
                out.extend(char::from_u32(code)); // at most 0o777, which is a character
            }
            'N' if !prefix.bytes => {
                return Err(Malformed::new(
                    start,
                    "a character by its Unicode name; only its code, \\u or \\U, is known here",
                ));
            }
            // Not an escape: Python keeps the backslash.
            _ => {
                out.push('\\');
                out.push(escaped);
            }
        }
        Ok(())
    }
}

/// What stands before a string's quote.
#[derive(Clone, Copy)]
pub(super) struct Prefix {
    raw: bool,
    bytes: bool,
}

impl Prefix {
    pub(super) fn of(name: &str) -> Option<Prefix> {
        let prefix = |raw, bytes| Some(Prefix { raw, bytes });
        match name.to_ascii_lowercase().as_str() {
            "" | "u" => prefix(false, false),
            "r" => prefix(true, false),
            "b" => prefix(false, true),
            "br" | "rb" => prefix(true, true),
            _ => None,
        }
    }
}
