//! One layer of the configuration: what one file, or the environment, says.
//!
//! A layer is typed but not merged: each value has been checked against the
//! kind of its key and carries its place. Faults are collected, so that one
//! run shows all of them.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use ledama_base::suggest;
use toml::Value;
use toml::de::{DeTable, DeValue};

use crate::keys::{self, Kind, Shape, TABLES, Table};
use crate::origin::{Fault, Origin};
use crate::value::{Surroundings, check, from_text, plain};

/// Variables with our prefix that are no keys of the configuration: a file of
/// it, the search paths of modules and recipes, and what a run tells its commands.
const OTHER_VARIABLES: &[&str] = &["CONFIG", "MODULES", "RECIPES", "RUN_ID"];

/// A checked value and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Setting {
    pub(crate) key: String,
    pub(crate) value: Value,
    pub(crate) origin: Origin,
}

/// One `[[header]]` with its keys.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Element {
    pub(crate) header: Origin,
    pub(crate) settings: Vec<Setting>,
}

impl Element {
    pub(crate) fn get(&self, key: &str) -> Option<&Setting> {
        self.settings.iter().find(|setting| setting.key == key)
    }
}

/// What one source says.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Layer {
    /// By table.
    pub(crate) values: BTreeMap<&'static str, Vec<Setting>>,
    /// By list; a list that is present and empty empties those below.
    pub(crate) lists: BTreeMap<&'static str, Vec<Element>>,
}

/// Byte offsets to line numbers.
struct Lines<'a> {
    path: &'a Arc<Path>,
    ends: Vec<usize>,
}

impl<'a> Lines<'a> {
    fn new(path: &'a Arc<Path>, text: &str) -> Self {
        let ends = text.bytes().enumerate().filter(|(_, b)| *b == b'\n').map(|(at, _)| at);
        Self { path, ends: ends.collect() }
    }

    fn at(&self, offset: usize) -> Origin {
        let line = self.ends.partition_point(|&end| end < offset) + 1;
        Origin::File { path: Arc::clone(self.path), line }
    }
}

/// Reads the text of a file.
pub(crate) fn from_toml(
    path: &Arc<Path>,
    text: &str,
    home: Option<&str>,
    faults: &mut Vec<Fault>,
) -> Layer {
    let lines = Lines::new(path, text);
    let (document, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        // What could be read of a broken text is no ground for more faults.
        faults.extend(errors.iter().map(|error| {
            let at = error.span().map_or(0, |span| span.start);
            Fault::new(lines.at(at), error.message().replace('\n', ", "))
        }));
        return Layer::default();
    }
    let mut reader = FileReader {
        lines,
        around: Surroundings { home, folder: path.parent() },
        layer: Layer::default(),
        faults,
    };
    for (name, value) in document.get_ref() {
        reader.table(name.get_ref(), name.span().start, value.get_ref());
    }
    reader.layer
}

struct FileReader<'a> {
    lines: Lines<'a>,
    around: Surroundings<'a>,
    layer: Layer,
    faults: &'a mut Vec<Fault>,
}

impl FileReader<'_> {
    fn table(&mut self, name: &str, offset: usize, value: &DeValue<'_>) {
        let origin = self.lines.at(offset);
        let Some(table) = keys::table(name) else {
            let fault = Fault::new(origin, format!("unknown key `{name}`"));
            let is_table = matches!(value, DeValue::Table(_) | DeValue::Array(_));
            self.faults.push(with_help(fault, other_place(name, is_table)));
            return;
        };
        match (table.shape, value) {
            (Shape::Single | Shape::Free(_), DeValue::Table(keys)) => {
                let settings = self.settings(table, keys);
                self.layer.values.entry(table.name).or_default().extend(settings);
            }
            (Shape::List { .. }, DeValue::Array(items)) => {
                let mut elements = Vec::new();
                for item in items {
                    let header = self.lines.at(item.span().start);
                    if let DeValue::Table(keys) = item.get_ref() {
                        elements.push(Element { header, settings: self.settings(table, keys) });
                    } else {
                        let message = format!("each element of `{name}` must be a table");
                        self.faults.push(Fault::new(header, message));
                    }
                }
                self.layer.lists.insert(table.name, elements);
            }
            (Shape::List { .. }, _) => self.faults.push(
                Fault::new(origin, format!("`{name}` is a list of tables"))
                    .help(format!("write `[[{name}]]` with two brackets")),
            ),
            (_, DeValue::Array(_)) => self.faults.push(
                Fault::new(origin, format!("`{name}` is one table, not a list"))
                    .help(format!("write `[{name}]` with one bracket")),
            ),
            _ => self.faults.push(
                Fault::new(origin, format!("`{name}` is a table"))
                    .help(format!("write `[{name}]` and its keys on the lines below")),
            ),
        }
    }

    fn settings(&mut self, table: &'static Table, keys: &DeTable<'_>) -> Vec<Setting> {
        let mut settings = Vec::with_capacity(keys.len());
        for (name, value) in keys {
            let key = name.get_ref().as_ref();
            let origin = self.lines.at(name.span().start);
            let Some(kind) = kind_of(table, key) else {
                let message = format!("unknown key `{key}` in {}", heading(table));
                self.faults.push(with_help(Fault::new(origin, message), other_key(table, key)));
                continue;
            };
            match check(kind, plain(value.get_ref()), self.around) {
                Ok(value) => settings.push(Setting { key: key.to_string(), value, origin }),
                Err(wrong) => {
                    let message = format!("`{}.{key}` {}", table.name, wrong.message);
                    self.faults.push(with_help(Fault::new(origin, message), wrong.help));
                }
            }
        }
        settings
    }
}

