//! How objects are fetched and sent.

use crate::npy::{ReadOptions, WriteOptions};

/// How objects are fetched and sent: how many requests at a time, and how large each one is.
///
/// Retries and timeouts are those of the store: `object_store` has options for them.
///
/// # Examples
///
/// ```
/// use ndarray_io::ReadOptions;
/// use ndarray_io::remote::RemoteOptions;
///
/// // For a store that is near: small ranges cost little there.
/// let options = RemoteOptions::new()
///     .in_flight(16)
///     .range_size(1 << 20)
///     .gap(64 << 10)
///     .read_options(ReadOptions::new().max_bytes(1 << 30));
/// # let _ = options;
/// ```
#[derive(Clone, Debug)]
pub struct RemoteOptions {
    pub(super) in_flight: usize,
    pub(super) range_size: usize,
    pub(super) gap: u64,
    pub(super) part_size: usize,
    pub(super) allow_whole: bool,
    pub(super) read: ReadOptions,
    pub(super) write: WriteOptions,
}

impl Default for RemoteOptions {
    fn default() -> Self {
        RemoteOptions {
            in_flight: 8,
            range_size: 8 << 20,
            gap: 1 << 20,
            part_size: 8 << 20,
            allow_whole: false,
            read: ReadOptions::default(),
            write: WriteOptions::default(),
        }
    }
}

impl RemoteOptions {
    /// The defaults: 8 requests at a time, ranges and parts of 8 MiB, gaps of up to 1 MiB read over.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::remote::RemoteOptions;
    ///
    /// let defaults = RemoteOptions::new().in_flight(8).range_size(8 << 20).gap(1 << 20).part_size(8 << 20);
    /// assert_eq!(format!("{:?}", RemoteOptions::new()), format!("{defaults:?}"));
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// How many requests are under way at a time, at least 1; 8 by default.
    ///
    /// While sending, so many parts are in memory besides the array.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::remote::RemoteOptions;
    ///
    /// let patient = RemoteOptions::new().in_flight(2); // for a server that counts requests
    /// # let _ = patient;
    /// ```
    #[must_use]
    pub fn in_flight(mut self, requests: usize) -> Self {
        self.in_flight = requests.max(1);
        self
    }

    /// How many bytes one request asks for at most, at least 1; 8 MiB by default.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::remote::RemoteOptions;
    ///
    /// let near = RemoteOptions::new().range_size(1 << 20).in_flight(32);
    /// # let _ = near;
    /// ```
    #[must_use]
    pub fn range_size(mut self, bytes: usize) -> Self {
        self.range_size = bytes.max(1);
        self
    }

    /// How many bytes between two pieces of a slice are fetched along with them, rather than making two requests; 1 MiB
    /// by default.
    ///
    /// It is what a connection transfers in the time that a request takes to be answered.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::remote::RemoteOptions;
    ///
    /// let exact = RemoteOptions::new().gap(0); // no byte that is not needed
    /// # let _ = exact;
    /// ```
    #[must_use]
    pub fn gap(mut self, bytes: u64) -> Self {
        self.gap = bytes;
        self
    }

    /// How many bytes each part of an upload has, at least 1; 8 MiB by default. What fits in one part is sent at once.
    ///
    /// S3 takes no parts below 5 MiB but the last, and 10 000 parts at most: of a larger array the parts are larger.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::remote::RemoteOptions;
    ///
    /// let large = RemoteOptions::new().part_size(64 << 20); // fewer parts, more memory
    /// # let _ = large;
    /// ```
    #[must_use]
    pub fn part_size(mut self, bytes: usize) -> Self {
        self.part_size = bytes.max(1);
        self
    }

    /// Whether an object is fetched whole, and kept in memory, when its server cannot send a range of it; an error by
    /// default.
    ///
    /// [`ReadOptions::max_bytes`] limits how large an object may be for that.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::remote::RemoteOptions;
    ///
    /// // A simple HTTP server, which sends whole files only.
    /// let whole = RemoteOptions::new().allow_whole(true);
    /// # let _ = whole;
    /// ```
    #[must_use]
    pub fn allow_whole(mut self, allow: bool) -> Self {
        self.allow_whole = allow;
        self
    }

    /// What arrays may be cast to, and how much may be read.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::remote::RemoteOptions;
    /// use ndarray_io::{Casting, ReadOptions};
    ///
    /// let careful = ReadOptions::new().casting(Casting::Safe).max_bytes(1 << 30);
    /// let options = RemoteOptions::new().read_options(careful);
    /// # let _ = options;
    /// ```
    #[must_use]
    pub fn read_options(mut self, options: ReadOptions) -> Self {
        self.read = options;
        self
    }

    /// The dtype, order and version of what is written.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::WriteOptions;
    /// use ndarray_io::remote::RemoteOptions;
    ///
    /// let options = RemoteOptions::new().write_options(WriteOptions::new().dtype("<U16".parse()?));
    /// # let _ = options;
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    #[must_use]
    pub fn write_options(mut self, options: WriteOptions) -> Self {
        self.write = options;
        self
    }
}
