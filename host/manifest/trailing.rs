//! Words after `--`: for a module whose option holds a command line, which is
//! easier typed as words than as one quoted text.
//!
//! The words become the text of that option, each quoted so that taking the
//! text apart gives the same words again; so forms, files of options and the
//! line that repeats a run need to know nothing of them.

use std::ffi::OsString;

use clap::builder::OsStringValueParser;
use clap::{Arg, ArgAction, ArgMatches, ValueHint};
use ledama_base::suggest::did_you_mean;
use ledama_base::{quote, rawtext};

use super::model::{Kind, Manifest, OptionDecl};
use super::reader::{Faults, Table};
use super::value::RawValue;
use crate::diagnostic::Diagnostic;

/// Name of the argument; no option can be called so.
const ID: &str = "words after --";

/// Checks that `trailing` names an option of the module that holds a text.
pub(super) fn check(manifest: &Manifest, table: &Table<'_>, faults: &mut Faults) {
    let Some(name) = &manifest.trailing else { return };
    let position = table.place_of("trailing");
    match manifest.option(name) {
        None => {
            let names = manifest.options.iter().map(|o| o.name.as_str());
            faults.add(
                Diagnostic::error(format!("`trailing`: there is no option `{name}`"))
                    .maybe_help(did_you_mean(name, names)),
                position,
            );
        }
        Some(option) if option.kind != Kind::Text => {
            faults.error(format!("`trailing`: `{name}` is not of kind `text`"), position);
        }
        Some(_) => {}
    }
}

/// The option that the words are for, if the account can give it.
fn option(manifest: &Manifest) -> Option<&OptionDecl> {
    let option = manifest.option(manifest.trailing.as_deref()?)?;
    (!option.out_of_reach).then_some(option)
}

/// The argument that takes the words.
pub(super) fn arg(manifest: &Manifest) -> Option<Arg> {
    let option = option(manifest)?;
    let arg = Arg::new(ID)
        .last(true)
        .num_args(1..)
        .action(ArgAction::Append)
        .value_name(option.shown_metavar().to_string())
        .value_hint(ValueHint::Other)
        .value_parser(OsStringValueParser::new())
        .conflicts_with(option.name.clone())
        .help(format!("The words of --{}, as they are", option.name));
    Some(arg)
}

/// What the usage line says of it.
pub(crate) fn usage(manifest: &Manifest) -> String {
    option(manifest).map_or_else(String::new, |o| format!(" [-- {}...]", o.shown_metavar()))
}

/// Whether an option was given by words.
pub(crate) fn gives(manifest: &Manifest, option: &OptionDecl, matches: &ArgMatches) -> bool {
    self::option(manifest).is_some_and(|o| o.name == option.name && matches.contains_id(ID))
}

/// The option and its text, if there are words.
pub(super) fn typed<'m>(
    manifest: &'m Manifest,
    matches: &ArgMatches,
) -> Option<(&'m str, RawValue)> {
    let option = option(manifest)?;
    let words: Vec<OsString> = matches.get_many::<OsString>(ID)?.cloned().collect();
    // Words of a command line hold no NUL.
    let line = quote::shell_line(&words).ok()?;
    Some((&option.name, RawValue::Text(rawtext::encode(&line))))
}
