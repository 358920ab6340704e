//! Options that scripts give as maps, such as those of `plan.command`: every key is
//! known, every value has its type, and messages say which one is wrong.

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use ledama_base::operation::{ErrorKind, OperationError};
use ledama_base::suggest;
use serde_json::{Map, Value};

use crate::plan::{Action, CommandSpec, ResultRule, Task, TaskIndex};
use crate::run::Execution;

/// Options of every task.
const TASK: [&str; 5] = ["label", "size_bytes", "after", "store", "log"];

/// Options of commands only.
const COMMAND: [&str; 8] =
    ["folder", "init_file", "env", "stdin", "success", "failure_text", "capture", "capture_limit"];

/// Options of an execution.
const EXECUTION: [&str; 6] = ["numnodes", "numprocessors", "logs", "status", "resume", "confirm"];

/// A map that is taken apart key by key. A null is no value.
struct Options {
    /// Whose they are, for messages.
    of: &'static str,
    map: Map<String, Value>,
}

impl Options {
    /// Refuses unknown keys.
    fn new(
        of: &'static str,
        mut map: Map<String, Value>,
        known: &[&str],
    ) -> Result<Self, OperationError> {
        if let Some(key) = map.keys().find(|key| !known.contains(&key.as_str())) {
            let error = bad(format!("`{of}` has no option `{key}`"));
            let help = suggest::did_you_mean(key, known)
                .unwrap_or_else(|| format!("its options are {}", known.join(", ")));
            return Err(error.help(help));
        }
        map.retain(|_, value| !value.is_null());
        Ok(Self { of, map })
    }

    /// Takes a value, if there is one, by a function that says what it wants.
    fn take<T>(
        &mut self,
        key: &str,
        wanted: &str,
        read: impl Fn(&Value) -> Option<T>,
    ) -> Result<Option<T>, OperationError> {
        let Some(value) = self.map.remove(key) else { return Ok(None) };
        let wrong =
            || bad(format!("option `{key}` of `{}` must be {wanted}, not {value}", self.of));
        read(&value).map(Some).ok_or_else(wrong)
    }

    fn text(&mut self, key: &str) -> Result<Option<String>, OperationError> {
        self.take(key, "text", |value| value.as_str().map(str::to_string))
    }

    fn flag(&mut self, key: &str) -> Result<Option<bool>, OperationError> {
        self.take(key, "true or false", Value::as_bool)
    }

    /// A whole number of at least one.
    fn count(&mut self, key: &str) -> Result<Option<usize>, OperationError> {
        let read = |value: &Value| value.as_u64().filter(|n| *n > 0)?.try_into().ok();
        self.take(key, "a whole number of at least 1", read)
    }

    /// One element or a list of them.
    fn list<T>(
        &mut self,
        key: &str,
        wanted: &str,
        read: impl Fn(&Value) -> Option<T>,
    ) -> Result<Option<Vec<T>>, OperationError> {
        self.take(key, wanted, |value| match value {
            Value::Array(items) => items.iter().map(&read).collect(),
            one => read(one).map(|item| vec![item]),
        })
    }

    /// What a task has whatever it does.
    fn apply_to(&mut self, task: &mut Task) -> Result<(), OperationError> {
        if let Some(label) = self.text("label")? {
            task.label = label;
        }
        let bytes = self.take("size_bytes", "a number of bytes", Value::as_u64)?;
        task.size_bytes = bytes.unwrap_or(0);
        let index = |value: &Value| -> Option<TaskIndex> { value.as_u64()?.try_into().ok() };
        task.after =
            self.list("after", "a task number or a list of them", index)?.unwrap_or_default();
        task.store = self.text("store")?;
        task.log = self.text("log")?;
        Ok(())
    }
}

/// A command as scripts ask for it; without a label it is labelled by its command line.
pub fn command(
    node: &str,
    argv: Vec<String>,
    options: Map<String, Value>,
) -> Result<Task, OperationError> {
    let known: Vec<&str> = TASK.into_iter().chain(COMMAND).collect();
    let mut options = Options::new("command", options, &known)?;
    let label = ledama_base::quote::show_command(&argv);
    let status = |value: &Value| value.as_i64()?.try_into().ok();
    let text = |value: &Value| value.as_str().map(str::to_string);
    let bytes = |value: &Value| NonZeroU32::new(value.as_u64()?.try_into().ok()?);
    let mut rule = ResultRule::default();
    if let Some(success) = options.list("success", "an exit status or a list of them", status)? {
        rule.success = success;
    }
    rule.failure_text =
        options.list("failure_text", "text or a list of texts", text)?.unwrap_or_default();
    let spec = CommandSpec {
        argv,
        folder: options.text("folder")?,
        init_file: options.text("init_file")?,
        env: options.take("env", "a map of texts", environment)?.unwrap_or_default(),
        stdin: options.text("stdin")?,
        rule,
        capture: options.flag("capture")?.unwrap_or(false),
        capture_limit: options.take("capture_limit", "a number of bytes", bytes)?,
    };
    let mut task = Task::command(node, &label, spec);
    options.apply_to(&mut task)?;
    Ok(task)
}

/// An operation as scripts ask for it; without a label it is labelled by the path in
/// its input, or its name.
pub fn operation(
    node: &str,
    name: &str,
    input: Value,
    options: Map<String, Value>,
) -> Result<Task, OperationError> {
    let mut options = Options::new("operation", options, &TASK)?;
    let label = input.get("path").and_then(Value::as_str).unwrap_or(name).to_string();
    let mut task = Task::operation(node, &label, name, Value::Null);
    task.action = Action::Operation { name: name.to_string(), input };
    options.apply_to(&mut task)?;
    Ok(task)
}

