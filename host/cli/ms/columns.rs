//! `ledama ms columns`: types, shapes, and what stores them.

use ledama_tables::Table;
use serde_json::{Value, json};

use super::super::Outcome;
use super::Which;
use crate::report::{results, table};

/// Options of `ledama ms columns`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    which: Which,
}

pub(super) fn run(args: &Args) -> Outcome {
    let tables = args.which.tables()?;
    if args.which.json {
        let all: Vec<Value> = tables
            .iter()
            .map(|(name, table)| json!({ "table": name, "nrow": table.nrow(), "columns": facts(table) }))
            .collect();
        results::json(&all);
        return Ok(0);
    }
    let names = ["column", "type", "shape", "manager", "name", "comment"];
    for (name, opened) in &tables {
        let rows: Vec<Vec<String>> = facts(opened)
            .iter()
            .map(|fact| names.iter().map(|key| table::cell(&fact[*key])).collect())
            .collect();
        results::write(&super::heading(name, tables.len()));
        results::write(&table::render(&names.map(str::to_string), &rows));
        results::write(&format!("{} rows\n", opened.nrow()));
    }
    Ok(0)
}

fn facts(table: &Table) -> Vec<Value> {
    let managers = table.managers();
    table
        .columns()
        .iter()
        .map(|desc| {
            let manager = managers.iter().find(|manager| manager.columns.contains(&desc.name));
            let column = table.column(&desc.name);
            json!({
                "column": desc.name,
                "type": desc.data_type.to_string(),
                "shape": match &column {
                    Ok(column) => shape(desc.scalar, column.nrow(), column.shape(0)),
                    Err(_) => "unreadable".into(),
                },
                "manager": manager.map_or("", |manager| manager.kind.as_str()),
                "name": manager.map_or("", |manager| manager.name.as_str()),
                "error": column.err().map(|error| error.to_string()),
                "comment": desc.comment(),
            })
        })
        .collect()
}

/// The shape of the first cell, which may stand for the others.
fn shape(scalar: bool, nrow: u64, first: ledama_tables::Result<Option<Vec<usize>>>) -> String {
    if scalar {
        return "scalar".into();
    }
    if nrow == 0 {
        return "no rows".into();
    }
    match first {
        Ok(Some(shape)) => {
            let axes: Vec<String> = shape.iter().map(ToString::to_string).collect();
            format!("[{}]", axes.join(","))
        }
        Ok(None) => "undefined".into(),
        Err(_) => "unreadable".into(),
    }
}
