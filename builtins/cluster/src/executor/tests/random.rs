//! Whatever nodes do, the executor ends and tells the truth.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use ledama_base::operation::{ErrorKind, OperationError};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::support::*;
use crate::error::ConnectErrorKind;
use crate::executor::{CancelToken, Settings};
use crate::plan::{Plan, Task};
use crate::protocol::{FromWorker, JobId, ToWorker};
use crate::report::State;
use crate::transport::record::{Act, Recorder};

/// What the imagined worker does with a job.
#[derive(Debug, Clone, Copy)]
enum Fate {
    Done,
    Fail,
    Disconnect,
    Lose,
    Silent,
    Call(u8),
    Interrupt,
}

fn fate() -> impl Strategy<Value = Fate> {
    prop_oneof![
        12 => Just(Fate::Done),
        2 => Just(Fate::Fail),
        1 => Just(Fate::Disconnect),
        2 => Just(Fate::Lose),
        1 => Just(Fate::Silent),
        3 => (0..4u8).prop_map(Fate::Call),
        1 => Just(Fate::Interrupt),
    ]
}

fn chaotic(fates: Vec<Fate>, cancel: CancelToken) -> Recorder {
    let step = Mutex::new(0_usize);
    // Which job waits for which call.
    let callers: Mutex<HashMap<u64, JobId>> = Mutex::default();
    Recorder::new(move |_, message| match message {
        ToWorker::Run { id, .. } => {
            let fate = {
                let mut step = step.lock().unwrap();
                *step += 1;
                fates[*step % fates.len()]
            };
            match fate {
                Fate::Done => vec![Act::done(*id, json!(1))],
                Fate::Fail => vec![Act::failed(*id, OperationError::new(ErrorKind::Io, "bad"))],
                Fate::Disconnect => {
                    vec![Act::failed(*id, OperationError::new(ErrorKind::Connection, "cut"))]
                }
                Fate::Lose => vec![Act::Lose("lost".into())],
                Fate::Silent => Vec::new(),
                Fate::Interrupt => {
                    cancel.cancel();
                    Vec::new()
                }
                Fate::Call(node) => {
                    callers.lock().unwrap().insert(*id, *id);
                    vec![Act::Say(FromWorker::Call {
                        id: *id,
                        call: *id,
                        node: ["a", "b", "c", "unknown"][usize::from(node)].into(),
                        operation: "test.echo".into(),
                        input: Value::Null,
                    })]
                }
            }
        }
        ToWorker::Reply { call, result } => match (callers.lock().unwrap().remove(call), result) {
            (Some(id), Ok(value)) => vec![Act::done(id, value.clone())],
            (Some(id), Err(error)) => vec![Act::failed(id, error.clone())],
            (None, _) => Vec::new(),
        },
        ToWorker::Cancel { id } if id % 3 > 0 => vec![Act::failed(*id, interrupted())],
        _ => Vec::new(),
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn it_always_ends_with_one_true_outcome_a_task(
        rows in proptest::collection::vec((0..3usize, proptest::option::of(any::<u16>())), 0..25),
        fates in proptest::collection::vec(fate(), 1..40),
        refusals in proptest::collection::vec((0..3usize, any::<bool>()), 0..6),
        (nodes, per_node, retries) in (1..4usize, 1..4usize, 0..3u32),
        (fail_fast, ahead) in (any::<bool>(), any::<bool>()),
    ) {
        let mut plan = Plan::new("chaos");
        for (index, (node, after)) in rows.iter().enumerate() {
            let mut task =
                Task::operation(["a", "b", "c"][*node], &format!("/{index}"), "test.echo", Value::Null);
            if index > 0 && let Some(after) = after {
                task.after = vec![usize::from(*after) % index];
            }
            plan.add(task);
        }
        let cancel = CancelToken::new();
        let recorder = chaotic(fates, cancel.clone());
        for (node, passes) in refusals {
            let kind = if passes { ConnectErrorKind::Unreachable } else { ConnectErrorKind::Login };
            recorder.refuse(["a", "b", "c"][node], &[kind]);
        }
        let folder = tempfile::tempdir().unwrap();
        let settings = Settings {
            nodes,
            tasks_per_node: per_node,
            retries,
            fail_fast,
            ahead: Duration::from_millis(if ahead { 50 } else { 0 }),
            time_out: Some(Duration::from_millis(20)),
            grace: Duration::from_millis(5),
            status: Some(folder.path().to_path_buf()),
            ..settings()
        };
        let events = Events::default();
        let cluster = recorded(&recorder);
        let report = cluster.execute(&plan, &settings, &cancel, &events).unwrap();
        drop(cluster);
        prop_assert!(recorder.wait_until_closed(), "a link was left open");

        prop_assert_eq!(report.outcomes.len(), plan.tasks.len());
        let told = events.0.lock().unwrap();
        let journal = crate::journal::Journal::read(folder.path()).unwrap();
        let keys = crate::journal::task_keys(&plan.tasks);
        let latest = journal.latest();
        for (index, outcome) in report.outcomes.iter().enumerate() {
            prop_assert_eq!(outcome.task, index);
            prop_assert!(outcome.attempts <= retries + 1);
            let after_ok = plan.tasks[index].after.iter().all(|&b| report.outcomes[b].state == State::Done);
            match outcome.state {
                State::Done => prop_assert!(after_ok && outcome.error.is_none() && outcome.attempts > 0),
                State::Failed => prop_assert!(after_ok && outcome.error.is_some()),
                State::Skipped => prop_assert!(!after_ok || fail_fast),
                State::Cancelled => prop_assert!(report.interrupted),
                State::AlreadyDone => prop_assert!(false),
            }
            let ends = told.iter().filter(|e| e.starts_with(&format!("Finished {index} "))).count();
            prop_assert_eq!(ends, 1);
            let state = serde_json::to_value(latest[&keys[index]].state).unwrap();
            prop_assert_eq!(state, serde_json::to_value(outcome.state).unwrap());
        }
        prop_assert!(cancel.is_cancelled() || !report.interrupted);
    }
}
