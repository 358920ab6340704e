//! The configuration for people: every key with its value and where that
//! comes from, one value by its key, and the template of a new file.

use std::fmt::Write as _;

use serde::Serialize;
use toml::{Table as TomlTable, Value};

use crate::docs;
use crate::error::ConfigError;
use crate::keys::{Shape, TABLES, Table};
use crate::layer::variable;
use crate::load::{Loaded, SYSTEM_FILE};
use crate::model::Config;
use crate::origin::Origin;

/// One line of `config show`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Such as `ssh.port`, `hosts.node.range` or `stores.ARCHIVE_PROC.host`.
    pub key: String,
    /// As it would be written in the file; none when it is not set.
    pub value: Option<String>,
    /// Where it comes from.
    pub origin: Origin,
    /// What it means.
    pub doc: &'static str,
    /// The environment variable that sets it, if there is one.
    pub variable: Option<String>,
}

/// All keys, in the order of the template. Passwords inside URLs are hidden.
pub fn rows(loaded: &Loaded) -> Vec<Row> {
    let values = table_of(&*loaded.config);
    let mut rows = Vec::new();
    for table in TABLES {
        let value = values.get(table.name);
        match table.shape {
            Shape::Single | Shape::Free(_) => {
                let found = value.and_then(Value::as_table);
                for (key, doc) in keys_of(table, found) {
                    rows.push(Row {
                        value: found.and_then(|found| found.get(&key)).map(written),
                        origin: loaded.origins.of(table.name, &key),
                        variable: variable(table, &key),
                        key: format!("{}.{key}", table.name),
                        doc,
                    });
                }
            }
            Shape::List { identity } => {
                let elements = value.and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
                for (index, element) in elements.iter().enumerate() {
                    let name = name_of(element, identity);
                    for (key, doc) in keys_of(table, None) {
                        let set = loaded.origins.sets(table.name, index, &key);
                        let place = || loaded.origins.of_element(table.name, index, &key);
                        rows.push(Row {
                            value: element.get(&key).map(written),
                            origin: if set { place() } else { Origin::Default },
                            variable: None,
                            key: format!("{}.{name}.{key}", table.name),
                            doc,
                        });
                    }
                }
            }
        }
    }
    rows
}

/// The names and manuals of a table's keys; of a free table those in use.
fn keys_of(table: &Table, found: Option<&TomlTable>) -> Vec<(String, &'static str)> {
    if matches!(table.shape, Shape::Free(_)) {
        let doc = docs::of("Config", table.name);
        return found.into_iter().flatten().map(|(key, _)| (key.clone(), doc)).collect();
    }
    table.keys.iter().map(|key| (key.name.to_string(), docs::of(table.model, key.name))).collect()
}

/// What tells an element of a list from the others, as text.
fn name_of(element: &Value, identity: &str) -> String {
    match element.get(identity) {
        Some(Value::String(name)) => name.clone(),
        Some(other) => other.to_string(),
        None => String::new(),
    }
}

fn table_of(value: &impl Serialize) -> TomlTable {
    // Every type of the model is a table with text keys.
    TomlTable::try_from(value).unwrap_or_default()
}

/// A value as in the file, with the password of a URL hidden.
fn written(value: &Value) -> String {
    let Value::String(text) = value else { return value.to_string() };
    let hidden = text.split_once("://").and_then(|(scheme, rest)| {
        let end = rest.find('/').unwrap_or(rest.len());
        let (account, host) = rest[..end].rsplit_once('@')?;
        let (user, _) = account.split_once(':')?;
        Some(format!("{scheme}://{user}:***@{host}{}", &rest[end..]))
    });
    Value::String(hidden.unwrap_or_else(|| text.clone())).to_string()
}

