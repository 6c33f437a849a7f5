//! Text to rows to fields, as np.loadtxt cuts them.

use std::borrow::Cow;

use memchr::{memchr, memchr2};

use crate::error::{Error, ErrorKind, Result};

/// What ends a field.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Delimiter {
    /// Any run of Unicode whitespace; leading and trailing ones end nothing.
    Whitespace,
    Byte(u8),
    Text(String),
}

impl Delimiter {
    /// Appends the fields of a line; an empty one has none.
    pub(crate) fn split<'t>(&self, line: &'t str, fields: &mut Vec<Cow<'t, str>>) {
        match self {
            Delimiter::Whitespace => fields.extend(line.split(is_space).filter(|f| !f.is_empty()).map(Cow::Borrowed)),
            _ if line.is_empty() => {}
            Delimiter::Byte(byte) => {
                let mut start = 0;
                for at in memchr::memchr_iter(*byte, line.as_bytes()) {
                    fields.push(Cow::Borrowed(&line[start..at]));
                    start = at + 1;
                }
                fields.push(Cow::Borrowed(&line[start..]));
            }
            Delimiter::Text(text) => fields.extend(line.split(text.as_str()).map(Cow::Borrowed)),
        }
    }
}

/// How rows and fields are told apart.
#[derive(Clone, Debug)]
pub(crate) struct Syntax {
    pub(crate) delimiter: Delimiter,
    /// One single character ends a row outside of quotes only; anything else cuts each line at each string in turn.
    pub(crate) comments: Vec<String>,
    pub(crate) quote: Option<char>,
}

/// Where a row ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Row {
    /// The first byte of the next row.
    pub(crate) end: usize,
    /// How many lines it took: more than one if a quoted field has newlines.
    pub(crate) lines: u64,
}

/// Python's whitespace, which has four control characters that Rust's has not.
pub(crate) fn is_space(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\x1c'..='\x1f')
}

/// Removes whitespace from both ends.
#[inline]
pub(crate) fn trim(text: &str) -> &str {
    match text.as_bytes() {
        [] => text,
        [first, .., last] | [first @ last] if first.is_ascii_graphic() && last.is_ascii_graphic() => text,
        _ => text.trim_matches(is_space),
    }
}

/// Where the line at the start of `text` ends, and where the next one starts: `\n`, `\r\n` and `\r` end lines.
///
/// `None` if it does not end in `text`, or may go on after it: a `\r` at the end may be half a `\r\n`.
#[inline]
pub(crate) fn line_end(text: &[u8]) -> Option<(usize, usize)> {
    let end = memchr2(b'\n', b'\r', text)?;
    match text.get(end..) {
        Some([b'\n', ..]) => Some((end, end + 1)),
        Some([b'\r', b'\n', ..]) => Some((end, end + 2)),
        Some([b'\r', _, ..]) => Some((end, end + 1)),
        _ => None,
    }
}

/// How many bytes of `text` are whole lines for sure, seen from its end.
pub(crate) fn whole_lines(text: &[u8]) -> usize {
    let mut end = text.len();
    while let Some(at) = memchr::memrchr2(b'\n', b'\r', &text[..end]) {
        if text[at] == b'\n' || at + 1 < text.len() {
            return at + 1;
        }
        end = at;
    }
    0
}

impl Syntax {
    /// Checks that the control characters do not contradict each other.
    pub(crate) fn new(delimiter: Option<&str>, comments: &[String], quote: Option<char>) -> Result<Syntax> {
        let fail = |message: String| Err(Error::new(ErrorKind::Argument, message));
        let quote_text = quote.map(String::from);
        let controls = [("delimiter", delimiter), ("quotechar", quote_text.as_deref())];
        let controls: Vec<_> = controls
            .into_iter()
            .filter_map(|(name, text)| Some((name, text?)))
            .chain(comments.iter().map(|comment| ("comments", comment.as_str())))
            .collect();
        for (index, &(name, text)) in controls.iter().enumerate() {
            if text.is_empty() {
                return fail(format!("{name} is empty; leave it out for none"));
            }
            if text.contains(['\n', '\r']) {
                return fail(format!("{name} {text:?} has a newline in it; newlines end rows"));
            }
            let rest = controls.get(index + 1..).unwrap_or_default();
            let same = rest
                .iter()
                .find(|(other, other_text)| *other != name && *other_text == text);
            if let Some((other, _)) = same {
                return fail(format!("{name} and {other} are both {text:?}; they must differ"));
            }
        }
        if let (None, Some((name, text))) = (
            delimiter,
            controls
                .iter()
                .find(|(_, text)| text.chars().count() == 1 && text.contains(is_space)),
        ) {
            return fail(format!(
                "{name} {text:?} is whitespace, which delimits fields; set a delimiter"
            ));
        }
        let cuts = comments.len() > 1 || comments.iter().any(|comment| comment.chars().count() > 1);
        if cuts && quote.is_some() {
            return fail("quotechar works with one comment character only; comments of several, or none".into());
        }
        Ok(Syntax {
            delimiter: match delimiter {
                None => Delimiter::Whitespace,
                Some(text) => match *text.as_bytes() {
                    [byte] => Delimiter::Byte(byte),
                    _ => Delimiter::Text(text.to_owned()),
                },
            },
            comments: comments.to_vec(),
            quote,
        })
    }

