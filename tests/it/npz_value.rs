//! A struct or map as an archive: what it is written as, what NumPy makes of it, and what it is read from.

use std::collections::{BTreeMap, HashMap};
use std::io::Cursor;

use ndarray::{ArcArray, Array0, Array1, Array2, ArrayD, ArrayView1, Ix3, Order, ShapeBuilder, array};
use ndarray_io::{
    Datetime64, ErrorKind, MemberOptions, NpzReader, NpzWriter, Timedelta64, WriteOptions, read_npz, units, write_npz,
    write_npz_compressed,
};
use num_complex::Complex;
use serde::{Deserialize, Serialize};
use tempfile::TempDir;

use crate::support::python::numpy;

#[derive(Serialize, Deserialize, PartialEq, Debug)]
struct Checkpoint {
    epoch: u64,
    weights: Array2<f64>,
    loss_history: Vec<f64>,
    config: Config,
    mask: ArrayD<bool>,
    optimizer: Optimizer,
    schedule: Schedule,
    layers: BTreeMap<u32, Layer>,
    phase: Complex<f32>,
    phases: Vec<Complex<f64>>,
    half: half::f16,
    labels: Vec<String>,
    grid: Vec<Vec<i32>>,
    pairs: Vec<(u8, u8)>,
    events: Vec<Event>,
    events_2d: Array2<Event>,
    pair: (f32, f32),
    empty: Vec<String>,
    nothing: Array2<f32>,
    transposed: Array2<i16>,
    scalar: Array0<f32>,
}

#[derive(Serialize, Deserialize, PartialEq, Debug)]
struct Config {
    lr: f64,
    name: String,
    warmup: Option<u32>,
    decay: Option<f64>,
    initial: char,
}

#[derive(Serialize, Deserialize, PartialEq, Debug)]
enum Optimizer {
    Sgd,
    Adam { beta: (f64, f64), moments: Array1<f32> },
}

#[derive(Serialize, Deserialize, PartialEq, Debug, Clone)]
enum Schedule {
    Constant,
    Steps(Vec<u32>),
}

#[derive(Serialize, Deserialize, PartialEq, Debug)]
struct Layer {
    weight: Array1<f32>,
    bias: Option<Array1<f32>>,
}

#[derive(Serialize, Deserialize, PartialEq, Debug, Clone)]
struct Event {
    time: f64,
    kind: String,
    at: [i16; 2],
}

fn checkpoint() -> Checkpoint {
    let event = |time, kind: &str| Event {
        time,
        kind: kind.to_owned(),
        at: [1, -1],
    };
    Checkpoint {
        epoch: 1 << 63,
        weights: Array2::from_shape_fn((100, 50), |(i, j)| i as f64 - 0.5 * j as f64),
        loss_history: vec![1.0, 0.5, f64::NAN.copysign(1.0).max(0.25)],
        config: Config {
            lr: 1e-3,
            name: "adäm".to_owned(),
            warmup: None,
            decay: Some(0.5),
            initial: 'é',
        },
        mask: ArrayD::from_elem(vec![2, 1, 3], true),
        optimizer: Optimizer::Adam {
            beta: (0.9, 0.999),
            moments: array![1.0, 2.0],
        },
        schedule: Schedule::Steps(vec![10, 20]),
        layers: BTreeMap::from([
            (
                0,
                Layer {
                    weight: array![1.0],
                    bias: None,
                },
            ),
            (
                10,
                Layer {
                    weight: array![2.0, 3.0],
                    bias: Some(array![0.5]),
                },
            ),
        ]),
        phase: Complex::new(1.0, -1.0),
        phases: vec![Complex::new(0.5, 0.25); 3],
        half: half::f16::from_f32(1.5),
        labels: vec!["a".to_owned(), "日本".to_owned()],
        grid: vec![vec![1, 2, 3], vec![4, 5, 6]],
        pairs: vec![(1, 2), (3, 4), (5, 6)],
        events: vec![event(0.5, "start"), event(1.5, "stop!")],
        events_2d: Array2::from_shape_fn((2, 2), |(i, j)| event((i + j) as f64, "x")),
        pair: (1.0, 2.0),
        empty: Vec::new(),
        nothing: Array2::zeros((0, 3)),
        transposed: Array2::from_shape_fn((2, 3).f(), |(i, j)| (10 * i + j) as i16),
        scalar: Array0::from_elem((), 2.5),
    }
}

