//! Archives to arrays.

use std::io::{Read, Seek};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ndarray::{ArrayBase, DataOwned, Dimension};
use serde::de::DeserializeOwned;

use super::arrays::NpzArrays;
use super::member::{
    Content, Member, Source, Tools, fetch_member, read_any, read_array, read_bytes, read_content, read_header,
    read_member,
};
use super::zip::{Directory, Entry};
use crate::dtype::Casting;
use crate::error::{Context, Error, ErrorKind, Result};
use crate::npy::{DynArray, Header, ReadOptions};
use crate::storage::file::FileReader;
use crate::storage::parallel;

/// How many compressed bytes are read ahead of the threads, from a reader that only one of them can use.
const BATCH: u64 = 32 << 20;

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
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let path = dir.path().join("a.npz");
    /// # let mut npz = ndarray_io::NpzWriter::create(&path)?;
    /// # npz.add_array("x", &ndarray::array![1.0, 2.0])?;
    /// # npz.finish()?;
    /// use ndarray_io::NpzReader;
    ///
    /// let npz = NpzReader::open(&path)?;
    /// assert_eq!(npz.names()?, ["x"]); // and no member is read yet
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
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
    ///
    /// # Examples
    ///
    /// ```
    /// use std::io::Cursor;
    /// use ndarray_io::{NpzReader, NpzWriter};
    ///
    /// let mut npz = NpzWriter::new(Cursor::new(Vec::new()));
    /// npz.add_array("x", &ndarray::array![1.0, 2.0])?;
    /// let npz = NpzReader::new(npz.finish()?)?;
    /// assert_eq!(npz.names()?, ["x"]);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
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
    ///
    /// # Examples
    ///
    /// ```
    /// use std::io::Cursor;
    /// use ndarray_io::{NpzReader, NpzWriter};
    ///
    /// let mut npz = NpzWriter::new(Cursor::new(Vec::new()));
    /// npz.add_array("x", &ndarray::array![1.0, 2.0])?;
    /// npz.add_bytes("LICENSE", b"CC0")?;
    /// assert_eq!(NpzReader::new(npz.finish()?)?.len(), 2);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn len(&self) -> usize {
        self.directory.entries.len()
    }

    /// Whether there is no member at all.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::io::Cursor;
    /// use ndarray_io::{NpzReader, NpzWriter};
    ///
    /// let npz = NpzWriter::new(Cursor::new(Vec::new()));
    /// assert!(NpzReader::new(npz.finish()?)?.is_empty());
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
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
    ///
    /// # Examples
    ///
    /// ```
    /// use std::io::Cursor;
    /// use ndarray_io::{NpzReader, NpzWriter};
    ///
    /// let mut npz = NpzWriter::new(Cursor::new(Vec::new()));
    /// npz.add_array("x", &ndarray::array![1.0, 2.0])?;
    /// npz.add_bytes("LICENSE", b"CC0")?;
    /// assert_eq!(NpzReader::new(npz.finish()?)?.names()?, ["x", "LICENSE"]);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn names(&self) -> Result<Vec<String>> {
        let names = self.directory.entries.iter().map(|entry| key(&entry.name).to_owned());
        Ok(names.collect())
    }

    /// Whether there is a member of that name.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::io::Cursor;
    /// use ndarray_io::{NpzReader, NpzWriter};
    ///
    /// let mut npz = NpzWriter::new(Cursor::new(Vec::new()));
    /// npz.add_array("x", &ndarray::array![1.0, 2.0])?;
    /// let npz = NpzReader::new(npz.finish()?)?;
    /// assert!(npz.contains("x") && npz.contains("x.npy") && !npz.contains("y"));
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn contains(&self, name: &str) -> bool {
        self.directory.find(name).is_some()
    }

    /// Reads the array of that name.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Missing`] if there is none; [`ErrorKind::Archive`] if the member is corrupt, encrypted or
    /// compressed by an unknown method; else as [`ReadNpyExt::read_npy`](crate::ReadNpyExt::read_npy). The error names the member.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::io::Cursor;
    /// use ndarray::{Array1, array};
    /// use ndarray_io::{NpzReader, NpzWriter};
    ///
    /// let mut npz = NpzWriter::new(Cursor::new(Vec::new()));
    /// npz.add_array("x", &array![1.0, 2.0])?;
    /// let x: Array1<f64> = NpzReader::new(npz.finish()?)?.by_name("x")?;
    /// assert_eq!(x, array![1.0, 2.0]);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
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
    ///
    /// # Examples
    ///
    /// ```
    /// use std::io::Cursor;
    /// use ndarray::{Array1, array};
    /// use ndarray_io::{NpzReader, NpzWriter};
    ///
    /// let mut npz = NpzWriter::new(Cursor::new(Vec::new()));
    /// npz.add_array("x", &array![1.0, 2.0])?;
    /// let x: Array1<f64> = NpzReader::new(npz.finish()?)?.by_index(0)?;
    /// assert_eq!(x, array![1.0, 2.0]);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
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
    ///
    /// # Examples
    ///
    /// ```
    /// use std::io::Cursor;
    /// use ndarray_io::{NpzReader, NpzWriter};
    ///
    /// let mut npz = NpzWriter::new(Cursor::new(Vec::new()));
    /// npz.add_array("x", &ndarray::array![1.0, 2.0])?;
    /// let x = NpzReader::new(npz.finish()?)?.get("x")?;
    /// assert_eq!(x.dtype(), "<f8".parse()?);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn get(&mut self, name: &str) -> Result<DynArray> {
        let index = self.find(name)?;
        self.with_member(index, read_array)
    }

    /// Reads the header of the array of that name, and none of its data; the CRC is not checked.
    ///
    /// # Errors
    ///
    /// As [`by_name`](NpzReader::by_name).
    ///
    /// # Examples
    ///
    /// ```
    /// use std::io::Cursor;
    /// use ndarray_io::{NpzReader, NpzWriter};
    ///
    /// let mut npz = NpzWriter::new(Cursor::new(Vec::new()));
    /// npz.add_array("x", &ndarray::array![[1.0, 2.0]])?;
    /// let header = NpzReader::new(npz.finish()?)?.header("x")?;
    /// assert_eq!(header.shape, [1, 2]);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn header(&mut self, name: &str) -> Result<Header> {
        let index = self.find(name)?;
        self.with_member(index, read_header)
    }

    /// Reads the bytes of a member: those of its `.npy` file, if it is an array.
    ///
    /// # Errors
    ///
    /// As [`by_name`](NpzReader::by_name), but that the bytes may be any.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::io::Cursor;
    /// use ndarray_io::{NpzReader, NpzWriter};
    ///
    /// let mut npz = NpzWriter::new(Cursor::new(Vec::new()));
    /// npz.add_bytes("LICENSE", b"CC0")?;
    /// assert_eq!(NpzReader::new(npz.finish()?)?.bytes("LICENSE")?, b"CC0");
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn bytes(&mut self, name: &str) -> Result<Vec<u8>> {
        let index = self.find(name)?;
        self.with_member(index, read_bytes)
    }

    /// Reads a member as JSON, such as [`NpzWriter::add_json`](crate::NpzWriter::add_json) writes.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Parse`] if it is not the JSON that was asked for; else as [`bytes`](NpzReader::bytes).
    ///
    /// # Examples
    ///
    /// ```
    /// use std::io::Cursor;
    /// use ndarray_io::{NpzReader, NpzWriter};
    ///
    /// let mut npz = NpzWriter::new(Cursor::new(Vec::new()));
    /// npz.add_json("layers.json", &["dense", "relu"])?;
    /// let layers: Vec<String> = NpzReader::new(npz.finish()?)?.json("layers.json")?;
    /// assert_eq!(layers, ["dense", "relu"]);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
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
        let mut jobs: Vec<(usize, Job)> = (0..self.len()).map(|index| (index, Job::Waiting)).collect();
        let mut rest = &mut jobs[..];
        while !rest.is_empty() {
            let batch = self.fetch(rest)?;
            let (now, later) = rest.split_at_mut(batch);
            rest = later;
            let share = batch.div_ceil(8 * parallel::threads()).max(1);
            let (directory, options, file, path) = (&self.directory, &self.options, &self.file, self.path.as_deref());
            parallel::for_each_chunk(now, share, |_, jobs| {
                let mut tools = Tools::new();
                jobs.iter_mut().try_for_each(|(index, job)| {
                    let source = match (&*job, file) {
                        (Job::Done(_), _) => return Ok(()),
                        (Job::Fetched(data), _) => Source::Data(data),
                        (Job::Waiting, Some(file)) => Source::File(file),
                        (Job::Waiting, None) => Source::Data(&[]),
                    };
                    let array = read_member(directory, *index, source, &mut tools, options, read_any);
                    *job = Job::Done(array.map_err(|error| locate(error, path, directory.entries.get(*index)))?);
                    Ok::<(), Error>(())
                })
            })?;
        }
        let arrays = jobs.into_iter().filter_map(|(index, job)| match job {
            Job::Done(array) => Some((self.directory.entries.get(index)?.name.clone(), array?)),
            _ => None,
        });
        let members = arrays.collect();
        Ok(NpzArrays { members })
    }

    /// Prepares the first of `jobs` for being done side by side, and says how many; a file needs no preparation.
    fn fetch(&mut self, jobs: &mut [(usize, Job)]) -> Result<usize> {
        if self.file.is_some() {
            return Ok(jobs.len());
        }
        let mut fetched = 0;
        for (done, (index, job)) in jobs.iter_mut().enumerate() {
            let packed = self.directory.entry(*index)?.packed;
            if packed >= BATCH {
                // Not worth a copy of what is compressed, if it is.
                *job = Job::Done(self.with_member(*index, read_any)?);
                continue;
            }
            if fetched + packed > BATCH {
                return Ok(done);
            }
            let source = Source::Reader(&mut self.reader);
            let data = fetch_member(&self.directory, *index, source, &mut self.tools);
            let entry = self.directory.entries.get(*index);
            *job = Job::Fetched(data.map_err(|error| locate(error, self.path.as_deref(), entry))?);
            fetched += packed;
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

    pub(super) fn find(&self, name: &str) -> Result<usize> {
        let missing = || locate(missing(&self.directory, name), self.path(), None);
        self.directory.find(name).ok_or_else(missing)
    }

    pub(super) fn with_member<T>(
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
    error.in_path_of(path)
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

/// How far a member of [`NpzReader::read_all`] is.
enum Job {
    Waiting,
    /// Its compressed data was read, from a reader that only one thread can use.
    Fetched(Vec<u8>),
    /// An array, or something else.
    Done(Option<DynArray>),
}
