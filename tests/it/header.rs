//! Headers: NumPy's are read as NumPy reads them and written byte for byte; bad ones are errors at once.

use std::time::{Duration, Instant};

use ndarray::Order;
use ndarray_io::{Dtype, ErrorKind, Header, Result, Version};
use serde_json::Value;

use crate::corpus::support::{corpus, same_dtype, unhex};
use crate::support::{python, say};

fn read(mut file: &[u8]) -> Result<Header> {
    Header::read(&mut file)
}

/// A file of version 1.0 with that text as its header.
fn file_of(text: &[u8]) -> Vec<u8> {
    let length = u16::try_from(text.len()).unwrap().to_le_bytes();
    [b"\x93NUMPY\x01\0", &length[..], text].concat()
}

/// The case's file, cut or patched as it says.
fn file_of_case(case: &Value) -> Option<Vec<u8>> {
    let mut file = corpus().read(case["file"].as_str()?);
    if let Some(length) = case["truncate_to"].as_u64() {
        file.truncate(length as usize);
    }
    for patch in case["patch"].as_array().into_iter().flatten() {
        let bytes = unhex(patch[1].as_str()?);
        let at = patch[0].as_u64()? as usize;
        file[at..at + bytes.len()].copy_from_slice(&bytes);
    }
    Some(file)
}

fn judge(case: &Value, file: &[u8]) -> Result<(), String> {
    let outcome = &case["outcomes"]["stream"];
    let header = read(file);
    if outcome["kind"] == "error" {
        // What NumPy notices after the header only.
        let later = [
            "EOF: reading array data",
            "Object arrays cannot",
            "Unable to allocate",
            "could only read",
        ];
        let message = outcome["message"].as_str().unwrap_or_default();
        return match header {
            Ok(header) if !later.iter().any(|later| message.contains(later)) => {
                Err(format!("read as {header:?}, in NumPy {message}"))
            }
            _ => Ok(()),
        };
    }
    let header = header.map_err(|error| error.to_string())?;
    let again: Dtype = header
        .dtype
        .descr()
        .parse()
        .map_err(|error| format!("own descr: {error}"))?;
    if again != header.dtype {
        return Err(format!("{} is parsed as {again}", header.dtype));
    }
    let recorded = match &case["dtype"] {
        Value::Null => &outcome["results"][0]["dtype"],
        dtype => dtype,
    };
    same_dtype(recorded, &header.dtype)?;
    if let Some(offset) = case["data_offset"].as_u64() {
        let shape: Vec<usize> = serde_json::from_value(case["shape"].clone()).unwrap();
        let order = if case["fortran_order"] == true {
            Order::F
        } else {
            Order::C
        };
        if (header.data_offset(), &header.shape, header.order) != (Some(offset), &shape, order) {
            return Err(format!(
                "{header:?}, in NumPy data at {offset}, shape {shape:?}, order {order:?}"
            ));
        }
        let canonical = case["header_canonical"] == true;
        let version = if canonical { None } else { header.version() };
        let written = header.to_bytes(version).map_err(|error| error.to_string())?;
        if written != file[..offset as usize] {
            return Err(format!("written as {:?}", String::from_utf8_lossy(&written)));
        }
    }
    Ok(())
}

#[test]
fn recorded_headers_are_as_numpys() {
    let corpus = corpus();
    let mut count = 0;
    let mut differences = Vec::new();
    for line in corpus
        .read("zoo.jsonl")
        .split(|&byte| byte == b'\n')
        .filter(|line| !line.is_empty())
    {
        let case: Value = serde_json::from_slice(line).unwrap();
        let known = ["not-npy", "write-refusal"].iter().any(|group| case["group"] == *group);
        let Some(file) = (!known).then(|| file_of_case(&case)).flatten() else {
            continue;
        };
        count += 1;
        if let Err(difference) = judge(&case, &file) {
            differences.push(format!("{}: {difference}", case["id"]));
        }
    }
    say(&format!("header: {} of {count} as NumPy", count - differences.len()));
    assert!(count > 500 && differences.is_empty(), "{}", differences.join("\n"));
}

