//! Deflate on all cores: one raw deflate stream out of blocks that were compressed side by side, and back.
//!
//! As pigz does it: each block starts with the 32 KiB before it as its dictionary and ends on a byte with a sync
//! flush, so the blocks follow each other as one stream that every inflater reads. What it costs is a flush and a Huffman table, some 17 bytes a block.

use std::io::{self, BufRead, Read, Write};

use crc32fast::Hasher;
use flate2::{Compress, Decompress, FlushCompress, FlushDecompress, Status};

use super::huffman::{deflate_literals, is_noise};
use super::zip::Written;
use crate::error::{Error, ErrorKind};
use crate::storage::parallel;

/// What one thread compresses at a time: 2 MiB of zeros are still 2 KiB, so a flush stays below 1% of the size.
pub(super) const BLOCK: usize = 2 << 20;

/// Matches reach back this far: RFC 1951, section 2.
const WINDOW: usize = 32 << 10;

/// A fresh compressor of raw deflate at a level of zlib's, 0 to 9.
fn compressor(level: u32) -> Compress {
    // zlib-rs's level 1 gives up matches for speed: 10% (floats) to 40% (text) larger than zlib's. Its level 2 is
    // still faster than zlib's level 1, and never larger.
    let level = if level == 1 { 2 } else { level.min(9) };
    Compress::new(flate2::Compression::new(level), false)
}

/// Shorter data is not worth a look before it is compressed.
const LOOK: usize = 64 << 10;

/// The level of the default, and those below it that may do as well.
const USUAL: u32 = 6;
const FASTER: [u32; 3] = [5, 4, 3];

/// How much of a block is compressed to see which level does.
const SAMPLE: usize = 64 << 10;

/// The fastest level that makes a part of this block as small as the usual one does, but for 1/256.
///
/// How long a chain of earlier places is searched makes the levels; numbers often have their match in the first few.
/// Counters and sorted integers come out the same at level 3, at five times the speed; integers below 1000 at level 5.
fn level_of(block: &Block<'_>) -> io::Result<u32> {
    let data = block.buffer.len() - block.start;
    let start = block.start + data / 2;
    let Some(buffer) = block.buffer.get(..start + SAMPLE).filter(|_| data >= 8 * SAMPLE) else {
        return Ok(USUAL);
    };
    if is_noise(buffer.get(start - WINDOW..).unwrap_or_default(), WINDOW) {
        return Ok(USUAL); // no level is asked
    }
    let size = |level| {
        let mut out = Vec::new();
        deflate_block(
            &mut compressor(level),
            level,
            buffer,
            start,
            FlushCompress::Sync,
            &mut out,
        )?;
        Ok::<usize, io::Error>(out.len())
    };
    let usual = size(USUAL)?;
    let mut found = USUAL;
    for level in FASTER {
        if size(level)? > usual + usual / 256 {
            break;
        }
        found = level;
    }
    Ok(found)
}

/// Appends the bytes of `buffer` from `start` on to `out` as deflate, with those before as the dictionary.
fn deflate_block(
    compress: &mut Compress,
    level: u32,
    buffer: &[u8],
    start: usize,
    flush: FlushCompress,
    out: &mut Vec<u8>,
) -> io::Result<()> {
    let (before, data) = buffer.split_at(start);
    let window = start.saturating_sub(WINDOW);
    let dictionary = before.get(window..).unwrap_or_default();
    if level > 0 && data.len() >= LOOK && is_noise(buffer.get(window..).unwrap_or_default(), dictionary.len()) {
        deflate_literals(data, flush == FlushCompress::Finish, out);
        return Ok(());
    }
    compress.reset();
    if !dictionary.is_empty() {
        compress.set_dictionary(dictionary).map_err(io::Error::other)?;
    }
    // Incompressible data grows by five bytes for each 64 KiB at most; the flush takes five more.
    out.reserve(data.len() + data.len() / (16 << 10) * 5 + 64);
    let mut rest = data;
    loop {
        let (before, had) = (compress.total_in(), out.len());
        let status = compress.compress_vec(rest, out, flush).map_err(io::Error::other)?;
        let taken = usize::try_from(compress.total_in() - before).unwrap_or(rest.len());
        rest = rest.get(taken..).unwrap_or_default();
        match status {
            Status::StreamEnd => return Ok(()),
            // A flush is complete once it leaves room in the output.
            _ if rest.is_empty() && flush != FlushCompress::Finish && out.len() < out.capacity() => return Ok(()),
            _ if out.len() == out.capacity() => out.reserve(WINDOW),
            _ if out.len() == had && taken == 0 => return Err(io::Error::other("the deflate compressor stalled")),
            _ => {}
        }
    }
}

