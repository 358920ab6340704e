//! The list of what a set consists of, as both sides of a copy hold it.
//!
//! An entry names its folder by index and itself by one component, so a list
//! cannot even express a path that leaves the set.

use std::collections::HashMap;

use crate::hash::Hash;

/// A time as file systems keep it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) struct Time {
    /// Seconds since 1970.
    pub(crate) seconds: i64,
    /// Nanoseconds after that.
    pub(crate) nanos: u32,
}

/// What an entry is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A folder.
    Folder,
    /// A file of its own.
    File,
    /// Another name of an earlier file of the list.
    HardLink(u32),
    /// A symbolic link with its raw target.
    Link(Box<[u8]>),
}

/// One member of a set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Index of its folder; the first entry is the set itself and points to itself.
    pub(crate) parent: u32,
    /// One path component; empty for the set itself.
    pub(crate) name: Box<[u8]>,
    /// What it is.
    pub(crate) kind: Kind,
    /// Permission bits, see [`kept_mode`].
    pub(crate) mode: u32,
    /// Time of the last change.
    pub(crate) mtime: Time,
    /// Bytes of content of a file.
    pub(crate) size: u64,
    /// Bytes a file occupies on the disk of the source.
    pub(crate) allocated: u64,
}

impl Entry {
    /// Whether the file may have holes.
    pub(crate) fn sparse(&self) -> bool {
        self.allocated < self.size
    }

    /// Whether it is a file of its own.
    pub(crate) fn is_file(&self) -> bool {
        self.kind == Kind::File
    }
}

/// The permission bits that a copy keeps. The owner of a copy is the account
/// that made it, so a file loses its set-user and set-group bits; a folder
/// keeps set-group and sticky, which say how new files in it are treated.
pub(crate) fn kept_mode(folder: bool, mode: u32) -> u32 {
    if folder { mode & 0o3777 } else { mode & 0o777 }
}

/// All members of a set; folders stand before what they hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Listing {
    /// The set itself first.
    pub(crate) entries: Vec<Entry>,
}

/// Sums over a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Totals {
    /// Content of all files, each once.
    pub(crate) bytes: u64,
    /// Names of files, those of the same file each counted.
    pub(crate) files: u64,
    /// Bytes on the disk of the source.
    pub(crate) allocated: u64,
}

impl Listing {
    /// The entry of that index.
    pub(crate) fn get(&self, index: u32) -> Option<&Entry> {
        self.entries.get(usize::try_from(index).ok()?)
    }

