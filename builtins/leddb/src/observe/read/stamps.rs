//! When the diagnostics inside a set were made.

use std::path::Path;

use ledama_ms::gains::{self, Source};
use ledama_ms::newest::newest;
use ledama_ms::parmdb::ParmDb;
use ledama_ms::quality::Quality;
use ledama_ms::read_error::ReadError;
use serde::{Deserialize, Serialize};

/// The tables of quality statistics.
const QUALITY: [&str; 4] = [
    "QUALITY_TIME_STATISTIC",
    "QUALITY_FREQUENCY_STATISTIC",
    "QUALITY_BASELINE_STATISTIC",
    "QUALITY_KIND_NAME",
];

/// Newest modification times of diagnostics; nothing where there are none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Stamps {
    /// Of gains.
    pub gain: Option<i64>,
    /// Of quality statistics.
    pub quality: Option<i64>,
}

/// The same of a set, each with the reason where it cannot be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Of gains.
    pub gain: Result<Option<i64>, String>,
    /// Of quality statistics.
    pub quality: Result<Option<i64>, String>,
}

/// Looks at the diagnostics of a set. Tables without rows are none.
pub fn stamps(set: &Path) -> Found {
    Found { gain: gain(set), quality: quality(set) }
}

fn gain(set: &Path) -> Result<Option<i64>, String> {
    let (source, place) = match gains::find(set) {
        Ok(found) => found,
        Err(ReadError::NotFound { .. }) => return Ok(None),
        Err(error) => return Err(error.to_string()),
    };
    if source == Source::Parmdb && !ParmDb::has_values(&place).map_err(|error| error.to_string())? {
        return Ok(None);
    }
    newest(&place).map_err(|error| format!("{}: {error}", place.display()))
}

fn quality(set: &Path) -> Result<Option<i64>, String> {
    if !Quality::is_in(set).map_err(|error| error.to_string())? {
        return Ok(None);
    }
    let mut found = None;
    for name in QUALITY {
        let folder = set.join(name);
        if folder.is_dir() {
            let time = newest(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
            found = found.max(time);
        }
    }
    Ok(found)
}
