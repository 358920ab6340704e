//! The command line of a module: from its manifest to `clap::Command`.

use std::fmt::Write as _;

use clap::builder::{OsStringValueParser, PossibleValue, PossibleValuesParser, Resettable};
use clap::{Arg, ArgAction, Command, ValueHint};

use super::model::{Kind, ListOf, Manifest, OptionDecl};
use super::trailing;

/// What the command is built for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// To read a command line: values are taken as they are and checked
    /// later, all together.
    Parse,
    /// To draw help, manual pages and completions: possible values are known.
    Show,
}

/// The command of a module as seen at its level (see [`Manifest::at_level`]).
/// `host` adds the options of the host, with long names only; the module may
/// give them letters.
pub fn command(
    manifest: &Manifest,
    purpose: Purpose,
    host: impl FnOnce(Command) -> Command,
) -> Command {
    command_called(&manifest.command(), manifest, purpose, host)
}

/// The same for another command than the one that runs it, such as
/// `ledama recipe show genpreproc`.
pub fn command_called(
    called: &str,
    manifest: &Manifest,
    purpose: Purpose,
    host: impl FnOnce(Command) -> Command,
) -> Command {
    let mut command = Command::new(manifest.name.clone())
        .bin_name(called.to_string())
        .display_name(called.replace(' ', "-"))
        .override_usage(usage(called, manifest))
        .max_term_width(100)
        .disable_version_flag(true)
        .no_binary_name(true)
        .after_help(after_help(manifest));
    // Options without a heading come first, then one heading per category.
    let (plain, grouped): (Vec<_>, Vec<_>) = manifest.offered().partition(|o| heading(o).is_none());
    for option in plain.into_iter().chain(grouped) {
        command = command.args(args(option, purpose));
    }
    command = command.args(trailing::arg(manifest));
    // Derived arguments bring the comment of their struct along: our words come last.
    command = host(command).about(manifest.summary.clone()).long_about(long_about(manifest));
    for letter in &manifest.host_letters {
        // The host's argument is named like its long option, with underscores
        // where it is declared in Rust.
        let id = command
            .get_arguments()
            .find(|a| a.get_long() == Some(letter.name.as_str()))
            .map(|a| a.get_id().clone());
        if let Some(id) = id {
            command = command.mut_arg(id, |a| a.short(letter.short));
        }
    }
    command
}

fn long_about(manifest: &Manifest) -> String {
    match manifest.description.as_str() {
        "" => manifest.summary.clone(),
        description => format!("{}\n\n{description}", manifest.summary),
    }
}

fn usage(called: &str, manifest: &Manifest) -> String {
    let mut usage = called.to_string();
    for option in manifest.offered().filter(|o| o.required) {
        let _ = write!(usage, " --{} <{}>", option.name, option.shown_metavar());
    }
    usage.push_str(" [OPTIONS]");
    usage.push_str(&trailing::usage(manifest));
    usage
}

fn after_help(manifest: &Manifest) -> String {
    if manifest.examples.is_empty() {
        return String::new();
    }
    let lines: Vec<_> = manifest.examples.iter().map(|e| format!("  {e}")).collect();
    format!("Examples:\n{}", lines.join("\n"))
}

fn heading(option: &OptionDecl) -> Option<String> {
    Some(format!("{} options", capitalised(&option.section()?)))
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |c| c.to_uppercase().chain(chars).collect())
}

/// The arguments of one option: two for a flag, with the unusual one hidden.
fn args(option: &OptionDecl, purpose: Purpose) -> Vec<Arg> {
    if option.kind == Kind::Flag {
        return flag(option);
    }
    let arg = Arg::new(option.name.clone())
        .long(option.name.clone())
        .short(Resettable::from(option.short))
        .value_name(option.shown_metavar().to_string())
        .help(help(option))
        .help_heading(Resettable::from(heading(option).map(clap::builder::Str::from)))
        .value_hint(hint(option.kind))
        .allow_negative_numbers(option.kind.is_numeric())
        // Words for another program mostly begin with a dash, as negative numbers do.
        .allow_hyphen_values(option.is_of_numbers() || option.metavar.as_deref() == Some("WORDS"))
        .action(if matches!(option.kind, Kind::List(_)) {
            ArgAction::Append
        } else {
            ArgAction::Set
        });
    let arg = if purpose == Purpose::Show && option.kind == Kind::Choice {
        let values = option.choices.iter().map(|c| {
            let value = PossibleValue::new(c.value.clone());
            if c.help.is_empty() { value } else { value.help(c.help.clone()) }
        });
        arg.value_parser(PossibleValuesParser::new(values.collect::<Vec<_>>()))
            .hide_possible_values(true)
    } else {
        arg.value_parser(OsStringValueParser::new())
    };
    vec![arg]
}

fn flag(option: &OptionDecl) -> Vec<Arg> {
    let on = option.name.clone();
    let off = format!("no-{}", option.name);
    let (usual, unusual) = if option.on_by_default() { (off, on) } else { (on, off) };
    let usual_arg = Arg::new(usual.clone())
        .long(usual.clone())
        .short(Resettable::from(option.short))
        .help(help(option))
        .help_heading(Resettable::from(heading(option).map(clap::builder::Str::from)))
        .action(ArgAction::SetTrue)
        .overrides_with(unusual.clone());
    let unusual_arg = Arg::new(unusual.clone())
        .long(unusual)
        .hide(true)
        .action(ArgAction::SetTrue)
        .overrides_with(usual);
    vec![usual_arg, unusual_arg]
}

/// Help and what holds for the value; never typed by hand.
fn help(option: &OptionDecl) -> String {
    let mut text = option.help.clone();
    if !option.choices.is_empty() {
        for choice in &option.choices {
            let meaning =
                if choice.help.is_empty() { String::new() } else { format!(": {}", choice.help) };
            let _ = write!(text, "\n- {}{meaning}", choice.value);
        }
        text.push('\n');
    }
    for marker in markers(option) {
        if !text.ends_with('\n') {
            text.push(' ');
        }
        let _ = write!(text, "[{marker}]");
    }
    text.trim_end().to_string()
}

/// "required", "default: 8", "at least 1".
pub(super) fn markers(option: &OptionDecl) -> Vec<String> {
    let mut markers = Vec::new();
    if option.required {
        markers.push("required".to_string());
    }
    if let Some(default) = &option.default
        && option.kind != Kind::Flag
    {
        markers.push(format!("default: {default}"));
    }
    if option.kind != Kind::Flag {
        match (option.min, option.max) {
            (Some(min), Some(max)) => markers.push(format!("{min} to {max}")),
            // Counts begin at 0 or 1 anyway.
            (Some(min), None) if !(0.0..=1.0).contains(&min) => {
                markers.push(format!("at least {min}"));
            }
            (None, Some(max)) => markers.push(format!("at most {max}")),
            _ => {}
        }
    }
    markers
}

fn hint(kind: Kind) -> ValueHint {
    match kind {
        Kind::Path | Kind::List(ListOf::Path) => ValueHint::AnyPath,
        Kind::RefFile | Kind::List(ListOf::RefFile) => ValueHint::FilePath,
        _ => ValueHint::Other,
    }
}
