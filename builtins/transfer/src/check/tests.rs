#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;

use ledama_cluster::report::Outcome;
use serde_json::json;

use super::*;

const TOLERANCE: Tolerance = Tolerance { accept_percent: 100.0, oversize_percent: 5.0 };

fn inventory() -> Arc<Inventory> {
    Arc::new(Inventory::new(Arc::new(ledama_config::built_in())))
}

fn here() -> String {
    inventory().local_name().to_string()
}

fn write(folder: &Path, name: &str, rows: &[(&str, u64)]) {
    let lines: Vec<String> =
        rows.iter().map(|(path, mb)| format!("{path} ? {mb} {} 0\n", here())).collect();
    fs::write(folder.join(name), lines.concat()).unwrap();
}

fn report(paths: serde_json::Value) -> Report {
    let outcome =
        Outcome { value: json!({ "paths": paths }), ..Outcome::new(0, &here(), "x", State::Done) };
    Report { outcomes: vec![outcome], ..Report::default() }
}

#[test]
fn a_reffile_is_compared_with_what_is_there() {
    let folder = tempfile::tempdir().unwrap();
    write(
        folder.path(),
        "x.ref",
        &[("/a/L1_SB000.MS", 2), ("/a/L1_SB001.MS", 2), ("/a/L1_SB002.MS", 2)],
    );
    let check = Check::open(&folder.path().join("x.ref"), &inventory()).unwrap();
    assert_eq!((check.len(), check.nodes(), check.paths(&here()).len()), (3, vec![here()], 3));
    let result = check.judge(
        &report(json!([
            { "path": "/a/L1_SB000.MS", "exists": true, "size_bytes": 2 << 20 },
            { "path": "/a/L1_SB001.MS", "exists": true, "size_bytes": 1 << 20 },
            { "path": "/a/L1_SB002.MS", "exists": false },
        ])),
        TOLERANCE,
    );
    assert!(!result.is_ok());
    assert_eq!(["complete", "incomplete", "missing"].map(|s| result.count(s)), [1, 1, 1]);
    assert_eq!(result.missing().len(), 2);
    assert_eq!(result.columns(), ["state", "path", "node", "size_mb", "percent", "seconds"]);
    assert_eq!(result.cells(&["missing".to_string()]).len(), 1);
    assert_eq!(result.summary().lines()[0], "# 1 of 3 complete, 3 of 6 MB (50.0 %)");
}

#[test]
fn a_silent_node_is_told() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "x.ref", &[("/a/L1_SB000.MS", 2)]);
    let check = Check::open(&folder.path().join("x.ref"), &inventory()).unwrap();
    let error = OperationError::new(ErrorKind::Connection, "no route");
    let outcome = Outcome { error: Some(error), ..Outcome::new(0, &here(), "x", State::Failed) };
    let result = check.judge(&Report { outcomes: vec![outcome], ..Report::default() }, TOLERANCE);
    assert_eq!(result.count("unreachable"), 1);
    assert_eq!(result.rows()[0].problem.as_deref(), Some("no route"));
}

#[test]
fn a_status_folder_tells_the_sources_and_what_the_journal_knows() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "OUT_x.ref", &[("/b/L1_SB000.MS", 2)]);
    write(folder.path(), "IN_x.ref", &[("/a/L1_SB000.MS", 2)]);
    let record = json!({
        "v": 1, "run_id": "r", "key": "k", "node": here(), "label": "/b/L1_SB000.MS",
        "attempt": 1, "state": "done",
        "value": { "bytes": 1_000_000, "seconds": 4.0, "state": "copied" },
    });
    fs::write(folder.path().join("status.jsonl"), format!("{record}\n{{\"half")).unwrap();
    let check = Check::open(folder.path(), &inventory()).unwrap();
    assert!(!check.is_running());
    let judge = |bytes: u64| {
        let seen = json!([{ "path": "/b/L1_SB000.MS", "exists": true, "size_bytes": 2 << 20, "apparent_bytes": bytes }]);
        check.judge(&report(seen), TOLERANCE)
    };
    assert!(judge(1_000_000).is_ok());
    let cut = judge(999_999);
    assert_eq!(cut.count("incomplete"), 1);
    // What is not complete is to be copied from its source again.
    assert_eq!(&*cut.missing().entries()[0].path, "/a/L1_SB000.MS");
    assert!(cut.columns().contains(&"from"));
    assert_eq!(judge(1_000_000).rows()[0].seconds, Some(4.0));
}

#[test]
fn folders_and_lists_that_do_not_fit_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let error = Check::open(folder.path(), &inventory()).unwrap_err();
    assert!(error.message.contains("no status folder"), "{}", error.message);
    write(folder.path(), "OUT_x.ref", &[("/b/L1_SB000.MS", 2)]);
    write(folder.path(), "IN_x.ref", &[("/a/L1_SB000.MS", 2), ("/a/L1_SB001.MS", 2)]);
    write(folder.path(), "OUT_y.ref", &[("/b/L1_SB009.MS", 2)]);
    let check = Check::open(folder.path(), &inventory()).unwrap();
    assert_eq!(check.len(), 2);
    assert_eq!(check.notes().len(), 2, "{:?}", check.notes());
}
