//! The numbers behind a picture, with their names and units.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::figure::{Axis, Figure, Layer};
use crate::output::Error;

/// How numbers are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// One line a number; the first line names the columns.
    Csv,
    /// One document.
    Json,
}

/// The numbers of all panels: points, cells of maps, bars, lines. Missing ones
/// are empty fields, or `null`.
pub fn dump(figure: &Figure, format: Format) -> Result<String, Error> {
    match format {
        Format::Csv => Ok(csv(figure)),
        Format::Json => Ok(serde_json::to_string(&document(figure))? + "\n"),
    }
}

/// The first line of [`Format::Csv`]. `x_end` and `y_end` are the other edges
/// of cells and bars; `value` is that of a cell.
pub const COLUMNS: &str =
    "panel,title,kind,name,x,x_end,y,y_end,value,x_quantity,x_unit,y_quantity,y_unit";

fn csv(figure: &Figure) -> String {
    let mut out = format!("{COLUMNS}\n");
    for (index, panel) in figure.panels.iter().enumerate() {
        let (x, y) = (named(&panel.x), named(&panel.y));
        let ends = [x.0, x.1, y.0, y.1].map(quoted).join(",");
        let title = quoted(&panel.title);
        let mut row = |kind: &str, name: &str, fields: [Option<f64>; 5]| {
            let _ = write!(out, "{index},{title},{kind},{name}");
            for field in fields {
                match field {
                    Some(number) if number.is_finite() => {
                        let _ = write!(out, ",{number}");
                    }
                    _ => out.push(','),
                }
            }
            let _ = writeln!(out, ",{ends}");
        };
        for layer in &panel.layers {
            match layer {
                Layer::Series(series) => {
                    let name = quoted(&series.name);
                    for (x, y) in series.x.iter().zip(&series.y) {
                        row("point", &name, [Some(*x), None, Some(*y), None, None]);
                    }
                }
                Layer::Map(map) => {
                    for ((r, c), value) in map.values.indexed_iter() {
                        let edge = |edges: &[f64], at: usize| edges.get(at).copied();
                        let fields = [
                            edge(&map.x, c),
                            edge(&map.x, c + 1),
                            edge(&map.y, r),
                            edge(&map.y, r + 1),
                            Some(*value),
                        ];
                        row("cell", "", fields);
                    }
                }
                Layer::Bars(bars) => {
                    let name = quoted(&bars.name);
                    for [left, right, low, high] in &bars.edges {
                        row(
                            "bar",
                            &name,
                            [Some(*left), Some(*right), Some(*low), Some(*high), None],
                        );
                    }
                }
                Layer::Rule(rule) if rule.level => {
                    row("line", "", [None, None, Some(rule.at), None, None]);
                }
                Layer::Rule(rule) => row("line", "", [Some(rule.at), None, None, None, None]),
            }
        }
    }
    out
}

fn document(figure: &Figure) -> Value {
    let axis = |axis: &Axis| {
        let (quantity, unit) = named(axis);
        json!({ "label": axis.label, "quantity": quantity, "unit": unit })
    };
    let panels: Vec<Value> = figure
        .panels
        .iter()
        .map(|panel| {
            let layers: Vec<Value> = panel.layers.iter().map(layer).collect();
            json!({
                "title": panel.title, "x": axis(&panel.x), "y": axis(&panel.y),
                "inset": panel.inset, "note": panel.note, "layers": layers,
            })
        })
        .collect();
    let bar = figure.colour_bar.as_ref().map(|bar| bar.label.as_str());
    json!({ "title": figure.title, "subtitle": figure.subtitle, "colour_bar": bar, "panels": panels })
}

/// One layer; serde writes numbers that are not finite as `null`.
fn layer(layer: &Layer) -> Value {
    match layer {
        Layer::Series(series) => {
            json!({ "kind": "series", "name": series.name, "x": series.x, "y": series.y })
        }
        Layer::Map(map) => {
            let rows: Vec<Vec<f64>> =
                map.values.rows().into_iter().map(|row| row.to_vec()).collect();
            json!({ "kind": "map", "x": map.x, "y": map.y, "values": rows })
        }
        Layer::Bars(bars) => json!({ "kind": "bars", "name": bars.name, "edges": bars.edges }),
        Layer::Rule(rule) if rule.level => json!({ "kind": "line", "y": rule.at }),
        Layer::Rule(rule) => json!({ "kind": "line", "x": rule.at }),
    }
}

/// Quantity and unit of a label: `Frequency [MHz]`.
pub(crate) fn named(axis: &Axis) -> (&str, &str) {
    match axis.label.strip_suffix(']').and_then(|rest| rest.rsplit_once('[')) {
        Some((quantity, unit)) => (quantity.trim_end(), unit),
        None => (axis.label.as_str(), ""),
    }
}

/// A field of CSV (RFC 4180).
fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\"").replace(['\n', '\r'], " "))
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::float_cmp,
        clippy::cast_precision_loss
    )]

    use super::*;
    use crate::figure::{Map, Panel, Series};

    fn figure() -> Figure {
        let series = Series {
            name: "XX, YY".into(),
            x: vec![1.5, 2.5],
            y: vec![0.1, f64::NAN],
            ..Series::default()
        };
        let map = Map {
            x: vec![0.0, 1.0],
            y: vec![5.0, 6.0],
            values: ndarray::array![[7.0]],
            colours: crate::figure::ColourMap::Sequential,
            range: (0.0, 1.0),
            logarithm: false,
            blank: false,
        };
        let mut panel =
            Panel { layers: vec![Layer::Series(series), Layer::Map(map)], ..Panel::default() };
        panel.x.label = "Frequency [MHz]".into();
        panel.y.label = "Amplitude".into();
        Figure { panels: vec![panel], ..Figure::default() }
    }

    #[test]
    fn csv_tells_names_units_and_what_is_missing() {
        let text = dump(&figure(), Format::Csv).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(
            lines,
            [
                COLUMNS,
                "0,,point,\"XX, YY\",1.5,,0.1,,,Frequency,MHz,Amplitude,",
                "0,,point,\"XX, YY\",2.5,,,,,Frequency,MHz,Amplitude,",
                "0,,cell,,0,1,5,6,7,Frequency,MHz,Amplitude,",
            ]
        );
    }

    #[test]
    fn json_holds_the_same_numbers() {
        let value: Value = serde_json::from_str(&dump(&figure(), Format::Json).unwrap()).unwrap();
        assert_eq!(value["panels"][0]["x"]["unit"], "MHz");
        assert_eq!(value["panels"][0]["layers"][0]["y"], json!([0.1, null]));
        assert_eq!(value["panels"][0]["layers"][1]["values"], json!([[7.0]]));
    }
}
