//! Files that are broken, or were made to break their reader: each is an error, at once.

use std::fs;
use std::io::{self, Read, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use ndarray::{Array1, ArrayD, ArrayViewD, array};
use ndarray_io::ErrorKind::{self, Header as Malformed, Limit, NotNumpy, Shape, Truncated, Version};
use ndarray_io::{DynArray, Error, Header, NpyReader, ReadNpyExt, ViewNpyExt, WriteNpyExt, read_npy};

use crate::support::time::patient;

/// Far above the milliseconds that it takes, for the sake of busy machines; far below what a claim believed would take.
const AT_ONCE: Duration = Duration::from_millis(500);

/// A file of that version with that header and data.
fn npy(version: u8, header: &str, data: &[u8]) -> Vec<u8> {
    let mut file = b"\x93NUMPY".to_vec();
    file.extend([version, 0]);
    match version {
        1 => file.extend(u16::try_from(header.len()).unwrap().to_le_bytes()),
        _ => file.extend(u32::try_from(header.len()).unwrap().to_le_bytes()),
    }
    file.extend(header.as_bytes());
    file.extend(data);
    file
}

/// A file with that descr and shape, and 24 bytes of data.
fn file(descr: &str, shape: &str) -> Vec<u8> {
    let header = format!("{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}");
    npy(1, &header, &[0; 24])
}

/// The error of every way to read it; all agree on the kind.
fn error(name: &str, bytes: &[u8]) -> Error {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hostile.npy");
    fs::write(&path, bytes).unwrap();
    type Way<'a> = &'a dyn Fn() -> Result<(), Error>;
    let ways: [(&str, Way); 5] = [
        ("array", &|| ArrayD::<f64>::read_npy(bytes).map(drop)),
        ("dynamic", &|| DynArray::read_npy(bytes).map(drop)),
        ("path", &|| read_npy::<_, ArrayD<f64>>(&path).map(drop)),
        ("dynamic path", &|| NpyReader::open(&path)?.read_dyn().map(drop)),
        ("view", &|| ArrayViewD::<f64>::view_npy(bytes).map(drop)),
    ];
    let mut errors = Vec::new();
    for (way, read) in ways {
        let start = Instant::now();
        let Err(error) = read() else {
            panic!("{name} is no error by {way}")
        };
        assert!(
            start.elapsed() < patient(AT_ONCE),
            "{name} by {way} takes {:?}",
            start.elapsed()
        );
        errors.push(error);
    }
    let kinds: Vec<_> = errors.iter().map(Error::kind).collect();
    assert!(kinds.iter().all(|kind| *kind == kinds[0]), "{name}: {kinds:?}");
    assert_eq!(errors[2].path(), Some(&*path), "{name}: {}", errors[2]);
    errors.swap_remove(0)
}

#[test]
fn what_is_no_npy_file() {
    let whole = file("'<f8'", "(3,)");
    for (name, bytes, kind) in [
        ("nothing", &b""[..], Truncated),
        ("one byte", b"a", NotNumpy),
        ("text", b"name,age\n", NotNumpy),
        ("half a magic", &whole[..4], Truncated),
        ("no version", &whole[..6], Truncated),
        ("no length", &whole[..8], Truncated),
        ("half a header", &whole[..40], Truncated),
        ("no data", &whole[..whole.len() - 24], Truncated),
        ("a byte too few", &whole[..whole.len() - 1], Truncated),
        ("version 4", &npy(4, "{}", b""), Version),
        ("version 0", &npy(0, "{}", b""), Version),
        ("a header of 4 GiB", b"\x93NUMPY\x02\0\xFF\xFF\xFF\xFF{'descr'", Limit),
        ("a pickle", b"\x80\x04K\x01.", NotNumpy),
    ] {
        assert_eq!(error(name, bytes).kind(), kind, "{name}");
    }
}

#[test]
fn malformed_headers() {
    let rest = "'fortran_order': False, 'shape': (3,), }";
    let many = |count: usize| format!("({})", "1, ".repeat(count));
    for (header, kind) in [
        ("", Malformed),
        ("[1, 2]", Malformed),
        ("{'descr': '<f8', 'fortran_order': False}", Malformed),
        (
            "{'descr': '<f8', 'fortran_order': False, 'shape': (3,), 'more': 1}",
            Malformed,
        ),
        ("{'descr': '<f8', 'fortran_order': False, 'shape': (3,)", Malformed),
        ("{'descr': '<f8', 'fortran_order': 0, 'shape': (3,)}", Malformed),
        ("{'descr': '<f8', 'fortran_order': false, 'shape': (3,)}", Malformed),
        ("{'descr': '<f8', 'fortran_order': False, 'shape': [3]}", Malformed),
        ("{'descr': '<f8', 'fortran_order': False, 'shape': 3}", Malformed),
        ("{'descr': '<f8', 'fortran_order': False, 'shape': (3.0,)}", Malformed),
        ("{'descr': '<f8', 'fortran_order': False, 'shape': (1+2,)}", Malformed),
        ("{'descr': '<f8', 'fortran_order': False, 'shape': (-3,)}", Malformed),
        (
            "{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999999999999,)}",
            Malformed,
        ),
        (
            &*format!("{{'descr': '<f8', 'fortran_order': False, 'shape': {}}}", many(65)),
            Malformed,
        ),
        (&*format!("{{'descr': dict(), {rest}"), Malformed),
        (&*format!("{{'descr': '<f9', {rest}"), Malformed),
        (&*format!("{{'descr': '<y4', {rest}"), Malformed),
        (&*format!("{{'descr': ('<f8', (2,), 3, 4), {rest}"), Malformed),
        (&*format!("{{'descr': [('x',)], {rest}"), Malformed),
        (&*format!("{{'descr': [('x', '<f8'), ('x', '<f8')], {rest}"), Malformed),
        (&*format!("{{'descr': [('x', '<f8', (-1,))], {rest}"), Malformed),
        (&*format!("{{'descr': '|S99999999999999999999', {rest}"), Malformed),
    ] {
        for version in [1, 2, 3] {
            let error = error(header, &npy(version, header, &[0; 24]));
            assert_eq!(error.kind(), kind, "{header}: {error}");
            assert!(error.offset().is_some() || kind != Malformed, "{header}: {error}");
        }
    }
}

#[test]
fn nesting_is_bounded() {
    for open in [
        "[",
        "(",
        "{",
        "[('a', ",
        "{'descr': ",
        "((",
        "-",
        "+",
        "'' ",
        "(1, (",
        "'a', ",
        "#\n",
    ] {
        for header in [
            open.repeat(9_900 / open.len()),
            format!("{{'descr': {}", open.repeat(9_800 / open.len())),
        ] {
            let error = error(open, &npy(1, &header, b""));
            assert_eq!(error.kind(), Malformed, "{open}: {error}");
        }
    }
    // Closed again, it is a dtype that NumPy could describe, but not to be walked by recursion.
    let depth = 1_000;
    let descr = format!("{}'<f8'{}", "[('a', ".repeat(depth), ")]".repeat(depth));
    assert_eq!(error("a deep record", &file(&descr, "(3,)")).kind(), Malformed);
}

#[test]
fn claims_are_not_believed() {
    for (descr, shape, kind) in [
        ("'<f8'", "(1000000000000000000,)", Truncated),
        ("'|u1'", "(1000000000000000000,)", Truncated),
        ("'<f8'", "(9223372036854775807,)", Shape),
        ("'<f8'", "(4294967296, 4294967296)", Shape),
        ("'<f8'", "(4294967296, 4294967296, 0)", Shape),
        ("'<f8'", "(0, 9223372036854775807, 2)", Shape),
        ("'<f8'", "(6442450944, 1431655766)", Shape), // the product wraps to a small number
        ("'<f8'", "(1000000, 1000000)", Truncated),
        ("'|S2147483647'", "(1,)", Truncated),
        ("'|V2147483647'", "(2147483647,)", Truncated),
        ("'<U536870911'", "(4,)", Truncated),
        ("[('a', '|V1000000', (2000,)), ('b', '<f8')]", "(1000000,)", Truncated),
    ] {
        let name = format!("{descr} {shape}");
        let start = Instant::now();
        let error = DynArray::read_npy(&file(descr, shape)[..]).map(drop).unwrap_err();
        assert!(start.elapsed() < patient(AT_ONCE), "{name} takes {:?}", start.elapsed());
        assert_eq!(error.kind(), kind, "{name}: {error}");
        if descr == "'<f8'" {
            assert_eq!(self::error(&name, &file(descr, shape)).kind(), kind, "{name}");
        }
    }
}

/// They cost a file nothing, so that it can promise any number of them.
#[test]
fn elements_of_no_bytes_are_counted() {
    for descr in ["'|V0'", "'|S0'", "'<U0'", "[]", "[('a', '|V0'), ('b', '<f8', (0,))]"] {
        let start = Instant::now();
        let error = DynArray::read_npy(&file(descr, "(1000000000000000000,)")[..])
            .map(drop)
            .unwrap_err();
        assert!(
            start.elapsed() < patient(AT_ONCE),
            "{descr} takes {:?}",
            start.elapsed()
        );
        assert_eq!(error.kind(), ErrorKind::Limit, "{descr}: {error}");
        DynArray::read_npy(&file(descr, "(3,)")[..]).unwrap();
    }
}

/// Every file of examples/data, cut after each of its bytes.
#[test]
fn every_truncation() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/data");
    for name in ["signal.npy", "image.npy", "stations.npy"] {
        let whole = fs::read(data.join(name)).unwrap();
        DynArray::read_npy(&whole[..]).unwrap();
        let header = Header::read(&mut &whole[..]).unwrap();
        for length in 0..whole.len() {
            let error = DynArray::read_npy(&whole[..length]).map(drop).unwrap_err();
            assert_eq!(error.kind(), Truncated, "{name} cut to {length} bytes: {error}");
            let in_header = Header::read(&mut &whole[..length]).is_err();
            assert_eq!(
                in_header,
                (length as u64) < header.data_offset().unwrap(),
                "{name} cut to {length} bytes"
            );
        }
    }
}

