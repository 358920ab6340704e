//! Is the data of a RefFile, or of a copy, where it should be and complete?
//!
//! What is expected comes from the RefFile, and exact bytes from the journal
//! of the copy; what is there comes from the nodes.

pub mod judge;
mod result;
mod status;
pub mod summary;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use ledama_base::operation::{ErrorKind, OperationError};
use ledama_base::rawtext::path_text;
use ledama_cluster::journal;
use ledama_cluster::report::{Report, State};
use ledama_config::Inventory;
use ledama_reffile::{Entry, RefFile, RefFileError};
use serde_json::Value;

use judge::{Expected, Seen, Tolerance, judge};
pub use result::{CheckResult, CheckedRow};

/// What is to be checked.
#[derive(Debug, Clone)]
pub struct Check {
    targets: RefFile,
    /// Where each target was copied from, if that is known.
    sources: Vec<Option<Entry>>,
    /// What the journal knows of each target.
    known: Vec<Known>,
    /// Whether the copy is still running.
    running: bool,
    /// What is odd, for the user.
    notes: Vec<String>,
}

/// What the journal of a copy knows of one target.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Known {
    bytes: Option<u64>,
    seconds: Option<f64>,
}

impl Check {
    /// Opens a RefFile, or the status folder of a copy.
    ///
    /// # Errors
    /// A file that is no RefFile, a folder without one.
    pub fn open(path: &Path, inventory: &Arc<Inventory>) -> Result<Self, OperationError> {
        if path.is_dir() {
            return Self::of_status(path, inventory);
        }
        let targets = RefFile::open(path, inventory).map_err(|e| explain(&e))?;
        let notes = targets.warnings().to_vec();
        let rows = targets.len();
        Ok(Self {
            targets,
            sources: vec![None; rows],
            known: vec![Known::default(); rows],
            running: false,
            notes,
        })
    }

    fn of_status(folder: &Path, inventory: &Arc<Inventory>) -> Result<Self, OperationError> {
        let status::Lists { targets, sources, notes } = status::lists(folder, inventory)?;
        let running = journal::is_held(folder);
        let journal = journal::Journal::read(folder)
            .map_err(|e| OperationError::new(ErrorKind::Io, e.to_string()))?;
        let mut done: HashMap<(&str, &str), Known> = HashMap::new();
        for record in journal.latest().values() {
            if record.state == journal::RecordState::Done {
                done.insert((&record.node, &record.label), known(&record.value));
            }
        }
        let known = targets
            .entries()
            .iter()
            .map(|e| done.get(&e.key()).copied().unwrap_or_default())
            .collect();
        Ok(Self { targets, sources, known, running, notes })
    }

    /// How many sets are checked.
    pub fn len(&self) -> usize {
        self.targets.len()
    }

    /// Whether there is nothing to check.
    pub fn is_empty(&self) -> bool {
        self.targets.is_empty()
    }

    /// Whether the copy is still running.
    pub fn is_running(&self) -> bool {
        self.running
    }

    /// What is odd, for the user.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// The sets that are checked.
    pub fn targets(&self) -> &RefFile {
        &self.targets
    }

    /// Paths on one node, each once.
    pub fn paths(&self, node: &str) -> Vec<String> {
        let mut paths: Vec<String> = self
            .targets
            .entries()
            .iter()
            .filter(|e| &*e.node == node)
            .map(|e| e.path.to_string())
            .collect();
        let mut seen = std::collections::HashSet::new();
        paths.retain(|path| seen.insert(path.clone()));
        paths
    }

    /// The machines to ask; stores cannot be asked.
    pub fn nodes(&self) -> Vec<String> {
        let config = Arc::clone(self.targets.inventory().config());
        let names = self.targets.nodes();
        names.names().iter().filter(|n| config.remote_store(n).is_none()).cloned().collect()
    }

    /// Judges what the nodes have answered to `ms.sizes`.
    pub fn judge(&self, report: &Report, tolerance: Tolerance) -> CheckResult {
        let mut seen: HashMap<(&str, String), Seen> = HashMap::new();
        let mut silent: HashMap<&str, &str> = HashMap::new();
        for outcome in &report.outcomes {
            if !matches!(outcome.state, State::Done | State::AlreadyDone) {
                let why = outcome.error.as_ref().map_or("no answer", |e| e.message.as_str());
                silent.insert(&outcome.node, why);
            }
            for value in outcome.value.get("paths").and_then(Value::as_array).into_iter().flatten()
            {
                if let Ok(found) = serde_json::from_value::<Seen>(value.clone()) {
                    seen.insert((&outcome.node, found.path.clone()), found);
                }
            }
        }
        let rows = self
            .targets
            .entries()
            .iter()
            .enumerate()
            .map(|(k, entry)| {
                let found = seen.get(&(&*entry.node, entry.path.to_string()));
                let known = self.known[k];
                // Nothing is known of an empty set that its size would not tell better.
                let bytes = known.bytes.filter(|&b| b > 0);
                let expected = Expected { size_mb: entry.size_mb, bytes };
                CheckedRow {
                    path: entry.path.to_string(),
                    node: entry.node.to_string(),
                    source_node: self.sources[k].as_ref().map(|s| s.node.to_string()),
                    expected_mb: entry.size_mb,
                    verdict: judge(expected, found, tolerance),
                    seconds: known.seconds,
                    problem: found
                        .and_then(|f| f.error.clone())
                        .or_else(|| silent.get(&*entry.node).map(ToString::to_string)),
                }
            })
            .collect();
        CheckResult::new(rows, &self.targets, &self.sources)
    }
}

/// What `transfer.copy` answered.
fn known(value: &Value) -> Known {
    Known {
        bytes: value.get("bytes").and_then(Value::as_u64),
        seconds: value
            .get("seconds")
            .and_then(Value::as_f64)
            .filter(|_| value.get("state").and_then(Value::as_str) != Some("already_complete")),
    }
}

fn explain(error: &RefFileError) -> OperationError {
    let explained = OperationError::new(ErrorKind::Input, error.to_string());
    match error.help() {
        Some(help) => explained.help(help),
        None => explained,
    }
}

/// A path for messages.
fn shown(path: &Path) -> String {
    ledama_base::quote::show(&path_text(path)).into_owned()
}
