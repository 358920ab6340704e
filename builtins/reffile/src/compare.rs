//! RefFiles side by side: what is missing, listed more than once, or of
//! another size. The first file is the reference.
//!
//! Rows are matched by observation, beam and sub-band, or by the sub-band
//! alone; rows without a sub-band by their name. Where a file is or on which
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

/// The rows of a file by their key.
struct Index<'a> {
    file: &'a RefFile,
    rows: HashMap<Key, Vec<&'a Entry>>,
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
    let indices: Vec<Index<'_>> = files.iter().map(|file| Index::new(file, options)).collect();
    let mut keys: BTreeSet<&Key> = indices.iter().flat_map(|index| index.rows.keys()).collect();
    let asked = key::asked_for(&keys, options);
    keys.extend(&asked);

    let differences = indices.iter().enumerate().map(|(at, index)| {
        let mut difference = index.difference(&keys, &indices[0], at == 0, options);
        let versions = (index.versions(), indices[0].versions());
        difference.warnings = index.file.warnings().to_vec();
        difference.warnings.extend(mixed_versions(&versions.0, &versions.1));
        difference
    });
    let differences = differences.collect();
    let one_beam = options.by_subband || key::is_one_beam(&keys);
    let others = &indices[1..];
    let differing = rows_where(reference, options, |key, entry| {
        others.iter().any(|index| index.differs(key, entry, options))
    });
    let lacking = rows_where(reference, options, |key, entry| {
        others.iter().any(|index| index.may_lack(key, entry, options))
    });
    Ok(Comparison { files: differences, differing, lacking, one_beam })
}

/// The rows that count and fulfil a condition.
fn rows_where(
    file: &RefFile,
    options: &CompareOptions,
    is_wanted: impl Fn(&Key, &Entry) -> bool,
) -> RefFile {
    let wanted =
        |entry: &&Entry| Key::of(file, entry, options).is_some_and(|key| is_wanted(&key, entry));
    file.with_entries(file.entries().iter().filter(wanted).cloned().collect())
}

impl<'a> Index<'a> {
    fn new(file: &'a RefFile, options: &CompareOptions) -> Self {
        let mut rows: HashMap<Key, Vec<&Entry>> = HashMap::with_capacity(file.len());
        for entry in file.entries() {
            if let Some(key) = Key::of(file, entry, options) {
                rows.entry(key).or_default().push(entry);
            }
        }
        Self { file, rows }
    }

    fn rows_of(&self, key: &Key) -> &[&'a Entry] {
        self.rows.get(key).map_or(&[], Vec::as_slice)
    }

    fn difference(
        &self,
        keys: &BTreeSet<&Key>,
        reference: &Self,
        is_reference: bool,
        options: &CompareOptions,
    ) -> Difference {
        let mut difference = Difference::default();
        for &key in keys {
            match (self.rows_of(key), reference.rows_of(key)) {
                ([], _) => difference.missing.push(key.clone()),
                ([_, _, ..], _) => difference.multiple.push(key.clone()),
                ([here], [there]) if !is_reference => match (here.size_mb, there.size_mb) {
                    (Some(here_mb), Some(reference_mb)) => {
                        if !is_within(here_mb, reference_mb, options.tolerance_percent) {
                            let key = key.clone();
                            difference.sizes.push(SizeDifference { key, here_mb, reference_mb });
                        }
                    }
                    _ => difference.unknown_sizes.push(key.clone()),
                },
                _ => {}
            }
        }
        difference
    }

    /// Whether the file certainly has no such set of that size.
    fn differs(&self, key: &Key, entry: &Entry, options: &CompareOptions) -> bool {
        self.rows_of(key).iter().all(|here| match (here.size_mb, entry.size_mb) {
            (Some(here), Some(there)) => !is_within(here, there, options.tolerance_percent),
            _ => false,
        })
    }

    /// Whether it is not certain that the file has that very set.
    fn may_lack(&self, key: &Key, entry: &Entry, options: &CompareOptions) -> bool {
        let wanted = key::identity(self.file, entry);
        !self.rows_of(key).iter().any(|here| {
            let sizes = here.size_mb.zip(entry.size_mb);
            sizes.is_some_and(|(h, t)| is_within(h, t, options.tolerance_percent))
                && (options.by_subband || key::identity(self.file, here) == wanted)
        })
    }

    fn versions(&self) -> BTreeSet<u32> {
        let rows = self.rows.values().flatten();
        rows.map(|entry| u32::from(self.file.facts(entry).version())).collect()
    }
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
