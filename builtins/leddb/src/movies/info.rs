//! What a movie shows.

use serde::{Deserialize, Serialize};

use crate::lists::Fault;
use crate::schema::enumerations::MOVIE_AXES;

/// A measurement set that a movie shows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Used {
    /// By its id in the database.
    Set {
        /// Its sub-band.
        sub_band: i64,
        /// Frequency of the first channel used, Hz.
        frequency_hz: f64,
        /// Its id.
        measurementset_id: i64,
    },
    /// By where it was.
    File {
        /// The node.
        node: String,
        /// Its path there.
        path: String,
    },
}

/// What a movie shows.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MovieInfo {
    /// `time` or `freq`; the film runs over the other one.
    pub xaxis: String,
    /// Correlations, 0 to 3.
    pub jones: Vec<i64>,
    /// Stations.
    pub stations: Vec<String>,
    /// Delays of the stations, s.
    pub delays: Vec<f64>,
    /// Station that phases are referred to.
    #[serde(default)]
    pub reference_station: Option<String>,
    /// Amplitude and phase, not real and imaginary part.
    pub polar: bool,
    /// First, last (-1: to the end) and step.
    pub times: [i64; 3],
    /// The same.
    pub channels: [i64; 3],
    /// Limits of the two y axes.
    pub yrange: [f64; 4],
    /// Free text.
    #[serde(default)]
    pub message: Option<String>,
    /// What it shows.
    pub used: Vec<Used>,
    /// How it was made: sources, options, versions. For people; the database does
    /// not keep it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made: Option<serde_json::Value>,
}

impl MovieInfo {
    /// What does not fit together, in words.
    pub(super) fn problems(&self) -> Vec<String> {
        let mut found = Vec::new();
        if !MOVIE_AXES.contains(&self.xaxis.as_str()) {
            found.push(format!("the x axis is `time` or `freq`, not `{}`", self.xaxis));
        }
        if self.jones.is_empty() || self.jones.iter().any(|one| !(0..=3).contains(one)) {
            found.push("the correlations are numbers from 0 to 3".to_string());
        }
        if self.stations.len() != self.delays.len() {
            let (stations, delays) = (self.stations.len(), self.delays.len());
            found.push(format!("{stations} stations have {delays} delays"));
        }
        let numbers = self.delays.iter().chain(&self.yrange);
        if numbers.into_iter().any(|number| !number.is_finite()) {
            found.push("a delay or a limit is no finite number".to_string());
        }
        if self.used.is_empty() {
            found.push("it names no measurement set that it shows".to_string());
        }
        found
    }
}

/// The form in JSON, as [`read_json`] reads it.
pub fn write_json(info: &MovieInfo) -> String {
    let mut object = serde_json::Map::from_iter([("version".to_string(), 1.into())]);
    if let Ok(serde_json::Value::Object(fields)) = serde_json::to_value(info) {
        object.extend(fields);
    }
    let mut text = serde_json::to_string_pretty(&object).unwrap_or_default();
    text.push('\n');
    text
}

#[derive(Deserialize)]
struct Versioned {
    version: u32,
    #[serde(flatten)]
    rest: serde_json::Map<String, serde_json::Value>,
}

/// Reads the form in JSON: `version` 1 and the fields of [`MovieInfo`].
///
/// # Errors
/// All its faults.
pub fn read_json(text: &str) -> Result<MovieInfo, Vec<Fault>> {
    let fault = |line: usize, problem: String| vec![Fault { line, problem }];
    let versioned: Versioned =
        serde_json::from_str(text).map_err(|error| fault(error.line(), error.to_string()))?;
    if versioned.version != 1 {
        return Err(fault(0, format!("version {} of this form is not known", versioned.version)));
    }
    let info: MovieInfo = serde_json::from_value(versioned.rest.into())
        .map_err(|error| fault(0, error.to_string()))?;
    let problems = info.problems();
    if problems.is_empty() {
        return Ok(info);
    }
    Err(problems.into_iter().map(|problem| Fault { line: 0, problem }).collect())
}
