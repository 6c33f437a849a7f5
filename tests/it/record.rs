//! Records: Rust's types and NumPy's structured dtypes, in both directions.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::Write as _;

use half::f16;
use ndarray::{Array1, Array2, Ix1, array};
use ndarray_io::units::{Day, Millisecond};
use ndarray_io::{
    Casting, Datetime64, Dtype, ErrorKind, NpyAppender, NpyReader, ReadNpyExt, ReadOptions, Timedelta64, ViewNpyExt,
    WriteNpyExt, WriteOptions,
};
use num_complex::Complex;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde::ser::{SerializeMap, SerializeTuple};
use serde::{Deserialize, Serialize, Serializer};
use serde_bytes::ByteBuf;

use crate::support::python;

#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
enum Spin {
    Up,
    Down,
}

#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
struct Point {
    x: f32,
    y: Option<f64>,
}

#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
struct Particle {
    id: u64,
    pos: [f64; 3],
    charge: Complex<f32>,
    name: String,
    tag: ByteBuf,
    spin: Spin,
    weight: f16,
    points: [[Point; 1]; 2],
    seen: Datetime64<Millisecond>,
    age: Option<Timedelta64<Day>>,
    pair: (bool, i16),
}

fn particles() -> Array1<Particle> {
    let point = |x, y| [Point { x, y }];
    array![
        Particle {
            id: u64::MAX,
            pos: [1.0, -0.0, f64::MIN_POSITIVE],
            charge: Complex::new(1.5, -2.0),
            name: "Zoë \u{1f98a}".into(),
            tag: ByteBuf::from(*b"\0\xff"),
            spin: Spin::Down,
            weight: f16::from_f32(0.5),
            points: [point(1.0, Some(2.0)), point(3.0, None)],
            seen: "2020-02-29T12:30:45.678".parse().unwrap(),
            age: None,
            pair: (true, -7),
        },
        Particle {
            id: 0,
            pos: [f64::MAX, 0.1, f64::INFINITY],
            charge: Complex::new(0.0, 1.0),
            name: String::new(),
            tag: ByteBuf::new(),
            spin: Spin::Up,
            weight: f16::from_f32(-1.0),
            points: [point(0.0, None), point(-1.0, Some(-2.0))],
            seen: Datetime64::NAT,
            age: Some(Timedelta64::new(5)),
            pair: (false, i16::MIN),
        },
    ]
}

#[test]
fn numpy_sees_what_was_written_and_writes_what_is_read() {
    let Some(mut numpy) = python::numpy("records") else {
        return;
    };
    let particles = particles();
    let mut file = Vec::new();
    particles.write_npy(&mut file).unwrap();
    let outputs = numpy.run(
        "
a = load(inputs[0])
outputs += [str(a.dtype.descr), str([[x.tolist() if isinstance(x, np.ndarray) else x for x in row] for row in a.tolist()])]
dtypes = [a.dtype, a.dtype.newbyteorder('>'), np.dtype([(n, a.dtype[n]) for n in reversed(a.dtype.names)]),
          np.dtype([('more', '<U3')] + [(n, a.dtype[n]) for n in a.dtype.names] + [('rest', 'V7', (2,))], align=True),
          np.dtype([((f'title of {n}', n), a.dtype[n]) for n in a.dtype.names])]
for dtype in dtypes:
    b = np.zeros(a.shape, dtype)
    for name in a.dtype.names:
        b[name] = a[name]
    outputs.append(npy(b))
",
        &[&file],
    );
    let [descr, values, files @ ..] = &outputs[..] else {
        panic!("two outputs and more");
    };
    assert_eq!(
        String::from_utf8_lossy(descr),
        "[('id', '<u8'), ('pos', '<f8', (3,)), ('charge', '<c8'), ('name', '<U5'), ('tag', '|S2'), ('spin', '<U4'), \
         ('weight', '<f2'), ('points', [('x', '<f4'), ('y', '<f8')], (2, 1)), ('seen', '<M8[ms]'), ('age', '<m8[D]'), \
         ('pair', [('f0', '|b1'), ('f1', '<i2')])]"
    );
    assert_eq!(
        String::from_utf8_lossy(values),
        "[[18446744073709551615, [1.0, -0.0, 2.2250738585072014e-308], (1.5-2j), 'Zoë \u{1f98a}', b'\\x00\\xff', 'Down', 0.5, \
         [[(1.0, 2.0)], [(3.0, nan)]], datetime.datetime(2020, 2, 29, 12, 30, 45, 678000), None, (True, -7)], \
         [0, [1.7976931348623157e+308, 0.1, inf], 1j, '', b'', 'Up', -1.0, \
         [[(0.0, nan)], [(-1.0, -2.0)]], None, datetime.timedelta(days=5), (False, -32768)]]"
    );
    assert!(*files[0] == file, "NumPy writes the same bytes");
    for file in files {
        assert_eq!(Array1::<Particle>::read_npy(&file[..]).unwrap(), particles);
    }
}

