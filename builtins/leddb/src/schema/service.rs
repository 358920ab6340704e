//! Tables for the upkeep of the database itself: versions, settings, runs, jobs,
//! what was loaded, what must be derived anew, corrections by the site.

use super::enumerations::{
    CORRECTION_ITEMS, DIAGNOSTIC_TABLES, ITEM_STATES, PARTITION_STATES, RUN_STATES,
};
use super::model::{Block, Check, Column, Default, ForeignKey, Index, Table, Type, Unit};

const fn table(name: &'static str, short: &'static str, about: &'static str) -> Table {
    Table::new(name, short, Block::Service, about)
}

/// Versions of the schema.
pub static SCHEMA_VERSION: Table = table("schema_version", "version", "Versions of the schema")
    .columns(&[
        Column::int("version", "number of the version"),
        Column::time("applied_at", "when the database got it"),
        Column::text("program", "program that made the change"),
        Column::text("description", "what changed"),
    ])
    .primary(&["version"]);

/// Settings chosen when the database was made.
pub static SETTING: Table =
    table("setting", "setting", "Settings chosen when the database was made")
        .columns(&[
            Column::name("name", 40, "name of the setting"),
            Column::text("value", "its value"),
        ])
        .primary(&["name"]);

/// Next ids, where the database has no sequences.
pub static ID_COUNTER: Table =
    table("id_counter", "counter", "Next ids, where the database has no sequences")
        .columns(&[
            Column::name("name", 63, "table"),
            Column::int("next_id", "id that the next row gets"),
        ])
        .primary(&["name"]);

/// Runs of modules that change the database.
pub static UPDATE_RUN: Table =
    table("update_run", "run", "Runs of modules that change the database")
        .columns(&[
            Column::int("update_run_id", "id of the run"),
            Column::name("module", 100, "module or command"),
            Column::name("user_name", 100, "who started it"),
            Column::name("host", 255, "machine it ran on"),
            Column::name("run", 100, "id of the run in its journal").null(),
            Column::time("started", "when it began"),
            Column::time("finished", "when it ended").null(),
            Column::name("state", 10, "`running`, `done`, `failed` or `stopped`")
                .default(Default::Text("running")),
            Column::new("counters", Type::Json, "what it counted, a map of numbers").null(),
            Column::text("message", "why it failed").null(),
        ])
        .primary(&["update_run_id"])
        .checks(&[Check::OneOf("state", RUN_STATES)])
        .indexes(&[Index { columns: &["started"] }])
        .id("update_run_id", 0);

/// Units of work of a run.
pub static UPDATE_RUN_ITEM: Table = table("update_run_item", "item", "Units of work of a run")
    .columns(&[
        Column::int("update_run_item_id", "id of the item"),
        Column::int("update_run_id", "id of the run"),
        Column::name("host", 20, "node or store of the product").null(),
        Column::text("path", "path of the product").null(),
        Column::int("measurementset_id", "id of the measurement set").null(),
        Column::name("table_name", 63, "table concerned").null(),
        Column::name("action", 20, "what was done"),
        Column::name("state", 10, "`done`, `failed` or `skipped`"),
        Column::int("row_count", "rows written or deleted").null(),
        Column::int("bytes", "bytes of arrays").unit(Unit::Bytes).null(),
        Column::text("error", "reason, if it was not done").null(),
    ])
    .primary(&["update_run_item_id"])
    .foreign(&[ForeignKey::cascade("update_run_id", "update_run", "update_run_id")])
    .checks(&[Check::OneOf("state", ITEM_STATES)])
    .indexes(&[Index { columns: &["update_run_id"] }])
    .id("update_run_item_id", 0);

/// Jobs of hosts; a worker holds one for a while.
pub static UPDATE_JOB: Table =
    table("update_job", "job", "Jobs wanted for hosts; a worker holds one for a while")
        .columns(&[
            Column::name("store_host", 20, "node or store"),
            Column::name("job", 30, "what is to be done"),
            Column::time("requested", "when it was asked for"),
            Column::name("leased_by", 100, "run that holds it").null(),
            Column::time("leased_until", "when that run loses it").null(),
            Column::int("attempts", "how often it was begun").default(Default::Int(0)),
            Column::text("last_error", "why the last attempt failed").null(),
        ])
        .primary(&["store_host", "job"])
        .foreign(&[ForeignKey::cascade("store_host", "store_host", "name")]);

/// What is loaded of each measurement set.
pub static MS_DIAG_SUMMARY: Table =
    table("ms_diag_summary", "summary", "What diagnostic rows are loaded of each measurement set")
        .columns(&[
            Column::int("measurementset_id", "id of the measurement set"),
            Column::name("table_name", 63, "diagnostic table"),
            Column::int("row_count", "rows loaded"),
            Column::int("bytes", "bytes of their arrays").unit(Unit::Bytes),
            Column::time("source_stamp", "newest modification time of the source").null(),
            Column::int("origin_msp", "id of the file or folder they came from").null(),
            Column::int("load_id", "number of the load, rising"),
        ])
        .primary(&["measurementset_id", "table_name"])
        .foreign(&[ForeignKey::cascade("measurementset_id", "measurementset", "measurementset_id")])
        .checks(&[
            Check::OneOf("table_name", DIAGNOSTIC_TABLES),
            Check::AtLeast("row_count", 0),
            Check::AtLeast("bytes", 0),
        ])
        .id("load_id", 0);

/// Observations whose derived facts must be made anew.
pub static META_DIRTY: Table = table(
    "meta_dirty",
    "dirty",
    "Observations whose derived facts must be made anew, one row for each change",
)
.columns(&[
    Column::int("meta_dirty_id", "id of the mark"),
    Column::name("lofar_dataset", 15, "observation"),
])
.primary(&["meta_dirty_id"])
.id("meta_dirty_id", 0);

/// Ranges of measurement set ids.
pub static PARTITION_STATE: Table =
    table("partition_state", "partition", "Ranges of measurement set ids of the diagnostic tables")
        .columns(&[
            Column::name("table_name", 63, "diagnostic table"),
            Column::int("lower_id", "first id of the range"),
            Column::int("upper_id", "first id after the range"),
            Column::name("state", 10, "`attached` or `detached`")
                .default(Default::Text("attached")),
            Column::text("saved_fingerprint", "what was loaded at the last backup").null(),
            Column::text("saved_digest", "digest of the last backup").null(),
            Column::time("saved_at", "when it was made").null(),
        ])
        .primary(&["table_name", "lower_id"])
        .checks(&[
            Check::OneOf("table_name", DIAGNOSTIC_TABLES),
            Check::OneOf("state", PARTITION_STATES),
            Check::AtLeast("lower_id", 0),
            Check::Less("lower_id", "upper_id"),
        ]);

/// Corrections by the site.
pub static CORRECTION: Table = table(
    "correction",
    "correction",
    "Facts of observations that the site knows better than the files",
)
.columns(&[
    Column::name("lofar_dataset", 15, "observation"),
    Column::name("item", 20, "what is corrected"),
    Column::new("value", Type::Json, "what holds instead"),
    Column::text("note", "why").null(),
])
.primary(&["lofar_dataset", "item"])
.checks(&[Check::OneOf("item", CORRECTION_ITEMS)]);

/// All of this file, parents first.
pub static TABLES: &[&Table] = &[
    &SCHEMA_VERSION,
    &SETTING,
    &ID_COUNTER,
    &UPDATE_RUN,
    &UPDATE_RUN_ITEM,
    &UPDATE_JOB,
    &MS_DIAG_SUMMARY,
    &META_DIRTY,
    &PARTITION_STATE,
    &CORRECTION,
];
