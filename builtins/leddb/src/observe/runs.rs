//! What runs note about themselves: who ran what, what it counted, what failed.

use std::collections::BTreeMap;

use ledama_base::clock;
use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::schema::{Type, service};
use crate::store::{Statement, Transaction, Value};

/// What a run counts.
pub type Counters = BTreeMap<String, i64>;

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Ended {
    /// All of it was done.
    Done,
    /// Something of it failed.
    Failed,
    /// It was interrupted.
    Stopped,
}

impl Ended {
    /// Its word in the database.
    pub fn word(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Stopped => "stopped",
        }
    }
}

/// Who runs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Runner {
    /// The module.
    pub module: String,
    /// The account.
    pub user: String,
    /// Id of the run in its journal.
    pub run: String,
}

/// Notes the begin of a run for a host. A run of the same module for that host that
/// never told its end was interrupted.
pub fn begin(tx: &mut Transaction, runner: &Runner, host: &str, now: i64) -> Result<i64> {
    tx.execute(Statement::constant(
        "UPDATE \"update_run\" SET \"state\" = 'stopped', \"finished\" = $1, \"message\" = 'it never told its end' \
         WHERE \"host\" = $2 AND \"module\" = $3 AND \"state\" = 'running' AND \"run\" <> $4",
        vec![
            now.into(),
            host.into(),
            runner.module.as_str().into(),
            runner.run.as_str().into(),
        ],
    ))?;
    let id = tx.next_ids(&service::UPDATE_RUN, 1)?[0];
    tx.execute(Statement::constant(
        "INSERT INTO \"update_run\" (\"update_run_id\", \"module\", \"user_name\", \"host\", \"run\", \"started\") \
         VALUES ($1, $2, $3, $4, $5, $6)",
        vec![
            id.into(),
            runner.module.as_str().into(),
            runner.user.as_str().into(),
            host.into(),
            runner.run.as_str().into(),
            now.into(),
        ],
    ))?;
    Ok(id)
}

/// Notes the end of a run.
pub fn end(
    tx: &mut Transaction,
    id: i64,
    ended: Ended,
    counters: &Counters,
    message: Option<&str>,
    now: i64,
) -> Result<()> {
    let counters = serde_json::to_string(counters).unwrap_or_default();
    tx.execute(Statement::constant(
        "UPDATE \"update_run\" SET \"state\" = $2, \"finished\" = $3, \"counters\" = $4, \"message\" = $5 \
         WHERE \"update_run_id\" = $1",
        vec![
            id.into(),
            ended.word().into(),
            now.into(),
            counters.into(),
            Value::maybe(message.map(ToString::to_string), Type::Text(None)),
        ],
    ))
    .map(drop)
}

/// Something that a run did, or did not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Item<'a> {
    /// The node or store.
    pub host: &'a str,
    /// The product.
    pub path: &'a str,
    /// Its measurement set.
    pub set: Option<i64>,
    /// The table or group of tables.
    pub table: Option<&'a str>,
    /// What was done or tried: `added`, `loaded`, `deleted`.
    pub action: &'a str,
    /// `done`, `failed` or `skipped`.
    pub state: &'a str,
    /// Rows written or deleted.
    pub rows: Option<u64>,
    /// Bytes of arrays.
    pub bytes: Option<u64>,
    /// Why it was not done.
    pub error: Option<&'a str>,
}

/// Notes something that a run did.
pub fn note(tx: &mut Transaction, run: i64, item: &Item<'_>) -> Result<()> {
    let id = tx.next_ids(&service::UPDATE_RUN_ITEM, 1)?[0];
    let number = |count: Option<u64>| {
        Value::maybe(count.map(|count| i64::try_from(count).unwrap_or(i64::MAX)), Type::Int64)
    };
    tx.execute(Statement::constant(
        "INSERT INTO \"update_run_item\" (\"update_run_item_id\", \"update_run_id\", \"host\", \"path\", \
         \"measurementset_id\", \"table_name\", \"action\", \"state\", \"row_count\", \"bytes\", \"error\") \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        vec![
            id.into(),
            run.into(),
            item.host.into(),
            item.path.into(),
            item.set.into(),
            item.table.into(),
            item.action.into(),
            item.state.into(),
            number(item.rows),
            number(item.bytes),
            item.error.into(),
        ],
    ))
    .map(drop)
}

/// The last run of some modules for a host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Last {
    /// The node or store.
    pub host: String,
    /// The module.
    pub module: String,
    /// `running`, `done`, `failed` or `stopped`.
    pub state: String,
    /// When it began.
    pub started: i64,
    /// When it ended.
    pub finished: Option<i64>,
    /// The same as text, UTC.
    pub finished_utc: Option<String>,
    /// What it counted.
    pub counters: Counters,
    /// Why it failed.
    pub message: Option<String>,
}

/// The last run for each host of modules with that beginning of their names, by host.
pub fn last(tx: &mut Transaction, module: &str) -> Result<Vec<Last>> {
    let rows = tx.rows(Statement::constant(
        "SELECT r.\"host\", r.\"module\", r.\"state\", r.\"started\", r.\"finished\", \
         CAST(r.\"counters\" AS text), r.\"message\" FROM \"update_run\" AS r JOIN \
         (SELECT max(\"update_run_id\") AS \"id\" FROM \"update_run\" \
          WHERE substr(\"module\", 1, length($1)) = $1 GROUP BY \"host\") AS l \
         ON l.\"id\" = r.\"update_run_id\" ORDER BY r.\"host\"",
        vec![module.into()],
    ))?;
    rows.iter()
        .map(|row| {
            let counters: Option<String> = row.get(5)?;
            let finished: Option<i64> = row.get(4)?;
            let text = |seconds| jiff::Timestamp::from_second(seconds).ok().map(clock::utc_text);
            Ok(Last {
                host: row.get(0)?,
                module: row.get(1)?,
                state: row.get(2)?,
                started: row.get(3)?,
                finished,
                finished_utc: finished.and_then(text),
                counters: counters
                    .and_then(|text| serde_json::from_str(&text).ok())
                    .unwrap_or_default(),
                message: row.get(6)?,
            })
        })
        .collect()
}
