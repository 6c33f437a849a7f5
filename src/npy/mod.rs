//! The .npy format.

mod header;

pub use header::{Header, Version};
