//! Arrays to `.npy`.

use std::fs::File;
use std::io::{self, Seek, Write};
use std::ops::Range;
use std::path::Path;

use ndarray::{ArrayBase, ArrayRef, ArrayView, ArrayViewD, Data, Dimension, IntoDimension, Order};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::gather::write_elements;
use super::part::{check_range, for_each_block};
use super::{Header, WriteOptions};
#[cfg(feature = "object")]
use crate::dtype::Repr;
use crate::dtype::{Dtype, Kind, Scalar};
use crate::element::scalar::{Whole, referent_as_mut, view_as, with_own};
use crate::element::{Encoder, dtype_of_values, fit_dtype};
use crate::error::{Context, Error, ErrorKind, Result};
#[cfg(feature = "object")]
use crate::object;
use crate::storage::file::{FileWriter, Replace};
use crate::storage::parallel;

/// Bytes of elements that are encoded before they are written.
const BLOCK: usize = 512 << 10;

/// Elements whose places in memory are gathered before they are encoded: how an array lies is then nothing that the code
/// that encodes is compiled for.
const GATHERED: usize = 1024;

impl Whole for FileWriter {}

/// Where elements go: all that writes them is compiled for one kind of writer.
pub(crate) enum Output<'a> {
    /// Blocks may be written at once.
    File(&'a mut FileWriter),
    Stream(&'a mut dyn Write),
}

impl<'a> Output<'a> {
    pub(crate) fn of<W: Write>(writer: &'a mut W) -> Output<'a> {
        match referent_as_mut::<W, FileWriter>(writer) {
            Ok(file) => Output::File(file),
            Err(writer) => Output::Stream(writer),
        }
    }

    pub(super) fn writer(&mut self) -> &mut dyn Write {
        match self {
            Output::File(file) => *file,
            Output::Stream(writer) => *writer,
        }
    }
}

/// Writes arrays in the `.npy` format.
///
/// It is there for every `ndarray` array and view whose elements serde can serialize, and for [`DynArray`](crate::DynArray).
///
/// # Examples
///
/// ```
/// use ndarray::{array, s};
/// use ndarray_io::WriteNpyExt;
///
/// let a = array![[1.0, 2.0], [3.0, 4.0]];
/// let mut file = Vec::new();
/// a.write_npy(&mut file)?; // an array
/// a.slice(s![.., 1]).write_npy(&mut file)?; // or any view
/// # Ok::<(), ndarray_io::Error>(())
/// ```
pub trait WriteNpyExt {
    /// Writes the array with the default [`WriteOptions`].
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Io`] if the writer fails; [`ErrorKind::Element`] if the elements are of a type that cannot be in
    /// an array.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray::{Array2, array};
    /// use ndarray_io::{ReadNpyExt, WriteNpyExt};
    ///
    /// let a = array![[1.0, 2.0], [3.0, 4.0]];
    /// let mut file = Vec::new();
    /// a.write_npy(&mut file)?;
    /// assert_eq!(Array2::<f64>::read_npy(&file[..])?, a);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    fn write_npy<W: Write>(&self, writer: W) -> Result<()> {
        self.write_npy_with(writer, &WriteOptions::default())
    }

    /// Writes the array with these options.
    ///
    /// # Errors
    ///
    /// As [`write_npy`](WriteNpyExt::write_npy); [`ErrorKind::Value`] if a value does not fit the dtype of the options.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::{WriteNpyExt, WriteOptions};
    ///
    /// let mut file = Vec::new();
    /// ndarray::array![1_u16].write_npy_with(&mut file, &WriteOptions::new().dtype(">u2".parse()?))?;
    /// assert!(file.ends_with(&[0, 1]));
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    fn write_npy_with<W: Write>(&self, mut writer: W, options: &WriteOptions) -> Result<()> {
        let header = self.npy_header(options)?;
        writer.write_all(&header.to_bytes(options.version)?)?;
        self.write_npy_range(&mut writer, &header, 0..header.count()?)?;
        Ok(writer.flush()?)
    }

    /// The header that would be written with these options.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Element`] if the elements are of a type that cannot be in an array.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::{WriteNpyExt, WriteOptions};
    ///
    /// let header = ndarray::array!["one", "three"].npy_header(&WriteOptions::new())?;
    /// assert_eq!(header.dtype.itemsize(), 4 * "three".len());
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    fn npy_header(&self, options: &WriteOptions) -> Result<Header>;

    /// Writes some of the elements, without a header: those of `range`, counted in the order that `header` names.
    ///
    /// `header` is what [`npy_header`](WriteNpyExt::npy_header) gave. So a file is made in parts, such as those of an
    /// upload.
    ///
    /// # Errors
    ///
    /// As [`write_npy_with`](WriteNpyExt::write_npy_with); [`ErrorKind::Argument`] if `range` reaches past the last
    /// element, or is a part of an array of Python objects, which are one pickle.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray::{Array2, array};
    /// use ndarray_io::{ReadNpyExt, WriteNpyExt, WriteOptions};
    ///
    /// let a = array![[1.0, 2.0], [3.0, 4.0]];
    /// let header = a.npy_header(&WriteOptions::new())?;
    /// let mut file = header.to_bytes(None)?;
    /// for part in [0..3, 3..4] {
    ///     a.write_npy_range(&mut file, &header, part)?;
    /// }
    /// assert_eq!(Array2::<f64>::read_npy(&file[..])?, a);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    fn write_npy_range<W: Write>(&self, writer: W, header: &Header, range: Range<usize>) -> Result<()>;
}

impl<A, D> WriteNpyExt for ArrayRef<A, D>
where
    A: Serialize,
    D: Dimension,
{
    fn npy_header(&self, options: &WriteOptions) -> Result<Header> {
        let dtype = match (&options.dtype, Scalar::of::<A>()) {
            (Some(dtype), _) if dtype.is_flexible() && !dtype.has_object() => fit_dtype(dtype, self.iter())?,
            (Some(dtype), _) => dtype.clone(),
            (None, Some(scalar)) => Dtype::native(scalar),
            #[cfg(feature = "object")]
            (None, None) if object::is_object::<A>() => Dtype(Repr::Object),
            (None, None) => dtype_of_values(self.iter())?,
        };
        if dtype.has_object() {
            if cfg!(not(feature = "object")) {
                return Err(Error::new(
                    ErrorKind::Object,
                    "an array of Python objects is a pickle, which the feature `object` writes",
                ));
            }
            return Ok(Header::new(dtype, Order::RowMajor, self.shape().to_vec()));
        }
        let order = options.order.unwrap_or_else(|| match dtype.kind() {
            Kind::Subarray => Order::RowMajor, // as the axes of the elements are
            _ => order_of(self),
        });
        Ok(Header::new(dtype, order, self.shape().to_vec()))
    }

    fn write_npy_range<W: Write>(&self, mut writer: W, header: &Header, range: Range<usize>) -> Result<()> {
        let output = &mut Output::of(&mut writer);
        write_range(self.view(), &header.dtype, header.order, range, output)
    }
}

impl<A, S, D> WriteNpyExt for ArrayBase<S, D>
where
    A: Serialize,
    S: Data<Elem = A>,
    D: Dimension,
{
    fn npy_header(&self, options: &WriteOptions) -> Result<Header> {
        ArrayRef::npy_header(self, options)
    }

    fn write_npy_range<W: Write>(&self, writer: W, header: &Header, range: Range<usize>) -> Result<()> {
        ArrayRef::write_npy_range(self, writer, header, range)
    }
}

/// Fortran's order for an array that is contiguous in that order only, else C's: NumPy's rule.
pub(crate) fn order_of<A, D: Dimension>(array: &ArrayRef<A, D>) -> Order {
    match array.is_standard_layout() {
        false if array.view().reversed_axes().is_standard_layout() => Order::ColumnMajor,
        _ => Order::RowMajor,
    }
}

/// Writes the elements of `array` in `order` as `dtype`, without a header.
pub(crate) fn write_data<A: Serialize, D: Dimension>(
    array: ArrayView<'_, A, D>,
    dtype: &Dtype,
    order: Order,
    output: &mut Output<'_>,
) -> Result<()> {
    #[cfg(feature = "object")]
    if dtype.has_object() {
        return object::write(array, dtype, output.writer());
    }
    let array = match order {
        Order::ColumnMajor => array.reversed_axes(),
        _ => array,
    };
    if let Some(scalar) = Scalar::of::<A>()
        && let Some((file, order)) = dtype.as_scalar()
        && file == scalar
    {
        with_own!(A, T => {
            if let Some(view) = view_as::<A, T, D>(&array) {
                return write_elements(&view, !order.is_native(), output.writer());
            }
        }, else => {});
    }
    let (itemsize, count) = (dtype.itemsize(), array.len());
    let mut rows = EncodedRows {
        encoder: Encoder::new(dtype)?,
        itemsize,
        values: array.iter(),
        gathered: Vec::new(),
    };
    let size = itemsize * (BLOCK / itemsize.max(1)).clamp(1, count.max(1));
    let encode = &mut |block: &mut [u8]| rows.encode(block);
    if count / 2 > BLOCK / itemsize.max(1)
        && let Output::File(file) = output
        && let Some(start) = file.position()
    {
        return write_file(encode, size, file, start);
    }
    let mut block = vec![0; size];
    write_blocks(encode, &mut block, output.writer())
}

/// Fills a block with the next elements as far as there are any; how many bytes those take.
///
/// All that writes knows no more of the elements, so that it is compiled once.
type Encode<'a> = dyn FnMut(&mut [u8]) -> Result<usize> + 'a;

fn write_blocks(encode: &mut Encode<'_>, block: &mut [u8], writer: &mut dyn Write) -> Result<()> {
    loop {
        match encode(block)? {
            0 => return Ok(()),
            used => writer.write_all(&block[..used])?,
        }
    }
}

fn write_file(encode: &mut Encode<'_>, size: usize, file: &mut FileWriter, start: u64) -> Result<()> {
    let mut blocks = Blocks {
        encode,
        next: start,
        spare: Vec::new(),
        size,
    };
    let target = &*file;
    parallel::in_order(&mut blocks, |block| {
        block.result = target.write_all_at(&block.bytes, block.offset);
    })?;
    let end = blocks.next;
    file.advance(end - start);
    Ok(())
}

/// Writes the elements `range` of `array`, counted in `order`, as [`write_data`] writes them all.
pub(crate) fn write_range<A: Serialize, D: Dimension>(
    array: ArrayView<'_, A, D>,
    dtype: &Dtype,
    order: Order,
    range: Range<usize>,
    output: &mut Output<'_>,
) -> Result<()> {
    check_range(dtype, &range, array.len())?;
    if range == (0..array.len()) {
        return write_data(array, dtype, order, output);
    }
    let mut row = range.start as u64;
    for_each_block(array, order, range, &mut |block: ArrayViewD<'_, A>| {
        let len = block.len() as u64;
        write_data(block, dtype, Order::RowMajor, output).map_err(|error| error.after_rows(row))?;
        row += len;
        Ok(())
    })
}

