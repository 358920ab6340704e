//! Nodes that cannot be reached, or are lost on the way.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use ledama_base::operation::{ErrorKind, OperationError};
use serde_json::Value;

use super::support::*;
use crate::error::ConnectErrorKind::{HostKey, Login, Unreachable, Worker};
use crate::executor::{CancelToken, Settings};
use crate::protocol::ToWorker;
use crate::transport::record::{Act, Recorder};

/// Loses the link at the first `times` jobs of node `a`.
fn losing(times: usize) -> Recorder {
    let left = AtomicUsize::new(times);
    Recorder::new(move |node, message| {
        let Some(id) = started(message) else { return Vec::new() };
        let lose = node == "a"
            && left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1)).is_ok();
        if lose {
            vec![Act::Lose("cut by the test".into())]
        } else {
            vec![Act::done(id, Value::Null)]
        }
    })
}

#[test]
fn a_node_that_answers_at_the_last_try_is_used() {
    let (recorder, events) = (Recorder::obliging(), Events::default());
    recorder.refuse("a", &[Unreachable, Unreachable]);
    let plan = echoes(&["a", "b"]);
    let report =
        recorded(&recorder).execute(&plan, &settings(), &CancelToken::new(), &events).unwrap();
    assert_eq!(states(&report), "dd");
    assert_eq!(report.outcomes[0].attempts, 1, "connecting is no attempt");
    let told = events.0.lock().unwrap();
    let lost: Vec<&String> = told.iter().filter(|e| e.starts_with("Lost")).collect();
    assert_eq!(
        lost,
        [
            r#"Lost { node: "a", reason: "refused by the test (try 1 of 3)" }"#,
            r#"Lost { node: "a", reason: "refused by the test (try 2 of 3)" }"#
        ]
    );
}

#[test]
fn all_tasks_of_an_unreachable_node_fail_after_one_round_of_tries() {
    let recorder = Recorder::obliging();
    recorder.refuse("a", &[Unreachable; 3]);
    let report = execute(&recorded(&recorder), &echoes(&["a", "b", "a", "a"]), &settings());
    assert_eq!(states(&report), "fdff");
    assert_eq!(error(&report, 3), (ErrorKind::Connection, "refused by the test"));
    assert_eq!((report.outcomes[0].attempts, &report.outcomes[0].started), (0, &None));
    assert_eq!(recorder.connects().iter().filter(|node| *node == "a").count(), 3);
    assert_eq!(report.groups().len(), 1);
}

#[test]
fn what_trying_again_cannot_help_is_not_tried_again() {
    for (kind, told) in [
        (HostKey, ErrorKind::Refused),
        (Login, ErrorKind::Permission),
        (Worker, ErrorKind::Internal),
    ] {
        let recorder = Recorder::obliging();
        recorder.refuse("a", &[kind]);
        let report = execute(&recorded(&recorder), &echoes(&["a"]), &settings());
        assert_eq!(error(&report, 0).0, told);
        assert_eq!(recorder.connects().len(), 1);
    }
}

