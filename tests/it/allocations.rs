//! What input can make the crate allocate, at most: the table in SECURITY.md, row by row (text is in `no_table`), and every
//! recorded file.

use std::fs;
use std::io::Cursor;
use std::time::{Duration, Instant};

use ndarray::{Array1, ArrayD, IxDyn};
use ndarray_io::{DynArray, Error, ErrorKind, NpyReader, NpzReader, ReadNpyExt, ReadOptions};
use ndarray_io::{GenFromTxt, Header, LoadTxt, WriteNpyExt, read_npy, write_npy};
use serde::{Deserialize, Serialize};

use crate::support::memory::peak_alone;
use crate::support::time::patient;

const MIB: usize = 1 << 20;

/// What a header takes, and what a reader has of its own.
const FIXED: usize = 2 * MIB;

/// Does `read`; its error, if it is one, and that it allocates `most` bytes at most.
fn within<T>(name: &str, most: usize, read: impl FnOnce() -> Result<T, Error> + Send) -> Option<Error>
where
    T: Send,
{
    let (result, peak) = peak_alone(read);
    assert!(peak <= most, "{name} allocates {peak} bytes, more than {most}");
    result.err()
}

/// A file whose header claims that descr and shape, and so many bytes of data.
fn claim(descr: &str, shape: &str, data: usize) -> Vec<u8> {
    let header = format!("{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}\n");
    let len = u16::try_from(header.len()).unwrap().to_le_bytes();
    [b"\x93NUMPY\x01\0", &len[..], header.as_bytes(), &vec![1; data]].concat()
}

const CLAIMS: [(&str, &str); 9] = [
    ("'<f8'", "(1099511627776,)"),
    ("'>f8'", "(1099511627776,)"),
    ("'|b1'", "(1048576, 1048576)"),
    ("'<U1000'", "(1000000000,)"),
    ("'|S1'", "(1099511627776,)"),
    ("'|V1000000'", "(1000000,)"),
    ("[('x', '<f8'), ('y', '|S3')]", "(99999999999,)"),
    ("[('x', '<i4', (1000, 1000))]", "(1000000,)"),
    ("'<M8[s]'", "(1099511627776,)"),
];

#[test]
fn a_stream_takes_a_small_multiple_of_what_comes() {
    for (descr, shape) in CLAIMS {
        for data in [0, 24, 100_000, 3 * MIB] {
            let file = claim(descr, shape, data);
            // Memory grows fourfold, and while it moves the old is there beside the new.
            let most = FIXED + MIB + 8 * data;
            let name = format!("{descr} {shape}, {data} bytes");
            let error = within(&name, most, || DynArray::read_npy(&file[..])).unwrap();
            assert_eq!(error.kind(), ErrorKind::Truncated, "{name}: {error}");
            within(&name, most, || ArrayD::<f64>::read_npy(&file[..])).unwrap();
            within(&name, most, || ArrayD::<String>::read_npy(&file[..])).unwrap();
        }
    }
}

#[test]
fn a_file_that_is_too_short_takes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("short.npy");
    for (descr, shape) in CLAIMS {
        fs::write(&path, claim(descr, shape, 3 * MIB)).unwrap();
        let error = within(descr, FIXED, || NpyReader::open(&path)?.read_dyn()).unwrap();
        assert_eq!(error.kind(), ErrorKind::Truncated, "{descr}: {error}");
        within(descr, FIXED, || NpyReader::open(&path)?.read::<f64, IxDyn>()).unwrap();
        within(descr, FIXED, || {
            NpyReader::open(&path)?.read_slice_dyn(ndarray::s![..2])
        })
        .unwrap();
    }
}

#[test]
fn an_array_takes_its_size_once() {
    let data = Array1::<f64>::zeros(MIB);
    let (mut file, size) = (Vec::new(), 8 * MIB);
    data.write_npy(&mut file).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.npy");
    fs::write(&path, &file).unwrap();
    let none = within("from a path", size + FIXED, || NpyReader::open(&path)?.read_dyn());
    assert!(none.is_none());
    // A stream does not say how long it is: what is there grows, and is copied.
    let none = within("from a stream", 2 * size + FIXED, || DynArray::read_npy(&file[..]));
    assert!(none.is_none());
    let limit = ReadOptions::new().max_bytes(size as u64 - 1);
    let error = within("over a limit", FIXED, || DynArray::read_npy_with(&file[..], &limit)).unwrap();
    assert_eq!(error.kind(), ErrorKind::Limit);
}

