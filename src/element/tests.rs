use half::f16;
use num_complex::Complex;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use super::datetime::units::{Day, Nanosecond, Second};
use super::*;
use crate::dtype::{Casting, Dtype};
use crate::error::{Error, ErrorKind, Result};

fn dtype(descr: &str) -> Dtype {
    descr.parse().unwrap()
}

fn encode<A: Serialize>(descr: &str, values: &[A]) -> Result<Vec<u8>> {
    let dtype = dtype(descr);
    let mut encoder = Encoder::new(&dtype)?;
    let mut rows = vec![0xaa; dtype.itemsize() * values.len()];
    let together = encoder
        .clone()
        .encode_rows(&values.iter().collect::<Vec<_>>(), &mut rows);
    let mut one_by_one = vec![0xbb; rows.len()];
    let mut slots = one_by_one.chunks_exact_mut(dtype.itemsize());
    let alone = (values.iter().zip(&mut slots)).try_for_each(|(value, row)| encoder.encode(value, row));
    assert_eq!(
        together.as_ref().map_err(Error::to_string),
        alone.as_ref().map_err(Error::to_string)
    );
    together?;
    assert_eq!(rows, one_by_one);
    Ok(rows)
}

fn decode<A: DeserializeOwned>(descr: &str, rows: &[u8], casting: Casting) -> Result<Vec<A>> {
    let mut values = Vec::new();
    Decoder::new(&dtype(descr), casting)?.extend(rows, &mut values)?;
    Ok(values)
}

#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
enum Spin {
    Up,
    Down,
}

#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
struct Inner {
    y: f32,
    z: Option<f64>,
}

#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
struct Meters(f64);

#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
struct Pair(i16, String);

#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
struct Everything {
    id: u64,
    half: f16,
    charge: Complex<f32>,
    pos: [[f64; 3]; 2],
    inner: Inner,
    name: String,
    tag: ByteBuf,
    initial: char,
    spin: Spin,
    height: Meters,
    pair: Pair,
    when: Datetime64<Nanosecond>,
    span: Option<Timedelta64<Day>>,
    parts: (u8, bool),
    points: [Inner; 2],
}

const EVERYTHING: &str = "[('id', '<u8'), ('half', '<f2'), ('charge', '<c8'), ('pos', '<f8', (2, 3)), \
     ('inner', [('y', '<f4'), ('z', '<f8')]), ('name', '<U3'), ('tag', '|S2'), ('initial', '<U1'), ('spin', '<U4'), \
     ('height', '<f8'), ('pair', [('f0', '<i2'), ('f1', '<U2')]), ('when', '<M8[ns]'), ('span', '<m8[D]'), \
     ('parts', [('f0', '|u1'), ('f1', '|b1')]), ('points', [('y', '<f4'), ('z', '<f8')], (2,))]";

fn everything(n: u8) -> Everything {
    let x = f64::from(n);
    let inner = |y: f32| Inner {
        y,
        z: (n.is_multiple_of(2)).then_some(x),
    };
    Everything {
        id: u64::MAX - u64::from(n),
        half: f16::from_f64(x / 2.0),
        charge: Complex::new(1.0, -1.0),
        pos: [[x, 1.0, 2.0], [3.0, 4.0, -x]],
        inner: inner(0.5),
        name: "é\u{1f600}".chars().cycle().take(usize::from(n % 4)).collect(),
        tag: ByteBuf::from(vec![n + 1; usize::from(n % 3)]),
        initial: 'ü',
        spin: if n.is_multiple_of(2) { Spin::Up } else { Spin::Down },
        height: Meters(x),
        pair: Pair(-1, "ab".into()),
        when: Datetime64::new(i64::from(n)),
        span: (!n.is_multiple_of(3)).then(|| Timedelta64::new(i64::from(n))),
        parts: (n, n.is_multiple_of(2)),
        points: [inner(1.5), inner(2.5)],
    }
}

