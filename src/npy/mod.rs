//! The `.npy` format: a header, then the elements.
//!
//! From the bottom up: `header`, `options` and `shape`; `raw` elements, which `data` reads, and `typed` ones. `part`
//! and `gather` put an array's elements in order for `write`. `dynamic` is an array of any dtype, `record` one of
//! fields, as a table of `show`; `reader` has them all, behind a header that is read, and `read` is the way there. On
//! top, what needs not the whole: `view`, `slice`, `forward`, `target`, `rows`, `append`.

mod append;
mod data;
mod dynamic;
mod forward;
mod gather;
mod header;
mod options;
mod part;
mod raw;
mod read;
mod reader;
mod record;
mod rows;
mod shape;
mod show;
mod slice;
#[cfg(feature = "object_store")]
mod target;
mod typed;
mod view;
mod write;

pub use append::NpyAppender;
#[cfg(feature = "object_store")]
pub(crate) use data::check_nbytes;
pub use dynamic::DynArray;
#[cfg(feature = "text")]
pub(crate) use dynamic::match_dyn;
pub use header::{Header, Version};
#[cfg(feature = "npz")]
pub(crate) use header::{MAGIC, read_full};
pub use options::{ReadOptions, WriteOptions};
pub use raw::{RawArray, RecordArray};
pub use read::{ReadNpyExt, read_npy};
pub use reader::NpyReader;
pub use rows::Rows;
#[cfg(feature = "object_store")]
pub(crate) use rows::{check_rows, elements_before, rows_slice};
#[allow(unused_imports)] // without the feature text
pub(crate) use shape::array_from_values;
#[cfg(feature = "text")]
pub(crate) use show::{shown_rows, write_columns};
#[cfg(any(feature = "object_store", feature = "stack"))]
pub(crate) use slice::Plan;
pub use slice::SliceTo;
#[cfg(any(feature = "npz", feature = "stack"))]
pub(crate) use slice::read_slice;
#[cfg(feature = "stack")]
pub(crate) use slice::{Selection, SliceReader};
#[cfg(feature = "object_store")]
pub(crate) use target::{Target, array_target, dyn_target};
pub use typed::TypedArray;
pub use view::{ViewMutNpyExt, ViewNpyExt};
#[cfg(feature = "mmap")]
pub(crate) use view::{dtype_in_memory, view_data, view_data_mut};
pub use write::{WriteNpyExt, create_new_npy, write_npy, write_zeroed_npy};
