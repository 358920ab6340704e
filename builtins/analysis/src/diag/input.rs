//! Which rows are meant, and where they are.

use std::path::Path;
use std::sync::Arc;

use ledama_base::operation::OperationError;
use ledama_base::{ranges, rawtext};
use ledama_config::Inventory;
use serde::{Deserialize, Serialize};

use super::kinds::Derived;
use super::{Type, wrong};

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
}
