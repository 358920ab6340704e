//! Layers into one table, with the origin of every value.

use std::collections::BTreeMap;

use serde::Serialize;
use toml::{Table, Value};

use crate::jobs;
use crate::keys;
use crate::layer::{Element, Layer, Setting};
use crate::model::Store;
use crate::origin::{ElementOrigins, Fault, Origin, Origins};
use crate::stores::catalogue;
use crate::versions::standard;

/// Lowest layer first. Elements without a key they must have are left out and
/// reported.
pub(crate) fn merge(layers: Vec<Layer>, faults: &mut Vec<Fault>) -> (Table, Origins) {
    let mut merged = Table::new();
    let mut origins = Origins::default();
    let mut lists: BTreeMap<&'static str, Vec<Element>> = BTreeMap::new();
    let mut stores = Stores::built_in();

    for layer in layers {
        for (table, settings) in layer.values {
            let target = merged.entry(table).or_insert_with(|| Value::Table(Table::new()));
            for setting in settings {
                origins.set(table, &setting.key, setting.origin);
                if let Value::Table(target) = target {
                    target.insert(setting.key, setting.value);
                }
            }
        }
        for (list, elements) in layer.lists {
            if list == "stores" {
                stores.add(elements, faults);
            } else {
                lists.insert(list, elements);
            }
        }
    }
    lists.insert("stores", stores.elements());
    let versions = with_standard(lists.remove("versions").unwrap_or_default());
    lists.insert("versions", versions);
    lists.entry("jobs").or_insert_with(|| jobs::built_in().iter().map(built_in).collect());

    for (list, elements) in lists {
        let complete = elements.into_iter().filter(|element| is_complete(list, element, faults));
        let (values, places): (Vec<_>, Vec<_>) = complete.map(split).unzip();
        merged.insert(list.to_string(), Value::Array(values));
        origins.set_elements(list, places);
    }
    (merged, origins)
}

fn split(element: Element) -> (Value, ElementOrigins) {
    let mut table = Table::new();
    let mut places = ElementOrigins { header: element.header, ..ElementOrigins::default() };
    for setting in element.settings {
        places.keys.insert(setting.key.clone(), setting.origin);
        table.insert(setting.key, setting.value);
    }
    (Value::Table(table), places)
}

/// A record of the program itself.
fn built_in(record: &impl Serialize) -> Element {
    // Every record of the model is a table.
    let values = Table::try_from(record).unwrap_or_default();
    let setting = |(key, value)| Setting { key, value, origin: Origin::Default };
    Element { header: Origin::Default, settings: values.into_iter().map(setting).collect() }
}

/// The standard versions that are not listed, and those that are, by number.
fn with_standard(mut versions: Vec<Element>) -> Vec<Element> {
    let number = |element: &Element| {
        element.get("number").and_then(|setting| setting.value.as_integer()).unwrap_or(i64::MAX)
    };
    let listed: Vec<_> = versions.iter().map(number).collect();
    let standard = standard().into_iter().filter(|v| !listed.contains(&i64::from(v.number)));
    versions.extend(standard.map(|version| built_in(&version)));
    versions.sort_by_key(number);
    versions
}

fn is_complete(list: &str, element: &Element, faults: &mut Vec<Fault>) -> bool {
    let required =
        keys::table(list).into_iter().flat_map(|table| table.keys).filter(|key| key.required);
    let missing: Vec<_> = required.filter(|key| element.get(key.name).is_none()).collect();
    for key in &missing {
        let message = format!("this [[{list}]] has no `{}`", key.name);
        let help = format!("such as `{} = {}`", key.name, key.example);
        faults.push(Fault::new(element.header.clone(), message).help(help));
    }
    missing.is_empty()
}

/// The stores of the catalogue, completed layer by layer, and the others of
/// the highest layer that has any.
struct Stores {
    known: Vec<(Store, Element)>,
    others: Vec<Element>,
}

impl Stores {
    fn built_in() -> Self {
        let known = catalogue().into_iter().map(|store| {
            let element = built_in(&store);
            (store, element)
        });
        Self { known: known.collect(), others: Vec::new() }
    }

    fn add(&mut self, elements: Vec<Element>, faults: &mut Vec<Fault>) {
        let mut others = Vec::new();
        let mut seen = Vec::new();
        for element in elements {
            let id = element.get("id").and_then(|setting| setting.value.as_str()).unwrap_or("");
            let known = self.known.iter_mut().find(|(store, _)| store.answers_to(id));
            let Some((store, target)) = known else {
                others.push(element);
                continue;
            };
            if seen.contains(&store.id) {
                let message = format!("store `{}` stands twice in this file", store.id);
                faults.push(Fault::new(element.header, message));
                continue;
            }
            seen.push(store.id.clone());
            complete(store, target, element);
        }
        if !others.is_empty() {
            self.others = others;
        }
    }

    fn elements(self) -> Vec<Element> {
        self.known.into_iter().map(|(_, element)| element).chain(self.others).collect()
    }
}

/// Puts the configured values over those of the catalogue; its id and its
/// token stay, so that old files can be read whatever is configured.
fn complete(store: &Store, target: &mut Element, configured: Element) {
    target.header = configured.header;
    for mut setting in configured.settings {
        match (setting.key.as_str(), &mut setting.value) {
            ("id", id) => *id = Value::String(store.id.clone()),
            ("aliases", Value::Array(aliases)) => {
                let tokens = store.aliases.iter().cloned().map(Value::String);
                let missing: Vec<_> = tokens.filter(|token| !aliases.contains(token)).collect();
                aliases.splice(0..0, missing);
            }
            _ => {}
        }
        target.settings.retain(|old| old.key != setting.key);
        target.settings.push(setting);
    }
}
