//! `ledama ms`: looks at measurement sets and other casacore tables.

mod columns;
mod diff;
mod digest;
mod head;
mod info;
mod keywords;
mod stats;
mod value;

use std::path::PathBuf;

use clap::Subcommand;
use ledama_tables::{Error, Table};

use super::Outcome;
use crate::diagnostic::Diagnostic;

/// Options of `ledama ms`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Tell the facts of measurement sets: what was observed, when, and what was done to it
    Info(info::Args),
    /// List the columns of a table: types, shapes, and what stores them
    Columns(columns::Args),
    /// Show the keywords of a table and its columns
    Keywords(keywords::Args),
    /// Show the first rows of a table
    Head(head::Args),
    /// Tell the range and the mean of each column
    Stats(stats::Args),
    /// Print the digest of each column: equal digests mean equal contents, whatever stores them
    Digest(digest::Args),
    /// Tell where two tables differ; the exit code is 1 if they do
    Diff(diff::Args),
}

/// Which table of which set.
#[derive(Debug, clap::Args)]
struct Which {
    /// Measurement set, or any other casacore table
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Sub-table to look at, such as ANTENNA
    #[arg(short, long, value_name = "NAME")]
    table: Option<String>,
    /// Print as JSON
    #[arg(long)]
    json: bool,
}

/// Looks.
pub(super) fn run(args: &Args) -> Outcome {
    match &args.action {
        Action::Info(args) => info::run(args),
        Action::Columns(args) => columns::run(args),
        Action::Keywords(args) => keywords::run(args),
        Action::Head(args) => head::run(args),
        Action::Stats(args) => stats::run(args),
        Action::Digest(args) => digest::run(args),
        Action::Diff(args) => diff::run(args),
    }
}

impl Which {
    /// The tables, opened, each with the name it is shown under.
    fn tables(&self) -> Result<Vec<(String, Table)>, Diagnostic> {
        self.paths
            .iter()
            .map(|path| {
                let table = Table::open(path).map_err(|error| failure(&error))?;
                let name = path.display().to_string();
                match &self.table {
                    None => Ok((name, table)),
                    Some(part) => match table.subtable(part) {
                        Ok(inner) => Ok((format!("{name}/{part}"), inner)),
                        Err(error) => Err(failure(&error).help(known(&table))),
                    },
                }
            })
            .collect()
    }
}

/// What sub-tables there are.
fn known(table: &Table) -> String {
    let names = table.subtables();
    if names.is_empty() {
        "it has no sub-tables".into()
    } else {
        format!("its sub-tables are {}", names.join(", "))
    }
}

/// An error of a table as the user sees it.
fn failure(error: &Error) -> Diagnostic {
    let told = Diagnostic::error(error.to_string());
    match error {
        Error::NotFound { .. } => {
            told.help("a measurement set is a folder with a file `table.dat`")
        }
        Error::BeingWritten { .. } => told.help("try again when the other process has finished"),
        _ => told,
    }
}

/// The columns asked for, in table order; all if none was named.
fn chosen<'a>(table: &'a Table, wanted: &[String]) -> Result<Vec<&'a str>, Diagnostic> {
    for name in wanted {
        if !table.has_column(name) {
            let error = Error::NoColumn {
                path: table.path().into(),
                column: name.clone(),
                available: table.columns().iter().map(|column| column.name.clone()).collect(),
            };
            return Err(failure(&error));
        }
    }
    let names = table.columns().iter().map(|column| column.name.as_str());
    Ok(names.filter(|name| wanted.is_empty() || wanted.iter().any(|w| w == name)).collect())
}

/// One heading for each table when several are shown.
fn heading(name: &str, count: usize) -> String {
    if count > 1 { format!("{name}\n") } else { String::new() }
}
