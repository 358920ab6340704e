//! The plan: tasks bound to nodes, made by a script, executed by the host.
//!
//! Building a plan changes nothing. It can be shown, compared, stored as JSON
//! and executed.

mod check;

use std::collections::{BTreeMap, HashMap};
use std::num::NonZeroU32;

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
    /// What [`add_once`](Self::add_once) has to remember; no part of the plan.
    #[doc(hidden)]
    #[serde(skip)]
    pub commands: KnownCommands,
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
    /// Bytes of each stream that are captured at most; the rest is left out and
    /// counted in `stdout_left_out` and `stderr_left_out` of `value`. Without
    /// it a command fails that says more than can be captured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capture_limit: Option<NonZeroU32>,
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

    /// Adds a command unless the plan has one with the same node and
    /// arguments; returns the index of the one or the other. Operations are always added.
    pub fn add_once(&mut self, task: Task) -> TaskIndex {
        let Action::Command(command) = &task.action else { return self.add(task) };
        self.commands.catch_up(&self.tasks);
        match self.commands.by_node.get(&task.node).and_then(|known| known.get(&command.argv)) {
            Some(&index) => index,
            None => self.add(task),
        }
    }
}

/// Where the commands of a plan are; follows the plan when asked.
#[doc(hidden)]
#[derive(Debug, Clone, Default)]
pub struct KnownCommands {
    by_node: HashMap<String, HashMap<Vec<String>, TaskIndex>>,
    seen: usize,
}

impl PartialEq for KnownCommands {
    /// Plans with the same tasks are the same plan.
    fn eq(&self, _other: &Self) -> bool {
        true
    }
}

impl KnownCommands {
    fn catch_up(&mut self, tasks: &[Task]) {
        for (index, task) in tasks.iter().enumerate().skip(self.seen) {
            if let Action::Command(command) = &task.action {
                let known = self.by_node.entry(task.node.clone()).or_default();
                known.entry(command.argv.clone()).or_insert(index);
            }
        }
        self.seen = tasks.len();
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;

    fn command(node: &str, argv: &[&str]) -> Task {
        let argv = argv.iter().map(ToString::to_string).collect();
        Task::command(node, "", CommandSpec { argv, ..CommandSpec::default() })
    }

    #[test]
    fn a_command_is_added_once_for_each_node() {
        let mut plan = Plan::new("t");
        assert_eq!(plan.add(command("a", &["mkdir", "/x"])), 0);
        assert_eq!(plan.add_once(command("a", &["mkdir", "/x"])), 0);
        assert_eq!(plan.add_once(command("b", &["mkdir", "/x"])), 1);
        assert_eq!(plan.add_once(command("a", &["mkdir", "/x", ""])), 2);
        assert_eq!(plan.add_once(command("b", &["mkdir", "/x"])), 1);
        assert_eq!(plan.add(command("a", &["mkdir", "/x"])), 3);
        let operation = Task::operation("a", "", "x.y", Value::Null);
        assert_eq!(plan.add_once(operation.clone()), 4);
        assert_eq!(plan.add_once(operation), 5);
    }

    #[test]
    fn a_plan_survives_json() {
        let mut plan = Plan::new("t");
        plan.add_once(command("a", &["ls"]));
        plan.notes.push("n".into());
        let text = serde_json::to_string(&plan).unwrap();
        assert_eq!(
            text,
            r#"{"title":"t","tasks":[{"node":"a","label":"","action":{"command":{"argv":["ls"]}}}],"notes":["n"]}"#
        );
        assert_eq!(serde_json::from_str::<Plan>(&text).unwrap(), plan);
    }
}
