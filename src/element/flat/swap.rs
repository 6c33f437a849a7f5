//! Rows in either byte order, as rows in this machine's.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::de::ReadRows;
use super::ser::WriteRows;
use super::{Call, Flat};
use crate::element::plan::Node;

/// Bytes of rows that are copied and swapped before they are read, while they are in the first-level cache.
const PIECE: usize = 16 << 10;

/// The short way through the rows of an array.
#[derive(Clone)]
pub(in crate::element) struct Short {
    plan: Flat,
    /// Where scalars of the other byte order lie, and how many bytes they have.
    swaps: Vec<(usize, usize)>,
}

impl Short {
    /// The short way through elements whose type has gone through a row by that plan, if there is one.
    pub(in crate::element) fn of(node: &Node) -> Option<Box<Short>> {
        let plan = Flat::of(node)?;
        let mut swaps = Vec::new();
        plan.swaps(&mut swaps);
        Some(Box::new(Short { plan, swaps }))
    }

    /// Appends the values of rows of `size` bytes, up to some that are not as the plan says; how many there were.
    pub(in crate::element) fn read<A: DeserializeOwned>(&self, size: usize, rows: &[u8], values: &mut Vec<A>) -> usize {
        let before = values.len();
        let piece = match self.swaps[..] {
            [] => rows.len().max(1),
            _ => (PIECE / size).max(1) * size,
        };
        let mut swapped = Vec::new();
        for rows in rows.chunks(piece) {
            let rows = match self.swaps[..] {
                [] => rows,
                _ => {
                    swapped.clear();
                    swapped.extend_from_slice(rows);
                    self.swap(size, &mut swapped);
                    &swapped[..]
                }
            };
            if !<[A]>::read_rows(&self.plan, size, rows, values) {
                break;
            }
        }
        values.len() - before
    }

    /// Writes values into as many rows of `size` bytes; false if one is not as the plan says, and the rows have whatever
    /// was written until then.
    pub(in crate::element) fn write<A: Serialize>(&self, size: usize, values: &[&A], rows: &mut [u8]) -> bool {
        let is_done = <[A]>::write_rows(&self.plan, size, values, rows);
        if is_done {
            self.swap(size, rows.get_mut(..values.len() * size).unwrap_or_default());
        }
        is_done
    }

    /// Field by field, so that each loop knows how many bytes it swaps.
    fn swap(&self, size: usize, rows: &mut [u8]) {
        for &(at, len) in &self.swaps {
            match len {
                2 => swap_field::<2>(at, size, rows),
                4 => swap_field::<4>(at, size, rows),
                _ => swap_field::<8>(at, size, rows),
            }
        }
    }
}

fn swap_field<const N: usize>(at: usize, size: usize, rows: &mut [u8]) {
    for row in rows.chunks_exact_mut(size) {
        if let Some(Ok(bytes)) = row.get_mut(at..at + N).map(<&mut [u8; N]>::try_from) {
            bytes.reverse();
        }
    }
}

impl Flat {
    fn swaps(&self, swaps: &mut Vec<(usize, usize)>) {
        if matches!(self.call, Call::Scalar(_) | Call::Time) && !self.order.is_native() {
            swaps.push((self.at as usize, self.size));
        }
        self.items.iter().for_each(|item| item.swaps(swaps));
    }
}
