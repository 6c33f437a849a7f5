//! loadtxt and genfromtxt on text that is no table: results or errors that say where, in memory that is a small multiple
//! of the text's.

use std::fmt::Debug;
use std::fs;

use ndarray::{Array1, Ix1, Ix2, IxDyn};
use ndarray_io::{GenFromTxt, LoadTxt, Names, Result};

use crate::support::memory::peak_alone;

/// The shape, or the error.
fn outcome<T>(result: Result<T>, shape: impl FnOnce(T) -> Vec<usize>) -> String {
    match result {
        Ok(value) => format!("{:?}", shape(value)),
        Err(error) => error.to_string(),
    }
}

fn text(name: &str) -> Vec<u8> {
    match name {
        "empty" => Vec::new(),
        "blank lines" => b"\n \n\r\n\t\n".to_vec(),
        "comments" => b"# a\n# b".to_vec(),
        "a heading" => b"a,b\n".to_vec(),
        "ragged" => b"1,2\n3\n4,5,6\n7,8\n".to_vec(),
        "garbage" => {
            let mut byte = 1_u32;
            let noise = (0..2_000_000).map(|_| {
                byte = byte.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (byte >> 24) as u8
            });
            [b"1,2\n".to_vec(), noise.collect()].concat()
        }
        "NULs" => vec![0; 1_000_000],
        "a line of 10 MB" => vec![b'x'; 10_000_000],
        "a number of 10 MB" => vec![b'7'; 10_000_000],
        "a million columns" => [b"1,".repeat(999_999).as_slice(), b"2\n"].concat(),
        "a million columns, then one" => [text("a million columns").as_slice(), b"3\n"].concat(),
        "a million empty columns" => [b",".repeat(999_999).as_slice(), b"\n"].concat(),
        "an open quote" => [b"1,\"".as_slice(), &[b'y'; 2_000_000]].concat(),
        "ragged rows" => b"1,2\n3\n4,5,6\n".repeat(700_000),
        "blank rows" => b"\n \n\r\n\t\n".repeat(1_000_000),
        "comment rows" => b"# a\n#\n".repeat(1_500_000),
        "a heading of 10 MB" => [b"name ".repeat(2_000_000).as_slice(), b"\n"].concat(),
        other => panic!("no text {other}"),
    }
}

const X: &str = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";

#[test]
fn what_is_no_table_is_a_result_or_an_error_that_says_where() {
    let help = "usecols can leave the column out, skiprows a heading, a converter can change the text";
    let picks = "usecols picks some of them, and GenFromTxt can skip such rows";
    let invalid = "invalid UTF-8; another encoding would work, such as Encoding::Latin1";
    let rows = "invalid_raise(false) leaves such rows out, usecols picks fields";
    let empty = "cannot read \"\" as `<f8` (float64); a missing value needs an `Option`, a converter or GenFromTxt";
    for (name, loadtxt, genfromtxt) in [
        ("empty", "[0, 1]".to_owned(), "[0, 1]".to_owned()),
        (
            "blank lines",
            format!("line 2, column 1: {}", empty.replace("\"\"", "\" \"")),
            "[1, 1]".to_owned(),
        ),
        ("comments", "[0, 1]".to_owned(), "[0, 1]".to_owned()),
        (
            "a heading",
            format!("line 1, column 1: cannot read \"a\" as `<f8` (float64); {help}"),
            "[1, 2]".to_owned(),
        ),
        (
            "ragged",
            format!("line 2: the row has 1 field, but the first row has 2; {picks}"),
            format!("line 2: 2 rows have another number of fields than 2: 1 in line 2, 3 in line 3; {rows}"),
        ),
        ("garbage", format!("line 2: {invalid}"), format!("line 2: {invalid}")),
        (
            "a line of 10 MB",
            format!("line 1, column 1: cannot read \"{X}…\" as `<f8` (float64); {help}"),
            "[1, 1]".to_owned(),
        ),
        ("a number of 10 MB", "[1, 1]".to_owned(), "[1, 1]".to_owned()),
        (
            "a million columns",
            "[1, 1000000]".to_owned(),
            "[1, 1000000]".to_owned(),
        ),
        (
            "a million columns, then one",
            format!("line 2: the row has 1 field, but the first row has 1000000; {picks}"),
            format!("line 2: 1 row has another number of fields than 1000000: 1 in line 2; {rows}"),
        ),
        (
            "a million empty columns",
            format!("line 1, column 1: {empty}"),
            "[1, 1000000]".to_owned(),
        ),
    ] {
        let text = text(name);
        let options = LoadTxt::new().delimiter(",");
        let got = outcome(options.read::<_, f64, Ix2>(&text[..]), |array| array.shape().to_vec());
        assert_eq!(got, loadtxt, "loadtxt of {name}");
        let options = GenFromTxt::new().delimiter(",");
        let got = outcome(options.read::<_, f64, Ix2>(&text[..]), |array| array.shape().to_vec());
        assert_eq!(got, genfromtxt, "genfromtxt of {name}");
    }
}

