//! `.npy` to arrays.

use std::io::{self, Read};
use std::path::Path;

use ndarray::{Array, ArrayBase, ArrayViewMut, DataOwned, Dimension, Order};
use serde::de::DeserializeOwned;

use super::dynamic::DynArray;
#[cfg(feature = "object")]
use super::dynamic::TypedArray;
use super::raw::RawArray;
use super::shape::{array_from_values, dimension};
use super::{Header, ReadOptions};
use crate::dtype::{ByteOrder, Casting, Dtype, Scalar};
use crate::element::Decoder;
use crate::element::scalar::{Native, bits_into, bits_mut, swap_bytes, vec_into, with_native};
use crate::error::{Context, Error, ErrorKind, Result};
#[cfg(feature = "object")]
use crate::object;
use crate::storage::file::FileReader;
use crate::storage::{memory, parallel};

/// What is read on a file's word alone; after that, not more than [`GROWTH`] times what was there so far.
const TRUSTED: usize = 1 << 20;
const GROWTH: usize = 4;

/// Bytes that are read before they are swapped or decoded, while they are in the cache.
const BLOCK: usize = 8 << 20;

/// Reads arrays of the `.npy` format.
///
/// It is there for every owned `ndarray` array whose elements serde can deserialize, and for [`DynArray`].
pub trait ReadNpyExt: Sized {
    /// Reads one array with the default [`ReadOptions`]; the reader stops right after its last byte.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotNumpy`], [`ErrorKind::Version`], [`ErrorKind::Header`] or [`ErrorKind::Truncated`] if the bytes
    /// are no whole `.npy` file; [`ErrorKind::Dtype`] or [`ErrorKind::Shape`] if it holds another array than was asked
    /// for; [`ErrorKind::Io`] if the reader fails.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray::{Array1, array};
    /// use ndarray_io::{ReadNpyExt, WriteNpyExt};
    ///
    /// let mut stream = Vec::new();
    /// array![1_u8, 2].write_npy(&mut stream)?;
    /// array![0.5_f32].write_npy(&mut stream)?;
    ///
    /// let mut reader = &stream[..];
    /// assert_eq!(Array1::<u8>::read_npy(&mut reader)?, array![1, 2]);
    /// assert_eq!(Array1::<f32>::read_npy(&mut reader)?, array![0.5]);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    fn read_npy<R: Read>(reader: R) -> Result<Self> {
        Self::read_npy_with(reader, &ReadOptions::default())
    }

    /// Reads one array with these options.
    ///
    /// # Errors
    ///
    /// As [`read_npy`](ReadNpyExt::read_npy); [`ErrorKind::Limit`] if it is larger than the options allow.
    fn read_npy_with<R: Read>(reader: R, options: &ReadOptions) -> Result<Self>;
}

impl<A, S, D> ReadNpyExt for ArrayBase<S, D>
where
    A: DeserializeOwned,
    S: DataOwned<Elem = A>,
    D: Dimension,
{
    fn read_npy_with<R: Read>(reader: R, options: &ReadOptions) -> Result<Self> {
        NpyReader::with_options(reader, options)?.read_owned()
    }
}

impl ReadNpyExt for DynArray {
    fn read_npy_with<R: Read>(reader: R, options: &ReadOptions) -> Result<Self> {
        NpyReader::with_options(reader, options)?.read_dyn()
    }
}

/// Reads the `.npy` file at `path`.
///
/// To allow casts or to set limits, use [`ReadOptions::read_npy`].
///
/// # Errors
///
/// As [`ReadNpyExt::read_npy`]; the error names the path.
///
/// # Examples
///
/// ```
/// # let dir = tempfile::tempdir().unwrap();
/// # let path = dir.path().join("a.npy");
/// # ndarray_io::write_npy(&path, &ndarray::array![[1.0, 2.0]])?;
/// use ndarray::Array2;
///
/// let a: Array2<f64> = ndarray_io::read_npy(&path)?;
/// assert_eq!(a.shape(), [1, 2]);
/// # Ok::<(), ndarray_io::Error>(())
/// ```
pub fn read_npy<P: AsRef<Path>, T: ReadNpyExt>(path: P) -> Result<T> {
    read_npy_with(path.as_ref(), &ReadOptions::default())
}

