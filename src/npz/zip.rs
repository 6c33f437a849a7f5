//! The zip container: its directory is read by the rules of CPython's zipfile, which decide what `np.load` loads, and
//! it is written so that every reader finds sizes where it looks for them.
//!
//! Section numbers are those of PKWARE's APPNOTE.TXT 6.3.10.

use std::collections::HashMap;
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::ops::Range;

use crate::error::{Error, ErrorKind, Result};

const LOCAL: [u8; 4] = *b"PK\x03\x04";
const CENTRAL: [u8; 4] = *b"PK\x01\x02";
const END: [u8; 4] = *b"PK\x05\x06";
const END64: [u8; 4] = *b"PK\x06\x06";
const LOCATOR64: [u8; 4] = *b"PK\x06\x07";
const DESCRIPTOR: [u8; 4] = *b"PK\x07\x08";

pub(super) const LOCAL_LEN: usize = 30;
const CENTRAL_LEN: usize = 46;
const END_LEN: usize = 22;
const END64_LEN: usize = 56;
const LOCATOR64_LEN: usize = 20;

/// A 32-bit field with this value has its real one in a zip64 record.
const IN_ZIP64: u32 = u32::MAX;

/// Extra fields: 4.5.3 and, of Apache Commons Compress, "data stream alignment".
const EXTRA_ZIP64: u16 = 0x0001;
const EXTRA_ALIGNMENT: u16 = 0xA11E;

pub(super) const STORED: u16 = 0;
pub(super) const DEFLATE: u16 = 8;
#[cfg(feature = "bzip2")]
pub(super) const BZIP2: u16 = 12;
#[cfg(feature = "xz")]
pub(super) const LZMA: u16 = 14;
#[cfg(feature = "zstd")]
pub(super) const ZSTD: u16 = 93;

const FLAG_ENCRYPTED: u16 = 1;
const FLAG_DESCRIPTOR: u16 = 1 << 3;
const FLAG_PATCHED: u16 = 1 << 5;
const FLAG_STRONG: u16 = 1 << 6;
const FLAG_UTF8: u16 = 1 << 11;

/// The local zip64 field with both sizes, and an alignment field without padding.
const ZIP64_LEN: usize = 20;
const ALIGNMENT_LEN: usize = 6;

/// Data of stored members starts at a multiple of this, as the array in a .npy file does.
const ALIGNMENT: u8 = 64;

/// Midnight of 1980-01-01, as NumPy writes: equal arrays make equal archives.
const DATE: [u8; 4] = [0, 0, 0x21, 0];

/// One member, as the central directory has it.
pub(super) struct Entry {
    pub(super) name: String,
    /// The name's bytes in [`Directory::names`], which the local header must repeat.
    raw_name: Range<usize>,
    flags: u16,
    pub(super) method: u16,
    pub(super) crc: u32,
    /// The length in the archive.
    pub(super) packed: u64,
    /// The length of the content, as the archive claims.
    pub(super) size: u64,
    /// Where its local header starts.
    pub(super) offset: u64,
    /// Where the next member or the directory starts.
    pub(super) end: u64,
}

/// The central directory.
pub(super) struct Directory {
    /// All entries' names as the directory has them, one after the other.
    names: Vec<u8>,
    pub(super) entries: Vec<Entry>,
    /// The index of a full name; of equal ones the last, as in CPython.
    by_name: HashMap<String, usize>,
}

fn malformed(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Archive, message.into())
}

/// `N` bytes at `at`, if they are there.
fn bytes<const N: usize>(from: &[u8], at: usize) -> Option<[u8; N]> {
    from.get(at..)?.first_chunk().copied()
}

fn u16_at(from: &[u8], at: usize) -> u16 {
    u16::from_le_bytes(bytes(from, at).unwrap_or_default())
}

fn u32_at(from: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes(from, at).unwrap_or_default())
}

fn u64_at(from: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(bytes(from, at).unwrap_or_default())
}

/// `N` bytes of the archive at an offset of which it is known that they are there.
fn read_at<R: Read + Seek, const N: usize>(reader: &mut R, offset: u64) -> io::Result<[u8; N]> {
    let mut record = [0; N];
    reader.seek(SeekFrom::Start(offset))?;
    reader.read_exact(&mut record)?;
    Ok(record)
}

