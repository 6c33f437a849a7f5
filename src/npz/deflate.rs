//! Deflate on all cores: one raw deflate stream out of blocks that were compressed side by side, and back.
//!
//! As pigz does it: each block starts with the 32 KiB before it as its dictionary and ends on a byte with a sync
//! flush, so the blocks follow each other as one stream that every inflater reads. What it costs is a flush and a Huffman table, some 17 bytes a block.

use std::io::{self, BufRead, Read, Write};

use crc32fast::Hasher;
use flate2::{Compress, Decompress, FlushCompress, FlushDecompress, Status};

/// What one thread compresses at a time: 2 MiB of zeros are still 2 KiB, so a flush stays below 1% of the size.
const BLOCK: usize = 2 << 20;

/// Matches reach back this far: RFC 1951, section 2.
const WINDOW: usize = 32 << 10;

/// Bytes that are in cache when their CRC is taken right after they were copied.
pub(super) const CACHED: usize = 256 << 10;

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

/// Compresses each of `raws` to a stream of its own, on all cores: many small members.
pub(super) fn deflate_each<T: AsRef<[u8]> + Sync>(raws: &[(T, u32)]) -> io::Result<Vec<Vec<u8>>> {
    let one = |compress: &mut Option<(u32, Compress)>, (raw, level): &(T, u32)| {
        let compress = match compress {
            Some((at, compress)) if at == level => compress,
            _ => &mut compress.insert((*level, compressor(*level))).1,
        };
        let mut out = Vec::new();
        deflate_block(compress, &[], raw.as_ref(), FlushCompress::Finish, &mut out)?;
        Ok(out)
    };
    #[cfg(feature = "rayon")]
    {
        use rayon::prelude::*;
        raws.par_iter().map_init(|| None, one).collect()
    }
    #[cfg(not(feature = "rayon"))]
    {
        let mut compress = None;
        raws.iter().map(|raw| one(&mut compress, raw)).collect()
    }
}

/// A writer that deflates what it is given on all cores, in memory bounded by a few blocks a thread.
pub(super) struct DeflateWriter<W> {
    sink: W,
    level: u32,
    /// The dictionary of the next block, then the bytes that wait to be compressed.
    buffer: Vec<u8>,
    dictionary: usize,
    /// How many bytes wait before the threads are put to work.
    batch: usize,
    crc: Hasher,
    deflated: u64,
}

impl<W: Write> DeflateWriter<W> {
    pub(super) fn new(sink: W, level: u32) -> Self {
        #[cfg(feature = "rayon")]
        let threads = rayon::current_num_threads();
        #[cfg(not(feature = "rayon"))]
        let threads = 1;
        DeflateWriter {
            sink,
            level,
            buffer: Vec::new(),
            dictionary: 0,
            // Two blocks a thread, so that no thread waits long for the slowest block.
            batch: threads.saturating_mul(if threads > 1 { 2 * BLOCK } else { BLOCK }),
            crc: Hasher::new(),
            deflated: 0,
        }
    }

    fn flush_blocks(&mut self, last: bool) -> io::Result<()> {
        let (buffer, level) = (self.buffer.as_slice(), self.level);
        let waiting = buffer.len() - self.dictionary;
        let blocks = waiting.div_ceil(BLOCK).max(1);
        let start = self.dictionary;
        let one = |compress: &mut Compress, block: usize| -> io::Result<(Vec<u8>, Hasher)> {
            let from = start + block * BLOCK;
            let data = &buffer[from..buffer.len().min(from + BLOCK)];
            let flush = match last && block + 1 == blocks {
                true => FlushCompress::Finish,
                false => FlushCompress::Sync,
            };
            let mut out = Vec::new();
            deflate_block(compress, &buffer[from.saturating_sub(WINDOW)..from], data, flush, &mut out)?;
            let mut crc = Hasher::new();
            crc.update(data);
            Ok((out, crc))
        };
        #[cfg(feature = "rayon")]
        let done: Vec<_> = {
            use rayon::prelude::*;
            (0..blocks)
                .into_par_iter()
                .with_max_len(1)
                .map_init(|| compressor(level), one)
                .collect()
        };
        #[cfg(not(feature = "rayon"))]
        let done: Vec<_> = {
            let mut compress = compressor(level);
            (0..blocks).map(|block| one(&mut compress, block)).collect()
        };
        for block in done {
            let (out, crc) = block?;
            self.sink.write_all(&out)?;
            self.deflated += out.len() as u64;
            self.crc.combine(&crc);
        }
        let keep = self.buffer.len().min(WINDOW);
        self.buffer.drain(..self.buffer.len() - keep);
        self.dictionary = keep;
        Ok(())
    }

