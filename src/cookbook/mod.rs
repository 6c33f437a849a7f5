//! Recipes: one for each job that NumPy's users know. Documentation only.
//!
//! Each is a whole program, a file of the crate's folder `examples`, which its tests run:
//! `cargo run --release --example NAME`, with `--features object_store` for the one that needs it. One more, which needs
//! Dask, is `examples/dask`.
//!
//! To use one in a project of your own, add the crates that its first lines name beside `ndarray` and `ndarray-io`: some of
//! `serde` with its feature `derive`, `serde_json`, `half`, `num-complex`, `tempfile`, `indicatif`, `tokio`.
//!
//! | job | recipe | feature |
//! |---|---|---|
//! | save an array and load it | [`save_and_load`] | |
//! | several arrays in one file | [`several_arrays`] | `npz` |
//! | the weights of a model: named, mapped | [`model_weights`] | `npz`, `mmap` |
//! | weights in less room | [`compressed_weights`] | `npz` |
//! | checkpoints, and going on from the last | [`checkpoint`] | `npz` |
//! | cache an intermediate result | [`cache`] | `npz` |
//! | a table of text to `.npy`, with a progress bar | [`csv_to_npy`] | `text` |
//! | preprocess a table once, for a model | [`preprocess`] | `npz`, `text` |
//! | a table with missing values | [`missing_values`] | `text` |
//! | a table of columns whose types are not known | [`infer`] | `text` |
//! | records: arrays of structs | [`records`] | |
//! | larger than memory, block by block | [`stream_rows`] | |
//! | larger than memory, mapped | [`memmap_large`] | `mmap` |
//! | a column of an array in S3 or another store | [`remote_slice`] | `object_store` |
//! | a log that grows, and can be read meanwhile | [`append_log`] | |
//! | which format is how large and how fast | [`compare_formats`] | `npz`, `text` |
//! | files from strangers | [`untrusted`] | |
//! | a dtype that is known when the file is open | [`dynamic`] | `npz` |
//! | from Python and back | [`from_python`] | `npz` |
//! | tables for R, Excel and others | [`r_and_excel`] | `text` |
//! | look into any file | [`inspect`] | `npz`, `text` |
//! | a first look at the crate | [`quickstart`] | |
//!
//! For those who come from elsewhere: [`from_numpy`] has each function and parameter of NumPy with its counterpart here,
//! [`from_other_crates`] what to change in code that uses `ndarray-npy`, `npyz` or `csv`.

pub mod from_numpy;
pub mod from_other_crates;

/// The page of a recipe: what it is for, and its file.
macro_rules! recipe {
    ($(#[$about:meta])* $name:ident) => {
        $(#[$about])*
        ///
        #[doc = concat!(
            "```no_run\n",
            include_str!(concat!("../../examples/", stringify!($name), ".rs")),
            "```"
        )]
        pub mod $name {}
    };
}

recipe!(
    /// One array to a file and back: conversions, what is in a file, streams.
    save_and_load
);
recipe!(
    /// Several arrays in one file, by name or as the fields of a struct.
    #[cfg(feature = "npz")]
    several_arrays
);
recipe!(
    /// The weights of a model with what describes them; read, or viewed in place.
    #[cfg(all(feature = "npz", feature = "mmap"))]
    model_weights
);
recipe!(
    /// Weights deflated, pruned, and as half floats: what it costs and what it saves.
    #[cfg(feature = "npz")]
    compressed_weights
);
recipe!(
    /// A training that crashes, and goes on from its last checkpoint to the same result.
    #[cfg(feature = "npz")]
    checkpoint
);
recipe!(
    /// A result that is computed once, until its parameters change.
    #[cfg(feature = "npz")]
    cache
);
recipe!(
    /// A large table of text, read with a progress bar and written as `.npy`.
    #[cfg(feature = "text")]
    csv_to_npy
);
recipe!(
    /// A table's numbers, normalised and saved with what undoes it.
    #[cfg(all(feature = "npz", feature = "text"))]
    preprocess
);
recipe!(
    /// A table with holes: as a table, as a masked array, as structs with options.
    #[cfg(feature = "text")]
    missing_values
);
recipe!(
    /// A table whose columns' types are told by their text.
    #[cfg(feature = "text")]
    infer
);
recipe!(
    /// Structs through serde's derive, as NumPy's structured arrays.
    records
);
recipe!(
    /// Statistics of a file that does not fit into memory, a block of rows at a time.
    stream_rows
);
recipe!(
    /// A file of 10 GB through a memory map.
    #[cfg(feature = "mmap")]
    memmap_large
);
recipe!(
    /// A column of an array in an object store: what is fetched, and how the array's order decides it.
    #[cfg(feature = "object_store")]
    remote_slice
);
recipe!(
    /// Measurements appended to a file that loads at any moment.
    append_log
);
recipe!(
    /// The same numbers as `.npy`, `.npz` and text: sizes and times.
    #[cfg(all(feature = "npz", feature = "text"))]
    compare_formats
);
recipe!(
    /// Limits for files from strangers, and whose fault an error is.
    untrusted
);
recipe!(
    /// Arrays and archives of whatever dtype.
    #[cfg(feature = "npz")]
    dynamic
);
recipe!(
    /// An archive that Python made, worked on here, and checked in Python.
    #[cfg(feature = "npz")]
    from_python
);
recipe!(
    /// Tables that other programs read, and theirs read here.
    #[cfg(feature = "text")]
    r_and_excel
);
recipe!(
    /// A command that looks into `.npy`, `.npz` and text.
    #[cfg(all(feature = "npz", feature = "text"))]
    inspect
);
recipe!(
    /// Files that NumPy wrote: opened, looked at, normalised, written.
    quickstart
);
