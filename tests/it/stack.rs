//! Stacks of `.npy` files: against Dask both ways, against slices in memory, and against what is no stack.

use std::fs;
use std::path::{Path, PathBuf};

use ndarray::{Array, Array1, Array2, Array3, ArrayD, Axis, Ix1, Ix2, IxDyn, Order, Slice, SliceInfoElem, array, s};
use ndarray_io::{
    Casting, DynArray, ErrorKind, NpyStack, NpyStackWriter, ReadNpyExt, ReadOptions, WriteNpyExt, WriteOptions,
    read_npy, write_npy,
};
use proptest::prelude::*;
use serde::{Deserialize, Serialize};
use tempfile::{TempDir, tempdir};

use crate::slice::{any_slice, in_memory};
use crate::support::python::{self, Python};

fn place() -> (TempDir, PathBuf) {
    let dir = tempdir().unwrap();
    let path = dir.path().join("stack");
    (dir, path)
}

/// What Dask wrote; see `generate.py` there.
fn recorded(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data/stack")
        .join(name)
}

/// Dask, if this machine has it; else says that `topic` is skipped.
fn dask(topic: &str) -> Option<std::sync::MutexGuard<'static, Python>> {
    let mut python = python::numpy(topic)?;
    match python.try_run("import dask.array", &[]) {
        Ok(_) => Some(python),
        Err(error) if crate::support::in_ci() => panic!("{topic} needs Dask: {error}"),
        Err(error) => {
            let reason = error.lines().last().unwrap_or_default();
            crate::support::say(&format!("{topic}: skipped, for want of Dask: {reason}"));
            None
        }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Body {
    id: u8,
    pos: [f32; 2],
    name: String,
}

fn bodies() -> Array1<Body> {
    let names = ["a", "bc", "def", "é", ""];
    let body = |n: usize| Body {
        id: n as u8,
        pos: [n as f32, n as f32 + 0.5],
        name: names[n].to_owned(),
    };
    Array1::from_iter((0..5).map(body))
}

/// Writes the array as a stack of chunks of these lengths, the last one first.
fn write<A: Serialize + Clone>(
    folder: &Path,
    array: &ArrayD<A>,
    axis: usize,
    lengths: &[usize],
    options: &WriteOptions,
) -> ndarray_io::Result<NpyStack> {
    let writer = NpyStackWriter::with_options(folder, axis, options)?;
    let mut end = array.shape()[axis];
    for (chunk, &length) in lengths.iter().enumerate().rev() {
        let part = array.slice_axis(Axis(axis), Slice::from(end - length..end));
        writer.write(chunk, &part)?;
        end -= length;
    }
    assert_eq!(end, 0);
    writer.finish(lengths.len())
}

#[test]
fn what_dask_wrote_is_read() {
    let rows = NpyStack::open(recorded("rows")).unwrap();
    assert_eq!(
        (rows.shape(), rows.axis(), rows.chunks()),
        (&[7, 3][..], 0, &[3, 3, 1][..])
    );
    assert_eq!(rows.dtype().to_string(), "<f8");
    let expected = Array::from_iter(0..21)
        .mapv(f64::from)
        .into_shape_with_order((7, 3))
        .unwrap();
    assert_eq!(rows.read::<f64, Ix2>().unwrap(), expected);
    assert_eq!(rows.read_dyn().unwrap(), DynArray::from(expected.clone()));
    assert_eq!(
        rows.read_slice::<f64, _>(s![2..7;2, ..;-1]).unwrap(),
        expected.slice(s![2..7;2, ..;-1])
    );
    assert_eq!(rows.block::<f64, Ix2>(2).unwrap(), expected.slice(s![6.., ..]));
    let blocks: Vec<Array2<f64>> = rows.blocks().collect::<Result<_, _>>().unwrap();
    assert_eq!(blocks.iter().map(Array2::nrows).collect::<Vec<_>>(), [3, 3, 1]);
    let floats = NpyStack::open_with(recorded("rows"), &ReadOptions::new().casting(Casting::SameKind)).unwrap();
    assert_eq!(floats.read_slice::<f32, Ix1>(s![.., 1]).unwrap()[6], 19.0);

    // In Fortran order, but for the last chunk.
    let columns = NpyStack::open(recorded("columns")).unwrap();
    assert_eq!(
        (columns.shape(), columns.axis(), columns.chunks()),
        (&[4, 5][..], 1, &[2, 2, 1][..])
    );
    assert_eq!(columns.dtype().to_string(), ">i4");
    let expected = Array::from_iter(0..20)
        .into_shape_with_order((5, 4))
        .unwrap()
        .reversed_axes();
    let read: Array2<i32> = columns.read().unwrap();
    assert_eq!(read, expected);
    assert!(read.t().is_standard_layout(), "in the order of the files");
    assert_eq!(
        columns.read_slice::<i32, _>(s![1, 1..]).unwrap(),
        expected.slice(s![1, 1..])
    );
    assert_eq!(columns.read_slice_dyn(s![.., 4]).unwrap().dtype().to_string(), ">i4");

    let records = NpyStack::open(recorded("records")).unwrap();
    assert_eq!(records.read::<Body, Ix1>().unwrap(), bodies());
    assert_eq!(
        records.read_slice::<Body, _>(s![1..;3]).unwrap(),
        bodies().slice(s![1..;3])
    );
    let DynArray::Record(array) = records.read_dyn().unwrap() else {
        panic!("no records")
    };
    assert_eq!(array.dtype(), records.dtype());
}

#[test]
#[cfg(feature = "mmap")]
fn chunks_are_mapped() {
    let stack = NpyStack::open(recorded("rows")).unwrap();
    #[allow(unsafe_code)]
    // SAFETY: nobody changes the file.
    let map = unsafe { stack.map_block(1) }.unwrap();
    assert_eq!(map.view::<f64, Ix2>().unwrap().row(0), array![9.0, 10.0, 11.0]);
    #[allow(unsafe_code)]
    // SAFETY: nobody changes the file.
    let error = unsafe { stack.map_block(3) }.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Argument);
}

