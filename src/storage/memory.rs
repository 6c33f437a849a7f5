//! Large buffers: zeroed by the system on first touch, in huge pages where it has them.
#![allow(unsafe_code)]

use bytemuck::Zeroable;

use crate::error::{Error, ErrorKind, Result};

/// Below this, the call costs more than the page faults that it saves.
const HUGE: usize = 4 << 20;

/// `len` zeroed items, not touched yet.
///
/// A fresh buffer costs more in page faults than the copy into it; huge pages take 8.1 GB/s of a plain read instead of 2.
pub(crate) fn zeroed<T: Zeroable>(len: usize) -> Result<Vec<T>> {
    let mut items = bytemuck::allocation::try_zeroed_slice_box(len)
        .map_err(|()| {
            let size = len as u128 * size_of::<T>() as u128;
            Error::new(ErrorKind::Limit, format!("cannot allocate {size} bytes"))
        })?
        .into_vec();
    advise_huge(&mut items);
    Ok(items)
}

/// No items yet, and room for that many.
pub(crate) fn with_room<T>(count: usize) -> Result<Vec<T>> {
    let mut items = Vec::new();
    items.try_reserve_exact(count).map_err(|error| {
        let size = size_of::<T>();
        Error::new(
            ErrorKind::Limit,
            format!("cannot allocate {count} elements of {size} bytes"),
        )
        .with_source(error)
    })?;
    advise_huge(&mut items);
    Ok(items)
}

/// Asks for huge pages under a large buffer, capacity included; a wish that the system may ignore.
///
/// From the page where it starts to the one where it ends: with a part of its mapping alone in huge pages the system
/// moves the whole no more, and a buffer that grows is then copied to a second one beside it.
pub(crate) fn advise_huge<T>(items: &mut Vec<T>) {
    #[cfg(target_os = "linux")]
    {
        let size = items.capacity() * size_of::<T>();
        if size < HUGE {
            return;
        }
        let page = rustix::param::page_size();
        let start = items.as_mut_ptr().addr();
        let first = start / page * page;
        let len = (start + size).next_multiple_of(page) - first;
        let pointer = items.as_mut_ptr().wrapping_byte_sub(start - first);
        // SAFETY: the range is the pages of this vector's own allocation, which are mapped, and MADV_HUGEPAGE changes how
        // they are backed, never what they hold, be that the vector's or what shares its first and last page.
        let advised = unsafe { rustix::mm::madvise(pointer.cast(), len, rustix::mm::Advice::LinuxHugepage) };
        let _ = advised; // a kernel without huge pages serves as well
    }
    #[cfg(not(target_os = "linux"))]
    let _ = (items, HUGE);
}

/// A huge page, as systems with pages of 4 KiB have it.
const HUGE_PAGE: usize = 2 << 20;

/// A part of a vector's memory that nothing was written to yet.
#[derive(Debug, Default)]
pub(crate) struct Room {
    start: usize,
    end: usize,
}

impl Room {
    /// The room for `count` items, or as many as there is room for, behind the next `skip` ones: the huge pages that
    /// begin in it, so that each is in one room, and no two threads make it.
    pub(crate) fn of<T>(items: &mut Vec<T>, skip: usize, count: usize) -> Room {
        let is_first = items.is_empty() && skip == 0;
        let spare = items.spare_capacity_mut().get_mut(skip..).unwrap_or_default();
        let address = |index: usize| spare.as_ptr().addr() + size_of::<T>() * index.min(spare.len());
        let up = |start: usize| start.next_multiple_of(HUGE_PAGE).min(address(usize::MAX));
        Room {
            start: match is_first {
                true => address(0),
                false => up(address(0)),
            },
            end: up(address(count)),
        }
    }

    /// Has the system make its pages, zeroed, which else each first write to one waits for.
    pub(crate) fn populate(&self) {
        #[cfg(target_os = "linux")]
        {
            /// A page of any system, or some of them.
            const PAGE: usize = 64 << 10;
            let first = self.start.next_multiple_of(PAGE);
            let inside = (self.end / PAGE * PAGE).saturating_sub(first);
            if inside == 0 {
                return;
            }
            let pointer = std::ptr::without_provenance_mut(first);
            let advice = rustix::mm::Advice::LinuxPopulateWrite;
            // SAFETY: MADV_POPULATE_WRITE makes what pages are missing, and changes no byte of those that are there:
            // whatever the range has become, nothing that Rust sees of it is other than before.
            let made = unsafe { rustix::mm::madvise(pointer, inside, advice) };
            let _ = made; // an older kernel makes them later
        }
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    /// Else the system would not move it, and to grow it would be copied.
    #[test]
    fn a_buffer_of_huge_pages_is_one_mapping() -> std::result::Result<(), Box<dyn std::error::Error>> {
        let mut items = Vec::<u64>::with_capacity(HUGE);
        advise_huge(&mut items);
        let start = items.as_ptr().addr();
        let end = start + items.capacity() * size_of::<u64>();
        let mut found = false;
        for line in std::fs::read_to_string("/proc/self/maps")?.lines() {
            let range = line.split_whitespace().next().and_then(|range| range.split_once('-'));
            let (first, last) = range.ok_or("no range")?;
            let [first, last] = [first, last].map(|address| usize::from_str_radix(address, 16));
            found |= first? <= start && end <= last?;
        }
        assert!(found, "{start:x}-{end:x}");
        Ok(())
    }
}