/// Where the central directory is: its start, its length, and the start that the archive claims.
fn find<R: Read + Seek>(reader: &mut R) -> Result<(u64, u64, u64)> {
    let len = reader.seek(SeekFrom::End(0))?;
    let tail_len = len.min((END_LEN + usize::from(u16::MAX)) as u64);
    let mut tail = vec![0; usize::try_from(tail_len).unwrap_or_default()];
    reader.seek(SeekFrom::Start(len - tail_len))?;
    reader.read_exact(&mut tail)?;

    // The record at the very end, unless it claims a comment: then the last one that has room.
    let last = tail.len().checked_sub(END_LEN);
    let at = last
        .filter(|&at| tail[at..].starts_with(&END) && u16_at(&tail, at + 20) == 0)
        .or_else(|| memchr::memmem::rfind(tail.get(..last? + END.len())?, &END))
        .ok_or_else(|| {
            Error::new(
                ErrorKind::NotNumpy,
                "not a zip archive: it has no end record; is it a .npz file, and whole?",
            )
        })?;
    let end = &tail[at..];
    let mut end_offset = len - tail_len + at as u64;
    let mut size = u64::from(u32_at(end, 12));
    let mut claimed = u64::from(u32_at(end, 16));

    // The zip64 end record and its locator stand before it; CPython takes them to be adjacent.
    if let Some(locator_offset) = end_offset.checked_sub(LOCATOR64_LEN as u64) {
        let locator: [u8; LOCATOR64_LEN] = read_at(reader, locator_offset)?;
        if locator.starts_with(&LOCATOR64) {
            if u32_at(&locator, 4) != 0 || u32_at(&locator, 16) > 1 {
                return Err(malformed("an archive of several disks; join its parts with `zip -s 0`"));
            }
            let adjacent = locator_offset.checked_sub(END64_LEN as u64);
            let pointed =
                Some(u64_at(&locator, 8)).filter(|&at| at.checked_add(END64_LEN as u64) <= Some(locator_offset));
            for record_offset in [adjacent, pointed].into_iter().flatten() {
                let record: [u8; END64_LEN] = read_at(reader, record_offset)?;
                if record.starts_with(&END64) {
                    end_offset = record_offset;
                    size = u64_at(&record, 40);
                    claimed = u64_at(&record, 48);
                    break;
                }
            }
        }
    }
    let start = end_offset.checked_sub(size).ok_or_else(|| {
        malformed(format!(
            "the archive's directory cannot be {size} bytes long: only {end_offset} bytes come before its end record"
        ))
    })?;
    Ok((start, size, claimed))
}

impl Directory {
    pub(super) fn read<R: Read + Seek>(reader: &mut R) -> Result<Directory> {
        let (start, size, claimed) = find(reader)?;
        reader.seek(SeekFrom::Start(start))?;
        let mut records = BufReader::with_capacity(64 << 10, reader).take(size);
        let (mut entries, mut names, mut rest) = (Vec::new(), Vec::new(), Vec::new());
        while records.limit() > 0 {
            // Each is checked before the next is read: a lie about the size is found out before it costs memory.
            let entry = read_entry(&mut records, &mut names, &mut rest).map_err(|error| match error.kind() {
                io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof => malformed(format!(
                    "entry {} of the archive's directory is malformed: {error}",
                    entries.len()
                )),
                _ => error.into(),
            })?;
            entries.push(entry);
        }

        // Offsets count from the first member, so what stands before it, as in a self-extracting archive, shifts them.
        for entry in &mut entries {
            entry.offset = entry.offset.wrapping_add(start.wrapping_sub(claimed));
        }
        // No member may reach into the next one; entries that share a header may, their names are compared.
        let mut starts: Vec<u64> = entries.iter().map(|entry| entry.offset).chain([start]).collect();
        starts.sort_unstable();
        for entry in &mut entries {
            let next = starts.partition_point(|&other| other <= entry.offset);
            entry.end = starts.get(next).map_or(start, |&next| next.min(start));
        }
        let by_name = entries
            .iter()
            .enumerate()
            .map(|(index, entry)| (entry.name.clone(), index));
        let by_name = by_name.collect();
        Ok(Directory {
            names,
            entries,
            by_name,
        })
    }

