//! The three tables of statistics seen alike, for what does not care which.

use ledama_tables::Complex32;
use ndarray::{ArrayViewD, Axis};
use num_complex::Complex64;
use serde::{Deserialize, Serialize};

use super::{Filling, Quality};

/// A table of statistics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Which {
    /// QTS, over baselines.
    Time,
    /// QFS, over baselines and times.
    Frequency,
    /// QBS, over times.
    Baseline,
}

/// A table of statistics, whichever it is.
#[derive(Debug, Clone)]
pub struct View<'a> {
    /// Names of the axes, slowest first.
    pub axes: &'static [&'static str],
    /// The values on these axes.
    pub values: ArrayViewD<'a, Complex32>,
    /// Ascending, Hz.
    pub frequency_hz: &'a [f64],
    /// Distance of the frequencies, or the bandwidth.
    pub freq_step_hz: Option<f64>,
    /// Ascending, seconds of MJD; empty without such an axis.
    pub time_mjd_s: &'a [f64],
    /// Distance of the times, or the length of the observation.
    pub time_step_s: Option<f64>,
    /// Pairs of antenna names; empty without such an axis.
    pub baselines: &'a [[String; 2]],
    /// How well the rows fill the array.
    pub filling: Filling,
}

impl Quality {
    /// A table; `None` if the set does not have it.
    pub fn view(&self, which: Which) -> Option<View<'_>> {
        match which {
            Which::Time => self.time.as_ref().map(|table| View {
                axes: &["kind", "polarization", "frequency", "time"],
                values: table.values.view().into_dyn(),
                frequency_hz: &table.frequency_hz,
                freq_step_hz: table.freq_step_hz,
                time_mjd_s: &table.time_mjd_s,
                time_step_s: table.time_step_s,
                baselines: &[],
                filling: table.filling,
            }),
            Which::Frequency => self.frequency.as_ref().map(|table| View {
                axes: &["kind", "polarization", "frequency"],
                values: table.values.view().into_dyn(),
                frequency_hz: &table.frequency_hz,
                freq_step_hz: table.freq_step_hz,
                time_mjd_s: &[],
                time_step_s: None,
                baselines: &[],
                filling: table.filling,
            }),
            Which::Baseline => self.baseline.as_ref().map(|table| View {
                axes: &["kind", "baseline", "polarization", "frequency"],
                values: table.values.view().into_dyn(),
                frequency_hz: &table.frequency_hz,
                freq_step_hz: table.freq_step_hz,
                time_mjd_s: &[],
                time_step_s: None,
                baselines: &table.baseline_names,
                filling: table.filling,
            }),
        }
    }
}

/// Count, mean and extremes of the real parts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spread {
    /// How many values there are.
    pub count: usize,
    /// Their mean.
    pub mean: Complex64,
    /// The smallest real part.
    pub least: f64,
    /// The largest real part.
    pub most: f64,
}

impl View<'_> {
    /// What the values of a kind and polarization are like; `None` if there are none.
    #[allow(clippy::cast_precision_loss)] // a count
    pub fn spread(&self, kind: usize, polarization: usize) -> Option<Spread> {
        let axis = self.axes.iter().position(|axis| *axis == "polarization")?;
        if kind >= self.values.shape()[0] || polarization >= self.values.shape()[axis] {
            return None;
        }
        let values = self.values.index_axis(Axis(0), kind);
        let values = values.index_axis(Axis(axis - 1), polarization);
        let mut spread = Spread {
            count: 0,
            mean: Complex64::default(),
            least: f64::INFINITY,
            most: f64::NEG_INFINITY,
        };
        for value in values.iter().filter(|value| value.re.is_finite() && value.im.is_finite()) {
            let value = Complex64::new(value.re.into(), value.im.into());
            spread.count += 1;
            spread.mean += value;
            spread.least = spread.least.min(value.re);
            spread.most = spread.most.max(value.re);
        }
        spread.mean /= spread.count as f64;
        (spread.count > 0).then_some(spread)
    }
}
