//! Signs, brackets and names: the grammar around numbers and strings.

use super::cursor::Cursor;
use super::node::{Dialect, Literal, Malformed, Node};
use super::string::Prefix;

/// What literal_eval's rules for signs and sums need to know of an operand.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Constant,
    Signed,
    Other,
}

pub(super) struct Parser<'a> {
    cursor: Cursor<'a>,
    /// Of the expression that was parsed last.
    form: Form,
}

impl<'a> Parser<'a> {
    pub(super) fn new(text: &'a str, dialect: Dialect) -> Self {
        let (cursor, form) = (Cursor::new(text, dialect), Form::Other);
        Parser { cursor, form }
    }

    pub(super) fn document(&mut self) -> Result<Node<'a>, Malformed> {
        // Blank lines may come first, but what follows them must not be indented.
        self.cursor.skip_space()?;
        let mut start = self.cursor.at;
        while self.cursor.eat_newline() {
            start = self.cursor.at;
            self.cursor.skip_space()?;
        }
        let indented = start > 0 && matches!(self.cursor.text.as_bytes().get(start), Some(b' ' | b'\t'));
        if indented && start != self.cursor.at && self.cursor.peek().is_some() {
            return Err(Malformed::new(self.cursor.at, "unexpected indent"));
        }
        let mut node = self.expression()?;
        if self.cursor.peek() == Some(b',') {
            // A tuple needs no parentheses.
            let mut items = Vec::new();
            let at = node.at;
            items.push(node);
            while self.cursor.eat(b',') {
                self.cursor.skip_space()?;
                if matches!(self.cursor.peek(), None | Some(b'\n' | b'\r')) {
                    break;
                }
                items.push(self.expression()?);
            }
            let value = Literal::Tuple(items);
            node = Node { at, value };
        }
        while self.cursor.eat_newline() {
            self.cursor.skip_space()?;
        }
        match self.cursor.peek() {
            None => Ok(node),
            Some(_) => Err(self.cursor.expected("the end after the literal")),
        }
    }

    /// A signed atom, or a real and an imaginary part.
    fn expression(&mut self) -> Result<Node<'a>, Malformed> {
        let mut node = self.signed()?;
        loop {
            self.cursor.skip_space()?;
            let at = self.cursor.at;
            if !matches!(self.cursor.peek(), Some(b'+' | b'-')) {
                return Ok(node);
            }
            self.cursor.at += 1;
            let real = matches!(node.value, Literal::Int(_) | Literal::Float) && self.form != Form::Other;
            self.cursor.skip_space()?;
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
        let at = self.cursor.at;
        let negative = match self.cursor.peek() {
            Some(b'-') => true,
            Some(b'+') => false,
            _ => return self.atom(),
        };
        self.cursor.at += 1;
        self.cursor.skip_space()?;
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
        let at = self.cursor.at;
        let (value, form) = match self.cursor.peek() {
            Some(b'(') => return self.parenthesized(),
            Some(b'[') => {
                self.cursor.open()?;
                (Literal::List(self.items(Vec::new(), b']')?), Form::Other)
            }
            Some(b'{') => (self.braces()?, Form::Other),
            Some(b'0'..=b'9') => (self.cursor.number()?, Form::Constant),
            Some(b'.') if matches!(self.cursor.peek_at(1), Some(b'0'..=b'9')) => {
                (self.cursor.number()?, Form::Constant)
            }
            Some(b'\'' | b'"') => (self.cursor.strings()?, Form::Constant),
            Some(b'A'..=b'Z' | b'a'..=b'z' | b'_' | 0x80..) => (self.name()?, Form::Constant),
            _ => return Err(self.cursor.expected("a Python literal")),
        };
        self.form = form;
        Ok(Node { at, value })
    }

    /// The items up to the closing bracket, after `items`; the reader stands before one or before the bracket.
    fn items(&mut self, mut items: Vec<Node<'a>>, bracket: u8) -> Result<Vec<Node<'a>>, Malformed> {
        while !self.cursor.close(bracket) {
            items.push(self.expression()?);
            if !self.cursor.eat(b',') && self.cursor.peek() != Some(bracket) {
                return Err(self.cursor.expected(&format!("',' or '{}'", char::from(bracket))));
            }
            self.cursor.skip_space()?;
        }
        Ok(items)
    }

    fn parenthesized(&mut self) -> Result<Node<'a>, Malformed> {
        let at = self.cursor.at;
        self.cursor.open()?;
        let mut first = Vec::new();
        if self.cursor.peek() != Some(b')') {
            let node = self.expression()?;
            if self.cursor.close(b')') {
                return Ok(node);
            }
            if !self.cursor.eat(b',') {
                return Err(self.cursor.expected("',' or ')'"));
            }
            self.cursor.skip_space()?;
            first.push(node);
        }
        let value = Literal::Tuple(self.items(first, b')')?);
        self.form = Form::Other;
        Ok(Node { at, value })
    }

    fn braces(&mut self) -> Result<Literal<'a>, Malformed> {
        self.cursor.open()?;
        if self.cursor.close(b'}') {
            return Ok(Literal::Dict(Vec::new()));
        }
        let first = self.expression()?;
        if self.cursor.peek() != Some(b':') {
            if !self.cursor.eat(b',') && self.cursor.peek() != Some(b'}') {
                return Err(self.cursor.expected("':', ',' or '}'"));
            }
            self.cursor.skip_space()?;
            return Ok(Literal::Set(self.items(vec![first], b'}')?));
        }
        let mut pairs = Vec::new();
        let mut key = first;
        loop {
            if !self.cursor.eat(b':') {
                return Err(self.cursor.expected("':'"));
            }
            self.cursor.skip_space()?;
            pairs.push((key, self.expression()?));
            let comma = self.cursor.eat(b',');
            self.cursor.skip_space()?;
            if self.cursor.close(b'}') {
                return Ok(Literal::Dict(pairs));
            }
            if !comma {
                return Err(self.cursor.expected("',' or '}'"));
            }
            key = self.expression()?;
        }
    }

    /// A string's prefix, or one of the three names that are literals.
    fn name(&mut self) -> Result<Literal<'a>, Malformed> {
        let rest = &self.cursor.text[self.cursor.at..];
        let end = rest
            .find(|c: char| !(c.is_alphanumeric() || c == '_'))
            .unwrap_or(rest.len());
        let name = &rest[..end];
        if matches!(rest.as_bytes().get(end), Some(b'\'' | b'"')) && Prefix::of(name).is_some() {
            return self.cursor.strings();
        }
        let value = match name {
            "None" => Literal::None,
            "True" => Literal::Bool(true),
            "False" => Literal::Bool(false),
            _ => {
                return Err(Malformed::new(
                    self.cursor.at,
                    "a name; only literals can stand in a header",
                ));
            }
        };
        self.cursor.at += end;
        Ok(value)
    }
}