    /// The member of that name: the full name first, then with `.npy`.
    pub(super) fn find(&self, name: &str) -> Option<usize> {
        let found = self.by_name.get(name);
        found.or_else(|| self.by_name.get(&format!("{name}.npy"))).copied()
    }

    pub(super) fn entry(&self, index: usize) -> Result<&Entry> {
        let missing = || Error::new(ErrorKind::Missing, format!("there is no member {index}"));
        self.entries.get(index).ok_or_else(missing)
    }

    /// How many bytes a member's local header with its name takes, without its extra field.
    pub(super) fn header_len(&self, entry: &Entry) -> usize {
        LOCAL_LEN + entry.raw_name.len()
    }

    /// Where the member's data starts, given the start of its local header.
    pub(super) fn data_start(&self, entry: &Entry, header: &[u8]) -> Result<u64> {
        if !header.starts_with(&LOCAL) {
            return Err(malformed(format!(
                "no local header at byte {} of the archive, where its directory says; is the archive whole?",
                entry.offset
            )));
        }
        let raw_name = self.names.get(entry.raw_name.clone()).unwrap_or_default();
        let (name_len, extra_len) = (u16_at(header, 26), u16_at(header, 28));
        if usize::from(name_len) != raw_name.len()
            || header.get(LOCAL_LEN..LOCAL_LEN + raw_name.len()) != Some(raw_name)
        {
            return Err(malformed(
                "the local header names another member than the directory does",
            ));
        }
        if entry.flags & (FLAG_ENCRYPTED | FLAG_STRONG) != 0 {
            return Err(malformed("the member is encrypted; decrypt the archive first"));
        }
        if entry.flags & FLAG_PATCHED != 0 {
            return Err(malformed(
                "the member is compressed patched data, which is not supported",
            ));
        }
        let start = entry.offset + (LOCAL_LEN + raw_name.len()) as u64 + u64::from(extra_len);
        match start.checked_add(entry.packed) {
            Some(end) if end <= entry.end => Ok(start),
            _ => Err(malformed(format!(
                "the member's {} bytes from byte {start} would reach past byte {}, where the next one or the directory starts",
                entry.packed, entry.end
            ))),
        }
    }
}

/// Reads an entry of the central directory, 4.3.12, and appends its name to `names`.
fn read_entry(directory: &mut impl Read, names: &mut Vec<u8>, rest: &mut Vec<u8>) -> io::Result<Entry> {
    let mut record = [0; CENTRAL_LEN];
    directory.read_exact(&mut record)?;
    if !record.starts_with(&CENTRAL) {
        return Err(invalid("it does not start with its signature"));
    }
    // 4.4.3.2: 6.3 is the newest version that there is.
    if record[6] > 63 {
        let (major, minor) = (record[6] / 10, record[6] % 10);
        return Err(invalid(format!(
            "it needs version {major}.{minor} of zip; 6.3 is the newest known"
        )));
    }
    let [name_len, extra_len, comment_len] = [28, 30, 32].map(|at| usize::from(u16_at(&record, at)));
    rest.clear();
    rest.resize(name_len + extra_len + comment_len, 0);
    directory.read_exact(rest)?;
    let (name, rest) = rest.split_at(name_len);
    let raw_name = names.len()..names.len() + name_len;
    names.extend_from_slice(name);
    let flags = u16_at(&record, 8);
    let mut entry = Entry {
        name: decode_name(name, flags & FLAG_UTF8 != 0),
        raw_name,
        flags,
        method: u16_at(&record, 10),
        crc: u32_at(&record, 16),
        packed: u64::from(u32_at(&record, 20)),
        size: u64::from(u32_at(&record, 24)),
        offset: u64::from(u32_at(&record, 42)),
        end: 0,
    };
    read_extra(&mut entry, &rest[..extra_len])?;
    Ok(entry)
}

fn invalid(what: impl Into<String>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.into())
}

