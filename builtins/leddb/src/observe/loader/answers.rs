//! What was read of a set, written: one transaction, all or nothing but for the
//! diagnostics, whose faults leave the rest and their own older rows as they are.

use ledama_base::operation::{ErrorKind, OperationError};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Loader, Task, failed};
use crate::error::{LeddbError, Result};
use crate::observe::diagnostics::{Brought, Deed, Group, bring};
use crate::observe::identity::Identity;
use crate::observe::process::{Change, Processed, process};
use crate::observe::product::{Facts, Product};
use crate::observe::read::{Item, ReadOutput, Stamps};
use crate::observe::runs::{self, Item as Note};
use crate::observe::{akin, now};
use crate::partition;
use crate::store::Transaction;

/// What became of a set.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// The set.
    pub path: String,
    /// `added`, `updated`, `moved`, `kept` or `skipped`.
    pub change: String,
    /// Rows of gains written.
    pub gains: u64,
    /// Rows of quality statistics written.
    pub qualities: u64,
    /// Why it was skipped.
    pub reason: Option<String>,
    /// What was odd.
    pub warnings: Vec<String>,
}

/// What a transaction did.
struct Written {
    processed: Processed,
    brought: Vec<(Group, Result<Brought>)>,
}

impl Loader {
    pub(super) fn answered(
        &self,
        node: &str,
        output: ReadOutput,
        items: Vec<Value>,
    ) -> Result<Told, OperationError> {
        let host = self.host(node);
        if self.settings.dry {
            return Ok(Told { path: output.path, ..Told::default() });
        }
        self.prepare().map_err(|error| failed(&error))?;
        self.renew(&host).map_err(|error| failed(&error))?;
        let told = self.written(node, &host, &output, items);
        if let Err(error) = &told {
            self.count(&host, "errors", 1);
            self.fault(&host, &format!("{}: {}", output.path, error.message));
            // The reason of the answer comes before that of its note.
            let _ = self.noted(&host, &output.path, "failed", &error.message);
        }
        told
    }

    fn written(
        &self,
        node: &str,
        host: &str,
        output: &ReadOutput,
        items: Vec<Value>,
    ) -> Result<Told, OperationError> {
        if let Some(reason) = &output.skipped {
            self.count(host, "skipped", 1);
            self.noted(host, &output.path, "skipped", reason).map_err(|error| failed(&error))?;
            self.state().messages.push(format!("{node}: {}: {reason}", output.path));
            return Ok(Told {
                path: output.path.clone(),
                change: "skipped".to_string(),
                reason: Some(reason.clone()),
                ..Told::default()
            });
        }
        let items: Vec<Item> =
            items.into_iter().map(serde_json::from_value).collect::<Result<_, _>>().map_err(
                |error| OperationError::new(ErrorKind::Internal, format!("answer: {error}")),
            )?;
        let identity = Identity::of(&self.inventory, node, &output.path, &self.settings.overrides)
            .map_err(|reason| OperationError::new(ErrorKind::Input, reason.to_string()))?;
        let mut product = Product {
            facts: output.facts.clone(),
            identity,
            size_mb: output.size_mb,
            modified: output.modified,
            seen: now().max(self.began),
        };
        let written = self.store(host, &mut product, output, &items).map_err(|e| failed(&e))?;
        self.tell(node, host, output, written)
    }

    /// The transaction; again with more room where a set fell outside all partitions.
    fn store(
        &self,
        host: &str,
        product: &mut Product,
        output: &ReadOutput,
        items: &[Item],
    ) -> Result<Written> {
        let run = self.run_of(host)?;
        let mut attempt =
            || self.database.write(|tx| within(tx, run, host, product, output, items));
        match attempt() {
            Err(LeddbError::NoPartition { .. }) => {
                partition::ensure(&self.database, None)?;
                attempt()
            }
            other => other,
        }
    }

