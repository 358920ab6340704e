//! Gains out of solution tables: axes found by name, absent ones repeated,
//! tables multiplied on one grid.

use std::path::Path;

use super::select::{Chosen, choose};
use super::{H5Parm, Selection, SolTab, Values, effect_of};
use crate::gains::{
    Cells, Direction, Effect, Gains, Glob, Grid, Jones, Part, Request, Role, Sample, Source, Term,
    build,
};
use crate::read_error::ReadError;

/// A solution table with its values, laid over the grid.
struct Loaded<'a> {
    tab: &'a SolTab,
    effect: Effect,
    /// Tables of one group are amplitude and phase of one solution.
    group: usize,
    values: Values,
    strides: Vec<usize>,
    /// Offsets of the times and frequencies of the grid; `None` is a gap.
    time: Vec<Option<usize>>,
    freq: Vec<Option<usize>>,
}

/// A place in a table, all but time and frequency; `None` if the table has
/// nothing for the station or direction.
type Key = (usize, Option<usize>);

impl H5Parm {
    /// The gains of the chosen tables, multiplied.
    pub fn gains(&self, selection: &Selection, request: &Request) -> Result<Gains, ReadError> {
        let Chosen { solset, soltabs, warnings } = choose(self, selection)?;
        let path = self.path();
        let grid = grid(path, &soltabs, request)?;
        let mut known = labels(&soltabs, "ant");
        if known.is_empty() {
            known = solset.antennas.iter().map(|antenna| antenna.name.clone()).collect();
        }
        let stations = chosen(path, "station", known, &request.stations)?;
        let mut known = labels(&soltabs, "dir");
        if known.is_empty() {
            known.push(String::new());
        }
        let directions = chosen(path, "direction", known, &request.directions)?;
        let mut loaded = Vec::with_capacity(soltabs.len());
        for tab in &soltabs {
            let values = self.values(&solset.name, &tab.name)?;
            loaded.push(Loaded::new(path, tab, group(&soltabs, tab), values, &grid)?);
        }
        let terms = |s: usize, d: usize| {
            let at =
                |(k, table): (usize, &Loaded<'_>)| table.terms(k, &stations[s], &directions[d]);
            loaded.iter().enumerate().flat_map(at).collect()
        };
        let sample = |key: &Key| loaded[key.0].sample(key.1);
        let built = build(path, &grid, stations.len(), directions.len(), terms, sample)?;
        let circular = labels(&soltabs, "pol").iter().any(|label| label.contains(['R', 'L']));
        let names = if circular { ["RR", "RL", "LR", "LL"] } else { ["XX", "XY", "YX", "YY"] };
        let jones =
            |element: &usize| Jones { label: names[*element].to_string(), element: *element };
        let direction = |name: String| {
            let source = solset.sources.iter().find(|source| source.name == name);
            Direction { ra_dec: source.map(|source| source.ra_dec), name }
        };
        Ok(Gains {
            path: path.into(),
            source: Source::H5parm,
            jones: built.elements.iter().map(jones).collect(),
            time: grid.time,
            freq: grid.freq,
            stations,
            directions: directions.into_iter().map(direction).collect(),
            values: built.values,
            weights: built.weights,
            warnings: [self.warnings(), &warnings].concat(),
        })
    }
}

/// One cell that stands for all times or frequencies.
fn everywhere() -> Cells {
    Cells { centres: vec![f64::NAN], widths: vec![f64::NAN] }
}

fn grid(path: &Path, tabs: &[&SolTab], request: &Request) -> Result<Grid, ReadError> {
    let axis = |name: &str| {
        let cells: Vec<Cells> = tabs
            .iter()
            .filter_map(|tab| tab.axis(name))
            .map(|(_, axis)| Cells::from_centres(axis.numbers.clone()))
            .collect();
        if cells.is_empty() { None } else { Some(Cells::union(&cells)) }
    };
    let time = request.time.clone().or_else(|| axis("time")).unwrap_or_else(everywhere);
    let needs = |tab: &&&SolTab| ["clock", "tec", "rotationmeasure"].contains(&tab.kind.as_str());
    let freq = match (request.freq.clone().or_else(|| axis("freq")), tabs.iter().find(needs)) {
        (Some(freq), _) => freq,
        (None, None) => everywhere(),
        (None, Some(tab)) => {
            return Err(ReadError::input(
                path,
                format!("{} depends on frequency and names none", tab.name),
                "ask for the gains at given frequencies",
            ));
        }
    };
    Ok(Grid { time, freq })
}

/// All labels of an axis, in the order of the first table that has them.
fn labels(tabs: &[&SolTab], name: &str) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for (_, axis) in tabs.iter().filter_map(|tab| tab.axis(name)) {
        if all == axis.labels {
            continue;
        }
        for label in &axis.labels {
            if !all.contains(label) {
                all.push(label.clone());
            }
        }
    }
    all
}

