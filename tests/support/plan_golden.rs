//! The plan of a module (`--query --json`) as a golden file.

use serde_json::Value;

use super::golden;
use super::nodes::Cluster;
use super::run::Output;
use super::work::Work;

/// Compares the plan that a run with `--query --json` printed with
/// `tests/golden/MODULE/NAME.json`.
#[track_caller]
pub(crate) fn check(module: &str, name: &str, output: &Output, work: &Work, cluster: &Cluster) {
    let places = [
        (work.path().display().to_string(), "[WORK]"),
        (cluster.folder().display().to_string(), "[CLUSTER]"),
        (cluster.address(""), "127.0.0."),
    ];
    compare(module, name, output, &places);
}

/// The same for a plan that needs no nodes but this host.
#[track_caller]
pub(crate) fn check_here(module: &str, name: &str, output: &Output, work: &Work) {
    compare(module, name, output, &[(work.path().display().to_string(), "[WORK]")]);
}

#[track_caller]
fn compare(module: &str, name: &str, output: &Output, places: &[(String, &str)]) {
    let mut plan = output.json()["plans"].take();
    assert!(plan.as_array().is_some_and(|plans| !plans.is_empty()), "no plan; {output}");
    let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
    mask(&mut plan, &host, places);
    let text = serde_json::to_string_pretty(&plan).unwrap() + "\n";
    golden::check(&format!("{module}/{name}.json"), &text);
}

/// Replaces what differs from run to run, wherever it stands.
fn mask(value: &mut Value, host: &str, names: &[(String, &str)]) {
    match value {
        Value::String(text) if text == host => *text = "[HOST]".into(),
        Value::String(text) => {
            *text = names.iter().fold(text.clone(), |text, (what, name)| text.replace(what, name));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| mask(item, host, names)),
        Value::Object(fields) => {
            for (name, field) in fields.iter_mut() {
                match name.as_str() {
                    "port" => *field = Value::from(22),
                    // Blocks of the disk that the tests happen to run on.
                    "size_bytes" if field.is_number() => *field = Value::from(0),
                    _ => mask(field, host, names),
                }
            }
        }
        _ => {}
    }
}