    /// Reads the row at the start of `text` into `fields`; a blank one has none.
    ///
    /// `None` if the row may go on after `text`, which never happens when `text` is the `last` there is.
    pub(crate) fn row<'t>(&self, text: &'t str, last: bool, fields: &mut Vec<Cow<'t, str>>) -> Option<Row> {
        fields.clear();
        if let Some(quote) = self.quote {
            return self.quoted_row(text, last, quote, fields);
        }
        let (content, end) = match line_end(text.as_bytes()) {
            Some((content, end)) => (content, end),
            None if last => (text.strip_suffix('\r').unwrap_or(text).len(), text.len()),
            None => return None,
        };
        self.delimiter.split(self.uncommented(&text[..content]), fields);
        Some(Row { end, lines: 1 })
    }

    /// The line up to its comment.
    fn uncommented<'t>(&self, mut line: &'t str) -> &'t str {
        for comment in &self.comments {
            let at = match comment.as_bytes() {
                [byte] => memchr(*byte, line.as_bytes()),
                comment => memchr::memmem::find(line.as_bytes(), comment),
            };
            line = at.map_or(line, |at| &line[..at]);
        }
        line
    }

    /// A quote counts as a field's first character only; what follows the closing one belongs to the field as it is.
    fn quoted_row<'t>(&self, text: &'t str, last: bool, quote: char, fields: &mut Vec<Cow<'t, str>>) -> Option<Row> {
        let whitespace = self.delimiter == Delimiter::Whitespace;
        let mut lines = 1;
        let mut at = 0;
        loop {
            if whitespace {
                let rest = &text[at..];
                let field = rest.trim_start_matches(|c| is_space(c) && !matches!(c, '\n' | '\r'));
                at += rest.len() - field.len();
            }
            let mut field = Cow::Borrowed("");
            let quoted = text[at..].starts_with(quote);
            if quoted {
                at += quote.len_utf8();
                loop {
                    let Some(len) = text[at..].find(quote) else {
                        if !last {
                            return None;
                        }
                        append(&mut field, &text[at..]);
                        at = text.len();
                        break;
                    };
                    append(&mut field, &text[at..at + len]);
                    lines += newlines(&text[at..at + len]);
                    at += len + quote.len_utf8();
                    if at == text.len() && !last {
                        return None; // a second quote may follow
                    }
                    if !text[at..].starts_with(quote) {
                        break;
                    }
                    append(&mut field, &text[at..at + quote.len_utf8()]);
                    at += quote.len_utf8();
                }
            }
            let (len, stop) = self.unquoted(&text[at..]);
            append(&mut field, &text[at..at + len]);
            at += len;
            // Whitespace delimiters leave an empty field at a row's end, and so does a blank row.
            let counts =
                quoted || !field.is_empty() || (!whitespace && (stop == Stop::Delimiter || !fields.is_empty()));
            if counts {
                fields.push(field);
            }
            match stop {
                Stop::Delimiter => match &self.delimiter {
                    Delimiter::Text(text) => at += text.len(),
                    _ => at += text[at..].chars().next().map_or(0, char::len_utf8),
                },
                Stop::Row => {
                    let end = match line_end(&text.as_bytes()[at..]) {
                        Some((_, end)) => at + end,
                        None if last => text.len(),
                        None => return None,
                    };
                    return Some(Row { end, lines });
                }
            }
        }
    }

    /// How far the unquoted rest of a field goes, and what ends it.
    fn unquoted(&self, text: &str) -> (usize, Stop) {
        let comment = self.comments.first().and_then(|comment| comment.chars().next());
        for (at, c) in text.char_indices() {
            if matches!(c, '\n' | '\r') || Some(c) == comment {
                return (at, Stop::Row);
            }
            let delimits = match &self.delimiter {
                Delimiter::Whitespace => is_space(c),
                Delimiter::Byte(byte) => c == char::from(*byte),
                Delimiter::Text(delimiter) => text[at..].starts_with(delimiter.as_str()),
            };
            if delimits {
                return (at, Stop::Delimiter);
            }
        }
        (text.len(), Stop::Row)
    }
}

#[derive(PartialEq)]
enum Stop {
    Delimiter,
    Row,
}

fn append<'t>(field: &mut Cow<'t, str>, part: &'t str) {
    match part {
        "" => {}
        _ if field.is_empty() => *field = Cow::Borrowed(part),
        _ => field.to_mut().push_str(part),
    }
}

