//! Slices and blocks of rows, against the same slices of the array in memory, and against NumPy's.

#![allow(clippy::reversed_empty_ranges)] // 1..-1 counts from the end

use std::fs::File;
use std::io::{Cursor, Write};

use half::f16;
use ndarray::{
    Array, Array1, Array2, Array3, ArrayD, Axis, Ix0, Ix1, Ix2, Ix3, IxDyn, NewAxis, Order, Slice, SliceInfo,
    SliceInfoElem, s,
};
use ndarray_io::{Casting, DynArray, ErrorKind, NpyReader, ReadOptions, WriteOptions, write_npy};
use num_complex::Complex;
use proptest::prelude::*;
use tempfile::{TempDir, tempdir};

use crate::support::python;

/// A directory that lives as long as the test, and a path in it.
fn place() -> (TempDir, std::path::PathBuf) {
    let dir = tempdir().unwrap();
    let path = dir.path().join("a.npy");
    (dir, path)
}

/// Any slice of an array of that shape.
fn info_of(shape: Vec<usize>) -> impl Strategy<Value = (Vec<usize>, Vec<SliceInfoElem>)> {
    let elems: Vec<_> = shape
        .iter()
        .map(|&length| {
            let length = length as isize;
            let step = prop_oneof![Just(1), Just(1), Just(-1), -3_isize..=-1, 1_isize..=5];
            let from_the_end = move |index: isize, back: bool| if back { index - length } else { index };
            let range = (0..=length, 0..=length, step, any::<bool>(), any::<bool>()).prop_map(
                move |(start, end, step, back, open)| SliceInfoElem::Slice {
                    start: if start < length {
                        from_the_end(start, back)
                    } else {
                        start
                    },
                    end: if open { None } else { Some(end) },
                    step,
                },
            );
            let whole = Just(SliceInfoElem::from(..));
            let new_axis = proptest::bool::weighted(0.1);
            let elem = match length {
                0 => prop_oneof![range, whole].boxed(),
                _ => {
                    let index = (0..length, any::<bool>())
                        .prop_map(move |(index, back)| SliceInfoElem::Index(from_the_end(index, back)));
                    prop_oneof![3 => range, 3 => whole, 1 => index].boxed()
                }
            };
            (new_axis, elem).prop_map(|(new_axis, elem)| match new_axis {
                true => vec![SliceInfoElem::NewAxis, elem],
                false => vec![elem],
            })
        })
        .collect();
    elems.prop_map(move |elems| (shape.clone(), elems.concat()))
}

/// Shapes small and large enough that spans are cut into blocks.
pub fn any_slice() -> impl Strategy<Value = (Vec<usize>, Vec<SliceInfoElem>)> {
    let small = proptest::collection::vec(0_usize..7, 1..5);
    let large = prop_oneof![
        (1_usize..4, 20_000_usize..40_000).prop_map(|(n, m)| vec![n, m]),
        (20_000_usize..40_000, 1_usize..4).prop_map(|(n, m)| vec![n, m]),
        (1_usize..200, 1_usize..30, 1_usize..20).prop_map(|(n, m, k)| vec![n, m, k]),
    ];
    prop_oneof![3 => small, 1 => large].prop_flat_map(info_of)
}

pub fn in_memory<A: Clone>(array: &ArrayD<A>, info: &[SliceInfoElem]) -> ArrayD<A> {
    let info = SliceInfo::<_, IxDyn, IxDyn>::try_from(info).unwrap();
    array.slice(info).to_owned()
}

fn check<A>(make: impl Fn(usize) -> A, dtype: &str, order: Order, shape: &[usize], info: &[SliceInfoElem])
where
    A: Clone + PartialEq + std::fmt::Debug + serde::Serialize + serde::de::DeserializeOwned,
{
    let (_dir, path) = place();
    let count = shape.iter().product();
    let array = Array::from_iter((0..count).map(make))
        .into_shape_with_order(shape)
        .unwrap();
    let options = WriteOptions::new().dtype(dtype.parse().unwrap()).order(order);
    options.write_npy(&path, &array).unwrap();
    let reader = NpyReader::open(&path).unwrap();
    let sliced = reader.read_slice::<A, IxDyn>(info).unwrap();
    assert!(
        sliced == in_memory(&array, info),
        "{dtype} {order:?} {shape:?} {info:?}"
    );
    let stream = NpyReader::new(std::fs::File::open(&path).unwrap()).unwrap();
    let in_order = stream.read_slice_in_order::<A, IxDyn>(info).unwrap();
    assert!(in_order == sliced, "{dtype} {order:?} {shape:?} {info:?} in order");
    let dynamic = reader.read_slice_dyn(info).unwrap();
    assert_eq!(dynamic.dtype().to_string(), dtype);
    assert_eq!(dynamic.shape(), sliced.shape());
}

