//! Deflate on all cores: one raw deflate stream out of blocks that were compressed side by side, and back.
//!
//! As pigz does it: each block starts with the 32 KiB before it as its dictionary and ends on a byte with a sync
//! flush, so the blocks follow each other as one stream that every inflater reads. What it costs is a flush and a Huffman table, some 17 bytes a block.

use std::io::{self, BufRead, Read, Write};

use crc32fast::Hasher;
use flate2::{Compress, Decompress, FlushCompress, FlushDecompress, Status};

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

/// Appends `data` to `out` as deflate, with `dictionary` as what came before.
fn deflate_block(
    compress: &mut Compress,
    dictionary: &[u8],
    data: &[u8],
    flush: FlushCompress,
    out: &mut Vec<u8>,
) -> io::Result<()> {
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
            deflate_block(compress, &[], &member.raw, FlushCompress::Finish, &mut member.out)
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
        let room = (self.batch + self.dictionary).saturating_sub(self.buffer.len());
        let taken = data.len().min(room);
        self.buffer.extend_from_slice(&data[..taken]);
        if taken == room {
            self.flush_blocks(false, sink)?;
        }
        Ok(taken)
    }

    /// Ends the stream.
    pub(super) fn finish(mut self, sink: &mut dyn Write) -> io::Result<Written> {
        self.flush_blocks(true, sink)?;
        Ok(Written {
            crc: self.crc.finalize(),
            packed: self.packed,
            size: self.size,
        })
    }

    fn flush_blocks(&mut self, last: bool, sink: &mut dyn Write) -> io::Result<()> {
        let (buffer, start, level) = (self.buffer.as_slice(), self.dictionary, self.level);
        let mut blocks: Vec<Block> = (start..buffer.len().max(start + 1))
            .step_by(BLOCK)
            .map(|start| Block {
                start,
                end: buffer.len().min(start + BLOCK),
                flush: FlushCompress::Sync,
                crc: Hasher::new(),
                out: Vec::new(),
            })
            .collect();
        if let Some(block) = blocks.last_mut().filter(|_| last) {
            block.flush = FlushCompress::Finish;
        }
        parallel::for_each_chunk(&mut blocks, 1, |_, blocks| {
            let mut compress = compressor(level);
            blocks.iter_mut().try_for_each(|block| {
                let data = &buffer[block.start..block.end];
                block.crc.update(data);
                let dictionary = &buffer[block.start.saturating_sub(WINDOW)..block.start];
                deflate_block(&mut compress, dictionary, data, block.flush, &mut block.out)
            })
        })?;
        for block in &blocks {
            sink.write_all(&block.out)?;
            self.packed += block.out.len() as u64;
            self.size += (block.end - block.start) as u64;
            self.crc.combine(&block.crc);
        }
        let keep = self.buffer.len().min(WINDOW);
        self.buffer.drain(..self.buffer.len() - keep);
        self.dictionary = keep;
        Ok(())
    }
}

/// A part of the buffer, and what it becomes.
struct Block {
    start: usize,
    end: usize,
    flush: FlushCompress,
    crc: Hasher,
    out: Vec<u8>,
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
            .flat_map(|&len| [(len, 0xFF, 6), (len, 0x03, 1), (len, 0, 9), (len, 7, 0)])
        {
            let data = noise(len, mask);
            let (mut deflater, mut stream, mut rest) = (Deflater::new(level), Vec::new(), &data[..]);
            while !rest.is_empty() {
                let some = rest.len().min(3 * BLOCK / 2 + 13);
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
            deflate_block(&mut compressor(level), &[], &data, FlushCompress::Finish, &mut whole).unwrap();
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
        deflate_block(&mut compressor(6), &[], &data, FlushCompress::Finish, &mut stream).unwrap();
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