/// A value of any dtype, as NumPy's `tolist` has it.
#[derive(Clone, Debug)]
enum Tree {
    Bool(bool),
    Int(i64),
    Uint(u64),
    Float(f64),
    Complex(f64, f64),
    Text(String),
    Bytes(Vec<u8>),
    Array(Vec<Tree>),
    Record(Vec<(String, Tree)>),
}

impl Serialize for Tree {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Tree::Bool(value) => serializer.serialize_bool(*value),
            Tree::Int(value) => serializer.serialize_i64(*value),
            Tree::Uint(value) => serializer.serialize_u64(*value),
            Tree::Float(value) => serializer.serialize_f64(*value),
            Tree::Complex(re, im) => Complex::new(*re, *im).serialize(serializer),
            Tree::Text(value) => serializer.serialize_str(value),
            Tree::Bytes(value) => serializer.serialize_bytes(value),
            Tree::Array(items) => {
                let mut tuple = serializer.serialize_tuple(items.len())?;
                items.iter().try_for_each(|item| tuple.serialize_element(item))?;
                tuple.end()
            }
            Tree::Record(fields) => {
                let mut map = serializer.serialize_map(Some(fields.len()))?;
                // In another order than the dtype's.
                fields
                    .iter()
                    .rev()
                    .try_for_each(|(name, value)| map.serialize_entry(name, value))?;
                map.end()
            }
        }
    }
}

impl Tree {
    fn empty_arrays(&self) -> usize {
        match self {
            Tree::Array(items) if items.is_empty() => 1,
            Tree::Array(items) => items.iter().map(Tree::empty_arrays).sum(),
            Tree::Record(fields) => fields.iter().map(|(_, value)| value.empty_arrays()).sum(),
            _ => 0,
        }
    }

    /// As a Python literal.
    fn python(&self, out: &mut String) {
        match self {
            Tree::Bool(true) => out.push_str("True"),
            Tree::Bool(false) => out.push_str("False"),
            Tree::Int(value) => write!(out, "{value}").unwrap(),
            Tree::Uint(value) => write!(out, "{value}").unwrap(),
            Tree::Float(value) => write!(out, "float('{value:e}')").unwrap(),
            Tree::Complex(re, im) => write!(out, "complex(float('{re:e}'), float('{im:e}'))").unwrap(),
            Tree::Text(text) => {
                out.push('\'');
                text.chars()
                    .for_each(|c| write!(out, "\\U{:08x}", u32::from(c)).unwrap());
                out.push('\'');
            }
            Tree::Bytes(bytes) => {
                out.push_str("b'");
                bytes.iter().for_each(|byte| write!(out, "\\x{byte:02x}").unwrap());
                out.push('\'');
            }
            Tree::Array(items) => {
                out.push('[');
                for item in items {
                    item.python(out);
                    out.push(',');
                }
                out.push(']');
            }
            Tree::Record(fields) => {
                out.push('(');
                for (_, value) in fields {
                    value.python(out);
                    out.push(',');
                }
                out.push(')');
            }
        }
    }
}

