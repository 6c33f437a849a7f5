//! The kernels, in memory, through the public API: `cargo bench -p peers --bench kernels`.

#![allow(clippy::unwrap_used)] // a benchmark that fails may panic

use divan::Bencher;
use divan::counter::BytesCount;
use ndarray::{Array1, Array2, ArrayView2, ShapeBuilder, s};
use ndarray_io::{Header, ReadNpyExt, ViewNpyExt, WriteNpyExt, WriteOptions};

/// 8 MiB of f64: more than the caches close to a core hold.
const SIDE: usize = 1024;

fn main() {
    divan::main();
}

fn numbers() -> Array2<f64> {
    Array2::from_shape_fn((SIDE, SIDE), |(i, j)| (i * SIDE + j) as f64)
}

fn file(options: &WriteOptions) -> Vec<u8> {
    let mut file = Vec::new();
    numbers().write_npy_with(&mut file, options).unwrap();
    file
}

#[divan::bench(args = ["<f8", ">f8"])]
fn read(bencher: Bencher, dtype: &str) {
    let file = file(&WriteOptions::new().dtype(dtype.parse().unwrap()));
    bencher
        .counter(BytesCount::new(file.len()))
        .bench(|| Array2::<f64>::read_npy(&file[..]).unwrap());
}

#[divan::bench(args = ["contiguous", "fortran", "strided", "reversed", "transposed"])]
fn write(bencher: Bencher, layout: &str) {
    let array = numbers();
    let fortran = {
        let mut array = Array2::zeros((SIDE, SIDE).f());
        array.assign(&numbers());
        array
    };
    let view = match layout {
        "fortran" => fortran.view(),
        "strided" => array.slice(s![.., ..;2]),
        "reversed" => array.slice(s![..;-1, ..;-1]),
        _ => array.view(),
    };
    // In C order whatever the layout: a transposed array would be written as it lies, in Fortran order.
    let options = match layout {
        "transposed" => WriteOptions::new().order(ndarray::Order::RowMajor),
        _ => WriteOptions::new(),
    };
    let view = if layout == "transposed" {
        view.reversed_axes()
    } else {
        view
    };
    let mut file = Vec::new();
    bencher.counter(BytesCount::new(8 * view.len())).bench_local(|| {
        file.clear();
        view.write_npy_with(&mut file, &options).unwrap();
    });
}

#[divan::bench]
fn view(bencher: Bencher) {
    let mut file = file(&WriteOptions::new());
    file.extend([0; 8]);
    let start = file.as_ptr().align_offset(8);
    file.rotate_right(start);
    bencher.bench(|| ArrayView2::<f64>::view_npy(&file[start..]).unwrap().sum());
}

#[divan::bench(args = ["<f8", "[('x', '<f4'), ('y', '|u1', (2, 3)), ('nested', [('a', '<i8'), ('b', '<U5')])]"])]
fn header(bencher: Bencher, dtype: &str) {
    let mut file = Vec::new();
    let header = Header::new(dtype.parse().unwrap(), ndarray::Order::RowMajor, [3, 4]);
    header.write(&mut file).unwrap();
    bencher.bench(|| Header::read(&mut &file[..]).unwrap());
}

#[divan::bench]
fn many_small(bencher: Bencher) {
    let mut files = Vec::new();
    for i in 0..1000 {
        Array1::from_elem(10, f64::from(i)).write_npy(&mut files).unwrap();
    }
    bencher.bench(|| {
        let mut stream = &files[..];
        (0..1000)
            .map(|_| Array1::<f64>::read_npy(&mut stream).unwrap()[0])
            .sum::<f64>()
    });
}
