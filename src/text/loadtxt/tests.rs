use ndarray::{Array1, Array2, Ix1, Ix2, array};
use num_complex::Complex;
use serde::Deserialize;

use super::LoadTxt;
use crate::Encoding;
use crate::element::{Datetime64, units::Day};
use crate::error::ErrorKind;

#[derive(Deserialize, Debug, PartialEq, Clone)]
struct Row {
    id: Option<i64>,
    name: Option<String>,
    point: (f64, Option<f64>),
    day: Option<Datetime64<Day>>,
    z: Option<Complex<f64>>,
    tag: String,
    codes: [u8; 2],
}

#[test]
fn a_row_is_any_record() {
    let text =
        "1,one,1.5,2.5,2020-02-29,1+2j,a,1,2\n, ,nan,,,,\u{e9}\u{65e5},3,4\n-7,\u{fc}ber,1,nan,NaT,nan,long text,5,6\n";
    let rows: Array1<Row> = LoadTxt::new().delimiter(",").read(text.as_bytes()).unwrap();
    let first = Row {
        id: Some(1),
        name: Some("one".into()),
        point: (1.5, Some(2.5)),
        day: Some("2020-02-29".parse().unwrap()),
        z: Some(Complex::new(1.0, 2.0)),
        tag: "a".into(),
        codes: [1, 2],
    };
    assert_eq!(rows[0], first);
    let second = &rows[1];
    assert!(second.point.0.is_nan());
    assert_eq!(
        (second.id, &second.name, second.point.1, second.day, second.z),
        (None, &None, None, None, None)
    );
    assert_eq!((second.tag.as_str(), second.codes), ("\u{e9}\u{65e5}", [3, 4]));
    let third = &rows[2];
    assert_eq!(
        (third.id, third.name.as_deref(), third.tag.as_str()),
        (Some(-7), Some("\u{fc}ber"), "long text")
    );
    assert!(third.point.1.unwrap().is_nan() && third.day.unwrap().is_nat() && third.z.unwrap().re.is_nan());
}

#[test]
fn a_field_is_any_element() {
    let a: Array2<Option<i32>> = LoadTxt::new().delimiter(",").read(&b"1,\n,2\n"[..]).unwrap();
    assert_eq!(a, array![[Some(1), None], [None, Some(2)]]);
    let a: Array1<Option<String>> = LoadTxt::new().delimiter(",").read(&b"a,,bc\n"[..]).unwrap();
    assert_eq!(a, array![Some("a".to_owned()), None, Some("bc".to_owned())]);
    let a: Array1<Option<f64>> = LoadTxt::new().delimiter(",").read(&b",2,\n"[..]).unwrap();
    assert_eq!(a, array![None, Some(2.0), None]);
    let a: Array2<char> = LoadTxt::new().read("a b\nc \u{e9}".as_bytes()).unwrap();
    assert_eq!(a, array![['a', 'b'], ['c', 'é']]);
    #[derive(Deserialize, Debug, PartialEq)]
    enum Colour {
        Red,
        Green,
    }
    let a: Array1<Colour> = LoadTxt::new().read(&b"Red Green"[..]).unwrap();
    assert_eq!(a, array![Colour::Red, Colour::Green]);
    let a: Array1<f32> = LoadTxt::new().dtype("<i2".parse().unwrap()).read(&b"1 2"[..]).unwrap();
    assert_eq!(a, array![1.0, 2.0]);
    let a: Array1<Datetime64<Day>> = LoadTxt::new().read(&b"1970-01-02"[..]).unwrap();
    assert_eq!(a[0].count(), 1);
}

