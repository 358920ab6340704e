//! What came of a plan: one outcome per task, in plan order.

use std::path::PathBuf;

use ledama_base::operation::{ErrorKind, OperationError};
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
