//! genfromtxt against a NumPy process, on random tables with random parameters.

use ndarray::{Array1, Array2, Ix1, array};
use ndarray_io::{Casting, ColumnKey, Datetime64, DynArray, ErrorKind, GenFromTxt, MaskedArray, Names, units::Day};
use serde_json::{Value, json};

use crate::corpus::genfromtxt::Parameters;
use crate::corpus::live;
use crate::corpus::reading::judge;
use crate::support::random::Random;

const MISSING: [&str; 10] = ["N/A", "-", "NA", "-999", "-999.0", "??", "0", "nan", "1.0", "true"];
const NAMES: [&str; 14] = [
    "a", "b", "c d", "x [m]", "file", "A", "e%f", "é", "print", "_", "1x", "f1", "Wind", "d-e",
];

/// What the fields of a column are.
#[derive(Clone, Copy, PartialEq)]
enum Content {
    Bool,
    Int,
    Float,
    Complex,
    Text,
    Date,
}

/// A field that suits its column, mostly.
fn field(random: &mut Random, content: Content, missing: &[&'static str]) -> String {
    if random.one_in(10) && !missing.is_empty() {
        return format!("{}{}", random.pick(&["", "", " "]), random.pick(missing));
    }
    if random.one_in(20) {
        return random
            .pick(&["", "", " ", "x", "1", "2.5", "-0", "1e400", "1_0"])
            .to_owned();
    }
    let number = random.below(2_000) as i64 - 1_000;
    match content {
        Content::Bool => random.pick(&["True", "false", "TRUE"]).to_owned(),
        Content::Int => match random.below(8) {
            0 => format!(" {number}"),
            1 => ((random.next() >> random.below(64)) as i64).to_string(),
            2 => format!("+{}", number.abs()),
            _ => number.to_string(),
        },
        Content::Float => match random.below(8) {
            0 => format!("{number}.5"),
            1 => format!("{number}e{}", random.below(40)),
            2 => random.pick(&["nan", "-inf", "Infinity", ".5", "5."]).to_owned(),
            3 => format!("{} ", f64::from_bits(random.next() >> 2)),
            _ => format!("{}", number as f64 / 8.0),
        },
        Content::Complex => match random.below(4) {
            0 => format!("{number}j"),
            1 => format!("({number}.5+1j)"),
            _ => format!("{number}-2.5j"),
        },
        Content::Text => random
            .pick(&[
                "a", "bc", "é日", "x y", "abc def", "None", "12a", "q\"r", " lead", "50%",
            ])
            .to_owned(),
        Content::Date => format!(
            "20{:02}-{:02}-{:02}",
            random.below(100),
            1 + random.below(12),
            1 + random.below(28)
        ),
    }
}

/// The dtypes that suit what a column has.
fn dtype_of(random: &mut Random, content: Content) -> &'static str {
    let fitting: &[&str] = match content {
        Content::Bool => &["|b1"],
        Content::Int => &["<i8", "<i8", ">i4", "|u1", "<i2", "<u8", "<f8"],
        Content::Float => &["<f8", "<f8", ">f8", "<f4", "<f2"],
        Content::Complex => &["<c16", "<c8"],
        Content::Text => &["<U4", "|S3", "<U12"],
        Content::Date => &["<M8[D]", "<M8[s]", "<U10"],
    };
    random.pick(fitting)
}

/// `{"$list": ..}`, or the tuple.
fn sequence(random: &mut Random, items: Vec<Value>) -> Value {
    match random.below(2) {
        0 => json!({"$list": items}),
        _ => json!({"$tuple": items}),
    }
}

