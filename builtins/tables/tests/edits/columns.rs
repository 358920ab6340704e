//! Columns and rows that come and go.

use ledama_tables::edit::{Editor, Fill, TiledKind};
use ledama_tables::{Error, Record, Table, Value};

use super::{
    MANAGED, WAIT, add, casacore, garbage, ndarray2, python, seen_by_casacore, state, unpack,
    without,
};

#[test]
fn a_column_leaves_a_shared_manager() {
    let folder = unpack();
    for name in MANAGED {
        let path = folder.path().join(name);
        let before = state(&path);
        let gone = ["S_string", "V_double", "S_boolean"];
        let mut editor = Editor::open(&path, WAIT).unwrap();
        editor.remove_columns(&gone).unwrap();
        let changes = editor.commit().unwrap();
        assert_eq!(changes.removed.len(), 3, "{name}");
        assert_eq!(changes.rewritten.len(), before.len() - 3, "{name}");
        assert_eq!(state(&path), without(&before, &gone), "{name}");
        assert!(garbage(&path).is_empty(), "{name}: {:?}", garbage(&path));
    }
}

#[test]
fn a_manager_goes_with_its_last_column() {
    let folder = unpack();
    for name in ["tiledcolumn.tab", "tiledshape.tab", "tiledcell.tab"] {
        let path = folder.path().join(name);
        let mut editor = Editor::open(&path, WAIT).unwrap();
        editor.remove_columns(&["D"]).unwrap();
        editor.commit().unwrap();
        assert!(state(&path).is_empty());
        assert!(garbage(&path).is_empty(), "{:?}", garbage(&path));
        assert!(Table::open(&path).unwrap().managers().is_empty());
    }
}

#[test]
fn rows_are_appended() {
    let folder = unpack();
    for name in MANAGED {
        let path = folder.path().join(name);
        let old = Table::open(&path).unwrap();
        let kept: Vec<_> = old
            .columns()
            .iter()
            .map(|column| {
                (0..23)
                    .map(|row| {
                        format!("{:?}", old.column(&column.name).unwrap().cell(row).unwrap())
                    })
                    .collect::<Vec<_>>()
            })
            .collect();
        let mut row = Record::new();
        row.set("S_string", Value::String("appended here".into()));
        row.set("S_double", Value::Double(1.5));
        let mut editor = Editor::open(&path, WAIT).unwrap();
        let array = ndarray2(&[vec!["p".into()], vec!["a longer parameter".into()]]);
        row.set("V_string", array.clone());
        editor.append_rows(&[row, Record::new()]).unwrap();
        assert_eq!(editor.commit().unwrap().rows, 2);
        let table = Table::open(&path).unwrap();
        assert_eq!(table.nrow(), 25);
        for (column, kept) in table.columns().iter().zip(&kept) {
            let column = table.column(&column.name).unwrap();
            for (row, old) in (0..23).zip(kept) {
                assert_eq!(
                    &format!("{:?}", column.cell(row).unwrap()),
                    old,
                    "{name} {} {row}",
                    column.name()
                );
            }
        }
        assert_eq!(table.column("V_string").unwrap().cell(23).unwrap(), Some(array));
        assert_eq!(table.column("V_string").unwrap().cell(24).unwrap(), None);
        assert_eq!(table.column("S_double").unwrap().cell(23).unwrap(), Some(Value::Double(1.5)));
        assert_eq!(table.column("S_int").unwrap().cell(24).unwrap(), Some(Value::Int(0)));
        assert!(garbage(&path).is_empty());
    }
}

#[test]
fn columns_are_added() {
    let folder = unpack();
    let cases = [
        ("tiledcolumn.tab", "D", TiledKind::Column),
        ("tiledcolumn.tab", "CORRECTED_DATA", TiledKind::Shape),
        ("tiledshape.tab", "D", TiledKind::Shape),
        ("standard-big.tab", "F_complex", TiledKind::Shape),
        ("standard-little.tab", "V_float", TiledKind::Shape),
        ("bits.tab", "FLAG", TiledKind::Column),
        ("dysco.tab", "DATA", TiledKind::Shape),
    ];
    for (name, like, kind) in cases {
        let path = folder.path().join(name);
        if like == "CORRECTED_DATA" {
            let mut editor = Editor::open(&path, WAIT).unwrap();
            editor.remove_columns(&["MODEL_DATA", "IMAGING_WEIGHT", "D"]).unwrap();
            editor.commit().unwrap();
            continue;
        }
        let before = state(&path);
        add(&path, like, kind);
        let after = state(&path);
        assert_eq!(after["CORRECTED_DATA"], before[like], "{name}");
        assert_eq!(without(&after, &["MODEL_DATA", "CORRECTED_DATA", "IMAGING_WEIGHT"]), before);
        let table = Table::open(&path).unwrap();
        let model = table.column("MODEL_DATA").unwrap();
        let data = table.column("CORRECTED_DATA").unwrap();
        assert_eq!(model.keywords().unwrap().len(), 2);
        for row in 0..table.nrow() {
            assert_eq!(model.shape(row).unwrap(), data.shape(row).unwrap(), "{name} {row}");
        }
        assert!(garbage(&path).is_empty());
    }
}

