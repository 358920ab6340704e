//! Makes one database the same as another, of either back end, by writing only what
//! differs.
//!
//! The source is seen at one moment. Rows are matched by their primary keys, which are
//! the same in copies of one database. Observations, products, files and movies are
//! brought into line in one transaction; then each range of diagnostics in one of its
//! own, measurement set by measurement set. In the end derived facts are made anew and
//! the digests of everything are compared again.

mod compare;
mod diagnostics;
mod operation;
mod plain;

#[cfg(test)]
mod tests;

pub use compare::{Compared, Counts, compare};
pub use operation::{Compare, CompareInput, Sync, SyncInput};

use serde::{Deserialize, Serialize};

use crate::backup::Watch;
use crate::error::{LeddbError, Result};
use crate::meta;
use crate::migrate::setting;
use crate::partition;
use crate::schema::{self, Block, Table};
use crate::store::{Database, Mode, Transaction};
use crate::upkeep;

/// What a sync did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Synced {
    /// Tables and ranges in which something was written, with how much.
    pub written: Vec<Counts>,
    /// Tables and ranges that differ all the same; it is good only if this is empty.
    pub differing: Vec<String>,
    /// What was left out.
    pub warnings: Vec<String>,
}

/// Tables whose rows are matched one by one, parents first.
pub(crate) fn plain_tables() -> Vec<&'static Table> {
    schema::tables()
        .filter(|table| match table.block {
            Block::Reference | Block::Applications | Block::Movies => true,
            Block::Diagnostics => !table.partitioned,
            Block::Meta => false,
            Block::Service => table.name == schema::service::CORRECTION.name,
        })
        .collect()
}

/// Ranges of the source with their rows in place, and those without.
pub(crate) fn ranges(tx: &mut Transaction) -> Result<(Vec<partition::Partition>, Vec<String>)> {
    let (there, off): (Vec<_>, Vec<_>) =
        partition::list_within(tx)?.into_iter().partition(|part| part.attached);
    Ok((there, off.into_iter().map(|part| part.name).collect()))
}

/// Refuses a database that would be made the same as itself.
fn two(from: &Database, to: &Database) -> Result<()> {
    let id = |database: &Database| database.read(|tx| setting(tx, "database_id"));
    let place = |database: &Database| database.location().to_string();
    if place(from) == place(to) || (id(from)?.is_some() && id(from)? == id(to)?) {
        return Err(LeddbError::input(format!(
            "{} and {} are one database",
            place(from),
            place(to)
        )));
    }
    Ok(())
}

/// Makes `to` the same as `from`.
pub fn sync(from: &Database, to: &Database, watch: Watch<'_>) -> Result<Synced> {
    two(from, to)?;
    let mut source = from.begin(Mode::Read)?;
    let (parts, off) = ranges(&mut source)?;
    let mut synced = Synced::default();
    if !off.is_empty() {
        synced.warnings.push(format!(
            "{} ranges of the source are taken off, such as `{}`: they stay as they are",
            off.len(),
            off[0]
        ));
    }
    synced.written.extend(plain::bring(&mut source, to, watch)?);
    let last = parts.iter().map(|part| part.range.upper).max();
    partition::ensure(to, last.map(|upper| upper - 1))?;
    for (done, part) in parts.iter().enumerate() {
        watch.check()?;
        watch.progress(done as u64, parts.len() as u64);
        let Some(table) = schema::table(part.table) else { continue };
        synced.written.extend(diagnostics::bring(&mut source, to, table, part.range, watch)?);
    }
    let mut next = Vec::new();
    for table in schema::tables().filter(|table| table.id.is_some()) {
        next.push((table, upkeep::next_id(&mut source, table)?));
    }
    to.write(|tx| {
        for (table, id) in &next {
            upkeep::set_next_id(tx, table, *id)?;
        }
        Ok(())
    })?;
    if !synced.written.is_empty() {
        meta::refresh(to, meta::Scope::All)?;
    }
    let compared = compare::within(&mut source, to, watch)?;
    synced.differing =
        compared.parts.into_iter().filter(|part| !part.same()).map(|part| part.name).collect();
    Ok(synced)
}
