//! What a node has, compared with what the database has of it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::known::{self, Known};
use super::{Gone, Loader, Task};
use crate::error::Result;
use crate::observe::diagnostics::Present;
use crate::observe::identity::Identity;
use crate::observe::product::{Facts, Product};
use crate::observe::read::Stamps;
use crate::observe::runs::{self, Item};
use crate::observe::scan::{Entry, ScanOutput};
use crate::observe::{Change, akin, process};
use crate::store::{Statement, Transaction};

/// What is left of a search when it has been compared.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Compared {
    /// Products found.
    pub found: usize,
    /// Products that are to be read.
    pub read: usize,
    /// Products that the database has and the disks do not.
    pub gone: usize,
    /// Roots that are there, and folders in them, that could not be listed completely.
    pub incomplete: Vec<String>,
    /// What could not be read.
    pub warnings: Vec<String>,
}

/// Rows of a statement at once.
const AT_ONCE: usize = 1000;

impl Loader {
    pub(super) fn scanned(&self, node: &str, output: ScanOutput) -> Result<Compared> {
        self.prepare()?;
        let host = self.host(node);
        let known = self.database.read(|tx| known::of_host(tx, &host))?;
        let mut sorted = Sorted::default();
        for entry in &output.entries {
            self.sort(node, entry, known.get(&entry.path), &mut sorted);
        }
        let gone = self.not_found(&output, &known);
        self.count(&host, "msps", count(output.entries.len()));
        self.count(&host, "skipped", count(sorted.skipped.len()));
        self.count(&host, "rejected", count(sorted.rejected.len()));
        self.count(&host, "kept", count(sorted.unchanged.len()));
        if !self.settings.dry {
            let run = self.run_of(&host)?;
            self.database.write(|tx| {
                touch(tx, &sorted.unchanged, self.began)?;
                touch(tx, &sorted.touched, self.began)?;
                for (state, all) in [("skipped", &sorted.skipped), ("failed", &sorted.rejected)] {
                    for (path, reason) in all {
                        let item = Item {
                            host: &host,
                            path,
                            action: "read",
                            state,
                            error: Some(reason),
                            ..Item::default()
                        };
                        runs::note(tx, run, &item)?;
                    }
                }
                Ok(())
            })?;
        }
        for product in sorted.packed {
            self.packed(&host, product);
        }
        let compared = Compared {
            found: output.entries.len(),
            read: sorted.tasks.len(),
            gone: gone.len(),
            incomplete: incomplete(&output),
            warnings: output.warnings,
        };
        let mut state = self.state();
        for (path, reason) in sorted.skipped.iter().chain(&sorted.rejected) {
            let reason = if reason.starts_with(path.as_str()) {
                format!("{node}: {reason}")
            } else {
                format!("{node}: {path}: {reason}")
            };
            state.messages.push(reason);
        }
        state.tasks.append(&mut sorted.tasks);
        let entry = state.nodes.entry(host).or_default();
        entry.refused = self.refusal(gone.len(), known.len());
        entry.gone = gone;
        Ok(compared)
    }

    /// What is to be done with a product that was found.
    fn sort(&self, node: &str, entry: &Entry, known: Option<&Known>, sorted: &mut Sorted) {
        if let Some(problem) = &entry.problem {
            sorted.skipped.push((entry.path.clone(), problem.clone()));
            sorted.touched.extend(known.map(|known| known.msp));
            return;
        }
        let identity =
            match Identity::of(&self.inventory, node, &entry.path, &self.settings.overrides) {
                Ok(identity) => identity,
                Err(reason) => {
                    sorted.rejected.push((entry.path.clone(), reason.to_string()));
                    return;
                }
            };
        let changed = known.is_none_or(|known| {
            !known.read || known.modified != entry.modified || known.size != entry.size_mb
        });
        let present = known.map(|known| (known.gain, known.quality)).unwrap_or_default();
        let msp = known.map(|known| known.msp);
        let wanted = self.settings.diagnostics
            && (newer(entry.stamps.gain, present.0, msp)
                || (self.quality_kept(identity.version)
                    && newer(entry.stamps.quality, present.1, msp)));
        if !changed && !wanted {
            sorted.unchanged.extend(msp);
        } else if identity.is_packed() {
            sorted.packed.push(Product {
                facts: Facts::unread(&identity),
                identity,
                size_mb: entry.size_mb,
                modified: entry.modified,
                seen: self.began,
            });
        } else {
            let loaded = Stamps { gain: present.0.stamp, quality: present.1.stamp };
            sorted.tasks.push(Task {
                node: node.to_string(),
                input: self.task_input(&entry.path, loaded, entry.size_mb),
                size_bytes: entry.size_mb.unwrap_or(0).saturating_mul(1 << 20),
            });
        }
    }

