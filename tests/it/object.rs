//! Arrays of Python objects: against NumPy both ways, and pickles that were made to break their reader.

use std::collections::{BTreeMap, HashMap};
use std::io::{Cursor, Read as _};
use std::sync::Arc;
use std::time::{Duration, Instant};

use half::f16;
use ndarray::{Array0, Array1, ArrayD, Ix1, array};
use ndarray_io::units::{Day, Microsecond, Second};
use ndarray_io::{
    Casting, Datetime64, DynArray, Error, ErrorKind, NpyReader, Object, ReadNpyExt, ReadOptions, Timedelta64,
    WriteNpyExt, WriteOptions, read_npy,
};
use num_complex::Complex;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::support::python;
use crate::support::time::patient;

fn as_objects() -> WriteOptions {
    WriteOptions::new().dtype("|O".parse().unwrap())
}

fn written<A: WriteNpyExt>(array: &A, options: &WriteOptions) -> Vec<u8> {
    let mut file = Vec::new();
    array.write_npy_with(&mut file, options).unwrap();
    file
}

/// A file of that descr and shape whose data is a pickle.
fn npy(descr: &str, shape: &str, pickle: &[u8]) -> Vec<u8> {
    let header = format!("{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}");
    let mut file = b"\x93NUMPY\x01\0".to_vec();
    file.extend(u16::try_from(header.len()).unwrap().to_le_bytes());
    file.extend(header.as_bytes());
    file.extend(pickle);
    file
}

/// Pickles of object arrays of shape (n,) by protocol, of a Python expression that gives a list.
fn pickled(numpy: &mut python::Python, list: &str) -> Vec<Vec<u8>> {
    numpy.run(
        &format!(
            "
import pickle, datetime as dt, decimal, fractions, collections
values = {list}
array = np.empty(len(values), object)
for index, value in enumerate(values):
    array[index] = value
for protocol in range(6):
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(file, np.lib.format.header_data_from_array_1_0(array))
    pickle.dump(array, file, protocol=protocol)
    outputs.append(file.getvalue())
"
        ),
        &[],
    )
}

/// Expressions that every protocol has, and what they are here.
#[test]
fn what_python_pickles() {
    let Some(mut numpy) = python::numpy("object arrays") else {
        return;
    };
    for (list, shown) in [
        ("[None, True, False]", "[None, True, False]"),
        (
            "[0, 1, -1, 255, 256, 65535, 65536, -129, 2**31, -2**31, 2**63-1, -2**63]",
            "[0, 1, -1, 255, 256, 65535, 65536, -129, 2147483648, -2147483648, 9223372036854775807, -9223372036854775808]",
        ),
        (
            "[2**63, -2**63-1, 2**64, 10**40, -10**40]",
            "[9223372036854775808, -9223372036854775809, 18446744073709551616, \
          10000000000000000000000000000000000000000, -10000000000000000000000000000000000000000]",
        ),
        (
            "[0.0, -0.0, 1.5, 1e300, 5e-324, float('inf'), float('nan')]",
            "[0.0, -0.0, 1.5, 1e300, 5e-324, inf, nan]",
        ),
        ("['', 'a', 'é日本😀', 'it\\'s', 'a\\\\b', 'a\\nb', 'x' * 300]", ""),
        (
            "[b'', b'abc', b'\\x00\\xff', bytearray(b'ab\\xff'), bytearray()]",
            "[b'', b'abc', b'\\x00\\xff', bytearray(b'ab\\xff'), bytearray(b'')]",
        ),
        (
            "[[], [1, [2]], (), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4)]",
            "[[], [1, [2]], (), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4)]",
        ),
        (
            "[{}, {'a': 1, 2: None}, set(), {7}, frozenset(), frozenset([8])]",
            "[{}, {'a': 1, 2: None}, set(), {7}, frozenset(), frozenset({8})]",
        ),
        ("[1+2j, -1j]", "[1+2i, -0-1i]"),
        (
            "[collections.OrderedDict(b=1, a=2), collections.defaultdict(list, k=[1]), collections.Counter('aab'), \
           collections.deque([1, 2], 5), collections.deque([3])]",
            "[{'b': 1, 'a': 2}, {'k': [1]}, {'a': 2, 'b': 1}, [1, 2], [3]]",
        ),
        (
            "[dt.datetime(2020, 2, 29, 12, 30, 1, 5), dt.datetime(1, 1, 1), dt.datetime(2020, 1, 1, fold=1), dt.datetime(9999, 12, 31, 23, 59, 59)]",
            "[2020-02-29T12:30:01.000005, 0001-01-01T00:00:00, 2020-01-01T00:00:00, 9999-12-31T23:59:59]",
        ),
        (
            "[dt.datetime(2020, 1, 1, tzinfo=dt.timezone.utc), dt.datetime(2020, 1, 1, tzinfo=dt.timezone(-dt.timedelta(hours=3, minutes=30))), \
           dt.time(1, 2, 3), dt.time(1, 2, 3, 4, tzinfo=dt.timezone.utc), dt.date(1999, 12, 31), dt.timezone.utc, dt.timezone(dt.timedelta(hours=1), 'CET')]",
            "[2020-01-01T00:00:00+00:00, 2020-01-01T00:00:00-03:30, 01:02:03, 01:02:03.000004+00:00, 1999-12-31, UTC, CET]",
        ),
        (
            "[dt.timedelta(days=1, seconds=2), dt.timedelta(0), dt.timedelta(microseconds=-1500000), dt.timedelta(hours=5, minutes=6)]",
            "[P1DT2S, PT0S, -PT1.5S, PT5H6M]",
        ),
        (
            "[decimal.Decimal('1.50'), decimal.Decimal('-Infinity'), decimal.Decimal('NaN'), fractions.Fraction(-1, 3), fractions.Fraction(4)]",
            "[1.50, -Infinity, NaN, -1/3, 4]",
        ),
        (
            "[range(3), range(1, 9, 2), Ellipsis, NotImplemented]",
            "[range(0, 3), range(1, 9, 2), Ellipsis, NotImplemented]",
        ),
        (
            "[np.float32(1.5), np.int8(-1), np.uint64(2**64-1), np.bool_(True), np.float16(0.5), np.complex64(1j), np.longdouble(2)]",
            "",
        ),
        (
            "[np.str_('ab'), np.bytes_(b'xy'), np.datetime64('2020-01-01'), np.datetime64('NaT', 's'), np.timedelta64(5, '25s')]",
            "",
        ),
        (
            "[np.arange(3), np.zeros((2, 0)), np.array(5), np.array([[1, 2], [3, 4]], order='F', dtype='>i2'), np.array(['a', 'bc'])]",
            "",
        ),
        (
            "[np.array([1, None], dtype=object), np.array(['a', 'bb'], dtype=np.dtypes.StringDType())]",
            "",
        ),
        (
            "[np.array([(1, 2.5)], dtype='i4,f8'), np.zeros(2, dtype=[('a', '>i4', (2, 3)), ('n', [('x', 'S3'), ('t', 'M8[3h]')])]), \
           np.zeros(1, dtype={'names': ['a', 'b'], 'formats': ['i4', 'f8'], 'offsets': [0, 8], 'titles': ['ta', None], 'itemsize': 20}), \
           np.zeros(1, dtype=np.dtype('i1,f8', align=True))]",
            "",
        ),
        ("[np.zeros(2, dtype=[('a', 'i4'), ('o', 'O')])]", ""),
    ] {
        for (protocol, file) in pickled(&mut numpy, list).into_iter().enumerate() {
            let got = DynArray::read_npy(&file[..]).unwrap_or_else(|error| panic!("{list} by {protocol}: {error}"));
            if !shown.is_empty() {
                assert_eq!(got.to_string(), shown, "{list} by protocol {protocol}");
            }
            // Written here, read by NumPy: the same objects, of the same types.
            let again = written(&got, &WriteOptions::new());
            numpy.run(
                "
a, b = [load(data, allow_pickle=True) for data in inputs]
def same(a, b):
    if isinstance(a, np.ndarray) or isinstance(a, np.generic):
        assert a.shape == b.shape and ('String' in str(a.dtype) or a.dtype.newbyteorder('=') == b.dtype.newbyteorder('=')), (a.dtype, b.dtype)
        a, b = a.tolist(), b.tolist()
    if isinstance(a, (list, tuple)):
        assert type(a) is type(b) and len(a) == len(b), (a, b)
        return all(same(*pair) for pair in zip(a, b))
    assert type(a) is type(b) or isinstance(a, dict) or 'deque' in str(type(a)), (type(a), type(b))
    assert repr(a) == repr(b) or a == b or list(a) == list(b), (a, b)
    return True
assert same(a, b)",
                &[&file, &again],
            );
            assert_eq!(
                DynArray::read_npy(&again[..]).unwrap().to_string(),
                got.to_string(),
                "{list}"
            );
        }
    }
}

