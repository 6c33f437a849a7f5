//! Floats by `%e`, `%f` and `%g` against the C library's printf.
//!
//! C differs from Python, and so from NumPy, in NaN and infinities only, which are left out here.
#![allow(unsafe_code)] // a call of a C function

use std::ffi::CString;

use ndarray::Array1;
use ndarray_io::SaveTxt;

use crate::support::random::Random;

/// `snprintf(buffer, size, format, x)`.
fn c(format: &CString, x: f64, line: &mut Vec<u8>) {
    let mut buffer = [0_u8; 2048];
    // SAFETY: the buffer takes as many bytes as is said, and the format, ours, takes one double.
    let length = unsafe { libc::snprintf(buffer.as_mut_ptr().cast(), buffer.len(), format.as_ptr(), x) };
    line.extend_from_slice(&buffer[..usize::try_from(length).expect("printf prints")]);
}

fn value(random: &mut Random) -> f64 {
    let sign = if random.below(2) == 0 { -1.0 } else { 1.0 };
    let x = match random.below(8) {
        0 | 1 => f64::from_bits(random.next()),
        2 => random.unit() * 10.0,
        // Ties, and what looks like them.
        3 => random.below(2_000_000) as f64 / 64.0,
        4 => (random.next() >> random.below(64)) as f64,
        5 => random.below(100_000) as f64 / 10_f64.powi(random.below(8) as i32),
        6 => 10_f64.powi(random.below(620) as i32 - 310),
        _ => (random.below(1_000) as f64 + 0.5) * 10_f64.powi(random.below(20) as i32 - 4),
    };
    if x.is_finite() { sign * x } else { 0.0 }
}

/// Compares so many formats on so many values each.
fn compare(seed: u64, formats: usize, values: usize) {
    let mut random = Random(seed);
    for _ in 0..formats {
        let flags = ["", "", "", "", "-", "+", " ", "#", "0", "#0", "-#", "+0", "0-", " #0"];
        let conversion = random.pick(&["e", "f", "g", "E", "F", "G"]);
        let mut flags = random.pick(&flags).to_owned();
        if conversion.eq_ignore_ascii_case("g") {
            // glibc forgets the zeros that `#` keeps where 99.75 rounds up to 1.0e+02; Python does not.
            flags = flags.replace('#', "");
        }
        let mut format = format!("%{flags}");
        if random.below(2) == 0 {
            format += &(1 + random.below(40)).to_string();
        }
        if random.below(4) > 0 {
            format += &format!(".{}", random.below(41));
        }
        format += conversion;
        let numbers: Array1<f64> = (0..values).map(|_| value(&mut random)).collect();
        let mut ours = Vec::new();
        SaveTxt::new()
            .fmt(&format)
            .write(&mut ours, &numbers)
            .expect("a format of C's");
        let in_c = CString::new(&*format).expect("no NUL");
        let mut theirs = Vec::new();
        for &x in &numbers {
            c(&in_c, x, &mut theirs);
            theirs.push(b'\n');
        }
        if ours != theirs {
            let lines = ours
                .split(|&byte| byte == b'\n')
                .zip(theirs.split(|&byte| byte == b'\n'));
            for ((ours, theirs), x) in lines.zip(&numbers) {
                let (ours, theirs) = (String::from_utf8_lossy(ours), String::from_utf8_lossy(theirs));
                assert_eq!(ours, theirs, "{format:?} of {x:?} ({:#x})", x.to_bits());
            }
        }
    }
}

#[test]
fn floats_are_printed_as_c_prints_them() {
    compare(0x9e37_79b9, 1_000, 100);
}

/// Run by tests/long.rs.
#[test]
#[ignore = "30 million numbers"]
fn millions_of_floats_are_printed_as_c_prints_them() {
    std::thread::scope(|scope| {
        for seed in 1..=4 {
            scope.spawn(move || compare(seed * 0x2545_f491_4f6c_dd1d, 7_500, 1_000));
        }
    });
}
