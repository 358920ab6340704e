//! Rows straight from measurement sets and solutions of this node.

use std::path::Path;

use ledama_base::operation::{ErrorKind, OperationError};
use ledama_base::path::DataPath;
use ledama_base::rawtext;
use ledama_ms::gains::{self, Gains, Request};
use ledama_ms::info::{MsInfo, Wanted};
use ledama_ms::quality::{Quality, Which};
use ndarray::{Array3, ArrayViewD, Axis, Ix2, Ix3, s};
use num_complex::{Complex32, Complex64};

use super::Type;
use super::derive::derive;
use super::kinds::Quantity;
use super::row::{CORRELATIONS, Facts, Row, linear};
use crate::math::MISSING;

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
