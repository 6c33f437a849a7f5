//! Names of fields, as genfromtxt makes them out of a header line.

use std::collections::{HashMap, HashSet};

use super::fmt::{Fmt, Fmts, Piece};
use super::lex::trim;
use super::out::Out;
use super::repr::Column;
use crate::dtype::{Dtype, Scalar};
use crate::error::{Error, ErrorKind, Result};

/// Where a table's names come from.
///
/// # Examples
///
/// ```
/// use ndarray_io::Names;
///
/// assert_eq!(Names::from("x, y"), Names::from(["x", "y"]));
/// assert_eq!(Names::default(), Names::Default);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Names {
    /// Those of the dtype, or `f0`, `f1` and so on.
    #[default]
    Default,
    /// The first line that is not blank, after the lines to skip; it may begin with a comment sign.
    FromHeader,
    /// These.
    List(Vec<String>),
}

impl From<&str> for Names {
    /// Names between commas.
    fn from(names: &str) -> Self {
        Names::List(names.split(',').map(|name| trim(name).to_owned()).collect())
    }
}

impl<S: Into<String>> From<Vec<S>> for Names {
    fn from(names: Vec<S>) -> Self {
        Names::List(names.into_iter().map(Into::into).collect())
    }
}

impl<S: Into<String>, const N: usize> From<[S; N]> for Names {
    fn from(names: [S; N]) -> Self {
        Names::List(names.into_iter().map(Into::into).collect())
    }
}

/// What becomes of the letters of names.
///
/// # Examples
///
/// ```
/// use ndarray_io::LetterCase;
///
/// assert_eq!(LetterCase::from(false), LetterCase::Upper);
/// assert_eq!(LetterCase::from(true), LetterCase::Keep);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum LetterCase {
    /// Nothing: `case_sensitive=True`.
    #[default]
    Keep,
    /// Capitals: `case_sensitive=False` or `'upper'`.
    Upper,
    /// Small ones: `case_sensitive='lower'`.
    Lower,
}

impl From<bool> for LetterCase {
    /// Whether names that differ by case only are different.
    fn from(case_sensitive: bool) -> Self {
        if case_sensitive {
            LetterCase::Keep
        } else {
            LetterCase::Upper
        }
    }
}

/// The rules for names.
#[derive(Clone, Debug)]
pub(crate) struct NameRules {
    pub(crate) exclude: Vec<String>,
    pub(crate) delete: String,
    pub(crate) replace_space: String,
    pub(crate) case: LetterCase,
    pub(crate) default: String,
}

impl Default for NameRules {
    fn default() -> Self {
        NameRules {
            exclude: Vec::new(),
            delete: "~!@#$%^&*()-=+~\\|]}[{';: /?.>,<".to_owned(),
            replace_space: "_".to_owned(),
            case: LetterCase::Keep,
            default: "f%i".to_owned(),
        }
    }
}

impl NameRules {
    /// Names that were never excluded by anyone, and yet are.
    const EXCLUDED: [&str; 3] = ["return", "file", "print"];

    /// The names that fields can have, as many as `fields` if that is given.
    ///
    /// Two can still be the same, of `a, a, a_1`: that is for the dtype to refuse.
    ///
    /// # Errors
    ///
    /// A default format that does not print one integer.
    pub(crate) fn validate(&self, names: &[String], fields: Option<usize>) -> Result<Vec<String>> {
        let mut names = names.to_vec();
        if let Some(fields) = fields {
            names.resize(fields, String::new());
        }
        let taken: HashSet<&str> = names.iter().map(String::as_str).collect();
        let default = DefaultName::new(&self.default)?;
        let mut seen = HashMap::<String, usize>::new();
        let mut empty = 0;
        let mut valid = Vec::with_capacity(names.len());
        for name in &names {
            let name = match self.case {
                LetterCase::Keep => name.clone(),
                LetterCase::Upper => name.to_uppercase(),
                LetterCase::Lower => name.to_lowercase(),
            };
            let mut name = trim(&name).to_owned();
            if !self.replace_space.is_empty() {
                name = name.replace(' ', &self.replace_space);
            }
            name.retain(|c| c != '"' && !self.delete.contains(c));
            if name.is_empty() {
                // A format that ignores the number finds no free name, ever.
                for _ in 0..=taken.len() {
                    name = default.name(empty)?;
                    empty += 1;
                    if !taken.contains(name.as_str()) {
                        break;
                    }
                }
            } else if Self::EXCLUDED.contains(&name.as_str()) || self.exclude.contains(&name) {
                name.push('_');
            }
            let count = seen.entry(name.clone()).or_default();
            valid.push(match *count {
                0 => name,
                count => format!("{name}_{count}"),
            });
            *count += 1;
        }
        Ok(valid)
    }

