//! Points and lines.

use std::f64::consts::PI;

use super::{NIGHT, Noise, axis, cell, correlations, ramp};
use crate::figure::{
    Axis, Colour, ColourBar, ColourMap, Figure, Layer, LegendEntry, Line, Panel, Place, Range,
    Rule, Series, Style, Ticks,
};
use crate::palette;

/// Amplitude and phase over frequency, joined, with an hour-angle axis above.
#[must_use]
pub fn spectra() -> Figure {
    let mut noise = Noise::new(1);
    let x = ramp(400, 115.0, 187.3);
    let mut layers: [Vec<Layer>; 2] = [Vec::new(), Vec::new()];
    for entry in correlations() {
        let cross = entry.name.starts_with('X') != entry.name.ends_with('X');
        let level = if cross { 0.08 } else { 1.0 };
        let shift = noise.even() * 2.0;
        let amplitude: Vec<f64> = x
            .iter()
            .map(|f| {
                let hump = (-((f - 132.0) / 22.0).powi(2)).exp() + 0.25;
                if (150.0..151.5).contains(f) {
                    f64::NAN
                } else {
                    level * hump * (1.0 + 0.02 * noise.normal())
                }
            })
            .collect();
        let phase = x
            .iter()
            .map(|f| ((f * 0.35 + shift + 0.05 * noise.normal()) % (2.0 * PI)) - PI)
            .collect();
        for (panel, y) in layers.iter_mut().zip([amplitude, phase]) {
            panel.push(Layer::Series(Series {
                name: entry.name.clone(),
                style: entry.style,
                x: x.clone(),
                y,
                line: Line::None,
            }));
        }
    }
    let [amplitude, phase] = layers;
    let upper = Panel {
        place: Place::Cell { row: 0, column: 0, rows: 2, columns: 1, joined: true },
        x: axis("Frequency [MHz]", Range::Shared(0), Ticks::Numbers),
        y: axis("Amplitude", Range::Auto, Ticks::Numbers),
        layers: amplitude,
        inset: "mean 0.61\nstd 0.33".into(),
        ..Panel::default()
    };
    let mut phase_layers = vec![Layer::Rule(Rule { at: 0.0, level: true, colour: Colour::Faint })];
    phase_layers.extend(phase);
    let lower = Panel {
        place: cell(1, 0, 2, 1),
        x: axis("Frequency [MHz]", Range::Shared(0), Ticks::Numbers),
        y: axis("Phase [rad]", Range::Fixed(-PI, PI), Ticks::Phase),
        layers: phase_layers,
        ..Panel::default()
    };
    Figure {
        title: "Spectra · L74759 · RS106HBA · XX XY YX YY".into(),
        subtitle: "1600 points, 32 masked · averaged to 0.2 MHz".into(),
        panels: vec![upper, lower],
        legend: correlations(),
        ..Figure::default()
    }
}

/// Two nights side by side on a wrapped axis, lines with gaps, hour angle above.
#[must_use]
pub fn nights() -> Figure {
    let mut noise = Noise::new(2);
    let pieces = vec![(0.0, NIGHT), (14400.0, NIGHT + 86164.0), (28800.0, NIGHT + 5.0 * 86164.0)];
    let mut panels = Vec::new();
    for (row, name) in ["CS001HBA0", "RS508HBA"].into_iter().enumerate() {
        let x = ramp(900, 0.0, 43200.0);
        let layers = [0, 1]
            .map(|index| {
                let mut level = 1.0 + 0.3 * f64::from(index);
                let y = x
                    .iter()
                    .map(|t| {
                        level += 0.004 * noise.normal();
                        if (t % 14400.0) > 13900.0 || (20000.0..21000.0).contains(t) {
                            f64::NAN
                        } else {
                            level
                        }
                    })
                    .collect();
                let colour = Colour::Category(usize::try_from(index).unwrap_or(0));
                Layer::Series(Series {
                    name: ["XX", "YY"][usize::try_from(index).unwrap_or(0)].into(),
                    style: Style { colour, radius: 0.0, ..Style::default() },
                    x: x.clone(),
                    y,
                    line: Line::Within(60.0),
                })
            })
            .to_vec();
        let mut x_axis =
            axis("Time [UTC]", Range::Fixed(0.0, 43200.0), Ticks::UtcPieces(pieces.clone()));
        x_axis.named = row == 1;
        let top = (row == 0).then(|| {
            let angles = [0.0, 7200.0, 14400.0, 21600.0, 28800.0, 36000.0];
            let names = ["−02:00", "+00:00", "−02:00", "+00:00", "−02:00", "+00:00"];
            let named = angles.into_iter().zip(names.map(str::to_owned)).collect();
            axis("Hour angle [h]", Range::Auto, Ticks::Named(named))
        });
        panels.push(Panel {
            place: cell(row, 0, 2, 1),
            title: name.into(),
            x: x_axis,
            y: axis("Unflagged samples", Range::Shared(0), Ticks::Numbers),
            top,
            layers,
            ..Panel::default()
        });
    }
    for panel in &mut panels {
        for layer in &mut panel.layers {
            if let Layer::Series(series) = layer {
                series.y.iter_mut().for_each(|y| *y *= 2.9e7);
            }
        }
    }
    let legend = correlations()
        .into_iter()
        .filter(|e| ["XX", "YY"].contains(&e.name.as_str()))
        .collect::<Vec<_>>();
    Figure {
        title: "Three nights · L74759, L74760, L74791 · Count · time wrapped, gaps of more than 60 s shown as breaks".into(),
        subtitle: "3600 points, 268 masked".into(),
        size: (1400, 700),
        panels,
        legend: legend.into_iter().enumerate().map(|(i, e)| LegendEntry { style: Style { colour: Colour::Category(i), ..e.style }, ..e }).collect(),
        ..Figure::default()
    }
}