/// The elements of an array on their way into blocks of bytes.
struct EncodedRows<'a, A, I> {
    encoder: Encoder,
    itemsize: usize,
    values: I,
    gathered: Vec<&'a A>,
}

impl<'a, A: Serialize, I: Iterator<Item = &'a A>> EncodedRows<'a, A, I> {
    /// What [`Encode`] says.
    fn encode(&mut self, block: &mut [u8]) -> Result<usize> {
        if self.itemsize == 0 {
            // They fill no block; each is still looked at, for its errors.
            for value in &mut self.values {
                self.encoder.encode(value, &mut [])?;
            }
            return Ok(0);
        }
        let mut used = 0;
        for rows in block.chunks_mut(GATHERED.saturating_mul(self.itemsize)) {
            let count = rows.len() / self.itemsize;
            self.gathered.clear();
            self.gathered.extend(self.values.by_ref().take(count));
            self.encoder.encode_rows(&self.gathered, rows)?;
            used += self.gathered.len() * self.itemsize;
        }
        Ok(used)
    }
}

/// The blocks of a file: encoded on this thread, for elements of serde's need not be ones that go to another; written
/// on all.
struct Blocks<'a, 'b> {
    encode: &'a mut Encode<'b>,
    /// Where the next one goes.
    next: u64,
    size: usize,
    /// Blocks that are written, to be used again.
    spare: Vec<Vec<u8>>,
}

