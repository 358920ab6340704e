//! Coverage of the uv plane as a picture; the operation `plot.coverage`.

use ledama_analysis::math;
use ledama_analysis::uv::{Cover, Coverage, CoverageRequest, Points, Slots, coverage};
use ledama_base::operation::{
    Effect, ErrorKind, Operation, OperationContext, OperationError, Progress,
};
use serde::{Deserialize, Serialize};

use super::density::{MANY, density};
use super::pages::{Limits, Look, axis, legend, points, radius};
use super::picture::{Picture, Written};
use crate::figure::{
    Axis, Bars, Colour, ColourBar, ColourMap, Figure, Layer, LegendEntry, Panel, Place, Range,
    Style, Ticks,
};
use crate::palette;

/// Plots the coverage.
#[derive(Debug, Clone, Copy, Default)]
pub struct PlotCoverage;

/// What of which sets, and where it goes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CoverageInput {
    /// The sets, in text form.
    pub paths: Vec<String>,
    /// `start,skip,end`.
    #[serde(default)]
    pub slots: String,
    /// Stations.
    #[serde(default)]
    pub antennas: String,
    /// In thousands of wavelengths.
    #[serde(default)]
    pub kilolambda: bool,
    /// A point for each channel.
    #[serde(default)]
    pub wideband: bool,
    /// All sets have the metres of the first.
    #[serde(default)]
    pub same_uv: bool,
    /// What colours tell apart.
    #[serde(default)]
    pub by: Cover,
    /// u grows to the left, as right ascension does.
    #[serde(default)]
    pub reversed: bool,
    /// Also how many points there are at each distance.
    #[serde(default)]
    pub histogram: bool,
    /// `xmin,xmax,ymin,ymax`.
    #[serde(default)]
    pub limits: String,
    /// Above the panel; the names of the sets if empty.
    #[serde(default)]
    pub title: String,
    /// The look.
    #[serde(default)]
    pub look: Look,
    /// Where it goes.
    pub picture: Picture,
}

/// What was drawn.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct CoverageOutput {
    /// Files and numbers.
    #[serde(flatten)]
    pub written: Written,
    /// Baselines of all sets.
    pub baselines: usize,
    /// Points, negatives included.
    pub points: usize,
    /// The greatest distance from the origin, in the unit of the axes.
    pub longest: f64,
}

impl Operation for PlotCoverage {
    const NAME: &'static str = "plot.coverage";
    const VERB: &'static str = "plot the coverage of";
    const EFFECT: Effect = Effect::ReadsMuch;
    type Input = CoverageInput;
    type Output = CoverageOutput;

    fn run(
        &self,
        input: CoverageInput,
        ctx: &dyn OperationContext,
    ) -> Result<CoverageOutput, OperationError> {
        draw(&input, &mut |done, total| {
            ctx.progress(Progress { done, total });
            ctx.check()
        })
    }
}

fn draw(
    input: &CoverageInput,
    watch: &mut dyn FnMut(u64, u64) -> Result<(), OperationError>,
) -> Result<CoverageOutput, OperationError> {
    let wrong = |what: String| OperationError::new(ErrorKind::Input, what);
    if input.wideband && !input.kilolambda {
        return Err(wrong("in metres all channels have one point".into())
            .help("add `--kilolambda`, or leave `--wideband` out"));
    }
    let slots = if input.slots.is_empty() { Ok(Slots::default()) } else { input.slots.parse() };
    let request = CoverageRequest {
        slots: slots.map_err(wrong)?,
        antennas: input.antennas.clone(),
        kilolambda: input.kilolambda,
        wideband: input.wideband,
        same_uv: input.same_uv,
        by: input.by,
    };
    let limits =
        if input.limits.is_empty() { Limits::default() } else { Limits::parse(&input.limits)? };
    input.picture.check()?;
    let mut found = coverage(&input.paths, &request, watch)?;
    let (count, longest) = extent(&found);
    let blank = input.look.figure(if input.histogram { (2000, 1200) } else { (1400, 1300) })?;
    let figure = figure(blank, input, limits, &mut found);
    Ok(CoverageOutput {
        written: input.picture.write(&figure)?,
        baselines: found.baselines,
        points: count,
        longest,
    })
}

/// How many points there are, and how far the farthest is.
fn extent(found: &Coverage) -> (usize, f64) {
    let all = found.points.iter().flat_map(|points| points.u.iter().zip(&points.v));
    all.fold((0, 0.0), |(count, most), (u, v)| (count + 1, u.hypot(*v).max(most)))
}

