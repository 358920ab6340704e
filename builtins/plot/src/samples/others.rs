//! Maps, bars and odd data.

use std::f64::consts::PI;

use ndarray::Array2;

use super::{NIGHT, Noise, axis, cell, ramp};
use crate::figure::{
    Axis, Bars, Colour, ColourBar, ColourMap, Figure, Layer, Line, Map, Marker, Panel, Range,
    Series, Style, Theme, Ticks,
};
use crate::palette;

/// A map over time and frequency with missing cells.
#[must_use]
pub fn waterfall() -> Figure {
    let mut noise = Noise::new(4);
    let (rows, columns) = (244, 600);
    let values = Array2::from_shape_fn((rows, columns), |(row, column)| {
        #[allow(clippy::cast_precision_loss)]
        let (f, t) = (row as f64 / rows as f64, column as f64 / columns as f64);
        let value = (1.0 + (t * 9.0).sin() * 0.3 + (f * 3.0).cos()) * (1.0 + 0.1 * noise.normal());
        if (0.4..0.46).contains(&t) || row == 100 || noise.even() > 0.997 {
            f64::NAN
        } else {
            10_f64.powf(value)
        }
    });
    let map = Map {
        x: ramp(columns + 1, NIGHT, NIGHT + 21600.0),
        y: ramp(rows + 1, 115.0, 187.3),
        values,
        colours: ColourMap::Sequential,
        range: (1.0, 300.0),
        logarithm: true,
        blank: false,
        names: Vec::new(),
    };
    Figure {
        title: "Standard deviation over time and frequency".into(),
        subtitle: "146400 cells, 9340 missing (hatched)".into(),
        panels: vec![Panel {
            x: axis("Time [UTC]", Range::Auto, Ticks::Utc),
            y: axis("Frequency [MHz]", Range::Auto, Ticks::Numbers),
            layers: vec![Layer::Map(map)],
            ..Panel::default()
        }],
        colour_bar: Some(ColourBar {
            label: "Standard deviation [Jy]".into(),
            colours: ColourMap::Sequential,
            range: (1.0, 300.0),
            ticks: Ticks::Logarithm,
            logarithm: true,
        }),
        ..Figure::default()
    }
}

/// Maps of phases on a grid of panels.
#[must_use]
pub fn phases() -> Figure {
    let mut noise = Noise::new(5);
    let panels = (0..6)
        .map(|index| {
            let (row, column) = (index / 3, index % 3);
            #[allow(clippy::cast_precision_loss)]
            let values = Array2::from_shape_fn((60, 120), |(r, c)| {
                let phase = (r as f64 * 0.1 * (index as f64 + 0.5)
                    + c as f64 * 0.05
                    + 0.2 * noise.normal())
                    % (2.0 * PI);
                phase - PI
            });
            let map = Map {
                x: ramp(121, NIGHT, NIGHT + 7200.0),
                y: ramp(61, 115.0, 187.3),
                values,
                colours: ColourMap::Cyclic,
                range: (-PI, PI),
                logarithm: false,
                blank: false,
                names: Vec::new(),
            };
            let mut panel = Panel {
                place: cell(row, column, 2, 3),
                title: format!("CS00{index}HBA0"),
                x: axis("Time [UTC]", Range::Shared(0), Ticks::Utc),
                y: axis("Frequency [MHz]", Range::Shared(0), Ticks::Numbers),
                layers: vec![Layer::Map(map)],
                ..Panel::default()
            };
            (panel.x.named, panel.y.named) = (row == 1, column == 0);
            panel
        })
        .collect();
    Figure {
        title: "Phases of gains".into(),
        subtitle: "43200 cells".into(),
        panels,
        colour_bar: Some(ColourBar {
            label: "Phase [rad]".into(),
            colours: ColourMap::Cyclic,
            range: (-PI, PI),
            ticks: Ticks::Phase,
            logarithm: false,
        }),
        ..Figure::default()
    }
}

