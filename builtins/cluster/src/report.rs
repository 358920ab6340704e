//! What came of a plan: one outcome per task, in plan order.

mod group;

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use ledama_base::operation::{ErrorKind, OperationError};
use ledama_base::suggest::did_you_mean;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::plan::TaskIndex;

/// How a task ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It was done.
    Done,
    /// An earlier run had done it (`--resume`).
    AlreadyDone,
    /// It failed; see the error.
    Failed,
    /// It was not started: one of its predecessors failed, or the run stopped at a failure.
    Skipped,
    /// The run was interrupted before or while it ran.
    Cancelled,
}

impl State {
    /// All of them, with their names in reports.
    const NAMES: [(&'static str, Self); 5] = [
        ("done", Self::Done),
        ("already_done", Self::AlreadyDone),
        ("failed", Self::Failed),
        ("skipped", Self::Skipped),
        ("cancelled", Self::Cancelled),
    ];

    /// Its name in reports.
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, state)| *state == self).map_or("", |(name, _)| name)
    }
}

impl FromStr for State {
    type Err = OperationError;

    fn from_str(name: &str) -> Result<Self, OperationError> {
        let names = || Self::NAMES.iter().map(|(name, _)| *name);
        Self::NAMES.iter().find(|(known, _)| *known == name).map(|(_, s)| *s).ok_or_else(|| {
            let all = names().collect::<Vec<_>>().join(", ");
            let help = did_you_mean(name, names());
            OperationError::new(ErrorKind::Input, format!("`{name}` is no state of a task"))
                .help(help.unwrap_or_else(|| format!("the states are {all}")))
        })
    }
}

impl State {
    /// The state in words.
    pub fn word(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::AlreadyDone => "already done",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
            Self::Cancelled => "cancelled",
        }
    }
}

/// How one task ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// Its place in the plan.
    pub task: TaskIndex,
    /// The node it ran on.
    pub node: String,
    /// What it was about.
    pub label: String,
    /// How it ended.
    pub state: State,
    /// Output of the operation; `{"stdout","stderr"}` of a captured command.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub value: Value,
    /// Elements sent one by one (`OperationContext::item`).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub items: Vec<Value>,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<OperationError>,
    /// Exit status of a command, 128 + signal when killed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit_status: Option<i32>,
    /// The last lines it wrote to standard output and standard error.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub tail: String,
    /// How often it was started.
    #[serde(default)]
    pub attempts: u32,
    /// UTC, ISO 8601, when it was first started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started: Option<String>,
    /// Seconds it took, over all attempts.
    #[serde(default)]
    pub seconds: f64,
    /// Its log file on the launching host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log: Option<PathBuf>,
}

impl Outcome {
    /// The outcome of a task that never ran.
    pub fn new(task: TaskIndex, node: &str, label: &str, state: State) -> Self {
        Self {
            task,
            node: node.to_string(),
            label: label.to_string(),
            state,
            value: Value::Null,
            items: Vec::new(),
            error: None,
            exit_status: None,
            tail: String::new(),
            attempts: 0,
            started: None,
            seconds: 0.0,
            log: None,
        }
    }
}

impl Outcome {
    /// The outcome as JSON with every field, null where there is nothing: a
    /// script that asks for a field always finds it.
    pub fn to_whole_json(&self) -> Value {
        let mut whole = serde_json::to_value(self).unwrap_or_default();
        if let Some(fields) = whole.as_object_mut() {
            for field in ["value", "error", "exit_status", "started", "log"] {
                fields.entry(field).or_insert(Value::Null);
            }
            fields.entry("items").or_insert_with(|| Value::Array(Vec::new()));
            fields.entry("tail").or_insert_with(|| Value::from(""));
            if let Some(error) = fields.get_mut("error").and_then(Value::as_object_mut) {
                error.entry("help").or_insert(Value::Null);
            }
        }
        whole
    }
}

/// What came of a plan.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// The run.
    pub run_id: String,
    /// Title of the plan.
    pub title: String,
    /// UTC, ISO 8601.
    pub started: String,
    /// UTC, ISO 8601.
    pub finished: String,
    /// True when the user interrupted it.
    pub interrupted: bool,
    /// What went wrong beside the tasks, such as a log that could not be written.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// In plan order.
    pub outcomes: Vec<Outcome>,
}

impl Report {
    /// How many tasks ended in that state.
    pub fn count(&self, state: State) -> usize {
        self.outcomes.iter().filter(|o| o.state == state).count()
    }

    /// True when every task is done now.
    pub fn ok(&self) -> bool {
        self.outcomes.iter().all(|o| matches!(o.state, State::Done | State::AlreadyDone))
    }

