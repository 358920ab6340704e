//! Panels of curves and of rasters.

use std::collections::BTreeMap;

use ledama_analysis::curves::{Abscissa, Curve, Pair, Raster};
use ledama_analysis::visibilities::Coordinate;
use ledama_analysis::{math, stations};
use serde::{Deserialize, Serialize};

use super::super::density::{MANY, density};
use super::super::pages::{Limits, axis, flagged, points, polarization, radius};
use crate::figure::{ColourBar, ColourMap, Layer, Map, Panel, Range, Style, Ticks};

/// What a panel is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Per {
    /// One baseline.
    #[default]
    Baseline,
    /// All baselines of a station.
    Station,
    /// All baselines.
    All,
}

/// What is common to all panels.
#[derive(Debug, Clone)]
pub(super) struct Form {
    pub(super) x: Abscissa,
    pub(super) y: Coordinate,
    pub(super) unwrapped: bool,
    pub(super) unit: String,
    pub(super) limits: Limits,
    /// Statistics in the panels, of values multiplied by this.
    pub(super) statistics: Option<f64>,
}

/// Mean and standard deviation of a panel and polarization.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// What the panel is about.
    pub panel: String,
    /// The polarization.
    pub polarization: String,
    /// Values drawn.
    pub count: usize,
    /// Of the values drawn, times the scale; none without values.
    pub mean: Option<f64>,
    /// Of a population.
    pub std: Option<f64>,
}

/// A polarization with its places and values.
type Named = (String, Vec<f64>, Vec<f64>);

/// What a panel has: first flagged ones, then good ones, by polarization.
type Joined = BTreeMap<(bool, usize), Named>;

impl Form {
    /// The panel of some curves; nothing if they have no value at all.
    pub(super) fn panel(&self, title: &str, curves: &[&Curve]) -> Option<(Panel, Vec<Summary>)> {
        let seen = |curve: &&&Curve| curve.y.iter().any(|value| !value.is_nan());
        curves.iter().find(seen)?;
        let mut joined = Joined::new();
        let mut order: Vec<&str> = Vec::new();
        for curve in curves {
            let at = order.iter().position(|name| *name == curve.polarization);
            let at = at.unwrap_or_else(|| {
                order.push(&curve.polarization);
                order.len() - 1
            });
            // Flagged ones come first, so that they lie below.
            let entry = joined.entry((!curve.flagged, at));
            let (_, x, y) =
                entry.or_insert_with(|| (curve.polarization.clone(), Vec::new(), Vec::new()));
            x.extend_from_slice(&curve.x);
            y.extend_from_slice(&curve.y);
        }
        let summaries = self.summaries(title, &joined);
        let inset = if self.statistics.is_some() { inset(&summaries) } else { String::new() };
        let all = |which: fn(&Named) -> &Vec<f64>| joined.values().flat_map(which);
        let (x, y) = (
            axis(self.x_label(), self.x_ticks(), Limits::range(self.limits.x, all(|one| &one.1))),
            axis(self.y_label(), self.y_ticks(), Limits::range(self.limits.y, all(|one| &one.2))),
        );
        let count: usize = joined.values().map(|one| one.1.len()).sum();
        let many = (count > MANY).then(|| {
            let good = joined.iter().filter(|(key, _)| key.0);
            density(good.flat_map(|(_, one)| one.1.iter().zip(&one.2)), (300, 150))
        });
        let layers = if let Some(Some(map)) = many {
            vec![Layer::Map(map)]
        } else {
            let series = joined.into_iter().map(|((good, _), (name, x, y))| {
                let style = if good { polarization(&name) } else { flagged() };
                let style = Style { radius: radius(count), ..style };
                let name = if good { name } else { format!("{name} flagged") };
                Layer::Series(points(&name, style, x, y))
            });
            series.collect()
        };
        Some((
            Panel { title: title.to_string(), x, y, layers, inset, ..Panel::default() },
            summaries,
        ))
    }

    fn summaries(&self, title: &str, joined: &Joined) -> Vec<Summary> {
        let scale = self.statistics.unwrap_or(1.0);
        let good = joined.iter().filter(|(key, _)| key.0);
        let number = |value: f64| (!value.is_nan()).then_some(value * scale);
        good.map(|(_, (name, _, y))| Summary {
            panel: title.to_string(),
            polarization: name.clone(),
            count: math::count(y),
            mean: number(math::mean(y)),
            std: number(math::std(y)),
        })
        .collect()
    }