fn figure(blank: Figure, input: &CoverageInput, limits: Limits, found: &mut Coverage) -> Figure {
    let (count, longest) = extent(found);
    let unit = if input.kilolambda { "kλ" } else { "m" };
    let mut figure = blank;
    figure.title = if input.title.is_empty() {
        let sets = match found.sets.as_slice() {
            [one] => one.clone(),
            [first, rest @ ..] => format!("{first} and {} more", rest.len()),
            [] => String::new(),
        };
        format!("UVCoverage · {sets}")
    } else {
        input.title.clone()
    };
    figure.subtitle = format!(
        "{count} points · {} baselines · longest {longest:.3} {unit} · ledama {}",
        found.baselines,
        env!("CARGO_PKG_VERSION")
    );
    let side = longest * 1.02;
    let range =
        |ends: [Option<f64>; 2]| Range::Fixed(ends[0].unwrap_or(-side), ends[1].unwrap_or(side));
    let histogram = input.histogram.then(|| radii(found, longest, unit));
    let (layers, entries, bar) = layers(found, count);
    figure.legend = entries;
    figure.colour_bar = bar;
    let x = Axis {
        reversed: input.reversed,
        ..axis(format!("u [{unit}]"), Ticks::Numbers, range(limits.x))
    };
    let y = axis(format!("v [{unit}]"), Ticks::Numbers, range(limits.y));
    figure.panels = vec![Panel {
        top: second("u [kλ]", input, found, &x),
        right: second("v [kλ]", input, found, &y),
        x,
        y,
        square: true,
        layers,
        ..Panel::default()
    }];
    if let Some(panel) = histogram {
        figure.panels.push(panel);
        for (column, panel) in figure.panels.iter_mut().enumerate() {
            panel.place = Place::Cell { row: 0, column, rows: 1, columns: 2, joined: false };
        }
    }
    figure
}

/// The other unit above or beside the panel: kλ over metres.
fn second(label: &str, input: &CoverageInput, found: &Coverage, x: &Axis) -> Option<Axis> {
    let Range::Fixed(low, high) = x.range else { return None };
    let factor = found.kilolambda_of_m;
    if input.kilolambda || !factor.is_finite() || factor <= 0.0 {
        return None;
    }
    // Round numbers of the other unit at their places in this one.
    let step = round_step((high - low) * factor / 6.0);
    let first = (low * factor / step).ceil();
    let names = (0..20)
        .map(|at| (first + f64::from(at)) * step)
        .take_while(|value| *value <= high * factor)
        .map(|value| {
            (value / factor, format!("{}", (value * 1e6).round() / 1e6).replace('-', "−"))
        });
    Some(Axis { reversed: x.reversed, ..axis(label, Ticks::Named(names.collect()), x.range) })
}

/// 1, 2 or 5 times a power of ten, near a number.
fn round_step(about: f64) -> f64 {
    let power = 10f64.powf(about.log10().floor());
    let factor = [1.0, 2.0, 5.0, 10.0].into_iter().find(|factor| factor * power >= about);
    factor.unwrap_or(10.0) * power
}

fn layers(found: &mut Coverage, count: usize) -> (Vec<Layer>, Vec<LegendEntry>, Option<ColourBar>) {
    if count > MANY {
        let all = found.points.iter().flat_map(|points| points.u.iter().zip(&points.v));
        let map = density(all, (400, 400));
        let bar = map.as_ref().map(|map| ColourBar {
            label: "Points".into(),
            colours: ColourMap::Sequential,
            range: map.range,
            ticks: Ticks::Logarithm,
            logarithm: true,
        });
        return (map.map(Layer::Map).into_iter().collect(), Vec::new(), bar);
    }
    let kinds = std::mem::take(&mut found.points);
    let total = kinds.len();
    let style = |at: usize| {
        let colour =
            if total == 1 { Colour::Category(0) } else { palette::style(at, total).colour };
        Style { colour, radius: radius(count) * 0.7, ..Style::default() }
    };
    let entries = if total > 1 {
        legend(kinds.iter().enumerate().map(|(at, kind)| (kind.name.trim().to_string(), style(at))))
    } else {
        Vec::new()
    };
    let series = kinds.into_iter().enumerate();
    let series = series
        .map(|(at, Points { name, u, v })| Layer::Series(points(name.trim(), style(at), u, v)));
    (series.collect(), entries, None)
}

/// How many points there are in rings of equal width.
#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn radii(found: &Coverage, longest: f64, unit: &str) -> Panel {
    const RINGS: usize = 60;
    let width = if longest > 0.0 { longest / RINGS as f64 } else { 1.0 };
    let mut counts = [0_u64; RINGS];
    for (u, v) in found.points.iter().flat_map(|points| points.u.iter().zip(&points.v)) {
        counts[((u.hypot(*v) / width) as usize).min(RINGS - 1)] += 1;
    }
    let edges = counts
        .iter()
        .enumerate()
        .map(|(at, count)| [at as f64 * width, (at + 1) as f64 * width, 0.0, *count as f64]);
    let all: Vec<f64> = counts.iter().map(|count| *count as f64).collect();
    Panel {
        title: "Distance from the origin".into(),
        x: axis(format!("√(u² + v²) [{unit}]"), Ticks::Numbers, Range::Fixed(0.0, longest * 1.02)),
        y: axis("Points", Ticks::Numbers, Range::Fixed(0.0, math::max(&all) * 1.05)),
        layers: vec![Layer::Bars(Bars {
            name: "points".into(),
            colour: Colour::Category(0),
            edges: edges.collect(),
        })],
        ..Panel::default()
    }
}
