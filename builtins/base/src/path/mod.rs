//! What a path tells about the data behind it.
//!
//! ```text
//! /data1/users/grp/pipeline/L2013_80897_001/L80897_SAP000_SB004_uv.MS.dppp
//!                           \ year  id  version   id  beam  sub-band
//! ```
//!
//! Paths are read component by component, so that no folder further up (a
//! user called `Luc`, a folder `LOFAR`) can be taken for an observation. The
//! parser is total: what a path does not tell is unknown, and nothing fails.
//! Nothing is allocated either, because RefFiles have very many rows.

mod name;
#[cfg(test)]
mod tests;

pub use name::{
    DatasetName, NameKind, Packed, SetName, is_dataset_name, is_loose_name,
    is_measurement_set_name, is_observation_name, is_packed_name, name_kind,
};

use std::borrow::Cow;

use crate::corrections::Corrections;

/// A path and what it tells. Paths are in text form (see `rawtext`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DataPath<'a> {
    /// The path without trailing slashes.
    pub path: &'a str,
    /// Its last component; empty for `/` and the empty path.
    pub name: &'a str,
    /// What is before the name, without trailing slashes; empty if there is nothing.
    pub parent: &'a str,
    /// The digits of the observation, such as `80897`; leading zeros are kept.
    pub id: Option<&'a str>,
    /// Year in the name of the dataset folder.
    pub year: Option<u16>,
    /// Version in the path; see [`version`](Self::version) for the usual default.
    pub stated_version: Option<u16>,
    /// Beam: from the name, or by the rule of that observation, else 0.
    /// Unknown where the rule needs a sub-band and there is none.
    pub beam: Option<u16>,
    /// Whether a rule of the corrections gave the beam; tell the user once.
    pub beam_from_rule: bool,
    /// Sub-band index.
    pub sub_band: Option<u16>,
    /// Whether the data was never averaged: the name has no `dppp`.
    pub raw: bool,
    /// Which form of packed file it is.
    pub packed: Option<Packed>,
    /// The path up to and including the dataset folder (may be all of it).
    pub dataset: Option<&'a str>,
    /// The file name where it contradicts the folder, which was believed.
    contradiction: Option<SetName<'a>>,
}

impl<'a> DataPath<'a> {
    /// Reads a path with the corrections that come with this program.
    pub fn parse(path: &'a str) -> Self {
        Self::parse_with(path, Corrections::built_in())
    }

    /// Reads a path.
    pub fn parse_with(path: &'a str, corrections: &Corrections) -> Self {
        let (path, parent, name) = split(path);
        let own_dataset = DatasetName::parse(name);
        let set = if own_dataset.is_none() { SetName::parse(name) } else { None };
        let (dataset, folder) = match own_dataset {
            Some(own) => (Some(path), Some(own)),
            None => nearest_dataset(parent).unzip(),
        };
        let loose = set.is_none() && own_dataset.is_none();
        let sub_band = match set {
            Some(set) => Some(set.sub_band),
            None if loose => name::sub_band_text(name),
            None => None,
        };
        let id = folder.map(|f| f.id).or(set.map(|s| s.id));
        let stated_beam = match set {
            Some(set) => set.beam,
            None if loose => name::beam_text(name),
            None => None,
        };
        let rule = match (stated_beam, id) {
            (None, Some(id)) => corrections.sbs_per_beam(id),
            _ => None,
        };
        let beam = match rule {
            Some(sbs) => sub_band.map(|sb| sb / sbs.max(1)),
            None => stated_beam.or(Some(0)),
        };
        Self {
            path,
            name,
            parent,
            id,
            year: folder.and_then(|f| f.year),
            stated_version: folder.and_then(|f| f.version).or(set.and_then(|s| s.version)),
            beam,
            beam_from_rule: rule.is_some(),
            sub_band,
            raw: !name::contains_ignoring_case(name, "dppp"),
            packed: Packed::of(name),
            dataset,
            contradiction: folder.zip(set).and_then(|(f, s)| s.contradicts(&f).then_some(s)),
        }
    }

    /// What kind of name it has.
    pub fn kind(&self) -> NameKind {
        name_kind(self.name)
    }

    /// The name of the observation, such as `L80897`.
    pub fn lds(&self) -> Option<String> {
        self.id.map(|id| format!("L{id}"))
    }

    /// The version, 0 (raw) where the path states none.
    pub fn version(&self) -> u16 {
        self.stated_version.unwrap_or(0)
    }

    /// Whether the path itself is a dataset folder.
    pub fn is_dataset(&self) -> bool {
        self.dataset.is_some_and(|d| d.len() == self.path.len())
    }

    /// The name of the dataset folder, such as `L2013_80897_001`.
    pub fn dataset_name(&self) -> Option<&'a str> {
        self.dataset.map(|d| split(d).2)
    }

    /// What is odd about the path, one sentence each.
    pub fn warnings(&self) -> Vec<String> {
        let (Some(set), Some(dataset)) = (self.contradiction, self.dataset_name()) else {
            return Vec::new();
        };
        let believed = format!("the folder `{dataset}` is believed");
        let mut warnings = Vec::new();
        if self.id.is_some_and(|id| id != set.id) {
            warnings.push(format!("{}: the name says L{}; {believed}", self.path, set.id));
        }
        if let (Some(own), Some(stated)) = (set.version, self.stated_version)
            && own != stated
        {
            warnings.push(format!("{}: the name says version {own}; {believed}", self.path));
        }
        warnings
    }
}

/// `SB004`, the usual text of a sub-band.
pub fn sub_band_name(index: u16) -> String {
    format!("SB{index:03}")
}

/// The path below `parent`; an empty parent gives the name alone.
pub fn join<'a>(parent: &str, name: &'a str) -> Cow<'a, str> {
    match parent {
        "" => Cow::Borrowed(name),
        "/" => Cow::Owned(format!("/{name}")),
        _ => Cow::Owned(format!("{parent}/{name}")),
    }
}

/// The path without trailing slashes, its parent and its last component.
fn split(path: &str) -> (&str, &str, &str) {
    let trimmed = path.trim_end_matches('/');
    if trimmed.is_empty() {
        let root = &path[..path.len().min(1)];
        return (root, root, "");
    }
    match trimmed.rfind('/') {
        None => (trimmed, "", trimmed),
        Some(slash) => {
            let parent = trimmed[..slash].trim_end_matches('/');
            let parent = if parent.is_empty() { &trimmed[..1] } else { parent };
            (trimmed, parent, &trimmed[slash + 1..])
        }
    }
}

/// The dataset folder nearest to the end of `parent`, with its path.
fn nearest_dataset(parent: &str) -> Option<(&str, DatasetName<'_>)> {
    let mut rest = parent;
    while !rest.is_empty() {
        let start = rest.rfind('/').map_or(0, |slash| slash + 1);
        if let Some(dataset) = DatasetName::parse(&rest[start..]) {
            return Some((rest, dataset));
        }
        rest = rest[..start].trim_end_matches('/');
    }
    None
}
