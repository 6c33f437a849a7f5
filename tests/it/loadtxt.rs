//! loadtxt against a NumPy process, on random tables with random parameters; and what only a file can show.

use ndarray::{Array1, array};
use ndarray_io::{DynArray, GenFromTxt, LoadTxt, ReadNpyExt, SaveTxt, fromregex};
use serde_json::{Value, json};

use crate::corpus::live;
use crate::corpus::loadtxt::Parameters;
use crate::corpus::reading::judge;
use crate::support::python;
use crate::support::random::Random;

/// What a field may be, given what its column shall become.
fn field(random: &mut Random, dtype: &str) -> String {
    let float = f64::from_bits(random.next());
    let float = if float.is_finite() { float } else { 0.1 };
    let word = random.pick(&[
        "a", "bc", "é日", "x y", "", "1", "\"", "q\"r", "-", "#c", "\u{2003}", "a/b", "50%",
    ]);
    let number = match random.below(12) {
        0 => format!("{float}"),
        1 => format!("{float:.18e}"),
        2 => format!("{float:e}"),
        3 => format!("{:.3}", (random.next() % 100_000) as f64 / 7.0),
        4 => format!(" {} ", random.next() % 1000),
        5 => format!("+{}", random.next() % 300),
        6 => format!("-{}", random.next() % 300),
        7 => (random.next() >> random.below(64)).to_string(),
        8 if random.one_in(4) => random
            .pick(&["nan", "-inf", "Infinity", "1e400", "1e-400", ".5", "5.", "-.5e3"])
            .to_owned(),
        8 if random.one_in(4) => random
            .pick(&["1e", "0x1", "1_0", "--1", "1 2", "1,5", "True", "\u{661}"])
            .to_owned(),
        _ => (random.next() % 100).to_string(),
    };
    match dtype.trim_start_matches(['<', '>', '|']).as_bytes()[0] {
        b'U' | b'S' if random.one_in(3) => number,
        b'U' | b'S' => word.to_owned(),
        b'c' if random.one_in(2) => {
            let other = random.pick(&["1", "-2.5", "+3", "nan", "inf", ".5", "1e3"]);
            let sign = random.pick(&["+", "-", "+-", "", "++"]);
            let text = format!(
                "{}{sign}{other}{}",
                number.trim(),
                random.pick(&["j", "j", "j", "", "J", "jj"])
            );
            if random.one_in(3) { format!("({text})") } else { text }
        }
        b'M' => {
            let year = 1600 + random.below(800);
            let (month, day) = (1 + random.below(13), 1 + random.below(31));
            match random.below(6) {
                0 => format!("{year}"),
                1 => format!("{year}-{month:02}"),
                2 => format!("{year}-{month:02}-{day:02}T{:02}:30", random.below(25)),
                3 => random
                    .pick(&["NaT", "nat", "", "x", "2020-01-01T00:00:00.5"])
                    .to_owned(),
                _ => format!("{year}-{month:02}-{day:02}"),
            }
        }
        b'i' | b'u' | b'b' if !random.one_in(6) => (random.next() % 100).to_string(),
        _ if random.one_in(60) => word.to_owned(),
        _ => number,
    }
}

