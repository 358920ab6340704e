//! Reads the visibilities of a set and makes its statistics.

use std::collections::BTreeMap;

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
    let place = rawtext::text_path(path);
    let open = Visibilities::open(&place, &selection).map_err(OperationError::from)?;
    let average = request.choice.average(Average::Channels);
    let batches = open.batches(average, request.memory);
    if request.summary && batches.len() > 1 {
        let needed = (open.memory(average) * open.baselines().len()) >> 20;
        return Err(OperationError::new(
            ErrorKind::Input,
            format!("{path}: a summary needs {needed} MiB for all values at once"),
        )
        .help("allow more memory, select less, or leave the summary out"));
    }
    let frequency = open.reference_hz().map(|hz| hz / 1e6);
    let mut stats = SetStats {
        path: path.to_string(),
        set: outline.name.clone(),
        freq_mhz: frequency,
        remarks: remarks(path, request, &open),
        statistics: request.wanted.iter().map(|wanted| wanted.name()).collect(),
        rows: Vec::new(),
        warnings: open.warnings().to_vec(),
    };
    let parts = batches.len() as u64;
    for (part, batch) in (0..).zip(batches) {
        let mut told = |done: u64, total: u64| watch(part * total + done, parts * total);
        let series = open.series_of::<OperationError>(average, batch, &mut told)?;
        let rows: Vec<Vec<Row>> = series.par_iter().map(|one| rows(one, &open, request)).collect();
        stats.rows.extend(rows.into_iter().flatten());
        if request.summary {
            stats.rows.extend(summary(&series, &open, request));
        }
    }
    Ok(stats)
}

/// The rows of a baseline, one for each polarization.
fn rows(series: &Series, open: &Visibilities, request: &Request<'_>) -> Vec<Row> {
    let baseline = &open.baselines()[series.baseline];
    let names = open.polarizations().iter().enumerate();
    names
        .map(|(at, polarization)| {
            let values = |wanted: Coordinate| coordinate(series, open, at, wanted, request);
            let counts = series.counts[at];
            Row {
                antennas: [baseline.antenna1, baseline.antenna2],
                names: [baseline.name1.clone(), baseline.name2.clone()],
                polarization: polarization.clone(),
                num: counts.valid,
                flagged: counts.invalid,
                values: statistics(request.wanted, values),
            }
        })
        .collect()
}

/// A coordinate of all values of a polarization, channel by channel.
fn coordinate(
    series: &Series,
    open: &Visibilities,
    polarization: usize,
    wanted: Coordinate,
    request: &Request<'_>,
) -> Vec<f64> {
    let channels = 0..series.shape[1];
    channels
        .flat_map(|channel| {
            wanted.of(&series.times(channel, polarization), open.times(), request.unwrap)
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
fn summary(all: &[Series], open: &Visibilities, request: &Request<'_>) -> Vec<Row> {
    let cross: Vec<&Series> = all
        .iter()
        .filter(|series| {
            let baseline = &open.baselines()[series.baseline];
            baseline.antenna1 != baseline.antenna2
        })
        .collect();
    let mut groups: BTreeMap<(i32, &str), Vec<&Series>> = BTreeMap::new();
    for series in &cross {
        let one = &open.baselines()[series.baseline];
        groups.entry((one.antenna1, &one.name1)).or_default().push(series);
        groups.entry((one.antenna2, &one.name2)).or_default().push(series);
    }
    let mut groups: Vec<((i32, &str), Vec<&Series>)> = groups.into_iter().collect();
    if !cross.is_empty() {
        groups.push(((ALL, "*"), cross));
    }
    let pooled = |((antenna, name), members): &((i32, &str), Vec<&Series>)| {
        let polarizations = open.polarizations().iter().enumerate();
        polarizations
            .map(|(at, polarization)| {
                let values = |wanted: Coordinate| {
                    let each = members.iter();
                    each.flat_map(|one| coordinate(one, open, at, wanted, request)).collect()
                };
                Row {
                    antennas: [*antenna, ALL],
                    names: [(*name).to_string(), "*".into()],
                    polarization: polarization.clone(),
                    num: members.iter().map(|one| one.counts[at].valid).sum(),
                    flagged: members.iter().map(|one| one.counts[at].invalid).sum(),
                    values: statistics(request.wanted, values),
                }
            })
            .collect::<Vec<Row>>()
    };
    let rows: Vec<Vec<Row>> = groups.par_iter().map(pooled).collect();
    rows.into_iter().flatten().collect()
}

/// What the head of a file says.
fn remarks(path: &str, request: &Request<'_>, open: &Visibilities) -> Vec<String> {
    let choice = request.choice;
    let channels = open.channels();
    let times = open.times();
    let span = match times {
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
        format!("channels: {} ({} to {})", channels.len(), channels.start, channels.end - 1),
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
