//! A range of diagnostics: measurement sets whose rows or summaries differ are replaced,
//! all in one transaction.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::mpsc::sync_channel;

use super::compare::Counts;
use crate::backup::Watch;
use crate::ddl::quoted;
use crate::error::{LeddbError, Result};
use crate::partition::Range;
use crate::rows::{Bulk, Keys, Part, Sum, read, read_sets};
use crate::schema::{Table, service::MS_DIAG_SUMMARY};
use crate::store::{Database, Statement, Transaction};

/// Rows on their way from the source, and sets asked for at once.
const AHEAD: usize = 64;
const SETS: usize = 500;

/// The digest of each measurement set: of its rows and its summary.
pub(super) fn sets(
    tx: &mut Transaction,
    table: &'static Table,
    range: Range,
) -> Result<BTreeMap<i64, Sum>> {
    let mut all: BTreeMap<i64, Sum> = BTreeMap::new();
    let set = Keys::of_column(table, "measurementset_id")?;
    read(tx, &Part::of(table, range), |row| {
        all.entry(set.integer(row)?).or_default().add(row);
        Ok(())
    })?;
    tx.each(
        Statement::constant(
            "SELECT \"measurementset_id\", \"row_count\", \"bytes\", COALESCE(\"source_stamp\", -1), \
             COALESCE(\"origin_msp\", -1), \"load_id\" FROM \"ms_diag_summary\" \
             WHERE \"table_name\" = $1 AND \"measurementset_id\" >= $2 AND \"measurementset_id\" < $3",
            vec![table.name.into(), range.lower.into(), range.upper.into()],
        ),
        |row| {
            let mut bytes = Vec::with_capacity(48);
            for place in 0..6 {
                bytes.extend_from_slice(&row.get::<i64>(place)?.to_be_bytes());
            }
            all.entry(row.get(0)?).or_default().add(&bytes);
            Ok(ControlFlow::Continue(()))
        },
    )?;
    Ok(all)
}

pub(super) fn bring(
    source: &mut Transaction,
    to: &Database,
    table: &'static Table,
    range: Range,
    watch: Watch<'_>,
) -> Result<Option<Counts>> {
    let from = sets(source, table, range)?;
    to.write(|tx| {
        let there = sets(tx, table, range)?;
        let mut counts = Counts {
            name: range.partition_name(table)?,
            source: from.len() as u64,
            ..Counts::default()
        };
        let (mut wanted, mut gone) = (Vec::new(), Vec::new());
        for (set, sum) in &from {
            match there.get(set) {
                None => counts.missing += 1,
                Some(found) if found != sum => {
                    counts.changed += 1;
                    gone.push(*set);
                }
                Some(_) => continue,
            }
            wanted.push(*set);
        }
        let extra = there.keys().filter(|set| !from.contains_key(set)).copied();
        let before = gone.len();
        gone.extend(extra);
        counts.extra = (gone.len() - before) as u64;
        if counts.same() {
            return Ok(None);
        }
        for set in &gone {
            watch.check()?;
            tx.execute(Statement::built(
                format!("DELETE FROM {} WHERE \"measurementset_id\" = $1", quoted(table.name)),
                vec![(*set).into()],
            ))?;
            tx.execute(Statement::constant(
                "DELETE FROM \"ms_diag_summary\" WHERE \"measurementset_id\" = $1 AND \"table_name\" = $2",
                vec![(*set).into(), table.name.into()],
            ))?;
        }
        for some in wanted.chunks(SETS) {
            watch.check()?;
            copy(source, tx, table, some, None)?;
            copy(source, tx, &MS_DIAG_SUMMARY, some, Some(table))?;
        }
        Ok(Some(counts))
    })
}

/// Copies the rows of some measurement sets; of summaries those of one table.
fn copy(
    source: &mut Transaction,
    tx: &mut Transaction,
    table: &'static Table,
    sets: &[i64],
    of: Option<&'static Table>,
) -> Result<()> {
    std::thread::scope(|scope| {
        let (send, receive) = sync_channel::<Vec<u8>>(AHEAD);
        let reader = scope.spawn(|| {
            let send = send;
            read_sets(source, table, sets, of, |row| {
                send.send(row.to_vec()).map_err(|_| LeddbError::Stopped)
            })
        });
        let written = Bulk::into(table).write(tx, |row| match receive.recv() {
            Ok(next) => {
                row.extend_from_slice(&next);
                Ok(true)
            }
            Err(_) => Ok(false),
        });
        drop(receive);
        let read = reader.join().unwrap_or(Err(LeddbError::Stopped));
        written?;
        read
    })
}
