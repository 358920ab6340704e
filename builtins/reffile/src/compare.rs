//! RefFiles side by side: what is missing, listed more than once, or of
//! another size. The first file is the reference.
//!
//! Rows are matched by observation, beam and sub-band, or by the sub-band
//! alone; rows without a sub-band by their name. Where one file has a set in
//! several processing versions, rows are matched by the version as well. Where a file is or on which
//! node does not matter.

mod key;
mod text;

use std::collections::{BTreeSet, HashMap};

use ledama_base::ranges::format_ints;
use serde::Deserialize;

pub use key::Key;

use crate::entry::Entry;
use crate::error::RefFileError;
use crate::file::RefFile;
use crate::input::{null_is_default, number_or_zero};

/// How to compare.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CompareOptions {
    /// Look only at these sub-bands, and expect each of them; empty: all.
    #[serde(deserialize_with = "null_is_default")]
    pub subbands: Vec<u32>,
    /// Match by the sub-band alone.
    pub by_subband: bool,
    /// By how many percent of the reference a size may differ, either way.
    #[serde(deserialize_with = "number_or_zero")]
    pub tolerance_percent: f64,
}

/// A size that is not that of the reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SizeDifference {
    /// Of which set.
    pub key: Key,
    /// MiB in this file.
    pub here_mb: u64,
    /// MiB in the reference.
    pub reference_mb: u64,
}

/// What one file has or lacks.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Difference {
    /// Sets that another file has, or that were asked for.
    pub missing: Vec<Key>,
    /// Sets with more than one row.
    pub multiple: Vec<Key>,
    /// Sets with one row here and one in the reference whose sizes differ.
    pub sizes: Vec<SizeDifference>,
    /// The same, where one of the two sizes is unknown.
    pub unknown_sizes: Vec<Key>,
    /// What is odd about the file, one sentence each.
    pub warnings: Vec<String>,
}

impl Difference {
    /// Whether nothing differs, as far as the sizes are known.
    pub fn is_ok(&self) -> bool {
        self.missing.is_empty() && self.multiple.is_empty() && self.sizes.is_empty()
    }
}

/// The result of a comparison.
#[derive(Debug, Clone)]
pub struct Comparison {
    /// One for each file, the reference first.
    pub files: Vec<Difference>,
    /// Rows of the reference which another file does not have, or only in
    /// another size.
    pub differing: RefFile,
    /// Rows of the reference which another file is not *known* to have: the
    /// above, and those where a size is unknown or where name or version
    /// differ. What is not here has a copy in every other file.
    pub lacking: RefFile,
    /// Whether all sets are of one beam of one observation.
    pub(crate) one_beam: bool,
}

impl Comparison {
    /// Whether no file differs.
    pub fn is_ok(&self) -> bool {
        self.files.iter().all(Difference::is_ok)
    }
}

/// Compares files with the first one.
///
/// # Errors
/// [`RefFileError::NothingToCompare`] for no file, or one without sub-bands.
pub fn compare(files: &[&RefFile], options: &CompareOptions) -> Result<Comparison, RefFileError> {
    let Some(reference) = files.first() else {
        return Err(RefFileError::NothingToCompare("no RefFile was named"));
    };
    if files.len() == 1 && options.subbands.is_empty() {
        let reason = "one RefFile alone needs the sub-bands it must have";
        return Err(RefFileError::NothingToCompare(reason));
    }
    let by_version = !options.by_subband && files.iter().any(|file| has_versions(file, options));
    let indices: Vec<Index<'_>> =
        files.iter().map(|file| Index::new(file, options, by_version)).collect();
    let mut keys: Vec<&Key> = indices.iter().flat_map(Index::keys).collect();
    let asked = key::asked_for(&keys, options);
    keys.extend(&asked);
    keys.sort();
    keys.dedup();

    let (first, others) = (&indices[0], &indices[1..]);
    let differences = indices.iter().enumerate().map(|(at, index)| {
        let reference = (at > 0).then_some(first);
        let mut difference = index.difference(&keys, reference, options);
        difference.warnings = index.file.warnings().to_vec();
        difference.warnings.extend(mixed_versions(&index.versions, &first.versions));
        difference
    });
    let differences = differences.collect();
    let differing = first.rows_where(|row| others.iter().any(|index| index.differs(row, options)));
    let lacking = first.rows_where(|row| others.iter().any(|index| index.may_lack(row, options)));
    Ok(Comparison {
        files: differences,
        differing: reference.with_entries(differing),
        lacking: reference.with_entries(lacking),
        one_beam: options.by_subband || key::is_one_beam(&keys),
    })
}

/// Whether one file has the same set in several versions.
fn has_versions(file: &RefFile, options: &CompareOptions) -> bool {
    let mut versions = HashMap::with_capacity(file.len());
    file.entries().iter().any(|entry| {
        let facts = file.facts(entry);
        let version = facts.version();
        Key::of(&facts, entry, options, false)
            .is_some_and(|key| *versions.entry(key).or_insert(version) != version)
    })
}

