//! Facts derived from the rows below: the formulas of the META tables.
//!
//! Every writer leaves a mark for the observation it changed ([`mark`]). A refresh
//! takes the marks it sees, derives the facts of those observations level by level
//! (measurement sets, products, beams, observations), writes only what differs, and
//! removes the marks: all in one transaction that sees one unchanging state, so
//! readers never meet half of it, and a mark that comes meanwhile stays for the
//! next refresh.

mod formulas;
mod verify;

#[cfg(test)]
mod tests;

pub(crate) use verify::verify_range;
pub use verify::{Mismatch, verify};

use crate::ddl::quoted;
use crate::dialect::Dialect;
use crate::error::{LeddbError, Result, Rule};
use crate::load::{find_observation, observation_of};
use crate::schema::{Table, meta, service::META_DIRTY};
use crate::store::{Database, Statement, Transaction, Value};

/// Which observations are refreshed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Those with a mark.
    Touched,
    /// All there are.
    All,
}

/// Rows that a refresh wrote.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Refreshed {
    /// Observations looked at.
    pub observations: u64,
    /// Rows of measurement sets that changed.
    pub sets: u64,
    /// Rows of products that changed.
    pub products: u64,
    /// Rows of beams that changed.
    pub beams: u64,
    /// Rows of observations that changed.
    pub changed: u64,
}

/// Marks an observation for the next refresh, in the transaction that changes it.
pub fn mark(tx: &mut Transaction, observation: &str) -> Result<()> {
    let id = tx.next_ids(&META_DIRTY, 1)?[0];
    tx.execute(Statement::constant(
        "INSERT INTO \"meta_dirty\" (\"meta_dirty_id\", \"lofar_dataset\") VALUES ($1, $2)",
        vec![id.into(), observation.into()],
    ))
    .map(drop)
}

/// Marks the observation of a measurement set, if that is there.
pub(crate) fn mark_set(tx: &mut Transaction, measurementset_id: i64) -> Result<()> {
    if tx.dialect() == Dialect::Postgres {
        let text = concat!("INSERT INTO \"meta_dirty\" (\"lofar_dataset\") ", find_observation!());
        return tx.execute(Statement::constant(text, vec![measurementset_id.into()])).map(drop);
    }
    match observation_of(tx, measurementset_id)? {
        Some(name) => mark(tx, &name),
        None => Ok(()),
    }
}

/// Marks every observation.
fn mark_all(tx: &mut Transaction) -> Result<()> {
    let statement = match tx.dialect() {
        Dialect::Postgres => Statement::constant(
            "INSERT INTO \"meta_dirty\" (\"lofar_dataset\") SELECT \"name\" FROM \"lofar_dataset\"",
            Vec::new(),
        ),
        Dialect::Sqlite => {
            let count =
                tx.row(Statement::constant("SELECT count(*) FROM \"lofar_dataset\"", Vec::new()))?;
            let count = usize::try_from(count.get::<i64>(0)?).unwrap_or(0);
            let Some(first) = tx.next_ids(&META_DIRTY, count)?.first().copied() else {
                return Ok(());
            };
            Statement::constant(
                "INSERT INTO \"meta_dirty\" (\"meta_dirty_id\", \"lofar_dataset\") \
                 SELECT $1 + row_number() OVER (ORDER BY \"name\") - 1, \"name\" FROM \"lofar_dataset\"",
                vec![first.into()],
            )
        }
    };
    tx.execute(statement).map(drop)
}

/// Derives the facts anew.
pub fn refresh(database: &Database, scope: Scope) -> Result<Refreshed> {
    database.write_snapshot(|tx| {
        refresh_within(tx, scope).map_err(|error| match error {
            // A row went while its facts were written: the next attempt does not see it.
            LeddbError::Violation(violation) if violation.rule == Rule::Reference => {
                LeddbError::Conflict { reason: violation.to_string() }
            }
            other => other,
        })
    })
}

fn refresh_within(tx: &mut Transaction, scope: Scope) -> Result<Refreshed> {
    if tx.dialect() == Dialect::Postgres {
        // One refresh at a time; readers and writers are not kept out. This comes
        // first, because the state that the transaction sees is fixed by its first query.
        tx.raw("LOCK TABLE \"meta_dirty\" IN SHARE UPDATE EXCLUSIVE MODE")?;
    }
    if scope == Scope::All {
        mark_all(tx)?;
    }
    let marked = "SELECT DISTINCT \"lofar_dataset\" FROM \"meta_dirty\"";
    let names = tx
        .rows(Statement::constant(marked, Vec::new()))?
        .iter()
        .map(|row| row.get(0))
        .collect::<Result<Vec<String>>>()?;
    let mut refreshed = Refreshed { observations: names.len() as u64, ..Refreshed::default() };
    if names.is_empty() {
        return Ok(refreshed);
    }
    let names = Value::Texts(names);
    let dialect = tx.dialect();
    let mut level = |table: &'static Table, formula: String| -> Result<u64> {
        tx.execute(Statement::built(update(table, &formula), vec![names.clone()]))
    };
    refreshed.sets = level(&meta::MEASUREMENTSET_META, formulas::sets(dialect))?;
    refreshed.products =
        level(&meta::LOFAR_DATASET_BEAM_PRODUCT_META, formulas::products(dialect))?;
    refreshed.beams = level(&meta::LOFAR_DATASET_BEAM_META, formulas::beams(dialect))?;
    refreshed.changed = level(&meta::LOFAR_DATASET_META, formulas::observations(dialect))?;
    tx.execute(Statement::constant("DELETE FROM \"meta_dirty\"", Vec::new()))?;
    Ok(refreshed)
}

/// Writes the rows of a formula that are new or differ. Rows without a base row need
/// no care: they go with it.
fn update(table: &Table, formula: &str) -> String {
    let key = quoted(table.primary[0]);
    let facts: Vec<_> = table
        .columns
        .iter()
        .map(|column| quoted(column.name))
        .filter(|name| *name != key)
        .collect();
    let differs: Vec<_> =
        facts.iter().map(|name| format!("o.{name} IS DISTINCT FROM n.{name}")).collect();
    let set: Vec<_> = facts.iter().map(|name| format!("{name} = excluded.{name}")).collect();
    let table = quoted(table.name);
    let new: Vec<_> = facts.iter().map(|name| format!("n.{name}")).collect();
    format!(
        "INSERT INTO {table} ({key}, {}) SELECT n.{key}, {} FROM ({formula}) AS n LEFT JOIN {table} AS o ON o.{key} = n.{key} \
         WHERE o.{key} IS NULL OR {} ON CONFLICT ({key}) DO UPDATE SET {}",
        facts.join(", "),
        new.join(", "),
        differs.join(" OR "),
        set.join(", "),
    )
}
