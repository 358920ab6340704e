//! Choosing rows, with an account of what was left out and why.

use std::collections::{BTreeSet, HashSet};

use serde::{Deserialize, Serialize};

use crate::entry::Entry;
use crate::error::RefFileError;
use crate::file::RefFile;
use crate::input::null_is_default;
use crate::pattern::Patterns;

/// Which rows to keep; an empty list keeps all.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Selection {
    /// Sub-band indices.
    #[serde(deserialize_with = "null_is_default")]
    pub subbands: Vec<u32>,
    /// Machines, or stores by their id or an alias.
    #[serde(deserialize_with = "null_is_default")]
    pub nodes: Vec<String>,
    /// Beam indices.
    #[serde(deserialize_with = "null_is_default")]
    pub beams: Vec<u32>,
    /// Versions of the processing; 0 is raw.
    #[serde(deserialize_with = "null_is_default")]
    pub versions: Vec<u32>,
    /// A store by its id or an alias.
    pub store: Option<String>,
    /// Patterns of paths to drop.
    #[serde(deserialize_with = "null_is_default")]
    pub exclude: Vec<String>,
    /// Patterns of paths of which one must match.
    #[serde(deserialize_with = "null_is_default")]
    pub include: Vec<String>,
}

/// How many rows each filter dropped. The filters come in this order, and a
/// row counts for the first that drops it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Removed {
    /// Other sub-bands, or none in the path.
    pub subbands: usize,
    /// Other nodes.
    pub nodes: usize,
    /// Other beams, or none known.
    pub beams: usize,
    /// Other versions.
    pub versions: usize,
    /// Other stores.
    pub store: usize,
    /// An exclude pattern matched.
    pub exclude: usize,
    /// No include pattern matched.
    pub include: usize,
}

impl Removed {
    /// How many rows all filters dropped.
    pub fn total(&self) -> usize {
        self.subbands
            + self.nodes
            + self.beams
            + self.versions
            + self.store
            + self.exclude
            + self.include
    }
}

/// What a selection left, and the account.
#[derive(Debug, Clone)]
pub struct Selected {
    /// The rows that were kept, in their order.
    pub file: RefFile,
    /// The others.
    pub removed: Removed,
}

impl RefFile {
    /// The rows that pass all filters of a selection.
    ///
    /// # Errors
    /// [`RefFileError::Pattern`], and [`RefFileError::Config`] for an unknown store.
    pub fn select(&self, selection: &Selection) -> Result<Selected, RefFileError> {
        let mut filter = Filter::new(self, selection)?;
        let kept = self.entries.iter().filter(|entry| filter.keeps(entry)).cloned().collect();
        Ok(Selected { file: self.with_entries(kept), removed: filter.removed })
    }
}

struct Filter<'a> {
    file: &'a RefFile,
    subbands: Option<BTreeSet<u32>>,
    nodes: Option<HashSet<String>>,
    beams: Option<BTreeSet<u32>>,
    versions: Option<BTreeSet<u32>>,
    /// The id of the store.
    store: Option<&'a str>,
    exclude: Patterns,
    include: Patterns,
    removed: Removed,
}

impl<'a> Filter<'a> {
    fn new(file: &'a RefFile, selection: &Selection) -> Result<Self, RefFileError> {
        let set = |list: &[u32]| (!list.is_empty()).then(|| list.iter().copied().collect());
        let nodes = selection.nodes.iter().map(|name| file.inventory.canonical(name));
        let wanted = selection.store.as_deref().filter(|name| !name.is_empty());
        let store = wanted.map(|name| file.inventory.config().store(name)).transpose()?;
        Ok(Self {
            file,
            subbands: set(&selection.subbands),
            nodes: (!selection.nodes.is_empty()).then(|| nodes.collect()),
            beams: set(&selection.beams),
            versions: set(&selection.versions),
            store: store.map(|store| store.id.as_str()),
            exclude: Patterns::parse(&selection.exclude)?,
            include: Patterns::parse(&selection.include)?,
            removed: Removed::default(),
        })
    }

    fn keeps(&mut self, entry: &Entry) -> bool {
        let Some(counter) = self.dropped_by(entry) else { return true };
        *counter(&mut self.removed) += 1;
        false
    }

