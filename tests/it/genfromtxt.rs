//! genfromtxt on text that is no table.

use ndarray::{Ix2, IxDyn};
use ndarray_io::{GenFromTxt, Names};

#[test]
fn whatever_comes_is_a_table_or_an_error() {
    let mut garbage = (0..200_000_u32)
        .map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8)
        .collect::<Vec<_>>();
    garbage.extend(b"\n1,2\n");
    let wide = "1,".repeat(1_000_000) + "2\n";
    let cases: [(&str, &[u8]); 8] = [
        ("empty", b""),
        ("comments", b"# a\n# b\n"),
        ("header", b"a,b\n"),
        ("ragged", b"1,2\n3\n4,5,6\n"),
        ("garbage", &garbage),
        ("one line", &[b'x'; 10_000_000]),
        ("blank", b"\n \n\r\n"),
        ("wide", wide.as_bytes()),
    ];
    for (name, text) in cases {
        for names in [Names::Default, Names::FromHeader] {
            let options = GenFromTxt::new().delimiter(",").names(names);
            let _ = options
                .read::<_, f64, Ix2>(text)
                .map_err(|error| assert!(error.to_string().len() < 10_000, "{name}"));
            if name != "wide" {
                let _ = options.read_table(text).map(|table| table.to_dyn());
                let _ = options
                    .invalid_raise(false)
                    .skip_footer(1)
                    .read_masked::<_, i64, IxDyn>(text);
            }
        }
    }
}
