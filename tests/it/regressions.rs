//! The inputs that fuzzing has found, held against what the targets of fuzz/ hold any input against.

use std::fs;
use std::path::Path;

#[path = "../../fuzz/src/lib.rs"]
mod targets;

#[test]
fn what_fuzzing_found() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/regressions");
    let mut known = Vec::new();
    for (name, check) in targets::TARGETS {
        let Ok(files) = fs::read_dir(folder.join(name)) else {
            continue;
        };
        for file in files {
            let file = file.unwrap().path();
            let bytes = fs::read(&file).unwrap();
            eprintln!("{}", file.display()); // shown if it fails
            check(&bytes);
        }
        known.push(name);
    }
    let mut folders: Vec<_> = fs::read_dir(&folder)
        .map(|entries| {
            entries
                .map(|entry| entry.unwrap().file_name().into_string().unwrap())
                .collect()
        })
        .unwrap_or_default();
    folders.sort_unstable();
    assert_eq!(folders, known, "a folder of no target");
}