    /// The counter of the first filter that drops the row.
    fn dropped_by(&self, entry: &Entry) -> Option<fn(&mut Removed) -> &mut usize> {
        let facts = || self.file.facts(entry);
        let lacks = |set: &Option<BTreeSet<u32>>, value: &dyn Fn() -> Option<u16>| {
            set.as_ref().is_some_and(|set| value().is_none_or(|value| !set.contains(&value.into())))
        };
        if lacks(&self.subbands, &|| facts().sub_band) {
            return Some(|removed| &mut removed.subbands);
        }
        if self.nodes.as_ref().is_some_and(|nodes| !nodes.contains(&*entry.node)) {
            return Some(|removed| &mut removed.nodes);
        }
        if lacks(&self.beams, &|| self.file.beam_of(entry)) {
            return Some(|removed| &mut removed.beams);
        }
        if lacks(&self.versions, &|| Some(facts().version())) {
            return Some(|removed| &mut removed.versions);
        }
        let store = || self.file.store_of(entry).map(|store| store.id.as_str());
        if self.store.is_some_and(|wanted| store() != Some(wanted)) {
            return Some(|removed| &mut removed.store);
        }
        if !self.exclude.is_empty() && self.exclude.matches(&entry.path) {
            return Some(|removed| &mut removed.exclude);
        }
        if !self.include.is_empty() && !self.include.matches(&entry.path) {
            return Some(|removed| &mut removed.include);
        }
        None
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;
    use crate::read::{parse, tests::inventory};

    const ROWS: &str = "\
/data1/users/lofareor/L80897_001/L80897_SAP000_SB000_uv.MS.dppp 1 1 node011 0
/data1/users/lofareor/L80897_001/L80897_SAP001_SB001_uv.MS.dppp 1 1 node012 ?
/data1/users/lofareor/backup/L80897/L80897_SAP000_SB002_uv.MS 1 1 node012 0
/data1/users/lofareor/other 1 1 node012 0
L80897_002/L80897_SB001_uv.MS 1 1 TARGET_E_EOR 0
";

    fn select(selection: &Selection) -> (Vec<u32>, Removed) {
        let file = parse(ROWS.as_bytes(), "x", &inventory(), true).unwrap().with_header("made");
        let selected = file.select(selection).unwrap();
        assert_eq!(selected.file.header(), ["made"]);
        assert_eq!(selected.file.len() + selected.removed.total(), file.len());
        (selected.file.entries().iter().map(|entry| entry.line).collect(), selected.removed)
    }

    fn texts(texts: &[&str]) -> Vec<String> {
        texts.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn each_filter_counts_what_it_drops() {
        let all = Selection::default();
        assert_eq!(select(&all), (vec![1, 2, 3, 4, 5], Removed::default()));
        let (lines, removed) = select(&Selection { subbands: vec![0, 1], ..all.clone() });
        assert_eq!((lines, removed.subbands), (vec![1, 2, 5], 2));
        let nodes = texts(&["node11", "ARCHIVE_PROC"]);
        let (lines, removed) = select(&Selection { nodes, ..all.clone() });
        assert_eq!((lines, removed.nodes), (vec![1, 5], 3));
        let (lines, removed) = select(&Selection { beams: vec![1], ..all.clone() });
        assert_eq!((lines, removed.beams), (vec![2], 4));
        let (lines, removed) = select(&Selection { versions: vec![0, 2], ..all.clone() });
        assert_eq!((lines, removed.versions), (vec![3, 4, 5], 2));
        for (store, expected) in
            [("EoRBackup", vec![3]), ("CLUSTER", vec![1, 2, 4]), ("", vec![1, 2, 3, 4, 5])]
        {
            let (lines, _) = select(&Selection { store: Some(store.into()), ..all.clone() });
            assert_eq!(lines, expected, "{store}");
        }
        let (lines, removed) =
            select(&Selection { exclude: texts(&["backup", ""]), ..all.clone() });
        assert_eq!((lines, removed.exclude), (vec![1, 2, 4, 5], 1));
        let include = texts(&["", "glob:*.dppp", "re:other$"]);
        let (lines, removed) = select(&Selection { include, ..all.clone() });
        assert_eq!((lines, removed.include), (vec![1, 2, 4], 2));
    }

    #[test]
    fn the_first_filter_counts() {
        let selection = Selection {
            subbands: vec![1],
            nodes: texts(&["node012"]),
            include: texts(&["dppp"]),
            ..Selection::default()
        };
        let (lines, removed) = select(&selection);
        assert_eq!(lines, [2]);
        assert_eq!((removed.subbands, removed.nodes, removed.include), (3, 1, 0));
    }

    #[test]
    fn an_unknown_store_is_an_error() {
        let file = parse(ROWS.as_bytes(), "x", &inventory(), true).unwrap();
        let selection = Selection { store: Some("EOR".into()), ..Selection::default() };
        assert_eq!(file.select(&selection).unwrap_err().kind(), "unknown-store");
    }
}