#[test]
fn an_edit_without_commit_leaves_no_trace() {
    let folder = unpack();
    let path = folder.path().join("standard-little.tab");
    let list = || {
        let mut all: Vec<_> = std::fs::read_dir(&path)
            .unwrap()
            .map(|entry| {
                let path = entry.unwrap().path();
                let bytes = std::fs::read(&path).unwrap();
                (path, bytes)
            })
            .collect();
        all.sort();
        all
    };
    let before = list();
    let mut editor = Editor::open(&path, WAIT).unwrap();
    editor.remove_columns(&["S_int"]).unwrap();
    drop(editor);
    assert_eq!(list(), before);
}

#[test]
fn what_cannot_be_edited_is_refused() {
    let folder = unpack();
    for name in ["reference.tab", "concat.tab", "multifile.tab"] {
        let error = Editor::open(folder.path().join(name), WAIT).err().unwrap();
        assert!(matches!(error, Error::Refused { .. }), "{name}: {error}");
    }
    let path = folder.path().join("dysco.tab");
    let mut editor = Editor::open(&path, WAIT).unwrap();
    assert!(editor.replace_values("DATA", Fill::Zero).is_err());
    assert!(editor.append_rows(&[Record::new()]).unwrap_err().to_string().contains("DyscoStMan"));
    assert!(matches!(editor.remove_columns(&["NONE"]), Err(Error::NoColumn { .. })));
    let changes = editor.commit().unwrap();
    assert!(changes.is_empty());
}

#[test]
fn casacore_reads_and_writes_what_was_edited() {
    let Some(python) = python() else { return };
    let folder = unpack();
    let write = "
t = ct.table(path, readonly=False, ack=False)
n = t.nrows()
t.addrows(40)
for name in t.colnames():
    if t.iscelldefined(name, 0):
        value = t.getcell(name, 0)
        for row in (0, n, n + 39): t.putcell(name, row, value)
t.close()
";
    for name in MANAGED.into_iter().chain(["tiledcolumn.tab", "tiledshape.tab", "bits.tab"]) {
        let path = folder.path().join(name);
        let before = seen_by_casacore(&python, &path);
        let mut touched = vec!["MODEL_DATA", "CORRECTED_DATA", "IMAGING_WEIGHT"];
        let like =
            ["F_complex", "D", "FLAG"].into_iter().find(|c| before.contains_key(*c)).unwrap();
        add(&path, like, TiledKind::Shape);
        let seen = seen_by_casacore(&python, &path);
        assert_eq!(seen["CORRECTED_DATA"], before[like], "{name}");
        if MANAGED.contains(&name) {
            let mut editor = Editor::open(&path, WAIT).unwrap();
            editor.remove_columns(&["S_double", "V_int"]).unwrap();
            editor.set_cells("S_string", [(4, Value::String("long ".repeat(9)))]).unwrap();
            editor.replace_values("F_boolean", Fill::Zero).unwrap();
            editor.commit().unwrap();
            touched.extend(["S_double", "V_int", "S_string", "F_boolean"]);
        }
        let seen = seen_by_casacore(&python, &path);
        assert_eq!(without(&seen, &touched), without(&before, &touched), "{name}");
        let rows = Table::open(&path).unwrap().nrow();
        casacore(&python, write, &path);
        let table = Table::open(&path).unwrap();
        assert_eq!(table.nrow(), rows + 40);
        for column in table.columns() {
            let column = table.column(&column.name).unwrap();
            let first = format!("{:?}", column.cell(0).unwrap());
            if first != "None" {
                for row in [0, rows, rows + 39] {
                    let cell = format!("{:?}", column.cell(row).unwrap());
                    assert_eq!(cell, first, "{name}: {}: {row}", column.name());
                }
            }
        }
        drop(table);
        // What casacore has written can be edited again.
        let before = state(&path);
        let mut editor = Editor::open(&path, WAIT).unwrap();
        editor.remove_columns(&["MODEL_DATA"]).unwrap();
        editor.commit().unwrap();
        assert_eq!(state(&path), without(&before, &["MODEL_DATA"]), "{name}");
    }
}