#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
struct Record {
    id: u16,
    value: f32,
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(120))]

    #[test]
    fn a_slice_is_what_it_is_in_memory((shape, info) in any_slice(), order in 0..2_usize, dtype in 0..8) {
        let order = [Order::RowMajor, Order::ColumnMajor][order];
        match dtype {
            0 => check(|i| i as u8, "|u1", order, &shape, &info),
            1 => check(|i| i as i32, ">i4", order, &shape, &info),
            2 => check(|i| i as f64, "<f8", order, &shape, &info),
            3 => check(|i| i % 3 == 0, "|b1", order, &shape, &info),
            4 => check(|i| Complex::new(i as f64, -1.0), "<c16", order, &shape, &info),
            5 => check(|i| f16::from_f32((i % 1000) as f32), "<f2", order, &shape, &info),
            6 => check(|i| format!("{}", i % 100), "<U3", order, &shape, &info),
            _ => check(|i| Record { id: i as u16, value: i as f32 },
                       "[('id', '<u2'), ('value', '<f4')]", order, &shape, &info),
        }
    }

    #[test]
    fn rows_are_the_array(
        rows in 0_usize..50, columns in 0_usize..20, n in 1_usize..60, fortran: bool, stream: bool,
    ) {
        let array = Array2::from_shape_fn((rows, columns), |(i, j)| (i * 100 + j) as f32);
        let order = if fortran { Order::ColumnMajor } else { Order::RowMajor };
        let (_dir, path) = place();
        WriteOptions::new().order(order).write_npy(&path, &array).unwrap();
        let blocks: Vec<Array2<f32>> = match stream && !fortran {
            true => {
                let bytes = std::fs::read(&path).unwrap();
                NpyReader::new(&bytes[..]).unwrap().rows(n).collect::<Result<_, _>>().unwrap()
            }
            false => NpyReader::open(&path).unwrap().rows(n).collect::<Result<_, _>>().unwrap(),
        };
        let mut start = 0;
        for block in &blocks {
            prop_assert_eq!(block.nrows(), n.min(rows - start));
            prop_assert_eq!(block, &array.slice(s![start..start + block.nrows(), ..]));
            start += block.nrows();
        }
        prop_assert_eq!(start, rows);
    }
}

#[test]
fn numpy_slices_the_same() {
    let Some(mut numpy) = python::numpy("slices") else {
        return;
    };
    let (_dir, path) = place();
    for order in ["C", "F"] {
        let setup = format!("a = np.arange(7*11*13, dtype='>i8').reshape((7,11,13)).copy(order='{order}')\n");
        let file = numpy.run(&(setup.clone() + "outputs.append(npy(a))"), &[]);
        std::fs::write(&path, &file[0]).unwrap();
        let reader = NpyReader::open(&path).unwrap();
        let mut same = |python: &str, sliced: ArrayD<i64>| {
            let code = format!("{setup}outputs.append(npy(a[{python}]))");
            let theirs = numpy.run(&code, &[]);
            let theirs: ArrayD<i64> = ndarray_io::ReadNpyExt::read_npy(&theirs[0][..]).unwrap();
            assert_eq!(sliced, theirs, "{order}: {python}");
        };
        same("1:3", reader.read_slice(s![1..3, .., ..]).unwrap().into_dyn());
        same(":, 3", reader.read_slice(s![.., 3, ..]).unwrap().into_dyn());
        same(":, :, -1", reader.read_slice(s![.., .., -1]).unwrap().into_dyn());
        same(
            "::2, 1:-1:3, 5:6",
            reader.read_slice(s![..;2, 1..-1;3, 5..6]).unwrap().into_dyn(),
        );
        same(
            "::-1, ::-1, ::-1",
            reader.read_slice(s![..;-1, ..;-1, ..;-1]).unwrap().into_dyn(),
        );
        same(
            "None, 2, ::-2, None, 4",
            reader.read_slice(s![NewAxis, 2, ..;-2, NewAxis, 4]).unwrap().into_dyn(),
        );
        same("3, 4, 5", reader.read_slice(s![3, 4, 5]).unwrap().into_dyn());
        same("2:2", reader.read_slice(s![2..2, .., ..]).unwrap().into_dyn());
    }
}

