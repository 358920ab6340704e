//! Jobs wanted for hosts. A run takes a job for a while; if it neither finishes it
//! nor asks for more time, somebody else may take it.

use crate::error::Result;
use crate::load::{Existing, upsert};
use crate::schema::{Type, reference};
use crate::store::{Statement, Transaction, Value};

/// The job that brings a node up to date.
pub const UPDATE: &str = "update";

/// Asks for a job for each host. One that is asked for already stays as it is,
/// also while somebody does it: what he has seen may be older than the wish.
pub fn request(tx: &mut Transaction, hosts: &[String], job: &str, now: i64) -> Result<u64> {
    let rows: Vec<Vec<Value>> = hosts.iter().map(|host| vec![host.as_str().into()]).collect();
    upsert(tx, &reference::STORE_HOST, &["name"], &rows, Existing::Keep)?;
    let mut hosts: Vec<&String> = hosts.iter().collect();
    hosts.sort();
    hosts.dedup();
    let mut changed = 0;
    for host in hosts {
        changed += tx.execute(Statement::constant(
            "INSERT INTO \"update_job\" (\"store_host\", \"job\", \"requested\", \"attempts\") VALUES ($1, $2, $3, 0) \
             ON CONFLICT (\"store_host\", \"job\") DO UPDATE SET \"requested\" = excluded.\"requested\"",
            vec![host.as_str().into(), job.into(), now.into()],
        ))?;
    }
    Ok(changed)
}

/// Hosts whose job is asked for and held by nobody.
pub fn due(tx: &mut Transaction, job: &str, now: i64) -> Result<Vec<String>> {
    let rows = tx.rows(Statement::constant(
        "SELECT \"store_host\" FROM \"update_job\" WHERE \"job\" = $1 \
         AND (\"leased_until\" IS NULL OR \"leased_until\" < $2) ORDER BY 1",
        vec![job.into(), now.into()],
    ))?;
    rows.iter().map(|row| row.get(0)).collect()
}

/// Takes the job of a host for a while; whether it was there to be taken. Of several
/// that try one succeeds.
pub fn claim(
    tx: &mut Transaction,
    host: &str,
    job: &str,
    run: &str,
    now: i64,
    seconds: i64,
) -> Result<bool> {
    let taken = tx.execute(Statement::constant(
        "UPDATE \"update_job\" SET \"leased_by\" = $3, \"leased_until\" = $5, \"attempts\" = \"attempts\" + 1 \
         WHERE \"store_host\" = $1 AND \"job\" = $2 AND (\"leased_until\" IS NULL OR \"leased_until\" < $4)",
        vec![host.into(), job.into(), run.into(), now.into(), (now + seconds).into()],
    ))?;
    Ok(taken > 0)
}

/// Keeps a job that this run holds for longer.
pub fn renew(tx: &mut Transaction, host: &str, run: &str, until: i64) -> Result<bool> {
    let held = tx.execute(Statement::constant(
        "UPDATE \"update_job\" SET \"leased_until\" = $3 WHERE \"store_host\" = $1 AND \"leased_by\" = $2",
        vec![host.into(), run.into(), until.into()],
    ))?;
    Ok(held > 0)
}

/// Ends a job that this run holds: done, it goes, unless it was asked for again
/// meanwhile; failed, it waits for the next attempt.
pub fn finish(
    tx: &mut Transaction,
    host: &str,
    run: &str,
    began: i64,
    error: Option<&str>,
) -> Result<()> {
    if error.is_none() {
        tx.execute(Statement::constant(
            "DELETE FROM \"update_job\" WHERE \"store_host\" = $1 AND \"leased_by\" = $2 AND \"requested\" <= $3",
            vec![host.into(), run.into(), began.into()],
        ))?;
    }
    tx.execute(Statement::constant(
        "UPDATE \"update_job\" SET \"leased_by\" = NULL, \"leased_until\" = NULL, \"last_error\" = $3 \
         WHERE \"store_host\" = $1 AND \"leased_by\" = $2",
        vec![
            host.into(),
            run.into(),
            Value::maybe(error.map(ToString::to_string), Type::Text(None)),
        ],
    ))
    .map(drop)
}
