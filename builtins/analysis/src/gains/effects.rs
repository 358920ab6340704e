//! Solutions that are no gains but what gains are made of: delays, electron
//! contents, rotations, in their own units.

use std::path::Path;

use ledama_ms::ReadError;
use ledama_ms::gains::{Effect, Source, find};
use ledama_ms::h5parm::{H5Parm, Selection, SolTab};
use ledama_ms::parmdb::{ParmDb, ParmName};
use ndarray::Array3;

use super::Cells;

/// One kind of solution, `[time][station][lane]`; NaN is missing.
#[derive(Debug, Clone, PartialEq)]
pub struct EffectTable {
    /// What it is: `TEC`, `Clock`, `Rotation`, `Rotation measure`.
    pub name: &'static str,
    /// The unit of its values.
    pub unit: &'static str,
    /// Times, UTC as seconds of MJD.
    pub time: Cells,
    /// Names.
    pub stations: Vec<String>,
    /// What else tells values apart: polarizations, directions; one empty text if nothing.
    pub lanes: Vec<String>,
    /// The values.
    pub values: Array3<f64>,
}

fn words(effect: Effect) -> Option<(&'static str, &'static str)> {
    match effect {
        Effect::Tec => Some(("TEC", "TECU")),
        Effect::Clock => Some(("Clock", "s")),
        Effect::Rotation => Some(("Rotation", "rad")),
        Effect::RotationMeasure => Some(("Rotation measure", "rad/m²")),
        Effect::Amplitude | Effect::Phase => None,
    }
}

fn effect(kind: &str) -> Option<Effect> {
    match kind {
        "tec" => Some(Effect::Tec),
        "clock" => Some(Effect::Clock),
        "rotation" => Some(Effect::Rotation),
        "rotationmeasure" => Some(Effect::RotationMeasure),
        _ => None,
    }
}

/// The kinds that a parameter table, an H5parm file or a measurement set has, besides
/// gains. `path` may end with `::SET/TABLE,TABLE`.
///
/// # Errors
/// What cannot be read.
pub fn effects(path: &Path) -> Result<Vec<EffectTable>, ReadError> {
    let (path, selection) = Selection::split(path);
    let (source, place) = find(&path)?;
    match source {
        Source::H5parm => of_h5parm(&H5Parm::open(&place)?, &selection),
        Source::Parmdb => Ok(of_parmdb(&ParmDb::open(&place)?)),
    }
}

fn of_h5parm(file: &H5Parm, selection: &Selection) -> Result<Vec<EffectTable>, ReadError> {
    let mut all = Vec::new();
    for set in file.solsets() {
        if selection.solset.as_ref().is_some_and(|wanted| *wanted != set.name) {
            continue;
        }
        for tab in &set.soltabs {
            let chosen = selection.soltabs.is_empty() || selection.soltabs.contains(&tab.name);
            let Some((name, unit)) = effect(&tab.kind).and_then(words).filter(|_| chosen) else {
                continue;
            };
            let read = file.values(&set.name, &tab.name)?;
            let known = read.values.iter().zip(&read.weights);
            let values: Vec<f64> = known
                .map(|(value, weight)| if *weight == 0.0 { f64::NAN } else { *value })
                .collect();
            all.extend(of_table(tab, &values, name, unit));
        }
    }
    Ok(all)
}

/// Places of an axis, and how far apart they are in the values.
struct Stride {
    len: usize,
    step: usize,
}

fn of_table(
    tab: &SolTab,
    values: &[f64],
    name: &'static str,
    unit: &'static str,
) -> Option<EffectTable> {
    let shape = tab.shape();
    let stride = |wanted: &str| match tab.axis(wanted) {
        None => Stride { len: 1, step: 0 },
        Some((at, axis)) => Stride { len: axis.len, step: shape[at + 1..].iter().product() },
    };
    let labels = |wanted: &str| -> Vec<String> {
        tab.axis(wanted).map_or_else(|| vec![String::new()], |(_, axis)| axis.labels.clone())
    };
    let (time, ant, dir, pol) = (stride("time"), stride("ant"), stride("dir"), stride("pol"));
    let stations = tab.axis("ant").map(|(_, axis)| axis.labels.clone())?;
    let mut lanes = Vec::new();
    for direction in labels("dir") {
        for polarization in labels("pol") {
            lanes.push(format!("{polarization} {direction}").trim().to_string());
        }
    }
    let centres = tab.axis("time").map_or_else(|| vec![f64::NAN], |(_, axis)| axis.numbers.clone());
    let numbers = Array3::from_shape_fn((time.len, ant.len, dir.len * pol.len), |(t, s, lane)| {
        let place =
            t * time.step + s * ant.step + lane / pol.len * dir.step + lane % pol.len * pol.step;
        values.get(place).copied().unwrap_or(f64::NAN)
    });
    Some(EffectTable {
        name,
        unit,
        time: Cells::from_centres(centres),
        stations,
        lanes,
        values: numbers,
    })
}

fn of_parmdb(table: &ParmDb) -> Vec<EffectTable> {
    let mut all = Vec::new();
    for wanted in [Effect::Tec, Effect::Clock, Effect::Rotation, Effect::RotationMeasure] {
        let Some((name, unit)) = words(wanted) else { continue };
        let mut found = Vec::new();
        for parm in &table.parms {
            if let Some(ParmName::Effect { effect, row, station, direction }) =
                ParmName::parse(&parm.name)
                && effect == wanted
            {
                let row = row.map(|row| ["XX", "YY"][row.min(1)]).unwrap_or_default();
                let lane = format!("{row} {}", direction.unwrap_or_default());
                found.push((station, lane.trim().to_string(), parm));
            }
        }
        let mut times: Vec<f64> = Vec::new();
        let (mut stations, mut lanes) = (Vec::new(), Vec::new());
        for (station, lane, parm) in &found {
            if !stations.contains(station) {
                stations.push(station.clone());
            }
            if !lanes.contains(lane) {
                lanes.push(lane.clone());
            }
            for domain in &parm.domains {
                times.extend(domain.time.centres.iter().copied());
            }
        }
        if stations.is_empty() || times.is_empty() {
            continue;
        }
        times.sort_by(f64::total_cmp);
        times.dedup_by(|a, b| (*a - *b).abs() < 1e-3);
        let shape = (times.len(), stations.len(), lanes.len());
        let mut values = Array3::from_elem(shape, f64::NAN);
        for (station, lane, parm) in &found {
            let place =
                (stations.iter().position(|s| s == station), lanes.iter().position(|l| l == lane));
            let (Some(s), Some(l), Some(freq)) =
                (place.0, place.1, parm.domains.first().and_then(|d| d.freq.centres.first()))
            else {
                continue;
            };
            for (t, time) in times.iter().enumerate() {
                values[[t, s, l]] = table.value(&parm.name, *freq, *time).or_nan();
            }
        }
        all.push(EffectTable {
            name,
            unit,
            time: Cells::from_centres(times),
            stations,
            lanes,
            values,
        });
    }
    all
}
