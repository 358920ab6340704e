//! Edits, read back by this crate's reader and by casacore.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use ledama_tables::edit::{Editor, Fill, NewColumn, TiledKind, Tiling};
use ledama_tables::ndarray::arr1;
use ledama_tables::{Array, DataType, Error, Record, Table, Value};
use support::pack;

const WAIT: Duration = Duration::from_millis(100);

fn unpack() -> tempfile::TempDir {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/tables");
    pack::unpack(&data.join("tables.tar.gz"))
}

/// The digest of each column.
fn state(path: &Path) -> BTreeMap<String, String> {
    let table = Table::open(path).unwrap();
    let digest = |name: &str| match table.column(name).and_then(|column| column.digest()) {
        Ok(digest) => digest.sha256,
        Err(error) => panic!("{}: {name}: {error}", path.display()),
    };
    table.columns().iter().map(|column| (column.name.clone(), digest(&column.name))).collect()
}

/// Files of the table that no storage manager owns, and others that should not be there.
fn garbage(path: &Path) -> Vec<String> {
    let known: Vec<u32> = Table::open(path).unwrap().managers().iter().map(|m| m.seqnr).collect();
    let mut left = Vec::new();
    for entry in std::fs::read_dir(path).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let number = name.strip_prefix("table.f").map(|rest| {
            rest.chars().take_while(char::is_ascii_digit).collect::<String>().parse().unwrap()
        });
        let fine = match number {
            Some(number) => known.contains(&number),
            None => matches!(name.as_str(), "table.dat" | "table.info" | "table.lock"),
        };
        if !fine {
            left.push(name);
        }
    }
    left
}

/// What the state should be where some columns are left out.
fn without(state: &BTreeMap<String, String>, names: &[&str]) -> BTreeMap<String, String> {
    let mut state = state.clone();
    state.retain(|name, _| !names.contains(&name.as_str()));
    state
}

/// A Python that has casacore; `None`, after saying so, where there is none.
fn python() -> Option<PathBuf> {
    let python = std::env::var_os("LEDAMA_CASACORE_PYTHON").map_or("python3".into(), PathBuf::from);
    let works = Command::new(&python).args(["-c", "import casacore.tables"]).output();
    if works.is_ok_and(|output| output.status.success()) {
        return Some(python);
    }
    pack::skip(&format!("{} cannot import casacore.tables", python.display()));
    None
}

/// Runs a script on a table with casacore and gives what it prints.
fn casacore(python: &Path, script: &str, table: &Path) -> String {
    let begin =
        "import sys, hashlib, numpy as np\nimport casacore.tables as ct\npath = sys.argv[1]\n";
    let output =
        Command::new(python).args(["-c", &format!("{begin}{script}")]).arg(table).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {errors}\n{text}", table.display());
    text
}

/// Prints a line for each column with all its cells, so that two tables can be compared.
const CELLS: &str = r"
def show(value):
    if isinstance(value, np.ndarray): return f'{value.dtype}{value.shape}{value.tobytes().hex()}'
    if isinstance(value, dict): return str([(k, show(v)) for k, v in sorted(value.items())])
    if isinstance(value, float): return np.float64(value).tobytes().hex()
    return repr(value)
def column(t, name):
    h = hashlib.sha256()
    for row in range(t.nrows()):
        h.update((show(t.getcell(name, row)) if t.iscelldefined(name, row) else 'none').encode())
    return h.hexdigest()
def all_columns(t):
    return {name: column(t, name) for name in t.colnames()}
";

/// casacore's view of all columns.
fn seen_by_casacore(python: &Path, table: &Path) -> BTreeMap<String, String> {
    let script = format!(
        "{CELLS}\nt = ct.table(path, ack=False)\nfor k, v in all_columns(t).items(): print(k, v)\n"
    );
    let text = casacore(python, &script, table);
    text.lines()
        .filter_map(|line| line.split_once(' '))
        .map(|(name, digest)| (name.to_string(), digest.to_string()))
        .collect()
}

const MANAGED: [&str; 5] = [
    "standard-little.tab",
    "standard-big.tab",
    "incremental-little.tab",
    "incremental-big.tab",
    "aipsio.tab",
];

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

