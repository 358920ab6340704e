//! Running ad-hoc scripts that execute a plan, and reading what came of it.

use std::path::Path;

use serde_json::Value;

use super::run::{Output, Run};
use super::work::Work;

/// A script that builds a plan with `body` (which knows `plan` and `args`),
/// executes it with `options` and gives the report as its result.
pub(crate) fn script(body: &str, options: &str) -> String {
    format!(
        "let plan = run.plan(\"Test\");\n{body}\n\
         let report = run.execute(plan, #{{ {options} }});\nreport.outcomes\n"
    )
}

/// Prepares a run of such a script: its report goes to `report.json`.
pub(crate) fn execute(work: &Work, config: &Path, body: &str, options: &str) -> Run {
    work.file("plan.rhai", script(body, options));
    work.ledama(["run", "plan.rhai", "--report", "report.json", "--no-progress"]).config(config)
}

/// The outcomes of all executions of a run, from its report file.
#[track_caller]
pub(crate) fn outcomes(work: &Work) -> Vec<Value> {
    let report: Value = serde_json::from_str(&work.read("report.json")).unwrap();
    report["executions"]
        .as_array()
        .unwrap_or_else(|| panic!("no executions in {report:#}"))
        .iter()
        .flat_map(|execution| execution["outcomes"].as_array().unwrap().clone())
        .collect()
}

/// The outcome of the only task.
#[track_caller]
pub(crate) fn only_outcome(work: &Work) -> Value {
    let mut all = outcomes(work);
    assert_eq!(all.len(), 1, "{all:#?}");
    all.remove(0)
}

/// Runs a plan of one task and returns its outcome with the output of the run.
#[track_caller]
pub(crate) fn one(work: &Work, config: &Path, body: &str) -> (Value, Output) {
    let output = execute(work, config, body, "").run().no_panic();
    (only_outcome(work), output)
}

/// A text as a literal of the script language, whatever is in it.
pub(crate) fn literal(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            ' '..='~' => quoted.push(c),
            _ => quoted.push_str(&format!("\\U{:08x}", u32::from(c))),
        }
    }
    quoted.push('"');
    quoted
}
