//! What differs between two databases, without changing either.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::{diagnostics, plain_tables, ranges, two};
use crate::backup::Watch;
use crate::error::Result;
use crate::rows::{Keys, Part, read};
use crate::schema::{self, Table};
use crate::store::{Database, Mode, Transaction};

/// How a table or range of two databases differs. Of diagnostics, measurement sets are
/// counted; of all others, rows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Table or range.
    pub name: String,
    /// Rows, or sets, of the source.
    pub source: u64,
    /// In the source only.
    pub missing: u64,
    /// In both, and not the same.
    pub changed: u64,
    /// In the target only.
    pub extra: u64,
}

impl Counts {
    /// Whether nothing differs.
    pub fn same(&self) -> bool {
        self.missing + self.changed + self.extra == 0
    }
}

/// How two databases differ.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Compared {
    /// Tables and ranges.
    pub parts: Vec<Counts>,
    /// Ranges of the source that are taken off.
    pub off: Vec<String>,
}

/// Compares everything that a sync would bring into line.
pub fn compare(from: &Database, to: &Database, watch: Watch<'_>) -> Result<Compared> {
    two(from, to)?;
    within(&mut from.begin(Mode::Read)?, to, watch)
}

pub(super) fn within(
    source: &mut Transaction,
    to: &Database,
    watch: Watch<'_>,
) -> Result<Compared> {
    let (parts, off) = ranges(source)?;
    to.read(|target| {
        let mut compared = Compared { parts: Vec::new(), off };
        for table in plain_tables() {
            watch.check()?;
            compared.parts.push(rows(source, target, table)?);
        }
        for part in &parts {
            watch.check()?;
            let Some(table) = schema::table(part.table) else { continue };
            let from = diagnostics::sets(source, table, part.range)?;
            let there = diagnostics::sets(target, table, part.range)?;
            let mut counts =
                Counts { name: part.name.clone(), source: from.len() as u64, ..Counts::default() };
            for (set, sum) in &from {
                match there.get(set) {
                    None => counts.missing += 1,
                    Some(found) if found != sum => counts.changed += 1,
                    Some(_) => {}
                }
            }
            counts.extra = there.keys().filter(|set| !from.contains_key(set)).count() as u64;
            compared.parts.push(counts);
        }
        Ok(compared)
    })
}

/// Hash of each row of a table by its key.
pub(super) fn hashes(
    tx: &mut Transaction,
    table: &'static Table,
) -> Result<HashMap<Box<[u8]>, [u8; 16]>> {
    let keys = Keys::of(table);
    let mut all = HashMap::new();
    read(tx, &Part::all(table), |row| {
        all.insert(keys.key(row)?, hash(row));
        Ok(())
    })?;
    Ok(all)
}

/// Half of a long hash: enough for rows of one table.
pub(super) fn hash(row: &[u8]) -> [u8; 16] {
    let whole = *blake3::hash(row).as_bytes();
    let mut half = [0; 16];
    half.copy_from_slice(&whole[..16]);
    half
}

fn rows(
    source: &mut Transaction,
    target: &mut Transaction,
    table: &'static Table,
) -> Result<Counts> {
    let mut there = hashes(target, table)?;
    let keys = Keys::of(table);
    let mut counts = Counts { name: table.name.to_string(), ..Counts::default() };
    read(source, &Part::all(table), |row| {
        counts.source += 1;
        match there.remove(&keys.key(row)?) {
            None => counts.missing += 1,
            Some(found) if found != hash(row) => counts.changed += 1,
            Some(_) => {}
        }
        Ok(())
    })?;
    counts.extra = there.len() as u64;
    Ok(counts)
}
