//! `ledama ms head`: the first rows of a table.

use ledama_tables::Table;
use serde_json::{Map, Value as Json, json};

use super::super::Outcome;
use super::{Which, chosen, value};
use crate::report::{results, table};

/// Options of `ledama ms head`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    which: Which,
    /// How many rows
    #[arg(short = 'n', long, default_value_t = 5)]
    rows: u64,
    /// First row to show
    #[arg(long, default_value_t = 0, value_name = "ROW")]
    start: u64,
    /// Only these columns
    #[arg(short, long, value_delimiter = ',', value_name = "NAMES")]
    columns: Vec<String>,
    /// Values of an array that are shown
    #[arg(long, default_value_t = 4, value_name = "VALUES")]
    limit: usize,
}

pub(super) fn run(args: &Args) -> Outcome {
    let tables = args.which.tables()?;
    let mut all = Vec::new();
    for (name, opened) in &tables {
        let names = chosen(opened, &args.columns)?;
        let rows = rows(args, opened, &names);
        if args.which.json {
            all.push(json!({ "table": name, "rows": rows }));
            continue;
        }
        results::write(&super::heading(name, tables.len()));
        let first = args.start;
        for (row, cells) in (first..).zip(&rows) {
            let lines: Vec<Vec<String>> = cells
                .iter()
                .map(|(column, cell)| vec![format!("{row}"), column.clone(), shown(cell)])
                .collect();
            results::write(&table::plain(&lines));
        }
        results::write(&format!("{} of {} rows\n", rows.len(), opened.nrow()));
    }
    if args.which.json {
        results::json(&all);
    }
    Ok(0)
}

/// The cells of the rows by column: JSON for programs, texts for people.
fn rows(args: &Args, table: &Table, names: &[&str]) -> Vec<Map<String, Json>> {
    let start = args.start.min(table.nrow());
    let end = start.saturating_add(args.rows).min(table.nrow());
    let mut rows = vec![Map::new(); usize::try_from(end - start).unwrap_or(0)];
    for name in names {
        let column = table.column(name);
        for (row, cells) in (start..).zip(&mut rows) {
            let cell =
                match column.as_ref().map_err(Clone::clone).and_then(|column| column.cell(row)) {
                    Ok(Some(cell)) if args.which.json => value::json(&cell, args.limit),
                    Ok(Some(cell)) => Json::String(value::text(&cell, args.limit)),
                    Ok(None) => Json::Null,
                    Err(error) => json!({ "error": error.to_string() }),
                };
            cells.insert((*name).to_string(), cell);
        }
    }
    rows
}

fn shown(cell: &Json) -> String {
    match cell {
        Json::Null => "(no value)".into(),
        Json::Object(parts) => {
            parts.get("error").and_then(Json::as_str).unwrap_or_default().to_string()
        }
        other => table::cell(other),
    }
}