/// Names of columns, each once.
fn some_names(random: &mut Random, count: usize) -> Vec<&'static str> {
    let mut names = Vec::new();
    while names.len() < count {
        let name = random.pick(&NAMES);
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// Values for columns, in all the forms that there are.
fn values(
    random: &mut Random,
    columns: usize,
    names: &[&str],
    value: &mut dyn FnMut(&mut Random) -> Value,
    lists: bool,
) -> Value {
    match random.below(4) {
        0 | 1 => value(random),
        2 => {
            let items = (0..1 + random.below(columns + 1)).map(|_| value(random)).collect();
            sequence(random, items)
        }
        _ => {
            let mut pairs = Vec::new();
            for column in 0..columns {
                if random.one_in(2) {
                    continue;
                }
                let key = match names.get(column) {
                    Some(name) if random.one_in(2) => json!(name),
                    _ if random.one_in(6) => json!(column as i64 - columns as i64),
                    _ => json!(column),
                };
                let value = match lists && random.one_in(3) {
                    true => {
                        let items = vec![value(random), value(random)];
                        sequence(random, items)
                    }
                    false => value(random),
                };
                pairs.push(json!([key, value]));
            }
            if lists && random.one_in(5) {
                pairs.push(json!([null, value(random)]));
            }
            json!({"$dict": pairs})
        }
    }
}

fn case(random: &mut Random) -> Value {
    use Content::{Bool, Complex, Date, Float, Int, Text};
    let columns = 1 + random.below(5);
    let all = [Bool, Int, Int, Float, Float, Float, Complex, Text, Text, Date];
    let mut contents: Vec<Content> = (0..columns).map(|_| all[random.below(all.len())]).collect();
    if random.one_in(3) {
        contents = vec![contents[0]; columns];
    }
    let mut kwargs = json!({});

    // The dtype.
    let mut infers = false;
    match random.below(8) {
        0..3 => {
            infers = true;
            kwargs["dtype"] = Value::Null;
        }
        3 => contents.fill(Float),
        4 | 5 => {
            contents = vec![contents[0]; columns];
            kwargs["dtype"] = live::dtype(dtype_of(random, contents[0]));
        }
        _ => {
            let names = match random.below(3) {
                0 => some_names(random, columns)
                    .iter()
                    .map(|name| (*name).to_owned())
                    .collect(),
                _ => (0..columns).map(|at| format!("f{at}")).collect::<Vec<_>>(),
            };
            let fields = contents
                .iter()
                .zip(names)
                .map(|(content, name)| format!("('{name}', '{}')", dtype_of(random, *content)));
            let fields = fields.collect::<Vec<_>>().join(", ");
            kwargs["dtype"] = live::dtype(&format!("[{fields}]"));
        }
    }

    // What is around the fields.
    let width = 6 + random.below(6);
    let delimiter = match random.below(12) {
        0 | 1 => None,
        2 => Some(None),
        3 => Some(Some(random.pick(&["::", ", ", "é", " "]))),
        4 => Some(Some(random.pick(&["\t", "|", ";"]))),
        _ => Some(Some(",")),
    };
    match delimiter {
        None => {}
        Some(None) if random.one_in(2) => kwargs["delimiter"] = width.into(),
        Some(None) => kwargs["delimiter"] = sequence(random, vec![json!(width); columns]),
        Some(Some(text)) => kwargs["delimiter"] = text.into(),
    }
    let comments = match random.below(8) {
        0 => {
            kwargs["comments"] = Value::Null;
            None
        }
        1 => {
            let comments = random.pick(&["//", "%%", ";;", "!"]);
            kwargs["comments"] = comments.into();
            Some(comments)
        }
        _ => Some("#"),
    };
    for (name, times) in [("autostrip", 3), ("usemask", 3), ("unpack", 6)] {
        if random.one_in(times) {
            kwargs[name] = true.into();
        }
    }
    for (name, times) in [("loose", 6), ("invalid_raise", 4)] {
        if random.one_in(times) {
            kwargs[name] = false.into();
        }
    }
    if random.one_in(4) {
        kwargs["ndmin"] = random.below(3).into();
    }

    // Names and their rules.
    let mut names = Vec::new();
    let mut header = String::new();
    if random.one_in(2) {
        names = some_names(random, columns);
        if random.one_in(10) {
            names.pop();
        }
        match random.below(3) {
            0 => {
                kwargs["names"] = true.into();
                if random.one_in(2) {
                    header += random.pick(&["\n", "  \n"]);
                }
                if random.one_in(2) {
                    header += comments.unwrap_or_default();
                    header += random.pick(&["", " "]);
                }
                header += &match delimiter {
                    Some(None) => names.iter().map(|name| format!("{name:>width$}")).collect::<String>(),
                    Some(Some(delimiter)) => names.join(delimiter),
                    None => names.join(random.pick(&[" ", "\t"])),
                };
                header += "\n";
            }
            1 => kwargs["names"] = names.join(random.pick(&[",", ", "])).into(),
            _ => kwargs["names"] = sequence(random, names.iter().map(|name| json!(name)).collect()),
        }
        if random.one_in(4) {
            kwargs["excludelist"] = json!({"$list": [random.pick(&NAMES), random.pick(&NAMES)]});
        }
        if random.one_in(4) {
            kwargs["deletechars"] = random.pick(&["", "[]", "é", " ", "ab"]).into();
        }
        if random.one_in(4) {
            kwargs["replace_space"] = random.pick(&["", "-", ".", "__"]).into();
        }
        if random.one_in(4) {
            kwargs["case_sensitive"] =
                [json!(false), json!(true), json!("upper"), json!("lower")][random.below(4)].clone();
        }
    }
    if random.one_in(6) {
        kwargs["defaultfmt"] = random.pick(&["f%i", "c%02i", "%d", "x%i_"]).into();
    }

    // Which columns.
    if random.one_in(4) {
        let count = 1 + random.below(columns);
        let picks: Vec<Value> = (0..count)
            .map(|_| match names.get(random.below(columns)) {
                Some(name) if random.one_in(2) => json!(name),
                _ if random.one_in(4) => json!(-1 - random.below(columns) as i64),
                _ => {
                    let beyond = usize::from(random.one_in(10));
                    json!(random.below(columns + beyond))
                }
            })
            .collect();
        let texts: Option<Vec<&str>> = picks.iter().map(Value::as_str).collect();
        kwargs["usecols"] = match (&picks[..], texts) {
            (_, Some(texts)) if random.one_in(2) => texts.join(",").into(),
            ([only], None) if random.one_in(2) => only.clone(),
            _ => sequence(random, picks),
        };
    }

    // What is missing, and what stands in for it.
    let mut missing: Vec<&'static str> = Vec::new();
    if random.one_in(2) {
        let own: Vec<&'static str> = (0..1 + random.below(3)).map(|_| random.pick(&MISSING)).collect();
        missing.clone_from(&own);
        kwargs["missing_values"] = values(
            random,
            columns,
            &names,
            &mut |random| match random.below(8) {
                0 => json!(-999),
                1 => json!(-999.0),
                2 => json!(own.join(",")),
                _ => json!(own[random.below(own.len())]),
            },
            true,
        );
        missing.push("");
    }
    let converted = !infers && contents.iter().all(|content| *content == Float) && random.one_in(3);
    if !converted && random.one_in(2) {
        kwargs["filling_values"] = values(
            random,
            columns,
            &names,
            &mut |random| match random.below(8) {
                0 => json!(true),
                1 => json!("x"),
                2 => json!("7"),
                3 | 4 => json!(-9.5),
                5 => json!({"$float": "nan"}),
                _ => json!(random.below(100)),
            },
            false,
        );
    }
    if converted {
        let key = match names.first() {
            Some(name) if random.one_in(2) => json!(name),
            _ => json!(0),
        };
        kwargs["converters"] = json!({"$dict": [[key, {"$converter": "percent"}]]});
    }

    // The text.
    let mut text = String::new();
    if random.one_in(4) {
        let lines = random.below(3);
        kwargs["skip_header"] = lines.into();
        let junk = lines + usize::from(random.one_in(10));
        for _ in 0..junk {
            text += random.pick(&["heading\n", "\n", "1,2\n", "# c\n"]);
        }
    }
    text += &header;
    for _ in 0..random.below(8) {
        match random.below(14) {
            0 => text += random.pick(&["", "  ", "\t"]),
            1 => text += &format!("{} note", comments.unwrap_or("")),
            _ => {
                let ragged = if random.one_in(25) { random.below(3) } else { 1 };
                let mut fields = Vec::new();
                for at in 0..(columns + ragged).saturating_sub(1) {
                    let mut field = field(random, contents[at % columns], &missing);
                    if converted && at == 0 {
                        field = format!("{}.5%", random.below(100));
                    }
                    fields.push(field);
                }
                text += &match delimiter {
                    Some(None) => fields
                        .iter()
                        .map(|field| format!("{field:>width$}"))
                        .collect::<String>(),
                    Some(Some(delimiter)) => fields.join(delimiter),
                    None => fields.join(random.pick(&[" ", "  ", "\t"])),
                };
                if random.one_in(10) {
                    text += random.pick(&["  ", " # end", "#end", "//end", "\t"]);
                }
            }
        }
        text += "\n";
    }
    match random.below(10) {
        0 | 1 => {
            let rows = 1 + random.below(2);
            kwargs["skip_footer"] = rows.into();
            for _ in 0..rows {
                text += random.pick(&["", "the end\n", "1,2,3,4,5,6,7\n", "\n"]);
            }
        }
        2 | 3 => kwargs["max_rows"] = (1 + random.below(4)).into(),
        4 if random.one_in(5) => {
            kwargs["max_rows"] = random.below(2).into();
            kwargs["skip_footer"] = random.below(2).into();
        }
        _ => {}
    }
    if random.one_in(4) {
        text.truncate(text.trim_end_matches('\n').len());
    }
    if random.one_in(5) {
        text = text.replace('\n', random.pick(&["\r\n", "\r"]));
    }
    let input = live::input(&text, random, &mut kwargs);
    json!({"input": input, "kwargs": kwargs})
}

#[test]
fn random_tables_are_read_as_numpy_reads_them() {
    live::replay("genfromtxt", 5_000, case, judge::<Parameters>);
}

#[test]
fn columns_are_of_the_dtypes_that_were_asked_for_and_the_others_as_their_text_tells() {
    let options = || {
        let day = "<M8[D]".parse().unwrap();
        GenFromTxt::new()
            .delimiter(",")
            .names(Names::FromHeader)
            .missing_values("-")
            .column_dtype("day", day)
            .column_dtype(2, "<f4".parse().unwrap())
    };
    let text = "day,n,x\n2024-02-29,1,2\n-,,0.5\n,3,-\n";
    let table = options().read_table(text.as_bytes()).unwrap();
    let lines = [
        "       day    n    x",
        "    <M8[D]  <i8  <f4",
        "2024-02-29    1  2.0",
        "        --   --  0.5",
        "        --    3   --",
        "3 rows of 3 columns",
    ];
    assert_eq!(table.to_string(), lines.join("\n"));
    #[derive(serde::Deserialize, Debug, PartialEq)]
    struct Row {
        x: Option<f32>,
        day: Option<Datetime64<Day>>,
        n: Option<i8>,
    }
    let row = |day: Option<&str>, n, x| Row {
        day: day.map(|day| day.parse().unwrap()),
        n,
        x,
    };
    let rows = table.to_records::<Row>().unwrap();
    assert_eq!(
        rows,
        array![
            row(Some("2024-02-29"), Some(1), Some(2.0)),
            row(None, None, Some(0.5)),
            row(None, Some(3), None)
        ]
    );
    let days = table
        .column("day")
        .unwrap()
        .values::<Option<Datetime64<Day>>>()
        .unwrap();
    assert_eq!(days, rows.map(|row| row.day));
    assert_eq!(
        table.to_record_array().unwrap().dtype().to_string(),
        "[('day', '<M8[D]'), ('n', '<i8'), ('x', '<f4')]"
    );
    let fails = |options: GenFromTxt, text: &str| options.read_table(text.as_bytes()).unwrap_err();
    let error = fails(options(), "day,n,x\n2024-02-29,1,2\n\n2023-02-29,1,2\n");
    assert_eq!(
        (error.kind(), error.line(), error.column()),
        (ErrorKind::Parse, Some(4), Some(1))
    );
    let missing = options().column_dtype("night", "<M8[D]".parse().unwrap());
    assert_eq!(
        fails(missing, text).to_string(),
        "no column \"night\"; there are day, n, x"
    );
    let beyond = options().column_dtype(3, "<M8[D]".parse().unwrap());
    assert_eq!(
        fails(beyond, text).to_string(),
        "column_dtype is for column 3 (counted from 0) of 3 columns"
    );
    let record = options().column_dtype("n", "[('a', '<i4'), ('b', '<i4')]".parse().unwrap());
    assert_eq!(fails(record, text).kind(), ErrorKind::Argument);
}

#[test]
fn in_records_what_equals_a_missing_value_is_missing() {
    let options = GenFromTxt::new().delimiter(",").missing_values("-999,n/a");
    let table = options.read_table(&b"a,-999.00,-1,0.5\nb,-1,-999,n/a\n"[..]).unwrap();
    let masks: Vec<_> = table.columns().iter().map(|column| column.mask().to_vec()).collect();
    assert_eq!(
        masks,
        [
            vec![false, false],
            vec![true, false],
            vec![false, true],
            vec![false, true]
        ]
    );
    // Records of a type that is known are masked whole; an `Option` is a mask of its own.
    let masked: MaskedArray<(i32, f64, i16), Ix1> =
        options.read_masked(&b"1,-999.00,3\n9,2,4\n5,6,-999\n"[..]).unwrap();
    assert_eq!(masked.mask, array![true, false, true]);
    // Also what stands in for a field that is none.
    let filled = GenFromTxt::new().delimiter(",").missing_values(-1);
    let filled: MaskedArray<(i64, i64), Ix1> = filled.read_masked(&b"x,2\n3,4\n"[..]).unwrap();
    assert_eq!(filled.mask, array![true, false]);
    let options_of: Array1<(i32, Option<f64>)> = options.read(&b"1,-999.00\n-999,2\n"[..]).unwrap();
    assert_eq!(options_of, array![(1, None), (-999, Some(2.0))]);
    // In a table of one type only the text counts, as in NumPy.
    let table = options.read_table(&b"-999.00,1\n-999,2.5\n"[..]).unwrap();
    assert_eq!(table.columns()[0].mask(), array![false, true]);
}

/// What `np.genfromtxt(dtype=None)` makes of it.
fn inferred(options: &GenFromTxt, text: &str) -> DynArray {
    let array = options.read_table(text.as_bytes()).and_then(|table| table.to_dyn());
    array.unwrap_or_else(|error| panic!("{text:?}: {error}"))
}

/// As for NumPy's array, so for one of a type.
#[test]
fn usecols_pick_of_a_dtype_that_has_more() {
    let dtype = "[('a', '<i4'), ('b', '<f8'), ('c', '<i8')]".parse().unwrap();
    let options = GenFromTxt::new().usecols([2, 0]).dtype(dtype);
    let text = &b"1 2.5 3\n4 5.5 6\n"[..];
    assert_eq!(
        options.read_dyn(text).unwrap().dtype().to_string(),
        "[('c', '<i8'), ('a', '<i4')]"
    );
    let pairs: Array1<(i64, i32)> = options.read(text).unwrap();
    assert_eq!(pairs, array![(3, 1), (6, 4)]);
}

/// A type's own names, and numbers, are read as what was asked for whatever names the text has.
#[test]
fn names_do_not_change_the_dtype_of_a_typed_array() {
    #[derive(serde::Deserialize, Debug, PartialEq)]
    struct Entry {
        file: String,
        x: f64,
    }
    let numbers = GenFromTxt::new().names(Names::FromHeader).dtype("<f4".parse().unwrap());
    let read: Array2<f64> = numbers.read(&b"a b\n1 2\n3 4\n"[..]).unwrap();
    assert_eq!(read, array![[1.0, 2.0], [3.0, 4.0]]);
    let records = GenFromTxt::new().dtype("[('file', '<U3'), ('x', '<f8')]".parse().unwrap());
    let entries: Array1<Entry> = records.read(&b"abc 1.5\nde 2\n"[..]).unwrap();
    let file = "abc".to_owned();
    assert_eq!(entries[0], Entry { file, x: 1.5 });
    let mixed = GenFromTxt::new()
        .names(Names::FromHeader)
        .dtype("[('p', '<i4'), ('q', '<f8')]".parse().unwrap());
    #[derive(serde::Deserialize, Debug, PartialEq)]
    struct Mixed {
        p: f64,
        #[serde(default)]
        q: i32,
    }
    let read: Array1<Mixed> = mixed.read(&b"q p r\n1 2.5 9\n"[..]).unwrap();
    assert_eq!(read[0], Mixed { p: 2.5, q: 1 });
    assert!(mixed.usecols([0]).read::<_, Mixed, Ix1>(&b"q p\n1 2.5\n"[..]).is_err()); // there is no `p`
    let named = records
        .names(Names::FromHeader)
        .read::<_, Entry, Ix1>(&b"p q\nabc 1.5\n"[..]);
    assert_eq!(named.unwrap()[0].x, 1.5);
}

#[test]
fn bools_that_only_stand_in_are_filled_as_what_is_around_them() {
    let comma = || GenFromTxt::new().delimiter(",");
    let texts = |texts: Array2<&str>| DynArray::from_array(&texts.mapv(str::to_owned)).unwrap();
    for (options, text, dtype, expected) in [
        (
            comma().filling_values(-9.5),
            "1,\n2,\n",
            "<i8",
            array![[1_i64, -9], [2, -9]].into(),
        ),
        (
            comma().filling_values("7"),
            "1.5,\n2,\n",
            "<f8",
            array![[1.5, 7.0], [2.0, 7.0]].into(),
        ),
        (
            comma().filling_values(f64::NAN),
            "ab,\ncd,\n",
            "<U3",
            texts(array![["ab", "nan"], ["cd", "nan"]]),
        ),
        (
            comma(),
            "ab,\ncd,true\n",
            "<U5",
            texts(array![["ab", "False"], ["cd", "True"]]),
        ),
    ] {
        let array = inferred(&options, text);
        assert_eq!(array, expected, "{text:?}");
        assert_eq!(array.dtype().to_string(), dtype, "{text:?}");
    }
    let table = comma().missing_values("true").read_table(&b"true\ntrue\n"[..]).unwrap();
    assert_eq!(table.columns()[0].values::<bool>().unwrap(), array![true, true]);
    assert_eq!(table.columns()[0].mask(), array![true, true]);
    let table = comma().missing_values("true").read_table(&b"true\n5\n"[..]).unwrap();
    assert_eq!(table.columns()[0].values::<i64>().unwrap(), array![-1, 5]);
    let unfit = comma().filling_values("x").read_table(&b"1,\n2,\n"[..]).unwrap();
    let error = unfit.to_dyn().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Argument);
    assert!(
        error.to_string().starts_with("x stands in for missing values"),
        "{error}"
    );
}

