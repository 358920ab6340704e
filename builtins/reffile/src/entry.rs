//! One row: a measurement set, where it is, and how large.

use std::sync::Arc;

use ledama_base::corrections::Corrections;
use ledama_base::path::DataPath;
use serde::Deserialize;

use crate::input::number;

/// What stands in a column whose value is not known. All are written as `?`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub enum Unknown {
    /// `?`: not asked for, or nobody knows.
    #[default]
    Question,
    /// `None`: no value in the database.
    None,
    /// `---`: written by the check of the database.
    Dashes,
    /// `ERROR`: the set could not be read.
    Error,
}

impl Unknown {
    pub(crate) fn of(word: &str) -> Option<Self> {
        match word {
            "?" => Some(Self::Question),
            "None" => Some(Self::None),
            "---" => Some(Self::Dashes),
            "ERROR" => Some(Self::Error),
            _ => None,
        }
    }

    /// The word of older files.
    pub fn word(self) -> &'static str {
        match self {
            Self::Question => "?",
            Self::None => "None",
            Self::Dashes => "---",
            Self::Error => "ERROR",
        }
    }
}

/// One row of a RefFile.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The set in text form (see `ledama_base::rawtext`), without a slash at the end.
    pub path: Arc<str>,
    /// The machine, or the id of the store that stands in its place.
    pub node: Arc<str>,
    /// Central frequency, MHz.
    pub freq_mhz: Option<f64>,
    /// Which word stood for an unknown frequency.
    pub freq_word: Unknown,
    /// Size as `du -sm` tells it, MiB rounded up.
    pub size_mb: Option<u64>,
    /// Index of the beam.
    pub beam: Option<u16>,
    /// Line of the file it was read from, from 1; 0 if it was not read.
    pub line: u32,
}

impl Entry {
    /// What tells it from all others.
    pub fn key(&self) -> (&str, &str) {
        (&self.node, &self.path)
    }

    /// What its path tells, by the corrections of this program.
    pub fn facts(&self) -> DataPath<'_> {
        DataPath::parse(&self.path)
    }

    /// What its path tells.
    pub fn facts_with(&self, corrections: &Corrections) -> DataPath<'_> {
        DataPath::parse_with(&self.path, corrections)
    }

    /// Whether it says the same as another row, wherever the two were read.
    pub fn says_the_same(&self, other: &Self) -> bool {
        self.key() == other.key()
            && self.freq_mhz == other.freq_mhz
            && self.size_mb == other.size_mb
            && self.beam == other.beam
    }
}

/// A row that is not checked yet, as scripts and scans make them.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewEntry {
    /// In text form.
    pub path: String,
    /// A machine, or a store by its id or an alias.
    pub node: String,
    /// Central frequency, MHz.
    #[serde(default, deserialize_with = "number")]
    pub freq_mhz: Option<f64>,
    /// MiB rounded up.
    #[serde(default)]
    pub size_mb: Option<u64>,
    /// Index of the beam; taken from the path if not given.
    #[serde(default)]
    pub beam: Option<u16>,
}

impl From<&Entry> for NewEntry {
    fn from(entry: &Entry) -> Self {
        Self {
            path: entry.path.to_string(),
            node: entry.node.to_string(),
            freq_mhz: entry.freq_mhz,
            size_mb: entry.size_mb,
            beam: entry.beam,
        }
    }
}