#[test]
fn every_prefix_is_truncated() {
    let dtype: Dtype = "[('x', '<f4'), (('T', 'y'), '|u1', (2, 3))]".parse().unwrap();
    for version in [Version::V1_0, Version::V2_0, Version::V3_0] {
        let file = Header::new(dtype.clone(), Order::C, [3])
            .to_bytes(Some(version))
            .unwrap();
        assert_eq!(read(&file).unwrap().version(), Some(version));
        for length in 0..file.len() {
            assert_eq!(
                read(&file[..length]).unwrap_err().kind(),
                ErrorKind::Truncated,
                "{length}"
            );
        }
    }
}

#[test]
fn bad_headers_say_what_is_wrong_and_where() {
    let header = |text: &str| file_of(text.as_bytes());
    let shape = |shape: &str| header(&format!("{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}}}"));
    let table = [
        (
            b"".to_vec(),
            ErrorKind::Truncated,
            "no data left: expected a .npy header, got an empty input (at byte 0)",
        ),
        (
            b"x".to_vec(),
            ErrorKind::NotNumpy,
            "not a .npy file: it does not start with \\x93NUMPY; loadtxt and genfromtxt read text (at byte 0)",
        ),
        (
            b"PK\x03\x04aaaaaa".to_vec(),
            ErrorKind::NotNumpy,
            "a zip archive, not a .npy file; NpzReader reads .npz (at byte 0)",
        ),
        (
            b"\x93NUMPY\x04\0".to_vec(),
            ErrorKind::Version,
            "version 4.0 of the .npy format; 1.0, 2.0 and 3.0 are known (at byte 6)",
        ),
        (
            b"\x93NUMPY\x02\0\xff\xff\xff\xff".to_vec(),
            ErrorKind::Limit,
            "header of 4294967295 characters; `ReadOptions::max_header_size` allows 10000 characters (at byte 8)",
        ),
        (
            b"\x93NUMPY\x01\0\x09\0{}".to_vec(),
            ErrorKind::Truncated,
            "the input ends within the header: expected 9 bytes, got 2 (at byte 10)",
        ),
        (
            b"\x93NUMPY\x03\0\x02\0\0\0'\xff".to_vec(),
            ErrorKind::Header,
            "a header of version 3.0 that is not UTF-8 (at byte 13)",
        ),
        (
            header("[]"),
            ErrorKind::Header,
            "a header must be a dict, got a list (at byte 10)",
        ),
        (
            header("{'descr': 'f8'}"),
            ErrorKind::Header,
            "a header's keys must be 'descr', 'fortran_order' and 'shape', got fewer (at byte 10)",
        ),
        (
            header("{'descr': 'f8', 'order': 'C'}"),
            ErrorKind::Header,
            "a header's keys must be 'descr', 'fortran_order' and 'shape', got \"order\" (at byte 26)",
        ),
        (
            file_of(b"{'descr': '\xe9', 'fortran_order': no}"),
            ErrorKind::Header,
            "a name; only literals can stand in a header (at byte 42)",
        ),
        (
            header("{'descr': [('a', 'f8')], 'fortran_order': 0, 'shape': ()}"),
            ErrorKind::Header,
            "fortran_order must be True or False, got an int (at byte 52)",
        ),
        (
            header("{'descr': '3f8', 'fortran_order': False, 'shape': (3,)}"),
            ErrorKind::Header,
            "descr is a subarray ('<f8', (3,)): only fields of a record can be; its axes belong into shape (at byte 20)",
        ),
        (
            shape("3"),
            ErrorKind::Header,
            "shape must be a tuple of ints, got an int (at byte 60)",
        ),
        (shape("(3, -1)"), ErrorKind::Header, "an axis of length -1 (at byte 64)"),
        (
            shape(&format!("({})", "1, ".repeat(65))),
            ErrorKind::Header,
            "a shape of 65 dimensions; NumPy has at most 64 (at byte 60)",
        ),
        (
            shape("(0, 4294967296, 4294967296)"),
            ErrorKind::Shape,
            "an array of shape (0, 4294967296, 4294967296) and dtype <f8 is too large for memory",
        ),
    ];
    for (file, kind, message) in table {
        let error = read(&file).unwrap_err();
        assert_eq!((error.kind(), &*error.to_string()), (kind, message));
    }
}

