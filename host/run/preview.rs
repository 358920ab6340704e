//! A plan as a person reads it before it is carried out.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use ledama_base::operation::{Effect, Registry};
use ledama_base::{nodeset, quote, units};
use ledama_cluster::plan::{Action, CommandSpec, Plan, Task};

/// Whether a dry run may execute the plan: operations that only look.
pub fn only_looks(plan: &Plan, registry: &Registry) -> bool {
    all(plan, registry, |effect| effect == Effect::Reads)
}

/// Whether executing the plan changes nothing.
pub fn only_reads(plan: &Plan, registry: &Registry) -> bool {
    all(plan, registry, |effect| effect != Effect::Changes)
}

fn all(plan: &Plan, registry: &Registry, wanted: impl Fn(Effect) -> bool) -> bool {
    plan.tasks.iter().all(|task| match &task.action {
        Action::Command(_) => false,
        Action::Operation { name, .. } => {
            registry.get(name).is_some_and(|operation| wanted(operation.effect()))
        }
    })
}

/// One line per task, at most `most` of them, then the totals.
pub fn text(plan: &Plan, registry: &Registry, most: usize) -> String {
    let mut text = String::new();
    for task in plan.tasks.iter().take(most) {
        let _ = writeln!(text, "{}  {}", task.node, describe(task, registry));
    }
    if plan.tasks.len() > most {
        let _ = writeln!(text, "… and {} more; `--query` shows all", plan.tasks.len() - most);
    }
    for note in &plan.notes {
        let _ = writeln!(text, "note: {note}");
    }
    let bytes: u64 = plan.tasks.iter().map(|t| t.size_bytes).sum();
    let names: BTreeSet<&String> = plan.tasks.iter().map(|t| &t.node).collect();
    let names: Vec<String> = names.into_iter().cloned().collect();
    let size = if bytes > 0 { format!(", {}", units::human_bytes(bytes)) } else { String::new() };
    let _ = writeln!(
        text,
        "{}: {} tasks on {}{size}",
        plan.title,
        plan.tasks.len(),
        if names.is_empty() { "no node".to_string() } else { nodeset::fold(&names) }
    );
    text
}

fn describe(task: &Task, registry: &Registry) -> String {
    match &task.action {
        Action::Command(command) => command_line(command),
        Action::Operation { name, input } => {
            if let Some(shown) = registry.get(name).and_then(|operation| operation.show(input)) {
                return shown;
            }
            let from = input
                .get("source")
                .and_then(serde_json::Value::as_str)
                .map(|source| {
                    let node = input
                        .get("source_node")
                        .and_then(serde_json::Value::as_str)
                        .map(|n| format!("{n}:"))
                        .unwrap_or_default();
                    format!(" from {node}{}", quote::show(source))
                })
                .unwrap_or_default();
            let verb = registry.get(name).map_or(name.as_str(), |o| o.verb());
            format!("{verb} {}{from}", quote::show(&task.label))
        }
    }
}

/// A command as it could be typed, for reading only.
fn command_line(command: &CommandSpec) -> String {
    let mut line = String::new();
    for (name, value) in &command.env {
        let _ = write!(line, "{name}={} ", quote::show_command(&[value]));
    }
    line.push_str(&quote::show_command(&command.argv));
    if command.stdin.is_some() {
        line.push_str(" <<…");
    }
    if let Some(folder) = &command.folder {
        let _ = write!(line, "   (in {})", quote::show(folder));
    }
    if let Some(init) = &command.init_file {
        let _ = write!(line, "   (after {})", quote::show(init));
    }
    line
}
