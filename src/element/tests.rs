use half::f16;
use num_complex::Complex;
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use super::datetime::units::{Day, Nanosecond, Second};
use super::*;

fn dtype(descr: &str) -> Dtype {
    descr.parse().unwrap()
}

fn encode<A: Serialize>(descr: &str, values: &[A]) -> Result<Vec<u8>> {
    let dtype = dtype(descr);
    let mut encoder = Encoder::new(&dtype)?;
    let mut rows = vec![0xaa; dtype.itemsize() * values.len()];
    for (value, row) in values.iter().zip(rows.chunks_exact_mut(dtype.itemsize())) {
        encoder.encode(value, row)?;
    }
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
        z: (n % 2 == 0).then_some(x),
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
        spin: if n % 2 == 0 { Spin::Up } else { Spin::Down },
        height: Meters(x),
        pair: Pair(-1, "ab".into()),
        when: Datetime64::new(i64::from(n)),
        span: (n % 3 > 0).then(|| Timedelta64::new(i64::from(n))),
        parts: (n, n % 2 == 0),
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
