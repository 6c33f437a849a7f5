//! Reading one dtype as another, against NumPy's `astype` with the same rule.

use half::f16;
use ndarray::{Array1, Ix1};
use ndarray_io::units::*;
use ndarray_io::{
    Casting, Datetime64, DynArray, ErrorKind, ReadNpyExt, ReadOptions, TimeUnit, Timedelta64, WriteNpyExt, WriteOptions,
};
use num_complex::Complex;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::support::python::{self, Python};

const RULES: [(Casting, &str); 5] = [
    (Casting::No, "no"),
    (Casting::Equiv, "equiv"),
    (Casting::Safe, "safe"),
    (Casting::SameKind, "same_kind"),
    (Casting::Unsafe, "unsafe"),
];

/// Numbers of one dtype that every other can hold as far as C defines the cast, and some only its own kind can.
const MAKE: &str = "
def make(code):
    dtype = np.dtype(code)
    if dtype.kind == 'b':
        return np.array([False, True], dtype)
    if dtype.kind in 'iu':
        info = np.iinfo(dtype)
        return np.array([0, 1, 5, 100, 127, info.min, info.max, info.max // 3], dtype)
    small = [0.0, -0.0, 1.0, 1.5, 99.99, 127.0, 0.1, 1 / 3, 2049 / 2048, 1e-5, 6e-8]
    if dtype.kind == 'f':
        return np.array(small, np.longdouble).astype(dtype) + dtype.type(2) ** -9
    return np.array([complex(x, -x) for x in small]).astype(dtype)
";

#[test]
fn every_scalar_as_every_other_by_every_rule() {
    let Some(mut numpy) = python::numpy("casts of scalars") else {
        return;
    };
    let codes = "b1 i1 i2 i4 i8 u1 u2 u4 u8 f2 f4 f8 f16 c8 c16 c32".split(' ');
    for code in codes.flat_map(|code| [format!("<{code}"), format!(">{code}")]) {
        check::<bool>(&mut numpy, &code, "|b1");
        check::<i8>(&mut numpy, &code, "|i1");
        check::<i16>(&mut numpy, &code, "<i2");
        check::<i32>(&mut numpy, &code, "<i4");
        check::<i64>(&mut numpy, &code, "<i8");
        check::<u8>(&mut numpy, &code, "|u1");
        check::<u16>(&mut numpy, &code, "<u2");
        check::<u32>(&mut numpy, &code, "<u4");
        check::<u64>(&mut numpy, &code, "<u8");
        check::<f16>(&mut numpy, &code, "<f2");
        check::<f32>(&mut numpy, &code, "<f4");
        check::<f64>(&mut numpy, &code, "<f8");
        check::<Complex<f32>>(&mut numpy, &code, "<c8");
        check::<Complex<f64>>(&mut numpy, &code, "<c16");
    }
}

fn check<A: Serialize + DeserializeOwned>(numpy: &mut Python, from: &str, to: &str) {
    let code = format!(
        "{MAKE}
a = make('{from}')
outputs += [npy(a), npy(a.view([('a', a.dtype)]))]
for rule in 'no equiv safe same_kind unsafe'.split():
    try:
        with np.errstate(all='ignore'):
            import warnings
            warnings.simplefilter('ignore')
            outputs.append(npy(a.astype('{to}', casting=rule)))
    except TypeError:
        outputs.append(b'')
"
    );
    let outputs = numpy.run(&code, &[]);
    let [file, records, expected @ ..] = &outputs[..] else {
        panic!("seven outputs");
    };
    for ((casting, name), expected) in RULES.into_iter().zip(expected) {
        let options = ReadOptions::new().casting(casting);
        // As an array of scalars in bulk, and as a record of one each.
        let read = Array1::<A>::read_npy_with(&file[..], &options);
        let fields = Array1::<(A,)>::read_npy_with(&records[..], &options);
        match (read, fields) {
            (Ok(values), Ok(fields)) => {
                let mut ours = Vec::new();
                values.write_npy(&mut ours).unwrap();
                assert_eq!(ours, *expected, "{from} as {to} by {name}");
                let mut ours = Vec::new();
                let fields: Array1<A> = fields.into_iter().map(|(value,)| value).collect();
                fields.write_npy(&mut ours).unwrap();
                assert_eq!(ours, *expected, "a field {from} as {to} by {name}");
            }
            (Err(error), Err(_)) => {
                assert_eq!(error.kind(), ErrorKind::Dtype, "{error}");
                assert!(expected.is_empty(), "{from} as {to} by {name}: {error}");
            }
            (bulk, field) => panic!("{from} as {to} by {name}: {:?}, {:?}", bulk.err(), field.err()),
        }
    }
}

#[test]
fn texts_as_numbers_are_numpys() {
    let Some(mut numpy) = python::numpy("casts of texts") else {
        return;
    };
    for kind in ["U", "S"] {
        texts::<bool>(&mut numpy, kind, "?");
        texts::<i8>(&mut numpy, kind, "i1");
        texts::<u8>(&mut numpy, kind, "u1");
        texts::<i64>(&mut numpy, kind, "i8");
        texts::<u64>(&mut numpy, kind, "u8");
        texts::<f16>(&mut numpy, kind, "f2");
        texts::<f32>(&mut numpy, kind, "f4");
        texts::<f64>(&mut numpy, kind, "f8");
        texts::<Complex<f32>>(&mut numpy, kind, "c8");
        texts::<Complex<f64>>(&mut numpy, kind, "c16");
    }
}

/// Each text by itself, as one that is no number fails a whole array.
fn texts<A: Serialize + DeserializeOwned + std::fmt::Debug>(numpy: &mut Python, kind: &str, to: &str) {
    const TEXTS: &str = "['1', ' 2 ', '-7', '+5', '127', '128', '255', '256', '-129', '1_000', '9223372036854775807',
        '9223372036854775808', '18446744073709551615', '18446744073709551616', '1.5', '.5', '1.', '1e3', '0.1', '1e-7',
        '1e400', '1e-400', '1e39', 'inf', '-Infinity', 'nan', '1+2j', '(1-2e3j)', 'j', '-2.5j', '1 2', '0x10', '1__0',
        '1e', 'True', 'False', 'x', '', '0', '\\u0661\\u0662', '\\uff11.5', '\\xa07', '7\\x85', '\\u2003-7 ', '\\u0663e\\u0662',
        '\\u0665j', '\\x1c7', '\\x1e\\xa01', '\\x1c\\uff17', '\\u200b7', '(\\u20031+\\u0662j )', '1\\uff0b2j', '\\U0001d7cf\\U0001d7d0']";
    let code = format!(
        "
import warnings
warnings.simplefilter('ignore')
for text in {TEXTS}:
    a = np.array([text.encode('latin1', 'ignore')] if 'S' in '{kind}' else [text]).astype('{kind}')
    try:
        outputs += [npy(a), npy(a.astype('{to}'))]
    except (ValueError, OverflowError):
        outputs += [npy(a), b'']
"
    );
    let outputs = numpy.run(&code, &[]);
    assert!(outputs.len() > 70);
    for pair in outputs.chunks(2) {
        let [file, expected] = pair else {
            panic!("pairs of a file and what becomes of it");
        };
        let safe = ReadOptions::new().casting(Casting::Safe);
        let text = Array1::<String>::read_npy_with(&file[..], &safe); // to be shown; bytes may be none
        let unsafely = ReadOptions::new().casting(Casting::Unsafe);
        match Array1::<A>::read_npy_with(&file[..], &unsafely) {
            Ok(values) => {
                let mut ours = Vec::new();
                values.write_npy(&mut ours).unwrap();
                assert_eq!(ours, *expected, "{text:?} of {kind} as {to}");
            }
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::Value, "{error}");
                assert!(expected.is_empty(), "{text:?} of {kind} as {to}: {error}");
            }
        }
        let same_kind = ReadOptions::new().casting(Casting::SameKind);
        let error = Array1::<A>::read_npy_with(&file[..], &same_kind).map(drop).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Dtype, "{error}");
    }
}