/// Any single byte of a header changed: an array or an error, but nothing else.
#[test]
fn every_byte_changed() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/data");
    let whole = fs::read(data.join("stations.npy")).unwrap();
    for at in 0..Header::read(&mut &whole[..]).unwrap().data_offset().unwrap() as usize {
        let mut changed = whole.clone();
        for byte in 0..=255 {
            changed[at] = byte;
            let _ = DynArray::read_npy(&changed[..]);
        }
    }
}

/// What is shown is padded to the widest cell, of a width that formatting takes.
#[test]
fn a_cell_of_any_width_is_shown() {
    let mut data = vec![0; 4 * 70_000 + 1];
    data[..4].copy_from_slice(&u32::from('x').to_le_bytes());
    data[4 * 69_999..][..4].copy_from_slice(&u32::from('y').to_le_bytes());
    let file = npy(
        1,
        "{'descr': [('s', '<U70000'), ('n', '|u1')], 'fortran_order': False, 'shape': (1,)}",
        &data,
    );
    let shown = DynArray::read_npy(&file[..]).unwrap().to_string();
    assert!(shown.contains("y  0\n"), "{}", shown.len());
}

#[test]
fn messages_teach() {
    for (bytes, message) in [
        (
            &b"name,age\n"[..],
            "not a .npy file: it does not start with \\x93NUMPY; loadtxt and genfromtxt read text (at byte 0)",
        ),
        (
            &npy(7, "{}", b""),
            "version 7.0 of the .npy format; 1.0, 2.0 and 3.0 are known (at byte 6)",
        ),
        (
            b"\x93NUMPY\x02\0\xFF\xFF\xFF\xFF{'descr'",
            "header of 4294967295 characters; `ReadOptions::max_header_size` allows 10000 characters (at byte 8)",
        ),
        (
            &npy(1, "{'descr': '<f8', 'fortran_order': False, 'shape': [3]}", b""),
            "shape must be a tuple of ints, got a list (at byte 60)",
        ),
        (
            &file("'<f8'", "(4,)"),
            "data ends after 3 of the 4 elements that the header promises (24 of 32 bytes) (at byte 91)",
        ),
        (
            &file("'<f4'", "(3,)"),
            "file has `<f4` (float32) but f64 was asked for; Casting::Safe would convert it",
        ),
        (
            &file("'<f8'", "(4294967296, 4294967296)"),
            "an array of shape (4294967296, 4294967296) and dtype <f8 is too large for memory",
        ),
    ] {
        assert_eq!(Array1::<f64>::read_npy(bytes).unwrap_err().to_string(), message);
    }
}

