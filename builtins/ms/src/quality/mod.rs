//! Quality statistics of a measurement set: QUALITY_TIME_STATISTIC,
//! QUALITY_FREQUENCY_STATISTIC and QUALITY_BASELINE_STATISTIC as arrays.
//!
//! The tables hold one row for each kind and place, in any order. Here they
//! become arrays with ascending axes; a place without a row is NaN and
//! counted, and so is a place with two (the later row wins).
//!
//! Source of the format: AOFlagger's `quality/qualitytablesformatter.cpp`.

mod cube;
pub mod operation;
#[cfg(test)]
mod tests;
mod view;

use std::path::{Path, PathBuf};

use ledama_tables::{Complex32, DataType, Table};
use ndarray::{Array3, Array4};
use serde::Serialize;

pub use view::{Spread, View, Which};

use crate::read_error::ReadError;
use cube::{Cube, Rows, ascending};

/// A kind of statistic.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct QualityKind {
    /// Its number in this set; other sets may number otherwise.
    pub number: i32,
    /// Its name, such as `RFICount`.
    pub name: String,
}

/// The quality statistics of a measurement set.
#[derive(Debug, Clone, PartialEq)]
pub struct Quality {
    /// The measurement set.
    pub path: PathBuf,
    /// The kinds in the order of QUALITY_KIND_NAME: the first axis of all arrays.
    pub kinds: Vec<QualityKind>,
    /// The names of the polarizations, such as `XX`; numbers where the set
    /// has no polarization table with as many.
    pub correlations: Vec<String>,
    /// QTS; `None` if there is no such table.
    pub time: Option<TimeStatistics>,
    /// QFS; `None` if there is no such table.
    pub frequency: Option<FrequencyStatistics>,
    /// QBS; `None` if there is no such table.
    pub baseline: Option<BaselineStatistics>,
    /// What was odd in the tables.
    pub warnings: Vec<String>,
}

/// How well the rows of a table fill its array.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Filling {
    /// Rows of the table.
    pub rows: u64,
    /// Places (without polarizations) that no row fills: NaN.
    pub missing_cells: usize,
    /// Places that more than one row fills.
    pub double_cells: usize,
}

/// Statistics over baselines: `[kind][polarization][frequency][time]`.
#[derive(Debug, Clone, PartialEq)]
pub struct TimeStatistics {
    /// Ascending, Hz.
    pub frequency_hz: Vec<f64>,
    /// Ascending, seconds of MJD.
    pub time_mjd_s: Vec<f64>,
    /// Distance of the frequencies, or the bandwidth if there is one.
    pub freq_step_hz: Option<f64>,
    /// Distance of the times, or the length of the observation if there is one.
    pub time_step_s: Option<f64>,
    /// How well the rows fill the array.
    pub filling: Filling,
    /// The values.
    pub values: Array4<Complex32>,
}

/// Statistics over baselines and times: `[kind][polarization][frequency]`.
#[derive(Debug, Clone, PartialEq)]
pub struct FrequencyStatistics {
    /// Ascending, Hz.
    pub frequency_hz: Vec<f64>,
    /// Distance of the frequencies, or the bandwidth if there is one.
    pub freq_step_hz: Option<f64>,
    /// How well the rows fill the array.
    pub filling: Filling,
    /// The values.
    pub values: Array3<Complex32>,
}

/// Statistics over times: `[kind][baseline][polarization][frequency]`.
#[derive(Debug, Clone, PartialEq)]
pub struct BaselineStatistics {
    /// Ascending, Hz.
    pub frequency_hz: Vec<f64>,
    /// Pairs of antennas by their rows in ANTENNA, ascending.
    pub baselines: Vec<[i32; 2]>,
    /// The same by name; `?` where ANTENNA has no such row.
    pub baseline_names: Vec<[String; 2]>,
    /// Distance of the frequencies, or the bandwidth if there is one.
    pub freq_step_hz: Option<f64>,
    /// How well the rows fill the array.
    pub filling: Filling,
    /// The values.
    pub values: Array4<Complex32>,
}

const TIME: &str = "QUALITY_TIME_STATISTIC";
const FREQUENCY: &str = "QUALITY_FREQUENCY_STATISTIC";
const BASELINE: &str = "QUALITY_BASELINE_STATISTIC";
const KINDS: &str = "QUALITY_KIND_NAME";

