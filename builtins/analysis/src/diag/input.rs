//! Where rows come from, and bringing them all.

use ledama_base::operation::{OperationContext, OperationError};
use ledama_base::{ranges, rawtext};
use ledama_config::Inventory;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use super::kinds::{Derived, Quantity};
use super::row::Row;
use super::{Type, database, direct, wrong};

/// A file to be read where it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// Its node.
    pub node: String,
    /// A measurement set, a table of solutions or an H5parm file, in text form.
    pub path: String,
}

/// Which rows are meant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Chosen {
    /// Rows of the database by their ids.
    Ids(Vec<i64>),
    /// Rows of the database by the conditions in a file.
    DiagFile(String),
    /// What is in files.
    Files(Vec<Source>),
}

/// Which rows, and where they are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// What the rows are about.
    pub of: Type,
    /// Which rows.
    pub chosen: Chosen,
    /// The database, as a URL; not for files.
    #[serde(default)]
    pub database: Option<String>,
    /// Longest time of a query, s; none or negative: no limit.
    #[serde(default)]
    pub timeout_s: Option<i64>,
    /// Kinds of statistics, stored or derived; all stored ones if empty.
    #[serde(default)]
    pub kinds: Vec<String>,
}

/// What was brought besides rows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Brought {
    /// How many rows.
    pub rows: u64,
    /// Files that could not be read, with the reason.
    pub failed: Vec<String>,
    /// What was odd.
    pub warnings: Vec<String>,
}

impl Chosen {
    /// What a user means: a DiagFile, a RefFile, one or more sets or solutions
    /// with commas between them, or ids. What is there as a file comes first.
    pub fn parse(
        text: &str,
        node: &str,
        inventory: &Arc<Inventory>,
    ) -> Result<Self, OperationError> {
        let here = |path: &str| Source { node: node.to_string(), path: path.to_string() };
        if is_there(text) {
            let path = rawtext::text_path(text);
            if !path.is_file() || is_hdf5(&path) {
                return Ok(Self::Files(vec![here(text)]));
            }
            if begins_as_json(&path) {
                return Ok(Self::DiagFile(text.to_string()));
            }
            return reffile(text, inventory).map(Self::Files);
        }
        let parts: Vec<&str> = text.split(',').map(str::trim).collect();
        if parts.iter().any(|part| is_there(part)) {
            if let Some(missing) = parts.iter().find(|part| !is_there(part)) {
                return Err(wrong(format!("{missing} is not there"), ""));
            }
            return Ok(Self::Files(parts.into_iter().map(here).collect()));
        }
        let ids: Option<Vec<i64>> = ranges::parse_ints(text)
            .ok()
            .and_then(|ids| ids.into_iter().map(|id| Some(i64::from(id))).collect());
        ids.map(Self::Ids).ok_or_else(|| {
            wrong(
                format!("{text} is neither a file nor a list of ids"),
                "give a DiagFile, ids such as `0-9,12`, a measurement set, a RefFile, or solutions",
            )
        })
    }
}

/// Whether a path is there; what follows `::` is a choice inside a file.
fn is_there(text: &str) -> bool {
    !text.is_empty() && rawtext::text_path(text.split("::").next().unwrap_or(text)).exists()
}

fn head(path: &Path) -> Vec<u8> {
    use std::io::Read as _;
    let mut bytes = Vec::new();
    if let Ok(file) = std::fs::File::open(path) {
        let _ = file.take(64).read_to_end(&mut bytes);
    }
    bytes
}

fn is_hdf5(path: &Path) -> bool {
    head(path).starts_with(b"\x89HDF\r\n\x1a\n")
}

/// A DiagFile is an object in JSON; the pickles of older programs are told there.
fn begins_as_json(path: &Path) -> bool {
    let bytes = head(path);
    let first = bytes.iter().find(|byte| !byte.is_ascii_whitespace());
    first == Some(&b'{') || bytes.first() == Some(&0x80) || bytes.starts_with(b"(dp")
}

fn reffile(text: &str, inventory: &Arc<Inventory>) -> Result<Vec<Source>, OperationError> {
    let file = ledama_reffile::RefFile::open(&rawtext::text_path(text), inventory)
        .map_err(|error| wrong(error.to_string(), "a DiagFile or a RefFile is needed"))?;
    let sources: Vec<Source> = file
        .entries()
        .iter()
        .map(|entry| Source { node: entry.node.to_string(), path: entry.path.to_string() })
        .collect();
    if sources.is_empty() { Err(wrong(format!("{text} has no rows"), "")) } else { Ok(sources) }
}

impl Input {
    /// The kinds that must be read.
    pub(super) fn needed_kinds(&self) -> Vec<String> {
        let mut needed = Vec::new();
        for kind in &self.kinds {
            match Derived::named(kind) {
                Some(derived) => {
                    needed.extend(derived.accumulators().iter().map(ToString::to_string));
                }
                None => needed.push(kind.clone()),
            }
        }
        // A set may also have a derived kind stored.
        needed.extend(
            self.kinds.iter().filter_map(|kind| Some(Derived::named(kind)?.name().to_string())),
        );
        needed.sort_unstable();
        needed.dedup();
        needed
    }

    /// Hands all rows over.
    pub fn each(
        &self,
        ctx: &dyn OperationContext,
        take: &mut dyn FnMut(Row) -> Result<(), OperationError>,
    ) -> Result<Brought, OperationError> {
        let mut brought = Brought::default();
        let mut counted = |row: Row| {
            brought.rows += 1;
            take(row)
        };
        match (&self.chosen, &self.database) {
            (Chosen::Files(sources), _) => {
                let (failed, warnings) = direct::each(self, sources, ctx, &mut counted)?;
                brought.failed = failed;
                brought.warnings = warnings;
            }
            (_, Some(url)) => database::each(self, url, ctx, &mut counted)?,
            (_, None) => return Err(wrong("no database is given", "")),
        }
        Ok(brought)
    }
}

/// The kinds that are asked for, of the rows of one set.
#[must_use]
pub fn derive(rows: Vec<Row>, kinds: &[String]) -> Vec<Row> {
    if kinds.is_empty() {
        return rows;
    }
    // A baseline has a row for each kind, after each other or not.
    let mut groups: Vec<Vec<Row>> = Vec::new();
    let mut known: HashMap<[Option<String>; 2], usize> = HashMap::new();
    for row in rows {
        let stations = [row.facts.station.clone(), row.facts.station2.clone()];
        let at = *known.entry(stations).or_insert(groups.len());
        match groups.get_mut(at) {
            Some(group) => group.push(row),
            None => groups.push(vec![row]),
        }
    }
    let mut made = Vec::new();
    for group in groups {
        let of_kind = |name: &str| group.iter().find(|row| row.facts.kind.as_deref() == Some(name));
        for kind in kinds {
            let Some(derived) = Derived::named(kind) else {
                made.extend(of_kind(kind).cloned());
                continue;
            };
            let parts: Option<Vec<&Row>> =
                derived.accumulators().iter().map(|name| of_kind(name)).collect();
            let Some(parts) = parts else {
                made.extend(of_kind(derived.name()).cloned());
                continue;
            };
            let mut row = parts[0].clone();
            row.facts.kind = Some(derived.name().to_string());
            row.quantity = Quantity::Derived(derived);
            row.parts = parts.iter().flat_map(|part| part.parts.iter().cloned()).collect();
            made.push(row);
        }
    }
    made
}
