//! Whatever an array's shape, order, strides and the file's byte order: what is written is read.

use std::fmt::Debug;
use std::io::{self, Read};

use half::f16;
use ndarray::{ArrayD, ArrayViewD, Axis, IxDyn, Order, ShapeBuilder, Slice};
use ndarray_io::{Casting, DynArray, ReadNpyExt, ViewNpyExt, WriteNpyExt, WriteOptions};
use num_complex::Complex;
use proptest::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// How an array lies in memory: an array of `shape` in some order, of which steps are taken and axes permuted.
#[derive(Clone, Debug)]
pub struct Layout {
    shape: Vec<usize>,
    fortran: bool,
    steps: Vec<isize>,
    axes: Vec<usize>,
}

pub fn layouts() -> impl Strategy<Value = Layout> {
    let axis = (
        0_usize..6,
        prop_oneof![4 => Just(1_isize), 1 => Just(-1), 1 => Just(2), 1 => Just(-3)],
    );
    (prop::collection::vec(axis, 0..=4), any::<bool>())
        .prop_flat_map(|(axes, fortran)| {
            let order = Just((0..axes.len()).collect::<Vec<_>>()).prop_shuffle();
            (Just(axes), Just(fortran), order)
        })
        .prop_map(|(axes, fortran, order)| Layout {
            shape: axes.iter().map(|(length, _)| *length).collect(),
            steps: axes.iter().map(|(_, step)| *step).collect(),
            fortran,
            axes: order,
        })
}

impl Layout {
    /// An array that is at least as large as the view of it.
    pub fn array<A>(&self, value: impl Fn(usize) -> A) -> ArrayD<A> {
        let mut count = 0..;
        let shape = IxDyn(&self.shape).set_f(self.fortran);
        ArrayD::from_shape_simple_fn(shape, || value(count.next().unwrap_or_default()))
    }

    pub fn view<'a, A>(&self, array: &'a ArrayD<A>) -> ArrayViewD<'a, A> {
        let mut view = array.view();
        for (axis, &step) in self.steps.iter().enumerate() {
            view.slice_axis_inplace(Axis(axis), Slice::new(0, None, step));
        }
        view.permuted_axes(IxDyn(&self.axes))
    }
}

proptest! {
    #[test]
    fn every_layout(layout in layouts(), seed: u64) {
        let bits = |i: usize| seed.wrapping_add(i as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let float = |i| f64::from_bits(bits(i) & !(0x7FF << 52) | 0x3FF << 52);
        check(&layout, "b1", |i| bits(i) % 3 == 0);
        check(&layout, "i1", |i| bits(i) as i8);
        check(&layout, "u2", |i| bits(i) as u16);
        check(&layout, "i4", |i| bits(i) as i32);
        check(&layout, "u8", bits);
        check(&layout, "f2", |i| f16::from_f64(float(i)));
        check(&layout, "f4", |i| float(i) as f32);
        check(&layout, "f8", float);
        check(&layout, "c8", |i| Complex::new(float(i) as f32, float(i + 1) as f32));
        check(&layout, "c16", |i| Complex::new(float(i), -float(i)));
    }
}

fn check<A>(layout: &Layout, code: &str, value: impl Fn(usize) -> A)
where
    A: Clone + Debug + PartialEq + Serialize + DeserializeOwned + bytemuck::CheckedBitPattern + 'static,
{
    let array = layout.array(value);
    let view = layout.view(&array);
    for byte_order in ["<", ">"] {
        for order in [None, Some(Order::RowMajor), Some(Order::ColumnMajor)] {
            let mut options = WriteOptions::new().dtype(format!("{byte_order}{code}").parse().unwrap());
            if let Some(order) = order {
                options = options.order(order);
            }
            let mut file = Vec::new();
            view.write_npy_with(&mut file, &options).unwrap();
            let length = file.len();
            assert_eq!(
                ArrayD::<A>::read_npy(&file[..]).unwrap(),
                view,
                "{byte_order}{code} {order:?}"
            );

            // What follows stays unread, in whatever pieces a stream comes.
            file.extend(b"rest");
            let mut stream = OneByte(&file);
            assert_eq!(ArrayD::<A>::read_npy(&mut stream).unwrap(), view);
            assert_eq!(stream.0, b"rest");

            let dynamic = DynArray::read_npy(&file[..]).unwrap();
            assert_eq!(dynamic.shape(), view.shape());
            let mut again = Vec::new();
            dynamic.write_npy(&mut again).unwrap();
            assert_eq!(ArrayD::<A>::read_npy(&again[..]).unwrap(), view);
            assert_eq!(dynamic.into_array::<A, IxDyn>(Casting::Equiv).unwrap(), view);

            let native = byte_order == "<" || size_of::<A>() == 1;
            check_views(&file[..length], native, &view);
        }
    }
}

/// A view of the file's own bytes: where they are aligned and in this machine's byte order, else an error.
fn check_views<A>(file: &[u8], native: bool, expected: &ArrayViewD<'_, A>)
where
    A: Debug + PartialEq + DeserializeOwned + bytemuck::CheckedBitPattern + 'static,
{
    let mut buffer = vec![0_u8; file.len() + 16];
    let aligned = buffer.as_ptr().align_offset(16);
    for start in [aligned, aligned + 1] {
        buffer.truncate(start);
        buffer.extend(file);
        let viewed = ArrayViewD::<A>::view_npy(&buffer[start..]);
        let viewable = native && (start == aligned || align_of::<A>() == 1);
        assert!(viewed.is_ok() == viewable || expected.is_empty(), "{viewed:?}");
        if let Ok(viewed) = viewed {
            assert_eq!(viewed, expected);
        }
    }
}

/// A stream that gives one byte a read.
struct OneByte<'a>(&'a [u8]);

impl Read for OneByte<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = buffer.len().min(1);
        self.0.read(&mut buffer[..length])
    }
}
