//! `ledama docs`: the manual, written or checked.

use std::path::PathBuf;

use super::run::host_options;
use super::{Outcome, Shared};
use crate::diagnostic::Failure;
use crate::docs::{self, Inputs};
use crate::report::talk::Talk;
use crate::run::outcome;

/// Options of `ledama docs`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Write the pages that differ
    #[arg(long, required_unless_present = "check", conflicts_with = "check")]
    write: bool,
    /// Only tell what differs; exit code 1 if anything does
    #[arg(long)]
    check: bool,
    /// Folder of the manual
    #[arg(long, default_value = "docs", value_name = "FOLDER")]
    folder: PathBuf,
}

/// Writes or checks.
pub(super) fn run(shared: &Shared, args: &Args) -> Outcome {
    let talk = Talk::new(shared.color);
    let inputs = Inputs::of_program(super::command())?;
    let pages = docs::pages(&inputs, &host_options);
    if args.check {
        let findings = docs::check(&args.folder, &pages);
        if findings.is_empty() {
            talk.line(&format!("{} pages are up to date", pages.len()));
            return Ok(outcome::OK);
        }
        return Err(Failure::from(findings).with_code(outcome::FAILED));
    }
    let changed = docs::write(&args.folder, &pages)?;
    for path in &changed {
        talk.line(&format!("written: {}", args.folder.join(path).display()));
    }
    talk.line(&format!("{} of {} pages changed", changed.len(), pages.len()));
    Ok(outcome::OK)
}
