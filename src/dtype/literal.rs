//! Python literals, as `ast.literal_eval` accepts them in headers: one pass, bounded depth.

use std::borrow::Cow;

use crate::error::{Error, ErrorKind};

/// CPython's tokenizer refuses more open brackets, so NumPy cannot read deeper headers.
const MAX_DEPTH: usize = 200;

/// CPython refuses to convert longer decimal integers.
const MAX_DIGITS: usize = 4300;

/// A literal, and the byte of the text that it starts at.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Node<'a> {
    pub(crate) at: usize,
    pub(crate) value: Literal<'a>,
}

/// What a literal is. No header has a use for the values of floats, complex numbers and bytes.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Literal<'a> {
    None,
    Bool(bool),
    /// Saturates: what it is used for ends at 64 bits.
    Int(i128),
    Float,
    Complex,
    Bytes,
    Str(Cow<'a, str>),
    Tuple(Vec<Node<'a>>),
    List(Vec<Node<'a>>),
    Set(Vec<Node<'a>>),
    Dict(Vec<(Node<'a>, Node<'a>)>),
}

impl Literal<'_> {
    /// What an error calls it.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Literal::None => "None",
            Literal::Bool(_) => "a bool",
            Literal::Int(_) => "an int",
            Literal::Float => "a float",
            Literal::Complex => "a complex number",
            Literal::Bytes => "bytes",
            Literal::Str(_) => "a string",
            Literal::Tuple(_) => "a tuple",
            Literal::List(_) => "a list",
            Literal::Set(_) => "a set",
            Literal::Dict(_) => "a dict",
        }
    }
}

/// What is wrong with a text, and at which byte of it.
#[derive(Debug)]
pub(crate) struct Malformed {
    pub(crate) at: usize,
    pub(crate) message: Cow<'static, str>,
}

impl Malformed {
    #[cold]
    pub(crate) fn new(at: usize, message: impl Into<Cow<'static, str>>) -> Self {
        let message = message.into();
        Malformed { at, message }
    }
}

impl From<Malformed> for Error {
    fn from(malformed: Malformed) -> Self {
        Error::new(ErrorKind::Header, malformed.message).at_byte(malformed.at as u64)
    }
}

/// Whose literals they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    Python3,
    /// `6L` is 6 too: NumPy reads it in the versions that Python 2 could have written.
    Python2,
}

/// Parses a text that is one literal.
pub(crate) fn parse(text: &str, dialect: Dialect) -> Result<Node<'_>, Malformed> {
    // Half of most headers is padding; after a backslash it is more than that.
    let padding = text
        .bytes()
        .rev()
        .take_while(|byte| matches!(byte, b' ' | b'\n'))
        .count();
    let text = match &text[..text.len() - padding] {
        continued if continued.ends_with('\\') => text,
        text => text,
    };
    if let Some(at) = memchr::memchr(0, text.as_bytes()) {
        return Err(Malformed::new(at, "a NUL byte in a Python literal"));
    }
    let mut parser = Parser {
        text,
        at: 0,
        depth: 0,
        dialect,
        form: Form::Other,
    };
    parser.document()
}

/// What literal_eval's rules for signs and sums need to know of an operand.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Constant,
    Signed,
    Other,
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
    dialect: Dialect,
    /// Of the expression that was parsed last.
    form: Form,
}

impl<'a> Parser<'a> {
    fn peek(&self) -> Option<u8> {
        self.peek_at(0)
    }

    fn peek_at(&self, ahead: usize) -> Option<u8> {
        self.text.as_bytes().get(self.at + ahead).copied()
    }