#[test]
fn a_struct_is_an_archive() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("a.npz");
    write_npz(&path, &checkpoint()).unwrap();
    assert_eq!(read_npz::<_, Checkpoint>(&path).unwrap(), checkpoint());
    write_npz_compressed(&path, &checkpoint()).unwrap();
    assert_eq!(read_npz::<_, Checkpoint>(&path).unwrap(), checkpoint());
    let mut npz = NpzReader::open(&path).unwrap();
    let names = [
        "epoch",
        "weights",
        "loss_history",
        "config/lr",
        "config/name",
        "config/decay",
        "config/initial",
        "mask",
        "optimizer/Adam/beta",
        "optimizer/Adam/moments",
        "schedule/Steps",
        "layers/0/weight",
        "layers/10/weight",
        "layers/10/bias",
        "phase",
        "phases",
        "half",
        "labels",
        "grid",
        "pairs",
        "events",
        "events_2d",
        "pair",
        "empty",
        "nothing",
        "transposed",
        "scalar",
    ];
    assert_eq!(npz.names().unwrap(), names);
    let headers: Vec<String> = names
        .iter()
        .map(|name| npz.header(name).unwrap())
        .map(|header| format!("{} {:?}", header.dtype, header.shape))
        .collect();
    let event = "[('time', '<f8'), ('kind', '<U5'), ('at', '<i2', (2,))]";
    let expected = [
        "<u8 []",
        "<f8 [100, 50]",
        "<f8 [3]",
        "<f8 []",
        "<U4 []",
        "<f8 []",
        "<U1 []",
        "|b1 [2, 1, 3]",
        "<f8 [2]",
        "<f4 [2]",
        "<u4 [2]",
        "<f4 [1]",
        "<f4 [2]",
        "<f4 [1]",
        "<c8 []",
        "<c16 [3]",
        "<f2 []",
        "<U2 [2]",
        "<i4 [2, 3]",
        "|u1 [3, 2]",
        &format!("{event} [2]"),
        &format!("{} [2, 2]", event.replace("U5", "U1")),
        "<f4 [2]",
        "<U1 [0]",
        "<f4 [0, 3]",
        "<i2 [2, 3]",
        "<f4 []",
    ];
    assert_eq!(headers, expected);

    // A part of it, as a map.
    let layers: BTreeMap<String, BTreeMap<String, Array1<f32>>> = {
        #[derive(Deserialize)]
        struct Layers {
            layers: BTreeMap<String, BTreeMap<String, Array1<f32>>>,
        }
        read_npz::<_, Layers>(&path).unwrap().layers
    };
    assert_eq!(layers["10"]["bias"], array![0.5]);
}

#[test]
fn numpy_and_structs_exchange_archives() {
    let Some(mut python) = numpy("npz") else { return };
    #[derive(Serialize, Deserialize, PartialEq, Debug)]
    struct Training {
        epoch: u32,
        lr: f32,
        weights: Array2<f64>,
        loss_history: Vec<f64>,
        name: String,
        done: bool,
    }
    let expected = Training {
        epoch: 3,
        lr: 0.5,
        weights: array![[1.0, 2.0], [3.0, 4.0]],
        loss_history: vec![1.0, 0.5],
        name: "run 1".to_owned(),
        done: false,
    };
    let mut ours = NpzWriter::new(Cursor::new(Vec::new()));
    ours.add_value(&expected).unwrap();
    let outputs = python.run(
        r#"
def check(npz):
    assert npz["epoch"] == 3 and npz["lr"] == 0.5 and str(npz["name"]) == "run 1" and not npz["done"]
    assert npz["weights"].tolist() == [[1, 2], [3, 4]] and npz["loss_history"].tolist() == [1, .5]
    return npz
npz = check(load(inputs[0]))
assert npz["epoch"].dtype == "u4" and npz["epoch"].shape == ()
f = io.BytesIO()
weights = np.asfortranarray([[1., 2.], [3., 4.]])
np.savez(f, epoch=3, lr=.5, weights=weights, loss_history=[1, .5], name="run 1", done=False, extra=np.zeros(5))
outputs.append(f.getvalue())
"#,
        &[ours.finish().unwrap().get_ref()],
    );
    let mut npz = NpzReader::new(Cursor::new(&outputs[0][..])).unwrap();
    assert_eq!(npz.value::<Training>().unwrap(), expected);

    #[derive(Deserialize, Debug)]
    #[allow(dead_code)]
    struct Other {
        epoch: i8,
        weights: Array1<f64>,
    }
    let error = npz.value::<Other>().unwrap_err();
    assert_eq!(
        (error.kind(), error.member()),
        (ErrorKind::Shape, Some("weights")),
        "{error}"
    );
    #[derive(Deserialize, Debug)]
    #[allow(dead_code)]
    struct Missing {
        weight: Array2<f64>,
    }
    let error = npz.value::<Missing>().unwrap_err();
    assert_eq!(
        (error.kind(), error.field()),
        (ErrorKind::Missing, Some("weight")),
        "{error}"
    );
    let error = npz.value::<BTreeMap<String, u8>>().unwrap_err();
    assert_eq!(error.member(), Some("lr"), "{error}");
}

