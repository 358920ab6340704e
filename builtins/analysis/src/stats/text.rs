//! Statistics as text, CSV or JSON.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::table::{Row, SetStats};

/// How statistics are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// Columns for people and for `numpy.loadtxt`.
    #[default]
    Text,
    /// Comma-separated values.
    Csv,
    /// One object with a list of rows.
    Json,
}

impl Format {
    /// What file names end with.
    pub fn ending(self) -> &'static str {
        match self {
            Self::Text => "",
            Self::Csv => ".csv",
            Self::Json => ".json",
        }
    }
}

/// Names of the columns before the statistics.
const COLUMNS: [&str; 8] =
    ["#sbfreq", "ant1", "ant2", "ant1Name", "ant2Name", "pol", "num", "numflag"];

/// The file of one set; numbers have `accuracy` digits after the point.
pub fn render(stats: &SetStats, format: Format, accuracy: usize) -> String {
    match format {
        Format::Text => {
            let mut text = head(&stats.remarks);
            text.push_str(&columns(&cells(stats, accuracy)));
            text
        }
        Format::Csv => {
            let mut text = head(&stats.remarks);
            for (at, row) in cells(stats, accuracy).iter().enumerate() {
                let line = row.iter().map(|cell| quoted(cell)).collect::<Vec<_>>().join(",");
                let _ = writeln!(
                    text,
                    "{}",
                    if at == 0 { line.trim_start_matches('#') } else { &line }
                );
            }
            text
        }
        Format::Json => {
            let rows: Vec<Value> = stats.rows.iter().map(|row| object(stats, row)).collect();
            let whole = json!({
                "set": stats.set, "path": stats.path, "freq_mhz": stats.freq_mhz,
                "remarks": stats.remarks, "statistics": stats.statistics, "rows": rows,
            });
            format!("{whole:#}\n")
        }
    }
}

/// Lines before the table.
pub(super) fn head(remarks: &[String]) -> String {
    remarks.iter().fold(String::new(), |mut text, remark| {
        let _ = writeln!(text, "# {remark}");
        text
    })
}

/// The header and all rows as texts.
fn cells(stats: &SetStats, accuracy: usize) -> Vec<Vec<String>> {
    let header = COLUMNS.iter().map(ToString::to_string).chain(stats.statistics.iter().cloned());
    let row = |row: &Row| {
        let frequency = row.freq_mhz.map_or_else(|| "nan".to_string(), |mhz| format!("{mhz:.3}"));
        let [one, two] = row.antennas;
        let [name1, name2] = &row.names;
        let mut cells = vec![frequency, one.to_string(), two.to_string()];
        cells.extend([word(name1), word(name2), row.polarization.clone()]);
        cells.extend([row.num.to_string(), row.flagged.to_string()]);
        cells.extend(row.values.iter().map(|value| scientific(*value, accuracy)));
        cells
    };
    std::iter::once(header.collect()).chain(stats.rows.iter().map(row)).collect()
}

/// A name as one word, so that columns stay columns.
fn word(name: &str) -> String {
    if name.is_empty() { "?".into() } else { name.replace(char::is_whitespace, "_") }
}

/// `-1.2346e-05`, as C prints it; `nan` where there is no number.
pub(super) fn scientific(value: Option<f64>, accuracy: usize) -> String {
    let Some(value) = value else { return "nan".into() };
    let plain = format!("{value:.accuracy$e}");
    let Some((digits, power)) = plain.split_once('e') else { return plain };
    let (sign, power) = match power.strip_prefix('-') {
        Some(power) => ('-', power),
        None => ('+', power),
    };
    format!("{digits}e{sign}{power:0>2}")
}

/// Columns centred in their greatest width, with a blank at either side.
pub(super) fn columns(rows: &[Vec<String>]) -> String {
    let mut widths: Vec<usize> = Vec::new();
    for row in rows {
        widen(&mut widths, row.iter().map(String::as_str));
    }
    rows.iter().fold(String::new(), |mut text, row| {
        text.push_str(&centred(row.iter().map(String::as_str), &widths));
        text
    })
}

/// Makes widths large enough for a row.
pub(super) fn widen<'a>(widths: &mut Vec<usize>, row: impl Iterator<Item = &'a str>) {
    for (at, cell) in row.enumerate() {
        match widths.get_mut(at) {
            Some(width) => *width = (*width).max(cell.len()),
            None => widths.push(cell.len()),
        }
    }
}

/// One line of centred columns.
pub(super) fn centred<'a>(row: impl Iterator<Item = &'a str>, widths: &[usize]) -> String {
    let mut line = String::new();
    for (cell, width) in row.zip(widths) {
        let _ = write!(line, " {cell:^width$} ");
    }
    line.push('\n');
    line
}

fn quoted(cell: &str) -> String {
    if cell.contains([',', '"', '\n']) {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell.to_string()
    }
}

fn object(stats: &SetStats, row: &Row) -> Value {
    let mut object = Map::new();
    let mut put = |name: &str, value: Value| object.insert(name.to_string(), value);
    put("sbfreq", json!(row.freq_mhz));
    put("spw", json!(row.window));
    put("ant1", json!(row.antennas[0]));
    put("ant2", json!(row.antennas[1]));
    put("ant1Name", json!(row.names[0]));
    put("ant2Name", json!(row.names[1]));
    put("pol", json!(row.polarization));
    put("num", json!(row.num));
    put("numflag", json!(row.flagged));
    for (name, value) in stats.statistics.iter().zip(&row.values) {
        put(name, json!(value));
    }
    Value::Object(object)
}