fn newlines(text: &str) -> u64 {
    let mut rest = text.as_bytes();
    let mut count = 0;
    while let Some(at) = memchr2(b'\n', b'\r', rest) {
        let pair = rest[at..].starts_with(b"\r\n");
        rest = &rest[at + 1 + usize::from(pair)..];
        count += 1;
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    fn syntax(delimiter: Option<&str>, comments: &[&str], quote: Option<char>) -> Syntax {
        let comments: Vec<String> = comments.iter().map(|comment| (*comment).to_owned()).collect();
        Syntax::new(delimiter, &comments, quote).unwrap()
    }

    /// All rows of `text`, blank ones included, given in blocks of `block` bytes.
    fn rows(syntax: &Syntax, text: &str, block: usize) -> Vec<Vec<String>> {
        let mut rows = Vec::new();
        let (mut start, mut end) = (0, 0);
        while start < text.len() {
            let last = end == text.len();
            let mut fields = Vec::new();
            match syntax.row(&text[start..end], last, &mut fields) {
                Some(row) => {
                    rows.push(fields.into_iter().map(Cow::into_owned).collect());
                    start += row.end;
                }
                None => {
                    assert!(!last, "the last block must end a row");
                    end = (end + block).min(text.len());
                    while !text.is_char_boundary(end) {
                        end += 1;
                    }
                }
            }
        }
        rows
    }

    #[test]
    fn rows_are_numpys_whatever_the_blocks() {
        let none = |text| (None, &["#"][..], None, text);
        let comma = |text| (Some(","), &["#"][..], None, text);
        let quoted = |text| (Some(","), &["#"][..], Some('"'), text);
        for ((delimiter, comments, quote, text), expected) in [
            (none("1 2\n3\t4"), "[1|2][3|4]"),
            (none("  1 \u{2003} 2 # c\r\n\r\n#\r3"), "[1|2][][][3]"),
            (comma("1,2\r3,4\r\n5,\n\n,\n"), "[1|2][3|4][5|][][|]"),
            (comma(" \n  # c\n1,#\n"), "[ ][  ][1|]"),
            ((Some("::"), &["//", "#"], None, "1::2//3\n#\n4::5#::6"), "[1|2][][4|5]"),
            ((Some("·"), &[], None, "1·2\n#·\n"), "[1|2][#|]"),
            (quoted("\"a,\"\"b\nc\"d\"e,2\n"), "[a,\"b\ncd\"e|2]"),
            (quoted(" \"a\",\"\"\n\"\"\n\n\"#\" #,\n"), "[ \"a\"|][][][# ]"),
            (quoted("\"never closed,\n1"), "[never closed,\n1]"),
            (quoted("a,\"b\"\r\n\"\r\n\",\"\""), "[a|b][\r\n|]"),
            (
                (None, &["#"], Some('"'), "1 \"\"\n\"\" 1 \n  \"a b\"  c\n \n"),
                "[1|][|1][a b|c][]",
            ),
            ((None, &["#"], Some('"'), "a\"b \"c\"#d"), "[a\"b|c]"),
        ] {
            let syntax = syntax(delimiter, comments, quote);
            for block in (1..=64).chain([1000]) {
                let rows = rows(&syntax, text, block);
                let found: String = rows.iter().map(|row| format!("[{}]", row.join("|"))).collect();
                assert_eq!(found, expected, "{text:?} in blocks of {block}");
            }
        }
    }

    #[test]
    fn an_empty_quoted_field_is_no_blank_row() {
        let mut fields = Vec::new();
        syntax(Some(","), &[], Some('"')).row("\"\"\n", true, &mut fields);
        assert_eq!(fields, [""]);
        syntax(None, &[], Some('"')).row(" \n", true, &mut fields);
        assert!(fields.is_empty());
    }

    #[test]
    fn whole_lines_are_told_from_the_end() {
        for (text, expected) in [
            ("", 0),
            ("a", 0),
            ("a\nb", 2),
            ("a\rb", 2),
            ("a\n\r", 2),
            ("a\r\n", 3),
            ("\r\r", 1),
        ] {
            assert_eq!(whole_lines(text.as_bytes()), expected, "{text:?}");
        }
    }

    #[test]
    fn contradictions_are_refused() {
        for (delimiter, comments, quote, message) in [
            (Some(""), &["#"][..], None, "delimiter is empty; leave it out for none"),
            (Some(","), &[""], None, "comments is empty; leave it out for none"),
            (
                Some("\n"),
                &[],
                None,
                "delimiter \"\\n\" has a newline in it; newlines end rows",
            ),
            (
                Some("#"),
                &["#"],
                None,
                "delimiter and comments are both \"#\"; they must differ",
            ),
            (
                Some(","),
                &["#"],
                Some('#'),
                "quotechar and comments are both \"#\"; they must differ",
            ),
            (
                None,
                &["\t"],
                None,
                "comments \"\\t\" is whitespace, which delimits fields; set a delimiter",
            ),
            (
                Some(","),
                &["//"],
                Some('"'),
                "quotechar works with one comment character only; comments of several, or none",
            ),
        ] {
            let comments: Vec<String> = comments.iter().map(|comment| (*comment).to_owned()).collect();
            let error = Syntax::new(delimiter, &comments, quote).unwrap_err();
            assert_eq!(error.to_string(), message);
        }
    }
}
