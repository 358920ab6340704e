//! Where a database stands, for people and for programs that watch it.

use serde::Serialize;

use super::sizes::{TableSize, sizes, whole};
use crate::error::Result;
use crate::migrate::{self, setting};
use crate::partition;
use crate::schema::VERSION;
use crate::store::{Database, Statement};

/// Runs that are told.
const RUNS: i64 = 5;

/// Where a database stands.
#[derive(Debug, Clone, Serialize)]
pub struct Facts {
    /// Where it is.
    pub place: String,
    /// `SQLite` or `PostgreSQL`.
    pub kind: &'static str,
    /// Number that no other database has; none: it is empty.
    pub database_id: Option<String>,
    /// Its version; none: it is empty.
    pub version: Option<i64>,
    /// The version this program needs.
    pub needed: i64,
    /// What a migration would do.
    pub pending: Vec<String>,
    /// Bytes.
    pub bytes: i64,
    /// Ids in a partition.
    pub partition_width: Option<i64>,
    /// Ranges, each of four tables.
    pub partitions: usize,
    /// Ranges that are taken off.
    pub detached: usize,
    /// Observations whose derived facts are to be made anew.
    pub marks: i64,
    /// Newest backup that was told to the database, seconds since 1970 UTC.
    pub last_backup: Option<i64>,
    /// The backup that is being restored into it, or was when that stopped.
    pub restoring: Option<String>,
    /// Tables in their order.
    pub tables: Vec<TableSize>,
    /// The newest runs that changed it.
    pub runs: Vec<RunFact>,
}

/// A run that changed the database.
#[derive(Debug, Clone, Serialize)]
pub struct RunFact {
    /// Module or command.
    pub module: String,
    /// Who started it.
    pub user: String,
    /// Where it ran.
    pub host: String,
    /// When it began, seconds since 1970 UTC.
    pub started: i64,
    /// When it ended.
    pub finished: Option<i64>,
    /// `running`, `done`, `failed` or `stopped`.
    pub state: String,
    /// Why it failed.
    pub message: Option<String>,
}

/// Everything about a database that is quickly known. One of another version tells
/// its version and size only.
pub fn facts(database: &Database) -> Result<Facts> {
    let status = migrate::status(database)?;
    let mut facts = Facts {
        place: database.location().to_string(),
        kind: database.dialect().label(),
        database_id: None,
        version: status.version,
        needed: status.needed,
        pending: status.pending,
        bytes: whole(database)?,
        partition_width: None,
        partitions: 0,
        detached: 0,
        marks: 0,
        last_backup: None,
        restoring: None,
        tables: Vec::new(),
        runs: Vec::new(),
    };
    if status.version != Some(VERSION) {
        return Ok(facts);
    }
    facts.tables = sizes(database)?;
    database.read(|tx| {
        facts.database_id = setting(tx, "database_id")?;
        facts.restoring = setting(tx, "restoring")?;
        facts.partition_width = Some(partition::width(tx)?);
        let parts = partition::list_within(tx)?;
        let of_gain = || parts.iter().filter(|part| part.table == "gain");
        facts.partitions = of_gain().count();
        facts.detached = of_gain().filter(|part| !part.attached).count();
        let number = |text: &'static str| Statement::constant(text, Vec::new());
        let marks = "SELECT count(DISTINCT \"lofar_dataset\") FROM \"meta_dirty\"";
        facts.marks = tx.row(number(marks))?.get(0)?;
        let saved = "SELECT max(\"saved_at\") FROM \"partition_state\"";
        facts.last_backup = tx.row(number(saved))?.get(0)?;
        let runs = tx.rows(Statement::constant(
            "SELECT \"module\", \"user_name\", \"host\", \"started\", \"finished\", \"state\", \"message\" \
             FROM \"update_run\" ORDER BY \"started\" DESC, \"update_run_id\" DESC LIMIT $1",
            vec![RUNS.into()],
        ))?;
        for row in &runs {
            facts.runs.push(RunFact {
                module: row.get(0)?,
                user: row.get(1)?,
                host: row.get(2)?,
                started: row.get(3)?,
                finished: row.get(4)?,
                state: row.get(5)?,
                message: row.get(6)?,
            });
        }
        Ok(())
    })?;
    Ok(facts)
}
