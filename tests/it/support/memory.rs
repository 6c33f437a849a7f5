//! What a test allocates.
#![allow(unsafe_code)] // an allocator is

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// The system's allocator, which counts what each thread takes.
struct Counting;

thread_local! {
    /// Bytes taken and not given back; below 0 on a thread that frees what another one took.
    static LIVE: Cell<isize> = const { Cell::new(0) };
    static PEAK: Cell<isize> = const { Cell::new(0) };
}

fn count(taken: usize, freed: usize) {
    // Without a value while a thread ends.
    let _ = LIVE.try_with(|live| {
        // No allocation is larger than isize::MAX.
        let most = live.get() + taken.cast_signed();
        live.set(most - freed.cast_signed());
        let _ = PEAK.try_with(|peak| peak.set(peak.get().max(most)));
    });
}

// SAFETY: every call goes to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size(), 0);
        // SAFETY: the caller's promises are the same.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size(), 0);
        // SAFETY: the caller's promises are the same.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        count(0, layout.size());
        // SAFETY: the caller's promises are the same.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size, layout.size()); // as if both were there at once, which they may be
        // SAFETY: the caller's promises are the same.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

/// Does `work`, and tells the most bytes that it held at once, on this thread.
pub fn peak<T>(work: impl FnOnce() -> T) -> (T, usize) {
    let before = LIVE.get();
    PEAK.set(before);
    let done = work();
    (done, usize::try_from(PEAK.get() - before).unwrap_or(0))
}

/// The same where the work is shared among threads: in a pool of one, all of it is done there.
#[cfg(feature = "rayon")]
pub fn peak_alone<T: Send>(work: impl FnOnce() -> T + Send) -> (T, usize) {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    pool.install(|| peak(work))
}

#[cfg(not(feature = "rayon"))]
pub fn peak_alone<T>(work: impl FnOnce() -> T) -> (T, usize) {
    peak(work)
}