fn case(random: &mut Random) -> Value {
    let dtypes = [
        "<f8", "<f8", "<f8", ">f4", "<f2", "<i8", "|i1", "<u2", "|b1", "<c16", "<c8", "<U0", "|S0", "<U3", "|S2",
        "<M8[D]", "<M8[s]", "<M8", "<m8[s]", "<f16", ">u8", ">i4",
    ];
    let mut kwargs = json!({});
    let mut columns = 1 + random.below(4);
    let is_record = random.one_in(4);
    let mut column_dtypes = vec![random.pick(&dtypes); columns];
    if is_record {
        let fields = ["<f8", ">i4", "<U4", "|S3", "<c16", "<M8[D]", "|u1", "<f4"];
        column_dtypes.fill_with(|| random.pick(&fields));
    }
    let mut descr = column_dtypes[0].to_owned();
    if is_record {
        let mut fields = Vec::new();
        for (at, dtype) in std::mem::take(&mut column_dtypes).into_iter().enumerate() {
            let items = if random.one_in(8) { 2 } else { 1 };
            column_dtypes.extend([dtype; 2].iter().take(items));
            fields.push(match items {
                1 => format!("('f{at}', '{dtype}')"),
                _ => format!("('f{at}', '{dtype}', ({items},))"),
            });
        }
        descr = format!("[{}]", fields.join(", "));
        if random.one_in(6) {
            column_dtypes.push("<f8");
            descr = format!("[('nested', {descr}), ('x', '<f8')]");
        }
        columns = column_dtypes.len();
    }
    if descr != "<f8" || random.one_in(2) {
        kwargs["dtype"] = live::dtype(&descr);
    }

    let delimiter = match random.below(3) {
        0 => None,
        _ => Some(random.pick(&[",", ",", ";", "\t", "|", " ", "·"])),
    };
    if let Some(delimiter) = delimiter {
        kwargs["delimiter"] = delimiter.into();
    }
    let quoted = random.one_in(3);
    let comments: &[&str] = match random.below(6) {
        0 if !quoted => &["//"],
        1 if !quoted => &["#", "%"],
        2 => &[],
        _ => &["#"],
    };
    match comments {
        ["#"] => {}
        [] => kwargs["comments"] = Value::Null,
        comments => kwargs["comments"] = json!({"$list": comments}),
    }
    if quoted {
        kwargs["quotechar"] = "\"".into();
    }
    if random.one_in(4) && !is_record {
        let picks: Vec<isize> = (0..1 + random.below(3))
            .map(|_| random.below(2 * columns) as isize - columns as isize)
            .collect();
        kwargs["usecols"] = match picks[..] {
            [pick] if random.one_in(2) => json!(pick),
            _ => json!({"$list": picks}),
        };
    }
    if random.one_in(4) {
        kwargs["skiprows"] = random.below(4).into();
    }
    if random.one_in(4) {
        kwargs["max_rows"] = random.below(4).into();
    }
    if random.one_in(3) {
        kwargs["ndmin"] = random.below(3).into();
    }
    if random.one_in(5) {
        kwargs["unpack"] = true.into();
    }
    // Numbers with a sign behind them, which converters take away.
    let converted = (column_dtypes.iter().all(|dtype| *dtype == "<f8") && random.one_in(6))
        .then(|| random.pick(&["percent", "comma"]));
    if let Some(name) = converted {
        kwargs["converters"] = match random.below(3) {
            0 => json!({"$converter": name}),
            _ => {
                let keys = (0..columns as isize).map(|column| match random.below(3) {
                    0 => column - columns as isize,
                    _ => column,
                });
                json!({"$dict": keys.map(|key| json!([key, {"$converter": name}])).collect::<Vec<_>>()})
            }
        };
    }

    // Between quotes Python would change them.
    let newline = if quoted {
        "\n"
    } else {
        random.pick(&["\n", "\n", "\r\n", "\r"])
    };
    let mut text = String::new();
    for _ in 0..random.below(7) {
        match random.below(12) {
            0 => {}
            1 => text.push_str(random.pick(&["# comment", "  ", "//", "%1", "#"])),
            _ => {
                let ragged = if random.one_in(25) { random.below(3) } else { 1 };
                for at in 0..(columns + ragged).saturating_sub(1) {
                    if at > 0 {
                        text.push_str(delimiter.unwrap_or(random.pick(&[" ", "  ", "\t"])));
                    }
                    let mut field = match converted {
                        Some("percent") => format!("{}.5%", random.below(100)),
                        Some(_) => format!("-{};25", random.below(100)),
                        None => field(random, column_dtypes[at % columns]),
                    };
                    let quotes = quoted && random.one_in(2);
                    if quoted && delimiter.is_none() {
                        // A bug of NumPy's: whitespace at the end of a row then makes one field more, or one less.
                        field = field.trim().replace(['#', '"', '/'], "_");
                        if field.is_empty() {
                            field.push('_');
                        }
                    }
                    match quotes {
                        true => {
                            let extra = if random.one_in(8) { "\n" } else { "" };
                            text += &format!("\"{}{extra}\"", field.replace('"', "\"\""));
                        }
                        false => text += &field,
                    }
                }
                if random.one_in(10) && !(quoted && delimiter.is_none()) {
                    text.push_str(random.pick(&[" ", " # end", "#end", "//end"]));
                }
            }
        }
        text.push_str(newline);
    }
    if random.one_in(4) {
        text.truncate(text.trim_end_matches(['\n', '\r']).len());
    }
    let input = live::input(&text, random, &mut kwargs);
    json!({"input": input, "kwargs": kwargs})
}

#[test]
fn random_tables_are_read_as_numpy_reads_them() {
    live::replay("loadtxt", 5_000, case, judge::<Parameters>);
}

#[test]
fn blanks_are_no_span_of_time() {
    let dtype = "[('a', 'S1'), ('b', '<m8[s]')]";
    let options = LoadTxt::new().delimiter("\t").dtype(dtype.parse().unwrap());
    for (field, fits) in [
        ("", true),
        ("NaT", true),
        ("5", true),
        (" 5", true),
        ("5 ", false),
        ("  ", false),
        (" NaT", false),
    ] {
        let got = options.read_dyn(format!("x\t{field}\n").as_bytes());
        assert_eq!(got.is_ok(), fits, "{field:?}: {got:?}");
    }
}

