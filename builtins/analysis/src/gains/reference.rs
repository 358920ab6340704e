//! Phases relative to a station, with known delays taken out.

use std::collections::BTreeMap;
use std::f64::consts::{PI, TAU};

use ndarray::Axis;
use num_complex::Complex64;

use super::GainCube;

/// The same angle from -π (inclusive) to π; NaN stays NaN.
pub fn wrap(angle: f64) -> f64 {
    // The remainder can round up to a whole turn.
    let turned = (angle + PI).rem_euclid(TAU) - PI;
    if turned >= PI { turned - TAU } else { turned }
}

/// Delays of stations, s.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Delays(pub BTreeMap<String, f64>);

impl Delays {
    /// Reads lines of `STATION SECONDS`; further columns, empty lines and lines that
    /// begin with `#` mean nothing.
    ///
    /// # Errors
    /// All lines that cannot be read, with their numbers.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut delays = BTreeMap::new();
        let mut faults = Vec::new();
        for (number, line) in (1..).zip(text.lines()) {
            let mut words = line.split_whitespace();
            let Some(station) = words.next().filter(|word| !word.starts_with('#')) else {
                continue;
            };
            match words.next().map(str::parse::<f64>) {
                Some(Ok(delay)) if delay.is_finite() => {
                    if delays.insert(station.to_string(), delay).is_some() {
                        faults.push(format!("line {number}: {station} stands there twice"));
                    }
                }
                Some(_) => faults.push(format!("line {number}: `{line}` has no delay in seconds")),
                None => faults.push(format!("line {number}: {station} has no delay")),
            }
        }
        if faults.is_empty() { Ok(Self(delays)) } else { Err(faults.join("; ")) }
    }

    /// That of a station, 0 if there is none.
    pub fn of(&self, station: &str) -> f64 {
        self.0.get(station).copied().unwrap_or(0.0)
    }

    /// Stations that are not among these.
    pub fn unknown(&self, stations: &[String]) -> Vec<&str> {
        self.0.keys().filter(|name| !stations.contains(name)).map(String::as_str).collect()
    }
}

/// What phases are relative to.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Reference {
    /// Place of the station; none: phases stay as they are.
    pub station: Option<usize>,
    /// Delays by the place of the station, s; none: all are 0.
    pub delays: Vec<f64>,
}

impl Reference {
    /// The reference station by name, and delays.
    ///
    /// # Errors
    /// A station that is not there, in words.
    pub fn new(
        stations: &[String],
        name: Option<&str>,
        delays: Option<&Delays>,
    ) -> Result<Self, String> {
        let station = match name {
            None => None,
            Some(name) => {
                Some(stations.iter().position(|station| station == name).ok_or_else(|| {
                    format!("the reference station {name} is not among {}", stations.join(", "))
                })?)
            }
        };
        let delays = delays
            .map(|delays| stations.iter().map(|station| delays.of(station)).collect())
            .unwrap_or_default();
        Ok(Self { station, delays })
    }

    /// φ - φ(reference) - 2π·ν·τ, from -π to π, with ν in Hz and τ in s.
    pub fn phase(&self, phase: f64, reference: f64, freq_hz: f64, station: usize) -> f64 {
        let delay = self.delays.get(station).copied().unwrap_or(0.0);
        let turned = if delay == 0.0 { 0.0 } else { TAU * freq_hz * delay };
        wrap(phase - reference - turned)
    }

    /// Turns all gains; where the station or the reference is missing, the result is
    /// missing. Amplitudes stay.
    pub fn apply(&self, cube: &mut GainCube) {
        if self.station.is_none() && self.delays.iter().all(|delay| *delay == 0.0) {
            return;
        }
        let freq = &cube.freq.centres;
        for mut time in cube.values.outer_iter_mut() {
            for (mut channel, freq) in time.outer_iter_mut().zip(freq) {
                // A copy: the reference itself is turned too.
                let reference = self.station.map(|at| channel.index_axis(Axis(0), at).to_owned());
                for (station, mut gains) in channel.outer_iter_mut().enumerate() {
                    for (place, gain) in gains.indexed_iter_mut() {
                        let zero = reference.as_ref().map_or(0.0, |of| of[place].arg());
                        let phase = self.phase(gain.arg(), zero, *freq, station);
                        *gain = Complex64::from_polar(gain.norm(), phase);
                    }
                }
            }
        }
    }
}