#[test]
fn what_python_objects_are_read_as() {
    let Some(mut numpy) = python::numpy("object arrays as Rust values") else {
        return;
    };
    #[derive(Deserialize, PartialEq, Debug)]
    #[serde(rename_all = "lowercase")]
    enum Shape {
        Point,
        Circle(f64),
        Box { w: u8, h: u8 },
    }
    #[derive(Deserialize, PartialEq, Debug)]
    struct Row {
        name: String,
        tags: Option<Vec<String>>,
        z: Complex<f64>,
    }
    fn check<A: serde::de::DeserializeOwned + PartialEq + std::fmt::Debug>(files: &[Vec<u8>], expected: &[A]) {
        for file in files {
            let got = Array1::<A>::read_npy(&file[..]).unwrap_or_else(|error| panic!("{expected:?}: {error}"));
            assert_eq!(got.as_slice().unwrap(), expected);
        }
    }
    let mut file = |list: &str| pickled(&mut numpy, list);
    check(&file("[1, np.int16(-2), 127]"), &[1_i8, -2, 127]);
    check(&file("[2**64-1]"), &[u64::MAX]);
    check(&file("[2**100]"), &[1_i128 << 100]);
    check(&file("[2**127, 2**128-1]"), &[1_u128 << 127, u128::MAX]);
    check(
        &file("[10**60, 5]"),
        &["1".to_owned() + &"0".repeat(60), "5".to_owned()],
    );
    check(&file("[1, 2.5, np.float32(0.5), np.int8(3)]"), &[1.0, 2.5, 0.5, 3.0]);
    check(&file("[1.5, 2]"), &[f16::from_f32(1.5), f16::from_f32(2.0)]);
    check(
        &file("[1+2j, np.complex64(3)]"),
        &[Complex::new(1.0, 2.0), Complex::new(3.0, 0.0)],
    );
    check(&file("[None, 1]"), &[None, Some(1_u8)]);
    check(&file("[None, None]"), &[(), ()]);
    check(&file("['a', np.str_('b')]"), &['a', 'b']);
    check(&file("[b'a', bytearray(b'b')]"), &[vec![b'a'], vec![b'b']]);
    check(
        &file("[b'a', np.bytes_(b'b')]"),
        &[serde_bytes::ByteBuf::from("a"), serde_bytes::ByteBuf::from("b")],
    );
    check(&file("[[1, 2], (3, 4), np.array([5, 6])]"), &[[1, 2], [3, 4], [5, 6]]);
    check(
        &file("[np.arange(4.).reshape(2, 2), [[1], []]]"),
        &[vec![vec![0.0, 1.0], vec![2.0, 3.0]], vec![vec![1.0], vec![]]],
    );
    check(&file("[('a', 1)]"), &[("a".to_owned(), 1)]);
    check(
        &file("[{'a': 1, 'b': 2}]"),
        &[BTreeMap::from([("a".to_owned(), 1), ("b".to_owned(), 2)])],
    );
    check(&file("[{1: 2}]"), &[HashMap::from([(1, 2)])]);
    check(
        &file("['point', {'circle': 1.5}, {'box': {'w': 1, 'h': 2}}]"),
        &[Shape::Point, Shape::Circle(1.5), Shape::Box { w: 1, h: 2 }],
    );
    let row = || Row {
        name: "x".to_owned(),
        tags: Some(vec!["t".to_owned()]),
        z: Complex::new(0.0, 1.0),
    };
    check(
        &file("[{'name': 'x', 'tags': ['t'], 'z': 1j, 'more': 5}, ('x', ['t'], 1j)]"),
        &[row(), row()],
    );
    check(
        &file("[np.array([(1, 'b')], dtype=[('n', 'i4'), ('s', 'U3')])]"),
        &[vec![(1, "b".to_owned())]].map(|row| row),
    );
    check(
        &file("[dt.date(1970, 1, 2), np.datetime64(1, 'D'), dt.datetime(1970, 1, 2)]"),
        &[Datetime64::<Second>::new(86400); 3],
    );
    check(
        &file("[dt.timedelta(1), np.timedelta64(1, 'D'), np.timedelta64('NaT')]"),
        &[
            Timedelta64::<Microsecond>::new(86_400_000_000),
            Timedelta64::new(86_400_000_000),
            Timedelta64::NAT,
        ],
    );
    check(
        &file("[None, np.datetime64('NaT'), dt.date(1970, 1, 1)]"),
        &[None, None, Some(Datetime64::<Day>::new(0))],
    );
    check(
        &file("[decimal.Decimal('0.1'), dt.date(2020, 1, 1)]"),
        &["0.1".to_owned(), "2020-01-01".to_owned()],
    );
    check(
        &file(
            "[None, True, 1, 2**63, 2**70, 1.5, 1j, 'a', [1], (2,), {3}, {'k': None}, dt.date(2020, 1, 1), np.int8(1), np.zeros((1, 2)), \
               np.array((1, 'b'), dtype='i4,U1')[()], np.datetime64('NaT'), np.array(7)]",
        ),
        &[
            json!(null),
            json!(true),
            json!(1),
            json!(9223372036854775808_u64),
            json!("1180591620717411303424"),
            json!(1.5),
            json!([0.0, 1.0]),
            json!("a"),
            json!([1]),
            json!([2]),
            json!([3]),
            json!({"k": null}),
            json!("2020-01-01"),
            json!(1),
            json!([[0.0, 0.0]]),
            json!({"f0": 1, "f1": "b"}),
            json!(null),
            json!(7),
        ],
    );
}

