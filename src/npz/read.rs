//! Archives to arrays.

use std::collections::HashSet;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Take};
use std::ops::Index;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crc32fast::Hasher;
use flate2::Decompress;
use ndarray::{ArrayBase, DataOwned, Dimension};
use serde::de::DeserializeOwned;

use super::deflate::{InflateReader, inflater};
use super::zip::{self, Directory, Entry};
use crate::dtype::Casting;
use crate::error::{Context, Error, ErrorKind, Result};
use crate::npy::{DynArray, Header, MAGIC, NpyReader, RawArray, ReadNpyExt, ReadOptions, read_full};
use crate::storage::file::FileReader;
use crate::storage::parallel;

/// Members up to this length are read in one go with their local header.
const SMALL: u64 = 64 << 10;

/// Bytes that are in the cache when their CRC is taken right after they were read.
const CACHED: usize = 256 << 10;

/// One thread's share of a large stored member.
const SHARE: usize = 4 << 20;

/// A member that claims to hold more than [`BOMB_SIZE`] bytes, and over [`BOMB_RATIO`] times what it takes in the
/// archive, is refused unless the options say how much may be read.
const BOMB_SIZE: u64 = 4 << 30;
const BOMB_RATIO: u64 = 100;

/// How many compressed bytes are read ahead of the threads, from a reader that only one can use.
const BATCH: usize = 32 << 20;

/// Deflate makes at most 258 bytes of two bits.
const DEFLATE_RATIO: u64 = 1032;

/// Reads arrays out of a `.npz` archive, as `np.load` does.
///
/// Names are those of NumPy: a member's name less `.npy`. Look-up takes either form, and a full name first. Every
/// member's CRC is checked, and a member that cannot be read leaves the others readable.
///
/// # Examples
///
/// ```
/// # let dir = tempfile::tempdir().unwrap();
/// # let path = dir.path().join("a.npz");
/// # let mut npz = ndarray_io::NpzWriter::create(&path)?;
/// # npz.add_array("x", &ndarray::array![[1.0, 2.0]])?;
/// # npz.finish()?;
/// use ndarray::{Array2, array};
/// use ndarray_io::NpzReader;
///
/// let mut npz = NpzReader::open(&path)?;
/// for name in npz.names()? {
///     let header = npz.header(&name)?; // without the data
///     println!("{name}: {} of shape {:?}", header.dtype, header.shape);
/// }
/// let x: Array2<f64> = npz.by_name("x")?;
/// assert_eq!(x, array![[1.0, 2.0]]);
/// # Ok::<(), ndarray_io::Error>(())
/// ```
pub struct NpzReader<R> {
    reader: R,
    /// The same file, for reading at positions.
    pub(super) file: Option<Arc<FileReader>>,
    path: Option<PathBuf>,
    pub(super) directory: Directory,
    pub(super) options: ReadOptions,
    tools: Tools,
}

impl NpzReader<FileReader> {
    /// Opens the archive at `path` and reads its directory.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Io`] if the file cannot be opened; else as [`NpzReader::new`]. This and every later error names
    /// the path.
    pub fn open<P: AsRef<Path>>(path: P) -> Result<Self> {
        let path = path.as_ref();
        let reader = FileReader::open(path)?;
        let file = reader.file().try_clone().and_then(FileReader::new).in_path(path)?;
        let mut npz = NpzReader::new(reader).in_path(path)?;
        npz.file = Some(Arc::new(file));
        npz.path = Some(path.to_owned());
        Ok(npz)
    }
}

impl<R: Read + Seek> NpzReader<R> {
    /// Reads the directory of an archive.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotNumpy`] if it is no zip archive, [`ErrorKind::Archive`] if its directory is malformed,
    /// [`ErrorKind::Io`] if the reader fails.
    pub fn new(mut reader: R) -> Result<Self> {
        let directory = Directory::read(&mut reader)?;
        Ok(NpzReader {
            reader,
            file: None,
            path: None,
            directory,
            options: ReadOptions::default(),
            tools: Tools::new(),
        })
    }