/// A member that is compressed as one block, and what it becomes.
pub(super) struct Small {
    pub(super) name: String,
    pub(super) level: u32,
    pub(super) raw: Vec<u8>,
    pub(super) out: Vec<u8>,
}

/// Compresses each of many small members to a stream of its own, on all cores.
pub(super) fn deflate_each(members: &mut [Small]) -> io::Result<()> {
    // A compressor costs as much as a few KiB of data, so each thread makes one for many members.
    let share = members.len().div_ceil(4 * parallel::threads()).max(1);
    parallel::for_each_chunk(members, share, |_, members| {
        let mut last: Option<(u32, Compress)> = None;
        members.iter_mut().try_for_each(|member| {
            let compress = match &mut last {
                Some((level, compress)) if *level == member.level => compress,
                last => &mut last.insert((member.level, compressor(member.level))).1,
            };
            deflate_block(
                compress,
                member.level,
                &member.raw,
                0,
                FlushCompress::Finish,
                &mut member.out,
            )
        })
    })
}

/// Deflates what it is given on all cores, in memory bounded by a few blocks a thread.
pub(super) struct Deflater {
    level: u32,
    /// The dictionary of the next block, then the bytes that wait to be compressed.
    buffer: Vec<u8>,
    dictionary: usize,
    /// How many bytes wait before the threads are put to work.
    batch: usize,
    crc: Hasher,
    size: u64,
    packed: u64,
}

impl Deflater {
    pub(super) fn new(level: u32) -> Self {
        Deflater {
            level,
            buffer: Vec::new(),
            dictionary: 0,
            batch: batch(),
            crc: Hasher::new(),
            size: 0,
            packed: 0,
        }
    }

    /// The length of the stream so far.
    pub(super) fn packed(&self) -> u64 {
        self.packed
    }

    /// Takes some of `data`, and compresses what waits once there is enough for all cores.
    pub(super) fn write(&mut self, data: &[u8], sink: &mut dyn Write) -> io::Result<usize> {
        let waiting = self.buffer.len() - self.dictionary;
        if waiting + data.len() < self.batch {
            self.buffer.extend_from_slice(data);
            return Ok(data.len());
        }
        // What waits is made whole blocks. Blocks after those are compressed where they are, and find their dictionary
        // there, too.
        let mut copied = waiting.next_multiple_of(BLOCK) - waiting;
        if copied < WINDOW {
            copied += BLOCK;
        }
        let copied = copied.min(data.len());
        let whole = (data.len() - copied) / BLOCK * BLOCK;
        let taken = copied + whole;
        let mut buffer = std::mem::take(&mut self.buffer);
        buffer.extend_from_slice(&data[..copied]);
        let mut blocks = Block::of(&buffer, self.dictionary);
        if whole > 0 {
            blocks.append(&mut Block::of(&data[..taken], copied));
        }
        self.compress(blocks, sink)?;
        let (from, end) = match whole {
            0 => (&buffer[..], buffer.len()),
            _ => (data, taken),
        };
        self.buffer = from[end.saturating_sub(WINDOW)..end].to_vec();
        self.dictionary = self.buffer.len();
        Ok(taken)
    }

