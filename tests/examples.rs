//! Runs every example and looks for what it has to say. `cargo test` builds them; for this file alone, first
//! `cargo build --examples --all-features`.

#![allow(clippy::unwrap_used)] // a test that panics is a test that fails

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The example, its arguments, and pieces of what it prints, in order.
macro_rules! examples {
    ($($(#[$attribute:meta])* $name:ident $arguments:tt prints $pieces:tt)*) => {
        const TESTED: &[&str] = &[$(stringify!($name)),*];

        $(
            $(#[$attribute])*
            #[test]
            fn $name() {
                let printed = run(stringify!($name), &$arguments);
                let pieces: &[&str] = &$pieces;
                let mut rest = printed.as_str();
                for piece in pieces {
                    let Some(at) = rest.find(piece) else {
                        panic!("{piece:?} is missing, or not in its place, in\n{printed}");
                    };
                    rest = &rest[at + piece.len()..];
                }
            }
        )*
    };
}

examples! {
    append_log[] prints ["holds 0 measurements", "has shape [100000]", "the last two"]
    cache[] prints ["computed in", "loaded in", "computed in", "computed in"]
    checkpoint[] prints ["resuming after epoch 50", "the same as without the crash"]
    compare_formats["100000"] prints ["100000 numbers, 800000 bytes", ".npy ", "text, gzip"]
    compressed_weights[] prints ["f4, stored", "f2, stored", "lost as a half float"]
    csv_to_npy[] prints ["made_up.npy: <f8 [1000000, 3]"]
    dynamic[] prints ["temperature.npy", "stations.npy"]
    from_python[] prints ["Ada"]
    infer[] prints ["Bern", "written to"]
    inspect[] prints ["name", "signal.npy", "image.npy"]
    memmap_large[] prints ["10 GB of zeros", "summed through a map", ": 4500"]
    missing_values[] prints ["missing, filled", "Helsinki: Some(-3.5) degrees"]
    model_weights[] prints ["layers/0/weight", "on mapped weights", "output"]
    preprocess[] prints ["penguins.csv", "±", "its first row was"]
    quickstart[] prints ["temperature.npy", "normalised", "stations.npy"]
    r_and_excel[] prints ["x,y\n0.1,0.2\n", "Zürich,434335,87.88", "a, north"]
    records[] prints ["dtype of the type:", "two of the fields:", "one field alone:"]
    #[cfg(feature = "object_store")]
    remote_slice[] prints ["of shape", "column 3:", "mean"]
    save_and_load[] prints ["of shape [2, 3]", "Casting::", "written, read, and compared"]
    several_arrays[] prints ["LICENSE: no array", "[\"train\", \"test\", \"seed\"]"]
    stream_rows[] prints ["5000000 rows in", "variance"]
    untrusted[] prints ["200: an array of shape [2]", "400: ", "413: "]
}

/// What the example prints; it has to end well.
fn run(name: &str, arguments: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(binary(name))
        .args(arguments)
        .current_dir(folder.path())
        .output()
        .unwrap();
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{name}: {}\n{printed}{errors}", output.status);
    if name == "from_python" && std::env::var_os("CI").is_some() {
        assert!(printed.contains("Python agrees"), "{printed}{errors}");
    }
    printed
}

/// The example as it was built beside this test, from the source as it is.
fn binary(name: &str) -> PathBuf {
    let tests = std::env::current_exe().unwrap();
    let profile = tests.ancestors().nth(2).unwrap();
    let binary = profile
        .join("examples")
        .join(name)
        .with_extension(std::env::consts::EXE_EXTENSION);
    let built = fs::metadata(&binary).and_then(|file| file.modified());
    let changed = fs::metadata(source().join(name).with_extension("rs")).and_then(|file| file.modified());
    assert!(
        built.is_ok_and(|built| changed.is_ok_and(|changed| built >= changed)),
        "{} is not built from its source: cargo build --examples --all-features",
        binary.display()
    );
    binary
}

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples")
}

/// What `inspect` tells programs of a file, a table, an archive, and of what it cannot read.
#[test]
fn inspect_for_programs() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    ndarray_io::write_npy(path("a.npy"), &ndarray::array![[1_i16, 2], [3, 6]]).unwrap();
    fs::write(path("t.csv"), "x,y\n1,2.5\n3,\n").unwrap();
    let mut npz = ndarray_io::NpzWriter::create_compressed(path("z.npz")).unwrap();
    npz.add_array("zeros", &ndarray::Array1::<f64>::zeros(1000)).unwrap();
    npz.finish().unwrap();
    fs::write(path("cut.npy"), b"\x93NUMPY\x01\0").unwrap();

    let output = Command::new(binary("inspect"))
        .args(["--json", "a.npy", "t.csv", "z.npz", "cut.npy", "none.npy"])
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1), "two of the files cannot be read");
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let arrays = &report["arrays"];
    assert_eq!(arrays[0]["name"], "a.npy");
    assert_eq!(arrays[0]["dtype"], "<i2");
    assert_eq!(arrays[0]["shape"], serde_json::json!([2, 2]));
    assert_eq!(arrays[0]["stored"], 136);
    assert_eq!(arrays[0]["statistics"]["mean"], 3.0);
    assert_eq!(
        arrays[0]["statistics"]["histogram"],
        serde_json::json!([1, 0, 1, 0, 1, 0, 0, 0, 0, 1])
    );
    assert_eq!(arrays[1]["name"], "t.csv: x");
    assert_eq!(arrays[2]["missing"], 1);
    assert_eq!(arrays[2]["statistics"]["max"], 2.5);
    assert_eq!(arrays[3]["name"], "z.npz: zeros");
    assert_eq!(arrays[3]["compression"], "deflate");
    assert!(arrays[3]["stored"].as_u64().unwrap() < 200, "{}", arrays[3]);
    assert_eq!(report["errors"][0]["kind"], "Truncated");
    assert_eq!(report["errors"][1]["kind"], "Io");
    assert_eq!(report["errors"][1]["path"], "none.npy");
}

/// No example is without a line above, nor without a recipe in the cookbook.
#[test]
fn every_example_is_run_and_is_a_recipe() {
    let cookbook = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/cookbook/mod.rs")).unwrap();
    for entry in fs::read_dir(source()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension() != Some(OsStr::new("rs")) {
            continue;
        }
        let name = path.file_stem().unwrap().to_str().unwrap();
        assert!(TESTED.contains(&name), "{name} is not tested");
        assert!(
            cookbook.contains(&format!("| [`{name}`] |")),
            "{name} is not in the cookbook's table"
        );
        assert!(
            cookbook.contains(&format!("    {name}\n);")),
            "{name} has no page in the cookbook"
        );
    }
}
