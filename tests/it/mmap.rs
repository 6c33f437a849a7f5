//! Maps of files, against NumPy's both ways, and against files that change under them.

#![allow(clippy::undocumented_unsafe_blocks)] // always the same: nobody else knows the test's file

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use bytemuck::{Pod, Zeroable};
use ndarray::{Array, Array1, Array2, Array3, ArrayD, Axis, Ix1, Ix2, Ix3, IxDyn, Order, array, s};
use ndarray_io::{
    Advice, ErrorKind, Header, NpyMmap, NpyMmapMut, RawLayout, RawMmap, RawMmapMut, Result, WriteOptions, read_npy,
    read_raw, write_npy, write_raw,
};
use num_complex::Complex;
use serde::{Deserialize, Serialize};
use tempfile::{TempDir, tempdir};

use crate::support::python;

fn place() -> (TempDir, PathBuf) {
    let dir = tempdir().unwrap();
    let path = dir.path().join("a.npy");
    (dir, path)
}

// SAFETY of all of these: each test's files are its own, and it uses no view of a file that it changes otherwise.
fn open(path: &Path) -> Result<NpyMmap> {
    #[allow(unsafe_code)]
    unsafe {
        NpyMmap::open(path)
    }
}
fn open_mut(path: &Path) -> Result<NpyMmapMut> {
    #[allow(unsafe_code)]
    unsafe {
        NpyMmapMut::open(path)
    }
}
fn open_private(path: &Path) -> Result<NpyMmapMut> {
    #[allow(unsafe_code)]
    unsafe {
        NpyMmapMut::open_private(path)
    }
}
fn create(path: &Path, header: Header) -> Result<NpyMmapMut> {
    #[allow(unsafe_code)]
    unsafe {
        NpyMmapMut::create_with(path, header)
    }
}
fn open_raw(path: &Path, layout: &RawLayout) -> Result<RawMmap> {
    #[allow(unsafe_code)]
    unsafe {
        RawMmap::open(path, layout)
    }
}
fn open_raw_mut(path: &Path, layout: &RawLayout) -> Result<RawMmapMut> {
    #[allow(unsafe_code)]
    unsafe {
        RawMmapMut::open(path, layout)
    }
}
fn open_raw_private(path: &Path, layout: &RawLayout) -> Result<RawMmapMut> {
    #[allow(unsafe_code)]
    unsafe {
        RawMmapMut::open_private(path, layout)
    }
}
fn create_raw(path: &Path, layout: &RawLayout) -> Result<RawMmapMut> {
    #[allow(unsafe_code)]
    unsafe {
        RawMmapMut::create(path, layout)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable, Serialize, Deserialize)]
#[repr(C)]
struct Point {
    x: f32,
    y: f32,
    id: u64,
}

#[test]
fn maps_view_what_was_written() {
    let (_dir, path) = place();
    let a = Array::from_shape_fn((3, 4, 5), |(i, j, k)| (i * 100 + j * 10 + k) as f64);
    for order in [Order::RowMajor, Order::ColumnMajor] {
        WriteOptions::new().order(order).write_npy(&path, &a).unwrap();
        let map = open(&path).unwrap();
        map.advise(Advice::Sequential).unwrap();
        assert_eq!(map.view::<f64, Ix3>().unwrap(), a);
        assert_eq!(map.view::<f64, IxDyn>().unwrap(), a.view().into_dyn());
        assert_eq!((map.shape(), map.header().order), (&[3, 4, 5][..], order));
        assert_eq!(map.as_bytes().len(), 480);
        assert_eq!(open_mut(&path).unwrap().view::<f64, Ix3>().unwrap(), a);
        assert!(map.view_or_read::<f64, Ix3>().unwrap().is_view());
    }
    write_npy(&path, &array![true, false]).unwrap();
    assert_eq!(open(&path).unwrap().view::<bool, Ix1>().unwrap(), array![true, false]);
    write_npy(&path, &array![Complex::new(1.0, 2.0)]).unwrap();
    assert_eq!(open(&path).unwrap().view::<Complex<f64>, Ix1>().unwrap()[0].im, 2.0);
    write_npy(&path, &Array2::<f32>::zeros((0, 4))).unwrap();
    assert_eq!(open(&path).unwrap().view::<f32, Ix2>().unwrap().dim(), (0, 4));
    write_npy(&path, &ndarray::arr0(7_u8)).unwrap();
    assert_eq!(open(&path).unwrap().view::<u8, IxDyn>().unwrap().first(), Some(&7));
}

