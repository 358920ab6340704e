//! The files of a table in a folder of the file system.

use std::fs::{File, Metadata};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Folder, Source, Stamp, join};
use crate::error::{Error, Result};

/// A folder of the file system.
#[derive(Debug, Clone)]
pub struct Disk {
    path: PathBuf,
}

impl Disk {
    /// The folder at this path; nothing is opened yet.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }
}

impl Folder for Disk {
    fn path(&self) -> &Path {
        &self.path
    }

    fn open(&self, name: &str) -> Result<Arc<dyn Source>> {
        let path = self.path.join(name);
        let file = File::open(&path).map_err(|error| Error::io(&path, error))?;
        let meta = file.metadata().map_err(|error| Error::io(&path, error))?;
        if !meta.is_file() {
            return Err(Error::corrupt(&path, "is not a regular file"));
        }
        Ok(Arc::new(DiskFile { path, file, len: meta.len(), stamp: stamp(&meta) }))
    }

    fn has(&self, name: &str) -> bool {
        self.path.join(name).is_file()
    }

    fn folder(&self, relative: &str) -> Result<Arc<dyn Folder>> {
        Ok(Arc::new(Self::new(join(&self.path, relative))))
    }

    fn stamp(&self, name: &str) -> Option<Stamp> {
        self.path.join(name).metadata().ok().map(|meta| stamp(&meta))
    }

    fn on_disk(&self) -> Option<&Path> {
        Some(&self.path)
    }
}

fn stamp(meta: &Metadata) -> Stamp {
    Stamp {
        length: meta.len(),
        modified: (meta.mtime(), meta.mtime_nsec()),
        identity: (meta.dev(), meta.ino()),
    }
}

/// An open file.
struct DiskFile {
    path: PathBuf,
    file: File,
    len: u64,
    stamp: Stamp,
}

impl Source for DiskFile {
    fn path(&self) -> &Path {
        &self.path
    }

    fn len(&self) -> u64 {
        self.len
    }

    fn stamp(&self) -> Option<Stamp> {
        Some(self.stamp)
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<()> {
        self.file.read_exact_at(buffer, offset).map_err(|error| {
            if error.kind() == std::io::ErrorKind::UnexpectedEof {
                let end = offset.saturating_add(buffer.len() as u64);
                return Error::corrupt(&self.path, format!("ends before byte {end}"));
            }
            Error::io(&self.path, error)
        })
    }
}
