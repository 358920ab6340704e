//! The parameter table of BBS and DP3 (`instrument`, `*.parmdb`): named real
//! functions of frequency and time, piece by piece.
//!
//! The main table has a row for each parameter and domain (a box in frequency
//! and time); `NAMES` lists the parameters, `DEFAULTVALUES` what holds where
//! there is no row. X is frequency in Hz, Y is time in seconds of MJD, and
//! VALUES is `[time][frequency]` in C order.
//!
//! Source of the format: DP3's `parmdb/ParmDBCasa.cc`, `parmdb/Parm.cc`.

mod domain;
mod gains;
mod names;
mod table;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use ndarray::Array2;
use serde::Serialize;

pub use domain::{Domain, Range};
pub use names::{Coordinate, ParmName};

use crate::read_error::ReadError;

/// How the values of a parameter are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Funklet {
    /// One value for each cell.
    Scalar,
    /// Coefficients of a polynomial.
    Polynomial,
    /// Written as a polynomial of logarithms; evaluated like a polynomial.
    PolynomialLog,
}

/// A parameter.
#[derive(Debug, Clone, PartialEq)]
pub struct Parm {
    /// Its name, such as `Gain:0:0:Real:CS001HBA0`.
    pub name: String,
    /// How its values are meant.
    pub funklet: Funklet,
    /// Its domains, sorted by time, then by frequency.
    pub domains: Vec<Domain>,
}

/// A value that holds where a parameter has no domain at all.
#[derive(Debug, Clone, PartialEq)]
pub struct DefaultValue {
    /// A name, or the beginning of one.
    pub name: String,
    /// How its values are meant.
    pub funklet: Funklet,
    /// One value, or coefficients `[time][frequency]`.
    pub values: Array2<f64>,
    /// The box that coefficients are scaled to, if there is one.
    pub scale: Option<Range>,
}

/// The value of a parameter at a point.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value {
    /// From one of its domains.
    Known(f64),
    /// From a default: the parameter has no domain.
    Default(f64),
    /// The parameter has domains, but none here.
    Missing,
}

impl Value {
    /// The value, NaN where it is missing.
    pub fn or_nan(self) -> f64 {
        match self {
            Self::Known(value) | Self::Default(value) => value,
            Self::Missing => f64::NAN,
        }
    }
}

/// A parameter table, read whole.
#[derive(Debug, Clone)]
pub struct ParmDb {
    path: PathBuf,
    /// Rows of the main table.
    pub rows: u64,
    /// The parameters, in the order of NAMES.
    pub parms: Vec<Parm>,
    /// The defaults, in the order of their table.
    pub defaults: Vec<DefaultValue>,
    /// The usual width of cells in frequency, Hz.
    pub freq_step_hz: f64,
    /// The usual width of cells in time, s.
    pub time_step_s: f64,
    /// What was odd in the tables.
    pub warnings: Vec<String>,
    by_name: HashMap<String, usize>,
    default_by_name: HashMap<String, usize>,
}

impl ParmDb {
    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether a table holds any solution. A measurement set mostly has a
    /// parameter table with nothing but defaults.
    pub fn has_values(path: impl AsRef<Path>) -> Result<bool, ReadError> {
        let path = path.as_ref();
        if !path.join("NAMES").is_dir() {
            return Ok(false);
        }
        Ok(ledama_tables::Table::open(path)?.nrow() > 0)
    }

    /// A parameter by its whole name.
    pub fn parm(&self, name: &str) -> Option<&Parm> {
        self.by_name.get(name).map(|at| &self.parms[*at])
    }

    /// The default of a name: its own, or that of the name without its last
    /// part, and so on.
    pub fn default_of(&self, name: &str) -> Option<&DefaultValue> {
        let mut rest = name;
        loop {
            if let Some(at) = self.default_by_name.get(rest) {
                return Some(&self.defaults[*at]);
            }
            rest = rest.rsplit_once(':')?.0;
        }
    }

    /// The value of a parameter at a frequency (Hz) and time (s of MJD); a
    /// point on a common edge belongs to the later domain. A name without
    /// domains and default is 0.
    pub fn value(&self, name: &str, freq_hz: f64, time_mjd_s: f64) -> Value {
        match self.parm(name).filter(|parm| !parm.domains.is_empty()) {
            Some(parm) => parm.value(freq_hz, time_mjd_s),
            None => Value::Default(
                self.default_of(name).map_or(0.0, |found| found.value(freq_hz, time_mjd_s)),
            ),
        }
    }
}

impl Parm {
    fn value(&self, freq_hz: f64, time_mjd_s: f64) -> Value {
        let inside = |domain: &&Domain| domain.range.holds(freq_hz, time_mjd_s);
        let value = self
            .domains
            .iter()
            .rev()
            .find(inside)
            .and_then(|domain| domain.value(self.funklet, freq_hz, time_mjd_s));
        value.map_or(Value::Missing, Value::Known)
    }
}

impl DefaultValue {
    /// The value at a frequency (Hz) and time (s of MJD).
    pub fn value(&self, freq_hz: f64, time_mjd_s: f64) -> f64 {
        if self.funklet == Funklet::Scalar || self.values.len() <= 1 {
            return self.values.first().copied().unwrap_or(0.0);
        }
        let (x, y) = match &self.scale {
            Some(range) => range.scaled(freq_hz, time_mjd_s),
            None => (freq_hz, time_mjd_s),
        };
        domain::polynomial(&self.values, x, y)
    }
}
