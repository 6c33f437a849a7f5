//! A place in the text of a literal: what stands there, and what may be skipped.

use super::node::{Dialect, Malformed};

/// CPython's tokenizer refuses more open brackets, so NumPy cannot read deeper headers.
pub(super) const MAX_DEPTH: usize = 200;

pub(super) struct Cursor<'a> {
    pub(super) text: &'a str,
    pub(super) at: usize,
    /// How many brackets are open.
    depth: usize,
    pub(super) dialect: Dialect,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(text: &'a str, dialect: Dialect) -> Self {
        Cursor {
            text,
            at: 0,
            depth: 0,
            dialect,
        }
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.peek_at(0)
    }

    pub(super) fn peek_at(&self, ahead: usize) -> Option<u8> {
        self.text.as_bytes().get(self.at + ahead).copied()
    }

    pub(super) fn eat(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    /// One line break, in any of the three styles.
    pub(super) fn eat_newline(&mut self) -> bool {
        let return_ = self.eat(b'\r');
        self.eat(b'\n') || return_
    }

    #[cold]
    pub(super) fn expected(&self, what: &str) -> Malformed {
        let got = match self.text.get(self.at..).and_then(|rest| rest.chars().next()) {
            Some(got) => format!("{got:?}"),
            None => "the end".to_owned(),
        };
        Malformed::new(self.at, format!("expected {what}, got {got}"))
    }

    /// Spaces, comments, continued lines; inside brackets line breaks as well.
    pub(super) fn skip_space(&mut self) -> Result<(), Malformed> {
        loop {
            match self.peek() {
                Some(b' ' | b'\t' | b'\x0c') => self.at += 1,
                Some(b'\n' | b'\r') if self.depth > 0 => self.at += 1,
                Some(b'#') => {
                    let rest = &self.text.as_bytes()[self.at..];
                    self.at += rest
                        .iter()
                        .position(|byte| matches!(byte, b'\n' | b'\r'))
                        .unwrap_or(rest.len());
                }
                Some(b'\\') => {
                    self.at += 1;
                    if !self.eat_newline() || self.peek().is_none() {
                        return Err(self.expected("a line break and another line after a backslash"));
                    }
                }
                _ => return Ok(()),
            }
        }
    }

    pub(super) fn open(&mut self) -> Result<(), Malformed> {
        if self.depth == MAX_DEPTH {
            return Err(Malformed::new(
                self.at,
                format!("more than {MAX_DEPTH} brackets inside each other"),
            ));
        }
        self.depth += 1;
        self.at += 1;
        self.skip_space()
    }

    pub(super) fn close(&mut self, bracket: u8) -> bool {
        let closed = self.eat(bracket);
        self.depth -= usize::from(closed);
        closed
    }
}
