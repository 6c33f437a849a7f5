//! What takes long: `cargo test --release --test long -- --include-ignored`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::cast_possible_truncation)] // as in tests/it
#![allow(unreachable_pub, dead_code)] // of what the two share, not all is needed here

#[path = "it/no_table.rs"]
mod no_table;
#[cfg(unix)]
#[path = "it/printf.rs"]
mod printf;
#[path = "it/support/mod.rs"]
mod support;

use ndarray::{Array1, OwnedRepr, array};
use ndarray_io::{Compression, ErrorKind, MemberOptions, NpzReader, NpzWriter, ReadOptions};

#[test]
#[ignore = "writes 5 GiB and reads them again"]
fn huge_members() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.npz");
    const SIZE: usize = 5 << 30;
    for compression in [Compression::Stored, Compression::Deflate(6)] {
        let options = MemberOptions::new().compression(compression);
        {
            let zeros = Array1::<u8>::zeros(SIZE); // which the system gives without any memory
            let mut npz = NpzWriter::create(&path).unwrap();
            npz.add_array_with("huge", &zeros, &options).unwrap();
            npz.add_array_with("after", &array![1.0, 2.0], &options).unwrap();
            npz.finish().unwrap();
        }
        support::passes("unzip", &["-tqq"], &path);
        let mut npz = NpzReader::open(&path).unwrap();
        assert_eq!(
            npz.by_name::<OwnedRepr<f64>, ndarray::Ix1>("after").unwrap(),
            array![1.0, 2.0]
        );
        if compression != Compression::Stored {
            // A few megabytes that claim to be gigabytes must be asked for.
            assert_eq!(npz.bytes("huge").unwrap_err().kind(), ErrorKind::Limit);
        }
        let mut npz = npz.with_options(ReadOptions::new().max_bytes(6 << 30));
        let huge: Array1<u8> = npz.by_name("huge").unwrap();
        assert_eq!(huge.len(), SIZE);
        let block = [0; 1 << 16];
        assert!(huge.as_slice().unwrap().chunks(block.len()).all(|part| part == block));
    }
}