/// Fields and rows are the same wherever blocks and chunks end, and so is the first error.
#[test]
fn blocks_do_not_show() {
    let long = "x".repeat(300);
    let mut numbers = String::from("# heading\n\n");
    (0..200).for_each(|row| numbers += &format!("{row}, {}.5 ,-{row}e-3{}\n", row * 7, ["", " # c", "\r"][row % 3]));
    let quoted = format!("1,\"a\nb\"\n\n2,\"{long}\"\r\n3,\"q\"\"\"\"\n4,\"\"\n5,é日\n6,\"open\n");
    let comma = || LoadTxt::new().delimiter(",");
    let texts: Vec<(LoadTxt, Vec<u8>)> = vec![
        (comma(), numbers.clone().into_bytes()),
        (
            comma().usecols([-1, 0]).skiprows(3).max_rows(150),
            numbers.clone().into_bytes(),
        ),
        (comma(), numbers.replace("120, ", "120; ").into_bytes()),
        (comma(), numbers.replace("77.5", "x").replace("63.5", "y").into_bytes()),
        (comma(), [numbers.as_bytes(), b"1,\xff,3\n"].concat()),
        (
            comma().encoding(Encoding::Utf16),
            numbers.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        ),
        (
            comma()
                .dtype("[('a', 'i8'), ('b', 'U2')]".parse().unwrap())
                .quotechar('"'),
            quoted.clone().into_bytes(),
        ),
        (
            comma().dtype("U0".parse().unwrap()).quotechar('"'),
            quoted.clone().into_bytes(),
        ),
        (
            LoadTxt::new().dtype("U0".parse().unwrap()),
            "\u{2003}a b\r\rc\td\u{a0}\n # x\n".as_bytes().to_vec(),
        ),
    ];
    for (options, text) in &texts {
        let expected = options.read_dyn(&text[..]).map_err(|error| error.to_string());
        for chunk in 1..=64 {
            let mut options = options.clone();
            options.shared.chunk = chunk;
            let got = options.read_dyn(&text[..]).map_err(|error| error.to_string());
            assert_eq!(got, expected, "{options:?} in chunks of {chunk}");
        }
    }
    let names = |text: &str, chunk| {
        #[derive(Deserialize, Debug, PartialEq)]
        struct Name(i64, String);
        let mut options = comma().quotechar('"');
        options.shared.chunk = chunk;
        options.read::<_, Name, Ix1>(text.as_bytes()).unwrap()
    };
    let expected = names(&quoted, 1 << 20);
    assert_eq!(expected[1].1, long);
    (1..=64).for_each(|chunk| assert_eq!(names(&quoted, chunk), expected));
}

#[test]
fn errors_say_where_what_and_what_would_help() {
    let comma = || LoadTxt::new().delimiter(",");
    let long = format!("1\n{}\n", "x".repeat(200));
    for (options, text, message) in [
        (
            comma(),
            "1,2\n3,abc\n",
            "line 2, column 2: cannot read \"abc\" as `<f8` (float64); usecols can leave the column out, skiprows a \
             heading, a converter can change the text",
        ),
        (
            comma(),
            "# c\n\n1,\n",
            "line 3, column 2: cannot read \"\" as `<f8` (float64); a missing value needs an `Option`, a converter or \
             GenFromTxt",
        ),
        (
            comma().usecols([2, 1]),
            "1,2,3\n1,x,3\n",
            "line 2, column 2: cannot read \"x\" as `<f8` (float64); usecols can leave the column out, skiprows a \
             heading, a converter can change the text",
        ),
        (
            comma(),
            "1,2\n3\n",
            "line 2: the row has 1 field, but the first row has 2; usecols picks some of them, and GenFromTxt can skip \
             such rows",
        ),
        (
            comma().usecols([-3]),
            "1,2\n",
            "line 1: usecols asks for column -3 (counted from 0), but the row has 2 fields",
        ),
        (
            comma().converter(2, str::to_owned),
            "1,2\n",
            "line 1: a converter is for column 2 (counted from 0), but the row has 2 fields",
        ),
        (comma().ndmin(3), "", "ndmin is 3; 0, 1 and 2 are possible"),
    ] {
        assert_eq!(options.read_dyn(text.as_bytes()).unwrap_err().to_string(), message);
    }
    let error = LoadTxt::new().read_dyn(long.as_bytes()).unwrap_err().to_string();
    assert!(
        error.contains(&format!("\"{}…\"", "x".repeat(100))) && error.len() < 300,
        "{error}"
    );
    let error = LoadTxt::new()
        .read::<_, (i32, f32), Ix1>(&b"1 2 3"[..])
        .unwrap_err()
        .to_string();
    assert!(
        error.starts_with("line 1: the row has 3 fields, but the dtype has 2"),
        "{error}"
    );
    let error = LoadTxt::new()
        .usecols([0])
        .read::<_, (i32, f32), Ix1>(&b"1 2 3"[..])
        .unwrap_err()
        .to_string();
    assert_eq!(error, "usecols has 1 column, but the dtype has 2 fields");
    let error = LoadTxt::new().read::<_, f64, Ix1>(&b"1 2\n3 4"[..]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Shape);
    assert_eq!(
        error.to_string(),
        "the text has 2 rows of 2 columns, which is no `Array1`; `Array2` or `ArrayD` would work"
    );
    let a: Array2<f64> = LoadTxt::new().read::<_, f64, Ix2>(&b""[..]).unwrap();
    assert_eq!(a.shape(), [0, 1]);
}
