//! Python literals, as `ast.literal_eval` accepts them in headers: one pass, bounded depth.

mod cursor;
mod node;
mod number;
mod parser;
mod string;

pub(crate) use node::{Dialect, Literal, Malformed, Node};
use parser::Parser;

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
    if let Some(at) = text.bytes().position(|byte| byte == 0) {
        return Err(Malformed::new(at, "a NUL byte in a Python literal"));
    }
    Parser::new(text, dialect).document()
}

#[cfg(test)]
mod tests {
    use super::cursor::MAX_DEPTH;
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
