//! Maps in colours.

use ledama_analysis::diag::keys;
use ledama_analysis::diag::kinds::Quantity;
use ledama_analysis::diag::map::{Across, maps};
use ledama_analysis::diag::reduce::Reduced;
use ledama_analysis::diag::series::Coordinate;
use ledama_analysis::math;
use ledama_base::operation::OperationError;

use super::super::grid::{cell, grid};
use super::super::labels;
use super::super::settings::{Settings, YRange};
use super::points::unit;
use super::{Made, horizontal, subtitle, title, words};
use crate::figure::{Axis, ColourBar, ColourMap, Figure, Layer, Map, Panel, Place, Range, Ticks};

pub(super) fn figure(rows: &[Reduced], settings: &Settings) -> Result<Made, OperationError> {
    let wanted = &settings.wanted;
    let coordinate = wanted.yaxes[0];
    let across = settings.across.unwrap_or_else(|| usual(rows, settings));
    let (maps, placing) = maps(rows, wanted, coordinate, across)?;
    let factor = unit(coordinate, settings.degrees);
    let mut notes = Vec::new();
    if wanted.yaxes.len() > 1 {
        notes.push("a map shows the first vertical axis only".to_string());
    }
    let all: Vec<f64> = maps
        .panels
        .iter()
        .flat_map(|(_, cells)| cells.values.iter().map(|value| value * factor))
        .filter(|value| value.is_finite())
        .collect();
    let range = colours(coordinate, &all, settings);
    let colours =
        if coordinate == Coordinate::Phase { ColourMap::Cyclic } else { ColourMap::Sequential };
    let (lines, columns) = grid(maps.panels.len(), 1);
    let mut panels = Vec::new();
    for (group, (values, cells)) in maps.panels.iter().enumerate() {
        let (row, column) = cell(group, 0, 1, columns);
        let last = group + columns >= maps.panels.len();
        let x = match settings.xrange {
            Some((low, high)) => Range::Fixed(low, high),
            None => tight(maps.panels.iter().map(|(_, cells)| cells.x.as_slice())),
        };
        panels.push(Panel {
            place: Place::Cell { row, column, rows: lines, columns, joined: false },
            title: keys::text(values),
            x: horizontal(settings, placing.wrap().pieces(), x, last),
            y: vertical(settings, across, cells, column == 0, lines),
            layers: vec![Layer::Map(Map {
                x: cells.x.clone(),
                y: cells.y.clone(),
                values: cells.values.mapv(|value| value * factor),
                colours,
                range,
                logarithm: false,
                blank: false,
                names: cells.names.clone(),
            })],
            ..Panel::default()
        });
    }
    let mut quantities: Vec<&Quantity> = Vec::new();
    for row in rows {
        if !quantities.contains(&&row.quantity) {
            quantities.push(&row.quantity);
        }
    }
    let label = labels::vertical(coordinate, &quantities, settings.degrees);
    let ticks =
        if coordinate.is_phase() && !settings.degrees { Ticks::Phase } else { Ticks::Numbers };
    let more = if maps.key.0.is_empty() {
        String::new()
    } else {
        format!("panels by {}", words(&maps.key))
    };
    let figure = Figure {
        title: title(rows, settings),
        subtitle: subtitle(maps.points, maps.masked, rows, settings, &more),
        size: settings.size,
        scale: settings.scale,
        theme: settings.theme,
        panels,
        borders: Vec::new(),
        legend: Vec::new(),
        colour_bar: Some(ColourBar { label, colours, range, ticks, logarithm: false }),
    };
    Ok(Made {
        figure,
        points: maps.points,
        masked: maps.masked,
        panels: maps.panels.len(),
        colours: 0,
        notes,
    })
}

/// The attribute that gains go over.
pub(super) const STATION: keys::Attribute = keys::Attribute::Station;

/// The rows of maps of these rows, if nobody chose.
pub(super) fn usual(rows: &[Reduced], settings: &Settings) -> Across {
    let stations = rows.windows(2).any(|pair| pair[0].facts.station != pair[1].facts.station);
    let by_panel = settings.wanted.panels.0.contains(&STATION);
    Across::usual(settings.of, settings.wanted.xaxis.is_time(), stations && !by_panel)
}

/// Numbers of the first and the last colour.
fn colours(coordinate: Coordinate, all: &[f64], settings: &Settings) -> (f64, f64) {
    if let YRange::Fixed(ranges) = &settings.yrange {
        return ranges[0];
    }
    if coordinate == Coordinate::Phase {
        let half = if settings.degrees { 180.0 } else { std::f64::consts::PI };
        return (-half, half);
    }
    match math::robust_range(all, 1.0) {
        Some((low, high)) if low < high => (low, high),
        Some((low, _)) => (low - 0.5, low + 0.5),
        None => (0.0, 1.0),
    }
}

/// From the first edge to the last, without margins.
fn tight<'a>(edges: impl Iterator<Item = &'a [f64]>) -> Range {
    let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
    for edges in edges {
        if let (Some(first), Some(last)) = (edges.first(), edges.last()) {
            (low, high) = (low.min(*first), high.max(*last));
        }
    }
    if low < high { Range::Fixed(low, high) } else { Range::Auto }
}

/// Pixels that the name of a row needs, and those above and below all panels.
const NAME: usize = 13;
const AROUND: usize = 110;

fn vertical(
    settings: &Settings,
    across: Across,
    cells: &ledama_analysis::diag::map::Cells,
    first: bool,
    lines: usize,
) -> Axis {
    let (label, ticks) = match across.attribute() {
        None if settings.wanted.xaxis.is_time() => ("Frequency [MHz]".to_string(), Ticks::Numbers),
        None => ("Time [UTC]".to_string(), Ticks::Utc),
        Some(attribute) => {
            let height = (settings.size.1 as usize).saturating_sub(AROUND) / lines.max(1);
            let every = cells.names.len().div_ceil((height / NAME).max(1)).max(1);
            #[allow(clippy::cast_precision_loss)] // a number of stations
            let names = cells.names.iter().enumerate().step_by(every);
            #[allow(clippy::cast_precision_loss)]
            let names = names.map(|(at, name)| (at as f64 + 0.5, name.clone())).collect();
            (capital(attribute.words()), Ticks::Named(names))
        }
    };
    Axis {
        label: if first { label } else { String::new() },
        range: tight(std::iter::once(cells.y.as_slice())),
        ticks,
        named: true,
        reversed: false,
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
