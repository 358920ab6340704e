//! The audit log: who changed what, where and when, one JSON object a line.
//!
//! It is appended with one write per line, so that concurrent runs do not mix.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;

use ledama_cluster::plan::Plan;
use ledama_cluster::report::{Report, State};
use ledama_cluster::run::RunContext;
use serde::Serialize;

#[derive(Serialize)]
struct Entry<'a> {
    time: &'a str,
    user: &'a str,
    host: &'a str,
    run_id: &'a str,
    module: &'a str,
    node: &'a str,
    what: &'a str,
    path: &'a str,
    state: State,
    bytes: u64,
}

/// Appends one line for every task that was started.
pub fn append(
    file: &Path,
    context: &RunContext,
    plan: &Plan,
    report: &Report,
) -> std::io::Result<()> {
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let mut log = OpenOptions::new().create(true).append(true).open(file)?;
    for outcome in report.outcomes.iter().filter(|o| o.attempts > 0) {
        let planned = plan.tasks.get(outcome.task).map_or(0, |t| t.size_bytes);
        let bytes = outcome.value.get("bytes").and_then(serde_json::Value::as_u64);
        let entry = Entry {
            time: &report.finished,
            user: &context.user,
            host: &context.node,
            run_id: &report.run_id,
            module: &context.module,
            node: &outcome.node,
            what: &plan.title,
            path: &outcome.label,
            state: outcome.state,
            bytes: bytes.unwrap_or(planned),
        };
        let mut line = serde_json::to_vec(&entry)?;
        line.push(b'\n');
        log.write_all(&line)?;
    }
    log.sync_data()
}
