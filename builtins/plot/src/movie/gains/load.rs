//! Gains for a movie: read, joined, and relative to a station.

use std::time::Duration;

use globset::Glob;
use ledama_analysis::gains::source::read_place;
use ledama_analysis::gains::{
    Delays, GainCube, Joining, Part, Reference, Wanted, database, estimate, join,
};
use ledama_analysis::stations::Order;
use ledama_base::operation::{ErrorKind, OperationContext, OperationError};
use ledama_base::rawtext::text_path;
use ledama_leddb::{Database, Location, Options};
use ndarray::Axis;
use num_complex::Complex64;

use super::Sources;

/// Gains, ready to be shown.
#[derive(Debug)]
pub struct Loaded {
    /// The gains.
    pub cube: GainCube,
    /// The reference station.
    pub reference: Option<String>,
    /// Delays by station, s.
    pub delays: Vec<f64>,
    /// Whether any delay was given.
    pub delayed: bool,
    /// The place of the direction that is shown.
    pub direction: usize,
}

fn input(message: impl Into<String>) -> OperationError {
    OperationError::new(ErrorKind::Input, message)
}

/// Reads gains and joins them.
///
/// # Errors
/// What cannot be read, does not fit together, or needs more memory than is allowed.
pub(super) fn cube(
    sources: &Sources,
    wanted: &Wanted,
    order: Order,
    max_memory_mb: u64,
    ctx: &dyn OperationContext,
) -> Result<GainCube, OperationError> {
    let most = (max_memory_mb > 0).then_some(max_memory_mb << 20);
    let mut parts: Vec<Part> = Vec::new();
    let mut bytes = 0_u64;
    // Parts and the cube that they become are there at the same time.
    let mut keep = |part: Part, parts: &mut Vec<Part>| {
        let shape: [usize; 5] = part.values.shape().try_into().unwrap_or_default();
        bytes = bytes.saturating_add(estimate(shape));
        parts.push(part);
        match most {
            Some(most) if bytes.saturating_mul(2) > most => Err(format!(
                "the gains need more than the {max_memory_mb} MiB of memory that are allowed; choose fewer \
                 sub-bands, channels, stations or elements, or raise `--max-memory`"
            )),
            _ => Ok(()),
        }
    };
    for place in &sources.files {
        let part = read_place(place, wanted, ctx)?;
        keep(part, &mut parts).map_err(input)?;
    }
    if let (Some(url), Some(query)) = (&sources.database, &sources.query) {
        let seconds = sources.timeout.and_then(|seconds| u64::try_from(seconds).ok());
        let options =
            Options { statement_timeout: seconds.map(Duration::from_secs), ..Options::default() };
        let database = Database::open(&Location::parse(url)?, &options)?;
        database::parts(&database, query, wanted, |part| {
            if ctx.cancelled() {
                return Err("interrupted".to_string());
            }
            keep(part, &mut parts)
        })?;
        ctx.check()?;
    }
    if parts.is_empty() {
        return Err(OperationError::new(ErrorKind::NotFound, "no gains are found")
            .help("the conditions of the DiagFile, or the stations that are chosen, fit no row"));
    }
    let found: Vec<&str> =
        parts.iter().filter_map(|part| part.origin.observation.as_deref()).collect();
    if let Some(other) = found.iter().find(|name| **name != found[0]) {
        return Err(input(format!(
            "the gains are of several observations: {} and {other}",
            found[0]
        )));
    }
    join(parts, &Joining { order, max_bytes: most }).map_err(input)
}

/// What is done to gains that were read.
#[derive(Debug, Clone, Copy, Default)]
pub struct Turned<'a> {
    /// The station that phases are relative to; none: the first of all; `none`: as they
    /// are. It need not be among those wanted.
    pub reference: Option<&'a str>,
    /// File with delays of stations, in text form.
    pub delays: Option<&'a str>,
    /// Values equal to this are missing.
    pub mask: Option<Complex64>,
}

