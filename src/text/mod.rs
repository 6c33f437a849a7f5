//! Text tables: savetxt, loadtxt, genfromtxt, fromregex.

mod codec;
mod decimal;
mod digits;
mod fmt;
mod lex;
mod number;
mod pow10;
mod print;

pub use codec::{Charset, Encoding};
