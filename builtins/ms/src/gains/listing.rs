//! What a file of solutions holds, in a few lines for people.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use ledama_base::rawtext::path_text;

use super::{Source, find};
use crate::h5parm::{Axis, H5Parm, Selection, SolSet, SolTab};
use crate::info::utc;
use crate::parmdb::{Coordinate, Parm, ParmDb, ParmName};
use crate::read_error::ReadError;

/// Names that are told before they are only counted.
const NAMED: usize = 12;

/// The solution sets and tables of an H5parm file with their axes, how much is flagged and
/// what was done; the kinds of parameters of a parameter table with the stations, times and
/// frequencies that they cover. `path` may be a measurement set, and may end with
/// `::SET/TABLE,TABLE` to list only these.
///
/// # Errors
/// What cannot be read; a set or table that is not there.
pub fn list(path: &Path) -> Result<String, ReadError> {
    let (path, selection) = Selection::split(path);
    let (source, place) = find(&path)?;
    match source {
        Source::H5parm => of_h5parm(&H5Parm::open(&place)?, &selection),
        Source::Parmdb if selection.is_empty() => Ok(of_parmdb(&ParmDb::open(&place)?)),
        Source::Parmdb => Err(ReadError::input(
            &place,
            "a parameter table has no solution sets to choose from",
            "leave away what follows `::`",
        )),
    }
}

fn of_h5parm(file: &H5Parm, selection: &Selection) -> Result<String, ReadError> {
    let mut text = format!("{}: H5parm\n", path_text(file.path()));
    let absent = |what: String| ReadError::not_found(file.path(), format!("has no {what}"));
    if let Some(name) = selection.solset.as_ref().filter(|name| file.solset(name).is_none()) {
        return Err(absent(format!("solution set {name}")));
    }
    for set in file.solsets() {
        if selection.solset.as_ref().is_some_and(|name| *name != set.name) {
            continue;
        }
        if let Some(name) = selection.soltabs.iter().find(|name| set.soltab(name).is_none()) {
            return Err(absent(format!("solution table {}/{name}", set.name)));
        }
        let _ = writeln!(text, "solution set {}", set.name);
        let antennas = set.antennas.iter().map(|one| one.name.as_str());
        line(&mut text, 1, "antennas", &counted(antennas));
        line(&mut text, 1, "sources", &counted(set.sources.iter().map(|one| one.name.as_str())));
        for tab in &set.soltabs {
            if selection.soltabs.is_empty() || selection.soltabs.contains(&tab.name) {
                table(&mut text, file, set, tab)?;
            }
        }
    }
    for warning in file.warnings() {
        line(&mut text, 0, "warning", warning);
    }
    Ok(text)
}

fn table(text: &mut String, file: &H5Parm, set: &SolSet, tab: &SolTab) -> Result<(), ReadError> {
    let read = file.values(&set.name, &tab.name)?;
    let valid = read.values.iter().zip(&read.weights);
    let valid = valid.filter(|(value, weight)| **weight != 0.0 && value.is_finite()).count();
    let axes: Vec<String> =
        tab.axes.iter().map(|axis| format!("{} {}", axis.name, axis.len)).collect();
    let _ = writeln!(
        text,
        "  {} ({}): {}; {} values, {} flagged",
        tab.name,
        tab.kind,
        axes.join(", "),
        read.values.len(),
        percent(read.values.len() - valid, read.values.len()),
    );
    for axis in &tab.axes {
        line(text, 2, &axis.name, &along(axis));
    }
    for done in &tab.history {
        line(text, 2, "history", done);
    }
    Ok(())
}

/// The values of an axis: its ends, or its labels.
fn along(axis: &Axis) -> String {
    match axis.name.as_str() {
        "time" => times(&axis.numbers),
        "freq" => frequencies(&axis.numbers),
        _ if axis.labels.is_empty() => ends(&axis.numbers, |number| format!("{number}")),
        _ => counted(axis.labels.iter().map(String::as_str)),
    }
}

/// Parameters of one kind, with what they cover.
#[derive(Default)]
struct Kind<'a> {
    parts: BTreeSet<&'static str>,
    elements: BTreeSet<usize>,
    stations: BTreeSet<String>,
    directions: BTreeSet<String>,
    parms: Vec<&'a Parm>,
}