#[test]
fn a_text_of_nothing_has_the_columns_that_are_picked() {
    let options = GenFromTxt::new().delimiter(",").names("a,b,c").usecols(["c", "a"]);
    assert_eq!(
        inferred(&options, "").dtype().to_string(),
        "[('c', '|b1'), ('a', '|b1')]"
    );
    let dated = options.clone().column_dtype("a", "<M8[D]".parse().unwrap());
    assert_eq!(
        inferred(&dated, "").dtype().to_string(),
        "[('c', '|b1'), ('a', '<M8[D]')]"
    );
    let twice = options.usecols(["c", "c"]).read_table(&b""[..]);
    assert_eq!(twice.unwrap_err().kind(), ErrorKind::Argument);
}

#[test]
fn floats_stand_in_for_text_as_python_prints_them() {
    // Only what latin1 has not fits no bytes.
    let dtype = "[('a', 'S5'), ('b', 'S5'), ('c', 'S5')]".parse().unwrap();
    let options = GenFromTxt::new().delimiter(",").dtype(dtype);
    let options = options.filling_values([f64::NAN, 1e20, -0.5]);
    let rows = options.read_dyn("é日,é日,é日\n".as_bytes()).unwrap();
    assert_eq!(rows.into_raw().unwrap().bytes(), b"nan\x00\x001e+20-0.5\x00");
}

