//! The zip container: its directory is read by the rules of CPython's zipfile, which decide what `np.load` loads, and
//! it is written so that every reader finds sizes where it looks for them.
//!
//! Section numbers are those of PKWARE's APPNOTE.TXT 6.3.10.

mod directory;
mod write;

pub(super) use directory::{Directory, Entry};
pub(super) use write::{Abilities, Member, Written, ZipWriter, check_name};

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
pub(super) const BZIP2: u16 = 12;
pub(super) const LZMA: u16 = 14;
pub(super) const ZSTD: u16 = 93;

/// What a method of compression is called, 4.4.5.
pub(super) fn method_name(method: u16) -> &'static str {
    match method {
        STORED => "stored",
        1 => "shrink",
        6 => "implode",
        DEFLATE => "deflate",
        9 => "deflate64",
        BZIP2 => "bzip2",
        LZMA => "lzma",
        20 | ZSTD => "zstd",
        95 => "xz",
        98 => "ppmd",
        _ => "unknown",
    }
}

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

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Seek, Write};

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
            ..Abilities::default()
        };
        let mut sink = Cursor::new(prefix.to_vec());
        sink.set_position(prefix.len() as u64);
        let mut zip = ZipWriter::new(sink, abilities);
        zip.add("a.npy".to_owned(), STORED, b"small", written(b"small"))
            .unwrap();
        let large = zip.begin("b.npy".to_owned(), STORED).unwrap();
        zip.data(0).unwrap().write_all(b"large").unwrap();
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
}
