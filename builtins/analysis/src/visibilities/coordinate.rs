//! One real number of a complex one.

use std::str::FromStr;

use num_complex::Complex64;
use serde::{Deserialize, Serialize};

use crate::math;

/// A real number of a complex value, or of a series of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Coordinate {
    /// Modulus.
    Amp,
    /// Argument, rad.
    Phase,
    /// Real part.
    Real,
    /// Imaginary part.
    Imag,
    /// Change of the phase, rad/s.
    PhaseRate,
}

impl Coordinate {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Amp, Self::Phase, Self::Real, Self::Imag, Self::PhaseRate];

    /// Its name in options and tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Amp => "amp",
            Self::Phase => "phase",
            Self::Real => "real",
            Self::Imag => "imag",
            Self::PhaseRate => "phaserate",
        }
    }

    /// The values of complex ones, NaN where they are missing. Phases are
    /// unwrapped over gaps of at most `unwrap` missing values, if that is given.
    ///
    /// A rate of the phase stands between two values: there is one less of
    /// them, and none unless both are valid. `times` are those of the values, s.
    pub fn of(self, values: &[Complex64], times: &[f64], unwrap: Option<usize>) -> Vec<f64> {
        let each = |one: fn(Complex64) -> f64| {
            let valid =
                |value: &Complex64| if math::missing(*value) { f64::NAN } else { one(*value) };
            values.iter().map(valid).collect::<Vec<f64>>()
        };
        match self {
            Self::Amp => each(Complex64::norm),
            Self::Real => each(|value| value.re),
            Self::Imag => each(|value| value.im),
            Self::Phase => match unwrap {
                Some(gap) => math::unwrap(&each(Complex64::arg), gap),
                None => each(Complex64::arg),
            },
            Self::PhaseRate => {
                let phases = each(Complex64::arg);
                let steps = phases.windows(2).zip(times.windows(2));
                // Between neighbours the unwrapped step is the wrapped difference.
                steps
                    .map(|(p, t)| {
                        let step = math::unwrap(p, 0);
                        (step[1] - step[0]) / (t[1] - t[0])
                    })
                    .collect()
            }
        }
    }

    /// The places of what [`of`](Self::of) gives: those of the values, or
    /// halfway between them.
    pub fn places(self, places: &[f64]) -> Vec<f64> {
        match self {
            Self::PhaseRate => {
                places.windows(2).map(|pair| f64::midpoint(pair[0], pair[1])).collect()
            }
            _ => places.to_vec(),
        }
    }
}

impl FromStr for Coordinate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|one| one.name() == text.trim());
        found.ok_or_else(|| {
            format!("there is no coordinate `{text}`; there are amp, phase, real, imag, phaserate")
        })
    }
}