#[test]
fn changes_are_the_files() {
    let (_dir, path) = place();
    write_npy(&path, &Array1::from_iter(0..100_000_i32)).unwrap();
    let mut map = open_mut(&path).unwrap();
    map.view_mut::<i32, Ix1>().unwrap().slice_mut(s![..;-3]).fill(-1);
    map.flush_range(0..10).unwrap();
    map.flush_range(99_999..100_000).unwrap();
    map.flush().unwrap();
    let error = map.flush_range(10..100_001).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Argument);
    assert!(
        error.to_string().ends_with("elements 10..100001 of an array of 100000"),
        "{error}"
    );
    drop(map);
    let read: Array1<i32> = read_npy(&path).unwrap();
    assert!(read.iter().rev().enumerate().all(|(i, &v)| (v == -1) == (i % 3 == 0)));

    let mut private = open_private(&path).unwrap();
    private.view_mut::<i32, Ix1>().unwrap().fill(5);
    private.flush().unwrap();
    assert!(private.view::<i32, Ix1>().unwrap().iter().all(|&v| v == 5));
    assert_eq!(read_npy::<_, Array1<i32>>(&path).unwrap(), read);
}

#[test]
fn a_private_map_needs_no_right_to_write() {
    let (_dir, path) = place();
    write_npy(&path, &array![1_u8]).unwrap();
    let mut permissions = fs::metadata(&path).unwrap().permissions();
    permissions.set_readonly(true);
    fs::set_permissions(&path, permissions).unwrap();
    assert_eq!(open(&path).unwrap().view::<u8, Ix1>().unwrap()[0], 1);
    let mut private = open_private(&path).unwrap();
    private.view_mut::<u8, Ix1>().unwrap()[0] = 2;
    // Root may write all the same.
    if File::options().write(true).open(&path).is_err() {
        let error = open_mut(&path).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Io);
        assert_eq!(error.path(), Some(path.as_path()));
    }
    let missing = path.with_extension("none");
    assert_eq!(open(&missing).unwrap_err().path(), Some(missing.as_path()));
    assert_eq!(open(missing.parent().unwrap()).unwrap_err().kind(), ErrorKind::Io);
}

#[test]
fn maps_are_made_sparse_and_whole() {
    let (_dir, path) = place();
    // Also over a file that somebody still has mapped.
    write_npy(&path, &array![[1.0]]).unwrap();
    let old = open(&path).unwrap();
    let header = Header::new("<f8".parse().unwrap(), Order::RowMajor, [1 << 20, 1 << 10]);
    let mut map = create(&path, header).unwrap();
    assert_eq!(map.view::<f64, Ix2>().unwrap()[[1 << 19, 1000]], 0.0);
    map.view_mut::<f64, Ix2>().unwrap()[[1 << 19, 1000]] = 1.5;
    drop(map);
    assert_eq!(old.view::<f64, Ix2>().unwrap(), array![[1.0]]);
    assert_eq!(open(&path).unwrap().view::<f64, Ix2>().unwrap()[[1 << 19, 1000]], 1.5);
    assert_eq!(fs::metadata(&path).unwrap().len(), 128 + (8 << 30));
    #[cfg(target_os = "linux")]
    {
        use std::os::unix::fs::MetadataExt;
        assert!(fs::metadata(&path).unwrap().blocks() * 512 < 1 << 20);
    }
    #[allow(unsafe_code)] // SAFETY: the file is this test's
    let map = unsafe { NpyMmapMut::create::<u16, _>(&path, (2, 3)) }.unwrap();
    map.reserve().unwrap();
    assert_eq!((map.dtype().to_string().as_str(), map.shape()), ("<u2", &[2, 3][..]));

    let too_large = Header::new("<f8".parse().unwrap(), Order::RowMajor, [usize::MAX / 8, 2]);
    assert_eq!(create(&path, too_large).unwrap_err().kind(), ErrorKind::Shape);
    let largest = Header::new("<f8".parse().unwrap(), Order::RowMajor, [isize::MAX as usize / 8]);
    assert!(matches!(
        create(&path, largest).unwrap_err().kind(),
        ErrorKind::Io | ErrorKind::Shape
    ));
    assert_eq!(open(&path).unwrap().shape(), [2, 3], "what fails leaves the old file");
}

