//! Exact numbers of rows, several tables at the same time.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde::Serialize;

use crate::error::{LeddbError, Result};
use crate::partition;
use crate::rows::{Part, count};
use crate::schema;
use crate::store::Database;

/// Rows of a table or a range of one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Count {
    /// The table.
    pub table: String,
    /// Name of the range, if it is one.
    pub partition: Option<String>,
    /// Its rows.
    pub rows: u64,
}

/// Counts every table, and every attached range of the diagnostic tables, in the order
/// of the description; `workers` at the same time.
pub fn counts(database: &Database, workers: usize) -> Result<Vec<Count>> {
    let ranges = partition::list(database)?;
    let mut parts: Vec<Part> = Vec::new();
    for table in schema::tables() {
        if !table.partitioned {
            parts.push(Part::all(table));
        }
        let own = ranges.iter().filter(|part| part.table == table.name && part.attached);
        parts.extend(own.map(|part| Part::of(table, part.range)));
    }
    let next = AtomicUsize::new(0);
    let found: Mutex<Vec<(usize, Result<u64>)>> = Mutex::new(Vec::new());
    let lock = || found.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    std::thread::scope(|scope| {
        for _ in 0..workers.clamp(1, 8) {
            scope.spawn(|| {
                while let (at, Some(part)) = {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    (at, parts.get(at))
                } {
                    let rows = database.read(|tx| count(tx, part));
                    lock().push((at, rows));
                }
            });
        }
    });
    let mut found = found.into_inner().map_err(|_| LeddbError::Stopped)?;
    found.sort_by_key(|(at, _)| *at);
    parts
        .iter()
        .zip(found)
        .map(|(part, (_, rows))| {
            Ok(Count {
                table: part.table.name.to_string(),
                partition: part.range.map(|_| part.name()).transpose()?,
                rows: rows?,
            })
        })
        .collect()
}
