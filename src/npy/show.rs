//! Tables for people: columns of cells under their heads.

use std::fmt;

/// The rows that are shown of a longer table: half of them from its start, half from its end.
const SHOWN: usize = 20;

/// The rows that are shown of so many.
pub(crate) fn shown_rows(count: usize) -> impl Iterator<Item = usize> + Clone {
    let half = match count <= SHOWN {
        true => count,
        false => SHOWN / 2,
    };
    (0..half).chain(count.saturating_sub(SHOWN / 2).max(half)..count)
}

/// Writes columns side by side, each as wide as its widest cell: some heads, then those of `count` rows that
/// [`shown_rows`] names.
pub(crate) fn write_columns(
    f: &mut fmt::Formatter<'_>,
    columns: &[Vec<String>],
    heads: usize,
    count: usize,
) -> fmt::Result {
    let width = |cells: &Vec<String>| {
        let widest = cells.iter().map(|cell| cell.chars().count()).max();
        // Formatting pads no further, and panics.
        widest.unwrap_or(0).min(usize::from(u16::MAX))
    };
    let widths: Vec<usize> = columns.iter().map(width).collect();
    let shown = shown_rows(count).count();
    for line in 0..heads + shown {
        if count > shown && line == heads + shown / 2 {
            writeln!(f, "... {} more ...", count - shown)?;
        }
        for (index, (cells, width)) in columns.iter().zip(&widths).enumerate() {
            let gap = if index > 0 { "  " } else { "" };
            write!(f, "{gap}{:>width$}", cells.get(line).map_or("", String::as_str))?;
        }
        writeln!(f)?;
    }
    Ok(())
}