/// Vectors and arrays of one dtype are read into their own memory, others by way of their elements: all are the same.
#[test]
fn vectors_of_every_kind_are_read() {
    #[derive(Deserialize, PartialEq, Debug)]
    struct Read {
        native: Vec<f64>,
        swapped: Vec<f64>,
        fortran: Array2<i32>,
        swapped_fortran: ArrayD<i32>,
        maybe: Option<Vec<u16>>,
        #[serde(deserialize_with = "reversed")]
        reversed: Vec<f64>,
        halves: Vec<half::f16>,
        phases: Array1<Complex<f32>>,
        flags: Vec<bool>,
        scalar: Array0<f64>,
        empty: Vec<i64>,
        rows: Vec<Array1<i32>>,
        pair: [f64; 2],
    }
    fn reversed<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<f64>, D::Error> {
        let mut values = Vec::deserialize(deserializer)?;
        values.reverse();
        Ok(values)
    }
    let table = array![[1, 2, 3], [4, 5, 6]];
    let swapped = |dtype: &str| MemberOptions::new().array(WriteOptions::new().dtype(dtype.parse().unwrap()));
    for compressed in [false, true] {
        let sink = Cursor::new(Vec::new());
        let mut npz = match compressed {
            false => NpzWriter::new(sink),
            true => NpzWriter::new_compressed(sink),
        };
        let two = array![1.0, -2.5];
        npz.add_array("native", &two).unwrap();
        npz.add_array_with("swapped", &two, &swapped(">f8")).unwrap();
        let fortran = table.t().as_standard_layout().into_owned().reversed_axes();
        npz.add_array("fortran", &fortran).unwrap();
        npz.add_array_with("swapped_fortran", &fortran, &swapped(">i4"))
            .unwrap();
        npz.add_array("maybe", &array![7_u16]).unwrap();
        npz.add_array("reversed", &two).unwrap();
        npz.add_array("halves", &array![half::f16::ONE]).unwrap();
        npz.add_array("phases", &array![Complex::new(1.0_f32, -1.0)]).unwrap();
        npz.add_array("flags", &array![true, false]).unwrap();
        npz.add_array("scalar", &Array0::from_elem((), 3_i16)).unwrap();
        npz.add_array("empty", &Array1::<i64>::zeros(0)).unwrap();
        npz.add_array("rows", &table).unwrap();
        npz.add_array("pair", &two).unwrap();
        let mut npz = NpzReader::new(npz.finish().unwrap()).unwrap();
        assert!(matches!(
            npz.header("swapped_fortran").unwrap().order,
            Order::ColumnMajor
        ));
        let expected = Read {
            native: vec![1.0, -2.5],
            swapped: vec![1.0, -2.5],
            fortran: table.clone(),
            swapped_fortran: table.clone().into_dyn(),
            maybe: Some(vec![7]),
            reversed: vec![-2.5, 1.0],
            halves: vec![half::f16::ONE],
            phases: array![Complex::new(1.0, -1.0)],
            flags: vec![true, false],
            scalar: Array0::from_elem((), 3.0),
            empty: Vec::new(),
            rows: vec![array![1, 2, 3], array![4, 5, 6]],
            pair: [1.0, -2.5],
        };
        assert_eq!(npz.value::<Read>().unwrap(), expected);
    }

    // What is damaged or of another dtype is an error on both ways.
    let mut npz = NpzWriter::new(Cursor::new(Vec::new()));
    npz.add_array("a", &array![1.0, 2.0]).unwrap();
    let mut archive = npz.finish().unwrap().into_inner();
    #[derive(Deserialize, Debug)]
    #[allow(dead_code)]
    struct One<T> {
        a: T,
    }
    let kind = |archive: &[u8]| {
        let mut npz = NpzReader::new(Cursor::new(archive)).unwrap();
        let errors = [
            npz.value::<One<Vec<f64>>>().err(),
            npz.value::<One<Array1<f64>>>().err(),
            npz.value::<One<Vec<i32>>>().err(),
            npz.value::<One<Array1<i32>>>().err(),
        ];
        errors.map(|error| error.map(|error| (error.kind(), error.member().map(str::to_owned))))
    };
    let of = |kind| Some((kind, Some("a".to_owned())));
    let dtype = of(ErrorKind::Dtype);
    assert_eq!(kind(&archive), [None, None, dtype.clone(), dtype]);
    let last = archive
        .windows(8)
        .rposition(|bytes| bytes == 2_f64.to_le_bytes())
        .unwrap();
    archive[last] ^= 1;
    let damaged = Some((ErrorKind::Archive, Some("a.npy".to_owned())));
    assert_eq!(
        kind(&archive),
        [damaged.clone(), damaged.clone(), damaged.clone(), damaged]
    );
}

