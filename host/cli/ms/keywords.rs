//! `ledama ms keywords`: the keywords of a table and its columns.

use ledama_tables::{Record, Table, Value};
use serde_json::json;

use super::super::Outcome;
use super::{Which, value};
use crate::diagnostic::Diagnostic;
use crate::report::{results, table};

/// Options of `ledama ms keywords`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    which: Which,
    /// Longest array that is shown whole
    #[arg(long, default_value_t = 16, value_name = "VALUES")]
    limit: usize,
}

pub(super) fn run(args: &Args) -> Outcome {
    let tables = args.which.tables()?;
    if args.which.json {
        let all: Vec<_> = tables
            .iter()
            .map(|(name, table)| as_json(name, table, args.limit))
            .collect::<Result<_, _>>()?;
        results::json(&all);
        return Ok(0);
    }
    for (name, opened) in &tables {
        let mut rows = Vec::new();
        flat("", opened.keywords(), args.limit, &mut rows);
        for column in opened.columns() {
            let keywords = column.keywords().map_err(|error| super::failure(&error))?;
            flat(&format!("{}.", column.name), keywords, args.limit, &mut rows);
        }
        results::write(&super::heading(name, tables.len()));
        results::write(&table::render(&["keyword".into(), "value".into()], &rows));
    }
    Ok(0)
}

fn as_json(name: &str, table: &Table, limit: usize) -> Result<serde_json::Value, Diagnostic> {
    let mut columns = serde_json::Map::new();
    for column in table.columns() {
        let keywords = column.keywords().map_err(|error| super::failure(&error))?;
        if !keywords.is_empty() {
            columns.insert(column.name.clone(), value::of_record(keywords, limit));
        }
    }
    let keywords = value::of_record(table.keywords(), limit);
    Ok(json!({ "table": name, "keywords": keywords, "columns": columns }))
}

/// One row for each value; nested records get dotted names.
fn flat(prefix: &str, record: &Record, limit: usize, rows: &mut Vec<Vec<String>>) {
    for (name, value) in record.iter() {
        match value {
            Value::Record(inner) if !inner.is_empty() => {
                flat(&format!("{prefix}{name}."), inner, limit, rows);
            }
            other => rows.push(vec![format!("{prefix}{name}"), value::text(other, limit)]),
        }
    }
}
