//! How much disk space files and folders take, with the semantics of `du`.
//!
//! Folders are walked in parallel. Symlinks are counted, never followed. A
//! file with several names is counted once, in one tree and in the total of
//! all trees asked for together, and so is a tree inside another one. What
//! cannot be read is reported beside the sums, never left out silently.

#[cfg(test)]
mod tests;
mod walk;

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::operation::{ErrorKind, OperationError};
use crate::units;
use walk::Walk;

/// How to walk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Options {
    /// Leave out folders on other file systems than the root of the walk.
    pub one_file_system: bool,
    /// Where the root itself is a symlink, walk what it points to.
    pub follow_root: bool,
}

/// What a tree takes. Numbers count names, sums count each file once.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Bytes allocated on the disk, folders included (`du`).
    pub disk_bytes: u64,
    /// Lengths of everything, folders included (`du -b` up to coreutils 9.1).
    pub apparent_bytes: u64,
    /// Lengths of files and symlinks, which a copy has to keep.
    pub file_bytes: u64,
    /// Files.
    pub files: u64,
    /// Folders, the root included.
    pub folders: u64,
    /// Symlinks.
    pub symlinks: u64,
    /// Sockets, pipes and devices.
    pub others: u64,
    /// Names of files that were counted already under another name.
    pub hard_links: u64,
    /// What could not be read, sorted by path.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<UsageError>,
}

impl Usage {
    /// MiB on the disk, rounded up (`du -sm`).
    pub fn mib(&self) -> u64 {
        units::mib(self.disk_bytes)
    }

    /// Whether everything was read.
    pub fn is_complete(&self) -> bool {
        self.errors.is_empty()
    }
}

/// A file or folder that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct UsageError {
    /// In text form.
    pub path: String,
    /// The failure, with the path.
    pub error: String,
    /// Its class.
    pub kind: ErrorKind,
}

impl UsageError {
    fn new(path: String, error: &std::io::Error) -> Self {
        let failure = OperationError::io(crate::quote::show(&path), error);
        Self { path, kind: failure.kind, error: failure.message }
    }
}

/// What several trees take.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Measured {
    /// Each by itself, in the order asked for.
    pub roots: Vec<Usage>,
    /// All together: nothing is counted twice, whatever they share.
    pub total: Usage,
}

/// The walk was interrupted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("interrupted")]
pub struct Cancelled;

/// Measures trees. `cancelled` is asked often and from several threads.
pub fn measure(
    roots: &[PathBuf],
    options: Options,
    cancelled: &(dyn Fn() -> bool + Sync),
) -> Result<Measured, Cancelled> {
    let walk = Walk::new(roots, options, cancelled);
    let trees = walk.run()?;
    let mut measured = Measured::default();
    let inner: HashSet<usize> = trees.iter().flat_map(|t| t.contains.iter().copied()).collect();
    let mut counted = HashMap::new();
    let mut seen_roots = HashSet::new();
    for (index, tree) in trees.into_iter().enumerate() {
        let twice = tree.id.is_some_and(|id| !seen_roots.insert(id));
        if !twice && !inner.contains(&index) {
            measured.total.add(&tree.usage);
            measured.total.take_shared(&tree.links, &mut counted);
        }
        measured.roots.push(tree.usage);
    }
    measured.total.errors.sort();
    Ok(measured)
}

/// Measures one tree.
pub fn measure_one(
    root: PathBuf,
    options: Options,
    cancelled: &(dyn Fn() -> bool + Sync),
) -> Result<Usage, Cancelled> {
    let measured = measure(&[root], options, cancelled)?;
    Ok(measured.roots.into_iter().next().unwrap_or_default())
}

/// Device and inode: what a file is, whatever its names.
type FileId = (u64, u64);

/// The bytes of a file that has several names.
#[derive(Debug, Clone, Copy)]
struct Shared {
    disk_bytes: u64,
    length: u64,
    /// Whether the length counts as that of a file or symlink.
    is_file: bool,
}

impl Usage {
    fn add(&mut self, other: &Self) {
        self.disk_bytes += other.disk_bytes;
        self.apparent_bytes += other.apparent_bytes;
        self.file_bytes += other.file_bytes;
        self.files += other.files;
        self.folders += other.folders;
        self.symlinks += other.symlinks;
        self.others += other.others;
        self.hard_links += other.hard_links;
        self.errors.extend(other.errors.iter().cloned());
    }

    /// Takes away again what another tree of the total has counted.
    fn take_shared(
        &mut self,
        links: &HashMap<FileId, Shared>,
        counted: &mut HashMap<FileId, Shared>,
    ) {
        for (id, shared) in links {
            if counted.insert(*id, *shared).is_some() {
                self.disk_bytes -= shared.disk_bytes;
                self.apparent_bytes -= shared.length;
                self.file_bytes -= if shared.is_file { shared.length } else { 0 };
                self.hard_links += 1;
            }
        }
    }
}