#[test]
fn a_value_that_stands_in_for_one_column_is_not_anothers() {
    let options = || GenFromTxt::new().delimiter(",").filling_values([-9.5]);
    let given = options().dtype("<f8".parse().unwrap());
    for options in [options(), given] {
        let a = options
            .read_masked::<_, f64, ndarray::Ix2>(&b",,\n1,,\n"[..])
            .unwrap()
            .data;
        assert_eq!(a.mapv(f64::is_nan), array![[false, true, true], [false, true, true]]);
        assert_eq!((a[[0, 0]], a[[1, 0]]), (-9.5, 1.0));
    }
}

#[test]
fn a_blank_line_is_no_missing_bool() {
    let table = GenFromTxt::new()
        .delimiter(",")
        .read_table(&b"true,1\n\nfalse,2\n"[..])
        .unwrap();
    assert_eq!(
        table.to_dyn().unwrap().dtype().to_string(),
        "[('f0', '|b1'), ('f1', '<i8')]"
    );
}

/// Calls that random ones found, and NumPy's answers.
#[test]
fn what_numpy_answered() {
    let comma = || GenFromTxt::new().delimiter(",");
    let dtype = |options: GenFromTxt, dtype: &str| options.dtype(dtype.parse().unwrap());
    let read = |options: GenFromTxt, text: &str| options.read_dyn(text.as_bytes()).unwrap();
    let records = |array: DynArray| -> (String, Vec<u8>) {
        let raw = array.clone().into_raw().unwrap();
        (array.dtype().to_string(), raw.bytes().to_vec())
    };

    // The widths reach a newline, which is \n whatever the file has.
    let table = GenFromTxt::new()
        .field_widths([4, 3])
        .read_table(&b"1   \r\n2   xyz\r\n"[..])
        .unwrap();
    assert_eq!(
        (table.columns()[1].text(0), table.columns()[1].text(1)),
        (Some("\n"), Some("xyz"))
    );
    let texts = array![["a", "b\n", "False"], ["c", "\n", "False"]].mapv(str::to_owned);
    let got = inferred(&GenFromTxt::new().field_widths([1, 2, 1]), "ab\r\nc\r\n");
    assert_eq!(got, DynArray::from_array(&texts).unwrap());

    // Unsigned, -0 is 0.
    let got = read(dtype(comma(), "f8,u8"), "1,-0\n");
    let (descr, bytes) = records(got);
    assert_eq!(descr, "[('f0', '<f8'), ('f1', '<u8')]");
    assert_eq!(bytes, [1_f64.to_le_bytes(), [0; 8]].concat());
    assert_eq!(
        comma().read::<_, u64, ndarray::Ix1>(&b"5,-0\n"[..]).unwrap(),
        array![5, 0]
    );

    // A dtype of more fields than there are names, and are picked, names the others.
    let options = dtype(comma(), "i4,i8,f8").names(Names::FromHeader).usecols([2, 0]);
    let (descr, bytes) = records(read(options, "a,b\n1,2,3\n"));
    assert_eq!(descr, "[('f0', '<f8'), ('a', '<i4')]");
    assert_eq!(bytes, [&3_f64.to_le_bytes()[..], &1_i32.to_le_bytes()].concat());

    // Names that were empty follow the rules too.
    let options = dtype(comma(), "i4").names(Names::FromHeader).case_sensitive(false);
    let (descr, _) = records(read(options, "x,,Y\n1,2,3\n"));
    assert_eq!(descr, "[('X', '<i4'), ('F0', '<i4'), ('Y', '<i4')]");

    // A comment sign can begin with the delimiter.
    let options = GenFromTxt::new().delimiter(";").comments(";;");
    let text = "1;2\n;; note\n3;4;;5\n";
    assert_eq!(inferred(&options, text), array![[1_i64, 2], [3, 4]].into());
    assert_eq!(read(options, text), array![[1.0, 2.0], [3.0, 4.0]].into());

    // NumPy has the year 377 behind a blank, and that before Christ without one.
    let (_, bytes) = records(read(dtype(comma(), "M8[Y],i4"), " -377,2\n"));
    assert_eq!(bytes[..8], (-377_i64 - 1970).to_le_bytes());
}

