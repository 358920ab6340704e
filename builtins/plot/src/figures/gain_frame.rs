//! Frames of gain movies: all stations at one time or frequency.
//!
//! Each station has two panels that touch, amplitude below and phase above. All
//! frames of a movie have the same axes.

use std::f64::consts::PI;

use ledama_analysis::astro::{Place, hour_angle};
use ledama_analysis::gains::{GainCube, limits, range};
use ledama_analysis::stations::Kind;
use ledama_base::clock;
use serde::{Deserialize, Serialize};

use super::few;
use crate::figure::{
    Axis, Colour, Figure, Layer, LegendEntry, Line, Marker, Panel, Place as Spot, Range, Rule,
    Series, Style, Theme, Ticks,
};
use crate::movie::layout::{Area, Cell, Layout};
use crate::movie::{Scene, Scenes};

/// What is along the panels; a movie runs over the other one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Across {
    /// Frequency: the movie runs in time.
    #[default]
    Freq,
    /// Time: the movie runs in frequency.
    Time,
}

/// How frames look.
#[derive(Debug, Clone, PartialEq)]
pub struct FrameStyle {
    /// What is along the panels.
    pub across: Across,
    /// Real and imaginary part instead of amplitude and phase.
    pub cartesian: bool,
    /// Lower and upper limit of the lower panels, then of the upper ones; `None`:
    /// robust, from all frames.
    pub limits: Option<[f64; 4]>,
    /// What the gains are of, for the title.
    pub object: String,
    /// The reference station, if phases are relative to one.
    pub reference: Option<String>,
    /// Whether delays were taken out.
    pub delays: bool,
    /// Right ascension and declination of the pointing, J2000, rad.
    pub pointing: Option<[f64; 2]>,
    /// Where the panels are.
    pub layout: Layout,
    /// Pixels at scale 1.
    pub size: (u32, u32),
    /// Everything is so many times larger.
    pub scale: f64,
    /// Colours of paper and ink.
    pub theme: Theme,
}

/// A movie: its gains, already relative to their reference, and its look.
#[derive(Debug)]
pub struct Film<'a> {
    cube: &'a GainCube,
    direction: usize,
    style: FrameStyle,
    cells: Vec<Cell>,
    limits: [f64; 4],
    /// The lower panels show numbers of this many powers of ten.
    power: i32,
    x: Vec<f64>,
    x_range: (f64, f64),
    x_ticks: Ticks,
    has_data: Vec<bool>,
}

/// Colours of the elements XX, XY, YX, YY in the palette.
const JONES_COLOURS: [usize; 4] = [0, 2, 3, 1];

/// Seconds of MJD at 1970.
pub(crate) const UNIX_MJD_S: f64 = 3_506_716_800.0;

/// Look of an element of a Jones matrix.
pub fn jones_style(element: usize, radius: f64) -> Style {
    let colour = JONES_COLOURS.get(element).copied().unwrap_or(4);
    Style { colour: Colour::Category(colour), marker: Marker::Circle, radius, opacity: 1.0 }
}

impl<'a> Film<'a> {
    /// A movie of the gains in one direction.
    ///
    /// # Errors
    /// Gains that do not depend on what is along the panels, in words.
    pub fn new(cube: &'a GainCube, direction: usize, style: FrameStyle) -> Result<Self, String> {
        let (centres, widths, unit) = match style.across {
            Across::Freq => (&cube.freq.centres, &cube.freq.widths, 1e-6),
            Across::Time => (&cube.time.centres, &cube.time.widths, 1.0),
        };
        if centres.iter().any(|centre| !centre.is_finite()) {
            return Err(match style.across {
                Across::Freq => {
                    "these gains hold at all frequencies; show them along time, or name frequencies"
                }
                Across::Time => "these gains hold at all times; show them along frequency",
            }
            .to_string());
        }
        let shift = if style.across == Across::Time { UNIX_MJD_S } else { 0.0 };
        let x: Vec<f64> = centres.iter().map(|centre| (centre - shift) * unit).collect();
        let half = widths.iter().copied().filter(|width| width.is_finite());
        let half = half.fold(0.0, f64::max) * unit / 2.0;
        let (first, last) = (x.first().copied(), x.last().copied());
        let (low, high) = (first.unwrap_or(0.0) - half, last.unwrap_or(1.0) + half);
        let margin = 0.02 * (high - low);
        let x_range =
            if high > low { (low - margin, high + margin) } else { (low - 1.0, high + 1.0) };
        let automatic = automatic(cube, direction, style.cartesian);
        let limits = style.limits.unwrap_or(automatic);
        let cells = style.layout.cells(cube.stations.len());
        let wide = cells.first().map_or(0.1, |cell| cell.lower.width) * f64::from(style.size.0);
        let x_ticks = match style.across {
            Across::Freq => few::numbers(x_range, wide, true, 0),
            Across::Time => few::times(x_range, wide),
        };
        let has_data = (0..cube.stations.len())
            .map(|s| {
                cube.values
                    .slice(ndarray::s![.., .., s, direction, ..])
                    .iter()
                    .any(|v| v.is_finite())
            })
            .collect();
        let power = few::power(limits[0], limits[1]);
        Ok(Self { cube, direction, style, cells, limits, power, x, x_range, x_ticks, has_data })
    }

