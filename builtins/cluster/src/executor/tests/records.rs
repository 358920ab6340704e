//! What is left behind: journal, logs, and what a later run makes of them.

use std::sync::Mutex;

use ledama_base::operation::{ErrorKind, OperationError, Progress};
use serde_json::{Value, json};

use super::support::*;
use crate::executor::{CancelToken, Event, Settings, Watch};
use crate::journal::RecordState::{Done, Failed, Retried, Skipped, Started};
use crate::journal::{Journal, RecordState};
use crate::protocol::{FromWorker, JobResult};
use crate::transport::record::{Act, Recorder};

#[test]
fn the_journal_tells_every_change() {
    let folder = tempfile::tempdir().unwrap();
    // The first job is lost once; the second fails; the third waits for the second.
    let lost = Mutex::new(false);
    let recorder = Recorder::new(move |node, message| {
        let Some(id) = started(message) else { return Vec::new() };
        if node == "b" {
            let error = OperationError::new(ErrorKind::NoSpace, "disk full");
            return vec![Act::Say(FromWorker::Done {
                id,
                result: JobResult {
                    error: Some(error),
                    exit_status: Some(1),
                    ..JobResult::default()
                },
            })];
        }
        if !std::mem::replace(&mut *lost.lock().unwrap(), true) {
            let progress = Progress { done: 5, total: 10 };
            return vec![Act::Say(FromWorker::Progress { id, progress }), Act::Lose("cut".into())];
        }
        vec![Act::done(id, json!({"copied": 10}))]
    });
    let mut plan = changes(&["a", "b", "b"]);
    plan.tasks[0].size_bytes = 10;
    plan.tasks[2].after = vec![1];
    let settings = Settings { status: Some(folder.path().to_path_buf()), ..settings() };
    let report = execute(&recorded(&recorder), &plan, &settings);
    assert_eq!(states(&report), "dfs");

    let journal = Journal::read(folder.path()).unwrap();
    let of = |label: &str| -> Vec<(RecordState, u32, u64)> {
        let records = journal.records.iter().filter(|r| r.label == label);
        records.map(|r| (r.state, r.attempt, r.bytes)).collect()
    };
    assert_eq!(of("/0"), [(Started, 1, 0), (Retried, 1, 5), (Started, 2, 0), (Done, 2, 10)]);
    assert_eq!(of("/1"), [(Started, 1, 0), (Failed, 1, 0)]);
    assert_eq!(of("/2"), [(Skipped, 0, 0)]);
    let done = journal.records.iter().find(|r| r.state == Done).unwrap();
    assert_eq!(
        (done.run_id.as_str(), done.module.as_str(), done.node.as_str()),
        ("r", "Test", "a")
    );
    assert_eq!(done.value, json!({"copied": 10}));
    assert!(done.start.as_ref().unwrap() <= done.end.as_ref().unwrap());
    let failed = journal.records.iter().find(|r| r.state == Failed).unwrap();
    assert_eq!(failed.exit_status, Some(1));
    assert_eq!(failed.error.as_ref().unwrap().kind, ErrorKind::NoSpace);
}

