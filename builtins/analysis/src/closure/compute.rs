//! Reads visibilities and closes them.

use std::collections::{BTreeMap, BTreeSet};

use ledama_base::operation::{ErrorKind, OperationError};
use ledama_base::rawtext;
use ledama_ms::visibility::{Average, Series, Visibilities};
use num_complex::Complex64;
use serde::{Deserialize, Serialize};

use super::shapes::{Shape, all_triangles, parse_quads, parse_triangles};
use crate::math::{self, ComplexMean};
use crate::visibilities::{Antennas, Choice, Outline};

/// What of the bispectrum is averaged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Joint {
    /// Nothing: visibilities are averaged over channels and then multiplied.
    #[default]
    None,
    /// The products of each channel, over the channels.
    Channels,
    /// The products of averaged visibilities, over the times.
    Times,
    /// The products of each channel and time, over both.
    Both,
}

/// What closures are wanted.
#[derive(Debug, Clone)]
pub struct ClosureRequest<'a> {
    /// Which visibilities; its stations and baselines are set by the shapes.
    pub choice: &'a Choice,
    /// Triangles, as [`parse_triangles`] reads them; or `all`.
    pub triangles: &'a str,
    /// Only triangles with this station, of `all`.
    pub reference: Option<&'a str>,
    /// Quadrangles instead of triangles.
    pub quads: Option<&'a str>,
    /// What of the bispectrum is averaged.
    pub joint: Joint,
}

/// A closure of one shape and polarization.
#[derive(Debug, Clone, PartialEq)]
pub struct Closure {
    /// The stations.
    pub shape: Shape,
    /// Their names.
    pub names: Vec<String>,
    /// The polarization.
    pub polarization: String,
    /// MJD s (UTC); the middle of all where times are averaged.
    pub times: Vec<f64>,
    /// Phases, rad, of triangles; ratios of quadrangles. NaN where one of the
    /// baselines has no valid value.
    pub values: Vec<f64>,
}

/// The closures of a set at a path in text form: by shape and polarization.
pub fn closures(
    path: &str,
    request: &ClosureRequest<'_>,
    watch: &mut dyn FnMut(u64, u64) -> Result<(), OperationError>,
) -> Result<(Outline, Vec<Closure>), OperationError> {
    let outline = Outline::read(path)?;
    let wrong = |what: String| {
        OperationError::new(ErrorKind::Input, format!("{}: {what}", outline.info.path))
    };
    let mut selection = request.choice.resolve(&outline)?;
    let antennas = Antennas(outline.stations());
    let reference = request.reference.map(|one| antennas.one(one)).transpose().map_err(wrong)?;
    let named = match request.quads {
        Some(text) => Some(parse_quads(text, antennas).map_err(wrong)?),
        None if request.triangles == "all" => None,
        None => Some(parse_triangles(request.triangles, antennas).map_err(wrong)?),
    };
    selection.antennas = None;
    selection.baselines = named.as_ref().map(|shapes| pairs(shapes));
    selection.required = named.as_ref().map(|shapes| pairs(shapes)).unwrap_or_default();
    let open = Visibilities::open(&rawtext::text_path(path), &selection)?;
    let shapes = named.unwrap_or_else(|| complete(&open, reference));
    if shapes.is_empty() {
        return Err(wrong(
            "has no three stations with all three baselines in the selection".into(),
        ));
    }
    let average = match request.joint {
        Joint::Channels | Joint::Both => Average::None,
        Joint::None | Joint::Times => Average::Channels,
    };
    let count = open.baselines().len();
    let series = open.series_of::<OperationError>(average, 0..count, watch)?;
    let set = Set { open: &open, series: &series, places: places(&open) };
    let mut found = Vec::new();
    for shape in shapes {
        let names: Vec<String> = shape.0.iter().map(|at| name(&outline, *at)).collect();
        for (at, polarization) in open.polarizations().iter().enumerate() {
            let (times, values) = set.close(&shape, at, request.joint);
            let (names, polarization) = (names.clone(), polarization.clone());
            found.push(Closure { shape: shape.clone(), names, polarization, times, values });
        }
    }
    Ok((outline, found))
}

fn name(outline: &Outline, at: i32) -> String {
    let known = usize::try_from(at).ok().and_then(|at| outline.stations().get(at));
    known.cloned().unwrap_or_else(|| at.to_string())
}

