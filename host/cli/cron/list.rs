//! `ledama cron list`.

use serde::Serialize;

use super::resolve::Resolved;
use crate::cli::desk::Desk;
use crate::cli::{Outcome, Shared};
use crate::cron::Place;
use crate::cron::record::{Record, Status};
use crate::diagnostic::Failure;
use crate::report::{results, table};
use crate::run::outcome;

/// One job on one host.
#[derive(Debug, Serialize)]
struct Row<'a> {
    job: &'a str,
    module: &'a str,
    /// None: any host that has it in its table.
    host: Option<&'a str>,
    account: Option<&'a str>,
    enabled: bool,
    calendar: String,
    words: String,
    zone: Option<&'a str>,
    next: Option<String>,
    last: Option<Record>,
    /// Runs that were not started since the last one began, because it was going on.
    skipped: usize,
    log: String,
    /// What is wrong with it, one sentence each.
    faults: Vec<String>,
}

pub(super) fn list(shared: &Shared, as_json: bool) -> Outcome {
    let desk = Desk::open(shared)?;
    let config = &desk.place.loaded.config;
    let local = super::run::local_name(&desk);
    let jobs = Resolved::all(&desk);
    let mut rows = Vec::new();
    let mut faults = Vec::new();
    for job in &jobs {
        let found = job.arguments(&desk).err().unwrap_or_default();
        let hosts: Vec<Option<&str>> = match &job.hosts[..] {
            [] => vec![None],
            hosts => hosts.iter().map(|host| Some(host.as_str())).collect(),
        };
        for host in hosts {
            let place = Place::new(config, job.job, host.unwrap_or(&local));
            rows.push(Row {
                job: &job.job.name,
                module: &job.job.module,
                host,
                account: job.job.account.as_deref(),
                enabled: job.job.enabled,
                calendar: job.calendar.crontab(),
                words: job.words(),
                zone: job.job.zone.as_deref(),
                next: job.next().map(ledama_base::clock::utc_text),
                last: place.record(),
                skipped: place.skipped(),
                log: ledama_base::rawtext::path_text(&place.log()),
                faults: found.iter().map(|fault| fault.message.clone()).collect(),
            });
        }
        faults.extend(found);
    }
    if as_json {
        results::json(&rows);
    } else if rows.is_empty() {
        desk.talk.line("the configuration has no jobs");
    } else {
        let columns = ["job", "host", "when", "next", "last", "status", "log"].map(String::from);
        let cells: Vec<Vec<String>> = rows.iter().map(cells).collect();
        results::write(&table::render(&columns, &cells));
    }
    if faults.is_empty() {
        return Ok(outcome::OK);
    }
    Failure::from(faults).with_sources(desk.catalogue.sources.clone()).show(&desk.talk);
    Ok(outcome::FAILED)
}

fn cells(row: &Row<'_>) -> Vec<String> {
    let dash = || "-".to_string();
    let last = row.last.as_ref();
    vec![
        row.job.to_string(),
        row.host.unwrap_or("any").to_string(),
        row.words.clone(),
        row.next.clone().unwrap_or_else(dash),
        last.map_or_else(dash, |record| record.start.clone()),
        status(row),
        if last.is_some() { row.log.clone() } else { dash() },
    ]
}

/// The end of the last run, and what is odd.
fn status(row: &Row<'_>) -> String {
    let mut words = Vec::new();
    if !row.enabled {
        words.push("disabled".to_string());
    }
    if !row.faults.is_empty() {
        words.push("faulty".to_string());
    }
    if let Some(record) = &row.last {
        words.push(match (record.status, record.exit_code) {
            (Status::Failed, Some(code)) => format!("failed (exit code {code})"),
            (status, _) => status.word().replace('-', " "),
        });
        if record.failures > 1 {
            words.push(format!("{} times in a row", record.failures));
        }
        if row.skipped > 0 {
            words.push(format!("{} skipped", row.skipped));
        }
        if !record.alarm_faults.is_empty() {
            words.push("nobody could be told".to_string());
        }
    }
    if words.is_empty() { "-".to_string() } else { words.join(", ") }
}
