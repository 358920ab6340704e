//! The numbers behind a picture, with their names and units.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::figure::{Figure, Layer};
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
/// of cells and bars; `value` is that of a cell, `name` that of its row, if it has one.
pub const COLUMNS: &str =
    "panel,title,kind,name,x,x_end,y,y_end,value,x_quantity,x_unit,y_quantity,y_unit";

fn csv(figure: &Figure) -> String {
    let mut out = format!("{COLUMNS}\n");
    for (index, panel) in figure.panels.iter().enumerate() {
        let (x, y) = (named(&panel.x.label), named(figure.vertical_of(panel)));
        let ends = [x.0, x.1, y.0, y.1].map(quoted).join(",");
        let title = quoted(figure.title_of(panel));
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
                        let name = map.names.get(r).map_or("", String::as_str);
                        row("cell", &quoted(name), fields);
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
    let axis = |label: &str| {
        let (quantity, unit) = named(label);
        json!({ "label": label, "quantity": quantity, "unit": unit })
    };
    let panels: Vec<Value> = figure
        .panels
        .iter()
        .map(|panel| {
            let layers: Vec<Value> = panel.layers.iter().map(layer).collect();
            json!({
                "title": figure.title_of(panel),
                "x": axis(&panel.x.label), "y": axis(figure.vertical_of(panel)),
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
            json!({ "kind": "map", "x": map.x, "y": map.y, "names": map.names, "values": rows })
        }
        Layer::Bars(bars) => json!({ "kind": "bars", "name": bars.name, "edges": bars.edges }),
        Layer::Rule(rule) if rule.level => json!({ "kind": "line", "y": rule.at }),
        Layer::Rule(rule) => json!({ "kind": "line", "x": rule.at }),
    }
}

/// Quantity and unit of a label: `Frequency [MHz]`.
pub(crate) fn named(label: &str) -> (&str, &str) {
    match label.strip_suffix(']').and_then(|rest| rest.rsplit_once('[')) {
        Some((quantity, unit)) => (quantity.trim_end(), unit),
        None => (label, ""),
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
            names: vec!["CS001-CS002".into()],
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
                "0,,cell,CS001-CS002,0,1,5,6,7,Frequency,MHz,Amplitude,",
            ]
        );
    }

    #[test]
    fn panels_are_told_by_what_is_beside_and_above_them() {
        use crate::figure::Place;
        let mut figure = figure();
        let at = |row, column, joined| Place::Cell { row, column, rows: 2, columns: 2, joined };
        figure.panels[0].place = at(0, 0, true);
        figure.panels[0].title = "CS001".into();
        for (row, column) in [(1, 0), (0, 1), (1, 1)] {
            let mut panel = figure.panels[0].clone();
            panel.place = at(row, column, row == 0);
            panel.title = if row == 0 { "CS002".into() } else { String::new() };
            panel.y.label = if column == 0 { "Phase [rad]".into() } else { String::new() };
            figure.panels.push(panel);
        }
        let text = dump(&figure, Format::Csv).unwrap();
        let start = |panel: &str| {
            let line = text.lines().find(|line| line.starts_with(&format!("{panel},")));
            line.unwrap().to_string()
        };
        for (panel, title, quantity) in [
            ("0", "CS001", "Amplitude,"),
            ("1", "CS001", "Phase,rad"),
            ("2", "CS002", "Amplitude,"),
            ("3", "CS002", "Phase,rad"),
        ] {
            let line = start(panel);
            assert!(line.starts_with(&format!("{panel},{title},")), "{line}");
            assert!(line.ends_with(quantity), "{line}");
        }
    }

    #[test]
    fn json_holds_the_same_numbers() {
        let value: Value = serde_json::from_str(&dump(&figure(), Format::Json).unwrap()).unwrap();
        assert_eq!(value["panels"][0]["x"]["unit"], "MHz");
        assert_eq!(value["panels"][0]["layers"][0]["y"], json!([0.1, null]));
        assert_eq!(value["panels"][0]["layers"][1]["values"], json!([[7.0]]));
    }
}
