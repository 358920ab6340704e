//! The plan: tasks bound to nodes, made by a script, executed by the host.
//!
//! Building a plan changes nothing. It can be shown, compared, stored as JSON
//! and executed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What a whole module run is about to do.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// What it does, in a few words; heads the progress and the report.
    pub title: String,
    /// In the order of the input.
    pub tasks: Vec<Task>,
    /// Remarks for the reader of the plan, such as rows left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// Index of a task in its plan.
pub type TaskIndex = usize;

/// One thing to do on one node.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Task {
    /// The node that does it.
    pub node: String,
    /// What it is about, for progress and report: usually a path in text form.
    pub label: String,
    /// What is done.
    pub action: Action,
    /// Bytes it is about, for progress; 0 when unknown.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub size_bytes: u64,
    /// Tasks of the same plan that must have succeeded before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub after: Vec<TaskIndex>,
    /// Store whose stream limit it counts against.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub store: Option<String>,
    /// Base name of its log file; the label's last component if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log: Option<String>,
}

/// A command or a native operation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// A program with arguments.
    Command(CommandSpec),
    /// A function of this program that runs inside the worker.
    Operation {
        /// Such as `ms.scan`.
        name: String,
        /// See the operation's input type.
        input: Value,
    },
}

/// A program with arguments; never a shell text.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommandSpec {
    /// Program and arguments in text form (see `ledama_base::rawtext`).
    pub argv: Vec<String>,
    /// Working folder; the home folder if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub folder: Option<String>,
    /// Shell file sourced first, by a login shell that gets `argv` as positional parameters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub init_file: Option<String>,
    /// Added to the environment.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub env: BTreeMap<String, String>,
    /// Fed to its standard input; empty if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stdin: Option<String>,
    /// What counts as success.
    #[serde(default, skip_serializing_if = "ResultRule::is_default")]
    pub rule: ResultRule,
    /// Whether the whole output (up to 16 MiB) is returned in `value` as
    /// `{"stdout": …, "stderr": …}`, and not only its tail.
    #[serde(default, skip_serializing_if = "is_false")]
    pub capture: bool,
}

/// What counts as success of a command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResultRule {
    /// Exit statuses that mean success.
    pub success: Vec<i32>,
    /// Text in the output that means failure although the status says success.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failure_text: Vec<String>,
}

impl Default for ResultRule {
    fn default() -> Self {
        Self { success: vec![0], failure_text: Vec::new() }
    }
}

impl ResultRule {
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

#[allow(clippy::trivially_copy_pass_by_ref)] // the shape serde asks for
fn is_zero(n: &u64) -> bool {
    *n == 0
}

#[allow(clippy::trivially_copy_pass_by_ref)] // the shape serde asks for
fn is_false(b: &bool) -> bool {
    !*b
}

impl Plan {
    /// An empty plan.
    pub fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), ..Self::default() }
    }

    /// Adds a task and returns its index.
    pub fn add(&mut self, task: Task) -> TaskIndex {
        self.tasks.push(task);
        self.tasks.len() - 1
    }
}

impl Task {
    /// A native operation on a node.
    pub fn operation(node: &str, label: &str, name: &str, input: Value) -> Self {
        Self::new(node, label, Action::Operation { name: name.to_string(), input })
    }

    /// A program on a node.
    pub fn command(node: &str, label: &str, command: CommandSpec) -> Self {
        Self::new(node, label, Action::Command(command))
    }

    fn new(node: &str, label: &str, action: Action) -> Self {
        Self {
            node: node.to_string(),
            label: label.to_string(),
            action,
            size_bytes: 0,
            after: Vec::new(),
            store: None,
            log: None,
        }
    }
}