#[test]
fn every_kind_of_field_goes_there_and_back() {
    let values: Vec<_> = (0..12).map(everything).collect();
    let big = EVERYTHING.replace('<', ">");
    for descr in [EVERYTHING, &big] {
        let rows = encode(descr, &values).unwrap();
        assert_eq!(decode::<Everything>(descr, &rows, Casting::Equiv).unwrap(), values);
    }
    assert!(decode::<Everything>(&big, &encode(&big, &values).unwrap(), Casting::No).is_err());
}

#[test]
fn times_are_checked_by_their_unit() {
    let rows = encode("<M8[s]", &[Datetime64::<Second>::new(86400), Datetime64::NAT]).unwrap();
    let error = decode::<Datetime64<Day>>("<M8[s]", &rows, Casting::Safe).unwrap_err();
    assert_eq!(
        error.to_string(),
        "row 0: file has `<M8[s]` but Datetime64 was asked for; Casting::SameKind would convert it"
    );
    let days = decode::<Datetime64<Day>>("<M8[s]", &rows, Casting::SameKind).unwrap();
    assert_eq!(days, [Datetime64::new(1), Datetime64::NAT]);
}

#[test]
fn a_type_and_its_values_have_one_dtype() {
    let values: Vec<_> = (0..12).map(everything).collect();
    assert_eq!(dtype_of_values(&values).unwrap(), dtype(EVERYTHING));
    let traced = Dtype::of::<Everything>().unwrap();
    assert_eq!(
        traced.to_string(),
        EVERYTHING.replace("U3", "U0").replace("S2", "S0").replace("U2", "U0")
    );
    assert_eq!(fit_dtype(&traced, &values).unwrap(), dtype(EVERYTHING));
}

#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
struct Attributes {
    #[serde(rename = "X")]
    x: f64,
    #[serde(alias = "why", alias = "wherefore")]
    y: i32,
    #[serde(skip)]
    scratch: Vec<u8>,
    #[serde(default)]
    count: u16,
    #[serde(with = "as_text")]
    code: u8,
    note: Option<f32>,
}

mod as_text {
    pub(super) fn serialize<S: serde::Serializer>(value: &u8, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(value)
    }
    pub(super) fn deserialize<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<u8, D::Error> {
        let text: String = serde::Deserialize::deserialize(deserializer)?;
        text.parse().or_else(|_| Ok(0))
    }
}

#[test]
fn attributes_of_serde_work() {
    let value = Attributes {
        x: 1.5,
        y: -2,
        scratch: Vec::new(),
        count: 3,
        code: 42,
        note: None,
    };
    let descr = "[('X', '<f8'), ('y', '<i4'), ('count', '<u2'), ('code', '<U2'), ('note', '<f4')]";
    let of_type = Dtype::of::<Attributes>().unwrap();
    assert_eq!(of_type.to_string(), descr.replace("U2", "U0"));
    assert_eq!(dtype_of_values([&value]).unwrap(), dtype(descr));
    let rows = encode(descr, &[value.clone(), value.clone()]).unwrap();
    for names in [
        descr.to_owned(),
        descr.replace("'y'", "'why'"),
        descr.replace("'y'", "'wherefore'"),
    ] {
        assert_eq!(
            decode::<Attributes>(&names, &rows, Casting::No).unwrap(),
            [value.clone(), value.clone()]
        );
    }
    // Every name and alias is there: a sequence of all of them would be one too long.
    #[derive(Deserialize, Debug, PartialEq)]
    struct Aliased {
        #[serde(alias = "b")]
        a: u8,
        c: u8,
        #[serde(default)]
        d: u8,
    }
    let error = decode::<Aliased>(
        "[('a', '|u1'), ('b', '|u1'), ('c', '|u1'), ('d', '|u1')]",
        &[1, 2, 3, 4],
        Casting::No,
    );
    assert_eq!(
        error.unwrap_err().to_string(),
        "row 0: field a: there twice, by its name or an alias"
    );
    let aliased = decode::<[Aliased; 2]>(
        "([('b', '|u1'), ('c', '|u1')], (2,))",
        &[1, 2, 3, 4, 5, 6, 7, 8],
        Casting::No,
    );
    let expected = [[(1, 2), (3, 4)], [(5, 6), (7, 8)]].map(|pair| pair.map(|(a, c)| Aliased { a, c, d: 0 }));
    assert_eq!(aliased.unwrap(), expected);
    assert_eq!(
        Dtype::of::<Aliased>().unwrap().to_string(),
        "[('a', '|u1'), ('c', '|u1'), ('d', '|u1')]"
    );
}

