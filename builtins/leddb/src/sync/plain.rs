//! Observations, products, files, movies: rows matched by their keys, all in one
//! transaction. What is extra goes first, children before parents; then parents before
//! children what differs is changed and what is missing is added.

use std::collections::HashSet;
use std::sync::mpsc::sync_channel;

use super::compare::{Counts, hash, hashes};
use super::plain_tables;
use crate::backup::Watch;
use crate::ddl::quoted;
use crate::error::{LeddbError, Result};
use crate::rows::{Bulk, Keys, Part, columns, read};
use crate::schema::Table;
use crate::store::{Database, Statement, Transaction, Value};

/// Rows on their way from the source.
const AHEAD: usize = 1000;

pub(super) fn bring(
    source: &mut Transaction,
    to: &Database,
    watch: Watch<'_>,
) -> Result<Vec<Counts>> {
    to.write(|tx| {
        let mut all: Vec<Counts> = Vec::new();
        let tables = plain_tables();
        for table in tables.iter().rev() {
            watch.check()?;
            let extra = remove_extra(source, tx, table).map_err(|error| other_ids(error, table))?;
            all.push(Counts { name: table.name.to_string(), extra, ..Counts::default() });
        }
        all.reverse();
        for (table, counts) in tables.iter().zip(&mut all) {
            watch.check()?;
            add(source, tx, table, counts)?;
        }
        all.retain(|counts| !counts.same());
        Ok(all)
    })
}

fn remove_extra(
    source: &mut Transaction,
    tx: &mut Transaction,
    table: &'static Table,
) -> Result<u64> {
    let keys = Keys::of(table);
    let mut there = HashSet::new();
    read(tx, &Part::all(table), |row| {
        there.insert(keys.key(row)?);
        Ok(())
    })?;
    if there.is_empty() {
        return Ok(0);
    }
    read(source, &Part::all(table), |row| {
        there.remove(&keys.key(row)?);
        Ok(())
    })?;
    let places: Vec<_> = (1..).zip(table.primary.iter().copied()).collect();
    let condition = conditions(&places);
    let text = format!("DELETE FROM {} WHERE {condition}", quoted(table.name));
    for key in &there {
        tx.execute(Statement::built(text.clone(), keys.values(key)?))?;
    }
    Ok(there.len() as u64)
}

fn conditions(columns: &[(usize, &str)]) -> String {
    let parts: Vec<_> =
        columns.iter().map(|(place, name)| format!("{} = ${place}", quoted(name))).collect();
    parts.join(" AND ")
}

fn add(
    source: &mut Transaction,
    tx: &mut Transaction,
    table: &'static Table,
    counts: &mut Counts,
) -> Result<()> {
    let there = hashes(tx, table)?;
    let keys = Keys::of(table);
    let mut changed: Vec<Vec<u8>> = Vec::new();
    read(source, &Part::all(table), |row| {
        counts.source += 1;
        match there.get(&keys.key(row)?) {
            None => counts.missing += 1,
            Some(found) if *found != hash(row) => changed.push(row.to_vec()),
            Some(_) => {}
        }
        Ok(())
    })?;
    counts.changed = changed.len() as u64;
    update(tx, table, &changed).map_err(|error| other_ids(error, table))?;
    if counts.missing == 0 {
        return Ok(());
    }
    std::thread::scope(|scope| {
        let (send, receive) = sync_channel::<Vec<u8>>(AHEAD);
        let reader = scope.spawn(|| {
            let send = send;
            read(source, &Part::all(table), |row| {
                if there.contains_key(&keys.key(row)?) {
                    return Ok(());
                }
                // Nobody takes rows when writing has failed, which is the reason that counts.
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
        written.map_err(|error| other_ids(error, table))?;
        read
    })
}

/// Changes the rows with these keys.
fn update(tx: &mut Transaction, table: &'static Table, rows: &[Vec<u8>]) -> Result<()> {
    let columns = columns(table);
    let is_key = |name: &str| table.primary.contains(&name);
    let numbered: Vec<(usize, &str)> =
        columns.iter().enumerate().map(|(place, column)| (place + 1, column.name)).collect();
    let (key, rest): (Vec<_>, Vec<_>) = numbered.into_iter().partition(|(_, name)| is_key(name));
    if rest.is_empty() {
        return Ok(());
    }
    let set: Vec<_> =
        rest.iter().map(|(place, name)| format!("{} = ${place}", quoted(name))).collect();
    let text =
        format!("UPDATE {} SET {} WHERE {}", quoted(table.name), set.join(", "), conditions(&key));
    for row in rows {
        let values: Vec<Value> = crate::rows::values(row, &columns)?;
        tx.execute(Statement::built(text.clone(), values))?;
    }
    Ok(())
}

/// A unique key that is taken means that the two databases number other things.
fn other_ids(error: LeddbError, table: &Table) -> LeddbError {
    match error {
        LeddbError::Violation(violation) => LeddbError::Input {
            message: format!("`{}` has other ids in the two databases: {violation}", table.name),
            help: Some(
                "only copies of one database can be kept the same; restore a backup of the source instead"
                    .to_string(),
            ),
        },
        other => other,
    }
}
