//! The statistics of one set.

use serde::{Deserialize, Serialize};

/// Number of a station in rows that stand for many stations.
pub const ALL: i32 = -1;

/// The statistics of one set, with what they are of.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SetStats {
    /// The path of the set, in text form.
    pub path: String,
    /// Its name.
    pub set: String,
    /// Reference frequency of the first spectral window, MHz.
    pub freq_mhz: Option<f64>,
    /// What was computed, in words: `key: value`, for the head of a file.
    pub remarks: Vec<String>,
    /// Names of the statistics, such as `amp_mean`.
    pub statistics: Vec<String>,
    /// By baseline, then by polarization; then summaries.
    pub rows: Vec<Row>,
    /// What was left out, and why.
    pub warnings: Vec<String>,
}

/// The statistics of one baseline and polarization.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// Reference frequency of its spectral window, MHz.
    #[serde(default)]
    pub freq_mhz: Option<f64>,
    /// Its spectral window; none in summaries, which may be of several.
    #[serde(default)]
    pub window: Option<u64>,
    /// Numbers of the stations; [`ALL`] in summaries.
    pub antennas: [i32; 2],
    /// Their names; `*` in summaries.
    pub names: [String; 2],
    /// The polarization.
    pub polarization: String,
    /// Valid samples before averaging.
    pub num: u64,
    /// Samples that were flagged or no numbers.
    pub flagged: u64,
    /// The statistics, in their order; nothing where there are no values.
    pub values: Vec<Option<f64>>,
}
