//! Mistakes on the command line, in the same words as all other errors.

use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::Diagnostic;

/// The diagnostic for a command line that cannot be read. `manual` is the
/// command that shows what is possible, such as `ledama run CopyData --help`.
pub fn usage_error(error: &clap::Error, manual: &str) -> Diagnostic {
    explain(error).help(format!("`{manual}` shows all options"))
}

fn explain(error: &clap::Error) -> Diagnostic {
    let wrong = text(error, ContextKind::InvalidArg).map(|w| option_name(&w));
    let value = text(error, ContextKind::InvalidValue).unwrap_or_default();
    let wrong = wrong.as_deref().unwrap_or("?");
    match error.kind() {
        ErrorKind::UnknownArgument if wrong.starts_with('-') => {
            Diagnostic::error(format!("unknown option `{wrong}`"))
                .maybe_help(suggestion(error, ContextKind::SuggestedArg))
        }
        ErrorKind::UnknownArgument => Diagnostic::error(format!("`{wrong}` belongs to no option"))
            .help("put values with blanks in quotes"),
        ErrorKind::InvalidSubcommand => {
            let name = text(error, ContextKind::InvalidSubcommand).unwrap_or_default();
            Diagnostic::error(format!("unknown command `{name}`"))
                .maybe_help(suggestion(error, ContextKind::SuggestedSubcommand))
        }
        ErrorKind::InvalidValue if value.is_empty() => {
            Diagnostic::error(format!("`{wrong}` needs a value"))
        }
        ErrorKind::InvalidValue => {
            let possible = texts(error, ContextKind::ValidValue);
            let fault = Diagnostic::error(format!("`{value}` is no value of `{wrong}`"));
            let fault = fault.maybe_help(ledama_base::suggest::did_you_mean(&value, &possible));
            if possible.is_empty() { fault } else { fault.note(possible.join(", ")) }
        }
        ErrorKind::ValueValidation => {
            Diagnostic::error(format!("`{value}` is no value of `{wrong}`"))
        }
        ErrorKind::ArgumentConflict => {
            let prior = texts(error, ContextKind::PriorArg);
            match prior.first().map(|p| option_name(p)) {
                Some(prior) if prior != wrong => {
                    Diagnostic::error(format!("`{wrong}` and `{prior}` exclude each other"))
                }
                _ => Diagnostic::error(format!("`{wrong}` stands twice")),
            }
        }
        ErrorKind::MissingRequiredArgument => {
            let missing: Vec<_> = texts(error, ContextKind::InvalidArg)
                .iter()
                .map(|m| format!("`{}`", option_name(m)))
                .collect();
            Diagnostic::error(format!("missing: {}", missing.join(", ")))
        }
        ErrorKind::TooManyValues => {
            Diagnostic::error(format!("`{value}` is too much for `{wrong}`"))
        }
        _ => Diagnostic::error(plain(&error.to_string())),
    }
}

/// `--name` of `--name <VALUE>`.
fn option_name(text: &str) -> String {
    text.split([' ', '=']).next().unwrap_or(text).to_string()
}

fn suggestion(error: &clap::Error, kind: ContextKind) -> Option<String> {
    ledama_base::suggest::question(&texts(error, kind))
}

fn text(error: &clap::Error, kind: ContextKind) -> Option<String> {
    texts(error, kind).into_iter().next()
}

fn texts(error: &clap::Error, kind: ContextKind) -> Vec<String> {
    match error.get(kind) {
        Some(ContextValue::String(text)) => vec![text.clone()],
        Some(ContextValue::Strings(texts)) => texts.clone(),
        _ => Vec::new(),
    }
}

/// The first line of another message, without its head.
fn plain(message: &str) -> String {
    let line = message.lines().next().unwrap_or(message);
    line.strip_prefix("error: ").unwrap_or(line).to_string()
}
