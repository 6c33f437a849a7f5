//! Character encodings, both ways.
//!
//! Everything between here and the encoding is UTF-8: the writers hand [`Transcoder`] UTF-8 bytes, the readers take them
//! from [`Utf8Reader`].

use std::fmt;
use std::io::{self, Read, Write};
use std::str::FromStr;

use encoding_rs::{DecoderResult, EncoderResult};

use crate::error::{Error, ErrorKind, Result};

/// How the characters of a text become bytes.
///
/// The common ones are named here; the others of the [encoding standard](https://encoding.spec.whatwg.org) are parsed
/// from their names, as are these.
///
/// # Examples
///
/// ```
/// use ndarray_io::Encoding;
///
/// assert_eq!("utf-8".parse::<Encoding>()?, Encoding::Utf8);
/// assert_eq!("ISO-8859-1".parse::<Encoding>()?, Encoding::Latin1);
/// assert_eq!("shift_jis".parse::<Encoding>()?.to_string(), "Shift_JIS");
/// # Ok::<(), ndarray_io::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Encoding {
    /// UTF-8 without a byte order mark; a mark at the start is skipped on reading.
    Utf8,
    /// UTF-8 with a byte order mark, as some spreadsheets want it (Python's `utf-8-sig`).
    Utf8Sig,
    /// The first 128 code points, a byte each.
    Ascii,
    /// The first 256 code points, a byte each (ISO 8859-1).
    Latin1,
    /// UTF-16 with a byte order mark: little-endian on writing, as the mark says on reading (little-endian without one).
    Utf16,
    /// UTF-16, little-endian, no byte order mark.
    Utf16Le,
    /// UTF-16, big-endian, no byte order mark.
    Utf16Be,
    /// Any other, by its name: `"shift_jis".parse::<Encoding>()`.
    Other(Charset),
}

/// An encoding of the encoding standard, held by [`Encoding::Other`].
///
/// # Examples
///
/// ```
/// use ndarray_io::Encoding;
///
/// let Encoding::Other(charset) = "shift_jis".parse()? else { panic!("a named one") };
/// assert_eq!(Encoding::Other(charset).to_string(), "Shift_JIS");
/// # Ok::<(), ndarray_io::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Charset(&'static encoding_rs::Encoding);

impl fmt::Debug for Charset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.name())
    }
}

impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Encoding::Utf8 => "UTF-8",
            Encoding::Utf8Sig => "UTF-8 with a byte order mark",
            Encoding::Ascii => "ASCII",
            Encoding::Latin1 => "latin1",
            Encoding::Utf16 => "UTF-16",
            Encoding::Utf16Le => "UTF-16LE",
            Encoding::Utf16Be => "UTF-16BE",
            Encoding::Other(charset) => charset.0.name(),
        })
    }
}

impl FromStr for Encoding {
    type Err = Error;

    /// Takes Python's and the encoding standard's names, in any case.
    fn from_str(name: &str) -> Result<Self> {
        // The standard calls latin1, ASCII and UTF-16 what web pages mean by them: windows-1252 and UTF-16LE.
        let plain = name.trim().to_ascii_lowercase().replace(['_', ' '], "-");
        Ok(match plain.as_str() {
            "utf-8" | "utf8" | "u8" => Encoding::Utf8,
            "utf-8-sig" | "utf8-sig" => Encoding::Utf8Sig,
            "ascii" | "us-ascii" | "646" => Encoding::Ascii,
            "latin1" | "latin-1" | "iso-8859-1" | "iso8859-1" | "8859" | "l1" => Encoding::Latin1,
            "utf-16" | "utf16" | "u16" => Encoding::Utf16,
            "utf-16-le" | "utf-16le" | "utf16le" => Encoding::Utf16Le,
            "utf-16-be" | "utf-16be" | "utf16be" => Encoding::Utf16Be,
            _ => {
                let code_page = plain.strip_prefix("cp").map(|page| format!("windows-{page}"));
                [Some(plain.as_str()), Some(name.trim()), code_page.as_deref()]
                    .into_iter()
                    .flatten()
                    .find_map(|label| encoding_rs::Encoding::for_label(label.as_bytes()))
                    .filter(|encoding| encoding.output_encoding() == *encoding)
                    .map(|encoding| Encoding::Other(Charset(encoding)))
                    .ok_or_else(|| {
                        Error::new(
                            ErrorKind::Argument,
                            format!(
                                "unknown encoding {name:?}; such as \"utf-8\", \"latin1\" or \"utf-16\" would work"
                            ),
                        )
                    })?
            }
        })
    }
}