fn chosen(
    path: &Path,
    what: &str,
    names: Vec<String>,
    patterns: &[String],
) -> Result<Vec<String>, ReadError> {
    let glob = Glob::new(path, patterns)?;
    if let [first, ..] = glob.unused(&names)[..] {
        let help = format!("there is {}", names.join(", "));
        return Err(ReadError::input(path, format!("no {what} fits `{first}`"), help));
    }
    Ok(names.into_iter().filter(|name| glob.takes(name)).collect())
}

/// Which solution a table belongs to: what its name has after its type.
fn group(tabs: &[&SolTab], tab: &SolTab) -> usize {
    let suffix =
        |tab: &SolTab| tab.name.strip_prefix(tab.kind.as_str()).unwrap_or(&tab.name).to_string();
    tabs.iter().position(|other| suffix(other) == suffix(tab)).unwrap_or(0)
}

/// The place of a polarization in the Jones matrix.
fn element(label: &str) -> Option<usize> {
    Some(match label {
        "XX" | "RR" => 0,
        "XY" | "RL" => 1,
        "YX" | "LR" => 2,
        "YY" | "LL" => 3,
        _ => return None,
    })
}

impl<'a> Loaded<'a> {
    fn new(
        path: &Path,
        tab: &'a SolTab,
        group: usize,
        values: Values,
        grid: &Grid,
    ) -> Result<Self, ReadError> {
        let shape = tab.shape();
        let mut strides = vec![1; shape.len()];
        for at in (1..shape.len()).rev() {
            strides[at - 1] = strides[at] * shape[at];
        }
        for axis in &tab.axes {
            let known = ["time", "freq", "ant", "dir", "pol"].contains(&axis.name.as_str());
            if !known && axis.len > 1 {
                let what = format!("{} has an axis {} that gains do not have", tab.name, axis.name);
                return Err(ReadError::corrupt(path, what));
            }
            if axis.name == "pol"
                && let Some(label) = axis.labels.iter().find(|label| element(label).is_none())
            {
                return Err(ReadError::corrupt(
                    path,
                    format!("{} has the polarization {label}", tab.name),
                ));
            }
        }
        let Some(effect) = effect_of(&tab.kind) else {
            return Err(ReadError::corrupt(path, format!("{} is no gain", tab.name)));
        };
        let along = |name: &str, points: &Cells| match tab.axis(name) {
            None => vec![Some(0); points.len()],
            Some((at, axis)) => {
                let places = Cells::from_centres(axis.numbers.clone()).places(&points.centres);
                places.into_iter().map(|place| place.map(|place| place * strides[at])).collect()
            }
        };
        let (time, freq) = (along("time", &grid.time), along("freq", &grid.freq));
        Ok(Self { tab, effect, group, values, strides, time, freq })
    }

    /// The offset of a label; 0 where the table has no such axis.
    fn offset(&self, axis: &str, label: &str) -> Option<usize> {
        match self.tab.axis(axis) {
            None => Some(0),
            Some((at, axis)) => {
                Some(axis.labels.iter().position(|own| own == label)? * self.strides[at])
            }
        }
    }

    /// What the table contributes to a station in a direction.
    fn terms(&self, table: usize, station: &str, direction: &str) -> Vec<Term<Key>> {
        let base =
            self.offset("ant", station).zip(self.offset("dir", direction)).map(|(a, d)| a + d);
        let gain = matches!(self.effect, Effect::Amplitude | Effect::Phase);
        let one =
            |role: Role, offset: usize| Term { role, key: (table, base.map(|base| base + offset)) };
        let effect = self.effect;
        match self.tab.axis("pol") {
            _ if effect.rotates() => vec![one(Role::Rotation { effect }, 0)],
            None => vec![one(Role::Diagonal { effect, row: None }, 0)],
            Some((at, axis)) => axis
                .labels
                .iter()
                .enumerate()
                .filter_map(|(k, label)| {
                    let element = element(label)?;
                    let part =
                        if effect == Effect::Amplitude { Part::Amplitude } else { Part::Phase };
                    let role = match element {
                        _ if gain => Role::Element { group: self.group, element, part },
                        0 | 3 => Role::Diagonal { effect, row: Some(element / 3) },
                        _ => return None,
                    };
                    Some(one(role, k * self.strides[at]))
                })
                .collect(),
        }
    }

    fn sample(&self, base: Option<usize>) -> Sample<'_> {
        Box::new(move |t, f| {
            let at = base
                .zip(self.time[t])
                .zip(self.freq[f])
                .map(|((base, time), freq)| base + time + freq);
            let pair = at
                .and_then(|at| Some((*self.values.values.get(at)?, *self.values.weights.get(at)?)));
            pair.filter(|(value, _)| value.is_finite()).unwrap_or((f64::NAN, 0.0))
        })
    }
}
