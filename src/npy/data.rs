//! The data behind a header, as values: straight into memory where the file has what was asked for, else decoded by
//! blocks.

use std::io::{self, Read};
use std::sync::{Mutex, PoisonError};

use bytemuck::Pod;
use serde::de::DeserializeOwned;

use super::header::read_full;
use super::raw::RawArray;
use super::{Header, ReadOptions};
use crate::dtype::{ByteOrder, Dtype, Scalar};
use crate::element::scalar::{Native, Whole, bits_into, bits_mut, swap_bytes, value_as_mut, with_native, with_own};
use crate::element::{Decoder, Texts};
use crate::error::{Error, ErrorKind, Result};
use crate::limits::{self, GROWTH, TRUSTED};
use crate::storage::file::FileReader;
use crate::storage::memory::Room;
use crate::storage::{memory, parallel};

/// Bytes that are swapped right after they were read, while they are in the second-level cache.
const PIECE: usize = 256 << 10;

/// Bytes that are read before they are decoded.
const BLOCK: usize = 512 << 10;

/// Bytes of text that a core reads before it makes strings of them.
const TEXTS: usize = 128 << 10;

impl Whole for FileReader {}

/// Where data comes from: all that reads it is compiled for one kind of reader.
pub(super) enum Input<'a> {
    /// Blocks may be read at once.
    File(&'a mut FileReader),
    Stream(&'a mut dyn Read),
}

impl<'a> Input<'a> {
    pub(super) fn of<R: Read>(reader: &'a mut R) -> Input<'a> {
        match value_as_mut::<R, FileReader>(reader) {
            Ok(file) => Input::File(file),
            Err(reader) => Input::Stream(reader),
        }
    }

    fn reader(&mut self) -> &mut dyn Read {
        match self {
            Input::File(file) => *file,
            Input::Stream(reader) => *reader,
        }
    }
}

/// Where the data is, what it is, and what of it may be read.
pub(super) struct Data<'a> {
    pub(super) input: Input<'a>,
    pub(super) header: &'a Header,
    pub(super) options: &'a ReadOptions,
}

/// Numbers as bytes, whatever they are.
trait Growing {
    fn bytes(&mut self) -> &mut [u8];

    /// Becomes so many, zeros behind those that are there.
    fn grow(&mut self, count: usize) -> Result<()>;
}

impl<T: Pod> Growing for Vec<T> {
    fn bytes(&mut self) -> &mut [u8] {
        bytemuck::cast_slice_mut(self)
    }

    fn grow(&mut self, count: usize) -> Result<()> {
        let mut larger = memory::zeroed::<T>(count)?;
        larger[..self.len()].copy_from_slice(self);
        *self = larger;
        Ok(())
    }
}

impl Data<'_> {
    /// The elements in the order of the file.
    pub(super) fn values<A: DeserializeOwned>(&mut self) -> Result<Vec<A>> {
        if let Some(scalar) = Scalar::of::<A>()
            && let Some((file, order)) = self.own_scalar()
            && file == scalar
        {
            let mut values = Vec::new();
            let own = with_own!(A, T => match value_as_mut::<Vec<A>, Vec<T>>(&mut values) {
                Ok(values) => Some(self.native::<T>(order).map(|native| *values = native)),
                Err(_) => None,
            }, else => None);
            if let Some(result) = own {
                return result.map(|()| values);
            }
        }
        self.decode()
    }

    /// Fills `slots`, as many as there are elements, if they are what the file has; whether that was so.
    pub(super) fn fill_slots<A>(&mut self, slots: &mut [A]) -> Result<bool> {
        let Some((scalar, order)) = self.own_scalar() else {
            return Ok(false);
        };
        let bits = with_native!(scalar, T => bits_mut::<A, T>(slots).map(bytemuck::cast_slice_mut), else => None);
        match bits {
            Some(bytes) => self.fill(bytes, 0, swapsize(scalar, order)).map(|()| true),
            None => Ok(false),
        }
    }

    /// The dtype's scalar, unless reading it as such is a cast: to `Casting::No`, swapping bytes is one.
    pub(super) fn own_scalar(&self) -> Option<(Scalar, ByteOrder)> {
        let scalar = self.header.dtype.as_scalar()?;
        (scalar.1.is_native() || self.options.casting != crate::dtype::Casting::No).then_some(scalar)
    }

    /// Scalars that are the file's own, but perhaps for the byte order.
    pub(super) fn native<T: Native>(&mut self, order: ByteOrder) -> Result<Vec<T>> {
        let count = self.header.count()?;
        let size = size_of::<T>();
        let swapsize = swapsize(T::SCALAR, order);
        let trusted = match self.options.available {
            Some(_) => count,
            None => count.min(TRUSTED / size),
        };
        let mut bits = memory::zeroed::<T::Bits>(trusted)?;
        self.fill_grown(&mut bits, count, size, swapsize)?;
        bits_into(bits)
    }

    /// Fills those that are there, then so many.
    fn fill_grown(&mut self, bits: &mut dyn Growing, count: usize, size: usize, swapsize: usize) -> Result<()> {
        let mut filled = 0;
        loop {
            self.fill(&mut bits.bytes()[filled * size..], filled * size, swapsize)?;
            filled = bits.bytes().len() / size;
            if filled >= count {
                return Ok(());
            }
            // From a stream: believed in steps, each a small multiple of what did come.
            bits.grow(count.min(filled * GROWTH))?;
        }
    }

    /// The data as the file has it.
    pub(super) fn raw(&mut self) -> Result<RawArray> {
        // Bytes of any dtype: `u8` is a scalar of this size and all bits of it are valid.
        let nbytes = self.header.nbytes()?;
        let Header {
            dtype, order, shape, ..
        } = self.header.clone();
        check_sizeless(&dtype, self.header.count()?)?;
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

    /// Fills `bytes`, which start `done` bytes into the data, and swaps each `swapsize` of them.
    fn fill(&mut self, bytes: &mut [u8], mut done: usize, swapsize: usize) -> Result<()> {
        if swapsize <= 1 {
            return self.fill_bytes(bytes, done);
        }
        if let Input::File(file) = &mut self.input
            && file
                .remaining()
                .is_some_and(|remaining| remaining >= bytes.len() as u64)
        {
            file.read_pieces(bytes, PIECE, |piece| swap_bytes(piece, swapsize))?;
            return Ok(());
        }
        for piece in bytes.chunks_mut(PIECE) {
            self.fill_bytes(piece, done)?;
            done += piece.len();
            swap_bytes(piece, swapsize);
        }
        Ok(())
    }

    fn fill_bytes(&mut self, bytes: &mut [u8], done: usize) -> Result<()> {
        let got = read_full(self.input.reader(), bytes)?;
        match got == bytes.len() {
            true => Ok(()),
            false => Err(truncated(self.header, done + got)),
        }
    }

    /// Elements that go through serde, or through a cast.
    fn decode<A: DeserializeOwned>(&mut self) -> Result<Vec<A>> {
        let mut decoder = Decoder::<A>::new(&self.header.dtype, self.options.casting)?;
        let count = self.header.count()?;
        check_sizeless(&self.header.dtype, count)?;
        let mut values = match self.options.available {
            Some(_) => memory::with_room(count)?,
            None => Vec::new(),
        };
        if let Some((file, start)) = self.large_file()?
            && let Ok(strings) = value_as_mut::<Vec<A>, Vec<String>>(&mut values)
            && let Some(texts) = decoder.texts()?
        {
            strings.resize_with(count, String::new);
            read_texts(file, start, self.header.dtype.itemsize(), texts, strings)?;
            return Ok(values);
        }
        self.decode_into(&mut Decoded {
            decoder: &mut decoder,
            values: &mut values,
        })?;
        Ok(values)
    }

    fn decode_into(&mut self, values: &mut dyn Decode) -> Result<()> {
        let (itemsize, count) = (self.header.dtype.itemsize(), self.header.count()?);
        if itemsize == 0 {
            return (0..count).try_for_each(|_| values.push_sizeless());
        }
        let rows = (BLOCK / itemsize).max(1);
        if let Some((file, next)) = self.large_file()? {
            let blocks = Blocks {
                next,
                left: count,
                rows,
                itemsize,
                under_way: 0,
                spare: Vec::new(),
                values,
            };
            return read_blocks(file, blocks);
        }
        let mut block = Vec::new();
        let mut left = count;
        while left > 0 {
            let rows = left.min(rows);
            self.read_block(rows * itemsize, (count - left) * itemsize, &mut block)?;
            values.extend(&block)?;
            left -= rows;
        }
        Ok(())
    }

    /// The file and where its data starts, if that is more than two blocks which the file is known to have.
    fn large_file(&self) -> Result<Option<(&FileReader, u64)>> {
        let itemsize = self.header.dtype.itemsize();
        let rows = (BLOCK / itemsize.max(1)).max(1);
        let is_large = itemsize > 0 && self.options.available.is_some() && self.header.count()? / 2 > rows;
        Ok(match &self.input {
            Input::File(file) if is_large => file.position().map(|start| (&**file, start)),
            _ => None,
        })
    }

    /// `len` bytes into `block`, which grows only with bytes that exist.
    fn read_block(&mut self, len: usize, done: usize, block: &mut Vec<u8>) -> Result<()> {
        block.clear();
        block.reserve(len.min(TRUSTED));
        self.input.reader().take(len as u64).read_to_end(block)?;
        match block.len() == len {
            true => Ok(()),
            false => Err(truncated(self.header, done + block.len())),
        }
    }
}

/// Where blocks become values: all that reading them needs to know of it, so that it is compiled once.
trait Decode {
    /// The room of `rows` values, after that of others `under_way`.
    fn room(&mut self, under_way: usize, rows: usize) -> Room;

    fn extend(&mut self, bytes: &[u8]) -> Result<()>;

    /// Appends a value that takes no bytes.
    fn push_sizeless(&mut self) -> Result<()>;
}

struct Decoded<'a, A> {
    decoder: &'a mut Decoder<A>,
    values: &'a mut Vec<A>,
}