/// A descr and a way to make values of it.
fn leaf() -> impl Strategy<Value = (String, BoxedStrategy<Tree>)> {
    fn numbers<T: proptest::arbitrary::Arbitrary + 'static>(wrap: fn(T) -> Tree) -> BoxedStrategy<Tree> {
        any::<T>().prop_map(wrap).boxed()
    }
    let order = prop_oneof![Just('<'), Just('>')];
    let code = (0..14_usize, 1..5_usize);
    (order, code).prop_map(|(order, (code, width))| {
        let (code, values) = match code {
            0 => ("|b1".to_owned(), numbers::<bool>(Tree::Bool)),
            1 => ("|i1".to_owned(), numbers::<i8>(|value| Tree::Int(value.into()))),
            2 => (format!("{order}i2"), numbers::<i16>(|value| Tree::Int(value.into()))),
            3 => (format!("{order}i4"), numbers::<i32>(|value| Tree::Int(value.into()))),
            4 => (format!("{order}i8"), numbers::<i64>(Tree::Int)),
            5 => ("|u1".to_owned(), numbers::<u8>(|value| Tree::Uint(value.into()))),
            6 => (format!("{order}u2"), numbers::<u16>(|value| Tree::Uint(value.into()))),
            7 => (format!("{order}u8"), numbers::<u64>(Tree::Uint)),
            8 => (
                format!("{order}f2"),
                numbers::<u16>(|bits| Tree::Float(f16::from_bits(bits & 0xfbff).to_f64())),
            ),
            9 => (format!("{order}f4"), numbers::<f32>(|value| Tree::Float(value.into()))),
            10 => (format!("{order}f8"), numbers::<f64>(Tree::Float)),
            11 => (
                format!("{order}c16"),
                numbers::<(f64, f64)>(|(re, im)| Tree::Complex(re, im)),
            ),
            12 => (
                format!("{order}U{width}"),
                prop::collection::vec(any::<char>(), 0..=width)
                    .prop_map(|chars| Tree::Text(chars.into_iter().collect()))
                    .boxed(),
            ),
            _ => (
                format!("|S{width}"),
                prop::collection::vec(0..0x80_u8, 0..=width)
                    .prop_map(Tree::Bytes)
                    .boxed(),
            ),
        };
        (format!("'{code}'"), values)
    })
}

type Kind = (String, BoxedStrategy<Tree>);

fn arrays_of(kind: &Kind, shape: &[usize]) -> BoxedStrategy<Tree> {
    let mut values = kind.1.clone();
    for &length in shape.iter().rev() {
        values = prop::collection::vec(values, length).prop_map(Tree::Array).boxed();
    }
    values
}

fn records(kind: impl Strategy<Value = Kind>) -> impl Strategy<Value = Kind> {
    let shape = prop_oneof![9 => Just(vec![]), 3 => prop::collection::vec(1..4_usize, 1..=2), 1 => Just(vec![2, 0])];
    prop::collection::vec((kind, shape), 1..5).prop_map(|fields| {
        let mut descr = "[".to_owned();
        let mut values = Just(Vec::new()).boxed();
        for (position, (kind, shape)) in fields.into_iter().enumerate() {
            let name = format!("field {position}");
            write!(descr, "('{name}', {}", kind.0).unwrap();
            if !shape.is_empty() {
                let shape: String = shape.iter().map(|length| format!("{length},")).collect();
                write!(descr, ", ({shape})").unwrap();
            }
            descr.push_str("), ");
            values = (values, arrays_of(&kind, &shape))
                .prop_map(move |(mut fields, value)| {
                    fields.push((name.clone(), value));
                    fields
                })
                .boxed();
        }
        descr.push(']');
        (descr, values.prop_map(Tree::Record).boxed())
    })
}

