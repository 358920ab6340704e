//! A row that knows its file, so that it can be passed around alone.

use std::ops::Deref;
use std::sync::Arc;

use ledama_base::path::DataPath;
use ledama_config::model::Store;

use crate::entry::Entry;
use crate::file::RefFile;

/// One row of a shared file.
#[derive(Debug, Clone)]
pub struct Row {
    file: Arc<RefFile>,
    index: usize,
}

impl Row {
    /// The row of that index, from 0.
    pub fn of(file: &Arc<RefFile>, index: usize) -> Option<Self> {
        (index < file.len()).then(|| Self { file: Arc::clone(file), index })
    }

    /// All rows in order.
    pub fn all(file: &Arc<RefFile>) -> impl Iterator<Item = Self> + use<> {
        let file = Arc::clone(file);
        (0..file.len()).map(move |index| Self { file: Arc::clone(&file), index })
    }

    /// What its path tells, with the corrections of the configuration.
    pub fn facts(&self) -> DataPath<'_> {
        self.file.facts(self)
    }

    /// The store it lies in; none for an unknown node.
    pub fn store(&self) -> Option<&Store> {
        self.file.store_of(self)
    }
}

impl Deref for Row {
    type Target = Entry;

    fn deref(&self) -> &Entry {
        &self.file.entries()[self.index]
    }
}
