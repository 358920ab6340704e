//! An archive store brought up to date with the lists that the archive publishes:
//! what they name is added, what a complete list lacks is removed, all at once.

use std::collections::BTreeSet;

use ledama_base::operation::{Effect, Operation, OperationContext, OperationError};
use serde::{Deserialize, Serialize};

use super::now;
use super::runs::{self, Counters, Ended, Item as Note, Runner};
use crate::add::{Item, add};
use crate::edit::operation::change;
use crate::error::Result;
use crate::meta;
use crate::store::{Statement, Transaction};

/// What may be removed of a store.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Gone {
    /// Ids of files that a complete list lacks.
    pub ids: Vec<i64>,
    /// Files that the database has of the store.
    pub known: usize,
}

/// Files of a store that are in none of the lists: below a folder whose list is
/// complete, or below one that the list of folders does not name.
pub fn gone_from(
    tx: &mut Transaction,
    store: &str,
    folders: &[String],
    complete: &[String],
    listed: &[String],
) -> Result<Gone> {
    let folders: BTreeSet<&str> = folders.iter().map(String::as_str).collect();
    let complete: BTreeSet<&str> = complete.iter().map(String::as_str).collect();
    let listed: BTreeSet<&str> = listed.iter().map(|path| path.trim_start_matches('/')).collect();
    let mut gone = Gone::default();
    for row in tx.rows(Statement::constant(
        "SELECT \"measurementset_product_id\", \"parent_path\", \"name\" FROM \"measurementset_product\" \
         WHERE \"store_host\" = $1 ORDER BY 1",
        vec![store.into()],
    ))? {
        gone.known += 1;
        let parent = row.text(1)?.unwrap_or_default();
        let path = ledama_base::path::join(parent, row.text(2)?.unwrap_or_default());
        let path = path.trim_start_matches('/');
        let top = path.split('/').next().unwrap_or_default();
        let told = complete.contains(top) || !folders.contains(top);
        if told && !listed.contains(path) {
            gone.ids.push(row.get(0)?);
        }
    }
    Ok(gone)
}

/// MiB that the database knows to be in a store.
pub fn used_mb(tx: &mut Transaction, store: &str) -> Result<i64> {
    tx.row(Statement::constant(
        "SELECT CAST(COALESCE(sum(\"product_size\"), 0) AS bigint) FROM \"measurementset_product\" WHERE \"store_host\" = $1",
        vec![store.into()],
    ))?
    .get(0)
}

/// Brings a store up to date.
#[derive(Debug, Clone, Copy, Default)]
pub struct ReplaceStore;

/// With what.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReplaceInput {
    /// The database, as a URL.
    pub database: String,
    /// The store as tables write it.
    pub host: String,
    /// What its lists name.
    pub items: Vec<Item>,
    /// Ids of files that they lack.
    pub gone: Vec<i64>,
    /// Who runs.
    pub runner: Runner,
}

/// What was done.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replaced {
    /// How many were added, updated, kept, deleted.
    pub counters: Counters,
    /// What could not be added, with the reason.
    pub failed: Vec<(String, String)>,
}

impl Operation for ReplaceStore {
    const NAME: &'static str = "leddb.replace_store";
    const VERB: &'static str = "write to the database";
    const EFFECT: Effect = Effect::Changes;
    type Input = ReplaceInput;
    type Output = Replaced;

    fn run(
        &self,
        input: ReplaceInput,
        _: &dyn OperationContext,
    ) -> Result<Replaced, OperationError> {
        let began = now();
        change(&input.database, |tx| replace(tx, &input, began))
    }
}

fn replace(tx: &mut Transaction, input: &ReplaceInput, began: i64) -> Result<Replaced> {
    let run = runs::begin(tx, &input.runner, &input.host, began)?;
    let added = add(tx, &input.items, true, began)?;
    let mut deleted = 0;
    for id in &input.gone {
        deleted += remove(tx, run, input, *id)?;
    }
    let number = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    let failed: Vec<(String, String)> =
        added.failed.into_iter().map(|one| (one.path, one.reason)).collect();
    let counters = Counters::from([
        ("msps".to_string(), i64::try_from(input.items.len()).unwrap_or(i64::MAX)),
        ("added".to_string(), number(added.added)),
        ("updated".to_string(), number(added.updated)),
        ("kept".to_string(), number(added.skipped)),
        ("errors".to_string(), i64::try_from(failed.len()).unwrap_or(i64::MAX)),
        ("deleted".to_string(), deleted),
    ]);
    let message = failed.first().map(|(path, reason)| format!("{path}: {reason}"));
    let ended = if message.is_none() { Ended::Done } else { Ended::Failed };
    runs::end(tx, run, ended, &counters, message.as_deref(), now())?;
    Ok(Replaced { counters, failed })
}

fn remove(tx: &mut Transaction, run: i64, input: &ReplaceInput, id: i64) -> Result<i64> {
    let Some(row) = tx.maybe_row(Statement::constant(
        "SELECT f.\"measurementset_id\", f.\"parent_path\", f.\"name\" FROM \"measurementset_product\" AS f \
         WHERE f.\"measurementset_product_id\" = $1 AND f.\"store_host\" = $2",
        vec![id.into(), input.host.as_str().into()],
    ))?
    else {
        return Ok(0);
    };
    let set: i64 = row.get(0)?;
    let parent = row.text(1)?.unwrap_or_default();
    let path = ledama_base::path::join(parent, row.text(2)?.unwrap_or_default()).into_owned();
    if let Some(lds) = crate::load::observation_of(tx, set)? {
        meta::mark(tx, &lds)?;
    }
    super::process::remove(tx, id)?;
    let note = Note {
        host: &input.host,
        path: &path,
        set: Some(set),
        table: Some("measurementset_product"),
        action: "deleted",
        state: "done",
        rows: Some(1),
        ..Note::default()
    };
    runs::note(tx, run, &note)?;
    Ok(1)
}
