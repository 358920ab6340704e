//! The plan of a module (`--query --json`) as a golden file.

use std::path::Path;

use serde_json::Value;

use super::golden;
use super::run::Output;
use super::work::Work;

/// Compares the plan that a run with `--query --json` printed with
/// `tests/golden/MODULE/NAME.json`.
#[track_caller]
pub(crate) fn check(module: &str, name: &str, output: &Output, work: &Work) {
    let mut plan = output.json()["plans"].take();
    assert!(plan.as_array().is_some_and(|plans| !plans.is_empty()), "no plan; {output}");
    mask(&mut plan, work.path());
    let text = serde_json::to_string_pretty(&plan).unwrap() + "\n";
    golden::check(&format!("{module}/{name}.json"), &text);
}

/// Replaces what differs from run to run, wherever it stands.
fn mask(value: &mut Value, work: &Path) {
    match value {
        Value::String(text) => {
            *text = text.replace(work.to_str().unwrap_or_default(), "[WORK]");
        }
        Value::Array(items) => items.iter_mut().for_each(|item| mask(item, work)),
        Value::Object(fields) => {
            for (name, field) in fields.iter_mut() {
                match name.as_str() {
                    "run_id" => *field = Value::from("[RUN]"),
                    "started" | "finished" => *field = Value::from("[TIME]"),
                    "seconds" => *field = Value::from(0),
                    _ => mask(field, work),
                }
            }
        }
        _ => {}
    }
}