    /// Counts, and gathers what went wrong.
    fn tell(
        &self,
        node: &str,
        host: &str,
        output: &ReadOutput,
        written: Written,
    ) -> Result<Told, OperationError> {
        let word = written.processed.change.word();
        self.count(host, word, 1);
        let mut told = Told {
            path: output.path.clone(),
            change: word.to_string(),
            warnings: output.corrections.clone(),
            ..Told::default()
        };
        let mut faults: Vec<String> = output.error.iter().cloned().collect();
        for (source, group) in [(&output.gain, Group::Gain), (&output.quality, Group::Quality)] {
            told.warnings.extend(source.warnings.iter().cloned());
            faults.extend(source.error.iter().map(|reason| format!("{}: {reason}", group.word())));
        }
        for (group, result) in written.brought {
            match result {
                Ok(Brought { deed: Deed::Missing, .. }) => self.again(node, host, &output.path),
                Ok(Brought { deed: Deed::Nothing, .. }) => {}
                Ok(brought) => {
                    let (rows, word) = match group {
                        Group::Gain => (&mut told.gains, "gains"),
                        Group::Quality => (&mut told.qualities, "qualities"),
                    };
                    *rows = brought.rows;
                    self.count(host, word, 1);
                }
                Err(error) => faults.push(format!("{}: {error}", group.word())),
            }
        }
        if faults.is_empty() {
            return Ok(told);
        }
        let message = format!("{}: {}", output.path, faults.join("; "));
        Err(OperationError::new(ErrorKind::Corrupt, message))
    }

    /// The set is another one than was thought when its task was made: its
    /// diagnostics are to be read, too. Once.
    fn again(&self, node: &str, host: &str, path: &str) {
        let input = self.task_input(path, Stamps::default(), None);
        let mut state = self.state();
        if state.again.insert((host.to_string(), path.to_string())) {
            state.tasks.push(Task { node: node.to_string(), input, size_bytes: 0 });
        }
    }

    fn noted(&self, host: &str, path: &str, state: &str, reason: &str) -> Result<()> {
        let run = self.run_of(host)?;
        let note =
            Note { host, path, action: "read", state, error: Some(reason), ..Note::default() };
        self.database.write(|tx| runs::note(tx, run, &note))
    }
}

/// All that is written of a set in its transaction.
fn within(
    tx: &mut Transaction,
    run: i64,
    host: &str,
    product: &mut Product,
    output: &ReadOutput,
    items: &[Item],
) -> Result<Written> {
    if product.identity.is_packed() {
        let borrowed = akin(tx, &product.identity)?;
        product.facts = Facts::unread(&product.identity).or(borrowed);
    }
    let processed = process(tx, product)?;
    let mut brought = Vec::new();
    for (group, source) in [(Group::Gain, &output.gain), (Group::Quality, &output.quality)] {
        let of_group: Vec<&Item> = items.iter().filter(|item| group_of(item) == group).collect();
        let result =
            tx.attempt(|tx| bring(tx, processed.set, processed.msp, group, source, &of_group));
        match result {
            // Trying the whole transaction again helps, or making room.
            Err(error) if error.is_transient() => return Err(error),
            Err(error @ (LeddbError::NoPartition { .. } | LeddbError::Full { .. })) => {
                return Err(error);
            }
            other => brought.push((group, other)),
        }
    }
    let done = |action, table, brought: Option<&Brought>| Note {
        host,
        path: &output.path,
        set: Some(processed.set),
        table,
        action,
        state: "done",
        rows: brought.map(|brought| brought.rows.max(brought.deleted)),
        bytes: brought.map(|brought| brought.bytes),
        error: None,
    };
    if processed.change != Change::Kept {
        runs::note(tx, run, &done(processed.change.word(), None, None))?;
    }
    for (group, result) in &brought {
        let Ok(result) = result else { continue };
        let action = match result.deed {
            Deed::Loaded => "loaded",
            Deed::Deleted => "deleted",
            Deed::Nothing | Deed::Missing => continue,
        };
        runs::note(tx, run, &done(action, Some(group.word()), Some(result)))?;
    }
    Ok(Written { processed, brought })
}

fn group_of(item: &Item) -> Group {
    match item {
        Item::Gain { .. } => Group::Gain,
        Item::Qts { .. } | Item::Qfs { .. } | Item::Qbs { .. } => Group::Quality,
    }
}
