//! The fast path: rows of plain numbers and words, whose fields are found and parsed in one pass.
//!
//! What it cannot be sure of it leaves to [`Syntax::row`], row by row; it never decides that something is an error.

use super::lex::{Delimiter, Syntax, is_space};

/// What the fast path needs to know of the syntax.
#[derive(Clone, Debug)]
pub(crate) struct Plain {
    /// Whitespace, if `None`.
    delimiter: Option<u8>,
    /// What each byte means in a field of text.
    bytes: [Byte; 256],
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
        let clear =
            first.clone().all(|byte| clear(byte) && !matches!(byte, b' ' | b'\t')) && delimiter.is_none_or(clear);
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
        first.for_each(|byte| bytes[usize::from(byte)] = Byte::Unclear);
        let ends = match &delimiter {
            Some(delimiter) => std::slice::from_ref(delimiter),
            None => b" \t",
        };
        ends.iter()
            .chain(b"\n\r")
            .for_each(|byte| bytes[usize::from(*byte)] = Byte::End);
        Some(Plain { delimiter, bytes })
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
        let field = text.get(at..)?;
        let is_text = |byte: &u8| self.bytes[usize::from(*byte)] == Byte::Text;
        let len = field.iter().position(|byte| !is_text(byte)).unwrap_or(field.len());
        let ends = field
            .get(len)
            .is_none_or(|byte| self.bytes[usize::from(*byte)] == Byte::End);
        // Between whitespace nothing is no field.
        (ends && (len > 0 || self.delimiter.is_some())).then_some(at + len)
    }
}