/// Takes sizes and the offset from the zip64 extra field, 4.5.3, where the entry says that they are there.
fn read_extra(entry: &mut Entry, mut extra: &[u8]) -> io::Result<()> {
    while let Some([id, id2, len, len2]) = bytes(extra, 0) {
        let (id, len) = (u16::from_le_bytes([id, id2]), u16::from_le_bytes([len, len2]));
        let Some((mut field, rest)) = extra[4..].split_at_checked(len.into()) else {
            return Err(invalid(format!(
                "its extra field {id:#06x} claims {len} bytes, {} are there",
                extra.len() - 4
            )));
        };
        extra = rest;
        if id != EXTRA_ZIP64 {
            continue;
        }
        for (value, what) in [
            (&mut entry.size, "size"),
            (&mut entry.packed, "compressed size"),
            (&mut entry.offset, "offset"),
        ] {
            if *value == u64::from(IN_ZIP64) {
                let (number, rest) = field
                    .split_first_chunk()
                    .ok_or_else(|| invalid(format!("its zip64 field is too short to have the {what}")))?;
                *value = u64::from_le_bytes(*number);
                field = rest;
            }
        }
    }
    Ok(())
}

/// A member's name: UTF-8 if its flag says so, else of IBM's code page 437 (appendix D.1); up to a NUL, as in CPython.
fn decode_name(raw: &[u8], utf8: bool) -> String {
    const CP437: &str = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{A0}";
    let raw = raw.split(|&byte| byte == 0).next().unwrap_or_default();
    if utf8 || raw.is_ascii() {
        return String::from_utf8_lossy(raw).into_owned();
    }
    let decode = |&byte: &u8| match byte.checked_sub(128) {
        None => Some(char::from(byte)),
        Some(high) => CP437.chars().nth(high.into()),
    };
    raw.iter().filter_map(decode).collect()
}

/// What is known of a member once its data was written.
#[derive(Clone, Copy, Default)]
pub(super) struct Written {
    pub(super) crc: u32,
    pub(super) packed: u64,
    pub(super) size: u64,
}

/// A member as its headers describe it, but for what is [`Written`].
pub(super) struct Member {
    name: String,
    method: u16,
    offset: u64,
    extra_len: usize,
    /// CRC and sizes follow the data, 4.3.9, because the sink cannot seek back.
    late: bool,
}

/// What a sink can do besides being written to.
pub(super) struct Abilities<W> {
    pub(super) seek: Option<fn(&mut W, SeekFrom) -> io::Result<u64>>,
    /// Makes room for so many bytes in all.
    pub(super) reserve: Option<fn(&mut W, u64) -> io::Result<()>>,
}

/// Writes members one after the other, then the directory.
pub(super) struct ZipWriter<W> {
    sink: W,
    abilities: Abilities<W>,
    /// Where `buffer` will be in the sink.
    position: u64,
    reserved: u64,
    /// Small members and headers, written together.
    buffer: Vec<u8>,
    central: Vec<u8>,
    count: u64,
}

/// So much is gathered before it is written: a system call for each member of ten numbers would be most of its cost.
const GATHER: usize = 256 << 10;

impl<W: Write> ZipWriter<W> {
    pub(super) fn new(mut sink: W, mut abilities: Abilities<W>) -> Self {
        let position = abilities.seek.map(|seek| seek(&mut sink, SeekFrom::Current(0)));
        if let Some(Err(_)) = position {
            abilities.seek = None; // a pipe behind a type that could seek
        }
        ZipWriter {
            sink,
            abilities,
            position: position.and_then(io::Result::ok).unwrap_or(0),
            reserved: 0,
            buffer: Vec::new(),
            central: Vec::new(),
            count: 0,
        }
    }

    /// Adds a member whose data is in memory.
    pub(super) fn add(&mut self, name: String, method: u16, data: &[u8], written: Written) -> io::Result<()> {
        let offset = self.position + self.buffer.len() as u64;
        let member = Member {
            extra_len: padding(&name, method, offset, if is_large(written) { ZIP64_LEN } else { 0 }),
            name,
            method,
            offset,
            late: false,
        };
        self.local_header(&member, written);
        self.buffer.extend_from_slice(data);
        self.central_entry(&member, written);
        if self.buffer.len() >= GATHER {
            self.flush_buffer()?;
        }
        Ok(())
    }

    /// Begins a member whose data is then written to [`data`](Self::data).
    pub(super) fn begin(&mut self, name: String, method: u16) -> io::Result<Member> {
        let offset = self.position + self.buffer.len() as u64;
        let member = Member {
            // Room for a zip64 field, should the member turn out to be that large.
            extra_len: padding(&name, method, offset, ZIP64_LEN),
            name,
            method,
            offset,
            late: self.abilities.seek.is_none(),
        };
        self.local_header(&member, Written::default());
        self.flush_buffer()?;
        Ok(member)
    }

