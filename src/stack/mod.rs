//! Stacks of `.npy` files, on which Dask computes.

mod chunks;
mod data;
mod info;
mod read;
mod write;

pub use read::NpyStack;
pub use write::NpyStackWriter;
