//! What Python's `int`, `float` and `complex` allow in the text of a number: blanks around it, any Unicode digits,
//! underscores between digits.

use std::borrow::Cow;

/// The text of a number in ASCII, without the blanks around it and the underscores in it; `None` if those are not each
/// between two digits.
pub(crate) fn plain_number(text: &str) -> Option<Cow<'_, str>> {
    let text = match text.is_ascii() {
        // Of ASCII Python strips C's whitespace only, not the four separators that are blanks to it elsewhere.
        true => Cow::Borrowed(text.trim_matches(|c: char| matches!(c, ' ' | '\t'..='\r'))),
        false => {
            let ascii = text.chars().map(|c| match c {
                _ if c.is_ascii() => c,
                _ if c.is_whitespace() => ' ',
                _ => digit(c).unwrap_or('?'),
            });
            Cow::Owned(ascii.collect::<String>().trim().to_owned())
        }
    };
    if !text.contains('_') {
        return Some(text);
    }
    let is_digit = |at: Option<usize>| {
        at.and_then(|at| text.as_bytes().get(at))
            .is_some_and(u8::is_ascii_digit)
    };
    let mut underscores = text.match_indices('_');
    let between = underscores.all(|(at, _)| is_digit(at.checked_sub(1)) && is_digit(at.checked_add(1)));
    between.then(|| Cow::Owned(text.replace('_', "")))
}

/// The decimal digit that a character is, in ASCII. Unicode has them in blocks of ten, of which these are the first.
fn digit(c: char) -> Option<char> {
    const ZEROS: [u32; 70] = [
        0x0660, 0x06f0, 0x07c0, 0x0966, 0x09e6, 0x0a66, 0x0ae6, 0x0b66, 0x0be6, 0x0c66, 0x0ce6, 0x0d66, 0x0de6, 0x0e50,
        0x0ed0, 0x0f20, 0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90, 0x1b50, 0x1bb0, 0x1c40, 0x1c50,
        0xa620, 0xa8d0, 0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0, 0xff10, 0x104a0, 0x10d30, 0x11066, 0x110f0, 0x11136,
        0x111d0, 0x112f0, 0x11450, 0x114d0, 0x11650, 0x116c0, 0x11730, 0x118e0, 0x11950, 0x11c50, 0x11d50, 0x11da0,
        0x11f50, 0x16a60, 0x16ac0, 0x16b50, 0x1d7ce, 0x1d7d8, 0x1d7e2, 0x1d7ec, 0x1d7f6, 0x1e140, 0x1e2f0, 0x1e4f0,
        0x1e950, 0x1fbf0, 0x16d70, 0x10d40, 0x1ccf0,
    ];
    let value = ZEROS
        .iter()
        .find_map(|zero| u32::from(c).checked_sub(*zero).filter(|value| *value < 10))?;
    char::from_digit(value, 10)
}
