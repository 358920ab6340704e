//! What the OBSERVATION table says, and which of it LOFAR adds.

use serde::{Deserialize, Serialize};

use super::reader::Reader;

const TABLE: &str = "OBSERVATION";

/// What the OBSERVATION table says, row 0.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ObservationFacts {
    /// Such as `LOFAR`.
    pub telescope: Option<String>,
    /// Campaign.
    pub project: Option<String>,
    /// Who observed.
    pub observer: Option<String>,
    /// The targets of the beam.
    pub target: Option<Vec<String>>,
    /// Observation number, as text.
    pub observation_id: Option<String>,
    /// Such as `HBA_DUAL_INNER`.
    pub antenna_set: Option<String>,
    /// Such as `HBA_110_190`.
    pub filter_selection: Option<String>,
    /// Sampling clock, MHz.
    pub clock_mhz: Option<f64>,
    /// Number of the beam.
    pub sub_array_pointing: Option<i64>,
    /// Bits of a sample of the correlator.
    pub bits_per_sample: Option<i64>,
    /// Name of the set when it was written.
    pub filename: Option<String>,
    /// Planned start and end, MJD s (UTC).
    pub time_range: Option<Vec<f64>>,
}

pub(super) fn read(reader: &mut Reader) -> ObservationFacts {
    ObservationFacts {
        telescope: reader.text(TABLE, "TELESCOPE_NAME", 0),
        project: reader.text(TABLE, "PROJECT", 0),
        observer: reader.text(TABLE, "OBSERVER", 0),
        target: reader.texts(TABLE, "LOFAR_TARGET", 0),
        observation_id: reader.text(TABLE, "LOFAR_OBSERVATION_ID", 0),
        antenna_set: reader.text(TABLE, "LOFAR_ANTENNA_SET", 0),
        filter_selection: reader.text(TABLE, "LOFAR_FILTER_SELECTION", 0),
        clock_mhz: reader.number(TABLE, "LOFAR_CLOCK_FREQUENCY", 0),
        sub_array_pointing: reader.integer(TABLE, "LOFAR_SUB_ARRAY_POINTING", 0),
        bits_per_sample: reader.integer(TABLE, "LOFAR_NOF_BITS_PER_SAMPLE", 0),
        filename: reader.text(TABLE, "LOFAR_FILENAME", 0),
        time_range: reader.numbers(TABLE, "TIME_RANGE", 0),
    }
}