    /// The map of a raster, with its range of colours.
    pub(super) fn raster(&self, pair: &Pair, raster: Raster) -> Option<Panel> {
        let range = self.colours(&raster.values.iter().copied().collect::<Vec<_>>())?;
        let inset = format!("{} to {}", short(range.0), short(range.1));
        let title = raster_name(pair, &raster.polarization, raster.window);
        let cyclic = self.y == Coordinate::Phase && !self.unwrapped;
        let map = Map {
            x: raster.times,
            y: raster.frequencies,
            values: raster.values,
            colours: if cyclic { ColourMap::Cyclic } else { ColourMap::Sequential },
            range,
            logarithm: false,
            blank: false,
            names: Vec::new(),
        };
        let (x, y) = (&map.x, &map.y);
        let panel = Panel {
            title,
            x: axis("Time [UTC]", Ticks::Utc, Limits::range(self.limits.x, x.iter())),
            y: axis("Frequency [MHz]", Ticks::Numbers, Limits::range(self.limits.y, y.iter())),
            inset: if cyclic { String::new() } else { inset },
            layers: Vec::new(),
            ..Panel::default()
        };
        let tight = |range: Range, edges: &[f64]| match (range, edges) {
            (Range::Auto, [first, .., last]) => Range::Fixed(*first, *last),
            (other, _) => other,
        };
        let (xrange, yrange) = (tight(panel.x.range, x), tight(panel.y.range, y));
        Some(Panel {
            x: crate::figure::Axis { range: xrange, ..panel.x.clone() },
            y: crate::figure::Axis { range: yrange, ..panel.y.clone() },
            layers: vec![Layer::Map(map)],
            ..panel
        })
    }

    /// The numbers of the first and last colour: all of them for phases, else
    /// those that a few wild values do not stretch.
    fn colours(&self, values: &[f64]) -> Option<(f64, f64)> {
        use std::f64::consts::PI;
        let (low, high) = math::robust_range(values, 1.0)?;
        if self.y == Coordinate::Phase && !self.unwrapped {
            return Some((-PI, PI));
        }
        Some(if low < high { (low, high) } else { (low - 0.5, high + 0.5) })
    }

    /// The scale of colours of phases, which all panels share.
    pub(super) fn colour_bar(&self) -> Option<ColourBar> {
        use std::f64::consts::PI;
        (self.y == Coordinate::Phase && !self.unwrapped).then(|| ColourBar {
            label: self.y_label(),
            colours: ColourMap::Cyclic,
            range: (-PI, PI),
            ticks: Ticks::Phase,
            logarithm: false,
        })
    }

    fn x_label(&self) -> &'static str {
        match self.x {
            Abscissa::Time => "Time [UTC]",
            Abscissa::Ha => "Hour angle [h]",
            Abscissa::Chan => "Channel",
            Abscissa::Freq => "Frequency [MHz]",
        }
    }

    fn x_ticks(&self) -> Ticks {
        match self.x {
            Abscissa::Time => Ticks::Utc,
            Abscissa::Ha => Ticks::HourAngle,
            Abscissa::Chan | Abscissa::Freq => Ticks::Numbers,
        }
    }

    pub(super) fn y_label(&self) -> String {
        let with = |name: &str| {
            if self.unit.is_empty() { name.to_string() } else { format!("{name} [{}]", self.unit) }
        };
        match self.y {
            Coordinate::Amp => with("Amplitude"),
            Coordinate::Real => with("Real part"),
            Coordinate::Imag => with("Imaginary part"),
            Coordinate::Phase => "Phase [rad]".into(),
            Coordinate::PhaseRate => "Phase rate [rad/s]".into(),
        }
    }

    fn y_ticks(&self) -> Ticks {
        if self.y == Coordinate::Phase { Ticks::Phase } else { Ticks::Numbers }
    }
}

/// What a panel of a pair is called.
pub(super) fn name(pair: &Pair) -> String {
    let [a, b] = &pair.names;
    format!("{a} – {b}")
}

/// What the panel of a raster is called.
pub(super) fn raster_name(pair: &Pair, polarization: &str, window: Option<u64>) -> String {
    match window {
        Some(window) => format!("{} · {polarization} · spw {window}", name(pair)),
        None => format!("{} · {polarization}", name(pair)),
    }
}

/// Curves in groups with the names of their panels.
pub(super) fn groups<'a>(
    per: Per,
    pairs: &[Pair],
    curves: &'a [Curve],
) -> Vec<(String, Vec<&'a Curve>)> {
    match per {
        Per::All => vec![("All baselines".into(), curves.iter().collect())],
        Per::Baseline => {
            let mut found: BTreeMap<usize, Vec<&Curve>> = BTreeMap::new();
            for curve in curves {
                found.entry(curve.pair).or_default().push(curve);
            }
            found.into_iter().map(|(pair, curves)| (name(&pairs[pair]), curves)).collect()
        }
        Per::Station => {
            let mut found: Vec<(String, Vec<&Curve>)> = Vec::new();
            for curve in curves {
                let [a, b] = &pairs[curve.pair].names;
                let both = if a == b { vec![a] } else { vec![a, b] };
                for station in both {
                    match found.iter_mut().find(|(name, _)| name == station) {
                        Some((_, curves)) => curves.push(curve),
                        None => found.push((station.clone(), vec![curve])),
                    }
                }
            }
            found.sort_by(|a, b| stations::compare(&a.0, &b.0));
            found
        }
    }
}

/// `XX 1.23 ± 0.04` for each polarization.
fn inset(summaries: &[Summary]) -> String {
    let one = |summary: &Summary| {
        let (mean, std) = (summary.mean?, summary.std?);
        Some(format!("{} {} ± {}", summary.polarization, short(mean), short(std)))
    };
    summaries.iter().filter_map(one).collect::<Vec<_>>().join("\n")
}

/// A number in few letters.
fn short(value: f64) -> String {
    let size = value.abs();
    if size != 0.0 && !(1e-3..1e5).contains(&size) {
        format!("{value:.2e}")
    } else {
        format!("{value:.4}")
    }
}
