//! The spectral window and the correlations of the rows selected.

use std::ops::Range;

use ledama_tables::Table;

use crate::info::correlation;
use crate::read_error::ReadError;

/// Channels and correlations.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Window {
    /// Its row of SPECTRAL_WINDOW.
    pub(super) number: u64,
    /// Centres of all channels, Hz; empty where the set tells none.
    pub(super) frequencies_hz: Vec<f64>,
    /// Reference frequency, Hz.
    pub(super) reference_hz: Option<f64>,
    /// Names of the correlations.
    pub(super) correlations: Vec<String>,
}

impl Window {
    /// What a row of DATA_DESCRIPTION refers to. Sets without that table have
    /// one window and one set of correlations.
    pub(super) fn read(table: &Table, description: i32) -> Result<Self, ReadError> {
        let [window, polarization] = rows(table, description)?;
        let mut found = Self { number: window, ..Self::default() };
        if let Some(windows) = at(table, "SPECTRAL_WINDOW", window) {
            found.frequencies_hz = windows.column("CHAN_FREQ")?.as_f64(window..window + 1)?;
            let reference: Vec<f64> =
                windows.column("REF_FREQUENCY")?.as_f64(window..window + 1)?;
            found.reference_hz = reference.first().copied();
        }
        if let Some(kinds) = at(table, "POLARIZATION", polarization) {
            let kinds = kinds.column("CORR_TYPE")?.as_f64(polarization..polarization + 1)?;
            found.correlations = kinds.into_iter().map(correlation).collect();
        }
        Ok(found)
    }

    /// Whether the centre of any channel lies within limits, Hz.
    pub(super) fn reaches(&self, low: f64, high: f64) -> bool {
        self.frequencies_hz.iter().any(|hz| (low..=high).contains(hz))
    }

    /// The channels of a range whose centres are within limits.
    pub(super) fn within(
        &self,
        channels: Range<usize>,
        limits: Option<(f64, f64)>,
    ) -> Result<Range<usize>, String> {
        let Some((low, high)) = limits else { return Ok(channels) };
        let centres = self.frequencies_hz.get(channels.clone()).unwrap_or_default();
        let inside = |hz: &f64| (low..=high).contains(hz);
        let (first, last) = (centres.iter().position(inside), centres.iter().rposition(inside));
        match (first, last) {
            (Some(first), Some(last)) => Ok(channels.start + first..channels.start + last + 1),
            _ => Err(format!(
                "no channel lies from {} to {} MHz; they are from {} to {} MHz",
                low / 1e6,
                high / 1e6,
                centres.iter().copied().fold(f64::NAN, f64::min) / 1e6,
                centres.iter().copied().fold(f64::NAN, f64::max) / 1e6
            )),
        }
    }
}

fn at(table: &Table, name: &str, row: u64) -> Option<Table> {
    table.subtable(name).ok().filter(|table| row < table.nrow())
}

fn rows(table: &Table, description: i32) -> Result<[u64; 2], ReadError> {
    let row = u64::try_from(description).unwrap_or_default();
    let Some(descriptions) = at(table, "DATA_DESCRIPTION", row) else { return Ok([0, 0]) };
    let number = |name: &str| -> Result<u64, ReadError> {
        let numbers = descriptions.column(name)?.as_i64(row..row + 1)?;
        Ok(numbers.first().and_then(|at| u64::try_from(*at).ok()).unwrap_or_default())
    };
    Ok([number("SPECTRAL_WINDOW_ID")?, number("POLARIZATION_ID")?])
}

/// The numbers of the descriptions that have this spectral window.
pub(super) fn descriptions(table: &Table, window: i32) -> Result<Vec<i32>, ReadError> {
    let Ok(descriptions) = table.subtable("DATA_DESCRIPTION") else { return Ok(vec![0]) };
    let windows = descriptions.column("SPECTRAL_WINDOW_ID")?.as_i64(0..descriptions.nrow())?;
    let found = (0..).zip(windows).filter(|(_, at)| *at == i64::from(window));
    Ok(found.map(|(row, _)| row).collect())
}
