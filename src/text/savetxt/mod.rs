//! np.savetxt: arrays to tables of text.

mod options;
mod printer;
mod sink;

use std::io::{self, Write};
use std::path::Path;

use ndarray::{ArrayBase, ArrayRef, Data, Dimension, IxDyn};
use serde::Serialize;

pub use self::options::SaveTxt;
use self::printer::{print_native, print_raw, print_values};
use self::sink::{Sink, Unsized};
use super::encoding::Encoding;
use super::packing::{Compressor, Packing};
use crate::dtype::Scalar;
use crate::element::scalar::{view_as, with_native};
use crate::error::{Context, Result};
use crate::npy::{DynArray, RecordArray, match_dyn};
use crate::storage::file::{FileWriter, Replace};

/// Writes an array to a text file as `np.savetxt` does: `%.18e`, columns separated by spaces, a line a row.
///
/// It is [`SaveTxt::new`]`().`[`write_path`](SaveTxt::write_path)`(path, array)`; see there.
///
/// # Errors
///
/// As [`SaveTxt::write_path`].
///
/// # Examples
///
/// ```
/// # let dir = tempfile::tempdir()?;
/// # let path = dir.path().join("data.txt");
/// ndarray_io::savetxt(&path, &ndarray::array![[1.0, 2.5], [3.0, 4.0]])?;
/// assert_eq!(
///     std::fs::read_to_string(&path)?,
///     "1.000000000000000000e+00 2.500000000000000000e+00\n3.000000000000000000e+00 4.000000000000000000e+00\n"
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn savetxt<P, S, D>(path: P, array: &ArrayBase<S, D>) -> Result<()>
where
    P: AsRef<Path>,
    S: Data,
    S::Elem: Serialize,
    D: Dimension,
{
    SaveTxt::new().write_path(path, array)
}

impl SaveTxt {
    /// Writes the array to a file, which replaces the one at `path` once it is complete; compressed if its name ends
    /// in `.gz`, `.bz2` (feature `bzip2`), `.xz` or `.lzma` (feature `xz`).
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Io`](crate::ErrorKind::Io) if the file cannot be written; else as [`write`](SaveTxt::write).
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::SaveTxt;
    ///
    /// # let dir = tempfile::tempdir()?;
    /// # let path = dir.path().join("table.csv.gz");
    /// SaveTxt::new().fmt("%d").delimiter(",").write_path(&path, &ndarray::array![[1, 2], [3, 4]])?;
    /// assert!(std::fs::read(&path)?.starts_with(b"\x1f\x8b"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn write_path<P: AsRef<Path>, T: WriteTxtExt + ?Sized>(&self, path: P, array: &T) -> Result<()> {
        let path = path.as_ref();
        let mut options = self.clone();
        options.encoding.get_or_insert(Encoding::Utf8);
        let write = || {
            // The compressor first: without its feature no file is begun.
            let packing = Packing::of_path(path);
            Compressor::new(io::sink(), packing)?;
            let file = FileWriter::create(path, Replace::Atomic)?;
            let mut packed = Compressor::new(file, packing)?;
            array.print_to(&mut packed, &options)?;
            packed.finish()?.commit()
        };
        write().in_path(path)
    }

    /// Writes the array to a writer. Rows before one that fails are written.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Shape`](crate::ErrorKind::Shape) if the array has no or more than two dimensions;
    /// [`ErrorKind::Argument`](crate::ErrorKind::Argument) for formats that are none, or whose number is not that of the
    /// columns, or that cannot print the array's dtype; [`ErrorKind::Value`](crate::ErrorKind::Value) for a value that its format cannot print (NaN by `%d`) or its text the encoding cannot hold.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::SaveTxt;
    ///
    /// let mut text = Vec::new();
    /// let error = SaveTxt::new().fmt("%d").write(&mut text, &ndarray::array![1.9, f64::NAN]).unwrap_err();
    /// assert_eq!(text, b"1\n");
    /// assert_eq!(error.kind(), ndarray_io::ErrorKind::Value);
    /// ```
    pub fn write<W: Write, T: WriteTxtExt + ?Sized>(&self, writer: W, array: &T) -> Result<()> {
        array.write_txt_with(writer, self)
    }
}

/// What can be written as text: arrays of one or two dimensions, whatever their elements, and
/// [`DynArray`](crate::DynArray).
///
/// # Examples
///
/// ```
/// use ndarray_io::{SaveTxt, WriteTxtExt};
///
/// let mut text = Vec::new();
/// ndarray::array![[1, 2], [3, 4]].write_txt_with(&mut text, &SaveTxt::new().fmt("%d"))?;
/// assert_eq!(text, b"1 2\n3 4\n");
/// # Ok::<(), ndarray_io::Error>(())
/// ```
pub trait WriteTxtExt {
    /// Writes the array as text.
    ///
    /// # Errors
    ///
    /// As [`SaveTxt::write`].
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::{SaveTxt, WriteTxtExt};
    ///
    /// let mut text = Vec::new();
    /// ndarray::array![[1, 2]].write_txt_with(&mut text, &SaveTxt::new().fmt("%d"))?;
    /// assert_eq!(text, b"1 2\n");
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    fn write_txt_with<W: Write>(&self, writer: W, options: &SaveTxt) -> Result<()> {
        self.print_to(&mut Unsized(writer), options)
    }

    #[doc(hidden)]
    fn print_to(&self, sink: &mut dyn Sink, options: &SaveTxt) -> Result<()>;
}

impl<A: Serialize, D: Dimension> WriteTxtExt for ArrayRef<A, D> {
    fn print_to(&self, sink: &mut dyn Sink, options: &SaveTxt) -> Result<()> {
        let view = self.view().into_dyn();
        if let Some(scalar) = Scalar::of::<A>() {
            return with_native!(scalar, T => match view_as::<A, T, IxDyn>(&view) {
                Some(view) => print_native(view, sink, options),
                None => print_values(view, sink, options),
            }, else => print_values(view, sink, options));
        }
        print_values(view, sink, options)
    }
}

impl<A: Serialize, S: Data<Elem = A>, D: Dimension> WriteTxtExt for ArrayBase<S, D> {
    fn print_to(&self, sink: &mut dyn Sink, options: &SaveTxt) -> Result<()> {
        let array: &ArrayRef<A, D> = self;
        array.print_to(sink, options)
    }
}

impl WriteTxtExt for DynArray {
    fn print_to(&self, sink: &mut dyn Sink, options: &SaveTxt) -> Result<()> {
        match_dyn!(self, a => print_native(a.view(), sink, options),
            DynArray::Record(records) => print_raw(records.raw(), sink, options),
            DynArray::Raw(raw) => print_raw(raw, sink, options),
            other => print_raw(&other.clone().into_raw()?, sink, options),
        )
    }
}

impl WriteTxtExt for RecordArray {
    fn print_to(&self, sink: &mut dyn Sink, options: &SaveTxt) -> Result<()> {
        print_raw(self.raw(), sink, options)
    }
}
