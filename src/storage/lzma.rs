//! LZMA and XZ streams, whose dictionaries are as large as they claim: up to a limit.

use std::io::{self, BufRead, Read};

use liblzma::bufread::XzDecoder;
use liblzma::stream::{CONCATENATED, Error as LzmaError, Stream};

use crate::limits::{self, LZMA_MEMORY};

pub(crate) struct Lzma<R>(XzDecoder<R>);

impl<R: BufRead> Lzma<R> {
    /// The content of a `.xz` or `.lzma` file.
    #[allow(dead_code)] // without the feature text
    pub(crate) fn file(reader: R) -> io::Result<Self> {
        let stream = Stream::new_auto_decoder(LZMA_MEMORY, CONCATENATED)?;
        Ok(Lzma(XzDecoder::new_stream(reader, stream)))
    }

    /// What follows a header as `.lzma` files have it.
    #[allow(dead_code)] // without the feature npz
    pub(crate) fn alone(reader: R) -> io::Result<Self> {
        let stream = Stream::new_lzma_decoder(LZMA_MEMORY)?;
        Ok(Lzma(XzDecoder::new_stream(reader, stream)))
    }
}

impl<R: BufRead> Read for Lzma<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer).map_err(|error| {
            let source = error.get_ref().and_then(|source| source.downcast_ref());
            match source {
                Some(LzmaError::MemLimit) => limits::exceeded(format!(
                    "an LZMA stream that claims a dictionary of more than {} MiB",
                    LZMA_MEMORY >> 20
                ))
                .into(),
                _ => error,
            }
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::error::{Error, ErrorKind};

    #[test]
    fn a_dictionary_is_not_allocated_by_its_claim() {
        for (claim, kind) in [
            (1_u32 << 20, ErrorKind::Io),
            (1 << 30, ErrorKind::Limit),
            (u32::MAX, ErrorKind::Limit),
        ] {
            let mut file = vec![0x5d];
            file.extend(claim.to_le_bytes());
            file.extend([0xff; 8]); // a size that the stream's end will tell
            file.extend([0, 1, 2, 3]);
            for read in [Lzma::file(&file[..]), Lzma::alone(&file[..])] {
                let error = Error::from(read.unwrap().read_to_end(&mut Vec::new()).unwrap_err());
                assert_eq!(error.kind(), kind, "{claim}: {error}");
            }
        }
    }
}
