//! The names of members as the fields of structs and the keys of maps.
//!
//! A slash in a name is either the way into a struct or map inside, or a part of a map's key, as in
//! `np.savez(file, **{"layer/w": w})`. The type alone tells which, and serde has a key made before it says what the
//! value is. So names are paths at first; a map that turns out to want an array where there are only longer names is
//! of [`Flat`] keys, and the archive is read anew.

use std::any::TypeId;
use std::cell::{Cell, RefCell};
use std::collections::HashSet;

use crate::npz::read::key;
use crate::npz::zip::Directory;

/// What names behind a prefix are cut into.
#[derive(Clone, Copy)]
pub(super) enum Keys {
    /// These fields or variants, which may have slashes; other names end at their first slash.
    Fields(&'static [&'static str]),
    /// Names end at their first slash, unless a member has that name: it cannot be a folder too.
    Paths,
    /// A name is a key as it is.
    Whole,
}

/// The names that continue `prefix`, each once.
pub(super) fn children(directory: &Directory, prefix: &str, keys: Keys) -> Vec<String> {
    let slashed: Vec<&str> = match keys {
        Keys::Fields(fields) => fields.iter().copied().filter(|field| field.contains('/')).collect(),
        _ => Vec::new(),
    };
    let child = |rest| match (keys, str::split_once(rest, '/')) {
        (Keys::Whole, _) | (_, None) => rest,
        (Keys::Paths, Some((first, _))) => match directory.find(&format!("{prefix}{first}")) {
            Some(_) => rest,
            None => first,
        },
        (Keys::Fields(_), Some((first, _))) => {
            let goes_on = |field: &&&str| match rest.strip_prefix(**field) {
                Some(rest) => rest.is_empty() || rest.starts_with('/'),
                None => false,
            };
            slashed.iter().find(goes_on).copied().unwrap_or(first)
        }
    };
    let mut seen = HashSet::new();
    let rests = directory.entries.iter().filter_map(|entry| {
        // Archives have entries of folders too: one of the folder itself is no name in it, and none is a whole key.
        let is_skipped = match keys {
            Keys::Whole => entry.name.ends_with('/'),
            _ => entry.name == prefix,
        };
        key(&entry.name).strip_prefix(prefix).filter(|_| !is_skipped)
    });
    rests
        .map(child)
        .filter(|child| seen.insert(*child))
        .map(str::to_owned)
        .collect()
}

/// The types of maps whose keys are whole names.
///
/// By type, so that an archive is read at most once for each type of map that the value has in it.
#[derive(Default)]
pub(super) struct Flat {
    maps: RefCell<HashSet<TypeId>>,
    found: Cell<Option<Found>>,
}

/// How it came out that a map's keys are whole names.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Found {
    /// It wants an array where there is none.
    Surely,
    /// It wants an enum, and what there is may be none of its variants, or a wrong one.
    Perhaps,
}

impl Flat {
    pub(super) fn has(&self, map: TypeId) -> bool {
        self.maps.borrow().contains(&map)
    }

    /// From the next attempt on, the keys of that map are whole names.
    pub(super) fn add(&self, map: TypeId, found: Found) {
        self.maps.borrow_mut().insert(map);
        self.found.set(Some(found));
    }

    /// Whether something came out since this was asked last.
    pub(super) fn take(&self) -> Option<Found> {
        self.found.take()
    }
}
