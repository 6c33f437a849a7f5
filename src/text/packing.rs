//! Compressed text files, both ways.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::Path;

use crate::error::Result;
#[cfg(not(all(feature = "bzip2", feature = "xz")))]
use crate::error::{Error, ErrorKind};

/// Bytes of a packed file that are read at a time.
const BLOCK: usize = 64 << 10;

/// How a text file is compressed, by the ending of its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Packing {
    None,
    Gzip,
    Bzip2,
    Xz,
}

impl Packing {
    /// As NumPy decides it for a file that is written.
    pub(crate) fn of_path(path: &Path) -> Packing {
        match path.extension().and_then(|ending| ending.to_str()) {
            Some("gz") => Packing::Gzip,
            Some("bz2") => Packing::Bzip2,
            Some("xz" | "lzma") => Packing::Xz, // Python's `lzma.open` writes one format, whatever the name
            _ => Packing::None,
        }
    }

    /// By the first (at least 6) bytes of a file that is read.
    pub(crate) fn of_content(start: &[u8]) -> Packing {
        match start {
            [0x1f, 0x8b, ..] => Packing::Gzip,
            [b'B', b'Z', b'h', b'1'..=b'9', 0x31 | 0x17, ..] => Packing::Bzip2,
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Packing::Xz,
            // The older format, which is read by the same decoder: properties, then a dictionary's size. No text starts so.
            [0x5d, 0, 0, ..] => Packing::Xz,
            _ => Packing::None,
        }
    }
}

/// The decompressed bytes of a file, whatever packs it, told by its content.
pub(crate) fn decompress<'a, R: Read + 'a>(reader: R) -> Result<Box<dyn Read + 'a>> {
    let mut reader = BufReader::with_capacity(BLOCK, reader);
    let packing = Packing::of_content(reader.fill_buf()?);
    Ok(match packing {
        Packing::None => Box::new(reader),
        Packing::Gzip => Box::new(flate2::bufread::MultiGzDecoder::new(reader)),
        #[cfg(feature = "bzip2")]
        Packing::Bzip2 => Box::new(bzip2::bufread::MultiBzDecoder::new(reader)),
        #[cfg(feature = "xz")]
        Packing::Xz => Box::new(crate::storage::lzma::Lzma::file(reader)?),
        #[cfg(not(all(feature = "bzip2", feature = "xz")))]
        other => return Err(missing_feature(other, "reading")),
    })
}

/// Compresses on the way to a writer; [`Compressor::finish`] writes the end.
#[allow(clippy::large_enum_variant)] // one for a whole file
pub(crate) enum Compressor<W: Write> {
    None(W),
    Gzip(flate2::write::GzEncoder<W>),
    #[cfg(feature = "bzip2")]
    Bzip2(bzip2::write::BzEncoder<W>),
    #[cfg(feature = "xz")]
    Xz(liblzma::write::XzEncoder<W>),
}

impl<W: Write> Compressor<W> {
    pub(crate) fn new(writer: W, packing: Packing) -> Result<Self> {
        Ok(match packing {
            Packing::None => Compressor::None(writer),
            Packing::Gzip => Compressor::Gzip(flate2::write::GzEncoder::new(writer, flate2::Compression::default())),
            #[cfg(feature = "bzip2")]
            Packing::Bzip2 => Compressor::Bzip2(bzip2::write::BzEncoder::new(writer, bzip2::Compression::best())),
            #[cfg(feature = "xz")]
            Packing::Xz => Compressor::Xz(liblzma::write::XzEncoder::new(writer, 6)),
            #[cfg(not(all(feature = "bzip2", feature = "xz")))]
            other => return Err(missing_feature(other, "writing")),
        })
    }

    /// Writes what is still inside and gives the writer back.
    pub(crate) fn finish(self) -> io::Result<W> {
        match self {
            Compressor::None(writer) => Ok(writer),
            Compressor::Gzip(encoder) => encoder.finish(),
            #[cfg(feature = "bzip2")]
            Compressor::Bzip2(encoder) => encoder.finish(),
            #[cfg(feature = "xz")]
            Compressor::Xz(encoder) => encoder.finish(),
        }
    }

    fn inner(&mut self) -> &mut dyn Write {
        match self {
            Compressor::None(writer) => writer,
            Compressor::Gzip(encoder) => encoder,
            #[cfg(feature = "bzip2")]
            Compressor::Bzip2(encoder) => encoder,
            #[cfg(feature = "xz")]
            Compressor::Xz(encoder) => encoder,
        }
    }
}

impl<W: Write> Write for Compressor<W> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.inner().write(buf)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner().flush()
    }
}

#[cfg(not(all(feature = "bzip2", feature = "xz")))]
#[cold]
fn missing_feature(packing: Packing, doing: &str) -> Error {
    let (what, feature) = match packing {
        Packing::Bzip2 => ("bzip2", "bzip2"),
        _ => ("xz", "xz"),
    };
    Error::new(
        ErrorKind::Argument,
        format!("{doing} {what} needs ndarray-io's feature `{feature}`"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packings_round_trip_by_content() {
        let text = b"1.5 2.5\n".repeat(20_000);
        for name in ["a.txt", "a", "a.gz", "b.csv.bz2", "c.xz", "d.lzma"] {
            let packing = Packing::of_path(Path::new(name));
            let missing = match packing {
                Packing::Bzip2 => !cfg!(feature = "bzip2"),
                Packing::Xz => !cfg!(feature = "xz"),
                _ => false,
            };
            let packed = Compressor::new(Vec::new(), packing);
            assert_eq!(packed.is_err(), missing, "{name}");
            let Ok(mut compressor) = packed else { continue };
            compressor.write_all(&text).unwrap();
            let mut packed = compressor.finish().unwrap();
            assert_eq!(Packing::of_content(&packed), packing, "{name}");
            let mut back = Vec::new();
            decompress(&packed[..]).unwrap().read_to_end(&mut back).unwrap();
            assert!(back == text, "{name}");
            if packing != Packing::None {
                // Files that were appended to: several members, one after the other.
                packed.extend_from_within(..);
                back.clear();
                decompress(&packed[..]).unwrap().read_to_end(&mut back).unwrap();
                assert_eq!(back.len(), 2 * text.len(), "{name} twice");
                packed.truncate(packed.len() - 20);
                assert!(
                    decompress(&packed[..]).unwrap().read_to_end(&mut back).is_err(),
                    "{name} cut"
                );
            }
        }
    }
}