/// What has no elements is of the dtype and shape that NumPy gives it, where the type of the field tells.
#[test]
fn empty_arrays_keep_their_dtype() {
    let Some(mut python) = numpy("npz") else { return };
    #[derive(Serialize)]
    struct Empty<'a> {
        float32_0x3: Array2<f32>,
        float64_0x3: &'a Array2<f64>,
        int16_0x2x2: ArcArray<i16, Ix3>,
        uint8_0: ArrayView1<'a, u8>,
        complex64_3x0: ArrayD<Complex<f32>>,
        bool_0: Vec<bool>,
        int64_0: Vec<i64>,
        uint64_0: &'a [usize],
        float16_0: Option<Box<[half::f16]>>,
        float32_0: Weights,
        float64_0: Vec<Option<f64>>,
        str_0: Vec<String>,
        str_0x2: Array2<String>,
        text_0: &'a Vec<&'a str>,
        #[serde(rename = "datetime64[s]_0")]
        datetime: Vec<Datetime64<units::Second>>,
        #[serde(rename = "timedelta64[ns]_2x0")]
        timedelta: Array2<Timedelta64<units::Nanosecond>>,
        inner: BTreeMap<&'static str, Vec<u32>>,
        // Their types do not tell.
        other_0: Array1<Event>,
        other_0x3: Array2<(u8, f32)>,
        nested_0: Vec<Vec<f32>>,
    }
    #[derive(Serialize)]
    struct Weights(Array1<f32>);
    let value = Empty {
        float32_0x3: Array2::zeros((0, 3)),
        float64_0x3: &Array2::zeros((0, 3)),
        int16_0x2x2: ArcArray::zeros((0, 2, 2)),
        uint8_0: ArrayView1::from(&[]),
        complex64_3x0: ArrayD::zeros(vec![3, 0]),
        bool_0: Vec::new(),
        int64_0: Vec::new(),
        uint64_0: &[],
        float16_0: Some(Box::default()),
        float32_0: Weights(Array1::zeros(0)),
        float64_0: Vec::new(),
        str_0: Vec::new(),
        str_0x2: Array2::default((0, 2)),
        text_0: &Vec::new(),
        datetime: Vec::new(),
        timedelta: Array2::from_shape_vec((2, 0), Vec::new()).unwrap(),
        inner: BTreeMap::from([("uint32_0", Vec::new())]),
        other_0: array![],
        other_0x3: Array2::default((0, 3)),
        nested_0: Vec::new(),
    };
    for compressed in [false, true] {
        let sink = Cursor::new(Vec::new());
        let mut npz = match compressed {
            false => NpzWriter::new(sink),
            true => NpzWriter::new_compressed(sink),
        };
        npz.add_value(&value).unwrap();
        python.run(
            r#"
ours = load(inputs[0])
assert len(ours.files) == 20, ours.files
f = io.BytesIO()
for name in ours.files:
    dtype, shape = name.removeprefix("inner/").split("_")
    shape = tuple(map(int, shape.split("x")))
    dtype = {"text": "str", "other": "float64", "nested": "float64"}.get(dtype, dtype)
    np.savez(f, x=np.zeros(shape, dtype=dtype))
    x = load(f.getvalue())["x"]
    ours_too = ours[name]
    assert (ours_too.dtype, ours_too.shape) == (x.dtype, x.shape), (name, ours_too.dtype, ours_too.shape, x.dtype)
"#,
            &[npz.finish().unwrap().get_ref()],
        );
    }
}

/// Without the feature `object`, a field that is a pickle says what would read it.
#[cfg(not(feature = "object"))]
#[test]
fn objects_need_their_feature() {
    let Some(mut python) = numpy("npz") else { return };
    let outputs = python.run(
        "f = io.BytesIO(); np.savez(f, a=None); outputs.append(f.getvalue())",
        &[],
    );
    let mut npz = NpzReader::new(Cursor::new(&outputs[0][..])).unwrap();
    let errors = [
        npz.value::<BTreeMap<String, f64>>().unwrap_err(),
        npz.value::<BTreeMap<String, Option<f64>>>().unwrap_err(),
        npz.value::<BTreeMap<String, ArrayD<f64>>>().unwrap_err(),
    ];
    for error in errors {
        assert_eq!(
            error.to_string(),
            "member \"a.npy\": an array of Python objects (`|O`) is a pickle, which the feature `object` reads as data"
        );
    }
}

