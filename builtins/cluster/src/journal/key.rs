//! How a task is recognised in a later run.

use std::collections::HashMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::plan::{Action, Task};

/// Stable hash of node, action and label: 32 hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TaskKey(String);

impl fmt::Display for TaskKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The keys of the tasks of a plan, in plan order. The same task planned twice
/// has two keys, told apart by which of them it is.
pub fn task_keys(tasks: &[Task]) -> Vec<TaskKey> {
    let mut seen: HashMap<blake3::Hash, u64> = HashMap::new();
    tasks
        .iter()
        .map(|task| {
            let mut hasher = hash_task(task);
            let before = seen.entry(hasher.finalize()).or_default();
            hasher.update(&before.to_le_bytes());
            *before += 1;
            TaskKey(hasher.finalize().to_hex()[..32].to_string())
        })
        .collect()
}

fn hash_task(task: &Task) -> blake3::Hasher {
    let mut hasher = blake3::Hasher::new();
    text(&mut hasher, &task.node);
    text(&mut hasher, &task.label);
    match &task.action {
        Action::Command(command) => {
            hasher.update(b"c");
            // Maps of a command are sorted and its fields ordered by their type.
            value(&mut hasher, &serde_json::to_value(command).unwrap_or_default());
        }
        Action::Operation { name, input } => {
            hasher.update(b"o");
            text(&mut hasher, name);
            value(&mut hasher, input);
        }
    }
    hasher
}

fn text(hasher: &mut blake3::Hasher, text: &str) {
    hasher.update(&(text.len() as u64).to_le_bytes());
    hasher.update(text.as_bytes());
}

/// The order of the keys of an object does not count; every part is preceded by
/// its kind and length, so that different values never feed the same bytes.
fn value(hasher: &mut blake3::Hasher, json: &Value) {
    match json {
        Value::Null => drop(hasher.update(b"n")),
        Value::Bool(yes) => drop(hasher.update(if *yes { b"t" } else { b"f" })),
        Value::Number(number) => {
            hasher.update(b"#");
            text(hasher, &number.to_string());
        }
        Value::String(string) => {
            hasher.update(b"s");
            text(hasher, string);
        }
        Value::Array(items) => {
            hasher.update(b"a");
            hasher.update(&(items.len() as u64).to_le_bytes());
            for item in items {
                value(hasher, item);
            }
        }
        Value::Object(fields) => {
            hasher.update(b"o");
            hasher.update(&(fields.len() as u64).to_le_bytes());
            let mut sorted: Vec<_> = fields.iter().collect();
            sorted.sort_unstable_by_key(|(name, _)| *name);
            for (name, field) in sorted {
                text(hasher, name);
                value(hasher, field);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use serde_json::json;

    use super::*;
    use crate::plan::CommandSpec;

    fn key(node: &str, label: &str, input: &Value) -> TaskKey {
        task_keys(&[Task::operation(node, label, "x.y", input.clone())]).remove(0)
    }

    #[test]
    fn a_key_never_changes() {
        let command = CommandSpec { argv: vec!["ls".into()], ..CommandSpec::default() };
        assert_eq!(
            task_keys(&[Task::command("node011", "/a", command)])[0].to_string(),
            "3a449e58cf57bba9377b4d63e6baf7ef"
        );
    }

    #[test]
    fn the_order_of_fields_does_not_count_and_everything_else_does() {
        let key_of = |input: Value| key("n", "l", &input);
        let first = key_of(json!({"a": 1, "b": [2, {"c": 3, "d": null}]}));
        assert_eq!(first, key_of(json!({"b": [2, {"d": null, "c": 3}], "a": 1})));
        for other in [
            json!({"a": 1, "b": [2, {"c": 3}]}),
            json!({"a": 1.0, "b": [2, {"c": 3, "d": null}]}),
            json!({"a": "1", "b": [2, {"c": 3, "d": null}]}),
            json!({"a": 1, "b": [{"c": 3, "d": null}, 2]}),
        ] {
            assert_ne!(first, key_of(other.clone()), "{other}");
        }
        assert_ne!(key("n", "l", &json!(1)), key("m", "l", &json!(1)));
        assert_ne!(key("n", "l", &json!(1)), key("n", "k", &json!(1)));
        assert_ne!(key("ab", "c", &json!(1)), key("a", "bc", &json!(1)));
    }

    #[test]
    fn what_is_neither_action_nor_label_does_not_count() {
        let mut task = Task::operation("n", "l", "x.y", json!(1));
        let plain = task_keys(&[task.clone()]);
        task.size_bytes = 5;
        task.store = Some("S".into());
        task.log = Some("name".into());
        assert_eq!(plain, task_keys(&[task]));
    }

    #[test]
    fn the_same_task_twice_is_two_tasks() {
        let task = Task::operation("n", "l", "x.y", json!(1));
        let keys = task_keys(&[task.clone(), task.clone()]);
        assert_ne!(keys[0], keys[1]);
        assert_eq!(task_keys(&[task])[0], keys[0]);
    }
}
