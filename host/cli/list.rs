//! `ledama list`: the modules by group.

use serde_json::json;

use super::desk::Desk;
use super::{Outcome, Shared};
use crate::diagnostic::{Diagnostic, Failure};
use crate::manifest::{Manifest, search};
use crate::report::{results, table};
use crate::run::outcome;

/// Options of `ledama list`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Only modules of this group
    #[arg(long, short)]
    group: Option<String>,
    /// The modules that fit these words best, such as `--search free disk space`
    #[arg(long, short, num_args = 1.., value_name = "WORDS")]
    search: Vec<String>,
    /// Print as JSON
    #[arg(long)]
    json: bool,
}

/// Lists them.
pub(super) fn run(shared: &Shared, args: &Args) -> Outcome {
    let Desk { talk, place, catalogue } = Desk::open(shared)?;
    let (modules, faults) = catalogue.all(place.level);
    let broken = faults.iter().any(Diagnostic::is_error);
    if !faults.is_empty() {
        Failure::from(faults).with_sources(catalogue.sources.clone()).show(&talk);
    }
    let groups = groups_of(&modules, &catalogue.shared_groups()?.listing);
    if let Some(group) = &args.group
        && !groups.iter().any(|g| same(g, group))
    {
        return Err(Diagnostic::error(format!("no module is in a group `{group}`"))
            .maybe_help(ledama_base::suggest::did_you_mean(group, &groups))
            .note(format!("groups: {}", groups.join(", ")))
            .into());
    }
    let chosen: Vec<&Manifest> =
        modules.iter().filter(|m| args.group.as_ref().is_none_or(|g| same(&m.group, g))).collect();
    let searched = !args.search.is_empty();
    let found = search::search(&chosen, &args.search);
    if args.json {
        results::json(&found.modules.iter().map(|m| summary(m)).collect::<Vec<_>>());
    } else if searched {
        results::write(&table::plain(&lines(&found.modules, "")));
    } else {
        results::write(&text(&groups, &found.modules));
    }
    if found.modules.is_empty() {
        talk.line("no module fits");
    } else if !found.all_words {
        talk.line("no module has all of these words; these come nearest");
    }
    Ok(if broken { outcome::FAILED } else { outcome::OK })
}

/// The groups that have modules, in the order of `lib/options.rhai`.
fn groups_of(modules: &[Manifest], listing: &[String]) -> Vec<String> {
    let mut groups: Vec<String> = modules.iter().map(|m| m.group.clone()).collect();
    let place = |g: &String| listing.iter().position(|l| l == g).unwrap_or(listing.len());
    groups.sort_by(|a, b| place(a).cmp(&place(b)).then_with(|| a.cmp(b)));
    groups.dedup();
    groups
}

fn same(a: &str, b: &str) -> bool {
    a.eq_ignore_ascii_case(b)
}

fn summary(manifest: &Manifest) -> serde_json::Value {
    json!({ "name": manifest.name, "group": manifest.group, "summary": manifest.summary,
            "access": manifest.access.word(), "changes": manifest.changes, "file": manifest.file })
}

fn text(groups: &[String], modules: &[&Manifest]) -> String {
    let mut text = String::new();
    for group in groups {
        let members: Vec<&Manifest> =
            modules.iter().filter(|m| m.group == *group).copied().collect();
        let rows = lines(&members, "  ");
        if !rows.is_empty() {
            text.push_str(&table::render(&[group.to_uppercase(), String::new()], &rows));
            text.push('\n');
        }
    }
    text.truncate(text.trim_end().len());
    if !text.is_empty() {
        text.push('\n');
    }
    text
}

fn lines(modules: &[&Manifest], indent: &str) -> Vec<Vec<String>> {
    modules.iter().map(|m| vec![format!("{indent}{}", m.name), m.summary.clone()]).collect()
}
