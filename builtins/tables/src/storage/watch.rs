//! Notices when the files of a table change while it is read.
//!
//! Every file that is opened is remembered with its length, its time of
//! change and its number on the disk, as they were when it was opened. When
//! reading fails, or when the caller asks, the files are looked at again: a
//! difference means that another process writes, and that trying again later
//! can help.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use super::{Folder, Source};
use crate::error::Result;

/// What tells one state of a file from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// Its length in bytes.
    pub length: u64,
    /// When it was last written, in seconds and nanoseconds since 1970.
    pub modified: (i64, i64),
    /// Its device and its number there: a file that was replaced has another.
    pub identity: (u64, u64),
}

/// A folder that remembers the state of each file opened in it.
pub(crate) struct Watch {
    folder: Arc<dyn Folder>,
    /// `None` for files that were absent.
    seen: Mutex<BTreeMap<String, Option<Stamp>>>,
}

impl Watch {
    pub(crate) fn new(folder: Arc<dyn Folder>) -> Self {
        Self { folder, seen: Mutex::default() }
    }

    /// Whether a file is not as it was when it was first opened.
    pub(crate) fn changed(&self) -> bool {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.iter().any(|(name, stamp)| self.folder.stamp(name) != *stamp)
    }

    fn remember(&self, name: &str, stamp: Option<Stamp>) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.entry(name.to_string()).or_insert(stamp);
    }
}

impl Folder for Watch {
    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn open(&self, name: &str) -> Result<Arc<dyn Source>> {
        match self.folder.open(name) {
            Ok(source) => {
                self.remember(name, source.stamp());
                Ok(source)
            }
            Err(error) => {
                // One that may not be read is there all the same.
                self.remember(name, self.folder.stamp(name));
                Err(error)
            }
        }
    }

    fn has(&self, name: &str) -> bool {
        self.folder.has(name)
    }

    fn folder(&self, relative: &str) -> Result<Arc<dyn Folder>> {
        self.folder.folder(relative)
    }

    fn stamp(&self, name: &str) -> Option<Stamp> {
        self.folder.stamp(name)
    }

    fn on_disk(&self) -> Option<&Path> {
        self.folder.on_disk()
    }
}
