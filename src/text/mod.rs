//! Text tables: savetxt, loadtxt, genfromtxt, fromregex.

mod codec;
mod columns;
mod decimal;
mod digits;
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
mod plain;
mod pow10;
mod print;
mod printer;
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
mod split;
mod table;
mod values;

pub use codec::{Charset, Encoding};
pub use fmt::Fmt;
pub use fromregex::{fromregex, fromregex_dyn};
pub use genfromtxt::{GenFromTxt, genfromtxt};
pub use loadtxt::{LoadTxt, loadtxt};
pub use missing::{ColumnKey, ColumnValues, FillValue};
pub use names::{LetterCase, Names};
pub use savetxt::{SaveTxt, WriteTxtExt, savetxt};
pub use table::{MaskedArray, Table, TableColumn};