    /// Sets what arrays may be cast to, and how much may be read.
    ///
    /// Unless [`ReadOptions::max_bytes`] is set, a member that claims more than 4 GiB of over 100 times its size in the
    /// archive is refused: ten megabytes can claim to be ten gigabytes of zeros.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::io::Cursor;
    /// use ndarray::{Array1, array};
    /// use ndarray_io::{Casting, NpzReader, NpzWriter, ReadOptions};
    ///
    /// let mut npz = NpzWriter::new(Cursor::new(Vec::new()));
    /// npz.add_array("n", &array![1_i32, 2])?;
    /// let npz = NpzReader::new(npz.finish()?)?;
    /// let mut npz = npz.with_options(ReadOptions::new().casting(Casting::Safe).max_bytes(1 << 30));
    /// let n: Array1<f64> = npz.by_name("n")?;
    /// assert_eq!(n, array![1.0, 2.0]);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    #[must_use]
    pub fn with_options(mut self, options: ReadOptions) -> Self {
        self.options = options;
        self
    }

    /// How many members there are.
    pub fn len(&self) -> usize {
        self.directory.entries.len()
    }

    /// Whether there is no member at all.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The members' names less `.npy`, in the order of the archive.
    ///
    /// They are whatever the archive says: check them before they become paths of files.
    ///
    /// # Errors
    ///
    /// None now; the signature is that of `ndarray-npy`.
    pub fn names(&self) -> Result<Vec<String>> {
        let names = self.directory.entries.iter().map(|entry| key(&entry.name).to_owned());
        Ok(names.collect())
    }

    /// Whether there is a member of that name.
    pub fn contains(&self, name: &str) -> bool {
        self.directory.find(name).is_some()
    }

    /// Reads the array of that name.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Missing`] if there is none; [`ErrorKind::Archive`] if the member is corrupt, encrypted or
    /// compressed by an unknown method; else as [`ReadNpyExt::read_npy`]. The error names the member.
    pub fn by_name<S, D>(&mut self, name: &str) -> Result<ArrayBase<S, D>>
    where
        S: DataOwned<Elem: DeserializeOwned>,
        D: Dimension,
    {
        let index = self.find(name)?;
        self.with_member(index, read_array)
    }

    /// Reads the array at that index, in the order of [`names`](NpzReader::names).
    ///
    /// # Errors
    ///
    /// As [`by_name`](NpzReader::by_name).
    pub fn by_index<S, D>(&mut self, index: usize) -> Result<ArrayBase<S, D>>
    where
        S: DataOwned<Elem: DeserializeOwned>,
        D: Dimension,
    {
        if index >= self.len() {
            let error = format!("there is no member {index}; the archive has {}", self.len());
            return Err(locate(
                Error::new(ErrorKind::Missing, error),
                self.path.as_deref(),
                None,
            ));
        }
        self.with_member(index, read_array)
    }

    /// Reads the array of that name, whatever its dtype.
    ///
    /// # Errors
    ///
    /// As [`by_name`](NpzReader::by_name).
    pub fn get(&mut self, name: &str) -> Result<DynArray> {
        let index = self.find(name)?;
        self.with_member(index, read_array)
    }

    /// Reads the header of the array of that name, and none of its data; the CRC is not checked.
    ///
    /// # Errors
    ///
    /// As [`by_name`](NpzReader::by_name).
    pub fn header(&mut self, name: &str) -> Result<Header> {
        let index = self.find(name)?;
        self.with_member(index, read_header)
    }

    /// Reads the bytes of a member: those of its `.npy` file, if it is an array.
    ///
    /// # Errors
    ///
    /// As [`by_name`](NpzReader::by_name), but that the bytes may be any.
    pub fn bytes(&mut self, name: &str) -> Result<Vec<u8>> {
        let index = self.find(name)?;
        self.with_member(index, read_bytes)
    }