impl Quality {
    /// Whether a set has statistics: at least one row in one of the tables.
    pub fn is_in(set: impl AsRef<Path>) -> Result<bool, ReadError> {
        for name in [TIME, FREQUENCY, BASELINE] {
            let folder = set.as_ref().join(name);
            if folder.join("table.dat").is_file() && Table::open(&folder)?.nrow() > 0 {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Reads the statistics of a measurement set.
    pub fn read(set: impl AsRef<Path>) -> Result<Self, ReadError> {
        let path = set.as_ref();
        let main = Table::open(path)?;
        let Some(kinds) = part(&main, KINDS)? else {
            return Err(ReadError::not_found(
                path,
                format!("has no quality statistics (no table {KINDS})"),
            ));
        };
        let numbers: Vec<i32> = column(&kinds, "KIND")?;
        let names: Vec<String> = column(&kinds, "NAME")?;
        let kinds: Vec<QualityKind> = numbers
            .iter()
            .zip(names)
            .map(|(number, name)| QualityKind { number: *number, name })
            .collect();
        let mut found = Self {
            path: path.into(),
            kinds,
            correlations: Vec::new(),
            time: None,
            frequency: None,
            baseline: None,
            warnings: Vec::new(),
        };
        let steps = Steps { main: &main };
        let mut most = 0;
        if let Some(table) = part(&main, TIME)? {
            let (statistics, planes) = found.time_statistics(&table, &steps)?;
            most = most.max(planes);
            found.time = Some(statistics);
        }
        if let Some(table) = part(&main, FREQUENCY)? {
            let (statistics, planes) = found.frequency_statistics(&table, &steps)?;
            most = most.max(planes);
            found.frequency = Some(statistics);
        }
        if let Some(table) = part(&main, BASELINE)? {
            let (statistics, planes) = found.baseline_statistics(&main, &table, &steps)?;
            most = most.max(planes);
            found.baseline = Some(statistics);
        }
        found.correlations = correlations(&main, most, &mut found.warnings);
        Ok(found)
    }

    fn rows(&mut self, table: &Table) -> Result<Rows, ReadError> {
        let rows = Rows::read(table, &self.kinds)?;
        if rows.unknown > 0 {
            let name = table.path().file_name().unwrap_or_default().to_string_lossy().into_owned();
            self.warnings
                .push(format!("{} rows of {name} are of a kind without a name", rows.unknown));
        }
        Ok(rows)
    }

    fn time_statistics(
        &mut self,
        table: &Table,
        steps: &Steps<'_>,
    ) -> Result<(TimeStatistics, usize), ReadError> {
        let rows = self.rows(table)?;
        let (freqs, times) = (column(table, "FREQUENCY")?, column(table, "TIME")?);
        let (frequency_hz, time_mjd_s) = (ascending(&freqs), ascending(&times));
        let cube = Cube::new(table, &rows, &[frequency_hz.len(), time_mjd_s.len()], |row| {
            vec![place(&frequency_hz, freqs[row]), place(&time_mjd_s, times[row])]
        })?;
        // From [kind][frequency][time][polarization].
        let shape = (self.kinds.len(), frequency_hz.len(), time_mjd_s.len(), rows.planes);
        let values = cube.array(table, shape)?.permuted_axes([0, 3, 1, 2]);
        let statistics = TimeStatistics {
            freq_step_hz: steps.frequency(&frequency_hz),
            time_step_s: steps.time(&time_mjd_s),
            frequency_hz,
            time_mjd_s,
            filling: cube.filling,
            values: values.as_standard_layout().into_owned(),
        };
        Ok((statistics, rows.planes))
    }

    fn frequency_statistics(
        &mut self,
        table: &Table,
        steps: &Steps<'_>,
    ) -> Result<(FrequencyStatistics, usize), ReadError> {
        let rows = self.rows(table)?;
        let freqs: Vec<f64> = column(table, "FREQUENCY")?;
        let frequency_hz = ascending(&freqs);
        let cube = Cube::new(table, &rows, &[frequency_hz.len()], |row| {
            vec![place(&frequency_hz, freqs[row])]
        })?;
        let values = cube.array(table, (self.kinds.len(), frequency_hz.len(), rows.planes))?;
        let statistics = FrequencyStatistics {
            freq_step_hz: steps.frequency(&frequency_hz),
            frequency_hz,
            filling: cube.filling,
            values: values.permuted_axes([0, 2, 1]).as_standard_layout().into_owned(),
        };
        Ok((statistics, rows.planes))
    }

    fn baseline_statistics(
        &mut self,
        main: &Table,
        table: &Table,
        steps: &Steps<'_>,
    ) -> Result<(BaselineStatistics, usize), ReadError> {
        let rows = self.rows(table)?;
        let freqs: Vec<f64> = column(table, "FREQUENCY")?;
        let first: Vec<i32> = column(table, "ANTENNA1")?;
        let second: Vec<i32> = column(table, "ANTENNA2")?;
        let frequency_hz = ascending(&freqs);
        let mut baselines: Vec<[i32; 2]> =
            first.iter().zip(&second).map(|(a, b)| [*a, *b]).collect();
        baselines.sort_unstable();
        baselines.dedup();
        let cube = Cube::new(table, &rows, &[baselines.len(), frequency_hz.len()], |row| {
            let pair = [first[row], second[row]];
            vec![baselines.binary_search(&pair).ok(), place(&frequency_hz, freqs[row])]
        })?;
        let shape = (self.kinds.len(), baselines.len(), frequency_hz.len(), rows.planes);
        let values = cube.array(table, shape)?.permuted_axes([0, 1, 3, 2]);
        let names = self.antennas(main);
        let name = |at: i32| {
            let known = usize::try_from(at).ok().and_then(|at| names.get(at));
            known.map_or_else(|| "?".to_string(), Clone::clone)
        };
        let statistics = BaselineStatistics {
            freq_step_hz: steps.frequency(&frequency_hz),
            frequency_hz,
            baseline_names: baselines.iter().map(|pair| pair.map(name)).collect(),
            baselines,
            filling: cube.filling,
            values: values.as_standard_layout().into_owned(),
        };
        Ok((statistics, rows.planes))
    }

    fn antennas(&mut self, main: &Table) -> Vec<String> {
        let names = part(main, "ANTENNA").and_then(|table| match table {
            Some(table) => column(&table, "NAME"),
            None => Err(ReadError::not_found(main.path(), "has no table ANTENNA")),
        });
        names.unwrap_or_else(|error| {
            self.warnings.push(format!("names of antennas are unknown: {error}"));
            Vec::new()
        })
    }
}

/// A sub-table by its keyword or its folder; `None` if there is neither.
fn part(main: &Table, name: &str) -> Result<Option<Table>, ReadError> {
    let folder = main.path().join(name);
    if folder.join("table.dat").is_file() {
        return Ok(Some(Table::open(folder)?));
    }
    match main.keywords().get(name) {
        Some(_) => Ok(Some(main.subtable(name)?)),
        None => Ok(None),
    }
}

fn column<T: ledama_tables::Element>(table: &Table, name: &str) -> Result<Vec<T>, ReadError> {
    Ok(table.column(name)?.values(0..table.nrow())?)
}

fn place(axis: &[f64], value: f64) -> Option<usize> {
    axis.binary_search_by(|probe| probe.total_cmp(&value)).ok()
}

/// The names of the polarizations of the first POLARIZATION row that has as
/// many as the statistics.
fn correlations(main: &Table, planes: usize, warnings: &mut Vec<String>) -> Vec<String> {
    let found = || -> Result<Option<Vec<i32>>, ReadError> {
        let Some(table) = part(main, "POLARIZATION")? else { return Ok(None) };
        let column = table.column("CORR_TYPE")?;
        for run in column.runs(0..table.nrow()) {
            let run = run?;
            if run.shape.as_deref() == Some(&[planes]) && column.data_type() == DataType::Int {
                return Ok(Some(column.values(run.rows.start..run.rows.start + 1)?));
            }
        }
        Ok(None)
    };
    if planes == 0 {
        return Vec::new();
    }
    match found() {
        Ok(Some(types)) => return types.into_iter().map(polarization).collect(),
        Ok(None) => warnings.push(format!("no row of POLARIZATION has {planes} correlations")),
        Err(error) => warnings.push(format!("names of correlations are unknown: {error}")),
    }
    (0..planes).map(|plane| plane.to_string()).collect()
}

/// Casacore's number of a polarization (`measures/Measures/Stokes.h`).
fn polarization(number: i32) -> String {
    let names = ["?", "I", "Q", "U", "V", "RR", "RL", "LR", "LL", "XX", "XY", "YX", "YY"];
    match usize::try_from(number).ok().and_then(|at| names.get(at)) {
        Some(name) => (*name).to_string(),
        None => number.to_string(),
    }
}

/// The distance of the values of an axis: of the second from the first, or
/// what the whole set covers if there is one value.
struct Steps<'a> {
    main: &'a Table,
}

impl Steps<'_> {
    fn frequency(&self, axis: &[f64]) -> Option<f64> {
        match axis {
            [] => None,
            [_] => {
                let window = part(self.main, "SPECTRAL_WINDOW").ok()??;
                column::<f64>(&window, "TOTAL_BANDWIDTH").ok()?.first().copied()
            }
            [first, second, ..] => Some(second - first),
        }
    }

    fn time(&self, axis: &[f64]) -> Option<f64> {
        match axis {
            [] => None,
            [_] => {
                let last = self.main.nrow().checked_sub(1)?;
                let times = self.main.column("TIME").ok()?;
                let at = |row: u64| times.values::<f64>(row..row + 1).ok()?.first().copied();
                Some(at(last)? - at(0)?)
            }
            [first, second, ..] => Some(second - first),
        }
    }
}
