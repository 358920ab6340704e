//! Where samples stand on the horizontal axis: five choices.

use std::collections::BTreeMap;

use ledama_base::operation::OperationError;
use serde::{Deserialize, Serialize};

use super::row::Facts;
use super::wrong;
use crate::astro::{self, Place};

/// MJD of 1970-01-01, seconds.
pub const UNIX_MJD_S: f64 = 40_587.0 * 86_400.0;

/// Free room between two observations on a wrapped axis, s.
const WRAP_GAP_S: f64 = 200.0;
/// Observations that begin at most so much before the last one belong to it, s.
const WRAP_SLACK_S: f64 = 60.0;

/// A horizontal axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum XAxis {
    /// UTC, seconds since 1970.
    #[serde(rename = "TIME_UTC_NORMAL")]
    Utc,
    /// UTC without the empty time between observations.
    #[serde(rename = "TIME_UTC_WRAP_BLANK")]
    Wrapped,
    /// UTC time of day, s.
    #[serde(rename = "TIME_UTC_DAILY")]
    Daily,
    /// Hour angle, seconds in (−43200, 43200].
    #[serde(rename = "TIME_HOUR_ANGLE")]
    HourAngle,
    /// Frequency, MHz.
    #[serde(rename = "FREQ_NORMAL")]
    Frequency,
}

impl XAxis {
    /// Whether it shows times.
    #[must_use]
    pub fn is_time(self) -> bool {
        self != Self::Frequency
    }

    /// Whether users may give its limits.
    #[must_use]
    pub fn takes_range(self) -> bool {
        matches!(self, Self::Daily | Self::HourAngle | Self::Frequency)
    }

    /// Quantity and unit.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Utc => "Time [UTC]",
            Self::Wrapped => "Time [UTC], empty time left out",
            Self::Daily => "Time of day [UTC]",
            Self::HourAngle => "Hour angle [h:m]",
            Self::Frequency => "Frequency [MHz]",
        }
    }
}

/// A wrapped axis: where each observation begins on it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Wrap {
    /// Beginnings on the axis and seconds since 1970 there.
    pieces: Vec<(f64, f64)>,
    /// The largest place on the axis so far.
    last: f64,
}

impl Wrap {
    /// Takes an observation that begins at `start`, seconds since 1970, and
    /// whose last sample is at `end`; how much to add to its times. They must
    /// come in the order of time.
    pub fn add(&mut self, start: f64, end: f64) -> Result<f64, OperationError> {
        match self.pieces.last() {
            None => {
                self.pieces.push((start, start));
                self.last = start;
            }
            Some((_, known)) if start > *known => {
                self.pieces.push((self.last + WRAP_GAP_S, start));
            }
            Some((_, known)) if known - start <= WRAP_SLACK_S => {}
            Some(_) => {
                return Err(wrong("the observations are not sorted by time", ""));
            }
        }
        let shift = self.pieces.last().map_or(0.0, |(place, from)| place - from);
        self.last = self.last.max(end + shift);
        Ok(shift)
    }

    /// The time at a place on the axis, seconds since 1970.
    #[must_use]
    pub fn time(&self, place: f64) -> f64 {
        let after = self.pieces.partition_point(|(begin, _)| *begin <= place);
        match self.pieces.get(after.max(1) - 1) {
            Some((begin, from)) => from + place - begin,
            None => place,
        }
    }

    /// Beginnings on the axis and seconds since 1970 there.
    #[must_use]
    pub fn pieces(&self) -> &[(f64, f64)] {
        &self.pieces
    }
}

/// A wrapped axis for rows, by their facts and first and last times (MJD, s),
/// with what is to be added to the times of each observation.
pub fn wrap<'a>(
    rows: impl Iterator<Item = (&'a Facts, f64, f64)>,
) -> Result<(Wrap, BTreeMap<String, f64>), OperationError> {
    let mut observations: BTreeMap<&str, (f64, f64)> = BTreeMap::new();
    for (facts, first, last) in rows {
        let start = facts.start_mjd_s.unwrap_or(first) - UNIX_MJD_S;
        let end = last - UNIX_MJD_S;
        let one = observations.entry(&facts.lds).or_insert((start, end));
        *one = (one.0.min(start), one.1.max(end));
    }
    let mut sorted: Vec<(&str, (f64, f64))> = observations.into_iter().collect();
    sorted.sort_by(|a, b| a.1.0.total_cmp(&b.1.0));
    let mut wrap = Wrap::default();
    let mut shifts = BTreeMap::new();
    for (name, (start, end)) in sorted {
        shifts.insert(name.to_string(), wrap.add(start, end)?);
    }
    Ok((wrap, shifts))
}

/// UTC time of day in seconds.
#[must_use]
pub fn daily(mjd_s: f64) -> f64 {
    mjd_s.rem_euclid(86_400.0)
}

/// The hour angle of the pointing of a row.
pub fn hour_angle(facts: &Facts, mjd_s: f64) -> Result<f64, OperationError> {
    match facts.pointing {
        Some((ra, dec)) => Ok(astro::hour_angle(ra, dec, mjd_s, Place::LOFAR)),
        None => Err(wrong(
            format!("{}: where it pointed is not known, so it has no hour angle", facts.lds),
            "choose another axis, or add the phase direction of its beam to the database",
        )),
    }
}