/// UTF-8 text in, bytes of an encoding out, to a writer.
pub(crate) struct Transcoder<W> {
    inner: W,
    encoding: Encoding,
    started: bool,
    /// Of [`Encoding::Other`]: some, such as ISO-2022-JP, have a state.
    encoder: Option<encoding_rs::Encoder>,
    buffer: Vec<u8>,
}

impl<W: Write> Transcoder<W> {
    pub(crate) fn new(inner: W, encoding: Encoding) -> Self {
        let encoder = match encoding {
            Encoding::Other(charset) => Some(charset.0.new_encoder()),
            _ => None,
        };
        Transcoder {
            inner,
            encoding,
            started: false,
            encoder,
            buffer: Vec::new(),
        }
    }

    /// Writes text, given as the bytes of whole UTF-8 characters.
    pub(crate) fn write(&mut self, text: &[u8]) -> Result<()> {
        if text.is_empty() {
            return Ok(());
        }
        if !std::mem::replace(&mut self.started, true) {
            match self.encoding {
                Encoding::Utf8Sig => self.inner.write_all(b"\xef\xbb\xbf")?,
                Encoding::Utf16 => self.inner.write_all(b"\xff\xfe")?,
                _ => {}
            }
        }
        let utf8 = || {
            std::str::from_utf8(text).map_err(|error| {
                Error::new(ErrorKind::Value, "text that is not UTF-8 between its parts").with_source(error)
            })
        };
        let unencodable = |c: char| {
            Error::new(
                ErrorKind::Value,
                format!(
                    "character {c:?} cannot be encoded in {}; Encoding::Utf8 would work",
                    self.encoding
                ),
            )
        };
        self.buffer.clear();
        match self.encoding {
            Encoding::Utf8 | Encoding::Utf8Sig => return Ok(self.inner.write_all(text)?),
            Encoding::Ascii | Encoding::Latin1 if text.is_ascii() => return Ok(self.inner.write_all(text)?),
            Encoding::Ascii => {
                let c = utf8()?.chars().find(|c| !c.is_ascii()).unwrap_or_default();
                return Err(unencodable(c));
            }
            Encoding::Latin1 => {
                for c in utf8()?.chars() {
                    self.buffer.push(u8::try_from(c).map_err(|_| unencodable(c))?);
                }
            }
            Encoding::Utf16 | Encoding::Utf16Le => {
                let units = utf8()?.encode_utf16();
                self.buffer.extend(units.flat_map(u16::to_le_bytes));
            }
            Encoding::Utf16Be => {
                let units = utf8()?.encode_utf16();
                self.buffer.extend(units.flat_map(u16::to_be_bytes));
            }
            Encoding::Other(_) => {
                let mut rest = utf8()?;
                if let Some(encoder) = &mut self.encoder {
                    loop {
                        self.buffer.reserve(rest.len() + 16);
                        let (result, read) =
                            encoder.encode_from_utf8_to_vec_without_replacement(rest, &mut self.buffer, false);
                        rest = rest.get(read..).unwrap_or_default();
                        match result {
                            EncoderResult::InputEmpty => break,
                            EncoderResult::OutputFull => {}
                            EncoderResult::Unmappable(c) => return Err(unencodable(c)),
                        }
                    }
                }
            }
        }
        Ok(self.inner.write_all(&self.buffer)?)
    }

    pub(crate) fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// The writer behind it, for what is no text.
    pub(crate) fn inner(&mut self) -> &mut W {
        &mut self.inner
    }

    /// Ends the text and gives the writer back.
    pub(crate) fn finish(mut self) -> Result<W> {
        if let Some(encoder) = &mut self.encoder {
            self.buffer.clear();
            self.buffer.reserve(16);
            let _ = encoder.encode_from_utf8_to_vec_without_replacement("", &mut self.buffer, true);
            self.inner.write_all(&self.buffer)?;
        }
        Ok(self.inner)
    }
}

/// Bytes of an encoding in, UTF-8 out.
///
/// A byte order mark at the start is taken off. UTF-8 itself passes unchecked, because its readers check what they make
/// a string of, in parallel; of all others an invalid byte is an error.
pub(crate) struct Utf8Reader<R> {
    inner: R,
    state: State,
    input: Vec<u8>,
    /// How far `input` was taken.
    taken: usize,
    at_end: bool,
    output: Vec<u8>,
    given: usize,
    /// Bytes of the inner reader before `input`.
    offset: u64,
}

enum State {
    /// The mark, if there is one, is still to come.
    Start(Encoding),
    Pass,
    Ascii,
    Latin1,
    Decode(encoding_rs::Decoder),
}

const BLOCK: usize = 64 << 10;