    /// The sink for the data of the member that has begun, of which at least `len` bytes come now.
    pub(super) fn data(&mut self, written: u64, len: usize) -> io::Result<&mut W> {
        self.reserve(self.position + written + len as u64)?;
        Ok(&mut self.sink)
    }

    /// Ends a member that was begun.
    pub(super) fn end(&mut self, member: &Member, written: Written) -> io::Result<()> {
        self.position += written.packed;
        match self.abilities.seek {
            Some(seek) => {
                self.local_header(member, written);
                seek(&mut self.sink, SeekFrom::Start(member.offset))?;
                self.sink.write_all(&self.buffer)?;
                self.buffer.clear();
                seek(&mut self.sink, SeekFrom::Start(self.position))?;
            }
            None => {
                self.buffer.extend(DESCRIPTOR);
                self.buffer.extend(written.crc.to_le_bytes());
                // Of 64 bits, because the local header has a zip64 field: 4.3.9.2.
                self.buffer.extend(written.packed.to_le_bytes());
                self.buffer.extend(written.size.to_le_bytes());
            }
        }
        self.central_entry(member, written);
        Ok(())
    }

    /// Writes the directory, and gives the sink back.
    pub(super) fn finish(mut self) -> io::Result<W> {
        let start = self.position + self.buffer.len() as u64;
        let size = self.central.len() as u64;
        let out = &mut self.buffer;
        out.append(&mut self.central);
        let count16 = u16::try_from(self.count).unwrap_or(u16::MAX);
        if clamp(start) == IN_ZIP64 || clamp(size) == IN_ZIP64 || count16 == u16::MAX {
            out.extend(END64);
            out.extend((END64_LEN as u64 - 12).to_le_bytes()); // the length of what follows
            out.extend([45, 3, 45, 0]); // made by version 4.5 on Unix, needs 4.5
            out.extend([0; 8]); // disks
            for number in [self.count, self.count, size, start] {
                out.extend(number.to_le_bytes());
            }
            out.extend(LOCATOR64);
            out.extend([0; 4]); // disk
            out.extend((start + size).to_le_bytes());
            out.extend(1_u32.to_le_bytes()); // disks
        }
        out.extend(END);
        out.extend([0; 4]); // disks
        out.extend(count16.to_le_bytes());
        out.extend(count16.to_le_bytes());
        out.extend(clamp(size).to_le_bytes());
        out.extend(clamp(start).to_le_bytes());
        out.extend([0; 2]); // no comment
        self.flush_buffer()?;
        self.sink.flush()?;
        Ok(self.sink)
    }

    fn flush_buffer(&mut self) -> io::Result<()> {
        self.reserve(self.position + self.buffer.len() as u64)?;
        self.sink.write_all(&self.buffer)?;
        self.position += self.buffer.len() as u64;
        self.buffer.clear();
        Ok(())
    }

    /// Makes room in steps that grow with the archive, where the sink can.
    fn reserve(&mut self, end: u64) -> io::Result<()> {
        if let Some(reserve) = self.abilities.reserve
            && end > self.reserved
        {
            self.reserved = end + (end / 4).min(64 << 20);
            reserve(&mut self.sink, self.reserved)?;
        }
        Ok(())
    }

    /// Appends a local file header, 4.3.7.
    fn local_header(&mut self, member: &Member, written: Written) {
        let large = member.late || is_large(written);
        let size = |size| if large { IN_ZIP64 } else { clamp(size) };
        let out = &mut self.buffer;
        out.extend(LOCAL);
        out.extend([if large { 45 } else { 20 }, 0]);
        out.extend(member.flags().to_le_bytes());
        out.extend(member.method.to_le_bytes());
        out.extend(DATE);
        out.extend(written.crc.to_le_bytes());
        out.extend(size(written.packed).to_le_bytes());
        out.extend(size(written.size).to_le_bytes());
        out.extend(len16(member.name.len()));
        out.extend(len16(member.extra_len));
        out.extend(member.name.as_bytes());
        let mut padding = member.extra_len;
        if large {
            out.extend(EXTRA_ZIP64.to_le_bytes());
            out.extend(len16(ZIP64_LEN - 4));
            out.extend(written.size.to_le_bytes());
            out.extend(written.packed.to_le_bytes());
            padding -= ZIP64_LEN;
        }
        if let Some(zeros) = padding.checked_sub(ALIGNMENT_LEN) {
            out.extend(EXTRA_ALIGNMENT.to_le_bytes());
            out.extend(len16(2 + zeros));
            out.extend([ALIGNMENT, 0]);
            out.resize(out.len() + zeros, 0);
        }
    }

