//! Means of valid values.

use ledama_tables::Complex64;
use serde::{Deserialize, Serialize};

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

/// A sum of valid values and how many they are.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Sum {
    total: Complex64,
    count: u64,
}

impl Sum {
    pub(super) fn add(&mut self, value: Complex64) {
        self.total += value;
        self.count += 1;
    }

    /// The mean; nothing when no value was valid.
    #[allow(clippy::cast_precision_loss)] // fewer than 2^53 samples
    pub(super) fn mean(self) -> Option<Complex64> {
        (self.count > 0).then(|| self.total / self.count as f64)
    }
}
