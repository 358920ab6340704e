//! The texts of all scripts met in a run, so that errors can show the line.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// Script texts by the name their files have in messages. Cheap to clone;
/// clones share their content.
#[derive(Debug, Clone, Default)]
pub struct Sources(Arc<Mutex<BTreeMap<String, Arc<str>>>>);

impl Sources {
    /// No texts yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Remembers the text of a file.
    pub fn add(&self, file: &str, text: Arc<str>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(file.to_string(), text);
    }

    /// The text of a file: as remembered, else as it is on the disk now.
    pub fn text(&self, file: &str) -> Option<Arc<str>> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(file).cloned();
        known.or_else(|| std::fs::read_to_string(Path::new(file)).ok().map(Arc::from))
    }

    /// One line of a file, from 1.
    pub fn line(&self, file: &str, line: usize) -> Option<String> {
        let text = self.text(file)?;
        text.lines().nth(line.checked_sub(1)?).map(str::to_string)
    }
}
