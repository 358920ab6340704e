//! Sets that are drawn together, and their curves.

use std::ops::Range;
use std::rc::Rc;

use ledama_base::operation::{ErrorKind, OperationError};
use ledama_base::rawtext;
use ledama_ms::visibility::{Average, Flags, Selection, Series, Visibilities};
use ndarray::Array2;
use num_complex::Complex64;

use super::edges::{edges, grid};
use super::place::{Abscissa, site};
use crate::astro;
use crate::visibilities::{Choice, Coordinate, Outline, to_unix_s};

/// What curves are wanted.
#[derive(Debug, Clone)]
pub struct CurveRequest<'a> {
    /// Which visibilities.
    pub choice: &'a Choice,
    /// Against what.
    pub x: Abscissa,
    /// What of them.
    pub y: Coordinate,
    /// Missing values that an unwrapped phase bridges; no unwrapping if `None`.
    pub unwrap: Option<usize>,
    /// Also the values of flagged samples, apart.
    pub flagged: bool,
}

/// A pair of stations, by number in the first set that has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// Numbers.
    pub antennas: [i32; 2],
    /// Names.
    pub names: [String; 2],
}

/// The values of one baseline and polarization.
#[derive(Debug, Clone, PartialEq)]
pub struct Curve {
    /// Place of the pair in [`Sources::pairs`].
    pub pair: usize,
    /// The polarization.
    pub polarization: String,
    /// Places, in the unit of the axis.
    pub x: Vec<f64>,
    /// Values of the same number; NaN where there is none.
    pub y: Vec<f64>,
    /// Whether the samples of these values were flagged.
    pub flagged: bool,
    /// Valid samples before averaging.
    pub valid: u64,
    /// Flagged samples and no numbers.
    pub invalid: u64,
}

/// One coordinate of a baseline and polarization over time and channel.
#[derive(Debug, Clone, PartialEq)]
pub struct Raster {
    /// Place of the pair in [`Sources::pairs`].
    pub pair: usize,
    /// The spectral window, in sets that have several.
    pub window: Option<u64>,
    /// The polarization.
    pub polarization: String,
    /// Edges of the time slots, s UTC since 1970.
    pub times: Vec<f64>,
    /// Edges of the channels, MHz, ascending.
    pub frequencies: Vec<f64>,
    /// `[channel][time]`; NaN where there is none.
    pub values: Array2<f64>,
}

/// A spectral window of a set with what is wanted of it.
struct Source {
    open: Visibilities,
    /// The same for flagged samples.
    flagged: Option<Visibilities>,
    /// Hour angles of the times.
    hour_angles: Vec<f64>,
    interval_s: f64,
    outline: Rc<Outline>,
    /// Whether the set has other windows, too.
    several: bool,
}

/// Sets that are drawn together.
pub struct Sources<'a> {
    request: CurveRequest<'a>,
    sets: Vec<Source>,
    pairs: Vec<Pair>,
}

impl<'a> Sources<'a> {
    /// Opens the sets at paths in text form.
    pub fn open(paths: &[String], request: CurveRequest<'a>) -> Result<Self, OperationError> {
        let wrong = |what: &str| OperationError::new(ErrorKind::Input, what);
        if paths.is_empty() {
            return Err(wrong("there is no set"));
        }
        if request.y == Coordinate::PhaseRate && !request.x.is_time() {
            return Err(
                wrong("rates of phases are along time").help("choose the axis `time` or `ha`")
            );
        }
        let mut sets = Vec::new();
        for path in paths {
            sets.extend(Source::open(path, &request)?);
        }
        let mut pairs: Vec<Pair> = Vec::new();
        let mut known = std::collections::HashSet::new();
        for one in sets.iter().flat_map(|set| set.open.baselines()) {
            let names = [one.name1.clone(), one.name2.clone()];
            if known.insert(names.clone()) {
                pairs.push(Pair { antennas: [one.antenna1, one.antenna2], names });
            }
        }
        Ok(Self { request, sets, pairs })
    }

    /// The baselines of all sets, each once.
    pub fn pairs(&self) -> &[Pair] {
        &self.pairs
    }

