//! Flags that are taken away.

use ledama_base::operation::ErrorKind;
use serde_json::{Value as Json, json};

use super::{CELL, ROWS, changed, contents, differences, flags, pair, roots, run};
use crate::edits::unflag::Unflag;
use crate::testing::SmallSet;

fn input(set: &SmallSet, more: Json) -> Json {
    let mut all = json!({ "roots": roots(set) });
    all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    all
}

fn of_cells(set: &SmallSet) -> Vec<bool> {
    set.table("").column("FLAG").unwrap().values(0..ROWS).unwrap()
}

fn of_rows(set: &SmallSet) -> Vec<bool> {
    set.table("").column("FLAG_ROW").unwrap().values(0..ROWS).unwrap()
}

#[test]
fn no_flag_is_left_and_the_visibilities_are_as_they_were() {
    let set = SmallSet::new();
    let before = contents(&set.path(""));
    let made: usize = (0..ROWS).flat_map(flags).filter(|flag| *flag).count();
    let told = run(Unflag, &set, input(&set, json!({}))).unwrap();
    assert_eq!(changed(&before, &set), [".FLAG", ".FLAG_ROW"]);
    assert_eq!(of_cells(&set), vec![false; CELL * 18]);
    assert_eq!(of_rows(&set), vec![false; 18]);
    assert_eq!(told["flags_cleared"], json!(made));
    assert_eq!((&told["rows_unflagged"], &told["flags_kept"]), (&json!(4), &json!(0)));
    assert!(told["notes"][0].as_str().unwrap().contains("NaN"));

    let before = contents(&set.path(""));
    let told = run(Unflag, &set, input(&set, json!({}))).unwrap();
    assert_eq!((&told["changed"], &told["history"]), (&json!(false), &json!(false)));
    assert_eq!(differences(&before, &set), [""; 0]);
}

#[test]
fn flags_of_autocorrelations_can_be_kept() {
    let set = SmallSet::new();
    let told = run(Unflag, &set, input(&set, json!({ "keep_autocorrelations": true }))).unwrap();
    let found = of_cells(&set);
    let rows = of_rows(&set);
    for row in 0..ROWS {
        let at = usize::try_from(row).unwrap();
        let auto = pair(row).0 == pair(row).1;
        let expected = if auto { flags(row) } else { vec![false; CELL] };
        assert_eq!(found[at * CELL..(at + 1) * CELL], expected, "row {row}");
        assert_eq!(rows[at], auto && row % 5 == 0, "row {row}");
    }
    let kept = found.iter().filter(|flag| **flag).count();
    assert_eq!(told["flags_kept"], json!(kept));
    assert!(kept > 0);
}

#[test]
fn another_column_of_flags_leaves_the_rest() {
    let set = SmallSet::new();
    let before = contents(&set.path(""));
    run(Unflag, &set, input(&set, json!({ "column": "FLAG_ROW" }))).unwrap();
    assert_eq!(changed(&before, &set), [".FLAG_ROW"]);
}

#[test]
fn what_holds_no_flags_is_refused() {
    let set = SmallSet::new();
    let before = contents(&set.path(""));
    for (column, kind) in [("DATA", ErrorKind::Input), ("NO_SUCH", ErrorKind::Input)] {
        let error = run(Unflag, &set, input(&set, json!({ "column": column }))).unwrap_err();
        assert_eq!(error.kind, kind, "{column}");
        assert!(error.message.contains(column), "{}", error.message);
    }
    let outside = json!({ "roots": ["/somewhere/else"] });
    assert_eq!(run(Unflag, &set, outside).unwrap_err().kind, ErrorKind::Refused);
    assert_eq!(differences(&before, &set), [""; 0]);
}

#[test]
fn without_antennas_none_can_be_kept() {
    let set = SmallSet::new();
    super::by_hand(&set, "", |main| {
        main.remove_columns(&["ANTENNA2"]).unwrap();
    });
    let before = contents(&set.path(""));
    let kept = input(&set, json!({ "keep_autocorrelations": true }));
    let error = run(Unflag, &set, kept).unwrap_err();
    assert!(error.message.contains("ANTENNA2"), "{}", error.message);
    assert_eq!(differences(&before, &set), [""; 0]);
    // FLAG_ROW may be absent, too.
    super::by_hand(&set, "", |main| {
        main.remove_columns(&["FLAG_ROW"]).unwrap();
    });
    let told = run(Unflag, &set, input(&set, json!({}))).unwrap();
    assert_eq!((&told["changed"], &told["rows_unflagged"]), (&json!(true), &json!(0)));
}

#[test]
fn statistics_of_the_old_flags_are_told_of() {
    let set = SmallSet::new();
    let statistics = set.path("QUALITY_TIME_STATISTIC");
    std::fs::create_dir(&statistics).unwrap();
    std::fs::copy(set.path("HISTORY/table.dat"), statistics.join("table.dat")).unwrap();
    let told = run(Unflag, &set, input(&set, json!({}))).unwrap();
    assert!(
        told["notes"]
            .as_array()
            .unwrap()
            .iter()
            .any(|note| note.as_str().unwrap().contains("aoquality"))
    );
}
