//! The fast path: rows of plain numbers and words, whose fields are found and parsed in one pass.
//!
//! What it cannot be sure of it leaves to [`Syntax::row`], row by row; it never decides that something is an error.

use super::lex::{Delimiter, Syntax, is_space};
use super::number::Number;

/// What the fast path needs to know of the syntax.
#[derive(Clone, Debug)]
pub(crate) struct Plain {
    /// Whitespace, if `None`.
    delimiter: Option<u8>,
    /// What each byte means in a field of text.
    bytes: [Byte; 256],
    stops: Stops,
}

/// Finds, eight at a time, the bytes that may be more than text.
#[derive(Clone, Debug)]
struct Stops {
    /// This byte and all that are smaller are.
    most: u8,
    /// These are, too.
    equal: [u8; 2],
    /// Whether bytes beyond ASCII are.
    high: bool,
}

impl Stops {
    /// Which of the bytes are, by their high bits; beyond the first there may be some that are not.
    #[inline(always)]
    fn of(&self, word: u64) -> u64 {
        const ONES: u64 = 0x0101_0101_0101_0101;
        const HIGH: u64 = ONES * 0x80;
        let below = |word: u64, bound: u64| word.wrapping_sub(ONES * bound) & !word;
        let [first, second] = self.equal.map(|byte| below(word ^ (ONES * u64::from(byte)), 1));
        let high = if self.high { word } else { 0 };
        (below(word, u64::from(self.most) + 1) | first | second | high) & HIGH
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Byte {
    Text,
    /// The field ends before it.
    End,
    /// Only a closer look can tell.
    Unclear,
}

impl Plain {
    /// `None` if a number could not be told from what is around it without a closer look.
    pub(crate) fn new(syntax: &Syntax) -> Option<Plain> {
        let delimiter = match &syntax.delimiter {
            Delimiter::Whitespace => None,
            Delimiter::Byte(byte) => Some(*byte),
            Delimiter::Text(_) => return None,
        };
        // A number must end before a comment or delimiter can begin.
        let first = syntax
            .comments
            .iter()
            .filter_map(|comment| comment.as_bytes().first().copied());
        let clear = |byte: u8| !byte.is_ascii_alphanumeric() && !matches!(byte, b'+' | b'-' | b'.');
        let begins = |byte: u8| clear(byte) && !matches!(byte, b' ' | b'\t') && delimiter != Some(byte);
        let clear = first.clone().all(begins) && delimiter.is_none_or(clear);
        if !clear || syntax.quote.is_some() {
            return None;
        }
        let mut bytes = [Byte::Text; 256];
        if delimiter.is_none() {
            // Spaces beyond ASCII are several bytes; and of the rare ones, each is not worth a case.
            let unclear = |byte: &u8| !byte.is_ascii() || is_space(char::from(*byte));
            (0..=u8::MAX)
                .filter(unclear)
                .for_each(|byte| bytes[usize::from(byte)] = Byte::Unclear);
        }
        first.clone().for_each(|byte| bytes[usize::from(byte)] = Byte::Unclear);
        let ends = match &delimiter {
            Some(delimiter) => std::slice::from_ref(delimiter),
            None => b" \t",
        };
        ends.iter()
            .chain(b"\n\r")
            .for_each(|byte| bytes[usize::from(*byte)] = Byte::End);
        let mut comments = first;
        let comment = comments.next();
        let stops = Stops {
            most: match delimiter {
                _ if comments.next().is_some() => 0x7f, // all bytes: several comments are not worth a case either
                Some(_) => b'\r',
                None => b' ',
            },
            equal: [delimiter.unwrap_or(b'\n'), comment.unwrap_or(b'\n')],
            high: delimiter.is_none(),
        };
        Some(Plain {
            delimiter,
            bytes,
            stops,
        })
    }

    /// Whether fields end at a character, and not at whitespace.
    pub(crate) fn has_delimiter(&self) -> bool {
        self.delimiter.is_some()
    }

    /// Whether `byte` may stand before or after a number without changing it.
    #[inline(always)]
    pub(crate) fn is_blank(&self, byte: u8) -> bool {
        (byte == b' ' || byte == b'\t') && self.delimiter != Some(byte)
    }

    /// The first byte from `at` on that is not blank.
    #[inline(always)]
    pub(crate) fn skip_blanks(&self, text: &[u8], mut at: usize) -> usize {
        while text.get(at).is_some_and(|byte| self.is_blank(*byte)) {
            at += 1;
        }
        at
    }

    /// The number of the field at `at`, and where it ends.
    #[inline(always)]
    pub(crate) fn number<T: Number>(&self, text: &[u8], at: usize) -> Option<(T, usize)> {
        let at = self.skip_blanks(text, at);
        let (value, len) = T::prefix(text.get(at..)?)?;
        Some((value, at + len))
    }

    /// Where the next field starts, if a field ends at `at`.
    #[inline(always)]
    pub(crate) fn next_field(&self, text: &[u8], at: usize) -> Option<usize> {
        let Some(delimiter) = self.delimiter else {
            let next = self.skip_blanks(text, at);
            return (next > at).then_some(next);
        };
        if text.get(at) == Some(&delimiter) {
            return Some(at + 1);
        }
        let end = self.skip_blanks(text, at);
        (text.get(end) == Some(&delimiter)).then_some(end + 1)
    }

    /// Where the next row starts, if a row ends at `at`.
    #[inline(always)]
    pub(crate) fn next_row(&self, text: &[u8], at: usize) -> Option<usize> {
        if text.get(at) == Some(&b'\n') {
            return Some(at + 1);
        }
        let at = self.skip_blanks(text, at);
        match text.get(at..)? {
            [] => Some(at),
            [b'\n', ..] => Some(at + 1),
            [b'\r', b'\n', ..] => Some(at + 2),
            [b'\r', ..] => Some(at + 1),
            _ => None,
        }
    }

    /// Where the field of text at `at` ends.
    #[inline(always)]
    pub(crate) fn field_end(&self, text: &[u8], at: usize) -> Option<usize> {
        let end = self.text_end(text, at);
        let ends = text
            .get(end)
            .is_none_or(|byte| self.bytes[usize::from(*byte)] == Byte::End);
        // Between whitespace nothing is no field.
        (ends && (end > at || self.delimiter.is_some())).then_some(end)
    }

    /// Where the first byte from `at` on is that is no text.
    #[inline(always)]
    fn text_end(&self, text: &[u8], mut at: usize) -> usize {
        let is_text = |byte: &u8| self.bytes[usize::from(*byte)] == Byte::Text;
        while let Some(word) = text.get(at..).and_then(<[u8]>::first_chunk) {
            let stops = self.stops.of(u64::from_le_bytes(*word));
            at += stops.trailing_zeros() as usize / 8; // 64 of no stop: 8 bytes
            if stops != 0 {
                match text.get(at).filter(|byte| is_text(byte)) {
                    Some(_) => at += 1, // it only might have been one
                    None => return at,
                }
            }
        }
        while text.get(at).is_some_and(is_text) {
            at += 1;
        }
        at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Eight bytes at a time find what one byte at a time finds, wherever it stands.
    #[test]
    fn fields_end_where_their_bytes_say() {
        for (delimiter, comments) in [
            (None, "#"),
            (Some(","), "#"),
            (Some("\t"), "%"),
            (Some("é"), ""),
            (None, "#%!"),
        ] {
            let comments: Vec<String> = comments.chars().map(String::from).collect();
            let syntax = Syntax::new(delimiter, &comments, None).unwrap();
            let Some(plain) = Plain::new(&syntax) else { continue };
            for byte in 0..=u8::MAX {
                for place in 0..20 {
                    let mut text = [b'x'; 20];
                    text[place] = byte;
                    text[19] = b'\n';
                    for start in 0..20 {
                        let end = text[start..]
                            .iter()
                            .position(|byte| plain.bytes[usize::from(*byte)] != Byte::Text);
                        assert_eq!(
                            Some(plain.text_end(&text, start) - start),
                            end,
                            "{byte} at {place} from {start}"
                        );
                    }
                }
            }
        }
    }
}
