//! Short tasks that are sent to a busy node before their turn.

use std::sync::atomic::{AtomicBool, Ordering};

use ledama_base::operation::ErrorKind;
use serde_json::{Value, json};

use super::support::*;
use crate::executor::{CancelToken, Settings, Silent};
use crate::plan::{Plan, Task};
use crate::protocol::{JobId, ToWorker};
use crate::transport::record::{Act, Recorder};

/// Tasks 0 to 19 on one node; those before `LONG` are short enough to send others ahead.
const LONG: u64 = 10;

fn plan() -> Plan {
    let mut plan = Plan::new("test");
    for k in 0..20 {
        plan.add(Task::operation("a", &format!("/{k}"), "test.echo", json!(k)));
    }
    plan
}

fn place(message: &ToWorker) -> Option<(JobId, u64)> {
    let ToWorker::Run { id, action: crate::plan::Action::Operation { input, .. }, .. } = message
    else {
        return None;
    };
    Some((*id, input.as_u64()?))
}

#[test]
fn each_begins_when_the_one_before_has_ended() {
    let events = Events::default();
    let settings = Settings { nodes: 1, ..settings() };
    let report = in_process().execute(&plan(), &settings, &CancelToken::new(), &events).unwrap();
    assert!(report.ok(), "{report:?}");
    let told = events.0.lock().unwrap();
    let order: Vec<&String> =
        told.iter().filter(|e| e.starts_with("Started") || e.starts_with("Finished")).collect();
    for (k, pair) in order.chunks(2).enumerate() {
        assert!(pair[0].starts_with(&format!("Started {{ task: {k},")), "{pair:?}");
        assert_eq!(*pair[1], format!("Finished {k} Done"));
    }
    assert!(report.outcomes.iter().all(|outcome| outcome.attempts == 1));
}

#[test]
fn what_waits_for_its_turn_was_never_started() {
    let recorder = Recorder::new(|_, message| match (place(message), cancelled(message)) {
        (Some((id, place)), _) if place < LONG => vec![Act::done(id, Value::Null)],
        (_, Some(id)) => vec![Act::failed(id, interrupted())],
        _ => Vec::new(),
    });
    let (cluster, cancel, folder) =
        (recorded(&recorder), CancelToken::new(), tempfile::tempdir().unwrap());
    let settings = Settings { status: Some(folder.path().to_path_buf()), ..settings() };
    let report = std::thread::scope(|scope| {
        let run = scope.spawn(|| cluster.execute(&plan(), &settings, &cancel, &Silent).unwrap());
        assert!(recorder.wait_for(|said| {
            said.iter().any(|(_, m)| place(m).is_some_and(|(_, place)| place == LONG))
        }));
        cancel.cancel();
        run.join().unwrap()
    });
    assert_eq!(states(&report), "ddddddddddcccccccccc");
    let attempts: Vec<u32> = report.outcomes.iter().map(|o| o.attempts).collect();
    assert_eq!(attempts, [[1; 11].as_slice(), &[0; 9]].concat());
    assert_eq!(runs(&recorder.said()), 11, "nothing got the place of the one that was stopped");
    let journal = crate::journal::Journal::read(folder.path()).unwrap();
    assert_eq!(journal.records.len(), 10 * 2 + 2 + 9);
}

#[test]
fn what_was_done_before_the_request_to_stop_arrived_counts_as_done() {
    let recorder = Recorder::new(|_, message| match (place(message), cancelled(message)) {
        (Some((id, place)), _) if place < LONG => vec![Act::done(id, Value::Null)],
        (_, Some(id)) => vec![Act::done(id, Value::Null)],
        _ => Vec::new(),
    });
    let (cluster, cancel) = (recorded(&recorder), CancelToken::new());
    let report = std::thread::scope(|scope| {
        let run = scope.spawn(|| cluster.execute(&plan(), &settings(), &cancel, &Silent).unwrap());
        assert!(recorder.wait_for(|said| {
            said.iter().any(|(_, m)| place(m).is_some_and(|(_, place)| place == LONG))
        }));
        cancel.cancel();
        run.join().unwrap()
    });
    assert!(report.interrupted);
    assert!(states(&report).starts_with(&"d".repeat(11)), "{}", states(&report));
    for outcome in &report.outcomes {
        let done = outcome.state == crate::report::State::Done;
        assert_eq!(outcome.attempts, u32::from(done), "{outcome:?}");
        assert_eq!(outcome.started.is_some(), done);
    }
}

#[test]
fn what_waits_on_a_lost_node_is_sent_again() {
    let lost = AtomicBool::new(false);
    let recorder = Recorder::new(move |_, message| match place(message) {
        Some((_, LONG)) if !lost.swap(true, Ordering::SeqCst) => vec![Act::Lose("cut".into())],
        Some((id, _)) => vec![Act::done(id, Value::Null)],
        None => Vec::new(),
    });
    let report = execute(&recorded(&recorder), &plan(), &settings());
    assert!(report.ok(), "{report:?}");
    let again: Vec<usize> =
        report.outcomes.iter().filter(|o| o.attempts != 1).map(|o| o.task).collect();
    assert_eq!(again, [10]);
    assert_eq!(recorder.connects().len(), 2);
}

#[test]
fn what_waits_fails_with_its_node() {
    let recorder = Recorder::new(|_, message| match place(message) {
        Some((id, place)) if place < LONG => vec![Act::done(id, Value::Null)],
        Some(_) => vec![Act::Lose("cut".into())],
        None => Vec::new(),
    });
    let settings = Settings { retries: 0, ..settings() };
    let report = execute(&recorded(&recorder), &plan(), &settings);
    assert_eq!(states(&report), "ddddddddddffffffffff");
    assert_eq!(error(&report, 19).0, ErrorKind::Connection);
}

#[test]
fn the_time_allowed_counts_from_the_begin() {
    // The long one takes all its time; those behind it have theirs nevertheless.
    let recorder = Recorder::new(|_, message| match (place(message), cancelled(message)) {
        (Some((_, LONG)), _) => Vec::new(),
        (Some((id, _)), _) => vec![Act::done(id, Value::Null)],
        (_, Some(id)) => vec![Act::failed(id, interrupted())],
        _ => Vec::new(),
    });
    let time_out = Some(std::time::Duration::from_millis(300));
    let report = execute(&recorded(&recorder), &plan(), &Settings { time_out, ..settings() });
    assert_eq!(states(&report), "ddddddddddfddddddddd");
    assert_eq!(error(&report, 10).0, ErrorKind::TimeOut);
}
