//! Figures of gain solutions: pages of single stations, all stations on a page,
//! and maps over time and frequency.

use ledama_analysis::gains::{EffectTable, GainCube, limits, range, smallest_range};
use ledama_analysis::math::{complex_mean, median};
use ndarray::Array2;
use num_complex::Complex64;

use super::gain_frame::{UNIX_MJD_S, jones_style};
use crate::figure::{
    Axis, Colour, ColourBar, ColourMap, Figure, Layer, LegendEntry, Line, Map, Marker, Panel,
    Place, Range, Rule, Series, Style, Theme, Ticks,
};

/// How figures of solutions look.
#[derive(Debug, Clone, PartialEq)]
pub struct SolutionStyle {
    /// First line.
    pub title: String,
    /// The reference station, if phases are relative to one.
    pub reference: Option<String>,
    /// Limits of amplitudes; either may be automatic.
    pub amplitudes: (Option<f64>, Option<f64>),
    /// A line at the median amplitude of each element.
    pub median: bool,
    /// Pixels at scale 1.
    pub size: Option<(u32, u32)>,
    /// Everything is so many times larger.
    pub scale: f64,
    /// Colours of paper and ink.
    pub theme: Theme,
}

/// A curve of a station: one element, averaged over frequency.
pub(crate) fn curve(cube: &GainCube, station: usize, jones: usize) -> Vec<Complex64> {
    let lane = |t: usize| cube.values.slice(ndarray::s![t, .., station, 0, jones]);
    (0..cube.time.len()).map(|t| complex_mean(lane(t).iter().copied())).collect()
}

fn seconds(cube_times: &[f64]) -> Vec<f64> {
    cube_times.iter().map(|time| time - UNIX_MJD_S).collect()
}

fn time_axis(named: bool) -> Axis {
    Axis {
        label: if named { "Time [UTC]".into() } else { String::new() },
        range: Range::Shared(0),
        ticks: Ticks::Utc,
        named,
        reversed: false,
    }
}

fn amplitude_range(style: &SolutionStyle, values: impl Iterator<Item = f64>) -> Range {
    let found = range(values, true).unwrap_or((0.0, 1.0));
    let low = style.amplitudes.0.unwrap_or(if found.0 < 0.5 * found.1 { 0.0 } else { found.0 });
    let (low, high) = smallest_range(low, style.amplitudes.1.unwrap_or(found.1));
    Range::Fixed(low, high)
}

fn legend(cube: &GainCube) -> Vec<LegendEntry> {
    let entry = |jones: &ledama_analysis::gains::Jones| LegendEntry {
        name: jones.label.clone(),
        style: jones_style(jones.element, 3.0),
    };
    cube.jones.iter().map(entry).collect()
}

fn subtitle(cube: &GainCube, style: &SolutionStyle, shown: &str) -> String {
    let mut words = vec![shown.to_string()];
    if cube.freq.len() > 1 {
        words.push(format!("mean of {} frequencies", cube.freq.len()));
    }
    if let Some(reference) = &style.reference {
        words.push(format!("phases relative to {reference}"));
    }
    let masked = cube.values.len() - cube.valid();
    words.push(format!("{masked} of {} values missing", cube.values.len()));
    words.join(" · ")
}

/// The two panels of a station.
fn layers(
    cube: &GainCube,
    s: usize,
    style: &SolutionStyle,
    phase: bool,
    radius: f64,
) -> Vec<Layer> {
    let mut layers = Vec::new();
    if phase {
        layers.push(Layer::Rule(Rule { at: 0.0, level: true, colour: Colour::Faint }));
    }
    for (j, jones) in cube.jones.iter().enumerate() {
        let look = jones_style(jones.element, radius);
        let values = curve(cube, s, j);
        let y: Vec<f64> =
            values.iter().map(|value| if phase { value.arg() } else { value.norm() }).collect();
        let middle = median(&y);
        layers.push(Layer::Series(Series {
            name: format!("{} {}", cube.stations[s], jones.label),
            style: look,
            x: seconds(&cube.time.centres),
            y,
            line: Line::None,
        }));
        if style.median && !phase && middle.is_finite() {
            layers.push(Layer::Rule(Rule { at: middle, level: true, colour: look.colour }));
        }
    }
    layers
}