#[test]
fn the_result_has_the_order_of_the_file() {
    let (_dir, path) = place();
    let array = Array3::from_shape_fn((4, 5, 6), |(i, j, k)| i * 100 + j * 10 + k).mapv(|v| v as u64);
    write_npy(&path, &array).unwrap();
    let reader = NpyReader::open(&path).unwrap();
    let slice = reader.read_slice::<u64, Ix3>(s![..;-1, ..;2, ..;-3]).unwrap();
    assert!(slice.is_standard_layout());
    assert_eq!(slice, array.slice(s![..;-1, ..;2, ..;-3]));
    assert_eq!(reader.read_slice::<u64, Ix0>(s![1, 2, 3]).unwrap().into_scalar(), 123);
    assert_eq!(
        reader.read_slice::<u64, Ix2>(s![.., 4, ..]).unwrap(),
        array.index_axis(Axis(1), 4)
    );

    write_npy(&path, &array.t()).unwrap();
    let slice = NpyReader::open(&path)
        .unwrap()
        .read_slice::<u64, Ix2>(s![.., 1, ..;-1])
        .unwrap();
    assert!(slice.t().is_standard_layout());
    assert_eq!(slice, array.t().slice(s![.., 1, ..;-1]));
}

#[test]
fn options_count_for_slices() {
    let (_dir, path) = place();
    write_npy(&path, &Array1::<i32>::from_iter(0..1000)).unwrap();
    let options = ReadOptions::new().casting(Casting::Safe).max_bytes(40);
    let reader = NpyReader::open_with(&path, &options).unwrap();
    assert_eq!(reader.read_slice::<f64, Ix1>(s![..10]).unwrap()[9], 9.0);
    let error = reader.read_slice::<f64, Ix1>(s![..11]).unwrap_err();
    let message = "array of 44 bytes; `ReadOptions::max_bytes` allows 40";
    assert_eq!(error.to_string(), format!("{}: {message}", path.display()));
    let blocks: Vec<Array1<f64>> = reader.rows(10).collect::<Result<_, _>>().unwrap();
    assert_eq!(blocks.len(), 100);
}

#[test]
fn slices_that_do_not_fit_are_errors() {
    let (_dir, path) = place();
    write_npy(&path, &Array2::<u8>::zeros((3, 4))).unwrap();
    let reader = NpyReader::open(&path).unwrap();
    let whole = SliceInfoElem::from(..);
    let out_of_range = Slice::from(..5);
    for (info, message) in [
        (vec![whole], "slice of 1 axes, of an array of shape (3, 4), which has 2"),
        (
            vec![whole; 3],
            "slice of 3 axes, of an array of shape (3, 4), which has 2",
        ),
        (
            vec![whole, out_of_range.into()],
            "slice ..5 is out of range for an axis of length 4 (axis 1)",
        ),
        (
            vec![4.into(), whole],
            "index 4 is out of range for an axis of length 3 (axis 0)",
        ),
        (
            vec![whole, (-5).into()],
            "index -5 is out of range for an axis of length 4 (axis 1)",
        ),
        (
            vec![
                SliceInfoElem::Slice {
                    start: 0,
                    end: None,
                    step: 0,
                },
                whole,
            ],
            "slice with a step of 0 (axis 0)",
        ),
        (
            vec![
                SliceInfoElem::Slice {
                    start: isize::MIN,
                    end: Some(isize::MAX),
                    step: isize::MIN,
                },
                whole,
            ],
            "slice -9223372036854775808..9223372036854775807;-9223372036854775808 is out of range for an axis of \
             length 3 (axis 0)",
        ),
    ] {
        let error = reader.read_slice::<u8, IxDyn>(info).unwrap_err();
        let message = format!("{}: {message}", path.display());
        assert_eq!((error.kind(), error.to_string()), (ErrorKind::Argument, message));
    }
    let error = reader.read_slice::<u8, Ix1>([whole; 2]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Shape);
    let error = reader.read_slice::<i8, Ix2>(s![.., ..]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Dtype);
}

#[test]
fn rows_that_cannot_be_are_errors() {
    let first = |mut rows: ndarray_io::Rows<Cursor<Vec<u8>>, f64, Ix2>| {
        let error = rows.next().unwrap().unwrap_err();
        assert_eq!(rows.size_hint(), (0, Some(0)));
        assert!(rows.next().is_none());
        error.to_string()
    };
    let bytes = |array: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = Vec::new();
        array(&mut bytes);
        NpyReader::new(Cursor::new(bytes)).unwrap()
    };
    use ndarray_io::WriteNpyExt;
    let zeros = Array2::<f64>::zeros((2, 3));
    assert_eq!(
        first(bytes(&|b| zeros.write_npy(b).unwrap()).rows(0)),
        "blocks of 0 rows; the least is 1"
    );
    assert_eq!(
        first(bytes(&|b| zeros.t().write_npy(b).unwrap()).rows(1)),
        "rows of an array in Fortran order lie all over the stream; open it as a file, or read it whole"
    );
    assert_eq!(
        first(bytes(&|b| ndarray::arr0(1.0).write_npy(b).unwrap()).rows(1)),
        "an array of no dimensions has no rows; read it whole"
    );
}

