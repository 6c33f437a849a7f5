//! Replays what NumPy 2.4.6 did in 7125 recorded cases: every input must give the same values, bit for bit, or an error
//! where NumPy gave one.
//!
//! The cases come from tests/data/corpus.tar.gz, or from the folder that `NDARRAY_IO_CORPUS` names.

#[cfg(feature = "npz")]
mod archive;
#[cfg(feature = "text")]
mod fromregex;
#[cfg(feature = "text")]
pub mod genfromtxt;
#[cfg(all(feature = "npz", feature = "text", feature = "object"))]
mod hostile;
#[cfg(feature = "text")]
pub mod live;
#[cfg(feature = "text")]
pub mod loadtxt;
mod npy;
#[cfg(feature = "object")]
mod object;
#[cfg(feature = "text")]
pub mod reading;
#[cfg(feature = "text")]
mod savetxt;
pub mod support;
#[cfg(feature = "text")]
mod tables;