/// Reads gains and makes them relative to the reference station.
///
/// # Errors
/// As [`cube`]; a station, delay file or direction that is not there.
pub fn load(
    sources: &Sources,
    wanted: &Wanted,
    (times, order, max_memory_mb): (Option<[i64; 3]>, Order, u64),
    turned: Turned<'_>,
    ctx: &dyn OperationContext,
) -> Result<Loaded, OperationError> {
    let Turned { reference, delays, mask } = turned;
    let mut read = wanted.clone();
    let named = reference.filter(|name| *name != "none");
    if let Some(name) = named.filter(|_| !read.stations.is_empty()) {
        read.stations.push(name.to_string());
    }
    let mut cube = cube(sources, &read, order, max_memory_mb, ctx)?;
    if let Some(mask) = mask {
        let missing = Complex64::new(f64::NAN, f64::NAN);
        let equal = |value: Complex64| (value - mask).norm() < 1e-12;
        cube.values.mapv_inplace(|value| if equal(value) { missing } else { value });
    }
    if let [_, other, ..] = &cube.directions[..] {
        let names: Vec<&str> = cube.directions.iter().map(|one| one.name.as_str()).collect();
        return Err(input(format!(
            "there are gains in {} directions, such as {}",
            names.len(),
            other.name
        ))
        .help(format!("choose one with `--directions`: {}", names.join(" "))));
    }
    if let Some(triple) = times {
        let length = u32::try_from(cube.time.len()).unwrap_or(u32::MAX);
        let slots = Wanted::slots(triple).map_err(input)?;
        let places: Vec<usize> = slots.places(length).map(|at| at as usize).collect();
        if places.is_empty() {
            return Err(input(format!("there are {length} times, and none of them is chosen")));
        }
        cube = cube.at_times(&places);
    }
    let missing = wanted
        .jones
        .iter()
        .filter(|wanted| cube.jones.iter().all(|jones| jones.element != **wanted));
    let missing: Vec<String> = missing.map(ToString::to_string).collect();
    if !missing.is_empty() {
        cube.warnings.push(format!("the gains have no Jones elements {}", missing.join(", ")));
    }
    let delays = match delays {
        None => None,
        Some(file) => {
            let text = std::fs::read_to_string(text_path(file))
                .map_err(|error| OperationError::io(file, &error))?;
            Some(Delays::parse(&text).map_err(|fault| input(format!("{file}: {fault}")))?)
        }
    };
    let unknown = delays.as_ref().map(|delays| delays.unknown(&cube.stations)).unwrap_or_default();
    if !unknown.is_empty() {
        let told = format!("delays of stations that have no gains: {}", unknown.join(", "));
        cube.warnings.push(told);
    }
    let name = match reference {
        Some("none") => None,
        Some(name) => Some(name.to_string()),
        None => cube.stations.first().cloned(),
    };
    let turned = Reference::new(&cube.stations, name.as_deref(), delays.as_ref()).map_err(input)?;
    turned.apply(&mut cube);
    if named.is_some() {
        keep_stations(&mut cube, &wanted.stations)?;
    }
    let by_station = |delays: &Delays| cube.stations.iter().map(|one| delays.of(one)).collect();
    let all = delays.as_ref().map_or_else(|| vec![0.0; cube.stations.len()], by_station);
    Ok(Loaded {
        reference: name,
        delayed: all.iter().any(|delay| *delay != 0.0),
        delays: all,
        direction: 0,
        cube,
    })
}

/// Leaves out stations that fit no pattern; without patterns none.
fn keep_stations(cube: &mut GainCube, patterns: &[String]) -> Result<(), OperationError> {
    let globs: Result<Vec<_>, _> = patterns.iter().map(|text| Glob::new(text)).collect();
    let globs: Vec<_> = globs
        .map_err(|error| input(error.to_string()))?
        .iter()
        .map(Glob::compile_matcher)
        .collect();
    let kept =
        |s: &usize| globs.is_empty() || globs.iter().any(|glob| glob.is_match(&cube.stations[*s]));
    let places: Vec<usize> = (0..cube.stations.len()).filter(kept).collect();
    if places.len() < cube.stations.len() {
        cube.values = cube.values.select(Axis(2), &places);
        cube.stations = places.iter().map(|s| cube.stations[*s].clone()).collect();
    }
    Ok(())
}
