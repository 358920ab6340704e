//! What an import did, table by table.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::rows::{Part, Sum, read};
use crate::schema;
use crate::store::Database;

/// One table.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableReport {
    /// Its name.
    pub table: String,
    /// Rows of the original.
    pub source: u64,
    /// Rows written.
    pub written: u64,
    /// Rows left out, by reason.
    pub left_out: BTreeMap<String, u64>,
    /// Rows put right, by what was wrong.
    pub mended: BTreeMap<String, u64>,
    /// Rows that are there now.
    pub found: u64,
    /// Their digest, whatever their order.
    pub digest: String,
}

/// The whole import.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Imported {
    /// The original.
    pub from: String,
    /// The new database.
    pub to: String,
    /// Its tables.
    pub tables: Vec<TableReport>,
    /// Tables where rows are missing without a reason; it is good only if this is empty.
    pub differing: Vec<String>,
}

impl TableReport {
    pub(super) fn of(table: &str) -> Self {
        Self { table: table.to_string(), ..Self::default() }
    }

    pub(super) fn leave_out(&mut self, why: &str) {
        *self.left_out.entry(why.to_string()).or_default() += 1;
    }

    pub(super) fn mend(&mut self, what: &str) {
        *self.mended.entry(what.to_string()).or_default() += 1;
    }
}

impl Imported {
    /// Counts and digests what is there; every row of the original must be there or have
    /// a reason.
    pub(super) fn verify(&mut self, target: &Database) -> Result<()> {
        for report in &mut self.tables {
            let Some(table) = schema::table(&report.table) else { continue };
            let mut sum = Sum::default();
            target.read(|tx| {
                read(tx, &Part::all(table), |row| {
                    sum.add(row);
                    Ok(())
                })
            })?;
            report.found = sum.rows();
            report.digest = sum.text();
            let left_out: u64 = report.left_out.values().sum();
            if report.found != report.written || report.written + left_out != report.source {
                self.differing.push(report.table.clone());
            }
        }
        Ok(())
    }
}
