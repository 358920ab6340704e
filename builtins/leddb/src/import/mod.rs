//! Takes over a database of the original program into an empty one of ours. The source
//! is a PostgreSQL database and only read, as it is at one moment.
//!
//! Ids are kept. What the original let happen is put right on the way, and counted:
//! stamps in local time become UTC, sizes of -1 unknown, products that differ by less
//! than a microsecond one, rows outside of all partitions get into one, arrays with
//! fewer correlations are filled up. Rows that refer to nothing are left out and told.

mod clock;
mod diagnostics;
mod operation;
mod plain;
mod report;
mod source;

#[cfg(test)]
mod tests;

pub use operation::{Import, ImportInput};
pub use report::{Imported, TableReport};

use crate::backup::{Watch, empty_target, set_counters};
use crate::error::Result;
use crate::meta;
use crate::partition;
use crate::schema;
use crate::store::{Database, Location, Mode, Options};

/// How to import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Time zone of the clocks that wrote stamps into the original.
    pub zone: String,
    /// Ids in a partition of the new database.
    pub partition_width: i64,
}

impl Default for Job {
    fn default() -> Self {
        Self { zone: "Europe/Amsterdam".to_string(), partition_width: schema::PARTITION_WIDTH }
    }
}

/// Imports everything.
pub fn import(
    from: &Location,
    to: &Location,
    options: &Options,
    job: &Job,
    watch: Watch<'_>,
) -> Result<Imported> {
    let clock = clock::Clock::of(&job.zone)?;
    let origin = Database::connect(from, &Options::default())?;
    let mut source = origin.begin(Mode::Read)?;
    source::check(&mut source, from)?;
    let target = empty_target(to, options, job.partition_width)?;
    let mut report = Imported { from: from.to_string(), to: to.to_string(), ..Imported::default() };
    let known = plain::bring(&mut source, &target, &clock, &mut report, watch)?;
    partition::ensure(&target, known.last_set)?;
    for table in schema::diagnostics::PARTITIONED {
        diagnostics::bring(&mut source, &target, table, &known, &clock, &mut report, watch)?;
    }
    plain::bring_movies(&mut source, &target, &clock, &known, &mut report)?;
    set_counters(&target, &source::sequences(&mut source)?)?;
    partition::ensure(&target, None)?;
    meta::refresh(&target, meta::Scope::All)?;
    report.verify(&target)?;
    Ok(report)
}