#[derive(Serialize, Deserialize)]
struct Row {
    id: u32,
    value: f64,
}

#[test]
fn records_of_a_file_take_their_size_and_the_blocks_under_way() {
    const ROWS: usize = 2 * MIB;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.npy");
    let rows = Array1::from_shape_fn(ROWS, |id| Row {
        id: id as u32,
        value: id as f64,
    });
    write_npy(&path, &rows).unwrap();
    drop(rows);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let most = ROWS * size_of::<Row>() + FIXED + (4 * cores + 1) * MIB;
    let mut last = 0;
    let none = within("records", most, || {
        let rows: Array1<Row> = read_npy(&path)?;
        last = rows[ROWS - 1].id;
        Ok(())
    });
    assert!(none.is_none());
    assert_eq!(last as usize, ROWS - 1);
}

#[test]
fn headers_are_short_and_their_parts_small() {
    let fields = |field: &str, count: usize| {
        let fields = (0..count).map(|index| format!("('{index}', {field})"));
        format!("[{}]", fields.collect::<Vec<_>>().join(", "))
    };
    let nested = (0..100).fold("'<f8'".to_owned(), |inner, _| format!("[('a', {inner})]"));
    for descr in [
        fields("'<f8'", 500),
        fields("'<f8', (2,)", 400),
        fields("[('', '|V1'), ('x', '<M8[25s]')]", 200),
        nested,
        "[".repeat(9_000),
        "(".repeat(9_000),
        "(0, ".repeat(2_000),
        format!("'{}'", "é".repeat(4_000)),
        format!("{}'<f8'", "'' ".repeat(2_500)),
    ] {
        let file = claim(&descr, "(0,)", 0);
        let name = descr.chars().take(40).collect::<String>();
        within(&name, FIXED, || Header::read(&mut &file[..]));
        within(&name, FIXED, || DynArray::read_npy(&file[..]));
    }
    // A header of 4 GiB, and one whose bytes are there.
    let huge = [b"\x93NUMPY\x02\0\xff\xff\xff\xff".as_slice(), &b" ".repeat(4 * MIB)].concat();
    let error = within("4 GiB", FIXED, || Header::read(&mut &huge[..])).unwrap();
    assert_eq!(error.kind(), ErrorKind::Limit);
    let error = within("4 GiB", 12 * MIB, || Header::read_with(&mut &huge[..], usize::MAX)).unwrap();
    assert_eq!(error.kind(), ErrorKind::Truncated);
}

/// An archive of one member, whose sizes are what the directory claims.
fn archive(method: u16, packed: &[u8], claimed_packed: u32, claimed: u32) -> Vec<u8> {
    let fields = |archive: &mut Vec<u8>| {
        archive.extend(method.to_le_bytes());
        archive.extend([0; 8]); // time, CRC
        archive.extend(claimed_packed.to_le_bytes());
        archive.extend(claimed.to_le_bytes());
        archive.extend([5, 0, 0, 0]); // the name's length, no extra field
    };
    let mut archive = b"PK\x03\x04\x14\0\0\0".to_vec();
    fields(&mut archive);
    archive.extend(b"a.npy");
    archive.extend(packed);
    let directory = u32::try_from(archive.len()).unwrap();
    archive.extend(b"PK\x01\x02\x14\0\x14\0\0\0");
    fields(&mut archive);
    archive.extend([0; 14]); // comment, disk, attributes, offset
    archive.extend(b"a.npy");
    let size = u32::try_from(archive.len()).unwrap() - directory;
    archive.extend(b"PK\x05\x06\0\0\0\0\x01\0\x01\0");
    archive.extend(size.to_le_bytes());
    archive.extend(directory.to_le_bytes());
    archive.extend([0; 2]);
    archive
}

