//! Which rows of a set are wanted, and the times and baselines they have.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use ledama_tables::{Table, Usage};

use super::open::Baseline;
use super::selection::Selection;
use super::window;
use crate::info::MsInfo;
use crate::read_error::ReadError;

/// The rows of one description, which is one spectral window with its correlations.
pub(super) struct Rows {
    /// Sorted, MJD s.
    pub(super) times: Vec<f64>,
    /// Row, place of its time, place of its baseline; by row.
    pub(super) places: Vec<(u64, u32, u32)>,
    /// By their numbers.
    pub(super) baselines: Vec<Baseline>,
    /// The row of DATA_DESCRIPTION of them all.
    pub(super) description: i32,
    /// Whether a baseline has several rows of one time.
    pub(super) repeated: bool,
    /// Whether the times are those of several descriptions, so that baselines need not
    /// share them.
    pub(super) mixed: bool,
    pub(super) warnings: Vec<String>,
}

/// Row, place of its time, stations.
type Chosen = (u64, u32, (i32, i32));

/// The rows wanted, by their description.
pub(super) fn find(
    table: &Table,
    selection: &Selection,
    info: &MsInfo,
) -> Result<Vec<Rows>, ReadError> {
    let wrong = |what: String| ReadError::input(table.path(), what, "");
    let all: Vec<f64> = table.column("TIME")?.values(0..table.nrow())?;
    let (distinct, warnings) = distinct(table, &all)?;
    let slots = selection.times.places(distinct.len(), "time slots").map_err(wrong)?;
    let inside = |time: f64| {
        selection.from_mjd_s.is_none_or(|from| time >= from)
            && selection.to_mjd_s.is_none_or(|to| time <= to)
    };
    let taken: Vec<u64> =
        distinct[slots].iter().copied().filter(|key| inside(plain(*key))).collect();
    let first: Vec<i32> = table.column("ANTENNA1")?.values(0..table.nrow())?;
    let second: Vec<i32> = table.column("ANTENNA2")?.values(0..table.nrow())?;
    let described: Vec<i32> = match table.column("DATA_DESC_ID") {
        Ok(column) => column.values(0..table.nrow())?,
        Err(_) => vec![0; first.len()],
    };
    let windows = match selection.window {
        None => None,
        Some(window) => Some(window::descriptions(table, window)?),
    };
    let stations = Stations::new(selection);
    let mut lengths = Lengths::new(selection, info);
    let mut chosen: BTreeMap<i32, Vec<Chosen>> = BTreeMap::new();
    let pairs = first.iter().zip(&second).zip(&described);
    for (row, (time, ((one, two), description))) in (0u64..).zip(all.iter().zip(pairs)) {
        if !stations.takes(*one, *two)
            || windows.as_ref().is_some_and(|list| !list.contains(description))
            || !lengths.takes(*one, *two)
        {
            continue;
        }
        if let Ok(slot) = taken.binary_search(&ordered(*time)) {
            let place = (row, u32::try_from(slot).unwrap_or(u32::MAX), (*one, *two));
            chosen.entry(*description).or_default().push(place);
        }
    }
    let pairs: BTreeSet<(i32, i32)> = chosen.values().flatten().map(|(_, _, pair)| *pair).collect();
    if let Some(missing) = selection.missing(&pairs) {
        let what = format!("baseline {}-{} has no data in the selection", missing.0, missing.1);
        return Err(wrong(what));
    }
    let mixed = chosen.len() > 1;
    let times: Vec<f64> = taken.into_iter().map(plain).collect();
    if chosen.is_empty() {
        chosen.insert(0, Vec::new());
    }
    let mut parts = Vec::with_capacity(chosen.len());
    for (description, chosen) in chosen {
        let (times, chosen) =
            if mixed { own_times(&times, chosen) } else { (times.clone(), chosen) };
        let (places, baselines, repeated) = places(chosen, times.len(), info);
        let warnings = if parts.is_empty() { warnings.clone() } else { Vec::new() };
        parts.push(Rows { times, places, baselines, description, repeated, mixed, warnings });
    }
    Ok(parts)
}

