//! Text tables: savetxt, loadtxt, genfromtxt, fromregex.

mod codec;
mod decimal;
mod lex;
mod number;

pub use codec::{Charset, Encoding};
