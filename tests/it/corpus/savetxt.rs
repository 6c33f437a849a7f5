//! np.savetxt: the same bytes.

use std::io::Read;

use ndarray_io::{DynArray, Encoding, Fmt, ReadNpyExt, SaveTxt};
use serde_json::Value;

use super::support::{Differs, LeftOut, Same, Verdict, blob, replay};

#[test]
fn savetxt() {
    replay("savetxt", judge);
    replay("textzoo_savetxt", judge);
}

fn judge(case: &Value) -> Verdict {
    let (input, kwargs, outcome) = (&case["input"], &case["kwargs"], &case["outcome"]);
    if case["object"] == true {
        return LeftOut("object arrays are not written");
    }
    let Some(options) = options(kwargs) else {
        return LeftOut("arguments that Rust's types rule out");
    };
    let array = DynArray::read_npy(&blob(&input["array"]["npy"])[..]).expect("an array of the corpus");
    let target = input["target"]["kind"].as_str().unwrap_or_default();
    let expected = blob(&outcome["output"]);
    let marked = kwargs["encoding"].as_str().is_some_and(|name| {
        let name = name.to_ascii_lowercase().replace('_', "-");
        ["utf-16", "utf-8-sig", "utf-32"].contains(&name.as_str())
    });
    if target == "bytesio" && marked && array.shape().first() > Some(&1) {
        return LeftOut(
            "NumPy writes the byte order mark of an in-memory file anew before every line; ours is at its start",
        );
    }
    let written = options.and_then(|options| match target {
        "path" => {
            let folder = tempfile::tempdir()?;
            let suffix = input["target"]["suffix"].as_str().unwrap_or_default();
            let path = folder.path().join(format!("table{suffix}"));
            options.write_path(&path, &array)?;
            Ok(unpack(suffix, &std::fs::read(path)?))
        }
        _ => {
            let options = match target {
                "stringio" => options.encoding(Encoding::Utf8),
                _ => options,
            };
            let mut text = Vec::new();
            options.write(&mut text, &array)?;
            Ok(Some(text))
        }
    });
    match (written, outcome["kind"].as_str()) {
        (Ok(None), _) => LeftOut("compressed in a format whose feature is off"),
        (Ok(Some(text)), Some("ok")) if text == expected => Same,
        (Ok(Some(text)), Some("ok")) => Differs(format!(
            "{kwargs}: wrote {:?}, NumPy {:?}",
            String::from_utf8_lossy(&text),
            String::from_utf8_lossy(&expected)
        )),
        (Ok(_), _) => Differs(format!("{kwargs}: no error, in NumPy {}", outcome["message"])),
        (Err(_), Some("error")) => Same,
        (Err(error), _) if error.to_string().contains("feature `") => {
            LeftOut("compressed in a format whose feature is off")
        }
        (Err(error), _) => Differs(format!("{kwargs}: {error}")),
    }
}

/// The options of the call; `None` if an argument is of a type that ours are not, an error if it is no encoding.
fn options(kwargs: &Value) -> Option<ndarray_io::Result<SaveTxt>> {
    let mut options = SaveTxt::new();
    for (name, value) in kwargs.as_object()? {
        let list = ["$list", "$tuple"].iter().find_map(|key| value.get(key)?.as_array());
        options = match (name.as_str(), value.as_str(), list) {
            ("fmt", _, Some(list)) => {
                let fmts: Option<Vec<&str>> = list.iter().map(Value::as_str).collect();
                options.fmts(fmts?)
            }
            ("fmt", Some(fmt), _) => options.fmt(Fmt::from(fmt)),
            ("delimiter", Some(text), _) => options.delimiter(text),
            ("newline", Some(text), _) => options.newline(text),
            ("header", Some(text), _) => options.header(text),
            ("footer", Some(text), _) => options.footer(text),
            ("comments", Some(text), _) => options.comments(text),
            ("encoding", Some(name), _) => match name.parse() {
                Ok(encoding) => options.encoding(encoding),
                Err(error) => return Some(Err(error)),
            },
            ("encoding", None, _) if value.is_null() => options,
            _ => return None,
        };
    }
    Some(Ok(options))
}

/// The file's content; `None` without the feature that unpacks it.
fn unpack(suffix: &str, bytes: &[u8]) -> Option<Vec<u8>> {
    let mut content = Vec::new();
    match suffix {
        ".gz" => flate2::read::GzDecoder::new(bytes)
            .read_to_end(&mut content)
            .expect("gzip"),
        #[cfg(feature = "bzip2")]
        ".bz2" => bzip2::read::BzDecoder::new(bytes)
            .read_to_end(&mut content)
            .expect("bzip2"),
        #[cfg(feature = "xz")]
        ".xz" | ".lzma" => liblzma::read::XzDecoder::new(bytes)
            .read_to_end(&mut content)
            .expect("xz"),
        _ if [".bz2", ".xz", ".lzma"].contains(&suffix) => return None,
        _ => return Some(bytes.to_vec()),
    };
    Some(content)
}