#[test]
fn what_cannot_be_viewed_says_why_and_is_read() {
    let (_dir, path) = place();
    WriteOptions::new()
        .dtype(">f8".parse().unwrap())
        .write_npy(&path, &array![1.0, 2.0])
        .unwrap();
    let map = open(&path).unwrap();
    let error = map.view::<f64, Ix1>().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Layout);
    let text = error.to_string();
    assert!(
        text.ends_with("in foreign byte order; read it instead of viewing it"),
        "{text}"
    );
    assert_eq!(map.view_or_read::<f64, Ix1>().unwrap(), array![1.0, 2.0]);
    assert_eq!(map.view_or_read::<f32, Ix1>().unwrap_err().kind(), ErrorKind::Dtype);
    assert_eq!(map.view::<f64, Ix2>().unwrap_err().kind(), ErrorKind::Shape);

    // A header of an odd length: legal, and it misaligns the data.
    let mut bytes = b"\x93NUMPY\x01\x00\x37\x00".to_vec();
    bytes.extend(format!("{:54}\n", "{'descr':'<i4','fortran_order':True,'shape':(2,3)}").bytes());
    assert_eq!(bytes.len(), 65);
    (0..6_i32).for_each(|i| bytes.extend(i.to_le_bytes()));
    fs::write(&path, &bytes).unwrap();
    let map = open(&path).unwrap();
    assert_eq!(map.view::<i32, Ix2>().unwrap_err().kind(), ErrorKind::Layout);
    assert_eq!(map.view_or_read::<i32, Ix2>().unwrap(), array![[0, 2, 4], [1, 3, 5]]);

    let mut bools = Vec::new();
    ndarray_io::WriteNpyExt::write_npy(&array![1_u8, 2], &mut bools).unwrap();
    let at = bools.windows(3).position(|window| window == b"|u1").unwrap();
    bools[at..at + 3].copy_from_slice(b"|b1");
    fs::write(&path, &bools).unwrap();
    assert_eq!(
        open(&path).unwrap().view::<bool, Ix1>().unwrap_err().kind(),
        ErrorKind::Value
    );
}

#[test]
fn a_file_that_is_too_short_is_an_error_and_no_bus_error() {
    let (_dir, path) = place();
    write_npy(&path, &Array1::<f64>::zeros(10_000)).unwrap();
    let cut = |len: u64| File::options().write(true).open(&path).unwrap().set_len(len).unwrap();
    let mut open_maps = (open(&path).unwrap(), open_mut(&path).unwrap());
    cut(80_127);
    let text = "file of 80127 bytes is too short to be mapped: an array of shape [10000], dtype <f8 at byte 128 ends \
                at 80128";
    let errors = [
        open(&path).unwrap_err(),
        open_mut(&path).unwrap_err(),
        open_private(&path).unwrap_err(),
        // Mapped while it was long enough: asked again before each view.
        open_maps.0.view::<f64, Ix1>().unwrap_err(),
        open_maps.0.view_or_read::<f64, Ix1>().unwrap_err(),
        open_maps.1.view_mut::<f64, Ix1>().unwrap_err(),
    ];
    for error in errors {
        assert_eq!(error.kind(), ErrorKind::Truncated);
        assert_eq!(error.to_string(), format!("{}: {text}", path.display()));
    }
    assert_eq!(
        fs::metadata(&path).unwrap().len(),
        80_127,
        "not filled up, as NumPy would"
    );
    cut(100);
    assert_eq!(open(&path).unwrap_err().kind(), ErrorKind::Truncated);
    cut(0);
    assert_eq!(open(&path).unwrap_err().kind(), ErrorKind::Truncated);
    let objects = b"{'descr': '|O', 'fortran_order': False, 'shape': (1,), }";
    let mut bytes = b"\x93NUMPY\x01\x00\x38\x00".to_vec();
    bytes.extend(objects);
    fs::write(&path, bytes).unwrap();
    assert_eq!(open(&path).unwrap_err().kind(), ErrorKind::Object);
}