#[test]
fn a_task_on_a_lost_node_is_tried_again() {
    let (recorder, events) = (losing(2), Events::default());
    let plan = echoes(&["a", "a", "b"]);
    let report =
        recorded(&recorder).execute(&plan, &settings(), &CancelToken::new(), &events).unwrap();
    assert_eq!(states(&report), "ddd");
    let attempts: Vec<u32> = report.outcomes.iter().map(|o| o.attempts).collect();
    assert_eq!(attempts, [3, 1, 1]);
    let told = events.0.lock().unwrap();
    let starts = told.iter().filter(|e| e.starts_with("Started { task: 0")).count();
    assert_eq!(starts, 3);
    assert!(told.contains(&r#"Lost { node: "a", reason: "cut by the test" }"#.to_string()));
}

#[test]
fn a_task_that_always_takes_its_node_down_does_not_take_the_others_along() {
    // The first task of a loses the link every time; the second is done.
    let recorder = Recorder::new(|_, message| match message {
        ToWorker::Run { id, action: crate::plan::Action::Operation { input, .. }, .. } => {
            if *input == 0 {
                vec![Act::Lose("poison".into())]
            } else {
                vec![Act::done(*id, Value::Null)]
            }
        }
        _ => Vec::new(),
    });
    let report = execute(&recorded(&recorder), &echoes(&["a", "a", "a"]), &settings());
    assert_eq!(states(&report), "fdd");
    assert_eq!(error(&report, 0), (ErrorKind::Connection, "lost: poison"));
    assert_eq!(report.outcomes[0].attempts, 3);
    assert_eq!(recorder.connects().len(), 4);
}

#[test]
fn a_node_that_is_lost_again_and_again_is_given_up() {
    let recorder = losing(usize::MAX);
    let report = execute(&recorded(&recorder), &echoes(&["a"; 50]), &settings());
    assert_eq!(states(&report), "f".repeat(50));
    assert_eq!(recorder.connects().len(), 7);
    assert_eq!(
        error(&report, 49),
        (ErrorKind::Connection, "lost 7 times in a row: cut by the test")
    );
}

#[test]
fn a_task_that_lost_a_channel_of_its_own_is_tried_again() {
    let tries = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&tries);
    let recorder = Recorder::new(move |_, message| match started(message) {
        Some(id) if count.fetch_add(1, Ordering::SeqCst) < 2 => {
            vec![Act::failed(id, OperationError::new(ErrorKind::Connection, "stream cut"))]
        }
        Some(id) => vec![Act::done(id, Value::Null)],
        None => Vec::new(),
    });
    let report = execute(&recorded(&recorder), &echoes(&["a"]), &settings());
    assert_eq!((states(&report).as_str(), report.outcomes[0].attempts), ("d", 3));
    assert_eq!(recorder.connects().len(), 1, "the node itself was never lost");

    tries.store(0, Ordering::SeqCst);
    let once = Settings { retries: 1, ..settings() };
    let report = execute(&recorded(&recorder), &echoes(&["a"]), &once);
    assert_eq!(error(&report, 0), (ErrorKind::Connection, "stream cut"));
    assert_eq!(report.outcomes[0].attempts, 2);
}

#[test]
fn other_failures_are_not_tried_again() {
    let recorder = Recorder::new(|_, message| match started(message) {
        Some(id) => vec![Act::failed(id, OperationError::new(ErrorKind::Io, "bad disk"))],
        None => Vec::new(),
    });
    let report = execute(&recorded(&recorder), &echoes(&["a"]), &settings());
    assert_eq!((states(&report).as_str(), report.outcomes[0].attempts), ("f", 1));
}

#[test]
fn connections_are_kept_for_the_next_plan_and_closed_at_the_end() {
    let recorder = Recorder::obliging();
    let cluster = recorded(&recorder);
    for _ in 0..3 {
        assert!(execute(&cluster, &echoes(&["a", "b"]), &settings()).ok());
    }
    let mut connects = recorder.connects();
    connects.sort();
    assert_eq!(connects, ["a", "b"]);
    assert_eq!(recorder.open(), 2);
    drop(cluster);
    assert_eq!(recorder.open(), 0);
}

#[test]
fn another_run_gets_workers_of_its_own() {
    let recorder = Recorder::obliging();
    let cluster = recorded(&recorder);
    execute(&cluster, &echoes(&["a"]), &settings());
    let other = Settings { run_id: "other".into(), ..settings() };
    assert!(execute(&cluster, &echoes(&["a"]), &other).ok());
    assert_eq!(recorder.connects(), ["a", "a"]);
}

#[test]
fn a_node_lost_between_two_plans_is_connected_again() {
    let recorder = Recorder::obliging();
    let cluster = recorded(&recorder);
    execute(&cluster, &echoes(&["a"]), &settings());
    recorder.act("a", Act::Lose("rebooted".into()));
    assert!(recorder.wait_until_closed());
    let report = execute(&cluster, &echoes(&["a"]), &settings());
    assert!(report.ok());
    assert_eq!(recorder.connects(), ["a", "a"]);
}

#[test]
fn a_node_given_up_gets_another_chance_with_the_next_plan() {
    let recorder = Recorder::obliging();
    let cluster = recorded(&recorder);
    recorder.refuse("a", &[HostKey]);
    assert_eq!(states(&execute(&cluster, &echoes(&["a"]), &settings())), "f");
    assert_eq!(states(&execute(&cluster, &echoes(&["a"]), &settings())), "d");
}