impl ReadOptions {
    /// Reads the `.npy` file at `path`, as [`read_npy`](crate::read_npy) does.
    ///
    /// # Errors
    ///
    /// As [`read_npy`](crate::read_npy).
    pub fn read_npy<P: AsRef<Path>, T: ReadNpyExt>(&self, path: P) -> Result<T> {
        read_npy_with(path.as_ref(), self)
    }
}

fn read_npy_with<T: ReadNpyExt>(path: &Path, options: &ReadOptions) -> Result<T> {
    let reader = FileReader::open(path)?;
    let options = ReadOptions {
        available: reader.remaining(),
        ..options.clone()
    };
    T::read_npy_with(reader, &options).in_path(path)
}

/// A `.npy` file or stream whose header is read, and whose data is not yet.
///
/// # Examples
///
/// ```
/// # let dir = tempfile::tempdir().unwrap();
/// # let path = dir.path().join("a.npy");
/// # ndarray_io::write_npy(&path, &ndarray::array![[1.0, 2.0]])?;
/// use ndarray::Ix2;
/// use ndarray_io::NpyReader;
///
/// let reader = NpyReader::open(&path)?;
/// println!("{} of shape {:?}", reader.dtype(), reader.shape());
/// let a = reader.read::<f64, Ix2>()?;
/// # assert_eq!(a, ndarray::array![[1.0, 2.0]]);
/// # Ok::<(), ndarray_io::Error>(())
/// ```
#[derive(Debug)]
pub struct NpyReader<R> {
    pub(super) reader: R,
    header: Header,
    pub(super) options: ReadOptions,
    /// Whether the data follows its header, so that objects are a pickle there.
    #[cfg_attr(not(feature = "object"), allow(dead_code))]
    is_whole: bool,
    /// Tells that `R` is a file that can be read at positions, which the type alone cannot tell generic code.
    as_file: Option<fn(&Self) -> &NpyReader<FileReader>>,
}

impl NpyReader<FileReader> {
    /// Opens the file at `path` and reads its header.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Io`] if the file cannot be opened; else as [`NpyReader::new`]. The error names the path.
    pub fn open<P: AsRef<Path>>(path: P) -> Result<Self> {
        NpyReader::open_with(path, &ReadOptions::default())
    }

    /// As [`open`](NpyReader::open), with these options.
    ///
    /// # Errors
    ///
    /// As [`open`](NpyReader::open).
    pub fn open_with<P: AsRef<Path>>(path: P, options: &ReadOptions) -> Result<Self> {
        let reader = FileReader::open(&path)?;
        let options = ReadOptions {
            available: reader.remaining(),
            ..options.clone()
        };
        let mut reader = NpyReader::with_options(reader, &options).in_path(path)?;
        reader.as_file = Some(|reader| reader);
        Ok(reader)
    }
}

impl<R: Read> NpyReader<R> {
    /// Reads the header from `reader`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotNumpy`], [`ErrorKind::Version`], [`ErrorKind::Header`] or [`ErrorKind::Truncated`] if there is
    /// no whole header; [`ErrorKind::Io`] if the reader fails.
    pub fn new(reader: R) -> Result<Self> {
        NpyReader::with_options(reader, &ReadOptions::default())
    }

    /// As [`new`](NpyReader::new), with these options.
    ///
    /// # Errors
    ///
    /// As [`new`](NpyReader::new).
    pub fn with_options(mut reader: R, options: &ReadOptions) -> Result<Self> {
        let header = Header::read_with(&mut reader, options.max_header_size)?;
        let options = options.clone();
        Ok(NpyReader {
            reader,
            header,
            options,
            is_whole: true,
            as_file: None,
        })
    }

    /// Reads an array whose header is known, from where its data starts; `available` are the bytes from there on.
    pub(crate) fn of_data(reader: R, header: Header, available: Option<u64>, options: &ReadOptions) -> Self {
        let start = header.data_offset().unwrap_or(0);
        let options = ReadOptions {
            available: available.map(|available| available.saturating_add(start)),
            ..options.clone()
        };
        NpyReader {
            reader,
            header,
            options,
            is_whole: false,
            as_file: None,
        }
    }

