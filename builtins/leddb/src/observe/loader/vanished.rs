//! Products that are gone from the disks of a node.

use serde::{Deserialize, Serialize};

use super::Loader;
use crate::error::Result;
use crate::meta;
use crate::observe::absent::AbsentOutput;
use crate::observe::runs::{self, Item};
use crate::store::Statement;

/// What a node confirmed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Removed {
    /// Rows removed.
    pub removed: i64,
    /// Products that are there after all, or could not be looked at.
    pub stay: usize,
}

/// Paths of a node that may be gone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Missing {
    /// The node.
    pub node: String,
    /// The paths.
    pub paths: Vec<String>,
}

/// More than a part or a number of rows does not go without a word.
pub fn refusal(gone: usize, known: usize, max_percent: f64, max_rows: i64) -> Option<String> {
    if gone == 0 {
        return None;
    }
    #[allow(clippy::cast_precision_loss)] // counts
    let percent = 100.0 * gone as f64 / known.max(1) as f64;
    let rows = i64::try_from(gone).unwrap_or(i64::MAX);
    (percent > max_percent || rows > max_rows).then(|| {
        format!(
            "{gone} of {known} products ({percent:.0} %) are not there any more; more than {max_percent} % or {max_rows} are removed with `--force` only"
        )
    })
}

impl Loader {
    pub(super) fn refusal(&self, gone: usize, known: usize) -> Option<String> {
        if self.settings.force {
            return None;
        }
        refusal(gone, known, self.settings.max_percent, self.settings.max_rows)
    }

    /// What is to be looked for on the nodes: products below roots that were listed
    /// completely and did not show them. Nodes that lack too many are left out, with a
    /// message.
    pub fn missing(&self) -> Vec<Missing> {
        let mut state = self.state();
        let mut missing = Vec::new();
        let mut messages = Vec::new();
        for (host, node) in &mut state.nodes {
            if node.gone.is_empty() {
                continue;
            }
            if let Some(reason) = &node.refused {
                messages.push(format!("{host}: {reason}"));
                let refused = i64::try_from(node.gone.len()).unwrap_or(i64::MAX);
                node.counters.insert("refused".to_string(), refused);
                continue;
            }
            missing.push(Missing {
                node: host.clone(),
                paths: node.gone.iter().map(|gone| gone.path.clone()).collect(),
            });
        }
        state.messages.append(&mut messages);
        missing
    }

    pub(super) fn gone(&self, node: &str, output: AbsentOutput) -> Result<Removed> {
        let host = self.host(node);
        let gone = {
            let mut state = self.state();
            let entry = state.nodes.entry(host.clone()).or_default();
            let (gone, stay): (Vec<_>, Vec<_>) = std::mem::take(&mut entry.gone)
                .into_iter()
                .partition(|gone| output.absent.contains(&gone.path));
            entry.gone = stay;
            gone
        };
        let stay = self.state().nodes.get(&host).map_or(0, |node| node.gone.len());
        if self.settings.dry {
            let removed = i64::try_from(gone.len()).unwrap_or(i64::MAX);
            self.count(&host, "deleted", removed);
            return Ok(Removed { removed, stay });
        }
        let run = self.state().nodes.get(&host).and_then(|node| node.run);
        let removed = self.database.write(|tx| {
            let mut removed = 0;
            for one in &gone {
                // Somebody may have seen it meanwhile.
                let rows = tx.execute(Statement::constant(
                    "DELETE FROM \"measurementset_product\" WHERE \"measurementset_product_id\" = $1 \
                     AND (\"last_check\" IS NULL OR \"last_check\" < $2)",
                    vec![one.msp.into(), self.began.into()],
                ))?;
                if rows == 0 {
                    continue;
                }
                removed += 1;
                meta::mark(tx, &one.lds)?;
                if let Some(run) = run {
                    let item = Item {
                        host: &host,
                        path: &one.path,
                        set: Some(one.set),
                        table: Some("measurementset_product"),
                        action: "deleted",
                        state: "done",
                        rows: Some(1),
                        ..Item::default()
                    };
                    runs::note(tx, run, &item)?;
                }
            }
            Ok(removed)
        })?;
        self.count(&host, "deleted", removed);
        Ok(Removed { removed, stay })
    }
}
