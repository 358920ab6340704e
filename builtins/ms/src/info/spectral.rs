//! Spectral windows and correlations.

use serde::{Deserialize, Serialize};

use super::reader::Reader;

const WINDOWS: &str = "SPECTRAL_WINDOW";

/// One spectral window.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SpectralWindow {
    /// Such as `SB-31`.
    pub name: Option<String>,
    /// How many channels.
    pub num_chan: Option<i64>,
    /// Reference frequency, Hz.
    pub ref_frequency_hz: Option<f64>,
    /// Width of all channels, Hz.
    pub total_bandwidth_hz: Option<f64>,
    /// Centre of the first channel, Hz.
    pub chan_freq_first_hz: Option<f64>,
    /// Centre of the last channel, Hz.
    pub chan_freq_last_hz: Option<f64>,
    /// Width of the first channel, Hz.
    pub chan_width_first_hz: Option<f64>,
}

/// Frequencies and correlations; single values are those of the first window.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SpectralFacts {
    /// All windows in table order.
    pub spectral_windows: Vec<SpectralWindow>,
    /// Channels of the first window.
    pub num_channels: Option<i64>,
    /// Reference frequency, Hz.
    pub ref_frequency_hz: Option<f64>,
    /// Width, Hz.
    pub total_bandwidth_hz: Option<f64>,
    /// Reference frequency in MHz with three decimals, as in a RefFile.
    pub central_frequency_mhz_3: Option<String>,
    /// Names of the correlations, such as `XX`.
    pub correlations: Vec<String>,
}

pub(super) fn read(reader: &mut Reader) -> SpectralFacts {
    let windows: Vec<_> = (0..reader.nrow(WINDOWS)).map(|row| window(reader, row)).collect();
    let first = windows.first().cloned().unwrap_or_default();
    let kinds = reader.numbers("POLARIZATION", "CORR_TYPE", 0).unwrap_or_default();
    SpectralFacts {
        num_channels: first.num_chan,
        ref_frequency_hz: first.ref_frequency_hz,
        total_bandwidth_hz: first.total_bandwidth_hz,
        central_frequency_mhz_3: first.ref_frequency_hz.map(|hz| format!("{:.3}", hz / 1e6)),
        correlations: kinds.into_iter().map(correlation).collect(),
        spectral_windows: windows,
    }
}

fn window(reader: &mut Reader, row: u64) -> SpectralWindow {
    let centres = reader.numbers(WINDOWS, "CHAN_FREQ", row).unwrap_or_default();
    let widths = reader.numbers(WINDOWS, "CHAN_WIDTH", row).unwrap_or_default();
    SpectralWindow {
        name: reader.text(WINDOWS, "NAME", row),
        num_chan: reader.integer(WINDOWS, "NUM_CHAN", row),
        ref_frequency_hz: reader.number(WINDOWS, "REF_FREQUENCY", row),
        total_bandwidth_hz: reader.number(WINDOWS, "TOTAL_BANDWIDTH", row),
        chan_freq_first_hz: centres.first().copied(),
        chan_freq_last_hz: centres.last().copied(),
        chan_width_first_hz: widths.first().copied(),
    }
}

/// The names of correlations by casacore's numbers
/// (`casacore/measures/Measures/Stokes.h`).
const CORRELATIONS: [&str; 33] = [
    "Undefined",
    "I",
    "Q",
    "U",
    "V",
    "RR",
    "RL",
    "LR",
    "LL",
    "XX",
    "XY",
    "YX",
    "YY",
    "RX",
    "RY",
    "LX",
    "LY",
    "XR",
    "XL",
    "YR",
    "YL",
    "PP",
    "PQ",
    "QP",
    "QQ",
    "RCircular",
    "LCircular",
    "Linear",
    "Ptotal",
    "Plinear",
    "PFtotal",
    "PFlinear",
    "Pangle",
];

/// The name of a correlation; its number where it has none.
pub(crate) fn correlation(number: f64) -> String {
    CORRELATIONS
        .iter()
        .zip(0u8..)
        .find(|(_, at)| f64::from(*at).total_cmp(&number).is_eq())
        .map_or_else(|| format!("{number}"), |(name, _)| (*name).to_string())
}