    /// The reader itself, if it is of a file that can be read at positions.
    pub(super) fn as_file(&self) -> Option<&NpyReader<FileReader>> {
        let reader = self.as_file.map(|as_file| as_file(self))?;
        reader.reader.position().map(|_| reader)
    }

    /// The header.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The dtype of the elements.
    pub fn dtype(&self) -> &Dtype {
        &self.header.dtype
    }

    /// The shape of the array.
    pub fn shape(&self) -> &[usize] {
        &self.header.shape
    }

    /// Reads the data.
    ///
    /// # Errors
    ///
    /// As [`ReadNpyExt::read_npy`].
    pub fn read<A: DeserializeOwned, D: Dimension>(self) -> Result<Array<A, D>> {
        self.read_owned()
    }

    /// Reads the data into an array of the caller's, of the same shape.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Shape`] if the shapes differ; else as [`ReadNpyExt::read_npy`]. After an error the array may hold
    /// a part of the data.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray::Array2;
    /// use ndarray_io::{NpyReader, WriteNpyExt};
    ///
    /// let mut file = Vec::new();
    /// ndarray::array![[1.0, 2.0]].write_npy(&mut file)?;
    /// let mut all = Array2::<f64>::zeros((2, 2));
    /// NpyReader::new(&file[..])?.read_into(all.slice_mut(ndarray::s![1.., ..]))?;
    /// assert_eq!(all, ndarray::array![[0.0, 0.0], [1.0, 2.0]]);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn read_into<A: DeserializeOwned, D: Dimension>(mut self, target: ArrayViewMut<'_, A, D>) -> Result<()> {
        if target.shape() != self.header.shape {
            return Err(Error::new(
                ErrorKind::Shape,
                format!(
                    "array in the file has shape {:?}, the array to fill {:?}",
                    self.header.shape,
                    target.shape()
                ),
            ));
        }
        #[cfg(feature = "object")]
        if self.holds_objects() {
            let values = object::values(self.read_objects()?)?;
            let mut target = target;
            target.iter_mut().zip(values).for_each(|(slot, value)| *slot = value);
            return Ok(());
        }
        let mut target = match self.header.order {
            Order::ColumnMajor => target.reversed_axes(),
            _ => target,
        };
        if let (Some(slots), Some((scalar, order))) = (target.as_slice_mut(), self.own_scalar()) {
            let bits = with_native!(scalar, T => bits_mut::<A, T>(slots).map(bytemuck::cast_slice_mut), else => None);
            if let Some(bytes) = bits {
                self.check_size()?;
                return self.fill(bytes, 0, swapsize(scalar, order));
            }
        }
        let values = self.read_values()?;
        for (slot, value) in target.iter_mut().zip(values) {
            *slot = value;
        }
        Ok(())
    }

    /// Reads the data as whatever dtype the file has.
    ///
    /// # Errors
    ///
    /// As [`ReadNpyExt::read_npy`].
    pub fn read_dyn(mut self) -> Result<DynArray> {
        #[cfg(feature = "object")]
        if self.holds_objects() {
            return self.read_objects().map(DynArray::Object);
        }
        self.check_size()?;
        match self.dtype().as_scalar() {
            // A byte that is no bool fails `read`; here nothing that NumPy loads is lost.
            None | Some((Scalar::Bool, _)) => self.read_raw(),
            Some((scalar, order)) => with_native!(scalar, T => {
                let values = self.read_native::<T>(order)?;
                DynArray::from_values(self.header, values)
            }, else => self.read_raw()),
        }
    }
}

impl<R: Read> NpyReader<R> {
    fn read_owned<A, S, D>(mut self) -> Result<ArrayBase<S, D>>
    where
        A: DeserializeOwned,
        S: DataOwned<Elem = A>,
        D: Dimension,
    {
        // Before the data is read: a wrong number of dimensions shows at once.
        let dim = dimension::<D>(&self.header.shape)?;
        #[cfg(feature = "object")]
        if self.holds_objects() {
            let values = object::values(self.read_objects()?)?;
            return array_from_values(dim, Order::RowMajor, values);
        }
        let values = self.read_values()?;
        array_from_values(dim, self.header.order, values)
    }

