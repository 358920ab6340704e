//! `ledama ms digest`: what a table holds, in numbers that can be compared.

use ledama_tables::Table;
use serde_json::{Value, json};

use super::super::Outcome;
use super::{Which, chosen, failure};
use crate::diagnostic::Diagnostic;
use crate::report::{results, table};

/// Options of `ledama ms digest`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    which: Which,
    /// Also all sub-tables
    #[arg(short, long)]
    recursive: bool,
    /// Only these columns
    #[arg(short, long, value_delimiter = ',', value_name = "NAMES")]
    columns: Vec<String>,
}

/// Sub-tables may refer to each other in a circle.
const MAX_DEPTH: usize = 8;

pub(super) fn run(args: &Args) -> Outcome {
    let mut found = Vec::new();
    for (name, opened) in args.which.tables()? {
        walk(args, &name, &opened, 0, &mut found)?;
    }
    let failed = found.iter().any(|row| !row["error"].is_null());
    for row in found.iter().filter(|row| !row["error"].is_null()) {
        eprintln!("error: {}: {}", table::cell(&row["table"]), table::cell(&row["error"]));
    }
    if args.which.json {
        results::json(&found);
    } else {
        let names = ["sha256", "bytes", "table", "column"];
        let rows: Vec<Vec<String>> = found
            .iter()
            .map(|row| names.iter().map(|key| table::cell(&row[*key])).collect())
            .collect();
        results::write(&table::render(&names.map(str::to_string), &rows));
    }
    Ok(u8::from(failed))
}

fn walk(
    args: &Args,
    name: &str,
    table: &Table,
    depth: usize,
    found: &mut Vec<Value>,
) -> Result<(), Diagnostic> {
    for column in chosen(table, if depth == 0 { &args.columns } else { &[] })? {
        let digest = table.column(column).and_then(|column| column.digest());
        found.push(match digest {
            Ok(digest) => json!({ "table": name, "column": column, "nrow": table.nrow(),
                "sha256": digest.sha256, "bytes": digest.bytes, "undefined": digest.undefined }),
            Err(error) => json!({ "table": name, "column": column, "nrow": table.nrow(),
                "sha256": null, "bytes": null, "error": error.to_string() }),
        });
    }
    if args.recursive && depth < MAX_DEPTH {
        for keyword in table.subtables() {
            let inner = table.subtable(keyword).map_err(|error| failure(&error))?;
            walk(args, &format!("{name}/{keyword}"), &inner, depth + 1, found)?;
        }
    }
    Ok(())
}
