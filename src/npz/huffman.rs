//! Deflate without matches, for bytes in which there are none: most of a float that was measured is noise.
//!
//! The search for matches is what takes a compressor's time. Where it finds next to nothing, Huffman codes of the bytes
//! alone are made several times as fast and come out smaller: zlib takes matches of three bytes that cost more than they
//! save. Normal, uniform and sine values as `f2`, `f4`, `f8` and complex are 0.1 to 0.4% smaller than at its level 6.
//!
//! Section numbers are those of RFC 1951.

use std::array;

/// Distances that a match can have: section 2.
const WINDOW: usize = 32 << 10;
/// A match is so long at most: section 3.2.5.
const LONGEST: usize = 258;
/// With fewer bits a byte than this, there is more in the bytes than a byte at a time tells.
const NOISE: f64 = 6.5;
/// Matches count once they save this part of the size. Random floats are at 1/2000, a random walk is at 1/700.
const WORTH: f64 = 1.0 / 1024.0;

/// Whether the bytes from `start` on are noise: no match with what is before them is worth to be looked for.
pub(super) fn is_noise(buffer: &[u8], start: usize) -> bool {
    let data = buffer.get(start..).unwrap_or_default();
    let literal = bits_per_byte(data);
    if literal < NOISE {
        return false;
    }
    let enough = literal * data.len() as f64 * WORTH;
    let (mut saved, mut at) = (0.0, 0);
    // The last four bytes of each hash, and where they were: to look there each time would miss the cache and the guess.
    let mut last = vec![(0_u32, 0_u32); WINDOW];
    while let Some(&four) = buffer.get(at..).and_then(<[u8]>::first_chunk::<4>) {
        let four = u32::from_le_bytes(four);
        let hash = four.wrapping_mul(0x9E37_79B1) >> 17;
        let Some(slot) = last.get_mut(hash as usize) else {
            break; // 15 bits always find one
        };
        let place = u32::try_from(at).unwrap_or(u32::MAX); // a block is far shorter
        let (same, earlier) = std::mem::replace(slot, (four, place));
        let distance = place - earlier;
        if same != four || !(1..=WINDOW).contains(&(distance as usize)) {
            at += 1;
            continue;
        }
        let (earlier, here) = (&buffer[earlier as usize..], &buffer[at..]);
        let same = earlier.iter().zip(here).take(LONGEST).take_while(|(a, b)| a == b);
        let length = same.count();
        at += length.max(1); // a place that is empty yet looks like four zeros at the start
        if at > start {
            // Some ten bits for the codes, and the bits of the distance.
            saved += (literal * length as f64 - f64::from(10 + distance.ilog2())).max(0.0);
            if saved > enough {
                return false;
            }
        }
    }
    true
}

/// How often each byte is there.
fn count(data: &[u8]) -> [u32; 256] {
    // Four counters, because equal neighbours would wait for each other's.
    let mut counts = [[0_u32; 256]; 4];
    let (fours, rest) = data.as_chunks::<4>();
    for four in fours {
        for (counts, &byte) in counts.iter_mut().zip(four) {
            counts[usize::from(byte)] += 1;
        }
    }
    for &byte in rest {
        counts[0][usize::from(byte)] += 1;
    }
    array::from_fn(|byte| counts.iter().map(|counts| counts[byte]).sum())
}

/// The entropy of the bytes.
fn bits_per_byte(data: &[u8]) -> f64 {
    let len = data.len() as f64;
    let share = |count: u32| f64::from(count) / len;
    let used = count(data).into_iter().filter(|&count| count > 0);
    used.map(|count| -share(count) * share(count).log2()).sum()
}

/// What one block holds: as much as a stored block can, 3.2.4.
const PIECE: usize = u16::MAX as usize;

/// The end of a block is the symbol behind the bytes.
const END: usize = 256;
/// Literals and the end of the block, then the two distance codes that some readers want though none is used.
const LITERALS: usize = END + 1;
const DISTANCES: usize = 2;