    /// Appends an entry of the central directory, 4.3.12.
    fn central_entry(&mut self, member: &Member, written: Written) {
        let large = [written.size, written.packed, member.offset]
            .into_iter()
            .filter(|&number| clamp(number) == IN_ZIP64);
        let zip64: Vec<u8> = large.flat_map(u64::to_le_bytes).collect();
        let extra_len = if zip64.is_empty() { 0 } else { 4 + zip64.len() };
        let version = if zip64.is_empty() && !member.late { 20 } else { 45 };
        let out = &mut self.central;
        out.extend(CENTRAL);
        out.extend([version, 3, version, 0]); // made on Unix, for the mode below
        out.extend(member.flags().to_le_bytes());
        out.extend(member.method.to_le_bytes());
        out.extend(DATE);
        out.extend(written.crc.to_le_bytes());
        out.extend(clamp(written.packed).to_le_bytes());
        out.extend(clamp(written.size).to_le_bytes());
        out.extend(len16(member.name.len()));
        out.extend(len16(extra_len));
        out.extend([0; 6]); // comment length, disk, internal attributes
        out.extend((0o100_644_u32 << 16).to_le_bytes()); // a file that its owner can write
        out.extend(clamp(member.offset).to_le_bytes());
        out.extend(member.name.as_bytes());
        if !zip64.is_empty() {
            out.extend(EXTRA_ZIP64.to_le_bytes());
            out.extend(len16(zip64.len()));
            out.extend(zip64);
        }
        self.count += 1;
    }
}

impl Member {
    fn flags(&self) -> u16 {
        let utf8 = if self.name.is_ascii() { 0 } else { FLAG_UTF8 };
        let late = if self.late { FLAG_DESCRIPTOR } else { 0 };
        utf8 | late
    }
}

/// The bytes of a name that a header can hold and CPython reads back as it is.
pub(super) fn check_name(name: &str) -> Result<()> {
    let problem = if name.contains('\0') {
        "has a NUL character, at which readers cut it"
    } else if name.len() > usize::from(u16::MAX) {
        "is longer than the 65535 bytes that a zip archive can hold"
    } else {
        return Ok(());
    };
    Err(Error::new(ErrorKind::Argument, format!("the member's name {problem}")))
}

/// How long the extra field of a local header must be for stored data to be aligned, `reserved` bytes at least.
fn padding(name: &str, method: u16, offset: u64, reserved: usize) -> usize {
    if method != STORED {
        return reserved;
    }
    let aligned = |extra_len: &usize| {
        let start = offset + (LOCAL_LEN + name.len() + extra_len) as u64;
        start.is_multiple_of(ALIGNMENT.into())
    };
    // What is left beside the reserved bytes must hold an extra field of its own.
    let mut lens = std::iter::once(reserved).chain(reserved + ALIGNMENT_LEN..);
    lens.find(aligned).unwrap_or(reserved)
}

fn is_large(written: Written) -> bool {
    clamp(written.packed.max(written.size)) == IN_ZIP64
}

/// A number as its 32-bit field has it.
fn clamp(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(IN_ZIP64)
}