/// Structs and maps inside that have no member of their own are there all the same, for us and for NumPy.
#[test]
fn what_is_empty_inside_is_read_back() {
    #[derive(Serialize, Deserialize, PartialEq, Debug, Default)]
    struct Nested {
        config: Config,
        some: Option<Config>,
        none: Option<Config>,
        optimizer: Option<Optimizer>,
        wrapped: Option<Wrapper>,
        maps: BTreeMap<String, BTreeMap<u8, f64>>,
        deep: BTreeMap<String, BTreeMap<String, Config>>,
    }
    #[derive(Serialize, Deserialize, PartialEq, Debug, Default)]
    struct Config {
        warmup: Option<u32>,
        decay: Option<Array1<f64>>,
    }
    #[derive(Serialize, Deserialize, PartialEq, Debug)]
    enum Optimizer {
        Adam { beta: Option<f64> },
    }
    #[derive(Serialize, Deserialize, PartialEq, Debug)]
    enum Wrapper {
        Config(Config),
    }
    let config = Config::default;
    let values = [
        Nested::default(),
        Nested {
            config: Config {
                warmup: Some(3),
                decay: None,
            },
            some: Some(config()),
            none: None,
            optimizer: Some(Optimizer::Adam { beta: None }),
            wrapped: Some(Wrapper::Config(config())),
            maps: BTreeMap::from([
                ("a".to_owned(), BTreeMap::new()),
                ("b".to_owned(), BTreeMap::from([(1, 0.5)])),
                (String::new(), BTreeMap::new()),
            ]),
            deep: BTreeMap::from([
                ("a".to_owned(), BTreeMap::from([("b".to_owned(), config())])),
                ("c".to_owned(), BTreeMap::new()),
            ]),
        },
    ];
    let names: [&[&str]; 2] = [
        &["config/", "maps/", "deep/"],
        &[
            "config/warmup",
            "some/",
            "optimizer/Adam/",
            "wrapped/Config/",
            "maps//",
            "maps/a/",
            "maps/b/1",
            "deep/a/b/",
            "deep/c/",
        ],
    ];
    for (value, names) in values.iter().zip(names) {
        let archives = [NpzWriter::new, NpzWriter::new_compressed].map(|new| {
            let mut npz = new(Cursor::new(Vec::new()));
            npz.add_value(value).unwrap();
            npz.finish().unwrap().into_inner()
        });
        for archive in archives {
            let mut npz = NpzReader::new(Cursor::new(&archive[..])).unwrap();
            assert_eq!(npz.value::<Nested>().unwrap(), *value);
            assert_eq!(npz.names().unwrap(), names);
            let arrays = names.iter().filter(|name| !name.ends_with('/')).count();
            assert_eq!(npz.read_all().unwrap().len(), arrays);
            // The root itself needs no entry.
            let any: BTreeMap<String, serde::de::IgnoredAny> = npz.value().unwrap();
            assert!(any.contains_key("maps") && !any.contains_key(""), "{any:?}");
            let Some(mut python) = numpy("npz") else { continue };
            python.run(
                r#"
import json, os, tempfile, zipfile
npz = load(inputs[0])
assert npz.files == json.loads(inputs[1]), npz.files
assert all(npz[name] == b"" for name in npz.files if name.endswith("/"))
archive = zipfile.ZipFile(io.BytesIO(inputs[0]))
assert archive.testzip() is None and all(info.is_dir() == info.filename.endswith("/") for info in archive.infolist())
with tempfile.TemporaryDirectory() as folder:
    archive.extractall(folder)
    assert os.path.isdir(f"{folder}/maps")
modes = {info.filename.endswith("/"): oct(info.external_attr >> 16) for info in archive.infolist()}
assert modes.get(True) in (None, "0o40755") and modes.get(False) in (None, "0o100644"), modes
"#,
                &[&archive, &serde_json::to_vec(names).unwrap()],
            );
        }
    }

    // Of the whole there is nothing to say.
    let mut npz = NpzWriter::new(Cursor::new(Vec::new()));
    npz.add_value(&config()).unwrap();
    let mut npz = NpzReader::new(npz.finish().unwrap()).unwrap();
    assert!(npz.is_empty());
    assert_eq!(npz.value::<Config>().unwrap(), config());

    // Folders that other programs give an entry.
    let Some(mut python) = numpy("npz") else { return };
    let outputs = python.run(
        r#"
import zipfile
f = io.BytesIO()
with zipfile.ZipFile(f, "w") as archive:
    for name in ("maps/", "maps/a/"):
        archive.writestr(name, b"")
    archive.writestr("maps/a/1.npy", npy(np.array(.5)))
outputs.append(f.getvalue())
"#,
        &[],
    );
    #[derive(Deserialize)]
    struct Maps {
        maps: BTreeMap<String, BTreeMap<u8, f64>>,
    }
    let mut npz = NpzReader::new(Cursor::new(&outputs[0][..])).unwrap();
    let expected = BTreeMap::from([("a".to_owned(), BTreeMap::from([(1, 0.5)]))]);
    assert_eq!(npz.value::<Maps>().unwrap().maps, expected);
}

