//! New values in the cells of columns.

use ledama_tables::edit::{Editor, Fill};
use ledama_tables::{Array, DataType, Table, Value};

use super::{MANAGED, WAIT, garbage, ndarray2, python, seen_by_casacore, state, unpack, without};

#[test]
fn cells_are_set_and_their_neighbours_stay() {
    let folder = unpack();
    for name in MANAGED {
        let path = folder.path().join(name);
        let before = state(&path);
        let mut editor = Editor::open(&path, WAIT).unwrap();
        let long = "a text that is longer than eight bytes";
        let new = [(0, "x"), (7, long), (22, "")];
        let new = new.map(|(row, text)| (row, Value::String(text.into())));
        editor.set_cells("S_string", new.clone()).unwrap();
        editor.set_cells("S_int", [(3, Value::Int(-77))]).unwrap();
        let two = vec![vec!["one".to_string(), String::new()], vec![long.into(), "z".into()]];
        let two = ndarray2(&two);
        editor.set_cells("V_string", [(1, two.clone())]).unwrap();
        let old: Vec<i32> = editor.table().column("S_int").unwrap().values(0..23).unwrap();
        let changes = editor.commit().unwrap();
        assert_eq!(changes.cells, 5, "{name}");
        let table = Table::open(&path).unwrap();
        for (row, value) in new {
            assert_eq!(table.column("S_string").unwrap().cell(row).unwrap(), Some(value), "{name}");
        }
        assert_eq!(table.column("V_string").unwrap().cell(1).unwrap(), Some(two), "{name}");
        let mut wanted = old;
        wanted[3] = -77;
        assert_eq!(table.column("S_int").unwrap().values::<i32>(0..23).unwrap(), wanted, "{name}");
        let changed = ["S_string", "S_int", "V_string"];
        assert_eq!(without(&state(&path), &changed), without(&before, &changed), "{name}");
        assert!(garbage(&path).is_empty());
    }
}

/// Another value of the same type and shape.
fn turned(value: &Value) -> Value {
    let Value::Array(array) = value else { panic!("{value:?}") };
    Value::Array(match array {
        Array::Bool(values) => Array::Bool(values.mapv(|value| !value)),
        Array::UChar(values) => Array::UChar(values.mapv(|value| !value)),
        Array::Short(values) => Array::Short(values.mapv(|value| !value)),
        Array::Int(values) => Array::Int(values.mapv(|value| !value)),
        Array::Float(values) => Array::Float(values.mapv(|value| value + 0.5)),
        Array::Double(values) => Array::Double(values.mapv(|value| value + 0.5)),
        Array::Complex(values) => Array::Complex(values.mapv(|value| value + 0.5)),
        Array::DComplex(values) => Array::DComplex(values.mapv(|value| value + 0.5)),
        other => panic!("{other:?}"),
    })
}

#[test]
fn cells_in_tiles_are_set_and_their_neighbours_stay() {
    let folder = unpack();
    let python = python();
    let mut edited = 0;
    for name in ["tiledcolumn.tab", "tiledshape.tab", "tiledcell.tab", "bits.tab"] {
        let path = folder.path().join(name);
        if !path.exists() {
            continue;
        }
        let table = Table::open(&path).unwrap();
        let managers = table.managers();
        let tiled = managers.iter().filter(|manager| manager.kind.starts_with("Tiled"));
        for column in tiled.flat_map(|manager| manager.columns.clone()) {
            let of = table.column(&column).unwrap();
            if of.desc().scalar {
                continue;
            }
            let rows = [0, 1, table.nrow() / 2, table.nrow() - 1];
            let cells = rows.map(|row| (row, of.cell(row).unwrap()));
            let mut cells: Vec<_> =
                cells.into_iter().filter_map(|(row, cell)| Some((row, turned(&cell?)))).collect();
            cells.dedup_by_key(|(row, _)| *row);
            let before: Vec<_> = (0..table.nrow()).map(|row| of.cell(row).unwrap()).collect();
            let others = without(&state(&path), &[&column]);
            let first = python.as_ref().map(|python| seen_by_casacore(python, &path));
            let mut editor = Editor::open(&path, WAIT).unwrap();
            editor.set_cells(&column, cells.clone()).unwrap();
            assert_eq!(editor.commit().unwrap().changed, [column.as_str()], "{name}");
            assert!(garbage(&path).is_empty());
            let now = Table::open(&path).unwrap();
            let of = now.column(&column).unwrap();
            for (row, old) in (0..).zip(&before) {
                let set = cells.iter().find(|(at, _)| *at == row).map(|(_, value)| value.clone());
                // As texts, in which NaN is equal to itself.
                let (found, wanted) = (of.cell(row).unwrap(), set.or(old.clone()));
                let same = format!("{found:?}") == format!("{wanted:?}");
                assert!(same, "{name}: {column}: {row}: {found:?}, not {wanted:?}");
            }
            assert_eq!(without(&state(&path), &[&column]), others, "{name}: {column}");
            if let (Some(python), Some(first)) = (&python, &first) {
                let seen = seen_by_casacore(python, &path);
                assert_ne!(seen[&column], first[&column], "{name}: {column}");
                let others = |seen| without(seen, &[&column]);
                assert_eq!(others(&seen), others(first), "{name}: {column}");
            }

            // Zeroed all together, with some cells set to what they were.
            let mut editor = Editor::open(&path, WAIT).unwrap();
            editor.replace_values(&column, Fill::Zero).unwrap();
            let old = cells.iter().map(|(row, _)| *row);
            let old: Vec<_> = old
                .filter_map(|row| Some((row, before[usize::try_from(row).unwrap()].clone()?)))
                .collect();
            editor.set_cells(&column, old.clone()).unwrap();
            editor.commit().unwrap();
            let now = Table::open(&path).unwrap();
            let of = now.column(&column).unwrap();
            let mut zeroed = 0;
            for row in 0..now.nrow() {
                let cell = of.cell(row).unwrap();
                match old.iter().find(|(at, _)| *at == row) {
                    Some((_, value)) => {
                        assert_eq!(format!("{:?}", cell.as_ref()), format!("{:?}", Some(value)));
                    }
                    None => zeroed += u64::from(cell.is_some()),
                }
            }
            assert!(zeroed > 0);
            edited += 1;
        }
    }
    assert!(edited >= 3, "{edited}");
}

