//! Figures of every kind, always the same, to look at and to measure.

mod others;
mod series;

use std::f64::consts::PI;

use crate::figure::{Axis, Figure, LegendEntry, Place, Range, Style, Ticks};
use crate::palette;

pub use others::{days, oddities, phases, waterfall};
pub use series::{coverage, density, nights, spectra, stations, subbands};

/// 2012-03-04T22:00:00 UTC.
const NIGHT: f64 = 1_330_898_400.0;

/// Numbers that look like noise and are always the same (`SplitMix64`).
#[derive(Debug, Clone)]
pub struct Noise(u64);

impl Noise {
    /// A row of numbers for each seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Evenly between 0 and 1.
    #[allow(clippy::cast_precision_loss)]
    pub fn even(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Normal, with mean 0 and deviation 1.
    pub fn normal(&mut self) -> f64 {
        (-2.0 * self.even().max(1e-300).ln()).sqrt() * (2.0 * PI * self.even()).cos()
    }
}

/// Every sample by name.
#[must_use]
pub fn all() -> Vec<(&'static str, Figure)> {
    vec![
        ("spectra", spectra()),
        ("nights", nights()),
        ("stations", stations(61)),
        ("waterfall", Figure { size: (900, 500), ..waterfall() }),
        ("phases", phases()),
        ("density", Figure { size: (800, 600), ..density(60_000) }),
        ("coverage", coverage()),
        ("subbands", Figure { size: (1600, 640), ..subbands() }),
        ("days", days()),
        ("oddities", oddities()),
    ]
}

fn cell(row: usize, column: usize, rows: usize, columns: usize) -> Place {
    Place::Cell { row, column, rows, columns, joined: false }
}

fn axis(label: &str, range: Range, ticks: Ticks) -> Axis {
    Axis { label: label.into(), range, ticks, ..Axis::default() }
}

fn ramp(count: usize, from: f64, to: f64) -> Vec<f64> {
    #[allow(clippy::cast_precision_loss)]
    (0..count).map(|i| from + (to - from) * i as f64 / (count.max(2) - 1) as f64).collect()
}

fn correlations() -> Vec<LegendEntry> {
    ["XX", "XY", "YX", "YY"]
        .map(|name| LegendEntry {
            name: name.into(),
            style: Style { colour: palette::correlation(name), ..Style::default() },
        })
        .to_vec()
}