#[test]
fn what_does_not_fit_is_an_error() {
    fn error<A: serde::de::DeserializeOwned>(object: Object) -> String {
        let file = written(&array![object], &WriteOptions::new());
        let error = Array1::<A>::read_npy(&file[..]).map(drop).unwrap_err();
        assert!(
            matches!(error.kind(), ErrorKind::Dtype | ErrorKind::Value | ErrorKind::Missing),
            "{error:?}"
        );
        error.to_string()
    }
    for (got, expected) in [
        (error::<u8>(Object::Int(256)), "row 0: the int 256 does not fit u8"),
        (
            error::<u8>(Object::from("a")),
            "row 0: a Python `str` where u8 was asked for",
        ),
        (
            error::<i64>(Object::BigInt("9223372036854775808".into())),
            "row 0: the int 9223372036854775808 does not fit i64; read it as i128, u128 or, whatever its size, as a String of its digits",
        ),
        (
            error::<bool>(Object::Int(1)),
            "row 0: a Python `int` where bool was asked for",
        ),
        (
            error::<f64>(Object::None),
            "row 0: a Python `NoneType` where f64 was asked for",
        ),
        (
            error::<String>(Object::Float(1.0)),
            "row 0: a Python `float` where text was asked for",
        ),
        (
            error::<String>(Object::Surrogates((*b"\xed\xa0\x80").into())),
            "row 0: a `str` with lone surrogates, '\\xed\\xa0\\x80', which is no Unicode text",
        ),
        (
            error::<[u8; 3]>(Object::from(vec![Object::None])),
            "row 0: a Python `list` of 1 where a tuple or array of 3 was asked for",
        ),
        (
            error::<HashMap<String, u8>>(Object::from(vec![(Object::from("k"), Object::Int(-1))])),
            "row 0: field k: the int -1 does not fit u8",
        ),
    ] {
        assert_eq!(got, expected);
    }
}

#[derive(Serialize, Deserialize, PartialEq, Clone, Debug)]
struct Body {
    name: String,
    mass: f64,
    moons: Vec<String>,
}

fn bodies() -> Array1<Body> {
    let body = |name: &str, mass, moons: &[&str]| Body {
        name: name.to_owned(),
        mass,
        moons: moons.iter().map(|&moon| moon.to_owned()).collect(),
    };
    array![body("Mars", 6.4e23, &["Phobos", "Deimos"]), body("Venus", 4.9e24, &[])]
}

