//! Lines to fields, as np.genfromtxt cuts them.

use std::borrow::Cow;

use memchr::memmem;

use super::job::Cut;
use super::lex::{Delimiter, Row, Syntax, line_end, trim};
use super::plain::Plain;
use crate::error::{Error, ErrorKind, Result};

/// What ends a field.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Fields {
    Delimited(Delimiter),
    /// After so many characters, as often as the line has them.
    Width(usize),
    /// After so many characters each; there are no more.
    Widths(Vec<usize>),
}

/// Cuts lines: the comment off, the blanks at both ends, then at the delimiter.
#[derive(Clone, Debug)]
pub(crate) struct Splitter {
    fields: Fields,
    comments: Option<String>,
    autostrip: bool,
    /// Quoted fields, which only np.loadtxt has, are cut by its rules.
    quoted: Option<Syntax>,
}

impl Splitter {
    pub(crate) fn new(fields: Fields, comments: Option<&str>, autostrip: bool, quote: Option<char>) -> Result<Self> {
        let fail = |message: &str| Err(Error::new(ErrorKind::Argument, message.to_owned()));
        if comments.is_some_and(|comments| comments.is_empty() || comments.contains('\n')) {
            return fail("comments is empty or has a newline in it; None is for no comments");
        }
        if fields == Fields::Width(0) || matches!(&fields, Fields::Delimited(Delimiter::Text(text)) if text.is_empty())
        {
            return fail("fields need a delimiter or a width above 0");
        }
        let quoted = match (&fields, quote) {
            (_, None) => None,
            (Fields::Delimited(delimiter), Some(_)) => {
                let delimiter = match delimiter {
                    Delimiter::Whitespace => None,
                    Delimiter::Byte(byte) => Some(String::from(char::from(*byte))),
                    Delimiter::Text(text) => Some(text.clone()),
                };
                let comments: Vec<String> = comments.map(str::to_owned).into_iter().collect();
                Some(Syntax::new(delimiter.as_deref(), &comments, quote)?)
            }
            _ => return fail("quotechar works with delimiters; fields of fixed width have no use for it"),
        };
        Ok(Splitter {
            fields,
            comments: comments.map(str::to_owned),
            autostrip,
            quoted,
        })
    }

    /// How to cut the line of names: a comment sign in it does not end it, but what is before it does not count.
    pub(crate) fn header(&self) -> HeaderCut<'_> {
        HeaderCut(self)
    }

    /// What finds plain fields, if they can be found by their bytes.
    pub(crate) fn plain(&self) -> Option<Plain> {
        Plain::new(&self.syntax())
    }

    /// The syntax of plain fields, which there are none of with a delimiter of several bytes.
    pub(crate) fn syntax(&self) -> Syntax {
        let delimiter = match &self.fields {
            // Blanks at a line's end are no delimiters.
            Fields::Delimited(delimiter) if *delimiter != Delimiter::Byte(b' ') && self.quoted.is_none() => {
                delimiter.clone()
            }
            _ => Delimiter::Text(String::new()),
        };
        Syntax {
            delimiter,
            comments: self.comments.iter().cloned().collect(),
            quote: None,
        }
    }

    /// How a plain field's text is used.
    #[inline(always)]
    pub(crate) fn strip<'t>(&self, field: &'t str) -> &'t str {
        if self.autostrip { trim(field) } else { field }
    }

    fn uncommented<'t>(&self, line: &'t str) -> &'t str {
        let comment = self.comments.as_ref();
        let at = comment.and_then(|comment| memmem::find(line.as_bytes(), comment.as_bytes()));
        at.map_or(line, |at| &line[..at])
    }

    fn split<'t>(&self, line: &'t str, fields: &mut Vec<Cow<'t, str>>) {
        match &self.fields {
            Fields::Delimited(delimiter) => {
                delimiter.split(line.trim_matches([' ', '\r', '\n']), fields);
            }
            Fields::Width(width) => {
                let mut rest = line.trim_matches(['\r', '\n']);
                while !rest.is_empty() {
                    let (field, after) = rest.split_at(width_of(rest, *width));
                    fields.push(Cow::Borrowed(field));
                    rest = after;
                }
            }
            Fields::Widths(_) if line.is_empty() => {}
            Fields::Widths(widths) => {
                let mut rest = line.trim_end_matches(['\r', '\n']);
                // The widths can reach the newline, which is \n to Python, whatever the file has.
                let mut newline = &line[rest.len()..];
                for width in widths {
                    let (field, after) = rest.split_at(width_of(rest, *width));
                    let reached = match after.is_empty() && field.chars().count() < *width {
                        true => std::mem::take(&mut newline),
                        false => "",
                    };
                    fields.push(match reached {
                        "" => Cow::Borrowed(field),
                        "\n" => Cow::Borrowed(&line[line.len() - 1 - field.len()..]),
                        _ => Cow::Owned(format!("{field}\n")),
                    });
                    rest = after;
                }
            }
        }
        if self.autostrip {
            for field in fields {
                match field {
                    Cow::Borrowed(text) => *field = Cow::Borrowed(trim(text)),
                    Cow::Owned(text) => *text = trim(text).to_owned(),
                }
            }
        }
    }
}

