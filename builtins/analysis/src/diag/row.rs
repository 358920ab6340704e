//! One diagnostic row with its samples and axes.

use ledama_ms::encoded::EncodedArray;
use ndarray::Array3;
use num_complex::Complex64;
use serde::{Deserialize, Serialize};

use super::kinds::Quantity;

/// Correlations of every row.
pub const CORRELATIONS: usize = 4;

/// What is known of a row besides its samples.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Facts {
    /// The observation, or the name of the file where none is known.
    pub lds: String,
    /// Id of the measurement set, or number of the file.
    pub set: i64,
    /// The beam.
    pub beam: Option<i64>,
    /// The sub-band.
    pub sub_band: Option<i64>,
    /// The version of the processing.
    pub version: Option<i64>,
    /// Middle of the sub-band, MHz.
    pub centre_mhz: Option<f64>,
    /// Where the beam pointed, J2000, degrees.
    pub pointing: Option<(f64, f64)>,
    /// Start of the observation, MJD in seconds.
    pub start_mjd_s: Option<f64>,
    /// The station; of a baseline the first.
    pub station: Option<String>,
    /// The second station of a baseline.
    pub station2: Option<String>,
    /// Direction of gains, degrees; none where they hold everywhere.
    pub direction: Option<(f64, f64)>,
    /// Kind of statistics.
    pub kind: Option<String>,
    /// Names of the correlations.
    pub correlations: [String; CORRELATIONS],
}

/// Names of linear correlations.
#[must_use]
pub fn linear() -> [String; CORRELATIONS] {
    ["XX", "XY", "YX", "YY"].map(String::from)
}

/// A diagnostic row.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// What it is of.
    pub facts: Facts,
    /// What its samples are.
    pub quantity: Quantity,
    /// The samples `[correlation][channel][time]`, NaN where there is none: one
    /// array, or for a derived kind one for each accumulator it needs.
    pub parts: Vec<Array3<Complex64>>,
    /// Middles of the channels, MHz.
    pub freq_mhz: Vec<f64>,
    /// Middles of the times, MJD in seconds; the start of the observation
    /// where there is no time axis.
    pub time_mjd_s: Vec<f64>,
    /// Distance of the channels, MHz.
    pub freq_step_mhz: Option<f64>,
    /// Distance of the times, s.
    pub time_step_s: Option<f64>,
}

/// A row as it travels.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Packed {
    facts: Facts,
    quantity: Quantity,
    parts: Vec<EncodedArray>,
    freq_mhz: Vec<f64>,
    time_mjd_s: Vec<f64>,
    freq_step_mhz: Option<f64>,
    time_step_s: Option<f64>,
}

impl Row {
    /// The row as it travels between nodes.
    #[must_use]
    pub fn packed(&self) -> Packed {
        let axes = ["correlation", "channel", "time", "part"];
        let pack = |part: &Array3<Complex64>| {
            let shape = [part.shape(), &[2]].concat();
            EncodedArray::new(&axes, &shape, part.iter().flat_map(|value| [value.re, value.im]))
        };
        Packed {
            facts: self.facts.clone(),
            quantity: self.quantity.clone(),
            parts: self.parts.iter().map(pack).collect(),
            freq_mhz: self.freq_mhz.clone(),
            time_mjd_s: self.time_mjd_s.clone(),
            freq_step_mhz: self.freq_step_mhz,
            time_step_s: self.time_step_s,
        }
    }
}

impl Packed {
    /// The row; `None` if its arrays do not fit its axes.
    #[must_use]
    pub fn unpack(self) -> Option<Row> {
        let shape = (CORRELATIONS, self.freq_mhz.len(), self.time_mjd_s.len());
        let unpack = |part: &EncodedArray| {
            let values = part.values()?;
            let (pairs, _) = values.as_chunks::<2>();
            let values = pairs.iter().map(|[re, im]| Complex64::new(*re, *im)).collect();
            Array3::from_shape_vec(shape, values).ok()
        };
        Some(Row {
            parts: self.parts.iter().map(unpack).collect::<Option<_>>()?,
            facts: self.facts,
            quantity: self.quantity,
            freq_mhz: self.freq_mhz,
            time_mjd_s: self.time_mjd_s,
            freq_step_mhz: self.freq_step_mhz,
            time_step_s: self.time_step_s,
        })
    }
}