fn phase_axis(named: bool) -> Axis {
    Axis {
        label: if named { "Phase [rad]".into() } else { String::new() },
        range: Range::Fixed(-std::f64::consts::PI, std::f64::consts::PI),
        ticks: Ticks::Phase,
        named: true,
        reversed: false,
    }
}

fn panel(place: Place, title: &str, (x, y): (Axis, Axis), layers: Vec<Layer>) -> Panel {
    Panel {
        place,
        title: title.to_string(),
        x,
        y,
        top: None,
        right: None,
        square: false,
        layers,
        note: String::new(),
        inset: String::new(),
    }
}

fn numbers(label: String, range: Range) -> Axis {
    Axis { label, range, ticks: Ticks::Numbers, named: true, reversed: false }
}

/// One station: amplitude, phase, and whatever else it has, one under the other.
/// `station`: its place among the gains, if it has any.
pub fn page(
    name: &str,
    gains: Option<(&GainCube, usize)>,
    effects: &[EffectTable],
    style: &SolutionStyle,
) -> Figure {
    let own: Vec<(&EffectTable, usize)> = effects
        .iter()
        .filter_map(|table| Some((table, table.stations.iter().position(|one| one == name)?)))
        .collect();
    let rows = 2 * usize::from(gains.is_some()) + own.len();
    let place =
        |row: usize| Place::Cell { row, column: 0, rows, columns: 1, joined: row + 1 < rows };
    let mut panels = Vec::new();
    let mut told = name.to_string();
    let mut entries = Vec::new();
    if let Some((cube, s)) = gains {
        let all = (0..cube.jones.len()).flat_map(|j| curve(cube, s, j)).map(Complex64::norm);
        let amplitude = numbers("Amplitude".into(), amplitude_range(style, all));
        let last = rows == 2;
        panels.push(panel(
            place(0),
            "",
            (time_axis(false), amplitude),
            layers(cube, s, style, false, 2.0),
        ));
        panels.push(panel(
            place(1),
            "",
            (time_axis(last), phase_axis(true)),
            layers(cube, s, style, true, 2.0),
        ));
        told = subtitle(cube, style, name);
        entries = legend(cube);
    }
    for (table, s) in own {
        let row = panels.len();
        let lane = |(l, lane): (usize, &String)| {
            Layer::Series(Series {
                name: format!("{} {lane}", table.name),
                style: Style {
                    colour: Colour::Category(l + 4),
                    marker: Marker::Circle,
                    radius: 2.0,
                    opacity: 1.0,
                },
                x: seconds(&table.time.centres),
                y: table.values.slice(ndarray::s![.., s, l]).to_vec(),
                line: Line::None,
            })
        };
        let layers = table.lanes.iter().enumerate().map(lane).collect();
        let y = numbers(format!("{} [{}]", table.name, table.unit), Range::Auto);
        panels.push(panel(place(row), "", (time_axis(row + 1 == rows), y), layers));
        entries.extend(table.lanes.iter().enumerate().filter(|(_, lane)| !lane.is_empty()).map(
            |(l, lane)| LegendEntry {
                name: format!("{} {lane}", table.name),
                style: Style {
                    colour: Colour::Category(l + 4),
                    marker: Marker::Circle,
                    radius: 3.0,
                    opacity: 1.0,
                },
            },
        ));
    }
    figure(style, told, (1200, 250 + 230 * u32::try_from(rows).unwrap_or(2)), panels, entries)
}

fn figure(
    style: &SolutionStyle,
    subtitle: String,
    size: (u32, u32),
    panels: Vec<Panel>,
    legend: Vec<LegendEntry>,
) -> Figure {
    Figure {
        title: style.title.clone(),
        subtitle,
        size: style.size.unwrap_or(size),
        scale: style.scale,
        theme: style.theme,
        panels,
        legend,
        colour_bar: None,
        borders: Vec::new(),
    }
}