/// What a stream or a sink says comes out as it was said.
#[test]
fn faults_of_others() {
    struct Fails(usize);
    fn fault() -> io::Error {
        io::Error::new(io::ErrorKind::ConnectionReset, "unplugged")
    }
    impl Write for Fails {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 = self.0.checked_sub(bytes.len()).ok_or_else(fault)?;
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    impl Read for Fails {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(fault())
        }
    }
    let check = |error: Error| {
        assert_eq!(error.kind(), ErrorKind::Io, "{error}");
        assert_eq!(io::Error::from(error).kind(), io::ErrorKind::ConnectionReset);
    };
    let numbers = array![[1.0, 2.0], [3.0, 4.0]];
    for room in [0, 100, 130] {
        check(numbers.write_npy(Fails(room)).unwrap_err());
        check(numbers.t().write_npy(Fails(room)).unwrap_err());
    }
    let mut whole = Vec::new();
    numbers.write_npy(&mut whole).unwrap();
    for length in [0, 5, 9, 100, 128, 140] {
        check(ArrayD::<f64>::read_npy(whole[..length].chain(Fails(0))).unwrap_err());
        check(
            DynArray::read_npy(whole[..length].chain(Fails(0)))
                .map(drop)
                .unwrap_err(),
        );
    }
}
