//! Text tables: savetxt, loadtxt, genfromtxt, fromregex.

mod codec;

pub use codec::{Charset, Encoding};