#[test]
fn any_dtype_three_deep_has_the_bytes_that_numpy_gives_it() {
    let Some(numpy) = python::numpy("records of any dtype") else {
        return;
    };
    let numpy = RefCell::new(numpy);
    let kinds = records(prop_oneof![2 => leaf(), 1 => records(prop_oneof![3 => leaf(), 1 => records(leaf())])]);
    let arrays =
        kinds.prop_flat_map(|(descr, values)| (Just(descr), prop::collection::vec(values, 1..4), any::<bool>()));
    TestRunner::new(Config::with_cases(1000))
        .run(&arrays, |(descr, rows, aligned)| {
            let mut literal = String::new();
            Tree::Array(rows.clone()).python(&mut literal);
            let code = format!(
                "
dtype = np.dtype({descr}, align={})
a = np.zeros({}, dtype)
a[:] = {literal}
outputs.append(npy(a))
",
                if aligned { "True" } else { "False" },
                rows.len()
            );
            let outputs = numpy.borrow_mut().run(&code, &[]);
            let dtype: Dtype = descr.parse().unwrap();
            let dtype = if aligned { dtype.aligned().unwrap() } else { dtype };
            let mut ours = Vec::new();
            let rows = Array1::from(rows);
            rows.write_npy_with(&mut ours, &WriteOptions::new().dtype(dtype.clone()))
                .unwrap();
            prop_assert!(ours == outputs[0], "{}", literal);

            // Whatever is in it can be read as what it is, and the values are the same: up to SECURITY.md's limit, which
            // three levels of `(3, 3)` and `(2, 0)` can exceed.
            let read = Array1::<Any>::read_npy(&ours[..]);
            if rows[0].empty_arrays() > 64 + dtype.itemsize() {
                prop_assert_eq!(read.unwrap_err().kind(), ErrorKind::Limit);
                return Ok(());
            }
            let read = read.unwrap();
            let mut back = Vec::new();
            read.write_npy_with(&mut back, &WriteOptions::new().dtype(dtype))
                .unwrap();
            prop_assert!(back == ours, "{}", literal);
            Ok(())
        })
        .unwrap();
}

/// A value of any dtype, as serde gives it.
#[derive(Serialize, Deserialize, Debug)]
#[serde(untagged)]
enum Any {
    Bool(bool),
    Int(i64),
    Uint(u64),
    Float(f64),
    Text(String),
    Array(Vec<Any>),
    Bytes(ByteBuf),
    Record(BTreeMap<String, Any>),
}

#[test]
fn a_dtype_is_chosen() {
    let particles = particles();
    let dtype: Dtype = Dtype::of::<Particle>().unwrap();
    let mut file = Vec::new();
    // Strings as long as the longest, in a layout of one's own.
    let options = WriteOptions::new().dtype(dtype.aligned().unwrap().with_byte_order(ndarray_io::ByteOrder::Big));
    particles.write_npy_with(&mut file, &options).unwrap();
    assert_eq!(Array1::<Particle>::read_npy(&file[..]).unwrap(), particles);
    let strict = ReadOptions::new().casting(Casting::No);
    let error = Array1::<Particle>::read_npy_with(&file[..], &strict).unwrap_err();
    assert_eq!(
        error.to_string(),
        "row 0: field id: file has `>u8` (uint64) but u64 was asked for; Casting::Equiv would convert it"
    );

    let empty = Array1::<Particle>::from(vec![]);
    let error = empty.write_npy(Vec::new()).unwrap_err();
    assert!(error.to_string().contains("Dtype::of::<T>()"), "{error}");
    let mut file = Vec::new();
    empty
        .write_npy_with(&mut file, &WriteOptions::new().dtype(dtype))
        .unwrap();
    assert_eq!(Array1::<Particle>::read_npy(&file[..]).unwrap(), empty);
    let mut file = Vec::new();
    Array1::<String>::from(vec![]).write_npy(&mut file).unwrap();
    assert!(file.windows(5).any(|window| window == b"'<U1'"));
}

#[derive(Serialize, Deserialize, Clone, Debug)]
struct Sample {
    id: i64,
    pos: [f64; 3],
    charge: Complex<f32>,
    weight: f16,
    flag: bool,
    seen: Datetime64<Millisecond>,
    inner: Inner,
}

#[derive(Serialize, Deserialize, Clone, Debug)]
struct Inner {
    a: i16,
    b: u32,
}