#[test]
fn numbers_and_times_as_text_are_numpys() {
    let Some(mut numpy) = python::numpy("casts to text") else {
        return;
    };
    // Every half; of wider floats powers of two, where the shortest digits are hardest, and any bits.
    let code = "
import warnings
warnings.simplefilter('ignore')
random = np.random.default_rng(5)
floats = {
    'f2': np.arange(1 << 16, dtype='u2').view('f2'),
    'f4': np.concatenate([2.0 ** np.arange(-149, 128), random.integers(0, 1 << 32, 3000, 'u4').view('f4'),
        10.0 ** np.arange(-8, 12), [999999, 1e6, 123456.7, -0.0, 0, np.inf, -np.inf, np.nan]]).astype('f4'),
    'f8': np.concatenate([2.0 ** np.arange(-1074, 1024), random.integers(0, 1 << 64, 3000, 'u8').view('f8'),
        10.0 ** np.arange(-8, 20), 2.0 ** 50 + np.arange(64) / 4, 2.0 ** 46 + np.arange(64) / 8,
        [1e16, 9999999999999998, 0.1, 1e23, -0.0, 0, np.inf, -np.inf, np.nan]]),
}
parts = np.array([0, -0.0, 1, -2.5, 1e16, 1e-5, np.inf, -np.inf, np.nan, -np.nan])
pairs = parts[:, None] + np.zeros(len(parts), 'c16')
pairs.imag = parts
values = [*floats.values(), pairs.astype('c8').ravel(), pairs.ravel(), np.array([False, True])]
for kind in ['i1', 'i2', 'i4', 'i8', 'u1', 'u2', 'u4', 'u8']:
    info = np.iinfo(kind)
    values.append(np.array([info.min, info.max, 0, 1, 100], kind))
# Of longer timedeltas NumPy cuts the text to 21 characters.
for unit in ['Y', 'M', 'W', 'D', 'h', 'm', 's', 'ms', '25us', 'ns', 'ps', 'fs', 'as']:
    for kind in 'Mm':
        values.append(np.array([-1, 0, 1, 400, 10**6, 'NaT'], f'{kind}8[{unit}]'))
values += [a.astype(a.dtype.newbyteorder('>')) for a in values]
for a in values:
    outputs += [npy(a), npy(a.astype('U')), npy(a.view([('a', a.dtype)])), str(a.dtype)]
    outputs.append(next(rule for rule in 'no equiv safe same_kind unsafe'.split() if np.can_cast(a.dtype, 'U', rule)))
";
    let outputs = numpy.run(code, &[]);
    assert_eq!(outputs.len(), 5 * (2 * (14 + 2 * 13)));
    for case in outputs.chunks(5) {
        let [file, texts, records, dtype, rule] = case else {
            panic!("five outputs");
        };
        let dtype = String::from_utf8_lossy(dtype);
        let least = RULES.iter().position(|(_, name)| name.as_bytes() == *rule).unwrap();
        let expected = Array1::<String>::read_npy(&texts[..]).unwrap();
        let by = |casting| {
            let options = ReadOptions::new().casting(casting);
            let read = Array1::<String>::read_npy_with(&file[..], &options);
            let fields = Array1::<(String,)>::read_npy_with(&records[..], &options);
            let dynamic = DynArray::read_npy(&file[..])
                .unwrap()
                .into_array::<String, Ix1>(casting);
            [read, fields.map(|fields| fields.mapv(|(text,)| text)), dynamic]
        };
        for read in by(RULES[least].0) {
            let read = read.unwrap();
            assert_eq!(read.len(), expected.len());
            for (row, (read, expected)) in read.iter().zip(&expected).enumerate() {
                assert_eq!(read, expected, "row {row} of {dtype}");
            }
        }
        for read in by(RULES[least - 1].0) {
            let error = read.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Dtype, "{dtype}: {error}");
        }
    }
}

