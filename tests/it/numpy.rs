//! Against a real NumPy, in both directions.

use std::cell::RefCell;

use half::f16;
use ndarray::ArrayD;
use ndarray_io::{DynArray, ReadNpyExt, WriteNpyExt, WriteOptions};
use num_complex::Complex;
use proptest::test_runner::{Config, TestRunner};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::roundtrip::layouts;
use crate::support::python;

#[test]
fn a_snippet_that_fails_says_why() {
    let Some(mut numpy) = python::numpy("a failing snippet") else {
        return;
    };
    let sum = numpy.run("outputs.append(str(np.arange(4).sum()))", &[]);
    assert_eq!(sum, [b"6"]);
    let error = numpy.try_run("np.load(io.BytesIO(inputs[0]))", &[b"no"]).unwrap_err();
    assert!(error.contains("ValueError"), "{error}");
}

/// Ours to NumPy, which says what it read and writes it; NumPy's files to ours.
#[test]
fn every_layout_both_ways() {
    let Some(numpy) = python::numpy("every layout, both ways") else {
        return;
    };
    let numpy = RefCell::new(numpy);
    let mut runner = TestRunner::new(Config::with_cases(64));
    runner
        .run(&layouts(), |layout| {
            let float = |i: usize| i as f64 * 0.1 - 3.0;
            macro_rules! check {
                ($($code:literal: $value:expr),* $(,)?) => {$(
                    let array = layout.array($value);
                    both_ways(&mut numpy.borrow_mut(), $code, &layout.view(&array).to_owned(), &layout.view(&array));
                )*};
            }
            check! {
                "b1": |i| i % 3 == 0,
                "i1": |i| i as i8,
                "i2": |i| i as i16 - 9,
                "u4": |i| i as u32 * 123_456,
                "i8": |i| (i as i64 - 1) << 40,
                "f2": |i| f16::from_f64(float(i)),
                "f4": |i| float(i) as f32,
                "f8": float,
                "c8": |i| Complex::new(float(i) as f32, 1.0),
                "c16": |i| Complex::new(float(i), -float(i)),
            }
            Ok(())
        })
        .unwrap();
}

fn both_ways<A>(numpy: &mut python::Python, code: &str, owned: &ArrayD<A>, view: &ndarray::ArrayViewD<'_, A>)
where
    A: Clone + std::fmt::Debug + PartialEq + Serialize + DeserializeOwned,
{
    for order in ["<", ">"] {
        let mut file = Vec::new();
        let options = WriteOptions::new().dtype(format!("{order}{code}").parse().unwrap());
        view.write_npy_with(&mut file, &options).unwrap();
        let [dtype, shape, as_c, as_fortran] = &numpy.run(
            "a = load(inputs[0])\n\
             outputs += [a.dtype.str, str(list(a.shape)), npy(np.ascontiguousarray(a).reshape(a.shape)), npy(np.asfortranarray(a).reshape(a.shape, order='F'))]",
            &[&file],
        )[..] else {
            panic!("four outputs");
        };
        let expected = if size_of::<A>() == 1 { "|" } else { order };
        assert_eq!(*dtype, format!("{expected}{code}").into_bytes());
        assert_eq!(*shape, format!("{:?}", view.shape()).into_bytes());
        assert_eq!(ArrayD::<A>::read_npy(&as_c[..]).unwrap(), view);
        assert_eq!(ArrayD::<A>::read_npy(&as_fortran[..]).unwrap(), view);

        // The same array becomes the same bytes.
        let mut ours = Vec::new();
        owned
            .write_npy_with(&mut ours, &options.order(ndarray::Order::RowMajor))
            .unwrap();
        assert!(ours == *as_c, "{order}{code} {:?} in C order", view.shape());
        let mut ours = Vec::new();
        DynArray::read_npy(&as_fortran[..])
            .unwrap()
            .write_npy(&mut ours)
            .unwrap();
        assert!(ours == *as_fortran, "{order}{code} {:?} in Fortran order", view.shape());
    }
}
