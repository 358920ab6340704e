//! The operations `plot.station_movie` and its plan: a few stations, one column
//! for each element, along frequency.

use std::f64::consts::PI;

use ledama_analysis::gains::{Cells, GainCube, estimate, range};
use ledama_analysis::math::{complex_mean, unwrap};
use ledama_base::operation::{Effect, ErrorKind, Operation, OperationContext, OperationError};
use ledama_base::rawtext::{path_text, text_path};
use ndarray::{Array5, Axis as Dimension};
use num_complex::Complex64;
use serde::{Deserialize, Serialize};

use super::{GainMovieInput, Turned, info, load};
use crate::figure::{
    Axis, Colour, Figure, Layer, LegendEntry, Line, Panel, Place, Range, Rule, Series, Ticks,
};
use crate::figures::gain_frame::{jones_style, moment};
use crate::movie::{Estimate, Job, Rate, Scene, Scenes, Written};

/// Makes a movie of single stations.
#[derive(Debug, Clone, Copy, Default)]
pub struct StationMovie;

/// Tells what a movie of single stations would be.
#[derive(Debug, Clone, Copy, Default)]
pub struct StationMoviePlan;

/// A movie of single stations.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StationMovieInput {
    /// Gains, elements, limits, look, output, as of a movie of all stations.
    pub gains: GainMovieInput,
    /// Without a reference station phases may go on beyond a turn.
    #[serde(default)]
    pub unwrap: bool,
    /// Times are averaged to this, s.
    #[serde(default)]
    pub resolution: Option<f64>,
    /// Values equal to this (real, imaginary) are missing.
    #[serde(default)]
    pub mask: Option<[f64; 2]>,
}

/// What was made, or would be.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct StationMovieOutput {
    /// Frames, size, memory.
    pub estimate: Estimate,
    /// Where it is, in text form.
    pub path: String,
    /// What was written; of a plan nothing.
    pub written: Option<Written>,
    /// Stations that are shown.
    pub stations: Vec<String>,
    /// What the user should know.
    pub warnings: Vec<String>,
}

/// The gains of each source averaged over its channels: one frequency for each.
fn channel_mean(cube: &GainCube) -> GainCube {
    let mut sources: Vec<usize> = cube.bands.iter().map(|band| band[0]).collect();
    sources.dedup();
    let [times, _, stations, directions, jones] = cube.shape();
    let mut values = Array5::from_elem(
        [times, sources.len(), stations, directions, jones],
        Complex64::new(f64::NAN, f64::NAN),
    );
    let mut freq = Cells::default();
    for (to, source) in sources.iter().enumerate() {
        let channels: Vec<usize> =
            (0..cube.bands.len()).filter(|f| cube.bands[*f][0] == *source).collect();
        let own = cube.values.select(Dimension(1), &channels);
        let mean = own.map_axis(Dimension(1), |lane| complex_mean(lane.iter().copied()));
        values.index_axis_mut(Dimension(1), to).assign(&mean);
        #[allow(clippy::cast_precision_loss)] // a count of channels
        let centre =
            channels.iter().map(|f| cube.freq.centres[*f]).sum::<f64>() / channels.len() as f64;
        freq.centres.push(centre);
        freq.widths.push(channels.iter().map(|f| cube.freq.widths[*f]).sum());
    }
    let bands = sources.iter().map(|source| [*source, 0]).collect();
    GainCube { freq, bands, values, ..cube.clone() }
}

/// Times averaged over `seconds`.
fn resolved(mut cube: GainCube, seconds: f64) -> GainCube {
    let mut bins: Vec<Vec<usize>> = Vec::new();
    let start = cube.time.edges(0).map_or(0.0, |edges| edges.0);
    let mut last = None;
    for (t, centre) in cube.time.centres.iter().enumerate() {
        let bin = ((centre - start) / seconds).floor();
        if last != Some(bin) {
            bins.push(Vec::new());
            last = Some(bin);
        }
        if let Some(bin) = bins.last_mut() {
            bin.push(t);
        }
    }
    let mut shape = cube.shape();
    shape[0] = bins.len();
    let mut values = Array5::from_elem(shape, Complex64::new(f64::NAN, f64::NAN));
    let mut time = Cells::default();
    for (to, bin) in bins.iter().enumerate() {
        let own = cube.values.select(Dimension(0), bin);
        let mean = own.map_axis(Dimension(0), |lane| complex_mean(lane.iter().copied()));
        values.index_axis_mut(Dimension(0), to).assign(&mean);
        #[allow(clippy::cast_precision_loss)] // a count of times
        let centre = bin.iter().map(|t| cube.time.centres[*t]).sum::<f64>() / bin.len() as f64;
        time.centres.push(centre);
        time.widths.push(bin.iter().map(|t| cube.time.widths[*t]).sum());
    }
    cube.time = time;
    cube.values = values;
    cube
}

/// One or a few stations, one under the other.
#[derive(Debug)]
struct StationFilm<'a> {
    cube: &'a GainCube,
    input: &'a StationMovieInput,
    object: String,
    reference: Option<String>,
    limits: Vec<[f64; 4]>,
    x: Vec<f64>,
    /// Neighbours further apart than this are not joined.
    gap: f64,
}