#[test]
fn hostile_headers_are_errors_at_once() {
    let start = Instant::now();
    let descr = |descr: &str| file_of(format!("{{'descr': {descr}, 'fortran_order': False, 'shape': ()}}").as_bytes());
    let nested = format!("{}'f8'{}", "[('a', ".repeat(900), ")]".repeat(900));
    for file in [
        descr(&"[".repeat(9000)),
        descr(&"(".repeat(9000)),
        descr(&"{'a':".repeat(1800)),
        descr(&"-".repeat(9000)),
        descr(&format!("1{}", "+1j".repeat(3000))),
        descr(&nested),
        descr("'S1099511627776'"),
        descr("'(1048576,1048576)u1'"),
        descr(&format!("'{}f8'", "9".repeat(5000))),
        descr("[('a', 'V2147483647'), ('b', 'V2147483647')]"),
        descr(&format!("[{}]", "('a', '|u1'), ".repeat(600))),
    ] {
        assert_eq!(read(&file).unwrap_err().kind(), ErrorKind::Header);
    }
    assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
}

#[test]
fn a_hundred_thousand_fields_take_linear_time() {
    let fields = (0..100_000).map(|index| (format!("field_{index}"), "<f8".parse::<Dtype>().unwrap()));
    let header = Header::new(Dtype::record(fields).unwrap(), Order::C, [1]);
    let start = Instant::now();
    let file = header.to_bytes(None).unwrap();
    assert_eq!(read(&file).unwrap_err().kind(), ErrorKind::Limit);
    let again = Header::read_with(&mut &file[..], file.len()).unwrap();
    assert_eq!((&again, again.version()), (&header, Some(Version::V2_0)));
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
}

#[test]
fn versions_hold_what_they_can() {
    let named = |name: &str| {
        let dtype = Dtype::record([(name, "<f8".parse::<Dtype>().unwrap())]).unwrap();
        Header::new(dtype, Order::C, [])
    };
    let versions = [Version::V1_0, Version::V2_0, Version::V3_0];
    for (name, oldest) in [("x", 0), ("\u{e9}", 0), (&*"\u{e9}".repeat(65_500), 1), ("\u{65e5}", 2)] {
        let header = named(name);
        assert_eq!(usize::from(header.to_bytes(None).unwrap()[6]), oldest + 1);
        for (index, version) in versions.into_iter().enumerate() {
            let bytes = header.to_bytes(Some(version));
            assert_eq!(bytes.is_ok(), index >= oldest, "{version:?}");
            if let Ok(bytes) = bytes {
                assert_eq!(bytes.len() % 64, 0);
                assert_eq!(Header::read_with(&mut &bytes[..], 1 << 20).unwrap(), header);
            }
        }
    }
}