#[test]
fn what_has_no_text_says_so() {
    #[derive(Debug, serde::Deserialize)]
    enum Color {
        Red,
    }
    let file = |descr: &str, data: &[u8]| {
        let header = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': (1,), }}\n");
        let len = u16::try_from(header.len()).unwrap().to_le_bytes();
        [b"\x93NUMPY\x01\0", &len[..], header.as_bytes(), data].concat()
    };
    let options = ReadOptions::new().casting(Casting::Unsafe);
    for (descr, data, message) in [
        (
            "<f16",
            &[0; 16][..],
            "row 0: file has `<f16` (float128) but text was asked for",
        ),
        (
            "|b1",
            &[2],
            "row 0: the byte 0x02 is no bool (0x00 or 0x01); a DynArray takes it as it is",
        ),
        (
            "<M8",
            &[1; 8],
            "row 0: a datetime without a unit that is not NaT has no text",
        ),
    ] {
        let error = Array1::<String>::read_npy_with(&file(descr, data)[..], &options).unwrap_err();
        assert_eq!(error.to_string(), message);
    }
    let error = Array1::<Color>::read_npy_with(&file("|u1", &[1])[..], &options).unwrap_err();
    assert_eq!(
        error.to_string(),
        "row 0: file has `|u1` (uint8) but Color was asked for"
    );
    let red = Array1::<Color>::read_npy_with(&file("|S3", b"Red")[..], &options).unwrap();
    assert!(matches!(red[0], Color::Red));
}