    /// The elements in the order of the file.
    fn read_values<A: DeserializeOwned>(&mut self) -> Result<Vec<A>> {
        self.check_size()?;
        let mut values = None;
        if let Some(scalar) = Scalar::of::<A>()
            && let Some((file, order)) = self.own_scalar()
            && file == scalar
        {
            values = with_native!(scalar, T => {
                vec_into::<T, A>(self.read_native::<T>(order)?).ok()
            }, else => None);
        }
        match values {
            Some(values) => Ok(values),
            None => self.decode_values(),
        }
    }

    /// The dtype's scalar, unless reading it as such is a cast: to `Casting::No`, swapping bytes is one.
    fn own_scalar(&self) -> Option<(Scalar, ByteOrder)> {
        let scalar = self.dtype().as_scalar()?;
        (scalar.1.is_native() || self.options.casting != Casting::No).then_some(scalar)
    }

    /// Whether what follows is a pickle.
    #[cfg(feature = "object")]
    fn holds_objects(&self) -> bool {
        self.is_whole && self.dtype().has_object()
    }

    #[cfg(feature = "object")]
    fn read_objects(&mut self) -> Result<TypedArray<object::Object>> {
        object::read(
            &mut self.reader,
            &self.header,
            self.options.available,
            self.options.max_bytes,
        )
    }

    /// Holds the header's claim against the limits and against what the file has.
    fn check_size(&self) -> Result<()> {
        let nbytes = self.header.nbytes()?;
        if nbytes as u64 > self.options.max_bytes {
            return Err(Error::new(
                ErrorKind::Limit,
                format!(
                    "array of {nbytes} bytes; `ReadOptions::max_bytes` allows {}",
                    self.options.max_bytes
                ),
            ));
        }
        self.check_available()
    }

    /// Holds the header's claim against what the file has.
    pub(super) fn check_available(&self) -> Result<()> {
        if self.dtype().has_object() {
            let reason = match cfg!(feature = "object") {
                true => "is one pickle, which can be read only whole",
                false => "is a pickle, which the feature `object` reads as data",
            };
            return Err(Error::new(
                ErrorKind::Object,
                format!("an array of Python objects ({}) {reason}", self.dtype().describe()),
            ));
        }
        let nbytes = self.header.nbytes()?;
        let start = self.header.data_offset().unwrap_or(0);
        match self.options.available.map(|available| available.saturating_sub(start)) {
            Some(left) if left < nbytes as u64 => {
                Err(truncated(&self.header, usize::try_from(left).unwrap_or(usize::MAX)))
            }
            _ => Ok(()),
        }
    }

    /// Scalars that are the file's own, but perhaps for the byte order.
    fn read_native<T: Native>(&mut self, order: ByteOrder) -> Result<Vec<T>> {
        let count = self.header.count()?;
        let size = size_of::<T>();
        let swapsize = swapsize(T::SCALAR, order);
        let trusted = match self.options.available {
            Some(_) => count,
            None => count.min(TRUSTED / size),
        };
        let mut bits = memory::zeroed::<T::Bits>(trusted)?;
        self.fill(bytemuck::cast_slice_mut(&mut bits), 0, swapsize)?;
        while bits.len() < count {
            // From a stream: believed in steps, each a small multiple of what did come.
            let filled = bits.len();
            let mut larger = memory::zeroed::<T::Bits>(count.min(filled * GROWTH))?;
            let (old, new) = larger.split_at_mut(filled);
            old.copy_from_slice(&bits);
            self.fill(bytemuck::cast_slice_mut(new), filled * size, swapsize)?;
            bits = larger;
        }
        bits_into(bits)
    }

    /// Fills `bytes`, which start `done` bytes into the data, and swaps each `swapsize` of them.
    fn fill(&mut self, bytes: &mut [u8], mut done: usize, swapsize: usize) -> Result<()> {
        if swapsize <= 1 {
            return self.fill_bytes(bytes, done);
        }
        for block in bytes.chunks_mut(BLOCK) {
            self.fill_bytes(block, done)?;
            done += block.len();
            parallel::for_each_chunk(block, BLOCK / 8, |_, share| {
                swap_bytes(share, swapsize);
                Ok::<(), Error>(())
            })?;
        }
        Ok(())
    }

