//! Two axes at once: cells of time or frequency against frequency, time, or
//! what the rows are of.

use ledama_base::operation::OperationError;
use ndarray::Array2;
use serde::{Deserialize, Serialize};

use super::axis::UNIX_MJD_S;
use super::columns::Columns;
use super::keys::{self, Attribute, Key, KeyValues};
use super::reduce::{Averaging, Line, Reduced};
use super::row::Facts;
use super::series::{Coordinate, Placing, Wanted};
use super::{Type, wrong};

/// What the rows of a map are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Across {
    /// Frequencies, or times where the horizontal axis is of frequencies.
    Other,
    /// Stations.
    Station,
    /// Pairs of stations.
    Baseline,
    /// Observations.
    Lds,
}

impl Across {
    /// What is usual for a type: gains go over stations if there are several.
    #[must_use]
    pub fn usual(of: Type, time: bool, several_stations: bool) -> Self {
        match of {
            Type::Gain if several_stations => Self::Station,
            Type::Gain | Type::Qts => Self::Other,
            Type::Qfs if time => Self::Other,
            Type::Qfs => Self::Lds,
            Type::Qbs => Self::Baseline,
        }
    }

    /// The attribute of its rows.
    #[must_use]
    pub fn attribute(self) -> Option<Attribute> {
        match self {
            Self::Other => None,
            Self::Station => Some(Attribute::Station),
            Self::Baseline => Some(Attribute::Baseline),
            Self::Lds => Some(Attribute::Lds),
        }
    }

    /// How the samples of rows are put together before.
    #[must_use]
    pub fn averaging(self, given: Averaging) -> Averaging {
        match (self, given) {
            (Self::Other, _) => Averaging::None,
            (_, Averaging::None) => Averaging::Vector,
            (_, other) => other,
        }
    }
}

/// The cells of one panel.
#[derive(Debug, Clone, PartialEq)]
pub struct Cells {
    /// Edges of the columns.
    pub x: Vec<f64>,
    /// Edges of the rows; of what has names from 0 in steps of 1.
    pub y: Vec<f64>,
    /// Names of the rows, if they are no numbers.
    pub names: Vec<String>,
    /// `[row][column]`; NaN where there is none.
    pub values: Array2<f64>,
}

/// All panels.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Maps {
    /// What tells panels apart.
    pub key: Key,
    /// Panels, sorted.
    pub panels: Vec<(KeyValues, Cells)>,
    /// Cells with a value.
    pub points: usize,
    /// Samples without one.
    pub masked: usize,
}

/// Most panels of maps.
const MOST_PANELS: usize = 100;
/// Most cells of a panel.
const MOST_CELLS: usize = 40_000_000;

/// Puts samples into cells. What would fall into the same cell gets a panel of its own.
pub fn maps(
    rows: &[Reduced],
    wanted: &Wanted,
    coordinate: Coordinate,
    across: Across,
) -> Result<(Maps, Placing), OperationError> {
    let places: Vec<(&Facts, usize)> =
        rows.iter().map(|row| (&row.facts, row.correlation)).collect();
    let mut key = wanted.panels.clone();
    let given = Key(match across {
        // Sub-bands lie beside each other.
        Across::Other => vec![Attribute::Freq, Attribute::Sb, Attribute::Lds],
        other => other.attribute().into_iter().collect(),
    });
    // On a frequency axis sub-bands lie beside each other, too, on one of time observations do.
    let beside = if wanted.xaxis.is_time() {
        vec![Attribute::Lds]
    } else {
        vec![Attribute::Freq, Attribute::Sb]
    };
    let mut told = given.clone();
    told.0.extend(&beside);
    let columns = Columns::new(&places);
    key.0.extend(columns.hidden(&key, &told));
    key.0.sort_unstable();
    key.0.dedup();
    let mut placing = Placing::new(rows, wanted.xaxis)?;
    let groups = columns.groups(&key);
    let mut panels: Vec<(KeyValues, Vec<&Reduced>)> =
        groups.values.into_iter().map(|values| (values, Vec::new())).collect();
    for (row, panel) in rows.iter().zip(groups.of_row) {
        panels[panel].1.push(row);
    }
    if panels.len() > MOST_PANELS {
        return Err(wrong(
            format!("{} panels of maps are too many", panels.len()),
            "select fewer stations, kinds or correlations, or let the rows of the map be what differs",
        ));
    }
    let mut maps = Maps { key, ..Maps::default() };
    for (values, rows) in panels {
        let cells = cells(&rows, &mut placing, coordinate, across, wanted.xaxis.is_time())?;
        maps.points += cells.values.iter().filter(|value| value.is_finite()).count();
        maps.panels.push((values, cells));
    }
    let samples: usize = rows.iter().flat_map(|row| &row.lines).map(|line| line.values.len()).sum();
    maps.masked = samples.saturating_sub(maps.points);
    Ok((maps, placing))
}

