//! Reads the visibilities of a set and makes its statistics.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

use ledama_base::operation::{ErrorKind, OperationError};
use ledama_base::rawtext;
use ledama_ms::visibility::{Average, Flags, Series, Visibilities};
use rayon::prelude::*;

use super::table::{ALL, Row, SetStats};
use super::wanted::Wanted;
use crate::visibilities::{Choice, Coordinate, Mode, Operated, Outline, utc_text};

/// What is wanted of a set.
#[derive(Debug, Clone)]
pub struct Request<'a> {
    /// Which visibilities.
    pub choice: &'a Choice,
    /// Which statistics.
    pub wanted: &'a [Wanted],
    /// Missing values that an unwrapped phase bridges; no unwrapping if `None`.
    pub unwrap: Option<usize>,
    /// Also rows for each station and for all baselines together.
    pub summary: bool,
    /// Most memory for values, bytes.
    pub memory: usize,
}

/// The statistics of the set at a path in text form. `watch` is told how many
/// of all rows are done.
pub fn compute(
    path: &str,
    request: &Request<'_>,
    watch: &mut dyn FnMut(u64, u64) -> Result<(), OperationError>,
) -> Result<SetStats, OperationError> {
    let outline = Outline::read(path)?;
    let selection = request.choice.resolve(&outline)?;
    let windows = Visibilities::each(&rawtext::text_path(path), &selection)?;
    let average = request.choice.average(Average::Channels);
    let batches: Vec<(usize, Range<usize>)> = (0..windows.len())
        .flat_map(|at| {
            windows[at].batches(average, request.memory).into_iter().map(move |b| (at, b))
        })
        .collect();
    let needed = windows.iter().map(|open| open.memory(average) * open.baselines().len());
    let needed: usize = needed.sum();
    if request.summary && needed > request.memory.max(windows[0].memory(average)) {
        return Err(OperationError::new(
            ErrorKind::Input,
            format!("{path}: a summary needs {} MiB for all values at once", needed >> 20),
        )
        .help("allow more memory, select less, or leave the summary out"));
    }
    let mut stats = SetStats {
        path: path.to_string(),
        set: outline.name.clone(),
        freq_mhz: mhz(&windows[0]),
        remarks: remarks(path, request, &windows),
        statistics: request.wanted.iter().map(|wanted| wanted.name()).collect(),
        rows: Vec::new(),
        warnings: windows.iter().flat_map(|open| open.warnings().to_vec()).collect(),
    };
    let parts = batches.len() as u64;
    let mut kept: Vec<Vec<Baseline<'_>>> = windows.iter().map(|_| Vec::new()).collect();
    for (part, (at, batch)) in (0..).zip(batches) {
        let mut told = |done: u64, total: u64| watch(part * total + done, parts * total);
        let open = &windows[at];
        let series = open.series_of::<OperationError>(average, batch, &mut told)?;
        let all: Vec<Baseline<'_>> =
            series.into_iter().map(|one| Baseline::new(open, one)).collect();
        let rows: Vec<Vec<Row>> = all.par_iter().map(|one| rows(one, request)).collect();
        stats.rows.extend(rows.into_iter().flatten());
        if request.summary {
            kept[at].extend(all);
        }
    }
    if windows.len() > 1 {
        stats.rows.sort_by_key(|row| row.antennas);
    }
    for like in alike(&windows) {
        let members: Vec<&Baseline<'_>> = like.iter().flat_map(|at| &kept[*at]).collect();
        stats.rows.extend(summary(&members, &windows[like[0]], request));
    }
    Ok(stats)
}

fn mhz(open: &Visibilities) -> Option<f64> {
    open.reference_hz().map(|hz| hz / 1e6)
}

/// Windows in groups of the same frequency and polarizations: those of a set that is
/// averaged by baseline are one group.
fn alike(windows: &[Visibilities]) -> Vec<Vec<usize>> {
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for (at, open) in windows.iter().enumerate() {
        let same = |group: &&mut Vec<usize>| {
            let other = &windows[group[0]];
            let near = match (mhz(open), mhz(other)) {
                (Some(a), Some(b)) => (a - b).abs() < 1e-6,
                (a, b) => a.is_none() && b.is_none(),
            };
            near && open.polarizations() == other.polarizations()
        };
        match groups.iter_mut().find(same) {
            Some(group) => group.push(at),
            None => groups.push(vec![at]),
        }
    }
    groups
}

/// The values of a baseline, at the times that it has.
struct Baseline<'a> {
    open: &'a Visibilities,
    series: Series,
    times: Cow<'a, [f64]>,
}

impl<'a> Baseline<'a> {
    fn new(open: &'a Visibilities, series: Series) -> Self {
        let (series, times) = open.own_times(series);
        Self { open, series, times }
    }

    fn stations(&self) -> &ledama_ms::visibility::Baseline {
        &self.open.baselines()[self.series.baseline]
    }

    /// A coordinate of all values of a polarization, channel by channel.
    fn coordinate(
        &self,
        polarization: usize,
        wanted: Coordinate,
        request: &Request<'_>,
    ) -> Vec<f64> {
        let channels = 0..self.series.shape[1];
        channels
            .flat_map(|channel| {
                let values = self.series.times(channel, polarization);
                wanted.of(&values, &self.times, request.unwrap)
            })
            .collect()
    }
}