/// Numbers alone take a way of their own from the second row on.
#[test]
fn numpy_and_ours_agree_on_every_row() {
    let Some(mut numpy) = python::numpy("records of many rows") else {
        return;
    };
    let code = "
import os
seed = int(os.environ.get('NDARRAY_IO_SEED', np.random.default_rng().integers(1 << 32)))
rng = np.random.default_rng(seed)
outputs.append(str(seed))
fields = [('id', 'i8'), ('pos', 'f8', (3,)), ('charge', 'c8'), ('weight', 'f2'), ('flag', '?'), ('seen', 'M8[ms]'),
          ('inner', [('a', 'i2'), ('b', 'u4')])]
def fill(a):
    if a.dtype.names:
        for name in a.dtype.names:
            fill(a[name])
    elif a.dtype == bool:
        a[...] = rng.random(a.shape) < 0.5
    else:
        a[...] = np.frombuffer(rng.bytes(a.size * a.itemsize), a.dtype).reshape(a.shape)
a = np.zeros(3000, fields)
fill(a)
columns = [a['id'], a['pos'], a['charge'], a['weight'], a['flag'], a['seen'], a['inner']['a'], a['inner']['b']]
outputs += [npy(np.ascontiguousarray(c).view(np.uint8)) for c in columns]
for dtype in [a.dtype, np.dtype(fields, align=True), np.dtype(fields[::-1] + [('more', '<U3')]), a.dtype.newbyteorder('>')]:
    b = np.zeros(a.shape, dtype)
    for name in a.dtype.names:
        b[name] = a[name]
    outputs.append(npy(b))
";
    let outputs = numpy.run(code, &[]);
    let [seed, outputs @ ..] = &outputs[..] else {
        panic!("a seed and more");
    };
    let seed = String::from_utf8_lossy(seed);
    let (columns, files) = outputs.split_at(8);
    let columns: Vec<_> = (columns.iter())
        .map(|column| {
            ndarray::ArrayD::<u8>::read_npy(&column[..])
                .unwrap()
                .into_raw_vec_and_offset()
                .0
        })
        .collect();
    for (index, file) in files.iter().enumerate() {
        let samples = Array1::<Sample>::read_npy(&file[..]).unwrap();
        let column = |bytes: &dyn Fn(&Sample) -> Vec<u8>| samples.iter().flat_map(bytes).collect::<Vec<u8>>();
        let read = [
            column(&|sample| sample.id.to_le_bytes().to_vec()),
            column(&|sample| sample.pos.iter().flat_map(|x| x.to_le_bytes()).collect()),
            column(&|sample| [sample.charge.re.to_le_bytes(), sample.charge.im.to_le_bytes()].concat()),
            column(&|sample| sample.weight.to_le_bytes().to_vec()),
            column(&|sample| vec![u8::from(sample.flag)]),
            column(&|sample| sample.seen.count().to_le_bytes().to_vec()),
            column(&|sample| sample.inner.a.to_le_bytes().to_vec()),
            column(&|sample| sample.inner.b.to_le_bytes().to_vec()),
        ];
        for (field, (read, numpys)) in read.iter().zip(&columns).enumerate() {
            assert!(read == numpys, "seed {seed}: column {field} of file {index}");
        }
        if index != 2 {
            // The one with more fields than a sample has.
            let dtype = ndarray_io::NpyReader::new(&file[..]).unwrap().dtype().clone();
            let mut written = Vec::new();
            samples
                .write_npy_with(&mut written, &WriteOptions::new().dtype(dtype))
                .unwrap();
            assert!(&written == file, "seed {seed}: file {index} is written as NumPy did");
        }
    }
}