    fn eat(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    /// One line break, in any of the three styles.
    fn eat_newline(&mut self) -> bool {
        let return_ = self.eat(b'\r');
        self.eat(b'\n') || return_
    }

    #[cold]
    fn expected(&self, what: &str) -> Malformed {
        let got = match self.text.get(self.at..).and_then(|rest| rest.chars().next()) {
            Some(got) => format!("{got:?}"),
            None => "the end".to_owned(),
        };
        Malformed::new(self.at, format!("expected {what}, got {got}"))
    }

    /// Spaces, comments, continued lines; inside brackets line breaks as well.
    fn skip_space(&mut self) -> Result<(), Malformed> {
        loop {
            match self.peek() {
                Some(b' ' | b'\t' | b'\x0c') => self.at += 1,
                Some(b'\n' | b'\r') if self.depth > 0 => self.at += 1,
                Some(b'#') => {
                    let rest = &self.text.as_bytes()[self.at..];
                    self.at += memchr::memchr2(b'\n', b'\r', rest).unwrap_or(rest.len());
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

    fn document(&mut self) -> Result<Node<'a>, Malformed> {
        // Blank lines may come first, but what follows them must not be indented.
        self.skip_space()?;
        let mut start = self.at;
        while self.eat_newline() {
            start = self.at;
            self.skip_space()?;
        }
        let indented = start > 0 && matches!(self.text.as_bytes().get(start), Some(b' ' | b'\t'));
        if indented && start != self.at && self.peek().is_some() {
            return Err(Malformed::new(self.at, "unexpected indent"));
        }
        let mut node = self.expression()?;
        if self.peek() == Some(b',') {
            // A tuple needs no parentheses.
            let mut items = Vec::new();
            let at = node.at;
            items.push(node);
            while self.eat(b',') {
                self.skip_space()?;
                if matches!(self.peek(), None | Some(b'\n' | b'\r')) {
                    break;
                }
                items.push(self.expression()?);
            }
            let value = Literal::Tuple(items);
            node = Node { at, value };
        }
        while self.eat_newline() {
            self.skip_space()?;
        }
        match self.peek() {
            None => Ok(node),
            Some(_) => Err(self.expected("the end after the literal")),
        }
    }

    /// A signed atom, or a real and an imaginary part.
    fn expression(&mut self) -> Result<Node<'a>, Malformed> {
        let mut node = self.signed()?;
        loop {
            self.skip_space()?;
            let at = self.at;
            if !matches!(self.peek(), Some(b'+' | b'-')) {
                return Ok(node);
            }
            self.at += 1;
            let real = matches!(node.value, Literal::Int(_) | Literal::Float) && self.form != Form::Other;
            self.skip_space()?;
            let right = self.atom()?;
            if !real || right.value != Literal::Complex || self.form != Form::Constant {
                return Err(Malformed::new(
                    at,
                    "arithmetic in a literal; only a complex number's two parts may be added",
                ));
            }
            node.value = Literal::Complex;
            self.form = Form::Other;
        }
    }

    fn signed(&mut self) -> Result<Node<'a>, Malformed> {
        let at = self.at;
        let negative = match self.peek() {
            Some(b'-') => true,
            Some(b'+') => false,
            _ => return self.atom(),
        };
        self.at += 1;
        self.skip_space()?;
        let node = self.atom()?;
        let value = match node.value {
            Literal::Int(value) if negative => Literal::Int(-value),
            value @ (Literal::Int(_) | Literal::Float | Literal::Complex) => value,
            value => return Err(Malformed::new(at, format!("a sign before {}", value.name()))),
        };
        if self.form != Form::Constant {
            return Err(Malformed::new(at, "a sign before a sum or another sign"));
        }
        self.form = Form::Signed;
        Ok(Node { at, value })
    }

    fn atom(&mut self) -> Result<Node<'a>, Malformed> {
        let at = self.at;
        let (value, form) = match self.peek() {
            Some(b'(') => return self.parenthesized(),
            Some(b'[') => {
                self.open()?;
                (Literal::List(self.items(Vec::new(), b']')?), Form::Other)
            }
            Some(b'{') => (self.braces()?, Form::Other),
            Some(b'0'..=b'9') => (self.number()?, Form::Constant),
            Some(b'.') if matches!(self.peek_at(1), Some(b'0'..=b'9')) => (self.number()?, Form::Constant),
            Some(b'\'' | b'"') => (self.strings()?, Form::Constant),
            Some(b'A'..=b'Z' | b'a'..=b'z' | b'_' | 0x80..) => (self.name()?, Form::Constant),
            _ => return Err(self.expected("a Python literal")),
        };
        self.form = form;
        Ok(Node { at, value })
    }

    fn open(&mut self) -> Result<(), Malformed> {
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

    fn close(&mut self, bracket: u8) -> bool {
        let closed = self.eat(bracket);
        self.depth -= usize::from(closed);
        closed
    }

    /// The items up to the closing bracket, after `items`; the reader stands before one or before the bracket.
    fn items(&mut self, mut items: Vec<Node<'a>>, bracket: u8) -> Result<Vec<Node<'a>>, Malformed> {
        while !self.close(bracket) {
            items.push(self.expression()?);
            if !self.eat(b',') && self.peek() != Some(bracket) {
                return Err(self.expected(&format!("',' or '{}'", char::from(bracket))));
            }
            self.skip_space()?;
        }
        Ok(items)
    }

    fn parenthesized(&mut self) -> Result<Node<'a>, Malformed> {
        let at = self.at;
        self.open()?;
        let mut first = Vec::new();
        if self.peek() != Some(b')') {
            let node = self.expression()?;
            if self.close(b')') {
                return Ok(node);
            }
            if !self.eat(b',') {
                return Err(self.expected("',' or ')'"));
            }
            self.skip_space()?;
            first.push(node);
        }
        let value = Literal::Tuple(self.items(first, b')')?);
        self.form = Form::Other;
        Ok(Node { at, value })
    }

    fn braces(&mut self) -> Result<Literal<'a>, Malformed> {
        self.open()?;
        if self.close(b'}') {
            return Ok(Literal::Dict(Vec::new()));
        }
        let first = self.expression()?;
        if self.peek() != Some(b':') {
            if !self.eat(b',') && self.peek() != Some(b'}') {
                return Err(self.expected("':', ',' or '}'"));
            }
            self.skip_space()?;
            return Ok(Literal::Set(self.items(vec![first], b'}')?));
        }
        let mut pairs = Vec::new();
        let mut key = first;
        loop {
            if !self.eat(b':') {
                return Err(self.expected("':'"));
            }
            self.skip_space()?;
            pairs.push((key, self.expression()?));
            let comma = self.eat(b',');
            self.skip_space()?;
            if self.close(b'}') {
                return Ok(Literal::Dict(pairs));
            }
            if !comma {
                return Err(self.expected("',' or '}'"));
            }
            key = self.expression()?;
        }
    }

    /// A string's prefix, or one of the three names that are literals.
    fn name(&mut self) -> Result<Literal<'a>, Malformed> {
        let rest = &self.text[self.at..];
        let end = rest
            .find(|c: char| !(c.is_alphanumeric() || c == '_'))
            .unwrap_or(rest.len());
        let name = &rest[..end];
        if matches!(rest.as_bytes().get(end), Some(b'\'' | b'"')) && Prefix::of(name).is_some() {
            return self.strings();
        }
        let value = match name {
            "None" => Literal::None,
            "True" => Literal::Bool(true),
            "False" => Literal::Bool(false),
            _ => return Err(Malformed::new(self.at, "a name; only literals can stand in a header")),
        };
        self.at += end;
        Ok(value)
    }

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

