//! A selection on an open set: its times, channels, polarizations and baselines.

use std::ops::Range;
use std::path::Path;

use ledama_tables::{Column, DataType, Error, Table};

use super::polarizations::{self, Joined};
use super::rows::{self, Rows};
use super::selection::{Averaging, ColumnExpression, Flags, Selection, Sign};
use super::stokes::Product;
use super::window::Window;
use crate::info::{MsInfo, Wanted};
use crate::read_error::ReadError;

/// A pair of stations.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Baseline {
    /// Number of the first station.
    pub antenna1: i32,
    /// Number of the second station.
    pub antenna2: i32,
    /// Name of the first station; empty where it has none.
    pub name1: String,
    /// Name of the second station.
    pub name2: String,
}

/// A selection on an open set.
pub struct Visibilities {
    pub(super) data: Column,
    pub(super) other: Option<(Sign, Column)>,
    pub(super) flags: Option<Column>,
    pub(super) flag_use: Flags,
    pub(super) weights: Option<Weights>,
    pub(super) averaging: Averaging,
    /// The rows wanted: row, place of its time, place of its baseline; by row.
    pub(super) rows: Vec<(u64, u32, u32)>,
    /// Rows at which the shape of cells changes, so that none before can be
    /// read with them.
    pub(super) breaks: Vec<u64>,
    /// Whether a baseline has several rows of one time.
    pub(super) repeated: bool,
    /// Whether baselines need not share their times.
    pub(super) mixed: bool,
    pub(super) channels: Range<usize>,
    /// How each polarization is made of the correlations of a cell.
    pub(super) products: Vec<Product>,
    pub(super) joined: Joined,
    pub(super) shape: [usize; 2],
    times: Vec<f64>,
    window: Window,
    names: Vec<String>,
    baselines: Vec<Baseline>,
    warnings: Vec<String>,
}

/// Where weights are.
pub(super) enum Weights {
    /// One for each sample.
    Samples(Column),
    /// One for each row and correlation.
    Rows(Column),
}

impl Visibilities {
    /// Finds what is wanted in a set. Rows of several spectral windows are an error: see
    /// [`each`](Self::each).
    pub fn open(path: &Path, selection: &Selection) -> Result<Self, ReadError> {
        let mut parts = Self::each(path, selection)?;
        if parts.len() == 1
            && let Some(only) = parts.pop()
        {
            return Ok(only);
        }
        let what = format!("the selection has rows of {} spectral windows", parts.len());
        Err(ReadError::input(path, what, "choose one by its number"))
    }

    /// What is wanted of each spectral window that has rows in the selection, by their
    /// descriptions. In sets averaged by baseline each length of averages is a window.
    ///
    /// # Errors
    /// What the selection names and the set does not have; a window without any of the
    /// frequencies wanted is left out as long as another has some.
    pub fn each(path: &Path, selection: &Selection) -> Result<Vec<Self>, ReadError> {
        let table = &crate::info::open(path)?;
        let info = MsInfo::of(table, Wanted::default())?;
        let found = rows::find(table, selection, &info)?;
        let several = found.len() > 1;
        let mut windows = Vec::with_capacity(found.len());
        for rows in found {
            windows.push((Window::read(table, rows.description)?, rows));
        }
        let fits = |window: &Window| {
            selection.frequency_hz.is_none_or(|(low, high)| window.reaches(low, high))
        };
        if windows.iter().any(|(window, _)| fits(window)) {
            windows.retain(|(window, _)| fits(window));
        }
        let open = |(window, rows): (Window, Rows)| {
            let number = window.number;
            let part = |error: ReadError| {
                if several { error.within(&format!("spectral window {number}")) } else { error }
            };
            Self::of(table, selection, rows, window).map_err(part)
        };
        windows.into_iter().map(open).collect()
    }