impl<R: Read> Utf8Reader<R> {
    pub(crate) fn new(inner: R, encoding: Encoding) -> Self {
        Utf8Reader {
            inner,
            state: State::Start(encoding),
            input: Vec::new(),
            taken: 0,
            at_end: false,
            output: Vec::new(),
            given: 0,
            offset: 0,
        }
    }

    /// Appends to the input what one read gives.
    fn fill(&mut self, size: usize) -> io::Result<()> {
        self.input.drain(..self.taken);
        self.offset += self.taken as u64;
        self.taken = 0;
        let start = self.input.len();
        self.input.resize(start + size, 0);
        let got = loop {
            match self.inner.read(&mut self.input[start..]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                got => break got,
            }
        };
        self.input.truncate(start + *got.as_ref().unwrap_or(&0));
        self.at_end = got? == 0;
        Ok(())
    }

    fn start(&mut self, encoding: Encoding) -> io::Result<()> {
        while self.input.len() < 3 && !self.at_end {
            self.fill(3)?;
        }
        let mark = |bytes: &[u8]| self.input.starts_with(bytes);
        let decoder = |encoding: &'static encoding_rs::Encoding| encoding.new_decoder_without_bom_handling();
        (self.taken, self.state) = match encoding {
            Encoding::Utf8 | Encoding::Utf8Sig if mark(b"\xef\xbb\xbf") => (3, State::Pass),
            Encoding::Utf8 | Encoding::Utf8Sig => (0, State::Pass),
            Encoding::Ascii => (0, State::Ascii),
            Encoding::Latin1 => (0, State::Latin1),
            Encoding::Utf16 if mark(b"\xfe\xff") => (2, State::Decode(decoder(encoding_rs::UTF_16BE))),
            Encoding::Utf16 | Encoding::Utf16Le => (
                if mark(b"\xff\xfe") { 2 } else { 0 },
                State::Decode(decoder(encoding_rs::UTF_16LE)),
            ),
            Encoding::Utf16Be => (
                if mark(b"\xfe\xff") { 2 } else { 0 },
                State::Decode(decoder(encoding_rs::UTF_16BE)),
            ),
            Encoding::Other(charset) => (0, State::Decode(decoder(charset.0))),
        };
        Ok(())
    }

    /// Decodes the next block into `output`, which stays empty only at the end.
    fn decode(&mut self) -> io::Result<()> {
        self.output.clear();
        self.given = 0;
        while self.output.is_empty() {
            if self.taken == self.input.len() && !self.at_end {
                self.fill(BLOCK)?;
            }
            let rest = self.input.get(self.taken..).unwrap_or_default();
            match &mut self.state {
                State::Start(encoding) => {
                    let encoding = *encoding;
                    self.start(encoding)?;
                    continue;
                }
                State::Pass => self.output.extend_from_slice(rest),
                State::Ascii => {
                    if let Some(at) = rest.iter().position(|byte| !byte.is_ascii()) {
                        return Err(invalid("ASCII", self.offset + (self.taken + at) as u64));
                    }
                    self.output.extend_from_slice(rest);
                }
                State::Latin1 => {
                    self.output.reserve(2 * rest.len());
                    for &byte in rest {
                        self.output
                            .extend_from_slice(char::from(byte).encode_utf8(&mut [0; 2]).as_bytes());
                    }
                }
                State::Decode(decoder) => {
                    let size = decoder.max_utf8_buffer_length_without_replacement(rest.len());
                    self.output.resize(size.unwrap_or(4 * rest.len() + 16), 0);
                    let (result, read, written) =
                        decoder.decode_to_utf8_without_replacement(rest, &mut self.output, self.at_end);
                    self.output.truncate(written);
                    self.taken += read;
                    match result {
                        DecoderResult::Malformed(..) => {
                            return Err(invalid(
                                decoder.encoding().name(),
                                (self.offset + self.taken as u64).saturating_sub(1),
                            ));
                        }
                        DecoderResult::InputEmpty if self.at_end => {
                            // A decoder that has finished must not be asked again.
                            self.state = State::Pass;
                            return Ok(());
                        }
                        _ => continue,
                    }
                }
            }
            self.taken = self.input.len();
            if self.at_end {
                return Ok(());
            }
        }
        Ok(())
    }
}

#[cold]
fn invalid(encoding: &str, offset: u64) -> io::Error {
    Error::new(
        ErrorKind::Parse,
        format!("invalid {encoding}; another encoding would work"),
    )
    .at_byte(offset)
    .into()
}

