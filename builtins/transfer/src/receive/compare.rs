//! Compares what is on a disk with the list of what should be there.

use std::fmt;

use ledama_base::rawtext;

use crate::entry::{Entry, Kind, Listing};
use crate::facts::same_time;
use crate::walk::Walk;

use super::stock::Stock;

/// What is not as it should be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Differences {
    missing: usize,
    different: usize,
    additional: usize,
    first: Option<String>,
}

impl Differences {
    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.missing + self.different + self.additional == 0
    }

    fn name(&mut self, path: Vec<u8>) {
        use std::os::unix::ffi::OsStringExt;
        self.first.get_or_insert_with(|| {
            if path.is_empty() {
                return "the set itself".to_string();
            }
            format!("`{}`", rawtext::encode(&std::ffi::OsString::from_vec(path)))
        });
    }
}

impl fmt::Display for Differences {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [
            (self.missing, "missing"),
            (self.different, "different"),
            (self.additional, "additional"),
        ];
        let mut separator = "";
        for (count, what) in parts.into_iter().filter(|&(count, _)| count > 0) {
            write!(f, "{separator}{count} {what}")?;
            separator = ", ";
        }
        match &self.first {
            Some(first) => write!(f, " (first: {first})"),
            None => Ok(()),
        }
    }
}

/// For every entry of `wanted` the index of the same path in `found`.
fn match_up(wanted: &Listing, found: &Listing) -> Vec<Option<u32>> {
    let names = found.by_name();
    let mut matches: Vec<Option<u32>> = Vec::with_capacity(wanted.entries.len());
    for (index, entry) in wanted.iter() {
        let parent = usize::try_from(entry.parent).ok().and_then(|at| matches.get(at));
        matches.push(match (index, parent) {
            (0, _) => Some(0),
            (_, Some(Some(parent))) => names.get(&(*parent, &*entry.name)).copied(),
            _ => None,
        });
    }
    matches
}

/// Facts about the files of `wanted` in a walk that matches it.
pub(super) fn stock(wanted: &Listing, found: &Walk) -> Stock {
    let matches = match_up(wanted, &found.listing);
    let files = wanted.iter().zip(matches).filter(|((_, entry), _)| entry.is_file());
    files
        .filter_map(|((index, _), at)| {
            let at = usize::try_from(at?).ok()?;
            Some((index, *found.facts.get(at)?))
        })
        .collect()
}

/// Compares names, types, sizes, times of files and targets of links. Modes
/// and times of folders do not count: users may change them on a finished set.
pub(crate) fn compare(wanted: &Listing, found: &Listing, additional: usize) -> Differences {
    let matches = match_up(wanted, found);
    let mut differences = Differences { additional, ..Differences::default() };
    for ((index, entry), at) in wanted.iter().zip(&matches) {
        let Some(other) = at.and_then(|at| found.get(at)) else {
            differences.missing += 1;
            differences.name(wanted.path(index));
            continue;
        };
        if !same(wanted, entry, found, other) {
            differences.different += 1;
            differences.name(wanted.path(index));
        }
    }
    let matched = matches.iter().flatten().count();
    differences.additional += found.entries.len() - matched.min(found.entries.len());
    if differences.additional > 0 {
        let known: std::collections::HashSet<u32> = matches.into_iter().flatten().collect();
        if let Some((index, _)) = found.iter().find(|(index, _)| !known.contains(index)) {
            differences.name(found.path(index));
        }
    }
    differences
}

fn same(wanted: &Listing, entry: &Entry, found: &Listing, other: &Entry) -> bool {
    match (&entry.kind, &other.kind) {
        (Kind::Folder, Kind::Folder) => true,
        (Kind::Link(a), Kind::Link(b)) => a == b,
        _ => match (content(wanted, entry), content(found, other)) {
            (Some(a), Some(b)) => a.size == b.size && same_time(a.mtime, b.mtime),
            _ => false,
        },
    }
}

/// The file that an entry is, or is another name of.
fn content<'a>(listing: &'a Listing, entry: &'a Entry) -> Option<&'a Entry> {
    match entry.kind {
        Kind::File => Some(entry),
        Kind::HardLink(of) => listing.get(of),
        Kind::Folder | Kind::Link(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entry::sample;

    fn entry(parent: u32, name: &str, kind: Kind) -> Entry {
        sample(parent, name, kind, 3)
    }

    fn set() -> Listing {
        Listing {
            entries: vec![
                entry(0, "", Kind::Folder),
                entry(0, "d", Kind::Folder),
                entry(1, "x", Kind::File),
                entry(0, "l", Kind::Link((*b"d").into())),
            ],
        }
    }

    #[test]
    fn modes_and_order_do_not_matter() {
        let wanted = set();
        let mut found = set();
        found.entries[1].mode = 0;
        found.entries.swap(2, 3);
        assert!(compare(&wanted, &found, 0).is_empty());
    }

    #[test]
    fn differences_are_counted_and_the_first_is_named() {
        let wanted = set();
        let mut found = set();
        found.entries[2].size = 4;
        found.entries[3].name = (*b"m").into();
        let differences = compare(&wanted, &found, 0);
        assert_eq!(differences.to_string(), "1 missing, 1 different, 1 additional (first: `d/x`)");
        let mut found = set();
        found.entries.push(entry(1, "y", Kind::File));
        assert_eq!(compare(&wanted, &found, 0).to_string(), "1 additional (first: `d/y`)");
        let mut found = set();
        found.entries[2].mtime.seconds = 8;
        assert_eq!(compare(&wanted, &found, 0).to_string(), "1 different (first: `d/x`)");
    }

    #[test]
    fn a_folder_that_is_missing_takes_its_members_along() {
        let wanted = set();
        let found = Listing { entries: vec![entry(0, "", Kind::Folder)] };
        assert_eq!(compare(&wanted, &found, 0).to_string(), "3 missing (first: `d`)");
        let file = Listing { entries: vec![entry(0, "", Kind::File)] };
        assert!(compare(&wanted, &file, 0).to_string().contains("the set itself"));
    }
}