/// Elements that are arrays: NumPy has their axes behind the array's own.
#[test]
fn arrays_of_arrays_have_more_axes() {
    let points: Array1<[f64; 3]> = (0..4).map(|i| [f64::from(i), 0.5, -1.0]).collect();
    let mut file = Vec::new();
    points.write_npy(&mut file).unwrap();
    let blocks = Array2::from_shape_fn((2, 3), |(i, j)| [[i as u8, j as u8], [7, 8], [9, 10]]);
    let mut nested = Vec::new();
    blocks.t().write_npy(&mut nested).unwrap(); // in Fortran's order in memory
    let lists = array![vec![1_i16, 2], vec![3, 4]];
    let mut listed = Vec::new();
    lists.write_npy(&mut listed).unwrap();

    assert_eq!(Array1::<[f64; 3]>::read_npy(&file[..]).unwrap(), points);
    assert_eq!(
        Array1::<(f64, f64, f64)>::read_npy(&file[..]).unwrap()[3],
        (3.0, 0.5, -1.0)
    );
    assert_eq!(
        Array2::<f64>::read_npy(&file[..]).unwrap().row(3).to_vec(),
        [3.0, 0.5, -1.0]
    );
    assert_eq!(Array2::<[[u8; 2]; 3]>::read_npy(&nested[..]).unwrap(), blocks.t());
    assert_eq!(Array1::<Vec<i16>>::read_npy(&listed[..]).unwrap(), lists);
    let spins = array![[(1_i32, 2.5)], [(3, 4.5)]];
    let waves = Array1::from_elem(3, [Complex::new(1.0_f64, 2.0); 2]);
    let (mut records, mut complex) = (Vec::new(), Vec::new());
    spins.write_npy(&mut records).unwrap();
    waves.write_npy(&mut complex).unwrap();
    assert_eq!(
        Array1::<[(i32, f64); 1]>::read_npy(&records[..]).unwrap()[1],
        [(3, 4.5)]
    );
    assert_eq!(
        Array1::<[Complex<f64>; 2]>::read_npy(&complex[..]).unwrap()[2],
        [Complex::new(1.0, 2.0); 2]
    );
    let dynamic = ndarray_io::DynArray::read_npy(&file[..]).unwrap();
    assert_eq!(dynamic.shape(), [4, 3]);
    assert_eq!(dynamic.into_array::<[f64; 3], Ix1>(Casting::Equiv).unwrap(), points);
    let mut filled = Array1::from_elem(4, [0.0; 3]);
    let reader = || NpyReader::new(&file[..]).unwrap();
    reader().read_into(filled.view_mut()).unwrap();
    assert_eq!(filled, points);
    let rows: Vec<_> = reader()
        .rows::<[f64; 3], Ix1>(3)
        .map(|block| block.unwrap().len())
        .collect();
    assert_eq!(rows, [3, 1]);

    let aligned = bytemuck::pod_collect_to_vec::<u8, u64>(&file);
    let view = ndarray::ArrayView1::<[f64; 3]>::view_npy(bytemuck::cast_slice(&aligned)).unwrap();
    assert_eq!(view, points);

    let dir = tempfile::tempdir().unwrap();
    // As many strings of no bytes as are read at all.
    let empty = dir.path().join("empty.npy");
    let header = ndarray_io::Header::new("<U0".parse().unwrap(), ndarray::Order::RowMajor, [1 << 20]);
    std::fs::write(&empty, header.to_bytes(None).unwrap()).unwrap();
    let strings: Array1<String> = ndarray_io::read_npy(&empty).unwrap();
    assert!(strings.len() == 1 << 20 && strings.iter().all(String::is_empty));

    let path = dir.path().join("grown.npy");
    let mut grown = NpyAppender::<[f64; 3], Ix1>::create(&path, ()).unwrap();
    grown.append(points.as_slice().unwrap()).unwrap();
    grown.finish().unwrap();
    let same = WriteOptions::new()
        .dtype(Dtype::of::<[f64; 3]>().unwrap())
        .order(ndarray::Order::ColumnMajor);
    drop(NpyAppender::<[f64; 3], Ix1>::open_with(&path, &same).unwrap());
    let mut grown =
        NpyAppender::<[f64; 3], Ix1>::open_with(&path, &WriteOptions::new().dtype("<f8".parse().unwrap())).unwrap();
    grown.append(&[[5.0, 6.0, 7.0]]).unwrap();
    grown.finish().unwrap();
    assert_eq!(
        ndarray_io::read_npy::<_, Array1<[f64; 3]>>(&path).unwrap()[4],
        [5.0, 6.0, 7.0]
    );
    let zeros = dir.path().join("zeros.npy");
    ndarray_io::write_zeroed_npy::<[f32; 2], _>(&std::fs::File::create(&zeros).unwrap(), (3, 1)).unwrap();

    // In Fortran's order the axes of an element would lie apart; of one axis, both orders are one.
    let fortran = WriteOptions::new().order(ndarray::Order::ColumnMajor);
    assert!(
        blocks
            .write_npy_with(Vec::new(), &fortran)
            .unwrap_err()
            .to_string()
            .contains("is in C order")
    );
    let mut same = Vec::new();
    points.write_npy_with(&mut same, &fortran).unwrap();
    assert_eq!(same, file);

    let error = Array1::<[f64; 4]>::read_npy(&file[..]).unwrap_err();
    assert!(
        error.to_string().contains("has 2 dimensions, 1 were asked for"),
        "{error}"
    );
    for error in [
        Array1::<[[f64; 2]; 3]>::read_npy(&file[..]).unwrap_err(),
        Array1::<[[u8; 2]; 3]>::read_npy(&nested[..]).unwrap_err(),
    ] {
        assert_eq!(error.kind(), ndarray_io::ErrorKind::Shape, "{error}");
    }
    let error = Array1::<Point>::read_npy(&file[..]).unwrap_err();
    assert!(
        error.to_string().contains("has 2 dimensions, 1 were asked for"),
        "{error}"
    );

    let Some(mut numpy) = python::numpy("arrays of arrays") else {
        return;
    };
    let code = "
for bytes in inputs:
    a = load(bytes)
    outputs.append(f'{a.dtype.str} {a.shape} {a.ravel()[:8].tolist()}')
outputs.append(npy(np.asfortranarray(load(inputs[0]))))
";
    let (grown, zeros) = (std::fs::read(&path).unwrap(), std::fs::read(&zeros).unwrap());
    let outputs = numpy.run(code, &[&file, &nested, &listed, &grown, &zeros]);
    let (fortran, said) = outputs.split_last().unwrap();
    let said: Vec<_> = said.iter().map(|line| String::from_utf8_lossy(line)).collect();
    assert_eq!(
        said,
        [
            "<f8 (4, 3) [0.0, 0.5, -1.0, 1.0, 0.5, -1.0, 2.0, 0.5]",
            "|u1 (3, 2, 3, 2) [0, 0, 7, 8, 9, 10, 1, 0]",
            "<i2 (2, 2) [1, 2, 3, 4]",
            "<f8 (5, 3) [0.0, 0.5, -1.0, 1.0, 0.5, -1.0, 2.0, 0.5]",
            "<f4 (3, 1, 2) [0.0, 0.0, 0.0, 0.0, 0.0, 0.0]",
        ]
    );
    let error = Array1::<[f64; 3]>::read_npy(&fortran[..]).unwrap_err();
    assert!(
        error.to_string().contains("has 2 dimensions, 1 were asked for"),
        "{error}"
    );
}

