//! Tables as people have them, in tests/data/tables; its record.py says what they are, and recorded NumPy's answers.

use std::fs;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};

use super::reading::judge;
use super::support::Verdicts;
use super::{genfromtxt, loadtxt};
use crate::support::say;

#[test]
fn tables_that_people_have_are_read_as_numpy_reads_them() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/tables");
    let Ok(answers) = fs::read_to_string(folder.join("answers.jsonl")) else {
        say("tables: skipped, they are not in this copy of the crate");
        return;
    };
    let mut verdicts = Verdicts::default();
    for answer in answers.lines() {
        let mut case: Value = serde_json::from_str(answer).expect("a record is JSON");
        let data = &mut case["input"]["data"];
        let table = fs::read(folder.join(data["table"].as_str().expect("a table"))).expect("the table");
        *data = json!({"size": table.len(), "b64": BASE64.encode(table)});
        let judge = match case["fn"].as_str() {
            Some("loadtxt") => judge::<loadtxt::Parameters>,
            _ => judge::<genfromtxt::Parameters>,
        };
        verdicts.judge(&case, &judge);
    }
    verdicts.report("tables");
}
