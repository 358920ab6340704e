//! The older form: lines of `KEY: value`, then `USEDDATA:` and one line for each set.

use std::collections::BTreeMap;

use super::info::{MovieInfo, Used};
use crate::lists::Fault;

const KEYS: [&str; 10] = [
    "XAXIS",
    "JONES",
    "STATIONS",
    "DELAYS",
    "REFSTATION",
    "POLAR",
    "TIMES",
    "CHANNELS",
    "YRANGE",
    "MESSAGE",
];

const DATA: &str = "USEDDATA";

/// Keys that may be missing or empty.
const OPTIONAL: [&str; 2] = ["REFSTATION", "MESSAGE"];

/// Reads the older form.
///
/// # Errors
/// All its faults, with their lines.
pub fn read_older(text: &str) -> Result<MovieInfo, Vec<Fault>> {
    let mut faults = Vec::new();
    let mut values: BTreeMap<&str, (usize, &str)> = BTreeMap::new();
    let mut used = Vec::new();
    let mut data = false;
    for (line, content) in (1..).zip(text.lines()) {
        let content = content.trim();
        if data {
            match used_line(content) {
                Ok(set) => used.extend(set),
                Err(problem) => faults.push(Fault { line, problem }),
            }
            continue;
        }
        if content.is_empty() {
            continue;
        }
        let (key, value) = content.split_once(':').unwrap_or((content, ""));
        let (key, value) = (key.trim(), value.trim());
        if key == DATA {
            data = true;
        } else if !KEYS.contains(&key) {
            faults.push(Fault { line, problem: format!("`{key}` is no key of such a file") });
        } else if values.insert(key, (line, value)).is_some() {
            faults.push(Fault { line, problem: format!("`{key}` stands there twice") });
        }
    }
    let missing = KEYS.iter().filter(|key| !OPTIONAL.contains(key) && !values.contains_key(*key));
    for key in missing {
        faults.push(Fault { line: 0, problem: format!("`{key}` is missing") });
    }
    if !data {
        faults.push(Fault { line: 0, problem: format!("`{DATA}` is missing") });
    }
    let mut reader = Reader { values, faults };
    let info = reader.info(used);
    let mut faults = reader.faults;
    if faults.is_empty() {
        faults = info.problems().into_iter().map(|problem| Fault { line: 0, problem }).collect();
    }
    if faults.is_empty() { Ok(info) } else { Err(faults) }
}

/// The older form, as [`read_older`] reads it; what it cannot tell is left out.
pub fn write_older(info: &MovieInfo) -> String {
    let joined = |numbers: Vec<String>| numbers.join(", ");
    let list = |numbers: &[i64]| joined(numbers.iter().map(ToString::to_string).collect());
    let floats = |numbers: &[f64]| numbers.iter().map(|n| format!("{n:?}")).collect::<Vec<_>>();
    let word = |text: &Option<String>| text.as_deref().unwrap_or_default().replace('\n', " ");
    let mut data: Vec<String> = info
        .used
        .iter()
        .map(|used| match used {
            Used::Set { sub_band, frequency_hz, measurementset_id } => {
                format!("{sub_band:03} {frequency_hz:?} {measurementset_id}")
            }
            Used::File { node, path } => format!("{node} {path}"),
        })
        .collect();
    data.sort();
    let mut lines = vec![
        format!("XAXIS: {}", info.xaxis),
        format!("JONES: [{}]", list(&info.jones)),
        format!("STATIONS: {}", info.stations.join(",")),
        format!("DELAYS: {}", floats(&info.delays).join(",")),
        format!("REFSTATION: {}", word(&info.reference_station)),
        format!("POLAR: {}", if info.polar { "True" } else { "False" }),
        format!("TIMES: [{}]", list(&info.times)),
        format!("CHANNELS: [{}]", list(&info.channels)),
        format!("YRANGE: [{}]", joined(floats(&info.yrange))),
        format!("MESSAGE: {}", word(&info.message)),
        format!("{DATA}:"),
    ];
    lines.append(&mut data);
    lines.join("\n") + "\n"
}