/// A length as its 16-bit field has it; [`check_name`] saw to it that names fit.
fn len16(len: usize) -> [u8; 2] {
    u16::try_from(len).unwrap_or(u16::MAX).to_le_bytes()
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn written(data: &[u8]) -> Written {
        Written {
            crc: crc32fast::hash(data),
            packed: data.len() as u64,
            size: data.len() as u64,
        }
    }

    /// An archive of a small member, a large one and one with an odd name, and where each one's data starts.
    fn sample(seeks: bool, prefix: &[u8]) -> Vec<u8> {
        let abilities = Abilities {
            seek: if seeks { Some(Cursor::seek) } else { None },
            reserve: None,
        };
        let mut sink = Cursor::new(prefix.to_vec());
        sink.set_position(prefix.len() as u64);
        let mut zip = ZipWriter::new(sink, abilities);
        zip.add("a.npy".to_owned(), STORED, b"small", written(b"small"))
            .unwrap();
        let large = zip.begin("b.npy".to_owned(), STORED).unwrap();
        zip.data(0, 5).unwrap().write_all(b"large").unwrap();
        zip.end(&large, written(b"large")).unwrap();
        zip.add("é/日本".to_owned(), DEFLATE, b"", written(b"")).unwrap();
        zip.finish().unwrap().into_inner()
    }

    #[test]
    fn what_is_written_is_found_and_aligned() {
        for (seeks, prefix) in [(true, &b""[..]), (true, b"#!/bin/sh\n"), (false, b"")] {
            let archive = sample(seeks, prefix);
            // As a whole, and behind bytes that its offsets do not know of.
            for shift in [&b""[..], b"more"] {
                let archive = [shift, &archive].concat();
                let directory = Directory::read(&mut Cursor::new(&archive)).unwrap();
                let names: Vec<_> = directory.entries.iter().map(|entry| entry.name.as_str()).collect();
                assert_eq!(names, ["a.npy", "b.npy", "é/日本"]);
                assert_eq!(directory.find("a"), Some(0));
                assert_eq!(directory.find("b.npy"), Some(1));
                assert_eq!(directory.find("é/日本"), Some(2));
                assert_eq!(directory.find("c"), None);
                for (entry, data) in directory.entries.iter().zip(["small", "large", ""]) {
                    let header = &archive[usize::try_from(entry.offset).unwrap()..];
                    let start = usize::try_from(directory.data_start(entry, header).unwrap()).unwrap();
                    assert!(archive[start..].starts_with(data.as_bytes()));
                    assert_eq!(entry.size, data.len() as u64);
                    if entry.method == STORED && shift.is_empty() {
                        assert_eq!(start % 64, 0);
                    }
                }
            }
        }
    }

    #[test]
    fn any_shorter_archive_or_changed_byte_is_no_panic() {
        let archive = sample(true, b"");
        for len in 0..archive.len() {
            assert!(Directory::read(&mut Cursor::new(&archive[..len])).is_err(), "{len}");
        }
        for at in 0..archive.len() {
            for byte in [0, 1, 0x7F, 0x80, 0xFF] {
                let mut changed = archive.clone();
                changed[at] = byte;
                if let Ok(directory) = Directory::read(&mut Cursor::new(&changed)) {
                    for entry in &directory.entries {
                        let header = usize::try_from(entry.offset).ok().and_then(|at| changed.get(at..));
                        let _ = directory.data_start(entry, header.unwrap_or_default());
                    }
                }
            }
        }
    }

    #[test]
    fn sizes_past_32_bits_move_to_zip64() {
        let huge = Written {
            crc: 7,
            packed: 5 << 30,
            size: 6 << 30,
        };
        let abilities = Abilities {
            seek: None,
            reserve: None,
        };
        let mut zip = ZipWriter::new(Vec::new(), abilities);
        let mut member = zip.begin("a".to_owned(), STORED).unwrap();
        member.late = false;
        zip.local_header(&member, huge);
        assert_eq!(zip.buffer[14..18], [7, 0, 0, 0]);
        assert_eq!(zip.buffer[18..26], [0xFF; 8]);
        assert_eq!(zip.buffer.len() % 64, 0);
        zip.central_entry(&member, huge);
        member.offset = 7 << 30;
        zip.central_entry(&member, huge);
        let mut central = &zip.central[..];
        for offset in [0, 7 << 30] {
            let entry = read_entry(&mut central, &mut Vec::new(), &mut Vec::new()).unwrap();
            assert_eq!((entry.packed, entry.size, entry.offset), (5 << 30, 6 << 30, offset));
        }
    }

    #[test]
    fn names_are_decoded_as_their_flag_says() {
        assert_eq!(decode_name("日".as_bytes(), true), "日");
        assert_eq!(decode_name("日".as_bytes(), false), "µùÑ");
        assert_eq!(decode_name(b"a\0b", false), "a");
        assert_eq!(decode_name(&[0x80, 0xFF], false), "Ç\u{A0}");
        assert!(check_name("a\0b").is_err() && check_name(&"a".repeat(65536)).is_err() && check_name("").is_ok());
    }
}