#[test]
fn numpy_reads_what_serde_gives() {
    let Some(mut numpy) = python::numpy("object arrays written here") else {
        return;
    };
    let mut check = |file: Vec<u8>, expected: &str| {
        let repr = numpy.run(
            "a = load(inputs[0], allow_pickle=True); outputs.append(f'{a.dtype} {a.shape} {a.tolist()!r}')",
            &[&file],
        );
        assert_eq!(String::from_utf8_lossy(&repr[0]), expected);
    };
    let objects = as_objects();
    check(written(&array![1_u8, 255], &objects), "object (2,) [1, 255]");
    check(
        written(&array![i64::MIN, -1], &objects),
        "object (2,) [-9223372036854775808, -1]",
    );
    check(
        written(&array![u64::MAX], &objects),
        "object (1,) [18446744073709551615]",
    );
    check(
        written(&array![i128::MIN], &objects),
        "object (1,) [-170141183460469231731687303715884105728]",
    );
    check(
        written(&array![[1.5], [f64::NAN]], &objects),
        "object (2, 1) [[1.5], [nan]]",
    );
    check(written(&array![f16::from_f32(0.5)], &objects), "object (1,) [0.5]");
    check(
        written(&array![Complex::new(1.0_f32, -2.0)], &objects),
        "object (1,) [(1-2j)]",
    );
    check(written(&array![Some(true), None], &objects), "object (2,) [True, None]");
    check(written(&array!["é😀", ""], &objects), "object (2,) ['é😀', '']");
    check(
        written(&array![serde_bytes::Bytes::new(b"\0a")], &objects),
        "object (1,) [b'\\x00a']",
    );
    check(written(&array![vec![1], vec![]], &objects), "object (2,) [[1], []]");
    check(
        written(&array![(1, "a", [2, 3])], &objects),
        "object (1,) [(1, 'a', (2, 3))]",
    );
    check(
        written(&array![BTreeMap::from([((1, 2), "a")])], &objects),
        "object (1,) [{(1, 2): 'a'}]",
    );
    check(
        written(&ArrayD::<u8>::zeros(vec![2, 0]), &objects),
        "object (2, 0) [[], []]",
    );
    check(
        written(&Array0::from_elem((), json!({"a": [null, 1.5]})), &objects),
        "object () {'a': [None, 1.5]}",
    );
    check(
        written(&array![Datetime64::<Second>::new(86400), Datetime64::NAT], &objects),
        "object (2,) [np.datetime64('1970-01-02T00:00:00'), np.datetime64('NaT','s')]",
    );
    check(
        written(&array![[1, 2], [3, 4]].reversed_axes(), &objects),
        "object (2, 2) [[1, 3], [2, 4]]",
    );
    check(
        written(&bodies(), &objects),
        "object (2,) [{'name': 'Mars', 'mass': 6.4e+23, 'moons': ['Phobos', 'Deimos']}, {'name': 'Venus', 'mass': 4.9e+24, 'moons': []}]",
    );
    let record = "[('name', 'U5'), ('mass', '>f8'), ('moons', 'O')]";
    check(
        written(&bodies(), &WriteOptions::new().dtype(record.parse().unwrap())),
        "[('name', '<U5'), ('mass', '>f8'), ('moons', 'O')] (2,) \
         [('Mars', 6.4e+23, ['Phobos', 'Deimos']), ('Venus', 4.9e+24, [])]",
    );
    let nested = "[('t', 'M8[D]'), ('in', [('a', 'i4'), ('o', 'O')]), ('s', 'i2', (2,)), ('l', 'g')]";
    check(
        written(
            &array![(Datetime64::<Day>::new(1), (5, "x"), [6_i16, 7], 1.5)],
            &WriteOptions::new().dtype(nested.parse().unwrap()),
        ),
        "[('t', '<M8[D]'), ('in', [('a', '<i4'), ('o', 'O')]), ('s', '<i2', (2,)), ('l', '<f16')] (1,) \
         [(datetime.date(1970, 1, 2), (5, 'x'), array([6, 7], dtype=int16), np.longdouble('1.5'))]",
    );
    // All of these may be one allocation of nothing.
    let empty = array![
        Object::Tuple(Arc::default()),
        Object::List(Arc::default()),
        Object::Bytes(Arc::default()),
        Object::ByteArray(Arc::default()),
        Object::Str(Arc::default()),
        Object::Dict(Arc::default()),
        Object::FrozenSet(Arc::default()),
        Object::Set(Arc::default()),
    ];
    check(
        written(&empty, &WriteOptions::new()),
        "object (8,) [(), [], b'', bytearray(b''), '', {}, frozenset(), set()]",
    );
    // Across frames and batches.
    let long = Array1::from_shape_fn(5000, |index| (index, "x".repeat(index % 300)));
    let file = written(&long, &objects);
    let ok = numpy.run(
        "a = load(inputs[0], allow_pickle=True); outputs.append(str(all(v == (i, 'x' * (i % 300)) for i, v in enumerate(a))))",
        &[&file],
    );
    assert_eq!(ok, [b"True"]);
    assert_eq!(Array1::<(usize, String)>::read_npy(&file[..]).unwrap(), long);
}

#[test]
fn round_trips() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.npy");
    let bodies = bodies();
    for options in [
        as_objects(),
        WriteOptions::new().dtype("[('name', 'U5'), ('mass', '<f8'), ('moons', 'O')]".parse().unwrap()),
        WriteOptions::new().dtype("[('moons', 'O'), ('mass', '>f8'), ('name', 'O')]".parse().unwrap()),
    ] {
        options.write_npy(&path, &bodies).unwrap();
        assert_eq!(read_npy::<_, Array1<Body>>(&path).unwrap(), bodies);
        let dynamic: DynArray = read_npy(&path).unwrap();
        assert_eq!(dynamic.clone().into_array::<Body, Ix1>(Casting::Equiv).unwrap(), bodies);
        let mut into = Array1::from_elem(3, bodies[0].clone());
        NpyReader::open(&path)
            .unwrap()
            .read_into(into.slice_mut(ndarray::s![1..]))
            .unwrap();
        assert_eq!(into.slice(ndarray::s![1..]), bodies);
        let again = written(&dynamic, &WriteOptions::new());
        assert_eq!(std::fs::read(&path).unwrap(), again);
        assert_eq!(DynArray::read_npy(&again[..]).unwrap(), dynamic);
    }
    let objects = array![
        Object::from("a"),
        Object::Tuple([Object::None, Object::Bool(true)].into())
    ];
    let file = written(&objects, &WriteOptions::new());
    assert_eq!(Array1::<Object>::read_npy(&file[..]).unwrap(), objects);
    assert_eq!(DynArray::from(objects), DynArray::read_npy(&file[..]).unwrap());
    let error = DynArray::read_npy(&file[..]).unwrap().into_raw().unwrap_err();
    assert_eq!(error.to_string(), "objects have no bytes of a fixed size");
}

