//! A page for a browser: the panels of a figure with zoom, values under the
//! pointer, and series that can be hidden.
//!
//! Axes and zoom are those of uPlot (MIT, in `assets/uplot`); what is drawn
//! inside is ours, in `assets/page`. Everything is inside the page, which asks
//! the network for nothing.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use base64::Engine as _;
use serde_json::{Value, json};

use crate::canvas::svg::escaped;
use crate::figure::{
    Axis, ColourMap, Figure, Layer, Line, Marker, Panel, Place, Range, Style, Theme, Ticks,
};
use crate::palette::{self, Paint, Rgb};
use crate::render::{Error, Scale, scales};

const UPLOT: &str = include_str!("../assets/uplot/uPlot.iife.min.js");
const UPLOT_CSS: &str = include_str!("../assets/uplot/uPlot.min.css");
const PAGE: &str = include_str!("../assets/page/page.js");
const PAGE_CSS: &str = include_str!("../assets/page/page.css");

/// A figure as one page that needs nothing else.
pub fn page(figure: &Figure) -> Result<String, Error> {
    let paint = Paint::of(figure.theme);
    let scales = scales(figure)?;
    // Inside a script element only an end tag could do harm.
    let data = document(figure, &scales, &paint).to_string().replace("</", "<\\/");
    let scheme = if figure.theme == Theme::Dark { "dark" } else { "light" };
    let mut page = String::with_capacity(data.len() + UPLOT.len() + PAGE.len() + 4096);
    let _ = write!(
        page,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>{title}</title>\n\
         <style>{UPLOT_CSS}\n{PAGE_CSS}\n:root {{ color-scheme: {scheme}; --paper: {}; --ink: {}; --quiet: {}; --grid: {}; }}</style>\n\
         </head>\n<body>\n<header><h1>{title}</h1><p>{}</p></header>\n<nav></nav>\n<main></main>\n<div id=\"value\"></div>\n\
         <script type=\"application/json\" id=\"figure\">{data}</script>\n<script>{UPLOT}</script>\n<script>{PAGE}</script>\n</body>\n</html>\n",
        hex(paint.paper),
        hex(paint.ink),
        hex(paint.quiet),
        hex(paint.grid),
        escaped(&figure.subtitle),
        title = escaped(&figure.title),
    );
    Ok(page)
}

fn document(figure: &Figure, scales: &[(Scale, Scale)], paint: &Paint) -> Value {
    let panels: Vec<Value> = figure
        .panels
        .iter()
        .zip(scales)
        .map(|(panel, scales)| self::panel(figure, panel, scales, paint))
        .collect();
    let names: BTreeSet<&str> =
        figure.panels.iter().flat_map(|panel| &panel.layers).filter_map(layer_name).collect();
    let legend: Vec<Value> = figure
        .legend
        .iter()
        .map(|entry| {
            let (colour, marker) = look(&entry.style, paint);
            json!({ "name": entry.name, "colour": colour, "marker": marker })
        })
        .collect();
    let bar = figure.colour_bar.as_ref().map(|bar| {
        let (kind, names) = match &bar.ticks {
            Ticks::Phase => ("phase", Vec::new()),
            Ticks::Named(names) => ("named", names.clone()),
            _ => ("number", Vec::new()),
        };
        json!({
            "label": bar.label, "range": [bar.range.0, bar.range.1],
            "colours": map_name(bar.colours), "kind": kind, "names": names,
        })
    });
    json!({
        "columns": columns(figure),
        "ink": hex(paint.ink),
        "grid": hex(paint.grid),
        "legend": legend,
        "names": names,
        "bar": bar,
        "maps": { "sequential": table(ColourMap::Sequential), "cyclic": table(ColourMap::Cyclic) },
        "panels": panels,
    })
}

/// Panels side by side.
fn columns(figure: &Figure) -> usize {
    let by_hand: BTreeSet<i64> = figure
        .panels
        .iter()
        .filter_map(|panel| match panel.place {
            #[allow(clippy::cast_possible_truncation)]
            Place::Area { left, .. } => Some((left * 1000.0).round() as i64),
            Place::Cell { .. } => None,
        })
        .collect();
    let grid = figure.panels.iter().map(|panel| match panel.place {
        Place::Cell { columns, .. } => columns,
        Place::Area { .. } => 1,
    });
    // A screen shows a few wide panels better than a dozen narrow ones.
    grid.max().unwrap_or(1).max(by_hand.len()).clamp(1, 6)
}

fn panel(figure: &Figure, panel: &Panel, (x, y): &(Scale, Scale), paint: &Paint) -> Value {
    let group = match panel.x.range {
        Range::Shared(group) => json!(format!("shared {group}")),
        Range::Fixed(low, high) => json!(format!("{low} {high}")),
        Range::Auto => Value::Null,
    };
    let layers: Vec<Value> = panel.layers.iter().map(|layer| self::layer(layer, paint)).collect();
    json!({
        "title": figure.title_of(panel),
        "note": panel.note,
        "inset": panel.inset,
        "group": group,
        "vertical": figure.vertical_of(panel),
        "x": axis(&panel.x, x),
        "y": axis(&panel.y, y),
        "layers": layers,
    })
}

