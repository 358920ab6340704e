//! Gains for a movie: read, joined, and relative to a station.

use std::time::Duration;

use ledama_analysis::gains::source::read_place;
use ledama_analysis::gains::{
    Delays, GainCube, Joining, Part, Reference, Wanted, database, estimate, join,
};
use ledama_analysis::stations::Order;
use ledama_base::operation::{ErrorKind, OperationContext, OperationError};
use ledama_base::rawtext::text_path;
use ledama_leddb::{Database, Location, Options};

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

/// Reads gains and makes them relative to the reference station.
///
/// # Errors
/// As [`cube`]; a station, delay file or direction that is not there.
pub fn load(
    sources: &Sources,
    wanted: &Wanted,
    (times, order, max_memory_mb): (Option<[i64; 3]>, Order, u64),
    (reference, delays): (Option<&str>, Option<&str>),
    ctx: &dyn OperationContext,
) -> Result<Loaded, OperationError> {
    let mut cube = cube(sources, wanted, order, max_memory_mb, ctx)?;
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
    let by_station = |delays: &Delays| cube.stations.iter().map(|one| delays.of(one)).collect();
    let all = delays.as_ref().map_or_else(|| vec![0.0; cube.stations.len()], by_station);
    Ok(Loaded {
        reference: name,
        delayed: all.iter().any(|delay| *delay != 0.0),
        delays: all,
        direction: 0,
        cube: {
            turned.apply(&mut cube);
            cube
        },
    })
}