/// What no file says is no part of a dtype.
#[test]
fn the_layout_of_c_is_the_same_dtype() {
    #[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq)]
    struct Small {
        id: u8,
        value: f32,
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.npy");
    let dtype = Dtype::of::<Small>().unwrap().aligned().unwrap();
    assert_eq!(dtype, dtype.descr().parse().unwrap());
    let options = WriteOptions::new().dtype(dtype.clone());
    for value in [1.5, 2.5] {
        let mut log = match path.exists() {
            false => NpyAppender::<Small, ndarray::Ix1>::create_with(&path, (), &options).unwrap(),
            true => NpyAppender::open_with(&path, &options).unwrap(),
        };
        log.push(ndarray::arr0(Small { id: 1, value }).view()).unwrap();
        log.finish().unwrap();
    }
    let read: Array1<Small> = ndarray_io::read_npy(&path).unwrap();
    assert_eq!(read[1], Small { id: 1, value: 2.5 });
    let any = ndarray_io::DynArray::read_npy(&std::fs::read(&path).unwrap()[..]).unwrap();
    let mut again = Vec::new();
    any.write_npy_with(&mut again, &options).unwrap();
    assert_eq!(Array1::<Small>::read_npy(&again[..]).unwrap(), read);
}

/// A struct may call a field by its title, also where it has fields that the file has not.
#[test]
fn titles_are_names() {
    #[derive(Deserialize, Debug, PartialEq)]
    struct Reading {
        #[serde(rename = "Temperature")]
        temperature: f32,
        #[serde(default)]
        absent: i32,
    }
    let Some(mut numpy) = python::numpy("titles") else {
        return;
    };
    let code = "outputs.append(npy(np.array([(1.5, 2), (2.5, 3)], [(('Temperature', 't'), '<f4'), ('b', '<i4')])))";
    let file = &numpy.run(code, &[])[0];
    let read: Array1<Reading> = Array1::read_npy(&file[..]).unwrap();
    let expected = [1.5, 2.5].map(|temperature| Reading { temperature, absent: 0 });
    assert_eq!(read.as_slice().unwrap(), expected);
}

#[test]
fn strings_beside_a_char_are_as_wide_as_they_need() {
    let values = array![('a', "bcd".to_owned())];
    let options = WriteOptions::new().dtype(Dtype::of::<(char, String)>().unwrap());
    let mut file = Vec::new();
    values.write_npy_with(&mut file, &options).unwrap();
    assert_eq!(Array1::<(char, String)>::read_npy(&file[..]).unwrap(), values);
    let folder = tempfile::tempdir().unwrap();
    assert!(NpyAppender::<(char, String), ndarray::Ix1>::create(folder.path().join("a.npy"), ()).is_err());
    // For arrays of a dtype that is known at run time as for others.
    let strings = ndarray_io::DynArray::from_array(&array!["abc".to_owned(), "d".to_owned()]).unwrap();
    for (dtype, expected) in [("U", "<U3"), ("S", "|S3"), (">U", ">U3")] {
        let options = WriteOptions::new().dtype(dtype.parse().unwrap());
        assert_eq!(strings.npy_header(&options).unwrap().dtype.to_string(), expected);
    }
}

/// An error names the element of the whole, not of a block.
#[test]
fn errors_of_blocks_count_from_the_start() {
    let mut file = Vec::new();
    array![0_u8, 1, 0, 1, 0, 1, 2, 0].write_npy(&mut file).unwrap();
    let at = file.windows(4).position(|bytes| bytes == b"|u1'").unwrap();
    file[at..at + 3].copy_from_slice(b"|b1");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.npy");
    std::fs::write(&path, &file).unwrap();
    let stream = NpyReader::new(&file[..]).unwrap();
    let errors = [
        NpyReader::open(&path)
            .unwrap()
            .rows::<bool, ndarray::Ix1>(4)
            .nth(1)
            .unwrap()
            .unwrap_err(),
        stream.rows::<bool, ndarray::Ix1>(4).nth(1).unwrap().unwrap_err(),
    ];
    for error in errors {
        assert_eq!(error.row(), Some(6), "{error}");
    }
    // Of elements that are arrays, too.
    let mut triples = Vec::new();
    let bytes = Array2::from_shape_fn((8, 3), |(i, _)| u8::from(i == 5) * 2);
    bytes.write_npy(&mut triples).unwrap();
    let at = triples.windows(4).position(|bytes| bytes == b"|u1'").unwrap();
    triples[at..at + 3].copy_from_slice(b"|b1");
    let mut blocks = NpyReader::new(&triples[..]).unwrap().rows::<[bool; 3], ndarray::Ix1>(4);
    assert_eq!(blocks.nth(1).unwrap().unwrap_err().row(), Some(5));

    let log = folder.path().join("log.npy");
    let options = WriteOptions::new().dtype("[('f0', '<i2'), ('f1', '<U1')]".parse().unwrap());
    let good = || (1_i32, "a".to_owned());
    let mut log = NpyAppender::<(i32, String), ndarray::Ix1>::create_with(&log, (), &options).unwrap();
    log.append(array![good(), good(), good()].view()).unwrap();
    for _ in 0..2 {
        let error = log
            .append(array![good(), (1, "too long".to_owned())].view())
            .unwrap_err();
        assert_eq!(error.row(), Some(4), "{error}");
    }
}