    /// Reads a member as JSON, such as [`NpzWriter::add_json`](crate::NpzWriter::add_json) writes.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Parse`] if it is not the JSON that was asked for; else as [`bytes`](NpzReader::bytes).
    pub fn json<T: DeserializeOwned>(&mut self, name: &str) -> Result<T> {
        let index = self.find(name)?;
        let bytes = self.with_member(index, read_bytes)?;
        serde_json::from_slice(&bytes).map_err(|error| {
            let parse = Error::new(ErrorKind::Parse, format!("cannot be read as JSON: {error}"));
            locate(
                parse.with_source(error),
                self.path.as_deref(),
                self.directory.entries.get(index),
            )
        })
    }

    /// Reads all arrays, on all cores; members that are no arrays are left out.
    ///
    /// # Errors
    ///
    /// As [`by_name`](NpzReader::by_name), of the first member that has one.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::io::Cursor;
    /// use ndarray::{Array1, array};
    /// use ndarray_io::{Casting, NpzReader, NpzWriter};
    ///
    /// let mut npz = NpzWriter::new_compressed(Cursor::new(Vec::new()));
    /// npz.add_array("x", &array![0.5, 1.5])?;
    /// npz.add_array("n", &array![[1_u8]])?;
    ///
    /// let arrays = NpzReader::new(npz.finish()?)?.read_all()?;
    /// assert_eq!(arrays.names().collect::<Vec<_>>(), ["x", "n"]);
    /// assert_eq!(arrays["n"].shape(), [1, 1]);
    /// for (name, array) in arrays {
    ///     println!("{name}: {}", array.dtype());
    /// }
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn read_all(&mut self) -> Result<NpzArrays> {
        let mut jobs: Vec<Job> = (0..self.len()).map(Job::new).collect();
        let mut rest = &mut jobs[..];
        while !rest.is_empty() {
            let batch = self.fetch(rest)?;
            let (now, later) = rest.split_at_mut(batch);
            rest = later;
            let share = batch.div_ceil(8 * parallel::threads()).max(1);
            let (directory, options, file, path) = (&self.directory, &self.options, &self.file, self.path.as_deref());
            parallel::for_each_chunk(now, share, |_, jobs| {
                let mut tools = Tools::new();
                jobs.iter_mut().try_for_each(|job| {
                    let source = match (&job.data, file) {
                        (None, Some(file)) => Source::File(file),
                        (data, _) => Source::Data(data.as_deref().unwrap_or_default()),
                    };
                    let read = read_member(directory, job.index, source, &mut tools, options, read_any);
                    job.array = read.map_err(|error| locate(error, path, directory.entries.get(job.index)))?;
                    job.data = None;
                    Ok::<(), Error>(())
                })
            })?;
        }
        let arrays = jobs.into_iter().filter_map(|job| {
            let name = key(&self.directory.entries.get(job.index)?.name).to_owned();
            Some((name, job.array?))
        });
        Ok(NpzArrays(arrays.collect()))
    }

    /// Prepares the first of `jobs` for being done side by side, and says how many; a file needs no preparation.
    fn fetch(&mut self, jobs: &mut [Job]) -> Result<usize> {
        if self.file.is_some() {
            return Ok(jobs.len());
        }
        let mut fetched = 0;
        for (done, job) in jobs.iter_mut().enumerate() {
            if fetched >= BATCH {
                return Ok(done);
            }
            let directory = &self.directory;
            let data = open_member(
                directory,
                job.index,
                Source::Reader(&mut self.reader),
                &mut self.tools.buffer,
            );
            let data = data.and_then(|packed| {
                let mut data = Vec::new();
                packed.reader().read_to_end(&mut data)?;
                Ok(data)
            });
            let data = data.map_err(|error| locate(error, self.path.as_deref(), directory.entries.get(job.index)))?;
            fetched += data.len();
            job.data = Some(data);
        }
        Ok(jobs.len())
    }

    pub(super) fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    pub(super) fn casting(&self) -> Casting {
        self.options.casting
    }

    /// A member's content, whatever it is.
    pub(super) fn content(&mut self, name: &str) -> Result<Content> {
        let index = self.find(name)?;
        self.with_member(index, read_content)
    }