/// A map whose values are no structs or maps has names with slashes as its keys; else they are paths.
#[test]
fn keys_with_slashes_are_read() {
    type Arrays = BTreeMap<String, ArrayD<f64>>;
    fn read<T: serde::de::DeserializeOwned>(archive: &[u8]) -> ndarray_io::Result<T> {
        NpzReader::new(Cursor::new(archive)).unwrap().value()
    }
    fn write<T: Serialize>(value: &T) -> Vec<u8> {
        let mut npz = NpzWriter::new(Cursor::new(Vec::new()));
        npz.add_value(value).unwrap();
        npz.finish().unwrap().into_inner()
    }
    fn round<T: Serialize + serde::de::DeserializeOwned + PartialEq + std::fmt::Debug>(value: &T) {
        assert_eq!(read::<T>(&write(value)).unwrap(), *value);
    }
    fn keys<T>(map: &BTreeMap<String, T>) -> Vec<&str> {
        map.keys().map(String::as_str).collect()
    }
    fn map<T: Clone>(keys: &[&str], value: T) -> BTreeMap<String, T> {
        keys.iter().map(|key| ((*key).to_owned(), value.clone())).collect()
    }

    if let Some(mut python) = numpy("npz") {
        let outputs = python.run(
            r#"
f = io.BytesIO()
np.savez(f, **{"layer/0/w": np.ones(2), "layer/0/b": np.ones(1), "layer/1/w": np.ones((2, 2)), "x": np.ones(3)})
outputs.append(f.getvalue())
f = io.BytesIO()
np.savez(f, **{"a": np.ones(1), "a/b": np.ones(2), "a/b/c": np.ones(3), "/": np.ones(4), "d/": np.ones(5)})
outputs.append(f.getvalue())
"#,
            &[],
        );
        let arrays: Arrays = read(&outputs[0]).unwrap();
        assert_eq!(keys(&arrays), ["layer/0/b", "layer/0/w", "layer/1/w", "x"]);
        assert_eq!(arrays["layer/1/w"].shape(), [2, 2]);
        assert_eq!(
            keys(
                &read::<HashMap<String, Vec<f64>>>(&outputs[1])
                    .unwrap()
                    .into_iter()
                    .collect()
            ),
            ["/", "a", "a/b", "a/b/c", "d/"]
        );
        let any: serde_json::Value = read(&outputs[1]).unwrap();
        assert_eq!(any["a/b"], serde_json::json!([1.0, 1.0]));

        // The same archive by its paths, and with some of them in the keys.
        #[derive(Deserialize)]
        struct Model {
            layer: BTreeMap<u8, Layer>,
        }
        #[derive(Deserialize)]
        struct Layer {
            w: ArrayD<f64>,
            b: Option<Vec<f64>>,
        }
        let model: Model = read(&outputs[0]).unwrap();
        assert_eq!((model.layer[&0].w.len(), model.layer[&1].w.len()), (2, 4));
        assert!(model.layer[&0].b.is_some() && model.layer[&1].b.is_none());
        #[derive(Deserialize)]
        struct Parts {
            layer: Arrays,
            x: Vec<f64>,
        }
        let parts: Parts = read(&outputs[0]).unwrap();
        assert_eq!((keys(&parts.layer), parts.x.len()), (vec!["0/b", "0/w", "1/w"], 3));
        #[derive(Deserialize)]
        struct Named {
            #[serde(rename = "layer/0/w")]
            w: Vec<f64>,
            #[serde(rename = "layer/1")]
            layer: Layer,
            #[serde(rename = "layer/2/w")]
            none: Option<f64>,
        }
        let named: Named = read(&outputs[0]).unwrap();
        assert_eq!((named.w.len(), named.layer.w.len(), named.none), (2, 4, None));

        // What is wrong with it is told of the whole name.
        let error = read::<BTreeMap<String, Array1<f64>>>(&outputs[0]).unwrap_err();
        assert_eq!(
            (error.kind(), error.member()),
            (ErrorKind::Shape, Some("layer/1/w")),
            "{error}"
        );
        #[derive(Deserialize, Debug)]
        #[allow(dead_code)]
        struct Wrong {
            layer: ArrayD<f64>,
        }
        assert_eq!(
            read::<Wrong>(&outputs[0]).unwrap_err().to_string(),
            "member \"layer\": there is no array of that name, only members whose names start with \"layer/\"; a \
             struct or map reads them"
        );
    }

    let names = ["a", "a/b", "c/d/e", "f/", "/g", ""];
    round(&map(&names, 1.0));
    round(&map(&names, vec![1_u8, 2]));
    round(&map(&names, Some("text".to_owned())));
    round(&map(&names, array![[1.0_f32]]));
    round(&map(&names, array![(1_u8, "record".to_owned())]));
    round(&map(&["m", "n"], map(&names, 1_i64)));
    round(&map(&["m", "n"], map(&["o"], map(&names, 1_i64))));
    round(&map(&["a", "b"], Schedule::Constant));
    round(&map(&["a", "b"], Schedule::Steps(vec![1])));
    round(&map(&["n"], map(&["m/o"], 1.5)));

    // A folder of such a name would be read as several.
    fn refused<T: Serialize>(value: &T) {
        let error = NpzWriter::new(Cursor::new(Vec::new())).add_value(value).unwrap_err();
        let message = error.to_string();
        assert!(message.starts_with("member \"a/b"), "{message}");
        assert!(
            message.ends_with(
                "a key with a slash would be read as several, each a map inside the one before; only those of arrays, \
                 numbers and text in a map of a known length may have one"
            ),
            "{message}"
        );
    }
    refused(&map(&["a/b"], map(&["c"], 1.0)));
    refused(&map(&["a/b"], map::<f64>(&[], 1.0)));
    refused(&map(&["a/b"], Schedule::Steps(vec![1])));
    refused(&map(&["a/b"], Schedule::Constant)); // `a/b` may be the variant `b` of `a`
    #[derive(Serialize, Deserialize, Debug, PartialEq)]
    struct Flattened {
        #[serde(flatten)]
        rest: BTreeMap<String, Vec<f64>>,
    }
    let rest = map(&["a/b"], vec![1.0]);
    refused(&Flattened { rest });
    let rest = map(&["a", "b"], vec![1.0]);
    round(&Flattened { rest });

    // Keys that are no strings, of which none is a part of another.
    #[derive(Serialize, Deserialize, Debug, PartialEq, Eq, PartialOrd, Ord)]
    enum Weight {
        #[serde(rename = "layer/w")]
        W,
        #[serde(rename = "layer/b")]
        B,
    }
    round(&BTreeMap::from([(Weight::W, vec![1.0]), (Weight::B, vec![2.0])]));
    round(&BTreeMap::from([('/', 1.0), ('a', 2.0)]));
    #[derive(Serialize, Deserialize, Debug, PartialEq)]
    struct Long {
        #[serde(rename = "a/b")]
        b: Vec<f64>,
        #[serde(rename = "a/b/c")]
        c: Option<Vec<f64>>,
    }
    let (b, c) = (vec![1.0], Some(vec![2.0]));
    round(&Long { b, c });

    // What is wrong with a field is told, and no other one is lost for it.
    #[derive(Deserialize, Debug)]
    #[allow(dead_code)]
    struct Settings {
        schedule: Option<Schedule>,
        weights: Option<Array1<f64>>,
        #[serde(flatten)]
        rest: BTreeMap<String, serde_json::Value>,
    }
    let wrong = [
        ("schedule", "Wrong", "unknown variant `Wrong`"),
        ("weights", "x", "there is no array of that name"),
    ];
    for (field, inner, message) in wrong {
        let archive = write(&map(&[field], map(&[inner], 1.0)));
        let error = read::<Settings>(&archive).unwrap_err();
        assert!(error.to_string().contains(message), "{error}");
        assert_eq!(error.member(), Some(field), "{error}");
    }

    // As an archive that was unpacked and packed again, with the folders' own entries.
    let mut packed = NpzWriter::new(Cursor::new(Vec::new()));
    packed.add_array("a", &array![1.0]).unwrap();
    packed.add_bytes("a/", b"").unwrap();
    packed.add_array("a/b", &array![2.0]).unwrap();
    let packed = packed.finish().unwrap().into_inner();
    assert_eq!(
        read::<BTreeMap<String, Array1<f64>>>(&packed).unwrap(),
        BTreeMap::from([("a".to_owned(), array![1.0]), ("a/b".to_owned(), array![2.0])])
    );
    assert_eq!(
        read::<serde_json::Value>(&packed).unwrap(),
        serde_json::json!({"a": [1.0], "a/b": [2.0]})
    );

    let error = read::<BTreeMap<String, Schedule>>(&write(&map(&["a"], map(&["Wrong"], 1.0)))).unwrap_err();
    assert!(error.to_string().contains("unknown variant `Wrong`"), "{error}");
}