    /// Ends the stream.
    pub(super) fn finish(mut self, sink: &mut dyn Write) -> io::Result<Written> {
        let buffer = std::mem::take(&mut self.buffer);
        let mut blocks = Block::of(&buffer, self.dictionary);
        if blocks.is_empty() {
            blocks.push(Block::new(&buffer, self.dictionary)); // the stream's end
        }
        if let Some(last) = blocks.last_mut() {
            last.flush = FlushCompress::Finish;
        }
        self.compress(blocks, sink)?;
        Ok(Written {
            crc: self.crc.finalize(),
            packed: self.packed,
            size: self.size,
        })
    }

    fn compress(&mut self, blocks: Vec<Block<'_>>, sink: &mut dyn Write) -> io::Result<()> {
        let mut line = Blocks {
            level: self.level,
            blocks: blocks.into_iter(),
            given: 0,
            deflater: self,
            sink,
        };
        parallel::in_order(&mut line, |block| {
            block.crc.update(&block.buffer[block.start..]);
            block.result = deflate_block(
                &mut compressor(block.level),
                block.level,
                block.buffer,
                block.start,
                block.flush,
                &mut block.out,
            );
        })
    }
}

/// How many blocks are of the level that one of them shows.
const ALIKE: usize = 8;

/// The blocks of a batch, and where they go.
struct Blocks<'a, 'b> {
    level: u32,
    blocks: std::vec::IntoIter<Block<'a>>,
    given: usize,
    deflater: &'b mut Deflater,
    sink: &'b mut dyn Write,
}

impl<'a> parallel::Line for Blocks<'a, '_> {
    type Piece = Block<'a>;
    type Error = io::Error;

    fn next(&mut self) -> io::Result<Option<Block<'a>>> {
        // Beside the threads that compress those before.
        if self.deflater.level == USUAL && self.given.is_multiple_of(ALIKE) {
            let alike = self.blocks.as_slice();
            if let Some(block) = alike.get(alike.len().min(ALIKE) / 2) {
                self.level = level_of(block)?;
            }
        }
        self.given += 1;
        let level = self.level;
        Ok(self.blocks.next().map(|block| Block { level, ..block }))
    }

    fn take(&mut self, block: Block<'a>) -> io::Result<()> {
        block.result?;
        self.sink.write_all(&block.out)?;
        self.deflater.packed += block.out.len() as u64;
        self.deflater.size += (block.buffer.len() - block.start) as u64;
        self.deflater.crc.combine(&block.crc);
        Ok(())
    }
}

/// The end of a buffer from `start` on, and what it becomes.
struct Block<'a> {
    buffer: &'a [u8],
    start: usize,
    flush: FlushCompress,
    level: u32,
    crc: Hasher,
    out: Vec<u8>,
    result: io::Result<()>,
}

impl<'a> Block<'a> {
    fn new(buffer: &'a [u8], start: usize) -> Self {
        Block {
            buffer,
            start,
            flush: FlushCompress::Sync,
            level: USUAL,
            crc: Hasher::new(),
            out: Vec::new(),
            result: Ok(()),
        }
    }

    /// The blocks that follow each other from `start` on.
    fn of(buffer: &'a [u8], start: usize) -> Vec<Self> {
        let starts = (start..buffer.len()).step_by(BLOCK);
        starts
            .map(|start| Block::new(&buffer[..buffer.len().min(start + BLOCK)], start))
            .collect()
    }
}

/// How many bytes are worth waking all threads for: two blocks a thread, so that none waits long for the slowest.
pub(super) fn batch() -> usize {
    match parallel::threads() {
        1 => BLOCK,
        threads => threads.saturating_mul(2 * BLOCK),
    }
}

/// A reader that inflates straight into the buffer it is given.
pub(super) struct InflateReader<'a, R> {
    input: R,
    inflate: &'a mut Decompress,
    done: bool,
}

/// What inflates one stream after the other: making one takes longer than inflating ten numbers.
pub(super) fn inflater() -> Decompress {
    Decompress::new(false)
}

