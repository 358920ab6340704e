//! Times, intervals and baselines of the main table.

use ledama_tables::Column;
use serde::{Deserialize, Serialize};

use super::reader::{MAIN, Reader};
use super::{Depth, utc};

/// What the main table says about times and baselines. What needs every row
/// is unknown at [`Depth::Header`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RowFacts {
    /// TIME of the first row, MJD s (UTC).
    pub time_first_mjd_s: Option<f64>,
    /// TIME of the last row, MJD s (UTC).
    pub time_last_mjd_s: Option<f64>,
    /// Smallest TIME.
    pub time_min_mjd_s: Option<f64>,
    /// Largest TIME.
    pub time_max_mjd_s: Option<f64>,
    /// How many different times.
    pub n_times: Option<u64>,
    /// TIME of the first row, `YYYY/MM/DD/hh:mm:ss.sss`.
    pub utc_first: Option<String>,
    /// TIME of the last row.
    pub utc_last: Option<String>,
    /// INTERVAL of the first row, s.
    pub integration_time_s: Option<f64>,
    /// Smallest INTERVAL, s.
    pub interval_min_s: Option<f64>,
    /// Largest INTERVAL, s.
    pub interval_max_s: Option<f64>,
    /// EXPOSURE of the first row, s.
    pub exposure_first_s: Option<f64>,
    /// Pairs of stations with data.
    pub n_baselines: Option<u64>,
    /// Those of a station with itself.
    pub n_auto: Option<u64>,
    /// Those of two stations.
    pub n_cross: Option<u64>,
    /// Stations with data.
    pub n_antennas_in_data: Option<u64>,
    /// Different values of DATA_DESC_ID.
    pub data_desc_ids: Option<Vec<i32>>,
}

pub(super) fn read(reader: &mut Reader, depth: Depth) -> RowFacts {
    let nrow = reader.nrow(MAIN);
    let mut facts = RowFacts::default();
    if nrow == 0 {
        return facts;
    }
    facts.time_first_mjd_s = reader.number(MAIN, "TIME", 0);
    facts.time_last_mjd_s = reader.number(MAIN, "TIME", nrow - 1);
    facts.utc_first = facts.time_first_mjd_s.and_then(utc::text);
    facts.utc_last = facts.time_last_mjd_s.and_then(utc::text);
    facts.integration_time_s = reader.number(MAIN, "INTERVAL", 0);
    facts.exposure_first_s = reader.number(MAIN, "EXPOSURE", 0);
    if depth != Depth::Header {
        times(reader, &mut facts);
        baselines(reader, &mut facts);
    }
    facts
}

/// Rows read at once.
const CHUNK: u64 = 1 << 18;

/// Calls `each` with the values of a column, chunk by chunk.
fn chunks<T: ledama_tables::Element>(
    column: &Column,
    mut each: impl FnMut(&[T]),
) -> ledama_tables::Result<()> {
    let mut values: Vec<T> = Vec::new();
    let mut row = 0;
    while row < column.nrow() {
        let end = (row + CHUNK).min(column.nrow());
        values.resize_with(usize::try_from(end - row).unwrap_or(0), T::default);
        column.read_into(row..end, &mut values)?;
        each(&values);
        row = end;
    }
    Ok(())
}

fn times(reader: &mut Reader, facts: &mut RowFacts) {
    if let Some(column) = reader.column(MAIN, "TIME") {
        let mut distinct = Distinct::default();
        let done = chunks::<f64>(&column, |values| {
            for value in values {
                distinct.add(value.to_bits());
            }
        });
        if reader.keep("TIME", done).is_some() {
            let values = distinct.sorted();
            let times = || values.iter().map(|bits| f64::from_bits(*bits));
            facts.n_times = Some(values.len() as u64);
            facts.time_min_mjd_s = times().reduce(f64::min);
            facts.time_max_mjd_s = times().reduce(f64::max);
        }
    }
    if let Some(column) = reader.column(MAIN, "INTERVAL") {
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        let done = chunks::<f64>(&column, |values| {
            for value in values {
                low = low.min(*value);
                high = high.max(*value);
            }
        });
        if reader.keep("INTERVAL", done).is_some() && low <= high {
            facts.interval_min_s = Some(low);
            facts.interval_max_s = Some(high);
        }
    }
}

fn baselines(reader: &mut Reader, facts: &mut RowFacts) {
    if let (Some(first), Some(second)) =
        (reader.column(MAIN, "ANTENNA1"), reader.column(MAIN, "ANTENNA2"))
    {
        let pairs = pairs(&first, &second);
        if let Some(pairs) = reader.keep("ANTENNA1, ANTENNA2", pairs) {
            let auto = pairs.iter().filter(|(a, b)| a == b).count() as u64;
            let stations: std::collections::BTreeSet<i32> =
                pairs.iter().flat_map(|(a, b)| [*a, *b]).collect();
            facts.n_baselines = Some(pairs.len() as u64);
            facts.n_auto = Some(auto);
            facts.n_cross = Some(pairs.len() as u64 - auto);
            facts.n_antennas_in_data = Some(stations.len() as u64);
        }
    }
    if let Some(column) = reader.column(MAIN, "DATA_DESC_ID") {
        let mut distinct = Distinct::default();
        let done = chunks::<i32>(&column, |values| {
            for value in values {
                distinct.add(u64::from(value.cast_unsigned()));
            }
        });
        if reader.keep("DATA_DESC_ID", done).is_some() {
            let mut ids: Vec<i32> = distinct
                .sorted()
                .into_iter()
                .filter_map(|id| u32::try_from(id).ok())
                .map(u32::cast_signed)
                .collect();
            ids.sort_unstable();
            facts.data_desc_ids = Some(ids);
        }
    }
}

/// The different pairs of stations.
fn pairs(first: &Column, second: &Column) -> ledama_tables::Result<Vec<(i32, i32)>> {
    let mut distinct = Distinct::default();
    let mut row = 0;
    while row < first.nrow() {
        let end = (row + CHUNK).min(first.nrow());
        let (one, two) = (first.values::<i32>(row..end)?, second.values::<i32>(row..end)?);
        for (one, two) in one.iter().zip(&two) {
            distinct.add(u64::from(one.cast_unsigned()) << 32 | u64::from(two.cast_unsigned()));
        }
        row = end;
    }
    let halves = |key: u64| {
        // Each half holds the 32 bits that were put there.
        #[allow(clippy::cast_possible_truncation)]
        let half = |shift: u32| ((key >> shift) as u32).cast_signed();
        (half(32), half(0))
    };
    Ok(distinct.sorted().into_iter().map(halves).collect())
}

/// Gathers different values of a column in which equal values mostly follow
/// each other or come again in the same order.
#[derive(Default)]
struct Distinct {
    last: Option<u64>,
    seen: std::collections::HashSet<u64>,
}

impl Distinct {
    fn add(&mut self, value: u64) {
        if self.last != Some(value) {
            self.last = Some(value);
            self.seen.insert(value);
        }
    }

    fn sorted(self) -> Vec<u64> {
        let mut values: Vec<u64> = self.seen.into_iter().collect();
        values.sort_unstable();
        values
    }
}