/// A row that counts.
struct Row<'a> {
    key: Key,
    version: u16,
    entry: &'a Entry,
    /// Its place in the file.
    place: usize,
}

impl Row<'_> {
    fn size(&self) -> Option<u64> {
        self.entry.size_mb
    }
}

/// The rows of a file that count, sorted by their key.
struct Index<'a> {
    file: &'a RefFile,
    rows: Vec<Row<'a>>,
    versions: BTreeSet<u32>,
}

impl<'a> Index<'a> {
    fn new(file: &'a RefFile, options: &CompareOptions, by_version: bool) -> Self {
        let mut rows = Vec::with_capacity(file.len());
        let mut versions = BTreeSet::new();
        for (place, entry) in file.entries().iter().enumerate() {
            let facts = file.facts(entry);
            if let Some(key) = Key::of(&facts, entry, options, by_version) {
                let version = facts.version();
                versions.insert(u32::from(version));
                rows.push(Row { key, version, entry, place });
            }
        }
        rows.sort_by(|a, b| a.key.cmp(&b.key));
        Self { file, rows, versions }
    }

    fn keys(&self) -> impl Iterator<Item = &Key> {
        self.rows.iter().map(|row| &row.key)
    }

    fn rows_of(&self, key: &Key) -> &[Row<'a>] {
        let start = self.rows.partition_point(|row| row.key < *key);
        let count = self.rows[start..].iter().take_while(|row| row.key == *key).count();
        &self.rows[start..start + count]
    }

    /// What the file has or lacks; sizes are compared with a reference.
    fn difference(
        &self,
        keys: &[&Key],
        reference: Option<&Self>,
        options: &CompareOptions,
    ) -> Difference {
        let mut difference = Difference::default();
        for &key in keys {
            let here = match self.rows_of(key) {
                [] => {
                    difference.missing.push(key.clone());
                    continue;
                }
                [one] => one,
                [..] => {
                    difference.multiple.push(key.clone());
                    continue;
                }
            };
            let Some([there]) = reference.map(|reference| reference.rows_of(key)) else { continue };
            match (here.size(), there.size()) {
                (Some(here_mb), Some(reference_mb)) => {
                    if !is_within(here_mb, reference_mb, options.tolerance_percent) {
                        let key = key.clone();
                        difference.sizes.push(SizeDifference { key, here_mb, reference_mb });
                    }
                }
                _ => difference.unknown_sizes.push(key.clone()),
            }
        }
        difference
    }

    /// The rows that fulfil a condition, in the order of the file.
    fn rows_where(&self, is_wanted: impl Fn(&Row<'a>) -> bool) -> Vec<Entry> {
        let mut wanted: Vec<_> = self.rows.iter().filter(|row| is_wanted(row)).collect();
        wanted.sort_by_key(|row| row.place);
        wanted.into_iter().map(|row| row.entry.clone()).collect()
    }

    /// Whether the file certainly has no such set of that size.
    fn differs(&self, wanted: &Row<'_>, options: &CompareOptions) -> bool {
        self.rows_of(&wanted.key).iter().all(|here| match (here.size(), wanted.size()) {
            (Some(here), Some(there)) => !is_within(here, there, options.tolerance_percent),
            _ => false,
        })
    }

    /// Whether it is not certain that the file has that very set.
    fn may_lack(&self, wanted: &Row<'_>, options: &CompareOptions) -> bool {
        !self.rows_of(&wanted.key).iter().any(|here| {
            let sizes = here.size().zip(wanted.size());
            sizes.is_some_and(|(h, w)| is_within(h, w, options.tolerance_percent))
                && (options.by_subband || is_same_set(here, wanted))
        })
    }
}

/// Whether one can be a copy of the other, packed or not.
fn is_same_set(a: &Row<'_>, b: &Row<'_>) -> bool {
    a.version == b.version && key::unpacked_name(a.entry) == key::unpacked_name(b.entry)
}

/// Whether a size differs from the reference by at most so many percent.
#[allow(clippy::cast_precision_loss)] // sizes in MiB are far below 2^53
fn is_within(here: u64, reference: u64, percent: f64) -> bool {
    here == reference || here.abs_diff(reference) as f64 <= reference as f64 * percent / 100.0
}

fn mixed_versions(here: &BTreeSet<u32>, reference: &BTreeSet<u32>) -> Option<String> {
    let text = |set: &BTreeSet<u32>| format_ints(&set.iter().copied().collect::<Vec<_>>());
    if here.len() > 1 {
        Some(format!("it mixes the versions {}", text(here)))
    } else if !here.is_empty() && !reference.is_empty() && here != reference {
        Some(format!("it has version {}, the reference {}", text(here), text(reference)))
    } else {
        None
    }
}

#[cfg(test)]
mod tests;