    fn of(
        table: &Table,
        selection: &Selection,
        rows: Rows,
        window: Window,
    ) -> Result<Self, ReadError> {
        let wrong = |what: String| ReadError::input(table.path(), what, "");
        let expression: ColumnExpression = selection.column.parse().map_err(wrong)?;
        let data = complex(table, &expression.first)?;
        let other = match &expression.second {
            None => None,
            Some((sign, name)) => Some((*sign, complex(table, name)?)),
        };
        let flags = match selection.flags {
            Flags::Ignore => None,
            Flags::Apply | Flags::Only => Some(table.column(&selection.flag_column)?),
        };
        let Rows { times, places: rows, baselines, repeated, mixed, warnings, .. } = rows;
        let (shape, breaks) = cell_shape(table, &data, &rows)?;
        let channels = selection.channels.places(shape[0], "channels").map_err(wrong)?;
        let channels = window.within(channels, selection.frequency_hz).map_err(wrong)?;
        let known = &window.correlations;
        let found = polarizations::resolve(&selection.polarizations, known, shape[1]);
        let (products, names, joined) = found.map_err(wrong)?;
        Ok(Self {
            weights: if selection.weights { Some(weights(table)?) } else { None },
            data,
            other,
            flags,
            flag_use: selection.flags,
            averaging: selection.averaging,
            rows,
            breaks,
            repeated,
            mixed,
            channels,
            products,
            joined,
            shape,
            times,
            window,
            names,
            baselines,
            warnings,
        })
    }

    /// The different times selected, sorted, MJD s (UTC).
    pub fn times(&self) -> &[f64] {
        &self.times
    }

    /// The centres of the channels selected, Hz; empty where the set tells none.
    pub fn frequencies(&self) -> &[f64] {
        self.window.frequencies_hz.get(self.channels.clone()).unwrap_or_default()
    }

    /// The reference frequency of the spectral window, Hz.
    pub fn reference_hz(&self) -> Option<f64> {
        self.window.reference_hz
    }

    /// The number of the spectral window.
    pub fn window(&self) -> u64 {
        self.window.number
    }

    /// The places of the channels selected.
    pub fn channels(&self) -> Range<usize> {
        self.channels.clone()
    }

    /// The names of the polarizations, such as `XX`, `I` or `XX-YY`.
    pub fn polarizations(&self) -> &[String] {
        &self.names
    }

    /// The baselines with data in the selection, by their numbers.
    pub fn baselines(&self) -> &[Baseline] {
        &self.baselines
    }

    /// How many rows of the set are selected.
    pub fn nrow(&self) -> usize {
        self.rows.len()
    }

    /// What was left out, and why.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }
}

/// A column of complex values.
fn complex(table: &Table, name: &str) -> Result<Column, ReadError> {
    let column = table.column(name)?;
    if column.data_type() == DataType::Complex {
        return Ok(column);
    }
    Err(Error::Type { column: name.into(), expected: DataType::Complex, found: column.data_type() }
        .into())
}

fn weights(table: &Table) -> Result<Weights, ReadError> {
    if table.has_column("WEIGHT_SPECTRUM") {
        let column = table.column("WEIGHT_SPECTRUM")?;
        if column.nrow() == 0 || column.shape(0)?.is_some() {
            return Ok(Weights::Samples(column));
        }
    }
    Ok(Weights::Rows(table.column("WEIGHT")?))
}

/// Channels and correlations of the cells selected, which must be the same in
/// all of them, and the rows at which the shape changes.
fn cell_shape(
    table: &Table,
    data: &Column,
    rows: &[(u64, u32, u32)],
) -> Result<([usize; 2], Vec<u64>), ReadError> {
    let mut found: Option<[usize; 2]> = None;
    let mut breaks = Vec::new();
    let mut from = 0;
    let last = rows.last().map_or(0, |row| row.0 + 1);
    for run in data.runs(0..last) {
        let run = run?;
        let to = rows.partition_point(|row| row.0 < run.rows.end);
        if run.rows.start > 0 {
            breaks.push(run.rows.start);
        }
        if to == from {
            continue;
        }
        from = to;
        let Some(&[channels, correlations]) = run.shape.as_deref() else {
            let what = format!("column {}: cells of shape {:?}", data.name(), run.shape);
            return Err(ReadError::corrupt(table.path(), what));
        };
        if found.is_some_and(|known| known != [channels, correlations]) {
            let what = format!(
                "column {} has cells of different shapes: it is averaged by baseline, which cannot be read here",
                data.name()
            );
            return Err(ReadError::input(
                table.path(),
                what,
                "give a set with one grid of channels and times",
            ));
        }
        found = Some([channels, correlations]);
    }
    let none = || ReadError::not_found(table.path(), "has no rows in the selection");
    Ok((found.ok_or_else(none)?, breaks))
}
