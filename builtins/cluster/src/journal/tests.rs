#![allow(clippy::unwrap_used, clippy::expect_used)]

use ledama_base::operation::ErrorKind;
use serde_json::json;

use super::*;
use crate::plan::Task;

fn record(label: &str, state: RecordState) -> Record {
    let task = Task::operation("node011", label, "x.y", json!({}));
    Record {
        v: VERSION,
        run_id: "r".into(),
        module: "CopyData".into(),
        key: task_keys(&[task]).remove(0),
        node: "node011".into(),
        label: label.into(),
        attempt: 1,
        state,
        exit_status: None,
        bytes: 0,
        start: None,
        end: None,
        error: None,
        value: Value::Null,
    }
}

#[test]
fn what_is_written_is_read_and_the_latest_state_wins() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().join("made/on/demand");
    let mut written = vec![record("/a", RecordState::Started), record("/b", RecordState::Started)];
    written.push(Record {
        error: Some(OperationError::new(ErrorKind::NoSpace, "full\nreally")),
        exit_status: Some(3),
        bytes: 7,
        start: Some("2026-11-22T18:05:00.000Z".into()),
        value: json!({"x": [1]}),
        ..record("/a", RecordState::Failed)
    });
    let mut writer = JournalWriter::open(&folder, "r").unwrap();
    for record in &written {
        writer.write(record).unwrap();
    }
    writer.sync().unwrap();
    drop(writer);
    let mut writer = JournalWriter::open(&folder, "r").unwrap();
    written.push(record("/a", RecordState::Done));
    writer.write(&written[3]).unwrap();
    drop(writer);

    let journal = Journal::read(&folder).unwrap();
    assert_eq!((&journal.records, journal.damaged), (&written, 0));
    let latest = journal.latest();
    assert_eq!(latest.len(), 2);
    assert_eq!(latest[&written[0].key].state, RecordState::Done);
    assert_eq!(latest[&written[1].key].state, RecordState::Started);
}

#[test]
fn a_half_written_line_costs_only_itself() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(FILE_NAME);
    let whole = serde_json::to_string(&record("/a", RecordState::Done)).unwrap();
    std::fs::write(&path, format!("{whole}\n{}", &whole[..whole.len() / 2])).unwrap();
    assert_eq!(Journal::read(folder.path()).unwrap().damaged, 1);

    let mut writer = JournalWriter::open(folder.path(), "r").unwrap();
    writer.write(&record("/b", RecordState::Done)).unwrap();
    let journal = Journal::read(folder.path()).unwrap();
    let labels: Vec<&str> = journal.records.iter().map(|r| r.label.as_str()).collect();
    assert_eq!((labels, journal.damaged), (vec!["/a", "/b"], 1));
}

#[test]
fn rubbish_and_unknown_fields_do_no_harm() {
    let folder = tempfile::tempdir().unwrap();
    let mut odd = serde_json::to_value(record("/a", RecordState::Done)).unwrap();
    odd["later"] = json!("version");
    let text = [b"\xff\xfe\n\n{}\n".as_slice(), odd.to_string().as_bytes(), b"\r\n"].concat();
    std::fs::write(folder.path().join(FILE_NAME), text).unwrap();
    let journal = Journal::read(folder.path()).unwrap();
    assert_eq!((journal.records.len(), journal.damaged), (1, 2));
}

#[test]
fn no_journal_is_an_empty_one_and_no_folder_an_error() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(Journal::read(folder.path()).unwrap(), Journal::default());
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let error = JournalWriter::open(&file.join("sub"), "r").unwrap_err();
    assert!(error.to_string().contains("file/sub"), "{error}");
}

#[test]
fn two_runs_do_not_share_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let first = JournalWriter::open(folder.path(), "first").unwrap();
    let error = JournalWriter::open(folder.path(), "second").unwrap_err();
    assert!(matches!(error, Error::Busy { ref run_id, .. } if run_id == "first"), "{error}");
    drop(first);
    assert!(JournalWriter::open(folder.path(), "second").is_ok());
}

#[test]
fn the_form_is_fixed() {
    let text = serde_json::to_string(&Record {
        exit_status: Some(0),
        bytes: 5,
        start: Some("2026-11-22T18:05:00.000Z".into()),
        end: Some("2026-11-22T18:05:01.000Z".into()),
        ..record("/a", RecordState::Done)
    })
    .unwrap();
    let key = record("/a", RecordState::Done).key;
    assert_eq!(
        text,
        format!(
            r#"{{"v":1,"run_id":"r","module":"CopyData","key":"{key}","node":"node011","label":"/a","attempt":1,"state":"done","exit_status":0,"bytes":5,"start":"2026-11-22T18:05:00.000Z","end":"2026-11-22T18:05:01.000Z"}}"#
        )
    );
}