impl<R: Read> Read for Utf8Reader<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        // A large read of plain UTF-8 needs no stop on the way.
        if matches!(self.state, State::Pass) && self.given == self.output.len() && self.taken == self.input.len() {
            return self.inner.read(buf);
        }
        if self.given == self.output.len() {
            self.decode()?;
        }
        let ready = self.output.get(self.given..).unwrap_or_default();
        let count = ready.len().min(buf.len());
        buf[..count].copy_from_slice(&ready[..count]);
        self.given += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encode(encoding: Encoding, parts: &[&str]) -> Result<Vec<u8>> {
        let mut transcoder = Transcoder::new(Vec::new(), encoding);
        for part in parts {
            transcoder.write(part.as_bytes())?;
        }
        transcoder.finish()
    }

    /// Gives at most `step` bytes a read.
    struct Slow<'a>(&'a [u8], usize);
    impl Read for Slow<'_> {
        fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
            let count = self.1.min(buf.len()).min(self.0.len());
            self.0.read(&mut buf[..count])
        }
    }

    fn decode(encoding: Encoding, bytes: &[u8]) -> Result<String> {
        let mut results = [1, 2, 3, 1000].map(|step| {
            let mut text = String::new();
            Utf8Reader::new(Slow(bytes, step), encoding).read_to_string(&mut text)?;
            Ok::<_, Error>(text)
        });
        let last = results[3].as_ref().map_err(ToString::to_string).cloned();
        for result in &results {
            assert_eq!(result.as_ref().map_err(ToString::to_string).cloned(), last);
        }
        std::mem::replace(&mut results[3], Ok(String::new()))
    }

    #[test]
    fn encodings_round_trip() {
        for (name, text, bytes) in [
            ("utf-8", "a é 日 🎈", "a é 日 🎈".as_bytes()),
            ("utf-8-sig", "é", b"\xef\xbb\xbf\xc3\xa9"),
            ("ascii", "abc", b"abc"),
            ("latin1", "aé", b"a\xe9"),
            ("utf-16", "aé", b"\xff\xfea\0\xe9\0"),
            ("UTF-16-LE", "日", b"\xe5\x65"),
            ("utf-16be", "🎈", b"\xd8\x3c\xdf\x88"),
            ("shift_jis", "日", b"\x93\xfa"),
            ("iso-2022-jp", "日a", b"\x1b$BF|\x1b(Ba"),
            ("cp1252", "€", b"\x80"),
            ("koi8-r", "Я", b"\xf1"),
        ] {
            let encoding: Encoding = name.parse().unwrap();
            assert_eq!(encode(encoding, &[text, ""]).unwrap(), bytes, "{name}");
            let mut parts = [0; 4];
            let parts: Vec<String> = text.chars().map(|c| c.encode_utf8(&mut parts).to_owned()).collect();
            let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
            assert_eq!(encode(encoding, &parts).unwrap(), bytes, "{name} in parts");
            assert_eq!(decode(encoding, bytes).unwrap(), text, "{name}");
        }
        assert_eq!(decode(Encoding::Utf16, b"\xfe\xff\0a").unwrap(), "a");
        assert_eq!(decode(Encoding::Utf8, b"").unwrap(), "");
        assert_eq!(decode(Encoding::Utf16, b"").unwrap(), "");
        let long: String = "aé日".repeat(50_000);
        let bytes = encode(Encoding::Utf16Be, &[&long]).unwrap();
        let mut text = String::new();
        Utf8Reader::new(&bytes[..], Encoding::Utf16Be)
            .read_to_string(&mut text)
            .unwrap();
        assert!(text == long);
    }

    #[test]
    fn what_does_not_fit_is_an_error() {
        let error = encode(Encoding::Latin1, &["a", "日"]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "character '日' cannot be encoded in latin1; Encoding::Utf8 would work"
        );
        assert!(encode(Encoding::Ascii, &["é"]).is_err());
        assert!(encode("koi8-r".parse().unwrap(), &["日"]).is_err());
        for (encoding, bytes, at) in [
            (Encoding::Ascii, &b"ab\xe9"[..], 2),
            (Encoding::Utf16Le, b"a\0\0\xdc", 3),
            (Encoding::Utf16Le, b"a\0b", 2),
            ("shift_jis".parse().unwrap(), b"ab\xfd", 2),
        ] {
            let error = decode(encoding, bytes).unwrap_err();
            assert_eq!(
                (error.kind(), error.offset()),
                (ErrorKind::Parse, Some(at)),
                "{encoding} {error}"
            );
        }
        assert_eq!(
            "nonsense".parse::<Encoding>().unwrap_err().to_string(),
            "unknown encoding \"nonsense\"; such as \"utf-8\", \"latin1\" or \"utf-16\" would work"
        );
    }
}
