//! Members and their directory, written.

use std::io::{self, SeekFrom, Write};

use crc32fast::Hasher;

use super::{
    ALIGNMENT, ALIGNMENT_LEN, CENTRAL, DATE, DESCRIPTOR, END, END64, END64_LEN, EXTRA_ALIGNMENT, EXTRA_ZIP64,
    FLAG_DESCRIPTOR, FLAG_UTF8, IN_ZIP64, LOCAL, LOCAL_LEN, LOCATOR64, STORED, ZIP64_LEN,
};
use crate::error::{Error, ErrorKind, Result};

/// What is known of a member once its data was written.
#[derive(Clone, Copy, Default)]
pub(in crate::npz) struct Written {
    pub(in crate::npz) crc: u32,
    pub(in crate::npz) packed: u64,
    pub(in crate::npz) size: u64,
}

/// A member as its headers describe it, but for what is [`Written`].
pub(in crate::npz) struct Member {
    name: String,
    method: u16,
    offset: u64,
    extra_len: usize,
    /// CRC and sizes follow the data, 4.3.9, because the sink cannot seek back.
    late: bool,
}

/// What a sink can do besides being written to.
pub(in crate::npz) struct Abilities<W> {
    pub(in crate::npz) seek: Option<fn(&mut W, SeekFrom) -> io::Result<u64>>,
    pub(in crate::npz) reserve: Option<Reserve<W>>,
    /// Writes bytes on all cores, and adds them to the CRC.
    pub(in crate::npz) store: Option<Store<W>>,
}

impl<W> Default for Abilities<W> {
    /// None: data goes in order to where it stays.
    fn default() -> Self {
        Abilities {
            seek: None,
            reserve: None,
            store: None,
        }
    }
}

type Reserve<W> = fn(&mut W, u64, u64) -> io::Result<u64>;
type Store<W> = fn(&mut W, &[u8], &mut Hasher) -> io::Result<()>;

/// Writes members one after the other, then the directory.
pub(in crate::npz) struct ZipWriter<W> {
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

/// What is written while it is in the cache for its CRC.
const CACHED: usize = 256 << 10;

/// So much is gathered before it is written: a system call for each member of ten numbers would be most of its cost.
const GATHER: usize = 256 << 10;

impl<W: Write> ZipWriter<W> {
    pub(in crate::npz) fn new(mut sink: W, mut abilities: Abilities<W>) -> Self {
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
    pub(in crate::npz) fn add(&mut self, name: String, method: u16, data: &[u8], written: Written) -> io::Result<()> {
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
    pub(in crate::npz) fn begin(&mut self, name: String, method: u16) -> io::Result<Member> {
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

    /// Writes `bytes` as data of the member that has begun, behind those `written`, and adds them to its CRC.
    pub(in crate::npz) fn store(&mut self, written: u64, bytes: &[u8], crc: &mut Hasher) -> io::Result<()> {
        self.reserve(self.position + written + bytes.len() as u64)?;
        match self.abilities.store {
            Some(store) => store(&mut self.sink, bytes, crc),
            None => bytes.chunks(CACHED).try_for_each(|piece| {
                crc.update(piece);
                self.sink.write_all(piece)
            }),
        }
    }

    /// The sink for data of the member that has begun, behind those `written`.
    pub(in crate::npz) fn data(&mut self, written: u64) -> io::Result<&mut W> {
        self.reserve(self.position + written)?;
        Ok(&mut self.sink)
    }

    /// Ends a member that was begun.
    pub(in crate::npz) fn end(&mut self, member: &Member, written: Written) -> io::Result<()> {
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
    pub(in crate::npz) fn finish(mut self) -> io::Result<W> {
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
            self.reserved = reserve(&mut self.sink, end, end + (end / 4).min(64 << 20))?;
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
        let attributes = match member.name.ends_with('/') {
            true => 0o040_755 << 16 | 0x10, // a folder, to Unix and to DOS
            false => 0o100_644_u32 << 16,   // a file that its owner can write
        };
        out.extend(attributes.to_le_bytes());
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
pub(in crate::npz) fn check_name(name: &str) -> Result<()> {
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
    use super::*;
    use crate::npz::zip::directory::read_entry;

    #[test]
    fn sizes_past_32_bits_move_to_zip64() {
        let huge = Written {
            crc: 7,
            packed: 5 << 30,
            size: 6 << 30,
        };
        let abilities = Abilities::default();
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
    fn names_that_no_reader_would_give_back_are_refused() {
        assert!(check_name("a\0b").is_err() && check_name(&"a".repeat(65536)).is_err() && check_name("").is_ok());
    }
}
