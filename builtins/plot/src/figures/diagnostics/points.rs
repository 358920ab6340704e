//! Points by panel and colour.

use ledama_analysis::diag::keys;
use ledama_analysis::diag::kinds::Quantity;
use ledama_analysis::diag::reduce::Reduced;
use ledama_analysis::diag::series::{Coordinate, Plotted, series};
use ledama_base::operation::{ErrorKind, OperationError};

use super::super::clock::{self, TopAxis};
use super::super::grid::{cell, grid};
use super::super::labels;
use super::super::pages::radius;
use super::super::settings::{Settings, YRange};
use super::{Made, horizontal, look, subtitle, title, words};
use crate::figure::{Axis, Figure, Layer, Line, Panel, Place, Range, Series, Ticks};

/// Number of the range that all horizontal axes share.
const SHARED_X: usize = 0;

pub(super) fn figure(rows: &[Reduced], settings: &Settings) -> Result<Made, OperationError> {
    let wanted = &settings.wanted;
    let plotted = series(rows, wanted)?;
    let look = look::look(&plotted.colour_key, &plotted.colours);
    let mut notes = Vec::new();
    if plotted.automatic {
        notes.push(format!(
            "series are told apart by {}, because `lc` does not tell them apart; `--colorkey` chooses, and `cl` keeps those",
            words(&plotted.colour_key)
        ));
        if !settings.legend && look.bar.is_none() {
            notes.push("`--legend` names the colours".to_string());
        }
    }
    if !plotted.hidden.is_empty() {
        let key = keys::Key(plotted.hidden.clone());
        notes.push(format!("points of one colour differ in {}", key.words()));
    }
    let axes = wanted.yaxes.len();
    let (lines, columns) = grid(plotted.panels.len(), axes);
    let top = settings.top.map(|top| top_axis(top, rows, &plotted)).transpose()?;
    let mut panels = Vec::new();
    for (group, values) in plotted.panels.iter().enumerate() {
        for axis in 0..axes {
            let (row, column) = cell(group, axis, axes, columns);
            // No panel below: the next group of this column is not there.
            let last = axis + 1 == axes && group + columns >= plotted.panels.len();
            let joined = axis + 1 < axes;
            panels.push(Panel {
                place: Place::Cell { row, column, rows: lines, columns, joined },
                title: if axis == 0 { keys::text(values) } else { String::new() },
                x: x_axis(settings, &plotted, last),
                y: y_axis(settings, &plotted.quantities[group], axis, column == 0),
                top: top.clone().filter(|_| axis == 0 && row == 0),
                layers: layers(&plotted, &look.styles, settings, group, axis),
                ..Panel::default()
            });
        }
    }
    let legend = if settings.legend {
        look::legend(&plotted.colours, &look.styles, &settings.offsets)
    } else {
        Vec::new()
    };
    let mut more = Vec::new();
    if plotted.colours.len() > 1 {
        more.push(format!("coloured by {}", words(&plotted.colour_key)));
    }
    if settings.offsets.iter().any(|offset| *offset != 0.0) {
        let offsets: Vec<String> = settings.offsets.iter().map(ToString::to_string).collect();
        more.push(format!("each series moved by {}", offsets.join(", ")));
    }
    let more = more.join(" · ");
    let figure = Figure {
        title: title(rows, settings),
        subtitle: subtitle(plotted.points, plotted.masked, rows, settings, &more),
        size: settings.size,
        scale: settings.scale,
        theme: settings.theme,
        panels,
        borders: Vec::new(),
        legend,
        colour_bar: look.bar,
    };
    Ok(Made {
        figure,
        points: plotted.points,
        masked: plotted.masked,
        panels: plotted.panels.len(),
        colours: plotted.colours.len(),
        notes,
    })
}

fn x_axis(settings: &Settings, plotted: &Plotted, named: bool) -> Axis {
    let range = match settings.xrange {
        Some((low, high)) => Range::Fixed(low, high),
        None => Range::Shared(SHARED_X),
    };
    horizontal(settings, plotted.wrap.pieces(), range, named)
}

fn y_axis(settings: &Settings, quantities: &[Quantity], axis: usize, first: bool) -> Axis {
    let coordinate = settings.wanted.yaxes[axis];
    let quantities: Vec<&Quantity> = quantities.iter().collect();
    let (range, named) = match &settings.yrange {
        YRange::Auto => (Range::Auto, true),
        YRange::Share => (Range::Shared(SHARED_X + 1 + axis), first),
        YRange::Fixed(ranges) => (Range::Fixed(ranges[axis].0, ranges[axis].1), first),
    };
    let ticks =
        if coordinate.is_phase() && !settings.degrees { Ticks::Phase } else { Ticks::Numbers };
    let label = labels::vertical(coordinate, &quantities, settings.degrees);
    // Panels that are not at the left have a scale of their own, but the same quantity.
    Axis { label: if first { label } else { String::new() }, range, ticks, named, reversed: false }
}

fn layers(
    plotted: &Plotted,
    styles: &[crate::figure::Style],
    settings: &Settings,
    group: usize,
    axis: usize,
) -> Vec<Layer> {
    let coordinate = settings.wanted.yaxes[axis];
    let factor = unit(coordinate, settings.degrees);
    let of_panel = plotted.series.range((group, 0)..(group + 1, 0));
    let radius = radius(of_panel.clone().map(|(_, one)| one.x.len()).sum());
    of_panel
        .map(|((_, colour), one)| {
            #[allow(clippy::cast_precision_loss)] // a number of series
            let offset = settings.offsets[axis] * *colour as f64;
            Layer::Series(Series {
                name: keys::text(&plotted.colours[*colour]),
                style: crate::figure::Style { radius, ..styles[*colour] },
                x: one.x.clone(),
                y: one.y[axis].iter().map(|value| value * factor + offset).collect(),
                line: Line::None,
            })
        })
        .collect()
}

/// What makes the shown unit of radians.
pub(super) fn unit(coordinate: Coordinate, degrees: bool) -> f64 {
    if coordinate.is_phase() && degrees { 180.0 / std::f64::consts::PI } else { 1.0 }
}

fn top_axis(what: TopAxis, rows: &[Reduced], plotted: &Plotted) -> Result<Axis, OperationError> {
    let mut pointings: Vec<(f64, f64)> = rows.iter().filter_map(|row| row.facts.pointing).collect();
    pointings.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    pointings.dedup();
    let pointing = match (what, pointings.as_slice()) {
        (TopAxis::Lst, _) => (0.0, 0.0),
        (TopAxis::Ha, [one]) => *one,
        (TopAxis::Ha, other) => {
            let what = format!("{} directions have no common hour angle", other.len());
            return Err(OperationError::new(ErrorKind::Input, what)
                .help("select one beam, take `--top-axis lst`, or the axis TIME_HOUR_ANGLE"));
        }
    };
    let all = || plotted.series.values().flat_map(|one| one.x.iter().copied());
    let low = all().fold(f64::INFINITY, f64::min);
    let high = all().fold(f64::NEG_INFINITY, f64::max);
    let mut axis = clock::top(what, pointing, &plotted.wrap, low, high);
    // The places are those of the axis below, whatever it shows of them.
    axis.range = Range::Shared(SHARED_X);
    Ok(axis)
}