/// A line of the data: sub-band, frequency in Hz and id, or node and path. Lines with
/// another number of fields mean nothing.
fn used_line(line: &str) -> Result<Option<Used>, String> {
    let fields: Vec<&str> = line.split_whitespace().collect();
    match *fields.as_slice() {
        [sub_band, frequency, id] => {
            let numbers = (sub_band.parse(), frequency.parse::<f64>(), id.parse());
            let (Ok(sub_band), Ok(frequency_hz), Ok(measurementset_id)) = numbers else {
                return Err(format!("`{line}` is no sub-band, frequency and id"));
            };
            Ok(Some(Used::Set { sub_band, frequency_hz, measurementset_id }))
        }
        [node, path] if path.starts_with('/') => {
            Ok(Some(Used::File { node: node.to_string(), path: path.to_string() }))
        }
        [_, _] => Err(format!("`{line}` is no node and absolute path")),
        _ => Ok(None),
    }
}

struct Reader<'a> {
    values: BTreeMap<&'a str, (usize, &'a str)>,
    faults: Vec<Fault>,
}

impl Reader<'_> {
    fn info(&mut self, used: Vec<Used>) -> MovieInfo {
        MovieInfo {
            xaxis: self.text("XAXIS"),
            jones: self.numbers("JONES"),
            stations: self.parts("STATIONS"),
            delays: self.floats("DELAYS"),
            reference_station: self.optional("REFSTATION"),
            polar: self.flag("POLAR"),
            times: self.array("TIMES"),
            channels: self.array("CHANNELS"),
            yrange: self.limits(),
            message: self.optional("MESSAGE"),
            used,
            made: None,
        }
    }

    fn fault(&mut self, key: &str, problem: String) {
        let line = self.values.get(key).map_or(0, |(line, _)| *line);
        self.faults.push(Fault { line, problem });
    }

    fn text(&self, key: &str) -> String {
        self.values.get(key).map(|(_, value)| (*value).to_string()).unwrap_or_default()
    }

    /// A null value was written as `None`.
    fn optional(&self, key: &str) -> Option<String> {
        Some(self.text(key)).filter(|text| !text.is_empty() && text != "None")
    }

    fn parts(&self, key: &str) -> Vec<String> {
        let text = self.text(key);
        let inner = text.strip_prefix('[').and_then(|text| text.strip_suffix(']'));
        let parts = inner.unwrap_or(&text).split(',').map(str::trim);
        parts.filter(|part| !part.is_empty()).map(ToString::to_string).collect()
    }

    fn parsed<T: std::str::FromStr>(&mut self, key: &str, what: &str) -> Vec<T> {
        if self.text(key).contains('(') {
            self.fault(key, format!("`{key}` holds pairs; {what} are wanted, such as `[0, 3]`"));
            return Vec::new();
        }
        let parts = self.parts(key);
        let read: Vec<T> = parts.iter().filter_map(|part| part.parse().ok()).collect();
        if read.len() != parts.len() {
            self.fault(key, format!("`{key}` holds something else than {what}"));
        }
        read
    }

    fn numbers(&mut self, key: &str) -> Vec<i64> {
        self.parsed(key, "whole numbers")
    }

    fn floats(&mut self, key: &str) -> Vec<f64> {
        self.parsed(key, "numbers")
    }

    fn array(&mut self, key: &str) -> [i64; 3] {
        let before = self.faults.len();
        let numbers = self.numbers(key);
        numbers.try_into().unwrap_or_else(|numbers: Vec<i64>| {
            if self.faults.len() == before && self.values.contains_key(key) {
                self.fault(key, format!("`{key}` has {} numbers, not 3", numbers.len()));
            }
            [0; 3]
        })
    }

    fn limits(&mut self) -> [f64; 4] {
        let before = self.faults.len();
        let numbers = self.floats("YRANGE");
        numbers.try_into().unwrap_or_else(|numbers: Vec<f64>| {
            if self.faults.len() == before && self.values.contains_key("YRANGE") {
                self.fault("YRANGE", format!("`YRANGE` has {} numbers, not 4", numbers.len()));
            }
            [0.0; 4]
        })
    }

    fn flag(&mut self, key: &str) -> bool {
        match self.text(key).as_str() {
            "True" => true,
            "False" => false,
            other => {
                if self.values.contains_key(key) {
                    self.fault(key, format!("`{key}` is `True` or `False`, not `{other}`"));
                }
                false
            }
        }
    }
}
