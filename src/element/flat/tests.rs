//! Rows that take the short way against the same rows, each the first of its own decoder or encoder, which go the long
//! way; and that they do take it.

use std::cell::Cell;
use std::fmt::Debug;

use half::f16;
use num_complex::Complex;
use serde::de::{DeserializeOwned, IgnoredAny, SeqAccess, Visitor};
use serde::ser::{SerializeStruct, SerializeTuple};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_bytes::ByteBuf;

use super::Short;
use crate::dtype::{Casting, Dtype};
use crate::element::datetime::units::{Millisecond, Second};
use crate::element::plan::Node;
use crate::element::ser::Ser;
use crate::element::tag::Tag;
use crate::element::value::De;
use crate::element::{Datetime64, Decoder, Encoder, Timedelta64};
use crate::error::{ErrorKind, Result};

fn dtype(descr: &str) -> Dtype {
    descr.parse().unwrap()
}

fn decode<A: DeserializeOwned>(descr: &str, rows: &[u8], casting: Casting) -> Result<Vec<A>> {
    let mut values = Vec::new();
    Decoder::new(&dtype(descr), casting)?.extend(rows, &mut values)?;
    Ok(values)
}

fn encode<A: Serialize>(descr: &str, values: &[A]) -> Result<Vec<u8>> {
    let mut rows = vec![0xaa; dtype(descr).itemsize() * values.len()];
    let values: Vec<_> = values.iter().collect();
    Encoder::new(&dtype(descr))?.encode_rows(&values, &mut rows)?;
    Ok(rows)
}

const NO_BOOL: usize = usize::MAX;

/// Fifty rows, no two alike, with a bool at that place of each.
fn rows(size: usize, bool_at: usize) -> Vec<u8> {
    let byte = |i: usize| match i % size == bool_at {
        true => (i / size % 2) as u8,
        false => (i * 7 % 120) as u8,
    };
    (0..50 * size).map(byte).collect()
}

/// Reads and writes 50 rows both ways, and shows that they have a short one.
#[track_caller]
fn both_ways<A: Serialize + DeserializeOwned + PartialEq + Debug>(descr: &str, bool_at: usize) {
    let dtype = dtype(descr);
    let size = dtype.itemsize();
    let rows = rows(size, bool_at);
    let together = decode::<A>(descr, &rows, Casting::Safe).unwrap();
    let alone: Vec<A> = (rows.chunks(size))
        .flat_map(|row| decode(descr, row, Casting::Safe).unwrap())
        .collect();
    assert_eq!(together, alone);
    let written = encode(descr, &together).unwrap();
    let one_by_one: Vec<u8> = (together.chunks(1))
        .flat_map(|value| encode(descr, value).unwrap())
        .collect();
    assert_eq!(written, one_by_one);

    let mut node = Node::to_read(&dtype, Casting::Safe).unwrap();
    let (row, at) = (&rows[..size], 0);
    let de = De {
        row,
        at,
        node: &mut node,
    };
    A::deserialize(de).unwrap();
    let short = Short::of(&node).expect("a short way to read");
    let mut values = Vec::<A>::new();
    assert_eq!(short.read(size, &rows, &mut values), 50);
    assert_eq!(values, together);

    let mut node = Node::new(&dtype, Casting::Equiv).unwrap();
    let (row, at) = (&mut vec![0; size][..], 0);
    let (node_ref, tag) = (&mut node, Tag::None);
    let ser = Ser {
        row,
        at,
        node: node_ref,
        tag,
    };
    together[0].serialize(ser).unwrap();
    let short = Short::of(&node).expect("a short way to write");
    let mut written_short = vec![0; rows.len()];
    let values: Vec<_> = together.iter().collect();
    assert!(short.write(size, &values, &mut written_short));
    assert_eq!(written_short, written);
}

#[derive(Serialize, Deserialize, PartialEq, Debug)]
struct Row {
    id: i64,
    x: f64,
    y: f32,
    flag: bool,
}

#[derive(Serialize, Deserialize, PartialEq, Debug)]
struct Meters(f64);

#[derive(Serialize, Deserialize, PartialEq, Debug)]
struct Nested {
    half: f16,
    charge: Complex<f32>,
    row: Row,
    pos: [[Meters; 3]; 2],
    pair: (u8, i16),
}

#[derive(Serialize, Deserialize, PartialEq, Debug)]
struct Times {
    seen: Datetime64<Millisecond>,
    age: Timedelta64<Second>,
}

