//! Failures that stop others, time-outs, and the user who has had enough.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use ledama_base::operation::{ErrorKind, OperationError};
use serde_json::Value;

use super::support::*;
use crate::executor::{CancelToken, Settings, Silent};
use crate::plan::Action;
use crate::protocol::{JobId, ToWorker};
use crate::transport::record::{Act, Recorder};

/// The input of an echo is its place in the plan.
fn place(message: &ToWorker) -> Option<(JobId, u64)> {
    match message {
        ToWorker::Run { id, action: Action::Operation { input, .. }, .. } => {
            Some((*id, input.as_u64()?))
        }
        _ => None,
    }
}

/// The task at that place fails, the others are done.
fn failing(bad: u64) -> Recorder {
    Recorder::new(move |_, message| match place(message) {
        Some((id, place)) if place == bad => {
            vec![Act::failed(id, OperationError::new(ErrorKind::Io, "bad disk"))]
        }
        Some((id, _)) => vec![Act::done(id, Value::Null)],
        None => Vec::new(),
    })
}

/// Jobs never end by themselves, and answer when they are told to.
fn obedient() -> Recorder {
    Recorder::new(|_, message| match cancelled(message) {
        Some(id) => vec![Act::failed(id, interrupted())],
        None => Vec::new(),
    })
}

fn deaf() -> Recorder {
    Recorder::new(|_, _| Vec::new())
}

#[test]
fn what_comes_after_a_failure_is_skipped() {
    let mut plan = echoes(&["a", "b", "c", "d"]);
    plan.tasks[1].after = vec![0];
    plan.tasks[2].after = vec![1];
    let events = Events::default();
    let recorder = failing(0);
    let report =
        recorded(&recorder).execute(&plan, &settings(), &CancelToken::new(), &events).unwrap();
    assert_eq!(states(&report), "fssd");
    assert_eq!(runs(&recorder.said()), 2);
    let told = events.0.lock().unwrap();
    assert!(told.contains(&"Finished 2 Skipped".to_string()));
}

#[test]
fn what_comes_after_a_success_runs_after_it() {
    let mut plan = echoes(&["a", "b", "c"]);
    plan.tasks[1].after = vec![0];
    plan.tasks[2].after = vec![0, 1];
    let recorder = Recorder::obliging();
    assert!(execute(&recorded(&recorder), &plan, &settings()).ok());
    let order: Vec<u64> =
        recorder.said().iter().filter_map(|(_, m)| place(m)).map(|(_, place)| place).collect();
    assert_eq!(order, [0, 1, 2]);
}

#[test]
fn fail_fast_starts_nothing_more() {
    let recorder = failing(1);
    let settings = Settings { fail_fast: true, ..settings() };
    let report = execute(&recorded(&recorder), &echoes(&["a"; 5]), &settings);
    assert_eq!(states(&report), "dfsss");
    assert_eq!(runs(&recorder.said()), 2);
    assert!(!report.interrupted);
}

#[test]
fn a_task_out_of_time_is_stopped_and_has_failed() {
    let recorder = obedient();
    let settings = Settings { time_out: Some(Duration::from_millis(20)), ..settings() };
    let report = execute(&recorded(&recorder), &echoes(&["a"]), &settings);
    assert_eq!(
        error(&report, 0),
        (ErrorKind::TimeOut, "stopped after 0.02 s, the time allowed for a task")
    );
    assert_eq!((report.outcomes[0].attempts, report.interrupted), (1, false));
}

#[test]
fn a_worker_that_does_not_stop_its_task_is_dropped() {
    // The first job of `a` hears nothing; the second is lost with it, and done on the next link.
    let seen: Arc<Mutex<Vec<u64>>> = Arc::default();
    let said = Arc::clone(&seen);
    let recorder = Recorder::new(move |_, message| {
        let Some((id, place)) = place(message) else { return Vec::new() };
        let mut seen = said.lock().unwrap();
        seen.push(place);
        let again = seen.iter().filter(|p| **p == place).count() > 1;
        if place == 1 && again { vec![Act::done(id, Value::Null)] } else { Vec::new() }
    });
    let settings = Settings {
        tasks_per_node: 2,
        time_out: Some(Duration::from_millis(500)),
        grace: Duration::from_millis(20),
        ..settings()
    };
    let mut plan = echoes(&["a", "a"]);
    plan.tasks.truncate(2);
    let cluster = recorded(&recorder);
    let report = execute(&cluster, &plan, &settings);
    assert_eq!(error(&report, 0).0, ErrorKind::TimeOut);
    // Both were out of time at the same moment: the second either failed for
    // its own time or was done on the new link.
    assert!(matches!(states(&report).as_str(), "ff" | "fd"), "{report:?}");
    assert_eq!(states(&execute(&recorded(&Recorder::obliging()), &plan, &settings)), "dd");
}

