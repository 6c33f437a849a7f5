//! Text tables: savetxt, loadtxt, genfromtxt, fromregex.

mod codec;
mod columns;
mod decimal;
mod digits;
mod exact;
mod fmt;
mod input;
mod lex;
mod loadtxt;
mod longdouble;
mod nested;
mod number;
mod plain;
mod pow10;
mod print;
mod printer;
mod real;
mod records;
mod repr;
mod rows;
mod savetxt;
mod values;

pub use codec::{Charset, Encoding};
pub use fmt::Fmt;
pub use loadtxt::{LoadTxt, loadtxt};
pub use savetxt::{SaveTxt, WriteTxtExt, savetxt};
