//! UnFlagData: flags of real sets, with and without autocorrelations.

use serde_json::json;

use super::edits::{self, Scene};
use crate::support::skip::need;
use crate::support::{casacore, plan_golden};

const MODULE: &str = "UnFlagData";
const ARCHIVE: &str = "tNDPPP-generic";

#[test]
fn the_plan_is_as_before() {
    let scene = need!(Scene::empty());
    let output = scene.run(MODULE, &["--query", "--json"]).code(0);
    plan_golden::check(MODULE, "plan", &output, &scene.work, &scene.cluster);
}

#[test]
fn nothing_is_unflagged_without_a_yes() {
    let scene = need!(Scene::of(ARCHIVE));
    scene.run(MODULE, &[]).code(2).complains("--yes");
    scene.run(MODULE, &["--query"]).code(0);
    (0..3).for_each(|k| scene.expect_untouched(k));
}

#[test]
fn no_flag_is_left_and_nothing_else_differs() {
    let scene = need!(Scene::of(ARCHIVE));
    let before = scene.table(0);
    let flags = edits::all::<bool>(&before, "FLAG").into_iter().filter(|flag| *flag).count();
    let rows = edits::all::<bool>(&before, "FLAG_ROW").into_iter().filter(|flag| *flag).count();
    assert!(flags > 0, "a set with flags");
    let output = scene.run(MODULE, &["--yes"]).code(0);
    let told = format!("{} flags and {} flagged rows of 3 measurement sets", 3 * flags, 3 * rows);
    assert!(output.stderr.contains(&told), "{told}: {output}");
    assert!(output.stderr.contains("NaN"), "{output}");
    for k in 0..3 {
        for column in ["FLAG", "FLAG_ROW"] {
            assert!(!edits::all::<bool>(&scene.table(k), column).contains(&true), "{column}");
        }
        let found = scene.differences(k);
        let flags_only = |column: Option<&str>| matches!(column, Some("FLAG" | "FLAG_ROW"));
        assert!(found.iter().all(|d| flags_only(d.column.as_deref())), "{found:?}");
        scene.expect_recorded(k, "flags of FLAG", &format!("flags_cleared={flags}"));
        casacore::expect(
            &scene.set(k),
            "[bool(t.getcol('FLAG').any()), bool(t.getcol('FLAG_ROW').any()), list(t.getcol('FLAG').shape)]",
            &json!([false, false, [168, 8, 4]]),
        );
    }
}

#[test]
fn flags_of_autocorrelations_can_stay() {
    let scene = need!(Scene::of(ARCHIVE));
    let before = scene.table(0);
    let (first, second) =
        (edits::all::<i32>(&before, "ANTENNA1"), edits::all::<i32>(&before, "ANTENNA2"));
    let of = |table: &ledama_tables::Table, row: usize| {
        edits::values::<bool>(table, "FLAG", row as u64..row as u64 + 1)
    };
    scene.run(MODULE, &["--yes", "--keep-autocorrelations"]).code(0);
    let after = scene.table(0);
    let mut kept = 0;
    for row in 0..first.len() {
        if first[row] == second[row] {
            assert_eq!(of(&after, row), of(&before, row), "row {row}");
            kept += of(&after, row).into_iter().filter(|flag| *flag).count();
        } else {
            assert!(!of(&after, row).contains(&true), "row {row}");
        }
    }
    let same = "bool((t.getcol('FLAG')[t.getcol('ANTENNA1') != t.getcol('ANTENNA2')]).any())";
    casacore::expect(&scene.set(0), same, &json!(false));
    casacore::expect(&scene.set(0), "int(t.getcol('FLAG').sum())", &json!(kept));
    // The rest goes without the option.
    scene.run(MODULE, &["--yes"]).code(0);
    assert!(!edits::all::<bool>(&scene.table(0), "FLAG").contains(&true));
}

#[test]
fn flags_in_other_forms_are_reset_too() {
    for archive in ["dysco-10-12-tg-af", "dp3-metacompress", "dp3-stokesi"] {
        let scene = need!(Scene::of(archive));
        scene.list(&[0]);
        scene.run(MODULE, &["--yes"]).code(0);
        assert!(!edits::all::<bool>(&scene.table(0), "FLAG").contains(&true), "{archive}");
        let found = scene.differences(0);
        assert!(
            found
                .iter()
                .all(|d| d.column.is_none() || d.column.as_deref().unwrap().starts_with("FLAG")),
            "{archive}: {found:?}"
        );
    }
}

#[test]
fn a_set_without_flags_is_left_alone() {
    let scene = need!(Scene::of(ARCHIVE));
    edits::a_second_run_finds_nothing_to_do(&scene, MODULE, &["--yes"]);
    let output = scene.run(MODULE, &["--yes"]).code(0);
    assert!(output.stderr.contains("3 sets had none"), "{output}");
}

#[test]
fn a_locked_set_is_left_alone() {
    let scene = need!(Scene::of(ARCHIVE));
    edits::a_locked_set_is_left_alone(&scene, MODULE, &["--yes"]);
}

#[test]
fn what_is_no_set_is_told() {
    let scene = need!(Scene::of(ARCHIVE));
    edits::what_is_no_set_is_told(&scene, MODULE, &["--yes"]);
}

#[test]
fn a_set_listed_twice_is_edited_once() {
    let scene = need!(Scene::of(ARCHIVE));
    edits::a_set_listed_twice_is_edited_once(&scene, MODULE, &["--yes"]);
}

#[test]
fn a_column_without_flags_is_refused() {
    let scene = need!(Scene::of(ARCHIVE));
    for (column, words) in [("DATA", "not flags"), ("FLAGS", "no column FLAGS")] {
        let output = scene.run(MODULE, &["--yes", "--column", column]).code(1);
        assert!(output.stderr.contains(words), "{output}");
    }
    (0..3).for_each(|k| scene.expect_untouched(k));
}

#[test]
fn wrong_rows_are_refused() {
    let scene = need!(Scene::empty());
    edits::wrong_rows_are_refused(&scene, MODULE, &["--yes"]);
}

#[test]
fn old_statistics_are_told_of_where_there_are_some() {
    for (archive, told) in [("tNDPPP-generic", true), ("dysco-10-12-tg-af", false)] {
        let scene = need!(Scene::of(archive));
        scene.list(&[0]);
        let output = scene.run(MODULE, &["--yes"]).code(0);
        assert_eq!(output.stderr.contains("quality statistics"), told, "{archive}: {output}");
    }
}