    /// The limits of the lower, then of the upper panels.
    pub fn limits(&self) -> [f64; 4] {
        self.limits
    }

    fn panel(&self, at: usize, s: usize, cell: &Cell, upper: bool) -> Panel {
        let part = usize::from(upper);
        let limits = (self.limits[2 * part], self.limits[2 * part + 1]);
        // Words only beside the first station of the lowest row.
        let corner = cell.leftmost && cell.lowest;
        let phase = upper && !self.style.cartesian;
        let area = if upper { cell.upper } else { cell.lower };
        let high = area.height * f64::from(self.style.size.1);
        let y = Axis {
            label: if corner { self.word(upper) } else { String::new() },
            range: Range::Fixed(limits.0, limits.1),
            ticks: if !cell.leftmost {
                Ticks::None
            } else if phase {
                few::phases(limits)
            } else {
                few::numbers(limits, high, false, self.power)
            },
            named: cell.leftmost,
            reversed: false,
        };
        let x = Axis {
            label: if corner && !upper { self.across_word() } else { String::new() },
            range: Range::Fixed(self.x_range.0, self.x_range.1),
            ticks: if cell.lowest && !upper { self.x_ticks.clone() } else { Ticks::None },
            named: cell.lowest && !upper,
            reversed: false,
        };
        Panel {
            place: place(area),
            title: if upper { self.cube.stations[s].clone() } else { String::new() },
            x,
            y,
            top: None,
            right: None,
            square: false,
            layers: self.layers(at, s, upper),
            note: if upper || self.has_data[s] { String::new() } else { "no data".to_string() },
            inset: String::new(),
        }
    }

    fn layers(&self, at: usize, s: usize, upper: bool) -> Vec<Layer> {
        let part = 2 * usize::from(upper);
        let mut layers = Vec::new();
        if self.has_data[s] && self.limits[part] < 0.0 && self.limits[part + 1] > 0.0 {
            layers.push(Layer::Rule(Rule { at: 0.0, level: true, colour: Colour::Faint }));
        }
        if self.has_data[s] {
            layers.extend((0..self.cube.jones.len()).map(|j| self.series(at, s, j, upper)));
        }
        layers
    }

    fn series(&self, at: usize, s: usize, j: usize, upper: bool) -> Layer {
        let values = &self.cube.values;
        let lane = match self.style.across {
            Across::Freq => values.slice(ndarray::s![at, .., s, self.direction, j]),
            Across::Time => values.slice(ndarray::s![.., at, s, self.direction, j]),
        };
        let y = lane.iter().map(|value| match (self.style.cartesian, upper) {
            (true, false) => value.re,
            (true, true) => value.im,
            (false, false) => value.norm(),
            (false, true) => value.arg(),
        });
        let jones = &self.cube.jones[j];
        let radius = 1.3 * (f64::from(self.style.size.0) / 1200.0).max(1.0);
        Layer::Series(Series {
            name: format!("{} {}", self.cube.stations[s], jones.label),
            style: jones_style(jones.element, radius),
            x: self.x.clone(),
            y: y.collect(),
            line: Line::None,
        })
    }

    /// Lines between stations of the core, remote and international ones.
    fn borders(&self) -> Vec<[(f64, f64); 2]> {
        let kind = |k: usize| Kind::of(&self.cube.stations[k]);
        self.style.layout.borders(&self.cells, |k| kind(k) != kind(k - 1))
    }

    fn word(&self, upper: bool) -> String {
        match (self.style.cartesian, upper) {
            (true, false) => "Real",
            (true, true) => "Imag",
            (false, false) => "Amp",
            (false, true) => "Phase",
        }
        .to_string()
    }

    fn across_word(&self) -> String {
        match self.style.across {
            Across::Freq => "Freq [MHz]".to_string(),
            Across::Time => "Time [UTC]".to_string(),
        }
    }