/// The times that rows have, and the rows with their places among these.
fn own_times(times: &[f64], mut chosen: Vec<Chosen>) -> (Vec<f64>, Vec<Chosen>) {
    let slots: BTreeSet<u32> = chosen.iter().map(|(_, slot, _)| *slot).collect();
    let place: BTreeMap<u32, u32> = slots.iter().copied().zip(0..).collect();
    for (_, slot, _) in &mut chosen {
        *slot = place[slot];
    }
    (slots.into_iter().filter_map(|slot| times.get(slot as usize).copied()).collect(), chosen)
}

/// Rows with the places of their times and baselines, the baselines, and whether one has
/// several rows of a time.
fn places(
    chosen: Vec<Chosen>,
    times: usize,
    info: &MsInfo,
) -> (Vec<(u64, u32, u32)>, Vec<Baseline>, bool) {
    let pairs: BTreeSet<(i32, i32)> = chosen.iter().map(|(_, _, pair)| *pair).collect();
    let place: BTreeMap<(i32, i32), u32> = pairs.iter().copied().zip(0..).collect();
    let mut seen = vec![false; pairs.len() * times];
    let mut repeated = false;
    let rows = chosen
        .into_iter()
        .map(|(row, slot, pair)| {
            let at = &mut seen[place[&pair] as usize * times + slot as usize];
            repeated |= std::mem::replace(at, true);
            (row, slot, place[&pair])
        })
        .collect();
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
    (rows, baselines, repeated)
}

/// The different times as keys, sorted. The last one is left out where another
/// process writes the set and has not yet written all rows of it.
fn distinct(table: &Table, all: &[f64]) -> Result<(Vec<u64>, Vec<String>), ReadError> {
    let mut counts: BTreeMap<u64, usize> = BTreeMap::new();
    for time in all {
        *counts.entry(ordered(*time)).or_default() += 1;
    }
    let mut last_two = counts.values().rev();
    let short = matches!((last_two.next(), last_two.next()), (Some(a), Some(b)) if a < b);
    let mut warnings = Vec::new();
    if short && matches!(table.lock_state()?.usage, Usage::Open | Usage::Writing) {
        counts.pop_last();
        warnings.push("the set is being written: its last time slot is left out".to_string());
    }
    Ok((counts.into_keys().collect(), warnings))
}

/// The lengths of baselines, each worked out once.
struct Lengths<'a> {
    limits: Option<(f64, f64)>,
    positions: &'a [Vec<f64>],
    known: BTreeMap<(i32, i32), bool>,
}

impl<'a> Lengths<'a> {
    fn new(selection: &Selection, info: &'a MsInfo) -> Self {
        let positions = &info.stations.station_positions_m;
        Self { limits: selection.lengths_m, positions, known: BTreeMap::new() }
    }

    fn takes(&mut self, one: i32, two: i32) -> bool {
        let Some((least, most)) = self.limits else { return true };
        let place = |at: i32| usize::try_from(at).ok().and_then(|at| self.positions.get(at));
        *self.known.entry((one, two)).or_insert_with(|| match (place(one), place(two)) {
            (Some(a), Some(b)) => {
                let squares = a.iter().zip(b).map(|(x, y)| (x - y).powi(2)).sum::<f64>();
                (least..=most).contains(&squares.sqrt())
            }
            _ => false,
        })
    }
}

/// Which pairs of stations are wanted.
struct Stations {
    pairs: Option<HashSet<(i32, i32)>>,
    listed: Option<HashSet<i32>>,
    autocorrelations: bool,
}

impl Stations {
    fn new(selection: &Selection) -> Self {
        let both = |pair: &(i32, i32)| [*pair, (pair.1, pair.0)];
        Self {
            pairs: selection.baselines.as_ref().map(|all| all.iter().flat_map(both).collect()),
            listed: selection.antennas.as_ref().map(|all| all.iter().copied().collect()),
            autocorrelations: selection.autocorrelations,
        }
    }

    fn takes(&self, one: i32, two: i32) -> bool {
        if let Some(pairs) = &self.pairs {
            return pairs.contains(&(one, two));
        }
        let listed = |at| self.listed.as_ref().is_none_or(|list| list.contains(at));
        (self.autocorrelations || one != two) && listed(&one) && listed(&two)
    }
}

impl Selection {
    /// A baseline that must be there and has no data.
    fn missing(&self, found: &BTreeSet<(i32, i32)>) -> Option<(i32, i32)> {
        let absent =
            |pair: &&(i32, i32)| !found.contains(pair) && !found.contains(&(pair.1, pair.0));
        self.required.iter().find(absent).copied()
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
