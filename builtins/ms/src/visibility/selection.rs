//! Which visibilities are wanted, before a set is known.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::stokes::StokesScale;

/// Which visibilities. The default is everything but autocorrelations.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Selection {
    /// Column, or sum or difference of two columns: `DATA`, `DATA-MODEL_DATA`.
    pub column: String,
    /// Time slots: places among the different times, sorted.
    pub times: SlotRange,
    /// Only times from here, MJD s (UTC), inclusive.
    pub from_mjd_s: Option<f64>,
    /// Only times up to here, MJD s (UTC), inclusive.
    pub to_mjd_s: Option<f64>,
    /// Channels.
    pub channels: SlotRange,
    /// Of these only channels whose centres lie from here to there, Hz, inclusive.
    pub frequency_hz: Option<(f64, f64)>,
    /// The spectral window, by its number; needed where rows of several are selected.
    pub window: Option<i32>,
    /// Only baselines of two of these stations, by their numbers.
    pub antennas: Option<Vec<i32>>,
    /// Only these baselines, in either order; overrides `antennas` and `autocorrelations`.
    pub baselines: Option<Vec<(i32, i32)>>,
    /// Baselines, in either order, without which the selection fails.
    pub required: Vec<(i32, i32)>,
    /// Only baselines at least and at most so long, m, by the positions of the stations.
    pub lengths_m: Option<(f64, f64)>,
    /// Also baselines of a station with itself.
    pub autocorrelations: bool,
    /// Which correlations, or Stokes parameters.
    pub polarizations: Polarizations,
    /// What flags do.
    pub flags: Flags,
    /// The column with the flags.
    pub flag_column: String,
    /// Whether samples count in averages by their weights: those of
    /// WEIGHT_SPECTRUM, else of WEIGHT. Without weight a sample is invalid.
    pub weights: bool,
    /// What an average is.
    pub averaging: Averaging,
}

impl Default for Selection {
    fn default() -> Self {
        Self {
            column: "DATA".into(),
            times: SlotRange::default(),
            from_mjd_s: None,
            to_mjd_s: None,
            channels: SlotRange::default(),
            frequency_hz: None,
            window: None,
            antennas: None,
            baselines: None,
            required: Vec::new(),
            lengths_m: None,
            autocorrelations: false,
            polarizations: Polarizations::default(),
            flags: Flags::Apply,
            flag_column: "FLAG".into(),
            weights: false,
            averaging: Averaging::Vector,
        }
    }
}

/// What flags do. Values that are no finite numbers never count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Flags {
    /// Flagged samples do not count.
    #[default]
    Apply,
    /// They count like others.
    Ignore,
    /// Only they count.
    Only,
}

/// What an average of complex values is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Averaging {
    /// Their mean.
    #[default]
    Vector,
    /// The mean of the amplitudes with the mean direction of the phases:
    /// values that turn do not cancel.
    Scalar,
}

/// Places on an axis, both ends inclusive; negative ones count from the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlotRange {
    /// First place.
    pub start: i64,
    /// Last place; -1 is the last of all.
    pub end: i64,
}

impl Default for SlotRange {
    fn default() -> Self {
        Self { start: 0, end: -1 }
    }
}

impl SlotRange {
    /// The places on an axis of this length, or what is wrong.
    pub fn places(self, length: usize, axis: &str) -> Result<std::ops::Range<usize>, String> {
        let count = i64::try_from(length).unwrap_or(i64::MAX);
        let place = |at: i64| if at < 0 { at + count } else { at };
        let (start, end) = (place(self.start), place(self.end));
        if length == 0 {
            return Err(format!("there are no {axis}"));
        }
        match (usize::try_from(start), usize::try_from(end)) {
            (Ok(first), Ok(last)) if first <= last && last < length => Ok(first..last + 1),
            _ => Err(format!(
                "{axis} {},{} are not among the {length} there are",
                self.start, self.end
            )),
        }
    }
}

impl FromStr for SlotRange {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let numbers: Option<Vec<i64>> =
            text.split(',').map(|part| part.trim().parse().ok()).collect();
        match numbers.as_deref() {
            Some(&[start, end]) => Ok(Self { start, end }),
            _ => Err(format!("`{text}` is not `first,last`")),
        }
    }
}

/// Which correlations, as they are or turned into something else.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Polarizations {
    /// Correlations by their place on the last axis.
    Correlations(Vec<usize>),
    /// Stokes I, Q, U, V (0 to 3), from all four correlations.
    Stokes {
        /// Which of them.
        parameters: Vec<usize>,
        /// With or without the factor ½.
        scale: StokesScale,
    },
    /// XX - YY of the averaged values (for circular feeds RR - LL).
    DifferenceOfParallel,
    /// XY · conj(YX) of the averaged values.
    ProductOfCross,
}

impl Default for Polarizations {
    fn default() -> Self {
        Self::Correlations(vec![0, 1, 2, 3])
    }
}

/// How two columns are joined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    /// The sum.
    Plus,
    /// The difference.
    Minus,
}

/// A column, or a sum or difference of two.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnExpression {
    /// The first column.
    pub first: String,
    /// What is added to it or taken from it.
    pub second: Option<(Sign, String)>,
}

impl FromStr for ColumnExpression {
    type Err = String;

    /// Reads `A`, `A-B`, `A+B`, and the older `A,-,B`.
    fn from_str(text: &str) -> Result<Self, String> {
        let name = |part: &str| {
            let part = part.trim();
            let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
            if part.is_empty() || !part.chars().all(plain) {
                return Err(format!("`{text}` is not a column, or two with + or - between them"));
            }
            Ok(part.to_string())
        };
        let joined: String = text.replace(',', "");
        let (sign, at) = match joined.find(['+', '-']) {
            None => return Ok(Self { first: name(&joined)?, second: None }),
            Some(at) if joined.as_bytes()[at] == b'+' => (Sign::Plus, at),
            Some(at) => (Sign::Minus, at),
        };
        let second = (sign, name(&joined[at + 1..])?);
        Ok(Self { first: name(&joined[..at])?, second: Some(second) })
    }
}
