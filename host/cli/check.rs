//! `ledama check`: every fault of scripts, without running them.

use std::path::PathBuf;

use serde_json::json;

use super::desk::Desk;
use super::modules::Catalogue;
use super::{Outcome, Shared};
use crate::check::Checker;
use crate::diagnostic::{Diagnostic, Failure, any_error};
use crate::engine::{self, Library, ScriptFile, Spot};
use crate::report::results;
use crate::run::outcome;

/// Options of `ledama check`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Scripts, modules or recipes; all modules and recipes that can be found if none is named
    files: Vec<String>,
    /// Print as JSON
    #[arg(long)]
    json: bool,
}

/// Checks; exit code 1 if anything is wrong.
pub(super) fn run(shared: &Shared, args: &Args) -> Outcome {
    let Desk { talk, place, catalogue } = Desk::open(shared)?;
    let recipes = Library::of_recipes(&place.loaded.config.paths.recipes);
    let scripts = scripts(&catalogue, &recipes, &args.files)?;
    let checker = Checker::new(catalogue.library.clone());
    let mut findings: Vec<Diagnostic> = Vec::new();
    for script in &scripts {
        findings.extend(checker.check(script));
    }
    let broken = any_error(&findings);
    if args.json {
        results::json(&json!({ "files": scripts.len(), "findings": findings }));
    } else if !findings.is_empty() {
        Failure::from(findings).with_sources(checker.sources().clone()).show(&talk);
    }
    if !args.json {
        let verdict = if broken { "faults found" } else { "no fault found" };
        talk.line(&format!("{} scripts checked: {verdict}", scripts.len()));
    }
    Ok(if broken { outcome::FAILED } else { outcome::OK })
}

fn scripts(
    catalogue: &Catalogue,
    recipes: &Library,
    files: &[String],
) -> Result<Vec<ScriptFile>, Failure> {
    if files.is_empty() {
        let (modules, recipes) = (catalogue.library.modules(), recipes.modules());
        let spots = modules.values().chain(recipes.values());
        return spots.map(|spot| engine::open(spot).map_err(Failure::from)).collect();
    }
    let mut found = Vec::new();
    for name in files {
        let path = PathBuf::from(name);
        if path.is_dir() {
            found.extend(folder(&path)?);
        } else {
            found
                .push(catalogue.find(name).or_else(|fault| recipes.find(name).map_err(|_| fault))?);
        }
    }
    Ok(found)
}

/// The scripts of a folder and of its `lib/`, sorted.
fn folder(path: &std::path::Path) -> Result<Vec<ScriptFile>, Failure> {
    let mut scripts = Vec::new();
    let entries = walkdir::WalkDir::new(path).sort_by_file_name();
    for entry in entries {
        let entry = entry.map_err(|e| Diagnostic::error(e.to_string()))?;
        if entry.file_type().is_file() && entry.path().extension().is_some_and(|e| e == "rhai") {
            scripts.push(engine::open(&Spot::File(entry.into_path()))?);
        }
    }
    if scripts.is_empty() {
        return Err(Diagnostic::error(format!("{}: no scripts there", path.display())).into());
    }
    Ok(scripts)
}