/// The lengths of codes are coded themselves, 3.2.7; their own lengths come in this order.
const ORDER: [usize; 19] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/// Appends `data` to `out` as deflate blocks of literals. They end the stream, or else on a byte, by a sync flush.
pub(super) fn deflate_literals(data: &[u8], ends: bool, out: &mut Vec<u8>) {
    let mut bits = Bits {
        out,
        waiting: 0,
        count: 0,
    };
    let mut pieces = data.chunks(PIECE).peekable();
    while let Some(piece) = pieces.next() {
        put_block(piece, ends && pieces.peek().is_none(), &mut bits);
    }
    match ends {
        true => bits.align(),
        false => bits.put_stored(&[], false),
    }
}

/// One block with codes of its own, or a stored one if that is smaller.
fn put_block(piece: &[u8], is_last: bool, bits: &mut Bits<'_>) {
    let mut counts = [1; LITERALS];
    counts[..END].copy_from_slice(&count(piece));
    let lengths = code_lengths(&counts, 15);
    let sequence = run_lengths(&[&lengths[..], &[1; DISTANCES]].concat());
    let mut counts_of_lengths = [0; 19];
    for &(symbol, ..) in &sequence {
        counts_of_lengths[symbol] += 1;
    }
    let lengths_of_lengths = code_lengths(&counts_of_lengths, 7);
    let used = ORDER.iter().rposition(|&symbol| lengths_of_lengths[symbol] > 0);
    let used = used.map_or(4, |last| last + 1).max(4);

    let body: u64 = counts
        .iter()
        .zip(lengths)
        .map(|(&count, len)| u64::from(count) * u64::from(len))
        .sum();
    let codes: u32 = sequence
        .iter()
        .map(|&(symbol, _, extra)| u32::from(lengths_of_lengths[symbol]) + extra)
        .sum();
    let header = 3 + 5 + 5 + 4 + 3 * used as u64 + u64::from(codes);
    if body + header > 8 * piece.len() as u64 + 40 {
        return bits.put_stored(piece, is_last);
    }

    bits.put(u64::from(is_last), 1);
    bits.put(2, 2); // codes of the block's own
    bits.put(LITERALS as u64 - 257, 5);
    bits.put(DISTANCES as u64 - 1, 5);
    bits.put(used as u64 - 4, 4);
    for &symbol in &ORDER[..used] {
        bits.put(lengths_of_lengths[symbol].into(), 3);
    }
    let codes = codes_of(&lengths_of_lengths);
    for (symbol, value, extra) in sequence {
        let (code, len) = codes[symbol];
        bits.put(code, len);
        bits.put(value, extra);
    }
    let codes = codes_of(&lengths);
    bits.out.reserve(piece.len() + 8);
    let (pairs, rest) = piece.as_chunks::<2>();
    for &[a, b] in pairs {
        let ((a, a_len), (b, b_len)) = (codes[usize::from(a)], codes[usize::from(b)]);
        bits.put(a | b << a_len, a_len + b_len);
    }
    for &byte in rest {
        let (code, len) = codes[usize::from(byte)];
        bits.put(code, len);
    }
    let (code, len) = codes[END];
    bits.put(code, len);
}

