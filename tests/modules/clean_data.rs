//! CleanData: columns of real sets, sizes in RefFiles, and what must stay.

use serde_json::json;

use super::edits::{self, Locked, Scene, du, sizes};
use crate::support::skip::need;
use crate::support::{casacore, plan_golden};

const MODULE: &str = "CleanData";
const ARCHIVE: &str = "tNDPPP-generic";
const COLUMN: &str = "CORRECTED_DATA";

fn has(scene: &Scene, k: u32) -> bool {
    scene.table(k).has_column(COLUMN)
}

#[test]
fn the_plan_is_as_before() {
    let scene = need!(Scene::empty());
    let output = scene.run(MODULE, &["--query", "--json"]).code(0);
    plan_golden::check(MODULE, "plan", &output, &scene.work, &scene.cluster);
}

#[test]
fn nothing_is_removed_without_a_yes() {
    let scene = need!(Scene::of(ARCHIVE));
    scene.run(MODULE, &[]).code(2).complains("--yes");
    scene.run(MODULE, &["--query", "--update-reffile", "--output-reffile", "new.ref"]).code(0);
    (0..3).for_each(|k| scene.expect_untouched(k));
    assert_eq!(sizes(&scene, "x.ref")[0].1, "?");
    assert!(!scene.work.has("new.ref"));
}

#[test]
fn the_column_goes_and_the_sizes_are_told() {
    let scene = need!(Scene::of(ARCHIVE));
    let output = scene
        .run(MODULE, &["--yes", "--update-reffile", "--output-reffile", "new.ref", "--json"])
        .code(0);
    let facts = output.json();
    assert!(facts["facts"]["freed_bytes"].as_u64().unwrap() > 100_000, "{facts:#}");
    for k in 0..3 {
        assert!(!has(&scene, k));
        let found = scene.differences(k);
        assert!(
            found.iter().all(|d| d.what.contains(COLUMN) || d.column.as_deref() == Some(COLUMN)),
            "{found:?}"
        );
        scene.expect_recorded(k, "removed CORRECTED_DATA", "columns=CORRECTED_DATA");
        let same = format!(
            "[c for c in t.colnames() if c != 'FLAG_CATEGORY' and not np.array_equal(t.getcol(c), other('{}').getcol(c), equal_nan=t.getcol(c).dtype.kind in 'fc')]",
            scene.original().display()
        );
        casacore::expect(&scene.set(k), &same, &json!([]));
        casacore::expect(&scene.set(k), "'CORRECTED_DATA' in t.colnames()", &json!(false));
        for name in ["x.ref", "new.ref"] {
            assert_eq!(sizes(&scene, name)[k as usize], (k, du(&scene.set(k))), "{name}");
        }
    }
}

#[test]
fn one_set_that_fails_does_not_spoil_the_reffile() {
    let scene = need!(Scene::of(ARCHIVE));
    let locked = Locked::new(&scene.set(1));
    scene.run(MODULE, &["--yes", "--update-reffile", "--output-reffile", "new.ref"]).code(1);
    assert!(has(&scene, 1) && !has(&scene, 0) && !has(&scene, 2));
    let updated = sizes(&scene, "x.ref");
    assert_eq!(updated[0], (0, du(&scene.set(0))));
    assert_eq!(updated[1], (1, "?".into()), "what was not done keeps its size");
    assert_eq!(updated[2], (2, du(&scene.set(2))));
    let done: Vec<u32> = sizes(&scene, "new.ref").into_iter().map(|(k, _)| k).collect();
    assert_eq!(done, [0, 2], "only what was done");
    drop(locked);
    // The same command again does the rest.
    scene.run(MODULE, &["--yes", "--update-reffile"]).code(0);
    assert!(!has(&scene, 1));
    assert_eq!(sizes(&scene, "x.ref")[1], (1, du(&scene.set(1))));
}

#[test]
fn what_a_set_needs_stays_unless_it_is_forced() {
    let scene = need!(Scene::of(ARCHIVE));
    for column in
        ["DATA", "FLAG", "UVW", "TIME_CENTROID", "ANTENNA1", "WEIGHT_SPECTRUM", "FIELD_ID"]
    {
        scene.run(MODULE, &["--yes", "-c", column]).code(2).complains("protected");
        scene.run(MODULE, &["--yes", "-c", &format!("CORRECTED_DATA, {column}")]).code(2);
    }
    scene.run(MODULE, &["--yes", "-c", "A,,B"]).code(2);
    (0..3).for_each(|k| scene.expect_untouched(k));
    scene.list(&[0]);
    scene.run(MODULE, &["--yes", "-c", "WEIGHT_SPECTRUM", "--force-protected"]).code(0);
    assert!(!scene.table(0).has_column("WEIGHT_SPECTRUM"));
    casacore::expect(&scene.set(0), "'WEIGHT_SPECTRUM' in t.colnames()", &json!(false));
}

#[test]
fn several_columns_go_at_once_also_some_that_share_a_file() {
    let scene = need!(Scene::of(ARCHIVE));
    scene.list(&[0]);
    scene
        .run(
            MODULE,
            &[
                "--yes",
                "-c",
                "LOFAR_FULL_RES_FLAG,STATE_ID,CORRECTED_DATA,ABSENT",
                "--force-protected",
            ],
        )
        .code(0);
    let table = scene.table(0);
    for gone in ["LOFAR_FULL_RES_FLAG", "STATE_ID", "CORRECTED_DATA"] {
        assert!(!table.has_column(gone), "{gone}");
    }
    // The neighbours of STATE_ID in its file are as they were.
    let original = ledama_tables::Table::open(scene.original()).unwrap();
    for name in ["TIME", "EXPOSURE", "SCAN_NUMBER", "INTERVAL"] {
        let digest = |table: &ledama_tables::Table| table.column(name).unwrap().digest().unwrap();
        assert_eq!(digest(&table), digest(&original), "{name}");
    }
    casacore::expect(&scene.set(0), "len(t.getcol('TIME'))", &json!(168));
}

#[test]
fn sets_without_the_column_are_left_alone() {
    let scene = need!(Scene::of(ARCHIVE));
    edits::a_second_run_finds_nothing_to_do(&scene, MODULE, &["--yes"]);
    let output = scene.run(MODULE, &["--yes"]).code(0);
    assert!(output.stderr.contains("3 sets did not have them"), "{output}");
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
fn a_set_listed_twice_is_edited_once_and_its_rows_get_the_size() {
    let scene = need!(Scene::of(ARCHIVE));
    edits::a_set_listed_twice_is_edited_once(&scene, MODULE, &["--yes", "--update-reffile"]);
    let found = sizes(&scene, "x.ref");
    assert_eq!(found.len(), 4);
    assert!(found.iter().all(|(k, size)| *size == du(&scene.set(*k))), "{found:?}");
}

#[test]
fn wrong_rows_and_places_are_refused() {
    let scene = need!(Scene::empty());
    scene.work.file("new.ref", "somebody's\n");
    scene.run(MODULE, &["--yes", "--output-reffile", "new.ref"]).code(2).complains("new.ref");
    assert_eq!(scene.work.read("new.ref"), "somebody's\n");
    edits::wrong_rows_are_refused(&scene, MODULE, &["--yes"]);
}
