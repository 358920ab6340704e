//! The row that tells of an edit.

use ledama_base::operation::ErrorKind;
use ledama_tables::edit::NewColumn;
use ledama_tables::{DataType, Table};
use serde_json::json;

use super::{contents, differences, run};
use crate::edits::history::{Entry, append};
use crate::edits::mount::SetMount;
use crate::testing::SmallSet;

fn last(table: &Table, column: &str) -> Vec<String> {
    table.column(column).unwrap().values(table.nrow() - 1..table.nrow()).unwrap()
}

fn record(set: &SmallSet, entry: &Entry) {
    super::by_hand(set, "HISTORY", |editor| append(editor, entry).unwrap());
}

#[test]
fn a_row_tells_who_did_what_and_when() {
    let set = SmallSet::new();
    run(SetMount, &set, json!({})).unwrap();
    let table = set.table("HISTORY");
    assert_eq!(table.nrow(), 2);
    assert_eq!(last(&table, "APPLICATION"), ["ledama"]);
    assert_eq!(last(&table, "MESSAGE"), ["ANTENNA.MOUNT of 3 rows set to ALT-AZ"]);
    assert_eq!(last(&table, "PRIORITY"), ["INFO"]);
    assert!(last(&table, "ORIGIN")[0].starts_with("ledama "));
    let parameters = last(&table, "APP_PARAMS");
    assert_eq!(parameters, ["operation=ms.set_mount", "value=ALT-AZ", "old=FIXED,X-Y", "rows=3"]);
    // The earlier row is as it was.
    assert_eq!(table.column("APPLICATION").unwrap().values::<String>(0..1).unwrap(), ["NDPPP"]);
    let first = table.column("APP_PARAMS").unwrap().values::<String>(0..1).unwrap();
    assert_eq!(first, ["steps=[avg]", "avg.type=average"]);
    // Modified Julian seconds of this century.
    let time = table.column("TIME").unwrap().values::<f64>(1..2).unwrap()[0];
    assert!((5.0e9..8.0e9).contains(&time), "{time}");
}

#[test]
fn rows_come_one_after_the_other() {
    let set = SmallSet::new();
    for k in 0..70u32 {
        let long = "x".repeat(usize::try_from(k * 7).unwrap());
        record(&set, &Entry::new(format!("edit {k} {long}"), "test").with("k", k));
    }
    let table = set.table("HISTORY");
    let messages: Vec<String> = table.column("MESSAGE").unwrap().values(1..71).unwrap();
    assert_eq!(messages.len(), 70);
    for (k, message) in messages.iter().enumerate() {
        assert_eq!(*message, format!("edit {k} {}", "x".repeat(k * 7)));
    }
    for row in 1..71 {
        let parameters = table.column("APP_PARAMS").unwrap().values::<String>(row..row + 1);
        assert_eq!(parameters.unwrap(), ["operation=test".to_string(), format!("k={}", row - 1)]);
    }
}

#[test]
fn columns_that_are_absent_are_left_out() {
    let set = SmallSet::new();
    super::by_hand(&set, "HISTORY", |editor| {
        editor.remove_columns(&["APP_PARAMS", "PRIORITY"]).unwrap();
    });
    let told = run(SetMount, &set, json!({})).unwrap();
    assert_eq!(told["history"], json!(true));
    let table = set.table("HISTORY");
    assert_eq!((table.nrow(), last(&table, "APPLICATION")), (2, vec!["ledama".to_string()]));
    assert!(!table.has_column("APP_PARAMS"));
    contents(&set.path(""));
}

#[test]
fn a_history_that_takes_no_rows_keeps_the_set_as_it_was() {
    let set = SmallSet::new();
    super::by_hand(&set, "HISTORY", |editor| {
        let odd = NewColumn::like("ODD", "CLI_COMMAND", DataType::Float).shaped([2]);
        editor.add_column(odd).unwrap();
    });
    let before = contents(&set.path(""));
    let error = run(SetMount, &set, json!({})).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Refused);
    assert!(error.message.contains("rows cannot be appended"), "{}", error.message);
    assert_eq!(differences(&before, &set), [""; 0]);
}

#[test]
fn a_set_without_history_is_edited_and_says_so() {
    let set = SmallSet::new();
    super::by_hand(&set, "", |editor| {
        editor.set_keyword(None, "HISTORY", ledama_tables::Value::Bool(false)).unwrap();
    });
    let told = run(SetMount, &set, json!({})).unwrap();
    assert_eq!((&told["changed"], &told["history"]), (&json!(true), &json!(false)));
    assert!(told["notes"][0].as_str().unwrap().contains("HISTORY"));
    assert_eq!(set.table("HISTORY").nrow(), 1);
}
