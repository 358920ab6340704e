//! The data of a panel.

use super::axes::pen;
use super::layout::{Sheet, Spot};
use super::{density, map};
use crate::canvas::{Canvas, Frame, Ink, Look, line, whole};
use crate::figure::{Bars, Layer, Line, Rule, Series};

/// Panels with more points than this show how many are where.
pub(crate) const MANY: usize = 5000;

/// Draws layers inside the frame of a panel.
pub(crate) fn draw(canvas: &mut impl Canvas, sheet: &Sheet, spot: &Spot, layers: &[Layer]) {
    if layers.is_empty() {
        return;
    }
    let inside = inner(sheet, spot);
    if inside.width() < 1.0 || inside.height() < 1.0 {
        return;
    }
    canvas.clip(Some(inside));
    let points: usize = layers.iter().map(marked).sum();
    let mut dense = points > MANY;
    let crowd = dense;
    for layer in layers {
        match layer {
            Layer::Map(numbers) => {
                let raster = map::raster(numbers, spot, inside, &sheet.paint);
                canvas.raster((whole(inside.left), whole(inside.top)), &raster);
            }
            Layer::Bars(bars) => blocks(canvas, sheet, spot, inside, bars),
            Layer::Rule(rule) => straight(canvas, sheet, spot, inside, rule),
            Layer::Series(series) => {
                if dense {
                    dense = false;
                    let raster = density::raster(layers, spot, inside, sheet);
                    canvas.raster((whole(inside.left), whole(inside.top)), &raster);
                }
                self::series(canvas, sheet, spot, inside, series, crowd);
            }
        }
    }
    canvas.clip(None);
}

/// Pixels within the lines of a frame.
fn inner(sheet: &Sheet, spot: &Spot) -> Frame {
    let wide = whole(sheet.factor).max(1);
    let (near, far) = (wide / 2, wide - wide / 2);
    let edge = |value: f32, by: i32| {
        #[allow(clippy::cast_precision_loss)]
        let moved = (whole(value) + by) as f32;
        moved
    };
    Frame {
        left: edge(spot.frame.left, far),
        top: edge(spot.frame.top, far),
        right: edge(spot.frame.right, -near),
        bottom: edge(spot.frame.bottom, -near),
    }
}

/// Points of a layer that are drawn one by one.
fn marked(layer: &Layer) -> usize {
    match layer {
        Layer::Series(series) if series.line == Line::None => series.x.len().min(series.y.len()),
        _ => 0,
    }
}

fn series(
    canvas: &mut impl Canvas,
    sheet: &Sheet,
    spot: &Spot,
    inside: Frame,
    series: &Series,
    crowd: bool,
) {
    #[allow(clippy::cast_possible_truncation)]
    let (radius, opacity) =
        (series.style.radius as f32 * sheet.factor, series.style.opacity as f32);
    let look = Look {
        colour: sheet.paint.rgb(series.style.colour),
        opacity: opacity.clamp(0.0, 1.0),
        marker: series.style.marker,
        radius: if radius.is_finite() { radius.clamp(0.0, 64.0) } else { 0.0 },
        width: 1.2 * sheet.factor,
    };
    if let Line::Within(most) = series.line {
        lines(canvas, spot, inside, series, most, &look);
    } else if crowd {
        return;
    }
    let within = inside.grown(1.0);
    let places: Vec<(f32, f32)> = series
        .x
        .iter()
        .zip(&series.y)
        .filter(|(x, y)| x.is_finite() && y.is_finite())
        .map(|(x, y)| spot.at(*x, *y))
        .filter(|place| within.holds(*place))
        .collect();
    let long = series.line != Line::None && places.len() > MANY;
    let bare = series.line != Line::None && look.radius == 0.0;
    if !long && !bare {
        let look =
            if look.radius == 0.0 { Look { radius: sheet.factor * 0.5, ..look } } else { look };
        // A point near the edge is drawn whole, one beyond it not at all.
        let middle = inside.grown(-look.radius - 1.0);
        let beyond = places.iter().any(|place| !middle.holds(*place));
        if beyond {
            canvas.clip(Some(inside.grown(look.radius + 2.0)));
        }
        canvas.dots(&places, &look);
        if beyond {
            canvas.clip(Some(inside));
        }
    }
}