impl<'a, R: BufRead> InflateReader<'a, R> {
    pub(super) fn new(input: R, inflate: &'a mut Decompress) -> Self {
        inflate.reset(false);
        InflateReader {
            input,
            inflate,
            done: false,
        }
    }
}

impl<R: BufRead> Read for InflateReader<'_, R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        while !buf.is_empty() && !self.done {
            let input = self.input.fill_buf()?;
            let ended = input.is_empty();
            let (had_in, had_out) = (self.inflate.total_in(), self.inflate.total_out());
            let status = self
                .inflate
                .decompress(input, buf, FlushDecompress::None)
                .map_err(|error| Error::new(ErrorKind::Archive, "its deflate stream is corrupt").with_source(error))?;
            let taken = usize::try_from(self.inflate.total_in() - had_in).unwrap_or(usize::MAX);
            let given = usize::try_from(self.inflate.total_out() - had_out).unwrap_or(usize::MAX);
            self.input.consume(taken);
            self.done = status == Status::StreamEnd;
            if given > 0 {
                return Ok(given);
            }
            if ended && !self.done {
                return Err(Error::new(ErrorKind::Archive, "its deflate stream ends too early").into());
            }
        }
        Ok(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(len: usize, mask: u8) -> Vec<u8> {
        let mut state = 0x2545_F491_4F6C_DD1D_u64;
        (0..len)
            .map(|_| {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                state.to_le_bytes()[3] & mask
            })
            .collect()
    }

    #[test]
    fn one_stream_of_many_blocks() {
        let lens = [0, 1, WINDOW, BLOCK - 1, BLOCK, BLOCK + 1, 5 * BLOCK + 77];
        for (len, mask, level) in lens
            .iter()
            .flat_map(|&len| [(len, 0xFF, 6), (len, 0x03, 1), (len, 0, 9), (len, 7, 0), (len, 7, 6)])
        {
            let data = noise(len, mask);
            // Whole, and in parts.
            let parts = if mask == 7 { len } else { 3 * BLOCK / 2 + 13 };
            let (mut deflater, mut stream, mut rest) = (Deflater::new(level), Vec::new(), &data[..]);
            while !rest.is_empty() {
                let some = rest.len().min(parts);
                rest = &rest[deflater.write(&rest[..some], &mut stream).unwrap()..];
            }
            let written = deflater.finish(&mut stream).unwrap();
            assert_eq!((written.packed, written.size), (stream.len() as u64, len as u64));
            assert_eq!(
                written.crc,
                crc32fast::hash(&data),
                "len {len} mask {mask} level {level}"
            );
            let mut back = Vec::new();
            InflateReader::new(&stream[..], &mut inflater())
                .read_to_end(&mut back)
                .unwrap();
            assert!(back == data, "len {len} mask {mask} level {level}");

            // Not larger than one compressor's work by more than 1% and the stream's own few bytes.
            let mut whole = Vec::new();
            deflate_block(
                &mut compressor(level),
                level,
                &data,
                0,
                FlushCompress::Finish,
                &mut whole,
            )
            .unwrap();
            assert!(
                stream.len() <= whole.len() + whole.len() / 100 + 20,
                "{} {}",
                stream.len(),
                whole.len()
            );
        }
    }

    #[test]
    fn a_truncated_or_corrupt_stream_is_an_error() {
        let data = noise(5000, 0x0F);
        let mut stream = Vec::new();
        deflate_block(&mut compressor(6), 6, &data, 0, FlushCompress::Finish, &mut stream).unwrap();
        for end in [0, 1, stream.len() / 2, stream.len() - 1] {
            let error = InflateReader::new(&stream[..end], &mut inflater())
                .read_to_end(&mut Vec::new())
                .unwrap_err();
            assert_eq!(error.to_string(), "its deflate stream ends too early", "{end}");
        }
        let error = InflateReader::new(&[0xFF_u8; 9][..], &mut inflater())
            .read_to_end(&mut Vec::new())
            .unwrap_err();
        assert_eq!(error.to_string(), "its deflate stream is corrupt");
    }
}
