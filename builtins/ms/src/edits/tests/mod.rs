//! Edits of a small set that stands in this crate: what each changes and what
//! it leaves, and that a set is as it was after an edit that cannot be made.
#![allow(clippy::unwrap_used)]

mod clean;
mod faults;
mod history;
mod imaging;
mod mount;
mod session;
mod unflag;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use ledama_base::operation::{Operation, OperationError};
use ledama_base::rawtext::path_text;
use ledama_tables::Table;
use ledama_tables::edit::Editor;
use serde_json::{Value as Json, json};

use crate::testing::{Alone, SmallSet};

/// Rows of the set: three times of six pairs of stations.
const ROWS: u64 = 18;
const CHANNELS: usize = 4;
const CORRELATIONS: usize = 2;
/// The values of a cell of DATA or FLAG.
const CELL: usize = CHANNELS * CORRELATIONS;

/// A process that another test starts has our locks, too, until it is the
/// program that it is to be.
const WAIT: Duration = Duration::from_mins(1);

/// Edits a table of the set by hand.
fn by_hand(set: &SmallSet, table: &str, edit: impl FnOnce(&mut Editor)) {
    let mut editor = Editor::open(set.path(table), WAIT).unwrap();
    edit(&mut editor);
    editor.commit().unwrap();
}

/// The stations of a row.
fn pair(row: u64) -> (i32, i32) {
    [(0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2)][usize::try_from(row % 6).unwrap()]
}

/// FLAG of a row as it was made.
fn flags(row: u64) -> Vec<bool> {
    (0..CELL as u64).map(|place| (row * CELL as u64 + place).is_multiple_of(3)).collect()
}

/// Runs an operation as a plan does: input and output are JSON.
fn run<O: Operation>(operation: O, set: &SmallSet, more: Json) -> Result<Json, OperationError> {
    run_at(operation, &path_text(&set.path("")), more)
}

fn run_at<O: Operation>(operation: O, path: &str, more: Json) -> Result<Json, OperationError> {
    let mut input = json!({ "path": path, "wait_s": WAIT.as_secs() });
    input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let input: O::Input = serde_json::from_value(input).unwrap();
    operation.run(input, &Alone::default()).map(|output| serde_json::to_value(output).unwrap())
}

/// Where an edit that cannot be undone is allowed: around the set.
fn roots(set: &SmallSet) -> Json {
    json!([path_text(set.root())])
}

/// Everything that a set holds, by table and column: digests of the values
/// with the keywords of the column, and the number of rows.
fn contents(set: &Path) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    let main = Table::open(set).unwrap();
    let subtables = main.subtables().into_iter().map(|name| (name, main.subtable(name).unwrap()));
    for (name, table) in std::iter::once(("", main.clone())).chain(subtables) {
        all.insert(format!("{name} rows"), format!("{} {:?}", table.nrow(), table.keywords()));
        for desc in table.columns() {
            let column = table.column(&desc.name).unwrap();
            let digest = column.digest().unwrap().sha256;
            let keywords = column.keywords().unwrap();
            all.insert(format!("{name}.{}", desc.name), format!("{digest} {keywords:?}"));
        }
    }
    all
}

/// What differs from what was there before, by name of table and column.
fn differences(before: &BTreeMap<String, String>, set: &SmallSet) -> Vec<String> {
    let now = contents(&set.path(""));
    let names = before.keys().chain(now.keys()).filter(|name| before.get(*name) != now.get(*name));
    let mut names: Vec<String> = names.cloned().collect();
    names.sort();
    names.dedup();
    names
}

/// Names of what one row more in HISTORY changes.
fn of_history(set: &SmallSet) -> Vec<String> {
    let columns =
        set.table("HISTORY").columns().iter().map(|c| format!("HISTORY.{}", c.name)).collect();
    let rows = vec!["HISTORY rows".to_string()];
    let mut names: Vec<String> = [rows, columns].concat();
    names.sort();
    names
}

/// What changed apart from HISTORY, which has got one row.
fn changed(before: &BTreeMap<String, String>, set: &SmallSet) -> Vec<String> {
    let all = differences(before, set);
    let history = of_history(set);
    assert!(history.iter().all(|name| all.contains(name)), "{all:?}");
    assert_eq!(set.table("HISTORY").nrow(), 2);
    all.into_iter().filter(|name| !history.contains(name)).collect()
}
