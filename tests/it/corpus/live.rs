//! Calls that are answered now, by a NumPy process, and judged as the recorded ones are.

use ndarray_io::Dtype;
use serde_json::{Value, json};

use super::support::{Verdict, Verdicts, structure};
use crate::support::random::Random;
use crate::support::{python, say};

/// Gives each case its outcome.
const SNIPPET: &str = concat!(
    include_str!("../../data/answer.py"),
    r"
import json
for case in json.loads(inputs[0]):
    case['outcome'] = answer(case)
    outputs.append(json.dumps(case))
"
);

/// Has so many calls answered and judged; at least half of them must give the same result or error as NumPy's.
///
/// `NDARRAY_IO_SEED` repeats a run, `NDARRAY_IO_CASES` makes a longer or shorter one.
pub fn replay(
    function: &str,
    count: usize,
    mut case: impl FnMut(&mut Random) -> Value,
    judge: impl Fn(&Value) -> Verdict,
) {
    let topic = format!("random calls of {function}");
    let Some(mut numpy) = python::numpy(&topic) else {
        return;
    };
    let (seed, count) = (Random::seed(), Random::cases(count));
    say(&format!("{topic}: {count} with NDARRAY_IO_SEED={seed}"));
    let mut random = Random(seed);
    let mut verdicts = Verdicts::default();
    for start in (0..count).step_by(500) {
        let cases: Vec<Value> = (start..count.min(start + 500))
            .map(|index| {
                let mut case = case(&mut random);
                case["id"] = format!("case {index}").into();
                case["fn"] = function.into();
                case
            })
            .collect();
        for answered in numpy.run(SNIPPET, &[json!(cases).to_string().as_bytes()]) {
            verdicts.judge(&serde_json::from_slice(&answered).expect("JSON"), &judge);
        }
    }
    let same = verdicts.same;
    verdicts.report(&topic);
    assert!(same >= count / 2, "{topic}: only {same} of {count} are compared");
}

/// A text as a call's input: in memory, or a file in some encoding.
pub fn input(text: &str, random: &mut Random, kwargs: &mut Value) -> Value {
    use base64::Engine as _;
    let blob = |bytes: &[u8]| {
        let b64 = base64::engine::general_purpose::STANDARD.encode(bytes);
        json!({"b64": b64, "size": bytes.len()})
    };
    let latin1 = || text.chars().map(|c| u8::try_from(c).ok()).collect::<Option<Vec<u8>>>();
    match random.below(12) {
        0 => {
            kwargs["encoding"] = "utf-16-le".into();
            let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
            json!({"kind": "path", "suffix": ".txt", "data": blob(&bytes)})
        }
        1 if latin1().is_some() => {
            kwargs["encoding"] = "latin1".into();
            json!({"kind": "path", "suffix": "", "data": blob(&latin1().unwrap_or_default())})
        }
        2 => {
            let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            std::io::Write::write_all(&mut packed, text.as_bytes()).expect("memory takes it");
            kwargs["encoding"] = "utf-8".into();
            json!({"kind": "path", "suffix": ".gz", "data": blob(&packed.finish().expect("memory takes it"))})
        }
        // Lines of bytes end at \n alone.
        3 if latin1().is_some() && !text.contains('\r') => {
            json!({"kind": "bytesio", "data": blob(&latin1().unwrap_or_default())})
        }
        _ => json!({"kind": "stringio", "text": {"utf8": text, "size": text.len()}}),
    }
}

/// A dtype as a parameter.
pub fn dtype(descr: &str) -> Value {
    let dtype: Dtype = descr.parse().unwrap_or_else(|error| panic!("{descr}: {error}"));
    json!({"$dtype": structure(&dtype)})
}