    /// The names that continue `prefix` up to their next slash, each once.
    pub(super) fn children(&self, prefix: &str) -> Vec<String> {
        let mut seen = HashSet::new();
        let names = self.directory.entries.iter().map(|entry| key(&entry.name));
        let children = names.filter_map(|name| name.strip_prefix(prefix)?.split('/').next());
        children
            .filter(|child| seen.insert(*child))
            .map(str::to_owned)
            .collect()
    }

    pub(super) fn find(&self, name: &str) -> Result<usize> {
        let missing = || locate(missing(&self.directory, name), self.path(), None);
        self.directory.find(name).ok_or_else(missing)
    }

    fn with_member<T>(
        &mut self,
        index: usize,
        read: impl FnOnce(&mut Member<'_>, &ReadOptions) -> Result<T>,
    ) -> Result<T> {
        let source = match &self.file {
            Some(file) => Source::File(file),
            None => Source::Reader(&mut self.reader),
        };
        read_member(&self.directory, index, source, &mut self.tools, &self.options, read)
            .map_err(|error| locate(error, self.path.as_deref(), self.directory.entries.get(index)))
    }
}

/// NumPy's key for a member.
pub(super) fn key(name: &str) -> &str {
    name.strip_suffix(".npy").unwrap_or(name)
}

/// The error for a name that no member has.
pub(super) fn missing(directory: &Directory, name: &str) -> Error {
    let entries = &directory.entries;
    let some: Vec<String> = entries
        .iter()
        .take(8)
        .map(|entry| format!("{:?}", key(&entry.name)))
        .collect();
    let more = if entries.len() > some.len() { ", .." } else { "" };
    Error::new(
        ErrorKind::Missing,
        format!("there is no member {name:?}; the archive has {}{more}", some.join(", ")),
    )
}

pub(super) fn locate(error: Error, path: Option<&Path>, entry: Option<&Entry>) -> Error {
    let error = match entry {
        Some(entry) => error.in_member(&entry.name),
        None => error,
    };
    match path {
        Some(path) => error.in_path(path),
        None => error,
    }
}

impl<R> std::fmt::Debug for NpzReader<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<&str> = self.directory.entries.iter().map(|entry| key(&entry.name)).collect();
        f.debug_struct("NpzReader")
            .field("path", &self.path)
            .field("names", &names)
            .finish_non_exhaustive()
    }
}

/// The arrays of an archive by name, in the archive's order.
#[derive(Debug)]
pub struct NpzArrays(Vec<(String, DynArray)>);

impl NpzArrays {
    /// How many arrays there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The names, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    /// The array of that name; of equal names the last, as in NumPy.
    pub fn get(&self, name: &str) -> Option<&DynArray> {
        self.iter()
            .rev()
            .find(|(other, _)| *other == name)
            .map(|(_, array)| array)
    }

    /// Names and arrays, in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&str, &DynArray)> {
        self.0.iter().map(|(name, array)| (name.as_str(), array))
    }
}

impl Index<&str> for NpzArrays {
    type Output = DynArray;

    /// # Panics
    ///
    /// If there is no array of that name; [`get`](NpzArrays::get) tells.
    fn index(&self, name: &str) -> &DynArray {
        match self.get(name) {
            Some(array) => array,
            None => panic!("there is no array {name:?}"),
        }
    }
}