/// The lengths of the best prefix codes for symbols that are there so often, none longer than `limit`.
fn code_lengths<const N: usize>(counts: &[u32; N], limit: usize) -> [u8; N] {
    let mut lengths = [0; N];
    let mut symbols: Vec<usize> = (0..N).filter(|&symbol| counts[symbol] > 0).collect();
    symbols.sort_by_key(|&symbol| counts[symbol]);
    if let [only] = symbols[..] {
        lengths[only] = 1;
    }
    if symbols.len() < 2 {
        return lengths;
    }

    // Huffman's trees: the two lightest become one, which is heavier than all that did so before.
    let leaves = symbols.len();
    let mut weights: Vec<u32> = symbols.iter().map(|&symbol| counts[symbol]).collect();
    let mut parents = vec![0; 2 * leaves - 1];
    let (mut leaf, mut tree) = (0, leaves);
    for parent in leaves..2 * leaves - 1 {
        let mut weight = 0;
        for _ in 0..2 {
            let lightest = match leaf < leaves && (tree == parent || weights[leaf] <= weights[tree]) {
                true => &mut leaf,
                false => &mut tree,
            };
            weight += weights[*lightest];
            parents[*lightest] = parent;
            *lightest += 1;
        }
        weights.push(weight);
    }
    let mut depths = vec![0_usize; 2 * leaves - 1];
    for node in (0..2 * leaves - 2).rev() {
        depths[node] = depths[parents[node]] + 1;
    }

    // What is too long moves up to the limit. That makes more codes than fit: for each one too many, the longest of the
    // shorter codes gets one bit more, and a code of the limit becomes its neighbour.
    let mut of_length = vec![0_usize; limit + 1];
    for depth in &depths[..leaves] {
        of_length[*depth.min(&limit)] += 1;
    }
    let taken: usize = (1..=limit).map(|length| of_length[length] << (limit - length)).sum();
    for _ in 1 << limit..taken {
        if let Some(shorter) = (1..limit).rev().find(|&length| of_length[length] > 0) {
            of_length[shorter] -= 1;
            of_length[shorter + 1] += 2;
            of_length[limit] -= 1;
        }
    }
    let longest_first = (1..=limit)
        .rev()
        .flat_map(|length| std::iter::repeat_n(length, of_length[length]));
    for (symbol, length) in symbols.into_iter().zip(longest_first) {
        lengths[symbol] = u8::try_from(length).unwrap_or(u8::MAX);
    }
    lengths
}

/// The codes of these lengths, 3.2.2, with their first bit lowest, and the lengths.
fn codes_of<const N: usize>(lengths: &[u8; N]) -> [(u64, u32); N] {
    let mut codes = [(0, 0); N];
    let mut next = 0_u64;
    for length in 1..=15 {
        next <<= 1;
        for (code, &own) in codes.iter_mut().zip(lengths) {
            if own == length {
                *code = (next.reverse_bits() >> (64 - u32::from(length)), length.into());
                next += 1;
            }
        }
    }
    codes
}

/// Lengths as symbols with what follows them and in how many bits: 0 to 15 is a length, 16 repeats the last one 3 to 6
/// times, 17 and 18 stand for 3 to 10 and 11 to 138 zeros.
fn run_lengths(lengths: &[u8]) -> Vec<(usize, u64, u32)> {
    let mut sequence = Vec::new();
    for run in lengths.chunk_by(|a, b| a == b) {
        let length = usize::from(run[0]);
        let mut left = run.len();
        if length > 0 {
            sequence.push((length, 0, 0));
            left -= 1;
        }
        while left > 0 {
            let (symbol, least, most, extra) = match (length, left) {
                (_, ..3) => (length, 1, 1, 0),
                (0, ..11) => (17, 3, 10, 3),
                (0, _) => (18, 11, 138, 7),
                _ => (16, 3, 6, 2),
            };
            let taken = left.min(most);
            sequence.push((symbol, (taken - least) as u64, extra));
            left -= taken;
        }
    }
    sequence
}

/// Bits on their way to bytes, the first lowest.
struct Bits<'a> {
    out: &'a mut Vec<u8>,
    waiting: u64,
    /// How many wait: fewer than 32.
    count: u32,
}