#[test]
fn a_file_that_is_cut_is_an_error() {
    let (_dir, path) = place();
    write_npy(&path, &Array2::<f64>::zeros((1000, 100))).unwrap();
    let cut = |len: u64| File::options().write(true).open(&path).unwrap().set_len(len).unwrap();

    let opened = NpyReader::open(&path).unwrap();
    let mut rows = NpyReader::open(&path).unwrap().rows::<f64, Ix2>(100);
    assert!(rows.next().unwrap().is_ok());
    cut(128 + 100 * 800);
    // Cut after it was opened: the reads fail.
    for sliced in [
        opened.read_slice::<f64, Ix1>(s![.., 3]),
        opened.read_slice::<f64, Ix1>(s![200, ..]),
        opened.read_slice::<f64, Ix1>(s![..;-1, 0]),
    ] {
        let error = sliced.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Truncated, "{error}");
        assert!(
            error.to_string().contains("it was shortened after it was opened"),
            "{error}"
        );
    }
    assert_eq!(opened.read_slice::<f64, Ix1>(s![99, ..]).unwrap().len(), 100);
    assert_eq!(rows.next().unwrap().unwrap_err().kind(), ErrorKind::Truncated);
    assert!(rows.next().is_none());

    // Cut before: the claim fails, also of a part that is there.
    let message = "data ends after 10000 of the 100000 elements that the header promises (80000 of 800000 bytes) \
                   (at byte 80128)";
    let message = format!("{}: {message}", path.display());
    let cut_before = NpyReader::open(&path).unwrap();
    let error = cut_before.read_slice::<f64, Ix1>(s![0, ..]).unwrap_err();
    assert_eq!(
        (error.kind(), error.to_string()),
        (ErrorKind::Truncated, message.clone())
    );
    let error = cut_before.rows::<f64, Ix2>(1).next().unwrap().unwrap_err();
    assert_eq!(error.to_string(), message);
}

#[test]
fn a_stream_stops_after_the_last_row() {
    use ndarray_io::{ReadNpyExt, WriteNpyExt};
    let mut stream = Vec::new();
    Array2::<u16>::zeros((5, 2)).write_npy(&mut stream).unwrap();
    stream.write_all(b"more").unwrap();
    let mut reader = &stream[..];
    let blocks = NpyReader::new(&mut reader).unwrap().rows::<u16, Ix2>(2).count();
    assert_eq!((blocks, reader), (3, &b"more"[..]));

    // The last byte is missing: what is whole comes, the rest is an error at the right byte.
    let mut rows = NpyReader::new(&stream[..128 + 19]).unwrap().rows::<u16, Ix2>(2);
    assert!(rows.next().unwrap().is_ok() && rows.next().unwrap().is_ok());
    assert_eq!(rows.next().unwrap().unwrap_err().offset(), Some(147));
    assert!(DynArray::read_npy(&stream[..147]).is_err());
}

#[test]
#[cfg(feature = "npz")]
fn stored_members_are_sliced() {
    use ndarray_io::{NpzReader, NpzWriter};
    let (_dir, path) = place();
    let array = Array2::from_shape_fn((1000, 30), |(i, j)| (i * 100 + j) as i32);
    let mut npz = NpzWriter::create(&path).unwrap();
    npz.add_array("first", &array).unwrap();
    npz.add_array("turned", &array.t()).unwrap();
    npz.finish().unwrap();
    let mut npz = NpzReader::open(&path).unwrap();
    let info = s![..;-7, 3..;2];
    assert_eq!(npz.read_slice::<i32, _>("first", info).unwrap(), array.slice(info));
    let info = s![5, 990..];
    assert_eq!(npz.read_slice::<i32, _>("turned", info).unwrap(), array.t().slice(info));
    let error = npz.read_slice::<i32, _>("first", s![1000, ..]).unwrap_err();
    assert_eq!((error.kind(), error.member()), (ErrorKind::Argument, Some("first.npy")));

    let mut npz = NpzReader::new(Cursor::new(std::fs::read(&path).unwrap())).unwrap();
    let info = s![..;-7, 3..;2];
    assert_eq!(npz.read_slice::<i32, _>("first", info).unwrap(), array.slice(info));
}