/// Lines between neighbours that are near enough. A lonely point is a dot.
fn lines(
    canvas: &mut impl Canvas,
    spot: &Spot,
    inside: Frame,
    series: &Series,
    most: f64,
    look: &Look,
) {
    let mut run: Vec<(f32, f32)> = Vec::new();
    let mut last: Option<f64> = None;
    let mut lonely = Vec::new();
    let mut finish = |canvas: &mut _, run: &mut Vec<(f32, f32)>| {
        match run.len() {
            0 => {}
            1 => lonely.push(run[0]),
            _ => stroke(canvas, inside, run, look),
        }
        run.clear();
    };
    for (x, y) in series.x.iter().zip(&series.y) {
        let place = spot.at(*x, *y);
        if !x.is_finite() || !y.is_finite() || !place.0.is_finite() || !place.1.is_finite() {
            finish(canvas, &mut run);
            last = None;
            continue;
        }
        // A little more than asked for: steps of time are rounded.
        if last.is_some_and(|last: f64| (x - last).abs() > most * (1.0 + 1e-9)) {
            finish(canvas, &mut run);
        }
        run.push(place);
        last = Some(*x);
    }
    finish(canvas, &mut run);
    let least = Look { radius: look.radius.max(look.width * 0.75), ..*look };
    canvas.dots(&lonely, &least);
}

/// Draws a run of neighbours; where many share a column of pixels, only the
/// first, lowest, highest and last of them.
fn stroke<C: Canvas>(canvas: &mut C, inside: Frame, run: &[(f32, f32)], look: &Look) {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let enough = (inside.width().max(1.0) as usize) * 4;
    if run.len() <= enough {
        canvas.curve(run, look);
        return;
    }
    let mut thin: Vec<(f32, f32)> = Vec::with_capacity(enough);
    let mut at = 0;
    while at < run.len() {
        let same = |x: f32| whole(x.floor()) == whole(run[at].0.floor());
        let end = at + run[at..].iter().take_while(|place| same(place.0)).count();
        let part = &run[at..end];
        let mut picked = vec![part[0]];
        let by = |a: &&(f32, f32), b: &&(f32, f32)| a.1.total_cmp(&b.1);
        picked.extend(part.iter().min_by(by));
        picked.extend(part.iter().max_by(by));
        picked.push(part[part.len() - 1]);
        thin.append(&mut picked);
        at = end.max(at + 1);
    }
    canvas.curve(&thin, look);
}

fn blocks(canvas: &mut impl Canvas, sheet: &Sheet, spot: &Spot, inside: Frame, bars: &Bars) {
    let colour = sheet.paint.rgb(bars.colour);
    #[allow(clippy::cast_precision_loss)]
    let least = pen(sheet) as f32;
    for [left, right, low, high] in &bars.edges {
        let (a, b) = (spot.at(*left, *low), spot.at(*right, *high));
        if [a.0, a.1, b.0, b.1].iter().any(|edge| !edge.is_finite()) {
            continue;
        }
        let frame = Frame {
            left: a.0.min(b.0).max(inside.left - 2.0),
            right: a.0.max(b.0).min(inside.right + 2.0),
            top: a.1.min(b.1).max(inside.top - 2.0),
            bottom: a.1.max(b.1).min(inside.bottom + 2.0),
        };
        if frame.left <= inside.right
            && frame.right >= inside.left
            && frame.top <= inside.bottom
            && frame.bottom >= inside.top
        {
            let (left, top) = (frame.left.round(), frame.top.round());
            let frame = Frame {
                left,
                top,
                right: frame.right.round().max(left + least),
                bottom: frame.bottom.round().max(top + least),
            };
            canvas.fill(frame, colour, 1.0);
        }
    }
}

fn straight(canvas: &mut impl Canvas, sheet: &Sheet, spot: &Spot, inside: Frame, rule: &Rule) {
    let ink = Ink { colour: sheet.paint.rgb(rule.colour), width: pen(sheet) };
    if rule.level {
        let y = spot.down(rule.at);
        if y.is_finite() && y >= inside.top - 1.0 && y <= inside.bottom + 1.0 {
            line(canvas, (inside.left, y), (inside.right, y), ink);
        }
    } else {
        let x = spot.across(rule.at);
        if x.is_finite() && x >= inside.left - 1.0 && x <= inside.right + 1.0 {
            line(canvas, (x, inside.top), (x, inside.bottom), ink);
        }
    }
}
