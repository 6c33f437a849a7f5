//! Which values of a column are missing.

/// What there is of a value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Mark {
    #[default]
    There,
    /// Missing, although it was read.
    Read,
    /// Missing, and something stands in for it.
    Filled,
}

/// A mark for each value, as far as the last that is missing. Most columns have none, and there can be millions of them.
#[derive(Clone, Debug, Default)]
#[allow(clippy::box_collection)] // a third of the size, for most of them
pub(crate) struct Marks(Option<Box<Vec<Mark>>>);

impl Marks {
    fn as_slice(&self) -> &[Mark] {
        self.0.as_deref().map_or(&[], Vec::as_slice)
    }

    pub(crate) fn get(&self, row: usize) -> Mark {
        self.as_slice().get(row).copied().unwrap_or_default()
    }

    pub(crate) fn is_missing(&self, row: usize) -> bool {
        self.get(row) != Mark::There
    }

    /// Whether something stands in for a value.
    pub(crate) fn any_filled(&self) -> bool {
        self.as_slice().contains(&Mark::Filled)
    }

    pub(crate) fn set(&mut self, row: usize, mark: Mark) {
        let marks = self.0.get_or_insert_default();
        if marks.len() <= row {
            marks.resize(row + 1, Mark::There);
        }
        if let Some(place) = marks.get_mut(row) {
            *place = mark;
        }
    }

    pub(super) fn truncate(&mut self, rows: usize) {
        if let Some(marks) = &mut self.0 {
            marks.truncate(rows);
        }
    }

    /// Those of the rows after the first `rows`.
    pub(super) fn append(&mut self, more: &Marks, rows: usize) {
        if let Some(more) = more.0.as_deref().filter(|more| !more.is_empty()) {
            let marks = self.0.get_or_insert_default();
            marks.resize(rows, Mark::There);
            marks.extend_from_slice(more);
        }
    }

    /// Takes over those of the first `rows`.
    pub(super) fn restore(&mut self, start: &Marks, rows: usize) {
        for row in 0..rows {
            if self.get(row) != start.get(row) {
                self.set(row, start.get(row));
            }
        }
    }
}

impl PartialEq for Marks {
    fn eq(&self, other: &Marks) -> bool {
        let last = |marks: &Marks| marks.as_slice().iter().rposition(|mark| *mark != Mark::There);
        let (mine, theirs) = (last(self), last(other));
        mine == theirs && mine.is_none_or(|last| self.as_slice()[..=last] == other.as_slice()[..=last])
    }
}

impl FromIterator<bool> for Marks {
    /// Of values that are given, with what stands in for the missing ones.
    fn from_iter<I: IntoIterator<Item = bool>>(missing: I) -> Self {
        let mut marks = Marks::default();
        let missing = missing.into_iter().enumerate().filter(|(_, missing)| *missing);
        missing.for_each(|(row, _)| marks.set(row, Mark::Filled));
        marks
    }
}
