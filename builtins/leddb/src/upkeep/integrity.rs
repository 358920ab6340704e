//! Whether a database is sound in itself: pages, references, keys, counters, ranges.

use serde::Serialize;

use crate::ddl::{quoted, sequence_name};
use crate::dialect::Dialect;
use crate::error::Result;
use crate::partition;
use crate::schema::{self, Table, diagnostics::PARTITIONED};
use crate::store::{Database, Statement, Transaction};

/// Something that is not sound.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Fault {
    /// Table, index or file.
    pub subject: String,
    /// What is wrong.
    pub what: String,
}

/// Everything that is found wrong; nothing: it is sound. Reads every page of a file,
/// the catalogue of a server.
pub fn integrity(database: &Database) -> Result<Vec<Fault>> {
    database.read(|tx| {
        let mut faults = match tx.dialect() {
            Dialect::Sqlite => pages(tx)?,
            Dialect::Postgres => catalogue(tx)?,
        };
        ranges(tx, &mut faults)?;
        for table in schema::tables() {
            counter(tx, table, &mut faults)?;
        }
        Ok(faults)
    })
}

fn fault(subject: impl Into<String>, what: impl Into<String>) -> Fault {
    Fault { subject: subject.into(), what: what.into() }
}

fn pages(tx: &mut Transaction) -> Result<Vec<Fault>> {
    let mut faults = Vec::new();
    // It tells a hundred faults at most.
    let text = "SELECT \"integrity_check\" FROM pragma_integrity_check";
    for row in tx.rows(Statement::constant(text, Vec::new()))? {
        let what: String = row.get(0)?;
        if what != "ok" {
            faults.push(fault("file", what));
        }
    }
    let text = "SELECT \"table\", \"parent\", count(*) FROM pragma_foreign_key_check GROUP BY 1, 2";
    for row in tx.rows(Statement::constant(text, Vec::new()))? {
        let (table, parent, count): (String, String, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
        faults.push(fault(
            table,
            format!("{count} rows refer to rows of `{parent}` that are not there"),
        ));
    }
    Ok(faults)
}

fn catalogue(tx: &mut Transaction) -> Result<Vec<Fault>> {
    let mut faults = Vec::new();
    let rows = tx.rows(Statement::constant(
        "SELECT CAST(c.relname AS text), CAST(t.relname AS text) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid \
         JOIN pg_class t ON t.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace \
         WHERE n.nspname = 'public' AND NOT (i.indisvalid AND i.indisready) ORDER BY 1",
        Vec::new(),
    ))?;
    for row in &rows {
        let (index, table): (String, String) = (row.get(0)?, row.get(1)?);
        faults.push(fault(
            table,
            format!("its index `{index}` is not valid; `REINDEX` makes it anew"),
        ));
    }
    let rows = tx.rows(Statement::constant(
        "SELECT CAST(c.conname AS text), CAST(t.relname AS text) FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid \
         JOIN pg_namespace n ON n.oid = t.relnamespace WHERE n.nspname = 'public' AND NOT c.convalidated ORDER BY 1",
        Vec::new(),
    ))?;
    for row in &rows {
        let (rule, table): (String, String) = (row.get(0)?, row.get(1)?);
        faults.push(fault(table, format!("its rule `{rule}` was never checked for all rows")));
    }
    let rows = tx.rows(Statement::constant(
        "SELECT CAST(t.relname AS text) FROM pg_trigger g JOIN pg_class t ON t.oid = g.tgrelid \
         JOIN pg_namespace n ON n.oid = t.relnamespace WHERE n.nspname = 'public' AND g.tgenabled = 'D' GROUP BY 1 ORDER BY 1",
        Vec::new(),
    ))?;
    for row in &rows {
        faults.push(fault(
            row.get::<String>(0)?,
            "references are not checked: triggers are switched off",
        ));
    }
    Ok(faults)
}

/// The four tables must be cut at the same ids.
fn ranges(tx: &mut Transaction, faults: &mut Vec<Fault>) -> Result<()> {
    let all = partition::list_within(tx)?;
    let of = |name: &str| -> Vec<_> {
        all.iter()
            .filter(|part| part.table == name)
            .map(|part| (part.range, part.attached))
            .collect()
    };
    let first = of(PARTITIONED[0].name);
    for table in &PARTITIONED[1..] {
        if of(table.name) != first {
            faults.push(fault(
                table.name,
                format!("its ranges are not those of `{}`", PARTITIONED[0].name),
            ));
        }
    }
    Ok(())
}

/// The next id must be beyond all that were given.
fn counter(tx: &mut Transaction, table: &'static Table, faults: &mut Vec<Fault>) -> Result<()> {
    let Some((column, _)) = table.id else { return Ok(()) };
    let text = format!("SELECT max({}) FROM {}", quoted(column), quoted(table.name));
    let Some(last) = tx.row(Statement::built(text, Vec::new()))?.get::<Option<i64>>(0)? else {
        return Ok(());
    };
    let next = next_id(tx, table)?;
    if next <= last {
        faults.push(fault(
            table.name,
            format!("its next id is {next}, but {last} was given already"),
        ));
    }
    Ok(())
}

/// The id that the next row of a table gets.
pub(crate) fn next_id(tx: &mut Transaction, table: &'static Table) -> Result<i64> {
    let statement = match tx.dialect() {
        Dialect::Sqlite => Statement::constant(
            "SELECT \"next_id\" FROM \"id_counter\" WHERE \"name\" = $1",
            vec![table.name.into()],
        ),
        Dialect::Postgres => Statement::built(
            format!(
                "SELECT last_value + CASE WHEN is_called THEN 1 ELSE 0 END FROM {}",
                quoted(&sequence_name(table))
            ),
            Vec::new(),
        ),
    };
    tx.row(statement)?.get(0)
}

/// Lets the ids of a table go on at `next`, or later if they are beyond it.
pub(crate) fn set_next_id(tx: &mut Transaction, table: &'static Table, next: i64) -> Result<()> {
    let next = next.max(next_id(tx, table)?);
    let statement = match tx.dialect() {
        Dialect::Sqlite => Statement::constant(
            "UPDATE \"id_counter\" SET \"next_id\" = $1 WHERE \"name\" = $2",
            vec![next.into(), table.name.into()],
        ),
        Dialect::Postgres => Statement::constant(
            "SELECT setval(CAST($1 AS regclass), $2, false)",
            vec![sequence_name(table).into(), next.into()],
        ),
    };
    tx.execute(statement).map(drop)
}
