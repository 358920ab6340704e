//! Checked options: what a script sees, and what a run can be repeated with.

use rhai::Map;
use serde::Serialize;
use serde_json::Value as Json;

use super::model::{Kind, Manifest, OptionDecl};
use super::raw::{Origin, RawOption, RawOptions};
use super::typed::{self, Facts, Placeholders};
use super::value::{RawValue, Value};
use crate::diagnostic::Diagnostic;

/// One checked option.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Setting {
    /// Long name.
    pub name: String,
    /// Its value; `None` when it was not given and has no default.
    pub value: Option<Value>,
    /// Where the value comes from.
    pub origin: Origin,
    /// As given, before it was checked.
    #[serde(skip)]
    pub given: Option<RawValue>,
    /// What its value is.
    #[serde(skip)]
    pub kind: Kind,
    /// Whether the value differs from the default.
    #[serde(skip)]
    pub changed: bool,
}

/// All options of a module, checked, in the order of their declaration.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Options {
    /// The module.
    pub module: String,
    /// One for each option of the manifest.
    pub settings: Vec<Setting>,
}

/// Checks everything that was given against the manifest (as seen at the
/// level of the account); all faults together.
pub fn resolve(
    manifest: &Manifest,
    raw: &RawOptions,
    facts: &Facts<'_>,
) -> Result<Options, Vec<Diagnostic>> {
    let mut faults = Vec::new();
    let mut settings = Vec::new();
    for option in &manifest.options {
        match setting(option, raw.get(&option.name), facts) {
            Ok(setting) => settings.push(setting),
            Err(fault) => faults.push(*fault),
        }
    }
    if faults.is_empty() {
        Ok(Options { module: manifest.name.clone(), settings })
    } else {
        Err(faults)
    }
}

fn setting(
    option: &OptionDecl,
    given: Option<&RawOption>,
    facts: &Facts<'_>,
) -> Result<Setting, Box<Diagnostic>> {
    let make = |value, origin, given, changed| Setting {
        name: option.name.clone(),
        value,
        origin,
        given,
        kind: option.kind,
        changed,
    };
    let Some(given) = given else {
        let value = default_of(option, facts)?;
        if option.required && value.is_none() {
            return Err(Box::new(missing(option)));
        }
        return Ok(make(value, Origin::Default, None, false));
    };
    if option.out_of_reach {
        let fault = Diagnostic::error(format!(
            "`--{}` can be given by accounts of level `{}` only",
            option.name, option.access
        ));
        return Err(Box::new(fault.at(given.place.clone())));
    }
    let value = typed::parse(option, &given.value, facts).map_err(|refused| {
        Box::new(
            Diagnostic::error(format!("`--{}`: {}", option.typed_name(), refused.message))
                .at(given.place.clone())
                .maybe_help(refused.help),
        )
    })?;
    let empty = value.is_none() || (option.kind == Kind::Text && given.value.is_empty());
    if option.required && empty {
        let fault = Diagnostic::error(format!("`--{}` is empty, but it is required", option.name));
        return Err(Box::new(fault.at(given.place.clone())));
    }
    // A default that cannot be computed here differs from anything.
    let changed = default_of(option, facts).map_or(true, |default| default != value);
    Ok(make(value, given.origin.clone(), Some(given.value.clone()), changed))
}

fn missing(option: &OptionDecl) -> Diagnostic {
    let letter = option.short.map_or_else(String::new, |c| format!(" (or `-{c}`)"));
    Diagnostic::error(format!("`--{}`{letter} is required", option.name)).help(format!(
        "--{} <{}>: {}",
        option.name,
        option.shown_metavar(),
        option.help
    ))
}

/// The default with its placeholders filled; flags are off unless declared otherwise.
fn default_of(option: &OptionDecl, facts: &Facts<'_>) -> Result<Option<Value>, Box<Diagnostic>> {
    let Some(default) = &option.default else {
        return Ok((option.kind == Kind::Flag).then_some(Value::Flag(false)));
    };
    let Some(default) = fill(default, &facts.placeholders) else { return Ok(None) };
    typed::parse(option, &default, facts).map_err(|refused| {
        Box::new(
            Diagnostic::error(format!(
                "the default of `--{}`, `{default}`, cannot be used: {}",
                option.name, refused.message
            ))
            .maybe_help(refused.help)
            .help(format!("give `--{}` another value", option.name)),
        )
    })
}

/// Fills `{user}` and its like; `None` when one of them has no value.
pub(super) fn fill(default: &RawValue, placeholders: &Placeholders) -> Option<RawValue> {
    match default {
        RawValue::Text(text) => {
            let mut text = text.clone();
            for (name, value) in placeholders {
                let hole = format!("{{{name}}}");
                if text.contains(&hole) {
                    text = text.replace(&hole, value.as_deref()?);
                }
            }
            Some(RawValue::Text(text))
        }
        RawValue::List(values) => Some(RawValue::List(
            values.iter().map(|v| fill(v, placeholders)).collect::<Option<_>>()?,
        )),
        other => Some(other.clone()),
    }
}

impl Options {
    /// The setting of that name; dashes and underscores count alike.
    pub fn setting(&self, name: &str) -> Option<&Setting> {
        let key = super::model::key_of(name);
        self.settings.iter().find(|s| super::model::key_of(&s.name) == key)
    }

    /// The value of an option that exists and is set.
    pub fn value(&self, name: &str) -> Option<&Value> {
        self.setting(name)?.value.as_ref()
    }

    /// The value of a set int.
    pub fn int(&self, name: &str) -> Option<i64> {
        match self.value(name)? {
            Value::Int(value) => Some(*value),
            _ => None,
        }
    }

    /// The value of a set text, choice, path, reffile or time.
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.value(name)? {
            Value::Text(value) => Some(value),
            _ => None,
        }
    }

    /// Whether a flag is on.
    pub fn flag(&self, name: &str) -> bool {
        self.value(name) == Some(&Value::Flag(true))
    }

    /// The map a script receives as `opts`: every option has its key. Without
    /// a value nodes and lists are empty arrays, all else is `()`.
    pub fn to_map(&self) -> Map {
        self.settings
            .iter()
            .map(|s| {
                let absent = || match s.kind {
                    Kind::Nodes | Kind::Ints | Kind::List(_) => {
                        rhai::Dynamic::from(rhai::Array::new())
                    }
                    _ => rhai::Dynamic::UNIT,
                };
                let value = s.value.as_ref().map_or_else(absent, Value::to_dynamic);
                (super::model::key_of(&s.name).into(), value)
            })
            .collect()
    }

    /// Name and value of every option, `null` when it has none.
    pub fn to_json(&self) -> Json {
        let pairs = self
            .settings
            .iter()
            .map(|s| (s.name.clone(), serde_json::to_value(&s.value).unwrap_or_default()));
        Json::Object(pairs.collect())
    }
}
