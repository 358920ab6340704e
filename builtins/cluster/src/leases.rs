//! Limits that several runs share, such as five streams to a grid store.
//!
//! A lease is the kernel's lock on one of `limit` files in a common folder. It
//! ends with the process that holds it, however that ends, so nothing is ever
//! left to clean up.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use crate::logs::safe_name;

/// The lease files of a folder.
#[derive(Debug, Clone)]
pub struct Leases {
    folder: PathBuf,
}

/// One of the streams of a store; free again when dropped.
#[derive(Debug)]
pub struct Lease {
    file: File,
}

impl Drop for Lease {
    fn drop(&mut self) {
        // Not left to closing alone: a child made meanwhile may hold a copy of the file.
        let _ = self.file.unlock();
    }
}

impl Leases {
    /// Makes the folder if need be.
    pub fn new(folder: &Path) -> io::Result<Self> {
        std::fs::create_dir_all(folder)?;
        Ok(Self { folder: folder.to_path_buf() })
    }

    /// One of the `limit` streams of a store; none while all are in use.
    pub fn try_take(&self, store: &str, limit: usize) -> io::Result<Option<Lease>> {
        let store = safe_name(store, 100);
        for number in 1..=limit.max(1) {
            let file = open(&self.folder.join(format!("{store}.{number}.lock")))?;
            match file.try_lock() {
                Ok(()) => return Ok(Some(Lease { file })),
                Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(e)) => return Err(e),
            }
        }
        Ok(None)
    }
}

/// Another account may have made the file; reading it is enough for a lock.
fn open(path: &Path) -> io::Result<File> {
    match OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path) {
        Err(e) if e.kind() == io::ErrorKind::PermissionDenied => File::open(path),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;

    #[test]
    fn there_are_as_many_as_the_limit_says() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("leases");
        let (mine, other) = (Leases::new(&folder).unwrap(), Leases::new(&folder).unwrap());
        let first = mine.try_take("GRID_B", 2).unwrap();
        let second = other.try_take("GRID_B", 2).unwrap();
        assert!(first.is_some() && second.is_some());
        assert!(mine.try_take("GRID_B", 2).unwrap().is_none());
        assert!(mine.try_take("odd/../name", 2).unwrap().is_some());
        drop(first);
        assert!(other.try_take("GRID_B", 2).unwrap().is_some());
    }

    #[test]
    fn a_killed_process_gives_its_lease_back() {
        let folder = tempfile::tempdir().unwrap();
        let leases = Leases::new(folder.path()).unwrap();
        drop(leases.try_take("S", 1).unwrap().unwrap());
        // `flock` says when it has the lock; then it is killed.
        let mut holder = std::process::Command::new("flock")
            .arg("--no-fork")
            .arg(folder.path().join("S.1.lock"))
            .args(["sh", "-c", "echo locked; exec sleep 60"])
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = [0; 7];
        io::Read::read_exact(&mut holder.stdout.take().unwrap(), &mut said).unwrap();
        assert!(leases.try_take("S", 1).unwrap().is_none());
        holder.kill().unwrap();
        holder.wait().unwrap();
        assert!(leases.try_take("S", 1).unwrap().is_some());
    }
}
