//! The manual page of a module, from its manifest.

use std::fmt::Write as _;

use clap::Command;

use super::Page;
use crate::manifest::{Kind, Manifest, OptionDecl, describe, trailing};

/// The list of all modules by group.
pub(super) fn index(manifests: &[Manifest], groups: &[String]) -> Page {
    let mut text = String::from("# Modules\n");
    for group in groups {
        let mut of_group = manifests.iter().filter(|m| m.group == *group).peekable();
        if of_group.peek().is_none() {
            continue;
        }
        put(
            &mut text,
            format_args!("\n## {group}\n\n| Module | What it does | Seen by |\n|---|---|---|\n"),
        );
        for m in of_group {
            let row =
                format_args!("| [{0}]({0}.md) | {1} | {2} |\n", m.name, cell(&m.summary), m.access);
            put(&mut text, row);
        }
    }
    Page::markdown("modules/README.md", &text)
}

/// The page of one module. `host` adds the host's options to its command.
pub fn page(manifest: &Manifest, host: &dyn Fn(Command) -> Command) -> Page {
    let mut text = format!("# {}\n\n{}\n", manifest.name, manifest.summary);
    if !manifest.description.is_empty() {
        put(&mut text, format_args!("\n{}\n", manifest.description));
    }
    put(&mut text, format_args!("\n```\n{}\n```\n", usage(manifest)));
    put(
        &mut text,
        format_args!(
            "\n- Group: {}\n- Seen by accounts of level: {} and above\n- Changes: {}\n",
            manifest.group,
            manifest.access,
            describe::changes(manifest)
        ),
    );
    options(&mut text, manifest);
    host_options(&mut text, manifest, host);
    levels(&mut text, manifest);
    if !manifest.examples.is_empty() {
        put(
            &mut text,
            format_args!("\n## Examples\n\n```\n{}\n```\n", manifest.examples.join("\n")),
        );
    }
    Page::markdown(format!("modules/{}.md", manifest.name), &text)
}

/// Writing to a text cannot fail.
fn put(text: &mut String, what: std::fmt::Arguments<'_>) {
    let _ = text.write_fmt(what);
}

fn usage(manifest: &Manifest) -> String {
    let mut usage = format!("ledama run {}", manifest.name);
    for option in manifest.options.iter().filter(|o| o.required) {
        put(&mut usage, format_args!(" --{} <{}>", option.name, option.shown_metavar()));
    }
    usage.push_str(" [OPTIONS]");
    usage + trailing::usage(manifest).as_str()
}

/// One table for each heading.
fn options(text: &mut String, manifest: &Manifest) {
    let mut headings: Vec<Option<String>> = Vec::new();
    for option in &manifest.options {
        if !headings.contains(&option.section()) {
            headings.push(option.section());
        }
    }
    headings.sort_by_key(Option::is_some);
    for wanted in headings {
        let title =
            wanted.as_ref().map_or_else(|| "Options".to_string(), |h| format!("Options: {h}"));
        put(
            text,
            format_args!(
                "\n## {title}\n\n| Option | Letter | Value | Default | Meaning |\n|---|---|---|---|---|\n"
            ),
        );
        for option in manifest.options.iter().filter(|o| o.section() == wanted) {
            row(text, option);
        }
    }
}

fn row(text: &mut String, option: &OptionDecl) {
    let letter = option.short.map_or_else(String::new, |c| format!("`-{c}`"));
    let value = match option.kind {
        Kind::Flag => String::new(),
        _ => format!("{}{}", value_words(option), limits(option)),
    };
    let default = match (&option.default, option.kind) {
        (_, Kind::Flag) => String::new(),
        (Some(default), _) => format!("`{default}`"),
        (None, _) if option.required => "required".to_string(),
        (None, _) => String::new(),
    };
    let mut meaning = cell(&option.help);
    for choice in &option.choices {
        let help = if choice.help.is_empty() {
            String::new()
        } else {
            format!(": {}", cell(&choice.help))
        };
        put(&mut meaning, format_args!("<br>`{}`{help}", choice.value));
    }
    put(
        text,
        format_args!(
            "| `--{}` | {letter} | {value} | {} | {meaning} |\n",
            option.typed_name(),
            cell(&default)
        ),
    );
}

/// What can be given, in words.
fn value_words(option: &OptionDecl) -> &'static str {
    use crate::manifest::ListOf;
    match option.kind {
        Kind::Text => "text",
        Kind::Int => "whole number",
        Kind::Float => "number",
        Kind::Flag => "",
        Kind::Choice => "choice",
        Kind::Path => "path",
        Kind::RefFile => "RefFile",
        Kind::Nodes => "node list",
        Kind::Ints => "list of whole numbers",
        Kind::List(ListOf::Text) => "comma list",
        Kind::List(ListOf::Line) => "text, may be given several times",
        Kind::List(ListOf::Path) => "comma list of paths",
        Kind::List(ListOf::RefFile) => "comma list of RefFiles",
        Kind::Time => "time",
    }
}

fn limits(option: &OptionDecl) -> String {
    match (option.min, option.max) {
        (Some(min), Some(max)) => format!(", {min} to {max}"),
        (Some(min), None) => format!(", at least {min}"),
        (None, Some(max)) => format!(", at most {max}"),
        (None, None) => String::new(),
    }
}

fn host_options(text: &mut String, manifest: &Manifest, host: &dyn Fn(Command) -> Command) {
    put(
        text,
        format_args!(
            "\n## Options of every module\n\n| Option | Letter | Meaning |\n|---|---|---|\n"
        ),
    );
    let command = host(Command::new("run"));
    for arg in command.get_arguments().filter(|a| !a.is_hide_set()) {
        let Some(long) = arg.get_long() else { continue };
        let letter = manifest.host_letters.iter().find(|l| l.name == long);
        let letter = letter.map_or_else(String::new, |l| format!("`-{}`", l.short));
        let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
        put(text, format_args!("| `--{long}` | {letter} | {} |\n", cell(&help)));
    }
}

/// What other accounts see.
fn levels(text: &mut String, manifest: &Manifest) {
    let mut lines = Vec::new();
    for option in &manifest.options {
        if option.access > manifest.access {
            lines.push(format!(
                "- `--{}` can be given from level {} on",
                option.name, option.access
            ));
        }
        for (level, seen) in option.differences() {
            let what = match (&seen.default, seen.required) {
                (Some(default), _) => format!("the default is `{default}`"),
                (None, true) => "it is required".to_string(),
                (None, false) => "there is no default".to_string(),
            };
            lines.push(format!("- `--{}`: from level {level} on {what}", option.name));
        }
    }
    if !lines.is_empty() {
        put(text, format_args!("\n## Differences by access level\n\n{}\n", lines.join("\n")));
    }
}

/// Text that fits into a cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}
