//! Who may edit what: locks, tables that are no sets, tables of other sets.

use ledama_base::operation::{ErrorKind, Operation as _};
use ledama_base::rawtext::path_text;
use ledama_tables::Value;
use ledama_tables::edit::Editor;
use serde_json::json;

use super::{contents, differences, run, run_at};
use crate::edits::mount::{SetMount, SetMountInput};
use crate::edits::unflag::Unflag;
use crate::testing::{Alone, SmallSet};

#[test]
fn a_locked_set_or_sub_table_is_left_alone() {
    let set = SmallSet::new();
    let before = contents(&set.path(""));
    for table in ["", "ANTENNA", "HISTORY"] {
        let held = Editor::open(set.path(table), super::WAIT).unwrap();
        let error = run(SetMount, &set, json!({ "wait_s": 0 })).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Refused, "{table}: {}", error.message);
        assert!(error.message.contains("locked by"), "{table}: {}", error.message);
        assert!(error.help.unwrap().contains("try again"));
        drop(held);
        assert_eq!(differences(&before, &set), [""; 0], "{table}");
    }
    // Locks of tables that it does not touch are no reason to wait.
    let _held = Editor::open(set.path("FIELD"), super::WAIT).unwrap();
    run(SetMount, &set, json!({})).unwrap();
}

#[test]
fn an_edit_waits_for_a_lock_that_is_given_back() {
    let set = SmallSet::new();
    let held = Editor::open(set.path(""), super::WAIT).unwrap();
    let told = std::thread::scope(|scope| {
        let edit = scope.spawn(|| run(SetMount, &set, json!({ "wait_s": 600 })));
        drop(held);
        edit.join().unwrap()
    });
    assert_eq!(told.unwrap()["changed"], json!(true));
}

#[test]
fn what_is_no_set_is_told() {
    let set = SmallSet::new();
    let inside = |name: &str| path_text(&set.path(name));
    for (path, kind, why) in [
        (inside("ANTENNA"), ErrorKind::Input, "MS_VERSION"),
        (inside("table.dat"), ErrorKind::Input, "no folder"),
        (path_text(set.root()), ErrorKind::Input, "no table.dat"),
        (inside("absent"), ErrorKind::NotFound, "absent"),
        ("L12345_SB000_uv.MS".to_string(), ErrorKind::Input, "no absolute path"),
    ] {
        let error = run_at(SetMount, &path, json!({})).unwrap_err();
        assert_eq!(error.kind, kind, "{path}: {}", error.message);
        assert!(error.message.contains(why), "{path}: {}", error.message);
    }
}

#[test]
fn a_damaged_set_is_told_and_left() {
    let set = SmallSet::new();
    for (file, kind) in
        [("ANTENNA/table.dat", ErrorKind::Corrupt), ("table.dat", ErrorKind::Corrupt)]
    {
        let bytes = std::fs::read(set.path(file)).unwrap();
        std::fs::write(set.path(file), &bytes[..bytes.len() / 2]).unwrap();
        let error = run(SetMount, &set, json!({})).unwrap_err();
        assert_eq!(error.kind, kind, "{file}: {}", error.message);
        assert_eq!(std::fs::metadata(set.path(file)).unwrap().len(), bytes.len() as u64 / 2);
        std::fs::write(set.path(file), bytes).unwrap();
    }
    run(SetMount, &set, json!({})).unwrap();
}

#[test]
fn a_sub_table_of_another_set_is_not_edited() {
    let (set, other) = (SmallSet::new(), SmallSet::new());
    super::by_hand(&set, "", |editor| {
        let there = other.path("ANTENNA").to_str().unwrap().to_string();
        editor.set_keyword(None, "ANTENNA", Value::Table(there)).unwrap();
    });
    let before = contents(&other.path(""));
    let error = run(SetMount, &set, json!({})).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Refused);
    assert!(error.message.contains("other sets may share"), "{}", error.message);
    assert_eq!(differences(&before, &other), [""; 0]);
}

#[test]
fn an_interrupted_edit_changes_nothing() {
    let set = SmallSet::new();
    let before = contents(&set.path(""));
    let path = path_text(&set.path(""));
    let input = SetMountInput { path, value: "ALT-AZ".into(), wait_s: 60 };
    let error = SetMount.run(input, &Alone { cancelled: true }).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Cancelled);
    assert_eq!(differences(&before, &set), [""; 0]);
    // And the lock is free again.
    run(Unflag, &set, json!({ "roots": super::roots(&set) })).unwrap();
}

#[test]
fn the_result_tells_the_size() {
    let set = SmallSet::new();
    let told = run(SetMount, &set, json!({})).unwrap();
    let (before, now) = (&told["size_before_bytes"], &told["size_bytes"]);
    assert!(before.as_u64().unwrap() > 100_000 && now.as_u64().unwrap() > 100_000);
    assert_eq!(told["size_mb"], json!(1));
}
