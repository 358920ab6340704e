//! Workers that ask for something on other nodes.

use std::sync::{Arc, Mutex};

use ledama_base::operation::ErrorKind;
use serde_json::{Value, json};

use super::support::*;
use crate::error::ConnectErrorKind;
use crate::executor::{CancelToken, Cluster, Settings, Silent};
use crate::protocol::{FromWorker, JobId, JobResult, ToWorker};
use crate::transport::inprocess::InProcess;
use crate::transport::record::{Act, Recorder};

fn ask(node: &str, operation_name: &str, input: Value) -> crate::plan::Plan {
    operation("a", "test.call", json!([node, operation_name, input]))
}

#[test]
fn the_answer_of_the_other_node_comes_back() {
    let cluster = in_process();
    let report = execute(&cluster, &ask("b", "test.echo", json!({"x": 1})), &settings());
    assert!(report.ok(), "{report:?}");
    assert_eq!(report.outcomes[0].value, json!({"x": 1}));
    assert!(report.outcomes[0].items.is_empty(), "the items of a call are its own");
}

#[test]
fn a_call_may_call_and_may_stay_at_home() {
    let inner = json!(["a", "test.call", ["b", "test.echo", 7]]);
    let report = execute(&in_process(), &ask("b", "test.call", inner), &settings());
    assert_eq!(report.outcomes[0].value, json!(7), "{report:?}");
}

#[test]
fn a_call_does_not_count_in_the_limits() {
    let settings = Settings { nodes: 1, total: Some(1), ..settings() };
    let report = execute(&in_process(), &ask("b", "test.echo", json!(1)), &settings);
    assert!(report.ok(), "{report:?}");
}

#[test]
fn calls_that_cannot_be_made_are_answered() {
    let cluster = in_process();
    for (plan, kind, message) in [
        (ask("unknown1", "test.echo", json!(1)), ErrorKind::Input, "unknown node `unknown1`"),
        (ask("b", "no.such", json!(1)), ErrorKind::Input, "there is no operation `no.such`"),
        (ask("b", "test.change", json!("x")), ErrorKind::Input, "input of operation"),
        (ask("b", "test.panic", json!(null)), ErrorKind::Internal, ""),
    ] {
        let report = execute(&cluster, &plan, &settings());
        let (told, text) = error(&report, 0);
        assert_eq!(told, kind, "{text}");
        assert!(text.contains(message), "{text}");
    }
}

/// Node `a` calls `test.echo` on `b` in its first job and passes on the answer;
/// `other` says what `b` does.
fn caller(other: impl Fn(&ToWorker) -> Vec<Act> + Send + Sync + 'static) -> Recorder {
    let jobs: Mutex<Vec<JobId>> = Mutex::default();
    Recorder::new(move |node, message| match message {
        _ if node == "b" => other(message),
        ToWorker::Run { id, .. } => {
            jobs.lock().unwrap().push(*id);
            vec![Act::Say(FromWorker::Call {
                id: *id,
                call: 5,
                node: "b".into(),
                operation: "test.echo".into(),
                input: json!(1),
            })]
        }
        ToWorker::Reply { call, result } => {
            assert_eq!(*call, 5);
            let id = *jobs.lock().unwrap().last().unwrap();
            match result {
                Ok(value) => vec![Act::done(id, value.clone())],
                Err(error) => vec![Act::failed(id, error.clone())],
            }
        }
        ToWorker::Cancel { id } => vec![Act::failed(*id, interrupted())],
        ToWorker::Hello { .. } | ToWorker::Queue { .. } => Vec::new(),
    })
}

#[test]
fn the_loss_of_the_called_node_is_told_and_tried_again() {
    let times = Mutex::new(0);
    let recorder = caller(move |message| match started(message) {
        Some(id) => {
            *times.lock().unwrap() += 1;
            if *times.lock().unwrap() == 1 {
                vec![Act::Lose("power failure".into())]
            } else {
                vec![Act::done(id, json!("at last"))]
            }
        }
        None => Vec::new(),
    });
    let report = execute(&recorded(&recorder), &echoes(&["a"]), &settings());
    assert!(report.ok(), "{report:?}");
    assert_eq!((report.outcomes[0].attempts, &report.outcomes[0].value), (2, &json!("at last")));
    let replies: Vec<_> = recorder
        .said()
        .into_iter()
        .filter_map(|(_, message)| match message {
            ToWorker::Reply { result: Err(error), .. } => Some((error.kind, error.message)),
            _ => None,
        })
        .collect();
    assert_eq!(replies, [(ErrorKind::Connection, "b: lost: power failure".to_string())]);
}