impl Config {
    /// The value of a key such as `limits.retries` or `hosts.node.range`; none
    /// when it is not set.
    ///
    /// # Errors
    /// [`ConfigError::UnknownKey`] with the nearest keys.
    pub fn value(&self, key: &str) -> Result<Option<serde_json::Value>, ConfigError> {
        let values = serde_json::to_value(self).unwrap_or_default();
        let found = match key.split('.').collect::<Vec<_>>()[..] {
            [name] => values.get(name),
            [name, key] => values.get(name).and_then(|table| table.get(key)),
            [name, element, key] => element_of(&values, name, element).and_then(|e| e.get(key)),
            _ => None,
        };
        match found {
            Some(serde_json::Value::Null) => Ok(None),
            Some(value) => Ok(Some(value.clone())),
            // A program that is not listed is not a mistyped key.
            None if key.starts_with("programs.") => Ok(None),
            None => Err(unknown_key(key)),
        }
    }
}

fn element_of<'a>(
    values: &'a serde_json::Value,
    list: &str,
    name: &str,
) -> Option<&'a serde_json::Value> {
    let table = TABLES.iter().find(|table| table.name == list)?;
    let Shape::List { identity } = table.shape else { return None };
    let is_it = |found: &&serde_json::Value| match found.get(identity) {
        Some(serde_json::Value::String(text)) => text == name,
        Some(number) => name.parse().is_ok_and(|name: u64| number.as_u64() == Some(name)),
        None => false,
    };
    values.get(list)?.as_array()?.iter().find(is_it)
}

fn unknown_key(key: &str) -> ConfigError {
    let all = TABLES.iter().flat_map(|table| {
        let keys = table.keys.iter().map(|key| format!("{}.{}", table.name, key.name));
        keys.chain(std::iter::once(table.name.to_string()))
    });
    ConfigError::UnknownKey {
        key: key.to_string(),
        nearest: ledama_base::suggest::nearest(key, all),
    }
}

/// A commented file with every key, for `config init`: as it is it changes
/// nothing, a setting is made by removing its `#`.
pub fn template() -> String {
    let mut text = format!(
        "# Configuration of ledama.\n#\n\
         # Layers, each above the one before: {SYSTEM_FILE}, ~/.config/ledama/ledama.toml,\n\
         # the file in $LEDAMA_CONFIG, the file of --config, and environment variables such\n\
         # as LEDAMA_SSH_USER for `user` below [ssh]. `ledama config show` tells where each\n\
         # value comes from, `ledama config check` what is wrong.\n#\n\
         # Lines `#key = value` show the default, or an example where there is none; remove\n\
         # the `#` to set the key. Without any setting this host alone is used. In paths of\n\
         # this host `~` is the home folder, and a relative one begins at this file's folder.\n"
    );
    let defaults = table_of(&Config::default());
    for table in TABLES {
        text.push('\n');
        comment(&mut text, docs::of("Config", table.name));
        let (open, close) = match table.shape {
            Shape::List { .. } => ("#[[", "]]"),
            _ => ("[", "]"),
        };
        let _ = writeln!(text, "{open}{}{close}", table.name);
        let found = defaults.get(table.name).and_then(Value::as_table);
        for key in table.keys {
            if !matches!(table.shape, Shape::Free(_)) {
                comment(&mut text, docs::of(table.model, key.name));
            }
            let value =
                found.and_then(|found| found.get(key.name)).filter(|value| !is_empty(value));
            let value = value.map_or_else(|| key.example.to_string(), ToString::to_string);
            let _ = writeln!(text, "#{} = {value}", key.name);
        }
    }
    text
}

/// An empty list as an example would teach nothing.
fn is_empty(value: &Value) -> bool {
    value.as_array().is_some_and(Vec::is_empty)
}

/// The sentences as comment lines of at most 90 characters.
fn comment(text: &mut String, sentences: &str) {
    let mut line = String::from("#");
    for word in sentences.split(' ') {
        if line.len() + word.len() > 89 {
            let _ = writeln!(text, "{line}");
            line.truncate(1);
        }
        line.push(' ');
        line.push_str(word);
    }
    let _ = writeln!(text, "{line}");
}
