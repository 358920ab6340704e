//! A selection on an open set: its times, channels, polarizations and baselines.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use ledama_tables::{Column, DataType, Error, Table};

use super::selection::{ColumnExpression, Polarizations, Selection, Sign};
use super::stokes::{self, Product};
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
    pub(super) show_flagged: bool,
    /// The rows wanted: row, place of its time, place of its baseline; by row.
    pub(super) rows: Vec<(u64, u32, u32)>,
    pub(super) channels: std::ops::Range<usize>,
    /// How each polarization is made of the correlations of a cell.
    pub(super) products: Vec<Product>,
    pub(super) joined: Joined,
    times: Vec<f64>,
    frequencies: Vec<f64>,
    names: Vec<String>,
    baselines: Vec<Baseline>,
    pub(super) shape: [usize; 2],
}

/// What becomes of the two averaged values of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Joined {
    /// Every polarization for itself.
    No,
    /// The first minus the second.
    Difference,
    /// The first times the conjugate of the second.
    Product,
}

impl Visibilities {
    /// Finds what is wanted in a set.
    pub fn open(path: &Path, selection: &Selection) -> Result<Self, ReadError> {
        Self::of(&crate::info::open(path)?, selection)
    }

    /// The same for an open set.
    pub fn of(table: &Table, selection: &Selection) -> Result<Self, ReadError> {
        let wrong = |what: String| ReadError::input(table.path(), what, "");
        let expression: ColumnExpression = selection.column.parse().map_err(wrong)?;
        let data = complex(table, &expression.first)?;
        let other = match &expression.second {
            None => None,
            Some((sign, name)) => Some((*sign, complex(table, name)?)),
        };
        let flags =
            if selection.flagged { None } else { Some(table.column(&selection.flag_column)?) };
        let info = MsInfo::of(table, Wanted::default())?;
        let shape = cell_shape(table, &data)?;
        let channels = selection.channels.places(shape[0], "channels").map_err(wrong)?;
        let (products, names, joined) =
            polarizations(&selection.polarizations, &info, shape[1]).map_err(wrong)?;
        let (times, rows, baselines) = rows(table, selection, &info)?;
        let frequencies = frequencies(table, &channels)?;
        let show_flagged = selection.flagged;
        Ok(Self {
            data,
            other,
            flags,
            show_flagged,
            rows,
            channels,
            products,
            joined,
            times,
            frequencies,
            names,
            baselines,
            shape,
        })
    }

    /// The different times selected, sorted, MJD s (UTC).
    pub fn times(&self) -> &[f64] {
        &self.times
    }

    /// The centres of the channels selected, Hz; empty where the set tells none.
    pub fn frequencies(&self) -> &[f64] {
        &self.frequencies
    }

