//! What a check has found, row by row and in sum.

use ledama_reffile::{Entry, NewEntry, RefFile};
use serde::Serialize;

use super::judge::{DataState, Verdict};
use super::summary::{Part, Summary, summarize};

/// One set.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CheckedRow {
    /// Path in text form.
    pub path: String,
    /// Where it should be.
    pub node: String,
    /// Where it was copied from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_node: Option<String>,
    /// MiB, from the RefFile.
    pub expected_mb: Option<u64>,
    /// Where it stands.
    #[serde(flatten)]
    pub verdict: Verdict,
    /// How long its copy took, s.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seconds: Option<f64>,
    /// Why it could not be judged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

/// What a check has found.
#[derive(Debug, Clone)]
pub struct CheckResult {
    rows: Vec<CheckedRow>,
    summary: Summary,
    missing: RefFile,
    with_sources: bool,
}

impl CheckResult {
    pub(super) fn new(
        mut rows: Vec<CheckedRow>,
        targets: &RefFile,
        sources: &[Option<Entry>],
    ) -> Self {
        let parts: Vec<Part> = rows
            .iter()
            .map(|r| Part { expected_mb: r.expected_mb, verdict: r.verdict, seconds: r.seconds })
            .collect();
        let lacking = rows
            .iter()
            .zip(targets.entries().iter().zip(sources))
            .filter(|(row, _)| row.verdict.state != DataState::Complete)
            .map(|(_, (target, source))| NewEntry::from(source.as_ref().unwrap_or(target)));
        // Rows of a RefFile are rows of a RefFile.
        let missing =
            RefFile::from_rows(lacking, targets.inventory()).unwrap_or_else(|_| targets.clone());
        let with_sources = sources.iter().any(Option::is_some);
        rows.sort_by_key(|row| row.verdict.state);
        Self { rows, summary: summarize(&parts), missing, with_sources }
    }

    /// Whether everything is complete.
    pub fn is_ok(&self) -> bool {
        self.summary.complete == self.summary.sets
    }

    /// How many sets are in that state.
    pub fn count(&self, state: &str) -> usize {
        self.rows.iter().filter(|r| r.verdict.state.word() == state).count()
    }

    /// The totals.
    pub fn summary(&self) -> &Summary {
        &self.summary
    }

    /// What is to be copied again: the sources where they are known, else the rows themselves.
    pub fn missing(&self) -> &RefFile {
        &self.missing
    }

    /// All rows, by state.
    pub fn rows(&self) -> &[CheckedRow] {
        &self.rows
    }

    /// Names of the columns of [`cells`](Self::cells).
    pub fn columns(&self) -> Vec<&'static str> {
        let mut columns = vec!["state", "path"];
        if self.with_sources {
            columns.push("from");
        }
        columns.extend(["node", "size_mb", "percent", "seconds"]);
        columns
    }

    /// The table, only of sets in these states if any are named.
    pub fn cells(&self, only: &[String]) -> Vec<Vec<serde_json::Value>> {
        self.rows
            .iter()
            .filter(|r| only.is_empty() || only.iter().any(|s| s == r.verdict.state.word()))
            .map(|r| {
                let mut cells = vec![r.verdict.state.word().into(), r.path.as_str().into()];
                if self.with_sources {
                    cells.push(r.source_node.as_deref().into());
                }
                cells.extend([
                    r.node.as_str().into(),
                    r.verdict.size_mb.into(),
                    tenths(r.verdict.percent).into(),
                    r.seconds.map(tenths).into(),
                ]);
                cells
            })
            .collect()
    }
}

/// Enough digits for a reader.
fn tenths(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}