fn of_parmdb(table: &ParmDb) -> String {
    let mut kinds: BTreeMap<&str, Kind<'_>> = BTreeMap::new();
    for parm in &table.parms {
        let word = parm.name.split(':').next().unwrap_or_default();
        let kind = kinds.entry(word).or_default();
        kind.parms.push(parm);
        let Some(name) = ParmName::parse(&parm.name) else { continue };
        kind.stations.insert(name.station().to_string());
        kind.directions.extend(name.direction().map(ToString::to_string));
        if let ParmName::Gain { element, coordinate, .. } = name {
            kind.elements.insert(element);
            kind.parts.insert(match coordinate {
                Coordinate::Real => "Real",
                Coordinate::Imag => "Imag",
                Coordinate::Amplitude => "Ampl",
                Coordinate::Phase => "Phase",
            });
        }
    }
    let mut text = format!(
        "{}: parameter table of {} parameters, {} rows, {} defaults\n",
        path_text(table.path()),
        table.parms.len(),
        table.rows,
        table.defaults.len()
    );
    for (name, kind) in kinds {
        let _ = writeln!(text, "  {name}: {} parameters", kind.parms.len());
        if !kind.elements.is_empty() {
            let names = ["XX", "XY", "YX", "YY"];
            let elements = kind.elements.iter().filter_map(|at| names.get(*at));
            let elements: Vec<&str> = elements.copied().collect();
            let parts: Vec<&str> = kind.parts.iter().copied().collect();
            line(&mut text, 2, "pol", &format!("{} ({})", elements.join(", "), parts.join(", ")));
        }
        line(&mut text, 2, "ant", &counted(kind.stations.iter().map(String::as_str)));
        if !kind.directions.is_empty() {
            line(&mut text, 2, "dir", &counted(kind.directions.iter().map(String::as_str)));
        }
        let domains = || kind.parms.iter().flat_map(|parm| &parm.domains);
        line(&mut text, 2, "time", &times(&distinct(domains().flat_map(|one| &one.time.centres))));
        line(
            &mut text,
            2,
            "freq",
            &frequencies(&distinct(domains().flat_map(|one| &one.freq.centres))),
        );
        let values = domains().flat_map(|one| &one.values);
        let (all, bad) = values
            .fold((0, 0), |(all, bad), value| (all + 1, bad + usize::from(!value.is_finite())));
        line(&mut text, 2, "values", &format!("{all}, {} flagged", percent(bad, all)));
    }
    for warning in &table.warnings {
        line(&mut text, 0, "warning", warning);
    }
    text
}

fn line(text: &mut String, depth: usize, name: &str, value: &str) {
    let _ = writeln!(text, "{:1$}{name}: {value}", "", 2 * depth);
}

/// How many names, and the first of them.
fn counted<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let all: Vec<&str> = names.collect();
    let first = all.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
    match all.len() {
        0 => "none".into(),
        count if count > NAMED => format!("{count}: {first} and {} more", count - NAMED),
        count => format!("{count}: {first}"),
    }
}

fn distinct<'a>(numbers: impl Iterator<Item = &'a f64>) -> Vec<f64> {
    let mut all: Vec<f64> = numbers.copied().collect();
    all.sort_by(f64::total_cmp);
    all.dedup_by(|a, b| (*a - *b).abs() < 1e-3);
    all
}

fn times(mjd_s: &[f64]) -> String {
    ends(mjd_s, |time| utc::text(time).unwrap_or_else(|| format!("{time}"))) + " UTC"
}

fn frequencies(hz: &[f64]) -> String {
    ends(hz, |hz| format!("{:.6}", hz / 1e6)) + " MHz"
}

fn ends(numbers: &[f64], name: impl Fn(f64) -> String) -> String {
    match numbers {
        [] => "none".into(),
        [one] => format!("1: {}", name(*one)),
        [first, .., last] => format!("{}: {} to {}", numbers.len(), name(*first), name(*last)),
    }
}

#[allow(clippy::cast_precision_loss)] // counts
fn percent(part: usize, all: usize) -> String {
    format!("{:.1} %", 100.0 * part as f64 / all.max(1) as f64)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn of(name: &str) -> Result<String, ReadError> {
        list(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name))
    }

    #[test]
    fn sets_tables_axes_and_history_are_listed() {
        let text = of("small.h5").unwrap();
        for part in [
            ": H5parm\n",
            "solution set other\n",
            "solution set sol000\n",
            "  sources: ",
            "amplitude000 (amplitude): ",
            " flagged\n",
            "    time: 3: 20",
            " MHz\n",
            "    dir: 2: [CasA], [CygA]\n",
            "    history: made as amplitude\n",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
        let one = of("small.h5::sol000/phase000").unwrap();
        assert!(one.contains("phase000 (phase)") && !one.contains("amplitude000 ("), "{one}");
        assert!(of("small.h5::sol007").unwrap_err().to_string().contains("no solution set sol007"));
        let absent = of("small.h5::sol000/tec007").unwrap_err().to_string();
        assert!(absent.contains("no solution table sol000/tec007"), "{absent}");
    }

    #[test]
    fn kinds_of_parameters_are_listed() {
        let text = of("small.parmdb").unwrap();
        for part in [
            ": parameter table of ",
            " parameters\n",
            "    ant: ",
            " UTC\n",
            " MHz\n",
            "    values: ",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert!(of("small.parmdb::sol000").is_err());
    }
}
