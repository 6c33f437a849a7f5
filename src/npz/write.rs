//! Arrays to archives.

use std::io::{Seek, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::archive::ArchiveFile;
use super::options::{Compression, MemberOptions};
use super::pack::{Packer, Sink};
use super::zip::{Abilities, ZipWriter};
use crate::error::{Error, ErrorKind, Result};
use crate::npy::WriteNpyExt;

/// Writes arrays into a `.npz` archive, as `np.savez` does.
///
/// Nothing is complete before [`finish`](NpzWriter::finish). An archive of [`create`](NpzWriter::create) that is
/// dropped without it leaves nothing behind, and whatever was at its path is untouched.
///
/// The data of stored members starts at a multiple of 64 bytes, so that it can be viewed in a memory map. Members are
/// compressed on all cores, a large one in blocks. Archives and members over 4 GiB and more than 65535 members are fine.
///
/// # Examples
///
/// ```
/// # let dir = tempfile::tempdir().unwrap();
/// # let path = dir.path().join("model.npz");
/// use ndarray::{Array1, Array2, array};
/// use ndarray_io::{NpzReader, NpzWriter};
///
/// let mut npz = NpzWriter::create(&path)?;
/// npz.add_array("weights", &Array2::<f32>::zeros((3, 4)))?;
/// npz.add_array("layers/0/bias", &array![0.5, -0.5])?;
/// npz.add_bytes("LICENSE", b"CC0")?;
/// npz.finish()?;
///
/// let mut npz = NpzReader::open(&path)?;
/// assert_eq!(npz.names()?, ["weights", "layers/0/bias", "LICENSE"]);
/// let bias: Array1<f64> = npz.by_name("layers/0/bias")?;
/// assert_eq!(bias, array![0.5, -0.5]);
/// # Ok::<(), ndarray_io::Error>(())
/// ```
pub struct NpzWriter<W> {
    packer: Packer<W>,
    complete: fn(W) -> Result<W>,
    path: Option<PathBuf>,
    compression: Compression,
}

impl<W: Write> NpzWriter<W> {
    /// Starts an archive of stored members at the writer's position.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::io::Cursor;
    /// use ndarray_io::NpzWriter;
    ///
    /// let mut npz = NpzWriter::new(Cursor::new(Vec::new()));
    /// npz.add_array("x", &ndarray::array![1.0, 2.0])?;
    /// let archive: Vec<u8> = npz.finish()?.into_inner();
    /// assert!(archive.starts_with(b"PK"));
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn new(writer: W) -> Self
    where
        W: Seek,
    {
        let abilities = Abilities {
            seek: Some(W::seek),
            ..Abilities::default()
        };
        NpzWriter::with(writer, abilities, Ok)
    }

    /// Starts an archive of members that are compressed as `np.savez_compressed` does: deflate, level 6.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::io::Cursor;
    /// use ndarray_io::NpzWriter;
    ///
    /// let mut npz = NpzWriter::new_compressed(Cursor::new(Vec::new()));
    /// npz.add_array("x", &ndarray::Array1::<f64>::zeros(1000))?;
    /// assert!(npz.finish()?.into_inner().len() < 1000);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn new_compressed(writer: W) -> Self
    where
        W: Seek,
    {
        NpzWriter::new(writer).compressed()
    }

    /// Starts an archive on a writer that cannot seek, such as a socket or a pipe.
    ///
    /// The sizes of a large member then follow its data; every reader of `.npz` files knows how to find them.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray::array;
    /// use ndarray_io::NpzWriter;
    ///
    /// let mut sent = Vec::new(); // a `TcpStream`, say
    /// let mut npz = NpzWriter::streaming(&mut sent);
    /// npz.add_array("a", &array![1, 2, 3])?;
    /// npz.finish()?;
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn streaming(writer: W) -> Self {
        let abilities = Abilities::default();
        NpzWriter::with(writer, abilities, Ok)
    }

    /// As [`streaming`](NpzWriter::streaming), with members compressed as `np.savez_compressed` does.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::NpzWriter;
    ///
    /// let mut npz = NpzWriter::streaming_compressed(Vec::new()); // or a socket, a pipe
    /// npz.add_array("x", &ndarray::Array1::<f64>::zeros(1000))?;
    /// assert!(npz.finish()?.len() < 1000);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn streaming_compressed(writer: W) -> Self {
        NpzWriter::streaming(writer).compressed()
    }

    fn with(writer: W, abilities: Abilities<W>, complete: fn(W) -> Result<W>) -> Self {
        NpzWriter {
            packer: Packer::new(ZipWriter::new(writer, abilities)),
            complete,
            path: None,
            compression: Compression::Stored,
        }
    }

    fn compressed(mut self) -> Self {
        self.compression = Compression::Deflate(6);
        self
    }

    /// Adds an array as the member `name` with `.npy` appended, as NumPy does.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Argument`] if there is a member of that name already, or the name has a NUL or more than 65531
    /// bytes; else as [`WriteNpyExt::write_npy`].
    ///
    /// # Examples
    ///
    /// ```
    /// use std::io::Cursor;
    /// use ndarray::s;
    /// use ndarray_io::{NpzReader, NpzWriter};
    ///
    /// let a = ndarray::array![[1.0, 2.0], [3.0, 4.0]];
    /// let mut npz = NpzWriter::new(Cursor::new(Vec::new()));
    /// npz.add_array("all", &a)?;
    /// npz.add_array("layers/0/row", &a.slice(s![0, ..]))?; // a view, and a name with folders
    /// assert_eq!(NpzReader::new(npz.finish()?)?.names()?, ["all", "layers/0/row"]);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn add_array<N, T>(&mut self, name: N, array: &T) -> Result<()>
    where
        N: Into<String>,
        T: WriteNpyExt + ?Sized,
    {
        let options = MemberOptions::new().compression(self.compression);
        self.add_array_with(name, array, &options)
    }

    /// As [`add_array`](NpzWriter::add_array), with options for this member.
    ///
    /// # Errors
    ///
    /// As [`add_array`](NpzWriter::add_array).
    ///
    /// # Examples
    ///
    /// ```
    /// use std::io::Cursor;
    /// use ndarray::Array1;
    /// use ndarray_io::{Compression, MemberOptions, NpzWriter};
    ///
    /// let mut npz = NpzWriter::new(Cursor::new(Vec::new()));
    /// let smallest = MemberOptions::new().compression(Compression::Deflate(9));
    /// npz.add_array_with("mask", &Array1::from_elem(10_000, false), &smallest)?;
    /// assert!(npz.finish()?.into_inner().len() < 1000);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn add_array_with<N, T>(&mut self, name: N, array: &T, options: &MemberOptions) -> Result<()>
    where
        N: Into<String>,
        T: WriteNpyExt + ?Sized,
    {
        let name = name.into() + ".npy";
        self.add(name, options.compression, |sink| {
            array.write_npy_with(sink, &options.array)
        })
    }

    /// Adds a member that is no array, under exactly that name.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Argument`] as for [`add_array`](NpzWriter::add_array), [`ErrorKind::Io`] if writing fails.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::io::Cursor;
    /// use ndarray_io::{NpzReader, NpzWriter};
    ///
    /// let mut npz = NpzWriter::new(Cursor::new(Vec::new()));
    /// npz.add_bytes("notes.txt", b"from the second run")?;
    /// assert_eq!(NpzReader::new(npz.finish()?)?.bytes("notes.txt")?, b"from the second run");
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn add_bytes<N: Into<String>>(&mut self, name: N, bytes: &[u8]) -> Result<()> {
        self.add(name.into(), self.compression, |sink| Ok(sink.write_all(bytes)?))
    }

    /// Adds a value as JSON under exactly that name: settings or provenance beside the data.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Value`] if the value cannot be JSON; else as [`add_bytes`](NpzWriter::add_bytes).
    ///
    /// # Examples
    ///
    /// ```
    /// use std::collections::BTreeMap;
    /// use std::io::Cursor;
    /// use ndarray_io::{NpzReader, NpzWriter};
    ///
    /// let settings = BTreeMap::from([("epochs".to_owned(), 3)]);
    /// let mut npz = NpzWriter::new(Cursor::new(Vec::new()));
    /// npz.add_json("settings.json", &settings)?;
    /// let mut npz = NpzReader::new(npz.finish()?)?;
    /// assert_eq!(npz.json::<BTreeMap<String, i32>>("settings.json")?, settings);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn add_json<N: Into<String>, T: Serialize + ?Sized>(&mut self, name: N, value: &T) -> Result<()> {
        let name = name.into();
        let json = serde_json::to_vec(value).map_err(|error| {
            Error::new(ErrorKind::Value, format!("cannot be written as JSON: {error}")).in_member(&name)
        })?;
        self.add_bytes(name, &json)
    }

    /// Adds a member whose bytes `write` gives to the sink.
    fn add(
        &mut self,
        name: String,
        compression: Compression,
        write: impl FnOnce(&mut Sink<'_, W>) -> Result<()>,
    ) -> Result<()> {
        let path = self.path.clone();
        let written = self.packer.begin(name.clone(), compression).and_then(|mut sink| {
            write(&mut sink)?;
            sink.finish()
        });
        written.map_err(|error| locate(error.in_member(&name), path.as_deref()))
    }

    /// Begins a member; it counts once its sink is finished.
    pub(super) fn begin(&mut self, name: String, compression: Compression) -> Result<Sink<'_, W>> {
        self.packer.begin(name, compression)
    }

    pub(super) fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.packer.has(name)
    }

    /// How many members there are.
    pub(super) fn count(&self) -> usize {
        self.packer.len()
    }

    /// The compression of members that do not ask for another.
    pub(super) fn compression(&self) -> Compression {
        self.compression
    }

    /// Completes the archive, and gives the writer back.
    ///
    /// An archive of [`create`](NpzWriter::create) takes its path's name now.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Io`] if writing fails, or did so before in the middle of a member.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::io::Cursor;
    /// use ndarray_io::{NpzReader, NpzWriter};
    ///
    /// let npz = NpzWriter::new(Cursor::new(Vec::new()));
    /// let archive: Cursor<Vec<u8>> = npz.finish()?;
    /// assert_eq!(archive.get_ref().len(), 22); // of no members
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn finish(mut self) -> Result<W> {
        let path = self.path.take();
        let complete = self.complete;
        let finished = self.packer.finish().and_then(complete);
        finished.map_err(|error| locate(error, path.as_deref()))
    }
}