fn axis(axis: &Axis, scale: &Scale) -> Value {
    let (mut pieces, mut names) = (Vec::new(), Vec::new());
    let kind = match &axis.ticks {
        Ticks::Numbers => "number",
        Ticks::Phase => "phase",
        Ticks::Logarithm => "log",
        Ticks::Utc => "utc",
        Ticks::UtcPieces(given) if given.is_empty() => "number",
        Ticks::UtcPieces(given) => {
            pieces.clone_from(given);
            "pieces"
        }
        Ticks::Clock => "clock",
        Ticks::HourAngle => "hour",
        Ticks::Named(given) => {
            names.clone_from(given);
            "named"
        }
        Ticks::None => "named",
    };
    json!({
        "label": axis.label, "kind": kind, "range": [scale.low, scale.high], "reversed": scale.reversed,
        "pieces": pieces, "names": names,
    })
}

fn layer(layer: &Layer, paint: &Paint) -> Value {
    match layer {
        Layer::Series(series) => {
            let (colour, marker) = look(&series.style, paint);
            let within = match series.line {
                Line::None => None,
                Line::Within(most) => Some(if most.is_finite() { most } else { f64::MAX }),
            };
            json!({
                "kind": "series", "name": series.name, "colour": colour, "marker": marker,
                "radius": series.style.radius, "opacity": series.style.opacity, "within": within,
                "x": packed(&series.x), "y": packed(&series.y),
            })
        }
        Layer::Map(map) => {
            let values: Vec<f64> = map.values.iter().copied().collect();
            json!({
                "kind": "map", "x": packed(&map.x), "y": packed(&map.y), "values": packed(&values),
                "colours": map_name(map.colours), "range": [map.range.0, map.range.1],
                "logarithm": map.logarithm && map.range.0 > 0.0, "names": map.names,
                "blank": map.blank,
            })
        }
        Layer::Bars(bars) => {
            json!({ "kind": "bars", "name": bars.name, "colour": hex(paint.rgb(bars.colour)), "edges": bars.edges })
        }
        Layer::Rule(rule) => {
            json!({ "kind": "rule", "at": rule.at, "level": rule.level, "colour": hex(paint.rgb(rule.colour)) })
        }
    }
}

fn layer_name(layer: &Layer) -> Option<&str> {
    match layer {
        Layer::Series(series) => Some(&series.name),
        Layer::Bars(bars) => Some(&bars.name),
        Layer::Map(_) | Layer::Rule(_) => None,
    }
}

/// Numbers as base64 of little-endian 64-bit floats: half the size of text,
/// and exact.
fn packed(numbers: &[f64]) -> String {
    let bytes: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

fn look(style: &Style, paint: &Paint) -> (String, &'static str) {
    let marker = match style.marker {
        Marker::Circle => "circle",
        Marker::Square => "square",
        Marker::Triangle => "triangle",
        Marker::Diamond => "diamond",
        Marker::Cross => "cross",
        Marker::Plus => "plus",
    };
    (hex(paint.rgb(style.colour)), marker)
}

fn map_name(map: ColourMap) -> &'static str {
    match map {
        ColourMap::Sequential => "sequential",
        ColourMap::Cyclic => "cyclic",
    }
}

fn table(map: ColourMap) -> Vec<u32> {
    (0..256)
        .map(|index| {
            let [r, g, b] = palette::entry(map, index);
            u32::from_be_bytes([0, r, g, b])
        })
        .collect()
}

fn hex([r, g, b]: Rgb) -> String {
    format!("#{r:02X}{g:02X}{b:02X}")
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
    use crate::samples;

    #[test]
    fn a_page_is_whole_and_asks_the_network_for_nothing() {
        for (name, figure) in samples::all() {
            let page = page(&figure).unwrap();
            let ours = page.replace(UPLOT, "").replace(UPLOT_CSS, "");
            for word in
                ["http://", "https://", "src=", "@import", "url(", "fetch(", "XMLHttpRequest"]
            {
                assert!(!ours.contains(word), "{name} has {word}");
            }
            let data =
                page.split("id=\"figure\">").nth(1).unwrap().split("</script>").next().unwrap();
            let data: Value = serde_json::from_str(data).unwrap();
            assert_eq!(data["panels"].as_array().unwrap().len(), figure.panels.len(), "{name}");
        }
    }

    #[test]
    fn numbers_are_exact_and_text_cannot_end_the_script() {
        let mut figure = samples::coverage();
        figure.title = "</script><b>".into();
        figure.panels[0].title = "</script>".into();
        let page = page(&figure).unwrap();
        assert_eq!(page.matches("</script>").count(), 3);
        assert!(page.contains("&lt;/script&gt;&lt;b&gt;"));
        let bytes =
            base64::engine::general_purpose::STANDARD.decode(packed(&[0.1, f64::NAN])).unwrap();
        assert_eq!(bytes[..8], 0.1_f64.to_le_bytes());
    }
}