/// Texts one or two edits away from headers, in the versions that NumPy's two parsers serve.
fn mutated_headers(count: usize) -> Vec<Vec<u8>> {
    // None with a fraction of a unit: M8[s/0] ends NumPy's process.
    const SEEDS: [&str; 8] = [
        "{'descr': '<f8', 'fortran_order': False, 'shape': (3, 4), }",
        "{'descr': [('a', '<i4'), ('', '|V4'), (('T', 'b'), '>f8', (2, 3))], 'fortran_order': True, 'shape': (5,), }",
        "{'descr': [('n', [('x', '<M8[25s]'), ('y', '|S5')], (2,)), ('u', '<U3')], 'fortran_order': False, 'shape': ()}",
        "{\"descr\": '(2,)f4, i4', 'fortran_order': False, # comment\n 'shape': (0x10L, +1_0), }\n",
        "{'descr': [('c', ('f8', (5,)), 2)], 'fortran_order': False, 'shape': (0,), }   \n",
        "{'descr': 'float64', 'fortran_order': False, 'shape': (1L,), 'shape': (2,)}",
        "{u'descr': r'm8[7us]', 'fortran_order': (False), 'shape': ((7),)}",
        "\n{'descr': '''|b1''' '', 'fortran_order': True, \\\n'shape': [1, 2]}\n# end",
    ];
    const PIECES: [&str; 40] = [
        "'",
        "\"",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        ",",
        ":",
        " ",
        "\t",
        "\n",
        "\r\n",
        "\\\n",
        "#",
        "L",
        " L",
        "-",
        "+",
        "3",
        "0",
        "1j",
        "1.5",
        "True",
        "None",
        "'a'",
        "b'a'",
        "u'x'",
        "_",
        "0x1f",
        "'<f8'",
        "'|V4'",
        "''",
        "(2,)",
        "('d', '<i4')",
        "<",
        "|",
        "\u{e9}",
        "\\x41",
    ];
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % below as u64) as usize
    };
    let mutated = std::iter::repeat_with(|| {
        let mut text: Vec<char> = SEEDS[random(SEEDS.len())].chars().collect();
        for _ in 0..=random(2) {
            let at = random(text.len() + 1);
            let removed = random(3).min(text.len() - at);
            text.splice(at..at + removed, PIECES[random(PIECES.len())].chars().take(random(8)));
        }
        let text: String = text.into_iter().collect();
        match random(3) {
            0 => [
                b"\x93NUMPY\x03\0",
                &u32::try_from(text.len()).unwrap().to_le_bytes()[..],
                text.as_bytes(),
            ]
            .concat(),
            _ => file_of(&text.chars().map(|c| c as u8).collect::<Vec<_>>()),
        }
    });
    mutated.take(count).collect()
}

#[test]
fn mutated_headers_are_as_numpys() {
    let Some(mut numpy) = python::numpy("header") else {
        return;
    };
    let files = mutated_headers(4000);
    let inputs: Vec<&[u8]> = files.iter().map(Vec::as_slice).collect();
    let answers = numpy.run(
        "
import warnings
from numpy.lib import format
warnings.simplefilter('ignore')
for data in inputs:
    try:
        file = io.BytesIO(data)
        major, _ = format.read_magic(file)
        read = format.read_array_header_1_0 if major == 1 else format.read_array_header_2_0
        if major == 3:
            file = io.BytesIO(data[:6] + b'\\2\\0' + data[8:12] + data[12:])
            file.read(8)
            try:
                import numpy.lib._format_impl as impl
            except ImportError:
                impl = format
            shape, fortran, dtype = impl._read_array_header(file, (3, 0))
        else:
            shape, fortran, dtype = read(file)
        subarray = dtype.subdtype is not None or (dtype.names is None and dtype.itemsize == 0 and dtype.kind == 'V')
        np.lib.stride_tricks.as_strided(np.zeros(1, 'u1'), shape, [0] * len(shape))
        answers = [repr(shape), repr(fortran), repr(format.dtype_to_descr(dtype))]
        outputs.append('skip' if subarray or any(type(n) is bool for n in shape) else '\\n'.join(answers))
    except Exception as error:
        outputs.append('error')
",
        &inputs,
    );
    let mut accepted = 0;
    let mut differences = Vec::new();
    for (file, answer) in files.iter().zip(answers) {
        let expected = String::from_utf8(answer).unwrap();
        let got = read(file).map(|header| {
            let shape: Vec<_> = header.shape.iter().map(usize::to_string).collect();
            let comma = if shape.len() == 1 { "," } else { "" };
            let fortran = if header.order == Order::F { "True" } else { "False" };
            let descr = header.dtype.descr();
            let quote = if descr.starts_with('[') { "" } else { "'" };
            format!("({}{comma})\n{fortran}\n{quote}{descr}{quote}", shape.join(", "))
        });
        let same = match &got {
            Ok(got) => *got == expected,
            Err(_) => expected == "error",
        };
        accepted += usize::from(got.is_ok());
        if !same && expected != "skip" {
            let file = String::from_utf8_lossy(file);
            differences.push(format!("{file:?}\n  NumPy: {expected:?}\n  here: {got:?}"));
        }
    }
    say(&format!(
        "header: {} mutated headers, {accepted} accepted, as NumPy",
        files.len()
    ));
    assert!(accepted > 150 && differences.is_empty(), "{}", differences.join("\n"));
}
