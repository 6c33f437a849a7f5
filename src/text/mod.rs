//! Text tables: savetxt, loadtxt, genfromtxt, fromregex.

mod codec;
mod decimal;
mod digits;
mod exact;
mod fmt;
mod lex;
mod nested;
mod number;
mod pow10;
mod print;
mod savetxt;
mod value;

pub use codec::{Charset, Encoding};
pub use fmt::Fmt;
pub use savetxt::{SaveTxt, WriteTxtExt, savetxt};