    /// The polarizations of all sets, each once.
    pub fn polarizations(&self) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for name in self.sets.iter().flat_map(|set| set.open.polarizations()) {
            if !names.contains(name) {
                names.push(name.clone());
            }
        }
        names
    }

    /// What each set is.
    pub fn outlines(&self) -> impl Iterator<Item = &Outline> {
        let mut last: Option<&Rc<Outline>> = None;
        self.sets.iter().filter_map(move |set| {
            let again =
                last.replace(&set.outline).is_some_and(|last| Rc::ptr_eq(last, &set.outline));
            (!again).then_some(&*set.outline)
        })
    }

    /// The selection on each spectral window of each set.
    pub fn selections(&self) -> impl Iterator<Item = &Visibilities> {
        self.sets.iter().map(|set| &set.open)
    }

    /// The pairs in parts whose values need at most so many bytes, or one pair.
    pub fn batches(&self, bytes: usize) -> Vec<Range<usize>> {
        let average = self.average();
        let doubled = 1 + usize::from(self.request.flagged);
        let each: usize = self.sets.iter().map(|set| 2 * doubled * set.open.memory(average)).sum();
        let at_once = (bytes / each.max(1)).max(1);
        let count = self.pairs.len();
        (0..count).step_by(at_once).map(|start| start..(start + at_once).min(count)).collect()
    }

    fn average(&self) -> Average {
        let axis = if self.request.x.is_time() { Average::Channels } else { Average::Times };
        self.request.choice.average(axis)
    }

    /// The curves of some pairs: by pair, set and polarization.
    pub fn curves(
        &self,
        pairs: Range<usize>,
        watch: &mut dyn FnMut(u64, u64) -> Result<(), OperationError>,
    ) -> Result<Vec<Curve>, OperationError> {
        let mut curves = Vec::new();
        let average = self.average();
        for set in &self.sets {
            let parts = [(Some(&set.open), false), (set.flagged.as_ref(), true)];
            for (open, flagged) in parts {
                let Some(open) = open else { continue };
                for (pair, series) in self.series(open, average, &pairs, watch)? {
                    curves.extend(self.of_series(set, open, pair, series, flagged));
                }
            }
        }
        curves.sort_by_key(|curve| (curve.pair, !curve.flagged));
        Ok(curves)
    }

    /// The rasters of some pairs.
    pub fn rasters(
        &self,
        pairs: Range<usize>,
        watch: &mut dyn FnMut(u64, u64) -> Result<(), OperationError>,
    ) -> Result<Vec<Raster>, OperationError> {
        let mut rasters = Vec::new();
        for set in &self.sets {
            for (pair, series) in self.series(&set.open, Average::None, &pairs, watch)? {
                let (series, times) = set.open.own_times(series);
                for (at, name) in set.open.polarizations().iter().enumerate() {
                    rasters.push(self.raster(set, pair, (&series, &times), (at, name)));
                }
            }
        }
        rasters.sort_by_key(|raster| raster.pair);
        Ok(rasters)
    }

    /// The series of those baselines of a set that are among some pairs.
    fn series(
        &self,
        open: &Visibilities,
        average: Average,
        pairs: &Range<usize>,
        watch: &mut dyn FnMut(u64, u64) -> Result<(), OperationError>,
    ) -> Result<Vec<(usize, Series)>, OperationError> {
        let wanted = &self.pairs[pairs.clone()];
        let places: Vec<Option<usize>> = open
            .baselines()
            .iter()
            .map(|one| {
                let same = |pair: &Pair| pair.names[0] == one.name1 && pair.names[1] == one.name2;
                wanted.iter().position(same).map(|at| pairs.start + at)
            })
            .collect();
        let first = places.iter().position(Option::is_some);
        let last = places.iter().rposition(Option::is_some);
        let (Some(first), Some(last)) = (first, last) else { return Ok(Vec::new()) };
        let all = open.series_of::<OperationError>(average, first..last + 1, watch)?;
        let kept = all.into_iter().filter_map(|one| Some((places[one.baseline]?, one)));
        Ok(kept.collect())
    }

    fn of_series(
        &self,
        set: &Source,
        open: &Visibilities,
        pair: usize,
        series: Series,
        flagged: bool,
    ) -> Vec<Curve> {
        let (series, times) = open.own_times(series);
        let names = open.polarizations().iter().enumerate();
        names
            .map(|(at, polarization)| {
                let (x, y) = self.points(set, open, (&series, &times), at);
                Curve {
                    pair,
                    polarization: polarization.clone(),
                    x,
                    y,
                    flagged,
                    valid: series.counts[at].valid,
                    invalid: series.counts[at].invalid,
                }
            })
            .collect()
    }

    /// Places and values of a polarization; those that are missing on both
    /// ends of the axis stay, so that gaps show.
    fn points(
        &self,
        set: &Source,
        open: &Visibilities,
        (series, own): (&Series, &[f64]),
        polarization: usize,
    ) -> (Vec<f64>, Vec<f64>) {
        let CurveRequest { x, y, unwrap, .. } = self.request;
        let [times, channels, _] = series.shape;
        let (mut places, mut values) = (Vec::new(), Vec::new());
        if x.is_time() {
            let all: Vec<f64> = match x {
                Abscissa::Ha => own.iter().map(|time| set.hour_angle(*time)).collect(),
                _ => own.iter().map(|time| to_unix_s(*time)).collect(),
            };
            for channel in 0..channels {
                places.extend(y.places(&all));
                values.extend(y.of(&series.times(channel, polarization), own, unwrap));
            }
        } else {
            let all = channel_places(x, open);
            for time in 0..times {
                places.extend_from_slice(&all);
                values.extend(y.of(&series.channels(time, polarization), &all, unwrap));
            }
        }
        (places, values)
    }

    fn raster(
        &self,
        set: &Source,
        pair: usize,
        (series, own): (&Series, &[f64]),
        (at, name): (usize, &String),
    ) -> Raster {
        let open = &set.open;
        let [times, channels, _] = series.shape;
        let frequencies = channel_places(Abscissa::Freq, open);
        let seconds: Vec<f64> = own.iter().map(|time| to_unix_s(*time)).collect();
        let (slots, time_edges) = grid(&seconds, set.interval_s);
        let falling = frequencies.len() > 1 && frequencies[0] > frequencies[1];
        let mut values = Array2::from_elem((channels, time_edges.len() - 1), f64::NAN);
        for channel in 0..channels {
            let along: Vec<Complex64> = series.times(channel, at);
            let row = if falling { channels - 1 - channel } else { channel };
            let found = self.request.y.of(&along, own, self.request.unwrap);
            for (time, value) in found.into_iter().enumerate().take(times) {
                values[[row, slots[time]]] = value;
            }
        }
        let mut sorted = frequencies;
        sorted.sort_by(f64::total_cmp);
        Raster {
            pair,
            window: set.several.then(|| open.window()),
            polarization: name.clone(),
            times: time_edges,
            frequencies: edges(&sorted),
            values,
        }
    }
}

