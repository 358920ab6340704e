//! The files of a table in memory: for packed sets, tests and fuzzing.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Folder, Source, join};
use crate::error::{Error, Result};

/// Files by their path; a folder is every file below its path.
#[derive(Clone)]
pub struct Memory {
    path: PathBuf,
    files: Arc<BTreeMap<PathBuf, Arc<[u8]>>>,
}

impl Memory {
    /// A tree of files, seen from its root.
    pub fn new(files: impl IntoIterator<Item = (PathBuf, Vec<u8>)>) -> Self {
        let files = files.into_iter().map(|(path, bytes)| (path, bytes.into())).collect();
        Self { path: PathBuf::new(), files: Arc::new(files) }
    }
}

impl Folder for Memory {
    fn path(&self) -> &Path {
        &self.path
    }

    fn open(&self, name: &str) -> Result<Arc<dyn Source>> {
        let path = self.path.join(name);
        match self.files.get(&path) {
            Some(bytes) => Ok(Arc::new(MemoryFile { path, bytes: Arc::clone(bytes) })),
            None => Err(Error::NotFound { path, what: "does not exist".into() }),
        }
    }

    fn has(&self, name: &str) -> bool {
        self.files.contains_key(&self.path.join(name))
    }

    fn folder(&self, relative: &str) -> Result<Arc<dyn Folder>> {
        Ok(Arc::new(Self { path: join(&self.path, relative), files: Arc::clone(&self.files) }))
    }
}

/// One file in memory.
struct MemoryFile {
    path: PathBuf,
    bytes: Arc<[u8]>,
}

impl Source for MemoryFile {
    fn path(&self) -> &Path {
        &self.path
    }

    fn len(&self) -> u64 {
        self.bytes.len() as u64
    }

    fn held(&self) -> Option<&[u8]> {
        Some(&self.bytes)
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<()> {
        self.check(offset, buffer.len() as u64)?;
        let start = usize::try_from(offset).unwrap_or(usize::MAX);
        buffer.copy_from_slice(&self.bytes[start..start + buffer.len()]);
        Ok(())
    }
}
