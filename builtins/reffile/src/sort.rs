//! Rows in the order of chosen columns.

use std::cmp::{Ordering, Reverse};
use std::sync::Arc;

use ledama_base::nodeset::natural_order;

use crate::entry::Entry;
use crate::error::RefFileError;
use crate::file::RefFile;

/// What rows can be sorted by.
pub(crate) const KEYS: [&str; 11] =
    ["node", "path", "name", "lds", "beam", "sb", "version", "freq", "size", "store", "line"];

/// The value of one key of one row; unknown values come first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Value {
    Unknown,
    Number(u64),
    Text(Arc<str>),
    Node(NodeName),
}

/// `n2` before `n10`.
#[derive(Debug, Clone, PartialEq, Eq)]
struct NodeName(Arc<str>);

impl PartialOrd for NodeName {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for NodeName {
    fn cmp(&self, other: &Self) -> Ordering {
        natural_order(&self.0, &other.0)
    }
}

impl RefFile {
    /// The rows sorted by a comma list of keys such as `node,path`; `-` before
    /// a key means the other way round. Equal rows keep their order.
    ///
    /// # Errors
    /// [`RefFileError::SortKey`].
    pub fn sort(&self, keys: &str) -> Result<Self, RefFileError> {
        let mut wanted = Vec::new();
        for key in keys.split(',').map(str::trim).filter(|key| !key.is_empty()) {
            let (name, down) = key.strip_prefix('-').map_or((key, false), |name| (name, true));
            if !KEYS.contains(&name) {
                return Err(RefFileError::SortKey { key: name.to_string() });
            }
            wanted.push((name, down));
        }
        let mut entries = self.entries.clone();
        // The last key first, since equal rows keep their order.
        for (name, down) in wanted.into_iter().rev() {
            if down {
                entries.sort_by_cached_key(|entry| Reverse(self.value(entry, name)));
            } else {
                entries.sort_by_cached_key(|entry| self.value(entry, name));
            }
        }
        Ok(Self { entries, ..self.clone_without_entries() })
    }

    fn clone_without_entries(&self) -> Self {
        Self {
            created: self.created.clone(),
            query: self.query.clone(),
            warnings: self.warnings.clone(),
            ..self.with_entries(Vec::new())
        }
    }

    fn value(&self, entry: &Entry, key: &str) -> Value {
        let number = |value: Option<u64>| value.map_or(Value::Unknown, Value::Number);
        let text = |value: Option<&str>| value.map_or(Value::Unknown, |t| Value::Text(t.into()));
        let facts = || self.facts(entry);
        match key {
            "node" => Value::Node(NodeName(Arc::clone(&entry.node))),
            "path" => Value::Text(Arc::clone(&entry.path)),
            "name" => text(Some(facts().name)),
            "lds" => number(facts().id.and_then(|id| id.parse().ok())),
            "beam" => number(self.beam_of(entry).map(u64::from)),
            "sb" => number(facts().sub_band.map(u64::from)),
            "version" => number(Some(facts().version().into())),
            // The bits of positive numbers are in their order.
            "freq" => number(entry.freq_mhz.map(f64::to_bits)),
            "size" => number(entry.size_mb),
            "store" => text(self.store_of(entry).map(|store| store.id.as_str())),
            _ => number(Some(entry.line.into())),
        }
    }
}