struct Block {
    bytes: Vec<u8>,
    offset: u64,
    result: io::Result<()>,
}

impl parallel::Line for Blocks<'_, '_> {
    type Piece = Block;
    type Error = Error;

    fn next(&mut self) -> Result<Option<Block>> {
        let mut bytes = self.spare.pop().unwrap_or_default();
        bytes.resize(self.size, 0);
        let used = (self.encode)(&mut bytes)?;
        bytes.truncate(used);
        let offset = self.next;
        self.next += used as u64;
        Ok((used > 0).then_some(Block {
            bytes,
            offset,
            result: Ok(()),
        }))
    }

    fn take(&mut self, block: Block) -> Result<()> {
        block.result?;
        self.spare.push(block.bytes);
        Ok(())
    }
}

/// Writes an array to the `.npy` file at `path`, replacing the file if there is one.
///
/// The file is replaced atomically: a reader sees the old array or the new one, and when something fails the old one
/// stays. Symbolic links are followed and permissions kept. What is no regular file (a FIFO, `/dev/stdout`) is written
/// straight. To choose the dtype, the order or to write in place, use [`WriteOptions::write_npy`].
///
/// # Errors
///
/// [`ErrorKind::Io`] if the file cannot be written; [`ErrorKind::Element`] if the elements are of a type that cannot be
/// in an array. The error names the path.
///
/// # Examples
///
/// ```
/// # let dir = tempfile::tempdir().unwrap();
/// # let path = dir.path().join("a.npy");
/// use ndarray::{Array1, array};
/// use ndarray_io::{read_npy, write_npy};
///
/// write_npy(&path, &array![1, 2, 3])?;
/// let a: Array1<i32> = read_npy(&path)?;
/// assert_eq!(a, array![1, 2, 3]);
/// # Ok::<(), ndarray_io::Error>(())
/// ```
pub fn write_npy<P: AsRef<Path>, T: WriteNpyExt + ?Sized>(path: P, array: &T) -> Result<()> {
    write_npy_with(path.as_ref(), array, &WriteOptions::default(), Replace::Atomic)
}

