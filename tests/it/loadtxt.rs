//! loadtxt against a NumPy process, on random tables with random parameters; and what only a file can show.

use std::time::{SystemTime, UNIX_EPOCH};

use ndarray::Order;
use ndarray_io::{LoadTxt, WriteNpyExt as _, WriteOptions};
use serde_json::{Value, json};

use crate::support::{python, say};

/// A xorshift's numbers.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() >> 11) as usize % end
    }

    fn one_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    fn pick<'a, T: ?Sized>(&mut self, items: &[&'a T]) -> &'a T {
        items[self.below(items.len())]
    }
}

struct Case {
    text: String,
    /// As NumPy takes them, in JSON.
    parameters: Value,
    options: LoadTxt,
}

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

fn case(random: &mut Random) -> Case {
    let dtypes = [
        "<f8", "<f8", "<f8", ">f4", "<f2", "<i8", "|i1", "<u2", "|b1", "<c16", "<c8", "<U0", "|S0", "<U3", "|S2",
        "<M8[D]", "<M8[s]",
    ];
    let mut options = LoadTxt::new();
    let mut parameters = serde_json::Map::new();
    let columns = 1 + random.below(4);
    let column_dtypes: Vec<&str> = match random.one_in(4) {
        true => (0..columns)
            .map(|_| random.pick(&["<f8", ">i4", "<U4", "|S3", "<c16", "<M8[D]", "|u1", "<f4"]))
            .collect(),
        false => vec![random.pick(&dtypes); columns],
    };
    let is_record = column_dtypes.iter().any(|dtype| *dtype != column_dtypes[0]);
    let dtype = match is_record {
        true => {
            let fields = column_dtypes
                .iter()
                .enumerate()
                .map(|(at, dtype)| format!("('f{at}', '{dtype}')"));
            format!("[{}]", fields.collect::<Vec<_>>().join(", "))
        }
        false => column_dtypes[0].to_owned(),
    };
    options = options.dtype(dtype.parse().unwrap());
    parameters.insert("dtype".into(), json!(dtype));

    let delimiter = match random.below(3) {
        0 => None,
        _ => Some(random.pick(&[",", ",", ";", "\t", "|", " ", "·"])),
    };
    if let Some(delimiter) = delimiter {
        options = options.delimiter(delimiter);
        parameters.insert("delimiter".into(), json!(delimiter));
    }
    let quoted = random.one_in(3);
    let comments: &[&str] = match random.below(6) {
        0 if !quoted => &["//"],
        1 if !quoted => &["#", "%"],
        2 => &[],
        _ => &["#"],
    };
    if comments != ["#"] {
        options = options.comments(comments.iter().copied());
        parameters.insert(
            "comments".into(),
            if comments.is_empty() {
                Value::Null
            } else {
                json!(comments)
            },
        );
    }
    if quoted {
        options = options.quotechar('"');
        parameters.insert("quotechar".into(), json!("\""));
    }
    if random.one_in(4) && !is_record {
        let count = 1 + random.below(3);
        let picks: Vec<isize> = (0..count)
            .map(|_| random.below(2 * columns) as isize - columns as isize)
            .collect();
        options = options.usecols(picks.iter().copied());
        parameters.insert("usecols".into(), json!(picks));
    }
    if random.one_in(4) {
        let lines = random.below(4);
        options = options.skiprows(lines as u64);
        parameters.insert("skiprows".into(), json!(lines));
    }
    if random.one_in(4) {
        let rows = 1 + random.below(3);
        options = options.max_rows(rows);
        parameters.insert("max_rows".into(), json!(rows));
    }
    if random.one_in(3) {
        let ndmin = random.below(3);
        options = options.ndmin(ndmin);
        parameters.insert("ndmin".into(), json!(ndmin));
    }
    if random.one_in(5) && !is_record {
        options = options.unpack(true);
        parameters.insert("unpack".into(), json!(true));
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
                    let mut field = field(random, column_dtypes[at % columns]);
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
    Case {
        text,
        parameters: parameters.into(),
        options,
    }
}

const SNIPPET: &str = r"
import json, ast, warnings
warnings.simplefilter('ignore')
for text, parameters in json.loads(inputs[0]):
    dtype = parameters['dtype']
    parameters['dtype'] = np.dtype(ast.literal_eval(dtype) if dtype[0] == '[' else dtype)
    try:
        a = np.loadtxt(io.StringIO(text, newline=None), **parameters)
        outputs.append(npy(np.array(a, order='C')))
    except ValueError as error:
        outputs.append('error: ' + str(error))
";

#[test]
fn random_tables_are_read_as_numpy_reads_them() {
    let Some(mut numpy) = python::numpy("random tables") else {
        return;
    };
    let seed = match std::env::var("NDARRAY_IO_SEED") {
        Ok(seed) => seed.parse().unwrap(),
        Err(_) => SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos() as u64,
    };
    let mut random = Random(seed | 1);
    let (mut read, mut refused) = (0, 0);
    let mut differences = Vec::new();
    for _ in 0..10 {
        let cases: Vec<Case> = (0..500).map(|_| case(&mut random)).collect();
        let request: Vec<Value> = cases.iter().map(|case| json!([case.text, case.parameters])).collect();
        let answers = numpy.run(SNIPPET, &[json!(request).to_string().as_bytes()]);
        for (case, expected) in cases.iter().zip(answers) {
            let result = case.options.read_dyn(case.text.as_bytes());
            let got = match &result {
                Ok(array) => {
                    let mut npy = Vec::new();
                    array
                        .write_npy_with(&mut npy, &WriteOptions::new().order(Order::RowMajor))
                        .unwrap();
                    npy
                }
                Err(error) => format!("error: {error}").into_bytes(),
            };
            let is_error = |bytes: &[u8]| bytes.starts_with(b"error");
            match (is_error(&got), is_error(&expected)) {
                (true, true) => refused += 1,
                (false, false) if got == expected => read += 1,
                _ => differences.push(format!(
                    "{:?} with {}\n  ours  {}\n  NumPy {}",
                    case.text,
                    case.parameters,
                    String::from_utf8_lossy(&got).escape_debug(),
                    String::from_utf8_lossy(&expected).escape_debug()
                )),
            }
        }
    }
    say(&format!(
        "random tables (NDARRAY_IO_SEED={seed}): {read} read and {refused} refused as NumPy does"
    ));
    let shown: Vec<_> = differences.iter().take(10).map(String::as_str).collect();
    assert!(
        differences.is_empty(),
        "{} differences:\n{}",
        differences.len(),
        shown.join("\n")
    );
}
