//! The files of a table in a folder of the file system.

use std::fs::{File, Metadata};
use std::io::Read as _;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Folder, Source, Stamp, join};
use crate::error::{Error, Result};

/// Files up to this length are read when they are opened, in one piece, and
/// closed again: nearly all files of sub-tables are that small, and two calls
/// of the system for each of several places are what opening them would cost.
const SMALL: u64 = 64 << 10;

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
        let (len, stamp) = (meta.len(), stamp(&meta));
        let content = if len > SMALL {
            Content::Open(file)
        } else {
            let mut bytes = Vec::with_capacity(usize::try_from(len).unwrap_or_default());
            // It may have become shorter, which shows when the rest is asked for.
            let read = file.take(len).read_to_end(&mut bytes);
            read.map_err(|error| Error::io(&path, error))?;
            Content::Held(bytes)
        };
        Ok(Arc::new(DiskFile { path, content, len, stamp }))
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

/// A file as it was when it was opened.
struct DiskFile {
    path: PathBuf,
    content: Content,
    len: u64,
    stamp: Stamp,
}

enum Content {
    Open(File),
    Held(Vec<u8>),
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

    fn held(&self) -> Option<&[u8]> {
        match &self.content {
            Content::Held(bytes) => Some(bytes),
            Content::Open(_) => None,
        }
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<()> {
        let cut_off = || {
            let end = offset.saturating_add(buffer.len() as u64);
            Error::corrupt(&self.path, format!("ends before byte {end}"))
        };
        match &self.content {
            Content::Held(bytes) => {
                let start = usize::try_from(offset).unwrap_or(usize::MAX);
                let held = bytes.get(start..start.saturating_add(buffer.len()));
                buffer.copy_from_slice(held.ok_or_else(cut_off)?);
                Ok(())
            }
            Content::Open(file) => {
                let length = buffer.len() as u64;
                file.read_exact_at(buffer, offset).map_err(|error| {
                    if error.kind() == std::io::ErrorKind::UnexpectedEof {
                        let end = offset.saturating_add(length);
                        return Error::corrupt(&self.path, format!("ends before byte {end}"));
                    }
                    Error::io(&self.path, error)
                })
            }
        }
    }
}