#[test]
fn what_is_no_bool_is_counted_from_the_first() {
    let count = (1 << 20) + 6; // more than is converted at once
    let mut file = Vec::new();
    Array1::from_elem(count, true).write_npy(&mut file).unwrap();
    *file.last_mut().unwrap() = 2;
    let options = ReadOptions::new().casting(Casting::Safe);
    let error = Array1::<u8>::read_npy_with(&file[..], &options).unwrap_err();
    assert_eq!(
        error.to_string(),
        "row 1048581: the byte 0x02 is no bool (0x00 or 0x01); a DynArray takes it as it is"
    );
    let DynArray::Raw(raw) = DynArray::read_npy(&file[..]).unwrap() else {
        panic!("no bools")
    };
    assert_eq!(raw.bytes().last(), Some(&2));
}

#[test]
fn times_convert_as_numpys() {
    let Some(mut numpy) = python::numpy("casts of times") else {
        return;
    };
    macro_rules! to_each {
        ($numpy:expr, $from:expr, $($unit:ty)*) => {$(
            times::<$unit>($numpy, $from);
        )*};
    }
    for from in [
        "Y", "M", "W", "D", "h", "m", "s", "ms", "us", "ns", "ps", "fs", "as", "25s", "7D", "3M",
    ] {
        to_each!(&mut numpy, from, Year Month Week Day Hour Minute Second Millisecond Microsecond Nanosecond Picosecond
            Femtosecond Attosecond Multiple<Second, 25> Multiple<Day, 7> Multiple<Month, 3> Multiple<Year, 2>);
    }
}