#[test]
fn dask_reads_ours_and_we_read_its() {
    let Some(mut dask) = dask("stacks") else { return };
    let (_dir, path) = place();
    let name = path.to_str().unwrap().as_bytes();

    // Ours there: what it reads of it, and computes on it.
    let array = Array3::from_shape_fn((6, 5, 4), |(i, j, k)| (i * 100 + j * 10 + k) as f64);
    for (axis, lengths, dtype) in [(0, [1, 3, 2], "<f8"), (1, [2, 2, 1], ">f8"), (2, [0, 3, 1], "<f8")] {
        for order in [Order::RowMajor, Order::ColumnMajor] {
            let options = WriteOptions::new().dtype(dtype.parse().unwrap()).order(order);
            let stack = write(&path, &array.clone().into_dyn(), axis, &lengths, &options).unwrap();
            assert_eq!(stack.read::<f64, _>().unwrap(), array);
            let out = dask.run(
                "import dask.array as da\n\
                 a = da.from_npy_stack(inputs[0].decode())\n\
                 outputs += [npy(a.compute(scheduler='sync')), npy(a.mean(axis=0).compute(scheduler='sync')), repr(a.chunks), str(a.dtype.str)]",
                &[name],
            );
            assert_eq!(Array3::<f64>::read_npy(&out[0][..]).unwrap(), array);
            let mean = Array2::<f64>::read_npy(&out[1][..]).unwrap();
            assert!(
                (mean - array.mean_axis(Axis(0)).unwrap())
                    .iter()
                    .all(|off| off.abs() < 1e-9)
            );
            let mut chunks = array
                .shape()
                .iter()
                .map(|length| format!("({length},)"))
                .collect::<Vec<_>>();
            chunks[axis] = format!("{lengths:?}").replace('[', "(").replace(']', ")");
            assert_eq!(out[2], format!("({})", chunks.join(", ")).into_bytes());
            assert_eq!(out[3], dtype.as_bytes());
            fs::remove_dir_all(&path).unwrap();
        }
    }
    let options = WriteOptions::new().dtype("[('id', 'u1'), ('pos', '<f4', (2,)), ('name', '<U3')]".parse().unwrap());
    write(&path, &bodies().into_dyn(), 0, &[2, 3], &options).unwrap();
    let out = dask.run(
        "import dask.array as da\n\
         outputs.append(npy(da.from_npy_stack(inputs[0].decode()).compute(scheduler='sync')))",
        &[name],
    );
    assert_eq!(Array1::<Body>::read_npy(&out[0][..]).unwrap(), bodies());
    fs::remove_dir_all(&path).unwrap();

    // Its here.
    for (code, dtype) in [
        ("da.arange(1000, chunks=70).astype('>i2').reshape(10, 100)", ">i2"),
        ("da.ones((30, 20), chunks=7, dtype='c8').T + 1j", "<c8"),
        ("da.from_array(np.array(['a', 'bcd', 'é'] * 5), chunks=4)", "<U3"),
        (
            "da.from_array(np.arange(12).astype('M8[ms]').reshape(3, 4), chunks=2)",
            "<M8[ms]",
        ),
        ("da.zeros((0, 3), chunks=2)", "<f8"),
        ("da.ones((3, 3, 3), chunks=2)[:, ::2]", "<f8"),
    ] {
        for axis in [0, -1] {
            let out = dask.run(
                &format!(
                    "import dask, dask.array as da\n\
                     a = {code}; dask.config.set(scheduler='sync')\n\
                     da.to_npy_stack(inputs[0].decode(), a, axis={axis} if {axis} == 0 else a.ndim - 1)\n\
                     outputs.append(npy(a.compute()))"
                ),
                &[name],
            );
            let stack = NpyStack::open(&path).unwrap();
            assert_eq!(stack.dtype().to_string(), dtype, "{code}");
            let expected = DynArray::read_npy(&out[0][..]).unwrap();
            assert_eq!(
                stack.read_dyn().unwrap().to_string(),
                expected.to_string(),
                "{code} {axis}"
            );
            fs::remove_dir_all(&path).unwrap();
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(80))]

    #[test]
    fn a_slice_is_what_it_is_in_memory(
        (shape, info) in any_slice(),
        axis in 0..5_usize,
        cuts in proptest::collection::vec(any::<u16>(), 0..4),
        orders in proptest::collection::vec(any::<bool>(), 5),
        text: bool,
    ) {
        let axis = axis % shape.len();
        let length = shape[axis];
        let mut ends: Vec<usize> = cuts.iter().map(|&cut| usize::from(cut) % (length + 1)).collect();
        ends.push(length);
        ends.sort_unstable();
        let starts = std::iter::once(0).chain(ends.iter().copied());
        let bounds: Vec<(usize, usize)> = starts.zip(ends.iter().copied()).collect();
        match text {
            true => check_slice(|i| format!("{}", i % 100), "<U2", &shape, &info, axis, &bounds, &orders),
            false => check_slice(|i| i as i32, ">i4", &shape, &info, axis, &bounds, &orders),
        }
    }
}