/// Reads a text in all ways; whatever comes of it is fine, as long as its error is short.
fn read(text: &[u8]) {
    fn check<T>(result: Result<T>) {
        if let Err(error) = result {
            assert!(error.to_string().len() < 4_000, "{error}");
        }
    }
    fn shown<T: Debug>(result: Result<T>) {
        check(result);
    }
    for quote in [None, Some('"')] {
        let mut options = LoadTxt::new().delimiter(",");
        let mut lenient = GenFromTxt::new().delimiter(",");
        if let Some(quote) = quote {
            (options, lenient) = (options.quotechar(quote), lenient.quotechar(quote));
        }
        check(options.read::<_, f64, IxDyn>(text));
        check(options.read::<_, String, Ix2>(text));
        shown(options.read::<_, (i64, Option<f64>), Ix1>(text));
        for names in [Names::Default, Names::FromHeader] {
            let lenient = lenient.clone().names(names);
            check(lenient.read_masked::<_, f64, IxDyn>(text));
            check(
                lenient
                    .clone()
                    .invalid_raise(false)
                    .skip_footer(1)
                    .read_masked::<_, i64, IxDyn>(text),
            );
            check(lenient.read_table(text).and_then(|table| {
                assert!(table.to_string().len() > 10);
                table.to_dyn()
            }));
        }
    }
    check(GenFromTxt::new().field_width(3).read::<_, String, IxDyn>(text));
    check(GenFromTxt::new().field_widths([1, 0, 1 << 40]).read_table(text));
}

#[test]
fn whatever_comes_is_a_table_or_an_error() {
    for name in [
        "empty",
        "blank lines",
        "comments",
        "a heading",
        "ragged",
        "garbage",
        "NULs",
        "a line of 10 MB",
        "an open quote",
    ] {
        let text = text(name);
        let most = if cfg!(debug_assertions) { 300_000 } else { text.len() };
        read(&text[..text.len().min(most)]);
    }
}

/// Not a test of its own: [`memory_is_a_small_multiple_of_the_text`] runs it in a process.
#[test]
#[ignore = "run by another test"]
fn peak_memory() {
    let Ok(name) = std::env::var("NDARRAY_IO_TEXT") else {
        return;
    };
    let text = text(&name);
    let before = peak();
    let options = GenFromTxt::new().delimiter(",");
    let _ = LoadTxt::new().delimiter(",").read::<_, f64, Ix2>(&text[..]);
    let _ = options.read::<_, f64, Ix2>(&text[..]);
    let _: Result<Array1<f64>> = options.clone().max_rows(1).read(&text[..]);
    let _ = options.clone().invalid_raise(false).read::<_, f64, Ix2>(&text[..]);
    let numbers = peak() - before;
    let _ = options.read_table(&text[..]).map(|table| table.len());
    let _ = options
        .invalid_raise(false)
        .read_table(&text[..])
        .map(|table| table.len());
    let table = peak() - before;
    println!("\npeak of {} bytes: {numbers} {table}", text.len());
}

