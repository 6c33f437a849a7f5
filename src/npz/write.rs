//! Arrays to archives.

use std::collections::HashSet;
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use crc32fast::Hasher;
use serde::Serialize;

use super::deflate::{BLOCK, Deflater, Small, batch, deflate_each};
use super::zip::{Abilities, DEFLATE, Member, STORED, Written, ZipWriter, check_name};
use crate::error::{Error, ErrorKind, Result};
use crate::npy::{WriteNpyExt, WriteOptions};
use crate::storage::file::{FileWriter, Replace};

/// A stored member up to this length is gathered with others; a longer one is written as it comes.
const GATHERED: usize = 64 << 10;

/// How the bytes of a member are kept.
///
/// # Examples
///
/// ```
/// use std::io::Cursor;
/// use ndarray_io::{Compression, MemberOptions, NpzWriter};
///
/// let mut npz = NpzWriter::new(Cursor::new(Vec::new()));
/// let fast = MemberOptions::new().compression(Compression::Deflate(1));
/// npz.add_array_with("x", &ndarray::Array1::<f64>::zeros(1000), &fast)?;
/// assert!(npz.finish()?.into_inner().len() < 1000);
/// # Ok::<(), ndarray_io::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Compression {
    /// As they are: fastest, and [`NpzMmap`](crate::NpzMmap) can view them in place.
    #[default]
    Stored,
    /// Deflate at a level of zlib's from 0 (none) to 9 (smallest); NumPy's `savez_compressed` has 6.
    Deflate(u32),
}

/// How one member of an archive is written.
///
/// # Examples
///
/// ```
/// use ndarray_io::{Compression, MemberOptions};
///
/// assert_eq!(MemberOptions::default(), MemberOptions::new().compression(Compression::Stored));
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MemberOptions {
    compression: Compression,
    array: WriteOptions,
}

impl MemberOptions {
    /// The defaults: stored, and the array's own dtype and order.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::{Compression, MemberOptions, WriteOptions};
    ///
    /// let defaults = MemberOptions::new().compression(Compression::Stored).array(WriteOptions::new());
    /// assert_eq!(MemberOptions::new(), defaults);
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// How the member's bytes are kept; [`Compression::Stored`] unless set.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::io::Cursor;
    /// use ndarray_io::{Compression, MemberOptions, NpzReader, NpzWriter};
    ///
    /// let mut npz = NpzWriter::new(Cursor::new(Vec::new()));
    /// let smallest = MemberOptions::new().compression(Compression::Deflate(9));
    /// npz.add_array_with("x", &ndarray::array![1.0, 2.0], &smallest)?;
    /// assert_eq!(NpzReader::new(npz.finish()?)?.info("x")?.compression, "deflate");
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    #[must_use]
    pub fn compression(mut self, compression: Compression) -> Self {
        self.compression = compression;
        self
    }

