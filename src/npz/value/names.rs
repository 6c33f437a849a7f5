//! The names of members as the fields of structs and the keys of maps.
//!
//! A slash in a name is either the way into a struct or map inside, or a part of a map's key, as in
//! `np.savez(file, **{"layer/w": w})`. The type alone tells which, and serde has a key made before it says what the
//! value is. So names are paths at first; a map that turns out to want an array where there are only longer names is
//! flat, with whole names as keys, and the archive is read anew.

use std::any::TypeId;
use std::cell::{Cell, RefCell};
use std::collections::HashSet;

use crate::error::Result;
use crate::limits;
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

/// What is known of an archive's names while a value is made of it.
pub(super) struct Names {
    /// The members, in the order of their keys: those that continue a prefix stand together.
    sorted: Vec<usize>,
    /// The types of maps whose keys are whole names. By type, so that an archive is read at most once for each type of
    /// map that the value has in it.
    flat: RefCell<HashSet<TypeId>>,
    found: Cell<Option<Found>>,
}

/// How it shows that a map's keys are whole names.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Found {
    /// It wants an array where there is none.
    Array,
    /// A part of a name is no key. Perhaps all of it is none either.
    Key,
}

impl Names {
    pub(super) fn new(directory: &Directory) -> Names {
        let mut sorted: Vec<usize> = (0..directory.entries.len()).collect();
        sorted.sort_by_key(|&index| directory.entries.get(index).map(|entry| key(&entry.name)));
        Names {
            sorted,
            flat: RefCell::default(),
            found: Cell::default(),
        }
    }

    /// Whether the keys of that type of map are whole names.
    pub(super) fn is_flat(&self, map: TypeId) -> bool {
        self.flat.borrow().contains(&map)
    }

    /// From the next attempt on, the keys of that map are whole names.
    pub(super) fn add_flat(&self, map: TypeId, found: Found) {
        self.flat.borrow_mut().insert(map);
        self.found.set(Some(found));
    }

    /// What one was added for since this was asked last.
    pub(super) fn take_found(&self) -> Option<Found> {
        self.found.take()
    }

    /// The names that continue `prefix`, each once, in the archive's order.
    pub(super) fn children(&self, directory: &Directory, prefix: &str, keys: Keys) -> Vec<String> {
        let slashed: Vec<&str> = match keys {
            Keys::Fields(fields) => fields.iter().copied().filter(|field| field.contains('/')).collect(),
            _ => Vec::new(),
        };
        let name = |index: usize| directory.entries.get(index).map_or("", |entry| entry.name.as_str());
        let child = |(index, rest): (usize, _)| {
            // Archives have entries of folders too, which are no whole keys.
            let whole = Some(rest).filter(|_| !name(index).ends_with('/'));
            match (keys, str::split_once(rest, '/')) {
                (Keys::Whole, _) => whole,
                (_, None) => Some(rest),
                (Keys::Paths, Some((first, _))) => match directory.find(&format!("{prefix}{first}")) {
                    Some(_) => whole,
                    None => Some(first),
                },
                (Keys::Fields(_), Some((first, _))) => {
                    let goes_on = |field: &&&str| match rest.strip_prefix(**field) {
                        Some(rest) => rest.is_empty() || rest.starts_with('/'),
                        None => false,
                    };
                    // The longest: `a/b/c` is a field beside `a/b`.
                    let field = slashed.iter().filter(goes_on).max_by_key(|field| field.len());
                    match field {
                        None if rest.ends_with('/') && slashed.iter().any(|field| field.starts_with(rest)) => None,
                        field => field.copied().or(Some(first)),
                    }
                }
            }
        };
        let first = self.sorted.partition_point(|&index| key(name(index)) < prefix);
        let after = self.sorted.get(first..).unwrap_or_default().iter().copied();
        let mut rests: Vec<(usize, &str)> = after
            .map_while(|index| Some((index, key(name(index)).strip_prefix(prefix)?)))
            .filter(|&(index, _)| name(index) != prefix) // the folder itself is no name in it
            .collect();
        rests.sort_unstable();
        let mut seen = HashSet::new();
        rests
            .into_iter()
            .filter_map(child)
            .filter(|child| seen.insert(*child))
            .map(str::to_owned)
            .collect()
    }
}

/// The prefix of the names in a folder.
///
/// # Errors
///
/// [`ErrorKind::Limit`](crate::ErrorKind::Limit) for a folder that is too deep: each level takes room on the stack.
pub(super) fn inside(folder: &str) -> Result<String> {
    let depth = 1 + folder.bytes().filter(|&byte| byte == b'/').count();
    if depth > limits::FOLDER_DEPTH {
        return Err(limits::exceeded(format!(
            "a struct or map inside {depth} others, by its name; at most {} are read, and NpzReader::read_all reads \
             arrays of any name",
            limits::FOLDER_DEPTH
        )));
    }
    Ok(format!("{folder}/"))
}