fn check_slice<A>(
    make: impl Fn(usize) -> A,
    dtype: &str,
    shape: &[usize],
    info: &[SliceInfoElem],
    axis: usize,
    bounds: &[(usize, usize)],
    orders: &[bool],
) where
    A: Clone + PartialEq + std::fmt::Debug + Serialize + serde::de::DeserializeOwned,
{
    let (_dir, path) = place();
    let array = Array::from_iter((0..shape.iter().product()).map(make))
        .into_shape_with_order(shape)
        .unwrap();
    let writer = NpyStackWriter::new(&path, axis).unwrap();
    let mut lengths = Vec::new();
    for (chunk, (&(start, end), &fortran)) in bounds.iter().zip(orders.iter().cycle()).enumerate() {
        let order = if fortran { Order::ColumnMajor } else { Order::RowMajor };
        let options = WriteOptions::new().dtype(dtype.parse().unwrap()).order(order);
        let part = array.slice_axis(Axis(axis), Slice::from(start..end));
        options.write_npy(writer.chunk_path(chunk), &part).unwrap();
        lengths.push(end - start);
    }
    let stack = writer.finish(bounds.len()).unwrap();
    assert_eq!(stack.chunks(), lengths);
    let stack = NpyStack::open(&path).unwrap();
    assert!(
        stack.read::<A, IxDyn>().unwrap() == array,
        "{shape:?} {axis} {bounds:?} {orders:?}"
    );
    let sliced = stack.read_slice::<A, IxDyn>(info).unwrap();
    assert!(
        sliced == in_memory(&array, info),
        "{shape:?} {info:?} {axis} {bounds:?} {orders:?}"
    );
}