/// How many bytes so many characters take, at most all.
fn width_of(text: &str, width: usize) -> usize {
    match text.get(..width) {
        Some(start) if start.is_ascii() => width,
        None if text.is_ascii() => text.len(),
        _ => text.char_indices().nth(width).map_or(text.len(), |(at, _)| at),
    }
}

/// A line, and where the next one starts.
fn line_of(text: &str, last: bool) -> Option<(&str, usize)> {
    match line_end(text.as_bytes()) {
        // The newline belongs to it, as in Python.
        Some((content, end)) if content < end => Some((&text[..end], end)),
        _ if last => Some((text, text.len())),
        _ => None,
    }
}

impl Cut for Splitter {
    fn row<'t>(&self, text: &'t str, last: bool, fields: &mut Vec<Cow<'t, str>>) -> Option<Row> {
        if let Some(syntax) = &self.quoted {
            let row = syntax.row(text, last, fields)?;
            if let [only] = &fields[..]
                && trim(only).is_empty()
                && !text.starts_with(syntax.quote.unwrap_or_default())
            {
                fields.clear(); // a blank line, where np.loadtxt sees an empty field
            }
            return Some(row);
        }
        fields.clear();
        let (line, end) = line_of(text, last)?;
        self.split(self.uncommented(line), fields);
        Some(Row { end, lines: 1 })
    }

    fn multiline(&self) -> bool {
        self.quoted.is_some()
    }
}

/// Cuts the line of names.
pub(crate) struct HeaderCut<'a>(&'a Splitter);

impl Cut for HeaderCut<'_> {
    fn row<'t>(&self, text: &'t str, last: bool, fields: &mut Vec<Cow<'t, str>>) -> Option<Row> {
        let (line, end) = line_of(text, last)?;
        let comment = self.0.comments.as_ref();
        let Some((_, names)) = comment.and_then(|comment| line.split_once(comment.as_str())) else {
            return self.0.row(text, last, fields);
        };
        fields.clear();
        match (&self.0.quoted, comment) {
            (Some(syntax), _) => {
                let mut names_in = Vec::new();
                syntax.row(names, true, &mut names_in);
                fields.extend(names_in);
            }
            (None, Some(comment)) if names.contains(comment.as_str()) => {
                // Further comment signs are dropped from it.
                let names = names.replace(comment.as_str(), "");
                let mut names_in = Vec::new();
                self.0.split(&names, &mut names_in);
                fields.extend(names_in.into_iter().map(|name| Cow::Owned(name.into_owned())));
            }
            _ => self.0.split(names, fields),
        }
        Some(Row { end, lines: 1 })
    }

    fn multiline(&self) -> bool {
        self.0.multiline()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::recorded;
    use serde_json::{Value, json};

    fn fields(delimiter: &Value) -> Option<Fields> {
        let list = ["$list", "$tuple"]
            .iter()
            .find_map(|key| delimiter.get(key)?.as_array());
        Some(match (delimiter, list.or(delimiter.as_array())) {
            (Value::Null, _) => Fields::Delimited(Delimiter::Whitespace),
            (Value::String(text), _) => Fields::Delimited(match text.as_bytes() {
                [] => Delimiter::Whitespace,
                [byte] => Delimiter::Byte(*byte),
                _ => Delimiter::Text(text.clone()),
            }),
            (Value::Number(width), _) => Fields::Width(width.as_u64()? as usize),
            (_, Some(widths)) => {
                let widths = widths.iter().map(|width| Some(width.as_u64()? as usize));
                Fields::Widths(widths.collect::<Option<_>>()?)
            }
            _ => return None,
        })
    }

    #[test]
    fn lines_are_cut_as_numpy_cuts_them() {
        recorded::check("LineSplitter", |case| {
            let fields = fields(&case["delimiter"])?;
            let strip = case["autostrip"] == true;
            let splitter = Splitter::new(fields, case["comments"].as_str(), strip, None).ok()?;
            let line = case["line"].as_str()?;
            if line.ends_with("\r\n") && matches!(splitter.fields, Fields::Widths(_)) {
                return None; // which genfromtxt hands over as \n
            }
            let mut cut = Vec::new();
            let row = splitter.row(line, true, &mut cut).unwrap();
            if row.end < line.len() {
                return None; // of several lines, which genfromtxt never hands over
            }
            Some(json!(cut))
        });
    }
}