fn times<U: TimeUnit>(numpy: &mut Python, from: &str) {
    let to = format!("{}{}", U::UNIT.step(), U::UNIT.base().abbreviation());
    // About how many of the new unit one of the old is: what comes near 64 bits NumPy may wrap around, or refuse.
    let factor = seconds(base(from)) / seconds(U::UNIT.base().abbreviation()) * f64::from(step(from));
    let code = format!(
        "
for kind in 'Mm':
    a = np.array([-2000001, -366, -32, -31, -7, -1, 0, 1, 7, 30, 31, 365, 1234567, np.iinfo('i8').min], 'i8')
    fits = (a == a.min()) | (np.abs(a.astype('f8')) * {factor:e} < 2e17)
    a = a.view(f'{{kind}}8[{from}]')
    try:
        there = a.astype(f'{{kind}}8[{to}]')
    except OverflowError:
        there, fits = a, fits & False
    outputs += [npy(a), npy(there), npy(fits)]
    for rule in 'no equiv safe same_kind unsafe'.split():
        outputs.append(str(np.can_cast(a.dtype, f'{{kind}}8[{to}]', rule)))
"
    );
    let outputs = numpy.run(&code, &[]);
    let (datetimes, timedeltas) = outputs.split_at(8);
    time::<Datetime64<U>>(datetimes, from, &to, Datetime64::count);
    time::<Timedelta64<U>>(timedeltas, from, &to, Timedelta64::count);
}

fn base(unit: &str) -> &str {
    unit.trim_start_matches(|c: char| c.is_ascii_digit())
}

fn step(unit: &str) -> u32 {
    unit[..unit.len() - base(unit).len()].parse().unwrap_or(1)
}

fn seconds(unit: &str) -> f64 {
    match unit {
        "Y" => 3.2e7,
        "M" => 2.7e6,
        "W" => 604800.0,
        "D" => 86400.0,
        "h" => 3600.0,
        "m" => 60.0,
        "s" => 1.0,
        "ms" => 1e-3,
        "us" => 1e-6,
        "ns" => 1e-9,
        "ps" => 1e-12,
        "fs" => 1e-15,
        _ => 1e-18,
    }
}

fn time<T: DeserializeOwned + Copy>(outputs: &[Vec<u8>], from: &str, to: &str, count: fn(T) -> i64) {
    let [file, expected, fits, rules @ ..] = outputs else {
        panic!("eight outputs");
    };
    let fits = Array1::<bool>::read_npy(&fits[..]).unwrap();
    // Read as what NumPy calls them, then as bits.
    let expected: Vec<i64> = expected[128..]
        .chunks(8)
        .map(|c| i64::from_le_bytes(c.try_into().unwrap()))
        .collect();
    for ((casting, name), allowed) in RULES.into_iter().zip(rules) {
        let options = ReadOptions::new().casting(casting);
        let all = Array1::<T>::read_npy_with(&file[..], &options);
        if allowed == b"False" {
            assert_eq!(all.err().unwrap().kind(), ErrorKind::Dtype, "{from} as {to} by {name}");
            continue;
        }
        match all {
            Ok(values) => {
                let found: Vec<i64> = values.into_iter().map(count).collect();
                for (i, fits) in fits.iter().enumerate() {
                    assert!(
                        !fits || found[i] == expected[i],
                        "{from} as {to}: {} and {}",
                        found[i],
                        expected[i]
                    );
                }
            }
            // An overflow, where NumPy wraps around.
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::Value, "{from} as {to} by {name}: {error}");
                assert!(fits.iter().any(|fits| !fits), "{from} as {to} by {name}: {error}");
            }
        }
    }
}

