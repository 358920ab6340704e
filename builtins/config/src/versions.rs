//! The steps of the standard processing as configuration records.

use ledama_base::versions::{STANDARD_VERSIONS, StandardVersion, Tier, quality_is_loaded};

use crate::model::Version;

impl From<StandardVersion> for Version {
    fn from(standard: StandardVersion) -> Self {
        let store = match standard.tier {
            Tier::Raw => "ARCHIVE_RAW",
            Tier::Processed => "ARCHIVE_PROC",
        };
        Self {
            number: standard.number,
            integration_time_s: standard.integration_time_s,
            channels: standard.channels,
            resolution_khz: standard.resolution_khz,
            calibrated: standard.calibrated,
            // What comes of the database is more than what the standard keeps.
            quality_kept: quality_is_loaded(standard.number),
            archived_in: standard.archived.then(|| store.to_string()),
        }
    }
}

/// The standard steps.
pub fn standard() -> Vec<Version> {
    STANDARD_VERSIONS.into_iter().map(Version::from).collect()
}