#[test]
fn an_interrupt_stops_what_runs_and_starts_nothing_more() {
    let (recorder, events) = (obedient(), Events::default());
    let cluster = recorded(&recorder);
    let cancel = CancelToken::new();
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings {
        nodes: 2,
        tasks_per_node: 2,
        status: Some(folder.path().to_path_buf()),
        ..settings()
    };
    let plan = echoes(&["a", "a", "b", "a", "c", "b", "b"]);
    let report = std::thread::scope(|scope| {
        let run = scope.spawn(|| cluster.execute(&plan, &settings, &cancel, &events).unwrap());
        assert!(recorder.wait_for(|said| runs(said) == 4));
        cancel.cancel();
        run.join().unwrap()
    });
    assert!(report.interrupted && !report.ok());
    assert_eq!(states(&report), "ccccccc");
    let attempts: Vec<u32> = report.outcomes.iter().map(|o| o.attempts).collect();
    assert_eq!(attempts, [1, 1, 1, 0, 0, 1, 0]);
    let said = recorder.said();
    assert_eq!(runs(&said), 4);
    assert_eq!(said.iter().filter(|(_, m)| cancelled(m).is_some()).count(), 4);
    assert!(events.0.lock().unwrap().contains(&"Stopping { running: 4 }".to_string()));
    let journal = crate::journal::Journal::read(folder.path()).unwrap();
    assert!(journal.latest().values().all(|r| r.state == crate::journal::RecordState::Cancelled));
    assert_eq!(journal.latest().len(), 7);
}

#[test]
fn what_was_done_when_the_interrupt_came_counts_as_done() {
    let recorder = Recorder::new(|_, message| match cancelled(message) {
        Some(id) => vec![Act::done(id, Value::Null)],
        None => Vec::new(),
    });
    let cluster = recorded(&recorder);
    let cancel = CancelToken::new();
    let report = std::thread::scope(|scope| {
        let plan = echoes(&["a", "a"]);
        let run = scope.spawn(|| {
            let plan = plan;
            cluster.execute(&plan, &settings(), &cancel, &Silent).unwrap()
        });
        assert!(recorder.wait_for(|said| runs(said) == 1));
        cancel.cancel();
        run.join().unwrap()
    });
    assert_eq!((states(&report).as_str(), report.interrupted), ("dc", true));
}

#[test]
fn an_interrupt_does_not_wait_for_the_deaf() {
    let recorder = deaf();
    let cluster = recorded(&recorder);
    let cancel = CancelToken::new();
    let settings = Settings { grace: Duration::from_millis(20), ..settings() };
    let plan = echoes(&["a", "b"]);
    let report = std::thread::scope(|scope| {
        let run = scope.spawn(|| cluster.execute(&plan, &settings, &cancel, &Silent).unwrap());
        assert!(recorder.wait_for(|said| runs(said) == 2));
        cancel.cancel();
        run.join().unwrap()
    });
    assert_eq!(states(&report), "cc");
    assert!(report.outcomes[0].error.as_ref().unwrap().message.contains("did not stop"));
}

#[test]
fn an_interrupt_before_the_start_starts_nothing() {
    let recorder = Recorder::obliging();
    let cancel = CancelToken::new();
    cancel.cancel();
    let report =
        recorded(&recorder).execute(&echoes(&["a"; 3]), &settings(), &cancel, &Silent).unwrap();
    assert_eq!((states(&report).as_str(), report.interrupted), ("ccc", true));
    assert!(recorder.connects().is_empty());
}

#[test]
fn an_interrupt_ends_the_waiting_for_a_node() {
    let recorder = Recorder::obliging();
    recorder.refuse("a", &[crate::error::ConnectErrorKind::Unreachable; 5]);
    let cluster = recorded(&recorder);
    let cancel = CancelToken::new();
    let settings = Settings { back_off: Duration::from_secs(30), ..settings() };
    let (plan, events) = (echoes(&["a", "a"]), Events::default());
    let report = std::thread::scope(|scope| {
        let run = scope.spawn(|| cluster.execute(&plan, &settings, &cancel, &events).unwrap());
        while !events.0.lock().unwrap().iter().any(|e| e.starts_with("Lost")) {
            std::thread::yield_now();
        }
        cancel.cancel();
        run.join().unwrap()
    });
    assert_eq!(states(&report), "cc");
    assert_eq!(recorder.connects().len(), 1);
}
