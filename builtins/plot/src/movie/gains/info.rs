//! The description beside a movie: what it shows and how it was made.

use std::path::Path;

use ledama_base::atomic::{Existing, write};
use ledama_base::operation::OperationError;
use ledama_leddb::movies::{MovieInfo, Used, write_json, write_older};
use serde_json::{Value, json};

use super::{GainMovieInput, Loaded};
use crate::figures::gain_frame::Across;
use crate::movie::Written;

/// What the movie shows.
pub(super) fn described(
    input: &GainMovieInput,
    loaded: &Loaded,
    limits: [f64; 4],
    written: Option<&Written>,
) -> MovieInfo {
    let cube = &loaded.cube;
    let mut used: Vec<Used> = Vec::new();
    for (at, origin) in cube.origins.iter().enumerate() {
        let channels = cube.bands.iter().zip(&cube.freq.centres).filter(|(band, _)| band[0] == at);
        let mut freqs = channels.map(|(_, freq)| *freq);
        // Older programs name the first channel of movies in time, the last of others.
        let freq = if input.xaxis == Across::Freq { freqs.next() } else { freqs.next_back() };
        used.extend(match (origin.set, &origin.path, &origin.node) {
            (Some(set), ..) => Some(Used::Set {
                sub_band: origin.sub_band.unwrap_or(0),
                frequency_hz: freq.unwrap_or(0.0),
                measurementset_id: set,
            }),
            (None, Some(path), node) => Some(Used::File {
                node: node.clone().unwrap_or_default(),
                path: path.split("::").next().unwrap_or_default().to_string(),
            }),
            _ => None,
        });
    }
    used.dedup();
    MovieInfo {
        xaxis: if input.xaxis == Across::Freq { "freq" } else { "time" }.to_string(),
        jones: cube.jones.iter().filter_map(|jones| i64::try_from(jones.element).ok()).collect(),
        stations: cube.stations.clone(),
        delays: loaded.delays.clone(),
        reference_station: loaded.reference.clone(),
        polar: !input.cartesian,
        times: input.times.unwrap_or([0, -1, 1]),
        channels: input.wanted.channels.unwrap_or([0, -1, 1]),
        yrange: limits,
        message: (!cube.warnings.is_empty()).then(|| cube.warnings.join("; ").replace('\n', " ")),
        used,
        made: written.map(|written| made(input, loaded, written)),
    }
}

/// How it was made: sources, options, versions, the command of the encoder.
fn made(input: &GainMovieInput, loaded: &Loaded, written: &Written) -> Value {
    let cube = &loaded.cube;
    let counts = cube.shape();
    json!({
        "program": concat!("ledama ", env!("CARGO_PKG_VERSION")),
        "sources": cube.origins,
        "parameters": parameters(input),
        "shape": { "times": counts[0], "frequencies": counts[1], "stations": counts[2], "elements": counts[4] },
        "valid": cube.valid(),
        "frames": written.estimate.frames,
        "frames_per_second": written.estimate.fps,
        "size": written.estimate.size,
        "format": written.estimate.format,
        "encoder": written.encoder,
    })
}

/// The options that the pixels depend on.
pub(super) fn parameters(input: &GainMovieInput) -> Value {
    json!({
        "wanted": input.wanted,
        "object": input.object,
        "xaxis": input.xaxis,
        "times": input.times,
        "reference": input.reference,
        "cartesian": input.cartesian,
        "yrange": input.yrange,
        "order": input.order,
        "size": input.size,
        "scale": input.scale,
        "theme": input.theme,
    })
}

/// A digest of all that the frames depend on.
pub(super) fn digest(input: &GainMovieInput, loaded: &Loaded) -> String {
    let mut hasher = blake3::Hasher::new();
    let told =
        json!([env!("CARGO_PKG_VERSION"), parameters(input), loaded.delays, loaded.reference]);
    hasher.update(told.to_string().as_bytes());
    // The numbers themselves: where they come from does not change a picture.
    let cube = &loaded.cube;
    hasher.update(cube.stations.join(" ").as_bytes());
    for number in cube.time.centres.iter().chain(&cube.freq.centres) {
        hasher.update(&number.to_le_bytes());
    }
    for value in &cube.values {
        hasher.update(&value.re.to_le_bytes());
        hasher.update(&value.im.to_le_bytes());
    }
    hasher.finalize().to_hex().to_string()
}

/// Writes the description into the folder of the movie.
pub(super) fn save(folder: &Path, info: &MovieInfo, legacy: bool) -> Result<(), OperationError> {
    write(&folder.join("INFO.json"), write_json(info).as_bytes(), Existing::Replace)?;
    if legacy {
        write(&folder.join("INFO"), write_older(info).as_bytes(), Existing::Replace)?;
    }
    Ok(())
}

/// Writes the description of one of many movies of a folder: `NAME.INFO.json` beside it.
pub(super) fn save_beside(movie: &Path, info: &MovieInfo) -> Result<(), OperationError> {
    let mut name = movie.file_name().unwrap_or_default().to_os_string();
    name.push(".INFO.json");
    Ok(write(&movie.with_file_name(name), write_json(info).as_bytes(), Existing::Replace)?)
}