#[test]
fn numpy_maps_ours_and_we_map_its() {
    let Some(mut numpy) = python::numpy("maps") else { return };
    let (_dir, path) = place();
    let name = path.to_str().unwrap().as_bytes();
    // Byte for byte what open_memmap makes.
    for (descr, order, fortran) in [("<f8", Order::RowMajor, "False"), (">i2", Order::ColumnMajor, "True")] {
        let header = Header::new(descr.parse().unwrap(), order, [3, 4]);
        drop(create(&path, header).unwrap());
        let ours = fs::read(&path).unwrap();
        let code = format!("np.lib.format.open_memmap(inputs[0].decode(), 'w+', '{descr}', (3, 4), {fortran}).flush()");
        numpy.run(&code, &[name]);
        assert_eq!(fs::read(&path).unwrap(), ours, "{descr}");
    }
    // Its map here, ours there, and each sees the other's changes.
    numpy.run(
        "a = np.lib.format.open_memmap(inputs[0].decode(), 'w+', 'f4', (5, 7)); a[:] = np.arange(35).reshape(5, 7)\n\
         a.flush()",
        &[name],
    );
    let mut map = open_mut(&path).unwrap();
    assert_eq!(map.view::<f32, Ix2>().unwrap()[[4, 6]], 34.0);
    map.view_mut::<f32, Ix2>().unwrap().row_mut(2).fill(-1.0);
    let out = numpy.run(
        "a = np.load(inputs[0].decode(), mmap_mode='r+'); outputs.append(npy(a[2])); a[0, 0] = 9; a.flush()",
        &[name],
    );
    let row: Array1<f32> = ndarray_io::ReadNpyExt::read_npy(&out[0][..]).unwrap();
    assert_eq!(row, Array1::from_elem(7, -1.0));
    assert_eq!(map.view::<f32, Ix2>().unwrap()[[0, 0]], 9.0);

    // Records, in Fortran order.
    numpy.run(
        "t = [('x', '<f4'), ('y', '<f4'), ('id', '<u8')]\n\
         a = np.lib.format.open_memmap(inputs[0].decode(), 'w+', t, (3, 2), True); a['id'] = [[1, 2], [3, 4], [5, 6]]\n\
         a.flush()",
        &[name],
    );
    let mut map = open_mut(&path).unwrap();
    let ids = map.view::<Point, Ix2>().unwrap().map(|point| point.id);
    assert_eq!(ids, array![[1, 2], [3, 4], [5, 6]]);
    map.view_mut::<Point, Ix2>().unwrap()[[2, 0]].y = 0.5;
    let out = numpy.run(
        "a = np.load(inputs[0].decode(), mmap_mode='r'); outputs.append(npy(a['y']))",
        &[name],
    );
    let y: Array2<f32> = ndarray_io::ReadNpyExt::read_npy(&out[0][..]).unwrap();
    assert_eq!(y, array![[0.0, 0.0], [0.0, 0.0], [0.5, 0.0]]);
}

