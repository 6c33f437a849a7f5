//! Printed text under way.

use super::digits;
use super::spec::{Case, Spec};

/// Text under way: bytes that are there from the start and a count of those in use, so that a number is written where it
/// stays, with no capacity to check for each of its parts.
pub(crate) struct Out {
    bytes: Vec<u8>,
    pub(super) len: usize,
}

/// At least the longest text of a fast path, and what its copies of a fixed length touch behind it.
pub(super) const ROOM: usize = 96;

impl Out {
    pub(crate) fn new() -> Out {
        Out {
            bytes: vec![0; 1024],
            len: 0,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }

    pub(crate) fn truncate(&mut self, len: usize) {
        self.len = self.len.min(len);
    }

    #[inline]
    fn reserve(&mut self, size: usize) {
        if self.bytes.len() - self.len < size {
            self.grow(size);
        }
    }

    #[cold]
    fn grow(&mut self, size: usize) {
        let size = (self.len + size).max(2 * self.bytes.len());
        self.bytes.resize(size, 0);
    }

    #[inline]
    pub(crate) fn push(&mut self, byte: u8) {
        self.reserve(1);
        self.bytes[self.len] = byte;
        self.len += 1;
    }

    #[inline(always)]
    pub(crate) fn extend(&mut self, bytes: &[u8]) {
        match bytes {
            [byte] => self.push(*byte), // most delimiters
            _ => self.extend_long(bytes),
        }
    }

    #[inline]
    fn extend_long(&mut self, bytes: &[u8]) {
        self.reserve(bytes.len());
        let room = &mut self.bytes[self.len..self.len + bytes.len()];
        self.len += bytes.len();
        match bytes.len() {
            8..=16 => copy_ends::<8>(room, bytes),
            17..=32 => copy_ends::<16>(room, bytes),
            _ => room.copy_from_slice(bytes),
        }
    }

    /// `+-` becomes `-` from `start` on, as NumPy has it for complex numbers.
    pub(crate) fn replace_plus_minus(&mut self, start: usize) {
        let mut end = start;
        for at in start..self.len {
            if self.bytes[at..self.len].starts_with(b"+-") {
                continue;
            }
            self.bytes[end] = self.bytes[at];
            end += 1;
        }
        self.len = end;
    }

    pub(super) fn fill(&mut self, byte: u8, count: usize) {
        self.reserve(count);
        self.bytes[self.len..self.len + count].fill(byte);
        self.len += count;
    }

    /// Where a short text goes next: [`Cursor::finish`] tells its length, to be added to `len`.
    #[inline]
    pub(super) fn cursor(&mut self) -> Cursor<'_> {
        self.reserve(ROOM);
        let room = self.bytes.get_mut(self.len..).and_then(<[u8]>::first_chunk_mut);
        match room {
            Some(bytes) => Cursor { bytes, len: 0 },
            None => unreachable!("just reserved"),
        }
    }

    /// Pads the number that starts at `start`, whose sign and prefix take `head` bytes, to the spec's width.
    #[inline]
    pub(super) fn pad_number(&mut self, spec: &Spec, start: usize, head: usize) {
        let len = self.len - start;
        if spec.width > len {
            self.pad(spec, start, head, spec.width - len);
        }
    }

    fn pad(&mut self, spec: &Spec, start: usize, head: usize, pad: usize) {
        let end = self.len;
        self.fill(b' ', pad);
        if !spec.left {
            let (at, byte) = if spec.zero { (start + head, b'0') } else { (start, b' ') };
            self.bytes.copy_within(at..end, at + pad);
            self.bytes[at..at + pad].fill(byte);
        }
    }
}

/// Copies a text of `N` to `2 * N` bytes by its first and last `N`, for which no call is needed.
#[inline(always)]
fn copy_ends<const N: usize>(to: &mut [u8], from: &[u8]) {
    if let (Some(first), Some(last)) = (from.first_chunk::<N>(), from.last_chunk::<N>()) {
        to[..N].copy_from_slice(first);
        let end = to.len() - N;
        to[end..].copy_from_slice(last);
    }
}

