//! How much may be written to a disk.

use std::path::{Path, PathBuf};

use ledama_base::operation::{ErrorKind, OperationError};
use ledama_base::quote::show;
use ledama_base::rawtext;
use ledama_base::units::human_bytes;
use rustix::fd::AsFd;
use rustix::fs::{Access, AtFlags, CWD, StatVfs, StatVfsMountFlags, accessat, fstatvfs, statvfs};
use rustix::io::Errno;

use super::fault;

/// Room on one file system for this account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Room {
    /// Bytes that may be written.
    pub(super) free: u64,
    /// Files that may be made; none if the file system has no such limit.
    pub(super) free_files: Option<u64>,
    read_only: bool,
}

impl Room {
    /// On the file system of an open file or folder.
    pub(super) fn of(file: impl AsFd) -> Result<Self, Errno> {
        fstatvfs(file).map(|stat| Self::from(&stat))
    }

    /// On the file system of a path.
    pub(super) fn at(path: &Path) -> Result<Self, Errno> {
        statvfs(path).map(|stat| Self::from(&stat))
    }

    /// Checks that so much fits and the margin stays free.
    pub(super) fn check(
        &self,
        path: &str,
        need: u64,
        files: u64,
        margin: u64,
    ) -> Result<(), OperationError> {
        let path = show(path);
        if self.read_only {
            let message = format!("the disk of `{path}` is mounted read-only");
            return Err(OperationError::new(ErrorKind::ReadOnly, message));
        }
        if need.saturating_add(margin) > self.free {
            let (need, free) = (human_bytes(need), human_bytes(self.free));
            let margin = match margin {
                0 => String::new(),
                margin => format!(", and {} are to stay free", human_bytes(margin)),
            };
            return Err(full(format!(
                "the disk of `{path}` has {free} left, but {need} are needed{margin}"
            )));
        }
        match self.free_files {
            Some(free) if files > free => Err(full(format!(
                "the disk of `{path}` has room for {free} more files, but {files} are needed"
            ))),
            _ => Ok(()),
        }
    }
}

fn full(message: String) -> OperationError {
    OperationError::new(ErrorKind::NoSpace, message)
        .help("make space there, or choose a folder on another disk with `--output`")
}

impl From<&StatVfs> for Room {
    fn from(stat: &StatVfs) -> Self {
        Self {
            free: stat.f_bavail.saturating_mul(stat.f_frsize.max(1)),
            free_files: (stat.f_files > 0).then_some(stat.f_favail),
            read_only: stat.f_flag.contains(StatVfsMountFlags::RDONLY),
        }
    }
}

/// The nearest folder at or above `path` that exists, as what it really is.
pub(super) fn existing(path: &Path) -> Result<PathBuf, OperationError> {
    let mut at = path;
    loop {
        match std::fs::canonicalize(at) {
            Ok(real) => return Ok(real),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(fault::at(rawtext::path_text(at), error)),
        }
        match at.parent() {
            Some(parent) => at = parent,
            None => return Ok(PathBuf::from("/")),
        }
    }
}

/// Fails if this account cannot make anything in an existing folder.
pub(super) fn expect_writable(folder: &Path) -> Result<(), OperationError> {
    accessat(CWD, folder, Access::WRITE_OK | Access::EXEC_OK, AtFlags::EACCESS)
        .map_err(|e| fault::at(rawtext::path_text(folder), e))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_does_not_fit_is_told_in_round_numbers() {
        let room = Room { free: 1 << 30, free_files: Some(9), read_only: false };
        assert!(room.check("/d", 1 << 29, 9, 1 << 28).is_ok());
        let error = room.check("/d", 3 << 29, 1, 1 << 20).unwrap_err();
        assert_eq!(error.kind, ErrorKind::NoSpace);
        assert_eq!(
            error.message,
            "the disk of `/d` has 1.0 GiB left, but 1.5 GiB are needed, and 1.0 MiB are to stay free"
        );
        assert!(room.check("/d", 0, 10, 0).unwrap_err().message.contains("9 more files"));
        let room = Room { read_only: true, ..room };
        assert_eq!(room.check("/d", 0, 0, 0).unwrap_err().kind, ErrorKind::ReadOnly);
    }

    #[test]
    fn the_nearest_folder_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let real = folder.path().canonicalize().unwrap();
        assert_eq!(existing(&folder.path().join("a/b")).unwrap(), real);
        assert!(expect_writable(&real).is_ok());
        assert!(Room::at(&real).unwrap().free > 0);
        std::fs::write(real.join("file"), "").unwrap();
        assert!(existing(&real.join("file/x")).is_err());
    }
}