pub(super) fn locate(error: Error, path: Option<&Path>) -> Error {
    error.in_path_of(path)
}

impl NpzWriter<ArchiveFile> {
    /// Starts an archive of stored members that is to replace whatever is at `path`, once it is finished.
    ///
    /// The path is taken as it is: no `.npz` is appended.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Io`] if no file can be created there.
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let path = dir.path().join("a.npz");
    /// use ndarray_io::{NpzReader, NpzWriter};
    ///
    /// let mut npz = NpzWriter::create(&path)?;
    /// npz.add_array("x", &ndarray::array![1.0, 2.0])?;
    /// assert!(!path.exists()); // until it is complete
    /// npz.finish()?;
    /// assert_eq!(NpzReader::open(&path)?.names()?, ["x"]);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn create<P: AsRef<Path>>(path: P) -> Result<Self> {
        let path = path.as_ref();
        let abilities = Abilities {
            seek: Some(ArchiveFile::seek),
            reserve: Some(ArchiveFile::reserve),
            store: Some(ArchiveFile::store),
        };
        let mut npz = NpzWriter::with(ArchiveFile::create(path)?, abilities, ArchiveFile::commit);
        npz.path = Some(path.to_owned());
        Ok(npz)
    }

    /// As [`create`](NpzWriter::create), with members compressed as `np.savez_compressed` does.
    ///
    /// # Errors
    ///
    /// As [`create`](NpzWriter::create).
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let path = dir.path().join("a.npz");
    /// use ndarray_io::NpzWriter;
    ///
    /// let mut npz = NpzWriter::create_compressed(&path)?;
    /// npz.add_array("x", &ndarray::Array1::<f64>::zeros(1000))?;
    /// npz.finish()?;
    /// assert!(path.metadata()?.len() < 1000);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn create_compressed<P: AsRef<Path>>(path: P) -> Result<Self> {
        NpzWriter::create(path).map(NpzWriter::compressed)
    }
}

impl<W> std::fmt::Debug for NpzWriter<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut names: Vec<&String> = self.packer.names().collect();
        names.sort_unstable();
        f.debug_struct("NpzWriter")
            .field("members", &names)
            .finish_non_exhaustive()
    }
}
