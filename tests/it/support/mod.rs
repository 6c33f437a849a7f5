//! What the topics share.

use std::io::Write as _;
#[cfg(all(feature = "npz", feature = "mmap"))]
use std::{
    path::Path,
    process::{Command, Stdio},
};

#[cfg(feature = "text")]
pub mod memory;
pub mod python;
#[cfg(feature = "text")]
pub mod random;
pub mod time;

/// Prints a line that is seen even when the tests pass: `println!` would be captured.
pub fn say(line: &str) {
    // The newline before it keeps the line whole behind the "test name ... " of a run on one thread.
    let _ = writeln!(std::io::stdout().lock(), "\n{line}");
}

/// Whether this run is the project's own, where nothing may be skipped.
pub fn in_ci() -> bool {
    std::env::var_os("CI").is_some_and(|value| value == "true")
}

/// Runs a program on an archive, if the machine has it; it must succeed.
#[cfg(all(feature = "npz", feature = "mmap"))]
pub fn passes(program: &str, args: &[&str], archive: &Path) {
    match Command::new(program)
        .args(args)
        .arg(archive)
        .env("LC_ALL", "C.UTF-8") // unzip warns of names that the locale has not
        .stdout(Stdio::null())
        .status()
    {
        Ok(status) => assert!(status.success(), "{program} {args:?}: {status}"),
        Err(error) if in_ci() => panic!("{program}: {error}"),
        Err(error) => say(&format!("npz: skipped {program}: {error}")),
    }
}