    /// The failed tasks.
    pub fn failures(&self) -> impl Iterator<Item = &Outcome> {
        self.outcomes.iter().filter(|o| o.state == State::Failed)
    }

    /// What the tasks that are done answered, in plan order.
    pub fn values(&self) -> impl Iterator<Item = &Value> {
        let done = |o: &&Outcome| matches!(o.state, State::Done | State::AlreadyDone);
        self.outcomes.iter().filter(done).map(|o| &o.value)
    }

    /// The failures, grouped by message, in the order of their first appearance.
    pub fn groups(&self) -> Vec<FailureGroup> {
        group::failures(self.failures())
    }
}

impl fmt::Display for Report {
    /// Title and counts, such as `Copy: 24 done, 1 failed`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = |(name, state): &(&str, State)| match self.count(*state) {
            0 => None,
            n => Some(format!("{n} {}", name.replace('_', " "))),
        };
        let counts: Vec<String> = State::NAMES.iter().filter_map(count).collect();
        let counts = if counts.is_empty() { "no tasks".to_string() } else { counts.join(", ") };
        write!(f, "{}: {counts}", self.title)
    }
}

/// Failures of many nodes with the same message, told once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FailureGroup {
    /// The class of the failure.
    pub kind: ErrorKind,
    /// The common message; where messages differ only by the task's label, with the label as `…`.
    pub message: String,
    /// What the user can do.
    pub help: Option<String>,
    /// The nodes, in order of appearance, each once.
    pub nodes: Vec<String>,
    /// Indices of the tasks.
    pub tasks: Vec<TaskIndex>,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use serde_json::json;

    use super::*;

    /// Other programs read this form: it may grow, but not change.
    #[test]
    fn the_form_is_fixed() {
        let report = Report {
            run_id: "20261122T180500Z-4f2a00".into(),
            title: "Copy".into(),
            started: "2026-11-22T18:05:00.000Z".into(),
            finished: "2026-11-22T18:06:00.000Z".into(),
            interrupted: false,
            warnings: Vec::new(),
            outcomes: vec![Outcome {
                items: vec![json!(1)],
                error: Some(OperationError::new(ErrorKind::NoSpace, "disk full").help("clean")),
                exit_status: Some(1),
                tail: "last words".into(),
                attempts: 2,
                started: Some("2026-11-22T18:05:01.000Z".into()),
                seconds: 1.5,
                log: Some("logs/a.log".into()),
                value: json!({"bytes": 5}),
                ..Outcome::new(0, "node011", "/a", State::Failed)
            }],
        };
        let value = serde_json::to_value(&report).unwrap();
        assert_eq!(
            value,
            json!({
                "run_id": "20261122T180500Z-4f2a00",
                "title": "Copy",
                "started": "2026-11-22T18:05:00.000Z",
                "finished": "2026-11-22T18:06:00.000Z",
                "interrupted": false,
                "outcomes": [{
                    "task": 0, "node": "node011", "label": "/a", "state": "failed",
                    "value": {"bytes": 5}, "items": [1],
                    "error": {"kind": "no-space", "message": "disk full", "help": "clean"},
                    "exit_status": 1, "tail": "last words", "attempts": 2,
                    "started": "2026-11-22T18:05:01.000Z", "seconds": 1.5, "log": "logs/a.log"
                }]
            })
        );
        assert_eq!(serde_json::from_value::<Report>(value).unwrap(), report);
        let whole = Outcome::new(1, "n", "l", State::Failed).to_whole_json();
        assert_eq!(whole.as_object().unwrap().len(), 13, "one key for each field");
        let least = serde_json::to_value(Outcome::new(1, "n", "l", State::AlreadyDone)).unwrap();
        assert_eq!(
            least,
            json!({"task": 1, "node": "n", "label": "l", "state": "already_done",
                   "attempts": 0, "seconds": 0.0})
        );
    }

    #[test]
    fn states_have_names() {
        for (name, state) in State::NAMES {
            assert_eq!(serde_json::to_value(state).unwrap(), json!(name));
            assert_eq!((name.parse::<State>().unwrap(), state.name()), (state, name));
        }
        let error = "fialed".parse::<State>().unwrap_err();
        assert_eq!(error.help.as_deref(), Some("did you mean `failed`?"));
    }

    #[test]
    fn a_report_in_a_few_words() {
        let mut report = Report { title: "Copy".into(), ..Report::default() };
        assert_eq!(report.to_string(), "Copy: no tasks");
        report.outcomes = [State::Failed, State::AlreadyDone, State::Failed]
            .map(|state| Outcome::new(0, "n", "l", state))
            .to_vec();
        assert_eq!(report.to_string(), "Copy: 1 already done, 2 failed");
        assert_eq!(report.values().count(), 1);
    }
}