fn cells(
    rows: &[&Reduced],
    placing: &mut Placing,
    coordinate: Coordinate,
    across: Across,
    time: bool,
) -> Result<Cells, OperationError> {
    let mut samples = Vec::new();
    let (mut step, mut other_step) = (f64::INFINITY, f64::INFINITY);
    let places: Vec<_> = rows.iter().map(|row| (&row.facts, row.correlation)).collect();
    let key = Key(across.attribute().into_iter().collect());
    let names = Columns::new(&places).groups(&key);
    #[allow(clippy::cast_precision_loss)] // a number of stations
    for (at, row) in rows.iter().enumerate() {
        for line in &row.lines {
            let y = match (across.attribute(), line.across) {
                (Some(_), _) => names.of_row[at] as f64 + 0.5,
                (None, Some((place, width))) => {
                    other_step = other_step.min(width.unwrap_or(f64::INFINITY));
                    // Times as the horizontal axes have them.
                    if time { place } else { place - UNIX_MJD_S }
                }
                (None, None) => continue,
            };
            step = step.min(line.step.unwrap_or(f64::INFINITY));
            of_line(line, &coordinate.of(line), row, placing, y, &mut samples)?;
        }
    }
    let x = Grid::new(samples.iter().map(|sample| sample.0), step);
    let y = match across.attribute() {
        Some(_) => Grid::named(names.values.len()),
        None => Grid::new(samples.iter().map(|sample| sample.1), other_step),
    };
    let (columns, lines) = (x.cells(), y.cells());
    if columns.saturating_mul(lines) > MOST_CELLS {
        return Err(wrong(
            format!("{columns} x {lines} cells are too many for a map"),
            "give a coarser --resolution",
        ));
    }
    let mut values = Array2::from_elem((lines, columns), f64::NAN);
    for (place, other, value) in samples {
        if let (Some(column), Some(line)) = (x.cell(place), y.cell(other)) {
            values[[line, column]] = value;
        }
    }
    let names = match across.attribute() {
        Some(_) => names.values.iter().map(|value| keys::text(value)).collect(),
        None => Vec::new(),
    };
    Ok(Cells { x: x.edges, y: y.edges, names, values })
}

fn of_line(
    line: &Line,
    values: &[f64],
    row: &Reduced,
    placing: &mut Placing,
    y: f64,
    samples: &mut Vec<(f64, f64, f64)>,
) -> Result<(), OperationError> {
    let places = placing.all(&row.facts, &line.places)?;
    samples.extend(places.iter().zip(values).map(|(x, value)| (*x, y, *value)));
    Ok(())
}

/// Cells along an axis, with empty cells in the gaps.
struct Grid {
    edges: Vec<f64>,
}

impl Grid {
    fn named(count: usize) -> Self {
        #[allow(clippy::cast_precision_loss)] // a number of stations
        Self { edges: (0..=count).map(|edge| edge as f64).collect() }
    }

    fn new(places: impl Iterator<Item = f64>, step: f64) -> Self {
        let mut places: Vec<f64> = places.filter(|place| place.is_finite()).collect();
        places.sort_by(f64::total_cmp);
        let near = if step.is_finite() { step * 1e-3 } else { 0.0 };
        places.dedup_by(|next, kept| *next - *kept <= near);
        // Without a step half the way to the nearest neighbour; a place alone is one wide.
        let least = places.windows(2).map(|pair| pair[1] - pair[0]).fold(f64::INFINITY, f64::min);
        let width = step.min(least);
        let half = if width.is_finite() { width / 2.0 } else { 0.5 };
        let mut edges: Vec<f64> = Vec::with_capacity(places.len() + 1);
        for place in places {
            match edges.last().copied() {
                Some(last) if place - half <= last + half * 0.1 => {}
                _ => edges.push(place - half),
            }
            edges.push(place + half);
        }
        Self { edges }
    }

    fn cells(&self) -> usize {
        self.edges.len().saturating_sub(1)
    }

    fn cell(&self, place: f64) -> Option<usize> {
        let after = self.edges.partition_point(|edge| *edge <= place);
        (after > 0 && after < self.edges.len()).then(|| after - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_are_cells_of_their_own() {
        let grid = Grid::new([5.0, 15.0, 15.0, 45.0].into_iter(), 10.0);
        assert_eq!(grid.edges, [0.0, 10.0, 20.0, 40.0, 50.0]);
        let cells: Vec<_> = [5.0, 15.0, 30.0, 45.0, 50.0].map(|place| grid.cell(place)).into();
        assert_eq!(cells, [Some(0), Some(1), Some(2), Some(3), None]);
        assert_eq!(Grid::new([7.0].into_iter(), f64::INFINITY).edges, [6.5, 7.5]);
        assert_eq!(Grid::new(std::iter::empty(), 1.0).cells(), 0);
        assert_eq!(Grid::named(2).edges, [0.0, 1.0, 2.0]);
    }
}
