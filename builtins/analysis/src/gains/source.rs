//! Gains of files: of this node, and as the operation `ms.gains` answers from others.

use std::os::unix::fs::MetadataExt;
use std::path::Path;

use ledama_base::operation::{ErrorKind, OperationContext, OperationError};
use ledama_base::path::DataPath;
use ledama_base::rawtext::{path_text, text_path};
use ledama_ms::ReadError;
use ledama_ms::gains::operation::{GainsInput, GainsOutput};
use ledama_ms::gains::{Direction, Gains, Jones, Request, pointing, read};
use ndarray::{Array5, Zip};
use num_complex::Complex64;
use serde::{Deserialize, Serialize};

use super::{Cells, Origin, Part, Wanted};

/// A file or folder with gains, where it is.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// The node; this one if none.
    #[serde(default)]
    pub node: Option<String>,
    /// A measurement set, parameter table or H5parm file in text form; the last may be
    /// followed by `::SET/TABLE,TABLE`.
    pub path: String,
}

const MISSING: Complex64 = Complex64::new(f64::NAN, f64::NAN);

/// Reads the gains of a place, through `ctx` if it is on another node.
pub fn read_place(
    place: &Place,
    wanted: &Wanted,
    ctx: &dyn OperationContext,
) -> Result<Part, OperationError> {
    ctx.check()?;
    let elsewhere = place.node.as_deref().filter(|node| *node != ctx.node());
    let mut part = match elsewhere {
        None => local(place, wanted)?,
        Some(node) => remote(node, place, wanted, ctx)?,
    };
    part.origin.node = Some(place.node.clone().unwrap_or_else(|| ctx.node().to_string()));
    let facts = DataPath::parse(place.path.split("::").next().unwrap_or_default());
    part.origin.sub_band = facts.sub_band.map(i64::from);
    part.origin.observation = facts.id.map(|id| format!("L{id}"));
    let name = part.origin.name();
    wanted
        .of(part)
        .map_err(|error| OperationError::new(ErrorKind::Input, format!("{name}: {error}")))
}

fn local(place: &Place, wanted: &Wanted) -> Result<Part, OperationError> {
    let path = text_path(&place.path);
    let request = Request {
        time: None,
        freq: wanted.freq_hz.clone().map(Cells::from_centres),
        stations: wanted.stations.clone(),
        directions: wanted.directions.clone(),
        apart: false,
    };
    let gains = read(&path, &request).map_err(failed)?;
    let (modified, bytes) = facts(&gains.path);
    Ok(Part {
        origin: Origin {
            path: Some(place.path.clone()),
            pointing: pointing(&path),
            modified,
            bytes,
            ..Origin::default()
        },
        ..part(gains)
    })
}

/// When a file was changed, and its size; of a table that of its description.
fn facts(path: &Path) -> (Option<i64>, Option<u64>) {
    let Ok(facts) = std::fs::metadata(path) else { return (None, None) };
    if !facts.is_dir() {
        return (Some(facts.mtime()), Some(facts.len()));
    }
    let files = std::fs::read_dir(path).into_iter().flatten().flatten();
    let files: Vec<_> = files.filter_map(|file| file.metadata().ok()).collect();
    let newest = files.iter().map(MetadataExt::mtime).max();
    (newest, Some(files.iter().map(std::fs::Metadata::len).sum()))
}

fn failed(error: ReadError) -> OperationError {
    let told = OperationError::new(error.kind(), error.to_string());
    match error.help() {
        Some(help) => told.help(help),
        None => told,
    }
}

/// The gains of one source; what has no weight is missing.
pub fn part(gains: Gains) -> Part {
    let mut values = gains.values;
    Zip::from(&mut values).and(&gains.weights).for_each(|value, weight| {
        if *weight == 0.0 || !value.is_finite() {
            *value = MISSING;
        }
    });
    Part {
        origin: Origin { path: Some(path_text(&gains.path)), ..Origin::default() },
        channels: (0..gains.freq.len()).collect(),
        time: gains.time,
        freq: gains.freq,
        stations: gains.stations,
        directions: gains.directions,
        jones: gains.jones,
        values,
        warnings: gains.warnings,
    }
}

fn remote(
    node: &str,
    place: &Place,
    wanted: &Wanted,
    ctx: &dyn OperationContext,
) -> Result<Part, OperationError> {
    let input = GainsInput {
        path: place.path.clone(),
        stations: wanted.stations.clone(),
        directions: wanted.directions.clone(),
        freq_hz: wanted.freq_hz.clone(),
        ..GainsInput::default()
    };
    let broken = |what: String| OperationError::new(ErrorKind::Corrupt, format!("{node}: {what}"));
    let input = serde_json::to_value(input).map_err(|error| broken(error.to_string()))?;
    let answer = ctx.call(node, "ms.gains", input)?;
    let answer: GainsOutput =
        serde_json::from_value(answer).map_err(|error| broken(error.to_string()))?;
    let pointing = answer.pointing;
    let mut part = answered(answer).ok_or_else(|| broken("an answer of the wrong shape".into()))?;
    part.origin = Origin { path: Some(place.path.clone()), pointing, ..Origin::default() };
    Ok(part)
}

fn answered(answer: GainsOutput) -> Option<Part> {
    let (values, weights) = (answer.values?, answer.weights?);
    let shape: [usize; 5] = weights.shape.clone().try_into().ok()?;
    let numbers = values.values()?;
    let weights = weights.values()?;
    if numbers.len() != 2 * weights.len() {
        return None;
    }
    let pairs = numbers.as_chunks::<2>().0.iter().zip(weights);
    let complex = pairs.map(|([re, im], weight)| {
        let value = Complex64::new(*re, *im);
        if weight == 0.0 || !value.is_finite() { MISSING } else { value }
    });
    let numbers = |all: &[Option<f64>]| all.iter().map(|one| one.unwrap_or(f64::NAN)).collect();
    let element = |label: &String| {
        let places = label.chars().take(2).map(|letter| usize::from("YL".contains(letter)));
        let element = places.fold(0, |element, place| 2 * element + place);
        Jones { label: label.clone(), element }
    };
    let directions = answer.directions.into_iter().zip(answer.direction_ra_dec);
    Some(Part {
        origin: Origin::default(),
        time: Cells { centres: numbers(&answer.time_mjd_s), widths: numbers(&answer.time_width_s) },
        channels: (0..answer.freq_hz.len()).collect(),
        freq: Cells { centres: numbers(&answer.freq_hz), widths: numbers(&answer.freq_width_hz) },
        stations: answer.stations,
        directions: directions.map(|(name, ra_dec)| Direction { name, ra_dec }).collect(),
        jones: answer.jones.iter().map(element).collect(),
        values: Array5::from_shape_vec(shape, complex.collect()).ok()?,
        warnings: answer.warnings,
    })
}