#[test]
fn numpy_memmaps_ours_and_we_map_its() {
    let Some(mut numpy) = python::numpy("raw maps") else {
        return;
    };
    let (_dir, path) = place();
    let name = path.to_str().unwrap().as_bytes();
    numpy.run(
        "m = np.memmap(inputs[0].decode(), '<i4', 'w+', offset=5001, shape=(30, 40), order='F')\n\
         m[:] = np.arange(1200).reshape(30, 40); m.flush()",
        &[name],
    );
    let layout = RawLayout::new("<i4".parse().unwrap())
        .offset(5001)
        .shape((30, 40))
        .order(Order::ColumnMajor);
    let expected = Array1::from_iter(0..1200).into_shape_with_order((30, 40)).unwrap();
    assert_eq!(layout.read::<i32, Ix2>(&path).unwrap(), expected);
    // An odd offset is misaligned, but bytes are not.
    let map = open_raw(&path, &layout).unwrap();
    assert_eq!(map.view::<i32, Ix2>().unwrap_err().kind(), ErrorKind::Layout);
    assert_eq!(map.view_or_read::<i32, Ix2>().unwrap(), expected);
    drop(map);

    let layout = RawLayout::of::<u16>().unwrap().offset(4098).shape([7]);
    let mut map = create_raw(&path, &layout).unwrap();
    map.view_mut::<u16, Ix1>().unwrap().assign(&Array1::from_iter(0..7));
    let out = numpy.run(
        "m = np.memmap(inputs[0].decode(), '<u2', 'r+', offset=4098); outputs.append(npy(m)); m[3] = 99; m.flush()",
        &[name],
    );
    let theirs: Array1<u16> = ndarray_io::ReadNpyExt::read_npy(&out[0][..]).unwrap();
    assert_eq!(theirs, Array1::from_iter(0..7));
    assert_eq!(map.view::<u16, Ix1>().unwrap()[3], 99);

    // fromfile and tofile.
    numpy.run(
        "np.arange(12, dtype='>f4').reshape(3, 4).T.tofile(inputs[0].decode())",
        &[name],
    );
    let theirs: Array2<f32> = RawLayout::new(">f4".parse().unwrap())
        .shape((4, 3))
        .read(&path)
        .unwrap();
    assert_eq!(theirs[[1, 2]], 9.0);
    write_raw(&path, &theirs.t()).unwrap();
    let out = numpy.run(
        "outputs.append(npy(np.fromfile(inputs[0].decode(), 'f4', 5, offset=8)))",
        &[name],
    );
    let back: Array1<f32> = ndarray_io::ReadNpyExt::read_npy(&out[0][..]).unwrap();
    assert_eq!(back, Array1::from_iter(2_u8..7).mapv(f32::from));
}

#[test]
fn raw_maps_grow_as_numpys_do() {
    let (_dir, path) = place();
    let layout = RawLayout::of::<u32>().unwrap();
    fs::write(&path, [1, 0, 0, 0, 2, 0, 0, 0, 3, 0]).unwrap();
    let message = |error: ndarray_io::Error| error.to_string().split_once(": ").unwrap().1.to_owned();

    // Without a shape: whole elements only.
    let error = open_raw(&path, &layout).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Argument);
    assert_eq!(
        message(error),
        "10 bytes after byte 0 are no whole number of elements of `<u4` (uint32); give a shape"
    );
    let map = open_raw(&path, &layout.clone().offset(2)).unwrap();
    assert_eq!(map.shape(), [2]);
    assert!(open_raw(&path, &layout.clone().offset(11)).is_err());
    assert_eq!(open_raw(&path, &layout.clone().offset(10)).unwrap().shape(), [0]);

    // With one: r and c refuse a short file, r+ extends it by zeros.
    let three = layout.clone().shape(3);
    for result in [
        open_raw(&path, &three).map(|_| ()),
        open_raw_private(&path, &three).map(|_| ()),
    ] {
        let error = result.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Truncated);
        assert_eq!(
            message(error),
            "file of 10 bytes is too short to be mapped: an array of shape [3], dtype <u4 at byte 0 ends at 12"
        );
    }
    assert_eq!(
        open_raw_private(&path, &layout.clone().shape(2))
            .unwrap()
            .view::<u32, Ix1>()
            .unwrap(),
        array![1, 2]
    );
    assert_eq!(
        open_raw_mut(&path, &three).unwrap().view::<u32, Ix1>().unwrap(),
        array![1, 2, 3]
    );
    assert_eq!(fs::metadata(&path).unwrap().len(), 12);
    assert_eq!(open_raw_mut(&path, &layout.clone().shape(2)).unwrap().shape(), [2]);
    assert_eq!(fs::metadata(&path).unwrap().len(), 12, "never shortened");

    let error = create_raw(&path, &layout).unwrap_err();
    assert_eq!(
        message(error),
        "a layout without a shape; set it with `RawLayout::shape`"
    );
    assert_eq!(
        create_raw(&path, &three).unwrap().view::<u32, Ix1>().unwrap(),
        array![0, 0, 0]
    );
    let text = RawLayout::new("<U0".parse().unwrap());
    assert_eq!(open_raw(&path, &text).unwrap_err().kind(), ErrorKind::Argument);
}