/// The most bytes that this process ever had in memory.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux has it");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kibibytes = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<u64>().ok());
    kibibytes.expect("a number") << 10
}

#[test]
#[cfg(target_os = "linux")]
#[cfg_attr(debug_assertions, ignore = "a minute, unoptimized")]
fn memory_is_a_small_multiple_of_the_text() {
    // What is read ahead, and threads.
    const FIXED: u64 = 128 << 20;
    for (name, of_numbers, of_tables) in [
        ("empty", 0, 0),
        ("a heading", 0, 0),
        ("a heading of 10 MB", 8, 8),
        ("blank rows", 8, 8),
        ("comment rows", 8, 8),
        ("ragged rows", 8, 8),
        ("garbage", 4, 4),
        ("NULs", 8, 8),
        ("an open quote", 8, 8),
        ("a line of 10 MB", 8, 8),
        ("a number of 10 MB", 8, 8),
        // A column of a table costs some fifty bytes before its first value.
        ("a million columns", 48, 96),
        ("a million columns, then one", 48, 96),
        ("a million empty columns", 96, 192),
    ] {
        let program = std::env::current_exe().expect("this program");
        let child = std::process::Command::new(program)
            .args(["--exact", "no_table::peak_memory", "--ignored", "--nocapture"])
            .env("NDARRAY_IO_TEXT", name)
            .output()
            .expect("it runs again");
        let out = String::from_utf8_lossy(&child.stdout);
        let line = out.lines().find_map(|line| line.strip_prefix("peak of "));
        let line = line.unwrap_or_else(|| panic!("{name}: {out}"));
        let numbers: Vec<u64> = line
            .split(|c: char| !c.is_ascii_digit())
            .filter_map(|n| n.parse().ok())
            .collect();
        let [size, numbers, table] = numbers[..] else {
            panic!("{line}")
        };
        println!("{name}: {line}");
        assert!(numbers < FIXED + of_numbers * size, "{name}: {line}");
        assert!(table < FIXED + of_tables * size, "{name}: {line}");
    }
}

/// Does `read`, whatever comes of it, and that it allocates `most` bytes at most.
fn within<T: Send>(name: &str, most: usize, read: impl FnOnce() -> Result<T> + Send) {
    let (_, peak) = peak_alone(read);
    assert!(peak <= most, "{name} allocates {peak} bytes, more than {most}");
}

/// What of the table in SECURITY.md is about text.
#[test]
#[cfg_attr(debug_assertions, ignore = "a minute, unoptimized")]
fn text_takes_its_blocks_and_its_values() {
    // Two blocks of 2 MiB for each thread, of which there is one here, and the rows parsed from them.
    const BLOCKS: usize = 12 << 20;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.txt");
    for (name, text) in [
        ("short fields", "1 2\n".repeat(1 << 20)),
        ("one row", "1 ".repeat(2 << 20)),
        ("one field", "1".repeat(4 << 20)),
        ("one long row", format!("1\n{}", "2 ".repeat(1 << 20))),
        ("no table", "\n".repeat(4 << 20)),
        ("comments", "#\n".repeat(2 << 20)),
    ] {
        fs::write(&path, &text).unwrap();
        // Two bytes of text are a value of 8, and a vector may have grown to twice that. A row is told apart into
        // fields, of 24 bytes each and half as many again while they grow, before they are values.
        let most = BLOCKS + if name.ends_with("row") { 20 } else { 12 } * text.len();
        within(name, most, || LoadTxt::new().read_path::<_, f64, IxDyn>(&path));
        within(name, most, || LoadTxt::new().read::<_, f64, IxDyn>(text.as_bytes()));
        within(name, most, || GenFromTxt::new().read_path::<_, f64, IxDyn>(&path));
        // Texts, and where each of them ends; a column with its name and first value, and its field.
        let columns = text.lines().map(|line| line.split_whitespace().count()).max().unwrap();
        within(name, BLOCKS + 12 * text.len() + 128 * columns, || {
            GenFromTxt::new().read_table_path(&path)
        });
    }
}
