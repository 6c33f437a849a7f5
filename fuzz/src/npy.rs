//! `.npy`: headers, dtypes, arrays.

use std::io::{self, Read};

use ndarray::{ArrayD, ArrayViewD, ArrayViewMutD, IxDyn, Order, SliceInfoElem};
use ndarray_io::{
    Casting, Dtype, DynArray, Error, Header, NpyReader, ReadNpyExt, ReadOptions, ViewMutNpyExt, ViewNpyExt, WriteNpyExt,
};

/// Any bytes are a header or an error, and a header that was read is written as one that says the same.
pub fn header(bytes: &[u8]) {
    let Ok(header) = Header::read(&mut &bytes[..]) else {
        return;
    };
    let Ok(again) = header.to_bytes(None) else { return };
    let same = Header::read_with(&mut &again[..], usize::MAX).expect("a header that was written");
    assert_eq!(same, header);
}

/// Any text is a dtype or an error, and a dtype's descr is a dtype of the same size.
pub fn descr(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let Ok(dtype) = text.parse::<Dtype>() else { return };
    let _ = (dtype.alignment(), dtype.aligned());
    if let Ok(same) = dtype.descr().parse::<Dtype>() {
        assert_eq!(same.itemsize(), dtype.itemsize());
    }
}

/// Any bytes are an array or an error, by each way to read or view them.
pub fn read(bytes: &[u8]) {
    if let Ok(array) = DynArray::read_npy(bytes) {
        let _ = array.to_string();
        let _ = array.into_array::<serde_json::Value, IxDyn>(Casting::Unsafe);
    }
    let unsafely = ReadOptions::new().casting(Casting::Unsafe);
    let _ = ArrayD::<f64>::read_npy_with(bytes, &unsafely);
    let _ = ArrayD::<i32>::read_npy_with(bytes, &unsafely);
    let _ = ArrayD::<String>::read_npy(bytes);
    let _ = ArrayD::<Option<f32>>::read_npy_with(bytes, &unsafely);
    let _ = ArrayViewD::<bool>::view_npy(bytes);
    let _ = ArrayViewD::<[u8; 3]>::view_npy(bytes);
    let view = ArrayViewD::<f64>::view_npy(bytes).map(|view| view.map(|value| value.to_bits()));
    let mut copy = bytes.to_vec();
    let _ = ArrayViewMutD::<u16>::view_mut_npy(&mut copy).map(|mut view| view.fill(0));
    if let (Ok(view), Ok(read)) = (view, ArrayD::<f64>::read_npy(bytes)) {
        assert_eq!(view, read.map(|value| value.to_bits()));
    }
}

/// An array that was read is written as a file that is read as the same bytes.
pub fn roundtrip(bytes: &[u8]) {
    let Ok(array) = DynArray::read_npy(bytes) else { return };
    if array.dtype().has_object() {
        return; // see `object`
    }
    let mut once = Vec::new();
    if array.write_npy(&mut once).is_err() {
        return;
    }
    let Ok(same) = DynArray::read_npy(&once[..]) else {
        return;
    };
    let mut twice = Vec::new();
    same.write_npy(&mut twice).expect("what was written once");
    assert_eq!(once, twice);
}

/// The same bytes whole and in pieces give the same array, or errors of the same kind.
pub fn pieces(bytes: &[u8]) {
    let Some((&size, file)) = bytes.split_first() else {
        return;
    };
    let size = usize::from(size).max(1);
    let shown = |result: Result<DynArray, Error>| match result {
        Ok(array) => array.to_string(),
        Err(error) => format!("{:?}", error.kind()),
    };
    assert_eq!(
        shown(DynArray::read_npy(file)),
        shown(DynArray::read_npy(Pieces(file, size)))
    );
    rows(file, size);
}

/// Blocks of rows are the rows of the whole array.
fn rows(file: &[u8], n: usize) {
    let Ok(whole) = ArrayD::<f64>::read_npy(file) else {
        return;
    };
    let reader = NpyReader::new(Pieces(file, n)).expect("what was read once");
    let scattered = whole.ndim() > 1 && reader.header().order == Order::ColumnMajor;
    if whole.ndim() == 0 || scattered || reader.dtype().has_object() {
        return; // what has no rows, or none that lie together
    }
    let mut start = 0;
    for block in reader.rows::<f64, IxDyn>(n) {
        let block = block.expect("rows of what was read whole");
        let end = start + block.shape()[0];
        let expected = whole.slice_each_axis(|axis| match axis.axis.index() {
            0 => (start..end).into(),
            _ => (..).into(),
        });
        assert_eq!(
            block.map(|value| value.to_bits()),
            expected.map(|value| value.to_bits())
        );
        start = end;
    }
    assert_eq!(start, whole.shape()[0]);
}

/// A slice that is read is the slice of what is read: the first bytes say which, three an axis.
pub fn slice(bytes: &[u8]) {
    let Some((&axes, rest)) = bytes.split_first() else {
        return;
    };
    let axes = usize::from(axes % 5);
    let Some((choices, file)) = rest.split_at_checked(axes * 3) else {
        return;
    };
    let Ok(whole) = ArrayD::<u8>::read_npy_with(file, &ReadOptions::new().casting(Casting::Unsafe)) else {
        return;
    };
    if whole.ndim() != axes {
        return;
    }
    let mut info = Vec::new();
    for (axis, choice) in choices.chunks_exact(3).enumerate() {
        let len = whole.shape()[axis] as isize;
        let [start, end, step] = [choice[0], choice[1], choice[2]].map(|byte| isize::from(byte as i8));
        // What ndarray takes: it panics for bounds outside.
        let [start, end] = [start, end].map(|at| at.clamp(-len, len));
        info.push(match step {
            0 if len > 0 => SliceInfoElem::Index(start.clamp(-len, len - 1)),
            _ => SliceInfoElem::Slice {
                start,
                end: Some(end),
                step: if step == 0 { 1 } else { step },
            },
        });
    }
    let on_disk = super::on_disk(file);
    let options = ReadOptions::new().casting(Casting::Unsafe);
    let reader = NpyReader::open_with(on_disk.path(), &options).expect("what was read once");
    let part = reader
        .read_slice::<u8, IxDyn>(&info[..])
        .expect("a slice of what was read whole");
    assert_eq!(part, whole.slice(&info[..]));
}

/// Gives at most so many bytes at once.
struct Pieces<'a>(&'a [u8], usize);

impl Read for Pieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let len = buffer.len().min(self.1);
        self.0.read(&mut buffer[..len])
    }
}
