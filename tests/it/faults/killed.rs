//! Processes that are killed while they write.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use ndarray::Array1;
use ndarray_io::{read_npy, write_npy, write_raw};

const PATH: &str = "NDARRAY_IO_KILLED";

fn array(value: u64) -> Array1<u64> {
    Array1::from_elem([100_000, 700_000][value as usize % 2], value)
}

/// What runs in the processes.
#[test]
fn writes_until_killed() {
    let Some(path) = std::env::var_os(PATH) else {
        return; // only for the test below
    };
    let (npy, raw) = (Path::new(&path).join("a.npy"), Path::new(&path).join("a.raw"));
    for value in 1.. {
        write_npy(&npy, &array(value)).unwrap();
        write_raw(&raw, &array(value)).unwrap();
        #[cfg(feature = "text")]
        ndarray_io::savetxt(npy.with_extension("txt"), &array(value).slice(ndarray::s![..1000])).unwrap();
    }
}

#[test]
fn a_killed_writer_leaves_the_old_file_or_the_new() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    write_npy(path("a.npy"), &array(0)).unwrap();
    write_raw(path("a.raw"), &array(0)).unwrap();
    for i in 0..40 {
        let mut writer = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "faults::killed::writes_until_killed", "--nocapture"])
            .env(PATH, folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // From the first file on, the kill meets each step of the writing.
        let start = Instant::now();
        while read_npy::<_, Array1<u64>>(path("a.npy")).unwrap()[0] == 0 {
            assert!(
                start.elapsed() < Duration::from_secs(60),
                "no writer came to replace a file"
            );
        }
        std::thread::sleep(Duration::from_micros(733 * i));
        writer.kill().unwrap();
        writer.wait().unwrap();
        let npy: Array1<u64> = read_npy(path("a.npy")).unwrap();
        assert!(npy == array(npy[0]));
        let raw: Array1<u64> = ndarray_io::read_raw(path("a.raw"), None, 0).unwrap();
        assert!(raw == array(raw[0]));
        #[cfg(feature = "text")]
        if path("a.txt").exists() {
            let text: Array1<f64> = ndarray_io::loadtxt(path("a.txt")).unwrap();
            assert!(text.len() == 1000 && text.iter().all(|value| *value == text[0]));
        }
        write_npy(path("a.npy"), &array(0)).unwrap();
    }
}