#[test]
fn a_called_node_that_was_given_up_is_not_asked_again() {
    let recorder = caller(|_| Vec::new());
    recorder.refuse("b", &[ConnectErrorKind::Unreachable; 20]);
    let report = execute(&recorded(&recorder), &echoes(&["a", "a"]), &settings());
    assert_eq!(states(&report), "ff");
    assert_eq!(error(&report, 1), (ErrorKind::Connection, "b: refused by the test"));
    assert_eq!(report.outcomes[0].attempts, 1);
    assert_eq!(recorder.connects().iter().filter(|node| *node == "b").count(), 3);
}

#[test]
fn a_call_ends_with_its_caller() {
    // `a` fails as soon as `b` works for it.
    let own: Arc<Mutex<Option<(Recorder, JobId)>>> = Arc::default();
    let back = Arc::clone(&own);
    let recorder = Recorder::new(move |node, message| match message {
        ToWorker::Run { id, .. } if node == "a" => {
            back.lock().unwrap().as_mut().unwrap().1 = *id;
            vec![Act::Say(FromWorker::Call {
                id: *id,
                call: 1,
                node: "b".into(),
                operation: "test.echo".into(),
                input: json!(1),
            })]
        }
        ToWorker::Run { .. } => {
            let guard = back.lock().unwrap();
            let (recorder, parent) = guard.as_ref().unwrap();
            let error = ledama_base::operation::OperationError::new(ErrorKind::Io, "gave up");
            recorder.act("a", Act::failed(*parent, error));
            Vec::new()
        }
        ToWorker::Cancel { id } => vec![Act::failed(*id, interrupted())],
        ToWorker::Reply { .. } => panic!("nobody waits for an answer"),
        ToWorker::Hello { .. } | ToWorker::Queue { .. } => Vec::new(),
    });
    *own.lock().unwrap() = Some((recorder.clone(), 0));
    let report = execute(&recorded(&recorder), &echoes(&["a"]), &settings());
    own.lock().unwrap().take();
    assert_eq!(error(&report, 0), (ErrorKind::Io, "gave up"));
    let cancels: Vec<String> = recorder
        .said()
        .into_iter()
        .filter(|(_, m)| cancelled(m).is_some())
        .map(|(node, _)| node)
        .collect();
    assert_eq!(cancels, ["b"]);
}

#[test]
fn an_interrupt_reaches_the_called_operation() {
    let news: Arc<Mutex<Vec<String>>> = Arc::default();
    let connector = InProcess::new(registry(&news), worker_options());
    let cluster = Cluster::with_nodes(Box::new(AnyNode), registry(&news), Arc::new(connector), 16);
    let cancel = CancelToken::new();
    let plan = ask("b", "test.endless", json!(null));
    let report = std::thread::scope(|scope| {
        let run = scope.spawn(|| cluster.execute(&plan, &settings(), &cancel, &Silent).unwrap());
        while news.lock().unwrap().is_empty() {
            std::thread::yield_now();
        }
        cancel.cancel();
        run.join().unwrap()
    });
    assert_eq!((states(&report).as_str(), report.interrupted), ("c", true));
    assert_eq!(*news.lock().unwrap(), ["b begins", "b ends"]);
}

#[test]
fn a_call_of_an_unknown_job_is_answered() {
    // A worker that asks for a job that never was gets a refusal, not silence.
    let recorder = Recorder::new(|_, message| match message {
        ToWorker::Run { id, .. } => vec![
            Act::Say(FromWorker::Call {
                id: id + 1000,
                call: 9,
                node: "b".into(),
                operation: "test.echo".into(),
                input: json!(1),
            }),
            Act::Say(FromWorker::Done { id: id + 1000, result: JobResult::default() }),
        ],
        ToWorker::Reply { call: 9, result: Err(error) } => {
            assert_eq!(error.kind, ErrorKind::Cancelled);
            vec![Act::Lose("enough".into())]
        }
        _ => Vec::new(),
    });
    let once = Settings { retries: 0, ..settings() };
    let report = execute(&recorded(&recorder), &echoes(&["a"]), &once);
    assert_eq!(error(&report, 0), (ErrorKind::Connection, "lost: enough"));
}