/// Only bools that stand in for missing values go with columns of any type, and blank or invalid lines are none.
#[test]
fn bools_that_were_read_are_a_type_of_their_own() {
    let listed = || GenFromTxt::new().delimiter(",").missing_values("true");
    let records = "[('f0', '|b1'), ('f1', '<i8')]";
    for (options, text, dtype) in [
        (listed(), "TRUE,1\ntrue,2\n", records),
        (listed(), "true,1\r\n\r\nfalse,2\r\n", records),
        (listed().invalid_raise(false), "True,1\n,2,3\nfalse,2\n", records),
        (listed(), "True,1\n\nfalse,2\n,\n", "<i8"),
        (listed(), "False,1j\nTRUE,2j\n", "[('f0', '|b1'), ('f1', '<c16')]"),
    ] {
        assert_eq!(inferred(&options, text).dtype().to_string(), dtype, "{text:?}");
    }
    let filled = inferred(&listed().filling_values(5), "true,7\n,8\n");
    assert_eq!(filled, array![[1_i64, 7], [5, 8]].into());
    assert_eq!(inferred(&listed(), "TRUE,1\n,2\n"), array![[1_i64, 1], [0, 2]].into());
    // What equals a missing value is masked in the end, and changes no type.
    let table = listed().read_table(&b"False,1j\nTRUE,2j\n"[..]).unwrap();
    assert_eq!(table.columns()[0].mask(), array![false, true]);
    // Of a dtype that was asked for there is nothing to have in common with.
    let options = GenFromTxt::new()
        .delimiter(",")
        .column_dtype(0, "<M8[D]".parse().unwrap());
    assert_eq!(
        inferred(&options, "1970-01-02,7\n").dtype().to_string(),
        "[('f0', '<M8[D]'), ('f1', '<i8')]"
    );
}

