//! `ledama config`: show, write or check the configuration.

use std::path::PathBuf;

use clap::Subcommand;
use ledama_base::atomic::{self, Existing};
use ledama_base::operation::OperationError;
use ledama_config::{Sources, show};
use serde_json::json;

use super::desk::Desk;
use super::place::Place;
use super::{Outcome, Shared, cron};
use crate::diagnostic::{Diagnostic, Failure};
use crate::report::talk::Talk;
use crate::report::{results, table};
use crate::run::outcome;

/// Options of `ledama config`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Show every value and where it comes from
    Show {
        /// Only keys that contain this text
        key: Option<String>,
        /// Print as JSON
        #[arg(long)]
        json: bool,
        /// Also values nobody has set
        #[arg(long)]
        all: bool,
    },
    /// Write a configuration file with comments, to be filled in
    Init {
        /// The file; default: your own configuration file
        file: Option<PathBuf>,
        /// Print it instead
        #[arg(long, conflicts_with = "file")]
        print: bool,
    },
    /// Find every fault of the configuration
    Check,
}

/// Shows, writes or checks.
pub(super) fn run(shared: &Shared, args: &Args) -> Outcome {
    match &args.action {
        Action::Show { key, json, all } => show(shared, key.as_deref(), *json, *all),
        Action::Init { file, print } => init(shared, file.clone(), *print),
        Action::Check => check(shared),
    }
}

fn show(shared: &Shared, key: Option<&str>, as_json: bool, all: bool) -> Outcome {
    let place = Place::find(shared, &Talk::new(shared.color))?;
    let rows: Vec<_> = show::rows(&place.loaded)
        .into_iter()
        .filter(|row| all || key.is_some() || row.value.is_some())
        .filter(|row| key.is_none_or(|key| row.key.contains(key)))
        .collect();
    if rows.is_empty() {
        let asked = key.unwrap_or_default();
        return Err(Diagnostic::error(format!("no configuration key contains `{asked}`"))
            .help("`ledama config show --all` lists all keys")
            .into());
    }
    if as_json {
        let value: Vec<_> = rows
            .iter()
            .map(|row| {
                json!({ "key": row.key, "value": row.value, "origin": row.origin.to_string(),
                        "meaning": row.doc, "variable": row.variable })
            })
            .collect();
        results::json(&value);
        return Ok(outcome::OK);
    }
    let cells: Vec<Vec<String>> = rows
        .into_iter()
        .map(|row| vec![row.key, row.value.unwrap_or_else(|| "-".into()), row.origin.to_string()])
        .collect();
    results::write(&table::render(&["key".into(), "value".into(), "from".into()], &cells));
    Ok(outcome::OK)
}

fn init(shared: &Shared, file: Option<PathBuf>, print: bool) -> Outcome {
    let template = show::template();
    if print {
        results::write(&template);
        return Ok(outcome::OK);
    }
    let own = || Sources::of_process(None).user_file().map(PathBuf::from);
    let Some(file) = file.or_else(own) else {
        return Err(Diagnostic::error("this account has no home folder for its configuration")
            .help("name the file: `ledama config init FILE`")
            .into());
    };
    if let Some(folder) = file.parent().filter(|f| !f.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder)
            .map_err(|e| Diagnostic::error(OperationError::io(folder.display(), &e).message))?;
    }
    atomic::write(&file, template.as_bytes(), Existing::Keep)
        .map_err(|e| Diagnostic::error(e.to_string()).maybe_help(e.help()))?;
    Talk::new(shared.color).line(&format!("written: {}", file.display()));
    Ok(outcome::OK)
}

fn check(shared: &Shared) -> Outcome {
    let desk = Desk::open(shared)?;
    // What only the modules can tell.
    let faults = cron::faults(&desk);
    if !faults.is_empty() {
        return Err(Failure::from(faults).with_sources(desk.catalogue.sources.clone()));
    }
    let Desk { talk, place, .. } = desk;
    let files: Vec<_> = place.loaded.files.iter().map(|f| f.display().to_string()).collect();
    let from = if files.is_empty() { "no file; defaults only".into() } else { files.join(", ") };
    talk.line(&format!("the configuration is in order ({from})"));
    Ok(outcome::OK)
}
