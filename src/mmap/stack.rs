//! Maps of the chunks of a stack.

use super::NpyMmap;
use crate::error::Result;
use crate::stack::NpyStack;

impl NpyStack {
    /// Maps the chunk of that number, counted from 0: it is viewed where it lies in its file.
    ///
    /// # Safety
    ///
    /// As for [`NpyMmap::open`].
    ///
    /// # Errors
    ///
    /// As [`block`](NpyStack::block) and [`NpyMmap::open`].
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let folder = dir.path().join("stack");
    /// # let writer = ndarray_io::NpyStackWriter::new(&folder, 0)?;
    /// # writer.write(0, &ndarray::array![1.0, 2.0])?;
    /// # writer.finish(1)?;
    /// use ndarray::Ix1;
    /// use ndarray_io::NpyStack;
    ///
    /// let stack = NpyStack::open(&folder)?;
    /// // SAFETY: nobody changes or shortens the file while it is mapped.
    /// let map = unsafe { stack.map_block(0)? };
    /// assert_eq!(map.view::<f64, Ix1>()?.sum(), 3.0);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub unsafe fn map_block(&self, chunk: usize) -> Result<NpyMmap> {
        self.check_chunk(chunk)?;
        // SAFETY: what the caller promised.
        unsafe { NpyMmap::open(self.chunk_path(chunk)) }
    }
}