    /// Products below roots that were listed completely, and were not found there.
    fn not_found(&self, output: &ScanOutput, known: &BTreeMap<String, Known>) -> Vec<Gone> {
        if !self.settings.clean {
            return Vec::new();
        }
        let found: BTreeSet<&str> = output.entries.iter().map(|entry| &*entry.path).collect();
        let listed: Vec<&str> = output
            .roots
            .iter()
            .filter(|root| root.complete)
            .map(|root| root.path.trim_end_matches('/'))
            .collect();
        let unseen: Vec<&str> =
            output.roots.iter().flat_map(|root| &root.incomplete).map(String::as_str).collect();
        let within = |path: &str, folder: &str| {
            path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let below = |path: &str| {
            !unseen.iter().any(|folder| within(path, folder))
                && listed.iter().any(|root| {
                    path.strip_prefix(root)
                        .and_then(|rest| rest.strip_prefix('/'))
                        .is_some_and(|rest| rest.starts_with('L'))
                })
        };
        known
            .iter()
            .filter(|(path, _)| !found.contains(path.as_str()) && below(path))
            .map(|(path, known)| Gone {
                msp: known.msp,
                set: known.set,
                path: path.clone(),
                lds: known.lds.clone(),
            })
            .collect()
    }

    /// A packed file needs no reading: what is known of its data comes from elsewhere.
    fn packed(&self, host: &str, mut product: Product) {
        if self.settings.dry {
            self.count(host, "added", 1);
            return;
        }
        let path = product.identity.path();
        let unread = product.facts.clone();
        let run = self.state().nodes.get(host).and_then(|node| node.run);
        let written = self.database.write(|tx| {
            product.facts = unread.clone().or(akin(tx, &product.identity)?);
            let written = process(tx, &product)?;
            if let (Some(run), true) = (run, written.change != Change::Kept) {
                let item = Item {
                    host,
                    path: &path,
                    set: Some(written.set),
                    action: written.change.word(),
                    state: "done",
                    ..Item::default()
                };
                runs::note(tx, run, &item)?;
            }
            Ok(written)
        });
        match written {
            Ok(written) => self.count(host, written.change.word(), 1),
            Err(error) => {
                self.count(host, "errors", 1);
                self.fault(host, &format!("{path}: {error}"));
                self.state().messages.push(format!("{host}: {path}: {error}"));
            }
        }
    }
}

/// What could not be listed completely: roots, and folders in them.
fn incomplete(output: &ScanOutput) -> Vec<String> {
    let mut all = Vec::new();
    for root in output.roots.iter().filter(|root| root.there) {
        if !root.complete {
            all.push(root.path.clone());
        }
        all.extend(root.incomplete.iter().cloned());
    }
    all
}

/// Products of a node by what is to be done with them.
#[derive(Default)]
struct Sorted {
    tasks: Vec<Task>,
    packed: Vec<Product>,
    /// Rows that need no more than a new date.
    unchanged: Vec<i64>,
    /// Rows of products that are there and cannot be read.
    touched: Vec<i64>,
    skipped: Vec<(String, String)>,
    rejected: Vec<(String, String)>,
}

/// Whether a source is newer than what is loaded, or gone and its rows are not.
fn newer(source: Option<i64>, present: Present, msp: Option<i64>) -> bool {
    match source {
        Some(stamp) => present.stamp.is_none_or(|there| there < stamp),
        None => present.any && (present.origin.is_none() || present.origin == msp),
    }
}

/// Notes that products were seen.
fn touch(tx: &mut Transaction, msps: &[i64], seen: i64) -> Result<()> {
    let mut msps = msps.to_vec();
    msps.sort_unstable();
    for some in msps.chunks(AT_ONCE) {
        let text = match tx.dialect() {
            crate::Dialect::Postgres => {
                "UPDATE \"measurementset_product\" SET \"last_check\" = $1 WHERE \"measurementset_product_id\" = ANY($2)"
            }
            crate::Dialect::Sqlite => {
                "UPDATE \"measurementset_product\" SET \"last_check\" = $1 WHERE \"measurementset_product_id\" \
                 IN (SELECT \"value\" FROM json_each($2))"
            }
        };
        tx.execute(Statement::constant(text, vec![seen.into(), some.to_vec().into()]))?;
    }
    Ok(())
}

fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