#[test]
fn many_writers_and_one_finish() {
    let (_dir, path) = place();
    std::thread::scope(|scope| {
        for worker in 0..4 {
            let path = &path;
            scope.spawn(move || {
                let writer = NpyStackWriter::new(path, 0).unwrap();
                for chunk in (worker..200).step_by(4).rev() {
                    writer.write(chunk, &Array2::from_elem((2, 3), chunk as u32)).unwrap();
                }
            });
        }
    });
    assert_eq!(
        NpyStack::open(&path).unwrap_err().kind(),
        ErrorKind::Io,
        "no stack before it is finished"
    );
    let stack = NpyStackWriter::new(&path, 0).unwrap().finish(200).unwrap();
    // More chunks than are kept open.
    let all = stack.read::<u32, Ix2>().unwrap();
    assert!(
        all.outer_iter()
            .enumerate()
            .all(|(n, row)| row.iter().all(|&value| value as usize == n / 2))
    );
    assert_eq!(
        stack.read_slice::<u32, Ix1>(s![..;-7, 1]).unwrap(),
        all.slice(s![..;-7, 1])
    );

    let error = NpyStackWriter::new(&path, 0).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "{}: is a finished stack already; remove it, or its `info`, to write another one",
            path.display()
        )
    );
}

#[test]
fn only_the_chunks_that_are_needed_are_opened() {
    let (_dir, path) = place();
    let array = Array::from_shape_fn((40, 1000), |(i, j)| (i * 1000 + j) as f64).into_dyn();
    write(&path, &array, 0, &[10; 4], &WriteOptions::new()).unwrap();
    for chunk in [0, 2] {
        fs::remove_file(path.join(format!("{chunk}.npy"))).unwrap();
    }
    let stack = NpyStack::open(&path).unwrap();
    assert_eq!(
        stack.read_slice::<f64, Ix1>(s![15, ..3]).unwrap(),
        array![15_000.0, 15_001.0, 15_002.0]
    );
    // Steps over the one that is missing.
    assert_eq!(
        stack.read_slice::<f64, Ix1>(s![30..=39;-20, 7]).unwrap(),
        array![39_007.0]
    );
    assert_eq!(
        stack.read_slice::<f64, Ix1>(s![19..;15, 7]).unwrap(),
        array![19_007.0, 34_007.0]
    );
    assert_eq!(stack.read_slice::<f64, Ix2>(s![3..3, ..]).unwrap().dim(), (0, 1000));
    // So near to each other that what is between them is read over.
    for axis in [0, 1] {
        let (_dir, path) = place();
        let array = Array::from_shape_fn((40, 40), |(i, j)| (i * 40 + j) as f64).into_dyn();
        write(&path, &array, axis, &[10; 4], &WriteOptions::new()).unwrap();
        for chunk in [0, 2] {
            fs::remove_file(path.join(format!("{chunk}.npy"))).unwrap();
        }
        let stack = NpyStack::open(&path).unwrap();
        let read = match axis {
            0 => stack.read_slice::<f64, Ix1>(s![19..;15, 7]).unwrap(),
            _ => stack.read_slice::<f64, Ix1>(s![7, 19..;15]).unwrap(),
        };
        let expected = match axis {
            0 => array![767.0, 1367.0],
            _ => array![299.0, 314.0],
        };
        assert_eq!(read, expected);
    }
    let error = stack.read_slice::<f64, Ix1>(s![15..25, 0]).unwrap_err();
    assert_eq!(
        (error.kind(), error.to_string()),
        (
            ErrorKind::Missing,
            format!(
                "{}: chunk 2 of the stack's 4 is not there",
                path.join("2.npy").display()
            )
        )
    );
    assert_eq!(stack.read_dyn().unwrap_err().path(), Some(&*path.join("0.npy")));
    assert_eq!(stack.blocks::<f64, Ix2>().filter(|block| block.is_err()).count(), 2);
}