/// Bars over days, named rows, 72 looks.
#[must_use]
pub fn days() -> Figure {
    let mut noise = Noise::new(9);
    let names: Vec<(f64, String)> =
        (0..24_u32).map(|i| (f64::from(i), format!("CS{:03}HBA{}", i / 2 + 1, i % 2))).collect();
    let used = (0..24_u32)
        .flat_map(|row| (0..40_u32).map(move |night| (row, night)))
        .filter(|_| noise.even() > 0.2)
        .map(|(row, night)| {
            let start = NIGHT + f64::from(night) * 4.0 * 86400.0;
            [start, start + 86400.0, f64::from(row) - 0.4, f64::from(row) + 0.4]
        })
        .collect();
    let stations = Panel {
        place: cell(0, 0, 1, 2),
        title: "Stations used".into(),
        x: axis("Date [UTC]", Range::Auto, Ticks::Utc),
        y: Axis { reversed: true, ..axis("", Range::Auto, Ticks::Named(names.clone())) },
        layers: vec![Layer::Bars(Bars {
            name: "used".into(),
            colour: Colour::Category(0),
            edges: used,
        })],
        ..Panel::default()
    };
    let looks = (0..palette::DISTINCT)
        .map(|index| {
            #[allow(clippy::cast_precision_loss)]
            let (x, y) = ((index % 12) as f64, (index / 12) as f64);
            let style = Style { radius: 5.0, ..palette::style(index, palette::DISTINCT) };
            Layer::Series(Series {
                name: format!("look {index}"),
                style,
                x: vec![x],
                y: vec![y],
                line: Line::None,
            })
        })
        .collect();
    let looks = Panel {
        place: cell(0, 1, 1, 2),
        title: "72 looks".into(),
        x: axis("", Range::Fixed(-1.0, 24.0), Ticks::Named(names)),
        y: axis("Shape", Range::Fixed(-0.5, 5.5), Ticks::Numbers),
        layers: looks,
        ..Panel::default()
    };
    Figure {
        title: "Stations and looks".into(),
        size: (1400, 700),
        panels: vec![stations, looks],
        ..Figure::default()
    }
}

/// Nothing, one point, a constant, missing values, far numbers, reversed axes.
#[must_use]
pub fn oddities() -> Figure {
    let cases: [(&str, Vec<f64>, Range, Ticks); 9] = [
        ("nothing", vec![], Range::Auto, Ticks::Numbers),
        ("one point", vec![3.2], Range::Auto, Ticks::Numbers),
        ("constant", vec![7.0; 30], Range::Auto, Ticks::Numbers),
        (
            "missing and infinite",
            vec![1.0, f64::NAN, f64::INFINITY, 2.0, 3.0, f64::NEG_INFINITY, 2.5],
            Range::Auto,
            Ticks::Numbers,
        ),
        ("far apart", vec![-f64::MAX, 0.0, f64::MAX], Range::Auto, Ticks::Numbers),
        ("reversed", ramp(30, 0.0, 5.0), Range::Fixed(6.0, -1.0), Ticks::Numbers),
        (
            "logarithm",
            ramp(30, -3.0, 6.0).into_iter().map(|v| 10_f64.powf(v)).collect(),
            Range::Auto,
            Ticks::Logarithm,
        ),
        (
            "close to a large number",
            ramp(30, 134_288_024.9, 134_288_025.9),
            Range::Auto,
            Ticks::Numbers,
        ),
        ("hour angle", ramp(30, -20000.0, 30000.0), Range::Auto, Ticks::HourAngle),
    ];
    let panels = cases
        .into_iter()
        .enumerate()
        .map(|(index, (title, y, range, ticks))| {
            let x = ramp(y.len(), 0.0, 86400.0);
            let style = Style {
                colour: Colour::Category(index),
                marker: Marker::Square,
                ..Style::default()
            };
            Panel {
                place: cell(index / 3, index % 3, 3, 3),
                title: title.into(),
                x: axis("Time of day", Range::Auto, Ticks::Clock),
                y: axis("Value [Hz]", range, ticks),
                layers: vec![Layer::Series(Series {
                    name: title.into(),
                    style,
                    x,
                    y,
                    line: Line::Within(1e5),
                })],
                ..Panel::default()
            }
        })
        .collect();
    Figure { title: "Odd data".into(), theme: Theme::Light, panels, ..Figure::default() }
}