/// `None` where it would take something with it is refused.
#[test]
fn none_is_not_lost() {
    #[derive(Serialize)]
    enum Variant {
        Of(Option<f64>),
    }
    #[derive(Serialize)]
    struct Flattened {
        x: f64,
        #[serde(flatten)]
        rest: Rest,
    }
    #[derive(Serialize, Deserialize, PartialEq, Debug)]
    struct Rest {
        y: Option<f64>,
    }
    fn error<T: Serialize>(value: T) -> Option<String> {
        let mut npz = NpzWriter::new(Cursor::new(Vec::new()));
        let error = npz.add_value(&BTreeMap::from([("a", value)])).err()?;
        assert_eq!(error.kind(), ErrorKind::Element);
        Some(error.to_string())
    }
    assert_eq!(
        error(None::<f64>).unwrap(),
        "member \"a\": None in a map is no member, and its key would be lost; leave the key out"
    );
    assert_eq!(
        error(Some(None::<f64>)).unwrap(),
        "member \"a\": None in an Option would be read as no option at all; write the inner one alone"
    );
    assert_eq!(
        error(Variant::Of(None)).unwrap(),
        "member \"a/Of\": None as the value of a variant is no member, and the variant would be lost; give the value a \
         name: `Variant { value: None }`"
    );
    assert_eq!(error(BTreeMap::<u8, f64>::new()), None);
    assert_eq!(error(Some(Some(1.0))), None);
    assert_eq!(error(Variant::Of(Some(1.0))), None);

    // A struct with a flattened field is a map to serde, and no key of it is lost.
    let mut npz = NpzWriter::new(Cursor::new(Vec::new()));
    npz.add_value(&Flattened {
        x: 1.0,
        rest: Rest { y: None },
    })
    .unwrap();
    let mut npz = NpzReader::new(npz.finish().unwrap()).unwrap();
    assert_eq!(npz.names().unwrap(), ["x"]);
    assert_eq!(npz.value::<Rest>().unwrap(), Rest { y: None });
}