#[test]
fn resuming_starts_only_what_is_not_done() {
    let folder = tempfile::tempdir().unwrap();
    let fail = std::sync::Arc::new(Mutex::new(true));
    let failing = std::sync::Arc::clone(&fail);
    let recorder = Recorder::new(move |node, message| match started(message) {
        Some(id) if node == "b" && *failing.lock().unwrap() => {
            vec![Act::failed(id, OperationError::new(ErrorKind::Io, "bad disk"))]
        }
        Some(id) => vec![Act::done(id, json!(node))],
        None => Vec::new(),
    });
    let mut plan = changes(&["a", "b", "c"]);
    plan.tasks[2].after = vec![1];
    plan.tasks.extend(echoes(&["d"]).tasks);
    let first = Settings { status: Some(folder.path().to_path_buf()), ..settings() };
    assert_eq!(states(&execute(&recorded(&recorder), &plan, &first)), "dfsd");

    *fail.lock().unwrap() = false;
    let second = Settings { run_id: "r2".into(), resume: true, ..first.clone() };
    let events = Events::default();
    let report = recorded(&recorder).execute(&plan, &second, &CancelToken::new(), &events).unwrap();
    assert_eq!(states(&report), "Dddd", "operations that only read are done again");
    assert_eq!(report.outcomes[0].value, json!("a"));
    assert_eq!(report.outcomes[0].attempts, 0);
    assert!(events.0.lock().unwrap().contains(&"Finished 0 AlreadyDone".to_string()));
    assert_eq!(runs(&recorder.said()), 3 + 3);

    let report = execute(&recorded(&recorder), &plan, &Settings { resume: false, ..second });
    assert_eq!(states(&report), "dddd", "without resume all is done again");
}

#[test]
fn a_journal_of_a_crashed_run_is_gone_on_with() {
    let folder = tempfile::tempdir().unwrap();
    let settings =
        Settings { status: Some(folder.path().to_path_buf()), resume: true, ..settings() };
    let recorder = Recorder::obliging();
    let plan = changes(&["a", "b"]);
    assert!(execute(&recorded(&recorder), &plan, &settings).ok());
    // The last line was being written when the machine stopped.
    let path = folder.path().join(crate::journal::FILE_NAME);
    let text = std::fs::read(&path).unwrap();
    std::fs::write(&path, &text[..text.len() - 20]).unwrap();
    let report = execute(&recorded(&recorder), &plan, &settings);
    assert_eq!(states(&report).matches('D').count(), 1);
    assert!(report.ok());
    assert_eq!(states(&execute(&recorded(&recorder), &plan, &settings)), "DD");
}

#[test]
fn a_large_value_stays_out_of_the_journal() {
    let folder = tempfile::tempdir().unwrap();
    let recorder = Recorder::new(|_, message| match started(message) {
        Some(id) => vec![Act::done(id, json!("x".repeat(100 << 10)))],
        None => Vec::new(),
    });
    let settings = Settings { status: Some(folder.path().to_path_buf()), ..settings() };
    let report = execute(&recorded(&recorder), &changes(&["a"]), &settings);
    assert_eq!(report.outcomes[0].value.as_str().unwrap().len(), 100 << 10);
    let journal = Journal::read(folder.path()).unwrap();
    assert_eq!(journal.records[1].value, Value::Null);
    assert_eq!(journal.records[1].state, Done);
}

#[test]
fn every_attempt_has_its_own_log() {
    let folder = tempfile::tempdir().unwrap();
    let lost = Mutex::new(0);
    let recorder = Recorder::new(move |_, message| {
        let Some(id) = started(message) else { return Vec::new() };
        let mut lost = lost.lock().unwrap();
        *lost += 1;
        let output = |data: &str| Act::Say(FromWorker::Output { id, data: data.into() });
        match *lost {
            // "one\n", "two"
            1 => vec![output("b25lCg=="), output("dHdv"), Act::Lose("cut".into())],
            _ => vec![output("dGhyZWU="), Act::done(id, Value::Null)],
        }
    });
    let mut plan = echoes(&["a"]);
    plan.tasks[0].label = "/data1/L80897_SB000_uv.MS".into();
    let settings = Settings { logs: Some(folder.path().join("logs")), ..settings() };
    let report = execute(&recorded(&recorder), &plan, &settings);
    let logs = folder.path().join("logs");
    let names = ["L80897_SB000_uv.MS.a.0.1.log", "L80897_SB000_uv.MS.a.0.2.log"];
    assert_eq!(files(&logs), names);
    assert_eq!(report.outcomes[0].log.as_deref(), Some(logs.join(names[1]).as_path()));
    let first = std::fs::read_to_string(logs.join(names[0])).unwrap();
    assert!(first.starts_with("one\ntwo\n# to be tried again, 0.0"), "{first}");
    assert!(first.ends_with(" s: lost: cut\n"), "{first}");
    let second = std::fs::read_to_string(logs.join(names[1])).unwrap();
    assert!(second.starts_with("three\n# done, 0.0"), "{second}");

    execute(&recorded(&recorder), &plan, &settings);
    assert_eq!(files(&logs).len(), 3, "a later run truncates nothing");
    assert_eq!(std::fs::read_to_string(logs.join(names[0])).unwrap(), first);
}

