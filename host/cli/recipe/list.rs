//! `ledama recipe list`: the recipes and what they do.

use serde_json::json;

use super::super::desk::Desk;
use super::super::{Outcome, Shared};
use super::shelf::Shelf;
use crate::diagnostic::{Diagnostic, Failure};
use crate::manifest::Manifest;
use crate::report::{results, table};
use crate::run::outcome;

/// Options of `ledama recipe list`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Only recipes that have all these words in their name, summary or search words
    #[arg(long, short, num_args = 1.., value_name = "WORDS")]
    search: Vec<String>,
    /// Print as JSON
    #[arg(long)]
    json: bool,
}

/// Lists them.
pub(super) fn run(shared: &Shared, args: &Args) -> Outcome {
    let Desk { talk, place, catalogue } = Desk::open(shared)?;
    let shelf = Shelf::new(&place.loaded.config.paths.recipes, catalogue.sources.clone());
    for warning in &shelf.library.warnings {
        talk.warn(&warning.to_string());
    }
    let (recipes, faults) = shelf.all(place.level);
    let broken = faults.iter().any(Diagnostic::is_error);
    if !faults.is_empty() {
        Failure::from(faults).with_sources(catalogue.sources.clone()).show(&talk);
    }
    let chosen: Vec<&Manifest> =
        recipes.iter().filter(|r| args.search.iter().all(|words| mentions(r, words))).collect();
    if args.json {
        let one = |r: &&Manifest| {
            json!({ "name": r.name, "summary": r.summary,
                    "access": r.access.word(), "file": r.file })
        };
        results::json(&chosen.iter().map(one).collect::<Vec<_>>());
    } else {
        let rows: Vec<Vec<String>> =
            chosen.iter().map(|r| vec![r.name.clone(), r.summary.clone()]).collect();
        results::write(&table::plain(&rows));
        if chosen.is_empty() {
            talk.line("no recipe fits");
        }
    }
    Ok(if broken { outcome::FAILED } else { outcome::OK })
}

fn mentions(recipe: &Manifest, words: &str) -> bool {
    let text = format!("{} {} {}", recipe.name, recipe.summary, recipe.search.join(" "));
    let text = text.to_lowercase();
    words.to_lowercase().split_whitespace().all(|word| text.contains(word))
}