#[test]
fn raw_files_that_are_short_give_both_counts() {
    let (_dir, path) = place();
    write_raw(&path, &array![1.0, 2.0, 3.0]).unwrap();
    assert_eq!(read_raw::<f64>(&path, Some(2), 8).unwrap(), array![2.0, 3.0]);
    assert_eq!(read_raw::<f64>(&path, 0, 24).unwrap().len(), 0);
    let error = read_raw::<f64>(&path, 3, 8).unwrap_err();
    assert_eq!(
        (error.kind(), error.to_string()),
        (
            ErrorKind::Truncated,
            format!(
                "{}: file has 2 elements of `<f8` (float64) from byte 8 on, 3 were asked for (16 of 24 bytes)",
                path.display()
            )
        )
    );
    assert_eq!(
        read_raw::<f64>(&path, 1, 1 << 40).unwrap_err().kind(),
        ErrorKind::Truncated
    );
    assert_eq!(
        read_raw::<f64>(&path, usize::MAX, 0).unwrap_err().kind(),
        ErrorKind::Shape
    );
    // As NumPy: what is not whole at the end is left out.
    assert_eq!(read_raw::<f64>(&path, None, 4).unwrap().len(), 2);
    assert_eq!(read_raw::<f64>(&path, None, 100).unwrap().len(), 0);
    let dynamic = RawLayout::new("|V6".parse().unwrap())
        .shape((2, 2))
        .read_dyn(&path)
        .unwrap();
    assert_eq!(
        (dynamic.shape(), dynamic.dtype().to_string().as_str()),
        (&[2, 2][..], "|V6")
    );
    let strided = Array3::from_shape_fn((4, 5, 6), |(i, j, k)| i * 100 + j * 10 + k).mapv(|v| v as i64);
    write_raw(&path, &strided.slice(s![..;2, .., ..;-1])).unwrap();
    let back: ArrayD<i64> = RawLayout::of::<i64>()
        .unwrap()
        .shape(&[2, 5, 6][..])
        .read(&path)
        .unwrap();
    assert_eq!(back, strided.slice(s![..;2, .., ..;-1]).into_dyn());
    assert_eq!(back.index_axis(Axis(0), 1)[[0, 0]], 205);
}

#[test]
#[cfg(unix)]
fn raw_values_come_out_of_a_pipe() {
    let (_dir, path) = place();
    assert!(
        std::process::Command::new("mkfifo")
            .arg(&path)
            .status()
            .unwrap()
            .success()
    );
    for (count, expected) in [(None, array![2_u16, 3, 4]), (Some(2), array![2, 3])] {
        let writer = std::thread::spawn({
            let path = path.clone();
            move || fs::write(path, [1, 0, 2, 0, 3, 0, 4, 0, 5])
        });
        assert_eq!(read_raw::<u16>(&path, count, 2).unwrap(), expected);
        let _ = writer.join().unwrap(); // a broken pipe, if not all was read
    }
}

#[test]
fn records_are_viewed_where_they_lie_as_in_memory() {
    let (_dir, path) = place();
    let points = array![Point { x: 1.0, y: 2.0, id: 3 }, Point { x: 4.0, y: 5.0, id: 6 }];
    let options = WriteOptions::new().dtype("[('x', '<f4'), ('y', '<f4'), ('id', '<u8')]".parse().unwrap());
    options.write_npy(&path, &points).unwrap();
    let mut map = open_mut(&path).unwrap();
    assert_eq!(map.view::<Point, Ix1>().unwrap(), points);
    map.view_mut::<Point, Ix1>().unwrap()[1].id = 60;
    drop(map);
    assert_eq!(read_npy::<_, Array1<Point>>(&path).unwrap()[1].id, 60);

    let options = WriteOptions::new().dtype("[('y', '<f4'), ('x', '<f4'), ('id', '<u8')]".parse().unwrap());
    options.write_npy(&path, &points).unwrap();
    let map = open(&path).unwrap();
    assert_eq!(map.view::<Point, Ix1>().unwrap_err().kind(), ErrorKind::Layout);
    assert_eq!(map.view_or_read::<Point, Ix1>().unwrap(), points);
}
