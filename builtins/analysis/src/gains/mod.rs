//! Gain solutions of many sub-bands as one cube on true axes.
//!
//! A [`Part`] is what one measurement set, parameter table, H5parm file or set
//! of the database holds. [`join`] puts parts together by the values of their
//! times and frequencies, never by position; what a part does not have is
//! missing. [`Reference`] turns phases to those of a station and takes known
//! delays out.

mod axis;
pub mod database;
mod effects;
mod join;
mod limits;
mod reference;
pub mod source;
#[cfg(test)]
mod tests;
mod wanted;

use ndarray::Array5;
use num_complex::Complex64;
use serde::{Deserialize, Serialize};

pub use effects::{EffectTable, effects};
pub use join::{Joining, estimate, join};
pub use ledama_ms::gains::{Cells, Direction, Jones};
pub use limits::{Limits, limits, range, smallest_range};
pub use reference::{Delays, Reference, wrap};
pub use wanted::{JONES_LABELS, Wanted, elements};

/// Where gains come from.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Origin {
    /// The node that holds the file; of the database none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
    /// The file or folder in text form; of the database none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Id of the measurement set in the database.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub set: Option<i64>,
    /// Sub-band.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sub_band: Option<i64>,
    /// Observation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observation: Option<String>,
    /// Right ascension and declination of the pointing, J2000, rad.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pointing: Option<[f64; 2]>,
    /// When the file was last changed, seconds since 1970 UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modified: Option<i64>,
    /// Size of the file, bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
}

impl Origin {
    /// For messages.
    pub fn name(&self) -> String {
        match (&self.path, self.set, &self.node) {
            (Some(path), _, Some(node)) => format!("{node}:{path}"),
            (Some(path), ..) => path.clone(),
            (None, Some(set), _) => format!("measurement set {set} of the database"),
            _ => "the gains".to_string(),
        }
    }
}

/// Gains of one source, `[time][freq][station][direction][jones]`; NaN is missing.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// Where they come from.
    pub origin: Origin,
    /// UTC as seconds of MJD; one NaN where they hold at all times.
    pub time: Cells,
    /// Hz; one NaN where they hold at all frequencies.
    pub freq: Cells,
    /// Place of each frequency in its source, before a selection.
    pub channels: Vec<usize>,
    /// Names.
    pub stations: Vec<String>,
    /// Directions; one without a name where there is no such axis.
    pub directions: Vec<Direction>,
    /// Elements of the Jones matrices.
    pub jones: Vec<Jones>,
    /// The values.
    pub values: Array5<Complex64>,
    /// What was odd in the source.
    pub warnings: Vec<String>,
}

/// Gains of many sources on common axes, `[time][freq][station][direction][jones]`;
/// NaN is missing.
#[derive(Debug, Clone, PartialEq)]
pub struct GainCube {
    /// Where they come from, in the order they were given.
    pub origins: Vec<Origin>,
    /// UTC as seconds of MJD.
    pub time: Cells,
    /// Hz.
    pub freq: Cells,
    /// For each frequency the place of its (first) source and of the channel in it.
    pub bands: Vec<[usize; 2]>,
    /// Names, core first.
    pub stations: Vec<String>,
    /// Directions.
    pub directions: Vec<Direction>,
    /// Elements of the Jones matrices, ascending.
    pub jones: Vec<Jones>,
    /// The values.
    pub values: Array5<Complex64>,
    /// What the user should know.
    pub warnings: Vec<String>,
}

impl GainCube {
    /// Lengths of the axes.
    pub fn shape(&self) -> [usize; 5] {
        let axes = self.values.shape();
        [axes[0], axes[1], axes[2], axes[3], axes[4]]
    }

    /// A value; `None` if it is missing or there is no such place.
    pub fn value(&self, place: [usize; 5]) -> Option<Complex64> {
        self.values.get(place).copied().filter(|value| value.is_finite())
    }

    /// The place of a station.
    pub fn station(&self, name: &str) -> Option<usize> {
        self.stations.iter().position(|station| station == name)
    }

    /// How many values there are.
    pub fn valid(&self) -> usize {
        self.values.iter().filter(|value| value.is_finite()).count()
    }

    /// The same gains at some of the times.
    #[must_use]
    pub fn at_times(mut self, places: &[usize]) -> Self {
        let pick = |numbers: &[f64]| places.iter().map(|at| numbers[*at]).collect();
        self.time = Cells { centres: pick(&self.time.centres), widths: pick(&self.time.widths) };
        self.values = self.values.select(ndarray::Axis(0), places);
        self
    }
}
