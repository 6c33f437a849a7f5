//! Archives among the recorded cases.

use std::io::{Cursor, Read, Seek};

use ndarray_io::{Loaded, MemberOptions, NpzReader, NpzWriter, ReadOptions, load};
use serde_json::Value;

use super::npy::{about_pickles, input_array, same_npy, same_outcome};
use super::support::{Differs, LeftOut, Same, Verdict, blob, corpus, has_object, replay};

const OBJECTS_WRITTEN: &str = "writing object arrays: a pickle can say the same in many ways";

#[test]
fn npz() {
    replay("npz", |case| {
        let Some(file) = case["file"].as_str() else {
            return LeftOut("questions of np.savez's keywords and of the names that it gives to files");
        };
        let folder = tempfile::TempDir::new().expect("a temporary folder");
        let path = folder.path().join("case.npz");
        std::fs::write(&path, corpus().read(file)).expect("a temporary file");
        let outcome = match &case["outcomes"]["path"] {
            outcome if outcome["kind"].is_string() => outcome,
            _ => &case["outcomes"]["stream"],
        };
        let verdict = match (outcome["kind"].as_str(), load(&path)) {
            (Some("error"), Err(_)) => Same,
            (Some("npz"), Ok(Loaded::Npz(npz))) => same_members_as(outcome, npz),
            (_, loaded) => Differs(format!(
                "{loaded:?}, in NumPy {}: {}",
                outcome["kind"], outcome["message"]
            )),
        };
        match verdict {
            Differs(difference) => Differs(format!("{file}: {difference}")),
            verdict => verdict,
        }
    });
}

/// Compares names and members with a recorded archive.
pub fn same_archive(outcome: &Value, bytes: &[u8], options: ReadOptions) -> Verdict {
    match NpzReader::new(Cursor::new(bytes)) {
        Ok(npz) => same_members_as(outcome, npz.with_options(options)),
        Err(error) => Differs(error.to_string()),
    }
}

fn same_members_as<R: Read + Seek>(outcome: &Value, mut npz: NpzReader<R>) -> Verdict {
    let names = npz.names().expect("names");
    if outcome["keys"] != Value::from(names.clone()) {
        return Differs(format!("the names are {names:?}, in NumPy {}", outcome["keys"]));
    }
    for member in outcome["members"].as_array().into_iter().flatten() {
        let (name, outcome) = (member["key"].as_str().expect("key"), &member["outcome"]);
        let content = npz.bytes(name);
        let same = match (outcome["kind"].as_str(), content) {
            (Some("bytes"), Ok(content)) if content == blob(&outcome["data"]) => Ok(()),
            (Some("bytes"), content) => Err(format!("{content:?}, in NumPy {outcome}")),
            (_, content) => match about_pickles(outcome, &content.unwrap_or_default()) {
                Some(reason) => return LeftOut(reason),
                None => same_outcome(outcome, None, npz.get(name)),
            },
        };
        if let Err(difference) = same {
            return Differs(format!("member {name}: {difference}"));
        }
    }
    Same
}

/// Compares the members of the archive that arrays become: their names, their order and their bytes.
pub fn same_members(input: &Value, outcome: &Value, compressed: bool) -> Verdict {
    let arrays = input["arrays"].as_array().expect("arrays");
    if arrays.iter().any(|array| has_object(&array[1]["dtype"])) {
        return LeftOut(OBJECTS_WRITTEN);
    }
    let new = if compressed {
        NpzWriter::new_compressed
    } else {
        NpzWriter::new
    };
    let mut npz = new(Cursor::new(Vec::new()));
    let mut dtypes = Vec::new();
    // As np.savez: named arrays first, and those without a name by their number.
    let (named, unnamed): (Vec<_>, Vec<_>) = arrays.iter().partition(|array| array[0].is_string());
    let unnamed = unnamed
        .into_iter()
        .enumerate()
        .map(|(i, array)| (format!("arr_{i}"), array));
    let named = named
        .into_iter()
        .map(|array| (array[0].as_str().unwrap_or_default().to_owned(), array));
    for (name, array) in named.chain(unnamed) {
        let (array, options) = input_array(&array[1]);
        dtypes.push(array.dtype());
        let compression = match compressed {
            true => ndarray_io::Compression::Deflate(6),
            false => ndarray_io::Compression::Stored,
        };
        let options = MemberOptions::new().array(options).compression(compression);
        if let Err(error) = npz.add_array_with(name, &array, &options) {
            return Differs(error.to_string());
        }
    }
    let mut npz = NpzReader::new(npz.finish().expect("an archive")).expect("an archive");
    let members = outcome["zip"].as_array().expect("zip");
    let names = members.iter().map(|member| member["name"].as_str().expect("name"));
    let ours = npz.names().expect("names");
    if !names.clone().eq(ours.iter().map(|name| format!("{name}.npy"))) {
        return Differs(format!(
            "the members are {ours:?}, in NumPy {:?}",
            names.collect::<Vec<_>>()
        ));
    }
    for ((name, member), dtype) in names.zip(members).zip(dtypes) {
        let ours = npz.bytes(name).expect("a member");
        if let Err(difference) = same_npy(&dtype, blob(&member["data"]), ours) {
            return Differs(format!("member {name}: {difference}"));
        }
    }
    Same
}