#[test]
fn the_reader_stops_after_the_pickle() {
    let Some(mut numpy) = python::numpy("object arrays in a stream") else {
        return;
    };
    let mut stream = Vec::new();
    for file in pickled(&mut numpy, "['x' * 70000, [1] * 2000, None]") {
        stream.extend(file);
        stream.extend(written(&array![1.5], &WriteOptions::new()));
    }
    let mut reader = Cursor::new(&stream);
    for _ in 0..6 {
        let objects = Array1::<Value>::read_npy(&mut reader).unwrap();
        assert_eq!(objects[1].as_array().unwrap().len(), 2000);
        assert_eq!(Array1::<f64>::read_npy(&mut reader).unwrap(), array![1.5]);
    }
    assert_eq!(reader.read(&mut [0]).unwrap(), 0);
}

#[test]
fn parts_of_an_object_array_are_not_read() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.npy");
    as_objects().write_npy(&path, &array![[1, 2], [3, 4]]).unwrap();
    let message = "an array of Python objects (`|O`) is one pickle, which can be read only whole";
    let reader = NpyReader::open(&path).unwrap();
    let error = reader.read_slice::<Value, Ix1>(ndarray::s![0, ..]).unwrap_err();
    assert!(error.to_string().contains(message), "{error}");
    let error = reader.rows::<Value, ndarray::Ix2>(1).next().unwrap().unwrap_err();
    assert!(error.to_string().contains(message), "{error}");
}

const LIMIT: Duration = Duration::from_millis(500);

fn error_of(name: &str, file: &[u8]) -> Error {
    let start = Instant::now();
    let error = match DynArray::read_npy(file) {
        Ok(array) => panic!("{name} is no error but {array}"),
        Err(error) => error,
    };
    assert!(start.elapsed() < patient(LIMIT), "{name} takes {:?}", start.elapsed());
    let again = Array1::<Value>::read_npy(file).map(drop).unwrap_err();
    assert_eq!(again.to_string(), error.to_string(), "{name}");
    error
}

/// The pickle of an object array of one element, which is left on the stack by `element`.
fn one(element: &[u8]) -> Vec<u8> {
    let head = b"\x80\x04cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\0\x85C\x01b\x87R(K\x01K\x01\x85\
        cnumpy\ndtype\n\x8c\x02O8\x89\x88\x87R(K\x03\x8c\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x3ftb\x89](";
    npy("'|O'", "(1,)", &[head, element, b"etb."].concat())
}

#[test]
fn what_would_run_something_is_an_error() {
    assert_eq!(Array1::<u8>::read_npy(&one(b"K\x07")[..]).unwrap(), array![7]);
    let asks = |name: &str| {
        format!("the pickle asks for `{name}`, which is no plain data; nothing is imported and nothing is run")
    };
    for (element, message) in [
        (&b"cos\nsystem\nX\x02\0\0\0ls\x85R"[..], asks("os.system")),
        (b"\x8c\x05posix\x8c\x06system\x93\x8c\x02ls\x85R", asks("posix.system")),
        (b"cbuiltins\neval\n", asks("builtins.eval")),
        (b"c__builtin__\ngetattr\n", asks("__builtin__.getattr")),
        (b"(ios\nsystem\n", asks("os.system")),
        (b"cnumpy\nload\n", asks("numpy.load")),
        (
            b"cnumpy.core.multiarray\nfromfile\n",
            asks("numpy.core.multiarray.fromfile"),
        ),
        (b"c__main__\nThing\n)\x81}b", asks("__main__.Thing")),
        (b"cdatetime\ndatetime.strptime\n", asks("datetime.datetime.strptime")),
        (
            b"cpandas._libs.tslibs.timestamps\n_unpickle_timestamp\n",
            asks("pandas._libs.tslibs.timestamps._unpickle_timestamp"),
        ),
        (
            b"Psome-id\n",
            "an object that is kept outside of the pickle (a persistent id)".to_owned(),
        ),
        (
            b"NQ",
            "an object that is kept outside of the pickle (a persistent id)".to_owned(),
        ),
        (
            b"\x82\x01",
            "an object by the code of a registered extension, which no file tells".to_owned(),
        ),
        (b"\x97", "a buffer that is kept outside of the pickle".to_owned()),
        (b"]}b", "a state is set of an object that is no plain data".to_owned()),
        (
            b"c__builtin__\nint\n",
            "a class or function as an object: int".to_owned(),
        ),
        (
            b"cnumpy\ndtype\n",
            "a class or function as an object: numpy.dtype".to_owned(),
        ),
        (b"\xff", "0xff is no opcode of a pickle".to_owned()),
        (b"\x80\x06", "pickle protocol 6; 0 to 5 are known".to_owned()),
    ] {
        let error = error_of(&message, &one(element));
        assert_eq!(error.kind(), ErrorKind::Object, "{error}");
        let text = error.to_string();
        assert!(text.starts_with(&message), "{text}\n{message}");
        assert!(text.contains("(at byte ") || text.contains("as an object"), "{text}");
    }
}

