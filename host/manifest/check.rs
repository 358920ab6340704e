//! What must hold between the options of one manifest.

use ledama_base::suggest::did_you_mean;
use rhai::Position;

use super::host_options;
use super::model::{Kind, Manifest};
use super::read::Letters;
use super::reader::{Faults, Table};
use crate::diagnostic::Diagnostic;

/// Checks names and letters against each other and against the host's own.
pub(super) fn manifest(
    manifest: &Manifest,
    letters: &Letters,
    table: &Table<'_>,
    faults: &mut Faults,
) {
    names(manifest, faults);
    short_letters(manifest, letters, faults);
    for (letter, position) in letters {
        let known = host_options::names(manifest.form);
        if !known.contains(&letter.name) {
            faults.add(
                Diagnostic::error(format!("the host has no option `{}`", letter.name))
                    .maybe_help(did_you_mean(&letter.name, known)),
                *position,
            );
        }
    }
    super::destructive::check(manifest, table, faults);
    super::trailing::check(manifest, table, faults);
    for example in &manifest.examples {
        let begin = manifest.command();
        if example != &begin && !example.starts_with(&format!("{begin} ")) {
            faults.error(
                format!("the example `{example}` does not begin with `{begin}`"),
                table.place_of("examples"),
            );
        }
    }
}

fn names(manifest: &Manifest, faults: &mut Faults) {
    // Every flag also has its opposite, so that an option file can be overruled.
    let mut seen: Vec<(String, &str, Position)> = Vec::new();
    for option in &manifest.options {
        let opposite = (option.kind == Kind::Flag).then(|| format!("no-{}", option.name));
        for name in std::iter::once(option.name.clone()).chain(opposite) {
            if host_options::names(manifest.form).contains(&name) {
                faults.add(
                    Diagnostic::error(format!("`--{name}` is an option of the host"))
                        .help("choose another name"),
                    option.position,
                );
            }
            let key = super::model::key_of(&name);
            if let Some((_, other, position)) = seen.iter().find(|(k, ..)| *k == key) {
                faults.add(
                    Diagnostic::error(format!("two options are called `--{name}`"))
                        .note(first(other, *position, option.position))
                        .help("choose another name for one of them"),
                    option.position,
                );
            } else {
                seen.push((key, option.name.as_str(), option.position));
            }
        }
    }
}

fn short_letters(manifest: &Manifest, letters: &Letters, faults: &mut Faults) {
    let mut seen: Vec<(char, &str, Position)> = Vec::new();
    let options = manifest
        .options
        .iter()
        .filter_map(|o| Some((o.short?, o.name.as_str(), o.position, o.included_from.is_some())));
    let host = letters.iter().map(|(l, position)| (l.short, l.name.as_str(), *position, true));
    for (short, name, position, included) in options.chain(host) {
        if let Some((_, other, first_at)) = seen.iter().find(|(s, ..)| *s == short) {
            let fault = Diagnostic::error(format!(
                "the options `{other}` and `{name}` have the same letter `{short}`"
            ))
            .note(first(other, *first_at, position));
            let fault = if included {
                fault
                    .help(format!("give the included one another: `letters: #{{ {name}: \"…\" }}`"))
            } else {
                fault
            };
            faults.add(fault, position);
        } else {
            seen.push((short, name, position));
        }
    }
}

fn first(name: &str, first: Position, second: Position) -> String {
    match first.line() {
        Some(line) if first != second => format!("`{name}` is declared in line {line}"),
        _ => format!("`{name}` comes from the same place"),
    }
}
