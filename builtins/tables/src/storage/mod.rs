//! Where the files of a table are: a folder on disk, inside another file, or
//! in memory.
//!
//! Readers ask for bytes at an offset and never see a path. Files are read
//! with positioned reads and not mapped: a mapped file that another process
//! cuts off kills the reading program, while a short read is an error with a
//! name.

mod disk;
mod memory;
mod multi_file;
mod watch;

use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use disk::Disk;
pub use memory::Memory;
pub(crate) use multi_file::MultiFile;
pub use watch::Stamp;
pub(crate) use watch::Watch;

use crate::error::{Error, Result};

/// The files of one table.
pub trait Folder: Send + Sync {
    /// Where it is, for messages.
    fn path(&self) -> &Path;
    /// Opens the file of that name.
    fn open(&self, name: &str) -> Result<Arc<dyn Source>>;
    /// Whether there is a file of that name.
    fn has(&self, name: &str) -> bool;
    /// The folder at a relative path (which may begin with `..`), for sub-tables and parents.
    fn folder(&self, relative: &str) -> Result<Arc<dyn Folder>>;

    /// The state of a file now; `None` where it is absent or never changes.
    fn stamp(&self, _name: &str) -> Option<Stamp> {
        None
    }

    /// The folder of the file system, if it is one.
    fn on_disk(&self) -> Option<&Path> {
        None
    }
}

/// A file that is open for reading.
pub trait Source: Send + Sync {
    /// Where it is, for messages.
    fn path(&self) -> &Path;
    /// Its length in bytes when it was opened.
    fn len(&self) -> u64;
    /// Fills the whole buffer from the offset.
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<()>;

    /// The state it had when it was opened; `None` where it never changes.
    fn stamp(&self) -> Option<Stamp> {
        None
    }

    /// All its bytes, where they are in memory.
    fn held(&self) -> Option<&[u8]> {
        None
    }

    /// Whether it has no bytes.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Fails unless `length` bytes stand at the offset, so that nothing is
    /// allocated on the word of a damaged file.
    fn check(&self, offset: u64, length: u64) -> Result<()> {
        match offset.checked_add(length) {
            Some(end) if end <= self.len() => Ok(()),
            _ => Err(Error::corrupt(
                self.path(),
                format!(
                    "ends at byte {} where {length} bytes at {offset} should stand",
                    self.len()
                ),
            )),
        }
    }

    /// The bytes at the offset, after [`Source::check`].
    fn bytes(&self, offset: u64, length: u64) -> Result<Vec<u8>> {
        self.check(offset, length)?;
        let length = usize::try_from(length).map_err(|_| Error::Memory {
            what: self.path().display().to_string(),
            bytes: length,
        })?;
        if let Some(held) = self.held() {
            let start = usize::try_from(offset).unwrap_or(usize::MAX);
            let bytes = held.get(start..start.saturating_add(length));
            let changed = || Error::corrupt(self.path(), "is shorter than it was");
            return bytes.map(<[u8]>::to_vec).ok_or_else(changed);
        }
        let mut bytes = vec![0; length];
        self.read_at(offset, &mut bytes)?;
        Ok(bytes)
    }

    /// The whole file.
    fn all(&self) -> Result<Vec<u8>> {
        self.bytes(0, self.len())
    }
}

/// The path of a file in a folder, in one allocation.
pub(crate) fn file_in(folder: &Path, name: &str) -> PathBuf {
    let mut path = PathBuf::with_capacity(folder.as_os_str().len() + 1 + name.len());
    path.push(folder);
    path.push(name);
    path
}

/// Joins a relative name to a folder without looking at the disk.
pub(crate) fn join(base: &Path, relative: &str) -> PathBuf {
    let mut path = base.to_path_buf();
    for part in Path::new(relative).components() {
        match part {
            std::path::Component::CurDir => {}
            std::path::Component::ParentDir => match path.components().next_back() {
                Some(std::path::Component::Normal(_)) => {
                    path.pop();
                }
                _ => path.push(".."),
            },
            other => path.push(other),
        }
    }
    path
}