impl<'a> StationFilm<'a> {
    fn new(
        cube: &'a GainCube,
        input: &'a StationMovieInput,
        reference: Option<String>,
    ) -> Result<Self, String> {
        if cube.freq.centres.iter().any(|freq| !freq.is_finite()) {
            return Err("these gains hold at all frequencies; name some with --frequencies".into());
        }
        let x: Vec<f64> = cube.freq.centres.iter().map(|freq| freq / 1e6).collect();
        let mut steps: Vec<f64> = x.windows(2).map(|pair| pair[1] - pair[0]).collect();
        steps.sort_by(f64::total_cmp);
        let gap = steps.get(steps.len() / 2).map_or(1.0, |step| 1.5 * step);
        let observation = cube.origins.iter().find_map(|origin| origin.observation.clone());
        let object = input.gains.object.clone().or(observation).unwrap_or_default();
        let mut film = Self { cube, input, object, reference, limits: Vec::new(), x, gap };
        film.limits = (0..cube.stations.len()).map(|s| film.automatic(s)).collect();
        if let Some(limits) = input.gains.yrange {
            film.limits = vec![limits; cube.stations.len()];
        }
        Ok(film)
    }

    fn automatic(&self, s: usize) -> [f64; 4] {
        let cells = || {
            let places = (0..self.cube.time.len())
                .flat_map(|t| (0..self.cube.jones.len()).map(move |j| (t, j)));
            places.map(|(t, j)| (self.values(t, s, j, false), self.values(t, s, j, true)))
        };
        let lower = range(cells().flat_map(|pair| pair.0), !self.input.gains.cartesian);
        let upper = if self.input.gains.cartesian || self.input.unwrap {
            range(cells().flat_map(|pair| pair.1), false)
        } else {
            Some((-PI, PI))
        };
        let (lower, upper) = (lower.unwrap_or((0.0, 1.0)), upper.unwrap_or((-1.0, 1.0)));
        [lower.0, lower.1, upper.0, upper.1]
    }

    /// The numbers of a panel: amplitude or real part, or (second) phase or imaginary part.
    fn values(&self, t: usize, s: usize, j: usize, second: bool) -> Vec<f64> {
        let lane = self.cube.values.slice(ndarray::s![t, .., s, 0, j]);
        let cartesian = self.input.gains.cartesian;
        let numbers = lane.iter().map(|value| match (cartesian, second) {
            (true, false) => value.re,
            (true, true) => value.im,
            (false, false) => value.norm(),
            (false, true) => value.arg(),
        });
        let numbers: Vec<f64> = numbers.collect();
        if second && !cartesian && self.input.unwrap {
            return unwrap(&numbers, numbers.len());
        }
        numbers
    }

    fn panels(&self) -> impl Iterator<Item = (usize, usize, bool)> {
        let elements = self.cube.jones.len();
        (0..self.cube.stations.len()).flat_map(move |s| {
            [false, true]
                .into_iter()
                .flat_map(move |second| (0..elements).map(move |j| (s, j, second)))
        })
    }

    fn layers(&self, at: usize, s: usize, j: usize, second: bool) -> Vec<Layer> {
        let limits = &self.limits[s][2 * usize::from(second)..];
        let mut layers = Vec::new();
        if limits[0] < 0.0 && limits[1] > 0.0 {
            layers.push(Layer::Rule(Rule { at: 0.0, level: true, colour: Colour::Faint }));
        }
        let jones = &self.cube.jones[j];
        layers.push(Layer::Series(Series {
            name: format!("{} {}", self.cube.stations[s], jones.label),
            style: jones_style(jones.element, 2.0),
            x: self.x.clone(),
            y: self.values(at, s, j, second),
            line: Line::Within(self.gap),
        }));
        layers
    }

    fn word(&self, second: bool) -> &'static str {
        let low = self.cube.stations.len() > 2;
        match (self.input.gains.cartesian, second) {
            (true, false) => "Real",
            (true, true) if low => "Imag",
            (true, true) => "Imaginary",
            (false, false) if low => "Amp",
            (false, false) => "Amplitude",
            (false, true) if low => "Phase",
            (false, true) => "Phase [rad]",
        }
    }

    fn titles(&self, at: usize) -> (String, String) {
        let mut first = vec![self.object.clone()];
        first.extend(moment(self.cube.time.centres[at]));
        first.retain(|word| !word.is_empty());
        let mut second = Vec::new();
        if let Some(reference) = self.reference.as_ref().filter(|_| !self.input.gains.cartesian) {
            second.push(format!("phases relative to {reference}"));
        }
        if let Some(seconds) = self.input.resolution {
            second.push(format!("averaged to {seconds} s"));
        }
        second.push(format!("frame {} of {}", at + 1, self.frames()));
        (first.join(" · "), second.join(" · "))
    }
}