/// Rounded once, wherever they come from.
#[test]
fn halves_are_the_nearest() {
    let Some(mut numpy) = python::numpy("halves") else {
        return;
    };
    let code = "
import warnings
warnings.simplefilter('ignore')
random = np.random.default_rng(5)
halves = np.arange(1 << 16, dtype='u2').view('f2').astype('f8')
halves = halves[np.isfinite(halves)]
between = (halves + np.nextafter(halves.astype('f2'), np.float16(np.inf)).astype('f8')) / 2
values = np.concatenate([halves, between, np.nextafter(between, np.inf), np.nextafter(between, -np.inf),
    between * (1 + 2.0 ** -40), between * (1 - 2.0 ** -40), between * (1 + 2.0 ** -23), random.uniform(-100, 100, 300000),
    10.0 ** random.uniform(-12, 6, 100000), [65519.999999999, 65520, 1e300, -1e300, 1e-300, np.inf, -np.inf, np.nan, -0.0]])
values = values[~np.isnan(values)]
outputs += [npy(values), npy(values.astype('f2')), npy(values.astype('f4')), npy(values.astype('f4').astype('f2'))]
ints = np.concatenate([np.arange(-70000, 70000), 2 ** np.arange(62), 1 - 2 ** np.arange(62)])
outputs += [npy(ints), npy(ints.astype('f2'))]
long = values.astype('g')
outputs += [npy(long), npy(long.astype('f2'))]
";
    let outputs = numpy.run(code, &[]);
    for pair in outputs.chunks(2) {
        let casting = ReadOptions::new().casting(Casting::Unsafe);
        let ours = Array1::<f16>::read_npy_with(&pair[0][..], &casting).unwrap();
        let theirs = Array1::<f16>::read_npy(&pair[1][..]).unwrap();
        assert!(theirs.len() > 140_000);
        for (index, (ours, theirs)) in ours.iter().zip(&theirs).enumerate() {
            assert_eq!(ours.to_bits(), theirs.to_bits(), "value {index}");
        }
        #[cfg(feature = "text")]
        if pair[0] == outputs[0] {
            let values = Array1::<f64>::read_npy(&pair[0][..]).unwrap();
            let mut text = Vec::new();
            ndarray_io::SaveTxt::new().write(&mut text, &values).unwrap();
            let read: Array1<f16> = ndarray_io::LoadTxt::new().read(&text[..]).unwrap();
            assert!(
                read.iter()
                    .zip(&theirs)
                    .all(|(ours, theirs)| ours.to_bits() == theirs.to_bits())
            );
        }
    }
}

/// A long double holds every integer of 64 bits, and gives it back.
#[test]
fn long_doubles_are_integers_exactly() {
    let Some(mut numpy) = python::numpy("long doubles and integers") else {
        return;
    };
    let code = "
random = np.random.default_rng(5)
signed = np.concatenate([random.integers(-(2 ** 63), 2 ** 63 - 1, 5000, 'i8'), 2 ** np.arange(63), -(2 ** np.arange(63)),
    2 ** 53 + np.arange(-3, 4), [2 ** 63 - 1, -(2 ** 63), 0]]).astype('i8')
unsigned = np.concatenate([signed.view('u8'), np.array([2 ** 63 + 1, 2 ** 64 - 1], 'u8')])
for ints in signed, unsigned:
    long = ints.astype('g')
    fractions = long + np.sign(long) * np.longdouble(.75)
    fractions = fractions[np.abs(fractions) < 2.0 ** 62]
    fractions = np.concatenate([fractions, -(np.longdouble(2) ** 63 - 1) * (fractions[:1] == fractions[:1])])
    outputs += [npy(ints), npy(long), npy(fractions), npy(fractions.astype(ints.dtype))]
";
    let outputs = numpy.run(code, &[]);
    fn check<A: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(outputs: &[Vec<u8>]) {
        let casting = ReadOptions::new().casting(Casting::Unsafe);
        let read = |file: &[u8]| Array1::<A>::read_npy_with(file, &casting).unwrap();
        let ints = read(&outputs[0]);
        assert_eq!(read(&outputs[1]), ints);
        assert_eq!(read(&outputs[2]), read(&outputs[3]));
        let mut long = Vec::new();
        let dtype = "<f16".parse().unwrap();
        ints.write_npy_with(&mut long, &WriteOptions::new().dtype(dtype))
            .unwrap();
        // But for the six bytes that are padding, of which NumPy writes what was there.
        let values = |file: &[u8]| -> Vec<Vec<u8>> { file.chunks_exact(16).map(|item| item[..10].to_vec()).collect() };
        assert!(values(&long[128..]) == values(&outputs[1][128..]));
    }
    check::<i64>(&outputs[..4]);
    check::<u64>(&outputs[4..]);
}
