//! Text tables.

use ndarray::{Array1, Array2, ArrayD, IxDyn};
use ndarray_io::{Casting, Encoding, GenFromTxt, LetterCase, LoadTxt, Names, SaveTxt, fromregex};

/// Any bytes are a table or an error, with any delimiter, quotes, encoding and element.
pub fn loadtxt(bytes: &[u8]) {
    let Some((&choice, text)) = bytes.split_first() else {
        return;
    };
    let mut options = LoadTxt::new();
    if choice & 1 > 0 {
        options = options.delimiter(",");
    }
    if choice & 2 > 0 {
        options = options.quotechar('"');
    }
    if choice & 0x10 > 0 {
        options = options.max_rows(3).skiprows(1); // a line at a time
    }
    if choice & 0x20 > 0 {
        options = options.encoding(encoding(choice));
    }
    match choice >> 2 & 3 {
        0 => drop(options.read::<_, f64, IxDyn>(text)),
        1 => drop(options.read::<_, i64, IxDyn>(text)),
        2 => drop::<Result<ArrayD<String>, _>>(options.read(text)),
        _ => drop::<Result<Array1<(i32, f32, String)>, _>>(options.read(text)),
    }
}

/// Any bytes are a table or an error, with any of genfromtxt's ways to find fields, names, types and missing values.
pub fn genfromtxt(bytes: &[u8]) {
    let Some((&[fields, rows, kind], text)) = bytes.split_first_chunk() else {
        return;
    };
    let mut options = GenFromTxt::new();
    options = match fields & 7 {
        0 | 1 => options,
        2 => options.delimiter(","),
        3 => options.delimiter("\t").autostrip(true),
        4 => options.delimiter(", "),
        5 => options.field_width(3),
        6 => options.field_widths([1, 4, 2]),
        _ => options.delimiter(";").quotechar('"'),
    };
    options = match fields >> 3 & 3 {
        0 => options,
        1 => options.names(Names::FromHeader),
        2 => options.names("a, b, c").usecols(["c", "a"]),
        _ => options
            .names(Names::FromHeader)
            .replace_space("-")
            .deletechars("x")
            .case_sensitive(LetterCase::Lower),
    };
    if fields & 0x20 > 0 {
        options = options.missing_values("NA").filling_values("-1");
    }
    if fields & 0x40 > 0 {
        options = options.no_comments();
    }
    if fields & 0x80 > 0 {
        options = options.invalid_raise(false).loose(false);
    }
    options = options
        .skip_header(u64::from(rows & 3))
        .skip_footer(usize::from(rows >> 2 & 3));
    if rows & 0x10 > 0 {
        options = options.max_rows(usize::from(rows >> 5));
    }
    if kind & 0x10 > 0 {
        options = options.encoding(encoding(kind));
    }
    match kind & 7 {
        0 => drop(options.read::<_, f64, IxDyn>(text)),
        1 => drop(options.read::<_, Option<i64>, IxDyn>(text)),
        2 => drop::<Result<ArrayD<String>, _>>(options.read(text)),
        3 => drop::<Result<Array1<(i32, Option<f32>, String)>, _>>(options.read(text)),
        4 => drop(options.read_masked::<_, f64, IxDyn>(text)),
        _ => {
            let Ok(table) = options.read_table(text) else { return };
            let _ = table.dtype();
            let _ = table.to_record_array();
            let _ = table.to_array::<f64, IxDyn>();
            let _ = table.to_records::<serde_json::Value>();
            let _ = table
                .to_dyn()
                .map(|array| array.into_array::<String, IxDyn>(Casting::Equiv));
        }
    }
}

/// Any text is searched or an error.
pub fn regex(bytes: &[u8]) {
    let Some((&choice, text)) = bytes.split_first() else {
        return;
    };
    let file = super::on_disk(text);
    match choice & 3 {
        0 => drop(fromregex::<_, (i64, f64)>(file.path(), r"(\d+)\s+([\d.e+-]*)")),
        1 => drop(fromregex::<_, (String, f32)>(file.path(), r"(?s)(.*?)=(\S*)")),
        2 => drop(fromregex::<_, u8>(file.path(), "")),
        _ => drop(fromregex::<_, String>(file.path(), r"(?m)^.*$")),
    }
}

/// Numbers that are written as text are read as the same numbers, and any format prints them or is an error.
pub fn roundtrip(bytes: &[u8]) {
    let Some((&[columns, format], rest)) = bytes.split_first_chunk() else {
        return;
    };
    let (format, data) = rest.split_at(rest.len().min(usize::from(format % 32)));
    let columns = usize::from(columns % 4) + 1;
    let words: Vec<u64> = data
        .chunks_exact(8)
        .map(|word| u64::from_le_bytes(word.try_into().expect("8 bytes")))
        .collect();
    let rows = words.len() / columns;
    let words = Array2::from_shape_vec((rows, columns), words[..rows * columns].to_vec()).expect("as many as that");
    let floats = words.map(|&word| f64::from_bits(word));
    if let Ok(format) = std::str::from_utf8(format)
        && !is_wide(format)
    {
        let _ = SaveTxt::new().fmt(format).write(std::io::sink(), &floats);
        let _ = SaveTxt::new().fmt(format).write(std::io::sink(), &words);
        let _ = SaveTxt::new()
            .fmt(format)
            .write(std::io::sink(), &words.map(|word| word.to_string()));
    }
    if rows == 0 {
        return; // text does not say how many columns it would have
    }
    for format in ["%.18e", "%.16e", "%.17g"] {
        let mut text = Vec::new();
        SaveTxt::new()
            .fmt(format)
            .write(&mut text, &floats)
            .expect("floats as text");
        let same: Array2<f64> = LoadTxt::new().read(&text[..]).expect("floats that were written");
        let bits = |value: &f64| if value.is_nan() { u64::MAX } else { value.to_bits() };
        assert_eq!(same.map(bits), floats.map(bits), "{format}");
    }
    let mut text = Vec::new();
    SaveTxt::new()
        .fmt("%d")
        .write(&mut text, &words)
        .expect("integers as text");
    let same: Array2<u64> = LoadTxt::new().read(&text[..]).expect("integers that were written");
    assert_eq!(same, words);
}

/// Whether a format asks for thousands of characters, which it may get: that is slow, not wrong.
fn is_wide(format: &str) -> bool {
    format
        .split(|c: char| !c.is_ascii_digit())
        .any(|digits| digits.len() > 3)
}

fn encoding(choice: u8) -> Encoding {
    let names = [
        "utf-8-sig",
        "latin1",
        "utf-16",
        "utf-16-be",
        "shift_jis",
        "gb18030",
        "ascii",
        "iso-2022-jp",
    ];
    names[usize::from(choice % 8)].parse().expect("an encoding")
}