impl IntoIterator for NpzArrays {
    type Item = (String, DynArray);
    type IntoIter = std::vec::IntoIter<(String, DynArray)>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

/// One member of [`NpzReader::read_all`].
struct Job {
    index: usize,
    /// Its compressed data, if it had to be fetched in order.
    data: Option<Vec<u8>>,
    array: Option<DynArray>,
}

impl Job {
    fn new(index: usize) -> Job {
        Job {
            index,
            data: None,
            array: None,
        }
    }
}

/// What a thread needs to read members, made once.
pub(super) struct Tools {
    buffer: Vec<u8>,
    inflate: Decompress,
}

impl Tools {
    pub(super) fn new() -> Tools {
        Tools {
            buffer: Vec::new(),
            inflate: inflater(),
        }
    }
}

/// Where a member's bytes come from.
pub(super) enum Source<'a> {
    File(&'a FileReader),
    Reader(&'a mut dyn ReadSeek),
    /// The compressed data itself.
    Data(&'a [u8]),
}

pub(super) trait ReadSeek: Read + Seek {}

impl<R: Read + Seek> ReadSeek for R {}

/// A member's compressed data.
enum Packed<'a> {
    Memory(&'a [u8]),
    File(Span<'a>),
    Reader(Take<&'a mut dyn ReadSeek>),
}

impl<'a> Packed<'a> {
    fn reader(self) -> Box<dyn BufRead + 'a> {
        match self {
            Packed::Memory(bytes) => Box::new(bytes),
            Packed::File(span) => Box::new(BufReader::with_capacity(CACHED, span)),
            Packed::Reader(reader) => Box::new(BufReader::with_capacity(CACHED, reader)),
        }
    }
}

/// A part of a file.
struct Span<'a> {
    file: &'a FileReader,
    at: u64,
    end: u64,
}

impl Span<'_> {
    /// Fills the buffer on all cores, and gives its CRC.
    fn read_shared(&mut self, buf: &mut [u8]) -> io::Result<Hasher> {
        let mut shares: Vec<_> = buf.chunks_mut(SHARE).map(|share| (share, Hasher::new())).collect();
        parallel::for_each_chunk(&mut shares, 1, |index, shares| {
            for (share, crc) in shares {
                let mut at = self.at + (index * SHARE) as u64;
                for bytes in share.chunks_mut(CACHED) {
                    self.file.read_exact_at(bytes, at)?;
                    crc.update(bytes);
                    at += bytes.len() as u64;
                }
            }
            Ok::<(), io::Error>(())
        })?;
        let mut whole = Hasher::new();
        for (share, crc) in &shares {
            whole.combine(crc);
            self.at += share.len() as u64;
        }
        Ok(whole)
    }
}

impl Read for Span<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.end - self.at).unwrap_or(usize::MAX);
        let count = buf.len().min(left);
        self.file.read_exact_at(&mut buf[..count], self.at)?;
        self.at += count as u64;
        Ok(count)
    }
}

/// Finds a member's data behind its local header.
fn open_member<'a>(
    directory: &Directory,
    index: usize,
    mut source: Source<'a>,
    buffer: &'a mut Vec<u8>,
) -> Result<Packed<'a>> {
    let entry = directory.entry(index)?;
    let header_len = directory.header_len(entry);
    let until = entry.end.saturating_sub(entry.offset);
    if until < header_len as u64 {
        return Err(Error::new(
            ErrorKind::Archive,
            format!(
                "there is no room for its local header at byte {}; is the archive whole?",
                entry.offset
            ),
        ));
    }
    let wanted = match entry.packed {
        // An alignment field is up to 90 bytes long.
        packed @ ..=SMALL => (header_len as u64 + 96 + packed).min(until),
        _ => header_len as u64,
    };
    buffer.clear();
    buffer.resize(usize::try_from(wanted).unwrap_or_default(), 0);
    match &mut source {
        Source::File(file) => file.read_exact_at(buffer, entry.offset)?,
        Source::Reader(reader) => {
            reader.seek(SeekFrom::Start(entry.offset))?;
            reader.read_exact(buffer)?;
        }
        Source::Data(data) => return Ok(Packed::Memory(data)),
    }
    let start = directory.data_start(entry, buffer)?;
    let in_buffer = usize::try_from(start - entry.offset).unwrap_or(usize::MAX);
    if let Ok(packed) = usize::try_from(entry.packed)
        && let Some(data) = buffer.get(in_buffer..).and_then(|data| data.get(..packed))
    {
        return Ok(Packed::Memory(data));
    }
    Ok(match source {
        Source::File(file) => Packed::File(Span {
            file,
            at: start,
            end: start + entry.packed,
        }),
        Source::Reader(reader) => {
            reader.seek(SeekFrom::Start(start))?;
            Packed::Reader(reader.take(entry.packed))
        }
        Source::Data(data) => Packed::Memory(data),
    })
}

