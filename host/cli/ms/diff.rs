//! `ledama ms diff`: where two tables differ.

use std::path::PathBuf;

use ledama_tables::Table;
use ledama_tables::compare::Compare;
use serde_json::json;

use super::super::Outcome;
use super::failure;
use crate::report::{results, table};

/// Options of `ledama ms diff`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The first measurement set or table
    first: PathBuf,
    /// The second
    second: PathBuf,
    /// Only the tables themselves, not their sub-tables
    #[arg(long)]
    no_recursive: bool,
    /// Only the cells, not the keywords
    #[arg(long)]
    no_keywords: bool,
    /// Print as JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args) -> Outcome {
    let open = |path: &PathBuf| Table::open(path).map_err(|error| failure(&error));
    let (first, second) = (open(&args.first)?, open(&args.second)?);
    let compare = Compare { recursive: !args.no_recursive, keywords: !args.no_keywords };
    let found = compare.run(&first, &second).map_err(|error| failure(&error))?;
    if args.json {
        let all: Vec<_> = found
            .iter()
            .map(|at| json!({ "table": at.table, "column": at.column, "row": at.row, "what": at.what }))
            .collect();
        results::json(&all);
    } else if found.is_empty() {
        results::write("no difference\n");
    } else {
        let dash = || "-".to_string();
        let rows: Vec<Vec<String>> = found
            .iter()
            .map(|at| {
                vec![
                    if at.table.is_empty() { "main".into() } else { at.table.clone() },
                    at.column.clone().unwrap_or_else(dash),
                    at.row.map_or_else(dash, |row| row.to_string()),
                    at.what.clone(),
                ]
            })
            .collect();
        let names = ["table", "column", "row", "difference"];
        results::write(&table::render(&names.map(str::to_string), &rows));
    }
    Ok(u8::from(!found.is_empty()))
}