impl<A: DeserializeOwned> Decode for Decoded<'_, A> {
    fn room(&mut self, under_way: usize, rows: usize) -> Room {
        Room::of(self.values, under_way, rows)
    }

    fn extend(&mut self, bytes: &[u8]) -> Result<()> {
        self.decoder.extend(bytes, self.values)
    }

    fn push_sizeless(&mut self) -> Result<()> {
        self.values.push(self.decoder.decode(&[])?);
        Ok(())
    }
}

/// Strings are mostly allocations, which go to all cores: each reads blocks of its own.
fn read_texts(file: &FileReader, start: u64, itemsize: usize, texts: Texts, strings: &mut [String]) -> Result<()> {
    let spare = Mutex::new(Vec::new());
    parallel::for_each_chunk(strings, (TEXTS / itemsize).max(1), |first, strings| {
        let lock = || spare.lock().unwrap_or_else(PoisonError::into_inner);
        let mut block: Vec<u8> = lock().pop().unwrap_or_default();
        block.resize(strings.len() * itemsize, 0);
        file.read_exact_at(&mut block, start + (first * itemsize) as u64)?;
        texts.read(first as u64, &block, strings)?;
        lock().push(block);
        Ok::<(), Error>(())
    })
}

/// Decodes blocks of a file on this thread, for neither types nor values of serde's need to go to another; the others
/// read the next blocks meanwhile and have the memory made that their values will fill.
fn read_blocks(file: &FileReader, mut blocks: Blocks<'_>) -> Result<()> {
    parallel::in_order(&mut blocks, |block| {
        block.result = file.read_exact_at(&mut block.bytes, block.offset);
        block.room.populate();
    })
}