/// The baselines of shapes.
fn pairs(shapes: &[Shape]) -> Vec<(i32, i32)> {
    let sides = |shape: &Shape| -> Vec<(i32, i32)> {
        match shape.0.as_slice() {
            [a, b, c] => vec![(*a, *b), (*b, *c), (*a, *c)],
            [a, b, c, d] => vec![(*a, *b), (*c, *d), (*a, *c), (*b, *d)],
            _ => Vec::new(),
        }
    };
    let sorted = |(a, b): (i32, i32)| (a.min(b), a.max(b));
    let all: BTreeSet<(i32, i32)> = shapes.iter().flat_map(sides).map(sorted).collect();
    all.into_iter().collect()
}

/// All triangles with all their baselines in a selection.
fn complete(open: &Visibilities, reference: Option<i32>) -> Vec<Shape> {
    let there = places(open);
    let stations: BTreeSet<i32> = there.keys().flat_map(|pair| [pair.0, pair.1]).collect();
    let stations: Vec<i32> = stations.into_iter().collect();
    let whole = |shape: &Shape| {
        pairs(std::slice::from_ref(shape)).iter().all(|pair| there.contains_key(pair))
    };
    all_triangles(&stations, reference).into_iter().filter(whole).collect()
}

/// Where each baseline is, and whether it is stored the other way round.
fn places(open: &Visibilities) -> BTreeMap<(i32, i32), (usize, bool)> {
    let one = |(at, baseline): (usize, &ledama_ms::visibility::Baseline)| {
        let (a, b) = (baseline.antenna1, baseline.antenna2);
        ((a.min(b), a.max(b)), (at, a > b))
    };
    open.baselines().iter().enumerate().map(one).collect()
}

struct Set<'a> {
    open: &'a Visibilities,
    series: &'a [Series],
    places: BTreeMap<(i32, i32), (usize, bool)>,
}

impl Set<'_> {
    /// The visibility of a with b: the conjugate of that of b with a.
    fn value(&self, a: i32, b: i32, [time, channel, at]: [usize; 3]) -> Option<Complex64> {
        let (place, turned) = *self.places.get(&(a.min(b), a.max(b)))?;
        let value = self.series[place].at(time, channel, at)?;
        let backwards = turned ^ (a > b);
        Some(if backwards { value.conj() } else { value })
    }

    fn close(&self, shape: &Shape, at: usize, joint: Joint) -> (Vec<f64>, Vec<f64>) {
        let times = self.open.times();
        let channels = self.series.first().map_or(0, |series| series.shape[1]);
        let mut whole = ComplexMean::default();
        let mut found = Vec::with_capacity(times.len());
        for time in 0..times.len() {
            let mut mean = ComplexMean::default();
            for channel in 0..channels {
                if let Some(product) = self.product(shape, [time, channel, at]) {
                    mean.add(product);
                    whole.add(product);
                }
            }
            found.push(mean.value());
        }
        let number = |value: Complex64| match shape.0.len() {
            _ if math::missing(value) => f64::NAN,
            3 => value.arg(),
            _ => value.re,
        };
        if matches!(joint, Joint::Times | Joint::Both) {
            let middle = match times {
                [first, .., last] => f64::midpoint(*first, *last),
                other => other.first().copied().unwrap_or_default(),
            };
            return (vec![middle], vec![number(whole.value())]);
        }
        (times.to_vec(), found.into_iter().map(number).collect())
    }

    /// The bispectrum of three stations, or the ratio of amplitudes of four.
    fn product(&self, shape: &Shape, place: [usize; 3]) -> Option<Complex64> {
        match *shape.0.as_slice() {
            [a, b, c] => Some(
                self.value(a, b, place)?
                    * self.value(b, c, place)?
                    * self.value(a, c, place)?.conj(),
            ),
            [a, b, c, d] => {
                let amplitude = |x, y| Some(self.value(x, y, place)?.norm());
                let below = amplitude(a, c)? * amplitude(b, d)?;
                (below > 0.0).then_some(())?;
                Some(Complex64::new(amplitude(a, b)? * amplitude(c, d)? / below, 0.0))
            }
            _ => None,
        }
    }
}
