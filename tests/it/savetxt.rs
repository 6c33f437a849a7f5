//! savetxt against np.savetxt in a Python process: random tables, random options, the same bytes.

use std::fmt::Write as _;
use std::io::Write;

use ndarray::{Array1, Array2, Order, array, s};
use ndarray_io::{
    Dtype, DynArray, Encoding, ErrorKind, Fmt, Kind, LoadTxt, ReadNpyExt, SaveTxt, WriteNpyExt, WriteOptions,
    WriteTxtExt, savetxt,
};
use serde_json::{Value, json};

use crate::support::random::Random;
use crate::support::{python, say};

const REPLAY: &str = "
import json, warnings
warnings.simplefilter('ignore')
for data, kwargs in zip(inputs[::2], inputs[1::2]):
    file = io.BytesIO()
    try:
        np.savetxt(file, load(data), **json.loads(kwargs))
        outputs.append(b'ok' + file.getvalue())
    except Exception as error:
        outputs.append(b'no' + file.getvalue() + repr(error).encode())
";

/// A table of more rows than are printed at a time.
fn large() -> Array2<f64> {
    Array2::from_shape_fn((40_000, 5), |(row, column)| row as f64 + column as f64 / 8.0)
}

fn text<T: WriteTxtExt + ?Sized>(options: &SaveTxt, array: &T) -> String {
    let mut text = Vec::new();
    options.write(&mut text, array).unwrap();
    String::from_utf8(text).unwrap()
}

#[test]
fn large_tables_keep_their_order_whatever_their_layout() {
    let array = large();
    let options = SaveTxt::new().fmt("%.3f").delimiter(",").header("a").footer("b");
    let mut expected = String::from("# a\n");
    for row in array.rows() {
        let row: Vec<String> = row.iter().map(|x| format!("{x:.3}")).collect();
        expected += &(row.join(",") + "\n");
    }
    expected += "# b\n";
    assert!(text(&options, &array) == expected);
    let fortran = array.t().as_standard_layout().into_owned().reversed_axes();
    assert!(text(&options, &fortran) == expected, "Fortran order");
    let wide = ndarray::concatenate![ndarray::Axis(1), array, array];
    assert!(
        text(&options, &wide.slice(s![.., ..5])) == expected,
        "a part of wider rows"
    );
    let reversed = array.slice(s![..;-1, ..;-1]).to_owned();
    assert!(
        text(&options, &reversed.slice(s![..;-1, ..;-1])) == expected,
        "negative strides"
    );
    let dynamic = DynArray::from(fortran.clone());
    assert!(text(&options, &dynamic) == expected, "a DynArray");
    let mut npy = Vec::new();
    let big: Dtype = ">f8".parse().unwrap();
    fortran
        .write_npy_with(&mut npy, &WriteOptions::new().dtype(big))
        .unwrap();
    assert!(
        text(&options, &DynArray::read_npy(&npy[..]).unwrap()) == expected,
        "big-endian"
    );
    let options_of_records = array.map(|&x| Some(x));
    assert!(text(&options, &options_of_records) == expected, "through serde");
    let records = Array1::from_iter(
        array
            .rows()
            .into_iter()
            .map(|row| [row[0], row[1], row[2], row[3], row[4]]),
    );
    assert!(text(&options, &records) == expected, "arrays as elements");
}

#[test]
fn an_error_is_that_of_the_first_row_that_has_one_and_rows_before_it_are_written() {
    let mut array = large();
    array[[35_001, 2]] = f64::NAN;
    array[[39_000, 0]] = f64::NAN;
    let options = SaveTxt::new().fmt("%d");
    for dynamic in [false, true] {
        let mut text = Vec::new();
        let result = match dynamic {
            false => options.write(&mut text, &array),
            true => options.write(&mut text, &array.map(|&x| Some(x))),
        };
        let error = result.unwrap_err();
        assert_eq!(
            error.to_string(),
            "row 35001: nan cannot be written as an integer; `%g` would work"
        );
        assert_eq!(text.iter().filter(|&&byte| byte == b'\n').count(), 35_001);
    }
}

