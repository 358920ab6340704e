//! Edits, read back by this crate's reader and by casacore.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod columns;
mod crashes;
#[path = "../support/mod.rs"]
mod support;
mod values;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use ledama_tables::edit::{Editor, NewColumn, TiledKind, Tiling};
use ledama_tables::ndarray::arr1;
use ledama_tables::{Array, DataType, Record, Table, Value};
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

fn ndarray2(rows: &[Vec<String>]) -> Value {
    let all: Vec<String> = rows.iter().flatten().cloned().collect();
    let array = arr1(&all).into_shape_with_order((rows.len(), rows[0].len())).unwrap();
    Value::Array(Array::String(array.into_dyn()))
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
