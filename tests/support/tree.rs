//! What a folder tree holds, read by our own walk, and whether two are the same.
//!
//! Content by BLAKE3, modes, times to the nanosecond, owners, link targets,
//! which names are one file, and how much of a file is stored.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use ledama_base::rawtext;
use rustix::fs::{SeekFrom, seek};

/// What one name in a tree is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    /// `file`, `folder`, `link`, `pipe` or `other`.
    pub(crate) kind: &'static str,
    /// Permission bits; 0 for links, which have none of their own.
    pub(crate) mode: u32,
    /// Seconds and nanoseconds of the last change of the content.
    pub(crate) time: (i64, i64),
    /// Owner and group.
    pub(crate) owner: (u32, u32),
    /// Bytes of a file; 0 for everything else.
    pub(crate) size: u64,
    /// BLAKE3 of a file, target of a link.
    pub(crate) content: String,
    /// First name (in byte order) of the same file inside the tree.
    pub(crate) twin: Option<PathBuf>,
    /// Bytes that are not holes; compared only for sparseness. Not the blocks
    /// on the disk: their number changes by itself while the system writes
    /// back, so a source that nobody touched would look changed.
    pub(crate) stored: u64,
}

/// All names below (and with) `root`, by relative path.
pub(crate) fn walk(root: &Path) -> BTreeMap<PathBuf, Entry> {
    let mut found = BTreeMap::new();
    let mut todo = vec![PathBuf::new()];
    while let Some(relative) = todo.pop() {
        let path =
            if relative.as_os_str().is_empty() { root.to_path_buf() } else { root.join(&relative) };
        let entry = look(&path);
        if entry.kind == "folder" {
            for child in std::fs::read_dir(&path).unwrap() {
                todo.push(relative.join(child.unwrap().file_name()));
            }
        }
        found.insert(relative, entry);
    }
    mark_twins(root, &mut found);
    found
}

fn look(path: &Path) -> Entry {
    let facts = path.symlink_metadata().unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let kind = facts.file_type();
    let (name, mode, size, content) = if kind.is_file() {
        ("file", facts.mode() & 0o7777, facts.len(), hash(path))
    } else if kind.is_dir() {
        ("folder", facts.mode() & 0o7777, 0, String::new())
    } else if kind.is_symlink() {
        ("link", 0, 0, rawtext::path_text(&std::fs::read_link(path).unwrap()))
    } else if kind.is_fifo() {
        ("pipe", facts.mode() & 0o7777, 0, String::new())
    } else {
        ("other", facts.mode() & 0o7777, 0, String::new())
    };
    Entry {
        kind: name,
        mode,
        time: (facts.mtime(), facts.mtime_nsec()),
        owner: (facts.uid(), facts.gid()),
        size,
        content,
        twin: None,
        stored: if kind.is_file() { stored(path) } else { 0 },
    }
}

/// Bytes of a file that are not holes.
fn stored(path: &Path) -> u64 {
    let file = std::fs::File::open(path).unwrap();
    let (mut sum, mut at) = (0, 0);
    while let Ok(data) = seek(&file, SeekFrom::Data(at)) {
        at = seek(&file, SeekFrom::Hole(data)).unwrap();
        sum += at - data;
    }
    sum
}

fn hash(path: &Path) -> String {
    let mut hasher = blake3::Hasher::new();
    let file = std::fs::File::open(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    hasher.update_reader(file).unwrap();
    hasher.finalize().to_hex().to_string()
}

fn mark_twins(root: &Path, found: &mut BTreeMap<PathBuf, Entry>) {
    let mut first: BTreeMap<(u64, u64), PathBuf> = BTreeMap::new();
    for (relative, entry) in found.iter_mut().filter(|(_, entry)| entry.kind == "file") {
        let facts = root.join(relative).symlink_metadata().unwrap();
        if facts.nlink() > 1 {
            let name = first.entry((facts.dev(), facts.ino())).or_insert_with(|| relative.clone());
            entry.twin = Some(name.clone());
        }
    }
    // A file whose other names lie outside has no twin inside.
    let mut count: BTreeMap<PathBuf, usize> = BTreeMap::new();
    for twin in found.values().filter_map(|entry| entry.twin.clone()) {
        *count.entry(twin).or_default() += 1;
    }
    for entry in found.values_mut() {
        if entry.twin.as_ref().is_some_and(|twin| count[twin] < 2) {
            entry.twin = None;
        }
    }
}

/// How a copy differs from its source; empty when it does not.
pub(crate) fn differences(source: &Path, copy: &Path) -> Vec<String> {
    compare(&walk(source), &walk(copy))
}

/// How what was found differs from what is wanted.
pub(crate) fn compare(
    source: &BTreeMap<PathBuf, Entry>,
    copy: &BTreeMap<PathBuf, Entry>,
) -> Vec<String> {
    let mut found = Vec::new();
    for (name, wanted) in source {
        match copy.get(name) {
            None => found.push(format!("{}: missing", name.display())),
            Some(got) => {
                found.extend(unlike(wanted, got).map(|how| format!("{}: {how}", name.display())));
            }
        }
    }
    found.extend(
        copy.keys()
            .filter(|name| !source.contains_key(*name))
            .map(|n| format!("{}: too much", n.display())),
    );
    found
}

fn unlike(wanted: &Entry, got: &Entry) -> Option<String> {
    let same = Entry { stored: 0, ..wanted.clone() } == Entry { stored: 0, ..got.clone() };
    // A hole that was filled: much more is stored than of the source.
    let filled = got.stored > wanted.stored + (32 << 10) + wanted.stored / 4;
    if same && !filled {
        return None;
    }
    Some(format!("wanted {wanted:?}, got {got:?}"))
}

/// Expects a copy to be the same as its source in every respect.
#[track_caller]
pub(crate) fn assert_same(source: &Path, copy: &Path) {
    let found = differences(source, copy);
    assert!(
        found.is_empty(),
        "{} differs from {}:\n{}",
        copy.display(),
        source.display(),
        found.join("\n")
    );
}

/// Expects every entry of a folder to have a same one in another; the folders
/// themselves may differ, for example in their times.
#[track_caller]
pub(crate) fn assert_same_entries(source: &Path, copy: &Path) {
    let names = |folder: &Path| -> Vec<OsString> {
        let entries =
            std::fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
        let mut names: Vec<OsString> = entries.map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        names
    };
    assert_eq!(names(source), names(copy), "{} and {}", source.display(), copy.display());
    for name in names(source) {
        assert_same(&source.join(&name), &copy.join(&name));
    }
}

/// Names in a folder that begin with a dot and belong to a copy that is not
/// finished.
pub(crate) fn parts(folder: &Path) -> Vec<OsString> {
    std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.file_name())
        .filter(|name| {
            let name = name.to_string_lossy();
            name.contains(".ledama-part-") && !name.ends_with(".state")
        })
        .collect()
}

/// Bytes of all files below a folder; things may vanish meanwhile.
pub(crate) fn bytes_below(folder: &Path) -> u64 {
    let mut sum = 0;
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        match entry.metadata() {
            Ok(facts) if facts.is_dir() => sum += bytes_below(&entry.path()),
            Ok(facts) => sum += facts.len(),
            Err(_) => {}
        }
    }
    sum
}
