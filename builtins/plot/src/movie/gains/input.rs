//! What movies of gains are told.

use ledama_analysis::gains::Wanted;
use ledama_analysis::gains::source::Place;
use ledama_analysis::stations::Order;
use ledama_leddb::query::Query;
use serde::{Deserialize, Serialize};

use crate::figure::Theme;
use crate::figures::gain_frame::Across;
use crate::movie::Output;

/// Where gains come from: a database, or files.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Sources {
    /// The database, as a URL.
    pub database: Option<String>,
    /// Its rows: a query for gains.
    pub query: Option<Query>,
    /// Longest time of a statement, s; none or negative: no limit.
    pub timeout: Option<i64>,
    /// Files and folders.
    pub files: Vec<Place>,
}

/// A movie of all stations.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GainMovieInput {
    /// The gains.
    pub sources: Sources,
    /// Stations, directions, elements, channels.
    #[serde(default)]
    pub wanted: Wanted,
    /// The movie, in text form; the ending of the format is added. For single pictures
    /// their folder.
    pub output: String,
    /// What the title names: an observation and version.
    #[serde(default)]
    pub object: Option<String>,
    /// What is along the panels.
    #[serde(default)]
    pub xaxis: Across,
    /// First, last (-1: to the end) and step of the times.
    #[serde(default)]
    pub times: Option<[i64; 3]>,
    /// The station that phases are relative to; none: the first. `none`: phases as they are.
    #[serde(default)]
    pub reference: Option<String>,
    /// File with delays of stations, in text form.
    #[serde(default)]
    pub delays: Option<String>,
    /// Real and imaginary part instead of amplitude and phase.
    #[serde(default)]
    pub cartesian: bool,
    /// Limits of the lower, then of the upper panels; none: from the gains.
    #[serde(default)]
    pub yrange: Option<[f64; 4]>,
    /// Order of the stations.
    #[serde(default)]
    pub order: Order,
    /// Width and height at scale 1.
    #[serde(default)]
    pub size: Option<(u32, u32)>,
    /// Everything is so many times larger.
    #[serde(default)]
    pub scale: Option<f64>,
    /// Colours of paper and ink.
    #[serde(default)]
    pub theme: Theme,
    /// Also write the older form of the description of the movie.
    #[serde(default)]
    pub legacy_info: bool,
    /// Format, rate and so on.
    #[serde(default)]
    pub movie: Output,
}

impl GainMovieInput {
    /// Frames a second unless told otherwise.
    pub(super) fn frames_per_second(&self) -> u16 {
        match self.xaxis {
            Across::Freq => 20,
            Across::Time => 8,
        }
    }
}
