//! The recorded calls of genfromtxt's helpers, for unit tests.

use std::io::Read;

use serde_json::Value;

/// Compares what `judge` gives for each record of a function with its recorded outcome; prints how many are as NumPy's.
///
/// `None` leaves a record out.
pub(crate) fn check(function: &str, judge: impl Fn(&Value) -> Option<Value>) {
    let tests = std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests"));
    if !tests.exists() {
        return; // a packaged crate does not carry them
    }
    let file = std::fs::File::open(tests.join("data/corpus.tar.gz")).unwrap();
    let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(file));
    let mut entries = archive.entries().unwrap().map(Result::unwrap);
    let mut records = entries
        .find(|entry| entry.path().unwrap().ends_with("iotools.jsonl"))
        .expect("the corpus has iotools.jsonl");
    let mut text = String::new();
    records.read_to_string(&mut text).unwrap();
    let (mut same, mut left_out) = (0, 0);
    for line in text.lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        if case["fn"] != function {
            continue;
        }
        match judge(&case) {
            Some(got) => {
                assert_eq!(got, case["outcome"]["value"], "{line}");
                same += 1;
            }
            None => left_out += 1,
        }
    }
    println!("{function}: {same} as NumPy, {left_out} left out");
    assert!(same > 0);
}