#[test]
fn chunks_that_do_not_fit_are_errors() {
    let (_dir, path) = place();
    let shown = |error: ndarray_io::Error, kind| {
        assert_eq!(error.kind(), kind, "{error}");
        error.to_string().replace(&*path.to_string_lossy(), "PATH")
    };
    let writer = NpyStackWriter::new(&path, 1).unwrap();
    let error = writer.write(0, &array![1.0]).unwrap_err();
    assert_eq!(
        shown(error, ErrorKind::Shape),
        "PATH/0.npy: chunks of 1 dimensions, which have no axis 1 to be stacked along"
    );
    assert_eq!(
        shown(writer.clone().finish(0).unwrap_err(), ErrorKind::Argument),
        "PATH: a stack of no chunks has no dtype; write one of length 0"
    );
    writer.write(0, &Array2::<f64>::zeros((3, 2))).unwrap();
    assert_eq!(
        shown(writer.clone().finish(2).unwrap_err(), ErrorKind::Missing),
        "PATH/1.npy: chunk 1 of the stack's 2 is not there"
    );
    writer.write(1, &Array2::<f64>::zeros((4, 2))).unwrap();
    assert_eq!(
        shown(writer.clone().finish(2).unwrap_err(), ErrorKind::Shape),
        "PATH/1.npy: chunk of shape (4, 2) where chunk 0 is (3, 2)"
    );
    writer.write(1, &Array2::<f32>::zeros((3, 2))).unwrap();
    assert_eq!(
        shown(writer.clone().finish(2).unwrap_err(), ErrorKind::Dtype),
        "PATH/1.npy: chunk of `<f4` (float32) where chunk 0 is `<f8` (float64)"
    );
    writer.write(1, &Array2::<f64>::zeros((3, 5))).unwrap();
    let whole = fs::read(path.join("1.npy")).unwrap();
    fs::write(path.join("1.npy"), &whole[..whole.len() - 1]).unwrap();
    let error = writer.clone().finish(2).unwrap_err();
    assert_eq!(
        (error.kind(), error.path()),
        (ErrorKind::Truncated, Some(&*path.join("1.npy")))
    );
    assert!(!path.join("info").exists());
    fs::write(path.join("1.npy"), &whole).unwrap();
    writer.finish(2).unwrap();

    // And when they change after `info` was written.
    let stack = NpyStack::open(&path).unwrap();
    let read = || stack.read::<f64, Ix2>().unwrap_err();
    write_npy(path.join("1.npy"), &Array2::<f64>::zeros((3, 4))).unwrap();
    assert_eq!(
        shown(read(), ErrorKind::Shape),
        "PATH/1.npy: chunk of shape (3, 4) where `info` says (3, 5)"
    );
    assert_eq!(stack.block::<f64, Ix2>(1).unwrap_err().kind(), ErrorKind::Shape);
    write_npy(path.join("1.npy"), &Array2::<u8>::zeros((3, 5))).unwrap();
    assert_eq!(
        shown(read(), ErrorKind::Dtype),
        "PATH/1.npy: chunk of `|u1` (uint8) where `info` says `<f8` (float64)"
    );
    fs::write(path.join("1.npy"), "no array").unwrap();
    assert_eq!(read().kind(), ErrorKind::NotNumpy);
    fs::write(path.join("1.npy"), &whole[..whole.len() - 8]).unwrap();
    assert_eq!(read().kind(), ErrorKind::Truncated);
    assert_eq!(stack.block::<f64, Ix2>(0).unwrap().dim(), (3, 2));
    assert_eq!(
        shown(stack.block_dyn(2).unwrap_err(), ErrorKind::Argument),
        "PATH: there is no chunk 2; the stack has 2"
    );
    let error = stack.read_slice_dyn(s![.., 7]).unwrap_err();
    assert_eq!(
        shown(error, ErrorKind::Argument),
        "PATH: index 7 is out of range for an axis of length 7 (axis 1)"
    );
}

