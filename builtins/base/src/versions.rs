//! The steps of the standard processing, as the convention of the project
//! defines them. The configuration may replace the list; these are its defaults.

/// Which tier of the archive keeps data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tier {
    /// Raw data.
    Raw,
    /// Processed data.
    Processed,
}

/// One step of the standard processing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StandardVersion {
    /// The number in folder names, `_001` and so on; 0 is raw.
    pub number: u16,
    /// Integration time, s.
    pub integration_time_s: f64,
    /// Channels per sub-band.
    pub channels: u32,
    /// Channel width, kHz.
    pub resolution_khz: f64,
    /// Whether the step calibrates.
    pub calibrated: bool,
    /// Whether its quality statistics are kept in the database.
    pub quality_kept: bool,
    /// Size of an observation of 12 h and 488 sub-bands, TB.
    pub typical_size_tb: f64,
    /// Whether the archive keeps it.
    pub archived: bool,
    /// The tier of the archive that it would belong to.
    pub tier: Tier,
}

/// The standard steps by number.
pub const STANDARD_VERSIONS: [StandardVersion; 4] = [
    StandardVersion {
        number: 0,
        integration_time_s: 2.0,
        channels: 64,
        resolution_khz: 3.0,
        calibrated: false,
        quality_kept: false,
        typical_size_tb: 36.0,
        archived: false,
        tier: Tier::Raw,
    },
    StandardVersion {
        number: 1,
        integration_time_s: 2.0,
        channels: 15,
        resolution_khz: 12.0,
        calibrated: false,
        quality_kept: true,
        typical_size_tb: 13.0,
        archived: true,
        tier: Tier::Processed,
    },
    StandardVersion {
        number: 2,
        integration_time_s: 2.0,
        channels: 3,
        resolution_khz: 61.0,
        calibrated: true,
        quality_kept: false,
        typical_size_tb: 7.0,
        archived: true,
        tier: Tier::Processed,
    },
    StandardVersion {
        number: 3,
        integration_time_s: 10.0,
        channels: 1,
        resolution_khz: 183.0,
        calibrated: true,
        quality_kept: false,
        typical_size_tb: 1.0,
        archived: true,
        tier: Tier::Processed,
    },
];

/// First number that users may take for their own processing.
pub const FIRST_USER_VERSION: u16 = 4;

/// Last number that fits into the three digits of folder names.
pub const LAST_VERSION: u16 = 999;

/// Width of a sub-band, kHz.
pub const SUB_BAND_WIDTH_KHZ: f64 = 183.0;

/// Sub-bands of an observation in 8-bit mode, all beams together.
pub const SUB_BANDS_8_BIT: u16 = 488;

/// Sub-bands of any other observation.
pub const SUB_BANDS: u16 = 244;

/// Whether quality statistics of this version are loaded into the database.
/// Later versions only carry copies of them.
pub fn quality_is_loaded(version: u16) -> bool {
    version <= 1
}

/// How many times larger calibration makes a set: the corrected data, and
/// the model if it is stored too.
pub fn calibration_growth(with_model: bool) -> u32 {
    if with_model { 3 } else { 2 }
}

/// `_001`, the form in folder names.
pub fn suffix(version: u16) -> String {
    format!("_{version:03}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalogue_is_in_order() {
        for (index, version) in STANDARD_VERSIONS.iter().enumerate() {
            assert_eq!(usize::from(version.number), index);
            assert!(version.number < FIRST_USER_VERSION);
            assert_eq!(version.archived, version.tier == Tier::Processed);
            // Channels fill the sub-band, but for the edges that averaging drops.
            let width = f64::from(version.channels) * version.resolution_khz;
            assert!((width - SUB_BAND_WIDTH_KHZ).abs() < 10.0, "{version:?}");
        }
        assert!(quality_is_loaded(1) && !quality_is_loaded(2));
        assert_eq!(suffix(1), "_001");
        assert_eq!(calibration_growth(true), 3);
    }
}