#[derive(Serialize, Deserialize, PartialEq, Debug)]
struct Integers {
    a: u16,
    b: u32,
    c: u64,
    d: i8,
    e: i16,
    f: i32,
}

#[test]
fn scalars_however_nested_take_the_short_way() {
    both_ways::<Row>("[('id', '<i8'), ('x', '<f8'), ('y', '<f4'), ('flag', '?')]", 20);
    both_ways::<Row>("[('flag', '?'), ('y', '<f4'), ('x', '<f8'), ('id', '<i8')]", 0);
    both_ways::<Row>(
        "[('', 'V3'), ('id', '<i8'), ('', 'V1'), ('y', '<f4'), ('', 'V4'), ('x', '<f8'), ('', 'V3'), ('flag', '?')]",
        31,
    );
    both_ways::<Nested>(
        "[('half', '<f2'), ('charge', '<c8'), ('row', [('id', '<i8'), ('x', '<f8'), ('y', '<f4'), ('flag', '?')]), \
         ('pos', '<f8', (2, 3)), ('pair', [('f0', 'u1'), ('f1', '<i2')])]",
        30,
    );
    both_ways::<Nested>(
        "[('half', '>f2'), ('charge', '>c8'), ('row', [('id', '>i8'), ('x', '<f8'), ('y', '>f4'), ('flag', '?')]), \
         ('pos', '>f8', (2, 3)), ('pair', [('f0', 'u1'), ('f1', '>i2')])]",
        30,
    );
    both_ways::<Times>("[('seen', '<M8[ms]'), ('age', '<m8[s]')]", NO_BOOL);
    both_ways::<Times>("[('seen', '>M8[ms]'), ('age', '>m8[s]')]", NO_BOOL);
    both_ways::<Integers>(
        "[('a', '<u2'), ('b', '<u4'), ('c', '<u8'), ('d', 'i1'), ('e', '<i2'), ('f', '<i4')]",
        NO_BOOL,
    );
    both_ways::<(i8, Row)>(
        "[('f0', 'i1'), ('f1', [('id', '<i8'), ('x', '<f8'), ('y', '<f4'), ('flag', '?')])]",
        21,
    );
}

#[derive(Serialize, Deserialize, PartialEq, Debug)]
enum Spin {
    Up,
    Down,
}

#[derive(Serialize, Deserialize, PartialEq, Debug)]
struct Named {
    name: String,
    tag: ByteBuf,
    key: String,
    spin: Spin,
    x: Option<f64>,
    y: Option<f32>,
    seen: Option<Datetime64<Second>>,
    count: Option<i16>,
    label: Option<String>,
}

#[test]
fn text_and_options_take_the_short_way_to_be_read() {
    let named = |i: i64| Named {
        name: "Zoë \u{1f98a}".chars().cycle().take(i as usize % 6).collect(),
        tag: ByteBuf::from(vec![0xff; i as usize % 3]),
        key: "abc"[..i as usize % 4].to_owned(),
        spin: if i % 2 == 0 { Spin::Up } else { Spin::Down },
        x: (i % 3 > 0).then_some(i as f64),
        y: (i % 4 > 0).then_some(i as f32),
        seen: (i % 5 != 1).then(|| Datetime64::new(i)),
        count: Some(i as i16),
        label: Some(i.to_string()),
    };
    for order in ['<', '>'] {
        let descr = format!(
            "[('name', '{order}U5'), ('tag', 'S2'), ('key', 'S3'), ('spin', '{order}U4'), ('x', '{order}f8'), \
             ('y', '{order}f4'), ('seen', '{order}M8[s]'), ('count', '{order}i2'), ('label', '{order}U2')]"
        );
        let values: Vec<_> = (0..50).map(named).collect();
        let rows = encode(&descr, &values).unwrap();
        assert_eq!(decode::<Named>(&descr, &rows, Casting::Safe).unwrap(), values);
        let size = dtype(&descr).itemsize();
        let mut node = Node::to_read(&dtype(&descr), Casting::Safe).unwrap();
        let (row, at) = (&rows[..size], 0);
        Named::deserialize(De {
            row,
            at,
            node: &mut node,
        })
        .unwrap();
        let short = Short::of(&node).expect("a short way to read");
        assert_eq!(short.read::<Named>(size, &rows, &mut Vec::new()), 50);

        // What a row has that is no text, the long way tells.
        let mut bad = rows.clone();
        bad[7 * size + 22] = 0xff;
        let error = decode::<Named>(&descr, &bad, Casting::Safe).unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("row 7: field key: bytes that are no UTF-8"),
            "{error}"
        );
    }
    let long_double = |mantissa: u64, exponent: u16| {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&mantissa.to_le_bytes());
        bytes[8..10].copy_from_slice(&exponent.to_le_bytes());
        bytes
    };
    let rows = [(1 << 63, 0x3fff), (3 << 62, 0x7fff), (1 << 63, 0x3fff)]
        .map(|(m, e)| long_double(m, e))
        .concat();
    let there = decode::<(Option<IgnoredAny>,)>("[('f0', '<f16')]", &rows, Casting::Unsafe).unwrap();
    assert_eq!(
        there.iter().map(|row| row.0.is_some()).collect::<Vec<_>>(),
        [true, false, true]
    );
    // A None must be allowed as a value would be.
    let rows = [1.0_f32, f32::NAN].map(f32::to_le_bytes).concat();
    let error = decode::<(Option<f64>,)>("[('f0', '<f4')]", &rows, Casting::Equiv).unwrap_err();
    assert!(error.to_string().starts_with("row 0: field f0: file has"), "{error}");
    let rows = [1.0_f64, f64::NAN, 2.0].map(f64::to_le_bytes).concat();
    let rows = decode::<(Option<f64>,)>("[('f0', '<f8')]", &rows, Casting::No).unwrap();
    assert_eq!(rows, [(Some(1.0),), (None,), (Some(2.0),)]);
}