fn ndarray2(rows: &[Vec<String>]) -> Value {
    let all: Vec<String> = rows.iter().flatten().cloned().collect();
    let array = arr1(&all).into_shape_with_order((rows.len(), rows[0].len())).unwrap();
    Value::Array(Array::String(array.into_dyn()))
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

fn add(path: &Path, like: &str, kind: TiledKind) {
    let mut editor = Editor::open(path, WAIT).unwrap();
    let table = editor.table().clone();
    let data_type = table.column(like).unwrap().data_type();
    let tile = None;
    let mut keywords = Record::new();
    keywords.set("UNIT", Value::String("Jy".into()));
    let tiling = Tiling { kind: Some(kind), tile };
    for (name, copied) in [("MODEL_DATA", false), ("CORRECTED_DATA", true)] {
        let column = NewColumn::like(name, like, data_type).with_comment("a new one");
        let column = column.with_keywords(keywords.clone());
        let column = if copied { column.copied_from(like) } else { column };
        editor.add_column(NewColumn { tiling: tiling.clone(), ..column }).unwrap();
    }
    let weight = NewColumn::like("IMAGING_WEIGHT", like, DataType::Float).shaped([5]);
    editor.add_column(weight).unwrap();
    let whole = ndarray2(&[vec!["0".into(), "5".into()]]);
    editor.set_keyword(Some("MODEL_DATA"), "CHANNEL_SELECTION", whole).unwrap();
    let changes = editor.commit().unwrap();
    assert_eq!(changes.added.len(), 3);
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

/// The edits that are interrupted.
fn edit(kind: usize, path: &Path) {
    let mut editor = Editor::open(path, Duration::from_secs(10)).unwrap();
    let mut row = Record::new();
    row.set("S_string", Value::String("a row more".into()));
    match kind {
        0 => editor.remove_columns(&["S_int", "V_float"]),
        1 => editor.add_column(
            NewColumn::like("NEW", "F_complex", DataType::Complex).copied_from("F_complex"),
        ),
        2 => editor.replace_values("F_boolean", Fill::Zero),
        3 => editor.set_cells("S_string", [(2, Value::String("another text".into()))]),
        _ => editor.append_rows(&[row]),
    }
    .unwrap();
    editor.commit().unwrap();
}

/// Not a test: what the processes run that are killed.
#[test]
fn edit_to_be_killed() {
    let (Some(kind), Some(path)) = (std::env::var_os("EDIT_KIND"), std::env::var_os("EDIT_TABLE"))
    else {
        return;
    };
    edit(kind.to_str().unwrap().parse().unwrap(), Path::new(&path));
}

#[test]
fn a_killed_edit_leaves_the_old_or_the_new_state() {
    let rounds = 25;
    let mut random = 0x2545_f491_4f6c_dd1d_u64;
    let (mut old_states, mut new_states) = (0, 0);
    for kind in 0..5 {
        for name in ["standard-little.tab", "incremental-big.tab"] {
            let folder = unpack();
            let (path, copy) = (folder.path().join(name), folder.path().join("copy.tab"));
            let fresh = || {
                let _ = std::fs::remove_dir_all(&copy);
                let done = Command::new("cp").arg("-r").arg(&path).arg(&copy).status();
                assert!(done.unwrap().success());
            };
            let old = (state(&path), Table::open(&path).unwrap().nrow());
            fresh();
            let start = std::time::Instant::now();
            run(kind, &copy).wait().unwrap();
            let span = u64::try_from(start.elapsed().as_micros()).unwrap();
            let new = (state(&copy), Table::open(&copy).unwrap().nrow());
            assert!(old != new, "{kind}");
            for _ in 0..rounds / 2 {
                fresh();
                let mut child = run(kind, &copy);
                random ^= random << 13;
                random ^= random >> 7;
                random ^= random << 17;
                std::thread::sleep(Duration::from_micros(random % span));
                child.kill().unwrap();
                child.wait().unwrap();
                let found = (state(&copy), Table::open(&copy).unwrap().nrow());
                if found == old {
                    old_states += 1;
                    edit(kind, &copy);
                    assert_eq!((state(&copy), Table::open(&copy).unwrap().nrow()), new);
                } else {
                    assert_eq!(found, new, "{name}: {kind}");
                    new_states += 1;
                    drop(Editor::open(&copy, Duration::from_secs(10)).unwrap());
                }
                assert!(garbage(&copy).is_empty(), "{:?}", garbage(&copy));
            }
        }
    }
    println!("{old_states} killed before the switch, {new_states} after it");
}

fn run(kind: usize, path: &Path) -> std::process::Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "edit_to_be_killed"])
        .env("EDIT_KIND", kind.to_string())
        .env("EDIT_TABLE", path)
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap()
}

#[test]
fn a_damaged_neighbour_is_not_lost() {
    let folder = unpack();
    let path = folder.path().join("standard-little.tab");
    let file = std::fs::File::options().write(true).open(path.join("table.f0i")).unwrap();
    file.set_len(40).unwrap();
    let list = || std::fs::read_dir(&path).unwrap().count();
    let (files, dat) = (list(), std::fs::read(path.join("table.dat")).unwrap());
    let mut editor = Editor::open(&path, WAIT).unwrap();
    editor.remove_columns(&["S_int"]).unwrap();
    let error = editor.commit().unwrap_err().to_string();
    assert!(error.contains("table.f0i"), "{error}");
    assert_eq!((list(), std::fs::read(path.join("table.dat")).unwrap()), (files, dat));
}

#[test]
fn a_table_that_casacore_has_open_is_waited_for() {
    let Some(python) = python() else { return };
    let folder = unpack();
    let path = folder.path().join("standard-little.tab");
    let script = "import sys, casacore.tables as ct\n\
        t = ct.table(sys.argv[1], readonly=False, ack=False)\n\
        t.lock()\nprint('ready', flush=True)\nsys.stdin.readline()\n";
    let mut child = Command::new(python)
        .args(["-c", script])
        .arg(&path)
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let mut output = std::io::BufReader::new(child.stdout.take().unwrap());
    std::io::BufRead::read_line(&mut output, &mut line).unwrap();
    match Editor::open(&path, WAIT).err() {
        Some(Error::Locked { holder, .. }) => {
            assert!(holder.contains(&child.id().to_string()), "{holder}");
        }
        other => panic!("{other:?}"),
    }
    drop(child.stdin.take());
    child.wait().unwrap();
    Editor::open(&path, Duration::from_secs(5)).unwrap();
}