#[test]
fn without_logs_no_output_is_asked_for() {
    let recorder = Recorder::obliging();
    execute(&recorded(&recorder), &echoes(&["a"]), &settings());
    let (_, message) = &recorder.said()[0];
    assert!(matches!(message, crate::protocol::ToWorker::Run { stream: false, .. }));
}

/// Removes a folder once the run has begun.
struct Remover(std::path::PathBuf);

impl Watch for Remover {
    fn event(&self, event: &Event<'_>) {
        if matches!(event, Event::Begin { .. }) {
            std::fs::remove_dir(&self.0).unwrap();
        }
    }
}

#[test]
fn trouble_with_a_log_does_not_stop_the_run() {
    let folder = tempfile::tempdir().unwrap();
    let logs = folder.path().join("logs");
    let recorder = Recorder::obliging();
    let cluster = recorded(&recorder);
    let gone = logs.clone();
    let settings = Settings { logs: Some(logs), ..settings() };
    let report = cluster
        .execute(&echoes(&["a", "a"]), &settings, &CancelToken::new(), &Remover(gone))
        .unwrap();
    assert!(report.ok());
    assert_eq!(report.warnings.len(), 1, "{:?}", report.warnings);
    assert!(report.warnings[0].contains("log"));
}

#[test]
fn the_last_event_of_a_task_is_its_outcome() {
    let events = Events::default();
    let plan = echoes(&["a", "b", "a"]);
    recorded(&Recorder::obliging())
        .execute(&plan, &settings(), &CancelToken::new(), &events)
        .unwrap();
    let told = events.0.lock().unwrap();
    assert_eq!(told[0], "Begin test 3");
    assert_eq!(told.last().unwrap(), "End");
    for task in 0..3 {
        let of: Vec<&String> = told
            .iter()
            .filter(|e| {
                e.starts_with(&format!("Started {{ task: {task},"))
                    || e.starts_with(&format!("Finished {task} "))
            })
            .collect();
        assert_eq!(of.len(), 2, "{told:?}");
        assert_eq!(*of[1], format!("Finished {task} Done"));
    }
}

/// Takes over the answers of `a` and cannot keep those of others.
#[derive(Default)]
struct Taker(Mutex<Vec<Value>>);

impl Watch for Taker {
    fn event(&self, event: &Event<'_>) {
        if let Event::Finished(outcome) = event {
            assert!(outcome.value.is_null() || outcome.node != "a", "not taken before it is told");
        }
    }

    fn keep(&self, outcome: &mut crate::report::Outcome) -> Result<(), OperationError> {
        if outcome.node != "a" {
            return Err(OperationError::new(ErrorKind::NoSpace, "no room for the answer"));
        }
        self.0.lock().unwrap().push(outcome.value.take());
        Ok(())
    }
}

#[test]
fn answers_can_be_taken_over_as_tasks_end() {
    let taker = Taker::default();
    let mut plan = echoes(&["a", "b", "a"]);
    // Waits for an answer that is not kept.
    plan.tasks[2].after = vec![1];
    plan.tasks.push(plan.tasks[0].clone());
    let report = in_process().execute(&plan, &settings(), &CancelToken::new(), &taker).unwrap();
    assert_eq!(states(&report), "dfsd");
    assert_eq!(error(&report, 1), (ErrorKind::NoSpace, "no room for the answer"));
    assert_eq!(*taker.0.lock().unwrap(), [json!(0), json!(0)]);
    assert!(report.outcomes[0].value.is_null());
}