/// Reads a member by `read` and checks its CRC.
pub(super) fn read_member<'a, T>(
    directory: &Directory,
    index: usize,
    source: Source<'a>,
    tools: &'a mut Tools,
    options: &ReadOptions,
    read: impl FnOnce(&mut Member<'_>, &ReadOptions) -> Result<T>,
) -> Result<T> {
    let entry = directory.entry(index)?;
    let options = ReadOptions {
        available: available(entry, options)?,
        ..options.clone()
    };
    let packed = open_member(directory, index, source, &mut tools.buffer)?;
    let mut member = Member::new(entry, packed, &mut tools.inflate)?;
    let result = read(&mut member, &options);
    if let Err(error) = &result
        && !matches!(
            error.kind(),
            ErrorKind::NotNumpy | ErrorKind::Version | ErrorKind::Header | ErrorKind::Truncated | ErrorKind::Value
        )
    {
        return result; // it is the caller's mistake, or the archive's as the error says
    }
    if member.check {
        // Damage explains an unreadable array better than the array does.
        member.finish()?;
    }
    result
}

/// How many bytes a member can hold, as far as its size in the archive tells.
fn available(entry: &Entry, options: &ReadOptions) -> Result<Option<u64>> {
    let is_bomb = entry.size > BOMB_SIZE && entry.size / BOMB_RATIO > entry.packed;
    if is_bomb && entry.method != zip::STORED && options.max_bytes == u64::MAX {
        return Err(Error::new(
            ErrorKind::Limit,
            format!(
                "the member claims {} bytes, made of {} in the archive; if that is right, set `ReadOptions::max_bytes`",
                entry.size, entry.packed
            ),
        ));
    }
    Ok(match entry.method {
        zip::STORED => Some(entry.size.min(entry.packed)),
        zip::DEFLATE => Some(entry.size.min(entry.packed.saturating_mul(DEFLATE_RATIO))),
        _ => None,
    })
}

/// The content of a member, read in order; its CRC is taken on the way.
pub(super) struct Member<'a> {
    decoder: Decoder<'a>,
    /// How much there is still to come, by the directory.
    left: u64,
    size: u64,
    crc: Hasher,
    expected: u32,
    /// Whether the CRC matters: to whom wants the header, the rest may wait.
    check: bool,
}

enum Decoder<'a> {
    /// Stored in a file, where all cores can read it.
    Span(Span<'a>),
    Deflate(InflateReader<'a, Box<dyn BufRead + 'a>>),
    /// Stored, or decompressed by someone else.
    Other(Box<dyn Read + 'a>),
}

impl<'a> Member<'a> {
    fn new(entry: &Entry, packed: Packed<'a>, inflate: &'a mut Decompress) -> Result<Member<'a>> {
        let decoder = match (entry.method, packed) {
            (zip::STORED, Packed::File(span)) => Decoder::Span(span),
            (zip::STORED, packed) => Decoder::Other(packed.reader()),
            (zip::DEFLATE, packed) => Decoder::Deflate(InflateReader::new(packed.reader(), inflate)),
            #[cfg(feature = "bzip2")]
            (zip::BZIP2, packed) => Decoder::Other(Box::new(bzip2::bufread::BzDecoder::new(packed.reader()))),
            #[cfg(feature = "xz")]
            (zip::LZMA, packed) => Decoder::Other(Box::new(lzma(packed.reader(), entry.size)?)),
            #[cfg(feature = "zstd")]
            (zip::ZSTD, packed) => {
                let frame = ruzstd::decoding::StreamingDecoder::new(packed.reader()).map_err(|error| {
                    Error::new(ErrorKind::Archive, "its Zstandard frame is malformed").with_source(error)
                })?;
                Decoder::Other(Box::new(frame))
            }
            (method, _) => return Err(unknown_method(method)),
        };
        Ok(Member {
            decoder,
            left: entry.size,
            size: entry.size,
            crc: Hasher::new(),
            expected: entry.crc,
            check: true,
        })
    }

    /// Checks the CRC, of what was not read too: bytes behind the array count.
    fn finish(mut self) -> Result<()> {
        io::copy(&mut self, &mut io::sink())?;
        if self.left == 0 && self.decode(&mut [0])? > 0 {
            return Err(Error::new(
                ErrorKind::Archive,
                format!(
                    "it holds more than the {} bytes that the archive's directory says",
                    self.size
                ),
            ));
        }
        let crc = self.crc.finalize();
        if crc != self.expected {
            return Err(Error::new(
                ErrorKind::Archive,
                format!(
                    "its CRC-32 is {crc:08x} where the archive has {:08x}: it is corrupt",
                    self.expected
                ),
            ));
        }
        Ok(())
    }

    fn decode(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        match &mut self.decoder {
            Decoder::Span(span) => span.read(buf),
            Decoder::Deflate(inflate) => inflate.read(buf),
            Decoder::Other(reader) => reader.read(buf),
        }
    }
}