/// The rows of a baseline, one for each polarization.
fn rows(one: &Baseline<'_>, request: &Request<'_>) -> Vec<Row> {
    let stations = one.stations();
    let names = one.open.polarizations().iter().enumerate();
    names
        .map(|(at, polarization)| {
            let values = |wanted: Coordinate| one.coordinate(at, wanted, request);
            let counts = one.series.counts[at];
            Row {
                freq_mhz: mhz(one.open),
                window: Some(one.open.window()),
                antennas: [stations.antenna1, stations.antenna2],
                names: [stations.name1.clone(), stations.name2.clone()],
                polarization: polarization.clone(),
                num: counts.valid,
                flagged: counts.invalid,
                values: statistics(request.wanted, values),
            }
        })
        .collect()
}

/// The statistics; each coordinate is made once.
fn statistics(wanted: &[Wanted], values: impl Fn(Coordinate) -> Vec<f64>) -> Vec<Option<f64>> {
    let mut made: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    let one = |wanted: &Wanted| {
        let values =
            made.entry(wanted.coordinate.name()).or_insert_with(|| values(wanted.coordinate));
        Some(wanted.statistic.of(values)).filter(|value| !value.is_nan())
    };
    wanted.iter().map(one).collect()
}

/// Rows of all baselines of each station, then of all baselines, of
/// autocorrelations apart.
fn summary(all: &[&Baseline<'_>], open: &Visibilities, request: &Request<'_>) -> Vec<Row> {
    let cross: Vec<&Baseline<'_>> = all
        .iter()
        .copied()
        .filter(|one| one.stations().antenna1 != one.stations().antenna2)
        .collect();
    let mut groups: BTreeMap<(i32, &str), Vec<&Baseline<'_>>> = BTreeMap::new();
    for one in &cross {
        let stations = one.stations();
        groups.entry((stations.antenna1, &stations.name1)).or_default().push(one);
        groups.entry((stations.antenna2, &stations.name2)).or_default().push(one);
    }
    let mut groups: Vec<((i32, &str), Vec<&Baseline<'_>>)> = groups.into_iter().collect();
    if !cross.is_empty() {
        groups.push(((ALL, "*"), cross));
    }
    let pooled = |((antenna, name), members): &((i32, &str), Vec<&Baseline<'_>>)| {
        let polarizations = open.polarizations().iter().enumerate();
        polarizations
            .map(|(at, polarization)| {
                let values = |wanted: Coordinate| {
                    members.iter().flat_map(|one| one.coordinate(at, wanted, request)).collect()
                };
                Row {
                    freq_mhz: mhz(open),
                    window: None,
                    antennas: [*antenna, ALL],
                    names: [(*name).to_string(), "*".into()],
                    polarization: polarization.clone(),
                    num: members.iter().map(|one| one.series.counts[at].valid).sum(),
                    flagged: members.iter().map(|one| one.series.counts[at].invalid).sum(),
                    values: statistics(request.wanted, values),
                }
            })
            .collect::<Vec<Row>>()
    };
    let rows: Vec<Vec<Row>> = groups.par_iter().map(pooled).collect();
    rows.into_iter().flatten().collect()
}

/// What the head of a file says.
fn remarks(path: &str, request: &Request<'_>, windows: &[Visibilities]) -> Vec<String> {
    let choice = request.choice;
    let mut times: Vec<f64> = windows.iter().flat_map(|open| open.times().to_vec()).collect();
    times.sort_by(f64::total_cmp);
    times.dedup();
    let channels = |open: &Visibilities| {
        let channels = open.channels();
        let range = format!("{} ({} to {})", channels.len(), channels.start, channels.end - 1);
        match windows.len() {
            1 => format!("channels: {range}"),
            _ => format!("channels of spectral window {}: {range}", open.window()),
        }
    };
    let span = match times.as_slice() {
        [first, .., last] => format!("{} to {}", utc_text(*first), utc_text(*last)),
        [one] => utc_text(*one),
        [] => String::new(),
    };
    let flags = match choice.flags.unwrap_or_default() {
        Flags::Apply => "applied",
        Flags::Ignore => "ignored",
        Flags::Only => "only flagged samples",
    };
    let average = match choice.mode() {
        Mode::Vector => "vector",
        Mode::Scalar => "scalar",
        Mode::None => "none",
    };
    let mut remarks = vec![
        format!("set: {path}"),
        format!("column: {}", choice.column()),
        format!("time slots: {} ({span})", times.len()),
        windows.iter().map(channels).collect::<Vec<_>>().join("; "),
        format!("flags: {flags}"),
        format!("average: {average}{}", if choice.weights { " with weights" } else { "" }),
        format!("phases: {}", if request.unwrap.is_some() { "unwrapped" } else { "wrapped" }),
    ];
    if choice.stokes && choice.operation.unwrap_or_default() == Operated::None {
        let scale = choice.stokes_scale.unwrap_or_default();
        remarks.push(format!("Stokes parameters: {scale:?}").to_lowercase());
    }
    remarks.push(format!("ledama {}", env!("CARGO_PKG_VERSION")));
    remarks
}
