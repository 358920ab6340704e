//! What a set holds, how large it is, and who uses it.

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt;
use std::sync::{Mutex, PoisonError};

use ledama_base::{units, usage};
use ledama_tables::{Table, Usage};
use serde::{Deserialize, Serialize};

use super::reader::Reader;
use super::{Depth, Wanted};

/// What the set holds, how large it is, and who uses it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct StateFacts {
    /// It has a column CORRECTED_DATA.
    pub has_corrected_data: bool,
    /// It has a column MODEL_DATA.
    pub has_model_data: bool,
    /// It has a folder `instrument`, maybe with defaults only.
    pub has_gain_table: bool,
    /// That folder holds solutions.
    pub has_gains: bool,
    /// It has tables of quality statistics, maybe empty.
    pub has_quality_tables: bool,
    /// Those tables hold statistics.
    pub has_quality: bool,
    /// Columns that this version cannot read, with the reason.
    pub unreadable_columns: Vec<(String, String)>,
    /// Blocks on disk, bytes, if they were measured.
    pub size_bytes: Option<u64>,
    /// The same in MiB, rounded up.
    pub size_mb: Option<u64>,
    /// The account that owns it.
    pub owner: Option<String>,
    /// How other processes use it: `free`, `open`, `reading` or `writing`.
    pub lock: Option<String>,
    /// One of those processes, where it is known.
    pub lock_pid: Option<u32>,
    /// The lock is held until that process closes the set.
    pub lock_permanent: bool,
}

/// Whether the set has a folder with a table of that name, and whether that
/// has rows. It need not be linked from the main table.
fn table_with_rows(reader: &mut Reader, table: &Table, name: &str) -> (bool, bool) {
    let Ok(folder) = table.folder().folder(name) else { return (false, false) };
    match Table::has_rows(folder) {
        Ok(None) => (false, false),
        has => (true, reader.keep(name, has).flatten().unwrap_or(false)),
    }
}

pub(super) fn read(reader: &mut Reader, table: &Table, wanted: Wanted<'_>) -> StateFacts {
    let (has_gain_table, has_gains) = table_with_rows(reader, table, "instrument");
    let (has_quality_tables, has_quality) =
        table_with_rows(reader, table, "QUALITY_TIME_STATISTIC");
    let unreadable = if wanted.depth == Depth::Header { Vec::new() } else { unreadable(table) };
    let size_bytes = if wanted.sizes { measured(table) } else { None };
    let lock = table.lock_state().ok();
    StateFacts {
        has_corrected_data: table.has_column("CORRECTED_DATA"),
        has_model_data: table.has_column("MODEL_DATA"),
        has_gain_table,
        has_gains,
        has_quality_tables,
        has_quality,
        unreadable_columns: unreadable,
        size_bytes,
        size_mb: size_bytes.map(units::mib),
        owner: owner(table),
        lock: lock.map(|lock| usage_name(lock.usage).to_string()),
        lock_pid: lock.and_then(|lock| lock.pid),
        lock_permanent: lock.is_some_and(|lock| lock.permanent),
    }
}

/// Columns whose storage manager cannot be opened; looks at each of them.
fn unreadable(table: &Table) -> Vec<(String, String)> {
    let columns = table.columns().iter().filter_map(|column| {
        let error = table.column(&column.name).err()?;
        Some((column.name.clone(), error.to_string()))
    });
    columns.collect()
}

fn usage_name(usage: Usage) -> &'static str {
    match usage {
        Usage::Free => "free",
        Usage::Open => "open",
        Usage::Reading => "reading",
        Usage::Writing => "writing",
    }
}

fn measured(table: &Table) -> Option<u64> {
    let options = usage::Options { follow_root: true, ..usage::Options::default() };
    let measured = usage::measure(&[table.path().to_path_buf()], options, &|| false).ok()?;
    measured.roots.first().map(|usage| usage.disk_bytes)
}

/// Names of accounts: the same few own all sets of a node, and asking may
/// mean asking a server.
static OWNERS: Mutex<BTreeMap<u32, String>> = Mutex::new(BTreeMap::new());

/// The name of the owner, or its number where it has no name here.
fn owner(table: &Table) -> Option<String> {
    let uid = std::fs::metadata(table.path()).ok()?.uid();
    let mut known = OWNERS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(name) = known.get(&uid) {
        return Some(name.clone());
    }
    let user = nix::unistd::User::from_uid(uid.into()).ok().flatten();
    let Some(user) = user else { return Some(uid.to_string()) };
    known.insert(uid, user.name.clone());
    Some(user.name)
}