#[test]
fn other_elements_have_no_short_way() {
    fn has_none(descr: &str) {
        assert!(
            Short::of(&Node::new(&dtype(descr), Casting::Safe).unwrap()).is_none(),
            "{descr}"
        );
    }
    has_none("[('name', '<U3')]");
    has_none("[('time', '<M8[s]')]"); // nobody has asked for it yet
    has_none("[('many', '<f8', (1024,))]");
    has_none("[('none', '<f8', (1000000000, 0))]");
    assert!(Short::of(&Node::new(&dtype("[('many', '<f8', (1000,))]"), Casting::Safe).unwrap()).is_some());
}

/// A number after a tag that says of which type it is asked for.
#[derive(PartialEq, Debug)]
enum Tagged {
    Single(f32),
    Double(f64),
}

impl<'de> Deserialize<'de> for Tagged {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        struct Parts;
        impl<'de> Visitor<'de> for Parts {
            type Value = Tagged;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a tag and a number")
            }

            fn visit_seq<S: SeqAccess<'de>>(self, mut seq: S) -> std::result::Result<Tagged, S::Error> {
                Ok(match seq.next_element::<u8>()? {
                    Some(0) => Tagged::Single(seq.next_element()?.unwrap()),
                    _ => Tagged::Double(seq.next_element()?.unwrap()),
                })
            }
        }
        deserializer.deserialize_tuple(2, Parts)
    }
}

impl Serialize for Tagged {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut tuple = serializer.serialize_tuple(2)?;
        match self {
            Tagged::Single(value) => {
                tuple.serialize_element(&0_u8)?;
                tuple.serialize_element(value)?;
            }
            Tagged::Double(value) => {
                tuple.serialize_element(&1_u8)?;
                tuple.serialize_element(value)?;
            }
        }
        tuple.end()
    }
}

#[test]
fn a_type_may_ask_for_something_else_in_a_later_row() {
    let descr = "[('f0', 'u1'), ('f1', '<f4')]";
    let values = || {
        (0..20_u8)
            .map(|i| match i % 7 {
                6 => Tagged::Double(f64::from(i)),
                _ => Tagged::Single(f32::from(i)),
            })
            .collect::<Vec<_>>()
    };
    let rows = encode(descr, &values()).unwrap();
    assert_eq!(rows[6 * 5..7 * 5], [1, 0, 0, 0xc0, 0x40]);
    assert_eq!(decode::<Tagged>(descr, &rows, Casting::Safe).unwrap(), values());
    let error = decode::<Tagged>(descr, &rows, Casting::Equiv).unwrap_err();
    assert!(error.to_string().starts_with("row 6: field f1: file has"), "{error}");
}

/// What an error is nothing to.
mod or_zero {
    use super::*;

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> std::result::Result<f64, D::Error> {
        Ok(f64::deserialize(deserializer).unwrap_or_default())
    }
}

