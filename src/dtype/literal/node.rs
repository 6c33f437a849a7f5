//! What a literal is, and what is wrong with a text that is none.

use std::borrow::Cow;

use crate::error::{Error, ErrorKind};

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
