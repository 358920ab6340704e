//! Which set is copied where: worked out and checked as a whole before
//! anything happens.

mod checks;
mod destination;
mod detours;
mod faults;
mod tasks;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::Arc;

use ledama_base::operation::{ErrorKind, OperationError};
use ledama_cluster::report::{Report, State};
use ledama_config::Inventory;
use ledama_reffile::{Entry, NewEntry, RefFile};
use serde::{Deserialize, Serialize};

pub use checks::Allow;
pub use tasks::How;

/// Which node gets which copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum NodesKey {
    /// The nodes given.
    #[default]
    #[serde(rename = "NO_KEYWORD")]
    Given,
    /// The node of the source.
    #[serde(rename = "USE_SAME_NODES_AS_INPUT_REFFILE")]
    Same,
    /// The node after that of the source.
    #[serde(rename = "OPTBACKUP_EACH_MSP_COPIED_IN_NEXT_NODE")]
    Next,
}

/// How sets are shared out among the nodes given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Placement {
    /// Blocks of neighbours whose sizes differ by at most one set.
    #[default]
    Contiguous,
    /// By size, so that all nodes get about the same.
    Balanced,
}

/// What to do with a set whose path does not tell the year that the older
/// placeholder `XXXX_XXXXX` asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum UnknownYear {
    /// Name its folder without the year, which is a dataset name as well.
    #[default]
    Omit,
    /// Copy nothing.
    Stop,
}

/// Where copies shall go.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wish {
    /// Folder of the copies, with placeholders.
    pub copypath: String,
    /// Nodes of the copies, or one store.
    #[serde(default)]
    pub nodes: Vec<String>,
    /// How nodes are chosen.
    #[serde(default)]
    pub nodeskey: NodesKey,
    /// How sets are shared out among the nodes given.
    #[serde(default)]
    pub placement: Placement,
    /// What to do without a year.
    #[serde(default)]
    pub unknown_year: UnknownYear,
}

/// Why nothing can be copied as wished; all reasons at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopiesError(pub Vec<OperationError>);

impl std::fmt::Display for CopiesError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        const SHOWN: usize = 10;
        let shown: Vec<&str> = self.0.iter().take(SHOWN).map(|e| e.message.as_str()).collect();
        f.write_str(&shown.join("\n"))?;
        if self.0.len() > SHOWN {
            write!(f, "\n… and {} more faults like these", self.0.len() - SHOWN)?;
        }
        Ok(())
    }
}

impl std::error::Error for CopiesError {}

impl From<CopiesError> for OperationError {
    fn from(error: CopiesError) -> Self {
        let kind = error.0.first().map_or(ErrorKind::Input, |e| e.kind);
        let help = error.0.iter().find_map(|e| e.help.clone());
        let merged = Self::new(kind, error.to_string());
        match help {
            Some(help) => merged.help(help),
            None => merged,
        }
    }
}

/// Sources and the places of their copies, row by row.
#[derive(Debug, Clone)]
pub struct Copies {
    sources: RefFile,
    targets: RefFile,
    notes: Vec<String>,
    inventory: Arc<Inventory>,
}

impl Copies {
    /// Works out where every row of a RefFile goes.
    ///
    /// # Errors
    /// All faults together: an unknown observation or year where the folder
    /// needs it, stores that are not configured, two copies in one place, a
    /// copy onto or into a set or a set inside its copy.
    pub fn plan(sources: &RefFile, wish: &Wish) -> Result<Self, CopiesError> {
        let inventory = Arc::clone(sources.inventory());
        let one = |error: OperationError| CopiesError(vec![error]);
        let folders = destination::Folders::new(wish, &inventory).map_err(one)?;
        let nodes = destination::nodes(sources, wish, &inventory)?;
        let mut faults = Vec::new();
        let mut rows = Vec::with_capacity(sources.len());
        for (source, node) in sources.entries().iter().zip(nodes) {
            match folders.place(source) {
                Ok(path) => rows.push(NewEntry {
                    path,
                    node,
                    freq_mhz: source.freq_mhz,
                    size_mb: source.size_mb,
                    beam: sources.beam_of(source),
                }),
                Err(error) => faults.push(error),
            }
        }
        if !faults.is_empty() {
            return Err(CopiesError(faults));
        }
        let targets = RefFile::from_rows(rows, &inventory)
            .map_err(|e| one(OperationError::new(ErrorKind::Input, e.to_string())))?;
        let notes = folders.notes();
        let copies = Self { sources: sources.clone(), targets, notes, inventory };
        let faults = faults::collisions(&copies);
        if faults.is_empty() { Ok(copies) } else { Err(CopiesError(faults)) }
    }

    /// The sets that are copied.
    pub fn sources(&self) -> &RefFile {
        &self.sources
    }

    /// Their copies, in the same order.
    pub fn targets(&self) -> &RefFile {
        &self.targets
    }

    /// What is worth knowing about the places, one sentence each.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// Source and target of each copy.
    pub fn pairs(&self) -> impl Iterator<Item = (&Entry, &Entry)> {
        self.sources.entries().iter().zip(self.targets.entries())
    }

    /// What the user should know about the way of the copies that the tasks of
    /// [`add_to`](Self::add_to) have made, one sentence for each pair of nodes.
    pub fn warnings(&self, report: &Report) -> Vec<String> {
        detours::warnings(self, report)
    }

    /// The sources whose copies are not done by the tasks of [`add_to`](Self::add_to).
    pub fn not_done(&self, report: &Report) -> RefFile {
        let state: HashMap<usize, State> =
            report.outcomes.iter().map(|o| (o.task, o.state)).collect();
        let lacking = self
            .sources
            .entries()
            .iter()
            .enumerate()
            .filter(|(k, _)| !matches!(state.get(k), Some(State::Done | State::AlreadyDone)))
            .map(|(_, entry)| NewEntry::from(entry));
        // Rows of a RefFile are rows of a RefFile.
        RefFile::from_rows(lacking, &self.inventory).unwrap_or_else(|_| self.sources.clone())
    }
}