#[derive(Deserialize, PartialEq, Debug)]
struct Careless {
    #[serde(with = "or_zero")]
    x: f64,
}

#[derive(Deserialize, PartialEq, Debug, Clone)]
#[serde(try_from = "f64")]
struct Positive(f64);

impl TryFrom<f64> for Positive {
    type Error = String;

    fn try_from(x: f64) -> std::result::Result<Positive, String> {
        match x > 0.0 {
            true => Ok(Positive(x)),
            false => Err(format!("{x} is not positive")),
        }
    }
}

/// What keeps the text of an error.
mod or_text {
    use super::*;

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> std::result::Result<std::result::Result<Positive, String>, D::Error> {
        Ok(Positive::deserialize(deserializer).map_err(|error| error.to_string()))
    }
}

#[derive(Deserialize, PartialEq, Debug)]
struct Kept {
    #[serde(with = "or_text")]
    x: std::result::Result<Positive, String>,
}

/// A type whose writing drops errors.
struct Silent(Cell<bool>);

impl Serialize for Silent {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("Silent", 1)?;
        let _ = match self.0.get() {
            true => fields.serialize_field("x", &2.5_f32),
            false => fields.serialize_field("x", &1.5_f64),
        };
        fields.end()
    }
}

#[test]
fn errors_that_a_type_drops_are_noticed() {
    let rows = [1.5_f32, 2.5, 3.5].map(f32::to_le_bytes).concat();
    let careless = decode::<Careless>("[('x', '<f4')]", &rows, Casting::Safe).unwrap();
    assert_eq!(careless.iter().map(|row| row.x).collect::<Vec<_>>(), [1.5, 2.5, 3.5]);

    // Swapping is a cast, which is not allowed, in every row alike.
    let rows = [1.5_f64, 2.5, 3.5].map(f64::to_be_bytes).concat();
    let careless = decode::<Careless>("[('x', '>f8')]", &rows, Casting::No).unwrap();
    assert_eq!(careless.iter().map(|row| row.x).collect::<Vec<_>>(), [0.0, 0.0, 0.0]);

    let rows = [1.5_f64, -2.5, 3.5, -4.5].map(f64::to_le_bytes).concat();
    let kept = decode::<Kept>("[('x', '<f8')]", &rows, Casting::Safe).unwrap();
    assert_eq!(kept[1].x, Err("-2.5 is not positive".to_owned()));
    assert_eq!(kept[3].x, Err("-4.5 is not positive".to_owned()));
    assert_eq!((&kept[0].x, &kept[2].x), (&Ok(Positive(1.5)), &Ok(Positive(3.5))));

    let silent = [false, false, true, false].map(|single| Silent(Cell::new(single)));
    let rows = encode("[('x', '<f8')]", &silent).unwrap();
    assert_eq!(rows, [1.5_f64, 1.5, 2.5, 1.5].map(f64::to_le_bytes).concat());
}

#[derive(Serialize)]
struct Skipping {
    x: f64,
    #[serde(skip_serializing_if = "is_zero")]
    y: f64,
}

#[allow(clippy::trivially_copy_pass_by_ref)] // serde's call
fn is_zero(y: &f64) -> bool {
    *y == 0.0
}

#[test]
fn errors_of_later_rows_name_them() {
    let descr = "[('id', '<i8'), ('x', '<f8'), ('y', '<f4'), ('flag', '?')]";
    let mut rows = rows(21, 20);
    rows[21 * 4 - 1] = 2;
    let error = decode::<Row>(descr, &rows, Casting::Unsafe).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("row 3: field flag: the byte 0x02 is no bool"),
        "{error}"
    );

    let row = |y| Skipping { x: 1.0, y };
    let rows = [row(1.0), row(2.0), row(3.0), row(0.0)];
    let error = encode("[('x', '<f8'), ('y', '<f8')]", &rows).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Value);
    assert_eq!(error.to_string(), "row 3: field y: in the dtype, but not in the value");
}

#[test]
fn padding_is_zero_in_every_row() {
    let descr = "[('', 'V1'), ('x', '<f8'), ('', 'V1'), ('y', '<f8'), ('', 'V2')]";
    let rows = [1.0, 2.0, 3.0].map(|y| Skipping { x: f64::NAN, y });
    for row in encode(descr, &rows).unwrap().chunks(20) {
        assert_eq!([row[0], row[9], row[18], row[19]], [0; 4]);
    }
}