#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
struct Flat {
    id: i64,
    #[serde(flatten)]
    inner: Inner,
    charge: Complex<f64>,
    when: Datetime64<Second>,
    half: f16,
}

#[test]
fn flattened_fields_and_any_values_work() {
    let value = Flat {
        id: 7,
        inner: Inner { y: 0.5, z: Some(2.5) },
        charge: Complex::new(1.0, 2.0),
        when: Datetime64::new(1_000_000_000),
        half: f16::from_f32(1.5),
    };
    let of_value = dtype_of_values([&value]).unwrap();
    let descr = "[('id', '<i8'), ('y', '<f4'), ('z', '<f8'), ('charge', '<c16'), ('when', '<M8[s]'), ('half', '<f2')]";
    assert_eq!(of_value.to_string(), descr);
    let rows = encode(descr, std::slice::from_ref(&value)).unwrap();
    assert_eq!(decode::<Flat>(descr, &rows, Casting::Equiv).unwrap(), [value]);
    assert!(Dtype::of::<Flat>().unwrap_err().to_string().contains("Dtype::of_value"));

    let json: Vec<serde_json::Value> = decode(descr, &rows, Casting::Equiv).unwrap();
    let expected = serde_json::json!({
        "id": 7, "y": 0.5, "z": 2.5, "charge": [1.0, 2.0], "when": "2001-09-09T01:46:40", "half": 1.5
    });
    assert_eq!(json, [expected]);
}

