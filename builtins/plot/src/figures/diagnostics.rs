//! Figures of gains and quality statistics: points by panel and colour, or
//! maps in colours.

mod look;
mod maps;
pub mod operation;
mod points;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use ledama_analysis::diag::axis::XAxis;
use ledama_analysis::diag::keys;
use ledama_analysis::diag::kinds::Quantity;
use ledama_analysis::diag::reduce::{Averaging, Reduced};
use ledama_base::operation::{ErrorKind, OperationError};

use super::settings::Settings;
use crate::figure::{Axis, Figure, Range, Ticks};

/// A figure with what is to be told of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Made {
    /// The figure.
    pub figure: Figure,
    /// Points or cells with a value.
    pub points: usize,
    /// Those without.
    pub masked: usize,
    /// How many panels.
    pub panels: usize,
    /// How many colours; 0 of a map.
    pub colours: usize,
    /// What the user should know: keys that were chosen, what cannot be told apart.
    pub notes: Vec<String>,
}

/// Makes the figure of reduced rows.
pub fn figure(rows: &[Reduced], settings: &Settings) -> Result<Made, OperationError> {
    if rows.is_empty() {
        return Err(nothing(settings).help("look at the conditions with the Get module"));
    }
    let made =
        if settings.map { maps::figure(rows, settings)? } else { points::figure(rows, settings)? };
    if made.points == 0 {
        return Err(nothing(settings).help("every sample of the selection is missing"));
    }
    Ok(made)
}

fn nothing(settings: &Settings) -> OperationError {
    let what = format!("no data: there are no {} of this selection", settings.of.words());
    OperationError::new(ErrorKind::NotFound, what)
}

/// First line: what is shown of which observations.
fn title(rows: &[Reduced], settings: &Settings) -> String {
    let observations: BTreeSet<&str> = rows.iter().map(|row| row.facts.lds.as_str()).collect();
    let names: Vec<&str> = observations.iter().copied().collect();
    let of = match names.as_slice() {
        [_] | [_, _] | [_, _, _] => names.join(", "),
        many => format!("{} observations, {} to {}", many.len(), many[0], many[many.len() - 1]),
    };
    let mut parts = vec![format!("{} of {of}", settings.of.name())];
    let kinds: BTreeSet<&str> = rows.iter().filter_map(|row| row.quantity.kind()).collect();
    match kinds.len() {
        0 => {}
        1..=4 => parts.push(kinds.into_iter().collect::<Vec<_>>().join(", ")),
        many => parts.push(format!("{many} kinds")),
    }
    let correlations: BTreeSet<(usize, &str)> = rows
        .iter()
        .map(|row| (row.correlation, row.facts.correlations[row.correlation].as_str()))
        .collect();
    parts.push(correlations.into_iter().map(|one| one.1).collect::<Vec<_>>().join(" "));
    let stations: BTreeSet<&String> =
        rows.iter().filter_map(|row| row.facts.station.as_ref()).collect();
    match stations.len() {
        0 => {}
        1 => parts.extend(stations.into_iter().cloned()),
        many => parts.push(format!("{many} stations")),
    }
    parts.join(", ")
}

/// Second line: how much is drawn, how it came about.
fn subtitle(
    points: usize,
    masked: usize,
    rows: &[Reduced],
    settings: &Settings,
    more: &str,
) -> String {
    let mut parts = vec![format!("{points} points, {masked} missing"), averaging(rows, settings)];
    if !more.is_empty() {
        parts.push(more.to_string());
    }
    parts.push(concat!("ledama ", env!("CARGO_PKG_VERSION")).to_string());
    parts.join(" · ")
}

/// How samples were put together.
fn averaging(rows: &[Reduced], settings: &Settings) -> String {
    let wanted = &settings.wanted;
    let other = match (wanted.xaxis, settings.of.has_times()) {
        (XAxis::Frequency, true) => "time",
        (XAxis::Frequency, false) => "",
        _ => "frequency",
    };
    let added = rows.iter().all(|row| row.quantity.is_added());
    let statistics = rows.iter().any(|row| row.quantity != Quantity::Gain);
    let whole = rows.iter().flat_map(|row| &row.lines).any(|line| line.across.is_some());
    let how = match wanted.averaging {
        _ if other.is_empty() || whole => "every sample".to_string(),
        _ if added => format!("accumulators added over {other}"),
        Averaging::Scalar if !statistics => format!("moduli and phases averaged over {other}"),
        _ => format!("complex mean over {other}"),
    };
    let unit = if wanted.xaxis.is_time() { "s" } else { "MHz" };
    match wanted.resolution.width {
        Some(width) if wanted.resolution.decimate => format!("{how}, one in {width} {unit}"),
        Some(width) => format!("{how}, bins of {width} {unit}"),
        None => how,
    }
}

/// The horizontal axis, named or not.
fn horizontal(settings: &Settings, pieces: &[(f64, f64)], range: Range, named: bool) -> Axis {
    let ticks = match settings.wanted.xaxis {
        XAxis::Utc => Ticks::Utc,
        XAxis::Wrapped => Ticks::UtcPieces(pieces.to_vec()),
        XAxis::Daily => Ticks::Clock,
        XAxis::HourAngle => Ticks::HourAngle,
        XAxis::Frequency => Ticks::Numbers,
    };
    Axis { label: settings.wanted.xaxis.label().to_string(), range, ticks, named, reversed: false }
}

/// Keys in words, for notes and titles.
fn words(key: &keys::Key) -> String {
    if key.0.is_empty() { "nothing".to_string() } else { key.words() }
}
