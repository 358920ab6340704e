//! Gains out of parameters: each laid over a common grid, all multiplied.

use std::collections::{BTreeMap, HashSet};

use ndarray::Array2;

use super::{Coordinate, Funklet, Parm, ParmDb, ParmName};
use crate::gains::{
    Cells, Direction, Gains, Glob, Grid, Jones, Part, Request, Role, Sample, Source, Term, build,
};
use crate::read_error::ReadError;

/// Polynomials are sampled at the usual steps of the table, but at no more
/// places than this.
const MOST_CELLS: f64 = 1e6;

/// Steps of all polynomials together.
const MOST_STEPS: f64 = 4e6;

/// Points (times, frequencies, stations and directions multiplied) that any
/// table may ask for.
const MOST_POINTS: u64 = 1 << 24;

/// Beyond these, points for each value in the table. Parameters of different
/// cells ask for more points than they have values, but not for many more; a
/// few domains that overlap in a bad way could ask for all memory there is.
const POINTS_PER_VALUE: u64 = 128;

/// The parameters of one station in one direction, by their place.
type Group = Vec<(ParmName, usize)>;

impl ParmDb {
    /// The gains: the product of all parameters of each station.
    ///
    /// The grid is that of the cells of all parameters unless another is asked
    /// for; polynomials alone are sampled at the usual steps of the table. A
    /// parameter without rows counts with its default.
    pub fn gains(&self, request: &Request) -> Result<Gains, ReadError> {
        let mut warnings = self.warnings.clone();
        let mut named = self.named(&mut warnings);
        if request.apart {
            leave_out_effects(&mut named, &mut warnings);
        }
        let mut stations: Vec<String> =
            named.iter().map(|(name, _)| name.station().to_string()).collect();
        stations.sort();
        stations.dedup();
        let mut patches: Vec<String> = named
            .iter()
            .filter_map(|(name, _)| name.direction())
            .map(ToString::to_string)
            .collect();
        patches.sort();
        patches.dedup();
        let everywhere = named.iter().any(|(name, _)| name.direction().is_none());
        if patches.is_empty() || (request.apart && everywhere) {
            patches.insert(0, String::new());
        }
        let stations = self.chosen("station", stations, &request.stations)?;
        let directions = self.chosen("direction", patches, &request.directions)?;
        let grid = Grid {
            time: self.axis(&named, request.time.as_ref(), Along::Time)?,
            freq: self.axis(&named, request.freq.as_ref(), Along::Freq)?,
        };
        if request.time.is_none() || request.freq.is_none() {
            self.check_size(&grid, stations.len(), directions.len())?;
        }
        let mut groups: BTreeMap<&str, Group> = BTreeMap::new();
        for (name, at) in &named {
            groups.entry(name.station()).or_default().push((name.clone(), *at));
        }
        let terms = |s: usize, d: usize| {
            groups
                .get(stations[s].as_str())
                .map_or_else(Vec::new, |group| terms(group, &directions[d], request.apart))
        };
        let sample = |at: &usize| self.sample(&self.parms[*at], &grid);
        let built = build(&self.path, &grid, stations.len(), directions.len(), terms, sample)?;
        let names = ["XX", "XY", "YX", "YY"];
        let jones =
            |element: &usize| Jones { label: names[*element].to_string(), element: *element };
        Ok(Gains {
            path: self.path.clone(),
            source: Source::Parmdb,
            jones: built.elements.iter().map(jones).collect(),
            stations,
            directions: directions
                .into_iter()
                .map(|name| Direction { name, ra_dec: None })
                .collect(),
            values: built.values,
            weights: built.weights,
            warnings,
            time: grid.time,
            freq: grid.freq,
        })
    }

    /// Fails, before anything is allocated, where the grid is far larger than
    /// what the table holds.
    fn check_size(&self, grid: &Grid, stations: usize, directions: usize) -> Result<(), ReadError> {
        let shape = [grid.time.len(), grid.freq.len(), stations, directions];
        let points = shape.iter().fold(1u64, |all, axis| all.saturating_mul(*axis as u64));
        let domains = self.parms.iter().flat_map(|parm| &parm.domains);
        let values: u64 = domains.map(|domain| domain.values.len() as u64).sum();
        if points <= values.saturating_mul(POINTS_PER_VALUE).max(MOST_POINTS) {
            return Ok(());
        }
        let [times, freqs, ..] = shape;
        Err(ReadError::input(
            &self.path,
            format!(
                "its domains cut each other into {times} times and {freqs} frequencies: \
                 {points} gains of {stations} stations in {directions} directions \
                 from only {values} values"
            ),
            "ask for the gains at given times and frequencies",
        ))
    }

    /// The parameters that are gains. Without any row in the table there are
    /// none: defaults alone are no solutions.
    fn named(&self, warnings: &mut Vec<String>) -> Group {
        if self.parms.iter().all(|parm| parm.domains.is_empty()) {
            return Vec::new();
        }
        let mut unknown: Vec<&str> = Vec::new();
        let mut named = Vec::new();
        for (at, parm) in self.parms.iter().enumerate() {
            match ParmName::parse(&parm.name) {
                Some(name) => named.push((name, at)),
                None => unknown.push(&parm.name),
            }
        }
        if let [first, ..] = unknown[..] {
            warnings.push(format!("{} parameters are no gains, such as {first}", unknown.len()));
        }
        named
    }

