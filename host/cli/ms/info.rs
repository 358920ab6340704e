//! `ledama ms info`: the facts of measurement sets.

use std::path::PathBuf;

use ledama_base::rawtext;
use ledama_ms::info::{Depth, operation};

use super::super::Outcome;
use crate::diagnostic::Diagnostic;
use crate::report::{results, table};

/// Options of `ledama ms info`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Measurement sets
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Also read what needs every row: time slots, baselines with data, unreadable columns
    #[arg(long)]
    rows: bool,
    /// Also count all flags
    #[arg(long)]
    flags: bool,
    /// Do not measure the size on disk
    #[arg(long)]
    no_size: bool,
    /// Print as JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args) -> Outcome {
    let depth = match (args.flags, args.rows) {
        (true, _) => Depth::Flags,
        (false, true) => Depth::Rows,
        (false, false) => Depth::Header,
    };
    let absolute = |path: &PathBuf| {
        rawtext::path_text(&std::path::absolute(path).unwrap_or_else(|_| path.clone()))
    };
    let input = operation::InfoInput {
        paths: args.paths.iter().map(absolute).collect(),
        depth,
        sizes: !args.no_size,
        ..operation::InfoInput::default()
    };
    let output =
        operation::info(&input, &|| false).map_err(|error| Diagnostic::error(error.message))?;
    let failed = output.sets.iter().filter(|set| set.error.is_some()).count();
    for set in &output.sets {
        if let Some(error) = &set.error {
            eprintln!("error: {error}");
        }
        for problem in set.info.iter().flat_map(|info| &info.problems) {
            eprintln!("warning: {}: {} is unknown: {}", set.path, problem.fact, problem.message);
        }
    }
    if args.json {
        results::json(&output.sets);
    } else {
        for info in output.sets.iter().filter_map(|set| set.info.as_ref()) {
            for correction in &info.corrections {
                eprintln!("note: {correction}");
            }
            let mut rows = vec![vec!["Path".to_string(), info.path.clone()]];
            rows.extend(
                info.lines().into_iter().map(|(label, text)| vec![label.to_string(), text]),
            );
            results::write(&table::plain(&rows));
            if output.sets.len() > 1 {
                results::write("\n");
            }
        }
    }
    Ok(u8::from(failed > 0))
}