    fn number(&mut self) -> Result<Literal<'a>, Malformed> {
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
    fn strings(&mut self) -> Result<Literal<'a>, Malformed> {
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
struct Prefix {
    raw: bool,
    bytes: bool,
}

impl Prefix {
    fn of(name: &str) -> Option<Prefix> {
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

#[cfg(test)]
mod tests {
    use super::*;

    /// As `ast.literal_eval` takes or refuses them, but for `L` after a number.
    #[test]
    fn literals_are_pythons() {
        let int = Literal::Int;
        let text = |value: &'static str| Literal::Str(value.into());
        let table = [
            ("None", Literal::None),
            (" True", Literal::Bool(true)),
            ("\n# comment\n(1)\n  # comment\n", int(1)),
            ("-(3)", int(-3)),
            ("+0x_fF", int(255)),
            ("0b1_0", int(2)),
            ("0o17", int(15)),
            ("1_000", int(1000)),
            ("00", int(0)),
            ("6L", int(6)),
            ("0x6 L L", int(6)),
            ("340282366920938463463374607431768211456", int(i128::MAX)),
            ("09.5", Literal::Float),
            ("1_0.0_1e+1_0", Literal::Float),
            (".5", Literal::Float),
            ("1.", Literal::Float),
            ("09j", Literal::Complex),
            ("-1-(2J)", Literal::Complex),
            ("'a' \"b\" u'c'", text("abc")),
            (
                r"'\x41\u00e9\U0001F600\101\n\'\8\d'",
                text("A\u{e9}\u{1f600}A\n'\\8\\d"),
            ),
            (r"r'\n\'' R'\x'", text(r"\n\'\x")),
            ("'a\\\nb'", text("ab")),
            ("'''it's\r\n''two'''", text("it's\n''two")),
            ("''", text("")),
            ("b'a' Rb'\\x'", Literal::Bytes),
            ("()", Literal::Tuple(vec![])),
            ("{}", Literal::Dict(vec![])),
        ];
        for (source, expected) in table {
            assert_eq!(parse(source, Dialect::Python2).unwrap().value, expected, "{source}");
        }
        for (source, length) in [
            ("(1,)", 1),
            ("1, 2,", 2),
            ("[1]\\\n \n", 1),
            ("[1, (2), \\\n3 # c\n,]", 3),
            ("{1, 2}", 2),
            ("{1: 2, 3: [4],}", 2),
        ] {
            let got = match parse(source, Dialect::Python3).unwrap().value {
                Literal::Tuple(items) | Literal::List(items) | Literal::Set(items) => items.len(),
                Literal::Dict(pairs) => pairs.len(),
                other => panic!("{source} is {other:?}"),
            };
            assert_eq!(got, length, "{source}");
        }
        let errors = "\"|(|)|(1|[1)|(,)|1,,|[1,,]|{1:}|{1: 2, 3}|{1, 2: 3}|{,}|1 2|--1|-True|-'a'|1+1|1j+1|1+2j+3j|\
            'a'+'b'|(1+2j)+1j|x|f()|true|03|1_|1__0|0x|0xg|1e|1.5.2|1l|1LL|6L|0x_|_1|.|...|'a|'''a''|ur'a'|f'a'|'a' b'c'|\
            b'\u{e9}'|'\\x4'|'\\u00e'|'\\ud800'|'\\U00110000'|b'\\xg'|1\\ |1\\\n|\u{a0}1|\u{e9}|'a\0'|1if|[*(1,)]|{**{}}|\
            1 if 1 else 2|not 1|\n 1|1\n2|'a\nb'|# c| |";
        for source in errors.split('|') {
            assert!(parse(source, Dialect::Python3).is_err(), "{source:?}");
        }
    }

    #[test]
    fn depth_is_bounded() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(parse(&nested(MAX_DEPTH), Dialect::Python3).is_ok());
        let error = parse(&nested(MAX_DEPTH + 1), Dialect::Python3).unwrap_err();
        assert_eq!(
            (error.at, &*error.message),
            (200, "more than 200 brackets inside each other")
        );
        for source in [
            "({'a': [".repeat(3000),
            format!("1{}", "+1".repeat(5000)),
            "-".repeat(100_000),
        ] {
            assert!(parse(&source, Dialect::Python3).is_err());
        }
    }
}