#[test]
fn a_cell_in_tiles_keeps_its_shape() {
    let folder = unpack();
    let path = folder.path().join("tiledshape.tab");
    let before = state(&path);
    let table = Table::open(&path).unwrap();
    let column = table.columns().iter().find(|column| !column.scalar).unwrap().clone();
    let column = table.column(&column.name).unwrap();
    assert_eq!(column.data_type(), DataType::Float);
    let shape = column.shape(0).unwrap().unwrap();
    let larger = shape.iter().map(|axis| axis + 1).collect::<Vec<_>>();
    let other = Value::Array(Array::Float(ledama_tables::ndarray::ArrayD::default(larger)));
    let mut editor = Editor::open(&path, WAIT).unwrap();
    let refused = editor.set_cells(column.name(), [(0, other)]).and_then(|()| editor.commit());
    let text = refused.unwrap_err().to_string();
    assert!(text.contains("shape"), "{text}");
    assert_eq!(state(&path), before);
    assert!(garbage(&path).is_empty());
}

#[test]
fn values_become_zero() {
    let folder = unpack();
    for name in MANAGED {
        let path = folder.path().join(name);
        let before = state(&path);
        let mut editor = Editor::open(&path, WAIT).unwrap();
        let all = ["S_boolean", "F_boolean", "V_boolean"];
        for column in all {
            editor.replace_values(column, Fill::Zero).unwrap();
        }
        assert_eq!(editor.commit().unwrap().changed.len(), 3);
        assert_eq!(without(&state(&path), &all), without(&before, &all), "{name}");
        let table = Table::open(&path).unwrap();
        for row in 0..table.nrow() {
            for column in all {
                let column = table.column(column).unwrap();
                match column.cell(row).unwrap() {
                    Some(Value::Array(Array::Bool(bits))) => assert!(bits.iter().all(|bit| !bit)),
                    Some(value) => assert_eq!(value, Value::Bool(false)),
                    None => assert!(column.name() == "V_boolean" && row % 4 == 1),
                }
            }
        }
    }
    let path = folder.path().join("bits.tab");
    let mut editor = Editor::open(&path, WAIT).unwrap();
    editor.replace_values("FLAG", Fill::Zero).unwrap();
    editor.commit().unwrap();
    let table = Table::open(&path).unwrap();
    let flags: Vec<bool> = table.column("FLAG").unwrap().values(0..table.nrow()).unwrap();
    assert!(flags.len() == 29 * 15 && flags.iter().all(|flag| !flag));
    assert!(garbage(&path).is_empty());
}

/// Zeroing all rows but some is zeroing all and setting those anew.
#[test]
fn some_rows_keep_their_values() {
    let folder = unpack();
    let mut edited = 0;
    for name in MANAGED.into_iter().chain([
        "tiledcolumn.tab",
        "tiledshape.tab",
        "tiledcell.tab",
        "bits.tab",
    ]) {
        let path = folder.path().join(name);
        let names: Vec<_> = state(&path).into_keys().collect();
        for column in names {
            let cells = |path: &std::path::Path| -> Vec<String> {
                let table = Table::open(path).unwrap();
                let of = table.column(&column).unwrap();
                (0..table.nrow()).map(|row| format!("{:?}", of.cell(row).unwrap())).collect()
            };
            let (before, others) = (cells(&path), without(&state(&path), &[&column]));
            let kept: Vec<bool> = (0..before.len()).map(|row| row % 5 < 2 || row == 13).collect();
            let copy = folder.path().join("copy.tab");
            let done = std::process::Command::new("cp").arg("-r").arg(&path).arg(&copy).status();
            assert!(done.unwrap().success());
            let zeroed = |path: &std::path::Path, fill: Fill| {
                let mut editor = Editor::open(path, WAIT).unwrap();
                if editor.replace_values(&column, fill).is_err() {
                    return false;
                }
                editor.commit().unwrap();
                assert!(garbage(path).is_empty());
                true
            };
            if zeroed(&copy, Fill::ZeroBut(kept.clone())) && zeroed(&path, Fill::Zero) {
                let (found, zero) = (cells(&copy), cells(&path));
                for (row, kept) in kept.iter().enumerate() {
                    let wanted = if *kept { &before[row] } else { &zero[row] };
                    assert_eq!(&found[row], wanted, "{name}: {column}: {row}");
                }
                assert_eq!(without(&state(&copy), &[&column]), others, "{name}: {column}");
                edited += 1;
            }
            std::fs::remove_dir_all(&copy).unwrap();
        }
    }
    assert!(edited > 20, "{edited}");
}
