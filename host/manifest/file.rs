//! Options in a TOML file: read by `--options`, written by `--save-options`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use ledama_base::suggest::did_you_mean;
use toml::Spanned;

use super::model::{Kind, Manifest};
use super::options::{Options, Setting};
use super::raw::RawOptions;
use super::value::{RawValue, Value};
use crate::diagnostic::{Diagnostic, Place};

/// Reads a file of options for a module.
pub fn read(manifest: &Manifest, file: &Path) -> Result<RawOptions, Vec<Diagnostic>> {
    let text = std::fs::read_to_string(file).map_err(|e| {
        let error = ledama_base::operation::OperationError::io(file.display(), &e);
        // Modules whose program takes words of its own once called them so.
        let words = manifest.options.iter().any(|option| option.name == "program-options");
        let help = "`--options` is for a file; words for the program go to `--program-options`";
        let error = Diagnostic::error(format!("options file {}", error.message));
        vec![error.maybe_help(words.then(|| help.to_string()))]
    })?;
    parse(manifest, file, &text)
}

/// The options in the text of a file.
pub fn parse(manifest: &Manifest, file: &Path, text: &str) -> Result<RawOptions, Vec<Diagnostic>> {
    let shown = file.display().to_string();
    let at = |offset: usize| {
        let before = text.get(..offset).unwrap_or(text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().map_or(0, |l| l.chars().count()) + 1;
        Place::new(shown.clone(), line, column)
    };
    let table: BTreeMap<Spanned<String>, Spanned<toml::Value>> =
        toml::from_str(text).map_err(|e| {
            let place = e.span().map(|s| at(s.start));
            let place = place.or_else(|| Some(Place::new(shown.clone(), 1, 0)));
            vec![Diagnostic::error(e.message().trim().to_string()).at(place)]
        })?;
    let mut raw = RawOptions::default();
    let mut faults = Vec::new();
    for (key, value) in table {
        let place = at(key.span().start);
        let name = key.get_ref();
        let Some(option) = manifest.option(name) else {
            let names = manifest.offered().map(|o| o.name.as_str());
            faults.push(
                Diagnostic::error(format!("`{}` has no option `{name}`", manifest.name))
                    .at(place)
                    .maybe_help(did_you_mean(name, names)),
            );
            continue;
        };
        match raw_value(value.get_ref()) {
            Some(value) => raw.set_from_file(&option.name, value, file, place.line),
            None => faults.push(
                Diagnostic::error(format!("the value of `{name}` is a table or a date"))
                    .at(place)
                    .help("put it in quotes"),
            ),
        }
    }
    if faults.is_empty() { Ok(raw) } else { Err(faults) }
}

fn raw_value(value: &toml::Value) -> Option<RawValue> {
    Some(match value {
        toml::Value::String(text) => RawValue::Text(text.clone()),
        toml::Value::Integer(number) => RawValue::Int(*number),
        toml::Value::Float(number) => RawValue::Float(*number),
        toml::Value::Boolean(value) => RawValue::Flag(*value),
        toml::Value::Datetime(time) => RawValue::Text(time.to_string()),
        toml::Value::Array(values) => {
            RawValue::List(values.iter().map(raw_value).collect::<Option<_>>()?)
        }
        toml::Value::Table(_) => return None,
    })
}

/// The text of a file that gives these options again; those with their
/// default are left out.
pub fn write(options: &Options) -> String {
    let mut text = format!(
        "# Options of {module}. Use them with `ledama run {module} --options FILE`;\n\
         # options on the command line win.\n",
        module = options.module
    );
    for setting in options.settings.iter().filter(|s| s.changed) {
        let value = toml_value(setting);
        // Writing to a text cannot fail.
        let _ = writeln!(text, "{} = {value}", setting.name);
    }
    text
}

/// Paths as found out, so that the file can be used in another folder; lists
/// of nodes and numbers as typed, because they are shorter so.
fn toml_value(setting: &Setting) -> toml::Value {
    let text = |t: &str| toml::Value::String(t.to_string());
    match (&setting.value, &setting.given) {
        (None, _) => text(""),
        (Some(_), Some(RawValue::Text(given)))
            if matches!(setting.kind, Kind::Nodes | Kind::Ints) =>
        {
            text(given)
        }
        (Some(Value::Flag(value)), _) => toml::Value::Boolean(*value),
        (Some(Value::Int(value)), _) => toml::Value::Integer(*value),
        (Some(Value::Float(value)), _) => toml::Value::Float(*value),
        (Some(Value::Text(value)), _) => text(value),
        (Some(Value::Ints(values)), _) => {
            toml::Value::Array(values.iter().map(|v| toml::Value::Integer(*v)).collect())
        }
        (Some(Value::List(values)), _) => {
            toml::Value::Array(values.iter().map(|v| text(v)).collect())
        }
    }
}
