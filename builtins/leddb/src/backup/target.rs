//! The database that a backup goes into: whether it may, and what it is made ready with.

use crate::ddl::quoted;
use crate::dialect::Dialect;
use crate::error::{LeddbError, Result};
use crate::migrate::{row_counts, setting};
use crate::partition;
use crate::store::{Database, Location, Options, Statement, Transaction};
use crate::upkeep;

/// Tables that a new database has rows in, or that are its own affair.
pub(super) const OWN: &[&str] =
    &["schema_version", "setting", "id_counter", "partition_state", "antenna_type"];

/// Opens the target and makes sure that nothing is in it. Tables are made where there
/// are none.
pub(crate) fn empty(location: &Location, options: &Options, width: i64) -> Result<Database> {
    let options = Options { partition_width: width, ..options.clone() };
    let database = Database::create(location, &options)?;
    let counts = database.read(row_counts)?;
    if let Some((table, rows)) =
        counts.iter().find(|(table, rows)| *rows > 0 && !OWN.contains(table))
    {
        return Err(LeddbError::Input {
            message: format!("{location} is not empty: `{table}` has {rows} rows"),
            help: Some(
                "restore into another database, or take this one away first with DeleteLEDDB; \
                 ranges alone go into a database that has the rest (`--partitions`)"
                    .to_string(),
            ),
        });
    }
    let found = database.read(partition::width)?;
    if found != width {
        return Err(LeddbError::Input {
            message: format!(
                "{location} was made for ranges of {found} measurement sets, the backup has ranges of {width}"
            ),
            help: Some("restore into a database that is not made yet".to_string()),
        });
    }
    Ok(database)
}

/// Whether the database is the one that was saved, or was restored from it.
pub(super) fn is_of(tx: &mut Transaction, database_id: &str) -> Result<bool> {
    let own = setting(tx, "database_id")?;
    let from = setting(tx, "restored_from")?;
    Ok([own, from].into_iter().flatten().any(|id| id == database_id))
}

/// Sets or removes a setting.
pub(super) fn set(tx: &mut Transaction, name: &'static str, value: Option<&str>) -> Result<()> {
    tx.execute(Statement::constant(
        "DELETE FROM \"setting\" WHERE \"name\" = $1",
        vec![name.into()],
    ))?;
    if let Some(value) = value {
        tx.execute(Statement::constant(
            "INSERT INTO \"setting\" (\"name\", \"value\") VALUES ($1, $2)",
            vec![name.into(), value.into()],
        ))?;
    }
    Ok(())
}

/// Takes off the empty ranges of a new database, so that rows can be put into tables
/// whose references are checked all at once when they are attached.
pub(super) fn without_ranges(database: &Database) -> Result<()> {
    if database.dialect() == Dialect::Sqlite {
        return Ok(());
    }
    database.write(|tx| {
        tx.lock("partitions")?;
        partition::as_owner(tx)?;
        for part in partition::list_within(tx)? {
            tx.raw(&format!("DROP TABLE IF EXISTS {}", quoted(&part.name)))?;
        }
        tx.raw("DELETE FROM \"partition_state\"")
    })
}

/// Renews what the planner knows.
pub(super) fn analyse(database: &Database) -> Result<()> {
    database.alone("ANALYZE")
}

/// Lets ids go on where those of the backup ended, or beyond what is there.
pub(crate) fn counters(database: &Database, next: &[(String, i64)]) -> Result<()> {
    database.write(|tx| {
        for table in crate::schema::tables() {
            let Some((column, first)) = table.id else { continue };
            let text = format!(
                "SELECT COALESCE(max({}) + 1, {first}) FROM {}",
                quoted(column),
                quoted(table.name)
            );
            let beyond: i64 = tx.row(Statement::built(text, Vec::new()))?.get(0)?;
            let saved =
                next.iter().find(|(name, _)| name == table.name).map_or(first, |(_, id)| *id);
            upkeep::set_next_id(tx, table, beyond.max(saved))?;
        }
        Ok(())
    })
}
