//! The options that choose visibilities, and what they mean for one set.

use std::path::Path;

use ledama_base::operation::{ErrorKind, OperationError};
use ledama_base::ranges::FloatRange;
use ledama_base::rawtext;
use ledama_ms::info::{MsInfo, Wanted};
use ledama_ms::visibility::{
    Average, Averaging, Flags, Polarizations, Selection, SlotRange, StokesScale,
};
use serde::{Deserialize, Serialize};

use super::moment::moment_range;
use super::stations::{Antennas, Pairs};

/// Which visibilities, as the options of modules say it. What is absent is
/// everything, or the usual.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Choice {
    /// Column, `A-B` or `A+B`; `DATA`.
    pub column: Option<String>,
    /// First and last time slot: `0,-1`.
    pub timeslots: Option<String>,
    /// Range of time, UTC: `2013-03-29T13:00..2013-03-29T14:00`.
    pub times: Option<String>,
    /// First and last channel: `0,-1`.
    pub channels: Option<String>,
    /// Range of frequency, MHz: `134.1..134.3`.
    pub frequency: Option<String>,
    /// Stations, see [`Antennas`].
    pub antennas: Option<String>,
    /// Baselines, see [`Antennas`].
    pub baselines: Option<String>,
    /// Range of lengths of baselines, m: `0..2000`.
    pub lengths: Option<String>,
    /// Also autocorrelations.
    pub autocorrelations: bool,
    /// Correlations by number or name, or Stokes parameters.
    pub correlations: Option<String>,
    /// Stokes parameters instead of correlations.
    pub stokes: bool,
    /// With or without the factor ½.
    pub stokes_scale: Option<StokesScale>,
    /// An operation of two correlations.
    pub operation: Option<Operated>,
    /// What flags do.
    pub flags: Option<Flags>,
    /// The column with the flags; `FLAG`.
    pub flag_column: Option<String>,
    /// Averages with the weights of the set.
    pub weights: bool,
    /// How values are averaged.
    pub average: Option<Mode>,
    /// The spectral window.
    pub window: Option<i32>,
}

/// An operation of two averaged correlations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Operated {
    /// None.
    #[default]
    #[serde(rename = "0")]
    None,
    /// XX − YY.
    #[serde(rename = "1")]
    Difference,
    /// XY · YX*.
    #[serde(rename = "2")]
    Product,
}

/// How values are averaged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// The mean of the complex values.
    #[default]
    Vector,
    /// Amplitudes and phases apart.
    Scalar,
    /// Not at all.
    None,
}

/// What a set is, as far as choosing from it goes.
#[derive(Debug, Clone, PartialEq)]
pub struct Outline {
    /// All that the tables beside the main one tell.
    pub info: MsInfo,
    /// The name: what stands after the last `/`.
    pub name: String,
}

impl Outline {
    /// Reads it.
    pub fn read(path: &str) -> Result<Self, OperationError> {
        let place = rawtext::text_path(path);
        let info = MsInfo::read(&place, Wanted::default())
            .map_err(|error| OperationError::from(ledama_ms::ReadError::from(error)))?;
        Ok(Self { info, name: name(path) })
    }

    /// Names of the stations, also of those without data.
    pub fn stations(&self) -> &[String] {
        &self.info.stations.stations
    }
}

/// The name of a set, also where the path ends with a slash.
pub(crate) fn name(path: &str) -> String {
    let name = Path::new(path).file_name().and_then(|name| name.to_str());
    name.unwrap_or(path).to_string()
}

impl Choice {
    /// The column wanted.
    pub fn column(&self) -> &str {
        given(self.column.as_ref()).unwrap_or("DATA")
    }

    /// How values are averaged.
    pub fn mode(&self) -> Mode {
        self.average.unwrap_or_default()
    }

    /// `axis`, unless nothing is to be averaged.
    pub fn average(&self, axis: Average) -> Average {
        if self.mode() == Mode::None { Average::None } else { axis }
    }

