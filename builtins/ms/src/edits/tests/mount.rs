//! How the antennas are mounted.

use super::{changed, contents, differences, run};
use crate::edits::mount::SetMount;
use crate::testing::SmallSet;
use ledama_base::operation::ErrorKind;
use ledama_tables::edit::NewColumn;
use ledama_tables::{DataType, Value};
use serde_json::json;

fn mounts(set: &SmallSet) -> Vec<String> {
    set.table("ANTENNA").column("MOUNT").unwrap().values(0..3).unwrap()
}

#[test]
fn all_antennas_get_the_mount_and_nothing_else_changes() {
    let set = SmallSet::new();
    let before = contents(&set.path(""));
    assert_eq!(mounts(&set), ["FIXED", "X-Y", "X-Y"]);
    let told = run(SetMount, &set, json!({})).unwrap();
    assert_eq!(mounts(&set), ["ALT-AZ"; 3]);
    assert_eq!(changed(&before, &set), ["ANTENNA.MOUNT"]);
    assert_eq!((&told["rows"], &told["rows_changed"]), (&json!(3), &json!(3)));
    assert_eq!(told["old"], json!(["FIXED", "X-Y"]));
    assert_eq!((&told["changed"], &told["history"]), (&json!(true), &json!(true)));
}

#[test]
fn only_what_differs_is_changed_and_a_second_time_nothing() {
    let set = SmallSet::new();
    let told = run(SetMount, &set, json!({ "value": "X-Y" })).unwrap();
    assert_eq!((&told["rows_changed"], &told["old"]), (&json!(1), &json!(["FIXED"])));
    let before = contents(&set.path(""));
    let told = run(SetMount, &set, json!({ "value": "X-Y" })).unwrap();
    assert_eq!(differences(&before, &set), [""; 0]);
    assert_eq!((&told["changed"], &told["rows_changed"]), (&json!(false), &json!(0)));
}

#[test]
fn long_and_empty_texts_are_kept() {
    let set = SmallSet::new();
    for value in ["", "équatorial, with a name that goes on for longer than a cell has room"] {
        run(SetMount, &set, json!({ "value": value })).unwrap();
        assert_eq!(mounts(&set), [value; 3]);
    }
}

#[test]
fn a_set_without_the_column_or_the_table_is_told() {
    let set = SmallSet::new();
    super::by_hand(&set, "ANTENNA", |antennas| {
        antennas.remove_columns(&["MOUNT"]).unwrap();
    });
    let before = contents(&set.path(""));
    let error = run(SetMount, &set, json!({})).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Input);
    assert!(error.message.contains("MOUNT"), "{}", error.message);
    assert_eq!(differences(&before, &set), [""; 0]);

    // Of another type it is of no use either.
    super::by_hand(&set, "ANTENNA", |antennas| {
        antennas.add_column(NewColumn::like("MOUNT", "POSITION", DataType::Double)).unwrap();
    });
    let error = run(SetMount, &set, json!({})).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Input);

    super::by_hand(&set, "", |main| {
        main.set_keyword(None, "ANTENNA", Value::Int(0)).unwrap();
    });
    let error = run(SetMount, &set, json!({})).unwrap_err();
    assert_eq!(error.kind, ErrorKind::NotFound);
    assert!(error.message.contains("has no ANTENNA table"), "{}", error.message);
}
