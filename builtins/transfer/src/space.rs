//! How much room there is where a copy goes.

use std::path::{Path, PathBuf};

use ledama_base::operation::{ErrorKind, OperationError};
use ledama_base::rawtext;
use ledama_base::units::human_bytes;
use rustix::fd::AsFd;
use rustix::fs::{Access, AtFlags, CWD, StatVfsMountFlags, accessat, fstatvfs, statvfs};
use rustix::io::Errno;

use crate::entry::{Kind, Listing};
use crate::fault;

/// Bytes that a folder, link or name takes on its own, about.
const PER_ENTRY: u64 = 4096;

/// Room on one file system for this account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Room {
    /// Bytes that may be written.
    pub(crate) free: u64,
    /// Size of the file system.
    pub(crate) total: u64,
    /// Files that may be made; none if the file system has no such limit.
    pub(crate) free_files: Option<u64>,
    /// Smallest amount that is taken, bytes.
    pub(crate) block: u64,
    /// Whether it is mounted read-only.
    pub(crate) read_only: bool,
}

impl Room {
    /// On the file system of an open file or folder.
    pub(crate) fn of(file: impl AsFd) -> Result<Self, Errno> {
        fstatvfs(file).map(|s| Self::from(&s))
    }

    /// On the file system of a path.
    pub(crate) fn at(path: &Path) -> Result<Self, Errno> {
        statvfs(path).map(|s| Self::from(&s))
    }

    /// Bytes that the content of a set will take here.
    pub(crate) fn need(&self, listing: &Listing) -> u64 {
        listing.entries.iter().fold(0, |sum: u64, entry| {
            sum.saturating_add(match entry.kind {
                Kind::File if entry.sparse() => entry.allocated,
                Kind::File => entry.size.div_ceil(self.block).saturating_mul(self.block),
                Kind::Folder | Kind::Link(_) => PER_ENTRY.min(self.block),
                Kind::HardLink(_) => 0,
            })
        })
    }

    /// Checks that `need` bytes in `files` files fit and leave `margin` bytes free.
    pub(crate) fn check(
        &self,
        path: &str,
        need: u64,
        files: u64,
        margin: u64,
    ) -> Result<(), OperationError> {
        if self.read_only {
            return Err(read_only(path));
        }
        let no_space = |message| {
            Err(OperationError::new(ErrorKind::NoSpace, message)
                .help("make space there, or choose another disk"))
        };
        if need > 0 && need.saturating_add(margin) > self.free {
            let margin = match margin {
                0 => String::new(),
                margin => format!(", and {} are to stay free", human_bytes(margin)),
            };
            let (need, free) = (human_bytes(need), human_bytes(self.free));
            return no_space(format!(
                "the disk of `{path}` has {free} left, but {need} are needed{margin}"
            ));
        }
        if self.free_files.is_some_and(|free| files > free) {
            return no_space(format!(
                "the disk of `{path}` has room for {} more files, but {files} are needed",
                self.free_files.unwrap_or(0)
            ));
        }
        Ok(())
    }
}

impl From<&rustix::fs::StatVfs> for Room {
    fn from(stat: &rustix::fs::StatVfs) -> Self {
        let block = stat.f_frsize.max(1);
        Self {
            free: stat.f_bavail.saturating_mul(block),
            total: stat.f_blocks.saturating_mul(block),
            free_files: (stat.f_files > 0).then_some(stat.f_favail),
            block,
            read_only: stat.f_flag.contains(StatVfsMountFlags::RDONLY),
        }
    }
}

/// The file system takes no changes.
pub(crate) fn read_only(path: &str) -> OperationError {
    OperationError::new(ErrorKind::ReadOnly, format!("the disk of `{path}` is mounted read-only"))
}

/// The nearest folder at or above `path` that exists, as what it really is.
pub(crate) fn existing_ancestor(path: &Path) -> Result<PathBuf, OperationError> {
    let mut at = path;
    loop {
        match std::fs::canonicalize(at) {
            Ok(real) => return Ok(real),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(fault::at(rawtext::path_text(at), error)),
        }
        at = match at.parent() {
            Some(parent) => parent,
            None => return Ok(PathBuf::from("/")),
        };
    }
}

/// Whether this account may make something in a folder.
pub(crate) fn may_write(folder: &Path) -> bool {
    accessat(CWD, folder, Access::WRITE_OK | Access::EXEC_OK, AtFlags::EACCESS).is_ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::entry::{Entry, sample};

    const ROOM: Room = Room {
        free: 1 << 30,
        total: 1 << 31,
        free_files: Some(100),
        block: 4096,
        read_only: false,
    };

    #[test]
    fn what_does_not_fit_is_told_in_round_numbers() {
        assert!(ROOM.check("/d", 1 << 29, 10, 1 << 28).is_ok());
        let error = ROOM.check("/d", 3 << 29, 10, 1 << 20).unwrap_err();
        assert_eq!(error.kind, ErrorKind::NoSpace);
        assert_eq!(
            error.message,
            "the disk of `/d` has 1.0 GiB left, but 1.5 GiB are needed, and 1.0 MiB are to stay free"
        );
        assert!(ROOM.check("/d", 1 << 29, 10, 1 << 30).is_err());
        assert_eq!(ROOM.check("/d", 1, 101, 0).unwrap_err().kind, ErrorKind::NoSpace);
        let read_only = Room { read_only: true, ..ROOM };
        assert_eq!(read_only.check("/d", 1, 1, 0).unwrap_err().kind, ErrorKind::ReadOnly);
        // Nothing to write needs no margin.
        assert!(ROOM.check("/d", 0, 0, 1 << 40).is_ok());
    }

    #[test]
    fn small_files_take_whole_blocks_and_holes_nothing() {
        let file = |size, allocated| Entry { allocated, ..sample(0, "x", Kind::File, size) };
        let listing =
            Listing { entries: vec![file(1, 512), file(1 << 40, 8192), file(4097, 8192)] };
        assert_eq!(ROOM.need(&listing), 4096 + 8192 + 8192);
    }

    #[test]
    fn room_is_found_above_what_does_not_exist() {
        let place = tempfile::tempdir().unwrap();
        let real = place.path().canonicalize().unwrap();
        assert_eq!(existing_ancestor(&place.path().join("a/b/c")).unwrap(), real);
        assert!(may_write(&real));
        assert!(Room::at(&real).unwrap().total > 0);
    }
}
