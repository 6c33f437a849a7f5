//! The integration tests: one binary, a module a topic.

// Lints against panics guard the crate's input; a test that panics is a test that fails.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::cast_possible_truncation)]
#![allow(unreachable_pub)] // every module of a test binary is private

#[cfg(all(feature = "npz", feature = "text", feature = "object"))]
mod allocations;
mod api;
mod append;
mod casting;
mod concurrency;
mod corpus;
mod faults;
mod files;
#[cfg(feature = "text")]
mod genfromtxt;
mod header;
mod hostile;
mod large;
mod limits;
#[cfg(feature = "text")]
mod loadtxt;
mod messages;
#[cfg(feature = "mmap")]
mod mmap;
#[cfg(feature = "text")]
mod no_table;
#[cfg(all(feature = "npz", feature = "mmap"))]
mod npz;
#[cfg(feature = "npz")]
mod npz_value;
mod numpy;
#[cfg(feature = "object")]
mod object;
#[cfg(all(feature = "text", unix))]
mod printf;
mod readme;
mod record;
#[cfg(all(feature = "npz", feature = "mmap", feature = "text", feature = "object"))]
mod regressions;
#[cfg(feature = "object_store")]
mod remote;
mod roundtrip;
#[cfg(feature = "text")]
mod savetxt;
mod slice;
#[cfg(feature = "stack")]
mod stack;
mod support;