    /// Entries with their indices.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u32, &Entry)> {
        (0u32..).zip(&self.entries)
    }

    /// How many entries there are.
    pub(crate) fn len(&self) -> u32 {
        u32::try_from(self.entries.len()).unwrap_or(u32::MAX)
    }

    /// Path of an entry below the set; empty for the set itself.
    pub(crate) fn path(&self, index: u32) -> Vec<u8> {
        let mut names = Vec::new();
        let mut at = index;
        while let Some(entry) = self.get(at) {
            if at == 0 {
                break;
            }
            names.push(&*entry.name);
            at = entry.parent;
        }
        names.reverse();
        names.join(&b'/')
    }

    /// Sums. Sizes come from file systems or were checked on arrival, so they
    /// cannot overflow; should they, the sum stays at its greatest value.
    pub(crate) fn totals(&self) -> Totals {
        let mut totals = Totals::default();
        for entry in &self.entries {
            match entry.kind {
                Kind::File => {
                    totals.bytes = totals.bytes.saturating_add(entry.size);
                    totals.allocated = totals.allocated.saturating_add(entry.allocated);
                    totals.files += 1;
                }
                Kind::HardLink(_) => totals.files += 1,
                Kind::Folder | Kind::Link(_) => {}
            }
        }
        totals
    }

    /// Index by folder and name.
    pub(crate) fn by_name(&self) -> HashMap<(u32, &[u8]), u32> {
        self.iter().skip(1).map(|(i, e)| ((e.parent, &*e.name), i)).collect()
    }

    /// The digest of the whole set: BLAKE3 over the records `length of path,
    /// path, type, mode, size, hash` in the order of the paths' bytes.
    ///
    /// Numbers are little-endian (lengths and mode 4 bytes, size 8); the type
    /// is `f`, `d` or `l`; the hash is that of the content or of the link's
    /// target, zeros for folders. Another name of a file counts as a file.
    /// Times and places on the disk do not enter.
    pub(crate) fn digest(&self, hashes: &[Hash]) -> Hash {
        let mut order: Vec<(Vec<u8>, u32)> =
            self.iter().map(|(index, _)| (self.path(index), index)).collect();
        order.sort_unstable();
        let mut hasher = blake3::Hasher::new();
        let mut record = Vec::new();
        for (path, index) in order {
            let Some(entry) = self.get(index) else { continue };
            let (kind, size, hash) = match &entry.kind {
                Kind::Folder => (b'd', 0, [0; 32]),
                Kind::File => (b'f', entry.size, at(hashes, index)),
                Kind::HardLink(of) => (b'f', self.get(*of).map_or(0, |e| e.size), at(hashes, *of)),
                Kind::Link(to) => (b'l', to.len() as u64, *blake3::hash(to).as_bytes()),
            };
            record.clear();
            record.extend_from_slice(&u32::try_from(path.len()).unwrap_or(u32::MAX).to_le_bytes());
            record.extend_from_slice(&path);
            record.push(kind);
            record.extend_from_slice(&entry.mode.to_le_bytes());
            record.extend_from_slice(&size.to_le_bytes());
            record.extend_from_slice(&hash);
            hasher.update(&record);
        }
        *hasher.finalize().as_bytes()
    }
}

fn at(hashes: &[Hash], index: u32) -> Hash {
    usize::try_from(index).ok().and_then(|i| hashes.get(i)).copied().unwrap_or_default()
}

/// An entry for tests.
#[cfg(test)]
pub(crate) fn sample(parent: u32, name: impl AsRef<[u8]>, kind: Kind, size: u64) -> Entry {
    let name = name.as_ref().into();
    Entry { parent, name, kind, mode: 0o755, mtime: Time::default(), size, allocated: size }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(parent: u32, name: &str, kind: Kind) -> Entry {
        sample(parent, name, kind, 3)
    }

    fn set() -> Listing {
        Listing {
            entries: vec![
                entry(0, "", Kind::Folder),
                entry(0, "a", Kind::Folder),
                entry(1, "x", Kind::File),
                entry(0, "b", Kind::HardLink(2)),
                entry(0, "c", Kind::Link((*b"a/x").into())),
            ],
        }
    }

    #[test]
    fn paths_and_sums() {
        let listing = set();
        assert_eq!(listing.path(0), b"");
        assert_eq!(listing.path(2), b"a/x");
        let totals = listing.totals();
        assert_eq!((totals.bytes, totals.files, totals.allocated), (3, 2, 3));
        assert_eq!(listing.by_name()[&(1, &b"x"[..])], 2);
    }

    #[test]
    fn the_digest_depends_on_content_names_and_modes_only() {
        let listing = set();
        let mut hashes = vec![[0; 32]; 5];
        let digest = listing.digest(&hashes);
        let mut other = listing.clone();
        other.entries[2].mtime.seconds = 5;
        other.entries[2].allocated = 0;
        assert_eq!(other.digest(&hashes), digest);
        other.entries[2].mode = 0o600;
        assert_ne!(other.digest(&hashes), digest);
        hashes[2] = [1; 32];
        assert_ne!(listing.digest(&hashes), digest);
    }

    #[test]
    fn a_copy_loses_only_the_bits_that_belong_to_the_owner() {
        assert_eq!(kept_mode(false, 0o6755), 0o755);
        assert_eq!(kept_mode(true, 0o6775), 0o2775);
        assert_eq!(kept_mode(true, 0o1777), 0o1777);
    }
}
