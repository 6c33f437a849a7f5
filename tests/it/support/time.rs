//! How long things may take, and do.

use std::time::{Duration, Instant};

/// The limit, or as many times that as `NDARRAY_IO_PATIENCE` says: for runs that a sanitizer makes slow.
pub fn patient(limit: Duration) -> Duration {
    let patience = std::env::var("NDARRAY_IO_PATIENCE").ok();
    limit * patience.and_then(|times| times.parse().ok()).unwrap_or(1)
}

/// How long it takes, from now on, until something is so.
pub fn until(is_so: impl Fn() -> bool) -> Duration {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < Duration::from_secs(60), "it takes more than a minute");
        std::thread::sleep(Duration::from_micros(100));
    }
    start.elapsed()
}