#[test]
fn a_file_is_replaced_whole_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("table.txt");
    savetxt(&path, &array![1.0]).unwrap();
    let error = SaveTxt::new()
        .fmt("%d")
        .write_path(&path, &array![1.0, f64::NAN])
        .unwrap_err();
    assert_eq!(error.path(), Some(&*path));
    assert_eq!(std::fs::read(&path).unwrap(), b"1.000000000000000000e+00\n");
    SaveTxt::new().fmt("%d").write_path(&path, &large()).unwrap();
    assert_eq!(
        std::fs::metadata(&path).unwrap().len(),
        text(&SaveTxt::new().fmt("%d"), &large()).len() as u64
    );
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1);
}

/// A writer that takes a few bytes, then fails.
struct Full(usize);

impl Write for Full {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let count = self.0.min(bytes.len()).min(1000);
        self.0 -= count;
        match count {
            0 => Err(std::io::ErrorKind::StorageFull.into()),
            _ => Ok(count),
        }
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_writers_error_is_given_back() {
    for room in [0, 999, 1_000_000] {
        let error = SaveTxt::new().write(Full(room), &large()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Io, "{room}");
    }
}

#[test]
fn shortest_text_reads_back_to_the_same_numbers() {
    let mut random = Random(11);
    let doubles = Array2::from_shape_simple_fn((2_000, 3), || match f64::from_bits(random.next()) {
        x if x.is_nan() => 0.1,
        x => x,
    });
    let options = SaveTxt::new().fmt(Fmt::Shortest);
    let back: Array2<f64> = LoadTxt::new().read(text(&options, &doubles).as_bytes()).unwrap();
    assert_eq!(back.map(|x| x.to_bits()), doubles.map(|x| x.to_bits()));
    let singles = doubles.map(|&x| f32::from_bits((x.to_bits() >> 32) as u32 & 0xbfff_ffff));
    let back: Array2<f32> = LoadTxt::new().read(text(&options, &singles).as_bytes()).unwrap();
    assert_eq!(back, singles);
    let bools = doubles.map(|&x| x > 0.0);
    let back: Array2<bool> = LoadTxt::new().read(text(&options, &bools).as_bytes()).unwrap();
    assert_eq!(back, bools);
    let records = array![(1_u8, [2.5, -0.0], ("a".to_owned(), i64::MIN))];
    assert_eq!(text(&options, &records), "1 2.5 -0.0 a -9223372036854775808\n");
    let back: Array1<(u8, [f64; 2], (String, i64))> = LoadTxt::new().read(text(&options, &records).as_bytes()).unwrap();
    assert_eq!(back, records);
}

#[test]
fn what_cannot_be_printed_is_an_error_that_says_why() {
    let fails = |options: SaveTxt, array: DynArray| options.write(Vec::new(), &array).unwrap_err().to_string();
    for (error, expected) in [
        (
            fails(SaveTxt::new().fmt("%d"), DynArray::from_array(&array!["a"]).unwrap()),
            "row 0: mismatch between array dtype `<U1` and format specifier \"%d\"; `%s` prints any value, a format for \
             each column would work",
        ),
        (
            fails(SaveTxt::new().fmt("%x"), array![1.0].into()),
            "row 0: mismatch between array dtype `<f8` (float64) and format specifier \"%x\"; `%s` prints any value, a \
             format for each column would work",
        ),
        (
            fails(SaveTxt::new(), array![[[1.0]]].into()),
            "array of 3 dimensions; savetxt writes 1 or 2",
        ),
        (
            fails(SaveTxt::new().fmt("%c"), array![-1_i8].into()),
            "row 0: -1 is no character; `%d` would work",
        ),
        (
            fails(SaveTxt::new().fmt("%s"), DynArray::from_array(&array!["日"]).unwrap()),
            "character '日' cannot be encoded in latin1; Encoding::Utf8 would work",
        ),
    ] {
        assert_eq!(error, expected);
    }
}

#[test]
fn random_tables_are_printed_as_numpy_prints_them() {
    let Some(mut numpy) = python::numpy("savetxt against NumPy") else {
        return;
    };
    let (seed, count) = (Random::seed(), Random::cases(2_000));
    say(&format!(
        "savetxt against NumPy: {count} random tables, NDARRAY_IO_SEED={seed}"
    ));
    let mut random = Random(seed);
    let mut failures = Vec::new();
    let mut printed = 0;
    for start in (0..count).step_by(500) {
        let size = (count - start).min(500);
        let cases: Vec<(DynArray, Value)> = (0..size).map(|_| case(&mut random)).collect();
        let mut messages = Vec::new();
        for (array, kwargs) in &cases {
            let mut npy = Vec::new();
            array.write_npy(&mut npy).unwrap();
            messages.push(npy);
            messages.push(kwargs.to_string().into_bytes());
        }
        let inputs: Vec<&[u8]> = messages.iter().map(Vec::as_slice).collect();
        let outputs = numpy.run(REPLAY, &inputs);
        for ((array, kwargs), expected) in cases.iter().zip(outputs) {
            let (kind, expected) = expected.split_at(2);
            let mut text = Vec::new();
            let result = options(kwargs).write(&mut text, array);
            let same = match (&result, kind) {
                (Ok(()), b"ok") => text == expected,
                (Err(_), b"no") => true,
                // A long double can have more digits than Python prints.
                (Ok(()), _) => String::from_utf8_lossy(expected).contains("Exceeds the limit (4300 digits)"),
                _ => false,
            };
            printed += usize::from(result.is_ok());
            if !same {
                failures.push(format!(
                    "{} {:?} {kwargs}: {result:?}\n  ours  {}\n  numpy {}{}",
                    array.dtype(),
                    array.shape(),
                    String::from_utf8_lossy(&text),
                    String::from_utf8_lossy(kind),
                    String::from_utf8_lossy(expected),
                ));
            }
        }
    }
    for failure in failures.iter().take(20) {
        say(failure);
    }
    assert!(failures.is_empty(), "{} of {count} tables differ", failures.len());
    assert!(
        printed >= count / 2,
        "most tables are printed, here {printed} of {count}"
    );
}

fn options(kwargs: &Value) -> SaveTxt {
    let text = |name: &str| kwargs[name].as_str();
    let mut options = SaveTxt::new();
    match &kwargs["fmt"] {
        Value::Array(fmts) => options = options.fmts(fmts.iter().map(|fmt| fmt.as_str().unwrap())),
        Value::String(fmt) => options = options.fmt(fmt),
        _ => {}
    }
    if let Some(delimiter) = text("delimiter") {
        options = options.delimiter(delimiter);
    }
    if let Some(newline) = text("newline") {
        options = options.newline(newline);
    }
    if let Some(header) = text("header") {
        options = options.header(header);
    }
    if let Some(footer) = text("footer") {
        options = options.footer(footer);
    }
    if let Some(comments) = text("comments") {
        options = options.comments(comments);
    }
    match text("encoding") {
        Some(name) => options.encoding(name.parse::<Encoding>().unwrap()),
        None => options,
    }
}

const SCALARS: [&str; 32] = [
    "|b1", "|i1", "<i2", ">i4", "<i8", "|u1", ">u2", "<u4", "<u8", "<f2", "<f4", "<f8", ">f8", ">f2", "<f8", "<f8",
    "<f16", "<c8", "<c16", ">c16", "<c32", "|S4", "<U3", ">U2", "<M8[D]", "<M8[h]", "<M8[25s]", "<M8[ns]", "<m8[D]",
    "<m8[3ms]", "<m8", "|V3",
];

fn case(random: &mut Random) -> (DynArray, Value) {
    let is_record = random.below(4) == 0;
    let descr = match is_record {
        true => record(random, 2),
        false => random.pick(&SCALARS).to_owned(),
    };
    let dtype: Dtype = descr.parse().unwrap_or_else(|error| panic!("{descr}: {error}"));
    let rows = random.below(5);
    let shape = match random.below(3) {
        _ if is_record => vec![rows],
        0 => vec![rows],
        _ => vec![rows, random.below(4)],
    };
    let mut bytes = Vec::new();
    for _ in 0..shape.iter().product() {
        element(random, &dtype, &mut bytes);
    }
    let order = match random.below(4) {
        0 => Order::ColumnMajor,
        _ => Order::RowMajor,
    };
    let columns = match (is_record, shape.get(1)) {
        (true, _) => dtype.fields().len(),
        (false, columns) => *columns.unwrap_or(&1),
    };
    let kinds: Vec<Kind> = match is_record {
        true => dtype.fields().iter().map(|field| field.dtype().kind()).collect(),
        false => vec![dtype.kind(); columns],
    };
    let array = DynArray::from_raw(dtype, shape, order, bytes).unwrap();
    (array, kwargs(random, &kinds, is_record))
}

fn record(random: &mut Random, depth: usize) -> String {
    let mut descr = String::from("[");
    for index in 0..=random.below(3) {
        let inner = match random.below(6) {
            0 if depth > 0 => record(random, depth - 1),
            _ => format!("'{}'", random.pick(&SCALARS)),
        };
        let shape = ["", "", "", ", (2,)", ", (2, 3)", ", (40,)", ", (1,)"][random.below(7)];
        let _ = write!(descr, "('f{index}', {inner}{shape}), ");
    }
    descr + "]"
}

/// The bytes of an element, of values that make a difference in text.
fn element(random: &mut Random, dtype: &Dtype, bytes: &mut Vec<u8>) {
    match dtype.kind() {
        Kind::Record => {
            for field in dtype.fields() {
                element(random, field.dtype(), bytes);
            }
        }
        Kind::Subarray => {
            for _ in 0..dtype.shape().iter().product() {
                element(random, dtype.base(), bytes);
            }
        }
        Kind::Bool => bytes.push(random.below(2) as u8),
        Kind::Bytes | Kind::Void => {
            for _ in 0..dtype.itemsize() {
                bytes.push(*random.pick(&[&b'a', &b'\'', &b'"', &b'\\', &b'\n', &0, &0, &0xe9, &b' ', &b'x']));
            }
        }
        Kind::Str => {
            for _ in 0..dtype.itemsize() / 4 {
                let c = *random.pick(&[
                    &'a', &'\'', &'\\', &'\n', &'\0', &'\0', &'é', &'日', &'🎈', &'\u{ad}', &'z',
                ]);
                push(bytes, dtype, &u32::from(c).to_le_bytes());
            }
        }
        Kind::Float | Kind::Complex => {
            let parts = if dtype.kind() == Kind::Complex { 2 } else { 1 };
            for _ in 0..parts {
                let x = float(random);
                match dtype.itemsize() / parts {
                    2 => push(bytes, dtype, &half(x, random).to_le_bytes()),
                    4 => push(bytes, dtype, &(x as f32).to_le_bytes()),
                    8 => push(bytes, dtype, &x.to_le_bytes()),
                    _ => push(bytes, dtype, &extended(x, random).to_le_bytes()),
                }
            }
        }
        _ => {
            let value = match random.below(5) {
                // NumPy's own arithmetic overflows where a unit has a step.
                0 | 3 if dtype.unit().is_some_and(|unit| unit.step() > 1) => random.next() >> 30,
                0 => random.next(),
                1 => i64::MIN as u64,
                2 => (random.below(2_000) as i64 - 1_000) as u64,
                3 => random.next() >> random.below(64),
                _ => random.below(256) as u64,
            };
            push(bytes, dtype, &value.to_le_bytes()[..dtype.itemsize()]);
        }
    }
}

fn push(bytes: &mut Vec<u8>, dtype: &Dtype, little: &[u8]) {
    match dtype.byte_order() {
        ndarray_io::ByteOrder::Big => bytes.extend(little.iter().rev()),
        _ => bytes.extend(little),
    }
}

fn float(random: &mut Random) -> f64 {
    let unit = random.unit();
    let sign = if random.below(2) == 0 { -1.0 } else { 1.0 };
    sign * match random.below(12) {
        0 => f64::from_bits(random.next()),
        1 => 0.0,
        2 => f64::NAN,
        3 => f64::INFINITY,
        4 => random.below(100_000) as f64,
        5 => random.below(4_000) as f64 / 8.0,
        6 => 10_f64.powi(random.below(40) as i32 - 20),
        7 => unit * 10_f64.powi(random.below(24) as i32 - 8),
        8 => (random.below(2_000) as f64) / 1_000.0,
        9 => 2_f64.powi(random.below(100) as i32 - 30),
        _ => unit * 10.0,
    }
}

fn half(x: f64, random: &mut Random) -> u16 {
    match random.below(3) {
        0 => random.next() as u16,
        _ => half_of(x),
    }
}

/// The half next to x towards zero, which does for a test.
fn half_of(x: f64) -> u16 {
    let bits = (x as f32).to_bits();
    let sign = (bits >> 16 & 0x8000) as u16;
    let exponent = (bits >> 23 & 0xff) as i32 - 127 + 15;
    match exponent {
        _ if x.is_nan() => 0x7e00,
        ..=0 => sign,
        31.. => sign | 0x7c00,
        _ => sign | (exponent as u16) << 10 | (bits >> 13 & 0x3ff) as u16,
    }
}

/// x as a long double, with bits that no `f64` has.
fn extended(x: f64, random: &mut Random) -> u128 {
    let bits = x.to_bits();
    let sign = u128::from(bits >> 63) << 79;
    if x.is_nan() || x.is_infinite() {
        return sign | 0x7fff << 64 | 1 << 63 | u128::from(x.is_nan()) << 62;
    }
    if !x.is_normal() {
        return sign;
    }
    let exponent = match random.below(100) {
        0 => 1 + random.below(0x7ffe) as u64,
        _ => (bits >> 52 & 0x7ff) + 16_383 - 1_023,
    };
    let tail = if random.below(2) == 0 { 0 } else { random.next() & 0x7ff };
    sign | u128::from(exponent) << 64 | u128::from(1 << 63 | (bits & ((1 << 52) - 1)) << 11 | tail)
}

fn kwargs(random: &mut Random, kinds: &[Kind], is_record: bool) -> Value {
    let mut kwargs = json!({});
    let complex = !is_record && kinds.first() == Some(&Kind::Complex);
    match random.below(8) {
        0 => {}
        1 => {
            let parts = if complex { 2 } else { 1 };
            let mut row = String::new();
            for kind in kinds {
                for _ in 0..parts {
                    let _ = write!(row, "{}; ", spec(random, *kind));
                }
            }
            kwargs["fmt"] = row.into();
        }
        2 | 3 => {
            let item = |kind: &Kind| match complex {
                true => Value::from(format!("{} {}j", spec(random, *kind), spec(random, *kind))),
                false => spec(random, *kind).into(),
            };
            kwargs["fmt"] = kinds.iter().map(item).collect();
        }
        _ => {
            let kind = kinds
                .get(random.below(kinds.len().max(1)))
                .copied()
                .unwrap_or(Kind::Float);
            kwargs["fmt"] = spec(random, kind).into();
        }
    }
    for (name, values) in [
        ("delimiter", [",", "", "\t", " | ", "é"]),
        ("newline", ["\r\n", "", ";", "-\n", "\n\n"]),
        ("header", ["a", "a\nb", "", "\n", "日"]),
        ("footer", ["a", "a\nb", "", "\n", "é"]),
        ("comments", ["", "// ", "#", "%", "- "]),
    ] {
        if random.below(4) == 0 {
            kwargs[name] = random.pick(&values).into();
        }
    }
    if random.below(2) == 0 {
        kwargs["encoding"] = random.pick(&["utf-8", "latin1", "utf-16-le", "shift_jis"]).into();
    }
    kwargs
}

/// A conversion that suits the kind, mostly.
fn spec(random: &mut Random, kind: Kind) -> String {
    let letters = match kind {
        Kind::Bool | Kind::Int | Kind::Uint => "ddiuxXoeEfgGcsra",
        Kind::Float | Kind::Complex => "eeeEffFgggGdsssra",
        Kind::Datetime | Kind::Timedelta => "sssrad",
        Kind::Str => "sssrac",
        // What Python makes of raw bytes as numbers is no part of this.
        _ => "sssra",
    };
    let letter = match random.below(20) {
        0 if !matches!(kind, Kind::Record | Kind::Subarray | Kind::Void) => {
            random.pick(&["d", "x", "e", "g", "c", "s", "q", "%"])
        }
        _ => &letters[random.below(letters.len())..][..1],
    };
    let mut spec = String::from(["%", "%", "%", "(%", "_%"][random.below(5)]);
    if random.below(2) == 0 {
        for _ in 0..random.below(3) {
            spec += random.pick(&["-", "+", " ", "#", "0"]);
        }
    }
    if random.below(2) == 0 {
        let _ = write!(spec, "{}", random.below(30));
    }
    if random.below(2) == 0 {
        let _ = write!(spec, ".{}", random.below(25));
    }
    spec + letter + ["", "", "", ")", "|"][random.below(5)]
}
