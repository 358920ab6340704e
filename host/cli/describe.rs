//! `ledama describe`: everything about one module.

use super::desk::Desk;
use super::{Outcome, Shared};
use crate::manifest::describe;
use crate::report::results;
use crate::run::outcome;

/// Options of `ledama describe`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Name of a module, or path of its file
    module: String,
    /// Print as JSON
    #[arg(long)]
    json: bool,
}

/// Describes it as this account sees it.
pub(super) fn run(shared: &Shared, args: &Args) -> Outcome {
    let Desk { place, catalogue, .. } = Desk::open(shared)?;
    let manifest =
        catalogue.module(&args.module)?.at_level(place.level).filled(&place.placeholders());
    if args.json {
        results::json(&describe::json(&manifest));
    } else {
        results::write(&describe::text(&manifest));
    }
    Ok(outcome::OK)
}