impl Source {
    /// The spectral windows of a set.
    fn open(path: &str, request: &CurveRequest<'_>) -> Result<Vec<Self>, OperationError> {
        let outline = Rc::new(Outline::read(path)?);
        let selection = request.choice.resolve(&outline)?;
        let place = rawtext::text_path(path);
        let parts = Visibilities::each(&place, &selection)?;
        let mut flagged: Vec<Option<Visibilities>> = parts.iter().map(|_| None).collect();
        if request.flagged && selection.flags == Flags::Apply {
            let turned = Selection { flags: Flags::Only, ..selection };
            flagged = Visibilities::each(&place, &turned)?.into_iter().map(Some).collect();
        }
        let interval_s = outline.info.rows.integration_time_s.unwrap_or(1.0);
        let several = parts.len() > 1;
        let one = |(open, flagged): (Visibilities, Option<Visibilities>)| {
            let hour_angles = match request.x {
                Abscissa::Ha => hour_angles(&outline, open.times())?,
                _ => Vec::new(),
            };
            let outline = Rc::clone(&outline);
            Ok(Self { open, flagged, hour_angles, interval_s, outline, several })
        };
        parts.into_iter().zip(flagged).map(one).collect()
    }

    /// The hour angle of one of its times.
    fn hour_angle(&self, time: f64) -> f64 {
        let at = self.open.times().binary_search_by(|known| known.total_cmp(&time));
        at.ok().and_then(|at| self.hour_angles.get(at)).copied().unwrap_or(f64::NAN)
    }
}

fn hour_angles(set: &Outline, times: &[f64]) -> Result<Vec<f64>, OperationError> {
    let fail = |what: &str| {
        OperationError::new(ErrorKind::Input, format!("{}: has no {what}", set.info.path))
            .help("choose the axis `time`")
    };
    let field = &set.info.field;
    let direction = field.phase_dir.or(field.delay_dir).ok_or_else(|| fail("phase centre"))?;
    let place = site(&set.info).ok_or_else(|| fail("positions of stations"))?;
    let angle = |time: &f64| astro::hour_angle(direction.ra_deg, direction.dec_deg, *time, place);
    Ok(times.iter().map(angle).collect())
}

/// Numbers from 1, or MHz where the set tells frequencies.
#[allow(clippy::cast_precision_loss)] // channels are few
fn channel_places(x: Abscissa, open: &Visibilities) -> Vec<f64> {
    let frequencies = open.frequencies();
    if x == Abscissa::Freq && frequencies.len() == open.channels().len() {
        return frequencies.iter().map(|hz| hz / 1e6).collect();
    }
    open.channels().map(|channel| (channel + 1) as f64).collect()
}