impl Read for Member<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let most = buf.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
        let buf = &mut buf[..most];
        let count = match &mut self.decoder {
            Decoder::Span(span) if buf.len() >= 2 * SHARE && self.left <= span.end - span.at => {
                self.crc.combine(&span.read_shared(buf)?);
                buf.len()
            }
            _ => {
                let cached = &mut buf[..most.min(CACHED)];
                let count = self.decode(cached)?;
                self.crc.update(&cached[..count]);
                count
            }
        };
        self.left -= count as u64;
        Ok(count)
    }
}

pub(super) fn read_header(member: &mut Member<'_>, options: &ReadOptions) -> Result<Header> {
    member.check = false;
    Header::read_with(member, options.max_header_size)
}

pub(super) fn read_array<T: ReadNpyExt>(member: &mut Member<'_>, options: &ReadOptions) -> Result<T> {
    T::read_npy_with(member, options)
}

/// What a member is: that is decided by its first bytes, not by its name.
pub(super) enum Content {
    Array(RawArray),
    Bytes(Vec<u8>),
}

fn read_content(member: &mut Member<'_>, options: &ReadOptions) -> Result<Content> {
    let mut magic = [0; MAGIC.len()];
    let got = read_full(member, &mut magic)?;
    let start = magic.get(..got).unwrap_or_default();
    if start == MAGIC {
        let array = NpyReader::with_options(start.chain(member), options)?.read_raw_array()?;
        return Ok(Content::Array(array));
    }
    let mut bytes = start.to_vec();
    bytes.append(&mut read_bytes(member, options)?);
    Ok(Content::Bytes(bytes))
}

fn read_any(member: &mut Member<'_>, options: &ReadOptions) -> Result<Option<DynArray>> {
    let mut magic = [0; MAGIC.len()];
    let got = read_full(member, &mut magic)?;
    if magic[..got] != *MAGIC {
        return Ok(None);
    }
    DynArray::read_npy_with(magic.chain(member), options).map(Some)
}

fn read_bytes(member: &mut Member<'_>, options: &ReadOptions) -> Result<Vec<u8>> {
    if member.size > options.max_bytes {
        return Err(Error::new(
            ErrorKind::Limit,
            format!(
                "member of {} bytes; `ReadOptions::max_bytes` allows {}",
                member.size, options.max_bytes
            ),
        ));
    }
    // Trusted as far as the compressed size bears it out.
    let mut bytes = Vec::with_capacity(
        usize::try_from(options.available.unwrap_or(0))
            .unwrap_or(0)
            .min(1 << 20),
    );
    member.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// An LZMA stream after the zip's own header of it (5.8.8), as one with the header of a `.lzma` file.
#[cfg(feature = "xz")]
fn lzma<'a>(mut packed: Box<dyn BufRead + 'a>, size: u64) -> Result<impl Read + 'a> {
    // Version, length of the properties, properties: 5 bytes in all streams that there are.
    let mut header = [0; 9];
    packed.read_exact(&mut header)?;
    if header[2..4] != [5, 0] {
        return Err(Error::new(ErrorKind::Archive, "its LZMA header is malformed"));
    }
    let mut alone = header[4..].to_vec();
    alone.extend(size.to_le_bytes()); // an end marker may follow, or not
    /// The dictionary that a stream may ask for: xz's largest preset takes 65 MiB.
    const MEMORY: u64 = 256 << 20;
    let stream = liblzma::stream::Stream::new_lzma_decoder(MEMORY).map_err(io::Error::other)?;
    Ok(liblzma::bufread::XzDecoder::new_stream(
        io::Cursor::new(alone).chain(packed),
        stream,
    ))
}

