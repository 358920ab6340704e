//! Compares a table with all that is known of it, and lists every difference.

use std::io::Write as _;
use std::path::Path;

use ledama_tables::{Column, DataType, Endian, Error, Kind, Table, Value};
use serde_json::{Value as Json, json};

use super::cells::{json_of, keywords, normal, same};
use super::{lossy, settings};

/// Storage managers that this crate does not read. They compute their
/// columns from others; a clear error is all that is asked for.
pub(crate) const UNSUPPORTED: &[&str] = &["BitFlagsEngine", "VirtualTaQLColumn"];

fn unsupported(kind: &str) -> bool {
    // Engines of templates have their type behind their name.
    let name = kind.split('<').next().unwrap_or(kind);
    UNSUPPORTED.contains(&name)
}

/// Values of an array that are known in the clear.
const SAMPLE: usize = 16;

/// The outcome of a comparison.
#[derive(Default)]
pub(crate) struct Outcome {
    /// A line for each difference.
    pub(crate) differences: Vec<String>,
    /// Columns whose contents were compared.
    pub(crate) columns: usize,
    /// Columns that cannot be read, with their storage manager.
    pub(crate) unsupported: Vec<String>,
}

impl Outcome {
    /// Fails with all differences, if there are any.
    pub(crate) fn report(&self, name: &str) {
        if std::env::var_os("LEDAMA_TABLES_VERBOSE").is_some() {
            let _ = writeln!(
                std::io::stderr(),
                "{name}: {} columns compared, not read: {:?}",
                self.columns,
                self.unsupported
            );
        }
        assert!(
            self.differences.is_empty(),
            "{name}: {} differences\n  {}",
            self.differences.len(),
            self.differences.join("\n  ")
        );
    }

    fn differ(&mut self, place: &str, what: &str, ours: &Json, known: &Json) {
        if !same(&normal(ours), &normal(known)) {
            self.differences.push(format!("{place}: {what} is {ours}, should be {known}"));
        }
    }
}

/// Compares the tables of an unpacked archive with its golden JSON; `beside`
/// is the folder of sidecar files.
pub(crate) fn archive(root: &Path, golden: &Json, beside: &Path) -> Outcome {
    let mut outcome = Outcome::default();
    for (path, known) in golden["tables"].as_object().unwrap() {
        let opened = Table::open(root.join(path));
        if let Some(expect) = known.get("expect").and_then(Json::as_str) {
            expected(path, opened, expect, golden, &mut outcome);
            continue;
        }
        match opened {
            Ok(table) => compare(&table, path, known, root, beside, &mut outcome),
            Err(error) => outcome.differences.push(format!("{path}: {error}")),
        }
    }
    outcome
}

/// A table that casacore cannot read: words tell what a reader has to do.
fn expected(
    path: &str,
    opened: Result<Table, Error>,
    expect: &str,
    golden: &Json,
    outcome: &mut Outcome,
) {
    let word = |after: &str| {
        let rest = expect.split_once(after)?.1;
        rest.split([' ', ';', ',']).next()
    };
    if let Some(name) = word("an error that names the absent parent ") {
        match opened {
            Ok(_) => outcome.differences.push(format!("{path}: opened, though {name} is absent")),
            Err(error) if error.to_string().contains(name) => {}
            Err(error) => {
                outcome.differences.push(format!("{path}: does not name {name}: {error}"));
            }
        }
    } else if let Some(like) = word("columns and digests equal to ") {
        match opened {
            Ok(table) => {
                let known = &golden["tables"][like];
                outcome.differ(path, "nrow", &json!(table.nrow()), &known["nrow"]);
                for column in known["columns"].as_array().unwrap() {
                    contents(&table, path, column, Path::new(""), outcome);
                }
            }
            Err(error) => outcome.differences.push(format!("{path}: {error}")),
        }
    } else {
        outcome.differences.push(format!("{path}: unknown expectation {expect:?}"));
    }
}

fn compare(
    table: &Table,
    path: &str,
    known: &Json,
    root: &Path,
    beside: &Path,
    outcome: &mut Outcome,
) {
    let kind = match table.kind() {
        Kind::Plain => "PlainTable",
        Kind::Reference => "RefTable",
        Kind::Concatenated => "ConcatTable",
    };
    outcome.differ(path, "kind", &json!(kind), &known["kind"]);
    let endian = if table.endian() == Endian::Big { "big" } else { "little" };
    outcome.differ(path, "endian", &json!(endian), &known["endian"]);
    outcome.differ(path, "nrow", &json!(table.nrow()), &known["nrow"]);
    let info = table.info();
    let info = json!({ "type": info.kind, "subtype": info.subtype, "readme": info.readme });
    outcome.differ(path, "info", &info, &known["info"]);
    let ours = keywords(table, table.keywords(), root);
    outcome.differ(path, "keywords", &ours, &known["keywords"]);
    managers(table, path, known, outcome);
    let names: Vec<&str> = table.columns().iter().map(|column| column.name.as_str()).collect();
    let known_columns = known["columns"].as_array().unwrap();
    let known_names: Vec<&str> =
        known_columns.iter().map(|column| column["name"].as_str().unwrap()).collect();
    outcome.differ(path, "column names", &json!(names), &json!(known_names));
    for known in known_columns {
        description(table, path, known, root, outcome);
        contents(table, path, known, beside, outcome);
    }
}

