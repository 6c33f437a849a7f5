//! Text tables: savetxt, loadtxt, genfromtxt, fromregex.
//!
//! From the bottom up, to read: `packing` and `encoding` make UTF-8 of what a file holds, which `input` hands on.
//! `lex` cuts it as loadtxt does, `split` as genfromtxt does. Of a field `number`, `lenient` and `longdouble` make a
//! number, over `decimal`; `plain` finds and parses fields at once where nothing is special about them. `columns` is a
//! dtype as the columns of a table, `missing` what stands in for what they lack. `job` takes a chunk of text through a
//! parser: `values` of one type, `records` of any, `filled` where something may be missing, `infer` where the text
//! tells the types. `rows` does so on all cores; `names`, `shape` and `table` are for what comes out, `shared` for the
//! options.
//!
//! To write: `digits` and `exact` are the digits of a number, `print` a number or text by a `spec`, into an `out`.
//! `real`, `single` and `nested` are values as NumPy shows them, `repr` those of a dtype. `fmt` parses the formats of
//! `savetxt`.

mod columns;
mod decimal;
mod digits;
mod encoding;
mod exact;
mod filled;
mod fmt;
mod fromregex;
mod genfromtxt;
mod infer;
mod input;
mod job;
mod lenient;
mod lex;
mod loadtxt;
mod longdouble;
mod missing;
mod names;
mod nested;
mod number;
mod out;
mod packing;
mod plain;
mod pow10;
mod print;
mod real;
#[cfg(test)]
mod recorded;
mod records;
mod repr;
mod rows;
mod savetxt;
mod shape;
mod shared;
mod single;
mod spec;
mod split;
mod table;
mod values;

pub use encoding::{Charset, Encoding};
pub use fmt::Fmt;
pub use fromregex::{fromregex, fromregex_dyn};
pub use genfromtxt::{GenFromTxt, genfromtxt};
pub use loadtxt::{LoadTxt, loadtxt};
pub use missing::{ColumnKey, ColumnValues, FillValue};
pub use names::{LetterCase, Names};
pub use savetxt::{SaveTxt, WriteTxtExt, savetxt};
pub use table::{MaskedArray, Table, TableColumn};