/// Three names leave no column for the last pick, and a row without its field is a bad one all the same. NumPy 2.4.6 gives
/// no rows of the first text and `(6.0, 6.0, 5.0)` of the second.
#[test]
fn a_pick_that_no_name_is_left_for_is_held_against_the_rows() {
    let picks = || [(-3).into(), 1.into(), 0.into(), ColumnKey::from(4)];
    #[derive(Debug, PartialEq, serde::Deserialize)]
    struct Row {
        a: f64,
        b: f64,
        c: f64,
    }
    let read = |text: &str| -> ndarray::ArrayD<Row> {
        let options = GenFromTxt::new().delimiter(";").names(["a", "b", "c"]).usecols(picks());
        let array = options.invalid_raise(false).read_dyn(text.as_bytes()).unwrap();
        array.into_array(Casting::Equiv).unwrap()
    };
    assert_eq!(read("1;2;3;4\n5;6;7;8\n").len(), 0);
    let expected = Row { a: 6.0, b: 6.0, c: 5.0 };
    assert_eq!(read("1;2;3;4\n5;6;7;8;9\n").into_iter().collect::<Vec<_>>(), [expected]);
}

#[test]
fn a_column_of_numbers_is_no_text() {
    let options = GenFromTxt::new().delimiter(",");
    let text = &b"007,a\n008,b\n"[..];
    let table = options.read_table(text).unwrap();
    let error = table.columns()[0].values::<String>().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Dtype);
    assert!(error.to_string().contains("column_dtype"), "{error}");
    assert_eq!(table.columns()[1].values::<String>().unwrap().to_vec(), ["a", "b"]);
    let table = options
        .column_dtype(0, "<U3".parse().unwrap())
        .read_table(text)
        .unwrap();
    assert_eq!(table.columns()[0].values::<String>().unwrap()[0], "007");
}