/// Writes an array to a new `.npy` file at `path`.
///
/// # Errors
///
/// As [`write_npy`]; and [`ErrorKind::Io`] if there is a file at `path` already.
///
/// # Examples
///
/// ```
/// # let dir = tempfile::tempdir().unwrap();
/// # let path = dir.path().join("a.npy");
/// use ndarray_io::create_new_npy;
///
/// let a = ndarray::array![1.0, 2.0];
/// create_new_npy(&path, &a)?;
/// assert!(create_new_npy(&path, &a).is_err());
/// # Ok::<(), ndarray_io::Error>(())
/// ```
pub fn create_new_npy<P: AsRef<Path>, T: WriteNpyExt + ?Sized>(path: P, array: &T) -> Result<()> {
    write_npy_with(path.as_ref(), array, &WriteOptions::default(), Replace::CreateNew)
}

impl WriteOptions {
    /// Writes the `.npy` file at `path`, as [`write_npy`](crate::write_npy) does.
    ///
    /// # Errors
    ///
    /// As [`write_npy`](crate::write_npy).
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let path = dir.path().join("a.npy");
    /// use ndarray_io::{NpyReader, WriteOptions};
    ///
    /// WriteOptions::new().dtype(">f8".parse()?).write_npy(&path, &ndarray::array![1.0])?;
    /// assert_eq!(NpyReader::open(&path)?.dtype(), &">f8".parse()?);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn write_npy<P: AsRef<Path>, T: WriteNpyExt + ?Sized>(&self, path: P, array: &T) -> Result<()> {
        write_npy_with(path.as_ref(), array, self, self.replace())
    }
}

fn write_npy_with<T: WriteNpyExt + ?Sized>(
    path: &Path,
    array: &T,
    options: &WriteOptions,
    replace: Replace,
) -> Result<()> {
    let write = || {
        let header = array.npy_header(options)?;
        let data = match header.dtype.has_object() {
            true => 0, // a pickle, of whatever size
            false => header.nbytes()? as u64,
        };
        let head = header.to_bytes(options.version)?;
        let mut file = FileWriter::create(path, replace)?;
        file.reserve(head.len() as u64 + data)?;
        file.write_all(&head)?;
        array.write_npy_range(&mut file, &header, 0..header.count()?)?;
        file.commit()
    };
    write().in_path(path)
}

/// Writes a `.npy` file of zeros, sparse where the file system can do that, from the file's current position on.
///
/// What follows that position in the file is replaced.
///
/// # Errors
///
/// [`ErrorKind::Io`] if the file cannot be written; [`ErrorKind::Element`] if `A` has no dtype of a fixed size;
/// [`ErrorKind::Shape`] if the array is too large for a file.
///
/// # Examples
///
/// ```
/// # let dir = tempfile::tempdir().unwrap();
/// # let path = dir.path().join("zeros.npy");
/// use ndarray::Array2;
/// use ndarray_io::{read_npy, write_zeroed_npy};
///
/// let file = std::fs::File::create(&path)?;
/// write_zeroed_npy::<f64, _>(&file, (3, 4))?;
/// let zeros: Array2<f64> = read_npy(&path)?;
/// assert_eq!(zeros, Array2::<f64>::zeros((3, 4)));
/// # Ok::<(), ndarray_io::Error>(())
/// ```
pub fn write_zeroed_npy<A, D>(mut file: &File, shape: D) -> Result<()>
where
    A: DeserializeOwned,
    D: IntoDimension,
{
    let dtype = Dtype::of::<A>()?;
    if dtype.is_flexible() {
        return Err(Error::new(
            ErrorKind::Element,
            format!(
                "zeros of {} have no size yet; choose an element of a fixed size",
                dtype.describe()
            ),
        ));
    }
    let shape = shape.into_dimension().slice().to_vec();
    let header = Header::new(dtype, Order::RowMajor, shape);
    let nbytes = header.nbytes()? as u64;
    file.write_all(&header.to_bytes(None)?)?;
    let start = file.stream_position()?;
    let end = start
        .checked_add(nbytes)
        .ok_or_else(|| Error::new(ErrorKind::Shape, "the array ends past the largest file"))?;
    file.set_len(start)?; // drops old data, so that what follows reads as zeros
    file.set_len(end)?;
    Ok(())
}
