//! The end of a run in words: counts, and the failures grouped by message.

use std::fmt::Write as _;

use ledama_cluster::report::{Report, State};

use super::talk::{Tone, paint};

/// How many failure groups a terminal is shown; the report file has them all.
const SHOWN: usize = 8;

/// The lines that end an execution, for standard error.
pub fn summary(report: &Report, color: bool) -> String {
    let mut text = String::new();
    let groups = report.groups();
    for group in groups.iter().take(SHOWN) {
        let nodes = ledama_base::nodeset::fold(&group.nodes);
        let tasks = group.tasks.len();
        let count = if tasks == 1 { String::new() } else { format!(" ({tasks} tasks)") };
        let _ = writeln!(
            text,
            "{} {nodes}{count}: {}",
            paint("failed:", Tone::Bad, color),
            group.message
        );
        if let Some(help) = &group.help {
            let _ = writeln!(text, "  {} {help}", paint("help:", Tone::Dim, color));
        }
        if let Some(tail) = group.tasks.first().and_then(|&t| tail_of(report, t)) {
            for line in tail {
                let _ = writeln!(text, "  {} {line}", paint("|", Tone::Dim, color));
            }
        }
    }
    if groups.len() > SHOWN {
        let _ = writeln!(
            text,
            "… and {} more kinds of failure; `--report FILE` lists all",
            groups.len() - SHOWN
        );
    }
    let _ = writeln!(text, "{}", counts(report, color));
    text
}

/// The last lines a failed command wrote, where they say more than the message.
fn tail_of(report: &Report, task: usize) -> Option<Vec<&str>> {
    let outcome = report.outcomes.iter().find(|o| o.task == task)?;
    let message = outcome.error.as_ref().map_or("", |e| e.message.as_str());
    let lines: Vec<&str> = outcome
        .tail
        .lines()
        .filter(|line| !line.trim().is_empty() && !message.contains(line.trim()))
        .collect();
    let from = lines.len().saturating_sub(3);
    (!lines.is_empty()).then(|| lines[from..].to_vec())
}

/// One line such as `Copy data: 24 done, 1 failed`.
fn counts(report: &Report, color: bool) -> String {
    let mut parts = Vec::new();
    let mut add = |state: State, word: &str, tone: Tone| {
        let n = report.count(state);
        if n > 0 {
            parts.push(paint(&format!("{n} {word}"), tone, color));
        }
    };
    add(State::Done, "done", Tone::Good);
    add(State::AlreadyDone, "already done", Tone::Good);
    add(State::Failed, "failed", Tone::Bad);
    add(State::Skipped, "skipped", Tone::Careful);
    add(State::Cancelled, "cancelled", Tone::Careful);
    if parts.is_empty() {
        parts.push("nothing to do".to_string());
    }
    let ending = if report.interrupted { " — interrupted" } else { "" };
    format!("{}: {}{ending}", report.title, parts.join(", "))
}