    /// How the array is written: its dtype, order and format version.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::io::Cursor;
    /// use ndarray_io::{MemberOptions, NpzReader, NpzWriter, WriteOptions};
    ///
    /// let mut npz = NpzWriter::new(Cursor::new(Vec::new()));
    /// let big_endian = MemberOptions::new().array(WriteOptions::new().dtype(">f8".parse()?));
    /// npz.add_array_with("x", &ndarray::array![1.0, 2.0], &big_endian)?;
    /// assert_eq!(NpzReader::new(npz.finish()?)?.header("x")?.dtype, ">f8".parse()?);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    #[must_use]
    pub fn array(mut self, options: WriteOptions) -> Self {
        self.array = options;
        self
    }
}

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
    zip: ZipWriter<W>,
    complete: fn(W) -> Result<W>,
    path: Option<PathBuf>,
    compression: Compression,
    names: HashSet<String>,
    /// Members to be compressed that are too small to keep all cores busy one at a time.
    small: Vec<Small>,
    small_len: usize,
    /// An error came after a part of a member was written: there is no way to go on.
    broken: bool,
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
            reserve: None,
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
        let abilities = Abilities {
            seek: None,
            reserve: None,
        };
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
            zip: ZipWriter::new(writer, abilities),
            complete,
            path: None,
            compression: Compression::Stored,
            names: HashSet::new(),
            small: Vec::new(),
            small_len: 0,
            broken: false,
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
        let written = self.begin(name.clone(), compression).and_then(|mut sink| {
            write(&mut sink)?;
            sink.finish()
        });
        written.map_err(|error| locate(error.in_member(&name), path.as_deref()))
    }

    /// Begins a member; it counts once its sink is finished.
    pub(super) fn begin(&mut self, name: String, compression: Compression) -> Result<Sink<'_, W>> {
        if self.broken {
            return Err(unfinished());
        }
        check_name(&name)?;
        if self.names.contains(&name) {
            return Err(Error::new(
                ErrorKind::Argument,
                "the archive has a member of that name already",
            ));
        }
        Ok(Sink {
            npz: self,
            name,
            compression,
            state: State::Gathering(Vec::new()),
        })
    }

    pub(super) fn path(&self) -> Option<&Path> {
        self.path.as_deref()
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
        self.try_finish().map_err(|error| locate(error, path.as_deref()))
    }

    fn try_finish(mut self) -> Result<W> {
        if self.broken {
            return Err(unfinished());
        }
        self.flush_small()?;
        (self.complete)(self.zip.finish()?)
    }

    fn flush_small(&mut self) -> io::Result<()> {
        let mut members = std::mem::take(&mut self.small);
        self.small_len = 0;
        deflate_each(&mut members)?;
        for member in members {
            let written = Written {
                crc: crc32fast::hash(&member.raw),
                packed: member.out.len() as u64,
                size: member.raw.len() as u64,
            };
            self.zip.add(member.name, DEFLATE, &member.out, written)?;
        }
        Ok(())
    }
}

pub(super) fn locate(error: Error, path: Option<&Path>) -> Error {
    match path {
        Some(path) => error.in_path(path),
        None => error,
    }
}

fn unfinished() -> Error {
    Error::new(
        ErrorKind::Io,
        "an earlier error left the archive with half a member; write it anew",
    )
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
        let file = ArchiveFile(Some(FileWriter::create(path, Replace::Atomic)?));
        let abilities = Abilities {
            seek: Some(ArchiveFile::seek),
            reserve: Some(|file, len| file.writer()?.reserve(len)),
        };
        let mut npz = NpzWriter::with(file, abilities, |mut file| {
            file.0.take().map_or(Ok(()), FileWriter::commit)?;
            Ok(file)
        });
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
        let mut names: Vec<&String> = self.names.iter().collect();
        names.sort_unstable();
        f.debug_struct("NpzWriter")
            .field("members", &names)
            .finish_non_exhaustive()
    }
}

/// The file of an archive that [`NpzWriter::create`] began; it takes its name when the archive is finished.
///
/// # Examples
///
/// ```
/// # let dir = tempfile::tempdir().unwrap();
/// # let path = dir.path().join("a.npz");
/// use ndarray_io::{ArchiveFile, NpzWriter};
///
/// // What creating by a path gives, as a type to name.
/// struct Recorder {
///     archive: NpzWriter<ArchiveFile>,
/// }
/// let mut recorder = Recorder { archive: NpzWriter::create(&path)? };
/// recorder.archive.add_array("x", &ndarray::array![1.0])?;
/// recorder.archive.finish()?;
/// # Ok::<(), ndarray_io::Error>(())
/// ```
#[derive(Debug)]
pub struct ArchiveFile(Option<FileWriter>);

impl ArchiveFile {
    fn writer(&mut self) -> io::Result<&mut FileWriter> {
        let finished = || io::Error::other("the archive is finished");
        self.0.as_mut().ok_or_else(finished)
    }
}

impl Write for ArchiveFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.writer()?.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.as_mut().map_or(Ok(()), FileWriter::flush)
    }
}

impl Seek for ArchiveFile {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.writer()?.seek(to)
    }
}

/// Takes the bytes of one member.
pub(super) struct Sink<'a, W> {
    npz: &'a mut NpzWriter<W>,
    name: String,
    compression: Compression,
    state: State,
}

enum State {
    /// In memory, as most members are small.
    Gathering(Vec<u8>),
    Storing {
        member: Member,
        crc: Hasher,
        len: u64,
    },
    Deflating {
        member: Member,
        deflater: Deflater,
    },
}