/// The adjustments of an execution as scripts give them.
pub fn execution(options: Map<String, Value>) -> Result<Execution, OperationError> {
    let mut options = Options::new("execute", options, &EXECUTION)?;
    Ok(Execution {
        numnodes: options.count("numnodes")?,
        numprocessors: options.count("numprocessors")?,
        logs: options.text("logs")?,
        status: options.text("status")?,
        resume: options.flag("resume")?,
        confirm: options.text("confirm")?,
    })
}

/// Options of `save`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Saving {
    /// An existing file may be replaced.
    pub overwrite: bool,
    /// Write in a dry run too.
    pub anyway: bool,
}

/// The options of `save`.
pub fn saving(options: Map<String, Value>) -> Result<Saving, OperationError> {
    let mut options = Options::new("save", options, &["overwrite", "anyway"])?;
    Ok(Saving {
        overwrite: options.flag("overwrite")?.unwrap_or(false),
        anyway: options.flag("anyway")?.unwrap_or(false),
    })
}

/// Values of variables may be numbers.
fn environment(value: &Value) -> Option<BTreeMap<String, String>> {
    let text = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    value.as_object()?.iter().map(|(name, value)| Some((name.clone(), text(value)?))).collect()
}

fn bad(message: String) -> OperationError {
    OperationError::new(ErrorKind::Input, message)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use serde_json::json;

    use super::*;

    fn map(value: Value) -> Map<String, Value> {
        serde_json::from_value(value).unwrap()
    }

    fn ls(options: Value) -> Result<Task, OperationError> {
        command("a", vec!["ls".into(), "a b".into()], map(options))
    }

    #[test]
    fn every_option_of_a_command_arrives() {
        let task = ls(json!({
            "label": "/x", "size_bytes": 7, "after": [0, 1], "store": "S", "log": "name",
            "folder": "/tmp", "init_file": "~/init.sh", "env": {"A": "b", "N": 3}, "stdin": "in",
            "success": [0, 3], "failure_text": "ERROR", "capture": true, "capture_limit": 100
        }))
        .unwrap();
        assert_eq!(
            serde_json::to_value(&task).unwrap(),
            json!({
                "node": "a", "label": "/x", "size_bytes": 7, "after": [0, 1], "store": "S",
                "log": "name",
                "action": {"command": {
                    "argv": ["ls", "a b"], "folder": "/tmp", "init_file": "~/init.sh",
                    "env": {"A": "b", "N": "3"}, "stdin": "in",
                    "rule": {"success": [0, 3], "failure_text": ["ERROR"]}, "capture": true,
                    "capture_limit": 100
                }}
            })
        );
    }

    #[test]
    fn what_is_not_set_has_its_default() {
        let task = ls(json!({"label": null, "env": null})).unwrap();
        assert_eq!(task.label, "ls 'a b'");
        assert_eq!(task.after, [] as [usize; 0]);
        let task = operation("a", "ms.scan", json!({"path": "/d"}), Map::new()).unwrap();
        assert_eq!(task.label, "/d");
        let task = operation("a", "ms.scan", json!({}), map(json!({"after": 3}))).unwrap();
        assert_eq!((task.label.as_str(), task.after), ("ms.scan", vec![3]));
    }

    #[test]
    fn wrong_options_are_named() {
        let message = |options: Value| {
            let error = ls(options).unwrap_err();
            (error.message, error.help.unwrap_or_default())
        };
        assert_eq!(
            message(json!({"lable": "x"})),
            ("`command` has no option `lable`".into(), "did you mean `label`?".into())
        );
        assert!(message(json!({"xyzzy": 1})).1.starts_with("its options are label, size_bytes"));
        assert_eq!(
            message(json!({"size_bytes": -1})).0,
            "option `size_bytes` of `command` must be a number of bytes, not -1"
        );
        assert!(message(json!({"after": ["x"]})).0.contains("a task number or a list of them"));
        assert!(message(json!({"success": 99_999_999_999_u64})).0.contains("an exit status"));
        assert!(message(json!({"env": {"A": []}})).0.contains("a map of texts"));
        assert!(message(json!({"capture": 1})).0.contains("true or false"));
        assert!(message(json!({"capture_limit": 0})).0.contains("a number of bytes"));
        let error = operation("a", "x", json!({}), map(json!({"capture": true}))).unwrap_err();
        assert_eq!(error.message, "`operation` has no option `capture`");
    }

    #[test]
    fn an_execution_and_a_save_have_options_too() {
        let options = json!({
            "numnodes": 3, "numprocessors": 2, "logs": "l", "status": "s", "resume": true,
            "confirm": "why"
        });
        assert_eq!(
            execution(map(options)).unwrap(),
            Execution {
                numnodes: Some(3),
                numprocessors: Some(2),
                logs: Some("l".into()),
                status: Some("s".into()),
                resume: Some(true),
                confirm: Some("why".into()),
            }
        );
        assert_eq!(execution(map(json!({"logs": null}))).unwrap(), Execution::default());
        assert!(execution(map(json!({"numnodes": 0}))).is_err());
        assert!(saving(map(json!({"overwrite": true}))).unwrap().overwrite);
        assert_eq!(saving(Map::new()).unwrap(), Saving::default());
        assert!(saving(map(json!({"force": true}))).is_err());
    }
}