    /// The names that a header or a list of names gives, before a dtype is known: the default is NumPy's then.
    pub(crate) fn given(&self, names: &[String]) -> Result<Vec<String>> {
        let rules = NameRules {
            default: NameRules::default().default,
            ..self.clone()
        };
        rules.validate(names, None)
    }

    /// The names of fields that have none.
    pub(crate) fn defaults<T: FromIterator<String>>(&self, fields: usize) -> Result<T> {
        let default = DefaultName::new(&self.default)?;
        (0..fields).map(|index| default.name(index)).collect()
    }
}

/// The parsed format of default names.
struct DefaultName<'a> {
    format: &'a str,
    pieces: Vec<Piece>,
    column: Column,
}

impl<'a> DefaultName<'a> {
    fn new(format: &'a str) -> Result<Self> {
        Ok(DefaultName {
            format,
            pieces: Fmts::One(Fmt::from(format)).row("", 1, false)?.parse()?,
            column: Column::new(0, &Dtype::native(Scalar::Int64)),
        })
    }

    fn name(&self, index: usize) -> Result<String> {
        let number = i64::try_from(index).unwrap_or(i64::MAX).to_ne_bytes();
        let mut out = Out::new();
        for piece in &self.pieces {
            match piece {
                Piece::Literal(text) => out.extend(text.as_bytes()),
                Piece::Value(spec) => self.column.print(&mut out, spec, &number).map_err(|error| {
                    error.unwrap_or_else(|| {
                        let message = format!("format {:?} prints no integer; `f%i` would work", self.format);
                        Error::new(ErrorKind::Argument, message)
                    })
                })?,
            }
        }
        Ok(String::from_utf8_lossy(out.as_bytes()).into_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::recorded;

    #[test]
    fn names_are_made_as_numpy_makes_them() {
        recorded::check("NameValidator", |case| {
            if case["outcome"]["kind"] != "ok" {
                return None; // a name that is no string
            }
            let (init, call) = (&case["init"], &case["call"]);
            let text = |value: &serde_json::Value| value.as_str().map(str::to_owned);
            let strings = |value: &serde_json::Value| -> Vec<String> {
                let one = text(value).into_iter();
                one.chain(value.as_array().into_iter().flatten().filter_map(text))
                    .collect()
            };
            let mut rules = NameRules {
                exclude: strings(&init["excludelist"]),
                ..NameRules::default()
            };
            if let Some(delete) = text(&init["deletechars"]) {
                rules.delete = delete;
            }
            if let Some(replace) = text(&init["replace_space"]) {
                rules.replace_space = replace;
            }
            if let Some(default) = text(&call["defaultfmt"]) {
                rules.default = default;
            }
            rules.case = match &init["case_sensitive"] {
                serde_json::Value::Bool(sensitive) => LetterCase::from(*sensitive),
                serde_json::Value::String(case) if case.starts_with('u') => LetterCase::Upper,
                serde_json::Value::String(_) => LetterCase::Lower,
                _ => LetterCase::Keep,
            };
            let fields = call["nbfields"].as_u64().map(|fields| fields as usize);
            let names = rules.validate(&strings(&case["names"]), fields).unwrap();
            Some(serde_json::json!(names))
        });
    }

    #[test]
    fn a_format_must_print_an_integer() {
        let rules = |default: &str| NameRules {
            default: default.to_owned(),
            ..NameRules::default()
        };
        assert_eq!(rules("x%03d").defaults::<Vec<_>>(2).unwrap(), ["x000", "x001"]);
        let error = rules("x").defaults::<Vec<_>>(2).unwrap_err().to_string();
        assert_eq!(
            error,
            "format \"x\" has 0 `%`; 1 would work, or 1 for the values of a row"
        );
        assert!(rules("%y").defaults::<Vec<_>>(1).is_err());
    }
}
