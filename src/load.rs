//! `np.load`: whatever a file holds.

use std::io::Read;
use std::path::Path;

use crate::error::{Context, Error, ErrorKind, Result};
use crate::npy::{DynArray, read_npy};
#[cfg(feature = "npz")]
use crate::npz::NpzReader;
use crate::storage::file::FileReader;

/// What a file holds: an array, or an archive of them.
///
/// # Examples
///
/// ```
/// # let dir = tempfile::tempdir().unwrap();
/// # let path = dir.path().join("a.npy");
/// # ndarray_io::write_npy(&path, &ndarray::array![1.5, 2.5])?;
/// use ndarray_io::{DynArray, Loaded, load};
///
/// let Loaded::Npy(DynArray::Float64(array)) = load(&path)? else { panic!("no array of f64") };
/// assert_eq!(array.sum(), 4.0);
/// # Ok::<(), ndarray_io::Error>(())
/// ```
#[derive(Debug)]
#[allow(clippy::large_enum_variant)] // one a file, and matched at once
pub enum Loaded<Z = Archive> {
    /// A `.npy` file's array.
    Npy(DynArray),
    /// A `.npz` archive; its arrays are read when they are asked for. Without the feature `npz` there is none.
    Npz(Z),
}

#[cfg(feature = "npz")]
type Archive = NpzReader<FileReader>;
#[cfg(not(feature = "npz"))]
type Archive = NoArchive;

/// None can be made. The field is private, so that who matches a [`Loaded`] writes the same with the feature and without.
#[cfg(not(feature = "npz"))]
#[derive(Debug)]
pub struct NoArchive(#[allow(dead_code)] std::convert::Infallible);

/// Loads a `.npy` file or opens a `.npz` archive, by its content, whatever its name.
///
/// # Errors
///
/// [`ErrorKind::NotNumpy`] if it is neither; [`ErrorKind::Io`] if it cannot be opened; else as
/// [`read_npy`](crate::read_npy). The error names the path.
///
/// # Examples
///
/// ```
/// # let dir = tempfile::tempdir().unwrap();
/// # let path = dir.path().join("a.npy");
/// # ndarray_io::write_npy(&path, &ndarray::array![[1.0, 2.0]])?;
/// use ndarray_io::{Loaded, load};
///
/// match load(&path)? {
///     Loaded::Npy(array) => println!("{} of shape {:?}\n{array}", array.dtype(), array.shape()),
///     Loaded::Npz(archive) => println!("{:?}", archive.names()?),
/// }
/// # Ok::<(), ndarray_io::Error>(())
/// ```
pub fn load<P: AsRef<Path>>(path: P) -> Result<Loaded> {
    let path = path.as_ref();
    let mut magic = Vec::new();
    FileReader::open(path)?.take(4).read_to_end(&mut magic).in_path(path)?;
    match format_of(&magic).in_path(path)? {
        #[cfg(feature = "npz")]
        Format::Npz => NpzReader::open(path).map(Loaded::Npz),
        Format::Npy => read_npy(path).map(Loaded::Npy),
    }
}

/// What a file may be, by its first bytes.
pub(crate) enum Format {
    /// A `.npy` file, or none of NumPy's.
    Npy,
    #[cfg(feature = "npz")]
    Npz,
}

/// What a file that starts so may be.
///
/// # Errors
///
/// [`ErrorKind::NotNumpy`] for a pickle.
pub(crate) fn format_of(start: &[u8]) -> Result<Format> {
    match start {
        // An archive of no members starts with the end of its directory.
        #[cfg(feature = "npz")]
        [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] => Ok(Format::Npz),
        #[cfg(not(feature = "npz"))]
        [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] => Err(Error::new(
            ErrorKind::Archive,
            "a .npz archive, which the feature `npz` reads",
        )),
        [0x80, 2..=5, ..] => Err(Error::new(
            ErrorKind::NotNumpy,
            "a Python pickle, not a NumPy file; `numpy.save` writes arrays of objects that can be read",
        )),
        _ => Ok(Format::Npy),
    }
}