    fn titles(&self, at: usize) -> (String, String) {
        let object = &self.style.object;
        let mut first = if object.is_empty() { Vec::new() } else { vec![object.clone()] };
        let mut second = Vec::new();
        let (freq, time) = (&self.cube.freq.centres, &self.cube.time.centres);
        match self.style.across {
            Across::Freq => {
                first.extend(moment(time[at]));
                if let Some([ra, dec]) = self.style.pointing.filter(|_| time[at].is_finite()) {
                    let angle =
                        hour_angle(ra.to_degrees(), dec.to_degrees(), time[at], Place::LOFAR);
                    first.push(format!("hour angle {}", few::clock(angle, true)));
                }
                let ends = (freq.first(), freq.last());
                if let (Some(low), Some(high)) = ends {
                    second.push(format!("{:.2} – {:.2} MHz", low / 1e6, high / 1e6));
                }
            }
            Across::Time => {
                let [origin, channel] = self.cube.bands[at];
                let band = self.cube.origins.get(origin).and_then(|origin| origin.sub_band);
                if freq[at].is_finite() {
                    first.push(format!("{:.3} MHz", freq[at] / 1e6));
                }
                if let Some(band) = band {
                    first.push(format!("sub-band {band:03}, channel {channel}"));
                }
                let ends =
                    (time.first().copied().and_then(moment), time.last().copied().and_then(moment));
                if let (Some(low), Some(high)) = ends {
                    second.push(format!("{low} – {high}"));
                }
            }
        }
        if let Some(reference) = self.style.reference.as_ref().filter(|_| !self.style.cartesian) {
            second.push(format!("phases relative to {reference}"));
            second.push(
                if self.style.delays { "delays taken out" } else { "no delays taken out" }.into(),
            );
        }
        let directions = &self.cube.directions;
        if let Some(direction) = directions.get(self.direction).filter(|one| !one.name.is_empty()) {
            second.push(format!("direction {}", direction.name));
        }
        if self.power != 0 {
            let what = if self.style.cartesian { "parts" } else { "amplitudes" };
            second.push(format!("{what} in {}", few::ten_to(self.power)));
        }
        second.push(format!("frame {} of {}", at + 1, Scenes::frames(self)));
        (first.join(" · "), second.join(" · "))
    }
}

impl Scenes for Film<'_> {
    fn frames(&self) -> usize {
        match self.style.across {
            Across::Freq => self.cube.time.len(),
            Across::Time => self.cube.freq.len(),
        }
    }

    fn figure(&self, at: usize) -> Figure {
        let (title, subtitle) = self.titles(at);
        let mut panels = Vec::with_capacity(2 * self.cells.len());
        for (s, cell) in self.cells.iter().enumerate() {
            panels.push(self.panel(at, s, cell, true));
            panels.push(self.panel(at, s, cell, false));
        }
        let legend = self.cube.jones.iter().map(|jones| LegendEntry {
            name: jones.label.clone(),
            style: jones_style(jones.element, 3.0),
        });
        Figure {
            title,
            subtitle,
            size: self.style.size,
            scale: self.style.scale,
            theme: self.style.theme,
            panels,
            borders: self.borders(),
            legend: legend.collect(),
            colour_bar: None,
        }
    }

    fn scene(&self, at: usize) -> Scene {
        let (title, subtitle) = self.titles(at);
        let stations = 0..self.cells.len();
        let layers =
            stations.flat_map(|s| [self.layers(at, s, true), self.layers(at, s, false)]).collect();
        Scene { title, subtitle, layers }
    }
}

/// A moment as `2013-04-02 10:11:12.3 UTC`.
pub(crate) fn moment(mjd_s: f64) -> Option<String> {
    let time = clock::from_mjd_s((mjd_s * 10.0).round() / 10.0)?;
    let text = time.strftime("%Y-%m-%d %H:%M:%S%.1f UTC").to_string();
    Some(text.replace(".0 UTC", " UTC"))
}

fn place(area: Area) -> Spot {
    Spot::Area { left: area.left, bottom: area.bottom, width: area.width, height: area.height }
}

/// Robust limits over all frames; phases get the whole turn.
fn automatic(cube: &GainCube, direction: usize, cartesian: bool) -> [f64; 4] {
    let all = || cube.values.slice(ndarray::s![.., .., .., direction, ..]).into_iter();
    if cartesian {
        let (low, high) = range(all().map(|value| value.re), false).unwrap_or((-1.0, 1.0));
        let (below, above) = range(all().map(|value| value.im), false).unwrap_or((-1.0, 1.0));
        return [low, high, below, above];
    }
    let (mut low, high) = range(all().map(|value| value.norm()), true).unwrap_or((0.0, 1.0));
    // Amplitudes are shown from zero unless they are all far from it.
    if limits(all().map(|value| value.norm()), 0.0, 1.0)
        .is_some_and(|(least, _)| least < 0.5 * high)
    {
        low = 0.0;
    }
    [low, high, -PI, PI]
}
