//! Parts as one cube.

use std::collections::BTreeMap;

use ndarray::Array5;
use num_complex::Complex64;

use super::axis::{joined, places, with_widths};
use super::{Cells, Direction, GainCube, Jones, Part};
use crate::stations::Order;

/// How parts are joined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Joining {
    /// Order of the stations.
    pub order: Order,
    /// Most bytes that the result may have.
    pub max_bytes: Option<u64>,
}

const MISSING: Complex64 = Complex64::new(f64::NAN, f64::NAN);

/// Bytes of a cube of that shape.
pub fn estimate(shape: [usize; 5]) -> u64 {
    shape.iter().fold(16_u64, |bytes, axis| bytes.saturating_mul(*axis as u64))
}

/// Joins parts by the values of their axes: a sample belongs to the cell that it lies
/// in, so sources with other steps, starts or gaps keep their own samples. What a
/// source does not have is missing.
///
/// # Errors
/// No parts, labels that do not fit together, or a result that is too large, in words.
pub fn join(parts: Vec<Part>, joining: &Joining) -> Result<GainCube, String> {
    let mut warnings = Vec::new();
    for part in &parts {
        let name = part.origin.name();
        warnings.extend(part.warnings.iter().map(|text| format!("{name}: {text}")));
        if part.values.is_empty() {
            warnings.push(format!("{name}: has nothing of what is wanted"));
        }
    }
    let used: Vec<&Part> = parts.iter().filter(|part| !part.values.is_empty()).collect();
    if used.is_empty() {
        let names: Vec<String> = parts.iter().map(|part| part.origin.name()).take(3).collect();
        if names.is_empty() {
            return Err("there are no gains".to_string());
        }
        let more = if parts.len() > names.len() { " and others" } else { "" };
        return Err(format!("there are no gains that fit in {}{more}", names.join(", ")));
    }
    let times = with_widths(&used.iter().map(|part| &part.time).collect::<Vec<_>>());
    let freqs = with_widths(&used.iter().map(|part| &part.freq).collect::<Vec<_>>());
    let (time, freq) = (joined(&times), joined(&freqs));
    let stations = names(&used, joining.order);
    let directions = directions(&used);
    let jones = jones(&used)?;
    let shape = [time.len(), freq.len(), stations.len(), directions.len(), jones.len()];
    let bytes = estimate(shape);
    if let Some(most) = joining.max_bytes.filter(|most| bytes > *most) {
        return Err(format!(
            "the gains take {} MiB of memory, more than the {} MiB that are allowed",
            bytes >> 20,
            most >> 20
        ));
    }
    warnings.extend(unequal(&used));
    let mut values = Array5::from_elem(shape, MISSING);
    let mut bands = vec![None; freq.len()];
    let mut double = 0_u64;
    for (p, part) in used.iter().enumerate() {
        let here = Places {
            time: places(&time, &times[p]),
            freq: places(&freq, &freqs[p]),
            stations: part.stations.iter().map(|one| at(&stations, one)).collect(),
            directions: part.directions.iter().map(|one| direction_at(&directions, one)).collect(),
            jones: part
                .jones
                .iter()
                .map(|one| jones.iter().position(|known| known.element == one.element))
                .collect(),
        };
        let origin = parts.iter().position(|one| std::ptr::eq(one, *part)).unwrap_or(p);
        for (f, from) in here.freq.iter().enumerate() {
            if let Some(from) = from {
                bands[f].get_or_insert([origin, part.channels.get(*from).copied().unwrap_or(0)]);
            }
        }
        double += fill(&mut values, part, &here);
    }
    if double > 0 {
        warnings
            .push(format!("{double} values are told by more than one source; the first counts"));
    }
    Ok(GainCube {
        origins: parts.into_iter().map(|part| part.origin).collect(),
        bands: bands.into_iter().map(Option::unwrap_or_default).collect(),
        time,
        freq,
        stations,
        directions,
        jones,
        values,
        warnings,
    })
}

struct Places {
    time: Vec<Option<usize>>,
    freq: Vec<Option<usize>>,
    stations: Vec<Option<usize>>,
    directions: Vec<Option<usize>>,
    jones: Vec<Option<usize>>,
}

/// Copies what a part has; how many values were there already.
fn fill(values: &mut Array5<Complex64>, part: &Part, places: &Places) -> u64 {
    let mut double = 0;
    for (t, from_t) in places.time.iter().enumerate() {
        let Some(from_t) = from_t else { continue };
        for (f, from_f) in places.freq.iter().enumerate() {
            let Some(from_f) = from_f else { continue };
            let from = part.values.slice(ndarray::s![*from_t, *from_f, .., .., ..]);
            let mut to = values.slice_mut(ndarray::s![t, f, .., .., ..]);
            for ((s, d, j), value) in from.indexed_iter() {
                let places = (places.stations[s], places.directions[d], places.jones[j]);
                let (Some(s), Some(d), Some(j)) = places else { continue };
                if !value.is_finite() {
                    continue;
                }
                let cell = &mut to[[s, d, j]];
                if cell.is_finite() {
                    double += 1;
                } else {
                    *cell = *value;
                }
            }
        }
    }
    double
}

fn at(names: &[String], name: &str) -> Option<usize> {
    names.iter().position(|known| known == name)
}

fn names(parts: &[&Part], order: Order) -> Vec<String> {
    let mut all: Vec<String> = parts.iter().flat_map(|part| part.stations.clone()).collect();
    all.sort_by(|a, b| order.compare(a, b));
    all.dedup();
    all
}

fn same(a: &Direction, b: &Direction) -> bool {
    let plain = |name: &str| name.trim_matches(['[', ']']).to_string();
    plain(&a.name) == plain(&b.name)
}

fn direction_at(all: &[Direction], one: &Direction) -> Option<usize> {
    all.iter().position(|known| same(known, one))
}

fn directions(parts: &[&Part]) -> Vec<Direction> {
    let mut all: Vec<Direction> = Vec::new();
    for direction in parts.iter().flat_map(|part| &part.directions) {
        if direction_at(&all, direction).is_none() {
            all.push(direction.clone());
        }
    }
    all
}

fn jones(parts: &[&Part]) -> Result<Vec<Jones>, String> {
    let mut all: BTreeMap<usize, Jones> = BTreeMap::new();
    for (part, jones) in parts.iter().flat_map(|part| part.jones.iter().map(move |j| (part, j))) {
        let known = all.entry(jones.element).or_insert_with(|| jones.clone());
        if known.label != jones.label {
            return Err(format!(
                "{}: element {} is {}, and {} in the others",
                part.origin.name(),
                jones.element,
                jones.label,
                known.label
            ));
        }
    }
    Ok(all.into_values().collect())
}

/// What differs between the sources, in words for the user.
fn unequal(parts: &[&Part]) -> Vec<String> {
    let mut found = Vec::new();
    let mut differs = |what: &str, count: fn(&Cells) -> usize, of: fn(&Part) -> &Cells| {
        let counts = parts.iter().map(|part| count(of(part)));
        let (least, most) = counts.fold((usize::MAX, 0), |(l, m), n| (l.min(n), m.max(n)));
        if least < most {
            found.push(format!(
                "the sources have {least} to {most} {what}; what one does not have is missing"
            ));
        }
    };
    differs("times", Cells::len, |part| &part.time);
    differs("channels", Cells::len, |part| &part.freq);
    found
}
