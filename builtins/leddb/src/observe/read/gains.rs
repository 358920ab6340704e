//! Gains of a set as rows: one for each station and direction.

use std::path::Path;

use ledama_ms::gains::{Direction, Gains, Request, read};
use ndarray::{Array3, s};

use super::Rows;
use super::axis::{self, Grid};
use super::item::{Axes, Item, Packed};
use crate::values::{CORRELATIONS, FILLER, encode};

/// Directions by names that all programs use, J2000, degrees.
const NAMED: [(&str, f64, f64); 6] = [
    ("CasA", 350.866_417, 58.811_778),
    ("CygA", 299.868_153, 40.733_916),
    ("TauA", 83.633_212, 22.014_460),
    ("VirA", 187.705_930, 12.391_123),
    ("HerA", 252.783_95, 4.992_59),
    ("HydA", 139.523_547, -12.095_553),
];

pub(super) fn rows(set: &Path) -> Rows {
    let request = Request { apart: true, ..Request::default() };
    let gains = read(set, &request).map_err(|error| error.to_string())?;
    let mut warnings = gains.warnings.clone();
    if gains.values.is_empty() {
        return Err("the gain table has no gains that can be kept".to_string());
    }
    if gains
        .jones
        .iter()
        .any(|jones| jones.element >= CORRELATIONS || jones.label.contains(['R', 'L']))
    {
        return Err("the gains are not of linear polarizations".to_string());
    }
    let grids = Grids::of(&gains)?;
    let axes = grids.axes(&gains)?;
    let mut items = Vec::new();
    for (d, direction) in gains.directions.iter().enumerate() {
        let place = match place(direction) {
            Ok(place) => place,
            Err(reason) => {
                warnings.push(reason);
                continue;
            }
        };
        for (station, name) in gains.stations.iter().enumerate() {
            let values = values(&gains, &grids, station, d);
            // A station without a solution in this direction has no row.
            if place.is_some() && values.iter().all(|value| *value == FILLER) {
                continue;
            }
            let (_, bytes) = encode(&values.view()).map_err(|error| error.to_string())?;
            items.push(Item::Gain {
                station: name.clone(),
                direction: place,
                axes,
                values: Packed::new(&bytes)?,
            });
        }
    }
    if items.is_empty() {
        return Err(format!("no gain can be kept: {}", warnings.join("; ")));
    }
    Ok((items, warnings))
}

/// Both axes; solutions that are missing in between leave gaps.
struct Grids {
    time: Grid,
    freq: Grid,
}

impl Grids {
    fn of(gains: &Gains) -> Result<Self, String> {
        let width = |widths: &[f64]| widths.first().copied();
        Ok(Self {
            time: axis::grid(&gains.time.centres, width(&gains.time.widths), "times")?,
            freq: axis::grid(&gains.freq.centres, width(&gains.freq.widths), "frequencies")?,
        })
    }

    fn axes(&self, gains: &Gains) -> Result<Axes, String> {
        let length = |length: usize| u32::try_from(length).map_err(|error| error.to_string());
        Ok(Axes {
            channels: length(self.freq.length)?,
            times: Some(length(self.time.length)?),
            freq_step: self.freq.step,
            freq_start: gains.freq.centres.first().copied().filter(|hz| hz.is_finite()),
            time_step: self.time.step,
            time_start: gains.time.centres.first().copied().filter(|time| time.is_finite()),
        })
    }
}

/// Where a direction is; none where the solutions hold everywhere.
fn place(direction: &Direction) -> Result<Option<(f64, f64)>, String> {
    let name = direction.name.trim_matches(['[', ']']);
    if let Some([ra, dec]) = direction.ra_dec {
        if name.is_empty() || name == "pointing" {
            return Ok(None);
        }
        return Ok(Some((ra.to_degrees().rem_euclid(360.0), dec.to_degrees())));
    }
    if name.is_empty() {
        return Ok(None);
    }
    NAMED
        .iter()
        .find(|(known, ..)| known.eq_ignore_ascii_case(name))
        .map(|(_, ra, dec)| Some((*ra, *dec)))
        .ok_or_else(|| {
            format!("gains in the direction {name}, whose place is not known, are left out")
        })
}

/// `[correlation][channel][time]`; what is not there is filled.
fn values(
    gains: &Gains,
    grids: &Grids,
    station: usize,
    direction: usize,
) -> Array3<num_complex::Complex64> {
    let shape = (CORRELATIONS, grids.freq.length, grids.time.length);
    let mut array = Array3::from_elem(shape, FILLER);
    for (j, jones) in gains.jones.iter().enumerate() {
        let from = gains.values.slice(s![.., .., station, direction, j]);
        let weights = gains.weights.slice(s![.., .., station, direction, j]);
        for ((t, f), value) in from.indexed_iter() {
            if weights[[t, f]] != 0.0 && value.is_finite() {
                array[[jones.element, grids.freq.at[f], grids.time.at[t]]] = *value;
            }
        }
    }
    array
}