/// A short text under way, in the room that [`Out::cursor`] gave it.
pub(super) struct Cursor<'a> {
    pub(super) bytes: &'a mut [u8; ROOM],
    pub(super) len: usize,
}

impl Cursor<'_> {
    #[inline]
    pub(super) fn push(&mut self, byte: u8) {
        self.bytes[self.len] = byte;
        self.len += 1;
    }

    /// Without a branch, which every other of random numbers would take the wrong way.
    #[inline]
    pub(super) fn push_sign(&mut self, sign: (u8, bool)) {
        self.bytes[self.len] = sign.0;
        self.len += usize::from(sign.1);
    }

    /// `count` (at most 24) digits of [`digits::ascii`]'s text from `start` on.
    #[inline]
    pub(super) fn push_digits(&mut self, ascii: &[u8; 48], start: usize, count: usize) {
        self.bytes[self.len..self.len + 24].copy_from_slice(&ascii[start..start + 24]);
        self.len += count;
    }

    /// `count` (at most 8) of those digits.
    #[inline]
    pub(super) fn push_few(&mut self, digits: [u8; 8], count: usize) {
        self.bytes[self.len..self.len + 8].copy_from_slice(&digits);
        self.len += count;
    }

    #[inline(always)]
    pub(super) fn push_int(&mut self, n: u64) {
        if n < digits::CHUNK {
            let (digits, count) = digits::few(n);
            self.push_few(digits, count);
        } else {
            let start = digits::start(n);
            self.push_digits(&digits::ascii(n), start, 24 - start);
        }
    }

    /// The first digit of a number of [`digits::FAST`] ones, and `precision` (below as many) of those behind the point.
    ///
    /// All are written, each where it stays: what is read again before it has left the core costs more than a digit.
    #[inline]
    pub(super) fn push_scientific(&mut self, n: u64, precision: usize, point: bool) {
        let Some(place) = self.bytes.get_mut(self.len..).and_then(<[u8]>::first_chunk_mut::<20>) else {
            unreachable!("a number has room for all its digits");
        };
        let (first, high, middle, low) = digits::nineteen(n);
        place[..2].copy_from_slice(&[first, b'.']);
        place[2..10].copy_from_slice(&high);
        place[10..18].copy_from_slice(&middle);
        place[18..].copy_from_slice(&low);
        self.len += match precision {
            0 => 1 + usize::from(point),
            _ => 2 + precision,
        };
    }

    /// `e+05`: the sign always, two digits at least.
    #[inline]
    pub(super) fn push_exponent(&mut self, k: i32, case: Case) {
        let letter = if case == Case::Capital { b'E' } else { b'e' };
        let sign = if k < 0 { b'-' } else { b'+' };
        self.bytes[self.len..self.len + 2].copy_from_slice(&[letter, sign]);
        self.len += 2;
        let mut k = k.unsigned_abs();
        let thousands = k >= 1000;
        #[allow(clippy::cast_possible_truncation)] // digits
        let digit = |n: u32| b'0' + n as u8;
        // Three digits in an f64's, four in a long double's.
        for unit in [1000, 100] {
            if k >= unit || (unit == 100 && thousands) {
                self.push(digit(k / unit));
                k %= unit;
            }
        }
        let tens = (k * 103) >> 10;
        self.bytes[self.len..self.len + 2].copy_from_slice(&[digit(tens), digit(k - 10 * tens)]);
        self.len += 2;
    }

    /// Takes the zeros behind the point away, and the point if it is then last.
    #[inline]
    pub(super) fn trim_fraction(&mut self) {
        while self.len > 0 && self.bytes[self.len - 1] == b'0' {
            self.len -= 1;
        }
        if self.len > 0 && self.bytes[self.len - 1] == b'.' {
            self.len -= 1;
        }
    }
}
