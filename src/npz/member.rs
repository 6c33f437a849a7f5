//! One member of an archive, read: found, decompressed, its CRC checked.

use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Take};

use crc32fast::Hasher;
use flate2::Decompress;

use super::deflate::{InflateReader, inflater};
use super::zip::{self, Directory, Entry};
use crate::error::{Error, ErrorKind, Result};
use crate::limits;
#[cfg(feature = "object")]
use crate::npy::TypedArray;
use crate::npy::{DynArray, Header, MAGIC, NpyReader, RawArray, ReadNpyExt, ReadOptions, read_full};
#[cfg(feature = "object")]
use crate::object::Object;
use crate::storage::file::FileReader;
#[cfg(feature = "xz")]
use crate::storage::lzma::Lzma;

/// Members up to this length are read in one go with their local header.
const SMALL: u64 = 64 << 10;

/// Bytes that are in the cache when their CRC is taken right after they were read.
const CACHED: usize = 256 << 10;

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
    /// Fills the buffer on all cores, and adds it to the CRC.
    fn read_shared(&mut self, buf: &mut [u8], crc: &mut Hasher) -> io::Result<()> {
        let update = |crc: &mut Hasher, bytes: &mut [u8]| crc.update(bytes);
        let shares = self.file.read_shares(buf, self.at, CACHED, update)?;
        shares.iter().for_each(|share| crc.combine(share));
        self.at += buf.len() as u64;
        Ok(())
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
    if let Source::Data(data) = source {
        return Ok(Packed::Memory(data));
    }
    let entry = directory.entry(index)?;
    let (header_len, until) = room(directory, entry)?;
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

/// How long a member's local header is at least, and how much room the archive has for it and the data.
pub(super) fn room(directory: &Directory, entry: &Entry) -> Result<(usize, u64)> {
    let header_len = directory.header_len(entry);
    let until = entry.end.saturating_sub(entry.offset);
    match until < header_len as u64 {
        true => Err(Error::new(
            ErrorKind::Archive,
            format!(
                "there is no room for its local header at byte {}; is the archive whole?",
                entry.offset
            ),
        )),
        false => Ok((header_len, until)),
    }
}

/// A member's compressed data.
pub(super) fn fetch_member<'a>(
    directory: &Directory,
    index: usize,
    source: Source<'a>,
    tools: &'a mut Tools,
) -> Result<Vec<u8>> {
    let mut data = Vec::new();
    let packed = open_member(directory, index, source, &mut tools.buffer)?;
    packed.reader().read_to_end(&mut data)?;
    Ok(data)
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
    let is_bomb = entry.method != zip::STORED && limits::is_bomb(entry.size, entry.packed);
    if is_bomb && options.max_bytes == u64::MAX {
        return Err(limits::exceeded(format!(
            "the member claims {} bytes, made of {} in the archive; if that is right, set `ReadOptions::max_bytes`",
            entry.size, entry.packed
        )));
    }
    Ok(match entry.method {
        zip::STORED => Some(entry.size.min(entry.packed)),
        zip::DEFLATE => Some(entry.size.min(entry.packed.saturating_mul(limits::DEFLATE_RATIO))),
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
    pub(super) check: bool,
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
        check_crc(self.crc.finalize(), self.expected)
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
            Decoder::Span(span) if self.left <= span.end - span.at => {
                span.read_shared(buf, &mut self.crc)?;
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

pub(super) fn check_crc(crc: u32, expected: u32) -> Result<()> {
    match crc == expected {
        true => Ok(()),
        false => Err(Error::new(
            ErrorKind::Archive,
            format!("its CRC-32 is {crc:08x} where the archive has {expected:08x}: it is corrupt"),
        )),
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
    #[cfg(feature = "object")]
    Objects(TypedArray<Object>),
    Bytes(Vec<u8>),
}

pub(super) fn read_content(member: &mut Member<'_>, options: &ReadOptions) -> Result<Content> {
    let mut magic = [0; MAGIC.len()];
    let got = read_full(member, &mut magic)?;
    let start = magic.get(..got).unwrap_or_default();
    if start == MAGIC {
        let npy = NpyReader::with_options(start.chain(member), options)?;
        #[cfg(feature = "object")]
        if npy.dtype().has_object() {
            return npy.read_objects().map(Content::Objects);
        }
        return npy.read_raw_array().map(Content::Array);
    }
    let mut bytes = start.to_vec();
    bytes.append(&mut read_bytes(member, options)?);
    Ok(Content::Bytes(bytes))
}

pub(super) fn read_any(member: &mut Member<'_>, options: &ReadOptions) -> Result<Option<DynArray>> {
    let mut magic = [0; MAGIC.len()];
    let got = read_full(member, &mut magic)?;
    if magic[..got] != *MAGIC {
        return Ok(None);
    }
    DynArray::read_npy_with(magic.chain(member), options).map(Some)
}

pub(super) fn read_bytes(member: &mut Member<'_>, options: &ReadOptions) -> Result<Vec<u8>> {
    limits::check_bytes("member", member.size, options.max_bytes)?;
    // Trusted as far as the compressed size bears it out.
    let mut bytes = Vec::with_capacity(
        usize::try_from(options.available.unwrap_or(0))
            .unwrap_or(0)
            .min(limits::TRUSTED),
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
    Ok(Lzma::alone(io::Cursor::new(alone).chain(packed))?)
}

fn unknown_method(method: u16) -> Error {
    let feature = match method {
        zip::BZIP2 => ", which the feature `bzip2` reads",
        zip::LZMA => ", which the feature `xz` reads",
        zip::ZSTD => ", which the feature `zstd` reads",
        _ => ", which is not supported; deflate (8) is what NumPy writes",
    };
    let name = zip::method_name(method);
    Error::new(
        ErrorKind::Archive,
        format!("it is compressed by method {method} ({name}){feature}"),
    )
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use crate::npy::WriteNpyExt;
    use crate::npz::NpzReader;
    use crate::npz::zip::{Abilities, DEFLATE, STORED, Written, ZipWriter};

    /// An archive of `a` and `b` in which the directory says this of `a`.
    fn lying(method: u16, packed: u64, size: u64) -> Vec<u8> {
        let abilities = Abilities::default();
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