    fn chosen(
        &self,
        what: &str,
        names: Vec<String>,
        patterns: &[String],
    ) -> Result<Vec<String>, ReadError> {
        let glob = Glob::new(&self.path, patterns)?;
        if let [first, ..] = glob.unused(&names)[..] {
            let help = format!("there is {}", names.join(", "));
            return Err(ReadError::input(&self.path, format!("no {what} fits `{first}`"), help));
        }
        Ok(names.into_iter().filter(|name| glob.takes(name)).collect())
    }

    fn axis(&self, named: &Group, asked: Option<&Cells>, along: Along) -> Result<Cells, ReadError> {
        if let Some(cells) = asked {
            return Ok(cells.clone());
        }
        let domains = |scalar: bool| {
            named
                .iter()
                .map(|(_, at)| &self.parms[*at])
                .filter(move |parm| (parm.funklet == Funklet::Scalar) == scalar)
                .flat_map(|parm| &parm.domains)
        };
        let scalars = Cells::union(domains(true).map(|domain| match along {
            Along::Time => &domain.time,
            Along::Freq => &domain.freq,
        }));
        if !scalars.is_empty() {
            return Ok(scalars);
        }
        let mut sampled = Vec::new();
        let (mut seen, mut steps) = (HashSet::new(), 0.0);
        for domain in domains(false) {
            let (start, end, step) = match along {
                Along::Time => (domain.range.start_time, domain.range.end_time, self.time_step_s),
                Along::Freq => (domain.range.start_freq, domain.range.end_freq, self.freq_step_hz),
            };
            let count = ((end - start) / step).round().max(1.0);
            if count > MOST_CELLS {
                return Err(ReadError::input(
                    &self.path,
                    format!("a polynomial over {count} steps of {step}"),
                    "ask for the gains at given times and frequencies",
                ));
            }
            // Most parameters have the same domains.
            if !seen.insert((start.to_bits(), end.to_bits())) {
                continue;
            }
            steps += count;
            if steps > MOST_STEPS {
                return Err(ReadError::input(
                    &self.path,
                    format!("{} domains of polynomials take {steps} steps of {step}", seen.len()),
                    "ask for the gains at given times and frequencies",
                ));
            }
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // 1 to MOST_CELLS
            sampled.push(Cells::equal(start, end, count as usize));
            if sampled.len() >= 64 {
                sampled = vec![Cells::union(&sampled)];
            }
        }
        Ok(Cells::union(&sampled))
    }

    /// A parameter laid over the grid.
    fn sample<'a>(&self, parm: &Parm, grid: &Grid) -> Sample<'a> {
        if parm.domains.is_empty() {
            let default = self.default_of(&parm.name).cloned();
            let (time, freq) = (grid.time.centres.clone(), grid.freq.centres.clone());
            return Box::new(move |t, f| {
                (default.as_ref().map_or(0.0, |default| default.value(freq[f], time[t])), 1.0)
            });
        }
        let mut plane = Array2::from_elem((grid.time.len(), grid.freq.len()), f64::NAN);
        for domain in &parm.domains {
            domain.sample(parm.funklet, &grid.time.centres, &grid.freq.centres, &mut plane);
        }
        Box::new(move |t, f| {
            let value = plane[[t, f]];
            (value, if value.is_finite() { 1.0 } else { 0.0 })
        })
    }
}

#[derive(Debug, Clone, Copy)]
enum Along {
    Time,
    Freq,
}

/// Keeps only complex gains and tells which other kinds of solutions there are.
fn leave_out_effects(named: &mut Group, warnings: &mut Vec<String>) {
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    named.retain(|(name, _)| match name {
        ParmName::Gain { .. } => true,
        ParmName::Effect { effect, .. } => {
            *kinds.entry(format!("{effect:?}")).or_default() += 1;
            false
        }
    });
    for (kind, count) in kinds {
        warnings.push(format!("{count} parameters of the kind {kind} are left out"));
    }
}

/// What the parameters of a station contribute in a direction.
fn terms(group: &Group, direction: &str, apart: bool) -> Vec<Term<usize>> {
    let here = |name: &ParmName| match name.direction() {
        None => !apart || direction.is_empty(),
        Some(own) => own == direction,
    };
    let matrix = |directional: bool| usize::from(directional);
    group
        .iter()
        .filter(|(name, _)| here(name))
        .map(|(name, key)| {
            let role = match name {
                ParmName::Gain { element, coordinate, direction, .. } => Role::Element {
                    group: matrix(direction.is_some()),
                    element: *element,
                    part: match coordinate {
                        Coordinate::Real => Part::Real,
                        Coordinate::Imag => Part::Imag,
                        Coordinate::Amplitude => Part::Amplitude,
                        Coordinate::Phase => Part::Phase,
                    },
                },
                ParmName::Effect { effect, .. } if effect.rotates() => {
                    Role::Rotation { effect: *effect }
                }
                ParmName::Effect { effect, row, .. } => {
                    Role::Diagonal { effect: *effect, row: *row }
                }
            };
            Term { role, key: *key }
        })
        .collect()
}