    /// What the choice means for a set.
    pub fn resolve(&self, set: &Outline) -> Result<Selection, OperationError> {
        self.selection(set).map_err(|what| {
            OperationError::new(ErrorKind::Input, format!("{}: {what}", set.info.path))
        })
    }

    fn selection(&self, set: &Outline) -> Result<Selection, String> {
        let antennas = Antennas(set.stations());
        let slots = |text: Option<&String>, what: &str| match given(text) {
            None => Ok(SlotRange::default()),
            Some(text) => text.parse::<SlotRange>().map_err(|error| format!("{what}: {error}")),
        };
        let (from_mjd_s, to_mjd_s) = match given(self.times.as_ref()) {
            Some(text) => moment_range(text)?,
            None => (None, None),
        };
        let range = |text: Option<&String>, factor: f64| match given(text) {
            None => Ok(None),
            Some(text) => FloatRange::parse(text)
                .map(|range| Some((range.min * factor, range.max * factor)))
                .map_err(|error| error.to_string()),
        };
        let pairs = given(self.baselines.as_ref()).map(|text| antennas.pairs(text)).transpose()?;
        let (baselines, required) = match pairs {
            Some(Pairs { all, named }) => (Some(all), named),
            None => (None, Vec::new()),
        };
        Ok(Selection {
            column: self.column().to_string(),
            times: slots(self.timeslots.as_ref(), "time slots")?,
            from_mjd_s,
            to_mjd_s,
            channels: slots(self.channels.as_ref(), "channels")?,
            frequency_hz: range(self.frequency.as_ref(), 1e6)?,
            window: self.window,
            antennas: match given(self.antennas.as_ref()) {
                Some(text) => antennas.list(text)?,
                None => None,
            },
            baselines,
            required,
            lengths_m: range(self.lengths.as_ref(), 1.0)?,
            autocorrelations: self.autocorrelations,
            polarizations: self.polarizations(&set.info.spectral.correlations)?,
            flags: self.flags.unwrap_or_default(),
            flag_column: given(self.flag_column.as_ref()).unwrap_or("FLAG").to_string(),
            weights: self.weights,
            averaging: match self.mode() {
                Mode::Scalar => Averaging::Scalar,
                Mode::Vector | Mode::None => Averaging::Vector,
            },
        })
    }

    fn polarizations(&self, known: &[String]) -> Result<Polarizations, String> {
        match self.operation.unwrap_or_default() {
            Operated::None => {}
            _ if self.stokes => {
                return Err(
                    "an operation of correlations and Stokes parameters exclude each other".into(),
                );
            }
            Operated::Difference => return Ok(Polarizations::DifferenceOfParallel),
            Operated::Product => return Ok(Polarizations::ProductOfCross),
        }
        let stokes: Vec<String> = ["I", "Q", "U", "V"].map(String::from).to_vec();
        let names = if self.stokes { &stokes } else { known };
        let wanted = given(self.correlations.as_ref()).filter(|text| *text != "0,1,2,3");
        let places = match wanted {
            None if self.stokes => vec![0, 1, 2, 3],
            // All that there are.
            None => return Ok(Polarizations::default()),
            Some(text) => places(text, names)?,
        };
        if self.stokes {
            let scale = self.stokes_scale.unwrap_or_default();
            return Ok(Polarizations::Stokes { parameters: places, scale });
        }
        Ok(Polarizations::Correlations(places))
    }
}

/// Polarizations by number, range of numbers, or name.
fn places(text: &str, names: &[String]) -> Result<Vec<usize>, String> {
    let mut found = Vec::new();
    for item in text.split(',').map(str::trim) {
        if let Some(at) = names.iter().position(|name| name.eq_ignore_ascii_case(item)) {
            found.push(at);
            continue;
        }
        let range = ledama_base::ranges::parse_int_range(item);
        let numbers = range.map_err(|_| {
            format!("there is no polarization `{item}`; there are {}", names.join(","))
        })?;
        found.extend(numbers.values().map(|at| at as usize));
    }
    Ok(found)
}

/// A text that says something.
fn given(text: Option<&String>) -> Option<&str> {
    text.map(|text| text.trim()).filter(|text| !text.is_empty())
}
