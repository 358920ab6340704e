//! Rows straight from measurement sets and solutions, on the nodes that hold them.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::sync::{Condvar, Mutex, PoisonError};

use ledama_base::operation::{ErrorKind, OperationContext, OperationError, Progress};
use ledama_base::path::DataPath;
use ledama_base::rawtext;
use ledama_ms::gains::{self, Gains, Request};
use ledama_ms::info::{MsInfo, Wanted};
use ledama_ms::quality::{Quality, Which};
use ndarray::{Array3, ArrayViewD, Axis, Ix2, Ix3, s};
use num_complex::{Complex32, Complex64};

use super::Type;
use super::input::{Input, Source, derive};
use super::kinds::Quantity;
use super::operation::{ReadInput, ReadOutput, ReadRows};
use super::row::{CORRELATIONS, Facts, Row, linear};
use crate::math::MISSING;

/// Files that are read at the same time.
const AT_ONCE: usize = 4;

/// Hands over the rows of files, in the order of the files; what failed, what was odd.
pub(super) fn each(
    input: &Input,
    sources: &[Source],
    ctx: &dyn OperationContext,
    take: &mut dyn FnMut(Row) -> Result<(), OperationError>,
) -> Result<(Vec<String>, Vec<String>), OperationError> {
    let (mut failed, mut warnings) = (Vec::new(), Vec::new());
    let mut first = None;
    let next = AtomicUsize::new(0);
    let mut waiting = std::collections::BTreeMap::new();
    let mut turn = 0;
    let (send, receive) = mpsc::sync_channel(1);
    let ahead = Ahead::default();
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE.min(sources.len()) {
            let (send, next, ahead) = (send.clone(), &next, &ahead);
            scope.spawn(move || {
                while let Some((at, source)) = {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    sources.get(at).map(|source| (at, source))
                } {
                    ahead.wait_for(at);
                    if send.send((at, read_one(input, source, ctx))).is_err() {
                        return;
                    }
                }
            });
        }
        drop(send);
        // Whatever ends this, nobody waits any longer.
        let receive = receive;
        let _all = OnDrop(|| ahead.reach(usize::MAX));
        for (at, answer) in &receive {
            ctx.check()?;
            waiting.insert(at, answer);
            while let Some(answer) = waiting.remove(&turn) {
                let source = &sources[turn];
                turn += 1;
                ahead.reach(turn);
                ctx.progress(Progress { done: turn as u64, total: sources.len() as u64 });
                match answer {
                    Ok((rows, odd)) => {
                        warnings
                            .extend(odd.into_iter().map(|text| format!("{}: {text}", source.path)));
                        for mut row in rows {
                            row.facts.set = i64::try_from(turn).unwrap_or(i64::MAX);
                            take(row)?;
                        }
                    }
                    Err(error) => {
                        failed.push(format!("{}: {error}", source.node));
                        first.get_or_insert(error);
                    }
                }
            }
        }
        Ok::<_, OperationError>(())
    })?;
    match first {
        Some(error) if failed.len() == sources.len() => Err(error),
        _ => Ok((failed, warnings)),
    }
}

/// Keeps readers from getting far ahead of a slow file, whose followers would all wait in
/// memory.
#[derive(Default)]
struct Ahead {
    turn: Mutex<usize>,
    moved: Condvar,
}