fn deflated(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut deflate = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::default());
    deflate.write_all(bytes).unwrap();
    deflate.finish().unwrap()
}

#[test]
fn a_member_takes_what_its_bytes_can_be() {
    let npy = claim("'|u1'", "(4000000000,)", 100);
    let (stored, deflate) = (0, 8);
    for (name, archive) in [
        (
            "a stored member of 4 GB",
            archive(stored, &npy, 4_000_000_100, 4_000_000_100),
        ),
        (
            "a stored member of unequal sizes",
            archive(stored, &npy, npy.len() as u32, 4_000_000_100),
        ),
        (
            "a deflated member of 4 GB",
            archive(deflate, &deflated(&npy), deflated(&npy).len() as u32, 4_000_000_100),
        ),
        (
            "a deflated member past the end",
            archive(deflate, &deflated(&npy), 4_000_000_000, 4_000_000_100),
        ),
    ] {
        for limit in [u64::MAX, 5 << 30] {
            let most = FIXED + MIB + 1032 * archive.len();
            let open = || {
                let npz = NpzReader::new(Cursor::new(&archive))?;
                Ok::<_, Error>(npz.with_options(ReadOptions::new().max_bytes(limit)))
            };
            within(name, most, || open()?.get("a")).unwrap();
            within(name, most, || {
                open()?.by_name::<_, IxDyn>("a").map(|array: ArrayD<u8>| array)
            })
            .unwrap();
            within(name, most, || open()?.bytes("a")).unwrap();
            within(name, most, || open()?.read_all()).unwrap();
            within(name, most, || open()?.value::<serde_json::Value>()).unwrap();
        }
    }
    // A directory of more members than its bytes could be.
    let mut many = archive(stored, b"", 0, 0);
    let end = many.len();
    many[end - 14..end - 10].copy_from_slice(&[0xFF, 0xFF, 0xFF, 0xFF]);
    within("65535 members", FIXED, || NpzReader::new(Cursor::new(&many)).map(drop));
}

/// Every recorded file, broken or not, by every way that fits it: none takes more than its size bears out.
#[test]
fn recorded_files() {
    const LIMIT: Duration = Duration::from_millis(500); // generous: 50 is what an idle machine needs at most
    let corpus = crate::corpus::support::corpus();
    let folder = tempfile::tempdir().unwrap();
    let mut seen = 0;
    for (name, file) in ["zoo", "npz", "textzoo"]
        .map(|folder| corpus.in_folder(folder))
        .concat()
    {
        let path = folder.path().join("file");
        let most = 16 * MIB + 64 * file.len();
        let check = |way: &str, read: &(dyn Fn() + Sync)| {
            let start = Instant::now();
            let ((), peak) = peak_alone(read);
            let took = start.elapsed();
            assert!(peak <= most, "{name} by {way} allocates {peak} bytes");
            assert!(
                took < patient(LIMIT) || file.len() > 50_000,
                "{name} by {way} takes {took:?}"
            );
        };
        match name.rsplit_once('.') {
            Some((_, "npy")) => {
                fs::write(&path, &file).unwrap();
                check("stream", &|| drop(DynArray::read_npy(&file[..])));
                check("path", &|| drop(NpyReader::open(&path).and_then(NpyReader::read_dyn)));
                check("array", &|| drop(ArrayD::<f64>::read_npy(&file[..])));
                check("values", &|| drop(ArrayD::<serde_json::Value>::read_npy(&file[..])));
            }
            Some((_, "npz")) => check("archive", &|| {
                let Ok(mut npz) = NpzReader::new(Cursor::new(&file)) else {
                    return;
                };
                for name in npz.names().unwrap_or_default() {
                    let _ = (npz.header(&name), npz.get(&name));
                }
            }),
            _ if name.starts_with("textzoo/") => {
                check("loadtxt", &|| drop(LoadTxt::new().read::<_, f64, IxDyn>(&file[..])));
                check("table", &|| drop(GenFromTxt::new().read_table(&file[..])));
            }
            _ => continue,
        }
        seen += 1;
    }
    assert!(seen > 450, "{seen} files");
}
