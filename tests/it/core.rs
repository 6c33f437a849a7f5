//! The first round trips.
use ndarray::*;
use ndarray_io::*;

#[test]
fn round_trips() {
    let a = Array::from_shape_fn((3, 4, 5), |(i, j, k)| (i * 100 + j * 10 + k) as f64);
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.npy");
    for view in [
        a.view(),
        a.view().permuted_axes([2, 0, 1]),
        a.view().reversed_axes(),
        a.slice(s![.., ..;2, ..;-1]),
    ] {
        write_npy(&path, &view).unwrap();
        let b: Array3<f64> = read_npy(&path).unwrap();
        assert_eq!(view, b);
        for dtype in [">f8", "<f8"] {
            let mut v = vec![];
            view.write_npy_with(&mut v, &WriteOptions::new().dtype(dtype.parse().unwrap()))
                .unwrap();
            assert_eq!(Array3::<f64>::read_npy(&v[..]).unwrap(), view);
            let d = DynArray::read_npy(&v[..]).unwrap();
            assert_eq!(d.dtype().to_string(), dtype);
            let mut w = vec![];
            d.write_npy(&mut w).unwrap();
            assert_eq!(v, w);
        }
    }
    let big = Array::from_shape_fn((300, 70, 500), |(i, j, k)| (i * 100000 + j * 1000 + k) as f32);
    for view in [
        big.view(),
        big.view().permuted_axes([2, 0, 1]),
        big.view().permuted_axes([1, 0, 2]),
        big.slice(s![.., ..;2, ..;-1]),
    ] {
        write_npy(&path, &view).unwrap();
        assert!(view == read_npy::<_, Array3<f32>>(&path).unwrap());
        let mut v = vec![];
        view.write_npy(&mut v).unwrap();
        assert!(view == Array3::<f32>::read_npy(&v[..]).unwrap());
    }
}
