//! Figures of every kind, always the same, to look at and to measure.

use std::f64::consts::PI;

use ndarray::Array2;

use crate::figure::{
    Axis, Bars, Colour, ColourBar, ColourMap, Figure, Layer, LegendEntry, Line, Map, Marker, Panel,
    Place, Range, Rule, Series, Style, Theme, Ticks,
};
use crate::palette;

/// 2012-03-04T22:00:00 UTC.
const NIGHT: f64 = 1_330_898_400.0;

/// Numbers that look like noise and are always the same (`SplitMix64`).
#[derive(Debug, Clone)]
pub struct Noise(u64);

impl Noise {
    /// A row of numbers for each seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Evenly between 0 and 1.
    #[allow(clippy::cast_precision_loss)]
    pub fn even(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Normal, with mean 0 and deviation 1.
    pub fn normal(&mut self) -> f64 {
        (-2.0 * self.even().max(1e-300).ln()).sqrt() * (2.0 * PI * self.even()).cos()
    }
}

/// Every sample by name.
#[must_use]
pub fn all() -> Vec<(&'static str, Figure)> {
    vec![
        ("spectra", spectra()),
        ("nights", nights()),
        ("stations", stations(61)),
        ("waterfall", waterfall()),
        ("phases", phases()),
        ("density", density(300_000)),
        ("coverage", coverage()),
        ("subbands", subbands()),
        ("days", days()),
        ("oddities", oddities()),
    ]
}

fn cell(row: usize, column: usize, rows: usize, columns: usize) -> Place {
    Place::Cell { row, column, rows, columns, joined: false }
}

fn axis(label: &str, range: Range, ticks: Ticks) -> Axis {
    Axis { label: label.into(), range, ticks, ..Axis::default() }
}

fn ramp(count: usize, from: f64, to: f64) -> Vec<f64> {
    #[allow(clippy::cast_precision_loss)]
    (0..count).map(|i| from + (to - from) * i as f64 / (count.max(2) - 1) as f64).collect()
}

fn correlations() -> Vec<LegendEntry> {
    ["XX", "XY", "YX", "YY"]
        .map(|name| LegendEntry {
            name: name.into(),
            style: Style { colour: palette::correlation(name), ..Style::default() },
        })
        .to_vec()
}

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