/// Two joined panels for each station, placed by hand, as in a movie.
#[must_use]
pub fn stations(count: usize) -> Figure {
    let mut noise = Noise::new(3);
    #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let high = ((count as f64 / 1.77).sqrt().floor() as usize).max(1);
    let wide = count.div_ceil(high);
    #[allow(clippy::cast_precision_loss)]
    let (dx, dy) = (0.9 / wide as f64, 0.45 / high as f64);
    let x = ramp(244, 115.0, 187.3);
    let mut panels = Vec::new();
    for station in 0..count {
        let (column, row) = (station % wide, high - 1 - station / wide);
        #[allow(clippy::cast_precision_loss)]
        let (left, bottom) = (0.05 + column as f64 * dx, 0.05 + 2.0 * row as f64 * dy);
        let name = match station {
            0..24 => format!("CS{:03}HBA{}", station / 2 + 1, station % 2),
            24..52 => format!("RS{}HBA", 106 + station * 7),
            _ => format!("DE{}HBA", 601 + station - 52),
        };
        let slope = if station < 24 { 0.01 } else { 0.2 } * noise.normal();
        for upper in [false, true] {
            let y_axis = if upper {
                axis("", Range::Fixed(-PI, PI), Ticks::Phase)
            } else {
                axis("", Range::Fixed(0.0, 2.0), Ticks::Numbers)
            };
            let layers = [0_u32, 1]
                .map(|pol| {
                    let y = x.iter().map(|f| {
                        let phase =
                            slope * (f - 150.0) + 0.1 * noise.normal() + 0.3 * f64::from(pol);
                        let hump = 1.4 * (-((f - 132.0) / 25.0).powi(2)).exp() + 0.1;
                        if upper {
                            (phase + PI).rem_euclid(2.0 * PI) - PI
                        } else {
                            hump * (1.0 + 0.04 * noise.normal())
                        }
                    });
                    Layer::Series(Series {
                        name: ["XX", "YY"][pol as usize].into(),
                        style: Style {
                            colour: Colour::Category(pol as usize),
                            radius: 1.2,
                            ..Style::default()
                        },
                        x: x.clone(),
                        y: y.collect(),
                        line: Line::None,
                    })
                })
                .to_vec();
            panels.push(Panel {
                place: Place::Area {
                    left: left + 0.004,
                    bottom: bottom + if upper { dy } else { 0.02 },
                    width: dx - 0.008,
                    height: dy - 0.02,
                },
                title: if upper { name.clone() } else { String::new() },
                x: Axis {
                    named: !upper && (row == 0 || station + wide >= count),
                    ..axis(
                        "",
                        Range::Fixed(115.0, 187.3),
                        Ticks::Named(vec![(120.0, "120".into()), (180.0, "180".into())]),
                    )
                },
                y: Axis { named: column == 0, ..y_axis },
                layers: if station == 12 { Vec::new() } else { layers },
                ..Panel::default()
            });
        }
    }
    Figure {
        title: "L74759 · 2012-03-04 22:02:10 UTC · 115.0–187.3 MHz · reference CS001HBA0".into(),
        subtitle: "frame 14/200 · no delay applied".into(),
        size: (1200, 700),
        panels,
        legend: correlations().into_iter().filter(|e| e.name == "XX" || e.name == "YY").collect(),
        ..Figure::default()
    }
}