/// Reads the environment variables `LEDAMA_<TABLE>_<KEY>`. Lists of tables
/// have none. Those that begin like a table but name no key of it are faults;
/// what else looks mistyped is a warning, since a variable with our prefix may
/// belong to another program.
pub(crate) fn from_environment(
    variables: &[(String, String)],
    home: Option<&str>,
    faults: &mut Vec<Fault>,
    warnings: &mut Vec<String>,
) -> Layer {
    let mut layer = Layer::default();
    let folder = std::env::current_dir().ok();
    let around = Surroundings { home, folder: folder.as_deref() };
    for (variable, text) in variables {
        let Some(rest) = variable.strip_prefix("LEDAMA_") else { continue };
        if text.is_empty() || OTHER_VARIABLES.contains(&rest) {
            continue;
        }
        let origin = Origin::Environment { variable: variable.clone() };
        let Some((table, name)) = variable_table(rest) else {
            if let Some(question) = other_variable(rest) {
                warnings.push(format!("{origin} is not used; {question}"));
            }
            continue;
        };
        let Some((key, kind)) = variable_key(table, name) else {
            let fault = Fault::new(origin, format!("{} has no such key", heading(table)));
            faults.push(with_help(fault, other_variable(rest)));
            continue;
        };
        match check(kind, from_text(kind, text), around) {
            Ok(value) => {
                layer.values.entry(table.name).or_default().push(Setting { key, value, origin });
            }
            Err(wrong) => {
                let message = format!("`{}.{key}` {}", table.name, wrong.message);
                faults.push(with_help(Fault::new(origin, message), wrong.help));
            }
        }
    }
    layer
}

/// The environment variable of a key, if it has one.
pub(crate) fn variable(table: &Table, key: &str) -> Option<String> {
    match table.shape {
        Shape::Single => Some(format!("LEDAMA_{}_{key}", table.name).to_uppercase()),
        // The user's own names keep their case.
        Shape::Free(_) => Some(format!("LEDAMA_{}_{key}", table.name.to_uppercase())),
        Shape::List { .. } => None,
    }
}

fn variable_table(rest: &str) -> Option<(&'static Table, &str)> {
    TABLES.iter().filter(|table| !matches!(table.shape, Shape::List { .. })).find_map(|table| {
        let name = rest.strip_prefix(table.name.to_uppercase().as_str())?.strip_prefix('_')?;
        (!name.is_empty()).then_some((table, name))
    })
}

fn variable_key(table: &'static Table, name: &str) -> Option<(String, Kind)> {
    match table.shape {
        Shape::Free(kind) => Some((name.to_string(), kind)),
        _ => table
            .keys
            .iter()
            .find(|key| key.name.to_uppercase() == name)
            .map(|key| (key.name.to_string(), key.kind)),
    }
}

/// The variables most like `LEDAMA_<rest>`; the common beginning does not
/// count, or everything would be alike.
fn other_variable(rest: &str) -> Option<String> {
    let names = TABLES
        .iter()
        .filter(|table| table.shape == Shape::Single)
        .flat_map(|table| table.keys.iter().map(|key| format!("{}_{}", table.name, key.name)));
    let near: Vec<_> = suggest::nearest(rest, names)
        .into_iter()
        .map(|name| format!("LEDAMA_{}", name.to_uppercase()))
        .collect();
    suggest::question(&near)
}

fn kind_of(table: &'static Table, key: &str) -> Option<Kind> {
    match table.shape {
        Shape::Free(kind) => Some(kind),
        _ => table.key(key).map(|key| key.kind),
    }
}

fn heading(table: &Table) -> String {
    match table.shape {
        Shape::List { .. } => format!("[[{}]]", table.name),
        _ => format!("[{}]", table.name),
    }
}

fn with_help(fault: Fault, help: Option<String>) -> Fault {
    Fault { help, ..fault }
}

/// Advice for an unknown key of a table: a similar one of it, or the table
/// that has this very key.
fn other_key(table: &Table, key: &str) -> Option<String> {
    suggest::did_you_mean(key, table.keys.iter().map(|key| key.name))
        .or_else(|| belongs(key))
        .or_else(|| {
            let names: Vec<_> = table.keys.iter().map(|key| key.name).collect();
            Some(format!("its keys are {}", names.join(", ")))
        })
}

/// Advice for an unknown name outside all tables.
fn other_place(name: &str, is_table: bool) -> Option<String> {
    let table = || suggest::did_you_mean(name, TABLES.iter().map(|table| table.name));
    if is_table { table().or_else(|| belongs(name)) } else { belongs(name).or_else(table) }
}

fn belongs(key: &str) -> Option<String> {
    let tables: Vec<_> =
        TABLES.iter().filter(|table| table.key(key).is_some()).map(heading).collect();
    (!tables.is_empty()).then(|| format!("that key belongs below {}", tables.join(" or ")))
}