/// All stations in two columns: amplitudes, or phases.
pub fn quicklook(cube: &GainCube, phase: bool, style: &SolutionStyle) -> Figure {
    let count = cube.stations.len();
    let rows = count.div_ceil(2).max(1);
    let columns = count.clamp(1, 2);
    let everywhere = (0..count)
        .flat_map(|s| (0..cube.jones.len()).map(move |j| (s, j)))
        .flat_map(|(s, j)| curve(cube, s, j));
    let amplitudes = amplitude_range(style, everywhere.map(Complex64::norm));
    let one = |s: usize| {
        let (row, column) = (s / 2, s % 2);
        let last = s + columns >= count;
        let place = Place::Cell { row, column, rows, columns, joined: !last };
        let y = if phase { phase_axis(false) } else { numbers(String::new(), amplitudes) };
        let y = Axis { named: column == 0, ..y };
        let mut panel = panel(place, "", (time_axis(last), y), layers(cube, s, style, phase, 1.5));
        panel.inset.clone_from(&cube.stations[s]);
        panel
    };
    let what = if phase { "all phases" } else { "all amplitudes" };
    // Amplitudes have no reference.
    let reference = style.reference.clone().filter(|_| phase);
    let style = &SolutionStyle { reference, ..style.clone() };
    let height = 150 + 70 * u32::try_from(rows).unwrap_or(10);
    let panels = (0..count).map(one).collect();
    figure(style, subtitle(cube, style, what), (1200, height.max(500)), panels, legend(cube))
}

/// One station over time and frequency: a column for each element, amplitude above phase.
pub fn map(cube: &GainCube, s: usize, style: &SolutionStyle) -> Figure {
    let columns = cube.jones.len();
    let lane = |j: usize| cube.values.slice(ndarray::s![.., .., s, 0, j]);
    let all =
        (0..columns).flat_map(|j| lane(j).iter().map(|value| value.norm()).collect::<Vec<_>>());
    let (low, high) = limits(all, 0.01, 0.99).unwrap_or((0.0, 1.0));
    let (low, high) =
        smallest_range(style.amplitudes.0.unwrap_or(low), style.amplitudes.1.unwrap_or(high));
    let x = edges(&seconds(&cube.time.centres), &cube.time.widths);
    let freq: Vec<f64> = cube.freq.centres.iter().map(|freq| freq / 1e6).collect();
    let widths: Vec<f64> = cube.freq.widths.iter().map(|width| width / 1e6).collect();
    let y = edges(&freq, &widths);
    let mut panels = Vec::new();
    for (j, jones) in cube.jones.iter().enumerate() {
        for phase in [false, true] {
            let row = usize::from(phase);
            let values = Array2::from_shape_fn((freq.len(), cube.time.len()), |(f, t)| {
                let value = cube.values[[t, f, s, 0, j]];
                if phase { value.arg() } else { value.norm() }
            });
            let (colours, range) = if phase {
                (ColourMap::Cyclic, (-std::f64::consts::PI, std::f64::consts::PI))
            } else {
                (ColourMap::Sequential, (low, high))
            };
            let layer = Map {
                x: x.clone(),
                y: y.clone(),
                values,
                colours,
                range,
                logarithm: false,
                blank: false,
                names: Vec::new(),
            };
            let word = if phase { "phase, −π to π" } else { "amplitude" };
            let place = Place::Cell { row, column: j, rows: 2, columns, joined: false };
            let axis = Axis {
                label: if j == 0 { "Frequency [MHz]".into() } else { String::new() },
                range: Range::Auto,
                ticks: Ticks::Numbers,
                named: j == 0,
                reversed: false,
            };
            let title = format!("{} {word}", jones.label);
            panels.push(panel(place, &title, (time_axis(phase), axis), vec![Layer::Map(layer)]));
        }
    }
    let told = subtitle(cube, style, &cube.stations[s]);
    let told = told.replace(
        &format!("mean of {} frequencies", cube.freq.len()),
        &format!("{} frequencies", cube.freq.len()),
    );
    let mut figure = figure(style, told, (1200, 800), panels, Vec::new());
    figure.colour_bar = Some(ColourBar {
        label: "Amplitude".into(),
        colours: ColourMap::Sequential,
        range: (low, high),
        ticks: Ticks::Numbers,
        logarithm: false,
    });
    figure
}

/// Edges between cells; where there is a gap, its middle.
fn edges(centres: &[f64], widths: &[f64]) -> Vec<f64> {
    let half = |at: usize| {
        let width = widths.get(at).copied().filter(|width| width.is_finite()).unwrap_or(1.0);
        width / 2.0
    };
    let Some(last) = centres.len().checked_sub(1) else { return vec![0.0, 1.0] };
    let mut all = vec![centres[0] - half(0)];
    all.extend(centres.windows(2).map(|pair| f64::midpoint(pair[0], pair[1])));
    all.push(centres[last] + half(last));
    all
}