fn managers(table: &Table, path: &str, known: &Json, outcome: &mut Outcome) {
    let sorted = |names: Vec<String>| {
        let mut names = names;
        names.sort();
        json!(names)
    };
    let ours = table.managers();
    let known = known["storage_managers"].as_array().unwrap();
    outcome.differ(path, "number of storage managers", &json!(ours.len()), &json!(known.len()));
    for (ours, known) in ours.iter().zip(known) {
        let place = format!("{path}: {} {}", ours.kind, ours.seqnr);
        outcome.differ(&place, "kind", &json!(ours.kind), &known["type"]);
        outcome.differ(&place, "seqnr", &json!(ours.seqnr), &known["seqnr"]);
        let columns = known["columns"].as_array().unwrap();
        let columns = columns.iter().map(|name| name.as_str().unwrap().to_string()).collect();
        outcome.differ(&place, "columns", &sorted(ours.columns.clone()), &sorted(columns));
        if ours.name.is_empty() && unsupported(&ours.kind) {
            continue;
        }
        outcome.differ(&place, "name", &json!(ours.name), &known["name"]);
        settings::compare(&ours.settings, &known["spec"], &place, &mut outcome.differences);
    }
}

fn description(table: &Table, path: &str, known: &Json, root: &Path, outcome: &mut Outcome) {
    let name = known["name"].as_str().unwrap();
    let Some(desc) = table.columns().iter().find(|column| column.name == name) else {
        return;
    };
    let kind = match desc.data_type {
        DataType::Bool => "boolean".to_string(),
        other => other.to_string(),
    };
    let managers = table.managers();
    let holder = managers.iter().find(|manager| manager.columns.iter().any(|of| of == name));
    let place = format!("{path}: {name}");
    let ours = json!({
        "type": kind,
        "scalar": desc.scalar,
        "ndim": desc.ndim,
        "shape": desc.shape,
        "direct": desc.is_direct(),
        "fixed_shape": desc.is_fixed_shape(),
        "maxlen": desc.max_length,
        "comment": desc.comment(),
        "keywords": keywords(table, desc.keywords().unwrap(), root),
        "dm_type": holder.map(|manager| &manager.kind),
    });
    for (fact, ours) in ours.as_object().unwrap() {
        outcome.differ(&place, fact, ours, &known[fact]);
    }
    if let Some(holder) = holder.filter(|holder| !holder.name.is_empty()) {
        outcome.differ(&place, "dm_name", &json!(holder.name), &known["dm_name"]);
    }
}

fn contents(table: &Table, path: &str, known: &Json, beside: &Path, outcome: &mut Outcome) {
    let name = known["name"].as_str().unwrap();
    let place = format!("{path}: {name}");
    let kind = known["dm_type"].as_str().unwrap();
    let column = match table.column(name) {
        Ok(column) => column,
        Err(Error::Unsupported { what, .. }) if unsupported(kind) => {
            outcome.unsupported.push(format!("{place} ({kind})"));
            if !what.contains(kind) || !what.contains(name) {
                outcome.differences.push(format!("{place}: unclear error {what:?}"));
            }
            return;
        }
        Err(error) => {
            outcome.differences.push(format!("{place}: {error}"));
            return;
        }
    };
    outcome.columns += 1;
    if let Err(error) = cells(&column, &place, known, beside, outcome) {
        outcome.differences.push(format!("{place}: {error}"));
    }
}

fn cells(
    column: &Column,
    place: &str,
    known: &Json,
    beside: &Path,
    outcome: &mut Outcome,
) -> Result<(), Error> {
    let digest = column.digest()?;
    outcome.differ(place, "stream_bytes", &json!(digest.bytes), &known["stream_bytes"]);
    if !column.desc().scalar {
        outcome.differ(place, "n_undefined", &json!(digest.undefined), &known["n_undefined"]);
        outcome.differ(place, "n_shapes", &json!(digest.shapes.len()), &known["n_shapes"]);
        let shapes: Vec<_> = digest.shapes.iter().take(8).collect();
        outcome.differ(place, "shapes", &json!(shapes), &known["shapes"]);
    }
    if known["digest"] != json!(digest.sha256) {
        match known["sidecar"].as_str() {
            Some(sidecar) => {
                let mut ours = Vec::new();
                column.canonical(0..column.nrow(), |bytes| ours.extend_from_slice(bytes))?;
                let known = std::fs::read(beside.join(sidecar)).unwrap();
                let parts = if column.data_type() == DataType::Complex { 2 } else { 1 };
                if let Some(what) = lossy::difference(&ours, &known, parts) {
                    outcome.differences.push(format!("{place}: {what}"));
                }
            }
            None => outcome.differences.push(format!("{place}: the digest differs")),
        }
    }
    for (which, row) in [("first", 0), ("last", column.nrow().saturating_sub(1))] {
        if known.get(which).is_some() {
            let ours = cell(column, row)?;
            outcome.differ(place, which, &ours, &known[which]);
        }
    }
    Ok(())
}

/// A cell in JSON form.
fn cell(column: &Column, row: u64) -> Result<Json, Error> {
    let Some(value) = column.cell(row)? else {
        return Ok(json!({ "undefined": true }));
    };
    if let Value::Record(_) = value {
        return Ok(keyword_form(&value));
    }
    Ok(json_of(&value, SAMPLE))
}

/// Records within cells are written like keywords: arrays with their type.
fn keyword_form(value: &Value) -> Json {
    match value {
        Value::Record(record) => {
            let fields: Vec<Json> =
                record.iter().map(|(name, value)| json!([name, keyword_form(value)])).collect();
            json!({ "record": fields })
        }
        Value::Array(array) => {
            let mut all = json_of(value, usize::MAX);
            all["dtype"] = json!(super::cells::numpy(array.data_type()));
            all
        }
        other => json_of(other, usize::MAX),
    }
}