/// A pickle of protocol 0, which can be read here: a dict of these items.
fn pickled(chunks: &str, dtype: &str, axis: &str) -> Vec<u8> {
    format!("(dVchunks\n{chunks}sVdtype\n{dtype}sVaxis\n{axis}s.").into_bytes()
}

#[test]
fn a_hostile_info_is_an_error() {
    let f8 = "cnumpy\ndtype\n(Vf8\nI00\nI01\ntR(I3\nV<\nNNNI-1\nI-1\nI0\ntb";
    let two = "((I1\nI2\ntt"; // ((1, 2),)
    let (_dir, path) = place();
    fs::create_dir(&path).unwrap();
    let open = |info: &[u8]| {
        fs::write(path.join("info"), info).unwrap();
        NpyStack::open(&path)
    };
    let stack = open(&pickled(two, f8, "I0\n")).unwrap();
    assert_eq!((stack.shape(), stack.dtype().to_string().as_str()), (&[3][..], "<f8"));
    assert_eq!(
        open(&pickled("((I4\nt(I1\nI2\ntt", f8, "I-1\n")).unwrap().shape(),
        [4, 3]
    );

    let huge = "L4611686018427387904\n";
    let cases: &[(&str, &str, &str, ErrorKind, &str)] = &[
        (
            "cos\nsystem\n(Vtouch /tmp/x\ntR",
            f8,
            "I0\n",
            ErrorKind::Object,
            "os.system",
        ),
        (
            two,
            "cbuiltins\neval\n(V1\ntR",
            "I0\n",
            ErrorKind::Object,
            "builtins.eval",
        ),
        (two, "Vf8\n", "I0\n", ErrorKind::Object, "`dtype` is no dtype"),
        (f8, f8, "I0\n", ErrorKind::Object, "`chunks` is a dtype"),
        (
            "((I1\nF2.5\ntt",
            f8,
            "I0\n",
            ErrorKind::Object,
            "`chunks` is no tuple of tuples of lengths",
        ),
        (
            "((I1\nFnan\ntt",
            f8,
            "I0\n",
            ErrorKind::Object,
            "`chunks` is no tuple of tuples of lengths",
        ),
        (
            "((I1\nI-2\ntt",
            f8,
            "I0\n",
            ErrorKind::Object,
            "`chunks` is no tuple of tuples of lengths",
        ),
        (
            "I7\n",
            f8,
            "I0\n",
            ErrorKind::Object,
            "`chunks` is no tuple of tuples of lengths",
        ),
        (two, f8, "Vzero\n", ErrorKind::Object, "`axis` is no integer"),
        (
            two,
            f8,
            "I1\n",
            ErrorKind::Object,
            "`axis` is 1, of an array of 1 dimensions",
        ),
        (
            two,
            f8,
            "I-2\n",
            ErrorKind::Object,
            "`axis` is -2, of an array of 1 dimensions",
        ),
        (
            "(t",
            f8,
            "I0\n",
            ErrorKind::Object,
            "`axis` is 0, of an array of 0 dimensions",
        ),
        (
            "((I1\nI2\nt(I1\nI2\ntt",
            f8,
            "I0\n",
            ErrorKind::Object,
            "axis 1 is of 2 chunks",
        ),
        ("((I1\nt(tt", f8, "I0\n", ErrorKind::Object, "axis 1 is of 0 chunks"),
    ];
    for &(chunks, dtype, axis, kind, message) in cases {
        let error = open(&pickled(chunks, dtype, axis)).unwrap_err();
        assert_eq!(
            (error.kind(), error.path()),
            (kind, Some(&*path.join("info"))),
            "{error}"
        );
        assert!(error.to_string().contains(message), "{error}, not {message}");
    }
    let lengths = format!("(({huge}{huge}{huge}{huge}tt");
    assert_eq!(
        open(&pickled(&lengths, f8, "I0\n")).unwrap_err().kind(),
        ErrorKind::Shape
    );
    let dims = format!("({}t", "(I1\nt".repeat(65));
    let error = open(&pickled(&dims, f8, "I0\n")).unwrap_err();
    assert!(error.to_string().contains("65 dimensions"), "{error}");
    for missing in ["(dVdtype\nI0\ns.", "(d.", "N.", "(l."] {
        assert!(open(missing.as_bytes()).is_err(), "{missing}");
    }
    assert_eq!(open(b"(d.").unwrap_err().kind(), ErrorKind::Missing);
    // A list that contains itself; one that doubles sixty times.
    let mut bomb = b"(dVchunks\n(lp0\nI1\na".to_vec();
    for n in 1..60 {
        bomb.extend(format!("0(lp{n}\ng{}\nag{}\na", n - 1, n - 1).bytes());
    }
    bomb.extend(format!("sVdtype\n{f8}sVaxis\nI0\ns.").bytes());
    assert!(open(&bomb).is_err());
    assert!(open(&pickled("(lp0\ng0\na", f8, "I0\n")).is_err());

    // Claims of what is not there take no memory: a petabyte, of one chunk that has eight bytes.
    write_npy(path.join("0.npy"), &array![1.0]).unwrap();
    let stack = open(&pickled("((I1\nL140737488355328\ntt", f8, "I0\n")).unwrap();
    assert_eq!(stack.shape(), [1 + (1 << 47)]);
    assert_eq!(stack.read::<f64, Ix1>().unwrap_err().kind(), ErrorKind::Missing);
    assert_eq!(stack.read_slice::<f64, Ix1>(s![..1]).unwrap(), array![1.0]);

    // Every truncation, and every byte changed, of what Dask wrote.
    for name in ["rows", "columns", "records"] {
        let info = fs::read(recorded(name).join("info")).unwrap();
        for end in 0..info.len() {
            assert!(open(&info[..end]).is_err(), "{name} cut at {end}");
        }
        for at in 0..info.len() {
            for bits in [1, 0x80] {
                let mut changed = info.clone();
                changed[at] ^= bits;
                if let Ok(stack) = open(&changed) {
                    let _ = stack.read_dyn(); // no panic
                }
            }
        }
    }
}

#[test]
fn a_stack_of_objects_is_read_by_blocks() {
    let (_dir, path) = place();
    let options = WriteOptions::new().dtype("|O".parse().unwrap());
    let lists = array![vec![1], vec![2, 3], vec![]].into_dyn();
    let stack = write(&path, &lists, 0, &[2, 1], &options).unwrap();
    assert_eq!(stack.block::<Vec<i32>, Ix1>(0).unwrap(), array![vec![1], vec![2, 3]]);
    let error = stack.read_slice::<Vec<i32>, Ix1>(s![..]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Object);
    let mut bytes = Vec::new();
    read_npy::<_, ArrayD<Vec<i32>>>(path.join("1.npy"))
        .unwrap()
        .write_npy_with(&mut bytes, &options)
        .unwrap();
    assert_eq!(fs::read(path.join("1.npy")).unwrap(), bytes);
}