#[test]
fn converters_of_columns_that_are_not_picked_need_not_be_there() {
    let options = LoadTxt::new()
        .delimiter(";")
        .converter(-3, str::to_owned)
        .converter(5, str::to_owned);
    let text = &b"1;2\n3;4\n"[..];
    let picked: Array1<f64> = options.clone().usecols([0]).read(text).unwrap();
    assert_eq!(picked, array![1.0, 3.0]);
    assert!(options.read::<_, f64, ndarray::Ix2>(text).is_err());
}

/// NumPy has 0 for the second of them, and an error for both where the type is any other.
#[test]
fn blanks_are_no_number() {
    for dtype in ["<f16", "<c32", "<f8"] {
        for field in ["", "  "] {
            let got = LoadTxt::new().delimiter(",").dtype(dtype.parse().unwrap());
            assert!(
                got.read_dyn(format!("1,{field}\n").as_bytes()).is_err(),
                "{field:?} as {dtype}"
            );
        }
    }
}

/// A row is an element, whether its fields are of one type or of several.
#[test]
fn rows_of_one_type_are_elements() {
    #[derive(serde::Deserialize, Debug, PartialEq)]
    struct Pair(f64, f64);

    let text = &b"1 2.5\n3 -4e3\n"[..];
    let rows = [(1.0, 2.5), (3.0, -4000.0)];
    let load = LoadTxt::new();
    let pairs: Array1<(f64, f64)> = load.read(text).unwrap();
    assert_eq!(pairs, Array1::from(rows.to_vec()));
    let arrays: Array1<[f64; 2]> = load.read(text).unwrap();
    assert_eq!(arrays.to_vec(), [[1.0, 2.5], [3.0, -4000.0]]);
    assert_eq!(
        load.read::<_, Pair, _>(text).unwrap(),
        array![Pair(1.0, 2.5), Pair(3.0, -4000.0)]
    );
    let four: Array1<[[f32; 2]; 2]> = load.read(&b"1 2 3 4\n"[..]).unwrap();
    assert_eq!(four[0], [[1.0, 2.0], [3.0, 4.0]]);
    let texts: Array1<(String, String)> = load.read(&b"a bcd\ne \xc3\xa9\n"[..]).unwrap();
    assert_eq!(texts[1], ("e".to_owned(), "é".to_owned()));
    assert!(load.read::<_, (f64, f64, f64), ndarray::Ix1>(text).is_err());

    let comma = GenFromTxt::new().delimiter(",");
    let holes: Array1<(Option<f64>, Option<f64>)> = comma.read(&b"1,\n,4\n"[..]).unwrap();
    assert_eq!(holes, array![(Some(1.0), None), (None, Some(4.0))]);
    let filled: Array1<(i64, i64)> = comma.read(&b"1,x\n3,4\n"[..]).unwrap();
    assert_eq!(filled, array![(1, -1), (3, 4)]);

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pairs.txt");
    SaveTxt::new().write_path(&path, &pairs).unwrap();
    assert_eq!(load.read_path::<_, (f64, f64), _>(&path).unwrap(), pairs);
    let found: Array1<(f64, f64)> = fromregex(&path, r"(\S+) (\S+)\n").unwrap();
    assert_eq!(found, pairs);
    // NumPy has them as rows and columns.
    if let Some(mut numpy) = python::numpy("rows of one type") {
        let code = format!("outputs.append(npy(np.loadtxt({:?})))", path.display().to_string());
        let outputs = numpy.run(&code, &[]);
        assert_eq!(Array1::<(f64, f64)>::read_npy(&outputs[0][..]).unwrap(), pairs);
        assert_eq!(DynArray::read_npy(&outputs[0][..]).unwrap().shape(), [2, 2]);
    }
}

/// A text that only begins as one of the words is none.
#[test]
fn no_text_is_cut_to_fit() {
    #[derive(serde::Deserialize, Debug, PartialEq)]
    enum Light {
        Red,
        Green,
    }
    let load = LoadTxt::new().delimiter(",");
    let lights: Array1<Light> = load.read(&b"Green\nRed\n"[..]).unwrap();
    assert_eq!(lights, array![Light::Green, Light::Red]);
    let chars: Array1<(char, f64)> = load.read("é,1\n日,2\n".as_bytes()).unwrap();
    assert_eq!(chars, array![('é', 1.0), ('日', 2.0)]);
    for error in [
        load.read::<_, Light, ndarray::Ix1>(&b"Red\nGreenish\n"[..])
            .unwrap_err(),
        load.read::<_, (Light, u8), ndarray::Ix1>(&b"Red,1\nGreenish,2\n"[..])
            .unwrap_err(),
        load.read::<_, (char, u8), ndarray::Ix1>(&b"a,1\nbc,2\n"[..])
            .unwrap_err(),
    ] {
        println!("{error}");
        assert_eq!(error.row(), Some(1), "{error}");
    }
}
