//! Means of valid values.

use ledama_tables::Complex64;
use serde::{Deserialize, Serialize};

use super::selection::Averaging;

/// What stands for a missing value.
pub(super) const MISSING: Complex64 = Complex64::new(f64::NAN, f64::NAN);

/// What is averaged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Average {
    /// Over the channels: a value for each time and polarization.
    #[default]
    Channels,
    /// Over the times: a value for each channel and polarization.
    Times,
    /// Nothing: a value for each time, channel and polarization.
    None,
}

/// A sum of valid values and their weight.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Sum {
    /// Of the values, or of their directions.
    total: Complex64,
    /// Of the amplitudes, if they are summed by themselves.
    amplitude: f64,
    weight: f64,
}

impl Sum {
    pub(super) fn add(&mut self, value: Complex64, weight: f64, averaging: Averaging) {
        self.weight += weight;
        match averaging {
            Averaging::Vector => self.total += value * weight,
            Averaging::Scalar => {
                let amplitude = value.norm();
                self.amplitude += amplitude * weight;
                if amplitude > 0.0 {
                    self.total += value * (weight / amplitude);
                }
            }
        }
    }

    /// The sum of so many values, each of weight 1.
    pub(super) fn of(total: Complex64, count: u32) -> Self {
        Self { total, amplitude: 0.0, weight: f64::from(count) }
    }

    /// Adds another sum.
    pub(super) fn join(&mut self, other: &Self) {
        self.total += other.total;
        self.amplitude += other.amplitude;
        self.weight += other.weight;
    }

    /// The mean; missing when no value was valid.
    pub(super) fn mean(&self, averaging: Averaging) -> Complex64 {
        if self.weight <= 0.0 {
            return MISSING;
        }
        match averaging {
            Averaging::Vector => self.total / self.weight,
            Averaging::Scalar => {
                Complex64::from_polar(self.amplitude / self.weight, self.total.arg())
            }
        }
    }
}
