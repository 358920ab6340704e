//! The command line that repeats a run.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::os::unix::ffi::{OsStrExt, OsStringExt};

use ledama_base::rawtext;

use super::listing;
use super::model::Kind;
use super::options::{Options, Setting};
use super::value::{RawValue, Value};

/// The arguments after `ledama run MODULE`: every option whose value differs
/// from its default. Read back, they give the same values.
pub fn arguments(options: &Options) -> Vec<OsString> {
    options.settings.iter().filter(|s| s.changed).flat_map(setting).collect()
}

/// The whole command line, quoted for a POSIX shell. Bytes that are no text
/// are written as `$'\xFF'`, which bash, zsh and ksh read.
pub fn line(options: &Options) -> String {
    let mut words = vec![quote(&OsString::from("ledama")), "run".to_string()];
    words.push(quote(&OsString::from(&options.module)));
    words.extend(arguments(options).iter().map(quote));
    words.join(" ")
}

fn setting(setting: &Setting) -> Vec<OsString> {
    let long = format!("--{}", setting.name);
    match &setting.value {
        Some(Value::Flag(true)) => vec![long.into()],
        Some(Value::Flag(false)) => vec![format!("--no-{}", setting.name).into()],
        Some(Value::List(elements)) if matches!(setting.kind, Kind::List(_)) => {
            listing::join(elements).iter().flat_map(|t| with_value(&long, t)).collect()
        }
        Some(_) | None => with_value(&long, &shown(setting)),
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
        // One group per name: the list may mix groups of hosts.
        (Some(Value::List(names)), _) => names.join("/"),
    }
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

fn quote(word: &OsString) -> String {
    if let Some(text) = word.to_str() {
        return shell_words::quote(text).into_owned();
    }
    let mut quoted = String::from("$'");
    for byte in word.clone().into_vec() {
        match byte {
            b'\'' | b'\\' => {
                quoted.push('\\');
                quoted.push(char::from(byte));
            }
            b' '..=b'~' => quoted.push(char::from(byte)),
            _ => {
                // Writing to a text cannot fail.
                let _ = write!(quoted, "\\x{byte:02x}");
            }
        }
    }
    quoted.push('\'');
    quoted
}