impl<W: Write> Sink<'_, W> {
    /// From now on the member's bytes go to the archive as they come.
    fn spill(&mut self) -> io::Result<()> {
        let State::Gathering(gathered) = &mut self.state else {
            return Ok(());
        };
        let gathered = std::mem::take(gathered);
        self.npz.flush_small()?;
        self.npz.broken = true; // until the member is whole
        self.state = match self.compression {
            Compression::Stored => State::Storing {
                member: self.npz.zip.begin(self.name.clone(), STORED)?,
                crc: Hasher::new(),
                len: 0,
            },
            Compression::Deflate(level) => State::Deflating {
                member: self.npz.zip.begin(self.name.clone(), DEFLATE)?,
                deflater: Deflater::new(level),
            },
        };
        self.write_all(&gathered)
    }

    /// Completes the member.
    pub(super) fn finish(self) -> Result<()> {
        let Sink { npz, name, state, .. } = self;
        npz.names.insert(name.clone());
        match (state, self.compression) {
            (State::Gathering(raw), Compression::Stored) => {
                let len = raw.len() as u64;
                let written = Written {
                    crc: crc32fast::hash(&raw),
                    packed: len,
                    size: len,
                };
                npz.flush_small()?;
                npz.zip.add(name, STORED, &raw, written)?;
            }
            (State::Gathering(raw), Compression::Deflate(level)) => {
                npz.small_len += raw.len();
                npz.small.push(Small {
                    name,
                    level,
                    raw,
                    out: Vec::new(),
                });
                if npz.small_len >= batch() {
                    npz.flush_small()?;
                }
            }
            (State::Storing { member, crc, len }, _) => {
                let written = Written {
                    crc: crc.finalize(),
                    packed: len,
                    size: len,
                };
                npz.zip.end(&member, written)?;
                npz.broken = false;
            }
            (State::Deflating { member, deflater }, _) => {
                let packed = deflater.packed();
                let written = deflater.finish(npz.zip.data(packed, 0)?)?;
                npz.zip.end(&member, written)?;
                npz.broken = false;
            }
        }
        Ok(())
    }
}

impl<W: Write> Write for Sink<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if let State::Gathering(gathered) = &mut self.state {
            let most = match self.compression {
                Compression::Stored => GATHERED,
                Compression::Deflate(_) => BLOCK,
            };
            if gathered.len() + bytes.len() <= most {
                gathered.extend_from_slice(bytes);
                return Ok(bytes.len());
            }
            self.spill()?;
        }
        match &mut self.state {
            State::Gathering(_) => Ok(0),
            State::Storing { crc, len, .. } => {
                let sink = self.npz.zip.data(*len, bytes.len())?;
                write_with_crc(sink, bytes, crc)?;
                *len += bytes.len() as u64;
                Ok(bytes.len())
            }
            State::Deflating { deflater, .. } => {
                let packed = deflater.packed();
                deflater.write(bytes, self.npz.zip.data(packed, 0)?)
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Writes all of `bytes`, and takes their CRC: beside the write if they are many, else while they are in the cache.
fn write_with_crc<W: Write>(sink: &mut W, bytes: &[u8], crc: &mut Hasher) -> io::Result<()> {
    #[cfg(feature = "rayon")]
    if bytes.len() >= 2 * PIECE && rayon::current_num_threads() > 1 {
        return rayon::in_place_scope(|scope| {
            scope.spawn(|_| crc.update(bytes));
            // In pieces that `FileWriter` does not share: a file takes one writer at a time, and the CRC has the other
            // core. 128 MiB take 26 ms so, as long as without a CRC, and 31 ms shared or one after the other.
            bytes.chunks(PIECE).try_for_each(|piece| sink.write_all(piece))
        });
    }
    bytes.chunks(CACHED).try_for_each(|piece| {
        crc.update(piece);
        sink.write_all(piece)
    })
}

/// What is written at a time beside the CRC, and in turn with it.
#[cfg(feature = "rayon")]
const PIECE: usize = 2 << 20;
const CACHED: usize = 256 << 10;