#[test]
fn what_is_too_much_is_an_error() {
    let le = |n: u64| n.to_le_bytes();
    // A list of the two before it, fifty times over; the same with dicts, tuples, strings, arrays.
    let bomb = |first: &[u8], twice: &[u8]| {
        let mut pickle = [first, b"q\0"].concat();
        for _ in 0..50 {
            pickle.extend(b"0");
            pickle.extend(twice);
            pickle.extend(b"q\0");
        }
        pickle
    };
    let text_bomb = [
        &b"X\0\0\x01\0"[..],
        &[b'a'; 1 << 16],
        b"q\0\x30](",
        &b"h\0".repeat(100_000),
        b"e",
    ]
    .concat();
    let array_bomb = {
        let data = [
            &b"B\0\0\x01\0"[..],
            &[b'a'; 1 << 16],
            b"q\x01\x30cnumpy\ndtype\n\x8c\x02u1\x89\x88\x87Rq\x02\x30",
        ]
        .concat();
        let array = b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\0\x85C\x01b\x87R(K\x01J\0\0\x01\0\x85h\x02\x89h\x01tb";
        [&data[..], b"](", &array.repeat(10_000), b"e"].concat()
    };
    let set_bomb = [
        &b"("[..],
        &b"N".repeat(50_000),
        b"l\x85q\0\x30](",
        &b"c__builtin__\nset\nh\0R".repeat(20_000),
        b"e",
    ]
    .concat();
    let dtype_bomb = {
        let mut pickle = b"cnumpy\ndtype\nq\0\x30h\0\x8c\x02V0\x89\x88\x87Rq\x01".to_vec();
        for _ in 0..30 {
            // A record of no bytes with the one before it in two fields.
            pickle.extend(b"h\0\x8c\x02V0\x89\x88\x87R(K\x03\x8c\x01|N\x8c\x01a\x8c\x01b\x86}(\x8c\x01ah\x01K\0\x86\x8c\x01bh\x01K\0\x86uK\0K\x01K\0tbq\x01");
        }
        pickle.extend(b"1");
        [&b"("[..], &pickle, b"N"].concat()
    };
    let dtype_depth = {
        let mut pickle = b"cnumpy\ndtype\nq\0\x30h\0\x8c\x02i1\x89\x88\x87Rq\x01".to_vec();
        for _ in 0..50_000 {
            pickle.extend(b"h\0\x8c\x02V1\x89\x88\x87R(K\x03\x8c\x01|h\x01K\x01\x85\x86NNK\x01K\x01K\0tbq\x01");
        }
        [&b"("[..], &pickle, b"1N"].concat()
    };
    use ErrorKind::{Limit, Object as Bad, Truncated};
    for (name, element, kind) in [
        ("100k lists", b"]".repeat(100_000), Bad),
        (
            "100k lists in lists",
            [b"]".repeat(100_000), b"a".repeat(99_999)].concat(),
            Limit,
        ),
        (
            "100k tuples in tuples",
            [&b")"[..], &b"\x85".repeat(100_000)].concat(),
            Limit,
        ),
        ("a list in itself", b"]q\0h\0a".to_vec(), Bad),
        ("a dict in itself", b"}q\0K\x01h\0s".to_vec(), Bad),
        ("a tuple in a list in it", b"]q\0\x85q\x01h\0h\x01a0".to_vec(), Bad),
        ("lists of the same two lists", bomb(b"]", b"]h\0ah\0a"), Limit),
        ("tuples of the same two", bomb(b")", b"h\0h\0\x86"), Limit),
        ("dicts of the same", bomb(b"N", b"}K\x01h\0sK\x02h\0s"), Limit),
        ("one text again and again", text_bomb, Limit),
        ("arrays of the same bytes", array_bomb, Limit),
        ("sets of the same list", set_bomb, Limit),
        ("dtypes of the same dtypes", dtype_bomb, Limit),
        ("a dtype in a dtype", dtype_depth, Limit),
        ("a BINBYTES8 of 2^63", [&b"\x8e"[..], &le(1 << 63)].concat(), Truncated),
        ("a BINBYTES8 of 2^64 - 1", [&b"\x8e"[..], &le(u64::MAX)].concat(), Limit),
        ("a BINBYTES of 4 GiB", b"B\xff\xff\xff\xff".to_vec(), Truncated),
        ("a str of 2^40", [&b"\x8d"[..], &le(1 << 40)].concat(), Truncated),
        ("a bytearray of 2^40", [&b"\x96"[..], &le(1 << 40)].concat(), Truncated),
        ("a frame of 2^64 - 1", [&b"\x95"[..], &le(u64::MAX)].concat(), Truncated),
        ("a frame of 2^40", [&b"\x95"[..], &le(1 << 40)].concat(), Bad),
        ("an int of 4 GiB", b"\x8b\xff\xff\xff\xff".to_vec(), Limit),
        (
            "an int of 2000 bytes",
            [&b"\x8b\xd0\x07\0\0"[..], &[1; 2000]].concat(),
            Limit,
        ),
        (
            "an int of 5000 digits",
            [&b"L"[..], &b"9".repeat(5000), b"L\n"].concat(),
            Limit,
        ),
        ("a memo of 2^32", b"r\xff\xff\xff\xff".to_vec(), Bad),
        ("a memo that is not there", b"j\xff\xff\xff\xff".to_vec(), Bad),
        ("a line without end", b"V".repeat(1 << 20), Truncated),
    ] {
        let error = error_of(name, &one(&element));
        assert_eq!(error.kind(), kind, "{name}: {error}");
    }
    // Arrays that claim more than they have.
    let shapes: [(&str, &[i64]); 6] = [
        ("many", &[1 << 40]),
        ("negative", &[-1]),
        ("overflow", &[1 << 32, 1 << 32]),
        ("of no length", &[1 << 40, 0]),
        ("two", &[2]),
        ("65 axes", &[1; 65]),
    ];
    for (name, shape) in shapes {
        for data in [&b"](NNNe"[..], b"]", b"C\x01a", b"C\0", b"N"] {
            for dtype in ["O8", "u1", "V0", "S0", "U0", "f8"] {
                let mut array =
                    b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\0\x85C\x01b\x87R(K\x01(".to_vec();
                for &size in shape {
                    array.extend(b"\x8a\x08");
                    array.extend(size.to_le_bytes());
                }
                array.extend(b"tcnumpy\ndtype\n\x8c\x02");
                array.extend(dtype.as_bytes());
                array.extend(b"\x89\x88\x87R\x89");
                array.extend(data);
                array.extend(b"tb");
                let start = Instant::now();
                match DynArray::read_npy(&one(&array)[..]) {
                    // An array of no elements, whatever its other axes.
                    Ok(array) => drop(array.into_array::<Value, Ix1>(Casting::Equiv)),
                    Err(error) => assert!(matches!(error.kind(), Bad | Limit), "{name} {dtype}: {error:?}"),
                }
                assert!(start.elapsed() < patient(LIMIT), "{name} {dtype}");
            }
        }
    }
}

#[test]
fn the_pickle_must_be_the_array_of_the_header() {
    let file = one(b"N");
    let start = file.windows(4).position(|bytes| bytes == b"\x80\x04cn").unwrap();
    let pickle = &file[start..];
    for (name, file, message) in [
        ("another shape", npy("'|O'", "(2,)", pickle), "header of shape [2], but the pickle holds an array of shape [1]"),
        ("no array", npy("'|O'", "(1,)", b"\x80\x04]N\x61."), "the pickle holds no array"),
        ("an array without state", npy("'|O'", "(1,)", b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\0\x85C\x01b\x87R."), "the pickle holds no array"),
        ("numbers", npy("'|O'", "(1,)", b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\0\x85C\x01b\x87R(K\x01K\x01\x85cnumpy\ndtype\n\x8c\x02u1\x89\x88\x87R\x89C\x01atb."),
         "the header promises objects, the pickle holds an array of `|u1` (uint8)"),
    ] {
        assert_eq!(error_of(name, &file).to_string(), message, "{name}");
    }
}

#[test]
fn max_bytes_is_of_the_pickle_and_of_what_is_shared() {
    let file = written(&array!["x".repeat(1000)], &as_objects());
    let options = |bytes| ReadOptions::new().max_bytes(bytes);
    assert!(Array1::<String>::read_npy_with(&file[..], &options(2000)).is_ok());
    let error = Array1::<String>::read_npy_with(&file[..], &options(500)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Limit);
    // 100 000 references to one text.
    let shared: Object = "x".repeat(600).into();
    let file = written(&Array1::from_elem(100_000, shared), &WriteOptions::new());
    assert!(file.len() < 250_000);
    let error = Array1::<String>::read_npy(&file[..]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Limit);
    assert!(Array1::<String>::read_npy_with(&file[..], &options(1 << 30)).is_ok());
}

#[test]
fn cut_and_mutated_pickles() {
    let folder = [
        "ob_ints",
        "ob_complex",
        "ob_strings",
        "ob_sets",
        "ob_datetime",
        "ob_ndarrays",
        "ob_nested_object",
        "ob_struct_field",
        "ob_proto2",
        "ob_numpy1_proto2",
        "ob_range_slice",
        "ob_decimal",
    ];
    let corpus = crate::corpus::support::corpus();
    let mut random = 0x9e3779b97f4a7c15_u64;
    let mut next = |below: usize| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        (random >> 11) as usize % below
    };
    let opcodes = b"()]}.0129IJKLMNPQRSTUVXabcdeghijlopqrstu\x80\x81\x82\x85\x86\x87\x88\x89\x8a\x8b\x8c\x8d\x8e\x8f\x90\x91\x92\x93\x94\x95\x96\x97\x98BCGF";
    for name in folder {
        let file = corpus.read(&format!("zoo/{name}.npy"));
        let whole = DynArray::read_npy(&file[..]).unwrap();
        for end in 0..file.len() {
            let error = DynArray::read_npy(&file[..end]).map(drop).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Truncated, "{name} cut at {end}: {error}");
        }
        for _ in 0..3000 {
            let mut mutated = file.clone();
            for _ in 0..1 + next(4) {
                let at = 128 + next(mutated.len() - 128);
                match next(4) {
                    0 => mutated[at] = next(256) as u8,
                    1 => mutated[at] = opcodes[next(opcodes.len())],
                    2 => drop(mutated.remove(at)),
                    _ => mutated.insert(at, opcodes[next(opcodes.len())]),
                }
            }
            let start = Instant::now();
            if let Ok(array) = DynArray::read_npy(&mutated[..]) {
                let _ = array.to_string();
                let _ = array.clone().into_array::<Value, ndarray::IxDyn>(Casting::Equiv);
                let mut again = Vec::new();
                array.write_npy(&mut again).unwrap();
                DynArray::read_npy(&again[..]).unwrap();
            }
            assert!(start.elapsed() < patient(LIMIT), "{name}: {mutated:?}");
        }
        drop(whole);
    }
    // Programs of opcodes alone.
    for _ in 0..100_000 {
        let program: Vec<u8> = (0..1 + next(40)).map(|_| opcodes[next(opcodes.len())]).collect();
        let _ = DynArray::read_npy(&one(&program)[..]);
    }
}

#[test]
fn a_member_of_an_archive() {
    #[cfg(feature = "npz")]
    {
        let mut archive = Cursor::new(Vec::new());
        let mut npz = ndarray_io::NpzWriter::new_compressed(&mut archive);
        npz.add_array_with(
            "bodies",
            &bodies(),
            &ndarray_io::MemberOptions::new().array(as_objects()),
        )
        .unwrap();
        npz.add_array("x", &array![1.5]).unwrap();
        npz.finish().unwrap();
        let mut npz = ndarray_io::NpzReader::new(&mut archive).unwrap();
        let read: Array1<Body> = npz.by_name("bodies").unwrap();
        assert_eq!(read, bodies());
        assert!(matches!(npz.get("bodies").unwrap(), DynArray::Object(_)));
        assert_eq!(npz.by_name::<ndarray::OwnedRepr<f64>, Ix1>("x").unwrap(), array![1.5]);
    }
}

/// The fields of a struct are read out of members that hold objects, as one member alone is.
#[cfg(feature = "npz")]
#[test]
fn members_as_fields() {
    let Some(mut numpy) = python::numpy("object") else {
        return;
    };
    #[derive(Deserialize, PartialEq, Debug)]
    struct Config {
        lr: f64,
        name: Option<String>,
    }
    #[derive(Deserialize, PartialEq, Debug)]
    struct Row {
        id: i32,
        meta: BTreeMap<String, u8>,
    }
    #[derive(Deserialize, PartialEq, Debug)]
    struct Run<R> {
        config: Config,
        maybe: Option<Config>,
        none: Option<String>,
        one: Array0<String>,
        ragged: Vec<Vec<u8>>,
        ragged_array: Array1<Vec<u8>>,
        names: Vec<Option<String>>,
        big: Vec<u128>,
        floats: Array1<f64>,
        tuples: Array1<(u8, String)>,
        grid: ArrayD<Value>,
        rows_of_grid: Vec<Vec<Value>>,
        records: R,
        fortran: ndarray::Array2<i64>,
        empty: Array1<Config>,
        empty_0x2: ndarray::Array2<Value>,
        objects: Array1<Object>,
        any: Value,
        plain: Array1<f32>,
        #[serde(rename = "in/folder")]
        nothing: Option<u8>,
    }
    let archives = numpy.run(
        r#"
records = np.array([[(1, {"a": 1})], [(2, {})]], dtype=[("id", "i4"), ("meta", "O")])
def objects(values):
    array = np.empty(len(values), object)
    array[:] = values
    return array
arrays = dict(
    config={"lr": .5, "name": None}, maybe={"lr": 1, "name": "x"}, none=None, one=np.array("é", object),
    ragged=objects([[1, 2], [], [3]]), ragged_array=objects([[1, 2], [], [3]]), names=objects(["a", None]),
    big=objects([2**64, 1]), floats=objects([1, np.float32(.5)]), tuples=objects([(1, "a"), (2, "b")]),
    grid=np.array([[1, "a"], [None, .5]], object), rows_of_grid=np.array([[1, "a"], [None, .5]], object), records=records,
    fortran=np.asfortranarray(np.arange(6).reshape(2, 3).astype(object)), empty=np.array([], object),
    empty_0x2=np.empty((0, 2), object), objects=objects([1, "a"]), any=objects([{"k": [1]}, True]), plain=np.ones(2, "f4"))
for save in np.savez, np.savez_compressed:
    f = io.BytesIO()
    save(f, **arrays)
    outputs.append(f.getvalue())
"#,
        &[],
    );
    let row = |id, meta: &[(&str, u8)]| Row {
        id,
        meta: meta.iter().map(|&(key, value)| (key.to_owned(), value)).collect(),
    };
    for archive in archives {
        let mut npz = ndarray_io::NpzReader::new(Cursor::new(&archive[..])).unwrap();
        let run: Run<ndarray::Array2<Row>> = npz.value().unwrap();
        let expected = Run {
            config: Config { lr: 0.5, name: None },
            maybe: Some(Config {
                lr: 1.0,
                name: Some("x".to_owned()),
            }),
            none: None,
            one: Array0::from_elem((), "é".to_owned()),
            ragged: vec![vec![1, 2], vec![], vec![3]],
            ragged_array: array![vec![1, 2], vec![], vec![3]],
            names: vec![Some("a".to_owned()), None],
            big: vec![1 << 64, 1],
            floats: array![1.0, 0.5],
            tuples: array![(1, "a".to_owned()), (2, "b".to_owned())],
            grid: array![[json!(1), json!("a")], [json!(null), json!(0.5)]].into_dyn(),
            rows_of_grid: vec![vec![json!(1), json!("a")], vec![json!(null), json!(0.5)]],
            records: array![[row(1, &[("a", 1)])], [row(2, &[])]],
            fortran: array![[0, 1, 2], [3, 4, 5]],
            empty: array![],
            empty_0x2: ndarray::Array2::default((0, 2)),
            objects: array![Object::Int(1), Object::from("a")],
            any: json!([{"k": [1]}, true]),
            plain: array![1.0, 1.0],
            nothing: None,
        };
        assert_eq!(run, expected);
        let run: Run<Vec<Vec<Row>>> = npz.value().unwrap();
        assert_eq!(run.records, [[row(1, &[("a", 1)])], [row(2, &[])]]);

        #[derive(Deserialize, Debug)]
        #[allow(dead_code)]
        struct Wrong<T> {
            tuples: T,
        }
        let error = npz.value::<Wrong<Vec<f64>>>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "member \"tuples\": a Python `tuple` where f64 was asked for"
        );
        let error = npz.value::<Wrong<f64>>().unwrap_err();
        assert_eq!((error.kind(), error.member()), (ErrorKind::Shape, Some("tuples")));
        let error = npz.value::<Wrong<ndarray::Array2<Value>>>().unwrap_err();
        assert_eq!((error.kind(), error.member()), (ErrorKind::Shape, Some("tuples")));
    }
}

/// Dtypes that are equal but for how they are laid out stay apart in a pickle.
#[test]
fn dtypes_keep_whether_they_are_laid_out_as_c_does() {
    let Some(mut numpy) = python::numpy("aligned dtypes in pickles") else {
        return;
    };
    let code = "
aligned = np.dtype([('a', 'u1'), ('b', '<i4')], align=True)
plain = np.dtype({'names': ['a', 'b'], 'formats': ['u1', '<i4'], 'offsets': [0, 4], 'itemsize': 8})
nested = np.dtype([('x', aligned)])
a = np.empty(4, object)
for index, dtype in enumerate([aligned, plain, nested, np.dtype([('x', plain)])]):
    a[index] = np.zeros(2, dtype)
f = io.BytesIO()
np.save(f, a, allow_pickle=True)
outputs.append(f.getvalue())
";
    let theirs = numpy.run(code, &[]);
    let array = DynArray::read_npy(&theirs[0][..]).unwrap();
    let ours = written(&array, &WriteOptions::new());
    let code = "
for file in inputs:
    a = np.load(io.BytesIO(file), allow_pickle=True)
    dtypes = [a[0].dtype, a[1].dtype, a[2].dtype['x'], a[3].dtype['x']]
    assert [dtype.isalignedstruct for dtype in dtypes] == [True, False, True, False], dtypes
";
    numpy.run(code, &[&theirs[0], &ours]);
}