    /// Ends the stream: its sink, the CRC-32 of what was written, and the length of the stream.
    pub(super) fn finish(mut self) -> io::Result<(W, u32, u64)> {
        self.flush_blocks(true)?;
        Ok((self.sink, self.crc.finalize(), self.deflated))
    }
}

impl<W: Write> Write for DeflateWriter<W> {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        let room = self.batch + self.dictionary - self.buffer.len();
        let taken = data.len().min(room);
        self.buffer.extend_from_slice(&data[..taken]);
        if taken == room {
            self.flush_blocks(false)?;
        }
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        // The last block is compressed by `finish`: an early flush would only make it larger.
        Ok(())
    }
}

/// A reader that inflates straight into the buffer it is given.
pub(super) struct InflateReader<R> {
    input: R,
    inflate: Decompress,
    done: bool,
}

impl<R: BufRead> InflateReader<R> {
    pub(super) fn new(input: R) -> Self {
        InflateReader {
            input,
            inflate: Decompress::new(false),
            done: false,
        }
    }
}

impl<R: BufRead> Read for InflateReader<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if buf.is_empty() || self.done {
            return Ok(0);
        }
        loop {
            let input = self.input.fill_buf()?;
            let ended = input.is_empty();
            let (had_in, had_out) = (self.inflate.total_in(), self.inflate.total_out());
            let status = self
                .inflate
                .decompress(input, buf, FlushDecompress::None)
                .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "the deflate stream is corrupt"))?;
            let taken = usize::try_from(self.inflate.total_in() - had_in).unwrap_or(usize::MAX);
            let given = usize::try_from(self.inflate.total_out() - had_out).unwrap_or(usize::MAX);
            self.input.consume(taken);
            if status == Status::StreamEnd {
                self.done = true;
                return Ok(given);
            }
            if given > 0 {
                return Ok(given);
            }
            if ended {
                return Err(io::Error::new(
                    io::ErrorKind::UnexpectedEof,
                    "the deflate stream ends too early",
                ));
            }
        }
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
        for (len, mask, level) in lens.iter().flat_map(|&len| [(len, 0xFF, 6), (len, 0x03, 1), (len, 0, 9), (len, 7, 0)]) {
            let data = noise(len, mask);
            let mut writer = DeflateWriter::new(Vec::new(), level);
            for chunk in data.chunks(3 * BLOCK / 2 + 13) {
                writer.write_all(chunk).unwrap();
            }
            let (stream, crc, deflated) = writer.finish().unwrap();
            assert_eq!(deflated, stream.len() as u64);
            assert_eq!(crc, crc32fast::hash(&data), "len {len} mask {mask} level {level}");
            let mut back = Vec::new();
            InflateReader::new(&stream[..]).read_to_end(&mut back).unwrap();
            assert!(back == data, "len {len} mask {mask} level {level}");

            // Not larger than one compressor's work by more than 1% and the stream's own few bytes.
            let mut whole = Vec::new();
            deflate_block(&mut compressor(level), &[], &data, FlushCompress::Finish, &mut whole).unwrap();
            assert!(stream.len() <= whole.len() + whole.len() / 100 + 20, "{} {}", stream.len(), whole.len());
        }
    }

    #[test]
    fn a_truncated_or_corrupt_stream_is_an_error() {
        let data = noise(5000, 0x0F);
        let stream = deflate_each(&[(&data, 6)]).unwrap().remove(0);
        for end in [0, 1, stream.len() / 2, stream.len() - 1] {
            let error = InflateReader::new(&stream[..end]).read_to_end(&mut Vec::new()).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof, "{end}");
        }
        let error = InflateReader::new(&[0xFF_u8; 9][..]).read_to_end(&mut Vec::new()).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
    }
}
