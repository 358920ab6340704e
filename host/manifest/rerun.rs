//! The command line that repeats a run, or does a step of a recipe.

use std::ffi::{OsStr, OsString};
use std::fmt::Write as _;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use ledama_base::{nodeset, rawtext};

use super::listing;
use super::model::{Kind, ListOf};
use super::options::{Options, Setting};
use super::value::{RawValue, Value};

/// The arguments after `ledama run MODULE`: every option whose value differs
/// from its default. Read back, they give the same values.
pub fn arguments(options: &Options) -> Vec<OsString> {
    arguments_in(options, None)
}

/// The same, for a command that is given in `folder`: paths below it are
/// written as seen from there.
pub fn arguments_in(options: &Options, folder: Option<&Path>) -> Vec<OsString> {
    options.settings.iter().filter(|s| s.changed).flat_map(|s| setting(s, folder)).collect()
}

/// The arguments for options that nobody knows the kinds of.
pub fn as_said(options: &[(String, RawValue)]) -> Vec<OsString> {
    let one = |(name, value): &(String, RawValue)| {
        let long = format!("--{}", name.replace('_', "-"));
        match value {
            RawValue::Flag(true) => vec![long.into()],
            RawValue::Flag(false) => Vec::new(),
            other => with_value(&long, &other.to_string()),
        }
    };
    options.iter().flat_map(one).collect()
}

/// The whole command line, quoted for a POSIX shell. Bytes that are no text
/// are written as `$'\xFF'`, which bash, zsh and ksh read.
pub fn line(options: &Options) -> String {
    let mut words: Vec<OsString> = ["ledama", "run"].map(OsString::from).to_vec();
    words.push(OsString::from(&options.module));
    words.extend(arguments(options));
    quoted(&words)
}

/// Words as one line for people and their shells; see [`line`].
pub fn quoted(words: &[OsString]) -> String {
    words.iter().map(|word| quote(word)).collect::<Vec<_>>().join(" ")
}

/// Words as one line of a shell script: every POSIX shell reads it, because
/// bytes that are no text stand in it as they are.
pub fn script_line(words: &[OsString]) -> Vec<u8> {
    let mut line = Vec::new();
    for word in words {
        if !line.is_empty() {
            line.push(b' ');
        }
        if let Some(text) = word.to_str() {
            line.extend(shell_words::quote(text).bytes());
            continue;
        }
        line.push(b'\'');
        for byte in word.as_bytes() {
            match byte {
                b'\'' => line.extend(br"'\''"),
                byte => line.push(*byte),
            }
        }
        line.push(b'\'');
    }
    line
}

fn setting(setting: &Setting, folder: Option<&Path>) -> Vec<OsString> {
    let long = format!("--{}", setting.name);
    match &setting.value {
        Some(Value::Flag(true)) => vec![long.into()],
        Some(Value::Flag(false)) => vec![format!("--no-{}", setting.name).into()],
        Some(Value::List(lines)) if setting.kind == Kind::List(ListOf::Line) => {
            lines.iter().flat_map(|line| with_value(&long, line)).collect()
        }
        Some(Value::List(elements)) if matches!(setting.kind, Kind::List(_)) => {
            let paths = matches!(setting.kind, Kind::List(ListOf::Path | ListOf::RefFile));
            let folder = folder.filter(|_| paths);
            let elements: Vec<String> = elements.iter().map(|e| seen_from(folder, e)).collect();
            listing::join(&elements).iter().flat_map(|t| with_value(&long, t)).collect()
        }
        Some(Value::Text(path)) if matches!(setting.kind, Kind::Path | Kind::RefFile) => {
            with_value(&long, &seen_from(folder, path))
        }
        Some(_) | None => with_value(&long, &shown(setting)),
    }
}

/// A path below a folder as it is called there.
fn seen_from(folder: Option<&Path>, text: &str) -> String {
    let path = rawtext::text_path(text);
    match folder.and_then(|folder| path.strip_prefix(folder).ok()) {
        // A first component `~` would mean the home folder, blanks alone nothing at all.
        Some(inner) if !inner.starts_with("~") && !rawtext::path_text(inner).trim().is_empty() => {
            rawtext::path_text(inner)
        }
        _ => text.to_string(),
    }
}

/// The value as one would type it.
fn shown(setting: &Setting) -> String {
    match (&setting.value, &setting.given) {
        // Flags have no value of their own.
        (None | Some(Value::Flag(_)), _) => String::new(),
        (Some(Value::Text(text)), _) => text.clone(),
        (Some(Value::Int(value)), _) => value.to_string(),
        // The shortest text that reads back as the same number.
        (Some(Value::Float(value)), _) => format!("{value:?}"),
        (Some(_), Some(RawValue::Text(given))) => given.clone(),
        (Some(Value::Ints(values)), _) => {
            let values: Vec<_> = values.iter().map(ToString::to_string).collect();
            values.join(",")
        }
        (Some(Value::List(names)), _) => node_list(names),
    }
}

/// A node list that is read back as these names in this order.
fn node_list(names: &[String]) -> String {
    let ascending = |pair: &[String]| {
        pair[0].len() == pair[1].len() && nodeset::natural_order(&pair[0], &pair[1]).is_lt()
    };
    if names.windows(2).all(ascending) {
        return nodeset::fold_plain(names);
    }
    // One group per name: the list may mix groups of hosts.
    names.join("/")
}

fn with_value(long: &str, value: &str) -> Vec<OsString> {
    let value = rawtext::decode(value);
    if value.is_empty() || value.as_bytes().starts_with(b"-") {
        // A separate word would be taken for an option, or be overlooked.
        let mut word = OsString::from(format!("{long}="));
        word.push(value);
        return vec![word];
    }
    vec![long.into(), value]
}

fn quote(word: &OsStr) -> String {
    if let Some(text) = word.to_str() {
        return shell_words::quote(text).into_owned();
    }
    let mut quoted = String::from("$'");
    for byte in word.as_bytes() {
        match byte {
            b'\'' | b'\\' => {
                quoted.push('\\');
                quoted.push(char::from(*byte));
            }
            b' '..=b'~' => quoted.push(char::from(*byte)),
            _ => {
                // Writing to a text cannot fail.
                let _ = write!(quoted, "\\x{byte:02x}");
            }
        }
    }
    quoted.push('\'');
    quoted
}
