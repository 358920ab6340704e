//! Nothing begins before everything is known to be possible.

use serde_json::json;

use super::support::*;
use crate::error::Error;
use crate::executor::{CancelToken, Settings, Silent};
use crate::journal::JournalWriter;
use crate::plan::{CommandSpec, Plan, Task};
use crate::transport::record::Recorder;

fn refused(plan: &Plan) -> Error {
    let recorder = Recorder::obliging();
    let result = recorded(&recorder).execute(plan, &settings(), &CancelToken::new(), &Silent);
    assert!(recorder.connects().is_empty());
    result.unwrap_err()
}

#[test]
fn unknown_nodes_are_refused_with_the_task() {
    let error = refused(&echoes(&["a", "unknown7"]));
    assert_eq!(error.to_string(), "task `/1`: unknown node `unknown7`");
    let told = error.to_operation_error();
    assert_eq!(told.help.as_deref(), Some("did you mean `a`?"));
}

#[test]
fn unknown_operations_and_wrong_inputs_are_refused() {
    let error = refused(&operation("a", "test.ecko", json!(1))).to_operation_error();
    assert_eq!(error.message, "task `/0`: there is no operation `test.ecko`");
    assert_eq!(error.help.as_deref(), Some("did you mean `test.echo`?"));
    let error = refused(&operation("a", "test.change", json!("text")));
    assert!(error.to_string().starts_with("task `/0`: input of operation `test.change`"));
}

#[test]
fn commands_without_program_and_circles_are_refused() {
    let mut plan = Plan::new("t");
    plan.add(Task::command("a", "l", CommandSpec::default()));
    assert_eq!(refused(&plan).to_string(), "task `l`: a command without a program");
    let mut plan = echoes(&["a", "a"]);
    plan.tasks[0].after = vec![1];
    assert!(refused(&plan).to_string().contains("is not before it"));
}

#[test]
fn a_status_folder_in_use_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let other = JournalWriter::open(folder.path(), "other").unwrap();
    let recorder = Recorder::obliging();
    let cluster = recorded(&recorder);
    let settings = Settings { status: Some(folder.path().to_path_buf()), ..settings() };
    let run = || cluster.execute(&echoes(&["a"]), &settings, &CancelToken::new(), &Silent);
    let error = run().unwrap_err();
    assert!(matches!(error, Error::Busy { ref run_id, .. } if run_id == "other"), "{error}");
    assert!(error.to_operation_error().help.is_some());
    assert!(recorder.connects().is_empty());
    drop(other);
    assert!(run().unwrap().ok());
}

#[test]
fn folders_that_cannot_be_made_are_refused() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let below = Some(file.path().join("x"));
    for settings in [
        Settings { logs: below.clone(), ..settings() },
        Settings { status: below.clone(), ..settings() },
        Settings { leases: below.clone(), ..settings() },
    ] {
        let recorder = Recorder::obliging();
        let result =
            recorded(&recorder).execute(&echoes(&["a"]), &settings, &CancelToken::new(), &Silent);
        assert!(matches!(result, Err(Error::Io { .. })), "{result:?}");
        assert!(recorder.connects().is_empty());
    }
}