#[cfg(feature = "npz")]
proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn compressed_members_are_sliced((shape, info) in any_slice(), fortran: bool, text: bool) {
        fn check<A>(make: impl Fn(usize) -> A, shape: &[usize], info: &[SliceInfoElem], fortran: bool)
        where
            A: Clone + PartialEq + std::fmt::Debug + serde::Serialize + serde::de::DeserializeOwned,
        {
            let array = Array::from_iter((0..shape.iter().product()).map(make));
            let array = array.into_shape_with_order(shape).unwrap();
            let (_dir, path) = place();
            let mut npz = ndarray_io::NpzWriter::create_compressed(&path).unwrap();
            match fortran {
                true => npz.add_array("a", &array.t().as_standard_layout().reversed_axes()).unwrap(),
                false => npz.add_array("a", &array).unwrap(),
            }
            npz.finish().unwrap();
            let mut npz = ndarray_io::NpzReader::open(&path).unwrap();
            let sliced = npz.read_slice::<A, IxDyn>("a", info).unwrap();
            assert!(sliced == in_memory(&array, info), "{shape:?} {info:?} {fortran}");
        }
        match text {
            true => check(|i| format!("{}", i % 100), &shape, &info, fortran),
            false => check(|i| i as u32, &shape, &info, fortran),
        }
    }
}

#[test]
#[cfg(feature = "npz")]
fn slices_of_compressed_members_that_cannot_be_are_errors() {
    use ndarray_io::{NpzReader, NpzWriter};
    let (_dir, path) = place();
    let array = Array2::from_shape_fn((1000, 300), |(i, j)| (i * 7919 + j * j) as i32);
    let mut npz = NpzWriter::create_compressed(&path).unwrap();
    npz.add_array("a", &array).unwrap();
    npz.finish().unwrap();
    let slice = |options: &ReadOptions, info: [SliceInfoElem; 2]| {
        let mut npz = NpzReader::open(&path).unwrap().with_options(options.clone());
        npz.read_slice::<i32, Ix2>("a", info)
    };
    let whole = SliceInfoElem::from(..);
    let default = ReadOptions::new();

    let error = slice(&default, [Slice::new(0, Some(1001), -2).into(), whole]).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "{}: member \"a.npy\": slice ..1001;-2 is out of range for an axis of length 1000 (axis 0)",
            path.display()
        )
    );
    let error = slice(&default, [0.into(), whole]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Shape);
    let limited = ReadOptions::new().max_bytes(12_000);
    assert_eq!(slice(&limited, [Slice::from(..10).into(), whole]).unwrap().nrows(), 10);
    let error = slice(&limited, [Slice::from(..11).into(), whole]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Limit);

    // Damage behind the slice shows too: the CRC is of the whole.
    let mut bytes = std::fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0x55;
    std::fs::write(&path, bytes).unwrap();
    let error = slice(&default, [Slice::from(..1).into(), whole]).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Archive | ErrorKind::Io), "{error:?}");
}

/// Of elements that are arrays, from a file, a stream, and archives.
#[test]
fn elements_that_are_arrays_are_sliced_however_they_come() {
    let points = ndarray::Array1::from_shape_fn(6, |n| [n as f64, -1.0, 0.5]);
    let (_dir, path) = place();
    ndarray_io::write_npy(&path, &points).unwrap();
    let info = s![1..5, ..];
    let info: &[SliceInfoElem] = info.as_ref();
    let expected = points.slice(s![1..5]);
    let file = NpyReader::open(&path).unwrap();
    assert_eq!(file.read_slice::<[f64; 3], ndarray::Ix1>(info).unwrap(), expected);
    let stream = || NpyReader::new(std::fs::File::open(&path).unwrap()).unwrap();
    assert_eq!(
        stream().read_slice_in_order::<[f64; 3], ndarray::Ix1>(info).unwrap(),
        expected
    );
    let backwards = s![..;-1, ..];
    let backwards: &[SliceInfoElem] = backwards.as_ref();
    let turned = stream()
        .read_slice_in_order::<[f64; 3], ndarray::Ix1>(backwards)
        .unwrap();
    assert_eq!(turned, points.slice(s![..;-1]));
    let inside = s![.., ..;-1];
    let inside: &[SliceInfoElem] = inside.as_ref();
    assert!(stream().read_slice_in_order::<[f64; 3], ndarray::Ix1>(inside).is_err());
    // A step of any length is no product that overflows.
    let one = file.read_slice::<f64, ndarray::Ix2>(s![..;isize::MAX, ..]).unwrap();
    assert_eq!(one.dim(), (1, 3));
}
