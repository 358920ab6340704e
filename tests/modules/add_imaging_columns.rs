//! AddImagingColumns: the same as casacore's own helper, on real sets.

use std::process::Command;

use serde_json::json;

use super::edits::{self, Locked, Scene, du, sizes};
use crate::support::skip::need;
use crate::support::{casacore, plan_golden};

const MODULE: &str = "AddImagingColumns";
/// It has no CORRECTED_DATA.
const ARCHIVE: &str = "dp3-metacompress";
const COLUMNS: [&str; 3] = ["MODEL_DATA", "CORRECTED_DATA", "IMAGING_WEIGHT"];

/// What casacore says of the three columns, wherever they come from.
const DESCRIBED: &str = "[[{k: v for k, v in t.getcoldesc(c).items() if k not in ('dataManagerType', 'dataManagerGroup', '_c_order', 'option', 'maxlen')}, \
    list(t.getcol(c).shape), float(abs(t.getcol(c)).max()), \
    [m['TYPE'] for m in t.getdminfo().values() if c in m['COLUMNS']], \
    [m['NAME'] for m in t.getdminfo().values() if c in m['COLUMNS']]] \
    for c in ('MODEL_DATA', 'CORRECTED_DATA', 'IMAGING_WEIGHT')]";

#[test]
fn the_plan_is_as_before() {
    let scene = need!(Scene::empty());
    let output = scene.run(MODULE, &["--query", "--json"]).code(0);
    plan_golden::check(MODULE, "plan", &output, &scene.work, &scene.cluster);
}

#[test]
fn the_columns_are_those_of_the_helper_of_casacore() {
    for archive in [ARCHIVE, "dysco-10-12-tg-af", "dp3-quality"] {
        let scene = need!(Scene::of(archive));
        scene.list(&[0]);
        let output = scene.run(MODULE, &["--update-reffile"]).code(0);
        assert!(output.stderr.contains("3 columns added to 1 measurement sets"), "{output}");
        let table = scene.table(0);
        for name in COLUMNS {
            let column = table.column(name).unwrap();
            for row in [0, table.nrow() - 1] {
                let shape = column.shape(row).unwrap();
                assert!(shape.is_some(), "{archive}: {name} has no value in row {row}");
            }
        }
        let data = edits::all::<ledama_tables::Complex32>(&table, "MODEL_DATA");
        assert!(data.iter().all(|value| value.norm_sqr() == 0.0));
        let found = scene.differences(0);
        assert!(
            found.iter().all(|d| COLUMNS
                .iter()
                .any(|name| d.what.contains(name) || d.column.as_deref() == Some(name))),
            "{archive}: {found:?}"
        );
        scene.expect_recorded(
            0,
            "added MODEL_DATA, CORRECTED_DATA, IMAGING_WEIGHT",
            "init_from_data=false",
        );
        assert_eq!(sizes(&scene, "x.ref")[0], (0, du(&scene.set(0))));
        // The helper itself, on a copy.
        let mut copy = Command::new("cp");
        copy.arg("-a").arg(scene.original()).arg(scene.work.join("h.MS"));
        assert!(copy.status().unwrap().success());
        let helper =
            "__import__('casacore.tables.msutil', fromlist=['x']).addImagingColumns(path, False)";
        if casacore::ask(&scene.work.join("h.MS"), helper).is_ok() {
            let wanted = casacore::ask(&scene.work.join("h.MS"), DESCRIBED).unwrap();
            casacore::expect(&scene.set(0), DESCRIBED, &wanted);
        }
        casacore::expect(
            &scene.set(0),
            "t.getcolkeyword('MODEL_DATA', 'CHANNEL_SELECTION')",
            &json!([[0, table.column("DATA").unwrap().shape(0).unwrap().unwrap()[0]]]),
        );
    }
}

#[test]
fn corrected_data_can_begin_as_a_copy_of_data() {
    let scene = need!(Scene::of(ARCHIVE));
    scene.run(MODULE, &["--columns", "CORRECTED_DATA", "--init-from-data"]).code(0);
    let table = scene.table(0);
    let digest = |name: &str| table.column(name).unwrap().digest().unwrap();
    assert_eq!(digest("CORRECTED_DATA"), digest("DATA"));
    assert!(!table.has_column("MODEL_DATA"));
    casacore::expect(
        &scene.set(0),
        "bool(np.array_equal(t.getcol('CORRECTED_DATA'), t.getcol('DATA'), equal_nan=True))",
        &json!(true),
    );
    // What is there stays as it is.
    scene.run(MODULE, &[]).code(0);
    let table = scene.table(0);
    assert_eq!(
        table.column("CORRECTED_DATA").unwrap().digest().unwrap(),
        table.column("DATA").unwrap().digest().unwrap()
    );
    assert!(table.has_column("MODEL_DATA") && table.has_column("IMAGING_WEIGHT"));
}

#[test]
fn a_second_run_finds_nothing_to_do() {
    let scene = need!(Scene::of(ARCHIVE));
    edits::a_second_run_finds_nothing_to_do(&scene, MODULE, &[]);
}

#[test]
fn one_set_that_fails_does_not_spoil_the_reffile() {
    let scene = need!(Scene::of(ARCHIVE));
    let locked = Locked::new(&scene.set(2));
    scene.run(MODULE, &["--update-reffile", "--output-reffile", "new.ref"]).code(1);
    drop(locked);
    scene.expect_untouched(2);
    let updated = sizes(&scene, "x.ref");
    assert_eq!(updated[1], (1, du(&scene.set(1))));
    assert_eq!(updated[2], (2, "?".into()));
    assert_eq!(sizes(&scene, "new.ref").len(), 2);
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
fn wrong_columns_and_rows_are_refused() {
    let scene = need!(Scene::empty());
    scene.run(MODULE, &["--columns", "MODEL_DATA,DATA"]).code(2).complains("DATA");
    scene
        .run(MODULE, &["--columns", "MODEL_DATA", "--init-from-data"])
        .code(2)
        .complains("CORRECTED_DATA");
    edits::wrong_rows_are_refused(&scene, MODULE, &[]);
}