    /// The places of the channels selected.
    pub fn channels(&self) -> std::ops::Range<usize> {
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

/// Channels and correlations of a cell, which must be the same in all rows.
fn cell_shape(table: &Table, data: &Column) -> Result<[usize; 2], ReadError> {
    let mut runs = data.runs(0..data.nrow());
    let Some(first) = runs.next().transpose()? else {
        return Err(ReadError::not_found(table.path(), "has no rows"));
    };
    let varying = || {
        let what = format!(
            "column {} has cells of different shapes (averaged by baseline, or of several spectral windows)",
            data.name()
        );
        ReadError::input(
            table.path(),
            what,
            "select data of one spectral window, not averaged by baseline",
        )
    };
    match (first.shape.as_deref(), runs.next()) {
        (Some(&[channels, correlations]), None) => Ok([channels, correlations]),
        (_, Some(_)) => Err(varying()),
        (found, None) => Err(ReadError::corrupt(
            table.path(),
            format!("column {}: cells of shape {found:?}", data.name()),
        )),
    }
}

type Resolved = (Vec<Product>, Vec<String>, Joined);

fn polarizations(wanted: &Polarizations, info: &MsInfo, count: usize) -> Result<Resolved, String> {
    let known = &info.spectral.correlations;
    let name = |at: usize| known.get(at).cloned().unwrap_or_else(|| at.to_string());
    let pair = |one: [&str; 2], joined, form: &dyn Fn(&str, &str) -> String| {
        let at = |name: &str| known.iter().position(|found| found == name);
        let [Some(a), Some(b)] = one.map(at) else {
            return Err(format!(
                "needs the correlations {} and {}, there are {}",
                one[0],
                one[1],
                known.join(",")
            ));
        };
        Ok((vec![Product::one(a), Product::one(b)], vec![form(one[0], one[1])], joined))
    };
    let circular = known.iter().any(|name| name == "RR");
    match wanted {
        Polarizations::Correlations(places) => {
            // Sets with fewer correlations are common; what is not there is left out
            // only where nobody named it.
            let all = *wanted == Polarizations::default();
            let places: Vec<usize> =
                places.iter().copied().filter(|at| !all || *at < count).collect();
            if let Some(beyond) = places.iter().find(|at| **at >= count) {
                return Err(format!(
                    "there is no correlation {beyond}, only 0 to {}",
                    count.saturating_sub(1)
                ));
            }
            let products = places.iter().map(|at| Product::one(*at)).collect();
            Ok((products, places.iter().map(|at| name(*at)).collect(), Joined::No))
        }
        Polarizations::Stokes { parameters, scale } => {
            let products: Result<Vec<_>, _> =
                parameters.iter().map(|which| stokes::product(*which, known, *scale)).collect();
            let names =
                parameters.iter().filter_map(|at| stokes::NAMES.get(*at)).map(ToString::to_string);
            Ok((products?, names.collect(), Joined::No))
        }
        Polarizations::DifferenceOfParallel => {
            let feeds = if circular { ["RR", "LL"] } else { ["XX", "YY"] };
            pair(feeds, Joined::Difference, &|a, b| format!("{a}-{b}"))
        }
        Polarizations::ProductOfCross => {
            let feeds = if circular { ["RL", "LR"] } else { ["XY", "YX"] };
            pair(feeds, Joined::Product, &|a, b| format!("{a}.{b}*"))
        }
    }
}

type Rows = (Vec<f64>, Vec<(u64, u32, u32)>, Vec<Baseline>);

/// The rows wanted, and the times and baselines they have.
fn rows(table: &Table, selection: &Selection, info: &MsInfo) -> Result<Rows, ReadError> {
    let wrong = |what: String| ReadError::input(table.path(), what, "");
    let all: Vec<f64> = table.column("TIME")?.values(0..table.nrow())?;
    let distinct: BTreeSet<u64> = all.iter().map(|time| ordered(*time)).collect();
    let distinct: Vec<u64> = distinct.into_iter().collect();
    let slots = selection.times.places(distinct.len(), "time slots").map_err(wrong)?;
    let inside = |time: f64| {
        selection.from_mjd_s.is_none_or(|from| time >= from)
            && selection.to_mjd_s.is_none_or(|to| time <= to)
    };
    let taken: Vec<u64> =
        distinct[slots].iter().copied().filter(|key| inside(plain(*key))).collect();
    let first: Vec<i32> = table.column("ANTENNA1")?.values(0..table.nrow())?;
    let second: Vec<i32> = table.column("ANTENNA2")?.values(0..table.nrow())?;
    let mut chosen: Vec<(u64, u32, (i32, i32))> = Vec::new();
    for (row, ((time, one), two)) in (0u64..).zip(all.iter().zip(&first).zip(&second)) {
        if !selection.takes(*one, *two) {
            continue;
        }
        if let Ok(slot) = taken.binary_search(&ordered(*time)) {
            chosen.push((row, u32::try_from(slot).unwrap_or(u32::MAX), (*one, *two)));
        }
    }
    let pairs: BTreeSet<(i32, i32)> = chosen.iter().map(|(_, _, pair)| *pair).collect();
    if let Some(missing) = selection.missing(&pairs) {
        return Err(wrong(format!(
            "baseline {}-{} has no data in the selection",
            missing.0, missing.1
        )));
    }
    let place: BTreeMap<(i32, i32), u32> = pairs.iter().copied().zip(0..).collect();
    let rows = chosen.into_iter().map(|(row, slot, pair)| (row, slot, place[&pair])).collect();
    let name = |at: i32| {
        let known = usize::try_from(at).ok().and_then(|at| info.stations.stations.get(at));
        known.cloned().unwrap_or_default()
    };
    let baselines = pairs
        .into_iter()
        .map(|(antenna1, antenna2)| Baseline {
            antenna1,
            antenna2,
            name1: name(antenna1),
            name2: name(antenna2),
        })
        .collect();
    Ok((taken.into_iter().map(plain).collect(), rows, baselines))
}

impl Selection {
    /// Whether a pair of stations is wanted.
    fn takes(&self, one: i32, two: i32) -> bool {
        if let Some(pairs) = &self.baselines {
            return pairs.iter().any(|pair| *pair == (one, two) || *pair == (two, one));
        }
        let listed = |at: i32| self.antennas.as_ref().is_none_or(|list| list.contains(&at));
        (self.autocorrelations || one != two) && listed(one) && listed(two)
    }

    /// A baseline that was named and has no data.
    fn missing(&self, found: &BTreeSet<(i32, i32)>) -> Option<(i32, i32)> {
        let named = self.baselines.as_ref()?;
        let absent =
            |pair: &&(i32, i32)| !found.contains(pair) && !found.contains(&(pair.1, pair.0));
        named.iter().find(absent).copied()
    }
}

/// A key that sorts as the time does; times are never negative or NaN in a
/// sound set, and stay apart if they are.
fn ordered(time: f64) -> u64 {
    let bits = time.to_bits();
    if bits >> 63 == 0 { bits | 1 << 63 } else { !bits }
}

fn plain(key: u64) -> f64 {
    f64::from_bits(if key >> 63 == 1 { key & !(1 << 63) } else { !key })
}

/// The centres of the channels of the first spectral window.
fn frequencies(table: &Table, channels: &std::ops::Range<usize>) -> Result<Vec<f64>, ReadError> {
    let Ok(windows) = table.subtable("SPECTRAL_WINDOW") else { return Ok(Vec::new()) };
    if windows.nrow() == 0 {
        return Ok(Vec::new());
    }
    let all: Vec<f64> = windows.column("CHAN_FREQ")?.values(0..1)?;
    Ok(all.get(channels.clone()).map(<[f64]>::to_vec).unwrap_or_default())
}
