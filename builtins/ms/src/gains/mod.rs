//! Gain solutions of any source as one type: complex Jones elements on a grid
//! of time and frequency, for each station and direction.
//!
//! A source (a parameter table, an H5parm file) holds amplitudes, phases,
//! delays, electron contents and rotations, each on its own axes. What a
//! station does to the signal is their product, and that is what is kept here:
//! J = (phases, delays, TEC) · (gains) · (rotations), as DP3 applies them.

mod cells;
mod effect;
mod listing;
pub mod operation;
mod product;
mod read;

use std::path::PathBuf;

use ndarray::{Array2, Array5};
use num_complex::Complex64;
use serde::Serialize;

pub use cells::Cells;
pub use effect::{Effect, LIGHT, TEC_PHASE, rotation};
pub use listing::list;
pub(crate) use product::{Glob, Grid, Part, Role, Sample, Term, build};
pub use read::{Source, find, pointing, read};

/// Which part of a source is wanted, and on which grid.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Request {
    /// Times to evaluate at; those of the solutions if absent.
    pub time: Option<Cells>,
    /// Frequencies to evaluate at; those of the solutions if absent.
    pub freq: Option<Cells>,
    /// Patterns (`CS*`) of station names; all if empty.
    pub stations: Vec<String>,
    /// Patterns of direction names, with or without brackets; all if empty.
    pub directions: Vec<String>,
    /// Of a parameter table only complex gains, each direction by itself and what holds
    /// in all directions under an empty name; other effects are told and left out.
    pub apart: bool,
}

/// A direction on the sky that has solutions of its own.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Direction {
    /// Its name as the source has it, such as `[CasA]`; empty where the
    /// solutions do not depend on direction.
    pub name: String,
    /// Right ascension and declination, J2000, rad, where the source tells them.
    pub ra_dec: Option<[f64; 2]>,
}

/// An element of the Jones matrices.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Jones {
    /// Its polarizations: `XX`, or `RR` where the source is circular.
    pub label: String,
    /// Its place in the matrix: row · 2 + column.
    pub element: usize,
}

/// Gain solutions.
///
/// All arrays have the axes `[time][freq][station][direction][jones]`. A
/// value is valid when its weight is not 0; others are NaN.
#[derive(Debug, Clone, PartialEq)]
pub struct Gains {
    /// Where they come from.
    pub path: PathBuf,
    /// What they come from.
    pub source: Source,
    /// Cells in time: UTC as seconds of MJD.
    pub time: Cells,
    /// Cells in frequency, Hz.
    pub freq: Cells,
    /// Names of the stations.
    pub stations: Vec<String>,
    /// Directions; one without a name where there is no such axis.
    pub directions: Vec<Direction>,
    /// The elements that the source has: two for diagonal and scalar
    /// solutions, four for full matrices and rotations.
    pub jones: Vec<Jones>,
    /// The values.
    pub values: Array5<Complex64>,
    /// The smallest weight of what was multiplied; 0 is missing or flagged.
    pub weights: Array5<f64>,
    /// What was odd in the source.
    pub warnings: Vec<String>,
}

impl Gains {
    /// A value by its place; `None` if it is missing or there is no such place.
    pub fn value(&self, place: [usize; 5]) -> Option<Complex64> {
        let weight = self.weights.get(place)?;
        if *weight == 0.0 { None } else { self.values.get(place).copied() }
    }

    /// The lengths of the axes.
    pub fn shape(&self) -> [usize; 5] {
        let axes = self.values.shape();
        [axes[0], axes[1], axes[2], axes[3], axes[4]]
    }

    /// The place of an element of the matrix on the axis of elements.
    pub fn jones_place(&self, element: usize) -> Option<usize> {
        self.jones.iter().position(|jones| jones.element == element)
    }

    /// One element of one station and direction as `[freq][time]`; `None`
    /// where the source does not have that element or place. Missing values
    /// are NaN.
    pub fn plane(
        &self,
        station: usize,
        direction: usize,
        element: usize,
    ) -> Option<Array2<Complex64>> {
        let jones = self.jones_place(element)?;
        if station >= self.stations.len() || direction >= self.directions.len() {
            return None;
        }
        let plane = self.values.slice(ndarray::s![.., .., station, direction, jones]);
        Some(plane.reversed_axes().as_standard_layout().into_owned())
    }

    /// Amplitudes, on the axes of the values.
    pub fn amplitudes(&self) -> Array5<f64> {
        self.values.mapv(Complex64::norm)
    }

    /// Phases in rad, on the axes of the values.
    pub fn phases(&self) -> Array5<f64> {
        self.values.mapv(Complex64::arg)
    }

    /// How many values are valid.
    pub fn valid(&self) -> usize {
        self.weights.iter().filter(|weight| **weight != 0.0).count()
    }

    /// The complex mean of the valid values of one element of one station,
    /// over time, frequency and directions.
    #[allow(clippy::cast_precision_loss)] // a count
    pub fn mean(&self, station: usize, element: usize) -> Option<Complex64> {
        let jones = self.jones_place(element)?;
        if station >= self.stations.len() {
            return None;
        }
        let values = self.values.slice(ndarray::s![.., .., station, .., jones]);
        let weights = self.weights.slice(ndarray::s![.., .., station, .., jones]);
        let valid = values.iter().zip(&weights).filter(|(_, weight)| **weight != 0.0);
        let (count, sum) = valid
            .fold((0_usize, Complex64::default()), |(count, sum), (value, _)| {
                (count + 1, sum + value)
            });
        (count > 0).then(|| sum / count as f64)
    }
}