#[test]
fn what_is_no_archive_says_so() {
    let write = |value: &dyn erased::Value| value.add(&mut NpzWriter::new(Cursor::new(Vec::new()))).unwrap_err();
    assert_eq!(write(&vec![1.0]).kind(), ErrorKind::Element);
    assert_eq!(write(&BTreeMap::from([("a", ())])).member(), Some("a.npy"));
    let ragged = write(&BTreeMap::from([("a", vec![vec![1], vec![1, 2]])]));
    assert_eq!(
        (ragged.kind(), ragged.member()),
        (ErrorKind::Element, Some("a.npy")),
        "{ragged}"
    );

    mod erased {
        pub type Sink = std::io::Cursor<Vec<u8>>;
        pub trait Value {
            fn add(&self, npz: &mut ndarray_io::NpzWriter<Sink>) -> ndarray_io::Result<()>;
        }
        impl<T: serde::Serialize> Value for T {
            fn add(&self, npz: &mut ndarray_io::NpzWriter<Sink>) -> ndarray_io::Result<()> {
                npz.add_value(self)
            }
        }
    }
}

#[test]
fn names_that_would_be_mixed_up_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.npz");
    for names in [["x", "x.npy"], ["x.npy", "x"]] {
        let arrays: Vec<(String, Vec<f64>)> = names.iter().map(|name| (name.to_string(), vec![1.0])).collect();
        let map: indexed::Map = indexed::Map(arrays);
        let error = write_npz(&path, &map).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Argument, "{error}");
    }
    let alone = BTreeMap::from([("x.npy", vec![1.0])]);
    write_npz(&path, &alone).unwrap();
    assert_eq!(
        read_npz::<_, BTreeMap<String, Vec<f64>>>(&path).unwrap()["x.npy"],
        [1.0]
    );

    /// A map in the order that is given.
    mod indexed {
        use serde::{Serialize, Serializer};

        pub struct Map(pub Vec<(String, Vec<f64>)>);

        impl Serialize for Map {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_map(self.0.iter().map(|(name, values)| (name, values)))
            }
        }
    }
}
