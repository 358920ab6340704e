//! The executor together with the real worker, in one process.

use std::sync::{Arc, Mutex};

use ledama_base::operation::ErrorKind;
use serde_json::json;

use super::support::*;
use crate::executor::{CancelToken, Cluster, Settings, Silent};
use crate::plan::Action;
use crate::transport::inprocess::InProcess;

#[test]
fn values_and_items_arrive() {
    let report = execute(&in_process(), &echoes(&["a", "b"]), &settings());
    assert!(report.ok(), "{report:?}");
    for (index, outcome) in report.outcomes.iter().enumerate() {
        assert_eq!(outcome.value, json!(index));
        assert_eq!(outcome.items, [json!(1), json!({"two": 2})]);
        assert!(outcome.seconds >= 0.0 && outcome.started.is_some());
    }
}

#[test]
fn a_task_that_panics_has_failed_and_its_worker_goes_on() {
    let mut plan = operation("a", "test.panic", json!(null));
    plan.tasks.extend(echoes(&["a"]).tasks);
    let report = execute(&in_process(), &plan, &settings());
    assert_eq!(states(&report), "fd");
    let (kind, message) = error(&report, 0);
    assert_eq!(kind, ErrorKind::Internal);
    assert!(message.contains("by intention"), "{message}");
}

#[test]
fn a_result_that_is_no_json_is_a_failure() {
    let report =
        execute(&in_process(), &operation("a", "test.unserialisable", json!(null)), &settings());
    let (kind, message) = error(&report, 0);
    assert_eq!(kind, ErrorKind::Internal);
    assert!(message.contains("result of `test.unserialisable`"), "{message}");
}

#[test]
fn a_task_killed_by_a_signal_tells_so() {
    let report = execute(&in_process(), &shell("a", "echo last words; kill -9 $$"), &settings());
    let outcome = &report.outcomes[0];
    assert_eq!((error(&report, 0).0, outcome.exit_status), (ErrorKind::Status, Some(137)));
    assert!(outcome.tail.contains("last words"));
}

#[test]
fn a_hundred_megabytes_of_output_go_to_the_log() {
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings { logs: Some(folder.path().to_path_buf()), ..settings() };
    let report = execute(
        &in_process(),
        &shell("a", "head -c 100000000 /dev/zero; echo; echo end"),
        &settings,
    );
    assert!(report.ok(), "{report:?}");
    let outcome = &report.outcomes[0];
    assert!(outcome.tail.len() <= 8 << 10, "{}", outcome.tail.len());
    let log = outcome.log.as_ref().unwrap();
    let size = std::fs::metadata(log).unwrap().len();
    assert!((100_000_005..100_000_100).contains(&size), "{size}");
}

#[test]
fn odd_arguments_arrive_as_they_are() {
    let odd = ["a b", "$HOME", "'\"", ";rm -rf x", "*", "", "\n", "ü\u{ef80}"];
    let mut plan = shell("a", r#"printf '%s\0' "$@" | od -An -tx1 | tr -d ' \n'"#);
    if let Action::Command(command) = &mut plan.tasks[0].action {
        command.argv.push("sh".into());
        command.argv.extend(odd.map(str::to_string));
        command.capture = true;
    }
    let report = execute(&in_process(), &plan, &settings());
    assert!(report.ok(), "{report:?}");
    let wanted: String = odd
        .iter()
        .flat_map(|text| {
            use std::os::unix::ffi::OsStrExt;
            let raw = ledama_base::rawtext::decode(text);
            [raw.as_bytes(), b"\0"].concat()
        })
        .fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
    assert_eq!(report.outcomes[0].value["stdout"], json!(wanted));
}

#[test]
fn an_interrupt_leaves_no_process() {
    let folder = tempfile::tempdir().unwrap();
    let pids = folder.path().join("pids");
    let script = format!("echo $$ >> {0}; sleep 300 & echo $! >> {0}; wait", pids.display());
    let mut plan = shell("a", &script);
    plan.tasks.extend(shell("b", &script).tasks);
    plan.tasks[1].label = "/1".into();
    let cluster = in_process();
    let cancel = CancelToken::new();
    let read = || -> Vec<i32> {
        let text = std::fs::read_to_string(&pids).unwrap_or_default();
        text.lines().filter_map(|line| line.parse().ok()).collect()
    };
    let report = std::thread::scope(|scope| {
        let run = scope.spawn(|| cluster.execute(&plan, &settings(), &cancel, &Silent).unwrap());
        while read().len() < 4 {
            std::thread::yield_now();
        }
        cancel.cancel();
        run.join().unwrap()
    });
    assert_eq!(states(&report), "cc");
    for pid in read() {
        // A process that was killed may wait to be reaped by init.
        let state = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        assert!(state.is_empty() || state.contains(") Z "), "{state}");
    }
}

#[test]
fn a_cut_connection_is_made_again() {
    let news: Arc<Mutex<Vec<String>>> = Arc::default();
    let connector = Arc::new(InProcess::new(registry(&news), worker_options()));
    let shared: Arc<dyn crate::transport::Connector> = connector.clone();
    let cluster = Cluster::with_nodes(Box::new(AnyNode), registry(&news), shared, 16);
    let cancel = CancelToken::new();
    let plan = operation("a", "test.endless", json!(null));
    let begun =
        |n| news.lock().unwrap().iter().filter(|line| line.ends_with("begins")).count() >= n;
    let report = std::thread::scope(|scope| {
        let run = scope.spawn(|| cluster.execute(&plan, &settings(), &cancel, &Silent).unwrap());
        while !begun(1) {
            std::thread::yield_now();
        }
        connector.cut("a");
        while !begun(2) {
            std::thread::yield_now();
        }
        cancel.cancel();
        run.join().unwrap()
    });
    assert_eq!((states(&report).as_str(), report.outcomes[0].attempts), ("c", 2));
}
