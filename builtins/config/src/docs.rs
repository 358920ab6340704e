//! What each key means: the doc comments of `model`, read from its source.
//!
//! So the sentence a developer reads beside a field, the one in the template
//! of `config init` and the one in the manual are the same sentence.

use std::collections::BTreeMap;
use std::sync::LazyLock;

/// The manual of a field: `of("Ssh", "port")`; a field of `Config` describes
/// a whole table.
pub(crate) fn of(model: &str, field: &str) -> &'static str {
    static DOCS: LazyLock<BTreeMap<(String, String), String>> =
        LazyLock::new(|| read(include_str!("model.rs")));
    DOCS.get(&(model.to_string(), field.to_string())).map_or("", String::as_str)
}

/// (struct, field) to the text of its doc comment.
fn read(source: &str) -> BTreeMap<(String, String), String> {
    let mut docs = BTreeMap::new();
    let mut model = String::new();
    let mut text: Vec<&str> = Vec::new();
    for line in source.lines().map(str::trim) {
        if let Some(doc) = line.strip_prefix("///") {
            text.push(doc.trim());
        } else if let Some(rest) = line.strip_prefix("pub struct ") {
            model = rest.split(' ').next().unwrap_or_default().to_string();
            text.clear();
        } else if let Some((name, _)) = line.strip_prefix("pub ").and_then(|l| l.split_once(':')) {
            docs.insert((model.clone(), name.to_string()), text.join(" "));
            text.clear();
        } else if !line.starts_with("#[") {
            text.clear();
        }
    }
    docs
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::*;
    use crate::keys::{Shape, TABLES};
    use crate::model::{Config, Hosts, Version};
    use crate::stores::catalogue;

    fn fields(value: impl serde::Serialize) -> BTreeSet<String> {
        match serde_json::to_value(value) {
            Ok(Value::Object(map)) => map.into_iter().map(|(key, _)| key).collect(),
            other => panic!("not a table: {other:?}"),
        }
    }

    #[test]
    fn the_table_of_keys_is_the_model() {
        let config = serde_json::to_value(Config::default()).unwrap_or_default();
        let names: BTreeSet<_> = TABLES.iter().map(|table| table.name.to_string()).collect();
        assert_eq!(fields(&config), names);
        for table in TABLES {
            let keys: BTreeSet<_> = table.keys.iter().map(|key| key.name.to_string()).collect();
            let model = match (table.shape, table.name) {
                (Shape::Free(_), _) => continue,
                (_, "hosts") => fields(toml::from_str::<Hosts>("prefix='x'\nrange='1-2'").ok()),
                (_, "stores") => fields(catalogue().first()),
                (_, "jobs") => fields(crate::jobs::built_in().first()),
                (_, "versions") => fields(Version {
                    number: 0,
                    integration_time_s: 1.0,
                    channels: 1,
                    resolution_khz: 1.0,
                    calibrated: false,
                    quality_kept: false,
                    archived_in: None,
                }),
                (_, name) => fields(&config[name]),
            };
            assert_eq!(keys, model, "[{}]", table.name);
        }
    }

    #[test]
    fn every_key_has_a_manual() {
        for table in TABLES {
            assert!(!of("Config", table.name).is_empty(), "[{}]", table.name);
            if matches!(table.shape, Shape::Free(_)) {
                continue;
            }
            for key in table.keys {
                let doc = of(table.model, key.name);
                assert!(doc.ends_with('.'), "{}.{}: {doc:?}", table.name, key.name);
            }
        }
    }
}