#[test]
fn json_values_say_together_what_they_need() {
    let json = |text: &str| serde_json::from_str::<Vec<serde_json::Value>>(text).unwrap();
    for (text, expected) in [
        ("[1, -2]", "<i8"),
        ("[1, 2]", "<u8"),
        ("[1, 2.5]", "<f8"),
        ("[null, 2.5]", "<f8"),
        (r#"["a", "bcd"]"#, "<U3"),
        ("[[1, 2.5], [3, -4]]", "('<f8', (2,))"),
        (
            r#"[{"a": 1, "b": null}, {"b": "xy", "a": -1}]"#,
            "[('a', '<i8'), ('b', '<U2')]",
        ),
    ] {
        let values = json(text);
        let found = dtype_of_values(&values).unwrap();
        assert_eq!(found.to_string(), expected, "{text}");
    }
    for (text, expected) in [
        (
            "[1, true]",
            "row 1: a number (bool) after a number (uint64): elements of one array are of one dtype",
        ),
        (
            r#"[1, "a"]"#,
            "row 1: text after a number (uint64): elements of one array are of one dtype",
        ),
        (
            "[-1, 18446744073709551615]",
            "row 1: a number (uint64) after a number (int64): elements of one array are of one dtype",
        ),
        (
            "[[1], [1, 2]]",
            "row 1: a sequence of 2 items after one of 1: an element has one size, as `[T; 1]` has",
        ),
        (
            r#"[{"a": {"b": 1}}, {"a": {"c": 1}}]"#,
            "row 1: field a.c: the rows before have no such field",
        ),
        (r#"[{"a": 1}, {}]"#, "row 1: a record of 0 fields after one of 1"),
        (
            "[null]",
            "no value but None says what dtype this is; give one, as WriteOptions::dtype",
        ),
        (
            "[[]]",
            "no value but None says what dtype this is; give one, as WriteOptions::dtype",
        ),
    ] {
        assert_eq!(
            dtype_of_values(&json(text)).unwrap_err().to_string(),
            expected,
            "{text}"
        );
    }
}

#[test]
fn what_has_no_dtype_is_an_error_that_names_it() {
    #[derive(Serialize, Deserialize, Debug)]
    #[allow(dead_code)]
    enum Data {
        Empty,
        Value(i32),
    }
    #[derive(Serialize, Deserialize, Debug)]
    struct Holder<T> {
        inner: (i32, T),
    }
    #[derive(Serialize, Deserialize, Debug)]
    struct Recursive {
        next: Option<Box<Recursive>>,
    }
    fn of<T: DeserializeOwned + std::fmt::Debug>(expected: &str) {
        let error = Dtype::of::<Holder<T>>().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Element);
        assert_eq!(error.field(), Some("inner"));
        let text = error.to_string();
        assert!(text.contains(expected), "{text}");
    }
    fn of_value<T: Serialize>(value: T, expected: &str) {
        let error = Dtype::of_value(&Holder { inner: (1, value) }).unwrap_err();
        assert_eq!((error.kind(), error.field()), (ErrorKind::Element, Some("inner")));
        let text = error.to_string();
        assert!(text.contains(expected), "{text}");
    }
    of::<u128>("u128 cannot be an array element");
    of::<Data>("Data::Value, a variant that holds a value");
    of::<Vec<i32>>("(Vec)");
    of::<()>("() cannot");
    of::<[i32; 0]>("no items");
    of::<std::collections::BTreeMap<String, i32>>("a map");
    of::<serde_json::Value>("any kind of value");
    of_value(1_u128, "u128 cannot be an array element");
    of_value(Data::Value(1), "Data::Value(..) cannot");
    of_value([0_i32; 0], "no items");
    let error = Dtype::of::<Recursive>().unwrap_err();
    assert!(error.to_string().ends_with("contains itself, has no dtype"), "{error}");
    let error = dtype_of_values::<Recursive>([]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Argument);
    assert_eq!(dtype_of_values::<String>([]).unwrap().to_string(), "<U1");
    assert_eq!(dtype_of_values::<f32>([]).unwrap().to_string(), "<f4");
    assert_eq!(Dtype::of::<std::num::NonZeroU8>().unwrap().to_string(), "|u1");
}

#[derive(Serialize, Deserialize, Debug, PartialEq)]
struct Row {
    x: f64,
    n: i32,
    pos: Inner,
}

const ROW: &str = "[('x', '<f8'), ('n', '<i4'), ('pos', [('y', '<f4'), ('z', '<f8')])]";

fn row() -> Row {
    let pos = Inner { y: 1.0, z: None };
    Row { x: 2.0, n: 3, pos }
}

#[test]
fn fields_are_read_by_name() {
    let shuffled =
        "[('pos', [('extra', '|V3'), ('z', '<f8'), ('y', '<f4')]), ('n', '<i4'), ('more', '<U5'), ('x', '<f8')]";
    #[derive(Serialize)]
    struct Shuffled {
        x: f64,
        more: String,
        n: i32,
        pos: More,
    }
    #[derive(Serialize)]
    struct More {
        y: f32,
        extra: ByteBuf,
        z: Option<f64>,
    }
    let value = Shuffled {
        x: 2.0,
        more: "more".into(),
        n: 3,
        pos: More {
            y: 1.0,
            extra: ByteBuf::from([1, 2, 3]),
            z: None,
        },
    };
    let rows = encode(shuffled, &[value]).unwrap();
    assert_eq!(decode::<Row>(shuffled, &rows, Casting::No).unwrap(), [row()]);
    // The same record, now by position and as a map.
    let seq: Vec<(serde_json::Value, i32, String, f64)> =
        decode(shuffled.replace("'|V3'", "'|S3'").as_str(), &rows, Casting::No).unwrap();
    assert_eq!(seq[0].1, 3);
    assert_eq!(
        seq[0].0,
        serde_json::json!({"extra": "\u{1}\u{2}\u{3}", "z": null, "y": 1.0})
    );
}

#[test]
fn reading_errors_say_what_would_have_worked() {
    let rows = encode(ROW, &[row()]).unwrap();
    let read = |descr: &str, casting| decode::<Row>(descr, &rows, casting).map_err(|error| error.to_string());
    for (from, to, expected) in [
        (
            "('x', '<f8')",
            "('x', '<i8')",
            "row 0: field x: file has `<i8` (int64) but f64 was asked for; Casting::Safe would convert it",
        ),
        (
            "('z', '<f8')",
            "('z', '<c8')",
            "row 0: field pos.z: file has `<c8` (complex64) but f64 was asked for; Casting::Unsafe would convert it",
        ),
        (
            "('n', '<i4')",
            "('n', '<U1')",
            "row 0: field n: file has `<U1` but i32 was asked for; Casting::Unsafe would convert it",
        ),
        (
            "('n', '<i4')",
            "('m', '<i4')",
            "row 0: field n: not in the file, which has x, m, pos",
        ),
        (
            "('y', '<f4')",
            "('Y', '<f4')",
            "row 0: field pos.y: not in the file, which has Y, z",
        ),
        (
            "('pos', [('y', '<f4'), ('z', '<f8')])",
            "('pos', '|V12')",
            "row 0: field pos: file has `|V12` but Inner was asked for",
        ),
    ] {
        let descr = ROW.replace(from, to);
        assert_eq!(read(&descr, Casting::Equiv).unwrap_err(), expected);
    }
    assert!(read(&ROW.replace("('x', '<f8')", "('x', '>i8')"), Casting::Safe).is_ok());
    for (descr, bytes, expected) in [
        (
            "|b1",
            &[1, 0, 2][..],
            "row 2: the byte 0x02 is no bool (0x00 or 0x01); a DynArray takes it as it is",
        ),
        (
            "<i8",
            &[0; 8],
            "file has `<i8` (int64) but bool was asked for; Casting::Unsafe would convert it",
        ),
    ] {
        assert_eq!(
            decode::<bool>(descr, bytes, Casting::Equiv).unwrap_err().to_string(),
            expected
        );
    }
    let error = decode::<(bool, u8)>("[('a', '|b1'), ('b', '|u1')]", &[1, 0, 2, 0], Casting::No).unwrap_err();
    assert_eq!(
        error.to_string(),
        "row 1: field a: the byte 0x02 is no bool (0x00 or 0x01); a DynArray takes it as it is"
    );
    let error = decode::<String>("<U1", &0x110000_u32.to_le_bytes(), Casting::No).unwrap_err();
    assert_eq!(
        error.to_string(),
        "row 0: 0x110000 is no Unicode code point; the text is not valid UTF-32"
    );
    let error = decode::<(u8, u8)>("[('a', '|b1'), ('b', '|u1'), ('c', '|u1')]", &[1, 0, 2], Casting::No).unwrap_err();
    assert_eq!(
        error.to_string(),
        "row 0: file has `[('a', '|b1'), ('b', '|u1'), ('c', '|u1')]` but a tuple or array of 2 was asked for; a \
         struct with its fields would fit, or DynArray"
    );
}

#[test]
fn writing_converts_only_without_loss() {
    fn fails<A: Serialize>(descr: &str, value: A, expected: &str) {
        assert_eq!(encode(descr, &[value]).unwrap_err().to_string(), expected, "{descr}");
    }
    assert_eq!(encode("|u1", &[200_i64]).unwrap(), [200]);
    assert_eq!(encode(">i2", &[-2.0_f64]).unwrap(), [0xff, 0xfe]);
    assert_eq!(encode("<f2", &[1.5_f64]).unwrap(), [0, 0x3e]);
    assert_eq!(encode("<c8", &[1_u8]).unwrap(), [0, 0, 0x80, 0x3f, 0, 0, 0, 0]);
    assert_eq!(encode("|S4", &["ab"]).unwrap(), *b"ab\0\0");
    assert_eq!(encode("|b1", &[1_u8]).unwrap(), [1]);
    assert_eq!(
        encode("<f16", &[1.0_f64]).unwrap(),
        [0, 0, 0, 0, 0, 0, 0, 0x80, 0xff, 0x3f, 0, 0, 0, 0, 0, 0]
    );
    fails("|u1", 300, "row 0: value 300 does not fit `|u1` (uint8)");
    fails("|u1", -1, "row 0: value -1 does not fit `|u1` (uint8)");
    fails("<f4", 0.1, "row 0: value 0.1 does not fit `<f4` (float32)");
    fails(
        "<f8",
        u64::MAX,
        "row 0: value 18446744073709551615 does not fit `<f8` (float64)",
    );
    fails(
        "<i8",
        u64::MAX,
        "row 0: value 18446744073709551615 does not fit `<i8` (int64)",
    );
    fails("<i8", f64::NAN, "row 0: value NaN does not fit `<i8` (int64)");
    fails(
        "<f8",
        Complex::new(1.0, 2.0),
        "row 0: a sequence of 2 does not fit `<f8` (float64)",
    );
    fails(
        "<U3",
        "héllo",
        "row 0: a value of 5 characters does not fit 3 (`<U3`): \"héllo\"",
    );
    fails(
        "|S9",
        "héllo",
        "row 0: the text \"héllo\", which is not all ASCII, does not fit `|S9`",
    );
    fails(
        "|S1",
        ByteBuf::from([1, 2]),
        "row 0: a value of 2 bytes does not fit 1 (`|S1`): \"\\u{1}\\u{2}\"",
    );
    fails("<i4", "5", "row 0: the text \"5\" does not fit `<i4` (int32)");
    fails("<M8[s]", 5, "row 0: the number 5 does not fit `<M8[s]`");
    fails(
        "<i4",
        None::<i32>,
        "row 0: None has no value in `<i4` (int32): only floats, complex numbers (NaN), datetimes and timedeltas (NaT) have one",
    );
    fails(
        "('<i4', (2,))",
        [1, 2, 3],
        "row 0: a sequence of 3 does not fit `('<i4', (2,))`",
    );
    fails(
        &ROW.replace("('n', '<i4'), ", ""),
        row(),
        "row 0: field n: not in the dtype; of its fields, those without a value are [pos]",
    );
    fails(
        &ROW.replace("('n', '<i4')", "('n', '<i4'), ('m', '<i4')"),
        row(),
        "row 0: field m: in the dtype, but not in the value",
    );
    fails(
        &ROW.replace("'<f4'", "'|b1'"),
        Row {
            pos: Inner { y: 2.0, z: None },
            ..row()
        },
        "row 0: field pos.y: value 2.0 does not fit `|b1` (bool)",
    );
    assert_eq!(encode("|O", &[1]).unwrap_err().kind(), ErrorKind::Object);
}

#[test]
fn maps_may_change_the_order_of_their_keys() {
    let json: Vec<serde_json::Value> = serde_json::from_str(r#"[{"a": 1, "b": 2.5}, {"b": 3.5, "a": 4}]"#).unwrap();
    let descr = "[('b', '<f8'), ('a', '<u8')]";
    let rows = encode(descr, &json).unwrap();
    assert_eq!(
        decode::<(f64, u64)>(descr, &rows, Casting::No).unwrap(),
        [(2.5, 1), (3.5, 4)]
    );
}

#[test]
fn padding_is_zeroed() {
    let dtype = dtype("[('a', '|u1'), ('b', '<i4')]").aligned().unwrap();
    let mut row = [0xff; 8];
    Encoder::new(&dtype).unwrap().encode(&(1_u8, 2_i32), &mut row).unwrap();
    assert_eq!(row, [1, 0, 0, 0, 2, 0, 0, 0]);
}

#[test]
fn real_numbers_become_complex_under_safe() {
    let bytes = 1.5_f32.to_le_bytes();
    let read = |casting| decode::<(Complex<f64>,)>("[('f0', '<f4')]", &bytes, casting);
    assert_eq!(read(Casting::Safe).unwrap(), [(Complex::new(1.5, 0.0),)]);
    assert!(read(Casting::Equiv).is_err());
    assert_eq!(
        decode::<Complex<f64>>("<f4", &bytes, Casting::Safe).unwrap(),
        [Complex::new(1.5, 0.0)]
    );
}

/// Whatever the bytes are, reading them as anything ends in a value or an error.
#[test]
fn any_bytes_as_anything() {
    use proptest::prelude::*;
    let leaf = prop::sample::select(vec![
        "|b1", "<i2", ">f2", "<f4", ">f8", "<f16", ">c8", "<c32", "<U2", ">U1", "|S3", "|V2", "<M8[Y]", ">M8[as]",
        "<m8[7M]", "<M8", "<m8[D]",
    ]);
    let field = (
        leaf,
        prop_oneof![Just(""), Just(", (2,)"), Just(", (0, 2)"), Just(", (1, 1)")],
    );
    let fields = prop::collection::vec(field, 0..6);
    let bytes = prop_oneof![any::<[u8; 400]>(), any::<u8>().prop_map(|byte| [byte; 400])];
    proptest!(|(fields in fields, bytes in bytes, casting in prop::sample::select(vec![Casting::Equiv, Casting::Unsafe]))| {
        let names = ["x", "n", "pos", "X", "y", "count"];
        let descr: String = fields.iter().zip(names).map(|((leaf, shape), name)| format!("('{name}', '{leaf}'{shape}), ")).collect();
        let dtype = dtype(&format!("[{descr}]"));
        let itemsize = dtype.itemsize();
        macro_rules! read_as {
            ($($T:ty),* $(,)?) => {$({
                let mut values = Vec::<$T>::new();
                let mut decoder = Decoder::<$T>::new(&dtype, casting).unwrap();
                if decoder.extend(&bytes, &mut values).is_ok() && itemsize > 0 {
                    assert_eq!(values.len(), bytes.len() / itemsize);
                }
            })*};
        }
        read_as!(serde_json::Value, Row, Attributes, Everything, Flat, (f64, String), [Complex<f32>; 3], Option<f64>,
            Vec<f32>, Vec<ByteBuf>, (Datetime64<Day>, Timedelta64<Second>), Spin, char, std::collections::HashMap<String, f32>);
    });
}

#[test]
fn many_strings_are_read_at_once() {
    let values: Vec<String> = (0..10_000).map(|n: u32| "aé\u{1f600}".repeat(n as usize % 4)).collect();
    for descr in ["<U12", ">U12"] {
        let mut rows = encode(descr, &values).unwrap();
        assert_eq!(decode::<String>(descr, &rows, Casting::Equiv).unwrap(), values);
        let size = 48;
        rows[7_777 * size + 1..7_777 * size + 4].fill(0xff);
        let error = decode::<String>(descr, &rows, Casting::Equiv).unwrap_err();
        assert_eq!((error.kind(), error.row()), (ErrorKind::Value, Some(7_777)));
    }
    assert!(decode::<String>(">U12", &[], Casting::No).is_err());
}

#[test]
fn items_of_no_bytes_are_limited() {
    for (descr, items) in [
        ("[('a', '|u1'), ('b', [], (2000000000,))]", "2000000000"),
        ("[('a', '|u1'), ('b', '<f8', (60000, 0))]", "60000"),
        ("[('a', '|u1'), ('b', '<f8', (2, 33, 0))]", "66"),
        (
            "[('a', '|u1'), ('b', [('c', '<f8', (2, 0)), ('d', '<f8', (0, 9))], (22,))]",
            "66",
        ),
        ("[('a', '|u1'), ('b', [('c', '|S1', (1000, 0))], (2000,))]", "2000000"),
    ] {
        let error = decode::<serde_json::Value>(descr, &[1; 16], Casting::Equiv).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("an element of 1 bytes with {items} items of no bytes; at most 65 are read")
        );
    }
    let value: (u8, [[f64; 0]; 2]) = decode("[('a', '|u1'), ('b', '<f8', (2, 0))]", &[1], Casting::No).unwrap()[0];
    assert_eq!(value, (1, [[], []]));
    // As many as are read; and nothing comes to axes behind one of length 0.
    for descr in [
        "[('a', '|u1'), ('b', '<f8', (65, 0))]",
        "[('a', '|u1'), ('b', [('c', '<f8')], (2, 0, 1000000))]",
    ] {
        assert!(
            decode::<serde_json::Value>(descr, &[1], Casting::Equiv).is_ok(),
            "{descr}"
        );
    }
}