fn unknown_method(method: u16) -> Error {
    let feature = match method {
        12 => ", which the feature `bzip2` reads",
        14 => ", which the feature `xz` reads",
        93 => ", which the feature `zstd` reads",
        _ => ", which is not supported; deflate (8) is what NumPy writes",
    };
    let name = match method {
        1 => "shrink",
        6 => "implode",
        9 => "deflate64",
        12 => "bzip2",
        14 => "LZMA",
        20 | 93 => "Zstandard",
        95 => "xz",
        98 => "PPMd",
        _ => "unknown",
    };
    Error::new(
        ErrorKind::Archive,
        format!("it is compressed by method {method} ({name}){feature}"),
    )
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::super::zip::{Abilities, DEFLATE, STORED, Written, ZipWriter};
    use super::*;
    use crate::npy::WriteNpyExt;

    /// An archive of `a` and `b` in which the directory says this of `a`.
    fn lying(method: u16, packed: u64, size: u64) -> Vec<u8> {
        let abilities = Abilities {
            seek: None,
            reserve: None,
        };
        let mut zip = ZipWriter::new(Vec::new(), abilities);
        let mut npy = Vec::new();
        ndarray::array![1.0, 2.0].write_npy(&mut npy).unwrap();
        let crc = crc32fast::hash(&npy);
        zip.add("a.npy".to_owned(), method, &npy, Written { crc, packed, size })
            .unwrap();
        let len = npy.len() as u64;
        let (packed, size) = (len, len);
        zip.add("b.npy".to_owned(), STORED, &npy, Written { crc, packed, size })
            .unwrap();
        zip.finish().unwrap()
    }

    #[test]
    fn what_the_directory_claims_is_not_believed() {
        let cases = [
            (lying(STORED, 144, 144), None),
            (lying(STORED, 144, 1 << 40), None), // CPython believes the data
            (
                lying(STORED, 144, 100),
                Some("it holds more than the 100 bytes that the archive's directory says"),
            ),
            (lying(STORED, 143, 143), Some("its CRC-32 is ")),
            (
                lying(STORED, 400, 400),
                Some("the member's 400 bytes from byte 64 would reach past byte 208"),
            ),
            (
                lying(DEFLATE, 144, 5 << 30),
                Some("the member claims 5368709120 bytes, made of 144 in the archive"),
            ),
            // A .npy file happens to start like a short deflate stream.
            (lying(DEFLATE, 144, 144), Some("its CRC-32 is ")),
            (
                lying(1, 144, 144),
                Some("it is compressed by method 1 (shrink), which is not supported"),
            ),
        ];
        for (mut archive, expected) in cases {
            for patched in [false, true] {
                if patched {
                    // The first entry of the directory: bit 0 of its flags says "encrypted".
                    let entry = archive.windows(4).position(|bytes| bytes == b"PK\x01\x02").unwrap();
                    archive[entry + 8] |= 1;
                }
                let mut npz = NpzReader::new(Cursor::new(&archive)).unwrap();
                assert_eq!(
                    npz.by_name::<ndarray::OwnedRepr<f64>, ndarray::Ix1>("b").unwrap().len(),
                    2
                );
                let error = npz.get("a").err().map(|error| error.to_string());
                let expected = match (expected, patched) {
                    (Some(limit), _) if limit.starts_with("the member claims") => Some(limit),
                    (_, true) => Some("the member is encrypted"),
                    (expected, false) => expected,
                };
                match (&error, expected) {
                    (None, None) => {}
                    (Some(error), Some(expected)) => {
                        assert!(error.starts_with(&format!("member \"a.npy\": {expected}")), "{error}");
                    }
                    _ => panic!("{error:?}, not {expected:?}"),
                }
            }
        }
    }
}
