//! fromregex and textzoo_fromregex.

use std::io::Write as _;

use ndarray_io::{ErrorKind, fromregex_dyn};
use serde_json::Value;

use super::reading::{compare, content};
use super::support::{Differs, LeftOut, Same, Verdict, dtype, replay};

#[test]
fn fromregex() {
    replay("fromregex", judge);
    replay("textzoo_fromregex", judge);
}

fn judge(case: &Value) -> Verdict {
    let (input, kwargs) = (&case["input"], &case["kwargs"]);
    let pattern = kwargs["regexp"]
        .as_str()
        .or(kwargs["regexp"]["$regex"]["pattern"].as_str())
        .expect("a pattern");
    let recorded = &kwargs["dtype"]["$dtype"];
    if !recorded.is_object() {
        return LeftOut("no structured dtype, an error in NumPy; here the only group is the element");
    }
    let dtype = dtype(recorded);
    if input["missing"] == true {
        return match fromregex_dyn("no/such/file", pattern, &dtype) {
            Err(error) if error.kind() == ErrorKind::Io => Same,
            other => Differs(format!("{other:?} of a missing file")),
        };
    }
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
    match content(input) {
        Ok(text) => file.write_all(&text).expect("the file takes the text"),
        Err(verdict) => return verdict,
    }
    let array = fromregex_dyn(file.path(), pattern, &dtype);
    compare(&case["outcome"], &array.map(|array| (array, None)))
}
