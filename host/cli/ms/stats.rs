//! `ledama ms stats`: the range and the mean of each column.

use ledama_tables::summary::Summary;
use serde_json::{Value, json};

use super::super::Outcome;
use super::{Which, chosen};
use crate::report::{results, table};

/// Options of `ledama ms stats`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    which: Which,
    /// Only these columns
    #[arg(short, long, value_delimiter = ',', value_name = "NAMES")]
    columns: Vec<String>,
}

pub(super) fn run(args: &Args) -> Outcome {
    let tables = args.which.tables()?;
    let mut all = Vec::new();
    let mut failed = false;
    for (name, opened) in &tables {
        let mut rows = Vec::new();
        for column in chosen(opened, &args.columns)? {
            match opened.column(column).and_then(|column| Summary::of(&column)) {
                Ok(summary) => rows.push(row(column, &summary)),
                Err(error) => {
                    failed = true;
                    eprintln!("error: {error}");
                }
            }
        }
        if args.which.json {
            all.push(json!({ "table": name, "nrow": opened.nrow(), "columns": rows }));
            continue;
        }
        let names = ["column", "values", "undefined", "nan", "min", "max", "mean", "std", "set"];
        let lines: Vec<Vec<String>> =
            rows.iter().map(|row| names.iter().map(|key| short(&row[*key])).collect()).collect();
        results::write(&super::heading(name, tables.len()));
        results::write(&table::render(&names.map(str::to_string), &lines));
    }
    if args.which.json {
        results::json(&all);
    }
    Ok(u8::from(failed))
}

fn row(column: &str, summary: &Summary) -> Value {
    json!({
        "column": column, "values": summary.values, "undefined": summary.undefined,
        "nan": summary.nan, "min": summary.min, "max": summary.max, "mean": summary.mean,
        "std": summary.std, "set": summary.set,
    })
}

fn short(value: &Value) -> String {
    if value.is_null() { "-".into() } else { table::cell(value) }
}
