//! How much input may ask for: every limit of the crate, in one place.
//!
//! What exceeds one is an error of [`ErrorKind::Limit`]; the table in SECURITY.md says what follows from them for each
//! kind of input. The depth of a header's brackets and the digits of its numbers are no limits of ours but Python's
//! grammar: there they are malformed ([`ErrorKind::Header`]).
#![allow(dead_code)] // each feature has its own

use crate::error::{Error, ErrorKind, Result};

/// The characters of a header: NumPy's default for `max_header_size`.
pub(crate) const HEADER_SIZE: usize = 10_000;

/// Bytes that are allocated on a claim alone; after that, not more than [`GROWTH`] times what did come so far.
pub(crate) const TRUSTED: usize = 1 << 20;
pub(crate) const GROWTH: usize = 4;

/// Elements of no bytes, of which a file can hold any number.
pub(crate) const SIZELESS: usize = 1 << 20;

/// Items of no bytes in an element, beside as many as it has bytes: a subarray of shape `(1000000, 0)` takes none.
pub(crate) const SIZELESS_ITEMS: usize = 64;

/// What takes more than [`BOMB_SIZE`] bytes, and over [`BOMB_RATIO`] times those that it is made of, is refused unless
/// the caller has said how much may be read.
pub(crate) const BOMB_SIZE: u64 = 4 << 30;
pub(crate) const BOMB_RATIO: u64 = 100;

/// The bytes that deflate makes of one: at most 258 of two bits.
pub(crate) const DEFLATE_RATIO: u64 = 1032;

/// The memory of an LZMA decoder, whose dictionary is as large as the stream claims: xz's largest preset takes 65 MiB.
pub(crate) const LZMA_MEMORY: u64 = 256 << 20;

/// The bytes of a row of text, which is in memory as a whole: four million columns of `%.18e` take a tenth.
pub(crate) const ROW_SIZE: usize = 1 << 30;

/// The levels of structs and maps that the names in an archive may make, as of an object.
pub(crate) const FOLDER_DEPTH: usize = 128;

/// The levels of an object: what serde's own formats allow.
pub(crate) const OBJECT_DEPTH: usize = 128;

/// The bytes that objects may take for each of the pickle, if each were read on its own: as many as references of two
/// bytes to one text of 500 do.
pub(crate) const OBJECT_RATIO: u64 = 256;

/// What objects may take however short the pickle is.
pub(crate) const OBJECT_FREE: u64 = 1 << 20;

/// The bytes that a pickle may have copied for each of its own: one of few can ask for the same copy again and again.
pub(crate) const OBJECT_COPIES: u64 = 64;

/// The parts and levels of a dtype in a pickle, which may be made of others that it shares.
pub(crate) const DTYPE_PARTS: usize = 10_000;
pub(crate) const DTYPE_DEPTH: usize = 32;

/// The digits of an `int`: Python's own limit, for without one those of a megabyte take minutes.
pub(crate) const INT_DIGITS: usize = 4300;

/// The bytes of an `int` of [`INT_DIGITS`] digits.
pub(crate) const INT_BYTES: u64 = 1786;

/// Whether so many bytes are too much for what they are made of.
pub(crate) fn is_bomb(size: u64, made_of: u64) -> bool {
    size > BOMB_SIZE && size / BOMB_RATIO > made_of
}

/// The error for what is more than a limit allows.
#[cold]
pub(crate) fn exceeded(message: String) -> Error {
    Error::new(ErrorKind::Limit, message)
}

/// Holds what an array takes against [`ReadOptions::max_bytes`](crate::ReadOptions::max_bytes).
pub(crate) fn check_bytes(what: &str, bytes: u64, max_bytes: u64) -> Result<()> {
    match bytes > max_bytes {
        true => Err(exceeded(format!(
            "{what} of {bytes} bytes; `ReadOptions::max_bytes` allows {max_bytes}"
        ))),
        false => Ok(()),
    }
}