/// So many points that their density is drawn.
#[must_use]
pub fn density(count: usize) -> Figure {
    let mut noise = Noise::new(6);
    let layers = (0..3_u32)
        .map(|index| {
            let shift = f64::from(index) * 1.6;
            let (x, y) = (0..count / 3)
                .map(|_| (noise.normal() + shift, noise.normal() * 2.0 - shift))
                .unzip();
            Layer::Series(Series {
                name: format!("band {index}"),
                style: palette::style(index as usize, 3),
                x,
                y,
                line: Line::None,
            })
        })
        .collect();
    let legend = (0..3)
        .map(|index| LegendEntry { name: format!("band {index}"), style: palette::style(index, 3) })
        .collect();
    Figure {
        title: format!("{count} points"),
        subtitle: "opacity follows the logarithm of the number of points".into(),
        panels: vec![Panel {
            x: axis("Real [Jy]", Range::Auto, Ticks::Numbers),
            y: axis("Imaginary [Jy]", Range::Auto, Ticks::Numbers),
            layers,
            ..Panel::default()
        }],
        legend,
        ..Figure::default()
    }
}

/// A square panel.
#[must_use]
pub fn coverage() -> Figure {
    let mut layers = Vec::new();
    for (index, name) in ["core", "remote", "international"].into_iter().enumerate() {
        #[allow(clippy::cast_precision_loss)]
        let length = [2.0, 20.0, 120.0][index];
        let (mut x, mut y) = (Vec::new(), Vec::new());
        for baseline in 0..8_u32 {
            let start = f64::from(baseline) * 0.7;
            for step in 0..60_u32 {
                let angle = start + f64::from(step) * 0.012;
                let long = length * (0.4 + f64::from(baseline) * 0.08);
                for sign in [1.0, -1.0] {
                    x.push(sign * long * angle.cos());
                    y.push(sign * long * 0.8 * angle.sin());
                }
            }
        }
        let style = Style { radius: 1.0, ..palette::style(index, 3) };
        layers.push((
            name,
            Layer::Series(Series { name: name.into(), style, x, y, line: Line::None }),
            style,
        ));
    }
    let legend = layers
        .iter()
        .map(|(name, _, style)| LegendEntry { name: (*name).into(), style: *style })
        .collect();
    Figure {
        title: "Coverage of the uv plane".into(),
        subtitle: "2880 points with their conjugates".into(),
        size: (900, 800),
        panels: vec![Panel {
            x: axis("u [kλ]", Range::Auto, Ticks::Numbers),
            y: axis("v [kλ]", Range::Auto, Ticks::Numbers),
            square: true,
            layers: layers.into_iter().map(|(_, layer, _)| layer).collect(),
            ..Panel::default()
        }],
        legend,
        ..Figure::default()
    }
}

/// Many series in many panels, more than the legend can name.
#[must_use]
pub fn subbands() -> Figure {
    let mut noise = Noise::new(8);
    let total = 244;
    let panels = (0..8)
        .map(|index| {
            let (row, column) = (index / 4, index % 4);
            let layers = (0..total)
                .step_by(3)
                .map(|band| {
                    #[allow(clippy::cast_precision_loss)]
                    let from = 120.0 + band as f64 * 0.195;
                    let x = ramp(12, from, from + 0.19);
                    let y = x.iter().map(|_| 1e-7 * (5.0 + noise.normal())).collect();
                    Layer::Series(Series {
                        name: format!("SB{band:03}"),
                        style: palette::style(band, total),
                        x,
                        y,
                        line: Line::None,
                    })
                })
                .collect();
            let mut panel = Panel {
                place: cell(row, column, 2, 4),
                title: format!("RS{}HBA", 106 + index),
                x: axis("Frequency [MHz]", Range::Shared(0), Ticks::Numbers),
                y: axis("Mean [Jy]", Range::Shared(0), Ticks::Numbers),
                layers,
                ..Panel::default()
            };
            (panel.x.named, panel.y.named) = (row == 1, column == 0);
            panel
        })
        .collect();
    Figure {
        title: "Mean of 244 sub-bands, colours by sub-band".into(),
        size: (2500, 1000),
        panels,
        legend: (0..total)
            .map(|band| LegendEntry {
                name: format!("L74759_SB{band:03}_uv.MS"),
                style: palette::style(band, total),
            })
            .collect(),
        colour_bar: Some(ColourBar {
            label: "Sub-band".into(),
            colours: ColourMap::Sequential,
            range: (0.0, 243.0),
            ticks: Ticks::Numbers,
            logarithm: false,
        }),
        ..Figure::default()
    }
}
