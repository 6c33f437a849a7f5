//! Random numbers that a seed repeats.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::OnceLock;

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// xorshift64*; the seed must not be 0.
pub struct Random(pub u64);

impl Random {
    /// That of `NDARRAY_IO_SEED`, to repeat a run, else another in each run; who uses it prints it.
    pub fn seed() -> u64 {
        static SEED: OnceLock<u64> = OnceLock::new();
        // Short ones are easier to repeat.
        let another = || 1 + RandomState::new().build_hasher().finish() % 1_000_000_000;
        let given = number("NDARRAY_IO_SEED").filter(|seed| *seed != 0);
        given.unwrap_or_else(|| *SEED.get_or_init(another))
    }

    /// So many, or as `NDARRAY_IO_CASES` has it.
    pub fn cases(count: usize) -> usize {
        number("NDARRAY_IO_CASES").map_or(count, |count| count as usize)
    }

    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// Below `n`.
    pub fn below(&mut self, n: usize) -> usize {
        (self.next() >> 33) as usize % n
    }

    /// True once in so many times.
    pub fn one_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    /// From 0 to below 1.
    pub fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    pub fn pick<'a, T: ?Sized>(&mut self, items: &[&'a T]) -> &'a T {
        items[self.below(items.len())]
    }
}
