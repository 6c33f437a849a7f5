//! The central directory, read.

use std::collections::HashMap;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::ops::Range;

use super::{
    CENTRAL, CENTRAL_LEN, END, END_LEN, END64, END64_LEN, EXTRA_ZIP64, FLAG_ENCRYPTED, FLAG_PATCHED, FLAG_STRONG,
    FLAG_UTF8, IN_ZIP64, LOCAL, LOCAL_LEN, LOCATOR64, LOCATOR64_LEN,
};
use crate::error::{Error, ErrorKind, Result};

/// One member, as the central directory has it.
pub(in crate::npz) struct Entry {
    pub(in crate::npz) name: String,
    /// The name's bytes in [`Directory::names`], which the local header must repeat.
    raw_name: Range<usize>,
    flags: u16,
    pub(in crate::npz) method: u16,
    pub(in crate::npz) crc: u32,
    /// The length in the archive.
    pub(in crate::npz) packed: u64,
    /// The length of the content, as the archive claims.
    pub(in crate::npz) size: u64,
    /// Where its local header starts.
    pub(in crate::npz) offset: u64,
    /// Where the next member or the directory starts.
    pub(in crate::npz) end: u64,
}

/// The central directory.
pub(in crate::npz) struct Directory {
    /// All entries' names as the directory has them, one after the other.
    names: Vec<u8>,
    pub(in crate::npz) entries: Vec<Entry>,
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
    pub(in crate::npz) fn read<R: Read + Seek>(reader: &mut R) -> Result<Directory> {
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
    pub(in crate::npz) fn find(&self, name: &str) -> Option<usize> {
        let found = self.by_name.get(name);
        found.or_else(|| self.by_name.get(&format!("{name}.npy"))).copied()
    }

    pub(in crate::npz) fn entry(&self, index: usize) -> Result<&Entry> {
        let missing = || Error::new(ErrorKind::Missing, format!("there is no member {index}"));
        self.entries.get(index).ok_or_else(missing)
    }

    /// How many bytes a member's local header with its name takes, without its extra field.
    pub(in crate::npz) fn header_len(&self, entry: &Entry) -> usize {
        LOCAL_LEN + entry.raw_name.len()
    }

    /// Where the member's data starts, given the start of its local header.
    pub(in crate::npz) fn data_start(&self, entry: &Entry, header: &[u8]) -> Result<u64> {
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
pub(super) fn read_entry(directory: &mut impl Read, names: &mut Vec<u8>, rest: &mut Vec<u8>) -> io::Result<Entry> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_decoded_as_their_flag_says() {
        assert_eq!(decode_name("日".as_bytes(), true), "日");
        assert_eq!(decode_name("日".as_bytes(), false), "µùÑ");
        assert_eq!(decode_name(b"a\0b", false), "a");
        assert_eq!(decode_name(&[0x80, 0xFF], false), "Ç\u{A0}");
    }
}