impl Scenes for StationFilm<'_> {
    fn frames(&self) -> usize {
        self.cube.time.len()
    }

    fn figure(&self, at: usize) -> Figure {
        let (title, subtitle) = self.titles(at);
        let rows = 2 * self.cube.stations.len();
        let columns = self.cube.jones.len();
        let wrapped = !self.input.gains.cartesian && !self.input.unwrap;
        let panel = |(s, j, second): (usize, usize, bool)| {
            let row = 2 * s + usize::from(second);
            let limits = &self.limits[s][2 * usize::from(second)..];
            let last = row + 1 == rows;
            let label = &self.cube.jones[j].label;
            Panel {
                place: Place::Cell { row, column: j, rows, columns, joined: !second },
                title: if second {
                    String::new()
                } else {
                    format!("{} {label}", self.cube.stations[s])
                },
                x: Axis {
                    label: if last { "Frequency [MHz]".into() } else { String::new() },
                    range: Range::Shared(0),
                    ticks: Ticks::Numbers,
                    named: last,
                    reversed: false,
                },
                y: Axis {
                    label: if j == 0 { self.word(second).into() } else { String::new() },
                    range: Range::Fixed(limits[0], limits[1]),
                    ticks: if second && wrapped { Ticks::Phase } else { Ticks::Numbers },
                    named: j == 0,
                    reversed: false,
                },
                top: None,
                right: None,
                square: false,
                layers: self.layers(at, s, j, second),
                note: String::new(),
                inset: String::new(),
            }
        };
        let legend = self.cube.jones.iter().map(|jones| LegendEntry {
            name: jones.label.clone(),
            style: jones_style(jones.element, 3.0),
        });
        let style = &self.input.gains;
        Figure {
            title,
            subtitle,
            size: style.size.unwrap_or((1200, 700)),
            scale: style.scale.unwrap_or(1.0),
            theme: style.theme,
            panels: self.panels().map(panel).collect(),
            legend: legend.collect(),
            colour_bar: None,
            borders: Vec::new(),
        }
    }

    fn scene(&self, at: usize) -> Scene {
        let (title, subtitle) = self.titles(at);
        let layers = self.panels().map(|(s, j, second)| self.layers(at, s, j, second)).collect();
        Scene { title, subtitle, layers }
    }
}

fn run(
    input: &StationMovieInput,
    ctx: &dyn OperationContext,
    make: bool,
) -> Result<StationMovieOutput, OperationError> {
    let wrong = |message: String| OperationError::new(ErrorKind::Input, message);
    let gains = &input.gains;
    let how = (gains.times, gains.order, gains.movie.max_memory_mb);
    let turned = Turned {
        reference: gains.reference.as_deref(),
        delays: gains.delays.as_deref(),
        mask: input.mask.map(|[re, im]| Complex64::new(re, im)),
    };
    let loaded = load(&gains.sources, &gains.wanted, how, turned, ctx)?;
    let mut cube = channel_mean(&loaded.cube);
    if let Some(seconds) = input.resolution {
        if !(seconds > 0.0 && seconds.is_finite()) {
            return Err(wrong(format!("a resolution of {seconds} s is none")));
        }
        cube = resolved(cube, seconds);
    }
    let film = StationFilm::new(&cube, input, loaded.reference.clone()).map_err(wrong)?;
    let rate = Rate::new(5, 1).unwrap_or_default();
    let memory = estimate(loaded.cube.shape());
    let job = Job::new(&film, &gains.movie, &text_path(&gains.output), rate, memory)?;
    let mut output = StationMovieOutput {
        estimate: job.estimate(),
        path: path_text(job.path()),
        written: None,
        stations: cube.stations.clone(),
        warnings: loaded.cube.warnings.clone(),
    };
    if make {
        if let Some(folder) = job.path().parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder)
                .map_err(|error| OperationError::io(folder.display(), &error))?;
        }
        let told = format!("{:?} {:?} {:?}", input.unwrap, input.resolution, input.mask);
        let digest = format!("{} {told}", info::digest(gains, &loaded));
        let path = job.path().to_path_buf();
        let written = job.write(&digest, ctx)?;
        for warning in &output.warnings {
            ctx.log(warning);
        }
        let shown = info::described(gains, &loaded, film.limits[0], Some(&written));
        info::save_beside(&path, &shown)?;
        output.written = Some(written);
    }
    Ok(output)
}

impl Operation for StationMoviePlan {
    const NAME: &'static str = "plot.station_movie_plan";
    const VERB: &'static str = "look at the gains for";
    const EFFECT: Effect = Effect::Reads;
    type Input = StationMovieInput;
    type Output = StationMovieOutput;

    fn run(
        &self,
        input: StationMovieInput,
        ctx: &dyn OperationContext,
    ) -> Result<StationMovieOutput, OperationError> {
        run(&input, ctx, false)
    }
}

impl Operation for StationMovie {
    const NAME: &'static str = "plot.station_movie";
    const VERB: &'static str = "make a movie";
    const EFFECT: Effect = Effect::Changes;
    type Input = StationMovieInput;
    type Output = StationMovieOutput;

    fn run(
        &self,
        input: StationMovieInput,
        ctx: &dyn OperationContext,
    ) -> Result<StationMovieOutput, OperationError> {
        run(&input, ctx, true)
    }
}