impl Ahead {
    /// Waits until a file is among the next ones.
    fn wait_for(&self, at: usize) {
        let mut turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        while at >= turn.saturating_add(2 * AT_ONCE) {
            turn = self.moved.wait(turn).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn reach(&self, turn: usize) {
        *self.turn.lock().unwrap_or_else(PoisonError::into_inner) = turn;
        self.moved.notify_all();
    }
}

struct OnDrop<F: Fn()>(F);

impl<F: Fn()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

fn read_one(
    input: &Input,
    source: &Source,
    ctx: &dyn OperationContext,
) -> Result<(Vec<Row>, Vec<String>), OperationError> {
    ctx.check()?;
    if source.node == ctx.node() || source.node.is_empty() {
        return read(&source.path, input.of, &input.kinds);
    }
    let asked = ReadInput { path: source.path.clone(), of: input.of, kinds: input.kinds.clone() };
    let internal =
        |error: serde_json::Error| OperationError::new(ErrorKind::Internal, error.to_string());
    let asked = serde_json::to_value(asked).map_err(internal)?;
    let answer =
        ctx.call(&source.node, <ReadRows as ledama_base::operation::Operation>::NAME, asked)?;
    let answer: ReadOutput = serde_json::from_value(answer).map_err(internal)?;
    answer.unpack()
}

/// Reads the rows of a file of this node.
pub fn read(
    path: &str,
    of: Type,
    kinds: &[String],
) -> Result<(Vec<Row>, Vec<String>), OperationError> {
    let place = rawtext::text_path(path);
    let facts = facts(&place);
    let (rows, warnings) = match of {
        Type::Gain => {
            let read = gains::read(&place, &Request::default())?;
            (of_gains(&read, &facts), read.warnings)
        }
        Type::Qts => of_quality(&place, Which::Time, &facts)?,
        Type::Qfs => of_quality(&place, Which::Frequency, &facts)?,
        Type::Qbs => of_quality(&place, Which::Baseline, &facts)?,
    };
    Ok((derive(rows, kinds), warnings))
}

/// What a set says about itself; of other files what their path says.
fn facts(path: &Path) -> Facts {
    let text = rawtext::path_text(path);
    // A table of solutions is mostly inside the set it is for.
    let set = [Some(path), path.parent()]
        .into_iter()
        .flatten()
        .find(|folder| folder.join("SPECTRAL_WINDOW/table.dat").is_file());
    let name = || {
        let parsed = DataPath::parse(&text);
        parsed.lds().unwrap_or_else(|| parsed.name.to_string())
    };
    let Some(info) = set.and_then(|set| MsInfo::read(set, Wanted::default()).ok()) else {
        let parsed = DataPath::parse(&text);
        return Facts {
            lds: name(),
            beam: parsed.beam.map(i64::from),
            sub_band: parsed.sub_band.map(i64::from),
            version: Some(parsed.version().into()),
            correlations: linear(),
            ..Facts::default()
        };
    };
    Facts {
        lds: info.lds.clone().unwrap_or_else(name),
        beam: info.beam.map(i64::from),
        sub_band: info.sub_band.map(i64::from),
        version: Some(info.version.into()),
        centre_mhz: info.spectral.ref_frequency_hz.map(|hz| hz / 1e6),
        pointing: info.field.phase_dir.map(|place| (place.ra_deg, place.dec_deg)),
        start_mjd_s: info.rows.time_first_mjd_s,
        correlations: linear(),
        ..Facts::default()
    }
}

fn of_gains(gains: &Gains, facts: &Facts) -> Vec<Row> {
    let [times, channels, ..] = gains.shape();
    let mut correlations = linear();
    for jones in gains.jones.iter().filter(|jones| jones.element < CORRELATIONS) {
        correlations[jones.element].clone_from(&jones.label);
    }
    // Solutions that hold everywhere stand in the middle.
    let or = |places: &[f64], middle: Option<f64>| {
        let place =
            |place: &f64| if place.is_finite() { *place } else { middle.unwrap_or(f64::NAN) };
        places.iter().map(place).collect::<Vec<f64>>()
    };
    let freq_mhz: Vec<f64> = gains.freq.centres.iter().map(|hz| hz / 1e6).collect();
    let first = gains.time.centres.first().copied().filter(|time| time.is_finite());
    let mut rows = Vec::new();
    for (d, direction) in gains.directions.iter().enumerate() {
        for (station, name) in gains.stations.iter().enumerate() {
            let mut values = Array3::from_elem((CORRELATIONS, channels, times), MISSING);
            for (j, jones) in
                gains.jones.iter().enumerate().filter(|(_, jones)| jones.element < CORRELATIONS)
            {
                let from = gains.values.slice(s![.., .., station, d, j]);
                let weights = gains.weights.slice(s![.., .., station, d, j]);
                for ((t, f), value) in from.indexed_iter() {
                    if weights[[t, f]] != 0.0 && value.is_finite() {
                        values[[jones.element, f, t]] = *value;
                    }
                }
            }
            let place = direction.ra_dec.filter(|_| !direction.name.is_empty());
            rows.push(Row {
                facts: Facts {
                    station: Some(name.clone()),
                    direction: place
                        .map(|[ra, dec]| (ra.to_degrees().rem_euclid(360.0), dec.to_degrees())),
                    correlations: correlations.clone(),
                    start_mjd_s: facts.start_mjd_s.or(first),
                    ..facts.clone()
                },
                quantity: Quantity::Gain,
                parts: vec![values],
                freq_mhz: or(&freq_mhz, facts.centre_mhz),
                time_mjd_s: or(&gains.time.centres, facts.start_mjd_s),
                freq_step_mhz: gains.freq.step().map(|hz| hz / 1e6),
                time_step_s: gains.time.step(),
            });
        }
    }
    rows
}

fn of_quality(
    path: &Path,
    which: Which,
    facts: &Facts,
) -> Result<(Vec<Row>, Vec<String>), OperationError> {
    let quality = Quality::read(path)?;
    let nothing = || {
        let what = format!("{}: has no such statistics", path.display());
        OperationError::new(ErrorKind::NotFound, what)
            .help("`aoquality collect` and DP3's step `counter` make them")
    };
    let view = quality.view(which).filter(|view| view.filling.rows > 0).ok_or_else(nothing)?;
    let mut correlations = linear();
    let mut planes = Vec::new();
    for (at, name) in quality.correlations.iter().enumerate() {
        let known = correlations.iter().position(|one| one == name);
        let place = known.unwrap_or(if quality.correlations.len() == 2 { at * 3 } else { at });
        if let Some(one) = correlations.get_mut(place) {
            one.clone_from(name);
            planes.push((at, place));
        }
    }
    let start = view.time_mjd_s.first().copied();
    let times = match which {
        Which::Time => view.time_mjd_s.to_vec(),
        _ => vec![facts.start_mjd_s.unwrap_or(f64::NAN)],
    };
    let row = |kind: &str, names: Option<&[String; 2]>, values: Array3<Complex64>| Row {
        facts: Facts {
            kind: Some(kind.to_string()),
            station: names.map(|names| names[0].clone()),
            station2: names.map(|names| names[1].clone()),
            correlations: correlations.clone(),
            start_mjd_s: facts.start_mjd_s.or(start),
            ..facts.clone()
        },
        quantity: Quantity::stored(kind),
        parts: vec![values],
        freq_mhz: view.frequency_hz.iter().map(|hz| hz / 1e6).collect(),
        time_mjd_s: times.clone(),
        freq_step_mhz: view.freq_step_hz.map(|hz| hz / 1e6),
        time_step_s: view.time_step_s,
    };
    let mut rows = Vec::new();
    for (k, kind) in quality.kinds.iter().enumerate() {
        let of_kind = view.values.index_axis(Axis(0), k);
        if which == Which::Baseline {
            for (b, names) in view.baselines.iter().enumerate() {
                let values = whole(&of_kind.index_axis(Axis(0), b), &planes);
                rows.extend(values.map(|values| row(&kind.name, Some(names), values)));
            }
        } else {
            rows.extend(whole(&of_kind, &planes).map(|values| row(&kind.name, None, values)));
        }
    }
    Ok((rows, quality.warnings.clone()))
}

/// All four correlations; nothing if there is no value at all.
fn whole(
    values: &ArrayViewD<'_, Complex32>,
    planes: &[(usize, usize)],
) -> Option<Array3<Complex64>> {
    let flat =
        values.view().into_dimensionality::<Ix2>().ok().map(|view| view.insert_axis(Axis(2)));
    let view = match flat {
        Some(view) => view,
        None => values.view().into_dimensionality::<Ix3>().ok()?,
    };
    let (_, channels, times) = view.dim();
    let mut all = Array3::from_elem((CORRELATIONS, channels, times), MISSING);
    let mut any = false;
    for (from, to) in planes {
        for ((f, t), value) in view.index_axis(Axis(0), *from).indexed_iter() {
            if value.is_finite() {
                all[[*to, f, t]] = Complex64::new(value.re.into(), value.im.into());
                any = true;
            }
        }
    }
    any.then_some(all)
}