impl Bits<'_> {
    /// Appends the lowest `len` bits, at most 32, of a value that has no others.
    #[inline]
    fn put(&mut self, value: u64, len: u32) {
        self.waiting |= value << self.count;
        self.count += len;
        if self.count >= 32 {
            let [a, b, c, d, ..] = self.waiting.to_le_bytes();
            self.out.extend_from_slice(&[a, b, c, d]);
            self.waiting >>= 32;
            self.count -= 32;
        }
    }

    /// Fills up the last byte with zeros.
    fn align(&mut self) {
        let bytes = self.waiting.to_le_bytes();
        let whole = bytes.iter().take(self.count.div_ceil(8) as usize);
        self.out.extend(whole);
        (self.waiting, self.count) = (0, 0);
    }

    /// Appends a block as it is, 3.2.4.
    fn put_stored(&mut self, piece: &[u8], is_last: bool) {
        let len = u16::try_from(piece.len()).unwrap_or(u16::MAX); // a piece is no longer
        self.put(u64::from(is_last), 3);
        self.align();
        self.out.extend(len.to_le_bytes());
        self.out.extend((!len).to_le_bytes());
        self.out.extend_from_slice(piece);
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    /// What an inflate that is not ours makes of a stream.
    fn inflate(stream: &[u8]) -> Vec<u8> {
        let mut inflate = flate2::write::DeflateDecoder::new(Vec::new());
        inflate.write_all(stream).unwrap();
        inflate.finish().unwrap()
    }

    fn noise(len: usize, mask: u8) -> Vec<u8> {
        let mut state = 0x2545_F491_4F6C_DD1D_u64;
        let step = |_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state.to_le_bytes()[3] & mask
        };
        (0..len).map(step).collect()
    }

    #[test]
    fn literals_are_inflated() {
        // One byte alone; all alike; noise that is stored; some more often than others, down to the limit of 15 bits.
        let fibonacci: Vec<u8> = (0..22_u8)
            .scan((1, 1), |(a, b), byte| {
                (*a, *b) = (*b, *a + *b);
                Some(vec![byte; *a])
            })
            .flatten()
            .collect();
        let contents = [
            vec![7],
            vec![0; 100_000],
            noise(PIECE + 1, 0xFF),
            noise(200_000, 0x5B),
            fibonacci,
        ];
        for content in contents {
            for content in [&content[..], &content[..content.len() / 2]] {
                if content.is_empty() {
                    continue;
                }
                let mut stream = Vec::new();
                deflate_literals(content, false, &mut stream);
                assert!(stream.ends_with(&[0, 0, 0xFF, 0xFF]));
                deflate_literals(content, true, &mut stream);
                assert!(inflate(&stream) == [content, content].concat(), "{}", content.len());
                assert!(stream.len() <= 2 * (content.len() + 5 * (content.len() / PIECE + 1)) + 5);
            }
        }
    }

    #[test]
    fn codes_are_whole_and_within_their_limit() {
        let counts: [u32; 40] = array::from_fn(|symbol| 1 << (symbol / 2).min(20));
        for limit in [7, 15] {
            let lengths = code_lengths(&counts, limit);
            let taken: usize = lengths.iter().map(|&length| 1 << (limit - usize::from(length))).sum();
            assert_eq!(taken, 1 << limit);
            assert!(lengths.is_sorted_by(|a, b| a >= b), "{lengths:?}");
            assert!(lengths[39] >= 1);
        }
        assert_eq!(code_lengths(&[0, 5, 0], 15), [0, 1, 0]);
        assert_eq!(code_lengths(&[1, 1, 2, 4], 15), [3, 3, 2, 1]);
    }

    #[test]
    fn noise_is_told_from_what_has_matches() {
        let random = noise(300_000, 0xFF);
        assert!(is_noise(&random, 0) && is_noise(&random, 32 << 10));
        // Rows that repeat: within the data, and out of what was before.
        let row = noise(20_000, 0xFF);
        assert!(!is_noise(&row.repeat(10), 0));
        assert!(!is_noise(&row.repeat(2), 20_000));
        // A part that is no noise.
        assert!(!is_noise(&[&random[..], &[0; 5_000]].concat(), 0));
        assert!(!is_noise(&noise(300_000, 0x0F), 0));
        let floats: Vec<u8> = random
            .chunks_exact(6)
            .flat_map(|six| [six, &[0xE0 | six[0] & 15, 0x3F]].concat())
            .collect();
        assert!(is_noise(&floats, 0));
    }
}
