//! Rust values to and from the bytes of elements.

pub(crate) mod scalar;