/// The blocks of a file: read on all cores, decoded on one.
struct Blocks<'a> {
    /// Where the next one starts, and how many rows are left from there.
    next: u64,
    left: usize,
    rows: usize,
    itemsize: usize,
    /// Rows that are given to be read and not decoded yet.
    under_way: usize,
    /// The bytes of blocks that are decoded, to be used again.
    spare: Vec<Vec<u8>>,
    values: &'a mut dyn Decode,
}

/// A block of a file, and the room that its values will fill.
struct Block {
    bytes: Vec<u8>,
    offset: u64,
    room: Room,
    result: io::Result<()>,
}

impl parallel::Line for Blocks<'_> {
    type Piece = Block;
    type Error = Error;

    fn next(&mut self) -> Result<Option<Block>> {
        let rows = self.left.min(self.rows);
        if rows == 0 {
            return Ok(None);
        }
        let len = rows * self.itemsize;
        // New ones are not touched here, but by the thread that reads into them.
        let mut bytes = self.spare.pop().unwrap_or_else(|| vec![0; len]);
        bytes.truncate(len);
        let block = Block {
            offset: self.next,
            room: self.values.room(self.under_way, rows),
            result: Ok(()),
            bytes,
        };
        self.next += block.bytes.len() as u64;
        self.left -= rows;
        self.under_way += rows;
        Ok(Some(block))
    }

    fn take(&mut self, block: Block) -> Result<()> {
        block.result?;
        self.values.extend(&block.bytes)?;
        self.under_way -= block.bytes.len() / self.itemsize;
        self.spare.push(block.bytes);
        Ok(())
    }
}

/// The bytes of the array that the header promises, if there are so many.
pub(crate) fn check_nbytes(header: &Header, available: u64) -> Result<usize> {
    let nbytes = header.nbytes()?;
    match available < nbytes as u64 {
        true => Err(truncated(header, usize::try_from(available).unwrap_or(usize::MAX))),
        false => Ok(nbytes),
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
pub(super) fn swapsize(scalar: Scalar, order: ByteOrder) -> usize {
    match order.is_native() {
        true => 1,
        false => scalar.swapsize(),
    }
}

/// Elements of no bytes cost a file nothing, so a claim of very many is not believed.
pub(super) fn check_sizeless(dtype: &Dtype, count: usize) -> Result<()> {
    match dtype.itemsize() {
        0 if count > limits::SIZELESS => Err(limits::exceeded(format!(
            "{count} elements of no bytes ({}); at most {} are read",
            dtype.describe(),
            limits::SIZELESS
        ))),
        _ => Ok(()),
    }
}

/// The scalar that a dtype of any kind is read as, if it is one.
///
/// A byte that is no bool fails `NpyReader::read`; here nothing that NumPy loads is lost.
pub(super) fn scalar_of_any(dtype: &Dtype) -> Option<(Scalar, ByteOrder)> {
    dtype.as_scalar().filter(|(scalar, _)| *scalar != Scalar::Bool)
}
