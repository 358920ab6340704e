//! Diagnostics of stations, times, frequencies and baselines as rows: from the
//! database, or straight from measurement sets and tables of solutions.
//!
//! A row is what one measurement set says of one station (gains), one kind of
//! statistics, or one kind and baseline. Its samples stand on true times and
//! frequencies; what is missing is NaN.

pub mod axis;
pub mod bring;
pub mod columns;
pub mod database;
mod derive;
pub mod direct;
mod files;
pub mod input;
pub mod keys;
pub mod kinds;
pub mod map;
pub mod operation;
pub mod reduce;
pub mod row;
pub mod series;

#[cfg(test)]
mod tests;

pub use axis::XAxis;
pub use input::Input;
pub use keys::{Attribute, Key, KeyValue};
pub use kinds::Quantity;
pub use row::{Facts, Row};

use ledama_base::operation::{ErrorKind, OperationError};
use ledama_leddb::schema::pseudo::Pseudo;
use serde::{Deserialize, Serialize};

/// What a row is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Type {
    /// Gains of stations.
    Gain,
    /// Quality statistics per time.
    Qts,
    /// Quality statistics per frequency.
    Qfs,
    /// Quality statistics per baseline.
    Qbs,
}

impl Type {
    /// As users write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Gain => "GAIN",
            Self::Qts => "QTS",
            Self::Qfs => "QFS",
            Self::Qbs => "QBS",
        }
    }

    /// In words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Gain => "gains",
            Self::Qts => "quality statistics per time",
            Self::Qfs => "quality statistics per frequency",
            Self::Qbs => "quality statistics per baseline",
        }
    }

    /// Its table in the database.
    #[must_use]
    pub fn table(self) -> Pseudo {
        match self {
            Self::Gain => Pseudo::Gain,
            Self::Qts => Pseudo::Qts,
            Self::Qfs => Pseudo::Qfs,
            Self::Qbs => Pseudo::Qbs,
        }
    }

    /// Whether its rows have a time axis.
    #[must_use]
    pub fn has_times(self) -> bool {
        matches!(self, Self::Gain | Self::Qts)
    }
}

/// An error of what the user asked for, with advice.
pub(crate) fn wrong(message: impl Into<String>, help: impl Into<String>) -> OperationError {
    let help = help.into();
    let error = OperationError::new(ErrorKind::Input, message);
    if help.is_empty() { error } else { error.help(help) }
}
