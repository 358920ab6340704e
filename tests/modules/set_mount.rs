//! SetMount: the antennas of real sets, and what is left alone.

use ledama_tables::Table;
use serde_json::json;

use super::edits::{self, Scene};
use crate::support::skip::need;
use crate::support::{casacore, plan_golden};

const MODULE: &str = "SetMount";
const ARCHIVE: &str = "tNDPPP-generic";

fn mounts(scene: &Scene, k: u32) -> Vec<String> {
    edits::all(&Table::open(scene.set(k).join("ANTENNA")).unwrap(), "MOUNT")
}

#[test]
fn the_plan_is_as_before() {
    let scene = need!(Scene::empty());
    let output = scene.run(MODULE, &["--query", "--json"]).code(0);
    plan_golden::check(MODULE, "plan", &output, &scene.work, &scene.cluster);
}

#[test]
fn every_antenna_says_so_afterwards_and_nothing_else_differs() {
    let scene = need!(Scene::of(ARCHIVE));
    scene.run(MODULE, &["--query"]).code(0);
    scene.expect_untouched(0);
    let output = scene.run(MODULE, &[]).code(0);
    assert!(output.stderr.contains("24 antennas of 3 measurement sets"), "{output}");
    assert!(output.stderr.contains("X-Y before"), "{output}");
    for k in 0..3 {
        assert_eq!(mounts(&scene, k), ["ALT-AZ"; 8]);
        let found = scene.differences(k);
        assert!(
            found.iter().all(|d| d.table == "ANTENNA" && d.column.as_deref() == Some("MOUNT")),
            "{found:?}"
        );
        scene.expect_recorded(k, "MOUNT of 8 rows", "old=X-Y");
        casacore::expect(
            &scene.set(k),
            "sub('ANTENNA').getcol('MOUNT')",
            &json!(vec!["ALT-AZ"; 8]),
        );
        casacore::expect(
            &scene.set(k),
            "sub('HISTORY')[sub('HISTORY').nrows() - 1]['APPLICATION']",
            &json!("ledama"),
        );
    }
    // And back.
    scene.run(MODULE, &["--value", "X-Y"]).code(0);
    assert_eq!(scene.differences(0), []);
}

#[test]
fn antennas_that_say_so_already_are_left_alone() {
    let scene = need!(Scene::of(ARCHIVE));
    edits::a_second_run_finds_nothing_to_do(&scene, MODULE, &[]);
    let output = scene.run(MODULE, &[]).code(0);
    assert!(output.stderr.contains("3 sets were so already"), "{output}");
}

#[test]
fn a_locked_set_is_left_alone() {
    let scene = need!(Scene::of(ARCHIVE));
    edits::a_locked_set_is_left_alone(&scene, MODULE, &[]);
}

#[test]
fn what_is_no_set_is_told() {
    let scene = need!(Scene::of(ARCHIVE));
    edits::what_is_no_set_is_told(&scene, MODULE, &[]);
}

#[test]
fn a_set_listed_twice_is_edited_once() {
    let scene = need!(Scene::of(ARCHIVE));
    edits::a_set_listed_twice_is_edited_once(&scene, MODULE, &[]);
}

#[test]
fn wrong_rows_are_refused() {
    let scene = need!(Scene::empty());
    edits::wrong_rows_are_refused(&scene, MODULE, &[]);
    scene.list(&[0]);
    scene.run(MODULE, &["--value", ""]).code(2).complains("--value");
}