    fn fill_bytes(&mut self, bytes: &mut [u8], done: usize) -> Result<()> {
        let got = read_full(&mut self.reader, bytes)?;
        match got == bytes.len() {
            true => Ok(()),
            false => Err(truncated(&self.header, done + got)),
        }
    }

    /// Elements that go through serde, or through a cast.
    fn decode_values<A: DeserializeOwned>(&mut self) -> Result<Vec<A>> {
        let itemsize = self.dtype().itemsize();
        let mut decoder = Decoder::<A>::new(self.dtype(), self.options.casting)?;
        let mut values = Vec::new();
        let count = self.header.count()?;
        check_sizeless(self.dtype(), count)?;
        if self.options.available.is_some() {
            values.try_reserve_exact(count).map_err(|error| {
                Error::new(ErrorKind::Limit, format!("cannot allocate {count} elements")).with_source(error)
            })?;
            memory::advise_huge(&mut values);
        }
        if itemsize == 0 {
            for _ in 0..count {
                values.push(decoder.decode(&[])?);
            }
            return Ok(values);
        }
        let mut block = Vec::new();
        let mut left = count;
        while left > 0 {
            let rows = left.min((BLOCK / 8 / itemsize).max(1));
            self.read_block(rows * itemsize, (count - left) * itemsize, &mut block)?;
            decoder.extend(&block, &mut values)?;
            left -= rows;
        }
        Ok(values)
    }

    /// `len` bytes into `block`, which grows only with bytes that exist.
    fn read_block(&mut self, len: usize, done: usize, block: &mut Vec<u8>) -> Result<()> {
        block.clear();
        block.reserve(len.min(TRUSTED));
        self.reader.by_ref().take(len as u64).read_to_end(block)?;
        match block.len() == len {
            true => Ok(()),
            false => Err(truncated(&self.header, done + block.len())),
        }
    }

    fn read_raw(self) -> Result<DynArray> {
        self.read_raw_array()?.into_dyn()
    }

    /// The data as the file has it.
    pub(crate) fn read_raw_array(mut self) -> Result<RawArray> {
        self.check_size()?;
        // Bytes of any dtype: `u8` is a scalar of this size and all bits of it are valid.
        let nbytes = self.header.nbytes()?;
        let Header {
            dtype, order, shape, ..
        } = self.header.clone();
        let count = self.header.count()?;
        check_sizeless(&dtype, count)?;
        let bytes = match self.options.available {
            Some(_) => {
                let mut bytes = memory::zeroed::<u8>(nbytes)?;
                self.fill_bytes(&mut bytes, 0)?;
                bytes
            }
            None => {
                let mut bytes = Vec::new();
                self.read_block(nbytes, 0, &mut bytes)?;
                bytes
            }
        };
        RawArray::new(dtype, shape, order, bytes)
    }
}

/// The error for data that ends after `got` bytes.
#[cold]
pub(super) fn truncated(header: &Header, got: usize) -> Error {
    let itemsize = header.dtype.itemsize().max(1);
    let nbytes = header.nbytes().unwrap_or(usize::MAX);
    Error::new(
        ErrorKind::Truncated,
        format!(
            "data ends after {} of the {} elements that the header promises ({got} of {nbytes} bytes)",
            got / itemsize,
            nbytes / itemsize,
        ),
    )
    .at_byte(header.data_offset().unwrap_or(0) + got as u64)
}

/// The size of what is to be swapped; 1 if nothing is.
fn swapsize(scalar: Scalar, order: ByteOrder) -> usize {
    match order.is_native() {
        true => 1,
        false => scalar.swapsize(),
    }
}

/// Elements of no bytes cost a file nothing, so a claim of very many is not believed.
fn check_sizeless(dtype: &Dtype, count: usize) -> Result<()> {
    const MAX: usize = 1 << 20;
    match dtype.itemsize() {
        0 if count > MAX => Err(Error::new(
            ErrorKind::Limit,
            format!(
                "{count} elements of no bytes ({}); at most {MAX} are read",
                dtype.describe()
            ),
        )),
        _ => Ok(()),
    }
}

/// Fills `buffer` as far as the reader goes, and says how far that was.
pub(crate) fn read_full<R: Read>(reader: &mut R, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match reader.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}
