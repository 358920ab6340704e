//! What makes two rows the same set in a comparison.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use ledama_base::path::DataPath;

use super::CompareOptions;
use crate::entry::Entry;

/// Observation, beam, version and sub-band, as far as they are known and count.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    /// Number of the observation.
    pub lds: Option<u64>,
    /// Index of the beam.
    pub beam: Option<u16>,
    /// Processing version, where one file has several: they are different
    /// data of the same sub-band.
    pub version: Option<u16>,
    /// Index of the sub-band.
    pub subband: Option<u32>,
    /// The name without the extension of packed files, where there is no sub-band.
    pub name: Option<Arc<str>>,
}

impl Key {
    /// The key of a row; none for rows that do not count.
    pub(super) fn of(
        facts: &DataPath<'_>,
        entry: &Entry,
        options: &CompareOptions,
        by_version: bool,
    ) -> Option<Self> {
        let subband = facts.sub_band.map(u32::from);
        if !options.subbands.is_empty() && !subband.is_some_and(|sb| options.subbands.contains(&sb))
        {
            return None;
        }
        let name = subband.is_none().then(|| unpacked(facts.name).into());
        if options.by_subband {
            return Some(Self { lds: None, beam: None, version: None, subband, name });
        }
        let lds = facts.id.and_then(|id| id.parse().ok());
        let version = by_version.then(|| facts.version());
        Some(Self { lds, beam: entry.beam.or(facts.beam), version, subband, name })
    }

    /// The same without the sub-band and the name.
    fn group(&self) -> (Option<u64>, Option<u16>, Option<u16>) {
        (self.lds, self.beam, self.version)
    }

    /// `L80897 beam 0 version 1`, as far as it is known; nothing where it does not count.
    pub(super) fn group_text(&self) -> String {
        let lds = self.lds.map(|id| format!("L{id:05}"));
        let beam = self.beam.map(|beam| format!("beam {beam}"));
        let version = self.version.map(|version| format!("version {version}"));
        lds.into_iter().chain(beam).chain(version).collect::<Vec<_>>().join(" ")
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let set = match (self.subband, &self.name) {
            (Some(subband), _) => format!("SB{subband:03}"),
            (None, Some(name)) => name.to_string(),
            (None, None) => String::new(),
        };
        f.write_str(format!("{} {set}", self.group_text()).trim())
    }
}

/// Whether all keys are of one beam of one observation, so that the sub-bands
/// alone tell them apart.
pub(super) fn is_one_beam(keys: &[&Key]) -> bool {
    keys.iter().map(|key| key.group()).collect::<BTreeSet<_>>().len() < 2
}

/// Keys for the sub-bands that were asked for and that an observation has in
/// no beam of any file; of which beam they should be, nobody knows.
pub(super) fn asked_for(keys: &[&Key], options: &CompareOptions) -> Vec<Key> {
    let mut there: BTreeMap<Option<u64>, BTreeSet<u32>> = BTreeMap::new();
    for key in keys {
        there.entry(key.lds).or_default().extend(key.subband);
    }
    if there.is_empty() {
        there.insert(None, BTreeSet::new());
    }
    let mut asked = Vec::new();
    for (lds, subbands) in there {
        let absent = options.subbands.iter().filter(|subband| !subbands.contains(subband));
        asked.extend(absent.map(|&sb| Key {
            lds,
            beam: None,
            version: None,
            subband: Some(sb),
            name: None,
        }));
    }
    asked
}

/// The name that a set keeps when it is copied or packed.
pub(super) fn unpacked_name(entry: &Entry) -> &str {
    unpacked(entry.path.rsplit('/').next().unwrap_or_default())
}

/// A name without the extension of packed files.
fn unpacked(name: &str) -> &str {
    let end = name.len().saturating_sub(4);
    match name.get(end..) {
        Some(extension) if [".tar", ".bvf"].iter().any(|e| extension.eq_ignore_ascii_case(e)) => {
            &name[..end]
        }
        _ => name,
    }
}
